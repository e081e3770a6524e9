"""Everything that can go wrong, as the user is told of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from devolve_opt.language import joined, tr

Item = TypeVar("Item")
MOST_LISTED = 20
"""Faults of one kind that are listed one by one; a last one counts the others."""
LONGEST_WORD = 100
"""A longer word is no slip of the pen: to look for one that is meant would take long and find none."""


@dataclass(frozen=True)
class Fault:
    """One fault of the input: where it is, what stands there, and what to do about it.

    Attributes:
        message: what is wrong and the remedy, one sentence.
        file: the file, or the name of the object for data that come from Python.
        row: line in the file as a text editor counts it (the header is line 1), or None.
        column: name of the column or key, an option (`--out`), a cell (`cell B7`), or empty.
        value: the text that stands there, or None if nothing does.
    """

    message: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str | None = None

    def __str__(self) -> str:
        """Return the fault as one line: file, row, column, value, message; marks that move the cursor are spelt out."""
        place = [self.file.replace(", sheet ", tr(", sheet "))] if self.file else []
        if self.row is not None:
            place.append(tr("row {row}", row=self.row))
        if self.column:
            place.append(_named(self.column))
        if self.value is not None:
            place.append(tr("value {shown!r}", shown=_shortened(self.value, 60)))
        return _on_one_line(joined(place) + (tr(": ") if place else "") + self.message)


def _named(column: str) -> str:
    """Return what a fault calls its column: an option is an option, and a cell without a name is the cell."""
    if column.startswith("--"):
        return tr("option {column}", column=column)
    column = _shortened(column, 200)
    column = column.replace(", cell ", tr(", cell "))
    cell = column.removeprefix("cell ")
    return tr("cell {cell}", cell=cell) if cell != column else tr("column {column}", column=column)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _on_one_line(text: str) -> str:
    """Return a text with control characters, halves of characters and marks that turn the line round as escapes."""
    if text.isprintable():
        return text
    return "".join(ascii(mark)[1:-1] if _moves(mark) else mark for mark in text)


def _moves(mark: str) -> bool:
    return unicodedata.category(mark) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(mark) in _TURNING


_TURNING = frozenset({"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class DevolveError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(DevolveError):
    """The input is not usable; carries every fault that was found, not just the first."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        count = len(self.faults)
        title = tr("1 fault in the input:") if count == 1 else tr("{count} faults in the input:", count=count)
        super().__init__("\n".join([title, *(f"  {fault}" for fault in self.faults)]))


class NoPlanError(DevolveError):
    """No plan exists, or none was found in time; the message says which, and why.

    Attributes:
        proven: whether it is proven that no plan exists.
        clashes: the rules that clash, `solver.clashes.Clashes`; None where that was not asked for or not found.
        conflict: the least that would have to give, `solver.conflict.Conflict`; likewise.
        remedies: numbers of the policy with which a plan exists, `studies.remedies.Remedy` each; likewise.
    """

    def __init__(
        self, message: str, proven: bool, clashes: Any = None, conflict: Any = None, remedies: tuple[Any, ...] = ()
    ):
        self.proven, self.clashes, self.conflict, self.remedies = proven, clashes, conflict, remedies
        super().__init__(message)


class SolverError(DevolveError):
    """The solver failed, or answered something that must not be used."""


class AuditError(DevolveError):
    """A solved plan breaks a rule: a defect of this software, never of the input."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` if some known word is near, else an empty string."""
    if len(word) > LONGEST_WORD:
        return ""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return tr(" Did you mean {near}?", near=repr(near[0])) if near else ""


def listed(items: Sequence[Item], fault: Callable[[Item], Fault]) -> list[Fault]:
    """Return the fault of each item; of the many behind the first ones, nobody reads more than their number."""
    faults = [fault(item) for item in items[:MOST_LISTED]]
    return faults + more_like_these(len(items) - len(faults), faults[-1].file if faults else "")


def more_like_these(more: int, file: str) -> list[Fault]:
    """Return the fault that counts those of one kind that are not listed; none where there are none."""
    if more <= 0:
        return []
    many = tr("{n} more faults of this kind are not listed.", n=more)
    return [Fault(tr("1 more fault of this kind is not listed.") if more == 1 else many, file=file)]


def shown(value: Any) -> str:
    """Return a value as a fault shows it: its text, or its kind where a text would be endless."""
    try:
        return str(value)
    except (ValueError, RecursionError):  # numbers of thousands of digits; lists within lists within lists
        return type(value).__name__
