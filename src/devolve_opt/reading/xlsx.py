"""Workbooks opened with care: what would unpack to too much or declares entities is refused before it is read."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from devolve_opt.errors import Fault
from devolve_opt.language import tr

MOST_BYTES = 200_000_000
"""Bytes to which a workbook may unpack."""
MOST_PARTS = 10_000
"""Files that a workbook may consist of."""
MOST_COLUMNS = 300
"""Columns that a sheet may have; no table has as many."""


@dataclass(frozen=True)
class Unsaved:
    """A formula whose value was not saved."""

    formula: str


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read: its name, and each row that is not blank with its number from 1."""

    name: str
    rows: list[tuple[int, tuple[Any, ...]]]


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
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
                return b"", [Fault(tr("unpacks to far more than a case holds; it is not read."), file=path.name)]
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _declares(archive, part):
                    message = tr(
                        "declares entities, which no spreadsheet does; it is not read. Save it anew from Excel."
                    )
                    return b"", [Fault(message, file=path.name)]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        message = tr("is no .xlsx workbook, or damaged, or has a password; save it as 'Excel workbook (.xlsx)'.")
        return b"", [Fault(message, file=path.name)]
    return content, []


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part has a document type, however far down, or hides in another encoding whether it has."""
    content = archive.read(part)
    return b"<!DOCTYPE" in content or content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00", b"<\x00"))


def sheets_in(content: bytes, file: str) -> tuple[list[Sheet], list[Fault]]:
    """Return the sheets of a workbook that may be opened, and the formulas whose value was not saved as faults."""
    # Cells whose formula was never worked out have no value: only the formulas themselves tell them from blank ones.
    formulas: dict[tuple[str, int, int], str] = {}
    try:
        if _holds_formulas(content):
            book = load_workbook(BytesIO(content), read_only=True, data_only=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what a file says of its size need not be so
                for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
                    for place, cell in enumerate(cells):
                        # Formulas of several cells come as objects.
                        text = getattr(cell, "text", cell if isinstance(cell, str) else None)
                        if hasattr(cell, "ref") or (text is not None and str(text).startswith("=")):
                            formulas[sheet.title, number, place] = str(text or "=")
            book.close()
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        found = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = [
                (number, cells)
                for number, given in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1)
                if (cells := _with_unsaved(given, formulas, sheet.title, number))
                and any(cell is not None and str(cell).strip() for cell in cells)
            ]
            found.append(Sheet(sheet.title, rows))
        book.close()
    except Exception as error:  # whatever a damaged file brings about in the library
        message = tr(
            "is no workbook that can be read ({error}); save it anew as 'Excel workbook (.xlsx)'.",
            error=type(error).__name__,
        )
        return [], [Fault(message, file=file)]
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


def _with_unsaved(
    cells: tuple[Any, ...], formulas: Mapping[tuple[str, int, int], str], sheet: str, row: int
) -> tuple[Any, ...]:
    """Return a row with its formulas in the place of the values that they lack."""
    if not formulas:
        return cells
    return tuple(
        Unsaved(formulas[sheet, row, place]) if cell is None and (sheet, row, place) in formulas else cell
        for place, cell in enumerate(cells)
    )


def _holds_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return any(
            re.search(rb"<(\w+:)?f[\s/>]", archive.read(part)) is not None
            for part in archive.namelist() if part.lower().endswith(".xml")
        )  # fmt: skip
