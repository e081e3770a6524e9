"""Workbooks: cells of every kind, rows and sheets out of order, parts damaged, and bytes spoilt."""

from __future__ import annotations

import re
import zipfile
from copy import deepcopy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl.utils import get_column_letter

from benchmarks.fuzzing.folders import HAND, CaseFolders
from benchmarks.fuzzing.meanings import NOTHING, comma_separated, meaning
from benchmarks.fuzzing.mutations import nasty_text, number_near, spoilt_bytes
from benchmarks.fuzzing.trials import Reader, Trial
from benchmarks.fuzzing.workbook_meanings import text_of, workbook_misread
from benchmarks.fuzzing.xlsx_bytes import DATE, DURATION, Raw, Written, clean, parts_of, sheet_of, unzipped, zipped
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.scenario import Scenario
from devolve_opt.schema import schema
from devolve_opt.views.template import write_template

HEADER: list[list[Any]] = [
    ["案例名称", "Hand 案例"],
    ["数据来源", "Invented"],
    ["是否合成数据", "是"],
    ["available_hours", 1840],
]
POLICY: list[list[Any]] = [
    ["key 参数", "值"], ["base_list_max", 1], ["posts_band", "10%"], ["overload", "计价"],
    ["hearing_powers_stay", "否"],
    ["stations", "是"], ["stations.managed_max", 5], ["goals", 1], ["goals.1.term", "choices_met"],
    ["goals.1.tolerance", 0.25], ["pins.1.power", "P1"], ["pins.1.township", "A"], ["pins.1.reason", "agreed in May"],
    ["prices.choice_met", "４０"],
]  # fmt: skip
CELLS = (
    '<c{at} t="e"><v>#REF!</v></c>', '<c{at} t="e"><v>#SPILL!</v></c>', f'<c{{at}} s="{DATE}"><v>45000</v></c>',
    f'<c{{at}} s="{DURATION}"><v>1.5</v></c>', '<c{at} t="d"><v>2024-01-01</v></c>', "<c{at}><f>1+1</f></c>",
    "<c{at}><f>1+1</f><v>2</v></c>",
    '<c{at} t="str"><f>A1</f><v>A</v></c>', '<c{at}><f t="shared" si="0"/></c>', '<c{at} t="b"><v>1</v></c>',
    '<c{at} t="s"><v>99999</v></c>',
    '<c{at} t="s"><v>-1</v></c>', '<c{at} t="n"><v>abc</v></c>', "<c{at}><v></v></c>", "<c{at}><v>1e400</v></c>",
    "<c{at}><v>nan</v></c>",
    f"<c{{at}}><v>{'9' * 5000}</v></c>", f"<c{{at}}><v>{'9' * 400}</v></c>", "<c{at}><v>12345678901234567890</v></c>",
    '<c{at} t="x"><v>1</v></c>',
    '<c{at} t="inlineStr"><is><r><t>1</t></r><r><t>2</t></r></is></c>', '<c{at} t="inlineStr"><is/></c>',
    '<c{at} s="99"><v>3</v></c>',
    '<c r="A0"><v>3</v></c>', '<c r="ZZZZ9"><v>3</v></c>', '<c r="1A"><v>3</v></c>', '<c r=""><v>3</v></c>',
    '<c r="A2"><v>3</v></c>',
    '<c{at} t="inlineStr"><is><t>_x000D_A</t></is></c>', '<c{at} t="inlineStr"><is><t>&#13;A</t></is></c>',
    "<c{at}><v>&x;</v></c>", "<c{at}>",
)  # fmt: skip
"""Cells as XML: of every kind that Excel writes, and of kinds that it does not."""
LOST = CELLS[:4]
"""Of these, errors and dates, which are no value of any table."""
PARTS = {
    "an entity": lambda text: text.replace("?>", '?><!DOCTYPE x [<!ENTITY x "y">]>', 1),
    "an external entity": lambda text: text.replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">', 1),
    "another encoding": lambda text: text.replace("UTF-8", "cp037", 1),
    "UTF-16": lambda text: text.replace("UTF-8", "UTF-16", 1),
    "a million laughs": lambda text: text.replace("?>", "?>" + "<a>" * 20_000, 1),
    "another namespace": lambda text: text.replace("spreadsheetml", "spreadsheet", 1),
    "other links": lambda text: text.replace('Target="', 'Target="../../../../', 1),
    "links to the net": lambda text: text.replace('Target="', 'TargetMode="External" Target="http://localhost/', 1),
    "empty": lambda text: "",
}


