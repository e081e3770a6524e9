"""Workbooks: what was filled in is read, pasting survives, faults are told and marked, hostile files refused."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.formula import ArrayFormula
from typer.testing import CliRunner

from devolve_opt.case import Case
from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.language import catalogue
from devolve_opt.reading import workbook, xlsx
from devolve_opt.reading.workbook import FAULTS_SHEET, read_workbook
from devolve_opt.scenario import Scenario
from devolve_opt.schema import schema
from devolve_opt.views.marked import SUFFIX, write_marked
from devolve_opt.views.template import HEADINGS, write_template
from modelling import ROOT, hand_scenario, small_case

TOWNSHIPS, POWERS, VOTES = (schema()[name].chinese for name in ("townships", "powers", "votes"))


@pytest.fixture
def filled(tmp_path) -> Path:
    """Return a workbook with the hand case."""
    return write_template(tmp_path / "hand.xlsx", hand_scenario().case)


def column_of(sheet, name: str) -> int:
    """Return the column, from 1, whose heading holds the name."""
    [found] = [
        cell.column
        for cell in sheet[HEADINGS]
        if cell.value and name in str(cell.value).replace(" [", "\n").split("\n")
    ]
    return found


def changed(path: Path, **cells) -> Path:
    """Change cells of a workbook, given as sheet, column name, row of the data from 1 and value."""
    book = load_workbook(path)
    for sheet, column, row, value in cells["cells"]:
        book[sheet].cell(HEADINGS + row, column_of(book[sheet], column)).value = value
    book.save(path)
    return path


def told(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_workbook(path)
    return [str(fault) for fault in caught.value.faults]


# What was filled in is what is read


def test_a_case_comes_back_as_it_was(filled):
    hand, back = hand_scenario().case, Case.read(filled)
    assert back.digest == hand.digest
    assert (back.title, back.provenance, back.synthetic) == (hand.title, hand.provenance, hand.synthetic)
    assert set(back.input_hashes) == {"hand.xlsx"}


def test_the_models_come_back_as_they_were(tmp_path):
    case = Case.read(ROOT / "models" / "pilot-district")
    assert Case.read(write_template(tmp_path / "pilot.xlsx", case)).digest == case.digest


def test_an_empty_template_says_what_is_missing_and_reads_no_example(tmp_path):
    faults = told(write_template(tmp_path / "empty.xlsx"))
    assert not any("示例" in fault for fault in faults)
    assert any(TOWNSHIPS in fault for fault in faults)
    assert any("title" in fault for fault in faults)


def test_examples_are_passed_over(filled):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    sheet.cell(sheet.max_row + 1, 1).value = "示例 T99"
    book.save(filled)
    assert Case.read(filled).digest == hand_scenario().case.digest


def test_every_sheet_has_notes_filters_and_headings_that_stay(filled):
    book = load_workbook(filled)
    for table in schema().values():
        sheet = book[table.chinese]
        assert sheet.freeze_panes == f"B{HEADINGS + 1}"
        assert sheet.auto_filter.ref
        assert sheet.page_setup.orientation == "landscape"
        assert f"{catalogue()[table.meaning]}\n{table.meaning}" in sheet.cell(1, 1).comment.text
        for column in table.columns:
            heading = sheet.cell(HEADINGS, column_of(sheet, column.name))
            assert column.chinese in heading.value
            assert column.meaning in heading.comment.text
            assert catalogue()[column.meaning] in heading.comment.text
            if column.unit:
                assert column.unit in heading.value
                assert catalogue()[column.unit] in heading.value


def test_there_are_drop_downs_for_words_and_ids(filled):
    book = load_workbook(filled)
    formulas = [rule.formula1 for rule in book[TOWNSHIPS].data_validations.dataValidation]
    assert any("县城驻地镇" in formula for formula in formulas)
    assert any(schema()["counties"].chinese in formula for formula in formulas)


# Pasting


def test_what_is_pasted_from_elsewhere_is_understood(filled):
    pasted = [
        (TOWNSHIPS, "population", 1, "１２,３４５"), (TOWNSHIPS, "population", 2, " 20，000 "),
        (TOWNSHIPS, "population", 3, "1 234"), (TOWNSHIPS, "area_km2", 1, "１０．５"), (TOWNSHIPS, "posts", 1, "10"),
        (TOWNSHIPS, "gdp", 1, "1,000,000.5"), (POWERS, "in_directory", 1, "ＹＥＳ"),
    ]  # fmt: skip
    case = Case.read(changed(filled, cells=pasted))
    assert case.townships["population"].to_list() == [12_345, 20_000, 1_234]
    assert case.townships["area_km2"].iloc[0] == 10.5
    assert case.townships["gdp"].iloc[0] == 1_000_000.5
    assert case.powers["in_directory"].iloc[0]


def test_titles_above_the_headings_and_blank_rows_are_passed_over(filled):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    sheet.insert_rows(1, 2)
    sheet.cell(1, 1).value = "某市乡镇基本情况表"
    sheet.merge_cells("A1:H1")
    sheet.insert_rows(HEADINGS + 4)
    book.save(filled)
    assert Case.read(filled).digest == hand_scenario().case.digest


@pytest.mark.parametrize("heading", ["编制数", "posts", "编制数（个）", "编制数 [posts]", "posts (posts)", " 编制数 "])
def test_headings_go_by_either_name_with_or_without_a_unit(filled, heading):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    sheet.cell(HEADINGS, column_of(sheet, "posts")).value = heading
    book.save(filled)
    assert Case.read(filled).digest == hand_scenario().case.digest


def test_sheets_go_by_either_name_and_notes_are_left_alone(filled):
    book = load_workbook(filled)
    book[TOWNSHIPS].title = "townships"
    book.create_sheet("备注一").cell(1, 1).value = "anything"
    book.create_sheet("empty")
    book.save(filled)
    # The drop-downs that point at the old name do not matter to reading.
    assert Case.read(filled).digest == hand_scenario().case.digest


# Faults


def test_every_fault_is_told_at_once_with_its_place_in_excel(filled):
    faults = told(changed(filled, cells=[
        (TOWNSHIPS, "population", 1, "many"), (TOWNSHIPS, "category", 2, "villige"), (TOWNSHIPS, "posts", 3, 2.5),
        (VOTES, "power", 1, "P99"), (POWERS, "simple_hours", 1, date(2024, 5, 1)), (POWERS, "name", 2, "#REF!"),
    ]))  # fmt: skip
    row = HEADINGS + 1
    assert all(TOWNSHIPS in fault for fault in faults[:3])
    for words in (
        f"hand.xlsx, sheet {TOWNSHIPS}, row {row}, column 户籍人口 population, cell E{row}, value 'many': is not",
        f"cell D{row + 1}, value 'villige'", f"cell I{row + 2}, value '2.5'", "value 'P99'",
        "value '2024-05-01 00:00:00': is a date", "value '#REF!'",
    ):  # fmt: skip
        assert any(words in fault for fault in faults), words
    assert len(faults) == 6


def test_sheets_that_are_no_table_or_stand_twice_are_told(filled):
    book = load_workbook(filled)
    book.create_sheet("votess").cell(1, 1).value = "x"
    book.create_sheet("powers").cell(1, 1).value = "x"
    del book[TOWNSHIPS]
    book.save(filled)
    faults = told(filled)
    assert any("votess" in fault and "Did you mean 'votes'" in fault for fault in faults)
    assert any("same table" in fault for fault in faults)
    assert any(TOWNSHIPS in fault and "is missing" in fault for fault in faults)


def test_a_sheet_without_headings_is_told(filled):
    book = load_workbook(filled)
    sheet = book[VOTES]
    sheet.delete_rows(1, HEADINGS)
    book.save(filled)
    assert any("no row of headings" in fault for fault in told(filled))


def test_a_formula_without_a_value_is_told_and_one_with_its_value_is_read(filled, tmp_path):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    sheet.cell(HEADINGS + 1, column_of(sheet, "posts")).value = "=5+5"
    book.save(filled)
    assert any("formula whose value was not saved" in fault and "'=5+5'" in fault for fault in told(filled))
    # The value that Excel saves beside a formula.
    with zipfile.ZipFile(filled) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts = {
        name: re.sub(rb"<f>5\+5</f><v *(/>|></v>)", b"<f>5+5</f><v>10</v>", content) for name, content in parts.items()
    }
    with zipfile.ZipFile(tmp_path / "hand2.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert Case.read(tmp_path / "hand2.xlsx").townships["posts"].iloc[0] == 10


def test_policy_keys_of_the_workbook_count_and_wrong_ones_are_told(filled):
    book = load_workbook(filled)
    sheet = book["政策"]
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    for key, value in (("guide_list_max", 99), ("prices.choice_met", "fifty"), ("hearing_powers_stay", "否")):
        sheet.cell(rows[key], 2).value = value
    book.save(filled)
    with pytest.raises(InputError, match=r"政策, row \d+, column prices.choice_met, cell B\d+, value 'fifty'"):
        Scenario.read(filled)
    # Full-width digits, as everywhere; a title above the headings.
    sheet.cell(rows["prices.choice_met"], 2).value = "５０"
    sheet.insert_rows(1)
    sheet.cell(1, 1).value = "某市政策参数"
    book.save(filled)
    policy = Scenario.read(filled).policy
    assert (policy.guide_list_max, policy.prices.choice_met, policy.hearing_powers_stay) == (99, 50, False)
    sheet.cell(rows["guide_list_max"] + 1, 1).value = "guide_list_mx"
    book.save(filled)
    with pytest.raises(InputError, match="Did you mean 'guide_list_max'"):
        Scenario.read(filled)


def test_faults_of_the_policy_come_with_those_of_the_tables(filled):
    book = load_workbook(changed(filled, cells=[(TOWNSHIPS, "population", 1, "many")]))
    book["政策"].title = "policy"
    row = next(cell.row for cell in book["policy"]["A"] if cell.value == "guide_list_max")
    book["policy"].cell(row, 2).value = "plenty"
    book.save(filled)
    with pytest.raises(InputError) as caught:
        Scenario.read(filled)
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 2
    assert any("sheet policy" in fault and f"cell B{row}" in fault for fault in told)


def test_the_copy_marks_each_bad_cell_and_lists_all_faults(filled):
    changed(filled, cells=[(TOWNSHIPS, "population", 1, "many"), (VOTES, "power", 1, "P99")])
    before = filled.read_bytes()
    with pytest.raises(InputError) as caught:
        read_workbook(filled)
    copy = write_marked(filled, caught.value.faults)
    assert filled.read_bytes() == before
    assert copy.name == f"hand{SUFFIX}.xlsx"
    book = load_workbook(copy)
    assert book.sheetnames[0] == FAULTS_SHEET
    assert [book[FAULTS_SHEET].cell(row, 4).value for row in (2, 3)] == ["many", "P99"]
    cell = book[TOWNSHIPS].cell(HEADINGS + 1, column_of(book[TOWNSHIPS], "population"))
    assert cell.fill.fgColor.rgb.endswith("F4A6A6")
    assert "is not a number" in cell.comment.text
    good = book[TOWNSHIPS].cell(HEADINGS + 2, column_of(book[TOWNSHIPS], "population"))
    assert not good.fill.fgColor.rgb.endswith("F4A6A6")


def test_a_name_where_an_id_belongs_is_told_with_the_id(filled):
    name = hand_scenario().case.townships["name"]
    [fault] = told(changed(filled, cells=[(VOTES, "township", 1, name.iloc[0])]))
    assert f"is the name of {name.index[0]}; write its id, {name.index[0]}" in fault


def test_a_formula_hides_no_other_fault(filled):
    faults = told(changed(filled, cells=[(TOWNSHIPS, "posts", 1, "=1+1"), (TOWNSHIPS, "population", 2, "many")]))
    assert len(faults) == 2
    assert any("=1+1" in fault for fault in faults)


def test_a_marked_copy_may_be_mended_and_checked_again(filled):
    changed(filled, cells=[(TOWNSHIPS, "population", 1, "many")])
    with pytest.raises(InputError) as caught:
        read_workbook(filled)
    copy = write_marked(filled, caught.value.faults)
    assert str(caught.value.faults[0]).replace("hand", copy.stem) == told(copy)[0]
    assert load_workbook(copy)[TOWNSHIPS].sheet_properties.tabColor.rgb.endswith("C00000")
    with pytest.raises(InputError) as caught:
        read_workbook(copy)
    before = copy.read_bytes()
    assert write_marked(copy, caught.value.faults).name == f"hand-2{SUFFIX}.xlsx"
    assert copy.read_bytes() == before
    population = int(hand_scenario().case.townships["population"].iloc[0])
    assert (
        Case.read(changed(copy, cells=[(TOWNSHIPS, "population", 1, population)])).digest == hand_scenario().case.digest
    )


# Rows of totals


@pytest.mark.parametrize(
    "first", ["合计", "总计", "小 计", "合计：", "合计（3个）", "Total", "Grand total:", "subtotal"]
)
def test_a_row_of_totals_is_one_fault(filled, first):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    row = sheet.max_row + 1
    for place, value in ((1, first), (5, "=SUM(E3:E5)"), (6, 300.5), (9, 30)):
        sheet.cell(row, place).value = value
    book.save(filled)
    [fault] = told(filled)
    assert f"sheet {TOWNSHIPS}, row {row}, cell A{row}, value '{first}': is a row of totals" in fault


def test_a_total_below_a_blank_first_column_is_one_too_and_a_name_is_none(filled):
    book = load_workbook(filled)
    book[TOWNSHIPS].cell(HEADINGS + 1, 2).value = "合计镇"
    sheet = book[VOTES]
    row = sheet.max_row + 1
    sheet.cell(row, 2).value = "小计"
    book.save(filled)
    with pytest.raises(InputError) as caught:
        read_workbook(filled)
    [fault] = caught.value.faults
    assert fault.column == f"cell B{row}"
    marked = load_workbook(write_marked(filled, [fault]))[VOTES].cell(row, 2)
    assert marked.fill.fgColor.rgb.endswith("F4A6A6")


# Hostile files


def test_texts_that_look_like_formulas_stay_texts(tmp_path):
    names = ["=1+1", "+cmd", "-2", "@x", '=HYPERLINK("http://x")']
    case = small_case({f"T{number}": {} for number in range(len(names))}, None, {("T0", "P1"): 3})
    case = case.replace(townships=case.townships.assign(name=names))
    path = write_template(tmp_path / "case.xlsx", case)
    with zipfile.ZipFile(path) as archive:
        assert not any(
            re.search(rb"<f[ >]", archive.read(part)) for part in archive.namelist() if "worksheets/sheet" in part
        )
    assert Case.read(path).townships["name"].to_list() == names


@pytest.mark.parametrize("text", ["0,5", "10²", "12,34", "1,23,456"])
def test_a_number_that_could_be_read_two_ways_is_no_number(filled, text):
    assert "is not a number" in told(changed(filled, cells=[(TOWNSHIPS, "gdp", 1, text)]))[0]
    assert workbook.meant(text) == text


def test_formulas_of_any_kind_are_seen_whatever_the_sheet_says_of_its_size(filled):
    book = load_workbook(filled)
    sheet = book[TOWNSHIPS]
    sheet.cell(HEADINGS + 1, column_of(sheet, "lent")).value = ArrayFormula(f"A{HEADINGS + 1}", "=1+2")
    book.save(filled)
    with zipfile.ZipFile(filled) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(filled, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', content))
    assert any("formula whose value was not saved" in fault for fault in told(filled))


def test_a_refused_file_is_not_opened_to_be_marked(tmp_path, monkeypatch):
    path = write_template(tmp_path / "case.xlsx")
    monkeypatch.setattr(xlsx, "MOST_BYTES", 1_000)
    done = CliRunner().invoke(app, ["check", str(path)])
    assert "unpacks to far more" in str(done.exception)
    assert [each.name for each in tmp_path.iterdir()] == ["case.xlsx"]


def test_a_damaged_part_is_told(filled):
    content = bytearray(filled.read_bytes())
    at = content.find(b"xl/workbook.xml") + 20
    content[at : at + 40] = b"\xff" * 40
    filled.write_bytes(bytes(content))
    assert len(told(filled)) == 1


def test_a_template_of_a_workbook_keeps_its_policy(filled, tmp_path):
    book = load_workbook(filled)
    sheet = book["政策"]
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == "guide_list_max")
    sheet.cell(row, 2).value = 99
    book.save(filled)
    done = CliRunner().invoke(app, ["template", str(tmp_path / "new.xlsx"), "--case", str(filled)])
    assert done.exit_code == 0, done.output
    assert Scenario.read(tmp_path / "new.xlsx").policy.guide_list_max == 99


def test_a_file_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    monkeypatch.setattr(xlsx, "MOST_BYTES", 1_000_000)
    assert "unpacks to far more" in told(path)[0]


@pytest.mark.parametrize("start", [
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b'<?xml version="1.0"?><!-- x --><!DOCTYPE a><a/>',
    b'<?xml version="1.0"?><!--' + b"x" * 9_000 + b'--><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
])  # fmt: skip
def test_a_file_that_declares_entities_is_refused(filled, start):
    with zipfile.ZipFile(filled, "a") as archive:
        archive.writestr("xl/worksheets/sheet99.xml", start)
    assert "declares entities" in told(filled)[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_workbook_is_told(tmp_path, content):
    path = tmp_path / "case.xlsx"
    path.write_bytes(content)
    assert len(told(path)) == 1


def test_a_workbook_that_is_not_there_is_told(tmp_path):
    assert "there is no such file" in told(tmp_path / "none.xlsx")[0]


def test_a_plain_workbook_of_something_else_is_told(tmp_path):
    book = Workbook()
    book.active.cell(1, 1).value = "x"
    book.save(tmp_path / "other.xlsx")
    assert any("is no table of a case" in fault for fault in told(tmp_path / "other.xlsx"))


# The shell


def test_the_shell_writes_checks_marks_and_runs(tmp_path):
    runner = CliRunner()
    path = tmp_path / "hand.xlsx"
    done = runner.invoke(app, ["template", str(path), "--case", str(ROOT / "models" / "hand")])
    assert done.exit_code == 0, done.output
    assert isinstance(runner.invoke(app, ["template", str(path)]).exception, InputError)
    assert isinstance(runner.invoke(app, ["template", str(tmp_path / "x.csv")]).exception, InputError)
    done = runner.invoke(app, ["check", str(path)])
    assert done.exit_code == 0, done.output
    assert "No fault found" in done.output
    done = runner.invoke(app, ["run", str(path), "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run" / "plan.xlsx").exists()
    changed(path, cells=[(TOWNSHIPS, "population", 1, "many")])
    done = runner.invoke(app, ["check", str(path)])
    assert isinstance(done.exception, InputError)
    assert "A copy with the bad cells marked" in done.output
    assert (tmp_path / f"hand{SUFFIX}.xlsx").exists()


def test_check_and_run_say_which_rows_of_the_guide_list_do_not_count(tmp_path):
    hand = hand_scenario()
    power = str(hand.case.powers.index[0])
    listed = pd.DataFrame([(power, "base"), (str(hand.case.powers.index[1]), "general")], columns=["power", "list"])
    path = write_template(tmp_path / "hand.xlsx", hand.case.replace(guide_list=listed))
    for command in (["check", str(path)], ["run", str(path), "--out", str(tmp_path / "run"), "--method", "ratio"]):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        said = "1 row of the guide list in force NOT counted: the policy has no list for general (own_list_categories)."
        assert said in done.stderr
    done = CliRunner().invoke(app, ["check", str(path), "--lang", "zh"])
    assert "现行指导清单有 1 行未计入：政策没有为一般镇设清单（own_list_categories）。" in done.stderr


def test_an_option_is_called_an_option(tmp_path):
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--out", str(tmp_path / "x.docx")])
    assert "option --out, value" in str(done.exception)
    assert "column" not in str(done.exception)
