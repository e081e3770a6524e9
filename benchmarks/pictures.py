"""Pictures of what was measured, in the package's own style."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from devolve_opt.views import style

NOTICE = "SYNTHETIC DATA"
COLOURS = {
    "devolve_opt": "#1B4F8A", "highs": "#E08214", "scip": "#009E73", "cp_sat": "#CC79A7", "cbc": "#6E6E6E",
    "root_lp": "#222222", "root_lp_ipm": "#999999",
}  # fmt: skip
HIGHEST, LOWEST = 0.01, 0.03
"""Parts of the best bound that are drawn above and below it; what lies beyond is not worth the room."""


def proof_figure(frame: pd.DataFrame, gap: float) -> Figure:
    """Draw bound and best plan against time, a panel for each instance and a colour for each runner.

    Args:
        frame: rows with `instance, runner, status, seconds, bound, objective, trace`.
        gap: the gap that was asked for, a share.
    """
    names = list(dict.fromkeys(frame["instance"]))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    lead = (
        f"Dashed: bound; solid: best plan. A dot marks the end; gap asked for: {gap:.2%}.\n"
        "A runner without a trace (CP-SAT, CBC, the root LPs) has dots only."
    )
    foot = f"Against the best bound known; what is {LOWEST:.0%} below it or {HIGHEST:.0%} above it is not drawn."
    canvas = style.canvas("Time to the proof", lead, NOTICE, foot, (4.2 * columns + 1.2, 2.7 * rows + 1.6),
                          top=0.55, bottom=0.4)  # fmt: skip
    grid = canvas.grid(rows, columns, left=0.8, hspace=0.5, wspace=0.25)
    for number, name in enumerate(names):
        axes = style.plain(canvas.figure.add_subplot(grid[number // columns, number % columns]), str(name), grid="y")
        _panel(axes, frame[frame["instance"] == name])
    shown = [runner for runner in COLOURS if runner in set(frame.loc[frame["status"] != "skipped", "runner"])]
    handles = [Line2D([], [], color=COLOURS[runner], linewidth=2) for runner in shown]
    canvas.figure.axes[0].legend(
        handles, shown, frameon=False, prop={"family": style.font(), "size": 8}, ncols=len(shown), loc="lower left",
        bbox_to_anchor=(0, 1.1), borderaxespad=0,
    )  # fmt: skip
    return canvas.figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    bounds = rows["bound"].dropna()
    if bounds.empty:
        style.say(axes, "Nothing is known.")
        return
    best = float(bounds.min())
    scale = abs(best) or 1.0
    for row in rows.to_dict("records"):
        colour = COLOURS[row["runner"]]
        trace = np.array(row["trace"] if isinstance(row["trace"], list) else [], dtype=float).reshape(-1, 3)
        for at, line in ((1, "--"), (2, "-")):
            known = np.isfinite(trace[:, at])
            seconds, values = np.maximum(trace[known, 0], 0.01), (trace[known, at] - best) / scale
            axes.step(seconds, values, line, where="post", color=colour, linewidth=1.2)
        for value in (row["bound"], row["objective"]):
            if np.isfinite(value) and np.isfinite(row["seconds"]):
                axes.plot(max(row["seconds"], 0.01), (value - best) / scale, "o", color=colour, markersize=4)
    axes.set_xscale("log")
    axes.set_ylim(-LOWEST, HIGHEST)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.1%}"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} s"))


def growth_figure(frame: pd.DataFrame, gap: float, bar: float) -> Figure:
    """Draw time against townships, with the slope that doubling may cost at most.

    Args:
        frame: rows with `townships, seconds, status`.
        gap: the gap that was asked for, a share.
        bar: how many times the time twice the townships may take.
    """
    lead = f"Time of this package to a gap of {gap:.2%}. Dotted: {bar:g} times the time for twice the townships."
    canvas = style.canvas("How time grows with townships", lead, NOTICE, "Hollow: the gap was not proven in time.",
                          (7.5, 4.6), top=0.3, bottom=0.55)  # fmt: skip
    axes = style.plain(canvas.figure.add_subplot(canvas.grid(1, 1, left=0.95)[0]), "", "townships", "seconds", "both")
    known = frame[frame["seconds"].notna()]
    if known.empty:
        style.say(axes, "Nothing was measured.")
        return canvas.figure
    x, y = known["townships"].to_numpy(float), known["seconds"].to_numpy(float)
    axes.plot(x, y, color=style.THIS_PLAN, linewidth=1.4)
    for at, value, status in zip(x, y, known["status"], strict=True):
        face: Any = style.THIS_PLAN if status == "proven" else "white"
        axes.plot(at, value, "o", markeredgecolor=style.THIS_PLAN, markerfacecolor=face)
    axes.plot(x, y[0] * bar ** np.log2(x / x[0]), ":", color=style.WARNING, linewidth=1.2)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(x, [f"{value:g}" for value in x])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    return canvas.figure


def country_figure(cities: pd.DataFrame, classes: pd.DataFrame, gap: float, workers: float) -> Figure:
    """Draw what a city costs by its size, and how the time of all cities adds up, class by class.

    Args:
        cities: rows with `township_powers, seconds_per_1000, gap, name`.
        classes: rows with `cities, units_least, units_most, seconds, seconds_of_class`.
        gap: the gap that was asked for, a share.
        workers: workers at a time.
    """
    known = cities[cities["seconds_per_1000"].notna() & cities["objective"].notna()]
    cost = known["seconds_per_1000"]
    ratio = f"most / least = {cost.max() / cost.min():.2f}" if len(cost) else "nothing is known"
    hours = float(classes["seconds_of_class"].sum()) / workers / 3600
    lead = (
        f"Left: the cost of {len(known)} cities is steady where points lie level; {ratio}.\n"
        f"Right: cities x seconds of the one that was solved; {hours:.1f} h in all on {workers:g} workers."
    )
    foot = f"Sizes are real, all else about the cities is invented. Hollow: not proven to {gap:.2%}."
    canvas = style.canvas("What the country costs", lead, NOTICE, foot, (10.5, 4.8), top=0.35, bottom=0.6)
    grid = canvas.grid(1, 2, left=0.95, wspace=0.45, width_ratios=[1, 1.1])
    left = style.plain(canvas.figure.add_subplot(grid[0]), "Time of a city's plan", "take-ups decided",
                       "seconds for 1,000 take-ups", grid="both")  # fmt: skip
    if known.empty:
        style.say(left, "No city has a plan.")
    else:
        proven = (known["gap"] <= gap + 1e-6).to_numpy()
        size, values = known["township_powers"].to_numpy(float), cost.to_numpy(float)
        left.scatter(size[proven], values[proven], s=24, color=style.THIS_PLAN)
        left.scatter(size[~proven], values[~proven], s=24, facecolors="white", edgecolors=style.THIS_PLAN)
        left.axhline(float(cost.median()), color=style.TODAY, linewidth=0.9, linestyle="--")
        left.set_xlim(0, 1.08 * size.max())
        left.set_ylim(0, 1.15 * values.max())
        left.xaxis.set_major_formatter(style.thousands)
    right = style.plain(canvas.figure.add_subplot(grid[1]), "Hours of a worker, class by class", "hours", grid="x")
    if classes.empty:
        style.say(right, "No classes: all cities were solved.")
        return canvas.figure
    places = np.arange(len(classes))[::-1]
    spent = classes["seconds_of_class"].to_numpy(float) / 3600
    right.barh(places, spent, color=style.THIS_PLAN, height=0.7)
    for place, row, each in zip(places, classes.to_dict("records"), spent, strict=True):
        right.text(each, place, f"  {row['cities']:.0f} x {row['seconds']:,.0f} s", va="center", fontsize=7.5,
                   fontfamily=style.font(), color=style.TEXT)  # fmt: skip
    sizes = zip(classes["units_least"], classes["units_most"], strict=True)
    right.set_yticks(
        places, [f"{least:.0f}-{most:.0f} units" if most > least else f"{least:.0f} units" for least, most in sizes]
    )
    right.set_xlim(0, 1.3 * max(float(spent.max()), 1e-9))
    return canvas.figure


def sweep_figure(frame: pd.DataFrame, cap: str, gap: float) -> Figure:
    """Draw worth at each value of a cap, how sweep and cold solves agree, and what each took.

    Args:
        frame: rows with `value, status, seconds, objective, bound`, and the same of cold solves as `cold_...`.
        cap: the cap's name.
        gap: the gap that was asked for, a share.
    """
    lead = (
        "Middle: each bar reaches from the best plan to the bound. Where those of a value overlap, sweep and cold\n"
        f"solve agree. Gap asked for: {gap:.2%}."
    )
    canvas = style.canvas(f"Sweep of {cap}", lead, NOTICE, "Hollow: the gap was not proven in time.", (8.5, 7.4),
                          top=0.5, bottom=0.55)  # fmt: skip
    grid = canvas.grid(3, 1, left=1.05, hspace=0.35)
    units = ("worth of the plan,\nstaff-hours a year", "above the sweep's plan", "seconds of a solve")
    above, middle, below = (
        style.plain(canvas.figure.add_subplot(grid[row]), "", cap if row == 2 else "", unit, grid="both")
        for row, unit in enumerate(units)
    )
    for prefix, colour, wide in (("cold_", style.RATIO_RULE, 8.0), ("", style.THIS_PLAN, 3.0)):
        known = frame[frame["objective"].notna() & frame[f"{prefix}objective"].notna()]
        worth = known["objective"]
        low, high = ((known[f"{prefix}{end}"] - worth) / worth.abs() for end in ("objective", "bound"))
        middle.vlines(known["value"], low, high, color=colour, linewidth=wide)
        timed = frame[frame[f"{prefix}seconds"].notna()]
        for row in timed.to_dict("records"):
            face: Any = colour if row[f"{prefix}status"] == "proven" else "white"
            looks: dict[str, Any] = {"markersize": 5, "markeredgecolor": colour, "markerfacecolor": face}
            above.plot(row["value"], row[f"{prefix}objective"], "s" if prefix else "o", **looks)
            below.plot(row["value"], row[f"{prefix}seconds"], "s" if prefix else "o", **looks)
    below.set_ylim(bottom=0)
    above.yaxis.set_major_formatter(style.thousands)
    middle.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.2%}"))
    marks = [Line2D([], [], color=colour, linewidth=4) for colour in (style.THIS_PLAN, style.RATIO_RULE)]
    style.key(above, marks, ["sweep", "cold solve"], ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0),
              borderaxespad=0.2)  # fmt: skip
    return canvas.figure
