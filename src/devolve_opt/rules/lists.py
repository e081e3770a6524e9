"""The ratio rule: the 1+4 guide list by selection ratio, as the report's city made it.

Reading of the report (assumption; no threshold is published anywhere): the rounds are successive re-selections, so the
last round counts. A power chosen by a large enough share of all townships goes on the base list; one chosen by a large
enough share of a category, and not on the base list, goes on that category's list.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.held import held_on
from devolve_opt.rules.interest import interest
from devolve_opt.rules.legality import eligible_powers
from devolve_opt.vocabulary import BASE_LIST


def selection_shares(case: Case) -> pd.DataFrame:
    """Return the share of townships that chose each power in the last round.

    Returns:
        Indexed by power (all of the pool); columns `base` (all choosing townships) and one for each category that has
        townships, each a share from 0 to 1.
    """
    townships = case.tables["townships"].loc[case.voting_townships]
    votes = case.tables["votes"]
    last = votes[votes["round_3"]]
    categories = last["township"].map(townships["category"])
    counts = pd.crosstab(last["power"], categories).reindex(case.tables["powers"].index, fill_value=0)
    sizes = townships["category"].value_counts()
    shares = counts.reindex(columns=sizes.index, fill_value=0) / sizes
    shares.insert(0, BASE_LIST, counts.sum(axis=1) / max(1, len(townships)))
    return shares


def ratio_lists(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the guide list by selection ratio; where more powers pass than the caps allow, the highest shares stay.

    Where the hours of listed powers are capped, powers go on it one after the other, those of the base list first, the
    highest shares first, and what no longer fits is passed over.

    Where the policy hands over in batches, what townships hold already comes before all others, whatever its share: on
    the list of their category, or on the base list where the category has none.

    Returns:
        Columns `power, list`; base list first, then the category lists in the policy's order. Equal shares are served
        in the order of the power table.
    """
    shares = selection_shares(case).loc[eligible_powers(case, policy)]
    if policy.phases is not None:
        kept = held_on(case, policy, interest(case, policy))
        with_own = [category for category in map(str, policy.own_list_categories) if category in shares.columns]
        for name, group in kept.groupby(kept["category"].where(kept["category"].isin(with_own), BASE_LIST)):
            shares.loc[group["power"].unique(), name] += 2  # more than any share
    base = _highest(shares[BASE_LIST], policy.base_share_min, min(policy.base_list_max, policy.guide_list_max))
    rest = shares.drop(index=base)
    lists = {
        category: _highest(rest[category], policy.category_share_min, policy.category_list_max)
        for category in policy.own_list_categories
        if category in rest.columns
    }
    # Distinct powers are capped by the best share a power has in any category that lists it.
    best = pd.Series(-1.0, index=rest.index)
    for category, powers in lists.items():
        best[powers] = np.maximum(best[powers], rest.loc[powers, category])
    distinct = set(_highest(best, 0.0, policy.guide_list_max - len(base)))
    if policy.listing_hours_max is not None:
        order = [*_by_share(shares[BASE_LIST][base]), *_by_share(best[best.index.isin(distinct)])]
        affordable = _within_hours(order, case.tables["powers"]["listing_hours"], policy.listing_hours_max)
        base, distinct = base[base.isin(affordable)], distinct & affordable
    rows = [(power, BASE_LIST) for power in base]
    rows += [(power, str(category)) for category, powers in lists.items() for power in powers if power in distinct]
    return pd.DataFrame(rows, columns=["power", "list"], dtype="str")


def _within_hours(order: list[str], hours: pd.Series, at_most: float) -> set[str]:
    """Return the powers that fit into so many hours, one after the other; what no longer fits is passed over."""
    kept, left = set(), at_most
    for power in order:
        if hours[power] <= left:
            kept.add(power)
            left -= hours[power]
    return kept


def _highest(shares: pd.Series, at_least: float, at_most: int) -> pd.Index:
    passing = _by_share(shares[shares >= at_least - 1e-12])
    return shares.index.intersection(passing[:at_most], sort=False)


def _by_share(shares: pd.Series) -> pd.Index:
    return shares.sort_values(ascending=False, kind="stable").index
