"""A plan as one Excel workbook, ready to be handed in: what is decided, before and after, why, and who answers.

Everything in it stands in Chinese first and in English below or beside it, whatever language is spoken: it is handed
on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from devolve_opt.case import SYNTHETIC_DATA
from devolve_opt.language import LANGUAGES, Language, in_both, speaking
from devolve_opt.plan import Plan
from devolve_opt.schema import measured, output, result_words
from devolve_opt.studies.comparing import measures
from devolve_opt.views.caps import caps
from devolve_opt.views.declined import declined, withdrawn
from devolve_opt.views.duties import duties
from devolve_opt.views.responsibilities import responsibilities
from devolve_opt.views.sheets import (
    HEADINGS,
    NOTICE,
    NUMBER,
    SHARE,
    TITLE,
    WHOLE,
    add_sheet,
    add_titled_sheet,
    new_book,
    put,
    save,
    set_up_printing,
    write_frame,
    write_lines,
)
from devolve_opt.views.stations import stations
from devolve_opt.views.summary import summary
from devolve_opt.views.tables import exclusions, plan_tables
from devolve_opt.views.terms import ratio_plan, terms_on
from devolve_opt.views.wording import percent, status_lines
from devolve_opt.vocabulary import CHINESE, label

PLAN_WORKBOOK = "plan.xlsx"
"""Name of the workbook in a run's folder."""
SHEETS = {
    "guide_list": ("1+4清单", "1+4 list", 2), "take_up": ("乡镇承接", "take-up", 2),
    "posts": ("编制", "posts", 2), "officers": ("执法人员与培训", "officers and training", 2),
    "workload": ("工作量", "workload", 2), "choices": ("选择满足", "choices met", 2),
    "declined": ("未满足的选择", "choices not met", 2), "exclusions": ("排除事项", "exclusions", 2),
    "terms": ("目标各项", "terms", 2), "list_changes": ("与比例法对比", "against the ratio rule", 2),
    "responsibilities": ("责任清单", "responsibilities", 2), "readiness": ("领域条件", "readiness", 2),
    "caps": ("上限使用", "caps", 1), "stations": ("站所", "stations", 2), "duties": ("职责", "duties", 2),
    "openings": ("县级开放事项", "opened by counties", 2), "withdrawn": ("收回", "withdrawn", 2),
}  # fmt: skip
"""Sheet of each table that is handed in: its name in Chinese and English, and the columns that stay in sight."""
FORMATS = {"whole": WHOLE, "number": NUMBER, "share": SHARE, "": None}
WORDED = (
    "category", "list", "lists", "lists_ratio_rule", "type", "change", "head", "basis", "reason", "status", "channel",
    "decides", "carries_out", "supports", "supervises", "answers", "kind", "term", "source",
)  # fmt: skip
"""Columns whose codes are written out in words; lists of codes are separated by commas."""
SAID: dict[str, Callable[[Plan], pd.DataFrame]] = {
    "caps": caps, "declined": declined, "duties": duties, "exclusions": exclusions,
    "responsibilities": responsibilities, "stations": stations, "withdrawn": withdrawn,
}  # fmt: skip
"""Tables with sentences in them, which are in the language that is spoken where the table is made."""
LEFT_OUT = ("synthetic", "chinese", "kind_chinese")
"""Columns that the heads of the sheets tell, or that are there in words already."""
LINE_WIDTH, LINE_SIZE, LINE_HEIGHT = 125, 9, 12
"""Width of the summary's column (characters), size of its letters and height of its rows (points).

The longest line, 120 letters of even width, fits into it without a break, and 40 of them on a page.
"""
EVEN: dict[Language, str] = {"zh": "NSimSun", "en": "Courier New"}
"""Fonts in which the columns of the summary stand below one another; of Chinese a letter is as wide as two."""


def write_plan_workbook(plan: Plan, path: str | Path, tables: Mapping[str, pd.DataFrame] | None = None) -> Path:
    """Write a plan as a workbook; the file is complete or is not there.

    Args:
        plan: what to write.
        path: the file; it ends in .xlsx.
        tables: the plan's tables, if they are there already; sheets stand in the order of `SHEETS`.
    """
    path = Path(path)
    book = new_book()
    tables = plan_tables(plan) if tables is None else tables
    shown = {name: _said_twice(plan, name, tables[name]) for name in SHEETS if name in tables and len(tables[name])}
    with speaking("en"):  # what is English here stands beside its Chinese
        _summary(book, plan)
        for name, frame in shown.items():
            _table(book, plan, name, frame.drop(columns=[one for one in LEFT_OUT if one in frame]))
    save(book, path)
    return path


