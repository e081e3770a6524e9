"""Studies: solve, compare, sweep, on cases small enough to solve in half a second."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cases import HEADER, faults_of, only_fault, tiny_tables
from devolve_opt import Case, Policy, Scenario, compare, solve, sweep
from devolve_opt.audit import audit
from devolve_opt.errors import AuditError, InputError, NoPlanError, SolverError
from devolve_opt.plan import Breach
from devolve_opt.scenario import Change
from devolve_opt.solver.engine import Control
from devolve_opt.studies import solving, sweeping
from devolve_opt.studies.comparing import means_the_same, measures, valued_on
from devolve_opt.studies.kept import keep
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.summary import summary
from devolve_opt.views.wording import status_lines
from devolve_opt.vocabulary import Status, Term
from modelling import hand_scenario

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def hand() -> Scenario:
    return hand_scenario()


@pytest.fixture(scope="module")
def optimal(hand):
    return solve(hand, gap=0.0, threads=1)


@pytest.fixture(scope="module")
def ratio(hand):
    return solve(hand, "ratio", threads=1)


# Solve.


def test_an_optimal_plan_is_proven_and_audited(hand, optimal):
    assert optimal.status is Status.PROVEN
    assert optimal.gap == 0
    assert optimal.bound == pytest.approx(optimal.objective)
    assert optimal.audit.breaches == ()
    again = audit(hand.data, hand.policy, optimal.decisions)
    assert again.breaches == ()
    assert sum(again.terms.values()) == pytest.approx(optimal.objective)
    assert set(optimal.terms.index) == set(Term)
    assert optimal.options == {"method": "optimal", "gap": 0.0, "time_limit": None, "threads": 1}
    assert {"ratio rule", "build", "relaxation", "audit"} <= set(optimal.seconds)
    assert optimal.log
    assert optimal.exclusions["power"].tolist() == ["P5"]  # it restricts liberty


def test_the_ratio_rule_s_plan_comes_with_the_bound_of_the_model(ratio, optimal):
    assert ratio.status is Status.RULE
    assert ratio.reference is None
    assert ratio.audit.breaches == ()
    assert ratio.objective < optimal.objective <= ratio.bound
    assert set(ratio.seconds) == {"ratio rule", "build", "relaxation"}


def test_the_reference_of_an_optimal_plan_is_the_ratio_rule_s(ratio, optimal):
    reference = optimal.reference
    assert reference.status is Status.RULE
    assert reference.objective == ratio.objective
    pd.testing.assert_frame_equal(reference.take_up, ratio.take_up)
    assert reference.bound == optimal.bound


def test_steps_are_reported_and_kept(hand):
    reported = []
    plan = solve(hand, threads=1, report=reported.append)
    assert [step.phase for step in reported[:3]] == ["ratio rule", "build", "start"]
    assert list(plan.steps.columns) == ["seconds", "phase", "bound", "objective"]
    assert plan.steps["phase"].tolist() == [step.phase for step in reported[2:-1]]
    last = reported[-1]
    assert (last.phase, last.objective, last.bound) == ("audited", plan.objective, plan.bound)
    assert plan.steps["bound"].is_monotonic_decreasing
    assert plan.steps["objective"].is_monotonic_increasing
    assert plan.steps["seconds"].is_monotonic_increasing


@pytest.mark.parametrize("guide_list_max", [0, 1, 2])
def test_a_search_without_a_time_limit_never_says_that_the_time_was_up(hand, guide_list_max):
    plan = solve(hand.replace(policy={"guide_list_max": guide_list_max}), gap=0.0, threads=1)
    assert plan.status is Status.PROVEN
    assert plan.guide_list["power"].nunique() <= guide_list_max
    assert plan.bound == pytest.approx(plan.objective, rel=1e-6)


def test_a_wide_gap_is_enough_to_be_proven(hand):
    plan = solve(hand, gap=10.0, threads=1)
    assert plan.status is Status.PROVEN
    assert 0 < plan.gap <= 10
    assert set(plan.seconds) == {"ratio rule", "build", "relaxation", "audit"}


def test_when_the_time_is_up_the_plan_says_its_gap(hand, ratio):
    plan = solve(hand, gap=0.0, time_limit=1e-6, threads=1)
    assert plan.status is Status.TIME_LIMIT
    assert plan.objective == ratio.objective
    assert plan.gap > 0
    assert plan.audit.breaches == ()
    assert plan.options["time_limit"] == 1e-6


def test_a_stopped_run_keeps_the_plan_it_started_from(hand, ratio):
    control = Control()
    control.stop()
    plan = solve(hand, gap=0.0, threads=1, control=control)
    assert plan.status is Status.INTERRUPTED
    assert plan.objective == ratio.objective
    pd.testing.assert_frame_equal(plan.take_up, ratio.take_up)
    assert plan.gap > 0


def test_ctrl_c_stops_the_search_and_keeps_the_plan(hand, ratio):
    before = signal.getsignal(signal.SIGINT)

    def interrupt(step) -> None:
        if step.phase == "relaxation" and signal.getsignal(signal.SIGINT) is not before:
            signal.raise_signal(signal.SIGINT)

    plan = solve(hand, gap=0.0, threads=1, report=interrupt)
    assert plan.status is Status.INTERRUPTED
    assert plan.objective == ratio.objective
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C be an error: a test run that was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_gives_up(hand, ctrl_c):
    def interrupt(step) -> None:
        if step.phase == "relaxation":
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        solve(hand, gap=0.0, threads=1, report=interrupt)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_solver_that_breaks_down_leaves_the_start_and_says_so(hand, ratio, monkeypatch, tmp_path):
    from devolve_opt.solver import engine

    script = tmp_path / "child.py"
    script.write_text("import os\nos._exit(3)\n", encoding="utf-8")
    monkeypatch.setattr(engine, "CHILD", script)
    plan = solve(hand, threads=1)
    assert plan.status is Status.SOLVER_FAILED
    assert plan.objective == ratio.objective
    assert math.isinf(plan.bound)
    assert math.isinf(plan.gap)
    assert "The solver broke down. Nothing is proven" in summary(plan)


def test_a_plan_that_breaks_a_rule_is_never_returned(hand, monkeypatch):
    def strict(case, policy, decisions):
        found = audit(case, policy, decisions)
        return replace(found, breaches=(Breach("officers_at_least_minimum", "township A", 2.0, "officers"),))

    monkeypatch.setattr(solving, "audit", strict)
    with pytest.raises(AuditError, match="officers_at_least_minimum at township A: 2 officers"):
        solve(hand, threads=1)


def test_a_plan_that_the_audit_values_less_is_never_returned(hand, optimal, monkeypatch):
    def mean(case, policy, decisions):
        found = audit(case, policy, decisions)
        return replace(found, terms={**found.terms, Term.CHOICES_MET: found.terms[Term.CHOICES_MET] - 1})

    monkeypatch.setattr(solving, "audit", mean)
    with pytest.raises(AuditError, match="the solver values the plan at"):
        solve(hand, gap=0.0, threads=1)


def test_a_policy_that_cannot_be_kept_is_proven_to_have_no_plan(hand):
    # 30 staff of 3 townships cannot make 3 x 50 officers.
    with pytest.raises(NoPlanError, match=r"Hand case.*proven") as raised:
        solve(hand.replace(policy={"officers_min": 50}), threads=1)
    assert raised.value.proven


def test_the_ratio_rules_plan_is_shown_with_what_it_breaks_where_no_plan_is_possible(hand):
    plan = solve(hand.replace(policy={"officers_min": 50}), "ratio", threads=1)
    assert plan.bound == -np.inf
    assert {breach.rule for breach in plan.audit.breaches} >= {"officers_at_least_minimum"}
    assert "It is proven that no plan can keep every rule of this scenario." in " ".join(status_lines(plan))
    assert "BREAKS THE RULES" in summary(plan)


def test_without_a_plan_and_without_an_answer_nothing_is_called_impossible(hand, monkeypatch, tmp_path):
    from devolve_opt.solver import engine

    script = tmp_path / "child.py"
    script.write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    monkeypatch.setattr(engine, "CHILD", script)
    monkeypatch.setattr(engine, "GRACE_SECONDS", 0.2)
    # The ratio rule's own plan breaks this policy, so there is no start either.
    with pytest.raises(NoPlanError, match="none is proven impossible") as raised:
        solve(hand.replace(policy={"officers_min": 50}), time_limit=0.2, threads=1)
    assert not raised.value.proven


def test_an_unknown_method_is_refused(hand):
    with pytest.raises(InputError, match="'best': must be one of optimal, ratio"):
        solve(hand, "best")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("gap", -1), ("gap", math.nan), ("gap", math.inf), ("gap", "0.1"), ("gap", None), ("gap", True),
        ("time_limit", -5), ("time_limit", math.nan), ("time_limit", "1"), ("threads", 0), ("threads", 1.5),
        ("threads", "2"), ("threads", 1000),
    ],
)  # fmt: skip
def test_an_option_that_is_not_allowed_is_told(hand, option, value):
    fault = only_fault(lambda: solve(hand, **{option: value}))
    assert (fault.column, fault.value) == (option, str(value))


def test_only_scenarios_are_solved():
    with pytest.raises(TypeError, match=r"solve takes a Scenario, not str; Scenario.read\(path\) reads one"):
        solve("scenarios/hand.toml")


@pytest.mark.parametrize(("cap", "values"), [("guide_list_max", ["a"]), ("guide_list_max", [math.nan])])
def test_a_sweep_over_no_numbers_is_told(hand, cap, values):
    assert only_fault(lambda: sweep(hand, cap, values)).message == "must be a number."


@pytest.mark.parametrize(
    "change",
    [
        {"prices": {"choice_met": 41}}, {"duties": {}}, {"county_opening": {}}, {"retention": {}},
        {"use_min": 2, "retention": {}}, {"office_heads": {}}, {"area_teams": {}},
    ],
)  # fmt: skip
def test_what_an_objective_means_differs_with_what_it_counts(hand, change):
    assert not means_the_same(valued_on(hand.replace(policy=change)), valued_on(hand))


@pytest.mark.parametrize("change", [{"guide_list_max": 3}, {"stations": {}}, {"lent_returns": {}}, {"phases": {}}])
def test_caps_and_choices_at_a_price_leave_what_an_objective_means(hand, change):
    assert means_the_same(valued_on(hand.replace(policy=change)), valued_on(hand))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"stations": {}}, {"stations": {"hour_price": 2}}),
        ({"stations": {}}, {"stations": {"prices": {"appraisal": 1}}}),
        ({"lent_returns": {}}, {"lent_returns": {"price": 2}}),
    ],
)
def test_choices_at_different_prices_are_not_ranked(hand, one, other):
    assert not means_the_same(*(valued_on(hand.replace(policy=change)) for change in (one, other)))


def test_a_plan_that_breaks_rules_is_ranked_with_none(hand):
    walled = hand.replace(policy={"overload": "wall", "wall_share": 0.9, "prices": {"post_moved": 1000}})
    plan = solve(walled, gap=0.0, threads=1)
    assert plan.reference.audit.breaches
    assert plan.reference.objective > plan.objective
    frame = compare({"best": plan, "rule": plan.reference})
    assert frame.loc["better_than"].tolist() == ["", ""]
    assert frame.loc["not_comparable_with"].tolist() == ["rule", "best"]
    assert frame.loc["rules_broken", "rule"] == len(plan.reference.audit.breaches)
    assert math.isnan(plan.reference.gap)
    assert "BREAKS RULES" in repr(plan.reference)


def test_what_a_plan_hands_out_is_a_copy(optimal):
    frames = (
        (optimal.decisions.take_up, "power", "P9"),
        (optimal.audit.townships, "posts", 0),
        (optimal.scenario.data.tables["townships"], "posts", 0),
        (optimal.exclusions, "article", ""),
    )
    for frame, column, value in frames:
        frame.loc[:, column] = value
        assert (frame[column] == value).all()
    assert "P9" not in set(optimal.take_up["power"])
    assert optimal.audit.townships["posts"].min() > 0
    assert optimal.scenario.data.townships["posts"].min() > 0
    assert (optimal.exclusions["article"] != "").all()
    for mapping in (optimal.audit.terms, optimal.options, optimal.seconds, optimal.scenario.changes):
        with pytest.raises(TypeError):
            mapping["choices_met"] = 1e9


def test_a_plan_can_be_sent_to_another_process(optimal):
    again = pickle.loads(pickle.dumps(optimal))
    assert again.objective == optimal.objective
    assert again.take_up.equals(optimal.take_up)


def test_changes_of_the_scenario_are_what_is_solved(hand, optimal):
    more = solve(hand.replace(changes={"cases": Change(scale=3)}), gap=0.0, threads=1)
    assert more.terms[Term.CASES_NEAR_HOME] > optimal.terms[Term.CASES_NEAR_HOME]


@pytest.mark.parametrize("method", ["ratio", "optimal"])
def test_a_guide_list_in_force_is_kept_even_where_nobody_takes_from_it(hand, method):
    """Township B alone is central; nobody there chose P2, so no township may take it from that list."""
    in_force = pd.DataFrame({"power": ["P3", "P1", "P2"], "list": ["base", "county_seat", "central"]})
    scenario = hand.replace(case=hand.case.replace(guide_list=in_force))
    plan = solve(scenario, method, gap=0.0, threads=1)
    assert plan.audit.breaches == ()
    listed = set(plan.guide_list.itertuples(index=False, name=None))
    assert listed == {("P3", "base"), ("P1", "county_seat"), ("P2", "central")}


# Compare.


def test_plans_are_put_side_by_side(optimal, ratio):
    frame = compare([optimal, ratio])
    assert list(frame.columns) == ["Hand case (optimal)", "Hand case (ratio)"]
    for plan, name in ((optimal, frame.columns[0]), (ratio, frame.columns[1])):
        for measure, value in measures(plan).items():
            assert frame.loc[measure, name] == value
    assert list(frame.index[-2:]) == ["better_than", "not_comparable_with"]


def test_measures_count_what_the_plan_decides(optimal):
    found = measures(optimal)
    assert found["status"] == "proven"
    assert sum(found[term] for term in Term) == pytest.approx(found["objective"])
    lists = optimal.guide_list
    assert found["powers_listed"] == lists["power"].nunique() <= 3  # guide_list_max of the scenario
    assert found["base_list"] == (lists["list"] == "base").sum() <= 1
    assert found["take_ups"] == len(optimal.take_up)
    # Each take-up is worth its rounds x 40 h.
    assert found["rounds_met"] * 40 == found["choices_met"]
    assert found["posts_moved_count"] * 150 == -found["posts_moved"]
    assert found["officers_trained"] * 80 == -found["training"]


def worth(plan, objective, bound):
    return replace(plan, objective=objective, bound=bound)


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [
        ((100, 110), (80, 90), ("second", "")),  # 90 < 100: proven
        ((80, 90), (100, 110), ("", "first")),
        ((100, 110), (80, 105), ("", "")),  # the intervals overlap: 80-105 and 100-110
        ((100, 110), (80, 100), ("", "")),  # they touch
        ((100, 110), (95, 99.9), ("second", "")),
        ((100, math.inf), (80, math.inf), ("", "")),  # nothing is known from above
        ((-80, -70), (-100, -90), ("second", "")),
    ],
)
def test_a_plan_is_called_better_only_where_the_intervals_do_not_overlap(optimal, first, second, better):
    frame = compare({"first": worth(optimal, *first), "second": worth(optimal, *second)})
    assert tuple(frame.loc["better_than"]) == better


def test_a_plan_by_the_ratio_rule_stands_for_itself_only(optimal, ratio):
    """Its bound is the model's, which the ratio rule does not try to reach."""
    assert ratio.objective < optimal.objective < ratio.bound
    assert compare({"a": optimal, "b": ratio}).loc["better_than"].tolist() == ["b", ""]
    equal = worth(ratio, optimal.objective, ratio.bound)
    assert compare({"a": optimal, "b": equal}).loc["better_than"].tolist() == ["", ""]


