"""Trade-offs of a scenario: points are plans with proofs, kept as they are found, and shown with what is open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from devolve_opt import Scenario, frontier, solve
from devolve_opt.errors import InputError
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.held import Exactly, Nearly, with_goals
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.solver.strategy import Search
from devolve_opt.views.frontier_folder import frontier_text, write_frontier
from devolve_opt.views.plots.fronts import frontier_figure
from modelling import hand_model, hand_scenario

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readiness_and_choices():
    return frontier(hand_scenario(), ["readiness", "choices_met"])


def test_what_readiness_buys_in_the_hand_case(readiness_and_choices):
    # A field ready in a township costs 50 or more hours, a round of choices is worth 40; 520 are all 13 rounds.
    points = readiness_and_choices.points
    assert points["readiness"].tolist() == [0, -50, -100, -150, -200, -250, -350]
    assert points["choices_met"].tolist() == [0, 160, 280, 360, 400, 480, 520]
    assert set(points["status"]) == {"proven"}
    assert points["gap"].max() == pytest.approx(0, abs=1e-9)
    assert readiness_and_choices.complete
    assert readiness_and_choices.exact.all()
    assert readiness_and_choices.spacing.to_dict() == {"readiness": 50, "choices_met": 40}


def test_the_payoff_table_puts_one_goal_after_another(readiness_and_choices):
    # With all 520 hours of choices first, readiness costs 350 and no more.
    assert readiness_and_choices.payoff.to_dict("index") == {
        "readiness": {"readiness": 0, "choices_met": 0},
        "choices_met": {"readiness": pytest.approx(-350), "choices_met": pytest.approx(520)},
    }


def test_no_point_is_worth_more_than_the_best_plan(readiness_and_choices):
    assert readiness_and_choices.points["objective"].max() <= solve(hand_scenario(), gap=0.0).bound + 1e-6


def test_the_rest_is_the_sum_of_all_other_terms():
    front = frontier(hand_scenario(), ["posts_moved", "rest"], spacing={"posts_moved": 150})
    total = front.points["posts_moved"] + front.points["rest"]
    # The best sum of both is the best plan of all.
    assert total.max() == pytest.approx(solve(hand_scenario(), gap=0.0).objective)
    assert (front.points["objective"] >= total - 1e-6).all()


def test_posts_moved_are_whole_so_that_the_front_they_trade_off_is_complete():
    # No move, or one post for 150 h; what that is worth to the rest follows from solving it with that many allowed.
    found = frontier(hand_scenario(), ("posts_moved", "rest"))
    assert found.exact["posts_moved"]
    assert found.spacing["posts_moved"] == pytest.approx(150)
    values = found.points[["posts_moved", "rest"]].to_numpy()
    for moved, rest in values:
        most = round(-moved / 150)
        policy = {"posts_moved_max": most, "prices": {"post_moved": 0.0}}
        best = solve(hand_scenario().replace(policy=policy), gap=0.0)
        assert best.objective == pytest.approx(rest)


def test_a_front_to_a_gap_by_the_search_of_large_cases_is_near_the_exact_one(readiness_and_choices):
    near = frontier(hand_scenario(), ["readiness", "choices_met"], gap=0.01)
    assert near.points["choices_met"].tolist() == pytest.approx(readiness_and_choices.points["choices_met"].tolist())
    assert (near.points["bound"] >= near.points["choices_met"] - 1e-6).all()


def test_in_a_search_goals_that_are_free_have_no_row():
    # A row of all choices would tie all townships together, and then nothing is searched by township.
    matrix = compile_matrix(hand_model())
    costs = np.vstack([np.arange(matrix.costs.size), np.ones(matrix.costs.size)])
    goals = Goals(("first", "second"), costs, np.zeros(2), np.ones(2))
    seen = []

    def search(limited, control, carried):
        seen.append(limited)
        return Search(limited, control, np.zeros(matrix.costs.size, dtype=bool), gap=0.1, threads=1)

    near = Nearly(with_goals(matrix, goals), Control(30.0), 0.1, search)
    near.solve(matrix.costs, np.array([-np.inf, 3.0]))
    near.solve(matrix.costs, np.full(2, -np.inf))
    assert [len(limited.row_lower) - len(matrix.row_lower) for limited in seen] == [1, 0]
    assert seen[0].row_names[-1] == "second"
    assert (seen[0].row_lower[-1], seen[0].row_upper[-1]) == (3.0, np.inf)
    assert seen[0].rows[[-1]].toarray().tolist() == [costs[1].tolist()]


def test_a_front_that_was_stopped_goes_on_from_there(tmp_path, readiness_and_choices, monkeypatch):
    control = Control()
    seen = []

    def stop_after_four(point):
        seen.append(point)
        if len(seen) == 4:
            control.stop()

    names = ["readiness", "choices_met"]
    part = frontier(hand_scenario(), names, folder=tmp_path, control=control, report=stop_after_four)
    assert not part.complete
    assert "NOT COMPLETE" in frontier_text(part)
    before = len(list(tmp_path.glob("*.json")))
    assert before >= 3
    asked = []
    real = Exactly.solve
    monkeypatch.setattr(
        Exactly, "solve", lambda held, *given: (asked.append(given), real(held, *given))[1]
    )  # fmt: skip
    whole = frontier(hand_scenario(), names, folder=tmp_path)
    columns = ["readiness", "choices_met", "status", "objective"]
    pd.testing.assert_frame_equal(whole.points[columns], readiness_and_choices.points[columns])
    solved = len(asked)
    asked.clear()
    again = frontier(hand_scenario(), names, folder=tmp_path)
    pd.testing.assert_frame_equal(again.points[columns], whole.points[columns])
    # Only how low the goals that are held can be is not kept.
    assert len(asked) == 1 < solved


def test_points_of_other_prices_are_not_taken_up(tmp_path):
    frontier(hand_scenario(), ["readiness", "choices_met"], folder=tmp_path)
    dearer = hand_scenario().replace(policy={"prices": {"choice_met": 80}})
    assert frontier(dearer, ["readiness", "choices_met"], folder=tmp_path).points["choices_met"].max() == 1040


@pytest.mark.parametrize(
    ("goals", "spacing", "words"),
    [
        (["readines", "choices_met"], {}, ["is no goal", "readiness"]),
        (["readiness"], {}, ["2 to 4 goals"]),
        (["readiness", "readiness"], {}, ["stands twice"]),
        (["readiness", "rest"], {"choices_met": 1}, ["is no goal of this front"]),
        (["readiness", "rest"], {"rest": 0}, ["above 0"]),
        (["readiness", "rest"], {"rest": "1"}, ["above 0"]),
    ],
)
def test_a_front_that_cannot_be_is_told(goals, spacing, words):
    with pytest.raises(InputError) as caught:
        frontier(hand_scenario(), goals, spacing)
    assert all(word in str(caught.value) for word in words)


def test_a_front_of_what_is_no_scenario_is_told():
    with pytest.raises(TypeError, match="Scenario"):
        frontier("scenarios/hand.toml", ["readiness", "rest"])


@pytest.mark.parametrize("goals", [["readiness", "choices_met"], ["readiness", "choices_met", "training"]])
def test_a_front_is_written_with_table_text_and_figure(tmp_path, goals):
    front = frontier(hand_scenario(), goals)
    write_frontier(front, tmp_path / "front")
    assert {path.name for path in (tmp_path / "front").iterdir()} == {
        *(f"{name}.{kind}" for name in ("frontier", "payoff", "open") for kind in ("csv", "parquet")),
        "frontier.txt", "frontier.png", "frontier.svg",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "front" / "frontier.csv")
    assert table[goals].to_numpy().tolist() == front.points[goals].to_numpy().tolist()
    text = (tmp_path / "front" / "frontier.txt").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in text
    assert f"{len(table)} points, {len(table)} proven" in text
    words = [one.get_text() for one in frontier_figure(front).texts]
    assert "SYNTHETIC DATA" in words
    assert any("Complete: no plan lies between two points" in word for word in words)
    assert len(frontier_figure(front).axes) == len(goals) * (len(goals) - 1) // 2


def test_a_solution_that_is_not_worth_what_is_said_has_failed():
    # HiGHS 1.16 returned the start that it was given, worth -450, as the optimum of -350.
    matrix = compile_matrix(hand_model())
    engine = Engine(matrix, Control())
    solution = np.zeros(matrix.costs.size)
    worth = matrix.objective(solution)
    told = engine._as_valued(Answer(Outcome.OPTIMAL, worth + 100, worth + 100, solution, None, 0.1), matrix.costs)
    assert (told.outcome, told.objective, told.bound) == (Outcome.FAILED, worth, worth + 100)
    fair = Answer(Outcome.OPTIMAL, worth, worth, solution, None, 0.1)
    assert engine._as_valued(fair, matrix.costs) is fair


@pytest.mark.slow
def test_the_pilot_district_trades_posts_for_the_rest():
    scenario = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    front = frontier(scenario, ["posts_moved", "rest"], spacing={"posts_moved": 150})
    assert front.complete
    # At 150 hours a post, none to nine of them are moved.
    assert front.points["posts_moved"].tolist() == pytest.approx([-150.0 * posts for posts in range(10)])
    assert front.points["rest"].is_monotonic_increasing
    best = solve(scenario, gap=1e-5)
    assert (front.points["posts_moved"] + front.points["rest"]).max() == pytest.approx(best.objective, rel=1e-4)
