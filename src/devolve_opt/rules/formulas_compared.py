"""The post formulas side by side: what each would give every township, without the model."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.post_formulas import PostsFormula
from devolve_opt.rules.posts import post_formula, post_pools, posts_by_formula
from devolve_opt.rules.workload import staff_without_moves, statutory_load


def formula_policies(policy: Policy) -> dict[str, Policy]:
    """Return the policy with each formula in its place; `custom` only where that is the policy's own.

    Weights of the policy's own go with the formula they were given for, and with no other.
    """
    own = policy.posts_formula
    names = [name for name in get_args(PostsFormula) if name != "custom" or own == "custom"]
    return {name: policy if name == own else policy.replace(posts_formula=name, posts_weights=None) for name in names}


def formulas_compared(case: Case, policy: Policy) -> pd.DataFrame:
    """Return what each formula gives each township, rounded by `posts_rounding`; no band, no cap on moves.

    Returns:
        A row for each formula and township:

        - `formula`; `township`, `name`, `county`, `category`.
        - `posts_before`, `posts`, `change`: posts today, by the formula, and the difference (posts).
        - `fair_share`: base posts and the exact part of those that the weights spread (posts).
        - `deviation`: base and floating posts - fair share: what rounding does (posts).
        - `load`: statutory work / hours of the staff it would then have (share; blank where there are none).
        - `posts_per_thousand`: posts for each 1,000 people (blank where nobody lives).
    """
    townships = case.tables["townships"]
    staffing, work = staff_without_moves(case, policy), statutory_load(case, policy)
    tables = []
    for formula, with_formula in formula_policies(policy).items():
        given, fair = posts_by_formula(case, with_formula), post_formula(case, with_formula)["fair_share"]
        posts = given.sum(axis=1)
        change = posts - townships["posts"]
        there = case.available_hours * (staffing["staff"] + staffing["filling"] * change)
        table = townships[["name", "county", "category"]].assign(
            posts_before=townships["posts"],
            posts=posts,
            change=change,
            fair_share=fair,
            deviation=posts - given["revolving_posts"] - fair,
            load=work / there.where(there > 0),
            posts_per_thousand=1000 * posts / townships["population"].where(townships["population"] > 0),
        )
        table.insert(0, "formula", formula)
        table.insert(1, "township", townships.index.astype("str"))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def formulas_in_short(case: Case, policy: Policy, compared: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a row for each formula: how much it moves, how evenly it leaves work and posts, whom it changes most.

    Args:
        case: the data.
        policy: caps and prices.
        compared: what `formulas_compared` returned for them, if it is at hand.

    Returns:
        - `formula`; `posts_moved`: posts that townships gain (posts); `reserve`: posts of the counties' mobile reserve.
        - `townships_gaining`, `townships_losing` (townships).
        - `change_max`: largest change of a township (posts, without sign); `deviation_max`: largest distance of whole
          posts from the fair share (posts).
        - `load_max`: highest load (share); `load_gini`, `posts_per_thousand_gini`: Gini index over townships (0: all
          alike; blank where there is nothing to compare).
        - `gains_most`, `gains_most_posts`, `loses_most`, `loses_most_posts`: township (id) and its change (posts);
          blank and 0 where none gains or loses.
    """
    compared = formulas_compared(case, policy) if compared is None else compared
    rows = []
    for formula, with_formula in formula_policies(policy).items():
        part = compared[compared["formula"] == formula].set_index("township")
        change = part["change"]
        gains, loses = change[change > 0], change[change < 0]
        rows.append(
            {
                "formula": formula,
                "posts_moved": int(gains.sum()),
                "reserve": int(post_pools(case, with_formula)["mobile"].sum()),
                "townships_gaining": len(gains),
                "townships_losing": len(loses),
                "change_max": int(change.abs().max()) if len(change) else 0,
                "deviation_max": float(part["deviation"].abs().max()) if len(part) else 0.0,
                "load_max": float(part["load"].max()),
                "load_gini": gini(part["load"]),
                "posts_per_thousand_gini": gini(part["posts_per_thousand"]),
                "gains_most": str(gains.idxmax()) if len(gains) else "",
                "gains_most_posts": int(gains.max()) if len(gains) else 0,
                "loses_most": str(loses.idxmin()) if len(loses) else "",
                "loses_most_posts": int(loses.min()) if len(loses) else 0,
            }
        )
    return pd.DataFrame(rows)


def gini(values: pd.Series) -> float:
    """Return the Gini index of values at or above 0: half the mean difference of two / the mean; blanks are left out.

    0 where all are alike, towards 1 where one has all; nan where there is no value or all are 0.
    """
    ordered = np.sort(values.dropna().to_numpy(float))
    if not ordered.sum() > 0:
        return float("nan")
    ranks = np.arange(1, len(ordered) + 1)
    return float(((2 * ranks - len(ordered) - 1) * ordered).sum() / (len(ordered) * ordered.sum()))
