"""Goals: several objectives of one model, by name, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
WHOLE = 1e-9
"""A coefficient this near to a whole multiple counts as one."""


@dataclass(frozen=True, eq=False)
class Goals:
    """k goals over the n columns of a matrix, each to be made as large as can be.

    Attributes:
        names: of the goals; they name what is reported.
        costs: coefficients, shape (k, n); `offsets`: constants, shape (k,).
        signs: -1 where the model makes the goal as small as can be, else 1, shape (k,).
    """

    names: tuple[str, ...]
    costs: Array
    offsets: Array
    signs: Array

    def values(self, solution: Array) -> Array:
        """Return what a solution, shape (n,), is worth by each goal, larger is better, shape (k,)."""
        return self.costs @ solution + self.offsets

    def reported(self, values: Array) -> Array:
        """Return values as the model states them, shape (..., k): goals to be made small with their own sign."""
        return values * self.signs

    def steps(self, integer: NDArray[np.bool_]) -> Array:
        """Return by how much two values of a goal differ at least, shape (k,); 0 where that is not known.

        It is known where a goal counts whole columns in multiples of one amount.

        Args:
            integer: which columns are whole numbers, shape (n,).
        """
        return np.array([_step(costs, integer) for costs in self.costs])


def _step(costs: Array, integer: NDArray[np.bool_]) -> float:
    used = np.flatnonzero(costs)
    if not len(used) or not integer[used].all():
        return 0.0
    amounts = np.unique(np.abs(costs[used]))
    for divisor in range(1, 1001):
        step = float(amounts[0]) / divisor
        shares = amounts / step
        if np.abs(shares - np.round(shares)).max() <= WHOLE * shares.max():
            return step * int(np.gcd.reduce(np.round(shares).astype(np.int64)))
    return 0.0
