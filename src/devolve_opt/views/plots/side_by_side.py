"""Figure of plans side by side: how townships rank by the share of their choices that is met, plan after plan."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from devolve_opt.language import tr
from devolve_opt.studies.side_by_side import SideBySide
from devolve_opt.views import style
from devolve_opt.views.wording import count, short_status

NAMED = 4
"""Townships named on each side: those that climb and fall most from the first plan to the last."""
LABEL_ROOM = 0.03
"""Room that a label takes, as a share of the height."""
CLIMBING, FALLING, OTHER = style.THIS_PLAN, style.WARNING, style.MIDDLE_GREY


@style.drawing
def side_by_side_figure(found: SideBySide) -> Figure:
    """Draw a bump chart: a line a township, its rank by rounds met of rounds asked under each plan."""
    names = list(found.plans)
    ranks = _ranks(found)
    change = ranks[names[0]] - ranks[names[-1]]
    climb = [town for town in change.sort_values(ascending=False, kind="stable").index if change[town] > 0][:NAMED]
    fall = [town for town in change.sort_values(kind="stable").index if change[town] < 0][:NAMED]
    first = next(iter(found.plans.values()))
    lead = tr(
        "{townships} by the share of their rounds that is met, the best first;\nmarked are those that climb and fall "
        "most from the first plan to the last",
        townships=count(len(ranks), "township"),
    )
    proofs = tr("; ").join(
        tr("{title}: {status}", title=style.short_name(name), status=short_status(plan))
        for name, plan in found.plans.items()
    )
    canvas = style.canvas(
        tr("How townships rank under each plan"), lead, style.drawn_notice(first.scenario.case.synthetic),
        tr("{sentence}.", sentence=proofs) + "\n"
        + tr("A rank says nothing of how much is met; ties are in the order of the case."),
        (max(7.5, 2.2 * len(names) + 3.0), 6.0), top=0.3, bottom=0.4,
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=0.9, right=1.9)[0, 0])
    style.plain(axes, "", "", tr("rank"))
    labels = _apart(ranks[names[-1]][[*climb, *fall]], LABEL_ROOM * len(ranks))
    for town in ranks.index:
        colour = CLIMBING if town in climb else FALLING if town in fall else OTHER
        marked = colour is not OTHER
        axes.plot(range(len(names)), ranks.loc[town], color=colour, linewidth=1.8 if marked else 0.6,
                  marker="o" if marked else "", markersize=4, zorder=3 if marked else 1)  # fmt: skip
        if marked:
            axes.annotate(f"{style.drawable(town)} {change[town]:+.0f}", (len(names) - 1, labels[town]),
                          xytext=(6, 0), textcoords="offset points", va="center", fontsize=8, color=colour,
                          fontfamily=style.font(), parse_math=False)  # fmt: skip
    axes.set_xticks(range(len(names)), [style.short_name(name) for name in names], parse_math=False)
    axes.set_ylim(len(ranks) + 0.5, 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return canvas.figure


def _apart(ranks: pd.Series, room: float) -> dict[str, float]:
    """Return where labels stand: at their ranks, or below the one above where that leaves no room."""
    places: dict[str, float] = {}
    for town, rank in ranks.sort_values().items():
        places[str(town)] = max([float(rank), *(place + room for place in places.values())])
    return places


def _ranks(found: SideBySide) -> pd.DataFrame:
    """Return the rank of each township that chooses under each plan, 1 for the best; columns are plans."""
    columns = {}
    for name, plan in found.plans.items():
        figures = plan.audit.townships.loc[plan.scenario.data.voting_townships]
        asked = figures["rounds_asked"]
        share = (figures["rounds_met"] / asked.where(asked > 0)).fillna(0.0)
        columns[name] = share.rank(ascending=False, method="first")
    return pd.DataFrame(columns)
