"""Every kind of figure, drawn from small inputs made by hand: the same figures whatever a search comes upon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.audit import audit
from devolve_opt.country import Country
from devolve_opt.instruments import TeamMode
from devolve_opt.phase_plan import PhaseAudit, PhaseDecisions, PhasePlan
from devolve_opt.plan import Plan
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.rules.formulas_compared import formulas_compared, formulas_in_short
from devolve_opt.rules.schedule import LIMITS
from devolve_opt.scenario import Scenario
from devolve_opt.studies.admission import Admission
from devolve_opt.studies.alternatives import Alternatives
from devolve_opt.studies.choice_rules import IN_FORCE, ChoiceRules
from devolve_opt.studies.country import CountryPlan
from devolve_opt.studies.discovery import Condition, Discovery
from devolve_opt.studies.discovery import _boxes as discovery_boxes
from devolve_opt.studies.even_plans import EvenPlan
from devolve_opt.studies.explaining import Effect, Explanation
from devolve_opt.studies.frontier import Frontier
from devolve_opt.studies.offices import OfficePlan
from devolve_opt.studies.robust import Robustness
from devolve_opt.studies.sensitivity import MEASURES, Sensitivity
from devolve_opt.studies.side_by_side import SideBySide
from devolve_opt.studies.solving import solve
from devolve_opt.studies.two_stage import TwoStage
from devolve_opt.team_plan import TeamAudit, TeamPlan
from devolve_opt.views.plots import FIGURES, duties, formulas_figure, frontier_figure, stations, sweep_figure
from devolve_opt.views.plots.admission import admission_figure
from devolve_opt.views.plots.alternatives import alternatives_figure
from devolve_opt.views.plots.choice_rules import choice_rules_figure
from devolve_opt.views.plots.country import country_figure
from devolve_opt.views.plots.discovery import discovery_figure
from devolve_opt.views.plots.even import even_figure
from devolve_opt.views.plots.explanation import explanation_figure
from devolve_opt.views.plots.offices import office_flow
from devolve_opt.views.plots.phases import handovers
from devolve_opt.views.plots.robust import robust_figure
from devolve_opt.views.plots.sensitivity import sensitivity_figure
from devolve_opt.views.plots.side_by_side import side_by_side_figure
from devolve_opt.views.plots.teams import team_hours
from devolve_opt.views.plots.two_stage import two_stage_figure
from devolve_opt.vocabulary import Method, Status, Term
from modelling import decisions_of, hand_scenario, small_case, small_policy, with_duties, with_stations

NOTHING = pd.DataFrame()


def plan_of(scenario: Scenario, decisions, bound: float, status: Status = Status.PROVEN, **more: Any) -> Plan:
    """Return a plan from its decisions: audited, and with a search of three steps that ended at the bound."""
    found = audit(scenario.data, scenario.policy, decisions)
    worth, method = found.objective, Method.RATIO if status is Status.RULE else Method.OPTIMAL
    phases = ["start", "lists", "townships", "proof", "proof"]
    steps = pd.DataFrame({
        "seconds": [0.0, 1.0, 2.5, 6.0, 10.0], "phase": phases,
        "bound": [2 * bound, 1.02 * bound, 1.01 * bound, bound, bound],
        "objective": [float("-inf"), 0.5 * worth, 0.98 * worth, 0.995 * worth, worth],
    })  # fmt: skip
    return Plan(scenario, method, status, worth, bound, decisions, found, NOTHING, steps=steps,
                options={"gap": 0.001}, **more)  # fmt: skip


@cache
def hand_plan() -> Plan:
    """Return the best plan of the hand case, as tests/test_hand.py derives it; the ratio rule's is the rule's own."""
    scenario = hand_scenario()
    decisions = decisions_of(
        ["P1 county_seat", "P3 base", "P4 central"], ["A P1", "A P3", "B P3", "B P4", "D P3"],
        ["A F1", "A F2", "B F2", "D F2"], {"A": (6, 5, 0), "B": (6, 3, 0), "D": (6, 4, 0)},
        {"A": (0, 0, 0), "B": (0, 0, 0), "D": (1, 0, 0)},
    )  # fmt: skip
    rule = solve(scenario, method="ratio", threads=1).decisions
    reference = plan_of(scenario, rule, 369.5, Status.RULE)
    return plan_of(scenario, decisions, 369.5, reference=reference)


@cache
def open_plan() -> Plan:
    """Return the plan of the hand case as a search would leave it that ran out of time."""
    return replace(hand_plan(), status=Status.TIME_LIMIT, bound=372.1)


@cache
def duties_plan() -> Plan:
    """Return a plan with duties carried, kept from the township by law's lists, and left for want of hours."""
    case = small_case(
        {"T1": {"statutory_hours": 17_000.0}, "T2": {}, "T3": {"category": "subdistrict"}},
        {"P1": {"upkeep_hours": 400.0}, "P2": {}}, {("T1", "P1"): 3},
    )  # fmt: skip
    case = with_duties(case, {"D1": {"hours": 50.0}, "D2": {"hours": 20.0}, "D3": {"hours": 9_000.0}}, {"D2": ["P2"]})
    scenario = Scenario(case, small_policy(prices={"choice_met": 100}, duties={"load_max": 1.0}), title="Duties")
    towns = ["T1", "T2", "T3"]
    decisions = decisions_of(["P1 base"], ["T1 P1"], ["T1 F1"], {town: (6, 4, 0) for town in towns},
                             {town: (0, 0, 0) for town in towns})  # fmt: skip
    carried = pd.DataFrame([("T1", "D1"), ("T2", "D1"), ("T2", "D3")], columns=["township", "duty"])
    return plan_of(scenario, replace(decisions, duties=carried), 500.0, Status.TIME_LIMIT)


