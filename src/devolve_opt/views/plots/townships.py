"""Figures of the townships: their workload, their posts, their officers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.views import style, tables
from devolve_opt.views.wording import count, own_name, share
from devolve_opt.vocabulary import Category, Method, label

SHOWN_CHANGES = 60
"""Townships with changed posts that are drawn one by one; where there are more, those that change most."""

NARROWEST = 14
"""Townships for which each panel of the workload has room at least, so that its title fits."""

OFFICERS_SHOWN = 8
"""Offices with more officers than this share the last bar."""


@style.drawing
def workload(plan: Plan) -> Figure:
    """Draw the load of every township, a panel for each category, sorted by load under the plan.

    Load is hours needed / hours there. Lines mark where overload begins to cost, each further step of its price, and
    the stop (or the wall).
    """
    table, policy = tables.workload(plan), plan.scenario.policy
    groups = [(str(category), part) for category in Category if len(part := table[table["category"] == category])]
    steps = [step.until for step in policy.overload_steps]
    lines = [policy.overload_free_share, *steps] if policy.overload == "priced" else [policy.wall_share]
    first = lines[0]
    if policy.overload == "priced":
        note = tr(
            "Each column of marks is a township; today: statutory work and staff; beside the lines: price of each hour "
            "above; stop at {share}",
            share=share(lines[-1]),
        )
    else:
        note = tr("Each column of marks is a township; today: statutory work and staff")
    lead = _above(plan, table, first)
    canvas = style.plan_canvas(
        plan, tr("Workload: hours needed as a share of the hours there"), lead, (13, 5.6), top=0.5, bottom=0.6,
        note=note,
    )  # fmt: skip
    widths = [max(len(part), NARROWEST) for _, part in groups] or [1]
    grid = canvas.grid(1, len(widths), left=0.75, right=0.95, width_ratios=widths, wspace=0.06)
    if not groups:
        style.say(canvas.figure.add_subplot(grid[0]), tr("No township."))
        return canvas.figure
    values = table[["load", "load_ratio_rule", "load_before"]].to_numpy(float)
    reach = [float(np.nanmin(values)), float(np.nanmax(values))] if np.isfinite(values).any() else [0.8, 1.0]
    bounds = (min(reach[0], first) - 0.04, max(reach[1], first) + 0.04)
    base: Axes | None = None
    for number, (category, part) in enumerate(groups):
        axes = canvas.figure.add_subplot(grid[number], sharey=base)
        base = base or axes
        style.plain(axes, f"{label(category)}\n{len(part)}")
        _loads(axes, part.sort_values("load", kind="stable"), category, plan.reference is not None)
        _load_lines(axes, plan.scenario.policy, lines, bounds, last=number == len(groups) - 1)
        if number:
            axes.tick_params(labelleft=False, length=0)
            axes.spines["left"].set_visible(False)
    assert base is not None
    base.set_ylim(*bounds)
    base.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    base.set_ylabel(tr("load"), fontsize=8.5, fontfamily=style.font())
    entries = {tr("today"): style.dot(style.TODAY, marker="_", size=6)}
    if plan.reference is not None:
        entries |= {tr("ratio rule"): style.dot(style.RATIO_RULE, hollow=True, size=4)}
    entries |= {own_name(plan): style.dot(style.TEXT)}
    style.key(
        canvas.figure, list(entries.values()), list(entries), loc="lower left", ncols=3,
        bbox_to_anchor=(0.05, (canvas.bottom - 0.56) / 5.6),
    )  # fmt: skip
    return canvas.figure


def _above(plan: Plan, table: pd.DataFrame, first: float) -> str:
    """Say how many townships are loaded above the first line, and above all hours there."""
    columns = {"plan": "load", "rule": "load_ratio_rule", "today": "load_before"}
    said = {name: int((table[column] > first).sum()) for name, column in columns.items()}
    said |= {f"{name}_full": int((table[column] > 1).sum()) for name, column in columns.items()}
    said |= {"total": len(table)}
    if plan.reference is not None:
        return tr(
            "Townships above {share} of the hours there: {plan} of {total} under this plan, "
            "{rule} under the ratio rule, {today} today. Above 100 %: {plan_full}, {rule_full}, {today_full}.",
            share=share(first), **said,
        )  # fmt: skip
    if plan.method is not Method.RATIO:
        return tr(
            "Townships above {share} of the hours there: {plan} of {total} under this plan, {today} today. "
            "Above 100 %: {plan_full}, {today_full}.",
            share=share(first), **said,
        )  # fmt: skip
    return tr(
        "Townships above {share} of the hours there: {plan} of {total} under the ratio rule, {today} today. "
        "Above 100 %: {plan_full}, {today_full}.",
        share=share(first), **said,
    )  # fmt: skip


def _loads(axes: Axes, part: pd.DataFrame, category: str, with_rule: bool) -> None:
    places = np.arange(len(part))
    axes.scatter(places, part["load_before"], marker="_", s=26, linewidths=1.1, color=style.TODAY)
    if with_rule:
        axes.vlines(places, part["load"], part["load_ratio_rule"], color=style.RATIO_RULE_PALE, linewidth=1)
        axes.scatter(
            places, part["load_ratio_rule"], s=11, facecolors="white", edgecolors=style.RATIO_RULE, linewidths=0.9
        )
    axes.scatter(places, part["load"], s=15, color=style.CATEGORY_COLOURS[category], zorder=3)
    axes.set_xlim(-1, max(len(part), NARROWEST))
    axes.set_xticks([])


def _load_lines(axes: Axes, policy: Policy, lines: list[float], bounds: tuple[float, float], last: bool) -> None:
    prices = [step.price for step in policy.overload_steps]
    wall = policy.overload == "wall"
    for number, line in enumerate(lines):
        if not bounds[0] <= line <= bounds[1]:
            continue
        stop = wall or number == len(lines) - 1
        colour, dashes = (style.WARNING, "-") if stop else (style.AXIS, "--")
        axes.axhline(line, color=colour, linewidth=1, linestyle=dashes, zorder=0)
        if last:
            words = tr("wall") if wall else tr("stop")
            if not stop:
                words = tr("{price:g} h an hour", price=prices[number])
            axes.annotate(
                words, (1, line), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
                va="center", fontsize=7.5, color=style.SMALL_PRINT, fontfamily=style.font(),
            )  # fmt: skip


@style.drawing
def posts_before_after(plan: Plan) -> Figure:
    """Draw which townships gain and lose posts, and what each category has before and after.

    Left: one line for each township whose posts change, by category; the number of posts stands beside it. Right: posts
    of each category today and under the plan.
    """
    table = tables.posts(plan)
    table["change_ratio_rule"] = table["posts_ratio_rule"] - table["posts_before"]
    changed = table[table["change"] != 0]
    gained = int(table["change"].clip(lower=0).sum())
    by_rule = int(table["change_ratio_rule"].clip(lower=0).sum())
    said = [
        tr(
            "{moved} posts move: {gain} townships gain, {lose} lose, {keep} keep theirs.",
            moved=gained, gain=(table["change"] > 0).sum(), lose=(table["change"] < 0).sum(),
            keep=(table["change"] == 0).sum(),
        )
    ]  # fmt: skip
    if plan.reference is not None:
        granted = changed["change_ratio_rule"].clip(lower=0)
        elsewhere = int((changed["change"].clip(lower=0) - granted).clip(lower=0).sum())
        said.append(
            tr(
                "The ratio rule moves {rule}; {elsewhere} of this plan's go to townships it does not give them.",
                rule=by_rule, elsewhere=elsewhere,
            )
        )  # fmt: skip
    shown = changed
    if len(changed) > SHOWN_CHANGES:
        shown = changed.loc[changed["change"].abs().sort_values(ascending=False, kind="stable").index[:SHOWN_CHANGES]]
        said.append(tr("Shown: the {number} largest changes.", number=SHOWN_CHANGES))
    order = {str(category): number for number, category in enumerate(Category)}
    shown = shown.assign(rank=shown["category"].map(order))
    shown = shown.sort_values(["rank", "change"], ascending=[True, False], kind="stable")
    height = max(4.2, 1.9 + 0.17 * (len(shown) + shown["category"].nunique()))
    canvas = style.plan_canvas(
        plan, tr("Posts: who gains and who loses"), style.sentences(*said), (11.5, height), top=0.4, bottom=0.5,
        note=tr("Posts in whole numbers; county totals do not change"),
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=1.6, width_ratios=[1.5, 1], wspace=0.5)
    _post_changes(canvas.figure.add_subplot(grid[0]), shown, plan.reference is not None)
    _posts_by_category(canvas.figure.add_subplot(grid[1]), table, plan.reference is not None)
    return canvas.figure


def _post_changes(axes: Axes, shown: pd.DataFrame, with_rule: bool) -> None:
    style.plain(axes, tr("Change of each township that changes"), tr("posts gained or lost"), grid="x")
    if shown.empty:
        style.say(axes, tr("No township's posts change."))
        return
    group = (shown["category"] != shown["category"].shift()).cumsum().to_numpy()
    places = np.arange(len(shown)) + group - 1
    colours = shown["category"].map(style.CATEGORY_COLOURS)
    axes.axvline(0, color=style.AXIS, linewidth=0.9)
    axes.hlines(places, 0, shown["change"], color=list(colours), linewidth=3.2)
    axes.scatter(shown["change"], places, color=list(colours), s=26, zorder=3)
    marks = {tr("this plan"): style.dot(style.TEXT)}
    if with_rule:
        axes.scatter(
            shown["change_ratio_rule"],
            places,
            marker="D",
            s=15,
            facecolors="white",
            edgecolors=style.RATIO_RULE,
            zorder=4,
        )
        marks[tr("ratio rule")] = style.dot(style.RATIO_RULE, hollow=True, marker="D", size=4)
    ids = style.drawable_ids(list(shown["township"]), "township")
    posts = zip(ids, shown["posts_before"], shown["posts"], strict=True)
    names = [tr("{name}  {before} to {after}", name=name, before=before, after=after) for name, before, after in posts]
    axes.set_yticks(places, names, fontfamily=style.font(), parse_math=False)
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    axes.set_ylim(places[-1] + 0.8, -0.8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.key(
        axes,
        list(marks.values()),
        list(marks),
        loc="lower right",
        bbox_to_anchor=(1.01, 0.985),
        ncols=2,
        borderpad=0.1,
        handlelength=1.0,
        columnspacing=1.0,
    )
    for category, middle in pd.Series(places).groupby(shown["category"].to_numpy(), sort=False).mean().items():
        axes.annotate(
            label(str(category)), (1, float(middle)), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8, color=style.CATEGORY_COLOURS[str(category)],
            fontfamily=style.font(),
        )  # fmt: skip


def _posts_by_category(axes: Axes, table: pd.DataFrame, with_rule: bool) -> None:
    style.plain(axes, tr("Net change of each category"), style.noun("posts"), grid="x")
    sums = table.groupby("category")[["posts_before", "posts", "change", "change_ratio_rule"]].sum()
    sums = sums.reindex([str(category) for category in Category if category in sums.index])
    places = np.arange(len(sums))
    axes.axvline(0, color=style.AXIS, linewidth=0.9)
    axes.barh(places, sums["change"], height=0.55, color=[style.CATEGORY_COLOURS[name] for name in sums.index])
    if with_rule:
        axes.scatter(
            sums["change_ratio_rule"],
            places,
            marker="D",
            s=24,
            facecolors="white",
            edgecolors=style.RATIO_RULE,
            zorder=3,
        )
    posts = zip(sums.index, sums["posts_before"], sums["posts"], strict=True)
    texts = [
        f"{label(name)}\n{tr('{before:,} to {after:,}', before=before, after=after)}" for name, before, after in posts
    ]
    axes.set_yticks(places, texts, fontfamily=style.font())
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not sums[["change", "change_ratio_rule"]].to_numpy().any():
        axes.set_xlim(-1, 1)


@style.drawing
def officers(plan: Plan) -> Figure:
    """Draw how many officers the enforcement offices have, and where the plan's officers come from.

    Left: offices by number of officers, today, under the ratio rule and under the plan. Right: officers trained and
    moved in, by category.
    """
    table = tables.officers(plan)
    least = plan.scenario.policy.officers_min
    today, remaining, after, trained = (
        table[name].sum() for name in ("officers_before", "officers_remaining", "officers", "trained")
    )
    lead = tr(
        "{today:,} certified officers today, {remaining:,} after a year's losses, {after:,} with {trained:,} trained. "
        "Offices below the minimum of {least}: {short_today} today, {short} under the plan.",
        today=today, remaining=remaining, after=after, trained=trained, least=least,
        short_today=(table["officers_before"] < least).sum(), short=(table["officers"] < least).sum(),
    )  # fmt: skip
    canvas = style.plan_canvas(
        plan, tr("Enforcement offices: certified officers"), lead, (11.5, 4.6), top=0.4, bottom=0.55,
        note=tr("Every office of a township or subdistrict counts once"),
    )  # fmt: skip
    grid = canvas.grid(1, 2, left=0.75, width_ratios=[1.6, 1], wspace=0.38)
    _offices_by_size(canvas.figure.add_subplot(grid[0]), plan, table, least)
    _sources(canvas.figure.add_subplot(grid[1]), table)
    return canvas.figure


def _offices_by_size(axes: Axes, plan: Plan, table: pd.DataFrame, least: int) -> None:
    style.plain(
        axes, tr("Offices by number of officers"), tr("officers in the office"), style.noun("offices"), grid="y"
    )
    columns = {tr("today"): ("officers_before", style.TODAY)}
    if plan.reference is not None:
        columns |= {tr("ratio rule"): ("officers_ratio_rule", style.RATIO_RULE)}
    by_rule = plan.method is Method.RATIO
    columns |= {own_name(plan): ("officers", style.RATIO_RULE if by_rule else style.THIS_PLAN)}
    last = max(OFFICERS_SHOWN, least + 1)
    width = 0.84 / len(columns)
    for number, (column, colour) in enumerate(columns.values()):
        sizes = table[column].clip(upper=last).value_counts().reindex(range(last + 1), fill_value=0)
        places = sizes.index.to_numpy(float) + (number - (len(columns) - 1) / 2) * width
        bars = axes.bar(places, sizes, width=0.92 * width, color=colour)
        texts = [str(size) if size else "" for size in sizes]
        axes.bar_label(bars, texts, fontsize=7, color=style.SMALL_PRINT, padding=1, fontfamily=style.font())
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.axvline(least - 0.5, color=style.WARNING, linewidth=1.2)
    axes.annotate(
        tr("minimum {number}", number=least), (least - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(-4, -3),
        ha="right", va="top",
        textcoords="offset points", fontsize=8, color=style.WARNING, fontfamily=style.font(),
    )  # fmt: skip
    axes.set_xlim(-0.6, last + 0.6)
    axes.set_xticks(
        range(last + 1), [*map(str, range(last)), tr("{number} or more", number=last)], fontfamily=style.font()
    )
    style.key(axes, [Patch(facecolor=colour) for _, colour in columns.values()], list(columns), loc="upper right")


def _sources(axes: Axes, table: pd.DataFrame) -> None:
    style.plain(axes, tr("Officers gained, by category"), grid="x")
    sums = table.assign(offices=1).groupby("category")[["trained", "moved_in", "offices"]].sum()
    sums = sums.reindex([str(category) for category in Category if category in sums.index])
    places = np.arange(len(sums))
    colours = [style.CATEGORY_COLOURS[name] for name in sums.index]
    axes.barh(places, sums["trained"], height=0.55, color=colours)
    axes.barh(
        places, sums["moved_in"], left=sums["trained"], height=0.55, color="white", edgecolor=colours, hatch="////"
    )
    for place, total in zip(places, sums["trained"] + sums["moved_in"], strict=True):
        axes.annotate(str(total), (total, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5,
                      color=style.SMALL_PRINT, fontfamily=style.font())  # fmt: skip
    names = [f"{label(str(name))}\n{count(number, 'office')}" for name, number in sums["offices"].items()]
    axes.set_yticks(places, names, fontfamily=style.font())
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.0, 1.12 * float((sums["trained"] + sums["moved_in"]).max())) if len(sums) else 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    entries = [Patch(facecolor=style.SMALL_PRINT), Patch(facecolor="white", edgecolor=style.SMALL_PRINT, hatch="////")]
    style.key(
        axes,
        entries,
        [tr("trained"), tr("moved in within the county")],
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.09),
        ncols=2,
    )
