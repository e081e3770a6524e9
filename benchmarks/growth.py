"""`growth`: how the time to an equal gap grows when there are twice as many townships."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.country import measured_country, whole_gap
from benchmarks.instances import ROOT, Instance, numbers_of, township_faults
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
from devolve_opt.country import Country
from devolve_opt.errors import Fault, InputError
from devolve_opt.plan import relative_gap
from devolve_opt.version import __version__

BAR = 2.3
"""Twice the townships may take this many times the time at most."""
PROVINCE_GAP, PROVINCE_GB = 0.005, 16.0
"""To what the whole province has to be proven, and inside how much memory."""
PROVINCE = ROOT / "scenarios" / "province.toml"


def main(
    townships: Annotated[str, typer.Option(help="Sizes, in rising order.")] = "42,83,166,332,664",
    seed: Annotated[int, typer.Option(help="Seed of the synthetic cities.", min=0)] = 2021,
    gap: Annotated[float, typer.Option(help="Relative gap to prove.", min=0, max=1)] = 0.002,
    time_limit: Annotated[float, typer.Option(help="Seconds for each size.", min=0.1)] = 1800.0,
    threads: Annotated[int, typer.Option(help="Threads for the solver.", min=1, max=256)] = 2,
    province: Annotated[bool, typer.Option("--province", help="Solve scenarios/province.toml as well.")] = False,
    province_gap: Annotated[float, typer.Option(help="Gap to prove in each city of it.", min=0, max=1)] = 0.003,
    province_limit: Annotated[float, typer.Option(help="Seconds for each solve of it.", min=0.1)] = 600.0,
    workers: Annotated[int, typer.Option(help="Local workers for it, a thread each.", min=1, max=256)] = 2,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is there already.")] = False,
) -> None:
    """Time to an equal gap as townships double: cities of one kind, 433 powers.

    The caps on the whole city (posts moved, training places) grow in proportion; the lists' caps stay. A province is no
    city of that size but many cities that share a pool of posts, so it has a table of its own.
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
    found = figures(frame, gap)
    if province:
        row = measured_country(Country.read(PROVINCE), PROVINCE, folder, province_gap, province_limit, workers, fresh)
        whole = province_figures(row)
        write_csv(folder / "province.csv", pd.DataFrame([whole]))
        show("A province, whole", pd.DataFrame([whole]))
        found |= {f"province_{name}": value for name, value in whole.items()}
    out.print(f"Results: {folder}", markup=False)
    print(last_line(found), flush=True)


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


def province_figures(row: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a province: gap of the whole (share), seconds of wall time, memory of all processes (MB).

    `within_bar` tells whether it is proven to `PROVINCE_GAP` inside `PROVINCE_GB` gigabytes.
    """
    gap = whole_gap(row)
    units = sum(city["townships"] + city["subdistricts"] for city in row["cities"])
    return {
        "units": units,
        "cities": len(row["cities"]),
        "out_of_time": row["out_of_time"],
        "seconds": row["seconds"],
        "attempts": row["attempts"],
        "objective": row["objective"],
        "bound": row["bound"],
        "gap": gap,
        "all_mb": row["peak_mb"],
        "within_bar": str(gap is not None and gap <= PROVINCE_GAP and row["peak_mb"] <= 1024 * PROVINCE_GB).lower(),
    }
