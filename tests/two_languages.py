"""What a text in Chinese must share with the same text in English, and what it must not."""

from __future__ import annotations

import re
from collections import Counter

ENGLISH = re.compile(r"[A-Za-z][a-z'’]+(?:,? [a-z'’]+)+")
"""Two English words in a row, the second in small letters."""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def english_in(text: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """Return the runs of English words in a text, without the phrases that may stand there (names, paths, options)."""
    for phrase in sorted(allowed, key=len, reverse=True):
        text = text.replace(phrase, "")
    return ENGLISH.findall(text)


def numbers_in(text: str) -> Counter[str]:
    """Return the numbers of a text, whatever their order: Chinese says things in another one."""
    return Counter(number.rstrip(",") for number in NUMBER.findall(text))
