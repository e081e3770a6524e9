"""Even lists: rows as written, each constraint's worth, and the leximin list of a search through all lists."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.formulation.even_lists import build_even_list
from devolve_opt.rules.choice_rules import Ballots
from devolve_opt.solver.engine import Control
from devolve_opt.studies.even_lists import even_list
from modelling import assert_linear, assert_rows, optimum, small_case, small_policy, with_and_without


def model_of(places: int = 2, found: tuple[float, ...] = ()):
    """Return the model in which G chooses P1 thrice and P2 once, and K chooses P3 twice."""
    choices = pd.DataFrame({"G": [3, 1, 0], "K": [0, 0, 2]}, index=["P1", "P2", "P3"])
    return build_even_list(choices, places, found)


def test_places_within_as_written():
    assert_rows(model_of().places_within, {None: "on_list[P1] + on_list[P2] + on_list[P3] <= 2"})


def test_places_within_binds():
    # With two places G and K have 3/4 and 1; without a limit everything is listed.
    assert with_and_without(model_of(), "places_within") == (0.75, 1)


def test_short_of_level_as_written():
    rows = {
        (1, "G"): "short[1,G] + 0.75 on_list[P1] + 0.25 on_list[P2] - level[1] >= 0",
        (1, "K"): "short[1,K] + on_list[P3] - level[1] >= 0",
    }
    assert_rows(model_of().short_of_level, rows)


def test_short_of_level_binds():
    # One place: one of the two has nothing, which is the least share. Without it the level is 1 whatever is listed.
    assert with_and_without(model_of(1), "short_of_level") == (0, 1)


def test_least_sum_held_as_written():
    rows = {1: "level[1] - short[1,G] - short[1,K] >= 0.5"}
    assert_rows(model_of(2, (0.5,)).least_sum_held, rows)
    rows |= {2: "2 level[2] - short[2,G] - short[2,K] >= 1.5"}
    assert_rows(model_of(2, (0.5, 1.5)).least_sum_held, rows)


def test_least_sum_held_binds():
    # Two places, 0.8 of 1 held for the group served least: of whole powers only G with P1 and P2 has as much, and then
    # K has none: nothing is possible. Not held: 3/4 + 1.
    assert with_and_without(model_of(2, (0.8,)), "least_sum_held") == (-np.inf, 1.75)


def test_the_objective_is_the_sum_of_the_least():
    model = model_of(2, (0.5,))
    assert_linear(model.total.expr, "2 level[2] - short[2,G] - short[2,K]")
    assert optimum(model_of(3, (1.0,))) == pytest.approx(2)


@st.composite
def elections(draw: st.DrawFn):
    """Return a case of up to five powers and townships of up to three categories, and the number of places."""
    powers = {f"P{number}": {} for number in range(1, draw(st.integers(1, 5)) + 1)}
    kinds = draw(st.lists(st.sampled_from(["general", "key", "central"]), min_size=1, max_size=5))
    towns = {f"T{number}": {"category": kind} for number, kind in enumerate(kinds, start=1)}
    pairs = [(town, power) for town in towns for power in powers]
    votes = {pair: 3 for pair in pairs if draw(st.booleans())} or {pairs[0]: 3}
    return small_case(towns, powers, votes), draw(st.integers(0, len(powers)))


@given(election=elections())
@settings(max_examples=examples(40), deadline=None)
def test_the_list_is_as_even_as_any(election):
    case, places = election
    ballots = Ballots(case, small_policy(guide_list_max=places))
    groups = case.townships["category"]

    def shares(listed) -> list[float]:
        rows = ballots.chosen.assign(on=ballots.chosen["power"].isin(set(listed)))
        return sorted(rows.groupby(rows["township"].map(groups).astype(str))["on"].mean())

    listed = even_list(ballots, groups, Control(60.0))
    assert listed is not None
    assert len(listed) <= places
    best = max(shares(some) for some in combinations(ballots.powers, min(places, len(ballots.powers))))
    assert shares(listed) == pytest.approx(best, abs=1e-6)


def test_it_is_left_out_where_it_is_stopped():
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3})
    control = Control(60.0)
    control.stop()
    assert even_list(Ballots(case, small_policy()), case.townships["category"], control) is None
