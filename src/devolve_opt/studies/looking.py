"""Looking into powers one by one: what deciding each otherwise costs, here or on Dask workers.

Each look is at some powers and of one kind: taken off the list, put on it, bounded, or searched for on its own. Looks
do not depend on one another, so that workers do them side by side, each with the model and the plan built there once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.language import Language, language, speaking, tr
from devolve_opt.plan import Plan
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control
from devolve_opt.solver.flips import Flips
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.cluster import Crew, Watch
from devolve_opt.studies.listing import Listed, Listing
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.search import search_of

Array = NDArray[np.float64]
FINER = 0.1
"""Part of the tolerance to which single searches are proven."""
LEAST_GAP = 1e-4
"""Gap to which single searches are proven at the finest."""
PARTS = 4
"""Looks that a worker gets one after the other, about: so that none has much to do when the others are done."""


PATIENCE = 10.0
"""Seconds past the limit for workers to tell what they have found; looks that have not begun by then are dropped."""


class Look(StrEnum):
    """What is done about a power."""

    OFF = "off"
    ON = "on"
    BOUND = "bound"
    SEARCH = "search"


STEPS = {Look.OFF: 1, Look.ON: 1, Look.BOUND: 2, Look.SEARCH: 3}
"""How far a power has been looked into after each, see `Listed.steps`."""
Seen = Callable[[Listed, float, float, Array | None], None]
"""Told of each power: a bound on plans that decide it otherwise, what the best found is worth, and that one or None."""


class Looking:
    """A plan, and what is done to see what deciding its powers otherwise costs.

    Args:
        best: the plan.
        prepared: its scenario, started from the plan.
        tolerance: how much less a good plan may be worth, relative to it.
        control: stops it; plans that keep all but a few things are made as long as it allows.
        threads: threads for the solver.

    Attributes:
        listing: the powers.
        objective: what the plan is worth to the solver; `worth`: what a good plan is worth at least.
        flips: within `with looking:`, what decides them otherwise.
    """

    def __init__(self, best: Plan, prepared: Prepared, tolerance: float, control: Control, threads: int) -> None:
        self.listing = Listing(best, prepared)
        matrix = self.listing.matrix
        self.objective = matrix.objective(self.listing.solution)
        self.worth = self.objective - tolerance * abs(self.objective)
        case, gap = best.scenario.data, max(tolerance * FINER, LEAST_GAP)

        def search(matrix: Matrix, inner: Control, carried: Carried) -> Search:
            return search_of(case, matrix, inner, gap, threads, carried)

        self.flips = Flips(matrix, control, self.listing.solution, self.worth, search, prepared.carried, threads)

    def __enter__(self) -> Looking:
        self.flips.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.flips.__exit__(*error)

    def look(self, kind: Look, powers: Sequence[Listed], room: list[str], control: Control, seen: Seen) -> None:
        """Look into some powers.

        Args:
            kind: what is done.
            powers: those that are looked into.
            room: names of powers that may go for one that is put on the list.
            control: when to stop.
            seen: told of each power when it is done.
        """
        if kind is Look.BOUND:
            self._bounds(powers, control, seen)
            return
        for power in powers:
            if control.stopped or control.left <= 0:
                return
            bound: float = np.inf
            if kind is Look.OFF:
                worth, solution = self.flips.plainly([power.flip])
            elif kind is Look.ON:
                worth, solution = self.listing.put_on(power.name, self.flips, room)
            else:
                bound, worth, solution = self.flips.decide(power.flip, control)
            seen(power, bound, worth, solution)

    def _bounds(self, powers: Sequence[Listed], control: Control, seen: Seen) -> None:
        def tell(number: int, bound: float, relaxed: Array) -> None:
            power = powers[number]
            known = min(power.bound, bound)
            near = (-np.inf, None) if known < self.worth else self.listing.nearby(power.name, self.flips, relaxed)
            seen(power, bound, *near)

        if powers and not control.stopped and control.left > 0:
            self.flips.bounds([power.flip for power in powers], tell, control)


@dataclass(frozen=True, eq=False)
class Errand:
    """A look that is given to a worker."""

    kind: Look
    powers: tuple[str, ...]
    room: tuple[str, ...]
    seconds: float | None
    spoken: Language


@dataclass(frozen=True, eq=False)
class Subject:
    """What all looks of a study are at; `mark` tells its model and plan from any others."""

    best: Plan
    tolerance: float
    threads: int
    mark: str


class Workers:
    """Looks given to Dask workers.

    Args:
        looking: of this process, whose powers are meant.
        best, tolerance, threads: as for `Looking`.
        there: the workers.
    """

    def __init__(self, looking: Looking, best: Plan, tolerance: float, threads: int, there: Crew) -> None:
        self._looking, self._crew = looking, there
        self._subject = Subject(best, tolerance, threads, _mark_of(looking))

    def look(self, kind: Look, powers: Sequence[Listed], room: list[str], control: Control, seen: Seen) -> None:
        """Look into some powers, as `Looking.look` does; each is told of when the look it was part of is done.

        Raises:
            SolverError: if workers died over looks; after the others are done and told of.
        """
        if not powers or control.stopped or control.left <= 0:
            return
        known = self._looking.listing
        size = 1 if kind is Look.SEARCH else -(-len(powers) // (PARTS * self._crew.workers))
        names = [power.name for power in powers]
        # Each search has its share of the time that is left, of the workers' together.
        share = min(1.0, self._crew.workers / len(powers)) if kind is Look.SEARCH else 1.0
        seconds = None if np.isinf(control.left) else share * control.left
        latest = control.left + PATIENCE
        began = time.monotonic()
        errands = [
            Errand(kind, tuple(names[first : first + size]), tuple(room), seconds, language())
            for first in range(0, len(names), size)
        ]
        broken: list[str] = []

        def take(errand: Errand, found: Any) -> None:
            if isinstance(found, BaseException):
                broken.append(f"{type(found).__name__}: {found}".replace("\n", " "))
                return
            for name, bound, worth, columns, values in found:
                solution = None
                if columns is not None:
                    solution = known.solution.copy()
                    solution[columns] = values
                seen(known.powers[name], bound, worth, solution)

        self._crew.work(_looked, errands, take, self._subject, lambda: time.monotonic() - began > latest)
        if broken:
            raise SolverError(tr("a worker failed: {error}", error=broken[0]))


_AT_WORK = threading.local()


def _mark_of(looking: Looking) -> str:
    """Return what tells a model and the plan in it from any others."""
    return f"{looking.listing.matrix.mark}-{sha256(looking.listing.solution.tobytes()).hexdigest()}"


def _looked(errand: Errand, subject: Subject) -> list[tuple[str, float, float, Any, Any]]:
    """Return what a look came to: name, bound, worth, and where the solution differs from the plan."""
    control = Control(errand.seconds)
    found: list[tuple[str, float, float, Any, Any]] = []
    with speaking(errand.spoken), Watch(control), _at_hand(subject, control) as looking:
        plan = looking.listing.solution

        def seen(power: Listed, bound: float, worth: float, solution: Array | None) -> None:
            columns = None if solution is None else np.flatnonzero(solution != plan)
            found.append((power.name, bound, worth, columns, None if solution is None else solution[columns]))

        powers = [looking.listing.powers[name] for name in errand.powers]
        looking.look(errand.kind, powers, list(errand.room), control, seen)
    return found


@contextmanager
def _at_hand(subject: Subject, control: Control) -> Iterator[Looking]:
    """Within this block the powers of the subject can be looked into; their model is built once in this thread."""
    if getattr(_AT_WORK, "mark", None) != subject.mark:
        scenario = subject.best.scenario
        _AT_WORK.prepared = Models().prepare(scenario.data, scenario.policy, subject.best.decisions)
        _AT_WORK.mark = subject.mark
    looking = Looking(subject.best, _AT_WORK.prepared, subject.tolerance, control, subject.threads)
    if _mark_of(looking) != subject.mark:
        raise SolverError(tr("a worker builds another model of this scenario; its libraries are others."))
    with looking:
        yield looking
