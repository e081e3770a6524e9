"""The trade-off front of a few goals: every plan that no other beats in one goal without losing in another.

For k goals the values of the first k - 1 are cut into boxes, and each box is searched in two stages [Kirlik & Sayin
2014]: the best value of the last goal among plans that are better in every other goal than the box's worst corner;
then, at that value, the plan with the greatest sum of all goals. What it finds is on the front, and splits the boxes;
what lies between it and the corner needs no further search. The stages are those of the augmented epsilon-constraint
method [Mavrotas & Florios 2013]. Where every goal counts whole things and none has a wide range, both are solved in
one, with the others at weights that come to less than one step of the last goal and yet show each of their own steps;
else one after the other, so that no weight is too small for the solver's tolerances or too large for the answer.

Two plans count as different in a goal if they differ by its step at least. Where a goal counts whole things its step is
known, and the front is complete. Elsewhere the step is a spacing that the user states: between two points found, others
may lie that are better by less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import NoPlanError, SolverError
from devolve_opt.language import in_this_language, tr
from devolve_opt.solver.engine import Answer, Control, Outcome
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.held import Solver
from devolve_opt.vocabulary import Status

Array = NDArray[np.float64]
SHARE, WIDE_SHARE = 1e-3, 0.05
"""Spacing of a goal whose step is not known, in its range; the second where the solver works to a gap."""
TOLERANCE = 1e-7
"""Relative difference of two values that is the solver's, and no difference."""
FEWEST_STEPS = 4
"""Steps of the first goal from which on a box is worth cutting for another solver."""
SEEN = 1e-4
"""Least part of a step of the last goal at which a step of another one shows beside it."""
ASIDE = 1e-3
"""What the other goals count beside the last one, each in its range, where the solver works to a gap."""
SLACK = 1e-2
"""Part of a step by which a goal that is held may fall short: less than any two values differ by."""


@dataclass(frozen=True, eq=False)
class FrontPoint:
    """A plan on the front.

    Attributes:
        values: by goal, larger is better, shape (k,).
        solution: values of the columns, shape (n,); None where the point was kept from another run.
        status: `proven`: on the front, to the solver's gap; `time_limit`, `interrupted`: a plan that others may beat.
        bound: no plan that reaches what was asked when the last goal was solved for has more of it.
        limits: what the goals had to reach at least, shape (k,), -inf where nothing was asked.
        seconds: wall time of its solves.
    """

    values: Array
    solution: Array | None
    status: Status
    bound: float
    limits: Array
    seconds: float


