"""Explanations: what they say of a township by itself and of the whole is what solving it otherwise gives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.cli import app
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.rules.interest import interest
from devolve_opt.scenario import Scenario
from devolve_opt.studies.explaining import Explanation, explain
from devolve_opt.studies.levers import Lever
from devolve_opt.studies.runs import case_of_run
from devolve_opt.studies.solving import solve
from devolve_opt.views.explanation import answer, explanation_json, explanation_text, reason
from devolve_opt.views.losers import losers, losers_text
from devolve_opt.views.plots.explanation import explanation_figure
from devolve_opt.views.run_folder import write_run
from modelling import hand_scenario, pin, small_case, small_policy
from strategies import small_cases, small_policies


@pytest.fixture(scope="module")
def hand():
    return solve(hand_scenario(), gap=0.0)


def asked(case, policy, township, power) -> Explanation:
    return explain(solve(Scenario(case, policy), gap=0.0), township, power)


def turned(found: Explanation) -> dict[str, int]:
    rows = found.changes[found.changes["amount"].notna()]
    return {row["change"]: int(row["amount"]) for row in rows.to_dict("records")}


def test_what_stops_it_is_the_list_and_it_would_gain_by_itself(hand):
    # A chose P2 in three rounds: 3 x 40 = 120, less 10 of county support; F1 is ready there for P1 already.
    found = explain(hand, "A", "P2")
    assert found.facts["loss"] == pytest.approx(-110)
    assert found.facts["prerequisites"] == [["special", "county_seat", "P2"]]
    assert "not on the county_seat list" in answer(found)
    # On the whole P2 has to come for P1 (3 x 40 + 2 x 6 - 10 = 122), so it costs 12.
    assert found.effect is not None
    assert (found.effect.least, found.effect.most) == (pytest.approx(12, abs=1e-3), pytest.approx(12, abs=1e-3))
    assert reason(found)[0] == "not_on_its_list"


def test_what_does_not_pay_says_from_which_price_on_it_would(hand):
    # B chose P1 in two rounds: 80, less 10 of support and 100 of readiness: 30 short, or 15 for each round.
    found = explain(hand, "B", "P1")
    assert found.facts["loss"] == pytest.approx(30)
    assert found.facts["choice_price_to_pay"] == pytest.approx(55)
    assert found.facts["becomes_ready"] == ["F1"]
    assert turned(found) == {}
    text = explanation_text(found)
    assert "such as 55 for each round chosen instead of 40; below that it does not pay" in text
    scenario = hand_scenario()
    dearer = scenario.replace(policy={"prices": {**scenario.policy.prices.model_dump(), "choice_met": 55.1}})
    alone = explain(solve(dearer, gap=0.0), "B", "P1")
    assert alone.facts["loss"] == pytest.approx(-0.2)


def test_what_is_taken_says_what_would_end_it(hand):
    # With two posts fewer A needs 17,130 h of 16,560: overload eats the 72 that P1 gains.
    found = explain(hand, "A", "P1")
    assert found.facts["loss"] == pytest.approx(-72)
    assert turned(found) == {"posts": -2}
    assert found.facts["not_ready"] == ["F1"]
    assert found.effect is not None
    assert found.effect.plan is not None
    assert ["A", "P1"] not in found.effect.plan.take_up.to_numpy().tolist()
    assert audit(hand.scenario.data, hand.scenario.policy, found.effect.plan.decisions).breaches == ()


@pytest.mark.parametrize(("officers", "amount"), [(3, 1), (2, 2)])
def test_one_more_officer_turns_it_where_officers_are_what_is_short(officers, amount):
    # 120 cases of 40 h are 4,800 officer-hours; an officer has 1,840 x 0.8 = 1,472: it takes four.
    case = small_case(
        {"T1": {"certified_officers": officers, "staff_in_post": 20, "posts": 20}},
        {"P1": {"type": "penalty", "field": "F1", "ordinary_hours": 40.0}},
        {("T1", "P1"): 3}, cases={("T1", "P1"): 120.0}, readiness=(("T1", "F1"),),
    )  # fmt: skip
    policy = small_policy(fields_at_minimum=5, training_places_max=0)
    found = asked(case, policy, "T1", "P1")
    assert not found.facts["taken"]
    assert not found.facts["possible"]
    assert turned(found) == {"officers": amount}
    assert f"{amount} more certified officer" in explanation_text(found)
    # And so it is: with the officers there, the plan takes it.
    towns = case.townships
    towns["certified_officers"] += amount
    more = solve(Scenario(case.replace(townships=towns), policy), gap=0.0)
    assert len(more.take_up) == 1


def test_a_cap_that_binds_is_named_with_how_much_more_it_takes():
    votes = {("T1", "P1"): 3, ("T1", "P2"): 2, ("T1", "P3"): 1}
    lists = (("P1", "base"), ("P2", "base"), ("P3", "base"))
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}, "P3": {}}, votes, guide_list=lists)
    found = asked(case, small_policy(new_powers_max=1), "T1", "P3")
    # P1 would have to go for it: 120 - 40; with two places more, all three fit.
    assert found.facts["loss"] == pytest.approx(80)
    assert found.facts["gives_up"] == ["P1"]
    assert turned(found) == {"new_powers_max": 2}


def test_law_answers_before_anything_is_solved(monkeypatch):
    case = small_case({"T1": {}}, {"P1": {"restricts_liberty": True}, "P2": {}}, {("T1", "P1"): 3, ("T1", "P2"): 1})
    plan = solve(Scenario(case, small_policy()), gap=0.0)
    monkeypatch.setattr(Lever, "__init__", lambda self: pytest.fail("solved"))
    for township in ("T1", None):
        found = explain(plan, township, "P1")
        assert found.effect is None
        assert found.changes.empty
        assert "行政处罚法" in answer(found)


def test_what_is_set_aside_to_answer_is_said():
    case = small_case({"T1": {}, "T2": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T2", "P2"): 2})
    refusals = pd.DataFrame({"county": ["C1"], "power": ["P1"], "reason": ["a dispute"]})
    refused = asked(case.replace(refusals=refusals), small_policy(), "T1", "P1")
    assert refused.facts["set_aside"] == ["C1 does not open it: a dispute"]
    assert refused.facts["loss"] == pytest.approx(-120)
    assert refused.effect is None
    assert reason(refused)[0] == "county_refuses"
    pinned = asked(case, small_policy(pins=[pin("P1", "T1", False)]), "T1", "P1")
    assert pinned.facts["loss"] == pytest.approx(-120)
    assert "agreed in May" in answer(pinned)
    stranger = asked(case, small_policy(), "T1", "P2")
    assert "neither chose" in answer(stranger)
    assert reason(stranger)[0] == "no_interest"


def test_what_is_taken_at_a_loss_is_tried_with_more_of_everything():
    # A pin gives T1 what it never chose, at 100 h of support: nothing more of anything makes it pay.
    case = small_case({"T1": {}}, {"P1": {"support_hours": 100.0}})
    found = asked(case, small_policy(pins=[pin("P1", "T1")]), "T1", "P1")
    assert (found.facts["taken"], found.facts["loss"]) == (True, pytest.approx(100))
    text = explanation_text(found)
    assert "not 10 more posts" in text
    assert "fewer" not in text


def test_a_subdistrict_takes_no_power():
    case = small_case({"T1": {}, "S1": {"category": "subdistrict"}}, {"P1": {}}, {("T1", "P1"): 3})
    found = asked(case, small_policy(), "S1", "P1")
    assert "subdistrict takes no power" in answer(found)
    assert explain(found.plan, "S1").changes.empty


def test_a_power_that_another_one_requires_has_to_be_listed_too():
    powers = {"P1": {}, "P2": {"requires": "P1"}, "P3": {}, "P4": {}}
    case = small_case({"T1": {}}, powers, {("T1", "P2"): 1, ("T1", "P3"): 3, ("T1", "P4"): 3})
    found = asked(case, small_policy(guide_list_max=2, base_list_max=2), "T1", "P2")
    assert found.facts["prerequisites"] == [["base", "P2"], ["base", "P1"]]
    assert "which it requires: P1" in answer(found)


def test_a_power_off_the_list_says_what_room_and_what_place_it_would_take(hand):
    found = explain(hand, power="P2")
    assert found.changes["worth"].tolist() == pytest.approx([110, 110])
    assert found.effect is not None
    assert found.effect.least == pytest.approx(12, abs=1e-3)
    assert found.facts["by_category"]["county_seat"]["asking"] == 1
    listed = explain(hand, power="P3")
    assert listed.changes.empty
    assert listed.effect is not None
    assert listed.effect.most == pytest.approx(375)


def test_what_goes_from_the_lists_for_a_power_and_what_comes_is_named(hand):
    # Lists hold three powers together: for P2 one of them goes.
    found = explain(hand, power="P2")
    changed = found.lists_otherwise.set_index("power")
    assert changed.at["P2", "listed"]
    assert changed.at["P2", "townships"] >= 1
    [gone] = changed.index[~changed["listed"].astype(bool)]
    assert f"In that plan there go from the {changed.at[gone, 'list']} list: {gone} " in explanation_text(found)
    assert json.loads(explanation_json(found))["effect"]["lists"] == found.lists_otherwise.to_dict("records")
    assert explain(hand, "A").lists_otherwise.empty  # nothing was decided otherwise


def test_a_plan_that_lists_a_power_otherwise_has_somebody_take_it(monkeypatch):
    # One place on the central list. P1 is worth 3 x 40 to T1; P2 is worth 40 and takes 60 h at 0.5: nobody would take
    # it by itself. T2, without a list of its own, asks more of P2 and can never take it from the central list.
    powers = {"P1": {}, "P2": {"upkeep_hours": 60.0}}
    towns = {"T1": {"category": "central", "statutory_hours": 18_400.0}, "T2": {"statutory_hours": 18_400.0}}
    case = small_case(towns, powers, {("T1", "P1"): 3, ("T1", "P2"): 1, ("T2", "P2"): 3})
    policy = small_policy(
        own_list_categories=["central"], base_list_max=0, guide_list_max=1, category_list_max=1,
        overload_steps=[{"until": 1.0, "price": 0.5}, {"until": 2.0, "price": 1.0}],
    )  # fmt: skip
    plan = solve(Scenario(case, policy), gap=0.0)
    assert plan.guide_list["power"].tolist() == ["P1"]
    monkeypatch.setattr("devolve_opt.solver.strategy.Search.falls_apart", lambda search: True)  # as a large case does
    found = explain(plan, power="P2")
    assert found.effect is not None
    assert found.effect.plan is not None
    assert found.effect.plan.take_up[["township", "power"]].to_numpy().tolist() == [["T1", "P2"]]
    # 120 h go, 40 h come and cost 60 h at 1.
    assert found.effect.most == pytest.approx(120 - 40 + 60)


def test_posts_and_officers_are_worth_what_the_township_makes_of_them(hand):
    changes = explain(hand, "A").changes.set_index(["change", "amount"])["worth"]
    # One post fewer: 17,130 of 18,400 h, 570 h above 90 %, at 0.5 an hour: 285.
    assert changes["posts", -1] == pytest.approx(-285)
    assert changes["posts", 1] == pytest.approx(0)
    assert changes["officers", -1] == -np.inf  # fewer than two


@settings(max_examples=examples(3), deadline=None)
@given(case=small_cases(), policy=small_policies(), number=st.integers(0, 30))
def test_the_whole_effect_is_that_of_solving_with_a_pin(case, policy, number):
    pairs = interest(case, policy)
    assume(len(pairs))
    town, power = pairs[["township", "power"]].iloc[number % len(pairs)]
    try:
        plan = solve(Scenario(case, policy), gap=0.0)
    except NoPlanError:
        return
    found = explain(plan, town, power)
    assert found.effect is not None
    asked_for = {"power": power, "township": town, "holds": not found.facts["taken"], "reason": "a test"}
    try:
        loss = plan.objective - solve(plan.scenario.replace(policy={"pins": [asked_for]}), gap=0.0).objective
    except NoPlanError:
        loss = np.inf
    slack = 1e-3 + 2e-4 * abs(plan.objective)
    assert found.effect.least - slack <= loss <= found.effect.most + slack
    # The township by itself loses no less than the whole, where nothing but itself has to change.
    if not found.facts["prerequisites"] and found.facts["loss"] is not None:
        alone = found.facts["loss"] if not found.facts["taken"] else -found.facts["loss"]
        assert alone >= loss - slack


@pytest.mark.parametrize("question", [("A", "P2"), ("A", "P1"), ("B", "P1"), ("A", "P4"), (None, "P2"), ("A", None)])
def test_text_and_json_say_the_same_and_carry_proof_and_notice(hand, question):
    found = explain(hand, *question)
    text, record = explanation_text(found), json.loads(explanation_json(found))
    assert record["answer"] in text
    assert record["notice"] in text
    assert record["plan"]["gap"] == 0
    assert "Proven best" in text
    assert record["question"] == dict(zip(("township", "power"), question, strict=True))


@pytest.mark.parametrize("wrong", [{}, {"township": "X"}, {"power": "X"}, {"township": "A", "threads": 0}])
def test_wrong_questions_are_refused(hand, wrong):
    with pytest.raises(InputError):
        explain(hand, **wrong)


def drawn(found) -> dict[str, list[float]]:
    """Return the values of each row of the figure by its words; none where the rules do not allow it."""
    [axes] = explanation_figure(found).axes
    words = {place: label.get_text() for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    rows: dict[str, list[float]] = {name: [] for name in words.values()}
    for line in axes.lines:
        if line.get_marker() == "o":
            rows[words[line.get_ydata()[0]]] += sorted({round(float(end), 2) for end in line.get_xdata()})
    return rows


def test_the_figure_draws_what_the_answer_rests_on(hand):
    # As in the tests above: P2 would gain A 110 h if its list held it, and costs everybody 12 h.
    assert drawn(explain(hand, "A", "P2")) == {
        "as it is, but for: not on its list": pytest.approx([-110]),
        "for everybody, on the whole": pytest.approx([12]),
    }
    dear = drawn(explain(hand, "B", "P1"))
    assert dear["1 more certified officer"] == pytest.approx([30])
    assert drawn(explain(hand, None, "P2"))["1 more on every list"] == pytest.approx([110])
    people = drawn(explain(hand, "A"))
    assert people["1 fewer post"] == pytest.approx([-285])
    assert people["1 fewer certified officer"] == []


def test_the_shell_draws_the_answer(run_folder, tmp_path):
    done = CliRunner().invoke(app, ["explain", str(run_folder), "P2", "A", "--figure", str(tmp_path / "why.png")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"why.png", "why.svg"}
    done = CliRunner().invoke(app, ["explain", str(run_folder), "--figure", str(tmp_path / "losers")])
    assert isinstance(done.exception, InputError)


def test_who_gets_less_than_under_the_ratio_rule_and_why():
    # The rule gives P1 to both; a pin keeps it from T1, which gets nothing else.
    case = small_case({"T1": {}, "T2": {}}, {"P1": {}}, {("T1", "P1"): 3, ("T2", "P1"): 3})
    plan = solve(Scenario(case, small_policy(pins=[pin("P1", "T1", False)])), gap=0.0)
    [row] = losers(plan).to_dict("records")
    assert (row["township"], row["rounds_lost"], row["powers"], row["reasons"]) == ("T1", 3, "P1", "pinned 1")
    text = losers_text(plan)
    assert "1 township of 2" in text
    assert "pinned 1" in text


def test_who_loses_nothing_is_no_loser(hand):
    table = losers(hand)
    assert table.empty
    assert "0 townships" in losers_text(hand)


@pytest.fixture(scope="module")
def run_folder(hand, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain") / "hand"
    write_run(hand, folder)
    return folder


def test_the_shell_takes_ids_and_names_in_any_order(run_folder, tmp_path):
    by_ids = CliRunner().invoke(app, ["explain", str(run_folder), "P2", "A"])
    by_names = CliRunner().invoke(
        app, ["explain", str(run_folder), "甲镇", "乱倒垃圾处罚", "--out", str(tmp_path / "a")]
    )
    assert by_ids.exit_code == by_names.exit_code == 0
    assert by_ids.stdout == by_names.stdout
    assert "does not take P2" in by_ids.stdout
    assert (tmp_path / "a").read_text(encoding="utf-8") == by_ids.stdout
    record = json.loads(CliRunner().invoke(app, ["explain", str(run_folder), "P2", "--json"]).stdout)
    assert record["question"] == {"township": None, "power": "P2"}


def test_the_shell_tells_the_losers_without_ids(run_folder):
    assert "than under the ratio rule" in CliRunner().invoke(app, ["explain", str(run_folder)]).stdout
    assert json.loads(CliRunner().invoke(app, ["explain", str(run_folder), "--json"]).stdout) == []


@pytest.mark.parametrize("ids", [["X"], ["A", "B"], ["P1", "P2"]])
def test_the_shell_refuses_what_is_no_question(run_folder, ids):
    done = CliRunner().invoke(app, ["explain", str(run_folder), *ids])
    assert isinstance(done.exception, InputError)
    with pytest.raises(InputError):
        case_of_run(run_folder, run_folder)
