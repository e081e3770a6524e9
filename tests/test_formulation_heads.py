"""Who heads an enforcement office, and what the county's teams take over: rows, and what they are worth."""

from __future__ import annotations

import pytest

from devolve_opt.audit import audit
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.policy import Policy
from devolve_opt.rules.officers import officers_by_need
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Term
from modelling import assert_linear, assert_row, hand_model, optimum, small_case, small_policy, with_and_without

# Two officers in each office have 2 x 0.8 x 1,840 = 2,944 h; 2,800 h of them are taken.
BUSY = {"certified_officers": 2, "statutory_officer_hours": 2_800.0, "statutory_hours": 2_800.0}


def heads(**changes):
    return {"hours": 200, "leader_price": 0.1, **changes}


def test_off_leaders_cost_no_row_and_no_column():
    model = hand_model()
    assert not hasattr(model, "led")
    assert not hasattr(model, "led_within_cap")
    assert model.term[str(Term.OFFICES_LED)].expr == 0


def test_led_within_cap_as_written():
    case = small_case({"T1": BUSY, "T2": BUSY})
    model = build_model(case, small_policy(office_heads=heads(led_max=1)))
    assert_row(model.led_within_cap, "led[T1] + led[T2] <= 1")
    assert_linear(model.term[str(Term.OFFICES_LED)].expr, "- 20 led[T1] - 20 led[T2]")
    assert len(build_model(case, small_policy(office_heads=heads(led_max=2))).led_within_cap) == 0


def test_officer_hours_of_a_led_office_as_written():
    model = build_model(small_case({"T1": BUSY}), small_policy(office_heads=heads()))
    # 2,800 h + 200 h for heading, less the 200 h where a leader heads; each officer has 0.8 x 1,840 = 1,472 h.
    officers = "1472 trained[T1] + 1472 moved_in[T1] - 1472 moved_out[T1]"
    row = f"-200 led[T1] - {officers.replace('+', '-', 1).replace('- 1472 moved_out', '+ 1472 moved_out')} <= -56"
    assert_row(model.officer_hours_sufficient["T1"], row)


def test_led_within_cap_binds():
    # Heading makes 3,000 h of 2,944: each office needs a third officer at 80 h, or a leader at 0.1 x 200 = 20 h.
    model = build_model(small_case({"T1": BUSY, "T2": BUSY}), small_policy(office_heads=heads(led_max=1)))
    assert with_and_without(model, "led_within_cap") == (-100, -40)


def test_a_leader_is_named_only_where_officers_have_no_time():
    case = small_case({"T1": BUSY, "T2": {"certified_officers": 2}})
    plan = solve(Scenario(case, small_policy(office_heads=heads(leader_price=0))), gap=0.0, threads=1)
    assert plan.decisions.led["township"].to_list() == ["T1"]
    assert plan.audit.townships["officer_hours_needed"].to_list() == [2_800, 200]


def test_heading_counts_in_what_offices_need_without_the_model():
    case = small_case({"T1": BUSY})
    assert officers_by_need(case, small_policy()).loc["T1", "trained"] == 0
    assert officers_by_need(case, small_policy(office_heads=heads())).loc["T1", "trained"] == 1


# What the county's teams take over. A joint case takes 16 h of the township's officers; half of it with a team.

JOINT = {"certified_officers": 2, "statutory_officer_hours": 2_500.0, "statutory_hours": 16_560.0, "joint_cases": 50.0}


def test_hours_that_teams_take_over_are_credited():
    case, off = small_case({"T1": JOINT}), small_policy()
    credited = small_policy(area_teams={"taken_over_share": 0.5})
    # 2,500 + 800 h of 2,944 take a third officer at 80 h, and 800 h above the free 16,560 h at 0.5, as today.
    assert optimum(build_model(case, off)) == pytest.approx(-80)
    # 2,500 + 400 h are there; 400 h fewer above the free hours are worth 200.
    assert optimum(build_model(case, credited)) == pytest.approx(200)


@pytest.mark.parametrize(("answered", "taken_over", "hours"), [(1, 0.5, 400), (0.5, 0.5, 600), (1, 0, 800)])
def test_the_audit_credits_the_same_hours(answered, taken_over, hours):
    case = small_case({"T1": JOINT})
    policy = small_policy(area_teams={"calls_answered_share": answered, "taken_over_share": taken_over})
    model = build_model(case, policy)
    assert model.statutory_load["T1"] == pytest.approx(16_560 + hours)
    assert model.statutory_officer_hours["T1"] == pytest.approx(2_500 + hours)
    figures = audit(case, policy, _nothing(case)).townships.loc["T1"]
    assert figures["hours_needed"] == pytest.approx(16_560 + hours)
    assert figures["officer_hours_needed"] == pytest.approx(2_500 + hours)


def _nothing(case):
    from devolve_opt.rules.ratio import ratio_decisions

    return ratio_decisions(case, small_policy())


def test_settings_out_of_range_are_refused():
    with pytest.raises(InputError, match="hours"):
        Policy(office_heads={"hours": -1})
    with pytest.raises(InputError, match="led_maxx"):
        Policy(office_heads={"led_maxx": 1})


def test_a_conflict_names_the_cap_on_leaders():
    # Each office has 2,944 h of the 3,000 that it needs with heading, and no certificate can be had: three leaders.
    case = small_case({"T1": BUSY, "T2": BUSY, "T3": BUSY})
    wanted = small_policy(office_heads=heads(led_max=2), training_places_max=0)
    with pytest.raises(NoPlanError) as raised:
        solve(Scenario(case, wanted), gap=0.0, time_limit=30, threads=1)
    assert "office_heads.led_max would have to give 1 offices (led_within_cap)" in str(raised.value)
