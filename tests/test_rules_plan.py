"""The rules beside the model: posts by formula, officers, workload, and the whole plan of the ratio rule."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

from cases import tiny_tables
from depth import examples
from devolve_opt.audit import audit
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.officers import officers_by_need, officers_remaining
from devolve_opt.rules.posts import post_formula, post_pools, posts_by_formula, posts_within_cap
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.workload import hours_per_case, joint_hours, overload_of_doing_nothing, staff_without_moves
from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import BASE_LIST
from modelling import ROOT, hand_scenario, small_case, small_policy
from strategies import small_scenarios


@cache
def scenario(name: str) -> Scenario:
    return Scenario.read(ROOT / "scenarios" / f"{name}.toml")


# Posts


def three_towns() -> Case:
    facts = ("population", "area_km2", "gdp", "fiscal_revenue", "posts", "staff_in_post", "statutory_hours")
    rows = {
        "T1": ("county_seat", 6000, 40, 100, 20, 20, 18, 30_000),
        "T2": ("general", 3000, 40, 50, 10, 10, 8, 20_000),
        "T3": ("general", 1000, 20, 50, 10, 11, 10, 15_000),
    }
    return small_case(
        {name: {"category": row[0], **dict(zip(facts, row[1:], strict=True))} for name, row in rows.items()}
    )


def test_the_three_steps_worked_out():
    policy = small_policy(
        base_posts_tilt={**dict.fromkeys(("central", "key", "characteristic", "subdistrict"), 1.0),
                         "county_seat": 1.5, "general": 0.8},
        revolving_posts_share=0.05, revolving_posts_max=1, posts_band=0.1,
    )  # fmt: skip
    case = three_towns()
    # 41 posts: base 0.6 x 41 = 24.6, so 25; revolving 0.05 x 41 = 2.05, so 2; floating the other 14.
    pools = post_pools(case, policy)
    assert pools.loc["C1"].to_dict() == {
        "posts": 41, "base": 25, "floating": 14, "revolving": 2, "mobile": 0, "revolving_max": 1,
    }  # fmt: skip
    formula = post_formula(case, policy)
    # 25 by 1.5 : 0.8 : 0.8 are 12.10, 6.45, 6.45: 12, 6, 6 and one for the first of the equal fractions.
    assert formula["base_posts"].tolist() == [12, 7, 6]
    # 6 : 2 : 1 : 1 of population, area, product, revenue; T1 0.6 x 0.6 + 0.2 x 0.4 + 0.1 x 0.5 + 0.1 x 0.5 = 0.54,
    # T2 0.18 + 0.08 + 0.025 + 0.025 = 0.31, T3 0.06 + 0.04 + 0.025 + 0.025 = 0.15.
    # 14 floating posts: 7.56, 4.34, 2.10; the post that is left goes to T1.
    assert formula["floating_posts"].tolist() == [8, 4, 2]
    assert formula["fair_share"].tolist() == pytest.approx([19.56, 11.34, 8.10])
    # 0.9 and 1.1 times the fair share: 17.60 to 21.52; 10.21 to 12.47; 7.29 to 8.91.
    assert formula["lower"].tolist() == [18, 11, 8]
    assert formula["upper"].tolist() == [21, 12, 8]
    # Each of the 41 posts brings 36 / 41 = 0.878 persons. Before revolving posts T1 has 20, T2 11, T3 8 posts, so
    # 18, 8.88 and 7.37 persons; 30,000, 20,000 and 15,000 h make 1,667, 2,253 and 2,036 h each. T2, then T3.
    posts = posts_by_formula(case, policy)
    assert posts["revolving_posts"].tolist() == [0, 1, 1]
    assert posts.sum().tolist() == [25, 14, 2]


def test_other_weights_are_parts_of_their_sum():
    policy = small_policy(
        posts_formula="custom", posts_weights={"population": 0, "area_km2": 3, "gdp": 0, "fiscal_revenue": 1}
    )
    # 16 floating posts: area 0.75 x (0.4, 0.4, 0.2), revenue 0.25 x (0.5, 0.25, 0.25).
    shares = [0.75 * 0.4 + 0.25 * 0.5, 0.75 * 0.4 + 0.25 * 0.25, 0.75 * 0.2 + 0.25 * 0.25]
    formula = post_formula(three_towns(), policy)
    exact = formula["fair_share"] - formula["base_posts"]
    assert exact.tolist() == pytest.approx([16 * share for share in shares])


def test_where_an_indicator_is_zero_everywhere_townships_count_alike():
    case = small_case({"T1": {"gdp": 0, "population": 3000}, "T2": {"gdp": 0, "population": 1000}})
    formula = post_formula(case, small_policy())
    # 0.6 x 3/4 + 0.4 x 1/2 = 0.65 of 8 floating posts.
    assert (formula["fair_share"] - formula["base_posts"]).tolist() == pytest.approx([5.2, 2.8])


def test_the_band_always_holds_the_formulas_own_number():
    # Without a band the fair shares 19.56, 11.34, 8.10 would leave no whole number at all.
    policy = small_policy(posts_band=0.0)
    formula = post_formula(three_towns(), policy)
    whole = formula["base_posts"] + formula["floating_posts"]
    assert (formula["lower"] <= whole).all()
    assert (whole <= formula["upper"]).all()
    assert (formula["fair_share"] % 1 > 0).all()
    assert formula["lower"].equals(whole.where(whole < formula["fair_share"], formula["lower"]))


def test_posts_towards_the_formula_stop_at_the_cap():
    # The formula gives both 10; 13 and 7 stand today.
    case = small_case({"T1": {"posts": 13, "staff_in_post": 13}, "T2": {"posts": 7, "staff_in_post": 7}})
    free, capped = small_policy(posts_band=0.3), small_policy(posts_band=0.3, posts_moved_max=1)
    assert posts_by_formula(case, free).sum(axis=1).tolist() == [10, 10]
    assert posts_within_cap(case, free).sum(axis=1).tolist() == [10, 10]
    assert posts_within_cap(case, capped).sum(axis=1).tolist() == [12, 8]


@settings(max_examples=examples(40), deadline=None)
@given(small_scenarios())
def test_posts_add_up_in_every_county_and_agree_with_the_audit(random):
    case, policy = random.data, random.policy
    posts, pools, formula = posts_by_formula(case, policy), post_pools(case, policy), post_formula(case, policy)
    sums = posts.groupby(case.townships["county"]).sum()
    for column, pool in (("base_posts", "base"), ("floating_posts", "floating"), ("revolving_posts", "revolving")):
        assert sums[column].to_dict() == pools[pool].to_dict()
    assert (pools[["base", "floating", "revolving", "mobile"]].sum(axis=1) == pools["posts"]).all()
    assert (posts >= 0).all(axis=None)
    assert (posts["revolving_posts"] <= case.townships["county"].map(pools["revolving_max"])).all()
    capped = posts_within_cap(case, policy)
    assert (capped.groupby(case.townships["county"]).sum() == sums).all(axis=None)
    within = capped["base_posts"] + capped["floating_posts"]
    assert ((formula["lower"] <= within) & (within <= formula["upper"])).all()
    books = Ledger(case, policy, sound_decisions(case, ratio_decisions(case, policy))[0])
    for column in ("base_posts", "fair_share", "lower", "upper"):
        assert formula[column].tolist() == pytest.approx(books.formula[column].tolist()), column


# Officers and staff


def test_a_countys_losses_are_whole_persons_and_fall_by_share():
    certified = {"T1": 5, "T2": 3, "T3": 1, "T4": 4}
    case = small_case(
        {
            name: {"certified_officers": count, "county": "C2" if name == "T4" else "C1"}
            for name, count in certified.items()
        }
    )
    # C1: 0.12 x 9 = 1.08, so two: quotas 1.11, 0.67, 0.22. C2: 0.12 x 4 = 0.48, so one.
    assert officers_remaining(case, small_policy(attrition_share=0.12)).tolist() == [4, 2, 1, 3]
    assert officers_remaining(case, small_policy(attrition_share=0.0)).tolist() == [5, 3, 1, 4]
    assert officers_remaining(case, small_policy(attrition_share=1.0)).tolist() == [0, 0, 0, 0]
    # A third of nine is three and not, by a hair of floating point, four.
    assert officers_remaining(case, small_policy(attrition_share=1 / 3))[["T1", "T2", "T3"]].sum() == 6


def test_officers_by_need_train_first_and_then_move():
    case = small_case({"T1": {}, "T2": {"certified_officers": 1}, "T3": {"certified_officers": 5}})
    found = officers_by_need(case, small_policy(officers_min=2, training_places_max=1))
    # T1 lacks two, T2 one; the one place goes to T1, the rest come from T3.
    assert found.loc["T1"].tolist() == [1, 1, 0]
    assert found.loc["T2"].tolist() == [0, 1, 0]
    assert found.loc["T3"].tolist() == [0, 0, 2]


def test_officers_by_need_come_from_the_same_county():
    towns = {
        "T1": {"county": "C1", "certified_officers": 5}, "T2": {"county": "C2"},
        "T3": {"county": "C2", "certified_officers": 3}, "T4": {"county": "C3", "certified_officers": 5},
    }  # fmt: skip
    found = officers_by_need(small_case(towns), small_policy(officers_min=2, training_places_max=0))
    # T2 lacks two; T3 has one to spare, and the other counties' three each stay where they are.
    assert found["moved_in"].tolist() == [0, 1, 0, 0]
    assert found["moved_out"].tolist() == [0, 0, 1, 0]


def test_officers_by_need_cover_statutory_work():
    # 3,000 h of enforcement at 1,472 h an officer take three.
    case = small_case({"T1": {"statutory_hours": 9000, "statutory_officer_hours": 3000, "certified_officers": 1}})
    assert officers_by_need(case, small_policy())["trained"].tolist() == [2]


def test_staff_without_moves():
    case = small_case({"T1": {"lent": 3, "stationed_staff": 2, "staff_in_post": 8}, "T2": {"staff_in_post": 10}})
    found = staff_without_moves(case, small_policy(lent_share_max=0.19))
    # 0.19 x 10 posts allow one to stay lent. 18 of 20 posts are filled.
    assert found.loc["T1"].tolist() == pytest.approx([1, 2, 8 - 1 + 2, 0.9])


def test_hours_of_a_case_are_weighted_by_procedure():
    assert hours_per_case(
        Case.from_tables(tiny_tables(), title="Tiny", provenance="tests", synthetic=True)
    ).tolist() == pytest.approx([0.8 * 3 + 0.2 * 40, 12, 3, 6, 2.5])


def test_overload_of_doing_nothing_goes_through_every_step():
    # 18,400 h there. 24,840 h are needed, 135 %; the last step ends at 130 %.
    case = small_case({"T1": {"statutory_hours": 24_840}, "T2": {"statutory_hours": 17_560}})
    # T1: 1,840 at 0.5, 1,840 at 1.5, 3,680 at 4. T2: 1,000 at 0.5.
    assert overload_of_doing_nothing(case, small_policy()) == pytest.approx(920 + 2_760 + 14_720 + 500)
    assert overload_of_doing_nothing(case, small_policy(overload="wall")) == 0


def test_overload_of_doing_nothing_is_that_of_today_whatever_the_caps():
    # Nine of ten at work: 16,560 h, 14,904 of them free; 15,904 are needed, 1,000 too many, at 0.5.
    case = small_case({"T1": {"statutory_hours": 15_904, "lent": 1}})
    for lent_share_max in (0.0, 0.5):
        assert overload_of_doing_nothing(case, small_policy(lent_share_max=lent_share_max)) == pytest.approx(500)


def test_revolving_posts_go_back_where_the_band_holds_the_others():
    # Nine base and floating posts each; both revolving ones go to T1, who has more work for its ten persons. Today both
    # have ten posts: under a cap of none that moves, each keeps one.
    case = small_case({"T1": {"statutory_hours": 20_000}, "T2": {"statutory_hours": 10_000}})
    policy = small_policy(revolving_posts_share=0.1, revolving_posts_max=2)
    assert posts_within_cap(case, policy)["revolving_posts"].tolist() == [2, 0]
    assert posts_within_cap(case, policy.replace(posts_moved_max=0))["revolving_posts"].tolist() == [1, 1]


# The ratio rule's plan


@pytest.mark.parametrize("name", ["baseline", "pilot-district", "hand"])
def test_the_ratio_rules_plan_breaks_no_rule(name):
    case, policy = scenario(name).data, scenario(name).policy
    plan = ratio_decisions(case, policy)
    assert audit(case, policy, plan).breaches == ()
    assert len(plan.take_up) > 0


def test_the_ratio_rule_on_the_city_gives_the_reports_figures():
    case, policy = scenario("baseline").data, scenario("baseline").policy
    plan = ratio_decisions(case, policy)
    figures = audit(case, policy, plan).townships
    assert (figures["posts"] - figures["posts_before"]).clip(lower=0).sum() == 18
    assert figures["lent_returned"].sum() == 118
    assert case.townships["joint_cases"].sum() == 309
    taken = plan.take_up.merge(case.cases, on=["township", "power"])
    assert taken["cases"][taken["power"].map(case.powers["type"]) == "penalty"].sum() == 261


def test_the_pilot_district_takes_ninety_one_powers_thirty_of_them_base():
    case, policy = scenario("pilot-district").data, scenario("pilot-district").policy
    taken = set(ratio_decisions(case, policy).take_up["power"])
    lists = case.guide_list
    assert len(taken) == 91
    assert len(taken & set(lists["power"][lists["list"] == BASE_LIST])) == 30


def test_the_ratio_rule_by_hand():
    # Last round: P1 A; P2 A; P3 B, D; P4 D. Of three townships P3 has two thirds; P1 and P2 are A's, the county seat's,
    # and its list holds one; the central list gets nothing but P3, which is on the base list.
    case, policy = hand_scenario().data, hand_scenario().policy
    plan = ratio_decisions(case, policy)
    assert plan.guide_list.to_numpy().tolist() == [["P3", "base"], ["P1", "county_seat"]]
    # A gave P3 up in the last round, so it takes P1 only.
    assert plan.take_up.to_numpy().tolist() == [["A", "P1"], ["B", "P3"], ["D", "P3"]]
    assert plan.ready.to_numpy().tolist() == [["A", "F1"], ["B", "F2"], ["D", "F2"]]
    assert plan.officers.to_numpy().tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert plan.posts.to_numpy().tolist() == [[6, 4, 0]] * 3
    # 9 rounds at 40, 32 cases at 6, 110 h more overload in A at 0.5, readiness 100 + 50 + 50, one training, floors 4,
    # 3, 3.5 against 3, 3, 3 rounds, support 10 + 5 + 5.
    assert audit(case, policy, plan).objective == pytest.approx(360 + 192 - 55 - 200 - 80 - 37.5 - 20)


def taken_by(
    policy: Policy, townships: dict[str, Any], powers: dict[str, Any], votes: dict[tuple[str, str], int], **more
):
    return ratio_decisions(small_case(townships, powers, votes, **more), policy).take_up["power"].tolist()


def test_the_ratio_rule_takes_the_most_chosen_first_and_leaves_what_would_break_a_cap():
    powers = {"P1": {}, "P2": {}, "P3": {}}
    case = small_case({"T1": {}}, powers, {("T1", "P1"): 3, ("T1", "P2"): 3, ("T1", "P3"): 3})
    votes = case.votes
    votes.loc[votes["power"] == "P1", ["round_1", "round_2"]] = False
    votes.loc[votes["power"] == "P2", "round_1"] = False
    case = case.replace(votes=votes)
    assert ratio_decisions(case, small_policy(new_powers_max=2)).take_up["power"].tolist() == ["P3", "P2"]


def test_the_ratio_rule_takes_a_measure_only_with_its_penalty():
    powers = {"P1": {"type": "coercion", "requires": "P2"}, "P2": {"type": "penalty"}}
    both = {("T1", "P1"): 3, ("T1", "P2"): 3}
    # The measure comes up first and waits for its penalty.
    assert taken_by(small_policy(), {"T1": {}}, powers, both) == ["P2", "P1"]
    assert taken_by(small_policy(), {"T1": {}}, powers, {("T1", "P1"): 3}) == []


@pytest.mark.parametrize(
    ("policy", "township", "power"),
    [
        # No officer for the field; one officer where law wants two; officer hours; staff-hours; the wall; fields.
        ({"fields_at_minimum": 0}, {}, {"type": "penalty", "field": "F1"}),
        ({"officers_per_field": 2}, {"certified_officers": 1}, {"type": "penalty", "field": "F1"}),
        ({}, {}, {"type": "inspection", "ordinary_hours": 10}),
        ({}, {"statutory_hours": 23_900}, {"upkeep_hours": 21}),
        ({"overload": "wall", "wall_share": 1.0}, {"statutory_hours": 18_400}, {"upkeep_hours": 1}),
        ({"new_fields_max": 0}, {}, {}),
    ],
    ids=["no officers", "one officer", "officer hours", "stop", "wall", "fields"],
)  # fmt: skip
def test_the_ratio_rule_leaves_what_would_break_a_rule(policy, township, power):
    rules = small_policy(**policy)
    case = small_case({"T1": township}, {"P1": power}, {("T1", "P1"): 3}, {("T1", "P1"): 1})
    plan = ratio_decisions(case, rules)
    assert plan.take_up.empty
    assert audit(case, rules, plan).breaches == ()
    # Were it taken, the audit would object; so it is this rule that keeps it back.
    assert plan.guide_list["power"].tolist() == ["P1"]
    taken = replace(
        plan,
        take_up=pd.DataFrame({"township": ["T1"], "power": ["P1"]}),
        ready=pd.DataFrame({"township": ["T1"], "field": [case.powers.loc["P1", "field"]]}),
    )
    assert len(audit(case, rules, taken).breaches) == 1


@settings(max_examples=examples(40), deadline=None)
@given(small_scenarios())
def test_the_ratio_rules_take_up_never_breaks_a_rule(random):
    """Posts, officers and a list in force may break one where nothing else is possible; what it takes up never does."""
    plan = ratio_decisions(random.data, random.policy)
    broken = {breach.rule for breach in audit(random.data, random.policy, plan).breaches}
    by_take_up = {
        "eligible", "taken_only_if_listed", "no_interest", "votes_only", "required_power_taken",
        "new_powers_within_cap", "taken_only_if_ready", "new_fields_within_cap", "ready_is_new",
        "penalty_field_has_officers", "well_formed",
    }  # fmt: skip
    assert not broken & by_take_up


def test_what_is_held_from_earlier_batches_is_held_on_before_anything_else():
    # One power a township: P1, held already, A chose once at most, P2 in every round.
    votes = {("A", "P1"): 1, ("A", "P2"): 3, ("B", "P1"): 3}
    case = small_case({"A": {}, "B": {}}, {"P1": {}, "P2": {}}, votes)
    held = case.held.reindex([0]).assign(township="A", power="P1")
    for phases, taken in ((None, "P2"), ({}, "P1")):
        policy = small_policy(phases=phases, new_powers_max=1, base_share_min=0.3, own_list_categories=())
        decisions = ratio_decisions(case.replace(held=held), policy)
        assert decisions.take_up.to_numpy().tolist() == [["A", taken], ["B", "P1"]]


def test_the_officers_time_on_joint_cases_is_less_what_teams_take_over():
    # 5 joint cases of 8 h; teams answer 0.9 of the calls and take over half of what they answer.
    case = small_case({"A": {"joint_cases": 5.0}})
    policy = small_policy(joint_case_hours=8.0)
    assert joint_hours(case, policy).tolist() == [40.0]
    teams = {"calls_answered_share": 0.9, "taken_over_share": 0.5}
    assert joint_hours(case, policy.replace(area_teams=teams)).tolist() == [pytest.approx(40 * 0.55)]


def test_a_row_of_votes_without_a_round_asks_for_nothing():
    # A has a row of votes for P1, chosen in no round, and cases of it: it may leave the power where it is.
    case = small_case({"A": {}, "B": {}}, {"P1": {}}, {("A", "P1"): 0, ("B", "P1"): 3}, {("A", "P1"): 5.0})
    policy = small_policy(take_up_floor="chosen", base_share_min=0.3, own_list_categories=())
    decisions = ratio_decisions(case, policy)
    assert decisions.guide_list["power"].tolist() == ["P1"]
    left = replace(decisions, take_up=decisions.take_up[decisions.take_up["township"] == "B"])
    assert audit(case, policy, left).breaches == ()


def test_the_ratio_rule_leaves_room_for_what_is_at_risk():
    # 400 h are free below the wall of 18,400. A power of 300 h may take half more: 450, which does not fit.
    for upkeep, taken in ((260.0, 1), (300.0, 0)):
        case = small_case({"A": {"statutory_hours": 18_000.0}}, {"P": {"upkeep_hours": upkeep}}, {("A", "P"): 3})
        uncertain = {"deviation": 0.5, "budget": 1}
        policy = small_policy(overload="wall", wall_share=1.0, uncertain_hours=uncertain, own_list_categories=())
        decisions = ratio_decisions(case, policy)
        assert len(decisions.take_up) == taken and audit(case, policy, decisions).breaches == ()
