"""Handing over in batches: what a finished plan asks of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError
from devolve_opt.instruments import Phases
from devolve_opt.language import tr
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.rules.duties import duties_laid, powers_needed
from devolve_opt.rules.interest import interest
from devolve_opt.rules.officers import officer_hours_each, officers_remaining, statutory_officer_hours
from devolve_opt.rules.readiness import ready_today
from devolve_opt.vocabulary import StationStatus

Pair = tuple[str, str]
_PAIR, _FIELD, _DUTY = ["township", "power"], ["township", "field"], ["township", "duty"]


@dataclass(frozen=True, eq=False)
class Handover:
    """What the batches of a finished plan have to hand over, and with what; all by plain ids.

    Attributes:
        settings, policy: what the batches keep to.
        worth: worth of each pair (township, power) to be handed over (staff-hours a year): rounds and cases, and its
            share of the duties that wait for it.
        officer_hours: the part of its work that only officers may do (officer-hours a year).
        field, requires, county: of each power its field and the power it requires ("" for none); of each township its
            county.
        needs_officers: whether readiness in a field takes officers.
        new_fields: fields (township, field) in which the plan makes townships ready.
        brought: of these, those that a station brings, which no batch's cap counts.
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
    brought: frozenset[Pair]
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
        message = tr("is missing; add the table [policy.phases] to the scenario.")
        raise InputError([Fault(message, column="policy.phases")])
    return policy.phases


def handover(case: Case, policy: Policy, plan: Decisions) -> Handover:
    """Return what the batches of a plan that keeps the rules have to hand over.

    The year's losses fall evenly on the batches: after batch y of N a township has lost the whole part of y/N of its
    loss. Officers who move do so before the first batch; heads and devolved stations are there from the start.
    What a township holds already (table `held`) and goes on holding is there from the start too, with its work.

    A duty that the plan has carried begins when the last of its powers is there. Its worth is shared evenly among those
    that are to be handed over, so that batches hurry them; its officer-hours are kept free from the start.

    Raises:
        InputError: if the policy has no `phases`.
    """
    settings = phase_settings(policy)
    townships, powers = case.tables["townships"], case.tables["powers"]
    possible = interest(case, policy)
    facts = plan.take_up[_PAIR].merge(possible, on=_PAIR, how="left")
    held = pd.MultiIndex.from_frame(facts[_PAIR]).isin(pd.MultiIndex.from_frame(case.held[_PAIR]))
    start, facts = facts[held], facts[~held]
    pairs = list(zip(facts["township"], facts["power"], strict=True))
    worth = policy.prices.choice_met * facts["rounds"] + policy.prices.case_near_home * facts["cases"]
    worth = worth + _worth_for_duties(case, policy, plan, facts)
    needs = _by_id(case.tables["fields"]["needs_officers"])
    today = list(ready_today(case, policy, possible).itertuples(index=False, name=None))
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
        needs_officers=needs, new_fields=new, brought=_fields_brought(case, plan),
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


def _fields_brought(case: Case, plan: Decisions) -> frozenset[Pair]:
    """Return the fields (township, field) that stations bring which the plan has townships manage or take over."""
    stations = case.tables["stations"].reindex(plan.stations["station"])
    return frozenset(stations.loc[stations["field"] != "", _FIELD].itertuples(index=False, name=None))


def _worth_for_duties(case: Case, policy: Policy, plan: Decisions, facts: pd.DataFrame) -> pd.Series:
    """Return the worth of duties that wait for each power of `facts` (staff-hours a year), shares added up."""
    if policy.duties is None:
        return pd.Series(0.0, index=facts.index)
    carried = plan.duties.merge(duties_laid(case, policy), on=_DUTY)
    waiting = carried.merge(powers_needed(case, policy), on=_DUTY).merge(facts[_PAIR], on=_PAIR)
    shares = policy.duties.worth * waiting["hours"] / waiting.groupby(_DUTY)["power"].transform("size")
    worth = shares.groupby([waiting["township"], waiting["power"]]).sum()
    return pd.Series(worth.reindex(pd.MultiIndex.from_frame(facts[_PAIR]), fill_value=0.0).to_numpy(), facts.index)


def _officers_for(fields: int, policy: Policy) -> int:
    """Return the officers that cover so many fields with penalties (persons); 0 if no further officer adds fields."""
    if not policy.fields_per_officer:
        return 0
    return ceil(policy.officers_min + (fields - policy.fields_at_minimum) / policy.fields_per_officer - 1e-9)


def _by_id(column: pd.Series) -> dict[str, Any]:
    return {str(name): value for name, value in column.items()}
