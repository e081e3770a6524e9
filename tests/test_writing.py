"""Writing: what is written reads back identical, and nothing else is harmed."""

from __future__ import annotations

import shutil
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import (
    HEADER,
    assert_same,
    only_fault,
    sound_folder,
    tiny_tables,
)
from depth import examples
from devolve_opt.case import Case
from devolve_opt.reading.folder import read_folder, write_folder
from devolve_opt.schema import Column, schema
from devolve_opt.vocabulary import VOTING_CATEGORIES

NOT_THERE = {"guide_list", "teams", "travel", "stations"}
"""Optional tables that the tiny case has no rows of."""

# Writing


def test_a_case_is_written_and_read_back_identical(tmp_path):
    case = Case.from_tables(tiny_tables(), **HEADER)
    assert case.write(tmp_path / "new" / "case") == tmp_path / "new" / "case"
    again = Case.read(tmp_path / "new" / "case")
    assert_same(again.tables, case.tables)
    assert (again.title, again.provenance, again.synthetic, again.available_hours) == (*HEADER.values(), 1840.0)
    names = {path.name for path in (tmp_path / "new" / "case").iterdir()}
    assert names == {"case.toml", *(f"{name}.csv" for name in schema() if len(case.tables[name]))}
    assert again.input_hashes == {
        name: sha256((tmp_path / "new" / "case" / name).read_bytes()).hexdigest() for name in names
    }
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["case"]


def test_the_files_as_they_are_written(tmp_path):
    folder = sound_folder(tmp_path)
    assert (folder / "cases.csv").read_bytes().decode().splitlines()[:4] == [
        "township,power,cases", "T1,P1,12", "T1,P3,30", "T2,P5,8.5",
    ]  # fmt: skip
    assert (folder / "votes.csv").read_bytes().decode().splitlines()[1] == "T1,P1,yes,yes,yes"
    assert (folder / "counties.csv").read_bytes() == "id,name\nC1,东县\nC2,西县\n".encode()
    assert (folder / "case.toml").read_bytes() == (
        b'title = "Tiny case"\nprovenance = "Invented for tests."\nsynthetic = true\navailable_hours = 1840.0\n'
        b"schema_version = 1\n"
    )


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\r\nb", 'say "a"', '"', "a,b", "'", "a\tb", "，；", "\ufeffa"])
def test_names_with_marks_survive(tmp_path, name):
    tables = tiny_tables()
    tables["powers"].loc["P3", "name"] = name
    assert_same(read_folder(write_folder(tmp_path / "case", tables, HEADER)).tables, tables)


@pytest.mark.parametrize(
    "words", ['He said "x\\y"', "a\nb\r\n\tc", "\x00\x01\x1f\x7f\x80", "市\U0001f3d8\u2028", "'''\"\"\""]
)
def test_words_of_the_header_survive(tmp_path, words):
    header = {"title": words, "provenance": words, "synthetic": False, "available_hours": 1e-7}
    folder = write_folder(tmp_path / "case", tiny_tables(), header)
    assert read_folder(folder).header == header


def test_a_case_is_replaced_and_its_other_files_are_kept(tmp_path):
    folder = sound_folder(tmp_path)
    (folder / "README.md").write_text("Where the data come from.", encoding="utf-8")
    (folder / "sources").mkdir()
    (folder / "sources" / "votes.csv").write_text("as received", encoding="utf-8")
    tables = tiny_tables()
    tables["readiness"] = tables["readiness"].iloc[:0]
    write_folder(folder, tables, {**HEADER, "title": "Second"})
    assert read_folder(folder).header["title"] == "Second"
    assert not (folder / "readiness.csv").exists()
    assert (folder / "README.md").read_text(encoding="utf-8") == "Where the data come from."
    assert (folder / "sources" / "votes.csv").read_text(encoding="utf-8") == "as received"
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_link_to_a_case_stays_a_link(tmp_path):
    folder = sound_folder(tmp_path)
    link = tmp_path / "link"
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links")
    assert write_folder(link, tiny_tables(), {**HEADER, "title": "Second"}) == link
    assert link.is_symlink()
    assert read_folder(folder).header["title"] == "Second"


