"""Robustness as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from devolve_opt.rules.futures import UNCERTAIN
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND
from devolve_opt.studies.robust import Robustness
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.robust import robust_figure
from devolve_opt.views.wording import HOURS, count, proof_record, rounded_down, rounded_up, share, status_lines
from devolve_opt.vocabulary import some_of

RECORD = "robust.json"
KEPT = "futures-kept"
"""Folder of the futures that are solved, which tells this folder from any other."""
NAMED = 12
OFTEN, SELDOM = 0.8, 0.2
"""Shares of futures from which on a power counts as listed nearly always, and below which as hardly ever."""
WORDS = {"mean": "on average", "cvar": "on average of the worst fifth of the futures", "worst": "in the worst future"}


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
        "seed": found.seed, "uncertain": list(found.uncertain), "wanted": found.wanted, "finished": found.finished,
        "known": len(found.known), "regrets": found.regrets(),
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not _same_futures(folder / RECORD, record):
            # Lists that were chosen for other futures do not belong to this study.
            for old in (*folder.glob("best_list_*"), *folder.glob("list_values.*"), *folder.glob("lists.*")):
                old.unlink()
        write_table(folder / "futures", found.futures)
        write_table(folder / "powers", found.powers)
        write_bytes(folder / "robust.txt", text.encode())
        write_figure(folder / "robust", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def _same_futures(path: Path, record: dict[str, Any]) -> bool:
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all(before.get(key) == record[key] for key in ("title", "objective", "seed", "uncertain", "wanted"))


def robust_text(found: Robustness) -> str:
    """Return what holding on to the lists loses, and which powers are listed whichever way the data turn out."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines.append(
        f"{len(found.futures)} of {count(found.wanted, 'future')}, seed {found.seed}. Uncertain, by assumption:"
    )
    lines += [f"  {UNCERTAIN[name]}" for name in found.uncertain]
    futures, known = found.futures, found.known
    lines += ["", "Holding on to the plan's lists (posts, officers and take-up decided anew):"]
    if len(known):
        lines.append(
            f"  over the {len(known)} of {count(len(futures), 'future')} where both plans and bounds are known;"
        )
        lines.append("  the ranges are the solvers' gaps, the error of drawing so few futures comes on top:")
    for name, (least, most) in found.regrets().items():
        lines.append(f"  loses {WORDS[name]} {_range(least, most)}")
    shares = (known["regret_most"] / known["bound"].where(known["bound"] > 0)).dropna()
    if len(shares):
        lines.append(f"  at most {100 * rounded_up(float(shares.max()), 4):.2f} % of what is possible in any of them")
    for status, words in ((NO_PLAN, "proven: no plan keeps the rules"), (NOT_FOUND, "no plan was found in time")):
        for column, lists in (("status", "whatever the lists"), ("held_status", "with the plan's lists")):
            numbers = futures.loc[futures[column] == status, "future"].astype(str).tolist()
            if numbers:
                lines.append(f"  {words} {lists} in {count(len(numbers), 'future')}: {some_of(numbers, NAMED)}")
    lines += ["", "How often the list found holds a power; lists within the gap may differ without a reason:"]
    powers = found.powers
    if powers["share"].notna().any():
        own, other = powers[powers["in_plan"]], powers[~powers["in_plan"]]
        for words, rows in (
            (f"on the plan's list and in {share(OFTEN)} of the futures or more", own[own["share"] >= OFTEN]),
            ("on the plan's list and less often", own[own["share"] < OFTEN]),
            (f"of these in fewer than {share(SELDOM)}", own[own["share"] < SELDOM]),
            (f"not on the plan's list, but in {share(OFTEN)} or more", other[other["share"] >= OFTEN]),
        ):
            named = some_of(rows["power"].tolist(), NAMED)
            lines.append(f"  {words}: {len(rows)}{': ' + named if len(rows) else ''}")
        low = powers.loc[powers["share"] == 1, "share_low"]
        if len(low):
            lines.append(
                "  in all of these means, at 95 % and for each power by itself, "
                f"in at least {np.floor(100 * low.iloc[0]):.0f} % of such futures"
            )
    return "\n".join(lines) + "\n"


def _range(least: float, most: float) -> str:
    if rounded_down(least) > 0:
        return f"{rounded_down(least):,.0f} to {rounded_up(most):,.0f} {HOURS}"
    return f"at most {rounded_up(most):,.0f} {HOURS}; not proven that it loses anything"
