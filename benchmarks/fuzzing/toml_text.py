"""Trees of keys as TOML, written in whichever of its ways comes up: sections, inline tables, either kind of string."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, time
from random import Random
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(random: Random, tree: Mapping[str, Any]) -> str:
    """Return a tree as TOML; what TOML cannot hold, such as null, is written so that it is no sound TOML."""
    lines: list[str] = []
    _table(random, tree, "", lines)
    return "\n".join(lines) + "\n"


def _table(random: Random, tree: Mapping[str, Any], path: str, lines: list[str]) -> None:
    later = []
    for key, value in tree.items():
        name = _key(random, key)
        whole = f"{path}.{name}" if path else name
        if isinstance(value, Mapping) and random.random() < 0.7:
            later.append((f"[{whole}]", whole, value))
        elif _are_tables(value) and random.random() < 0.7:
            later += [(f"[[{whole}]]", whole, each) for each in value]
        else:
            lines.append(f"{name} = {_value(random, value)}")
    for head, whole, value in later:
        lines.append(head)
        _table(random, value, whole, lines)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _key(random: Random, key: str) -> str:
    return key if _BARE.fullmatch(key) and random.random() < 0.9 else _string(key)


def _string(text: str) -> str:
    # JSON escapes as TOML does, but for DEL, and halves of surrogate pairs, which TOML has none of.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f").encode("utf-8", "replace").decode("utf-8")


def _value(random: Random, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        # Too long a number is no text in Python, but may stand in a file all the same.
        return hex(value) if abs(value) > 10**400 else random.choice((str(value), str(value), f"{value:+}"))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(random, key)} = {_value(random, each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(random, each) for each in value) + random.choice(("]", ",]" if value else "]"))
    text = str(value)
    plain = "'" not in text and "\n" not in text and text.isprintable()
    return f"'{text}'" if plain and random.random() < 0.2 else _string(text)
