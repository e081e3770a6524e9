"""Handing over in batches: every row as it is written, and what it is worth where it binds.

Two batches, so a power of 3 rounds (120 h) that waits for the second loses 60, one of 2 rounds (80 h) 40; left over
they lose all. What is lost stands with a minus sign.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from devolve_opt.formulation.phases import build_phases, set_phases
from devolve_opt.phase_plan import PhaseDecisions
from devolve_opt.solver.matrix import compile_matrix
from modelling import assert_linear, assert_row, assert_rows, decisions_of, small_case, small_policy, with_and_without

LOOSE = {
    "batches": 2, "new_powers_per_batch_max": 99, "new_fields_per_batch_max": 9, "exam_places_per_batch_max": 9,
    "handover_hours": 0.0,
}  # fmt: skip
TWO_POWERS = {"P1": {}, "P2": {}}
"""In the field F2, which takes no officers and is ready nowhere today."""
PENAL = {"P1": {"type": "penalty"}}
FIELDS = {"F1": {"needs_officers": True}, "F2": {}, "F3": {"needs_officers": True}}
READY = (("T", "F1"),)


def phases_model(
    powers: dict[str, dict[str, Any]],
    rounds: dict[tuple[str, str], int],
    townships: dict[str, dict[str, Any]] | None = None,
    ready: tuple[str, ...] = (),
    trained: dict[str, int] | None = None,
    readiness: tuple[tuple[str, str], ...] = READY,
    cases: dict[tuple[str, str], float] | None = None,
    phases: dict[str, Any] | None = None,
    **policy: Any,
):
    """Return the model of a plan that takes every power that some township chose.

    An office without officers covers no field with penalties unless the policy says otherwise.
    """
    townships = townships or {"T": {}}
    case = small_case(townships, powers, rounds, cases, readiness, fields=FIELDS)
    keys = {"fields_at_minimum": 9, **policy}
    plan = decisions_of(
        [], [f"{township} {power}" for township, power in rounds], list(ready), {},
        {name: ((trained or {}).get(name, 0), 0, 0) for name in townships},
    )  # fmt: skip
    return build_phases(case, small_policy(phases={**LOOSE, **(phases or {})}, **keys), plan)


def chosen(*powers: str) -> dict[tuple[str, str], int]:
    """The first power is chosen in three rounds, the second in two."""
    return {("T", power): 3 - place for place, power in enumerate(powers)}


def test_the_objective_is_the_worth_lost_by_waiting():
    model = phases_model(TWO_POWERS, chosen("P1", "P2"), ready=("T F2",), cases={("T", "P2"): 5})
    # P1: 3 x 40; P2: 2 x 40 + 5 x 6 = 110; half of it for each batch without the power.
    text = "- 60 held[T,P1,1] - 60 held[T,P1,2] - 55 held[T,P2,1] - 55 held[T,P2,2]"
    assert_linear(model.lost.expr, text, 230)


# What stays


def test_power_stays_held_as_written():
    model = phases_model({"P1": {}}, chosen("P1"), ready=("T F2",))
    assert_rows(model.power_stays_held, {("T", "P1", 2): "held[T,P1,1] - held[T,P1,2] <= 0"})


def test_power_stays_held_binds():
    # Two officers, of whom one is lost in the second batch: the power could be held in the first one only.
    towns = {"T": {"certified_officers": 2}}
    model = phases_model(PENAL, chosen("P1"), towns, attrition_share=0.5, officers_per_field=2)
    assert with_and_without(model, "power_stays_held") == (-120, -60)


def test_field_stays_ready_as_written():
    model = phases_model({"P1": {}}, chosen("P1"), ready=("T F2",))
    assert_rows(model.field_stays_ready, {("T", "F2", 2): "readied[T,F2,1] - readied[T,F2,2] <= 0"})


def test_field_stays_ready_binds():
    """F2, which serves nothing, could be made ready first and given up, so that two fields come in the second batch."""
    towns: dict[str, dict[str, Any]] = {"T": {}, "U": {}}
    powers = {"P1": {"type": "penalty"}, "P3": {"type": "penalty", "field": "F3"}}
    model = phases_model(
        powers, {**chosen("P1", "P3"), ("U", "P1"): 3}, towns, ("T F1", "T F2", "T F3"), {"T": 1, "U": 1},
        (("U", "F1"),), {("U", "P1"): 100}, {"new_fields_per_batch_max": 1, "exam_places_per_batch_max": 1},
        fields_at_minimum=0, fields_per_officer=2,
    )  # fmt: skip
    # The place of the first batch goes to U, whose power is worth 720; T has its officer in the second batch, and then
    # one field: 60 for P1 and all 80 of P3. With both fields P3 loses 40 only.
    assert with_and_without(model, "field_stays_ready") == (-140, -100)


# What is needed first


def test_held_only_if_readied_as_written():
    model = phases_model({"P1": {}, **{"P2": {"field": "F1"}}}, chosen("P1", "P2"), ready=("T F2",))
    rows = {("T", "P1", batch): f"held[T,P1,{batch}] - readied[T,F2,{batch}] <= 0" for batch in (1, 2)}
    assert_rows(model.held_only_if_readied, rows)
    once = phases_model({"P1": {}}, chosen("P1"), ready=("T F2",), phases={"batches": 1})
    assert_rows(once.held_only_if_readied, {("T", "P1", 1): "held[T,P1,1] - readied[T,F2,1] <= 0"})


def test_held_only_if_readied_binds():
    model = phases_model({"P1": {}}, chosen("P1"), ready=("T F2",), phases={"new_fields_per_batch_max": 0})
    assert with_and_without(model, "held_only_if_readied") == (-120, 0)


BUNDLE = {"P1": {"type": "penalty"}, "P2": {"type": "coercion", "requires": "P1", "field": "F1"}}


def test_required_power_held_as_written():
    model = phases_model(BUNDLE, chosen("P1", "P2"))
    rows = {("T", "P2", batch): f"held[T,P2,{batch}] - held[T,P1,{batch}] <= 0" for batch in (1, 2)}
    assert_rows(model.required_power_held, rows)


def test_required_power_held_binds():
    # One power a batch: P1 (40) must come before P2 (120).
    model = phases_model(BUNDLE, {("T", "P1"): 1, ("T", "P2"): 3}, phases={"new_powers_per_batch_max": 1})
    assert with_and_without(model, "required_power_held") == (-60, -20)


# Caps


def test_powers_within_batch_as_written():
    model = phases_model(TWO_POWERS, chosen("P1", "P2"), ready=("T F2",), phases={"new_powers_per_batch_max": 1})
    assert_rows(
        model.powers_within_batch,
        {
            ("T", 1): "held[T,P1,1] + held[T,P2,1] <= 1",
            ("T", 2): "held[T,P1,2] - held[T,P1,1] + held[T,P2,2] - held[T,P2,1] <= 1",
        },
    )
    assert len(phases_model(TWO_POWERS, chosen("P1", "P2")).powers_within_batch) == 0


def test_powers_within_batch_binds():
    model = phases_model(TWO_POWERS, chosen("P1", "P2"), ready=("T F2",), phases={"new_powers_per_batch_max": 1})
    assert with_and_without(model, "powers_within_batch") == (-40, 0)


APART = {"P1": {"field": "F1"}, "P2": {"field": "F2"}}


def test_fields_within_batch_as_written():
    model = phases_model(
        APART, chosen("P1", "P2"), ready=("T F1", "T F2"), readiness=(), phases={"new_fields_per_batch_max": 1}
    )
    assert_row(model.fields_within_batch["T", 1], "readied[T,F1,1] + readied[T,F2,1] <= 1")
    later = "readied[T,F1,2] - readied[T,F1,1] + readied[T,F2,2] - readied[T,F2,1] <= 1"
    assert_row(model.fields_within_batch["T", 2], later)


def test_fields_within_batch_binds():
    model = phases_model(
        APART, chosen("P1", "P2"), ready=("T F1", "T F2"), readiness=(), phases={"new_fields_per_batch_max": 1}
    )
    assert with_and_without(model, "fields_within_batch") == (-40, 0)


TOWNS: dict[str, dict[str, Any]] = {"T": {}, "U": {}, "S": {"category": "subdistrict"}}
# 5 h for each of two townships (the subdistrict takes nothing), 10 h a power: one power a batch.
COUNTY = {"handover_hours": 10.0, "handover_hours_max": 5.0}


def test_handovers_within_county_hours_as_written():
    model = phases_model(
        {"P1": {}}, {("T", "P1"): 3, ("U", "P1"): 2}, TOWNS, readiness=(("T", "F2"), ("U", "F2")), phases=COUNTY
    )
    assert_row(model.handovers_within_county_hours["C1", 1], "held[T,P1,1] + held[U,P1,1] <= 1")
    later = "held[T,P1,2] - held[T,P1,1] + held[U,P1,2] - held[U,P1,1] <= 1"
    assert_row(model.handovers_within_county_hours["C1", 2], later)


def test_handovers_within_county_hours_binds():
    model = phases_model(
        {"P1": {}}, {("T", "P1"): 3, ("U", "P1"): 2}, TOWNS, readiness=(("T", "F2"), ("U", "F2")), phases=COUNTY
    )
    assert with_and_without(model, "handovers_within_county_hours") == (-40, 0)


# Officers


def two_in_training(places: int = 1, **policy: Any):
    """Each of two townships needs one officer for its power, and the plan trains one for each."""
    return phases_model(
        PENAL, {("T", "P1"): 3, ("U", "P1"): 2}, {"T": {}, "U": {}}, (), {"T": 1, "U": 1},
        (("T", "F1"), ("U", "F1")), phases={"exam_places_per_batch_max": places}, officers_per_field=1, **policy,
    )  # fmt: skip


def test_certificates_within_places_as_written():
    rows = {batch: f"trained[T,{batch}] + trained[U,{batch}] <= 1" for batch in (1, 2)}
    assert_rows(two_in_training().certificates_within_places, rows)
    # Of three candidates half pass: one certificate; places for four give both, and then no row.
    assert_rows(two_in_training(3, exam_pass_share=0.5).certificates_within_places, rows)
    assert len(two_in_training(4, exam_pass_share=0.5).certificates_within_places) == 0


def test_certificates_within_places_binds():
    assert with_and_without(two_in_training(), "certificates_within_places") == (-40, 0)


def test_certificates_of_plan_as_written():
    rows = {name: f"trained[{name},1] + trained[{name},2] <= 1" for name in ("T", "U")}
    assert_rows(two_in_training().certificates_of_plan, rows)


def test_certificates_of_plan_binds():
    # Two officers are needed; the plan trains one, and without the row one in each batch.
    model = phases_model(PENAL, chosen("P1"), trained={"T": 1}, officers_per_field=2)
    assert with_and_without(model, "certificates_of_plan") == (-120, -60)


def test_penalty_power_has_officers_as_written():
    model = phases_model(PENAL, chosen("P1"), {"T": {"certified_officers": 1}}, trained={"T": 2}, officers_per_field=3)
    rows = {
        ("T", "P1", 1): "2 held[T,P1,1] - trained[T,1] <= 0",
        ("T", "P1", 2): "2 held[T,P1,2] - trained[T,1] - trained[T,2] <= 0",
    }
    assert_rows(model.penalty_power_has_officers, rows)
    enough = phases_model(PENAL, chosen("P1"), {"T": {"certified_officers": 1}}, officers_per_field=1)
    assert len(enough.penalty_power_has_officers) == 0


def test_penalty_power_has_officers_binds():
    model = phases_model(PENAL, chosen("P1"), {"T": {"certified_officers": 1}}, officers_per_field=2)
    assert with_and_without(model, "penalty_power_has_officers") == (-120, 0)


def stretched(powers: dict[str, dict[str, Any]], ready: tuple[str, ...] = (), places: int = 9):
    """Ready in F1 without the officer that covers it; the plan trains two, each for one field."""
    return phases_model(
        powers, chosen(*powers), ready=ready, trained={"T": 2}, phases={"exam_places_per_batch_max": places},
        fields_at_minimum=0,
    )  # fmt: skip


def test_able_with_officers_as_written():
    rows = {
        ("T", 1): "able[T,1] - trained[T,1] <= 0",
        ("T", 2): "able[T,2] - trained[T,1] - trained[T,2] <= 0",
    }
    assert_rows(stretched(PENAL).able_with_officers, rows)
    # Enough without certificates, or nothing that takes officers: no row and no column.
    for model in (phases_model(PENAL, chosen("P1")), stretched({"P1": {}})):
        assert len(model.able) == len(model.able_with_officers) == 0


def test_able_with_officers_binds():
    assert with_and_without(stretched(PENAL, places=0), "able_with_officers") == (-120, 0)


def test_power_only_if_able_as_written():
    rows = {("T", "P1", batch): f"held[T,P1,{batch}] - able[T,{batch}] <= 0" for batch in (1, 2)}
    assert_rows(stretched(PENAL).power_only_if_able, rows)


def test_power_only_if_able_binds():
    assert with_and_without(stretched(PENAL, places=0), "power_only_if_able") == (-120, 0)


FURTHER = {"P1": {"type": "penalty", "field": "F3"}}


def test_field_only_if_able_as_written():
    model = stretched(FURTHER, ("T F3",))
    rows = {("T", "F3", batch): f"readied[T,F3,{batch}] - able[T,{batch}] <= 0" for batch in (1, 2)}
    assert_rows(model.field_only_if_able, rows)
    # The power waits for the field, and so needs no row of its own.
    assert len(model.power_only_if_able) == 0


def test_field_only_if_able_binds():
    # One officer in the first batch covers F1, the second one F3; without the row the first would be taken for F3.
    assert with_and_without(stretched(FURTHER, ("T F3",), places=1), "field_only_if_able") == (-60, 0)


TWO_FIELDS = {"P1": {"type": "penalty"}, "P3": {"type": "penalty", "field": "F3"}}


def test_officers_cover_new_fields_as_written():
    ready = ("T F1", "T F3")
    plain = phases_model(
        TWO_FIELDS, chosen("P1", "P3"), ready=ready, trained={"T": 1}, readiness=(), fields_at_minimum=1
    )
    text = "readied[T,F1,2] + readied[T,F3,2] - trained[T,1] - trained[T,2] <= 1"
    assert_row(plain.officers_cover_new_fields["T", 2], text)
    missing = stretched(FURTHER, ("T F3",))
    assert_row(missing.officers_cover_new_fields["T", 1], "readied[T,F3,1] + able[T,1] - trained[T,1] <= 0")
    enough = phases_model(TWO_FIELDS, chosen("P1", "P3"), ready=ready, readiness=(), fields_at_minimum=2)
    assert len(enough.officers_cover_new_fields) == 0
    # Further officers cover nothing, so nobody is short of them; F1 of today is one field too many already.
    never = phases_model(FURTHER, chosen("P1"), ready=("T F3",), fields_at_minimum=0, fields_per_officer=0)
    assert_rows(never.officers_cover_new_fields, {("T", batch): f"readied[T,F3,{batch}] <= 0" for batch in (1, 2)})
    # One officer is short for 1,500 h of statutory work, and covers one new field all the same.
    towns = {"T": {"certified_officers": 1, "statutory_hours": 1500, "statutory_officer_hours": 1500}}
    busy = phases_model(
        TWO_FIELDS, chosen("P1", "P3"), towns, ready, {"T": 1}, (), fields_at_minimum=0, fields_per_officer=1
    )
    text = "readied[T,F1,1] + readied[T,F3,1] - trained[T,1] <= 1"
    assert_row(busy.officers_cover_new_fields["T", 1], text)


def test_officers_cover_new_fields_binds():
    ready = ("T F1", "T F3")
    model = phases_model(TWO_FIELDS, chosen("P1", "P3"), ready=ready, readiness=(), fields_at_minimum=1)
    assert with_and_without(model, "officers_cover_new_fields") == (-80, 0)


# An officer has 0.8 x 1,840 = 1,472 h. One case each, of 1,000 h and 800 h: 126 h and 86 h of worth.
LONG = {"P1": {"type": "inspection", "ordinary_hours": 1000}, "P2": {"type": "inspection", "ordinary_hours": 800}}
ONE_EACH = {("T", "P1"): 1, ("T", "P2"): 1}
F2_READY = (("T", "F2"),)


def test_officer_hours_in_batch_as_written():
    towns = {"T": {"certified_officers": 1}}
    model = phases_model(LONG, chosen("P1", "P2"), towns, trained={"T": 1}, readiness=F2_READY, cases=ONE_EACH)
    text = "1000 held[T,P1,1] + 800 held[T,P2,1] - 1472 trained[T,1] <= 1472"
    assert_row(model.officer_hours_in_batch["T", 1], text)
    # Statutory work of 1,500 h: 28 h are missing, and they count against an office that is able.
    towns = {"T": {"certified_officers": 1, "statutory_hours": 1500, "statutory_officer_hours": 1500}}
    model = phases_model(LONG, chosen("P1", "P2"), towns, trained={"T": 1}, readiness=F2_READY, cases=ONE_EACH)
    text = "1000 held[T,P1,1] + 800 held[T,P2,1] + 28 able[T,1] - 1472 trained[T,1] <= 0"
    assert_row(model.officer_hours_in_batch["T", 1], text)


def test_officer_hours_in_batch_binds():
    towns = {"T": {"certified_officers": 1}}
    model = phases_model(LONG, chosen("P1", "P2"), towns, readiness=F2_READY, cases=ONE_EACH)
    assert with_and_without(model, "officer_hours_in_batch") == (-86, 0)


def test_losses_fall_evenly_in_whole_persons():
    # Of 5 officers 3 are lost in four batches: 0, 1, 2 and 3 by their ends.
    model = phases_model(
        PENAL, chosen("P1"), {"T": {"certified_officers": 5}}, attrition_share=0.6, phases={"batches": 4}
    )
    assert [model.asked.officers["T", batch] for batch in (1, 2, 3, 4)] == [5, 4, 3, 2]


def test_without_settings_there_is_nothing_to_build():
    with pytest.raises(Exception, match=r"policy\.phases"):
        build_phases(small_case({"T": {}}), small_policy(), decisions_of([], [], [], {}, {}))


def test_a_start_says_what_every_variable_is():
    # The plan trains two; one in each batch. The first is not enough for the field, both are.
    model = stretched(PENAL, places=1)
    for trained, able in (([1, 1], [1, 1]), ([0, 1], [0, 1]), ([0, 0], [0, 0])):
        decisions = PhaseDecisions(
            handed=pd.DataFrame([("T", "P1", 2)] if able[1] else [], columns=["township", "power", "batch"]),
            ready=pd.DataFrame([], columns=["township", "field", "batch"]),
            trained=pd.DataFrame([("T", batch, number) for batch, number in enumerate(trained, 1) if number],
                                 columns=["township", "batch", "trained"]),
        )  # fmt: skip
        set_phases(model, decisions)
        assert [int(model.able["T", batch].value) for batch in (1, 2)] == able
        assert [int(model.held["T", "P1", batch].value) for batch in (1, 2)] == [0, able[1]]
        matrix = compile_matrix(model)
        assert matrix.violation(matrix.values()) <= 1e-9
