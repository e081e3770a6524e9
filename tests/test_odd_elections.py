"""Odd elections, each by the input that showed a fault: once a crash, a hang or a misreading, now read or refused."""

from __future__ import annotations

import time

import pytest

from cases import faults_of, only_fault, place
from devolve_opt.election import election_text, read_election
from devolve_opt.scenario import Scenario
from modelling import small_case, small_policy

A_MOMENT = 5.0
"""Seconds that what once took minutes may take."""


SMALL = """META
key;value
description;A small one
num_projects;2
num_votes;2
budget;10
vote_type;approval
PROJECTS
project_id;cost;name
a;6;Trees
b;5;Benches
VOTES
voter_id;vote
1;a
2;a,b
"""


@pytest.mark.parametrize(
    ("wrong", "by", "row", "column", "message"),
    [
        ("a;6;", "a;1e999999999;", 10, "cost", "is not a number"),
        ("a;6;", f"a;{'9' * 5_000};", 10, "cost", "is not a number"),
        ("a;6;", "a;1e12;", 10, "cost", "must be at least 0"),
        ("a;6;", "a;1,000;", 10, "cost", "may mean thousands or a decimal"),
        ("budget;10", "budget;1e400", 6, "budget", "is not a number"),
        ("budget;10", "budget;-1", 6, "budget", "must be at least 0"),
        ("budget;10", "budget", 6, "budget", "is missing"),
        ("b;5;Benches", "b;5;Benches\na;7;Trees", 12, "project_id", "row 10 has this project already"),
        ("a;6;Trees", 'a;6;"Trees', 10, "", "quotation mark that is never closed"),
        ("2;a,b", '2;"a,b', 15, "", "quotation mark that is never closed"),
        ("2;a,b\n", "", None, "num_votes", "there are 1: part of the file is missing"),
        ("b;5;Benches\n", "", 14, "vote", "is no project of this file"),
        ("num_projects;2", "num_projects;x", None, "num_projects", "there are 2"),
        ("2;a,b", "2;none", 15, "vote", "has no ballot"),
        ("2;a,b", ";a,b", 15, "voter_id", "is missing"),
        ("budget;10", "budget;10\nbudget;20", 7, "budget", "stands twice"),
        ("VOTES\n", "VOTES\nvoter_id;vote\nMETA\n", 14, "", "the section stands twice"),
        ("META\n", "", 1, "", "it does not begin with the section META"),
        ("a;6;Trees", "a;6;Trees;more", 10, "", "has 4 cells, the headings are 3"),
        ("project_id;cost", "cost;project_id", 9, "", "has no column project_id in its place"),
    ],
)
def test_an_election_is_refused_with_the_row_at_fault(tmp_path, wrong, by, row, column, message):
    path = tmp_path / "small.pb"
    assert wrong in SMALL
    path.write_text(SMALL.replace(wrong, by), encoding="utf-8")
    began = time.monotonic()
    told = [
        (fault.file, fault.row, fault.column) for fault in faults_of(read_election, path) if message in fault.message
    ]
    assert time.monotonic() - began < A_MOMENT
    assert ("small.pb", row, column) in told


def test_comments_may_hold_semicolons_and_a_line_of_columns_without_end_is_refused_at_once(tmp_path):
    path = tmp_path / "small.pb"
    path.write_text(
        SMALL.replace("budget;10", "comment;#1; of two\nbudget;10;").replace("Trees", "Trees;;"), encoding="utf-8"
    )
    assert len(read_election(path).data.powers) == 2
    path.write_text(SMALL.replace("project_id;cost", "project_id;cost" + ";a;b" * 100_000), encoding="utf-8")
    began = time.monotonic()
    assert len(faults_of(read_election, path)) == 2
    assert time.monotonic() - began < A_MOMENT


def test_an_election_has_the_names_of_its_projects_and_a_name_of_its_own(tmp_path):
    (tmp_path / "small.pb").write_text(SMALL.replace("A small one", "").replace("6;", "13/2;"), encoding="utf-8")
    found = read_election(tmp_path / "small.pb")
    assert found.title == "small"
    assert found.data.powers["name"].to_dict() == {"a": "Trees", "b": "Benches"}
    assert found.data.powers["listing_hours"].to_dict() == {"a": 6.5, "b": 5.0}


def test_what_the_format_cannot_hold_is_not_written():
    pytest.importorskip("pabutools")
    case = small_case({"T1": {}}, {"P;1": {}}, {("T1", "P;1"): 3})
    fault = only_fault(election_text, Scenario(case, small_policy()))
    assert place(fault) == ("powers", None, "id", "P;1")
    titled = Scenario(small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3}), small_policy(), 'a;b\n"c"')
    assert "\ndescription;a b c " in election_text(titled)
