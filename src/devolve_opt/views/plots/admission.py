"""The figure of an admission test: verdicts by category, and what stands in the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from devolve_opt.language import joined, tr
from devolve_opt.studies.admission import Admission, Verdict
from devolve_opt.views import style
from devolve_opt.vocabulary import Category, label

VERDICT_COLOURS = {
    Verdict.CARRIES: style.THIS_PLAN,
    Verdict.DISPLACES: style.PLAN_LIGHT,
    Verdict.NEEDS: style.ORANGE,
    Verdict.BARRED: style.CHARCOAL,
    Verdict.UNSETTLED: style.FAINT,
}
"""Colour of each verdict."""
VERDICTS = {
    Verdict.CARRIES: "carries",
    Verdict.DISPLACES: "displaces",
    Verdict.NEEDS: "needs",
    Verdict.BARRED: "barred",
    Verdict.UNSETTLED: "unsettled",
}
"""What each verdict is called; shown as `tr(VERDICTS[verdict])`."""

WANTS = {
    "powers_to_take": "a power to be taken",
    "powers_to_list": "a power to be listed",
    "powers_to_open": "a power to be opened",
    "fields_to_ready": "a field to be ready",
    "officers_short": "officers",
    "hours_short": "staff-hours",
    "caps_to_raise": "a higher cap",
}
"""What a township may need, by the column that says so; shown as `style.noun(WANTS[column])`."""


def wants(rows: pd.DataFrame) -> pd.Series:
    """Return how many of the townships need each thing, in the words of `WANTS`, without those that nobody needs."""
    counts = {style.noun(WANTS[name]): int(rows[name].astype(bool).sum()) for name in WANTS}
    return pd.Series({words: number for words, number in counts.items() if number}, dtype="int64")


@style.drawing
def admission_figure(admission: Admission) -> Figure:
    """Draw the verdicts on the townships of each category, and what those that cannot as they stand would need."""
    rows, plan = admission.townships, admission.plan
    name = style.drawable(admission.duty.name, tr("the proposed duty"))
    counts = rows["verdict"].value_counts()
    told = joined(f"{tr(VERDICTS[verdict])} {counts[str(verdict)]}" for verdict in Verdict if str(verdict) in counts)
    canvas = style.plan_canvas(
        plan, tr("Admission of {duty}", duty=style.short_name(name)),
        tr("Townships it would be laid on: {number}; {verdicts}.", number=len(rows), verdicts=told),
        (10.5, 4.4), top=0.4, bottom=0.8,
        note=tr("Lists, posts, officers, stations and lent staff as in the plan; a township may need several things"),
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=1.3, wspace=0.5, width_ratios=[1.4, 1])
    axes = style.plain(canvas.figure.add_subplot(grid[0]), tr("Verdicts by category"), style.noun("townships"), "", "x")
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
    style.key(canvas.figure, patches, [tr(VERDICTS[verdict]) for verdict in shown], loc="lower left", ncols=5,
              bbox_to_anchor=(0.1, 0.085))  # fmt: skip
    beside = style.plain(
        canvas.figure.add_subplot(grid[1]),
        tr("To carry it and keep everything, they need"),
        style.noun("townships"),
        "",
        "x",
    )
    wanted = wants(rows)
    if wanted.empty:
        style.say(beside, tr("Nothing is needed."))
        return canvas.figure
    beside.barh(np.arange(len(wanted)), wanted, height=0.6, color=VERDICT_COLOURS[Verdict.NEEDS])
    beside.set_yticks(np.arange(len(wanted)), list(wanted.index))
    beside.invert_yaxis()
    beside.xaxis.set_major_locator(MaxNLocator(integer=True))
    return canvas.figure
