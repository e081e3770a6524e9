"""Figures of runs: how a search went, and how the value answers to a cap."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.studies.cap_prices import cap_prices
from devolve_opt.views import style
from devolve_opt.views.wording import HOURS, percent, phase_named, short_status
from devolve_opt.vocabulary import Method, Status, Term

VIEW_OF_GAPS = 4.0
"""The value axis reaches this many last gaps beyond the last bound; what lay further off before is named, not drawn."""


@style.drawing
def progress(plan: Plan) -> Figure:
    """Draw how bound and best plan came together over time; the shaded gap is what is not proven."""
    steps = plan.steps
    wall = float(steps["seconds"].max()) if len(steps) else 0.0
    by_rule = plan.method is Method.RATIO
    known = np.isfinite(plan.bound)
    lead = tr(
        "After {seconds:,.0f} s: {best} {worth:,.0f}, {bound} {hours}; gap {gap}.",
        seconds=wall, best=tr("the ratio rule's plan") if by_rule else tr("best plan"), worth=plan.objective,
        bound=tr("bound {worth:,.0f}", worth=plan.bound) if known else short_status(plan), hours=tr(HOURS),
        gap=percent(plan.gap),
    )  # fmt: skip
    asked = plan.options.get("gap")
    if asked is not None and not by_rule:
        lead = style.sentences(lead, tr("Asked for: {gap}.", gap=percent(float(asked))))
    canvas = style.plan_canvas(plan, tr("How the search went"), lead, (9.5, 4.4), top=0.3, bottom=0.55)
    axes = style.plain(
        canvas.figure.add_subplot(canvas.grid(1, 1, left=0.95)[0]), "", tr("seconds"), tr(HOURS), grid="y"
    )
    if steps.empty or not np.isfinite(steps[["bound", "objective"]].to_numpy(float)).any():
        style.say(axes, tr("No steps were recorded."))
        return canvas.figure
    seconds = steps["seconds"].to_numpy(float)
    bound, found = (steps[name].to_numpy(float) for name in ("bound", "objective"))
    if by_rule:  # The steps may be those of a search for a better plan; this one stands from the start.
        found = np.full(len(steps), plan.objective)
    bound, found = (np.where(np.isfinite(values), values, np.nan) for values in (bound, found))
    lowest, top = _worth_showing(bound, found)
    lowest = plan.objective if by_rule else lowest
    axes.step(seconds, bound, where="post", color=style.TEXT, linewidth=1.5, label=tr("bound: no plan is worth more"))
    label = tr("the ratio rule's plan") if by_rule else tr("best plan so far")
    axes.step(seconds, found, where="post", color=style.THIS_PLAN, linewidth=1.8, label=label)
    _phases(axes, steps)
    room = max(top - lowest, 1e-6 * max(1.0, abs(top)), 1.0)
    axes.set_ylim(lowest - 0.04 * room, top + 0.12 * room)
    cut = np.maximum(found, lowest - 0.04 * room)
    drawn = np.isfinite(cut) & np.isfinite(bound)
    axes.fill_between(seconds, cut, bound, where=drawn, step="post", color=style.UNPROVEN, linewidth=0)
    axes.set_xlim(0, max(wall, 1e-3) * 1.02)
    axes.yaxis.set_major_formatter(FuncFormatter(style.thousands))
    first = found[np.isfinite(found)]
    if len(first) and first[0] < lowest:
        axes.annotate(
            tr("first plan: {worth:,.0f}", worth=first[0]), (0.01, 0.02), xycoords="axes fraction", fontsize=8,
            color=style.THIS_PLAN, fontfamily=style.font(),
        )  # fmt: skip
    loosest = bound[np.isfinite(bound)]
    if len(loosest) and loosest[0] > top:
        # Beside where the bound comes into the picture.
        enters = float(seconds[np.nanargmax(bound <= axes.get_ylim()[1])])
        late = enters > 0.6 * wall
        axes.annotate(
            tr("first bound: {worth:,.0f}", worth=loosest[0]), (enters, 0.84), (-8 if late else 8, 0),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=8,
            ha="right" if late else "left", va="top", color=style.TEXT, fontfamily=style.font(),
        )  # fmt: skip
    handles, words = axes.get_legend_handles_labels()
    style.key(axes, handles, words, loc="lower right", bbox_to_anchor=(1.01, 0.985), ncols=2, borderpad=0.1)
    return canvas.figure


def _worth_showing(bound: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest value worth showing: the end of the search is not flattened by its start."""
    everything = np.concatenate([bound, found])
    lowest, top = float(np.nanmin(everything)), float(np.nanmax(everything))
    known_found, known_bound = found[np.isfinite(found)], bound[np.isfinite(bound)]
    if not len(known_found) or not len(known_bound):
        return lowest, top
    last_gap = max(known_bound[-1] - known_found[-1], 0.005 * max(abs(known_bound[-1]), 1.0))
    view = VIEW_OF_GAPS * last_gap
    return max(lowest, min(known_bound[-1], top) - view), min(top, max(known_bound[-1], known_found[-1]) + view)


