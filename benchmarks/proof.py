"""`proof`: this package against plain solvers on the same matrix, and against the root LP alone, to the same gap."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.arrays import write_arrays
from benchmarks.instances import SHAPES, Instance, numbers_of, township_faults, words_of
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
from benchmarks.runners import RUNNERS
from devolve_opt.errors import Fault, InputError
from devolve_opt.plan import relative_gap
from devolve_opt.version import __version__

ROOT_LPS = ("root_lp", "root_lp_ipm")
"""Runners that solve the relaxation only: they have a bound and no plan."""
COLUMNS = (
    "instance", "runner", "status", "seconds", "search_seconds", "bound", "objective", "gap", "times_root_lp",
    "times_root_lp_ipm", "times_devolve_opt", "note",
)  # fmt: skip
AGREEMENT = 1e-5
"""Relative amount by which one solver's plan may pass another's bound before they are said to disagree."""


def main(
    seeds: Annotated[str, typer.Option(help="Seeds of the synthetic cities.")] = "2021,2022,2023,2024,2025",
    shapes: Annotated[str, typer.Option(help=f"Shapes of capacity: {', '.join(SHAPES)}.")] = "loose,tight,wall",
    runners: Annotated[str, typer.Option(help=f"Who solves: {', '.join(RUNNERS)}.")] = ",".join(RUNNERS),
    gap: Annotated[float, typer.Option(help="Relative gap to prove.", min=0, max=1)] = 0.001,
    time_limit: Annotated[float, typer.Option(help="Seconds for each runner on each instance.", min=0.1)] = 600.0,
    threads: Annotated[int, typer.Option(help="Threads of each solver that takes them.", min=1, max=256)] = 2,
    townships: Annotated[
        int | None,
        typer.Option(help="Townships of a synthetic city of another size; the report's city of 166 if left out."),
    ] = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is there already.")] = False,
) -> None:
    """Time to the proof: this package, plain HiGHS, SCIP, CP-SAT and CBC on the same matrix, and the root LP alone.

    Each runner works in a process of its own. A finished row is kept and not measured again, so that a stopped run goes
    on where it was; ratios are of one machine as long as all its rows are.
    """
    faults: list[Fault] = []
    chosen = words_of(runners, tuple(RUNNERS), "--runners", faults)
    shaped = words_of(shapes, tuple(SHAPES), "--shapes", faults)
    seeded = numbers_of(seeds, "--seeds", faults)
    faults += township_faults([] if townships is None else [townships], "--townships")
    if faults:
        raise InputError(faults)
    ready_to_write(folder)
    asked = {"gap": gap, "time_limit": time_limit, "threads": threads, "version": __version__}
    rows = [
        row
        for seed in seeded
        for shape in shaped
        for row in instance_rows(Instance(seed, shape, townships), chosen, asked, folder / "proof", fresh)
    ]
    frame = compared(pd.DataFrame(rows))
    shown = frame[[name for name in COLUMNS if name in frame]]
    write_csv(folder / "proof.csv", shown)
    write_png(folder / "proof.png", _figure(frame, gap))
    show("Time to the proof", shown)
    for line in disagreements(frame):
        out.print(line, style="bold red", markup=False)
    middle = medians(frame, gap)
    show("Medians", middle)
    write_csv(folder / "proof-medians.csv", middle)
    out.print(f"Results: {folder}", markup=False)
    print(last_line(figures(frame, middle, gap)), flush=True)


def instance_rows(
    instance: Instance, runners: list[str], asked: dict[str, Any], folder: Path, fresh: bool
) -> list[dict[str, Any]]:
    """Return a row for each runner on one instance; the matrix is made when the first of them needs it."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        matrix, mps = Path(place) / "model.npz", Path(place) / "model.mps"

        def measure(runner: str) -> dict[str, Any]:
            if not matrix.exists():
                _write_model(instance, matrix, mps)
            files = {"matrix": str(matrix), "mps": str(mps)}
            return measured(runner, {**files, **asked, "instance": asdict(instance)}, asked["time_limit"])

        for runner in runners:
            name = f"{instance.name}-{runner}"
            row = kept_or_measured(folder, name, {**asked, "name": name}, lambda: measure(runner), fresh)  # noqa: B023
            rows.append({"instance": instance.name, "runner": runner, **row})
            took = "as kept" if row["kept"] else "-" if row["seconds"] is None else f"{row['seconds']:.1f} s"
            out.print(f"{instance.name} {runner}: {row['status']}, {took} {row['note']}", markup=False)
    return rows


