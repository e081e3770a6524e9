"""Figure of a scenario discovery: the points over two settings with the boxes, and the ranges of each box."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from devolve_opt.language import tr
from devolve_opt.studies.discovery import LOSES, NONE, Condition, Discovery
from devolve_opt.studies.kept import NO_PLAN
from devolve_opt.studies.ranges import is_whole
from devolve_opt.studies.sensitivity import MEASURES
from devolve_opt.views import style
from devolve_opt.views.wording import count, setting_named, share, short_status

KINDS = {1.0: ("of interest", style.WARNING, False), 0.0: ("not", style.THIS_PLAN, False),
         None: ("not known", style.TODAY, True)}  # fmt: skip
"""Points by whether they are of interest: word, colour, hollow; the words are shown as `tr(...)`."""
BOXES = 4
"""Boxes whose ranges are drawn at most; those that hold most."""


def condition_in_words(condition: Condition) -> str:
    """Return what makes a point one of interest."""
    if condition.measure == NONE:
        return tr("no plan keeps the rules")
    if condition.measure == LOSES:
        return tr("holding on to the lists is proven to lose more than {share}", share=share(condition.limit))
    what = tr(MEASURES[condition.measure])
    if condition.above:
        return tr("{what}: more than {limit:g}", what=what, limit=condition.limit)
    return tr("{what}: less than {limit:g}", what=what, limit=condition.limit)


@style.drawing
def discovery_figure(found: Discovery) -> Figure:
    """Draw the points over the two settings that the boxes restrict most, and the ranges of each box beside them."""
    boxes = found.boxes.head(BOXES)
    height = max(3.2, 0.8 + 0.26 * len(found.settings) * max(1, len(boxes)))
    canvas = style.canvas(
        tr("What the points of interest have in common"),
        tr(
            "Of interest: {condition};\n{solved} of {points}, seed {seed}",
            condition=condition_in_words(found.condition), solved=len(found.points),
            points=count(found.wanted, "point"), seed=found.seed,
        ),
        style.drawn_notice(found.scenario.case.synthetic),
        style.sentences(
            style.stated(found.scenario.title, short_status(found.plan)), tr("The ranges are assumptions.")
        )
        + "\n"
        + tr("Data are scaled by a factor; boxes are found from these points: the text tells how they do on others."),
        (11, 2.3 + height), top=0.3, bottom=1.0 if found.barred else 0.75,
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=0.9, wspace=0.6)
    _points(canvas.figure.add_subplot(grid[0, 0]), found)
    _ranges(canvas.figure.add_subplot(grid[0, 1]), found)
    return canvas.figure


def _two(found: Discovery) -> list[str]:
    """Return the two settings (or the one) that boxes restrict, those of the first box first.

    If they restrict fewer, others follow by how far points of interest lie from those that are not.
    """
    restricted = found.ranges[found.ranges["restricted"]]["setting"]
    ranks = found.points[list(found.settings)].rank(pct=True)
    means = ranks.groupby(found.points["of_interest"]).mean()
    apart = (means.max() - means.min()).sort_values(ascending=False, kind="stable")
    return list(dict.fromkeys([*restricted, *map(str, apart.index)]))[:2]


def _points(axes: Axes, found: Discovery) -> None:
    names = _two(found)
    across, up = names[0], names[-1]
    alone = len(names) == 1
    called = [style.drawable(setting_named(name)) for name in (across, up)]
    style.plain(axes, tr("Points solved"), called[0], "" if alone else called[1], "both")
    if found.points.empty:
        style.say(axes, tr("no point was solved"))
        return
    marks, words = [], []
    known = found.points["of_interest"]
    for value, (word, colour, hollow) in KINDS.items():
        rows = found.points[known.isna() if value is None else known == value]
        heights = np.zeros(len(rows)) if alone else rows[up].to_numpy(float)
        face = "white" if hollow else colour
        axes.plot(rows[across], heights, linestyle="", marker="o", markersize=5, markerfacecolor=face,
                  markeredgecolor=colour)  # fmt: skip
        marks.append(style.dot(colour, hollow))
        words.append(f"{tr(word)} ({len(rows)})")
    if found.barred:
        rows = found.points[(found.points["held_status"] == NO_PLAN) & (known == 1)]
        axes.plot(rows[across], np.zeros(len(rows)) if alone else rows[up], linestyle="", marker="x", markersize=5,
                  markeredgecolor="white")  # fmt: skip
        marks.append(Line2D([], [], linestyle="", marker="X", markersize=6, color=style.WARNING))
        words.append(tr("of these, the lists break a rule ({number})", number=len(rows)))
    limits = {name: _limits(found, name) for name in names}
    axes.set_xlim(*limits[across])
    axes.set_ylim(*((-1, 1) if alone else limits[up]))
    if alone:
        axes.set_yticks([])
    for box in found.boxes["box"]:
        rows = found.ranges[found.ranges["box"] == box].set_index("setting")
        around = np.array([0.4 * is_whole(name) for name in rows.index])
        low, high = rows["low"] - around, rows["high"] + around
        base, top = (-0.5, 0.5) if alone else (low[up], high[up])
        axes.add_patch(Rectangle((low[across], base), high[across] - low[across], top - base, fill=False,
                                 edgecolor=style.WARNING, linewidth=1.4))  # fmt: skip
        axes.annotate(str(box), (low[across], top), (3, -3), textcoords="offset points", va="top", fontsize=8,
                      fontfamily=style.font(),
                      color=style.WARNING)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=is_whole(across)))
    if not alone:
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=is_whole(up)))
    style.key(axes, marks, words, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3 if not found.barred else 2)


def _limits(found: Discovery, name: str) -> tuple[float, float]:
    """Return from where to where a setting's axis goes: all of its range, and whole numbers with their boxes."""
    low, high = found.settings[name]
    margin = 0.04 * (high - low) + 0.5 * is_whole(name)
    return low - margin, high + margin


