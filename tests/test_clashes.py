"""Rules that clash: each set is infeasible, and none of its rules can be left out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.clashes import SETS, clashes, quickxplain
from devolve_opt.solver.engine import Control
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.solving import search_of, solve
from modelling import pin, small_case, small_policy
from strategies import small_cases, small_policies


def sets_of(case, policy) -> list[set[str]]:
    with pytest.raises(NoPlanError) as raised:
        solve(Scenario(case, policy), gap=0.0)
    assert raised.value.proven
    assert raised.value.clashes is not None
    return [{str(rule) for rule in clash.rules} for clash in raised.value.clashes.sets]


@given(families=st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=5))
def test_quickxplain_returns_rules_that_clash_and_none_too_many(families):
    def clash(rules):
        return any(family <= set(rules) for family in families)

    found = quickxplain(clash, range(10))
    assert clash(found)
    for rule in found:
        assert not clash([other for other in found if other != rule])


def test_what_clashes_is_told_in_the_words_of_the_policy():
    # T1 has one officer, two are asked, and nobody may be trained.
    case = small_case({"T1": {"certified_officers": 1}}, {"P1": {}}, {("T1", "P1"): 3})
    policy = small_policy(officers_min=2, training_places_max=0)
    assert sets_of(case, policy) == [
        {"officers_min 2 at T1 (officers_at_least_minimum)", "training_places_max 0 (training_within_places)"}
    ]
    with pytest.raises(NoPlanError) as raised:
        solve(Scenario(case, policy), gap=0.0)
    [clash] = raised.value.clashes.sets
    assert clash.irreducible
    assert raised.value.clashes.all_found
    said = str(raised.value)
    assert "These rules cannot stand together; proven: without any one of them the others can:" in said
    assert "Where it is missing, rule by rule" in said
    # Without either, there is a plan.
    for change in ({"officers_min": 1}, {"training_places_max": 1}):
        assert solve(Scenario(case, policy.replace(**change)), gap=0.0).audit.breaches == ()


def test_clashes_in_two_places_are_two_sets():
    # T1 needs 20,000 h of 18,400, the wall allows 19,320; T2, in a county of its own, has a pin and no room for it.
    towns = {"T1": {"statutory_hours": 20_000.0}, "T2": {"county": "C2"}}
    case = small_case(towns, {"P1": {}, "P2": {}}, {("T1", "P1"): 1, ("T2", "P1"): 1, ("T2", "P2"): 1})
    policy = small_policy(overload="wall", wall_share=1.05, new_powers_max=1, pins=[pin("P1", "T2"), pin("P2", "T2")])
    found = sets_of(case, policy)
    assert {"wall_share 1.05 at T1 (workload_within_wall)"} in found
    assert {
        "new_powers_max 1 at T2 (new_powers_within_cap)", "pins at T2 takes P1 (agreed in May) (pin_kept)",
        "pins at T2 takes P2 (agreed in May) (pin_kept)",
    } in found  # fmt: skip
    assert len(found) == 2


def test_a_clash_that_only_whole_numbers_show_is_found():
    # A power in a penal field wants two officers at each of two townships, which have three together.
    towns = {"T1": {"certified_officers": 2}, "T2": {"certified_officers": 1}}
    case = small_case(towns, {"P1": {"type": "penalty"}}, {("T1", "P1"): 3, ("T2", "P1"): 3})
    policy = small_policy(
        officers_per_field=2, training_places_max=0, fields_at_minimum=5, pins=[pin("P1", "T1"), pin("P1", "T2")]
    )
    [found] = sets_of(case, policy)
    assert found == {
        "training_places_max 0 (training_within_places)", "pins at T1 takes P1 (agreed in May) (pin_kept)",
        "pins at T2 takes P1 (agreed in May) (pin_kept)",
    }  # fmt: skip


def test_rules_that_clash_in_many_places_at_once_are_told_without_them(monkeypatch):
    # Six offices without an officer, five certificates: no five of them clash, so all places are in it.
    case = small_case({f"T{number}": {} for number in range(6)}, {"P1": {}}, {("T1", "P1"): 3})
    policy = small_policy(officers_min=1, training_places_max=5)
    places = "; ".join(f"T{number}" for number in range(6))
    training = "training_places_max 5 (training_within_places)"
    assert sets_of(case, policy) == [{f"officers_min 1 at {places} (officers_at_least_minimum)", training}]
    monkeypatch.setattr("devolve_opt.solver.clashes.PLACES_SECONDS", 0.0)
    assert sets_of(case, policy) == [{"officers_min 1 at its 6 places (officers_at_least_minimum)", training}]


def test_a_case_taken_apart_by_township_is_seen_to_have_no_plan_at_once():
    towns = {f"T{number}": {"statutory_hours": 20_000.0} for number in range(4)}
    case = small_case(towns, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T2", "P2"): 1})
    matrix = compile_matrix(build_model(case, small_policy(overload="wall", wall_share=1.0)))
    search = search_of(case, matrix, Control(30), 0.0, 1, Carried())
    search.by_township_from, search.master_share = 0, 1.0
    assert search.falls_apart()
    search.run()
    assert search.infeasible
    assert list(search.seconds) == ["any solution"]


@settings(max_examples=examples(6), deadline=None)
@given(case=small_cases(), policy=small_policies(), officers=st.integers(2, 6), band=st.floats(0.0, 0.1))
def test_sets_of_random_cases_clash_and_cannot_be_narrowed_further(case, policy, officers, band):
    policy = policy.replace(officers_min=officers, posts_band=band, training_places_max=1, overload="wall")
    try:
        matrix = compile_matrix(build_model(case, policy))
    except NoPlanError:
        return
    found = clashes(matrix, policy, Control(60))
    assume(found.sets)
    assert len(found.sets) <= SETS
    rules = [(rule.rule, place) for clash in found.sets for rule in clash.rules for place in rule.places or ("",)]
    assert len(set(rules)) == len(rules)
    assert all(clash.irreducible for clash in found.sets)
    with pytest.raises(NoPlanError):
        solve(Scenario(case, policy), gap=0.0, explain=False)
