"""The admission test: each verdict by hand, what is given up against every choice, plans back from their folders."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.case import Case
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import set_start
from devolve_opt.plan import Decisions, Plan
from devolve_opt.proposed_duty import ProposedDuty, read_duty
from devolve_opt.rules.admission import with_proposed
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.matrix import compile_matrix, reduced
from devolve_opt.studies.admission import Verdict, admit
from devolve_opt.studies.runs import read_run
from devolve_opt.studies.solving import solve
from devolve_opt.views.admission import RECORD, admission_text, write_admission
from devolve_opt.views.plots.admission import admission_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.vocabulary import Method
from modelling import ROOT, hand_model, hand_scenario, small_case, small_policy, with_duties, with_stations
from strategies import small_scenarios
from test_cli import BAD_INPUT, DONE, shell, told

# Every township has 18,400 h and a county of its own, so that no post moves. P1 takes no hours, P2 300.
TOWNS = {
    "T1": {"county": "C1", "statutory_hours": 17_000.0},
    "T2": {"county": "C2", "statutory_hours": 18_000.0},
    "T3": {"county": "C3", "statutory_hours": 18_350.0},
    "T4": {"county": "C4", "statutory_hours": 10_000.0},
    "T5": {"county": "C5", "statutory_hours": 10_000.0},
    "S1": {"county": "C6", "category": "subdistrict"},
}
VOTES = {("T1", "P1"): 3, ("T2", "P1"): 3, ("T2", "P2"): 3, ("T3", "P1"): 3}
POWERS = {"P1": {}, "P2": {"upkeep_hours": 300.0}, "P3": {}, "P4": {"restricts_liberty": True}}
PATROL = ProposedDuty(name="巡查", hours=150, powers=("P1",))


def case_of_verdicts() -> Case:
    case = small_case(TOWNS, POWERS, VOTES)
    return case.replace(refusals=case.refusals.reindex([0]).assign(county="C5", power="P1", reason="no staff"))


@pytest.fixture(scope="module")
def plan() -> Plan:
    policy = small_policy(prices={"choice_met": 100})
    return solve(Scenario(case_of_verdicts(), policy, "By hand"), gap=0.0, threads=1)


@pytest.fixture(scope="module")
def verdicts(plan):
    return admit(plan, PATROL).townships.set_index("township")


def test_the_plan_of_the_verdicts_is_as_thought(plan):
    taken = plan.take_up.to_numpy().tolist()
    assert taken == [["T1", "P1"], ["T2", "P1"], ["T2", "P2"], ["T3", "P1"]]


def test_who_holds_the_power_and_has_the_hours_carries_it(verdicts):
    row = verdicts.loc["T1"]
    # 17,150 h of 18,400; 150 more hours above 90 % at 0.5; worth 1.5 each.
    assert (row["verdict"], row["loss"], row["worth"]) == (Verdict.CARRIES, pytest.approx(75), 225)
    assert row["held_fixed"] == "the whole plan"


def test_who_has_no_room_gives_up_what_is_worth_least(verdicts):
    row = verdicts.loc["T2"]
    # 18,300 + 150 h are 50 above the hours there. Without P2 (three rounds at 100) 18,150 h: overload falls by 75.
    assert (row["verdict"], row["gives_up_powers"], row["gives_up_duties"]) == (Verdict.DISPLACES, "P2 (300)", "")
    assert row["loss"] == pytest.approx(300 - 75)
    assert (row["hours_short"], row["persons_short"]) == (pytest.approx(50), 1)


def test_who_has_nothing_to_give_up_needs_hours(verdicts):
    row = verdicts.loc["T3"]
    assert (row["verdict"], row["hours_short"], row["persons_short"]) == (Verdict.NEEDS, pytest.approx(100), 1)
    assert row["powers_to_take"] == row["gives_up_powers"] == ""
    assert pd.isna(row["loss"])


def test_who_lacks_the_power_needs_to_take_it(verdicts):
    row = verdicts.loc["T4"]
    assert (row["verdict"], row["powers_to_take"], row["powers_to_list"], row["fields_to_ready"]) == (
        Verdict.NEEDS, "P1", "", "F2",
    )  # fmt: skip
    assert row["loss"] == pytest.approx(0)


def test_who_may_not_hold_the_power_is_barred(verdicts):
    assert verdicts.loc[["T5", "S1"], "verdict"].tolist() == [Verdict.BARRED, Verdict.BARRED]
    assert verdicts.loc["T5", "reason"] == "power P1 is not opened by C5"
    assert verdicts.loc["S1", "reason"] == "a subdistrict takes no powers"


def test_what_law_forbids_names_its_article(plan):
    found = admit(plan, ProposedDuty(name="x", hours=1, powers=("P4",), categories=("general",)))
    assert set(found.townships["verdict"]) == {Verdict.BARRED}
    assert found.townships["reason"].str.contains("行政处罚法 10, 18").all()
    assert found.decisions.duties.empty


def test_a_power_on_no_list_has_to_be_listed(plan):
    row = admit(plan, ProposedDuty(name="x", hours=1, powers=("P3",), townships=("T1",))).townships.iloc[0]
    assert (row["verdict"], row["powers_to_take"], row["powers_to_list"]) == (Verdict.NEEDS, "P3", "P3")


@pytest.mark.parametrize("most, power, told", [(1, "P3", "new_powers_max"), (2, "P3", ""), (1, "P1", "")])
def test_a_power_beyond_what_a_township_may_take_is_told(most, power, told):
    # T1 takes P1; the duty takes what it has, or one more.
    case = small_case({"T1": TOWNS["T1"]}, POWERS, {("T1", "P1"): 3})
    plan = solve(Scenario(case, small_policy(new_powers_max=most)), gap=0.0, threads=1)
    [row] = admit(plan, ProposedDuty(name="x", hours=1, powers=(power,))).townships.to_dict("records")
    assert row["caps_to_raise"] == told


@pytest.mark.parametrize("cases, told", [(10.0, ""), (1.0, "retention.share_max")])
def test_powers_that_would_hardly_be_used_are_told(cases, told):
    # T1 takes P1 with 10 cases a year; P3 has as many, or 1 of the 5 below which it is likely to be withdrawn.
    arising = {("T1", "P1"): 10.0, ("T1", "P3"): cases}
    case = small_case({"T1": TOWNS["T1"]}, POWERS, {("T1", "P1"): 3}, arising)
    policy = small_policy(use_min=5.0, retention={"share_max": 0.4, "price": 1000})
    plan = solve(Scenario(case, policy.replace(guide_list_max=1)), gap=0.0, threads=1)
    assert plan.take_up["power"].tolist() == ["P1"]
    [row] = admit(plan, ProposedDuty(name="x", hours=1, powers=("P3",))).townships.to_dict("records")
    assert row["caps_to_raise"] == told


def test_officers_are_counted_whole(plan):
    # An officer has 1,472 h for enforcement.
    row = admit(plan, ProposedDuty(name="x", hours=1_500, officer_hours=1_473, townships=("T4",))).townships.iloc[0]
    assert (row["verdict"], row["officers_short"], row["hours_short"]) == (Verdict.NEEDS, 2, 0)


@pytest.mark.parametrize(("at_minimum", "each", "short"), [(1, 1, 0), (0, 1, 1), (2, 0, 0)])
def test_officers_cover_the_fields_of_their_own_township(at_minimum, each, short):
    """T2 would be ready in its first field with penalties; the others are so already, and it has no officer."""
    towns = {name: {} for name in ("T1", "T2", "T3")}
    case = small_case(towns, {"P1": {"type": "penalty"}}, readiness=(("T1", "F1"), ("T3", "F1")))
    policy = small_policy(fields_at_minimum=at_minimum, fields_per_officer=each)
    plan = solve(Scenario(case, policy), gap=0.0, threads=1)
    row = admit(plan, ProposedDuty(name="x", hours=1, powers=("P1",), townships=("T2",))).townships.iloc[0]
    assert (row["fields_to_ready"], row["officers_short"], row["caps_to_raise"]) == ("F1", short, "")


def test_what_counties_did_not_open_has_to_be_opened():
    policy = small_policy(prices={"choice_met": 100}, county_opening={"price": 1})
    opened = solve(Scenario(case_of_verdicts(), policy), gap=0.0, threads=1)
    row = admit(opened, ProposedDuty(name="x", hours=1, powers=("P1",), townships=("T4",))).townships.iloc[0]
    assert (row["verdict"], row["powers_to_take"], row["powers_to_open"]) == (Verdict.NEEDS, "P1", "P1")


def test_a_duty_it_carries_may_go_for_another():
    # 18,300 + 60 h; the new duty takes 90 and worth decides nothing: it is what is asked.
    case = with_duties(
        small_case({"T1": {"statutory_hours": 18_300.0}}), {"D1": {"hours": 60.0}, "D2": {"hours": 30.0}}
    )
    policy = small_policy(duties={"worth": 2.0})
    before = solve(Scenario(case, policy), gap=0.0, threads=1)
    assert before.decisions.duties["duty"].tolist() == ["D1", "D2"]
    row = admit(before, ProposedDuty(name="x", hours=65)).townships.iloc[0]
    # 10 h are left; D1 goes and D2 stays: 2 x 60 less, 5 h more of overload at 0.5.
    assert (row["verdict"], row["gives_up_duties"]) == (Verdict.DISPLACES, "D1 (120)")
    assert row["loss"] == pytest.approx(120 + 2.5)
    # Where a least share is asked, no duty goes.
    kept = solve(Scenario(case, policy.replace(duties={"matched_share_min": 0.5})), gap=0.0, threads=1)
    assert admit(kept, ProposedDuty(name="x", hours=65)).townships["verdict"].tolist() == [Verdict.NEEDS]


def test_without_time_a_township_is_unsettled(plan):
    rows = admit(plan, PATROL, time_limit=0).townships.set_index("township")["verdict"]
    assert rows["T1"] == Verdict.CARRIES
    assert rows["T2"] == rows["T3"] == Verdict.UNSETTLED


def test_a_plan_that_breaks_rules_is_refused(plan):
    broken = replace(
        plan, audit=audit(plan.scenario.data, plan.scenario.policy.replace(guide_list_max=0), plan.decisions)
    )
    with pytest.raises(InputError, match="breaks rules"):
        admit(broken, PATROL)


def least_loss(plan: Plan, duty: ProposedDuty, township: str) -> float | None:
    """Return the least loss over every set of powers that a township may give up for the duty, by the audit alone."""
    case, policy, name = with_proposed(plan.scenario.data, plan.scenario.policy, duty, [township])
    taken = plan.decisions.take_up
    mine = taken.index[taken["township"] == township]
    carried = pd.DataFrame({"township": [township], "duty": [name]}, dtype="str")
    best = None
    for size in range(len(mine) + 1):
        for gone in combinations(mine, size):
            kept = taken.drop(index=list(gone)).reset_index(drop=True)
            used = set(zip(kept["township"], kept["power"].map(case.powers["field"]), strict=True))
            ready = plan.decisions.ready
            for made in (ready, ready[[pair in used for pair in ready.itertuples(index=False, name=None)]]):
                decided = replace(plan.decisions, take_up=kept, ready=made.reset_index(drop=True), duties=carried)
                found = audit(case, policy, decided)
                if not found.breaches:
                    loss = plan.objective - found.objective + 1.5 * duty.hours
                    best = loss if best is None else min(best, loss)
    return best


@settings(max_examples=examples(6), deadline=None)
@given(small_scenarios(), st.sampled_from([30.0, 400.0, 1_200.0]), st.sampled_from([0.0, 300.0]))
def test_what_is_given_up_is_the_least_of_every_choice(random, hours, of_officers):
    try:
        before = solve(random, gap=0.0, threads=1, explain=False)
    except NoPlanError:
        assume(False)
    duty = ProposedDuty(name="x", hours=hours, officer_hours=min(hours, of_officers))
    for row in admit(before, duty).townships.to_dict("records"):
        best = least_loss(before, duty, row["township"])
        # It takes no power, so whoever cannot carry it as it stands lacks hours or officers.
        if row["verdict"] == Verdict.NEEDS:
            assert best is None
            assert row["hours_short"] > 0 or row["officers_short"] > 0
        elif row["verdict"] == Verdict.DISPLACES:
            assert row["loss"] == pytest.approx(best, rel=1e-6, abs=1e-3)
        else:
            assert row["verdict"] == Verdict.CARRIES
            assert best <= row["loss"] + 1e-3


def test_a_reduced_matrix_is_the_whole_with_columns_fixed():
    model = hand_model(duties={})
    whole = compile_matrix(model)
    set_start(model, ratio_decisions(model.case, model.policy))
    values = whole.values()
    free = whole.columns_of("taken", "overload", "shortfall")
    part = reduced(whole, free, values)
    assert part.rows.shape[1] == free.sum() < len(values)
    assert part.objective(values[free]) == pytest.approx(whole.objective(values))
    assert part.violation(values[free]) == pytest.approx(0, abs=1e-9)
    worse = np.where(whole.columns_of("taken")[free], 1.0, values[free])
    both = values.copy()
    both[free] = worse
    assert part.violation(worse) > 0 < whole.violation(both)


# Text, figure, folder


def test_text_and_folder_tell_every_verdict_and_what_was_held_fixed(plan, tmp_path):
    found = admit(plan, PATROL)
    text = admission_text(found)
    for words in ("SYNTHETIC", "Carries: 1", "Displaces: 1", "P2 (300)", "Needs: 2", "Barred: 2", "Held fixed"):
        assert words in text
    folder = write_admission(found, tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        "admission.csv", "admission.parquet", "admission.png", "admission.svg", "admission.txt", "solver.log", RECORD,
    }  # fmt: skip
    table = pd.read_csv(folder / "admission.csv", encoding="utf-8-sig")
    assert table["synthetic"].all()
    assert table["held_fixed"].notna().all()
    words = [item.get_text() for item in admission_figure(found).findobj(lambda item: hasattr(item, "get_text"))]
    assert "SYNTHETIC DATA" in words


def test_duties_that_the_plan_leaves_out_are_told(plan):
    case = with_duties(plan.scenario.data, {"D1": {"hours": 60.0}})
    ignoring = solve(plan.scenario.replace(case=case), gap=0.0, threads=1)
    assert "CAUTION: the plan leaves the case's 1 other duty out" in admission_text(admit(ignoring, PATROL))


# The file of a duty


def test_a_duty_file_is_read(tmp_path):
    path = tmp_path / "duty.toml"
    path.write_text('name = "巡查"\nhours = 20\npowers = ["P1"]\ncategories = ["general"]\n', encoding="utf-8")
    duty = read_duty(path, case_of_verdicts())
    assert duty == ProposedDuty(name="巡查", hours=20.0, powers=("P1",), categories=("general",))
    assert duty.laid_on(case_of_verdicts()) == ["T1", "T2", "T3", "T4", "T5"]


def test_every_fault_of_a_duty_file_is_told(tmp_path):
    path = tmp_path / "duty.toml"
    path.write_text('nam = "x"\nhours = "20"\npowers = ["P9"]\ntownships = ["T11"]\n', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_duty(path, case_of_verdicts())
    text = str(raised.value)
    for words in (
        "Did you mean 'name'?",
        "name: is missing",
        "leave the quotation marks out",
        "'P9'",
        "Did you mean 'T1'?",
    ):
        assert words in text
    path.write_text(
        'name = "x"\nhours = 1\nofficer_hours = 2\ntownships = ["T1"]\ncategories = ["key"]\n', encoding="utf-8"
    )
    with pytest.raises(InputError) as raised:
        read_duty(path, case_of_verdicts())
    assert [fault.column for fault in raised.value.faults] == ["officer_hours", "categories"]
    path.write_text('name = "x"\nhours = 1\ncategories = ["key"]\n', encoding="utf-8")
    with pytest.raises(InputError, match="no township of the case"):
        read_duty(path, case_of_verdicts())
    path.write_text('name = "x"\nhours = 1\npowers = ["P1", "P1"]\ntownships = []\n', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_duty(path, case_of_verdicts())
    assert [(fault.column, fault.value) for fault in raised.value.faults] == [("powers", "P1"), ("townships", None)]


# Plans back from their folders


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with the hand case and duties, its scenario, and a run of it."""
    place = tmp_path_factory.mktemp("runs")
    case = with_duties(hand_scenario().case, {"D1": {"hours": 40.0}, "D2": {"hours": 60.0}}, {"D1": ["P3"]})
    case = with_stations(case, A1={"township": "A"}, A2={"township": "B"})
    case.write(place / "case")
    text = (ROOT / "scenarios" / "hand.toml").read_text(encoding="utf-8").replace("../models/hand", "case")
    free = "hour_price = 0\nprices = { daily_management = 0, appraisal = 0, performance_pay = 0 }\n"
    more = f"\n[policy.duties]\n\n[policy.lent_returns]\n\n[policy.stations]\n{free}"
    more += "\n[policy.office_heads]\nhours = 3000\nleader_price = 0\n\n[changes]\ncases = { scale = 1.5 }\n"
    (place / "hand.toml").write_text(text + more, encoding="utf-8")
    (place / "duty.toml").write_text('name = "巡查"\nhours = 30\npowers = ["P3"]\n', encoding="utf-8")
    found = solve(Scenario.read(place / "hand.toml"), gap=0.0, threads=1)
    write_run(found, place / "run")
    return place, found


