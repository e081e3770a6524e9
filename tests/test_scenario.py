"""Scenarios: a case, changes to its data and a policy; read from a file with every fault at once."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd
import pytest

from cases import HEADER, faults_of, only_fault, set_cell, sound_folder, tiny_tables
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.policy import Policy
from devolve_opt.scenario import Change, Scenario


@pytest.fixture
def case() -> Case:
    return Case.from_tables(tiny_tables(), **HEADER)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a scenario file beside the tiny case (folder `case`)."""
    sound_folder(tmp_path)

    def file(text: str, name: str = "what-if.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return file


def changed(case: Case, **changes: Change) -> Case:
    return Scenario(case, changes={name.replace("__", "."): change for name, change in changes.items()}).data


# Reading.


def test_a_whole_scenario_is_read(write, tmp_path):
    path = write(
        'title = "Fewer powers"\ncase = "case"\n[policy]\nguide_list_max = 90\n[policy.prices]\nchoice_met = 50\n'
        '[changes.cases]\nscale = 2\nwhere = { county = "C2" }\n'
    )
    scenario = Scenario.read(path)
    assert scenario.title == "Fewer powers"
    assert scenario.policy == Policy(guide_list_max=90, prices={"choice_met": 50})
    assert scenario.changes == {"cases": Change(scale=2, where={"county": "C2"})}
    assert scenario.source == str(path)
    assert scenario.case.title == "Tiny case"
    assert scenario.input_hashes["what-if.toml"] == sha256(path.read_bytes()).hexdigest()
    assert scenario.input_hashes["case/votes.csv"] == sha256((tmp_path / "case/votes.csv").read_bytes()).hexdigest()


def test_a_scenario_may_name_its_case_only(write):
    scenario = Scenario.read(write('case = "case"\n'))
    assert scenario.title == "what-if"
    assert scenario.policy == Policy()
    assert scenario.changes == {}
    assert scenario.data is scenario.case


def test_a_mark_of_utf_8_at_the_start_is_passed_over(write):
    path = write("")
    path.write_bytes(b"\xef\xbb\xbf" + 'title = "甲"\ncase = "case"\n'.encode())
    assert Scenario.read(path).title == "甲"


def test_a_missing_file_is_told_with_its_path(tmp_path):
    fault = only_fault(Scenario.read, tmp_path / "none.toml")
    assert fault.file == str(tmp_path / "none.toml")
    assert "cannot be read" in fault.message
    assert "name a scenario file" in fault.message


def test_a_folder_is_no_scenario(tmp_path):
    assert "cannot be read" in only_fault(Scenario.read, tmp_path).message


def test_broken_toml_is_told_with_its_line(write):
    fault = only_fault(Scenario.read, write('case = "case"\ntitle = \n'))
    assert fault.file == "what-if.toml"
    assert "is not sound TOML" in fault.message
    assert fault.row == 2


def test_text_that_is_not_utf_8_is_told(write):
    path = write("")
    path.write_bytes('title = "甲"\ncase = "case"\n'.encode("gb18030"))
    assert only_fault(Scenario.read, path).message == "is not UTF-8 text; save it as UTF-8."


@pytest.mark.parametrize(
    ("text", "column", "value", "words"),
    [
        ('case = "case"\ntitel = "x"', "titel", None, "unknown key. Did you mean 'title'?"),
        ('case = "case"\ntitle = 3', "title", "3", "must be text."),
        ('title = "x"', "case", None, "must name the case's folder"),
        ('case = ""', "case", "", "must name the case's folder"),
        ("case = 3", "case", "3", "must name the case's folder"),
        ('case = "case"\npolicy = 3', "policy", "3", "must be a table: write [policy]."),
        ('case = "case"\nchanges = 3', "changes", "3", "must be a table: write [changes]."),
        ('case = "case"\n[policy]\nguide_list_mx = 3', "policy.guide_list_mx", "3", "Did you mean 'guide_list_max'?"),
        ('case = "case"\n[policy]\nchoice_floor = 3', "policy.choice_floor", "3", "at most 1"),
        ('case = "case"\n[policy.prices]\nchoice_mt = 3', "policy.prices.choice_mt", "3", "Did you mean 'choice_met'?"),
        ('case = "case"\n[policy]\nposts_formula = "custom"', "policy", None, "needs posts_weights"),
        ('case = "case"\n[changes]\ncases = 3', "changes.cases", "3", ""),
        ('case = "case"\n[changes.cases]\nscael = 3', "changes.cases.scael", "3", "Did you mean 'scale'?"),
        ('case = "case"\n[changes.cases]\nscale = -1', "changes.cases.scale", "-1", "at least 0"),
        ('case = "case"\n[changes.cases]\nadd = nan', "changes.cases.add", "nan", "finite"),
        ('case = "case"\n[changes.cases]\nadd = 2\nwhere = { county = 3 }', "changes.cases.where.county.str", "3", ""),
        ('case = "case"\n[changes.cases]\nscale = 2\nadd = 1', "changes.cases", None, "exactly one of scale, add, set"),
        ('case = "case"\n[changes.cases]\nwhere = { county = "C1" }', "changes.cases", None, "exactly one of"),
        ('case = "case"\n[changes.casez]\nscale = 2', "changes.casez", None, "Did you mean 'cases'?"),
        (
            'case = "case"\n[changes.cases]\nscale = 2\nwhere = { county = "C9" }',
            "changes.cases.where.county", "C9", "is found in no row of the case.",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_the_file_is_told_with_its_key(write, text, column, value, words):
    fault = next(fault for fault in faults_of(Scenario.read, write(text + "\n")) if fault.column == column)
    assert fault.file == "what-if.toml"
    if value is not None:
        assert fault.value == value
    assert words in fault.message


def test_a_wrong_folder_of_the_case_is_told(write):
    fault = faults_of(Scenario.read, write('case = "no-such"\n'))[0]
    assert "no-such" in str(fault)


def test_faults_of_file_policy_changes_and_case_are_told_at_once(write, tmp_path):
    set_cell(tmp_path / "case", "townships.csv", 3, "posts", "many")
    path = write(
        'case = "case"\ntitel = "x"\n[policy]\nguide_list_mx = 3\nchoice_floor = 2\n[changes.cases]\nscael = 2\n'
    )
    faults = faults_of(Scenario.read, path)
    assert sorted(fault.column for fault in faults) == sorted(
        ["titel", "policy.guide_list_mx", "policy.choice_floor", "changes.cases.scael", "posts"]
    )
    assert {fault.file for fault in faults} == {"what-if.toml", "townships.csv"}


def test_a_change_that_makes_the_data_unsound_is_told_on_reading(write):
    faults = faults_of(Scenario.read, write('case = "case"\n[changes.population]\nadd = -20000\n'))
    assert [fault.value for fault in faults] == ["-8000"]  # 12,000 - 20,000; the others stay above 0
    assert faults[0].file == "what-if.toml, after [changes]: townships"


@pytest.mark.parametrize("name", ["baseline", "hand", "pilot-district"])
def test_the_scenarios_of_the_repository_are_read(name, repository):
    scenario = Scenario.read(repository / "scenarios" / f"{name}.toml")
    assert scenario.case.synthetic
    assert scenario.case.notice


@pytest.fixture
def repository(request):
    return request.config.rootpath


def test_the_baseline_is_the_policy_s_default(repository):
    assert Scenario.read(repository / "scenarios" / "baseline.toml").policy == Policy()


# Changes.


def test_scale_add_and_set_do_what_they_say(case):
    assert case.cases["cases"].tolist() == [12, 30, 8.5, 4, 2]
    assert changed(case, cases=Change(scale=2)).cases["cases"].tolist() == [24, 60, 17, 8, 4]
    assert changed(case, cases=Change(scale=0)).cases["cases"].tolist() == [0, 0, 0, 0, 0]
    assert changed(case, cases=Change(add=1.5)).cases["cases"].tolist() == [13.5, 31.5, 10, 5.5, 3.5]
    assert changed(case, cases=Change(set=7)).cases["cases"].tolist() == [7, 7, 7, 7, 7]
    assert changed(case, cases=Change(set=0)).cases["cases"].tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("where", "doubled"),
    [
        ({"township": "T1"}, [True, True, False, False, False]),
        ({"township": ["T2", "T3"]}, [False, False, True, True, True]),
        ({"county": "C2"}, [False, False, False, True, True]),
        ({"category": ["county_seat", "general"]}, [True, True, True, False, False]),
        ({"type": "penalty"}, [True, False, False, True, False]),
        ({"field": "F2"}, [False, False, True, False, True]),
        ({"county": "C2", "type": "penalty"}, [False, False, False, True, False]),
        ({"holder": "county"}, [True] * 5),
        ({}, [True] * 5),
    ],
)
def test_where_selects_rows_by_own_columns_and_by_those_of_what_they_name(case, where, doubled):
    before = case.cases["cases"]
    after = changed(case, cases=Change(scale=2, where=where)).cases["cases"]
    assert (after / before == 2).tolist() == doubled
    assert (after == before).tolist() == [not flag for flag in doubled]


def test_where_selects_keyed_rows_by_id_and_by_column(case):
    by_id = changed(case, posts=Change(add=10, where={"id": ["T1", "S1"]}))
    assert by_id.townships["posts"].tolist() == [90, 30, 55, 70]
    by_column = changed(case, upkeep_hours=Change(set=1, where={"field": "F2"}))
    assert by_column.powers["upkeep_hours"].tolist() == [30, 20, 15, 1, 1]


def test_where_takes_yes_and_no_as_the_tables_write_them(case):
    after = changed(case, upkeep_hours=Change(scale=2, where={"entrustable": "yes"}))
    assert after.powers["upkeep_hours"].tolist() == [30, 20, 15, 50, 12]


def test_a_column_can_be_named_with_its_table(case):
    both = changed(case, townships__posts=Change(add=1)), changed(case, posts=Change(add=1))
    assert both[0].townships["posts"].tolist() == both[1].townships["posts"].tolist() == [81, 31, 56, 61]


def test_several_changes_apply_together(case):
    after = changed(case, cases=Change(scale=2), posts=Change(add=1), statutory_hours=Change(set=200_000))
    assert after.cases["cases"].tolist() == [24, 60, 17, 8, 4]
    assert after.townships["posts"].tolist() == [81, 31, 56, 61]
    assert after.townships["statutory_hours"].tolist() == [200_000] * 4


def test_whole_numbers_stay_whole(case):
    after = changed(case, posts=Change(scale=1.03))
    # 82.4, 30.9, 56.65, 61.8
    assert after.townships["posts"].tolist() == [82, 31, 57, 62]
    assert after.townships["posts"].dtype == case.townships["posts"].dtype == "int64"
    assert after.townships["statutory_hours"].dtype == "float64"


def test_small_whole_numbers_are_scaled_in_sum(case):
    # 5, 2, 3, 4 officers; a tenth of them is 1.4, and none of the four numbers by itself would round to 1.
    assert changed(case, certified_officers=Change(scale=0.1)).townships["certified_officers"].tolist() == [1, 0, 0, 0]


def test_a_whole_number_grows_by_whole_numbers(case):
    fault = only_fault(lambda: changed(case, posts=Change(add=0.4)))
    assert (fault.column, fault.value) == ("changes.posts", "0.4")
    assert fault.message == "must be whole: posts is counted in whole posts."


def test_a_change_may_be_given_as_in_a_scenario_file(case):
    assert Scenario(case, changes={"cases": {"scale": 2}}).changes["cases"] == Change(scale=2)
    fault = only_fault(lambda: Scenario(case, changes={"cases": {"scael": 2}}))
    assert fault.column == "changes.cases.scael"


def test_a_changed_scenario_names_no_file(write):
    scenario = Scenario.read(write('case = "case"\n'))
    assert scenario.source
    assert scenario.input_hashes
    changed = scenario.replace(policy={"guide_list_max": 3})
    assert changed.source == ""
    assert not changed.input_hashes


def test_a_notebook_shows_what_a_scenario_and_its_policy_change(case):
    scenario = Scenario(case, Policy(guide_list_max=7), "What <if>", {"cases": Change(scale=2)})
    shown = scenario._repr_html_()
    assert "What &lt;if&gt;" in shown
    assert "SYNTHETIC DATA" in shown
    assert "guide_list_max = 7" in shown
    assert "base_list_max" not in shown
    assert "cases: {&#x27;scale&#x27;: 2.0" in shown
    table = scenario.policy._repr_html_()
    assert "<td>guide_list_max</td><td><b>7</b></td><td>powers</td>" in table
    assert "<td>base_list_max</td><td>43</td>" in table


def test_a_scenario_is_made_of_a_case_and_a_policy(case):
    with pytest.raises(TypeError, match="case must be a Case, not str"):
        Scenario("models/hand")
    with pytest.raises(TypeError, match="policy must be a Policy, not dict"):
        Scenario(case, {"base_list_max": 3})


def test_the_case_itself_is_untouched(case):
    before = {name: table.copy() for name, table in case.tables.items()}
    scenario = Scenario(case, changes={"cases": Change(scale=3), "posts": Change(add=5)})
    assert scenario.data.cases["cases"].tolist() != before["cases"]["cases"].tolist()
    assert scenario.case is case
    for name, table in before.items():
        pd.testing.assert_frame_equal(case.tables[name], table)
    handed_out = scenario.data.townships
    handed_out["posts"] = 0
    assert scenario.data.townships["posts"].tolist() == [85, 35, 60, 65]


@pytest.mark.parametrize(
    ("name", "where", "column", "value", "words"),
    [
        ("casez", {}, "changes.casez", None, "is no column of numbers. Did you mean 'cases'?"),
        ("townships.popultion", {}, "changes.townships.popultion", None, "Did you mean 'population'?"),
        ("powers.posts", {}, "changes.powers.posts", None, "is no column of numbers."),
        ("name", {}, "changes.name", None, "is no column of numbers."),
        ("cases", {"kategory": "key"}, "changes.cases.where", "kategory", "Did you mean 'category'?"),
        ("cases", {"county": "C9"}, "changes.cases.where.county", "C9", "is found in no row of the case."),
        ("cases", {"county": ["C1", "C9"]}, "changes.cases.where.county", "C9", "is found in no row of the case."),
        ("cases", {"county": "C1", "township": "T3"}, "changes.cases", None, "selects no row of the case"),
        ("cases", {"township": []}, "changes.cases", None, "selects no row of the case"),
    ],
)
def test_a_change_that_means_nothing_is_told(case, name, where, column, value, words):
    fault = only_fault(lambda: Scenario(case, changes={name: Change(scale=2, where=where)}))
    assert (fault.column, fault.value) == (column, value)
    assert words in fault.message


def test_no_filter_is_suggested_that_would_be_refused_again(case):
    fault = only_fault(lambda: Scenario(case, changes={"cases": Change(scale=2, where={"id": "T1"})}))
    assert "no column to filter by" in fault.message
    assert "'id'" not in fault.message


def test_wrong_changes_are_told_at_once(case):
    faults = faults_of(
        lambda: Scenario(
            case, changes={"casez": Change(scale=2), "cases": Change(scale=2, where={"county": "C9"})}
        )
    )  # fmt: skip
    assert [fault.column for fault in faults] == ["changes.casez", "changes.cases.where.county"]


def test_a_column_of_several_tables_must_be_named_with_its_table(case, monkeypatch):
    """No two tables of today's schema share a column of numbers, so two are made to."""
    from devolve_opt import schema as module

    known = module.numeric_columns()
    twin = {**known, "posts": [*known["posts"], *known["cases"]]}
    monkeypatch.setattr(module, "numeric_columns", lambda: twin)
    fault = only_fault(lambda: Scenario(case, changes={"posts": Change(scale=2)}))
    assert fault.message == "is a column of several tables; write townships.posts or cases.cases."
    assert changed(case, townships__posts=Change(add=1)).townships["posts"].tolist() == [81, 31, 56, 61]


def test_results_that_the_schema_refuses_are_told(case):
    faults = faults_of(lambda: changed(case, statutory_hours=Change(add=-90_000)))
    assert [fault.value for fault in faults] == ["-48000", "-10000"]  # 42,000 and 80,000 less 90,000
    assert {fault.column for fault in faults} == {"statutory_hours"}
    share = faults_of(lambda: changed(case, simple_share=Change(add=0.5)))
    assert [fault.value for fault in share] == ["1.3"]  # 0.8 + 0.5; the share of P3 becomes 1, which is allowed


@pytest.mark.parametrize("keys", [{}, {"scale": 2, "add": 3}, {"add": 1, "set": 1}, {"where": {"county": "C1"}}])
def test_a_change_made_in_python_needs_exactly_one_of_scale_add_set_too(case, keys):
    with pytest.raises((InputError, ValueError), match="exactly one of"):
        changed(case, cases=Change(**keys))


# Replace.


def test_replace_gives_a_changed_copy(case):
    before = Scenario(case, Policy(guide_list_max=90), "Before")
    after = before.replace(policy={"base_list_max": 3}, title="After", changes={"cases": Change(scale=2)})
    assert (after.policy.base_list_max, after.policy.guide_list_max) == (3, 90)
    assert after.title == "After"
    assert after.data.cases["cases"].tolist() == [24, 60, 17, 8, 4]
    assert (before.title, before.policy, before.data) == ("Before", Policy(guide_list_max=90), case)
    assert before.replace(policy=Policy()).policy == Policy()


def test_replace_tells_wrong_keys_and_changes(case):
    scenario = Scenario(case)
    assert only_fault(lambda: scenario.replace(policy={"base_list_mx": 3})).column == "base_list_mx"
    assert only_fault(lambda: scenario.replace(changes={"casez": Change(add=1)})).column == "changes.casez"
