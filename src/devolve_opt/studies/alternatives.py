"""Near-optimal alternatives: which powers every good guide list holds, which none, which may come and go.

A plan is good if it is worth at least so much as a tolerance below the best plan known. What is said of a power is
proven by optimisation, power by power: a bound on every plan that decides it otherwise, or an audited plan that does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.errors import AuditError, Fault, InputError
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.rules.ratio import given_lists
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.flips import Flip, Flips
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.kept_powers import KeptPowers
from devolve_opt.studies.listing import Listed, Listing
from devolve_opt.studies.options import check_options
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.search import search_of
from devolve_opt.studies.solving import solve, with_decisions

Array = NDArray[np.float64]
MUST, NEVER, SWING, OPEN = "must", "never", "swing", "open"
WEAKEST = 8
"""Listed powers that may go where another one comes: those that are worth least."""
FINER = 0.1
"""Part of the tolerance to which single searches are proven."""
LOOKING = 0.85
"""Part of the time for looking into powers; the rest is for plans that show what may come and go."""
MISSES = 3
"""Swings that do not go together with the others of a plan, after which it is full."""
HOPEFUL = 1.5
"""A swing is tried in a plan if by itself it costs no more than so many times what the plan may still lose."""


def _alternately(powers: list[Listed]) -> list[Listed]:
    """Return powers so that one off the list and one on it follow each other: what goes makes room for what comes."""
    ranks = {True: 0, False: 0}
    keys = []
    for power in powers:
        ranks[power.on] += 1
        keys.append(ranks[power.on])
    return [power for _, power in sorted(zip(keys, powers, strict=True), key=lambda pair: pair[0])]


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What other good plans there are.

    Attributes:
        plan: the best plan found, with its own bound and gap.
        tolerance: relative to the plan's worth; `worth`: what a plan has to be worth to be good, staff-hours a year.
        powers: one row for each power that may be listed, see `alternatives`.
        plans: good plans, each audited, the best one first; together they show every power's swing.
        different: numbers of the plans, in `plans`, that differ most from one another, the best one first.
        finished: whether every power was looked into to the end.
    """

    plan: Plan
    tolerance: float
    worth: float
    powers: pd.DataFrame
    plans: tuple[Plan, ...]
    different: tuple[int, ...]
    finished: bool

    @property
    def scenario(self) -> Scenario:
        """What was solved."""
        return self.plan.scenario


