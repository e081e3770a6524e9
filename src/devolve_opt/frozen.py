"""Data that do not change: what is handed out is a copy, which pandas makes only when it is written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from operator import is_not
from typing import Any, Generic, TypeVar

import pandas as pd

Value = TypeVar("Value")


class FrozenMapping(Mapping[str, Value], Generic[Value]):
    """A mapping that cannot be changed; unlike `types.MappingProxyType` it can be sent to another process.

    Frames in it are handed out as copies.
    """

    def __init__(self, items: Mapping[Any, Value] | None = None):
        self._items = dict(items or {})

    def __getitem__(self, name: str) -> Value:
        """Return the value of that name, a copy if it is a frame."""
        return _copied(self._items[name])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def __repr__(self) -> str:
        """Return the items as a dict shows them."""
        return repr(self._items)


class FrozenFrames:
    """A base for frozen dataclasses that hold frames: what their attributes hand out is a copy."""

    def __getattribute__(self, name: str) -> Any:
        """Return the attribute, a copy if it is a frame."""
        return _copied(super().__getattribute__(name))


def last_remembered(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Let a function whose arguments never change remember its last answer, as long as it is asked with the same ones.

    For what many parts of one solve look up anew; each gets a copy. The arguments are compared by identity.
    """
    last: tuple[tuple[Any, ...], pd.DataFrame] | None = None

    @wraps(function)
    def remembering(*arguments: Any) -> pd.DataFrame:
        nonlocal last
        known = last
        if known is None or len(known[0]) != len(arguments) or any(map(is_not, known[0], arguments)):
            known = last = (arguments, function(*arguments))
        return known[1].copy()

    return remembering


def _copied(value: Any) -> Any:
    return value.copy(deep=False) if isinstance(value, pd.DataFrame) else value
