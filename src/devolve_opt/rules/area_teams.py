"""Calls of townships and journeys to them: what area teams have to do, before anything is decided."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError
from devolve_opt.instruments import AreaTeams
from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.rules.workload import load_of_joint_cases
from devolve_opt.vocabulary import ENFORCEMENT_TYPES


def settings_of(case: Case, policy: Policy) -> AreaTeams:
    """Return the settings of area teams.

    Raises:
        InputError: if the policy has none, or the case has no teams or no journeys for them.
    """
    faults = []
    if policy.area_teams is None:
        message = tr("is not there; add the table [policy.area_teams] (it may be empty) to site the county's teams.")
        faults.append(Fault(message, column="policy.area_teams"))
    if case.tables["teams"].empty:
        message = tr("is missing or empty; add the county's teams, or draw them with `synth`.")
        faults.append(Fault(message, file="teams.csv"))
    if faults:
        raise InputError(faults)
    assert policy.area_teams is not None
    return policy.area_teams


def travel_hours(case: Case, county: str) -> pd.DataFrame:
    """Return the hours one way between the townships of a county, indexed by township both ways.

    0 to a township itself, infinite where no journey is given.
    """
    townships = case.tables["townships"]
    members = townships.index[townships["county"] == county]
    hours = np.full((len(members), len(members)), np.inf)
    np.fill_diagonal(hours, 0.0)
    travel = case.tables["travel"]
    ends = [members.get_indexer(pd.Index(travel[name])) for name in ("township", "other")]
    inside = (ends[0] >= 0) & (ends[1] >= 0)
    one, other = ends[0][inside], ends[1][inside]
    hours[one, other] = hours[other, one] = travel["hours"].to_numpy(float)[inside]
    return pd.DataFrame(hours, index=members, columns=members)


def calls(case: Case, settings: AreaTeams, county: str) -> pd.DataFrame:
    """Return what the townships of a county call teams in for, as far as it must be answered.

    Joint cases are not counted by field. Where a team of the county enforces in one field only, they are taken to fall
    on fields like the county's cases of inspections, penalties and coercion (assumption); what is left is the part of
    all other fields, which only teams for every field may take.

    Returns:
        A row for each township and field that a team is for, and one with a blank field for the rest; columns
        `township, field, hours` (officer-hours a year, without journeys), `calls` (calls a year).
    """
    townships = case.tables["townships"]
    joint = townships.loc[townships["county"] == county, "joint_cases"] * settings.calls_answered_share
    shares = _field_shares(case, county)
    rows = [(township, field, cases * share) for township, cases in joint.items() for field, share in shares.items()]
    frame = pd.DataFrame(rows, columns=["township", "field", "cases"]).astype({"township": "str", "field": "str"})
    return pd.DataFrame(
        {
            "township": frame["township"], "field": frame["field"],
            "hours": frame["cases"] * settings.county_case_hours,
            "calls": frame["cases"] * settings.calls_per_joint_case,
        }
    )  # fmt: skip


def _field_shares(case: Case, county: str) -> dict[str, float]:
    """Return the part of joint cases in each field that some team of the county is for, and the rest as a blank."""
    teams, powers, townships = case.tables["teams"], case.tables["powers"], case.tables["townships"]
    fields = [field for field in teams.loc[teams["county"] == county, "field"].unique() if field]
    if not fields:
        return {"": 1.0}
    cases = case.tables["cases"]
    arising = cases[
        cases["township"].map(townships["county"]).eq(county)
        & cases["power"].map(powers["type"]).isin(ENFORCEMENT_TYPES)
    ]
    by_field = arising.groupby(arising["power"].map(powers["field"]))["cases"].sum()
    total = float(by_field.sum())
    shares = {field: float(by_field.get(field, 0.0)) / total if total else 0.0 for field in fields}
    return {**{field: share for field, share in shares.items() if share > 0}, "": max(0.0, 1.0 - sum(shares.values()))}


def journey_hours(settings: AreaTeams, number: NDArray[np.float64], hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the officer-hours a year on the road: calls, there and back, with the officers who answer a call."""
    return number * 2.0 * hours * settings.officers_per_call


def own_officers(case: Case, settings: AreaTeams, county: str) -> pd.Series:
    """Return the officers whom a team of its own takes in each township of a county (persons).

    As many as answer a call, or more where the called-in hours take them. An officer has the mean hours for calls of
    the officers in the county's teams, or of all teams where the county has none; where these have no hours at all, the
    least number is given.
    """
    hours = calls(case, settings, county).groupby("township", sort=False)["hours"].sum()
    teams = case.tables["teams"]
    teams = teams[teams["county"] == county] if (teams["county"] == county).any() else teams
    each = float((teams["officers"] * teams["hours"]).sum() / teams["officers"].sum())
    needed = [ceil(amount / each - 1e-9) if each > 0 else 0 for amount in hours]
    return pd.Series(np.maximum(settings.officers_per_call, needed), index=hours.index, dtype="int64")


def hours_taken_over(case: Case, policy: Policy) -> pd.Series:
    """Return the officer-hours of joint cases that teams take over from each township's own officers, by township.

    `taken_over_share` of the township's hours on the joint cases whose calls are answered (officer-hours a year). Every
    plan that passes the audit answers them, so it does not depend on which team does. The main model credits them.

    Raises:
        InputError: if area teams are off, or the case has none.
    """
    settings = settings_of(case, policy)
    return (load_of_joint_cases(case, policy) * settings.calls_answered_share * settings.taken_over_share).rename(
        "hours_taken_over"
    )
