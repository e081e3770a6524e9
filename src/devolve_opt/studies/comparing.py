"""Compare plans: figures side by side, and whether one may be called better than another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.studies.manifest import read_manifest
from devolve_opt.vocabulary import BASE_LIST, Method, StationStatus, Term

UNITS = {
    **dict.fromkeys(("objective", "bound", *map(str, Term), "overload_hours"), "staff-hours a year"),
    "gap": "share", "rules_broken": "breaches", "powers_listed": "powers", "base_list": "powers",
    "powers_taken": "powers", "take_ups": "township powers", "rounds_met": "rounds", "fields_made_ready": "fields",
    "posts_moved_count": "posts", "officers_trained": "persons", "duties_carried": "township duties",
    "stations_managed": "stations", "stations_devolved": "stations",
}  # fmt: skip
"""Unit of each measure that has one."""


def measures(plan: Plan) -> dict[str, Any]:
    """Return the figures of a plan by name, as they stand in comparisons, sweeps and the run's manifest.

    `objective`, `bound` and every term are in staff-hours a year; `gap` is a share; the others are counts.
    """
    listed = plan.decisions.guide_list
    townships = plan.audit.townships
    return {
        "method": str(plan.method),
        "status": str(plan.status),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "rules_broken": len(plan.audit.breaches),
        **{str(term): plan.audit.terms[term] for term in Term},
        "synthetic": plan.scenario.case.synthetic,
        "powers_listed": int(listed["power"].nunique()),
        "base_list": int((listed["list"] == BASE_LIST).sum()),
        "powers_taken": int(plan.decisions.take_up["power"].nunique()),
        "take_ups": len(plan.decisions.take_up),
        "rounds_met": int(townships["rounds_met"].sum()),
        "fields_made_ready": len(plan.decisions.ready),
        "posts_moved_count": int((townships["posts"] - townships["posts_before"]).clip(lower=0).sum()),
        "officers_trained": int(townships["trained"].sum()),
        "stations_managed": int((plan.decisions.stations["status"] == StationStatus.MANAGED).sum()),
        "stations_devolved": int((plan.decisions.stations["status"] == StationStatus.DEVOLVED).sum()),
        "overload_hours": float(townships["overload_hours"].sum()),
        "duties_carried": len(plan.decisions.duties),
    }


def compare(plans: Plan | str | Path | Sequence[Plan | str | Path] | Mapping[str, Plan | str | Path]) -> pd.DataFrame:
    """Put plans side by side.

    Args:
        plans: plans, or folders of runs, or both, or a single one; a mapping gives the names of the columns.

    Returns:
        Indexed by measure (see `measures`), one column a plan, and two rows with names of other plans:

        - `better_than`: those that this one is proven better than. An optimised plan stands for its scenario, which may
          hold a plan as good as its bound: it is beaten only by an objective above that bound. A plan by the ratio rule
          is just that plan.
        - `not_comparable_with`: those with other data or prices, whose worth means something else; and where either
          breaks rules.

    Raises:
        InputError: naming every folder that holds no run.
    """
    if isinstance(plans, Plan | str | Path):
        plans = [plans]
    named = list(plans.items()) if isinstance(plans, Mapping) else [(_name(plan), plan) for plan in plans]
    columns: dict[str, dict[str, Any]] = {}
    grounds: dict[str, str] = {}
    verdicts: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    for name, plan in named:
        unique, number = name, 2
        while unique in columns:
            unique, number = f"{name} ({number})", number + 1
        try:
            columns[unique], grounds[unique] = _figures(plan)
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    for name, figures in columns.items():
        rivals = {other: rival for other, rival in columns.items() if other != name}
        alike = [
            other
            for other, rival in rivals.items()
            if means_the_same(grounds[other], grounds[name]) and not (figures["rules_broken"] or rival["rules_broken"])
        ]
        below = [other for other in alike if figures["objective"] > _reach(rivals[other])]
        verdicts[name] = {
            "better_than": ", ".join(below),
            "not_comparable_with": ", ".join(other for other in rivals if other not in alike),
        }
    return pd.DataFrame({name: {**figures, **verdicts[name]} for name, figures in columns.items()})


def _reach(figures: Mapping[str, Any]) -> float:
    """Return the most that the scenario behind these figures is known to be able to reach, staff-hours a year."""
    reach = figures["objective"] if figures["method"] == Method.RATIO else figures["bound"]
    return inf if reach is None else float(reach)


def _name(plan: Plan | str | Path) -> str:
    return f"{plan.scenario.title} ({plan.method})" if isinstance(plan, Plan) else Path(plan).name


def _figures(plan: Plan | str | Path) -> tuple[dict[str, Any], str]:
    """Return a plan's measures, and what it was valued on: case data and prices."""
    if isinstance(plan, Plan):
        return measures(plan), valued_on(plan.scenario)
    manifest = read_manifest(plan)
    return dict(manifest["measures"]), manifest["valued_on"]


def valued_on(scenario: Scenario) -> str:
    """Return as text what an objective means: `basis`, data and prices of all plans; `choices`, prices of choices.

    A choice at a price, such as a managed station, is one that a scenario without the instrument does not make.
    """
    policy = scenario.policy
    basis: dict[str, Any] = {
        "data": scenario.data.digest,
        "prices": policy.prices.model_dump(),
        "overload": [
            policy.overload,
            policy.overload_free_share,
            [step.model_dump() for step in policy.overload_steps],
        ],
        "choice_floor": policy.choice_floor,
        "joint_case_hours": policy.joint_case_hours,
        "hearing_powers_stay": policy.hearing_powers_stay,
        "withdrawal_price": policy.phases.withdrawal_price if policy.phases is not None else None,
    }
    # What these are worth, cost or take stands in no plan without them.
    if policy.duties is not None:
        basis["duties"] = policy.duties.worth
    if policy.county_opening is not None:
        basis["county_opening"] = policy.county_opening.price
    if policy.retention is not None:
        basis["retention"] = [policy.retention.price, policy.use_min]
    if policy.office_heads is not None:
        basis["office_heads"] = [policy.office_heads.hours, policy.office_heads.leader_price]
    if policy.area_teams is not None:
        basis["area_teams"] = policy.area_teams.calls_answered_share * policy.area_teams.taken_over_share
    choices: dict[str, Any] = {}
    if policy.stations is not None:
        stations = policy.stations
        choices["stations"] = [stations.hour_price, stations.prices.model_dump(), stations.hour_shares.model_dump()]
    if policy.lent_returns is not None:
        choices["lent_returns"] = policy.lent_returns.price
    return json.dumps({"basis": basis, "choices": choices}, sort_keys=True)


def means_the_same(one: str, other: str) -> bool:
    """Tell from two texts of `valued_on` whether objectives can be ranked: same basis and prices."""
    first, second = json.loads(one), json.loads(other)
    shared = first["choices"].keys() & second["choices"].keys()
    return first["basis"] == second["basis"] and all(first["choices"][k] == second["choices"][k] for k in shared)
