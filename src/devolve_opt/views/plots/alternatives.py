"""Figure of near-optimal alternatives: what every good list holds, what none, and what may come and go."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from devolve_opt.language import joined, tr
from devolve_opt.studies.alternatives import MUST, NEVER, OPEN, SWING, Alternatives
from devolve_opt.views import style
from devolve_opt.views.wording import HOURS, count, percent

COLOURS = {MUST: style.THIS_PLAN, SWING: style.PLAN_LIGHT, OPEN: style.FAINT, NEVER: style.GREY}
"""Colour of each status."""
WORDS = {
    MUST: "must: on every good list", SWING: "swing: on some", OPEN: "open: not decided in time",
    NEVER: "never: on none",
}  # fmt: skip
"""What each status means; shown as `tr(WORDS[status])`."""
COUNTED = {MUST: "{number} must", SWING: "{number} swing", OPEN: "{number} open", NEVER: "{number} never"}
"""How many powers have a status; shown as `tr(COUNTED[status])`."""
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
"""What stands behind words that lines may run through."""
HIGHEST = 3.0
"""Losses are drawn up to so many times what a good plan may lose."""


@style.drawing
def alternatives_figure(found: Alternatives) -> Figure:
    """Draw how many powers are must, swing and never, and what deciding each the other way costs."""
    counts = found.powers["status"].value_counts()
    allowed = found.plan.objective - found.worth
    shown = [status for status in WORDS if counts.get(status, 0) or status != OPEN]
    told = joined(tr(COUNTED[status], number=counts.get(status, 0)) for status in shown)
    lead = tr("{told}, of {powers} that may be listed", told=told, powers=count(len(found.powers), "power"))
    foot = tr(
        "A plan is good if it is worth at most {share} less than the best one found ({allowed:,.0f} {hours}).\n"
        "Each line: what deciding the power the other way costs, from what is proven (no plan loses less) to what a "
        "plan shows (dot).\nWithout a dot no such plan was found; a line that starts at 0 says that nothing is proven",
        share=percent(found.tolerance), allowed=allowed, hours=tr(HOURS),
    )  # fmt: skip
    title = tr("Which powers every good guide list holds")
    canvas = style.plan_canvas(found.plan, title, lead, (10.5, 6.4), note=foot, top=0.3, bottom=0.7)
    grid = canvas.grid(2, 2, left=0.9, height_ratios=(1, 6), hspace=0.42, wspace=0.2)
    _bar(canvas.figure.add_subplot(grid[0, :]), counts)
    top = HIGHEST * max(allowed, 1e-9)
    for place, (listed, words) in enumerate(
        ((True, tr("Loss if taken off the guide list")), (False, tr("Loss if put on the guide list")))
    ):
        axes = canvas.figure.add_subplot(grid[1, place])
        label = tr("loss (staff-hours a year)") if listed else ""
        _losses(axes, found.powers[found.powers["listed"] == listed], allowed, top)
        style.plain(axes, words, tr("powers, dearest first"), label, grid="y")
        axes.yaxis.set_major_formatter(FuncFormatter(style.thousands))
    return canvas.figure


def _bar(axes: Axes, counts: pd.Series) -> None:
    style.plain(axes)
    left = 0
    for status in WORDS:
        number = int(counts.get(status, 0))
        if number:
            axes.barh(0, number, left=left, color=COLOURS[status], edgecolor="white")
            dark = status in (MUST, NEVER)
            axes.text(left + number / 2, 0, str(number), ha="center", va="center", fontsize=9,
                      color="white" if dark else style.TEXT, fontfamily=style.font())  # fmt: skip
        left += number
    axes.set_xlim(0, max(left, 1))
    axes.set_yticks([])
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    shown = [status for status in WORDS if counts.get(status, 0)]
    style.key(axes, [Patch(color=COLOURS[status]) for status in shown], [tr(WORDS[status]) for status in shown],
              loc="upper left", bbox_to_anchor=(-0.01, 0.0), ncols=4)  # fmt: skip


def _losses(axes: Axes, powers: pd.DataFrame, allowed: float, top: float) -> None:
    if powers.empty:
        style.say(axes, tr("No power."))
        return
    most, least = powers["loss_most"].to_numpy(float), powers["loss_least"].to_numpy(float)
    order = np.argsort(-np.where(np.isfinite(most), most, least), kind="stable")
    place = np.arange(len(powers))
    most, least = most[order], np.clip(least[order], 0.0, top)
    colours = [COLOURS[status] for status in powers["status"].to_numpy()[order]]
    axes.vlines(place, least, np.minimum(most, top), colors=colours, linewidth=max(0.8, min(4.0, 250 / len(powers))))
    seen = most <= top
    axes.scatter(place[seen], most[seen], s=9, c=[colours[number] for number in np.flatnonzero(seen)],
                 edgecolors=style.TEXT, linewidths=0.3, zorder=3)  # fmt: skip
    axes.axhline(allowed, color=style.WARNING, linewidth=1.0)
    axes.annotate(tr("a good plan loses no more"), (1.0, allowed), xycoords=("axes fraction", "data"), ha="right",
                  va="bottom", fontsize=8, color=style.WARNING, fontfamily=style.font(), bbox=BEHIND)  # fmt: skip
    axes.set_ylim(min(0.0, float(np.nanmin(most[seen], initial=0.0))), top)
    axes.set_xlim(-1, len(powers))
    axes.set_xticks([])
    beyond = int((~seen).sum())
    if beyond:
        words = tr("{number} reach further up", number=beyond)
        axes.annotate(words, (1.0, 0.985), xycoords="axes fraction", ha="right", va="top",
                      fontsize=8, color=style.SMALL_PRINT, fontfamily=style.font(), bbox=BEHIND)  # fmt: skip
