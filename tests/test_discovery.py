"""Scenario discovery: a box that is known by hand is found, what is not known is not counted, a study goes on."""

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
from devolve_opt.language import speaking
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies import discovery as study
from devolve_opt.studies.discovery import LEAST, Condition, discover
from devolve_opt.studies.kept import NO_PLAN
from devolve_opt.studies.many import Hands
from devolve_opt.studies.solving import solve
from devolve_opt.views.discovery_folder import discovery_text, write_discovery
from devolve_opt.views.plots.discovery import discovery_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.wording import setting_named
from modelling import hand_scenario, small_case, small_policy

RANGES = {"prices.choice_met": (20.0, 60.0), "changes.support_hours": (0.5, 2.0), "prices.post_moved": (100.0, 200.0)}


@pytest.fixture(scope="module")
def plan():
    # P1 is chosen thrice by each of two townships and costs the county 110 h in each, P2 nothing: at 40 h a round both
    # are taken, worth (3 * 40 - 110) * 2 + 40 * 2 = 100.
    case = small_case(
        {"A": {}, "B": {}}, {"P1": {"support_hours": 110.0}, "P2": {}},
        {("A", "P1"): 3, ("B", "P1"): 3, ("A", "P2"): 1, ("B", "P2"): 1},
    )  # fmt: skip
    return solve(Scenario(case, small_policy(), "two powers"), gap=0)


@pytest.fixture(scope="module")
def found(plan):
    return discover(plan, RANGES, "powers_listed<2", points=20, seed=2, gap=0)


def test_points_of_interest_are_those_that_arithmetic_tells(found):
    # P1 falls out where its support, 110 h by the factor, costs more than its three rounds bring.
    expected = 110 * found.points["changes.support_hours"] > 3 * found.points["prices.choice_met"]
    assert (found.points["of_interest"] == expected).all()
    assert 5 < found.count(True) < 15
    assert found.count(True) + found.count(False) == 20
    assert (found.points["status"] == "proven").all()


def test_boxes_lie_where_the_condition_holds(found):
    first = found.ranges[found.ranges["box"] == 1].set_index("setting")
    # Dear support and cheap choices; the price of moving posts has no part in it.
    assert first.loc["changes.support_hours", "high"] == 2 or first.loc["prices.choice_met", "low"] == 20
    assert not found.ranges[found.ranges["setting"] == "prices.post_moved"]["restricted"].all()
    known = found.points[found.points["of_interest"].notna()]
    for box in found.boxes.to_dict("records"):
        rows = found.ranges[found.ranges["box"] == box["box"]]
        inside = np.logical_and.reduce([known[row.setting].between(row.low, row.high) for row in rows.itertuples()])
        assert inside.sum() == box["points"] >= LEAST
        assert known["of_interest"][inside].sum() == box["of_interest"]
        assert box["density"] == box["of_interest"] / box["points"] > 0.5
        assert box["coverage"] == box["of_interest"] / found.count(True)
    # Boxes do not overlap, so that they cover together what they cover one by one.
    assert found.boxes["coverage"].sum() <= 1 + 1e-9
    assert found.boxes["coverage"].sum() > 0.7
    assert 0 < found.foretold["coverage"] <= 1


def test_what_holding_on_loses_is_told_from_both_solves(plan):
    found = discover(plan, {"prices.choice_met": (20.0, 60.0)}, "loses>0.05", points=4, gap=0)
    for row in found.points.to_dict("records"):
        price = row["prices.choice_met"]
        # With both powers listed P1 need not be taken, so that holding on to the lists loses nothing.
        assert row["objective"] == pytest.approx(2 * price + 2 * max(0, 3 * price - 110))
        assert row["held_worth"] == pytest.approx(row["objective"])
        assert row["loses_least"] == pytest.approx(0, abs=1e-9)
        assert row["of_interest"] == 0
    assert found.boxes.empty
    assert (
        "At none of the 4 points that are known: holding on to the lists is proven to lose more than 5 %."
        in discovery_text(found)
    )
    assert any("no box was found" in text.get_text() for text in discovery_figure(found).axes[1].texts)


def test_a_list_that_a_cap_forbids_is_lost_whole(plan):
    # The plan lists two powers; with room for one, holding on to both is impossible.
    found = discover(plan, {"guide_list_max": (1.0, 2.0)}, points=8, seed=3, gap=0)
    assert ((found.points["guide_list_max"] < 2) == (found.points["of_interest"] == 1)).all()
    assert (found.points["held_status"] == NO_PLAN).sum() == found.count(True) == 4
    [box] = found.ranges.to_dict("records")
    assert (box["low"], box["high"], box["restricted"]) == (1, 1, True)
    assert found.boxes["density"].tolist() == [1.0]
    # It is told that these are no losses of worth, and what guessing would do.
    assert (found.barred, found.outside, found.usual) == (4, 0, 0.5)
    text = " ".join(discovery_text(found).split())
    assert "guide_list_max up to 1" in text
    assert "in 4 of these the lists break a rule and cannot be kept at all; in 0 they can be kept, and lose" in text
    assert "Of all points, 50 % are of interest" in text and "From so few points" in text
    axes = discovery_figure(found).axes
    # Whole numbers take up half a number on either side: 1 of 1 to 2 is half of the range.
    assert [round(bar.get_width(), 9) for bar in axes[1].patches] == [1.0, 0.5]
    low, high = axes[0].get_xlim()
    assert low < 0.6 and high > 2.4 and all(float(tick).is_integer() for tick in axes[0].get_xticks())


