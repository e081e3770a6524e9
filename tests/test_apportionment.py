"""Apportionment: every method against published apportionments, textbook examples, a slow way, and its laws."""

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

from devolve_opt.rules.apportionment import DIVISOR_METHODS, METHODS, apportion, largest_remainder, round_half_up

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


# All methods, with minima and maxima.

HOUSE = {
    "huntington_hill_435": ("huntington_hill", 1),
    "webster_435_min1": ("sainte_lague", 1),
    "hamilton_435": ("largest_remainder", 0),
    "jefferson_435": ("dhondt", 0),
    "adams_435": ("adams", 0),
}
"""Columns of the published house: method, and the least for each state."""

NAMES = {"webster": "sainte_lague", "hamilton": "largest_remainder"}
DIVISORS = sorted(DIVISOR_METHODS)
PRIMES = [1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1151, 1361, 1559, 2003, 2503, 3001, 4001, 5003, 7001, 9001]
"""Primes above any total below: no two of them are ever tied in a divisor method."""


def by_column(states: pd.DataFrame, column: str) -> list[int]:
    method, least = HOUSE[column]
    weights = states["apportionment_population"].to_numpy()
    return apportion(435, weights, method, [least] * len(weights)).tolist()


@needs_published
@pytest.mark.parametrize("column", HOUSE)
def test_the_house_of_representatives_seat_for_seat(column):
    table = pd.read_csv(PUBLISHED / "us_house_1910_2020_expected.csv")
    years = []
    for year, states in table.groupby("census"):
        assert by_column(states, column) == states[column].tolist(), year
        years.append(year)
    assert years == [1910, *range(1930, 2021, 10)]


@needs_published
def test_the_official_seats_are_those_of_the_method_in_force():
    """Webster in 1910 and 1930, Huntington-Hill since 1940."""
    table = pd.read_csv(PUBLISHED / "us_house_1910_2020_expected.csv")
    for year, states in table.groupby("census"):
        column = "webster_435_min1" if int(str(year)) < 1940 else "huntington_hill_435"
        official = states["official_seats_(census_via_kerr14333)"].tolist()
        assert by_column(states, column) == official, year


@needs_published
@pytest.mark.parametrize(("more", "seats"), [(0, 26), (88, 26), (89, 27)])
def test_new_york_missed_a_seat_by_89_people_in_2020(more, seats):
    table = pd.read_csv(PUBLISHED / "us_house_1910_2020_expected.csv")
    states = table[table["census"] == 2020].set_index("state")["apportionment_population"]
    states["New York"] += more
    found = apportion(435, states.to_numpy(), "huntington_hill", [1] * len(states))
    assert found[states.index.get_loc("New York")] == seats


