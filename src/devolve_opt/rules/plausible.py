"""Figures that are likely given in another unit: columns a thousand times off, and rows far from all others.

Nothing is refused for it: a case may be what it is. What is usual is wide, and an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.schema import schema

USUAL: dict[tuple[str, str], tuple[float, float]] = {
    ("townships", "population"): (500, 1_000_000), ("townships", "area_km2"): (1, 10_000),
    ("townships", "gdp"): (500, 10_000_000), ("townships", "fiscal_revenue"): (20, 500_000),
    ("townships", "posts"): (3, 3_000), ("townships", "staff_in_post"): (3, 3_000),
    ("townships", "statutory_officer_hours"): (10, 100_000),
    ("fields", "readiness_hours"): (1, 10_000),
    ("powers", "simple_hours"): (0.05, 200), ("powers", "ordinary_hours"): (0.2, 2_000),
    ("powers", "upkeep_hours"): (0.5, 5_000), ("powers", "support_hours"): (0.1, 2_000),
    ("cases", "cases"): (0.1, 1_000), ("traffic", "files"): (1, 20_000), ("migrants", "migrant_workers"): (5, 500_000),
    ("teams", "hours"): (1, 5_000), ("travel", "hours"): (0.02, 30), ("stations", "own_hours"): (200, 200_000),
    ("duties", "hours"): (1, 5_000), ("duties", "hours_per_1000"): (0.01, 100),
    ("duties", "officer_hours"): (0.1, 2_000),
}  # fmt: skip
"""Between what the median of the values above 0 usually lies, in the unit of the column; assumptions."""
USUAL_LOAD = (0.05, 3.0)
"""Between what the median of statutory hours lies, as a share of the hours of the staff in post; an assumption."""
TRUSTED = (1e-4, 1e7)
"""Between what a solver's arithmetic on 64-bit numbers is sound with tolerances of 1e-6: an assumption, about where
HiGHS itself begins to warn. The city's numbers lie between 0.1 and 1e5."""
FAR = 500.0
"""How many times the median, or what part of it, one row's value is to be noticed."""
SIZES = ("townships", "powers", "stations", "duties")
"""Tables whose rows are alike enough for one to be held against the others."""


@dataclass(frozen=True)
class Oddity:
    """Something that another unit would explain.

    Attributes:
        table, column: where.
        median: of the values above 0; of `load`, a share.
        usual: between what it usually lies; None where single rows are far from the median.
        rows: those rows, by id.
        unit: of the column.
    """

    table: str
    column: str
    median: float
    usual: tuple[float, float] | None
    rows: tuple[str, ...]
    unit: str


LOAD = "load"
"""Column of an `Oddity` that is about statutory hours against the hours of the staff."""


def oddities(case: Case) -> list[Oddity]:
    """Return what in a case is likely given in another unit; nothing for most cases."""
    return [*_columns(case), *_loads(case), *_rows(case)]


def _columns(case: Case) -> Iterator[Oddity]:
    for (table, column), usual in USUAL.items():
        values = _above_zero(case, table, column)
        if len(values) and not usual[0] <= values.median() <= usual[1]:
            yield Oddity(table, column, float(values.median()), usual, (), _unit(table, column))


def _loads(case: Case) -> Iterator[Oddity]:
    towns = case.tables["townships"]
    hours = towns["staff_in_post"].astype(float) * case.available_hours
    load = (towns["statutory_hours"].astype(float) / hours.where(hours > 0)).dropna()
    load = load[load > 0]
    if len(load) and not USUAL_LOAD[0] <= load.median() <= USUAL_LOAD[1]:
        yield Oddity("townships", LOAD, float(load.median()), USUAL_LOAD, (), "")


def _rows(case: Case) -> Iterator[Oddity]:
    for table, column in [*USUAL, ("townships", "statutory_hours")]:
        values = _above_zero(case, table, column)
        if table not in SIZES or not len(values):
            continue
        median = float(values.median())
        far = values[(values >= FAR * median) | (values <= median / FAR)]
        if len(far):
            yield Oddity(table, column, median, None, tuple(map(str, far.index)), _unit(table, column))


def _above_zero(case: Case, table: str, column: str) -> pd.Series:
    values = case.tables[table][column].astype(float)
    return values[values > 0]


def _unit(table: str, column: str) -> str:
    return next(each.unit for each in schema()[table].columns if each.name == column)
