"""Numbers of the policy that would do where no plan exists: each is solved again, and so is the step before it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyomo.environ import Constraint

from depth import examples
from devolve_opt.errors import NoPlanError
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import number_at, with_numbers
from devolve_opt.scenario import Scenario
from devolve_opt.solver.conflict import POLICY_RULES
from devolve_opt.studies import remedies as study
from devolve_opt.studies.remedies import _Scale
from devolve_opt.studies.solving import solve
from modelling import INSTRUMENTS, hand_scenario, pin, small_case, small_policy
from strategies import small_cases, small_policies


def without_plan(case, policy):
    with pytest.raises(NoPlanError) as raised:
        solve(Scenario(case, policy), gap=0.0)
    return raised.value


def numbers_of(remedies):
    return [[(each.key, each.now, each.value, each.nearest) for each in remedy.numbers] for remedy in remedies]


def test_one_number_in_several_rows_is_one_change():
    # Offices have three officers and no training. Five are asked; an office of the minimum size works in one field,
    # and T1 works in one already: with three officers asked nothing else has to give.
    case = small_case(
        {"T1": {"certified_officers": 3}, "T2": {"certified_officers": 3}},
        {"P1": {"type": "penalty"}}, {("T1", "P1"): 3}, readiness=(("T1", "F1"),),
    )  # fmt: skip
    policy = small_policy(officers_min=5, training_places_max=0, fields_at_minimum=1, fields_per_officer=1)
    error = without_plan(case, policy)
    # Two officers are missing at each of two offices: four certificates would do as well.
    assert sorted(numbers_of(error.remedies)) == [
        [("officers_min", 5.0, 3.0, True)], [("training_places_max", 0.0, 4.0, True)],
    ]  # fmt: skip
    said = str(error)
    assert "Each of these changes to the policy alone lets a plan exist (found by solving, and audited):" in said
    told = "officers_min (certified officers in an office, at least): 3 instead of 5; with 4 there is proven to be none"
    assert told in said
    assert "training_places_max (training places): 4 instead of 0; with 3 there is proven to be none" in said


def test_numbers_that_only_do_together():
    # T1 wants two powers and may take one; T2 has 20,000 h of work in 18,400 and a wall at 105 %, that is 19,320 h.
    towns = {"T1": {}, "T2": {"county": "C2", "statutory_hours": 20_000.0}}
    case = small_case(towns, {"P1": {}, "P2": {}}, {("T1", "P1"): 1, ("T1", "P2"): 1})
    policy = small_policy(overload="wall", wall_share=1.05, new_powers_max=1, pins=[pin("P1", "T1"), pin("P2", "T1")])
    error = without_plan(case, policy)
    # 20,000 / 18,400 = 1.087
    [together] = numbers_of(error.remedies)
    assert sorted(together) == [("new_powers_max", 1.0, 2.0, True), ("wall_share", 1.05, 1.09, True)]
    assert "These changes to the policy together let a plan exist (found by solving, and audited):" in str(error)
    # A change by one step needs no word on the step before it: that is what stands there now.
    assert "new_powers_max (powers a township may take up): 2 instead of 1\n" in str(error)


def test_a_number_of_an_instrument():
    # Two powers are pinned at a township whose county may open one.
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 1, ("T1", "P2"): 1})
    policy = small_policy(county_opening={"opened_max": 1}, pins=[pin("P1", "T1"), pin("P2", "T1")])
    assert numbers_of(without_plan(case, policy).remedies) == [[("county_opening.opened_max", 1.0, 2.0, True)]]


def test_nothing_is_told_where_no_number_does_it():
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 1})
    policy = small_policy(goals=[{"term": "choices_met", "at_least": 1e6}])
    error = without_plan(case, policy)
    assert error.remedies == ()
    assert "lets a plan exist" not in str(error)
    assert "Other ways may do as well" in str(error)


def test_a_number_whose_default_is_none_is_tried_too():
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 1})
    case = case.replace(powers=case.powers.assign(listing_hours=50.0))
    error = without_plan(case, small_policy(listing_hours_max=10.0, pins=[pin("P1", "T1")]))
    assert numbers_of(error.remedies) == [[("listing_hours_max", 10.0, 50.0, True)]]


def test_every_number_that_can_give_is_a_scale():
    policy = Policy(**INSTRUMENTS, listing_hours_max=10.0)
    keys = [key for key, _ in POLICY_RULES.values() if number_at(policy, key) is not None]
    assert len(keys) > 20
    for key in keys:
        scale = _Scale(policy, key, 1.0)
        assert scale.value(0) == number_at(policy, key)
        assert scale.value(scale.steps) == scale.end
        assert scale.steps == 0 or with_numbers(policy, {key: scale.end}) != policy


def test_a_share_reaches_its_end():
    scale = _Scale(Policy(lent_share_max=0.333), "lent_share_max", 1.0)
    assert (scale.value(scale.steps - 1), scale.value(scale.steps)) == (0.993, 1.0)


@pytest.mark.slow
def test_time_that_runs_out_midway_costs_no_more_than_the_nearest_number(monkeypatch):
    towns = {"T1": {}, "T2": {"county": "C2", "statutory_hours": 20_000.0}}
    case = small_case(towns, {"P1": {}, "P2": {}}, {("T1", "P1"): 1, ("T1", "P2"): 1})
    policy = small_policy(overload="wall", wall_share=1.05, new_powers_max=1, pins=[pin("P1", "T1"), pin("P2", "T1")])
    whole = without_plan(case, policy)
    tried = study._Trials._tried
    left = [7]

    def until_it_is_late(trials, numbers):
        left[0] -= 1
        return tried(trials, numbers) if left[0] >= 0 else None

    for solves in range(1, 9):
        left[0] = solves
        monkeypatch.setattr(study._Trials, "_tried", until_it_is_late)
        found = without_plan(case, policy).remedies
        assert len(found) <= len(whole.remedies)
        for remedy in found:
            other = policy
            for number in remedy.numbers:
                other = with_numbers(other, {number.key: number.value})
            assert solve(Scenario(case, other), gap=1.0).audit.breaches == ()


def test_an_added_rule_that_no_plan_shows_does_not_take_the_explanation_away():
    def ready_somewhere(model):
        model.idle = Constraint(expr=sum(model.ready.values()) >= 1)

    scenario = hand_scenario().replace(policy={"officers_min": 3, "training_places_max": 0, "posts_band": 0.2})
    with pytest.raises(NoPlanError) as raised:
        solve(scenario, rules=ready_somewhere)
    assert "These rules cannot stand together" in str(raised.value)


@settings(max_examples=examples(8), deadline=None)
@given(case=small_cases(), policy=small_policies(), officers=st.integers(1, 6), band=st.floats(0.0, 0.1))
def test_with_what_would_do_a_plan_exists_and_with_a_step_less_none(case, policy, officers, band):
    policy = policy.replace(officers_min=officers, posts_band=band, training_places_max=1, overload="wall")
    try:
        solve(Scenario(case, policy), gap=0.01)
    except NoPlanError as error:
        remedies = error.remedies
    else:
        remedies = ()
    assume(remedies)
    for remedy in remedies:
        other = policy
        for number in remedy.numbers:
            assert number_at(policy, number.key) == number.now
            other = with_numbers(other, {number.key: number.value})
        assert solve(Scenario(case, other), gap=1.0).audit.breaches == ()
        for number in remedy.numbers:
            back = number.step if number.value < number.now else -number.step
            nearer = with_numbers(other, {number.key: round(number.value + back, 6)})
            assert number.nearest
            with pytest.raises(NoPlanError):
                solve(Scenario(case, nearer), gap=1.0, explain=False)
