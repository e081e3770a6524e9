"""Plans side by side: what differs is what differs, and nothing is called better that is not proven so."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.studies.side_by_side import evenness, gini, movers, side_by_side
from devolve_opt.studies.solving import solve
from devolve_opt.views.plots.side_by_side import side_by_side_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.side_by_side_folder import side_by_side_text, write_side_by_side
from modelling import hand_scenario, pin, small_case, small_policy


@pytest.fixture(scope="module")
def plans():
    scenario = hand_scenario()
    pinned = scenario.replace(policy={"pins": [pin("P2", "A")]})
    return {"as it is": solve(scenario, gap=0.0), "P2 to A": solve(pinned, gap=0.0)}


@pytest.fixture(scope="module")
def found(plans):
    return side_by_side(plans)


def test_what_differs_is_told_by_power_township_and_key(found):
    # For P2 the list of the county seat has to give up P1 (one power each), so A swaps them, three rounds each.
    differing = found.lists[found.lists["differs"]].set_index("power")
    assert differing["as it is"].to_dict() == {"P1": "county_seat", "P2": ""}
    assert differing["P2 to A"].to_dict() == {"P1": "", "P2": "county_seat"}
    rows = found.townships.set_index(["plan", "township"])
    assert (rows.at[("P2 to A", "A"), "comes"], rows.at[("P2 to A", "A"), "goes"]) == ("P2", "P1")
    assert (rows.loc["as it is", [name for name in rows if name.endswith("_change")]] == 0).all(axis=None)
    assert rows.at[("P2 to A", "A"), "rounds_met_change"] == 0
    [asked] = found.asked.to_dict("records")
    assert asked["key"] == "pins"
    assert "agreed in May" in asked["P2 to A"]


def test_the_text_ranks_only_what_is_proven(found, plans):
    text = side_by_side_text(found)
    assert "proven: as it is is worth more than P2 to A can be" in text
    assert "guide list: comes 1: P2" in text
    assert "guide list: goes 1: P1" in text
    assert "SYNTHETIC DATA" in text
    alike = side_by_side({"one": plans["as it is"], "two": plans["as it is"]})
    assert "not ranked: what is proven of them overlaps" in side_by_side_text(alike)
    assert alike.asked.empty
    assert not alike.lists["differs"].any()


def test_movers_gain_and_lose():
    case = small_case({"T1": {}, "T2": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T2", "P2"): 2})
    first = solve(_scenario(case, guide_list_max=1), gap=0.0)
    other = solve(_scenario(case, guide_list_max=1, pins=[pin("P2", "T2")]), gap=0.0)
    gain, lose = movers(side_by_side({"a": first, "b": other}), "b")
    assert (gain["township"].tolist(), gain["rounds_met_change"].tolist()) == (["T2"], [2])
    assert (lose["township"].tolist(), lose["rounds_met_change"].tolist()) == (["T1"], [-3])


def _scenario(case, **policy):
    from devolve_opt.scenario import Scenario

    return Scenario(case, small_policy(**policy))


def test_evenness_by_hand():
    case = small_case({"T1": {}, "T2": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T2", "P2"): 2})
    even = evenness(solve(_scenario(case, guide_list_max=1), gap=0.0))
    # T1 has all it asked for, T2 nothing: of shares 1 and 0 the index is 1/2.
    assert even["gini_rounds_met_share"] == pytest.approx(0.5)
    assert even["rounds_met_share_least"] == 0


@given(values=st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_the_gini_index_is_the_mean_difference_of_pairs(values):
    array = np.array(values)
    index = gini(array)
    assert 0 <= index <= 1
    if array.sum() > 1e-6:
        pairs = np.abs(array[:, None] - array[None, :]).sum()
        assert index == pytest.approx(pairs / (2 * len(array) * array.sum()), abs=1e-9)
    assert gini(np.full(5, 3.0)) == pytest.approx(0)
    assert gini(np.full(5, 43691.084858933886)) == 0  # summed in floats, a trifle below 0


def test_what_cannot_be_put_side_by_side_is_refused(plans):
    plan = plans["as it is"]
    other = solve(_scenario(small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3})), gap=0.0)
    for wrong in ({"a": plan}, {"a": plan, "b": other}, {"a": plan, "field": plan}):
        with pytest.raises(InputError):
            side_by_side(wrong)


@pytest.mark.slow
def test_folder_figure_and_shell(found, plans, tmp_path):
    write_side_by_side(found, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "side_by_side.json").read_text(encoding="utf-8"))
    assert set(record["plans"]) == set(plans)
    assert record["notice"]
    kept = pd.read_csv(tmp_path / "out" / "townships.csv")
    assert len(kept) == len(found.townships)
    words = [text.get_text() for text in side_by_side_figure(found).texts]
    assert "SYNTHETIC DATA" in words
    folders = [str(write_run(plan, tmp_path / name.replace(" ", "-"))) for name, plan in plans.items()]
    done = CliRunner().invoke(app, ["compare", *folders, "--out", str(tmp_path / "both")])
    assert done.exit_code == 0
    assert "P2-to-A, against as-it-is" in done.stdout
    assert (tmp_path / "both" / "side_by_side.png").exists()