ROWS = ("", "0", "-1", "1", "1048576", "1048577", "100000000", "x", "99999999999999999999")
SHEETS = ("备注1", "note", "policy", "case", "powers", "说明")
ODD_PARTS = (
    "../../evil.xml", "/etc/x.xml", "C:\\x.xml", "xl/" + "a/" * 200 + "x.xml", "字.xml", "xl/vbaProject.bin", "x.xlsx",
)  # fmt: skip


class Workbooks(Reader):
    """A workbook with a case and a policy, read as a scenario."""

    name, share = "workbook", 10

    def __init__(self) -> None:
        hand = CaseFolders().hand
        self.sheets = [sheet_of("案例", HEADER), sheet_of("政策", POLICY)]
        for name, content in sorted(hand.items()):
            if name.endswith(".csv"):
                table = schema()[Path(name).stem]
                head, *rows = comma_separated(content.decode().rstrip("\n"))
                records: list[list[Any]] = [[table[each].chinese for each in head]]
                records += [[_typed(cell) for cell in row] for row in rows]
                self.sheets.append(sheet_of(table.chinese, records))
        self.small = parts_of(self.sheets)
        with TemporaryDirectory() as place:
            made = write_template(Path(place) / "full.xlsx", Case.read(HAND))
            self.full = unzipped(made.read_bytes())
        self.base = {"book.xlsx": zipped(self.small)}

    def draw(self, random: Random) -> Trial:
        """Return a workbook that is spoilt."""
        kind, exact = random.randrange(10), None
        if kind < 3:
            sheets = deepcopy(self.sheets)
            said, exact = _spoilt_cell(random, sheets)
            content = zipped(parts_of(sheets, shared=random.random() < 0.7))
        elif kind < 6:
            sheets = deepcopy(self.sheets)
            said, exact = _spoilt_sheets(random, sheets)
            content = zipped(parts_of(sheets, shared=random.random() < 0.7))
        elif kind < 9:
            said, content = _spoilt_parts(random, dict(self.full if random.random() < 0.1 else self.small))
        else:
            said, content = spoilt_bytes(random, self.base["book.xlsx"])

        def misread(found: Scenario) -> str:
            return workbook_misread(found, content)

        def unsaid(error: InputError) -> str:
            if exact is None or any(fault.column.endswith(exact) for fault in error.faults):
                return ""
            return f"no fault at {exact} but {[str(fault) for fault in error.faults[:3]]}"

        files = {"book.xlsx": content}
        return Trial(said, files, lambda place: Scenario.read(place / "book.xlsx"), misread, unsaid)


def _typed(text: str) -> Any:
    try:
        return int(text) if re.fullmatch("[0-9]+", text) else float(text)
    except ValueError:
        return text


def _spoilt_cell(random: Random, sheets: list[Written]) -> tuple[str, str | None]:
    """Spoil a cell; return what was done, and the cell that must be told of, if it is known that one must be."""
    sheet = random.choice(sheets)
    number, cells = random.choice(sheet.rows)
    place = random.randrange(len(cells))
    before = cells[place]
    if random.random() < 0.5:
        cells[place] = Raw(random.choice(CELLS))
    elif isinstance(before, int | float) and random.random() < 0.5:
        cells[place] = random.choice((-before, before + 0.5, before * 1e6, True, number_near(random, str(before))))
    else:
        cells[place] = nasty_text(random)
    now = cells[place]
    said = f"{sheet.name}, row {number}, cell {place + 1} is {getattr(now, 'text', now)!r:.70}"
    table = next((each for each in schema().values() if each.chinese == sheet.name), None)
    if table is None or number == "1" or (isinstance(now, Raw) and now.text not in LOST):
        return said, None
    column = next(each for each in table.columns if each.chinese == sheet.rows[0][1][place])
    text = "" if isinstance(now, Raw) else text_of(now)
    marks = set(text) - set(clean(text)) or "_x000D_" in text or text.lower().startswith(("示例", "example"))
    if isinstance(now, Raw) or (meaning(column, text) is NOTHING and not marks and _names_no_total(text)):
        return said, f"cell {get_column_letter(place + 1)}{number}"
    return said, None


def _names_no_total(text: str) -> bool:
    return not any(word in text.lower() for word in ("计", "和", "数", "total", "sum"))


