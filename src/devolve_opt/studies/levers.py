"""Levers: what one officer, post or place more would change for a township, each change solved to the proof.

Lists, posts, officers, leaders, stations and what counties opened stay as the plan has them, but for the one lever;
what the township takes up, where it becomes ready and which duties it carries is decided anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.plan import Plan
from devolve_opt.solver.alone import ROOM, Alone, Key
from devolve_opt.solver.engine import Control
from devolve_opt.solver.matrix import Matrix

Array = NDArray[np.float64]
COLUMNS = ["change", "unit", "amount", "tried", "loss_at_one", "loss_at_amount"]
OWN = ("taken", "ready", "brought", "matched", "carries", "overload", "shortfall", "risk_each", "risk_beyond")
"""What a township decides for itself, and what follows from it."""
PEOPLE_TRIED = {"officers": 2, "posts": 3}
"""Officers and posts fewer and more for which it is told what a township makes of them."""
SLACK = 1e-6
"""Staff-hours a year within which two worths are the same."""


@dataclass(frozen=True)
class Lever:
    """Something that could be otherwise for one township.

    Attributes:
        name, unit: what changes, and in what it is counted.
        keys: columns that go up by each unit, the first that there is.
        most: up to how many units it is tried.
    """

    name: str
    unit: str
    keys: tuple[Key, ...]
    most: int


@dataclass(frozen=True)
class WithAndWithout:
    """A township with a power and without it, each at its best.

    Attributes:
        worth_with, worth_without: staff-hours a year; -inf where the rules do not allow it.
        solution_with, solution_without: of the township's columns.
        sets: what was set aside for it: lists, openings.
    """

    worth_with: float
    worth_without: float
    solution_with: Array | None
    solution_without: Array | None
    sets: Mapping[Key, float]

    @property
    def loss(self) -> float:
        """What taking the power costs the township, staff-hours a year; below 0 where it gains."""
        return self.worth_without - self.worth_with


class TownshipAlone(Alone):
    """One township of a plan by itself, with the levers that it has; a context manager.

    Args:
        plan: the plan.
        township: its id.
        matrix: of the plan's scenario, n columns.
        start: the plan's decisions, shape (n,).
        control: when to stop.
    """

    def __init__(self, plan: Plan, township: str, matrix: Matrix, start: Array, control: Control):
        self.of, self.township = plan, township
        units = plan.scenario.data.tables["townships"].index
        caps = ("new_powers_within_cap", "new_fields_within_cap", "officers_cover_fields")
        self._rows = {name: f"{name}[{township}]" for name in caps}
        columns = matrix.columns_by_name()
        # Also where a pool has one township only, what comes out of it is none of the township's own decisions.
        places = np.where(matrix.columns_of(*OWN), matrix.places(units), -1)
        place = list(units).index(township)
        super().__init__(matrix, places, place, start, set(self._rows.values()), columns, control)

    def levers(self, less: bool = False) -> list[Lever]:
        """Return the levers that the township has; `less`: those that could be taken from it."""
        people = [
            Lever("officers", "officers", (("trained", self.township),), 5),
            Lever("posts", "posts", (("floating", self.township), ("revolving", self.township)), 10),
        ]
        caps = [
            Lever("new_powers_max", "powers", ((ROOM, self._rows["new_powers_within_cap"]),), 5),
            Lever("new_fields_max", "fields", ((ROOM, self._rows["new_fields_within_cap"]),), 3),
            Lever("fields_at_minimum", "fields", ((ROOM, self._rows["officers_cover_fields"]),), 3),
        ]
        found = [*people, *([] if less else caps)]
        return [lever for lever in found if any(key in self.columns for key in lever.keys)]

    def obstacles(self, power: str) -> dict[Key, float]:
        """Return what has to be otherwise before the township may take a power at all: its list, its county's opening.

        Of lists, that of its category if it has one, else the base list.
        """
        town = self.of.scenario.data.tables["townships"].loc[self.township]
        sets: dict[Key, float] = {}
        requires = self.of.scenario.data.tables["powers"]["requires"]
        while power:  # and what it requires has to be there as well
            own, base, opened = (
                ("special", str(town["category"]), power), ("base", power), ("opened", str(town["county"]), power)
            )  # fmt: skip
            there = [key for key in (own, base) if key in self.columns]
            if there and not any(self.value(key) > 0.5 for key in there):
                sets[there[0]] = 1.0
            if opened in self.columns and self.value(opened) < 0.5:
                sets[opened] = 1.0
            power = str(requires[power])
        return sets

    def with_and_without(self, power: str, more: Mapping[Key, float] | None = None) -> WithAndWithout:
        """Return the township at its best with and without a power, its obstacles and `more` columns set."""
        sets = {**self.obstacles(power), **(more or {})}
        taken = ("taken", self.township, power)
        worth_with, with_it = self.best({**sets, taken: 1.0})
        worth_without, without_it = self.best({**sets, taken: 0.0})
        return WithAndWithout(worth_with, worth_without, with_it, without_it, sets)

    def changes(self, power: str, found: WithAndWithout) -> pd.DataFrame:
        """Return for each lever the least of it that turns the answer; columns as in `Explanation.changes`."""
        # What is not taken may come with more of something; what is taken may go with less.
        taken = self.value(("taken", self.township, power)) > 0.5
        wanted = found.loss > SLACK
        if wanted == taken and not taken:
            return pd.DataFrame(columns=COLUMNS)  # the obstacles are all that stands in the way
        rows = [self._row(lever, power, wanted) for lever in self.levers(less=not wanted)]
        return pd.DataFrame(rows, columns=COLUMNS).astype({"amount": "Int64", "tried": "int64"})

    def _row(self, lever: Lever, power: str, wanted: bool) -> dict[str, Any]:
        losses: list[float] = []
        for size in range(1, lever.most + 1):
            sets = self._moved(lever, size if wanted else -size)
            loss = np.nan if sets is None else self.with_and_without(power, sets).loss
            # Not a number: there is no such lever, or neither with nor without keeps the rules.
            if np.isnan(loss):
                break
            losses.append(loss)
            if (loss <= SLACK) == wanted:
                break
        turned = bool(losses) and (losses[-1] <= SLACK) == wanted
        amount = len(losses) if wanted else -len(losses)
        return {
            "change": lever.name, "unit": lever.unit, "amount": amount if turned else None, "tried": len(losses),
            "loss_at_one": losses[0] if losses else np.nan, "loss_at_amount": losses[-1] if losses else np.nan,
        }  # fmt: skip

    def _moved(self, lever: Lever, amount: int) -> dict[Key, float] | None:
        """Return the column of a lever moved by an amount; what is taken away may come from any of its columns."""
        for key in lever.keys:
            if key in self.columns and (amount > 0 or self.value(key) + amount >= 0):
                return {key: self.value(key) + amount}
        if lever.name == "officers" and ("moved_out", self.township) in self.columns:
            key = ("moved_out", self.township)
            return {key: self.value(key) - amount}
        return None

    def figures(self, power: str, found: WithAndWithout) -> dict[str, Any]:
        """Return what comes out with and without a power: loss, what it would have to be worth, what else changes."""
        case, policy = self.of.scenario.data, self.of.scenario.policy
        loss = found.loss if np.isfinite(found.loss) else None
        votes = case.votes
        mine = votes[(votes["township"] == self.township) & (votes["power"] == power)]
        rounds = int(mine[["round_1", "round_2", "round_3"]].to_numpy().sum())
        price = policy.prices.choice_met
        held = set(self.of.take_up.loc[self.of.take_up["township"] == self.township, "power"])
        other = found.solution_without if power in held else found.solution_with
        now = self.matrix.objective(self.plan)
        best = max(found.worth_with, found.worth_without)
        return {
            "possible": found.worth_with > -np.inf, "needed": found.worth_without == -np.inf, "loss": loss,
            "choice_price": price,
            "choice_price_to_pay": price + loss / rounds if loss is not None and loss > 0 and rounds else None,
            "prerequisites": [list(key) for key in found.sets],
            "plan_below_best": max(0.0, best - now) if not found.sets and np.isfinite(best) else None,
            **self._otherwise(other, power),
        }  # fmt: skip

    def _otherwise(self, solution: Array | None, power: str) -> dict[str, list[str]]:
        """Return what else is otherwise than in the plan: powers, fields and duties that go and come."""
        names = {"taken": ("gives_up", "takes"), "ready": ("not_ready", "becomes_ready"),
                 "matched": ("drops_duties", "carries_duties")}  # fmt: skip
        changed: dict[str, list[str]] = {each: [] for pair in names.values() for each in pair}
        if solution is None:
            return changed
        for key, column in self.columns.items():
            if key[0] not in names or key[1] != self.township or key[2] == power:
                continue
            before, after = self.plan[column] > 0.5, solution[column] > 0.5
            if before != after:
                changed[names[key[0]][int(after)]].append(key[2])
        return changed

    def worth_of_people(self) -> pd.DataFrame:
        """Return what a township gains at best with more or fewer officers or posts, as in `Explanation.changes`."""
        now, _ = self.best({})
        officers = self.of.audit.townships["officers"].to_dict()[self.township]
        rows = []
        for lever in self.levers(less=True):
            reach = PEOPLE_TRIED[lever.name]
            for amount in (*range(-reach, 0), *range(1, reach + 1)):
                sets = self._moved(lever, amount)
                if sets is None:
                    continue
                too_few = lever.name == "officers" and officers + amount < self.of.scenario.policy.officers_min
                worth = -np.inf if too_few else self.best(sets)[0] - now - self._price_of(sets)
                rows.append({"change": lever.name, "unit": lever.unit, "amount": amount, "worth": worth})
        return pd.DataFrame(rows, columns=["change", "unit", "amount", "worth"])

    def _price_of(self, sets: Mapping[Key, float]) -> float:
        """Return what the columns that are set cost by themselves, such as the training of an officer (below 0)."""
        return sum(self.matrix.costs[self.columns[key]] * (value - self.value(key)) for key, value in sets.items())
