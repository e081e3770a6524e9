"""Figure of guide lists over futures: what each is worth on average and in the worst of them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.language import tr
from devolve_opt.studies.two_stage import MEASURES, PLAN, TwoStage
from devolve_opt.views import style
from devolve_opt.views.wording import HOURS, count

SHOWN = 15
"""Lists drawn at most: the best on average, and the plan's."""


@style.drawing
def two_stage_figure(found: TwoStage) -> Figure:
    """Draw each list from what it is worth to its bound, by measure, and what no list is worth more than."""
    study = found.robustness
    futures = int(found.values["future"].nunique())
    decided = (
        tr("Posts are held with each list; officers and take-up are decided anew in each future.") if study.hold_posts
        else tr("Posts, officers and take-up are decided anew in each future.")
    )  # fmt: skip
    canvas = style.canvas(
        tr("Which guide list stands up best"),
        tr(
            "{lists} in {futures}, seed {seed}; a bar reaches from what the plans found are worth to their bound",
            lists=count(len(found.guide_lists), "list"), futures=count(futures, "future"), seed=study.seed,
        ),
        style.drawn_notice(study.scenario.case.synthetic),
        tr(
            "Bars that overlap are not ranked by what is proven. "
            "Dashed: no guide list is worth more in these futures.\n"
            "{decided} The spreads are assumptions. Axes do not start at 0.", decided=decided,
        ),
        (10.5, 5.4), top=0.3, bottom=0.5,
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=1.0, wspace=0.3)
    titles = {"mean": tr("Worth on average"), "cvar": tr("Worth, mean of the worst fifth")}
    for place, measure in enumerate(MEASURES):
        _bars(canvas.figure.add_subplot(grid[0, place]), found, measure, titles[measure])
    return canvas.figure


def _bars(axes: Axes, found: TwoStage, measure: str, title: str) -> None:
    style.plain(axes, title, tr(HOURS), tr("list of"), "x")
    rows = found.lists.dropna(subset=[f"{measure}_worth"]).sort_values(f"{measure}_worth", kind="stable")
    own = rows["list"] == PLAN
    rows = rows[own | (np.arange(len(rows)) >= len(rows) - SHOWN)]
    if rows.empty:
        style.say(axes, tr("no list is known in all futures"))
        return
    for place, row in enumerate(rows.to_dict("records")):
        colour = style.THIS_PLAN if row["list"] == PLAN else style.RATIO_RULE
        ends = [row[f"{measure}_worth"], row[f"{measure}_bound"]]
        axes.plot(ends, [place, place], color=colour, linewidth=4, solid_capstyle="butt")
        axes.plot(ends, [place, place], linestyle="", marker="|", color=colour, markersize=8)
    line = axes.axvline(found.bounds[measure], color=style.WARNING, linestyle="--", linewidth=1.2, ymax=0.86)
    axes.set_yticks(range(len(rows)), [_name(name) for name in rows["list"]])
    axes.set_ylim(-0.7, len(rows) + 0.9)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    marks = [Line2D([], [], color=colour, linewidth=4) for colour in (style.THIS_PLAN, style.RATIO_RULE)]
    words = [tr("this plan's list"), tr("a future's list"), tr("none is worth more")]
    style.key(axes, [*marks, line], words, loc="upper left", ncols=3)


def _name(name: str) -> str:
    """Return what a list is called: `plan` is the plan's, `future 3` that of a future."""
    return tr("this plan") if name == PLAN else tr("future {number}", number=name.removeprefix("future "))
