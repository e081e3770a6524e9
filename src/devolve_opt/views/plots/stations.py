"""Figure of the stations: which kinds stay the county's, which townships manage, which are devolved."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from devolve_opt.plan import Plan
from devolve_opt.views import style
from devolve_opt.views.stations import station_counts
from devolve_opt.vocabulary import StationStatus, label

COLOURS = {
    StationStatus.COUNTY: style.TODAY,
    StationStatus.MANAGED: style.RATIO_RULE,
    StationStatus.DEVOLVED: style.THIS_PLAN,
}
"""Colour of each status."""

NAMES = {StationStatus.COUNTY: "run by the county", StationStatus.MANAGED: "managed by the township",
         StationStatus.DEVOLVED: "devolved"}  # fmt: skip


def stations(plan: Plan) -> Figure:
    """Draw the stations of each kind, stacked by who runs them; kinds that never change hands are marked.

    Hatched: kinds that a township may neither manage nor take over; dotted: those that it may manage only. Without
    [policy.stations] every station is the county's.
    """
    counts = station_counts(plan)
    off = plan.scenario.policy.stations is None
    lead = "The scenario does not switch stations on: all stay as they are, and kinds are marked as by default."
    if not off:
        ours = counts[[str(StationStatus.MANAGED), str(StationStatus.DEVOLVED)]].sum()
        lead = f"Of {counts[[str(status) for status in StationStatus]].to_numpy().sum():,} stations, townships manage "
        lead += f"{ours.iloc[0]:,}, and {ours.iloc[1]:,} are devolved to them."
    canvas = style.plan_canvas(
        plan, "Stations of county departments and courts, by kind", lead, (11.5, max(3.2, 1.9 + 0.3 * len(counts))),
        top=0.3, bottom=0.65, note="A managed station stays the county's; the township directs a share of its hours",
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=1.7)[0])
    if counts.empty:
        style.say(axes, "The case has no stations.")
        return canvas.figure
    style.plain(axes, x_label="stations", grid="x")
    places = np.arange(len(counts))
    left = np.zeros(len(counts))
    for status, colour in COLOURS.items():
        numbers = counts[str(status)].to_numpy()
        bars = axes.barh(places, numbers, left=left, height=0.62, color=colour, edgecolor="white", linewidth=0.6)
        for bar, kept in zip(bars, counts["kept_from"], strict=True):
            if status is StationStatus.COUNTY and kept:
                bar.set_hatch("////" if "management" in kept else "..")
        left += numbers
    for place, (total, managed, devolved) in enumerate(
        zip(left, counts[str(StationStatus.MANAGED)], counts[str(StationStatus.DEVOLVED)], strict=True)
    ):
        changed = [f"{number} {word}" for number, word in ((managed, "managed"), (devolved, "devolved")) if number]
        text = f"{total:.0f}" + (": " + ", ".join(changed) if changed else "")
        axes.annotate(text, (total, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5,
                      color=style.TEXT, fontfamily=style.FONT)  # fmt: skip
    axes.set_xlim(0, 1.2 * left.max())
    axes.set_yticks(places, [label(kind) for kind in counts.index], fontfamily=style.FONT)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    entries = [Patch(facecolor=colour) for colour in COLOURS.values()]
    entries += [Patch(facecolor=style.TODAY, edgecolor="white", hatch=hatch) for hatch in ("////", "..")]
    words = [NAMES[status] for status in COLOURS] + [
        "may never be managed nor devolved",
        "may be managed, never devolved",
    ]
    style.key(axes, entries, words, loc="upper left", bbox_to_anchor=(-0.02, -0.13), ncols=5, columnspacing=1.2)
    return canvas.figure
