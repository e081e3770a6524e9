"""The strategy: how a plan is found and proven, step by step.

1. Start from a plan that is known (the ratio rule's).
2. Where the model is made of townships for the most part, search the lists by branch and bound in one process: cuts of
   what each township is worth bring the bound down to that of the relaxation, split cuts further, as if posts and
   officers were whole (`tree`, `master`, `splits`). Lists that come out whole, or are rounded, are settled in another
   process: first posts and officers, as if take-up could be split, then each township in whole numbers. The best plan
   is bettered there while the search goes on, a few fields at a time (`neighbourhoods`).
3. Otherwise, or where that fails, solve the relaxation of the whole: its value is a bound on every plan. Round its
   lists step by step and settle the townships; then let HiGHS choose the lists that the relaxation leaves open, while
   everything else may still be split, and settle them again.
4. Close the gap: let HiGHS prove what is left on the whole model, from the best plan so far.

Each step starts only while the gap asked for is not proven. Whatever ends the search, the best plan and the best bound
so far are the answer. "Infeasible" is believed only when a second run without presolve says so too.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.plan import relative_gap
from devolve_opt.solver.blocks import split
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.neighbourhoods import Neighbourhoods

Array = NDArray[np.float64]
FEASIBILITY_TOLERANCE = 1e-6
"""A solution is accepted as a plan only if it keeps every row, bound and whole number within this."""
BREAKDOWNS = (Outcome.FAILED, Outcome.CRASHED)
"""Ends after which a run is tried once more in another way."""
WHOLE = 1e-6
"""A column of the relaxation this near to a whole number counts as settled."""
MOSTLY = 0.8
"""What the relaxation lists to more than this share is rounded up at once; where there is none, what it lists most."""
PART_GAP = 1e-4
"""Lists, and townships, are not chosen finer than this: the gap lies elsewhere by then."""
BY_TOWNSHIP_FROM = 5000
"""Columns from which a matrix is taken apart by township; HiGHS alone is quick enough with fewer."""
PART_OF_GAP = 0.1
"""Part of the gap asked for to which lists, and townships, are chosen: what they leave open, the proof has to close."""
PART_SHARE = 0.25
"""Part of the time left that choosing lists, or settling townships, may take, though never less than 30 seconds."""
PART_SECONDS = 300.0
"""The same where there is no time limit."""


MASTER_SHARE = 0.12
"""Share of columns that the master may have: with more of them (what counties open, stations) its cuts come down so
slowly that HiGHS's interior point on the whole is there sooner."""


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
class Search:
    """The search for one matrix; `run` carries it out.

    Attributes:
        matrix: what to solve.
        control: when to stop.
        gap: relative gap to prove.
        threads: threads for HiGHS.
        places: the township of each column by number, -1 for none, shape (n,); None: the matrix is never taken apart.
        fields: the field of each column by number, -1 for none, shape (n,); None: no plan is bettered field by field.
        by_township_from: columns from which it is, if the master has no more than `master_share` of them.
        report: called with each step.
        lists: columns that are the guide list's, shape (n,); the search decides them first.
        infeasible: set when it is confirmed that no solution exists; `failed`: when the solver broke down.
        bound, objective, solution: the best so far.
    """

    matrix: Matrix
    control: Control
    lists: NDArray[np.bool_]
    gap: float = 1e-3
    threads: int = 2
    places: NDArray[np.int64] | None = None
    fields: NDArray[np.int64] | None = None
    by_township_from: int = BY_TOWNSHIP_FROM
    master_share: float = MASTER_SHARE
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

    def run(self, start: Array | None = None, relaxation_only: bool = False) -> None:
        """Search until the gap is proven, the time is up or the user stops; the results are on the object.

        Args:
            start: values of the columns to start from, shape (n,); passed over if they break a rule.
            relaxation_only: stop after the bound of the relaxation.
        """
        if start is not None:
            self._accept(start)
        enough = (lambda: False) if relaxation_only else self._done
        with Engine(
            self.matrix, self.control, self.threads, self._better_bound, self._better_solution, self.log.append,
            enough=enough,
        ) as engine:  # fmt: skip
            if not (self._falls_apart() and self._search_by_township(engine, start, relaxation_only)):
                self._search_as_a_whole(engine, relaxation_only)
            if not (relaxation_only or self._done()):
                self._close_the_gap(engine)

    def _falls_apart(self) -> bool:
        """Whether the matrix is large, and made of townships for the most part."""
        size = self.matrix.costs.size
        if self.places is None or size < self.by_township_from:
            return False
        return len(split(self.matrix.rows, self.places).first) <= self.master_share * size

    def _search_by_township(self, engine: Engine, start: Array | None, relaxation_only: bool) -> bool:
        """Search the lists by branch and bound in one process, settle the townships in another; False if it fails."""
        assert self.places is not None
        places = self.places
        offers: queue.SimpleQueue[Array] = queue.SimpleQueue()
        relaxed: list[Array] = []
        start = self.matrix.lower if start is None else start
        outcome = Outcome.FAILED
        with (
            self._in_phase("lists"),
            Engine(
                self.matrix,
                self.control,
                on_bound=self._better_bound,
                on_log=self.log.append,
                on_lists=offers.put,
                on_relaxed=relaxed.append,
                enough=engine.enough,
            ) as tree,
        ):

            def search() -> None:
                nonlocal outcome
                with contextlib.suppress(SolverError):  # then the model is searched as a whole
                    outcome = tree.search_lists(places, self.lists, start, self.gap, relaxation_only).outcome

            ties = np.isin(np.arange(self.matrix.costs.size), split(self.matrix.rows, places).first)
            near = Neighbourhoods(np.full(ties.shape, -1) if self.fields is None else self.fields, self.lists)
            settled = False
            searching = threading.Thread(target=search, daemon=True)
            searching.start()
            tree.tell_known(self.objective)
            while searching.is_alive() or not offers.empty():
                before = self.objective
                try:
                    lists = offers.get(timeout=0.05)
                except queue.Empty:
                    if settled and relaxed and not near.exhausted and not self._done():
                        self._better_nearby(engine, ties, near, relaxed[0])
                else:
                    if not self._done():
                        self._settle_apart(engine, lists, ties)
                        settled = self.solution is not None
                        near.changed()
                if self.objective > before:
                    tree.tell_known(self.objective)
        return outcome not in BREAKDOWNS

    def _settle_apart(self, engine: Engine, lists: Array, ties: NDArray[np.bool_]) -> None:
        """Find a plan with these lists: first what ties townships, as if all else could be split, then each of them."""
        tied = self._solve_part(engine, self.lists, lists, self.matrix.integer & ties)
        if tied.solution is not None:
            settled = self._solve_part(engine, ties & self.matrix.integer, tied.solution, self.matrix.integer)
            if settled.solution is not None:
                self._accept(settled.solution)
                return
        if tied.outcome is not Outcome.INFEASIBLE:
            self._settle_townships(engine, lists)

    def _better_nearby(self, engine: Engine, ties: NDArray[np.bool_], near: Neighbourhoods, relaxed: Array) -> None:
        """Look for a better plan in the most promising neighbourhood, or settle posts and officers anew."""
        assert self.solution is not None
        plan, before, integer = self.solution, self.objective, self.matrix.integer
        neighbourhood = near.next(plan, relaxed)
        if neighbourhood is None:
            self._settle_apart(engine, plan, ties)
            near.settled(better=self.objective > before)
            return
        free = near.free(neighbourhood) & (self.lists | ~ties)
        found = self._solve_part(engine, ~free, plan, integer & ties, seconds=neighbourhood.seconds)
        if found.solution is not None and self._differ(found.solution, plan):
            settled = self._solve_part(engine, integer & ties, found.solution, integer)
            if settled.solution is not None:
                self._accept(settled.solution)
        near.tried(neighbourhood, self.objective > before, found.outcome is Outcome.OPTIMAL)

    def _differ(self, values: Array, plan: Array) -> bool:
        """Whether the lists of two solutions are not the same."""
        return bool(np.abs(values - plan)[self.lists].max(initial=0.0) > WHOLE)

    def _search_as_a_whole(self, engine: Engine, relaxation_only: bool) -> None:
        relaxed = self._solve_relaxation(engine)
        lists = None
        for make_lists in (self._round_lists, self._choose_lists):
            if relaxed is not None and not (relaxation_only or self._done()):
                lists = make_lists(engine, relaxed, lists)
                if lists is not None and not self._done():
                    with self._in_phase("townships"):
                        self._settle_townships(engine, lists)

    def _solve_relaxation(self, engine: Engine) -> Array | None:
        """Return the solution of the relaxation, if there was time for it."""
        with self._in_phase("relaxation"):
            nothing_whole = np.zeros_like(self.matrix.integer)
            # Interior point with crossover: the simplex method takes four times as long on this degenerate relaxation.
            answer = engine.solve(integer=nothing_whole, solver="ipm")
            if answer.outcome in BREAKDOWNS:
                answer = engine.solve(integer=nothing_whole)
            if answer.outcome is Outcome.INFEASIBLE:
                self._confirm_infeasible(engine, integer=nothing_whole)
            if answer.outcome is Outcome.UNBOUNDED:
                raise SolverError("the model is unbounded, although all its columns have bounds")
            if answer.outcome is not Outcome.OPTIMAL:
                return None
            self._better_bound(answer.bound)
            return answer.solution

    def _round_lists(self, engine: Engine, relaxed: Array, _: Array | None) -> Array | None:
        """Return a solution whose lists are whole, made by listing a few more powers at a time."""
        with self._in_phase("rounding"):
            values = relaxed
            while self._split(values).any():
                answer = self._list_some_more(engine, values)
                if answer.outcome is not Outcome.OPTIMAL or answer.solution is None or self._done():
                    return None
                values = answer.solution
            return values

    def _list_some_more(self, engine: Engine, values: Array) -> Answer:
        """Keep the lists that are whole, list what is listed for the most part, and solve the relaxation again."""
        split = np.flatnonzero(self._split(values))
        nearly, most = split[values[split] > MOSTLY], split[[np.argmax(values[split])]]
        for listed in (nearly, most) if len(nearly) > 1 else (most,):
            target, fixed = values.copy(), self.lists & ~self._split(values)
            target[listed], fixed[listed] = 1.0, True
            answer = self._solve_part(engine, fixed, target, np.zeros_like(self.matrix.integer))
            # Many at once may not go together under a cap; one alone always does.
            if answer.outcome is not Outcome.INFEASIBLE:
                break
        return answer

    def _choose_lists(self, engine: Engine, relaxed: Array, rounded: Array | None) -> Array | None:
        """Return a solution whose lists are whole, the best that keeps those that the relaxation settles."""
        split = self._split(relaxed)
        if not split.any():
            return None  # the relaxation's own lists are whole, and the townships are settled already
        with self._in_phase("lists"):
            whole = self.lists & self.matrix.integer
            return self._solve_part(engine, self.lists & ~split, relaxed, whole, start=rounded).solution

    def _split(self, values: Array) -> NDArray[np.bool_]:
        """Return which columns of the lists are not whole, shape (n,)."""
        return self.lists & (np.abs(values - np.round(values)) >= WHOLE)

    def _settle_townships(self, engine: Engine, lists: Array) -> None:
        """Find the best plan with these lists."""
        answer = self._solve_part(engine, self.lists, lists, self.matrix.integer)
        if answer.solution is not None:
            self._accept(answer.solution)

    def _solve_part(
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
        gap = {"mip_rel_gap": max(PART_OF_GAP * self.gap, PART_GAP)} if integer.any() else {}
        engine.on_bound, engine.on_incumbent = lambda bound: None, lambda objective, solution: None
        try:
            return engine.solve(integer=integer, lower=lower, upper=upper, start=start, seconds=seconds, **gap)
        finally:
            engine.on_bound, engine.on_incumbent = self._better_bound, self._better_solution

    def _close_the_gap(self, engine: Engine) -> None:
        with self._in_phase("proof"):
            answer = engine.solve(start=self.solution, mip_rel_gap=self.gap, mip_lp_solver="ipm")
            # With a plan at hand, "infeasible" is a breakdown as well.
            if answer.outcome in BREAKDOWNS or (answer.outcome is Outcome.INFEASIBLE and self.solution is not None):
                answer = engine.solve(start=self.solution, mip_rel_gap=self.gap, presolve="off")
                self.failed = answer.outcome not in (Outcome.OPTIMAL, Outcome.TIME_LIMIT, Outcome.INTERRUPTED)
            elif answer.outcome is Outcome.INFEASIBLE:
                self._confirm_infeasible(engine)
            self._take(answer)
            if answer.outcome is Outcome.OPTIMAL and not self._done():
                # HiGHS has been seen to end with a plan that breaks rules; without presolve it did not.
                self._take(engine.solve(start=self.solution, mip_rel_gap=self.gap, presolve="off"))

    def _take(self, answer: Answer) -> None:
        if answer.solution is not None:
            self._accept(answer.solution)
        self._better_bound(answer.bound)

    def _confirm_infeasible(self, engine: Engine, **changes: Any) -> None:
        if self.solution is not None:
            self.failed = True  # a solution is at hand, so HiGHS is wrong
        else:
            self.infeasible = engine.solve(presolve="off", **changes).outcome is Outcome.INFEASIBLE

    def _done(self) -> bool:
        reached = self.solution is not None and relative_gap(self.objective, self.bound) <= self.gap
        return reached or self.infeasible or self.control.stopped or self.control.left <= 0

    def _better_bound(self, bound: float) -> None:
        with self._lock:
            if bound < self.bound:
                self.bound = bound
                self._note()

    def _better_solution(self, objective: float, solution: Array) -> None:
        if objective > self.objective:
            self._accept(solution)

    def _accept(self, solution: Array) -> None:
        rounded = np.where(self.matrix.integer, np.round(solution), solution)
        objective = self.matrix.objective(rounded)
        with self._lock:
            if objective > self.objective and self.matrix.violation(rounded) <= FEASIBILITY_TOLERANCE:
                self.objective, self.solution = objective, rounded
                self._note()

    def _note(self) -> None:
        step = Step(self.control.elapsed, self.phase, self.bound, self.objective)
        self.steps.append(step)
        self.report(step)

    @contextmanager
    def _in_phase(self, phase: str) -> Iterator[None]:
        began = self.control.elapsed
        self.phase = phase
        self._note()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + self.control.elapsed - began
            self._note()
