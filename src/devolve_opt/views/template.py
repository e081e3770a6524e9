"""A workbook to be filled in: a sheet for each table, Chinese and English, with drop-downs, notes and an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from devolve_opt.case import SYNTHETIC_DATA, Case
from devolve_opt.language import catalogue, in_both
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import NAMES
from devolve_opt.policy_sheet import YES_NO, SheetKey, sheet_keys
from devolve_opt.reading.workbook import EXAMPLE as EXAMPLE_MARKS
from devolve_opt.reading.workbook import GUIDE_SHEET, HEADER_SHEET, POLICY_SHEET
from devolve_opt.schema import Column, Table, schema
from devolve_opt.schema.header import HEADER_KEYS
from devolve_opt.views.files import writing_to
from devolve_opt.views.sheets import (
    EXAMPLE,
    FONT,
    GREY,
    NOTICE,
    THIN,
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
EXAMPLES = {"id": "X1", "text": "某某", "integer": 12, "number": 3.5, "boolean": "是"}
"""What an example shows, by kind of column."""
POLICY_WIDTHS = {"A": 46, "B": 22, "C": 22, "D": 24, "E": 28, "F": 92}
"""Widths of the columns of the policy's sheet, characters."""
SECTION, TO_FILL = PatternFill("solid", fgColor="DCE6F1"), PatternFill("solid", fgColor="FFFBE6")
"""Fills of the row of a table of the policy, and of a cell to be filled in."""
KEY_NOTES = {
    "switch": "填“是”即启用，下面各行才起作用。 是 switches it on; the rows below count only then.",
    "list": "每一项占下面几行，编号从 1 起；此处可填项数，留空则按已填的项数。"
    " Entries are numbered below; give their number here, or leave it blank for those filled in.",
}  # fmt: skip
"""What is said of the row of a table of the policy, by its kind."""
UNITLESS = ("table", "switch", "list")
"""Kinds of row that have no unit of their own."""
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
            "3. 以“示例”开头的行不读取，可保留或删除。不要填合计、小计行，有则报错。",
            "   A row that begins with 示例 is not read; keep or delete it. Rows of totals are refused; delete them.",
            "4. 可从其他表格粘贴：全角数字、千分位逗号、前后空格都能识别；表头之上的标题行会跳过。",
            "   Pasting works: full-width digits, separators between thousands, spaces, titles above headings.",
            "5. 工作表名以“备注”开头的不读取，可放自己的说明。",
            "   A sheet whose name begins with 备注 is not read; keep notes of your own there.",
            "6. 上限、价格和各项政策工具在“政策”表，留空取默认值；工具在其名称一行填“是”即启用。",
            "   Caps, prices, instruments: sheet 政策; blank is the default, 是 in its row switches an instrument on.",
            "7. 填好后运行 devolve-opt check 本文件.xlsx；有错时会另存一份标出错误单元格的副本。",
            "   devolve-opt check FILE.xlsx; if anything is wrong, a copy with the bad cells marked is saved.",
            "8. 再运行 devolve-opt run 本文件.xlsx 求解。",
            "   devolve-opt run FILE.xlsx solves it.",
        ],
    )  # fmt: skip
    write_heading(sheet, row + 1, ["工作表 sheet", "必填 required", "内容 what it holds"])
    for number, table in enumerate(schema().values(), start=row + 2):
        cell = put(sheet.cell(number, 1), table.chinese)
        cell.hyperlink = f"#{quote_sheetname(table.chinese)}!A1"
        put(sheet.cell(number, 2), "是 yes" if table.required else "否 no")
        for place in (1, 2):
            sheet.cell(number, place).alignment = Alignment(vertical="top")
        meaning = in_both(table.meaning)
        put(sheet.cell(number, 3), meaning).alignment = Alignment(wrap_text=True, vertical="top")
        fit_height(sheet, number, [(meaning, 100)])
    for column, width in (("A", 30), ("B", 14), ("C", 100)):
        sheet.column_dimensions[column].width = width
    set_up_printing(sheet)