def test_a_run_read_back_is_the_plan(kept):
    place, found = kept
    again = read_run(place / "run", Case.read(place / "case"))
    assert again.objective == pytest.approx(found.objective)
    assert (again.status, again.audit.breaches) == (found.status, ())
    assert again.scenario.policy == found.scenario.policy
    assert again.reference.method is Method.RATIO and again.reference.reference is None
    assert again.reference.objective == pytest.approx(found.reference.objective)
    pd.testing.assert_frame_equal(again.steps, found.steps, check_dtype=False)
    for name in ("stations", "duties", "led"):
        assert len(getattr(found.decisions, name)), name
    for name in (each.name for each in fields(Decisions)):
        one, other = getattr(again.decisions, name), getattr(found.decisions, name)
        assert sorted(map(str, one.reset_index().to_numpy().tolist())) == sorted(
            map(str, other.reset_index().to_numpy().tolist())
        ), name


def test_a_case_that_has_changed_is_named(kept, tmp_path):
    place, _ = kept
    shutil.copytree(place / "case", tmp_path / "case")
    text = (tmp_path / "case" / "townships.csv").read_text(encoding="utf-8")
    (tmp_path / "case" / "townships.csv").write_text(text.replace("17000", "17001"), encoding="utf-8", newline="")
    with pytest.raises(InputError, match=r"the case has changed since this run: townships\.csv"):
        read_run(place / "run", Case.read(tmp_path / "case"))


