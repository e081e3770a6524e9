"""The policy: every figure has a unit and a source, and every wrong one is told."""

from __future__ import annotations

import math

import pytest

from cases import faults_of, only_fault
from devolve_opt.errors import InputError
from devolve_opt.policy import Policy, PostWeights
from devolve_opt.prices import OverloadStep, Prices
from devolve_opt.vocabulary import Category

SETTINGS = (Policy, Prices, OverloadStep, PostWeights)
KEYS = [(settings, name) for settings in SETTINGS for name in settings.model_fields]


def fault_of(**keys):
    return only_fault(lambda: Policy(**keys))


# What the keys are.


@pytest.mark.parametrize(("settings", "name"), KEYS, ids=[f"{settings.__name__}.{name}" for settings, name in KEYS])
def test_every_key_says_what_it_is(settings, name):
    field = settings.model_fields[name]
    assert field.description
    assert field.description.endswith(".")
    if name == "prices":
        return  # a table of keys
    assert field.json_schema_extra["unit"]
    assert field.json_schema_extra["source"]


@pytest.mark.parametrize(("settings", "name"), KEYS, ids=[f"{settings.__name__}.{name}" for settings, name in KEYS])
def test_every_number_has_limits(settings, name):
    field = settings.model_fields[name]
    if field.annotation in (int, float):
        limits = {type(item).__name__ for item in field.metadata}
        assert limits & {"Ge", "Gt"}
        assert "Le" in limits


def test_the_defaults_are_the_figures_of_the_report():
    policy = Policy()
    assert policy.base_list_max == 43
    assert policy.guide_list_max == 130
    assert policy.officers_min == 2
    assert policy.lent_share_max == 0.05
    assert policy.posts_moved_max == 18
    assert policy.posts_formula == "6-2-1-1"
    # 6 + 2 + 1 + 1 = 10 parts.
    assert policy.weights == {"population": 0.6, "area_km2": 0.2, "gdp": 0.1, "fiscal_revenue": 0.1, "equal": 0}
    assert policy.attrition_share == 0.12  # Jinghai: 167 / 1,306 = 0.128
    assert policy.base_posts_tilt.of(Category.COUNTY_SEAT) == 1.5


def test_exactly_the_keys_that_the_report_gives_cite_it():
    cited = {name for settings, name in KEYS if settings is Policy and name != "prices"
             and "report" in settings.model_fields[name].json_schema_extra["source"]}  # fmt: skip
    assert cited == {
        "base_list_max", "guide_list_max", "lent_share_max", "posts_formula", "posts_moved_max", "officers_min",
    }  # fmt: skip


def test_caps_are_the_numeric_keys():
    caps = Policy.caps()
    assert {"base_list_max", "guide_list_max", "choice_floor", "officers_min", "wall_share"} <= set(caps)
    assert not {"overload", "prices", "hearing_powers_stay", "own_list_categories", "posts_weights"} & set(caps)
    for cap in caps:
        assert isinstance(getattr(Policy(), cap), int | float)


def test_custom_weights_are_scaled_to_one():
    policy = Policy(
        posts_formula="custom", posts_weights={"population": 3, "area_km2": 0, "gdp": 1, "fiscal_revenue": 0}
    )
    assert policy.weights == {"population": 0.75, "area_km2": 0, "gdp": 0.25, "fiscal_revenue": 0, "equal": 0}


def test_the_scenario_of_a_policy_cannot_be_changed_by_accident():
    with pytest.raises(Exception, match="frozen"):
        Policy().base_list_max = 3
    with pytest.raises(Exception, match="frozen"):
        Policy().prices.choice_met = 3


# Replace.


def test_replace_changes_only_what_it_names():
    before = Policy(guide_list_max=90, prices={"choice_met": 10})
    after = before.replace(base_list_max=7, prices={"post_moved": 99})
    assert (after.base_list_max, after.guide_list_max) == (7, 90)
    assert (after.prices.choice_met, after.prices.post_moved) == (10, 99)
    assert before == Policy(guide_list_max=90, prices={"choice_met": 10})
    assert after.replace(base_list_max=43, prices={"post_moved": 150}) == before


