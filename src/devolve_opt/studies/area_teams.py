"""Site the county's enforcement teams: each county solved by itself, proven, audited."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd

from devolve_opt.audit import describe
from devolve_opt.audit.area_teams import audit_teams
from devolve_opt.errors import AuditError, Fault, InputError, NoPlanError, SolverError
from devolve_opt.formulation.area_teams import CountyTeams, build_area_teams, county_teams, read_area_teams
from devolve_opt.formulation.siting import Siting, build_siting, read_siting
from devolve_opt.instruments import AreaTeams, TeamMode
from devolve_opt.language import joined, tr
from devolve_opt.plan import relative_gap
from devolve_opt.rules.area_teams import settings_of
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome, stop_on_interrupt
from devolve_opt.solver.matrix import Matrix, compile_matrix
from devolve_opt.studies.kept import without_plan
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.team_plan import TeamDecisions, TeamPlan
from devolve_opt.vocabulary import Status, some_of

CONFLICT_SECONDS = 60.0
"""Time for finding out, for one county, what the teams cannot do."""


@dataclass(frozen=True)
class _County:
    """What came of one county."""

    decisions: TeamDecisions
    status: Status
    cost: float
    bound: float
    seconds: float


def site_teams(
    scenario: Scenario,
    mode: str | None = None,
    gap: float = 0.0,
    time_limit: float | None = None,
    threads: int = 1,
    *,
    control: Control | None = None,
) -> TeamPlan:
    """Decide where the county teams sit and which townships they serve, at the least staff-hours a year.

    Args:
        scenario: its policy must have `area_teams`, its case the tables `teams` and, for journeys, `travel`.
        mode: `area`, `one_to_one` or `best` instead of the policy's.
        gap: gap to prove for each county, as a share of its cost.
        time_limit: seconds for all counties together; a county whose time is up gives its best plan with its gap.
        threads: threads for HiGHS.
        control: when to stop, for callers that want to stop it themselves; replaces `time_limit`.

    Raises:
        InputError: if an option is not allowed, area teams are off, or the case has no teams.
        NoPlanError: naming every county whose teams do not suffice and by how much, or one that was not solved in time.
        AuditError: if a solved plan breaks a rule; a defect of this software.
    """
    check_options(gap, time_limit, threads)
    case = scenario.data
    settings = settings_of(case, scenario.policy)
    if mode is not None and mode not in tuple(TeamMode):
        raise InputError([Fault(tr("must be one of {names}.", names=joined(TeamMode)), column="mode", value=str(mode))])
    chosen = settings.mode if mode is None else TeamMode(mode)
    own = control is None
    control = control or Control(time_limit)
    found: dict[str, _County] = {}
    conflicts: list[tuple[str, bool]] = []
    with stop_on_interrupt(control.stop) if own else nullcontext():
        for county in map(str, case.counties.index):
            problem = county_teams(case, settings, county, chosen)
            solved = _solve_county(problem, settings, county, chosen, gap, threads, control)
            if solved is None:
                conflicts.append(_conflict(problem, county, threads, Control(CONFLICT_SECONDS, control.event)))
            else:
                found[county] = solved
    if conflicts:
        title = tr(
            "No plan for the area teams of {title!r} can serve every township (mode {mode}):",
            title=scenario.title, mode=chosen,
        )  # fmt: skip
        hint = tr("Let journeys be longer, answer fewer calls, give the teams more hours, or choose the mode best.")
        lines, confirmed = zip(*conflicts, strict=True)
        raise NoPlanError("\n".join([title, *lines, hint]), proven=any(confirmed))
    decisions = _together([county.decisions for county in found.values()])
    checked = audit_teams(case, settings, chosen, decisions)
    if checked.breaches:
        breaches = describe(checked.breaches)
        raise AuditError(tr("the team plan breaks rules; please report this:\n{breaches}", breaches=breaches))
    counties = pd.DataFrame(
        {
            "status": [str(county.status) for county in found.values()],
            "cost": checked.counties.loc[list(found), "cost"].to_list(),
            "bound": [county.bound for county in found.values()],
            "gap": [_gap(county.cost, county.bound) for county in found.values()],
            "seconds": [county.seconds for county in found.values()],
        },
        index=pd.Index(list(found), name="county"),
    )
    for name, row in counties.iterrows():
        _agree(str(name), float(str(row["cost"])), found[str(name)])
    options = {"mode": str(chosen), "gap": gap, "time_limit": control.time_limit, "threads": threads}
    return TeamPlan(scenario, chosen, decisions, checked, counties, options)


def compare_modes(
    scenario: Scenario, plan: TeamPlan, gap: float = 0.0, threads: int = 1, control: Control | None = None
) -> pd.DataFrame:
    """Put the ways in which teams can sit side by side; `plan` is taken over for its own mode.

    Returns:
        A row for each mode and county: `mode, county, status`, `cost`, `bound`, `bases_cost`, `travel_cost`,
        `officers_cost` (staff-hours a year), `bases`, `own_teams`, `officers_added`. Where a mode has no plan, one row
        with a blank county, the status `infeasible` or `no_plan` and no figures.
    """
    frames = []
    for mode in TeamMode:
        try:
            found = plan if mode is plan.mode else site_teams(scenario, mode, gap, threads=threads, control=control)
        except NoPlanError as error:
            status = without_plan(error)
            frames.append(pd.DataFrame({"mode": [str(mode)], "county": [""], "status": [status]}))
            continue
        figures = found.counties[["status", "bound"]].join(found.audit.counties)
        frames.append(figures.reset_index().assign(mode=str(mode)))
    columns = ["mode", "county", "status", "cost", "bound", "bases_cost", "travel_cost", "officers_cost", "bases",
               "own_teams", "officers_added"]  # fmt: skip
    return pd.concat(frames, ignore_index=True)[columns]


def _solve_county(
    problem: CountyTeams, settings: AreaTeams, county: str, mode: TeamMode, gap: float, threads: int, control: Control
) -> _County | None:
    """Return what came of a county, or None if its teams cannot serve every township."""
    began = time.monotonic()
    if len(problem.calls) == 0:
        return _County(_together([]), Status.PROVEN, 0.0, 0.0, 0.0)
    try:
        model = build_area_teams(problem, settings, mode)
        matrix = compile_matrix(model)
    except NoPlanError:
        return None
    answer = _answer(matrix, gap, threads, control)
    if answer.outcome is Outcome.INFEASIBLE:
        return None
    if answer.solution is None:
        message = tr("no plan for the teams of {county} was found in time; give it more.", county=county)
        raise NoPlanError(message, proven=False)
    matrix.set_values(answer.solution)
    cost, bound = -answer.objective, -answer.bound
    if _gap(cost, bound) <= gap + AGREEMENT:
        status = Status.PROVEN
    elif control.stopped:
        status = Status.INTERRUPTED
    else:
        status = Status.TIME_LIMIT if answer.outcome is Outcome.TIME_LIMIT else Status.SOLVER_FAILED
    return _County(read_area_teams(model), status, cost, min(bound, cost), time.monotonic() - began)


def _answer(matrix: Matrix, gap: float, threads: int, control: Control) -> Answer:
    with Engine(matrix, control, threads) as engine:
        return engine.solve(mip_rel_gap=float(gap))


def _gap(cost: float, bound: float) -> float:
    return relative_gap(-cost, -bound)


def _agree(county: str, cost: float, solved: _County) -> None:
    """Check that audit and solver agree on what a county's plan costs.

    Raises:
        AuditError: if they do not.
    """
    tolerance = AGREEMENT * max(1.0, abs(solved.cost))
    if not solved.bound - tolerance <= cost <= solved.cost + tolerance:
        raise AuditError(
            tr(
                "the solver values the teams of {county} at {solver:,.3f} (bound {bound:,.3f}), the audit at "
                "{audit:,.3f}; please report this",
                county=county, solver=solved.cost, bound=solved.bound, audit=cost,
            )
        )  # fmt: skip


def _together(parts: list[TeamDecisions]) -> TeamDecisions:
    columns = {"bases": ["team", "base"], "served": ["township", "field", "team"], "own": ["township", "officers"]}
    frames = {
        name: pd.concat([pd.DataFrame(columns=wanted), *(getattr(part, name) for part in parts)], ignore_index=True)
        for name, wanted in columns.items()
    }
    own = frames.pop("own").astype({"township": "str", "officers": "int64"})
    return TeamDecisions(**{name: frame.astype("str") for name, frame in frames.items()}, own=own)


def _conflict(problem: CountyTeams, county: str, threads: int, control: Control) -> tuple[str, bool]:
    """Say what a county's teams cannot do at the least: the same problem, with nobody to serve what is left over.

    That this problem, which always has a solution, leaves something over confirms that there is no plan; the second
    answer says whether it was solved in time to do so.
    """
    data, hours = problem.siting, problem.calls["hours"].to_numpy(float)
    # One hour for each, so that a township without calls that is out of reach counts as well.
    left_over = hours + 1.0
    kind, kind_max = np.asarray(data.kind), np.asarray(data.kind_max)
    relaxed = Siting(
        cost=np.vstack([np.where(np.isfinite(data.cost), 0.0, np.inf), left_over]),
        demand=np.vstack([np.broadcast_to(data.demand_at_sites, data.cost.shape), hours]),
        capacity=np.append(np.asarray(data.capacity), np.inf),
        kind=np.append(kind, len(kind_max)),
        kind_max=np.append(kind_max, 1),
    )
    model = build_siting(relaxed)
    matrix = compile_matrix(model)
    answer = _answer(matrix, 1e-4, threads, control)
    if answer.solution is None:
        return tr("  {county}: HiGHS finds no plan; that was not confirmed in time.", county=county), False
    matrix.set_values(answer.solution)
    _, served = read_siting(model)
    without = problem.calls[served[-1] > 0.5]
    if without.empty:
        raise SolverError(
            tr("HiGHS finds no plan for the teams of {county}, but every township can be served.", county=county)
        )
    names = list(dict.fromkeys(without["township"]))
    told = tr(
        "  {county}: {without} of {townships} townships stay without a team, with {hours:,.0f} called-in hours a year "
        "({least}): {names}.",
        county=county, without=len(names), townships=problem.calls["township"].nunique(),
        hours=without["hours"].sum(), names=some_of(names, 8),
        least=tr("at the least") if answer.outcome is Outcome.OPTIMAL else tr("perhaps less"),
    )  # fmt: skip
    # Every township left over counts for more than an hour, so a bound above nothing proves that some must be.
    confirmed = -answer.bound > 0.5
    return told, confirmed
