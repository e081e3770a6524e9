"""Sheets of Excel workbooks: cells that are never formulas, headings that stay in sight, pages that print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from devolve_opt.views.files import write_file

TITLE, HEADING, NOTICE = Font(bold=True, size=14), Font(bold=True, color="FFFFFF"), Font(bold=True, color="B2182B")
HEADED, EXAMPLE = PatternFill("solid", fgColor="1B4F8A"), PatternFill("solid", fgColor="EEEEEE")
GREY = Font(color="777777", italic=True)
THIN = Side(style="thin", color="CCCCCC")
NARROWEST, WIDEST_HEADING, WIDEST = 7.0, 14.0, 40.0
"""Widths of columns, characters: the least, the most for a heading's sake, the most for what stands below it."""
LINE = 15.0
"""Height of a line, points."""
WHOLE, NUMBER, SHARE = "#,##0", "#,##0.00", "0.0%"
"""Formats of numbers."""
LONGEST_NAME = 31
"""Characters that the name of a sheet may have."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def put(cell: Cell, value: Any) -> Cell:
    """Put a value into a cell; a text is never a formula, whatever it begins with, and keeps no control characters."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and np.isnan(value)):
        return cell
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isinf(value):
        value = "∞" if value > 0 else "-∞"
    if isinstance(value, bool | int | float):
        cell.value = value
        return cell
    text = _FORBIDDEN.sub("", str(value))
    cell.value = text
    cell.data_type = "s"
    # Typed over in Excel, it stays a text as well.
    cell.quotePrefix = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return cell


def add_sheet(book: Workbook, name: str) -> Worksheet:
    """Add a sheet; its name is shortened to what Excel takes."""
    sheet = book.create_sheet(_NOT_IN_NAMES.sub(" ", name)[:LONGEST_NAME])
    sheet.sheet_view.showGridLines = False
    return sheet


def write_heading(
    sheet: Worksheet, row: int, headings: Sequence[str], notes: Sequence[str] | None = None
) -> None:  # fmt: skip
    """Write a row of headings that stays in sight; `notes` are shown when the pointer rests on one."""
    for place, text in enumerate(headings, start=1):
        cell = put(sheet.cell(row, place), text)
        cell.font, cell.fill = HEADING, HEADED
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        if notes is not None and notes[place - 1]:
            cell.comment = Comment(notes[place - 1], "devolve_opt", width=320, height=140)
        width = max((_width(line) for line in text.splitlines()), default=0) + 4
        sheet.column_dimensions[get_column_letter(place)].width = min(WIDEST_HEADING, max(NARROWEST, width))
    widths = [sheet.column_dimensions[get_column_letter(place)].width for place in range(1, len(headings) + 1)]
    fit_height(sheet, row, list(zip(headings, widths, strict=True)))


def write_frame(
    sheet: Worksheet, row: int, frame: pd.DataFrame, headings: Sequence[str], formats: Sequence[str | None],
    frozen: int = 1, notes: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Write a table with headings that stay in sight, filters, and number formats; set up for printing.

    Args:
        sheet: where.
        row: of the headings.
        frame: the rows; its index is left out.
        headings: a heading for each column.
        formats: a number format for each column, or None.
        frozen: columns on the left that stay in sight.
        notes: a note for each heading.
    """
    write_heading(sheet, row, headings, notes)
    widths = [sheet.column_dimensions[get_column_letter(place)].width for place in range(1, len(headings) + 1)]
    for number, values in enumerate(frame.itertuples(index=False, name=None), start=row + 1):
        for place, value in enumerate(values):
            cell = put(sheet.cell(number, place + 1), value)
            if formats[place] is not None:
                cell.number_format = formats[place]
            cell.border = Border(bottom=THIN)
            if isinstance(cell.value, str):
                cell.alignment = Alignment(vertical="top", wrap_text=_width(cell.value) > WIDEST)
                widths[place] = max(widths[place], _width(cell.value) + 2)
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(WIDEST, width)
    last = f"{get_column_letter(len(headings))}{row + max(1, len(frame))}"
    sheet.auto_filter.ref = f"A{row}:{last}"
    sheet.freeze_panes = sheet.cell(row + 1, frozen + 1)
    set_up_printing(sheet, row)


def set_up_printing(sheet: Worksheet, heading: int | None = None) -> None:
    """Print a sheet on A4 across, as wide as a page, its headings on every page, pages numbered."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if heading is not None:
        sheet.print_title_rows = f"{heading}:{heading}"
    sheet.oddFooter.center.text = "&P / &N"
    sheet.oddHeader.left.text = "&A"


def fit_height(sheet: Worksheet, row: int, texts: Sequence[tuple[Any, float]]) -> None:
    """Make a row as high as its texts need, each given with the width of its column."""
    lines = [
        sum(max(1, ceil(1.15 * _width(line) / width)) for line in str(text).splitlines() or [""])
        for text, width in texts if text is not None
    ]  # fmt: skip
    sheet.row_dimensions[row].height = LINE * max([1, *lines])


def write_lines(sheet: Worksheet, row: int, lines: Iterable[str], font: Font | None = None) -> int:
    """Write lines of text one below the other in the first column; return the row after them."""
    for line in lines:
        cell = put(sheet.cell(row, 1), line)
        if font is not None:
            cell.font = font
        row += 1
    return row


def save(book: Workbook, path: Path) -> None:
    """Write a workbook; its file is complete or is not there."""
    write_file(path, book.save)


def new_book() -> Workbook:
    """Return a workbook without sheets."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "devolve_opt"
    return book


def _width(text: str) -> int:
    """Return how many columns of a fixed font a text takes: two for a Chinese character."""
    return sum(2 if ord(mark) > 0x2E7F else 1 for mark in text)
