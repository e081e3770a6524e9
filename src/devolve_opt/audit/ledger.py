"""The ledger: every figure that the rules compare, worked out anew from the raw tables, in fractions."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.audit.exact import down, exactly, nearest, ratio, up
from devolve_opt.audit.formulas import parts_by_formula, steps_by_formula
from devolve_opt.audit.law import eligible_powers
from devolve_opt.audit.sound import SoundDecisions
from devolve_opt.case import Case
from devolve_opt.plan import Breach, at
from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import apportion
from devolve_opt.vocabulary import BASE_LIST, ENFORCEMENT_TYPES, Category, Holder, StationStatus

SLACK: Any = Fraction(1, 10**6)
"""Tolerance of comparisons of hours and shares, relative to the limit: the solver's. Whole numbers have none."""


class Ledger:
    """The books of one plan, each opened when a rule first asks for it.

    Attributes:
        case, policy: what the plan is judged by, with exact numbers.
        plan: the usable part of its decisions.
        lists: names of the lists there may be: the base list and those of the policy's categories.
        eligible: ids of the powers that may be handed down.
        tolerated: limits of hours that are exceeded, but by no more than `SLACK`: noted as the rules are checked.
    """

    def __init__(self, case: Case, policy: Policy, plan: SoundDecisions):
        self.case, self.policy, self.plan = exactly(case), exactly(policy), exactly(plan)
        self.lists = (BASE_LIST, *map(str, policy.own_list_categories))
        self.eligible = eligible_powers(case, policy)
        self.tolerated: list[Breach] = []

    @cached_property
    def votes(self) -> pd.DataFrame:
        """Rounds chosen (0 to 3) by `township, power`."""
        rounds = self.case.votes[["round_1", "round_2", "round_3"]].sum(axis=1).astype("int64")
        return self.case.votes[_PAIR].assign(rounds=rounds)

    @cached_property
    def interest(self) -> pd.DataFrame:
        """Pairs `township, power` that may be taken: chosen, with cases, held, for duties, pinned; what they need."""
        chosen, arising = self.votes, self.case.cases
        known = [chosen.loc[chosen["rounds"] > 0, _PAIR], arising.loc[arising["cases"] > 0, _PAIR]]
        found = pd.concat([*known, self.case.held[_PAIR]] if self.policy.phases is not None else known)
        if self.policy.take_up_floor == "all":
            every = pd.MultiIndex.from_product([self.case.townships.index, self.case.powers.index], names=_PAIR)
            found = pd.concat([found, every.to_frame(index=False)])
        found = pd.concat([found, self.duty_needs[contains(self.open_duties, self.duty_needs, _DUTY)][_PAIR]])
        pinned = [(pin.township, pin.power) for pin in self.policy.pins if pin.township is not None and pin.holds]
        found = pd.concat([found, pd.DataFrame(pinned, columns=_PAIR, dtype="str")])
        found = found[found["township"].isin(self.case.voting_townships) & found["power"].isin(self.eligible)]
        found, requires, newest = found.drop_duplicates(), self.case.powers["requires"], found
        while not newest.empty:
            required = newest.assign(power=newest["power"].map(requires)).drop_duplicates()
            newest = required[(required["power"] != "") & ~contains(found, required, _PAIR)]
            found = pd.concat([found, newest])
            found = found.drop_duplicates()
        return self._without_refused(found).reset_index(drop=True)

    def _without_refused(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Leave out what the township's county keeps, and whatever requires that, however indirectly."""
        kept_by = {county: set(group["power"]) for county, group in self.case.refusals.groupby("county", observed=True)}
        requires, county = self.case.powers["requires"].to_dict(), self.case.townships["county"].to_dict()

        def refused(township: str, power: str) -> bool:
            kept = kept_by.get(county[township], set())
            while power:
                if power in kept:
                    return True
                power = requires.get(power, "")
            return False

        if not kept_by:
            return pairs
        closed = [refused(township, power) for township, power in zip(pairs["township"], pairs["power"], strict=True)]
        return pairs[~np.array(closed, dtype=bool)]

    @cached_property
    def laid(self) -> pd.DataFrame:
        """Where each duty is laid, if the policy knows duties: `township, duty, hours, officer_hours` (a year)."""
        duties = self.case.duties if self.policy.duties is not None else self.case.duties.iloc[:0]
        people, named = self.case.townships["population"].to_dict(), self.case.duty_townships
        rows = []
        for duty, facts in duties.iterrows():
            members = named.loc[named["duty"] == duty, "township"]
            for township in people if members.empty else members:
                hours = facts["hours"] + facts["hours_per_1000"] * Fraction(people[township], 1000)
                rows.append((township, duty, hours, facts["officer_hours"]))
        frame = pd.DataFrame(rows, columns=[*_DUTY, "hours", "officer_hours"])
        return frame.astype({"township": "str", "duty": "str", "hours": object, "officer_hours": object})

    @cached_property
    def duty_needs(self) -> pd.DataFrame:
        """Powers that laid duties take and the township does not hold by law: `township, duty, power`."""
        powers, category = self.case.powers, self.case.townships["category"]
        needs = self.laid[_DUTY].merge(self.case.duty_powers, on="duty")
        own = needs["power"].isin(powers.index[powers["holder"] == Holder.TOWNSHIP])
        town = needs["township"].isin(category.index[category != Category.SUBDISTRICT])
        return needs[~(own & town)].reset_index(drop=True)

    @cached_property
    def open_duties(self) -> pd.DataFrame:
        """Laid duties that neither law nor policy nor the county keeps from the township; columns as in `laid`."""
        needs = self.duty_needs
        may = needs["power"].isin(self.eligible) & needs["township"].isin(self.case.voting_townships)
        may &= contains(self._without_refused(needs), needs, _PAIR)
        return self.laid[~contains(needs[~may], self.laid, _DUTY)]

    @cached_property
    def carried(self) -> pd.DataFrame:
        """Duties that the plan has carried: `township, duty, hours, officer_hours`; 0 where one is not laid."""
        return self.plan.duties.merge(self.laid, how="left", on=_DUTY).fillna({"hours": 0, "officer_hours": 0})

    @cached_property
    def taken_back(self) -> pd.DataFrame:
        """Powers held from earlier batches that may be held on but are not taken: `township, power`."""
        if self.policy.phases is None:
            return self.case.held[_PAIR].iloc[:0]
        held = self.case.held[_PAIR]
        return held[contains(self.interest, held, _PAIR) & ~contains(self.taken, held, _PAIR)]

    @cached_property
    def opened(self) -> pd.DataFrame:
        """Powers that counties have to open: `county, power`, each once."""
        county = self.taken["township"].map(self.case.townships["county"])
        return self.taken[["power"]].assign(county=county).drop_duplicates()

    @cached_property
    def taken(self) -> pd.DataFrame:
        """What is taken, a row for each `township, power`, and what comes with it.

        Columns: `category` of the township; `rounds` chosen; `cases` a year; `field`, `requires`, `support_hours` of
        the power; `hours` (upkeep and cases, staff-hours a year); `officer_hours` (cases, if enforcement).
        """
        powers = self.case.powers
        taken = self.plan.take_up.merge(self.votes, how="left", on=_PAIR).merge(self.case.cases, how="left", on=_PAIR)
        taken = taken.fillna({"rounds": 0, "cases": 0}).astype({"rounds": "int64", "cases": object})
        taken["category"] = taken["township"].map(self.case.townships["category"])
        simple = powers["simple_share"]
        each = simple * powers["simple_hours"] + (1 - simple) * powers["ordinary_hours"]
        facts = powers.assign(case_hours=each).loc[taken["power"]].reset_index(drop=True)
        taken = taken.join(facts[["field", "requires", "support_hours"]])
        case_hours = taken["cases"] * facts["case_hours"]
        officer_hours = case_hours.where(facts["type"].isin(ENFORCEMENT_TYPES), 0)
        return taken.assign(hours=facts["upkeep_hours"] + case_hours, officer_hours=officer_hours)

    @cached_property
    def listed(self) -> pd.DataFrame:
        """The guide list without repeated rows: `power, list`."""
        return self.plan.guide_list.drop_duplicates(ignore_index=True)

    @cached_property
    def ready_today(self) -> pd.DataFrame:
        """Fields ready before the plan: `township, field`; with batches, those of what is held and may be held on."""
        ready = [self.case.readiness[_FIELD]]
        if self.policy.phases is not None:
            held = self.case.held[_PAIR]
            held = held[contains(self.interest, held, _PAIR)]
            ready.append(held.assign(field=held["power"].map(self.case.powers["field"]))[_FIELD])
        return pd.concat(ready).astype("str").drop_duplicates(ignore_index=True)

    @cached_property
    def fields(self) -> pd.DataFrame:
        """Fields that are ready: `township, field`, in the order of the case; `new` if only by the plan.

        `brought`: of the new ones, those of a station there that the township manages, which cost nothing.
        """
        today = self.ready_today.assign(new=False)
        planned = self.plan.ready.drop_duplicates()
        ready = pd.concat([today, planned[~contains(today, planned, _FIELD)].assign(new=True)], ignore_index=True)
        rank = {"township": self.case.townships.index, "field": self.case.fields.index}
        managed = self.stations[self.stations["status"] != ""]
        ready["brought"] = ready["new"].to_numpy(bool) & contains(managed, ready, _FIELD)
        position = [index.get_indexer(pd.Index(ready[name])) for name, index in rank.items()]
        return ready.astype({"new": bool}).iloc[np.lexsort(position[::-1])].reset_index(drop=True)

    @cached_property
    def stations(self) -> pd.DataFrame:
        """The stations of the case, and what the plan does with them.

        Further columns: `status` (blank, `managed` or `devolved`); `persons` whose hours the township has, in full-time
        ones; `work` and `officer_work` that come to it, of these `officers` (staff-hours, officer-hours, persons);
        `hours_lost` to the county, net of the work that goes, but never less than none (staff-hours a year).
        """
        stations, settings = self.case.stations, self.policy.stations
        status = self.plan.stations.set_index("station")["status"].reindex(stations.index).fillna("")
        managed, devolved = status == StationStatus.MANAGED, status == StationStatus.DEVOLVED
        shares = settings.hour_shares.model_dump() if settings is not None else {}
        share = sum(hours for measure, hours in shares.items() if settings and measure in settings.measures)
        staff, own = stations["staff"], stations["own_hours"]
        persons = staff.where(devolved, 0) + share * staff.where(managed, 0)
        work, officers = own.where(devolved, 0), stations["certified"].where(devolved, 0)
        lost = (self.case.available_hours * persons - work).clip(lower=0)
        officer_work = self.policy.officer_hours_share * work * officers / staff
        return stations.assign(
            status=status.astype("str"), persons=persons, work=work, officers=officers, officer_work=officer_work,
            hours_lost=lost,
        )  # fmt: skip

    def of_stations(self, column: str) -> pd.Series:
        """Return the sum of a column of `stations` for every township."""
        sums = self.stations.groupby("township")[column].sum()
        return sums.reindex(self.case.townships.index, fill_value=0)

    @cached_property
    def counties(self) -> pd.DataFrame:
        """Counties that have townships: `units`; `posts` today; `filling` (staff in post a post); pools; officers lost.

        The pools are `base_pool`, `floating_pool`, `revolving_pool`, `mobile_pool` (posts; the last is the reserve that
        no township holds). What rounding would give out twice is taken from the revolving or the mobile pool.
        """
        townships = self.case.townships.groupby("county", sort=False)
        counties = townships[["posts", "staff_in_post"]].sum().assign(units=townships.size())
        counties["filling"] = ratio(counties["staff_in_post"], counties["posts"])
        steps = steps_by_formula(self.policy)
        counties["base_pool"] = nearest(steps["base"] * counties["posts"])
        left = counties["posts"] - counties["base_pool"]
        # No formula has both revolving posts and a mobile reserve.
        for step in ("revolving", "mobile"):
            counties[f"{step}_pool"] = nearest(steps[step] * counties["posts"]).clip(upper=left)
        counties["floating_pool"] = left - counties["revolving_pool"] - counties["mobile_pool"]
        counties["officers_lost"] = up(self.policy.attrition_share * townships["certified_officers"].sum())
        return counties

    @cached_property
    def formula(self) -> pd.DataFrame:
        """What the post formula gives each township (posts): `base_posts`, `fair_share`, band `lower` and `upper`."""
        townships, pools = self.case.townships, self.counties
        weight = parts_by_formula(self.case, self.policy)
        tilt = townships["category"].map(self.policy.base_posts_tilt.of)
        rounding = self.policy.posts_rounding
        base = self._spread("base_pool", tilt, rounding)
        fair = base + townships["county"].map(pools["floating_pool"]) * weight
        whole = base + self._spread("floating_pool", weight, rounding)
        lower = np.minimum(up((1 - self.policy.posts_band) * fair), whole)
        upper = np.maximum(down((1 + self.policy.posts_band) * fair), whole)
        return pd.DataFrame({"base_posts": base, "fair_share": fair, "lower": lower, "upper": upper})

    @cached_property
    def staff(self) -> pd.DataFrame:
        """Of each township: staff and posts under the plan.

        Columns: `posts` planned; `gained` (may be negative); `still_lent` (persons lent within the cap, before further
        returns); `lent_returned` (in all); `staff`; `hours_there`.
        """
        townships = self.case.townships
        posts = self.plan.posts.sum(axis=1)
        gained = posts - townships["posts"]
        lent = np.minimum(townships["lent"], down(self.policy.lent_share_max * townships["posts"]))
        filled = townships["staff_in_post"] + townships["county"].map(self.counties["filling"]) * gained
        staff = filled - lent + self.plan.returned["returned"] + townships["stationed_staff"]
        staff = staff + self.of_stations("persons")
        return pd.DataFrame(
            {
                "posts": posts,
                "gained": gained,
                "still_lent": lent,
                "lent_returned": townships["lent"] - lent + self.plan.returned["returned"],
                "staff": staff,
                "hours_there": self.case.available_hours * staff,
            }
        )

    @cached_property
    def joint_hours(self) -> pd.DataFrame:
        """Officer-hours a year on joint cases: `today`, and `own` once the county's teams take over their part."""
        today, teams = self.case.townships["joint_cases"] * self.policy.joint_case_hours, self.policy.area_teams
        taken_over = 0 if teams is None else teams.taken_over_share * teams.calls_answered_share
        return pd.DataFrame({"today": today, "own": (1 - taken_over) * today})

    @cached_property
    def hours_needed(self) -> pd.Series:
        """Staff-hours a year that each township needs."""
        own = self.case.townships["statutory_hours"] + self.joint_hours["own"]
        return own + self.of_taken("hours") + self.of_stations("work") + self.of_carried("hours")

    @cached_property
    def at_risk(self) -> pd.DataFrame:
        """Of each township, by how much the powers taken may take more `hours` and `officer_hours` a year at most."""
        settings, townships = self.policy.uncertain_hours, self.case.townships.index
        found = {}
        for column in ("hours", "officer_hours"):
            if settings is None:
                found[column] = pd.Series(0, townships)
                continue
            falling = self.taken.sort_values(column, ascending=False).groupby("township")
            worst = falling.head(settings.budget).groupby("township")[column].sum()
            found[column] = settings.deviation * worst.reindex(townships, fill_value=0)
        return pd.DataFrame(found)

    @cached_property
    def doing_nothing(self) -> tuple[pd.Series, pd.Series]:
        """Staff-hours a year that each township needs, and has, today: lent staff away, no power, no duty, no team."""
        townships = self.case.townships
        staff = townships["staff_in_post"] - townships["lent"] + townships["stationed_staff"]
        return townships["statutory_hours"] + self.joint_hours["today"], self.case.available_hours * staff

    @cached_property
    def heading_hours(self) -> pd.Series:
        """Officer-hours a year that an officer of each township spends on heading the office; none where it is led."""
        heads, townships = self.policy.office_heads, self.case.townships.index
        each = 0 if heads is None else heads.hours
        return pd.Series(each, index=townships).where(~townships.isin(self.plan.led["township"]), 0)

    @cached_property
    def officers(self) -> pd.DataFrame:
        """Of each township: `remaining` after attrition, `officers`, `hours_needed`, `hours_there` (officer-hours)."""
        townships, moves = self.case.townships, self.plan.officers
        certified = townships["certified_officers"]
        remaining = certified - np.minimum(self._spread("officers_lost", certified), certified)
        officers = remaining + moves["trained"] + moves["moved_in"] - moves["moved_out"]
        officers = officers + self.of_stations("officers")
        own = townships["statutory_officer_hours"] + self.joint_hours["own"] + self.heading_hours
        handed_down = self.of_taken("officer_hours") + self.of_carried("officer_hours")
        return pd.DataFrame(
            {
                "remaining": remaining,
                "officers": officers,
                "hours_needed": own + handed_down + self.of_stations("officer_work"),
                "hours_there": self.policy.officer_hours_share * self.case.available_hours * officers,
            }
        )

    @cached_property
    def choices(self) -> pd.DataFrame:
        """Rounds of each township: `asked` (eligible powers it chose that its county does not keep), `met` (taken)."""
        votes = self.votes[contains(self.interest, self.votes, _PAIR)]
        asked = votes.groupby("township")["rounds"].sum().reindex(self.case.townships.index, fill_value=0)
        return pd.DataFrame({"asked": asked, "met": self.of_taken("rounds")})

    def of_taken(self, column: str) -> pd.Series:
        """Return the sum of a column of `taken` for every township."""
        return self.taken.groupby("township")[column].sum().reindex(self.case.townships.index, fill_value=0)

    def of_carried(self, column: str) -> pd.Series:
        """Return the sum of a column of `carried` for every township."""
        return self.carried.groupby("township")[column].sum().reindex(self.case.townships.index, fill_value=0)

    def hours_above(
        self, rule: str, values: pd.Series, limits: pd.Series, unit: str = "staff-hours a year"
    ) -> list[Breach]:
        """Return a breach for each township whose hours exceed its limit by more than `SLACK`; note the others.

        Args:
            rule: name of the rule.
            values: hours by township.
            limits: limits by township.
            unit: unit of both.
        """
        slack = SLACK * limits.abs().clip(lower=1)
        self.tolerated += above(rule, "township", unit, values[values <= limits + slack], limits)
        return above(rule, "township", unit, values[values > limits + slack], limits)

    def _spread(self, pool: str, weight: pd.Series, rounding: str = "largest_remainder") -> pd.Series:
        spread = pd.Series(0, index=weight.index, dtype="int64")
        total = {str(county): int(posts) for county, posts in self.counties[pool].items()}
        for county, members in weight.groupby(self.case.townships["county"], sort=False):
            spread[members.index] = apportion(total[str(county)], members.to_numpy(float), rounding)
        return spread


_PAIR = ["township", "power"]
_DUTY = ["township", "duty"]
_FIELD = ["township", "field"]


def contains(frame: pd.DataFrame, rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Return for each of `rows` whether `frame` has a row with the same values in the columns."""
    known = set(zip(*(frame[column].to_list() for column in columns), strict=True))
    wanted = zip(*(rows[column].to_list() for column in columns), strict=True)
    return np.fromiter((row in known for row in wanted), dtype=bool, count=len(rows))


def above(rule: str, kind: str, unit: str, values: pd.Series, limits: pd.Series | Fraction | float) -> list[Breach]:
    """Return a breach for each index entry whose value exceeds its limit, by the excess.

    Args:
        rule: name of the rule.
        kind: word that goes before the index entry in the place, such as `township`.
        unit: unit of the values.
        values: values by place.
        limits: one limit for all, or limits by place.
    """
    limit = limits.loc[values.index] if isinstance(limits, pd.Series) else pd.Series(limits, index=values.index)
    excess = (values - limit)[values > limit]
    return [Breach(rule, at(**{kind: place}), float(amount), unit) for place, amount in excess.items()]
