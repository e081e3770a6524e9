"""The post formulas once more, from the raw tables, in fractions: what each step gives, what the weights weigh."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from devolve_opt.audit.exact import ratio
from devolve_opt.case import Case
from devolve_opt.policy import Policy

INDICATORS = ("population", "area_km2", "gdp", "fiscal_revenue", "equal")

PARTS: dict[str, tuple[int, ...]] = {
    "6-2-1-1": (6, 2, 1, 1, 0),
    "base-weighted-mobile": (6, 2, 1, 1, 0),
    "three-thirds-equal": (4, 2, 1, 1, 4),
    "three-thirds-indicators": (2, 2, 1, 1, 0),
    "4-3-3": (8, 6, 3, 3, 0),
}
"""Parts of the named formulas by indicator, in the order of `INDICATORS`; only how they stand to each other counts."""


def steps_by_formula(policy: Policy) -> dict[str, Fraction | float]:
    """Parts of a county's posts that are base posts, revolving posts and its mobile reserve."""
    if policy.posts_formula in ("6-2-1-1", "custom"):
        return {"base": policy.base_posts_share, "revolving": policy.revolving_posts_share, "mobile": 0}
    if policy.posts_formula == "base-weighted-mobile":
        return {"base": policy.base_posts_share, "revolving": 0, "mobile": policy.mobile_posts_share}
    return {"base": 0, "revolving": 0, "mobile": 0}


def parts_by_formula(case: Case, policy: Policy) -> pd.Series:
    """Part of each township in the posts of its county that the weights spread."""
    townships = case.townships
    county = townships["county"]
    if policy.posts_formula == "wisn":
        parts = _share_of_county(_required_staff(case, policy), county)
    else:
        given: tuple[float, ...] = PARTS.get(policy.posts_formula, ())
        if policy.posts_weights is not None:
            given = tuple(getattr(policy.posts_weights, indicator) for indicator in INDICATORS)
        parts = sum(
            (
                Fraction(part)
                / Fraction(sum(given))
                * _share_of_county(townships.get(indicator, county.notna().astype("int64")), county)
                for indicator, part in zip(INDICATORS, given, strict=True)
            ),
            start=pd.Series(0, index=townships.index),
        )
    if policy.posts_tilt is None:
        return parts
    return _share_of_county(parts * townships["category"].map(policy.posts_tilt.model_dump()), county)


def _required_staff(case: Case, policy: Policy) -> pd.Series:
    """WISN: hours / hours of a person, raised for what all do, and the persons that single duties take."""
    townships = case.townships
    hours = townships["statutory_hours"] + policy.joint_case_hours * townships["joint_cases"]
    counted = case.available_hours * (1 - policy.category_allowance_share)
    return hours / counted + policy.individual_allowance_hours / case.available_hours


def _share_of_county(values: pd.Series, county: pd.Series) -> pd.Series:
    by_county = values.groupby(county)
    total, size = by_county.transform("sum"), by_county.transform("size")
    evenly = ratio(pd.Series(1, values.index), size)
    return ratio(values, total).where(total > 0, evenly)
