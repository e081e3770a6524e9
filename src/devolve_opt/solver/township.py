"""What a township is worth under what the master decides, with prices; runs in the child."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from devolve_opt.solver.blocks import Block
from devolve_opt.solver.linear import BreakdownError, linear_programme, optimise

Array = NDArray[np.float64]
PENALTY = 10.0
"""Price of breaking a township's row by one unit, in the greatest cost of any column: so that every township has an
answer to everything the master asks. The price is finite, so the bound stays a bound."""
SAME = 1e-7
"""Values of the master that differ by less are the same."""


class Township:
    """The linear programme of one block, solved again and again for other values of the master's columns.

    Attributes:
        all_rows, all_costs, all_lower, all_upper: the programme with the columns that let rows give way, shapes (r, w)
            and (w,).
    """

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
        self.all_rows = csr_array(hstack([block.inner, slack]).tocsr())
        self.all_costs = np.r_[self.costs, np.full(count, -penalty)]
        self.all_lower, self.all_upper = np.r_[self.lower, np.zeros(count)], np.r_[self.upper, np.full(count, np.inf)]
        self.highs = linear_programme(
            {
                "costs": self.all_costs, "lower": self.all_lower, "upper": self.all_upper,
                "row_lower": self.row_lower, "row_upper": self.row_upper,
            },
            self.all_rows,
        )  # fmt: skip
        self.highs.setOptionValue("presolve", "off")
        self.point: Array | None = None
        self.value, self.height, self.prices = 0.0, 0.0, np.zeros(len(block.first))

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
        """Set `value`, and the plane that touches it: `prices`, its slope, and `height`, its value at 0.

        Args:
            point: values of the block's master columns, shape (q,).

        Raises:
            BreakdownError: if HiGHS cannot solve it.
        """
        # The master keeps within its limits only to a tolerance; beyond them a township may have no plan.
        point = np.clip(point, self.outer_lower, self.outer_upper)
        if self.point is not None and np.abs(self.point - point).max(initial=0.0) < SAME:
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
        self.height = self.value - float(self.prices @ point)
        self.point = point.copy()
