"""The pool shared out until the whole is proven: against brute force over true worths, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devolve_opt.studies.sharing import Pair, at_hand, share_until_proven

NUMBERS = (0, 2, 4)


@dataclass
class Cities:
    """Cities whose worth is known to the test: what they answer lies within `loose` above it, and `gap` once solved.

    Attributes:
        worth: what each is truly worth with each number of posts; None where no plan fits.
        loose: how far each relaxation lies above it.
        short: how far a plan, and a proven bound, lie from it: a share.
        fails: pairs for which a search finds nothing.
    """

    worth: dict[str, dict[int, float | None]]
    loose: dict[Pair, float]
    short: float = 0.0
    fails: tuple[Pair, ...] = ()
    missing: tuple[Pair, ...] = ()
    stops_after: int = 99
    solved: list[list[Pair]] = field(default_factory=list)

    def known(self) -> set[Pair]:
        return {(city, 0) for city in self.worth} | {pair for pairs in self.solved for pair in pairs}

    def plans(self) -> pd.DataFrame:
        rows = [
            (city, posts, self.worth[city][posts] * (1 - self.short / 2))
            for city, posts in sorted(self.known())
            if (city, posts) not in self.fails and self.worth[city][posts] is not None
        ]
        return pd.DataFrame(rows, columns=["city", "posts", "value"])

    def bounds(self) -> pd.DataFrame:
        rows = []
        for city, answers in self.worth.items():
            for posts, worth in answers.items():
                if worth is None or (city, posts) in self.missing:
                    continue
                pair = (city, posts)
                tight = pair in self.known() and pair not in self.fails
                above = min(self.loose[pair], self.short / 4 * worth) if tight else self.loose[pair]
                rows.append((city, posts, worth + above))
        return pd.DataFrame(rows, columns=["city", "posts", "value"])

    @property
    def all_bounded(self) -> bool:
        return not self.missing

    def solve(self, pairs: list[Pair]) -> bool:
        assert not set(pairs) & self.known(), "nothing is solved twice"
        self.solved.append(list(pairs))
        return len(self.solved) < self.stops_after


def best_of(worth: dict[str, dict[int, float | None]], pool: int) -> float:
    """Return the most that any shares are truly worth."""
    sums = [0.0]
    for choice in product(NUMBERS, repeat=len(worth)):
        values = [worth[city][posts] for city, posts in zip(worth, choice, strict=True)]
        if sum(choice) <= pool and None not in values:
            sums.append(sum(values))
    return max(sums)


def cities_of(rows: list[list[tuple[int, int]]], **options) -> Cities:
    """Return cities from pairs of worth and looseness, one for each number of posts; a looseness of 0 forbids posts."""
    worth: dict[str, dict[int, float | None]] = {}
    loose: dict[Pair, float] = {}
    for place, row in enumerate(rows):
        city = f"c{place}"
        worth[city] = {}
        for posts, (value, above) in zip(NUMBERS, row, strict=True):
            worth[city][posts] = None if posts and not above else float(value)
            loose[city, posts] = float(above)
    return Cities(worth, loose, **options)


rows = st.lists(
    st.lists(st.tuples(st.integers(100, 300), st.integers(0, 80)), min_size=3, max_size=3), min_size=1, max_size=4
)


@given(rows, st.integers(0, 14), st.sampled_from([0.0, 0.01, 0.1]))
def test_the_whole_is_proven_to_the_gap_of_the_cities_and_its_bound_is_true(drawn, pool, short):
    cities = cities_of(drawn, short=short)
    found = share_until_proven(cities, pool, gap=0.0)
    most = best_of(cities.worth, pool)
    assert found.bound >= most - 1e-9
    assert found.objective <= most + 1e-9
    assert sum(found.posts.values()) <= pool
    # A city lies at most short/2 below its worth and its bound at most short/4 above.
    assert found.gap <= (1 + short / 4) / (1 - short / 2) - 1 + 1e-9


@given(rows, st.integers(0, 14), st.sampled_from([0.02, 0.1]))
def test_it_ends_as_soon_as_the_gap_asked_for_is_reached(drawn, pool, gap):
    cities = cities_of(drawn, short=0.01)
    found = share_until_proven(cities, pool, gap)
    assert found.gap <= gap
    if len(cities.solved) > 1:
        cities.solved.pop()
        assert at_hand(cities, pool)[0].gap > gap


@given(rows, st.integers(0, 14), st.data())
def test_the_bound_is_true_whatever_fails_and_whenever_it_is_stopped(drawn, pool, data):
    cities = cities_of(drawn, short=0.01)
    pairs = [(city, posts) for city in cities.worth for posts in NUMBERS[1:]]
    cities.fails = tuple(data.draw(st.lists(st.sampled_from(pairs), max_size=4)))
    cities.stops_after = data.draw(st.integers(1, 3))
    found = share_until_proven(cities, pool, gap=0.0)
    assert found.objective <= best_of(cities.worth, pool) <= found.bound + 1e-9
    assert found.rounds == len(cities.solved) <= cities.stops_after


def test_a_loose_relaxation_does_not_stay_in_the_bound():
    # By its relaxation A gains 60 by two posts, B 32; truly A gains 5 and B 20. One lot is given.
    cities = Cities(
        {"A": {0: 100.0, 2: 105.0}, "B": {0: 100.0, 2: 120.0}},
        {("A", 0): 10.0, ("A", 2): 55.0, ("B", 0): 10.0, ("B", 2): 12.0},
    )
    found = share_until_proven(cities, 2, gap=0.001)
    assert cities.solved == [[("A", 2)], [("B", 2)]]
    assert found.posts == {"A": 0, "B": 2}
    assert (found.objective, found.bound, found.rounds) == (220.0, 220.0, 2)


def test_where_a_bound_is_missing_nothing_is_proven():
    cities = cities_of([[(100, 1), (110, 1), (120, 1)]] * 2, missing=(("c1", 4),))
    found = share_until_proven(cities, 4, gap=0.001)
    assert found.bound == np.inf
    assert found.objective == pytest.approx(220.0)
    assert found.rounds == 1
