"""An office plan as text and as a folder: tables, summary, figures, the solver's log and a manifest."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.solver.engine import Control
from devolve_opt.studies.offices import OfficePlan, organise
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.offices import arrangements, office_flow
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.wording import count, worded
from devolve_opt.vocabulary import CHINESE, Platform, Status

MANIFEST = "offices.json"
TITLE = "How functions sit in offices"
MOST_FIGURES = 6
"""Arrangements drawn, those of most townships first; the tables hold all."""
MOST_TOLD = 12
"""Arrangements that the summary tells of."""


def office_tables(plan: OfficePlan) -> dict[str, pd.DataFrame]:
    """Return the tables `offices`, `templates` and `traffic_before_after`; columns as `OfficePlan` explains them.

    The last column of each, `synthetic`, says whether the data are invented.
    """
    chinese = plan.offices["platform"].map({str(platform): CHINESE[platform] for platform in Platform})
    offices = plan.offices.assign(platform_chinese=chinese)
    frames = {"offices": offices, "templates": plan.templates, "traffic_before_after": plan.traffic}
    return {name: frame.assign(synthetic=plan.scenario.case.synthetic) for name, frame in frames.items()}


def office_text(plan: OfficePlan) -> str:
    """Return what an official needs to know of an office plan, in plain text."""
    scenario = plan.scenario
    lines = [scenario.title, *([scenario.case.notice] if scenario.case.notice else []), *office_lines(plan)]
    return "\n".join(lines) + "\n"


def office_lines(plan: OfficePlan) -> list[str]:
    """Return the lines of the text on an office plan, without its title."""
    settings = plan.scenario.policy.offices
    lines = []
    if settings is not None:
        said = tr(
            "At most {offices} and {centres}, each with at least {persons}.",
            offices=count(settings.offices_max, "office"), centres=count(settings.centres_max, "centre"),
            persons=_persons(settings.office_staff_min),
        )  # fmt: skip
        lines.append(said)
    facts = plan.templates.set_index("template")
    groups = arrangements(plan)
    for names in groups[:MOST_TOLD]:
        first = facts.loc[names[0]].to_dict()
        proven = all(facts.at[name, "status"] == Status.PROVEN for name in names)
        worst = f"{facts.loc[names, 'gap'].max():.3%}"
        whom = tr(
            "{templates} ({townships}): {offices}, {centres}; {proof}",
            templates=joined(map(worded, names)),
            townships=count(int(facts.loc[names, "townships"].sum()), "township"),
            offices=count(first["offices"], "office"), centres=count(first["centres"], "centre"),
            proof=tr("proven best") if proven else tr("NOT proven: gap {gap}", gap=worst),
        )  # fmt: skip
        files = tr(
            "files across offices a year {before:,.0f} to {after:,.0f}; {functions} moved; {hours:,.0f} staff-hours a "
            "year",
            before=first["files_before"], after=first["files_after"], hours=first["hours"],
            functions=count(first["functions_moved"], "function"),
        )  # fmt: skip
        lines += ["", whom, f"  {files}"]
        offices = plan.offices[plan.offices["template"] == names[0]]
        for row in offices.to_dict("records"):
            origin = row["merged_from"].replace("; ", " + ")
            merged = f"  <- {origin}" if origin != row["name"] else ""
            where = CHINESE[row["platform"]]
            lines.append(f"  {where}  {row['name']}: {row['function_names'].replace('; ', '、')}{merged}")
    if len(groups) > MOST_TOLD:
        more = len(groups) - MOST_TOLD
        lines += ["", tr("and {more} more arrangements; all stand in tables/offices.csv.", more=more)]
    return [*lines, "", tr("Shares of staff and traffic are as the case gives them, prices as the policy does.")]


def _persons(number: float) -> str:
    """Return persons, who need not be whole: `1 person`, `1.5 persons`."""
    return tr("{n:g} person", n=number) if number == 1 else tr("{n:g} persons", n=number)


def office_manifest(plan: OfficePlan) -> dict[str, Any]:
    """Return what was asked, what came out, how far it is proven, and with which inputs."""
    scenario = plan.scenario
    settings = scenario.policy.offices
    return {
        "devolve_opt": __version__,
        "title": scenario.title,
        "synthetic": scenario.case.synthetic,
        "provenance": scenario.case.provenance,
        "scenario_file": scenario.source,
        "input_hashes": dict(scenario.input_hashes or scenario.case.input_hashes),
        "changes": {name: change.model_dump(mode="json") for name, change in scenario.changes.items()},
        "offices": None if settings is None else settings.model_dump(mode="json"),
        "proven": plan.proven,
        "audit_breaches": [str(breach) for breach in plan.audit.breaches],
        "templates": json.loads(plan.templates.to_json(orient="records")),
    }


def office_supplement(plan: Plan, control: Control, threads: int = 1) -> Supplement:
    """Arrange the functions of a run's townships in offices and return that as a supplement of the run.

    Args:
        plan: the run's plan; offices do not depend on it beyond its scenario.
        control: when to stop.
        threads: not used; an arrangement is small.

    Raises:
        InputError: if the case has no functions.
        NoPlanError: if the caps leave no arrangement.
    """
    found = organise(plan.scenario, control=control)
    record = office_manifest(found)
    proven = found.templates["status"] == Status.PROVEN
    figures = {
        f"offices-{number}": partial(office_flow, found, names)
        for number, names in enumerate(arrangements(found)[:MOST_FIGURES], start=1)
    }
    return Supplement(
        "offices", tr(TITLE), tuple(office_lines(found)), office_tables(found), figures,
        {
            "status": str(Status.PROVEN if proven.all() else found.templates.loc[~proven, "status"].iloc[0]),
            "gap": float(found.templates["gap"].max()),
            **{name: record[name] for name in ("templates", "audit_breaches")},
        },
        found.log,
    )  # fmt: skip


def write_offices(plan: OfficePlan, folder: str | Path) -> Path:
    """Write an office plan; each file is complete or is not there, and the manifest `offices.json` comes last.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    with writing_to(folder):
        for part in ("tables", "figures"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name, table in office_tables(plan).items():
            write_table(folder / "tables" / name, table)
        for old in (folder / "figures").glob("offices-*.*"):
            old.unlink()
        for number, names in enumerate(arrangements(plan)[:MOST_FIGURES], start=1):
            write_figure(folder / "figures" / f"offices-{number}", office_flow(plan, names))
        write_bytes(folder / "summary.txt", office_text(plan).encode())
        write_bytes(folder / "solver.log", plan.log.encode())
        content = json.dumps(office_manifest(plan), indent=2, ensure_ascii=False, allow_nan=False)
        write_bytes(folder / MANIFEST, f"{content}\n".encode())
    return folder
