"""A study as a workbook: its text, and its tables with headings and words in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl.styles import Alignment

from devolve_opt.case import SYNTHETIC_DATA
from devolve_opt.language import tr
from devolve_opt.scenario import Scenario
from devolve_opt.studies.ranges import is_whole
from devolve_opt.studies.sensitivity import MEASURES
from devolve_opt.views.sheets import (
    HEADINGS,
    SHARE,
    TITLE,
    WHOLE,
    add_sheet,
    add_titled_sheet,
    fit_height,
    new_book,
    put,
    save,
    set_up_printing,
    write_frame,
    write_lines,
)
from devolve_opt.views.wording import setting_named, word_of

LINE_WIDTH = 110
"""Width of the text's column (characters)."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: which of the table's, what it is called, and its number format, if it has one."""

    name: str
    heading: str
    number_format: str | None = None


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table to be written: its name, its rows, and those of its columns that are shown."""

    name: str
    frame: pd.DataFrame
    columns: Sequence[Column]


def columns_of_points(settings: Iterable[str]) -> list[Column]:
    """Return the columns that the points of every study of settings have."""
    return [
        *(Column(name, setting_named(name), WHOLE if is_whole(name) else "0.00##") for name in settings),
        Column("status", tr("how far it is proven")),
        Column("objective", tr("worth (staff-hours a year)"), WHOLE),
        Column("bound", tr("no plan is worth more than (staff-hours a year)"), WHOLE),
        Column("gap", tr("gap"), "0.00%"),
        *(Column(name, tr(words), SHARE if name == "list_kept" else WHOLE) for name, words in MEASURES.items()),
    ]


def points_in_words(points: pd.DataFrame) -> pd.DataFrame:
    """Return points with the words for how far each is proven; what holding on came to too, where it was asked."""
    proofs = [column for column in ("status", "held_status") if column in points]
    return points.assign(**{column: [word_of(code) or code for code in points[column]] for column in proofs})


def write_study_workbook(path: Path, scenario: Scenario, text: str, sheets: Sequence[Sheet]) -> None:
    """Write a study as a workbook; the file is complete or is not there.

    Args:
        path: the file; it ends in .xlsx.
        scenario: what the study is of; invented data are marked on every sheet.
        text: what it found, in lines; the first is the title.
        sheets: its tables; one without rows is left out.
    """
    book = new_book()
    title, *lines = text.splitlines()
    first = add_sheet(book, tr("what was found"))
    first.column_dimensions["A"].width = LINE_WIDTH
    put(first.cell(1, 1), title).font = TITLE
    write_lines(first, 2, lines)
    for row, line in enumerate(lines, start=2):
        first.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        fit_height(first, row, [(line, LINE_WIDTH)])
    set_up_printing(first)
    for each in sheets:
        if each.frame.empty:
            continue
        notice = SYNTHETIC_DATA if scenario.case.synthetic else ""
        sheet = add_titled_sheet(book, each.name, f"{each.name}: {title}", notice)
        shown = each.frame[[column.name for column in each.columns]]
        write_frame(
            sheet, HEADINGS, shown, [column.heading for column in each.columns],
            [column.number_format for column in each.columns],
        )  # fmt: skip
    save(book, path)
