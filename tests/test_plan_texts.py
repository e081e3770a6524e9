"""Texts on plans in Chinese: nothing in them stays English, and every figure of the English text is there again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devolve_opt.audit import audit, describe
from devolve_opt.errors import InputError
from devolve_opt.language import joined, speaking
from devolve_opt.phase_plan import PhasePlan
from devolve_opt.plan import Decisions, Plan
from devolve_opt.prices import Prices
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.rules.interest import interest
from devolve_opt.rules.schedule import LIMITS
from devolve_opt.scenario import Change, Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.admission import Admission, Verdict, admit
from devolve_opt.studies.area_teams import compare_modes, site_teams
from devolve_opt.studies.offices import organise
from devolve_opt.studies.phases import phase
from devolve_opt.studies.solving import solve
from devolve_opt.views import page, run_folder
from devolve_opt.views.admission import admission_text, needs_text
from devolve_opt.views.declined import _reasons
from devolve_opt.views.losers import losers_text
from devolve_opt.views.offices import office_text
from devolve_opt.views.page import WIDTH, display_width, folded, padded, wrapped
from devolve_opt.views.phases import phase_lines
from devolve_opt.views.posts_folder import posts_text
from devolve_opt.views.reasons import list_reasons, officer_reasons, post_reasons, take_up_reasons
from devolve_opt.views.report import report_html
from devolve_opt.views.run_folder import earlier_files, write_run
from devolve_opt.views.stations import station_lines
from devolve_opt.views.summary import summary
from devolve_opt.views.supplement import plan_lines
from devolve_opt.views.supplements import supplements
from devolve_opt.views.tables import plan_tables
from devolve_opt.views.teams_folder import team_summary, team_supplement
from devolve_opt.vocabulary import Status
from modelling import ROOT, everything_on, hand_scenario, pin, with_everything

NUMBER = re.compile(r"(?:(?<![\w.])[+-])?(?<![A-Za-z0-9_.])\d+(?:,\d{3})*(?:\.\d+)?")
WORDS = re.compile(r"(?<![\w./\[-])[A-Za-z][a-z']+(?: [A-Za-z][a-z']+)+")
LONE = re.compile(r"(?<![\w./\[-])[a-z]{3,}(?![\w./\]=-])")
"""A word in small letters that is no key, no code and no name of a file."""
KEPT = ("declined", "exclusions", "admission", "wisn", "holder")
"""Names of tables, of a formula and of a column, which stay as they are."""
SENTENCES = {
    "declined": ["detail"], "withdrawn": ["detail"], "duties": ["detail"], "exclusions": ["article", "reason"],
    "caps": ["meaning", "unit", "place"], "stations": ["reason", "source"], "responsibilities": ["article"],
    "power_status": ["article"],
}  # fmt: skip
"""Columns of the tables that hold words for people; all others hold codes, names and figures."""


def in_both(text: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Return a text in English and in Chinese, unfolded, so that a line of one is a line of the other."""
    monkeypatch.setattr(page, "WIDTH", 100_000)
    told = text()
    with speaking("zh"):
        return told, text()


def assert_told_in_chinese(english: str, chinese: str, *own: str) -> None:
    """Assert that the Chinese is Chinese and has, line by line, the figures of the English.

    Args:
        english, chinese: the two texts, unfolded.
        own: words of the data, which stay as they are.
    """
    lines, told = english.splitlines(), chinese.splitlines()
    if len(lines) == len(told):
        for line, other in zip(lines, told, strict=True):
            assert Counter(NUMBER.findall(line)) == Counter(NUMBER.findall(other)), (line, other)
    else:
        assert Counter(NUMBER.findall(english)) == Counter(NUMBER.findall(chinese))
    for words in sorted(("SYNTHETIC DATA", *own), key=len, reverse=True):
        chinese = chinese.replace(words, "")
    assert WORDS.findall(chinese) == []
    assert [word for word in LONE.findall(chinese) if word not in KEPT] == []
    assert chinese.replace("（", "").isascii() is False


def own_words(scenario: Scenario) -> tuple[str, ...]:
    return scenario.title, scenario.data.title


