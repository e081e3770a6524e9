"""Offices: functions merged into offices and centres, template by template, proven and audited."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd

from devolve_opt.audit import describe
from devolve_opt.audit.offices import OfficeAudit, audit_offices
from devolve_opt.case import Case
from devolve_opt.errors import AuditError, Fault, InputError, NoPlanError, SolverError
from devolve_opt.formulation.offices import build_offices, read_offices
from devolve_opt.frozen import FrozenFrames
from devolve_opt.instruments import Offices
from devolve_opt.language import tr
from devolve_opt.plan import relative_gap
from devolve_opt.rules.offices import heads, office_templates
from devolve_opt.scenario import Scenario
from devolve_opt.solver.conflict import diagnose
from devolve_opt.solver.engine import Control, Engine, Outcome, stop_on_interrupt
from devolve_opt.solver.matrix import Matrix, compile_matrix
from devolve_opt.studies.infeasible import CONFLICT_SECONDS, least_heading
from devolve_opt.studies.kept import status_named
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.studies.prepared import building
from devolve_opt.vocabulary import Platform, Status, Unit, label

TOO_FEW = {
    Unit.OFFICE: "{needed} offices are needed, offices_max allows {cap}: {parts}.",
    Unit.CENTRE: "{needed} centres are needed, centres_max allows {cap}: {parts}.",
}
"""A cap on offices or centres that is too small; shown as `tr(TOO_FEW[...])`."""
TOO_SMALL = {
    Unit.OFFICE: "offices of {platform} have {there:.2f} persons, {needed} x office_staff_min asks for {wanted:g}.",
    Unit.CENTRE: "centres of {platform} have {there:.2f} persons, {needed} x office_staff_min asks for {wanted:g}.",
}
"""Offices or centres of a platform with too few persons; shown as `tr(TOO_SMALL[...])`."""


@dataclass(frozen=True, eq=False)
class OfficePlan(FrozenFrames):
    """Functions arranged in offices and centres, for each template, with proof.

    Attributes:
        scenario: what was asked.
        templates: a row for each template: `template`, `townships` (it serves), `staff`, `migrants` (persons),
            `status`, `objective`, `bound` (staff-hours a year of one township; costs, so negative), `gap` (share),
            `offices`, `centres`, `files_before`, `files_after` (files a year between offices), `functions_moved`,
            `hours` (staff-hours a year of one township).
        offices: a row for each office and centre of each template: `template`, `office` (the function that heads it),
            `name` (that of the office of today that it continues, else of its head), `kind`, `platform`, `functions`,
            `function_names`, `merged_from` (today's offices), `staff` (persons).
        arrangement: columns `template, function, office, continues`.
        traffic: columns `template, function, other, files` (a year), `across_before`, `across_after`.
        audit: the independent check, which the plan has passed.
        log: the solver's own log.
    """

    scenario: Scenario
    templates: pd.DataFrame
    offices: pd.DataFrame
    arrangement: pd.DataFrame
    traffic: pd.DataFrame
    audit: OfficeAudit
    log: str = ""

    @property
    def proven(self) -> bool:
        """Whether every template's arrangement is proven best."""
        return bool((self.templates["status"] == Status.PROVEN).all())

    @property
    def merges(self) -> pd.DataFrame:
        """The offices that come from more than one of today's; columns as in `offices`."""
        return self.offices[self.offices["merged_from"].str.contains("; ", regex=False)].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Found:
    status: Status
    objective: float
    bound: float
    arrangement: pd.DataFrame


def organise(
    scenario: Scenario,
    time_limit: float | None = None,
    threads: int = 1,
    *,
    control: Control | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> OfficePlan:
    """Arrange the functions of a scenario's case in offices; the plan is returned only if it has passed the audit.

    Templates that do not differ in staff and in what is mandatory are solved once.

    Args:
        scenario: what to solve; its policy has `offices`, its case the table `functions`.
        time_limit: seconds of wall time for all of it; None waits for the proof.
        threads: threads for HiGHS.
        control: when to stop, for callers that want to stop it themselves; replaces `time_limit`.
        report: called with a line when a template is done.

    Raises:
        InputError: if the policy has no `offices` or the case no `functions`, or an option is not allowed.
        NoPlanError: if it is proven that no arrangement keeps the rules, with the rules that clash; or none was found
            in time.
        AuditError: if a solved arrangement breaks a rule; a defect of this software.
    """
    check_options(time_limit=time_limit, threads=threads)
    settings, case = scenario.policy.offices, scenario.data
    if settings is None:
        message = tr("is missing; add the table [policy.offices] to the scenario.")
        raise InputError([Fault(message, file=scenario.source, column="policy.offices")])
    if case.functions.empty:
        message = tr("has no table functions; add functions.csv (see the data dictionary).")
        raise InputError([Fault(message, file=scenario.case.source or scenario.case.title)])
    own = control is None
    control = control or Control(time_limit)
    templates = office_templates(case, settings.per_township)
    done: dict[tuple[float, tuple[str, ...]], _Found] = {}
    found: dict[str, _Found] = {}
    log: list[str] = []
    with stop_on_interrupt(control.stop) if own else nullcontext():
        for name, template in templates.iterrows():
            due = tuple(heads(case.functions, template["migrants"]))
            staff, migrants = float(template["staff"]), float(template["migrants"])
            key = (staff, due)
            if key not in done:
                log.append(f"\n=== {name}: {staff:g} persons\n")
                done[key] = _arrange(case, settings, str(name), staff, migrants, control, threads, log)
            found[str(name)] = done[key]
            status = status_named(str(done[key].status))
            report(tr("{offices}: {status}", offices=label(str(name)), status=status))
    arrangement = pd.concat([each.arrangement.assign(template=name) for name, each in found.items()], ignore_index=True)
    arrangement = arrangement[["template", "function", "office", "continues"]]
    checked = _audited(case, settings, arrangement, found)
    proof = pd.DataFrame.from_dict(
        {
            name: {
                "status": each.status, "objective": each.objective, "bound": each.bound,
                "gap": relative_gap(each.objective, each.bound),
            }
            for name, each in found.items()
        },
        orient="index",
    )  # fmt: skip
    figures = templates.join(proof).join(checked.templates).rename_axis("template").reset_index()
    return OfficePlan(
        scenario, figures, _offices(case, templates, arrangement), arrangement, _traffic(case, arrangement), checked,
        "".join(log),
    )  # fmt: skip


def _arrange(
    case: Case, settings: Offices, name: str, staff: float, migrants: float, control: Control, threads: int,
    log: list[str],
) -> _Found:  # fmt: skip
    with building():
        model = build_offices(case, settings, staff, migrants)
        matrix = compile_matrix(model)
    with Engine(matrix, control, threads, on_log=log.append) as engine:
        answer = engine.solve(mip_rel_gap=0.0, mip_abs_gap=0.0)
        if answer.outcome in (Outcome.INFEASIBLE, Outcome.FAILED, Outcome.CRASHED):
            # "Infeasible" is believed only when a run without presolve says so too.
            first, answer = answer, engine.solve(mip_rel_gap=0.0, mip_abs_gap=0.0, presolve="off")
            if first.outcome is answer.outcome is Outcome.INFEASIBLE:
                raise NoPlanError(_clash(case, settings, name, staff, migrants, matrix), proven=True)
    if answer.solution is None:
        if answer.outcome in (Outcome.TIME_LIMIT, Outcome.INTERRUPTED):
            message = tr("no arrangement was found in time for {offices}; give it more time.", offices=label(name))
            raise NoPlanError(message, proven=False)
        raise SolverError(
            tr("HiGHS ended with {outcome} on the offices of {offices}", outcome=answer.outcome, offices=label(name))
        )
    solution = np.where(matrix.integer, np.round(answer.solution), answer.solution)
    matrix.set_values(solution)
    proven = relative_gap(answer.objective, answer.bound) <= AGREEMENT
    stopped = {Outcome.TIME_LIMIT: Status.TIME_LIMIT, Outcome.INTERRUPTED: Status.INTERRUPTED}
    status = Status.PROVEN if proven else stopped.get(answer.outcome, Status.SOLVER_FAILED)
    return _Found(status, answer.objective, answer.bound, read_offices(model))


def _audited(case: Case, settings: Offices, arrangement: pd.DataFrame, found: dict[str, _Found]) -> OfficeAudit:
    checked = audit_offices(case, settings, arrangement)
    if checked.breaches:
        breaches = describe(checked.breaches)
        raise AuditError(tr("the solved offices break rules; please report this:\n{breaches}", breaches=breaches))
    for name, each in found.items():
        hours = float(checked.templates.loc[name, "hours"])  # type: ignore[arg-type]
        if abs(hours + each.objective) > AGREEMENT * max(1.0, hours):
            raise AuditError(
                tr(
                    "the solver values {what} at {solver:,.3f}, the audit at {audit:,.3f}; please report this",
                    what=label(name), solver=each.objective, audit=-hours,
                )
            )  # fmt: skip
    return checked


def needed_units(case: Case, migrants: float) -> pd.DataFrame:
    """Return the least number of offices and centres that the mandatory functions and the platforms allow.

    Functions of different platforms or kinds share no office, nor do two mandatory ones; so each platform and kind that
    has functions needs as many as it has mandatory ones, and at least one. The sum is a proof, without any solver, that
    fewer are not enough.

    Returns:
        A row for each platform and kind with functions: `platform`, `kind`, `functions`, `mandatory`, `needed`.
    """
    functions = case.functions
    due = functions.index.isin(heads(functions, migrants))
    groups = functions.assign(due=due).groupby(["platform", "kind"], sort=False)
    counted = pd.DataFrame({"functions": groups.size(), "mandatory": groups["due"].sum()}).reset_index()
    return counted.assign(needed=counted["mandatory"].clip(lower=1))


def _clash(case: Case, settings: Offices, name: str, staff: float, migrants: float, matrix: Matrix) -> str:
    """Return why no arrangement exists: the caps that are too small by counting, else the least that must give."""
    lines = [
        tr(
            "No offices can keep all the rules for {offices} ({staff:g} persons): proven by HiGHS with and without "
            "presolve.",
            offices=label(name), staff=staff,
        )
    ]  # fmt: skip
    needed = needed_units(case, migrants)
    for kind, cap in ((Unit.OFFICE, settings.offices_max), (Unit.CENTRE, settings.centres_max)):
        rows = needed[needed["kind"] == kind]
        total = int(rows["needed"].sum())
        if total > cap:
            parts = [_need(row["platform"], row["mandatory"]) for row in rows.to_dict("records")]
            lines.append(tr(TOO_FEW[kind], needed=total, cap=cap, parts=" + ".join(parts)))
    shares = case.functions.groupby(["platform", "kind"], sort=False)["staff_share"].sum().to_dict()
    for row in needed.to_dict("records"):
        there, wanted = staff * shares[row["platform"], row["kind"]], row["needed"] * settings.office_staff_min
        if there < wanted - 1e-9:
            told = {"platform": label(row["platform"]), "there": there, "needed": row["needed"], "wanted": wanted}
            lines.append(tr(TOO_SMALL[Unit(row["kind"])], **told))
    conflict = diagnose(matrix, settings, Control(CONFLICT_SECONDS))
    if conflict is not None and conflict.relaxations:
        lines += [least_heading(conflict), *(f"  {rule}" for rule in conflict.relaxations)]
    return "\n".join(lines)


def _need(platform: str, mandatory: int) -> str:
    where = label(Platform(platform))
    if mandatory:
        return tr("{n} mandatory of {platform}", n=mandatory, platform=where)
    return tr("1 for its functions of {platform}", platform=where)


def _offices(case: Case, templates: pd.DataFrame, arrangement: pd.DataFrame) -> pd.DataFrame:
    facts, staff = case.functions, templates["staff"].to_dict()
    rows = []
    for (template, office), members in arrangement.groupby(["template", "office"], sort=False):
        inside = facts.loc[members["function"]]
        kept = members["continues"].iloc[0]
        rows.append(
            {
                "template": template,
                "office": office,
                "name": kept or facts.at[office, "name"],
                "kind": facts.at[office, "kind"],
                "platform": facts.at[office, "platform"],
                "functions": "; ".join(inside.index),
                "function_names": "; ".join(inside["name"]),
                "merged_from": "; ".join(inside["today"].drop_duplicates()),
                "staff": staff[str(template)] * float(inside["staff_share"].sum()),
            }
        )
    frame = pd.DataFrame(rows)
    order = {str(word): place for place, word in enumerate((*Platform, *Unit, *templates.index))}
    return frame.sort_values(
        ["template", "platform", "kind"], key=lambda column: column.map(order), kind="stable", ignore_index=True
    )


def _traffic(case: Case, arrangement: pd.DataFrame) -> pd.DataFrame:
    today = case.functions["today"]
    parts = []
    for template, rows in arrangement.groupby("template", sort=False):
        office = rows.set_index("function")["office"]
        pairs = case.traffic
        before = pairs["function"].map(today) != pairs["other"].map(today)
        after = pairs["function"].map(office) != pairs["other"].map(office)
        parts.append(pairs.assign(template=template, across_before=before, across_after=after))
    return pd.concat(parts, ignore_index=True)[
        ["template", "function", "other", "files", "across_before", "across_after"]
    ]
