"""Figure of an even plan: every township in order, before and after, and what is beyond each level."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.formulation.levels import CHOICES, LOAD, POSTS
from devolve_opt.language import tr
from devolve_opt.studies.even_plans import EvenPlan
from devolve_opt.views import style
from devolve_opt.views.wording import count, share, short_status, signed

TITLES = {
    LOAD: "A plan even in load", POSTS: "A plan even in posts", CHOICES: "A plan even in choices met",
}  # fmt: skip
SHARES = {
    LOAD: "hours needed, share of hours there", POSTS: "posts, share of what the formula gives",
    CHOICES: "rounds met, share of those chosen",
}  # fmt: skip
"""What the figure is called, and what is drawn; shown as `tr(...)`."""


@style.drawing
def even_figure(found: EvenPlan) -> Figure:
    """Draw the townships in order of what they have, before and after, and what is beyond each level."""
    plan, even = found.plan, found.even
    note = style.stated(found.scenario.title, short_status(plan))
    if even is not None and even is not plan:
        lost = even.objective - plan.objective
        note += "\n" + tr(
            "Even plan: {worth} staff-hours a year against this run; {status}.",
            worth=signed(round(lost)), status=short_status(even),
        )  # fmt: skip
    canvas = style.canvas(
        tr(TITLES[found.of]),
        tr(
            "of all plans worth at most {within} less: as few points as can be beyond the worst level,\n"
            "then beyond the next, and so on; all townships weigh alike",
            within=share(found.within),
        ),
        style.drawn_notice(found.scenario.case.synthetic), note, (10.5, 5.4), top=0.35, bottom=0.75,
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=0.8, wspace=0.35, width_ratios=(1.2, 1))
    _townships(canvas.figure.add_subplot(grid[0, 0]), found)
    _levels(canvas.figure.add_subplot(grid[0, 1]), found)
    return canvas.figure


def _townships(axes: Axes, found: EvenPlan) -> None:
    style.plain(axes, tr("Townships, the worst off first"), style.noun("townships"), tr(SHARES[found.of]), "y")
    drawn = []
    for name, colour, words in (("before", style.TODAY, tr("this run")), ("after", style.THIS_PLAN, tr("even plan"))):
        values = np.sort(found.townships[name].dropna().to_numpy(float))
        values = values[::-1] if found.of == LOAD else values
        if values.size:
            axes.step(np.arange(1, len(values) + 1), values, where="mid", color=colour, linewidth=1.8)
            drawn.append((Line2D([], [], color=colour, linewidth=1.8), words))
    for level in found.levels["level"]:
        axes.axhline(level, color=style.WARNING, linewidth=0.6, alpha=0.6)
    if not found.levels.empty:
        drawn.append((Line2D([], [], color=style.WARNING, linewidth=0.8), tr("levels")))
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlim(left=0.5)
    if drawn:
        style.key(axes, *zip(*drawn, strict=True), loc="lower left" if found.of == LOAD else "lower right")


def _levels(axes: Axes, found: EvenPlan) -> None:
    style.plain(axes, tr("Beyond each level"), tr("percentage points, all townships together"), "", "x")
    rows = found.levels
    if rows.empty:
        style.say(axes, tr("no township is beyond any level"))
        return
    for place, row in enumerate(rows.to_dict("records")):
        for offset, name, colour in ((-0.2, "before", style.TODAY), (0.2, "after", style.THIS_PLAN)):
            if np.isfinite(row[name]):
                axes.barh(place + offset, row[name], height=0.36, color=colour)
                words = count(int(row[f"townships_{name}"]), "township")
                axes.annotate(words, (row[name], place + offset), (3, 0), textcoords="offset points", va="center",
                              fontsize=7.5, color=style.TEXT, fontfamily=style.font())  # fmt: skip
        if np.isfinite(row["least"]):
            axes.plot([row["least"]] * 2, [place + 0.02, place + 0.38], color=style.WARNING, linewidth=1.6)
    axes.set_yticks(range(len(rows)), [_percent(level) for level in rows["level"]])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    top = float(np.nanmax(rows[["before", "after"]].to_numpy(float)))
    axes.set_xlim(0, 1.3 * max(top, 0.01))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    mark = Line2D([], [], color=style.WARNING, linewidth=1.6)
    style.key(axes, [mark], [tr("no plan that holds the levels above has less")], loc="upper center",
              bbox_to_anchor=(0.5, -0.14))  # fmt: skip


def _percent(value: float, position: object = None) -> str:
    return f"{100 * value:.4g} %"
