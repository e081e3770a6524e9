r"""A pool of posts: what a city with more posts is, and how the posts are shared out between cities by a price.

Each city is asked what it could be worth at most with 0, 1, 2, ... lots of posts. At a price $\mu$ of a post, city c
takes the number $k$ of posts that is worth most to it, $\max_k (v_c(k) - \mu k)$; the price that clears the pool of
$P$ posts is the least at which no more than $P$ are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

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
        price: staff-hours a year a post: what a further post would be worth; 0 where nobody asks for one.
    """

    posts: dict[str, int]
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
    """Share a pool of posts out between cities by a price.

    The steps of each city's concave envelope are taken in falling order of worth a post, as long as they fit.

    Args:
        offers: columns `city, posts, value` (staff-hours a year): what each city is worth, or at most worth, with so
            many posts; each city has a row for 0 posts.
        pool: posts to be shared out.
    """
    steps = [step for city, rows in offers.groupby("city", sort=True) for step in _steps(str(city), rows)]
    given = {str(city): 0 for city in offers["city"].unique()}
    left, price, passed = pool, 0.0, set[str]()
    for worth, city, posts in sorted(steps, key=lambda step: (-step[0], step[1], step[2])):
        if city in passed:
            continue
        if posts - given[city] <= left:
            left -= posts - given[city]
            given[city] = posts
        else:
            # What is not worth a higher step is not given a lower one of the same city.
            price = price or worth
            passed.add(city)
    return Shares(given, price)


def worth_at_most(offers: pd.DataFrame, pool: int, price: float) -> float:
    r"""Return a bound on what all cities together are worth however the pool is shared out [staff-hours a year].

    $\mu P + \sum_c \max_k (\bar v_c(k) - \mu k)$, for any price $\mu \ge 0$ and bounds $\bar v_c(k)$ (weak duality).

    Args:
        offers: as for `share_out`, with a bound for every number of posts that a city may be given.
        pool: posts to be shared out.
        price: staff-hours a year a post.
    """
    surplus = offers["value"] - price * offers["posts"]
    return float(price * pool + surplus.groupby(offers["city"]).max().sum())


def _steps(city: str, rows: pd.DataFrame) -> list[tuple[float, str, int]]:
    """Return the rising steps of the concave envelope of a city's values: worth a post, city, posts after the step."""
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
        at += 1 + best
        steps.append((float(slopes[best]), city, int(posts[at])))
    return steps