@pytest.fixture(scope="module")
def hand() -> Plan:
    return solve(hand_scenario())


@pytest.fixture(scope="module")
def everything() -> Scenario:
    hand = hand_scenario()
    return Scenario(with_everything(hand.data), everything_on(hand.policy).replace(area_teams=None))


@pytest.fixture(scope="module")
def full(everything) -> Plan:
    """Return the plan of the hand case with every instrument, audited and told in Chinese from the start."""
    with speaking("zh"):
        return solve(everything)


@pytest.fixture(scope="module")
def pilot() -> Scenario:
    found = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    settings = {"phases": {}, "offices": {}, "area_teams": {}, "stations": {}, "duties": {}}
    return Scenario(found.case, found.policy.replace(**settings), title="Pilot")


@pytest.fixture(scope="module")
def by_rule(pilot) -> Plan:
    return solve(pilot, "ratio")


@pytest.mark.parametrize("text", [summary, losers_text, lambda plan: "\n".join(plan_lines(plan))])
@pytest.mark.parametrize("which", ["hand", "full", "by_rule"])
def test_a_plan_is_told_in_chinese(which, text, request, monkeypatch):
    plan = request.getfixturevalue(which)
    english, chinese = in_both(lambda: text(plan), monkeypatch)
    assert_told_in_chinese(english, chinese, *own_words(plan.scenario))


@pytest.mark.parametrize("which", ["hand", "full", "by_rule"])
def test_tables_hold_the_same_codes_and_figures_and_their_sentences_are_chinese(which, request):
    plan = request.getfixturevalue(which)
    english = plan_tables(plan)
    with speaking("zh"):
        chinese = plan_tables(plan)
    assert english.keys() == chinese.keys()
    for name, table in english.items():
        told = SENTENCES.get(name, [])
        pd.testing.assert_frame_equal(table.drop(columns=told), chinese[name].drop(columns=told))
        for column in told:
            for line, other in zip(table[column], chinese[name][column], strict=True):
                assert Counter(re.findall(r"\d+", line)) == Counter(re.findall(r"\d+", other)), (line, other)
                assert WORDS.findall(other) == [] and not set(LONE.findall(other)) - set(KEPT), other


def test_every_reason_to_decline_is_told_in_chinese(full):
    """All details are worked out for every row, whether or not they are the first that applies."""
    case, policy = full.scenario.data, full.scenario.policy
    rows = interest(case, policy)[["township", "power", "rounds", "cases", "hours", "officer_hours"]]
    rows = rows.reset_index(drop=True)
    for name, column in (("category", case.townships["category"]), ("field", case.powers["field"])):
        rows[name] = rows["township" if name == "category" else "power"].map(column)
    english = _reasons(full, case, policy, rows)
    with speaking("zh"):
        chinese = _reasons(full, case, policy, rows)
    for reason, (applies, details) in english.items():
        assert applies.equals(chinese[reason][0])
        for line, other in zip(details, chinese[reason][1], strict=True):
            assert Counter(NUMBER.findall(line)) == Counter(NUMBER.findall(other)), (reason, line, other)
            assert WORDS.findall(other) == [], other
    assert "执法工时/年，可用" in chinese["officer_hours"][1][0] and "负荷将达" in chinese["hours_stop"][1][0]


REASONS = {"lists": list_reasons, "take_up": take_up_reasons, "posts": post_reasons, "officers": officer_reasons}


@pytest.mark.parametrize("reasons", REASONS)
@pytest.mark.parametrize("mirrored", [False, True])
def test_why_a_plan_differs_is_told_in_chinese(hand, reasons, mirrored, monkeypatch):
    """Mirrored, the rule's plan is explained against the optimal one: what came is then what left."""
    assert hand.reference is not None
    plan, rule = (replace(hand.reference, reference=hand), hand) if mirrored else (hand, hand.reference)
    english, chinese = in_both(lambda: "\n".join(REASONS[reasons](plan, rule)), monkeypatch)
    assert_told_in_chinese(english, chinese)