def test_several_plans_are_named(optimal):
    frame = compare({"a": worth(optimal, 3, 3), "b": worth(optimal, 2, 2), "c": worth(optimal, 1, 1)})
    assert frame.loc["better_than"].tolist() == ["b, c", "c", ""]


@pytest.mark.parametrize(
    "change",
    [
        {"policy": {"prices": {"choice_met": 41}}},
        {"policy": {"choice_floor": 0.4}},
        {"policy": {"overload_free_share": 0.8}},
        {"changes": {"cases": Change(scale=2)}},
    ],
)
def test_plans_on_other_data_or_prices_are_never_ranked(optimal, hand, change):
    other = replace(worth(optimal, 1, 1), scenario=hand.replace(**change))
    assert compare({"a": optimal, "b": other}).loc["better_than"].tolist() == ["", ""]


def test_plans_under_other_caps_are_ranked(optimal, hand):
    other = replace(worth(optimal, 1, 1), scenario=hand.replace(policy={"guide_list_max": 1}))
    assert compare({"a": optimal, "b": other}).loc["better_than"].tolist() == ["b", ""]


def test_plans_of_changed_cases_are_never_ranked(optimal, hand):
    townships = hand.case.townships
    townships["population"] += 1
    for other_case in (hand.case.replace(townships=townships), hand.case.replace(available_hours=1800.0)):
        other = replace(worth(optimal, 1, 1), scenario=hand.replace(case=other_case))
        assert compare({"a": optimal, "b": other}).loc["better_than"].tolist() == ["", ""]


