"""Reading files: encodings, lines, headers, missing and unknown files, `case.toml`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cases import (
    assert_same,
    faults_of,
    only_fault,
    place,
    records_of,
    replace_text,
    sound_folder,
    tiny_tables,
    write_records,
)
from devolve_opt.case import Case
from devolve_opt.reading.folder import read_folder
from devolve_opt.reading.tables import check_tables
from devolve_opt.schema import schema

# Files, lines and headers


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings(tmp_path, encoding):
    folder = sound_folder(tmp_path)
    for file in folder.glob("*.csv"):
        file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    assert_same(read_folder(folder).tables, tiny_tables())


def test_gb18030_with_its_byte_order_mark_and_windows_line_ends(tmp_path):
    folder = sound_folder(tmp_path)
    text = (folder / "townships.csv").read_text(encoding="utf-8")
    (folder / "townships.csv").write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode("gb18030"))
    assert_same(read_folder(folder).tables, tiny_tables())


@pytest.mark.parametrize(
    ("content", "row", "message"),
    [
        (b"id,name\nC1,\xff\xff\n", 2, "is neither UTF-8 nor GB18030 text; save it as 'CSV UTF-8'."),
        ("id,name\nC1,A\n".encode("utf-16"), None, "is UTF-16 text; save it as 'CSV UTF-8'."),
        (b"id,name\nC1,A\0\nC2,B\n", 2, "holds NUL bytes"),
        (b"", None, "is empty; write the header line id,name."),
        (b"\xef\xbb\xbf\n  \n,\n", None, "is empty; write the header line id,name."),
        (b"id,name\n", None, "has no rows; a case needs at least one."),
        (b"id;name\nC1;A\n", 1, "has semicolons between its cells; save it with commas."),
        (b"\nid\tname\nC1\tA\n", 2, "has tabs between its cells; save it with commas."),
        (b'id,name\nC1,A\n\nC2,"B\nC3,C\n', 4, "opens with a quotation mark that is never closed"),
        (b'"id"x,name\nC1,A\nC2,B\n', 1, "text follows a closing quotation mark"),
    ],
)
def test_a_file_that_is_no_table_is_one_fault(tmp_path, content, row, message):
    folder = sound_folder(tmp_path)
    (folder / "counties.csv").write_bytes(content)
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("counties.csv", row, "", None)
    assert message in fault.message


def test_an_empty_optional_file_may_be_removed(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "readiness.csv").write_text("", encoding="utf-8")
    assert "write the header line township,field or remove the file." in only_fault(read_folder, folder).message


def test_votes_and_cases_and_optional_tables_may_have_no_rows(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "votes.csv").write_text("township,power\n", encoding="utf-8")
    (folder / "cases.csv").write_text("乡镇,事项,年办件量", encoding="utf-8")
    (folder / "readiness.csv").unlink()
    (folder / "guide_list.csv").write_text("power,list\n", encoding="utf-8")
    tables = read_folder(folder).tables
    for name in ("votes", "cases", "readiness", "guide_list"):
        assert len(tables[name]) == 0
        assert tuple(tables[name].columns) == schema()[name].column_names
    pd.testing.assert_series_equal(tables["votes"].dtypes, tiny_tables()["votes"].dtypes)
    pd.testing.assert_series_equal(tables["cases"].dtypes, tiny_tables()["cases"].dtypes)
    pd.testing.assert_series_equal(tables["readiness"].dtypes, tiny_tables()["readiness"].dtypes)


def test_text_after_a_closing_quotation_mark_is_told_and_the_rest_is_read_on(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "counties.csv").write_text('id,name\n"C1"x,东县\nC2,\n', encoding="utf-8")
    faults = faults_of(read_folder, folder)
    assert [place(fault) for fault in faults] == [("counties.csv", 2, "", None), ("counties.csv", 3, "name", None)]
    assert "write a quotation mark inside a cell twice" in faults[0].message


def test_nothing_is_concluded_from_rows_that_were_lost(tmp_path):
    folder = sound_folder(tmp_path)
    for file, lost in (("counties.csv", '"C1'), ("fields.csv", '"F1"1')):
        header = records_of(folder / file)[0]
        (folder / file).write_text(",".join(header) + f"\n{lost}\n", encoding="utf-8")
    replace_text(folder / "townships.csv", "T2,乙镇", '"T2"镇,乙镇')
    faults = faults_of(read_folder, folder)
    assert [place(fault)[:2] for fault in faults] == [("counties.csv", 2), ("townships.csv", 3), ("fields.csv", 2)]
    assert all("quotation mark" in fault.message for fault in faults)


def test_a_county_is_not_blamed_for_townships_that_are_not_there(tmp_path):
    folder = sound_folder(tmp_path)
    townships = records_of(folder / "townships.csv")
    write_records(folder / "townships.csv", townships[:1])
    fault = only_fault(read_folder, folder)
    assert (fault.file, fault.message) == ("townships.csv", "has no rows; a case needs at least one.")
    write_records(folder / "townships.csv", townships[:3])
    replace_text(folder / "townships.csv", "T2,", '"T2"x,')
    assert [place(fault)[:2] for fault in faults_of(read_folder, folder)] == [("townships.csv", 3)]


def test_rows_with_too_many_or_too_few_cells(tmp_path):
    folder = sound_folder(tmp_path)
    # T1 and C2 are named elsewhere: that their rows are broken must not make those names wrong.
    replace_text(folder / "counties.csv", "C2,西县", "C2,西县,西")
    replace_text(folder / "townships.csv", ",80,76,", ",80,")
    faults = faults_of(read_folder, folder)
    assert [place(fault) for fault in faults] == [("counties.csv", 3, "", None), ("townships.csv", 2, "", None)]
    assert faults[0].message.startswith("has 3 cells, the header has 2; quote cells that hold a comma")
    assert faults[1].message.startswith("has 15 cells, the header has 16;")


def test_rows_are_counted_as_a_text_editor_does(tmp_path):
    folder = sound_folder(tmp_path)
    lines = ["", "id,name", "", ",", 'C1,"东', "", '县"', "  ", "C2,西县", "", "C3,南县"]
    (folder / "counties.csv").write_bytes("\r\n".join(lines).encode())
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("counties.csv", 11, "id", "C3")
    assert "no township belongs to this county" in fault.message
    (folder / "counties.csv").write_bytes("\r\n".join(lines[:-1]).encode())
    assert read_folder(folder).tables["counties"]["name"].tolist() == ["东\r\n\r\n县", "西县"]


def test_headers_in_chinese_in_any_order(tmp_path):
    folder = sound_folder(tmp_path)
    for name, table in schema().items():
        path = folder / f"{name}.csv"
        if path.exists():
            records = records_of(path)
            records[0] = [f" {table[column].chinese}" for column in records[0]]
            write_records(path, [record[::-1] for record in records])
    assert_same(read_folder(folder).tables, tiny_tables())


def test_columns_without_name_or_content_are_left_out(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "counties.csv").write_text("id,,name,\nC1,,东县, \nC2,,西县,\n", encoding="utf-8")
    assert_same(read_folder(folder).tables, tiny_tables())
    (folder / "counties.csv").write_text("id,,name,\nC1,,东县, \nC2,x,西县,\n", encoding="utf-8")
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("counties.csv", 1, "", None)
    assert "column 2 has cells but no name" in fault.message


HEADER_FAULTS = [
    # What is there already is not what was meant.
    ("id,nama,name\nC1,x,A\nC2,x,B\n", "nama", "unknown column; rename it or remove it."),
    ("id,name,name\nC1,A,A\nC2,B,B\n", "name", "the column is there twice; keep one."),
    ("id,name,名称\nC1,A,A\nC2,B,B\n", "名称", "the column is there twice, as 'name' and as '名称'; keep one."),
    ("id\nC1\nC2\n", "name", "the column is missing; add 'name' or '名称': Name."),
    ("name\nA\nB\n", "id", "the column is missing; add 'id' or '代码': Identifier."),
]


@pytest.mark.parametrize(("text", "column", "message"), HEADER_FAULTS)
def test_a_column_at_fault_is_told_in_the_row_of_the_header(tmp_path, text, column, message):
    folder = sound_folder(tmp_path)
    (folder / "counties.csv").write_text("\n" + text, encoding="utf-8")
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("counties.csv", 2, column, None)
    assert fault.message == message


@pytest.mark.parametrize(
    ("name", "near"),
    [("requiers", "requires"), ("SUPPORT_HOURS", "support_hours"), ("县级支持时", "县级支持工时"), ("remarks", None)],
)
def test_an_unknown_column_may_be_meant_for_one_that_is_absent(name, near):
    tables = tiny_tables()
    tables["powers"] = tables["powers"].drop(columns=["requires", "support_hours"]).assign(**{name: "1"})
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("powers", None, name, None)
    hint = f" Did you mean {near!r}?" if near else ""
    assert fault.message == "unknown column; rename it or remove it." + hint


def test_a_missing_column_of_numbers_names_its_unit():
    tables = tiny_tables()
    del tables["cases"]["cases"]
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("cases", None, "cases", None)
    assert "add 'cases' or '年办件量' [cases a year]: Expected cases a year." in fault.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vote.csv", "is no table of a case; rename it or take it away. Did you mean 'votes.csv'?"),
        ("Powers.CSV", "Did you mean 'powers.csv'?"),
        ("zzz.csv", "is no table of a case; rename it or take it away."),
    ],
)
def test_an_unknown_csv_file_is_a_fault(tmp_path, name, message):
    folder = sound_folder(tmp_path)
    (folder / name).write_text("a\n", encoding="utf-8")
    fault = only_fault(read_folder, folder)
    assert place(fault) == (name, None, "", None)
    assert fault.message.endswith(message)


def test_other_files_are_left_alone(tmp_path):
    folder = sound_folder(tmp_path)
    for name in ("README.md", "notes.txt", "._votes.csv", "~$votes.csv", ".~lock.votes.csv"):
        (folder / name).write_text("no table", encoding="utf-8")
    assert_same(read_folder(folder).tables, tiny_tables())


@pytest.mark.parametrize("name", [name for name, table in schema().items() if table.required])
def test_a_missing_file_is_one_fault_that_names_its_columns(tmp_path, name):
    folder = sound_folder(tmp_path)
    (folder / f"{name}.csv").unlink()
    fault = only_fault(read_folder, folder)
    assert place(fault) == (f"{name}.csv", None, "", None)
    required = [column.name for column in schema()[name].columns if not column.optional]
    assert f"is missing; add it with the columns {', '.join(required)}." in fault.message


def test_paths_that_are_no_folder(tmp_path):
    missing = tmp_path / "nowhere"
    fault = only_fault(Case.read, missing)
    assert place(fault) == (str(missing), None, "", None)
    assert "there is no such folder" in fault.message
    file = tmp_path / "file.csv"
    file.write_text("", encoding="utf-8")
    assert "is a file" in only_fault(Case.read, file).message
    assert "is no path" in only_fault(Case.read, "a\0b").message


def test_no_permission_is_a_fault(tmp_path, monkeypatch):
    folder = sound_folder(tmp_path)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        fault = only_fault(read_folder, folder)
        assert fault.file == str(folder)
        assert "cannot be read (Permission denied)" in fault.message
    monkeypatch.setattr(Path, "read_bytes", refuse)
    faults = faults_of(read_folder, folder)
    assert {fault.file for fault in faults} == {path.name for path in folder.iterdir()}
    assert all("cannot be read (Permission denied)" in fault.message for fault in faults)


def test_a_folder_in_place_of_a_file_is_a_fault(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "votes.csv").unlink()
    (folder / "votes.csv").mkdir()
    fault = only_fault(read_folder, folder)
    assert fault.file == "votes.csv"
    assert "cannot be read" in fault.message


# case.toml

HEADER_TEXT = 'title = "A"\nprovenance = "B"\nsynthetic = true\n'


@pytest.mark.parametrize(
    ("text", "row", "column", "value", "message"),
    [
        ('provenance = "B"\nsynthetic = true', None, "title", None, "the key is missing; add it: What is shown"),
        ('title = " "\nprovenance = "B"\nsynthetic = true', None, "title", " ", "is blank; write a few words."),
        ('title = "A"\nprovenance = 7\nsynthetic = true', None, "provenance", "7", "must be text"),
        ('title = "A"\nprovenance = "B"\nsynthetic = "yes"', None, "synthetic", "yes", "must be true or false"),
        ('title = "A"\nprovenance = "B"\nsynthetic = 1', None, "synthetic", "1", "must be true or false"),
        (HEADER_TEXT + "available_hours = 0", None, "available_hours", "0", "above 0 and at most 8760 hours"),
        (HEADER_TEXT + "available_hours = 8761", None, "available_hours", "8761", "at most 8760 hours"),
        (HEADER_TEXT + "available_hours = nan", None, "available_hours", "nan", "at most 8760 hours"),
        (HEADER_TEXT + "available_hours = true", None, "available_hours", "true", "must be a number"),
        (HEADER_TEXT + 'available_hours = "1840"', None, "available_hours", "1840", "must be a number"),
        (HEADER_TEXT + "availible_hours = 1", None, "availible_hours", None, "Did you mean 'available_hours'?"),
        ('title = "A"\nprovenance = B\n', 2, "", None, "is not sound TOML: Invalid value;"),
        ('title = "A"\ntitle = "B"\n', 2, "", None, "is not sound TOML: Cannot overwrite a value;"),
    ],
)
def test_a_header_at_fault(tmp_path, text, row, column, value, message):
    folder = sound_folder(tmp_path)
    (folder / "case.toml").write_text(text, encoding="utf-8")
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("case.toml", row, column, value)
    assert message in fault.message


def test_a_header_that_is_missing_or_not_utf8(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "case.toml").write_bytes('title = "市"'.encode("gb18030"))
    assert "is not UTF-8 text" in only_fault(read_folder, folder).message
    (folder / "case.toml").unlink()
    fault = only_fault(read_folder, folder)
    assert place(fault) == ("case.toml", None, "", None)
    assert "with the keys title, provenance, synthetic." in fault.message


def test_the_header_is_read_with_its_default(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "case.toml").write_bytes(b"\xef\xbb\xbf" + HEADER_TEXT.encode())
    header = {"title": "A", "provenance": "B", "synthetic": True, "available_hours": 1840.0}
    assert read_folder(folder).header == header
    (folder / "case.toml").write_text(HEADER_TEXT + "available_hours = 8760", encoding="utf-8")
    assert read_folder(folder).header == {**header, "available_hours": 8760.0}
    assert Case.read(folder).available_hours == 8760.0