def _write_model(instance: Instance, matrix: Path, mps: Path) -> None:
    from devolve_opt.views.model_file import write_model

    write_arrays(matrix, write_model(instance.scenario, mps))


def compared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with gap, and with seconds as multiples of the root LP's and of this package's."""
    frame = frame.reindex(columns=list(dict.fromkeys([*COLUMNS, *frame.columns])))
    numbers = ["seconds", "search_seconds", "bound", "objective"]
    frame[numbers] = frame[numbers].astype(float)
    frame["gap"] = [
        math.nan if runner in ROOT_LPS else relative_gap(objective, bound)
        for runner, objective, bound in zip(frame["runner"], frame["objective"], frame["bound"], strict=True)
    ]
    for reference in (*ROOT_LPS, "devolve_opt"):
        of_it = frame[(frame["runner"] == reference) & (frame["status"] == "proven")].set_index("instance")["seconds"]
        frame[f"times_{reference}"] = frame["seconds"] / frame["instance"].map(of_it)
    frame["note"] = frame["note"].fillna("")
    return frame


def disagreements(frame: pd.DataFrame) -> list[str]:
    """Return a line for each instance on which one solver's plan is worth more than another says is possible."""
    lines = []
    for name, rows in frame.groupby("instance", sort=False):
        plans = records(rows.dropna(subset="objective").sort_values("objective"))
        bounds = records(rows.dropna(subset="bound").sort_values("bound"))
        if not plans or not bounds:
            continue
        best, least = plans[-1]["objective"], bounds[0]["bound"]
        owner, other = plans[-1]["runner"], bounds[0]["runner"]
        if best > least + AGREEMENT * max(1.0, abs(least)):
            lines.append(
                f"DISAGREEMENT on {name}: {owner} has a plan worth {best:,.3f}, {other} says at most {least:,.3f}"
            )
    return lines


def medians(frame: pd.DataFrame, gap: float) -> pd.DataFrame:
    """Return a row for each runner: instances solved and proven, and medians over those that it ran on.

    The time of a row that is not proven is what it took in vain, so that a median over such rows is a lower limit.
    """
    rows = []
    for runner, group in frame[frame["status"] != "skipped"].groupby("runner", sort=False):
        proven = group["status"].eq("proven") if runner in ROOT_LPS else [
            is_proven(row, gap) for row in records(group)
        ]  # fmt: skip
        middle = {name: _median(group[name]) for name in COLUMNS if name.startswith(("times_", "seconds", "gap"))}
        rows.append({"runner": runner, "instances": len(group), "proven": int(sum(proven)), **middle})
    return pd.DataFrame(rows, columns=["runner", "instances", "proven", "seconds", "gap", "times_root_lp",
                                       "times_root_lp_ipm", "times_devolve_opt"])  # fmt: skip


def figures(frame: pd.DataFrame, middle: pd.DataFrame, gap: float) -> dict[str, Any]:
    """Return the figures of the last line; ratios are medians over instances."""
    found: dict[str, Any] = {"benchmark": "proof", "instances": frame["instance"].nunique(), "gap": gap}
    found["disagreements"] = len(disagreements(frame))
    for row in records(middle):
        runner = row["runner"]
        found[f"{runner}_proven"], found[f"{runner}_seconds"] = f"{row['proven']}/{row['instances']}", row["seconds"]
        if runner == "devolve_opt":
            ours = frame[frame["runner"] == runner].set_index("instance")["search_seconds"]
            for reference in ROOT_LPS:
                found[f"{runner}_over_{reference}"] = row[f"times_{reference}"]
                alone = frame[frame["runner"] == reference].set_index("instance")["seconds"]
                found[f"{runner}_search_over_{reference}"] = _median(ours / alone)
        elif runner not in ROOT_LPS:
            found[f"{runner}_over_devolve_opt"] = row["times_devolve_opt"]
    return found


def _median(values: pd.Series) -> float:
    known = [value for value in values if math.isfinite(value)]
    return median(known) if known else math.nan


def _figure(frame: pd.DataFrame, gap: float) -> Any:
    from benchmarks.pictures import proof_figure

    return proof_figure(frame, gap)
