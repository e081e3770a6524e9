"""Figure of an explanation: what taking a power costs or gains as it is and with more of this or that; or what a post,
an officer or a place on the lists is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.language import joined, tr
from devolve_opt.studies.explaining import Explanation
from devolve_opt.views import style
from devolve_opt.views.explanation import amount_in_words
from devolve_opt.views.wording import signed

BARRED: dict[str, Any] = {"linestyle": "", "marker": "x", "color": style.WARNING, "markersize": 7}
ROW_INCHES = 0.34
NAME_LONGEST = 20
"""Characters of a name in the title."""


@dataclass(frozen=True)
class Mark:
    """A row of the figure: words, and from where to where a value lies; infinite where the rules do not allow it."""

    words: str
    least: float
    most: float


@style.drawing
def explanation_figure(found: Explanation) -> Figure:
    """Draw the values that an answer rests on, a row for each thing changed; 0 is where the answer turns."""
    marks = _marks(found)
    of_pair = found.township is not None and found.power is not None
    if of_pair:
        names = {"township": _called(found, "township"), "power": _called(found, "power")}
        taken = found.facts["taken"]
        title = (
            tr("Why {township} takes {power}", **names)
            if taken
            else tr("Why {township} does not take {power}", **names)
        )
        lead = tr(
            "what taking it costs the township (staff-hours a year); left of the line it gains, right of it it loses"
        )
    elif found.power is not None:
        title = tr("What room on the lists is worth for {power}", power=_called(found, "power"))
        lead = tr("how much more a plan that lists it is worth if every list holds more (staff-hours a year)")
    else:
        title = tr("What people are worth in {township}", township=_called(found, "township"))
        lead = tr("what the township gains at best (staff-hours a year), the price of the change not counted")
    note = tr("Each row by itself; everything the township decides is solved anew")
    canvas = style.plan_canvas(
        found.plan, title, lead, (8.5, 1.9 + ROW_INCHES * max(3, len(marks))),
        note if of_pair or found.power is None else "",
        top=0.15, bottom=0.75,
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=3.1)[0])
    if marks:
        _rows(axes, marks, gains_left=of_pair)
    else:
        style.plain(axes)
        style.say(axes, tr("nothing that could be changed was solved"))
    return canvas.figure


def _called(found: Explanation, kind: str) -> str:
    """Return the id of the township or the power with its name behind it, as far as figures can write it."""
    identity = getattr(found, kind)
    name = style.shortened(str(found.plan.scenario.data.tables[f"{kind}s"].at[identity, "name"]), NAME_LONGEST)
    return f"{style.drawable(identity)} {style.drawable(name, '')}".strip()


def _marks(found: Explanation) -> list[Mark]:
    changes = found.changes.to_dict("records")
    if found.power is None:
        return [Mark(amount_in_words(row["change"], int(row["amount"])), row["worth"], row["worth"]) for row in changes]
    if found.township is None:
        more = [tr("{number} more on every list", number=row["amount"]) for row in changes]
        return [Mark(words, row["worth"], row["worth"]) for words, row in zip(more, changes, strict=True)]
    facts = found.facts
    if "loss" not in facts:
        return []
    loss = np.inf if facts["loss"] is None else facts["loss"]
    kinds = {key[0] == "opened" for key in facts["prerequisites"]}
    missing = [tr("not on its list") if not opened else tr("not open to it") for opened in sorted(kinds)]
    as_it_is = tr("as it is")
    if missing and not facts["taken"]:
        as_it_is = tr("as it is, but for: {missing}", missing=joined(missing))
    marks = [Mark(as_it_is, loss, loss)]
    sign = 1 if loss > 0 else -1
    for row in changes:
        turns = not pd.isna(row["amount"])
        amount = int(row["amount"]) if turns else sign * int(row["tried"])
        if amount and abs(amount) != 1:
            marks.append(Mark(amount_in_words(row["change"], sign), row["loss_at_one"], row["loss_at_one"]))
        marks.append(Mark(amount_in_words(row["change"], amount or sign), *[row["loss_at_amount"]] * 2))
    effect = found.effect
    if effect is not None:
        # What deciding otherwise costs everybody: taking it where it is not taken, giving it up where it is.
        ends = (effect.least, effect.most) if not facts["taken"] else (-effect.most, -effect.least)
        marks.append(Mark(tr("for everybody, on the whole"), *ends))
    return marks


def _rows(axes: Axes, marks: Sequence[Mark], gains_left: bool) -> None:
    style.plain(axes, grid="x")
    places = range(len(marks) - 1, -1, -1)
    barred = False
    for place, mark in zip(places, marks, strict=True):
        ends = sorted({end for end in (mark.least, mark.most) if np.isfinite(end)})
        if not ends:
            barred = True
            worse_side = 0.97 if gains_left else 0.03
            axes.plot([worse_side], [place], transform=axes.get_yaxis_transform(), **BARRED)
            continue
        good, bad = (max(ends) < 0, min(ends) > 0) if gains_left else (min(ends) > 0, max(ends) < 0)
        colour = style.THIS_PLAN if good else style.RATIO_RULE if bad else style.TODAY
        if len(ends) == 2:
            axes.plot(ends, [place, place], color=colour, linewidth=4, solid_capstyle="butt")
        axes.plot(ends, [place] * len(ends), linestyle="", marker="o", color=colour)
        for end, beside, side in ((ends[0], -7, "right"), (ends[-1], 7, "left")):
            # Away from the line at 0 where there is one value, outwards where there are two.
            if len(ends) == 2 or (end < 0) == (side == "right"):
                axes.annotate(signed(end), (end, place), (beside, 0), textcoords="offset points", ha=side, va="center",
                              fontsize=8, color=style.TEXT, fontfamily=style.font())  # fmt: skip
    axes.axvline(0, color=style.TEXT, linewidth=1)
    axes.set_yticks(list(places), [mark.words for mark in marks])
    axes.set_ylim(-0.7, len(marks) - 0.3)
    axes.margins(x=0.2)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    if barred:
        style.key(axes, [Line2D([], [], **BARRED)], [tr("the rules do not allow it")], loc="upper left",
                  bbox_to_anchor=(-0.02, -0.1))  # fmt: skip
