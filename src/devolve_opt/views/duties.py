"""What became of every duty laid on a township: carried there, or back at the county, and why."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.rules.duties import duties_laid, duty_bars, powers_needed
from devolve_opt.rules.workload import overload_cost
from devolve_opt.views.wording import count, share, worded
from devolve_opt.vocabulary import BASE_LIST

PAIR = ["township", "duty"]

REASONS = (
    "excluded", "subdistrict", "county_refuses", "not_on_its_list", "power_not_taken", "officer_hours", "load",
    "costs_more", "not_chosen",
)  # fmt: skip
"""Why a duty is not carried, in the order of precedence."""


def duties(plan: Plan) -> pd.DataFrame:
    """Return every duty laid on every township, whether it is carried there, and if not, the first reason.

    Returns:
        - `township`, `township_name`, `county`, `category`: the township.
        - `duty`, `duty_name`: the duty.
        - `hours`: what it takes there (staff-hours a year); `officer_hours`: the part only officers may do.
        - `matched`: whether the township carries it; else it stays with the county.
        - `reason`: `excluded` (law or policy keeps a power of it with the county), `subdistrict` (it takes a power, and
          subdistricts take none), `county_refuses`, `not_on_its_list` (a power of it is neither on the base list nor on
          that of the township's category), `power_not_taken`, `officer_hours` (the officers have no time), `load` (the
          township would be loaded beyond `load_max`, or beyond the hard stop), `costs_more` (its overload costs more
          than it is worth), `not_chosen` (nothing stands in its way by itself; carrying it is not ruled out by what is
          proven); blank if carried.
        - `detail`: article, powers or figures behind the reason.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    rows = duties_laid(case, policy)
    towns = case.tables["townships"]
    matched = pd.MultiIndex.from_frame(rows[PAIR]).isin(pd.MultiIndex.from_frame(plan.decisions.duties[PAIR]))
    told = _reasons(plan, rows)
    reason = [("", "") if carried else why for carried, why in zip(matched, told, strict=True)]
    return pd.DataFrame(
        {
            "township": rows["township"],
            "township_name": rows["township"].map(towns["name"]).astype("str"),
            "county": rows["township"].map(towns["county"]).astype("str"),
            "category": rows["township"].map(towns["category"]).astype("str"),
            "duty": rows["duty"],
            "duty_name": rows["duty"].map(case.tables["duties"]["name"]).astype("str"),
            "hours": rows["hours"],
            "officer_hours": rows["officer_hours"],
            "matched": matched,
            "reason": pd.Series([name for name, _ in reason], index=rows.index, dtype="str"),
            "detail": pd.Series([words for _, words in reason], index=rows.index, dtype="str"),
        }
    )


def _reasons(plan: Plan, rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return reason and words for each laid duty, as if it were not carried."""
    case, policy = plan.scenario.data, plan.scenario.policy
    bars: dict[tuple[str, str], tuple[str, str]] = {}
    for township, duty, _, reason, detail in duty_bars(case, policy).itertuples(index=False, name=None):
        bars.setdefault((township, duty), (reason, detail))
    needs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for township, duty, power in powers_needed(case, policy).itertuples(index=False, name=None):
        needs[township, duty].append(power)
    listed = set(plan.decisions.guide_list.itertuples(index=False, name=None))
    taken = set(plan.decisions.take_up[["township", "power"]].itertuples(index=False, name=None))
    figures = plan.audit.townships
    category = figures["category"].to_dict()
    hours = figures.filter(like="hours_").to_dict("index")
    # Where no duty is admitted at all, nothing is loaded for duties.
    load_max, worth = (policy.duties.load_max, policy.duties.worth) if policy.duties else (1.0, 0.0)
    # Where nothing is laid, a mapped column is one of text.
    needed, there = (rows["township"].map(figures[name]).astype(float) for name in ("hours_needed", "hours_there"))
    cost = overload_cost(needed + rows["hours"], there, policy) - overload_cost(needed, there, policy)

    def told(township: str, duty: str, takes: float, of_officers: float, costs: float) -> tuple[str, str]:
        powers, facts = needs[township, duty], hours[township]
        off = [power for power in powers if not {(power, BASE_LIST), (power, category[township])} & listed]
        missing = [power for power in powers if (township, power) not in taken]
        officer_hours = facts["officer_hours_needed"] + facts["officer_hours_at_risk"] + of_officers
        load, there = facts["hours_needed"] + takes, facts["hours_there"]
        stop = min(load_max * there, policy.load_stop * there - facts["hours_at_risk"])
        if (township, duty) in bars:
            return bars[township, duty]
        if off:
            return "not_on_its_list", tr("powers {powers}", powers=joined(off))
        if missing:
            return "power_not_taken", tr("powers {powers}", powers=joined(missing))
        if officer_hours > facts["officer_hours_there"] * (1 + 1e-6):
            time = {"hours": officer_hours, "there": facts["officer_hours_there"]}
            return "officer_hours", tr("needs {hours:,.0f} officer-hours a year, has {there:,.0f}", **time)
        if load > stop * (1 + 1e-6):
            risk = tr(" and {hours:,.0f} at risk", hours=facts["hours_at_risk"]) if facts["hours_at_risk"] else ""
            words = tr(
                "needs {hours:,.0f} staff-hours a year{risk}, has {there:,.0f}", hours=load, risk=risk, there=there
            )
            return "load", words
        words = tr(
            "worth {worth:,.0f}, costs {costs:,.0f} staff-hours a year of overload", worth=worth * takes, costs=costs
        )
        return ("costs_more" if costs >= worth * takes else "not_chosen"), words

    columns = (rows["township"], rows["duty"], rows["hours"], rows["officer_hours"], cost)
    return [told(*row) for row in zip(*columns, strict=True)]


def duty_lines(plan: Plan) -> list[str]:
    """Return what the summary says of duties; nothing where the policy leaves them alone."""
    if plan.scenario.policy.duties is None:
        return []
    table = duties(plan)
    if table.empty:
        return [tr("Duties: the case lays none on its townships.")]
    carried = table[table["matched"]]
    none = int((table.groupby("township")["matched"].sum() == 0).sum())
    sentence = tr(
        "Duties: {carried:,} of {laid:,} ({share}) carried, {hours:,.0f} of {hours_laid:,.0f} h a year: {duties} laid "
        "on {townships}, of which {none} carry none.",
        carried=len(carried), laid=len(table), share=share(len(carried) / len(table)),
        hours=carried["hours"].sum(), hours_laid=table["hours"].sum(), none=none,
        duties=count(table["duty"].nunique(), "duty", "duties"),
        townships=count(table["township"].nunique(), "township"),
    )  # fmt: skip
    lines = [sentence]
    reasons = table.loc[~table["matched"], "reason"].value_counts()
    if len(reasons):
        items = tr("; ").join(tr("{n:,} {reason}", n=n, reason=worded(str(reason))) for reason, n in reasons.items())
        lines.append("  " + tr("Back at the county, by the first reason: {reasons}.", reasons=items))
    return lines