def test_equal_names_are_told_apart(optimal):
    assert list(compare([optimal, optimal, optimal]).columns) == [
        "Hand case (optimal)", "Hand case (optimal) (2)", "Hand case (optimal) (3)",
    ]  # fmt: skip


def test_folders_of_runs_are_compared_like_plans(optimal, ratio, tmp_path):
    write_run(optimal, tmp_path / "first")
    frame = compare([tmp_path / "first", str(tmp_path / "first"), ratio])
    assert list(frame.columns) == ["first", "first (2)", "Hand case (ratio)"]
    for measure, value in measures(optimal).items():
        assert frame.loc[measure, "first"] == value
    assert frame.loc["better_than"].tolist() == ["Hand case (ratio)", "Hand case (ratio)", ""]
    (tmp_path / "second").mkdir()
    manifest = json.loads((tmp_path / "first" / "manifest.json").read_text(encoding="utf-8"))
    manifest["measures"].update(objective=manifest["objective"] - 20, bound=manifest["objective"] - 10)
    (tmp_path / "second" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert compare([tmp_path / "first", tmp_path / "second"]).loc["better_than"].tolist() == ["second", ""]
    manifest["measures"]["bound"] = None  # what is not known from above
    (tmp_path / "second" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert compare([tmp_path / "first", tmp_path / "second"]).loc["better_than"].tolist() == ["", ""]


@pytest.mark.parametrize(
    "content",
    [
        None, "", "{", "[]", "{}", "3", "\xff",
        '{"measures": {}, "valued_on": ""}', '{"measures": 3, "valued_on": ""}', '{"measures": {"objective": 1}}',
    ],
)  # fmt: skip
def test_a_folder_that_holds_no_run_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content.encode("latin-1"))
    fault = only_fault(compare, [tmp_path])
    assert fault.file == str(tmp_path)
    assert "is not the folder of a run" in fault.message


# Sweep.


@pytest.fixture(scope="module")
def swept(hand, tmp_path_factory):
    """Sweep the guide list of the hand case once; return the frame, the folder of points and what was reported."""
    folder = tmp_path_factory.mktemp("sweep") / "points"
    reported = []
    frame = sweep(hand, "guide_list_max", [3, 1, 2], gap=0.001, jobs=2, folder=folder, report=reported.append)
    return frame, folder, reported


@pytest.fixture
def points(swept, tmp_path):
    """Return a copy of the finished points, to be spoiled."""
    return shutil.copytree(swept[1], tmp_path / "points")


@pytest.fixture
def solves(monkeypatch):
    """Replace the solving of points: record what is solved."""
    solved = []

    def record(scenario, **options):
        solved.append(scenario.policy)
        return real(scenario, **options)

    real = sweeping.solve
    monkeypatch.setattr(sweeping, "solve", record)
    return solved


def test_a_sweep_has_a_row_for_each_value_in_rising_order(swept, hand, optimal):
    frame, _, reported = swept
    assert frame["value"].tolist() == [1, 2, 3]
    assert frame.columns.tolist() == ["value", *measures(optimal), "note", "seconds", "comparable"]
    assert frame["status"].tolist() == ["proven"] * 3
    assert frame["objective"].is_monotonic_increasing
    assert frame["powers_listed"].tolist() <= [1, 2, 3]
    assert frame["objective"].iloc[-1] == pytest.approx(optimal.objective)
    assert sorted(point["value"] for point in reported) == [1, 2, 3]


def test_a_sweep_solves_the_highest_value_first_and_then_from_the_lowest_on(hand, solves):
    sweep(hand, "guide_list_max", [1, 0, 3, 2], gap=0.001, jobs=1)
    assert [policy.guide_list_max for policy in solves] == [3, 0, 1, 2]


def test_a_sweep_does_not_change_its_scenario(swept, hand):
    assert hand.policy.guide_list_max == 3


def test_a_finished_sweep_solves_nothing_again(swept, hand, points, solves):
    reported = []
    again = sweep(hand, "guide_list_max", [1, 2, 3], gap=0.001, folder=points, report=reported.append)
    assert solves == []
    pd.testing.assert_frame_equal(again, swept[0])
    assert len(reported) == 3


def test_a_sweep_solves_only_what_is_new(hand, points, solves):
    frame = sweep(hand, "guide_list_max", [0, 2, 3], gap=0.001, folder=points)
    assert [policy.guide_list_max for policy in solves] == [0]
    assert frame["value"].tolist() == [0, 2, 3]


def test_points_are_solved_again_if_gap_policy_or_changes_are_other(hand, points, solves):
    others = [
        (hand.replace(policy={"choice_floor": 0.4}), 0.001),
        (hand.replace(policy={"prices": {"choice_met": 41}}), 0.001),
        (hand.replace(changes={"cases": Change(scale=2)}), 0.001),
    ]
    for number, (scenario, gap) in enumerate(others, start=1):
        sweep(scenario, "guide_list_max", [2], gap=gap, folder=points)
        assert len(solves) == number


def test_a_point_is_solved_again_only_for_a_smaller_gap_than_it_has(hand, points, solves):
    file = points / "guide_list_max=2.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    keep(file, content["key"], content["time_limit"], {**content["point"], "gap": 0.0008})
    for gap, solved in ((0.002, 0), (0.001, 0), (0.0008, 0), (0.0005, 1)):
        sweep(hand, "guide_list_max", [2], gap=gap, folder=points)
        assert len(solves) == solved


@pytest.mark.parametrize("change", ["table", "hours"])
def test_points_are_solved_again_if_the_case_is_other(hand, points, solves, change):
    townships = hand.case.townships
    townships["statutory_hours"] += 1
    other = hand.case.replace(townships=townships) if change == "table" else hand.case.replace(available_hours=1800.0)
    sweep(hand.replace(case=other), "guide_list_max", [2], gap=0.001, folder=points)
    assert len(solves) == 1


def test_points_of_a_case_made_in_python_are_taken_up_for_the_same_data_only(tmp_path, solves):
    """Two cases from frames have no files to be told apart by, and may even stand at the same place in memory."""
    policy = Policy(base_list_max=1, guide_list_max=1, officers_min=0)
    tables = tiny_tables()
    sweep(Scenario(Case.from_tables(tables, **HEADER), policy), "guide_list_max", [1], folder=tmp_path)
    sweep(Scenario(Case.from_tables(tiny_tables(), **HEADER), policy), "guide_list_max", [1], folder=tmp_path)
    assert len(solves) == 1
    tables["cases"]["cases"] += 1
    sweep(Scenario(Case.from_tables(tables, **HEADER), policy), "guide_list_max", [1], folder=tmp_path)
    assert len(solves) == 2


def test_a_point_whose_time_was_up_is_tried_again_with_more_time(hand, tmp_path, solves):
    short = sweep(hand, "guide_list_max", [3], gap=0.001, time_limit=1e-6, folder=tmp_path)
    assert short["status"].tolist() == ["time_limit"]
    longer = sweep(hand, "guide_list_max", [3], gap=0.001, folder=tmp_path)
    assert longer["status"].tolist() == ["proven"]
    assert len(solves) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],  # half written
        lambda text: "",
        lambda text: "[]",
        lambda text: "{}",
        lambda text: "null",
        lambda text: json.dumps({"point": json.loads(text)["point"]}),  # foreign: without a key
        lambda text: json.dumps({"key": json.loads(text)["key"]}),
        lambda text: json.dumps({**json.loads(text), "key": "of something else"}),
        lambda text: text.replace('"objective": ', '"objective": 1'),  # damaged
        lambda text: "[" * 100_000,
    ],
)
def test_a_half_written_or_foreign_point_is_passed_over_and_replaced(hand, swept, points, solves, spoil):
    file = points / "guide_list_max=2.json"
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    frame = sweep(hand, "guide_list_max", [1, 2, 3], gap=0.001, folder=points)
    assert [policy.guide_list_max for policy in solves] == [2]
    columns = [column for column in frame if column != "seconds"]
    pd.testing.assert_frame_equal(frame[columns], swept[0][columns])
    assert json.loads(file.read_text(encoding="utf-8"))["point"]["value"] == 2


