"""Helpers to look at single rows of a model, and cases so small that a constraint's worth can be worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyomo.environ import Constraint, value
from pyomo.repn import generate_standard_repn

from devolve_opt.case import Case
from devolve_opt.formulation import build_model
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import compile_matrix

ROOT = Path(__file__).parents[1]
TERM = re.compile(r"([+-]?)\s*(\d[\d.]*)?\s*([a-z_]+\[[^\]]+\])\s*")
HOURS = 1840.0
"""Working hours a year of one person in every small case."""
MAY = "agreed in May"
"""The reason of every pin that is given no other."""


def hand_scenario() -> Scenario:
    return Scenario.read(ROOT / "scenarios" / "hand.toml")


def hand_model(**policy: Any):
    """Return the model of the hand case, under its scenario's policy with some keys changed."""
    scenario = hand_scenario()
    return build_model(scenario.data, scenario.policy.replace(**policy))


def pin(power: str, place: str, holds: bool = True, reason: str = MAY) -> dict[str, object]:
    """Return a pin of a policy; `place` is a township, or the list of a category, the base list or any."""
    kind = "list" if place in ("base", "any", "county_seat", "central") else "township"
    return {"power": power, kind: place, "holds": holds, "reason": reason}


def small_case(
    townships: Mapping[str, Mapping[str, Any]],
    powers: Mapping[str, Mapping[str, Any]] | None = None,
    votes: Mapping[tuple[str, str], int] | None = None,
    cases: Mapping[tuple[str, str], float] | None = None,
    readiness: tuple[tuple[str, str], ...] = (),
    guide_list: tuple[tuple[str, str], ...] = (),
    fields: Mapping[str, Mapping[str, Any]] | None = None,
) -> Case:
    """Return a case from what matters in it; what is not said costs nothing and needs nothing.

    A township has ten posts, all filled, no certificates and no work; a power may be handed down and needs no hours;
    there are the fields F1 (with penalties) and F2, in which readiness is free; powers are in F2 unless they are
    penalties. `votes` gives the rounds chosen.
    """
    units = pd.DataFrame.from_dict(dict(townships), orient="index")
    plain = {
        "county": "C1", "category": "general", "population": 1000, "area_km2": 10.0, "gdp": 100.0,
        "fiscal_revenue": 10.0, "posts": 10, "staff_in_post": 10, "lent": 0, "stationed_staff": 0,
        "certified_officers": 0, "statutory_hours": 0.0, "statutory_officer_hours": 0.0, "joint_cases": 0.0,
    }  # fmt: skip
    # Only a field with penalties may hold one.
    described = {
        name: {**({"field": "F1"} if facts.get("type") == "penalty" else {}), **facts}
        for name, facts in (powers or {"P1": {}}).items()
    }
    items = pd.DataFrame.from_dict(described, orient="index")
    lawful = {
        "type": "other", "field": "F2", "holder": "county", "in_directory": True, "entrustable": False,
        "restricts_liberty": False, "freezes_assets": False, "requires": "", "needs_testing": False,
        "needs_hearing": False, "simple_hours": 0.0, "ordinary_hours": 0.0, "simple_share": 0.0, "upkeep_hours": 0.0,
        "support_hours": 0.0, "legal_basis": "",
    }  # fmt: skip
    areas = pd.DataFrame.from_dict(dict(fields or {"F1": {"needs_officers": True}, "F2": {}}), orient="index")
    free = {"readiness_hours": 0.0, "needs_officers": False, "testing_available": False}
    for frame, defaults in ((units, plain), (items, lawful), (areas, free)):
        frame["name"] = frame.index
        for column, default in defaults.items():
            given = frame[column] if column in frame else pd.Series(None, index=frame.index, dtype=object)
            frame[column] = [default if pd.isna(cell) else type(default)(cell) for cell in given]
    counties = units["county"].drop_duplicates().to_list()
    rounds = [
        {"township": township, "power": power, **{f"round_{number}": number <= met for number in (1, 2, 3)}}
        for (township, power), met in (votes or {}).items()
    ]
    arising = [(*pair, float(number)) for pair, number in (cases or {}).items()]
    return Case.from_tables(
        {
            "counties": pd.DataFrame({"id": counties, "name": counties}),
            "townships": units.rename_axis("id"),
            "fields": areas.rename_axis("id"),
            "powers": items.rename_axis("id"),
            "votes": pd.DataFrame(rounds, columns=["township", "power", "round_1", "round_2", "round_3"]),
            "cases": pd.DataFrame(arising, columns=["township", "power", "cases"]),
            "readiness": pd.DataFrame(readiness, columns=["township", "field"]),
            "guide_list": pd.DataFrame(guide_list, columns=["power", "list"]),
        },
        title="Small case", provenance="Invented for tests.", synthetic=True, available_hours=HOURS,
    )  # fmt: skip


