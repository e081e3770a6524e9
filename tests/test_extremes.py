"""Extreme but legal values solve or are explained, and units that are a thousand times off are noticed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from devolve_opt.case import Case
from devolve_opt.cli import app
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.rules.plausible import LOAD, USUAL, oddities
from devolve_opt.scenario import Scenario
from devolve_opt.schema import schema
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.solving import solve
from devolve_opt.views.notices import number_notices, unit_notices
from devolve_opt.views.summary import summary
from devolve_opt.vocabulary import Status
from modelling import ROOT, hand_scenario, small_case, small_policy

REFUSED_FOR_OTHERS = {
    ("townships", "staff_in_post", 1000), ("townships", "statutory_officer_hours", 1000),
    ("townships", "statutory_hours", 0.001), ("duties", "hours", 0.001), ("duties", "officer_hours", 1000),
}  # fmt: skip
"""Columns that another one limits: staff by posts, officers' hours by all hours."""
CHOSEN = {("A", "P1"): 3}


def solved(townships=None, powers=None, votes=None, cases=None, **policy):
    case = small_case(townships or {"A": {}}, powers or {"P1": {}}, CHOSEN if votes is None else votes, cases or {})
    return solve(Scenario(case, small_policy(**policy), "Extreme"), gap=0)


@pytest.mark.parametrize(
    ("how", "worth"),
    [
        # One township that chose one power in three rounds: 3 x 40 h, whatever its people.
        ({"townships": {"A": {"population": 0}}}, 120),
        ({"townships": {"A": {"population": 10_000_000}}}, 120),
        ({"townships": {"A": {"certified_officers": 0}}}, 120),
        ({"townships": {"A": {"statutory_hours": 0}}}, 120),
        ({"townships": {"A": {"posts": 0, "staff_in_post": 0, "certified_officers": 0, "statutory_hours": 0}}}, 120),
        # Nobody chose anything, or nothing may be listed: nothing is worth anything.
        ({"votes": {}}, 0),
        ({"guide_list_max": 0, "base_list_max": 0}, 0),
        # Prices at both ends; a cost of 100,000 h in the county outweighs the rounds.
        ({"prices": {"choice_met": 100_000}}, 300_000),
        ({"prices": {"choice_met": 0}}, 0),
        ({"powers": {"P1": {"support_hours": 100_000}}}, 0),
        # A millionth of a case, and a million, at 6 h each: hours of no case are needed here.
        ({"cases": {("A", "P1"): 1_000_000}, "powers": {"P1": {"ordinary_hours": 0, "simple_hours": 0}}}, 6_000_120),
    ],
)
def test_extreme_values_solve_to_what_arithmetic_tells(how, worth):
    plan = solved(**how)
    assert plan.status is Status.PROVEN
    assert plan.audit.breaches == ()
    assert plan.objective == pytest.approx(worth, abs=1e-3)


@pytest.mark.parametrize(
    ("townships", "rule"),
    [
        # Two officers an office and nobody to be one; ten million hours of statutory work with ten people.
        ({"A": {"posts": 0, "staff_in_post": 0, "certified_officers": 0, "statutory_hours": 0}}, "officers_min"),
        ({"A": {"statutory_hours": 10_000_000}}, "overload_steps"),
    ],
)
def test_where_extreme_values_leave_no_plan_it_is_proven_and_explained(townships, rule):
    with pytest.raises(NoPlanError) as caught:
        solved(townships, officers_min=2, training_places_max=10)
    assert caught.value.proven
    assert rule in str(caught.value) or "the case's own figures clash" in str(caught.value)


@pytest.mark.parametrize("name", ["city", "pilot-district", "hand"])
def test_bundled_cases_are_not_odd(name):
    assert oddities(Case.read(ROOT / "models" / name)) == []


@pytest.fixture(scope="module")
def city():
    return Scenario.read(ROOT / "scenarios" / "pilot-district.toml")