def _ranges(axes: Axes, found: Discovery) -> None:
    style.plain(axes, tr("Ranges of the boxes"), tr("part of each setting's range"), grid="x")
    boxes = found.boxes.head(BOXES)
    if boxes.empty:
        style.say(axes, tr("no box was found"))
        return
    place, places, labels = 0.0, [], []
    for box in boxes.to_dict("records"):
        rows = found.ranges[found.ranges["box"] == box["box"]]
        axes.text(0, place, tr("Box {number}: holds {coverage} of those of interest, {density} of it are such",
                               number=box["box"], coverage=share(box["coverage"]), density=share(box["density"])),
                  fontsize=8, va="center", color=style.TEXT, fontfamily=style.font())  # fmt: skip
        for row in rows.to_dict("records"):
            place += 1
            low, high = found.settings[row["setting"]]
            # A whole number takes up the room from half a number below it to half above it.
            half = 0.5 * is_whole(row["setting"])
            room = high - low + 2 * half
            start, end = (row["low"] - low) / room, (row["high"] + 2 * half - low) / room
            axes.barh(place, 1, height=0.5, color=style.PALE)
            axes.barh(place, end - start, left=start, height=0.5,
                      color=style.WARNING if row["restricted"] else style.FAINT)  # fmt: skip
            axes.text(1.02, place, f"{row['low']:.4g}–{row['high']:.4g}", fontsize=7.5, va="center",
                      fontfamily=style.font(), color=style.TEXT if row["restricted"] else style.GREY)  # fmt: skip
            places.append(place)
            labels.append(style.drawable(setting_named(row["setting"])))
        place += 1.3
    axes.set_yticks(places, labels)
    axes.set_ylim(place - 0.6, -0.7)
    axes.set_xlim(0, 1.25)
    axes.set_xticks([0, 0.5, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
