"""Who chose what in three rounds, so that the ratio rule gives exactly the report's list sizes.

The lists are intended first. For each category and power a number of choosers in the last round is drawn on the right
side of the threshold; the townships with the strongest leaning (county, field, township, chance) are the choosers. The
earlier rounds add weaker leanings: choosing goes on by pruning, with rare additions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.draws import spread_total, stream
from devolve_opt.vocabulary import BASE_LIST, VOTING_CATEGORIES

_OWN = tuple(str(category) for category in VOTING_CATEGORIES[:-1])
_TASTES = {
    "county_seat": ("城市管理", "住房和城乡建设", "市场监督管理", "文化和旅游", "发展改革和政务服务", "消防救援"),
    "central": ("住房和城乡建设", "交通运输", "人力资源和社会保障", "自然资源", "应急管理"),
    "key": ("应急管理", "生态环境", "自然资源", "水利", "交通运输"),
    "characteristic": ("文化和旅游", "农业农村", "林业和草原", "水利", "卫生健康"),
}
"""Fields that townships of a category care for more than others do; assumed."""


@dataclass(frozen=True)
class Lists:
    """The intended guide list: powers by their position in the table."""

    base: NDArray[np.bool_]
    member: NDArray[np.bool_]
    """Rows are the categories with a list of their own, columns the powers."""

    def table(self, powers: pd.Index) -> pd.DataFrame:
        """Return the columns `power, list` as the ratio rule gives them."""
        rows = [(power, BASE_LIST) for power in powers[self.base]]
        rows += [(power, category) for category, held in zip(_OWN, self.member, strict=True) for power in powers[held]]
        return pd.DataFrame(rows, columns=["power", "list"], dtype="str")


@dataclass(frozen=True)
class Rounds:
    """Choices as arrays, townships by powers."""

    last: NDArray[np.bool_]
    second: NDArray[np.bool_]
    first: NDArray[np.bool_]


def intended_lists(
    powers: pd.DataFrame, fields: pd.DataFrame, eligible: NDArray[np.bool_], seed: int, calibration: Calibration
) -> Lists:
    """Choose which powers shall pass the threshold, on the base list and on each category's."""
    random = stream(seed, "lists")
    count = len(powers)
    everyday = powers["field"].map(fields["everyday"]).to_numpy(float)
    appeal = 1.3 * everyday + random.gumbel(0, 0.6, count)
    required = powers.index.isin(powers.loc[eligible, "requires"])
    appeal = np.where(eligible, appeal + 100.0 * required, -np.inf)
    base = np.zeros(count, dtype=bool)
    base[np.argsort(-appeal, kind="stable")[: calibration.base_list]] = True

    names = powers["field"].map(fields["name"])
    taste = np.array([names.isin(_TASTES[category]).to_numpy(float) for category in _OWN])
    taste += random.gumbel(0, 0.7, taste.shape)
    appeal = np.where(base, -np.inf, appeal + 0.6 * taste.max(axis=0))
    special = np.sort(np.argsort(-appeal, kind="stable")[: calibration.special])
    sizes = _list_sizes(random, calibration)
    member = np.zeros((len(_OWN), count), dtype=bool)
    # First one list for each special power, the strongest taste first; then the rest of each list from its own taste.
    for category, power in _by_taste(taste, special):
        if not member[:, power].any() and member[category].sum() < sizes[category]:
            member[category, power] = True
    for category, power in _by_taste(taste, special):
        if member[category].sum() < sizes[category]:
            member[category, power] = True
    return Lists(base, member)


def _list_sizes(random: np.random.Generator, calibration: Calibration) -> NDArray[np.int64]:
    least, most = calibration.category_list_sizes
    sizes = spread_total(calibration.memberships, random.uniform(0.85, 1.15, len(_OWN)))
    return np.clip(sizes, least, most)


def _by_taste(taste: NDArray[np.float64], special: NDArray[np.int64]) -> list[tuple[int, int]]:
    order = np.argsort(-taste[:, special], axis=None, kind="stable")
    categories, positions = np.unravel_index(order, (len(taste), len(special)))
    return [(int(category), int(special[position])) for category, position in zip(categories, positions, strict=True)]


