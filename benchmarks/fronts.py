"""`fronts`: complete trade-off fronts of small problems of several goals, beside pyaugmecon on the same solver."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.results import last_line, out, ready_to_write, show
from devolve_opt.errors import Fault, InputError
from devolve_opt.views.files import write_table

SHAPES = {"two goals, 50 items": (2, 50, 2), "three goals, 10 items": (3, 10, 1)}
"""Drawn knapsacks by name: goals, items, limits."""


def main(
    seeds: Annotated[str, typer.Option(help="Seeds that problems are drawn from.")] = "1,2,3",
    pyaugmecon: Annotated[
        str, typer.Option(help="Python of an environment with pyaugmecon and highspy; left out where empty.")
    ] = "",
    published: Annotated[
        str, typer.Option(help="Folder with the published knapsack 2kp50 as CSV; left out where empty.")
    ] = "",
    threads: Annotated[int, typer.Option(help="Threads, or processes of pyaugmecon.", min=1, max=64)] = 2,
    time_limit: Annotated[float, typer.Option(help="Seconds for each front.", min=1)] = 600.0,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path(
        "build/benchmarks/fronts"
    ),
) -> None:
    """Seconds to the complete front, from a model in memory; and whether both engines find the same points.

    pyaugmecon is told the range of every goal, as found here before, and solves one process a thread.
    """
    problems: dict[str, dict[str, Any]] = {}
    if published:
        problems["2kp50 (published)"] = published_problem(Path(published))
    for name, shape in SHAPES.items():
        problems |= {f"{name}, seed {seed}": drawn(int(seed), *shape) for seed in seeds.split(",") if seed.strip()}
    ready_to_write(out_folder)
    rows = []
    for name, problem in problems.items():
        own = solved("devolve_opt", sys.executable, problem, threads, time_limit)
        row = {"problem": name, "points": len(own["points"]), "seconds": own["seconds"], "note": own["note"]}
        if pyaugmecon and own["points"]:
            points = np.array(own["points"])
            known = {**problem, "worst": points.min(axis=0).tolist(), "best": points.max(axis=0).tolist()}
            other = solved("pyaugmecon", pyaugmecon, known, threads, time_limit)
            done = other["seconds"] is not None
            row |= {
                "pyaugmecon_seconds": other["seconds"], "pyaugmecon_points": len(other["points"]),
                "same": other["points"] == own["points"] if done else None,
                "ratio": other["seconds"] / own["seconds"] if done else None, "note": own["note"] or other["note"],
            }  # fmt: skip
        rows.append(row)
        out.print(row, markup=False)
    frame = pd.DataFrame(rows)
    write_table(out_folder / "fronts", frame)
    show("Fronts", frame)
    ratios = [row["ratio"] for row in rows if row.get("ratio")]
    found: dict[str, Any] = {"benchmark": "fronts", "problems": len(rows), "points": int(frame["points"].sum())}
    found |= {"same": sum(bool(row.get("same")) for row in rows)}
    found |= {"ratio_median": statistics.median(ratios) if ratios else None}
    print(last_line(found), flush=True)


def drawn(seed: int, goals: int, items: int, limits: int) -> dict[str, Any]:
    """Return a knapsack drawn from a seed: worth and weight from 1 to 100, limits of half the weight."""
    random = np.random.default_rng([seed, goals, items])
    weight = random.integers(1, 101, (limits, items))
    worth = random.integers(1, 101, (goals, items))
    return {"worth": worth.tolist(), "weight": weight.tolist(), "most": (weight.sum(axis=1) // 2).tolist()}


def published_problem(folder: Path) -> dict[str, Any]:
    """Return the knapsack 2kp50 from its tables.

    Raises:
        InputError: if they are not there.
    """
    try:
        worth, weight, most = (pd.read_csv(folder / f"2kp50__{name}.csv", index_col=0).to_numpy() for name in "cab")
    except OSError as error:
        raise InputError([Fault(f"holds no 2kp50__a.csv, __b.csv and __c.csv ({error}).", file=str(folder))]) from None
    return {"worth": worth.tolist(), "weight": weight.tolist(), "most": most.ravel().tolist()}


def solved(engine: str, python: str, problem: dict[str, Any], threads: int, time_limit: float) -> dict[str, Any]:
    """Return `seconds` (None if it did not end), `points` and `note` of an engine in a process of its own."""
    request = {"engine": engine, "problem": problem, "threads": threads}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "request.json"
        file.write_text(json.dumps(request), encoding="utf-8")
        try:
            done = subprocess.run(
                [python, "-m", "benchmarks.front_runner", str(file)], cwd=ROOT, timeout=time_limit, check=False,
                capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"seconds": None, "points": [], "note": f"{engine} was ended after {time_limit:g} s"}
        except OSError as error:
            return {"seconds": None, "points": [], "note": f"{engine} does not start: {error}"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return {"seconds": None, "points": [], "note": f"{engine} failed: {last}"}
    return {**json.loads(done.stdout.strip().splitlines()[-1]), "note": ""}
