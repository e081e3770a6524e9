"""A township by itself: what is best for it while lists, posts, officers and all that ties townships together stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack

from devolve_opt.errors import SolverError
from devolve_opt.language import tr
from devolve_opt.solver.blocks import split
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix

Array = NDArray[np.float64]
Key = tuple[str, ...]
ROOM = "room"
"""First word of the key of the columns that give a row more room: `("room", row)`."""


class Alone:
    """The columns and rows of one township; a context manager.

    Args:
        matrix: the whole, n columns.
        places: number of the township of each column, shape (n,); `place`: of the one that it is about.
        plan: what stays as it is, shape (n,).
        roomy: names of rows whose upper limit may be raised.
        columns: of the whole matrix, by name.

    Raises:
        SolverError: if the township has no column of its own.
    """

    def __init__(
        self,
        matrix: Matrix,
        places: NDArray[np.int64],
        place: int,
        plan: Array,
        roomy: Collection[str],
        columns: Mapping[Key, int],
        control: Control,
        threads: int = 1,
    ):
        blocks = split(matrix.rows, places)
        block = next((block for block in blocks.blocks if places[block.columns[0]] == place), None)
        if block is None:
            raise SolverError(tr("the township has nothing to decide for itself"))
        first = blocks.first[block.first]
        taken = np.r_[block.columns, first]
        names = [matrix.row_names[row] for row in block.rows]
        at = [row for row, name in enumerate(names) if name in roomy]
        room = csr_array(-eye_array(len(names), format="csr")[:, at])
        count = len(at)
        self._lower = np.r_[matrix.lower[block.columns], plan[first], np.zeros(count)]
        self._upper = np.r_[matrix.upper[block.columns], plan[first], np.zeros(count)]
        self.plan = np.r_[plan[taken], np.zeros(count)]
        self.matrix = replace(
            matrix,
            costs=np.r_[matrix.costs[taken], np.zeros(count)],
            offset=0.0,
            rows=csr_array(hstack([block.inner, block.outer, room]).tocsr()),
            row_lower=matrix.row_lower[block.rows],
            row_upper=matrix.row_upper[block.rows],
            lower=np.r_[matrix.lower[taken], np.zeros(count)],
            upper=np.r_[np.full(len(taken), np.inf), np.full(count, np.inf)],
            integer=np.r_[matrix.integer[taken], np.zeros(count, dtype=bool)],
            variables=[matrix.variables[column] for column in taken],
            row_names=names,
        )
        local = {int(column): position for position, column in enumerate(taken)}
        self.columns: dict[Key, int] = {key: local[column] for key, column in columns.items() if column in local}
        self.columns |= {(ROOM, names[row]): len(taken) + number for number, row in enumerate(at)}
        self._engine = Engine(self.matrix, control, threads)

    def __enter__(self) -> Self:
        self._engine.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.__exit__(None, None, None)

    def value(self, key: Key) -> float:
        """Return what a column is in the plan."""
        return float(self.plan[self.columns[key]])

    def best(self, sets: Mapping[Key, float]) -> tuple[float, Array | None]:
        """Return what the township is worth at best with some columns set, and how, shape (k,).

        -inf and None where nothing keeps the rules.

        Raises:
            SolverError: if the time is up first, or the solver breaks down.
        """
        lower, upper = self._lower.copy(), self._upper.copy()
        for key, value in sets.items():
            lower[self.columns[key]] = upper[self.columns[key]] = value
        answer = self._engine.solve_exactly(lower, upper)
        if answer.outcome is Outcome.INFEASIBLE:
            return -np.inf, None
        if answer.outcome is not Outcome.OPTIMAL or answer.solution is None:
            raise SolverError(tr("the time was up, or the solver broke down, before a township was settled"))
        return self.matrix.objective(answer.solution), answer.solution
