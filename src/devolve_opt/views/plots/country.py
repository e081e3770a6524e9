"""Figure of a country: what a city costs to solve, and how far each is proven, by size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.language import tr
from devolve_opt.studies.country import CountryPlan
from devolve_opt.views import style
from devolve_opt.views.wording import percent
from devolve_opt.vocabulary import Status


@style.drawing
def country_figure(plan: CountryPlan) -> Figure:
    """Draw each city by its size: seconds of a solve for 1,000 take-ups, memory, and the gap that is left."""
    cities = plan.solved
    cities = cities[cities["township_powers"] > 0]
    lead = tr(
        "{number} cities with townships and a plan. Where points of the first lie level, time grows as size does.",
        number=len(cities),
    )
    if plan.out_of_time:
        lead += "\n" + tr(
            "{number} of the searches ran into the time limit, which caps their seconds.", number=plan.out_of_time
        )
    foot = style.stated(plan.country.title, tr("gap of the whole {gap}", gap=percent(plan.gap)))
    foot += "\n" + tr(
        "Sizes of cities are real, everything else about them is invented. Hollow: not proven to the gap asked for."
    )
    title, notice = tr("What a city costs"), style.drawn_notice(True)
    canvas = style.canvas(title, lead, notice, foot, (9.5, 7.4), top=0.3, bottom=0.55)
    grid = canvas.grid(3, 1, left=1.0, hspace=0.45)
    size = cities["township_powers"].to_numpy(float)
    asked = 100 * float(plan.options["gap"])
    rows: tuple[tuple[str, str, pd.Series], ...] = (
        (tr("Time of the city's plan"), tr("seconds for\n1,000 take-ups"), 1_000 * cities["seconds"] / size),
        (tr("Memory while it was solved"), "MB", cities["peak_mb"]),
        (tr("Gap that is left (dotted: what was asked for)"), "%", 100 * cities["gap"]),
    )
    for row, (title, unit, values) in enumerate(rows):
        axes = style.plain(canvas.figure.add_subplot(grid[row]), title, "", unit, grid="both")
        if cities.empty:
            style.say(axes, tr("No city has a plan."))
            continue
        proven = (cities["status"] == Status.PROVEN).to_numpy()
        numbers = values.to_numpy(float)
        axes.scatter(size[proven], numbers[proven], s=22, color=style.THIS_PLAN, zorder=3)
        axes.scatter(size[~proven], numbers[~proven], s=22, facecolors="white", edgecolors=style.THIS_PLAN, zorder=3)
        known = numbers[np.isfinite(numbers)]
        axes.set_ylim(0, 1.1 * max(float(known.max()) if len(known) else 0.0, asked if row == 2 else 0.0, 1e-9))
        axes.set_xlim(0, 1.05 * float(size.max()))
        axes.xaxis.set_major_formatter(style.thousands)
        if row == 2:
            axes.axhline(asked, color=style.WARNING, linewidth=1, linestyle=":")
            words = tr("take-ups to be decided (pairs of township and power)")
            axes.set_xlabel(words, fontsize=8.5, fontfamily=style.font())
    return canvas.figure
