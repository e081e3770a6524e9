"""Figure of the stations: which kinds stay the county's, which townships manage, which are devolved."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.views import style
from devolve_opt.views.stations import station_counts
from devolve_opt.vocabulary import StationStatus, label

NAMES = {StationStatus.COUNTY: "run by the county", StationStatus.MANAGED: "managed by the township",
         StationStatus.DEVOLVED: "devolved"}  # fmt: skip
BELOW = 0.8
"""Inches below the axes, for their label and the key."""
KEPT = ("may never be managed nor devolved", "may be managed, never devolved")
"""What the key says of each status, and of the two hatches; shown through `tr`."""


@style.drawing
def stations(plan: Plan) -> Figure:
    """Draw the stations of each kind, stacked by who runs them; kinds that never change hands are marked.

    Hatched: kinds that a township may neither manage nor take over; dotted: those that it may manage only. Without
    [policy.stations] every station is the county's.
    """
    counts = station_counts(plan)
    off = plan.scenario.policy.stations is None
    lead = tr("The scenario does not switch stations on: all stay as they are, and kinds are marked as by default.")
    if not off:
        ours = counts[[str(StationStatus.MANAGED), str(StationStatus.DEVOLVED)]].sum()
        lead = tr(
            "Of {total:,} stations, townships manage {managed:,}, and {devolved:,} are devolved to them.",
            total=counts[[str(status) for status in StationStatus]].to_numpy().sum(),
            managed=ours.iloc[0], devolved=ours.iloc[1],
        )  # fmt: skip
    canvas = style.plan_canvas(
        plan, tr("Stations of county departments and courts, by kind"), lead, (11.5, max(3.2, 1.9 + 0.3 * len(counts))),
        top=0.3, bottom=BELOW,
        note=tr("A managed station stays the county's; the township directs a share of its hours"),
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=1.7)[0])
    if counts.empty:
        style.say(axes, tr("The case has no stations."))
        return canvas.figure
    style.plain(axes, x_label=style.noun("stations"), grid="x")
    places = np.arange(len(counts))
    left = np.zeros(len(counts))
    for status, colour in style.STATION_COLOURS.items():
        numbers = counts[status].to_numpy()
        bars = axes.barh(places, numbers, left=left, height=0.62, color=colour, edgecolor="white", linewidth=0.6)
        for bar, kept in zip(bars, counts["kept_from"], strict=True):
            if status == StationStatus.COUNTY and kept:
                bar.set_hatch("////" if "management" in kept else "..")
        left += numbers
    for place, (total, managed, devolved) in enumerate(
        zip(left, counts[str(StationStatus.MANAGED)], counts[str(StationStatus.DEVOLVED)], strict=True)
    ):
        changed = [tr("{number} managed", number=managed)] if managed else []
        changed += [tr("{number} devolved", number=devolved)] if devolved else []
        text = f"{total:.0f}"
        if changed:
            text = tr("{total}: {parts}", total=text, parts=joined(changed))
        axes.annotate(text, (total, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5,
                      color=style.TEXT, fontfamily=style.font())  # fmt: skip
    axes.set_xlim(0, 1.2 * left.max())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_yticks(places, [label(kind) for kind in counts.index], fontfamily=style.font())
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    entries = [Patch(facecolor=colour) for colour in style.STATION_COLOURS.values()]
    entries += [Patch(facecolor=style.TODAY, edgecolor="white", hatch=hatch) for hatch in ("////", "..")]
    words = [*(tr(NAMES[StationStatus(status)]) for status in style.STATION_COLOURS), *map(tr, KEPT)]
    style.key(canvas.figure, entries, words, loc="lower left", ncols=5, columnspacing=1.2,
              bbox_to_anchor=(0.04, (canvas.bottom - BELOW) / canvas.figure.get_size_inches()[1]))  # fmt: skip
    return canvas.figure
