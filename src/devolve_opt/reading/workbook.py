"""A case as an Excel workbook: a sheet for each table, one for the header and, if wanted, one for the policy.

Nothing in a workbook is carried out: formulas count for the value that was saved with them, and a file that would
unpack to too much, or whose parts declare entities, is refused before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from devolve_opt.errors import Fault, did_you_mean, listed
from devolve_opt.language import joined, tr
from devolve_opt.reading.cells import TRUTHS, half_width, plain_number
from devolve_opt.reading.header import check_header
from devolve_opt.reading.raw import RawTable, as_text, match_columns
from devolve_opt.reading.tables import missing_table, raise_if_any, read_tables
from devolve_opt.reading.xlsx import Sheet, Unsaved, bytes_of, place_of, sheets_in
from devolve_opt.schema import Table, schema
from devolve_opt.schema.header import HEADER_KEYS

ENDING = ".xlsx"
HEADER_SHEET, POLICY_SHEET, GUIDE_SHEET = ("案例", "case"), ("政策", "policy"), ("说明", "guide")
"""Names of the sheets that are no tables, Chinese and English; the last one is not read."""
FAULTS_SHEET = "错误清单"
"""Name of the sheet that lists the faults in a marked copy."""
NOTES = ("备注", "note", FAULTS_SHEET)
"""What the name of a sheet begins with that is not to be read."""
EXAMPLE = ("示例", "example")
"""What the first cell of a row begins with that is not to be read."""
TOTAL = re.compile(
    r"([总合小共累]\s*计|总\s*[和数]|(grand |sub-?)?totals?|sum)\s*(\(.*\))?\s*:?", re.IGNORECASE | re.DOTALL
)
"""What the first cell of a row of totals holds."""
HEADING_WITHIN = 20
"""Rows from the top among which the headings are looked for: titles may stand above them."""
_ERRORS = frozenset({
    "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
    "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!", "#GETTING_DATA",
})  # fmt: skip
_BRACKETS = re.compile(r"\s*[\[(（【].*$", re.DOTALL)


@dataclass(frozen=True, eq=False)
class WorkbookContent:
    """What a workbook holds; to be used only if there are no faults.

    Attributes:
        tables: every table of the schema by name, typed; absent optional ones are empty.
        header: `title`, `provenance`, `synthetic`, `available_hours` (hours a year).
        policy: what stands beside the keys of the policy, blank ones left out; `policy_sheet` makes it out.
        policy_rows: the row of every key, blank ones too; `policy_place`: what faults call their sheet.
        hashes: SHA-256 of the file, by its name.
        faults: what is wrong with header and tables; the policy itself looks at its keys.
    """

    tables: dict[str, pd.DataFrame]
    header: dict[str, Any]
    policy: dict[str, Any]
    policy_rows: dict[str, int]
    policy_place: str
    hashes: dict[str, str]
    faults: list[Fault]


def read_workbook(path: str | Path) -> WorkbookContent:
    """Read a case from a workbook without faults; see `look_into_workbook`.

    Raises:
        InputError: listing every fault of every sheet; rows are those of Excel.
    """
    content = look_into_workbook(path)
    raise_if_any(content.faults)
    return content


def look_into_workbook(path: str | Path) -> WorkbookContent:
    """Read a workbook, faults and all.

    A sheet goes by the English or the Chinese name of its table, a column by that of its own, with or without a unit in
    brackets; rows above the headings are passed over, and so is a row that begins with 示例 or `example`.

    Raises:
        InputError: if the file cannot be read as a workbook at all.
    """
    path = Path(path)
    content, faults = bytes_of(path)
    raise_if_any(faults)
    sheets, faults = sheets_in(content, path.name)
    if not sheets:
        raise_if_any(faults)
    by_name, found = _sorted_out(sheets, path.name)
    faults += found
    header, found = _header(by_name.get("case"), path.name)
    faults += found
    policy, policy_rows, found = _policy(by_name.get("policy"), path.name)
    faults += found
    raw_tables: dict[str, RawTable] = {}
    for table in schema().values():
        sheet = by_name.get(table.name)
        if sheet is not None and (sheet.rows or table.required):
            raw, found = _raw_table(table, sheet, place_of(path.name, sheet.name))
            faults += found
            if raw is not None:
                raw_tables[table.name] = raw
        elif table.required:
            faults.append(missing_table(table, place_of(path.name, table.chinese)))
    tables, found = read_tables(raw_tables)
    place = place_of(path.name, by_name["policy"].name if "policy" in by_name else POLICY_SHEET[0])
    faults = _without_totals(faults)
    return WorkbookContent(
        tables, header, policy, policy_rows, place, {path.name: sha256(content).hexdigest()},
        [_in_excel(fault, by_name, path.name) for fault in (*faults, *found)],
    )  # fmt: skip


def _without_totals(faults: list[Fault]) -> list[Fault]:
    """Return the faults, of a row of totals only the one that tells it is one: its formulas need no values."""
    totals = {
        (fault.file, fault.row) for fault in faults
        if fault.column.startswith("cell ") and TOTAL.fullmatch(half_width(fault.value or ""))
    }  # fmt: skip
    return [
        fault for fault in faults
        if (fault.file, fault.row) not in totals or not (fault.value or "").startswith("=")
    ]  # fmt: skip


def _in_excel(fault: Fault, sheets: Mapping[str, Sheet], file: str) -> Fault:
    """Return a fault of a table with the heading and the cell as they stand in Excel: `编制数 posts, cell I7`."""
    for name, sheet in sheets.items():
        table = schema().get(name)
        if table is None or fault.file != place_of(file, sheet.name) or fault.column not in table.column_names:
            continue
        at = heading_row(table, sheet.rows)
        words = {table[fault.column].chinese, fault.column}
        cells = () if at is None else sheet.rows[at][1]
        place = next(
            (place for place, cell in enumerate(cells) if cell is not None and heading(cell, words) in words), None
        )
        where = "" if place is None or fault.row is None else f", cell {get_column_letter(place + 1)}{fault.row}"
        return replace(fault, column=f"{table[fault.column].chinese} {fault.column}{where}")
    return fault


def heading(cell: Any, known: Iterable[str]) -> str:
    """Return the name that a heading cell stands for: any of its lines, without a unit in brackets; else its text."""
    text = "" if cell is None else str(cell).strip()
    names = set(known)
    for line in (text, *text.splitlines()):
        for name in (line.strip(), _BRACKETS.sub("", line).strip()):
            if name in names:
                return name
    return text


def names_of(table: Table) -> list[str]:
    """Return the English and Chinese names of the columns of a table."""
    return [name for column in table.columns for name in (column.name, column.chinese)]


def heading_row(table: Table, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> int | None:
    """Return the place among the rows of the one that names most columns of the table; None where none names any."""
    known = names_of(table)
    named = [
        len({heading(cell, known) for cell in cells if cell is not None} & set(known))
        for _, cells in rows[:HEADING_WITHIN]
    ]
    return named.index(max(named)) if any(named) else None


def _sorted_out(sheets: list[Sheet], file: str) -> tuple[dict[str, Sheet], list[Fault]]:
    """Return the sheets by what they hold: the name of a table, `case`, `policy` or `guide`."""
    known = {name: table.name for table in schema().values() for name in (table.name, table.chinese)}
    known |= {name: names[1] for names in (HEADER_SHEET, POLICY_SHEET, GUIDE_SHEET) for name in names}
    found: dict[str, Sheet] = {}
    faults = []
    for sheet in sheets:
        name = heading(sheet.name, known)
        holds = known.get(name) or known.get(name.lower())
        if sheet.name.strip().lower().startswith(NOTES) or (holds is None and not sheet.rows):
            continue
        if holds is None:
            message = tr(
                "is no table of a case; rename it, or let its name begin with 备注 or 'note' if it is not to be read."
            )
            faults.append(Fault(message + did_you_mean(sheet.name, known), file=place_of(file, sheet.name)))
        elif holds in found:
            message = tr("holds the same table as the sheet {sheet}; keep one.", sheet=found[holds].name)
            faults.append(Fault(message, file=place_of(file, sheet.name)))
        else:
            found[holds] = sheet
    return found, faults


def _lost(cell: Any) -> bool:
    """Tell whether a cell holds no value that was meant: a date that Excel made of it, or an error."""
    return isinstance(cell, date | time | timedelta) or (isinstance(cell, str) and cell.strip() in _ERRORS)


def _lost_message() -> str:
    return tr("is a date or an error of Excel; write the number or the text that is meant.")


def _keys(sheet: Sheet, known: dict[str, str]) -> list[tuple[int, str, Any]]:
    """Return row, key and value of each row whose first cell is a known key or, below the first such row, any text."""
    found: list[tuple[int, str, Any]] = []
    for number, cells in sheet.rows:
        name = heading(cells[0], known)
        value = next((cell for cell in cells[1:2] if cell is not None and str(cell).strip()), None)
        if name in known or (found and name):
            found.append((number, known.get(name, name), value))
    return found


def _header(sheet: Sheet | None, file: str) -> tuple[dict[str, Any], list[Fault]]:
    known = {name: key.name for key in HEADER_KEYS for name in (key.name, key.chinese)}
    if sheet is None:
        message = tr(
            "is missing; add it, a key a row with its value beside it: {keys}.",
            keys=joined(key.chinese for key in HEADER_KEYS),
        )
        return {}, [Fault(message, file=place_of(file, HEADER_SHEET[0]))]
    kinds = {key.name: key.kind for key in HEADER_KEYS}
    keys: dict[str, Any] = {}
    rows: dict[str, int] = {}
    wrong = []
    for number, name, value in _keys(sheet, known):
        if value is None or isinstance(value, Unsaved):
            continue
        text = as_text(value).strip()
        if name in keys:
            message = tr("stands twice; keep one row.")
            wrong.append(Fault(message, file=place_of(file, sheet.name), row=number, column=name))
        elif _lost(value):
            wrong.append(Fault(_lost_message(), file=place_of(file, sheet.name), row=number, column=name, value=text))
        meant = {"boolean": TRUTHS.get(text.lower(), text), "text": text}
        keys[name], rows[name] = meant.get(kinds.get(name, ""), value), number
    header, faults = check_header(keys)
    place, toml = place_of(file, sheet.name), tr("must be true or false, without quotation marks.")
    return header, wrong + [
        Fault(fault.message.replace(toml, tr("must be yes or no (是 or 否).")), place,
              rows.get(fault.column), fault.column, fault.value)
        for fault in faults
    ]  # fmt: skip


def _policy(sheet: Sheet | None, file: str) -> tuple[dict[str, Any], dict[str, int], list[Fault]]:
    """Return what stands beside the keys of the policy, and the rows of all of them.

    Rows above the one that is headed `key` are titles.
    """
    if sheet is None:
        return {}, {}, []
    keyed = [(number, heading(cells[0], ()), cells[1] if len(cells) > 1 else None) for number, cells in sheet.rows]
    # A whole word: keys such as `posts_tilt.key` end in it too.
    heads = [
        place for place, (_, name, _) in enumerate(keyed[:HEADING_WITHIN]) if name.split()[-1:] in (["key"], ["参数"])
    ]
    found: dict[str, Any] = {}
    rows: dict[str, int] = {}
    faults = []
    for number, name, value in keyed[heads[0] + 1 if heads else 0 :]:
        if not name:
            continue
        if value is None or isinstance(value, Unsaved) or not str(value).strip():
            rows.setdefault(name, number)
            continue
        if name in found:
            message = tr("stands twice; keep one row.")
            faults.append(Fault(message, file=place_of(file, sheet.name), row=number, column=name))
        elif _lost(value):
            faults.append(Fault(_lost_message(), file=place_of(file, sheet.name), row=number, column=name,
                                value=as_text(value)))  # fmt: skip
        found[name], rows[name] = value, number
    return found, rows, faults


def meant(value: Any) -> Any:
    """Return what a cell of the policy means: a number, a percentage as its share, a truth; else its text."""
    if isinstance(value, str):
        text = half_width(value).strip()
        plain = plain_number(text)
        if plain is not None:
            return int(plain) if re.fullmatch(r"[+-]?[0-9]{1,18}", plain) else float(plain)
        share = plain_number(text.removesuffix("%").rstrip())
        if text.endswith("%") and share is not None:
            return float(share) / 100
        return TRUTHS.get(text.lower(), text)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _raw_table(table: Table, sheet: Sheet, place: str) -> tuple[RawTable | None, list[Fault]]:
    at = heading_row(table, sheet.rows)
    if at is None:
        needed = joined(column.chinese for column in table.columns if not column.optional)
        return None, [Fault(tr("has no row of headings; write {columns} above the rows.", columns=needed), file=place)]
    number, cells = sheet.rows[at]
    known = names_of(table)
    places = [column for column, cell in enumerate(cells) if cell is not None and str(cell).strip()]
    found, faults = match_columns(table, [heading(cells[column], known) for column in places], place, number)
    totals = [row for row in sheet.rows[at + 1 :] if _is_total(row[1])]
    faults += [_total(place, number, cells) for number, cells in totals]
    rows = [row for row in sheet.rows[at + 1 :] if not _is_example(row[1]) and row not in totals]
    numbers = np.array([number for number, _ in rows], dtype=np.int64)
    columns = {name: places[position] for name, position in found.items()}
    content: dict[str, np.ndarray] = {}
    for name, column in columns.items():
        texts = np.empty(len(rows), dtype=object)
        texts[:] = [_text(cells[column]) if column < len(cells) else "" for _, cells in rows]
        content[name] = texts
    raw = RawTable(table, place, content, numbers)
    for name, column in columns.items():
        # What is wrong with a formula is told already.
        lost = np.flatnonzero([
            text is None and not isinstance(row[1][column], Unsaved)
            for text, row in zip(content[name], rows, strict=True)
        ])  # fmt: skip
        faults += raw.faults(
            name, lost, lambda row, column=column: str(rows[row][1][column]),  # type: ignore[misc]
            lambda row: _lost_message(),
        )  # fmt: skip
    return raw, faults + _merged(sheet, set(columns.values()), numbers, place) + _beyond(sheet, place)


def _merged(sheet: Sheet, columns: set[int], rows: np.ndarray, place: str) -> list[Fault]:
    """Return a fault for what was merged over cells of the table: only the first of them holds the value."""
    filled = dict(sheet.rows)

    def covers_cells(left: int, top: int, right: int, bottom: int) -> bool:
        first = filled.get(top, ())[left - 1 : left]
        if not first or first[0] is None or not str(first[0]).strip():
            return False
        over = int(np.count_nonzero((rows >= top) & (rows <= bottom)))
        return over * sum(left <= column + 1 <= right for column in columns) > 1

    return listed(
        [merged for merged in sheet.merged if covers_cells(*merged)],
        lambda merged: Fault(
            tr("is merged with other cells, which then hold nothing; take them apart and fill in each."), file=place,
            row=merged[1], column=f"cell {get_column_letter(merged[0])}{merged[1]}",
        ),
    )  # fmt: skip


def _beyond(sheet: Sheet, place: str) -> list[Fault]:
    if sheet.beyond is None:
        return []
    row, column = sheet.beyond
    message = tr("stands to the right of all that is read; clear it.")
    return [Fault(message, file=place, row=row, column=f"cell {get_column_letter(column)}{row}")]


def _first(cells: tuple[Any, ...]) -> tuple[int, str]:
    """Return the first cell of a row that is not blank: its place and its text; a row has one."""
    return next(
        (place, str(cell).strip()) for place, cell in enumerate(cells) if cell is not None and str(cell).strip()
    )


def _is_example(cells: tuple[Any, ...]) -> bool:
    return _first(cells)[1].lower().startswith(EXAMPLE)


def _is_total(cells: tuple[Any, ...]) -> bool:
    return TOTAL.fullmatch(half_width(_first(cells)[1])) is not None


def _total(place: str, row: int, cells: tuple[Any, ...]) -> Fault:
    """Return the one fault of a row of totals; to leave it out unasked would leave out what only looks like one."""
    column, text = _first(cells)
    message = tr("is a row of totals, which is no row of the table; delete it.")
    return Fault(message, file=place, row=row, column=f"cell {get_column_letter(column + 1)}{row}", value=text)


def _text(cell: Any) -> str | None:
    """Return a cell as a file of text would hold it; None where it holds no value that a table could."""
    if isinstance(cell, Unsaved) or _lost(cell):
        return None
    return cell if isinstance(cell, str) else as_text(cell)