def test_tables_that_do_not_give_the_stated_worth_are_refused(kept, tmp_path):
    place, _ = kept
    shutil.copytree(place / "run", tmp_path / "run")
    path = tmp_path / "run" / "tables" / "take_up.parquet"
    pd.read_parquet(path).iloc[1:].to_parquet(path)
    with pytest.raises(InputError, match="its manifest says"):
        read_run(tmp_path / "run", Case.read(place / "case"))
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path / "run", Case.read(place / "case"))


# The shell


def test_admit_takes_a_run_a_scenario_or_a_case(kept):
    place, _ = kept
    ways = {
        "run": ("case", "duty.toml", "--run", "run"),
        "scenario": ("hand.toml", "duty.toml"),
        "policy": ("case", "duty.toml", "--scenario", "hand.toml"),
    }
    tables = {}
    for way, arguments in ways.items():
        done = shell("admit", *arguments, "--out", f"{way}-out", "--gap", "0", cwd=place)
        assert done.returncode == DONE, done.stderr
        assert "Admission test: 巡查" in done.stdout
        tables[way] = (place / f"{way}-out" / "admission.csv").read_text(encoding="utf-8-sig")
        # What the plan is worth, and how far it is proven, stands in the record and in the text.
        beneath = json.loads((place / f"{way}-out" / "admission.json").read_text(encoding="utf-8"))["plan"]
        assert set(beneath) == {"title", "method", "status", "objective", "bound", "gap"}
        assert (beneath["status"], beneath["gap"]) == ("proven", 0)
        told_worth = (
            f"worth {beneath['objective']:,.0f} staff-hours a year (bound {beneath['bound']:,.0f}, gap 0.00 %)."
        )
        text = (place / f"{way}-out" / "admission.txt").read_text(encoding="utf-8")
        assert told_worth in " ".join(text.split())
    assert tables["run"] == tables["scenario"] == tables["policy"]


def test_admit_tells_bad_input(kept):
    place, _ = kept
    (place / "wrong.toml").write_text('name = "x"\nhours = -1\npowers = ["P33"]\n', encoding="utf-8")
    done = shell("admit", "case", "wrong.toml", "--run", "run", cwd=place)
    assert done.returncode == BAD_INPUT
    assert "2 faults" in told(done)
    done = shell("admit", "case", "duty.toml", "--run", "run", "--scenario", "hand.toml", cwd=place)
    assert done.returncode == BAD_INPUT
    assert "give one of them" in told(done)
    assert not (place / "runs").exists()


def test_verdicts_are_about_the_proposed_duty_alone():
    # Another duty, whose name comes after that of any proposed one, is laid on T1 and T4.
    case = with_duties(case_of_verdicts(), {"zzz": {"hours": 10.0}}, None, {"zzz": ["T1", "T4"]})
    plan = solve(Scenario(case, small_policy(duties={"load_max": 1.3})), gap=0.0, threads=1)
    found = admit(plan, PATROL).townships
    assert found["township"].tolist() == ["T1", "T2", "T3", "T4", "T5", "S1"]
