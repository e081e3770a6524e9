"""A team plan as a folder: tables, a text, a figure, and a record of what was asked."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pandas as pd

from devolve_opt.instruments import TeamMode
from devolve_opt.language import tr
from devolve_opt.rules.area_teams import hours_taken_over
from devolve_opt.team_plan import TeamPlan
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import folded, padded
from devolve_opt.views.plots.teams import team_hours
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.wording import HOURS, count, notice_lines, percent, rounded_up, worded
from devolve_opt.vocabulary import Status

RECORD = "teams.json"
"""The file that tells the folder of a team plan from any other."""


def team_tables(plan: TeamPlan, modes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of a team plan by name; the last column of each says whether the data are invented.

    - `teams`: each team, as `audit.area_teams.audit_teams` explains, with `base_name` and `served`, the ids of the
      townships it serves, separated by spaces.
    - `served`: `township, name, county, team` (blank for a team of its own), `base, field` (blank for all others),
      `hours_one_way`, `hours_taken_over` (officer-hours a year of the township's own officers, all fields together).
    - `counties`: status, cost, bound and gap of each county with the parts of the cost (staff-hours a year).
    - `modes`: what `studies.area_teams.compare_modes` returns.
    """
    case = plan.scenario.data
    names = case.townships["name"]
    served = _served(plan)
    teams = plan.audit.teams
    members = served.groupby(["team", "base"])["township"].agg(lambda ids: " ".join(dict.fromkeys(ids)))
    teams.insert(3, "base_name", teams["base"].map(names).fillna("").astype("str"))
    keys = list(zip(teams["team"], teams["base"], strict=True))
    teams["served"] = pd.Series([members.get(key, "") for key in keys], index=teams.index, dtype="str")
    counties = plan.counties.drop(columns="cost").join(plan.audit.counties).reset_index()
    tables = {"teams": teams, "served": served, "counties": counties, "modes": modes}
    return {name: table.assign(synthetic=case.synthetic) for name, table in tables.items()}


def team_supplement(plan: TeamPlan) -> Supplement:
    """Return a team plan as a supplement of a run: tables, figure, lines and record."""
    own = plan.counties[["status", "bound"]].join(plan.audit.counties).reset_index().assign(mode=str(plan.mode))
    tables = team_tables(plan, own)
    del tables["modes"]
    tables["team_counties"] = tables.pop("counties")
    unproven = plan.counties.loc[plan.counties["status"] != Status.PROVEN, "status"]
    record = _record(plan)
    return Supplement(
        "teams", tr("Where the county's teams sit"), tuple([*_lines(plan), *_places(plan), *_rests_on()]), tables,
        {"team_hours": partial(team_hours, plan)},
        {
            "status": str(Status.PROVEN if unproven.empty else unproven.iloc[0]),
            **{name: record[name] for name in ("mode", "cost", "bound", "gap", "counties")},
            "unit": "staff-hours a year",
        },
    )  # fmt: skip


