"""Branch and bound over the lists, on the master problem; runs in the child.

1. Bring the master down to the relaxation of the whole, cut by cut.
2. Branch: take the open case with the highest bound and bring it down by cuts, split cuts among them. Where its lists
   are not whole, split it in two by one of them. Whole lists are offered to whoever settles the townships under them.
   What they are worth settled bounds only themselves, not the other lists of the case, so the case is split on: by
   posts or officers that are not whole.
3. Where whoever settles wants other lists, round those of a case step by step, so that a plan is at hand early.

A case whose bound is no better than the target, the best plan known and the gap asked for, is closed. The highest bound
of all cases, open and closed, is a bound on every plan.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from devolve_opt.solver.linear import BreakdownError
from devolve_opt.solver.master import Master

Array = NDArray[np.float64]
WHOLE = 1e-5
"""A list this near to a whole number counts as whole."""
MOSTLY = 0.7
"""What is listed to more than this share is rounded up at once; where there is none, what is listed most."""
SMALL = 1.0
"""Worth of a township, in staff-hours, that rounding passes over."""
HALF_WAY = 0.5
"""Cuts are made this far from the best point known towards the master's: at its own points it swings to and fro."""
CLOSE = 0.05
"""Cut rounds end once master and relaxation are this near, in the gap asked for."""
LEAST = 1e-7
"""A cut that lowers a township's worth by less, in the bound's amount shared among townships, is none."""
MOST_ROUNDS = 20
"""Rounds of cuts in a case, at most."""
STALLED = 0.03
"""Rounds of cuts end where one lowers the bound by less than this share of the gap asked for: what they leave open, the
case's two halves will close. Where the lists are whole they go on."""
FIRST_STALLED = 0.003
"""The same for the first case: all others start from its cuts, and lists rounded from it are the better for them."""
ROUNDS_AHEAD = 4
"""A bound that so many more rounds like the last one would not bring down to what is enough is left where it is."""
TRIED, TRIAL_STEPS = 3, 40
"""Lists tried before branching, and simplex steps for each side of a trial."""


@dataclass(order=True)
class Node:
    """A case of the search: limits of some columns. Ordered by bound, highest first, then the deepest first."""

    rank: tuple[float, int]
    bound: float = field(compare=False)
    limits: dict[int, tuple[float, float]] = field(compare=False)


