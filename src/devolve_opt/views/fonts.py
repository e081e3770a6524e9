"""Which fonts figures are written in: the Latin one that matplotlib brings, and one with Chinese that is installed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font, weight_dict
from matplotlib.ft2font import FT2Font

from devolve_opt.language import language, tr
from devolve_opt.vocabulary import CHINESE

VARIABLE = "DEVOLVE_OPT_FONT"
"""Variable of the environment that names the font of Chinese characters: a file, or the family of an installed font."""

LATIN = "DejaVu Sans"
"""The font that matplotlib brings."""

KNOWN = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "STHeiti", "SimHei", "DengXian", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Arial Unicode MS", "Droid Sans Fallback", "Songti SC", "SimSun", "NSimSun", "KaiTi", "Noto Serif CJK SC",
    # Of a collection, matplotlib before 3.11 knows only the first face; its shapes are the Japanese ones.
    "Noto Sans CJK JP", "Noto Serif CJK JP",
)  # fmt: skip
"""Families with simplified Chinese characters, the ones that read best in small print first."""

PROBE = frozenset("".join(CHINESE.values()) + "，。、：；（）《》")
"""A font with all of these is taken for one with simplified Chinese characters."""


def families() -> list[str]:
    """Return the families that a text is written in: what the first one lacks is taken from the next one.

    In Chinese the font of Chinese characters comes first, so that Latin letters and numbers beside them fit.
    """
    chinese = chinese_family()
    if chinese is None:
        return [LATIN]
    return [chinese, LATIN] if language() == "zh" else [LATIN, chinese]


def bold(text: str) -> dict[str, Any]:
    """Return family and weight of a bold text: a font with Chinese that has one weight is not asked for another."""
    chinese = chinese_family()
    if chinese is None or (language() == "en" and _all_in(text, [_font(LATIN)])):
        return {"fontfamily": [LATIN], "fontweight": "bold"}
    return {"fontfamily": families(), "fontweight": "bold" if _has_bold(chinese) else "normal"}


def chinese_family() -> str | None:
    """Return the family of the font for Chinese characters, None where there is none; looked for once a process."""
    named = os.environ.get(VARIABLE, "").strip()
    return (_named(named) if named else None) or _installed()


def writable(text: str) -> bool:
    """Return whether the fonts of figures have every character of a text."""
    return _all_in(text, [_font(family) for family in families()])


def missing_font() -> str | None:
    """Return what keeps figures from being in Chinese and what to do, in the language spoken; None if nothing does.

    Told too, in either language: the variable `DEVOLVE_OPT_FONT` names what cannot be used.
    """
    told = []
    named = os.environ.get(VARIABLE, "").strip()
    if named and _named(named) is None:
        words = tr(
            "{variable} names {font}, which is no font with Chinese characters: give the path of a font file "
            "(.ttf, .otf, .ttc) or the family of an installed font.",
            variable=VARIABLE,
            font=named,
        )
        told.append(words)
    if language() == "zh" and chinese_family() is None:
        words = tr(
            "No font with Chinese characters was found, so the words in figures are English. Install one "
            "(Debian, Ubuntu: apt install fonts-noto-cjk; Fedora: dnf install google-noto-sans-cjk-fonts; macOS: "
            "brew install --cask font-noto-sans-cjk-sc; Windows: the optional feature Chinese (Simplified) "
            "Supplemental Fonts), or set {variable} to the path of a font file.",
            variable=VARIABLE,
        )
        told.append(words)
    return "\n".join(told) or None


def _all_in(text: Iterable[str], fonts: Sequence[FT2Font]) -> bool:
    return all(any(font.get_char_index(ord(character)) for font in fonts) for character in text)


@cache
def _has_bold(family: str) -> bool:
    weights = [entry.weight for entry in fontManager.ttflist if entry.name == family]
    numbers = [weight_dict[weight] if isinstance(weight, str) else weight for weight in weights]
    return max(numbers, default=0) >= weight_dict["semibold"]


@cache
def _font(family: str) -> FT2Font:
    return get_font(findfont(FontProperties(family=family), fallback_to_default=False))


@cache
def _named(named: str) -> str | None:
    """Return the family that a person names by a file or by its name, None if there is no such font with Chinese."""
    path = Path(named).expanduser()
    if not path.is_file():
        return named if _holds_chinese(named) else None
    before = len(fontManager.ttflist)
    try:
        fontManager.addfont(path)
    except (OSError, RuntimeError, ValueError):
        return None
    # A collection has a face for each country; that of the mainland is preferred.
    faces = sorted((entry.name for entry in fontManager.ttflist[before:]), key=lambda name: " SC" not in name)
    return next((name for name in faces if _holds_chinese(name)), None)


@cache
def _installed() -> str | None:
    """Return an installed family with Chinese; matplotlib's list of fonts, kept between runs, may lack new ones."""
    found = next(filter(_holds_chinese, KNOWN), None)
    if found is None and _add_new():
        found = next(filter(_holds_chinese, KNOWN), None)
    # Only now is every font opened, as there may be hundreds.
    return found or next(filter(_holds_chinese, sorted({entry.name for entry in fontManager.ttflist})), None)


def _add_new() -> bool:
    listed = {str(entry.fname) for entry in fontManager.ttflist}
    new = [path for path in findSystemFonts() if path not in listed]
    for path in new:
        # What matplotlib cannot read, it does not list either.
        with suppress(OSError, RuntimeError, ValueError):
            fontManager.addfont(path)
    return bool(new)


def _holds_chinese(family: str) -> bool:
    if all(entry.name != family for entry in fontManager.ttflist):
        return False
    try:
        font = _font(family)
    except (OSError, RuntimeError, ValueError):
        return False
    return _all_in(PROBE, [font])
