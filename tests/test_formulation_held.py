"""What townships hold already from earlier batches: it stays, or goes at a price; what may not be held goes anyway."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from devolve_opt.audit import audit
from devolve_opt.audit.phases import audit_phases
from devolve_opt.case import Case
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.plan import Plan
from devolve_opt.rules.interest import interest
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.readiness import ready_today
from devolve_opt.scenario import Scenario
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.phases import phase
from devolve_opt.studies.solving import solve
from devolve_opt.views.phases import phase_lines, phase_tables
from devolve_opt.views.summary import summary
from devolve_opt.views.tables import plan_tables, withdrawn
from devolve_opt.vocabulary import Term
from modelling import assert_linear, assert_rows, small_case, small_policy, with_and_without

POWERS: dict[str, dict[str, Any]] = {"P1": {}, "P2": {"upkeep_hours": 10.0, "support_hours": 30.0}}


def case_of(*held: str, **changes: Any) -> Case:
    """Return a case of one township that chose P1 thrice and P2 never, and holds what is named: `T P2`."""
    case = small_case({"T": {}}, {**POWERS, **changes.pop("powers", {})}, {("T", "P1"): 3}, **changes)
    return with_held(case, *held)


def with_held(case: Case, *held: str) -> Case:
    return case.replace(held=pd.DataFrame([pair.split() for pair in held], columns=["township", "power"]))


def policy_of(price: float | None = None, **changes: Any):
    return small_policy(phases={"withdrawal_price": price}, **changes)


def solved(case: Case, policy: Any) -> Plan:
    return solve(Scenario(case, policy), gap=0.0, time_limit=30, threads=1)


def test_off_the_table_changes_nothing():
    # P2 is held, but nobody hands over in batches.
    for policy in (small_policy(), policy_of()):
        held = case_of("T P2") if policy.phases is None else case_of()
        plain, model = (build_model(case, policy) for case in (case_of(), held))
        assert not hasattr(model, "held_stays")
        assert [len(compile_matrix(each).row_names) for each in (plain, model)] == [
            len(compile_matrix(plain).row_names)
        ] * 2
        assert len(compile_matrix(plain).variables) == len(compile_matrix(model).variables)
        assert interest(held, policy)["power"].tolist() == ["P1"]
        assert "withdrawn" not in plan_tables(solved(held, policy))


def test_held_stays_as_written():
    model = build_model(case_of("T P2"), policy_of())
    assert_rows(model.held_stays, {("T", "P2"): "taken[T,P2] == 1"})
    assert_linear(model.term[str(Term.WITHDRAWALS)].expr, "")
    priced = build_model(case_of("T P2"), policy_of(20.0))
    assert not hasattr(priced, "held_stays")
    assert_linear(priced.term[str(Term.WITHDRAWALS)].expr, "20 taken[T,P2]", -20)


def test_who_chose_nothing_falls_short_of_nothing():
    # T holds P2, which it never chose.
    case = with_held(small_case({"T": {}}, POWERS), "T P2")
    model = build_model(case, policy_of(choice_floor=0.9))
    assert list(model.taken) == [("T", "P2")]
    assert len(model.shortfall) == len(model.shortfall_counted) == 0


def test_held_stays_binds():
    # P2 costs the county 30 h of support and was chosen by nobody; P1 is worth 120.
    assert with_and_without(build_model(case_of("T P2"), policy_of()), "held_stays") == (90, 120)


@pytest.mark.parametrize(("price", "stays", "worth"), [(None, True, 90), (29.0, False, 91), (31.0, True, 90)])
def test_a_price_decides_whether_a_power_is_taken_back(price, stays, worth):
    plan = solved(case_of("T P2"), policy_of(price))
    assert ("P2" in plan.take_up["power"].tolist()) == stays
    assert plan.objective == pytest.approx(worth)
    assert plan.audit.terms[Term.WITHDRAWALS] == (0 if stays else -price)
    table = withdrawn(plan)
    told = table[["township", "power", "reason", "detail", "cost"]].to_numpy().tolist()
    assert told == ([] if stays else [["T", "P2", "taken_back", "29 staff-hours a year", 29.0]])
    words = "held on 1, not allowed 0, taken back 0" if stays else "held on 0, not allowed 0, taken back 1"
    assert f"Held from earlier batches: 1 power; {words}." in summary(plan)


@pytest.mark.parametrize("price", [None, 5.0])
def test_what_the_law_keeps_out_is_withdrawn_at_no_price(price):
    case = case_of("T P3", "T P4", powers={"P3": {"restricts_liberty": True}, "P4": {}})
    case = case.replace(refusals=pd.DataFrame({"county": ["C1"], "power": ["P4"], "reason": ["no staff"]}))
    model = build_model(case, policy_of(price))
    assert set(model.taken) == {("T", "P1")}
    assert model.held_already == []
    plan = solved(case, policy_of(price))
    assert plan.audit.terms[Term.WITHDRAWALS] == 0
    table = withdrawn(plan).set_index("power")
    assert table["reason"].to_dict() == {"P3": "excluded", "P4": "county_refuses"}
    assert table["detail"].to_dict() == {"P3": "行政处罚法 10, 18", "P4": "no staff"}
    assert table["cost"].tolist() == [0, 0]
    explained = withdrawn.__doc__ or ""
    assert all(f"`{column}`" in explained for column in table.columns)


def test_what_is_held_brings_what_it_requires():
    powers = {"P5": {"type": "penalty"}, "P6": {"type": "coercion", "field": "F1", "requires": "P5"}}
    plan = solved(case_of("T P6", powers=powers), policy_of())
    assert set(plan.take_up["power"]) == {"P1", "P5", "P6"}
    # F1, the field of what is held, is ready today.
    assert set(plan.decisions.ready["field"]) == {"F2"}


@pytest.mark.parametrize(("listed", "policy"), [((), {"guide_list_max": 0}), ((("P1", "base"),), {})])
def test_a_conflict_names_what_is_held(listed, policy):
    """No list, or one in force without P2: the township cannot go on holding it."""
    with pytest.raises(NoPlanError) as raised:
        solved(case_of("T P2", guide_list=listed), policy_of(**policy))
    assert raised.value.proven
    assert "phases.withdrawal_price would have to give 1 powers at T, P2 (held_stays)" in str(raised.value)
    assert "set phases.withdrawal_price to let powers be taken back" in str(raised.value)
    assert "P2" not in solved(case_of("T P2", guide_list=listed), policy_of(5.0, **policy)).take_up["power"].tolist()


def test_batches_start_from_what_is_held():
    # T holds P2, of F1, whose case takes 400 h of its one officer's 1,472; P4 takes 1,100 and waits for the second one.
    powers = {
        "P2": {"type": "inspection", "field": "F1", "ordinary_hours": 400},
        "P3": {"type": "inspection", "field": "F1", "requires": "P2"},
        "P4": {"type": "inspection", "field": "F1", "ordinary_hours": 1100},
    }  # fmt: skip
    case = small_case(
        {"T": {"certified_officers": 1}}, powers, {("T", power): 3 for power in powers},
        {("T", "P2"): 1, ("T", "P4"): 1},
    )  # fmt: skip
    phases = {"new_powers_per_batch_max": 1, "new_fields_per_batch_max": 0, "exam_places_per_batch_max": 1}
    scenario = Scenario(with_held(case, "T P2"), small_policy(phases=phases))
    plan = solve(scenario, gap=0.0, time_limit=30, threads=1)
    assert plan.decisions.officers["trained"].tolist() == [1]
    found = phase(scenario, plan.decisions, gap=0.0)
    # Ready from the start, because P2 is there; one power a batch, and with the certificate of the first P4 (126) goes
    # before P3 (120).
    assert found.decisions.handed.to_numpy().tolist() == [["T", "P3", 2], ["T", "P4", 1]]
    assert found.decisions.ready.empty
    assert found.lost == pytest.approx(40)
    states = phase_tables(found)["phases"].set_index("power")["batch"].to_dict()
    assert states == {"P2": "held already", "P3": "2", "P4": "1"}
    assert "Held already from earlier batches: 1 power, which wait for nothing." in phase_lines(found)
    assert found.audit.counties["held"].tolist() == [2, 3, 3]
    again = pd.concat([found.decisions.handed, pd.DataFrame([("T", "P2", 3)], columns=["township", "power", "batch"])])
    decisions = replace(found.decisions, handed=again)
    broken = audit_phases(scenario.data, scenario.policy, plan.decisions, decisions).breaches
    assert {breach.rule for breach in broken} == {"handed_of_plan"}
    without = replace(found.decisions, trained=found.decisions.trained.iloc[:0])
    broken = audit_phases(scenario.data, scenario.policy, plan.decisions, without).breaches
    assert {breach.rule for breach in broken} == {"officers_of_batch_sufficient"}


def test_next_years_table_comes_from_this_years_run():
    scenario = Scenario(case_of(), small_policy(phases={}))
    plan = solve(scenario, gap=0.0, time_limit=30, threads=1)
    phases = phase_tables(phase(scenario, plan.decisions))["phases"]
    held = phases.loc[phases["batch"] != "left over", ["township", "power"]]
    later = Scenario(scenario.case.replace(held=held), scenario.policy)
    again = solve(later, gap=0.0, time_limit=30, threads=1)
    assert audit(later.data, later.policy, again.decisions).breaches == ()
    assert phase(later, again.decisions).lost == 0


COSTLY = {"F1": {"needs_officers": True, "readiness_hours": 50.0}, "F2": {"readiness_hours": 50.0}}


def test_the_field_of_what_is_held_is_ready_today():
    # P1 and P2 are in F2, whose readiness costs 50 h; no new field is allowed.
    case = case_of("T P2", fields=COSTLY)
    plan = solved(case, policy_of(new_fields_max=0))
    assert set(plan.take_up["power"]) == {"P1", "P2"}
    assert plan.audit.terms[Term.READINESS] == 0
    assert plan.audit.fields[["field", "new"]].to_numpy().tolist() == [["F2", False]]
    assert plan.objective == pytest.approx(90)
    # The same where it is taken back; without batches the table says nothing, and nothing can be taken.
    back = solved(case, policy_of(29.0, new_fields_max=0))
    assert (back.take_up["power"].tolist(), back.audit.terms[Term.READINESS]) == (["P1"], 0)
    assert solved(case, small_policy(new_fields_max=0)).take_up.empty
    made = replace(plan.decisions, ready=pd.DataFrame({"township": ["T"], "field": ["F2"]}))
    (breach,) = audit(case, policy_of(), made).breaches
    assert (breach.rule, breach.place) == ("ready_is_new", "township T, field F2, ready today")


def test_what_may_not_be_held_on_makes_nothing_ready():
    case = case_of("T P3", powers={"P3": {"restricts_liberty": True}}, fields=COSTLY)
    assert ready_today(case, policy_of(), interest(case, policy_of())).empty
    plan = solved(case, policy_of())
    assert plan.audit.terms[Term.READINESS] == -50 * policy_of().prices.readiness


def test_the_ratio_rule_keeps_what_is_held_first():
    # Nobody chose P6 or P5, which it requires; a third power does not fit beside them.
    powers = {"P5": {"type": "penalty"}, "P6": {"type": "coercion", "field": "F1", "requires": "P5"}}
    case = case_of("T P6", powers=powers)
    for most, taken in ((2, {"P5", "P6"}), (3, {"P1", "P5", "P6"})):
        plan = ratio_decisions(case, policy_of(new_powers_max=most))
        assert set(plan.take_up["power"]) == taken
        assert plan.ready["field"].tolist() == (["F2"] if most == 3 else [])
        assert audit(case, policy_of(new_powers_max=most), plan).breaches == ()
    assert ratio_decisions(case, small_policy()).take_up["power"].tolist() == ["P1"]
    # A list with room for one power has what is held.
    held = case_of("T P2")
    plan = ratio_decisions(held, policy_of(base_list_max=1, guide_list_max=1))
    assert plan.guide_list.to_numpy().tolist() == [["P2", "base"]]
    assert audit(held, policy_of(base_list_max=1, guide_list_max=1), plan).breaches == ()


@pytest.mark.parametrize(("phases", "told"), [(None, "1 power, NOT counted"), ({}, "held on 1")])
def test_held_powers_that_do_not_count_are_told(phases, told):
    plan = solve(Scenario(case_of("T P1"), small_policy(phases=phases)), gap=0.0, threads=1)
    assert told in summary(plan)


def test_assumed_prices_of_instruments_are_told():
    plan = solve(Scenario(case_of(), small_policy(retention={"price": 7}, county_opening={})), gap=0.0, threads=1)
    assert "county_opening.price 120" in summary(plan)
    assert "retention.price" not in summary(plan)
