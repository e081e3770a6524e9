"""The figure of an office merger: from the offices of today to the merged ones, function by function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from devolve_opt.language import chosen, joined, tr
from devolve_opt.studies.offices import OfficePlan
from devolve_opt.views import fonts, style
from devolve_opt.views.wording import STATES, percent
from devolve_opt.vocabulary import Status, label

NEW = {"office": "new office", "centre": "new centre"}
TODAY = {"office": "office {number} of today", "centre": "centre {number} of today"}
"""What an office is called that today does not know, or whose name no font can write, by kind; shown through `tr`."""

LEFT, RIGHT, BOX, SPACE = 0.0, 1.0, 0.02, 0.8
"""Where the boxes of today and of the plan stand, how wide they are, and the space between them, in functions."""


def arrangements(plan: OfficePlan) -> list[list[str]]:
    """Return the templates that have the same arrangement, together; those of most townships first."""
    groups: dict[frozenset[tuple[str, ...]], list[str]] = {}
    for template, rows in plan.arrangement.groupby("template", sort=False):
        # Whichever of its functions an office is named after: what is together is what counts.
        key = frozenset(tuple(members) for _, members in rows.groupby("office")["function"])
        groups.setdefault(key, []).append(str(template))
    served = dict(zip(plan.templates["template"], plan.templates["townships"], strict=True))
    return sorted(groups.values(), key=lambda names: -sum(served[name] for name in names))


@style.drawing
def office_flow(plan: OfficePlan, templates: list[str]) -> Figure:
    """Draw which functions go from which office of today to which office of the plan.

    Args:
        plan: the arrangement.
        templates: templates with the same arrangement; the first one's figures are shown.
    """
    functions = plan.scenario.data.functions
    offices = plan.offices[plan.offices["template"] == templates[0]].reset_index(drop=True)
    facts = plan.templates.set_index("template").loc[templates[0]].to_dict()
    served = int(plan.templates.set_index("template").loc[templates, "townships"].sum())
    today = _offices_of_today(functions)
    # Platform by platform, as in the plan, so that few bands cross.
    place = {name: number for number, name in enumerate(style.PLATFORM_COLOURS)}
    lead = functions.drop_duplicates("today").set_index("today")["platform"].to_dict()
    members_of = {
        name: list(functions.index[functions["today"] == name])
        for name in sorted(today, key=lambda name: place[str(lead[name])])
    }
    before = _places(list(members_of.values()))
    after = _places([names.split("; ") for names in offices["functions"]])
    height = max(*before.values(), *after.values()) + 1
    shown = joined(label(name) for name in templates)
    proof = tr("proven best")
    if facts["status"] != Status.PROVEN:
        proof = tr(
            "{status}, gap {gap}",
            status=chosen(tr(STATES[Status(facts["status"])]), label(facts["status"])),
            gap=percent(facts["gap"]),
        )
    said = style.sentences(
        tr("For {number} townships: {names}.", number=served, names=style.short_name(shown)),
        tr("One band is one function, its colour the platform."),
    )
    said += "\n" + tr(
        "Files across offices a year: {before:,.0f} to {after:,.0f}; functions that move: {moved}.",
        before=facts["files_before"], after=facts["files_after"], moved=facts["functions_moved"],
    )  # fmt: skip
    foot = f"{style.stated(plan.scenario.title, proof)}\n{tr('Names of offices stand in the table offices.')}"
    canvas = style.canvas(
        tr(
            "Offices: {before} today, {offices} + {centres} in the plan",
            before=_count(functions), offices=facts["offices"], centres=facts["centres"],
        ),
        said, style.drawn_notice(plan.scenario.case.synthetic), foot, (9.6, 1.8 + 0.19 * height),
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=1.5, right=3.6)[0])
    axes.set_xlim(LEFT, RIGHT)
    axes.set_ylim(height, -0.3)
    axes.axis("off")
    words: dict[str, Any] = {
        "fontfamily": style.font(),
        "fontsize": 7.5,
        "va": "center",
        "parse_math": False,
        "clip_on": False,
    }
    names = dict(zip(functions.index, style.drawable_ids(list(functions.index), "function"), strict=True))
    for name in functions.index:
        colour = style.PLATFORM_COLOURS[str(functions.at[name, "platform"])]
        axes.add_patch(PathPatch(_band(before[name], after[name]), facecolor=colour, alpha=0.45, linewidth=0))
        axes.text(RIGHT + 0.015, after[name] + 0.45, names[name], color=style.TEXT, **words)
    for old, text in today.items():
        there = [before[name] for name in members_of[old]]
        _box(axes, LEFT, there, style.SMALL_PRINT)
        axes.text(LEFT - 0.015, float(np.mean(there)) + 0.45, text, ha="right", **words)
    for row in offices.to_dict("records"):
        members = [after[name] for name in row["functions"].split("; ")]
        colour = style.PLATFORM_COLOURS[row["platform"]]
        _box(axes, RIGHT - BOX, members, colour)
        whose = tr(NEW[row["kind"]])
        if row["name"] in today:
            whose = f"= {today[row['name']]}"
        text = whose + "\n" + tr("{number:.1f} persons", number=row["staff"])
        axes.text(
            RIGHT + 0.37, float(np.mean(members)) + 0.45, text, color=colour, **{**words, **fonts.bold(text)},
        )  # fmt: skip
    platforms = [name for name in style.PLATFORM_COLOURS if name in set(functions["platform"])]
    style.key(
        canvas.figure, [Rectangle((0, 0), 1, 1, color=style.PLATFORM_COLOURS[name], alpha=0.6) for name in platforms],
        [label(name) for name in platforms], loc="lower right", ncols=4, bbox_to_anchor=(0.995, 0.0),
    )  # fmt: skip
    return canvas.figure


def _offices_of_today(functions: pd.DataFrame) -> dict[str, str]:
    """Return the offices and centres of today, each with what a figure can write of its name."""
    shown: dict[str, str] = {}
    numbers = {"office": 0, "centre": 0}
    for row in functions.drop_duplicates("today").to_dict("records"):
        name, kind = str(row["today"]), str(row["kind"])
        numbers[kind] += 1
        shown[name] = style.drawable(name, tr(TODAY[kind], number=numbers[kind]))
    return shown


def _count(functions: pd.DataFrame) -> str:
    counts = functions.drop_duplicates("today")["kind"].value_counts()
    return f"{counts.get('office', 0)} + {counts.get('centre', 0)}"


def _places(groups: list[list[str]]) -> dict[str, float]:
    """Return the upper edge of each function's band, groups apart from one another."""
    places, at = {}, 0.0
    for members in groups:
        for name in members:
            places[name] = at
            at += 1
        at += SPACE
    return places


def _band(start: float, end: float) -> Path:
    left, right, middle = LEFT + BOX, RIGHT - BOX, (LEFT + RIGHT) / 2
    points = [
        (left, start), (middle, start), (middle, end), (right, end), (right, end + 0.9), (middle, end + 0.9),
        (middle, start + 0.9), (left, start + 0.9), (left, start),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)


def _box(axes: Axes, left: float, places: list[float], colour: str) -> None:
    axes.add_patch(Rectangle((left, min(places)), BOX, max(places) - min(places) + 0.9, color=colour, linewidth=0))
