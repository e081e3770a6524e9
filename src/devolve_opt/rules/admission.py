"""What townships would need to carry one more duty and keep everything they have: plain arithmetic on a plan."""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.instruments import Duties
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.rules.duties import duties_laid, duty_bars, powers_needed
from devolve_opt.rules.interest import interest
from devolve_opt.rules.officers import officer_hours_each
from devolve_opt.rules.workload import hours_at_risk
from devolve_opt.vocabulary import BASE_LIST

PROPOSED = "proposed"
"""Id of the proposed duty; lengthened where a duty of the case has it."""


def with_proposed(case: Case, policy: Policy, duty: ProposedDuty, townships: list[str]) -> tuple[Case, Policy, str]:
    """Return the case with the proposed duty laid on some townships, a policy that knows duties, and the duty's id.

    Where the policy leaves the case's duties alone, the proposed one is the only one.
    """
    names = ("duties", "duty_powers", "duty_townships")
    frames = {name: case.tables[name] if policy.duties else case.tables[name].iloc[:0] for name in names}
    name = PROPOSED
    while name in frames["duties"].index:
        name += "_"
    facts = {"name": duty.name, "hours": duty.hours, "hours_per_1000": duty.hours_per_1000,
             "officer_hours": duty.officer_hours}  # fmt: skip
    added = {
        "duties": pd.DataFrame(facts, index=pd.Index([name], name="id")),
        "duty_powers": pd.DataFrame({"duty": name, "power": list(dict.fromkeys(duty.powers))}, dtype="str"),
        "duty_townships": pd.DataFrame({"duty": name, "township": townships}, dtype="str"),
    }
    changed = {key: pd.concat([frames[key], rows]) if len(frames[key]) else rows for key, rows in added.items()}
    for key in ("duty_powers", "duty_townships"):
        changed[key] = changed[key].reset_index(drop=True)
    return case.replace(**changed), policy.replace(duties=policy.duties or Duties()), name


def needs(plan: Plan, case: Case, policy: Policy, duty: str) -> pd.DataFrame:
    """Return what each township would need to carry the proposed duty beside everything the plan gives it.

    Args:
        plan: the plan, which keeps every rule.
        case: its case with the proposed duty, as `with_proposed` gives it.
        policy: its policy, which knows duties.
        duty: id of the proposed duty.

    Returns:
        Indexed by township, those that it would be laid on; `barred` (why law or its county rules it out; blank if
        nothing does); `hours`, `officer_hours` of the duty there (a year); `to_take`, `to_list`, `to_open` (ids of
        powers: not taken; of those, on no list of the township, not opened by its county), `to_ready` (ids of fields);
        `officers_short`, `persons_short` (persons), `hours_short` (staff-hours a year of work too much); `caps` (keys
        of caps that would have to be higher). Ids and keys are tuples.
    """
    laid = duties_laid(case, policy)
    laid = laid[laid["duty"] == duty]
    bars = duty_bars(case, policy)
    barred = bars[bars["duty"] == duty].drop_duplicates("township").set_index("township")["detail"].to_dict()
    needed = powers_needed(case, policy)
    wanted: dict[str, list[str]] = defaultdict(list)
    for township, power in needed.loc[needed["duty"] == duty, ["township", "power"]].itertuples(index=False, name=None):
        wanted[township].append(power)
    known = _Known(plan, case, policy)
    rows = [
        {"barred": barred.get(town, ""), "hours": hours, "officer_hours": of_officers}
        | known.short(town, () if town in barred else wanted[town], hours, of_officers)
        for town, hours, of_officers in laid[["township", "hours", "officer_hours"]].itertuples(index=False, name=None)
    ]
    return pd.DataFrame(rows, index=pd.Index(laid["township"], name="township"))


