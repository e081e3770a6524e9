"""Sensitivity: effects are what hand-made steps change, ranges are refused in words, a study goes on where it was."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies import ranges
from devolve_opt.studies import sensitivity as study
from devolve_opt.studies.kept import NO_PLAN
from devolve_opt.studies.sensitivity import MEASURES, STEP, sensitivity
from devolve_opt.studies.solving import solve
from devolve_opt.views.plots.sensitivity import sensitivity_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.sensitivity_folder import sensitivity_text, write_sensitivity
from modelling import hand_scenario, small_case, small_policy

PRICES = {"prices.choice_met": (20.0, 60.0), "prices.post_moved": (100.0, 200.0)}


@pytest.fixture(scope="module")
def plan():
    # P1 is chosen thrice by each of two townships and costs the county 110 h in each: it is taken from 110 / 3 = 36.7 h
    # a round on. P2 costs nothing and is always taken.
    case = small_case(
        {"A": {}, "B": {}}, {"P1": {"support_hours": 110.0}, "P2": {}},
        {("A", "P1"): 3, ("B", "P1"): 3, ("A", "P2"): 1, ("B", "P2"): 1},
    )  # fmt: skip
    return solve(Scenario(case, small_policy(), "two powers"), gap=0)


@pytest.fixture(scope="module")
def found(plan):
    return sensitivity(plan, PRICES, trajectories=3, seed=2, gap=0)


def test_effects_are_those_of_single_steps(found):
    # A step over two thirds of 20 to 60 goes from 20 to 46.7 or from 33.3 to 60 or back: P1 comes or goes in both, six
    # rounds and two take-ups; the list of two powers halves. Dearer posts change nothing, since none moves.
    effects = found.effects.set_index(["setting", "measure"])
    expected = {"rounds_met": 6, "take_ups": 2, "powers_listed": 1, "list_kept": 0.5}
    for measure in MEASURES:
        row = effects.loc["prices.choice_met", measure]
        assert row["mean_size"] == pytest.approx(expected.get(measure, 0))
        assert row["mean"] == pytest.approx(expected.get(measure, 0))
        assert row["spread"] == pytest.approx(0, abs=1e-9)
        assert effects.loc["prices.post_moved", measure]["mean_size"] == 0
    assert (effects["paths"] == 3).all()


def test_the_interval_is_students_and_needs_five_paths(found):
    assert found.effects["mean_size_95"].isna().all()
    assert "FEW PATHS" in sensitivity_text(found) and "95 %: ±" not in sensitivity_text(found)
    # Effects of 3, -1, 2, 2 and -4: sizes of mean 2.4 and standard deviation 1.1402; t of 4 degrees is 2.7764.
    effects = np.array([3.0, -1, 2, 2, -4])
    [half] = study._half_width(
        np.array([np.abs(effects).mean()]), np.array([effects.mean()]), np.array([effects.std(ddof=1)]), 5
    )
    assert half == pytest.approx(2.7764 * 1.1402 / np.sqrt(5), rel=1e-4)


def test_what_cannot_change_is_said_to_be_fixed(found):
    listed = found.plan.guide_list[["power", "list"]]
    plan = solve(found.scenario.replace(case=found.scenario.case.replace(guide_list=listed)), gap=0)
    assert "fixed: the case's guide list is in force" in sensitivity_text(replace(found, plan=plan))
    assert "no step in these 9 points changed it: prices.post_moved" in sensitivity_text(found)


def test_each_step_moves_one_setting_by_two_thirds(found):
    assert len(found.points) == found.wanted == 3 * 3
    for _, path in found.points.groupby("trajectory"):
        parts = pd.DataFrame({name: (path[name] - low) / (high - low) for name, (low, high) in PRICES.items()})
        steps = parts.diff().iloc[1:].abs()
        assert ((steps > 1e-9).sum(axis=1) == 1).all()
        assert steps.max().to_list() == pytest.approx([STEP, STEP])
        assert parts.to_numpy().min() >= -1e-9
        assert parts.to_numpy().max() <= 1 + 1e-9


def test_points_carry_their_proof(found):
    assert (found.points["status"] == "proven").all()
    assert (found.points["objective"] <= found.points["bound"] + 1e-6).all()
    assert (found.points["gap"] <= 1e-9).all()


def test_the_same_seed_gives_the_same_paths(found):
    assert (study._paths(PRICES, 3, 2) == found.points[list(PRICES)].to_numpy()).all()
    assert not (study._paths(PRICES, 3, 3) == found.points[list(PRICES)].to_numpy()).all()


def test_whole_numbers_stay_whole_and_ranges_have_a_default(plan):
    stopped = Control(None)
    stopped.stop()
    found = sensitivity(plan, ["base_list_max", "prices.choice_met"], trajectories=2, control=stopped)
    # 43 powers: a quarter less is 32.25, a quarter more 53.75.
    assert found.settings["base_list_max"] == (32, 54)
    assert found.settings["prices.choice_met"] == (30, 50)
    assert (study._paths(found.settings, 8, 1)[:, 0] % 1 == 0).all()


def test_prices_are_what_is_moved_unless_told_otherwise(plan, monkeypatch):
    monkeypatch.setattr(study, "solve", None)
    stopped = Control(None)
    stopped.stop()
    found = sensitivity(plan, control=stopped)
    assert set(found.settings) == {f"prices.{name}" for name in type(plan.scenario.policy.prices).model_fields}


def test_paths_with_a_point_without_a_plan_do_not_count():
    # Two officers an office and none there: as many must be trained, which fewer than 2 places forbid.
    case = small_case({"A": {"category": "general"}}, {"P1": {}}, {("A", "P1"): 1})
    plan = solve(Scenario(case, small_policy(officers_min=2, training_places_max=9), "officers"), gap=0)
    found = sensitivity(plan, {"training_places_max": (1.0, 4.0)}, trajectories=4, seed=3, gap=0)
    barred = found.points[found.points["status"] == NO_PLAN]
    assert (barred["training_places_max"] < 2).all()
    assert ((found.points["training_places_max"] < 2) == (found.points["status"] == NO_PLAN)).all()
    whole = found.points.groupby("trajectory")["training_places_max"].min() >= 2
    assert len(barred) > 0
    assert found.effects["paths"].unique().tolist() == ([int(whole.sum())] if whole.sum() > 1 else [])
    assert "proven: no plan keeps the rules in" in sensitivity_text(found)
    sensitivity_figure(found)


def test_faults_come_all_at_once(plan):
    asked = {
        "prices.choice_mett": None, "guide_list_max": (170.0, 90.0), "base_list_max": (1.5, 3.0),
        "use_min": (-1.0, 3.0), "posts_band": None,
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        sensitivity(plan, asked, trajectories=1, seed=-1)
    told = str(caught.value)
    for words in (
        "prices.choice_mett", "Did you mean", "170:90", "whole numbers", "use_min", "posts_band", "trajectories",
            "seed",
    ):  # fmt: skip
        assert words in told


def test_ranges_that_do_not_go_together_are_told_with_where_they_meet(plan):
    with pytest.raises(InputError, match=r"column prices\.choice_met.*Give another range"):
        sensitivity(plan, {"prices.choice_met": (-3.0, 5.0)})
    ranges = {"base_posts_share": (0.3, 0.7), "revolving_posts_share": (0.1, 0.39)}
    with pytest.raises(InputError, match=r"The ranges meet at base_posts_share = .*narrow them"):
        sensitivity(plan, ranges, trajectories=8)
    with pytest.raises(InputError, match=r"column overload_free_share.*Give a range"):
        sensitivity(plan, ["overload_free_share"])


def test_without_the_library_it_says_what_to_install(plan, monkeypatch):
    def absent(name: str):
        raise ImportError(name)

    monkeypatch.setattr(ranges.importlib, "import_module", absent)
    with pytest.raises(InputError, match=r"devolve-opt\[sensitivity\]"):
        sensitivity(plan, PRICES)


def test_a_stopped_study_goes_on_where_it_was(plan, found, tmp_path, monkeypatch):
    control = Control(None)
    told: list[str] = []

    def stop_after_four(line: str) -> None:
        told.append(line)
        if len(told) == 4:
            control.stop()

    options = {"trajectories": 3, "seed": 2, "gap": 0.0, "folder": tmp_path / "kept"}
    part = sensitivity(plan, PRICES, control=control, tell=stop_after_four, **options)
    assert len(part.points) == 4
    assert not part.finished
    assert part.effects.empty
    assert "Fewer than two paths" in sensitivity_text(part)
    solved = 0
    solving = study.solve

    def counted(*arguments, **named):
        nonlocal solved
        solved += 1
        return solving(*arguments, **named)

    monkeypatch.setattr(study, "solve", counted)
    whole = sensitivity(plan, PRICES, **options)
    assert solved == whole.wanted - 4
    pd.testing.assert_frame_equal(whole.effects, found.effects)
    assert sensitivity(plan, PRICES, **options).finished
    assert solved == whole.wanted - 4


def test_what_is_written(found, tmp_path):
    write_sensitivity(found, tmp_path / "out")
    text = (tmp_path / "out" / "sensitivity.txt").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in text
    assert "9 of 9 points on 3 paths, seed 2" in text
    assert "prices.choice_met                 6.0 (+6.0)" in text
    record = json.loads((tmp_path / "out" / "sensitivity.json").read_text(encoding="utf-8"))
    assert record["finished"]
    assert record["settings"]["prices.choice_met"] == [20, 60]
    assert len(pd.read_csv(tmp_path / "out" / "effects.csv")) == 2 * len(MEASURES)
    assert (tmp_path / "out" / "sensitivity.png").stat().st_size > 10_000
    book = load_workbook(tmp_path / "out" / "sensitivity.xlsx")
    assert book.sheetnames == ["what was found", "effects", "points"]
    assert len(list(book["effects"].iter_rows(min_row=4))) == 2 * len(MEASURES)


def test_the_figure_has_a_bar_for_each_setting_in_each_panel(found):
    figure = sensitivity_figure(found)
    assert len(figure.axes) == len(MEASURES)
    for axes, measure in zip(figure.axes, MEASURES, strict=True):
        sizes = found.ranking(measure).set_index("setting").loc[found.ranking()["setting"], "mean_size"].to_list()
        # Where nothing has an effect the panel says so.
        assert [bar.get_width() for bar in axes.patches] == pytest.approx(sizes if any(sizes) else [])
        assert any("no step in these points" in text.get_text() for text in axes.texts) is not any(sizes)


def test_the_shell(tmp_path):
    write_run(solve(hand_scenario(), gap=0), tmp_path / "hand")
    arguments = ["sensitivity", str(tmp_path / "hand"), "--trajectories", "2", "--gap", "0"]
    done = CliRunner().invoke(app, [*arguments, "--vary", "guide_list_max=1:4", "--vary", "prices.choice_met"])
    assert done.exit_code == 0, done.output
    assert "6 of 6 points on 2 paths" in done.output
    assert (tmp_path / "hand-sensitivity" / "effects.csv").exists()
    wrong = CliRunner().invoke(app, [*arguments, "--vary", "guide_list_max=1-4"])
    assert isinstance(wrong.exception, InputError)
    assert "guide_list_max=90:170" in str(wrong.exception)
