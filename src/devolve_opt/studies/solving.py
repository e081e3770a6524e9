"""Solve a scenario: build, start from the ratio rule, search, audit."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.audit import audit, describe
from devolve_opt.errors import AuditError, Fault, InputError, NoPlanError
from devolve_opt.formulation import AddRules
from devolve_opt.language import joined, tr
from devolve_opt.plan import Audit, Decisions, Plan, relative_gap
from devolve_opt.rules.legality import exclusions
from devolve_opt.rules.pins import check_pins
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.progress import Step
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.area_teams import site_teams
from devolve_opt.studies.goals import Reached, in_order, within_reach
from devolve_opt.studies.infeasible import Why, why_infeasible
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.search import search_of
from devolve_opt.vocabulary import Method, Status


def solve(
    scenario: Scenario,
    method: str = Method.OPTIMAL,
    gap: float = 0.001,
    time_limit: float | None = None,
    threads: int = 2,
    *,
    control: Control | None = None,
    explain: bool = True,
    teams_sited: bool = False,
    models: Models | None = None,
    rules: AddRules | None = None,
    start: Decisions | None = None,
    report: Callable[[Step], None] = lambda step: None,
) -> Plan:
    """Solve a scenario; an optimised plan is returned only if it has passed the independent audit.

    Where area teams are on, they are sited first, because the hours that they take over are counted. Goals of the
    policy that have a tolerance are solved for first, in order; what they then have to reach stands in the plan's
    scenario.

    Args:
        scenario: what to solve.
        method: `optimal`, or `ratio` for the report's own practice (with the model's bound beside it).
        gap: relative gap to prove, (bound - objective) / |objective|.
        time_limit: seconds of wall time for the whole of it; None waits for the gap.
        threads: threads for HiGHS.
        control: when to stop, for callers that want to stop it themselves; replaces `time_limit`, and Ctrl-C is then
            theirs to answer.
        explain: whether to find out which rules clash where no plan exists; it takes time of its own.
        teams_sited: whether the caller has sited the area teams already.
        models: keeps the model from one call to the next, so that scenarios of the same data that differ in caps or
            prices do not build it anew; not together with `rules`.
        rules: adds rules of your own: a function that is given the Pyomo model once it is built and puts constraints,
            and variables of its own if need be, onto it; `devolve_opt.formulation` tells what the model has. The bound
            is then one on every plan that keeps these rules as well, the plan keeps them, and `options` names them
            (`added_rules`). Large models take longer, because HiGHS is given them whole.
        start: decisions to start from, such as those of another plan; passed over if they break a rule. The ratio
            rule's if left out.
        report: called with each step of the search.

    Returns:
        The plan. If the time is up or the user stops (Ctrl-C), the best plan so far with the gap it has. The ratio
        rule's plan (`method="ratio"`) is returned whatever the audit finds, with its breaches; where no plan can keep
        every rule its bound is -inf.

    Raises:
        InputError: if an option is not allowed, `rules` adds nothing, does more than add or asks for what no plan
            holds, pins name what is not there or contradict law or one another, or area teams are on in a case without
            teams.
        NoPlanError: if it is confirmed that no plan exists, or none was found in time; or the area teams cannot serve
            every township.
        SolverError: if the solver refuses the model.
        AuditError: if a solved plan breaks a rule; a defect of this software.
    """
    if not isinstance(scenario, Scenario):
        raise TypeError(f"solve takes a Scenario, not {type(scenario).__name__}; Scenario.read(path) reads one")
    check_options(gap, time_limit, threads, method)
    if models is not None and rules is not None:
        message = tr("cannot be kept from one call to the next with rules of your own.")
        raise InputError([Fault(message, column="models")])
    own = control is None
    control = control or Control(time_limit)
    with stop_on_interrupt(control.stop) if own else nullcontext():
        if scenario.policy.area_teams is not None and not teams_sited:
            report(Step(control.elapsed, "area teams", np.inf, -np.inf))
            site_teams(scenario, threads=threads, control=control)
        reached: tuple[Reached, ...] = ()
        if method == Method.RATIO:
            # No plan within the goals is worth more than one that need not reach them.
            scenario = within_reach(scenario)
        else:
            check_pins(scenario.data, scenario.policy)
            scenario, reached, last = in_order(scenario, gap, threads, control, report, rules)
            start = start if last is None else last
        plan = _solve(scenario, Method(method), gap, threads, control, explain, models or Models(rules), report, start)
        if plan.status is Status.PROVEN and not all(goal.proven for goal in reached):
            plan = replace(plan, status=Status.INTERRUPTED if control.stopped else Status.TIME_LIMIT)
        goals = {"goals": [goal.record() for goal in reached]} if reached else {}
        return replace(plan, options={**plan.options, **goals})


def _solve(
    scenario: Scenario,
    method: Method,
    gap: float,
    threads: int,
    control: Control,
    explain: bool,
    models: Models,
    report: Callable[[Step], None],
    start: Decisions | None,
) -> Plan:
    case, policy = scenario.data, scenario.policy
    check_pins(case, policy)
    seconds: dict[str, float] = {}

    began = time.monotonic()
    report(Step(control.elapsed, "ratio rule", np.inf, -np.inf))
    rule_decisions = ratio_decisions(case, policy)
    rule_audit = audit(case, policy, rule_decisions)
    seconds["ratio rule"] = time.monotonic() - began

    began = time.monotonic()
    report(Step(control.elapsed, "build", np.inf, -np.inf))
    prepared = models.prepare(case, policy, rule_decisions if start is None else start)
    matrix = prepared.matrix
    seconds["build"] = time.monotonic() - began

    search = search_of(case, matrix, control, gap, threads, prepared.carried, report, whole=prepared.whole)
    search.run(prepared.start, relaxation_only=method is Method.RATIO)
    seconds.update(search.seconds)

    if search.infeasible and method is Method.OPTIMAL:
        why = Why(())
        if explain:

            def phase(name: str) -> None:
                report(Step(control.elapsed, name, np.inf, -np.inf))

            elsewhere = partial(models.prepare, case, start=rule_decisions)
            why = why_infeasible(case, policy, prepared, elsewhere, control, threads, phase)
        message = "\n".join([_infeasible(scenario, prepared.added), *why.lines])
        raise NoPlanError(message, proven=True, clashes=why.clashes, conflict=why.conflict, remedies=why.remedies)
    options: dict[str, Any] = {
        "method": str(method), "gap": gap, "time_limit": control.time_limit, "threads": threads,
    }  # fmt: skip
    if untrusted := matrix.untrusted():
        options["untrusted_numbers"] = {name: list(reach) for name, reach in untrusted.items()}
    bound = -np.inf if search.infeasible else search.bound
    if prepared.added:
        options["added_rules"] = list(prepared.added)
        broken = prepared.broken(rule_decisions)
        if broken is None and not search.infeasible:
            bound = np.inf  # whether it keeps them is not known, so nothing bounds it
        rule_audit = replace(rule_audit, breaches=(*rule_audit.breaches, *(broken or ())))
    reference = Plan(
        scenario=scenario,
        method=Method.RATIO,
        status=Status.RULE,
        objective=rule_audit.objective,
        bound=bound,
        decisions=rule_decisions,
        audit=rule_audit,
        exclusions=exclusions(case, policy),
        seconds=seconds,
        steps=pd.DataFrame([vars(step) for step in search.steps]),
        log="".join([f"{prepared.reason}\n" if prepared.reason else "", *search.log]),
        options={**options, "method": str(Method.RATIO)},
    )
    if method is Method.RATIO:
        return reference
    if search.solution is None:
        message = tr(
            "no plan was found in {seconds:.0f} s; none is proven impossible either. Give it more time, or relax a "
            "cap.",
            seconds=control.elapsed,
        )
        raise NoPlanError(message, proven=False)

    began = time.monotonic()
    proven = replace(reference, bound=search.bound)
    plan = with_decisions(proven, prepared.decisions(search.solution), search.objective)
    seconds["audit"] = time.monotonic() - began
    report(Step(control.elapsed, "audited", plan.bound, plan.objective))
    status = _status(search, plan.objective, gap)
    return replace(plan, method=method, status=status, seconds=seconds, options=options, reference=reference)


def with_decisions(plan: Plan, decisions: Decisions, worth: float) -> Plan:
    """Return a plan with other decisions for the same scenario, audited; its bound and all else stay.

    Args:
        plan: a plan of the scenario.
        decisions: what is decided instead.
        worth: what the solver takes them to be worth, staff-hours a year.

    Raises:
        AuditError: if a rule is broken, the audit values the decisions at less than the solver did, or at more than the
            bound; a defect of this software.
    """
    found = _audited(plan.scenario, decisions, worth, plan.bound)
    return replace(plan, objective=found.objective, decisions=decisions, audit=found)


def _status(search: Search, objective: float, gap: float) -> Status:
    # Within its tolerances the solver's own figures lie a trifle above the audit's.
    if relative_gap(objective, search.bound) <= gap + AGREEMENT:
        return Status.PROVEN
    if search.control.stopped:
        return Status.INTERRUPTED
    # HiGHS ends a little before its limit.
    return Status.TIME_LIMIT if search.control.left <= 1 and not search.failed else Status.SOLVER_FAILED


def _audited(scenario: Scenario, decisions: Decisions, objective: float, bound: float) -> Audit:
    """Return the audit of a solved plan; see `with_decisions`."""
    checked = audit(scenario.data, scenario.policy, decisions)
    if checked.breaches:
        breaches = describe(checked.breaches)
        raise AuditError(tr("the solved plan breaks rules; please report this:\n{breaches}", breaches=breaches))
    tolerance = AGREEMENT * max(1.0, abs(objective))
    # The readout drops what serves nothing, so the plan may be worth a little more than the solver knew.
    if checked.objective < objective - tolerance:
        raise AuditError(
            tr(
                "the solver values {what} at {solver:,.3f}, the audit at {audit:,.3f}; please report this",
                what=tr("the plan"), solver=objective, audit=checked.objective,
            )
        )  # fmt: skip
    if checked.objective > bound + tolerance:
        raise AuditError(
            tr(
                "the plan is worth {worth:,.3f}, above its bound {bound:,.3f}; please report this",
                worth=checked.objective, bound=bound,
            )
        )  # fmt: skip
    return checked


def _infeasible(scenario: Scenario, added: tuple[str, ...]) -> str:
    if added:
        return tr(
            "No plan can keep all the rules of {title!r} and the added rules ({rules}): proven by HiGHS with and "
            "without presolve.",
            title=scenario.title, rules=joined(added),
        )  # fmt: skip
    return tr(
        "No plan can keep all the rules of {title!r}: proven by HiGHS with and without presolve.", title=scenario.title
    )
