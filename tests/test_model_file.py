"""The model as a file: what another solver reads is what is solved here."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pytest
from scipy.sparse import csc_array

from devolve_opt.errors import InputError, SolverError
from devolve_opt.formulation import build_model
from devolve_opt.scenario import Scenario
from devolve_opt.solver import model_text as model_text_module
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.solver.model_text import LONGEST_NAME, model_text, safe_names
from devolve_opt.views.model_file import write_model

ROOT = Path(__file__).parents[1]
KINDS = ("mps", "lp")
HAND_OPTIMUM = 369.5
"""Value of the hand case's best plan, worked out in test_hand.py."""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.read(ROOT / "scenarios" / "hand.toml")


def read_back(path: Path) -> highspy.Highs:
    """Return HiGHS with the file read as any user of it would read it."""
    highs = highspy.Highs()
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    return highs


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_the_hand_case_has_the_optimum_that_is_worked_out_by_hand(kind, scenario, tmp_path):
    path = tmp_path / "of its own" / f"hand.{kind}"
    write_model(scenario, path)
    highs = read_back(path)
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(HAND_OPTIMUM)
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # no temporary file is left


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_the_matrix_is_in_the_file(kind, scenario, tmp_path):
    path = tmp_path / f"hand.{kind}"
    matrix = write_model(scenario, path)
    found = read_back(path).getLp()
    assert found.sense_ == highspy.ObjSense.kMaximize
    assert found.offset_ == pytest.approx(matrix.offset)
    assert matrix.offset != 0  # or the line above shows nothing
    # Columns and rows may stand in another order in the file: they are found by name.
    columns, rows = safe_names(variable.name for variable in matrix.variables), safe_names(matrix.row_names)
    assert (sorted(found.col_names_), sorted(found.row_names_)) == (sorted(columns), sorted(rows))
    column_at, row_at = ([read.index(name) for name in names] for read, names in
                         ((found.col_names_, columns), (found.row_names_, rows)))  # fmt: skip
    assert np.array(found.col_cost_)[column_at] == pytest.approx(matrix.costs, rel=1e-12)
    for side in ("lower", "upper"):
        assert np.array(getattr(found, f"col_{side}_"))[column_at] == pytest.approx(getattr(matrix, side), rel=1e-12)
        theirs, ours = np.array(getattr(found, f"row_{side}_"))[row_at], getattr(matrix, f"row_{side}")
        assert theirs == pytest.approx(ours, rel=1e-12)
    whole = np.array([kind == highspy.HighsVarType.kInteger for kind in found.integrality_])
    assert whole[column_at].tolist() == matrix.integer.tolist()
    amounts = csc_array(
        (found.a_matrix_.value_, found.a_matrix_.index_, found.a_matrix_.start_), shape=(len(rows), len(columns))
    )
    assert found.a_matrix_.format_ == highspy.MatrixFormat.kColwise
    assert amounts.toarray()[row_at][:, column_at] == pytest.approx(matrix.rows.toarray(), rel=1e-12)


def test_names_are_the_models_own(scenario, tmp_path):
    write_model(scenario, tmp_path / "hand.mps")
    text = (tmp_path / "hand.mps").read_text(encoding="ascii")
    for name in ("taken(A,P1)", "special(county_seat,P1)", "taken_only_if_listed(A,P1)", "base_list_within_cap"):
        assert f" {name} " in text.replace("\n", " \n")
    assert "OBJSENSE\n  MAX\n" in text


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["taken[T001,P003]", "base[P1]"], ["taken(T001,P003)", "base(P1)"]),
        (["taken[a b]", "taken[a+b]"], ["taken(a_b)", "taken(a_b).2"]),
        (["band", "band", "band"], ["band", "band.2", "band.3"]),  # a row with two sides is two rows
        (["band.2", "band", "band"], ["band.2", "band", "band.3"]),
        (["e5", "1x", "", "effort"], ["_e5", "_1x", "_", "effort"]),  # what a reader would take for a number
        (["taken[镇,P1]", "taken[乡,P1]"], ["taken(_,P1)", "taken(_,P1).2"]),
        (["x" * 300, "x" * 301], ["x" * LONGEST_NAME, "x" * LONGEST_NAME + ".2"]),
    ],
)
def test_names_are_safe_and_each_stands_once(names, safe):
    assert safe_names(names) == safe


def test_a_model_with_names_that_formats_refuse_is_written_all_the_same(scenario, tmp_path):
    matrix = compile_matrix(build_model(scenario.data, scenario.policy))
    names = [f"规则 {number % 3}: a + b >= 2" for number in range(len(matrix.row_names))]
    odd = replace(matrix, row_names=names)
    for kind in KINDS:
        path = tmp_path / f"odd.{kind}"
        path.write_bytes(model_text(odd, kind))
        highs = read_back(path)
        highs.run()
        assert highs.getInfo().objective_function_value == pytest.approx(HAND_OPTIMUM)


@pytest.mark.parametrize("name", ["hand.txt", "hand", "hand.mps.gz"])
def test_another_ending_is_bad_input_and_nothing_is_written(name, scenario, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.mps or \.lp"):
        write_model(scenario, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(scenario, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_model(scenario, tmp_path / "file" / "hand.mps")
    (tmp_path / "folder.lp").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_model(scenario, tmp_path / "folder.lp")


def test_a_process_that_dies_is_told(scenario, monkeypatch, tmp_path):
    script = tmp_path / "child.py"
    script.write_text("import os\nos._exit(3)\n", encoding="utf-8")
    monkeypatch.setattr(model_text_module, "CHILD", script)
    with pytest.raises(SolverError, match="died while it wrote"):
        write_model(scenario, tmp_path / "hand.mps")
    assert [file.name for file in tmp_path.iterdir()] == ["child.py"]


def test_a_model_that_highs_refuses_is_an_error(scenario):
    matrix = compile_matrix(build_model(scenario.data, scenario.policy))
    with pytest.raises(SolverError, match="refuses the model"):
        model_text(replace(matrix, rows=matrix.rows * np.inf), "mps")


def shell(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "devolve_opt.cli", *arguments],
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


def test_the_shell_writes_the_model_and_solves_nothing(tmp_path):
    hand = str(ROOT / "scenarios" / "hand.toml")
    done = shell("run", hand, "--export-model", "hand.mps", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Model: hand.mps; a maximisation, 59 columns (44 whole), 66 rows. Nothing was solved.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["hand.mps"]
    wrong = shell("run", hand, "--export-model", "hand.txt", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "hand.txt: must end in .mps or .lp" in wrong.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["hand.mps"]
