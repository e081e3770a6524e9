"""The tables of a plan, tidy and with names beside ids, ready for a workbook or for pandas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.rules.interest import interest
from devolve_opt.rules.lists import selection_shares
from devolve_opt.rules.posts import post_pools
from devolve_opt.rules.wisn import required_by_hours, required_today, wisn_figures
from devolve_opt.rules.workload import load_today
from devolve_opt.views.caps import caps
from devolve_opt.views.declined import PAIR, declined, openings, power_status, withdrawn
from devolve_opt.views.duties import duties
from devolve_opt.views.responsibilities import responsibilities
from devolve_opt.views.stations import stations
from devolve_opt.views.terms import ratio_plan, terms
from devolve_opt.vocabulary import BASE_LIST


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return every table of a plan by name; each is explained at the function of its name.

    Columns that end in `_ratio_rule` say what the ratio rule's plan has in the same place. For a plan that is itself
    the ratio rule's they repeat its own figures. The last column of every table, `synthetic`, says whether the data are
    invented, so that no row that is copied elsewhere loses that. `withdrawn` is there only where townships hold powers
    from earlier batches.
    """
    tables: tuple[Callable[[Plan], pd.DataFrame], ...] = (
        guide_list, list_changes, power_status, take_up, declined, openings, choices, posts, officers, readiness,
        workload, wisn, county_posts, stations, responsibilities, terms, caps, exclusions,
    )  # fmt: skip
    # Instruments that are off have no table.
    policy = plan.scenario.policy
    if policy.duties is not None:
        tables += (duties,)
    if policy.phases is not None and len(plan.scenario.data.held):
        tables += (withdrawn,)
    return {table.__name__: table(plan).assign(synthetic=plan.scenario.case.synthetic) for table in tables}


def lists_by_power(listed: pd.DataFrame) -> pd.Series:
    """Return the lists that hold each listed power, as text: `base`, `central, key`.

    Args:
        listed: columns `power, list`.
    """
    return listed.groupby("power", sort=False)["list"].agg(", ".join).astype("str")


def guide_list(plan: Plan) -> pd.DataFrame:
    """Return the guide list: a row for each power on each list, in the plan's order.

    Returns:
        - `power`, `name`, `type`, `field`, `field_name`: the power (ids and words of the case).
        - `list`: `base`, or the category whose list holds it.
        - `support_share`: townships of the list's electorate that chose it in the last round (share; of all choosing
          townships for the base list).
        - `townships_taking`: townships that take it from this list (townships).
        - `lists_ratio_rule`: lists that hold it under the ratio rule, separated by commas; blank if none does.
    """
    case = plan.scenario.data
    listed = plan.decisions.guide_list
    shares = pd.Series(selection_shares(case).rename_axis(index="power", columns="list").stack(), name="support_share")
    taking = take_up(plan).groupby(["power", "list"]).size().rename("townships_taking")
    table = listed.join(shares, on=["power", "list"]).join(taking, on=["power", "list"])
    described = _described_powers(case, table["power"])
    return pd.DataFrame(
        {
            **described,
            "list": table["list"].astype("str").reset_index(drop=True),
            "support_share": table["support_share"].fillna(0.0).to_numpy(float),
            "townships_taking": table["townships_taking"].fillna(0).to_numpy("int64"),
            "lists_ratio_rule": _lists_of(ratio_plan(plan), table["power"]).reset_index(drop=True),
        }
    )


def list_changes(plan: Plan) -> pd.DataFrame:
    """Return every power that the plan or the ratio rule lists, and how its place differs.

    Returns:
        - `power`, `name`, `type`, `field`, `field_name`: the power.
        - `change`: `kept` (same lists), `moved` (other lists), `came` (listed by this plan only), `left` (by the ratio
          rule only).
        - `lists`, `lists_ratio_rule`: lists that hold it, separated by commas; blank if none does.
        - `rounds_asked`: rounds in which townships chose it (rounds, whole city).
        - `townships_taking`, `townships_taking_ratio_rule`: townships that take it (townships).
        - `hours_each`: staff-hours a year that it needs in a township that chose it or has cases, on average.
    """
    case, rule = plan.scenario.data, ratio_plan(plan)
    listed = set(plan.decisions.guide_list["power"]) | set(rule.decisions.guide_list["power"])
    powers = pd.Series([power for power in case.tables["powers"].index if power in listed], dtype="str")
    now, before = _lists_of(plan, powers), _lists_of(rule, powers)
    change = np.select([_same_lists(now, before), before == "", now == ""], ["kept", "came", "left"], default="moved")
    pairs = interest(case, plan.scenario.policy).groupby("power")
    asked, hours = pairs["rounds"].sum(), pairs["hours"].mean()
    return pd.DataFrame(
        {
            **_described_powers(case, powers),
            "change": pd.Series(change, dtype="str"),
            "lists": now,
            "lists_ratio_rule": before,
            "rounds_asked": powers.map(asked).fillna(0).astype("int64"),
            "townships_taking": _times_taken(plan, powers),
            "townships_taking_ratio_rule": _times_taken(rule, powers),
            "hours_each": powers.map(hours).fillna(0.0).astype(float),
        }
    )


