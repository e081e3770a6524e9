"""Goals before the rest of the worth: the rows as written and where they bind, and the order against plain solves."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.environ import Constraint
from typer.testing import CliRunner

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.cli import app
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.admission import admit
from devolve_opt.studies.alternatives import alternatives
from devolve_opt.studies.explaining import explain
from devolve_opt.studies.frontier import frontier
from devolve_opt.studies.robust import robustness
from devolve_opt.studies.solving import solve
from devolve_opt.views.explanation import explanation_text
from devolve_opt.views.summary import summary
from devolve_opt.views.wording import goals_not_proven, short_status, status_lines
from devolve_opt.vocabulary import Status, Term
from modelling import assert_rows, hand_model, hand_scenario, optimum, small_case, small_policy, with_and_without
from strategies import small_scenarios

DEAR = {"P1": {"support_hours": 300}, "P2": {"support_hours": 200}}
BOTH = {("T1", "P1"): 3, ("T1", "P2"): 3}


def dear(*goals):
    """T1 chose two powers in all rounds, 120 h each, which cost the county 300 and 200 h: by themselves, neither."""
    return small_case({"T1": {}}, DEAR, BOTH), small_policy(goals=goals)


def choices(at_least: float):
    return {"term": "choices_met", "at_least": at_least}


# The rows


def test_goal_part_counted_as_written():
    # 40 h a round: A chose P1 3, P2 3, P3 2 times, B P1 2, P3 3, P4 1, D P1 1, P3 3, P4 3.
    model = hand_model(goals=[choices(500)])
    part = "goal_part[0,{}]"
    assert_rows(
        model.goal_part_counted,
        {
            (0, "A"): part.format("A") + " - 120 taken[A,P1] - 120 taken[A,P2] - 80 taken[A,P3] <= 0",
            (0, "B"): part.format("B") + " - 80 taken[B,P1] - 120 taken[B,P3] - 40 taken[B,P4] <= 0",
            (0, "D"): part.format("D") + " - 40 taken[D,P1] - 120 taken[D,P3] - 120 taken[D,P4] <= 0",
        },
    )
    assert model.goal_part[0, "A"].bounds == (0, 320)


def test_goal_part_counted_binds():
    # 120 h of choices take the cheaper power: 120 - 200. Were parts not counted, nothing would have to be taken.
    assert with_and_without(build_model(*dear(choices(120))), "goal_part_counted") == (-80, 0)


def test_goal_reached_as_written():
    model = hand_model(goals=[choices(500), {"term": "posts_moved", "at_least": -300}])
    parts = "goal_part[0,A] + goal_part[0,B] + goal_part[0,D] >= 500"
    # One column a township: it stands in the row itself.
    posts = "- 150 posts_gained[A] - 150 posts_gained[B] - 150 posts_gained[D] >= -300"
    assert_rows(model.goal_reached, {0: parts, 1: posts})


def test_goal_reached_binds():
    assert with_and_without(build_model(*dear(choices(240))), "goal_reached") == (240 - 500, 0)


def test_a_goal_on_a_term_that_is_nothing_is_kept_or_cannot_be():
    case, _ = dear()
    for at_least, plan in ((0.0, True), (1.0, False)):
        scenario = Scenario(case, small_policy(goals=[{"term": "lent_returns", "at_least": at_least}]))
        if plan:
            assert solve(scenario, gap=0.0, threads=1).objective == 0
        else:
            with pytest.raises(NoPlanError):
                solve(scenario, gap=0.0, threads=1)


# In their order


def test_a_goal_is_solved_for_first_and_gives_way_by_its_tolerance():
    # Both powers are worth 240 h of choices; half of that may be lost, so the cheaper one stays.
    taken = {}
    for tolerance in (0.0, 0.5, 1.0):
        case, policy = dear({"term": "choices_met", "tolerance": tolerance})
        plan = solve(Scenario(case, policy, title="Dear"), gap=0.0, threads=1)
        taken[tolerance] = sorted(plan.take_up["power"]), plan.objective
        [goal] = plan.options["goals"]
        assert (goal["best"], goal["bound"]) == pytest.approx((240, 240))
        assert goal["at_least"] == pytest.approx(240 * (1 - tolerance), abs=1e-3)
        assert plan.scenario.policy.goals[0].at_least == goal["at_least"]
        assert "Goals before the rest of the worth" in summary(plan)
        assert "best found 240, at most 240" in summary(plan)
    assert taken == {0.0: (["P1", "P2"], -260), 0.5: (["P2"], -80), 1.0: ([], 0)}


def test_what_a_term_has_to_reach_binds_whatever_its_place():
    # The county may spend 200 h, so that only the cheaper power can be taken, although choices come first.
    case, policy = dear(
        {"term": "choices_met", "tolerance": 0.0}, {"term": "county_support", "at_least": -200},
        {"term": "inequity", "tolerance": 0.0},
    )  # fmt: skip
    plan = solve(Scenario(case, policy), gap=0.0, threads=1)
    assert list(plan.take_up["power"]) == ["P2"]
    assert [goal["best"] for goal in plan.options["goals"]] == pytest.approx([120, 0])


def test_who_stops_at_once_gets_the_best_plan_so_far_and_no_proof():
    scenario = hand_scenario()
    scenario = scenario.replace(policy={"goals": [{"term": "choices_met", "tolerance": 0.1}]})
    control = Control()
    control.stop()
    plan = solve(scenario, gap=0.0, threads=1, control=control)
    assert plan.status is Status.INTERRUPTED
    assert plan.audit.breaches == ()
    assert goals_not_proven(plan) == ["choices_met"]
    assert status_lines(plan)[0].startswith("Stopped by the user. Nothing is proven")


def test_a_goal_that_is_not_proven_leaves_the_plan_unproven():
    case, policy = dear({"term": "choices_met", "tolerance": 0.5})
    plan = solve(Scenario(case, policy), gap=0.0, threads=1)
    assert status_lines(plan) == ["Proven best: no plan that reaches its goals is worth more."]
    open_goal = {"term": "choices_met", "best": 240.0, "bound": None, "gap": None, "proven": False, "at_least": 120.0}
    late = replace(plan, status=Status.TIME_LIMIT, options={**plan.options, "goals": [open_goal]})
    proven, goal = status_lines(late)
    assert proven == "Proven best: no plan that reaches its goals is worth more."
    assert goal == "That choices_met cannot reach more is NOT proven."
    later = replace(late, bound=plan.objective + 8)
    assert status_lines(later)[0] == "Time was up: a gap of 10.00 % is NOT proven away."
    assert status_lines(later)[-1] == goal
    assert "goals are NOT proven" in short_status(late)


@pytest.mark.parametrize(
    "goal",
    [
        {"term": "county_support", "at_least": -1e6},
        pytest.param({"term": "inequity", "at_least": -1e6}, marks=pytest.mark.slow),
    ],
)
def test_what_ifs_leave_goals_that_bind_nobody_aside(goal):
    plain = hand_scenario()
    plans = [solve(one, gap=0.0, threads=1) for one in (plain, plain.replace(policy={"goals": [goal]}))]
    assert plans[0].objective == pytest.approx(plans[1].objective)
    for township, power in (("A", "P1"), ("D", "P3"), ("A", "P2")):
        without, with_it = (explain(plan, township, power) for plan in plans)
        assert with_it.facts["loss"] == pytest.approx(without.facts["loss"])
        assert "leaves the goals of the policy aside" in explanation_text(with_it)


def test_studies_that_cannot_see_goals_refuse_them():
    case, policy = dear(choices(120))
    plan = solve(Scenario(case, policy), gap=0.0, threads=1)
    with pytest.raises(InputError, match="which other data may not allow"):
        robustness(plan, 1)
    duty = ProposedDuty(name="A duty", hours=10.0)
    with pytest.raises(InputError, match="which a single township cannot see"):
        admit(plan, duty)
    case, policy = dear({"term": "choices_met", "tolerance": 0.1})
    with pytest.raises(InputError, match="solve the scenario by itself first"):
        alternatives(Scenario(case, policy))


def test_a_goal_of_overload_does_not_hide_what_would_have_to_give():
    # 40,000 h of 1.3 x 18,400.
    case = small_case({"T1": {"statutory_hours": 40_000}})
    told = []
    for goals in ([], [{"term": "overload", "at_least": -1e5}]):
        with pytest.raises(NoPlanError) as raised:
            solve(Scenario(case, small_policy(goals=goals)), gap=0.0, threads=1)
        assert "overload_steps" in str(raised.value)
        told.append([(one.key, round(one.amount)) for one in raised.value.conflict.relaxations])
    assert told[0] == told[1] == [("overload_steps", 40_000 - 23_920)]


@given(
    scenario=small_scenarios(),
    terms=st.permutations(["choices_met", "inequity", "readiness", "overload", "posts_moved"]),
    tolerance=st.sampled_from([0.0, 0.1]),
)
@settings(max_examples=examples(12), deadline=None)
def test_the_order_is_that_of_plain_solves_one_after_the_other(scenario, terms, tolerance):
    first, second = terms[:2]
    model = build_model(scenario.data, scenario.policy)
    expected = []
    for term in (first, second, None):
        model.total.set_value(model.term[term] if term else sum(model.term.values()))
        try:
            best = optimum(model)
        except NoPlanError:  # some rule can never hold
            best = float("-inf")
        if best == float("-inf"):
            expected = None
            break
        expected.append(best)
        if term:
            least = best - tolerance * abs(best) - 1e-6 * max(1.0, abs(best))
            model.add_component(f"held_{term}", Constraint(expr=model.term[term] >= least))
    goals = [{"term": term, "tolerance": tolerance} for term in (first, second)]
    ordered = Scenario(scenario.data, scenario.policy.replace(goals=goals))
    try:
        plan = solve(ordered, gap=0.0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        assert expected is None
        return
    assert expected is not None
    found = [goal["best"] for goal in plan.options["goals"]]
    assert [*found, plan.objective] == pytest.approx(expected, rel=1e-5, abs=1e-3)
    assert audit(scenario.data, plan.scenario.policy, plan.decisions).breaches == ()


def test_the_ratio_rule_need_not_reach_what_is_not_said():
    case, policy = dear({"term": "choices_met", "tolerance": 0.0})
    plan = solve(Scenario(case, policy), method="ratio", threads=1)
    assert plan.scenario.policy.goals == ()
    assert plan.bound == pytest.approx(0)


# What is not allowed


@pytest.mark.parametrize(
    ("goals", "words"),
    [
        ([{"term": "choices_met"}], "needs `tolerance` or `at_least`"),
        ([choices(1), choices(2)], "name choices_met twice"),
        ([{"term": "happiness", "tolerance": 0.1}], "goals"),
    ],
)
def test_goals_that_say_nothing_or_too_much_are_refused(goals, words):
    with pytest.raises(InputError, match=words):
        Policy(goals=goals)


def test_a_study_that_does_not_solve_for_goals_says_so():
    case, policy = dear({"term": "inequity", "tolerance": 0.1})
    with pytest.raises(InputError, match="at_least"):
        frontier(Scenario(case, policy), ["choices_met", "county_support"])


def test_what_was_reached_stands_in_the_record_of_a_run(tmp_path):
    file = tmp_path / "goal.toml"
    hand = (tmp_path / "hand").as_posix()
    runner = CliRunner()
    assert runner.invoke(app, ["synth", hand, "--size", "hand"]).exit_code == 0
    file.write_text(
        'title = "Choices first"\ncase = "hand"\n[[policy.goals]]\nterm = "choices_met"\ntolerance = 0.05\n', "utf-8"
    )
    done = runner.invoke(app, ["run", str(file), "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    [goal] = record["options"]["goals"]
    assert goal["term"] == Term.CHOICES_MET
    assert goal["at_least"] <= goal["best"] <= goal["bound"] + 1e-6
