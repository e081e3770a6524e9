"""Handing over in batches: what a finished plan asks of them, and what stands in a power's way in a batch."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError
from devolve_opt.instruments import Phases
from devolve_opt.phase_plan import PhaseDecisions
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.rules.duties import duties_laid
from devolve_opt.rules.interest import interest
from devolve_opt.rules.officers import officer_hours_each, officers_remaining, statutory_officer_hours
from devolve_opt.vocabulary import StationStatus

LIMITS = ("prerequisite", "fields cap", "officers", "exam places", "powers cap", "county hours")
"""What can keep a power from a batch, in the words of the tables."""

Pair = tuple[str, str]
_PAIR, _FIELD = ["township", "power"], ["township", "field"]


@dataclass(frozen=True, eq=False)
class Handover:
    """What the batches of a finished plan have to hand over, and with what; all by plain ids.

    Attributes:
        settings, policy: what the batches keep to.
        worth: worth of each pair (township, power) to be handed over (staff-hours a year): rounds and cases.
        officer_hours: the part of its work that only officers may do (officer-hours a year).
        field, requires, county: of each power its field and the power it requires ("" for none); of each township its
            county.
        needs_officers: whether readiness in a field takes officers.
        new_fields: fields (township, field) in which the plan makes townships ready.
        to_train: certificates that the plan gives each township (persons); townships without any are not in it.
        certificates: new certificates that one batch's places give the city (persons).
        handovers: powers that each county has the hours to hand over in a batch.
        officers: officers of a township in a batch, (township, batch), without new certificates (persons).
        busy: officer-hours a year that each township works without the powers to be handed over.
        hours_each: officer-hours a year of one officer.
        fields_today: fields with penalties in which a township is ready from the start, where there are any (fields).
        enough: officers that each township needs for what it has from the start (persons).
    """

    settings: Phases
    policy: Policy
    worth: dict[Pair, float]
    officer_hours: dict[Pair, float]
    field: dict[str, str]
    requires: dict[str, str]
    county: dict[str, str]
    needs_officers: dict[str, bool]
    new_fields: list[Pair]
    to_train: dict[str, int]
    certificates: int
    handovers: dict[str, int]
    officers: dict[tuple[str, int], int]
    busy: dict[str, float]
    hours_each: float
    fields_today: dict[str, int]
    enough: dict[str, int]

    @property
    def batches(self) -> range:
        """The batches, from 1."""
        return range(1, self.settings.batches + 1)

    def takes_officers(self, pair: Pair) -> bool:
        """Tell whether a power needs officers in its township: for its field or for its cases."""
        return self.needs_officers[self.field[pair[1]]] or self.officer_hours[pair] > 0

    def spare_fields(self, township: str, batch: int) -> int:
        """Return the new fields with penalties that the officers of a batch cover, without new certificates.

        Negative where they do not even cover the fields of the start.
        """
        policy, officers = self.policy, self.officers[township, batch]
        further = policy.fields_per_officer * (officers - policy.officers_min)
        return policy.fields_at_minimum + further - self.fields_today.get(township, 0)

    def spare_hours(self, township: str, batch: int) -> float:
        """Return the hours that the officers of a batch have left (officer-hours a year), without new certificates."""
        return self.hours_each * self.officers[township, batch] - self.busy[township]

    def short(self, township: str, batch: int) -> int:
        """Return the officers missing in a batch, without new certificates, for what the township has (persons)."""
        return max(0, self.enough[township] - self.officers[township, batch])


def phase_settings(policy: Policy) -> Phases:
    """Return the settings of the batches.

    Raises:
        InputError: if the policy has none.
    """
    if policy.phases is None:
        message = "is missing; add the table [policy.phases] to the scenario."
        raise InputError([Fault(message, column="policy.phases")])
    return policy.phases


def handover(case: Case, policy: Policy, plan: Decisions) -> Handover:
    """Return what the batches of a plan that keeps the rules have to hand over.

    The year's losses fall evenly on the batches: after batch y of N a township has lost the whole part of y/N of its
    loss. Officers who move do so before the first batch; heads, devolved stations and duties are there from the start.
    What a township holds already (table `held`) and goes on holding is there from the start too, with its work, and a
    field in which it holds something counts as ready.

    Raises:
        InputError: if the policy has no `phases`.
    """
    settings = phase_settings(policy)
    townships, powers = case.tables["townships"], case.tables["powers"]
    facts = plan.take_up[_PAIR].merge(interest(case, policy), on=_PAIR, how="left")
    held = pd.MultiIndex.from_frame(facts[_PAIR]).isin(pd.MultiIndex.from_frame(case.held[_PAIR]))
    start, facts = facts[held], facts[~held]
    pairs = list(zip(facts["township"], facts["power"], strict=True))
    worth = policy.prices.choice_met * facts["rounds"] + policy.prices.case_near_home * facts["cases"]
    needs = _by_id(case.tables["fields"]["needs_officers"])
    there = pd.concat([case.readiness[_FIELD], start[_FIELD]]).drop_duplicates()
    today = list(there.itertuples(index=False, name=None))
    known = set(today)
    new = [field for field in plan.ready[_FIELD].itertuples(index=False, name=None) if field not in known]
    fields_today = Counter(township for township, field in today if needs[field])
    hours = start.groupby("township")["officer_hours"].sum()
    busy = _by_id(_officer_hours_from_the_start(case, policy, plan).add(hours, fill_value=0.0))
    each = officer_hours_each(case, policy)
    penal = {township for township, field in [*today, *new] if needs[field]}
    members = townships.loc[case.voting_townships, "county"].value_counts()
    per_township = settings.handover_hours_max / settings.handover_hours if settings.handover_hours else inf
    return Handover(
        settings=settings, policy=policy,
        worth=dict(zip(pairs, worth.tolist(), strict=True)),
        officer_hours=dict(zip(pairs, facts["officer_hours"].tolist(), strict=True)),
        field=_by_id(powers["field"]), requires=_by_id(powers["requires"]), county=_by_id(townships["county"]),
        needs_officers=needs, new_fields=new,
        to_train={str(unit): int(number) for unit, number in plan.officers["trained"].items() if number},
        certificates=floor(policy.exam_pass_share * settings.exam_places_per_batch_max + 1e-9),
        handovers={
            str(county): floor(min(len(pairs), per_township * number) + 1e-9) for county, number in members.items()
        },
        officers=_officers(case, policy, plan, settings.batches), busy=busy, hours_each=each,
        fields_today=dict(fields_today),
        enough={
            unit: max(ceil(hours / each - 1e-9), _officers_for(fields_today[unit], policy) if unit in penal else 0)
            for unit, hours in busy.items()
        },
    )  # fmt: skip


def _officers(case: Case, policy: Policy, plan: Decisions, batches: int) -> dict[tuple[str, int], int]:
    """Return the officers of each township in each batch, without new certificates (persons)."""
    certified = case.tables["townships"]["certified_officers"]
    lost = _by_id(certified - officers_remaining(case, policy))
    stations = _devolved(case, plan).groupby("township")["certified"].sum()
    there = certified + stations.reindex(certified.index, fill_value=0)
    today = _by_id(there + plan.officers["moved_in"] - plan.officers["moved_out"])
    return {
        (unit, batch): int(today[unit]) - int(number) * batch // batches
        for unit, number in lost.items()
        for batch in range(1, batches + 1)
    }


def _officer_hours_from_the_start(case: Case, policy: Policy, plan: Decisions) -> pd.Series:
    """Return the officer-hours a year of each township before any power is handed over.

    Statutory work, joint cases, heading the office unless a leader does, the duties the plan lets it carry, and what
    officers of devolved stations keep of their own work.
    """
    hours = statutory_officer_hours(case, policy)
    if policy.office_heads is not None:
        hours = hours - policy.office_heads.hours * hours.index.isin(plan.led["township"])
    carried = plan.duties.merge(duties_laid(case, policy), on=["township", "duty"], how="left")
    stations = _devolved(case, plan)
    kept = policy.officer_hours_share * stations["own_hours"] * stations["certified"] / stations["staff"]
    parts = (carried.groupby("township")["officer_hours"].sum(), kept.groupby(stations["township"]).sum())
    return sum((part.reindex(hours.index, fill_value=0.0) for part in parts), start=hours)


def _devolved(case: Case, plan: Decisions) -> pd.DataFrame:
    """Return the rows of the table `stations` that the plan devolves."""
    names = plan.stations.loc[plan.stations["status"] == StationStatus.DEVOLVED, "station"]
    return case.tables["stations"].reindex(names)


def _officers_for(fields: int, policy: Policy) -> int:
    """Return the officers that cover so many fields with penalties (persons); 0 if no further officer adds fields."""
    if not policy.fields_per_officer:
        return 0
    return ceil(policy.officers_min + (fields - policy.fields_at_minimum) / policy.fields_per_officer - 1e-9)


def _by_id(column: pd.Series) -> dict[str, Any]:
    return {str(name): value for name, value in column.items()}


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
            new = sum(self._batch(self.field, other) == batch for other in self.fields_of[township])
            if new >= asked.settings.new_fields_per_batch_max:
                found.append("fields cap")
            lacking = lacking or self._lacks_cover(field, batch)
        if lacking:
            found.append("officers")
            pending = asked.to_train.get(township, 0) > self.new_officers(township, batch)
            if pending and all(self._places_left(earlier) <= 0 for earlier in range(1, batch + 1)):
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
        for _ in range(max(0, self._places_left(batch))):
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
