"""Two stages: the lists tried over futures, worked out by hand; bounds that hold every list; going on; the command."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.rules.futures import ROUNDS, future
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies import robust as robust_study
from devolve_opt.studies.many import Hands
from devolve_opt.studies.robust import robustness
from devolve_opt.studies.solving import solve
from devolve_opt.studies.two_stage import PLAN, measured, two_stage
from devolve_opt.views.plots.two_stage import two_stage_figure
from devolve_opt.views.two_stage_folder import two_stage_text, write_two_stage
from modelling import ROOT, pin, small_case, small_policy

CHOICES = {"P1": [True, False, True], "P2": [False, True, False]}


def one_place(**policy) -> Scenario:
    """One place on the list: T1 chose P1 in the first and the last round, P2 in the second."""
    case = small_case({"T1": {}}, {power: {} for power in CHOICES}, {("T1", power): 3 for power in CHOICES})
    votes = case.tables["votes"].assign(
        **{
            name: [CHOICES[power][place] for power in case.tables["votes"]["power"]]
            for place, name in enumerate(ROUNDS)
        }
    )
    return Scenario(
        case.replace(votes=votes), small_policy(guide_list_max=1, base_list_max=1, **policy), title="One place"
    )


OPTIONS = {"seed": 7, "uncertain": ["votes"], "gap": 0.0}


def worths(futures: int) -> pd.DataFrame:
    """Return what each list is worth in each future: 40 h a round in which its power is chosen."""
    rows = {}
    for number in range(1, futures + 1):
        votes = future(one_place(), OPTIONS["seed"], number, OPTIONS["uncertain"]).data.tables["votes"]
        rows[number] = 40 * votes.set_index("power")[ROUNDS].sum(axis=1).reindex(list(CHOICES), fill_value=0)
    return pd.DataFrame(rows).T


@pytest.fixture(scope="module")
def found():
    return two_stage(robustness(solve(one_place(), gap=0.0), 6, **OPTIONS), gap=0.0)


def test_each_list_is_worth_its_rounds_in_each_future(found):
    expected = worths(6)
    assert (expected["P2"] > expected["P1"]).any(), "the same list is best in every future"
    names = {name: lists["power"].item() for name, lists in found.guide_lists.items()}
    assert names[PLAN] == "P1"
    assert sorted(names.values()) == ["P1", "P2"]
    for row in found.values.to_dict("records"):
        assert row["worth"] == pytest.approx(expected.at[row["future"], names[row["list"]]], abs=1e-3)
        assert row["bound"] == pytest.approx(row["worth"], abs=1e-3)
    lists = found.lists.set_index("list")
    for name, power in names.items():
        assert lists.at[name, "mean_worth"] == pytest.approx(expected[power].mean(), abs=1e-3)
        # A fifth of six futures are two, rounded up.
        assert lists.at[name, "cvar_bound"] == pytest.approx(expected[power].nsmallest(2).mean(), abs=1e-3)


def test_the_best_list_and_what_none_is_worth_more_than(found):
    expected = worths(6)
    names = {lists["power"].item(): name for name, lists in found.guide_lists.items()}
    assert found.best("mean") == names[expected.mean().idxmax()]
    # Who knew the future would list the better of the two.
    best = expected.max(axis=1)
    assert found.bounds["mean"] == pytest.approx(best.mean(), abs=1e-3)
    assert found.bounds["cvar"] == pytest.approx(best.nsmallest(2).mean(), abs=1e-3)
    more = np.ceil(1e4 * (best.mean() / expected.mean().max() - 1) - 1e-6) / 100
    assert f"({more:.2f} % more)" in two_stage_text(found)
    gain = expected.mean().max() - expected["P1"].mean()
    assert found.gain("mean") == pytest.approx((gain, gain), abs=1e-3)
    text = two_stage_text(found)
    assert "SYNTHETIC DATA" in text
    assert f"no guide list is worth more than {np.ceil(best.mean() - 1e-6):,.0f}" in text
    assert len(two_stage_figure(found).axes) == 2


@given(table=st.lists(st.lists(st.integers(-50, 100), min_size=3, max_size=3), min_size=1, max_size=8))
def test_no_choice_of_lists_beats_the_bound(table):
    # Rows are futures, columns lists: whichever list is held, the best of each future is worth no less.
    worth = np.array(table, dtype=float)
    bounds = measured(worth.max(axis=1))
    for held in worth.T:
        assert all(value <= bounds[measure] + 1e-9 for measure, value in measured(held).items())
    # Nor would a list that is drawn anew for each future.
    if len(worth) <= 4:
        for choice in product(range(3), repeat=len(worth)):
            picked = measured(worth[np.arange(len(worth)), list(choice)])
            assert all(value <= bounds[measure] + 1e-9 for measure, value in picked.items())


def test_a_list_without_a_plan_somewhere_is_not_ranked():
    # T1 is to take P2, which the plan of another scenario does not list.
    plan, pinned = solve(one_place(), gap=0.0), solve(one_place(pins=[pin("P2", "T1")]), gap=0.0)
    mixed = type(plan)(**{**vars(plan), "scenario": pinned.scenario})
    found = two_stage(robustness(mixed, 2, seed=1, uncertain=["attrition"], gap=0.0), gap=0.0)
    assert found.best("mean") == "future 1"
    assert all(np.isnan(found.gain("mean")))
    text = two_stage_text(found)
    assert "not ranked: plan" in text
    assert "The plan's own list has no plan or no bound in some future." in text
    assert two_stage_figure(found).axes


@pytest.mark.slow
def test_a_stopped_study_goes_on_where_it_was(tmp_path, monkeypatch):
    robust = robustness(solve(one_place(), gap=0.0), 6, **OPTIONS)
    drawn, real, control = [], robust_study.future, Control()

    def drawing(*given):
        drawn.append(given[2])
        if len(drawn) == 3:
            control.stop()
        return real(*given)

    monkeypatch.setattr(robust_study, "future", drawing)
    first = two_stage(robust, gap=0.0, folder=tmp_path, control=control)
    assert not first.finished
    assert first.best("mean") is None
    assert "none is ranked" in two_stage_text(first)
    assert "worth most" not in two_stage_text(first)
    assert "Not complete" in two_stage_text(first)
    kept = len(list(tmp_path.glob("*.json")))
    assert kept == 2
    rest = two_stage(robust, gap=0.0, folder=tmp_path)
    assert rest.finished
    before = len(drawn)
    pd.testing.assert_frame_equal(two_stage(robust, gap=0.0, folder=tmp_path).values, rest.values)
    assert len(drawn) == before, "solved again"


@pytest.mark.slow
def test_the_files_and_the_command(tmp_path, found):
    folder = write_two_stage(found, tmp_path / "lists")
    best = pd.read_csv(folder / "best_list_mean.csv")
    assert best.to_dict("records") == found.guide_lists[found.best("mean")].to_dict("records")
    runner, run = CliRunner(), tmp_path / "hand"
    assert runner.invoke(app, ["run", str(ROOT / "scenarios" / "hand.toml"), "--out", str(run)]).exit_code == 0
    done = runner.invoke(app, ["robust", str(run), "--futures", "2", "--choose"])
    assert done.exit_code == 0, done.output
    assert "Which list to decide now" in done.output
    names = {path.name for path in (tmp_path / "hand-robust").iterdir()}
    assert {"lists.csv", "list_values.csv", "best_list_mean.csv", "lists.png", "lists.txt", "robust.txt"} <= names
    again = runner.invoke(app, ["robust", str(run), "--futures", "2"])
    assert again.exit_code == 0
    assert (tmp_path / "hand-robust" / "best_list_mean.csv").is_file(), "what was found for the same futures went"
    other = runner.invoke(app, ["robust", str(run), "--futures", "2", "--seed", "2"])
    assert other.exit_code == 0
    assert not list((tmp_path / "hand-robust").glob("*list*")), "lists of other futures stand beside these"


@pytest.mark.slow
def test_workers_find_the_same_lists(found):
    there = two_stage(found.robustness, gap=0.0, threads=1, hands=Hands(2))
    pd.testing.assert_frame_equal(there.lists, found.lists)
