"""Figure of a phase plan: which batch hands over what in each county, and what is tight how often."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from devolve_opt.language import tr
from devolve_opt.phase_plan import PhasePlan
from devolve_opt.views import style
from devolve_opt.views.wording import percent
from devolve_opt.vocabulary import Status


@style.drawing
def handovers(plan: PhasePlan, tight: pd.Series) -> Figure:
    """Draw the powers of each county by the batch that hands them over, and what was tight for those that wait.

    Args:
        plan: the batches.
        tight: by limit, shown as `style.noun(limit)`, the powers for which it was tight a batch earlier.
    """
    counties = plan.audit.counties
    powers = counties.pivot(index="county", columns="batch", values="powers")
    of_last = counties[counties["batch"] == counties["batch"].max()].set_index("county").reindex(powers.index)
    left_over = of_last["taken"] - of_last["held"]
    total, waiting = int(powers.to_numpy().sum() + left_over.sum()), len(plan.bottlenecks)
    said = {"first": int(powers[1].sum()), "total": total, "none": int(left_over.sum())}
    lead = tr("{first:,} of {total:,} township powers are handed over in batch 1.", **said)
    if left_over.sum():
        lead = tr("{first:,} of {total:,} township powers are handed over in batch 1, {none:,} in no batch.", **said)
    lead = style.sentences(lead, tr("Waiting costs {hours:,.0f} staff-hours of the year.", hours=plan.lost))
    state = tr("proven best") if plan.gap == 0 else tr("proven within {gap}", gap=percent(plan.gap))
    if plan.status is not Status.PROVEN:
        state = tr("gap {gap} NOT proven away", gap=percent(plan.gap))
    foot = tr("{title}, batches: {state}.", title=style.short_name(plan.scenario.title), state=state)
    foot += "\n" + tr(
        "Right: limits that stood in the way a batch earlier, all else as it is; several may be tight for one power."
    )
    size = (11.5, 2.4 + 0.27 * max(6, len(powers)))
    notice = style.drawn_notice(plan.scenario.case.synthetic)
    canvas = style.canvas(tr("Powers handed over by batch, and what kept them waiting"), lead, notice, foot, size,
                          top=0.6, bottom=0.55)  # fmt: skip
    grid = canvas.grid(1, 2, left=0.8, right=0.5, width_ratios=[3, 2], wspace=0.42)
    axes = style.plain(canvas.figure.add_subplot(grid[0]), "", tr("township powers"), "", grid="x")
    if not total:
        style.say(axes, tr("The plan hands nothing over."))
    else:
        _stacked(axes, powers, left_over)
    heading = tr("Tight a batch earlier, of {number:,} that wait", number=waiting)
    other = style.plain(canvas.figure.add_subplot(grid[1]), heading, tr("township powers"), "", grid="x")
    if not waiting:
        style.say(other, tr("None waits."))
        return canvas.figure
    places = range(len(tight))
    bars = other.barh(places, tight.to_numpy(), color=style.THIS_PLAN, height=0.65)
    other.bar_label(bars, labels=[f"{number:,}" for number in tight], fontsize=8, padding=3, fontfamily=style.font())
    other.set_yticks(list(places), [style.noun(str(limit)) for limit in tight.index])
    other.invert_yaxis()
    other.set_xlim(0, max(1, int(tight.max())) * 1.15)
    other.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    return canvas.figure


def _stacked(axes: Axes, powers: pd.DataFrame, left_over: pd.Series) -> None:
    parts = [
        (tr("batch {number}", number=batch), powers[batch], colour)
        for batch, colour in zip(powers.columns, style.shades(len(powers.columns)), strict=True)
    ]
    if left_over.sum():
        parts.append((tr("left over"), left_over, style.MIDDLE_GREY))
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
