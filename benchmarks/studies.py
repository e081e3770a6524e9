"""`studies`: every study of a scenario by one command each, as a user gives it, with the time that it takes."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.results import kept_or_measured, last_line, ready_to_write, show, write_csv

RUN, SCENARIO, OUT = "RUN", "SCENARIO", "OUT"
"""What stands for the run's folder, the scenario's file and the study's folder in a command."""
STUDIES: dict[str, tuple[str, ...]] = {
    "run": ("run", SCENARIO, "--gap", "0.001", "--time-limit", "300", "--out", RUN),
    "ratio": ("run", SCENARIO, "--method", "ratio", "--out", "RUN-ratio"),
    "compare": ("compare", RUN, "RUN-ratio", "--out", OUT),
    "explain": ("explain", RUN, "T017", "P203", "--figure", "OUT.png"),
    "explain_losers": ("explain", RUN),
    "report": ("report", RUN, "--lang", "zh", "--out", "OUT.html"),
    "choices": ("choices", RUN, "--out", OUT),
    "sweep": ("sweep", SCENARIO, "--cap", "guide_list_max=90:170:20", "--out", OUT),
    "frontier": ("frontier", SCENARIO, "--goals", "posts_moved,rest", "--spacing", "posts_moved=900", "--out", OUT),
    "no_plan": ("run", "IMPOSSIBLE", "--out", OUT),
    "robust": ("robust", RUN, "--futures", "5", "--out", OUT),
    "alternatives": ("alternatives", SCENARIO, "--tolerance", "0.005", "--time-limit", "900", "--out", OUT),
    "sensitivity": (
        "sensitivity", RUN, "--trajectories", "2", "--vary", "prices.choice_met", "--vary", "guide_list_max",
        "--vary", "changes.cases", "--out", OUT,
    ),
    "discover": (
        "discover", RUN, "--points", "12", "--vary", "changes.cases=0.7:1.4", "--vary", "prices.choice_met=20:60",
        "--vary", "new_powers_max=30:90", "--out", OUT,
    ),
}  # fmt: skip
"""Arguments of each command, in the order in which they are given: the first make the runs that others read."""


def main(
    scenario: Annotated[Path, typer.Option(help="File of the scenario.")] = ROOT / "scenarios" / "baseline.toml",
    only: Annotated[str, typer.Option(help="Studies, joined by commas; all if left out. Others need `run`.")] = "",
    folder: Annotated[Path, typer.Option("--out", help="Folder for results, texts and figures.")] = (
        Path("build") / "benchmarks" / "studies"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure anew what is kept.")] = False,
) -> None:
    """Time every study of a scenario, each by the one command that a user gives; its pictures are there to be seen."""
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(STUDIES)
    if unknown := [name for name in wanted if name not in STUDIES]:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(STUDIES)}.", param_hint="--only")
    ready_to_write(folder)
    rows = []
    for name in wanted:
        asked = {"command": STUDIES[name], "scenario": str(scenario.resolve())}
        row = kept_or_measured(folder, name, asked, partial(timed, name, scenario, folder), fresh)
        rows.append({"study": name, **row})
        show(name, pd.DataFrame(rows[-1:])[["seconds", "status", "said"]])
    frame = pd.DataFrame(rows)[["study", "seconds", "status", "said", "command"]]
    write_csv(folder / "studies.csv", frame)
    show("Studies", frame[["study", "seconds", "status"]])
    done = frame[frame["status"] == "done"].set_index("study")["seconds"]
    print(last_line({"benchmark": "studies", **{f"{name}_seconds": done.get(name) for name in wanted}}), flush=True)


def timed(name: str, scenario: Path, folder: Path) -> dict[str, Any]:
    """Give one command and return how long it took, what it ended with and its last words."""
    words = {RUN: str(folder / "run"), SCENARIO: str(scenario), OUT: str(folder / name)}
    command = []
    for part in STUDIES[name]:
        known = [each for each in words if part.startswith(each) and part[len(each) :][:1] in ("", "-", ".")]
        command.append(words[known[0]] + part[len(known[0]) :] if known else part)
    command = [impossible(scenario, folder) if part == "IMPOSSIBLE" else part for part in command]
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "devolve_opt.cli", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    # That there is no plan is what `no_plan` asks about.
    right = ended.returncode == (1 if name == "no_plan" else 0)
    said = [line.strip() for line in (ended.stderr if name == "no_plan" or not right else ended.stdout).splitlines()]
    return {
        "seconds": round(time.monotonic() - began, 1), "status": "done" if right else "failed",
        "said": next((line for line in reversed(said) if line and not line.startswith("Results:")), ""),
        "command": "devolve-opt " + " ".join(STUDIES[name]),
    }  # fmt: skip


def impossible(scenario: Path, folder: Path) -> str:
    """Write the scenario with officers and training that no plan keeps, and return its file."""
    text = scenario.read_text(encoding="utf-8")
    case = next(line for line in text.splitlines() if line.startswith("case"))
    place = (scenario.parent / case.partition("=")[2].strip().strip('"')).resolve().as_posix()
    path = folder / "impossible.toml"
    path.write_text(
        f'title = "No plan"\ncase = "{place}"\n[policy]\nofficers_min = 4\ntraining_places_max = 20\n', encoding="utf-8"
    )
    return str(path)
