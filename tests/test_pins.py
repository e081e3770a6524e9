"""Pins: decisions that are made already survive every solve, and those that cannot be kept are named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from devolve_opt.audit import audit
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.policy import Policy
from devolve_opt.rules.pins import check_pins, pinned_lists
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.views.declined import declined
from devolve_opt.views.summary import summary
from modelling import MAY, hand_scenario, pin, small_case, small_policy


@pytest.fixture(scope="module")
def hand():
    return solve(hand_scenario(), gap=0.0)


def solved(*pins, **policy):
    return solve(hand_scenario().replace(policy={"pins": pins, **policy}), gap=0.0)


def test_what_a_plan_has_can_be_pinned_at_no_loss(hand):
    kept = [pin(power, township) for township, power in hand.take_up.itertuples(index=False)]
    kept += [pin(power, str(name)) for power, name in hand.guide_list.itertuples(index=False)]
    assert solved(*kept).objective == pytest.approx(hand.objective)


def test_the_opposite_of_each_take_up_is_kept_and_never_worth_more(hand):
    for township, power in hand.take_up.itertuples(index=False):
        other = solved(pin(power, township, False))
        assert [township, power] not in other.take_up.to_numpy().tolist()
        assert other.objective <= hand.objective + 1e-6
        assert "pinned" in set(declined(other)["reason"]) or hand_scenario().data.votes.empty


def test_a_list_that_serves_nobody_stays_if_it_is_pinned():
    case = small_case({"T1": {}, "T2": {"category": "central"}}, {"P1": {"support_hours": 500}}, {("T1", "P1"): 1})
    policy = small_policy(pins=[pin("P1", "central"), pin("P1", "T1", False)])
    plan = solve(Scenario(case, policy), gap=0.0)
    assert plan.guide_list.to_numpy().tolist() == [["P1", "central"]]
    assert plan.take_up.empty


def test_the_audit_finds_each_pin_that_is_not_kept(hand):
    township, power = hand.take_up.iloc[0]
    pins = [pin(power, township, False), pin(power, "any", False), pin(power, township)]
    policy = hand.scenario.policy.replace(pins=pins)
    found = [breach for breach in audit(hand.scenario.data, policy, hand.decisions).breaches]
    assert [breach.rule for breach in found] == ["pin_kept", "pin_kept"]
    assert found[0].place == f"{township} does not take {power} ({MAY})"
    assert found[1].place == f"guide list does not hold {power} ({MAY})"
    empty = replace(hand.decisions, guide_list=hand.decisions.guide_list.iloc[:0], take_up=hand.take_up.iloc[:0])
    rules = [breach.rule for breach in audit(hand.scenario.data, policy, empty).breaches]
    assert rules.count("pin_kept") == 1


def test_what_nobody_chose_may_be_taken_only_if_it_is_pinned():
    case = small_case({"T1": {}}, {"P1": {}})
    plan = solve(Scenario(case, small_policy(pins=[pin("P1", "T1")])), gap=0.0)
    assert plan.take_up.to_numpy().tolist() == [["T1", "P1"]]
    assert [breach.rule for breach in audit(case, small_policy(), plan.decisions).breaches] == ["no_interest"]


def test_a_pin_that_the_caps_rule_out_is_named_as_what_clashes():
    with pytest.raises(NoPlanError) as error:
        solved(pin("P1", "A"), guide_list_max=0, base_list_max=0)
    assert error.value.proven
    assert f"A takes P1 ({MAY})" in str(error.value) or "guide_list_max" in str(error.value)
    with pytest.raises(NoPlanError, match=r"pins would have to give 1 powers at A takes P1 \(agreed in May\)"):
        # Three caps would have to give for the one pin.
        solved(pin("P1", "A"), guide_list_max=0, base_list_max=0, category_list_max=0, new_fields_max=0)


CASE = small_case(
    {"T1": {}, "T2": {"category": "central"}, "S1": {"category": "subdistrict"}},
    {"P1": {"type": "penalty"}, "P2": {"type": "coercion", "requires": "P1"}, "P3": {"restricts_liberty": True},
     "P4": {}},
    {("T1", "P1"): 3},
)  # fmt: skip


@pytest.mark.parametrize(
    ("pins", "words"),
    [
        ([pin("P9", "T1")], ["pins[0].power", "'P9'", "no power"]),
        ([pin("P1", "T9"), pin("P9", "T1")], ["pins[0].township", "'T9'", "pins[1].power"]),
        ([pin("P3", "T1")], ["may not be handed down", "行政处罚法"]),
        ([pin("P1", "S1")], ["subdistrict"]),
        ([{"power": "P1", "list": "general", "reason": MAY}], ["pins[0].list", "no list of its own"]),
        ([pin("P1", "T1"), pin("P1", "T1", False, "no")], ["pins[0]", "pins[1]", MAY, "T1 does not take P1 (no)"]),
        ([pin("P1", "any", False), pin("P1", "T1")], ["pins[0]", "pins[1]", "on no list"]),
        ([pin("P1", "any", False), pin("P1", "base")], ["guide list is all its lists"]),
        ([pin("P1", "central"), pin("P1", "base")], ["not on both"]),
        ([pin("P2", "T1"), pin("P1", "T1", False)], ["P2 requires P1"]),
    ],
)
def test_pins_that_no_plan_can_keep_are_refused_by_name(pins, words):
    with pytest.raises(InputError) as error:
        solve(Scenario(CASE, small_policy(pins=pins)))
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "pins",
    [
        [pin("P1", "T1"), pin("P1", "T2", False)],
        [pin("P1", "any"), pin("P1", "base", False)],
        [pin("P1", "central"), pin("P1", "county_seat")],
        [pin("P3", "T1", False), pin("P3", "any", False)],
    ],
)
def test_pins_that_go_together_are_taken(pins):
    check_pins(CASE, small_policy(pins=pins))


def test_a_county_that_refuses_stands_against_a_pin():
    refusals = pd.DataFrame({"county": ["C1"], "power": ["P1"], "reason": ["not yet"]})
    with pytest.raises(InputError, match="not opened by the county"):
        check_pins(CASE.replace(refusals=refusals), small_policy(pins=[pin("P1", "T1")]))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"power": "P1", "reason": MAY}, "either `township` or `list`"),
        ({"power": "P1", "township": "T1", "list": "base", "reason": MAY}, "either `township` or `list`"),
        ({"power": "P1", "township": "T1"}, "reason.*missing"),
        ({"power": "P1", "township": "T1", "reason": " "}, "reason that can be read later"),
        ({"power": "P1", "township": "T1", "reason": ""}, "must not be empty"),
        ({"power": "P1", "list": "bass", "reason": MAY}, "must be one of"),
        ({"power": "P1", "township": "T1", "reason": MAY, "hold": True}, "did you mean .holds"),
    ],
)
def test_a_pin_that_is_no_pin_is_refused(table, words):
    with pytest.raises(InputError, match=f"(?is){words}"):
        Policy(pins=[table])


def test_the_summary_says_what_was_decided_beforehand(hand):
    township, power = hand.take_up.iloc[0]
    text = summary(solved(pin(power, township)))
    assert "Pinned, decided beforehand (1):" in text
    assert f"{township} takes {power} ({MAY})." in text
    assert "Pinned" not in summary(hand)


def test_the_lists_that_pins_may_put_a_power_on():
    case = small_case({"A": {}}, {"P1": {}, "P2": {}, "P3": {}, "P4": {}})
    pins = [pin("P1", "base"), pin("P2", "any"), pin("P3", "central"), pin("P4", "any", holds=False), pin("P1", "A")]
    policy = small_policy(pins=pins, own_list_categories=("county_seat", "central"))
    assert pinned_lists(case, policy) == [
        ("P1", "base"), ("P2", "base"), ("P2", "county_seat"), ("P2", "central"), ("P3", "central"),
    ]  # fmt: skip