@pytest.mark.parametrize("factor", [1000, 0.001])
@pytest.mark.parametrize("place", [*USUAL, ("townships", "statutory_hours")], ids=".".join)
def test_a_column_a_thousand_times_off_is_refused_or_noticed(place, factor, city):
    table, column = place
    [known] = [each for each in schema()[table].columns if each.name == column]
    if known.kind == "integer" and factor < 1:
        pytest.skip("a thousandth of whole numbers is none")
    try:
        case = city.replace(changes={f"{table}.{column}": {"scale": factor}}).data
    except InputError as error:
        assert (*place, factor) in REFUSED_FOR_OTHERS or f"column {column}" in str(error)
        assert (*place, factor) in REFUSED_FOR_OTHERS or "check the unit" in str(error)
        return
    found = {(each.table, each.column) for each in oddities(case)}
    assert found & {place, ("townships", LOAD)}, place
    assert all("CHECK THE UNIT" in line for line in unit_notices(case))


@pytest.mark.parametrize("load, odd", [(0.03, True), (0.2, False), (0.9, False), (2.5, False), (30.0, True)])
def test_statutory_hours_far_from_those_of_the_staff_are_noticed(load, odd):
    towns = {name: {"statutory_hours": load * 18_400} for name in "ABC"}
    found = [each for each in oddities(small_case(towns)) if each.column == LOAD]
    assert bool(found) == odd
    assert all(each.median == pytest.approx(load) for each in found)


def test_a_single_row_a_thousand_times_off_is_noticed():
    case = hand_scenario().case
    towns = case.townships.reset_index()
    towns["statutory_hours"] = towns["statutory_hours"].astype(float)
    towns.loc[1, "statutory_hours"] *= 1000
    [found] = oddities(case.replace(townships=towns))
    assert (found.table, found.column, found.rows) == ("townships", "statutory_hours", ("B",))
    assert found.usual is None


def test_the_shell_tells_of_doubtful_units(tmp_path):
    case = hand_scenario().case
    towns = case.townships.reset_index()
    towns["area_km2"] = towns["area_km2"] * 1500  # mu, not square kilometres
    case.replace(townships=towns).write(tmp_path / "case")
    said = CliRunner().invoke(app, ["check", str(tmp_path / "case")])
    assert said.exit_code == 0
    assert "CHECK THE UNIT: townships: area_km2 has a median of 1.5e+05 km2" in " ".join(said.output.split())


@pytest.mark.parametrize(
    ("how", "kind", "least", "most"),
    [
        # 3 rounds at 1e-6 h make a coefficient of 3e-6 in the objective, where 25 h a round short is the largest.
        ({"prices": {"choice_met": 1e-6}}, "costs", 3e-6, None),
        # A million cases at 12 h each.
        ({"cases": {("A", "P1"): 1_000_000}, "prices": {"case_near_home": 12}}, "costs", None, 12_000_120),
        # A millionth of a case takes a millionth of an hour.
        ({"cases": {("A", "P1"): 1e-6}, "powers": {"P1": {"ordinary_hours": 1.0}}}, "rows", 1e-6, None),
    ],
)
def test_numbers_too_far_apart_for_the_solver_are_told(how, kind, least, most):
    plan = solved(**how)
    reach = plan.options["untrusted_numbers"][kind]
    assert least is None or reach[0] == pytest.approx(least)
    assert most is None or reach[1] == pytest.approx(most)
    told = [line for line in number_notices(plan) if "CHECK THE UNITS" in line]
    assert len(told) == len(plan.options["untrusted_numbers"]) and all("tolerances may decide" in line for line in told)
    assert told[0] in " ".join(summary(plan).split())


def test_numbers_of_a_usual_size_are_trusted(city):
    assert compile_matrix(build_model(city.data, city.policy)).untrusted() == {}
    assert number_notices(solved()) == []
