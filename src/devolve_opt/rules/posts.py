"""Post formulas: from a county's posts to each township's fair share, and to whole numbers without the model.

The report's three-step rule (its exact form is not published; this reading is an assumption): a county's posts split
into base posts, spread by category; floating posts, spread by population, area, GDP and revenue 6:2:1:1; and revolving
posts, lent to where the work is heaviest. With the other formulas, too, `floating` are the posts that the weights
spread: the weighted pool of "base + weighted + mobile", which keeps a reserve at the county in the place of revolving
posts; all posts of the formulas in a single step (three thirds, 4-3-3, WISN).

Posts of the mobile reserve stay in the county's total but belong to no township: whoever fills them works at the
county. A post that goes from a township to the reserve takes staff with it like any post that moves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import apportion, round_half_up
from devolve_opt.rules.wisn import required_today
from devolve_opt.rules.workload import staff_without_moves, statutory_load


def post_pools(case: Case, policy: Policy) -> pd.DataFrame:
    """Return how each county's posts split into the steps of the formula.

    Returns:
        Indexed by county; columns `posts, base, floating, revolving` (posts), `mobile` (posts of the county's reserve)
        and `revolving_max` (posts a township). Base, floating, revolving and mobile posts add up to `posts`.
    """
    posts = (
        case.tables["townships"].groupby("county")["posts"].sum().reindex(case.tables["counties"].index, fill_value=0)
    )
    units = case.tables["townships"]["county"].value_counts().reindex(posts.index, fill_value=0)
    steps = policy.post_steps
    pools = pd.DataFrame({"posts": posts, "base": 0, "floating": posts, "revolving": 0, "mobile": 0})
    for step in ("base", "revolving", "mobile"):
        wanted = [round_half_up(steps[step] * total) for total in posts]
        pools[step] = np.minimum(wanted, pools["floating"])
        pools["floating"] -= pools[step]
    # A cap that leaves posts over could never be kept; it gives way to an even spread.
    even = [-(-pool // max(1, count)) for pool, count in zip(pools["revolving"], units, strict=True)]
    pools["revolving_max"] = np.maximum(policy.revolving_posts_max, even)
    return pools


def weighted_parts(case: Case, policy: Policy) -> pd.Series:
    """Return each township's part of the posts that the formula's weights spread; 1 in all in every county.

    By the weights of the indicators, each as a share of the county's total (an indicator that is zero everywhere counts
    all alike); with `wisn` by required staff. `posts_tilt` multiplies the parts.
    """
    townships = case.tables["townships"]
    measures = townships.assign(equal=1.0, required=required_today(case, policy))
    weights = policy.weights or {"required": 1.0}
    parts = pd.Series(0.0, index=townships.index)
    for _, members in measures.groupby("county", sort=False):
        weight: NDArray[np.float64] = np.zeros(len(members))
        for measure, part in weights.items():
            total = float(members[measure].sum())
            weight += part * (members[measure].to_numpy(float) / total if total > 0 else 1 / len(members))
        if policy.posts_tilt is not None:
            weight *= members["category"].map(policy.posts_tilt.of).to_numpy(float)
            weight /= weight.sum()
        parts[members.index] = weight
    return parts


def post_formula(case: Case, policy: Policy) -> pd.DataFrame:
    """Return what the formula gives each township, before revolving posts.

    Returns:
        Indexed by township; columns `base_posts` and `floating_posts` (whole posts), `fair_share` (posts, exact),
        `lower` and `upper` (posts): the band within which base and floating posts together may leave the formula. The
        formula's own whole number is always within it.
    """
    townships = case.tables["townships"]
    pools, parts = post_pools(case, policy), weighted_parts(case, policy)
    base_pool, floating_pool = _whole(pools["base"]), _whole(pools["floating"])
    tilt = townships["category"].map(policy.base_posts_tilt.of)
    result = pd.DataFrame(0, index=townships.index, columns=["base_posts", "floating_posts"])
    result["fair_share"] = 0.0
    for county, members in townships.groupby("county", sort=False):
        weight = parts[members.index].to_numpy(float)
        floating = floating_pool[str(county)]
        base = apportion(base_pool[str(county)], tilt[members.index].to_numpy(float), policy.posts_rounding)
        result.loc[members.index, "base_posts"] = base
        result.loc[members.index, "floating_posts"] = apportion(floating, weight, policy.posts_rounding)
        result.loc[members.index, "fair_share"] = base + floating * weight
    whole = result["base_posts"] + result["floating_posts"]
    result["lower"] = np.minimum(np.ceil((1 - policy.posts_band) * result["fair_share"] - 1e-9).astype(int), whole)
    result["upper"] = np.maximum(np.floor((1 + policy.posts_band) * result["fair_share"] + 1e-9).astype(int), whole)
    return result


def posts_by_formula(case: Case, policy: Policy) -> pd.DataFrame:
    """Return posts as the formula spreads them, without the model; those of the mobile reserve are no township's.

    Base and floating posts follow the formula; revolving posts go, one at a time, to the township of the county whose
    statutory work is heaviest for the staff it would then have (order of the table among equals).

    Returns:
        Indexed by township; columns `base_posts, floating_posts, revolving_posts` (whole posts).
    """
    townships = case.tables["townships"]
    formula = post_formula(case, policy)
    pools = post_pools(case, policy)
    caps, revolving_pool = _whole(pools["revolving_max"]), _whole(pools["revolving"])
    result = formula[["base_posts", "floating_posts"]].copy()
    result["revolving_posts"] = 0
    load = statutory_load(case, policy)
    staffing = staff_without_moves(case, policy)
    for county, members in townships.groupby("county", sort=False):
        filling = float(staffing.loc[members.index, "filling"].iloc[0])
        gained = result.loc[members.index, ["base_posts", "floating_posts"]].sum(axis=1) - members["posts"]
        staff = (staffing.loc[members.index, "staff"] + filling * gained).to_numpy(float)
        work = load[members.index].to_numpy(float)
        revolving = np.zeros(len(members), dtype=int)
        cap = caps[str(county)]
        for _ in range(revolving_pool[str(county)]):
            pressure = np.where(revolving < cap, work / np.maximum(staff + filling * revolving, 1e-9), -1.0)
            revolving[int(np.argmax(pressure))] += 1
        result.loc[members.index, "revolving_posts"] = revolving
    return result


def posts_given(case: Case) -> pd.Series:
    """Return the posts of the townships whose posts are in force (posts), indexed by township in the order of these."""
    given = case.tables["posts_in_force"].set_index("township")["posts_kept"].astype("int64")
    return given.reindex([township for township in case.tables["townships"].index if township in given.index])


def posts_within_cap(case: Case, policy: Policy) -> pd.DataFrame:
    """Return posts by formula, moved towards it only as far as the cap on moved posts allows.

    Moves are undone one by one, each in the county whose largest gain is smallest, from its largest gainer to its
    largest loser, while the band and the cap on revolving posts allow. Posts in force stay as they are, and count under
    no cap.

    Returns:
        As `posts_by_formula`.
    """
    given = posts_given(case)
    posts = _with_given(case, policy, posts_by_formula(case, policy), given)
    townships = case.tables["townships"]
    free = ~townships.index.isin(given.index)
    formula, caps = post_formula(case, policy), _whole(post_pools(case, policy)["revolving_max"])
    counties = townships["county"].to_numpy()
    base, floating, revolving = (posts[name].to_numpy(copy=True) for name in posts.columns)
    lower, upper = formula["lower"].to_numpy(), formula["upper"].to_numpy()

    def gains() -> np.ndarray:
        return np.where(free, base + floating + revolving - townships["posts"].to_numpy(), 0)

    stuck: set[str] = set()
    while gains().clip(min=0).sum() > policy.posts_moved_max:
        gain = gains()
        largest = pd.Series(gain).groupby(counties, sort=False).max()
        largest = largest[(largest > 0) & ~largest.index.isin(stuck)]
        if largest.empty:
            break
        county = largest.idxmin()
        members = np.flatnonzero((counties == county) & free)
        giver, taker = members[np.argmax(gain[members])], members[np.argmin(gain[members])]
        within_band = base + floating
        if within_band[giver] > lower[giver] and within_band[taker] < upper[taker] and floating[giver] > 0:
            floating[giver] -= 1
            floating[taker] += 1
        elif revolving[giver] > 0 and revolving[taker] < caps[str(county)]:
            revolving[giver] -= 1
            revolving[taker] += 1
        else:
            stuck.add(str(county))
    return pd.DataFrame(
        {"base_posts": base, "floating_posts": floating, "revolving_posts": revolving}, index=townships.index
    )


def _with_given(case: Case, policy: Policy, posts: pd.DataFrame, given: pd.Series) -> pd.DataFrame:
    """Return posts with those in force in their places, as base, floating and revolving posts.

    What they leave of their county's pools goes to its other townships, within the band if it can be.
    """
    if given.empty:
        return posts
    townships, formula, pools = case.tables["townships"], post_formula(case, policy), post_pools(case, policy)
    caps, floating, revolving = (_whole(pools[name]) for name in ("revolving_max", "floating", "revolving"))
    result = posts.copy()
    for county, members in townships.groupby("county", sort=False):
        fixed = [township for township in members.index if township in given.index]
        free = [township for township in members.index if township not in given.index]
        name, cap = str(county), caps[str(county)]
        lent: dict[str, int] = {}
        above = (given - formula["base_posts"].reindex(given.index)).clip(lower=0).astype(int)[fixed].to_dict()
        for township in fixed:
            lent[township] = min(above[township], cap, revolving[name] - sum(lent.values()))
            steps = above[township] - lent[township], lent[township]
            result.loc[township, ["floating_posts", "revolving_posts"]] = steps
        if fixed and free:
            left = max(0, floating[name] - sum(above[township] - lent[township] for township in fixed))
            result.loc[free, "floating_posts"] = _spread_within_band(formula.loc[free], left, policy)
            result.loc[free, "revolving_posts"] = _evenly(revolving[name] - sum(lent.values()), len(free), cap)
    return result


def _spread_within_band(formula: pd.DataFrame, floating: int, policy: Policy) -> NDArray[np.int64]:
    base = formula["base_posts"]
    weights = (formula["fair_share"] - base).clip(lower=0).to_numpy(float)
    least, most = ((formula[end] - base).clip(lower=0).to_numpy(int) for end in ("lower", "upper"))
    if least.sum() <= floating <= most.sum():
        return apportion(floating, weights, policy.posts_rounding, least, most)
    return apportion(floating, weights, policy.posts_rounding)


def _evenly(posts: int, count: int, cap: int) -> list[int]:
    """Return posts spread as evenly as they go, the first ones first, at most `cap` each."""
    return [min(cap, posts // count + (place < posts % count)) for place in range(count)]


def _whole(column: pd.Series) -> dict[str, int]:
    return {str(name): int(value) for name, value in column.items()}
