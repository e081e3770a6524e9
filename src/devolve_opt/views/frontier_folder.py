"""A trade-off front as a folder: tables, a text and a figure, beside the points that the study itself keeps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from devolve_opt.studies.frontier import Frontier
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.fronts import frontier_figure, goal_label, held_goals
from devolve_opt.views.wording import HOURS, percent, rounded_up
from devolve_opt.vocabulary import Status

POINTS = "points"
"""The folder of the points that are kept."""
SHOWN = 40
"""Points in the text, at most; the table holds them all."""


def write_frontier(frontier: Frontier, folder: str | Path) -> Path:
    """Write a front; each file is complete or is not there.

    Args:
        frontier: what `frontier` returned.
        folder: where; `frontier`, `payoff` and `open` as CSV and Parquet, `frontier.txt`, `frontier.png` and
            `frontier.svg` are written.

    Returns:
        The folder.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = frontier_text(frontier), frontier_figure(frontier)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "frontier", frontier.points)
        write_table(folder / "payoff", frontier.payoff.rename_axis("first").reset_index())
        write_table(folder / "open", frontier.open)
        write_bytes(folder / "frontier.txt", text.encode())
        write_figure(folder / "frontier", figure)
    return folder


def frontier_text(frontier: Frontier) -> str:
    """Return a front as small tables in plain text, with what is proven and what is open."""
    scenario, goals = frontier.scenario, frontier.goals
    head = [scenario.title, *([scenario.case.notice] if scenario.case.notice else [])]
    head += [
        f"Trade-off of {', '.join(goal_label(goal) for goal in goals)}, {HOURS}; larger is better, costs are negative."
    ]
    proven = int((frontier.points["status"] == Status.PROVEN).sum())
    head += [f"{len(frontier.points)} points, {proven} proven."]
    for goal in held_goals(frontier):
        spacing = f"{frontier.spacing[goal]:,.4g}"
        known = "any two plans differ by that" if frontier.exact[goal] else "between two points, others may lie"
        head.append(f"Values of {goal_label(goal)} differ by {spacing} at least: {known}.")
    if not frontier.open.empty:
        head += [
            f"NOT COMPLETE: {len(frontier.open)} parts of the front are open; the same command goes on from there."
        ]
    lines = [
        f"{'point':>5}  "
        + "  ".join(f"{goal:>16}" for goal in goals)
        + f"  {'status':<12}  {'at most':>14}  {'gap':>8}"
    ]
    for row in frontier.points.head(SHOWN).to_dict("records"):
        bound = "-" if pd.isna(row["bound"]) else f"{rounded_up(row['bound']):,.0f}"
        gap = "-" if pd.isna(row["gap"]) else percent(row["gap"])
        values = "  ".join(f"{row[goal]:>16,.0f}" for goal in goals)
        lines.append(f"{row['point']:>5}  {values}  {row['status']:<12}  {bound:>14}  {gap:>8}")
    if len(frontier.points) > SHOWN:
        lines.append(f"... and {len(frontier.points) - SHOWN} more in frontier.csv")
    lines += [
        "",
        f"`at most`: of {goal_label(frontier.points['solved_for'].iloc[0])}, for plans as good in the other goals.",
    ]
    lines += ["", "Each goal first, then the others in their order:"]
    lines.append(f"{'first':>16}  " + "  ".join(f"{goal:>16}" for goal in goals))
    for first, payoff in zip(goals, frontier.payoff.to_numpy().tolist(), strict=True):
        lines.append(f"{first:>16}  " + "  ".join(f"{value:>16,.0f}" for value in payoff))
    return "\n".join([*head, "", *lines]) + "\n"
