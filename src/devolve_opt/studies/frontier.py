"""Trade-offs: the front of two to four goals of a scenario, every point a plan with its proof and its audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.audit import audit, describe
from devolve_opt.errors import AuditError, Fault, InputError, did_you_mean
from devolve_opt.language import tr
from devolve_opt.plan import Decisions, relative_gap
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, Outcome, stop_on_interrupt
from devolve_opt.solver.front import Front, FrontPoint
from devolve_opt.studies.area_teams import site_teams
from devolve_opt.studies.comparing import valued_on
from devolve_opt.studies.front_solvers import REST, Aims, FrontModel, front_solvers, terms_of
from devolve_opt.studies.kept import digest_of, keep, kept
from devolve_opt.studies.many import Hands
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.vocabulary import Status, Term

Array = NDArray[np.float64]
FEWEST, MOST = 2, 4
"""Goals of a front."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """The front of some goals.

    Attributes:
        scenario: what was solved.
        goals: names; each is a term of the objective, or `rest`, in staff-hours a year, larger is better.
        points: one row a point, best in the first goal first: `point` (number), a column for each goal, `status`,
            `solved_for` (the goal that was made as large as can be while the others reached what they had to), `bound`
            (no plan that reaches it has more of that goal), `gap` ((bound - value) / |value|), every term and the
            `objective` by the audit, `powers_listed`, `take_ups`, `synthetic`, `seconds`.
        payoff: index: the goal that came first; columns: what each goal had then.
        spacing: by how much values of each goal differ at least; `exact`: whether any two plans do, so that nothing
            lies between two points.
        open: parts not searched to their end: `from_...` and `to_...` for each goal but the one solved for.
    """

    scenario: Scenario
    goals: tuple[str, ...]
    points: pd.DataFrame
    payoff: pd.DataFrame
    spacing: pd.Series
    exact: pd.Series
    open: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether every point is proven and nothing is open."""
        return self.open.empty and bool((self.points["status"] == Status.PROVEN).all())


def frontier(
    scenario: Scenario,
    goals: Iterable[str],
    spacing: Mapping[str, float] | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    threads: int = 2,
    folder: str | Path | None = None,
    *,
    control: Control | None = None,
    hands: Hands | None = None,
    report: Callable[[dict[str, Any]], None] = lambda point: None,
) -> Frontier:
    """Trade goals off against each other: every plan that no other beats in one of them without losing in another.

    Terms that no goal names do not count, unless `rest` is a goal. Area teams are sited first, as in `solve`.

    Args:
        scenario: what to solve.
        goals: 2 to 4 names of terms of the objective, see `vocabulary.Term`, or `rest`.
        spacing: by how much values of a goal have to differ, by its name (staff-hours a year). Where it is not given,
            it is what any two plans differ by, if that is known (the goal counts whole things at one price), else a
            thousandth of the goal's range, or a twentieth where points are proven to a gap only.
        gap: relative gap to prove at each point; None takes 0 for small scenarios and 0.002 for large ones.
        time_limit: seconds for each solve.
        threads: threads for the solver.
        folder: where each finished point is kept; a front that was stopped takes up from there.
        control: when to stop, for callers that stop it themselves.
        hands: Dask workers, each of which searches a part of the front at the same time; None searches it here.
        report: called with each point as it would stand in `points`.

    Returns:
        The front. If the user stops (Ctrl-C), what was found so far, and what is open.

    Raises:
        InputError: if a goal, a spacing or an option is not allowed, or Dask is needed and not there.
        NoPlanError: if no plan exists, or none was found in time.
        AuditError: if a plan breaks a rule; a defect of this software.
        SolverError: if workers died over a solve; points found are kept.
    """
    names = tuple(goals)
    check_options(0.0 if gap is None else gap, time_limit, threads)
    _check(scenario, names, spacing or {})
    own = control is None
    control = control or Control()
    with stop_on_interrupt(control.stop) if own else nullcontext():
        if scenario.policy.area_teams is not None:
            site_teams(scenario, threads=threads, control=control)  # where they cannot serve everybody there is no plan
        model = FrontModel(Aims(scenario, names, gap, time_limit, threads))
        study = _Study(scenario, model, time_limit, None if folder is None else Path(folder), report)
        with front_solvers(model, control, hands or Hands()) as solvers:
            front = Front(
                model.matrix.integer,
                model.goals,
                solvers[0],
                control,
                np.array([(spacing or {}).get(name, 0.0) for name in model.goals.names]),
                solvers[1:],
                report=study.tell,
                recall=study.recall,
                remember=study.remember,
            )
            front.run()
        return study.frontier(front, names)


