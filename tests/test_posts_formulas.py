"""The post formulas: each worked out by hand, audited, solved, and put side by side."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import only_fault
from devolve_opt.audit import audit
from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.formulation import build_model
from devolve_opt.policy import Policy
from devolve_opt.post_formulas import POST_FORMULAS, PostsFormula, PostsRounding
from devolve_opt.rules.apportionment import METHODS
from devolve_opt.rules.formulas_compared import formulas_compared, formulas_in_short, gini
from devolve_opt.rules.posts import post_formula, post_pools, posts_by_formula, posts_within_cap, weighted_parts
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from modelling import ROOT, assert_rows, hand_model, hand_scenario, optimum, small_case, small_policy, with_and_without

NAMED = [name for name in get_args(PostsFormula) if name != "custom"]
SINGLE_STEP = ["three-thirds-equal", "three-thirds-indicators", "4-3-3", "wisn"]


def three_towns() -> Case:
    """Of their county's 41 posts, population 60, 30, 10 %, area 40, 40, 20 %, product and revenue 50, 25, 25 %."""
    facts = ("category", "population", "area_km2", "gdp", "fiscal_revenue", "posts", "staff_in_post", "statutory_hours")
    rows = {
        "T1": ("county_seat", 6000, 40, 100, 20, 20, 18, 30_000),
        "T2": ("general", 3000, 40, 50, 10, 10, 8, 20_000),
        "T3": ("general", 1000, 20, 50, 10, 11, 10, 15_000),
    }
    return small_case({name: dict(zip(facts, row, strict=True)) for name, row in rows.items()})


def two_towns(population: tuple[int, int] = (1000, 1000), **facts: Any) -> Case:
    """Two alike but for their people."""
    towns = zip(("T1", "T2"), population, strict=True)
    return small_case({name: {"population": people, **facts} for name, people in towns})


def by_people(**changes: Any) -> Policy:
    """Return a policy that spreads all posts by population."""
    weights = {"population": 1, "area_km2": 0, "gdp": 0, "fiscal_revenue": 0}
    return small_policy(posts_formula="custom", posts_weights=weights, base_posts_share=0.0, **changes)


# Weights and steps


def test_every_formula_and_rounding_is_known_where_it_is_used():
    assert set(POST_FORMULAS) | {"wisn", "custom"} == set(get_args(PostsFormula))
    assert get_args(PostsRounding) == METHODS


@pytest.mark.parametrize(
    ("formula", "population", "area", "economy", "alike"),
    [
        ("6-2-1-1", 0.6, 0.2, 0.2, 0),
        ("base-weighted-mobile", 0.6, 0.2, 0.2, 0),
        ("three-thirds-equal", 1 / 3, 1 / 6, 1 / 6, 1 / 3),
        ("three-thirds-indicators", 1 / 3, 1 / 3, 1 / 3, 0),
        ("4-3-3", 0.4, 0.3, 0.3, 0),
    ],
)
def test_the_weights_of_the_named_formulas(formula, population, area, economy, alike):
    weights = Policy(posts_formula=formula).weights
    assert weights == pytest.approx(
        {"population": population, "area_km2": area, "gdp": economy / 2, "fiscal_revenue": economy / 2, "equal": alike}
    )


def test_steps_by_formula():
    steps = {name: Policy(posts_formula=name).post_steps for name in NAMED}
    assert steps["6-2-1-1"] == {"base": 0.6, "revolving": 0.02, "mobile": 0.0}
    assert steps["base-weighted-mobile"] == {"base": 0.6, "revolving": 0.0, "mobile": 0.05}
    for name in SINGLE_STEP:
        assert steps[name] == {"base": 0.0, "revolving": 0.0, "mobile": 0.0}
    assert Policy(posts_formula="wisn").weights == {}


