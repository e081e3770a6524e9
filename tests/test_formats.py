"""Formats: what any version wrote stays readable, what a newer one wrote is refused with what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from devolve_opt.case import Case
from devolve_opt.country import Country
from devolve_opt.errors import InputError
from devolve_opt.proposed_duty import read_duty
from devolve_opt.scenario import Scenario
from devolve_opt.studies.runs import read_run
from devolve_opt.version import SCHEMA_VERSION

FORMATS = sorted((Path(__file__).parent / "formats").iterdir())


def test_there_is_a_folder_for_every_format():
    # Whoever raises the format adds what the new one writes, and what the old ones wrote stays.
    assert [folder.name for folder in FORMATS] == [str(number) for number in range(1, SCHEMA_VERSION + 1)]


@pytest.mark.parametrize("folder", FORMATS, ids=lambda folder: folder.name)
def test_what_an_older_format_wrote_is_read(folder):
    # The hand case, whose best plan is worth 369.5 (tests/test_hand.py).
    scenario = Scenario.read(folder / "scenario.toml")
    plan = read_run(folder / "run", scenario.case)
    assert plan.objective == pytest.approx(369.5)
    assert not plan.audit.breaches
    assert plan.scenario.policy == scenario.policy
    assert read_duty(folder / "duty.toml", scenario.case).hours == 260
    workbook = Case.read(folder / "case.xlsx")
    for name, table in scenario.case.tables.items():
        assert workbook.tables[name].equals(table), name


def newer(path: Path, text: str) -> Path:
    path.write_text(f"schema_version = {SCHEMA_VERSION + 1}\n{text}", encoding="utf-8")
    return path


def test_a_newer_format_is_refused_whatever_else_is_in_it(tmp_path):
    case = Path(shutil.copytree(FORMATS[-1] / "case", tmp_path / "case"))
    run = Path(shutil.copytree(FORMATS[-1] / "run", tmp_path / "run"))
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    (run / "manifest.json").write_text(
        json.dumps(manifest | {"schema_version": SCHEMA_VERSION + 1}), encoding="utf-8"
    )  # fmt: skip
    sound = Case.read(case)
    newer(case / "case.toml", 'title = "A"\nunknown = 1\n')
    reads = [
        lambda: Case.read(case),
        lambda: Scenario.read(newer(tmp_path / "scenario.toml", "unknown = 1\n")),
        lambda: Country.read(newer(tmp_path / "land.toml", "unknown = 1\n")),
        lambda: read_duty(newer(tmp_path / "duty.toml", "unknown = 1\n"), sound),
        lambda: read_run(run, sound),
    ]
    for read in reads:
        with pytest.raises(InputError) as caught:
            read()
        [fault] = caught.value.faults
        assert fault.column == "schema_version"
        assert "install a newer devolve_opt" in str(caught.value)


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "true", '"1"', "[1]", "nan", "{ major = 1 }"])
def test_what_is_no_format_is_told(version, tmp_path):
    case = Path(shutil.copytree(FORMATS[-1] / "case", tmp_path / "case"))
    text = (case / "case.toml").read_text(encoding="utf-8")
    (case / "case.toml").write_text(f"{text}\nschema_version = {version}\n", encoding="utf-8")
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(f'schema_version = {version}\ncase = "case"\n', encoding="utf-8")
    for read in (lambda: Case.read(case), lambda: Scenario.read(scenario)):
        with pytest.raises(InputError, match="whole number from 1 on"):
            read()


def test_what_is_written_says_its_format(tmp_path):
    case = Case.read(FORMATS[-1] / "case")
    case.write(tmp_path / "case")
    assert f"schema_version = {SCHEMA_VERSION}\n" in (tmp_path / "case" / "case.toml").read_text(encoding="utf-8")
