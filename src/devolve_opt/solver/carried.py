"""What searches leave to the next ones of a sweep: cuts, plans and bounds, each as far as it holds there too.

A cut says what a township is worth, and holds wherever that township is the very same. A plan holds wherever it keeps
the rules. A bound holds wherever the rules allow nothing that they did not allow where it was proven.
"""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

from devolve_opt.solver.blocks import KnownCuts
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.progress import Progress

Array = NDArray[np.float64]
PLANS = 4
"""Plans that are kept: those found last."""
BOUNDS = 32
"""Bounds that are kept: the widest, and of those that are no wider than others the latest."""


class Carried:
    """What is known from earlier searches; safe to be shared by threads."""

    def __init__(self) -> None:
        self._cuts: KnownCuts = {}
        self._latest: set[bytes] = set()
        self._relaxed: Array | None = None
        self._plans: deque[Array] = deque(maxlen=PLANS)
        self._bounds: list[tuple[Matrix, float]] = []
        self._lock = threading.Lock()

    def keep(self, cuts: KnownCuts, relaxed: Array | None) -> None:
        """Keep the cuts that a search ended with, and its relaxation, instead of what is known from others.

        Args:
            cuts: by the digest of the township; of others, those of the search before stay.
            relaxed: solution of the relaxation, shape (n,).
        """
        with self._lock:
            # Of townships that neither this search nor the one before had, no cut will be wanted again.
            self._cuts = {township: known for township, known in self._cuts.items() if township in self._latest} | cuts
            self._latest = set(cuts)
            self._relaxed = self._relaxed if relaxed is None else relaxed

    def add(self, found: Progress) -> None:
        """Keep the best plan and the bound that a search has found."""
        with self._lock:
            if found.solution is not None:
                self._plans.append(found.solution)
            if np.isfinite(found.bound):
                self._bounds.append((found.matrix, found.bound))
            if len(self._bounds) > BOUNDS:
                self._forget_a_bound()

    def _forget_a_bound(self) -> None:
        """Forget the oldest bound that is on nothing wider than another one's."""
        for place, (matrix, _) in enumerate(self._bounds[:-1]):
            if any(other.contains(matrix) for number, (other, _) in enumerate(self._bounds) if number != place):
                del self._bounds[place]
                return
        del self._bounds[0]

    @property
    def cuts(self) -> KnownCuts:
        """The cuts that the latest search left of each township."""
        with self._lock:
            return dict(self._cuts)

    def relaxed(self, matrix: Matrix) -> Array | None:
        """Return the solution of the latest relaxation, shape (n,), if it has the columns of a matrix."""
        with self._lock:
            return self._relaxed if self._relaxed is not None and self._relaxed.shape == matrix.costs.shape else None

    def plans(self, matrix: Matrix) -> list[Array]:
        """Return the plans kept that have the columns of a matrix, shape (n,); they may break its rules."""
        with self._lock:
            return [plan for plan in self._plans if plan.shape == matrix.costs.shape]

    def bound_on(self, matrix: Matrix) -> float:
        """Return the best bound that holds for a matrix; infinite where none does."""
        with self._lock:
            bounds = list(self._bounds)
        return min((bound for other, bound in bounds if other.contains(matrix)), default=np.inf)
