"""Posts, staff, officers and statutory work of each township.

No source gives posts or hours per township of the city; the means are assumptions. Exact are the posts that the formula
moves, the staff who come back from above, and the joint cases.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import largest_remainder
from devolve_opt.rules.posts import post_formula, post_pools
from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.draws import stream
from devolve_opt.synthetic.frames import draft_case
from devolve_opt.vocabulary import Category


def staffed(
    townships: pd.DataFrame, counties: pd.DataFrame, pilot: str, scale: float, seed: int, calibration: Calibration
) -> pd.DataFrame:
    """Return the townships with posts, staff, officers and statutory work.

    Args:
        townships: indicators, category and county (id) of each.
        counties: the counties, indexed by id.
        pilot: id of the county whose townships are better prepared, or empty.
        scale: how many cities' worth of moved posts, returned staff and joint cases there are.
        seed: seed of the generator.
        calibration: the figures to meet.
    """
    policy = Policy()
    townships = townships.copy()
    count = len(townships)
    nominal = _nominal_posts(townships, calibration)
    drawn = draft_case({"counties": counties, "townships": townships.assign(posts=nominal)})
    formula, pools = post_formula(drawn, policy), post_pools(drawn, policy)
    by_formula = (formula["base_posts"] + formula["floating_posts"]).to_numpy()

    random = stream(seed, "load")
    least, mean, most = calibration.load
    between, within = calibration.load_spread
    county_load = dict(zip(counties.index, random.normal(0, between, len(counties)), strict=True))
    load = mean + townships["county"].map(county_load).to_numpy(float) + random.normal(0, within, count)
    # Towns that the reform means to strengthen are those with the heavier work.
    load += np.where(townships["category"].isin([Category.COUNTY_SEAT, Category.CENTRAL, Category.KEY]), 0.02, 0.0)
    load = np.clip(load, least, most) + random.uniform(0, 1e-3, count)

    revolving = _revolving_to_heaviest(load, townships, pools)
    gain = _moves(townships, round(calibration.posts_moved * scale), seed)
    townships["posts"] = by_formula + revolving - gain
    random = stream(seed, "staff")
    townships["staff_in_post"] = np.floor(
        townships["posts"] * random.uniform(*calibration.filling, count) + 0.5
    ).astype(int)
    townships["stationed_staff"] = np.minimum(random.poisson(calibration.stationed_mean, count), 5)
    townships["lent"], lent_after = _lent(
        townships, policy, round(calibration.lent_returned * scale), seed, calibration
    )

    townships["joint_cases"] = _joint_cases(townships, round(calibration.joint_cases * scale), seed)
    joint_hours = townships["joint_cases"].to_numpy(float) * policy.joint_case_hours
    sums = townships.groupby("county")[["staff_in_post", "posts"]].transform("sum")
    filling = (sums["staff_in_post"] / sums["posts"]).to_numpy()
    # The load is set for the staff after the formula's moves: then the revolving posts of the ratio rule, which go to
    # the heaviest load, are those that stand there today.
    staff_after = townships["staff_in_post"] - lent_after + townships["stationed_staff"] + filling * gain
    townships["statutory_hours"] = np.round(load * drawn.available_hours * staff_after) - joint_hours
    townships["certified_officers"] = _certified(townships, pilot, seed, calibration)
    officer_hours = _officer_load(townships, seed, calibration) * policy.officer_hours_share * drawn.available_hours
    townships["statutory_officer_hours"] = np.maximum(np.round(officer_hours) - joint_hours, 0)
    return townships


def _nominal_posts(townships: pd.DataFrame, calibration: Calibration) -> NDArray[np.int64]:
    """Return what a township of its category and population would have; only the county's sum is used further on."""
    median = townships["category"].map(calibration.population_median).to_numpy(float)
    growth = (townships["population"].to_numpy() / median) ** calibration.posts_population_exponent
    posts = townships["category"].map(calibration.posts).to_numpy(float) * growth
    return np.maximum(np.round(posts), 12).astype(np.int64)


