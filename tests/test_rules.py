"""The rules beside the model: what law keeps out, who is interested in what, lists by selection ratio."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import tiny_tables
from depth import examples
from devolve_opt.audit.law import eligible_powers as eligible_by_audit
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.interest import interest
from devolve_opt.rules.legality import CHECKS, REQUIRES_EXCLUDED, eligible_powers, exclusions
from devolve_opt.rules.lists import ratio_lists, selection_shares
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import BASE_LIST
from modelling import ROOT, small_case, small_policy
from strategies import small_scenarios

POLICY = Policy()


@cache
def scenario(name: str) -> Scenario:
    return Scenario.read(ROOT / "scenarios" / f"{name}.toml")


def tiny_case(**changes: pd.DataFrame) -> Case:
    return Case.from_tables({**tiny_tables(), **changes}, title="Tiny", provenance="tests", synthetic=True)


# What law keeps out

LAWFUL = {
    "penalty": {"type": "penalty"},
    "permit": {"type": "permit", "entrustable": True, "in_directory": False},
    "other": {"type": "other", "in_directory": False, "entrustable": True},
}


def excluded(powers: dict[str, dict[str, Any]], policy: Policy = POLICY, **fields: Any) -> dict[str, str]:
    """Return the rule that keeps each excluded power out."""
    areas = {"F1": {"needs_officers": True, **fields}, "F2": {**fields}}
    found = exclusions(small_case({"T1": {}}, powers, fields=areas), policy)
    return dict(zip(found["power"], found["rule"], strict=True))


def test_lawful_powers_pass():
    assert excluded({**LAWFUL, "coercion": {"type": "coercion", "requires": "penalty", "in_directory": False}}) == {}


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("already_held", {"holder": "township"}),
        ("not_held_by_county", {"holder": "city"}),
        ("not_held_by_county", {"holder": "province"}),
        ("restricts_liberty", {"restricts_liberty": True}),
        ("freezes_assets", {"freezes_assets": True}),
        ("permit_text_silent", {"type": "permit", "in_directory": True, "entrustable": False}),
        ("coercion_alone", {"type": "coercion"}),
        ("coercion_alone", {"type": "coercion", "requires": "permit"}),
        ("no_channel", {"type": "penalty", "in_directory": False, "entrustable": False}),
        ("no_channel", {"type": "reward", "in_directory": False, "entrustable": False}),
        ("no_testing_equipment", {"needs_testing": True}),
        ("hearing_stays", {"needs_hearing": True}),
    ],
)
def test_each_rule_keeps_its_powers_out(rule, facts):
    assert excluded({**LAWFUL, "P": {"type": "penalty", **facts}}) == {"P": rule}


def test_every_rule_has_such_a_test():
    tested = test_each_rule_keeps_its_powers_out.pytestmark[0].args[1]
    assert {rule for rule, _ in tested} == {check.rule for check in CHECKS}


def test_testing_equipment_and_the_policy_on_hearings_let_powers_pass():
    facts = {"P": {"type": "penalty", "needs_testing": True, "needs_hearing": True}}
    assert excluded(facts, testing_available=True) == {"P": "hearing_stays"}
    assert excluded(facts, POLICY.replace(hearing_powers_stay=False)) == {"P": "no_testing_equipment"}
    assert excluded(facts, POLICY.replace(hearing_powers_stay=False), testing_available=True) == {}


def test_a_power_falls_with_the_one_it_requires_however_far_away():
    powers = {
        "P1": {"type": "coercion", "requires": "P2"},
        "P2": {"type": "penalty", "requires": "P3"},
        "P3": {"requires": "P4"},
        "P4": {"restricts_liberty": True},
        "P5": {},
    }
    assert excluded(powers) == {
        "P1": "requires_excluded", "P2": "requires_excluded", "P3": "requires_excluded", "P4": "restricts_liberty"
    }  # fmt: skip


def test_the_first_reason_names_the_exclusion():
    # One fact after the other is mended; each time the next reason comes to light, in the order of the checks.
    facts: dict[str, Any] = {
        "type": "penalty", "holder": "township", "restricts_liberty": True, "freezes_assets": True,
        "in_directory": False, "needs_testing": True, "needs_hearing": True, "requires": "Q",
    }  # fmt: skip
    mended = [
        {"holder": "city"}, {"holder": "county"}, {"restricts_liberty": False}, {"freezes_assets": False},
        {"in_directory": True}, {"needs_testing": False}, {"needs_hearing": False},
    ]  # fmt: skip
    reasons = []
    for mend in [{}, *mended]:
        facts |= mend
        reasons.append(excluded({"P": facts, "Q": {"restricts_liberty": True}})["P"])
    assert reasons == [
        "already_held", "not_held_by_county", "restricts_liberty", "freezes_assets", "no_channel",
        "no_testing_equipment", "hearing_stays", "requires_excluded",
    ]  # fmt: skip
    in_order = [check.rule for check in (*CHECKS, REQUIRES_EXCLUDED)]
    assert reasons == [rule for rule in in_order if rule in reasons]


def test_every_exclusion_names_an_article_and_a_reason():
    case = scenario("baseline").data
    found = exclusions(case, POLICY)
    # A case may name the article by which another level holds a power; else the words say where to look.
    assert (found["article"].str.contains(r"\d|holder in the case")).all()
    assert (found["reason"].str.len() > 20).all()
    direct = found[found["rule"] != REQUIRES_EXCLUDED.rule]
    assert dict(zip(direct["rule"], direct["basis"], strict=True)) == {
        check.rule: "policy" if check.rule == "hearing_stays" else "law" for check in CHECKS
    }


def test_the_article_is_that_of_the_powers_type_or_of_the_case():
    powers = {
        "P1": {"type": "penalty", "holder": "city"},
        "P2": {"type": "permit", "holder": "province"},
        "P3": {"type": "reward", "holder": "township"},
        "P4": {"type": "reward", "holder": "township", "legal_basis": "土地承包法 13"},
        "P5": {"type": "coercion", "requires": "P1", "restricts_liberty": True},
        "P6": {"type": "penalty", "restricts_liberty": True, "legal_basis": "not of use here"},
    }
    found = exclusions(small_case({"T1": {}}, powers), POLICY).set_index("power")["article"]
    assert found.to_dict() == {
        "P1": "行政处罚法 23-24", "P2": "行政许可法 24", "P4": "土地承包法 13",
        "P3": "the law that gives it to townships (holder in the case)",
        "P5": "行政强制法 17", "P6": "行政处罚法 10, 18",
    }  # fmt: skip


def test_a_power_that_falls_with_another_falls_by_what_keeps_that_one_out():
    powers = {
        "P1": {"requires": "P2"},
        "P2": {"needs_hearing": True},
        "P3": {"requires": "P4"},
        "P4": {"holder": "city"},
    }
    found = exclusions(small_case({"T1": {}}, powers), POLICY).set_index("power")
    assert found["basis"].to_dict() == {"P1": "policy", "P2": "policy", "P3": "law", "P4": "law"}
    assert found.loc["P1", "article"] == found.loc["P2", "article"]


FACTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["penalty", "permit", "coercion", "other"]),
        "holder": st.sampled_from(["county", "county", "county", "township", "city"]),
        "requires": st.sampled_from(["", "", "P1", "P2"]),
        **{name: st.booleans() for name in ("in_directory", "entrustable", "needs_testing", "needs_hearing")},
        **{name: st.sampled_from([False, False, False, True]) for name in ("restricts_liberty", "freezes_assets")},
    }
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(FACTS, min_size=5, max_size=5), st.booleans(), st.booleans())
def test_the_audits_own_reading_of_the_law_agrees(facts, testing, hearings):
    # P1 and P2 require nothing of one another's followers, so that there is no circle.
    powers = {f"P{number + 1}": dict(fact) for number, fact in enumerate(facts)}
    powers["P1"]["requires"] = ""
    powers["P2"]["requires"] = powers["P2"]["requires"].replace("P2", "")
    policy = POLICY.replace(hearing_powers_stay=hearings)
    areas = {"F1": {"needs_officers": True, "testing_available": testing}, "F2": {"testing_available": testing}}
    case = small_case({"T1": {}}, powers, fields=areas)
    assert set(eligible_powers(case, policy)) == eligible_by_audit(case, policy)


# Interest


def test_interest_by_hand():
    # P1 12 cases at 0.8 x 3 + 0.2 x 40 = 10.4 h; P3 30 cases at 3 h; P5 8.5 cases at 2.5 h; P4 2 cases at 6 h.
    found = interest(tiny_case(), POLICY).set_index(["township", "power"])
    expected = {
        ("T1", "P1"): (3, True, 12.0, 30 + 124.8, 124.8),
        ("T1", "P3"): (3, True, 30.0, 15 + 90, 90.0),
        ("T1", "P4"): (1, False, 0.0, 25.0, 0.0),
        ("T2", "P3"): (2, False, 0.0, 15.0, 0.0),
        ("T2", "P5"): (1, True, 8.5, 12 + 21.25, 0.0),
        ("T3", "P1"): (3, True, 4.0, 30 + 41.6, 41.6),
        # Cases arise although T3 did not choose it.
        ("T3", "P4"): (0, False, 2.0, 25 + 12, 0.0),
        ("T3", "P5"): (2, False, 0.0, 12.0, 0.0),
    }
    assert list(found.index) == list(expected)
    columns = ["rounds", "chosen_last", "cases", "hours", "officer_hours"]
    for pair, values in expected.items():
        assert tuple(found.loc[pair, columns]) == pytest.approx(values), pair
    assert found.loc[("T3", "P1"), ["field", "category"]].tolist() == ["F1", "central"]


def test_what_a_power_requires_is_of_interest_too_and_so_on():
    powers = {"P1": {}, "P2": {"requires": "P1"}, "P3": {"requires": "P2"}, "P4": {}}
    case = small_case({"T1": {}, "T2": {}}, powers, {("T1", "P3"): 2, ("T2", "P4"): 1})
    found = interest(case, POLICY)
    assert found[["township", "power", "rounds"]].to_numpy().tolist() == [
        ["T1", "P1", 0], ["T1", "P2", 0], ["T1", "P3", 2], ["T2", "P4", 1]
    ]  # fmt: skip
    assert not found["chosen_last"].any()


def test_a_choice_that_was_taken_back_still_counts_its_rounds():
    found = interest(small_case({"T1": {}}, votes={("T1", "P1"): 2}), POLICY)
    assert found[["rounds", "chosen_last"]].to_numpy().tolist() == [[2, False]]


def test_where_nobody_chose_anything_there_is_no_interest():
    found = interest(small_case({"T1": {}}), POLICY)
    assert found.empty
    assert {"rounds", "cases", "hours", "officer_hours", "chosen_last"} <= set(found.columns)


@settings(max_examples=examples(40), deadline=None)
@given(small_scenarios())
def test_the_audits_own_interest_agrees(random):
    case, policy = random.data, random.policy
    books = Ledger(case, policy, sound_decisions(case, ratio_decisions(case, policy))[0])
    ours = interest(case, policy)
    pairs = set(ours[["township", "power"]].itertuples(index=False, name=None))
    assert pairs == set(books.interest[["township", "power"]].itertuples(index=False, name=None))
    requires = case.powers["requires"]
    assert all((township, requires[power]) in pairs for township, power in pairs if requires[power])


# Lists by selection ratio


def chosen_by(**counts: int) -> Case:
    """Return a case of five general townships; each power was chosen in the last round by so many of them."""
    votes = {(f"T{number}", power): 3 for power, count in counts.items() for number in range(1, count + 1)}
    return small_case({f"T{number}": {} for number in range(1, 6)}, {power: {} for power in counts}, votes)


def listed(case: Case, **policy: Any) -> list[str]:
    rows = ratio_lists(case, Policy(**policy))
    return [f"{power} {name}" for power, name in rows.itertuples(index=False, name=None)]


def test_the_threshold_counts_as_reached():
    case = chosen_by(P1=5, P2=3, P3=2)
    assert selection_shares(case)[BASE_LIST].tolist() == [1.0, 0.6, 0.4]
    assert listed(case, base_share_min=0.6) == ["P1 base", "P2 base"]
    assert listed(case, base_share_min=0.61) == ["P1 base"]


def test_only_the_last_round_counts():
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 2, ("T1", "P2"): 3})
    assert listed(case) == ["P2 base"]


def test_the_cap_cuts_the_lowest_shares_and_the_table_decides_among_equals():
    case = chosen_by(P1=3, P2=5, P3=4, P4=4)
    # The order of the list is that of the table.
    assert listed(case, base_list_max=3) == ["P2 base", "P3 base", "P4 base"]
    assert listed(case, base_list_max=2) == ["P2 base", "P3 base"]
    assert listed(case, guide_list_max=1) == ["P2 base"]
    assert listed(case, base_list_max=0) == []


def seats_and_centrals() -> Case:
    townships = {
        "T1": {"category": "county_seat"}, "T2": {"category": "county_seat"}, "T3": {"category": "central"},
        "T4": {"category": "central"}, "T5": {}, "T6": {}, "S1": {"category": "subdistrict"},
    }  # fmt: skip
    choices = {"P1": "T1 T2 T3 T4 T5", "P2": "T1 T2", "P3": "T1 T3 T4", "P4": "T2 T3", "P5": "T5 T6"}
    votes = {(township, power): 3 for power, names in choices.items() for township in names.split()}
    return small_case(townships, {power: {} for power in choices}, votes)


def test_category_lists_take_what_the_base_list_leaves():
    case = seats_and_centrals()
    shares = selection_shares(case)
    # Six townships choose; the subdistrict does not count.
    assert shares.loc["P1", [BASE_LIST, "county_seat", "central", "general"]].tolist() == [5 / 6, 1, 1, 0.5]
    assert "subdistrict" not in shares.columns
    expected = ["P1 base", "P2 county_seat", "P3 central"]
    assert listed(case, category_share_min=0.6) == expected
    # At half of a category P3 and P4 stand on both lists; general towns have no list of their own for P5.
    assert listed(case, category_share_min=0.5) == [
        "P1 base", "P2 county_seat", "P3 county_seat", "P4 county_seat", "P3 central", "P4 central"
    ]  # fmt: skip
    assert listed(case, category_share_min=0.5, category_list_max=1) == expected
    assert listed(case, own_list_categories=("central",)) == ["P1 base", "P3 central"]


def test_the_cap_of_the_guide_list_counts_different_powers_by_their_best_share():
    case = seats_and_centrals()
    # Beside P1 there is room for one: P2 and P3 are each chosen by a whole category, and P2 comes first.
    assert listed(case, category_share_min=0.5, guide_list_max=2) == ["P1 base", "P2 county_seat"]
    # P4 reaches half of two categories and no more; P3 stays on both of its lists.
    assert listed(case, category_share_min=0.5, guide_list_max=3) == [
        "P1 base", "P2 county_seat", "P3 county_seat", "P3 central"
    ]  # fmt: skip


def test_what_law_keeps_out_is_on_no_list_however_often_it_was_chosen():
    case = small_case({"T1": {}}, {"P1": {"restricts_liberty": True}, "P2": {}}, {("T1", "P1"): 3, ("T1", "P2"): 3})
    assert listed(case) == ["P2 base"]


def test_the_defaults_of_the_lists_give_the_reports_numbers():
    lists = ratio_lists(scenario("baseline").data, scenario("baseline").policy)
    base = lists["power"][lists["list"] == BASE_LIST]
    special = lists["power"][lists["list"] != BASE_LIST]
    assert (len(base), special.nunique(), lists["power"].nunique()) == (43, 87, 130)


def test_rows_that_say_nothing_are_of_no_interest():
    # A has a row of votes without a round and one of cases without a case; B chose in a round, C has a case.
    case = small_case(
        {"A": {}, "B": {}, "C": {}}, {"P": {}}, {("A", "P"): 0, ("B", "P"): 1}, {("A", "P"): 0.0, ("C", "P"): 0.5}
    )
    assert interest(case, small_policy())["township"].tolist() == ["B", "C"]
