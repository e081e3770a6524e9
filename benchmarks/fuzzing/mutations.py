"""What happens to files on their way: bytes, texts, numbers and trees of keys, spoilt at random."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import date, datetime, time
from random import Random
from typing import Any

NUMBERS = (
    "0", "1", "-1", "1.5", "-0.0", "+3", "007", "1e3", "1E-7", "1e400", "-1e400", "1e-400", "inf", "-inf", "nan",
    "NaN", "Infinity", "0x10", "1_000", "1,000", "1,00", "1 000", "１２", "３．５", "－１", "−1", "１，０００", "٣",
    "²", "½", "①", "三", "12人", "5%", "１０％", ".5", "5.", ".", "+", "e5", "1e", "--1", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e15", "1e18", "0.1", "2024-01-01", "1/2",
    "12:30", "True", "0,5", "1'000", "1’000",
)  # fmt: skip
"""Texts for numbers: of every kind that people and programs write, and some that are none."""
WORDS = (
    "", " ", "　", "-", "yes", "NO", "是", "否", "ＹＥＳ", "TRUE", "none", "null", "NULL", "None", "#REF!", "#N/A",
    "=1+1", '=HYPERLINK("http://x")', "@SUM(A1)", "+1", "-cmd|' /C calc'!A0", "base", "county_seat", "县城", "penalty",
    "行政处罚", "county", "A", "a", "P1", "p1", "Ａ", "A ", "A\u200b", "\ufeffA", "\u202eA", "A\u0301", "Á", "甲镇",
    "id", "示例", "example", "合计", "total", "备注", "\x00", "a\x00b", "\x07", "\x1b[2J", "\x7f", "\x85", "\u2028",
    "\u2029", "\ud800", "\U0001f600", "\U00100000", "\ufffe", "a\nb", "a\r\nb", "a\rb", "a\tb", '"', '""', "'", '"a',
    'a"b', "a,b", "a;b", "a|b", "a，b", "\\", "{0}", "{named!r}", "%s", "<b>", "]]>", "../../etc/passwd", "C:\\x",
    "con", "x" * 65, "字" * 100, "ab" * 600,
)  # fmt: skip
"""Texts that are no number: blanks, words of both languages, marks that other programs take for something else."""
SPLICES = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\r", b"\n", b"\r\n", b"\n\n", b'"', b'""', b"'",
    b",", b",,,,", b";", b"\t",
    b"\xd6\xd0", b"\x81\x30\x81\x30", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8\xad",
    b"\xe4\xb8", b"\x1a", b"\x1b[2J",
    b"\xe2\x80\xae", b"\xe2\x80\xa8", b"#", b"=", b"[", b"]", b"[[", b"{", b"}", b'"""', b"\\", b"\\u0000", b"nan",
    b"inf", b"1e400", b"true", b"-", b"0",
    b"<!DOCTYPE x>", b"&x;", b"<", b">", b"]]>", b"META\n", b"VOTES\n",
)  # fmt: skip
"""Bytes that mean something to some reader."""


def nasty_text(random: Random) -> str:
    """Return a text that may stand in a cell: a number, a word, a few marks of anywhere, or a very long one."""
    kind = random.randrange(12)
    if kind < 5:
        return random.choice(NUMBERS)
    if kind < 9:
        return random.choice(WORDS)
    if kind == 9:
        return "".join(chr(random.choice((random.randrange(0x20, 0x7F), random.randrange(0xD800), 0x4E00)))
                       for _ in range(random.randrange(1, 12)))  # fmt: skip
    if kind == 10:
        return random.choice(("x", "字", "9", " ", ",", "A\n")) * random.choice((70, 1_000, 20_000, 140_000))
    return random.choice(WORDS) + random.choice(NUMBERS)


def number_near(random: Random, text: str) -> str:
    """Return a number near one that stands there, as one of its many spellings."""
    try:
        value = float(text)
    except ValueError:
        return nasty_text(random)
    changed = random.choice((value + 1, value - 1, value * 2, value / 3, -value, value * 10 ** random.randrange(12)))
    spelt = random.choice((repr(changed), f"{changed:.6e}", f"{changed:,.0f}", f"{changed:+.2f}", f" {changed:g} "))
    return spelt.translate({48 + digit: 0xFF10 + digit for digit in range(10)}) if random.random() < 0.2 else spelt


def spoilt_bytes(random: Random, content: bytes) -> tuple[str, bytes]:
    """Return what was done to a file, and its bytes then: flips, cuts, doubled parts, splices, one to three of them."""
    said = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = random.choice(tuple(_BYTES))
        content = _BYTES[name](random, content)
        said.append(name)
    return " + ".join(said), content


def _place(random: Random, content: bytes) -> int:
    return random.randrange(len(content) + 1)


def _flip(random: Random, content: bytes) -> bytes:
    if not content:
        return b"\x01"
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << random.randrange(8))]) + content[at + 1 :]


def _other(random: Random, content: bytes) -> bytes:
    at = _place(random, content)
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def _cut(random: Random, content: bytes) -> bytes:
    return content[: _place(random, content)]


def _without(random: Random, content: bytes) -> bytes:
    start, stop = sorted((_place(random, content), _place(random, content)))
    return content[:start] + content[min(stop, start + random.choice((1, 2, 3, 50, 10**6))) :]


def _twice(random: Random, content: bytes) -> bytes:
    start, stop = sorted((_place(random, content), _place(random, content)))
    return content[:stop] + content[start:stop] * random.choice((1, 1, 2, 20)) + content[stop:]


def _splice(random: Random, content: bytes) -> bytes:
    at = _place(random, content)
    return content[:at] + random.choice(SPLICES) + content[at:]