def test_base_and_mobile_posts_are_not_more_than_all():
    keys = {"base_posts_share": 0.97, "revolving_posts_share": 0.0}
    fault = only_fault(lambda: Policy(posts_formula="base-weighted-mobile", **keys))
    assert "base_posts_share and mobile_posts_share together exceed 1" in str(fault)
    assert Policy(**keys).mobile_posts_share == 0.05  # of no matter with another formula


def test_base_weighted_mobile_takes_weights_of_its_own():
    policy = Policy(
        posts_formula="base-weighted-mobile", posts_weights={"population": 3, "gdp": 0, "fiscal_revenue": 0}
    )
    assert policy.weights["population"] == 0.6
    with pytest.raises(InputError, match="'custom' and 'base-weighted-mobile' only"):
        Policy(posts_formula="4-3-3", posts_weights={"population": 3})


# Shares and whole posts by hand


@pytest.mark.parametrize(
    ("formula", "fair", "posts"),
    [
        # T1 1/9 + 0.6/3 + 0.4/6 + 0.5/6 = 0.4611, T2 1/9 + 0.3/3 + 0.4/6 + 0.25/6 = 0.3194, T3 0.2194; times 41.
        ("three-thirds-equal", [18.906, 13.097, 8.997], [19, 13, 9]),
        # T1 (0.6 + 0.4 + 0.5) / 3 = 0.5, T2 (0.3 + 0.4 + 0.25) / 3 = 0.3167, T3 (0.1 + 0.2 + 0.25) / 3 = 0.1833.
        ("three-thirds-indicators", [20.5, 12.983, 7.517], [20, 13, 8]),
        # T1 0.24 + 0.12 + 0.15 = 0.51, T2 0.12 + 0.12 + 0.075 = 0.315, T3 0.04 + 0.06 + 0.075 = 0.175.
        ("4-3-3", [20.91, 12.915, 7.175], [21, 13, 7]),
        # 30,000 h are 16.304 persons, 20.380 with a fifth of allowance, and one for single duties 21.380; 20,000 h
        # 14.587, 15,000 h 11.190; together 47.158.
        ("wisn", [18.589, 12.682, 9.729], [18, 13, 10]),
    ],
)
def test_formulas_in_a_single_step(formula, fair, posts):
    case = three_towns()
    policy = small_policy(posts_formula=formula, category_allowance_share=0.2, individual_allowance_hours=1840.0)
    found = post_formula(case, policy)
    assert found["base_posts"].tolist() == [0, 0, 0]
    assert found["fair_share"].tolist() == pytest.approx(fair, abs=0.001)
    assert found["floating_posts"].tolist() == posts
    assert posts_by_formula(case, policy).sum(axis=1).tolist() == posts


def test_base_weighted_mobile_by_hand():
    case = three_towns()
    policy = small_policy(
        posts_formula="base-weighted-mobile",
        revolving_posts_share=0.3,
        base_posts_tilt={"county_seat": 1.5, "general": 0.8},
    )
    # 41 posts: base 24.6, so 25; reserve 2.05, so 2; weighted the other 14. No revolving posts, whatever their share.
    pools = post_pools(case, policy).loc["C1"]
    assert pools[["base", "floating", "revolving", "mobile"]].tolist() == [25, 14, 0, 2]
    posts = posts_by_formula(case, policy)
    # Base 12.10, 6.45, 6.45; weighted by 6:2:1:1, 0.54, 0.31, 0.15 of 14: 7.56, 4.34, 2.10.
    assert posts["base_posts"].tolist() == [12, 7, 6]
    assert posts["floating_posts"].tolist() == [8, 4, 2]
    assert posts["revolving_posts"].tolist() == [0, 0, 0]
    assert posts.to_numpy().sum() == 41 - 2