def alternatives(
    scenario: Scenario,
    tolerance: float = 0.01,
    gap: float = 0.001,
    time_limit: float | None = None,
    plans: int = 4,
    threads: int = 2,
    *,
    control: Control | None = None,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Alternatives:
    """Find out which powers every good guide list holds, which none, and which may come and go.

    Args:
        scenario: what to solve; its case has no guide list in force.
        tolerance: how much less than the best plan known a good plan may be worth, relative to that.
        gap: relative gap to which the best plan is proven first.
        time_limit: seconds for the whole of it; what is not decided by then is `open`. Plans that show the swings found
            by then are still made, one power each.
        plans: plans that are named in `different`, the best one among them.
        threads: threads for the solver.
        control: when to stop, for callers that stop it themselves.
        folder: where what is found is kept, power by power; a study that was stopped takes up from there.
        report: called with a line for each step.

    Returns:
        The alternatives; `powers` has one row for each power that may be listed, in the order of the case:

        - `power`, `name`, `field`: the power.
        - `listed`: whether the best plan lists it; `lists`: which lists hold it there, joined with `+`.
        - `status`: `must` (every good plan lists it), `never` (no good plan does so and has a township take it),
          `swing` (good plans differ), `open` (not decided in time).
        - `loss_least`: what deciding it the other way costs at least, against the best plan: no plan that does so is
          worth more than that leaves (staff-hours a year; infinite where none keeps the rules; below 0 where such a
          plan may be better by as much).
        - `loss_most`: what it costs at most, because a plan that does so was found (infinite where none was).
        - `shown_by`: for a swing, the number of the plan in `plans` that decides it the other way.

    Raises:
        InputError: if an option is not allowed, or the case has a guide list in force.
        NoPlanError: if no plan exists, or none was found in time.
        AuditError: if a plan breaks a rule; a defect of this software.
    """
    _check(scenario, tolerance, gap, time_limit, plans, threads)
    own = control is None
    control = control or Control(time_limit)
    with stop_on_interrupt(control.stop) if own else nullcontext():
        models, found_before = Models(), KeptPowers(scenario, tolerance, folder)
        best = found_before.best(models, gap, time_limit)
        fresh = best is None
        if best is None:
            report(tr("solving the scenario"))
            best = solve(scenario, gap=gap, threads=threads, control=control, models=models)
        prepared = models.prepare(scenario.data, scenario.policy, best.decisions)
        if fresh:
            found_before.keep_best(best, prepared.start, time_limit)
        study = _Study(best, prepared, tolerance, control, threads, found_before, report)
        with study.flips:
            study.look_into_powers()
            study.make_plans()
        return study.result(plans)


def _check(
    scenario: Scenario, tolerance: float, gap: float, time_limit: float | None, plans: int, threads: int
) -> None:
    if not isinstance(scenario, Scenario):
        raise TypeError(f"alternatives takes a Scenario, not {type(scenario).__name__}; Scenario.read(path) reads one")
    check_options(gap, time_limit, threads, jobs=plans)
    faults = []
    if not isinstance(tolerance, Real) or not 0 <= tolerance <= 1:
        faults.append(Fault(tr("must be a share from 0 to 1."), column="tolerance", value=str(tolerance)))
    faults += [
        Fault(tr("has to say what it reaches (at_least): solve the scenario by itself first."),
              file="policy", column="goals", value=str(goal.term))
        for goal in scenario.policy.goals if goal.at_least is None
    ]  # fmt: skip
    if given_lists(scenario.data, scenario.policy) is not None:
        faults.append(
            Fault(
                tr(
                    "the case has a guide list in force, so its lists cannot be otherwise; take the table out to "
                    "choose."
                ),
                file="guide_list.csv",
            )
        )
    if faults:
        raise InputError(faults)


def _part_of(control: Control, share: float) -> Control:
    """Return a control that has a share of the time that is left."""
    return Control(None if np.isinf(control.left) else share * control.left, control.event)


class _Study:
    def __init__(
        self, best: Plan, prepared: Prepared, tolerance: float, control: Control, threads: int,
        found_before: KeptPowers, report: Callable[[str], None],
    ):  # fmt: skip
        self.best, self.prepared, self.tolerance = best, prepared, tolerance
        self.whole, self.control = control, _part_of(control, LOOKING)
        self.report = report
        self.listing = Listing(best, prepared)
        self.found_before = found_before
        found_before.recall(self.listing.powers.values(), self.listing.solution)
        matrix = self.listing.matrix
        self.objective = matrix.objective(self.listing.solution)
        self.worth = self.objective - tolerance * abs(self.objective)
        case, gap = best.scenario.data, max(tolerance * FINER, 1e-4)

        def search(matrix: Matrix, inner: Control, carried: Carried) -> Search:
            return search_of(case, matrix, inner, gap, threads, carried)

        solution = self.listing.solution
        # Plans that show the swings are made even if the time is up meanwhile: without them nothing is known.
        self.flips = Flips(
            matrix, Control(None, control.event), solution, self.worth, search, prepared.carried, threads
        )
        self.plans: list[Plan] = [best]

    def look_into_powers(self) -> None:
        """Find for each power a good plan that decides it the other way, or a proof that there is none."""
        self._plainly()
        undecided = [power for power in self.listing.powers.values() if power.worth < self.worth]
        self._bounds([power for power in undecided if power.steps < 2])
        undecided = [power for power in undecided if power.worth < self.worth <= power.bound]
        for number, power in enumerate(undecided):
            if self._stopped():
                return
            of = {"number": number + 1, "all": len(undecided), "power": power.name}
            self.report(tr("searching on its own {number} of {all}: {power}", **of))
            control = _part_of(self.control, 1 / (len(undecided) - number))
            bound, worth, solution = self.flips.decide(power.flip, control)
            power.bound = min(power.bound, bound)
            self._found(power, 3, worth, solution)

    def _stopped(self) -> bool:
        return self.control.stopped or self.control.left <= 0

    def _found(self, power: Listed, steps: int, worth: float, solution: Array | None) -> None:
        if solution is not None and self.listing.decided_otherwise(power.name, solution):
            power.found(worth, solution)
        power.steps = steps
        if not self._stopped():  # what was broken off is tried again
            self.found_before.keep(power, self.listing.solution)

    def _plainly(self) -> None:
        all_listed = [power for power in self.listing.powers.values() if power.on]
        listed = [power for power in all_listed if power.steps < 1]
        others = [power for power in self.listing.powers.values() if not power.on and power.steps < 1]
        for number, power in enumerate(listed):
            if self._stopped():
                return
            of = {"number": number + 1, "all": len(listed), "power": power.name}
            self.report(tr("taking off the list {number} of {all}: {power}", **of))
            self._found(power, 1, *self.flips.plainly([power.flip]))
        weakest = [power.name for power in sorted(all_listed, key=lambda power: -power.worth)[:WEAKEST]]
        for number, power in enumerate(others):
            if self._stopped():
                return
            of = {"number": number + 1, "all": len(others), "power": power.name}
            self.report(tr("putting on the list {number} of {all}: {power}", **of))
            self._found(power, 1, *self.listing.put_on(power.name, self.flips, weakest))

    def _bounds(self, powers: list[Listed]) -> None:
        done = 0

        def tell(number: int, bound: float, relaxed: Array) -> None:
            nonlocal done
            done += 1
            power = powers[number]
            power.bound = min(power.bound, bound)
            self.report(tr("proving {done} of {all}: {power}", done=done, all=len(powers), power=power.name))
            near = (-np.inf, None) if power.bound < self.worth else self.listing.nearby(power.name, self.flips, relaxed)
            self._found(power, 2, *near)

        if powers and not self._stopped():
            self.report(tr("proving: {n} powers", n=len(powers)))
            self.flips.bounds([power.flip for power in powers], tell, self.control)

    def make_plans(self) -> None:
        """Make audited plans that show every swing: each decides as many as it can the other way and is still good."""
        waiting = [power for power in self.listing.powers.values() if power.worth >= self.worth]
        waiting = _alternately(sorted(waiting, key=lambda power: -power.worth))
        while waiting and not self.control.stopped:
            self.report(tr("making plans: {n} swings to be shown", n=len(waiting)))
            self._add_plan(self._together(waiting))
            shown = self._decided_otherwise(self.plans[-1])
            for power in waiting:
                if power.name in shown:
                    power.shown_by = len(self.plans) - 1
            if waiting[0].shown_by is None:
                message = tr("a plan does not decide {power} otherwise; please report this", power=waiting[0].name)
                raise AuditError(message)
            waiting = [power for power in waiting if power.shown_by is None]

    def _together(self, powers: list[Listed]) -> Array:
        """Return a good plan that decides many of these powers the other way, the first of them for certain."""
        first = powers[0]
        assert first.solution is not None
        chosen, solution, failed = [first], first.solution, 0
        left = first.worth - self.worth
        for power in powers[1:]:
            if failed >= MISSES or self.whole.stopped or self.whole.left <= 0:
                break
            if self.objective - power.worth > HOPEFUL * left:
                continue
            together = [*chosen, power]
            worth, both = self.flips.plainly([self._change(each) for each in together])
            if both is None or worth < self.worth or not all(
                self.listing.decided_otherwise(each.name, both) for each in together
            ):  # fmt: skip
                failed += 1
                continue
            chosen, solution, left = together, both, worth - self.worth
        return solution

    def _change(self, power: Listed) -> Flip:
        """Return what a power's own plan does otherwise than the best one, as a flip."""
        assert power.solution is not None
        differ = np.abs(power.solution - self.listing.solution) > 0.5
        columns = np.flatnonzero(self.listing.matrix.integer & differ).tolist()
        return Flip({column: float(np.round(power.solution[column])) for column in columns})

    def _add_plan(self, solution: Array) -> None:
        worth = self.listing.matrix.objective(solution)
        self.plans.append(with_decisions(self.best, self.prepared.decisions(solution), worth))

    def _decided_otherwise(self, plan: Plan) -> set[str]:
        """Return the powers that a plan takes off the list, or has some township take that was not on it."""
        listed, taken = set(plan.guide_list["power"]), set(plan.take_up["power"])
        return {name for name, power in self.listing.powers.items()
                if (name not in listed if power.on else name in taken)}  # fmt: skip

    def result(self, wanted: int) -> Alternatives:
        """Return what is known of every power."""
        facts = self.best.scenario.data.tables["powers"]
        lists = self.best.guide_list.groupby("power")["list"].agg("+".join)
        rows = [
            {
                "power": power.name, "name": facts.at[power.name, "name"], "field": facts.at[power.name, "field"],
                "listed": power.on, "lists": lists.get(power.name, ""), "status": self._status(power),
                "loss_least": self.objective - min(power.bound, self.best.bound),
                "loss_most": self.objective - power.worth, "shown_by": power.shown_by,
            }
            for power in self.listing.powers.values()
        ]  # fmt: skip
        columns = ["power", "name", "field", "listed", "lists", "status", "loss_least", "loss_most", "shown_by"]
        frame = pd.DataFrame(rows, columns=columns).astype({"shown_by": "Int64"})
        finished = not (frame["status"] == OPEN).any()
        return Alternatives(
            self.best, self.tolerance, self.worth, frame, tuple(self.plans), self._different(wanted), finished
        )

    def _status(self, power: Listed) -> str:
        if power.shown_by is not None:
            return SWING
        if power.bound < self.worth:
            return MUST if power.on else NEVER
        return OPEN

    def _different(self, wanted: int) -> tuple[int, ...]:
        """Return the numbers of plans that differ most from one another, beginning with the best one."""
        lists = [frozenset(plan.guide_list["power"]) for plan in self.plans]
        chosen = [0]
        while len(chosen) < min(wanted, len(lists)):
            distance = [min(len(lists[other] ^ own) for other in chosen) for own in lists]
            farthest = int(np.argmax(distance))
            if distance[farthest] == 0:
                break
            chosen.append(farthest)
        return tuple(chosen)
