"""The strategy: how a plan is found and proven, step by step.

1. Start from a plan that is known (the ratio rule's), and from what earlier searches of a sweep found (`carried`).
2. Where the model is made of townships for the most part, search the lists by branch and bound in one process: cuts of
   what each township is worth bring the bound down to that of the relaxation, split cuts further, as if posts and
   officers were whole (`tree`, `master`, `splits`). Lists that come out whole, or are rounded, are settled in another
   process: first posts and officers, as if take-up could be split, then each township in whole numbers. The best plan
   is bettered there while the search goes on, a few fields at a time (`neighbourhoods`). Where no plan is known yet, it
   is first made sure that the relaxation has a solution at all.
3. Otherwise, or where that fails, solve the relaxation of the whole: its value is a bound on every plan. Round its
   lists step by step and settle the townships; then let HiGHS choose the lists that the relaxation leaves open, while
   everything else may still be split, and settle them again.
4. Close the gap: let HiGHS prove what is left on the whole model, from the best plan so far.

Each step starts only while the gap asked for is not proven. Whatever ends the search, the best plan and the best bound
so far are the answer. "Infeasible" is believed only when a second run without presolve says so too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.language import tr
from devolve_opt.solver.blocks import split
from devolve_opt.solver.by_township import ByTownship
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Answer, Engine, Outcome
from devolve_opt.solver.progress import BREAKDOWNS, WHOLE, Progress

Array = NDArray[np.float64]
MOSTLY = 0.8
"""What the relaxation lists to more than this share is rounded up at once; where there is none, what it lists most."""
BY_TOWNSHIP_FROM = 5000
"""Columns from which a matrix is taken apart by township; HiGHS alone is quick enough with fewer."""
MASTER_SHARE = 0.12
"""Share of columns that the master may have: with more of them (what counties open, stations) its cuts come down so
slowly that HiGHS's interior point on the whole is there sooner."""


