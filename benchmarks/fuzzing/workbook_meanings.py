"""What the cells of a workbook mean, worked out without the package's reader."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from datetime import date, time, timedelta
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from benchmarks.fuzzing.meanings import narrow, table_misread
from benchmarks.fuzzing.xlsx_bytes import unzipped, zipped
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.schema import Table, schema
from devolve_opt.schema.header import HEADER_KEYS, SCHEMA_KEY

EXAMPLES = ("示例", "example")
LOST = "\ufdd0"
"""A noncharacter for what no table can hold: a date or an error."""


def workbook_misread(found: Scenario, content: bytes) -> str:
    """Return what a scenario from a workbook holds otherwise than its cells say, read by openpyxl in another way."""
    try:
        with warnings.catch_warnings(action="ignore"):
            # It fills in every cell of what is merged, and looks at comments and pictures as well.
            parts = {name: _unmerged(part) for name, part in unzipped(content).items()}
            book = load_workbook(BytesIO(zipped(parts)), data_only=True)
    except Exception:
        return ""
    known = {name: table for table in schema().values() for name in (table.name, table.chinese)}
    tables: set[str] = set()
    for sheet in book.worksheets:
        rows: dict[int, dict[int, Any]] = {}
        for (row, column), cell in sorted(sheet._cells.items()):
            rows.setdefault(row, {})[column] = cell.value
        name = sheet.title.strip()
        if name in known:
            tables.add(known[name].name)
            wrong = _table_wrong(known[name], rows, found)
        elif name in ("案例", "case"):
            wrong = _header_wrong(rows, found)
        elif name in ("政策", "policy"):
            wrong = _policy_wrong(rows, found.policy)
        else:
            continue
        if wrong:
            return wrong
    more = [name for name, table in found.case.tables.items() if len(table) and name not in tables]
    return f"tables from nothing: {more}" if more else ""


def _unmerged(part: bytes) -> bytes:
    return re.sub(rb"<mergeCells.*?</mergeCells>", b"", part)


def _table_wrong(table: Table, rows: Mapping[int, Mapping[int, Any]], found: Scenario) -> str:
    names = {name for column in table.columns for name in (column.name, column.chinese)}
    written = [row for _, row in sorted(rows.items()) if any(text_of(cell).strip() for cell in row.values())]
    heads = [len({_heading(cell, names) for cell in row.values()} & names) for row in written[:20]]
    if not written or not max(heads):
        return "" if found.case.tables[table.name].empty else f"{table.name}: rows without headings"
    at = heads.index(max(heads))
    width = max(max(row) for row in written)
    lines = [[text_of(row.get(column)) for column in range(1, width + 1)] for row in written[at:]]
    lines[0] = [_heading(cell, names) for cell in lines[0]]
    if any(LOST in cell for line in lines[1:] for cell in line):
        return f"{table.name}: accepted a date or an error"
    firsts = [next(filter(None, map(str.strip, line))).lower() for line in lines[1:]]
    lines[1:] = [line for line, first in zip(lines[1:], firsts, strict=True) if not first.startswith(EXAMPLES)]
    return table_misread(table, lines, found.case.tables[table.name], table.name)


def _heading(cell: Any, names: set[str]) -> str:
    text = text_of(cell).strip()
    lines = [line.strip() for line in (text, *text.splitlines())]
    tried = [each for line in lines for each in (line, re.sub(r"(?s)\s*[\[(（【].*$", "", line).strip())]
    return next((each for each in tried if each in names), text)


def text_of(cell: Any) -> str:
    """Return a cell as text; a noncharacter for what no table can hold."""
    error = isinstance(cell, str) and re.fullmatch(r"#[A-Z/0]+[!?A]", cell.strip())
    if isinstance(cell, date | time | timedelta) or error:
        return LOST
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return "" if cell is None else str(cell).replace("_x000D_", "")


def _header_wrong(rows: Mapping[int, Mapping[int, Any]], found: Scenario) -> str:
    names = {name: key.name for key in HEADER_KEYS if key.name != SCHEMA_KEY for name in (key.name, key.chinese)}
    given: dict[str, Any] = {}
    for row in rows.values():
        key, value = names.get(text_of(row.get(1)).strip()), row.get(2)
        if key is None or value is None or not str(value).strip():
            continue
        if key in given and given[key] != value:
            return f"{key} is there twice in the header"
        given[key] = value
    for key, value in given.items():
        read = getattr(found.case, key)
        meant = {"是": True, "yes": True, "否": False, "no": False}.get(text_of(value).strip().lower(), value)
        if isinstance(read, bool | float):
            same = read == (_amount(meant) if isinstance(read, float) else meant)
            same = same or str(meant).lower() in ("true", "1", "false", "0")
        else:
            same = read == text_of(value).strip()
        if not same:
            return f"{key} is {value!r:.60}, read as {read!r:.60}"
    return ""


def _policy_wrong(rows: Mapping[int, Mapping[int, Any]], policy: Policy) -> str:
    body = [row for _, row in sorted(rows.items())]
    names = [text_of(row.get(1)) for row in body[:20]]
    heads = [at for at, name in enumerate(names) if name.split()[-1:] in (["key"], ["参数"])]
    for row in body[heads[0] + 1 :] if heads else body:
        key, value = text_of(row.get(1)).strip(), row.get(2)
        if not key or value is None or not str(value).strip():
            continue
        read: Any = policy
        for part in key.split("."):
            read = read[int(part) - 1] if part.isdecimal() and isinstance(read, tuple) else getattr(read, part, None)
        if isinstance(read, int | float) and not isinstance(read, bool):
            if _amount(value) != read:
                return f"{key} is {value!r:.60}, read as {read!r}"
        elif isinstance(read, str) and "." in key and key.split(".")[-1] in ("power", "township", "reason"):
            if read != text_of(value).strip():
                return f"{key} is {value!r:.60}, read as {read!r:.60}"
        elif read is None:
            return f"{key} is {value!r:.60}, and nothing of it is in the policy"
    return ""


def _amount(value: Any) -> float | None:
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else float(value)
    text = narrow(str(value)).strip()
    share = text.endswith("%")
    plain = re.sub(r"(?<=\d)[, '’](?=\d{3})", "", text.rstrip("% "))
    try:
        return float(plain) / 100 if share else float(Fraction(plain))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