def _line(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    at = random.randrange(len(lines))
    chosen = lines[at]
    action = random.randrange(5)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines.insert(random.randrange(len(lines) + 1), chosen)
    elif action == 2:
        lines[at] = chosen.rstrip(b"\r\n")
    elif action == 3:
        lines[at] = chosen.rstrip(b"\r\n") + random.choice((b"\r", b"\r\n", b"\n\r", b"\x0b", b"\n\n"))
    else:
        random.shuffle(lines)
    return b"".join(lines)


def _endless(random: Random, content: bytes) -> bytes:
    at = _place(random, content)
    return content[:at] + random.choice(ENDLESS) * random.choice(
        (300, 5_000, 150_000)
    ) + content[at:]  # fmt: skip


def _ends(random: Random, content: bytes) -> bytes:
    return content.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b"\n\r")))


def _coded(random: Random, content: bytes) -> bytes:
    encoding = random.choice(("gb18030", "gbk", "utf-16", "utf-16-le", "utf-8-sig", "big5", "cp1252"))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def _marked(random: Random, content: bytes) -> bytes:
    return b"\xef\xbb\xbf" * random.choice((1, 2)) + content


def _nothing(random: Random, content: bytes) -> bytes:
    return random.choice((b"", b"\n", b"\xef\xbb\xbf", b" ", b"\x00" * 10))


_BYTES: dict[str, Callable[[Random, bytes], bytes]] = {
    "a bit flipped": _flip, "a byte changed": _other, "cut off": _cut, "a part left out": _without,
    "a part doubled": _twice, "something put in": _splice, "lines moved": _line, "endless": _endless,
    "other line ends": _ends, "another encoding": _coded, "byte order marks": _marked, "nothing": _nothing,
}  # fmt: skip

ENDLESS = (b"x", b",", b'"', b"a,", b"\n", b"\xe4\xb8\xad", b"[", b"a.", b";", b"a;", b"- ", b"\\")
"""Parts of lines without end."""
LEAVES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3.5, 0.5, -0.0, 1e308, 1e-320, math.inf, -math.inf, math.nan, 2**31, 2**63 - 1,
    2**63, -(2**63) - 1,
    10**30, 10**400, 16**5000, "", " ", "1", "0.5", "true", "yes", "x", "x" * 5_000, "\x00", "a\x00.xlsx", "\x1b[2J",
    "字", "\U0001f600", "\u202e",
    "../../../etc", "/", ".", "..", "{0}", "%s", [], {}, [[]], [{}], {"a": 1}, {"": 1}, [1, "a", None], ["x"] * 50,
    date(2024, 1, 1),
    datetime(2024, 1, 1, 12), time(12, 30),
)  # fmt: skip
"""Values of every type that TOML or JSON can hold, within and beyond what is allowed."""


def deep(random: Random, levels: int) -> Any:
    """Return a list or table within another, so many levels deep."""
    value: Any = 1
    for _ in range(levels):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def nasty_value(random: Random, before: Any) -> Any:
    """Return another value for a key: of another type, another number, another text."""
    kind = random.randrange(8)
    if kind < 3 and isinstance(before, int | float) and not isinstance(before, bool):
        if abs(before) > 10**300:
            return 1
        return random.choice((before + 1, before - 1, before * 2, before / 3, -before, float(before), str(before)))
    if kind == 3:
        return nasty_text(random)
    if kind == 4 and isinstance(before, list) and before:
        more = [*before, random.choice(LEAVES)]
        return random.choice((before * 2, before[:-1], more, list(reversed(before)), before[0]))
    if kind == 5:
        return deep(random, random.choice((2, 5, 40, 120)))
    return deepcopy(random.choice(LEAVES))


def spoilt_tree(random: Random, tree: dict[str, Any], keys: Sequence[str] = ()) -> tuple[str, dict[str, Any]]:
    """Return what was done to a tree of keys, and the tree then: one to three values, keys and branches changed.

    Args:
        random: the source of choices.
        tree: tables, lists and values; it is not changed.
        keys: further keys that may be put in.
    """
    tree, said = deepcopy(tree), []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        branches = list(_branches(tree))
        where, owner = random.choice(branches)
        names: list[Any] = list(owner) if isinstance(owner, dict) else list(range(len(owner)))
        action = random.randrange(10)
        if isinstance(owner, dict) and (action == 0 or not names):
            key = random.choice((*keys, "self", "", "x", "a.b", "字", "x" * 300, "__class__", "title", "\u202e"))
            owner[key] = nasty_value(random, None)
            said.append(f"{where}.{key[:20]} put in")
        elif not names:
            owner.append(nasty_value(random, None))
            said.append(f"{where} given an entry")
        elif action == 1:
            name = random.choice(names)
            del owner[name]
            said.append(f"{where}.{name} left out")
        elif action == 2 and isinstance(owner, dict):
            name, value = random.choice(list(owner.items()))
            del owner[name]
            other = random.choice((f"{name}x", name[:-1], name.upper(), f" {name}", "self"))
            owner[other] = value
            said.append(f"{where}.{name} called {other}")
        elif action == 3:
            one, other = random.choice(names), random.choice(names)
            owner[one], owner[other] = owner[other], owner[one]
            said.append(f"{where}: {one} and {other} exchanged")
        else:
            name = random.choice(names)
            owner[name] = nasty_value(random, owner[name])
            said.append(f"{where}.{name} changed")
    return " + ".join(said), tree


def _branches(value: Any, name: str = "") -> Any:
    if isinstance(value, dict | list):
        yield name, value
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in list(inner)[:200]:
            yield from _branches(each, f"{name}.{key}" if name else str(key))
