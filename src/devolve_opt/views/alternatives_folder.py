"""Near-optimal alternatives as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.studies.alternatives import MUST, NEVER, OPEN, SWING, Alternatives
from devolve_opt.studies.comparing import measures
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.alternatives import alternatives_figure
from devolve_opt.views.wording import HOURS, count, percent, proof_record, status_lines

RECORD = "alternatives.json"
KEPT = "kept"
"""Folder of what is known of each power, which tells this folder from any other."""
SHOWN = 12
"""Powers of each status that are named in the text, those with the largest loss first."""


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
        f"A plan counts as good if it is worth {found.worth:,.0f} {HOURS} or more: at most {percent(found.tolerance)} "
        f"({allowed:,.0f}) less than the best one found."
    )
    meaning = {
        MUST: "on the list of every good plan: without it, no plan is good",
        SWING: "on the lists of some good plans and not of others",
        NEVER: "on the list of no good plan that has a township take it",
        OPEN: "not decided: neither such a plan was found nor a proof that there is none",
    }
    for status, words in meaning.items():
        members = found.powers[found.powers["status"] == status]
        if len(members) or status != OPEN:
            lines += ["", f"{status.upper()} ({len(members)}): {words}", *_named(members)]
    lines += ["", f"{count(len(found.plans), 'good plan')}, each audited, show every swing. Those that differ most:"]
    lines.append(f"{'plan':>5}  {'worth':>12}  {'gap':>8}  {'powers':>6}  {'base list':>9}  {'differs in':>10}")
    figures = figures_of_plans(found).to_dict("records")
    for row in (figures[number] for number in found.different):
        lines.append(
            f"{row['plan']:>5}  {row['objective']:>12,.0f}  {percent(row['gap']):>8}  {row['powers_listed']:>6}  "
            f"{row['base_list']:>9}  {row['differs_in']:>10}"
        )
    if not found.finished:
        lines += ["", "NOT COMPLETE: give it more time for the powers that are open."]
    return "\n".join(lines) + "\n"


def _named(members: pd.DataFrame) -> list[str]:
    if members.empty:
        return []
    key = members["loss_most"].where(np.isfinite(members["loss_most"]), members["loss_least"])
    order = members.assign(key=key).sort_values("key", ascending=False, kind="stable")
    lines = [
        f"  {row['power']:<8} {'listed' if row['listed'] else 'not listed':<10}  otherwise it costs {_loss(row)}"
        f"  {row['name']}"
        for row in order.head(SHOWN).to_dict("records")
    ]
    return [*lines, *([f"  ... and {len(order) - SHOWN} more in powers.csv"] if len(order) > SHOWN else [])]


def _loss(row: Mapping[Any, Any]) -> str:
    least, most = max(0.0, row["loss_least"]), row["loss_most"]
    if np.isinf(least):
        return "more than any plan is worth: none keeps the rules"
    return (
        f"{np.floor(least):,.0f} to {np.ceil(most):,.0f}" if np.isfinite(most) else f"at least {np.floor(least):,.0f}"
    )