def test_pins_goals_and_changes_are_told_in_chinese(monkeypatch):
    found = hand_scenario()
    pins = [
        pin("P3", "A", reason="为民"),
        pin("P4", "any", holds=False, reason="为民"),
        pin("P3", "base", reason="为民"),
    ]
    policy = found.policy.replace(pins=pins, goals=[{"term": "choices_met", "tolerance": 0.1}],
                                  prices=Prices(choice_met=41.0))  # fmt: skip
    case = found.case.replace(guide_list=pd.DataFrame({"power": ["P3"], "list": ["key"]}))
    with speaking("zh"):
        plan = solve(Scenario(found.case, policy, "甲", {"joint_cases": Change(scale=1.5)}))
    english, chinese = in_both(lambda: summary(plan), monkeypatch)
    assert_told_in_chinese(english, chinese, *own_words(plan.scenario))
    for words in (
        "A 承接 P3（为民）",
        "指导清单不列入 P4",
        "基础清单列入 P3",
        "选择得到满足：",
        "满足一轮选择 41",
        "joint_cases 由",
    ):
        assert words in chinese
    listed = solve(Scenario(case, found.policy, "乙"), method="ratio")
    english, chinese = in_both(lambda: summary(listed), monkeypatch)
    assert "政策没有为重点镇设清单" in chinese
    assert_told_in_chinese(english, chinese, *own_words(listed.scenario))


def test_broken_rules_are_told_in_chinese(everything):
    case, policy = everything.data, everything.policy
    towns, powers, lists = list(case.townships.index), list(case.powers.index), ["base", "central", "key"]

    def every(left: list[str], right: list[str], *columns: str) -> pd.DataFrame:
        return pd.MultiIndex.from_product([left, right], names=columns).to_frame(index=False).astype("str")

    listed = every(powers, lists, "power", "list")
    wrong = Decisions(
        guide_list=pd.concat([listed, listed]),
        take_up=every(towns, powers, "township", "power"),
        ready=pd.concat([every(towns, list(case.fields.index), "township", "field")] * 2),
        posts=pd.DataFrame(7, index=pd.Index(towns, name="township"),
                           columns=["base_posts", "floating_posts", "revolving_posts"]),
        officers=pd.DataFrame({"trained": 99, "moved_in": 3, "moved_out": 50}, index=pd.Index(towns, name="township")),
        returned=pd.DataFrame({"returned": 50}, index=pd.Index(towns, name="township")),
        led=pd.DataFrame({"township": towns * 2}),
        stations=pd.DataFrame({"station": case.stations.index, "status": "devolved"}),
        duties=every(towns, list(case.duties.index), "township", "duty"),
    )  # fmt: skip
    odd = Decisions(
        guide_list=pd.DataFrame({"power": ["P9"]}), take_up=pd.DataFrame({"township": ["A", "A"], "power": ["P3"] * 2}),
        ready=None, posts=pd.DataFrame({"base_posts": [1.5, -1.0, np.nan]}, index=["A", "B", "X"]),
        officers=wrong.officers.iloc[[0, 0]],
    )  # type: ignore[arg-type] # fmt: skip
    rules = set()
    tight = policy.replace(posts_moved_max=1, training_places_max=1)
    for decisions in (wrong, odd):
        english = audit(case, tight, decisions).breaches
        with speaking("zh"):
            chinese = audit(case, tight, decisions).breaches
            told = [str(breach) for breach in chinese]
            shown = describe(chinese[:3])
        assert [breach.rule for breach in english] == [breach.rule for breach in chinese]
        for breach, other in zip(english, told, strict=True):
            assert Counter(NUMBER.findall(str(breach))) == Counter(NUMBER.findall(other)), (breach, other)
            assert WORDS.findall(other) == [], other
            assert breach.rule in other
            rules.add(breach.rule)
        assert told[0] in shown
    assert len(rules) > 20, rules