def test_a_temporary_file_of_a_killed_sweep_is_no_point(hand, points, solves):
    point = points / "guide_list_max=2.json"
    point.rename(points / ".guide_list_max=2.json.17.17.tmp")
    sweep(hand, "guide_list_max", [2], gap=0.001, folder=points)
    assert len(solves) == 1


def test_points_are_strict_json(swept):
    files = sorted(swept[1].glob("*.json"))
    assert [file.name for file in files] == [f"guide_list_max={value}.json" for value in (1, 2, 3)]

    def refuse(word: str):
        raise AssertionError(f"{word} is not JSON")

    for file in files:
        json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)


def test_a_value_without_a_plan_is_a_point_too(hand, tmp_path, solves):
    frame = sweep(hand, "officers_min", [2, 50], gap=0.001, folder=tmp_path)
    assert frame["status"].tolist() == ["proven", "infeasible"]
    assert frame.loc[1, ["objective", "bound", "gap"]].isna().all()
    assert len(solves) == 2
    again = sweep(hand, "officers_min", [2, 50], gap=0.001, folder=tmp_path)
    assert len(solves) == 2
    assert again["status"].tolist() == ["proven", "infeasible"]


def test_a_value_whose_time_was_up_without_a_plan_says_so(hand, monkeypatch):
    def no_time(scenario, **options):
        raise NoPlanError("no plan was found in 0 s", proven=False)

    monkeypatch.setattr(sweeping, "solve", no_time)
    assert sweep(hand, "guide_list_max", [3])["status"].tolist() == ["no_plan"]


