"""Robustness as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.language import tr
from devolve_opt.reading.json_files import read_json
from devolve_opt.rules.futures import UNCERTAIN
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND
from devolve_opt.studies.robust import Robustness
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.robust import robust_figure
from devolve_opt.views.wording import count, proof_record, rounded_down, rounded_up, share, status_lines
from devolve_opt.vocabulary import some_of

RECORD = "robust.json"
KEPT = "futures-kept"
"""Folder of the futures that are solved, which tells this folder from any other."""
NAMED = 12
OFTEN, SELDOM = 0.8, 0.2
"""Shares of futures from which on a power counts as listed nearly always, and below which as hardly ever."""
LOSES = {
    "mean": "  loses on average {range}", "cvar": "  loses on average of the worst fifth of the futures {range}",
    "worst": "  loses in the worst future {range}",
}  # fmt: skip
"""What holding on to the lists loses, by measure; shown as `tr(LOSES[...])`."""
WITHOUT = {
    (NO_PLAN, "status"): "  proven: no plan keeps the rules whatever the lists in {futures}: {numbers}",
    (NO_PLAN, "held_status"): "  proven: no plan keeps the rules with the plan's lists in {futures}: {numbers}",
    (NOT_FOUND, "status"): "  no plan was found in time whatever the lists in {futures}: {numbers}",
    (NOT_FOUND, "held_status"): "  no plan was found in time with the plan's lists in {futures}: {numbers}",
}
"""Futures without a plan, by status and column; shown as `tr(WITHOUT[...])`."""


def write_robustness(found: Robustness, folder: str | Path) -> Path:
    """Write a study of robustness; each file is complete or is not there.

    Args:
        found: what `robustness` returned.
        folder: where; `futures` and `powers` as CSV and Parquet, `robust.txt`, `robust.png`, `robust.svg` and
            `robust.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = robust_text(found), robust_figure(found)
    record = {
        "title": found.scenario.title, "notice": found.scenario.case.notice, **proof_record(found.plan),
        "seed": found.seed, "uncertain": list(found.uncertain), "hold_posts": found.hold_posts,
        "wanted": found.wanted, "finished": found.finished, "known": len(found.known), "regrets": found.regrets(),
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not _same_futures(folder / RECORD, record):
            # Lists that were chosen for other futures do not belong to this study.
            for old in (
                *folder.glob("best_list_*"),
                *folder.glob("best_posts_*"),
                *folder.glob("list_values.*"),
                *folder.glob("lists.*"),
            ):
                old.unlink()
        write_table(folder / "futures", found.futures)
        write_table(folder / "powers", found.powers)
        write_bytes(folder / "robust.txt", text.encode())
        write_figure(folder / "robust", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def _same_futures(path: Path, record: dict[str, Any]) -> bool:
    try:
        before = read_json(path.read_bytes())
    except (OSError, ValueError):
        return False
    before = {"hold_posts": False, **(before if isinstance(before, dict) else {})}  # earlier versions held lists only
    return all(
        before.get(key) == record[key] for key in ("title", "objective", "seed", "uncertain", "hold_posts", "wanted")
    )


def robust_text(found: Robustness) -> str:
    """Return what holding on to the lists loses, and which powers are listed whichever way the data turn out."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines.append(
        tr(
            "{drawn} of {futures}, seed {seed}. Uncertain, by assumption:",
            drawn=len(found.futures), futures=count(found.wanted, "future"), seed=found.seed,
        )
    )  # fmt: skip
    lines += [f"  {tr(UNCERTAIN[name])}" for name in found.uncertain]
    futures, known = found.futures, found.known
    holding = (
        tr("Holding on to the plan's lists and posts (officers and take-up decided anew):") if found.hold_posts
        else tr("Holding on to the plan's lists (posts, officers and take-up decided anew):")
    )  # fmt: skip
    lines += ["", holding]
    if len(known):
        of = {"known": len(known), "futures": count(len(futures), "future")}
        lines.append(tr("  over the {known} of {futures} where both plans and bounds are known;", **of))
        lines.append(tr("  the ranges are the solvers' gaps, the error of drawing so few futures comes on top:"))
    for name, (least, most) in found.regrets().items():
        lines.append(tr(LOSES[name], range=_range(least, most)))
    shares = (known["regret_most"] / known["bound"].where(known["bound"] > 0)).dropna()
    if len(shares):
        most = 100 * rounded_up(float(shares.max()), 4)
        lines.append(tr("  at most {share:.2f} % of what is possible in any of them", share=most))
    for (status, column), words in WITHOUT.items():
        numbers = futures.loc[futures[column] == status, "future"].astype(str).tolist()
        if numbers:
            lines.append(tr(words, futures=count(len(numbers), "future"), numbers=some_of(numbers, NAMED)))
    lines += ["", tr("How often the list found holds a power; lists within the gap may differ without a reason:")]
    if found.powers["share"].notna().any():
        lines += _how_often(found.powers)
    return "\n".join(lines) + "\n"


def _how_often(powers: pd.DataFrame) -> list[str]:
    own, other = powers[powers["in_plan"]], powers[~powers["in_plan"]]
    lines = []
    for words, rows in (
        (
            tr("on the plan's list and in {share} of the futures or more", share=share(OFTEN)),
            own[own["share"] >= OFTEN],
        ),
        (tr("on the plan's list and less often"), own[own["share"] < OFTEN]),
        (tr("of these in fewer than {share}", share=share(SELDOM)), own[own["share"] < SELDOM]),
        (tr("not on the plan's list, but in {share} or more", share=share(OFTEN)), other[other["share"] >= OFTEN]),
    ):
        told = {"which": words, "n": len(rows), "powers": some_of(rows["power"].tolist(), NAMED)}
        lines.append(tr("  {which}: {n}: {powers}", **told) if len(rows) else tr("  {which}: {n}", **told))
    low = powers.loc[powers["share"] == 1, "share_low"]
    if len(low):
        lines.append(
            tr(
                "  in all of these means, at 95 % and for each power by itself, in at least {share:.0f} % of such "
                "futures",
                share=np.floor(100 * low.iloc[0]),
            )
        )
    return lines


def _range(least: float, most: float) -> str:
    if rounded_down(least) > 0:
        return tr("{least:,.0f} to {most:,.0f} staff-hours a year", least=rounded_down(least), most=rounded_up(most))
    return tr("at most {most:,.0f} staff-hours a year; not proven that it loses anything", most=rounded_up(most))
