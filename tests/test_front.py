"""Trade-off fronts: complete where goals are whole, at the spacing stated elsewhere, and honest about what is open."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.environ import Binary, ConcreteModel, Constraint, NonNegativeReals, Objective, Var, maximize, minimize

from devolve_opt.errors import NoPlanError
from devolve_opt.solver.engine import Control
from devolve_opt.solver.front import Box, Front
from devolve_opt.solver.held import Exactly, with_goals
from devolve_opt.solver.matrix import compile_goals
from devolve_opt.vocabulary import Status
from pareto import (
    expected,
    knapsack,
    needs_published,
    three_goal_knapsack,
    two_goal_assignment,
    two_goal_knapsack,
)
from townships_apart import LAW


def front_of(model, **settings) -> Front:
    matrix, goals = compile_goals(model)
    control = Control(120.0)
    front = Front(matrix.integer, goals, Exactly(with_goals(matrix, goals), control, threads=1), control, **settings)
    front.run()
    return front


def values_of(front: Front) -> set[tuple[int, ...]]:
    """Return the values of all points as the model states them, rounded to whole numbers."""
    return {tuple(int(value) for value in np.round(front.goals.reported(point.values))) for point in front.points}


def unbeaten(all_values: set[tuple[float, ...]]) -> set[tuple[float, ...]]:
    """Return the values that no others beat, larger being better, by looking at every pair."""
    return {
        one
        for one in all_values
        if not any(other != one and all(a >= b for a, b in zip(other, one, strict=True)) for other in all_values)
    }


def test_three_items_of_which_two_fit():
    # Worth (1, 6), (4, 4), (6, 1); any two fit: (5, 10), (7, 7), (10, 5). The one between lies below the line between
    # the others, 7 + 7 = 14 < 15, so that no weighted sum finds it.
    front = front_of(knapsack(np.array([[1, 4, 6], [6, 4, 1]]), np.ones((1, 3)), np.array([2])))
    assert [tuple(point.values) for point in front.points] == [(10, 5), (7, 7), (5, 10)]
    assert front.payoff.tolist() == [[10, 5], [5, 10]]
    assert {point.status for point in front.points} == {Status.PROVEN}
    assert front.steps.tolist() == [1, 1]
    assert front.exact.all()
    assert front.open == []


def test_a_goal_to_be_made_small_is_reported_with_its_own_sign():
    model = knapsack(np.array([[1, 4, 6]]), np.ones((1, 3)), np.array([2]))
    model.used = Objective(expr=sum(model.taken.values()), sense=minimize)
    assert values_of(front_of(model)) == {(0, 0), (6, 1), (10, 2)}


def test_a_front_of_one_point():
    front = front_of(knapsack(np.array([[1, 2], [1, 2]]), np.ones((1, 2)), np.array([1])))
    assert values_of(front) == {(2, 2)}


def test_where_there_is_no_plan_it_is_said():
    model = knapsack(np.array([[1, 2], [2, 1]]), np.ones((1, 2)), np.array([1]))
    model.both = Constraint(expr=sum(model.taken.values()) >= 2)
    with pytest.raises(NoPlanError) as caught:
        front_of(model)
    assert caught.value.proven


def split_amount():
    """Return a model where an amount of 10, which may be split, is shared out between two goals."""
    model = ConcreteModel()
    model.first = Var(bounds=(0, 10), domain=NonNegativeReals)
    model.second = Var(bounds=(0, 10), domain=NonNegativeReals)
    model.together = Constraint(expr=model.first + model.second <= 10)
    model.one = Objective(expr=model.first, sense=maximize)
    model.two = Objective(expr=model.second, sense=maximize)
    return model


def test_goals_that_may_be_split_have_points_at_the_spacing_stated():
    front = front_of(split_amount(), spacing=np.array([2.5, 0.0]))
    assert [round(float(point.values[0]), 4) for point in front.points] == [10.0, 7.5, 5.0, 2.5, 0.0]
    assert all(point.values.sum() == pytest.approx(10) for point in front.points)
    assert not front.exact.any()


def test_steps_are_known_for_whole_columns_only():
    model = ConcreteModel()
    model.whole = Var(range(2), domain=Binary)
    model.part = Var(bounds=(0, 1))
    model.a = Objective(expr=40 * model.whole[0] + 60 * model.whole[1], sense=maximize)
    model.b = Objective(expr=0.5 * model.whole[0] + 0.75 * model.whole[1], sense=maximize)
    model.c = Objective(expr=model.whole[0] + model.part, sense=maximize)
    matrix, goals = compile_goals(model)
    # 40 and 60 are multiples of 20; 0.5 and 0.75 of 0.25; the third counts what may be split.
    assert goals.steps(matrix.integer).tolist() == [20, 0.25, 0]


def test_an_interrupted_front_says_what_is_open():
    model = knapsack(np.array([[1, 4, 6], [6, 4, 1]]), np.ones((1, 3)), np.array([2]))
    matrix, goals = compile_goals(model)
    control = Control(60.0)
    solver = Exactly(with_goals(matrix, goals), control, threads=1)
    front = Front(matrix.integer, goals, solver, control, report=lambda point: control.stop())
    front.run()
    assert front.points
    assert len(front.open) >= 1
    assert all(isinstance(box, Box) and (box.best > box.worst).all() for box in front.open)


def test_what_another_run_found_is_not_solved_again():
    model = knapsack(np.array([[1, 4, 6], [6, 4, 1]]), np.ones((1, 3)), np.array([2]))
    known = {}
    first = front_of(model, remember=known.__setitem__)
    solved = {}
    again = front_of(model, recall=known.get, remember=solved.__setitem__)
    assert values_of(again) == values_of(first)
    assert solved == {}
    # Two rows of the payoff table, and a solve for each of the three points.
    assert len(known) == 5


@settings(LAW, max_examples=20)
@given(data=st.data(), goals=st.sampled_from([2, 2, 3, 4]), most_worth=st.sampled_from([9, 99_999]))
def test_a_front_is_that_of_a_search_through_all_plans(data, goals, most_worth):
    # Small worths leave room for one solve a point, large ones take two.
    items = data.draw(st.integers(2, 6))
    numbers = st.integers(0, most_worth)
    worth = np.array([data.draw(st.lists(numbers, min_size=items, max_size=items)) for _ in range(goals)])
    weight = np.array([data.draw(st.lists(st.integers(1, 9), min_size=items, max_size=items))])
    most = np.array([data.draw(st.integers(0, int(weight.sum())))])
    plans = [np.array(plan) for plan in product((0, 1), repeat=items) if weight[0] @ np.array(plan) <= most[0]]
    assert values_of(front_of(knapsack(worth, weight, most))) == unbeaten({tuple(worth @ plan) for plan in plans})


@settings(LAW, max_examples=8)
@given(data=st.data(), goals=st.sampled_from([2, 3]))
def test_solvers_side_by_side_find_the_same_front(data, goals):
    numbers = st.lists(st.integers(0, 30), min_size=7, max_size=7)
    model = knapsack(np.array([data.draw(numbers) for _ in range(goals)]), np.ones((1, 7)), np.array([3]))
    alone = values_of(front_of(model))
    matrix, names = compile_goals(model)
    control = Control(60.0)
    solver, *beside = (Exactly(with_goals(matrix, names), control, threads=1) for _ in range(3))
    front = Front(matrix.integer, names, solver, control, beside=beside)
    front.run()
    assert values_of(front) == alone
    assert front.open == []
    assert {point.status for point in front.points} == {Status.PROVEN}


def test_one_solve_a_point_where_steps_of_the_others_show_beside_the_last():
    # In two goals of 0 to 10 a step of the first is 0.5 / 10 of one of the last; of 0 to 100,000 it is 0.000005.
    solved = {}
    for scale in (1, 10_000):
        worth = np.array([[1, 4 * scale, 6 * scale], [6 * scale, 4 * scale, 1]])
        matrix, goals = compile_goals(knapsack(worth, np.ones((1, 3)), np.array([2])))
        control = Control(60.0)
        solver = Exactly(with_goals(matrix, goals), control, threads=1)
        asked, solve = [], solver.solve
        solver.solve = lambda *given, asked=asked, solve=solve: asked.append(given) or solve(*given)
        front = Front(matrix.integer, goals, solver, control)
        front.run()
        assert len(front.points) == 3
        solved[scale] = len(asked)
    # The middle point in one solve and in two; all else alike.
    assert solved[10_000] > solved[1]


@needs_published
def test_the_published_knapsack_of_two_goals():
    model, published = two_goal_knapsack()
    assert len(published) == expected()["2kp50"]
    assert values_of(front_of(model)) == published


@needs_published
@pytest.mark.parametrize("name", ["Tuyttens00_AP_n05", "Tuyttens00_AP_n10"])
def test_a_published_assignment_of_two_goals(name):
    model, published = two_goal_assignment(name)
    assert len(published) == expected()[name]
    assert values_of(front_of(model)) == published


@needs_published
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_published_knapsack_of_three_goals_has_as_many_points(number):
    name = f"Kirlik14-KP_p-3_n-10_ins-{number}"
    assert len(values_of(front_of(three_goal_knapsack(name)))) == expected()[name][0]
