"""A phase plan in the making, and what stands in a power's way in a batch."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from devolve_opt.phase_plan import PhaseDecisions
from devolve_opt.rules.phases import Handover, Pair

LIMITS = ("prerequisite", "fields cap", "officers", "exam places", "powers cap", "county hours")
"""What can keep a power from a batch, in the words of the tables."""


class Schedule:
    """A phase plan in the making: batch of each power, field and certificate; one that is not there is left over.

    Attributes:
        asked: what is to be handed over.
        power, field: batch of each pair (township, power) and (township, field).
        trained: certificates of a batch, (township, batch) (persons).
    """

    def __init__(self, asked: Handover, decisions: PhaseDecisions | None = None):
        self.asked = asked
        self.power: dict[Pair, int] = {}
        self.field: dict[Pair, int] = {}
        self.trained: dict[tuple[str, int], int] = defaultdict(int)
        self.pairs_of: dict[str, list[Pair]] = defaultdict(list)
        for pair in asked.worth:
            self.pairs_of[pair[0]].append(pair)
        self.fields_of: dict[str, list[Pair]] = defaultdict(list)
        for pair in asked.new_fields:
            self.fields_of[pair[0]].append(pair)
        self._of_township: dict[tuple[str, int], int] = defaultdict(int)
        self._of_county: dict[tuple[str, int], int] = defaultdict(int)
        if decisions is not None:
            for township, power, batch in decisions.handed.itertuples(index=False, name=None):
                self._move((township, power), int(batch))
            for township, field, batch in decisions.ready.itertuples(index=False, name=None):
                self.field[township, field] = int(batch)
            for township, batch, number in decisions.trained.itertuples(index=False, name=None):
                self.trained[township, int(batch)] = int(number)

    def decisions(self) -> PhaseDecisions:
        """Return the phase plan as tables."""
        handed = [(*pair, self.power[pair]) for pair in self.asked.worth if pair in self.power]
        ready = [(*pair, self.field[pair]) for pair in self.asked.new_fields if pair in self.field]
        trained = [(*key, number) for key, number in self.trained.items() if number]
        words = {"township": "str", "power": "str", "field": "str"}
        frames = (
            pd.DataFrame(rows, columns=columns).astype({name: words.get(name, "int64") for name in columns})
            for rows, columns in (
                (handed, ["township", "power", "batch"]), (ready, ["township", "field", "batch"]),
                (trained, ["township", "batch", "trained"]),
            )
        )  # fmt: skip
        return PhaseDecisions(*frames)

    def train_as(self, wanted: dict[tuple[str, int], float]) -> None:
        """Give the places of each batch to the townships that lack most of what they should have by then.

        Args:
            wanted: certificates of a township up to and with a batch, (township, batch); they need not be whole.
        """
        for batch in self.asked.batches:
            for _ in range(self.asked.certificates):
                lack = {
                    unit: min(wanted[unit, batch], most) - self.new_officers(unit, batch)
                    for unit, most in self.asked.to_train.items()
                }
                most_lacking = max(lack, key=lack.__getitem__, default=None)
                if most_lacking is None or lack[most_lacking] <= 1e-6:
                    break
                self.trained[most_lacking, batch] += 1

    def complete(self) -> None:
        """Bring forward, batch by batch, whatever still fits: certificates, then powers, those of most worth first.

        Places that no power needs go first to the offices that lack most officers for the minimum and for what they
        have. Nothing that is handed over already is put off, so the worth lost only falls.
        """
        order = sorted(self.asked.worth, key=lambda pair: -self.asked.worth[pair])
        for batch in self.asked.batches:
            self._train_in(batch)
            waiting = [pair for pair in order if self._batch(self.power, pair) > batch]
            # Again, as long as anything fits: what a power requires may come after it in the order.
            while len(left := [pair for pair in waiting if not self._hand_over(pair, batch)]) < len(waiting):
                waiting = left

    def limits(self, pair: Pair, batch: int) -> list[str]:
        """Return what is tight for a power in a batch before its own, in the words of `LIMITS`; empty if it fits."""
        asked, (township, power) = self.asked, pair
        found = []
        required = asked.requires[power]
        if (township, required) in asked.worth and self._batch(self.power, (township, required)) > batch:
            found.append("prerequisite")
        field = (township, asked.field[power])
        lacking = self._lacks_officers(pair, batch)
        if field in self.fields_of[township] and self._batch(self.field, field) > batch:
            new = sum(
                self._batch(self.field, other) == batch and other not in asked.brought
                for other in self.fields_of[township]
            )
            if field not in asked.brought and new >= asked.settings.new_fields_per_batch_max:
                found.append("fields cap")
            lacking = lacking or self._lacks_cover(field, batch)
        if lacking:
            found.append("officers")
            # Who still waits for a certificate has left no place of an earlier batch unused (`_train_in`).
            if asked.to_train.get(township, 0) > self.new_officers(township, batch):
                found.append("exam places")
        if self._of_township[township, batch] >= asked.settings.new_powers_per_batch_max:
            found.append("powers cap")
        county = asked.county[township]
        if self._of_county[county, batch] >= asked.handovers[county]:
            found.append("county hours")
        return found

    def _batch(self, of: dict[Pair, int], pair: Pair) -> int:
        """Return the batch of a power or field; the one after the last for what is left over."""
        return of.get(pair, self.asked.settings.batches + 1)

    def _move(self, pair: Pair, batch: int) -> None:
        for change, when in ((-1, self.power.get(pair)), (1, batch)):
            if when is not None:
                self._of_township[pair[0], when] += change
                self._of_county[self.asked.county[pair[0]], when] += change
        self.power[pair] = batch

    def _hand_over(self, pair: Pair, batch: int) -> bool:
        """Hand a power over in a batch before its own, with readiness in its field, if everything allows it."""
        if self.limits(pair, batch):
            return False
        field = (pair[0], self.asked.field[pair[1]])
        if field in self.fields_of[pair[0]] and self._batch(self.field, field) > batch:
            self.field[field] = batch
        self._move(pair, batch)
        return True

    def _spans(self, batch: int, until: int) -> range:
        return range(batch, min(until, self.asked.settings.batches + 1))

    def new_officers(self, township: str, batch: int) -> int:
        """Return the new certificates of a township up to and with a batch (persons)."""
        return sum(self.trained[township, earlier] for earlier in range(1, batch + 1))

    def _lacks_officers(self, pair: Pair, batch: int) -> bool:
        """Whether officers are missing for a power in some batch from this one until its own."""
        asked, township = self.asked, pair[0]
        if not asked.takes_officers(pair):
            return False
        for when in self._spans(batch, self._batch(self.power, pair)):
            new = self.new_officers(township, when)
            penal = asked.needs_officers[asked.field[pair[1]]]
            too_few = penal and asked.officers[township, when] + new < asked.policy.officers_per_field
            held = [other for other in self.pairs_of[township] if self._batch(self.power, other) <= when]
            used = asked.officer_hours[pair] + sum(asked.officer_hours[other] for other in held)
            spare = asked.spare_hours(township, when) + asked.hours_each * new
            slack = 1e-9 * max(1.0, asked.busy[township])
            no_time = asked.officer_hours[pair] > 0 and used > spare + slack
            if asked.short(township, when) > new or too_few or no_time:
                return True
        return False

    def _lacks_cover(self, field: Pair, batch: int) -> bool:
        """Whether officers are missing to cover a new field in some batch from this one until its own."""
        asked, township = self.asked, field[0]
        if not asked.needs_officers[field[1]]:
            return False
        for when in self._spans(batch, self._batch(self.field, field)):
            new = self.new_officers(township, when)
            ready = [
                other for other in self.fields_of[township]
                if asked.needs_officers[other[1]] and self._batch(self.field, other) <= when
            ]  # fmt: skip
            spare = asked.spare_fields(township, when) + asked.policy.fields_per_officer * new
            if asked.short(township, when) > new or len(ready) + 1 > spare:
                return True
        return False

    def _places_left(self, batch: int) -> int:
        return self.asked.certificates - sum(self.trained[unit, batch] for unit in self.asked.to_train)

    def _train_in(self, batch: int) -> None:
        """Use the places of a batch that are left for certificates of later batches, or of none."""
        asked = self.asked
        for _ in range(self._places_left(batch)):
            there = {unit: self.new_officers(unit, batch) for unit in asked.to_train}
            waiting = [unit for unit in asked.to_train if there[unit] < asked.to_train[unit]]
            if not waiting:
                return
            least = {unit: max(asked.policy.officers_min, asked.enough[unit]) for unit in waiting}
            lack = {unit: least[unit] - asked.officers[unit, batch] - there[unit] for unit in waiting}
            chosen = max(waiting, key=lambda unit: max(0, lack[unit]))
            later = next((when for when in asked.batches if when > batch and self.trained[chosen, when]), None)
            if later is not None:
                self.trained[chosen, later] -= 1
            self.trained[chosen, batch] += 1