def test_replace_keeps_nested_settings():
    before = Policy(posts_formula="custom", posts_weights={"population": 1}, overload_steps=[{"until": 1, "price": 2}])
    after = before.replace(officers_min=3)
    assert after.posts_weights == before.posts_weights
    assert after.overload_steps == (OverloadStep(until=1, price=2),)
    assert after.replace(officers_min=2) == before


def test_replace_tells_wrong_keys_and_values():
    faults = faults_of(lambda: Policy().replace(guide_list_mx=3, base_list_max=-1, prices={"choice_mt": 1}))
    assert {fault.column for fault in faults} == {"guide_list_mx", "base_list_max", "prices.choice_mt"}


# What is refused, and in what words.

FORMULAS = (
    "'6-2-1-1', 'base-weighted-mobile', 'three-thirds-equal', 'three-thirds-indicators', '4-3-3', 'wisn' or 'custom'"
)


@pytest.mark.parametrize(
    ("keys", "column", "value", "message"),
    [
        ({"guide_list_mx": 3}, "guide_list_mx", "3", "unknown key. Did you mean 'guide_list_max'?"),
        ({"zzz": 3}, "zzz", "3", "unknown key."),
        ({"prices": {"choice_mt": 3}}, "prices.choice_mt", "3", "unknown key. Did you mean 'choice_met'?"),
        ({"base_list_max": "43"}, "base_list_max", "43", "must be a whole number; leave the quotation marks out."),
        ({"base_list_max": True}, "base_list_max", "True", "must be a whole number."),
        ({"base_list_max": 4.5}, "base_list_max", "4.5", "must be a whole number."),
        ({"choice_floor": "0.3"}, "choice_floor", "0.3", "must be a number; leave the quotation marks out."),
        ({"hearing_powers_stay": 7}, "hearing_powers_stay", "7", None),
        ({"base_list_max": -1}, "base_list_max", "-1", "must be at least 0."),
        ({"base_list_max": 100_001}, "base_list_max", "100001", "must be at most 100000."),
        ({"wall_share": 0}, "wall_share", "0", "must be above 0."),
        ({"choice_floor": 1.01}, "choice_floor", "1.01", "must be at most 1."),
        ({"choice_floor": math.nan}, "choice_floor", "nan", "must be a finite number."),
        ({"wall_share": math.inf}, "wall_share", "inf", None),
        ({"overload": "wal"}, "overload", "wal", "must be one of 'priced' or 'wall'."),
        ({"posts_formula": "7-1-1-1"}, "posts_formula", "7-1-1-1", f"must be one of {FORMULAS}."),
        ({"prices": {"choice_met": -3}}, "prices.choice_met", "-3", "must be at least 0."),
        ({"prices": {"post_moved": "9"}}, "prices.post_moved", "9", "must be a number; leave the quotation marks out."),
        ({"prices": 3}, "prices", "3", "must be a table of keys and values."),
        ({"own_list_categories": ["keyy"]}, "own_list_categories.0", "keyy", None),
        ({"base_posts_tilt": {"kay": 1}}, "base_posts_tilt.kay", "1", "unknown key. Did you mean 'key'?"),
        ({"base_posts_tilt": {"key": "heavy"}}, "base_posts_tilt.key", "heavy", None),
        ({"base_posts_tilt": {"general": 0}}, "base_posts_tilt.general", "0", "must be above 0."),
        ({"overload_steps": []}, "overload_steps", "[]", "must hold at least 1."),
        ({"overload_steps": [{"until": 11.0, "price": 1}]}, "overload_steps.0.until", "11.0", None),
        (
            {"posts_formula": "custom", "posts_weights": {"population": -1}},
            "posts_weights.population", "-1", "must be at least 0.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_told(keys, column, value, message):
    fault = next(fault for fault in faults_of(lambda: Policy(**keys)) if fault.column == column)
    assert fault.value == value
    if message is not None:
        assert fault.message == message
    assert fault.message.endswith((".", "?"))


@pytest.mark.parametrize(
    ("keys", "column", "known"),
    [
        ({"posts_formula": "custom", "posts_weights": {"populaton": 3}}, "posts_weights.populaton", "population"),
        ({"overload_steps": [{"untill": 1.0, "price": 1.0}]}, "overload_steps.0.untill", "until"),
    ],
)
def test_unknown_keys_of_nested_settings_get_a_suggestion_from_their_own_keys(keys, column, known):
    fault = next(fault for fault in faults_of(lambda: Policy(**keys)) if fault.column == column)
    assert fault.message == f"unknown key. Did you mean {known!r}?"


def steps(*pairs):
    return [{"until": until, "price": price} for until, price in pairs]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"overload_steps": steps((1.0, 1), (1.0, 2))}, "must rise from overload_free_share"),
        ({"overload_steps": steps((1.2, 1), (1.1, 2))}, "must rise from overload_free_share"),
        ({"overload_free_share": 1.0, "overload_steps": steps((1.0, 1))}, "must rise from overload_free_share"),
        ({"overload_steps": steps((1.0, 2), (1.1, 1))}, "prices of overload_steps must not fall"),
        ({"posts_formula": "custom"}, "posts_formula 'custom' needs posts_weights"),
        ({"posts_weights": {}}, "posts_weights are used by posts_formula 'custom' and 'base-weighted-mobile' only"),
        (
            {"posts_formula": "custom", "posts_weights": dict.fromkeys(PostWeights.model_fields, 0)},
            "posts_weights must not all be zero",
        ),
        ({"base_posts_share": 0.7, "revolving_posts_share": 0.31}, "together exceed 1"),
        ({"own_list_categories": ["subdistrict"]}, "own_list_categories must be different categories"),
        ({"own_list_categories": ["key", "key"]}, "own_list_categories must be different categories"),
    ],
)
def test_keys_that_do_not_go_together_are_told(keys, words):
    fault = fault_of(**keys)
    assert words in fault.message
    assert fault.message.endswith(".")


