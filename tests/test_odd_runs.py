"""Odd folders of runs and kept points, each by the input that showed a fault: once a crash or a misreading."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from cases import only_fault
from devolve_opt.errors import InputError
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.kept import keep, kept
from devolve_opt.studies.manifest import MANIFEST, read_manifest
from devolve_opt.studies.rerunning import rerun
from devolve_opt.studies.runs import case_of_run, read_run
from devolve_opt.studies.solving import solve
from devolve_opt.views.run_folder import manifest
from devolve_opt.views.tables import plan_tables
from devolve_opt.vocabulary import Method
from modelling import hand_scenario


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Return the folder of a run without its figures."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    plan = solve(hand_scenario(), method=Method.RATIO)
    (folder / "tables").mkdir(parents=True)
    for name, table in plan_tables(plan).items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    (folder / MANIFEST).write_text(json.dumps(manifest(plan)), encoding="utf-8")
    return folder


@pytest.fixture
def copy(run, tmp_path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "run"))


def spoil(folder: Path, **keys) -> None:
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**content, **keys}), encoding="utf-8")


def test_the_run_is_sound(run):
    case = hand_scenario().case
    assert read_run(run, case).objective == pytest.approx(read_manifest(run)["objective"])
    assert compare([run]).loc["rules_broken"].tolist() == [0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("objective", float("nan")), ("objective", float("inf")), ("objective", "369.5"), ("objective", True),
        ("bound", float("nan")), ("bound", [1]), ("versions", 3), ("versions", None), ("versions", "devolve_opt"),
        ("changes", [1]), ("changes", {"posts": {"scale": True}}), ("input_hashes", [["a", "b"]]), ("policy", [1]),
        ("policy", {"self": 1}), ("case", []), ("case", {"title": "a", "source": 1}), ("options", [1]),
        ("options", {"added_rules": 3}), ("reference", [1]), ("reference", {"objective": "x"}), ("steps", [1]),
        ("steps", [{"seconds": "x"}]), ("added_rule_breaches", [{"rule": 1}]), ("measures", []), ("measures", {}),
        ("measures", {"method": "optimal", "objective": 1.0, "bound": None, "rules_broken": 10**3000}),
        ("method", "magic"), ("status", 3), ("title", None), ("title", "\ud800"), ("schema_version", 10**4000),
        ("schema_version", "1"), ("schema_version", "x" * 100_000), ("schema_version", 1.0),
    ],
)  # fmt: skip
def test_a_manifest_with_a_key_of_another_kind_is_refused(copy, key, value):
    spoil(copy, **{key: value})
    if (key, value) == ("title", "\ud800"):
        return  # half a character is a title; what it is written to escapes it
    with pytest.raises(InputError):
        read_run(copy, hand_scenario().case)


@pytest.mark.parametrize("value", ["{", "[1]", '"x"', '{"basis": 1}', '{"basis": 1, "choices": []}', "[" * 100_000])
def test_a_manifest_that_does_not_say_what_it_was_valued_on_is_refused(copy, value):
    spoil(copy, valued_on=value)
    fault = only_fault(compare, [copy])
    assert (fault.file, fault.column) == (str(copy / MANIFEST), "valued_on")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5_000, "9" * 5_000, '{"schema_version": 1, "versions": 3}'])
def test_a_manifest_without_end_is_none(copy, text):
    (copy / MANIFEST).write_text(text, encoding="utf-8")
    assert "is not the folder of a run" in only_fault(read_manifest, copy).message


def test_a_run_whose_case_is_no_path_is_refused(copy):
    for source in ("a\x00b", "x" * 5_000, ""):
        spoil(copy, case={"title": "a", "source": source})
        assert only_fault(case_of_run, copy).column == "case"


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("readiness", "new", "yes"), ("readiness", "new", 1), ("posts", "base_posts", "6"),
        ("posts", "base_posts", 6.5), ("workload", "lent_returned", "0"), ("officers", "head", None),
        ("take_up", "power", 3), ("take_up", "power", [1]), ("guide_list", "list", None),
    ],
)  # fmt: skip
def test_a_table_of_a_run_with_a_column_of_another_kind_is_refused(copy, table, column, value):
    path = copy / "tables" / f"{table}.parquet"
    frame = pd.read_parquet(path)
    frame.assign(**{column: pd.Series([value] * len(frame), dtype=object)}).to_parquet(path, index=False)
    fault = only_fault(read_run, copy, hand_scenario().case)
    assert (fault.file, fault.column) == (str(path), column)
    assert fault.message == "is not what a run writes there; run it again."


def test_a_damaged_table_of_a_run_is_refused_on_one_line(copy):
    path = copy / "tables" / "posts.parquet"
    content = path.read_bytes()
    for spoilt in (content[:100], content[:-20] + b"\x0f" * 20, b"", content.replace(b"base_posts", b"b\x00se_posts")):
        path.write_bytes(spoilt)
        said = str(only_fault(read_run, copy, hand_scenario().case))
        assert said.isprintable() or all(mark.isprintable() or mark == " " for mark in said)


def test_a_rerun_says_which_option_is_missing(copy):
    plan = read_run(copy, hand_scenario().case)
    spoil(copy, options={})
    with pytest.raises(InputError, match="no sound manifest"):
        rerun(read_run(copy, hand_scenario().case), copy)
    assert plan.options


POINT = {"status": "proven", "gap": 0.001, "objective": 369.5, "decisions": {"lists": [["P1", "base"]], "1": {"2": 3}}}


@pytest.fixture
def point(tmp_path) -> Path:
    keep(tmp_path / "point.json", "key", None, {**POINT, "decisions": {"lists": [("P1", "base")], 1: {2: 3}}})
    return tmp_path / "point.json"


def test_a_kept_point_comes_back_as_it_was(point):
    assert kept(point, "key", 0.001, None) == POINT
    assert kept(point, "other key", 0.001, None) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("369.5", "368.5"), ("369.5", '"369.5"'), ("0.001", "0.0001"), ('"base"', '"bass"'),
        ('"objective"', '"objectiv"'), ('"time_limit": null', '"time_limit": 1e9'), ('"proven"', '"infeasible"'),
        ("{", "[" * 100_000), ("369.5", "NaN"), ('"point"', '"pint"'),
    ],
)  # fmt: skip
def test_a_damaged_point_is_passed_over(point, old, new):
    text = point.read_text(encoding="utf-8")
    assert old in text
    point.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert kept(point, "key", 0.001, None) is None
