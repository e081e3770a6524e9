"""Plans side by side as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.side_by_side import SideBySide, evenness, movers
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.side_by_side import side_by_side_figure
from devolve_opt.views.wording import proof_record, signed, worth_line
from devolve_opt.vocabulary import Method, some_of

RECORD = "side_by_side.json"
"""The file that tells this folder from any other."""
NAMED = 12
"""Ids that are named in a line; of more, the number is told."""


def write_side_by_side(found: SideBySide, folder: str | Path) -> Path:
    """Write plans side by side; each file is complete or is not there.

    Args:
        found: what `side_by_side` returned.
        folder: where; `measures`, `lists`, `townships` and `asked` as CSV and Parquet, `side_by_side.txt`, the figure
            as PNG and SVG, and `side_by_side.json`, how far each plan is proven, are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = side_by_side_text(found), side_by_side_figure(found)
    notices = sorted({plan.scenario.case.notice for plan in found.plans.values()} - {""})
    record = {
        "notice": ", ".join(notices),
        "plans": {name: {**proof_record(plan), **evenness(plan)} for name, plan in found.plans.items()},
    }
    measured = compare(dict(found.plans)).rename_axis("measure").reset_index().astype("str")
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in (("measures", measured), ("lists", found.lists), ("townships", found.townships),
                            ("asked", found.asked)):  # fmt: skip
            write_table(folder / name, table)
        write_bytes(folder / "side_by_side.txt", text.encode())
        write_figure(folder / "side_by_side", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def side_by_side_text(found: SideBySide) -> str:
    """Return what differs between plans, for whom, and what was asked otherwise, in plain text."""
    (first, base), *others = found.plans.items()
    notices = sorted({plan.scenario.case.notice for plan in found.plans.values()} - {""})
    lines = [*notices, tr("{plan}: {worth}", plan=first, worth=worth_line(base)), f"  {_even(base)}"]
    ranks = compare(dict(found.plans))
    for name, plan in others:
        against = tr("{plan}, against {first}: {worth}", plan=name, first=first, worth=worth_line(plan))
        lines += ["", against, f"  {_even(plan)}"]
        lines += [
            tr(
                "  asked otherwise: {key} {now} instead of {before}",
                key=row["key"], now=row[name] or tr("none"), before=row[first] or tr("none"),
            )
            for row in found.asked.to_dict("records") if row[name] != row[first]
        ]  # fmt: skip
        lines += _verdict(ranks, first, name)
        lines += _lists(found, first, name)
        change = found.townships.loc[found.townships["plan"] == name, "rounds_met_change"]
        gain, lose = change[change > 0], change[change < 0]
        lines.append(
            tr(
                "  townships: {gain} gain rounds met ({gained:,.0f} in all), {lose} lose ({lost:,.0f}), {same} as "
                "before",
                gain=len(gain), gained=gain.sum(), lose=len(lose), lost=-lose.sum(), same=int((change == 0).sum()),
            )
        )  # fmt: skip
        gainers, losers = movers(found, name)
        lines += [tr("    gains most: {change}", change=_change(row)) for row in gainers.to_dict("records")]
        lines += [tr("    loses most: {change}", change=_change(row)) for row in losers.to_dict("records")]
    return "\n".join(lines) + "\n"


def _change(row: Mapping[Any, Any]) -> str:
    return tr(
        "{township} {name}: rounds met {rounds}, powers {powers}, posts {posts}, officers {officers}, load {load:+.2f}",
        township=row["township"], name=row["name"], rounds=signed(row["rounds_met_change"]),
        powers=signed(row["powers_taken_change"]), posts=signed(row["posts_change"]),
        officers=signed(row["officers_change"]), load=row["load_change"],
    )  # fmt: skip


def _even(plan: Plan) -> str:
    return tr(
        "evenness: Gini index of load {gini_load:.3f}, of posts against the formula {gini_posts_share:.3f}, of "
        "rounds met {gini_rounds_met_share:.3f}; highest load "
        "{load_most:.2f}, least share of rounds met {rounds_met_share_least:.2f}",
        **evenness(plan),
    )


def _verdict(ranks: pd.DataFrame, first: str, name: str) -> list[str]:
    for better, worse in ((first, name), (name, first)):
        if worse in str(ranks.at["better_than", better]).split(", "):
            # A plan by the rule stands for itself, an optimised one for its scenario.
            if ranks.at["method", worse] == Method.RATIO:
                return [tr("  proven: {better} is worth more than {worse}", better=better, worse=worse)]
            return [tr("  proven: {better} is worth more than {worse} can be", better=better, worse=worse)]
    if name in str(ranks.at["not_comparable_with", first]).split(", "):
        return [tr("  not ranked: other data or prices, or one breaks rules")]
    return [tr("  not ranked: what is proven of them overlaps")]


def _lists(found: SideBySide, first: str, name: str) -> list[str]:
    lists = found.lists
    comes = lists[(lists[first] == "") & (lists[name] != "")]["power"].tolist()
    goes = lists[(lists[first] != "") & (lists[name] == "")]["power"].tolist()
    moved = lists[(lists[first] != "") & (lists[name] != "") & (lists[first] != lists[name])]["power"].tolist()
    lines = []
    for words, ids in (
        (tr("  guide list: comes {n}", n=len(comes)), comes), (tr("  guide list: goes {n}", n=len(goes)), goes),
        (tr("  guide list: other lists {n}", n=len(moved)), moved),
    ):  # fmt: skip
        lines.append(tr("{which}: {powers}", which=words, powers=some_of(ids, NAMED)) if ids else words)
    return lines
