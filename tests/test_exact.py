"""The audit's arithmetic: fractions of what is written, so that nothing is decided by rounding of its own."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.audit.exact import as_numbers, down, exactly, nearest, ratio, total, up
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.language import speaking
from devolve_opt.policy import Policy
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.views.run_folder import manifest
from devolve_opt.views.summary import summary
from devolve_opt.vocabulary import Term
from modelling import everything_on, small_case, small_policy, with_everything
from strategies import small_scenarios


def test_a_number_is_the_decimal_that_is_written():
    assert exactly(0.7) == Fraction(7, 10) != Fraction(0.7)
    assert exactly(1e-7) == Fraction(1, 10**7)
    assert exactly(np.float64(0.1)) == Fraction(1, 10)
    assert exactly(pd.Series([0.1, 0.2])).sum() == Fraction(3, 10) != exactly(0.1 + 0.2)
    assert exactly(3) == 3 and exactly("0.7") == "0.7" and exactly(inf) == inf and exactly(True) is True
    assert exactly((0.5, [0.25])) == (Fraction(1, 2), (Fraction(1, 4),))


def test_tables_keep_counts_and_texts_and_a_policy_keeps_its_shape():
    frame = exactly(pd.DataFrame({"name": ["a"], "posts": [3], "hours": [0.1]}))
    assert frame["posts"].dtype == "int64" and frame["hours"].tolist() == [Fraction(1, 10)]
    assert as_numbers(frame).dtypes.astype(str).to_dict() == {"name": "str", "posts": "int64", "hours": "float64"}
    policy = exactly(Policy())
    assert policy.lent_share_max == Fraction(repr(Policy().lent_share_max))
    assert policy.prices.choice_met == Fraction(repr(Policy().prices.choice_met))
    assert policy.prices.model_dump()["choice_met"] == policy.prices.choice_met
    assert policy.overload_steps[0].until == Fraction(repr(Policy().overload_steps[0].until))
    assert policy.own_list_categories == Policy().own_list_categories and policy.county_opening is None


def test_rounding_takes_what_is_written_with_many_digits_for_whole():
    # 3 x 0.3333333333 = 0.9999999999 and 3 x 0.6666666667 = 2.0000000001.
    thirds = exactly(pd.Series([3 * Fraction("0.3333333333"), 3 * Fraction("0.6666666667"), Fraction("2.5")]))
    assert (down(thirds).tolist(), up(thirds).tolist(), nearest(thirds).tolist()) == ([1, 2, 2], [1, 2, 3], [1, 2, 3])
    assert down(pd.Series([Fraction("0.99999999")])).tolist() == [0]
    assert up(pd.Series([Fraction("2.00000001")])).tolist() == [3]
    assert ratio(pd.Series([1, 2]), pd.Series([3, 0])).tolist() == [Fraction(1, 3), 0]
    assert type(total(pd.Series([2**62, 2**62]))) is int and total(pd.Series([2**62, 2**62])) == 2**63


def opened(ledger: Ledger) -> dict[str, object]:
    """Return every figure of a ledger by its name."""
    return {name: getattr(ledger, name) for name, kind in vars(Ledger).items() if isinstance(kind, cached_property)}


def inexact(name: str, found: object) -> list[str]:
    """Return where a figure holds a floating-point number, or a fraction of numbers that may overflow."""
    if isinstance(found, tuple):
        return [each for number, part in enumerate(found) for each in inexact(f"{name} {number}", part)]
    if isinstance(found, pd.DataFrame):
        return [each for column in found for each in inexact(f"{name} {column}", found[column])]
    assert isinstance(found, pd.Series), name
    if found.dtype.kind == "f":
        return [name]
    cells = [cell for cell in found.tolist() if found.dtype == object and not isinstance(cell, str | bool)]
    return [
        f"{name}: {cell!r}" for cell in cells
        if not isinstance(cell, int | Fraction) or type(cell.numerator) is not int
    ]  # fmt: skip


@settings(deadline=None, max_examples=examples(12))
@given(small_scenarios())
def test_no_figure_of_the_ledger_is_a_floating_point_number(scenario):
    for case, policy in (
        (scenario.data, scenario.policy),
        (with_everything(scenario.data), everything_on(scenario.policy)),
    ):
        decisions = ratio_decisions(case, policy)
        ledger = Ledger(case, policy, sound_decisions(case, decisions)[0])
        assert [each for name, found in opened(ledger).items() for each in inexact(name, found)] == []
        shown = audit(case, policy, decisions).townships
        assert not any(shown[name].dtype == object for name in shown)


def one_township(hours: float) -> Scenario:
    # Ten persons of 1,840 hours each; the township's own work is all that there is.
    return Scenario(small_case({"A": {"statutory_hours": hours}}), small_policy(overload="wall", wall_share=1.0))


@pytest.mark.parametrize(
    "hours, breaches, tolerated",
    [(18400.0, 0, 0), (18400.0001, 0, 1), (18400.0184, 0, 1), (18400.01841, 1, 0), (18401.0, 1, 0)],
)
def test_a_limit_of_hours_has_the_tolerance_of_a_millionth_and_what_that_lets_pass_is_told(hours, breaches, tolerated):
    # 18,400 hours are there; a millionth of them is 0.0184.
    scenario = one_township(hours)
    found = audit(scenario.data, scenario.policy, ratio_decisions(scenario.data, scenario.policy))
    walls = [breach for breach in found.breaches if breach.rule == "workload_within_wall"]
    assert (len(walls), len(found.tolerated)) == (breaches, tolerated)
    for breach in (*walls, *found.tolerated):
        assert breach.rule == "workload_within_wall" and breach.amount == float(Fraction(repr(hours)) - 18400)


@pytest.mark.parametrize("hours, breaches, tolerated", [(1000.0, 0, 0), (1000.000002, 0, 1), (1000.0000021, 1, 0)])
def test_the_cap_of_listing_hours_tells_what_its_tolerance_lets_pass(hours, breaches, tolerated):
    # A billionth of 1,000 hours is 0.000001, and as much is let pass of any cap.
    case = small_case({"A": {}}, {"P": {"listing_hours": hours}}, votes={("A", "P"): 3})
    chosen = ratio_decisions(case, small_policy())
    assert chosen.guide_list["power"].tolist() == ["P"]
    found = audit(case, small_policy(listing_hours_max=1000.0), chosen)
    over = [breach for breach in found.breaches if breach.rule == "listing_hours_within_cap"]
    assert (len(over), len(found.tolerated)) == (breaches, tolerated)
    for breach in (*over, *found.tolerated):
        assert breach.rule == "listing_hours_within_cap" and breach.amount == float(Fraction(repr(hours)) - 1000)


def test_a_sum_of_tenths_has_no_noise():
    powers = {"P": {"upkeep_hours": 0.1}, "Q": {"upkeep_hours": 0.2}}
    case = small_case({"A": {}}, powers, votes={("A", "P"): 3, ("A", "Q"): 3})
    found = audit(case, small_policy(), ratio_decisions(case, small_policy()))
    # As floating-point numbers they are 0.30000000000000004.
    assert found.townships.at["A", "hours_needed"] == 0.3 != 0.1 + 0.2


def test_a_term_is_the_sum_of_decimals_and_nothing_else():
    case = small_case({"A": {}}, {"P": {}}, votes={("A", "P"): 3}, cases={("A", "P"): 0.1})
    policy = small_policy(prices={"case_near_home": 0.7, "choice_met": 0.1})
    found = audit(case, policy, ratio_decisions(case, policy))
    # 0.7 x 0.1 = 0.07 and 3 x 0.1 = 0.3, where floating-point numbers make 0.06999999999999999 and 0.30000000000000004.
    assert (found.terms[Term.CASES_NEAR_HOME], found.terms[Term.CHOICES_MET]) == (0.07, 0.3)
    assert (0.7 * 0.1, 3 * 0.1) != (0.07, 0.3)


def test_what_was_let_pass_stands_in_the_summary_and_the_record():
    plan = solve(one_township(18400.0001), gap=0.0, threads=1)
    said = "Exceeded within the solver's tolerance: 1 limit of hours, by at most 0.0001 hours; first"
    with speaking("en"):
        assert said in " ".join(summary(plan).split())
    assert len(manifest(plan)["audit_tolerated"]) == 1 and manifest(plan)["audit_breaches"] == []
    with speaking("zh"):
        said = "在求解器容差之内略有超出：1 项工时上限，最多超 0.0001 小时"
        assert said in summary(plan).replace("\n", "").replace("  ", "")
    plan = solve(one_township(18399.0), gap=0.0, threads=1)
    assert "tolerance" not in summary(plan) and manifest(plan)["audit_tolerated"] == []
