"""Flips: what it costs to decide single things otherwise, between what a plan shows and what is proven.

1. Plainly: keep the plan as it is but for the one thing and what hangs on it. What that costs is the most that deciding
   otherwise costs.
2. Where that is more than is allowed, find a bound on every plan that decides otherwise: the least that it costs. Large
   matrices are taken apart by township for it; what one flip finds serves the next.
3. What is still open is searched on its own, until a plan is worth enough or none can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control, Engine
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.progress import FEASIBILITY_TOLERANCE, PART_GAP
from devolve_opt.solver.strategy import Search

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
PLAIN_SECONDS = 20.0
"""Time for a plan that keeps all but the one thing and what hangs on it."""
NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Flip:
    """One thing decided otherwise.

    Attributes:
        sets: whole columns and what they are set to: they make it so.
        drops: whole columns that cannot stay with it, set to 0 where the rest of the plan is kept.
        frees: whole columns that are decided anew where the rest of the plan is kept.
        some: columns of which one at least has to be 1; heeded where it is searched on its own. Bounds without it
            hold all the same.
    """

    sets: Mapping[int, float]
    drops: Indices = field(default_factory=lambda: NOTHING)
    frees: Indices = field(default_factory=lambda: NOTHING)
    some: Indices = field(default_factory=lambda: NOTHING)


class Flips:
    """A plan, and what it costs to decide single things otherwise.

    Args:
        matrix: n columns.
        control: when plans that keep all but a few things are no longer to be made.
        plan: the plan, shape (n,), and what it is worth.
        worth: what a plan has to be worth to count; infinite where the best one is wanted, whatever it is worth.
        search: makes the search for a matrix, with its control and what earlier searches left.
        carried: what is known from the search that found the plan.
    """

    def __init__(
        self,
        matrix: Matrix,
        control: Control,
        plan: Array,
        worth: float,
        search: Callable[[Matrix, Control, Carried], Search],
        carried: Carried,
        threads: int = 2,
    ):
        self.matrix, self.plan, self.worth = matrix, plan, worth
        self.search, self.carried = search, carried
        self.engine = Engine(matrix, control, threads)

    def __enter__(self) -> Flips:
        self.engine.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.engine.__exit__(None, None, None)

    def plainly(self, flips: Sequence[Flip]) -> tuple[float, Array | None]:
        """Return a plan that differs in some things at once and what hangs on them: its worth, shape (n,).

        -inf and None where there is none.
        """
        values, whole = self.plan.copy(), self.matrix.integer
        free = np.zeros_like(whole)
        for flip in flips:
            values[flip.drops] = 0.0
            free[flip.frees] = True
        sets = {column: value for flip in flips for column, value in flip.sets.items()}
        columns, wanted = np.fromiter(sets, dtype=np.int64), np.fromiter(sets.values(), dtype=float)
        values[columns], free[columns] = wanted, False
        fixed = whole & ~free
        kept = np.round(values)
        lower, upper = (np.where(fixed, kept, limit) for limit in (self.matrix.lower, self.matrix.upper))
        if (kept[fixed] < self.matrix.lower[fixed]).any() or (kept[fixed] > self.matrix.upper[fixed]).any():
            return -np.inf, None
        gap: dict[str, Any] = {"mip_rel_gap": PART_GAP} if free.any() else {}
        answer = self.engine.solve(integer=whole & free, lower=lower, upper=upper, seconds=PLAIN_SECONDS, **gap)
        return self._accepted(answer.solution)

    def _accepted(self, solution: Array | None) -> tuple[float, Array | None]:
        if solution is None:
            return -np.inf, None
        rounded = np.where(self.matrix.integer, np.round(solution), solution)
        if self.matrix.violation(rounded) > FEASIBILITY_TOLERANCE:
            return -np.inf, None
        return self.matrix.objective(rounded), rounded

    def bounds(self, flips: Sequence[Flip], tell: Callable[[int, float, Array], None], control: Control) -> None:
        """Tell for each flip, by number, a bound on every plan with it; nothing where the matrix stays in one piece.

        With it goes where lists and pools of the relaxation stand then, shape (n,).

        A bound that is below what counts is brought down no further. What is not told when the time is up is not known.
        """
        search = self.search(self.matrix, control, self.carried)
        if not flips or not search.falls_apart() or search.places is None:
            return
        with Engine(
            self.matrix, control, on_flipped=tell, on_cuts=lambda cuts: self.carried.keep(cuts, None)
        ) as engine:
            engine.search_lists(
                search.places, search.lists, self.plan, search.gap, cuts=self.carried.cuts,
                flips=[flip.sets for flip in flips], enough=self.worth,
            )  # fmt: skip

    def decide(self, flip: Flip, control: Control) -> tuple[float, float, Array | None]:
        """Search for a plan with a flip until one is worth enough or none can be; to the gap where nothing is enough.

        Returns:
            A bound on every plan with it, -inf if there is none; what the best one found is worth, and that one, shape
            (n,), or None.
        """
        columns, wanted = np.fromiter(flip.sets, dtype=np.int64), np.fromiter(flip.sets.values(), dtype=float)
        lower, upper = self.matrix.lower.copy(), self.matrix.upper.copy()
        if (wanted < lower[columns]).any() or (wanted > upper[columns]).any():
            return -np.inf, -np.inf, None
        lower[columns] = upper[columns] = wanted
        matrix = replace(self.matrix, lower=lower, upper=upper)
        if flip.some.size:
            place, one = (np.zeros(flip.some.size, dtype=int), flip.some), np.ones(flip.some.size)
            row = csr_array((one, place), shape=(1, matrix.costs.size))
            matrix = matrix.with_rows(row, np.ones(1), np.full(1, np.inf), [f"some_of[{flip.some[0]}]"])
        search = self.search(matrix, control, self.carried)
        search.worth = self.worth if np.isfinite(self.worth) else None
        search.run()
        if search.infeasible:
            return -np.inf, -np.inf, None
        return search.bound, search.objective, search.solution
