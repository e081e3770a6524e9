"""Cuts that know posts and officers to be whole, though take-up may be split; runs in the child.

Of all that the master decides, a township sees a few amounts: how many officers and posts it has, and for each power
whether it may take it. Where the master gives it 3.4 officers, every plan gives it at most 3 or at least 4. So the
township's linear programme is written down once for each case, and the cases are mixed, with weights that add up to 1
and amounts that add up to what the master gives: this is the convex hull of the cases [Balas 1979]. What the mixture
is worth, and its prices, make a plane that no plan rises above: a split cut [Cook, Kannan & Schrijver 1990]. It holds
everywhere, and where lists are whole it is as tight as can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csc_array, csr_array, eye_array, kron, vstack

from devolve_opt.solver.blocks import Block, Blocks
from devolve_opt.solver.linear import BreakdownError, linear_programme, optimise

if TYPE_CHECKING:
    from devolve_opt.solver.township import Township

Array = NDArray[np.float64]
SPLIT = 1e-4
"""An amount this near to a whole number is whole: no case leaves it out."""
MOST_SPLITS = 2
"""Amounts of a township that are split at once; each doubles the cases."""


@dataclass(frozen=True, eq=False)
class Amounts:
    """What a township sees of the master: sums of columns that enter all its rows alike; q columns, a amounts.

    Attributes:
        of: the amount each of the block's master columns counts in, shape (q,); `sign`: 1 or -1, shape (q,).
        outer: coefficients of the amounts in the township's rows, shape (r, a).
        lower, upper: between what they lie in every plan, shape (a,).
        whole: which are whole in every plan and no matter of the lists, such as officers and posts, shape (a,), bool.
    """

    of: NDArray[np.int64]
    sign: Array
    outer: csr_array
    lower: Array
    upper: Array
    whole: NDArray[np.bool_]

    def at(self, point: Array) -> Array:
        """Return the amounts, shape (a,), where the block's master columns have these values, shape (q,)."""
        return _sums(self.of, self.sign * point, len(self.lower))


def _sums(of: NDArray[np.int64], values: Array, count: int) -> Array:
    """Return the sum of the values that count in each amount, shape (count,)."""
    sums: Array = np.bincount(of, values, minlength=count).astype(np.float64)
    return sums


class AmountsFinder:
    """Finds the amounts of each block.

    Args:
        arrays: the whole matrix, a dict of the arrays of `Matrix`.
        blocks: what it falls into.
        lists: which of the master's columns are lists, shape (f,).
    """

    def __init__(self, arrays: dict[str, Any], blocks: Blocks, lists: NDArray[np.bool_]):
        first = blocks.first
        self.lists, self.integer = lists, arrays["integer"][first]
        self.lower, self.upper = arrays["lower"][first], arrays["upper"][first]
        self.row_upper = arrays["row_upper"][blocks.rows]
        self.columns = csc_array(blocks.inner)
        up, down = blocks.inner.maximum(0), blocks.inner.minimum(0)
        self.least = up @ self.lower + down @ self.upper
        self._known: dict[tuple[int, ...], float] = {}

    def find(self, block: Block) -> Amounts:
        """Return the amounts of a block."""
        outer = csc_array(block.outer)
        outer.sort_indices()
        numbers: dict[tuple[bytes, bytes], int] = {}
        of, sign = np.zeros(outer.shape[1], dtype=np.int64), np.ones(outer.shape[1])
        for column in range(outer.shape[1]):
            entries = slice(outer.indptr[column], outer.indptr[column + 1])
            # An amount counts the way its first coefficient points down: listed, and taken, go up together.
            sign[column] = -1.0 if outer.data[entries][0] > 0 else 1.0
            key = outer.indices[entries].tobytes(), (sign[column] * outer.data[entries]).tobytes()
            of[column] = numbers.setdefault(key, len(numbers))
        count = len(numbers)
        leaders = np.unique(of, return_index=True)[1]
        lower, upper = self.lower[block.first], self.upper[block.first]
        lists, whole = self.lists[block.first], self.integer[block.first]
        most = _sums(of, np.where(sign > 0, upper, -lower), count)
        for amount in np.flatnonzero(np.bincount(of, minlength=count) > 1).tolist():
            members = np.flatnonzero(of == amount)
            if (sign[members] > 0).all():
                most[amount] = min(most[amount], self._most(tuple(block.first[members].tolist())))
        return Amounts(
            of, sign,
            csr_array(outer[:, leaders] * sign[leaders]),
            _sums(of, np.where(sign > 0, lower, -upper), count),
            most,
            _sums(of, (~whole | lists).astype(np.float64), count) == 0,
        )  # fmt: skip

    def _most(self, columns: tuple[int, ...]) -> float:
        """Return the most that columns can add up to, by the rows that hold them all: a power stands on one list."""
        if columns not in self._known:
            rows = [self._row_of(column) for column in columns]
            together = set.intersection(*(set(entries) for entries in rows))
            self._known[columns] = min((self._most_in(row, columns, rows) for row in together), default=np.inf)
        return self._known[columns]

    def _row_of(self, column: int) -> dict[int, float]:
        entries = slice(self.columns.indptr[column], self.columns.indptr[column + 1])
        return dict(zip(self.columns.indices[entries].tolist(), self.columns.data[entries].tolist(), strict=True))

    def _most_in(self, row: int, columns: tuple[int, ...], rows: list[dict[int, float]]) -> float:
        coefficient = rows[0][row]
        if coefficient <= 0 or any(entries[row] != coefficient for entries in rows):
            return np.inf
        rest = self.least[row] - coefficient * float(self.lower[list(columns)].sum())
        return float(self.row_upper[row] - rest) / coefficient


