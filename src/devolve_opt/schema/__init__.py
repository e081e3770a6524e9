"""The one table of columns: what a case consists of.

`tables.csv` (of a case), `country_tables.csv` (of a country) and `columns.csv` beside this file define every table and
column (kind, unit, bounds, default, meaning, Chinese name). Reading, the data dictionary and later the workbook all
work from them. A new instrument adds its rows there and nowhere else.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from devolve_opt import vocabulary

Kind = Literal["id", "text", "integer", "number", "boolean", "choice", "reference"]

CHOICES: dict[str, tuple[str, ...]] = {
    "category": tuple(vocabulary.Category),
    "type": tuple(vocabulary.PowerType),
    "holder": tuple(vocabulary.Holder),
    "platform": tuple(vocabulary.Platform),
    "unit": tuple(vocabulary.Unit),
    "station": tuple(vocabulary.StationKind),
    "list": (vocabulary.BASE_LIST, *vocabulary.VOTING_CATEGORIES),
}
"""Words allowed in a column of kind `choice`, by the name that `columns.csv` gives the choice."""


@dataclass(frozen=True)
class Column:
    """One column of one table.

    Attributes:
        kind: what a cell holds; a `reference` holds the id of a row of another table, a `choice` a fixed word.
        unit: unit of a number, empty for words.
        lower, upper: bounds of a number (inclusive), or None.
        default: value taken where the column is left out or the cell is blank; None means it must be given.
        choices: the name in `CHOICES`, or the table referred to (a trailing `?` allows a blank).
    """

    table: str
    name: str
    kind: Kind
    unit: str
    lower: float | None
    upper: float | None
    default: str | None
    choices: str
    chinese: str
    meaning: str

    @property
    def numeric(self) -> bool:
        """Whether the cells are numbers."""
        return self.kind in ("integer", "number")

    @property
    def refers_to(self) -> str:
        """The table whose ids the cells name, or an empty string."""
        return self.choices.rstrip("?") if self.kind == "reference" else ""

    @property
    def optional(self) -> bool:
        """Whether the column or a cell may be left blank."""
        return self.default is not None or self.choices.endswith("?")

    @property
    def words(self) -> tuple[str, ...]:
        """The words a `choice` allows."""
        return CHOICES[self.choices] if self.kind == "choice" else ()


@dataclass(frozen=True)
class Table:
    """One table of a case: `name` is also its file name without `.csv`."""

    name: str
    key: tuple[str, ...]
    required: bool
    chinese: str
    meaning: str
    columns: tuple[Column, ...]

    def __getitem__(self, column: str) -> Column:
        """Return the column of that name; KeyError if there is none."""
        for candidate in self.columns:
            if candidate.name == column:
                return candidate
        raise KeyError(column)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in the order of the table."""
        return tuple(column.name for column in self.columns)


def _rows(file_name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def schema() -> dict[str, Table]:
    """Return every table of a case by name, in the order in which they are read (references point backwards)."""
    return _tables("tables.csv")


@cache
def country_schema() -> dict[str, Table]:
    """Return every table of a country by name."""
    return _tables("country_tables.csv")


def _tables(file_name: str) -> dict[str, Table]:
    columns: dict[str, list[Column]] = {}
    for row in _rows("columns.csv"):
        optional_reference = row["choices"].endswith("?")
        column = Column(
            table=row["table"],
            name=row["column"],
            kind=row["kind"],  # type: ignore[arg-type]
            unit=row["unit"],
            lower=_number(row["lower"]),
            upper=_number(row["upper"]),
            default="" if optional_reference else (row["default"] or None),
            choices=row["choices"],
            chinese=row["chinese"],
            meaning=row["meaning"],
        )
        columns.setdefault(column.table, []).append(column)
    return {
        row["table"]: Table(
            name=row["table"],
            key=tuple(row["key"].split("+")),
            required=row["required"] == "yes",
            chinese=row["chinese"],
            meaning=row["meaning"],
            columns=tuple(columns[row["table"]]),
        )
        for row in _rows(file_name)
    }


def numeric_columns() -> dict[str, list[Column]]:
    """Return the columns that hold numbers, by column name; the names that `[changes]` of a scenario may use."""
    found: dict[str, list[Column]] = {}
    for table in schema().values():
        for column in table.columns:
            if column.numeric:
                found.setdefault(column.name, []).append(column)
    return found


def columns_named(key: str) -> list[Column]:
    """Return the columns that a key of `[changes]` means, one if it is sound: a column's name, or `table.column`."""
    table, _, name = key.rpartition(".")
    return [column for column in numeric_columns().get(name, []) if not table or column.table == table]


@dataclass(frozen=True)
class Output:
    """A column of a table of results, in words.

    Attributes:
        chinese, english: its heading.
        unit: unit of a number, in English; empty for words and shares.
        format: `whole`, `number`, `share`, or empty for words.
    """

    chinese: str
    english: str
    unit: str
    format: str


@cache
def outputs() -> dict[tuple[str, str], Output]:
    """Return the columns of results by table and column; the table is empty where a column means the same in all."""
    return {
        (row["table"], row["column"]): Output(row["chinese"], row["english"], row["unit"], row["format"])
        for row in _rows("outputs.csv")
    }


def output(table: str, column: str) -> Output:
    """Return what a column of a table of results is called; KeyError if it is not known."""
    known = outputs()
    return known.get((table, column)) or known["", column]


@cache
def result_words() -> dict[str, tuple[str, str]]:
    """Return the codes in results that are no words of the vocabulary: in Chinese and in English."""
    return {row["word"]: (row["chinese"], row["english"]) for row in _rows("words.csv")}


def measured() -> dict[str, Output]:
    """Return the figures of a plan that an official asks for first, by measure."""
    return {column: words for (table, column), words in outputs().items() if table == "measures"}
