"""Cells to values: one rule for each kind of column, applied once to each distinct text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, did_you_mean
from devolve_opt.language import chosen, joined, language, tr
from devolve_opt.reading.raw import RawTable, as_texts, normalised
from devolve_opt.schema import Column, schema
from devolve_opt.vocabulary import CHINESE, label

ID_LENGTH_MAX = 64
"""Longest identifier, characters."""

TRUTHS = {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}
"""Words of a boolean column, in any case."""

# Kept to ASCII digits, and without `inf`, `nan` and `1_000`, all of which Python's float() would take.
_HALF_WIDTH = {0x3000: " ", 0x2212: "-", **{mark: chr(mark - 0xFEE0) for mark in range(0xFF01, 0xFF5F)}}
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A number as it may stand in a cell."""
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([, '\u2019][0-9]{3})+(\.[0-9]*)?")
"""Digits in threes, with what Chinese, English and Swiss spreadsheets put between them."""


@dataclass(frozen=True, eq=False)
class Values:
    """The values of one column, and in which rows they are sound.

    Attributes:
        values: integers (int64), numbers (float64), booleans, or texts (objects); a placeholder where not sound.
        sound: whether each value can be relied on.
    """

    values: np.ndarray
    sound: np.ndarray


@dataclass(frozen=True, eq=False)
class ReadTable:
    """A raw table with the values of its columns; a required column that is missing has none.

    Attributes:
        raw: the table as it was given.
        values: the values by column.
    """

    raw: RawTable
    values: Mapping[str, Values]


@dataclass(frozen=True)
class _Problem:
    """Why a text is no value: `near` holds the words among which the user may have meant one."""

    kind: str
    message: str
    near: Collection[str] = ()


_DTYPES = {"integer": np.dtype("int64"), "number": np.dtype("float64"), "boolean": np.dtype("bool")}


def read_table(
    raw: RawTable, known: Mapping[str, set[str] | None], named: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[ReadTable, list[Fault]]:
    """Read every column of a table.

    Args:
        raw: the table.
        known: the ids that exist, by table; None where they cannot be known.
        named: the id behind each name that stands once, by table: of use to those who write a name for an id.

    Returns:
        The table read, and a fault for each cell that cannot be read.
    """
    values = {}
    faults = []
    for column in raw.table.columns:
        if column.name in raw.cells or column.optional:
            values[column.name], found = _read_column(
                raw, column, known.get(column.refers_to), (named or {}).get(column.refers_to, {})
            )
            faults += found
    return ReadTable(raw, values), faults


def distinct_ids(raw: RawTable) -> set[str] | None:
    """Return the ids that a table holds, or None if they cannot all be known.

    A table that has to have rows and has none is a fault of its own; one that may have none knows no id.
    """
    column = next((column.name for column in raw.table.columns if column.kind == "id"), "")
    if column not in raw.cells or not raw.complete or (raw.table.required and len(raw.rows) == 0):
        return None
    cells = raw.cells[column]
    texts = cells if cells.dtype == object else as_texts(cells)
    return {normalised(text) for text in texts if text} - {""}


def names_to_ids(raw: RawTable) -> dict[str, str]:
    """Return the id behind each name of a table that stands once."""
    if not {"id", "name"} <= set(raw.cells):
        return {}
    found: dict[str, str] = {}
    twice = set()
    for name, key in zip(as_texts(raw.cells["name"]), as_texts(raw.cells["id"]), strict=True):
        twice |= {name} if name in found else set()
        found[str(name).strip()] = str(key).strip()
    return {name: key for name, key in found.items() if name and key and name not in twice}


def _read_column(
    raw: RawTable, column: Column, known: Collection[str] | None, named: Mapping[str, str]
) -> tuple[Values, list[Fault]]:
    """Read one column; a column that is left out takes its default."""
    cells = raw.cells.get(column.name)
    if cells is None:
        cells = np.full(len(raw.rows), "", dtype=object)
    if cells.dtype != object:
        values = _typed_values(column, cells)
        if values is not None:
            return values, []
        cells = as_texts(cells)
    codes, distinct = pd.factorize(cells)
    rule = _rule(column, known, named)
    words = [normalised(word) for word in distinct.tolist()]
    results = [_read(column, word, rule) for word in words]
    return _spread(raw, column, codes, words, results)


def _typed_values(column: Column, cells: np.ndarray) -> Values | None:
    """Take an array that has a type already; None if anything in it is amiss, and its texts must be looked at."""
    if column.kind == "boolean" and cells.dtype.kind == "b":
        return Values(cells.astype(bool), np.ones(len(cells), dtype=bool))
    if not column.numeric or cells.dtype.kind not in "iuf":
        return None
    lower = -np.inf if column.lower is None else column.lower
    upper = np.inf if column.upper is None else column.upper
    sound = np.isfinite(cells) & (cells >= lower) & (cells <= upper)
    if column.kind == "integer" and cells.dtype.kind == "f":
        sound &= cells == np.round(cells)
    # A zero below zero is zero: the same case must not have two digests.
    return Values(cells.astype(_DTYPES[column.kind]) + 0, sound) if sound.all() else None


def _read(column: Column, word: str, rule: Callable[[str], Any]) -> Any:
    if word:
        return rule(word)
    if column.default is None:
        return _Problem("blank", _blank_message(column))
    return rule(column.default) if column.default else ""


def _blank_message(column: Column) -> str:
    unit = f" [{tr(column.unit)}]" if column.unit else ""
    return tr(
        "is blank and has no default; give the {name}{unit}.", name=chosen(column.chinese, column.name), unit=unit
    )


def _spread(
    raw: RawTable, column: Column, codes: np.ndarray, words: list[str], results: list[Any]
) -> tuple[Values, list[Fault]]:
    """Put the result for each distinct text into the rows in which it stands, and tell the faults row by row."""
    dtype = _DTYPES.get(column.kind, np.dtype(object))
    texts = column.kind not in _DTYPES
    # The last entry is what code -1, a lost cell, picks.
    kinds = np.array([result.kind if isinstance(result, _Problem) else "" for result in results] + ["lost"])
    distinct = np.empty(len(results) + 1, dtype=dtype)
    distinct[:] = [
        (word if texts else 0) if isinstance(result, _Problem) else result
        for word, result in zip(words, results, strict=True)
    ] + ["" if texts else 0]
    faults = []
    for kind in dict.fromkeys(kinds[:-1].tolist()):
        if kind:
            positions = np.flatnonzero((kinds == kind)[codes])
            faults += raw.faults(
                column.name,
                positions,
                lambda position: words[codes[position]] or None,
                lambda position: _message(results[codes[position]], words[codes[position]]),
            )
    return Values(distinct[codes], (kinds == "")[codes]), faults


def _message(problem: _Problem, word: str) -> str:
    # Asked for only where the fault is listed: to compare a word with thousands of ids takes its time.
    return problem.message + (did_you_mean(word, problem.near) or did_you_mean(word.lower(), problem.near))


def _rule(column: Column, known: Collection[str] | None, named: Mapping[str, str]) -> Callable[[str], Any]:
    if column.numeric:
        return lambda word: _number(column, word)
    if column.kind == "boolean":
        return _truth
    if column.kind == "choice":
        allowed = {str(word): str(word) for word in column.words}
        allowed |= {CHINESE[word]: str(word) for word in column.words}
        return lambda word: allowed.get(word) or _unknown_word(column, allowed)
    if column.kind == "reference":
        return lambda word: word if known is None or word in known else _unknown_id(column, word, known, named)
    return _id if column.kind == "id" else _text


def half_width(text: str) -> str:
    """Return a text with full-width digits, letters and signs as plain ones."""
    return text.translate(_HALF_WIDTH)


def plain_number(word: str) -> str | None:
    """Return a number as Python reads it from what was typed or pasted; None if it is none.

    Full-width digits and signs count, and so do commas, spaces or apostrophes between thousands; `0,5` is no number,
    because one reader takes it for a half and another for five.
    """
    plain = half_width(word)
    if _THOUSANDS.fullmatch(plain):
        plain = re.sub(r"[, '\u2019]", "", plain)
    return plain if NUMBER.fullmatch(plain) else None


def _number(column: Column, word: str) -> float | int | _Problem:
    plain = plain_number(word)
    if plain is None:
        return _Problem("number", tr("is not a number; write digits only, such as 12 or 0.5, without unit or spaces."))
    value = float(plain)
    unit = f" {tr(column.unit)}" if column.unit else ""
    if column.kind == "integer" and math.isfinite(value) and not value.is_integer():
        return _Problem("whole", tr("is not whole; give a whole number of {unit}.", unit=tr(column.unit or "units")))
    if column.lower is not None and value < column.lower:
        return _Problem(
            "lower", tr("is below the least allowed, {lower:.15g}{unit}; correct it.", lower=column.lower, unit=unit)
        )
    if column.upper is not None and value > column.upper:
        return _Problem(
            "upper", tr("is above the most allowed, {upper:.15g}{unit}; check the unit.", upper=column.upper, unit=unit)
        )
    if not math.isfinite(value):
        return _Problem("number", tr("is too large to be calculated with; correct it."))
    return int(value) if column.kind == "integer" else value + 0.0


def _truth(word: str) -> bool | _Problem:
    answer = TRUTHS.get(half_width(word).lower())
    return answer if answer is not None else _Problem("truth", tr("is neither yes nor no; write yes or no (是 or 否)."))


def _unknown_word(column: Column, allowed: Collection[str]) -> _Problem:
    words = joined(map(label, column.words)) if language() == "zh" else joined(column.words)
    name = chosen(column.chinese, column.name)
    return _Problem("word", tr("is no {name}; write one of {words}.", name=name, words=words), allowed)


def _table_named(name: str) -> str:
    tables = schema()
    return chosen(tables[name].chinese if name in tables else name, name)


def _unknown_id(column: Column, word: str, known: Collection[str], named: Mapping[str, str]) -> _Problem:
    if word in named:
        return _Problem("name", tr("is the name of {named}; write its id, {named}.", named=named[word]))
    return _Problem(
        "id",
        tr("is no id of the table {table}; correct it or add the row there.", table=_table_named(column.refers_to)),
        known,
    )


def _id(word: str) -> str | _Problem:
    if len(word) > ID_LENGTH_MAX:
        return _Problem("long", tr("is longer than {most} characters; give a shorter id.", most=ID_LENGTH_MAX))
    if _holds_control_characters(word, allowed=""):
        return _Problem("control", tr("holds a line break or another control character; remove it."))
    return word


def _text(word: str) -> str | _Problem:
    if _holds_control_characters(word, allowed="\t\n\r"):
        return _Problem("control", tr("holds a control character; remove it."))
    return word


def _holds_control_characters(word: str, allowed: str) -> bool:
    # Half a surrogate pair (category Cs) is no character either: it cannot be written to a file.
    return any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in allowed for mark in word)
