"""What searches leave to one another: bounds, plans and cuts hold where they say they do, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from depth import examples
from devolve_opt.solver import strategy
from devolve_opt.solver.carried import BOUNDS, PLANS, Carried
from devolve_opt.solver.engine import Control, Engine
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import Search
from modelling import hand_scenario
from strategies import small_scenarios
from townships_apart import LAW, best, taken_apart

CLOSE = 1e-6

# The most of 3 x + 2 y where x + y <= 4 and x <= 3, both whole from 0 to 5: x = 3, y = 1 is worth 11.
HAND = Matrix(
    costs=np.array([3.0, 2.0]),
    offset=0.0,
    rows=csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
    row_lower=np.array([-np.inf, -np.inf]),
    row_upper=np.array([4.0, 3.0]),
    lower=np.zeros(2),
    upper=np.full(2, 5.0),
    integer=np.array([True, True]),
    variables=[None, None],
    row_names=["both", "first"],
)
LISTS = np.array([True, True])


def solved(matrix: Matrix, carried: Carried | None = None) -> Search:
    search = Search(matrix, Control(30.0), LISTS, gap=0.0, threads=1, carried=carried or Carried())
    search.run()
    return search


@pytest.fixture
def no_solver(monkeypatch):
    """Fail where HiGHS is started."""

    def refuse(*_, **__):
        raise AssertionError("the solver was started")

    monkeypatch.setattr(strategy, "Engine", refuse)


def test_the_hand_case_is_worth_11():
    assert solved(HAND).objective == pytest.approx(11.0)


@pytest.mark.parametrize(
    ("change", "contained"),
    [
        ({}, True),
        ({"row_upper": np.array([3.0, 3.0])}, True),
        ({"row_upper": np.array([5.0, 3.0])}, False),
        ({"row_lower": np.array([1.0, -np.inf])}, True),
        ({"lower": np.array([1.0, 0.0])}, True),
        ({"lower": np.array([-1.0, 0.0])}, False),
        ({"upper": np.array([5.0, 4.0])}, True),
        ({"upper": np.array([5.0, 6.0])}, False),
        ({"integer": np.array([True, False])}, False),
        ({"costs": np.array([3.0, 1.0])}, False),
        ({"offset": 1.0}, False),
        ({"rows": csr_array(np.array([[1.0, 2.0], [1.0, 0.0]]))}, False),
        ({"rows": csr_array(np.array([[1.0, 1.0], [0.0, 1.0]]))}, False),
    ],
)
def test_a_matrix_contains_what_only_narrows_its_limits(change, contained):
    assert HAND.contains(replace(HAND, **change)) is contained


def test_a_row_that_only_the_narrower_matrix_has_limits_it_further():
    # Caps that cannot bind have no row.
    open_ended = replace(HAND, rows=csr_array(np.array([[1.0, 1.0]])), row_lower=np.array([-np.inf]),
                         row_upper=np.array([4.0]), row_names=["both"])  # fmt: skip
    assert open_ended.contains(HAND)
    assert not HAND.contains(open_ended)
    assert not replace(open_ended, row_names=["another"]).contains(HAND)


def test_the_widest_bound_is_kept_however_many_there_are():
    carried = Carried()
    for number in range(BOUNDS + 10):
        # The first is the widest, each later one narrower than that.
        found = Search(replace(HAND, row_upper=np.array([100.0 - number, 3.0])), Control(1.0), LISTS)
        found.better_bound(1000.0 - number)
        carried.add(found)
    assert carried.bound_on(replace(HAND, row_upper=np.array([99.5, 3.0]))) == 1000.0
    # The latest are there as well.
    assert carried.bound_on(replace(HAND, row_upper=np.array([0.0, 3.0]))) == 1000.0 - (BOUNDS + 9)


def test_cuts_of_townships_that_the_last_two_searches_did_not_have_are_forgotten():
    carried = Carried()
    cut = (np.array([1.0]), 2.0)
    for known in ({b"a": [cut], b"b": [cut]}, {b"b": [cut]}, {b"c": [cut]}):
        carried.keep(known, None)
    assert set(carried.cuts) == {b"b", b"c"}


def test_a_second_search_is_given_the_cuts_of_the_first(monkeypatch):
    given = []
    real = Engine.search_lists

    def record(engine, *arguments):
        given.append(arguments[-1])
        return real(engine, *arguments)

    monkeypatch.setattr(Engine, "search_lists", record)
    carried = Carried()
    for cap in (3, 2):
        matrix, places, lists = taken_apart(hand_scenario().replace(policy={"guide_list_max": cap}))
        apart(matrix, places, lists, carried).run()
    assert given[0] == {}
    assert sum(len(cuts) for cuts in given[1].values()) > 0


def test_a_matrix_of_other_size_is_not_contained():
    wider = replace(HAND, costs=np.ones(3), rows=csr_array(np.ones((2, 3))))
    assert not HAND.contains(wider)
    assert not wider.contains(HAND)


def test_a_bound_and_a_plan_prove_a_value_between_without_a_solver(no_solver):
    # With y <= 3 the most is 3 * 3 + 2 * 3 = 15, whether x + y may be 6, 7 or 8.
    tight, middle, loose = (
        replace(HAND, upper=np.array([5.0, 3.0]), row_upper=np.array([most, 3.0])) for most in (6.0, 7.0, 8.0)
    )
    carried = Carried()
    plan = np.array([3.0, 3.0])
    for matrix in (loose, tight):
        found = Search(matrix, Control(1.0), LISTS)
        found.accept(plan)
        found.better_bound(15.0)
        carried.add(found)
    between = solved(middle, carried)
    assert (between.objective, between.bound) == (15.0, 15.0)
    assert "carried over" in "".join(between.log)


def test_a_bound_does_not_hold_where_rules_are_wider():
    carried = Carried()
    carried.add(solved(HAND))
    wider = replace(HAND, row_upper=np.array([5.0, 3.0]))
    assert carried.bound_on(wider) == np.inf
    # x = 3, y = 2 is worth 13.
    assert solved(wider, carried).objective == pytest.approx(13.0)


def test_a_plan_that_breaks_a_rule_is_not_taken_over():
    carried = Carried()
    carried.add(solved(HAND))
    # x = 2, y = 1 is worth 8; the plan carried, x = 3 and y = 1, is one too many.
    tighter = replace(HAND, row_upper=np.array([3.0, 2.0]))
    search = solved(tighter, carried)
    assert search.objective == pytest.approx(8.0)
    # The bound of 11 holds here too, and a better one was found.
    assert search.bound == pytest.approx(8.0)


def test_plans_of_other_columns_and_old_ones_are_left_out():
    carried = Carried()
    found = Search(HAND, Control(1.0), LISTS)
    for number in range(PLANS + 2):
        found.solution = np.array([float(number), 0.0])
        carried.add(found)
    assert [plan[0] for plan in carried.plans(HAND)] == [2.0, 3.0, 4.0, 5.0]
    assert carried.plans(replace(HAND, costs=np.ones(3))) == []


def test_a_relaxation_is_kept_until_there_is_another():
    carried = Carried()
    assert carried.relaxed(HAND) is None
    carried.keep({}, np.array([1.0, 2.0]))
    carried.keep({}, None)
    assert carried.relaxed(HAND).tolist() == [1.0, 2.0]
    assert carried.relaxed(replace(HAND, costs=np.ones(3))) is None


def apart(matrix: Matrix, places: np.ndarray, lists: np.ndarray, carried: Carried) -> Search:
    """Return a search by township, whatever the size."""
    return Search(
        matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places, by_township_from=0, master_share=1.0,
        carried=carried,
    )  # fmt: skip


@settings(LAW, max_examples=examples(8))
@given(
    scenario=small_scenarios(), values=st.permutations([0, 1, 2]),
    # Of the last, townships themselves hang on it.
    cap=st.sampled_from(["guide_list_max", "posts_moved_max", "new_powers_max"]),
)  # fmt: skip
def test_whatever_is_carried_every_value_is_proven_as_if_alone(scenario, values, cap):
    carried = Carried()
    for value in values:
        matrix, places, lists = taken_apart(scenario.replace(policy={cap: value}))
        worth = best(matrix)
        assume(worth is not None)
        search = apart(matrix, places, lists, carried)
        search.run()
        tolerance = CLOSE * max(1.0, abs(worth))
        assert worth - 2 * tolerance <= search.objective <= worth + tolerance
        assert worth - tolerance <= search.bound <= worth + 3 * tolerance