def choosers(
    lists: Lists,
    eligible: NDArray[np.bool_],
    sizes: NDArray[np.int64],
    kept_free: NDArray[np.int64],
    seed: int,
    calibration: Calibration,
) -> NDArray[np.int64]:
    """Draw how many townships of each voting category choose each power in the last round.

    Args:
        lists: the intended lists.
        eligible: whether law lets each power be handed down.
        sizes: voting townships of each category.
        kept_free: townships of each category that may turn out not to choose (the pilot's).
        seed: seed of the generator.
        calibration: the figures to meet.

    Returns:
        Categories by powers; every listed power passes the threshold of its lists and no other eligible power any.
    """
    random = stream(seed, "choosers")
    count = len(eligible)
    own = len(_OWN)
    threshold = np.ceil(calibration.threshold * sizes - 1e-9).astype(np.int64)
    overall = int(np.ceil(calibration.threshold * sizes.sum() - 1e-9))
    special = lists.member.any(axis=0)
    share = 0.65 * random.beta(1.1, 9.0, count) * random.uniform(0.5, 1.6, (len(sizes), count))
    near = (random.random(count) < calibration.near_misses)[None, :]
    share = np.where(near, random.uniform(0.36, 0.59, share.shape), share)
    share = np.where(~eligible, random.beta(1.2, 5.0, count) + random.uniform(-0.08, 0.08, share.shape), share)
    share = np.where(special, random.uniform(0.08, 0.52, share.shape), share)
    on_list = np.vstack([lists.member, np.zeros((1, count), dtype=bool)])
    share = np.where(on_list, 0.60 + 0.3 * random.beta(1.2, 3.0, share.shape), share)
    in_base = random.uniform(0.62, 0.84, count) + random.uniform(-0.08, 0.08, share.shape)
    share = np.where(lists.base, in_base, share)

    number = np.round(np.clip(share, 0, 1) * sizes[:, None]).astype(np.int64)
    below = eligible & ~lists.base & ~on_list
    number = np.where(below, np.minimum(number, threshold[:, None] - 1), number)
    number = np.where(on_list, np.maximum(number, threshold[:, None]), number)
    number = np.minimum(number, (sizes - kept_free)[:, None])
    # A special power stays below the overall threshold: the general towns give way, then the categories without it.
    for row in [own, *range(own)]:
        surplus = np.where(special, np.maximum(number.sum(axis=0) - (overall - 1), 0), 0)
        number[row] -= np.where(on_list[row], 0, np.minimum(surplus, number[row]))
    for row in [own, *reversed(range(own))]:
        lack = np.where(lists.base, np.maximum(overall - number.sum(axis=0), 0), 0)
        number[row] += np.minimum(lack, (sizes - kept_free)[row] - number[row])
    return number


def leanings(townships: pd.DataFrame, powers: pd.DataFrame, fields: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    """Return how strongly each township leans to each power: county and field, township and field, openness, chance."""
    random = stream(seed, "leanings")
    field = fields.index.get_indexer(pd.Index(powers["field"]))
    county, _ = pd.factorize(townships["county"])
    county_field = random.normal(0, 0.7, (county.max() + 1, len(fields)))
    # Every county lacks something: no grassland, no reservoir, hardly any industry.
    county_field[np.arange(len(county_field)), random.integers(0, len(fields), len(county_field))] -= 2.5
    result = county_field[county][:, field]
    result += random.normal(0, 0.8, (len(townships), len(fields)))[:, field]
    result += random.normal(0, 0.5, len(townships))[:, None]
    result += random.logistic(0, 0.7, result.shape)
    return result


def vote(
    leaning: NDArray[np.float64],
    category: NDArray[np.int64],
    number: NDArray[np.int64],
    fixed: NDArray[np.int8],
    seed: int,
    calibration: Calibration,
) -> Rounds:
    """Let the townships choose in three rounds.

    Args:
        leaning: townships by powers.
        category: each township's position in the order of the voting categories.
        number: choosers in the last round, categories by powers.
        fixed: townships by powers; 1 must choose in the last round, 0 must not, -1 is free.
        seed: seed of the generator.
        calibration: the figures to meet.
    """
    random = stream(seed, "rounds")
    last, second, first = (np.zeros(leaning.shape, dtype=bool) for _ in range(3))
    pull = np.where(fixed == 1, np.inf, np.where(fixed == 0, -np.inf, leaning))
    dropped = np.array([[calibration.round_2_extra], [calibration.round_1_extra]])
    extra = random.uniform(0.2, 1.8, (2, leaning.shape[1])) * dropped
    for row, count in enumerate(number):
        members = np.flatnonzero(category == row)
        last[members] = _ranks(pull[members]) < count
        rank = _ranks(leaning[members] + random.normal(0, 0.3, (len(members), leaning.shape[1])))
        rest = len(members) - count
        second[members] = rank < count + np.round(extra[0] * rest)
        first[members] = rank < count + np.round((extra[0] + extra[1]) * rest)
    kept = random.random((2, *leaning.shape)) < calibration.round_kept
    second = (last & kept[0]) | (second & ~last)
    first = (last & kept[1]) | (second & kept[1]) | (first & ~second & ~last)
    return Rounds(last, second, first)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each township's place for each power, 0 for the highest value."""
    order = np.argsort(-values, axis=0, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(values))[:, None].repeat(values.shape[1], axis=1), axis=0)
    return ranks


def votes_table(rounds: Rounds, townships: pd.Index, powers: pd.Index) -> pd.DataFrame:
    """Return the table of votes: a row for each township and power chosen at least once."""
    at, of = np.nonzero(rounds.last | rounds.second | rounds.first)
    return pd.DataFrame(
        {
            "township": townships[at], "power": powers[of],
            "round_1": rounds.first[at, of], "round_2": rounds.second[at, of], "round_3": rounds.last[at, of],
        }
    )  # fmt: skip
