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
        handles, shown, frameon=False, prop={"family": style.FONT, "size": 8}, ncols=len(shown), loc="lower left",
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
