"""Numbers as they are written, in fractions: what an audit works out has no rounding error of its own.

A number of a table or a setting counts as the shortest decimal that is stored so, which is what stands in the file: 0.7
is seven tenths, not the binary number next to it. Counts stay whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar, cast

import pandas as pd
from pydantic import BaseModel

Thing = TypeVar("Thing")
ROUNDING: Any = Fraction(1, 10**9)
"""A figure this close to a whole number counts as whole where it is rounded: shares are written with so many digits."""


def exactly(thing: Thing) -> Thing:
    """Return a number, table, case, policy or part of one so that all its numbers are exact.

    Args:
        thing: what holds numbers; whole numbers, texts and what is not finite stay as they are.

    Returns:
        Fractions for numbers that may have digits after the point; a table with such columns of fractions; anything
        with attributes so that each of them is exact.
    """
    return cast(Thing, _exactly(thing))


def _exactly(thing: Any) -> Any:
    if isinstance(thing, float):
        return _fraction(thing)
    if isinstance(thing, str | int | Enum):
        return thing
    if isinstance(thing, pd.DataFrame):
        broken = {str(name): _exactly(column) for name, column in thing.items() if column.dtype.kind == "f"}
        return thing.assign(**broken)
    if isinstance(thing, pd.Series):
        return thing if thing.dtype.kind != "f" else pd.Series(
            [_fraction(value) for value in thing.tolist()], thing.index, dtype=object, name=thing.name
        )  # fmt: skip
    if isinstance(thing, Mapping):
        return {key: _exactly(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return tuple(_exactly(value) for value in thing)
    if isinstance(thing, BaseModel) or (is_dataclass(thing) and not isinstance(thing, type)):
        return _Exact(thing)
    return thing


class _Exact:
    """Something whose attributes, and what its methods return, are exact; each is made once."""

    def __init__(self, thing: object):
        self._thing = thing

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        value = _method(found) if callable(found) else _exactly(found)
        self.__dict__[name] = value
        return value

    def __str__(self) -> str:
        return str(self._thing)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: _exactly(function(*args, **options))


@lru_cache(maxsize=1 << 17)
def _fraction(value: float) -> Any:
    return Fraction(repr(float(value))) if math.isfinite(value) else value


def ratio(values: pd.Series, by: pd.Series) -> pd.Series:
    """Return one whole number divided by another for each entry; 0 where it would be by nothing."""
    pairs = zip(values.tolist(), by.tolist(), strict=True)
    return pd.Series(
        [Fraction(one) / other if other > 0 else Fraction(0) for one, other in pairs], values.index, object
    )


def total(values: pd.Series) -> Any:
    """Return the sum; of whole numbers one of Python's own, which never overflows."""
    return sum(values.tolist())


def as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its exact columns as floating-point numbers."""
    return frame.astype({str(name): "float64" for name, column in frame.items() if column.dtype == object})


def down(values: pd.Series) -> pd.Series:
    """Round down; a number that is whole but for `ROUNDING` counts as whole."""
    return _rounded(values, lambda value: math.floor(value + ROUNDING))


def up(values: pd.Series) -> pd.Series:
    """Round up; a number that is whole but for `ROUNDING` counts as whole."""
    return _rounded(values, lambda value: math.ceil(value - ROUNDING))


def nearest(values: pd.Series) -> pd.Series:
    """Round to the nearest whole number, halves upwards."""
    return _rounded(values, lambda value: math.floor(value + Fraction(1, 2) + ROUNDING))


def _rounded(values: pd.Series, rounded: Callable[[Any], int]) -> pd.Series:
    return pd.Series([rounded(value) for value in values.tolist()], values.index, "int64", name=values.name)
