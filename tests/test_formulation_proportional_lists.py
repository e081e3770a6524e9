"""Proportional lists: rows as written, each constraint's worth, and the best list of a search through all lists."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from depth import examples
from devolve_opt.formulation.proportional_lists import build_proportional_list
from devolve_opt.rules.choice_rules import Ballots
from devolve_opt.solver.engine import Control
from devolve_opt.studies.proportional_lists import proportional_list, score
from modelling import assert_linear, assert_rows, small_case, small_policy, with_and_without
from test_formulation_even_lists import elections


def model_of(places: int = 2):
    """Return the model in which A and B choose P1 and P2, and C chooses P3."""
    return build_proportional_list({"A": ["P1", "P2"], "B": ["P1", "P2"], "C": ["P3"]}, ["P1", "P2", "P3"], places)


def test_places_within_as_written():
    assert_rows(model_of().places_within, {None: "on_list[P1] + on_list[P2] + on_list[P3] <= 2"})


def test_places_within_binds():
    # Two places: P1 counts 2, then P2 and P3 both count 1 more. Without a limit: 2 (1 + 1/2) + 1.
    assert with_and_without(model_of(), "places_within") == (3, 4)


def test_counted_are_listed_as_written():
    rows = {
        "A": "counted[A,1] + counted[A,2] - on_list[P1] - on_list[P2] <= 0",
        "B": "counted[B,1] + counted[B,2] - on_list[P1] - on_list[P2] <= 0",
        "C": "counted[C,1] - on_list[P3] <= 0",
    }
    assert_rows(model_of().counted_are_listed, rows)
    assert_rows(model_of(0).counted_are_listed, {})


def test_counted_are_listed_binds():
    # One place: P1, which counts 2. Without it everything counts.
    assert with_and_without(model_of(1), "counted_are_listed") == (2, 3)


def test_the_objective_counts_the_nth_choice_an_nth():
    assert_linear(
        model_of().total.expr,
        "counted[A,1] + 0.5 counted[A,2] + counted[B,1] + 0.5 counted[B,2] + counted[C,1]",
    )


@given(election=elections())
@settings(max_examples=examples(40), deadline=None)
def test_no_list_counts_more(election):
    case, places = election
    ballots = Ballots(case, small_policy(guide_list_max=places))
    listed = proportional_list(ballots, Control(60.0))
    assert listed is not None
    assert len(listed) <= places
    best = max(score(ballots, some) for some in combinations(ballots.powers, min(places, len(ballots.powers))))
    assert score(ballots, listed) == pytest.approx(best)


def test_it_lists_what_power_by_power_misses():
    # Each power is chosen by two: power by power P1 comes first, then P2 counts 1/2 + 1: 3.5. P2 and P3 serve all: 4.
    votes = [("A", "P3"), ("B", "P1"), ("B", "P3"), ("C", "P1"), ("C", "P2"), ("D", "P2")]
    case = small_case({name: {} for name in "ABCD"}, {"P1": {}, "P2": {}, "P3": {}}, dict.fromkeys(votes, 3))
    ballots = Ballots(case, small_policy(guide_list_max=2))
    assert ballots.listed_by("pav") == ["P1", "P2"]
    assert score(ballots, ["P1", "P2"]) == 3.5
    assert proportional_list(ballots, Control(60.0)) == ["P2", "P3"]
    assert score(ballots, ["P2", "P3"]) == 4


def test_it_is_left_out_where_it_is_stopped():
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3})
    control = Control(60.0)
    control.stop()
    assert proportional_list(Ballots(case, small_policy(guide_list_max=1)), control) is None
