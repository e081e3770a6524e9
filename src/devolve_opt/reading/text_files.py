"""CSV files to raw tables: bytes to text, text to cells, each with the line it stands in."""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from devolve_opt.errors import Fault, listed
from devolve_opt.language import tr
from devolve_opt.reading.raw import MOST_COLUMNS, RawTable, match_columns, normalised
from devolve_opt.schema import Table

BYTE_ORDER_MARK = "\ufeff"
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "full-width commas", "|": "bars"}


def read_csv(table: Table, file: str, content: bytes) -> tuple[RawTable | None, list[Fault]]:
    """Read a CSV file: UTF-8 with or without byte order mark, or else GB18030; a header and a line for each row.

    Args:
        table: the table it should hold.
        file: its name.
        content: its bytes.

    Returns:
        The raw table, or None if nothing could be made of the file; and the faults of encoding, header and lines.
    """
    text = _decoded(content)
    if isinstance(text, str):
        return _Lines(table, file, text).read()
    return None, [Fault(text.message, file=file, row=text.row)]


def _decoded(content: bytes) -> str | Fault:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Fault(tr("is UTF-16 text; save it as 'CSV UTF-8'."))
    if b"\0" in content:
        row = _row(content, content.index(b"\0"))
        return Fault(tr("holds NUL bytes, so it is damaged or no text file; save the table as 'CSV UTF-8'."), row=row)
    # UTF-8 comes first: few GB18030 texts are sound UTF-8 by accident, while most UTF-8 texts are sound GB18030.
    try:
        return content.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        row = _row(content, error.start)
    if _mostly_utf8(content):
        return Fault(tr("is UTF-8 text, but damaged in this row; save the table as 'CSV UTF-8' once more."), row=row)
    try:
        return content.decode("gb18030").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        return Fault(tr("is neither UTF-8 nor GB18030 text; save it as 'CSV UTF-8'."), row=row)


def _row(content: bytes, at: int) -> int:
    """Return the line in which a byte stands."""
    return len((content[:at] + b".").splitlines())


def _mostly_utf8(content: bytes) -> bool:
    """Tell whether text that is not UTF-8 throughout was meant to be: as GB18030 it would be read as other characters.

    Chinese takes three bytes in UTF-8; in GB18030 there are seldom three that could be such a character.
    """
    text = content.decode("utf-8", "replace")
    sound = sum(mark > "\u07ff" and mark != "\ufffd" for mark in text)
    return sound >= 2 * len(re.findall("\ufffd+", text))


class _Lines:
    """The lines of one file, as they are taken apart."""

    def __init__(self, table: Table, file: str, text: str):
        self.table = table
        self.file = file
        self.text = text
        self.header: list[str] = []
        self.header_line = 0
        # Spreadsheets may leave thousands of columns without name or content; so many are looked at.
        self.width = 0
        self.beyond: set[int] = set()
        # One flat list, as wide as the header in each row: a list for each row would take twice the time.
        self.cells: list[str] = []
        self.lines: list[int] = []
        self.broken: dict[int, int] = {}
        self.complete = True
        self.faults: list[Fault] = []

    def read(self) -> tuple[RawTable | None, list[Fault]]:
        """Return the raw table, or None, and the faults."""
        self._take_apart()
        separators = [mark for mark in OTHER_SEPARATORS if len(self.header) == 1 and mark in self.header[0]]
        if self.width > MOST_COLUMNS:
            message = tr("has {columns} columns, more than any table; remove those that are not the table's.",
                         columns=self.width)  # fmt: skip
            return None, [Fault(message, file=self.file, row=self.header_line)]
        if separators:
            marks = tr(OTHER_SEPARATORS[separators[0]])
            message = tr("has {marks} between its cells; save it with commas.", marks=marks)
            return None, [Fault(message, file=self.file, row=self.header_line)]
        if self.header:
            return self._table(), self.faults
        if self.complete:
            needed = ",".join(column.name for column in self.table.columns if not column.optional)
            must = tr("is empty; write the header line {needed}.", needed=needed)
            may = tr("is empty; write the header line {needed} or remove the file.", needed=needed)
            self._fault(must if self.table.required else may)
        return None, self.faults

    def _fault(self, message: str, row: int | None = None) -> None:
        self.faults.append(Fault(message, file=self.file, row=row))

    def _take_apart(self) -> None:
        """Find header and cells, and the line on which each row begins; a cell may hold line breaks."""
        # Strict, so that a quotation mark left open is told and does not swallow the rest of the file.
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.complete = False
                if "field limit" in str(error):
                    most = csv.field_size_limit()
                    message = tr(
                        "a cell begins here that holds more than {most:,} characters; shorten it, or close the "
                        "quotation mark that it opens with.", most=most,
                    )  # fmt: skip
                    self._fault(message, line)
                    return
                if "expected after" not in str(error):
                    self._fault(
                        tr("a cell opens with a quotation mark that is never closed; close or remove it."), line
                    )
                    return
                message = tr("text follows a closing quotation mark; write a quotation mark inside a cell twice.")
                self._fault(message, line)
                if not self.header:
                    return
                continue
            # A spreadsheet leaves lines of nothing but commas behind; they are blank too.
            if any(map(str.strip, record)):
                self._add(record, line)
            if self.width > MOST_COLUMNS:
                return

    def _add(self, record: list[str], line: int) -> None:
        if not self.header:
            self.header, self.header_line = record, line
            named = max(place for place, name in enumerate(record, start=1) if name.strip())
            self.width = max(named, min(len(record), MOST_COLUMNS))
            return
        if len(record) != len(self.header):
            self.broken[len(self.lines)] = len(record)
        elif len(record) > self.width:
            self.beyond |= {place for place in range(self.width, len(record)) if record[place].strip()}
        self.cells += (record + [""] * self.width)[: self.width]
        self.lines.append(line)

    def _table(self) -> RawTable:
        width = self.width
        cells_in_line = np.empty(len(self.cells), dtype=object)
        cells_in_line[:] = self.cells
        grid = cells_in_line.reshape(-1, width)
        rows = np.array(self.lines, dtype=np.int64)
        broken = np.array(list(self.broken), dtype=np.int64)
        self.faults += RawTable(self.table, self.file, {}, rows).faults(
            "",
            broken,
            lambda position: None,
            lambda position: tr(
                "has {cells} cells, the header has {width}; quote cells that hold a comma, "
                "and leave blank cells between commas.",
                cells=self.broken[position],
                width=len(self.header),
            ),
        )
        named = [position for position in range(width) if normalised(self.header[position])]
        # A spreadsheet also leaves columns without name or content behind.
        unnamed = [
            position for position in range(width) if position not in named and any(map(str.strip, grid[:, position]))
        ]
        self.faults += listed(
            [*unnamed, *sorted(self.beyond)],
            lambda position: Fault(
                tr("column {position} has cells but no name; name it or remove it.", position=position + 1),
                file=self.file, row=self.header_line,
            ),
        )  # fmt: skip
        names = [self.header[position] for position in named]
        found, faults = match_columns(self.table, names, self.file, self.header_line)
        self.faults += faults
        cells = {name: grid[:, named[place]].copy() for name, place in found.items()}
        for name, texts in cells.items():
            # Of a broken row only the id is kept, so that the rows which name it are not called wrong as well.
            if self.table[name].kind != "id":
                texts[broken] = None
        return RawTable(self.table, self.file, cells, rows, self.complete)
