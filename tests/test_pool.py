"""The pool of posts: what a city with more posts is, and shares worked out by hand and against brute force."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import HEADER, tiny_tables
from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.pool import relief_of_posts, share_out, with_posts
from devolve_opt.rules.workload import overload_of_doing_nothing

POLICY = Policy()


def offers_of(values: dict[str, dict[int, float]]) -> pd.DataFrame:
    rows = [(city, posts, value) for city, answers in values.items() for posts, value in answers.items()]
    return pd.DataFrame(rows, columns=["city", "posts", "value"])


def by_brute_force(values: dict[str, dict[int, float]], pool: int) -> float:
    return max(
        sum(values[city][posts] for city, posts in zip(values, choice, strict=True))
        for choice in product(*(list(answers) for answers in values.values()))
        if sum(choice) <= pool
    )


def test_a_pool_shared_out_by_hand():
    # A gains 100 by its first 10 posts and 20 by the next, B 60 and 50: 20 posts go half to A, half to B (160), or all
    # to A (120), or all to B (110).
    values = {"A": {0: 1000.0, 10: 1100.0, 20: 1120.0}, "B": {0: 500.0, 10: 560.0, 20: 610.0}}
    shares = share_out(offers_of(values), 20)
    assert shares.posts == {"A": 10, "B": 10}
    assert shares.worth == 1100 + 560
    # The next posts asked for are B's second lot: 50 for 10 posts.
    assert shares.price == pytest.approx(5.0)


def test_the_price_is_nothing_where_the_pool_is_larger_than_what_is_asked_for():
    values = {"A": {0: 10.0, 5: 12.0, 10: 12.0}, "B": {0: 7.0, 5: 6.0, 10: 5.0}}
    shares = share_out(offers_of(values), 100)
    # Posts that are worth nothing are not given: A's second lot, and B's, who would lose by them.
    assert shares.posts == {"A": 5, "B": 0}
    assert (shares.worth, shares.price) == (19.0, 0.0)


def test_what_the_envelope_passes_over_is_still_given_where_it_fits():
    # A's lots are worth 10 only both together, B's single lot 8; 15 posts hold both of A's or B's and none of A's.
    values = {"A": {0: 0.0, 5: 0.0, 10: 10.0}, "B": {0: 0.0, 5: 8.0, 10: 8.0}}
    assert share_out(offers_of(values), 15).worth == 18.0
    assert share_out(offers_of(values), 10).worth == 10.0
    assert share_out(offers_of(values), 5).posts == {"A": 0, "B": 5}


def test_equal_offers_are_served_by_name_in_whatever_order_they_come():
    alike = {0: 1.0, 5: 3.0}
    for order in ("AB", "BA"):
        assert share_out(offers_of({city: alike for city in order}), 5).posts == {"A": 5, "B": 0}


values_of_cities = st.lists(st.lists(st.integers(-50, 200), min_size=3, max_size=3), min_size=1, max_size=4).map(
    lambda rows: {f"c{place}": dict(zip((0, 3, 6), map(float, row), strict=True)) for place, row in enumerate(rows)}
)


@given(values_of_cities, st.integers(0, 30))
def test_no_other_shares_are_worth_more_and_the_price_proves_it(values, pool):
    shares = share_out(offers_of(values), pool)
    assert sum(shares.posts.values()) <= pool
    assert shares.worth == sum(values[city][posts] for city, posts in shares.posts.items())
    assert shares.worth == by_brute_force(values, pool)
    # Weak duality: the price of a post bounds what any shares are worth, no other price bounds it better.
    bound = dual(values, pool, shares.price)
    assert bound >= shares.worth - 1e-6
    assert all(bound <= dual(values, pool, price) + 1e-6 for price in (0.0, 0.5, 1.0, 5.0, 20.0, 100.0))


def dual(values: dict[str, dict[int, float]], pool: int, price: float) -> float:
    return price * pool + sum(
        max(value - price * posts for posts, value in answers.items()) for answers in values.values()
    )


@pytest.fixture
def case() -> Case:
    return Case(tables=tiny_tables(), **HEADER)


@pytest.mark.parametrize("posts", [1, 7, 40])
def test_posts_of_the_pool_come_with_a_person_each(case, posts):
    before, after = case.townships, with_posts(case, POLICY, posts).townships
    more = after["posts"] - before["posts"]
    assert more.sum() == posts
    assert (more >= 0).all()
    assert (after["staff_in_post"] - before["staff_in_post"]).equals(more)
    same = [name for name in before if name not in ("posts", "staff_in_post")]
    assert after[same].equals(before[same])


def test_no_posts_change_nothing(case):
    assert with_posts(case, POLICY, 0) is case


def test_posts_go_where_hours_are_lacking():
    # C1 has 16,000 h of work for 10 people, C2 18,000 h for as many (18,400 h a year, 16,560 free of cost): by load
    # both would get posts, but only C2 lacks hours.
    tables = tiny_tables()
    tables["townships"] = tables["townships"].assign(
        posts=10, staff_in_post=10, lent=0, stationed_staff=0, joint_cases=0.0, statutory_officer_hours=0.0,
        certified_officers=1, statutory_hours=[16_000.0, 16_000.0, 18_000.0, 18_000.0],
    )  # fmt: skip
    case = Case(tables=tables, **HEADER)
    more = with_posts(case, POLICY, 6).townships["posts"] - 10
    assert more[["T1", "T2"]].sum() == 0
    assert more[["T3", "S1"]].sum() == 6
    # Where nobody lacks hours they go by load: 8 : 8 of 16,000 and 16,000 h.
    tables["townships"]["statutory_hours"] = 16_000.0
    more = with_posts(Case(tables=tables, **HEADER), POLICY, 6).townships["posts"] - 10
    assert (more[["T1", "T2"]].sum(), more[["T3", "S1"]].sum()) == (3, 3)


def test_worth_is_counted_against_the_same_day_whatever_is_given(case):
    given = with_posts(case, POLICY, 40)
    relief = relief_of_posts(case, given, POLICY)
    assert relief == overload_of_doing_nothing(case, POLICY) - overload_of_doing_nothing(given, POLICY)
    assert relief > 0
    assert relief_of_posts(case, case, POLICY) == 0
    assert relief_of_posts(case, given, POLICY.replace(overload="wall")) == 0


def test_where_nobody_asks_for_posts_none_are_given():
    shares = share_out(offers_of({"A": {0: 10.0}, "B": {0: 7.0}}), 5)
    assert (shares.posts, shares.worth) == ({"A": 0, "B": 0}, 17.0)


def test_the_price_goes_by_what_is_left_after_every_step_before():
    # Steps of 10, 5 and 3 h a post, of 10 posts each: 25 posts hold the first two and half of the third, 20 just two.
    values = {"A": {0: 0.0, 10: 100.0, 20: 150.0}, "B": {0: 0.0, 10: 30.0}}
    assert share_out(offers_of(values), 25).price == share_out(offers_of(values), 20).price == 3.0
    assert share_out(offers_of(values), 19).price == 5.0
    assert share_out(offers_of(values), 30).price == 0.0
