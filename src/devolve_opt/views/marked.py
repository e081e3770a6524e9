"""A copy of a workbook with its faults marked: red cells with a note each, and a first sheet that lists them all."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter, quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from devolve_opt.errors import Fault
from devolve_opt.reading.workbook import ENDING, FAULTS_SHEET
from devolve_opt.reading.xlsx import cells_merged, place_of, sheets_of
from devolve_opt.schema.header import HEADER_KEYS
from devolve_opt.views.files import writing_to
from devolve_opt.views.sheets import put, save, set_up_printing, write_heading

AUTHOR = "devolve_opt, 错误"
"""Whose notes are those on faults."""
BAD = PatternFill("solid", fgColor="F4A6A6")
SUFFIX = "-错误标注"
"""What the name of the copy ends in."""
MOST_MERGED = 100_000
"""Merged cells of a workbook that is marked."""
RED = "C00000"
"""Colour of the tab of a sheet with faults."""
_CELL = re.compile(r"cell ([A-Z]{1,3})[0-9]+$")


def marked_if_it_can_be(path: Path, faults: Sequence[Fault]) -> Path | None:
    """Write the copy of `write_marked`; None where the file is no workbook that can be marked, or none of its sheets
    is at fault.
    """
    # A fault without a sheet is one of the file itself, which was not read and is not to be opened now.
    if path.suffix.lower() != ENDING or not all(fault.file.startswith(sheets_of(path.name)) for fault in faults):
        return None
    try:
        return write_marked(path, faults) if cells_merged(path.read_bytes()) <= MOST_MERGED else None
    except Exception:  # a file that is not read cannot be marked
        return None


def write_marked(path: Path, faults: Sequence[Fault]) -> Path:
    """Write a copy of a workbook with the faults of its cells marked, beside it.

    Args:
        path: the workbook; it is left as it is.
        faults: what is wrong with it.

    Returns:
        The copy: `<name>-错误标注.xlsx`; an earlier one is replaced.

    Raises:
        InputError: if it cannot be written.
        Exception: whatever openpyxl makes of a damaged file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that a copy does without
        book = load_workbook(path)
    if FAULTS_SHEET in book.sheetnames:
        del book[FAULTS_SHEET]
    _unmark(book)
    sheets = {place_of(path.name, sheet.title): sheet for sheet in book.worksheets}
    listed = book.create_sheet(FAULTS_SHEET, 0)
    write_heading(listed, 1, ["工作表 sheet", "行 row", "列 column", "内容 value", "问题 what is wrong"])
    for number, fault in enumerate(faults, start=2):
        sheet = sheets.get(fault.file)
        column = None if sheet is None else _column(sheet, fault)
        for place, value in enumerate(
            (fault.file.removeprefix(f"{path.name}, sheet "), fault.row, fault.column, fault.value, fault.message),
            start=1,
        ):
            put(listed.cell(number, place), value).alignment = Alignment(wrap_text=place == 5, vertical="top")
        if sheet is not None:
            sheet.sheet_properties.tabColor = RED
        if sheet is None or fault.row is None:
            continue
        cell = sheet.cell(fault.row, column or 1)
        _mark(cell, fault.message)
        listed.cell(
            number, 1
        ).hyperlink = f"#{quote_sheetname(sheet.title)}!{get_column_letter(column or 1)}{fault.row}"
    for letter, width in (("A", 26), ("B", 8), ("C", 26), ("D", 26), ("E", 90)):
        listed.column_dimensions[letter].width = width
    listed.freeze_panes = "A2"
    set_up_printing(listed, 1)
    book.active = 0
    stem = path.stem.removesuffix(SUFFIX)
    # A copy that is mended stays as it is, like any other workbook.
    copy = path.with_name(f"{stem}{SUFFIX}{path.suffix}")
    if copy == path:
        copy = path.with_name(f"{stem}-2{SUFFIX}{path.suffix}")
    with writing_to(copy):
        save(book, copy)
    return copy


def _unmark(book: Workbook) -> None:
    """Take away the marks of an earlier copy."""
    for sheet in book.worksheets:
        sheet.sheet_properties.tabColor = None
        # Those that are there: one far down and to the right would make up all between.
        for cell in list(sheet._cells.values()):
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment, cell.fill = None, PatternFill()


def _mark(cell: Cell | MergedCell, message: str) -> None:
    if isinstance(cell, MergedCell):
        return
    said = cell.comment.text if cell.comment is not None and cell.comment.author == AUTHOR else ""
    cell.fill = BAD
    cell.comment = Comment(f"{said}\n{message}".strip(), AUTHOR, width=320, height=120)


def _column(sheet: Worksheet, fault: Fault) -> int | None:
    """Return the column, from 1, that a fault names: by its cell, or by a key's row, whose value stands beside it."""
    cell = _CELL.search(fault.column)
    if cell is not None:
        return int(column_index_from_string(cell[1]))
    return 2 if fault.column in {key.name for key in HEADER_KEYS} else None
