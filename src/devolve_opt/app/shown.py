"""What the pages show, as text and tables in the language spoken there; data stay data, never markup."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from devolve_opt.app.session import Run
from devolve_opt.errors import DevolveError
from devolve_opt.language import tr
from devolve_opt.schema import measured, output
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.side_by_side import FIGURES, side_by_side
from devolve_opt.views.plan_workbook import LEFT_OUT, WORDED
from devolve_opt.views.wording import heading_of, word_of

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
PREVIOUS, LAST = "previous", "last"


def plain(text: object) -> str:
    """Return a text so that Markdown shows it as it is: no link, picture, colour or HTML comes of it."""
    return _MARKS.sub(r"\\\1", str(text)).replace("\n", "  \n")


def word(code: Any) -> Any:
    """Return a code of the results in the language spoken here; of codes in a row, each; what is no code as it is."""
    if not isinstance(code, str) or not code:
        return code
    known = word_of(code)
    if known is None and ", " in code:
        parts = [word_of(part) for part in code.split(", ")]
        return code if None in parts else tr(", ").join(map(str, parts))
    return known or code


def readable(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a table of results with headings and words in the language spoken here.

    Returns:
        The table, and the format of each of its columns by heading: `whole`, `number`, `share` or empty.
    """
    kept = frame.drop(columns=[column for column in LEFT_OUT if column in frame]).rename(columns=str)
    invented = "synthetic" in frame and bool(frame["synthetic"].any())
    heads: dict[str, str] = {}
    formats: dict[str, str] = {}
    for column in map(str, kept.columns):
        words = output(name, column)
        # A heading must stand once.
        told = heading_of(words)
        head = f"{told} ({column})" if told in formats else told
        heads[column], formats[head] = head, words.format
    shown = kept.assign(**{column: kept[column].map(word) for column in WORDED if column in kept})
    for column in map(str, kept.select_dtypes(bool)):
        shown[column] = kept[column].map({True: tr("yes"), False: tr("no")})
    shown = shown.rename(columns=heads)
    # So that no row that is copied elsewhere loses that.
    return shown.assign(**{tr("synthetic data"): tr("yes")}) if invented else shown, formats


def names_of(frame: pd.DataFrame) -> dict[str, str]:
    """Return what the rows of a table of the case are called in a list to choose from: id and name."""
    return {str(one): f"{one} {name}" for one, name in frame["name"].items()}


def failure_text(error: Exception) -> str:
    """Return what went wrong, as a user is told of it."""
    if isinstance(error, DevolveError):
        return str(error)
    return tr(
        "Something went wrong that should not have ({kind}). Those who run this server find more in its log.",
        kind=type(error).__name__,
    )


def figures_compared(previous: Run, last: Run) -> pd.DataFrame:
    """Return the figures of two runs side by side, with the difference; columns in the language spoken here."""
    frame = compare({PREVIOUS: previous.plan, LAST: last.plan})
    words = measured()
    rows = frame.loc[list(words)].astype(float)
    rows.index = pd.Index([heading_of(each) for each in words.values()], name=tr("figure"))
    rows["difference"] = rows[LAST] - rows[PREVIOUS]
    heads = {PREVIOUS: tr("previous run"), LAST: tr("this run"), "difference": tr("difference")}
    return rows.rename(columns=heads).reset_index()


def verdict(previous: Run, last: Run) -> str:
    """Return which of two runs is proven better, or why that is not told."""
    frame = compare({PREVIOUS: previous.plan, LAST: last.plan})
    if frame.at["better_than", LAST] == PREVIOUS:
        return tr("Proven: this run is worth more than the previous one can be.")
    if frame.at["better_than", PREVIOUS] == LAST:
        return tr("Proven: the previous run is worth more than this one can be.")
    if frame.at["not_comparable_with", LAST]:
        return tr("Not ranked: the runs have other data or prices, or one of them breaks rules.")
    return tr("Not ranked: neither is proven to be worth more than the other.")


def asked_otherwise(previous: Run, last: Run) -> pd.DataFrame:
    """Return the settings in which two runs differ."""
    frame = side_by_side({PREVIOUS: previous.plan, LAST: last.plan}).asked
    return frame.rename(columns={"key": tr("setting"), PREVIOUS: tr("previous run"), LAST: tr("this run")})


def lists_changed(previous: Run, last: Run) -> pd.DataFrame:
    """Return the powers that stand on other lists in the last run than in the one before it."""
    frame = side_by_side({PREVIOUS: previous.plan, LAST: last.plan}).lists
    frame = frame[frame["differs"]].drop(columns=["differs", "field"])
    for name in (PREVIOUS, LAST):
        frame[name] = [word(text.replace("+", ", ")) if text else "–" for text in frame[name]]
    heads = {
        "power": heading_of(output("", "power")), "name": heading_of(output("", "name")),
        PREVIOUS: tr("previous run"), LAST: tr("this run"),
    }  # fmt: skip
    return frame.rename(columns=heads).reset_index(drop=True)


def townships_changed(previous: Run, last: Run) -> pd.DataFrame:
    """Return the townships whose rounds met, powers, posts or officers differ between two runs, with the changes."""
    frame = side_by_side({PREVIOUS: previous.plan, LAST: last.plan}).townships
    frame = frame[frame["plan"] == LAST]
    figures = [figure for figure in FIGURES if figure in ("rounds_met", "powers_taken", "posts", "officers")]
    changes = frame[[f"{figure}_change" for figure in figures]]
    frame = frame[(changes != 0).any(axis=1)]
    heads = {"township": heading_of(output("", "township")), "name": heading_of(output("posts", "name"))}
    heads |= {f"{figure}_change": heading_of(output("", figure)) for figure in figures}
    return frame[list(heads)].rename(columns=heads).reset_index(drop=True)
