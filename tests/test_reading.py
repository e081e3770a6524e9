"""Reading: every kind of fault is told with its place, value and remedy, and all of them at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cases import (
    HEADER,
    faults_of,
    only_fault,
    place,
    records_of,
    replace_text,
    set_cell,
    sound_folder,
    tiny_tables,
    write_records,
)
from devolve_opt.reading.folder import read_folder, write_folder
from devolve_opt.reading.raw import LISTED_FAULTS
from devolve_opt.reading.tables import check_tables
from devolve_opt.vocabulary import CHINESE

# Cells

CELL_FAULTS = [
    ("townships.csv", 3, "posts", "", None, "is blank and has no default; give the posts [posts]."),
    ("townships.csv", 3, "name", "  ", None, "is blank and has no default; give the name."),
    ("counties.csv", 2, "id", "", None, "is blank"),
    ("townships.csv", 2, "population", "many", "many", "is not a number"),
    ("townships.csv", 2, "area_km2", "nan", "nan", "is not a number"),
    ("townships.csv", 2, "area_km2", "-inf", "-inf", "is not a number"),
    ("townships.csv", 2, "area_km2", "Infinity", "Infinity", "is not a number"),
    ("townships.csv", 2, "posts", "8_0", "8_0", "is not a number"),
    ("townships.csv", 2, "gdp", "12 km2", "12 km2", "write digits only"),
    ("townships.csv", 2, "gdp", "1,23,4.5", "1,23,4.5", "is not a number"),
    ("townships.csv", 2, "population", "12,345,678", "12,345,678", "is above the most allowed"),
    ("townships.csv", 4, "stationed_staff", "1.5", "1.5", "is not whole; give a whole number of persons."),
    ("townships.csv", 4, "area_km2", "-0.5", "-0.5", "is below the least allowed, 0 km2"),
    ("powers.csv", 6, "simple_share", "1.01", "1.01", "is above the most allowed, 1 share"),
    ("townships.csv", 4, "gdp", "1e999", "1e999", "is above the most allowed, 1000000000 10k yuan"),
    ("townships.csv", 4, "stationed_staff", "1e999", "1e999", "is above the most allowed, 100000 persons"),
    ("powers.csv", 2, "type", "penelty", "penelty", "is no type; write one of penalty, inspection,"),
    ("powers.csv", 2, "type", "penelty", "penelty", "Did you mean 'penalty'?"),
    ("townships.csv", 3, "category", "一般乡镇", "一般乡镇", "Did you mean '一般镇'?"),
    ("townships.csv", 3, "category", "GENERAL", "GENERAL", "Did you mean 'general'?"),
    ("fields.csv", 2, "needs_officers", "maybe", "maybe", "is neither yes nor no; write yes or no"),
    ("townships.csv", 3, "county", "C", "C", "is no id of the table counties; correct it or add the row there."),
    ("townships.csv", 3, "county", "C", "C", "Did you mean 'C"),
    ("votes.csv", 5, "power", "P33", "P33", "correct it or add the row there. Did you mean 'P3'?"),
    ("powers.csv", 3, "requires", "Q9", "Q9", "is no id of the table powers"),
    ("readiness.csv", 2, "field", "f1", "f1", "is no id of the table fields"),
    ("fields.csv", 3, "name", "a\x07b", "a\x07b", "holds a control character"),
]


@pytest.mark.parametrize(("file", "row", "column", "text", "value", "message"), CELL_FAULTS)
def test_a_cell_at_fault_is_told_with_its_place_value_and_remedy(tmp_path, file, row, column, text, value, message):
    folder = sound_folder(tmp_path)
    set_cell(folder, file, row, column, text)
    faults = faults_of(read_folder, folder)
    [fault] = [fault for fault in faults if fault.column == column]
    assert place(fault) == (file, row, column, value)
    assert message in fault.message
    # A lost id leaves a county without townships and townships without a county; nothing else may follow.
    assert len(faults) == 1 or column == "id" or file == "townships.csv"


@pytest.mark.parametrize(
    ("new", "message"),
    [("P" * 65, "is longer than 64 characters"), ("P\n5", "line break"), ("P\x7f5", "control character")],
)
def test_an_id_is_short_and_without_control_characters(tmp_path, new, message):
    folder = sound_folder(tmp_path)
    for file in ("powers.csv", "votes.csv", "cases.csv"):
        records = [[new if cell == "P5" else cell for cell in record] for record in records_of(folder / file)]
        write_records(folder / file, records)
    fault = only_fault(read_folder, folder)
    assert place(fault)[:3] == ("powers.csv", 6, "id")
    assert fault.value == new
    assert message in fault.message


def test_an_id_may_be_64_characters_of_any_script(tmp_path):
    tables = tiny_tables()
    long = "事" * 63 + "项"
    tables["powers"] = tables["powers"].rename({"P4": long})
    tables["votes"]["power"] = tables["votes"]["power"].replace("P4", long)
    tables["cases"]["power"] = tables["cases"]["power"].replace("P4", long)
    assert read_folder(write_folder(tmp_path / "case", tables, HEADER)).tables["powers"].index[3] == long


@pytest.mark.parametrize("word", ["YES", "True", "1", "是", "No", "FALSE", "0", "否"])
def test_words_of_a_boolean(tmp_path, word):
    folder = sound_folder(tmp_path)
    set_cell(folder, "powers.csv", 2, "needs_testing", f" {word} ")
    column = read_folder(folder).tables["powers"]["needs_testing"]
    assert column.dtype == bool
    assert column.tolist() == [word in ("YES", "True", "1", "是"), False, False, False, False]


def test_choices_in_chinese_and_surrounding_spaces_of_either_width(tmp_path):
    folder = sound_folder(tmp_path)
    records = records_of(folder / "townships.csv")
    place_of_category = records[0].index("category")
    for record in records[1:]:
        record[place_of_category] = f"\u3000{CHINESE[record[place_of_category]]} "
    write_records(folder / "townships.csv", records)
    (folder / "guide_list.csv").write_text("事项,清单\nP1,基础清单\nP4,中心镇\n", encoding="utf-8")
    tables = read_folder(folder).tables
    assert tables["townships"]["category"].tolist() == ["county_seat", "general", "central", "subdistrict"]
    assert tables["guide_list"].to_dict("list") == {"power": ["P1", "P4"], "list": ["base", "central"]}


@pytest.mark.parametrize(("text", "number"), [("12.0", 12), ("+7", 7), ("1e1", 10), ("007", 7), (".5e1", 5)])
def test_spellings_of_a_whole_number(tmp_path, text, number):
    folder = sound_folder(tmp_path)
    set_cell(folder, "townships.csv", 2, "stationed_staff", text)
    column = read_folder(folder).tables["townships"]["stationed_staff"]
    assert column.dtype == np.int64
    assert column.iloc[0] == number


def test_blank_cells_and_columns_left_out_take_their_default():
    tables = tiny_tables()
    tables["powers"] = tables["powers"].drop(columns=["holder", "in_directory", "requires", "simple_share"])
    tables["townships"]["lent"] = ["", "1", None, "3"]
    checked = check_tables(tables)
    assert checked["powers"]["holder"].tolist() == ["county"] * 5
    assert checked["powers"]["in_directory"].tolist() == [True] * 5
    assert checked["powers"]["requires"].tolist() == [""] * 5
    assert checked["powers"]["simple_share"].tolist() == [0.0] * 5
    assert checked["townships"]["lent"].tolist() == [0, 1, 0, 3]


# Keys, and checks across columns and tables


def test_a_double_id_names_its_first_row(tmp_path):
    folder = sound_folder(tmp_path)
    with (folder / "counties.csv").open("a", encoding="utf-8") as file:
        file.write("\n C1 ,again\nC1,again\n")
    faults = faults_of(read_folder, folder)
    assert [place(fault) for fault in faults] == [("counties.csv", 5, "id", "C1"), ("counties.csv", 6, "id", "C1")]
    assert all(fault.message.startswith("row 2 has this id already") for fault in faults)


def test_blank_ids_are_blank_and_not_double(tmp_path):
    folder = sound_folder(tmp_path)
    with (folder / "counties.csv").open("a", encoding="utf-8") as file:
        file.write(",a\n,b\n")
    faults = faults_of(read_folder, folder)
    assert [place(fault) for fault in faults] == [("counties.csv", 4, "id", None), ("counties.csv", 5, "id", None)]
    assert all("is blank" in fault.message for fault in faults)


@pytest.mark.parametrize(
    ("file", "lines", "row", "column", "value"),
    [
        ("votes.csv", "T2,P5,no,no,yes\n", 9, "township+power", "T2 + P5"),
        ("cases.csv", "T1,P3,1\n", 7, "township+power", "T1 + P3"),
        ("readiness.csv", "T1,F1\n", 3, "township+field", "T1 + F1"),
        ("guide_list.csv", "power,list\nP1,base\nP1,基础清单\n", 3, "power+list", "P1 + base"),
    ],
)
def test_a_double_key_names_its_first_row(tmp_path, file, lines, row, column, value):
    folder = sound_folder(tmp_path)
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write(lines)
    fault = only_fault(read_folder, folder)
    assert place(fault) == (file, row, column, value)
    first = {"votes.csv": 6, "cases.csv": 3}.get(file, 2)
    names = column.replace("+", " and ")
    assert fault.message == f"row {first} has the same {names} already; keep one of the two rows."


@pytest.mark.parametrize(
    ("column", "value", "limit"),
    [
        ("staff_in_post", 31, "posts, 30"),
        ("lent", 28, "staff_in_post, 27"),
        ("certified_officers", 28, "staff_in_post, 27"),
        ("statutory_officer_hours", 42_000.5, "statutory_hours, 42000"),
    ],
)
def test_a_number_that_exceeds_another_of_its_row(column, value, limit):
    tables = tiny_tables()
    townships = tables["townships"]
    townships[column] = townships[column].astype(float)
    townships.loc["T2", column] = value
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("townships", 2, column, str(value))
    assert fault.message == f"is more than the row's {limit}; correct one of them."
    townships.loc["T2", column] = float(limit.split(", ")[1])
    check_tables(tables)


def test_subdistricts_neither_choose_nor_take():
    tables = tiny_tables()
    tables["votes"].loc[3, "township"] = "S1"
    tables["cases"].loc[2, "township"] = "S1"
    faults = faults_of(check_tables, tables)
    assert [place(fault) for fault in faults] == [("votes", 4, "township", "S1"), ("cases", 3, "township", "S1")]
    assert faults[0].message == "is a subdistrict, which does not choose powers; drop the row."
    assert faults[1].message == "is a subdistrict, which takes no powers; drop the row."


def test_odd_rows_of_powers_held_already_are_told():
    tables = tiny_tables()
    for rows, told in (
        ([("S1", "P1")], ("held", 1, "township", "S1")),
        ([("T1", "P9")], ("held", 1, "power", "P9")),
        ([("T1", "P1"), ("T1", "P1")], ("held", 2, "township+power", "T1 + P1")),
    ):
        tables["held"] = pd.DataFrame(rows, columns=["township", "power"])
        assert place(only_fault(check_tables, tables)) == told
    # A table of a run carries more columns; they are refused, not passed over.
    tables["held"] = pd.DataFrame([("T1", "P1", "甲镇")], columns=["township", "power", "township_name"])
    assert place(only_fault(check_tables, tables))[2] == "township_name"


def test_a_row_of_votes_without_a_round_is_accepted():
    tables = tiny_tables()
    tables["votes"].loc[0, ["round_1", "round_2", "round_3"]] = False
    assert not check_tables(tables)["votes"].loc[0, "round_1"]


def test_a_county_needs_a_township():
    tables = tiny_tables()
    tables["counties"].loc["C3"] = "南县"
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("counties", 3, "id", "C3")
    assert fault.message == "no township belongs to this county; add its townships or remove it."


def test_rings_of_requirements_are_told_once_each():
    tables = tiny_tables()
    # P3 leads into the ring of P2 and P4 and is no part of it; P5 is a ring by itself.
    tables["powers"]["requires"] = ["", "P4", "P2", "P2", "P5"]
    faults = faults_of(check_tables, tables)
    assert [place(fault) for fault in faults] == [("powers", 2, "requires", "P4"), ("powers", 5, "requires", "P5")]
    assert faults[0].message.startswith("P2 requires P4 requires P2, so none could be taken first")
    assert faults[1].message.startswith("P5 requires P5,")


def test_a_chain_of_requirements_is_sound():
    tables = tiny_tables()
    tables["powers"]["requires"] = ["P2", "P3", "P4", "P5", ""]
    assert check_tables(tables)["powers"]["requires"].tolist() == ["P2", "P3", "P4", "P5", ""]


def test_a_penalty_stands_in_a_field_that_takes_officers():
    tables = tiny_tables()
    field = tables["powers"].loc["P1", "field"]
    tables["fields"].loc[field, "needs_officers"] = False
    tables["powers"]["type"] = tables["powers"]["type"].where(tables["powers"].index == "P1", "other")
    tables["powers"].loc["P1", "type"] = "penalty"
    fault = only_fault(check_tables, tables)
    assert (fault.file, fault.row, fault.column, fault.value) == ("powers", 1, "field", field)
    assert "set needs_officers of the field to yes" in fault.message
    tables["powers"].loc["P1", "type"] = "inspection"
    assert check_tables(tables)["powers"].loc["P1", "type"] == "inspection"


def test_a_power_stands_on_one_kind_of_list():
    tables = tiny_tables()
    tables["guide_list"] = pd.DataFrame(
        {"power": ["P1", "P1", "P3", "P3", "P4"], "list": ["central", "base", "central", "key", "base"]}
    )
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("guide_list", 1, "power", "P1")
    assert fault.message.startswith("stands on the list 'central', and in row 2 on the base list")


# All at once


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "case.toml").write_text('title = ""\nsynthetic = 0\ntitel = "x"\n', encoding="utf-8")
    (folder / "counties.csv").write_text("id,name\nC1,东县\nC1,东县\nC2,\n", encoding="utf-8")
    for row, column, value in ((2, "category", "town"), (3, "lent", "999"), (4, "gdp", "1,0"), (5, "county", "C9")):
        set_cell(folder, "townships.csv", row, column, value)
    (folder / "fields.csv").unlink()
    replace_text(folder / "powers.csv", "id,name,type", "id,name,kind")
    replace_text(folder / "votes.csv", "T2,P3", "S1,P3")
    replace_text(folder / "votes.csv", "T3,P5,yes", "T3,P7,ja")
    replace_text(folder / "cases.csv", "T2,P5,8.5", "T2,P5")
    (folder / "readiness.csv").write_bytes(b"\xff\xff\xff")
    (folder / "guide_list.csv").write_text("power,list\nP1,base\nP1,key\nP2,bass\n", encoding="utf-8")
    (folder / "case.csv").write_text("", encoding="utf-8")
    told = [place(fault) for fault in faults_of(read_folder, folder)]
    assert told == [
        ("case.toml", None, "titel", None),
        ("case.toml", None, "title", ""),
        ("case.toml", None, "provenance", None),
        ("case.toml", None, "synthetic", "0"),
        ("case.csv", None, "", None),
        ("counties.csv", 4, "name", None),
        ("counties.csv", 3, "id", "C1"),
        ("townships.csv", 5, "county", "C9"),
        ("townships.csv", 2, "category", "town"),
        ("townships.csv", 4, "gdp", "1,0"),
        ("townships.csv", 3, "lent", "999"),
        ("fields.csv", None, "", None),
        ("powers.csv", 1, "kind", None),
        ("powers.csv", 1, "type", None),
        ("votes.csv", 8, "power", "P7"),
        ("votes.csv", 8, "round_1", "ja"),
        ("votes.csv", 5, "township", "S1"),
        ("cases.csv", 4, "", None),
        ("readiness.csv", 1, "", None),
        ("guide_list.csv", 4, "list", "bass"),
        ("guide_list.csv", 3, "power", "P1"),
    ]


def test_many_faults_of_one_kind_in_one_column_are_cut_short():
    tables = tiny_tables()
    ids = [f"F{number}" for number in range(100)]
    tables["fields"] = pd.DataFrame(
        {"id": ids, "name": "x", "readiness_hours": ["a"] * 50 + ["-1"] * 21 + [""] * 20 + ["1"] * 9}
    ).assign(needs_officers="yes")
    faults = faults_of(check_tables, tables)
    kinds = {"is not a number": 0, "is below": 50, "is blank": 71}
    for message, first in kinds.items():
        rows = [fault.row for fault in faults if message in fault.message]
        assert rows == list(range(first + 1, first + 1 + LISTED_FAULTS))
    counts = [fault for fault in faults if fault.row is None]
    assert [place(fault) for fault in counts] == [("fields", None, "readiness_hours", None)] * 2
    assert counts[0].message == "30 more rows have the same fault as the 20 rows above."
    assert counts[1].message == "1 more row has the same fault as the 20 rows above."
    assert len(faults) == 3 * LISTED_FAULTS + 2
