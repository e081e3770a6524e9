"""Near-optimal alternatives as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.language import tr
from devolve_opt.studies.alternatives import MUST, NEVER, OPEN, SWING, Alternatives
from devolve_opt.studies.comparing import measures
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import padded
from devolve_opt.views.plots.alternatives import alternatives_figure
from devolve_opt.views.wording import count, percent, proof_record, status_lines

RECORD = "alternatives.json"
KEPT = "kept"
"""Folder of what is known of each power, which tells this folder from any other."""
SHOWN = 12
"""Powers of each status that are named in the text, those with the largest loss first."""
MEANING = {
    MUST: "MUST ({n}): on the list of every good plan: without it, no plan is good",
    SWING: "SWING ({n}): on the lists of some good plans and not of others",
    NEVER: "NEVER ({n}): on the list of no good plan that has a township take it",
    OPEN: "OPEN ({n}): not decided: neither such a plan was found nor a proof that there is none",
}
"""What each status means, above its powers; shown as `tr(MEANING[...])`."""


def write_alternatives(found: Alternatives, folder: str | Path) -> Path:
    """Write alternatives; each file is complete or is not there.

    Args:
        found: what `alternatives` returned.
        folder: where; `powers` (status and losses of each power), `lists` (which plan lists which power where),
            `plans` (their figures) as CSV and Parquet, `alternatives.txt`, `alternatives.png`, `alternatives.svg` and
            `alternatives.json`, how far it is proven, are written.

    Returns:
        The folder.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = alternatives_text(found), alternatives_figure(found)
    counts = found.powers["status"].value_counts()
    record = {
        "title": found.scenario.title, "notice": found.scenario.case.notice, **proof_record(found.plan),
        "tolerance": found.tolerance, "worth": found.worth, "finished": found.finished,
        **{status: int(counts.get(status, 0)) for status in (MUST, NEVER, SWING, OPEN)},
        "different": list(found.different),
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "powers", found.powers.replace(np.inf, np.nan))
        write_table(folder / "lists", lists_of_plans(found))
        write_table(folder / "plans", figures_of_plans(found))
        write_bytes(folder / "alternatives.txt", text.encode())
        write_figure(folder / "alternatives", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def lists_of_plans(found: Alternatives) -> pd.DataFrame:
    """Return which plan lists which power where: `plan` (number, 0 for the best one), `power`, `list`."""
    frames = [plan.guide_list.assign(plan=number) for number, plan in enumerate(found.plans)]
    return pd.concat(frames, ignore_index=True)[["plan", "power", "list"]]


def figures_of_plans(found: Alternatives) -> pd.DataFrame:
    """Return the figures of each plan: `plan` (number), `differs_in` (powers, from the best one), then `measures`."""
    best = set(found.plan.guide_list["power"])
    return pd.DataFrame(
        [
            {"plan": number, "differs_in": len(best ^ set(plan.guide_list["power"])), **measures(plan)}
            for number, plan in enumerate(found.plans)
        ]
    )


def alternatives_text(found: Alternatives) -> str:
    """Return what is a must, what never, what may come and go, and how different good plans are, in plain text."""
    scenario = found.scenario
    lines = [scenario.title, *([scenario.case.notice] if scenario.case.notice else []), *status_lines(found.plan)]
    allowed = found.plan.objective - found.worth
    lines.append(
        tr(
            "A plan counts as good if it is worth {worth:,.0f} staff-hours a year or more: at most {share} "
            "({less:,.0f}) less than the best one found.",
            worth=found.worth, share=percent(found.tolerance), less=allowed,
        )
    )  # fmt: skip
    for status, words in MEANING.items():
        members = found.powers[found.powers["status"] == status]
        if len(members) or status != OPEN:
            lines += ["", tr(words, n=len(members)), *_named(members)]
    plans = count(len(found.plans), "good plan")
    lines += ["", tr("{plans}, each audited, show every swing. Those that differ most:", plans=plans)]
    lines.append(tr(" plan         worth       gap  powers  base list  differs in"))
    figures = figures_of_plans(found).to_dict("records")
    for row in (figures[number] for number in found.different):
        lines.append(
            f"{row['plan']:>5}  {row['objective']:>12,.0f}  {percent(row['gap']):>8}  {row['powers_listed']:>6}  "
            f"{row['base_list']:>9}  {row['differs_in']:>10}"
        )
    if not found.finished:
        lines += ["", tr("NOT COMPLETE: give it more time for the powers that are open.")]
    return "\n".join(lines) + "\n"


def _named(members: pd.DataFrame) -> list[str]:
    if members.empty:
        return []
    key = members["loss_most"].where(np.isfinite(members["loss_most"]), members["loss_least"])
    order = members.assign(key=key).sort_values("key", ascending=False, kind="stable")
    lines = [
        tr(
            "  {power} {listed}  otherwise it costs {loss}  {name}",
            power=padded(row["power"], 8), listed=padded(tr("listed") if row["listed"] else tr("not listed"), 10),
            loss=_loss(row), name=row["name"],
        )
        for row in order.head(SHOWN).to_dict("records")
    ]  # fmt: skip
    more = len(order) - SHOWN
    return [*lines, *([tr("  ... and {n} more in powers.csv", n=more)] if more > 0 else [])]


def _loss(row: Mapping[Any, Any]) -> str:
    least, most = max(0.0, row["loss_least"]), row["loss_most"]
    if np.isinf(least):
        return tr("more than any plan is worth: none keeps the rules")
    if np.isfinite(most):
        return tr("{least:,.0f} to {most:,.0f}", least=np.floor(least), most=np.ceil(most))
    return tr("at least {least:,.0f}", least=np.floor(least))