@dataclass(frozen=True, eq=False)
class Box:
    """Values of the first k - 1 goals between which plans are looked for, each shape (k - 1,).

    Attributes:
        worst: plans have to be better than this in every goal, by its step at least.
        best: no plan is better than this, to the solver's gap.
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
        integer: which columns are whole numbers, shape (n,).
        goals: k goals, 2 to 4.
        solver: solves with goals held at limits, see `held`.
        control: when to stop.
        beside: further solvers of the same goals, each of which searches a box at the same time.
        spacing: by how much values of each goal have to differ, shape (k,); 0 takes the step that is known, or
            a share of its range.
        report: called with each point.
        recall: asked, by a key, for what a solve found in another run of the very same front; `remember`: told what one
            found. Points first.
        points: those found, best in the first goal first; once it is complete, no point beats another.
        payoff: values where each goal comes first, and the others after it in their order, shape (k, k).
        steps: by how much values of each goal differ, shape (k,); `exact`: which of them are known and not stated.
        open: boxes that could not be searched to their end.
    """

    integer: NDArray[np.bool_]
    goals: Goals
    solver: Solver
    control: Control
    spacing: Array | None = None
    beside: Sequence[Solver] = ()
    report: Callable[[FrontPoint], None] = lambda point: None
    recall: Callable[[str], FrontPoint | Outcome | None] = lambda key: None
    remember: Callable[[str, FrontPoint | Outcome], None] = lambda key, found: None
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
        with self.solver, ExitStack() as others, ThreadPoolExecutor(1 + len(self.beside)) as pool:
            held = _Held(self.goals, self.solver, self.control)
            known = self.goals.steps(self.integer)
            held.least[:-1] = [held.find_least(goal) for goal in range(count - 1)]
            self._payoff(held, known)
            # How low the last goal can be is nobody's question; on the front, the payoff table tells it nearly.
            least = np.r_[held.least[:-1], self.payoff[:, -1].min()]
            most = self.payoff.diagonal()
            stated = np.zeros(count) if self.spacing is None else self.spacing
            ranges = np.maximum(most - least, 1e-9)
            share = WIDE_SHARE if self.solver.gap else SHARE
            self.exact = (known > 0) & (stated <= known)
            self.steps = np.where(stated > 0, np.maximum(stated, known), np.where(known > 0, known, share * ranges))
            held.ranges = ranges
            if not self.solver.gap and self.exact.all():
                held.weigh(known)
            hands = [held, *(held.on(others.enter_context(solver)) for solver in self.beside)]
            boxes = [Box((least - self.steps)[:-1], most[:-1])]
            while boxes and not self.control.stopped and self.control.left > 0:
                if self.exact[0]:
                    boxes = _enough_boxes(boxes, len(hands), self.steps[0])
                largest = sorted(boxes, key=lambda one: one.size(ranges[:-1]), reverse=True)[: len(hands)]
                # What is found side by side is taken in turn, so that the same front comes out whoever is first.
                for box, found in zip(largest, pool.map(in_this_language(self._searched), hands, largest), strict=True):
                    boxes = self._without(box, found, boxes)
            self.open += boxes
        self.points = _unbeaten(self.points)

    def _payoff(self, held: _Held, known: Array) -> None:
        """Solve with each goal first; what is found there is on the front."""
        held.slack = SLACK * known
        for first in range(len(self.goals.names)):
            found = self.recall(f"payoff-{first}")
            if not isinstance(found, FrontPoint):
                found = held.in_order([first, *(goal for goal in range(len(self.goals.names)) if goal != first)])
                self._remember(f"payoff-{first}", found)
            self._add(found)
        self.payoff = np.array([point.values for point in self.points])

    def _remember(self, key: str, found: FrontPoint | Outcome) -> None:
        if found is Outcome.INFEASIBLE or (isinstance(found, FrontPoint) and not self.control.stopped):
            self.remember(key, found)

    def _add(self, point: FrontPoint) -> None:
        self.points.append(point)
        self.report(point)

    def _searched(self, held: _Held, box: Box) -> FrontPoint | Outcome:
        """Look for a plan better than the box's worst corner."""
        # What this solve speaks for: everything better than the worst corner.
        limits = np.r_[box.worst + self.steps[:-1], -np.inf]
        key = "point-" + ",".join(f"{limit:.9g}" for limit in limits[:-1])
        found = self.recall(key)
        if found is None:
            found = held.best_last(limits)
            self._remember(key, found)
        return found

    def _without(self, box: Box, found: FrontPoint | Outcome, boxes: list[Box]) -> list[Box]:
        """Return the boxes that are left once one of them has been searched."""
        if not any(one is box for one in boxes):
            return boxes  # what was found beside it settles it
        if found is Outcome.INFEASIBLE:
            return [one for one in boxes if not (one.worst >= box.worst - self.steps[:-1] * SLACK).all()]
        if isinstance(found, Outcome):
            self.open.append(box)
            return [one for one in boxes if one is not box]
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


def _enough_boxes(boxes: list[Box], count: int, step: float) -> list[Box]:
    """Return boxes cut along the first goal, halfway by its steps, until there are enough or none is wide."""
    while len(boxes) < count:
        widest = max(boxes, key=lambda one: one.best[0] - one.worst[0])
        steps = round((widest.best[0] - widest.worst[0]) / step)
        if steps < FEWEST_STEPS:
            return boxes
        cut = widest.worst[0] + steps // 2 * step
        halves = [_with(widest, 0, best=cut), _with(widest, 0, worst=cut)]
        boxes = [one for one in boxes if one is not widest] + halves
    return boxes


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


