"""The master problem of lists and pools, with what each township is worth under them as cuts; runs in the child.

Each township's worth is a concave function of the master's columns: solved at a point, its linear programme gives a
value and prices, and so a plane that no plan of the township rises above, a cut [Benders 1962]. The master maximises
over the cuts found so far: its value is a bound on every plan, and comes down to that of the relaxation of the whole as
cuts are added. Cuts hang on their township alone, and on the limits of what it sees of the master, see `Splits.digest`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from devolve_opt.solver.blocks import Blocks, KnownCuts
from devolve_opt.solver.linear import linear_programme, optimise
from devolve_opt.solver.splits import AmountsFinder, Splits
from devolve_opt.solver.township import Township

Array = NDArray[np.float64]
IDLE = 1e-7
"""A cut with a smaller dual bears nothing of the solution."""
IDLE_ROUNDS = 6
"""Solutions that a cut may be idle in before it is dropped: a master of few cuts is solved the sooner."""
CARRIED_ROUNDS = 2
"""The same for a cut that is left to other searches."""
PATIENCE, LEAST_PATIENCE = 10.0, 1.0
"""The master is begun anew where it takes so many times as long as usual, and as many seconds at least: warm starts
have been seen to go round in circles."""
MEMORY = 0.1
"""Part that the last solution has in what is usual."""


@dataclass
class Cut:
    """A plane over one township: its worth is at most `height` + `prices` @ (its columns of the master)."""

    township: int
    prices: Array
    height: float


class Master:
    """Lists, pools and the worth of each township, the last under the cuts found so far.

    Attributes:
        bound, point, worth: what the last solution is worth; the values of the master's columns in it, shape (f,); the
            worth of each township in it, shape (townships,).
        cuts: those in force; `duals`: their prices in the last solution, shape (cuts,), 0 for cuts that came after it;
            `idle`: solutions since a cut last bore anything, shape (cuts,).

    Args:
        arrays: the whole matrix, a dict of the arrays of `Matrix`.
        blocks: what it falls into.
        lists: which of the master's columns are lists, shape (f,).
        stopped: asked between steps; once it says so, methods end early.
    """

    def __init__(
        self,
        arrays: dict[str, Any],
        blocks: Blocks,
        lists: NDArray[np.bool_],
        stopped: Callable[[], bool] = lambda: False,
    ):
        self.stopped = stopped
        self.first = blocks.first
        self.costs = arrays["costs"][self.first]
        self.offset = float(arrays["offset"])
        self.townships = [Township(block, arrays, self.first) for block in blocks.blocks]
        finder = AmountsFinder(arrays, blocks, lists)
        self.splits = [
            Splits(township, finder.find(block)) for township, block in zip(self.townships, blocks.blocks, strict=True)
        ]
        self.usual_seconds = 0.0
        self.lower, self.upper = arrays["lower"][self.first].copy(), arrays["upper"][self.first].copy()
        self.own_rows = len(blocks.rows)
        count, columns = len(self.townships), len(self.first)
        most = self._most_worth()
        rows = blocks.inner
        self.highs = linear_programme(
            {
                "costs": np.r_[self.costs, np.ones(count)],
                "offset": self.offset,
                "lower": np.r_[self.lower, np.full(count, -np.inf)], "upper": np.r_[self.upper, most],
                "row_lower": arrays["row_lower"][blocks.rows], "row_upper": arrays["row_upper"][blocks.rows],
            },
            csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], columns + count)),
        )  # fmt: skip
        self.cuts: list[Cut] = []
        self.idle, self.duals = np.zeros(0, dtype=np.int64), np.zeros(0)
        self.bound, self.point = np.inf, np.zeros(columns)
        self.worth = most

    def _most_worth(self) -> Array:
        """Return what each township is worth at the very most, shape (townships,)."""
        return np.array([
            np.where(township.costs > 0, township.costs * township.upper, township.costs * township.lower).sum()
            for township in self.townships
        ])  # fmt: skip

    def solve(self, confirm: bool = True) -> bool:
        """Solve the master with the cuts it has; sets `bound`, `point` and `worth`; False if it has no solution.

        Args:
            confirm: whether a second run must agree that it has none; needed wherever a bound hangs on it.
        """
        began = time.monotonic()
        if not optimise(self.highs, max(LEAST_PATIENCE, PATIENCE * self.usual_seconds), confirm):
            return False
        self.usual_seconds += MEMORY * (time.monotonic() - began - self.usual_seconds)
        solution = self.highs.getSolution()
        values, self.duals = np.array(solution.col_value), np.array(solution.row_dual)[self.own_rows :]
        self.idle = np.where(self.duals > IDLE, 0, self.idle + 1)
        self.bound = self.highs.getInfo().objective_function_value
        self.point, self.worth = values[: len(self.first)], values[len(self.first) :]
        return True

    def value_at(self, point: Array, above: Array | None = None, tolerance: float = 0.0) -> float:
        """Return what the relaxation is worth at a point of the master, and add the cuts that touch it there.

        Args:
            point: values of the master's columns, shape (f,).
            above: worth of each township by the master, shape (townships,): a cut is added only where it is too high;
                None adds all.
            tolerance: by how much it may be.
        """
        total = float(self.costs @ point) + self.offset
        new = []
        for number, township in enumerate(self.townships):
            township.evaluate(point[township.first])
            total += township.value
            if above is None or above[number] > township.value + tolerance:
                new.append(Cut(number, township.prices.copy(), township.height))
        self._add(new)
        return total

    def cut_at_its_point(self, tolerance: float) -> float:
        """Add the cuts that the master's point breaks, and return by how much they lower its worth there.

        A township whose worth by the master is that of its linear programme gets a split cut, where there is one.

        Args:
            tolerance: a cut that lowers a township's worth by less is not added.
        """
        new, lowered = [], 0.0
        for number, (township, splits) in enumerate(zip(self.townships, self.splits, strict=True)):
            if self.stopped():
                break
            point, most = self.point[township.first], self.worth[number] - tolerance
            township.evaluate(point)
            found = (township.value, township.prices, township.height) if most > township.value else splits.at(point)
            if found is not None and most > found[0]:
                new.append(Cut(number, found[1].copy(), found[2]))
                lowered += self.worth[number] - found[0]
        self._add(new)
        return lowered

    def _add(self, cuts: list[Cut]) -> None:
        index, value, start = [], [], [0]
        for cut in cuts:
            used = np.flatnonzero(np.abs(cut.prices) > 1e-12)
            index.append(np.r_[self.townships[cut.township].first[used], len(self.first) + cut.township])
            value.append(np.r_[-cut.prices[used], 1.0])
            start.append(start[-1] + len(used) + 1)
        if cuts:
            self.highs.addRows(
                len(cuts), np.full(len(cuts), -np.inf), np.array([cut.height for cut in cuts]), start[-1],
                np.array(start[:-1], dtype=np.int32), np.concatenate(index).astype(np.int32), np.concatenate(value),
            )  # fmt: skip
            self.cuts += cuts
            self.idle = np.r_[self.idle, np.zeros(len(cuts), dtype=np.int64)]
            self.duals = np.r_[self.duals, np.zeros(len(cuts))]

    @cached_property
    def digests(self) -> list[bytes]:
        """Of each township."""
        return [splits.digest() for splits in self.splits]

    def known_cuts(self) -> KnownCuts:
        """Return the cuts that bear something, by the digest of their township, for other masters that have it."""
        known: KnownCuts = {}
        for number in np.flatnonzero(self.idle <= CARRIED_ROUNDS).tolist():
            cut = self.cuts[number]
            known.setdefault(self.digests[cut.township], []).append((cut.prices, cut.height))
        return known

    def take_over(self, known: KnownCuts) -> None:
        """Add the cuts of other masters, as far as townships are the very same."""
        self._add([
            Cut(number, prices, height)
            for number, digest in enumerate(self.digests)
            for prices, height in known.get(digest, ())
        ])  # fmt: skip

    def drop_idle_cuts(self) -> None:
        """Drop the cuts that no recent solution rested on; where they are missed, they are found again."""
        old = np.flatnonzero(self.idle > IDLE_ROUNDS) + self.own_rows
        if not len(old):
            return
        basis = self.highs.getBasis()
        status = np.array([int(state) for state in basis.row_status], dtype=np.int8)
        idle = old[status[old] == int(highspy.HighsBasisStatus.kBasic)]
        if len(idle):
            kept = np.setdiff1d(np.arange(len(self.cuts)), idle - self.own_rows)
            self.highs.deleteRows(len(idle), idle.astype(np.int32))
            # HiGHS forgets where it stood when rows go; rows that rested on nothing are no part of that.
            basis.row_status = [highspy.HighsBasisStatus(state) for state in np.delete(status, idle).tolist()]
            self.highs.setBasis(basis)
            self.cuts = [self.cuts[number] for number in kept.tolist()]
            self.idle, self.duals = self.idle[kept], self.duals[kept]

    def go_back_to(self, basis: highspy.HighsBasis) -> None:
        """Start the next solution from a basis that came before the latest cuts."""
        new = self.own_rows + len(self.cuts) - len(basis.row_status)
        basis.row_status = [*basis.row_status, *[highspy.HighsBasisStatus.kBasic] * new]
        self.highs.setBasis(basis)

    def limit(self, columns: NDArray[np.int32], lower: Array, upper: Array) -> None:
        """Set bounds of some of the master's columns, by position."""
        self.highs.changeColsBounds(len(columns), columns, lower, upper)
