"""The responsibility matrix: one row for each power that is taken, the roles by the channel that law gives it."""

from __future__ import annotations

from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.views.responsibilities import responsibilities
from modelling import small_case, small_policy

POWERS = {
    "P1": {"type": "penalty", "support_hours": 5.0},
    "P2": {"type": "coercion", "requires": "P1"},
    "P3": {"type": "permit", "entrustable": True},
    "P4": {"type": "reward", "in_directory": False, "entrustable": True},
    "P5": {"type": "reward", "restricts_liberty": True},
}
OFFICERS = {"certified_officers": 2}


NO_PENALTY = "a written entrustment; name the text that allows it"
"""A reward is no penalty: the articles of the law on penalties (20-21, 24) say nothing of it."""


def test_the_roles_follow_from_the_channel():
    votes = {(township, power): 3 for township in ("T1", "T2") for power in POWERS}
    case = small_case({"T1": OFFICERS, "T2": OFFICERS}, POWERS, votes)
    plan = solve(Scenario(case, small_policy()), gap=0.0, threads=1)
    found = responsibilities(plan).set_index("power")
    assert found.index.tolist() == ["P1", "P2", "P3", "P4"]  # P5 stays by law
    assert found["channel"].tolist() == ["handed_over", "follows_penalty", "permit_entrusted", "entrusted"]
    assert found["article"].tolist() == ["行政处罚法 24", "行政强制法 17", "行政许可法 24", NO_PENALTY]
    # Who is entrusted acts in the county's name, and the county answers for it.
    assert found["answers"].tolist() == ["township", "township", "county", "county"]
    assert found["decides"].str.contains("county's name").tolist() == [False, False, True, True]
    assert found["carries_out"].tolist() == ["enforcement office"] * 2 + ["township"] * 2
    assert found.loc["P1", "support_hours"] == 2 * 5
    assert (found["townships_taking"] == 2).all()
    assert (found["supervises"] == "county department: " + found["field_name"]).all()
