"""Levels laid over the model: the rows as written and where they bind, and how a start counts in them."""

from __future__ import annotations

import pytest
from pyomo.environ import Objective, maximize, value

from devolve_opt.formulation import Levels, build_model, set_start
from devolve_opt.formulation.levels import TOLERANCE
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.solver.matrix import compile_matrix
from modelling import assert_linear, assert_rows, hand_model, hand_scenario, small_case, small_policy, with_and_without

NEEDED = {
    "A": "110 taken[A,P1] + 50 taken[A,P2] + 20 taken[A,P3]",
    "B": "30 taken[B,P1] + 70 taken[B,P3] + 20 taken[B,P4]",
    "D": "30 taken[D,P1] + 120 taken[D,P3] + 20 taken[D,P4]",
}


def over(model, *, of: str = "load", levels=(1.0,), held=(), worth: float = 0.0, scale: float = 100.0):
    """Lay levels over a model; a point is an hour, a post or a round where they are of 100."""
    units = list(model.case.tables["townships"].index)
    Levels(of, tuple(levels), tuple(held), worth, dict.fromkeys(units, scale))(model)
    return model


def loaded():
    """A needs 18,300 of its 18,400 h by law; a power takes 400 h, and is worth 40 x 3 + 6 x 100 = 720 h.

    With it A is 300 h beyond its hours. Of these 400 h, 100 cost 0.5 each up to 100 %, 300 cost 1.5: 500 h. B has time.
    """
    pairs = [("A", "P"), ("B", "P")]
    townships, powers = {"A": {"statutory_hours": 18_300}, "B": {}}, {"P": {"upkeep_hours": 400}}
    case = small_case(townships, powers, votes=dict.fromkeys(pairs, 3), cases=dict.fromkeys(pairs, 100))
    return build_model(case, small_policy())


def least_beyond(model):
    """Let the model make what is beyond the first level as small as can be, instead of the worth large."""
    model.total.deactivate()
    model.least = Objective(expr=-model.all_beyond[0], sense=maximize)
    return model


def test_kept_to_level_as_written():
    model = over(hand_model(), levels=(1.1, 1.0), held=(0.0,))
    hours = {unit: f"{{0}} floating[{unit}] - {{0}} revolving[{unit}]" for unit in "ABD"}
    # H - 1.1 x 1,840 (6 + floating + revolving): 17,000, 12,000 and 16,000 h by law less 12,144 h of the base posts.
    laws = {"A": 17_000, "B": 12_000, "D": 16_000}
    rows = {
        (unit, 0): f"{NEEDED[unit]} - {hours[unit].format(2024)} <= {12_144 - law + TOLERANCE}"
        for unit, law in laws.items()
    } | {
        (unit, 1): f"{NEEDED[unit]} - {hours[unit].format(1840)} - beyond[{unit},1] <= {11_040 - law}"
        for unit, law in laws.items()
    }
    assert_rows(model.kept_to_level, rows)
    # The hard stop is at 130 %, and each has 6 + 5 posts at most: 0.3 x 1,840 x 11.
    assert model.beyond["A", 1].bounds == pytest.approx((0, 6072))


def test_kept_to_level_binds():
    # With nothing beyond 100 %, A does without: 720. Else 2 x 720 - 500.
    assert with_and_without(over(loaded(), held=(0.0,)), "kept_to_level") == (720, 940)


def test_level_held_as_written():
    model = over(hand_model(), levels=(1.1, 1.05, 1.0), held=(0.0, 50.0))
    assert_rows(model.level_held, {1: f"beyond[A,1] + beyond[B,1] + beyond[D,1] <= {50 + 50e-6 + 3 * TOLERANCE}"})
    assert_linear(model.all_beyond[2], "beyond[A,2] + beyond[B,2] + beyond[D,2]")
    assert model.all_beyond[0].expr == 0


def test_level_held_binds():
    assert with_and_without(over(loaded(), held=(299.0,)), "level_held") == (720, 940)
    assert with_and_without(over(loaded(), held=(300.0,)), "level_held") == (940, 940)


def test_worth_part_counted_as_written():
    model = over(loaded())
    rows = {
        unit: f"worth_part[{unit}] - 720 taken[{unit},P] + 0.5 overload[{unit},0] + 1.5 overload[{unit},1]"
        f" + 4 overload[{unit},2] + 80 trained[{unit}] + 120 moved_in[{unit}] + 150 posts_gained[{unit}] <= 0"
        for unit in "AB"
    }
    assert_rows(model.worth_part_counted, rows)


def test_worth_part_counted_binds():
    # To be worth 800 A has to take the power, 300 h beyond its hours; a worth that is not counted asks for nothing.
    assert with_and_without(least_beyond(over(loaded(), worth=800)), "worth_part_counted") == (-300, 0)


def test_worth_kept_as_written():
    model = over(loaded(), worth=800)
    # What doing nothing costs is made up for: 18,300 h are 1,740 beyond 90 % of 18,400, at 0.5.
    assert_rows(model.worth_kept, {None: f"worth_part[A] + worth_part[B] >= {800 - 800e-6 - 870}"})


def test_worth_kept_binds():
    assert with_and_without(least_beyond(over(loaded(), worth=800)), "worth_kept") == (-300, 0)
    assert with_and_without(least_beyond(over(loaded(), worth=720)), "worth_kept") == (0, 0)


def test_posts_and_choices_are_short_of_a_level():
    # Each is of 12 posts, of which a township has 6 by the base and at least `band_lower`: points of 100 / 12.
    model = over(hand_model(), of="posts", levels=(0.95,), scale=12.0)
    for unit in "ABD":
        amount, most = model.beyond_by[unit, 0]
        assert_linear(amount, f"- 8.3333333333 floating[{unit}] - 8.3333333333 revolving[{unit}]", (11.4 - 6) / 0.12)
        assert most == pytest.approx((11.4 - model.band_lower[unit]) / 0.12)
    # A chose in 8 rounds what law allows: half of these are 4, a round 12.5 points.
    model = over(hand_model(), of="choices", levels=(0.5,), scale=8.0)
    amount, most = model.beyond_by["A", 0]
    assert_linear(amount, "- 37.5 taken[A,P1] - 37.5 taken[A,P2] - 25 taken[A,P3]", 50)
    assert most == 50


def test_a_start_counts_what_is_beyond():
    scenario = hand_scenario()
    model = over(build_model(scenario.data, scenario.policy), levels=(0.9,))
    set_start(model, ratio_decisions(scenario.data, scenario.policy))
    for unit in "ABD":
        needed, there = value(model.hours_needed[unit]), value(model.hours_there[unit])
        assert model.beyond[unit, 0].value == pytest.approx(max(0.0, needed - 0.9 * there))
    assert sum(part.value for part in model.worth_part.values()) + model.worth_constant == pytest.approx(
        value(model.total)
    )
    matrix = compile_matrix(model)
    assert matrix.violation(matrix.values()) <= 1e-9
