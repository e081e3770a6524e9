r"""The pool of posts shared out so that the whole is proven, with few cities solved for few numbers of posts.

What a city c is worth with k posts, $v_c(k)$, lies between the worth of a plan and a bound. A bound is either that of
the relaxation with k posts or what the search for a plan with k posts proved. Nothing is
concluded from one number of posts for another, so nothing has to be assumed of how worth grows with posts.

The bound on the whole is $\max \sum_c \bar v_c(k_c)$ with $\sum_c k_c \le P$, by the least bound known for each pair of
a city and a number of posts, exactly (`rules.pool.share_out`). It is true whatever has been solved, because every way
to share out the pool is one of those that the maximum is taken over. What it lacks is in pairs that only a relaxation
bounds: it prefers those whose relaxation is loose. So, round by round, the pairs that the best shares by bounds consist
of are solved, and the bound is worked out anew. Where all of them are solved,

$\sum_c \bar v_c(k_c) \le (1 + g) \sum_c \underline v_c(k_c) \le (1 + g) \cdot$ worth of the best shares by plans,

if each city is proven to the gap g (and worth more than nothing): the whole is then proven to the same gap as the
cities are. It ends earlier where the gap asked for is reached before, and in any case when no pair is left to solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from devolve_opt.plan import relative_gap
from devolve_opt.rules.pool import share_out

Pair = tuple[str, int]
"""A city and a number of posts of the pool."""


class Answers(Protocol):
    """What is known of the cities that have a plan without posts, and how more is asked for.

    Tables have columns `city, posts, value` (staff-hours a year).
    """

    def plans(self) -> pd.DataFrame:
        """Worth of the plans there are; each city has one for 0 posts."""

    def bounds(self) -> pd.DataFrame:
        """Least bounds known; each city has one for 0 posts."""

    @property
    def all_bounded(self) -> bool:
        """Whether each city has a bound for each number of posts that it may be given and that any plan fits."""

    def solve(self, pairs: list[Pair]) -> bool:
        """Solve cities with these posts; False if it was stopped. A pair is solved once, whatever comes of it."""


@dataclass(frozen=True)
class Sharing:
    """How the pool is shared out, and what is proven of it.

    Attributes:
        posts: posts of each city, by the plans there are; 0 where it is given none.
        objective: worth of these plans, staff-hours a year.
        bound: no shares and no plans are worth more; infinite where a bound is missing.
        price: staff-hours a year a post, by the least bounds.
        rounds: how often cities were solved with posts.
    """

    posts: dict[str, int]
    objective: float
    bound: float
    price: float
    rounds: int

    @property
    def gap(self) -> float:
        """(bound - objective) / |objective|."""
        return relative_gap(self.objective, self.bound)


def share_until_proven(answers: Answers, pool: int, gap: float) -> Sharing:
    """Share the pool out, solving cities with posts until the whole is proven to the gap or nothing is left to solve.

    Args:
        answers: what is known, and how more is asked for.
        pool: posts to be shared out.
        gap: relative gap to prove of the whole.
    """
    tried: set[Pair] = set()
    rounds = 0
    while True:
        found, shares = at_hand(answers, pool, rounds)
        wanted = [pair for pair in shares.items() if pair[1] and pair not in tried]
        if not wanted or found.gap <= gap:
            return found
        going_on = answers.solve(wanted)
        tried |= set(wanted)
        rounds += 1
        # Without all bounds there is no proof to be had; the shares that seem best are solved all the same, once.
        if not (going_on and answers.all_bounded):
            return at_hand(answers, pool, rounds)[0]


def at_hand(answers: Answers, pool: int, rounds: int = 0) -> tuple[Sharing, dict[str, int]]:
    """Return the best shares by the plans there are, with the bound on the whole, and the shares that it is made of."""
    plans = share_out(answers.plans(), pool)
    bounds = share_out(answers.bounds(), pool)
    bound = bounds.worth if answers.all_bounded else np.inf
    return Sharing(plans.posts, plans.worth, bound, bounds.price, rounds), bounds.posts