def test_supplements_are_told_in_chinese(full, monkeypatch):
    monkeypatch.setattr(page, "WIDTH", 100_000)
    english = list(supplements(full, Control(60.0)))
    with speaking("zh"):
        chinese = list(supplements(full, Control(60.0)))
        stopped = Control()
        stopped.stop()
        without = [each.text for each in supplements(full, stopped)]
    assert [each.name for each in english] == ["phases", "offices"]
    assert_told_in_chinese(english[0].text, chinese[0].text)
    assert chinese[1].text.startswith("职能在办公室和中心的设置\n  未计算：")  # the case has no functions
    assert without == ["分批移交安排\n  未计算：求解已中止。\n", "职能在办公室和中心的设置\n  未计算：求解已中止。\n"]


@pytest.fixture(scope="module")
def batches(full) -> PhasePlan:
    return phase(full.scenario, full.decisions)


@pytest.mark.parametrize("status", [Status.PROVEN, Status.TIME_LIMIT, Status.INTERRUPTED, Status.SOLVER_FAILED])
def test_batches_are_told_in_chinese(batches, status, monkeypatch):
    held_up = batches.audit.powers.assign(state="left over", batch=0).iloc[:2]
    waiting = held_up[["township", "power"]].assign(limits="; ".join(LIMITS))
    late = replace(batches.audit, powers=pd.concat([held_up, batches.audit.powers.iloc[2:]]),
                   duties=batches.audit.duties.assign(batch=0))  # fmt: skip
    for plan in (batches, replace(batches, audit=late, bottlenecks=waiting)):
        shown = replace(plan, status=status, bound=-1.0 if status is not Status.PROVEN else plan.bound)
        english, chinese = in_both(lambda shown=shown: "\n".join(phase_lines(shown)), monkeypatch)
        assert_told_in_chinese(english, chinese)
    assert "年内不能开始" in chinese and "考试名额" in chinese


def test_offices_teams_and_post_formulas_are_told_in_chinese(pilot, monkeypatch):
    offices, teams = organise(pilot), site_teams(pilot)
    modes = compare_modes(pilot, teams)
    texts = {
        "offices": lambda: office_text(offices),
        "teams": lambda: team_summary(teams, modes),
        "supplement": lambda: team_supplement(teams).text,
        "posts": lambda: posts_text(pilot),
    }
    functions = [*offices.offices["name"], "base-weighted-mobile", "three-thirds-equal", "three-thirds-indicators",
                 "largest_remainder", "POLICY.md"]  # fmt: skip
    for name, text in texts.items():
        english, chinese = in_both(text, monkeypatch)
        assert_told_in_chinese(english, chinese, *own_words(pilot), *functions)
        # What the tables have as columns stands straight.
        if name == "posts":
            widths = {display_width(line[: line.index("%")]) for line in chinese.splitlines() if "%" in line}
            assert len(widths) == 1
    wanted = replace_status(offices)
    english, chinese = in_both(lambda: office_text(wanted), monkeypatch)
    assert "未证明：差距" in chinese and "NOT proven: gap" in english


def replace_status(plan):
    return replace(plan, templates=plan.templates.assign(status=str(Status.TIME_LIMIT), gap=0.125))


def test_stations_are_told_in_chinese(by_rule, monkeypatch):
    english, chinese = in_both(lambda: "\n".join(station_lines(by_rule)), monkeypatch)
    assert_told_in_chinese(english, chinese)


@pytest.fixture(scope="module")
def admission(full) -> Admission:
    powers = tuple(full.scenario.data.powers.index[:2])
    return admit(full, ProposedDuty(name="新职责", hours=60.0, hours_per_1000=1.5, officer_hours=10.0, powers=powers))


def test_an_admission_test_is_told_in_chinese(admission, monkeypatch):
    english, chinese = in_both(lambda: admission_text(admission), monkeypatch)
    assert_told_in_chinese(english, chinese, *own_words(admission.plan.scenario))


