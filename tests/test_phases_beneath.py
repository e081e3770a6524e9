"""What batches rest on and what rests on them: duties, stations, and the proof of the plan beneath."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from devolve_opt.audit.phases import audit_phases
from devolve_opt.case import Case
from devolve_opt.formulation.phases import build_phases
from devolve_opt.phase_plan import PhasePlan
from devolve_opt.plan import Decisions
from devolve_opt.rules.phases import handover
from devolve_opt.scenario import Scenario
from devolve_opt.studies.phases import phase
from devolve_opt.studies.solving import solve
from devolve_opt.views.phases import phase_lines, phase_tables, supplement_of
from devolve_opt.views.supplement import write_supplement
from devolve_opt.vocabulary import Status
from modelling import assert_row, decisions_of, small_case, small_policy, with_and_without, with_duties, with_stations

LOOSE = {
    "batches": 2, "new_powers_per_batch_max": 9, "new_fields_per_batch_max": 9, "exam_places_per_batch_max": 9,
    "handover_hours": 0.0,
}  # fmt: skip


def batches_of(found: PhasePlan) -> dict[str, int]:
    return found.decisions.handed.set_index("power")["batch"].to_dict()


# Duties. P1 was chosen three times (120 h), P2 and P3 once (40 h). D1 (100 h) takes P2 and P3, D2 (20 h) nothing, D3
# (10 h) P3; an hour of a duty is worth 1.5.

HOURS = {"D1": {"hours": 100.0, "officer_hours": 60.0}, "D2": {"hours": 20.0}, "D3": {"hours": 10.0}}


def duty_case() -> Case:
    powers: dict[str, dict[str, Any]] = {"P1": {}, "P2": {}, "P3": {}}
    case = small_case({"T": {"certified_officers": 1}}, powers, {("T", "P1"): 3, ("T", "P2"): 1, ("T", "P3"): 1})
    return with_duties(case, HOURS, {"D1": ["P2", "P3"], "D3": ["P3"]})


def duty_plan(*carried: str) -> Decisions:
    plan = decisions_of(
        ["P1 base", "P2 base", "P3 base"], ["T P1", "T P2", "T P3"], ["T F2"], {"T": (6, 4, 0)}, {"T": (0, 0, 0)}
    )
    rows = [("T", duty) for duty in carried]
    return replace(plan, duties=pd.DataFrame(rows, columns=["township", "duty"], dtype="str"))


def duty_policy(**changes: Any):
    phases = {**LOOSE, "new_powers_per_batch_max": 1}
    return small_policy(phases=phases, posts_formula="6-2-1-1", **{"duties": {"worth": 1.5}, **changes})


def phased(case: Case, plan: Decisions, policy: Any) -> PhasePlan:
    return phase(Scenario(case, policy, "Duties"), plan, gap=0.0)


def test_batches_hurry_the_powers_that_duties_wait_for():
    found = phased(duty_case(), duty_plan("D1", "D2", "D3"), duty_policy())
    # D1's 150 h are shared by P2 and P3, D3's 15 h are P3's: P1 120, P2 115, P3 130. One power a batch.
    worth = found.audit.powers.set_index("power")["worth"].to_dict()
    assert worth == pytest.approx({"P1": 120, "P2": 115, "P3": 130})
    assert batches_of(found) == {"P3": 1, "P1": 2}
    assert found.lost == pytest.approx(60 + 115)
    asked = handover(duty_case(), duty_policy(), duty_plan("D1", "D2", "D3"))
    assert {power: hours for (_, power), hours in asked.worth.items()} == pytest.approx(worth)
    # Officers of D1 are kept free from the start, although it cannot begin.
    assert asked.busy == {"T": 60}
    # Without duties P1 goes first.
    assert batches_of(phased(duty_case(), duty_plan(), duty_policy()))["P1"] == 1


def test_it_is_told_when_duties_can_begin():
    found = phased(duty_case(), duty_plan("D1", "D2", "D3"), duty_policy())
    table = phase_tables(found)["phase_duties"]
    assert table.set_index("duty")["batch"].to_dict() == {"D1": "left over", "D2": "1", "D3": "1"}
    assert list(table.columns) == [
        "township", "township_name", "county", "duty", "duty_name", "batch", "worth", "synthetic"
    ]  # fmt: skip
    assert all(f"`{column}`" in (phase_tables.__doc__ or "") for column in table.columns)
    record = supplement_of(found).record
    assert (record["duties_begin"], record["duties_not_within_year"]) == ({"1": 2, "2": 0}, 1)
    told = (
        "Duties of the plan: 3. With the last of their powers can begin: batch 1 2; batch 2 0; NOT within the year 1, "
        "which the county has to go on doing. Their officers are kept free from the start."
    )
    assert told in phase_lines(found)


def test_the_audit_works_duties_out_anew():
    found = phased(duty_case(), duty_plan("D1", "D2", "D3"), duty_policy())
    handed = pd.DataFrame([("T", "P2", 1), ("T", "P3", 2)], columns=["township", "power", "batch"])
    changed = replace(found.decisions, handed=handed)
    checked = audit_phases(duty_case(), duty_policy(), duty_plan("D1", "D2", "D3"), changed)
    assert checked.breaches == ()
    assert checked.duties.set_index("duty")["batch"].to_dict() == {"D1": 2, "D2": 1, "D3": 2}
    assert checked.duties["worth"].tolist() == pytest.approx([150, 30, 15])


def test_a_duty_waits_for_nothing_that_is_held_already():
    case = duty_case().replace(held=pd.DataFrame({"township": ["T"], "power": ["P3"]}))
    plan = replace(duty_plan("D1", "D3"), ready=duty_plan().ready.iloc[:0])
    found = phased(case, plan, duty_policy())
    # P2 alone has all that D1 is worth: 40 + 150.
    assert batches_of(found) == {"P2": 1, "P1": 2}
    assert found.audit.powers.set_index("power")["worth"].to_dict() == pytest.approx({"P1": 120, "P2": 190, "P3": 40})
    assert phase_tables(found)["phase_duties"].set_index("duty")["batch"].to_dict() == {"D1": "1", "D3": "1"}


def test_where_duties_are_off_the_table_has_no_row():
    found = phased(duty_case(), duty_plan(), duty_policy(duties=None))
    assert phase_tables(found)["phase_duties"].empty
    assert not any("Duties of the plan" in line for line in phase_lines(found))
    assert found.audit.powers.set_index("power")["worth"].to_dict() == pytest.approx({"P1": 120, "P2": 40, "P3": 40})


# Stations: P1 and P2 are in F2, P3 in F3, P4 in F4. The station S is of F2.

FIELDS: dict[str, dict[str, Any]] = {"F1": {"needs_officers": True}, "F2": {}, "F3": {}, "F4": {}}
OF_FIELDS: dict[str, dict[str, Any]] = {"P1": {}, "P3": {"field": "F3"}, "P4": {"field": "F4"}}


def station_case() -> Case:
    case = small_case({"T1": {}}, OF_FIELDS, {("T1", power): 3 for power in OF_FIELDS}, fields=FIELDS)
    return with_stations(case, S={"field": "F2"})


def station_plan(status: str = "managed") -> Decisions:
    plan = decisions_of(
        [f"{power} base" for power in OF_FIELDS], [f"T1 {power}" for power in OF_FIELDS],
        ["T1 F2", "T1 F3", "T1 F4"], {"T1": (6, 4, 0)}, {"T1": (0, 0, 0)},
    )  # fmt: skip
    rows = [("S", status)] if status else []
    return replace(plan, stations=pd.DataFrame(rows, columns=["station", "status"], dtype="str"))


def station_policy(most: int):
    return small_policy(phases={**LOOSE, "new_fields_per_batch_max": most}, posts_formula="6-2-1-1", stations={})


@pytest.mark.parametrize("status", ["managed", "devolved"])
def test_fields_that_stations_bring_do_not_count_in_a_batch(status):
    found = phase(Scenario(station_case(), station_policy(1)), station_plan(status), gap=0.0)
    assert found.audit.breaches == ()
    # F2 comes with the station; one other field a batch.
    assert sorted(batches_of(found).values()) == [1, 1, 2]
    assert batches_of(found)["P1"] == 1
    (limits,) = found.bottlenecks["limits"]
    assert limits == "fields cap"
    none = phase(Scenario(station_case(), station_policy(0)), station_plan(status), gap=0.0)
    assert batches_of(none) == {"P1": 1}
    # The same batches of a plan without the station pass the cap.
    broken = audit_phases(station_case(), station_policy(1), station_plan(""), found.decisions).breaches
    assert {(breach.rule, breach.amount) for breach in broken} == {("fields_within_batch", 1.0)}
    without = phase(Scenario(station_case(), station_policy(1)), station_plan(""), gap=0.0)
    assert len(batches_of(without)) == 2


def test_fields_within_batch_with_stations_as_written():
    model = build_phases(station_case(), station_policy(1), station_plan())
    assert_row(model.fields_within_batch["T1", 1], "readied[T1,F3,1] + readied[T1,F4,1] <= 1")
    # F3 or F4 waits for the second batch, F2 for nothing.
    assert with_and_without(model, "fields_within_batch") == (-60, 0)
    assert len(build_phases(station_case(), station_policy(2), station_plan()).fields_within_batch) == 0
    assert len(build_phases(station_case(), station_policy(2), station_plan("")).fields_within_batch) == 2


# The plan beneath


def test_batches_of_a_plan_that_is_not_proven_never_look_proven(tmp_path):
    wanted = Scenario(duty_case(), duty_policy(), "Stopped")
    plan = solve(wanted, gap=0.0, time_limit=30, threads=1)
    stopped = replace(plan, status=Status.TIME_LIMIT, bound=plan.objective + 100)
    supplement = supplement_of(phase(wanted, plan.decisions, gap=0.0))
    folder = write_supplement(supplement, stopped, tmp_path / "stopped")
    record = json.loads((folder / "phases.json").read_text(encoding="utf-8"))
    assert record["status"] == "proven"
    assert record["plan"] == {
        "status": "time_limit", "method": "optimal", "objective": stopped.objective, "bound": stopped.bound,
        "gap": stopped.gap,
    }  # fmt: skip
    assert record["plan"]["gap"] > 0
    assert record["options"] == dict(plan.options)
    text = (folder / "summary.txt").read_text(encoding="utf-8")
    assert "NOT proven away" in text
    assert text.index("The plan beneath (optimal): worth") < text.index("Batches proven best for this plan.")
    unknown = replace(plan, status=Status.SOLVER_FAILED, bound=float("inf"))
    folder = write_supplement(supplement, unknown, tmp_path / "unknown")
    record = json.loads((folder / "phases.json").read_text(encoding="utf-8"))
    assert (record["plan"]["bound"], record["plan"]["gap"]) == (None, None)
    assert "bound not known" in (folder / "summary.txt").read_text(encoding="utf-8")
