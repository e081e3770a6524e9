"""WISN: the staff that a workload needs, and how far the staff there fall short of it.

Source: WHO, Workload Indicators of Staffing Need (WISN), user's manual, 2010 (ISBN 9789241500197). The equations of the
allowances follow the manual as generally known; the tests hold them to published studies.
"""

from __future__ import annotations

from typing import TypeVar

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.workload import load_today

Amount = TypeVar("Amount", float, pd.Series)


def standard_workload(working_time: float, unit_time: float) -> float:
    """Return the units of work that one person does in a year: working time / time of a unit.

    Args:
        working_time: available working time of one person a year.
        unit_time: time that one unit of work takes, in the same unit of time.

    Raises:
        ValueError: if a unit takes no time.
    """
    if unit_time <= 0:
        raise ValueError("a unit of work must take time")
    return working_time / unit_time


def category_allowance_factor(share: float) -> float:
    """Return the factor for what everyone does and no workload counts: 1 / (1 - share of working time).

    Raises:
        ValueError: if the share is below 0, or 1 or more.
    """
    if not 0 <= share < 1:
        raise ValueError("the share of category allowances must be at least 0 and below 1")
    return 1 / (1 - share)


def individual_allowance_factor(hours: float, working_time: float) -> float:
    """Return the persons that the duties of single persons take: hours a year / working time of one person [persons].

    Raises:
        ValueError: if there is no working time.
    """
    if working_time <= 0:
        raise ValueError("there must be working time")
    return hours / working_time


def required_staff(core_staff: Amount, category_allowance: float, individual_allowance: float) -> Amount:
    """Return the staff required: core staff x category allowance factor + individual allowance factor [persons].

    Args:
        core_staff: sum over kinds of work of volume / standard workload (persons).
        category_allowance: factor of `category_allowance_factor`.
        individual_allowance: persons, of `individual_allowance_factor`.
    """
    return core_staff * category_allowance + individual_allowance


def required_by_hours(hours: pd.Series, case: Case, policy: Policy) -> pd.Series:
    """Return the staff required for hours of work a year, by township [persons].

    A unit of work is an hour, so that a person's standard workload is the case's `available_hours`.
    """
    return required_staff(
        hours / standard_workload(case.available_hours, 1.0),
        category_allowance_factor(policy.category_allowance_share),
        individual_allowance_factor(policy.individual_allowance_hours, case.available_hours),
    )


def required_today(case: Case, policy: Policy) -> pd.Series:
    """Return the staff required for each township's statutory load, before it takes up any power [persons]."""
    return required_by_hours(load_today(case, policy), case, policy)


def wisn_figures(existing: pd.Series, required: pd.Series) -> pd.DataFrame:
    """Return the figures of a WISN table.

    Returns:
        Indexed as `existing`; columns `existing`, `required` (persons), `difference` (existing - required, persons;
        below 0 a shortage) and `ratio` (existing / required; below 1 a shortage; blank where nobody is required).
    """
    return pd.DataFrame(
        {
            "existing": existing,
            "required": required,
            "difference": existing - required,
            "ratio": existing / required.where(required > 0),
        }
    )
