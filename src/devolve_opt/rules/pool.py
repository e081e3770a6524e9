r"""A pool of posts: what a city with more posts is, and how the posts are shared out between cities.

Each city is asked what it could be worth at most with 0, 1, 2, ... lots of posts, $\bar v_c(k)$. Shared out best by
these answers, $\max \sum_c \bar v_c(k_c)$ with $\sum_c k_c \le P$, the pool gives a bound on all cities together: no
other way to share it out, and no plan of any city, is worth more. The price of a post is that at which cities, each
taking what is worth most to it less its price, ask for no more than the pool holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import apportion
from devolve_opt.rules.posts import weighted_parts
from devolve_opt.rules.workload import overload_of_doing_nothing, staff_without_moves, statutory_load


@dataclass(frozen=True)
class Shares:
    """How a pool is shared out.

    Attributes:
        posts: posts of each city, 0 where it is given none.
        worth: sum over the cities of the value of what they are given, staff-hours a year; no other shares give more.
        price: staff-hours a year a post: what posts beyond the pool would be worth each; 0 where nobody asks for one.
    """

    posts: dict[str, int]
    worth: float
    price: float


def with_posts(case: Case, policy: Policy, posts: int) -> Case:
    """Return the case with so many more posts, each with a person without certificate.

    They go to the counties in proportion to the hours that their townships lack (statutory work above the free share of
    the hours there; to all work where nobody lacks any), in each county to townships as the weights of the post formula
    spread posts. The plan may then move them on like any others, within its caps.
    """
    if posts == 0:
        return case
    townships = case.townships
    load, there = statutory_load(case, policy), staff_without_moves(case, policy)["staff"] * case.available_hours
    lacking = (load - policy.overload_free_share * there).clip(lower=0)
    wanted = (lacking if lacking.sum() > 0 else load).groupby(townships["county"], sort=False).sum()
    parts = weighted_parts(case, policy)
    more = pd.Series(0, index=townships.index)
    given = apportion(posts, wanted.to_numpy(float), policy.posts_rounding)
    for county, number in zip(wanted.index, given, strict=True):
        members = townships.index[townships["county"] == county]
        more[members] = apportion(int(number), parts[members].to_numpy(float), policy.posts_rounding)
    townships["posts"] += more
    townships["staff_in_post"] += more
    return case.replace(townships=townships)


def relief_of_posts(before: Case, after: Case, policy: Policy) -> float:
    """Return what posts of the pool relieve before anything is planned, in staff-hours a year.

    A plan's worth counts overload against that of doing nothing. A city with more people has less of that, so the
    difference is added to its worth: then it is counted against the same day, whatever the city is given.
    """
    if policy.overload == "wall":
        return 0.0
    return overload_of_doing_nothing(before, policy) - overload_of_doing_nothing(after, policy)


def share_out(offers: pd.DataFrame, pool: int) -> Shares:
    """Share a pool of posts out between cities so that the sum of their values is largest, exactly.

    City after city the best sum for every number of posts given so far is worked out (dynamic programming).

    Args:
        offers: columns `city, posts, value` (staff-hours a year): what each city is worth, or at most worth, with so
            many posts; each city has a row for 0 posts.
        pool: posts to be shared out.
    """
    lot = max(1, int(np.gcd.reduce(offers["posts"].to_numpy(int))))
    most = min(pool // lot, int(offers.groupby("city")["posts"].max().sum()) // lot)
    best = np.zeros(most + 1)
    chosen: list[tuple[str, NDArray[np.int64]]] = []
    for city, rows in offers.sort_values("posts", kind="stable").groupby("city", sort=True):
        lots = rows["posts"].to_numpy(np.int64) // lot
        sums = np.full((len(rows), most + 1), -np.inf)
        for row, (number, value) in enumerate(zip(lots, rows["value"].to_numpy(float), strict=True)):
            if number <= most:
                sums[row, number:] = best[: most + 1 - number] + value
        # The first of equals is the one with fewest posts: none are given where they are worth nothing.
        chosen.append((str(city), lots[sums.argmax(axis=0)]))
        best = sums.max(axis=0)
    left, given = most, {}
    for city, picked in reversed(chosen):
        given[city] = int(picked[left]) * lot
        left -= int(picked[left])
    return Shares(given, float(best[most]), _price(offers, pool))


def _price(offers: pd.DataFrame, pool: int) -> float:
    """Return the worth of a post in the first step of all cities' concave envelopes that the pool does not hold."""
    steps = [step for _, rows in offers.groupby("city", sort=True) for step in _steps(rows)]
    left = pool
    for worth, posts in sorted(steps, reverse=True):
        left -= posts
        if left < 0:
            return worth
    return 0.0


def _steps(rows: pd.DataFrame) -> list[tuple[float, int]]:
    """Return the rising steps of the concave envelope of a city's values: worth a post, and posts of the step."""
    posts, values = rows["posts"].to_numpy(int), rows["value"].to_numpy(float)
    order = np.argsort(posts)
    posts, values = posts[order], values[order]
    steps = []
    at = 0
    while at < len(posts) - 1:
        slopes = (values[at + 1 :] - values[at]) / (posts[at + 1 :] - posts[at])
        best = int(np.flatnonzero(slopes == slopes.max())[-1])
        if slopes[best] <= 0:
            break
        to = at + 1 + best
        steps.append((float(slopes[best]), int(posts[to] - posts[at])))
        at = to
    return steps
