"""Duty admission: may a proposed duty be laid on townships, and what would they give up or need for it?

Guide list, posts, officers, leaders of offices, training, lent staff, stations, the relief by area teams and what
counties have opened stay as the plan has them. Each township then stands by itself, and its own small model, solved to
the proof, says what it would give up to carry the duty; what it would need to keep everything is plain arithmetic.

What a county has opened stays opened, so no loss counts an opening as spared; the audit of all together, which asks
only for openings that somebody uses, does. A managed station of a field makes its township ready in it for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.audit import audit, describe
from devolve_opt.case import Case
from devolve_opt.errors import AuditError, Fault, InputError
from devolve_opt.formulation import build_model, set_start
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Audit, Decisions, Plan
from devolve_opt.policy import Policy
from devolve_opt.proposed_duty import ProposedDuty
from devolve_opt.rules.admission import needs, with_proposed
from devolve_opt.rules.duties import duties_laid
from devolve_opt.rules.interest import interest
from devolve_opt.rules.workload import overload_cost
from devolve_opt.solver.engine import Control, Engine, Outcome, stop_on_interrupt
from devolve_opt.solver.matrix import compile_matrix, reduced
from devolve_opt.studies.options import AGREEMENT, check_options, refuse_added_rules
from devolve_opt.studies.prepared import building


class Verdict(StrEnum):
    """What an admission test says of a township."""

    CARRIES = "carries"
    """As it stands: it holds the powers and has the hours and the officers."""
    DISPLACES = "displaces"
    """It could, after giving up what is named."""
    NEEDS = "needs"
    """It needs what is named: powers, fields, officers, persons."""
    BARRED = "barred"
    """Law, policy or its county keeps a power of the duty from it, whatever it has."""
    UNSETTLED = "unsettled"
    """The time was up before it was settled whether giving something up helps."""


_KEPT = (
    "guide list, posts, officers, leaders of offices, training, lent staff, stations, relief by area teams, what "
    "counties opened (an opening that nobody uses any more is not counted as spared)"
)

HELD_FIXED = {
    Verdict.CARRIES: "the whole plan",
    Verdict.DISPLACES: f"{_KEPT}; nothing else comes",
    Verdict.NEEDS: "all that the township has under the plan is kept, and what it needs comes on top",
    Verdict.BARRED: "law, policy and refusals of its county",
    Verdict.UNSETTLED: _KEPT,
}
"""What stayed as it is while each verdict was found; shown as `tr(HELD_FIXED[verdict])`."""


@dataclass(frozen=True, eq=False)
class Admission(FrozenFrames):
    """What an admission test found.

    Attributes:
        plan: the plan that it was tested against.
        duty: what was proposed.
        townships: a row for each township it would be laid on, columns `township, name, county, category`; `verdict`;
            `reason` (why barred); `hours`, `officer_hours` of the duty (a year); what it would need beside all that it
            has: `powers_to_take`, of these `powers_to_list` and `powers_to_open`, `fields_to_ready` (ids),
            `officers_short`, `persons_short` (persons), `hours_short` (staff-hours a year), `caps_to_raise`; what it
            would give up instead: `gives_up_powers`, `gives_up_duties`, `gives_up_fields` (ids, with what each power or
            duty is worth by itself, overload and equity apart); `loss` (staff-hours a year that the rest of the plan is
            worth less; below 0 where a plan that is not proven best holds something it is better without; not a number
            where it cannot carry the duty), `worth` (of the duty there, staff-hours a year), `held_fixed`. Lists of ids
            are texts, separated by commas.
        decisions: the plan with the duty carried wherever that needs nothing from outside.
        audit: the independent check of these.
        log: the solver's own log.
    """

    plan: Plan
    duty: ProposedDuty
    townships: pd.DataFrame
    decisions: Decisions
    audit: Audit
    log: str = ""


def admit(
    plan: Plan,
    duty: ProposedDuty,
    time_limit: float | None = None,
    threads: int = 1,
    *,
    control: Control | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Admission:
    """Test whether a proposed duty may be laid on townships under a plan.

    Args:
        plan: a plan that keeps every rule; what townships have is taken from it.
        duty: what is proposed.
        time_limit: seconds of wall time; None waits for every proof.
        threads: threads for HiGHS.
        control: when to stop, for callers that want to stop it themselves; replaces `time_limit`.
        report: called with a line now and then.

    Raises:
        InputError: if the plan breaks rules, or the duty does not fit the case.
        AuditError: if what was solved breaks a rule; a defect of this software.
    """
    check_options(time_limit=time_limit, threads=threads)
    refuse_added_rules(plan)
    case, policy = plan.scenario.data, plan.scenario.policy
    faults = duty.faults(case)
    if policy.goals:
        message = tr("come before the rest of the worth, which a single township cannot see; test a run without them.")
        faults.append(Fault(message, file="policy", column="goals"))
    if plan.audit.breaches:
        breaches = describe(plan.audit.breaches, 3)
        message = tr("breaks rules, so that what townships have is not sure: {breaches}", breaches=breaches)
        faults.append(Fault(message, column="plan"))
    if faults:
        raise InputError(faults)
    own = control is None
    control = control or Control(time_limit)
    asked, knowing, proposed = with_proposed(case, policy, duty, duty.laid_on(case))
    table = needs(plan, asked, knowing, proposed)
    possible = [
        str(town) for town, row in table.iterrows()
        if not row["barred"] and _lacks(row) and not (row["to_list"] or row["to_open"])
    ]  # fmt: skip
    with stop_on_interrupt(control.stop) if own else nullcontext():
        tried = _try_townships(plan, asked, knowing, proposed, table, possible, control, threads, report)
    verdict = pd.Series([_verdict(str(town), row, tried) for town, row in table.iterrows()], table.index, dtype=object)
    carrying = [str(town) for town in table.index if town in tried.found or verdict[town] == Verdict.CARRIES]
    figures = plan.audit.townships.loc[table.index]
    needed, there = figures["hours_needed"], figures["hours_there"]
    # Where nothing else changes, the duty's hours may still be overload.
    loss = overload_cost(needed + table["hours"], there, policy) - overload_cost(needed, there, policy)
    loss = loss.where(verdict == Verdict.CARRIES)
    for town, found in tried.found.items():
        loss[town] = found.loss
    worth_of_hour = knowing.duties.worth if knowing.duties is not None else 0.0
    worth = worth_of_hour * table["hours"]
    decisions = _combined(plan, proposed, tried.found, carrying)
    checked = _audited(plan, duty, carrying, decisions, float((worth - loss)[carrying].sum()))
    rows = _rows(plan, asked, table, verdict, tried.found, loss, worth, worth_of_hour)
    return Admission(plan, duty, rows, decisions, checked, "".join(tried.log))


@dataclass(frozen=True)
class _Found:
    """What a township does with the duty: ids it gives up and comes to hold, and what the rest is then worth less."""

    powers: tuple[str, ...]
    duties: tuple[str, ...]
    fields: tuple[str, ...]
    takes: tuple[str, ...]
    readies: tuple[str, ...]
    loss: float


@dataclass
class _Tried:
    """What came out for the townships that were tried; those in neither `found` nor `unsettled` cannot carry it."""

    found: dict[str, _Found]
    unsettled: set[str]
    log: list[str]


def _try_townships(
    plan: Plan, case: Case, policy: Policy, proposed: str, table: pd.DataFrame, trying: list[str], control: Control,
    threads: int, report: Callable[[str], None],
) -> _Tried:  # fmt: skip
    """Find out for each township what it would give up: one model, in which one township may change at a time."""
    tried = _Tried({}, set(), [])
    if not trying:
        return tried
    keeps_duties = policy.duties is not None and policy.duties.matched_share_min > 0
    # The least share would ask the proposed duty of townships that are not tried; where there is one, no duty goes.
    with building():
        model = build_model(case, policy.replace(duties={"matched_share_min": 0.0}))
        whole = compile_matrix(model)
    set_start(model, plan.decisions)
    values = whole.values()
    free = np.zeros(len(values), dtype=bool)
    owners = []
    comes = {name: {(str(town), each) for town, some in table[name].items() for each in some}
             for name in ("to_take", "to_ready")}  # fmt: skip
    for column, variable in enumerate(whole.variables):
        name, index = variable.parent_component().name, variable.index()
        parts = index if isinstance(index, tuple) else (index,)
        owner = str(parts[1] if name in ("risk_each", "risk_beyond") else parts[0])
        held = values[column] > 0.5
        may_go = {
            "taken": held or index in comes["to_take"],
            "ready": held or index in comes["to_ready"],
            "matched": (held and not keeps_duties) or (name == "matched" and index[1] == proposed),
            **dict.fromkeys(("overload", "shortfall", "carries", "brought", "risk_each", "risk_beyond"), True),
        }
        free[column] = owner in trying and may_go.get(name, False)
        owners += [owner] if free[column] else []
    part, before, of = reduced(whole, free, values), values[free], np.array(owners)
    keys = [(variable.parent_component().name, variable.index()) for variable in part.variables]
    with Engine(part, control, threads, on_log=tried.log.append) as engine:
        for number, township in enumerate(trying):
            if control.stopped or control.left <= 0:
                tried.unsettled.update(trying[number:])
                break
            told = {"number": number + 1, "all": len(trying), "township": township}
            report(tr("{number} of {all} townships: {township}", **told))
            own, column = of == township, keys.index(("matched", (township, proposed)))
            lower, upper = np.where(own, part.lower, before), np.where(own, part.upper, before)
            if upper[column] < 1:
                continue  # it would pass the load with all the posts it could get and no power
            lower[column] = 1.0
            answer = engine.solve_exactly(lower, upper)
            if answer.outcome is Outcome.INFEASIBLE:
                continue
            if answer.outcome is not Outcome.OPTIMAL or answer.solution is None:
                tried.unsettled.add(township)
                continue
            loss = float(part.costs @ (before - answer.solution)) + float(part.costs[column])
            went, came = (
                {name: _named(keys, own & (np.round(one) > np.round(other)), name)
                 for name in ("taken", "matched", "ready")}
                for one, other in ((before, answer.solution), (answer.solution, before))
            )  # fmt: skip
            tried.found[township] = _Found(
                went["taken"], went["matched"], went["ready"], came["taken"], came["ready"], loss
            )
    return tried


def _named(keys: list[tuple[str, Any]], chosen: NDArray[np.bool_], component: str) -> tuple[str, ...]:
    """Return the second index, such as the power, of the chosen columns of a component."""
    return tuple(str(keys[column][1][1]) for column in np.flatnonzero(chosen) if keys[column][0] == component)


def _verdict(township: str, needed: pd.Series, tried: _Tried) -> Verdict:
    if needed["barred"]:
        return Verdict.BARRED
    if township in tried.unsettled:
        return Verdict.UNSETTLED
    found = tried.found.get(township)
    if found is not None and (found.powers or found.duties):
        return Verdict.DISPLACES
    return Verdict.NEEDS if _lacks(needed) else Verdict.CARRIES


def _lacks(needed: pd.Series) -> bool:
    lists = ("to_take", "to_ready", "caps")
    return bool(needed["officers_short"] or needed["hours_short"] or any(needed[name] for name in lists))


def _combined(plan: Plan, proposed: str, found: dict[str, _Found], carrying: list[str]) -> Decisions:
    """Return the plan with the duty carried where it can be, and what is given up and taken for it."""
    decided = plan.decisions

    def changed(frame: pd.DataFrame, column: str, gone: str, come: str) -> pd.DataFrame:
        dropped = {(town, name) for town, each in found.items() for name in getattr(each, gone)}
        added = [(town, name) for town, each in found.items() for name in (getattr(each, come) if come else ())]
        rows = [row for row in frame[["township", column]].itertuples(index=False, name=None) if row not in dropped]
        return pd.DataFrame([*rows, *added], columns=["township", column], dtype="str")

    duties = changed(decided.duties, "duty", "duties", "")
    mine = pd.DataFrame({"township": carrying, "duty": proposed}, dtype="str")
    return replace(
        decided,
        take_up=changed(decided.take_up, "power", "powers", "takes"),
        ready=changed(decided.ready, "field", "fields", "readies"),
        duties=pd.concat([duties, mine], ignore_index=True),
    )


def _audited(plan: Plan, duty: ProposedDuty, carrying: list[str], decisions: Decisions, gain: float) -> Audit:
    """Return the audit of the plan with the duty, laid only where it is carried.

    Raises:
        AuditError: if a rule is broken, or the worth is not the plan's and what the duty adds and takes.
    """
    if not carrying:
        return plan.audit
    case, policy, _ = with_proposed(plan.scenario.data, plan.scenario.policy, duty, carrying)
    checked = audit(case, policy, decisions)
    if checked.breaches:
        breaches = describe(checked.breaches)
        raise AuditError(tr("the plan with the duty breaks rules; please report this:\n{breaches}", breaches=breaches))
    opening = policy.county_opening
    expected = plan.audit.objective + gain + (opening.price * _closed(plan, decisions) if opening else 0.0)
    if abs(checked.objective - expected) > AGREEMENT * max(1.0, abs(expected)):
        raise AuditError(
            tr(
                "with the duty the plan is worth {audit:,.3f} to the audit, {solver:,.3f} to the solver; please report "
                "this",
                audit=checked.objective, solver=expected,
            )
        )  # fmt: skip
    return checked


def _closed(plan: Plan, decisions: Decisions) -> int:
    """Return how many powers that counties have opened nobody takes any more."""
    county = plan.scenario.data.tables["townships"]["county"]
    before, after = (
        set(zip(each["township"].map(county), each["power"], strict=True))
        for each in (plan.decisions.take_up, decisions.take_up)
    )
    return len(before - after)


def _rows(
    plan: Plan, case: Case, table: pd.DataFrame, verdict: pd.Series, found: dict[str, _Found], loss: pd.Series,
    worth: pd.Series, worth_of_hour: float,
) -> pd.DataFrame:  # fmt: skip
    """Return the table `Admission.townships`."""
    policy, towns = plan.scenario.policy, case.tables["townships"].loc[table.index]
    nothing = _Found((), (), (), (), (), 0.0)
    pairs = interest(case, policy).set_index(["township", "power"])[["rounds", "cases"]].to_dict("index")
    support = case.tables["powers"]["support_hours"].to_dict()
    laid = duties_laid(case, policy).set_index(["township", "duty"])["hours"].to_dict()

    def of_power(town: str, power: str) -> str:
        facts, prices = pairs[town, power], policy.prices
        gross = prices.choice_met * facts["rounds"] + prices.case_near_home * facts["cases"]
        return f"{power} ({gross - prices.county_support * support[power]:,.0f})"

    gone = {town: found.get(str(town), nothing) for town in table.index}
    texts = {name: table[name].map(", ".join) for name in ("to_take", "to_list", "to_open", "to_ready", "caps")}
    return pd.DataFrame(
        {
            "township": table.index,
            **{name: towns[name] for name in ("name", "county", "category")},
            "verdict": verdict.astype("str"),
            "reason": table["barred"],
            "hours": table["hours"],
            "officer_hours": table["officer_hours"],
            "powers_to_take": texts["to_take"],
            "powers_to_list": texts["to_list"],
            "powers_to_open": texts["to_open"],
            "fields_to_ready": texts["to_ready"],
            "officers_short": table["officers_short"],
            "hours_short": table["hours_short"],
            "persons_short": table["persons_short"],
            "caps_to_raise": texts["caps"],
            "gives_up_powers": [", ".join(of_power(str(t), power) for power in gone[t].powers) for t in table.index],
            "gives_up_duties": [
                ", ".join(f"{duty} ({worth_of_hour * laid[str(t), duty]:,.0f})" for duty in gone[t].duties)
                for t in table.index
            ],
            "gives_up_fields": [", ".join(gone[t].fields) for t in table.index],
            "loss": loss,
            "worth": worth,
            "held_fixed": verdict.map(lambda found: tr(HELD_FIXED[found])),
        },
        index=table.index,
    ).reset_index(drop=True)
