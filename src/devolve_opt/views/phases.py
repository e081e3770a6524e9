"""A phase plan as tables, in words, and as a supplement of a run."""

from __future__ import annotations

from functools import partial

import pandas as pd

from devolve_opt.audit.phases import HANDED, HELD, LEFT_OVER
from devolve_opt.language import joined, tr
from devolve_opt.phase_plan import PhasePlan
from devolve_opt.plan import Plan
from devolve_opt.rules.schedule import LIMITS
from devolve_opt.solver.engine import Control
from devolve_opt.studies.phases import phase
from devolve_opt.views.plots.phases import handovers
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.wording import STATES, count, named, percent, rounded_up, share
from devolve_opt.vocabulary import Status

TITLE = "What is handed over when"
"""Shown as `tr(TITLE)`."""


def phase_tables(plan: PhasePlan) -> dict[str, pd.DataFrame]:
    """Return the tables of a phase plan by name; the last column of each, `synthetic`, tells invented data.

    `phases`, a row for each power that a township takes:

    - `township`, `township_name`, `county`, `power`, `power_name`, `field`: who, and what.
    - `batch`: the batch that hands it over, `left over`, or `held already` from earlier batches.
    - `bottleneck`: what was tight for it in the batch before (for what is left over, in the last one), all else as it
      is, separated by `; `: `prerequisite` (the power it requires was not there), `fields cap`, `officers` (too few for
      it, or for its field), `exam places` (officers wait for places), `powers cap`, `county hours`. Blank in batch 1.
    - `worth`: rounds of choices met, cases near home, and its share of the duties that wait for it (staff-hours a
      year); `lost`: what of it waiting costs (staff-hours of the year).

    `phase_officers`, a row for each township and batch: `township`, `township_name`, `county`, `batch`, `trained`,
    `lost` (certificates won and lost in the batch, persons), `officers` (there in the batch, persons), `missing` (to
    the minimum, persons).

    `phase_counties`, a row for each county and batch: `county`, `batch`, `powers` (handed over), `hours`, `hours_there`
    (for handing over, staff-hours), `held`, `taken` (held by then, of those taken; township powers), `worth_held`
    (staff-hours a year).

    `phase_duties`, a row for each duty that a township carries under the plan, none where the policy knows no duties:
    `township`, `township_name`, `county`, `duty`, `duty_name`; `batch` (the one in which the last power that it takes
    is there, 1 where it waits for none, or `left over`); `worth` (of the duty, staff-hours a year).
    """
    case = plan.scenario.data
    towns, powers = case.tables["townships"]["name"], case.tables["powers"]
    found = plan.audit.powers
    limits = plan.bottlenecks.set_index(["township", "power"])["limits"].to_dict()
    keys = zip(found["township"], found["power"], strict=True)
    phases = pd.DataFrame(
        {
            "township": found["township"],
            "township_name": found["township"].map(towns).astype("str"),
            "county": found["county"],
            "power": found["power"],
            "power_name": found["power"].map(powers["name"]).astype("str"),
            "field": found["power"].map(powers["field"]).astype("str"),
            "batch": found["batch"].astype("str").where(found["state"] == HANDED, found["state"]),
            "bottleneck": pd.Series([limits.get(key, "") for key in keys], index=found.index, dtype="str"),
            "worth": found["worth"],
            "lost": found["lost"],
        }
    )
    officers = plan.audit.officers
    officers.insert(1, "township_name", officers["township"].map(towns).astype("str"))
    duties = plan.audit.duties
    duties.insert(1, "township_name", duties["township"].map(towns).astype("str"))
    duties.insert(4, "duty_name", duties["duty"].map(case.tables["duties"]["name"]).astype("str"))
    duties["batch"] = duties["batch"].astype("str").where(duties["batch"] > 0, LEFT_OVER).astype("str")
    tables = {
        "phases": phases, "phase_officers": officers, "phase_counties": plan.audit.counties, "phase_duties": duties
    }  # fmt: skip
    return {name: table.assign(synthetic=case.synthetic) for name, table in tables.items()}


def tight_limits(plan: PhasePlan) -> pd.Series:
    """Return for how many of the powers that wait, or are left over, each limit was tight a batch earlier (powers)."""
    told = plan.bottlenecks["limits"].str.split("; ").explode()
    return told.value_counts().reindex(list(LIMITS), fill_value=0)


