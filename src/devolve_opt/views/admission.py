"""An admission test as text and as a folder: table, text, figure, the solver's log and a record of what was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from devolve_opt.language import chosen, joined, tr
from devolve_opt.studies.admission import HELD_FIXED, Admission, Verdict
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import folded
from devolve_opt.views.plots.admission import admission_figure, wants
from devolve_opt.views.wording import count, named, notice_lines, proof_record, status_lines, worth_line

RECORD = "admission.json"
"""The file that tells the folder of an admission test from any other."""
MOST_TOLD = 12
"""Townships of each verdict that the text tells of; the table has all."""
MOST_NAMED = 5
"""Powers or duties named of those that a township would give up; the table has all."""

MEANING = {
    Verdict.CARRIES: "{townships} carry it as they stand",
    Verdict.DISPLACES: "{townships} could carry it after giving something up",
    Verdict.NEEDS: "{townships} would need something first",
    Verdict.BARRED: "{townships} may not carry it",
    Verdict.UNSETTLED: "{townships} are not settled: the time was up",
}
"""What each verdict says of its townships; shown through `tr`."""


def admission_text(admission: Admission) -> str:
    """Return what an official needs to know of an admission test, in plain text."""
    duty, plan, rows = admission.duty, admission.plan, admission.townships
    case = plan.scenario.data
    lines = [
        tr("Admission test: {duty}", duty=duty.name),
        *notice_lines(case),
        tr(
            "It takes {hours:g} h a year{by_people}{of_officers}, and {powers}; it would be laid on {townships}.",
            hours=duty.hours, townships=count(len(rows), "township"),
            by_people=tr(" and {hours:g} for each 1,000 people", hours=duty.hours_per_1000) * (duty.hours_per_1000 > 0),
            of_officers=tr(", {hours:g} of them of officers", hours=duty.officer_hours) if duty.officer_hours else "",
            powers=tr("powers {powers}", powers=joined(duty.powers)) if duty.powers else tr("no power"),
        ),
        tr(
            "Against the plan {title!r}, {worth} {proof}",
            title=plan.scenario.title, worth=worth_line(plan), proof=chosen("", " ").join(status_lines(plan)),
        ),
    ]  # fmt: skip
    left_out = len(case.tables["duties"]) if plan.scenario.policy.duties is None else 0
    if left_out:
        said = tr(
            "CAUTION: the plan leaves the case's {duties} out (no [policy.duties]); their hours are not counted.",
            duties=count(left_out, "other duty", "other duties"),
        )  # fmt: skip
        lines.append(said)
    for verdict, meaning in MEANING.items():
        here = rows[rows["verdict"] == verdict]
        if here.empty:
            continue
        said = tr(
            "{verdict}: {meaning}. Held fixed: {held}.",
            verdict=tr(verdict).capitalize(), meaning=tr(meaning, townships=count(len(here), "township")),
            held=tr(HELD_FIXED[verdict]),
        )  # fmt: skip
        lines.append(said)
        lines += [f"  {_township(row)}" for _, row in here.head(MOST_TOLD).iterrows()]
        if len(here) > MOST_TOLD:
            lines.append("  " + tr("and {more} more (table admission)", more=len(here) - MOST_TOLD))
        if verdict is Verdict.NEEDS:
            needed = tr("; ").join(f"{named(str(words))} {number}" for words, number in wants(here).items())
            lines.append("  " + tr("How many need what: {needs}.", needs=needed))
    return "\n".join(part for line in lines for part in folded(line)) + "\n"


def _township(row: pd.Series) -> str:
    return tr("{township} {name}: {said}", township=row["township"], name=row["name"], said=_said(row))


def _said(row: pd.Series) -> str:
    """Return what the test found of a township."""
    verdict, figures = row["verdict"], {"worth": row["worth"], "loss": row["loss"]}
    if verdict == Verdict.BARRED:
        return str(row["reason"])
    if verdict == Verdict.CARRIES:
        return tr("worth {worth:,.0f}, costs {loss:,.0f} staff-hours a year of overload", **figures)
    if verdict == Verdict.DISPLACES:
        return tr(
            "gives up {gives}; the rest is worth {loss:,.0f} staff-hours a year less, the duty is worth {worth:,.0f}. "
            "Or it needs {needs}",
            gives=tr("; ").join(_given_up(row)), needs=needs_text(row), **figures,
        )  # fmt: skip
    if verdict == Verdict.NEEDS and pd.notna(row["loss"]):
        return tr(
            "{needs}; nothing is given up, the rest is worth {loss:,.0f} staff-hours a year less",
            needs=needs_text(row), **figures,
        )  # fmt: skip
    return needs_text(row)


def _given_up(row: pd.Series) -> list[str]:
    """Return the powers and the duties given up, counted, with the first ones named."""
    powers, duties = (row[name].split("), ") if row[name] else [] for name in ("gives_up_powers", "gives_up_duties"))
    kinds = ((powers, count(len(powers), "power")), (duties, count(len(duties), "duty", "duties")))
    return [tr("{counted}: {names}", counted=counted, names=_few(names)) for names, counted in kinds if names]


def _few(names: list[str]) -> str:
    if len(names) <= MOST_NAMED:
        return joined([*(f"{name})" for name in names[:-1]), names[-1]])
    return tr("{names} and so on", names=joined(f"{name})" for name in names[:MOST_NAMED]))


def needs_text(row: pd.Series) -> str:
    """Return what a township would need to carry the duty and keep everything, in words."""
    short = {
        "take": tr("powers to take {names}"), "list": tr("to be listed {names}"),
        "open": tr("to be opened by its county {names}"), "ready": tr("fields to be ready {names}"),
        "caps": tr("higher caps {names}"),
    }  # fmt: skip
    columns = {
        "take": "powers_to_take", "list": "powers_to_list", "open": "powers_to_open", "ready": "fields_to_ready",
        "caps": "caps_to_raise",
    }  # fmt: skip
    told = {
        key: short[key].format(names=joined(row[column].split(", "))) if row[column] else ""
        for key, column in columns.items()
    }
    missing = [told[key] for key in ("list", "open") if told[key]]
    take = told["take"]
    if take and missing:
        take = tr("{powers} ({missing})", powers=take, missing=joined(missing))
    hours = ""
    if row["hours_short"]:
        hours = tr(
            "{hours:,.0f} staff-hours a year ({persons})",
            hours=row["hours_short"], persons=count(row["persons_short"], "person"),
        )  # fmt: skip
    officers = count(row["officers_short"], "officer") if row["officers_short"] else ""
    return joined(part for part in (take, told["ready"], officers, hours, told["caps"]) if part) or tr("nothing")


def write_admission(admission: Admission, folder: str | Path) -> Path:
    """Write an admission test as a folder: `admission.csv` and Parquet, text, figure, log and record.

    Raises:
        InputError: if it cannot be written.
    """
    target = Path(folder)
    plan = admission.plan
    counts = admission.townships["verdict"].value_counts()
    record = {
        "versions": {"devolve_opt": __version__},
        "duty": admission.duty.model_dump(mode="json"),
        "plan": {"title": plan.scenario.title, **proof_record(plan)},
        "policy": plan.scenario.policy.model_dump(mode="json"),
        "input_hashes": dict(plan.scenario.input_hashes or plan.scenario.case.input_hashes),
        "synthetic": plan.scenario.case.synthetic,
        "verdicts": {str(verdict): int(counts.get(verdict, 0)) for verdict in Verdict},
        "audit_breaches": [str(breach) for breach in admission.audit.breaches],
    }
    with writing_to(target):
        target.mkdir(parents=True, exist_ok=True)
        write_table(target / "admission", admission.townships.assign(synthetic=plan.scenario.case.synthetic))
        write_bytes(target / "admission.txt", admission_text(admission).encode("utf-8"))
        write_bytes(target / "solver.log", admission.log.encode("utf-8"))
        write_figure(target / "admission", admission_figure(admission))
        write_bytes(target / RECORD, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))
    return target