def test_what_is_not_a_case_is_never_overwritten(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "diary.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"mine exists and is not a case \(it has no case.toml\)"):
        write_folder(folder, tiny_tables(), HEADER)
    with pytest.raises(FileExistsError, match="is not a case"):
        write_folder(folder / "diary.txt", tiny_tables(), HEADER)
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]
    assert (folder / "diary.txt").read_text(encoding="utf-8") == "dear"


def test_nothing_is_written_of_a_case_that_is_not_sound(tmp_path):
    tables = tiny_tables()
    tables["townships"].loc["T1", "lent"] = 77
    assert only_fault(write_folder, tmp_path / "case", tables, HEADER).column == "lent"
    assert only_fault(write_folder, tmp_path / "case", tiny_tables(), {**HEADER, "title": ""}).column == "title"
    fault = only_fault(write_folder, tmp_path / "case", tiny_tables(), {**HEADER, "title": "\ud800"})
    assert "half a character" in fault.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["write_text", "rename"])
def test_a_folder_appears_whole_or_not_at_all(tmp_path, monkeypatch, broken):
    folder = sound_folder(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    original = getattr(Path, broken)

    def fail_late(path, *arguments, **options):
        if path.name == "powers.csv" or path.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return original(path, *arguments, **options)

    monkeypatch.setattr(Path, broken, fail_late)
    with pytest.raises(OSError, match="No space left"):
        write_folder(folder, tiny_tables(), {**HEADER, "title": "Second"})
    with pytest.raises(OSError, match="No space left"):
        write_folder(tmp_path / "other", tiny_tables(), HEADER)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def words(longest: int, breaks: bool = False) -> st.SearchStrategy[str]:
    plain = st.characters(exclude_categories=("Cc", "Cs"))
    marks = st.sampled_from(',"\n\r\t' if breaks else ',"')
    return st.text(plain | marks, min_size=1, max_size=longest).map(str.strip).filter(bool)


def cells(column: Column) -> st.SearchStrategy:
    if column.kind == "integer":
        return st.integers(int(column.lower), int(column.upper))
    if column.kind == "number":
        return st.floats(column.lower, column.upper)
    if column.kind == "boolean":
        return st.booleans()
    return st.sampled_from([str(word) for word in column.words]) if column.kind == "choice" else words(12, breaks=True)


@st.composite
def small_tables(draw) -> dict[str, pd.DataFrame]:
    """Draw the typed tables of a sound case."""
    sizes = {
        "counties": (1, 2), "townships": (2, 4), "fields": (1, 2), "powers": (1, 4), "teams": (0, 2),
        "functions": (1, 3), "stations": (0, 2), "duties": (1, 3),
    }  # fmt: skip
    ids = {
        name: draw(st.lists(words(64), unique=True, min_size=low, max_size=high)) for name, (low, high) in sizes.items()
    }
    tables = {}
    for name, table in schema().items():
        if name in sizes:
            keys = {"id": ids[name]}
        else:
            key = [table[column] for column in table.key]
            options = [ids[column.refers_to] if column.refers_to else column.words for column in key]
            pairs = draw(st.lists(st.tuples(*map(st.sampled_from, options)), unique=True, max_size=6))
            keys = {column: [str(pair[place]) for pair in pairs] for place, column in enumerate(table.key)}
        count = len(keys[table.key[0]])
        columns = {}
        for column in table.columns:
            if column.name in keys:
                values = keys[column.name]
            elif column.refers_to:
                options = [""] if column.refers_to == name else ids[column.refers_to]
                values = [draw(st.sampled_from(options)) for _ in range(count)]
            else:
                values = [draw(cells(column)) for _ in range(count)]
            dtype = {"integer": "int64", "number": "float64", "boolean": "bool"}.get(column.kind, "str")
            columns[column.name] = pd.Series(values, dtype=dtype)
        frame = pd.DataFrame(columns)
        tables[name] = frame.set_index("id") if "id" in columns else frame
    return made_sound(tables)


def made_sound(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Keep the numbers in order, give each county a township, drop what subdistricts and double lists may not have."""
    townships, powers = tables["townships"], tables["powers"]
    for column, limit in (
        ("staff_in_post", "posts"), ("lent", "staff_in_post"), ("certified_officers", "staff_in_post"),
        ("statutory_officer_hours", "statutory_hours"),
    ):  # fmt: skip
        townships[column] = townships[[column, limit]].min(axis=1)
    stations = tables["stations"]
    stations["certified"] = np.minimum(stations["certified"], stations["staff"])
    duties = tables["duties"]
    duties["officer_hours"] = duties[["officer_hours", "hours"]].min(axis=1)
    counties = tables["counties"].index
    named = [*counties, *townships["county"]][: len(townships)]
    townships["county"] = pd.Series(named, index=townships.index, dtype="str")
    tables["fields"]["needs_officers"] |= tables["fields"].index.isin(powers.loc[powers["type"] == "penalty", "field"])
    powers["requires"] = pd.Series([*powers.index[1:], ""], index=powers.index, dtype="str")
    choosing = townships.index[townships["category"].isin([str(category) for category in VOTING_CATEGORIES])]
    for name in ("votes", "cases", "held"):
        tables[name] = tables[name][tables[name]["township"].isin(choosing)].reset_index(drop=True)
    lists = tables["guide_list"]
    on_base = lists["power"].isin(lists.loc[lists["list"] == "base", "power"])
    tables["guide_list"] = lists[~on_base | (lists["list"] == "base")].reset_index(drop=True)
    tables["functions"]["staff_share"] /= max(1, len(tables["functions"]))
    # Pairs of functions in one direction only, and none of a function with itself.
    tables["traffic"] = tables["traffic"].query("function < other").reset_index(drop=True)
    travel, county = tables["travel"], townships["county"]
    # One direction of a journey is kept, and only between townships of one county.
    rising = travel["township"] < travel["other"]
    together = travel["township"].map(county) == travel["other"].map(county)
    tables["travel"] = travel[rising & together].reset_index(drop=True)
    return tables


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(small_tables(), words(40, breaks=True), st.booleans(), st.floats(0, 8760, exclude_min=True))
def test_any_sound_case_reads_back_as_it_was_written(tables, title, synthetic, hours):
    header = {"title": title, "provenance": title[::-1], "synthetic": synthetic, "available_hours": hours}
    with tempfile.TemporaryDirectory() as scratch:
        content = read_folder(write_folder(Path(scratch) / "case", tables, header))
    assert_same(content.tables, tables)
    assert content.header == header


# Speed


def test_600_000_votes_are_checked_in_seconds(tmp_path):
    tables = tiny_tables()
    townships = pd.concat([tables["townships"].loc[["T2"]]] * 2_000)
    townships.index = pd.Index([f"T{number}" for number in range(2_000)], name="id")
    powers = pd.concat([tables["powers"].loc[["P1"]]] * 300)
    powers.index = pd.Index([f"P{number}" for number in range(300)], name="id")
    grid = pd.MultiIndex.from_product([townships.index, powers.index], names=["township", "power"])
    votes = pd.DataFrame({"round_1": True, "round_2": False, "round_3": True}, index=grid).reset_index()
    tables |= {"counties": tables["counties"].loc[["C1"]], "townships": townships, "powers": powers, "votes": votes}
    del tables["readiness"]
    folder = write_folder(tmp_path / "case", tables, HEADER)
    started = time.perf_counter()
    read = read_folder(folder)
    # About one second on an idle machine; ten allow for a busy one, and a loop over rows takes longer.
    assert time.perf_counter() - started < 10
    assert len(read.tables["votes"]) == 600_000
    shutil.rmtree(folder)
