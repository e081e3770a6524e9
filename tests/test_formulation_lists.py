"""Lists, take-up and readiness in the model: every row as it is written, and what it is worth where it binds.

Each constraint has two tests: `test_<name>_as_written` compares its rows, `test_<name>_binds` solves a case with it and
without it. A round chosen is worth 40 h in these cases; see `small_policy` for the other prices.
"""

from __future__ import annotations

import pytest

from cases import tiny_tables
from devolve_opt.case import Case
from devolve_opt.formulation import build_model
from devolve_opt.policy import Policy
from modelling import assert_row, assert_rows, hand_model, hand_scenario, small_case, small_policy, with_and_without

TWO_POWERS = {"P1": {}, "P2": {}}
THRICE_AND_TWICE = {("T1", "P1"): 3, ("T1", "P2"): 2}
SEAT = {"T1": {"category": "county_seat"}}


@pytest.fixture(scope="module")
def hand():
    return hand_model()


def hand_with_list(*rows: tuple[str, str]):
    """Return the model of the hand case with this guide list in force."""
    scenario = hand_scenario()
    table = scenario.case.guide_list.reindex(range(len(rows)))
    table["power"], table["list"] = zip(*rows, strict=True)
    return build_model(scenario.case.replace(guide_list=table), scenario.policy)


def tiny_model(**policy):
    return build_model(
        Case.from_tables(tiny_tables(), title="Tiny", provenance="tests", synthetic=True), Policy(**policy)
    )


# Take-up


def test_pairs_are_what_townships_chose_or_have_cases_of_as_far_as_law_allows(hand):
    assert list(hand.pairs) == [
        ("A", "P1"), ("A", "P2"), ("A", "P3"), ("B", "P1"), ("B", "P3"), ("B", "P4"),
        ("D", "P1"), ("D", "P3"), ("D", "P4"),
    ]  # fmt: skip


def test_required_power_taken_as_written():
    case = small_case(
        {"T1": {}, "T2": {}},
        {"P1": {"type": "penalty"}, "P2": {"type": "coercion", "requires": "P1"}, "P3": {}},
        # T2 did not choose P1, but may take it for the sake of P2.
        {("T1", "P1"): 1, ("T1", "P2"): 1, ("T1", "P3"): 1, ("T2", "P2"): 2},
    )
    model = build_model(case, small_policy())
    assert_rows(
        model.required_power_taken,
        {("T1", "P2"): "taken[T1,P2] - taken[T1,P1] <= 0", ("T2", "P2"): "taken[T2,P2] - taken[T2,P1] <= 0"},
    )


def test_required_power_taken_binds():
    case = small_case(
        {"T1": {}},
        {"P1": {"type": "penalty", "support_hours": 100}, "P2": {"type": "coercion", "requires": "P1"}},
        {("T1", "P2"): 3},
    )
    # P2 is worth 3 x 40 = 120; the penalty that it serves was not chosen and costs the county 100 h.
    assert with_and_without(build_model(case, small_policy()), "required_power_taken") == (20, 120)


def test_new_powers_within_cap_as_written():
    # B is interested in three powers and A too; a cap of three needs no row.
    model = hand_model(new_powers_max=2)
    assert_rows(
        model.new_powers_within_cap,
        {
            "A": "taken[A,P1] + taken[A,P2] + taken[A,P3] <= 2",
            "B": "taken[B,P1] + taken[B,P3] + taken[B,P4] <= 2",
            "D": "taken[D,P1] + taken[D,P3] + taken[D,P4] <= 2",
        },
    )
    assert_rows(hand_model(new_powers_max=3).new_powers_within_cap, {})


def test_new_powers_within_cap_binds():
    case = small_case({"T1": {}}, TWO_POWERS, THRICE_AND_TWICE)
    # One power: 3 x 40. Both: 5 x 40.
    assert with_and_without(build_model(case, small_policy(new_powers_max=1)), "new_powers_within_cap") == (120, 200)


# Lists


def test_one_kind_of_list_as_written(hand):
    # County seat A wants P1, P2, P3; central B wants P1, P3, P4; general D has no list of its own.
    assert_rows(
        hand.one_kind_of_list,
        {
            ("county_seat", "P1"): "base[P1] + special[county_seat,P1] - listed[P1] <= 0",
            ("county_seat", "P2"): "base[P2] + special[county_seat,P2] - listed[P2] <= 0",
            ("county_seat", "P3"): "base[P3] + special[county_seat,P3] - listed[P3] <= 0",
            ("central", "P1"): "base[P1] + special[central,P1] - listed[P1] <= 0",
            ("central", "P3"): "base[P3] + special[central,P3] - listed[P3] <= 0",
            ("central", "P4"): "base[P4] + special[central,P4] - listed[P4] <= 0",
        },
    )


