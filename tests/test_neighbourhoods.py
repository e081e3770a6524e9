"""Neighbourhoods of a plan: which fields are tried together, in what order, and when none is left."""

from __future__ import annotations

import numpy as np
import pytest

from devolve_opt.solver.engine import Control
from devolve_opt.solver.neighbourhoods import FIRST_SECONDS, IN_VAIN, UNSETTLED, Neighbourhoods
from devolve_opt.solver.strategy import Search
from modelling import hand_scenario
from townships_apart import best, taken_apart

# Three fields with two lists each, one column of field 0 that is no list, one column of no field.
FIELDS = np.array([0, 0, 1, 1, 2, 2, 0, -1])
LISTS = np.array([True] * 6 + [False] * 2)
PLAN = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 5.0])
# Differs from the plan by 0.5 in field 0, by 0 in field 1, by 0.9 in field 2; columns that are no lists do not count.
RELAXED = np.array([0.5, 1.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0])


def test_the_fields_that_differ_most_come_first_and_threes_last():
    near = Neighbourhoods(FIELDS, LISTS)
    order = []
    while (one := near.next(PLAN, RELAXED)) is not None and len(order) < 4:
        order.append(one.fields)
        near.tried(one, better=False, to_the_end=True)
        if near.exhausted:
            break
    assert order == [(0, 2), (1, 2), (0, 1), (0, 1, 2)]
    assert near.exhausted


def test_a_better_plan_opens_all_neighbourhoods_again():
    near = Neighbourhoods(FIELDS, LISTS)
    for _ in range(2):
        near.tried(near.next(PLAN, RELAXED), better=False, to_the_end=True)
    near.tried(near.next(PLAN, RELAXED), better=True, to_the_end=True)
    assert not near.exhausted
    # Fields 0 and 2 differ most (1.4 + 1), but were tried in vain once: (1.4 + 1) / 2 = 1.2; so were fields 1 and 2:
    # (0.9 + 1) / 2 = 0.95; fields 0 and 1 bettered the plan and hold nothing more.
    assert near.next(PLAN, RELAXED).fields == (0, 2)


def test_a_neighbourhood_that_ran_out_of_time_gets_twice_as_much():
    near = Neighbourhoods(FIELDS, LISTS)
    one = near.next(PLAN, RELAXED)
    near.tried(one, better=False, to_the_end=False)
    assert one.seconds == 2 * FIRST_SECONDS
    assert one.searched != near.plan


def test_posts_are_settled_after_some_better_plans():
    near = Neighbourhoods(FIELDS, LISTS)
    for _ in range(UNSETTLED):
        near.tried(near.next(PLAN, RELAXED), better=True, to_the_end=False)
    assert near.next(PLAN, RELAXED) is None
    near.settled(better=False)
    assert near.next(PLAN, RELAXED) is not None


def test_columns_of_other_fields_stay():
    near = Neighbourhoods(FIELDS, LISTS)
    assert near.free(near.next(PLAN, RELAXED)).tolist() == [True, True, False, False, True, True, True, True]


def test_bettering_a_plan_field_by_field_ends_at_the_optimum():
    matrix, places, lists = taken_apart(hand_scenario())
    case = hand_scenario().data
    numbers = {power: number for number, power in enumerate(case.tables["powers"].index)}
    search = Search(
        matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places, fields=matrix.numbered(numbers),
        by_township_from=0, master_share=1.0,
    )  # fmt: skip
    search.run()
    assert search.objective == pytest.approx(best(matrix))
    assert search.bound == pytest.approx(search.objective, rel=1e-5)


def test_after_enough_in_vain_a_plan_from_elsewhere_is_wanted_and_then_less_often():
    near = Neighbourhoods(FIELDS, LISTS)
    some = near.members[2][0]
    asked = []
    for _ in range(3 * IN_VAIN):
        near.tried(some, better=False, to_the_end=False)
        asked.append(near.others_wanted())
    # After 8, and then after 16 more.
    assert [number for number, wanted in enumerate(asked, start=1) if wanted] == [IN_VAIN, 3 * IN_VAIN]


def test_a_better_plan_makes_others_wanted_later():
    near = Neighbourhoods(FIELDS, LISTS)
    some = near.members[2][0]
    for _ in range(IN_VAIN - 1):
        near.tried(some, better=False, to_the_end=False)
    near.tried(some, better=True, to_the_end=False)
    near.tried(some, better=False, to_the_end=False)
    assert not near.others_wanted()
