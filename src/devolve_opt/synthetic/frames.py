"""Typed tables: from whatever a part of the generator draws to the frames of a case."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pandas.api.types import pandas_dtype

from devolve_opt.case import Case
from devolve_opt.schema import schema

_TYPES = {"integer": "int64", "number": "float64", "boolean": "bool"}


def typed_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return every table of the schema, columns in order and typed; a column that is left out takes its default."""
    result = {}
    for name, table in schema().items():
        given = tables.get(name, pd.DataFrame())
        columns = {}
        for column in table.columns:
            if column.kind == "id":
                continue
            if column.name in given:
                values = given[column.name]
            else:
                values = pd.Series(_default(column.kind, column.default), index=given.index)
            columns[column.name] = values.astype(pandas_dtype(_TYPES.get(column.kind, "str")))
        frame = pd.DataFrame(columns)
        if table.columns[0].kind == "id":
            frame.index = pd.Index(given.index, dtype="str", name="id")
        else:
            frame = frame.reset_index(drop=True)
        result[name] = frame
    return result


def _default(kind: str, default: str | None) -> object:
    if kind == "boolean":
        return default == "yes"
    if kind in ("integer", "number"):
        return float(default or 0)
    return default or ""


def draft_case(tables: Mapping[str, pd.DataFrame]) -> Case:
    """Return a case of the tables at hand, for asking the rules what they would make of it."""
    return Case(title="draft", provenance="draft", synthetic=True, tables=typed_tables(tables))