def test_an_interrupted_sweep_keeps_the_finished_points(hand, tmp_path, monkeypatch, solves):
    """The highest value is solved; the lowest runs when Ctrl-C comes; the third has not begun."""
    begun = []
    recorded = sweeping.solve

    def slow_second(scenario, control, **options):
        begun.append(scenario.policy.guide_list_max)
        if len(begun) == 2:
            while not control.stopped and control.elapsed < 20:
                time.sleep(0.05)
            assert control.stopped
        return recorded(scenario, control=control, **options)

    monkeypatch.setattr(sweeping, "solve", slow_second)
    handler = signal.getsignal(signal.SIGINT)
    frame = sweep(
        hand, "guide_list_max", [1, 2, 3], gap=0.001, jobs=1, folder=tmp_path,
        report=lambda point: signal.raise_signal(signal.SIGINT),
    )  # fmt: skip
    assert begun in ([3, 1], [3])
    assert frame["value"].tolist() == [3]
    assert [file.name for file in tmp_path.iterdir()] == ["guide_list_max=3.json"]
    assert signal.getsignal(signal.SIGINT) is handler
    solves.clear()
    monkeypatch.setattr(sweeping, "solve", recorded)
    assert sweep(hand, "guide_list_max", [1, 2, 3], gap=0.001, folder=tmp_path)["value"].tolist() == [1, 2, 3]
    assert sorted(policy.guide_list_max for policy in solves) == [1, 2]


