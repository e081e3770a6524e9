"""Stations as they are shown: the table, the summary's lines, the caps and the figure."""

from __future__ import annotations

import pytest

from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.views import tables
from devolve_opt.views.caps import caps
from devolve_opt.views.plots import stations as stations_figure
from devolve_opt.views.stations import station_counts, station_lines, stations
from modelling import small_case, small_policy, with_stations

STATIONS = {
    "A1": {"field": "F2", "kind": "market_supervision"}, "A2": {"kind": "court"}, "A3": {"township": "T2"},
    "A4": {"township": "T2", "certified": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    # T1 is made ready by A1 for 120; T2 has 20,240 h of work and 18,400 there, and A3 or A4 takes all overload away.
    case = small_case(
        {"T1": {}, "T2": {"statutory_hours": 20_240.0}}, {"P1": {}}, {("T1", "P1"): 3},
        fields={"F1": {}, "F2": {"readiness_hours": 500.0}},
    )  # fmt: skip
    policy = small_policy(
        stations={"hour_price": 0.0, "managed_max": 2, "prices": {"performance_pay": 0}}, new_fields_max=0
    )
    return solve(Scenario(with_stations(case, **STATIONS), policy), gap=0.0, threads=1)


def test_the_table_says_what_becomes_of_each(plan):
    table = stations(plan).set_index("station")
    assert table.loc["A1", ["status", "kept_from", "readiness_brought"]].tolist() == ["managed", "devolution", True]
    assert table.loc["A1", "hours_gained"] == pytest.approx(0.2 * 18_400)
    assert table.loc["A2", ["status", "kept_from", "source"]].tolist() == [
        "county_run", "management and devolution", "宪法 131",
    ]  # fmt: skip
    assert sorted(table.loc[["A3", "A4"], "status"]) == ["county_run", "devolved"]
    devolved = table[table["status"] == "devolved"]
    assert devolved["hours_gained"].tolist() == [9_200]
    assert table["kind_chinese"].tolist() == ["市场监管所", "派出法庭", "文化站", "文化站"]
    assert station_counts(plan).loc["culture", ["county_run", "managed", "devolved"]].tolist() == [1, 0, 1]


def test_readiness_that_is_brought_costs_no_hours(plan):
    row = tables.readiness(plan).iloc[0]
    assert (row["new"], row["brought"], row["readiness_hours"]) == (True, True, 0)


def test_the_summary_and_the_caps_tell_them(plan):
    lines = station_lines(plan)
    assert lines[0] == "Stations: of 4, 1 managed by townships and 1 devolved in 2 townships; 1 may be neither."
    assert "12,880 h a year" in lines[1]
    assert "readiness in 1 field." in lines[1]
    table = caps(plan).set_index("cap")
    assert table.loc["stations.managed_max", ["limit", "used", "reached"]].tolist() == [2, 2, 1]
    assert table.loc["stations.devolved_max", ["used", "reached"]].tolist() == [1, 0]
    assert table.loc["stations.managed_per_township_max", ["used", "places"]].tolist() == [1, 2]
    # The one field that is made ready does not count against the cap.
    assert table.loc["new_fields_max", "used"] == 0


def words_of(figure) -> list[str]:
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    return [*texts, *(text.get_text() for text in figure.texts)]


def test_the_figure_counts_each_kind(plan):
    words = words_of(stations_figure(plan))
    assert {"SYNTHETIC DATA", "1", "1: 1 managed", "2: 1 devolved"} <= set(words)
    bars = stations_figure(plan).axes[0].patches
    assert {bar.get_hatch() for bar in bars} == {"////", "..", None}


@pytest.mark.parametrize("some", [True, False])
def test_without_the_instrument_all_stay(some):
    case = small_case({"T1": {}, "T2": {}})
    case = with_stations(case, **STATIONS) if some else case
    plan = solve(Scenario(case, small_policy()), gap=0.0, threads=1)
    assert station_lines(plan) == []
    assert set(stations(plan)["status"]) == ({"county_run"} if some else set())
    words = " ".join(words_of(stations_figure(plan)))
    assert ("all stay as they are" if some else "The case has no stations.") in words