def _served(plan: TeamPlan) -> pd.DataFrame:
    case, decisions = plan.scenario.data, plan.decisions
    bases = decisions.bases.set_index("team")["base"]
    rows = decisions.served.assign(base=decisions.served["team"].map(bases))
    own = pd.DataFrame(
        {"township": decisions.own["township"], "field": "", "team": "", "base": decisions.own["township"]}
    )
    rows = pd.concat([rows, own], ignore_index=True).astype("str")
    road = {
        pair: hours
        for *pair_, hours in case.travel.itertuples(index=False)
        for pair in (tuple(pair_), tuple(pair_[::-1]))
    }
    ends = zip(rows["base"], rows["township"], strict=True)
    order = case.townships.index.get_indexer(pd.Index(rows["township"]))
    table = pd.DataFrame(
        {
            "township": rows["township"],
            "name": rows["township"].map(case.townships["name"]),
            "county": rows["township"].map(case.townships["county"]),
            "team": rows["team"], "base": rows["base"], "field": rows["field"],
            "hours_one_way": [0.0 if base == township else road[base, township] for base, township in ends],
            "hours_taken_over": rows["township"].map(hours_taken_over(case, plan.scenario.policy)),
        }
    )  # fmt: skip
    return (
        table.assign(order=order)
        .sort_values(["order", "field"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _lines(plan: TeamPlan) -> list[str]:
    case = plan.scenario.data
    teams, counties = plan.audit.teams, plan.audit.counties
    stationed = teams[(teams["team"] != "") & (teams["base"] != "")]
    totals = counties.sum()
    taken_over = hours_taken_over(case, plan.scenario.policy).sum()
    proven = int((plan.counties["status"] == Status.PROVEN).sum())
    hours = {
        name: f"{stationed[name].sum():,.0f}" for name in ("work_hours", "travel_hours", "spare_hours", "hours_there")
    }
    return [
        tr(
            "Mode {mode}: {cost:,.0f} staff-hours a year; {proven} of {counties} counties proven; no plan of this mode "
            "costs less than {least:,.0f} (gap {gap}).",
            mode=tr(plan.mode), cost=plan.cost, proven=proven, counties=len(counties),
            least=-rounded_up(-plan.bound), gap=percent(plan.gap),
        ),
        tr(
            "Stationed: {stationed} of {teams} of the counties; {townships} with a team of their own.",
            stationed=len(stationed), teams=count(len(case.teams), "team"),
            townships=count(totals["own_teams"], "township"),
        ),
        tr(
            "Hours of the stationed teams: {work_hours} called-in work, {travel_hours} journeys, {spare_hours} spare, "
            "of {hours_there} there.",
            **hours,
        ),
        tr("Taken over from the townships' own officers: {hours:,.0f} officer-hours a year.", hours=taken_over),
    ]  # fmt: skip


def team_summary(plan: TeamPlan, modes: pd.DataFrame) -> str:
    """Return what an official needs to know of a team plan, in plain text."""
    case = plan.scenario.data
    lines = [
        tr("{title}: {case}", title=plan.scenario.title, case=case.title),
        *notice_lines(case),
        *_lines(plan),
        tr("What the modes cost ({unit})", unit=tr(HOURS)),
        _row(*tr("mode|cost|bases|journeys|officers|officers added").split("|")),
    ]
    for mode in map(str, TeamMode):
        rows = modes[modes["mode"] == mode]
        if rows["cost"].isna().any():
            lines.append(f"{_row(tr(mode), '-')}  {worded(str(rows['status'].iloc[0]))}")
            continue
        sums = rows[["cost", "bases_cost", "travel_cost", "officers_cost", "officers_added"]].sum()
        lines.append(_row(tr(mode), *(f"{amount:,.0f}" for amount in sums)))
    lines += [tr("Where the teams sit"), *_places(plan), *_rests_on()]
    return "\n".join(part for line in lines for part in folded(line)) + "\n"


def _row(*cells: str) -> str:
    """Return a row of the table of modes, or the beginning of one."""
    first, *others = cells
    return f"  {padded(first, 12)}" + "".join(
        f"  {padded(cell, -width)}" for cell, width in zip(others, (10, 8, 9, 9, 14), strict=False)
    )


def _rests_on() -> list[str]:
    said = tr(
        "Hours of the county's officers on a joint case, calls a case, prices and journeys are assumptions or the\n"
        "case's own figures; teams for one field take joint cases in proportion to the county's cases of that field."
    )
    return [tr("What it rests on"), *(f"  {line}" for line in said.splitlines())]


def _places(plan: TeamPlan) -> list[str]:
    names = plan.scenario.data.townships["name"]
    lines = []
    for county, teams in plan.audit.teams.groupby("county", sort=False):
        parts = [
            tr(
                "{team} at {base} {name} ({townships})",
                team=row["team"], base=row["base"], name=names[row["base"]], townships=row["townships"],
            )
            for row in teams[(teams["team"] != "") & (teams["base"] != "")].to_dict("records")
        ]  # fmt: skip
        own = int((teams["team"] == "").sum())
        if own == 1:
            parts.append(tr("{townships} with a team of its own", townships=count(own, "township")))
        elif own:
            parts.append(tr("{n} with a team of their own", n=own))
        left = int(((teams["team"] != "") & (teams["base"] == "")).sum())
        if left:
            parts.append(tr("not needed: {teams}", teams=count(left, "team")))
        lines.append("  " + tr("{county}: {teams}.", county=county, teams=tr("; ").join(parts)))
    return lines


def write_teams(plan: TeamPlan, modes: pd.DataFrame, folder: str | Path) -> Path:
    """Write a team plan; each file is complete or is not there.

    Args:
        plan: what to write.
        modes: what `compare_modes` returned.
        folder: where; `teams.csv`, `served.csv`, `counties.csv`, `modes.csv` (and Parquet), `summary.txt`,
            `team_hours.png`, `team_hours.svg` and `teams.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    figure, text = team_hours(plan), team_summary(plan, modes)
    record = json.dumps(_record(plan), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in team_tables(plan, modes).items():
            write_table(folder / name, table)
        write_bytes(folder / "summary.txt", text.encode())
        write_figure(folder / "team_hours", figure)
        write_bytes(folder / RECORD, record.encode())
    return folder


def _record(plan: TeamPlan) -> dict[str, object]:
    """Return what tells a team plan from any other: what was asked and what came out, in staff-hours a year."""
    scenario = plan.scenario
    settings = scenario.policy.area_teams
    return {
        "title": scenario.title,
        "mode": str(plan.mode),
        "cost": plan.cost,
        "bound": plan.bound,
        "gap": plan.gap,
        "counties": {str(name): row.to_dict() for name, row in plan.counties.iterrows()},
        "case": {"title": scenario.case.title, "source": scenario.case.source, "digest": scenario.data.digest},
        "synthetic": scenario.case.synthetic,
        "area_teams": None if settings is None else settings.model_dump(mode="json"),
        "joint_case_hours": scenario.policy.joint_case_hours,
        "changes": {name: change.model_dump(mode="json") for name, change in scenario.changes.items()},
        "scenario_file": scenario.source,
        "input_hashes": dict(scenario.input_hashes or scenario.case.input_hashes),
        "options": dict(plan.options),
        "versions": {"devolve_opt": __version__},
    }
