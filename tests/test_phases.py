"""Handing over in batches: cases by hand, every assignment of tiny ones, the audit, the supplement, the shell."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from devolve_opt import cli
from devolve_opt.audit.phases import _RULES, _Books, audit_phases
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.phase_plan import PhaseDecisions, PhasePlan
from devolve_opt.plan import Decisions
from devolve_opt.rules.phases import handover
from devolve_opt.rules.schedule import LIMITS, Schedule
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.phases import phase
from devolve_opt.studies.solving import solve
from devolve_opt.views.phases import phase_lines, phase_tables, supplement_of
from devolve_opt.views.plots.phases import handovers
from devolve_opt.views.run_folder import read_manifest, write_run
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.supplements import Kind, supplements, time_for_plan, wanted_kinds
from devolve_opt.vocabulary import Method, Status
from modelling import decisions_of, hand_scenario, small_case, small_policy

SETTINGS = {
    "batches": 2, "new_powers_per_batch_max": 2, "new_fields_per_batch_max": 1, "exam_places_per_batch_max": 1,
    "handover_hours": 10.0, "handover_hours_max": 10.0,
}  # fmt: skip
POWERS: dict[str, dict[str, Any]] = {
    "P1": {"type": "penalty", "ordinary_hours": 100}, "P2": {"type": "coercion", "field": "F1", "requires": "P1"},
    "P3": {},
}  # fmt: skip
ROUNDS = {("T", "P1"): 3, ("T", "P2"): 2, ("T", "P3"): 1, ("U", "P3"): 3}
POSTS = {"T": (6, 4, 0), "U": (6, 4, 0)}


def two_towns(**changes: Any) -> Case:
    return small_case({"T": {"certified_officers": 1, **changes}, "U": {}}, POWERS, ROUNDS, {("T", "P1"): 1})


def scenario(case: Case | None = None, phases: dict[str, Any] | None = None, **policy: Any) -> Scenario:
    keys = {"officers_per_field": 2, "fields_at_minimum": 1, "posts_formula": "6-2-1-1", **policy}
    return Scenario(case or two_towns(), small_policy(phases={**SETTINGS, **(phases or {})}, **keys), "Two towns")


def finished() -> Decisions:
    """T takes P1, P2, P3 and trains the second officer that P1 needs; U takes P3."""
    return decisions_of(
        ["P1 base", "P2 base", "P3 base"], ["T P1", "T P2", "T P3", "U P3"], ["T F1", "T F2", "U F2"], POSTS,
        {"T": (1, 0, 0), "U": (0, 0, 0)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> PhasePlan:
    return phase(scenario(), finished(), gap=0.0)


def when(plan: PhasePlan) -> dict[tuple[str, str], int]:
    rows = plan.decisions.handed
    return dict(zip(zip(rows["township"], rows["power"], strict=True), rows["batch"].tolist(), strict=True))


def test_two_towns_by_hand(found):
    # The county hands over two powers a batch, T gets at most two and one field. P1 (3 rounds and a case: 126 h) and
    # U's P3 (120) come first; P2 (80) is in the same field, so it could take the place of U's P3, which is worth more.
    assert when(found) == {("T", "P1"): 1, ("U", "P3"): 1, ("T", "P2"): 2, ("T", "P3"): 2}
    assert found.lost == pytest.approx(40 + 20)
    assert (found.status, found.gap) == (Status.PROVEN, 0.0)
    limits = found.bottlenecks.set_index(["township", "power"])["limits"]
    assert limits.to_dict() == {("T", "P2"): "county hours", ("T", "P3"): "fields cap; county hours"}
    assert found.audit.officers.set_index(["township", "batch"])["officers"].loc["T"].tolist() == [2, 2]


def test_what_no_batch_can_hand_over_is_left_over():
    plan = phase(scenario(phases={"exam_places_per_batch_max": 0}), finished(), gap=0.0)
    # Without the second officer nothing of F1 is handed over: 126 and 80 are lost whole. T's P3 comes at once.
    assert when(plan) == {("T", "P3"): 1, ("U", "P3"): 1}
    assert plan.lost == pytest.approx(206)
    assert plan.bottlenecks["limits"].tolist() == ["officers; exam places", "prerequisite; officers; exam places"]
    text = "\n".join(phase_lines(plan))
    assert "Left over: 2 powers in 1 township, worth 206 staff-hours a year." in text
    assert "Certificates of the plan for which no batch has places: 1." in text


def test_the_hours_of_an_officer_are_not_given_twice():
    # One officer has 1,472 h, the case of P1 takes 1,000 and that of P2 800; no batch has a place for the second one.
    powers = {name: {"type": "inspection", "ordinary_hours": hours} for name, hours in (("P1", 1000), ("P2", 800))}
    case = small_case(
        {"T": {"certified_officers": 1}}, powers, {("T", "P1"): 3, ("T", "P2"): 1}, {("T", "P1"): 1, ("T", "P2"): 1},
        (("T", "F2"),),
    )  # fmt: skip
    plan = decisions_of(["P1 base", "P2 base"], ["T P1", "T P2"], [], {"T": (6, 4, 0)}, {"T": (1, 0, 0)})
    found = phase(scenario(case, {"exam_places_per_batch_max": 0, "handover_hours": 0.0}), plan, gap=0.0)
    assert when(found) == {("T", "P1"): 1}
    assert found.bottlenecks[["power", "limits"]].to_numpy().tolist() == [["P2", "officers; exam places"]]


def test_with_one_batch_and_room_nothing_waits():
    plan = phase(scenario(phases={"batches": 1, "new_powers_per_batch_max": 9, "new_fields_per_batch_max": 9,
                                  "handover_hours": 0.0}), finished())  # fmt: skip
    assert (plan.lost, plan.bound, plan.status, len(plan.bottlenecks)) == (0, 0, Status.PROVEN, 0)
    assert "Left over: none." in phase_lines(plan)


def test_filled_one_after_the_other_what_is_worth_most_goes_first():
    case = small_case({"T": {}}, {"P1": {}, "P2": {}}, {("T", "P1"): 1, ("T", "P2"): 3}, readiness=(("T", "F2"),))
    plan = decisions_of(["P1 base", "P2 base"], ["T P1", "T P2"], [], {"T": (6, 4, 0)}, {"T": (0, 0, 0)})
    wanted = scenario(case, {"new_powers_per_batch_max": 1})
    schedule = Schedule(handover(case, wanted.policy, plan))
    schedule.complete()
    assert schedule.power == {("T", "P1"): 2, ("T", "P2"): 1}


def test_places_that_no_power_needs_go_to_offices_below_the_minimum():
    case = small_case({"T": {}, "U": {}, "V": {"certified_officers": 1}}, {"P1": {}}, {("T", "P1"): 3})
    plan = decisions_of(
        ["P1 base"], ["T P1"], ["T F2"], {name: (6, 4, 0) for name in "TUV"},
        {"T": (1, 0, 0), "U": (1, 0, 0), "V": (1, 0, 0)},
    )  # fmt: skip
    wanted = scenario(case, {"batches": 3}, officers_min=1)
    trained = phase(wanted, plan).decisions.trained
    assert trained.to_numpy().tolist() == [["T", 1, 1], ["U", 2, 1], ["V", 3, 1]]


def test_a_plan_that_breaks_rules_is_not_handed_over():
    plan = replace(finished(), ready=finished().ready.iloc[:1])
    with pytest.raises(InputError, match="breaks rules, so it cannot be handed over"):
        phase(scenario(), plan)
    with pytest.raises(InputError, match=r"policy\.phases"):
        phase(Scenario(two_towns(), small_policy()), finished())


def test_stopped_at_once_it_gives_sound_batches():
    control = Control()
    control.stop()
    plan = phase(scenario(), finished(), control=control)
    assert plan.audit.breaches == ()
    assert plan.status in (Status.INTERRUPTED, Status.PROVEN)
    assert plan.bound <= 60 <= plan.lost + 1e-9


# Every assignment


def random_scenario(seed: int) -> Scenario:
    draw = random.Random(seed)
    towns = {
        name: {"certified_officers": draw.choice([0, 1, 2]), "statutory_hours": 1500.0,
               "statutory_officer_hours": draw.choice([0, 0, 1500])}
        for name in "TU"
    }  # fmt: skip
    powers = {
        "P1": {"type": "penalty", "ordinary_hours": draw.choice([0, 700])},
        "P2": {"type": "penalty", "field": "F3", "ordinary_hours": 800},
        "P3": {"type": "coercion", "field": "F1", "requires": "P1"},
    }  # fmt: skip
    fields = {"F1": {"needs_officers": True}, "F2": {}, "F3": {"needs_officers": True}}
    rounds = {("T", "P1"): draw.randint(1, 3), ("T", "P2"): draw.randint(1, 3), ("T", "P3"): 3, ("U", "P1"): 3}
    ready = tuple(pair for pair in (("T", "F1"), ("U", "F1")) if draw.random() < 0.4)
    case = small_case(towns, powers, rounds, {("T", "P1"): 1, ("T", "P2"): 1}, ready, fields=fields)
    phases = {
        "batches": 2, "new_powers_per_batch_max": draw.choice([1, 2]), "new_fields_per_batch_max": 1,
        "exam_places_per_batch_max": draw.choice([0, 1, 2]), "handover_hours": 5.0,
        "handover_hours_max": draw.choice([2.5, 5.0, 10.0]),
    }  # fmt: skip
    policy = small_policy(
        phases=phases, officers_per_field=draw.choice([1, 2]), fields_at_minimum=draw.choice([0, 1]),
        attrition_share=draw.choice([0.0, 0.5]), prices={"officer_trained": 1.0},
    )  # fmt: skip
    return Scenario(case, policy)


@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 10))])
def test_no_assignment_loses_less(seed):
    """Whatever would lose less breaks a rule of the audit, which knows nothing of the model."""
    wanted = random_scenario(seed)
    plan = solve(wanted, gap=0.0, time_limit=30, threads=1).decisions
    best = phase(wanted, plan, gap=0.0)
    assert best.status is Status.PROVEN
    worth = best.audit.powers.set_index(["township", "power"])["worth"].to_dict()
    fields = list(plan.ready[["township", "field"]].itertuples(index=False, name=None))
    certificates = [name for name, number in plan.officers["trained"].items() for _ in range(number)]
    # One set of books, in which the batches are changed: the rules look at nothing else.
    books = _Books(wanted.data, wanted.policy, wanted.policy.phases, plan, best.decisions)
    for batches in product((1, 2, 3), repeat=len(worth)):
        lost = sum(each * (batch - 1) / 2 for each, batch in zip(worth.values(), batches, strict=True))
        if lost >= best.lost - 1e-6:
            continue
        books.handed = {pair: batch for pair, batch in zip(worth, batches, strict=True) if batch < 3}
        for others in product((1, 2, 3), repeat=len(fields) + len(certificates)):
            made = zip(fields, others[: len(fields)], strict=True)
            books.ready = {pair: batch for pair, batch in made if batch < 3}
            given = zip(certificates, others[len(fields) :], strict=True)
            books.trained = dict(Counter((name, batch) for name, batch in given if batch < 3))
            assert any(any(True for _ in rule(books)) for rule in _RULES), (books.handed, books.ready, books.trained)


# The audit


def breaches(found: PhasePlan, case: Case | None = None, plan: Decisions | None = None, **changes: Any) -> dict:
    """Return by rule the largest amount of what changed decisions, or other keys of the policy, break."""
    tables = {name: changes.pop(name) for name in ("handed", "ready", "trained") if name in changes}
    wanted = scenario(case, **changes)
    checked = audit_phases(wanted.data, wanted.policy, plan or finished(), replace(found.decisions, **tables))
    told: dict[str, float] = {}
    for breach in checked.breaches:
        told[breach.rule] = max(told.get(breach.rule, 0.0), breach.amount)
    return told


def table(columns: str, *given: str) -> pd.DataFrame:
    frame = pd.DataFrame([row.split() for row in given], columns=columns.split())
    return frame.astype({name: "int64" for name in ("batch", "trained") if name in frame})


def test_sound_batches_break_nothing(found):
    assert breaches(found) == {}


def test_the_audit_finds_what_is_not_well_formed(found):
    handed, ready = found.decisions.handed, found.decisions.ready
    for wrong in (
        {"handed": handed.assign(batch=handed["batch"].where(handed["power"] != "P2", 3))},
        {"handed": handed.assign(power=handed["power"].replace("P2", "P9"))},
        {"handed": pd.concat([handed, handed.iloc[:1]])},
        {"ready": ready.assign(batch=ready["batch"].astype(float))},
        {"trained": table("township batch trained", "T 1 1", "U 2 0")},
    ):
        assert breaches(found, **wrong)["well_formed"] == 1


def test_the_audit_finds_every_row_that_is_not_well_formed(found):
    wanted, handed = scenario(), found.decisions.handed
    odd = handed.assign(batch=handed["batch"].where(~handed["power"].isin(["P1", "P2"]), 3))
    checked = audit_phases(wanted.data, wanted.policy, finished(), replace(found.decisions, handed=odd))
    places = [breach.place for breach in checked.breaches if breach.rule == "well_formed"]
    assert len(places) == 2 and all("wrong batch 3" in place for place in places)


def test_the_audit_finds_what_the_plan_does_not_take(found):
    less = replace(finished(), take_up=finished().take_up.iloc[[0, 2, 3]].reset_index(drop=True))
    assert breaches(found, plan=less) == {"handed_of_plan": 1}
    wanted = scenario()
    [told] = audit_phases(wanted.data, wanted.policy, less, found.decisions).breaches
    assert told.place == "township T, power P2"
    trained = table("township batch trained", "T 1 1", "T 2 1")
    assert breaches(found, trained=trained) == {"handed_of_plan": 1}
    fields = replace(finished(), ready=finished().ready.iloc[:2])
    assert breaches(found, plan=fields) == {"handed_of_plan": 1}
    [told] = audit_phases(wanted.data, wanted.policy, fields, found.decisions).breaches
    assert told.place == "township U, field F2"


def test_the_audit_finds_what_comes_too_early(found):
    ready = table("township field batch", "T F1 1", "T F2 2", "U F2 2")
    assert breaches(found, ready=ready) == {"handed_only_if_ready": 1}
    handed = table("township power batch", "T P1 2", "T P2 1", "T P3 2", "U P3 1")
    assert breaches(found, handed=handed) == {"required_power_handed": 1}


def test_the_audit_finds_caps_that_are_passed(found):
    assert breaches(found, phases={"new_powers_per_batch_max": 1}) == {"powers_within_batch": 1}
    assert breaches(found, phases={"new_fields_per_batch_max": 0}) == {"fields_within_batch": 1}
    # 9 h for each of two townships, 20 h used.
    assert breaches(found, phases={"handover_hours_max": 9.0}) == {"handovers_within_county_hours": 2}
    assert breaches(found, exam_pass_share=0.5) == {"certificates_within_places": 1}


def test_the_audit_finds_officers_that_are_missing(found):
    assert breaches(found, officers_per_field=3) == {"penalty_power_has_officers": 1}
    # No field at all is covered by two officers, and one is made ready.
    assert breaches(found, fields_at_minimum=0, fields_per_officer=0) == {"new_fields_covered": 1}
    # 0.8 x 1,840 = 1,472 h an officer; 2,900 h of statutory work and 100 h of the case need three.
    busy = {"statutory_hours": 2_900.0, "statutory_officer_hours": 2_900.0}
    assert breaches(found, two_towns(**busy)) == {"officers_of_batch_sufficient": 1}
    later = table("township batch trained", "T 2 1")
    assert breaches(found, trained=later) == {"penalty_power_has_officers": 1}


def test_the_audit_counts_officers_hours_where_no_field_takes_penalties(found):
    # U's inspections take 20 x 100 h, 1,472 h an officer: two, and it has one.
    powers = {**POWERS, "P3": {"type": "inspection", "ordinary_hours": 100}}
    towns = {"T": {"certified_officers": 1}, "U": {"certified_officers": 1}}
    for cases, missing in ((14.0, {}), (20.0, {"officers_of_batch_sufficient": 1})):
        case = small_case(towns, powers, ROUNDS, {("T", "P1"): 1, ("U", "P3"): cases})
        assert breaches(found, case) == missing


def test_the_audit_sees_an_officer_lost_after_the_power_was_handed_over(found):
    # Two officers, of whom half are lost by the end of the second batch; P1 is there from the first.
    handed = table("township power batch", "T P1 1", "T P3 2", "U P3 1")
    nobody = found.decisions.trained.iloc[:0]
    case = two_towns(certified_officers=2)
    assert breaches(found, case, handed=handed, trained=nobody) == {}
    assert breaches(found, case, handed=handed, trained=nobody, attrition_share=0.5)["penalty_power_has_officers"] == 1


def test_the_audit_keeps_townships_and_batches_apart():
    """Of three townships, two in one county, each has its own officers, fields, powers and hours in each batch."""
    towns = {"T": {"certified_officers": 2}, "U": {}, "V": {"county": "C2", "certified_officers": 1}}
    case = small_case(towns, {"P1": {"type": "penalty"}}, {(name, "P1"): 3 for name in towns})
    plan = decisions_of(
        ["P1 base"], [f"{name} P1" for name in towns], [f"{name} F1" for name in towns],
        dict.fromkeys(towns, (6, 4, 0)), {"T": (1, 0, 0), "U": (1, 0, 0), "V": (0, 0, 0)},
    )  # fmt: skip
    batches = PhaseDecisions(
        table("township power batch", "T P1 1", "U P1 2", "V P1 1"),
        table("township field batch", "T F1 1", "U F1 2", "V F1 1"),
        table("township batch trained", "T 2 1", "U 2 1"),
    )
    phases = {"batches": 3, "exam_places_per_batch_max": 9, "handover_hours_max": 2.5}
    policy = scenario(case, phases, fields_at_minimum=0, fields_per_officer=0, officers_per_field=0).policy
    checked = audit_phases(case, policy, plan, batches)
    # No officer covers a field, so that each is one too many from its batch on. A county has 2.5 h a township, and a
    # power takes 10.
    assert [(breach.rule, breach.place, breach.amount) for breach in checked.breaches] == [
        ("handovers_within_county_hours", "county C1, batch 1", 5),
        ("handovers_within_county_hours", "county C1, batch 2", 5),
        ("handovers_within_county_hours", "county C2, batch 1", 7.5),
        *(("new_fields_covered", f"township {name}, batch {batch}", 1)
          for name, first in (("T", 1), ("U", 2), ("V", 1)) for batch in range(first, 4)),
    ]  # fmt: skip
    officers = checked.officers.set_index(["township", "batch"])["officers"]
    assert {name: officers.loc[name].tolist() for name in towns} == {"T": [2, 3, 3], "U": [0, 1, 1], "V": [1, 1, 1]}
    counties = checked.counties.set_index(["county", "batch"])
    assert counties.loc["C1", ["powers", "held", "taken"]].to_numpy().tolist() == [[1, 1, 2], [1, 2, 2], [0, 2, 2]]
    assert counties.loc["C2", ["powers", "held", "taken"]].to_numpy().tolist() == [[1, 1, 1], [0, 1, 1], [0, 1, 1]]
    assert counties["hours_there"].tolist() == [5, 5, 5, 2.5, 2.5, 2.5]


# What is shown and written


def test_tables_lines_and_figure(found):
    tables = phase_tables(found)
    assert set(tables) == {"phases", "phase_officers", "phase_counties", "phase_duties"}
    assert all(frame["synthetic"].all() for frame in tables.values())
    phases = tables["phases"].set_index(["township", "power"])
    assert phases["batch"].to_dict() == {pair: str(batch) for pair, batch in when(found).items()}
    assert phases.loc[("T", "P3"), "bottleneck"] == "fields cap; county hours"
    counties = tables["phase_counties"]
    assert counties["powers"].tolist() == [2, 2]
    assert counties["hours"].tolist() == counties["hours_there"].tolist() == [20, 20]
    assert counties["worth_held"].tolist() == [246, 366]
    text = "\n".join(phase_lines(found))
    assert "Batches proven best for this plan." in text
    assert "Batch 1: 2 powers to 2 townships (67 % of the worth held by then); 1 officer trained, 0 lost." in text
    assert "Waiting costs 60 staff-hours of the year, 16 % of what the powers are worth." in text
    assert "tight a batch earlier (several may be): fields cap 1, county hours 2." in text
    for part in (LIMITS, ()):
        counts = pd.Series(1, index=pd.Index(part, dtype="str"))
        words = {text.get_text() for text in handovers(found, counts.reindex(list(LIMITS), fill_value=0)).texts}
        assert "SYNTHETIC DATA" in words


def test_a_run_carries_its_supplements(tmp_path, monkeypatch):
    monkeypatch.setattr("devolve_opt.views.run_folder.figures_of", lambda plan: {})
    wanted = hand_scenario().replace(policy={"phases": {"new_powers_per_batch_max": 1}})
    plan = solve(wanted, gap=0.0, time_limit=30, threads=1)
    extra = list(supplements(plan, Control(30)))
    assert [each.name for each in extra] == ["phases"]
    folder = write_run(plan, tmp_path / "run", supplements=extra)
    record = read_manifest(folder)["supplements"]["phases"]
    assert record["status"] == "proven"
    assert record["objective"] == pytest.approx(record["bound"])
    assert record["left_over"] == 0
    assert sum(record["handed_over"].values()) == len(plan.take_up)
    assert {path.name for path in (folder / "figures").glob("*")} == {"handovers.png", "handovers.svg"}
    written = pd.read_csv(folder / "tables" / "phases.csv", encoding="utf-8-sig")
    assert len(written) == len(plan.take_up)
    assert "What is handed over when\n  Batches proven best" in (folder / "summary.txt").read_text(encoding="utf-8")


def test_without_the_table_a_run_carries_none(tmp_path, monkeypatch):
    monkeypatch.setattr("devolve_opt.views.run_folder.figures_of", lambda plan: {})
    plan = solve(hand_scenario(), method=Method.RATIO, time_limit=30, threads=1)
    assert list(supplements(plan, Control(30))) == wanted_kinds(plan.scenario.policy) == []
    assert time_for_plan(180.0, plan.scenario.policy) == 180
    assert read_manifest(write_run(plan, tmp_path / "run"))["supplements"] == {}


def test_a_supplement_that_breaks_down_is_told_and_loses_nothing(monkeypatch):
    def broken(plan, control, threads):
        raise TypeError("odd")

    kind = Kind("phases", "What is handed over when", lambda policy: True, broken)
    monkeypatch.setattr("devolve_opt.views.supplements.KINDS", (kind,))
    plan = solve(hand_scenario(), method=Method.RATIO, time_limit=30, threads=1)
    (told,) = supplements(plan, Control(30))
    assert told.record["status"] == "failed"
    assert "TypeError: odd; please report this" in told.text


def test_a_supplement_that_fails_is_told_and_loses_nothing():
    wanted = hand_scenario().replace(policy={"phases": {}, "new_powers_max": 1})
    plan = solve(wanted, method=Method.RATIO, time_limit=30, threads=1)
    broken = replace(plan, decisions=replace(plan.decisions, ready=plan.decisions.ready.iloc[:0]))
    (told,) = supplements(broken, Control(30))
    assert told.record["status"] == "failed"
    assert "Not worked out" in told.text
    control = Control(30)
    control.stop()
    (told,) = supplements(plan, control)
    assert told.record["status"] == "interrupted"


def test_a_runs_time_is_shared():
    policy = scenario().policy
    assert [time_for_plan(limit, policy) for limit in (None, 400.0, 60.0, 10.0)] == [None, 340, 40, 5]


def test_a_supplement_as_text_fits_the_page():
    assert Supplement("x", "Title", ("word " * 40,)).text.count("\n") == 3


def shell(monkeypatch, capsys, *arguments: str | Path) -> tuple[int, str, str]:
    """Run a command in this process; return exit code, output and errors."""
    monkeypatch.setattr(sys, "argv", ["devolve-opt", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return int(ended.value.code or 0), told.out, told.err


def test_the_shell_writes_the_batches(tmp_path, monkeypatch, capsys):
    two_towns().write(tmp_path / "case")
    keys = 'case = "case"\n[policy]\nposts_band = 0.5\nofficers_min = 0\n'
    (tmp_path / "off.toml").write_text(keys, encoding="utf-8")
    (tmp_path / "on.toml").write_text(f"{keys}[policy.phases]\nbatches = 2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, said, _ = shell(monkeypatch, capsys, "phases", "on.toml", "--time-limit", "40", "--threads", "1")
    assert code == cli.DONE
    assert "What is handed over when" in said
    folder = tmp_path / "runs" / "on-phases"
    record = json.loads((folder / "phases.json").read_text(encoding="utf-8"))
    assert (record["status"], record["synthetic"]) == ("proven", True)
    assert {"status", "objective", "bound", "gap", "method"} == set(record["plan"])
    assert (record["plan"]["status"], record["plan"]["method"]) == ("proven", "optimal")
    assert record["options"]["gap"] == 0.001
    assert "The plan beneath (optimal): worth " in (folder / "summary.txt").read_text(encoding="utf-8")
    assert (folder / "figures" / "handovers.png").stat().st_size > 5_000
    code, _, told = shell(monkeypatch, capsys, "phases", "off.toml")
    assert code == cli.BAD_INPUT
    assert "policy.phases" in told
    assert shell(monkeypatch, capsys, "phases", "on.toml", "--out", "case")[0] == cli.BAD_INPUT


def test_the_supplement_says_what_came_of_the_batches(found):
    record = supplement_of(found).record
    assert record["handed_over"] == {"1": 2, "2": 2}
    assert (record["objective"], record["gap"], record["left_over"]) == (60, 0, 0)
    assert "60.0 staff-hours lost by waiting" in repr(found)
