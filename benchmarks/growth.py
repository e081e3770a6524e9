"""`growth`: how the time to an equal gap grows when there are twice as many townships."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import Instance, numbers_of, township_faults
from benchmarks.pictures import growth_figure
from benchmarks.process import measured
from benchmarks.results import (
    is_proven,
    kept_or_measured,
    last_line,
    out,
    ready_to_write,
    records,
    show,
    write_csv,
    write_png,
)
from devolve_opt.errors import Fault, InputError
from devolve_opt.plan import relative_gap
from devolve_opt.version import __version__

BAR = 2.3
"""Twice the townships may take this many times the time at most."""


def main(
    townships: Annotated[str, typer.Option(help="Sizes, in rising order.")] = "42,83,166,332,664",
    seed: Annotated[int, typer.Option(help="Seed of the synthetic cities.", min=0)] = 2021,
    gap: Annotated[float, typer.Option(help="Relative gap to prove.", min=0, max=1)] = 0.002,
    time_limit: Annotated[float, typer.Option(help="Seconds for each size.", min=0.1)] = 1800.0,
    threads: Annotated[int, typer.Option(help="Threads for the solver.", min=1, max=256)] = 2,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is there already.")] = False,
) -> None:
    """Time to an equal gap as townships double: cities of one kind, 433 powers.

    The caps on the whole city (posts moved, training places) grow in proportion; the lists' caps stay.
    """
    faults: list[Fault] = []
    sizes = sorted(numbers_of(townships, "--townships", faults))
    faults += township_faults(sizes, "--townships")
    if faults:
        raise InputError(faults)
    ready_to_write(folder)
    asked = {"gap": gap, "time_limit": time_limit, "threads": threads, "version": __version__}
    rows = []
    for size in sizes:
        instance = Instance(seed, "baseline", size)
        request = {**asked, "instance": asdict(instance)}
        row = kept_or_measured(
            folder / "growth", instance.name, request,
            lambda: measured("devolve_opt", request, time_limit), fresh,  # noqa: B023
        )  # fmt: skip
        rows.append({"townships": size, **row})
        out.print(f"{instance.name}: {row['status']}, {row['seconds'] or 0:.1f} s {row['note']}", markup=False)
    frame = grown(pd.DataFrame(rows))
    columns = ["townships", "status", "seconds", "search_seconds", "bound", "objective", "gap", "peak_mb",
               "ratio_per_doubling", "note"]  # fmt: skip
    shown = frame.reindex(columns=columns)
    write_csv(folder / "growth.csv", shown)
    write_png(folder / "growth.png", growth_figure(frame, gap, BAR))
    show("Growth", shown)
    out.print(f"Results: {folder}", markup=False)
    print(last_line(figures(frame, gap)), flush=True)


def grown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the gap reached, and how many times the time twice the townships took.

    Between sizes that are not twice one another the ratio is brought to a doubling, r ** (1 / log2(size / before)); for
    less than half as many again it is left out, because it would be chance.
    """
    import numpy as np

    numbers = ["seconds", "search_seconds", "bound", "objective", "peak_mb"]
    frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, *numbers])))
    frame[numbers] = frame[numbers].astype(float)
    frame["gap"] = [relative_gap(*pair) for pair in zip(frame["objective"], frame["bound"], strict=True)]
    doublings = np.log2(frame["townships"] / frame["townships"].shift())
    ratios = (frame["seconds"] / frame["seconds"].shift()) ** (1 / doublings)
    frame["ratio_per_doubling"] = ratios.where(doublings >= math.log2(1.5))
    return frame


def figures(frame: pd.DataFrame, gap: float) -> dict[str, Any]:
    """Return the figures of the last line; a ratio counts only between sizes that were both proven."""
    proven = [is_proven(row, gap) for row in records(frame)]
    found: dict[str, Any] = {"benchmark": "growth", "gap": gap, "proven": f"{sum(proven)}/{len(frame)}"}
    sizes, ratios = frame["townships"].tolist(), frame["ratio_per_doubling"].tolist()
    for size, seconds in zip(sizes, frame["seconds"].tolist(), strict=True):
        found[f"seconds_{size}"] = seconds
    worst = None
    for at in range(1, len(frame)):
        both = proven[at] and proven[at - 1] and math.isfinite(ratios[at])
        found[f"ratio_{sizes[at - 1]}_{sizes[at]}"] = ratios[at] if both else None
        worst = max(worst or 0.0, ratios[at]) if both else worst
    return {**found, "worst_ratio": worst}
