"""The header of a case, `case.toml`: what it is called, where its data come from, whether they are invented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from devolve_opt.errors import Fault, did_you_mean, listed, shown
from devolve_opt.language import joined, tr
from devolve_opt.reading.toml_files import read_keys
from devolve_opt.schema.header import AVAILABLE_HOURS, HEADER_FILE, HEADER_KEYS, HOURS_OF_A_YEAR, SCHEMA_KEY
from devolve_opt.version import SCHEMA_VERSION


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
    header: dict[str, Any] = {"available_hours": AVAILABLE_HOURS, SCHEMA_KEY: SCHEMA_VERSION, **keys}
    if newer := refuse_newer(header[SCHEMA_KEY], HEADER_FILE):
        return {}, [newer]  # what it means by the other keys is not known here
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
        remedy = REMEDIES[key.kind](value)
        if remedy:
            said = shown(value).lower() if isinstance(value, bool) else shown(value)
            faults.append(Fault(remedy, file=HEADER_FILE, column=key.name, value=said))
    if not faults:
        header = {name: header[name] for name in names if name != SCHEMA_KEY}
        header["available_hours"] = float(header["available_hours"])
    return header, faults


def header_text(header: Mapping[str, Any]) -> str:
    """Return a checked header as the text of a `case.toml`."""
    written = {**header, SCHEMA_KEY: SCHEMA_VERSION}
    return "".join(f"{key.name} = {_toml(written[key.name])}\n" for key in HEADER_KEYS)


def refuse_newer(version: Any, file: str) -> Fault | None:
    """Return the fault that something is written in a format that is not known here yet; None if it is not."""
    if version_remedy(version) or version <= SCHEMA_VERSION:
        return None
    message = tr(
        "is written in format {format}; this software reads formats up to {reads}: install a newer devolve_opt.",
        format=shown(version), reads=SCHEMA_VERSION,
    )  # fmt: skip
    return Fault(message, file=file, column=SCHEMA_KEY, value=shown(version))


def format_fault(version: Any, file: str) -> Fault | None:
    """Return what is wrong with the format that something says it is written in: newer than is known, or none."""
    if remedy := version_remedy(version):
        return Fault(remedy, file=file, column=SCHEMA_KEY, value=shown(version))
    return refuse_newer(version, file)


def version_remedy(value: Any) -> str:
    """Return what is wrong with a format that is no newer than this software's; empty if nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or value % 1 != 0:
        return tr("must be a whole number from 1 on; leave the key out if in doubt.")
    return ""


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


REMEDIES = {"text": _text_remedy, "boolean": _truth_remedy, "number": _hours_remedy, "version": version_remedy}
"""What is wrong with a value, by kind of key; empty if nothing is."""
