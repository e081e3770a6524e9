"""What solves the points of a front: HiGHS or the package's own search, in this process or on Dask workers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.language import Language, language, speaking, tr
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Answer, Control, Outcome
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.held import Exactly, Nearly, Solver, with_goals
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import BY_TOWNSHIP_FROM, Search
from devolve_opt.studies.cluster import Crew, Watch, crew, usual_memory
from devolve_opt.studies.many import Hands
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.search import search_of
from devolve_opt.vocabulary import Term

Array = NDArray[np.float64]
REST = "rest"
"""The goal of all terms that no other goal names."""
LARGE_GAP = 0.002
"""Gap to which points of large scenarios are proven unless told otherwise; small ones are solved exactly."""


@dataclass(frozen=True, eq=False)
class Aims:
    """What each solve of a front is about; it can be sent to another process.

    Attributes:
        scenario: what is solved.
        names: of the goals, in the order that was asked for.
        gap: relative gap to prove; None takes 0 for small scenarios and `LARGE_GAP` for large ones.
        time_limit: seconds for each solve, or None.
        threads: threads for each solver that works to a gap.
    """

    scenario: Scenario
    names: tuple[str, ...]
    gap: float | None
    time_limit: float | None
    threads: int


class FrontModel:
    """The model of a front's scenario without an objective, and its goals as rows.

    Attributes:
        prepared: the scenario.
        goals: k goals; that with the most columns last, which is solved for, so that most that are held tie no
            townships together.
        matrix: n columns; a row for each goal behind its own.
        gap: to which points are proven; 0 where they are solved exactly.
    """

    def __init__(self, aims: Aims) -> None:
        self.aims = aims
        scenario = aims.scenario
        self.prepared: Prepared = Models().prepare(
            scenario.data, scenario.policy, ratio_decisions(scenario.data, scenario.policy)
        )
        unordered = self.prepared.goals(terms_of(aims.names))
        order = np.argsort((unordered.costs != 0).sum(axis=1), kind="stable")
        in_order = tuple(aims.names[place] for place in order)
        self.goals = Goals(in_order, unordered.costs[order], unordered.offsets[order], unordered.signs)
        large = self.prepared.matrix.costs.size >= BY_TOWNSHIP_FROM
        self.gap = (LARGE_GAP if large else 0.0) if aims.gap is None else aims.gap
        matrix = with_goals(self.prepared.matrix, self.goals)
        if not self.gap:
            # Posts gained are whole because posts are; said so, values of the goal that counts them are steps apart.
            matrix = replace(matrix, integer=matrix.integer | matrix.columns_of("posts_gained"))
        self.matrix: Matrix = matrix

    def solver(self, control: Control) -> Solver:
        """Return what solves the points: HiGHS exactly, or the package's own search."""
        aims = self.aims
        if not self.gap:
            return Exactly(self.matrix, control, 1, aims.time_limit)

        def search(limited: Matrix, until: Control, carried: Carried) -> Search:
            return search_of(aims.scenario.data, limited, until, self.gap, aims.threads, carried)

        return Nearly(self.matrix, control, self.gap, search, aims.time_limit)


def terms_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the terms of the objective that each goal is the sum of."""
    named = set(names)
    others = [str(term) for term in Term if str(term) not in named]
    return {name: others if name == REST else [name] for name in names}


@contextmanager
def front_solvers(model: FrontModel, control: Control, hands: Hands) -> Iterator[list[Solver]]:
    """Within this block there are solvers of a front, each of which searches a box at the same time.

    Args:
        model: of the front.
        control: when to stop.
        hands: who does it: here, small scenarios by a solver for each thread, large ones by one; else Dask workers.

    Raises:
        InputError: if Dask is needed and not there, or no cluster answers.
    """
    if hands.here:
        # A small case leaves nothing for a second thread to do.
        yield [model.solver(control) for _ in range(1 if model.gap else model.aims.threads)]
        return
    memory = usual_memory(hands.workers) if hands.workers else 0.0
    with crew(hands.workers, hands.scheduler, memory, control.event) as there:
        yield [OnWorkers(model, control, there) for _ in range(there.workers)]


class OnWorkers:
    """A solver whose solves are done by whichever Dask worker is free.

    Args:
        model: of the front; workers build their own from its aims, once each.
        control: when to stop.
        there: the workers.
    """

    def __init__(self, model: FrontModel, control: Control, there: Crew) -> None:
        self.gap, self._control, self._crew = model.gap, control, there
        self._mark, self._aims = model.matrix.mark, there.lend(model.aims)
        self._spoken = language()

    def __enter__(self) -> OnWorkers:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        """See `Solver`; what a worker has found is dropped where the study is stopped.

        Raises:
            SolverError: if workers died over it, or build another model than this one.
        """
        task = (self._mark, costs, limits, start, self._spoken)
        answer = self._crew.ask(_solved_there, task, self._aims, lambda: self._control.left <= 0)
        if answer is None:
            return Answer(Outcome.INTERRUPTED, np.inf, -np.inf, None, None, self._control.elapsed)
        return answer


_AT_WORK = threading.local()


def _solved_there(task: tuple[str, Array, Array, Array | None, Language], aims: Aims) -> Answer:
    mark, costs, limits, start, spoken = task
    control = Control(None)
    with speaking(spoken), Watch(control):
        model, carried = _model_of(mark, aims)
        with model.solver(control) as solver:
            if isinstance(solver, Nearly):
                solver.carried = carried
            return solver.solve(costs, limits, start)


def _model_of(mark: str, aims: Aims) -> tuple[FrontModel, Carried]:
    """Return the model of a front, built once in this thread of a worker, and what its solves have found."""
    asked = (mark, aims.names, aims.gap, aims.time_limit, aims.threads)
    if getattr(_AT_WORK, "asked", None) != asked:
        model = FrontModel(aims)
        if model.matrix.mark != mark:
            raise SolverError(tr("a worker builds another model of this scenario; its libraries are others."))
        _AT_WORK.asked, _AT_WORK.model, _AT_WORK.carried = asked, model, Carried()
    return _AT_WORK.model, _AT_WORK.carried
