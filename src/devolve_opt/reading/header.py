"""The header of a case, `case.toml`: what it is called, where its data come from, whether they are invented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from devolve_opt.errors import Fault, did_you_mean, listed, shown
from devolve_opt.language import joined, tr
from devolve_opt.reading.toml_files import read_keys
from devolve_opt.schema.header import AVAILABLE_HOURS, HEADER_FILE, HEADER_KEYS, HOURS_OF_A_YEAR


def read_header(content: bytes) -> tuple[dict[str, Any], list[Fault]]:
    """Read the bytes of a `case.toml`.

    Returns:
        `title`, `provenance`, `synthetic` and `available_hours` (hours a year), and the faults.
    """
    keys, faults = read_keys(content, HEADER_FILE)
    return ({}, faults) if faults else check_header(keys)


def missing_header() -> Fault:
    """Return the fault that there is no `case.toml`."""
    needed = joined(key.name for key in HEADER_KEYS if not key.default)
    return Fault(tr("is missing; a case needs it, with the keys {needed}.", needed=needed), file=HEADER_FILE)


def check_header(keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Check the keys of a header and fill in the default.

    Returns:
        The header, to be used only if there are no faults, and the faults.
    """
    names = [key.name for key in HEADER_KEYS]
    faults = listed(
        [name for name in keys if name not in names],
        lambda name: Fault(
            tr("unknown key; rename it or remove it.") + did_you_mean(name, names), file=HEADER_FILE, column=name
        ),
    )
    header: dict[str, Any] = {"available_hours": AVAILABLE_HOURS, **keys}
    for key in HEADER_KEYS:
        if key.name not in header:
            faults.append(
                Fault(
                    tr("the key is missing; add it: {meaning}", meaning=tr(key.meaning)),
                    file=HEADER_FILE,
                    column=key.name,
                )
            )
            continue
        value = header[key.name]
        remedy = {"text": _text_remedy, "boolean": _truth_remedy, "number": _hours_remedy}[key.kind](value)
        if remedy:
            said = shown(value).lower() if isinstance(value, bool) else shown(value)
            faults.append(Fault(remedy, file=HEADER_FILE, column=key.name, value=said))
    if not faults:
        header = {name: header[name] for name in names}
        header["available_hours"] = float(header["available_hours"])
    return header, faults


def header_text(header: Mapping[str, Any]) -> str:
    """Return a checked header as the text of a `case.toml`."""
    return "".join(f"{key.name} = {_toml(header[key.name])}\n" for key in HEADER_KEYS)


def _toml(value: str | bool | float) -> str:
    # JSON writes text, true and false as TOML does, but leaves DEL, which TOML wants escaped.
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text_remedy(value: Any) -> str:
    if not isinstance(value, str):
        return tr("must be text; put it in quotation marks.")
    if not value.strip():
        return tr("is blank; write a few words.")
    if not value.isascii() and any("\ud800" <= mark <= "\udfff" for mark in value):
        return tr("holds half a character (a lone surrogate); remove it.")
    return ""


def _truth_remedy(value: Any) -> str:
    return "" if isinstance(value, bool) else tr("must be true or false, without quotation marks.")


def _hours_remedy(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return tr("must be a number of hours a year, without quotation marks.")
    if not 0 < value <= HOURS_OF_A_YEAR:
        return tr("must be above 0 and at most {hours:g} hours a year; correct it.", hours=HOURS_OF_A_YEAR)
    return ""
