"""Remedies: numbers of the policy with which a plan exists where it had none, each checked by solving.

What rows would have to give, each by itself, need not be what the policy has to say otherwise: a number may stand in
several rows, and one of those that give may follow from another. So numbers are tried: each alone as loose as it may
be, then as near to what it was as a plan can be found; where none does it alone, those that give together, without any
that can stay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from devolve_opt.audit import audit
from devolve_opt.case import Case
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import FINE, cap_of, number_at, with_numbers
from devolve_opt.solver.clashes import Clashes
from devolve_opt.solver.conflict import POSTS_IN_FORCE, Conflict
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.studies.prepared import Prepared

TRIAL_SECONDS = 20.0
"""Time to find out whether a plan exists with other numbers."""
SHARES = 100.0
"""A number that is not whole and may not be more is a share; others are hours."""


@dataclass(frozen=True)
class NewNumber:
    """A number of the policy that would do.

    Attributes:
        key: its key, with dots for those of a table.
        now, value: what it is, and what would do with the other numbers of the remedy.
        step: by how much it was changed at a time.
        nearest: whether it is proven that a step nearer to what it is would not do.
    """

    key: str
    now: float
    value: float
    step: float
    nearest: bool


@dataclass(frozen=True)
class Remedy:
    """Numbers which together let a plan exist; a plan for them was found and has passed the audit."""

    numbers: tuple[NewNumber, ...]


def find_remedies(
    case: Case,
    policy: Policy,
    conflict: Conflict,
    clashes: Clashes | None,
    prepare: Callable[[Policy], Prepared],
    control: Control,
    threads: int = 1,
) -> tuple[Remedy, ...]:
    """Return what the policy could say otherwise for a plan to exist, as far as it is found in time.

    Args:
        case: the data.
        policy: the policy for which no plan exists.
        conflict: what its rules would have to give.
        clashes: which of them clash.
        prepare: returns the model of the case under another policy.
        control: when to stop.
        threads: threads for HiGHS.

    Returns:
        Every single number that does it alone; where there is none, one remedy of several, none of which can stay;
        empty where what clashes is no number, or none was found in time.
    """
    trials = _Trials(case, policy, prepare, control, threads)
    gives: dict[str, float] = {}
    for relaxation in conflict.relaxations:
        gives[relaxation.key] = max(gives.get(relaxation.key, 0.0), relaxation.amount)
    for rule in (rule for clash in (clashes.sets if clashes else ()) for rule in clash.rules):
        gives.setdefault(rule.key, 1.0)
    if POSTS_IN_FORCE in gives:
        # What is in force leaves the others less, or more, than these allow.
        gives = {**gives, **{key: gives.get(key, 1.0) for key in ("posts_band", "posts_moved_max")}}
    scales = [_Scale(policy, key, amount) for key, amount in gives.items() if number_at(policy, key) is not None]
    scales = [scale for scale in scales if scale.steps]
    alone = [trials.nearest(scale, {}) for scale in scales]
    singles = tuple(Remedy((found,)) for found in alone if found is not None)
    return singles or trials.together(scales)


class _Scale:
    """A number of the policy in steps away from what it is, 0, to the loosest that the policy allows, `steps`."""

    def __init__(self, policy: Policy, key: str, amount: float):
        cap = cap_of(policy, key)
        self.key, self.now = key, cap.given
        self.step = 1.0 if cap.whole or cap.most > SHARES else 2 * FINE
        # A number that holds something up gives downwards, one that holds it down upwards.
        self.sign = -1 if key.endswith("_min") else 1
        self.end = cap.least if self.sign < 0 else cap.most
        room = abs(self.end - self.now) / self.step
        self.steps = 0 if math.isinf(room) else math.ceil(room - 1e-9)
        self.first = min(self.steps, math.ceil(amount - 1e-6) if self.step == 1.0 else 1)

    def value(self, steps: int) -> float:
        """Return the number so many steps away."""
        return self.end if steps >= self.steps else round(self.now + self.sign * steps * self.step, 6)


class _Trials:
    """Whether plans exist with other numbers of the policy; what was found is remembered."""

    def __init__(
        self, case: Case, policy: Policy, prepare: Callable[[Policy], Prepared], control: Control, threads: int
    ):
        self.case, self.policy, self.prepare, self.control, self.threads = case, policy, prepare, control, threads
        self._known: dict[tuple[tuple[str, float], ...], bool | None] = {}

    def exists(self, numbers: dict[str, float]) -> bool | None:
        """Return whether a plan exists with these numbers; None where that is not known."""
        at = tuple(sorted(numbers.items()))
        if at not in self._known:
            self._known[at] = None if self.control.stopped or self.control.left <= 0 else self._tried(numbers)
        return self._known[at]

    def _tried(self, numbers: dict[str, float]) -> bool | None:
        try:
            policy = with_numbers(self.policy, numbers)
            prepared = self.prepare(policy)
        except NoPlanError:
            return False
        except InputError:
            return None
        matrix = prepared.matrix
        nothing = np.zeros_like(matrix.costs)  # without an objective the first plan is the best one
        with Engine(matrix, self.control, self.threads) as engine:
            answer = engine.solve(costs=nothing, start=prepared.start, seconds=TRIAL_SECONDS)
            if answer.outcome is Outcome.INFEASIBLE:
                answer = engine.solve(costs=nothing, seconds=TRIAL_SECONDS, presolve="off")
        if answer.outcome is Outcome.INFEASIBLE:
            return False
        if answer.solution is None:
            return None
        try:
            decisions = prepared.decisions(answer.solution)
        except InputError:
            return None  # an added rule is kept by what no plan holds
        return None if audit(self.case, policy, decisions).breaches else True

    def nearest(self, scale: _Scale, others: dict[str, float]) -> NewNumber | None:
        """Return the number nearest to what it is with which, and with others, a plan is found; None where none is."""
        found = self._reached(scale, others)
        return None if found is None else self._nearer(scale, others, found)

    def _nearer(self, scale: _Scale, others: dict[str, float], found: int) -> NewNumber:
        """Return the number nearest to what it is, at most the number of steps away with which a plan was found."""
        near, far = 0, found
        while far - near > 1:
            middle = (near + far) // 2
            if self.exists({**others, scale.key: scale.value(middle)}):
                far = middle
            else:
                near = middle
        nearest = near == 0 or self.exists({**others, scale.key: scale.value(near)}) is False
        return NewNumber(scale.key, scale.now, scale.value(far), scale.step, nearest)

    def _reached(self, scale: _Scale, others: dict[str, float]) -> int | None:
        """Return a number of steps with which a plan is found, few rather than many."""
        if not self.exists({**others, scale.key: scale.value(scale.steps)}):
            return None
        steps = scale.first
        while steps < scale.steps and not self.exists({**others, scale.key: scale.value(steps)}):
            steps = min(2 * steps, scale.steps)
        return steps

    def together(self, scales: Iterable[_Scale]) -> tuple[Remedy, ...]:
        """Return one remedy of several numbers, none of which can stay; empty where none is found."""
        kept = list(scales)
        as_rows_give = {scale.key: scale.value(scale.first) for scale in kept}
        loosest = {scale.key: scale.value(scale.steps) for scale in kept}
        if len(kept) < 2 or not self.exists(loosest):
            return ()
        as_given = self.exists(as_rows_give)
        numbers = as_rows_give if as_given else loosest
        for scale in list(kept):
            rest = {key: value for key, value in numbers.items() if key != scale.key}
            if self.exists(rest):
                kept.remove(scale)
                numbers = rest
        found = []
        for scale in kept:
            others = {key: value for key, value in numbers.items() if key != scale.key}
            number = self._nearer(scale, others, scale.first if as_given else scale.steps)
            numbers[scale.key] = number.value
            found.append(number)
        return (Remedy(tuple(found)),)
