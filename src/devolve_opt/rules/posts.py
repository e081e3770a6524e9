"""Post formulas: from a county's posts to each township's fair share, and to whole numbers without the model.

The report's three-step rule (its exact form is not published; this reading is an assumption): a county's posts split
into base posts, spread by category; floating posts, spread by population, area, GDP and revenue 6:2:1:1; and revolving
posts, lent to where the work is heaviest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import largest_remainder, round_half_up
from devolve_opt.rules.workload import staff_without_moves, statutory_load


def post_pools(case: Case, policy: Policy) -> pd.DataFrame:
    """Return how each county's posts split into the three steps.

    Returns:
        Indexed by county; columns `posts, base, floating, revolving` (posts) and `revolving_max` (posts a township).
    """
    posts = (
        case.tables["townships"].groupby("county")["posts"].sum().reindex(case.tables["counties"].index, fill_value=0)
    )
    units = case.tables["townships"]["county"].value_counts().reindex(posts.index, fill_value=0)
    pools = pd.DataFrame({"posts": posts})
    pools["base"] = [round_half_up(policy.base_posts_share * total) for total in posts]
    pools["revolving"] = [
        min(round_half_up(policy.revolving_posts_share * total), total - base)
        for total, base in zip(posts, pools["base"], strict=True)
    ]
    pools["floating"] = pools["posts"] - pools["base"] - pools["revolving"]
    # A cap that leaves posts over could never be kept; it gives way to an even spread.
    even = [-(-pool // max(1, count)) for pool, count in zip(pools["revolving"], units, strict=True)]
    pools["revolving_max"] = np.maximum(policy.revolving_posts_max, even)
    return pools


def post_formula(case: Case, policy: Policy) -> pd.DataFrame:
    """Return what the formula gives each township, before revolving posts.

    Returns:
        Indexed by township; columns `base_posts` and `floating_posts` (whole posts), `fair_share` (posts, exact),
        `lower` and `upper` (posts): the band within which base and floating posts together may leave the formula. The
        formula's own whole number is always within it.
    """
    townships = case.tables["townships"]
    pools = post_pools(case, policy)
    tilt = townships["category"].map({str(category): part for category, part in policy.base_posts_tilt.items()})
    result = pd.DataFrame(0, index=townships.index, columns=["base_posts", "floating_posts"])
    result["fair_share"] = 0.0
    for county, members in townships.groupby("county", sort=False):
        weight = np.zeros(len(members))
        for indicator, part in policy.weights.items():
            total = float(members[indicator].sum())
            weight += part * (members[indicator].to_numpy(float) / total if total > 0 else 1 / len(members))
        floating = int(pools.loc[county, "floating"])
        base = largest_remainder(int(pools.loc[county, "base"]), tilt[members.index].to_numpy(float))
        result.loc[members.index, "base_posts"] = base
        result.loc[members.index, "floating_posts"] = largest_remainder(floating, weight)
        result.loc[members.index, "fair_share"] = base + floating * weight
    whole = result["base_posts"] + result["floating_posts"]
    result["lower"] = np.minimum(np.ceil((1 - policy.posts_band) * result["fair_share"] - 1e-9).astype(int), whole)
    result["upper"] = np.maximum(np.floor((1 + policy.posts_band) * result["fair_share"] + 1e-9).astype(int), whole)
    return result


def posts_by_formula(case: Case, policy: Policy) -> pd.DataFrame:
    """Return posts as the report's rule spreads them, without the model.

    Base and floating posts follow the formula; revolving posts go, one at a time, to the township of the county whose
    statutory work is heaviest for the staff it would then have (order of the table among equals).

    Returns:
        Indexed by township; columns `base_posts, floating_posts, revolving_posts` (whole posts).
    """
    townships = case.tables["townships"]
    formula = post_formula(case, policy)
    pools = post_pools(case, policy)
    result = formula[["base_posts", "floating_posts"]].copy()
    result["revolving_posts"] = 0
    load = statutory_load(case, policy)
    staffing = staff_without_moves(case, policy)
    for county, members in townships.groupby("county", sort=False):
        filling = float(staffing.loc[members.index[0], "filling"])
        gained = result.loc[members.index, ["base_posts", "floating_posts"]].sum(axis=1) - members["posts"]
        staff = (staffing.loc[members.index, "staff"] + filling * gained).to_numpy(float)
        work = load[members.index].to_numpy(float)
        revolving = np.zeros(len(members), dtype=int)
        cap = int(pools.loc[county, "revolving_max"])
        for _ in range(int(pools.loc[county, "revolving"])):
            pressure = np.where(revolving < cap, work / np.maximum(staff + filling * revolving, 1e-9), -1.0)
            revolving[int(np.argmax(pressure))] += 1
        result.loc[members.index, "revolving_posts"] = revolving
    return result
