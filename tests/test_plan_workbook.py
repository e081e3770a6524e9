"""The workbook of a plan: every sheet that is handed in, in words and numbers, safe, printable, opened by an office."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import pandas as pd
import pytest
from openpyxl import load_workbook

from devolve_opt.language import LANGUAGES, speaking, tr
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.schema import output, outputs, result_words
from devolve_opt.studies.comparing import compare, measures
from devolve_opt.studies.solving import solve
from devolve_opt.views.caps import caps
from devolve_opt.views.plan_workbook import HEADINGS, SAID, SHEETS, WORDED, in_words, write_plan_workbook
from devolve_opt.views.sheets import LINE, SHARE, WHOLE
from devolve_opt.views.summary import summary
from devolve_opt.views.tables import plan_tables
from devolve_opt.views.wording import status_lines
from devolve_opt.vocabulary import CHINESE
from modelling import everything_on, hand_scenario, with_everything

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve(hand_scenario(), gap=0)


@pytest.fixture(scope="module")
def full() -> Plan:
    """Return a plan of the hand case with every instrument on."""
    hand = hand_scenario()
    return solve(
        Scenario(with_everything(hand.data), everything_on(hand.policy).replace(area_teams=None)), method="ratio"
    )


@pytest.fixture(scope="module")
def path(plan, tmp_path_factory):
    return write_plan_workbook(plan, tmp_path_factory.mktemp("workbook") / "plan.xlsx")


def headings_of(sheet) -> list[str]:
    return [cell.value.split("\n")[1] for cell in sheet[HEADINGS] if cell.value]


def test_every_column_of_every_table_has_its_words(plan, full):
    for each in (plan, full):
        for name, table in plan_tables(each).items():
            for column in table:
                found = output(name, str(column))
                assert found.chinese
                assert found.english
                numeric = pd.api.types.is_numeric_dtype(table[column]) and table[column].dtype != bool
                assert bool(found.format) == numeric or table[column].isna().all(), (name, column)


def test_nothing_in_the_catalogue_is_for_nothing(plan, full):
    there = {
        (name, str(column)) for each in (plan, full) for name, table in plan_tables(each).items() for column in table
    }
    columns = {column for _, column in there}
    there |= {("measures", name) for name in measures(plan)}
    compared = compare({"one": plan, "other": full}).index
    there |= {("comparison", str(name)) for name in compared}
    unused = [key for key in outputs() if (key not in there if key[0] else key[1] not in columns)]
    assert unused == []


def test_every_code_has_its_words(plan, full):
    for each in (plan, full):
        for name, table in plan_tables(each).items():
            for column in WORDED:
                if name in SHEETS and column in table and not (name == "posts" and column == "change"):
                    for code in table[column].dropna().astype(str).unique():
                        for part in filter(None, code.split(", ") if code not in result_words() else [code]):
                            if re.fullmatch(r"[a-z_]+", part):
                                assert in_words(part) != part, (name, column, part)


def test_the_sheets_hold_what_the_tables_hold(plan, path):
    book = load_workbook(path)
    assert book.sheetnames[0].startswith("摘要")
    tables = plan_tables(plan)
    for name, (chinese, english, _) in SHEETS.items():
        if name in tables and len(tables[name]):
            sheet = book[f"{chinese} {english}"]
            assert sheet.max_row == HEADINGS + len(tables[name])
            assert sheet.freeze_panes
            assert sheet.auto_filter.ref
            assert sheet.print_title_rows == f"${HEADINGS}:${HEADINGS}"
    posts = book["编制 posts"]
    column = headings_of(posts).index("posts") + 1
    assert [posts.cell(HEADINGS + row, column).value for row in (1, 2, 3)] == tables["posts"]["posts"].to_list()
    assert posts.cell(HEADINGS + 1, column).number_format == WHOLE
    workload = book["工作量 workload"]
    load = headings_of(workload).index("load") + 1
    assert workload.cell(HEADINGS + 1, load).number_format == SHARE
    category = headings_of(workload).index("category") + 1
    assert workload.cell(HEADINGS + 1, category).value == f"{CHINESE['county_seat']} county seat"


def test_the_workbook_is_the_same_whatever_language_is_spoken(full, path, tmp_path):
    """Sentences stand in both languages; tables that were made in either are taken."""
    names = [tmp_path / f"{each}.xlsx" for each in LANGUAGES]
    for each, name in zip(LANGUAGES, names, strict=True):
        with speaking(each):
            write_plan_workbook(full, name, plan_tables(full))
    first, second = ([[cell.value for row in sheet.iter_rows() for cell in row] for sheet in load_workbook(name)]
                     for name in names)  # fmt: skip
    assert first == second


def test_the_summary_and_the_sentences_stand_in_both_languages(full, tmp_path, monkeypatch):
    # A text that is surely in the catalogue, whatever else is.
    monkeypatch.setitem(SAID, "caps", lambda plan: caps(plan).assign(meaning=tr("ratio rule")))
    book = load_workbook(write_plan_workbook(full, tmp_path / "plan.xlsx", plan_tables(full) | {
        "caps": caps(full).assign(meaning="ratio rule", synthetic=True),
    }))  # fmt: skip
    sheet = book["上限使用 caps"]
    cell = sheet.cell(HEADINGS + 1, headings_of(sheet).index("meaning") + 1)
    assert cell.value == "按比例法\nratio rule"
    assert cell.alignment.wrap_text
    assert sheet.row_dimensions[HEADINGS + 1].height >= 2 * LINE
    lines = [str(row[0].value) for row in book["摘要 summary"].iter_rows()]
    for each in LANGUAGES:
        with speaking(each):
            assert f"    {status_lines(full)[0]}" in lines
            assert set(summary(full).splitlines()[1:]) - {""} <= set(lines)


def test_units_of_headings_stand_in_both_languages(path):
    head = [cell.value for cell in load_workbook(path)["工作量 workload"][HEADINGS] if cell.value]
    assert any(text.endswith("[工时/年 staff-hours a year]") for text in head)


def test_invented_data_say_so_on_every_sheet(path):
    for sheet in load_workbook(path).worksheets:
        head = " ".join(str(cell.value) for row in sheet.iter_rows(max_row=HEADINGS) for cell in row if cell.value)
        assert "合成数据" in head, sheet.title


def test_no_text_of_the_user_is_a_formula(tmp_path):
    hand = hand_scenario()
    names = ['=HYPERLINK("http://x")', "+1", "-1"]
    case = hand.case.replace(townships=hand.case.townships.assign(name=names))
    path = write_plan_workbook(solve(hand.replace(case=case), gap=0), tmp_path / "plan.xlsx")
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            assert not re.search(rb"<f[ >]", archive.read(part)), part
    sheet = load_workbook(path)["编制 posts"]
    cells = [sheet.cell(HEADINGS + row, 2) for row in (1, 2, 3)]
    assert [cell.value for cell in cells] == names
    assert all(cell.quotePrefix for cell in cells)


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it(path, tmp_path):
    done = subprocess.run(
        [OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf", "--outdir",
         str(tmp_path), str(path)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plan.pdf").stat().st_size > 20_000