def _spoilt_sheets(random: Random, sheets: list[Written]) -> tuple[str, str | None]:
    """Spoil rows or sheets; return what was done, and the cell that must be told of, if it is known."""
    sheet = random.choice(sheets)
    at = random.randrange(len(sheet.rows))
    number, cells = sheet.rows[at]
    column = random.randrange(len(cells))
    action = random.randrange(5, 12)
    if action == 5:
        other = random.choice((*ROWS, number, str(int(number) + 1)))
        sheet.rows[at] = (other, cells)
        return f"{sheet.name}, row {number} says it is {other!r}", None
    if action == 6:
        sheet.rows.insert(random.randrange(len(sheet.rows) + 1), (number, list(cells)))
        return f"{sheet.name}, row {number} is there twice", None
    if action == 7:
        letter = chr(ord("A") + column)
        below = f"{letter}{number}:{letter}{int(number) + 2}"
        merged = random.choice((below, below, f"A{number}:D{number}", "A1:XFD1048576", "B2", "x", "A1:A0"))
        sheet.after = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
        _clear(sheet, merged)
        table = any(each.chinese == sheet.name for each in schema().values())
        told = table and merged == below and 1 < int(number) < len(sheet.rows) and cells[column] not in (None, "")
        return f"{sheet.name}, {merged} merged", f"cell {letter}{number}" if told else None
    if action == 8:
        change = random.randrange(5)
        if change == 0:
            sheets.remove(sheet)
        elif change == 1:
            sheets.append(deepcopy(sheet))
        elif change == 2:
            sheet.name = nasty_text(random)[:40]
        elif change == 3:
            sheet.name = random.choice((*SHEETS, f" {sheet.name} ", sheet.name.upper()))
        else:
            sheets.insert(0, sheet_of(nasty_text(random)[:30], [[nasty_text(random)]]))
        return f"sheets: {change}, {sheet.name[:30]!r}", None
    if action == 9:
        first = random.choice(("示例", "example", "合计", "Total", "小计：", "# ", None, "标题"))
        rows = [row for _, row in sheet.rows]
        rows.insert(at, [first, *cells[1:]])
        sheet.rows = [(str(place), row) for place, row in enumerate(rows, start=1)]
        return f"{sheet.name}, a row {first!r} put in at {at + 1}", None
    if action == 10:
        sheet.placed = False
        return f"{sheet.name}, cells do not say their place", None
    width = max(len(row) for _, row in sheet.rows)
    cells += [None] * (random.choice((width, 298, 299, 300, 16_383)) - len(cells))
    cells.append(random.choice((nasty_text(random), 1, "name")))
    return f"{sheet.name}, row {number} has a cell in column {len(cells)}", None


def _clear(sheet: Written, merged: str) -> None:
    """Blank what a merged range covers, as Excel does."""
    found = re.fullmatch("([A-D])([0-9]+):([A-D])([0-9]+)", merged)
    if found is None:
        return
    left, top, right, bottom = (int(part) if part.isdigit() else ord(part) - ord("A") for part in found.groups())
    for number, cells in sheet.rows:
        for column in range(left, right + 1):
            if top <= int(number) <= bottom and (int(number), column) != (top, left) and column < len(cells):
                cells[column] = None


def _spoilt_parts(random: Random, parts: dict[str, bytes]) -> tuple[str, bytes]:
    name = random.choice(list(parts))
    action = random.randrange(9)
    said = f"{name}: "
    method = zipfile.ZIP_DEFLATED
    if action == 0:
        del parts[name]
        said += "is not there"
    elif action < 4:
        kind, parts[name] = spoilt_bytes(random, parts[name])
        said += kind
    elif action == 4:
        kind = random.choice(tuple(PARTS))
        text = PARTS[kind](parts[name].decode())
        parts[name] = text.encode("utf-16" if kind == "UTF-16" else "utf-8")
        said += kind
    elif action == 5:
        other = random.choice(list(parts))
        parts[name], parts[other] = parts[other], parts[name]
        said += f"is {other}"
    elif action == 6:
        odd = random.choice(ODD_PARTS)
        parts[odd] = parts[name]
        said = f"a part {odd[:30]} put in"
    elif action == 7:
        method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        content = bytearray(zipped(parts, method))
        for _ in range(random.choice((0, 1, 3))):
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        return f"zipped otherwise ({method})", bytes(content)
    else:
        return _spoilt_directory(random, zipped(parts))
    return said, zipped(parts, method)


def _spoilt_directory(random: Random, content: bytes) -> tuple[str, bytes]:
    """Spoil the headers of the archive, where readers seldom look twice."""
    spoilt = bytearray(content)
    marks = [found.start() for found in re.finditer(b"PK(\x01\x02|\x03\x04|\x05\x06)", content)]
    for _ in range(random.choice((1, 1, 2))):
        at = min(random.choice(marks) + random.randrange(4, 46), len(spoilt) - 1)
        spoilt[at] = random.choice((0, 1, 8, 14, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return "headers of the archive", bytes(spoilt)