def take_up(plan: Plan) -> pd.DataFrame:
    """Return who takes what: a row for each township and power, in the plan's order.

    Returns:
        - `township`, `township_name`, `county`, `category`: the township.
        - `power`, `power_name`, `field`, `field_name`: the power.
        - `list`: the list it is taken from.
        - `rounds`: rounds in which the township chose it (0 to 3).
        - `cases`: its cases in the township (cases a year).
        - `hours`: holding and using it (staff-hours a year); `officer_hours`: the part only officers may do.
        - `likely_withdrawn`: whether its cases stay below `use_min`, so that a review may take it back.
        - `also_under_ratio_rule`: whether the township takes it under the ratio rule too.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    taken = plan.decisions.take_up[PAIR]
    figures = interest(case, policy)[[*PAIR, "rounds", "cases", "hours", "officer_hours"]]
    table = taken.merge(figures, on=PAIR, how="left").reset_index(drop=True)
    towns, powers = case.tables["townships"], case.tables["powers"]
    listed = plan.decisions.guide_list
    on_base = table["power"].isin(listed.loc[listed["list"] == BASE_LIST, "power"])
    category = table["township"].map(towns["category"]).astype("str")
    both = pd.MultiIndex.from_frame(ratio_plan(plan).decisions.take_up[PAIR])
    return pd.DataFrame(
        {
            "township": table["township"],
            "township_name": table["township"].map(towns["name"]).astype("str"),
            "county": table["township"].map(towns["county"]).astype("str"),
            "category": category,
            "power": table["power"],
            "power_name": table["power"].map(powers["name"]).astype("str"),
            "field": table["power"].map(powers["field"]).astype("str"),
            "field_name": table["power"].map(powers["field"]).map(case.tables["fields"]["name"]).astype("str"),
            "list": category.mask(on_base, BASE_LIST),
            "rounds": table["rounds"].fillna(0).astype("int64"),
            "cases": table["cases"].fillna(0.0),
            "hours": table["hours"].fillna(0.0),
            "officer_hours": table["officer_hours"].fillna(0.0),
            "likely_withdrawn": table["cases"].fillna(0.0) < policy.use_min,
            "also_under_ratio_rule": pd.MultiIndex.from_frame(table[PAIR]).isin(both),
        }
    )


def choices(plan: Plan) -> pd.DataFrame:
    """Return how far each township's choices are met; subdistricts choose nothing and are not in it.

    Returns:
        - `township`, `name`, `county`, `category`: the township.
        - `rounds_asked`: rounds in which it chose a power that may be handed down (rounds).
        - `rounds_met`, `rounds_met_ratio_rule`: rounds in which it chose a power it takes (rounds).
        - `met_share`, `met_share_ratio_rule`: met of asked (share; blank where nothing was asked).
        - `rounds_gained`: rounds met more than under the ratio rule (rounds; negative if fewer).
        - `powers_taken`, `powers_taken_ratio_rule`: powers it takes (powers).
    """
    case = plan.scenario.data
    now = plan.audit.townships.loc[case.voting_townships]
    rule = ratio_plan(plan).audit.townships.loc[case.voting_townships]
    asked = now["rounds_asked"].where(now["rounds_asked"] > 0)
    return _by_township(
        case, now.index,
        rounds_asked=now["rounds_asked"], rounds_met=now["rounds_met"], rounds_met_ratio_rule=rule["rounds_met"],
        met_share=now["rounds_met"] / asked, met_share_ratio_rule=rule["rounds_met"] / asked,
        rounds_gained=now["rounds_met"] - rule["rounds_met"],
        powers_taken=now["powers_taken"], powers_taken_ratio_rule=rule["powers_taken"],
    )  # fmt: skip


def posts(plan: Plan) -> pd.DataFrame:
    """Return the posts of every township and subdistrict.

    Returns:
        - `township`, `name`, `county`, `category`: the township.
        - `posts_before`, `posts`, `change`: posts today, under the plan, and the difference (posts).
        - `base_posts`, `floating_posts`, `revolving_posts`: the three steps that make up `posts` (posts).
        - `fair_share`: base and floating posts by formula, before rounding (posts).
        - `posts_ratio_rule`: posts under the ratio rule (posts).
    """
    now, rule = plan.audit.townships, ratio_plan(plan).audit.townships
    return _by_township(
        plan.scenario.data, now.index,
        posts_before=now["posts_before"], posts=now["posts"], change=now["posts"] - now["posts_before"],
        base_posts=now["base_posts"], floating_posts=now["floating_posts"], revolving_posts=now["revolving_posts"],
        fair_share=now["fair_share"], posts_ratio_rule=rule["posts"],
    )  # fmt: skip


def officers(plan: Plan) -> pd.DataFrame:
    """Return the officers of every enforcement office.

    Returns:
        - `township`, `name`, `county`, `category`: the township.
        - `officers_before`, `officers_remaining`: certified today, and left after a year's attrition (persons).
        - `trained`, `moved_in`, `moved_out`: what the plan does (persons).
        - `from_stations`: certified staff of devolved stations (persons).
        - `officers`: remaining + trained + moved in - moved out + from stations (persons).
        - `officers_min`: the least the policy allows (persons).
        - `officer_hours_needed`, `officer_hours_there`: enforcement work, and the officers' time for it (officer-hours
          a year).
        - `head`: who heads the office: `officer`, or `leader` of the township.
        - `officers_ratio_rule`: officers under the ratio rule (persons).
    """
    now, rule = plan.audit.townships, ratio_plan(plan).audit.townships
    led = now.index.isin(plan.decisions.led["township"])
    columns = ("officers_before", "officers_remaining", "trained", "moved_in", "moved_out", "from_stations", "officers")
    return _by_township(
        plan.scenario.data, now.index,
        **{name: now[name] for name in columns},
        officers_min=pd.Series(plan.scenario.policy.officers_min, index=now.index),
        officer_hours_needed=now["officer_hours_needed"], officer_hours_there=now["officer_hours_there"],
        head=pd.Series(np.where(led, "leader", "officer"), index=now.index, dtype="str"),
        officers_ratio_rule=rule["officers"],
    )  # fmt: skip


def readiness(plan: Plan) -> pd.DataFrame:
    """Return the fields in which townships are ready.

    Returns:
        - `township`, `township_name`, `county`, `category`: the township.
        - `field`, `field_name`: the field.
        - `new`: whether the plan makes it ready.
        - `brought`: whether a station that the township manages brings it.
        - `readiness_hours`: what becoming and staying ready takes (staff-hours a year; 0 where it is ready today or
          brought).
        - `powers`: powers of the field it takes (powers); `cases`: cases of those (cases a year).
    """
    case = plan.scenario.data
    towns, fields, ready = case.tables["townships"], case.tables["fields"], plan.audit.fields
    hours = ready["field"].map(fields["readiness_hours"]).astype(float)
    return pd.DataFrame(
        {
            "township": ready["township"],
            "township_name": ready["township"].map(towns["name"]).astype("str"),
            "county": ready["township"].map(towns["county"]).astype("str"),
            "category": ready["township"].map(towns["category"]).astype("str"),
            "field": ready["field"],
            "field_name": ready["field"].map(fields["name"]).astype("str"),
            "new": ready["new"],
            "brought": ready["brought"],
            "readiness_hours": hours.where(ready["new"] & ~ready["brought"], 0.0),
            "powers": ready["powers"],
            "cases": ready["cases"],
        }
    ).reset_index(drop=True)


def workload(plan: Plan) -> pd.DataFrame:
    """Return the work and the hours of every township and subdistrict.

    Returns:
        - `township`, `name`, `county`, `category`: the township.
        - `statutory_hours`: work before any power is taken, joint cases included (staff-hours a year).
        - `hours_needed`: that, the upkeep and cases of the powers taken, and the own work of devolved stations
          (staff-hours a year).
        - `hours_there`: working hours of the staff, those of stations that it directs among them (staff-hours a year).
        - `load`: hours needed / hours there (share; blank where no hours are there).
        - `lent_returned`: lent staff who come back (persons).
        - `overload_hours`: hours needed above `overload_free_share` of those there (staff-hours a year).
        - `load_before`: statutory hours / hours of today's staff (share; blank where there are none).
        - `load_ratio_rule`: load under the ratio rule (share; blank where no hours are there).
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    now, rule = plan.audit.townships, ratio_plan(plan).audit.townships
    statutory = load_today(case, policy)
    there_before = case.available_hours * now["staff_before"]
    return _by_township(
        case, now.index,
        statutory_hours=statutory, hours_needed=now["hours_needed"], hours_there=now["hours_there"],
        lent_returned=now["lent_returned"], load=_finite(now["load"]), overload_hours=now["overload_hours"],
        load_before=statutory / there_before.where(there_before > 0),
        load_ratio_rule=_finite(rule["load"]),
    )  # fmt: skip