@pytest.mark.parametrize("error", [AuditError, SolverError, OSError])
def test_an_error_in_one_point_is_told_and_the_others_are_kept(hand, tmp_path, monkeypatch, error):
    real = sweeping.solve

    def fail_at_two(scenario, **options):
        if scenario.policy.guide_list_max == 2:
            raise error("it broke down")
        return real(scenario, **options)

    monkeypatch.setattr(sweeping, "solve", fail_at_two)
    frame = sweep(hand, "guide_list_max", [1, 2, 3], gap=0.001, jobs=1, folder=tmp_path)
    assert frame["status"].tolist() == ["proven", "failed", "proven"]
    assert frame["note"].tolist() == ["", f"{error.__name__}: it broke down", ""]
    assert frame["synthetic"].all()
    assert np.isnan(frame["objective"].iloc[1])
    # A point that broke down is tried again, the others are not.
    monkeypatch.setattr(sweeping, "solve", real)
    assert sweep(hand, "guide_list_max", [1, 2, 3], folder=tmp_path, gap=0.001)["status"].tolist() == ["proven"] * 3


def test_a_sweep_says_whether_its_values_can_be_ranked(hand):
    assert sweep(hand, "guide_list_max", [1, 2], jobs=1)["comparable"].all()
    # The floor of inequity changes what any plan is worth.
    assert not sweep(hand, "choice_floor", [0.1, 0.5], jobs=1)["comparable"].any()


