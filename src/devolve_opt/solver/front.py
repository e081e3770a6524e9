"""The trade-off front of a few goals: every plan that no other beats in one goal without losing in another.

For k goals the values of the first k - 1 are cut into boxes, and each box is searched in two stages [Kirlik & Sayin
2014]: the best value of the last goal among plans that are better in every other goal than the box's worst corner;
then, at that value, the plan with the greatest sum of all goals. What it finds is on the front, and splits the boxes;
what lies between it and the corner needs no further search. The stages are those of the augmented epsilon-constraint
method [Mavrotas & Florios 2013], one after the other instead of in one objective with small weights, so that no weight
is too small for the solver's tolerances or too large for the answer.

Two plans count as different in a goal if they differ by its step at least. Where a goal counts whole things its step is
known, and the front is complete. Elsewhere the step is a spacing that the user states: between two points found, others
may lie that are better by less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from devolve_opt.errors import NoPlanError, SolverError
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.matrix import Matrix
from devolve_opt.vocabulary import Status

Array = NDArray[np.float64]
SHARE = 1e-3
"""Spacing of a goal whose step is not known, in the range that it has on the front."""
TIGHT: dict[str, Any] = {"mip_rel_gap": 0.0, "mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
"""Options of every solve: a goal held at its best value must not give way by the tolerance."""
TOLERANCE = 1e-7
"""Relative difference of two values that is the solver's, and no difference."""
SLACK = 1e-2
"""Part of a step by which a goal that is held may fall short: less than any two values differ by."""


@dataclass(frozen=True, eq=False)
class FrontPoint:
    """A plan on the front.

    Attributes:
        values: by goal, larger is better, shape (k,).
        solution: values of the columns, shape (n,).
        status: `proven`: on the front; `time_limit` or `interrupted`: a plan that others may beat.
        bound: no plan that keeps the limits has more of the last goal (in the payoff table: of the last in order).
        limits: what the goals had to reach at least, shape (k,), -inf where nothing was asked.
        seconds: wall time of its solves.
    """

    values: Array
    solution: Array
    status: Status
    bound: float
    limits: Array
    seconds: float


@dataclass(frozen=True, eq=False)
class Box:
    """Values of the first k - 1 goals between which plans are looked for, each shape (k - 1,).

    Attributes:
        worst: plans have to be better than this in every goal, by its step at least.
        best: no plan is better than this.
    """

    worst: Array
    best: Array

    def size(self, ranges: Array) -> float:
        """Return its volume, each goal measured by its range, shape (k - 1,)."""
        return float(np.prod(np.maximum(self.best - self.worst, 0.0) / ranges))


