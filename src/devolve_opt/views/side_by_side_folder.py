"""Plans side by side as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from devolve_opt.plan import Plan
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.side_by_side import SideBySide, evenness, movers
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.side_by_side import side_by_side_figure
from devolve_opt.views.wording import proof_record, signed, worth_line
from devolve_opt.vocabulary import some_of

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
    lines = [*notices, f"{first}: {worth_line(base)}", f"  {_even(base)}"]
    ranks = compare(dict(found.plans))
    for name, plan in others:
        lines += ["", f"{name}, against {first}: {worth_line(plan)}", f"  {_even(plan)}"]
        lines += [f"  asked otherwise: {row['key']} {row[name] or 'none'} instead of {row[first] or 'none'}"
                  for row in found.asked.to_dict("records") if row[name] != row[first]]  # fmt: skip
        lines += _verdict(ranks, first, name)
        lines += _lists(found, first, name)
        change = found.townships.loc[found.townships["plan"] == name, "rounds_met_change"]
        gain, lose = change[change > 0], change[change < 0]
        lines.append(
            f"  townships: {len(gain)} gain rounds met ({gain.sum():,.0f} in all), {len(lose)} lose "
            f"({-lose.sum():,.0f}), {int((change == 0).sum())} as before"
        )
        for words, moved in zip(("gains most", "loses most"), movers(found, name), strict=True):
            for row in moved.to_dict("records"):
                lines.append(
                    f"    {words}: {row['township']} {row['name']}: rounds met {signed(row['rounds_met_change'])}, "
                    f"powers {signed(row['powers_taken_change'])}, posts {signed(row['posts_change'])}, officers "
                    f"{signed(row['officers_change'])}, load {row['load_change']:+.2f}"
                )
    return "\n".join(lines) + "\n"


def _even(plan: Plan) -> str:
    even = evenness(plan)
    return (
        f"evenness: Gini index of load {even['gini_load']:.3f}, of rounds met {even['gini_rounds_met_share']:.3f}; "
        f"highest load {even['load_most']:.2f}, least share of rounds met {even['rounds_met_share_least']:.2f}"
    )


def _verdict(ranks: pd.DataFrame, first: str, name: str) -> list[str]:
    for better, worse in ((first, name), (name, first)):
        if worse in str(ranks.at["better_than", better]).split(", "):
            return [f"  proven: {better} is worth more than {worse} can be"]
    if name in str(ranks.at["not_comparable_with", first]).split(", "):
        return ["  not ranked: other data or prices, or one breaks rules"]
    return ["  not ranked: what is proven of them overlaps"]


def _lists(found: SideBySide, first: str, name: str) -> list[str]:
    lists = found.lists
    comes = lists[(lists[first] == "") & (lists[name] != "")]["power"].tolist()
    goes = lists[(lists[first] != "") & (lists[name] == "")]["power"].tolist()
    moved = lists[(lists[first] != "") & (lists[name] != "") & (lists[first] != lists[name])]["power"].tolist()
    return [f"  guide list: {words} {len(ids)}{': ' + some_of(ids, NAMED) if ids else ''}"
            for words, ids in (("comes", comes), ("goes", goes), ("other lists", moved))]  # fmt: skip
