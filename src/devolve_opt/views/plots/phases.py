"""Figure of a phase plan: which batch hands over what in each county, and what is tight how often."""

from __future__ import annotations

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from devolve_opt.phase_plan import PhasePlan
from devolve_opt.views import style
from devolve_opt.views.wording import percent
from devolve_opt.vocabulary import Status

LEFT_OVER_COLOUR = "#BBBBBB"


def handovers(plan: PhasePlan, tight: pd.Series) -> Figure:
    """Draw the powers of each county by the batch that hands them over, and what was tight for those that wait.

    Args:
        plan: the batches.
        tight: by limit, the powers for which it was tight a batch earlier.
    """
    counties = plan.audit.counties
    powers = counties.pivot(index="county", columns="batch", values="powers")
    of_last = counties[counties["batch"] == counties["batch"].max()].set_index("county").reindex(powers.index)
    left_over = of_last["taken"] - of_last["held"]
    total, waiting = int(powers.to_numpy().sum() + left_over.sum()), len(plan.bottlenecks)
    lead = f"{int(powers[1].sum()):,} of {total:,} township powers are handed over in batch 1"
    lead += f", {int(left_over.sum()):,} in no batch." if left_over.sum() else "."
    lead += f" Waiting costs {plan.lost:,.0f} staff-hours of the year."
    state = "proven best" if plan.gap == 0 else f"proven within {percent(plan.gap)}"
    if plan.status is not Status.PROVEN:
        state = f"gap {percent(plan.gap)} NOT proven away"
    foot = f"{style.short_name(plan.scenario.title)}, batches: {state}.\n"
    foot += (
        "Right: limits that stood in the way a batch earlier, all else as it is; several may be tight for one power."
    )
    size = (11.5, 2.4 + 0.27 * max(6, len(powers)))
    notice = style.drawn_notice(plan.scenario)
    canvas = style.canvas("Powers handed over by batch, and what kept them waiting", lead, notice, foot, size,
                          top=0.6, bottom=0.55)  # fmt: skip
    grid = canvas.grid(1, 2, left=0.8, right=0.5, width_ratios=[3, 2], wspace=0.42)
    axes = style.plain(canvas.figure.add_subplot(grid[0]), "", "township powers", "", grid="x")
    if not total:
        style.say(axes, "The plan hands nothing over.")
    else:
        _stacked(axes, powers, left_over)
    other = style.plain(
        canvas.figure.add_subplot(grid[1]), f"Tight a batch earlier, of {waiting:,} that wait", "township powers", "",
        grid="x",
    )  # fmt: skip
    if not waiting:
        style.say(other, "None waits.")
        return canvas.figure
    places = range(len(tight))
    bars = other.barh(places, tight.to_numpy(), color=style.THIS_PLAN, height=0.65)
    other.bar_label(bars, labels=[f"{number:,}" for number in tight], fontsize=8, padding=3, fontfamily=style.FONT)
    other.set_yticks(list(places), list(map(str, tight.index)))
    other.invert_yaxis()
    other.set_xlim(0, max(1, int(tight.max())) * 1.15)
    other.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    return canvas.figure


def _stacked(axes: Axes, powers: pd.DataFrame, left_over: pd.Series) -> None:
    shades = colormaps["viridis"]
    colours = [to_hex(shades(0.15 + 0.75 * number / max(1, len(powers.columns) - 1)))
               for number in range(len(powers.columns))]  # fmt: skip
    parts = [(f"batch {batch}", powers[batch], colour) for batch, colour in zip(powers.columns, colours, strict=True)]
    if left_over.sum():
        parts.append(("left over", left_over, LEFT_OVER_COLOUR))
    start = pd.Series(0, index=powers.index)
    places = range(len(powers))
    for _, part, colour in parts:
        axes.barh(places, part, left=start, color=colour, height=0.7)
        start = start + part
    axes.set_yticks(list(places), style.drawable_ids(list(map(str, powers.index)), "county"))
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    entries = [Patch(color=colour) for _, _, colour in parts]
    style.key(axes, entries, [name for name, _, _ in parts], loc="lower left", ncols=5, bbox_to_anchor=(-0.01, 1.0))
