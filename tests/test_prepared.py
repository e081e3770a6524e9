"""Models kept from one solve to the next: built once, never mixed up, and the plans are those of a fresh build."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from devolve_opt.errors import NoPlanError
from devolve_opt.plan import Decisions, Plan
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.studies import prepared
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.solving import solve
from devolve_opt.studies.sweeping import sweep
from modelling import hand_scenario


@pytest.fixture
def builds(monkeypatch):
    """Record the policies that a model was built for."""
    built = []
    real = prepared.build_model

    def record(case, policy):
        built.append(policy)
        return real(case, policy)

    monkeypatch.setattr(prepared, "build_model", record)
    return built


def prepare(models: Models, scenario: Scenario) -> Prepared:
    return models.prepare(scenario.data, scenario.policy, ratio_decisions(scenario.data, scenario.policy))


def solved(scenario: Scenario, models: Models | None = None) -> Plan:
    return solve(scenario, gap=0.0, time_limit=30, threads=1, models=models)


def assert_same_decisions(found: Decisions, expected: Decisions) -> None:
    for name, frame in vars(expected).items():
        pd.testing.assert_frame_equal(getattr(found, name), frame, obj=name)


def test_a_changed_cap_or_price_takes_the_model_that_is_there(builds):
    hand, models = hand_scenario(), Models()
    for change in ({}, {"guide_list_max": 2}, {"prices": {"choice_met": 1.0}}, {}):
        scenario = hand.replace(policy=change)
        plan = solved(scenario, models)
        assert plan.objective == pytest.approx(solved(scenario).objective)
        assert not plan.log.startswith("`")
    assert len(builds) == 1 + 4  # one that is kept, and one for each fresh solve


def test_a_change_of_data_builds_anew_and_the_log_says_why(builds):
    hand, models = hand_scenario(), Models()
    solved(hand, models)
    plan = solved(hand.replace(policy={"posts_band": 0.2}), models)
    assert plan.log.startswith("`posts_band` shapes data that `add_posts` puts on the model: it is built anew\n")
    more = hand.replace(changes={"cases": {"scale": 2.0}})
    assert prepare(models, more).reason == "the data are others: the model is built anew"
    assert prepare(models, more.replace(policy={"guide_list_max": 2})).reason == ""
    assert len(builds) == 3


def test_a_plan_is_read_out_under_its_own_policy():
    """Another policy took the model, and left its values in it, between the start and the end of a search."""
    hand, models = hand_scenario(), Models()
    other = hand.replace(policy={"guide_list_max": 0, "new_powers_max": 0})
    first, second = prepare(models, hand), prepare(models, other)
    assert_same_decisions(second.decisions(second.start), prepare(Models(), other).decisions(second.start))
    assert_same_decisions(first.decisions(first.start), prepare(Models(), hand).decisions(first.start))


def test_a_policy_that_no_plan_can_keep_leaves_the_model_for_the_others(builds):
    hand, models = hand_scenario(), Models()
    expected = prepare(Models(), hand).matrix
    prepare(models, hand)
    refused = hand.replace(policy={"officers_min": 900})
    for each in (models, Models()):
        with pytest.raises(NoPlanError):
            solved(refused, each)
    found = prepare(models, hand)
    assert found.reason == ""
    assert found.matrix.row_names == expected.row_names
    np.testing.assert_array_equal(found.matrix.rows.toarray(), expected.rows.toarray())


def test_threads_share_one_model(builds):
    hand, models = hand_scenario(), Models()
    scenarios = [hand.replace(policy={"guide_list_max": cap}) for cap in (0, 1, 2, 3)]
    with ThreadPoolExecutor(4) as pool:
        plans = list(pool.map(lambda scenario: solved(scenario, models), scenarios))
    assert len(builds) == 1
    for scenario, plan in zip(scenarios, plans, strict=True):
        assert plan.objective == pytest.approx(solved(scenario).objective)
        assert len(plan.decisions.guide_list["power"].unique()) <= scenario.policy.guide_list_max


def test_a_sweep_builds_its_model_once(builds):
    frame = sweep(hand_scenario(), "guide_list_max", [1, 2, 3], gap=0.001)
    assert frame["status"].tolist() == ["proven"] * 3
    assert len(builds) == 1


def test_a_scenario_that_differs_in_policy_keeps_the_very_data():
    scenario = hand_scenario().replace(changes={"cases": {"scale": 2.0}})
    assert scenario.replace(policy={"guide_list_max": 2}).data is scenario.data
    assert scenario.replace(changes={}).data is not scenario.data