class Mixture:
    """The linear programme of one township in several cases, mixed.

    Args:
        township: whose it is.
        amounts: what it sees of the master.
        cases: how many.
    """

    def __init__(self, township: Township, amounts: Amounts, cases: int):
        self.amounts, self.cases = amounts, cases
        rows, lower, upper = self._one_case(township)
        count = len(amounts.lower)
        self.height, self.width = rows.shape
        weight = csr_array(([1.0], ([0], [self.width - 1])), shape=(1, self.width))
        shown = csr_array(eye_array(count, self.width, k=self.width - 1 - count))
        columns = [
            np.r_[township.all_costs, np.zeros(count + 1)],
            # Limits of a case hold in proportion to its weight, so only those at 0 are limits of columns.
            np.r_[np.where(township.all_lower < 0, -np.inf, 0.0), np.where(amounts.lower < 0, -np.inf, 0.0), 0.0],
            np.full(self.width, np.inf),
        ]
        costs, least, most = (np.tile(part, cases) for part in columns)
        self.highs = linear_programme(
            {
                "costs": costs, "lower": least, "upper": most,
                "row_lower": np.r_[np.tile(lower, cases), np.zeros(count), 1.0],
                "row_upper": np.r_[np.tile(upper, cases), np.zeros(count), 1.0],
            },
            csr_array(vstack([kron(eye_array(cases), rows), kron(np.ones((1, cases)), vstack([shown, weight]))])),
        )  # fmt: skip
        self.shares = np.arange(cases * self.height, cases * self.height + count, dtype=np.int32)
        self.limits: list[tuple[Array, Array]] = [(amounts.lower, amounts.upper)] * cases

    def _one_case(self, township: Township) -> tuple[csr_array, Array, Array]:
        """Return rows and their limits of one case: own columns, amounts, and the weight that scales every limit."""
        amounts, own = self.amounts, township.all_rows
        width, count = own.shape[1], len(amounts.lower)
        above, below = np.isfinite(township.row_upper), np.isfinite(township.row_lower)
        at_most = np.isfinite(township.all_upper) & ~_implied(township, amounts)
        at_least = np.isfinite(township.all_lower) & (township.all_lower != 0)
        floors = amounts.whole | (amounts.lower != 0)
        one, each = eye_array(width, format="csr"), eye_array(count, format="csr")
        groups = [
            (own[above], amounts.outer[above], township.row_upper[above], False),
            (own[below], amounts.outer[below], township.row_lower[below], True),
            (one[at_most], None, township.all_upper[at_most], False),
            (one[at_least], None, township.all_lower[at_least], True),
            (None, each, amounts.upper, False),
            (None, each[floors], amounts.lower[floors], True),
        ]
        groups = [group for group in groups if len(group[2])]
        # Amounts without columns, or columns without amounts, leave a part of the rows empty.
        parts = [
            [
                csr_array((len(limit), width)) if part is None else csr_array(part),
                csr_array((len(limit), count)) if other is None else csr_array(other),
                csr_array(-limit.reshape(-1, 1)),
            ]
            for part, other, limit, _ in groups
        ]
        least = np.concatenate([np.full(len(limit), 0.0 if floor else -np.inf) for *_, limit, floor in groups])
        most = np.concatenate([np.full(len(limit), np.inf if floor else 0.0) for *_, limit, floor in groups])
        sizes = [len(limit) for *_, limit, _ in groups]
        self.floors = np.full(count, -1)
        self.floors[floors] = sum(sizes[:-1]) + np.arange(floors.sum()) if floors.any() else -1
        self.ceilings = sum(sizes[:-2] if floors.any() else sizes[:-1]) + np.arange(count)
        return csr_array(block_array(parts)), least, most

    def worth(self, amounts: Array, limits: list[tuple[Array, Array]]) -> tuple[float, Array, float]:
        """Return what the township is worth as a mixture of cases, with its prices and height.

        Args:
            amounts: what the master gives, shape (a,).
            limits: of the amounts in each case, two arrays of shape (a,) each.

        Returns:
            Value; price of each of the block's master columns, shape (q,); height of the plane where those are 0.

        Raises:
            BreakdownError: if HiGHS cannot solve it.
        """
        for case, (new, old) in enumerate(zip(limits, self.limits, strict=True)):
            column, top = (case + 1) * self.width - 1, case * self.height
            for rows, side in ((self.floors, 0), (self.ceilings, 1)):
                for amount in np.flatnonzero(new[side] != old[side]).tolist():
                    self.highs.changeCoeff(top + int(rows[amount]), column, -float(new[side][amount]))
        self.limits = limits
        self.highs.changeRowsBounds(len(self.shares), self.shares, amounts, amounts)  # type: ignore[attr-defined]
        if not optimise(self.highs):
            raise BreakdownError("a township has no plan in any of its cases")
        # The first time it is solved from nothing, and presolve halves that; afterwards from where it stands.
        self.highs.setOptionValue("presolve", "off")
        duals = np.array(self.highs.getSolution().row_dual)[self.cases * self.height :]
        prices = duals[:-1][self.amounts.of] * self.amounts.sign
        return self.highs.getInfo().objective_function_value, prices, float(duals[-1])