def test_every_verdict_is_told_in_chinese(admission, monkeypatch):
    first = admission.townships.iloc[0]
    more = {
        "gives_up_powers": "P1 (10), P2 (1,234), P3 (-5), P4 (4), P5 (6), P6 (7)", "gives_up_duties": "D1 (90)",
        "officers_short": 2, "persons_short": 3, "hours_short": 5_432.0, "caps_to_raise": "new_powers_max",
        "fields_to_ready": "F1, F2", "loss": 77.0, "worth": 88.0, "reason": "街道不承接权力",
    }  # fmt: skip
    rows = pd.DataFrame([{**first, **more, "verdict": str(verdict)} for verdict in Verdict])
    many = pd.concat([rows] * 13, ignore_index=True)
    many.loc[many["verdict"] == "needs", "loss"] = np.nan
    for shown in (replace(admission, townships=rows), replace(admission, townships=many)):
        english, chinese = in_both(lambda shown=shown: admission_text(shown), monkeypatch)
        assert_told_in_chinese(english, chinese, *own_words(admission.plan.scenario))
    assert "及另外" in chinese and "等" in chinese
    nothing = first.copy()
    for name in ("powers_to_take", "fields_to_ready", "caps_to_raise"):
        nothing[name] = ""
    nothing["officers_short"] = nothing["hours_short"] = 0
    with speaking("zh"):
        assert needs_text(nothing) == "无"


def test_a_run_is_written_and_reported_in_either_language(full, tmp_path, monkeypatch):
    """A report speaks its own language, whichever the run was written in."""
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {})
    with speaking("zh"):
        write_run(full, tmp_path / "run")
        assert (tmp_path / "run" / "summary.txt").read_text(encoding="utf-8").splitlines()[0].endswith("powers)")
    write_run(full, tmp_path / "english")
    assert "决定了什么" in (tmp_path / "run" / "summary.txt").read_text(encoding="utf-8")
    assert "What it decides" in (tmp_path / "english" / "summary.txt").read_text(encoding="utf-8")
    for run in ("run", "english"):
        told = report_html(tmp_path / run, "zh")
        assert "基础清单上的权力" in told and "powers on the base list" not in told
        assert "行政处罚法第10、18条" in told
        assert "powers on the base list" in report_html(tmp_path / run, "en")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("x", encoding="utf-8")
    with speaking("zh"), pytest.raises(InputError, match="不是本版本求解结果的文件夹"):
        earlier_files(tmp_path / "other")


PIECES = st.sampled_from(
    ["乡镇", "承接", "1,234,567", "T034", "posts_band", "，", "。", "（", "）", " ", "、", "：", "行政处罚法第", "90 %",
     "12 ", "工时/年", "policy.duties", "-3", "+52", "；", "“", "”", "编制", "三年"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=120).map("".join), st.sampled_from(["", "  ", "    "]))
def test_chinese_is_folded_between_its_characters_only(text, indent):
    line = indent + text.strip()
    with speaking("zh"):
        parts = folded(line)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", line)
    for part in parts[1:]:
        start = part.lstrip()
        assert part.startswith(f"{indent}  ") and start[0] not in "，。、；：）”%", parts
    tokens = Counter(re.findall(r"[A-Za-z0-9_.,+-]*[A-Za-z0-9]+", line))
    assert sum((Counter(re.findall(r"[A-Za-z0-9_.,+-]*[A-Za-z0-9]+", part)) for part in parts), Counter()) == tokens
    for part in parts[:-1]:
        assert not re.search(r"[（“]$|\d$", part), parts


def test_a_page_of_chinese_is_as_wide_as_one_of_english(full, by_rule):
    with speaking("zh"):
        for plan in (full, by_rule):
            lines = summary(plan).splitlines()
            assert max(map(display_width, lines)) <= WIDTH
            assert [line for line in lines if line.strip() and line.strip()[0] in "，。、；：）"] == []
        terms = [line for line in summary(full).splitlines() if line.endswith(("差额", "+160", "+395"))]
        assert len(terms) == 3 and len({display_width(line) for line in terms}) == 1
        assert wrapped("", ["甲 1", "乙 2"]) == ["甲 1；乙 2。"]
        assert (padded("乡镇", 6), padded("乡镇", -6), joined(["a", "b"])) == ("乡镇  ", "  乡镇", "a、b")
    assert (padded("乡镇", 6), padded("ab", -4)) == ("乡镇    ", "  ab")