def _revolving_to_heaviest(
    load: NDArray[np.float64], townships: pd.DataFrame, pools: pd.DataFrame
) -> NDArray[np.int64]:
    """Give each county's revolving posts to its heaviest loads, each up to the cap."""
    revolving = np.zeros(len(load), dtype=np.int64)
    for county, pool in pools.iterrows():
        members = np.flatnonzero(townships["county"] == county)
        left = int(pool["revolving"])
        for member in members[np.argsort(-load[members], kind="stable")]:
            revolving[member] = min(left, int(pool["revolving_max"]))
            left -= revolving[member]
    return revolving


def _moves(townships: pd.DataFrame, moved: int, seed: int) -> NDArray[np.int64]:
    """Return the posts each township gains by the formula: +1 for important ones, -1 for general ones, by county."""
    random = stream(seed, "moves")
    gain = np.zeros(len(townships), dtype=np.int64)
    general = (townships["category"] == Category.GENERAL).to_numpy()
    important = ~general & (townships["category"] != Category.SUBDISTRICT).to_numpy()
    counties = townships["county"].drop_duplicates().to_list()
    members = {county: (townships["county"] == county).to_numpy() for county in counties}
    possible = np.array(
        [min((members[county] & general).sum(), (members[county] & important).sum()) for county in counties]
    )
    voting = np.array([(members[county] & (general | important)).sum() for county in counties], dtype=float)
    pairs = np.zeros(len(counties), dtype=np.int64)
    moved = min(moved, int(possible.sum()))  # a small city may have fewer pairs of such townships
    while pairs.sum() < moved:  # a county without general townships passes its share on
        room = possible > pairs
        pairs = np.minimum(pairs + largest_remainder(int(moved - pairs.sum()), np.where(room, voting, 0.0)), possible)
    for county, count in zip(counties, pairs, strict=True):
        gain[random.choice(np.flatnonzero(members[county] & important), count, replace=False)] = 1
        gain[random.choice(np.flatnonzero(members[county] & general), count, replace=False)] = -1
    return gain


def _lent(
    townships: pd.DataFrame, policy: Policy, returned: int, seed: int, calibration: Calibration
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return staff lent today and after the cap, so that exactly `returned` come back."""
    random = stream(seed, "lent")
    allowed = np.floor(policy.lent_share_max * townships["posts"].to_numpy() + 1e-9).astype(np.int64)
    lent = random.binomial(townships["posts"].to_numpy(), calibration.lent_share)
    excess = np.maximum(lent - allowed, 0)
    while (difference := returned - int(excess.sum())) != 0:
        # Raise townships at or above the cap, or lower those above it, one person each.
        open_to = np.flatnonzero((lent >= allowed) & (excess < 5) if difference > 0 else excess > 0)
        if not len(open_to):  # a handful of townships may have nobody at the cap
            lent = np.maximum(lent, allowed)
            continue
        chosen = random.choice(open_to, min(abs(difference), len(open_to)), replace=False)
        lent[chosen] += np.sign(difference)
        excess = np.maximum(lent - allowed, 0)
    return lent, np.minimum(lent, allowed)


def _joint_cases(townships: pd.DataFrame, total: int, seed: int) -> NDArray[np.int64]:
    random = stream(seed, "joint cases")
    weights = townships["population"].to_numpy(float) ** 0.6 * random.gamma(1.5, 1.0, len(townships))
    return largest_remainder(total, weights)


def _certified(townships: pd.DataFrame, pilot: str, seed: int, calibration: Calibration) -> NDArray[np.int64]:
    random = stream(seed, "certified")
    mean = townships["category"].map(calibration.certified).to_numpy(float)
    mean = mean + np.where(townships["county"] == pilot, calibration.certified_pilot, 0.0)
    return np.clip(1 + random.poisson(mean - 1), 1, calibration.certified_most).astype(np.int64)


def _officer_load(townships: pd.DataFrame, seed: int, calibration: Calibration) -> NDArray[np.float64]:
    """Return the statutory enforcement work in officers' years; the largest places have more than two."""
    random = stream(seed, "officer load")
    count = len(townships)
    size = townships["population"].to_numpy(float) * np.where(townships["category"] == Category.SUBDISTRICT, 1.5, 1.0)
    size = size * random.lognormal(0, 0.3, count)
    large = np.zeros(count, dtype=bool)
    large[np.argsort(-size, kind="stable")[: round(calibration.large_offices * count)]] = True
    return np.where(
        large, random.uniform(*calibration.officer_load_large, count), random.uniform(*calibration.officer_load, count)
    )
