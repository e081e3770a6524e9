"""The data dictionary: every table and column of a case as a page of Markdown, made from the schema.

`python -m devolve_opt.schema.dictionary models/README.md` writes the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from devolve_opt.language import in_both
from devolve_opt.schema import Column, Table, country_schema, schema
from devolve_opt.schema.header import HEADER_FILE, HEADER_KEYS
from devolve_opt.vocabulary import CHINESE

_INTRODUCTION = f"""# Cases and their data

<!-- Made from the schema by `python -m devolve_opt.schema.dictionary models/README.md`; do not edit by hand. -->

A case is the data of one city or district: a folder with a header, `{HEADER_FILE}`, and one CSV file for each table
below. `devolve-opt check FOLDER` reads a case and tells everything that is wrong with it at once, each fault with file,
row, column, value and remedy.

- **Files** are UTF-8 text, with or without byte order mark; CSV files may also be GB18030 (GBK), as spreadsheets in
  Chinese save them. Cells are separated by commas; a cell with a comma, a quotation mark or a line break stands in
  quotation marks. Blank lines are skipped. Files that are neither `{HEADER_FILE}` nor CSV, such as a README, are left
  alone.
- **Columns** may come in any order, under their English or their Chinese name. A column with a default may be left out,
  and its cells may be blank; every other cell must be filled.
- **Kinds of cell.** `id`: an identifier of up to 64 characters, once in its column. `text`: words. `integer`: a whole
  number. `number`: a number such as `12` or `0.5`, without unit or thousands separators. `boolean`: `yes` or `no`
  (also `true`, `false`, `1`, `0`, `是`, `否`). `choice`: one of the words allowed, in English or Chinese.
  `reference`: an `id` of the table named.
- **Key**: no two rows of a table have the same.
"""

_ACROSS = """## What must hold across columns and tables

- `staff_in_post` is at most `posts`; `lent` and `certified_officers` are at most `staff_in_post`;
  `statutory_officer_hours` is at most `statutory_hours`.
- Every county has at least one township.
- Subdistricts have no rows in `votes` and none in `cases`.
- No power requires itself, directly or by way of others.
- A power of the `guide_list` stands on the base list or on lists of categories, never on both.
- `traffic` names each pair of `functions` once, in either order, and no function with itself; it needs the table
  `functions`. The `staff_share` of all functions sums to at most 1.
"""

_COUNTRY = """# Countries

A country is a folder with one table, `cities.csv`, which a scenario names with `country` instead of `case`. The file
follows the same rules as those of a case.
"""


def data_dictionary() -> str:
    """Return the data dictionary as Markdown: the header's keys, then the tables of cases and countries."""
    tables = (_table(table) for table in schema().values())
    of_countries = (_table(table) for table in country_schema().values())
    return "\n".join([_INTRODUCTION, _header(), *tables, _ACROSS, _COUNTRY, *of_countries])


def _header() -> str:
    rows = [
        (f"`{key.name}`", key.chinese, key.kind, _both(key.unit), key.default or "required", _both(key.meaning))
        for key in HEADER_KEYS
    ]
    example = 'title = "Pilot district"\nprovenance = "Invented for a test."\nsynthetic = true'
    grid = _grid(("key", "中文", "kind", "unit", "default", "meaning"), rows)
    return f"## `{HEADER_FILE}`\n\n{grid}\n```toml\n{example}\n```\n"


def _table(table: Table) -> str:
    need = "required" if table.required else "optional"
    key = " + ".join(f"`{column}`" for column in table.key)
    meaning = _both(table.meaning, "\n\n")
    head = f"## {table.name} ({table.chinese})\n\n{meaning}\n\nFile `{table.name}.csv`, {need}. Key: {key}.\n"
    names = ("column", "中文", "kind", "unit", "bounds", "default", "meaning", "allowed")
    return f"{head}\n{_grid(names, [_row(column) for column in table.columns])}"


def _row(column: Column) -> tuple[str, ...]:
    default = "required" if column.default is None else f"`{column.default}`" if column.default else "blank"
    return (
        f"`{column.name}`", column.chinese, column.kind, _both(column.unit), _bounds(column), default,
        _both(column.meaning), _allowed(column),
    )  # fmt: skip


def _both(text: str, between: str = "<br>") -> str:
    """Return a text with its Chinese below it."""
    return in_both(text, between, "en")


def _bounds(column: Column) -> str:
    if column.lower is None and column.upper is None:
        return ""
    if column.upper is None:
        return f"at least {column.lower:.15g}"
    return f"at most {column.upper:.15g}" if column.lower is None else f"{column.lower:.15g} to {column.upper:.15g}"


def _allowed(column: Column) -> str:
    if column.kind == "choice":
        return ", ".join(f"`{word}` {CHINESE[word]}" for word in column.words)
    if column.kind == "boolean":
        return "`yes` 是, `no` 否"
    return f"an `id` of `{column.refers_to}`" if column.refers_to else ""


def _grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Write the data dictionary to the file named; return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m devolve_opt.schema.dictionary models/README.md\n")
        return 2
    Path(arguments[0]).write_text(data_dictionary(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
