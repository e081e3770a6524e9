"""The admission test beside stations and county opening: what stays fixed, and what follows from what is given up."""

from __future__ import annotations

import pytest

from devolve_opt.case import Case
from devolve_opt.plan import Plan
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.scenario import Scenario
from devolve_opt.studies.admission import HELD_FIXED, Verdict, admit
from devolve_opt.studies.solving import solve
from devolve_opt.views.admission import admission_text
from modelling import small_case, small_policy, with_duties, with_stations

FREE = {"hour_price": 0.0, "prices": {"daily_management": 0, "appraisal": 0, "performance_pay": 0}}


def solved(case: Case, **policy) -> Plan:
    return solve(Scenario(case, small_policy(**policy)), gap=0.0, threads=1)


@pytest.mark.parametrize("most", [8, 0])
def test_a_station_there_makes_ready_for_nothing(most):
    # T1 manages the station of F2 for its hours: 18,000 h of work, 18,400 there. P1 is on the list and in F2, which
    # takes 100 h, but not where a station brings it; nor does it count among the fields that are made ready.
    case = small_case(
        {"T1": {"statutory_hours": 18_000.0}}, {"P1": {}}, guide_list=(("P1", "base"),),
        fields={"F1": {}, "F2": {"readiness_hours": 100.0}},
    )  # fmt: skip
    case = with_stations(case, A1={"field": "F2", "kind": "market_supervision"})
    plan = solved(case, stations=FREE, new_fields_max=most)
    assert plan.decisions.stations["status"].tolist() == ["managed"]
    assert plan.take_up.empty
    found = admit(plan, ProposedDuty(name="x", hours=500, powers=("P1",)))
    row = found.townships.iloc[0]
    assert (row["verdict"], row["powers_to_take"], row["fields_to_ready"]) == (Verdict.NEEDS, "P1", "F2")
    assert row["caps_to_raise"] == ""
    # The station's hours carry 500 more without overload: nothing is lost, 500 h at 1.5 are won.
    assert (row["loss"], row["worth"]) == (pytest.approx(0), 750)
    assert found.audit.objective == pytest.approx(plan.objective + 750)


def test_without_a_station_the_cap_on_fields_is_told():
    case = small_case({"T1": {}}, {"P1": {}}, guide_list=(("P1", "base"),))
    plan = solved(case, new_fields_max=0)
    row = admit(plan, ProposedDuty(name="x", hours=500, powers=("P1",))).townships.iloc[0]
    assert (row["verdict"], row["caps_to_raise"]) == (Verdict.NEEDS, "new_fields_max")


def test_fields_that_stations_bring_leave_the_cap_to_others():
    # P2's field is the station's, and one field may be made ready: that of P1.
    case = small_case(
        {"T1": {"statutory_hours": 18_000.0}}, {"P1": {"field": "F1"}, "P2": {}}, {("T1", "P2"): 3},
        guide_list=(("P1", "base"), ("P2", "base")), fields={"F1": {}, "F2": {"readiness_hours": 500.0}},
    )  # fmt: skip
    case = with_stations(case, A1={"field": "F2", "kind": "market_supervision"})
    plan = solved(case, stations=FREE, new_fields_max=1)
    assert plan.audit.fields["brought"].tolist() == [True]
    row = admit(plan, ProposedDuty(name="x", hours=500, powers=("P1",))).townships.iloc[0]
    assert (row["verdict"], row["fields_to_ready"], row["caps_to_raise"]) == (Verdict.NEEDS, "F1", "")
    assert row["gives_up_powers"] == ""


def test_a_field_that_a_station_brings_may_be_given_up():
    # The officers cover one field. F1 is the station's and holds P1 (three rounds at 40); the duty takes P2 of F2.
    case = small_case(
        {"T1": {}}, {"P1": {"field": "F1"}, "P2": {}}, {("T1", "P1"): 3},
        guide_list=(("P1", "base"), ("P2", "base")),
        fields={"F1": {"readiness_hours": 500.0, "needs_officers": True}, "F2": {"needs_officers": True}},
    )  # fmt: skip
    case = with_stations(case, A1={"field": "F1", "kind": "market_supervision"})
    plan = solved(case, stations=FREE, fields_at_minimum=1)
    assert plan.audit.fields[["field", "brought"]].to_numpy().tolist() == [["F1", True]]
    found = admit(plan, ProposedDuty(name="x", hours=500, powers=("P2",)))
    row = found.townships.iloc[0]
    assert (row["verdict"], row["gives_up_powers"], row["gives_up_fields"]) == (Verdict.DISPLACES, "P1 (120)", "F1")
    assert row["loss"] == pytest.approx(120)
    assert found.audit.objective == pytest.approx(plan.objective - 120 + 750)


def test_what_a_county_opened_stays_opened():
    # Each township has a county of its own, where opening a power costs 10. T1 has 18,300 h of work, 300 of them P1's.
    towns = {"T1": {"county": "C1", "statutory_hours": 18_000.0}, "T2": {"county": "C2"}}
    case = small_case(towns, {"P1": {"upkeep_hours": 300.0}}, {("T1", "P1"): 3, ("T2", "P1"): 3})
    plan = solved(case, prices={"choice_met": 200}, county_opening={"price": 10})
    assert plan.take_up["township"].tolist() == ["T1", "T2"]
    found = admit(plan, ProposedDuty(name="x", hours=300, townships=("T1",)))
    row = found.townships.iloc[0]
    # P1 goes, the duty comes: as many hours. The opening that nobody uses any more is no gain to T1 ...
    assert (row["verdict"], row["gives_up_powers"]) == (Verdict.DISPLACES, "P1 (600)")
    assert (row["loss"], row["worth"]) == (pytest.approx(600 - 150 + 150), 450)
    # ... and the audit, which asks for no opening that nobody uses, spares it.
    assert found.audit.objective == pytest.approx(plan.objective - row["loss"] + 450 + 10)
    assert "not counted as spared" in row["held_fixed"]


def test_an_opening_that_another_uses_is_not_spared():
    towns = {"T1": {"statutory_hours": 18_000.0}, "T2": {}}
    case = small_case(towns, {"P1": {"upkeep_hours": 300.0}}, {("T1", "P1"): 3, ("T2", "P1"): 3})
    plan = solved(case, prices={"choice_met": 200}, county_opening={"price": 10}, posts_moved_max=0)
    found = admit(plan, ProposedDuty(name="x", hours=300, townships=("T1",)))
    row = found.townships.iloc[0]
    assert row["verdict"] == Verdict.DISPLACES
    assert found.audit.objective == pytest.approx(plan.objective - row["loss"] + row["worth"])


def test_all_that_stays_fixed_is_named():
    for verdict in (Verdict.DISPLACES, Verdict.UNSETTLED):
        for words in ("stations", "leaders", "area teams", "lent staff", "what counties opened"):
            assert words in HELD_FIXED[verdict]


def test_the_text_says_what_stayed_fixed():
    case = with_duties(small_case({"T1": {"statutory_hours": 18_300.0}}), {"D1": {"hours": 60.0}})
    found = admit(solved(case, duties={}), ProposedDuty(name="x", hours=65))
    text = " ".join(admission_text(found).split())
    assert "Held fixed: guide list, posts, officers, leaders of offices" in text
