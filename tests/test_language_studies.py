"""Studies in Chinese: nothing that is shown stays English, and the figures are those of the English text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from devolve_opt.country import Country, Pool
from devolve_opt.errors import DevolveError, InputError, NoPlanError
from devolve_opt.language import Language, language, speaking
from devolve_opt.rules.futures import UNCERTAIN
from devolve_opt.scenario import Scenario
from devolve_opt.solver.clashes import ClashingRule
from devolve_opt.solver.conflict import POLICY_RULES, Relaxation
from devolve_opt.solver.progress import Step
from devolve_opt.studies import discovery, sensitivity, two_stage
from devolve_opt.studies import robust as robust_study
from devolve_opt.studies.alternatives import MUST, NEVER, OPEN, SWING, Alternatives, alternatives
from devolve_opt.studies.cap_prices import DECISIONS
from devolve_opt.studies.choice_rules import choice_rules
from devolve_opt.studies.city import CityTask, solve_city
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.country import CountryPlan, solve_country
from devolve_opt.studies.even_plans import EvenPlan, even_plan
from devolve_opt.studies.explaining import explain
from devolve_opt.studies.frontier import frontier
from devolve_opt.studies.many import Hands
from devolve_opt.studies.offices import organise
from devolve_opt.studies.robust import Robustness, robustness
from devolve_opt.studies.sensitivity import Sensitivity
from devolve_opt.studies.side_by_side import side_by_side
from devolve_opt.studies.solving import solve
from devolve_opt.studies.sweeping import sweep
from devolve_opt.studies.two_stage import TwoStage
from devolve_opt.views.alternatives_folder import alternatives_text
from devolve_opt.views.choice_rules_folder import choice_rules_text
from devolve_opt.views.country import country_text
from devolve_opt.views.discovery_folder import discovery_text
from devolve_opt.views.even_folder import even_text
from devolve_opt.views.explanation import explanation_text
from devolve_opt.views.frontier_folder import frontier_text
from devolve_opt.views.model_file import model_kind
from devolve_opt.views.page import display_width
from devolve_opt.views.progress import Progress, step_text
from devolve_opt.views.robust_folder import robust_text
from devolve_opt.views.sensitivity_folder import sensitivity_text
from devolve_opt.views.side_by_side_folder import side_by_side_text
from devolve_opt.views.sweep_folder import sweep_text
from devolve_opt.views.two_stage_folder import two_stage_text
from devolve_opt.vocabulary import Status
from modelling import hand_scenario, pin, small_case, small_policy

ROUNDS = ["round_1", "round_2", "round_3"]
MAY = "五月议定"
"""The reason of every pin here: user data, and so in no language of the product."""


def pinned(power: str, place: str, holds: bool = True) -> dict[str, object]:
    return pin(power, place, holds, MAY)


@cache
def hand():
    return solve(hand_scenario().replace(title="手算案例"), gap=0.0)


def small(townships, powers, votes, *, title: str = "小案例", lists=(), refusals=(), **policy) -> Scenario:
    case = small_case(townships, powers, votes, guide_list=lists)
    if refusals:
        case = case.replace(refusals=pd.DataFrame(refusals, columns=["county", "power", "reason"]))
    return Scenario(case, small_policy(**policy), title)


@cache
def solved(name: str):
    """Return the plan of a small scenario, by what is special in it."""
    two = {"T1": {}, "T2": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T2", "P2"): 2}
    lists = (("P1", "base"), ("P2", "base"), ("P3", "base"))
    three = {("T1", "P1"): 3, ("T1", "P2"): 2, ("T1", "P3"): 1}
    chain = {"P1": {}, "P2": {"requires": "P1"}, "P3": {}, "P4": {}}
    chosen = {("T1", "P2"): 1, ("T1", "P3"): 3, ("T1", "P4"): 3}
    scenario = {
        "refused": lambda: small(*two, refusals=[("C1", "P1", "有争议")]),
        "pinned against": lambda: small(*two, pins=[pinned("P1", "T1", False)]),
        "pinned": lambda: small({"T1": {}}, {"P1": {"support_hours": 100.0}}, {}, pins=[pinned("P1", "T1")]),
        "open": lambda: small(*two),
        "kept out": lambda: small({"T1": {}, "S1": {"category": "subdistrict"}}, {
            "P1": {"restricts_liberty": True}, "P2": {}}, {("T1", "P1"): 3, ("T1", "P2"): 1}),
        "full": lambda: small({"T1": {}}, {"P1": {}, "P2": {}, "P3": {}}, three, lists=lists, new_powers_max=1),
        "chain": lambda: small({"T1": {}}, chain, chosen, guide_list_max=2, base_list_max=2),
    }[name]  # fmt: skip
    return solve(scenario(), gap=0.0)


ASKED = ("refused", "pinned against", "pinned", "open")
"""Where the facts themselves are told in words, so that they are asked anew in each language."""


@cache
def explained(of: str, township: str | None, power: str | None, spoken: Language | None):
    """Return an explanation, asked in the language that it is to be told in where that matters."""
    return explain(hand() if of == "hand" else solved(of), township, power, whole=of == "hand")


def told(of: str, township: str | None = None, power: str | None = None) -> Callable[[], str]:
    return lambda: explanation_text(explained(of, township, power, language() if of in ASKED else None))


@cache
def swung():
    """Return alternatives of every status, two of them with a loss that is not known to the end."""
    scenario, rows = hand().scenario, ["P1", "P2", "P3", "P4"]
    powers = pd.DataFrame({
        "power": rows, "name": scenario.data.tables["powers"].loc[rows, "name"].tolist(),
        "listed": [True, False, True, True], "status": [SWING, NEVER, MUST, OPEN],
        "loss_least": [12.0, 40.0, np.inf, 35.0], "loss_most": [13.0, np.inf, np.inf, np.inf],
    })  # fmt: skip
    return Alternatives(
        plan=hand(), tolerance=0.1, worth=333.0, powers=powers, plans=(hand(), hand()), different=(0, 1), finished=False
    )


@cache
def swept():
    """Return a sweep as it would come out: values with a plan, without one, and one that broke down."""
    known = {"objective": 370.0, "bound": 370.5, "gap": 0.0014, "note": ""}
    nothing = {"objective": None, "bound": None, "gap": None}
    rows = [
        {"value": 1.0, "status": "infeasible", **nothing, "note": "无方案"},
        {"value": 2.0, "status": "proven", **known},
        {"value": 3.0, "status": "time_limit", **known, "objective": 380.0, "bound": 401.0, "gap": 0.055},
    ]
    frame = pd.DataFrame(rows).assign(comparable=True)
    frame.attrs[DECISIONS] = {
        2.0: {"lists": {"P1": "base"}, "posts": {"A": 10}},
        3.0: {"lists": {}, "posts": {"A": 11}},
    }
    return frame


@cache
def front():
    return frontier(hand().scenario, ["readiness", "choices_met"])


def one_place(**policy) -> Scenario:
    """One place on the list: T1 chose P1 in the first and the last round, P2 in the second."""
    rounds = {"P1": [True, False, True], "P2": [False, True, False]}
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}}, {("T1", "P1"): 3, ("T1", "P2"): 3})
    votes = case.tables["votes"]
    chosen = {name: [rounds[power][place] for power in votes["power"]] for place, name in enumerate(ROUNDS)}
    case = case.replace(votes=votes.assign(**chosen))
    return Scenario(case, small_policy(guide_list_max=1, base_list_max=1, **policy), title="一个名额")


@cache
def listing_one():
    return solve(one_place(), gap=0.0)


@cache
def futures():
    """Return futures with what may be known of one: all, no bound, no plan with the lists, no plan at all."""
    both = {"of": "proven", "held_of": "proven", "powers": ["P1"]}
    none = {"worth": None, "bound": None, "held_worth": None, "held_bound": None}
    rows = [
        {**both, "worth": 120.0, "bound": 130.0, "held_worth": 100.0, "held_bound": 110.0},
        {**both, "worth": 120.0, "bound": 120.0, "held_worth": 120.0, "held_bound": 120.0, "powers": ["P1", "P2"]},
        {**both, "worth": 1.0, "bound": np.inf, "held_worth": 1.0, "held_bound": 1.0, "of": "time_limit"},
        {**both, **none, "worth": 1.0, "bound": 1.0, "held_of": "no_plan"},
        {**both, **none, "worth": 1.0, "bound": 1.0, "held_of": "infeasible"},
        {**both, **none, "of": "infeasible", "held_of": "infeasible"},
        {**both, **none, "of": "no_plan", "held_of": "no_plan"},
    ]
    done = [{"future": number, **row} for number, row in enumerate(rows, start=1)]
    frame, powers = robust_study._frame(done), robust_study._powers(listing_one(), done)
    return Robustness(listing_one(), 7, tuple(UNCERTAIN), 10, frame, powers, {})


@cache
def surely_no_loss():
    """Return one future in which holding on to the lists is not proven to lose anything."""
    row = {
        "of": "proven",
        "worth": 120.0,
        "bound": 120.4,
        "held_of": "proven",
        "held_worth": 119.0,
        "held_bound": 120.0,
    }
    done = [{"future": 1, "powers": ["P1"], **row}]
    frame, powers = robust_study._frame(done), robust_study._powers(listing_one(), done)
    return Robustness(listing_one(), 7, ("votes",), 1, frame, powers, {})


@cache
def lists_over_futures(best: float, unknown: bool = False, finished: bool = True):
    """Return two lists over two futures: the plan's, worth 100 to 110, and a future's, worth so much."""
    plan, other = [100.0, 110.0], [best, best + 5.0]
    if unknown:
        plan = [np.nan, np.nan]
    columns = [f"{measure}_{side}" for measure in two_stage.MEASURES for side in ("worth", "bound")]
    lists = pd.DataFrame([["plan", *plan, *plan], ["future 2", *other, *other]], columns=["list", *columns])
    values = pd.DataFrame({"future": [1, 2]})
    bounds = dict.fromkeys(two_stage.MEASURES, 170.0)
    return TwoStage(futures(), {"plan": lists, "future 2": lists}, {}, values, lists, bounds, finished)


@cache
def settings(paths: int = 3):
    """Return how a plan hangs on two settings, one of which moves nothing; some points have no plan."""
    ranges = {"prices.choice_met": (20.0, 60.0), "posts_moved_max": (100.0, 200.0)}
    points = pd.DataFrame({"status": ["proven", "time_limit", "infeasible", "no_plan"]})
    rows = [
        {"setting": setting, "measure": measure, "mean_size": size, "mean_size_95": size / 3, "mean": -size / 2,
         "paths": paths}
        for measure in sensitivity.MEASURES
        for setting, size in zip(ranges, (0.5, 0.0) if measure != "take_ups" else (0.0, 0.0), strict=True)
    ]  # fmt: skip
    effects = pd.DataFrame(rows if paths > 1 else [], columns=list(rows[0]))
    return Sensitivity(listing_one(), ranges, 3, 2, points, effects)


def discovered(of_interest: list[float], condition: str):
    """Return where a condition holds, the points lying in a row over one setting and at random over another."""
    settings = {"prices.choice_met": (20.0, 60.0), "posts_moved_max": (100.0, 200.0)}
    places = np.linspace(20, 60, len(of_interest))
    points = pd.DataFrame({
        "prices.choice_met": places, "posts_moved_max": np.random.default_rng(1).integers(100, 201, len(places)),
        "of_interest": of_interest, "status": "proven",
        "held_status": np.where(np.arange(len(places)) % 2, "infeasible", "proven"),
    })  # fmt: skip
    boxes, ranges, foretold = discovery._boxes(points, settings, 1)
    return discovery.Discovery(
        listing_one(), settings, discovery.Condition.read(condition), 40, 1, points, boxes, ranges, foretold
    )


@cache
def rules():
    """Return choice rules, of which one has a plan that costs something, one that may cost something, one none."""
    pytest.importorskip("abcvoting")
    votes = {(f"A{town}", power): 3 for town in range(1, 7) for power in ("P1", "P2", "P3", "P4")}
    votes |= {(town, power): 3 for town in ("B1", "B2") for power in ("Q1", "Q2")}
    towns = {**{f"A{town}": {"category": "general"} for town in range(1, 7)},
             **{town: {"category": "key"} for town in ("B1", "B2")}}  # fmt: skip
    powers = {power: {} for power in ("P1", "P2", "P3", "P4", "Q1", "Q2")}
    plan = solve(small(towns, powers, votes, guide_list_max=4, base_list_max=4), gap=0.0)
    found = choice_rules(plan, worth=False)
    losses = {"approval": (10.0, 20.0), "pav": (-1.0, 20.0)}
    table = found.rules.set_index("rule")
    for rule, ends in losses.items():
        table.loc[rule, ["loss_least", "loss_most"]] = ends
    unbounded = replace(plan, bound=np.inf)
    plans = {**found.plans, "approval": plan, "pav": plan, "phragmen": unbounded}
    return replace(found, rules=table.reset_index(), plans=plans, none={"equal_shares": "无"})


@cache
def evened(open_ended: bool = False) -> EvenPlan:
    found = even_plan(hand(), "choices", 0.3, gap=0.0, threads=1)
    if not open_ended:
        return found
    levels = found.levels.assign(status="time_limit", least=0.0)
    return replace(found, levels=levels, even=replace(found.even, status=Status.TIME_LIMIT, bound=5000.0))


@cache
def compared():
    other = hand().scenario.replace(policy={"pins": [pinned("P2", "A")]})
    dearer = replace(hand(), scenario=hand().scenario.replace(policy={"prices": {"choice_met": 50.0}}))
    return side_by_side({"现行": hand(), "指定": solve(other, gap=0.0), "照旧": hand(), "提价": dearer})


@cache
def nation(*, sample: bool = False, stopped: bool = False) -> CountryPlan:
    """Return a country of three cities as it would come out, not solved: its text says what stands in its table."""
    rows = [("1", "甲市", "某省", 1, 2, 0), ("2", "乙市", "某省", 1, 4, 1), ("3", "丙市", "某省", 2, 0, 0)]
    cities = pd.DataFrame(rows, columns=["id", "name", "province", "counties", "townships", "subdistricts"])
    country = Country(cities.astype({"id": "str"}), seed=7, pool=Pool(posts=6, lot=2, lots_max=2), title="全国")
    nan = np.nan
    found = country.cities.assign(
        township_powers=[300, 600, 0], posts_given=[2, 4, 0], objective=[1000.0, 2000.0, nan],
        bound=[1010.0, 2020.0, nan], gap=[0.01, 0.01, nan], status=["proven", "time_limit", "no_units"],
        seconds=[1.0, 3.0, 0.0], peak_mb=[100.0, 200.0, 0.0], seconds_in_all=[2.0, 6.0, 0.0],
        objective_without=[900.0, 1900.0, nan], note=["", "", ""],
    )  # fmt: skip
    classes = pd.DataFrame(
        {"cities": [1], "units_least": [5], "units_most": [5], "city": ["2"], "seconds": [6.0],
         "seconds_of_class": [6.0]}
    )  # fmt: skip
    return CountryPlan(
        country, found, classes if sample else classes.head(0), 3000.0, 3030.0, 6, None if stopped else 12.0,
        not stopped, 2, 9.0, {"gap": 0.02, "time_limit": 3.0},
    )  # fmt: skip


def refused(ask: Callable[[], object], kind: type[DevolveError] = InputError) -> Callable[[], str]:
    """Return what tells an error of a question in the language that it is asked in."""

    @cache
    def message(spoken: Language) -> str:
        with pytest.raises(kind) as raised:
            ask()
        if isinstance(raised.value, InputError):
            return "\n".join(fault.message for fault in raised.value.faults)
        return str(raised.value)

    return lambda: message(language())


def clashing(townships, votes, **policy) -> Callable[[], str]:
    powers = {"P1": {}, "P2": {}}
    return refused(lambda: solve(small(townships, powers, votes, **policy), gap=0.0), NoPlanError)


def conflict_lines() -> list[str]:
    """Return what is said of clashes and of what would have to give, of every rule and in every way."""
    lines: list[str] = []
    for number, (rule, (key, unit)) in enumerate(POLICY_RULES.items(), start=1):
        lines.append(str(Relaxation(rule, key, "", 1.5, unit)))
        lines.append(str(Relaxation(rule, key, "T1", 1.5, unit)))
        lines.append(str(Relaxation(rule, key, "", 1.0, unit, number)))
        lines.append(str(ClashingRule(rule, key, 3.0, unit, tuple(f"T{town}" for town in range(10)), False)))
        lines.append(str(ClashingRule(rule, key, None, unit, ("T1", "T2"), True)))
        lines.append(str(ClashingRule(rule, key, None, unit, (), True)))
    return lines


TEXTS: dict[str, Callable[[], str]] = {
    "explain a choice off its list": told("hand", "A", "P2"),
    "explain what does not pay": told("hand", "B", "P1"),
    "explain what is taken": told("hand", "A", "P1"),
    "explain a power listed": told("hand", power="P3"),
    "explain a power not listed": told("hand", power="P2"),
    "explain a power kept out": told("hand", power="P5"),
    "explain people": told("hand", "A"),
    "explain a refusal": told("refused", "T1", "P1"),
    "explain a pin against": told("pinned against", "T1", "P1"),
    "explain a pin": told("pinned", "T1", "P1"),
    "explain no interest": told("open", "T1", "P2"),
    "explain law": told("kept out", "T1", "P1"),
    "explain a subdistrict": told("kept out", "S1", "P2"),
    "explain a cap": told("full", "T1", "P3"),
    "explain a power required": told("chain", "T1", "P2"),
    "alternatives": lambda: alternatives_text(swung()),
    "sweep": lambda: sweep_text(swept(), "guide_list_max", hand().scenario, 4),
    "sweep of a price": lambda: sweep_text(swept().assign(comparable=False), "guide_list_max", hand().scenario),
    "front": lambda: frontier_text(front()),
    "front that was stopped": lambda: frontier_text(replace(front(), open=pd.DataFrame({"from_readiness": [1.0]}))),
    "futures": lambda: robust_text(futures()),
    "a future without a loss": lambda: robust_text(surely_no_loss()),
    "lists over futures": lambda: two_stage_text(lists_over_futures(160.0)),
    "lists over futures, not proven better": lambda: two_stage_text(lists_over_futures(105.0)),
    "lists over futures, the plan's best": lambda: two_stage_text(lists_over_futures(50.0)),
    "lists over futures, one without a plan": lambda: two_stage_text(lists_over_futures(160.0, True)),
    "lists over futures, stopped": lambda: two_stage_text(lists_over_futures(160.0, False, False)),
    "settings": lambda: sensitivity_text(settings()),
    "settings, too few paths": lambda: sensitivity_text(settings(1)),
    "where a list does not hold": lambda: discovery_text(discovered([1.0, 0.0] * 20, "loses>0.01")),
    "where no plan keeps the rules": lambda: discovery_text(discovered([1.0] * 12 + [0.0] * 28, "no_plan")),
    "a condition that holds everywhere": lambda: discovery_text(discovered([1.0] * 9, "list_kept<0.8")),
    "a condition that holds nowhere": lambda: discovery_text(discovered([0.0] * 9, "take_ups>3")),
    "a condition of which nothing is known": lambda: discovery_text(discovered([np.nan] * 9, "loses>0")),
    "a box within ranges": lambda: discovery_text(discovered([0.0] * 13 + [1.0] * 13 + [0.0] * 13, "loses>0")),
    "choice rules": lambda: choice_rules_text(rules()),
    "an even plan": lambda: even_text(evened()),
    "an even plan, not proven": lambda: even_text(evened(open_ended=True)),
    "an even plan, stopped": lambda: even_text(
        replace(evened(), even=None, levels=evened().levels.assign(after=np.nan))
    ),
    "nothing to even out": lambda: even_text(replace(evened(), levels=evened().levels.iloc[:0])),
    "options of an even plan": refused(lambda: even_plan(hand(), "x", within=-1, step=0, until=-1)),
    "plans side by side": lambda: side_by_side_text(compared()),
    "a country": lambda: country_text(nation()),
    "a sample of a country": lambda: country_text(nation(sample=True)),
    "a country that was stopped": lambda: country_text(nation(stopped=True)),
    "steps": lambda: "\n".join(
        step_text(Step(1.0, phase, bound, objective))
        for phase in ("area teams", "ratio rule", "start", "any solution", "relaxation", "rounding", "lists",
                      "townships", "proof", "conflict", "audited")
        for bound, objective in ((np.inf, -np.inf), (110.0, 100.0))
    ),
    "clash of two rules": clashing(
        {"T1": {"certified_officers": 1}}, {("T1", "P1"): 3}, officers_min=2, training_places_max=0
    ),
    "clashes in two places": clashing(
        {"T1": {"statutory_hours": 20_000.0}, "T2": {"county": "C2"}},
        {("T1", "P1"): 1, ("T2", "P1"): 1, ("T2", "P2"): 1}, overload="wall", wall_share=1.05, new_powers_max=1,
        pins=[pinned("P1", "T2"), pinned("P2", "T2"), pinned("P2", "base")],
    ),
    "clashes in words": lambda: "\n".join(conflict_lines()),
    "options of a run": refused(lambda: solve(hand().scenario, gap=-1.0, time_limit=-1.0, threads=0, method="x")),
    "questions": refused(lambda: explain(hand(), "nowhere", "nothing")),
    "no question": refused(lambda: explain(hand())),
    "goals of a front": refused(lambda: frontier(hand().scenario, ["x", "rest", "rest"], spacing={"x": 1.0})),
    "a cap that is none": refused(lambda: sweep(hand().scenario, "x", [1])),
    "values of a sweep": refused(lambda: sweep(hand().scenario, "guide_list_max", [1.5, np.nan])),
    "no values": refused(lambda: sweep(hand().scenario, "guide_list_max", [])),
    "tolerance": refused(lambda: alternatives(hand().scenario, tolerance=2)),
    "options of futures": refused(lambda: robustness(hand(), 0, seed=-1)),
    "options of hands": refused(lambda: Hands(0, "tcp://host:8786")),
    "plans to compare": refused(lambda: side_by_side({"name": hand()})),
    "no run": refused(lambda: compare("no-such-folder")),
    "offices": refused(lambda: organise(hand().scenario)),
    "options of a country": refused(lambda: solve_country(nation().country, sample=9, workers=1, scheduler="x",
                                                          memory_mb=-1)),
    "name of a model": refused(lambda: model_kind("model.txt")),
}  # fmt: skip


LONG = ("clashes in two places",)
"""Texts whose study takes long; each kind of their lines stands in others."""
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
ENGLISH = re.compile(r"[A-Za-z']{2,}(?:[ -]+[A-Za-z']{2,})+")
USER_OR_PROGRAM = ("SYNTHETIC DATA (合成数据)", "devolve-opt", "on no list", "on county_seat")
"""The notice of the data, which is in both languages, commands, and what the table `declined` says."""


def figures(text: str) -> Counter[str]:
    # In Chinese a point of a hundred is one word.
    return Counter(NUMBER.findall(text.replace(" points of 100", "")))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in TEXTS]
)
def test_a_text_is_all_chinese_and_has_the_figures_of_the_english_one(name):
    with speaking("en"):
        english = TEXTS[name]()
    with speaking("zh"):
        chinese = TEXTS[name]()
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert figures(chinese) == figures(english)
    for words in USER_OR_PROGRAM:
        chinese = chinese.replace(words, "")
    assert ENGLISH.findall(chinese) == []


def test_the_search_for_english_finds_it():
    assert ENGLISH.findall("方案 no plan 与 T1 P2，posts_moved_max、HiGHS 和 EJR+，Ctrl-C，take-ups") == [
        "no plan", "take-ups"
    ]  # fmt: skip
    assert figures("1,204 posts, 3.5 %") == figures("3.5 %，1,204 个编制") != figures("1,205 3.5")


def test_columns_stand_under_one_another_in_chinese():
    with speaking("zh"):
        lines = frontier_text(front()).splitlines()
    heads = [number for number, line in enumerate(lines) if line.endswith("差距")]
    assert len(heads) == 1
    here = heads[0]
    assert display_width(lines[here]) == display_width(lines[here + 1])


def test_a_worker_speaks_the_language_of_whoever_asks():
    pytest.importorskip("distributed")
    pytest.importorskip("psutil")
    task = nation().country
    options = {"gap": 0.02, "time_limit": 60.0, "threads": 1, "memory_mb": 0.0}
    city = CityTask(
        city="1", name="甲市", counties=1, townships=2, subdistricts=0, seed=7, posts=0, bound_only=False,
        policy=task.policy.replace(officers_min=50, training_places_max=0), **options,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as elsewhere:
        notes = [elsewhere.submit(solve_city, city, spoken).result()["note"] for spoken in ("zh", "en")]
    assert notes[0].startswith("没有方案能遵守“甲市”的全部规则")
    assert notes[1].startswith("No plan can keep all the rules of '甲市'")


def test_steps_from_another_thread_are_told_in_the_language_of_the_run():
    console = Console(file=StringIO(), width=200)
    with speaking("zh"), Progress(console) as progress, ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(progress.report, Step(1.0, "proof", 110.0, 100.0)).result()
    assert "证明" in console.file.getvalue()
    assert "差距 10.000%" in console.file.getvalue()


def test_jobs_of_a_study_are_named_in_the_language_of_whoever_asks():
    lines: list[str] = []
    with speaking("zh"):
        robustness(listing_one(), 1, uncertain=["attrition"], gap=0.0, tell=lines.append)
    assert lines == ["未来情形 1，共 1 种：清单放开 80，清单不变 80"]  # two rounds of 40 h
