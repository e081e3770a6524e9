"""A run solved once more: the same plan, another one that may be as right, and a contradiction."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.language import speaking
from devolve_opt.studies.manifest import read_manifest
from devolve_opt.studies.rerunning import rerun
from devolve_opt.studies.runs import read_run
from devolve_opt.studies.solving import solve
from devolve_opt.views.rerun import rerun_text
from devolve_opt.views.run_folder import MANIFEST, write_run
from modelling import hand_scenario


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(solve(hand_scenario(), gap=0.0, threads=1), tmp_path_factory.mktemp("run") / "hand")


def again(folder):
    return rerun(read_run(folder, hand_scenario().case), folder)


def test_the_hand_case_comes_out_the_same(run):
    found = again(run)
    assert found.same and found.agrees and found.versions == {}
    assert found.plan.method is found.before.method
    assert "The same: every decision is as it was." in rerun_text(found)
    assert "SYNTHETIC DATA" in rerun_text(found)


def test_options_are_those_of_the_run(tmp_path):
    changed = hand_scenario().replace(policy={"guide_list_max": 2})
    plan = solve(changed, method="ratio", gap=0.05, threads=1, time_limit=30)
    found = again(write_run(plan, tmp_path / "run"))
    assert found.same
    assert (found.plan.method, found.plan.options["gap"], found.plan.options["time_limit"]) == ("ratio", 0.05, 30)
    assert found.plan.scenario.policy == changed.policy


def test_another_plan_says_what_differs_and_a_plan_beyond_the_bound_is_a_contradiction(run):
    found = again(run)
    other = solve(hand_scenario().replace(policy={"guide_list_max": 2}), gap=0.0, threads=1)
    differs = pd.DataFrame([("take_up", 2, 1)], columns=["part", "before", "now"])
    loose = replace(found.before, bound=found.plan.objective + 1)
    another = replace(found, before=loose, plan=replace(other, bound=found.plan.objective + 1), differences=differs)
    assert not another.same and another.agrees
    text = rerun_text(another)
    assert "Another plan, and both can be right" in text
    assert "take_up: 2 rows only then, 1 row only now" in text
    # 335 h were proven best; a bound of 300 on the same problem cannot be.
    contradiction = replace(another, plan=replace(other, bound=found.before.objective - 35))
    assert not contradiction.agrees
    assert "THE RUNS CONTRADICT EACH OTHER" in rerun_text(contradiction)


def test_other_software_is_named(run, tmp_path):
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    manifest = read_manifest(run)
    manifest["versions"] = {**manifest["versions"], "highspy": "0.1", "gone": "2"}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    found = again(folder)
    assert found.versions["highspy"][0] == "0.1"
    assert found.versions["gone"] == ("2", "not installed")
    assert "highspy: 0.1 then" in rerun_text(found)
    with speaking("zh"):
        assert "highspy：当时 0.1，现在" in rerun_text(found)


def test_a_run_without_its_options_cannot_be_repeated(run, tmp_path):
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    manifest = read_manifest(folder)
    (folder / MANIFEST).write_text(json.dumps({**manifest, "options": {}}), encoding="utf-8")
    with pytest.raises(InputError, match="no sound manifest"):
        again(folder)


def test_the_shell_writes_the_run_again(run):
    done = CliRunner().invoke(app, ["rerun", str(run)])
    assert done.exit_code == 0, done.output
    assert "The same: every decision is as it was." in done.output
    again = read_manifest(run.with_name("hand-rerun"))
    assert again["objective"] == pytest.approx(read_manifest(run)["objective"])


# Runs that were changed by hand, tables and manifest so that they fit


def changed(run: Path, folder: Path, **stated: object) -> Path:
    """Return a copy of a run with other statements in its manifest."""
    copy = Path(shutil.copytree(run, folder / "copy"))
    record = json.loads((copy / MANIFEST).read_text("utf-8")) | stated
    (copy / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    return copy


def test_tables_that_break_rules_are_no_optimised_plan_whatever_the_manifest_says(run, tmp_path):
    # D takes P4, which is on the list of another category.
    path = changed(run, tmp_path)
    table = pd.read_parquet(path / "tables" / "take_up.parquet")
    more = pd.concat([table, table.iloc[[1]].assign(township="D", power="P4")])
    more.to_parquet(path / "tables" / "take_up.parquet")
    with pytest.raises(InputError, match="its tables give a plan worth") as error:
        read_run(path, hand_scenario().case)
    worth = float(str(error.value).split("worth ")[1].split(",")[0])
    record = json.loads((path / MANIFEST).read_text("utf-8")) | {"objective": worth, "bound": worth}
    (path / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match="its tables break rules, and no such plan is written") as error:
        read_run(path, hand_scenario().case)
    assert "township D, power P4" in str(error.value)


def test_a_plan_above_its_own_bound_was_changed(run, tmp_path):
    path = changed(run, tmp_path, bound=300.0)
    with pytest.raises(InputError, match=r"no plan is worth more than 300\.0 and that this one is worth 369\.5"):
        read_run(path, hand_scenario().case)


def test_a_claim_that_nothing_in_the_folder_contradicts_is_found_out_by_solving_again(tmp_path):
    # The ratio rule's plan, worth 159.5, said to be the best.
    by_rule = write_run(solve(hand_scenario(), method="ratio", gap=0.0, threads=1), tmp_path / "rule")
    path = changed(by_rule, tmp_path, method="optimal", status="proven", bound=159.5, audit_breaches=[])
    assert read_run(path, hand_scenario().case).status == "proven"
    found = again(path)
    assert not found.agrees and found.plan.objective == pytest.approx(369.5)
    assert "THE RUNS CONTRADICT EACH OTHER" in rerun_text(found)
