"""The figure of an admission test: verdicts by category, and what stands in the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from devolve_opt.studies.admission import Admission, Verdict
from devolve_opt.views import style
from devolve_opt.vocabulary import Category, label

VERDICT_COLOURS = {
    Verdict.CARRIES: style.THIS_PLAN,
    Verdict.DISPLACES: "#6BAED6",
    Verdict.NEEDS: "#E69F00",
    Verdict.BARRED: "#444444",
    Verdict.UNSETTLED: "#DDDDDD",
}
"""Colour of each verdict."""

WANTS = {
    "powers_to_take": "a power to be taken",
    "powers_to_list": "a power to be listed",
    "powers_to_open": "a power to be opened",
    "fields_to_ready": "a field to be ready",
    "officers_short": "officers",
    "hours_short": "staff-hours",
    "caps_to_raise": "a higher cap",
}
"""What a township may need, by the column that says so, in words."""


def wants(rows: pd.DataFrame) -> pd.Series:
    """Return how many of the townships need each thing, by the words of `WANTS`, without those that nobody needs."""
    counts = {words: int(rows[name].astype(bool).sum()) for name, words in WANTS.items()}
    return pd.Series({words: number for words, number in counts.items() if number}, dtype="int64")


def admission_figure(admission: Admission) -> Figure:
    """Draw the verdicts on the townships of each category, and what those that cannot as they stand would need."""
    rows, plan = admission.townships, admission.plan
    name = style.drawable(admission.duty.name, "the proposed duty")
    counts = rows["verdict"].value_counts()
    told = ", ".join(f"{label(verdict)} {counts[verdict]}" for verdict in map(str, Verdict) if verdict in counts)
    canvas = style.plan_canvas(
        plan, f"Admission of {style.short_name(name)}", f"Townships it would be laid on: {len(rows)}; {told}.",
        (10.5, 4.4), top=0.4, bottom=0.8,
        note="Lists, posts, officers, stations and lent staff as in the plan; a township may need several things",
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=1.3, wspace=0.5, width_ratios=[1.4, 1])
    axes = style.plain(canvas.figure.add_subplot(grid[0]), "Verdicts by category", "townships", "", "x")
    table = pd.crosstab(rows["category"], rows["verdict"]).reindex(columns=[*map(str, Verdict)], fill_value=0)
    table = table.reindex([str(category) for category in Category if str(category) in table.index])
    places, left = np.arange(len(table)), np.zeros(len(table))
    for verdict, colour in VERDICT_COLOURS.items():
        axes.barh(places, table[str(verdict)], left=left, height=0.65, color=colour)
        left += table[str(verdict)].to_numpy(float)
    axes.set_yticks(places, [label(category) for category in table.index])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    shown = [verdict for verdict in Verdict if str(verdict) in counts]
    patches = [Patch(facecolor=VERDICT_COLOURS[verdict]) for verdict in shown]
    style.key(canvas.figure, patches, [label(verdict) for verdict in shown], loc="lower left", ncols=5,
              bbox_to_anchor=(0.1, 0.085))  # fmt: skip
    beside = style.plain(
        canvas.figure.add_subplot(grid[1]), "To carry it and keep everything, they need", "townships", "", "x"
    )
    wanted = wants(rows)
    if wanted.empty:
        style.say(beside, "Nothing is needed.")
        return canvas.figure
    beside.barh(np.arange(len(wanted)), wanted, height=0.6, color=VERDICT_COLOURS[Verdict.NEEDS])
    beside.set_yticks(np.arange(len(wanted)), list(wanted.index))
    beside.invert_yaxis()
    beside.xaxis.set_major_locator(MaxNLocator(integer=True))
    return canvas.figure
