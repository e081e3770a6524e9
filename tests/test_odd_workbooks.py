"""Odd workbooks, each by the input that showed a fault: once a crash, a hang or a misreading, now read or refused."""

from __future__ import annotations

import sys
import time
import zipfile
from pathlib import Path

import pytest

from cases import faults_of, only_fault
from devolve_opt.policy import Policy
from devolve_opt.policy_sheet import policy_from_sheet
from devolve_opt.reading import xlsx
from devolve_opt.scenario import Scenario
from devolve_opt.views.marked import marked_if_it_can_be

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fuzzing.workbooks import Workbooks
from benchmarks.fuzzing.xlsx_bytes import Raw, parts_of, zipped

A_MOMENT = 5.0
"""Seconds that what once took minutes may take."""


class Book:
    """A small sound workbook, written to a place with parts or cells changed."""

    def __init__(self, place: Path):
        self.made = Workbooks()
        self.path = place / "book.xlsx"

    def sheet(self, name: str):
        return next(sheet for sheet in self.made.sheets if sheet.name == name)

    def write(self, **parts: bytes) -> Path:
        self.path.write_bytes(zipped({**parts_of(self.made.sheets), **parts}))
        return self.path


@pytest.fixture
def book(tmp_path) -> Book:
    return Book(tmp_path)


TOWNSHIPS, FIELDS = "乡镇（街道）", "领域"


def test_the_small_workbook_is_sound(book):
    scenario = Scenario.read(book.write())
    assert scenario.data.townships["posts"].tolist() == [10, 10, 10]
    assert (scenario.policy.base_list_max, scenario.policy.posts_band) == (1, 0.1)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_that_is_packed_as_excel_packs_none_is_refused_unread(book, method):
    book.path.write_bytes(zipped(parts_of(book.made.sheets), method))
    assert "is no .xlsx workbook, or damaged" in only_fault(Scenario.read, book.path).message


def test_an_archive_whose_headers_do_not_hang_together_is_refused(book):
    content = book.write().read_bytes()
    at = content.index(b"PK\x01\x02")
    for spoilt in (
        content[:100] + content[2_000:],  # offsets before the file
        content[: at + 8] + b"\x00\x08" + content[at + 10 : at + 46] + b"\xff" + content[at + 47 :],  # a name not UTF-8
        content[:-10] + b"\xff" * 10,
    ):
        book.path.write_bytes(spoilt)
        assert only_fault(Scenario.read, book.path).file == "book.xlsx"


def test_a_small_file_that_unpacks_to_a_hundred_times_its_size_is_refused_unread(book):
    rows = b"<row><c><v>1</v></c></row>" * 1_000_000
    began = time.monotonic()
    fault = only_fault(Scenario.read, book.write(**{"xl/worksheets/sheet3.xml": b"<worksheet>" + rows}))
    assert "unpacks to far more" in fault.message
    assert time.monotonic() - began < A_MOMENT


@pytest.mark.parametrize("number", ["0", "2", "1048577", "100000000", "99999999999999999999"])
def test_rows_that_stand_twice_or_far_below_are_not_dropped_nor_waited_for(book, number):
    sheet = book.sheet(TOWNSHIPS)
    sheet.rows[2] = (number, sheet.rows[2][1])
    began = time.monotonic()
    fault = only_fault(Scenario.read, book.write())
    assert fault.file == f"book.xlsx, sheet {TOWNSHIPS}"
    assert "stand twice or out of order" in fault.message
    assert time.monotonic() - began < A_MOMENT


def test_a_row_far_below_is_read(book):
    sheet = book.sheet(TOWNSHIPS)
    sheet.rows[-1] = ("1048576", sheet.rows[-1][1])
    assert len(Scenario.read(book.write()).data.townships) == 3


@pytest.mark.parametrize("cell", ['<c r="A2"><v>1</v></c>', '<c r="C3"><v>1</v></c>', '<c r="A9"><v>1</v></c>'])
def test_cells_that_stand_twice_or_elsewhere_are_refused(book, cell):
    sheet = book.sheet(TOWNSHIPS)
    sheet.rows[2][1][4] = Raw(cell)
    fault = only_fault(Scenario.read, book.write())
    assert (fault.row, "stand twice" in fault.message) == (3, True)


def test_a_text_by_a_number_below_zero_is_none(book):
    book.sheet(TOWNSHIPS).rows[1][1][1] = Raw('<c{at} t="s"><v>-1</v></c>')
    assert "is no workbook that can be read" in only_fault(Scenario.read, book.write()).message