def with_stations(case: Case, **stations: dict[str, Any]) -> Case:
    """Return the case with stations: in T1, of culture, ten persons, no certificate, half of their time bound."""
    plain = {"township": "T1", "kind": "culture", "field": "", "staff": 10, "certified": 0, "own_hours": 9_200.0}
    rows = {name: {"name": name, **plain, **facts} for name, facts in stations.items()}
    return case.replace(stations=pd.DataFrame.from_dict(rows, orient="index").rename_axis("id"))


def with_duties(
    case: Case,
    duties: Mapping[str, Mapping[str, Any]],
    powers: Mapping[str, list[str]] | None = None,
    townships: Mapping[str, list[str]] | None = None,
) -> Case:
    """Return the case with these duties; `powers` they take and `townships` they are laid on, by duty."""
    frame = pd.DataFrame.from_dict({name: dict(facts) for name, facts in duties.items()}, orient="index")
    frame["name"] = frame.index
    takes = [(duty, power) for duty, taken in (powers or {}).items() for power in taken]
    laid = [(duty, township) for duty, some in (townships or {}).items() for township in some]
    return case.replace(
        duties=frame.rename_axis("id").fillna(0.0).reset_index(),
        duty_powers=pd.DataFrame(takes, columns=["duty", "power"], dtype="str"),
        duty_townships=pd.DataFrame(laid, columns=["duty", "township"], dtype="str"),
    )


INSTRUMENTS: dict[str, Any] = {
    "county_opening": {"opened_max": 2}, "lent_returns": {"returned_max": 1}, "retention": {},
    "uncertain_hours": {"budget": 1},
    "office_heads": {"led_max": 1}, "stations": {"managed_max": 1}, "duties": {"matched_share_min": 0.5},
    "phases": {"withdrawal_price": 20.0}, "offices": {}, "area_teams": {},
}  # fmt: skip


def with_everything(case: Case) -> Case:
    """Return the case with stations, duties and a power held already, whatever its townships are."""
    units, powers = list(case.townships.index), list(case.powers.index)
    held = pd.DataFrame({"township": case.voting_townships[:1], "power": powers[0]})
    field = str(case.fields.index[0])
    stations: dict[str, Any] = {
        "A1": {"township": units[0], "field": field, "kind": "culture"},
        "A2": {"township": units[0], "kind": "market_supervision"}, "A3": {"township": units[-1]},
    }  # fmt: skip
    duties = {"D1": {"hours": 40.0, "officer_hours": 10.0}, "D2": {"hours": 400.0}}
    return with_duties(with_stations(case.replace(held=held), **stations), duties, {"D1": powers[:1]})


def everything_on(policy: Policy) -> Policy:
    """Return the policy with every instrument switched on."""
    return policy.replace(**INSTRUMENTS)


def small_policy(**changes: Any) -> Policy:
    """Return a policy in which nothing binds and nothing is lost: a test changes the one key that it is about.

    Prices are the defaults: 40 h a round, 6 h a case, 25 h a round short, 150 h a post, 80 h a certificate, 120 h an
    officer moved; hours above 90 % of those there cost 0.5 up to 100 %, 1.5 up to 110 %, 4 up to 130 %.
    """
    alike = dict.fromkeys(("county_seat", "central", "key", "characteristic", "general", "subdistrict"), 1.0)
    nothing_binds = {
        "own_list_categories": ("county_seat", "central"), "choice_floor": 0.0, "base_posts_tilt": alike,
        "revolving_posts_share": 0.0, "posts_band": 0.0, "attrition_share": 0.0, "officers_min": 0,
        "officers_per_field": 0,
    }  # fmt: skip
    return Policy(**{**nothing_binds, **changes})


def assert_rows(component, expected: Mapping[Any, str]) -> None:
    """Assert that a constraint has exactly these rows, by index, written out as `2 x[A] - y[B,C] <= 3`."""
    assert set(component) == set(expected)
    for index, text in expected.items():
        assert_row(component[index], text)