@cache
def stations_plan() -> Plan:
    """Return a plan with a station managed, one devolved, and one of a kind that never changes hands."""
    case = small_case({"T1": {}, "T2": {}}, {"P1": {}}, {("T1", "P1"): 3})
    kinds = {"S1": "market_supervision", "S2": "court", "S3": "culture", "S4": "culture", "S5": "natural_resources"}
    case = with_stations(case, **{name: {"kind": kind} for name, kind in kinds.items()})
    scenario = Scenario(case, small_policy(stations={}), title="Stations")
    decisions = decisions_of([], [], [], {"T1": (6, 4, 0), "T2": (6, 4, 0)}, {"T1": (0, 0, 0), "T2": (0, 0, 0)})
    ours = pd.DataFrame({"station": ["S1", "S4"], "status": ["managed", "devolved"]})
    return plan_of(scenario, replace(decisions, stations=ours), 4_000.0, Status.INTERRUPTED)


def sweep() -> Figure:
    frame = pd.DataFrame({
        "value": [80.0, 90.0, 100.0, 110.0], "status": ["infeasible", "proven", "proven", "time_limit"],
        "objective": [None, 100.0, 200.0, 210.0], "bound": [None, 103.0, 204.0, 260.0],
        "gap": [None, 0.03, 0.02, 0.24], "overload": [None, -10.0, -12.0, -15.0],
        "posts_moved_count": [None, 3, 4, 5], "comparable": True,
    })  # fmt: skip
    return sweep_figure(frame, "guide_list_max", "powers", "Sweep of the list", "SYNTHETIC DATA")


def front(goals: tuple[str, ...], complete: bool) -> Frontier:
    """Return a front of four points, the last one not proven."""
    across, up, third = [0.0, -50.0, -150.0, -350.0], [0.0, 160.0, 360.0, 520.0], [-300.0, -250.0, -90.0, -20.0]
    values = dict(zip(goals, (across, up, third), strict=False))
    points = pd.DataFrame({
        **values, "status": ["proven", "proven", "proven", "time_limit"], "solved_for": goals[1],
        "bound": [10.0, 170.0, 360.0, 600.0], "gap": [0.02, 0.01, 0.0, 0.15],
    })  # fmt: skip
    parts = pd.DataFrame({"from": []}) if complete else pd.DataFrame({"from": [-350.0], "to": [-150.0]})
    exact = pd.Series({goal: complete for goal in goals})
    spacing = pd.Series({goal: 50.0 for goal in goals})
    return Frontier(hand_scenario(), goals, points, NOTHING, spacing, exact, parts)


