"""The annexes of a report: what is decided by name, so that a page of counts can be looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import pandas as pd

from devolve_opt.language import tr
from devolve_opt.views.report_parts import number, table

MOST_DECLINED = 40
"""Choices not met that are named, those of most rounds first."""
Words = Callable[[Any], str]
"""Returns a code in words, as HTML."""


def listed(guide_list: pd.DataFrame, word: Words) -> str:
    """Return the guide list by name as HTML.

    Args:
        guide_list: columns `power, name, type, field_name, list, townships_taking`.
        word: words of a code.
    """
    rows = [
        (escape(f"{row['power']} {row['name']}"), word(row["type"]), escape(str(row["field_name"])), word(row["list"]),
         number(row["townships_taking"]))
        for row in guide_list.to_dict("records")
    ]  # fmt: skip
    heads = tr("Power"), tr("Type"), tr("Field"), tr("List"), tr("Townships that take it")
    return _titled(tr("The guide list by name"), heads, rows)


def townships(choices: pd.DataFrame, posts: pd.DataFrame, officers: pd.DataFrame, word: Words) -> str:
    """Return what every township gets as HTML; a subdistrict has posts and officers only.

    Args:
        choices: columns `township, powers_taken, rounds_met, rounds_asked`.
        posts: columns `township, name, category, posts_before, posts`.
        officers: columns `township, officers_before, officers`.
        word: words of a code.
    """
    found = posts.merge(officers[["township", "officers_before", "officers"]], on="township").merge(
        choices[["township", "powers_taken", "rounds_met", "rounds_asked"]], on="township", how="left"
    )
    rows = [
        (escape(str(row["name"])), word(row["category"]), number(row["powers_taken"]),
         f"{number(row['rounds_met'])} / {number(row['rounds_asked'])}",
         f"{number(row['posts_before'])} → {number(row['posts'])}",
         f"{number(row['officers_before'])} → {number(row['officers'])}")
        for row in found.to_dict("records")
    ]  # fmt: skip
    heads = (
        tr("Township"), tr("Category"), tr("Powers taken"), tr("Rounds met / asked"), tr("Posts: today → planned"),
        tr("Officers: today → planned"),
    )  # fmt: skip
    return _titled(tr("Every township"), heads, rows)


def declined(refused: pd.DataFrame, word: Words) -> str:
    """Return the choices not met that most was asked for as HTML.

    Args:
        refused: columns `township_name, power_name, rounds, reason`.
        word: words of a code.
    """
    first = refused.sort_values("rounds", ascending=False, kind="stable").head(MOST_DECLINED)
    rows = [
        (escape(str(row["township_name"])), escape(str(row["power_name"])), number(row["rounds"]), word(row["reason"]))
        for row in first.to_dict("records")
    ]
    heads = tr("Township"), tr("Power"), tr("Rounds in which it was chosen"), tr("First reason")
    title = tr("Choices not met: {shown} of {all} by name", shown=len(first), all=len(refused))
    return _titled(title, heads, rows)


def _titled(title: str, heads: tuple[str, ...], rows: Sequence[Sequence[str]]) -> str:
    shown = table([escape(head) for head in heads], rows) if rows else f"<p>{escape(tr('None.'))}</p>"
    return f"<h3>{escape(title)}</h3>{shown}"