def phase_lines(plan: PhasePlan) -> list[str]:
    """Return what an official needs to know of a phase plan."""
    powers, officers = plan.audit.powers, plan.audit.officers
    total = float(powers["worth"].sum())
    lines = [_proof(plan)]
    for batch, there in officers.groupby("batch"):
        new, held = (
            powers[powers["batch"] == batch],
            powers[(powers["state"] != LEFT_OVER) & (powers["batch"] <= batch)],
        )
        missing = int(there["missing"].sum())
        by_then = share(held["worth"].sum() / total) if total else ""
        said = tr(
            "Batch {batch}: {powers} to {townships}{worth}; {trained} trained, {lost:,} lost{missing}.",
            batch=batch, powers=count(len(new), "power"), townships=count(new["township"].nunique(), "township"),
            worth=tr(" ({share} of the worth held by then)", share=by_then) if total else "",
            trained=count(there["trained"].sum(), "officer"), lost=there["lost"].sum(),
            missing=tr("; {officers} missing to the minimum", officers=count(missing, "officer")) if missing else "",
        )  # fmt: skip
        lines.append(said)
    already = int((powers["state"] == HELD).sum())
    if already:
        held_already = count(already, "power")
        lines.append(tr("Held already from earlier batches: {powers}, which wait for nothing.", powers=held_already))
    left = powers[powers["state"] == LEFT_OVER]
    said = tr("Left over: none.")
    if len(left):
        said = tr(
            "Left over: {powers} in {townships}, worth {worth:,.0f} staff-hours a year.",
            powers=count(len(left), "power"), townships=count(left["township"].nunique(), "township"),
            worth=left["worth"].sum(),
        )  # fmt: skip
    lines += [said, *_duty_lines(plan)]
    untrained = int(plan.plan.officers["trained"].sum() - officers["trained"].sum())
    if untrained:
        lines.append(tr("Certificates of the plan for which no batch has places: {n:,}.", n=untrained))
    part = tr(", {share} of what the powers are worth", share=share(plan.lost / total)) if total else ""
    lines.append(tr("Waiting costs {lost:,.0f} staff-hours of the year{part}.", lost=plan.lost, part=part))
    if len(plan.bottlenecks):
        told = [f"{named(str(name))} {number:,}" for name, number in tight_limits(plan).items() if number]
        said = tr(
            "Of {waiting:,} powers that wait or are left over, tight a batch earlier (several may be): {limits}.",
            waiting=len(plan.bottlenecks), limits=joined(told),
        )  # fmt: skip
        lines.append(said)
    moves = tr("Posts and officers move before the first batch; overload is not looked at again batch by batch.")
    return [*lines, moves]


def duties_by_batch(plan: PhasePlan) -> tuple[dict[str, int], int]:
    """Return how many of the plan's duties can begin in which batch, and how many not within the year (duties)."""
    first = plan.audit.duties["batch"]
    batches = sorted(set(plan.audit.officers["batch"]))
    return {str(batch): int((first == batch).sum()) for batch in batches}, int((first == 0).sum())


def _duty_lines(plan: PhasePlan) -> list[str]:
    """Return when the duties of the plan can begin; nothing where there are none."""
    if plan.audit.duties.empty:
        return []
    begin, never = duties_by_batch(plan)
    told = tr("; ").join(tr("batch {batch} {n:,}", batch=batch, n=number) for batch, number in begin.items())
    late = tr("; NOT within the year {n:,}, which the county has to go on doing", n=never) if never else ""
    said = tr(
        "Duties of the plan: {n:,}. With the last of their powers can begin: {batches}{late}. Their officers are kept "
        "free from the start.",
        n=len(plan.audit.duties), batches=told, late=late,
    )  # fmt: skip
    return [said]


def _proof(plan: PhasePlan) -> str:
    if plan.status is Status.PROVEN and plan.gap == 0:
        return tr("Batches proven best for this plan.")
    said = {"gap": percent(plan.gap), "least": f"{-rounded_up(-plan.bound):,.0f}"}
    if plan.status is Status.PROVEN:
        return tr("Batches proven within {gap}: no batches of this plan lose less than {least} staff-hours.", **said)
    said["state"] = tr(STATES[plan.status])
    said["state"] = said["state"][0].upper() + said["state"][1:]
    return tr(
        "{state}: a gap of {gap} is NOT proven away; no batches of this plan lose less than {least} staff-hours.",
        **said,
    )


def phase_supplement(plan: Plan, control: Control, threads: int = 1) -> Supplement:
    """Lay the batches over a plan and return them as a supplement of its run.

    Raises:
        InputError: if the plan breaks rules.
    """
    found = phase(plan.scenario, plan.decisions, threads=threads, control=control)
    return supplement_of(found)


def supplement_of(plan: PhasePlan) -> Supplement:
    """Return a phase plan as a supplement: tables, figure, lines and record."""
    powers = plan.audit.powers
    begin, never = duties_by_batch(plan)
    record = {
        "status": str(plan.status),
        "objective": plan.lost,
        "bound": plan.bound,
        "gap": plan.gap,
        "unit": "staff-hours of the year lost by waiting",
        "seconds": plan.seconds,
        "handed_over": {
            str(batch): int((powers["batch"] == batch).sum()) for batch in sorted(set(plan.audit.officers["batch"]))
        },
        "left_over": int((powers["state"] == LEFT_OVER).sum()),
        "duties_begin": begin,
        "duties_not_within_year": never,
        "audit_breaches": [str(breach) for breach in plan.audit.breaches],
    }
    tight = tight_limits(plan)
    return Supplement(
        "phases", tr(TITLE), tuple(phase_lines(plan)), phase_tables(plan),
        {"handovers": partial(handovers, plan, tight)}, record, plan.log,
    )  # fmt: skip
