"""The data dictionary says what the schema says, and the page in `models/` is up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devolve_opt.case import AVAILABLE_HOURS
from devolve_opt.language import catalogue
from devolve_opt.schema import schema
from devolve_opt.schema.dictionary import data_dictionary, main
from devolve_opt.schema.header import AVAILABLE_HOURS as DEFAULT_HOURS
from devolve_opt.schema.header import HEADER_KEYS
from devolve_opt.vocabulary import CHINESE

PAGE = Path(__file__).parents[1] / "models" / "README.md"


def section(table: str) -> str:
    """Return the part of the page on one table."""
    return data_dictionary().split(f"\n## {table} (", 1)[1].split("\n## ", 1)[0]


def row(table: str, column: str) -> list[str]:
    """Return the cells of the line on one column."""
    [line] = [line for line in section(table).splitlines() if line.startswith(f"| `{column}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def both(text: str, between: str = "<br>") -> str:
    """Return an English text of the catalogue with its Chinese after it."""
    return f"{text}{between}{catalogue()[text]}" if text else ""


def test_the_page_in_models_is_up_to_date():
    assert PAGE.read_bytes().decode("utf-8") == data_dictionary(), f"run {main.__module__} {PAGE}"


@pytest.mark.parametrize("table", schema().values(), ids=lambda table: table.name)
def test_every_table_and_column_is_described(table):
    text = section(table.name)
    meaning = both(table.meaning, "\n\n")
    assert text.startswith(f"{table.chinese})\n\n{meaning}\n")
    assert f"File `{table.name}.csv`, {'required' if table.required else 'optional'}." in text
    assert f"Key: {' + '.join(f'`{column}`' for column in table.key)}." in text
    for column in table.columns:
        cells = row(table.name, column.name)
        assert len(cells) == 8
        assert cells[1:4] == [column.chinese, column.kind, both(column.unit)]
        assert cells[6] == both(column.meaning)
        for word in column.words:
            assert f"`{word}` {CHINESE[word]}" in cells[7]


def test_bounds_defaults_and_references_are_shown():
    assert row("powers", "simple_share")[3:6] == ["share<br>比例", "0 to 1", "`0`"]
    assert row("townships", "gdp")[4:6] == ["0 to 1000000000", "required"]
    assert row("powers", "requires")[4:6] == ["", "blank"]
    assert row("powers", "requires")[7] == "an `id` of `powers`"
    assert row("powers", "in_directory")[5:8:2] == ["`yes`", "`yes` 是, `no` 否"]


def test_every_key_of_the_header_is_described():
    lines = data_dictionary().split("## `case.toml`", 1)[1].split("\n## ", 1)[0].splitlines()
    for key in HEADER_KEYS:
        default = key.default or "required"
        cells = (f"`{key.name}`", key.chinese, key.kind, both(key.unit), default, both(key.meaning))
        assert f"| {' | '.join(cells)} |" in lines


def test_the_default_hours_are_those_of_the_case():
    assert DEFAULT_HOURS == AVAILABLE_HOURS


def test_names_of_columns_are_unique_in_both_languages():
    # Else a Chinese header could not be matched.
    for table in schema().values():
        names = [*table.column_names, *(column.chinese for column in table.columns)]
        assert len(set(names)) == len(names), table.name


def test_the_module_writes_the_page(tmp_path):
    page = tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "devolve_opt.schema.dictionary", str(page)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert page.read_bytes() == data_dictionary().encode()


def test_without_a_file_it_says_how_it_is_called(capsys):
    assert main([]) == 2
    assert "usage: python -m devolve_opt.schema.dictionary" in capsys.readouterr().err
