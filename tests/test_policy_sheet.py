"""The policy on the sheet of a workbook: it comes back, instruments can be switched on, faults have their cells."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import speaking
from devolve_opt.policy import Policy
from devolve_opt.policy_sheet import SheetKey, policy_from_sheet, sheet_keys
from devolve_opt.post_formulas import CategoryTilt
from devolve_opt.scenario import Scenario
from devolve_opt.views.template import write_template
from modelling import INSTRUMENTS, ROOT, everything_on, hand_scenario, pin

STEPS = [{"until": 1.0, "price": 1.0}, {"until": 1.2, "price": 2.0}]
LISTS: dict[str, Any] = {
    "goals": [{"term": "inequity", "tolerance": 0.1}, {"term": "choices_met", "at_least": 100.0}],
    "pins": [pin("007", "A"), pin("P2", "any", holds=False), pin("P3", "county_seat", reason="是")],
    "overload_steps": STEPS,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"guide_list_max": 99, "take_up_floor": "chosen", "hearing_powers_stay": False, "overload": "wall"},
    "words": {"own_list_categories": ("central",), "posts_rounding": "adams", "posts_formula": "4-3-3"},
    "no words": {"own_list_categories": (), "stations": {"measures": ()}},
    "tables": {"posts_formula": "custom", "posts_weights": {"gdp": 3.5}, "posts_tilt": {},
               "base_posts_tilt": {"key": 2}},
    "deep": {"stations": {"prices": {"appraisal": 21}, "hour_shares": {"appraisal": 0.2}},
             "offices": {"per_township": True, "prices": {"file_across": 1}}, "area_teams": {"mode": "one_to_one"}},
    "optional": {"listing_hours_max": 5000.5, "prices": {"choice_met": 41}},
    "more steps": {"overload_steps": [{"until": 1 + step / 10, "price": step} for step in range(6)]},
    **{name: {name: each} for name, each in (*INSTRUMENTS.items(), *LISTS.items())},
}  # fmt: skip


def on_sheet(policy: Policy) -> dict[str, Any]:
    """Return what a policy's sheet holds beside its keys."""
    return {key.name: key.own for key in sheet_keys(policy) if key.own is not None}


def read(**cells: Any) -> tuple[Policy, list[Fault]]:
    """Return the policy of a sheet and its faults; `__` in a name stands for a dot."""
    given = {name.replace("__", "."): value for name, value in cells.items()}
    names = dict.fromkeys([*(key.name for key in sheet_keys(Policy())), *given])
    return policy_from_sheet(given, {name: row for row, name in enumerate(names, start=2)}, "x.xlsx, sheet 政策")


def told(**cells: Any) -> list[str]:
    policy, faults = read(**cells)
    assert policy == Policy()
    assert all(fault.row and fault.column.endswith(f", cell B{fault.row}") for fault in faults)
    return [f"{fault.column.partition(',')[0]}: {fault.message}" for fault in faults]


# What is written comes back


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_policy_comes_back_from_its_sheet(settings):
    policy = Policy(**settings)
    cells = on_sheet(policy)
    assert cells, "what differs from the default stands there"
    assert policy_from_sheet(cells, {}, "") == (policy, [])


def test_every_instrument_is_among_them():
    assert {name for name in Policy.model_fields if Policy.model_fields[name].json_schema_extra} >= set(INSTRUMENTS)
    everything = everything_on(Policy(**LISTS))
    assert policy_from_sheet(on_sheet(everything), {}, "") == (everything, [])


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda path: path.stem)
def test_the_policies_of_the_scenarios_come_back(path):
    policy = Policy(**tomllib.loads(path.read_text(encoding="utf-8")).get("policy", {}))
    assert policy_from_sheet(on_sheet(policy), {}, "") == (policy, [])


def test_a_default_policy_leaves_the_sheet_blank():
    assert on_sheet(Policy()) == {}
    assert policy_from_sheet({}, {}, "") == (Policy(), [])


def test_a_workbook_keeps_every_instrument(tmp_path):
    hand = hand_scenario()
    policy = everything_on(hand.policy).replace(**LISTS)
    path = write_template(tmp_path / "hand.xlsx", hand.case, policy)
    assert Scenario.read(path).policy == policy


# What an office types


def test_words_go_in_chinese_and_as_the_policy_has_them():
    policy, faults = read(
        own_list_categories="中心镇，重点镇", take_up_floor="选择过的", posts_formula="433系数", phases="是",
        phases__batches="４", stations="YES", stations__measures="考核; daily_management",
        stations__prices__appraisal="5 ", goals__1__term="乡镇间不均",
        goals__1__tolerance="10%", pins__2__power=7.0, pins__2__township="A",
        pins__2__reason="文件", pins__2__holds="否",
    )  # fmt: skip
    assert not faults
    assert (policy.own_list_categories, policy.take_up_floor, policy.posts_formula) == (
        ("central", "key"),
        "chosen",
        "4-3-3",
    )
    assert policy.phases is not None and policy.phases.batches == 4
    assert policy.stations is not None and policy.stations.prices.appraisal == 5
    assert set(policy.stations.measures) == {"appraisal", "daily_management"}
    assert policy.goals[0].tolerance == 0.1
    assert policy.pins[0].decision == "A does not take 7"


def test_what_is_switched_off_stays_on_record_and_does_not_count():
    assert read(phases="否", phases__batches=5) == (Policy(), [])
    assert told(phases__batches=5) == [
        "phases.batches: counts only where phases is switched on: write 是 beside phases, or 否 if it is off."
    ]


def test_steps_of_overload_keep_their_defaults_where_they_are_blank():
    policy, _ = read(overload_steps__1__price=0.6)
    assert [(step.until, step.price) for step in policy.overload_steps] == [(1.0, 0.6), (1.1, 1.5), (1.3, 4.0)]
    policy, _ = read(overload_steps=1)
    assert len(policy.overload_steps) == 1