def test_one_kind_of_list_binds():
    model = build_model(small_case(SEAT, TWO_POWERS, THRICE_AND_TWICE), small_policy(guide_list_max=1))
    # Without it both powers can be taken and neither counts as listed.
    assert with_and_without(model, "one_kind_of_list") == (120, 200)


def test_base_power_is_listed_as_written(hand):
    # Only where no category can list the power: here where central has no list, P4 of B and D.
    model = hand_model(own_list_categories=["county_seat"])
    assert_rows(model.base_power_is_listed, {"P4": "base[P4] - listed[P4] <= 0"})
    assert_rows(hand.base_power_is_listed, {})


def test_base_power_is_listed_binds():
    model = build_model(small_case({"T1": {}}, TWO_POWERS, THRICE_AND_TWICE), small_policy(guide_list_max=1))
    assert with_and_without(model, "base_power_is_listed") == (120, 200)


def test_taken_only_if_listed_as_written(hand):
    assert_rows(
        hand.taken_only_if_listed,
        {
            ("A", "P1"): "taken[A,P1] - base[P1] - special[county_seat,P1] <= 0",
            ("A", "P2"): "taken[A,P2] - base[P2] - special[county_seat,P2] <= 0",
            ("A", "P3"): "taken[A,P3] - base[P3] - special[county_seat,P3] <= 0",
            ("B", "P1"): "taken[B,P1] - base[P1] - special[central,P1] <= 0",
            ("B", "P3"): "taken[B,P3] - base[P3] - special[central,P3] <= 0",
            ("B", "P4"): "taken[B,P4] - base[P4] - special[central,P4] <= 0",
            ("D", "P1"): "taken[D,P1] - base[P1] <= 0",
            ("D", "P3"): "taken[D,P3] - base[P3] <= 0",
            ("D", "P4"): "taken[D,P4] - base[P4] <= 0",
        },
    )


def test_taken_only_if_listed_binds():
    model = build_model(small_case({"T1": {}}, votes={("T1", "P1"): 3}), small_policy(base_list_max=0))
    assert with_and_without(model, "taken_only_if_listed") == (0, 120)


def test_base_list_kept_as_written():
    model = hand_with_list(("P3", "base"), ("P1", "central"))
    assert_rows(
        model.base_list_kept,
        {"P1": "base[P1] == 0", "P2": "base[P2] == 0", "P3": "base[P3] == 1", "P4": "base[P4] == 0"},
    )
    assert not hasattr(hand_model(), "base_list_kept")


def test_base_list_kept_binds():
    case = small_case({"T1": {}}, TWO_POWERS, THRICE_AND_TWICE, guide_list=(("P2", "base"),))
    # The list in force holds the power chosen twice only.
    assert with_and_without(build_model(case, small_policy()), "base_list_kept") == (80, 200)


def test_category_list_kept_as_written():
    model = hand_with_list(("P3", "base"), ("P1", "central"))
    assert_rows(
        model.category_list_kept,
        {
            ("county_seat", "P1"): "special[county_seat,P1] == 0",
            ("county_seat", "P2"): "special[county_seat,P2] == 0",
            ("county_seat", "P3"): "special[county_seat,P3] == 0",
            ("central", "P1"): "special[central,P1] == 1",
            ("central", "P3"): "special[central,P3] == 0",
            ("central", "P4"): "special[central,P4] == 0",
        },
    )
    assert not hasattr(hand_model(), "category_list_kept")


def test_category_list_kept_binds():
    case = small_case(SEAT, TWO_POWERS, THRICE_AND_TWICE, guide_list=(("P2", "county_seat"),))
    assert with_and_without(build_model(case, small_policy()), "category_list_kept") == (80, 200)


def test_base_list_within_cap_as_written(hand):
    # P5 may not be handed down and has no column; four powers need no row under a cap of four.
    assert_row(hand.base_list_within_cap, "base[P1] + base[P2] + base[P3] + base[P4] <= 1")
    assert len(hand_model(base_list_max=4).base_list_within_cap) == 0


def test_base_list_within_cap_binds():
    model = build_model(small_case({"T1": {}}, TWO_POWERS, THRICE_AND_TWICE), small_policy(base_list_max=1))
    assert with_and_without(model, "base_list_within_cap") == (120, 200)


def test_guide_list_within_cap_as_written(hand):
    assert_row(hand.guide_list_within_cap, "listed[P1] + listed[P2] + listed[P3] + listed[P4] <= 3")
    assert len(hand_model(guide_list_max=4).guide_list_within_cap) == 0


