"""Certified officers: who is left after a year, what their work takes, and how they are spread without the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.apportionment import largest_remainder
from devolve_opt.rules.workload import joint_hours


def officers_remaining(case: Case, policy: Policy) -> pd.Series:
    """Return the certified officers left in each township after a year's attrition (whole persons).

    A county's losses are rounded up to whole persons and fall on its townships by largest remainder in proportion to
    their officers. Where within a county they fall is not known in advance: assumption.
    """
    townships = case.tables["townships"]
    remaining = townships["certified_officers"].copy()
    for _, members in townships.groupby("county", sort=False):
        certified = members["certified_officers"].to_numpy()
        lost = int(np.ceil(policy.attrition_share * certified.sum() - 1e-9))
        if lost:
            remaining[members.index] = certified - largest_remainder(lost, certified)
    return remaining


def certificates_max(policy: Policy) -> int:
    """Return the new certificates that the city's places give when only a share of the candidates pass."""
    return int(np.floor(policy.exam_pass_share * policy.training_places_max + 1e-9))


def officer_hours_each(case: Case, policy: Policy) -> float:
    """Return the hours a year one officer has for enforcement."""
    return policy.officer_hours_share * case.available_hours


def statutory_officer_hours(case: Case, policy: Policy) -> pd.Series:
    """Return the officer-hours a year each township needs before it takes up any power, its officers heading it."""
    heading = 0.0 if policy.office_heads is None else policy.office_heads.hours
    return case.tables["townships"]["statutory_officer_hours"] + joint_hours(case, policy) + heading


def officers_by_need(case: Case, policy: Policy) -> pd.DataFrame:
    """Return officers so that each office has what its statutory work needs and at least the minimum.

    Offices that lack officers train their own staff while there are places, in the order of the table; what is then
    still missing comes from the offices of the county that have most to spare.

    Returns:
        Indexed by township; columns `trained, moved_in, moved_out` (persons).
    """
    townships = case.tables["townships"]
    remaining = officers_remaining(case, policy).to_numpy()
    hours = statutory_officer_hours(case, policy).to_numpy() / officer_hours_each(case, policy)
    need = np.maximum(policy.officers_min, np.ceil(hours - 1e-9).astype(int))
    trainable = (townships["staff_in_post"] - townships["certified_officers"]).clip(lower=0).to_numpy()
    lack, spare = np.maximum(need - remaining, 0), np.maximum(remaining - need, 0)

    # Places go down the table until they are used up.
    wanted = np.minimum(lack, trainable)
    used_before = np.cumsum(wanted) - wanted
    trained = np.clip(certificates_max(policy) - used_before, 0, wanted)
    lack = lack - trained

    moved_in, moved_out = np.zeros_like(lack), np.zeros_like(lack)
    counties = townships["county"].to_numpy()
    for office in np.flatnonzero(lack):
        neighbours = np.flatnonzero(counties == counties[office])
        for _ in range(int(lack[office])):
            giver = neighbours[np.argmax((spare - moved_out)[neighbours])]
            if spare[giver] <= moved_out[giver]:
                break
            moved_out[giver] += 1
            moved_in[office] += 1
    return pd.DataFrame({"trained": trained, "moved_in": moved_in, "moved_out": moved_out}, index=townships.index)
