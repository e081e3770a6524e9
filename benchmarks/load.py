"""`load`: from data to solver, in seconds and memory, and what a changed cap costs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.process import measured
from benchmarks.results import last_line, out, ready_to_write, show, write_csv
from devolve_opt.errors import Fault, InputError, SolverError

TIME_LIMIT = 600.0
"""Seconds after which a step is given up."""

REASONS = ("changed_cap", "changed_price")
"""Why a changed cap or price took a rebuild; blank where it took none."""


def main(
    scenario: Annotated[Path, typer.Option(help="Scenario file.")] = ROOT / "scenarios" / "baseline.toml",
    repeats: Annotated[int, typer.Option(help="Times each step is measured; the median counts.", min=1)] = 3,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
) -> None:
    """Time from data to solver: build the model, compile it, load it into HiGHS; memory at its peak; a changed cap.

    Building and loading are measured in two processes, as the package has them; their peaks are added. A scenario that
    changes only caps or prices takes the model that is there, unless a reason says that it was built anew.
    """
    if not scenario.is_file():
        raise InputError([Fault("cannot be read; name a scenario file.", file=str(scenario))])
    ready_to_write(folder)
    runs = pd.DataFrame([steps_of(scenario) for _ in range(repeats)])
    reasons = {name: runs.pop(name).iloc[-1] for name in REASONS}
    middle = runs.median()
    frame = pd.DataFrame(
        [{"step": name, "unit": name.rpartition("_")[2], "median": middle[name], "least": runs[name].min(),
          "most": runs[name].max()} for name in runs.columns]
    )  # fmt: skip
    write_csv(folder / "load.csv", frame)
    show("From data to solver", frame)
    for name, reason in reasons.items():
        out.print(f"{name.replace('_', ' ')}: {reason or 'no rebuild'}", markup=False)
    out.print(f"Results: {folder}", markup=False)
    print(
        last_line({"benchmark": "load", "repeats": repeats, **{str(name): value for name, value in middle.items()}}),
        flush=True,
    )


def steps_of(scenario: Path) -> dict[str, Any]:
    """Return seconds and memory of each step, once.

    Raises:
        SolverError: if a step fails.
    """
    with tempfile.TemporaryDirectory() as place:
        matrix = str(Path(place) / "model.npz")
        built = measured("build", {"scenario": str(scenario.resolve()), "matrix": matrix}, TIME_LIMIT)
        loaded = measured("load", {"matrix": matrix}, TIME_LIMIT) if built["status"] == "done" else built
    for report in (built, loaded):
        if report["status"] != "done":
            raise SolverError(f"{scenario}: {report['status']}, {report['note']}")
    seconds = {name: built[name] for name in ("read_seconds", "build_seconds", "compile_seconds")}
    seconds["load_seconds"] = loaded["load_seconds"]
    total = sum(seconds[name] for name in ("build_seconds", "compile_seconds", "load_seconds"))
    changed = {name: built[name] + loaded["load_seconds"] for name in ("changed_cap_seconds", "changed_price_seconds")}
    memory = {f"{name}_peak_mb": report["peak_mb"] for name, report in (("build", built), ("load", loaded))}
    known = all(value is not None for value in memory.values())
    size = {name: built[name] for name in ("columns", "rows")}
    together = {"peak_mb": sum(memory.values()) if known else None}
    reasons = {name: built[name] for name in REASONS}
    return {**seconds, "build_to_loaded_seconds": total, **changed, **memory, **together, **size, **reasons}