def test_guide_list_within_cap_binds():
    model = build_model(small_case(SEAT, TWO_POWERS, THRICE_AND_TWICE), small_policy(guide_list_max=1))
    assert with_and_without(model, "guide_list_within_cap") == (120, 200)


def test_a_power_on_two_category_lists_counts_once_in_the_guide_list():
    case = small_case(
        {"T1": {"category": "county_seat"}, "T2": {"category": "central"}}, votes={("T1", "P1"): 3, ("T2", "P1"): 3}
    )
    model = build_model(case, small_policy(base_list_max=0, guide_list_max=1, category_list_max=1))
    # Both take it from their own lists: 2 x 120, although the guide list may hold one power.
    assert with_and_without(model, "taken_only_if_listed") == (240, 240)


def test_listing_hours_within_cap_as_written():
    hours = {"P1": {"listing_hours": 10.0}, "P2": {"listing_hours": 20.0}, "P3": {}}
    case = small_case({"T1": {}}, hours, {("T1", power): 1 for power in hours})
    model = build_model(case, small_policy(listing_hours_max=25))
    assert_row(model.listing_hours_within_cap, "10 listed[P1] + 20 listed[P2] <= 25")
    # Without a cap, or with one that cannot bind, there is no row.
    for most in (None, 30):
        assert len(build_model(case, small_policy(listing_hours_max=most)).listing_hours_within_cap) == 0


def test_listing_hours_within_cap_binds():
    powers = {"P1": {"listing_hours": 30.0}, "P2": {"listing_hours": 10.0}}
    # Chosen thrice and twice: 120 + 80; P1 alone fits into 30.
    model = build_model(small_case(SEAT, powers, THRICE_AND_TWICE), small_policy(listing_hours_max=30))
    assert with_and_without(model, "listing_hours_within_cap") == (120, 200)


def test_category_list_within_cap_as_written(hand):
    assert_rows(
        hand.category_list_within_cap,
        {
            "county_seat": "special[county_seat,P1] + special[county_seat,P2] + special[county_seat,P3] <= 1",
            "central": "special[central,P1] + special[central,P3] + special[central,P4] <= 1",
        },
    )
    assert_rows(hand_model(category_list_max=3).category_list_within_cap, {})


def test_category_list_within_cap_binds():
    model = build_model(
        small_case(SEAT, TWO_POWERS, THRICE_AND_TWICE), small_policy(base_list_max=0, category_list_max=1)
    )
    assert with_and_without(model, "category_list_within_cap") == (120, 200)


# Readiness


def test_taken_only_if_ready_as_written(hand):
    assert_rows(
        hand.taken_only_if_ready,
        {
            (township, power): f"taken[{township},{power}] - ready[{township},{field}] <= 0"
            for township, power, field in (
                ("A", "P1", "F1"), ("A", "P2", "F1"), ("A", "P3", "F2"),
                ("B", "P1", "F1"), ("B", "P3", "F2"), ("B", "P4", "F2"),
                ("D", "P1", "F1"), ("D", "P3", "F2"), ("D", "P4", "F2"),
            )
        },
    )  # fmt: skip


def test_a_field_that_is_ready_today_holds_nothing_back():
    # T1 of the tiny case is ready in F1, the field of P1 and P3; P4 and P5 belong to F2.
    rows = tiny_model().taken_only_if_ready
    assert {power for township, power in rows if township == "T1"} == {"P4"}
    assert_row(rows["T1", "P4"], "taken[T1,P4] - ready[T1,F2] <= 0")


def test_taken_only_if_ready_binds():
    case = small_case({"T1": {}}, votes={("T1", "P1"): 3}, fields={"F2": {"readiness_hours": 200}})
    # Readiness costs 200 h, the power is worth 120 h: better not.
    assert with_and_without(build_model(case, small_policy()), "taken_only_if_ready") == (0, 120)


def test_new_fields_within_cap_as_written():
    assert_rows(
        hand_model(new_fields_max=1).new_fields_within_cap,
        {township: f"ready[{township},F1] + ready[{township},F2] <= 1" for township in "ABD"},
    )
    assert_rows(hand_model(new_fields_max=2).new_fields_within_cap, {})
    # Ready in F1 today, T1 of the tiny case has only F2 left to become ready in.
    assert "T1" not in tiny_model(new_fields_max=1).new_fields_within_cap
    assert "T1" in tiny_model(new_fields_max=0).new_fields_within_cap


def test_new_fields_within_cap_binds():
    case = small_case({"T1": {}}, {"P1": {"field": "F1"}, "P2": {"field": "F2"}}, THRICE_AND_TWICE)
    assert with_and_without(build_model(case, small_policy(new_fields_max=1)), "new_fields_within_cap") == (120, 200)