@dataclass
class Search(Progress):
    """The search for one matrix; `run` carries it out.

    Attributes:
        places: the township of each column by number, -1 for none, shape (n,); None: the matrix is never taken apart.
        fields: the field of each column by number, -1 for none, shape (n,); None: no plan is bettered field by field.
        by_township_from: columns from which it is, if the master has no more than `master_share` of them.
        carried: what earlier searches found; afterwards what this one found as well.
    """

    places: NDArray[np.int64] | None = None
    fields: NDArray[np.int64] | None = None
    by_township_from: int = BY_TOWNSHIP_FROM
    master_share: float = MASTER_SHARE
    carried: Carried = field(default_factory=Carried, repr=False)

    def run(self, start: Array | None = None, relaxation_only: bool = False) -> None:
        """Search until the gap is proven, the time is up or the user stops; the results are on the object.

        Args:
            start: values of the columns to start from, shape (n,); passed over if they break a rule.
            relaxation_only: stop after the bound of the relaxation.
        """
        if start is not None:
            self.accept(start)
        settled = self._take_over()
        start = self.solution if self.solution is not None else start
        if relaxation_only or not self.done():
            enough = (lambda: False) if relaxation_only else self.done
            with Engine(
                self.matrix, self.control, self.threads, self.better_bound, self.better_solution, self.log.append,
                enough=enough,
            ) as engine:  # fmt: skip
                try:
                    apart = self.falls_apart()
                    if apart and self.solution is None:
                        self._look_for_a_solution(engine)
                    if not self.infeasible and not (
                        apart and self._search_by_township(engine, start, settled, relaxation_only)
                    ):
                        self._search_as_a_whole(engine, relaxation_only)
                    if not (relaxation_only or self.done()):
                        self._close_the_gap(engine)
                except SolverError as error:
                    if self.solution is None:
                        raise
                    # The best plan so far, and its bound, stand.
                    self.failed = True
                    self.log.append(f"The solver gave up: {error}\n")
        self.carried.add(self)

    def _take_over(self) -> bool:
        """Take over the plans and the bound that earlier searches left; return whether one of the plans is the best."""
        bound = self.carried.bound_on(self.matrix)
        if np.isfinite(bound):
            self.log.append(f"A bound of {bound:,.3f} is carried over from a search whose rules allow no less.\n")
            self.better_bound(bound)
        # All are tried, not only until one is accepted.
        return any([self.accept(plan) for plan in self.carried.plans(self.matrix)])

    def falls_apart(self) -> bool:
        """Whether the matrix is large, and made of townships for the most part."""
        size = self.matrix.costs.size
        if self.places is None or size < self.by_township_from:
            return False
        return len(split(self.matrix.rows, self.places).first) <= self.master_share * size

    def _look_for_a_solution(self, engine: Engine) -> None:
        """Find out whether the relaxation has any solution: townships apart, each would be short by itself for ever."""
        with self.in_phase("any solution"):
            nothing_whole, no_costs = np.zeros_like(self.matrix.integer), np.zeros_like(self.matrix.costs)
            if engine.solve(integer=nothing_whole, costs=no_costs).outcome is Outcome.INFEASIBLE:
                self.confirm_infeasible(engine, integer=nothing_whole, costs=no_costs)

    def _search_by_township(self, engine: Engine, start: Array | None, settled: bool, relaxation_only: bool) -> bool:
        """Search the lists by branch and bound, townships apart; False if the solver breaks down."""
        assert self.places is not None
        start = self.matrix.lower if start is None else start
        ties = np.isin(np.arange(self.matrix.costs.size), split(self.matrix.rows, self.places).first)
        with self.in_phase("lists"):
            apart = ByTownship(self, engine, self.places, self.fields, ties, self.carried.relaxed(self.matrix))
            # Cuts that come from elsewhere bring the bound down at once, but not all the way to that of the relaxation.
            cuts = {} if relaxation_only else self.carried.cuts
            sound = apart.run(start, cuts, settled, relaxation_only)
            self.carried.keep(apart.cuts, apart.relaxed)
        return sound

    def _search_as_a_whole(self, engine: Engine, relaxation_only: bool) -> None:
        relaxed = self._solve_relaxation(engine)
        lists = None
        for make_lists in (self._round_lists, self._choose_lists):
            if relaxed is not None and not (relaxation_only or self.done()):
                lists = make_lists(engine, relaxed, lists)
                if lists is not None and not self.done():
                    with self.in_phase("townships"):
                        self.settle_townships(engine, lists)

    def _solve_relaxation(self, engine: Engine) -> Array | None:
        """Return the solution of the relaxation, if there was time for it."""
        with self.in_phase("relaxation"):
            nothing_whole = np.zeros_like(self.matrix.integer)
            # Interior point with crossover: the simplex method takes four times as long on this degenerate relaxation.
            answer = engine.solve(integer=nothing_whole, solver="ipm")
            if answer.outcome in BREAKDOWNS:
                answer = engine.solve(integer=nothing_whole)
            if answer.outcome is Outcome.INFEASIBLE:
                self.confirm_infeasible(engine, integer=nothing_whole)
            if answer.outcome is Outcome.UNBOUNDED:
                raise SolverError(tr("the model is unbounded, although all its columns have bounds"))
            if answer.outcome is not Outcome.OPTIMAL:
                return None
            self.better_bound(answer.bound)
            return answer.solution

    def _round_lists(self, engine: Engine, relaxed: Array, _: Array | None) -> Array | None:
        """Return a solution whose lists are whole, made by listing a few more powers at a time."""
        with self.in_phase("rounding"):
            values = relaxed
            while self._split(values).any():
                answer = self._list_some_more(engine, values)
                if answer.outcome is not Outcome.OPTIMAL or answer.solution is None or self.done():
                    return None
                values = answer.solution
            return values

    def _list_some_more(self, engine: Engine, values: Array) -> Answer:
        """Keep the lists that are whole, list what is listed for the most part, and solve the relaxation again."""
        open_lists = np.flatnonzero(self._split(values))
        nearly, most = open_lists[values[open_lists] > MOSTLY], open_lists[[np.argmax(values[open_lists])]]
        for listed in (nearly, most) if len(nearly) > 1 else (most,):
            target, fixed = values.copy(), self.lists & ~self._split(values)
            target[listed], fixed[listed] = 1.0, True
            answer = self.solve_part(engine, fixed, target, np.zeros_like(self.matrix.integer))
            # Many at once may not go together under a cap; one alone always does.
            if answer.outcome is not Outcome.INFEASIBLE:
                break
        return answer

    def _choose_lists(self, engine: Engine, relaxed: Array, rounded: Array | None) -> Array | None:
        """Return a solution whose lists are whole, the best that keeps those that the relaxation settles."""
        split = self._split(relaxed)
        if not split.any():
            return None  # the relaxation's own lists are whole, and the townships are settled already
        with self.in_phase("lists"):
            whole = self.lists & self.matrix.integer
            return self.solve_part(engine, self.lists & ~split, relaxed, whole, start=rounded).solution

    def _split(self, values: Array) -> NDArray[np.bool_]:
        """Return which columns of the lists are not whole, shape (n,)."""
        return self.lists & (np.abs(values - np.round(values)) >= WHOLE)

    def _close_the_gap(self, engine: Engine) -> None:
        with self.in_phase("proof"):
            answer = engine.solve(start=self.solution, mip_rel_gap=self.gap, mip_lp_solver="ipm")
            # With a plan at hand, "infeasible" is a breakdown as well.
            if answer.outcome in BREAKDOWNS or (answer.outcome is Outcome.INFEASIBLE and self.solution is not None):
                answer = engine.solve(start=self.solution, mip_rel_gap=self.gap, presolve="off")
                self.failed = answer.outcome not in (Outcome.OPTIMAL, Outcome.TIME_LIMIT, Outcome.INTERRUPTED)
            elif answer.outcome is Outcome.INFEASIBLE:
                self.confirm_infeasible(engine)
            self.take(answer)
            if answer.outcome is Outcome.OPTIMAL and not self.done():
                # HiGHS has been seen to end with a plan that breaks rules; without presolve it did not.
                self.take(engine.solve(start=self.solution, mip_rel_gap=self.gap, presolve="off"))
