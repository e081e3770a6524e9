"""Figures of the guide list and of who takes what from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from devolve_opt.language import language, tr
from devolve_opt.plan import Plan
from devolve_opt.rules.lists import selection_shares
from devolve_opt.views import style, tables
from devolve_opt.views.wording import share
from devolve_opt.vocabulary import BASE_LIST, VOTING_CATEGORIES, label

BLUES = ListedColormap([(1 - 0.97 * step, 1 - 0.81 * step, 1 - 0.55 * step) for step in np.linspace(0, 1, 101)])
"""From white to the plan's blue, evenly in lightness."""

CHANGES = {"kept": style.MIDDLE_GREY, "moved": style.PLAN_LIGHT, "came": style.THIS_PLAN, "left": style.RATIO_RULE}
"""Colour of what became of a power's place on the lists."""


@style.drawing
def guide_list_matrix(plan: Plan) -> Figure:
    """Draw the 1+4 guide list as a matrix: a row for each listed power, a column for each list.

    The shade of a cell is the share of the list's townships that chose the power in the last round; a dot stands where
    the power is on that list. Rows are grouped by field. The strip on the right tells whether the ratio rule lists it.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    changes = tables.list_changes(plan)
    counts = changes["change"].value_counts()
    listed = changes[changes["lists"] != ""]
    names = [BASE_LIST, *(str(category) for category in policy.own_list_categories)]
    rows = _in_order(listed, case.tables["fields"].index, ["on_base", "rounds_asked"])
    against = ""
    if plan.reference is not None:
        against = tr(
            "Against the ratio rule: {kept} in the same place, {moved} on other lists, {came} new; "
            "{left} of its powers are dropped.",
            **{change: counts.get(change, 0) for change in CHANGES},
        )
    lead = tr(
        "A dot stands where a power is on a list. Shade: share of the list's townships that chose it in the last round."
    )
    title = tr("Guide list: {powers} powers on {lists} lists", powers=len(rows), lists=len(names))
    canvas = style.plan_canvas(
        plan, title, f"{lead}\n{against}",
        (9.2, 2.6 + max(2.0, 0.066 * (len(rows) + 2 * rows['field'].nunique()))), top=0.45, bottom=0.5,
        note=tr("Powers by field, base list first, then most chosen; names stand in the table guide_list"),
    )  # fmt: skip
    widths = [len(names), 0.35, 1.75]
    grid = canvas.grid(1, 3, left=1.05 + _room(), width_ratios=widths, wspace=0.06)
    axes = canvas.figure.add_subplot(grid[0])
    strip = canvas.figure.add_subplot(grid[1], sharey=axes)
    side = canvas.figure.add_subplot(grid[2])
    side.axis("off")
    if rows.empty:
        style.say(axes, tr("No power is listed."))
        strip.axis("off")
        return canvas.figure
    shares = selection_shares(case).reindex(columns=names, fill_value=0.0)
    positions, total = _positions(rows["field"])
    picture = np.full((total, len(names)), np.nan)
    picture[positions] = shares.reindex(rows["power"]).fillna(0.0).to_numpy()
    axes.imshow(picture, cmap=BLUES, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    where = dict(zip(rows["power"], positions, strict=True))
    for column, name in enumerate(names):
        powers = plan.decisions.guide_list.loc[plan.decisions.guide_list["list"] == name, "power"]
        axes.plot(
            [column] * len(powers), [where[power] for power in powers], linestyle="", marker="o", markersize=4,
            markerfacecolor=style.LIST_COLOURS[name], markeredgecolor="white", markeredgewidth=0.7,
        )  # fmt: skip
    style.plain(axes)
    axes.spines[:].set_visible(False)
    sizes = plan.decisions.guide_list["list"].value_counts()
    heads = [f"{tr('base list') if name == BASE_LIST else label(name)}\n{sizes.get(name, 0)}" for name in names]
    axes.set_xticks(range(len(names)), heads, fontfamily=style.font())
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    _label_groups(axes, rows["field"], positions, "field", called=_fields_called(plan))
    _change_strip(strip, rows["change"], positions, total, plan)
    _matrix_key(canvas.figure, side, plan, counts)
    return canvas.figure


def _change_strip(axes: Axes, change: pd.Series, positions: np.ndarray, total: int, plan: Plan) -> None:
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines[:].set_visible(False)
    if plan.reference is not None:
        picture = np.ones((total, 1, 3))
        picture[positions, 0] = [to_rgb(CHANGES[name]) for name in change]
        axes.imshow(picture, aspect="auto", interpolation="nearest")


def _matrix_key(figure: Figure, side: Axes, plan: Plan, counts: pd.Series) -> None:
    height = figure.get_size_inches()[1]
    scale = side.inset_axes((0.1, max(0.0, 1 - 2.6 / height), 0.1, min(0.5, 1.4 / height)))
    figure.colorbar(ScalarMappable(Normalize(0, 1), BLUES), cax=scale, format=lambda value, position: share(value))
    style.plain(scale, tr("share that\nchose it"))
    if plan.reference is not None:
        kept, moved, came = (counts.get(name, 0) for name in ("kept", "moved", "came"))
        words = {
            "kept": tr("on the same lists: {number}", number=kept),
            "moved": tr("on other lists: {number}", number=moved),
            "came": tr("on none: new: {number}", number=came),
        }
        entries = [Patch(facecolor=CHANGES[name]) for name in words]
        style.key(
            side, entries, list(words.values()), loc="upper left", bbox_to_anchor=(0, max(0.05, 1 - 3.0 / height)),
            title=tr("Strip: under the ratio\nrule the power stands"),
            title_fontproperties={"family": style.font(), "size": 8.5}, alignment="left",
        )  # fmt: skip


TAKE_UP_STATES = {
    "both": ("taken, as under the ratio rule", style.GREY),
    "new": ("taken, not under the ratio rule", style.THIS_PLAN),
    "dropped": ("under the ratio rule only", style.RATIO_RULE),
    "asked": ("chosen in some round, on some list, not taken", style.PALE),
}
"""What a cell of the take-up map can say, shown as `tr(words)`, and its colour."""
TAKEN = "taken"
"""What is said of a cell where there is no ratio rule to compare with."""


@style.drawing
def take_up_map(plan: Plan) -> Figure:
    """Draw who takes what as a picture: a row for each township, a column for each listed power.

    Powers that only the ratio rule lists have a column too. Townships are grouped by category and sorted by powers
    taken, powers are grouped by field and sorted by how many townships take them; no single one is labelled.
    """
    case = plan.scenario.data
    powers = _in_order(tables.list_changes(plan), case.tables["fields"].index, ["townships_taking", "rounds_asked"])
    towns = plan.audit.townships.loc[case.voting_townships]
    order = {str(category): number for number, category in enumerate(VOTING_CATEGORIES)}
    towns = towns.assign(rank=towns["category"].map(order)).sort_values(
        ["rank", "powers_taken"], ascending=[True, False], kind="stable"
    )
    states, counts = _states(plan, powers["power"], towns.index)
    legend = {name: tr(words) for name, (words, _) in TAKE_UP_STATES.items()}
    if plan.reference is None:
        legend = {"both": tr(TAKEN), "asked": legend["asked"]}
    lead = tr("; ").join(tr("{number:,} {state}", number=counts[name], state=words) for name, words in legend.items())
    canvas = style.plan_canvas(
        plan, tr("Take-up: which township takes which power"), tr("{sentence}.", sentence=lead),
        (11.5, 3.0 + _room() + max(1.5, 0.042 * len(towns))), top=0.55 + _room(), bottom=0.45,
        note=tr("Columns: powers that this plan or the ratio rule lists, by field; rows: townships, most powers first"),
    )  # fmt: skip
    axes = canvas.figure.add_subplot(canvas.grid(1, 1, left=1.3)[0])
    if powers.empty or towns.empty:
        style.say(axes, tr("No power is listed.") if powers.empty else tr("No township takes powers."))
        return canvas.figure
    across, width = _positions(powers["field"], gap=1)
    down, height = _positions(towns["category"], gap=2)
    picture = np.ones((height, width, 3))
    for name, (_, colour) in TAKE_UP_STATES.items():
        row, column = np.nonzero(states == name)
        picture[down[row], across[column]] = to_rgb(colour)
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    style.plain(axes)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    _label_groups(axes, towns["category"].map(label), down, "category")
    _label_groups(axes, powers["field"], across, "field", along="x", called=_fields_called(plan))
    axes.xaxis.tick_top()
    entries = [Patch(facecolor=TAKE_UP_STATES[name][1]) for name in legend]
    style.key(axes, entries, list(legend.values()), loc="upper left", bbox_to_anchor=(0, -0.01), ncols=4)
    return canvas.figure


def _states(plan: Plan, powers: pd.Series, towns: pd.Index) -> tuple[np.ndarray, dict[str, int]]:
    def grid(pairs: pd.DataFrame) -> np.ndarray:
        row, column = (
            towns.get_indexer(pd.Index(pairs["township"])),
            pd.Index(powers).get_indexer(pd.Index(pairs["power"])),
        )
        inside = (row >= 0) & (column >= 0)
        found = np.zeros((len(towns), len(powers)), dtype=bool)
        found[row[inside], column[inside]] = True
        return found

    votes = plan.scenario.data.tables["votes"]
    asked = grid(votes[votes[["round_1", "round_2", "round_3"]].any(axis=1)])
    now = grid(plan.decisions.take_up)
    rule = grid(tables.ratio_plan(plan).decisions.take_up)
    states = np.select([now & rule, now, rule, asked], ["both", "new", "dropped", "asked"], default="")
    return states, {name: int((states == name).sum()) for name in TAKE_UP_STATES}


def _in_order(changes: pd.DataFrame, fields: pd.Index, by: Sequence[str]) -> pd.DataFrame:
    """Return powers sorted by the order of the fields, then falling by the columns."""
    ranked = changes.assign(rank=fields.get_indexer(pd.Index(changes["field"])), on_base=changes["lists"] == BASE_LIST)
    ascending = [True] + [False] * len(by)
    return ranked.sort_values(["rank", *by], ascending=ascending, kind="stable").reset_index(drop=True)


def _positions(groups: pd.Series, gap: int = 2) -> tuple[np.ndarray, int]:
    """Return where each row stands if an empty gap parts the groups, and how many rows that makes."""
    new = (groups != groups.shift()).to_numpy()
    positions = np.arange(len(groups)) + gap * (np.cumsum(new) - 1)
    return positions, int(positions[-1]) + 1 if len(positions) else 0


FIELD_LONGEST = 9
"""Characters of a field's name in Chinese that there is room for."""