class _Held:
    """The goals, each free or held where it is.

    Attributes:
        least: what every plan has of each goal but the last, shape (k,).
        slack: by how much a goal that is held may fall short, shape (k,).
        ranges: between its least and its most on the front, shape (k,), at least 1e-9.
        weights: of the goals, shape (k,), where one solve can do for two; else None.
    """

    def __init__(self, goals: Goals, solver: Solver, control: Control):
        self.goals, self.solver, self.control = goals, solver, control
        count = len(goals.names)
        self.slack, self.ranges, self.least = np.zeros(count), np.ones(count), np.full(count, -np.inf)
        self.weights: Array | None = None

    def on(self, solver: Solver) -> _Held:
        """Return the same on another solver."""
        other = copy(self)
        other.solver = solver
        return other

    def weigh(self, steps: Array) -> None:
        """Find weights of the goals with which one solve puts the last goal first and then the sum of the others.

        All of what the others can make out between their least and their most comes to half a step of the last goal.
        """
        others = len(steps) - 1
        weights = np.r_[0.5 / (others * self.ranges[:-1]), 1 / steps[-1]]
        if (weights[:-1] * steps[:-1] >= SEEN).all():
            self.weights = weights

    def find_least(self, goal: int) -> float:
        """Return a value that no plan falls below."""
        answer = self.solver.solve(-self.goals.costs[goal], np.full(len(self.slack), -np.inf))
        if answer.outcome is Outcome.INFEASIBLE:
            raise _no_plan(answer.outcome)
        if not np.isfinite(answer.bound):
            name = self.goals.names[goal]
            raise SolverError(tr("nothing is known of how low {goal} can be; give it more time", goal=name))
        return -answer.bound + float(self.goals.offsets[goal])

    def in_order(self, order: Sequence[int]) -> FrontPoint:
        """Return the plan where goals come one after the other in this order; to a gap, only the first does."""
        limits = np.full(len(order), -np.inf)
        if self.solver.gap:
            return self._first_then_last(order[0], limits)
        proven, seconds, bound, solution = True, 0.0, np.inf, None
        for goal in order:
            answer = self._solve(self.goals.costs[goal], limits, solution)
            if answer.solution is None and solution is None:
                raise _no_plan(answer.outcome)
            proven, seconds = proven and answer.outcome is Outcome.OPTIMAL, seconds + answer.seconds
            solution = _better(answer, solution)
            if goal == len(order) - 1:
                bound = answer.bound + float(self.goals.offsets[goal])
            limits[goal] = self._held(goal, self.goals.values(solution)[goal])
        assert solution is not None
        return self._point(solution, proven, bound, limits, seconds)

    def _first_then_last(self, first: int, limits: Array) -> FrontPoint:
        if first != len(limits) - 1:
            answer = self._solve(self.goals.costs[first], limits)
            if answer.solution is None:
                raise _no_plan(answer.outcome)
            limits[first] = self._held(first, self.goals.values(answer.solution)[first])
        found = self.best_last(limits)
        if isinstance(found, Outcome):
            raise _no_plan(found)
        return found

    def best_last(self, limits: Array) -> FrontPoint | Outcome:
        """Return the plan with the most of the last goal that reaches the limits, and with that much the greatest sum.

        Where the solver works to a gap, the sum counts a little in the first place, because what is best to a gap
        cannot be held.
        """
        last = len(limits) - 1
        others = (self.goals.costs[:last] / self.ranges[:last, None]).sum(axis=0)
        first = self.goals.costs[last] / self.ranges[last]
        if self.solver.gap:
            answer = self._solve(first + ASIDE * others, limits)
            if answer.solution is None:
                return answer.outcome
            # f + a s <= bound, and s is at least what the limits ask for, or what every plan has.
            reached = np.maximum(limits, self.least)[:last]
            asked = float(((reached - self.goals.offsets[:last]) / self.ranges[:last]).sum())
            bound = (answer.bound - ASIDE * asked) * self.ranges[last] + float(self.goals.offsets[last])
            return self._point(answer.solution, answer.outcome is Outcome.OPTIMAL, bound, limits, answer.seconds)
        if self.weights is not None:
            answer = self._solve(self.weights @ self.goals.costs, limits)
            if answer.solution is None:
                return answer.outcome
            # The others come to half a step at most, so that nothing has a whole step more of the last goal.
            aside = float(self.weights[:last] @ (self.least[:last] - self.goals.offsets[:last]))
            bound = (answer.bound - aside) / self.weights[last] + float(self.goals.offsets[last])
            if answer.outcome is Outcome.OPTIMAL:
                bound = float(self.goals.values(answer.solution)[last])
            return self._point(answer.solution, answer.outcome is Outcome.OPTIMAL, bound, limits, answer.seconds)
        answer = self._solve(self.goals.costs[last], limits)
        if answer.solution is None:
            return answer.outcome
        held = limits.copy()
        held[last] = self._held(last, self.goals.values(answer.solution)[last])
        second = self._solve(first + others, held, answer.solution)
        proven = answer.outcome is Outcome.OPTIMAL and second.outcome is Outcome.OPTIMAL
        bound = answer.bound + float(self.goals.offsets[last])
        solution = _better(second, answer.solution)
        return self._point(solution, proven, bound, limits, answer.seconds + second.seconds)

    def _point(self, solution: Array, proven: bool, bound: float, limits: Array, seconds: float) -> FrontPoint:
        stopped = Status.INTERRUPTED if self.control.stopped else Status.TIME_LIMIT
        status = Status.PROVEN if proven else stopped
        return FrontPoint(self.goals.values(solution), solution, status, bound, limits.copy(), seconds)

    def _held(self, goal: int, value: float) -> float:
        gap = self.solver.gap * abs(value)
        return value - max(float(self.slack[goal]), TOLERANCE * max(1.0, abs(value)), gap)

    def _solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        return self.solver.solve(costs, limits - self.goals.offsets, start)


def _no_plan(outcome: Outcome) -> NoPlanError:
    if outcome is Outcome.INFEASIBLE:
        return NoPlanError(tr("no plan keeps all the rules"), proven=True)
    return NoPlanError(tr("no plan was found in time; none is proven impossible either"), proven=False)


def _better(answer: Answer, before: Array | None) -> Array:
    """Return the solution of an answer, or the one before where it has none."""
    solution = before if answer.solution is None else answer.solution
    assert solution is not None
    return solution
