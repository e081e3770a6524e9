"""Rules on posts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from devolve_opt.audit.ledger import Ledger, above
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at


def _differences(rule: str, kind: str, planned: pd.Series, due: pd.Series) -> Iterator[Breach]:
    difference = (planned - due).abs()
    for place, amount in difference[difference != 0].items():
        yield Breach(rule, at(**{kind: place}), float(amount), "posts")


def _spread(ledger: Ledger, part: str) -> Iterator[Breach]:
    planned = ledger.plan.posts[f"{part}_posts"].groupby(ledger.case.townships["county"], sort=False).sum()
    yield from _differences(f"{part}_spread", "county", planned, ledger.counties[f"{part}_pool"])


def base_posts_by_formula(ledger: Ledger) -> Iterator[Breach]:
    """Base posts are those of the formula [posts]."""
    planned = ledger.plan.posts["base_posts"]
    yield from _differences("base_posts_by_formula", "township", planned, ledger.formula["base_posts"])


def floating_spread(ledger: Ledger) -> Iterator[Breach]:
    """The floating posts of a county add up to its floating pool [posts]."""
    yield from _spread(ledger, "floating")


def revolving_spread(ledger: Ledger) -> Iterator[Breach]:
    """The revolving posts of a county add up to its revolving pool [posts]."""
    yield from _spread(ledger, "revolving")


def revolving_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """A township holds at most `revolving_posts_max` revolving posts, or an even share of the pool if more [posts]."""
    most = ledger.policy.revolving_posts_max
    even = -(-ledger.counties["revolving_pool"] // ledger.counties["units"])  # rounded up
    cap = ledger.case.townships["county"].map(even.where(even > most, most))
    yield from above("revolving_within_cap", "township", "posts", ledger.plan.posts["revolving_posts"], cap)


def posts_within_band(ledger: Ledger) -> Iterator[Breach]:
    """Base and floating posts not in force are within `posts_band` of the fair share, or the formula's own [posts]."""
    total = ledger.plan.posts["base_posts"] + ledger.plan.posts["floating_posts"]
    outside = (total - ledger.formula["upper"]).clip(lower=0) + (ledger.formula["lower"] - total).clip(lower=0)
    outside = outside[~outside.index.isin(ledger.case.posts_in_force["township"])]
    yield from above("posts_within_band", "township", "posts", outside, 0.0)


def posts_moved_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """All townships together, but for posts in force, gain at most `posts_moved_max` posts [posts]."""
    gained = ledger.staff["gained"]
    counted = gained[~gained.index.isin(ledger.case.posts_in_force["township"])]
    excess = counted.clip(lower=0).sum() - ledger.policy.posts_moved_max
    if excess > 0:
        yield Breach("posts_moved_within_cap", tr("city"), float(excess), "posts")


def posts_kept(ledger: Ledger) -> Iterator[Breach]:
    """A township whose posts are in force has just so many [posts]."""
    given = ledger.case.posts_in_force.set_index("township")["posts_kept"].astype("int64")
    planned = ledger.plan.posts[["base_posts", "floating_posts", "revolving_posts"]].sum(axis=1)
    yield from _differences("posts_kept", "township", planned.reindex(given.index), given)