@dataclass
class Front:
    """The search for a front; `run` carries it out.

    Attributes:
        matrix: what to solve, n columns; its own objective does not count.
        goals: k goals, 2 to 4.
        control: when to stop.
        spacing: by how much values of each goal have to differ, shape (k,); 0 takes the step that is known, or
            `SHARE` of its range.
        threads: threads for HiGHS.
        seconds: time for each solve, or None.
        report: called with each point.
        points: those found, best in the first goal first; once it is complete, no point beats another.
        payoff: values where each goal comes first, and the others after it in their order, shape (k, k).
        steps: by how much values of each goal differ, shape (k,); `exact`: which of them are known and not stated.
        open: boxes that could not be searched to their end.
    """

    matrix: Matrix
    goals: Goals
    control: Control
    spacing: Array | None = None
    threads: int = 2
    seconds: float | None = None
    report: Callable[[FrontPoint], None] = lambda point: None
    points: list[FrontPoint] = field(default_factory=list)
    payoff: Array = field(default_factory=lambda: np.zeros((0, 0)))
    steps: Array = field(default_factory=lambda: np.zeros(0))
    exact: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    open: list[Box] = field(default_factory=list)

    def run(self) -> None:
        """Search the front; the results are on the object.

        Raises:
            NoPlanError: if there is no plan at all.
            SolverError: if the solver breaks down before anything is known.
        """
        count = len(self.goals.names)
        with _Goals(self.matrix, self.goals, self.control, self.threads, self.seconds) as held:
            known = self.goals.steps(self.matrix.integer)
            self._payoff(held, known)
            least = np.array([held.least(goal) for goal in range(count)])
            most = self.payoff.diagonal()
            stated = np.zeros(count) if self.spacing is None else self.spacing
            ranges = np.maximum(most - least, 1e-9)
            self.exact = (known > 0) & (stated <= known)
            self.steps = np.where(stated > 0, np.maximum(stated, known), np.where(known > 0, known, SHARE * ranges))
            held.ranges = ranges
            boxes = [Box((least - self.steps)[:-1], most[:-1])]
            while boxes and not self.control.stopped and self.control.left > 0:
                box = max(boxes, key=lambda one: one.size(ranges[:-1]))
                boxes = self._search(held, box, boxes)
            self.open += boxes
        self.points = _unbeaten(self.points)

    def _payoff(self, held: _Goals, known: Array) -> None:
        """Solve with each goal first; what is found there is on the front."""
        held.slack = SLACK * known
        for first in range(len(self.goals.names)):
            found = held.in_order([first, *(goal for goal in range(len(self.goals.names)) if goal != first)])
            self._add(found)
        self.payoff = np.array([point.values for point in self.points])

    def _add(self, point: FrontPoint) -> None:
        self.points.append(point)
        self.report(point)

    def _search(self, held: _Goals, box: Box, boxes: list[Box]) -> list[Box]:
        """Look for a plan better than the box's worst corner; return the boxes that are left."""
        # What this solve speaks for: everything better than the worst corner.
        limits = np.r_[box.worst + self.steps[:-1], -np.inf]
        answer = held.best(len(limits) - 1, limits)
        if answer.outcome is Outcome.INFEASIBLE:
            return [one for one in boxes if not (one.worst >= box.worst - self.steps[:-1] * SLACK).all()]
        if answer.solution is None:
            self.open.append(box)
            return [one for one in boxes if one is not box]
        found = held.sum_at(limits, answer)
        self._add(found)
        if found.status is not Status.PROVEN:
            self.open.append(box)
            return [one for one in boxes if one is not box]
        split = [part for one in boxes for part in _split(one, found.values[:-1])]
        corner = box.worst
        # Plans between the corner and what was found have no more of the last goal.
        near = SLACK * self.steps[:-1]
        return [
            one
            for one in split
            if not ((one.worst >= corner - near) & (one.best <= found.values[:-1] + near)).all()
            and (one.best - one.worst >= self.steps[:-1] - near).all()
        ]


def _split(box: Box, at: Array) -> list[Box]:
    """Return a box cut at a point, goal by goal, wherever the point lies within it."""
    parts = [box]
    for goal, value in enumerate(at):
        parts = [
            half
            for one in parts
            for half in (
                (_with(one, goal, best=value), _with(one, goal, worst=value))
                if one.worst[goal] < value < one.best[goal]
                else (one,)
            )
        ]
    return parts


def _with(box: Box, goal: int, worst: float | None = None, best: float | None = None) -> Box:
    lower, upper = box.worst.copy(), box.best.copy()
    if worst is not None:
        lower[goal] = worst
    if best is not None:
        upper[goal] = best
    return Box(lower, upper)


def _unbeaten(points: Sequence[FrontPoint]) -> list[FrontPoint]:
    """Return the points that no other one beats, each value once, best in the first goal first."""
    kept: list[FrontPoint] = []
    for point in sorted(points, key=lambda one: (*-one.values, one.status is not Status.PROVEN)):
        if not any((other.values >= point.values - TOLERANCE * (1 + np.abs(point.values))).all() for other in kept):
            kept.append(point)
    return kept


