"""Figure of sensitivity: how much of the plan hangs on each cap and price."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from devolve_opt.language import tr
from devolve_opt.studies.sensitivity import LEAST_PATHS, MEASURES, Sensitivity
from devolve_opt.views import style
from devolve_opt.views.wording import count, setting_named, short_status

COLUMNS = 3
ROW_INCHES, LEAST_INCHES = 0.22, 1.5
"""Height of a setting's bar, and of a panel at least."""


@style.drawing
def sensitivity_figure(found: Sensitivity) -> Figure:
    """Draw a panel for each measure, a bar for each setting: the mean size of its effect, with its 95 % interval."""
    order = found.ranking()["setting"].tolist()
    height = max(LEAST_INCHES, ROW_INCHES * len(order) + 0.4)
    rows = -(-len(MEASURES) // COLUMNS)
    whole = 0 if found.effects.empty else int(found.effects["paths"].iloc[0])
    canvas = style.canvas(
        tr("What the plan hangs on"),
        tr(
            "Mean change when a setting moves over two thirds of its range (whole numbers: nearly),\n"
            "wherever the others stand; over {whole} of {paths}, seed {seed}; lines: 95 % interval (from {least} paths "
            "on)",
            whole=whole, paths=count(found.trajectories, "path"), seed=found.seed, least=LEAST_PATHS,
        ),
        style.drawn_notice(found.scenario.case.synthetic),
        style.sentences(
            style.stated(found.scenario.title, short_status(found.plan)), tr("The ranges are assumptions.")
        )
        + "\n"
        + tr(
            "Changes of either sign count. Plans within the gap may differ without a reason, and so make small changes."
        ),
        (11, 1.9 + rows * (height + 0.55)), top=0.35, bottom=0.5,
    )  # fmt: skip
    if not order:
        style.say(
            canvas.figure.add_subplot(canvas.grid(1, 1)[0]), tr("fewer than two paths are whole: no effects are known")
        )
        return canvas.figure
    grid = canvas.grid(rows, COLUMNS, left=1.9, wspace=0.12, hspace=0.55 / height * 1.6)
    for number, measure in enumerate(MEASURES):
        axes = canvas.figure.add_subplot(grid[number // COLUMNS, number % COLUMNS])
        _bars(axes, found, measure, order)
        if number % COLUMNS:
            axes.tick_params(labelleft=False)
    return canvas.figure


def _bars(axes: Axes, found: Sensitivity, measure: str, order: list[str]) -> None:
    style.plain(axes, style.noun(MEASURES[measure]), grid="x")
    rows = found.ranking(measure).set_index("setting").loc[order]
    places, names = np.arange(len(order))[::-1], [style.drawable(setting_named(name)) for name in order]
    if not (rows["mean_size"] > 0).any():
        style.say(axes, tr("no step in these points\nchanged it"))
        axes.set_yticks(places, names)
        axes.set_ylim(-0.7, len(order) - 0.3)
        return
    sizes, errors = rows["mean_size"].to_numpy(float), np.nan_to_num(rows["mean_size_95"].to_numpy(float))
    axes.barh(places, sizes, height=0.62, color=style.THIS_PLAN)
    axes.hlines(places, np.maximum(sizes - errors, 0), sizes + errors, color=style.TODAY, linewidth=2)
    axes.set_yticks(places, names)
    axes.set_xlim(0, 1.05 * max(float((sizes + errors).max()), 0.01 if measure == "list_kept" else 1.0))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=measure != "list_kept"))
    percent = PercentFormatter(1, symbol=" %")
    axes.xaxis.set_major_formatter(percent if measure == "list_kept" else FuncFormatter(style.thousands))
