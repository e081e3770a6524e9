"""What townships have of what plans are even in: shares, what they are of, and by how much they are beyond a level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.formulation.levels import CHOICES, LOAD, POSTS, TOLERANCE
from devolve_opt.plan import Plan

STEPS = {LOAD: 0.02, POSTS: 0.02, CHOICES: 0.05}
"""What townships can be unequal in, and how far levels lie apart unless told otherwise (shares)."""
SAME = 1e-9
"""Shares that differ by less are the same."""


def shares_of(plan: Plan, of: str) -> pd.Series:
    """Return what each township has of what plans are even in, by id; those without such a share are left out."""
    figures = plan.audit.townships
    if of == LOAD:
        shares = figures["load"]
    else:
        above, below = ("posts", "fair_share") if of == POSTS else ("rounds_met", "rounds_asked")
        shares = figures[above] / figures[below].where(figures[below] > 0)
    return shares.replace([np.inf, -np.inf], np.nan).dropna().astype(float).rename(of)


def is_least(row: Mapping[str, Any]) -> bool:
    """Tell whether it is proven that no less can be beyond a level than was found, as far as it is shown."""
    return amount(row["found"]) == amount(row["least"])


def amount(value: float) -> str:
    """Return percentage points as they are shown: two digits, a little told from none."""
    return "0" if value <= TOLERANCE else f"{max(value, 0.01):,.2f}"


def scale_of(plan: Plan, of: str) -> pd.Series:
    """Return what a township's percentage points are of, by id, from a plan: hours, posts of the formula, or rounds."""
    column = {LOAD: "hours_there", POSTS: "fair_share", CHOICES: "rounds_asked"}[of]
    scale = plan.audit.townships[column].astype(float)
    return scale[scale > 0]


def beyond(figures: pd.DataFrame, of: str, level: float, scale: pd.Series) -> pd.Series:
    """Return by how much each township is beyond a level, by id: percentage points.

    Args:
        figures: of the townships, as an audit has them; what is within the solver's tolerance is not beyond.
        of: what is looked at, a key of `STEPS`.
        level: a share.
        scale: what the points are of, by township, as `scale_of` gives it.
    """
    if of == LOAD:
        amounts = figures["hours_needed"] - level * figures["hours_there"]
    else:
        amounts = level * scale - figures["posts" if of == POSTS else "rounds_met"]
    points = (100 * amounts / scale).reindex(scale.index)
    return points.where(points > TOLERANCE, 0.0)
