"""What a cap costs: from solved points alone, with what is proven and what is open, and what changes in the plans."""

from __future__ import annotations

import pandas as pd
import pytest

from devolve_opt import sweep
from devolve_opt.studies.cap_prices import cap_prices, changes, stops_binding
from devolve_opt.views.plots import sweep_figure
from devolve_opt.views.sweep_folder import sweep_text, write_sweep
from modelling import hand_scenario

POINTS = pd.DataFrame(
    {
        "value": [10.0, 20.0, 40.0, 50.0, 60.0],
        "objective": [100.0, 200.0, 230.0, None, 229.0],
        "bound": [110.0, 205.0, 240.0, None, 241.0],
        "gap": [0.1, 0.025, 0.0435, None, 0.0524],
        "comparable": True,
        "note": "",
    }
)


def test_a_step_gains_between_what_is_proven_at_its_ends():
    prices = cap_prices(POINTS)
    assert prices[["from_value", "to_value"]].to_numpy().tolist() == [[10, 20], [20, 40], [40, 60]]
    # 10 to 20: at least (200 - 110) / 10, at most (205 - 100) / 10; 20 to 40: (230 - 205) / 20 and (240 - 200) / 20;
    # 40 to 60, past the value without a plan: (229 - 240) / 20 and (241 - 230) / 20.
    assert prices["gain_least"].tolist() == pytest.approx([9, 1.25, -0.55])
    assert prices["gain_most"].tolist() == pytest.approx([10.5, 2, 0.55])
    assert prices["worth"].tolist() == ["more", "more", "open"]
    # The highest bound elsewhere less what was found: 241 - 100, 241 - 200, 241 - 230.
    assert prices["beyond_most"].tolist() == pytest.approx([141, 41, 11])


def test_a_step_that_loses_for_certain_is_told():
    worse = POINTS.assign(
        objective=POINTS["objective"].iloc[::-1].to_numpy(), bound=POINTS["bound"].iloc[::-1].to_numpy()
    )
    assert "less" in cap_prices(worse)["worth"].tolist()


def test_a_cap_stops_binding_where_nothing_better_is_left_beyond_the_gap():
    # 241 - 230 = 11 is within 5 % of 230, as 12 is not of 229 x 5 % = 11.45: so from nowhere on at 5 %, from 40 at 6 %.
    assert stops_binding(POINTS, 0.05) is None
    assert stops_binding(POINTS, 0.06) == 40
    # Nothing was tried beyond 40: whether more would be worth more nobody knows.
    assert stops_binding(POINTS.iloc[:3], 0.06) is None
    assert stops_binding(POINTS.assign(comparable=False), 0.06) is None
    assert stops_binding(POINTS.iloc[:1], 0.06) is None


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_points_have_no_price(rows):
    assert cap_prices(POINTS.iloc[:rows]).empty
    assert changes(POINTS.iloc[:rows]).empty


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("points")
    return sweep(hand_scenario(), "guide_list_max", [1, 2, 3], gap=0.0001, folder=folder), folder


def test_what_changes_in_the_hand_case(swept):
    frame, _ = swept
    table = changes(frame)
    assert table[["from_value", "to_value"]].drop_duplicates().to_numpy().tolist() == [[1, 2], [2, 3]]
    decided = frame.attrs["decisions"]
    for step in table[table["kind"] == "power"].to_dict("records"):
        assert decided[step["from_value"]]["lists"].get(step["id"], "") == step["before"] != step["after"]
    # One more power may stand on the guide list at each step, and each is used.
    assert [len(decided[value]["lists"]) for value in (1, 2, 3)] == [1, 2, 3]


def test_kept_points_keep_what_they_decide(swept):
    frame, folder = swept
    again = sweep(hand_scenario(), "guide_list_max", [1, 2, 3], gap=0.0001, folder=folder)
    pd.testing.assert_frame_equal(changes(again), changes(frame))
    assert again.attrs == frame.attrs


def test_prices_and_changes_are_written_and_told(swept, tmp_path):
    frame, _ = swept
    write_sweep(frame, "guide_list_max", hand_scenario(), tmp_path)
    assert pd.read_csv(tmp_path / "prices.csv")["gain_least"].tolist() == pytest.approx(cap_prices(frame)["gain_least"])
    assert len(pd.read_csv(tmp_path / "changes.csv")) == len(changes(frame))
    text = sweep_text(frame, "guide_list_max", hand_scenario())
    assert "What a step gains for each unit of guide_list_max" in text
    figure = sweep_figure(frame, "guide_list_max", "powers", "x")
    assert len(figure.axes) == 4


def test_values_that_must_not_be_ranked_have_no_price_in_the_text(swept):
    frame, _ = swept
    text = sweep_text(frame.assign(comparable=False), "guide_list_max", hand_scenario())
    assert "What a step gains" not in text