def test_what_lies_in_no_box_and_what_guessing_would_do_is_told(found):
    told = found.foretold
    assert told["density"] == told["hits"] / told["named"]
    assert found.outside == found.count(True) - found.boxes["of_interest"].sum()
    worse = replace(found, foretold={"coverage": 0.5, "density": found.usual, "hits": 1, "named": 2})
    assert "These do NOT lie above it: do not build on them." in discovery_text(worse)
    assert "do NOT lie above" not in discovery_text(found)
    kept = replace(found, condition=Condition.read("list_kept<0.8"))
    assert "Another list may be worth no more" in discovery_text(kept)
    part = replace(found, points=found.points.iloc[:9])
    assert "NOT COMPLETE" in discovery_text(part)


def test_whole_numbers_are_each_as_likely(plan):
    points = study._spread({"guide_list_max": (1.0, 4.0)}, 40, 1)
    assert sorted(np.unique(points, return_counts=True)[1]) == [10, 10, 10, 10]


def test_what_a_gap_leaves_open_is_not_judged():
    settings = ["prices.choice_met"]
    rows = pd.DataFrame({
        "point": [1, 2, 3, 4, 5], "prices.choice_met": [20.0, 30.0, 40.0, 50.0, 60.0],
        "status": ["proven"] * 4 + [NO_PLAN],
        "objective": [100.0] * 4 + [None], "bound": [101.0] * 4 + [None], "gap": 0.01,
        # Lost: 5 to 8 %; 0 to 3 %; 0 to 1 %; nothing known of the worth held; no plan at all.
        "held_worth": [93.0, 98.0, 100.0, np.nan, np.nan], "held_bound": [95.0, 100.5, 100.2, 99.9, np.nan],
        "held_status": ["proven", "time_limit", "proven", "no_plan", ""],
    })  # fmt: skip
    judged = study._judged(rows, settings, Condition.read("loses>0.02"))
    assert judged["loses_least"].tolist()[:4] == pytest.approx([0.05, 0, 0, 0.001])
    assert judged["loses_most"].tolist()[:3] == pytest.approx([0.08, 0.03, 0.01])
    assert judged["of_interest"].tolist()[:1] == [1] and judged["of_interest"].tolist()[2] == 0
    assert judged["of_interest"].isna().tolist() == [False, True, False, True, True]
    assert study._judged(rows, settings, Condition.read("no_plan"))["of_interest"].tolist() == [0, 0, 0, 0, 1]


def test_two_boxes_that_are_one_are_told_as_one():
    # Of interest left of 0.5, whatever the other setting: a tree that splits the left once more finds one box.
    random = np.random.default_rng(1)
    places = random.random((60, 2))
    points = pd.DataFrame(places, columns=["a", "b"]).assign(of_interest=(places[:, 0] < 0.5).astype(float))
    boxes, ranges, foretold = study._boxes(
        points.rename(columns={"a": "prices.choice_met", "b": "prices.post_moved"}),
        {"prices.choice_met": (0.0, 1.0), "prices.post_moved": (0.0, 1.0)}, 1,
    )  # fmt: skip
    assert len(boxes) == 1
    assert ranges["restricted"].tolist() == [True, False]
    assert boxes["density"].tolist() == [1.0]
    assert foretold["coverage"] > 0.9


def test_a_box_that_is_the_whole_range_is_none():
    random = np.random.default_rng(3)
    points = pd.DataFrame(random.random((40, 2)), columns=["prices.choice_met", "prices.post_moved"])
    # 36 of 40 are of interest, the others anywhere.
    points["of_interest"] = (np.arange(40) % 10 != 0).astype(float)
    boxes, ranges, foretold = study._boxes(points, dict.fromkeys(points.columns[:2], (0.0, 1.0)), 1)
    assert boxes.empty == ranges.empty
    assert ranges.groupby("box")["restricted"].any().all()
    assert 0 <= foretold["coverage"] <= 1


def test_chance_is_not_foretold_better_than_chance():
    # Half of the points at random: what boxes hold of points held out is about half of interest, whatever they claim.
    told = []
    settings = dict.fromkeys(["prices.choice_met", "prices.post_moved", "prices.readiness"], (0.0, 1.0))
    for seed in range(30):
        random = np.random.default_rng(seed)
        points = pd.DataFrame(random.random((40, 3)), columns=list(settings))
        points["of_interest"] = (random.permutation(40) % 2).astype(float)
        _, _, foretold = study._boxes(points, settings, seed)
        told.append(foretold["density"])
    assert np.nanmean(told) < 0.56


