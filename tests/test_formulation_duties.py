"""Duties in the model: every row as it is written, and what it is worth where it binds; the rules and the tables.

Named as in `test_formulation_lists.py`.
"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import only_fault, place, tiny_tables
from depth import examples
from devolve_opt.audit import audit
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model, read_decisions, set_start
from devolve_opt.reading.tables import check_tables
from devolve_opt.rules.duties import duties_laid, duty_bars
from devolve_opt.rules.interest import interest
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.studies.solving import solve
from devolve_opt.synthetic import synthesise
from devolve_opt.views.duties import duties as duty_table
from devolve_opt.views.duties import duty_lines
from devolve_opt.views.plots import figures_of
from devolve_opt.views.tables import plan_tables
from devolve_opt.vocabulary import Term
from modelling import (
    assert_linear,
    assert_row,
    assert_rows,
    coefficients,
    hand_scenario,
    optimum,
    small_case,
    small_policy,
    with_and_without,
    with_duties,
    with_stations,
)
from strategies import small_scenarios

# 10 posts, 18,400 h there. P1 takes 400 h and is worth 300 (three rounds at 100), P2 none and is never chosen.
LOADED = small_case({"T1": {"statutory_hours": 17_000.0}}, {"P1": {"upkeep_hours": 400.0}, "P2": {}}, {("T1", "P1"): 3})
DUTIES = with_duties(LOADED, {"D1": {"hours": 50.0}, "D2": {"hours": 20.0, "hours_per_1000": 10.0}}, {"D2": ["P2"]})
PRICES = {"prices": {"choice_met": 100}}


def policy(**duties):
    return small_policy(**PRICES, duties=duties)


def test_off_duties_cost_nothing():
    sizes = []
    for case in (LOADED, DUTIES):
        for changes in ({}, {"duties": {}}) if case is LOADED else ({},):
            matrix = compile_matrix(build_model(case, small_policy(**PRICES, **changes)))
            sizes.append((matrix.rows.shape, matrix.row_names))
    assert sizes[0] == sizes[1] == sizes[2]
    model = build_model(DUTIES, small_policy())
    assert not any(hasattr(model, name) for name in ("matched", "carries", "duty_load_within"))
    assert not model.term[str(Term.DUTIES_MATCHED)].expr
    off = solve(hand_scenario(), gap=0.0, threads=1)
    assert "duties" not in plan_tables(off)
    assert "duties" not in figures_of(off)
    assert duty_lines(off) == []


def test_matched_only_with_power_as_written():
    model = build_model(DUTIES, policy())
    # P2 is taken for the duty alone: no choice, no case.
    assert list(model.pairs) == [("T1", "P1"), ("T1", "P2")]
    assert_rows(model.matched_only_with_power, {("T1", "D2", "P2"): "matched[T1,D2] - taken[T1,P2] <= 0"})
    # The township has 1,000 people: D2 takes 20 + 10 h. An hour is worth 1.5.
    assert_linear(model.term[str(Term.DUTIES_MATCHED)].expr, "75 matched[T1,D1] + 45 matched[T1,D2]")
    found, constant = coefficients(model.hours_needed["T1"])
    assert (found["matched[T1,D1]"], found["matched[T1,D2]"], constant) == (50, 30, 17_000)


def test_matched_only_with_power_binds():
    model = build_model(DUTIES, policy(worth=1.5).replace(guide_list_max=1, new_powers_max=1))
    # One power only: P1 (300 - 200 h of overload) and D1 (75 - 25), not P2 for D2 (45 - 15) as well.
    assert with_and_without(model, "matched_only_with_power") == (150, 180)


def test_officer_hours_of_duties_as_written():
    case = with_duties(LOADED, {"D1": {"hours": 50.0, "officer_hours": 30.0}})
    case = case.replace(townships=case.townships.assign(certified_officers=1))
    row = build_model(case, policy()).officer_hours_sufficient["T1"]
    found, _ = coefficients(row.body)
    assert abs(found["matched[T1,D1]"]) == 30


def test_officer_hours_of_duties_bind():
    case = with_duties(LOADED, {"D1": {"hours": 2_000.0, "officer_hours": 1_500.0}})
    # An officer has 0.8 x 1,840 = 1,472 h for enforcement: D1 takes two, trained at 80 each. Its 3,000 are worth more
    # than its overload: 17,000 + 1,000 h is the most below 18,400.
    case = case.replace(duties=case.duties.assign(hours=1_400.0, officer_hours=1_390.0), townships=case.townships)
    model = build_model(case, policy())
    # 1.5 x 1,400 - 0.5 x 1,400 of overload - 80 for one officer.
    assert with_and_without(model, "officer_hours_sufficient") == (1_320, 1_400)


def test_carries_if_matched_as_written():
    model = build_model(DUTIES, policy(load_max=0.94))
    assert_rows(
        model.carries_if_matched,
        {("T1", duty): f"matched[T1,{duty}] - carries[T1] <= 0" for duty in ("D1", "D2")},
    )


def test_duty_load_within_as_written():
    model = build_model(DUTIES, policy(load_max=0.94))
    # 0.94 x 18,400 = 17,296 h. Without duties the township needs 17,400 at most: 104 above, less than the stop's 6,624.
    found, _ = coefficients(model.duty_load_within["T1"].body)
    assert abs(found["carries[T1]"]) == pytest.approx(104)
    assert_row(
        model.duty_load_within["T1"],
        "400 taken[T1,P1] + 50 matched[T1,D1] + 30 matched[T1,D2] + 104 carries[T1]"
        " - 1729.6 floating[T1] - 1729.6 revolving[T1] <= " + str(400 - 1729.6 * 4),
    )


def test_the_room_of_duties_counts_with_the_fewest_posts():
    # A band of a fifth lets two of ten posts go: 0.94 x 8 x 1,840 = 13,836.8 h, and 17,400 at most without duties.
    model = build_model(DUTIES, policy(load_max=0.94).replace(posts_band=0.2))
    found, _ = coefficients(model.duty_load_within["T1"].body)
    assert abs(found["carries[T1]"]) == pytest.approx(17_400 - 13_836.8)


def test_the_room_of_duties_counts_the_work_of_stations():
    # A station of ten with 20,000 h of its own: devolved it brings 18,400 h, of which 0.94 are 17,296: 2,704 h more.
    case = with_stations(DUTIES, A1={"own_hours": 20_000.0})
    stations = {"managed_max": 1, "devolved_max": 1, "managed_per_township_max": 1}
    model = build_model(case, policy(load_max=0.94).replace(stations=stations))
    found, _ = coefficients(model.duty_load_within["T1"].body)
    assert abs(found["carries[T1]"]) == pytest.approx(104 + 2_704)


def test_duty_load_within_binds():
    model = build_model(DUTIES, policy(load_max=0.94))
    # With the rule either P1 (17,400 h) or both duties (17,080 h): 300 - 200 against 75 + 45 - 40.
    assert with_and_without(model, "duty_load_within") == (100, 180)


def test_carries_if_matched_binds():
    powers = {"P1": {"upkeep_hours": 400.0}, "P2": {}, "P3": {"upkeep_hours": 100.0}}
    case = small_case({"T1": {"statutory_hours": 17_000.0}}, powers, {("T1", "P1"): 3, ("T1", "P3"): 1})
    model = build_model(with_duties(case, {"D1": {"hours": 50.0}, "D2": {"hours": 30.0}}), policy(load_max=0.94))
    # 204 h of room above 17,296. P1 and P3 without duties: 300 - 200 + 100 - 50. P1 with both: 100 + 75 + 45 - 40.
    assert with_and_without(model, "carries_if_matched") == (150, 180)


def test_a_load_that_the_stop_rules_out_needs_no_row():
    assert len(build_model(DUTIES, policy(load_max=1.3)).duty_load_within) == 0
    # At 18,400 h no power can bring the township above: the row stands, without the 0-1 variable.
    model = build_model(DUTIES, policy(load_max=1.0))
    assert len(model.carries) == len(model.carries_if_matched) == 0
    assert len(model.duty_load_within) == 1


def test_a_duty_that_never_fits_is_never_matched():
    case = with_duties(LOADED, {"D1": {"hours": 1_500.0}, "D2": {"hours": 1_400.0}})
    model = build_model(case, policy())
    assert [model.matched["T1", duty].ub for duty in ("D1", "D2")] == [0, 1]


def test_matched_share_at_least_as_written():
    model = build_model(DUTIES, policy(matched_share_min=0.3))
    assert_row(model.matched_share_at_least["T1"], "matched[T1,D1] + matched[T1,D2] >= 1")
    assert len(build_model(DUTIES, policy()).matched_share_at_least) == 0


def test_matched_share_at_least_binds():
    # Worth nothing, a duty costs 0.5 h an hour of overload: the lighter one, 30 h, is carried where one must be.
    model = build_model(DUTIES, policy(worth=0, matched_share_min=0.5))
    assert with_and_without(model, "matched_share_at_least") == (100 - 15, 100)


def test_a_share_that_clashes_names_what_would_have_to_give():
    case = with_duties(LOADED, {"D1": {"hours": 1_500.0}})
    with pytest.raises(NoPlanError, match="matched_share_min") as raised:
        solve(Scenario(case, policy(matched_share_min=1)), threads=1)
    assert raised.value.proven


def test_what_law_or_county_bars_never_enters():
    powers = {"P1": {"restricts_liberty": True}, "P2": {"holder": "township"}, "P3": {}, "P4": {"requires": "P3"}}
    towns = {"T1": {}, "S1": {"category": "subdistrict"}, "T2": {"county": "C2"}}
    case = with_duties(
        small_case(towns, powers), {name: {"hours": 1.0} for name in ("D1", "D2", "D3", "D4")},
        {"D1": ["P1", "P3"], "D2": ["P2"], "D3": ["P4"]}, {"D3": ["T2", "T1"]},
    )  # fmt: skip
    case = case.replace(refusals=case.refusals.reindex([0]).assign(county="C2", power="P3", reason="no staff"))
    bars = duty_bars(case, policy())
    assert bars[["township", "duty", "reason"]].to_numpy().tolist() == [
        ["T1", "D1", "excluded"], ["S1", "D1", "subdistrict"], ["S1", "D1", "subdistrict"], ["S1", "D2", "subdistrict"],
        ["T2", "D1", "excluded"], ["T2", "D1", "county_refuses"], ["T2", "D3", "county_refuses"],
    ]  # fmt: skip
    model = build_model(case, policy())
    # P2 is T1's by law already: nothing to take.
    assert list(model.duty_hours) == [
        ("T1", "D2"),
        ("T1", "D3"),
        ("T1", "D4"),
        ("S1", "D4"),
        ("T2", "D2"),
        ("T2", "D4"),
    ]
    # Only what an open duty takes becomes a pair, with what that requires.
    assert interest(case, policy())[["township", "power"]].to_numpy().tolist() == [["T1", "P3"], ["T1", "P4"]]


def test_where_duties_are_laid():
    case = with_duties(
        small_case({"T2": {}, "T1": {}}), {"D1": {"hours": 5.0}, "D2": {"hours": 1.0}}, None, {"D1": ["T1"]}
    )
    laid = duties_laid(case, policy())
    assert laid[["township", "duty"]].to_numpy().tolist() == [["T2", "D2"], ["T1", "D1"], ["T1", "D2"]]
    assert duties_laid(case, small_policy()).empty


# The ratio rule


def test_the_ratio_rule_carries_what_is_at_hand():
    # 17,000 + 400 h of P1; up to 17,480 h one of the two duties without power goes in.
    case = with_duties(LOADED, {"D1": {"hours": 50.0}, "D2": {"hours": 50.0}, "D3": {"hours": 1.0}}, {"D3": ["P2"]})
    rules = small_policy(duties={"load_max": 0.95}, own_list_categories=())
    decisions = ratio_decisions(case, rules)
    assert decisions.duties.to_numpy().tolist() == [["T1", "D1"]]
    assert audit(case, rules, decisions).breaches == ()


def test_the_ratio_rule_keeps_officers_time_for_what_is_at_risk():
    # P1 takes 1,000 h of officers, half more at risk; two officers have 0.6 x 3,680 = 2,208 h: 708 are left.
    powers = {"P1": {"type": "penalty", "ordinary_hours": 100.0, "simple_share": 0.0}}
    towns = {"T1": {"certified_officers": 2, "staff_in_post": 10}}
    uncertain = {"uncertain_hours": {"deviation": 0.5, "budget": 1}, "officer_hours_share": 0.6}
    for hours, carried in ((700.0, 1), (720.0, 0)):
        case = small_case(towns, powers, {("T1", "P1"): 3}, {("T1", "P1"): 10.0})
        case = with_duties(case, {"D1": {"hours": hours, "officer_hours": hours}})
        rules = small_policy(duties={"load_max": 1.2}, own_list_categories=(), fields_at_minimum=9, **uncertain)
        decisions = ratio_decisions(case, rules)
        assert decisions.take_up.to_numpy().tolist() == [["T1", "P1"]]
        assert len(decisions.duties) == carried
        assert audit(case, rules, decisions).breaches == ()


def test_a_start_carries_the_duties_of_the_plan():
    case = with_duties(LOADED, {"D1": {"hours": 50.0}, "D2": {"hours": 10.0}})
    rules = policy(load_max=0.95)
    model = build_model(case, rules)
    decisions = ratio_decisions(case, rules)
    set_start(model, decisions)
    matrix = compile_matrix(model)
    assert matrix.violation(matrix.values()) <= 1e-9
    assert read_decisions(model).duties.to_numpy().tolist() == decisions.duties.to_numpy().tolist() != []


# Brute force and laws


@settings(max_examples=examples(15), deadline=None)
@given(
    st.lists(st.sampled_from([20.0, 90.0, 300.0, 700.0]), min_size=3, max_size=3),
    st.lists(st.tuples(st.sampled_from([30.0, 150.0, 400.0]), st.sets(st.sampled_from(["P1", "P2", "P3"]), max_size=2)),
             min_size=3, max_size=3),
    st.sampled_from([0.92, 0.95, 1.0]),
    st.sampled_from([0.2, 1.5]),
)  # fmt: skip
def test_the_optimum_is_that_of_looking_at_every_plan(upkeep, laid, load_max, worth):
    powers = {f"P{number}": {"upkeep_hours": hours} for number, hours in enumerate(upkeep, start=1)}
    votes = {("T1", "P1"): 3, ("T1", "P2"): 2}
    case = small_case({"T1": {"statutory_hours": 16_900.0}}, powers, votes)
    names = {f"D{number}": {"hours": hours} for number, (hours, _) in enumerate(laid, start=1)}
    case = with_duties(case, names, {f"D{number}": sorted(some) for number, (_, some) in enumerate(laid, start=1)})
    best = -1e9
    for held in product([False, True], repeat=3):
        for carried in product([False, True], repeat=3):
            have = {f"P{number}" for number, takes in enumerate(held, start=1) if takes}
            if any(takes and not some <= have for takes, (_, some) in zip(carried, laid, strict=True)):
                continue
            work = 16_900 + sum(h for h, takes in zip(upkeep, held, strict=True) if takes)
            duty_hours = sum(hours for takes, (hours, _) in zip(carried, laid, strict=True) if takes)
            work += duty_hours
            if any(carried) and work > load_max * 18_400 + 1e-6:
                continue
            cost = 0.5 * min(1_840, max(0, work - 16_560)) + 1.5 * max(0, work - 18_400)
            assert work <= 1.1 * 18_400
            met = 3 * held[0] + 2 * held[1]
            best = max(best, 100 * met - cost + 0.5 * (16_900 - 16_560) + worth * duty_hours)
    found = optimum(build_model(case, policy(worth=worth, load_max=load_max)))
    assert found == pytest.approx(best, rel=1e-6)


def scenario_with_duties(random: Scenario) -> Scenario:
    laid = {
        "D1": {"hours": 60.0, "officer_hours": 40.0},
        "D2": {"hours": 100.0, "hours_per_1000": 20.0},
        "D3": {"hours": 5.0},
    }
    some = list(random.data.townships.index[:2])
    case = with_duties(random.data, laid, {"D1": ["P1"], "D2": ["P1", "P2"]}, {"D1": some})
    return Scenario(case, random.policy.replace(duties={"load_max": 0.95}))


@settings(max_examples=examples(15), deadline=None)
@given(small_scenarios())
def test_duties_never_make_a_plan_worse_and_every_plan_passes_the_audit(random):
    scenario = scenario_with_duties(random)
    try:
        plan = solve(scenario, gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        return
    assert audit(scenario.data, scenario.policy, plan.decisions).breaches == ()
    without = optimum(build_model(scenario.data, scenario.policy.replace(duties=None)))
    assert plan.objective >= without or plan.objective == pytest.approx(without, rel=1e-6, abs=1e-6)


# Tables, figure, summary


@pytest.fixture(scope="module")
def plan():
    scenario = hand_scenario()
    duties = {name: {"hours": 40.0, "officer_hours": 10.0} for name in ("D1", "D2", "D3", "D4", "D5", "D6")}
    duties["D5"] = {"hours": 9_000.0}
    duties["D6"] = {"hours": 9_000.0, "officer_hours": 9_000.0}
    case = with_duties(scenario.case, duties, {"D1": ["P3"], "D2": ["P5"], "D3": ["P2"]})
    return solve(scenario.replace(case=case, policy={"duties": {"worth": 0.4}}), gap=0.0, threads=1)


def test_the_table_says_what_became_of_every_duty(plan):
    table = duty_table(plan)
    assert len(table) == 6 * 3
    assert set(map(tuple, table.loc[table["matched"], ["township", "duty"]].to_numpy())) == set(
        map(tuple, plan.decisions.duties.to_numpy())
    )
    assert (table["reason"] == "").tolist() == table["matched"].tolist()
    reason = {(row["township"], row["duty"]): (row["reason"], row["detail"]) for row in table.to_dict("records")}
    assert {reason[town, "D2"][0] for town in "ABD"} == {"excluded"}
    assert "行政处罚法 10, 18" in reason["A", "D2"][1]
    assert {reason[town, "D3"][0] for town in "ABD"} <= {"not_on_its_list", "power_not_taken", ""}
    assert {reason[town, "D5"][0] for town in "ABD"} == {"load"}
    assert {reason[town, "D6"][0] for town in "ABD"} == {"officer_hours"}
    assert plan.audit.terms[Term.DUTIES_MATCHED] == pytest.approx(0.4 * table.loc[table["matched"], "hours"].sum())


def test_summary_and_figure_tell_of_duties(plan):
    lines = duty_lines(plan)
    assert lines[0].startswith("Duties: ")
    assert "of 18" in lines[0]
    assert "duties" in plan_tables(plan)
    figure = figures_of(plan)["duties"](plan)
    words = [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]
    assert "SYNTHETIC DATA" in words
    assert any(word.startswith("D1") for word in words)


# The case


def tables_with_duties():
    import pandas as pd

    tables = tiny_tables()
    tables["duties"] = pd.DataFrame(
        {"id": ["D1", "D2"], "name": ["巡查", "值守"], "hours": [50.0, 20.0], "officer_hours": [10.0, 0.0]}
    )
    tables["duty_powers"] = pd.DataFrame({"duty": ["D1"], "power": ["P1"]})
    tables["duty_townships"] = pd.DataFrame({"duty": ["D2"], "township": ["T1"]})
    return tables


def test_duties_are_read_with_defaults():
    checked = check_tables(tables_with_duties())
    assert checked["duties"]["hours_per_1000"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("table", "column", "value", "found", "words"),
    [
        ("duties", "officer_hours", 60.0, ("duties", 1, "officer_hours", "60"), "more than the row's hours, 50"),
        ("duties", "hours", -1.0, ("duties", 1, "hours", "-1"), "below the least allowed, 0"),
        ("duty_powers", "power", "P9", ("duty_powers", 1, "power", "P9"), "is no id"),
        ("duty_townships", "duty", "D9", ("duty_townships", 1, "duty", "D9"), "is no id"),
    ],
)
def test_bad_duties_are_faults(table, column, value, found, words):
    tables = tables_with_duties()
    tables[table].loc[0, column] = value
    if column == "hours":
        tables[table].loc[0, "officer_hours"] = 0.0
    fault = only_fault(check_tables, tables)
    assert place(fault) == found
    assert words in fault.message


def test_rows_that_name_duties_need_the_table():
    tables = tables_with_duties()
    del tables["duties"], tables["duty_townships"]
    fault = only_fault(check_tables, tables)
    assert (fault.file, fault.message) == ("duty_powers", "names duties, but the case has no table duties; add it.")


def test_the_generator_draws_duties():
    city, pilot = synthesise("city", 7), synthesise("pilot-district", 7)
    assert len(city.duties) == 36
    assert city.duties["name"].str.endswith("（合成）").all()
    bars = duty_bars(city, policy())
    assert bars.loc[bars["reason"] == "excluded", "duty"].nunique() == 4
    # A duty that is laid elsewhere only is not laid on the pilot's townships.
    laid, there = duties_laid(city, policy()), duties_laid(pilot, policy())
    here = laid[laid["township"].isin(pilot.townships.index)]
    assert (
        here[["township", "duty", "hours"]].to_numpy().tolist()
        == there[["township", "duty", "hours"]].to_numpy().tolist()
    )


@pytest.mark.parametrize(
    ("hours", "policy"),
    [
        # By a wall: 18,300 + 400 h of 18,400, so that without the station's hours the duty does not go in.
        (18_300.0, {"overload": "wall", "wall_share": 1.2, "duties": {"worth": 10}}),
        # Priced: 15,000 + 400 h, of which four fifths of 18,400 would leave out 680.
        (15_000.0, {"duties": {"worth": 10, "load_max": 0.8}}),
    ],
)
def test_a_station_whose_hours_a_duty_needs_stays_managed(hours, policy):
    case = with_duties(small_case({"T1": {"statutory_hours": hours}}), {"D1": {"hours": 400.0}})
    case = with_stations(case, A1={"kind": "market_supervision"})
    plan = solve(Scenario(case, small_policy(stations={"hour_price": 0}, **policy)), gap=0.0, threads=1)
    assert plan.decisions.duties["duty"].to_list() == ["D1"]
    assert plan.decisions.stations["status"].to_list() == ["managed"]
