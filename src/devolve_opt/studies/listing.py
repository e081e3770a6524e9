"""Powers on and off the guide list: the columns that are about a power, and the flip that decides it the other way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from devolve_opt.plan import Plan
from devolve_opt.rules.interest import interest
from devolve_opt.solver.flips import NOTHING, Flip, Flips
from devolve_opt.solver.matrix import Matrix
from devolve_opt.studies.prepared import Prepared

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Columns = Mapping[tuple[str, ...], int]
TAKERS = 3
"""Townships for which a power is tried that nobody would take by itself."""
LEAST_TAKEN = 8
"""Listed powers that may go where another one comes: those that fewest townships take."""
MOVED = 0.1
"""A power whose lists the relaxation changes by more than this share counts as moved by it."""
MOVING = 30
"""Powers that are decided anew beside a flip, at most: those that the relaxation moves most."""


@dataclass
class Listed:
    """What is known of one power.

    Attributes:
        name: its id; `on`: whether the plan lists it.
        flip: what decides it the other way.
        bound: no plan that decides it the other way is worth more.
        worth, solution: the best such plan found.
        steps: ways that were gone through to the end: 1 plainly, 2 the bound too, 3 a search of its own too.
        shown_by: number of the audited plan that does so.
    """

    name: str
    on: bool
    flip: Flip
    bound: float = np.inf
    worth: float = -np.inf
    solution: Array | None = None
    steps: int = 0
    shown_by: int | None = None

    def found(self, worth: float, solution: Array | None) -> None:
        """Keep a plan that decides it the other way, if it is the best."""
        if worth > self.worth:
            self.worth, self.solution = worth, solution


class Listing:
    """The guide list of a plan, power by power.

    Args:
        plan: the plan.
        prepared: its scenario, started from the plan.

    Attributes:
        matrix: n columns, with a row for each listed power that makes it stand on some list.
        solution: the plan in it, shape (n,).
        powers: by id, in the order of the case; those that may be listed.
    """

    def __init__(self, plan: Plan, prepared: Prepared) -> None:
        self.plan = plan
        self._columns = prepared.matrix.columns_by_name()
        self.matrix = standing_on_lists(prepared.matrix, self._columns)
        self._listed = {key[1]: column for key, column in self._columns.items() if key[0] == "listed"}
        self._about = self._columns_of_powers("taken", "base", "special", "listed", "opened")
        self._taking = self._columns_of_powers("taken")
        powers = plan.scenario.data.tables["powers"]
        self._requires, self._field = powers["requires"].to_dict(), powers["field"].astype("str").to_dict()
        self.solution = prepared.start.copy()
        for power, column in self._listed.items():
            self.solution[column] = float((self.solution[self._lists_of(power)] > 0.5).any())
        self.powers = {power: Listed(power, self._is_on(power), self._flip(power)) for power in self._listed}
        for known in self.powers.values():
            if not known.on and known.name not in self._taking:
                known.bound = -np.inf  # nobody may take it

    def _columns_of_powers(self, *components: str) -> dict[str, Indices]:
        found: dict[str, list[int]] = {}
        for key, column in self._columns.items():
            if key[0] in components:
                found.setdefault(key[-1], []).append(column)
        return {power: np.array(columns, dtype=np.int64) for power, columns in found.items()}

    def _lists_of(self, power: str) -> list[int]:
        own = map(str, self.plan.scenario.policy.own_list_categories)
        keys: list[tuple[str, ...]] = [("base", power), *(("special", name, power) for name in own)]
        return [self._columns[key] for key in keys if key in self._columns]

    def _is_on(self, power: str) -> bool:
        return bool(self.solution[self._listed[power]] > 0.5)

    def _flip(self, power: str) -> Flip:
        column = self._listed[power]
        if not self._is_on(power):
            return Flip({column: 1.0}, some=self._taking.get(power, NOTHING))
        needing = [other for other in self._listed if power in self._required_by(other)]
        return Flip({column: 0.0}, drops=np.concatenate([self._about[each] for each in (power, *needing)]))

    def flip_of_pair(self, township: str, power: str) -> Flip:
        """Return the flip that has a township take a power, or give it up, with what hangs on it decided anew.

        That is all that the township decides for itself, the lists of the power and, where it is on none of the
        township's, of what could go for it.
        """
        own = [column for key, column in self._columns.items()
               if key[0] in ("taken", "ready", "matched", "carries") and key[1] == township]  # fmt: skip
        column = self._columns["taken", township, power]
        about = [self._about[each] for each in dict.fromkeys((power, *self._room_for(township, power)))]
        value = 0.0 if self.solution[column] > 0.5 else 1.0
        return Flip({column: value}, frees=np.concatenate([np.array(own, dtype=np.int64), *about]))

    def _room_for(self, township: str, power: str) -> list[str]:
        """Return powers that may go from a township's lists for another one; none if that is on one of them already."""
        category = str(self.plan.scenario.data.tables["townships"].at[township, "category"])
        lists = [name for name in (("special", category), ("base",)) if (*name, power) in self._columns]
        reached = any(self.solution[self._columns[(*name, power)]] > 0.5 for name in lists)
        return [] if reached or not lists else [*self.least_taken(lists[0]), *self.least_taken()]

    def least_taken(self, on: tuple[str, ...] = ("listed",)) -> list[str]:
        """Return the powers on a list that fewest townships take: those that go first where another one comes.

        Args:
            on: which list, `("base",)`, `("special", category)` or `("listed",)` for all of them.
        """
        takers = {power: float(self.solution[self._taking.get(power, NOTHING)].sum()) for power in self._listed
                  if (*on, power) in self._columns and self.solution[self._columns[(*on, power)]] > 0.5}  # fmt: skip
        return sorted(takers, key=lambda power: takers[power])[:LEAST_TAKEN]

    def _required_by(self, power: str) -> list[str]:
        """Return the powers that a power requires, those that these require too."""
        found = []
        while power := self._requires[power]:
            found.append(power)
        return found

    def taken(self, power: str, solution: Array) -> bool:
        """Whether some township takes a power in a plan, shape (n,)."""
        return bool((solution[self._taking.get(power, [])] > 0.5).any())

    def decided_otherwise(self, power: str, solution: Array) -> bool:
        """Whether a plan, shape (n,), takes a power off the list; or puts it there and has a township take it."""
        if self._is_on(power):
            return bool((solution[self._lists_of(power)] < 0.5).all())
        return self.taken(power, solution)

    def nearby(self, power: str, flips: Flips, relaxed: Array) -> tuple[float, Array | None]:
        """Return the best plan found that decides a power the other way, and those that the relaxation moves with it.

        Args:
            power: its id.
            flips: of the plan.
            relaxed: where the lists of the relaxation stand under the flip, shape (n,).
        """
        change = np.abs(relaxed - self.solution)
        moved = {other: float(change[self._lists_of(other)].max()) for other in self._listed if other != power}
        moving = sorted((other for other in moved if moved[other] > MOVED), key=lambda other: -moved[other])[:MOVING]
        fields = {self._field[other] for other in (power, *moving)}
        ready = [column for key, column in self._columns.items() if key[0] == "ready" and key[2] in fields]
        takers = self._takers(power).head(TAKERS)
        return self._with_somebody(power, flips, moving, np.array(ready, dtype=np.int64), list(takers.index))

    def put_on(self, power: str, flips: Flips, room: list[str]) -> tuple[float, Array | None]:
        """Return the best plan found that keeps all but what a power on the list displaces, and has somebody take it.

        Args:
            power: not on the list.
            flips: of the plan.
            room: powers that may go for it; where somebody has to be found who takes it, those that may go from the
                lists of that township too. None where the lists have room.
        """
        takers = self._takers(power)
        # The likeliest of each category: which list it comes on makes the difference.
        best = takers.groupby(takers, sort=False).head(1) if room else takers.head(TAKERS)
        return self._with_somebody(power, flips, room, NOTHING, list(best.index), bool(room))

    def _with_somebody(
        self, power: str, flips: Flips, moving: list[str], more: Indices, takers: list[str], make_room: bool = False
    ) -> tuple[float, Array | None]:
        """Return the best plan found with a flip and some powers and columns decided anew; somebody takes the power."""
        flip, about = self.powers[power].flip, [power, *moving]
        about += [other for other in self._required_by(power) if other in self._about]
        frees = np.concatenate([more, *(self._about[each] for each in about)])
        flip = replace(flip, frees=np.setdiff1d(frees, flip.drops))
        worth, solution = flips.plainly([flip])
        too_little = np.isfinite(flips.worth) and worth < flips.worth  # and with a taker it is worth less still
        if self._is_on(power) or solution is None or self.taken(power, solution) or too_little:
            return worth, solution
        # Nobody takes it by itself: somebody is to.
        tried = []
        for town in takers:
            room = self._room_for(town, power) if make_room else []
            with_room = replace(
                flip, frees=np.unique(np.concatenate([flip.frees, *(self._about[each] for each in room)]))
            )
            tried.append(flips.plainly([self._with_taker(with_room, power, town)]))
        return max(tried, key=lambda found: found[0], default=(-np.inf, None))

    def _takers(self, power: str) -> pd.Series:
        """Return the category of each township that may take a power, those likeliest to have room for it first.

        They are ready in its field, and ask most.
        """
        pairs = interest(self.plan.scenario.data, self.plan.scenario.policy)
        pairs = pairs[pairs["power"] == power]
        ready = set(self.plan.audit.fields[["township", "field"]].itertuples(index=False, name=None))
        here = [(town, field) in ready for town, field in zip(pairs["township"], pairs["field"], strict=True)]
        order = pairs.assign(ready=here).sort_values(["ready", "rounds"], ascending=False, kind="stable")
        townships = order["township"].astype("str")
        return self.plan.scenario.data.tables["townships"]["category"].astype("str").loc[townships]

    def _with_taker(self, flip: Flip, power: str, town: str) -> Flip:
        """Return the flip with a township that takes the power, becomes ready for it, and may give others up."""
        ready = ("ready", town, self._field[power])
        own = [column for key, column in self._columns.items() if key[0] == "taken" and key[1] == town]
        own += [self._columns[ready]] if ready in self._columns else []
        sets = {**flip.sets, self._columns["taken", town, power]: 1.0}
        return replace(flip, sets=sets, frees=np.r_[flip.frees, np.array(own, dtype=np.int64)])


def standing_on_lists(matrix: Matrix, columns: Columns) -> Matrix:
    r"""Return the matrix with a row for each listed power that makes it stand on some list.

    $l_p \le b_p + \sum_c s_{cp}$: no plan is worth less for it, and "listed" says what it says.
    """
    listed = {key[1]: column for key, column in columns.items() if key[0] == "listed"}
    if not listed:
        return matrix
    places = {power: number for number, power in enumerate(listed)}
    entries = [(places[power], column, -1.0) for power, column in listed.items()]
    entries += [(places[key[-1]], column, 1.0) for key, column in columns.items() if key[0] in ("base", "special")]
    rows, at, values = (np.array(part) for part in zip(*entries, strict=True))
    more = csr_array((values, (rows, at)), shape=(len(listed), matrix.costs.size))
    names = [f"listed_stands_on_a_list[{power}]" for power in listed]
    return matrix.with_rows(more, np.zeros(len(listed)), np.full(len(listed), np.inf), names)
