"""What the page of a report is made of: its look, numbers, tables and figures as HTML."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from devolve_opt.settings import ASSUMPTION

STYLE = """
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.55; }
h1 { color: #1B4F8A; border-bottom: 3px solid #1B4F8A; } h2 { color: #1B4F8A; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; font-size: .92rem; }
th { background: #1B4F8A; color: white; text-align: left; } .two td:nth-child(-n+2) { white-space: nowrap; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.two th.number { white-space: normal; }
.notice { background: #fbe9e9; color: #B2182B; border: 2px solid #B2182B; padding: .6rem 1rem; font-weight: bold; }
.proof { background: #eaf1f8; border-left: 5px solid #1B4F8A; padding: .6rem 1rem; }
.small { font-size: .8rem; color: #666; overflow-wrap: anywhere; } figure { margin: 1rem 0; break-inside: avoid; }
figure img { width: 100%; border: 1px solid #ddd; } .two { display: flex; gap: 1.5rem; } .two > div { flex: 1; }
@media print { body { max-width: none; margin: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; }
  tr:has(th) { break-after: avoid; } }
"""


def number(value: Any, sign: bool = False) -> str:
    """Return a number for a cell of the report; a dash for what is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if value == 0:
        return "0"
    whole = abs(value - round(value)) < 1e-9 or abs(value) >= 100
    return f"{value:{'+' if sign else ''},.0f}" if whole else f"{value:{'+' if sign else ''},.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; cells are HTML already, and columns of numbers stand to the right."""
    rows = list(rows)
    right = [_is_number(cell) for cell in rows[0]] if rows else []

    def cells(each: Sequence[str], tag: str) -> str:
        numbers = right or [False] * len(each)
        return "".join(
            f'<{tag} class="number">{cell}</{tag}>' if is_number else f"<{tag}>{cell}</{tag}>"
            for cell, is_number in zip(each, numbers, strict=True)
        )

    head = f"<tr>{cells(heads, 'th')}</tr>" if heads else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def _is_number(cell: str) -> bool:
    return bool(cell) and (cell == "–" or set(cell) <= set("+-0123456789,./ "))


def figure(caption: str, image: bytes, kind: str) -> str:
    """Return a figure that holds its image (`png`, `svg+xml`) within itself; the caption is HTML already."""
    data = b64encode(image).decode()
    shown = f'<img alt="{caption}" src="data:image/{kind};base64,{data}">'
    return f"<figure><figcaption>{caption}</figcaption>{shown}</figure>"


def assumed(given: Mapping[str, Any], settings: Any, prefix: str = "") -> Iterable[tuple[str, str, Any, str]]:
    """Return name, meaning, value and unit of the numbers among settings that are assumptions of this software."""
    for name, field in settings.model_fields.items():
        about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = given.get(name)
        # Where a user set another value, it is the user's to say what it rests on.
        own = value == field.get_default(call_default_factory=True)
        if own and about.get("source") == ASSUMPTION and isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", field.description or "", f"{value:,g}", str(about.get("unit", ""))
