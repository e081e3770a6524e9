"""Laws that hold for every case: on tiny random ones the optimum is compared with a search through all plans.

Each solve starts a process, so the everyday runs are few; `slow` runs many more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from brute_force import best_plan
from depth import examples
from devolve_opt.audit import audit
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.errors import NoPlanError
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.prices import OverloadStep
from devolve_opt.rules.posts import posts_by_formula
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.schema import schema
from devolve_opt.studies.robust import posts_of
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Status
from modelling import hand_scenario, small_case, small_policy
from strategies import small_scenarios

# A failing case is not made smaller: it is small already, and each try costs a solve.
FEW = settings(
    deadline=None,
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
MANY = settings(FEW, max_examples=400)


def solved(scenario: Scenario) -> Plan | None:
    """Return the proven plan, or None where it is proven that there is none."""
    try:
        plan = solve(scenario, gap=0, threads=1)
    except NoPlanError as error:
        assert error.proven
        return None
    assert plan.status is Status.PROVEN
    return plan


def worth(scenario: Scenario) -> float:
    plan = solved(scenario)
    return -np.inf if plan is None else plan.objective


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-4)


# All plans


def check_optimum(scenario: Scenario) -> None:
    best = best_plan(scenario.data, scenario.policy)
    plan = solved(scenario)
    assert (plan is None) == (best is None)
    if best is None or plan is None:
        return
    checked = audit(scenario.data, scenario.policy, best[1])
    assert checked.breaches == ()
    assert checked.objective == near(best[0])
    assert plan.objective == near(best[0])


def check_bound(scenario: Scenario) -> None:
    plan = solved(scenario)
    rule = ratio_decisions(scenario.data, scenario.policy)
    checked = audit(scenario.data, scenario.policy, rule)
    if plan is None:
        assert checked.breaches, "the ratio rule has a sound plan where none is said to exist"
        return
    assert plan.bound >= plan.objective - 1e-6
    assert plan.audit.breaches == ()
    if not checked.breaches:
        assert plan.objective >= checked.objective - 1e-6
    reference = plan.reference
    assert reference is not None
    assert reference.objective == near(checked.objective)


@settings(FEW, max_examples=examples(20))
@given(small_scenarios())
def test_the_optimum_is_that_of_a_search_through_all_plans(scenario):
    check_optimum(scenario)


@pytest.mark.slow
@MANY
@given(small_scenarios())
def test_the_optimum_is_that_of_a_search_through_all_plans_many(scenario):
    check_optimum(scenario)


@FEW
@given(small_scenarios())
def test_no_plan_is_above_the_bound_nor_the_ratio_rule_above_the_optimum(scenario):
    check_bound(scenario)


@pytest.mark.slow
@MANY
@given(small_scenarios())
def test_no_plan_is_above_the_bound_nor_the_ratio_rule_above_the_optimum_many(scenario):
    check_bound(scenario)


# Caps

LOWER_IS_TIGHTER = (
    "base_list_max", "guide_list_max", "category_list_max", "new_powers_max", "new_fields_max", "posts_moved_max",
    "training_places_max", "revolving_posts_max", "fields_at_minimum", "fields_per_officer", "posts_band",
)  # fmt: skip
HIGHER_IS_TIGHTER = ("officers_min", "officers_per_field")


def tightened(policy: Policy, cap: str) -> Policy:
    value = getattr(policy, cap)
    if cap in HIGHER_IS_TIGHTER:
        return policy.replace(**{cap: value + 1})
    return policy.replace(**{cap: max(0, value - 1) if isinstance(value, int) else value / 2})


def check_tightening(scenario: Scenario, cap: str) -> None:
    tighter = tightened(scenario.policy, cap)
    assume(tighter != scenario.policy)
    before, after = worth(scenario), worth(replace(scenario, policy=tighter))
    assert after <= before + 1e-4


CAPS = st.sampled_from(LOWER_IS_TIGHTER + HIGHER_IS_TIGHTER)


@settings(FEW, max_examples=examples(10))
@given(small_scenarios(), CAPS)
def test_tightening_a_cap_never_improves_the_optimum(scenario, cap):
    check_tightening(scenario, cap)


@pytest.mark.slow
@MANY
@given(small_scenarios(), CAPS)
def test_tightening_a_cap_never_improves_the_optimum_many(scenario, cap):
    check_tightening(scenario, cap)


@pytest.mark.parametrize(
    ("cap", "tighter"),
    [
        ("base_list_max", 0),
        ("guide_list_max", 2),
        ("category_list_max", 0),
        ("posts_moved_max", 0),
        ("officers_min", 3),
    ],
)
def test_the_caps_that_bind_in_the_hand_case_cost_something(cap, tighter):
    scenario = hand_scenario()
    assert worth(scenario.replace(policy={cap: tighter})) < worth(scenario) - 1


# Names and order

REFERENCES = {
    "townships": {"county": "counties"},
    "powers": {"field": "fields", "requires": "powers"},
    "votes": {"township": "townships", "power": "powers"},
    "cases": {"township": "townships", "power": "powers"},
    "readiness": {"township": "townships", "field": "fields"},
    "guide_list": {"power": "powers"},
}
KEYED = ("counties", "townships", "fields", "powers")


def renamed(case: Case, names: dict[str, dict[str, str]]) -> Case:
    tables = {}
    for name, table in case.tables.items():
        changed = table.copy()
        if name in KEYED:
            changed.index = pd.Index([names[name][old] for old in table.index], name="id", dtype="str")
        for column, target in REFERENCES.get(name, {}).items():
            changed[column] = [names[target].get(old, "") for old in table[column]]
            changed[column] = changed[column].astype("str")
        tables[name] = changed
    return case.replace(**tables)


def shuffled(case: Case, seed: int) -> Case:
    draw = np.random.default_rng(seed)
    tables = {}
    for name, table in case.tables.items():
        order = draw.permutation(len(table))
        tables[name] = table.iloc[order] if "id" in schema()[name].key else table.iloc[order].reset_index(drop=True)
    return case.replace(**tables)


def by_the_formula(scenario: Scenario) -> pd.DataFrame:
    """Return what the formulas give each township before anything is decided, in the order of the ids."""
    case = scenario.data
    ledger = Ledger(case, scenario.policy, sound_decisions(case, ratio_decisions(case, scenario.policy))[0])
    return ledger.formula.assign(remaining=ledger.officers["remaining"]).sort_index()


@FEW
@given(small_scenarios(), st.randoms(use_true_random=False))
def test_other_names_change_nothing(scenario, random):
    case, names = scenario.case, {}
    for table in KEYED:
        ids = list(case.tables[table].index)
        new = [f"{table[:2]}_{number}号" for number in range(len(ids))]
        # Names that sort the other way round than the old ones.
        random.shuffle(new)
        names[table] = dict(zip(ids, new, strict=True))
    before, after = solved(scenario), solved(replace(scenario, case=renamed(case, names)))
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.objective == near(before.objective)


@FEW
@given(small_scenarios(), st.integers(0, 2**16))
def test_another_order_of_rows_changes_nothing(scenario, seed):
    moved = replace(scenario, case=shuffled(scenario.case, seed))
    # Equal remainders are served in the order of the table, by rule; only there may the order of townships matter.
    before, after = by_the_formula(scenario), by_the_formula(moved)
    assume(np.allclose(before.to_numpy(float), after.to_numpy(float)))
    assert worth(moved) == near(worth(scenario))


# Prices


def scaled(policy: Policy, factor: float) -> Policy:
    return policy.replace(
        prices={name: factor * price for name, price in policy.prices.model_dump().items()},
        overload_steps=tuple(
            OverloadStep(until=step.until, price=factor * step.price) for step in policy.overload_steps
        ),
    )


@FEW
@given(small_scenarios(), st.sampled_from([0.5, 3.0, 10.0]))
def test_scaling_every_price_scales_the_optimum(scenario, factor):
    changed = replace(scenario, policy=scaled(scenario.policy, factor))
    before = worth(scenario)
    assert worth(changed) == (before if before == -np.inf else near(factor * before))


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_scaling_every_price_scales_every_term_of_the_hand_case(factor):
    scenario = hand_scenario()
    plan, changed = solved(scenario), solved(replace(scenario, policy=scaled(scenario.policy, factor)))
    assert plan is not None
    assert changed is not None
    assert changed.terms.to_dict() == near({term: factor * amount for term, amount in plan.terms.items()})


# Corners that the random cases meet too seldom, each checked against the search through all plans


def test_a_case_in_which_nobody_chose_anything_has_a_plan():
    check_optimum(Scenario(small_case({"T1": {}, "T2": {"certified_officers": 1}}), small_policy(officers_min=1)))


def test_a_case_in_which_nobody_chose_in_the_last_round_has_a_plan():
    case = small_case({"T1": {}}, votes={("T1", "P1"): 1})
    plan = solved(Scenario(case, small_policy()))
    assert plan is not None
    assert plan.objective == near(40)


@pytest.mark.parametrize("cap", ["base_list_max", "guide_list_max"])
def test_a_list_in_force_above_its_cap_leaves_no_plan_even_where_nobody_wants_the_power_too_many(cap):
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3}, guide_list=(("P1", "base"), ("P2", "base")))
    check_optimum(Scenario(case, small_policy(**{cap: 2})))
    assert solved(Scenario(case, small_policy(**{cap: 1}))) is None


def test_a_list_in_force_of_which_law_lets_nothing_pass_lists_nothing():
    case = small_case(
        {"T1": {}}, {"P1": {}, "P2": {"restricts_liberty": True}}, {("T1", "P1"): 3}, guide_list=(("P2", "base"),)
    )
    check_optimum(Scenario(case, small_policy()))
    plan = solved(Scenario(case, small_policy()))
    assert plan is not None
    assert plan.objective == near(0)


def test_a_category_list_in_force_above_its_cap_leaves_no_plan():
    case = small_case(
        {"T1": {"category": "central"}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3},
        guide_list=(("P1", "central"), ("P2", "central")),
    )  # fmt: skip
    assert solved(Scenario(case, small_policy(category_list_max=1))) is None


def test_a_rule_broken_before_anything_is_decided_leaves_no_plan():
    # T1 works in F1 today and no number of officers can cover a field.
    case = small_case({"T1": {}}, readiness=(("T1", "F1"),), votes={("T1", "P1"): 3})
    scenario = Scenario(case, small_policy(fields_at_minimum=0, fields_per_officer=0))
    assert best_plan(scenario.data, scenario.policy) is None
    assert solved(scenario) is None


@FEW
@given(scenario=small_scenarios())
def test_with_its_own_posts_in_force_a_plan_is_worth_the_same(scenario):
    plan = solved(scenario)
    assume(plan is not None)
    case = scenario.data.replace(posts_in_force=posts_of(plan))
    # What is in force needs neither the band nor the cap on posts moved.
    policy = scenario.policy.replace(posts_band=0.0, posts_moved_max=0)
    kept = solved(Scenario(case, policy))
    assert kept is not None
    assert kept.audit.breaches == ()
    assert kept.objective == pytest.approx(plan.objective, abs=1e-4)
    assert kept.audit.townships["posts"].equals(plan.audit.townships["posts"])


@FEW
@given(scenario=small_scenarios(), data=st.data())
def test_whatever_posts_are_in_force_no_plan_that_keeps_them_is_worth_more_than_the_bound(scenario, data):
    # One post goes from a township to another of its county, one after the other, whatever the band says.
    posts = posts_by_formula(scenario.data, scenario.policy)
    counties = scenario.data.tables["townships"]["county"]
    moves = data.draw(st.lists(st.tuples(*[st.integers(0, len(posts) - 1)] * 2), max_size=6))
    for giver, taker in moves:
        one, other = posts.index[giver], posts.index[taker]
        if counties[one] == counties[other] and posts.at[one, "floating_posts"] > 0:
            posts.loc[one, "floating_posts"] -= 1
            posts.loc[other, "floating_posts"] += 1
    given_posts = posts.sum(axis=1).rename("posts_kept").rename_axis("township").reset_index()
    free = scenario.policy.replace(posts_band=1.0, posts_moved_max=1000, revolving_posts_max=1000)
    in_force = Scenario(scenario.data.replace(posts_in_force=given_posts), scenario.policy)
    plan = solved(in_force)
    rule = audit(in_force.data, in_force.policy, ratio_decisions(in_force.data, in_force.policy))
    if not rule.breaches:
        assert plan is not None
        assert plan.objective >= rule.objective - 1e-4
    # With every band and cap out of the way, pins on the posts are all that is left of it.
    wide = solved(Scenario(in_force.data, free))
    if plan is not None:
        assert wide is not None
        assert wide.objective >= plan.objective - 1e-4
        assert plan.audit.breaches == ()
        assert (plan.audit.townships["posts"] == given_posts.set_index("township")["posts_kept"]).all()
