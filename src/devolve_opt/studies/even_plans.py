"""Even plans: of all plans worth nearly as much, the one in which no township is left behind (leximin, by levels)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.audit import audit
from devolve_opt.errors import AuditError, Fault, InputError, SolverError
from devolve_opt.formulation import Levels
from devolve_opt.formulation.levels import CHOICES, LOAD, POSTS, SLACK, TOLERANCE
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import joined, tr
from devolve_opt.plan import Decisions, Plan, relative_gap
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.progress import Step
from devolve_opt.studies.comparing import valued_on
from devolve_opt.studies.kept import digest_of, keep, kept
from devolve_opt.studies.options import AGREEMENT, check_options, refuse_added_rules
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.runs import beside_ratio_rule
from devolve_opt.studies.search import search_of
from devolve_opt.studies.side_by_side import evenness
from devolve_opt.studies.solving import solve, with_decisions
from devolve_opt.studies.township_shares import SAME, STEPS, amount, beyond, is_least, scale_of, shares_of
from devolve_opt.vocabulary import Method, Status

TITLES = {
    LOAD: "{title}, even in load within {within}", POSTS: "{title}, even in posts within {within}",
    CHOICES: "{title}, even in choices met within {within}",
}  # fmt: skip
"""What an even plan is called; shown as `tr(TITLES[of], ...)`."""
COUNTED = 10_000.0
"""What all that is beyond a level at the start counts in its search, which passes over what is worth less than 1."""
MOST_LEVELS = 50
"""Levels at most: each takes a solve."""


@dataclass(frozen=True, eq=False)
class EvenPlan(FrozenFrames):
    """A plan that is even to townships, beside the one that is worth most.

    Attributes:
        plan: the plan that it is held against.
        even: the even plan: the best that was found of those that keep to the levels; its bound is one on all of these.
            Where the study was stopped, the last one found, or None.
        of: what it is even in, a key of `STEPS`.
        within: share of the plan's worth that may be lost.
        step: how far levels lie apart (share).
        worth: what an even plan has to be worth at least, staff-hours a year.
        levels: a row a level, the worst first: `level` (share), `before`, by how much all townships together are beyond
            it in the plan, and `townships_before`, how many are; `found`, the least that was found with the levels
            above it held, `least`, what no plan that holds these is below, and `status`; `after` and
            `townships_after`, what it is in the even plan. In percentage points of what each township has
            (`formulation.levels`), summed over all; NaN and blank where it is not known.
        townships: a row a township that has such a share: `township, name, county, category`, `before`, `after`.
        measures: `measure, before, after`: Gini indices and extremes over all units, as `side_by_side.evenness` names
            them.
    """

    plan: Plan
    even: Plan | None
    of: str
    within: float
    step: float
    worth: float
    levels: pd.DataFrame
    townships: pd.DataFrame
    measures: pd.DataFrame

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario

    @property
    def finished(self) -> bool:
        """Whether every level has been solved for, and the best of the plans that keep to them was looked for."""
        even = self.even
        return even is not None and (even is self.plan or even.status is not Status.INTERRUPTED)


def even_plan(
    plan: Plan,
    of: str = LOAD,
    within: float = 0.01,
    step: float | None = None,
    until: float | None = None,
    *,
    gap: float = 0.01,
    time_limit: float | None = None,
    threads: int = 2,
    folder: Path | None = None,
    control: Control | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> EvenPlan:
    """Find the plan that is even to townships, among those that are worth nearly as much as a plan.

    As little as can be is beyond the worst level that some township is beyond in the plan; with that held, as little as
    can be beyond the next level, and so on; of the plans that do so the one that is worth most. Counted are percentage
    points of what each township has, so that all weigh alike. The finer the levels, the nearer that is to leximin: the
    township worst off is as well off as can be, then the next.

    Args:
        plan: what to be even beside; it keeps every rule.
        of: `load` (hours needed a hour there), `posts` (as a share of what the formula gives the township) or `choices`
            (rounds met, as a share of those chosen).
        within: share of the plan's worth that may be lost.
        step: how far levels lie apart (share); see `STEPS`.
        until: the last level. Unless told otherwise 1 for posts; for choices the policy's `choice_floor`, or 1 where
            that is 0; for load 1, and where no township is above it the policy's `overload_free_share`.
        gap: share of what is beyond a level when it is come to, to which the least is proven; relative gap of the last
            solve.
        time_limit: seconds for each solve; None waits for the gap.
        threads: threads for HiGHS.
        folder: where each level is kept as it is done, so that the same call goes on from there; None keeps nothing.
        control: stops the study, for callers that stop it themselves; Ctrl-C is then theirs to answer.
        tell: called with a line on each level.
        report: called with each step of a search.

    Raises:
        InputError: if an option is not allowed, or the plan breaks rules or keeps added ones.
        NoPlanError: if no plan that keeps to the levels was found in time.
        SolverError: if the solver gives a level up.
        AuditError: if the audit finds more beyond a level than the solver did; a defect of this software.
    """
    check_options(gap, time_limit, threads)
    refuse_added_rules(plan)
    step = STEPS.get(of, 0.05) if step is None else step
    _check(plan, of, within, step, until)
    own = control is None
    control = control or Control(None)
    with stop_on_interrupt(control.stop) if own else nullcontext():
        study = _Study(
            plan, of, within, step, _levels(plan, of, step, until), gap, time_limit, threads, folder, control
        )
        for number in range(len(study.levels)):
            if control.stopped:
                break
            study.look_at(number, report)
            tell(study.said(number))
        return study.result(study.solved(report) if study.levels else plan)


def _check(plan: Plan, of: str, within: float, step: float, until: float | None) -> None:
    faults = []
    if of not in STEPS:
        faults.append(Fault(tr("must be one of {names}.", names=joined(STEPS)), column="of", value=str(of)))
    for name, number in {"within": within, "step": step, "until": 1.0 if until is None else until}.items():
        if not isinstance(number, Real) or isinstance(number, bool) or not 0 <= number <= 10:
            faults.append(Fault(tr("must be a share, at least 0."), column=name, value=str(number)))
        elif name == "step" and number == 0:
            faults.append(Fault(tr("must be above 0."), column=name, value=str(number)))
    if plan.audit.breaches:
        message = tr("the plan breaks rules, so that none can be held to its worth.")
        faults.append(Fault(message, column="plan", value=str(plan.scenario.title)))
    if faults:
        raise InputError(faults)


def _levels(plan: Plan, of: str, step: float, until: float | None) -> tuple[float, ...]:
    """Return the levels, the worst first: those between the township worst off and the last one."""
    shares, floor = shares_of(plan, of), plan.scenario.policy.choice_floor
    if shares.empty:
        return ()
    last = until if until is not None else floor if of == CHOICES and floor > 0 else 1.0
    if until is None and of == LOAD and float(shares.max()) <= last + SAME:
        last = plan.scenario.policy.overload_free_share
    worst, sign = (float(shares.max()), -1) if of == LOAD else (float(shares.min()), 1)
    if (last - worst) * sign / step > MOST_LEVELS:
        message = tr("gives more than {most} levels, each of which takes a solve.", most=MOST_LEVELS)
        raise InputError([Fault(message, column="step", value=str(step))])
    count = int((last - worst) * sign / step + SAME) + 1 if (last - worst) * sign > SAME else 0
    found = [round(last - sign * step * number, 9) for number in reversed(range(count))]
    return tuple(level for level in found if (level - worst) * sign > SAME)


class _Study:
    def __init__(
        self, plan: Plan, of: str, within: float, step: float, levels: tuple[float, ...], gap: float,
        time_limit: float | None, threads: int, folder: Path | None, control: Control,
    ):  # fmt: skip
        self.plan, self.of, self.within, self.step, self.levels = plan, of, within, step, levels
        self.gap, self.time_limit, self.threads, self.folder, self.control = gap, time_limit, threads, folder, control
        self.worth = plan.objective - within * abs(plan.objective)
        self.start: Decisions = plan.decisions
        self.rows: list[dict[str, Any]] = []
        self.scale = scale_of(plan, of)
        scenario = plan.scenario
        self._key = digest_of(
            valued_on(scenario),
            scenario.policy.model_dump(mode="json"),
            "even",
            of,
            self.worth,
            list(levels),
            self.scale.to_list(),
        )
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def held(self) -> tuple[float, ...]:
        return tuple(row["found"] for row in self.rows)

    def _rules(self, count: int) -> Levels:
        return Levels(
            self.of,
            self.levels[:count],
            self.held,
            self.worth,
            {str(town): float(size) for town, size in self.scale.items()},
        )

    def look_at(self, number: int, report: Callable[[Step], None]) -> None:
        """Find the least that is beyond a level with the levels above it held; unless it is known from before."""
        case, policy, level = self.plan.scenario.data, self.plan.scenario.policy, self.levels[number]
        most = self._beyond(self.start)[number]
        if most == 0:
            self.rows.append({"most": 0.0, "found": 0.0, "least": 0.0, "status": str(Status.PROVEN)})
            return
        prepared = Models(self._rules(number + 1)).prepare(case, policy, self.start)
        file = None if self.folder is None else self.folder / f"{self.of}-{level:.9g}.json"
        key = digest_of(self._key, list(self.held))
        before = None if file is None else kept(file, key, self.gap, self.time_limit)
        row = before or self._searched(prepared, number, most, report)
        values = np.zeros(prepared.matrix.costs.size)
        values[row["columns"]] = row["values"]
        self.start = prepared.decisions(values)
        if file is not None and before is None and row["status"] != Status.INTERRUPTED:
            keep(file, key, self.time_limit, row)
        self.rows.append({"most": most, "found": 0.0, "least": row["least"], "status": row["status"]})
        # Less may be beyond a level above as well, where it was not proven that this cannot be.
        for known, found in zip(self.rows, self._beyond(self.start), strict=False):
            known["found"] = found
            if found - known["least"] <= (self.gap + AGREEMENT) * known["most"] + TOLERANCE * len(self.scale):
                known["status"] = str(Status.PROVEN)
            elif known["status"] == Status.PROVEN:
                known["status"] = str(Status.SOLVER_FAILED)  # the audit finds more than the solver did

    def _beyond(self, decisions: Decisions) -> list[float]:
        """Return by how much all townships together are beyond each level, as the audit has it."""
        found = audit(self.plan.scenario.data, self.plan.scenario.policy, decisions).townships
        return [float(beyond(found, self.of, level, self.scale).sum()) for level in self.levels]

    def _searched(
        self, prepared: Prepared, number: int, most: float, report: Callable[[Step], None]
    ) -> dict[str, Any]:  # fmt: skip
        matrix = prepared.matrix
        columns = np.array([variable.parent_component().name == "beyond" and variable.index()[1] == number
                            for variable in matrix.variables], dtype=bool)  # fmt: skip
        # Counted down from twice what there is at the start, so that the gap asked for is one of that amount. Worth
        # counts so little that all that may be lost of it is half the gap: it tells plans apart that are as even.
        bound_on_worth, points = self.plan.bound, COUNTED / most
        lost = bound_on_worth - self.worth
        known = isfinite(lost) and lost > AGREEMENT * max(1.0, abs(self.worth))
        tie = self.gap * COUNTED / 2 / lost if known else 0.0
        costs = tie * matrix.costs - points * columns
        offset = 2 * COUNTED + (tie * (matrix.offset - bound_on_worth) if known else 0.0)
        counted = replace(matrix, costs=costs, offset=offset)
        control = Control(self.time_limit, self.control.event)
        search = search_of(
            self.plan.scenario.data, counted, control, self.gap / 4, self.threads, Carried(),
            # Its plans and bounds are of what is counted, and no worths.
            lambda step: report(replace(step, bound=np.inf, objective=-np.inf)), whole=prepared.whole,
        )  # fmt: skip
        search.run(prepared.start)
        if search.solution is None:
            message = tr("the solver gave the level {level} up; please report this", level=f"{self.levels[number]:.4g}")
            raise SolverError(message)
        found = float(search.solution[columns].sum())
        least = (
            (2 * COUNTED - search.bound - (tie * lost if known else 0.0)) / points if isfinite(search.bound) else 0.0
        )
        least = min(max(0.0, found), max(0.0, least))
        if found - least <= (self.gap + AGREEMENT) * most:
            status = Status.PROVEN
        elif control.stopped:
            status = Status.INTERRUPTED
        else:
            status = Status.TIME_LIMIT if control.left <= 1 else Status.SOLVER_FAILED
        places = np.flatnonzero(search.solution)
        return {
            "status": str(status), "least": least, "gap": (found - least) / most,
            "columns": places.tolist(), "values": search.solution[places].tolist(),
        }  # fmt: skip

    def said(self, number: int) -> str:
        row = self.rows[number]
        amounts = {
            "level": f"{100 * self.levels[number]:.4g} %", "found": amount(row["found"]),
            "least": amount(row["least"]),
        }  # fmt: skip
        if is_least(row):
            return tr("{level}: {found} points beyond it; that less cannot be is proven", **amounts)
        return tr("{level}: {found} points beyond it; no plan is below {least}", **amounts)

    def solved(self, report: Callable[[Step], None]) -> Plan | None:
        """Return the plan that is worth most with every level held.

        Where the study was stopped it is the last plan found, or None if there is none but the one it began with.
        """
        scenario, held = self.plan.scenario, self.held
        scenario = scenario.replace(
            title=tr(TITLES[self.of], title=scenario.title, within=f"{100 * self.within:.4g} %"),
            source=scenario.source, input_hashes=scenario.input_hashes,
        )  # fmt: skip
        rules = self._rules(len(held))
        if self.control.stopped:
            if self.start is self.plan.decisions:
                return None
            options = {"method": str(Method.OPTIMAL), "gap": self.gap, "time_limit": self.time_limit,
                       "threads": self.threads, "added_rules": ["kept_to_level", "worth_kept"]}  # fmt: skip
            stopped = replace(
                self.plan, scenario=scenario, method=Method.OPTIMAL, status=Status.INTERRUPTED, options=options,
                seconds={}, steps=pd.DataFrame(), log="", reference=None,
            )  # fmt: skip
            floor = self.worth - 2 * SLACK * max(1.0, abs(self.worth))
            return beside_ratio_rule(with_decisions(stopped, self.start, floor))
        control = Control(self.time_limit, self.control.event)
        even = solve(
            scenario, gap=self.gap, threads=self.threads, control=control, explain=False, rules=rules,
            start=self.start, teams_sited=True, report=report,
        )  # fmt: skip
        for number, level in enumerate(self.levels[: len(held)]):
            found = float(beyond(even.audit.townships, self.of, level, self.scale).sum())
            if found > rules.most_beyond(number) + TOLERANCE * len(self.scale):
                message = tr(
                    "the audit finds {found:,.4f} beyond the level {level}, the solver {most:,.4f}; please report this",
                    found=found, level=f"{level:.4g}", most=held[number],
                )  # fmt: skip
                raise AuditError(message)
        # No plan of the scenario is worth more, so none of these is.
        bound = min(even.bound, self.plan.bound)
        proven = relative_gap(even.objective, bound) <= self.gap + AGREEMENT
        return replace(even, bound=bound, status=Status.PROVEN if proven else even.status)

    def result(self, even: Plan | None) -> EvenPlan:
        rows = []
        for number, level in enumerate(self.levels):
            row: dict[str, Any] = {"level": level}
            for name, plan in {"before": self.plan, "after": even}.items():
                amounts = None if plan is None else beyond(plan.audit.townships, self.of, level, self.scale)
                row[name] = np.nan if amounts is None else float(amounts.sum())
                row[f"townships_{name}"] = np.nan if amounts is None else int((amounts > 0).sum())
            unknown = {"found": np.nan, "least": np.nan, "status": ""}
            rows.append(row | (self.rows[number] if number < len(self.rows) else unknown))
        columns = ["level", "before", "townships_before", "found", "least", "status", "after", "townships_after"]
        shares = shares_of(self.plan, self.of).rename("before").to_frame()
        shares["after"] = np.nan if even is None else shares_of(even, self.of)
        towns = self.plan.scenario.data.tables["townships"]
        townships = towns.loc[shares.index, ["name", "county", "category"]].join(shares).rename_axis("township")
        both = [evenness(self.plan, everybody=True), {} if even is None else evenness(even, everybody=True)]
        measures = pd.DataFrame(
            [{"measure": name, "before": value, "after": both[1].get(name, np.nan)} for name, value in both[0].items()]
        )
        return EvenPlan(
            self.plan, even, self.of, self.within, self.step, self.worth, pd.DataFrame(rows, columns=columns),
            townships.reset_index(), measures,
        )  # fmt: skip
