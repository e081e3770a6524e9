"""The figure of duties: how many townships carry each, and what sends it back to the county elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.views import style
from devolve_opt.views.duties import REASONS
from devolve_opt.views.duties import duties as duty_table
from devolve_opt.views.wording import share

CARRIED = "carried in the township"
GROUPS = {
    CARRIED: style.THIS_PLAN,
    "barred: law, its county, a subdistrict": style.CHARCOAL,
    "a power is on no list of it": style.ORANGE,
    "a power is not taken": style.YELLOW,
    "officers have no time": style.PINK,
    "no hours: load": style.VERMILION,
    "costs more, or not chosen": style.MIDDLE_GREY,
}
"""What a bar can say, and its colour; shown as `tr(group)`."""
_GROUP_OF = dict(zip(REASONS, [list(GROUPS)[number] for number in (1, 1, 1, 2, 3, 4, 5, 6, 6)], strict=True))


@style.drawing
def duties(plan: Plan) -> Figure:
    """Draw, for each duty, the share of the townships it is laid on that carry it, and why the others do not."""
    table = duty_table(plan)
    total = len(table)
    group = table["reason"].map(_GROUP_OF).where(~table["matched"], CARRIED)
    shares = pd.crosstab(table["duty"], group, normalize="index").reindex(columns=list(GROUPS), fill_value=0.0)
    shares = shares.sort_values([CARRIED, "no hours: load"], ascending=[False, True], kind="stable")
    carried = int(table["matched"].sum())
    if total:
        lead = tr(
            "{carried:,} of {total:,} duties laid on townships are carried there ({share}); each bar is one duty, all "
            "townships it is laid on.",
            carried=carried, total=total, share=share(carried / total),
        )  # fmt: skip
    else:
        lead = tr(
            "0 of 0 duties laid on townships are carried there; each bar is one duty, all townships it is laid on."
        )
    canvas = style.plan_canvas(
        plan, tr("Duties: carried in the township, or back at the county"), lead,
        (10.5, 2.6 + 0.19 * max(4, len(shares))), top=0.3, bottom=1.0,
        note=tr("First reason that stands in the way; names stand in the table duties"),
    )  # fmt: skip
    axes = style.plain(
        canvas.figure.add_subplot(canvas.grid(1, 1, left=1.6)[0]),
        "",
        tr("share of the townships it is laid on"),
        "",
        "x",
    )
    if shares.empty:
        style.say(axes, tr("No duty is laid on any township."))
        return canvas.figure
    places, left = np.arange(len(shares)), np.zeros(len(shares))
    for name, colour in GROUPS.items():
        axes.barh(places, shares[name], left=left, height=0.78, color=colour)
        left += shares[name].to_numpy(float)
    laid = table["duty"].value_counts()
    names = style.drawable_ids(list(map(str, shares.index)), "duty")
    axes.set_yticks(
        places,
        [
            tr("{group}  ({number})", group=name, number=laid[duty])
            for name, duty in zip(names, shares.index, strict=True)
        ],
    )
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    shown = [name for name in GROUPS if shares[name].any()]
    style.key(
        canvas.figure, [Patch(facecolor=GROUPS[name]) for name in shown], [tr(name) for name in shown],
        loc="lower left", ncols=4,
        bbox_to_anchor=(1.4 / 10.5, 0.38 / canvas.figure.get_size_inches()[1]),
    )  # fmt: skip
    return canvas.figure