def wisn(plan: Plan) -> pd.DataFrame:
    """Return the WISN table of every township and subdistrict (WHO 2010), whatever the post formula.

    Returns:
        - `township`, `name`, `county`, `category`: the township.
        - `existing`: staff at work today (persons).
        - `required`: staff that the statutory work requires, with the allowances of the policy (persons).
        - `difference`: existing - required (persons; below 0 a shortage).
        - `ratio`: existing / required (below 1 a shortage; blank where nobody is required).
        - `existing_plan`, `required_plan`, `difference_plan`, `ratio_plan`: the same under the plan, powers included.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    now = plan.audit.townships
    today = wisn_figures(now["staff_before"].astype(float), required_today(case, policy))
    then = wisn_figures(now["staff"].astype(float), required_by_hours(now["hours_needed"], case, policy))
    columns = {str(name): column for name, column in today.join(then.add_suffix("_plan")).items()}
    return _by_township(case, now.index, **columns)


def county_posts(plan: Plan) -> pd.DataFrame:
    """Return how each county's posts split into the steps of the formula.

    Returns:
        - `county`, `name`: the county; `posts`: its posts, today and under the plan (posts).
        - `base`, `floating`, `revolving`: posts that its townships hold, by step (posts).
        - `mobile`: the mobile reserve, which the county keeps and no township holds (posts).
    """
    case = plan.scenario.data
    pools = post_pools(case, plan.scenario.policy)
    named = {"county": pools.index.astype("str"), "name": case.tables["counties"]["name"].reindex(pools.index)}
    return pd.DataFrame({**named, **pools[["posts", "base", "floating", "revolving", "mobile"]]}).reset_index(drop=True)


def exclusions(plan: Plan) -> pd.DataFrame:
    """Return the powers that may not be handed down.

    Returns:
        - `power`, `name`, `field`: the power.
        - `rule`, `article`, `basis` (`law` or `policy`), `reason`: what keeps it out.
    """
    powers, kept_out = plan.scenario.data.tables["powers"], plan.exclusions.reset_index(drop=True)
    named = kept_out["power"].map(powers["name"]).astype("str"), kept_out["power"].map(powers["field"]).astype("str")
    first = {"power": kept_out["power"], "name": named[0], "field": named[1]}
    told = {name: kept_out[name].map(tr).astype("str") for name in ("article", "reason")}
    codes = {name: kept_out[name] for name in ("rule", "basis")}
    return pd.DataFrame({**first, **{name: {**codes, **told}[name] for name in ("rule", "article", "basis", "reason")}})


def _described_powers(case: Case, powers: pd.Series) -> dict[str, pd.Series]:
    powers = powers.reset_index(drop=True)
    known = case.tables["powers"]
    described = {name: powers.map(known[name]).astype("str") for name in ("name", "type", "field")}
    field_names = described["field"].map(case.tables["fields"]["name"]).astype("str")
    return {"power": powers, **described, "field_name": field_names}


def _lists_of(plan: Plan, powers: pd.Series) -> pd.Series:
    # As objects, because where no power is listed at all pandas takes the blanks for numbers.
    return powers.map(lists_by_power(plan.decisions.guide_list)).astype("object").fillna("").astype("str")


def _same_lists(one: pd.Series, other: pd.Series) -> np.ndarray:
    same = [set(left.split(", ")) == set(right.split(", ")) for left, right in zip(one, other, strict=True)]
    return np.array(same, dtype=bool)


def _times_taken(plan: Plan, powers: pd.Series) -> pd.Series:
    return powers.map(plan.decisions.take_up["power"].value_counts()).fillna(0).astype("int64")


def _by_township(case: Case, index: pd.Index, **columns: pd.Series) -> pd.DataFrame:
    towns = case.tables["townships"].loc[index]
    named = {"township": index.to_series(), **{name: towns[name] for name in ("name", "county", "category")}}
    return pd.DataFrame({**named, **columns}, index=index).reset_index(drop=True)


def _finite(values: pd.Series) -> pd.Series:
    return values.where(np.isfinite(values))
