"""Largest remainder: against published apportionments, textbook examples and its laws."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devolve_opt.rules.apportionment import largest_remainder, round_half_up

ROOT = Path(__file__).parents[1]
PUBLISHED = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "apportionment"
needs_published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"no published apportionments at {PUBLISHED}")

TOTALS = st.integers(0, 500)
WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=12)


@needs_published
def test_the_house_of_representatives_by_hamilton():
    table = pd.read_csv(PUBLISHED / "us_house_1910_2020_expected.csv")
    years = []
    for year, states in table.groupby("census"):
        seats = largest_remainder(435, states["apportionment_population"].to_numpy())
        assert seats.tolist() == states["hamilton_435"].tolist(), year
        years.append(year)
    assert years == [1910, *range(1930, 2021, 10)]


@needs_published
def test_the_published_vectors_by_hamilton():
    vectors = json.loads((PUBLISHED / "textbook_vectors.json").read_text(encoding="utf-8"))
    by_hamilton = [vector for vector in vectors if vector["method"] == "hamilton"]
    assert len(by_hamilton) == 3
    for vector in by_hamilton:
        assert largest_remainder(vector["n"], vector["v"]).tolist() == vector["e"], vector["src"]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (60, [216, 310, 22, 32], [23, 32, 2, 3]),
        (10, [47_000, 16_000, 15_800, 12_000, 6_100, 3_100], [5, 2, 1, 1, 1, 0]),
        (10, [43, 33, 12, 8, 4], [4, 3, 1, 1, 1]),
    ],
)
def test_textbook_examples(total, weights, expected):
    assert largest_remainder(total, weights).tolist() == expected


def test_the_alabama_paradox_is_there():
    # One unit more in all, one unit less for the smallest: quotas 4.29 4.29 1.43, then 4.71 4.71 1.57.
    assert largest_remainder(10, [6, 6, 2]).tolist() == [4, 4, 2]
    assert largest_remainder(11, [6, 6, 2]).tolist() == [5, 5, 1]


def test_equal_fractions_are_served_in_the_order_given():
    assert largest_remainder(2, [1, 1, 1]).tolist() == [1, 1, 0]
    # Quotas 1.5, 0.75, 0.75: the two larger fractions, not the first.
    assert largest_remainder(3, [2, 1, 1]).tolist() == [1, 1, 1]


def test_where_all_weights_are_zero_everyone_counts_alike():
    assert largest_remainder(5, [0, 0, 0]).tolist() == [2, 2, 1]


def test_nobody_gets_nothing_of_nothing():
    assert largest_remainder(0, []).tolist() == []
    assert largest_remainder(0, [3, 1]).tolist() == [0, 0]


def test_a_quota_that_is_whole_but_for_rounding_counts_as_whole():
    # 0.1 + 0.2 is a hair above 0.3; 10 x 0.3 / 1 must still be 3 and leave nothing for the first to gain.
    assert largest_remainder(10, [0.1 + 0.2, 0.7]).tolist() == [3, 7]
    # 0.07 x 100 is a hair above 7, 0.29 x 100 a hair below 29.
    assert largest_remainder(100, [0.29, 0.07, 0.64]).tolist() == [29, 7, 64]


@given(TOTALS, WEIGHTS)
def test_all_is_given_out_and_nobody_leaves_the_quota_rule(total, weights):
    shares = largest_remainder(total, weights)
    assert shares.sum() == total
    assert shares.dtype == np.int64
    whole = sum(weights)
    assume(whole > 0)
    for share, weight in zip(shares.tolist(), weights, strict=True):
        quota = Fraction(total * weight, whole)
        assert quota.__floor__() <= share <= quota.__ceil__()


@given(TOTALS, WEIGHTS)
def test_what_is_left_goes_to_the_largest_fractions_and_to_the_first_of_equals(total, weights):
    whole = sum(weights)
    assume(whole > 0)
    quotas = [Fraction(total * weight, whole) for weight in weights]
    fractions = [quota - quota.__floor__() for quota in quotas]
    shares = largest_remainder(total, weights).tolist()
    favoured = [share > quota.__floor__() for share, quota in zip(shares, quotas, strict=True)]
    for first, chosen in enumerate(favoured):
        for second, other in enumerate(favoured):
            if chosen and not other:
                assert (fractions[first], -first) > (fractions[second], -second)


@given(TOTALS, WEIGHTS, st.integers(2, 1000))
def test_the_scale_of_the_weights_is_of_no_matter(total, weights, factor):
    scaled = [factor * weight for weight in weights]
    assert largest_remainder(total, scaled).tolist() == largest_remainder(total, weights).tolist()


@given(TOTALS, WEIGHTS)
def test_who_weighs_more_never_gets_less(total, weights):
    shares = largest_remainder(total, weights).tolist()
    assume(sum(weights) > 0)
    ordered = [share for _, share in sorted(zip(weights, shares, strict=True))]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (2.4999, 2), (0.035 * 100, 4), (7, 7)]
)
def test_halves_are_rounded_up(value, expected):
    assert round_half_up(value) == expected


def test_halves_a_hair_below_are_rounded_up_too():
    below = 0.145 * 100  # 14.499999999999998
    assert below < 14.5
    assert round_half_up(below) == 15
