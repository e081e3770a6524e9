"""What is wrong with the input, told in Chinese: the same faults, the same figures, no English left."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.language import speaking
from devolve_opt.pins import Pin
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import read_duty
from devolve_opt.scenario import Scenario
from two_languages import english_in, numbers_in

HAND = Path(__file__).parents[1] / "models" / "hand"

TABLES = {
    "townships.csv": [
        ("20000,100,50000,1000,10,10,0,0,3,17000,1000,0", "x,-5,1e99,,10.5,99,0,0,99,17000,99999,0"),
        ("A,甲镇,C1,county_seat", "A,甲镇,C9,seat"),
        ("B,乙镇", "A,乙镇"),
        ("population,area", "people,area"),
        ("posts,staff", "posts,posts,staff"),
        ("posts,staff", "posts,编制数,staff"),
        ("id,name", "id;name"),
        ("D,丙镇", 'D,"丙镇'),
        ("D,丙镇", 'D,"丙"镇'),
        ("D,丙镇,C1", "D,丙镇"),
        ("D,丙镇", f"{'D' * 200},丙\x07镇"),
        ("D,丙镇", '"D\nD",丙镇'),
        ("C1,general", "C1,subdistrict"),
    ],
    "fields.csv": [("yes,no", "no,maybe"), ("id,name", "id,")],
    "powers.csv": [("no,no,no,,no,no,0,40,0,30", "no,no,no,P1,no,no,0,40,0,30"), ("P1,", "P3,")],
    "counties.csv": [("C1,", "C2,"), ("C1,试验县\n", ""), ("id,name", "")],
    "votes.csv": [("A,P1", "甲镇,P1"), ("A,P2", "A,P1")],
    "case.toml": [
        ("synthetic = true", "synthetic = 'yes'"), ("title = ", "titel = "), ("1840.0", "99999"), ("= true", "="),
        ('"Hand case (3 townships, 5 powers)"', '" "'), ("1840.0", '"1840"'),
    ],
}  # fmt: skip
ADDED = {
    "traffic.csv": "function,other,files\nN1,N1,3\nN1,N2,3\nN2,N1,3\n",
    "functions.csv": "id,name,platform,unit,staff_share\n"
    "N1,甲,party_government,office,0.7\nN2,乙,party_government,office,0.7\n",
    "travel.csv": "township,other,hours\nA,A,1\nA,B,1\nB,A,1\n",
    "guide_list.csv": "power,list\nP1,base_list\nP1,central\n",
    "duty_powers.csv": "duty,power\nU1,P1\n",
    "cases.csv": "",
    "townshps.csv": "id\n",
    "fields.csv": b"\xff\xfea\x00",
    "counties.csv": b"id,name\nC1,\x00\n",
    "votes.csv": b"township\n\xff\xff\xff\n",
}
POLICIES = [
    {"guide_list_max": "130"}, {"guide_list_max": -1}, {"guide_lst_max": 1}, {"base_share_min": 0.0},
    {"base_share_min": 2}, {"hearing_powers_stay": "yes"}, {"take_up_floor": "some"}, {"prices": 3},
    {"posts_formula": "custom"}, {"posts_weights": {"population": 1}}, {"base_posts_share": 0.99},
    {"own_list_categories": ["subdistrict"]}, {"overload_steps": [{"until": 0.5, "price": 1}]},
    {"overload_steps": [{"until": 1.0, "price": 2}, {"until": 1.2, "price": 1}]},
    {"goals": [{"term": "overload"}]},
    {"goals": [{"term": "overload", "tolerance": 0.1}, {"term": "overload", "tolerance": 0.1}]},
    {"pins": [{"power": "P1", "reason": "x"}]}, {"pins": [{"township": "A", "power": "P1", "reason": " "}]},
]  # fmt: skip
SCENARIOS = [
    "title = 3\ncase = 'models/hand'", "case = 3", "cas = 'x'", "title = ", "case = 'no/such'",
    "policy = 3\nchanges = 4",
    "case = 'CASE'\n[changes]\nposts_x = {scale = 2}", "case = 'CASE'\n[changes]\nhours = {scale = 2}",
    "case = 'CASE'\n[changes]\npopulation = {add = 0.5}",
    "case = 'CASE'\n[changes]\npopulation = {scale = 2, where = {countty = 'C1'}}",
    "case = 'CASE'\n[changes]\npopulation = {scale = 2, where = {county = 'C7'}}",
]  # fmt: skip
DUTIES = [
    "name = 'x'\nhours = 5\nofficer_hours = 9\ncategories = []",
    "name = 'x'\nhours = 5\ntownships = ['A', 'A']\ncategories = ['key']\npowers = ['P99']",
    "name = 'x'\nhours = 5\ncategories = ['key']",
]


def told_twice(do) -> tuple[str, str]:
    """Return what is wrong in English and in Chinese."""
    told = []
    for words in ("en", "zh"):
        with speaking(words), pytest.raises(InputError) as caught:
            do()
        told.append((str(caught.value), len(caught.value.faults)))
    assert told[0][1] == told[1][1]
    return told[0][0], told[1][0]


def check(english: str, chinese: str) -> None:
    # What stands in the data or comes from the TOML reader is quoted as it is.
    toml = re.findall(r"TOML: (.*?)(?:; write|\.$|；)", english + "\n" + chinese, re.M)
    assert (
        english_in(re.sub(r"'[^']*'", "", chinese), (*toml, "Hand case", "No such file or directory", "title = ")) == []
    )
    assert numbers_in(re.sub(r"10k yuan|(?<!_)km2", "", english)) == numbers_in(chinese)


@pytest.fixture
def case(tmp_path):
    return Path(shutil.copytree(HAND, tmp_path / "case"))


@pytest.mark.parametrize(
    ("file", "old", "new"), [(file, *change) for file, changes in TABLES.items() for change in changes]
)
def test_a_wrong_cell(case, file, old, new):
    text = (case / file).read_text(encoding="utf-8")
    assert old in text
    (case / file).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    check(*told_twice(lambda: Case.read(case)))


@pytest.mark.parametrize("file", ADDED)
def test_a_wrong_file(case, file):
    content = ADDED[file]
    (case / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    check(*told_twice(lambda: Case.read(case)))


@pytest.mark.parametrize("missing", ["case.toml", "powers.csv"])
def test_a_missing_file(case, missing):
    (case / missing).unlink()
    check(*told_twice(lambda: Case.read(case)))


@pytest.mark.parametrize("path", ["no-such", "case/case.toml", "a\0b"])
def test_a_wrong_place(case, path):
    check(*told_twice(lambda: Case.read(case.parent / path)))


def test_more_rows_than_are_listed(case):
    rows = "".join(f"A,P{number},yes,yes,perhaps\n" for number in range(1000, 1100))
    with (case / "votes.csv").open("a", encoding="utf-8") as file:
        file.write(rows)
    check(*told_twice(lambda: Case.read(case)))


@pytest.mark.parametrize("keys", POLICIES, ids=str)
def test_a_wrong_policy(keys):
    check(*told_twice(lambda: Policy(**keys)))


@pytest.mark.parametrize("text", SCENARIOS)
def test_a_wrong_scenario(case, text):
    file = case.parent / "s.toml"
    file.write_text(text.replace("CASE", "case"), encoding="utf-8")
    check(*told_twice(lambda: Scenario.read(file)))


@pytest.mark.parametrize("text", DUTIES)
def test_a_wrong_duty(case, text):
    file = case.parent / "d.toml"
    file.write_text(text, encoding="utf-8")
    check(*told_twice(lambda: read_duty(file, Case.read(case))))


@pytest.mark.parametrize("place", [{"township": "A"}, {"list": "base"}, {"list": "any"}])
@pytest.mark.parametrize("holds", [True, False])
def test_a_pin_says_what_it_decides(place, holds):
    with speaking("zh"):
        said = str(Pin(**place, power="P1", holds=holds, reason="市政府常务会议"))
    assert english_in(said) == [] and "P1" in said and "市政府常务会议" in said
    assert ("不" in said) is not holds