def _header(book: Workbook, case: Case | None) -> None:
    sheet = add_sheet(book, HEADER_SHEET[0])
    write_heading(sheet, 1, ["项目 key", "内容 value", "单位 unit", "说明 meaning"])
    for row, key in enumerate(HEADER_KEYS, start=2):
        put(sheet.cell(row, 1), f"{key.chinese}\n{key.name}").alignment = Alignment(wrap_text=True)
        value: Any = getattr(case, key.name, None) if case is not None else None
        if key.kind == "boolean":
            value = None if value is None else YES_NO[0 if value else 1]
            _offer(sheet, f"B{row}", list(YES_NO))
        elif value is None and key.default:
            value = int(key.default) if key.kind == "version" else float(key.default)
        put(sheet.cell(row, 2), value)
        meaning = in_both(key.meaning)
        for place, text in ((3, in_both(key.unit)), (4, meaning)):
            put(sheet.cell(row, place), text).alignment = Alignment(wrap_text=True)
        fit_height(sheet, row, [(f"{key.chinese}\n{key.name}", 22), (meaning, 70), (value, 50)])
    for column, width in (("A", 22), ("B", 50), ("C", 16), ("D", 70)):
        sheet.column_dimensions[column].width = width
    if case is not None and case.synthetic:
        put(sheet.cell(len(HEADER_KEYS) + 3, 1), SYNTHETIC_DATA).font = NOTICE
    set_up_printing(sheet, 1)


def _table(book: Workbook, table: Table, frame: pd.DataFrame | None) -> None:
    sheet = add_sheet(book, table.chinese)
    required = "必填 required" if table.required else "可选 optional"
    title = put(sheet.cell(1, 1), f"{table.chinese} {table.name}（{required}）")
    title.font, title.comment = TITLE, Comment(in_both(table.meaning), "devolve_opt", width=420, height=220)
    headings = [
        f"{column.chinese}（{catalogue()[column.unit]}）\n{column.name} [{column.unit}]"
        if column.unit
        else f"{column.chinese}\n{column.name}"
        for column in table.columns
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
    lines = [in_both(column.meaning), KINDS[column.kind]]
    if column.refers_to:
        lines.append(f"代码见工作表 ids of the sheet: {schema()[column.refers_to].chinese}")
    if column.unit:
        lines.append(f"单位 unit: {in_both(column.unit, ' ')}")
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
    for letter, width in POLICY_WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    for row, key in enumerate(sheet_keys(policy), start=2):
        _policy_row(sheet, row, key)
    sheet.freeze_panes = "B2"
    sheet.sheet_properties.outlinePr.summaryBelow = False
    set_up_printing(sheet, 1)


def _policy_row(sheet: Worksheet, row: int, key: SheetKey) -> None:
    """Write a key with what it means; the row of a table stands out, and those of its keys can be folded away."""
    about: Any = key.about.json_schema_extra or {}
    depth = key.name.count(".")
    name = f"【{in_both(NAMES[key.name])}】".replace("\n", " ") if key.name in NAMES else ""
    meaning = "\n".join(
        filter(None, (name, in_both(str(key.about.description)), KEY_NOTES.get(key.kind), _choice(key)))
    )
    unit, source = (in_both(str(about.get(name, ""))) for name in ("unit", "source"))
    shown = (key.name, key.own, key.default, "" if key.kind in UNITLESS else unit, source, meaning)
    for place, value in enumerate(shown, start=1):
        cell = put(sheet.cell(row, place), None if value == "" else value)
        indent = 2 * depth if place == 1 else 0
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left", indent=indent)
        cell.border = Border(bottom=THIN)
        if key.kind != "value":
            cell.fill = SECTION
            cell.font = Font(name=FONT, bold=place < 3)
    if key.kind != "table":
        sheet.cell(row, 2).fill = TO_FILL
        # As it is typed: Excel makes a date of 4-3-3.
        sheet.cell(row, 2).number_format = "@" if key.words or key.text else "General"
    if depth:
        sheet.row_dimensions[row].outlineLevel = min(depth, 7)
    widths = list(POLICY_WIDTHS.values())
    fit_height(sheet, row, [(text, width) for text, width in zip(shown, widths, strict=True) if text is not None])
    if key.words and not key.several:
        _offer(sheet, f"B{row}", list(key.words))


def _choice(key: SheetKey) -> str:
    """Return what a cell of words may hold, each in Chinese and as the policy has it; empty for other cells."""
    if not key.codes:
        return ""
    words = "、".join(dict.fromkeys(f"{word} {code}" for word, code in zip(key.words, key.codes, strict=True)))
    several = "可填几项，以顿号分隔，一项都不选填“无” several, separated by 、; 无 for none" if key.several else ""
    return f"可选 choices{'（' + several + '）' if several else ''}：{words}"


def _plainly(value: Any) -> Any:
    return YES_NO[0 if value else 1] if isinstance(value, bool) else value


def _offer(sheet: Worksheet, cells: str, words: list[str]) -> None:
    """Offer words in a drop-down; others are refused."""
    validation = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
    validation.errorTitle, validation.error = "请从列表中选择", "Choose one of the list."
    validation.showErrorMessage = True
    sheet.add_data_validation(validation)
    validation.add(cells)
