"""Frames or raw tables to the checked tables of a case; every fault is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.language import joined, tr
from devolve_opt.reading.cells import ReadTable, distinct_ids, names_to_ids, read_table
from devolve_opt.reading.checks import check_between
from devolve_opt.reading.raw import RawTable, from_frame
from devolve_opt.schema import Table, schema


def check_tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the checked, typed tables of a case.

    Args:
        frames: typed frames or frames of text by table name, with the English or Chinese column names of the schema;
            ids may be a column or the index. Optional tables and columns may be left out.

    Returns:
        Every table of the schema in its order, with all its columns in theirs; absent optional tables are empty.
        Tables keyed by `id` are indexed by it, the others are plain; rows stay in the order given.

    Raises:
        InputError: listing every fault of every frame; rows are counted from 1.
    """
    faults = [
        Fault(tr("unknown table; rename it or leave it out.") + did_you_mean(str(name), schema()), file=str(name))
        for name in frames
        if name not in schema()
    ]
    raw_tables: dict[str, RawTable] = {}
    for table in schema().values():
        frame = frames.get(table.name)
        if isinstance(frame, pd.DataFrame):
            raw_tables[table.name], found = from_frame(table, frame)
            faults += found
        elif frame is not None:
            faults.append(Fault(tr("must be a DataFrame, not {kind}.", kind=type(frame).__name__), file=table.name))
        elif table.required:
            faults.append(missing_table(table, table.name))
    tables, found = read_tables(raw_tables)
    raise_if_any([*faults, *found])
    return tables


def missing_table(table: Table, file: str) -> Fault:
    """Return the fault that a required table is not there, naming the columns it needs."""
    needed = joined(column.name for column in table.columns if not column.optional)
    return Fault(
        tr("is missing; add it with the columns {needed}. {meaning}", needed=needed, meaning=tr(table.meaning)),
        file=file,
    )


def read_tables(raw_tables: Mapping[str, RawTable]) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read raw tables together.

    Args:
        raw_tables: the tables that are there, by name.

    Returns:
        The tables of a case, to be used only if there are no faults here nor in the making of the raw tables; and
        the faults.
    """
    known = {name: distinct_ids(raw) for name, raw in raw_tables.items()}
    named = {name: names_to_ids(raw) for name, raw in raw_tables.items()}
    faults: list[Fault] = []
    read: dict[str, ReadTable] = {}
    for name, raw in raw_tables.items():
        read[name], found = read_table(raw, known, named)
        faults += found
    faults += check_between(read)
    if faults:
        return {}, faults
    return with_absent_tables({name: frame_of(table) for name, table in read.items()}), []


def with_absent_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables in the order of the schema, and an empty one for each optional table that is not among them."""
    return {
        name: tables[name] if name in tables else frame_of(read_table(_no_rows(table), {})[0])
        for name, table in schema().items()
        if name in tables or not table.required
    }


def raise_if_any(faults: Iterable[Fault]) -> None:
    """Raise InputError if there are faults, those of one file together and in the order of the tables."""
    order = {name: place for place, table in enumerate(schema().values()) for name in (table.name, table.chinese)}
    ordered = sorted(faults, key=lambda fault: order.get(fault.file.removesuffix(".csv").rpartition(", sheet ")[2], -1))
    if ordered:
        raise InputError(ordered)


def _no_rows(table: Table) -> RawTable:
    cells = {name: np.empty(0, dtype=object) for name in table.column_names}
    return RawTable(table, table.name, cells, np.empty(0, dtype=np.int64))


def frame_of(read: ReadTable) -> pd.DataFrame:
    """Return a table that was read without faults as a frame, indexed by its ids where it has such a column."""
    columns = {
        name: pd.Series(column.values, dtype="str" if column.values.dtype == object else column.values.dtype)
        for name, column in read.values.items()
    }
    frame = pd.DataFrame(columns)
    return frame.set_index("id") if "id" in columns else frame
