"""How far a search has come: the best plan and the best bound so far, when it ends, and what it has gone through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devolve_opt.plan import relative_gap
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix

Array = NDArray[np.float64]
FEASIBILITY_TOLERANCE = 1e-6
"""A solution is accepted as a plan only if it keeps every row, bound and whole number within this."""
BREAKDOWNS = (Outcome.FAILED, Outcome.CRASHED)
"""Ends after which a run is tried once more in another way."""
WHOLE = 1e-6
"""A column of the relaxation this near to a whole number counts as settled."""
PART_GAP = 1e-4
"""Lists, and townships, are not chosen finer than this: the gap lies elsewhere by then."""
PART_OF_GAP = 0.1
"""Part of the gap asked for to which lists, and townships, are chosen: what they leave open, the proof has to close."""
PART_SHARE = 0.25
"""Part of the time left that choosing lists, or settling townships, may take, though never less than 30 seconds."""
PART_SECONDS = 300.0
"""The same where there is no time limit."""


@dataclass(frozen=True)
class Step:
    """A moment of the search: what was known when, objective and bound in the objective's unit."""

    seconds: float
    phase: str
    bound: float
    objective: float

    @property
    def gap(self) -> float:
        """Relative gap at that moment."""
        return relative_gap(self.objective, self.bound)


@dataclass
class Progress:
    """What is known of one matrix so far; steps of a search add to it.

    Attributes:
        matrix: what to solve.
        control: when to stop.
        lists: columns that are the guide list's, shape (n,); the search decides them first.
        gap: relative gap to prove.
        threads: threads for HiGHS.
        worth: if given, it is enough to know whether a plan is worth as much: the search ends with one that is, or once
            none can be.
        report: called with each step.
        infeasible: set when it is confirmed that no solution exists; `failed`: when the solver broke down.
        bound, objective, solution: the best so far.
    """

    matrix: Matrix
    control: Control
    lists: NDArray[np.bool_]
    gap: float = 1e-3
    threads: int = 2
    worth: float | None = None
    report: Callable[[Step], None] = lambda step: None
    bound: float = np.inf
    objective: float = -np.inf
    solution: Array | None = None
    infeasible: bool = False
    failed: bool = False
    steps: list[Step] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    phase: str = "start"
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    """Bounds and solutions come from two threads."""

    def done(self) -> bool:
        """Whether the gap is proven, or the search has to end for another reason."""
        reached = self.solution is not None and relative_gap(self.objective, self.bound) <= self.gap
        if self.worth is not None:
            reached = reached or self.objective >= self.worth or self.bound < self.worth
        return reached or self.infeasible or self.control.stopped or self.control.left <= 0

    def better_bound(self, bound: float) -> None:
        """Take a bound on every plan, if it is the best."""
        with self._lock:
            if bound < self.bound:
                self.bound = bound
                self._note()

    def better_solution(self, objective: float, solution: Array) -> None:
        """Take a solution that is said to be worth this, if it is the best."""
        if objective > self.objective:
            self.accept(solution)

    def accept(self, solution: Array) -> bool:
        """Take a solution, shape (n,), if it keeps every rule and is the best; return whether it is."""
        rounded = np.where(self.matrix.integer, np.round(solution), solution)
        objective = self.matrix.objective(rounded)
        with self._lock:
            if objective > self.objective and self.matrix.violation(rounded) <= FEASIBILITY_TOLERANCE:
                self.objective, self.solution = objective, rounded
                self._note()
                return True
        return False

    def take(self, answer: Answer) -> None:
        """Take the solution and the bound of a run on the whole matrix."""
        if answer.solution is not None:
            self.accept(answer.solution)
        self.better_bound(answer.bound)

    def settle_townships(self, engine: Engine, lists: Array) -> None:
        """Find the best plan with these lists."""
        answer = self.solve_part(engine, self.lists, lists, self.matrix.integer)
        if answer.solution is not None:
            self.accept(answer.solution)

    def solve_part(
        self,
        engine: Engine,
        fixed: NDArray[np.bool_],
        values: Array,
        integer: NDArray[np.bool_],
        start: Array | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Solve with some columns fixed and some whole: its solutions count once accepted, its bound never does."""
        kept = np.where(self.matrix.integer, np.round(values), values)
        lower = np.where(fixed, kept, self.matrix.lower)
        upper = np.where(fixed, kept, self.matrix.upper)
        if seconds is None:
            seconds = max(30.0, PART_SHARE * self.control.left) if np.isfinite(self.control.left) else PART_SECONDS
        gap: dict[str, Any] = {"mip_rel_gap": max(PART_OF_GAP * self.gap, PART_GAP)} if integer.any() else {}
        engine.on_bound, engine.on_incumbent = lambda bound: None, lambda objective, solution: None
        try:
            return engine.solve(integer=integer, lower=lower, upper=upper, start=start, seconds=seconds, **gap)
        finally:
            engine.on_bound, engine.on_incumbent = self.better_bound, self.better_solution

    def confirm_infeasible(self, engine: Engine, **changes: Any) -> None:
        """Find out whether a second run without presolve says as well that there is no solution."""
        if self.solution is not None:
            self.failed = True  # a solution is at hand, so HiGHS is wrong
        else:
            self.infeasible = engine.solve(presolve="off", **changes).outcome is Outcome.INFEASIBLE

    @contextmanager
    def in_phase(self, phase: str) -> Iterator[None]:
        """Within this block steps belong to a phase, and its seconds count for it."""
        began = self.control.elapsed
        self.phase = phase
        self._note()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + self.control.elapsed - began
            self._note()

    def _note(self) -> None:
        step = Step(self.control.elapsed, self.phase, self.bound, self.objective)
        self.steps.append(step)
        self.report(step)
