"""Even plans: by hand, against a search through all lists, kept levels, refusals, folder and command."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from math import lcm

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from depth import examples
from devolve_opt.cli import app
from devolve_opt.errors import AuditError, InputError
from devolve_opt.formulation.levels import CHOICES, LOAD, POSTS
from devolve_opt.language import speaking
from devolve_opt.plan import Breach
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies import even_plans as study
from devolve_opt.studies.even_plans import even_plan
from devolve_opt.studies.runs import case_of_run, read_run
from devolve_opt.studies.solving import solve
from devolve_opt.studies.township_shares import amount
from devolve_opt.views.even_folder import KEPT, even_text, write_even
from devolve_opt.views.plots.even import even_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.vocabulary import Status
from modelling import hand_scenario, small_case, small_policy, with_stations

QUICK = {"gap": 0.0, "threads": 1}


def loaded(**policy) -> Scenario:
    """A needs 18,300 of its 18,400 h by law, B nothing; a power takes 400 h, and is worth 720 h."""
    pairs = [("A", "P"), ("B", "P")]
    townships, powers = {"A": {"statutory_hours": 18_300}, "B": {}}, {"P": {"upkeep_hours": 400}}
    case = small_case(townships, powers, votes=dict.fromkeys(pairs, 3), cases=dict.fromkeys(pairs, 100))
    return Scenario(case, small_policy(**policy), title="Loaded")


@pytest.fixture(scope="module")
def plan():
    return solve(loaded(), **QUICK)


@pytest.mark.parametrize("within, beyond, worth", [(0.0, 300, 940), (0.23, 300, 940), (0.24, 0, 720), (1.0, 0, 720)])
def test_load_by_hand(plan, within, beyond, worth):
    # 220 of 940 h are lost where A does without: 23.4 %. 300 of A's 18,400 h are 1.63 points.
    points = pytest.approx(100 * beyond / 18_400)
    found = even_plan(plan, LOAD, within, **QUICK)
    assert found.finished and found.levels["level"].tolist() == [1.0]
    [row] = found.levels.to_dict("records")
    assert (row["before"], row["townships_before"], row["status"]) == (pytest.approx(30_000 / 18_400), 1, "proven")
    assert (row["found"], row["least"], row["after"]) == (points, points, points)
    assert row["townships_after"] == (beyond > 0)
    assert (found.even.objective, found.even.status) == (pytest.approx(worth), Status.PROVEN)
    assert found.even.bound >= found.even.objective and found.even.audit.breaches == ()
    loads = found.townships.set_index("township")
    # 18,700 or 18,300 of 18,400 h.
    assert loads.at["A", "before"] == pytest.approx(18_700 / 18_400)
    assert loads.at["A", "after"] == pytest.approx((18_700 if beyond else 18_300) / 18_400)


def test_levels_lie_between_the_township_worst_off_and_the_last_one(plan):
    # A is at 101.63 %.
    assert even_plan(plan, LOAD, 0.0, 0.01, **QUICK).levels["level"].tolist() == [1.01, 1.0]
    assert even_plan(plan, LOAD, 0.0, 0.01, 0.995, **QUICK).levels["level"].tolist() == [1.015, 1.005, 0.995]
    none = even_plan(plan, LOAD, 0.5, until=1.02, **QUICK)
    assert none.levels.empty and none.even is plan and none.finished
    assert "the township worst off is at 101.6 %" in even_text(none)


def test_posts_come_to_those_who_have_least_of_their_share():
    # One county, 20 posts of the formula, by 10 each. Of 8 and 12 posts today, moves cost 150 h a post.
    townships = {"A": {"posts": 8, "staff_in_post": 8}, "B": {"posts": 12, "staff_in_post": 12}}
    case = small_case(townships, {"P": {}}, votes={("A", "P"): 3, ("B", "P"): 3})
    before = solve(Scenario(case, small_policy(posts_band=0.2)), **QUICK)
    assert before.audit.townships["fair_share"].tolist() == [10, 10]
    assert before.audit.townships["posts"].tolist() == [8, 12]
    found = even_plan(before, POSTS, within=5.0, step=0.1, **QUICK)
    assert found.levels["level"].tolist() == [0.9, 1.0]
    # A is 1 post of 10 short of 9, then 2 short of 10.
    assert found.levels[["before", "after"]].to_numpy() == pytest.approx(np.array([[10, 0], [20, 0]]))
    assert found.even.audit.townships["posts"].tolist() == [10, 10]
    # Both chosen in all rounds: 240 h; two posts cost 300.
    assert (before.objective, found.even.objective) == pytest.approx((240, -60))
    half = even_plan(before, POSTS, within=0.7, step=0.1, **QUICK)
    assert half.even.audit.townships["posts"].tolist() == [9, 11]


POWERS = ["P1", "P2", "P3", "P4"]


@settings(deadline=None, max_examples=examples(20))
@given(
    rounds=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=3),
    within=st.sampled_from([0.0, 0.1, 0.3, 1.0]),
)
def test_choices_are_met_as_evenly_as_any_list_allows(rounds, within):
    # Nothing but the two places on the list is scarce, so a list is all that there is to decide.
    scenario, asked, lists = elections(rounds, places=2)
    best = solve(scenario, **QUICK)
    found = even_plan(best, CHOICES, within, 0.2, 1.0, **QUICK)
    levels = found.levels["level"].tolist()

    short, worths = [], []
    for met in lists:
        worths.append(40.0 * sum(met.values()))
        short.append([
            round(sum(max(0.0, 100 * (level - met[town] / asked[town])) for town in asked), 6) for level in levels
        ])  # fmt: skip
    assert best.objective == pytest.approx(max(worths))
    enough = [row for row, worth in zip(short, worths, strict=True) if worth >= found.worth - 1e-6]
    assert found.levels["after"].to_numpy() == pytest.approx(np.array(min(enough)), abs=1e-3)
    assert (found.levels["status"] == "proven").all()
    # Of those that are as even it is the one that is worth most.
    alike = [worth for row, worth in zip(short, worths, strict=True) if row == min(enough)]
    assert found.even.objective == pytest.approx(max(alike))


@settings(deadline=None, max_examples=examples(12))
@given(rounds=st.lists(st.lists(st.sampled_from([0, 1, 3]), min_size=4, max_size=4), min_size=2, max_size=4))
def test_where_shares_lie_on_the_levels_it_is_leximin(rounds):
    # Whatever may be lost; levels a sixtieth of all apart hold every share of up to 12 rounds that these can come to.
    scenario, asked, lists = elections(rounds, places=1)
    fine = 1
    for count in asked.values():
        fine = lcm(fine, count)
    if fine > 40:
        return
    found = even_plan(solve(scenario, **QUICK), CHOICES, 1.0, 1 / fine, 1.0, **QUICK)
    if not found.levels.empty:
        after = sorted(found.townships["after"])
        assert after == pytest.approx(max(sorted(met[town] / asked[town] for town in asked) for met in lists))


def test_townships_weigh_alike_whatever_their_size():
    # One place: A chose Q in 3 rounds, B and C chose P in one each. With Q two have nothing, with P one.
    scenario, *_ = elections([[0, 3, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]], places=1)
    for step in (1.0, 0.5, 0.1):
        found = even_plan(solve(scenario, **QUICK), CHOICES, 1.0, step, 1.0, **QUICK)
        assert found.townships["before"].tolist() == [1, 0, 0]
        assert found.townships["after"].tolist() == [0, 1, 1]


def elections(rounds: list[list[int]], places: int):
    """Return a scenario in which only places are scarce, the rounds asked by township, and those met with each list."""
    towns = [f"T{number}" for number in range(len(rounds))]
    votes = {(town, power): count for town, row in zip(towns, rounds, strict=True)
             for power, count in zip(POWERS, row, strict=True) if count}  # fmt: skip
    case = small_case({town: {} for town in towns}, {power: {} for power in POWERS}, votes)
    asked = {town: sum(row) for town, row in zip(towns, rounds, strict=True) if sum(row)}
    lists = [
        {town: sum(votes.get((town, power), 0) for power in listed) for town in towns}
        for listed in combinations(POWERS, places)
    ]
    return Scenario(case, small_policy(guide_list_max=places, own_list_categories=())), asked, lists


def test_what_was_stopped_goes_on_and_says_so(plan, tmp_path, monkeypatch):
    control = Control(None)
    part = even_plan(
        plan, LOAD, 0.24, 0.01, control=control, tell=lambda line: control.stop(), folder=tmp_path, **QUICK
    )
    assert not part.finished and part.even.status is Status.INTERRUPTED and part.even.objective >= part.worth
    assert part.levels["status"].tolist() == ["proven", ""]
    # 18,700 - 1.01 x 18,400 = 116 h, 0.63 points; what was found until then is a plan, which keeps rules of its own.
    assert "101.0 %: 0.63 (1) → 0 (0), proven least" in even_text(part) and "not looked at" in even_text(part)
    with pytest.raises(InputError, match="the plan keeps added rules"):
        even_plan(part.even, **QUICK)
    assert part.even.options["method"] == "optimal" and part.even.reference.method == "ratio"
    gone = Control(None)
    gone.stop()
    none = even_plan(plan, LOAD, 0.24, control=gone, **QUICK)
    assert none.even is None and "Stopped before a plan was found" in even_text(none)
    assert even_figure(part).axes
    searched = []
    real = study._Study._searched
    monkeypatch.setattr(
        study._Study, "_searched", lambda self, prepared, number, *rest: searched.append(number) or real(
            self, prepared, number, *rest
        )
    )  # fmt: skip
    whole = even_plan(plan, LOAD, 0.24, 0.01, folder=tmp_path, **QUICK)
    # At the first level nothing is beyond any more, nor at the second.
    assert whole.finished and searched == [] and whole.levels["after"].tolist() == [0, 0]
    pd.testing.assert_frame_equal(whole.levels, even_plan(plan, LOAD, 0.24, 0.01, **QUICK).levels)


def test_a_solver_that_runs_out_of_time_claims_nothing(plan, monkeypatch):
    real = study.search_of

    def unproven(*args, **options):
        search = real(*args, **options)
        run = search.run

        def stopped(start):
            run(start)
            search.bound = np.inf

        search.run = stopped
        return search

    monkeypatch.setattr(study, "search_of", unproven)
    monkeypatch.setattr(study.Control, "left", property(lambda self: 0.0))
    found = study._Study(plan, LOAD, 0.0, 0.02, (1.0,), 0.0, None, 1, None, Control(None))
    found.look_at(0, lambda step: None)
    [row] = found.rows
    assert (row["found"], row["least"], row["status"]) == (pytest.approx(30_000 / 18_400), 0, "time_limit")
    assert found.said(0) == "100 %: 1.63 points beyond it; no plan is below 0"


def test_more_beyond_a_level_than_the_solver_found_is_a_defect(plan):
    found = study._Study(plan, LOAD, 1.0, 0.02, (1.0,), 0.0, None, 1, None, Control(None))
    found.rows = [{"found": 0.0}]
    found.solved(lambda step: None)
    found.plan = replace(plan, scenario=loaded())
    real = study.solve
    study.solve = lambda *args, **options: plan
    try:
        with pytest.raises(AuditError, match=r"1\.6304 beyond the level 1, the solver 0\.0000"):
            found.solved(lambda step: None)
    finally:
        study.solve = real


@pytest.mark.parametrize(
    "options, told",
    [
        ({"of": "luck"}, "column of, value 'luck': must be one of load, posts, choices"),
        ({"within": -0.1}, "within, value '-0.1': must be a share"),
        ({"step": 0}, "step, value '0': must be above 0"),
        ({"until": float("nan")}, "until, value 'nan': must be a share"),
        ({"step": 0.0001}, "gives more than 50 levels"),
        ({"gap": -1}, "gap, value '-1'"),
    ],
)
def test_wrong_options_are_refused(plan, options, told):
    with pytest.raises(InputError) as error:
        even_plan(plan, **options)
    assert told in str(error.value)


def test_a_plan_that_breaks_rules_is_refused(plan):
    broken = replace(
        plan, audit=replace(plan.audit, breaches=(Breach("guide_list_within_cap", "city", 1.0, "powers"),))
    )
    with pytest.raises(InputError, match="the plan breaks rules"):
        even_plan(broken)


def test_the_folder_holds_text_tables_figure_workbook_and_the_plan_as_a_run(plan, tmp_path):
    found = even_plan(plan, LOAD, 0.24, **QUICK)
    folder = write_even(found, tmp_path / "even")
    names = {path.name for path in folder.iterdir()}
    assert {"levels.csv", "townships.parquet", "measures.csv", "even.txt", "even.xlsx", "even.png", "even.svg"} <= names
    record = json.loads((folder / "even.json").read_text("utf-8"))
    assert (record["of"], record["within"], record["finished"]) == ("load", 0.24, True)
    assert record["even"]["status"] == "proven" and record["notice"]
    text = (folder / "even.txt").read_text("utf-8")
    assert "100.0 %: 1.63 (1) → 0 (0), proven least" in text
    assert "worth 720 staff-hours a year, 220 less than this run (23.40 %)" in text
    assert "A A: 101.6 % → 99.5 %" in text
    book = load_workbook(folder / "even.xlsx")
    assert book.sheetnames == ["what was found", "levels", "townships"]
    assert book["levels"]["A4"].value == 1.0 and book["levels"]["B4"].value == pytest.approx(30_000 / 18_400)
    assert "take-ups in all: 2 → 1" in text and "A A: -3 rounds" in text
    # The plan is a run like any other, with the rules that it was solved under named.
    manifest = json.loads((folder / "plan" / "manifest.json").read_text("utf-8"))
    assert manifest["objective"] == pytest.approx(720)
    assert manifest["title"] == "Loaded, even in load within 24 %"
    assert manifest["options"]["added_rules"] == ["kept_to_level", "worth_part_counted", "worth_kept"]
    with speaking("zh"):
        assert "100.0 %：1.63（1 个）→ 0（0 个），已证明最少" in even_text(found)


def test_the_command_finds_an_even_plan_of_a_run(tmp_path):
    write_run(solve(hand_scenario(), **QUICK), tmp_path / "hand")
    done = CliRunner().invoke(app, ["even", str(tmp_path / "hand"), "--of", "choices", "--within", "0.3"])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "hand-even-choices"
    assert (folder / KEPT).is_dir() and (folder / "even.png").is_file()
    even = read_run(folder / "plan", case_of_run(folder / "plan"))
    before = read_run(tmp_path / "hand", case_of_run(tmp_path / "hand"))
    assert even.objective >= before.objective - 0.3 * abs(before.objective) - 1e-3
    assert even.audit.breaches == ()
    wrong = CliRunner().invoke(app, ["even", str(tmp_path / "hand"), "--of", "luck"])
    assert isinstance(wrong.exception, InputError) and not (tmp_path / "hand-even-luck").exists()


def test_where_nobody_is_above_its_hours_load_is_evened_out_to_what_is_free(plan):
    # B has no work at all and A 17,000 of its 18,400 h, 92.4 %; up to 90 % hours cost nothing.
    case = small_case({"A": {"statutory_hours": 17_000}, "B": {}}, {"P": {}}, {("B", "P"): 3})
    found = even_plan(solve(Scenario(case, small_policy()), **QUICK), **QUICK)
    assert found.levels["level"].tolist() == [0.92, 0.9]


def test_amounts_are_told_from_none():
    assert [amount(value) for value in (0.0, 5e-5, 0.003, 9.5, 1234.5)] == ["0", "0", "0.01", "9.50", "1,234.50"]


def test_a_hairs_breadth_beyond_a_level_is_not_beyond_it():
    # A needs 18,400.01 h by law of the 18,400 that it has for good: a millionth of them is 0.0184.
    case = small_case({"A": {"statutory_hours": 18_400.01}, "B": {}}, {"P": {}}, {("B", "P"): 3})
    plan = solve(Scenario(case, small_policy(posts_moved_max=0)), **QUICK)
    found = even_plan(plan, LOAD, 0.5, 0.05, 0.95, **QUICK)
    assert found.levels["level"].tolist() == [1.0, 0.95] and (found.levels["status"] == "proven").all()
    assert found.levels["after"].tolist() == [0, pytest.approx(100 * (18_400.01 / 18_400 - 0.95))]


def test_stations_that_serve_a_level_are_kept():
    # T1 needs 17,600 of its 18,400 h; a station of two brings 0.2 x 3,680 h: 91.97 % instead of 95.65.
    # Nothing needs them below the wall.
    case = with_stations(small_case({"T1": {"statutory_hours": 17_600.0}}), A1={"staff": 2, "own_hours": 0.0})
    stations = {"managed_max": 1, "devolved_max": 0, "managed_per_township_max": 1, "hour_price": 0.01}
    policy = small_policy(overload="wall", wall_share=1.0, stations=stations)
    plan = solve(Scenario(case, policy), **QUICK)
    assert plan.decisions.stations.empty
    found = study._Study(plan, LOAD, 0.0, 0.02, (0.94, 0.92), 0.0, None, 1, None, Control(None))
    found.worth = plan.objective - 200  # managing it costs 120 and what the county loses
    for number in range(2):
        found.look_at(number, lambda step: None)
    assert found.start.stations["station"].tolist() == ["A1"]
    assert [(row["found"], row["status"]) for row in found.rows] == [(0, "proven")] * 2


def test_a_case_in_which_nobody_chose_is_told(tmp_path):
    case = small_case({"A": {}}, {"P": {}}, {}, {("A", "P"): 5.0})
    found = even_plan(solve(Scenario(case, small_policy()), **QUICK), CHOICES, **QUICK)
    assert "there is nothing to even out" in even_text(found)
    assert (write_even(found, tmp_path / "even") / "even.png").is_file()


def test_a_plan_of_an_earlier_study_does_not_stay(plan, tmp_path):
    write_even(even_plan(plan, LOAD, 0.24, **QUICK), tmp_path / "even")
    assert (tmp_path / "even" / "plan").is_dir()
    stopped = Control(None)
    stopped.stop()
    write_even(even_plan(plan, LOAD, 0.24, control=stopped, **QUICK), tmp_path / "even")
    assert not (tmp_path / "even" / "plan").exists()


def test_townships_apart_give_the_same_levels(monkeypatch):
    scenario = hand_scenario()
    plan = solve(scenario, **QUICK)
    whole = even_plan(plan, CHOICES, 0.5, 0.1, 1.0, **QUICK)
    real, apart = study.search_of, []

    def taken_apart(*args, **options):
        search = real(*args, **options)
        search.by_township_from, search.master_share = 0, 1.0
        apart.append(search.falls_apart())
        return search

    monkeypatch.setattr(study, "search_of", taken_apart)
    found = even_plan(plan, CHOICES, 0.5, 0.1, 1.0, **QUICK)
    assert apart and all(apart)
    for column in ("found", "after"):
        assert found.levels[column].to_numpy() == pytest.approx(whole.levels[column].to_numpy(), abs=1e-3)
    assert (found.levels["least"] <= whole.levels["found"] + 1e-3).all()
