"""`quick`: a small look at speed and memory, for every run of the tests to print; nothing is asserted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.process import measured
from benchmarks.results import last_line, show

SCENARIOS = ("hand", "pilot-district")


def main(
    gap: Annotated[float, typer.Option(help="Relative gap to prove.", min=0, max=1)] = 0.005,
    time_limit: Annotated[float, typer.Option(help="Seconds for each solve.", min=0.1)] = 30.0,
    scenarios: Annotated[str, typer.Option(help="Scenarios of scenarios/, by name.")] = ",".join(SCENARIOS),
) -> None:
    """Build, relaxation, solve and peak memory of small scenarios; one last line of figures, in seconds and megabytes.

    Scenarios that are missing or fail are told and do not fail the command.
    """
    rows = [scenario_row(name.strip(), gap, time_limit) for name in scenarios.split(",")]
    show("Small scenarios", pd.DataFrame(rows))
    found: dict[str, Any] = {"benchmark": "quick"}
    for row in rows:
        short = row["scenario"].replace("-", "_")
        found |= {f"{short}_{name}": row[name] for name in row if name not in ("scenario", "note")}
    print(last_line(found), flush=True)


def scenario_row(name: str, gap: float, time_limit: float) -> dict[str, Any]:
    """Return the figures of one scenario; those of a step that failed are unknown, and `note` says why."""
    path = str(ROOT / "scenarios" / f"{name}.toml")
    request = {"gap": gap, "time_limit": time_limit, "threads": 1}
    with tempfile.TemporaryDirectory() as place:
        matrix = str(Path(place) / "model.npz")
        built = measured("build", {"scenario": path, "matrix": matrix}, time_limit)
        relaxed: dict[str, Any] = {"status": "no model", "note": ""}
        if built["status"] == "done":
            relaxed = measured("root_lp", {"matrix": matrix, **request}, time_limit)
    solved = measured("scenario", {"scenario": path, **request}, time_limit)
    notes = [report["note"] for report in (built, relaxed, solved) if report["note"]]
    parts = [built.get(part) for part in ("build_seconds", "compile_seconds")]
    return {
        "scenario": name,
        "build_seconds": None if None in parts else sum(parts),
        "relaxation_seconds": relaxed.get("seconds"),
        "solve_seconds": solved.get("seconds"),
        "peak_mb": solved.get("peak_mb"),
        "status": solved["status"],
        "note": "; ".join(notes),
    }
