"""Stations that townships manage or take over: every row as it is written, and what it is worth where it binds.

Named as in `test_formulation_lists.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from devolve_opt.case import Case
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model, read_decisions, set_start
from devolve_opt.formulation.stations import hours_lost
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.stations import station_limits
from devolve_opt.scenario import Scenario
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import StationKind, Term
from modelling import (
    HOURS,
    assert_linear,
    assert_row,
    assert_rows,
    coefficients,
    parsed,
    small_case,
    small_policy,
    with_and_without,
    with_stations,
)

FREE = {"hour_price": 0.0}
# Ten at work have 18,400 h, 16,560 free; 20,240 h of work are 1,840 at 0.5 and 1,840 at 1.5 above: 3,680.
BUSY = {"T1": {"statutory_hours": 20_240.0}}


def model_of(case: Case, policy: dict[str, Any] | None = None, **keys: Any):
    return build_model(case, small_policy(stations=policy or {}, **keys))


def of_stations(expression) -> dict[str, float]:
    """Return the coefficients of what belongs to stations."""
    found, _ = coefficients(expression)
    return {name: number for name, number in found.items() if name.startswith(("managed", "devolved", "brought"))}


# Off


@pytest.mark.parametrize(("table", "policy"), [(True, None), (False, {})])
def test_off_stations_cost_nothing(table, policy):
    case = small_case({"T1": {}, "T2": {}}, votes={("T1", "P1"): 3})
    plain = compile_matrix(build_model(case, small_policy()))
    stations = {"A1": {"field": "F2"}} if table else {}
    model = build_model(with_stations(case, **stations) if table else case, small_policy(stations=policy))
    matrix = compile_matrix(model)
    assert matrix.rows.shape == plain.rows.shape
    assert matrix.row_names == plain.row_names
    for name in ("managed", "devolved", "brought"):
        assert not hasattr(model, name)
    assert not model.term[str(Term.STATIONS)].expr


def test_what_law_or_policy_keeps_never_enters():
    every = {f"A{number}": {"kind": str(kind)} for number, kind in enumerate(StationKind)}
    case = with_stations(small_case({"T1": {}}), **every)
    model = model_of(case)
    kinds = {name: facts["kind"] for name, facts in every.items()}
    assert {kinds[name] for name in kinds if name not in model.managed} == {
        "court", "procuratorate", "justice_office", "police",
    }  # fmt: skip
    assert {kinds[name] for name in model.managed if name not in model.devolved} == {
        "market_supervision", "natural_resources",
    }  # fmt: skip
    limits = station_limits(case, small_policy(stations={"never_devolved": [*StationKind]}).stations)
    told = {kinds[name]: (row["kept_from"], row["source"]) for name, row in limits.iterrows()}
    assert told["court"] == ("management and devolution", "宪法 131")
    assert told["procuratorate"] == ("management and devolution", "宪法 136")
    assert told["police"] == ("management and devolution", "the city's report")
    assert told["market_supervision"] == ("devolution", "the city's report")
    assert told["culture"] == ("devolution", "the policy")


# Rows


def test_devolved_only_if_managed_as_written():
    case = with_stations(small_case({"T1": {}}), A1={}, A2={"kind": "market_supervision"}, A3={"kind": "police"})
    assert_rows(model_of(case).devolved_only_if_managed, {"A1": "devolved[A1] - managed[A1] <= 0"})
    model = model_of(case, {"measures": []})
    assert list(model.managed) == ["A1"]
    assert_rows(model.devolved_only_if_managed, {"A1": "devolved[A1] - managed[A1] == 0"})


def test_devolved_only_if_managed_binds():
    # Devolved, 36,800 h are there for 20,240 + 9,200: no overload, less 120 for the measures. Alone, `devolved` would
    # bring eight persons, 33,120 h, of which 29,808 are free, and escape the 120.
    assert with_and_without(model_of(with_stations(small_case(BUSY), A1={}), FREE), "devolved_only_if_managed") == (
        3_560, 3_680,
    )  # fmt: skip


def test_hours_officers_and_work_as_written():
    case = with_stations(
        small_case({"T1": {}, "T2": {}}), A1={"certified": 2}, A2={"kind": "market_supervision", "certified": 1}
    )
    model = model_of(case, {"hour_shares": {"daily_management": 0.15}})
    # A quarter of ten persons' hours; the devolved one brings the rest.
    there = "4600 managed[A1] + 13800 devolved[A1] + 4600 managed[A2]"
    assert of_stations(model.hours_there["T1"]) == pytest.approx(parsed(there))
    assert of_stations(model.hours_needed["T1"]) == pytest.approx({"devolved[A1]": 9_200})
    assert of_stations(model.officers["T1"]) == pytest.approx({"devolved[A1]": 2})
    # Each of two officers has 0.8 x 1,840 h for enforcement, of which 0.8 x 920 go to the station's own work.
    sufficient = of_stations(model.officer_hours_sufficient["T1"].body)
    assert abs(sufficient["devolved[A1]"]) == pytest.approx(2 * 0.8 * (1_840 - 920))
    # No step of overload may be cut short by its bound: ten persons and a quarter of ten more.
    more = model.overload["T1", 0].ub - model.overload["T2", 0].ub
    assert more == pytest.approx(0.1 * HOURS * 12.5)
    assert not of_stations(model.hours_there["T2"])


def test_the_term_as_written():
    stations = {"A1": {}, "A2": {"own_hours": 20_000.0}, "A3": {"kind": "natural_resources"}}
    model = model_of(with_stations(small_case({"T1": {}}), **stations), {"hour_price": 0.5})
    # Of 18,400 h a fifth is lost if managed, 9,200 or nothing if devolved; the measures cost 120 each.
    assert_linear(
        model.term[str(Term.STATIONS)].expr,
        "- 1960 managed[A1] - 2760 devolved[A1] - 1960 managed[A2] + 1840 devolved[A2] - 1960 managed[A3]",
    )
    assert of_stations(hours_lost(model, "A2")) == pytest.approx({"managed[A2]": 3_680, "devolved[A2]": -3_680})


def test_managed_within_cap_as_written():
    case = with_stations(small_case({"T1": {}}), A1={}, A2={})
    assert_row(model_of(case, {"managed_max": 1}).managed_within_cap, "managed[A1] + managed[A2] <= 1")
    assert len(model_of(case, {"managed_max": 2}).managed_within_cap) == 0


def test_managed_within_cap_binds():
    towns = {**BUSY, "T2": BUSY["T1"]}
    stations = {"A1": {"kind": "market_supervision"}, "A2": {"kind": "market_supervision", "township": "T2"}}
    # Two persons more: 22,080 h, 19,872 free; 368 h at 0.5 are 184 instead of 3,680. It costs 3,680 x 0.5 + 120.
    model = model_of(with_stations(small_case(towns), **stations), {"hour_price": 0.5, "managed_max": 1})
    assert with_and_without(model, "managed_within_cap") == (1_536, 3_072)


def test_devolved_within_cap_as_written():
    case = with_stations(small_case({"T1": {}}), A1={}, A2={})
    assert_row(model_of(case, {"devolved_max": 1}).devolved_within_cap, "devolved[A1] + devolved[A2] <= 1")
    assert len(model_of(case, {"devolved_max": 2}).devolved_within_cap) == 0


def test_devolved_within_cap_binds():
    # Managed only, 184 of overload are left.
    model = model_of(with_stations(small_case(BUSY), A1={}), {**FREE, "devolved_max": 0})
    assert with_and_without(model, "devolved_within_cap") == (3_376, 3_560)


def test_managed_per_township_within_cap_as_written():
    case = with_stations(small_case({"T1": {}, "T2": {}}), A1={}, A2={}, A3={"township": "T2"})
    model = model_of(case, {"managed_per_township_max": 1})
    assert_rows(model.managed_per_township_within_cap, {"T1": "managed[A1] + managed[A2] <= 1"})


def test_managed_per_township_within_cap_binds():
    stations = {name: {"kind": "market_supervision"} for name in ("A1", "A2")}
    model = model_of(with_stations(small_case(BUSY), **stations), {**FREE, "managed_per_township_max": 1})
    # With both, 25,760 h are there and no overload is left: 3,680 - 240.
    assert with_and_without(model, "managed_per_township_within_cap") == (3_376, 3_440)


READY = small_case(
    {"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3}, fields={"F1": {}, "F2": {"readiness_hours": 500.0}}
)
CHEAP = {"hour_price": 0.0, "prices": {"performance_pay": 0}}


def test_brought_only_by_station_as_written():
    stations = {"A1": {"field": "F2"}, "A2": {"field": "F2"}, "A3": {"field": "F1"}, "A4": {"field": ""}}
    model = model_of(with_stations(READY, **stations), new_fields_max=0)
    row = "brought[T1,F2] - managed[A1] - managed[A2] <= 0"
    assert_rows(model.brought_only_by_station, {("T1", "F2"): row})
    assert_row(model.new_fields_within_cap["T1"], "ready[T1,F2] - brought[T1,F2] <= 0")
    assert_linear(model.term[str(Term.READINESS)].expr, "- 500 ready[T1,F2] + 500 brought[T1,F2]")


def test_brought_only_if_ready_as_written():
    model = model_of(with_stations(READY, A1={"field": "F2"}))
    assert_rows(model.brought_only_if_ready, {("T1", "F2"): "brought[T1,F2] - ready[T1,F2] <= 0"})


def test_brought_only_by_station_binds():
    # P1 is worth 120 and not the 500 of its field; the station brings it for 60, and without one it would be free.
    model = model_of(with_stations(READY, A1={"field": "F2"}), CHEAP)
    assert with_and_without(model, "brought_only_by_station") == (60, 120)


def test_brought_only_if_ready_binds():
    # The township would be given back 500 that it never spent.
    model = model_of(with_stations(READY, A1={"field": "F2"}), CHEAP)
    assert with_and_without(model, "brought_only_if_ready") == (60, 440)


def test_brought_fields_are_outside_the_cap():
    case = with_stations(READY, A1={"field": "F2"})
    plan = solve(Scenario(case, small_policy(stations=CHEAP, new_fields_max=0)), gap=0.0, threads=1)
    assert plan.objective == pytest.approx(60)
    assert plan.decisions.stations.to_numpy().tolist() == [["A1", "managed"]]
    assert plan.audit.fields[["new", "brought"]].to_numpy().tolist() == [[True, True]]


def test_certified_staff_of_a_devolved_station_are_officers():
    # Nobody may be trained, so the minimum of two can only come with the station, and takes 9,200 h and 120.
    case = with_stations(small_case({"T1": {}}), A1={"certified": 2})
    policy = {"officers_min": 2, "training_places_max": 0}
    plan = solve(Scenario(case, small_policy(stations={}, **policy)), gap=0.0, threads=1)
    assert plan.objective == pytest.approx(-9_320)
    assert plan.audit.townships.loc["T1", ["from_stations", "officers"]].tolist() == [2, 2]
    assert not plan.audit.breaches
    with pytest.raises(NoPlanError):
        solve(Scenario(case, small_policy(stations={"devolved_max": 0}, **policy)), gap=0.0, threads=1)


def test_what_serves_nothing_is_left_out():
    case = with_stations(READY, A1={}, A2={"field": "F2"}, A3={"field": "F2"})
    model = model_of(case, {"hour_price": 0.0, "prices": {}})
    set_start(model, ratio_decisions(case, model.policy))
    for name in ("A1", "A2", "A3"):
        model.managed[name].set_value(1)
    model.taken["T1", "P1"].set_value(0)
    # The township has time enough; P1 is not taken, so nothing needs readiness.
    assert read_decisions(model).stations.empty
    model.taken["T1", "P1"].set_value(1)
    assert read_decisions(model).stations["station"].tolist() == ["A3"]


def test_a_start_says_what_follows_from_it():
    case = with_stations(READY, A1={"field": "F2"}, A2={})
    plan = solve(Scenario(case, small_policy(stations=CHEAP, new_fields_max=0)), gap=0.0, threads=1)
    model = model_of(case, CHEAP, new_fields_max=0)
    set_start(model, plan.decisions)
    matrix = compile_matrix(model)
    assert matrix.violation(matrix.values()) <= 1e-9
    assert matrix.objective(matrix.values()) == pytest.approx(60)
