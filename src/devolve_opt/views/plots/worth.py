"""Figure of what a plan is worth, term by term, beside the ratio rule's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.views import style, tables
from devolve_opt.views.terms import terms_on
from devolve_opt.views.wording import HOURS, plan_name, signed
from devolve_opt.vocabulary import BASE_LIST, label


@style.drawing
def changes_against_ratio_rule(plan: Plan) -> Figure:
    """Draw the terms of the objective for the plan and for the ratio rule, their differences, and how the lists change.

    For the ratio rule's own plan only its terms are drawn.
    """
    table = terms_on(plan)
    total, terms = table.iloc[-1], table.iloc[:-1].iloc[::-1]
    alone = plan.reference is None
    lead = tr("Worth {worth:,.0f} {hours}; costs are negative.", worth=total["plan"], hours=tr(HOURS))
    title = tr("What the plan is worth")
    if not alone:
        title = tr("What the plan is worth, beside the ratio rule")
        beside = tr(
            "The ratio rule's plan: {worth:,.0f}; the difference: {difference}.",
            worth=total["ratio_rule"], difference=signed(total["difference"]),
        )  # fmt: skip
        lead = style.sentences(lead, beside)
    canvas = style.plan_canvas(
        plan, title, lead, (12.5, 4.8 if alone else 6.6), top=0.45, bottom=0.55,
        note=tr("Prices are settings of the policy, not observations"),
    )  # fmt: skip
    rows = 1 if alone else 2
    grid = canvas.grid(rows, 2, left=1.7, wspace=0.12, hspace=0.42, height_ratios=[1] if alone else [2.2, 1])
    axes = canvas.figure.add_subplot(grid[0, :] if alone else grid[0, 0])
    _terms(axes, terms, plan_name(plan), alone)
    if not alone:
        _differences(canvas.figure.add_subplot(grid[0, 1], sharey=axes), terms)
        _lists(canvas.figure.add_subplot(grid[1, :]), plan)
    return canvas.figure


def _terms(axes: Axes, terms: pd.DataFrame, name: str, alone: bool) -> None:
    style.plain(axes, tr("Terms of the objective"), tr(HOURS), grid="x")
    places = np.arange(len(terms))
    height = 0.6 if alone else 0.4
    colours = [style.TERM_COLOURS[term] for term in terms["term"]]
    axes.barh(places + (0 if alone else height / 2), terms["plan"], height=height, color=colours)
    entries = [Patch(facecolor=style.SMALL_PRINT)]
    if not alone:
        axes.barh(
            places - height / 2,
            terms["ratio_rule"],
            height=height * 0.9,
            facecolor="white",
            edgecolor=colours,
            linewidth=1.1,
        )
        entries.append(Patch(facecolor="white", edgecolor=style.SMALL_PRINT))
    axes.axvline(0, color=style.SMALL_PRINT, linewidth=0.9)
    axes.set_yticks(places, [label(term) for term in terms["term"]], fontfamily=style.font())
    axes.tick_params(axis="y", length=0)
    _hours_axis(axes)
    style.key(
        axes,
        entries,
        [name] if alone else [name, tr("ratio rule")],
        loc="lower right",
        bbox_to_anchor=(1.01, 0.985),
        ncols=2,
        borderpad=0.1,
    )


def _differences(axes: Axes, terms: pd.DataFrame) -> None:
    style.plain(axes, tr("Difference: this plan less ratio rule"), tr(HOURS), grid="x")
    places = np.arange(len(terms))
    axes.barh(places, terms["difference"], height=0.6, color=[style.TERM_COLOURS[term] for term in terms["term"]])
    axes.axvline(0, color=style.SMALL_PRINT, linewidth=0.9)
    for place, value in zip(places, terms["difference"], strict=True):
        axes.annotate(
            signed(value), (value, place), xytext=(3 if value >= 0 else -3, 0), textcoords="offset points", va="center",
            ha="left" if value >= 0 else "right", fontsize=7.5, color=style.TEXT, fontfamily=style.font(),
        )  # fmt: skip
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.margins(x=0.18)
    _hours_axis(axes)


def _hours_axis(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))


def _lists(axes: Axes, plan: Plan) -> None:
    heading = tr("Powers on each list, against the ratio rule's list of the same name")
    style.plain(axes, heading, style.noun("powers"), grid="x")
    names = [BASE_LIST, *(str(category) for category in plan.scenario.policy.own_list_categories)]
    now, before = (
        each.decisions.guide_list.groupby("list")["power"].agg(set).to_dict()
        for each in (plan, tables.ratio_plan(plan))
    )
    places = np.arange(len(names))
    came = np.array([len(now.get(name, set()) - before.get(name, set())) for name in names])
    left = np.array([len(before.get(name, set()) - now.get(name, set())) for name in names])
    colours = [style.LIST_COLOURS[name] for name in names]
    axes.barh(places, came, height=0.6, color=colours)
    axes.barh(places, -left, height=0.6, facecolor="white", edgecolor=colours, linewidth=1.1)
    axes.axvline(0, color=style.SMALL_PRINT, linewidth=0.9)
    for place, one, other in zip(places, came, left, strict=True):
        words: dict[str, Any] = {
            "va": "center",
            "fontsize": 7.5,
            "color": style.TEXT,
            "textcoords": "offset points",
            "fontfamily": style.font(),
        }
        axes.annotate(tr("{number} came", number=one), (one, place), xytext=(3, 0), ha="left", **words)
        axes.annotate(tr("{number} left", number=other), (-other, place), xytext=(-3, 0), ha="right", **words)
    sizes = {name: (len(before.get(name, set())), len(now.get(name, set()))) for name in names}
    texts = []
    for name in names:
        before_there, now_there = sizes[name]
        said = {"category": label(name), "before": before_there, "after": now_there}
        texts.append(
            tr("base list: {before} to {after}", **said)
            if name == BASE_LIST
            else tr("{category} list: {before} to {after}", **said)
        )
    axes.set_yticks(places, texts, fontfamily=style.font())
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    reach = max(1, came.max(), left.max()) * 1.2
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{abs(value):.0f}"))
