"""Workbooks opened with care: what would unpack to too much or declares entities is refused before it is read."""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet._reader import WorkSheetParser

from devolve_opt.errors import Fault
from devolve_opt.language import tr
from devolve_opt.reading.raw import MOST_COLUMNS

MOST_BYTES = 200_000_000
"""Bytes to which a workbook may unpack."""
FREE_BYTES, MOST_TIMES = 10_000_000, 100
"""Bytes to which any workbook may unpack; beyond them, no more than so many times its own. Excel packs to a tenth."""
MOST_PARTS = 10_000
"""Files that a workbook may consist of."""
LAST_ROW = 1_048_576
"""Rows that Excel has."""
_BAD_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip
"""What the library raises on an archive whose parts do not hang together, or that has a password."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways in which Excel packs the parts of a workbook."""


@dataclass(frozen=True)
class Unsaved:
    """A formula whose value was not saved."""

    formula: str


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read.

    Attributes:
        name: its name.
        rows: each row that is not blank, with its number from 1; `MOST_COLUMNS` cells at most.
        merged: cells merged into one, as first column, first row, last column, last row, from 1.
        beyond: row and column, from 1, of the first cell that stands to the right of what is read; None if none does.
    """

    name: str
    rows: list[tuple[int, tuple[Any, ...]]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    beyond: tuple[int, int] | None = None


def place_of(file: str, sheet: str) -> str:
    """Return what faults call a sheet of a file."""
    return f"{sheets_of(file)}{sheet}"


def sheets_of(file: str) -> str:
    """Return what the place of every sheet of a file begins with."""
    return f"{file}, sheet "


def bytes_of(path: Path) -> tuple[bytes, list[Fault]]:
    """Return the bytes of a workbook that may be opened."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b"", [Fault(tr("there is no such file; check its name and folder."), file=str(path))]
    except OSError as error:
        message = tr("cannot be read ({error}); close it in Excel and check its permissions.", error=error.strerror)
        return b"", [Fault(message, file=str(path))]
    except ValueError:
        return b"", [Fault(tr("is no path; check its name and folder."), file=str(path))]
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or size > MOST_BYTES or size > max(FREE_BYTES, MOST_TIMES * len(content)):
                return b"", [Fault(tr("unpacks to far more than a case holds; it is not read."), file=path.name)]
            if any(part.compress_type not in _PACKED for part in parts):
                raise zipfile.BadZipFile
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _declares(archive, part):
                    message = tr(
                        "declares entities, which no spreadsheet does; it is not read. Save it anew from Excel."
                    )
                    return b"", [Fault(message, file=path.name)]
    except _BAD_ARCHIVE:
        message = tr("is no .xlsx workbook, or damaged, or has a password; save it as 'Excel workbook (.xlsx)'.")
        return b"", [Fault(message, file=path.name)]
    return content, []


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part has a document type, however far down, or hides in another encoding whether it has."""
    content = archive.read(part)
    return b"<!DOCTYPE" in content or content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00", b"<\x00"))


def cells_merged(content: bytes) -> int:
    """Return how many cells of a workbook that may be opened are merged: whoever loads it whole makes each of them."""
    found = 0
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for part in archive.namelist():
            for ref in re.findall(
                rb"<(?:\w+:)?mergeCell\s[^>]*ref=[\"']([A-Z]+[0-9]+:[A-Z]+[0-9]+)", archive.read(part)
            ):
                left, top, right, bottom = range_boundaries(ref.decode())
                found += (right - left + 1) * (bottom - top + 1)
    return found


class _OutOfOrderError(Exception):
    """Rows or cells stand twice or out of order: which of them count is anybody's guess."""

    def __init__(self, sheet: str, row: int):
        super().__init__(sheet, row)
        self.sheet, self.row = sheet, row


class _Strings(list[str]):
    """The texts that cells share, by number; a number below 0 counts from no end."""

    def __getitem__(self, place: Any) -> Any:
        if place < 0:
            raise IndexError(place)
        return super().__getitem__(place)


