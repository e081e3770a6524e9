"""The synthetic cases: every figure that is said to be exact is exact, for every seed; the rest stays in its range."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from devolve_opt.case import Case
from devolve_opt.instruments import AreaTeams
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.reading.tables import check_tables
from devolve_opt.rules.area_teams import travel_hours
from devolve_opt.rules.legality import CHECKS, eligible_powers, exclusions
from devolve_opt.rules.lists import ratio_lists, selection_shares
from devolve_opt.rules.posts import posts_by_formula
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.workload import staff_without_moves, statutory_load
from devolve_opt.synthetic import Calibration, synthesise
from devolve_opt.synthetic.powers import real_items
from devolve_opt.vocabulary import BASE_LIST, VOTING_CATEGORIES

SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3)))
POLICY = Policy()
ROOT = Path(__file__).parents[1]
ROUNDS = ["round_1", "round_2", "round_3"]


@cache
def city(seed: int) -> Case:
    return synthesise("city", seed)


@cache
def district(seed: int) -> Case:
    return synthesise("pilot-district", seed)


@cache
def ratio_plan(make: Callable[[int], Case], seed: int) -> Decisions:
    return ratio_decisions(make(seed), POLICY)


def assert_same_tables(left: Case, right: Case) -> None:
    assert left.tables.keys() == right.tables.keys()
    for name, table in left.tables.items():
        pd.testing.assert_frame_equal(table, right.tables[name], obj=name)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ratio_rule_gives_the_reports_lists(seed):
    lists = ratio_lists(city(seed), POLICY)
    sizes = lists["list"].value_counts()
    assert sizes[BASE_LIST] == 43
    special = lists[lists["list"] != BASE_LIST]
    assert special["power"].nunique() == 87
    assert lists["power"].nunique() == 130
    of_category = sizes.drop(BASE_LIST)
    assert set(of_category.index) == {str(category) for category in POLICY.own_list_categories}
    assert of_category.between(30, 45).all()
    lists_of_a_power = special["power"].value_counts()
    assert (lists_of_a_power == 1).sum() >= 20
    assert (lists_of_a_power >= 2).sum() >= 20


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lists_come_from_the_threshold_and_not_from_the_caps(seed):
    wide = POLICY.replace(base_list_max=433, guide_list_max=433, category_list_max=433)
    assert ratio_lists(city(seed), wide).equals(ratio_lists(city(seed), POLICY))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pilot_district_takes_the_reports_numbers(seed):
    taken = set(ratio_plan(district, seed).take_up["power"])
    lists = district(seed).guide_list
    base = set(lists["power"][lists["list"] == BASE_LIST])
    assert len(taken) == 91
    assert len(taken & base) == 30


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pilot_district_is_part_of_its_city(seed):
    whole, part = city(seed), district(seed)
    assert part.guide_list.equals(ratio_lists(whole, POLICY))
    assert part.counties.index.to_list() == ["C03"]
    assert part.townships.equals(whole.townships[whole.townships["county"] == "C03"])
    counts = part.townships["category"].value_counts().to_dict()
    assert counts == {"county_seat": 1, "central": 2, "key": 2, "characteristic": 2, "general": 3}
    assert part.powers.equals(whole.powers)
    for name in ("votes", "cases", "readiness"):
        rows = whole.tables[name]
        rows = rows[rows["township"].isin(part.townships.index)].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.tables[name], rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_and_staff_meet_the_reports_counts(seed):
    case = city(seed)
    taken = ratio_plan(city, seed).take_up.merge(case.cases, on=["township", "power"])
    penalties = taken["power"].map(case.powers["type"]) == "penalty"
    assert taken["cases"][penalties].sum() == 261
    all_penalties = case.cases[case.cases["power"].map(case.powers["type"]) == "penalty"]
    potential = all_penalties[all_penalties["power"].isin(eligible_powers(case, POLICY))]["cases"].sum()
    assert potential == pytest.approx(3 * 261, rel=0.05)
    assert (case.cases["cases"] % 1 == 0).all()
    townships = case.townships
    assert townships["joint_cases"].sum() == 309
    assert staff_without_moves(case, POLICY)["lent_returned"].sum() == 118


@pytest.mark.parametrize("seed", SEEDS)
def test_the_formula_moves_eighteen_posts_from_general_to_important_townships(seed):
    case = city(seed)
    townships = case.townships
    gain = posts_by_formula(case, POLICY).sum(axis=1) - townships["posts"]
    assert gain.clip(lower=0).sum() == 18
    assert gain.abs().max() == 1
    assert (gain.groupby(townships["county"]).sum() == 0).all()
    assert set(townships["category"][gain < 0]) == {"general"}
    assert set(townships["category"][gain > 0]) <= {"county_seat", "central", "key", "characteristic"}
    assert (ratio_plan(city, seed).posts.sum(axis=1) - townships["posts"]).equals(gain)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_citys_frame_is_the_reports(seed):
    case = city(seed)
    townships = case.townships
    assert round(townships["area_km2"].sum(), 6) == 20_248.4
    assert townships["population"].sum() == 5_269_700
    assert townships["gdp"].sum() == 23_038_200
    counts = townships["category"].value_counts().to_dict()
    assert counts == {
        "county_seat": 7, "central": 27, "key": 30, "characteristic": 35, "general": 54, "subdistrict": 13
    }  # fmt: skip
    kind = townships["name"].str.extract("(镇|乡|街道)$")[0]
    found = pd.crosstab(townships["county"], kind)[["镇", "乡", "街道"]].to_numpy().tolist()
    assert found == [
        [6, 0, 7], [10, 0, 4], [9, 1, 0], [31, 2, 0], [14, 2, 1], [15, 1, 0], [9, 10, 0], [6, 14, 0], [22, 1, 1]
    ]  # fmt: skip
    assert set(townships["category"][kind == "乡"]) == {"general", "characteristic"}
    seats = townships[townships["category"] == "county_seat"].groupby("county").size()
    assert seats.to_dict() == {f"C{number:02d}": 1 for number in range(3, 10)}
    assert townships["name"].is_unique
    assert case.counties["name"].str.fullmatch(".+[县区市]").all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pool_of_powers_has_the_shares_of_a_countys_pool(seed):
    powers = city(seed).powers
    assert powers["type"].value_counts().to_dict() == {
        "penalty": 304, "other": 55, "inspection": 28, "permit": 18, "coercion": 11,
        "confirmation": 6, "reward": 6, "payment": 3, "levy": 1, "adjudication": 1,
    }  # fmt: skip
    assert powers["name"].is_unique
    invented = powers["name"].str.endswith("（合成）")
    assert set(powers["name"][~invented]) == set(real_items()["name"])


def test_real_items_name_their_source_without_addresses():
    items = real_items()
    assert len(items) == 86
    assert items["source"].str.len().gt(0).all()
    assert not items.apply(lambda column: column.str.contains("http|www")).to_numpy().any()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_rule_of_the_legality_filter_bites(seed):
    case = city(seed)
    found = exclusions(case, POLICY)
    assert 60 <= len(found) <= 90
    counts = found["rule"].value_counts()
    assert set(counts.index) == {check.rule for check in CHECKS} | {"requires_excluded"}
    assert counts.min() >= 2
    lawful = case.powers.loc[eligible_powers(case, POLICY)]
    # A coercive measure also comes through together with the penalty it serves.
    assert (lawful["type"] == "coercion").sum() >= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_choosing_goes_on_by_pruning(seed):
    case = city(seed)
    votes = case.votes
    shares = votes[ROUNDS].sum() / (153 * 433)
    assert 0.40 <= shares["round_1"] <= 0.50
    assert 0.30 <= shares["round_2"] <= 0.36
    assert 0.24 <= shares["round_3"] <= 0.30
    added = (votes["round_3"] & ~votes["round_2"]).sum() / votes["round_3"].sum()
    assert 0 < added < 0.05
    assert votes["township"].isin(case.voting_townships).all()
    share = selection_shares(case).loc[eligible_powers(case, POLICY)]
    unlisted = share.drop(index=ratio_lists(case, POLICY)["power"].unique())
    assert (unlisted[BASE_LIST] >= 0.45).sum() >= 20, "near misses make the choice of the list a real question"


@pytest.mark.parametrize("seed", SEEDS)
def test_staff_and_work_stay_in_their_ranges(seed):
    case = city(seed)
    townships = case.townships
    load = statutory_load(case, POLICY) / (case.available_hours * staff_without_moves(case, POLICY)["staff"])
    assert load.between(0.69, 1.15).all()
    assert load.between(0.82, 0.98).mean() > 0.5
    assert 0.03 < (load > 1.0).mean() < 0.25
    assert load.groupby(townships["county"]).agg(np.ptp).min() > 0.1
    filling = townships["staff_in_post"] / townships["posts"]
    assert filling.between(0.83, 1.0).all()
    assert townships["certified_officers"].between(1, 8).all()
    assert 2.4 < townships["certified_officers"].mean() < 3.2
    officers = ratio_plan(city, seed).officers
    assert officers["trained"].sum() <= POLICY.training_places_max


@pytest.mark.parametrize("seed", SEEDS)
def test_hours_are_the_assumptions_that_are_named(seed):
    powers = city(seed).powers
    penalty, inspection = powers["type"] == "penalty", powers["type"] == "inspection"
    assert powers["simple_hours"][penalty].between(2, 4).all()
    assert powers["ordinary_hours"][penalty].between(24, 60).all()
    assert powers["simple_share"][penalty].between(0.3, 0.95).all()
    assert (powers["simple_share"][~penalty] == 0).all()
    assert powers["ordinary_hours"][inspection].between(2, 4).all()
    assert (powers["simple_hours"] == powers["ordinary_hours"])[inspection].all()
    assert powers["upkeep_hours"].between(12, 60).all()
    assert powers["upkeep_hours"].median() == pytest.approx(30, rel=0.1)
    assert powers["support_hours"].between(3, 12).all()


def test_cases_are_few_and_fall_on_few_powers():
    case = city(1)
    penalties = case.cases[case.cases["power"].map(case.powers["type"]) == "penalty"]
    by_power = penalties.groupby("power")["cases"].sum().sort_values(ascending=False)
    assert by_power.head(20).sum() > 0.5 * by_power.sum()
    inspections = case.cases[case.cases["power"].map(case.powers["type"]) == "inspection"]
    assert inspections["cases"].max() <= 40
    assert 50 < case.cases["cases"].max() <= 100


def test_the_same_seed_gives_the_same_case():
    assert_same_tables(synthesise("city", 1), city(1))
    assert synthesise("city", 1).provenance == city(1).provenance


def test_another_seed_gives_another_case():
    for name in ("townships", "powers", "votes", "cases", "readiness"):
        assert not city(1).tables[name].equals(city(2).tables[name])


def test_a_change_in_one_part_does_not_shift_another():
    other = synthesise("city", 1, Calibration(potential_cases=700, ready_fields_mean=1.0))
    assert not other.cases.equals(city(1).cases)
    assert not other.readiness.equals(city(1).readiness)
    for name in ("counties", "townships", "fields", "powers"):
        pd.testing.assert_frame_equal(other.tables[name], city(1).tables[name])


def test_other_figures_are_met_too():
    calibration = Calibration(
        own_cases=200, joint_cases=100, posts_moved=10, lent_returned=90, base_list=40, special=80
    )  # fmt: skip
    case = synthesise("city", 1, calibration)
    lists = ratio_lists(case, POLICY)
    assert (lists["list"] == BASE_LIST).sum() == 40
    assert lists["power"].nunique() == 120
    assert case.townships["joint_cases"].sum() == 100
    assert staff_without_moves(case, POLICY)["lent_returned"].sum() == 90
    gain = posts_by_formula(case, POLICY).sum(axis=1) - case.townships["posts"]
    assert gain.clip(lower=0).sum() == 10
    taken = ratio_decisions(case, POLICY).take_up.merge(case.cases, on=["township", "power"])
    assert taken["cases"][taken["power"].map(case.powers["type"]) == "penalty"].sum() == 200


def test_a_number_out_of_reach_is_told():
    with pytest.raises(RuntimeError, match="5000 own cases were not reached"):
        synthesise("city", 1, Calibration(own_cases=5000))


@pytest.mark.parametrize("make", [city, district])
def test_the_case_is_sound_and_survives_the_disk(make, tmp_path):
    case = make(1)
    checked = check_tables(case.tables)
    for name, table in case.tables.items():
        pd.testing.assert_frame_equal(table, checked[name], obj=name)
    assert_same_tables(Case.read(case.write(tmp_path / "case")), case)
    assert case.synthetic
    assert "SYNTHETIC" in case.provenance
    assert "seed 1" in case.provenance


@pytest.mark.parametrize(("folder", "make"), [("city", city), ("pilot-district", district)])
def test_the_models_are_up_to_date(folder, make):
    stored, made = Case.read(ROOT / "models" / folder), make(2021)
    assert_same_tables(stored, made)
    assert (stored.title, stored.provenance, stored.synthetic) == (made.title, made.provenance, True)


def test_the_titles_count_the_units():
    assert city(1).title == "Synthetic city (153 townships, 13 subdistricts)"
    assert district(1).title == "Synthetic pilot district (10 townships)"


def test_a_province_has_the_same_kind_of_lists():
    case = synthesise("province", 1)
    townships = case.townships
    assert len(case.counties) == 183
    assert len(townships) == 3101
    assert len(case.voting_townships) == 2642
    counts = townships["category"].value_counts()
    assert (counts["central"], counts["key"], counts["characteristic"]) == (540, 609, 711)
    assert set(VOTING_CATEGORIES) <= set(counts.index)
    assert townships["name"].is_unique
    lists = ratio_lists(case, POLICY)
    assert (lists["list"] == BASE_LIST).sum() == 43
    assert lists["power"].nunique() == 130
    check_tables(case.tables)


def test_a_size_that_does_not_exist_is_told():
    with pytest.raises(ValueError, match=r"no size 'citty'.*city.*province.*Did you mean 'city'"):
        synthesise("citty", 1)
    with pytest.raises(ValueError, match="seed is -1"):
        synthesise("city", -1)


def test_no_place_is_a_real_one():
    folder = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "townships"
    if not folder.is_dir():
        pytest.skip(f"no published places at {folder}")
    real = {row["name"] for row in json.loads((folder / "mianyang_5107_townships.json").read_text(encoding="utf-8"))}
    real |= set(pd.read_csv(folder / "census2020_towns.csv", dtype=str)["town"])
    counties = set(pd.read_csv(folder / "counts_per_county.csv", dtype=str)["county"])
    assert len(real) > 150
    for seed in (1, 2, 2021):
        assert not real & set(city(seed).townships["name"])
        assert not counties & set(city(seed).counties["name"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_county_teams_reach_every_township(seed):
    """Every pair of a county has its journey, and every township a base in reach under the default settings."""
    case = city(seed)
    county = case.townships["county"]
    ends = case.travel[["township", "other"]].apply(lambda names: names.map(county))
    assert (ends["township"] == ends["other"]).all()
    sizes = county.value_counts()
    assert len(case.travel) == (sizes * (sizes - 1) // 2).sum()
    assert case.travel["hours"].between(0.05, 8).all()
    assert set(case.teams["county"]) == set(case.counties.index)
    for_all = case.teams[case.teams["field"] == ""].groupby("county").size()
    for name in case.counties.index:
        hours = travel_hours(case, name).to_numpy()
        bases = _greedy_cover(hours <= AreaTeams().travel_hours_max)
        assert for_all[name] >= bases, name


def _greedy_cover(near):
    left, bases = near.any(axis=0), 0
    while left.any():
        left = left & ~near[(near & left).sum(axis=1).argmax()]
        bases += 1
    return bases
