"""Stations: laws on random small cases, the policy's table, the case's table, and what the generator draws."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from brute_force import best_plan
from cases import HEADER, faults_of, only_fault, tiny_tables
from depth import examples
from devolve_opt.case import Case
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.policy import Policy
from devolve_opt.reading.tables import check_tables
from devolve_opt.rules.workload import overload_of_doing_nothing
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.synthetic import synthesise
from modelling import HOURS, hand_scenario, optimum, with_stations
from strategies import small_scenarios

# Laws

# A failing case is not made smaller: it is small already, and each try costs a solve.
FEW = settings(
    deadline=None,
    max_examples=examples(12),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@st.composite
def stations_at(draw: st.DrawFn, case: Case, certified: bool) -> dict[str, dict[str, Any]]:
    """Return one or two stations of five persons; of a fifth of their hours, one person is a whole number."""
    free = [name for name, needs in case.fields["needs_officers"].items() if not needs]
    return {
        f"A{number}": {
            "township": draw(st.sampled_from(list(case.townships.index))),
            "kind": draw(st.sampled_from(["culture", "market_supervision", "police"])),
            "field": draw(st.sampled_from(["", *(case.fields.index if certified else free)])),
            "staff": 5, "certified": draw(st.integers(0, 2)) if certified else 0,
            "own_hours": draw(st.sampled_from([4_000.0, 9_000.0, 10_000.0])),
        }
        for number in range(draw(st.integers(1, 2)))
    }  # fmt: skip


@st.composite
def station_scenarios(draw: st.DrawFn, certified: bool) -> tuple[Case, Policy]:
    random = draw(small_scenarios())
    case = with_stations(random.data, **draw(stations_at(random.data, certified)))
    keys = {
        "hour_price": draw(st.sampled_from([0.0, 0.2, 1.0])), "managed_max": draw(st.integers(0, 2)),
        "devolved_max": draw(st.integers(0, 2)), "managed_per_township_max": draw(st.integers(0, 2)),
        "measures": draw(st.sampled_from([["daily_management", "appraisal", "performance_pay"], []])),
        "prices": {"daily_management": 10, "appraisal": 0, "performance_pay": 0},
    }  # fmt: skip
    # `wisn` spreads posts by the statutory work, to which the search below adds that of the stations.
    formula = "6-2-1-1" if random.policy.posts_formula == "wisn" else random.policy.posts_formula
    return case, random.policy.replace(stations=keys, posts_formula=formula)


def best_by_looking(case: Case, policy: Policy) -> float | None:
    """Return the worth of the best plan over every status of every station, each status told by other tables.

    Hours that a township directs are staff who already do its work, own work is statutory work, and readiness that is
    brought is readiness of today (in fields that take no officers, so that it binds nobody).
    """
    settings = policy.stations
    best = None
    for statuses in product(("", "managed", "devolved"), repeat=len(case.stations)):
        towns, ready, price = case.townships, case.readiness, 0.0
        held = case.stations[[status != "" for status in statuses]]
        if (
            len(held) > settings.managed_max
            or statuses.count("devolved") > settings.devolved_max
            or (held["township"].value_counts() > settings.managed_per_township_max).any()
        ):
            continue
        allowed = True
        for (_, facts), status in zip(case.stations.iterrows(), statuses, strict=True):
            if not status:
                continue
            allowed &= facts["kind"] != "police" and (status == "devolved" or bool(settings.measures))
            allowed &= status == "managed" or facts["kind"] == "culture"
            persons = 5 if status == "devolved" else 1
            towns.loc[facts["township"], "stationed_staff"] += persons
            own = facts["own_hours"] if status == "devolved" else 0.0
            towns.loc[facts["township"], "statutory_hours"] += own
            price += settings.hour_price * max(0.0, persons * HOURS - own) + (10 if settings.measures else 0)
            if facts["field"]:
                ready = pd.concat([ready, pd.DataFrame([{"township": facts["township"], "field": facts["field"]}])])
        if not allowed:
            continue
        changed = case.replace(townships=towns, readiness=ready.drop_duplicates(), stations=case.stations.iloc[:0])
        found = best_plan(changed, policy)
        if found is not None:
            before, after = (overload_of_doing_nothing(each, policy) for each in (case, changed))
            worth = found[0] - after + before - price
            best = worth if best is None else max(best, worth)
    return best


@FEW
@given(station_scenarios(certified=False))
def test_the_optimum_is_that_of_a_search_through_all_statuses(drawn):
    case, policy = drawn
    best = best_by_looking(case, policy)
    try:
        plan = solve(Scenario(case, policy), gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        assert best is None
        return
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-4)


@FEW
@given(station_scenarios(certified=True))
def test_plans_with_stations_pass_the_audit_and_are_worth_no_less(drawn):
    case, policy = drawn
    try:
        without = optimum(build_model(case, policy.replace(stations=None)))
        # `solve` audits the plan, and compares its worth with the audit's.
        plan = solve(Scenario(case, policy), gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        return
    assert plan.objective >= without - 1e-4


# Policy and data


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"never_devolved": ["court"], "never_managed": ["court"]}, "never_devolved must hold procuratorate"),
        ({"never_managed": ["police"]}, "never_managed must hold court and procuratorate"),
        ({"never_managed": ["court", "procuratorate", "culture"]}, "holds culture, which never_devolved does not"),
        ({"hour_shares": {"daily_management": 0.95}}, "together exceed 1"),
        ({"measures": ["pay"]}, "must be one of 'daily_management', 'appraisal' or 'performance_pay'"),
        ({"hour_shares": {"apraisal": 0.1}}, "Did you mean 'appraisal'"),
    ],
)
def test_policies_that_cannot_be(keys, message):
    with pytest.raises(InputError, match=message):
        Policy(stations=keys)


def test_a_policy_changes_single_amounts():
    found = Policy(stations={"prices": {"appraisal": 5}, "measures": ["appraisal", "performance_pay"]}).stations
    assert (found.hours_share, found.measures_price) == (pytest.approx(0.10), 65)


def station(**facts: Any) -> dict[str, pd.DataFrame]:
    row = {"name": "甲站", "township": "T1", "kind": "water", "field": "", "staff": 3, "certified": 1, "own_hours": 9.0}
    frame = pd.DataFrame([{**row, **facts}], index=pd.Index(["A1"], name="id"))
    return {**tiny_tables(), "stations": frame}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("township", "T9", "T9"),
        ("field", "F9", "F9"),
        ("kind", "lighthouse", "lighthouse"),
        ("staff", 0, "least allowed, 1"),
        ("certified", 4, "more than the row's staff, 3"),
        ("own_hours", -1.0, "least allowed, 0"),
    ],
)
def test_each_bad_cell_is_one_fault(column, value, words):
    frames = station(**{column: value, **({"certified": 0} if column == "staff" else {})})
    fault = only_fault(check_tables, frames)
    assert (fault.file, fault.row, fault.column) == ("stations", 1, column)
    assert words in str(fault)


def test_stations_stand_once():
    frames = station()
    frames["stations"] = pd.concat([frames["stations"]] * 2)
    assert [fault.column for fault in faults_of(check_tables, frames)] == ["id"]


def test_kinds_may_be_named_in_chinese():
    case = Case.from_tables(station(kind="司法所"), **HEADER)
    assert case.stations["kind"].tolist() == ["justice_office"]


# The generator


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_stations(seed):
    case = synthesise("city", seed)
    stations = case.stations
    assert stations["township"].isin(case.townships.index).all()
    assert not stations.duplicated(["township", "kind"]).any()
    assert stations["staff"].between(2, 8).all()
    assert (stations["certified"] <= stations["staff"].clip(upper=2)).all()
    assert (stations["own_hours"] / stations["staff"] / case.available_hours).between(0.59, 0.96).all()
    shares = stations["kind"].value_counts() / len(case.townships)
    assert shares["police"] > 0.9
    assert 0.6 < shares["market_supervision"] < 0.8
    assert shares["court"] < 0.2
    kept = stations["kind"].isin(["court", "procuratorate", "justice_office", "police"])
    assert (stations.loc[kept, "certified"] == 0).all()
    district = synthesise("pilot-district", seed)
    assert set(district.stations["township"]) <= set(district.townships.index)
    assert len(district.stations) > 0


def test_the_hand_case_has_none():
    assert hand_scenario().data.stations.empty