@pytest.mark.parametrize(
    "keys",
    [
        {"overload_steps": steps((0.91, 1), (0.92, 1))},
        {"base_posts_share": 0.7, "revolving_posts_share": 0.3},
        {"own_list_categories": []},
        {"own_list_categories": ["general", "key"]},
        {"posts_formula": "custom", "posts_weights": {"population": 1}},
        {"base_list_max": 0, "guide_list_max": 0, "choice_floor": 0, "officers_min": 0},
        {"choice_floor": 1, "wall_share": 1},  # whole numbers are numbers
    ],
)
def test_what_is_just_allowed_is_allowed(keys):
    policy = Policy(**keys)
    assert policy.replace() == policy


def test_every_fault_is_told_at_once_on_a_line_of_its_own():
    with pytest.raises(InputError) as raised:
        Policy(guide_list_mx=1, choice_floor=2, overload="wal", prices={"choice_mt": 1, "post_moved": -1})
    assert len(raised.value.faults) == 5
    lines = str(raised.value).splitlines()
    assert lines[0] == "5 faults in the input:"
    assert len(lines) == 6
    for column in ("guide_list_mx", "choice_floor", "overload", "prices.choice_mt", "prices.post_moved"):
        assert sum(f"column {column}," in line for line in lines) == 1


def test_the_load_stops_at_the_wall_or_at_the_end_of_the_last_step():
    assert Policy(wall_share=0.95).load_stop == 1.3
    assert Policy(overload_steps=steps((1.0, 1), (1.15, 2))).load_stop == 1.15
    assert Policy(wall_share=0.95, overload="wall").load_stop == 0.95
