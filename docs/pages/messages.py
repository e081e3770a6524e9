"""Messages of the code, as the page on errors quotes them: found in the code, and in Chinese from the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import devolve_opt
from devolve_opt.language import catalogue

QUOTED = re.compile(r"<!-- message: (.+?) -->")
VALUE = "…"
"""What stands for a value in a message."""


def _literals(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if "\n" not in node.value:  # no docstring
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)


@cache
def texts() -> frozenset[str]:
    """Return every text that is written in the code, with `…` where a value is filled in."""
    found: set[str] = set()
    for path in Path(devolve_opt.__file__).parent.rglob("*.py"):
        found |= {_without_values(text) for text in _literals(path.read_text(encoding="utf-8"))}
    return frozenset(found)


def _without_values(text: str) -> str:
    """Return a text with one `…` for each run of values; what may follow its end is no part of it."""
    return re.sub(r"([.。]) ?…$", r"\1", re.sub(r"(?:\{[^{}]*\}|…)+", VALUE, text))


@cache
def _chinese() -> dict[str, str]:
    return {_without_values(english): _without_values(chinese) for english, chinese in catalogue().items()}


def is_said(message: str) -> bool:
    """Tell whether the code says this message, or a text that it is a part of."""
    return any(message in text for text in texts())


def with_messages(page: str, language: Literal["zh", "en"]) -> str:
    """Return a page with `<!-- message: TEXT -->` written out; ValueError for a text that the code does not say.

    In Chinese the catalogue's words stand there, or the English ones where it has none: that is what is shown then.
    """

    def shown(found: re.Match[str]) -> str:
        text = found[1]
        if not is_said(text):
            raise ValueError(f"no message of the code: {text!r}")
        return f"`{_chinese().get(text, text) if language == 'zh' else text}`"

    return QUOTED.sub(shown, page)