class ListTree:
    """The search for the best lists.

    Args:
        master: lists and pools, with no cuts yet.
        lists: which of the master's columns are lists, shape (f,).
        integer: which of them are whole numbers, shape (f,); the lists among them.
        gap: relative gap to prove.
        tell_bound: called with each better bound; `offer_lists` with values of the master's columns.
        stopped: asked between steps.

    Attributes:
        objective: the best plan known; whoever settles offers sets it.
        wanted: whether lists are to be rounded in the next case that is split; set likewise.
    """

    def __init__(
        self,
        master: Master,
        lists: NDArray[np.bool_],
        integer: NDArray[np.bool_],
        gap: float,
        tell_bound: Callable[[float], None],
        offer_lists: Callable[[Array], None],
        stopped: Callable[[], bool],
    ):
        self.master, self.gap = master, gap
        self.columns = np.flatnonzero(lists & integer).astype(np.int32)
        self.integers = np.flatnonzero(integer).astype(np.int32)
        self.place = {int(column): number for number, column in enumerate(self.integers)}
        self.tell_bound, self.offer_lists, self.stopped = tell_bound, offer_lists, stopped
        self.objective, self.wanted = -np.inf, False
        self._offered: set[bytes] = set()
        self.open: list[Node] = []
        self.case: Node | None = None
        self.closed = -np.inf
        self.lower, self.upper = master.lower[self.integers], master.upper[self.integers]

    @property
    def target(self) -> float:
        """A bound at or below this proves what was asked."""
        return self.objective + self.gap * abs(self.objective) if np.isfinite(self.objective) else -np.inf

    @property
    def bound(self) -> float:
        """A bound on every plan."""
        ahead = self.open[:1] + ([self.case] if self.case else [])
        return max([self.objective, self.closed, *(node.bound for node in ahead)])

    def relax(self, start: Array) -> None:
        """Bring the master down to the relaxation; the whole is the one open case then.

        Args:
            start: values of the master's columns to begin from, shape (f,).

        Raises:
            BreakdownError: if the master has no solution; whether that is true is for others to find out.
        """
        master = self.master
        if {cut.township for cut in master.cuts} == set(range(len(master.townships))) and master.solve():
            # Cuts taken over bring the master down at once, as far as its cases need it.
            self.tell_bound(master.bound)
            self.open = [Node((-master.bound, 0), master.bound, {})]
            return
        best, centre = master.value_at(start), start
        before = np.inf
        while not self.stopped():
            if not master.solve():
                raise BreakdownError("the lists and pools have no solution")
            self.tell_bound(master.bound)
            close = self._close(best)
            # Where half-way points no longer help, the master's own point does, or shows that no cut is missing.
            share = HALF_WAY if before - master.bound > close else 1.0
            before, cuts = master.bound, len(master.cuts)
            point = centre + share * (master.point - centre)
            above = master.worth if share == 1.0 else None
            value = master.value_at(point, above, LEAST * abs(master.bound) / max(1, len(master.townships)))
            if value > best:
                best, centre = value, point
            if master.bound - best <= close or len(master.cuts) == cuts:
                break
        if not self.stopped():
            master.drop_idle_cuts()
        self.open = [Node((-master.bound, 0), master.bound, {})]

    def round_lists(self, node: Node) -> None:
        """Offer lists made in a case by listing a few more powers at a time: not the best, but a plan is at hand early.

        Given up where it leads to nothing better than what is known.
        """
        limits = dict(node.limits)
        self._limit(limits)
        basis = self.master.highs.getBasis()
        # Nothing hangs on a case without a solution, or on one that HiGHS cannot solve: there are other cases.
        with suppress(BreakdownError):
            going = self.master.solve(confirm=False)
            while going and not self.stopped() and self.master.bound > self.objective:
                if self._lists_are_whole():
                    self._offer()
                    break
                self.master.cut_at_its_point(SMALL)
                limits, going = self._list_some_more(limits)
        self._limit(node.limits)
        self.master.go_back_to(basis)

    def _list_some_more(self, limits: dict[int, tuple[float, float]]) -> tuple[dict[int, tuple[float, float]], bool]:
        """List what is listed for the most part, or what is listed most; return the limits, and whether they hold."""
        values = self.master.point[self.columns]
        most = np.where(np.abs(values - np.round(values)) > WHOLE, values, 0.0)
        # Powers of a field come together, all with the same share. Many at once may not go together under a cap; one
        # alone does. What is not listed yet may still be, once other powers of its field are.
        for more in (most > MOSTLY, most > most.max() - WHOLE, np.arange(len(most)) == np.argmax(most)):
            listed = self.columns[(values > 1 - WHOLE) | more]
            tried = dict.fromkeys(listed.tolist(), (1.0, 1.0)) | limits
            self._limit(tried)
            if more.any() and self.master.solve(confirm=False):
                return tried, True
        return limits, False

    def step(self) -> bool:
        """Close or split a case; False where none is above the target."""
        if not self.open or self.open[0].bound <= self.target:
            return False
        self.case = heapq.heappop(self.open)
        self._look_into(self.case)
        self.case = None
        self.tell_bound(self.bound)
        return True

    @property
    def done(self) -> bool:
        """Whether what was asked is proven, or nothing is left to look into."""
        return self.bound <= self.target

    def _limit(self, limits: dict[int, tuple[float, float]]) -> None:
        """Set the limits of a case, and no others."""
        self.lower, self.upper = self.master.lower[self.integers].copy(), self.master.upper[self.integers].copy()
        for column, (lower, upper) in limits.items():
            self.lower[self.place[column]], self.upper[self.place[column]] = lower, upper
        self.master.limit(self.integers, self.lower, self.upper)

    def _look_into(self, node: Node) -> None:
        """Solve a case; close it, or split it; offer its lists if they are whole."""
        self._limit(node.limits)
        try:
            if not self._bring_down(node, self.target):
                return  # nothing keeps these lists
        except BreakdownError:
            self.closed = max(self.closed, node.bound)  # not looked into any further, but its bound stands
            return
        self.master.drop_idle_cuts()
        if node.bound <= self.target or self.stopped():
            self.closed = max(self.closed, node.bound)
            return
        if self._lists_are_whole():
            self._offer()
            column = self._most_split()
            if column is None:
                self.closed = max(self.closed, node.bound)
                return
        else:
            column = self._branching()
        place, value = self.place[column], self.master.point[column]
        halves = (self.lower[place], np.floor(value)), (np.floor(value) + 1.0, self.upper[place])
        for lower, upper in halves:
            limits = node.limits | {column: (float(lower), float(upper))}
            heapq.heappush(self.open, Node((-node.bound, -len(limits)), node.bound, limits))
        if self.wanted:
            self.wanted = False
            self.round_lists(node)

    def _most_split(self) -> int | None:
        """Return the column furthest from a whole number, such as posts; None if all are whole."""
        values = self.master.point[self.integers]
        distance = np.abs(values - np.round(values))
        return int(self.integers[np.argmax(distance)]) if distance.max(initial=0.0) > WHOLE else None

    def bound_under(self, limits: dict[int, tuple[float, float]], enough: float) -> float:
        """Return a bound on every plan within further limits of columns; -inf where none keeps them.

        Args:
            limits: lowest and highest value, by position among the master's columns; whole numbers only.
            enough: where the bound is no better than this, it is not brought down any further.
        """
        node = Node((0.0, 0), np.inf, limits)
        self._limit(limits)
        with suppress(BreakdownError):  # then what is known so far stands
            if not self._bring_down(node, enough, ROUNDS_AHEAD):
                return -np.inf
            self.master.drop_idle_cuts()
        return min(node.bound, self.bound)

    def _bring_down(self, node: Node, target: float, rounds_ahead: float = np.inf) -> bool:
        """Lower a case's bound by cuts until it is down to a target; False where it has no solution.

        Whole lists are not believed in before the master is down to what they are worth. Where so many more rounds like
        the last one would not reach the target, it is given up.
        """
        master = self.master
        before = np.inf
        for _ in range(MOST_ROUNDS):
            if not master.solve():
                return False
            node.bound = min(node.bound, master.bound)
            self.tell_bound(self.bound)
            if node.bound <= target or self.stopped():
                break
            stalled = (STALLED if node.limits else FIRST_STALLED) * self.gap * abs(master.bound)
            if before - master.bound <= stalled and not self._lists_are_whole():
                break
            if rounds_ahead * (before - master.bound) < master.bound - target:
                break
            before, close = master.bound, self._close(master.bound)
            if master.cut_at_its_point(close / max(1, len(master.townships))) <= close:
                break
        return True

    def _close(self, value: float) -> float:
        """Return by how much master and relaxation may differ once cut rounds end, also where no gap is to be left."""
        return max(CLOSE * self.gap, LEAST) * abs(value)

    def _lists_are_whole(self) -> bool:
        values = self.master.point[self.columns]
        return bool((np.abs(values - np.round(values)) <= WHOLE).all())

    def _offer(self) -> None:
        """Offer the lists of the master's point, unless they were before."""
        values = np.round(self.master.point[self.columns])
        key = values.astype(np.int8).tobytes()
        if key not in self._offered:
            self._offered.add(key)
            point = self.master.point.copy()
            point[self.columns] = values
            self.offer_lists(point)

    def _branching(self) -> int:
        """Return the list to branch on.

        Of the lists that weigh most it is the one whose two sides lower the bound most. Powers of a field come and go
        together, all with the same share: the heaviest stands for all of them.
        """
        values = self.master.point[self.columns]
        shares = np.round(values, 4)
        split = np.abs(values - np.round(values)) > WHOLE
        score = self._weights() * np.minimum(values, 1 - values)
        groups = [np.flatnonzero(split & (shares == share)) for share in np.unique(shares[split]).tolist()]
        heaviest = sorted(groups, key=lambda members: -float(score[members].sum()))[:TRIED]
        leaders = [int(self.columns[members[np.argmax(score[members])]]) for members in heaviest]
        lowered = {column: self._try_both_sides(column) for column in leaders}
        return max(leaders, key=lambda column: max(1.0, lowered[column][0]) * max(1.0, lowered[column][1]))

    def _weights(self) -> Array:
        """Return what each list is worth to the townships at the prices of the master's solution, shape (lists,)."""
        master = self.master
        weights = np.zeros(len(master.first))
        for number in np.flatnonzero(master.duals > 0).tolist():
            cut = master.cuts[number]
            weights[master.townships[cut.township].first] += master.duals[number] * np.abs(cut.prices)
        return weights[self.columns]

    def _try_both_sides(self, column: int) -> tuple[float, float]:
        """Return by how much a list set to 0, and to 1, lowers the bound within a few simplex steps."""
        highs = self.master.highs
        bound = self.master.bound
        basis = highs.getBasis()
        limits = [float(limit[self.place[column]]) for limit in (self.lower, self.upper)]
        lowered = []
        highs.setOptionValue("simplex_iteration_limit", TRIAL_STEPS)
        for value in (0.0, 1.0):
            highs.changeColBounds(column, value, value)
            highs.run()
            known = highs.getModelStatus() != highspy.HighsModelStatus.kInfeasible
            lowered.append(max(0.0, bound - highs.getInfo().objective_function_value) if known else abs(bound))
            highs.changeColBounds(column, *limits)
            highs.setBasis(basis)
        highs.setOptionValue("simplex_iteration_limit", 2**31 - 1)
        return lowered[0], lowered[1]
