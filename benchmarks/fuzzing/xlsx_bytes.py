"""Workbooks written by hand, part by part, so that every part can be wrong."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill>'
    '<patternFill/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1">'
    '<xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)
DATE, DURATION = 1, 2
"""Styles of a cell whose number is a day, or hours that run beyond a day."""


@dataclass
class Raw:
    """A cell as XML says it: attributes and what is within, `{at}` for its place."""

    text: str


@dataclass
class Written:
    """A sheet: its name, its rows with their numbers, what stands after them, and whether cells say their place."""

    name: str
    rows: list[tuple[str, list[Any]]] = field(default_factory=list)
    after: str = ""
    placed: bool = True


def sheet_of(name: str, records: Sequence[Sequence[Any]]) -> Written:
    """Return a sheet with these rows, numbered from 1."""
    return Written(name, [(str(number), list(record)) for number, record in enumerate(records, start=1)])


def parts_of(sheets: Sequence[Written], shared: bool = True) -> dict[str, bytes]:
    """Return the parts of a workbook by name; texts stand among the shared strings or in their cells."""
    strings: list[str] = []
    parts = {
        f"xl/worksheets/sheet{number}.xml": _sheet(sheet, strings if shared else None)
        for number, sheet in enumerate(sheets, start=1)
    }
    names = "".join(
        f'<sheet name={quoteattr(clean(sheet.name))} sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    others = (("styles", "styles"), ("sharedStrings", "sharedStrings")) if shared else (("styles", "styles"),)
    links += "".join(
        f'<Relationship Id="x{kind}" Type="{_OFFICE}/{kind}" Target="{name}.xml"/>' for kind, name in others
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in range(1, len(sheets) + 1)
    ) + "".join(f'<Override PartName="/xl/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>' for kind, name in others)
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f"{kinds}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }  # fmt: skip
    if shared:
        texts["xl/sharedStrings.xml"] = (
            f'<sst xmlns="{_MAIN}" count="{len(strings)}" uniqueCount="{len(strings)}">' + "".join(strings) + "</sst>"
        )
    found = {name: (_HEAD + text).encode() for name, text in texts.items()} | {"xl/styles.xml": STYLES.encode()}
    return {**found, **parts}


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return parts as the bytes of a workbook."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return written.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the parts of a sound workbook."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sheet(sheet: Written, strings: list[str] | None) -> bytes:
    rows = []
    for number, cells in sheet.rows:
        named = sheet.placed and number
        places = [f"{get_column_letter(at)}{number}" if named else "" for at in range(1, len(cells) + 1)]
        within = "".join(_cell(cell, place, strings) for cell, place in zip(cells, places, strict=True))
        rows.append(f"<row r={quoteattr(number)}>{within}</row>" if number else f"<row>{within}</row>")
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData>{sheet.after}</worksheet>'.encode()


def _cell(cell: Any, at: str, strings: list[str] | None) -> str:
    place = f' r="{at}"' if at else ""
    if isinstance(cell, Raw):
        return cell.text.replace("{at}", place)
    if cell is None or cell == "":
        return "" if at else "<c/>"
    if isinstance(cell, bool):
        return f'<c{place} t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f"<c{place}><v>{cell!r}</v></c>"
    said = f'<t xml:space="preserve">{escape(clean(cell))}</t>'
    if strings is None:
        return f'<c{place} t="inlineStr"><is>{said}</is></c>'
    strings.append(f"<si>{said}</si>")
    return f'<c{place} t="s"><v>{len(strings) - 1}</v></c>'


def clean(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