def _implied(township: Township, amounts: Amounts) -> NDArray[np.bool_]:
    """Return which columns a row keeps below their upper limit anyway: what is taken is at most what is listed."""
    own = township.all_rows
    alone = (np.diff(own.indptr) == 1) & np.isfinite(township.row_upper)
    reach = amounts.outer.maximum(0) @ amounts.lower + amounts.outer.minimum(0) @ amounts.upper
    rows = np.flatnonzero(alone)
    columns, values = own.indices[own.indptr[rows]], own.data[own.indptr[rows]]
    with np.errstate(divide="ignore"):
        most = np.where(values > 0, (township.row_upper[rows] - reach[rows]) / values, np.inf)
    least = np.full(own.shape[1], np.inf)
    np.minimum.at(least, columns, most)
    return least <= township.all_upper


class Splits:
    """The split cuts of one township."""

    def __init__(self, township: Township, amounts: Amounts):
        self.township, self.amounts = township, amounts
        self._mixtures: dict[int, Mixture] = {}

    def digest(self) -> bytes:
        """Return a digest of all that cuts of this township hang on: they hold wherever it is the same.

        What it costs to break a row is left out: no plan breaks any, so that a cut holds at whatever price it was made.
        """
        township, amounts = self.township, self.amounts
        inner, outer = township.block.inner, township.block.outer
        digest = blake2b()
        for array in (
            inner.indptr, inner.indices, inner.data, outer.indptr, outer.indices, outer.data, township.costs,
            township.lower, township.upper, township.row_lower, township.row_upper, township.outer_lower,
            township.outer_upper, amounts.lower, amounts.upper, amounts.whole,
        ):  # fmt: skip
            digest.update(str((array.shape, array.dtype)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.digest()

    def at(self, point: Array) -> tuple[float, Array, float] | None:
        """Return value, prices, shape (q,), and height of the cut at a point of the master; None where all is whole.

        Args:
            point: values of the block's master columns, shape (q,).

        Raises:
            BreakdownError: if HiGHS cannot solve it.
        """
        amounts = self.amounts.at(point)
        # The master keeps within its limits only to a tolerance, cases do not know any.
        amounts = np.clip(amounts, self.amounts.lower, self.amounts.upper)
        distance = np.where(self.amounts.whole, np.abs(amounts - np.round(amounts)), 0.0)
        split = np.argsort(-distance)[:MOST_SPLITS]
        split = split[distance[split] > SPLIT]
        if not len(split):
            return None
        limits = []
        for sides in product((0, 1), repeat=len(split)):
            lower, upper = self.amounts.lower.copy(), self.amounts.upper.copy()
            for amount, side in zip(split.tolist(), sides, strict=True):
                below = np.floor(amounts[amount])
                if side:
                    lower[amount] = below + 1
                else:
                    upper[amount] = below
            limits.append((lower, upper))
        cases = len(limits)
        if cases not in self._mixtures:
            self._mixtures[cases] = Mixture(self.township, self.amounts, cases)
        return self._mixtures[cases].worth(amounts, limits)
