"""What a cell, a table and a key mean, worked out without the readers: what they accept has to be this."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd
from pydantic import BaseModel

from devolve_opt.schema import Column, Table
from devolve_opt.vocabulary import CHINESE

NOTHING = object()
"""What a cell means that means nothing allowed: it has to be refused."""
_TRUTHS = {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}
LONGEST_ID = 64


def meaning(column: Column, text: str) -> Any:
    """Return the value that a text means in a column, or `NOTHING`; whether an id is known is not looked at."""
    word = text.strip()
    if not word:
        if column.default is None:
            return NOTHING
        return meaning(column, column.default) if column.default else ""
    if column.kind in ("integer", "number"):
        return _number(column, narrow(word))
    if column.kind == "boolean":
        return _TRUTHS.get(narrow(word).lower(), NOTHING)
    if column.kind == "choice":
        return next((str(each) for each in column.words if word in (str(each), CHINESE[each])), NOTHING)
    allowed = "" if column.kind == "id" else "\t\r\n"
    if any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in allowed for mark in word):
        return NOTHING if column.kind != "reference" else word
    return NOTHING if column.kind == "id" and len(word) > LONGEST_ID else word


def narrow(word: str) -> str:
    """Return full-width letters, digits and signs as those that a keyboard has."""
    narrow = (unicodedata.normalize("NFKC", mark) if _is_wide(mark) else mark for mark in word)
    return "".join(narrow).replace("\u2212", "-")


def _is_wide(mark: str) -> bool:
    return "\uff01" <= mark <= "\uff5e" or mark == "\u3000"


def _number(column: Column, word: str) -> Any:
    digits = word.lstrip("+-")
    if len(word) - len(digits) > 1:
        return NOTHING
    whole, dot, rest = digits.partition(".")
    for mark in (",", " ", "'", "\u2019"):
        parts = whole.split(mark)
        threes = len(parts) > 1 and 1 <= len(parts[0]) <= 3 and parts[0][0] in "123456789" and parts[0].isascii()
        if threes and all(len(part) == 3 and part.isdecimal() for part in parts[1:]) and (rest + "0").isdecimal():
            whole = "".join(parts)
    plain = word[: len(word) - len(digits)] + whole + dot + rest
    if not plain.isascii() or set(plain) - set("0123456789+-.eE"):
        return NOTHING
    try:
        exact = Decimal(plain)
        value = float(exact)
    except (InvalidOperation, OverflowError):
        return NOTHING
    lower = -math.inf if column.lower is None else column.lower
    upper = math.inf if column.upper is None else column.upper
    if not math.isfinite(value) or not lower <= value <= upper:
        return NOTHING
    return NOTHING if column.kind == "integer" and value != int(value) else value


def table_misread(table: Table, records: Sequence[Sequence[str]], found: pd.DataFrame, where: str) -> str:
    """Return what a table that was accepted holds otherwise than its records say; empty if nothing.

    Args:
        table: the table of the schema.
        records: header and rows as they were written; rows of blanks are none.
        found: what was read.
        where: the file or sheet, for the answer.
    """
    filled = [record for record in records if any(cell.strip() for cell in record)]
    if not filled:
        return "" if found.empty else f"{where}: rows from nothing"
    header = [name.strip() for name in filled[0]]
    columns = {column.chinese: column for column in table.columns} | {column.name: column for column in table.columns}
    places = {columns[name].name: place for place, name in enumerate(header) if name in columns}
    unknown = [name for name in header if name and name not in columns]
    if unknown:
        return f"{where}: accepted the unknown column {unknown[0]!r}"
    if len(found) != len(filled) - 1:
        return f"{where}: {len(filled) - 1} rows written, {len(found)} read"
    plain = found.reset_index() if found.index.name == "id" else found
    for column in table.columns:
        place, values = places.get(column.name), plain[column.name].tolist()
        for number, (record, value) in enumerate(zip(filled[1:], values, strict=True), start=1):
            text = "" if place is None or place >= len(record) else record[place]
            meant = meaning(column, text)
            if meant is NOTHING or meant != value or isinstance(meant, bool) is not isinstance(value, bool):
                said = "nothing allowed" if meant is NOTHING else repr(meant)
                return f"{where}: {column.name} of row {number}, {text[:60]!r}, means {said}, read as {value!r}"
    return ""


def comma_separated(text: str) -> list[list[str]]:
    """Return the records of a text of comma-separated values, by the rules of RFC 4180 and any line end."""
    records: list[list[str]] = [[]]
    cell, quoted, began = "", False, False
    place = 0
    while place < len(text):
        mark = text[place]
        if quoted:
            if mark == '"' and text[place + 1 : place + 2] == '"':
                cell, place = cell + '"', place + 1
            elif mark == '"':
                quoted = False
            else:
                cell += mark
        elif mark == '"' and not began:
            quoted = began = True
        elif mark == ",":
            records[-1].append(cell)
            cell, began = "", False
        elif mark in "\r\n":
            if mark == "\r" and text[place + 1 : place + 2] == "\n":
                place += 1
            records[-1].append(cell)
            records.append([])
            cell, began = "", False
        else:
            cell, began = cell + mark, True
        place += 1
    records[-1].append(cell)
    return records


def keys_misread(settings: BaseModel, given: Mapping[str, Any], where: str = "") -> str:
    """Return the first key of settings that is not as it was given; empty if all are."""
    for key, value in given.items():
        name = f"{where}.{key}" if where else key
        if key not in type(settings).model_fields:
            return f"accepted the unknown key {name}"
        wrong = _value_misread(getattr(settings, key), value, name)
        if wrong:
            return wrong
    unset = set(type(settings).model_fields) - set(given)
    for key in sorted(unset & settings.model_fields_set):
        return f"{where}.{key} is set, but was not given"
    return ""


def _value_misread(found: Any, given: Any, name: str) -> str:
    if isinstance(found, BaseModel) and isinstance(given, Mapping):
        return keys_misread(found, given, name)
    if isinstance(found, tuple | list) and isinstance(given, list):
        if len(found) != len(given):
            return f"{name}: {len(given)} given, {len(found)} read"
        wrong = (_value_misread(*pair, f"{name}.{place}") for place, pair in enumerate(zip(found, given, strict=True)))
        return next(filter(None, wrong), "")
    if isinstance(found, Mapping) and isinstance(given, Mapping):
        if set(found) != set(given):
            return f"{name}: keys {sorted(given)} given, {sorted(found)} read"
        return next(filter(None, (_value_misread(found[key], given[key], f"{name}.{key}") for key in given)), "")
    kinds = (bool, str, int | float, type(None))
    same_kind = any(isinstance(found, kind) and isinstance(given, kind) for kind in kinds)
    same_truth = isinstance(found, bool) is isinstance(given, bool)
    return "" if same_kind and same_truth and found == given else f"{name}: {given!r:.60} given, {found!r:.60} read"
