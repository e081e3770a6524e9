"""Uncertain hours: the rows as written, where they bind, and the worst case against enumeration."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyomo.environ import value

from brute_force import best_plan
from depth import examples
from devolve_opt.audit import audit
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model, set_start
from devolve_opt.plan import Plan
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.workload import hours_at_risk
from devolve_opt.scenario import Scenario
from devolve_opt.solver.conflict import diagnose
from devolve_opt.solver.engine import Control
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.admission import admit
from devolve_opt.studies.explaining import explain
from devolve_opt.studies.solving import solve
from devolve_opt.views.caps import caps
from devolve_opt.views.declined import declined
from devolve_opt.views.explanation import explanation_text
from modelling import assert_linear, assert_row, assert_rows, pin, small_case, small_policy, with_and_without
from strategies import small_scenarios

THREE = {"P1": {"upkeep_hours": 100}, "P2": {"upkeep_hours": 200}, "P3": {"upkeep_hours": 300}}
CHOSEN = {("T1", power): 3 for power in THREE}
HALF_OF_ONE = {"deviation": 0.5, "budget": 1}


def free_hours(free: float, powers=None, **facts):
    """T1 has ten persons, 18,400 h, of which so many are free; it chose three powers of 100, 200 and 300 h."""
    return small_case({"T1": {"statutory_hours": 18_400 - free, **facts}}, powers or THREE, CHOSEN)


def walled(settings=HALF_OF_ONE, free: float = 700):
    return build_model(free_hours(free), small_policy(overload="wall", wall_share=1.0, uncertain_hours=settings))


# The rows


def test_risk_counted_as_written():
    each = "risk_each[hours,T1] + risk_beyond[hours,T1,{0}] - {1} taken[T1,{0}] >= 0"
    expected = {
        ("hours", "T1", power): each.format(power, more) for power, more in (("P1", 50), ("P2", 100), ("P3", 150))
    }
    assert_rows(walled().risk_counted, expected)
    assert_linear(
        walled({"deviation": 0.5, "budget": 2}).hours_at_risk["T1"],
        "2 risk_each[hours,T1] + risk_beyond[hours,T1,P1] + risk_beyond[hours,T1,P2] + risk_beyond[hours,T1,P3]",
    )


def test_risk_counted_binds():
    # 600 h are expected of all three, 150 more may come: 750 of 700. Two of them, 120 each.
    assert with_and_without(walled(), "risk_counted") == (240, 360)


def test_workload_within_wall_holds_what_is_at_risk():
    powers = "100 taken[T1,P1] + 200 taken[T1,P2] + 300 taken[T1,P3]"
    beyond = "risk_beyond[hours,T1,P1] + risk_beyond[hours,T1,P2] + risk_beyond[hours,T1,P3]"
    # A row whose model is gone has forgotten its variables.
    model = walled()
    [row] = model.workload_within_wall.values()
    there = "1840 floating[T1] + 1840 revolving[T1]".replace("1840", "- 1840").replace("+ - ", "- ")
    base = model.base_posts["T1"]
    assert_row(row, f"{powers} + risk_each[hours,T1] + {beyond} {there} <= {1840 * base - 17_700}")


def test_hours_at_risk_within_stop_binds():
    # The hard stop is at 1.3 x 18,400 = 23,920 h, 700 of them free; what is over the free share costs next to nothing.
    policy = small_policy(overload_steps=[{"until": 1.3, "price": 0.0}], uncertain_hours=HALF_OF_ONE)
    model = build_model(free_hours(700 - 0.3 * 18_400), policy)
    assert with_and_without(model, "hours_at_risk_within_stop") == (240, 360)


def test_hours_at_risk_within_stop_as_written():
    policy = small_policy(
        overload_steps=[{"until": 1.3, "price": 0.0}], uncertain_hours={"deviation": 0.5, "budget": 3}
    )
    model = build_model(free_hours(700), policy)
    # Of three powers three may take more, so that nothing is to be chosen: 1.5 times the hours of each.
    assert not model.risk_each
    assert not model.risk_counted
    stop, base = 1.3 * 1840, model.base_posts["T1"]
    assert_row(
        model.hours_at_risk_within_stop["T1"],
        f"150 taken[T1,P1] + 300 taken[T1,P2] + 450 taken[T1,P3] - {stop} floating[T1] - {stop} revolving[T1] "
        f"<= {stop * base - 17_700}",
    )


def test_officers_have_the_time_in_the_worst_case():
    # Two officers have 2 x 1,472 h, nobody may be trained. A power takes 1,000: two powers, of which one may take 500
    # more, 2,500; with 1,000 more, 3,000 are too much.
    facts = {"type": "penalty", "field": "F1", "ordinary_hours": 10}
    case = small_case(
        {"T1": {"certified_officers": 2}}, {power: facts for power in THREE}, CHOSEN,
        {("T1", power): 100 for power in THREE},
    )  # fmt: skip
    taken = {}
    for deviation in (0.0, 0.5, 1.0):
        policy = small_policy(training_places_max=0, uncertain_hours={"deviation": deviation, "budget": 1})
        plan = solve(Scenario(case, policy), gap=0.0, threads=1)
        taken[deviation] = len(plan.take_up)
        assert plan.audit.townships["officer_hours_at_risk"].sum() == deviation * 1000
    assert taken == {0.0: 2, 0.5: 2, 1.0: 1}


# Laws


@given(hours=st.lists(st.integers(0, 100), max_size=6), budget=st.integers(0, 7))
def test_the_worst_case_is_that_of_all_choices(hours, budget):
    policy = small_policy(uncertain_hours={"deviation": 0.5, "budget": budget})
    worst = max(sum(some) for some in combinations(hours, min(budget, len(hours))))
    assert hours_at_risk(hours, policy) == 0.5 * worst


BUDGETS = st.builds(dict, deviation=st.sampled_from([0.2, 1.0]), budget=st.integers(0, 3))


@given(scenario=small_scenarios(), uncertain=BUDGETS)
@settings(max_examples=examples(20), deadline=None)
def test_the_optimum_is_that_of_brute_force(scenario, uncertain):
    policy = scenario.policy.replace(uncertain_hours=uncertain)
    expected = best_plan(scenario.data, policy)
    try:
        plan = solve(Scenario(scenario.data, policy), gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        assert expected is None
        return
    assert expected is not None
    assert plan.objective == pytest.approx(expected[0], rel=1e-6, abs=1e-4)


@given(scenario=small_scenarios(), uncertain=BUDGETS)
@settings(max_examples=examples(20), deadline=None)
def test_the_ratio_rule_keeps_the_limits_too_and_is_a_start(scenario, uncertain):
    policy = scenario.policy.replace(uncertain_hours=uncertain)
    decisions = ratio_decisions(scenario.data, policy)
    rules = {breach.rule for breach in audit(scenario.data, policy, decisions).breaches}
    usual = {breach.rule for breach in audit(scenario.data, scenario.policy, decisions).breaches}
    assume("officer_hours_sufficient" not in usual and "overload_within_stop" not in usual)
    assert rules == usual
    model = build_model(scenario.data, policy)
    set_start(model, decisions)
    found = audit(scenario.data, policy, decisions).townships
    for township, at_risk in model.hours_at_risk.items():
        assert value(at_risk) == pytest.approx(found.at[township, "hours_at_risk"])


def plan_of(budget: int) -> Plan:
    policy = small_policy(
        overload="wall", wall_share=1.0, guide_list_max=3, uncertain_hours={"deviation": 0.5, "budget": budget}
    )
    return solve(Scenario(free_hours(700), policy, title="Uncertain"), gap=0.0, threads=1)


def test_a_larger_budget_never_makes_a_plan_better():
    # 600 h expected; 150 more by one power, 250 by two. P1 and P2: 300 and 100 or 150 more.
    assert [plan_of(budget).objective for budget in (0, 1, 2, 3)] == [360, 240, 240, 240]


def test_who_is_declined_is_told_what_is_at_risk():
    # T2 has the time and takes P3, so that it is listed; T1 has 700 h, and P3 beside P1 and P2 takes 600, at most 750.
    case = small_case(
        {"T1": {"statutory_hours": 17_700}, "T2": {}}, THREE, {**CHOSEN, **{("T2", power): 3 for power in THREE}}
    )
    policy = small_policy(overload="wall", wall_share=1.0, uncertain_hours=HALF_OF_ONE)
    plan = solve(Scenario(case, policy, title="Uncertain"), gap=0.0, threads=1)
    assert len(plan.take_up) == 5
    [row] = declined(plan).to_dict("records")
    assert (row["township"], row["reason"]) == ("T1", "hours_stop")
    left_out = THREE[row["power"]]["upkeep_hours"]
    held = sum(facts["upkeep_hours"] for facts in THREE.values()) - left_out
    # What half of the largest may take more, 150 h, whichever is left out.
    load = (17_700 + held + left_out + 150) / 18_400
    assert row["detail"] == f"the load would be {load:.2f}, with 150 staff-hours a year that powers may take more"


def test_a_power_that_fits_in_place_of_another_is_explained_as_possible():
    # As above: P3 fits in T1 beside one of the others.
    case = small_case(
        {"T1": {"statutory_hours": 17_700}, "T2": {}}, THREE, {**CHOSEN, **{("T2", power): 3 for power in THREE}}
    )
    policy = small_policy(overload="wall", wall_share=1.0, uncertain_hours=HALF_OF_ONE)
    plan = solve(Scenario(case, policy, title="Uncertain"), gap=0.0, threads=1)
    [power] = declined(plan)["power"]
    facts = explain(plan, "T1", power).facts
    assert facts["possible"]
    assert facts["loss"] == pytest.approx(0, abs=1e-3)


def test_a_duty_displaces_no_more_than_it_has_to():
    # T1 has 700 h free and holds two powers of 100 and 200 h, of which one may take half more: 400 at most. A duty of
    # 530 h leaves room for the one of 100 h with its 50.
    powers = {power: THREE[power] for power in ("P1", "P2")}
    case = small_case({"T1": {"statutory_hours": 17_700}}, powers, {("T1", power): 3 for power in powers})
    policy = small_policy(overload="wall", wall_share=1.0, uncertain_hours=HALF_OF_ONE, duties={"load_max": 1.0})
    plan = solve(Scenario(case, policy, title="Uncertain"), gap=0.0, threads=1)
    assert len(plan.take_up) == 2
    [row] = admit(plan, ProposedDuty(name="A duty", hours=530.0)).townships.to_dict("records")
    assert (row["verdict"], row["gives_up_powers"].split(" ")[0]) == ("displaces", "P2")
    assert "P1" not in row["gives_up_powers"]


def test_what_is_shown_of_limits_counts_what_is_at_risk():
    # 700 h are free and two of the three powers fit, with half of the larger one's hours more: P1 and P2 take 300 and
    # 100 at risk, P1 and P3 400 and 150, P2 and P3 500 and 150. All three would take 600 and 150.
    policy = small_policy(overload="wall", wall_share=1.0, uncertain_hours=HALF_OF_ONE)
    plan = solve(Scenario(free_hours(700), policy, "At risk"), gap=0)
    facts = plan.audit.townships.loc["T1"]
    assert len(plan.take_up) == 2
    assert facts["hours_at_risk"] in (100, 150)
    wall = caps(plan).set_index("cap").loc["wall_share"]
    assert wall["used"] == pytest.approx((facts["hours_needed"] + facts["hours_at_risk"]) / 18_400)
    told = explanation_text(explain(plan, "T1", None))
    assert f"and up to {facts['hours_at_risk']:,.0f} more" in told


def test_the_hard_stop_gives_once_and_what_is_at_risk_beside_it():
    # 24,000 h by law and 100 of a pinned power against 1.3 x 18,400 = 23,920: 180 h; half of the 100 h more at risk.
    case = small_case({"T1": {"statutory_hours": 24_000.0}}, {"P1": {"upkeep_hours": 100.0}}, {("T1", "P1"): 3})
    policy = small_policy(uncertain_hours=HALF_OF_ONE, pins=[pin("P1", "T1")])
    found = diagnose(compile_matrix(build_model(case, policy)), policy, Control(60.0))
    assert found.least
    given = {(each.rule, each.place): round(each.amount, 6) for each in found.relaxations}
    assert given == {("overload_within_step", "T1, step 3"): 180, ("hours_at_risk_within_stop", "T1"): 50}