def alternatives() -> Alternatives:
    rows = [
        ("must", True, 5.0, 14.0), ("must", True, 4.0, 5.5), ("must", True, 7.0, float("inf")),
        ("swing", True, 0.5, 2.0), ("open", True, 0.0, float("inf")), ("swing", False, 0.0, 1.0),
        ("never", False, 3.9, 4.4), ("never", False, 6.0, 40.0),
    ]  # fmt: skip
    powers = pd.DataFrame(rows, columns=["status", "listed", "loss_least", "loss_most"])
    return Alternatives(hand_plan(), 0.01, hand_plan().objective * 0.99, powers, (), (), False)


def choice_rules(solved: bool) -> ChoiceRules:
    names = ["plan", "ratio", "approval", "pav", "phragmen", "equal_shares", "leximin"]
    least = [0.2, 0.1, 0.15, 0.3, 0.32, 0.28, 0.4]
    rules = pd.DataFrame({"rule": names, "least_share": least})
    categories = pd.DataFrame(
        [
            (name, category, townships, 0.4 + 0.06 * number + 0.05 * place)
            for number, name in enumerate(names)
            for place, (category, townships) in enumerate((("county_seat", 3), ("central", 12), ("general", 40)))
        ],
        columns=["rule", "category", "townships", "share"],
    )
    plan, rule = open_plan(), hand_plan().reference
    plans = {"plan": plan, "ratio": rule, "approval": replace(plan, objective=300.0, bound=340.0)} if solved else {}
    return ChoiceRules(plan, plans or {"plan": plan}, {"pav": IN_FORCE}, True, rules, categories, NOTHING, NOTHING)


def even(stopped: bool = False) -> EvenPlan:
    levels = pd.DataFrame({
        "level": [1.1, 1.05, 1.0], "before": [6.1, 14.0, 42.5], "townships_before": [2, 5, 9],
        "found": [0.0, 3.2, 29.0], "least": [0.0, 3.2, 24.5], "status": ["proven", "proven", "time_limit"],
        "after": [0.0, 3.2, 29.0], "townships_after": [0.0, 3.0, 10.0],
    })  # fmt: skip
    shares = pd.DataFrame(
        {"before": [1.16, 1.12, 1.08, 1.02, 0.97, 0.9], "after": [1.08, 1.07, 1.07, 1.02, 0.98, 0.93]}
    )
    if stopped:
        levels.loc[2, ["found", "least"]], levels.loc[2, "status"] = np.nan, ""
        levels[["after", "townships_after"]], shares["after"] = np.nan, np.nan
    plan = open_plan()
    other = None if stopped else replace(plan, objective=plan.objective - 30, bound=plan.objective - 10)
    return EvenPlan(plan, other, "load", 0.05, 0.05, plan.objective * 0.95, levels, shares, NOTHING)


def country() -> CountryPlan:
    given = {"name": "x", "province": "y", "counties": 1, "townships": 5, "subdistricts": 1}
    cities = pd.DataFrame({
        "township_powers": [4_000, 9_000, 20_000, 31_000], "objective": [1.0, 2.0, 3.0, 4.0],
        "gap": [0.001, 0.004, 0.005, 0.021], "status": ["proven", "proven", "proven", "time_limit"],
        "seconds": [4.0, 12.0, 28.0, 60.0], "peak_mb": [180.0, 240.0, 310.0, 420.0],
    }, index=["a", "b", "c", "d"])  # fmt: skip
    four = Country(pd.DataFrame([given] * 4, index=pd.Index(["a", "b", "c", "d"], name="id")), 1, title="Four cities")
    options = {"gap": 0.005, "time_limit": 60.0}
    return CountryPlan(four, cities, NOTHING, 100.0, 101.3, 0, None, True, 1, 1.0, options)


