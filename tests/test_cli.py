"""The shell, run as its users run it: commands, exit codes, files, Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from cases import set_cell, sound_folder
from devolve_opt import __version__, cli
from devolve_opt.case import Case
from devolve_opt.views import run_folder
from devolve_opt.vocabulary import Method

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "check",
    "template",
    "synth",
    "run",
    "rerun",
    "report",
    "compare",
    "sweep",
    "frontier",
    "alternatives",
    "explain",
    "choices",
    "even",
    "robust",
    "sensitivity",
    "discover",
    "teams",
    "admit",
    "phases",
    "app",
)
DONE, NO_PLAN, BAD_INPUT = 0, 1, 2


def environment(**changes: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}, **changes}


def shell(*arguments: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run the shell as a process of its own; warnings of this package are errors there too."""
    return subprocess.run(
        [sys.executable, "-m", "devolve_opt.cli", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=env or environment(), check=False, timeout=240,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess) -> str:
    """Return what the shell said of an expected failure: on stderr, and never as a traceback."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """Return a folder with copies of the hand case and of its scenario."""
    place = tmp_path_factory.mktemp("workplace")
    shutil.copytree(ROOT / "models" / "hand", place / "models" / "hand")
    (place / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "hand.toml", place / "scenarios")
    text = (place / "scenarios" / "hand.toml").read_text(encoding="utf-8")
    impossible = text.replace("[policy]", "[policy]\nofficers_min = 50")
    (place / "scenarios" / "impossible.toml").write_text(impossible, encoding="utf-8")
    wrong = text.replace("[policy]", "[policy]\nguide_list_mx = 3\nwall_share = 0")
    (place / "scenarios" / "wrong.toml").write_text(wrong, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def hand_run(workplace):
    """Run the hand scenario once."""
    done = shell("run", "scenarios/hand.toml", "--gap", "0.0001", "--time-limit", "60", "--threads", "1", cwd=workplace)
    return done, workplace / "runs" / "hand"


@pytest.fixture(scope="module")
def ratio_run(workplace):
    done = shell("run", "scenarios/hand.toml", "--method", "ratio", "--out", "runs/比例", cwd=workplace)
    return done, workplace / "runs" / "比例"


# Help.


def test_help_shows_every_command_and_the_exit_codes(tmp_path):
    done = shell("--help", cwd=tmp_path)
    assert done.returncode == DONE
    for command in COMMANDS:
        assert f"  {command} " in done.stdout
    words = " ".join(done.stdout.split())
    assert "Exit codes: 0 done; 1 no plan" in words
    assert "2 bad input" in words


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_on_each_of_its_options(tmp_path, command):
    done = shell(command, "--help", cwd=tmp_path, env=environment(COLUMNS="200"))
    assert done.returncode == DONE
    assert f"devolve-opt {command}" in done.stdout or f"cli {command}" in done.stdout
    options = [line for line in done.stdout.splitlines() if line.lstrip().startswith("--")]
    assert options
    for line in options:
        assert len(line.split("  ")) > 1, f"no help on {line}"


def test_the_installed_command_is_this_shell(tmp_path):
    name = Path(sys.executable).with_name("devolve-opt.exe" if os.name == "nt" else "devolve-opt")
    assert name.exists(), "install the package: pip install -e ."
    done = subprocess.run([name, "--version"], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (DONE, f"devolve-opt {__version__}\n")


def test_version(tmp_path):
    done = shell("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (DONE, f"devolve-opt {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("chekc", "x"),
        ("run",),
        ("run", "x.toml", "--gap", "2"),
        ("run", "x.toml", "--gap", "small"),
        ("run", "x.toml", "--time-limit", "0"),
        ("run", "x.toml", "--threads", "0"),
        ("run", "x.toml", "--method", "best"),
        ("synth", "out", "--size", "village"),
        ("synth", "out", "--seed", "-1"),
        ("sweep", "x.toml"),
    ],
)
def test_a_command_that_is_not_understood_is_bad_input(tmp_path, arguments):
    done = shell(*arguments, cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert told(done)
    assert list(tmp_path.iterdir()) == []


# check


def test_check_shows_a_sound_case(tmp_path):
    done = shell("check", sound_folder(tmp_path), cwd=tmp_path)
    assert done.returncode == DONE
    assert "Tiny case" in done.stdout
    assert "SYNTHETIC DATA" in done.stdout
    assert "No fault found" in done.stdout
    rows = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in done.stdout.splitlines() if "│" in line}
    assert rows["townships"] == "4"
    assert rows["votes"] == "7"
    assert "of 5 powers may not be handed down" in done.stdout


def test_check_tells_every_fault_of_a_broken_case(tmp_path):
    folder = sound_folder(tmp_path)
    set_cell(folder, "townships.csv", 3, "posts", "many")
    set_cell(folder, "townships.csv", 2, "county", "C9")
    set_cell(folder, "powers.csv", 4, "type", "fine")
    set_cell(folder, "votes.csv", 2, "round_1", "perhaps")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    done = shell("check", folder, cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    said = told(done)
    assert said.splitlines()[0] == "4 faults in the input:"
    for place in (
        "townships.csv, row 3, column posts, value 'many'",
        "townships.csv, row 2, column county, value 'C9'",
        "powers.csv, row 4, column type, value 'fine'",
        "votes.csv, row 2, column round_1, value 'perhaps'",
    ):
        assert said.count(place) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_check_of_a_folder_that_is_not_there_is_bad_input(tmp_path):
    done = shell("check", "nowhere", cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert "nowhere" in told(done)


# synth


def test_synth_writes_a_case_and_replaces_it(tmp_path):
    (tmp_path / "new" / "hand").mkdir(parents=True)  # an empty folder is as good as none
    for more in ((), ("--replace",)):
        done = shell("synth", "new/hand", "--size", "hand", *more, cwd=tmp_path)
        assert done.returncode == DONE
        assert "3 townships, 5 powers" in done.stdout
        assert "SYNTHETIC DATA" in done.stdout
    assert len(Case.read(tmp_path / "new" / "hand").townships) == 3


def test_synth_replaces_no_case_unasked(tmp_path):
    folder = sound_folder(tmp_path)
    before = (folder / "townships.csv").read_bytes()
    done = shell("synth", folder, "--size", "hand", cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert "holds a case; name another folder, or replace it with --replace." in told(done)
    assert (folder / "townships.csv").read_bytes() == before


@pytest.mark.parametrize("what", ["folder", "file"])
def test_synth_refuses_what_is_not_a_case(tmp_path, what):
    target = tmp_path / "target"
    if what == "folder":
        target.mkdir()
        (target / "thesis.txt").write_text("mine", encoding="utf-8")
    else:
        target.write_text("mine", encoding="utf-8")
    done = shell("synth", target, "--size", "hand", cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert "exists and is not a case" in told(done)
    kept = target / "thesis.txt" if what == "folder" else target
    assert kept.read_text(encoding="utf-8") == "mine"
    assert len(list(tmp_path.rglob("*"))) == (2 if what == "folder" else 1)


# run


def strict(path: Path) -> dict:
    def refuse(word: str):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_run_writes_its_folder_and_says_what_came_out(hand_run):
    done, folder = hand_run
    assert done.returncode == DONE, done.stderr
    for said in ("Hand case", "SYNTHETIC DATA", "Proven best", "total", "Results: runs"):
        assert said in done.stdout
    for said in ("SYNTHETIC DATA", "build", "relaxation"):
        assert said in done.stderr
    assert {"manifest.json", "summary.txt", "plan.xlsx", "solver.log", "tables", "figures"} == {
        path.name for path in folder.iterdir()
    }
    assert (folder / "summary.txt").read_text(encoding="utf-8") in done.stdout
    assert "Optimal" in (folder / "solver.log").read_text(encoding="utf-8")
    for name in ("tables/guide_list.csv", "tables/guide_list.parquet", "tables/take_up.csv"):
        assert (folder / name).stat().st_size > 0
    assert list((folder / "figures").glob("*.png"))
    assert list((folder / "figures").glob("*.svg"))
    taken = pd.read_csv(folder / "tables" / "take_up.csv", encoding="utf-8-sig")
    assert len(taken) == strict(folder / "manifest.json")["measures"]["take_ups"]


def test_the_manifest_is_strict_json_and_complete(hand_run, workplace):
    found = strict(hand_run[1] / "manifest.json")
    assert found["status"] == "proven"
    assert found["objective"] == pytest.approx(found["bound"], rel=1e-4)
    assert 0 <= found["gap"] <= 1e-4
    assert found["audit_breaches"] == []
    assert found["seconds"] == pytest.approx(sum(found["seconds_by_phase"].values()))
    assert {"ratio rule", "build", "relaxation", "audit"} <= set(found["seconds_by_phase"])
    assert {"devolve_opt", "python", "pyomo", "highspy", "pandas", "numpy"} <= set(found["versions"])
    assert None not in found["versions"].values()
    assert "seed" in found
    assert found["synthetic"] is True
    assert found["started"] <= found["written"]
    log = (hand_run[1] / "solver.log").read_text(encoding="utf-8")
    assert "--- HiGHS with threads=1, " in log
    assert "solver=ipm" in log
    assert found["options"] == {"method": "optimal", "gap": 0.0001, "time_limit": 60.0, "threads": 1}
    files = {f"case/{path.name}" for path in (workplace / "models" / "hand").iterdir() if path.suffix != ".md"}
    assert set(found["input_hashes"]) == {"hand.toml", *files}
    assert all(len(digest) == 64 for digest in found["input_hashes"].values())
    listed = {path.relative_to(hand_run[1]).as_posix() for path in hand_run[1].rglob("*") if path.is_file()}
    assert set(found["files"]) == listed


def test_run_by_the_ratio_rule(ratio_run, hand_run):
    done, folder = ratio_run
    assert done.returncode == DONE, done.stderr
    found, optimal = strict(folder / "manifest.json"), strict(hand_run[1] / "manifest.json")
    assert (found["method"], found["status"], found["audit_breaches"]) == ("ratio", "rule", [])
    assert found["objective"] < optimal["objective"] <= found["bound"]
    assert found["objective"] == optimal["reference"]["objective"]


def test_run_replaces_an_earlier_run_and_keeps_notes(hand_run, workplace):
    again = workplace / "runs" / "again"
    shutil.copytree(hand_run[1], again)
    (again / "notes.txt").write_text("mine", encoding="utf-8")
    (again / "summary.txt").write_text("old", encoding="utf-8")
    done = shell("run", "scenarios/hand.toml", "--method", "ratio", "--out", again, cwd=workplace)
    assert done.returncode == DONE, done.stderr
    assert (again / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (again / "summary.txt").read_text(encoding="utf-8") in done.stdout
    assert strict(again / "manifest.json")["method"] == "ratio"
    shutil.rmtree(again)


def test_run_refuses_a_foreign_folder_before_it_solves(workplace, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    done = shell("run", "scenarios/hand.toml", "--out", tmp_path, cwd=workplace)
    assert done.returncode == BAD_INPUT
    said = told(done)
    assert "exists and is not the folder of a run" in said
    assert "relaxation" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_scenario_files_of_one_name_do_not_replace_each_others_run(hand_run, workplace):
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(workplace / "scenarios" / "hand.toml", elsewhere / "hand.toml")
    before = (hand_run[1] / "manifest.json").read_bytes()
    done = shell("run", "elsewhere/hand.toml", cwd=workplace)
    assert done.returncode == BAD_INPUT
    assert "holds the run of another scenario file" in told(done)
    assert "--out" in told(done)
    assert (hand_run[1] / "manifest.json").read_bytes() == before


def test_without_a_plan_there_is_no_folder(workplace, tmp_path):
    done = shell("run", "scenarios/impossible.toml", "--out", tmp_path / "out", cwd=workplace)
    assert done.returncode == NO_PLAN
    said = told(done)
    assert "no plan can keep all the rules of 'Hand case': proven" in said.replace("No plan", "no plan")
    assert "officers_at_least_minimum" in said  # what would have to give
    assert list(tmp_path.iterdir()) == []


def test_bad_input_is_told_whole_and_leaves_no_folder(workplace, tmp_path):
    done = shell("run", "scenarios/wrong.toml", "--out", tmp_path / "out", cwd=workplace)
    assert done.returncode == BAD_INPUT
    said = told(done)
    assert "2 faults in the input" in said
    assert "wrong.toml, column policy.guide_list_mx, value '3': unknown key. Did you mean 'guide_list_max'?" in said
    assert "wrong.toml, column policy.wall_share, value '0'" in said
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_that_is_not_there_is_bad_input(tmp_path):
    done = shell("run", "none.toml", cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert "none.toml: cannot be read" in told(done)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_told(workplace, tmp_path):
    tmp_path.chmod(0o500)
    try:
        done = shell("run", "scenarios/hand.toml", "--method", "ratio", "--out", tmp_path / "out", cwd=workplace)
    finally:
        tmp_path.chmod(0o700)
    assert done.returncode in (NO_PLAN, BAD_INPUT)
    assert "out" in told(done)
    assert list(tmp_path.iterdir()) == []


def test_a_place_below_a_file_is_told(workplace, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = shell("run", "scenarios/hand.toml", "--method", "ratio", "--out", tmp_path / "file" / "out", cwd=workplace)
    assert done.returncode in (NO_PLAN, BAD_INPUT)
    assert "file" in told(done)


# compare


def test_compare_puts_runs_side_by_side(hand_run, ratio_run, workplace):
    done = shell("compare", "runs/hand", "runs/比例", cwd=workplace)
    assert done.returncode == DONE, done.stderr
    lines = {line.split("│")[1].strip(): line.split("│")[2:5] for line in done.stdout.splitlines() if "│" in line}
    assert lines["objective"][0].strip() == "staff-hours a year"
    lines = {name: cells[1:] for name, cells in lines.items()}
    assert [cell.strip() for cell in lines["status"]] == ["proven", "rule"]
    assert [cell.strip() for cell in lines["better_than"]] == ["比例", ""]
    assert [cell.strip() for cell in lines["objective"]] == [
        f"{strict(folder / 'manifest.json')['objective']:,.0f}" for _, folder in (hand_run, ratio_run)
    ]


def test_compare_says_when_nothing_is_proven(hand_run, workplace):
    done = shell("compare", "runs/hand", "runs/hand", cwd=workplace)
    assert done.returncode == DONE, done.stderr
    assert "None of these plans is proven better than another" in done.stdout


def test_compare_of_a_folder_without_a_run_is_bad_input(workplace):
    done = shell("compare", "models", cwd=workplace)
    assert done.returncode == BAD_INPUT
    assert "models: is not the folder of a run" in told(done)


# sweep


def test_sweep_solves_each_value_and_takes_up_from_where_it_was(workplace, tmp_path):
    out = tmp_path / "swept"
    arguments = ("sweep", "scenarios/hand.toml", "--cap", "guide_list_max=1:3:2", "--out", out, "--jobs", "1")
    done = shell(*arguments, cwd=workplace)
    assert done.returncode == DONE, done.stderr
    assert f"Results: {out}" in done.stdout
    for value in (1, 3):
        assert f"guide_list_max = {value}: proven" in done.stderr
    files = {path: path.stat().st_mtime_ns for path in (out / "points").iterdir()}
    assert {path.name for path in files} == {"guide_list_max=1.json", "guide_list_max=3.json"}
    frame = pd.read_csv(out / "sweep.csv", encoding="utf-8-sig")
    assert frame["value"].tolist() == [1, 3]
    again = shell(*arguments, cwd=workplace)
    assert again.returncode == DONE, again.stderr
    assert {path: path.stat().st_mtime_ns for path in (out / "points").iterdir()} == files  # nothing solved again
    pd.testing.assert_frame_equal(pd.read_csv(out / "sweep.csv", encoding="utf-8-sig"), frame)


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        ("guide_list_mx=1,2", "Did you mean 'guide_list_max'?"),
        ("guide_list_max", "must be values such as"),
        ("guide_list_max=", "must be values such as"),
        ("guide_list_max=a,b", "must be values such as"),
        ("guide_list_max=1:2", "must be values such as"),
        ("guide_list_max=3:1:1", "must be values such as"),
        ("guide_list_max=1:3:0", "must be values such as"),
        ("guide_list_max=1:3:-1", "must be values such as"),
        ("guide_list_max=nan", "must be values such as"),
        ("guide_list_max=0:1e9:1", "at most 1,000 are solved"),
        ("guide_list_max=1.5", "must be a whole number"),
        ("guide_list_max=-1,2", "must be at least 0"),
    ],
)
def test_a_wrong_cap_is_bad_input_and_leaves_nothing(workplace, tmp_path, monkeypatch, capsys, cap, said):
    """In this process, for speed; `main` is what the command calls."""
    out = tmp_path / "out"
    assert (
        exit_code(monkeypatch, "sweep", workplace / "scenarios" / "hand.toml", "--cap", cap, "--out", out) == BAD_INPUT
    )
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("cap", "values"),
    [
        ("guide_list_max=90:170:20", [90, 110, 130, 150, 170]),
        ("guide_list_max=90:169:20", [90, 110, 130, 150]),
        ("choice_floor=0:0.3:0.1", [0, 0.1, 0.2, 0.3]),
        ("guide_list_max=5,3,4", [5, 3, 4]),
        (" guide_list_max = 7", [7]),
    ],
)
def test_values_of_a_cap_are_read_with_both_ends(workplace, tmp_path, monkeypatch, cap, values):
    from devolve_opt.studies import sweeping

    asked = []

    def record(scenario, cap, values, *rest, **options):
        asked.extend(values)
        return pd.DataFrame()

    monkeypatch.setattr(sweeping, "sweep", record)
    scenario = workplace / "scenarios" / "hand.toml"
    # Nothing was solved, so the sweep counts as stopped.
    assert exit_code(monkeypatch, "sweep", scenario, "--cap", cap, "--out", tmp_path / "out") == NO_PLAN
    assert asked == values


# When things go wrong.


def exit_code(monkeypatch, *arguments: str | Path) -> int:
    """Run the shell in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["devolve-opt", *map(str, arguments)])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    return raised.value.code or 0


