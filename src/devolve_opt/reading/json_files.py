"""Files that this package wrote as JSON, read back: they may be half, damaged, or somebody else's."""

from __future__ import annotations

import json
from typing import Any

MOST_LEVELS = 32
"""Tables and lists within one another; nothing here has more than ten."""


def read_json(content: bytes | str) -> Any:
    """Return what a text of JSON says.

    Raises:
        ValueError: if it is no sound JSON, holds numbers that are not finite, or has no end of levels.
    """
    try:
        found = json.loads(content, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("levels without end") from None
    if levels(found, MOST_LEVELS) > MOST_LEVELS:
        raise ValueError("levels without end")
    return found


def levels(value: Any, most: int) -> int:
    """Return how deep tables and lists stand within one another, at most a level more than is allowed."""
    found, inner = 0, [value]
    while inner and found <= most:
        each = [item.values() if isinstance(item, dict) else item for item in inner if isinstance(item, dict | list)]
        found, inner = found + 1, [item for items in each for item in items]
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")
