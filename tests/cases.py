"""A sound case small enough to be read at a glance, and helpers for tests of what is read and written."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from devolve_opt.errors import Fault, InputError
from devolve_opt.reading.folder import write_folder
from devolve_opt.reading.tables import with_absent_tables
from devolve_opt.schema import schema

HEADER = {"title": "Tiny case", "provenance": "Invented for tests.", "synthetic": True}


def tiny_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a case with 2 counties, 3 townships and a subdistrict, 2 fields and 5 powers.

    Typed as `Case` holds them. Township T1 is ready in field F1 today; there is no guide list yet, and the coercive
    power P2 requires the penalty P1.
    """
    counties = pd.DataFrame({"id": ["C1", "C2"], "name": ["东县", "西县"]})
    townships = pd.DataFrame(
        {
            "id": ["T1", "T2", "T3", "S1"],
            "name": ["甲镇", "乙镇", "丙乡", "丁街道"],
            "county": ["C1", "C1", "C2", "C2"],
            "category": ["county_seat", "general", "central", "subdistrict"],
            "population": [40_000, 12_000, 25_000, 30_000],
            "area_km2": [80.5, 120.25, 95.0, 12.0],
            "gdp": [150_000.0, 20_000.0, 60_000.0, 90_000.0],
            "fiscal_revenue": [9_000.0, 800.0, 3_000.0, 5_000.0],
            "posts": [80, 30, 55, 60],
            "staff_in_post": [76, 27, 50, 58],
            "lent": [5, 1, 3, 2],
            "stationed_staff": [2, 0, 1, 0],
            "certified_officers": [5, 2, 3, 4],
            "statutory_hours": [110_000.0, 42_000.0, 80_000.0, 95_000.0],
            "statutory_officer_hours": [4_000.0, 1_000.0, 2_500.0, 3_000.0],
            "joint_cases": [3.0, 1.0, 2.0, 0.0],
        }
    )
    fields = pd.DataFrame(
        {
            "id": ["F1", "F2"],
            "name": ["城市管理", "农业农村"],
            "readiness_hours": [300.0, 200.0],
            "needs_officers": [True, False],
            "testing_available": [False, True],
        }
    )
    powers = pd.DataFrame(
        {
            "id": ["P1", "P2", "P3", "P4", "P5"],
            "name": ["擅自占道的处罚", "扣押占道物品", "占道经营检查", "设施农用地许可", "农机补贴确认"],
            "type": ["penalty", "coercion", "inspection", "permit", "confirmation"],
            "field": ["F1", "F1", "F1", "F2", "F2"],
            "holder": "county",
            "in_directory": True,
            "entrustable": [False, False, False, True, False],
            "restricts_liberty": False,
            "freezes_assets": False,
            "requires": ["", "P1", "", "", ""],
            "needs_testing": False,
            "needs_hearing": False,
            "simple_hours": [3.0, 0.0, 2.0, 0.0, 0.0],
            "ordinary_hours": [40.0, 12.0, 4.0, 6.0, 2.5],
            "simple_share": [0.8, 0.0, 0.5, 0.0, 0.0],
            "upkeep_hours": [30.0, 20.0, 15.0, 25.0, 12.0],
            "listing_hours": 0.0,
            "support_hours": [8.0, 5.0, 3.0, 6.0, 3.0],
            "legal_basis": "",
        }
    )
    votes = pd.DataFrame(
        {
            "township": ["T1", "T1", "T1", "T2", "T2", "T3", "T3"],
            "power": ["P1", "P3", "P4", "P3", "P5", "P1", "P5"],
            "round_1": [True, True, True, True, False, True, True],
            "round_2": [True, True, False, True, False, True, True],
            "round_3": [True, True, False, False, True, True, False],
        }
    )
    cases = pd.DataFrame(
        {
            "township": ["T1", "T1", "T2", "T3", "T3"],
            "power": ["P1", "P3", "P5", "P1", "P4"],
            "cases": [12.0, 30.0, 8.5, 4.0, 2.0],
        }
    )
    readiness = pd.DataFrame({"township": ["T1"], "field": ["F1"]})
    guide_list = pd.DataFrame({"power": pd.Series(dtype="str"), "list": pd.Series(dtype="str")})
    keyed = {"counties": counties, "townships": townships, "fields": fields, "powers": powers}
    plain = {"votes": votes, "cases": cases, "readiness": readiness, "guide_list": guide_list}
    return with_absent_tables({**{name: frame.set_index("id") for name, frame in keyed.items()}, **plain})


def faults_of(function, *arguments) -> list[Fault]:
    """Return the faults a call raises."""
    with pytest.raises(InputError) as raised:
        function(*arguments)
    return list(raised.value.faults)


def only_fault(function, *arguments) -> Fault:
    """Return the one fault a call raises; fail if there are others."""
    faults = faults_of(function, *arguments)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def place(fault: Fault) -> tuple:
    return fault.file, fault.row, fault.column, fault.value


def sound_folder(tmp_path: Path) -> Path:
    """Write the tiny case; the header of each file is line 1, its first row line 2."""
    return write_folder(tmp_path / "case", tiny_tables(), HEADER)


def records_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_records(path: Path, records: list[list[str]], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(records)


def set_cell(folder: Path, file: str, row: int, column: str, value: str) -> None:
    records = records_of(folder / file)
    records[row - 1][records[0].index(column)] = value
    write_records(folder / file, records)


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def assert_same(tables, expected) -> None:
    assert list(tables) == list(expected) == list(schema())
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(tables[name], frame, check_exact=True, obj=name)