def test_ctrl_c_before_there_is_a_plan_says_so_and_has_a_documented_code(monkeypatch, capsys):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(Case, "read", interrupted)
    assert exit_code(monkeypatch, "check", "models/hand") == NO_PLAN
    assert "Stopped before it was finished." in capsys.readouterr().err


def test_a_refusal_of_the_system_is_told(monkeypatch, capsys):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Case, "read", full)
    assert exit_code(monkeypatch, "check", "models/hand") == NO_PLAN
    assert "No space left on device" in capsys.readouterr().err


ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""A system whose language is plain ASCII; without the last two, Python would quietly take UTF-8."""


def test_a_system_that_is_not_utf_8_is_no_trouble(workplace):
    encoding = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.stdout.encoding)"],
        env=environment(**ASCII), capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    if os.name == "posix":
        assert "utf" not in encoding.stdout.lower()  # else this test looks at nothing
    checked = shell("check", "models/hand", cwd=workplace, env=environment(**ASCII))
    assert checked.returncode == DONE, checked.stderr
    assert "合成数据" in checked.stdout


def test_a_folder_with_a_chinese_name_is_no_trouble_even_there(workplace, tmp_path):
    arguments = ("run", "scenarios/hand.toml", "--method", "ratio", "--out", tmp_path / "甲镇")
    done = shell(*arguments, cwd=workplace, env=environment(**ASCII))
    assert done.returncode == DONE, done.stderr
    assert "合成数据" in done.stdout
    assert "合成数据" in (tmp_path / "甲镇" / "summary.txt").read_text(encoding="utf-8")
    assert (tmp_path / "甲镇" / "tables" / "take_up.parquet").exists()


def test_ctrl_c_while_the_results_are_written_loses_nothing(workplace, tmp_path, monkeypatch):
    real = run_folder.write_run

    def interrupted(*given):
        signal.raise_signal(signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(run_folder, "write_run", interrupted)
    cli.run(workplace / "scenarios" / "hand.toml", tmp_path / "out", Method.RATIO, 0.001, 60.0, 1)
    assert strict(tmp_path / "out" / "manifest.json")["method"] == "ratio"


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console, not to one process")
def test_ctrl_c_keeps_the_plan_and_says_its_gap(tmp_path):
    """A city run, stopped as soon as it looks for a bound."""
    arguments = ["run", ROOT / "scenarios" / "baseline.toml", "--time-limit", "900", "--gap", "0", "--out", "kept"]
    with subprocess.Popen(
        [sys.executable, "-m", "devolve_opt.cli", *map(str, arguments)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment(),
    ) as process:  # fmt: skip
        said = []
        for line in process.stderr:
            said.append(line)
            if "lists" in line:
                break
        assert "lists" in said[-1], "".join(said)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=300)  # most of it is writing tables and pictures
    assert process.returncode == DONE, rest
    assert "Traceback" not in rest
    found = strict(tmp_path / "kept" / "manifest.json")
    assert found["status"] == "interrupted"
    assert found["audit_breaches"] == []
    assert found["objective"] > 0
    if found["bound"] is None:
        assert found["gap"] is None
    else:
        assert found["gap"] > 0
    assert "NOT proven" in out or "Nothing is proven" in out or "nothing is proven" in out
    assert "stopped by the user" in out.lower()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
