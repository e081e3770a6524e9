"""Odd messages and files of keys, each by the input that showed a fault: once a crash or a hang, now refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cases import faults_of, only_fault, place, sound_folder
from devolve_opt.country import Country
from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import read_duty
from devolve_opt.reading.folder import read_folder
from devolve_opt.scenario import Change, Scenario
from modelling import hand_scenario

A_MOMENT = 5.0
"""Seconds that what once took minutes may take."""


# Messages


def test_marks_that_move_the_cursor_or_turn_the_line_are_spelt_out():
    fault = Fault("is wrong\nhere.", file="a\x1b[2J.csv", column="\u202ename\x00", value="\ud800")
    said = str(fault)
    assert said == "a\\x1b[2J.csv, column \\u202ename\\x00, value '\\ud800': is wrong\\nhere."
    assert str(Fault("须为　数字。", file="乡镇.csv")) == "乡镇.csv: 须为　数字。"


def test_a_long_word_is_compared_with_nothing():
    words = ["".join(chr(0x4E00 + (7 * number + at) % 150) for at in range(20_000)) for number in range(5)]
    began = time.monotonic()
    assert did_you_mean(words[0], words[1:]) == ""
    assert time.monotonic() - began < A_MOMENT


def test_a_long_name_is_cut_short_and_of_thousands_of_faults_the_first_are_told():
    assert len(str(Fault("is wrong.", column="x" * 10_000))) < 300
    with pytest.raises(InputError) as raised:
        Policy(**{f"guide_list_max{number}": 3 for number in range(20_000)})
    told = raised.value.faults
    assert len(told) == 21
    assert told[-1].message == "19980 more faults of this kind are not listed."


# Files of keys


@pytest.fixture
def write(tmp_path):
    """Return what writes a scenario beside the tiny case and returns its path."""
    sound_folder(tmp_path)

    def write(text: str) -> Path:
        (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
        return tmp_path / "plan.toml"

    return write


DEEP = "has tables or lists within one another without end; correct it."
HUGE = f"0x{'f' * 5_000}"
ENDLESS = [
    (f"title = {'[' * 5_000}{']' * 5_000}", None, DEEP),
    (f"title = {'{a=' * 5_000}1{'}' * 5_000}", None, DEEP),
    (f"title = {'[' * 100}{']' * 100}", None, DEEP),
    ("# a comment\n" + ".".join(["a"] * 50_000) + " = 1", 2, DEEP),
    (".".join(['"a"'] * 50_000) + " = 1", 1, DEEP),
    (f"title = {'9' * 5_000}", None, "holds a number of thousands of digits; correct it."),
]


@pytest.mark.parametrize(("line", "row", "message"), ENDLESS)
def test_keys_without_end_are_refused_at_once(write, line, row, message):
    began = time.monotonic()
    fault = only_fault(Scenario.read, write(f'{line}\ncase = "case"\n'))
    assert time.monotonic() - began < A_MOMENT
    assert place(fault) == ("plan.toml", row, "", None)
    assert fault.message == message


@pytest.mark.parametrize("line", [line for line, _, _ in ENDLESS])
def test_keys_without_end_are_refused_in_a_header_too(tmp_path, line):
    folder = sound_folder(tmp_path)
    (folder / "case.toml").write_text(line, encoding="utf-8")
    assert only_fault(read_folder, folder).file == "case.toml"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"title = {HUGE}", "title"), (f"policy = {HUGE}", "policy"), (f"changes = {HUGE}", "changes"),
        (f"policy.base_list_max = {HUGE}", "policy.base_list_max"),
        (f"policy.posts_band = {HUGE}", "policy.posts_band"), (f"policy.pins = [{HUGE}]", "policy.pins.0"),
        (f"changes.cases.scale = {HUGE}", "changes.cases.scale"),
    ],
)  # fmt: skip
def test_a_number_that_has_no_text_is_refused_where_it_stands(write, line, column):
    faults = faults_of(Scenario.read, write(f'case = "case"\n{line}\n'))
    assert column in [fault.column for fault in faults]


def test_such_a_number_is_refused_in_a_header_and_for_a_case(write, tmp_path):
    assert only_fault(Scenario.read, write(f"case = {HUGE}")).column == "case"
    path = tmp_path / "case" / "case.toml"
    path.write_text(f'title = {HUGE}\nprovenance = "B"\nsynthetic = true', encoding="utf-8")
    assert place(only_fault(read_folder, path.parent)) == ("case.toml", None, "title", "int")


@pytest.mark.parametrize("name", ["a\\u0000", "a\\u0000.xlsx", "x" * 5_000, "x" * 5_000 + ".xlsx"])
def test_what_is_no_path_is_refused(write, name):
    [fault] = faults_of(Scenario.read, write(f'case = "{name}"'))
    assert str(fault)
    [fault] = faults_of(Country.read, write(f'country = "{name}"\nseed = 1'))
    assert "cannot be read" in fault.message


def test_a_key_called_self_is_a_key_like_others(write):
    fault = only_fault(Scenario.read, write('case = "case"\n[policy]\nself = 1\n'))
    assert (fault.column, fault.value, fault.message) == ("policy.self", "1", "unknown key.")
    with pytest.raises(InputError, match="self"):
        Policy().replace(**{"self": 1})


@pytest.mark.parametrize("value", ["true", '"0.5"'])
@pytest.mark.parametrize(
    "line",
    [
        "[policy]\nlisting_hours_max = VALUE", '[policy]\ngoals = [{ term = "inequity", tolerance = VALUE }]',
        '[policy]\ngoals = [{ term = "inequity", at_least = VALUE }]', "[changes]\ncases = { scale = VALUE }",
        "[changes]\ncases = { add = VALUE }", "[changes]\ncases = { set = VALUE }",
    ],
)  # fmt: skip
def test_neither_truth_nor_text_is_a_number(write, line, value):
    fault = only_fault(Scenario.read, write(f'case = "case"\n{line.replace("VALUE", value)}\n'))
    assert "must be a number" in fault.message


@pytest.mark.parametrize("change", [Change(set=1e300), Change(add=-1e18), Change(scale=1e308), Change(set=1e16)])
def test_a_change_beyond_what_can_be_counted_is_refused_without_a_warning(change):
    faults = faults_of(lambda: hand_scenario().replace(changes={"townships.posts": change}))
    assert {fault.column for fault in faults} == {"posts"}


def test_of_thousands_of_changes_the_first_faults_are_told(write):
    lines = "\n".join(f"a{number} = 1\nb{number}.scale = 2" for number in range(3_000))
    began = time.monotonic()
    assert len(faults_of(Scenario.read, write(f'case = "case"\n[changes]\n{lines}'))) == 2 * 21
    where = ", ".join(f'"T{number}x"' for number in range(3_000))
    path = write(f'case = "case"\n[changes]\ncases = {{ scale = 2, where = {{ township = [{where}] }} }}')
    assert len(faults_of(Scenario.read, path)) == 21
    assert time.monotonic() - began < A_MOMENT


def test_of_thousands_of_unknown_ids_of_a_duty_the_first_are_told(tmp_path):
    names = ", ".join(f'"X{number}"' for number in range(20_000))
    (tmp_path / "duty.toml").write_text(f'name = "a"\nhours = 1.0\npowers = [{names}]', encoding="utf-8")
    began = time.monotonic()
    assert len(faults_of(read_duty, tmp_path / "duty.toml", hand_scenario().case)) == 21
    assert time.monotonic() - began < A_MOMENT
