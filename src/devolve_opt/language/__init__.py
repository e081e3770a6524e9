"""The language in which people are spoken to: English as it stands in the code, or Chinese by the catalogue here.

Every text that a person reads goes through `tr`: its English words are the key into the CSV files of this folder
(columns `english`, `chinese`), one file for each part of the product. Names of files, columns, keys of the policy and
codes in tables of results are not translated: they are what programs read.
"""

from __future__ import annotations

import csv
import locale
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, wraps
from importlib.resources import files
from typing import Any, Literal, ParamSpec, TypeVar, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Given = ParamSpec("Given")
Result = TypeVar("Result")
VARIABLE = "DEVOLVE_OPT_LANG"
"""Variable of the environment that sets the language of a process, `zh` or `en`."""

_here: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """Return the language spoken here: of `speaking`, else of the environment, else of the system's locale."""
    chosen = _here.get()
    if chosen is None:
        return _of_names(tuple(os.environ.get(name, "") for name in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")))
    return chosen


def set_language(wanted: Language) -> None:
    """Set the language of this process and of those that it starts; ValueError if it is not one of `LANGUAGES`."""
    os.environ[VARIABLE] = _known(wanted)


@contextmanager
def speaking(wanted: Language) -> Iterator[None]:
    """Speak a language within this block, in this thread alone; ValueError if it is not one of `LANGUAGES`."""
    token = _here.set(_known(wanted))
    try:
        yield
    finally:
        _here.reset(token)


def in_this_language(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a function that speaks the language spoken here, in whatever thread it is called: threads know nothing."""
    here = language()

    @wraps(work)
    def there(*arguments: Given.args, **named: Given.kwargs) -> Result:
        with speaking(here):
            return work(*arguments, **named)

    return there


def tr(text: str, /, **values: Any) -> str:
    """Return a text in the language spoken here, with its values filled in as `str.format` does.

    Args:
        text: the English text, the key into the catalogue; a text that is not in it stays English.
        values: what stands for `{name}` in the text; braces mean nothing where no values are given.
    """
    words = text if language() == "en" else catalogue().get(text, text)
    return words.format(**values) if values else words


def joined(names: Iterable[object]) -> str:
    """Return names in a line, with a comma between them, in Chinese the one for lists."""
    return tr(", ").join(map(str, names))


def chosen(chinese: str, english: str) -> str:
    """Return that one of two texts which is in the language spoken here."""
    return chinese if language() == "zh" else english


def in_both(text: str, between: str = "\n", first: Language = "zh") -> str:
    """Return an English text of the catalogue beside its Chinese; one that is the same in both, or lacks it, once."""
    chinese = catalogue().get(text, text)
    both = (chinese, text) if first == "zh" else (text, chinese)
    return text if chinese == text else between.join(both)


@cache
def catalogue() -> dict[str, str]:
    """Return the Chinese of every English text; ValueError if a text stands in it twice and differs."""
    found: dict[str, str] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".csv"):
            for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True)):
                if found.setdefault(row["english"], row["chinese"]) != row["chinese"]:
                    raise ValueError(f"{file.name}: {row['english']!r} stands twice and differs.")
    return found


@cache
def _of_names(names: tuple[str, ...]) -> Language:
    """Return the language that the first variable which says one names; none does on Windows, which has a locale."""
    own, *of_system = names
    said = next((name for name in of_system if name), "")
    if not said:
        with suppress(ValueError):
            said = locale.getlocale()[0] or ""
    return _of(own) or _of(said) or "en"


def _of(name: str) -> Language | None:
    """Return the language of a locale such as `zh_CN.UTF-8`, or on Windows `Chinese (Simplified)_China`."""
    if name.lower().startswith(("zh", "chinese")):
        return "zh"
    return "en" if name.lower().startswith("en") else None


def _known(wanted: Language) -> Language:
    if wanted not in LANGUAGES:
        raise ValueError(f"no language {wanted!r}; one of {', '.join(LANGUAGES)}.")
    return wanted
