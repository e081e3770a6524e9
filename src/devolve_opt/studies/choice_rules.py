"""The plan's guide list beside the lists of choice rules: whose choices are listed, and what each list is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from devolve_opt.errors import NoPlanError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.pins import Pin
from devolve_opt.plan import Plan
from devolve_opt.rules.choice_rules import CHOICE_RULES, Ballots
from devolve_opt.rules.lists import ratio_lists
from devolve_opt.rules.ratio import given_lists
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.even_lists import even_list
from devolve_opt.studies.many import Hands, Job, Point, solve_all
from devolve_opt.studies.options import refuse_added_rules
from devolve_opt.studies.proportional_lists import proportional_list
from devolve_opt.studies.side_by_side import gini
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Category, Method

PLAN, RATIO, LEXIMIN, PAV = "plan", "ratio", "leximin", "pav"
"""Names of the plan's own list, of the ratio rule's and of the even list beside those of `CHOICE_RULES`; and of the one
of these that is solved exactly."""
EVEN_SECONDS = 120.0
"""Seconds for the even list, which is left out where it is not proven by then, and for that of PAV, which then is the
one found power by power."""
IN_FORCE = "the case's guide list is in force, so that no other can be solved for"
"""Why no plan of another rule is solved for; shown as `tr(IN_FORCE)`."""


@dataclass(frozen=True, eq=False)
class ChoiceRules(FrozenFrames):
    """Guide lists by the model, the ratio rule and choice rules, side by side.

    Attributes:
        plan: the plan that they are held against.
        plans: by rule, the best plan found whose guide list holds none but the rule's powers and those that pins ask
            for; which list holds each, and the take-up, are the model's. A rule is missing where none was
            asked for or found; the even list (`leximin`) where it was not proven in time.
        none: by rule, why there is no plan.
        pav_proven: whether no list counts more under proportional approval voting; else its list is that found power by
            power.
        rules: a row a rule, columns `rule`; `powers` it lists; `shared`, powers also on the plan's list; `choices`,
            choices of the last round that are listed, and `share` of them all; `least_share`, of the township with
            least, `gini_share` of the townships' shares; `justified`, `ejr_plus`, see `Ballots.represents`;
            `objective`, `bound` (staff-hours a year), `gap`, `status` of its best plan, and `loss_least`, `loss_most`:
            what it is worth less than the best plan of the scenario, at least and at most.
        categories: columns `rule, category, townships, chosen, listed, share`.
        townships: columns `rule, township, name, county, category, chosen, listed, share`.
        powers: a row a power that some rule lists: `power, name, field`, `chosen_by` (townships), and a column a rule.
    """

    plan: Plan
    plans: dict[str, Plan]
    none: dict[str, str]
    pav_proven: bool
    rules: pd.DataFrame
    categories: pd.DataFrame
    townships: pd.DataFrame
    powers: pd.DataFrame

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario


def choice_rules(
    plan: Plan,
    *,
    worth: bool = True,
    gap: float = 0.005,
    time_limit: float | None = None,
    threads: int = 2,
    control: Control | None = None,
    hands: Hands | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> ChoiceRules:
    """Put a plan's guide list beside those of the ratio rule, of four choice rules and the one even to categories.

    A listed choice need not be taken up: a choice counts here whichever list holds the power, also that of another
    category than the township's own.

    Args:
        plan: the plan.
        worth: whether to solve the scenario anew for each rule, with no power on the guide list but the rule's.
        gap: relative gap to prove in each of these solves.
        time_limit: seconds for each of them; None waits for the gap.
        threads: threads for HiGHS.
        control: stops the study where it is: rules that have not been solved have no plan.
        hands: Dask workers that solve rules side by side; None solves one after the other here.
        tell: called with each rule that is solved.
        report: called with each step of a search.

    Raises:
        InputError: if nobody chose anything, abcvoting is not installed, or Dask is needed and not there.
    """
    refuse_added_rules(plan)
    control = control or Control(None)
    case, policy = plan.scenario.data, plan.scenario.policy
    ballots = Ballots(case, policy)
    given = given_lists(case, policy)
    practice = ratio_lists(case, policy) if given is None else given
    listed = {PLAN: _known(ballots, plan.guide_list), RATIO: _known(ballots, practice)}
    listed |= {rule: ballots.listed_by(rule) for rule in CHOICE_RULES}
    exact = proportional_list(ballots, Control(EVEN_SECONDS, control.event), threads)
    if exact is not None:
        listed[PAV] = exact
    even = even_list(ballots, case.tables["townships"]["category"], Control(EVEN_SECONDS, control.event), threads)
    if even is not None:
        listed[LEXIMIN] = even
    plans: dict[str, Plan] = {PLAN: plan}
    none: dict[str, str] = {}
    others = [rule for rule in listed if worth and rule != PLAN]
    if given is not None:
        none = dict.fromkeys(others, tr(IN_FORCE))
        others = []
    jobs = [Job(rule, "", "", restricted(plan.scenario, ballots.powers, listed[rule], rule)) for rule in others]
    points = solve_all(
        jobs, _solved, (gap, time_limit, threads), gap=gap, time_limit=time_limit, folder=None, control=control,
        hands=hands or Hands(), tell=lambda rule, point: tell(rule), report=report,
    )  # fmt: skip
    for rule in others:
        point = points.get(rule, {"why": tr("stopped before it was solved")})
        if "plan" in point:
            plans[rule] = point["plan"]
        else:
            none[rule] = point["why"]
    towns = case.tables["townships"]
    covered = {rule: ballots.covered(powers) for rule, powers in listed.items()}
    by_township = pd.concat(
        [
            towns.loc[shares.index, ["name", "county", "category"]].join(shares).rename_axis("township").reset_index()
            .assign(rule=rule)
            for rule, shares in covered.items()
        ],
        ignore_index=True,
    )  # fmt: skip
    sums = by_township.groupby(["rule", "category"], sort=False).agg(
        townships=("township", "size"), chosen=("chosen", "sum"), listed=("listed", "sum")
    )
    categories = sums.assign(share=sums["listed"] / sums["chosen"]).reset_index()
    order = [list(Category).index(Category(name)) for name in categories["category"]]
    categories = categories.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    rows = [_row(rule, powers, listed[PLAN], ballots, covered[rule], plan, plans.get(rule), none.get(rule, ""))
            for rule, powers in listed.items()]  # fmt: skip
    townships = by_township[["rule", *(name for name in by_township if name != "rule")]]
    on_lists = _powers(ballots, listed, plan)
    return ChoiceRules(
        plan, plans, none, exact is not None, pd.DataFrame(rows), categories, townships, on_lists
    )  # fmt: skip


def _solved(
    scenario: Scenario, how: tuple[float, float | None, int], control: Control, report: Callable[[Step], None]
) -> Point | None:
    """Return the best plan of a scenario, or why there is none; None if the user stopped it before one was found."""
    gap, time_limit, threads = how
    try:
        own = Control(time_limit, control.event)
        return {"plan": solve(scenario, gap=gap, threads=threads, control=own, explain=False, report=report)}
    except NoPlanError as error:
        if control.stopped:
            return None
        return {"why": tr("proven: no plan keeps the rules with these powers alone") if error.proven else str(error)}


def restricted(scenario: Scenario, powers: list[str], listed: list[str], rule: str) -> Scenario:
    """Return the scenario with pins that keep every power off the guide list but those listed.

    A power that pins of the scenario ask for is not kept off; a pin against a power frees nothing.
    """
    kept = scenario.policy.pins
    said = {pin.power for pin in kept if pin.holds}
    inside = set(listed)
    off = tuple(
        Pin(
            power=power, township=None, list="any", holds=False,
            reason=tr("not on the list of the rule {rule}", rule=rule),
        )
        for power in powers if power not in inside and power not in said
    )  # fmt: skip
    return scenario.replace(policy={"pins": (*kept, *off)})


def _known(ballots: Ballots, guide_list: pd.DataFrame) -> list[str]:
    on = set(guide_list["power"])
    return [power for power in ballots.powers if power in on]


def _row(
    rule: str, powers: list[str], own: list[str], ballots: Ballots, covered: pd.DataFrame, plan: Plan,
    found: Plan | None, why: str,
) -> dict[str, object]:  # fmt: skip
    optimal = plan.method is Method.OPTIMAL
    row: dict[str, object] = {
        "rule": rule,
        "powers": len(powers),
        "shared": len(set(powers) & set(own)),
        "choices": int(covered["listed"].sum()),
        "share": covered["listed"].sum() / covered["chosen"].sum(),
        "least_share": float(covered["share"].min()),
        "gini_share": gini(covered["share"].to_numpy(float)),
        **ballots.represents(powers),
        **dict.fromkeys(("objective", "bound", "gap", "loss_least", "loss_most"), np.nan),
        "status": why,
    }
    if found is not None:
        row |= {"objective": found.objective, "bound": found.bound, "gap": found.gap, "status": str(found.status)}
        if rule != PLAN and optimal:
            losses = {"loss_least": plan.objective - found.bound, "loss_most": plan.bound - found.objective}
            row |= {name: value for name, value in losses.items() if np.isfinite(value)}
    return row


def _powers(ballots: Ballots, listed: dict[str, list[str]], plan: Plan) -> pd.DataFrame:
    facts = plan.scenario.data.tables["powers"].loc[ballots.powers, ["name", "field"]]
    chosen = ballots.chosen["power"].value_counts().reindex(facts.index, fill_value=0)
    on = pd.DataFrame({rule: facts.index.isin(powers) for rule, powers in listed.items()}, index=facts.index)
    return facts.assign(chosen_by=chosen).join(on)[on.any(axis=1)].rename_axis("power").reset_index()
