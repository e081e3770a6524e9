"""Processes killed at random: what was finished stays, nothing half is taken for whole, and the end is the same.

Every command is killed (with all its processes, as a power cut does) after a random time, again and again, and then run
to its end. A few kills every time, 200 with `slow`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from devolve_opt.studies.manifest import read_manifest
from devolve_opt.studies.solving import solve
from devolve_opt.views import run_folder
from devolve_opt.views.run_folder import MANIFEST, earlier_files, write_run
from modelling import ROOT, hand_scenario

pytestmark = pytest.mark.skipif(os.name != "posix", reason="groups of processes are killed otherwise on Windows")
HAND = str(ROOT / "scenarios" / "hand.toml")
COMMANDS = {
    "run": ["run", HAND, "--gap", "0", "--threads", "1"],
    "sweep": ["sweep", HAND, "--cap", "guide_list_max=1:4:1", "--gap", "0", "--jobs", "1"],
    "frontier": ["frontier", HAND, "--goals", "readiness,choices_met", "--threads", "1"],
    "robust": ["robust", "{run}", "--futures", "4", "--gap", "0", "--threads", "1"],
    "country": ["run", "{country}", "--gap", "0.02", "--workers", "2"],
}
RESULTS = {
    "run": "tables/terms.csv", "sweep": "sweep.csv", "frontier": "frontier.csv", "robust": "futures.csv",
    "country": "cities.csv",
}  # fmt: skip
CITIES = """id,name,province,counties,townships,subdistricts
1,甲市,某省,1,2,0
2,乙市,某省,1,4,1
3,丙市,某省,2,6,0
"""
MOVING = ("seconds", "seconds_in_all", "peak_mb")
"""Columns that are otherwise each time."""


def started(name: str, place: Path) -> subprocess.Popen[bytes]:
    words = [word.format(run=place / "the-run", country=place / "land.toml") for word in COMMANDS[name]]
    return subprocess.Popen(
        [sys.executable, "-m", "devolve_opt.cli", *words, "--out", str(place / name)], cwd=place,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip


def finish(name: str, place: Path) -> pd.DataFrame:
    process = started(name, place)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said.decode()
    frame = pd.read_csv(place / name / RESULTS[name])
    return frame.drop(columns=[column for column in MOVING if column in frame])


def kill(process: subprocess.Popen[bytes]) -> bool:
    """Kill a command with all that it started; whether it was still at work."""
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return at_work


def nothing_half(place: Path) -> None:
    """Assert that every file that has its name is whole; what is being written has another one."""
    for path in place.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if path.is_file() and not hidden:
            assert path.stat().st_size > 0 or path.suffix == ".log", path
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".csv":
                pd.read_csv(path)
    run = place / "run"
    if run.exists():
        assert {"tables", "figures", MANIFEST, "plan.xlsx"} <= {path.name for path in run.iterdir()}


def kept(place: Path) -> set[str]:
    """Return the points that a study has finished."""
    return {path.name for path in place.rglob("*.json") if not path.name.startswith(".") and path.name != MANIFEST}


OFTEN = [("run", 1)]
"""What is killed every time, and how often."""
MANY = [pytest.param(name, 50, marks=pytest.mark.slow) for name in COMMANDS]


@pytest.mark.parametrize(("name", "kills"), [*OFTEN, *MANY])
def test_a_command_killed_at_random_goes_on_and_ends_the_same(name, kills, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    if name == "robust":
        for place in (tmp_path, undisturbed):
            write_run(solve(hand_scenario(), gap=0.0, threads=1), place / "the-run")
    for place in (tmp_path, undisturbed):
        (place / "land").mkdir()
        (place / "land" / "cities.csv").write_text(CITIES, encoding="utf-8")
        country = 'title = "Land"\ncountry = "land"\nseed = 7\n[pool]\nposts = 4\nlot = 2\n'
        (place / "land.toml").write_text(country, encoding="utf-8")
    began = time.monotonic()
    whole = finish(name, undisturbed)
    seconds = time.monotonic() - began
    chance = random.Random(f"{name} {kills}")
    struck = 0
    for _ in range(4 * kills):
        if struck == kills:
            break
        before = kept(tmp_path / name)
        process = started(name, tmp_path)
        time.sleep(chance.uniform(0.2, 1.1) * seconds)
        at_work = kill(process)
        nothing_half(tmp_path)
        assert before <= kept(tmp_path / name), "a finished point is gone"
        struck += at_work
        if not at_work:  # it was done first: once more from the beginning
            assert process.returncode == 0
            shutil.rmtree(tmp_path / name)
    assert struck == kills, "it was nearly always done before it was killed"
    pd.testing.assert_frame_equal(finish(name, tmp_path), whole)


def test_a_whole_run_that_was_killed_before_it_had_its_name_gets_it(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {})  # they take most of the time
    plan = solve(hand_scenario(), gap=0.0, threads=1)
    target = write_run(plan, tmp_path / "run")
    first = read_manifest(target)
    # Killed between the two changes of name: the earlier run stands aside, the new one has no name yet.
    target.rename(tmp_path / ".run.12345678.old")
    new = write_run(plan, tmp_path / "other")
    new.rename(tmp_path / ".run.12345678.tmp")
    (tmp_path / ".run.00000000.tmp").mkdir()
    monkeypatch.setattr(run_folder, "RECOVER_SECONDS", 3600.0)  # however slow the machine
    assert earlier_files(target) is None  # it may be another process that is at this very step
    monkeypatch.setattr(run_folder, "RECOVER_SECONDS", -1.0)
    assert earlier_files(target)
    assert read_manifest(target)["written"] >= first["written"]
    assert (tmp_path / ".run.00000000.tmp").exists() and (tmp_path / ".run.12345678.old").exists()
    monkeypatch.setattr(run_folder, "FORGOTTEN_SECONDS", -1.0)
    write_run(plan, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
