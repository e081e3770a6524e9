"""What a plan is worth and what it means for each township; the columns are explained at `audit`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.audit.exact import as_numbers, total
from devolve_opt.audit.ledger import Ledger
from devolve_opt.vocabulary import Term


def term_values(ledger: Ledger) -> dict[Term, float]:
    """Return every term of the objective in the order of `Term`, staff-hours a year; costs are negative."""
    prices, taken, moves = ledger.policy.prices, ledger.taken, ledger.plan.officers
    new_fields = ledger.fields.loc[ledger.fields["new"] & ~ledger.fields["brought"], "field"]
    values = {
        Term.CHOICES_MET: prices.choice_met * int(taken["rounds"].sum()),
        Term.CASES_NEAR_HOME: prices.case_near_home * taken["cases"].sum(),
        Term.OVERLOAD: _overload_cost(ledger, *ledger.doing_nothing).sum() - _overload_cost(ledger).sum(),
        Term.READINESS: -prices.readiness * ledger.case.fields.loc[new_fields, "readiness_hours"].sum(),
        Term.TRAINING: -prices.officer_trained * total(moves["trained"]) / ledger.policy.exam_pass_share,
        Term.OFFICERS_MOVED: -prices.officer_moved * total(moves["moved_in"]),
        Term.POSTS_MOVED: -prices.post_moved * total(ledger.staff["gained"].clip(lower=0)),
        Term.INEQUITY: -prices.choice_shortfall * _shortfall(ledger).sum(),
        Term.COUNTY_SUPPORT: -prices.county_support * taken["support_hours"].sum(),
        **_instrument_values(ledger),
    }
    return {term: float(values[term]) + 0.0 for term in Term}  # + 0.0 makes of -0.0 a plain zero


def _instrument_values(ledger: Ledger) -> dict[Term, float]:
    """Return the terms of the instruments that a policy may switch on; 0 where they are off."""
    opening, returns, retention = ledger.policy.county_opening, ledger.policy.lent_returns, ledger.policy.retention
    heads = ledger.policy.office_heads
    duties = ledger.policy.duties
    hours_lost = ledger.case.available_hours * total(ledger.plan.returned["returned"])
    return {
        Term.COUNTY_OPENING: -opening.price * len(ledger.opened) if opening else 0.0,
        Term.LENT_RETURNS: -returns.price * hours_lost if returns else 0.0,
        Term.UNUSED_POWERS: -retention.price * int((ledger.taken["cases"] < ledger.policy.use_min).sum())
        if retention
        else 0.0,
        Term.OFFICES_LED: -heads.leader_price * heads.hours * ledger.plan.led["township"].nunique() if heads else 0.0,
        Term.STATIONS: _stations_value(ledger),
        Term.DUTIES_MATCHED: duties.worth * ledger.carried["hours"].sum() if duties else 0.0,
        Term.WITHDRAWALS: -(ledger.policy.phases.withdrawal_price or 0.0) * len(ledger.taken_back)
        if ledger.policy.phases
        else 0.0,
    }


def _stations_value(ledger: Ledger) -> float:
    """Return what counties lose with stations, and what the measures cost."""
    settings, stations = ledger.policy.stations, ledger.stations
    if settings is None:
        return 0.0
    each = sum(price for measure, price in settings.prices.model_dump().items() if measure in settings.measures)
    managed = int((stations["status"] != "").sum())
    return -float(settings.hour_price * stations["hours_lost"].sum() + each * managed)


def _overload_cost(ledger: Ledger, needed: pd.Series | None = None, there: pd.Series | None = None) -> pd.Series:
    """Return the cost of overload by township; of the plan, or of the hours needed and there that are given."""
    needed = ledger.hours_needed if needed is None else needed
    there = (ledger.staff["hours_there"] if there is None else there).clip(lower=0)
    cost: pd.Series = pd.Series(0, index=needed.index)
    if ledger.policy.overload == "wall":
        return cost
    reached = ledger.policy.overload_free_share
    for step in ledger.policy.overload_steps:
        above_start = (needed - reached * there).clip(lower=0)
        cost = cost + step.price * np.minimum(above_start, (step.until - reached) * there)
        reached = step.until
    return cost


def _shortfall(ledger: Ledger) -> pd.Series:
    # Subdistricts have asked for nothing, so nothing falls short there.
    return (ledger.policy.choice_floor * ledger.choices["asked"] - ledger.choices["met"]).clip(lower=0)


def township_figures(ledger: Ledger) -> pd.DataFrame:
    """Return the table `Audit.townships`."""
    townships, policy = ledger.case.townships, ledger.policy
    needed, staff, officers, moves = ledger.hours_needed, ledger.staff, ledger.officers, ledger.plan.officers
    there = staff["hours_there"]
    without_hours = pd.Series(np.where(needed > 0, np.inf, 0.0), index=needed.index)
    columns = {
        "county": townships["county"],
        "category": townships["category"],
        "hours_needed": needed,
        "hours_at_risk": ledger.at_risk["hours"],
        "officer_hours_at_risk": ledger.at_risk["officer_hours"],
        "hours_there": there,
        "load": (needed / there.where(there > 0)).fillna(without_hours),
        "overload_hours": (needed - policy.overload_free_share * there.clip(lower=0)).clip(lower=0),
        "posts_before": townships["posts"],
        "posts": staff["posts"],
        **dict(ledger.plan.posts.items()),
        "fair_share": ledger.formula["fair_share"],
        "staff_before": townships["staff_in_post"] - townships["lent"] + townships["stationed_staff"],
        "staff": staff["staff"],
        "lent_returned": staff["lent_returned"],
        "officers_before": townships["certified_officers"],
        "officers_remaining": officers["remaining"],
        **dict(moves.items()),
        "from_stations": ledger.of_stations("officers"),
        "officers": officers["officers"],
        "officer_hours_needed": officers["hours_needed"],
        "officer_hours_there": officers["hours_there"],
        "rounds_asked": ledger.choices["asked"],
        "rounds_met": ledger.choices["met"],
        "powers_taken": ledger.taken["township"].value_counts().reindex(townships.index, fill_value=0),
        "fields_ready": ledger.fields["township"].value_counts().reindex(townships.index, fill_value=0),
    }
    return as_numbers(pd.DataFrame(columns, index=townships.index).rename_axis(index="township"))


def field_figures(ledger: Ledger) -> pd.DataFrame:
    """Return the table `Audit.fields`."""
    keys = ["township", "field"]
    use = ledger.taken.groupby(keys, as_index=False).agg(powers=("power", "size"), cases=("cases", "sum"))
    used = ledger.fields.merge(use, how="left", on=keys).fillna({"powers": 0, "cases": 0})
    return used.astype({"powers": "int64", "cases": "float64"})[[*keys, "new", "brought", "powers", "cases"]]