@pytest.mark.parametrize(
    ("rounding", "population", "posts"),
    [
        # 20 posts: exactly 14.4 and 5.6. D'Hondt: 72/15 = 4.8 before 28/6 = 4.7.
        ("largest_remainder", (7200, 2800), [14, 6]),
        ("sainte_lague", (7200, 2800), [14, 6]),
        ("dhondt", (7200, 2800), [15, 5]),
        # 14.7 and 5.3. Adams: 26.5/5 = 5.3 before 73.5/14 = 5.25.
        ("largest_remainder", (7350, 2650), [15, 5]),
        ("huntington_hill", (7350, 2650), [15, 5]),
        ("adams", (7350, 2650), [14, 6]),
    ],
)
def test_posts_are_made_whole_as_the_policy_says(rounding, population, posts):
    case, policy = two_towns(population), by_people(posts_rounding=rounding)
    assert posts_by_formula(case, policy).sum(axis=1).tolist() == posts
    assert audit(case, policy, ratio_decisions(case, policy)).breaches == ()


def test_revolving_posts_keep_to_their_cap_where_nobody_has_work():
    # A tenth of 20 posts, one for each; both are without work, and equals are served in the order of the table.
    policy = small_policy(revolving_posts_share=0.1, revolving_posts_max=1)
    assert posts_by_formula(two_towns(), policy)["revolving_posts"].tolist() == [1, 1]


def test_base_posts_are_made_whole_by_the_same_rounding():
    case = small_case({"T1": {"category": "central"}, "T2": {}})
    tilt = {"central": 72.0, "general": 28.0}
    # 20 posts, all of them base posts, by 72 : 28.
    found = {
        rounding: posts_by_formula(
            case, small_policy(base_posts_share=1.0, base_posts_tilt=tilt, posts_rounding=rounding)
        )["base_posts"].tolist()
        for rounding in ("largest_remainder", "dhondt")
    }
    assert found == {"largest_remainder": [14, 6], "dhondt": [15, 5]}


@pytest.mark.parametrize("formula", NAMED)
def test_the_tilt_works_with_every_formula(formula):
    case = small_case({"T1": {"category": "county_seat"}, "T2": {}})
    policy = small_policy(posts_formula=formula, posts_tilt={"county_seat": 1.5, "general": 1.0})
    # Alike but for the category: 1.5 : 1 of what the weights spread.
    assert weighted_parts(case, policy).tolist() == pytest.approx([0.6, 0.4])
    assert weighted_parts(case, policy.replace(posts_tilt=None)).tolist() == pytest.approx([0.5, 0.5])


def test_the_cap_on_moves_works_with_every_formula():
    case = two_towns((9000, 1000))
    free = small_policy(posts_formula="4-3-3", posts_band=0.5)
    # 0.4 x 0.9 + 0.6 x 0.5 = 0.66 of 20 posts: 13.2, so 13 and 7.
    assert posts_by_formula(case, free).sum(axis=1).tolist() == [13, 7]
    assert posts_within_cap(case, free).sum(axis=1).tolist() == [13, 7]
    assert posts_within_cap(case, free.replace(posts_moved_max=2)).sum(axis=1).tolist() == [12, 8]


# Audit and model


@pytest.mark.parametrize("formula", NAMED)
@pytest.mark.parametrize("rounding", ["largest_remainder", "adams"])
def test_the_audit_finds_the_same_by_itself(formula, rounding):
    scenario = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    tilt = {"county_seat": 1.2, "general": 0.9}
    policy = scenario.policy.replace(posts_formula=formula, posts_rounding=rounding, posts_tilt=tilt)
    case = scenario.data
    formula_by_rules, pools = post_formula(case, policy), post_pools(case, policy)
    books = Ledger(case, policy, sound_decisions(case, ratio_decisions(case, policy))[0])
    for column in ("base_posts", "lower", "upper"):
        assert formula_by_rules[column].tolist() == books.formula[column].tolist(), column
    assert formula_by_rules["fair_share"].tolist() == pytest.approx(books.formula["fair_share"].tolist())
    for step in ("base", "floating", "revolving", "mobile"):
        assert pools[step].to_dict() == books.counties[f"{step}_pool"].to_dict(), step


