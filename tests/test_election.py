"""Elections: published optima and the cities' own results come out; files are read soundly and open in pabutools."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.election import election_text, read_election
from devolve_opt.errors import InputError
from devolve_opt.rules.lists import ratio_lists
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from modelling import ROOT, hand_scenario, small_case, small_policy

pabulib = pytest.importorskip("pabutools.election.pabulib")
PUBLISHED = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "pabulib"
EXPECTED = json.loads((PUBLISHED / "expected.json").read_text("utf-8")) if PUBLISHED.is_dir() else {}
LARGE = 1500
"""Voters from which an election takes ten seconds and more."""
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if facts["voters"] > LARGE else []) for name, facts in EXPECTED.items()
] or [pytest.param("", marks=pytest.mark.skip(reason=f"no published elections at {PUBLISHED}"))]
SMALL = """META
key;value
description;A small one
country;Nowhere
unit;A town
instance;2026
num_projects;3
num_votes;4
budget;10.5
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;votes;name
a;6;3;Trees
b;5;2;Benches
c;5.5;2;Paths
VOTES
voter_id;vote
1;a
2;a,b
3;a,b,c
4;c
"""


@pytest.fixture
def small(tmp_path) -> Path:
    path = tmp_path / "small.pb"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_the_best_plan_has_the_published_approvals_and_the_ratio_rule_those_of_the_city(name):
    scenario, expected = read_election(PUBLISHED / name), EXPECTED[name]
    assert len(scenario.case.tables["townships"]) == expected["voters"]
    assert Fraction(str(scenario.policy.listing_hours_max)) == Fraction(expected["budget"])
    plan = solve(scenario, gap=0.0)
    assert plan.status == "proven"
    assert plan.objective == pytest.approx(expected["opt_approvals_highs"])
    assert plan.reference is not None
    assert plan.reference.audit.breaches == ()
    assert plan.reference.objective == pytest.approx(expected["official_approvals"])
    costs = scenario.case.tables["powers"]["listing_hours"]
    assert costs[plan.guide_list["power"]].sum() <= scenario.policy.listing_hours_max


def test_a_small_election_by_hand(small):
    # Within 10.5: b and c, 2 + 2 approvals; the greedy rule takes a with 3, and then nothing fits.
    plan = solve(read_election(small), gap=0.0)
    assert sorted(plan.guide_list["power"]) == ["b", "c"]
    assert plan.objective == pytest.approx(4)
    assert plan.reference is not None
    assert plan.reference.guide_list["power"].tolist() == ["a"]
    assert plan.reference.objective == pytest.approx(3)


def test_what_is_read_is_written_again_and_opens_in_pabutools(small):
    instance, ballots = pabulib.parse_pabulib_from_string(election_text(read_election(small)))
    before, ballots_before = pabulib.parse_pabulib_from_string(SMALL)
    assert {project.name: project.cost for project in instance} == {project.name: project.cost for project in before}
    assert instance.budget_limit == before.budget_limit
    chosen = [sorted(project.name for project in ballot) for ballot in ballots]
    assert chosen == [sorted(project.name for project in ballot) for ballot in ballots_before]


def test_a_case_is_written_with_the_choices_of_the_last_round():
    text = election_text(hand_scenario())
    instance, ballots = pabulib.parse_pabulib_from_string(text)
    assert "SYNTHETIC DATA" in text
    # Round 3: A wants P1 and P2, B P3, D P3 and P4; P5 is kept out by law, and what a subdistrict wants does not count.
    chosen = [sorted(project.name for project in ballot) for ballot in ballots]
    assert chosen == [["P1", "P2"], ["P3"], ["P3", "P4"]]
    assert instance.budget_limit == hand_scenario().policy.guide_list_max
    assert {project.cost for project in instance} == {1}


@pytest.mark.parametrize(
    ("wrong", "by", "told"),
    [
        ("approval", "ordinal", "only approval ballots"),
        ("a;6;", "a;0;", "costs nothing"),
        ("4;c", "4;z", "z"),
        ("4;c", "1;c", "votes more than once"),
        ("PROJECTS", "PROJECT", "PabuLib"),
    ],
)
def test_unsound_files_are_refused_with_what_is_wrong(small, wrong, by, told):
    small.write_text(SMALL.replace(wrong, by), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_election(small)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_election(tmp_path / "none.pb")
    (tmp_path / "bytes.pb").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="PabuLib"):
        read_election(tmp_path / "bytes.pb")


def test_the_shell_solves_and_writes_elections(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", str(small), "--gap", "0"])
    assert done.exit_code == 0
    assert (tmp_path / "runs" / "small" / "manifest.json").exists()
    written = CliRunner().invoke(app, ["run", str(small), "--export-votes", "again.pb"])
    assert written.exit_code == 0
    assert solve(read_election(tmp_path / "again.pb"), gap=0.0).objective == pytest.approx(4)
    refused = CliRunner().invoke(app, ["run", str(small), "--export-votes", "again.txt"])
    assert isinstance(refused.exception, InputError)


def test_the_ratio_rule_passes_over_what_no_longer_fits():
    powers = {"P1": {"listing_hours": 6.0}, "P2": {"listing_hours": 5.0}, "P3": {"listing_hours": 4.0}}
    votes = {("T1", power): 3 for power in powers} | {("T2", "P1"): 3, ("T2", "P2"): 3}
    case = small_case({"T1": {}, "T2": {}}, powers, votes)
    assert ratio_lists(case, small_policy(listing_hours_max=10, base_share_min=0.1))["power"].tolist() == ["P1", "P3"]


def test_a_cap_on_the_hours_of_listed_powers_that_binds_is_told():
    powers = {"P1": {"listing_hours": 6.0}, "P2": {"listing_hours": 5.0}}
    case = small_case({"T1": {}}, powers, {("T1", "P1"): 3, ("T1", "P2"): 2})
    from devolve_opt.views.caps import caps

    cap = caps(solve(Scenario(case, small_policy(listing_hours_max=10)), gap=0.0)).set_index("cap")
    assert cap.loc["listing_hours_max", ["limit", "used", "reached"]].tolist() == [10, 6, 1]