def assert_row(constraint, text: str) -> None:
    found, constant = coefficients(constraint.body)
    lower, upper = value(constraint.lower), value(constraint.upper)
    lower, upper = (None if limit is None else limit - constant for limit in (lower, upper))
    if "==" in text:
        left, right = text.split("==")
        wanted, limits = parsed(left), (float(right), float(right))
    elif ">=" in text:
        left, right = text.split(">=")
        wanted, limits = parsed(left), (float(right), None)
    elif text.count("<=") == 2:
        low, middle, high = text.split("<=")
        wanted, limits = parsed(middle), (float(low), float(high))
    else:
        left, right = text.split("<=")
        wanted, limits = parsed(left), (None, float(right))
    if (lower is None, upper is None) == (limits[1] is None, limits[0] is None) != (False, False):
        # The same row turned round.
        found = {name: -number for name, number in found.items()}
        lower, upper = (None if limit is None else -limit for limit in (upper, lower))
    assert found == pytest.approx(wanted, rel=1e-9), f"{constraint.name}: {constraint.expr}"
    for limit, wanted_limit in zip((lower, upper), limits, strict=True):
        assert (limit is None) == (wanted_limit is None), f"{constraint.name}: {constraint.expr}"
        if limit is not None:
            assert limit == pytest.approx(wanted_limit, rel=1e-9, abs=1e-9), f"{constraint.name}: {constraint.expr}"


def assert_linear(expression, text: str, constant: float = 0.0) -> None:
    """Assert that an expression is the sum written out as `2 x[A] - y[B,C]`, plus a constant."""
    found, offset = coefficients(expression)
    assert found == pytest.approx(parsed(text), rel=1e-9)
    assert offset == pytest.approx(constant, rel=1e-9, abs=1e-9)


def parsed(text: str) -> dict[str, float]:
    """Return the coefficients of a sum such as `2 x[A] - y[B,C]`."""
    found: dict[str, float] = {}
    for sign, number, name in TERM.findall(text):
        assert name not in found, f"{name} stands twice in {text!r}"
        found[name] = float(number or 1) * (-1 if sign == "-" else 1)
    assert not TERM.sub("", text).strip(), f"not understood: {TERM.sub('', text)!r}"
    return found


def coefficients(expression) -> tuple[dict[str, float], float]:
    """Return the coefficients of a linear expression by variable, without zeros, and its constant."""
    if not hasattr(expression, "is_expression_type"):
        return {}, float(expression)
    repn = generate_standard_repn(expression)
    assert repn.is_linear()
    found = zip(repn.linear_vars, repn.linear_coefs, strict=True)
    return {variable.name: float(value(number)) for variable, number in found if number}, float(value(repn.constant))


def optimum(model, relaxed: bool = False) -> float:
    """Return the best objective of a model, proven without a gap; -inf if there is no solution."""
    matrix = compile_matrix(model)
    whole = np.zeros_like(matrix.integer) if relaxed else matrix.integer
    with Engine(matrix, Control(60.0)) as engine:
        answer = engine.solve(integer=whole, mip_rel_gap=0.0)
    assert answer.outcome in (Outcome.OPTIMAL, Outcome.INFEASIBLE), answer.outcome
    return answer.objective if answer.outcome is Outcome.OPTIMAL else -np.inf


def with_and_without(model, name: str, relaxed: bool = False) -> tuple[float, float]:
    """Return the optimum of a model with a constraint and without it, rounded to a thousandth of a staff-hour."""
    constraint = getattr(model, name)
    assert isinstance(constraint, Constraint)
    assert len(constraint) > 0, f"{name} has no row in this case"
    kept = optimum(model, relaxed)
    constraint.deactivate()
    return round(kept, 3) + 0.0, round(optimum(model, relaxed), 3) + 0.0


def decisions_of(
    lists: list[str], taken: list[str], ready: list[str], posts: Mapping[str, Any], officers: Mapping[str, Any]
) -> Decisions:
    """Return decisions written out briefly: `"P3 base"`, `"A P3"`, `"A F2"`.

    Posts are base, floating and revolving ones by township; officers those trained, moved in and moved out.
    """

    def pairs(rows: list[str], *columns: str) -> pd.DataFrame:
        return pd.DataFrame([text.split() for text in rows], columns=list(columns), dtype="str")

    def counts(rows: Mapping[str, Any], *columns: str) -> pd.DataFrame:
        frame = pd.DataFrame.from_dict(dict(rows), orient="index", columns=list(columns))
        return frame.rename_axis(index="township")

    return Decisions(
        pairs(lists, "power", "list"),
        pairs(taken, "township", "power"),
        pairs(ready, "township", "field"),
        counts(posts, "base_posts", "floating_posts", "revolving_posts"),
        counts(officers, "trained", "moved_in", "moved_out"),
    )
