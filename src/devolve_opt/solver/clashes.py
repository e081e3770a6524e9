"""Clashes: sets of the policy's rules that cannot stand together, and of which none can be left out.

A set is narrowed down by halves (QuickXplain, Junker 2004), first to rules, then to the places where they clash, unless
these are so many that it takes long. What is tried is whether some rules alone, with all that follows from data and
definitions, leave no plan. As long as the relaxation has none, only relaxations are solved; that no rule can be left
out of the set is then shown by a plan for the rest, with whole numbers. The next set is sought among the rules that are
in none before it, so that each set has to be mended by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devolve_opt.language import tr
from devolve_opt.settings import Settings
from devolve_opt.solver.conflict import described, made_elastic
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix
from devolve_opt.vocabulary import some_of

NAMED = 8
"""Places named of a rule in its line."""
SETS = 3
"""Sets that are sought at most."""
TRIAL_SECONDS = 20.0
"""Time to find out whether some rules can stand together."""
PLACES_SECONDS = 12.0
"""Time to narrow rules down to the places where they clash; else they are told with all their places."""


@dataclass(frozen=True)
class ClashingRule:
    """A rule of the policy and where it clashes.

    Attributes:
        rule: its constraint.
        key: what sets it; `setting`: to what, None where that is no single number; `unit` of it.
        places: townships, lists or what a pin says; none for a rule of the whole city.
        everywhere: whether these are all its places, because it was not narrowed down to some.
    """

    rule: str
    key: str
    setting: float | None
    unit: str
    places: tuple[str, ...]
    everywhere: bool

    def __str__(self) -> str:
        """Return the rule as one line."""
        key, rule = tr(self.key), tr(self.rule)
        if self.setting is not None:
            key = f"{key} {self.setting:,.6g}"
        if self.everywhere and len(self.places) > 1:
            return tr("{key} at its {n} places ({rule})", key=key, n=len(self.places), rule=rule)
        if self.places:
            return tr("{key} at {places} ({rule})", key=key, places=some_of(self.places, NAMED, "; "), rule=rule)
        return tr("{key} ({rule})", key=key, rule=rule)


@dataclass(frozen=True)
class Clash:
    """Rules that cannot stand together; `irreducible`: whether it is proven that without any of them the rest can."""

    rules: tuple[ClashingRule, ...]
    irreducible: bool


@dataclass(frozen=True)
class Clashes:
    """Sets of rules that clash, no two of which share a rule; `all_found`: whether all others can stand together."""

    sets: tuple[Clash, ...]
    all_found: bool


def clashes(matrix: Matrix, policy: Settings, control: Control, threads: int = 1) -> Clashes:
    """Return sets of the policy's rules that clash, as far as they are found in time.

    Args:
        matrix: a model without a solution.
        policy: the policy it was built for, or the settings of one instrument.
        control: when to stop.
        threads: threads for HiGHS.
    """
    with _Trials(matrix, policy, control, threads) as trials:
        left = list(trials.rules)
        sets: list[Clash] = []
        while len(sets) < SETS and not trials.late() and trials.any_clash(left):
            found = trials.narrowed(left)
            if found is None:
                break
            sets.append(found.clash)
            left = [rule for rule in left if rule not in found.rows]
        return Clashes(tuple(sets), bool(sets) and trials.stand(left))


def quickxplain(clash: Callable[[Sequence[int]], bool], rules: Sequence[int]) -> list[int]:
    """Return some of the rules that clash, none of which can be left out, as far as `clash` can tell.

    Args:
        clash: whether some rules cannot stand together; what holds for some holds for more.
        rules: they clash; those that come first are rather kept.
    """

    def narrow(background: list[int], added: bool, rest: list[int]) -> list[int]:
        if added and clash(background):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        second = narrow(background + rest[:half], True, rest[half:])
        first = narrow(background + second, bool(second), rest[:half])
        return first + second

    return narrow([], False, list(rules)) if rules else []


def _joined(groups: Sequence[Sequence[int]], some: Sequence[int] | None = None) -> list[int]:
    chosen = groups if some is None else [groups[number] for number in some]
    return [rule for group in chosen for rule in group]


@dataclass(frozen=True)
class _Found:
    clash: Clash
    rows: set[int]


class _Trials:
    """Tells whether rules can stand together; a context manager."""

    def __init__(self, matrix: Matrix, policy: Settings, control: Control, threads: int):
        self.soft, self.matrix = made_elastic(matrix, policy)
        self.policy, self.control = policy, control
        self.names = [matrix.row_names[row] for row in self.soft]
        # Rules of few rows first: the caps on all, and pins, are what one would rather read of.
        kinds = [name.partition("[")[0] for name in self.names]
        many = {kind: kinds.count(kind) for kind in kinds}
        self.rules = sorted(range(len(self.soft)), key=lambda rule: many[kinds[rule]])
        self.columns = matrix.costs.size
        self.engine = Engine(self.matrix, control, threads)
        self._whole = False

    def __enter__(self) -> _Trials:
        self.engine.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.engine.__exit__(None, None, None)

    def late(self) -> bool:
        """Whether there is no time left."""
        return self.control.stopped or self.control.left <= 0

    def clash(self, rules: Sequence[int]) -> bool:
        """Whether it is known that some rules cannot stand together."""
        return not self.late() and self._outcome(rules, self._whole) is Outcome.INFEASIBLE

    def any_clash(self, rules: Sequence[int]) -> bool:
        """Whether some rules clash; from then on `clash` looks at relaxations only, if these show it."""
        self._whole = False
        if self.clash(rules):
            return True
        self._whole = True
        return self.clash(rules)

    def stand(self, rules: Sequence[int]) -> bool:
        """Whether it is known that there is a plan that keeps some rules."""
        return not self.late() and self._outcome(rules, whole=True) is Outcome.OPTIMAL

    def narrowed(self, rules: list[int]) -> _Found | None:
        """Return some of the rules that clash, and whether none can be left out; None if it was not found in time."""
        kinds = self._kinds(rules)
        chosen = quickxplain(lambda some: self.clash(_joined(kinds, some)), range(len(kinds)))
        groups = [kinds[number] for number in chosen]
        if self.late() or self._outcome(_joined(groups), self._whole, presolve="off") is not Outcome.INFEASIBLE:
            return None
        narrow = self._places(_joined(groups))
        everywhere = narrow is None or self._outcome(narrow, self._whole, presolve="off") is not Outcome.INFEASIBLE
        if narrow is not None and not everywhere:
            groups = [[rule] for rule in narrow]
        groups, irreducible = self._checked(groups)
        return _Found(self._clash_of(groups, everywhere, irreducible), set(_joined(groups)))

    def _kinds(self, rules: Sequence[int]) -> list[list[int]]:
        """Return rules in groups of one constraint each; every pin is a group of its own."""
        groups: dict[str, list[int]] = {}
        for rule in rules:
            name = self.names[rule]
            groups.setdefault(name if name.startswith("pin_kept") else name.partition("[")[0], []).append(rule)
        return list(groups.values())

    def _places(self, rules: list[int]) -> list[int] | None:
        """Return some of the rules that clash, place by place; None where that takes long."""
        deadline = time.monotonic() + PLACES_SECONDS

        def clash(some: Sequence[int]) -> bool:
            if time.monotonic() > deadline or self.late():
                raise TimeoutError
            return self.clash(some)

        try:
            return quickxplain(clash, rules)
        except TimeoutError:
            return None

    def _checked(self, groups: list[list[int]]) -> tuple[list[list[int]], bool]:
        """Return groups of rules that clash without those that can be left out, and whether none can any more."""
        irreducible = True
        for group in list(groups):
            rest = [other for other in groups if other is not group]
            if not rest or self.stand(_joined(rest)):
                continue
            if not self.late() and self._outcome(_joined(rest), whole=True, presolve="off") is Outcome.INFEASIBLE:
                groups = rest
            else:
                irreducible = False
        return groups, irreducible

    def _clash_of(self, groups: list[list[int]], everywhere: bool, irreducible: bool) -> Clash:
        places: dict[ClashingRule, list[str]] = {}
        for rule in _joined(groups):
            name, key, unit, place, setting = described(self.names[rule], self.policy)
            number = float(setting) if isinstance(setting, int | float) and not isinstance(setting, bool) else None
            pin = (place,) if name == "pin_kept" else ()  # each is a rule of its own
            known = places.setdefault(ClashingRule(name, key, number, unit, pin, everywhere), [])
            known += [place] if place else []
        named = [replace(rule, places=tuple(where)) for rule, where in places.items()]
        return Clash(tuple(named), irreducible)

    def _outcome(self, rules: Sequence[int], whole: bool, **options: Any) -> Outcome:
        upper, costs = self.matrix.upper.copy(), np.zeros_like(self.matrix.costs)
        slacks: NDArray[np.int64] = self.columns + 2 * np.asarray(rules, dtype=np.int64)
        upper[slacks] = upper[slacks + 1] = 0.0
        integer = self.matrix.integer if whole else np.zeros_like(self.matrix.integer)
        # Without an objective the first plan is the best one.
        answer = self.engine.solve(integer=integer, upper=upper, costs=costs, seconds=TRIAL_SECONDS, **options)
        return answer.outcome
