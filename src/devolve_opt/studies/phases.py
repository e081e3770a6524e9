"""Lay the batches of the year over a finished plan: which batch hands over what, proven and audited."""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np
import pandas as pd

from devolve_opt.audit import audit, describe
from devolve_opt.audit.phases import audit_phases
from devolve_opt.case import Case
from devolve_opt.errors import AuditError, Fault, InputError
from devolve_opt.formulation.phases import build_phases, read_phases, set_phases, trained_as_relaxed
from devolve_opt.language import tr
from devolve_opt.phase_plan import PhaseAudit, PhaseDecisions, PhasePlan
from devolve_opt.plan import Decisions, relative_gap
from devolve_opt.policy import Policy
from devolve_opt.rules.phases import Handover, handover
from devolve_opt.rules.schedule import Schedule
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, Engine, Outcome, stop_on_interrupt
from devolve_opt.solver.matrix import compile_matrix
from devolve_opt.solver.progress import FEASIBILITY_TOLERANCE
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.studies.prepared import building
from devolve_opt.vocabulary import Status

PART_SHARE = 0.5
"""Part of the time left that the counties by themselves may take."""


def phase(
    scenario: Scenario,
    plan: Decisions,
    gap: float = 0.001,
    time_limit: float | None = None,
    threads: int = 1,
    *,
    control: Control | None = None,
) -> PhasePlan:
    """Decide which batch hands over what of a finished plan, so that least is lost by waiting.

    The whole city is proven at once, because the places of the examinations are the city's. There always is an answer:
    what no batch can hand over is left over.

    Args:
        scenario: its policy must have `phases`.
        plan: the decisions of a plan that keeps the rules of the scenario, from whatever source: `Plan.decisions`.
        gap: gap to prove, as a share of the worth lost.
        time_limit: seconds of wall time; when they are up, the best batches so far with the gap they have.
        threads: threads for HiGHS.
        control: when to stop, for callers that want to stop it themselves; replaces `time_limit`.

    Raises:
        InputError: if an option is not allowed, `phases` are off, or the plan breaks rules.
        AuditError: if the batches break a rule; a defect of this software.
    """
    check_options(gap, time_limit, threads)
    case, policy = scenario.data, scenario.policy
    own = control is None
    control = control or Control(time_limit)
    began = time.monotonic()
    asked = handover(case, policy, plan)
    checked = audit(case, policy, plan)
    if checked.breaches:
        breaches = describe(checked.breaches, 3)
        message = tr("breaks rules, so it cannot be handed over: {breaches}", breaches=breaches)
        raise InputError([Fault(message, file="the plan")])
    quick = Schedule(asked)
    quick.complete()
    with stop_on_interrupt(control.stop) if own else nullcontext():
        status, bound, decisions, log = _solved(case, policy, plan, quick.decisions(), gap, threads, control)
    found = _audited(case, policy, plan, decisions, bound)
    return PhasePlan(
        scenario, plan, decisions, found, _bottlenecks(asked, decisions), status, min(bound, found.lost),
        time.monotonic() - began, log,
    )  # fmt: skip


def _solved(
    case: Case, policy: Policy, plan: Decisions, quick: PhaseDecisions, gap: float, threads: int, control: Control
) -> tuple[Status, float, PhaseDecisions, str]:
    """Return status, bound, decisions and log, from batches that were filled one after the other.

    The relaxation says who is trained when, each county is then solved by itself with the places it has so, and at last
    the whole city for the proof.
    """
    if audit_phases(case, policy, plan, quick).lost == 0:
        return Status.PROVEN, 0.0, quick, ""
    with building():
        model = build_phases(case, policy, plan)
        matrix = compile_matrix(model)
    set_phases(model, quick)
    best, log = matrix.values(), list[str]()
    county = np.array([model.asked.county[variable.index()[0]] for variable in matrix.variables])

    def better(found: np.ndarray | None) -> np.ndarray:
        if found is None:
            return best
        rounded = np.where(matrix.integer, np.round(found), found)
        sound = matrix.violation(rounded) <= FEASIBILITY_TOLERANCE
        return rounded if sound and matrix.objective(rounded) > matrix.objective(best) else best

    with Engine(matrix, control, threads, on_log=log.append) as engine:
        relaxed = engine.solve(integer=np.zeros_like(matrix.integer))
        bound = relaxed.bound
        if relaxed.outcome is Outcome.OPTIMAL and relaxed.solution is not None:
            matrix.set_values(relaxed.solution)
            set_phases(model, trained_as_relaxed(model))
            best = better(matrix.values())
        until = control.elapsed + PART_SHARE * control.left
        for name in sorted(set(county), key=lambda name: (int((county == name).sum()), name)):
            if relative_gap(matrix.objective(best), bound) <= gap or control.stopped or control.elapsed >= until:
                break
            lower, upper = (np.where(county == name, ends, best) for ends in (matrix.lower, matrix.upper))
            seconds = until - control.elapsed
            part = engine.solve(lower=lower, upper=upper, start=best, seconds=seconds, mip_rel_gap=float(gap))
            best = better(part.solution)
        answer = engine.solve(start=best, mip_rel_gap=float(gap))
    best = better(answer.solution)
    matrix.set_values(best)
    bound = min(bound, answer.bound)
    stopped = {Outcome.TIME_LIMIT: Status.TIME_LIMIT, Outcome.INTERRUPTED: Status.INTERRUPTED}
    proven = relative_gap(matrix.objective(best), bound) <= gap + AGREEMENT
    status = Status.PROVEN if proven else stopped.get(answer.outcome, Status.SOLVER_FAILED)
    return status, max(0.0, -bound), read_phases(model), "".join(log)


def _audited(case: Case, policy: Policy, plan: Decisions, decisions: PhaseDecisions, bound: float) -> PhaseAudit:
    found = audit_phases(case, policy, plan, decisions)
    if found.breaches:
        breaches = describe(found.breaches)
        raise AuditError(tr("the batches break rules; please report this:\n{breaches}", breaches=breaches))
    if found.lost < bound - AGREEMENT * max(1.0, bound):
        message = tr(
            "the batches lose {lost:,.3f}, less than their bound {bound:,.3f}; please report this",
            lost=found.lost, bound=bound,
        )  # fmt: skip
        raise AuditError(message)
    return found


def _bottlenecks(asked: Handover, decisions: PhaseDecisions) -> pd.DataFrame:
    """Return what was tight a batch earlier for each power that waits: columns `township, power, limits`."""
    schedule = Schedule(asked, decisions)
    waiting = [(pair, schedule.power.get(pair, asked.settings.batches + 1)) for pair in asked.worth]
    rows = [(*pair, "; ".join(schedule.limits(pair, batch - 1))) for pair, batch in waiting if batch > 1]
    return pd.DataFrame(rows, columns=["township", "power", "limits"], dtype="str")