def sheets_in(content: bytes, file: str) -> tuple[list[Sheet], list[Fault]]:
    """Return the sheets of a workbook that may be opened, and the formulas whose value was not saved as faults."""
    try:
        with warnings.catch_warnings():
            # Of styles, comments and extensions, which no case is in.
            warnings.simplefilter("ignore")
            found, lost = _sheets(content)
    except _OutOfOrderError as error:
        message = tr("has rows or cells that stand twice or out of order, so it is damaged; save it anew from Excel.")
        return [], [Fault(message, file=place_of(file, error.sheet), row=error.row if error.row > 0 else None)]
    except Exception as error:  # whatever a damaged file brings about in the library
        message = tr(
            "is no workbook that can be read ({error}); save it anew as 'Excel workbook (.xlsx)'.",
            error=type(error).__name__,
        )
        return [], [Fault(message, file=file)]
    if lost:
        message = tr("is named, but not in the file, so it is damaged; save it anew from Excel.")
        return [], [Fault(message, file=place_of(file, sheet)) for sheet in lost]
    faults = [
        Fault(
            tr("holds a formula whose value was not saved; open and save the file in Excel, or write the value."),
            file=place_of(file, sheet.name), row=number, column=f"cell {get_column_letter(place + 1)}{number}",
            value=cell.formula,
        )
        for sheet in found for number, cells in sheet.rows for place, cell in enumerate(cells)
        if isinstance(cell, Unsaved)
    ]  # fmt: skip
    return found, faults


def _sheets(content: bytes) -> tuple[list[Sheet], list[str]]:
    """Return the sheets of a workbook, and the names of those that it says it has and has not."""
    reader = ExcelReader(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    book = reader.wb
    lost = [sheet.name for sheet in reader.parser.sheets if sheet.name not in book.sheetnames]
    found = [] if lost else [_sheet(sheet) for sheet in book.worksheets]
    book.close()
    return found, lost


def _sheet(sheet: Any) -> Sheet:
    """Return a sheet of openpyxl's as it was written; what Excel would not write is not made out."""
    # Not by the sheet's own rows: it drops those that stand twice, and makes up a million before one that is far down.
    formulas = _formulas(sheet)
    parser = _parser(sheet, values=True)
    rows = []
    beyond = None
    last = 0
    with sheet._get_source() as parser.source:
        for number, cells in parser.parse():
            columns = [cell["column"] for cell in cells]
            in_place = all(cell["row"] == number for cell in cells) and sorted(set(columns)) == columns
            if not last < number <= LAST_ROW or not in_place:
                raise _OutOfOrderError(sheet.title, number)
            last = number
            values = {cell["column"]: _without_returns(cell["value"]) for cell in cells if cell["value"] is not None}
            lacking = {place: text for place, text in formulas.get(number, {}).items() if place not in values}
            values |= {place: Unsaved(text) for place, text in lacking.items()}
            filled = [place for place, value in values.items() if str(value).strip()]
            if filled and max(filled) > MOST_COLUMNS and beyond is None:
                beyond = number, max(filled)
            width = min(max(filled, default=0), MOST_COLUMNS)
            row = tuple(values.get(place) for place in range(1, width + 1))
            if any(cell is not None and str(cell).strip() for cell in row):
                rows.append((number, row))
    merged = parser.merged_cells.mergeCell if parser.merged_cells is not None else ()
    return Sheet(sheet.title, rows, tuple(range_boundaries(each.ref) for each in merged), beyond)


def _without_returns(value: Any) -> Any:
    """Return a text without the carriage returns of pasted lines, which Excel spells out."""
    return value.replace("_x000D_", "") if isinstance(value, str) else value


def _parser(sheet: Any, values: bool) -> WorkSheetParser:
    """Return what takes a sheet apart: with the values of its formulas, or with the formulas themselves."""
    book = sheet.parent
    return WorkSheetParser(
        None, _Strings(sheet._shared_strings), data_only=values, epoch=book.epoch,
        date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,
    )  # fmt: skip


def _formulas(sheet: Any) -> Mapping[int, Mapping[int, str]]:
    """Return the formulas of a sheet by row and column: only they tell cells never worked out from blank ones."""
    with sheet._get_source() as source:
        if re.search(rb"<(\w+:)?f[\s/>]", source.read()) is None:
            return {}
    parser = _parser(sheet, values=False)
    found: dict[int, dict[int, str]] = {}
    with sheet._get_source() as parser.source:
        for number, cells in parser.parse():
            for cell in cells:
                value = cell["value"]
                # Formulas of several cells come as objects.
                if cell["data_type"] == "f" or hasattr(value, "ref"):
                    found.setdefault(number, {})[cell["column"]] = str(getattr(value, "text", value) or "=")
    return found