def explanation(township: str | None, power: str | None) -> Explanation:
    if power is None:
        levers = [("officers", 1, 40.0), ("officers", 2, 60.0), ("posts", 1, 220.0), ("posts", -1, -80.0)]
        changes = pd.DataFrame(levers, columns=["change", "amount", "worth"])
        return Explanation(hand_plan(), township, None, {}, changes)
    if township is None:
        changes = pd.DataFrame({"amount": [1, 2], "worth": [30.0, 55.0]})
        return Explanation(hand_plan(), None, power, {}, changes)
    rows = [
        ("officers", 2, 4, 25.0, -12.0), ("posts", None, 3, 40.0, 35.0), ("new_powers_max", 1, 2, -5.0, -5.0),
        ("new_fields_max", None, 2, float("inf"), float("inf")),
    ]  # fmt: skip
    changes = pd.DataFrame(rows, columns=["change", "amount", "tried", "loss_at_one", "loss_at_amount"])
    facts: Mapping[str, Any] = {"taken": False, "loss": 55.0, "prerequisites": [("listed", power), ("opened", power)]}
    return Explanation(hand_plan(), township, power, facts, changes, Effect(10.0, 62.0, None))


def formulas() -> Figure:
    scenario = hand_scenario()
    compared = formulas_compared(scenario.data, scenario.policy)
    return formulas_figure(compared, formulas_in_short(scenario.data, scenario.policy, compared), scenario)


def robustness() -> Robustness:
    inf = float("inf")
    futures = pd.DataFrame({
        "future": [1, 2, 3, 4, 5, 6], "status": ["proven", "proven", "proven", "time_limit", "infeasible", "no_plan"],
        "held_status": ["proven", "proven", "proven", "time_limit", "infeasible", "no_plan"],
        "regret_least": [0.0, 12.0, 40.0, 5.0, inf, inf], "regret_most": [8.0, 20.0, 61.0, 90.0, inf, inf],
    })  # fmt: skip
    share = pd.Series([1.0, 0.8, 0.5, 0.6, 0.3, 0.1])
    powers = pd.DataFrame({
        "in_plan": [True, True, True, False, False, False], "share": share, "share_low": (share - 0.2).clip(lower=0),
        "share_high": (share + 0.15).clip(upper=1),
    })  # fmt: skip
    return Robustness(open_plan(), 7, ("cases", "hours", "votes", "attrition"), 6, futures, powers, {})


def two_stage() -> TwoStage:
    lists = pd.DataFrame({
        "list": ["future 3", "plan", "future 1"], "mean_worth": [360.0, 352.0, 340.0],
        "mean_bound": [371.0, 358.0, 366.0], "cvar_worth": [310.0, 318.0, 290.0], "cvar_bound": [322.0, 330.0, 305.0],
    })  # fmt: skip
    values = pd.DataFrame({"future": [1, 2, 3]})
    held = {name: NOTHING for name in lists["list"]}
    return TwoStage(robustness(), held, {}, values, lists, {"mean": 375.0, "cvar": 335.0}, True)


def sensitivity() -> Sensitivity:
    settings = ["guide_list_max", "prices.choice_met", "officers_min"]
    rows = [
        (setting, measure, 0.0 if measure == "take_ups" else (0.3 if measure == "list_kept" else 12.0) / (place + 1))
        for measure in MEASURES for place, setting in enumerate(settings)
    ]  # fmt: skip
    effects = pd.DataFrame(rows, columns=["setting", "measure", "mean_size"])
    effects = effects.assign(mean_size_95=effects["mean_size"] / 3, paths=10)
    return Sensitivity(open_plan(), {name: (0.0, 1.0) for name in settings}, 10, 1, NOTHING, effects)


