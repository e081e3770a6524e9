"""A page of plain text: lines of one width, broken as the language breaks them, and columns that stand straight."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import east_asian_width

from devolve_opt.language import language, tr

WIDTH = 120
"""Columns of the page; a Chinese character takes two."""

NEVER_FIRST = frozenset("，。、；：？！）》」』”’…％%)]},.;:!?/")
"""Signs that no line of Chinese begins with."""
CLAUSE_ENDS = frozenset("，。、；：）")
"""Signs after which a line of Chinese is best broken."""
NEAR = 24
"""Columns from the end of the page within which such a sign is looked for."""
NEVER_LAST = frozenset("（《「『“‘([{第+-/")
"""Signs that no line of Chinese ends with; `第` stands before a number that belongs to it."""


def wrapped(opening: str, items: Iterable[str]) -> list[str]:
    """Return a list in words, broken between its items where a line would pass the page's width."""
    lines, line = [], opening
    parts = list(items)
    for number, part in enumerate(parts):
        text = part + (tr(".") if number == len(parts) - 1 else tr("; "))
        if display_width(line + text.rstrip()) > WIDTH - 2 and line.strip() and line != opening:
            lines.append(line.rstrip())
            line = "  "
        line += text
    return [*lines, line.rstrip()]


def folded(line: str) -> list[str]:
    """Return a line broken so that no part passes the page's width; what follows stands further in.

    English is broken at spaces. Chinese is broken between its characters too, but within no number, id or word, not
    between a number and what it counts, and so that no line begins with a sign that ends a clause.
    """
    indent = " " * (len(line) - len(line.lstrip()))
    parts, rest = [], line
    while display_width(rest) > WIDTH:
        fitting = [
            end
            for end in range(len(rest))
            if rest[:end].strip() and _may_break(rest, end) and display_width(rest[:end]) <= WIDTH
        ]
        if not fitting:
            break
        clauses = [end for end in fitting if language() == "zh" and _ends_a_clause(rest[:end])]
        end = (clauses or fitting)[-1]
        parts.append(rest[:end])
        rest = f"{indent}  {rest[end:].removeprefix(' ')}"
    return [*parts, rest]


def _may_break(text: str, end: int) -> bool:
    """Tell whether a line may end before this place."""
    before, after = text[end - 1], text[end]
    if language() == "en":
        return after == " "
    following = text[end : end + 2].lstrip()[:1]
    if following in NEVER_FIRST or before in NEVER_LAST or before == " " or (before.isdigit() and _is_wide(following)):
        return False
    return after == " " or _is_wide(before) or _is_wide(after)


def _ends_a_clause(line: str) -> bool:
    return line[-1] in CLAUSE_ENDS and display_width(line) > WIDTH - NEAR


def _is_wide(sign: str) -> bool:
    return bool(sign) and east_asian_width(sign) in "WF"


def display_width(text: str) -> int:
    """Return the columns that a text takes where Chinese characters are twice as wide as Latin ones."""
    return sum(2 if _is_wide(character) else 1 for character in text)


def padded(text: str, width: int) -> str:
    """Return a text filled up with spaces to so many columns, on its left if the width is negative.

    In English every character counts as one column.
    """
    room = " " * (abs(width) - (display_width(text) if language() == "zh" else len(text)))
    return room + text if width < 0 else text + room
