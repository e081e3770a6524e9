"""Goals held at limits: how one of them, or a mixture, is solved while the others reach what was asked.

Two ways to do it: `Exactly` by HiGHS, gap 0, for models of any kind; `Nearly` by the package's own search, to a gap,
for large cases, where what one solve leaves serves the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import Search

Array = NDArray[np.float64]
TIGHT: dict[str, Any] = {
    "mip_rel_gap": 0.0, "mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9,
}  # fmt: skip
"""HiGHS's options: a goal held at its best value must not give way by the tolerance."""


def with_goals(matrix: Matrix, goals: Goals) -> Matrix:
    """Return a matrix without objective, with a row for each goal behind its own rows, open on both sides."""
    count = len(goals.names)
    aimless = replace(matrix, costs=np.zeros_like(matrix.costs), offset=0.0)
    return aimless.with_rows(csr_array(goals.costs), np.full(count, -np.inf), np.full(count, np.inf), goals.names)


class Solver(Protocol):
    """Solves a matrix with goals again and again, for other prices and limits of the goals; a context manager.

    Attributes:
        gap: relative gap to which it solves; 0 where it solves exactly.
    """

    gap: float

    def __enter__(self) -> Solver: ...

    def __exit__(self, *error: object) -> None: ...

    def solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        """Solve.

        Args:
            costs: objective coefficients, shape (n,).
            limits: what each goal, without its constant, reaches at least, shape (k,); -inf where it is free.
            start: a solution to start from, shape (n,).
        """
        ...


class Exactly:
    """HiGHS on the whole matrix, gap 0.

    Args:
        matrix: as `with_goals` returns it.
        control: when to stop.
        threads: threads for HiGHS.
        seconds: time for each solve, or None.
    """

    gap = 0.0

    def __init__(self, matrix: Matrix, control: Control, threads: int = 2, seconds: float | None = None):
        self.matrix, self.seconds = matrix, seconds
        self.engine = Engine(matrix, control, threads)

    def __enter__(self) -> Exactly:
        self.engine.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.engine.__exit__(None, None, None)

    def solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        """See `Solver`; "infeasible" is believed only if a run without presolve agrees."""
        lower = _limited(self.matrix, limits)
        ways: tuple[dict[str, Any], ...] = ({}, {"presolve": "off"})
        for way in ways:
            answer = self.engine.solve(
                costs=costs, row_lower=lower, start=start, seconds=self.seconds, **TIGHT, **way
            )  # fmt: skip
            if answer.outcome not in (Outcome.INFEASIBLE, Outcome.FAILED, Outcome.CRASHED):
                break
        return answer


class Nearly:
    """The package's own search, to a gap.

    Args:
        matrix: as `with_goals` returns it.
        control: when to stop.
        gap: relative gap to prove.
        search: makes the search for a matrix, with its control and what earlier searches left.
        seconds: time for each solve, or None.
    """

    def __init__(
        self,
        matrix: Matrix,
        control: Control,
        gap: float,
        search: Callable[[Matrix, Control, Carried], Search],
        seconds: float | None = None,
    ):
        self.matrix, self.control, self.gap, self.search, self.seconds = matrix, control, gap, search, seconds
        self.carried = Carried()

    def __enter__(self) -> Nearly:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def solve(self, costs: Array, limits: Array, start: Array | None = None) -> Answer:
        """See `Solver`."""
        left = self.control.left if self.seconds is None else min(self.seconds, self.control.left)
        control = Control(None if np.isinf(left) else left, self.control.event)
        search = self.search(self._with_limits(costs, limits), control, self.carried)
        search.run(start)
        if search.infeasible:
            return Answer(Outcome.INFEASIBLE, np.inf, -np.inf, None, None, control.elapsed)
        near = search.solution is not None and search.bound - search.objective <= self.gap * abs(search.objective)
        ended = Outcome.INTERRUPTED if control.stopped else Outcome.TIME_LIMIT
        return Answer(
            Outcome.OPTIMAL if near else ended, search.bound, search.objective, search.solution, None, control.elapsed
        )

    def _with_limits(self, costs: Array, limits: Array) -> Matrix:
        """Return the matrix with rows for the goals that are held only: any other would tie townships for nothing."""
        matrix, own = self.matrix, len(self.matrix.row_lower) - len(limits)
        rows = np.r_[np.arange(own), own + np.flatnonzero(np.isfinite(limits))]
        return replace(
            matrix,
            costs=costs,
            rows=csr_array(matrix.rows[rows]),
            row_lower=_limited(matrix, limits)[rows],
            row_upper=matrix.row_upper[rows],
            row_names=[matrix.row_names[row] for row in rows.tolist()],
        )


def _limited(matrix: Matrix, limits: Array) -> Array:
    lower = matrix.row_lower.copy()
    lower[len(lower) - len(limits) :] = limits
    return lower
