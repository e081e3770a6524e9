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
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.flips import Flip
from devolve_opt.studies.cluster import crew, usual_memory
from devolve_opt.studies.kept_powers import KeptPowers
from devolve_opt.studies.listing import Listed
from devolve_opt.studies.looking import STEPS, Look, Looking, Workers
from devolve_opt.studies.many import Hands
from devolve_opt.studies.options import check_options
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.solving import solve, with_decisions

Array = NDArray[np.float64]
MUST, NEVER, SWING, OPEN = "must", "never", "swing", "open"
WEAKEST = 8
"""Listed powers that may go where another one comes: those that are worth least."""
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
    hands: Hands | None = None,
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
        hands: Dask workers that look into powers side by side; None looks into one after the other here.
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
        InputError: if an option is not allowed, the case has a guide list in force, or Dask is needed and not there.
        NoPlanError: if no plan exists, or none was found in time.
        AuditError: if a plan breaks a rule; a defect of this software.
        SolverError: if workers died over powers; what is known of the others is kept.
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
        with study.looking:
            study.look_into_powers(hands or Hands())
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


def _in_words(kind: Look, done: int, count: int, power: str) -> str:
    """Return how far a look has come: what was done last, or that it begins."""
    if not power:
        return {
            Look.OFF: tr("taking off the list: {n} powers", n=count),
            Look.ON: tr("putting on the list: {n} powers", n=count),
            Look.BOUND: tr("proving: {n} powers", n=count),
            Look.SEARCH: tr("searching on its own {number} of {all}", number=done + 1, all=count),
        }[kind]
    of = {"number": done, "all": count, "power": power}
    return {
        Look.OFF: tr("took off the list {number} of {all}: {power}", **of),
        Look.ON: tr("put on the list {number} of {all}: {power}", **of),
        Look.BOUND: tr("proved {number} of {all}: {power}", **of),
        Look.SEARCH: tr("searched on its own {number} of {all}: {power}", **of),
    }[kind]


def _part_of(control: Control, share: float) -> Control:
    """Return a control that has a share of the time that is left."""
    return Control(None if np.isinf(control.left) else share * control.left, control.event)


class _Study:
    def __init__(
        self, best: Plan, prepared: Prepared, tolerance: float, control: Control, threads: int,
        found_before: KeptPowers, report: Callable[[str], None],
    ):  # fmt: skip
        self.best, self.prepared, self.tolerance, self.threads = best, prepared, tolerance, threads
        self.whole, self.control = control, _part_of(control, LOOKING)
        self.report = report
        # Plans that show the swings are made even if the time is up meanwhile: without them nothing is known.
        self.looking = Looking(best, prepared, tolerance, Control(None, control.event), threads)
        self.listing, self.flips = self.looking.listing, self.looking.flips
        self.objective, self.worth = self.looking.objective, self.looking.worth
        self.found_before = found_before
        found_before.recall(self.listing.powers.values(), self.listing.solution)
        self.plans: list[Plan] = [best]

    def look_into_powers(self, hands: Hands) -> None:
        """Find for each power a good plan that decides it the other way, or a proof that there is none."""
        if hands.here:
            self._look_into_powers(self.looking)
            return
        memory = usual_memory(hands.workers) if hands.workers else 0.0
        with crew(hands.workers, hands.scheduler, memory, self.control.event) as there:
            self._look_into_powers(Workers(self.looking, self.best, self.tolerance, self.threads, there))

    def _look_into_powers(self, who: Looking | Workers) -> None:
        powers = self.listing.powers.values()
        listed = [power for power in powers if power.on]
        self._look(who, Look.OFF, [power for power in listed if power.steps < 1])
        weakest = [power.name for power in sorted(listed, key=lambda power: -power.worth)[:WEAKEST]]
        self._look(who, Look.ON, [power for power in powers if not power.on and power.steps < 1], weakest)
        undecided = [power for power in powers if power.worth < self.worth]
        self._look(who, Look.BOUND, [power for power in undecided if power.steps < 2])
        undecided = [power for power in undecided if power.worth < self.worth <= power.bound]
        if isinstance(who, Workers):
            self._look(who, Look.SEARCH, undecided)
            return
        for number, power in enumerate(undecided):
            # Each has its share of the time that is left.
            control = _part_of(self.control, 1 / (len(undecided) - number))
            self._look(who, Look.SEARCH, [power], of=(number, len(undecided)), control=control)

    def _look(
        self, who: Looking | Workers, kind: Look, powers: list[Listed], room: list[str] | None = None,
        of: tuple[int, int] | None = None, control: Control | None = None,
    ) -> None:  # fmt: skip
        done, count = of or (0, len(powers))
        if powers and not self._stopped():
            self.report(_in_words(kind, done, count, ""))

        def seen(power: Listed, bound: float, worth: float, solution: Array | None) -> None:
            nonlocal done
            done += 1
            self.report(_in_words(kind, done, count, power.name))
            power.bound = min(power.bound, bound)
            if solution is not None and self.listing.decided_otherwise(power.name, solution):
                power.found(worth, solution)
            power.steps = max(power.steps, STEPS[kind])
            if not self._stopped():  # what was broken off is tried again
                self.found_before.keep(power, self.listing.solution)

        who.look(kind, powers, room or [], control or self.control, seen)

    def _stopped(self) -> bool:
        return self.control.stopped or self.control.left <= 0

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
