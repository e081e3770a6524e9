"""Split cuts: what a township is worth when its posts and officers are whole, though its take-up may be split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from depth import examples
from devolve_opt.solver.blocks import split
from devolve_opt.solver.master import Master
from strategies import small_scenarios
from townships_apart import LAW, arrays_of, best_plan, taken_apart


def officers_by_hand(most: float) -> Master:
    """Return the master of one township whose officers e, between 0 and `most`, come out of a pool.

    The township takes up to 1 of x, worth 10; that needs 3 hours and each officer has 2: 3 x <= 2 e. A second township,
    with officers f and a y of the same kind, makes the officers the master's: e + f <= 3.
    """
    matrix = {
        "costs": np.array([0.0, 0, 10, 10]), "offset": 0.0, "integer": np.ones(4, dtype=bool),
        "lower": np.zeros(4), "upper": np.array([most, most, 1, 1]),
        "row_lower": np.full(3, -np.inf), "row_upper": np.array([3.0, 0, 0]),
    }  # fmt: skip
    rows = csr_array(np.array([[1.0, 1, 0, 0], [-2, 0, 3, 0], [0, -2, 0, 3]]))
    return Master(matrix, split(rows, np.array([0, 1, 0, 1])), np.zeros(2, dtype=bool))


def test_a_split_cut_by_hand():
    # With 1 officer the township is worth 2/3 of 10, with 2 officers 10; with 1.5, by its linear programme, 10 as well.
    # But a mixture of 1 and 2 officers, half each, is worth 25/3 only: 10/3 an officer, and 10/3 at none.
    master = officers_by_hand(4.0)
    master.townships[0].evaluate(np.array([1.5]))
    assert master.townships[0].value == pytest.approx(10)
    value, prices, height = master.splits[0].at(np.array([1.5]))
    assert (value, height) == (pytest.approx(25 / 3), pytest.approx(10 / 3))
    assert prices.tolist() == pytest.approx([10 / 3])
    assert master.splits[0].at(np.array([2.0])) is None


def test_split_cuts_bring_the_pool_of_officers_down_to_whole_ones():
    # 3 officers, two townships: the relaxation gives each 1.5 and has 20; whole ones, 1 and 2, have 10 + 20/3.
    master = officers_by_hand(4.0)
    assert master.solve()
    while master.cut_at_its_point(1e-9) > 1e-9:
        assert master.solve()
    assert master.bound == pytest.approx(50 / 3)


def test_what_is_on_one_list_at_most_is_seen_as_one_amount():
    # A power on the base list b or a category list s, b + s <= l; the township sees b + s, which is 1 at the most.
    matrix = {
        "costs": np.array([0.0, 0, 0, 5]), "offset": 0.0, "integer": np.ones(4, dtype=bool), "lower": np.zeros(4),
        "upper": np.ones(4), "row_lower": np.full(2, -np.inf), "row_upper": np.zeros(2),
    }  # fmt: skip
    blocks = split(csr_array(np.array([[1.0, 1, -1, 0], [-1, -1, 0, 1]])), np.array([-1, -1, -1, 0]))
    amounts = Master(matrix, blocks, np.ones(3, dtype=bool)).splits[0].amounts
    assert amounts.of.tolist() == [0, 0]
    assert (amounts.lower.tolist(), amounts.upper.tolist(), amounts.whole.tolist()) == ([0], [1], [False])
    assert amounts.at(np.array([0.25, 0.5])).tolist() == [0.75]


@settings(LAW, max_examples=examples(40))
@given(scenario=small_scenarios(), seed=st.integers(0, 2**32 - 1))
def test_no_plan_rises_above_a_split_cut(scenario, seed):
    matrix, places, lists = taken_apart(scenario)
    plan = best_plan(matrix)
    if plan is None:
        reject()
    blocks = split(matrix.rows, places)
    master = Master(arrays_of(matrix), blocks, lists[blocks.first])
    draw = np.random.default_rng(seed)
    for township, splits in zip(master.townships, master.splits, strict=True):
        at_plan = plan[blocks.first][township.first]
        worth = float(township.costs @ plan[township.block.columns])
        for _ in range(5):
            # Points near and far, within the limits of the master's columns.
            point = township.outer_lower + draw.random(len(at_plan)) * (township.outer_upper - township.outer_lower)
            point = at_plan + draw.choice([0.1, 0.5, 1.0]) * (point - at_plan)
            found = splits.at(point)
            if found is not None:
                value, prices, height = found
                assert worth <= height + prices @ at_plan + 1e-6 * max(1.0, abs(worth))
                township.evaluate(point)
                assert value <= township.value + 1e-6 * max(1.0, abs(township.value))


def test_cuts_are_taken_over_by_the_very_same_townships_only():
    master, other = officers_by_hand(4.0), officers_by_hand(4.0)
    assert master.solve()
    master.cut_at_its_point(1e-9)
    known = master.known_cuts()
    assert sum(map(len, known.values())) == len(master.cuts) > 0
    other.take_over(known)
    # Both townships are alike, so each takes the cuts of both.
    assert len(other.cuts) == 2 * len(master.cuts)


@pytest.mark.parametrize(
    "part",
    ["costs", "lower", "upper", "row_lower", "row_upper", "outer_lower", "outer_upper", "inner", "outer", "amounts"],
)
def test_whatever_differs_in_a_township_its_cuts_are_not_taken_over(part):
    splits, other = officers_by_hand(4.0).splits[0], officers_by_hand(4.0).splits[0]
    assert splits.digest() == other.digest()
    held = {
        "inner": other.township.block.inner.data,
        "outer": other.township.block.outer.data,
        "amounts": other.amounts.upper,
    }
    array = held[part] if part in held else getattr(other.township, part)
    array[0] = 0.25
    assert splits.digest() != other.digest()
