"""Figure of robustness: what holding on to a plan's lists loses in each future, and how often each power is listed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from devolve_opt.language import joined, tr
from devolve_opt.studies.kept import NO_PLAN
from devolve_opt.studies.robust import Robustness
from devolve_opt.views import style
from devolve_opt.views.wording import HOURS, count, short_status

UNCERTAIN_NAMES = {"cases": "cases", "hours": "hours", "votes": "votes", "attrition": "attrition"}
"""What may be uncertain; shown as `tr(UNCERTAIN_NAMES[name])`."""

IN_PLAN, NOT_IN_PLAN = style.THIS_PLAN, style.RATIO_RULE
BARRED: dict[str, Any] = {"linestyle": "", "marker": "x", "color": style.WARNING}
UNKNOWN: dict[str, Any] = {"linestyle": "", "marker": "o", "markerfacecolor": "white", "color": style.WARNING}


@style.drawing
def robust_figure(found: Robustness) -> Figure:
    """Draw the regret of each future from at least to at most, and the share of futures that list each power."""
    plan = found.plan
    canvas = style.canvas(
        tr("How the guide list stands up to other data"),
        tr(
            "{futures}, seed {seed}; uncertain: {names};\n"
            "left: what is lost by holding on to the lists; right: in how many futures the list found holds each power",
            futures=count(len(found.futures), "future"), seed=found.seed,
            names=joined(tr(UNCERTAIN_NAMES[name]) for name in found.uncertain),
        ),
        style.drawn_notice(found.scenario.case.synthetic),
        style.sentences(
            style.stated(found.scenario.title, short_status(plan)), tr("The spreads of the data are assumptions.")
        )
        + "\n" + tr("A regret reaches from what is proven lost to what may be lost at most."),
        (10.5, 5.4), top=0.3, bottom=0.8,
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=0.9, wspace=0.28)
    _regrets(canvas.figure.add_subplot(grid[0, 0]), found)
    _stability(canvas.figure.add_subplot(grid[0, 1]), found)
    return canvas.figure


def _regrets(axes: Axes, found: Robustness) -> None:
    style.plain(axes, tr("Regret"), tr(HOURS), tr("future"), "x")
    rows = found.futures.sort_values(["regret_most", "future"], kind="stable", na_position="last", ignore_index=True)
    if rows.empty:
        style.say(axes, tr("no future was solved"))
        return
    told: set[bool] = set()
    for place, row in enumerate(rows.to_dict("records")):
        if np.isfinite(row["regret_most"]):
            ends = [row["regret_least"], row["regret_most"]]
            axes.plot(ends, [place, place], color=style.THIS_PLAN, linewidth=4, solid_capstyle="butt")
            axes.plot(ends, [place, place], linestyle="", marker="|", color=style.THIS_PLAN, markersize=8)
        else:
            # Not a regret of 0: the mark stands beside the axis, at no value.
            barred = NO_PLAN in (row["status"], row["held_status"])
            axes.plot([0.03], [place], transform=axes.get_yaxis_transform(), **(BARRED if barred else UNKNOWN))
            told.add(barred)
    if told:
        words = {
            True: tr("proven: no plan keeps the rules"),
            False: tr("regret not known: no plan or bound was found"),
        }
        marks = [Line2D([], [], **(BARRED if barred else UNKNOWN)) for barred in sorted(told)]
        style.key(axes, marks, [words[barred] for barred in sorted(told)], loc="lower right")
    labels = max(1, len(rows) // 20)
    axes.set_yticks(range(0, len(rows), labels), [str(number) for number in rows["future"][::labels]])
    # Less than a staff-hour is rounding, not a loss.
    axes.set_xlim(0, max(1.0, axes.get_xlim()[1]))
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))


def _stability(axes: Axes, found: Robustness) -> None:
    title = tr("How often powers are listed; tinted: 95 % interval")
    style.plain(axes, title, tr("powers, most often listed first"), tr("share of futures"), "y")
    marks = []
    for colour, own, hollow in ((IN_PLAN, True, False), (NOT_IN_PLAN, False, True)):
        rows = found.powers[found.powers["in_plan"] == own].sort_values("share", ascending=False, kind="stable")
        if len(rows) and rows["share"].notna().any():
            places = np.arange(1, len(rows) + 1)
            axes.fill_between(
                places, rows["share_low"], rows["share_high"], color=colour, alpha=0.15, linewidth=0, step="mid"
            )
            axes.step(
                places, rows["share"], where="mid", color=colour, linewidth=1.6, linestyle="--" if hollow else "-"
            )
        marks.append(style.dot(colour, hollow, "s"))
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    # Below the axes, as the lines may run anywhere.
    style.key(axes, marks, [tr("on the plan's guide list"), tr("not on it")], loc="upper right", ncols=2,
              bbox_to_anchor=(1.02, -0.13))  # fmt: skip
