"""Workload arithmetic: hours that powers need and hours that staff have.

Hours a year of one person are the case's `available_hours` (WISN: available working time, WHO user's manual 2010).
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.vocabulary import ENFORCEMENT_TYPES


def hours_per_case(case: Case) -> pd.Series:
    """Return the mean staff-hours of one case of each power, simple and ordinary procedure weighted by their share."""
    powers = case.tables["powers"]
    simple = powers["simple_share"]
    return simple * powers["simple_hours"] + (1 - simple) * powers["ordinary_hours"]


def joint_hours(case: Case, policy: Policy) -> pd.Series:
    """Return the hours a year of each township's officers on joint cases, less what the county's teams take over.

    The teams take over where area teams are on; that they can answer every call is what their own plan proves.
    """
    teams = policy.area_teams
    own = 1.0 if teams is None else 1.0 - teams.calls_answered_share * teams.taken_over_share
    return load_of_joint_cases(case, policy) * own


def load_of_joint_cases(case: Case, policy: Policy) -> pd.Series:
    """Return the hours a year of each township's officers on joint cases as they are today, without area teams."""
    return case.tables["townships"]["joint_cases"] * policy.joint_case_hours


def load_today(case: Case, policy: Policy) -> pd.Series:
    """Return the staff-hours a year that each township needs today: its statutory work and joint cases."""
    return case.tables["townships"]["statutory_hours"] + load_of_joint_cases(case, policy)


def statutory_load(case: Case, policy: Policy) -> pd.Series:
    """Return the staff-hours a year each township needs before it takes up any power, with joint cases."""
    return case.tables["townships"]["statutory_hours"] + joint_hours(case, policy)


def staff_without_moves(case: Case, policy: Policy) -> pd.DataFrame:
    """Return each township's staff while its posts stay as they are.

    Lent staff above `lent_share_max` of the posts come back.

    Returns:
        Indexed by township; columns `lent` (persons still lent), `lent_returned` (persons), `staff` (persons at work:
        in post - lent + stationed) and `filling` (staff in post for each post in the county: what a moved post brings).
    """
    townships = case.tables["townships"]
    allowed = np.floor(policy.lent_share_max * townships["posts"] + 1e-9).astype(int)
    lent = np.minimum(townships["lent"], allowed)
    sums = townships.groupby("county")[["staff_in_post", "posts"]].transform("sum")
    return pd.DataFrame(
        {
            "lent": lent,
            "lent_returned": townships["lent"] - lent,
            "staff": townships["staff_in_post"] - lent + townships["stationed_staff"],
            "filling": (sums["staff_in_post"] / sums["posts"].where(sums["posts"] > 0)).fillna(0.0),
        }
    )


def hours_at_risk(hours: Iterable[float], policy: Policy) -> float:
    """Return by how much powers of these hours may together take more hours than expected at most.

    As many as the budget of `Policy.uncertain_hours` turn out so at once, whichever hurt most; 0 without it.
    """
    settings = policy.uncertain_hours
    return settings.deviation * sum(nlargest(settings.budget, hours)) if settings is not None else 0.0


def overload_cost(needed: pd.Series, there: pd.Series, policy: Policy) -> pd.Series:
    """Return what overload costs each township, in staff-hours a year; nothing where overload is a wall.

    Args:
        needed: hours needed, by township; those beyond the last step cost nothing more.
        there: hours there, by township.
        policy: its steps and prices.
    """
    cost = pd.Series(0.0, index=needed.index)
    if policy.overload == "wall":
        return cost
    reached = policy.overload_free_share
    for step in policy.overload_steps:
        within = np.clip(needed - reached * there, 0.0, (step.until - reached) * there.clip(lower=0))
        cost += step.price * within
        reached = step.until
    return cost


def overload_of_doing_nothing(case: Case, policy: Policy) -> float:
    """Return what overload costs the whole city as things stand, in staff-hours a year.

    Posts are those of today, no power is taken, and lent staff are still away: their return is a gain of the plan.
    """
    townships = case.tables["townships"]
    there = case.available_hours * (townships["staff_in_post"] - townships["lent"] + townships["stationed_staff"])
    return float(overload_cost(load_today(case, policy), there, policy).sum())


def is_enforcement(case: Case) -> pd.Series:
    """Return, for each power, whether only certified officers may exercise it."""
    return case.tables["powers"]["type"].isin(ENFORCEMENT_TYPES)