def test_a_point_whose_time_was_up_is_not_tried_again_with_as_little(hand, tmp_path, solves):
    for _ in range(2):
        assert sweep(hand, "guide_list_max", [3], gap=0.001, time_limit=1e-6, folder=tmp_path)["status"].tolist() == [
            "time_limit"
        ]
    assert len(solves) == 1


@pytest.mark.parametrize("cap", ["guide_list_mx", "overload", "prices", "choice_met", "hearing_powers_stay"])
def test_a_cap_that_is_none_is_told(hand, cap, tmp_path):
    fault = only_fault(lambda: sweep(hand, cap, [1], folder=tmp_path / "points"))
    assert fault.column == cap
    assert "is no numeric cap of the policy" in fault.message
    assert ("Did you mean 'guide_list_max'?" in fault.message) == (cap == "guide_list_mx")
    assert not (tmp_path / "points").exists()


def test_every_wrong_value_of_a_cap_is_told_before_anything_is_solved(hand, solves):
    faults = faults_of(lambda: sweep(hand, "guide_list_max", [1, 2.5, -1, 3]))
    assert [fault.value for fault in faults] == ["2.5", "-1"]
    assert {fault.column for fault in faults} == {"guide_list_max"}
    assert solves == []


def test_a_sweep_without_values_is_told(hand):
    assert "has no values to sweep" in only_fault(lambda: sweep(hand, "guide_list_max", [])).message


def test_a_share_can_be_swept_and_equal_values_count_once(hand, solves):
    frame = sweep(hand, "choice_floor", [0.5, 0.0, 0.5], gap=0.001, jobs=1)
    assert frame["value"].tolist() == [0.0, 0.5]
    assert sorted(policy.choice_floor for policy in solves) == [0.0, 0.5]
    # Nothing counts as falling short of 0.
    assert frame["inequity"].tolist()[0] == 0