def test_a_factor_below_nothing_is_a_fault_and_columns_are_told_apart(plan):
    with pytest.raises(InputError, match=r"changes\.support_hours.*not be negative"):
        discover(plan, {"changes.support_hours": (-1.0, 1.0)})
    with speaking("zh"):
        assert len({setting_named(f"changes.{table}.hours") for table in ("teams", "travel", "duties")}) == 3


def test_faults_come_all_at_once(plan):
    with pytest.raises(InputError) as caught:
        discover(plan, {"changes.cass": None, "changes.support_hours": (2.0, 1.0)}, points=0, seed=-1)
    for words in ("changes.cass", "Did you mean", "2:1", "points", "seed"):
        assert words in str(caught.value)
    for wrong, words in {"lst_kept<0.8": "Did you mean 'list_kept'", "loses<0.1": "loses>", "list_kept": "loses>0.01",
                         "take_ups>many": "loses>0.01", "list_kept<80": "from 0 to 1", "loses>1.5": "from 0 to 1",
                         "foo>1": "there are list_kept, powers_listed"}.items():  # fmt: skip
        with pytest.raises(InputError, match=words):
            Condition.read(wrong)


def test_a_study_that_was_stopped_before_its_first_point_says_so(plan, tmp_path):
    control = Control(None)
    control.stop()
    found = discover(plan, RANGES, control=control, gap=0.0, threads=1)
    assert (found.finished, len(found.points), found.barred, found.outside) == (False, 0, 0, 0)
    assert "No point was solved." in discovery_text(found)
    write_discovery(found, tmp_path / "discovery")
    assert (tmp_path / "discovery" / "discovery.png").stat().st_size > 0


def test_a_stopped_study_goes_on_where_it_was_and_workers_find_the_same(plan, found, tmp_path, monkeypatch):
    control, told = Control(None), []

    def stop_after_two(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            control.stop()

    options = {"points": 5, "seed": 2, "gap": 0.0}
    part = discover(plan, RANGES, "powers_listed<2", control=control, tell=stop_after_two,
                    folder=tmp_path / "kept", **options)  # fmt: skip
    assert len(part.points) == 2
    assert not part.finished
    solved = []
    solving = study.solved_at
    monkeypatch.setattr(study, "solved_at", lambda *given: solved.append(1) or solving(*given))
    whole = discover(plan, RANGES, "powers_listed<2", folder=tmp_path / "kept", **options)
    assert len(solved) == 3
    there = discover(plan, RANGES, "powers_listed<2", hands=Hands(2), **options)
    pd.testing.assert_frame_equal(there.points, whole.points)


def test_what_is_written(found, tmp_path):
    write_discovery(found, tmp_path / "out")
    text = (tmp_path / "out" / "discovery.txt").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in text
    assert f"in {found.count(True)} points, not in {found.count(False)}, not known in 0" in text
    record = json.loads((tmp_path / "out" / "discovery.json").read_text(encoding="utf-8"))
    assert record["where"] == "powers_listed<2"
    assert len(pd.read_csv(tmp_path / "out" / "points.csv")) == 20
    assert len(pd.read_csv(tmp_path / "out" / "ranges.csv")) == 3 * len(found.boxes)
    for language, sheets, boxed in (("en", ["what was found", "boxes", "points"], "of interest"),
                                    ("zh", ["结论", "各范围表", "各点表"], "所找情形")):  # fmt: skip
        with speaking(language):
            write_discovery(found, tmp_path / language)
        book = load_workbook(tmp_path / language / "discovery.xlsx")
        assert book.sheetnames == sheets
        told = list(book[sheets[2]].iter_rows(min_row=4, values_only=True))
        assert len(told) == 20 and sum(row[1] == boxed for row in told) == found.count(True)
        assert book[sheets[1]]["A2"].value == "SYNTHETIC DATA (合成数据)"
        assert len(list(book[sheets[1]].iter_rows(min_row=4))) == len(found.boxes)
    points = discovery_figure(found).axes[0]
    assert [len(line.get_xdata()) for line in points.lines] == [found.count(True), found.count(False), 0]
    assert len(points.patches) == len(found.boxes)


def test_the_shell(tmp_path):
    write_run(solve(hand_scenario(), gap=0), tmp_path / "hand")
    arguments = ["discover", str(tmp_path / "hand"), "--points", "8", "--gap", "0", "--vary", "guide_list_max=2:3"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "guide_list_max up to 2" in done.output
    assert (tmp_path / "hand-discovery" / "boxes.csv").exists()
    again = CliRunner().invoke(app, [*arguments, "--where", "no_plan"])
    assert again.exit_code == 0, again.output
    assert "it asked for something else (where)" in " ".join(again.output.split())
    twice = CliRunner().invoke(app, [*arguments, "--vary", "guide_list_max=1:3"])
    assert isinstance(twice.exception, InputError) and "given twice" in str(twice.exception)