def test_the_audit_finds_a_reserve_that_townships_hold():
    case, policy = two_towns(), small_policy(posts_formula="base-weighted-mobile", mobile_posts_share=0.1)
    plan = ratio_decisions(case, policy)
    assert audit(case, policy, plan).breaches == ()
    # 20 posts, 2 of them in reserve: 6 base and 3 weighted posts each.
    assert plan.posts.sum(axis=1).tolist() == [9, 9]
    held = replace(plan, posts=plan.posts.assign(floating_posts=[4, 3]))
    found = audit(case, policy, held).breaches
    assert ("floating_spread", "county C1", 1.0) in [(breach.rule, breach.place, breach.amount) for breach in found]


def test_the_reserve_leaves_the_townships_as_written():
    # 30 posts: 18 base, a tenth in reserve, 9 weighted.
    model = hand_model(posts_formula="base-weighted-mobile", mobile_posts_share=0.1)
    assert_rows(model.floating_spread, {"C1": "floating[A] + floating[B] + floating[D] == 9"})
    assert [model.revolving[township].bounds for township in "ABD"] == [(0, 0)] * 3


def test_the_reserve_takes_staff_with_it():
    # Ten persons each carry 16,560 h at 90 % of their 18,400. With 9 posts they have 16,560 h there: 1,656 h above
    # 90 % at 0.5 each, 828 in either town. Without the sum over the county nothing would go to the reserve.
    case = two_towns(statutory_hours=16_560.0)
    policy = small_policy(posts_formula="base-weighted-mobile", mobile_posts_share=0.1, posts_band=0.12)
    assert with_and_without(build_model(case, policy), "floating_spread") == (-1656, 0)


def test_the_band_binds_around_a_formula_in_a_single_step():
    # 14.4 and 5.6 by population, so 14 and 6; 10 each today: four posts move at 150 h.
    model = build_model(two_towns((7200, 2800)), by_people(posts_band=0.0))
    assert with_and_without(model, "posts_within_band") == (-600, 0)


@pytest.mark.parametrize("formula", NAMED)
def test_the_model_solves_with_every_formula(formula):
    case = two_towns((1100, 1000))
    policy = small_policy(posts_formula=formula, posts_band=0.1)
    # 1,100 : 1,000 is within a tenth of half and half, so nothing need move; nor does the reserve cost where none is
    # busy.
    assert optimum(build_model(case, policy)) == pytest.approx(0, abs=1e-6)


# Side by side


def test_formulas_side_by_side_by_hand():
    case, policy = three_towns(), small_policy(category_allowance_share=0.2, individual_allowance_hours=1840.0)
    found = formulas_compared(case, policy)
    assert found["formula"].unique().tolist() == NAMED
    assert found["township"].tolist() == ["T1", "T2", "T3"] * len(NAMED)
    thirds = found[found["formula"] == "three-thirds-indicators"].set_index("township")
    assert thirds["posts"].tolist() == [20, 13, 8]
    assert thirds["change"].tolist() == [0, 3, -3]
    assert thirds["deviation"].tolist() == pytest.approx([-0.5, 0.0167, 0.4833], abs=0.0001)
    # 36 of 41 posts are filled. T2: 20,000 h for 8 + 3 x 36/41 persons with 1,840 h each.
    assert thirds.loc["T2", "load"] == pytest.approx(20_000 / (1840 * (8 + 3 * 36 / 41)))
    assert thirds["posts_per_thousand"].tolist() == pytest.approx([20 / 6, 13 / 3, 8])
    short = formulas_in_short(case, policy, found).set_index("formula")
    row = short.loc["three-thirds-indicators"]
    assert (row["posts_moved"], row["reserve"], row["townships_gaining"], row["townships_losing"]) == (3, 0, 1, 1)
    assert (row["gains_most"], row["gains_most_posts"], row["loses_most"], row["loses_most_posts"]) == (
        "T2",
        3,
        "T3",
        -3,
    )
    assert row["change_max"] == 3
    assert row["deviation_max"] == pytest.approx(0.5)
    # Of 10/3, 13/3, 24/3: differences 1, 11/3, 14/3 of pairs, twice each among nine, by twice the mean 47/9.
    assert row["posts_per_thousand_gini"] == pytest.approx((2 * 28 / 3 / 9) / (2 * 47 / 9))
    assert short.loc["base-weighted-mobile", "reserve"] == 2