@needs_published
def test_the_published_vectors_by_every_method():
    vectors = json.loads((PUBLISHED / "textbook_vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) == 9
    for vector in vectors:
        most = [vector["cap"]] * len(vector["v"]) if "cap" in vector else None
        method = NAMES.get(vector["method"], vector["method"])
        assert apportion(vector["n"], vector["v"], method, maxima=most).tolist() == vector["e"], vector["src"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Quotas 5.3, 2.4 and 1.2 of 9, rounded: largest remainder 5, 2, 1 and one for the fraction .4. The 9th unit by
        # D'Hondt: 53/6 = 8.8 before 24/3 = 8. Sainte-Lague: 53/5.5 = 9.64 before 24/2.5 = 9.60. Huntington-Hill:
        # 24/sqrt(6) = 9.80 before 53/sqrt(30) = 9.68. Adams, after one each: 53, 26.5, 24, 17.7, 13.25 and 13, not 12.
        ("largest_remainder", [5, 3, 1]),
        ("dhondt", [6, 2, 1]),
        ("sainte_lague", [6, 2, 1]),
        ("adams", [5, 2, 2]),
        ("huntington_hill", [5, 3, 1]),
    ],
)
def test_five_methods_by_hand(method, expected):
    assert apportion(9, [53, 24, 13], method).tolist() == expected


@pytest.mark.parametrize("method", METHODS)
def test_bounds_by_hand(method):
    # Without bounds by any method 8, 1, 1 of 10: quotas 8, 1, 1.
    assert apportion(10, [8, 1, 1], method).tolist() == [8, 1, 1]
    # The first may have 5 at most: the other two share the rest alike, the odd one to the first of them.
    assert apportion(10, [8, 1, 1], method, maxima=[5, 10, 10]).tolist() == [5, 3, 2]
    # The last must have 4: 6 are left for 8 : 1, quotas 5.33 and 0.67; but Adams and Huntington-Hill serve all first.
    assert apportion(10, [8, 1, 1], method, minima=[0, 0, 4]).tolist() == (
        [6, 0, 4] if method == "dhondt" else [5, 1, 4]
    )
    # Weight zero gets its minimum, and more only where the others' maxima leave units over.
    assert apportion(10, [8, 2, 0], method, minima=[0, 0, 1]).tolist()[2] == 1
    assert apportion(10, [8, 2, 0, 0], method, maxima=[4, 3, 9, 9]).tolist() == [4, 3, 2, 1]


def test_bounds_that_clash_with_one_another_are_worked_out_again():
    # Quotas 6, 3, 1 of 10. The second must have 5: 5 are left for 6 : 1, quotas 4.29 and 0.71; the first may have 3.
    assert largest_remainder(10, [6, 3, 1], [0, 5, 0], [3, 10, 10]).tolist() == [3, 5, 2]
    # Quotas 2.25 each of 9. Only the last is held to its 2; of the 7 left each other one has 2.33, the first one more.
    assert largest_remainder(9, [1, 1, 1, 1], [0, 0, 0, 0], [9, 9, 3, 2]).tolist() == [3, 2, 2, 2]


@pytest.mark.parametrize("method", METHODS)
def test_weights_with_digits_after_the_point_are_no_others(method):
    whole = apportion(11, [2, 3, 7], method).tolist()
    assert apportion(11, [0.2, 0.3, 0.7], method).tolist() == whole
    assert apportion(11, [1.0, 1.5, 3.5], method).tolist() == whole


@pytest.mark.parametrize("method", METHODS)
def test_equals_are_served_in_the_order_given(method):
    assert apportion(5, [1, 1, 1], method).tolist() == [2, 2, 1]
    assert apportion(5, [0, 0, 0], method).tolist() == [2, 2, 1]
    assert apportion(0, [], method).tolist() == []
    # A hair of floating point decides nothing: 0.1 + 0.2 is above 0.3.
    assert apportion(3, [0.3, 0.1 + 0.2], method).tolist() == [2, 1]
    assert apportion(3, [0.1 + 0.2, 0.3], method).tolist() == [2, 1]


@pytest.mark.parametrize("method", ["adams", "huntington_hill"])
def test_too_few_for_everyone_go_to_the_largest(method):
    assert apportion(2, [3, 9, 5], method).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, [1, 2], "hamilton"), "no method 'hamilton'"),
        ((5, [1, -2], "adams"), "at or above 0"),
        ((5, [1, float("nan")], "largest_remainder"), "finite"),
        ((-1, [1, 2], "adams"), "-1 units"),
        ((5, [1, 2], "adams", [3, 3]), "minima add up to 6, more than the 5"),
        ((5, [1, 2], "adams", None, [2, 2]), "maxima add up to 4, less than the 5"),
        ((5, [1, 2], "dhondt", [0, 3], [5, 2]), "receiver 2 has a minimum of 3 above its maximum of 2"),
        ((5, [1, 2], "dhondt", [-1, 3]), "minima must be at least 0"),
        ((5, [1, 2], "dhondt", [0]), "for each of the 2 weights"),
        ((5, [], "dhondt"), "maxima add up to 0"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        apportion(*arguments)


SQUARED_DIVISORS = {
    "sainte_lague": lambda held: Fraction(2 * held + 1, 2) ** 2,
    "huntington_hill": lambda held: Fraction(held * (held + 1)),
    "dhondt": lambda held: Fraction(held + 1) ** 2,
    "adams": lambda held: Fraction(held) ** 2,
}


def one_at_a_time(total, weights, method, minima, maxima):
    """The slow way: from the minima on, each unit to the largest weight / divisor (compared by squares)."""
    units = list(minima)
    for _ in range(total - sum(units)):

        def due(place):
            divisor = SQUARED_DIVISORS[method](units[place])
            rank = Fraction(weights[place] ** 2) / divisor if divisor else Fraction(0)
            return divisor == 0, weights[place] if divisor == 0 else rank, -place

        open_places = [place for place in range(len(units)) if units[place] < maxima[place]]
        units[max(open_places, key=due)] += 1
    return units


SMALL_WEIGHTS = st.integers(1, 60)


@st.composite
def bounded(draw, weights=SMALL_WEIGHTS):
    """Return total, weights, minima and maxima that can be met; small weights, so that there are ties."""
    drawn = draw(st.lists(weights, min_size=1, max_size=6))
    minima = [draw(st.integers(0, 6)) for _ in drawn]
    maxima = [least + draw(st.integers(0, 15)) for least in minima]
    return draw(st.integers(sum(minima), sum(maxima))), drawn, minima, maxima


@given(bounded(), st.sampled_from(DIVISORS))
def test_divisor_methods_are_those_of_one_unit_at_a_time(problem, method):
    total, weights, minima, maxima = problem
    assert apportion(total, weights, method, minima, maxima).tolist() == one_at_a_time(
        total, weights, method, minima, maxima
    )


@given(bounded(st.one_of(st.just(0), st.integers(0, 10**6), st.floats(0, 1e6))), st.sampled_from(METHODS))
def test_all_is_given_out_within_the_bounds(problem, method):
    total, weights, minima, maxima = problem
    units = apportion(total, weights, method, minima, maxima)
    assert units.sum() == total
    assert ((np.array(minima) <= units) & (units <= np.array(maxima))).all()


@pytest.mark.parametrize("method", METHODS)
def test_weights_of_very_different_size(method):
    assert apportion(9, [1e-190, 1e6, 1.0], method, maxima=[9, 4, 3]).tolist() == [2, 4, 3]
    assert apportion(9, [1e-12, 1e6], method, maxima=[9, 4]).tolist() == [5, 4]


@given(TOTALS, st.lists(st.integers(1, 10_000), min_size=1, max_size=12), st.sampled_from(DIVISORS))
def test_divisor_methods_never_take_where_there_is_more(total, weights, method):
    """House monotonicity: one unit more goes to one receiver, and nobody else's number changes."""
    more = apportion(total + 1, weights, method) - apportion(total, weights, method)
    assert sorted(more.tolist()) == [0] * (len(weights) - 1) + [1]


@given(
    TOTALS, st.lists(st.integers(1, 10_000), min_size=2, max_size=8), st.integers(1, 10_000), st.sampled_from(DIVISORS)
)
def test_divisor_methods_never_take_from_who_grows(total, weights, growth, method):
    """Population monotonicity: who alone grows does not lose, and nobody else gains."""
    before = apportion(total, weights, method)
    after = apportion(total, [weights[0] + growth, *weights[1:]], method)
    assert after[0] >= before[0]
    assert (after[1:] <= before[1:]).all()


@given(
    TOTALS, st.lists(st.sampled_from(PRIMES), min_size=2, max_size=10, unique=True), st.data(), st.sampled_from(METHODS)
)
def test_without_ties_the_order_is_of_no_matter(total, weights, data, method):
    quotas = [Fraction(total * weight, sum(weights)) for weight in weights]
    assume(method in DIVISORS or len({quota - quota.__floor__() for quota in quotas}) == len(quotas))
    order = data.draw(st.permutations(range(len(weights))))
    units = apportion(total, weights, method).tolist()
    assert apportion(total, [weights[place] for place in order], method).tolist() == [units[place] for place in order]


@given(TOTALS, WEIGHTS)
def test_bounds_that_do_not_bind_change_nothing(total, weights):
    free = largest_remainder(total, weights)
    assert largest_remainder(total, weights, np.maximum(free - 1, 0), free + 1).sum() == total
    whole = sum(weights)
    assume(whole > 0)
    floors = [total * weight // whole for weight in weights]
    assert largest_remainder(total, weights, floors, [number + 1 for number in floors]).tolist() == free.tolist()
