"""Case folders: their files spoilt as bytes, as rows and columns, as single cells."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fuzzing.meanings import NOTHING, comma_separated, meaning, table_misread
from benchmarks.fuzzing.mutations import nasty_text, number_near, spoilt_bytes, spoilt_tree
from benchmarks.fuzzing.toml_text import toml_text
from benchmarks.fuzzing.trials import Reader, Trial
from benchmarks.instances import ROOT
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.schema import Table, schema
from devolve_opt.schema.header import HEADER_FILE, HEADER_KEYS, SCHEMA_KEY

HAND = ROOT / "models" / "hand"
MORE = {
    "readiness": "township,field\nA,F2\n",
    "refusals": "county,power,reason\nC1,P5,no rooms for it\n",
    "held": "township,power\nA,P3\n",
    "guide_list": "power,list\nP1,base\nP3,county_seat\n",
    "posts_in_force": "township,posts_kept\nD,10\n",
    "functions": (
        "id,name,platform,kind,today,mandatory_alone,min_migrants,staff_share\n"
        "W1,党政综合,party_building,office,党政办,yes,0,0.5\nW2,经济发展,economic_development,centre,经发办,no,100,0.25\n"
    ),
    "traffic": "function,other,files\nW1,W2,120\n",
    "migrants": "township,migrant_workers\nA,300\n",
    "teams": "id,county,field,officers,hours\nE1,C1,F1,4,1500\n",
    "travel": "township,other,hours\nA,B,0.5\nB,D,0.75\n",
    "stations": "id,name,township,kind,field,staff,certified,own_hours\nS1,文化站,A,culture,F2,3,0,2000\n",
    "duties": "id,name,hours,hours_per_1000,officer_hours\nD1,防汛,200,1.5,0\n",
    "duty_powers": "duty,power\nD1,P4\n",
    "duty_townships": "duty,township\nD1,A\nD1,B\n",
}
"""Tables that the hand case has not."""


def records_text(random: Random, records: list[list[str]]) -> str:
    """Return records as comma-separated text, in any of the ways that programs write it."""
    written = io.StringIO()
    ends = random.choice(("\n", "\n", "\r\n"))
    writer = csv.writer(written, lineterminator=ends)
    if random.random() < 0.1:
        writer = csv.writer(written, lineterminator=ends, quoting=csv.QUOTE_ALL)
    for record in records:
        # Before Python 3.13 the module does not quote a lone carriage return.
        if any("\r" in cell for cell in record):
            written.write(",".join('"' + cell.replace('"', '""') + '"' for cell in record) + ends)
        else:
            writer.writerow(record)
    return written.getvalue()


class CaseFolders(Reader):
    """A case read from its folder; what is accepted is written and read again as well."""

    name, share = "folder", 30

    def __init__(self) -> None:
        hand = {path.name: path.read_bytes() for path in sorted(HAND.iterdir()) if path.suffix in (".csv", ".toml")}
        self.hand = {f"hand/{name}": content for name, content in hand.items()}
        full = {**hand, **{f"{name}.csv": text.encode() for name, text in MORE.items()}}
        self.full = {f"full/{name}": content for name, content in full.items()}
        self.chinese = {f"chinese/{name}": _in_chinese(name, content) for name, content in hand.items()}
        self.base = {**self.hand, **self.full, **self.chinese}

    def draw(self, random: Random) -> Trial:
        """Return a folder of which one file, seldom two, is spoilt."""
        folder = random.choice(("hand", "hand", "full", "chinese"))
        files = {name: self.base[name] for name in sorted(self.base) if name.startswith(f"{folder}/")}
        changed: dict[str, bytes | None] = {}
        said, exact = [], None
        for _ in range(random.choice((1, 1, 1, 2))):
            name = random.choice(sorted(files))
            kind, content, exact = self._spoilt(random, name, files[name])
            said.append(f"{name}: {kind}")
            changed[name] = content
        exact = exact if len(said) == 1 else None

        def read(place: Path) -> Case:
            return Case.read(place / folder)

        def misread(case: Case) -> str:
            recoded = folder == "chinese" or any("another encoding" in each for each in said)
            return case_misread(case, {**files, **changed}, folder, recoded)

        def unsaid(error: InputError) -> str:
            if exact is None or exact in [(each.file, each.row, each.column, each.value) for each in error.faults]:
                return ""
            return f"no fault at {exact} but {[str(fault) for fault in error.faults[:3]]}"

        return Trial(" + ".join(said), changed, read, misread, unsaid)

    def _spoilt(self, random: Random, name: str, content: bytes) -> tuple[str, bytes | None, Any]:
        """Return what was done to a file, its bytes then, and the fault that must come of it, if one is known."""
        kind = random.randrange(12)
        if kind == 0:
            return "is not there", None, None
        if kind < 4:
            return *spoilt_bytes(random, content), None
        if name.endswith(".toml"):
            said, tree = spoilt_tree(random, tomllib.loads(content.decode()), [key.name for key in HEADER_KEYS])
            return said, toml_text(random, tree).encode("utf-8", "replace"), None
        encoding = "gb18030" if name.startswith("chinese/") else "utf-8"
        records = comma_separated(content.decode(encoding).rstrip("\r\n"))
        table = schema()[Path(name).stem]
        said, exact = spoilt_records(random, records, table, Path(name).name)
        mark = "\ufeff" if encoding == "utf-8" and random.random() < 0.2 else ""
        text = mark + records_text(random, records)
        return said, text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace"), exact


def spoilt_records(random: Random, records: list[list[str]], table: Table, file: str) -> tuple[str, Any]:
    """Spoil the records of a table in place; return what was done, and the fault that must be told, if one is known."""
    header, width = records[0], len(records[0])
    columns = {name: column for column in table.columns for name in (column.name, column.chinese)}
    action = random.randrange(14)
    at = random.randrange(width)
    if action < 7 and len(records) > 1:
        row = random.randrange(1, len(records))
        before = records[row][at]
        text = number_near(random, before) if random.random() < 0.4 else nasty_text(random)
        records[row][at] = text
        column = columns[header[at]]
        exact = None
        plain = not set(text) & set("\x00\r\n\ud800\ufeff") and len(text) < 1000
        if plain and meaning(column, text) is NOTHING and any(cell.strip() for cell in records[row]):
            exact = (file, row + 1, column.name, text.strip() or None)
        return f"{column.name} of row {row} is {text[:40]!r}", exact
    if action == 7:
        name = header[at]
        records[0][at] = random.choice((nasty_text(random), name.upper(), name + "s", f" {name}　", ""))
        return f"a heading is {records[0][at][:40]!r}", None
    if action == 8:
        for record in records:
            del record[at]
        return "a column is missing", None
    if action == 9:
        for record in records:
            record.insert(random.randrange(width), record[at])
        return "a column is there twice", None
    if action == 10:
        order = random.sample(range(width), width)
        records[:] = [[record[place] for place in order] for record in records]
        return "columns shuffled", None
    if action == 11:
        row = random.randrange(len(records))
        records.insert(random.randrange(1, len(records) + 1), list(records[row]))
        return "a row is there twice", None
    if action == 12:
        row = random.randrange(len(records))
        if random.random() < 0.5:
            records[row] += [nasty_text(random)] * random.choice((1, 3)) + ["x"] * random.choice((0, 2_000))
        else:
            del records[row][-1]
        return "a row is longer or shorter", None
    more = random.choice((400, 3_000))
    last = records[-1]
    if random.random() < 0.5:
        records += [list(last) for _ in range(more)]
        return "a row many times", None
    for record in records:
        record.extend(["" if random.random() < 0.5 else "x"] * more)
    return "many more columns", None


def case_misread(case: Case, files: Mapping[str, bytes | None], folder: str, gb18030: bool) -> str:
    """Return what an accepted case holds otherwise than its files say, or what is lost when it is written and read."""
    for table in schema().values():
        content = files.get(f"{folder}/{table.name}.csv")
        found = case.tables[table.name]
        if content is None:
            if table.required or len(found):
                return f"{table.name}: made from nothing"
            continue
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if not gb18030 and is_mostly_utf8(content):
                return f"{table.name}.csv is damaged UTF-8, accepted as GB18030"
            text = content.decode("gb18030").removeprefix("\ufeff")
        wrong = table_misread(table, comma_separated(text), found, table.name)
        if wrong:
            return wrong
    return header_misread(case, files[f"{folder}/{HEADER_FILE}"]) or not_the_same_again(case)


def is_mostly_utf8(content: bytes) -> bool:
    """Tell whether damaged text has so many Chinese characters left that nobody would take it for GB18030."""
    text = content.decode("utf-8", "replace")
    return sum("\u3400" <= mark <= "\u9fff" for mark in text) >= 3 * max(2, len(re.findall("\ufffd+", text)))


def header_misread(case: Case, content: bytes | None) -> str:
    """Return what a case's header holds otherwise than its file says."""
    keys = tomllib.loads((content or b"").decode("utf-8-sig"))
    keys.pop(SCHEMA_KEY, None)  # how the file is written, and nothing of the case
    for name, value in keys.items():
        found = getattr(case, name)
        if found != value or isinstance(found, bool) is not isinstance(value, bool):
            return f"{HEADER_FILE}: {name} is {value!r:.60}, read as {found!r:.60}"
    return ""


def not_the_same_again(case: Case) -> str:
    """Return how a case differs after it was written and read again; empty if it does not."""
    with TemporaryDirectory() as place:
        again = Case.read(case.write(Path(place) / "case"))
    same = (again.title, again.provenance, again.synthetic) == (case.title, case.provenance, case.synthetic)
    return "" if same and again.digest == case.digest else "another case after it was written and read again"


def _in_chinese(name: str, content: bytes) -> bytes:
    """Return a file of the hand case as Excel in China writes it: Chinese headings, GB18030, line ends of Windows."""
    if not name.endswith(".csv"):
        return content
    head, _, rest = content.decode().partition("\n")
    columns = {column.name: column.chinese for column in schema()[Path(name).stem].columns}
    text = ",".join(columns[each] for each in head.split(",")) + "\n" + rest
    return text.replace("yes", "是").replace("no", "否").replace("\n", "\r\n").encode("gb18030")
