"""Raw tables: cells as they were given, with the place each came from, before anything is understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.errors import MOST_LISTED, Fault, did_you_mean, more_like_these
from devolve_opt.language import tr
from devolve_opt.schema import Table

LISTED_FAULTS = MOST_LISTED
"""Faults of one kind in one column that are listed one by one; a last one counts the others."""
MOST_COLUMNS = 300
"""Columns that a file or sheet may have; no table has as many."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table whose columns are matched to the schema but whose cells are not read yet.

    Attributes:
        table: the table of the schema.
        file: name of the file, or of the table for frames.
        cells: by column of the schema: texts (an array of objects in which `""` is a blank and None a cell that is lost
            because its row is broken), or an array of numbers or booleans.
        rows: the row of each entry as the user counts them: lines of the file, or positions from 1.
        complete: False if rows were lost, so that nothing may be concluded from an absence.
    """

    table: Table
    file: str
    cells: Mapping[str, np.ndarray]
    rows: np.ndarray
    complete: bool = True

    def fault(self, position: int, column: str, value: str | None, message: str) -> Fault:
        """Return a fault of one row, given by its position in the table."""
        return Fault(message, file=self.file, row=int(self.rows[position]), column=column, value=value)

    def faults(
        self, column: str, positions: np.ndarray, value: Callable[[int], str | None], message: Callable[[int], str]
    ) -> list[Fault]:
        """Return the faults of one kind in one column: the first ones, and one that counts the others.

        Args:
            column: name of the column.
            positions: the rows at fault, as positions in the table.
            value: gives the text that stands at a position.
            message: gives the message for a position.
        """
        listed = positions[:LISTED_FAULTS]
        faults = [self.fault(position, column, value(position), message(position)) for position in listed.tolist()]
        more = len(positions) - len(listed)
        if more:
            one = tr("1 more row has the same fault as the {listed} rows above.", listed=LISTED_FAULTS)
            many = tr("{n} more rows have the same fault as the {listed} rows above.", n=more, listed=LISTED_FAULTS)
            count = one if more == 1 else many
            faults.append(Fault(count, file=self.file, column=column))
        return faults


def normalised(text: str) -> str:
    """Return a cell or a header name as it is understood: without surrounding spaces (full-width ones too)."""
    return text.strip()


def match_columns(
    table: Table, names: Sequence[str], file: str, row: int | None = None
) -> tuple[dict[str, int], list[Fault]]:
    """Match the names of a header, English or Chinese, to the columns of a table.

    Args:
        table: the table of the schema.
        names: the names as they stand.
        file: file or table named in the faults.
        row: line of the header, or None for frames.

    Returns:
        The position of each column that was found, and the faults: unknown, doubled and missing columns.
    """
    english = {column.name: column.name for column in table.columns}
    known = {**{column.chinese: column.name for column in table.columns}, **english}
    there = {known.get(normalised(name)) for name in names}
    absent = [name for name, column in known.items() if column not in there]
    found: dict[str, int] = {}
    faults = []
    unknown = 0
    for position, given in enumerate(names):
        name = normalised(given)
        column = known.get(name)
        if column is None:
            unknown += 1
            if unknown > MOST_LISTED:
                continue
            hint = did_you_mean(name, absent) or did_you_mean(name.lower(), absent)
            message = tr("unknown column; rename it or remove it.{hint}", hint=hint)
            faults.append(Fault(message, file=file, row=row, column=name, value=None if name else given))
        elif column in found:
            first = normalised(names[found[column]])
            same = tr("the column is there twice; keep one.")
            other = tr("the column is there twice, as {first!r} and as {name!r}; keep one.", first=first, name=name)
            message = same if first == name else other
            faults.append(Fault(message, file=file, row=row, column=name))
        else:
            found[column] = position
    faults += more_like_these(unknown - MOST_LISTED, file)
    for wanted in table.columns:
        if wanted.name not in found and not wanted.optional:
            unit = f" [{tr(wanted.unit)}]" if wanted.unit else ""
            message = tr(
                "the column is missing; add {name!r} or {chinese!r}{unit}: {meaning}",
                name=wanted.name,
                chinese=wanted.chinese,
                unit=unit,
                meaning=tr(wanted.meaning),
            )
            faults.append(Fault(message, file=file, row=row, column=wanted.name))
    return found, faults


def from_frame(table: Table, frame: pd.DataFrame) -> tuple[RawTable, list[Fault]]:
    """Take a frame whose ids may be a column or the index; its rows are counted from 1.

    Returns:
        The raw table and the faults of its columns.
    """
    frame = _with_index_as_columns(table, frame)
    found, faults = match_columns(table, [str(name) for name in frame.columns], table.name)
    cells = {column: _cells(frame.iloc[:, position]) for column, position in found.items()}
    return RawTable(table, table.name, cells, np.arange(1, len(frame) + 1)), faults


def _with_index_as_columns(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    given = {str(name) for name in frame.columns}
    for column in table.columns:
        if given & {column.name, column.chinese}:
            continue
        levels = [name for name in frame.index.names if name in (column.name, column.chinese)]
        if levels:
            frame = frame.reset_index(level=levels)
        elif column.kind == "id" and frame.index.nlevels == 1 and not isinstance(frame.index, pd.RangeIndex):
            frame = frame.rename_axis(column.name).reset_index()
    return frame


def _cells(series: pd.Series) -> np.ndarray:
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufb":
        return series.to_numpy()
    return as_texts(series.astype(object).to_numpy())


def as_texts(values: np.ndarray) -> np.ndarray:
    """Return values of any type as the texts that a file would hold; missing values become blanks."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = [value if type(value) is str else as_text(value) for value in values.tolist()]
    return texts


def as_text(value: Any) -> str:
    """Return the text of one value such that reading it gives the same value again: 3.0 -> `3`, True -> `yes`."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else repr(float(value)).removesuffix(".0")
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    return str(value)
