"""An admission test as text and as a folder: table, text, figure, the solver's log and a record of what was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from devolve_opt.studies.admission import HELD_FIXED, Admission, Verdict
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.admission import admission_figure, wants
from devolve_opt.views.summary import folded
from devolve_opt.views.wording import HOURS, count, proof_record, status_lines, worth_line
from devolve_opt.vocabulary import label

RECORD = "admission.json"
"""The file that tells the folder of an admission test from any other."""
MOST_TOLD = 12
"""Townships of each verdict that the text tells of; the table has all."""
MOST_NAMED = 5
"""Powers or duties named of those that a township would give up; the table has all."""

MEANING = {
    Verdict.CARRIES: "carry it as they stand",
    Verdict.DISPLACES: "could carry it after giving something up",
    Verdict.NEEDS: "would need something first",
    Verdict.BARRED: "may not carry it",
    Verdict.UNSETTLED: "are not settled: the time was up",
}
"""What each verdict says of its townships."""


def admission_text(admission: Admission) -> str:
    """Return what an official needs to know of an admission test, in plain text."""
    duty, plan, rows = admission.duty, admission.plan, admission.townships
    case = plan.scenario.data
    notice = [f"*** {case.notice}: INVENTED PLACES AND FIGURES ***"] if case.notice else []
    takes = f"{duty.hours:g} h a year" + (
        f" and {duty.hours_per_1000:g} for each 1,000 people" * (duty.hours_per_1000 > 0)
    )
    officers = f", {duty.officer_hours:g} of them of officers" if duty.officer_hours else ""
    powers = f"powers {', '.join(duty.powers)}" if duty.powers else "no power"
    lines = [
        f"Admission test: {duty.name}",
        *notice,
        f"It takes {takes}{officers}, and {powers}; it would be laid on {count(len(rows), 'township')}.",
        f"Against the plan {plan.scenario.title!r}, {worth_line(plan)} {' '.join(status_lines(plan))}",
    ]
    left_out = len(case.tables["duties"]) if plan.scenario.policy.duties is None else 0
    if left_out:
        others = count(left_out, "other duty", "other duties")
        lines.append(
            f"CAUTION: the plan leaves the case's {others} out (no [policy.duties]); their hours are not counted."
        )
    for verdict, meaning in MEANING.items():
        here = rows[rows["verdict"] == verdict]
        if here.empty:
            continue
        lines.append(
            f"{label(verdict).capitalize()}: {count(len(here), 'township')} {meaning}. "
            f"Held fixed: {HELD_FIXED[verdict]}."
        )
        lines += [f"  {_township(row)}" for _, row in here.head(MOST_TOLD).iterrows()]
        if len(here) > MOST_TOLD:
            lines.append(f"  and {len(here) - MOST_TOLD} more (table admission)")
        if verdict is Verdict.NEEDS:
            needed = wants(here)
            lines.append(
                "  How many need what: " + "; ".join(f"{words} {number}" for words, number in needed.items()) + "."
            )
    return "\n".join(part for line in lines for part in folded(line)) + "\n"


def _township(row: pd.Series) -> str:
    who = f"{row['township']} {row['name']}: "
    verdict = row["verdict"]
    if verdict == Verdict.BARRED:
        return who + row["reason"]
    kinds = (("power", "powers", "gives_up_powers"), ("duty", "duties", "gives_up_duties"))
    gives = [_few(row[name], one, many) for one, many, name in kinds if row[name]]
    worth = f"worth {row['worth']:,.0f}"
    if verdict == Verdict.CARRIES:
        return who + f"{worth}, costs {row['loss']:,.0f} {HOURS} of overload"
    if verdict == Verdict.DISPLACES:
        return (
            who
            + f"gives up {'; '.join(gives)}; the rest is worth {row['loss']:,.0f} {HOURS} less, the duty is {worth}. "
            + f"Or it needs {needs_text(row)}"
        )
    if verdict == Verdict.NEEDS and pd.notna(row["loss"]):
        return who + f"{needs_text(row)}; nothing is given up, the rest is worth {row['loss']:,.0f} {HOURS} less"
    return who + needs_text(row)


def _few(text: str, one: str, many: str) -> str:
    """Return a list of things given up, counted, with the first ones named."""
    named = text.split("), ")
    shown = text if len(named) <= MOST_NAMED else "), ".join(named[:MOST_NAMED]) + ") and so on"
    return f"{count(len(named), one, many)}: {shown}"


def needs_text(row: pd.Series) -> str:
    """Return what a township would need to carry the duty and keep everything, in words."""
    listed = f"to be listed {row['powers_to_list']}" if row["powers_to_list"] else ""
    opened = f"to be opened by its county {row['powers_to_open']}" if row["powers_to_open"] else ""
    missing = ", ".join(part for part in (listed, opened) if part)
    parts = [
        f"powers to take {row['powers_to_take']}" + (f" ({missing})" if missing else "")
        if row["powers_to_take"]
        else "",
        f"fields to be ready {row['fields_to_ready']}" if row["fields_to_ready"] else "",
        count(row["officers_short"], "officer") if row["officers_short"] else "",
        f"{row['hours_short']:,.0f} {HOURS} ({count(row['persons_short'], 'person')})" if row["hours_short"] else "",
        f"higher caps {row['caps_to_raise']}" if row["caps_to_raise"] else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing"


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
