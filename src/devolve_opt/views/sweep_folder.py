"""A sweep as a folder: a tidy table, a text and a figure, beside the points that the sweep itself keeps."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.studies.cap_prices import cap_prices, changes, stops_binding
from devolve_opt.studies.kept import status_named
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import padded
from devolve_opt.views.plots import sweep_figure
from devolve_opt.views.wording import percent, rounded_up


def write_sweep(
    frame: pd.DataFrame, cap: str, scenario: Scenario, folder: str | Path, asked: int | None = None
) -> Path:
    """Write the result of a sweep; each file is complete or is not there.

    Args:
        frame: what `sweep` returned.
        cap: the cap that was varied.
        scenario: what it was varied in.
        asked: how many values were asked for; None if all of them are there.
        folder: where; `sweep` (points), `prices` (what each step gains) and `changes` (what differs in the plans) are
            written as CSV and Parquet, and `sweep.txt`, `sweep.png` and `sweep.svg`.

    Returns:
        The folder.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    unit, text = cap_unit(cap), sweep_text(frame, cap, scenario, asked)
    figure = sweep_figure(frame, cap, unit, scenario.title, scenario.case.notice)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "sweep", frame)
        write_table(folder / "prices", cap_prices(frame))
        write_table(folder / "changes", changes(frame))
        write_bytes(folder / "sweep.txt", text.encode())
        write_figure(folder / "sweep", figure)
    return folder


def sweep_text(frame: pd.DataFrame, cap: str, scenario: Scenario, asked: int | None = None) -> str:
    """Return the sweep as a small table in plain text, with the unit and the notice of the data."""
    rows = [tr("     value  status                 worth         at most       gap")]
    for row in frame.to_dict("records"):
        known = pd.notna(row["objective"])
        worth, bound, gap = ("-", "-", "-")
        if known:
            worth, gap = f"{row['objective']:,.0f}", f"{row['gap']:.3%}" if pd.notna(row["gap"]) else "-"
            bound = f"{rounded_up(row['bound']):,.0f}" if pd.notna(row["bound"]) else "-"
            bound = worth if row["gap"] == 0 else bound  # no two roundings of one figure
        rows.append(
            f"{row['value']:>10g}  {padded(status_named(row['status']), 12)}  {worth:>14}  {bound:>14}  {gap:>8}"
        )
    head = [scenario.title, *([scenario.case.notice] if scenario.case.notice else [])]
    head += [
        tr(
            "{cap} [{unit}]; worth of the plan and the most any plan can be worth, staff-hours a year",
            cap=cap, unit=tr(cap_unit(cap)),
        )
    ]  # fmt: skip
    if len(frame) and not frame["comparable"].all():
        head += [
            tr("{cap} is part of how a plan is valued: worth at different values of it must not be ranked.", cap=cap)
        ]
    if asked is not None and len(frame) < asked:
        head += [
            tr(
                "NOT COMPLETE: {done} of {asked} values are done; the same command goes on from there.",
                done=len(frame), asked=asked,
            )
        ]  # fmt: skip
    head += [""]
    rows += _prices(frame, cap)
    rows += [f"{row['value']:>10g}  {row['note']}" for row in frame.to_dict("records") if row.get("note")]
    return "\n".join([*head, *rows]) + "\n"


def _prices(frame: pd.DataFrame, cap: str) -> list[str]:
    """Return what each step gains for a unit of the cap, and from where on it hardly matters."""
    steps = cap_prices(frame)
    if steps.empty or not frame["comparable"].all():
        return []
    changed = changes(frame)
    rows = [
        "",
        tr("What a step gains for each unit of {cap}, from these points alone, and what changes", cap=cap),
        tr("      from          to      at least       at most  worth    powers    posts"),
    ]
    for step in steps.to_dict("records"):
        here = changed[(changed["from_value"] == step["from_value"]) & (changed["to_value"] == step["to_value"])]
        powers, posts = (int((here["kind"] == kind).sum()) for kind in ("power", "posts"))
        gains = "  ".join(f"{round(step[name], 1) + 0.0:>12,.1f}" for name in ("gain_least", "gain_most"))
        changed_here = f"{padded(tr(step['worth']), 6)}  {powers:>7}  {posts:>7}"
        rows.append(f"{step['from_value']:>10g}  {step['to_value']:>10g}  {gains}  {changed_here}")
    gap = float(frame["gap"].max())
    place = stops_binding(frame, gap) if math.isfinite(gap) else None
    if place is not None:
        rows += [
            "",
            tr(
                "From {place:g} on, no other value here is worth over {gap} more: within the points' gap.",
                place=place,
                gap=percent(gap),
            ),
        ]
    return [*rows, ""] if frame["note"].astype(bool).any() else rows


def cap_unit(cap: str) -> str:
    """Return the unit of a key of the policy."""
    extra = Policy.model_fields[cap].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else ""
