"""`sweep`: many values of a cap against one cold solve, and against as many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from benchmarks.instances import ROOT, numbers_of
from benchmarks.pictures import sweep_figure
from benchmarks.process import measured
from benchmarks.results import (
    is_proven,
    kept_or_measured,
    last_line,
    out,
    ready_to_write,
    records,
    show,
    study_measured,
    write_csv,
    write_png,
)
from devolve_opt.errors import Fault, InputError, SolverError
from devolve_opt.plan import relative_gap
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.version import __version__

BAR = 5.0
"""A sweep of 20 values may take this many times one cold solve."""
SAME = 1e-6
"""Relative difference that two figures may have by the solvers' tolerances alone."""


def main(
    scenario: Annotated[Path, typer.Option(help="Scenario file.")] = ROOT / "scenarios" / "baseline.toml",
    cap: Annotated[str, typer.Option(help="Cap that is swept.")] = "guide_list_max",
    values: Annotated[str, typer.Option(help="Its values.")] = ",".join(map(str, range(92, 169, 4))),
    cold: Annotated[int, typer.Option(help="Values, spread evenly, that are solved cold as well.", min=1)] = 1,
    gap: Annotated[float, typer.Option(help="Relative gap to prove at each value.", min=0, max=1)] = 0.002,
    time_limit: Annotated[float, typer.Option(help="Seconds for each solve.", min=0.1)] = 600.0,
    threads: Annotated[int, typer.Option(help="Threads of a cold solve; each of a sweep has one.",
                                         min=1, max=256)] = 2,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is there already.")] = False,
) -> None:  # fmt: skip
    """Time of a sweep of a cap as the package does it, against cold solves, whose answers have to agree with it.

    With one cold solve, it is that of the value nearest to the scenario's own.
    """
    faults: list[Fault] = []
    numbers = sorted(numbers_of(values, "--values", faults))
    if cap not in Policy.caps():
        faults.append(Fault("is no numeric cap of the policy.", column="--cap", value=cap))
    elif cold > len(numbers):
        faults.append(Fault("must be at most the number of values.", column="--cold", value=str(cold)))
    if faults:
        raise InputError(faults)
    base = Scenario.read(scenario)
    ready_to_write(folder)
    asked: dict[str, Any] = {
        "scenario": str(scenario.resolve()), "cap": cap, "gap": gap, "time_limit": time_limit,
        "inputs": dict(base.input_hashes), "version": __version__,
    }  # fmt: skip
    solved_cold = []
    for value in chosen(numbers, cold, float(getattr(base.policy, cap))):
        request = {**asked, "value": value, "threads": threads}
        row = kept_or_measured(
            folder / "sweep", f"{scenario.stem}-{cap}={value}-cold", request,
            lambda: measured("cold", request, time_limit), fresh,  # noqa: B023
        )  # fmt: skip
        solved_cold.append({"value": value, **row})
        out.print(f"{cap}={value} cold: {row['status']}, {row['seconds'] or 0:.1f} s {row['note']}", markup=False)
    swept = study_measured(
        folder / "sweep", f"{scenario.stem}-{cap}", {**asked, "values": numbers}, fresh, "sweep",
        60.0 + len(numbers) * time_limit,
    )  # fmt: skip
    if "points" not in swept:
        raise SolverError(f"the sweep was not done: {swept['status']}: {swept['note']}")
    frame = side_by_side(swept["points"], solved_cold)
    write_csv(folder / "sweep.csv", frame)
    write_png(folder / "sweep.png", sweep_figure(frame, cap, gap))
    show(f"Sweep of {cap}", frame)
    for line in disagreements(frame, cap):
        out.print(line, markup=False)
    if swept["attempts"] > 1:
        out.print(f"It took {swept['attempts']:.0f} attempts; what was under way when one was stopped counts in none.")
    out.print(f"Results: {folder}", markup=False)
    print(last_line(figures(frame, swept, gap)), flush=True)


def chosen(numbers: list[int], count: int, own: float) -> list[int]:
    """Return which values are solved cold: spread evenly, ends included; a single one is the nearest to `own`."""
    if count == 1:
        return [min(numbers, key=lambda value: abs(value - own))]
    return [numbers[place] for place in np.linspace(0, len(numbers) - 1, count).round().astype(int)]


def side_by_side(points: list[dict[str, Any]], cold: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each value: what the sweep found there, and the same of its cold solve as `cold_...`."""
    names = ["value", "status", "seconds", "objective", "bound", "gap"]
    frame = pd.DataFrame(points).reindex(columns=[*names, "note"])
    beside = pd.DataFrame(cold).reindex(columns=names)
    beside["gap"] = [
        relative_gap(row["objective"], row["bound"]) if pd.notna(row["objective"]) and pd.notna(row["bound"]) else None
        for row in records(beside)
    ]
    beside = beside.rename(columns={name: f"cold_{name}" for name in names[1:]})
    frame = frame.merge(beside.astype({"value": float}), on="value", how="left")
    numbers = [name for name in frame.columns if name not in ("status", "cold_status", "note")]
    frame[numbers] = frame[numbers].astype(float)
    return frame[[name for name in frame.columns if name != "note"] + ["note"]]


def disagreements(frame: pd.DataFrame, cap: str) -> list[str]:
    """Return a line for each value at which sweep and cold solve cannot both be right.

    Either has a plan worth more than the other says is possible, or one says that there is no plan and the other has
    one.
    """
    lines = []
    for row in records(frame):
        for plan, bound in (("", "cold_"), ("cold_", "")):
            worth, most = row[f"{plan}objective"], row[f"{bound}bound"]
            who = {"": "the sweep", "cold_": "the cold solve"}
            if pd.notna(worth) and row[f"{bound}status"] == "infeasible":
                lines.append(f"{cap}={row['value']:g}: {who[plan]} has a plan, {who[bound]} says there is none.")
            elif pd.notna(worth) and pd.notna(most) and worth > most + SAME * abs(most):
                lines.append(
                    f"{cap}={row['value']:g}: {who[plan]} has a plan worth {worth:,.1f}, {who[bound]} says at most "
                    f"{most:,.1f}."
                )
    return lines


def figures(frame: pd.DataFrame, swept: dict[str, Any], gap: float) -> dict[str, Any]:
    """Return the figures of the last line.

    `sweep_over_cold` is the time of the sweep over the median cold solve; `cold_over_sweep` is the time of as many cold
    solves as the sweep has values, at the mean of those that were run, over the sweep's.
    """
    cold = frame[frame["cold_seconds"].notna()]
    seconds = swept["seconds"]
    proven = sum(is_proven(row, gap) for row in records(frame))
    cold_rows = [{"status": row["cold_status"], "gap": row["cold_gap"]} for row in records(cold)]
    return {
        "benchmark": "sweep",
        "gap": gap,
        "values": len(frame),
        "proven": f"{proven}/{len(frame)}",
        "sweep_seconds": seconds,
        "attempts": swept["attempts"],
        "cold_solves": len(cold),
        "cold_proven": f"{sum(is_proven(row, gap) for row in cold_rows)}/{len(cold)}",
        "cold_seconds_median": cold["cold_seconds"].median(),
        "sweep_over_cold": seconds / cold["cold_seconds"].median() if len(cold) else None,
        "cold_over_sweep": len(frame) * cold["cold_seconds"].mean() / seconds if len(cold) else None,
        "disagreements": len(disagreements(frame, "")),
        "peak_mb": swept["peak_mb"],
        "bar": BAR,
    }