# Faults


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"phases": "maybe"}, "phases: must be yes or no (是 or 否)."),
        ({"phases": "是", "phases__batches": 99}, "phases.batches: must be at most 12."),
        ({"phases": "是", "phases__batches": "many"}, "phases.batches: must be a number"),
        ({"phases": "是", "phases__batches": 2.5}, "phases.batches: must be a whole number."),
        ({"hearing_powers_stay": 7}, "hearing_powers_stay: must be yes or no"),
        ({"take_up_floor": "some"}, "take_up_floor: some is none of the words; write 不作要求, 选择过的, 全部."),
        ({"own_list_categories": "中心镇、中心村"}, "own_list_categories: 中心村 is none of the words"),
        ({"own_list_categories": "街道"}, "own_list_categories: own_list_categories must be different"),
        ({"phasse": "是"}, "phasse: unknown key. Did you mean 'phases'?"),
        ({"goals__1__trem": "inequity"}, "goals.1.trem: unknown key. Did you mean 'goals.1.term'?"),
        ({"goals__2__tolerance": 0.1}, "goals.2.term: is missing; add it."),
        ({"goals__2__term": "inequity"}, "goals.2.term: a goal needs"),
        ({"goals": 0, "goals__2__term": "inequity", "goals__2__tolerance": 0}, "goals.2.term: stands beyond the 0"),
        ({"goals": "two"}, "goals: must be the number of entries"),
        ({"pins__1__power": "P1", "pins__1__reason": "x"}, "pins.1.power: a pin needs either"),
        ({"stations": "是", "stations__never_managed": "无"}, "stations.never_managed: stations.never_managed must"),
        ({"base_posts_share": 0.9, "revolving_posts_share": 0.2}, "base_posts_share: base_posts_share and revolving"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_cell(cells, message):
    found = told(**cells)
    assert found[0].startswith(message), found
    assert len(found) == 1, "once"


def test_every_fault_is_told_at_once():
    assert len(told(guide_list_max="many", phases="是", phases__batches=99, x=1, overload="none")) == 4


def test_faults_speak_chinese():
    with speaking("zh"):
        assert told(phases="maybe", guide_list_max="x") == [
            "guide_list_max: 必须是数字；请用数字填写，不带单位。", "phases: 必须填“是”或“否”。",
        ]  # fmt: skip


# The sheet itself


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    path: Path = write_template(tmp_path_factory.mktemp("template") / "empty.xlsx")
    return load_workbook(path)["政策"]


def keys_with(**attributes: Any) -> list[SheetKey]:
    return [key for key in sheet_keys(Policy()) if all(getattr(key, name) == each for name, each in attributes.items())]


def test_every_key_has_its_chinese_meaning_unit_and_source(sheet):
    rows = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=2)}
    assert list(rows) == [key.name for key in sheet_keys(Policy())]
    for key in sheet_keys(Policy()):
        _, _, default, unit, source, meaning = rows[key.name]
        assert any("\u4e00" <= mark <= "\u9fff" for mark in meaning), key.name
        assert str(key.about.description) in meaning
        assert default == key.default
        if key.kind == "value":
            assert unit and source, key.name


def test_switches_and_choices_have_drop_downs(sheet):
    offered = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    rows = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=2)}
    assert len(keys_with(kind="switch")) == len(INSTRUMENTS) + 2
    for key in sheet_keys(Policy()):
        formula = offered.get(f"B{rows[key.name]}")
        assert (formula is not None) == bool(key.words and not key.several), key.name
        if formula is not None:
            assert formula == f'"{",".join(key.words)}"'
            assert len(formula) <= 257, "Excel takes 255 characters"


def test_every_choice_has_its_chinese():
    for key in sheet_keys(Policy()):
        for word, code in zip(key.words, key.codes, strict=bool(key.codes)):
            assert word != code, key.name
        assert len(set(key.words)) == len(set(key.codes)) or not key.codes


def test_a_scenario_file_refuses_a_workbook_that_sets_a_policy_of_its_own(tmp_path):
    hand = hand_scenario()
    write_template(tmp_path / "hand.xlsx", hand.case, Policy(guide_list_max=99))
    file = tmp_path / "hand.toml"
    file.write_text('case = "hand.xlsx"\n', encoding="utf-8")
    with pytest.raises(
        InputError, match=r"政策, row \d+, column guide_list_max, cell B\d+, value '99': is set here, but"
    ):
        Scenario.read(file)
    write_template(tmp_path / "hand.xlsx", hand.case)
    assert Scenario.read(file).case.digest == hand.case.digest


def test_a_key_that_ends_like_the_heading_is_no_heading(tmp_path):
    hand = hand_scenario()
    policy = Policy(guide_list_max=3, base_list_max=1, posts_tilt=CategoryTilt(key=2.0))
    path = write_template(tmp_path / "hand.xlsx", hand.case, policy)
    book = load_workbook(path)
    sheet = book["政策"]
    # As an office would have it that deletes the rows it does not use: the tilt stands right under the heading.
    kept = {"guide_list_max": 3, "base_list_max": 1, "posts_tilt": "是", "posts_tilt.key": 2}
    sheet.delete_rows(1, sheet.max_row)
    for row in (("参数 key", "取值 value"), *kept.items()):
        sheet.append(row)
    book.save(path)
    assert Scenario.read(path).policy == policy


@pytest.mark.parametrize("key", ["goals.0.term", "goals.01.term", "pins.0.power", "goals.100000.term"])
def test_an_entry_without_a_number_from_1_is_unknown(key):
    assert any("unknown key" in fault for fault in told(**{key.replace(".", "__"): "overload"}))