def discovery() -> Discovery:
    settings = {"guide_list_max": (90.0, 150.0), "changes.cases": (0.7, 1.4), "prices.choice_met": (20.0, 60.0)}
    rows = [(list_max, cases, 20 + 4 * (number % 11)) for number, (list_max, cases) in enumerate(
        (list_max, cases) for list_max in range(90, 151, 10) for cases in (0.75, 0.95, 1.15, 1.35))]  # fmt: skip
    points = pd.DataFrame(rows, columns=list(settings)).assign(status="proven")
    points["held_status"] = ["infeasible" if most <= 90 else "proven" for most in points["guide_list_max"]]
    points["of_interest"] = ((points["guide_list_max"] <= 110) & (points["changes.cases"] > 1)).astype(float)
    points.loc[[5, 17], "of_interest"] = None
    boxes, ranges, foretold = discovery_boxes(points, settings, 1)
    return Discovery(open_plan(), settings, Condition.read("loses>0.01"), 30, 1, points, boxes, ranges, foretold)


def side_by_side() -> SideBySide:
    rule = hand_plan().reference
    assert rule is not None
    return SideBySide({"this plan": hand_plan(), "按比例法": rule}, NOTHING, NOTHING, NOTHING)


def admission() -> Admission:
    verdicts = ["carries", "displaces", "needs", "needs", "barred", "unsettled"]
    towns = ["county_seat", "central", "central", "general", "subdistrict", "general"]
    rows = pd.DataFrame({
        "category": towns, "verdict": verdicts, "powers_to_take": ["", "", "P1", "P1", "", ""],
        "powers_to_list": ["", "", "", "P1", "", ""], "powers_to_open": "",
        "fields_to_ready": ["", "", "F1", "", "", ""],
        "officers_short": [0, 0, 1, 2, 0, 0], "hours_short": [0.0, 0.0, 120.0, 0.0, 0.0, 0.0], "caps_to_raise": "",
    })  # fmt: skip
    duty = ProposedDuty(name="农村人居环境巡查", hours=200.0)
    return Admission(hand_plan(), duty, rows, hand_plan().decisions, hand_plan().audit)


def phases() -> Figure:
    rows = [("C1", 1, 8, 20, 8), ("C2", 1, 5, 14, 5), ("C1", 2, 7, 20, 15), ("C2", 2, 9, 14, 14)]
    counties = pd.DataFrame(rows, columns=["county", "batch", "powers", "taken", "held"])
    found = PhaseAudit((), pd.DataFrame({"lost": [120.0]}), NOTHING, counties, NOTHING)
    waiting = pd.DataFrame({"township": ["T"] * 21, "power": "P", "limits": "exam places"})
    decisions = PhaseDecisions(NOTHING, NOTHING, NOTHING)
    plan = PhasePlan(hand_scenario(), hand_plan().decisions, decisions, found, waiting, Status.TIME_LIMIT, 100.0, 1.0)
    return handovers(plan, pd.Series([2, 3, 5, 12, 0, 7], index=list(LIMITS)))


def teams() -> TeamPlan:
    rows = [
        ("C1", "S1", "A", 3, 340.0, 48.0, 212.0), ("C1", "S2", "B", 2, 150.0, 90.0, 60.0),
        ("C2", "", "D", 1, 80.0, 0.0, 120.0), ("C2", "S9", "", 0, 0.0, 0.0, 0.0),
    ]  # fmt: skip
    columns = ["county", "team", "base", "townships", "work_hours", "travel_hours", "spare_hours"]
    found = TeamAudit(
        (), pd.DataFrame(rows, columns=columns), pd.DataFrame({"cost": [300.0, 88.0]}, index=["C1", "C2"])
    )
    counties = pd.DataFrame({"cost": [300.0, 88.0], "bound": [291.0, 88.0]}, index=["C1", "C2"])
    return TeamPlan(hand_scenario(), TeamMode.BEST, None, found, counties, {})  # type: ignore[arg-type]


