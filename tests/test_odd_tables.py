"""Odd tables, each by the input that showed a fault: once a crash, a hang or a misreading, now read or refused."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from cases import faults_of, only_fault, place, set_cell, sound_folder
from devolve_opt.case import Case
from devolve_opt.reading.folder import read_folder

A_MOMENT = 5.0
"""Seconds that what once took minutes may take."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",".join(["x"] * 100_000) + "\n" + "a\n" * 50_000, "has 100000 columns, more than any table"),
        ("id,name" + "," * 100_000 + "\n" + "a\n" * 20_000, "has 1 cells, the header has 100002"),
        ("id,name" + "," * 1_000 + "\nC1,a" + "," * 1_000 + "x\n", "column 1002 has cells but no name"),
    ],
)
def test_a_table_far_wider_than_any_is_refused_at_once(tmp_path, text, message):
    folder = sound_folder(tmp_path)
    (folder / "counties.csv").write_text(text, encoding="utf-8")
    began = time.monotonic()
    faults = faults_of(read_folder, folder)
    assert time.monotonic() - began < A_MOMENT
    assert message in faults[0].message
    assert len(faults) < 100


def test_columns_without_name_or_content_are_passed_over_however_many(tmp_path):
    folder = sound_folder(tmp_path)
    before = read_folder(folder).tables["counties"]
    lines = (folder / "counties.csv").read_text(encoding="utf-8").splitlines()
    (folder / "counties.csv").write_text("\n".join(line + "," * 2_000 for line in lines), encoding="utf-8")
    pd.testing.assert_frame_equal(read_folder(folder).tables["counties"], before)


def test_a_cell_that_is_too_long_is_called_so(tmp_path):
    folder = sound_folder(tmp_path)
    set_cell(folder, "counties.csv", 2, "name", "x" * 140_000)
    fault = next(fault for fault in faults_of(read_folder, folder) if fault.file == "counties.csv")
    assert fault.row == 2
    assert "holds more than 131,072 characters" in fault.message


def test_damaged_utf8_is_not_read_as_gb18030(tmp_path):
    folder = sound_folder(tmp_path)
    spoilt = (folder / "counties.csv").read_bytes().replace("东".encode(), b"\xf4\xb8\x9c")  # a bit flipped
    assert spoilt.decode("gb18030")
    (folder / "counties.csv").write_bytes(spoilt)
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("counties.csv", 2, "", None)
    assert "is UTF-8 text, but damaged in this row" in fault.message


def test_a_zero_below_zero_is_zero(tmp_path):
    folder = sound_folder(tmp_path)
    set_cell(folder, "powers.csv", 2, "support_hours", "-0.0")
    set_cell(folder, "powers.csv", 3, "support_hours", "0")
    case = Case.read(folder)
    assert Case.read(case.write(tmp_path / "again")).digest == case.digest
    frame = case.powers.assign(support_hours=[-0.0, 0.0, 0.0, 0.0, 0.0])
    assert "-0.0" not in case.replace(powers=frame).powers.to_csv()


def test_a_long_ring_of_requirements_is_told_in_short(tmp_path):
    folder = sound_folder(tmp_path)
    head, row = (folder / "powers.csv").read_text(encoding="utf-8").splitlines()[:2]
    names, cells = head.split(","), row.split(",")
    rows = []
    for number in range(2_000):
        told = {"id": f"P{number}", "type": "other", "requires": f"P{(number + 1) % 2_000}"}
        rows.append(",".join(told.get(name, cell) for name, cell in zip(names, cells, strict=True)))
    (folder / "powers.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    fault = next(fault for fault in faults_of(read_folder, folder) if "requires" in fault.message)
    assert "P10 requires ... requires P1999 requires P0" in fault.message