class _Known:
    """What of a plan decides on further work: lists, powers, fields, officers and hours of each township."""

    def __init__(self, plan: Plan, case: Case, policy: Policy):
        self.policy, self.case = policy, case
        self.each = officer_hours_each(case, policy)
        self.powers, self.fields = case.tables["powers"], case.tables["fields"]
        self.figures = plan.audit.townships.to_dict("index")
        self.listed = set(plan.decisions.guide_list.itertuples(index=False, name=None))
        taken = plan.decisions.take_up
        self.taken = set(taken[["township", "power"]].itertuples(index=False, name=None))
        county = taken["township"].map(case.tables["townships"]["county"])
        self.opened = set(zip(county, taken["power"], strict=True)) if policy.county_opening is not None else None
        fields = plan.audit.fields
        self.ready = set(fields[["township", "field"]].itertuples(index=False, name=None))
        self.made = fields.loc[fields["new"] & ~fields["brought"], "township"].value_counts().to_dict()
        stations = case.tables["stations"].loc[plan.decisions.stations["station"]]
        self.at_a_station = set(stations[["township", "field"]].itertuples(index=False, name=None))
        pairs = interest(case, policy).set_index(["township", "power"])[["hours", "officer_hours", "cases"]]
        self.work = pairs.to_dict("index")

    def short(self, town: str, needed: tuple[str, ...] | list[str], hours: float, of_officers: float) -> dict:
        """Return what a township lacks for powers that it would need and for hours of a duty."""
        facts, policy = self.figures[town], self.policy
        to_take = self._to_take(town, needed)
        lists = (BASE_LIST, str(facts["category"]))
        to_list = tuple(power for power in to_take if not any((power, name) in self.listed for name in lists))
        closed = self.opened is not None
        to_open = tuple(power for power in to_take if closed and (facts["county"], power) not in (self.opened or ()))
        fields = dict.fromkeys(str(self.powers.at[power, "field"]) for power in to_take)
        to_ready = tuple(field for field in fields if (town, field) not in self.ready)
        to_make = [field for field in to_ready if (town, field) not in self.at_a_station]

        work = facts["hours_needed"] + hours + sum(self.work[town, power]["hours"] for power in to_take)
        share = min(policy.load_stop, policy.duties.load_max if policy.duties else policy.load_stop)
        more = hours_at_risk(self._hours(town, to_take, "hours"), policy)
        there = facts["hours_there"]
        over = {share: work - share * there}
        over[policy.load_stop] = work + more - policy.load_stop * there
        over = {limit: hours if hours > 1e-6 * max(1.0, limit * there) else 0.0 for limit, hours in over.items()}
        hours_short = max(over.values())
        each = {limit: limit * self.case.available_hours for limit in over}
        officers_short, uncovered = self._officers(town, to_take, to_ready, of_officers)
        caps = {
            "new_powers_max": facts["powers_taken"] + len(to_take) > policy.new_powers_max and len(to_take) > 0,
            "new_fields_max": self.made.get(town, 0) + len(to_make) > policy.new_fields_max and len(to_make) > 0,
            "fields_at_minimum": uncovered,
            "retention.share_max": self._too_many_unused(town, to_take),
        }
        return {
            "to_take": to_take,
            "to_list": to_list,
            "to_open": to_open,
            "to_ready": to_ready,
            "officers_short": officers_short,
            "hours_short": hours_short,
            "persons_short": max(math.ceil(hours / each[limit] - 1e-9) for limit, hours in over.items())
            if hours_short
            else 0,
            "caps": tuple(name for name, reached in caps.items() if reached),
        }

    def _to_take(self, town: str, needed: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """Return the powers not taken yet, with all that they require."""
        found: dict[str, None] = {}
        waiting = list(needed)
        while waiting:
            power = waiting.pop(0)
            if power not in found and (town, power) not in self.taken:
                found[power] = None
                waiting += [required] if (required := str(self.powers.at[power, "requires"])) else []
        return tuple(found)

    def _officers(
        self, town: str, to_take: tuple[str, ...], to_ready: tuple[str, ...], of_officers: float
    ) -> tuple[int, bool]:
        """Return the officers that are missing, and whether no number of them would cover the fields."""
        facts, policy, takes_officers = self.figures[town], self.policy, self.fields["needs_officers"]
        officers = int(facts["officers"])
        work = facts["officer_hours_needed"] + of_officers
        work += sum(self.work[town, power]["officer_hours"] for power in to_take)
        work += hours_at_risk(self._hours(town, to_take, "officer_hours"), policy)
        wanted = math.ceil(work / self.each - 1e-6)
        if any(takes_officers[str(self.powers.at[power, "field"])] for power in to_take):
            wanted = max(wanted, policy.officers_per_field)
        new = sum(bool(takes_officers[field]) for field in to_ready)
        covered = new + sum(bool(takes_officers[field]) for place, field in self.ready if place == town)
        further, uncovered = covered - policy.fields_at_minimum, False
        if new and further > policy.fields_per_officer * (officers - policy.officers_min):
            uncovered = policy.fields_per_officer == 0
            if not uncovered:
                wanted = max(wanted, policy.officers_min + math.ceil(further / policy.fields_per_officer))
        return max(0, wanted - officers), uncovered

    def _hours(self, town: str, to_take: tuple[str, ...], kind: str) -> list[float]:
        """Return the hours of each power that a township holds, or would."""
        held = [power for place, power in self.taken if place == town] if self.policy.uncertain_hours else []
        return [self.work[town, power][kind] for power in (*held, *to_take)]

    def _too_many_unused(self, town: str, to_take: tuple[str, ...]) -> bool:
        """Return whether too large a share of its powers would be likely to be withdrawn."""
        if self.policy.retention is None or not to_take:
            return False
        held = [power for place, power in self.taken if place == town] + list(to_take)
        unused = sum(self.work[town, power]["cases"] < self.policy.use_min for power in held)
        return unused > self.policy.retention.share_max * len(held) + 1e-9