def offices() -> Figure:
    names = ["党建", "综治", "应急", "规划", "招商", "便民服务"]
    functions = pd.DataFrame({
        "platform": ["party_government", "social_governance", "social_governance", "economic_development",
                     "economic_development", "public_service"],
        "kind": ["office", "office", "office", "office", "office", "centre"],
        "today": ["党政办", "综治办", "应急办", "规建办", "经发办", "便民服务中心"],
        "mandatory_alone": False, "min_migrants": 0, "staff_share": 0.15, "name": names,
    }, index=pd.Index([f"N{number}" for number in range(1, 7)], name="id"))  # fmt: skip
    case = small_case({"T": {}}).replace(
        functions=functions, traffic=pd.DataFrame({"function": ["N1"], "other": ["N2"], "files": [3.0]}),
        migrants=pd.DataFrame({"township": ["T"], "migrant_workers": [0]}),
    )  # fmt: skip
    units = pd.DataFrame({
        "template": "central", "functions": ["N1", "N2; N3", "N4; N5", "N6"], "staff": [4.0, 6.5, 7.0, 5.0],
        "name": ["党政办", "综治办", "N4", "便民服务中心"], "kind": ["office", "office", "office", "centre"],
        "platform": ["party_government", "social_governance", "economic_development", "public_service"],
    })  # fmt: skip
    templates = pd.DataFrame([{
        "template": "central", "townships": 12, "status": "time_limit", "gap": 0.0123, "offices": 3, "centres": 1,
        "files_before": 1_200.0, "files_after": 800.0, "functions_moved": 2,
    }])  # fmt: skip
    plan = OfficePlan(Scenario(case, title="机构整合"), templates, units, NOTHING, NOTHING, None)  # type: ignore[arg-type]
    return office_flow(plan, ["central"])


def ratio_plan() -> Plan:
    plan = hand_plan().reference
    assert plan is not None
    return plan


GALLERY: dict[str, Callable[[], Figure]] = {
    **{name: lambda draw=draw: draw(hand_plan()) for name, draw in FIGURES.items()},
    "progress_open": lambda: FIGURES["progress"](open_plan()),
    "changes_of_ratio_rule": lambda: FIGURES["changes_against_ratio_rule"](ratio_plan()),
    "workload_of_ratio_rule": lambda: FIGURES["workload"](ratio_plan()),
    "take_up_of_ratio_rule": lambda: FIGURES["take_up_map"](ratio_plan()),
    "duties": lambda: duties(duties_plan()),
    "stations": lambda: stations(stations_plan()),
    "sweep": sweep,
    "front_of_two": lambda: frontier_figure(front((str(Term.READINESS), str(Term.CHOICES_MET)), False)),
    "front_of_three": lambda: frontier_figure(front((str(Term.READINESS), str(Term.CHOICES_MET), "rest"), True)),
    "alternatives": lambda: alternatives_figure(alternatives()),
    "choice_rules": lambda: choice_rules_figure(choice_rules(True)),
    "choice_rules_narrow": lambda: choice_rules_figure(choice_rules(False)),
    "even": lambda: even_figure(even()),
    "even_stopped": lambda: even_figure(even(stopped=True)),
    "country": lambda: country_figure(country()),
    "explanation_of_pair": lambda: explanation_figure(explanation("A", "P2")),
    "explanation_of_power": lambda: explanation_figure(explanation(None, "P2")),
    "explanation_of_township": lambda: explanation_figure(explanation("A", None)),
    "formulas": formulas,
    "robust": lambda: robust_figure(robustness()),
    "two_stage": lambda: two_stage_figure(two_stage()),
    "sensitivity": lambda: sensitivity_figure(sensitivity()),
    "discovery": lambda: discovery_figure(discovery()),
    "side_by_side": lambda: side_by_side_figure(side_by_side()),
    "admission": lambda: admission_figure(admission()),
    "handovers": phases,
    "team_hours": lambda: team_hours(teams()),
    "office_flow": offices,
}
"""Every kind of figure by name, and the shapes it takes where its input is of another kind."""
