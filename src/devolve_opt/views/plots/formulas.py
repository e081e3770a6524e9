"""Figure of the post formulas side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from devolve_opt.language import tr
from devolve_opt.scenario import Scenario
from devolve_opt.views import style
from devolve_opt.views.wording import count, signed
from devolve_opt.vocabulary import Category, label

PANEL = 1.35
"""Height of one formula's panel, inches."""

NAMED = 400
"""Up to so many townships each has a bar and the counties' names stand below."""


@style.drawing
def formulas_figure(compared: pd.DataFrame, in_short: pd.DataFrame, scenario: Scenario) -> Figure:
    """Draw the change of every township's posts, a panel for each formula; townships stand in the same order.

    By county, and within a county by posts today, largest first; colours are categories.

    Args:
        compared: what `rules.formulas_compared.formulas_compared` returns.
        in_short: what `formulas_in_short` returns for it.
        scenario: what was compared.
    """
    lead = tr(
        "Posts gained or lost against today by each formula alone; each bar is a township, by county, those with\n"
        "most posts first. Above one post the scale is logarithmic, the same in every panel, so that single posts\n"
        "show beside large changes. Only 6-2-1-1 is published; the others are readings of their names."
    )
    rounding = scenario.policy.posts_rounding
    foot = style.stated(
        scenario.title, tr("made whole by {rounding}; no band, no cap on moves, no model", rounding=rounding)
    )
    formulas = in_short.to_dict("records")
    height = 2.1 + PANEL * max(1, len(formulas))
    canvas = style.canvas(
        tr("Change of posts by post formula"), lead, style.drawn_notice(scenario.case.synthetic), foot,
        (13, height), top=0.4, bottom=0.75,
    )  # fmt: skip
    grid = canvas.grid(max(1, len(formulas)), 1, left=0.65, right=0.2, hspace=0.55)
    if compared.empty:
        style.say(canvas.figure.add_subplot(grid[0]), tr("No township."))
        return canvas.figure
    order = _order(compared)
    counties = compared.drop_duplicates("township").set_index("township").loc[order, "county"]
    base: Axes | None = None
    for number, formula in enumerate(formulas):
        axes = canvas.figure.add_subplot(grid[number], sharex=base, sharey=base)
        base = base or axes
        part = compared[compared["formula"] == formula["formula"]].set_index("township").loc[order]
        _panel(axes, part, formula, counties)
    assert base is not None
    _scale(base, float(compared["change"].abs().max()))
    base.set_xlim(-0.8, len(order) - 0.2)
    _name_counties(canvas.figure.axes[-1], counties)
    there = [category for category in Category if (compared["category"] == category).any()]
    style.key(
        canvas.figure, [Patch(color=style.CATEGORY_COLOURS[category]) for category in there],
        [label(str(category)) for category in there], loc="lower left", ncols=len(there),
        bbox_to_anchor=(0.04, 0.24 / height),
    )  # fmt: skip
    return canvas.figure


def _order(compared: pd.DataFrame) -> list[str]:
    first = compared.drop_duplicates("township").assign(row=lambda frame: np.arange(len(frame)))
    ranks = {county: rank for rank, county in enumerate(first["county"].drop_duplicates())}
    first = first.assign(county_row=first["county"].map(ranks), largest=-first["posts_before"])
    return [str(name) for name in first.sort_values(["county_row", "largest", "row"])["township"]]


def _panel(axes: Axes, part: pd.DataFrame, formula: Mapping[Any, Any], counties: pd.Series) -> None:
    posts = count(formula["posts_moved"], "post")
    told = [tr("{formula}:  {posts} moved", formula=formula["formula"], posts=posts)]
    if formula["reserve"]:
        told[0] = tr(
            "{formula}:  {posts} moved, {reserve} in reserve",
            formula=formula["formula"], posts=posts, reserve=formula["reserve"],
        )  # fmt: skip
    someone = tr("a township")
    if formula["gains_most"]:
        name, change = style.drawable(formula["gains_most"], someone), formula["gains_most_posts"]
        told.append(tr("{township} gains most ({change:+})", township=name, change=change))
    if formula["loses_most"]:
        name, change = style.drawable(formula["loses_most"], someone), formula["loses_most_posts"]
        told.append(tr("{township} loses most ({change:+})", township=name, change=change))
    style.plain(axes, tr(";  ").join(told), y_label=style.noun("posts"), grid="y")
    colours = [style.CATEGORY_COLOURS[category] for category in part["category"]]
    axes.bar(np.arange(len(part)), part["change"], width=0.85, color=colours)
    axes.axhline(0, color=style.AXIS, linewidth=0.8)
    for edge in _edges(counties):
        axes.axvline(edge, color=style.FAINT, linewidth=0.9, zorder=0)
    axes.tick_params(labelbottom=False, length=0)
    axes.spines["bottom"].set_visible(False)


def _scale(axes: Axes, largest: float) -> None:
    """Scale up to one post evenly and beyond it by logarithms, both ways from zero."""
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    reach = max(2.0, largest * 1.3)
    axes.set_ylim(-reach, reach)
    above = [tick for tick in (1, 10, 100, 1000, 10_000) if tick <= reach]
    axes.yaxis.set_major_locator(FixedLocator([*(-tick for tick in reversed(above)), 0, *above]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value)))


def _edges(counties: pd.Series) -> list[float]:
    values = counties.to_numpy()
    return [place + 0.5 for place in range(len(values) - 1) if values[place] != values[place + 1]]


def _name_counties(axes: Axes, counties: pd.Series) -> None:
    if len(counties) > NAMED:
        return
    bounds = [-0.5, *_edges(counties), len(counties) - 0.5]
    names = style.drawable_ids([str(name) for name in counties.drop_duplicates()], "county")
    for name, left, right in zip(names, bounds[:-1], bounds[1:], strict=True):
        axes.annotate(
            name, ((left + right) / 2, 0), xycoords=("data", "axes fraction"), xytext=(0, -6),
            textcoords="offset points", ha="center", va="top", fontsize=8, color=style.TEXT, fontfamily=style.font(),
        )  # fmt: skip
