"""The search by township: lists by branch and bound in one process, plans under them in another, both at once."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.plan import relative_gap
from devolve_opt.solver.blocks import KnownCuts
from devolve_opt.solver.engine import Engine, Outcome
from devolve_opt.solver.neighbourhoods import Neighbourhoods
from devolve_opt.solver.progress import BREAKDOWNS, WHOLE, Progress

Array = NDArray[np.float64]
FAR = 0.003
"""Relative gap above which other lists are wanted at once: those rounded in another case may be far better."""
ASKED_AGAIN = 20.0
"""Seconds after which other lists are asked for again where nothing else is left to try."""


class ByTownship:
    """Searches the lists and settles the townships under them.

    Args:
        progress: where bounds and plans go.
        engine: settles; another one searches the lists.
        places: the township of each column by number, -1 for none, shape (n,).
        fields: the field of each column by number, -1 for none, shape (n,); None: no plan is bettered field by field.
        ties: the columns that tie townships together, shape (n,), bool.
        relaxed: of a search much like this one, shape (n,), to begin with.

    Attributes:
        cuts: those that the search ends with; `relaxed`: the solution of the relaxation, or of
            what cuts from elsewhere make of it, shape (n,), once it is known.
    """

    def __init__(
        self,
        progress: Progress,
        engine: Engine,
        places: NDArray[np.int64],
        fields: NDArray[np.int64] | None,
        ties: NDArray[np.bool_],
        relaxed: Array | None = None,
    ):
        self.progress, self.engine, self.places, self.ties = progress, engine, places, ties
        self.near = Neighbourhoods(np.full(ties.shape, -1) if fields is None else fields, progress.lists)
        self.cuts: KnownCuts = {}
        self.relaxed = relaxed

    def run(self, start: Array, cuts: KnownCuts, settled: bool = False, relaxation_only: bool = False) -> bool:
        """Search until the gap is proven; return whether the solver did not break down.

        Args:
            start: values to begin from, shape (n,), a plan or not.
            cuts: of another search; those of townships that are the very same here are taken over.
            settled: whether the best plan known is worth bettering from the start.
            relaxation_only: stop after the bound of the relaxation.
        """
        progress, engine = self.progress, self.engine
        offers: queue.SimpleQueue[Array] = queue.SimpleQueue()
        outcome = Outcome.FAILED
        with Engine(
            progress.matrix,
            progress.control,
            on_bound=progress.better_bound,
            on_log=progress.log.append,
            on_lists=offers.put,
            on_relaxed=self._relaxed,
            on_cuts=self.cuts.update,
            enough=engine.enough,
        ) as tree:

            def search() -> None:
                nonlocal outcome
                try:
                    outcome = tree.search_lists(
                        self.places, progress.lists, start, progress.gap, relaxation_only, cuts
                    ).outcome
                except SolverError as error:  # then the model is searched as a whole
                    progress.log.append(f"The search of lists ended: {error}\n")

            searching = threading.Thread(target=search, daemon=True)
            searching.start()
            tree.tell_known(progress.objective, wanted=not (settled or relaxation_only))
            asked = time.monotonic()
            wanted = False
            while searching.is_alive() or not offers.empty():
                before = progress.objective
                try:
                    lists = offers.get(timeout=0.05)
                except queue.Empty:
                    hopeful = settled and not (relaxation_only or self.near.exhausted or progress.done())
                    if hopeful and self.relaxed is not None:
                        self._better_nearby(self.relaxed)
                else:
                    if not progress.done():
                        self._settle_apart(lists)
                        settled = progress.solution is not None
                        wanted = relative_gap(progress.objective, progress.bound) > FAR
                        if progress.objective > before:
                            self.near.changed()
                stuck = time.monotonic() - asked > ASKED_AGAIN and (not settled or self.near.exhausted)
                wanted = wanted or stuck or self.near.others_wanted()
                if wanted or progress.objective > before:
                    tree.tell_known(progress.objective, wanted)
                    asked = time.monotonic() if wanted else asked
                    wanted = False
        return outcome not in BREAKDOWNS

    def _relaxed(self, values: Array) -> None:
        self.relaxed = values

    def _settle_apart(self, lists: Array) -> None:
        """Find a plan with these lists: first what ties townships, as if all else could be split, then each of them."""
        progress, integer = self.progress, self.progress.matrix.integer
        tied = progress.solve_part(self.engine, progress.lists, lists, integer & self.ties)
        if tied.solution is not None:
            settled = progress.solve_part(self.engine, self.ties & integer, tied.solution, integer)
            if settled.solution is not None:
                progress.accept(settled.solution)
                return
        if tied.outcome is not Outcome.INFEASIBLE:
            progress.settle_townships(self.engine, lists)

    def _better_nearby(self, relaxed: Array) -> None:
        """Look for a better plan in the most promising neighbourhood, or settle posts and officers anew."""
        progress, near, ties = self.progress, self.near, self.ties
        assert progress.solution is not None
        plan, before, integer = progress.solution, progress.objective, progress.matrix.integer
        neighbourhood = near.next(plan, relaxed)
        if neighbourhood is None:
            self._settle_apart(plan)
            near.settled(better=progress.objective > before)
            return
        # What ties townships together stays, but for sums of their parts, which follow.
        free = near.free(neighbourhood) & (progress.lists | ~(ties & integer))
        found = progress.solve_part(self.engine, ~free, plan, integer & ties, seconds=neighbourhood.seconds)
        if found.solution is not None and self._differ(found.solution, plan):
            settled = progress.solve_part(self.engine, integer & ties, found.solution, integer)
            if settled.solution is not None:
                progress.accept(settled.solution)
        near.tried(neighbourhood, progress.objective > before, found.outcome is Outcome.OPTIMAL)

    def _differ(self, values: Array, plan: Array) -> bool:
        """Whether the lists of two solutions are not the same."""
        return bool(np.abs(values - plan)[self.progress.lists].max(initial=0.0) > WHOLE)
