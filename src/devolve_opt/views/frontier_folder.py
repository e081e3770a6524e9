"""A trade-off front as a folder: tables, a text and a figure, beside the points that the study itself keeps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from devolve_opt.language import chosen, joined, tr
from devolve_opt.studies.frontier import Frontier
from devolve_opt.studies.kept import status_named
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import padded
from devolve_opt.views.plots.fronts import frontier_figure, goal_label, held_goals
from devolve_opt.views.wording import percent, rounded_up
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
        tr(
            "Trade-off of {goals}, staff-hours a year; larger is better, costs are negative.",
            goals=joined(goal_label(goal) for goal in goals),
        )
    ]
    proven = int((frontier.points["status"] == Status.PROVEN).sum())
    head += [tr("{points} points, {proven} proven.", points=len(frontier.points), proven=proven)]
    for goal in held_goals(frontier):
        said = {"goal": goal_label(goal), "spacing": frontier.spacing[goal]}
        head.append(
            tr("Values of {goal} differ by {spacing:,.4g} at least: any two plans differ by that.", **said)
            if frontier.exact[goal]
            else tr("Values of {goal} differ by {spacing:,.4g} at least: between two points, others may lie.", **said)
        )
    if not frontier.open.empty:
        head += [
            tr(
                "NOT COMPLETE: {n} parts of the front are open; the same command goes on from there.",
                n=len(frontier.open),
            )
        ]
    heads = "  ".join(padded(chosen(goal_label(goal), goal), -16) for goal in goals)
    lines = [tr("point  {goals}  status               at most       gap", goals=heads)]
    for row in frontier.points.head(SHOWN).to_dict("records"):
        bound = "-" if pd.isna(row["bound"]) else f"{rounded_up(row['bound']):,.0f}"
        gap = "-" if pd.isna(row["gap"]) else percent(row["gap"])
        values = "  ".join(f"{row[goal]:>16,.0f}" for goal in goals)
        lines.append(f"{row['point']:>5}  {values}  {padded(status_named(row['status']), 12)}  {bound:>14}  {gap:>8}")
    if len(frontier.points) > SHOWN:
        lines.append(tr("... and {n} more in frontier.csv", n=len(frontier.points) - SHOWN))
    last = goal_label(frontier.points["solved_for"].iloc[0])
    lines += ["", tr("`at most`: of {goal}, for plans as good in the other goals.", goal=last)]
    lines += ["", tr("Each goal first, then the others in their order:")]
    lines.append(tr("           first  {goals}", goals=heads))
    for first, payoff in zip(goals, frontier.payoff.to_numpy().tolist(), strict=True):
        lines.append(
            f"{padded(chosen(goal_label(first), first), -16)}  " + "  ".join(f"{value:>16,.0f}" for value in payoff)
        )
    return "\n".join([*head, "", *lines]) + "\n"
