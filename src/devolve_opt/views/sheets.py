"""Sheets of Excel workbooks: cells that are never formulas, headings that stay in sight, pages that print."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from math import ceil, isnan
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

from devolve_opt.views.files import write_bytes

FONT = "Calibri"
"""What openpyxl writes in; a font without a name looks like another one in some programs."""
TITLE, HEADING = Font(name=FONT, bold=True, size=14), Font(name=FONT, bold=True, color="FFFFFF")
NOTICE = Font(name=FONT, bold=True, color="B2182B")
HEADED, EXAMPLE = PatternFill("solid", fgColor="1B4F8A"), PatternFill("solid", fgColor="EEEEEE")
GREY = Font(name=FONT, color="777777", italic=True)
THIN = Side(style="thin", color="CCCCCC")
NARROWEST, WIDEST_HEADING, WIDEST = 7.0, 14.0, 40.0
"""Widths of columns, characters: the least, the most for a heading's sake, the most for what stands below it."""
WIDEST_A4 = 190.0
"""Characters in a row up to which it can be read on A4."""
LINE = 15.0
"""Height of a line, points."""
WHOLE, NUMBER, SHARE = "#,##0", "#,##0.00", "0.0%"
"""Formats of numbers."""
HEADINGS = 3
"""Row of the headings of a table; title and notice stand above them."""
LONGEST_NAME = 31
"""Characters that the name of a sheet may have."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def put(cell: Cell, value: Any) -> Cell:
    """Put a value into a cell; a text is never a formula, whatever it begins with, and keeps no control characters."""
    text = _text(value)
    if text is not None:
        cell.value, cell.data_type = text, "s"
        # Typed over in Excel, it stays a text as well.
        cell.quotePrefix = text.startswith(FORMULAS)
    elif not (value is None or value is pd.NA or (isinstance(value, float) and isnan(value))):
        cell.value = value.item() if isinstance(value, np.generic) else value
    return cell


def _text(value: Any) -> str | None:
    """Return what is to be written as a text; None for blanks, numbers and truths."""
    if value is None or value is pd.NA or isinstance(value, bool | int | np.bool_ | np.integer):
        return None
    if isinstance(value, float | np.floating):
        return None if not np.isinf(value) else "∞" if value > 0 else "-∞"
    return _FORBIDDEN.sub("", str(value))


def add_sheet(book: Workbook, name: str) -> Worksheet:
    """Add a sheet; its name is shortened to what Excel takes."""
    sheet = book.create_sheet(_NOT_IN_NAMES.sub(" ", name)[:LONGEST_NAME])
    sheet.sheet_view.showGridLines = False
    return sheet


def add_titled_sheet(book: Workbook, name: str, title: str, notice: str = "") -> Worksheet:
    """Add a sheet for a table from row `HEADINGS` on, with a title and, where one is given, a notice above it."""
    sheet = add_sheet(book, name)
    put(sheet.cell(1, 1), title).font = TITLE
    if notice:
        put(sheet.cell(2, 1), notice).font = NOTICE
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
        # A name such as `statutory_officer_hours` is not broken.
        word = max((len(word) for word in text.split() if word.isascii()), default=0) + 3
        sheet.column_dimensions[get_column_letter(place)].width = max(NARROWEST, min(WIDEST_HEADING, width), word)
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
    looks: dict[tuple[int, bool, bool], Any] = {}
    folded: dict[int, list[tuple[str, int]]] = {}
    for number, values in enumerate(frame.itertuples(index=False, name=None), start=row + 1):
        for place, value in enumerate(values):
            cell = sheet.cell(number, place + 1)
            text = _text(value)
            if text is None:
                put(cell, value)
            else:
                cell.value, cell.data_type = text, "s"
                widths[place] = max(widths[place], _width(text) + 2)
            # A look is made up once and shared: to make it up for every cell takes a city's workbook minutes.
            wrapped = text is not None and (_width(text) > WIDEST or "\n" in text)
            if wrapped and text is not None:
                folded.setdefault(number, []).append((text, place))
            look = (place, wrapped, text is not None and text.startswith(FORMULAS))
            if look not in looks:
                looks[look] = _look(cell, formats[place], *look[1:])
            cell._style = looks[look]
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(WIDEST, width)
    for number, texts in folded.items():
        fit_height(sheet, number, [(text, min(WIDEST, widths[place])) for text, place in texts])
    last = f"{get_column_letter(len(headings))}{row + max(1, len(frame))}"
    sheet.auto_filter.ref = f"A{row}:{last}"
    sheet.freeze_panes = sheet.cell(row + 1, frozen + 1)
    set_up_printing(sheet, row)


def _look(cell: Cell, number_format: str | None, wrapped: bool, quoted: bool) -> Any:
    """Return the style of a cell of a table."""
    if number_format is not None:
        cell.number_format = number_format
    cell.border = Border(bottom=THIN)
    side = {} if number_format else {"horizontal": "left", "indent": 1}
    cell.alignment = Alignment(vertical="top", wrap_text=wrapped, **side)
    cell.quotePrefix = quoted
    return cell._style


def set_up_printing(sheet: Worksheet, heading: int | None = None) -> None:
    """Print a sheet across, as wide as a page (A4, or A3 where it is wide), headings on every page, pages numbered."""
    widths = sum(each.width for each in sheet.column_dimensions.values())
    paper = sheet.PAPERSIZE_A4 if widths <= WIDEST_A4 else sheet.PAPERSIZE_A3
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", paper
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
    """Write a workbook; its file is complete or is not there, and the same workbook gives the same file."""
    stamped, plain = BytesIO(), BytesIO()
    book.save(stamped)
    with zipfile.ZipFile(stamped) as parts, zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", content)
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    write_bytes(path, plain.getvalue())


def new_book() -> Workbook:
    """Return a workbook without sheets."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "devolve_opt"
    return book


def _width(text: str) -> int:
    """Return how many columns of a fixed font a text takes, its widest line: two for a Chinese character."""
    if "\n" in text:
        return max(map(_width, text.split("\n")))
    return len(text) if text.isascii() else sum(2 if ord(mark) > 0x2E7F else 1 for mark in text)
