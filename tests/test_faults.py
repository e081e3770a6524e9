"""Faults of the machine: no memory, no room, no leave to write, a clock that jumps, two commands at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from devolve_opt.cli.common import BAD_INPUT, DONE
from devolve_opt.errors import InputError
from devolve_opt.solver.engine import SOLVER_MB, Control
from devolve_opt.studies.comparing import read_manifest
from devolve_opt.studies.runs import read_run
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Status
from modelling import ROOT, hand_scenario

HAND = ROOT / "scenarios" / "hand.toml"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
TOO_LITTLE = "20"
"""Megabytes in which no solver's process can load its model."""


def command(*arguments: object, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "devolve_opt.cli", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1", "DEVOLVE_OPT_LANG": "en", **more},
    )  # fmt: skip


@contextmanager
def mounted(place: Path, options: str):
    """Within this block a file system of its own stands at a place; skipped where none can be mounted."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@LINUX
def test_a_solver_without_memory_is_told_and_the_plan_at_hand_is_kept(monkeypatch):
    monkeypatch.setenv(SOLVER_MB, TOO_LITTLE)
    plan = solve(hand_scenario(), gap=0)
    assert plan.status is Status.SOLVER_FAILED
    assert plan.audit.breaches == ()
    assert plan.bound == float("inf")
    # The hand case's plan by the ratio rule, mended: nothing was found besides.
    assert plan.objective == pytest.approx(160, abs=0.5)


@pytest.mark.parametrize("megabytes", ["4G", "2000.5", "-1", "0", "many", "\u4e8c"])
def test_a_limit_of_memory_that_is_none_is_a_fault(megabytes, monkeypatch):
    monkeypatch.setenv(SOLVER_MB, megabytes)
    with pytest.raises(InputError, match="whole number of megabytes"):
        solve(hand_scenario(), gap=0)


@LINUX
def test_a_limit_of_memory_that_is_enough_changes_nothing(monkeypatch):
    monkeypatch.setenv(SOLVER_MB, "2000")
    assert solve(hand_scenario(), gap=0).objective == pytest.approx(369.5)


@LINUX
@pytest.mark.parametrize("kilobytes", [40, 120, 300, 700])
def test_a_full_disk_is_told_and_nothing_half_stays(kilobytes, tmp_path):
    with mounted(tmp_path / "small", f"size={kilobytes}k") as place:
        said = command("run", HAND, "--out", place / "run")
        _, errors = said.communicate(timeout=120)
        assert said.returncode == BAD_INPUT, errors
        assert "No space left on device" in errors
        assert "Traceback" not in errors
        assert list(place.iterdir()) == []


@LINUX
@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_the_earlier_run(tmp_path):
    with mounted(tmp_path / "small", "size=4m") as place:
        first = command("run", HAND, "--out", place / "run")
        first.communicate(timeout=120)
        assert first.returncode == DONE
        before = (place / "run" / "manifest.json").read_bytes()
        room = os.statvfs(place)
        (place / "filler").write_bytes(b"0" * max(0, room.f_bavail * room.f_bsize - 200_000))
        said = command("run", HAND, "--out", place / "run")
        _, errors = said.communicate(timeout=120)
        assert said.returncode == BAD_INPUT
        assert "No space left on device" in errors
        assert (place / "run" / "manifest.json").read_bytes() == before
        assert read_run(place / "run", hand_scenario().case).objective == pytest.approx(369.5)
        assert sorted(path.name for path in place.iterdir()) == ["filler", "run"]


@LINUX
def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with mounted(tmp_path / "fixed", "ro") as place:
        said = command("run", HAND, "--out", place / "run")
        _, errors = said.communicate(timeout=120)
        assert said.returncode == BAD_INPUT
        assert "cannot be written" in errors
        assert "Traceback" not in errors


@pytest.mark.slow
def test_two_runs_into_one_folder_leave_one_that_is_whole(tmp_path):
    running = [command("run", HAND, "--out", tmp_path / "run") for _ in range(2)]
    ends = [(process.communicate(timeout=240), process.returncode) for process in running]
    assert [code for _, code in ends].count(DONE) >= 1, ends
    assert all("Traceback" not in errors for (_, errors), _ in ends), ends
    manifest = read_manifest(tmp_path / "run")
    assert manifest["audit_breaches"] == []
    assert sorted(manifest["files"]) == sorted(
        path.relative_to(tmp_path / "run").as_posix()
        for path in (tmp_path / "run").rglob("*") if path.is_file()
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_a_clock_that_jumps_ends_nothing_early_or_late(jump, monkeypatch):
    told = time.time()
    calls = iter(range(10**9))
    # The clock of the wall jumps at the third look and stays there.
    monkeypatch.setattr(time, "time", lambda: told + (jump if next(calls) > 2 else 0.0))
    plan = solve(hand_scenario(), gap=0, time_limit=100.0)
    assert plan.status is Status.PROVEN
    control = Control(0.2)
    assert 0 < control.left <= 0.2
    time.sleep(0.25)
    assert control.left == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signal")
def test_a_request_to_terminate_keeps_the_plan(tmp_path):
    scenario = ROOT / "scenarios" / "baseline.toml"
    process = command("run", scenario, "--time-limit", "900", "--gap", "0", "--out", tmp_path / "kept")
    for line in process.stderr:
        if "lists" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == DONE, errors
    found = json.loads((tmp_path / "kept" / "manifest.json").read_text(encoding="utf-8"))
    assert found["status"] == "interrupted"
    assert found["audit_breaches"] == []
