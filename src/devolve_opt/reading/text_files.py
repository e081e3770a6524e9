"""CSV files to raw tables: bytes to text, text to cells, each with the line it stands in."""

from __future__ import annotations

import csv
import io

import numpy as np

from devolve_opt.errors import Fault
from devolve_opt.language import tr
from devolve_opt.reading.raw import RawTable, match_columns, normalised
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
        row = content[: content.index(b"\0")].count(b"\n") + 1
        return Fault(tr("holds NUL bytes, so it is damaged or no text file; save the table as 'CSV UTF-8'."), row=row)
    # UTF-8 comes first: few GB18030 texts are sound UTF-8 by accident, while most UTF-8 texts are sound GB18030.
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding).removeprefix(BYTE_ORDER_MARK)
        except UnicodeDecodeError:
            continue
    return Fault(tr("is neither UTF-8 nor GB18030 text; save it as 'CSV UTF-8'."))


class _Lines:
    """The lines of one file, as they are taken apart."""

    def __init__(self, table: Table, file: str, text: str):
        self.table = table
        self.file = file
        self.text = text
        self.header: list[str] = []
        self.header_line = 0
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

    def _add(self, record: list[str], line: int) -> None:
        if not self.header:
            self.header, self.header_line = record, line
            return
        width = len(self.header)
        if len(record) != width:
            self.broken[len(self.lines)] = len(record)
            record = (record + [""] * width)[:width]
        self.cells += record
        self.lines.append(line)

    def _table(self) -> RawTable:
        width = len(self.header)
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
                width=width,
            ),
        )
        named = [position for position in range(width) if normalised(self.header[position])]
        for position in sorted(set(range(width)) - set(named)):
            # A spreadsheet also leaves columns without name or content behind.
            if any(map(str.strip, grid[:, position])):
                self._fault(
                    tr("column {position} has cells but no name; name it or remove it.", position=position + 1),
                    self.header_line,
                )
        names = [self.header[position] for position in named]
        found, faults = match_columns(self.table, names, self.file, self.header_line)
        self.faults += faults
        cells = {name: grid[:, named[place]].copy() for name, place in found.items()}
        for name, texts in cells.items():
            # Of a broken row only the id is kept, so that the rows which name it are not called wrong as well.
            if self.table[name].kind != "id":
                texts[broken] = None
        return RawTable(self.table, self.file, cells, rows, self.complete)
