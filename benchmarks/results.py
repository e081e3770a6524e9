"""Results: kept as they come, taken up again, shown as a table and as one last line of figures."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype
from rich.console import Console
from rich.table import Table

from benchmarks.process import measured
from benchmarks.study_runners import ATTEMPTS
from devolve_opt.views.files import DOTS_PER_INCH, write_bytes, write_file, writing_to
from devolve_opt.vocabulary import Status

out = Console(soft_wrap=True, highlight=False)
ABOUT = "Benchmarks of devolve_opt on SYNTHETIC DATA (合成数据); ratios hold within one run on one machine.\n"
NEVER_KEPT = ("skipped", "crashed", "failed", "interrupted")
"""Ends that are tried again: what was missing may be there now."""


def ready_to_write(folder: Path) -> None:
    """Make the folder for the results before the work, not after it.

    Raises:
        InputError: if it cannot be written.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / "about.txt", ABOUT.encode())


def kept_or_measured(folder: Path, name: str, asked: Mapping[str, Any], measure: Callable[[], dict[str, Any]],
                     fresh: bool = False) -> dict[str, Any]:  # fmt: skip
    """Return a row that is there already for the same question, or measure it and keep it.

    Args:
        folder: where rows are kept, a file each; it is complete or is not there.
        name: name of the row.
        asked: all that the row depends on.
        measure: does the work.
        fresh: whether to measure in any case.
    """
    path = folder / f"{name}-{digest_of(asked)}.json"
    if not fresh:
        try:
            return {**json.loads(path.read_text(encoding="utf-8")), "kept": True}
        except (OSError, ValueError):
            pass  # not there, or not whole: measured anew
    row = {**measure(), "measured": datetime.now(UTC).isoformat(timespec="seconds")}
    if row["status"] not in NEVER_KEPT:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, json.dumps(row, allow_nan=False).encode())
    return {**row, "kept": False}


def digest_of(asked: Mapping[str, Any]) -> str:
    """Return what tells a question from others in the name of a file."""
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def study_measured(
    folder: Path, name: str, asked: Mapping[str, Any], fresh: bool, runner: str, seconds: float
) -> dict[str, Any]:
    """Return the row of a study of many solves; each is kept as it is done, and the same command goes on from there.

    Args:
        folder: where rows, and a folder for the solves of each study, are kept.
        name: name of the row.
        asked: all that the row depends on; what the runner is asked.
        fresh: whether to measure anew what is there already.
        runner: who does it, a name of `runners.STEPS`.
        seconds: after so long its process is ended.
    """
    place = folder / f"{name}-{digest_of(asked)}"
    if fresh:
        shutil.rmtree(place, ignore_errors=True)
    request = {**asked, "folder": str(place.resolve())}
    try:
        return kept_or_measured(folder, name, asked, lambda: measured(runner, request, seconds), fresh)
    except KeyboardInterrupt:
        done = len([path for path in place.glob("*.json") if path.name != ATTEMPTS])
        print(f"{done} finished solves of {name} are kept in {place}.", file=sys.stderr)
        raise


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV that Excel opens; it is complete or is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def write_png(path: Path, figure: Any) -> None:
    """Write a figure as PNG; it is complete or is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, partial(figure.savefig, dpi=DOTS_PER_INCH, format="png"))


def show(title: str, frame: pd.DataFrame) -> None:
    """Print a table; a gap is a share, an unknown figure a dash."""
    table = Table(title=f"{title}   SYNTHETIC DATA (合成数据)", title_justify="left", title_style="bold")
    for name in frame.columns:
        table.add_column(
            str(name), justify="right" if is_numeric_dtype(frame[name]) else "left", no_wrap=name != "note"
        )
    for row in frame.itertuples(index=False):
        table.add_row(*(cell(str(name), value) for name, value in zip(frame.columns, row, strict=True)))
    # As wide as it needs to be: figures that a narrow log cuts off are of no use.
    Console(file=sys.stdout, width=200, highlight=False).print(table)


def cell(name: str, value: Any) -> str:
    """Return a figure as the table shows it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, str | bool):
        return str(value)
    if name.endswith("gap"):
        return f"{value:.4%}"
    if name.endswith(("bound", "objective")):
        return f"{value:,.1f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def last_line(figures: Mapping[str, Any]) -> str:
    """Return figures as `name=value name=value`; one that is not known is `na`."""
    return " ".join(f"{name}={_figure(value)}" for name, value in figures.items())


def _figure(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "na"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.1f}"
    return value if isinstance(value, str) else f"{value:.0f}"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def is_proven(row: Mapping[str, Any], gap: float) -> bool:
    """Tell whether a row reached the gap, by its own figures and not by its word alone."""
    return row["status"] == Status.PROVEN and row.get("gap") is not None and row["gap"] <= gap + 1e-6