def test_where_no_post_moves_nobody_gains_or_loses():
    # Two alike: ten posts each, as today.
    row = formulas_in_short(two_towns(), small_policy()).set_index("formula").loc["4-3-3"]
    assert row[["posts_moved", "change_max", "deviation_max"]].tolist() == [0, 0, 0]
    for change in ("gain", "los"):
        told = row[[f"townships_{change}ing", f"{change}{'es' if change == 'los' else 's'}_most"]].tolist()
        assert told == [0, ""]
    assert row[["gains_most_posts", "loses_most_posts"]].tolist() == [0, 0]


def test_own_weights_stand_beside_the_named_formulas():
    found = formulas_compared(two_towns((7200, 2800)), by_people())
    assert found["formula"].unique().tolist() == [*NAMED, "custom"]
    assert found.loc[found["formula"] == "custom", "posts"].tolist() == [14, 6]


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(lambda values: sum(values) > 1e-3), st.integers(2, 9)
)
def test_gini_is_between_nought_and_one_and_knows_no_scale(values, factor):
    found = gini(pd.Series(values))
    assert -1e-9 <= found < 1
    assert gini(pd.Series(values) * factor) == pytest.approx(found, abs=1e-9)
    pairs = sum(abs(one - other) for one in values for other in values)
    assert found == pytest.approx(pairs / (2 * len(values) * sum(values)), abs=1e-9)


def test_gini_of_nothing():
    assert gini(pd.Series([4.0, 4.0, None])) == 0
    assert gini(pd.Series([0.0, 0.0, 8.0])) == pytest.approx(2 / 3)
    assert math.isnan(gini(pd.Series([], dtype=float)))
    assert math.isnan(gini(pd.Series([0.0])))


def test_the_folder_of_a_comparison(tmp_path, capsys):
    from devolve_opt import cli

    scenario = ROOT / "scenarios" / "pilot-district.toml"
    cli.posts(scenario, tmp_path / "out")
    said = capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "formulas.csv", "formulas.parquet", "formulas.png", "formulas.svg", "formulas.txt",
        "posts.csv", "posts.parquet",
    ]  # fmt: skip
    given_ = Scenario.read(scenario)
    compared = pd.read_csv(tmp_path / "out" / "posts.csv", encoding="utf-8-sig")
    assert len(compared) == len(NAMED) * len(given_.data.townships)
    assert compared["synthetic"].all()
    short = pd.read_csv(tmp_path / "out" / "formulas.csv", encoding="utf-8-sig").set_index("formula")
    assert short.index.tolist() == NAMED
    total = given_.data.townships["posts"].sum()
    sums = compared.groupby("formula")["posts"].sum()
    assert {name: sums[name] + short.loc[name, "reserve"] for name in NAMED} == dict.fromkeys(NAMED, total)
    assert "SYNTHETIC DATA" in said
    for name in NAMED:
        assert f"\n{name} " in said
    cli.posts(scenario, tmp_path / "out")  # again into the same folder
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not a comparison of post formulas"):
        cli.posts(scenario, foreign)


def test_a_plan_reports_the_reserve():
    from devolve_opt.studies.solving import solve
    from devolve_opt.views.summary import summary
    from devolve_opt.views.tables import plan_tables

    scenario = hand_scenario()
    plan = solve(scenario.replace(policy={"posts_formula": "base-weighted-mobile", "mobile_posts_share": 0.1}), "ratio")
    row = plan_tables(plan)["county_posts"].iloc[0]
    assert row[["posts", "base", "floating", "revolving", "mobile"]].tolist() == [30, 18, 9, 0, 3]
    assert "3 posts of the counties' mobile reserve" in summary(plan)
    assert "reserve" not in summary(solve(scenario, "ratio"))