def test_a_sheet_that_is_named_but_not_there_is_told(book):
    parts = parts_of(book.made.sheets)
    number = 1 + [sheet.name for sheet in book.made.sheets].index(FIELDS)
    del parts[f"xl/worksheets/sheet{number}.xml"]
    book.path.write_bytes(zipped(parts))
    fault = only_fault(Scenario.read, book.path)
    assert fault.file == f"book.xlsx, sheet {FIELDS}"
    assert "is named, but not in the file" in fault.message


def test_cells_that_are_merged_over_rows_are_told_and_titles_may_be(book):
    sheet = book.sheet(TOWNSHIPS)
    column = sheet.rows[0][1].index("被借用人数")
    letter = chr(ord("A") + column)
    sheet.rows[1][1][column], sheet.rows[2][1][column] = 2, None
    sheet.after = f'<mergeCells><mergeCell ref="{letter}2:{letter}3"/></mergeCells>'
    fault = only_fault(Scenario.read, book.write())
    assert (fault.row, fault.column) == (2, f"cell {letter}2")
    assert "is merged with other cells" in fault.message
    sheet.rows = [("1", ["某市乡镇基本情况表"]), *((str(int(number) + 1), row) for number, row in sheet.rows)]
    sheet.after = '<mergeCells><mergeCell ref="A1:H1"/></mergeCells>'
    assert len(Scenario.read(book.write()).data.townships) == 3


def test_a_sheet_merged_as_a_whole_or_with_a_cell_far_away_is_marked_at_once_or_not_at_all(book):
    sheet = book.sheet(TOWNSHIPS)
    sheet.rows[1][1][4] = "many"
    began = time.monotonic()
    sheet.rows.append(("1048576", ["示例", *[None] * 290, "x"]))
    path = book.write()
    assert marked_if_it_can_be(path, faults_of(Scenario.read, path)) is not None
    sheet.after = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    path = book.write()
    assert marked_if_it_can_be(path, faults_of(Scenario.read, path)) is None
    assert time.monotonic() - began < A_MOMENT


@pytest.mark.parametrize(
    "cell", ['<c{at} s="2"><v>1.5</v></c>', '<c{at} t="e"><v>#SPILL!</v></c>', '<c{at} s="1"><v>45000</v></c>']
)
@pytest.mark.parametrize("sheet", [TOWNSHIPS, "案例", "政策"])
def test_dates_lengths_of_time_and_errors_are_no_values_on_any_sheet(book, sheet, cell):
    rows = book.sheet(sheet).rows
    row = next(row for _, row in rows if row[0] == "pins.1.reason") if sheet == "政策" else rows[1][1]
    row[1] = Raw(cell)
    fault = only_fault(Scenario.read, book.write())
    assert "is a date or an error of Excel" in fault.message


def test_a_key_that_stands_twice_in_the_header_is_told(book):
    sheet = book.sheet("案例")
    sheet.rows.append(("5", ["title", "Another"]))
    fault = only_fault(Scenario.read, book.write())
    assert (fault.row, fault.column, fault.message) == (5, "title", "stands twice; keep one row.")


def test_what_stands_to_the_right_of_all_that_is_read_is_told(book):
    cells = book.sheet(TOWNSHIPS).rows[1][1]
    cells += [None] * (xlsx.MOST_COLUMNS - len(cells)) + ["x"]
    assert only_fault(Scenario.read, book.write()).column == "cell KO2"


def test_a_return_that_excel_spells_out_is_no_part_of_a_text_on_any_sheet(book):
    pasted = Raw('<c{at} t="inlineStr"><is><t>_x000D_A</t></is></c>')
    next(row for _, row in book.sheet("政策").rows if row[0] == "pins.1.township")[1] = pasted
    book.sheet("案例").rows[0][1][1] = pasted
    book.sheet(TOWNSHIPS).rows[1][1][0] = pasted
    found = Scenario.read(book.write())
    assert (found.policy.pins[0].township, found.title, found.data.townships.index[0]) == ("A", "A", "A")


def test_a_workbook_without_styles_is_read_without_a_warning(book):
    styles = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    assert len(Scenario.read(book.write(**{"xl/styles.xml": styles})).data.townships) == 3


@pytest.mark.parametrize(("key", "value"), [("guide_list_max", "9" * 5_000), ("goals", "9" * 5_000)])
def test_a_number_of_thousands_of_digits_is_refused_in_a_cell_of_the_policy(key, value):
    policy, faults = policy_from_sheet({key: value}, {key: 3}, "book.xlsx, sheet 政策")
    assert policy == Policy()
    assert faults[0].row == 3


def test_entries_are_numbered_by_plain_digits():
    cells = {"goals.1٣.term": "inequity", "goals.1٣.tolerance": 0.1}
    _, faults = policy_from_sheet(cells, dict.fromkeys(cells, 3), "book.xlsx, sheet 政策")
    assert [fault.message for fault in faults if "unknown key" in fault.message]
