"""A workbook to be filled in: a sheet for each table, Chinese and English, with drop-downs, notes and an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.reading.workbook import EXAMPLE as EXAMPLE_MARKS
from devolve_opt.reading.workbook import GUIDE_SHEET, HEADER_SHEET, POLICY_SHEET
from devolve_opt.schema import Column, Table, schema
from devolve_opt.schema.header import HEADER_KEYS
from devolve_opt.views.files import writing_to
from devolve_opt.views.sheets import (
    EXAMPLE,
    GREY,
    NOTICE,
    TITLE,
    add_sheet,
    fit_height,
    new_book,
    put,
    save,
    set_up_printing,
    write_heading,
    write_lines,
)
from devolve_opt.vocabulary import CHINESE

HEADINGS = 2
"""Row of the headings; the title stands above it, the example below."""
LAST_ROW = 1_048_576
YES_NO = ("是", "否")
EXAMPLES = {"id": "X1", "text": "某某", "integer": 12, "number": 3.5, "boolean": "是"}
"""What an example shows, by kind of column."""
KINDS = {
    "id": "代码，不可重复 id, each once", "text": "文字 text", "integer": "整数 whole number", "number": "数字 number",
    "boolean": "是/否 yes or no", "choice": "下拉选择 one of a list", "reference": "另一张表的代码 id of another sheet",
}  # fmt: skip


def write_template(path: str | Path, case: Case | None = None, policy: Policy | None = None) -> Path:
    """Write a workbook that `check` and `run` read once it is filled in.

    Args:
        path: the file; it ends in .xlsx.
        case: data to fill it with; None leaves an example row in each sheet, which is not read.
        policy: its values that differ from their default are filled in.

    Raises:
        InputError: if it cannot be written.
    """
    path = Path(path)
    book = new_book()
    _guide(book)
    _header(book, case)
    for table in schema().values():
        _table(book, table, None if case is None else case.tables[table.name])
    _policy(book, policy or Policy())
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        save(book, path)
    return path


def _guide(book: Workbook) -> None:
    sheet = add_sheet(book, GUIDE_SHEET[0])
    put(sheet.cell(1, 1), "填表说明 How to fill in this workbook").font = TITLE
    row = write_lines(
        sheet, 3,
        [
            "1. 每张表对应一类数据；蓝色为表头，鼠标停在表头上可看单位、范围和含义。",
            "   A sheet is a table; rest the pointer on a blue heading to see unit, range and meaning.",
            "2. 必填的表和列已注明；可选的表整张留空即可，可选的列留空则取默认值。",
            "   Required sheets and columns say so; leave optional sheets empty, optional cells blank for the default.",
            "3. 以“示例”开头的行不读取，可保留或删除。",
            "   A row that begins with 示例 is not read; keep or delete it.",
            "4. 可从其他表格粘贴：全角数字、千分位逗号、前后空格都能识别；表头之上的标题行会跳过。",
            "   Pasting works: full-width digits, separators between thousands, spaces, titles above headings.",
            "5. 工作表名以“备注”开头的不读取，可放自己的说明。",
            "   A sheet whose name begins with 备注 is not read; keep notes of your own there.",
            "6. 填好后运行 devolve-opt check 本文件.xlsx；有错时会另存一份标出错误单元格的副本。",
            "   devolve-opt check FILE.xlsx; if anything is wrong, a copy with the bad cells marked is saved.",
            "7. 再运行 devolve-opt run 本文件.xlsx 求解。政策参数在“政策”表，留空取默认值。",
            "   devolve-opt run FILE.xlsx solves it. Caps and prices of the policy: sheet 政策; blank is the default.",
        ],
    )  # fmt: skip
    write_heading(sheet, row + 1, ["工作表 sheet", "必填 required", "内容 what it holds"])
    for number, table in enumerate(schema().values(), start=row + 2):
        cell = put(sheet.cell(number, 1), table.chinese)
        cell.hyperlink = f"#{quote_sheetname(table.chinese)}!A1"
        put(sheet.cell(number, 2), "是 yes" if table.required else "否 no")
        put(sheet.cell(number, 3), table.meaning).alignment = Alignment(wrap_text=True, vertical="top")
        fit_height(sheet, number, [(table.meaning, 100)])
    for column, width in (("A", 30), ("B", 14), ("C", 100)):
        sheet.column_dimensions[column].width = width
    set_up_printing(sheet)


def _header(book: Workbook, case: Case | None) -> None:
    sheet = add_sheet(book, HEADER_SHEET[0])
    write_heading(sheet, 1, ["项目 key", "内容 value", "单位 unit", "说明 meaning"])
    for row, key in enumerate(HEADER_KEYS, start=2):
        put(sheet.cell(row, 1), f"{key.chinese}\n{key.name}").alignment = Alignment(wrap_text=True)
        value: Any = getattr(case, key.name) if case is not None else None
        if key.kind == "boolean":
            value = None if value is None else YES_NO[0 if value else 1]
            _offer(sheet, f"B{row}", list(YES_NO))
        elif value is None and key.default:
            value = float(key.default)
        put(sheet.cell(row, 2), value)
        put(sheet.cell(row, 3), key.unit)
        put(sheet.cell(row, 4), key.meaning).alignment = Alignment(wrap_text=True)
        fit_height(sheet, row, [(f"{key.chinese}\n{key.name}", 22), (key.meaning, 70), (value, 50)])
    for column, width in (("A", 22), ("B", 50), ("C", 16), ("D", 70)):
        sheet.column_dimensions[column].width = width
    if case is not None and case.notice:
        put(sheet.cell(len(HEADER_KEYS) + 3, 1), case.notice).font = NOTICE
    set_up_printing(sheet, 1)


def _table(book: Workbook, table: Table, frame: pd.DataFrame | None) -> None:
    sheet = add_sheet(book, table.chinese)
    required = "必填 required" if table.required else "可选 optional"
    title = put(sheet.cell(1, 1), f"{table.chinese} {table.name}（{required}）")
    title.font, title.comment = TITLE, Comment(table.meaning, "devolve_opt", width=420, height=160)
    headings = [
        f"{column.chinese}\n{column.name}" + (f" [{column.unit}]" if column.unit else "") for column in table.columns
    ]
    write_heading(sheet, HEADINGS, headings, [_note(column) for column in table.columns])
    first = HEADINGS + 1
    if frame is None:
        for place, column in enumerate(table.columns, start=1):
            cell = put(sheet.cell(first, place), _example(column, place))
            cell.fill, cell.font = EXAMPLE, GREY
    elif len(frame):
        plain = frame.reset_index() if frame.index.name == "id" else frame
        for row, values in enumerate(plain[list(table.column_names)].itertuples(index=False, name=None), start=first):
            for place, (column, value) in enumerate(zip(table.columns, values, strict=True), start=1):
                put(sheet.cell(row, place), _shown(column, value))
    for place, column in enumerate(table.columns, start=1):
        letter = get_column_letter(place)
        cells = f"{letter}{first}:{letter}{LAST_ROW}"
        if column.kind == "boolean":
            _offer(sheet, cells, list(YES_NO))
        elif column.kind == "choice":
            _offer(sheet, cells, [CHINESE[word] for word in column.words])
        elif column.refers_to:
            home = quote_sheetname(schema()[column.refers_to].chinese)
            validation = DataValidation("list", formula1=f"{home}!$A${first}:$A$20000", allow_blank=True)
            validation.showErrorMessage = False  # pasted ids may come before their own sheet is filled
            sheet.add_data_validation(validation)
            validation.add(cells)
    sheet.freeze_panes = sheet.cell(first, 2)
    sheet.auto_filter.ref = f"A{HEADINGS}:{get_column_letter(len(headings))}{HEADINGS}"
    set_up_printing(sheet, HEADINGS)


def _shown(column: Column, value: Any) -> Any:
    return CHINESE.get(value, value) if column.kind == "choice" else _plainly(value)


def _example(column: Column, place: int) -> Any:
    if place == 1:
        return EXAMPLE_MARKS[0]
    if column.kind == "choice":
        return CHINESE[column.words[0]]
    return EXAMPLES.get(column.kind, "") if not column.refers_to else "X1"


def _note(column: Column) -> str:
    lines = [column.meaning, KINDS[column.kind]]
    if column.refers_to:
        lines.append(f"代码见工作表 ids of the sheet: {schema()[column.refers_to].chinese}")
    if column.unit:
        lines.append(f"单位 unit: {column.unit}")
    if column.lower is not None or column.upper is not None:
        ends = ["" if end is None else f"{end:,.15g}" for end in (column.lower, column.upper)]
        lines.append(f"范围 range: {ends[0]} – {ends[1]}")
    if column.default is not None:
        lines.append(f"留空则为 blank means: {column.default or '（空 nothing）'}")
    else:
        lines.append("必填 required")
    return "\n".join(lines)


def _policy(book: Workbook, policy: Policy) -> None:
    sheet = add_sheet(book, POLICY_SHEET[0])
    write_heading(sheet, 1, ["参数 key", "取值 value", "默认 default", "单位 unit", "来源 source", "说明 meaning"])
    row = 2
    for prefix, settings in (("", policy), ("prices.", policy.prices)):
        for name, field in type(settings).model_fields.items():
            default = field.get_default(call_default_factory=True)
            if not isinstance(default, bool | int | float | str):
                continue
            about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            own = getattr(settings, name)
            for place, value in enumerate(
                (
                    f"{prefix}{name}",
                    None if own == default else _plainly(own),
                    _plainly(default),
                    about.get("unit"),
                    about.get("source"),
                    field.description,
                ),
                start=1,
            ):
                put(sheet.cell(row, place), value).alignment = Alignment(wrap_text=place > 3, vertical="top")
            fit_height(sheet, row, [(field.description, 90), (about.get("unit"), 24), (about.get("source"), 26)])
            words = (
                YES_NO if isinstance(default, bool) else get_args(field.annotation) if isinstance(default, str) else ()
            )
            if words and all(isinstance(word, str) for word in words):
                _offer(sheet, f"B{row}", list(words))
            row += 1
    for column, width in (("A", 28), ("B", 14), ("C", 14), ("D", 24), ("E", 26), ("F", 90)):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "B2"
    set_up_printing(sheet, 1)


def _plainly(value: Any) -> Any:
    return YES_NO[0 if value else 1] if isinstance(value, bool) else value


def _offer(sheet: Worksheet, cells: str, words: list[str]) -> None:
    """Offer words in a drop-down; others are refused."""
    validation = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
    validation.errorTitle, validation.error = "请从列表中选择", "Choose one of the list."
    validation.showErrorMessage = True
    sheet.add_data_validation(validation)
    validation.add(cells)
