"""Duties in the audit: each rule broken alone, and the figures of duties by hand, on the case of `test_audit.py`."""

from __future__ import annotations

from typing import Any

import pytest

from devolve_opt.audit import audit
from devolve_opt.case import Case
from devolve_opt.plan import Breach
from devolve_opt.vocabulary import Term
from test_audit import broken, make_case, make_plan, make_policy, pairs, table


def duty_case() -> Case:
    """The hand case with five duties: D1 takes P2, D2 none, D3 one that law forbids; D4 and D5 are laid on T3 alone."""
    return make_case(
        duties=table(
            "duties",
            "id hours hours_per_1000 officer_hours",
            "D1 100 10 20",
            "D2 50 0 0",
            "D3 30 0 0",
            "D4 40 0 0",
            "D5 10 0 0",
        ),
        duty_powers=table("duty_powers", "duty power", "D1 P2", "D3 P2", "D3 P5", "D4 P4"),
        duty_townships=table("duty_townships", "duty township", "D4 T3", "D5 T3"),
    )


CARRIED = ("T2 D1", "T2 D2", "T3 D2", "T3 D4")


def carried(*more: str) -> Any:
    return pairs("township duty", *CARRIED, *more)


def test_figures_by_hand() -> None:
    found = audit(duty_case(), make_policy(duties={"worth": 2.0}), make_plan(duties=carried()))
    assert found.breaches == ()
    # T2 has 3,000 people: D1 takes 100 + 3 x 10 = 130 h there; T3 carries 50 + 40.
    assert found.terms[Term.DUTIES_MATCHED] == 2.0 * (130 + 50 + 50 + 40)
    assert found.townships["hours_needed"].tolist() == [16210, 7250 + 180, 8000, 9462 + 90]
    assert found.townships["officer_hours_needed"].tolist() == [1480, 630 + 20, 300, 432]
    # T2: 180 h more at 0.5. What overload costs today does not depend on duties.
    assert found.terms[Term.OVERLOAD] == pytest.approx(-(825 + 25 + 90))


BROKEN = [
    # D5 takes no power, but it is laid on T3 alone.
    broken("duty_is_laid", ("township T2, duty D5", 1, "duties"), duties=carried("T2 D5")),
    # D3 takes P5 too, which nobody may hold.
    broken("matched_only_with_power", ("township T2, duty D3 without power P5", 1, "powers"), duties=carried("T2 D3")),
    # A subdistrict takes no power, so it holds none for a duty.
    broken(
        "matched_only_with_power",
        ("township S1, duty D1 without power P2", 1, "powers"),
        name="subdistrict",
        duties=carried("S1 D1"),
    ),
    # T1 needs 16,210 + 50 h of 16,200; without duties the rule leaves it alone.
    broken("duty_load_within", ("township T1", 60, "staff-hours a year"), duties=carried("T1 D2")),
    # Nothing bars D1 and D2 in T1 and T2, D2 in S1, and D1, D2, D4 and D5 in T3, which must carry two.
    broken(
        "matched_share_at_least",
        ("township T1", 1, "duties"),
        ("township T3", 1, "duties"),
        ("township S1", 1, "duties"),
        share=0.5,
        duties=pairs("township duty", "T2 D1", "T3 D2"),
    ),
]


@pytest.mark.parametrize(("how", "expected"), BROKEN)
def test_each_rule_breaks_alone(how: dict[str, Any], expected: tuple[Breach, ...]) -> None:
    settings = {"matched_share_min": how.get("share", 0.0)}
    found = audit(duty_case(), make_policy(duties=settings), make_plan(duties=how["duties"])).breaches
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_duties_of_a_plan_whose_policy_knows_none_are_stray() -> None:
    found = audit(duty_case(), make_policy(), make_plan(duties=pairs("township duty", "T3 D2")))
    assert found.breaches == (Breach("duty_is_laid", "township T3, duty D2", 1.0, "duties"),)
    assert found.terms[Term.DUTIES_MATCHED] == 0
    assert found.townships["hours_needed"].tolist() == [16210, 7250, 8000, 9462]


def test_odd_rows_of_duties_are_breaches() -> None:
    odd = carried("T2 D2", "T9 D2", "T1 D9")
    found = audit(duty_case(), make_policy(duties={}), make_plan(duties=odd))
    assert [breach.place for breach in found.breaches] == [
        "duties row 6, unknown township 'T9'", "duties row 7, unknown duty 'D9'", "duties row 5, given twice",
    ]  # fmt: skip


def test_what_a_township_holds_by_law_it_need_not_take() -> None:
    case = duty_case()
    powers = case.powers
    powers.loc["P5", "holder"] = "township"
    policy, plan = make_policy(duties={}), make_plan(duties=carried("T2 D3"))
    assert audit(case.replace(powers=powers), policy, plan).breaches == ()


def test_a_power_for_a_duty_may_be_taken_without_choice_or_cases() -> None:
    # T3 never chose P2 and has no case of it; D1 takes it. It is ready in F1 then.
    more = make_plan(
        duties=carried("T3 D1"),
        take_up=pairs("township power", "T1 P1", "T1 P2", "T1 P4", "T2 P1", "T2 P2", "T2 P3", "T3 P4", "T3 P2"),
        ready=pairs("township field", "T1 F1", "T2 F1", "T2 F2", "T3 F2", "T3 F1"),
    )
    assert audit(duty_case(), make_policy(duties={}), more).breaches == ()
    without = audit(make_case(), make_policy(duties={}), more).breaches
    assert "no_interest" in {breach.rule for breach in without}