class _Goals:
    """HiGHS with the goals as rows, so that each can be held where it is; a context manager."""

    def __init__(self, matrix: Matrix, goals: Goals, control: Control, threads: int, seconds: float | None):
        self.goals, self.seconds, self.control = goals, seconds, control
        self.own = len(matrix.row_lower)
        count = len(goals.names)
        self.matrix = replace(
            matrix,
            offset=0.0,
            rows=csr_array(vstack([matrix.rows, csr_array(goals.costs)]).tocsr()),
            row_lower=np.r_[matrix.row_lower, np.full(count, -np.inf)],
            row_upper=np.r_[matrix.row_upper, np.full(count, np.inf)],
            row_names=[*matrix.row_names, *goals.names],
        )
        self.engine = Engine(self.matrix, control, threads)
        self.slack, self.ranges = np.zeros(count), np.ones(count)

    def __enter__(self) -> _Goals:
        self.engine.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.engine.__exit__(None, None, None)

    def least(self, goal: int) -> float:
        """Return a value that no plan falls below."""
        answer = self._solve(-self.goals.costs[goal], np.full(len(self.slack), -np.inf))
        if not np.isfinite(answer.bound):
            raise SolverError(f"nothing is known of how low {self.goals.names[goal]} can be; give it more time")
        return -answer.bound + float(self.goals.offsets[goal])

    def in_order(self, order: Sequence[int]) -> FrontPoint:
        """Return the plan where goals come one after the other in this order."""
        limits = np.full(len(order), -np.inf)
        proven, seconds, bound, solution = True, 0.0, np.inf, np.zeros(0)
        for goal in order:
            answer = self.best(goal, limits)
            if answer.outcome is Outcome.INFEASIBLE:
                raise NoPlanError("no plan keeps all the rules", proven=True)
            if answer.solution is None:
                raise NoPlanError("no plan was found in time; none is proven impossible either", proven=False)
            proven, seconds = proven and answer.outcome is Outcome.OPTIMAL, seconds + answer.seconds
            solution, bound = answer.solution, answer.bound + float(self.goals.offsets[goal])
            limits[goal] = self._held(goal, self.goals.values(solution)[goal])
        return self._point(solution, proven, bound, limits, seconds)

    def best(self, goal: int, limits: Array) -> Answer:
        """Solve for the best of a goal where each reaches its limit, shape (k,)."""
        return self._solve(self.goals.costs[goal], limits)

    def sum_at(self, limits: Array, first: Answer) -> FrontPoint:
        """Return the plan of the greatest sum of goals that keeps the limits and what the last goal reached."""
        assert first.solution is not None
        last = len(limits) - 1
        values = self.goals.values(first.solution)
        held = limits.copy()
        held[last] = self._held(last, values[last])
        answer = self._solve((self.goals.costs / self.ranges[:, None]).sum(axis=0), held, start=first.solution)
        solution = first.solution if answer.solution is None else answer.solution
        proven = first.outcome is Outcome.OPTIMAL and answer.outcome is Outcome.OPTIMAL
        bound = first.bound + float(self.goals.offsets[last])
        return self._point(solution, proven, bound, limits, first.seconds + answer.seconds)

    def _point(self, solution: Array, proven: bool, bound: float, limits: Array, seconds: float) -> FrontPoint:
        stopped = Status.INTERRUPTED if self.control.stopped else Status.TIME_LIMIT
        status = Status.PROVEN if proven else stopped
        return FrontPoint(self.goals.values(solution), solution, status, bound, limits, seconds)

    def _held(self, goal: int, value: float) -> float:
        return value - max(float(self.slack[goal]), TOLERANCE * max(1.0, abs(value)))

    def _solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        """Solve with the goals at their limits; "infeasible" is believed only if a run without presolve agrees."""
        lower = self.matrix.row_lower.copy()
        lower[self.own :] = limits - self.goals.offsets
        ways: tuple[dict[str, Any], ...] = ({}, {"presolve": "off"})
        for presolve in ways:
            answer = self.engine.solve(
                costs=costs, row_lower=lower, start=start, seconds=self.seconds, **TIGHT, **presolve
            )
            if answer.outcome not in (Outcome.INFEASIBLE, Outcome.FAILED, Outcome.CRASHED):
                break
        return answer
