"""Random small scenarios for Hypothesis: small enough to look at every plan, varied enough that every rule bites."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.prices import OverloadStep
from devolve_opt.scenario import Scenario
from modelling import HOURS, small_case

CATEGORIES = ["general", "general", "county_seat", "central", "subdistrict"]
KINDS = ["penalty", "penalty", "inspection", "other", "permit"]


@st.composite
def small_cases(draw: st.DrawFn) -> Case:
    """Return a case of 2 to 4 townships in 1 or 2 counties (at most 3 in one), 2 to 5 powers, 1 or 2 fields."""
    counties = draw(st.sampled_from([("C1", "C1"), ("C1", "C1", "C1"), ("C1", "C1", "C2"), ("C1", "C2", "C1", "C2")]))
    townships = {f"T{number + 1}": draw(_townships(county)) for number, county in enumerate(counties)}
    fields: dict[str, dict[str, Any]] = {
        name: {"readiness_hours": draw(st.sampled_from([0, 30, 100])), "needs_officers": needs}
        for name, needs in draw(st.sampled_from([(("F1", True),), (("F1", True), ("F2", False))]))
    }
    powers = {f"P{number + 1}": draw(_powers(sorted(fields))) for number in range(draw(st.integers(2, 5)))}
    for power, facts in powers.items():
        if facts["type"] != "penalty" and powers["P1"]["type"] == "penalty" and power != "P1" and draw(st.booleans()):
            facts.update(type="coercion", requires="P1")
    choosing = [name for name, facts in townships.items() if facts["category"] != "subdistrict"]
    pairs = [(township, power) for township in choosing for power in powers]
    rounds = draw(st.tuples(*(st.sampled_from([0, 1, 3, 3]) for _ in pairs)))
    arising = draw(st.tuples(*(st.sampled_from([0, 0, 2, 15]) for _ in pairs)))
    ready = draw(st.sets(st.sampled_from([(t, f) for t in townships for f in fields]), max_size=2))
    listed: tuple[tuple[str, str], ...] = ()
    if draw(st.integers(0, 5)) == 0:
        listed = draw(st.sampled_from([(("P1", "base"),), (("P1", "central"), ("P2", "base"))]))
    return small_case(
        townships, powers,
        {pair: number for pair, number in zip(pairs, rounds, strict=True) if number},
        {pair: number for pair, number in zip(pairs, arising, strict=True) if number},
        tuple(sorted(ready)), listed, fields,
    )  # fmt: skip


@st.composite
def _townships(draw: st.DrawFn, county: str) -> dict[str, Any]:
    posts = draw(st.integers(9, 11))
    staff = draw(st.integers(posts - 1, posts))
    joint = draw(st.sampled_from([0, 0, 5]))
    share = draw(st.sampled_from([0.6, 0.85, 0.85, 0.95, 1.0, 1.1]))
    return {
        "county": county, "category": draw(st.sampled_from(CATEGORIES)), "posts": posts, "staff_in_post": staff,
        "population": draw(st.integers(900, 1100)), "lent": draw(st.sampled_from([0, 0, 1, 2])),
        "stationed_staff": draw(st.sampled_from([0, 0, 1])), "certified_officers": draw(st.sampled_from([0, 1, 2, 3])),
        "joint_cases": joint, "statutory_hours": round(share * HOURS * staff),
        "statutory_officer_hours": draw(st.sampled_from([0, 0, 700, 1500])),
    }  # fmt: skip


@st.composite
def _powers(draw: st.DrawFn, fields: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    return {
        "type": kind, "field": "F1" if kind == "penalty" else draw(st.sampled_from(fields)),
        "entrustable": kind == "permit",
        "restricts_liberty": draw(st.integers(0, 7)) == 0,
        "simple_hours": 2, "ordinary_hours": draw(st.sampled_from([5, 40])),
        "simple_share": draw(st.sampled_from([0, 0.5])), "upkeep_hours": draw(st.sampled_from([0, 20, 60])),
        "support_hours": draw(st.sampled_from([0, 10])),
    }  # fmt: skip


@st.composite
def small_policies(draw: st.DrawFn) -> Policy:
    """Return a policy whose caps are near what small cases need; some leave no plan at all."""
    pick = {
        "base_list_max": [0, 1, 2], "guide_list_max": [1, 2, 3], "category_list_max": [0, 1, 2],
        "own_list_categories": [("county_seat", "central"), ("central",), ()], "choice_floor": [0.0, 0.5, 1.0],
        "new_powers_max": [1, 2, 5], "new_fields_max": [0, 1, 2, 2], "overload": ["priced", "priced", "wall"],
        "wall_share": [1.05, 1.2, 1.4], "lent_share_max": [0.0, 0.1], "base_posts_share": [0.5, 0.6],
        "revolving_posts_share": [0.0, 0.06], "revolving_posts_max": [0, 1, 3], "posts_band": [0.0, 0.1, 0.15],
        "posts_moved_max": [1, 3, 18, 18], "officers_min": [0, 0, 1, 2], "attrition_share": [0.0, 0.2],
        "training_places_max": [0, 1, 2, 3], "exam_pass_share": [1.0, 1.0, 0.5],
        "officers_per_field": [0, 1, 2], "fields_at_minimum": [0, 1, 2],
        "fields_per_officer": [0, 1],
        "posts_formula": ["6-2-1-1", "6-2-1-1", "base-weighted-mobile", "three-thirds-equal", "4-3-3", "wisn"],
        "posts_rounding": ["largest_remainder", "largest_remainder", "sainte_lague", "dhondt", "adams"],
        "mobile_posts_share": [0.05, 0.1], "individual_allowance_hours": [0, 1840.0],
        "posts_tilt": [None, None, {"county_seat": 1.1, "general": 1.0, "central": 1.05, "subdistrict": 1.0}],
    }  # fmt: skip
    keys = {name: draw(st.sampled_from(values)) for name, values in pick.items()}
    alike = draw(st.booleans())
    tilts = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0) if alike else (1.2, 1.1, 1.0, 1.0, 0.9, 1.1)
    names = ("county_seat", "central", "key", "characteristic", "general", "subdistrict")
    steps = draw(st.sampled_from([((1.0, 0.5), (1.1, 1.5), (1.3, 4.0)), ((1.4, 1.0),)]))
    return Policy(
        base_posts_tilt=dict(zip(names, tilts, strict=True)),
        overload_steps=tuple(OverloadStep(until=until, price=price) for until, price in steps),
        prices={"officer_moved": draw(st.sampled_from([60.0, 120.0])), "choice_shortfall": 25.0},
        **keys,
    )


def small_scenarios() -> st.SearchStrategy[Scenario]:
    return st.builds(Scenario, small_cases(), small_policies())
