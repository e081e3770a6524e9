"""The figure of an office merger: from the offices of today to the merged ones, function by function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from devolve_opt.studies.offices import OfficePlan
from devolve_opt.views import style
from devolve_opt.vocabulary import Platform, Status, label

PLATFORM_COLOURS: dict[str, str] = dict(
    zip(map(str, Platform), ("#0072B2", "#009E73", "#D55E00", "#CC79A7"), strict=True)
)
"""Colour of each platform; the keys are their words."""

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
    place = {name: number for number, name in enumerate(PLATFORM_COLOURS)}
    lead = functions.drop_duplicates("today").set_index("today")["platform"].to_dict()
    members_of = {
        name: list(functions.index[functions["today"] == name])
        for name in sorted(today, key=lambda name: place[str(lead[name])])
    }
    before = _places(list(members_of.values()))
    after = _places([names.split("; ") for names in offices["functions"]])
    height = max(*before.values(), *after.values()) + 1
    shown = ", ".join(label(name) for name in templates)
    proof = "proven best" if facts["status"] == Status.PROVEN else f"{label(facts['status'])}, gap {facts['gap']:.2%}"
    canvas = style.canvas(
        f"Offices: {_count(functions)} today, {facts['offices']} + {facts['centres']} in the plan",
        f"For {served} townships: {style.short_name(shown)}. One band is one function, its colour the platform.\n"
        f"Files across offices a year: {facts['files_before']:,.0f} to {facts['files_after']:,.0f}; "
        f"functions that move: {facts['functions_moved']}.",
        "SYNTHETIC DATA" if plan.scenario.case.synthetic else "",
        f"{style.short_name(plan.scenario.title)}: {proof}.\nNames of offices stand in the table offices.",
        (9.6, 1.8 + 0.19 * height),
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=1.5, right=3.6)[0])
    axes.set_xlim(LEFT, RIGHT)
    axes.set_ylim(height, -0.3)
    axes.axis("off")
    words: dict[str, Any] = {
        "fontfamily": style.FONT,
        "fontsize": 7.5,
        "va": "center",
        "parse_math": False,
        "clip_on": False,
    }
    names = dict(zip(functions.index, style.drawable_ids(list(functions.index), "function"), strict=True))
    for name in functions.index:
        colour = PLATFORM_COLOURS[str(functions.at[name, "platform"])]
        axes.add_patch(PathPatch(_band(before[name], after[name]), facecolor=colour, alpha=0.45, linewidth=0))
        axes.text(RIGHT + 0.015, after[name] + 0.45, names[name], color=style.TEXT, **words)
    for old, text in today.items():
        there = [before[name] for name in members_of[old]]
        _box(axes, LEFT, there, "#666666")
        axes.text(LEFT - 0.015, float(np.mean(there)) + 0.45, text, ha="right", **words)
    for row in offices.to_dict("records"):
        members = [after[name] for name in row["functions"].split("; ")]
        colour = PLATFORM_COLOURS[row["platform"]]
        _box(axes, RIGHT - BOX, members, colour)
        whose = f"= {today[row['name']]}" if row["name"] in today else f"new {row['kind']}"
        axes.text(
            RIGHT + 0.37, float(np.mean(members)) + 0.45, f"{whose}\n{row['staff']:.1f} persons", color=colour,
            fontweight="bold", **words,
        )  # fmt: skip
    platforms = [name for name in PLATFORM_COLOURS if name in set(functions["platform"])]
    style.key(
        canvas.figure, [Rectangle((0, 0), 1, 1, color=PLATFORM_COLOURS[name], alpha=0.6) for name in platforms],
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
        shown[name] = style.drawable(name, f"{kind} {numbers[kind]} of today")
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
