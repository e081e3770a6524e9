"""The master problem of lists and pools, with what each township is worth under them as cuts; runs in the child.

Each township's worth is a concave function of the master's columns: solved at a point, its linear programme gives a
value and prices, and so a plane that no plan of the township rises above, a cut [Benders 1962]. The master maximises
over the cuts found so far: its value is a bound on every plan, and comes down to that of the relaxation of the whole as
cuts are added. Cuts do not depend on the lists' caps, nor on prices of the lists and pools.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from devolve_opt.solver.blocks import Block, Blocks

Array = NDArray[np.float64]
PENALTY = 10.0
"""Price of breaking a township's row by one unit, in the greatest cost of any column: so that every township has an
answer to everything the master asks. The price is finite, so the bound stays a bound."""
LP_SECONDS = 20.0
"""A linear programme that takes longer is begun anew: warm starts have been seen to go round in circles."""
SLACK = 1e-7
"""Values of the master that differ by less are the same."""


class BreakdownError(RuntimeError):
    """HiGHS gave no answer to a linear programme that must have one."""


def linear_programme(arrays: dict[str, Any], rows: csr_array) -> highspy.Highs:
    """Return a HiGHS instance with the maximisation of `costs`, `lower`, `upper`, `row_lower`, `row_upper` loaded."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows.shape
    lp.col_cost_, lp.offset_ = arrays["costs"], arrays.get("offset", 0.0)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_lower_, lp.col_upper_ = arrays["lower"], arrays["upper"]
    lp.row_lower_, lp.row_upper_ = arrays["row_lower"], arrays["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise BreakdownError("HiGHS refuses a part of the model")
    return highs


def optimise(highs: highspy.Highs) -> bool:
    """Solve a linear programme from where it stands; return whether it has a solution.

    Raises:
        BreakdownError: if HiGHS cannot tell.
    """
    optimal, infeasible = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible
    highs.setOptionValue("time_limit", highs.getRunTime() + LP_SECONDS)
    highs.run()
    if highs.getModelStatus() == optimal:
        return True
    # "Infeasible", like everything else that is no optimum, is believed only after a second run from scratch.
    highs.clearSolver()
    highs.setOptionValue("time_limit", highs.getRunTime() + LP_SECONDS)
    highs.run()
    if highs.getModelStatus() in (optimal, infeasible):
        return bool(highs.getModelStatus() == optimal)
    raise BreakdownError(highs.modelStatusToString(highs.getModelStatus()))


class Township:
    """The linear programme of one block, solved again and again for other values of the master's columns."""

    def __init__(self, block: Block, arrays: dict[str, Any], first: NDArray[np.int64]):
        self.block, self.first = block, block.first
        columns, rows, outer = block.columns, block.rows, first[block.first]
        self.costs = arrays["costs"][columns]
        self.lower, self.upper = arrays["lower"][columns], arrays["upper"][columns]
        self.row_lower, self.row_upper = arrays["row_lower"][rows], arrays["row_upper"][rows]
        self.outer_lower, self.outer_upper = arrays["lower"][outer], arrays["upper"][outer]
        self.row_indices = np.arange(len(rows), dtype=np.int32)
        slack = self._slack_columns()
        penalty = PENALTY * max(1.0, float(np.abs(arrays["costs"]).max()))
        count = slack.shape[1]
        self.highs = linear_programme(
            {
                "costs": np.r_[self.costs, np.full(count, -penalty)],
                "lower": np.r_[self.lower, np.zeros(count)],
                "upper": np.r_[self.upper, np.full(count, np.inf)],
                "row_lower": self.row_lower, "row_upper": self.row_upper,
            },
            csr_array(hstack([block.inner, slack]).tocsr()),
        )  # fmt: skip
        self.highs.setOptionValue("presolve", "off")
        self.point: Array | None = None
        self.value, self.prices = 0.0, np.zeros(len(block.first))

    def _slack_columns(self) -> csr_array:
        """Return columns that let a row give way, shape (r, s), where the master may ask for more than can be done.

        Rows that hold when the township does as little as it may, whatever the master asks, need none.
        """
        block = self.block
        rest = block.inner @ self.lower
        up, down = block.outer.maximum(0), block.outer.minimum(0)
        most = rest + up @ self.outer_upper + down @ self.outer_lower
        least = rest + up @ self.outer_lower + down @ self.outer_upper
        outer = np.diff(block.outer.indptr) > 0
        above, below = outer & (most > self.row_upper), outer & (least < self.row_lower)
        rows = np.r_[np.flatnonzero(above), np.flatnonzero(below)]
        signs = np.r_[np.full(above.sum(), -1.0), np.full(below.sum(), 1.0)]
        return csr_array((signs, (rows, np.arange(len(rows)))), shape=(len(self.row_lower), len(rows)))

    def evaluate(self, point: Array) -> None:
        """Set `value` and `prices` (its slope) at a point of the master, shape (q,).

        Raises:
            BreakdownError: if HiGHS cannot solve it.
        """
        if self.point is not None and np.abs(self.point - point).max(initial=0.0) < SLACK:
            return
        asked = self.block.outer @ point
        self.highs.changeRowsBounds(  # type: ignore[attr-defined]
            len(self.row_indices), self.row_indices, self.row_lower - asked, self.row_upper - asked
        )
        if not optimise(self.highs):
            raise BreakdownError("a township has no plan at all")
        solution = self.highs.getSolution()
        self.value = self.highs.getInfo().objective_function_value
        self.prices = -(self.block.outer.T @ np.array(solution.row_dual))
        self.point = point.copy()


@dataclass
class Cut:
    """A plane over one township: its worth is at most `height` + `prices` @ (its columns of the master)."""

    township: int
    prices: Array
    height: float


class Master:
    """Lists, pools and the worth of each township, the last under the cuts found so far.

    Args:
        arrays: the whole matrix, a dict of the arrays of `Matrix`.
        blocks: what it falls into.
        stopped: asked between steps; once it says so, methods end early.
    """

    def __init__(self, arrays: dict[str, Any], blocks: Blocks, stopped: Callable[[], bool] = lambda: False):
        self.stopped = stopped
        self.first = blocks.first
        self.costs = arrays["costs"][self.first]
        self.offset = float(arrays["offset"])
        self.townships = [Township(block, arrays, self.first) for block in blocks.blocks]
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
        self.bound, self.point = np.inf, np.zeros(columns)
        self.worth = most

    def _most_worth(self) -> Array:
        """Return what each township is worth at the very most, shape (townships,)."""
        return np.array([
            np.where(township.costs > 0, township.costs * township.upper, township.costs * township.lower).sum()
            for township in self.townships
        ])  # fmt: skip

    def solve(self) -> bool:
        """Solve the master with the cuts it has; sets `bound`, `point` and `worth`; False if it has no solution."""
        if not optimise(self.highs):
            return False
        values = np.array(self.highs.getSolution().col_value)
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
                height = township.value - float(township.prices @ point[township.first])
                new.append(Cut(number, township.prices.copy(), height))
        self._add(new)
        return total

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

    def drop_idle_cuts(self) -> None:
        """Drop the cuts that the solution does not rest on; where they are missed, they are found again."""
        duals = np.array(self.highs.getSolution().row_dual)[self.own_rows :]
        idle = np.flatnonzero(duals <= SLACK)
        if len(idle):
            self.highs.deleteRows(len(idle), (idle + self.own_rows).astype(np.int32))
            self.cuts = [self.cuts[number] for number in np.flatnonzero(duals > SLACK).tolist()]

    def limit(self, columns: NDArray[np.int32], lower: Array, upper: Array) -> None:
        """Set bounds of some of the master's columns, by position."""
        self.highs.changeColsBounds(len(columns), columns, lower, upper)
