"""Files of keys (TOML): bytes to keys, or the one fault that says why there are none."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from devolve_opt.errors import Fault
from devolve_opt.language import tr
from devolve_opt.reading.json_files import MOST_LEVELS, levels

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
# The parser takes a second for a key of ten thousand parts, and minutes for one of a hundred thousand.
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MOST_LEVELS},}}")
_PLACE = re.compile(r" \(at line (\d+), column \d+\)")


def read_keys(content: bytes, file: str) -> tuple[dict[str, Any], list[Fault]]:
    """Return what a file of keys says, and what is wrong with it as a file: then it says nothing.

    Args:
        content: its bytes, UTF-8 with or without byte order mark.
        file: its name.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return {}, [Fault(tr("is not UTF-8 text; save it as UTF-8."), file=file, row=row)]
    long = _LONG_KEY.search(text)
    if long is not None:
        return {}, [_too_deep(file, text[: long.start()].count("\n") + 1)]
    try:
        keys = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        cause = str(error).replace(place[0], "") if place else str(error)
        message = tr('is not sound TOML: {cause}; write each key as in title = "City".', cause=cause)
        return {}, [Fault(message, file=file, row=int(place[1]) if place else None)]
    except RecursionError:
        return {}, [_too_deep(file)]
    except ValueError:  # Python reads no number of so many digits
        return {}, [Fault(tr("holds a number of thousands of digits; correct it."), file=file)]
    return ({}, [_too_deep(file)]) if levels(keys, MOST_LEVELS) > MOST_LEVELS else (keys, [])


def _too_deep(file: str, row: int | None = None) -> Fault:
    return Fault(tr("has tables or lists within one another without end; correct it."), file=file, row=row)