def _phases(axes: Axes, steps: pd.DataFrame) -> None:
    starts = steps.loc[steps["phase"] != steps["phase"].shift(), ["seconds", "phase"]]
    wall = max(float(steps["seconds"].max()), 1e-3)
    lasted = [*starts["seconds"].iloc[1:], wall] - starts["seconds"].to_numpy()
    for began, phase, seconds in zip(starts["seconds"], starts["phase"], lasted, strict=True):
        if began > 0:
            axes.axvline(began, color=style.MIDDLE_GREY, linewidth=0.8, linestyle=":")
        # The names of short phases would write over one another.
        if seconds > 0.12 * wall:
            axes.annotate(
                phase_named(str(phase)), (began, 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
                textcoords="offset points", va="top", fontsize=7.5, color=style.SMALL_PRINT, fontfamily=style.font(),
                parse_math=False,
            )  # fmt: skip


WITHOUT = {"infeasible": "infeasible", "no_plan": "no plan", "failed": "failed"}
"""Why there is no plan at a cap, by its status; shown as `tr(words)`."""


@style.drawing
def sweep_figure(frame: pd.DataFrame, cap: str, unit: str, title: str, notice: str = "") -> Figure:
    """Draw a sweep: the value at each cap and what a step gains, each with the interval that is proven.

    Below it overload and posts moved.

    Args:
        frame: as `studies.sweeping.sweep` returns it; points without a plan are named on the axis.
        cap: the key of the policy that was varied.
        unit: its unit, one of the policy's; shown as `tr(unit)`.
        title: title of the scenario.
        notice: words for invented data, or nothing.
    """
    numbers = frame.reindex(columns=["value", "objective", "bound", str(Term.OVERLOAD), "posts_moved_count"])
    numbers = numbers.astype(float).assign(status=frame["status"], comparable=frame.get("comparable", True))
    numbers = numbers.sort_values("value", kind="stable")
    solved, without = numbers[numbers["objective"].notna()], numbers[numbers["objective"].isna()]
    proven = solved["status"] == Status.PROVEN
    lead = tr(
        "{solved} of {caps} caps have a plan, {proven} of them proven to the gap asked for.",
        solved=len(solved), caps=len(numbers), proven=proven.sum(),
    )  # fmt: skip
    lead += f"\n{_comparison(solved, cap)}"
    foot = (
        tr("{sentence}.", sentence=style.short_name(title))
        + "\n"
        + tr("The bar spans plan and bound: the best value lies within it. Hollow: the gap asked for is not proven.")
    )
    notice = style.drawn_notice(bool(notice))
    canvas = style.canvas(tr("What {cap} is worth", cap=cap), lead, notice, foot, (9.5, 8.6), top=0.3, bottom=0.55)
    grid = canvas.grid(4, 1, left=1.0, height_ratios=[3, 1.2, 1, 1], hspace=0.34)
    value = style.plain(canvas.figure.add_subplot(grid[0]), tr("Value of the plan"), "", tr(HOURS), grid="both")
    if numbers.empty:
        style.say(value, tr("No point was solved."))
        return canvas.figure
    _values(value, solved, proven, without)
    lower = (
        (
            tr("Overload against today (above zero: relief, below: cost)"),
            solved[str(Term.OVERLOAD)],
            tr("staff-hours\na year"),
            style.TERM_COLOURS[Term.OVERLOAD],
        ),
        (tr("Posts moved"), solved["posts_moved_count"], style.noun("posts"), style.TERM_COLOURS[Term.POSTS_MOVED]),
    )
    heading = tr("What a step gains for each unit of {cap}: at least and at most", cap=cap)
    steps = canvas.figure.add_subplot(grid[1], sharex=value)
    _steps(style.plain(steps, heading, "", tr("staff-hours\na year"), grid="both"), frame)
    for row, (heading, values, unit_there, colour) in enumerate(lower, start=2):
        axes = style.plain(canvas.figure.add_subplot(grid[row], sharex=value), heading, "", unit_there, grid="both")
        _points(axes, solved["value"], values, proven, colour)
        known = values.dropna() if values.notna().any() else pd.Series([0.0])
        lowest, highest = min(0.0, float(known.min())), max(0.0, float(known.max()))
        margin = 0.15 * max(1.0, highest - lowest)
        axes.set_ylim(lowest - margin if lowest < 0 else 0.0, highest + margin)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=row == 3))
        axes.yaxis.set_major_formatter(FuncFormatter(style.thousands))
        if row == 2:
            axes.tick_params(labelbottom=False)
    axes.set_xlabel(
        tr("{quantity} ({unit})", quantity=cap, unit=tr(unit)), fontsize=9, fontfamily=style.font(), parse_math=False
    )
    value.tick_params(labelbottom=False)
    return canvas.figure