def _check(scenario: Scenario, names: tuple[str, ...], spacing: Mapping[str, float]) -> None:
    if not isinstance(scenario, Scenario):
        raise TypeError(f"frontier takes a Scenario, not {type(scenario).__name__}; Scenario.read(path) reads one")
    known = [*map(str, Term), REST]
    faults = [
        Fault(tr("is no goal.") + did_you_mean(name, known), column="goals", value=name)
        for name in names
        if name not in known
    ]
    if not FEWEST <= len(names) <= MOST:
        faults.append(
            Fault(
                tr("takes {fewest} to {most} goals.", fewest=FEWEST, most=MOST), column="goals", value=", ".join(names)
            )
        )
    faults += [
        Fault(tr("stands twice; name each goal once."), column="goals", value=name)
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for name, amount in spacing.items():
        if name not in names:
            message = tr("is no goal of this front.") + did_you_mean(name, names)
            faults.append(Fault(message, column="spacing", value=name))
        elif isinstance(amount, bool) or not isinstance(amount, Real) or not isfinite(amount) or amount <= 0:
            message = tr("must be a number above 0 for {goal}.", goal=name)
            faults.append(Fault(message, column="spacing", value=str(amount)))
    if faults:
        raise InputError(faults)


class _Study:
    """What turns points of the front into rows: decisions, audit, and what is kept."""

    def __init__(
        self, scenario: Scenario, model: FrontModel, time_limit: float | None, folder: Path | None,
        report: Callable[[dict[str, Any]], None],
    ):  # fmt: skip
        self.scenario, self.prepared, self.goals, self.folder, self.report = (
            scenario, model.prepared, model.goals, folder, report,
        )  # fmt: skip
        self.gap, self.time_limit = model.gap, time_limit
        self.rows: dict[bytes, dict[str, Any]] = {}
        self.key = digest_of(valued_on(scenario), scenario.policy.model_dump(mode="json"), self.goals.names, self.gap)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def tell(self, point: FrontPoint) -> None:
        """Report a point as a row."""
        self.report(self._row(point))

    def recall(self, key: str) -> FrontPoint | Outcome | None:
        """Return what another run of the same front found for a key."""
        found = None if self.folder is None else kept(self._file(key), self.key, self.gap, self.time_limit)
        if found is None:
            return None
        if found["status"] == str(Outcome.INFEASIBLE):
            return Outcome.INFEASIBLE
        values = np.array(found["values"])
        self.rows[values.tobytes()] = found["row"]
        bound = np.inf if found["bound"] is None else found["bound"]
        limits = np.array([-np.inf if limit is None else limit for limit in found["limits"]])
        return FrontPoint(values, None, Status(found["status"]), bound, limits, found["seconds"])

    def remember(self, key: str, found: FrontPoint | Outcome) -> None:
        """Keep what a solve found."""
        if self.folder is None:
            return
        if isinstance(found, Outcome):
            keep(self._file(key), self.key, self.time_limit, {"status": str(found)})
            return
        row = self._row(found)
        limits = [limit if isfinite(limit) else None for limit in found.limits.tolist()]
        keep(self._file(key), self.key, self.time_limit, {
            "status": str(found.status), "gap": self.gap if found.status is Status.PROVEN else row["gap"],
            "values": found.values.tolist(), "bound": found.bound,
            "limits": limits, "seconds": found.seconds, "row": row,
        })  # fmt: skip

    def _file(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{digest_of(key)[:16]}.json"

    def _row(self, point: FrontPoint) -> dict[str, Any]:
        """Return a point as a row of the table; its plan has passed the audit."""
        key = point.values.tobytes()
        if key not in self.rows:
            assert point.solution is not None
            decisions = self.prepared.decisions(self._whole(point.solution))
            terms, objective = self._audited(decisions, point)
            value, last = float(point.values[-1]), self.goals.names[-1]
            gap = relative_gap(value, point.bound)
            self.rows[key] = {
                **dict(zip(self.goals.names, point.values.tolist(), strict=True)),
                "status": str(point.status), "solved_for": last,
                "bound": point.bound if isfinite(point.bound) else None, "gap": gap if isfinite(gap) else None,
                **{f"{term}_by_audit": terms[term] for term in Term}, "objective": objective,
                "powers_listed": int(decisions.guide_list["power"].nunique()), "take_ups": len(decisions.take_up),
                "synthetic": self.scenario.case.synthetic, "seconds": round(point.seconds, 3),
            }  # fmt: skip
        return self.rows[key]

    def _whole(self, solution: Array) -> Array:
        integer = self.prepared.matrix.integer
        return np.where(integer, np.round(solution), solution)

    def _audited(self, decisions: Decisions, point: FrontPoint) -> tuple[Mapping[Any, float], float]:
        checked = audit(self.scenario.data, self.scenario.policy, decisions)
        if checked.breaches:
            breaches = describe(checked.breaches)
            raise AuditError(tr("a plan of the front breaks rules; please report this:\n{breaches}", breaches=breaches))
        for name, value in zip(self.goals.names, point.values.tolist(), strict=True):
            told = sum(checked.terms[Term(term)] for term in terms_of(self.goals.names)[name])
            # The readout drops what serves nothing, so a goal may be a little better than the solver knew.
            if told < value - AGREEMENT * max(1.0, abs(value), abs(checked.objective)):
                raise AuditError(
                    tr(
                        "the solver values {what} at {solver:,.3f}, the audit at {audit:,.3f}; please report this",
                        what=name, solver=value, audit=told,
                    )
                )  # fmt: skip
        return checked.terms, checked.objective

    def frontier(self, front: Front, names: tuple[str, ...]) -> Frontier:
        """Return the result, goals in the order that was asked for."""
        first = names[0]
        rows = sorted((self._row(point) for point in front.points), key=lambda row: -row[first])
        points = pd.DataFrame([{"point": number, **row} for number, row in enumerate(rows, start=1)])
        rest = [column for column in points.columns if column not in ("point", *names)]
        payoff = pd.DataFrame(front.payoff, index=list(self.goals.names), columns=list(self.goals.names))
        held = self.goals.names[:-1]
        opened = [
            {f"from_{name}": box.worst[place] for place, name in enumerate(held)}
            | {f"to_{name}": box.best[place] for place, name in enumerate(held)}
            for box in front.open
        ]
        columns = [f"{side}_{name}" for side in ("from", "to") for name in held]
        return Frontier(
            scenario=self.scenario,
            goals=names,
            points=points[["point", *names, *rest]],
            payoff=payoff.loc[list(names), list(names)],
            spacing=pd.Series(front.steps, index=list(self.goals.names)).reindex(list(names)),
            exact=pd.Series(front.exact, index=list(self.goals.names)).reindex(list(names)),
            open=pd.DataFrame(opened, columns=columns),
        )