def _said_twice(plan: Plan, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its sentences in Chinese and, on a line below, in English."""
    if name not in SAID:
        return table
    said = {}
    for each in LANGUAGES:
        with speaking(each):
            said[each] = SAID[name](plan)
    chinese, english = said["zh"], said["en"]
    # What differs is a sentence, whatever else a column of that name holds elsewhere; codes are the same in both.
    texts = [str(column) for column in table if pd.api.types.is_string_dtype(table[column])
             and (column not in WORDED or not chinese[column].equals(english[column]))]  # fmt: skip
    return table.assign(**{
        column: [
            first if first == second else f"{first}\n{second}"
            for first, second in zip(chinese[column], english[column], strict=True)
        ]
        for column in texts
    })  # fmt: skip


_DEPARTMENT = "county department: "
"""What stands before the name of a field's department in the responsibility matrix."""


def in_words(code: Any) -> Any:
    """Return a code of the results in Chinese and English: `base` -> `基础清单 base`; of codes in a row, each.

    What is no code comes back as it is.
    """
    if not isinstance(code, str) or not code:
        return code
    if code.startswith(_DEPARTMENT):
        return f"县级部门：{code.removeprefix(_DEPARTMENT)} (county department)"
    found = _word(code)
    if found is None and ", " in code:
        parts = [_word(part) for part in code.split(", ")]
        return code if None in parts else "；".join(map(str, parts))
    return found or in_both(code, " ")


def _word(code: str) -> str | None:
    known: Mapping[Any, str] = CHINESE
    if code in result_words():
        return " ".join(result_words()[code])
    with speaking("en"):
        return f"{known[code]} {label(code)}" if code in known else None


def _summary(book: Workbook, plan: Plan) -> None:
    sheet = add_sheet(book, "摘要 summary")
    sheet.column_dimensions["A"].width = LINE_WIDTH
    names = dict.fromkeys([plan.scenario.title, plan.scenario.data.title])
    title = put(sheet.cell(1, 1), ": ".join(names))
    title.font, title.alignment = TITLE, Alignment(wrap_text=True)
    row = 2
    if plan.scenario.case.synthetic:
        put(sheet.cell(row, 1), f"{SYNTHETIC_DATA}: 地名与数字均为虚构 invented places and figures").font = NOTICE
        row += 1
    row = _figures(sheet, row + 1, plan) + 1
    for spoken, font in EVEN.items():
        with speaking(spoken):
            lines = summary(plan).splitlines()[1:]
        for line in lines:
            cell = put(sheet.cell(row, 1), line)
            cell.font = Font(name=font, size=LINE_SIZE, bold=bool(line) and not line.startswith(" "))
            cell.alignment = Alignment(vertical="top")
            sheet.row_dimensions[row].height = LINE_HEIGHT
            row += 1
        row += 1
    set_up_printing(sheet)


def _figures(sheet: Worksheet, row: int, plan: Plan) -> int:
    """Write the figures that an official asks for first, in Chinese beside English; return the row after them."""
    rule = ratio_plan(plan)
    listed = plan.decisions.guide_list["list"].value_counts()
    proof = in_words(str(plan.status))
    gap = f"，与上界相差 {percent(plan.gap)}" if isfinite(plan.bound) else ""
    lines = [f"证明 proof: {proof}{gap}"]
    for each in LANGUAGES:
        with speaking(each):
            lines += [f"    {line}" for line in status_lines(plan)]
    lines.append("清单 lists: " + "，".join(f"{in_words(str(name))} {number}" for name, number in listed.items()))
    now, before = (measures(each) for each in (plan, rule))
    for name, words in measured().items():
        lines.append(f"{words.chinese} {words.english}: {now[name]:,.0f}（按比例法 ratio rule {before[name]:,.0f}）")
    lines.append("目标各项（工时/年） terms (staff-hours a year), 本方案 this plan｜按比例法 ratio rule:")
    lines += [
        f"    {term['chinese']} {label(str(term['term']))}: {term['plan']:,.0f}｜{term['ratio_rule']:,.0f}"
        for term in terms_on(plan).to_dict("records")
    ]
    return write_lines(sheet, row, lines)


def _table(book: Workbook, plan: Plan, name: str, frame: pd.DataFrame) -> None:
    chinese, english, frozen = SHEETS[name]
    name_of_sheet = f"{chinese} {english}"
    sheet = add_titled_sheet(book, name_of_sheet, name_of_sheet, SYNTHETIC_DATA if plan.scenario.case.synthetic else "")
    if "county" in frame and "county_name" not in frame:
        counties = plan.scenario.data.counties["name"]
        frame.insert(list(frame).index("county") + 1, "county_name", frame["county"].map(counties))
    words = {str(column): output(name, str(column)) for column in frame}
    headings = [
        f"{each.chinese}\n{each.english}" + (f"\n[{in_both(each.unit, ' ')}]" if each.unit else "")
        for each in words.values()
    ]
    shown = frame.assign(**{column: frame[column].map(in_words) for column in WORDED if column in frame})
    truths = frame.select_dtypes(bool).columns
    shown = shown.assign(**{column: frame[column].map({True: "是 yes", False: "否 no"}) for column in truths})
    write_frame(sheet, HEADINGS, shown, headings, [FORMATS[each.format] for each in words.values()], frozen)