def _fields_called(plan: Plan) -> dict[str, str]:
    """Return what fields are called: in Chinese by name, as officials know them; in English by id, as tables do."""
    names = plan.scenario.data.tables["fields"]["name"]
    called = {str(field): style.shortened(str(name), FIELD_LONGEST) for field, name in names.items()}
    return {} if language() == "en" else called


def _room() -> float:
    """Return the inches that names take more than ids."""
    return 0.0 if language() == "en" else 0.75


def _label_groups(
    axes: Axes, groups: pd.Series, positions: np.ndarray, kind: str, along: str = "y",
    called: Mapping[str, str] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Put one label in the middle of each group; along the top they stand upright where they would touch."""
    named = pd.Series(groups.to_numpy(), index=positions)
    blocks = list(named.groupby((named != named.shift()).cumsum()))
    middles = [float(np.mean(block.index)) for _, block in blocks]
    ids = [str(block.iloc[0]) for _, block in blocks]
    words = style.drawable_ids([called.get(name, name) for name in ids], kind)
    texts = [
        tr("{group} ({number})", group=word, number=len(block)) for word, (_, block) in zip(words, blocks, strict=True)
    ]
    if along == "y":
        axes.set_yticks(middles, texts, fontfamily=style.font(), parse_math=False)
    else:
        axes.set_xticks(middles, texts, fontfamily=style.font(), parse_math=False, rotation=90 if len(texts) > 6 else 0)