def _values(axes: Axes, solved: pd.DataFrame, proven: pd.Series, without: pd.DataFrame) -> None:
    bound = solved["bound"].where(np.isfinite(solved["bound"]))
    axes.fill_between(solved["value"], solved["objective"], bound, color=style.UNPROVEN, linewidth=0)
    axes.vlines(solved["value"], solved["objective"], bound, color=style.THIS_PLAN, linewidth=2.4, alpha=0.45)
    axes.scatter(solved["value"], bound, marker="_", s=60, color=style.THIS_PLAN)
    _points(axes, solved["value"], solved["objective"], proven, style.THIS_PLAN)
    axes.yaxis.set_major_formatter(FuncFormatter(style.thousands))
    for cap_value, status in zip(without["value"], without["status"], strict=True):
        axes.axvline(cap_value, color=style.WARNING, linewidth=1, linestyle=":")
        words = WITHOUT.get(str(status), str(status).replace("_", " "))
        axes.annotate(
            tr(words), xy=(cap_value, 0.03), xycoords=("data", "axes fraction"), rotation=90,
            xytext=(2, 0), textcoords="offset points", fontsize=8, color=style.WARNING, fontfamily=style.font(),
        )  # fmt: skip


def _steps(axes: Axes, frame: pd.DataFrame) -> None:
    """Draw what each step gains, from at least to at most: a kink is where two steps do not overlap."""
    axes.tick_params(labelbottom=False)
    steps = cap_prices(frame) if frame.get("comparable", pd.Series([True])).all() else pd.DataFrame()
    if steps.empty:
        style.say(axes, tr("No two values to compare."))
        return
    for step in steps.to_dict("records"):
        least, most = step["gain_least"], step["gain_most"]
        if np.isfinite([least, most]).all():
            ends = [step["from_value"], step["to_value"]]
            axes.fill_between(ends, least, most, color=style.UNPROVEN_STEP, linewidth=0)
            axes.hlines([least, most], *ends, color=style.THIS_PLAN, linewidth=1.2)
    axes.axhline(0, color=style.SMALL_PRINT, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(style.thousands))


def _points(axes: Axes, x: pd.Series, y: pd.Series, proven: pd.Series, colour: str) -> None:
    axes.plot(x, y, color=colour, linewidth=1.1, alpha=0.7)
    axes.scatter(x[proven], y[proven], s=34, color=colour, zorder=3)
    axes.scatter(x[~proven], y[~proven], s=34, facecolors="white", edgecolors=colour, zorder=3)


def _comparison(solved: pd.DataFrame, cap: str) -> str:
    """Say whether the best cap is proven better than the others: its plan must beat their bounds."""
    if len(solved) < 2:
        return ""
    if not solved["comparable"].all():
        return tr("{cap} is part of how a plan is valued: worth at different values of it must not be ranked.", cap=cap)
    best = solved.iloc[int(solved["objective"].to_numpy().argmax())]
    others = solved[solved["value"] != best["value"]]
    beaten = int((others["bound"] < best["objective"]).sum())
    return tr(
        "Best plan at {value:g}; proven better than any plan at {beaten} of the other {others} caps.",
        value=best["value"], beaten=beaten, others=len(others),
    )  # fmt: skip
