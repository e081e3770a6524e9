"""Instruments that a policy may switch on: every row as it is written, and what it is worth where it binds.

Named as in `test_formulation_lists.py`. Off, an instrument has neither column nor row.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model, set_start
from devolve_opt.rules.interest import interest
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import INSTRUMENT_TERMS, Term
from modelling import (
    assert_linear,
    assert_row,
    assert_rows,
    hand_model,
    optimum,
    small_case,
    small_policy,
    with_and_without,
)
from strategies import small_scenarios

TWO = {"T1": {}, "T2": {}}
CHOSEN = {("T1", "P1"): 3, ("T2", "P1"): 3}
# 20 posts at 10 staff each: 18,400 h, 16,560 free; 18,400 h of work are 1,840 above, at 0.5 that is 920.
LENDING = {"T1": {"lent": 2, "posts": 10, "staff_in_post": 10, "statutory_hours": 18_400.0}}


def test_off_the_instruments_cost_nothing():
    model = hand_model()
    for name in ("opened", "returned", "base_list_taken", "unused_within_share", "managed", "devolved", "brought"):
        assert not hasattr(model, name)
    assert all(not terms_of(model, term) for term in INSTRUMENT_TERMS)


def terms_of(model, term):
    return model.term[str(term)].expr


# County approval


def test_taken_only_if_opened_as_written():
    model = hand_model(county_opening={})
    assert_rows(model.taken_only_if_opened, {(t, p): f"taken[{t},{p}] - opened[C1,{p}] <= 0" for t, p in model.pairs})
    opened = " ".join(f"- 120 opened[C1,P{number}]" for number in (1, 2, 3, 4))
    assert_linear(terms_of(model, Term.COUNTY_OPENING), opened)


def test_taken_only_if_opened_binds():
    model = build_model(small_case(TWO, votes=CHOSEN), small_policy(county_opening={"price": 200}))
    # Two townships get 120 each for one opening at 200.
    assert with_and_without(model, "taken_only_if_opened") == (40, 240)
    model = build_model(small_case(TWO, votes=CHOSEN), small_policy(county_opening={"price": 250}))
    assert with_and_without(model, "taken_only_if_opened") == (0, 240)


def test_opened_within_cap_as_written():
    model = hand_model(county_opening={"opened_max": 3})
    assert_row(model.opened_within_cap["C1"], "opened[C1,P1] + opened[C1,P2] + opened[C1,P3] + opened[C1,P4] <= 3")
    assert len(hand_model(county_opening={"opened_max": 4}).opened_within_cap) == 0


def test_opened_within_cap_binds():
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T1", "P2"): 2})
    model = build_model(case, small_policy(county_opening={"price": 0, "opened_max": 1}))
    assert with_and_without(model, "opened_within_cap") == (120, 200)


def test_what_a_county_refuses_never_enters():
    powers = {"P1": {"type": "penalty"}, "P2": {"type": "coercion", "requires": "P1"}, "P3": {}}
    votes = {("T1", power): 3 for power in powers} | {("T2", "P1"): 3}
    case = small_case({"T1": {}, "T2": {"county": "C2"}}, powers, votes)
    case = case.replace(refusals=case.refusals.reindex([0]).assign(county="C1", power="P1", reason="no staff"))
    pairs = interest(case, small_policy())
    # P2 works only with P1; the other county is free to open it.
    assert pairs[["township", "power"]].to_numpy().tolist() == [["T1", "P3"], ["T2", "P1"]]


# Take-up floor


def test_base_list_taken_as_written():
    model = hand_model(take_up_floor="chosen")
    chosen = [pair for pair in model.pairs if model.rounds[pair]]
    assert_rows(model.base_list_taken, {(t, p): f"base[{p}] - taken[{t},{p}] <= 0" for t, p in chosen})
    assert len(hand_model(take_up_floor="all").base_list_taken) == 3 * 4


def test_base_list_taken_binds():
    # T2 needs 23,700 h and stops at 1.3 x 18,400 = 23,920: the 600 h of P1 do not go in.
    towns = {"T1": {}, "T2": {"statutory_hours": 23_700.0}}
    case = small_case(towns, {"P1": {"upkeep_hours": 600.0}}, CHOSEN)
    # T1 takes P1 for 120. With the floor, P1 cannot be on the base list, because T2 would have to take it too.
    model = build_model(case, small_policy(take_up_floor="chosen", own_list_categories=()))
    assert with_and_without(model, "base_list_taken") == (0, 120)


# Lent staff


def test_returned_within_cap_as_written():
    case = small_case({"T1": {"lent": 2}, "T2": {"lent": 1}, "T3": {}})
    policy = small_policy(lent_share_max=0.2, lent_returns={"price": 0.5, "returned_max": 2})
    model = build_model(case, policy)
    assert_row(model.returned_within_cap, "returned[T1] + returned[T2] <= 2")
    assert_linear(terms_of(model, Term.LENT_RETURNS), "- 920 returned[T1] - 920 returned[T2]")
    assert [variable.bounds for variable in build_model(case, policy).returned.values()] == [(0, 2), (0, 1)]
    assert build_model(case, policy.replace(lent_returns={"returned_max": 3})).returned_within_cap.active
    assert len(build_model(case, policy.replace(lent_returns={"returned_max": 3})).returned_within_cap) == 0


def test_a_start_that_says_nothing_of_returns_lets_nobody_return():
    case = small_case({"T1": {"staff_in_post": 8, "lent": 2}})
    policy = small_policy(lent_share_max=0.1, lent_returns={"returned_max": 1})
    model = build_model(case, policy)
    plan = ratio_decisions(case, policy)
    set_start(model, replace(plan, returned=plan.returned.iloc[:0]))
    assert {name: variable.value for name, variable in model.returned.items()} == {"T1": 0}


def test_returned_within_cap_binds():
    # 8 at work have 14,720 h, 13,248 free: 18,400 h are 1,472 at 0.5, 1,472 at 1.5 and 2,208 at 4 over: 11,776. With
    # one back 16,560 h: 1,656 at 0.5, 1,656 at 1.5 and 184 at 4: 4,048; with both 920. Each hour lost costs 1.
    policy = small_policy(lent_share_max=0.2, lent_returns={"returned_max": 1})
    model = build_model(small_case(LENDING), policy)
    assert with_and_without(model, "returned_within_cap") == (7_728 - 1_840, 10_856 - 3_680)


# Retention


def test_unused_within_share_as_written():
    # Cases in the hand case: A P1 2, B P3 10, D P3 20.
    model = hand_model(retention={"share_max": 0.5})
    assert_row(model.unused_within_share["A"], "- 0.5 taken[A,P1] + 0.5 taken[A,P2] + 0.5 taken[A,P3] <= 0")
    assert_row(model.unused_within_share["B"], "0.5 taken[B,P1] - 0.5 taken[B,P3] + 0.5 taken[B,P4] <= 0")
    assert_linear(
        terms_of(model, Term.UNUSED_POWERS),
        "- 15 taken[A,P2] - 15 taken[A,P3] - 15 taken[B,P1] - 15 taken[B,P4] - 15 taken[D,P1] - 15 taken[D,P4]",
    )
    assert len(hand_model(retention={"share_max": 1}).unused_within_share) == 0


def test_unused_within_share_binds():
    powers, votes = {"P1": {}, "P2": {}, "P3": {}}, {("T1", f"P{number}"): 1 for number in (1, 2, 3)}
    case = small_case({"T1": {}}, powers, votes, {("T1", "P1"): 5})
    # P1 is used (40 + 30); one unused one may stand beside it at half, and costs 15 of its 40.
    model = build_model(case, small_policy(retention={"share_max": 0.5}))
    assert with_and_without(model, "unused_within_share") == (70 + 25, 70 + 50)


# Laws


@settings(max_examples=examples(25), deadline=None)
@given(small_scenarios(), st.sampled_from(["none", "chosen", "all"]), st.integers(0, 2))
def test_switching_on_never_makes_a_plan_better_but_by_returns(random, floor, opened):
    """Costs and caps only take away: the optimum with them is at most that without, and passes the audit."""
    usual = random.policy.replace(use_min=3, take_up_floor="all" if floor == "all" else "none")
    changed = random.policy.replace(
        use_min=3, take_up_floor=floor, county_opening={"price": 20, "opened_max": opened}, retention={"share_max": 0.5}
    )
    try:
        with_them, without = (optimum(build_model(random.data, policy)) for policy in (changed, usual))
    except NoPlanError:
        return
    assert with_them <= without or with_them == pytest.approx(without, rel=1e-6, abs=1e-6)


@settings(max_examples=examples(15), deadline=None)
@given(small_scenarios())
def test_plans_with_every_instrument_pass_the_audit(random):
    policy = random.policy.replace(
        take_up_floor="chosen", county_opening={"price": 20, "opened_max": 2}, lent_returns={"price": 0.2},
        retention={"share_max": 0.7, "price": 5}, office_heads={"hours": 300, "led_max": 1},
    )  # fmt: skip
    scenario = Scenario(random.data, policy)
    try:
        plan = solve(scenario, gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        return
    # `solve` audits it too, and compares the worth.
    assert audit(scenario.data, policy, plan.decisions).breaches == ()


@pytest.mark.parametrize("price", [0.1, 1, 100])
def test_lent_staff_return_where_overload_is_dearer(price):
    policy = small_policy(lent_share_max=0.2, lent_returns={"price": price})
    plan = solve(Scenario(small_case(LENDING), policy), gap=0.0, threads=1)
    # The first spares 7,728 for 1,840 h, the second 3,128.
    assert plan.decisions.returned["returned"].tolist() == [0 if price == 100 else 2]
