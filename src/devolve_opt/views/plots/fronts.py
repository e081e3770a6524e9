"""Figure of a trade-off front: every point with its proof, and what lies between them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.language import joined, tr
from devolve_opt.studies.frontier import REST, Frontier
from devolve_opt.views import style
from devolve_opt.views.wording import HOURS, count, percent
from devolve_opt.vocabulary import Status, label

ACROSS = 3
"""Panels beside one another, at most."""


@style.drawing
def frontier_figure(frontier: Frontier) -> Figure:
    """Draw a front: a panel for each two goals, a dot for each point, filled where it is proven.

    A bar reaches from a point to the bound of its goal; in a front of two goals the shaded side holds no plan.
    """
    panels = list(combinations(frontier.goals, 2))
    proven = int((frontier.points["status"] == Status.PROVEN).sum())
    found = len(frontier.points)
    gap = frontier.points["gap"].max()
    said = {"plans": count(found, "plan"), "proven": proven}
    if pd.notna(gap) and gap > 0:
        lead = tr(
            "{plans}, {proven} proven: these cannot be better in one goal by over {gap} without loss in another.",
            gap=percent(float(gap)), **said,
        )  # fmt: skip
    else:
        lead = tr("{plans}, {proven} proven: these cannot be better in one goal without loss in another.", **said)
    lead += f"\n{_completeness(frontier)}"
    foot = tr(
        "{title}. Filled: proven to its gap. Hollow: not proven in time.",
        title=style.short_name(frontier.scenario.title),
    )
    if len(panels) == 1:
        foot += "\n" + tr("Grey: no plan can be there. A bar reaches from a point to the most that is possible at it.")
    else:
        foot += "\n" + tr("A bar reaches from a point to the most that is possible at it.")
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    size = (9.5, 6.0) if len(panels) == 1 else (4.6 * across + 0.6, 4.2 * down + 1.4)
    title, notice = tr("What one goal costs another"), style.drawn_notice(frontier.scenario.case.synthetic)
    canvas = style.canvas(title, lead, notice, foot, size, top=0.3, bottom=0.6)
    grid = canvas.grid(down, across, left=1.1, wspace=0.42, hspace=0.35)
    for number, (first, second) in enumerate(panels):
        axes = canvas.figure.add_subplot(grid[number // across, number % across])
        style.plain(axes, "", "", "", grid="both")
        _panel(axes, frontier, first, second)
    return canvas.figure


def goal_label(goal: str) -> str:
    """Return a goal in words."""
    return tr("all other terms") if goal == REST else label(goal)


def held_goals(frontier: Frontier) -> list[str]:
    """Return the goals whose values have a spacing: all but the one that was solved for at each of them."""
    return [goal for goal in frontier.goals if goal != frontier.points["solved_for"].iloc[0]]


def _between(frontier: Frontier) -> str:
    """Return by how much points are apart where others may lie between them; empty where none can."""
    return joined(
        tr("{amount:,.0f} in {goal}", amount=frontier.spacing[goal], goal=goal_label(goal))
        for goal in held_goals(frontier)
        if not frontier.exact[goal]
    )


def _completeness(frontier: Frontier) -> str:
    if not frontier.open.empty:
        parts = count(len(frontier.open), "part")
        return tr("NOT COMPLETE: {parts} of the front not searched to the end.", parts=parts)
    if stated := _between(frontier):
        return tr("At a spacing of {spacing}: between two points, plans that differ by less may lie.", spacing=stated)
    return tr("Complete: no plan lies between two points.")


def _panel(axes: Axes, frontier: Frontier, first: str, second: str) -> None:
    points = frontier.points.sort_values(first)
    across, up = points[first].to_numpy(float), points[second].to_numpy(float)
    sure = (points["status"] == Status.PROVEN).to_numpy()
    if len(frontier.goals) == 2 and len(points):
        upright = (points["solved_for"] == second).to_numpy() & points["bound"].notna().to_numpy()
        most = np.where(upright, points["bound"].astype(float), up)
        _empty_side(axes, across, up, most, _between(frontier) == "" and frontier.open.empty)
    _bars(axes, frontier, first, second)
    axes.scatter(across[sure], up[sure], s=30, color=style.THIS_PLAN, zorder=3)
    axes.scatter(across[~sure], up[~sure], s=30, facecolors="white", edgecolors=style.THIS_PLAN, zorder=3)
    words: dict[str, Any] = {"fontsize": 9, "fontfamily": style.font(), "parse_math": False}
    axes.set_xlabel(tr("{quantity} ({unit})", quantity=goal_label(first), unit=tr(HOURS)), **words)
    axes.set_ylabel(tr("{quantity} ({unit})", quantity=goal_label(second), unit=tr(HOURS)), **words)
    if np.ptp(across) < 1:
        axes.set_xlim(across.min() - 1, across.max() + 1)
    if np.ptp(up) < 1:
        axes.set_ylim(up.min() - 1, up.max() + 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True))
        axis.set_major_formatter(FuncFormatter(style.thousands))


def _empty_side(axes: Axes, across: np.ndarray, up: np.ndarray, most: np.ndarray, complete: bool) -> None:
    """Shade what no plan reaches.

    A plan with more of the first goal than a point has no more of the second than is possible at that point; where
    nothing lies between two points, no more than is possible at the next one.

    Args:
        axes: where.
        across: values of the first goal, rising, shape (points,).
        up: values of the second, shape (points,).
        most: what is possible of the second at each, shape (points,).
        complete: whether nothing lies between two points.
    """
    reach = [max(float(np.ptp(values)), 1e-6 * max(1.0, float(np.abs(values).max())), 1.0) for values in (across, up)]
    left, right = across[0] - 0.08 * reach[0], across[-1] + 0.08 * reach[0]
    top, bottom = most.max() + 0.08 * reach[1], up.min() - 0.08 * reach[1]
    edges = np.r_[left, across, right]
    levels = np.r_[most, bottom] if complete else np.r_[most[0], most[:-1], bottom]
    for begin, end, level in zip(edges[:-1], edges[1:], levels, strict=True):
        axes.fill_between([begin, end], level, top, color=style.PALE, linewidth=0, zorder=0)
    axes.stairs(levels, edges, baseline=None, color=style.THIS_PLAN, linewidth=1.0, alpha=0.6)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _bars(axes: Axes, frontier: Frontier, first: str, second: str) -> None:
    """Draw a bar from each point to its bound, along the goal that was solved for."""
    for row in frontier.points.to_dict("records"):
        if row["bound"] is None or row["solved_for"] not in (first, second):
            continue
        upright = row["solved_for"] == second
        ends = [
            (row[first], row[first] if upright else row["bound"]),
            (row[second], row["bound"] if upright else row[second]),
        ]
        axes.plot(*ends, color=style.THIS_PLAN, linewidth=2.4, alpha=0.4, zorder=2)
