"""Neighbourhoods of a plan: the lists of a few fields that may change while those of all others stay [Shaw 1998].

A cap on lists makes fields rivals: a field that comes in pushes another out, and hardly anything else moves. So the
fields are taken two at a time, and three at a time once no two of them better the plan. First come those where the
plan differs most from the relaxation; what was tried in vain waits, and what was searched to its end is not tried again
before the plan has changed. Now and then posts and officers are settled anew, which no neighbourhood does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SIZES = (2, 3)
"""Fields taken at a time; the next size only once no neighbourhood of the one before is left."""
FIRST_SECONDS = 5.0
"""Time for a neighbourhood at first; twice as much each time that it was too short."""
LEAST = 1.0
"""Lists by which a neighbourhood counts as different that is not: so that it is tried in the end."""
PATIENCE = 0.5
"""What is left of a neighbourhood's weight each time that it is tried in vain."""
IN_VAIN = 8
"""Neighbourhoods tried in vain, one after another, after which other lists are wanted; twice as many each time."""
UNSETTLED = 3
"""Better plans after which posts and officers are settled anew."""


@dataclass
class Neighbourhood:
    """Some fields, and how the search for a better plan in them went.

    Attributes:
        fields: their numbers.
        seconds: time for it.
        vain: times that it was tried in vain, one after another.
        searched: the plan, by number, in which it holds nothing better; -1 for none.
    """

    fields: tuple[int, ...]
    seconds: float = FIRST_SECONDS
    vain: int = 0
    searched: int = -1


class Neighbourhoods:
    """All neighbourhoods of a plan, and which of them is next.

    Args:
        fields: number of the field of each column, -1 for none, shape (n,).
        lists: which columns are lists, shape (n,).
    """

    def __init__(self, fields: NDArray[np.int64], lists: NDArray[np.bool_]):
        self.fields, self.lists = fields, lists & (fields >= 0)
        self.count = int(fields.max(initial=-1)) + 1
        numbers = np.unique(fields[self.lists]).tolist()
        self.members = {size: [Neighbourhood(some) for some in combinations(numbers, size)] for size in SIZES}
        self.plan, self.unsettled = 0, 0
        self.in_vain, self.most_in_vain = 0, IN_VAIN

    @property
    def exhausted(self) -> bool:
        """Whether no neighbourhood holds anything better."""
        return not self.unsettled and all(
            one.searched == self.plan for members in self.members.values() for one in members
        )

    def next(self, plan: Array, relaxed: Array) -> Neighbourhood | None:
        """Return the most promising neighbourhood; None if posts and officers are to be settled first.

        Args:
            plan: values of the columns in the plan, shape (n,).
            relaxed: the same in the relaxation; only the lists count.
        """
        differs = np.bincount(self.fields[self.lists], np.abs(plan - relaxed)[self.lists], minlength=self.count)
        for size in SIZES:
            left = [member for member in self.members[size] if member.searched != self.plan]
            if self.unsettled >= UNSETTLED or (self.unsettled and not left):
                return None
            if left:
                return max(left, key=lambda one: (differs[list(one.fields)].sum() + LEAST) * PATIENCE**one.vain)
        return None

    def free(self, neighbourhood: Neighbourhood) -> NDArray[np.bool_]:
        """Return which columns may change in a neighbourhood: those of its fields and of no field, shape (n,)."""
        return np.isin(self.fields, (-1, *neighbourhood.fields))

    def tried(self, neighbourhood: Neighbourhood, better: bool, to_the_end: bool) -> None:
        """Note how it went: whether a better plan was found, and whether it was searched to its end."""
        if not to_the_end:
            neighbourhood.seconds *= 2
        if better:
            self.changed()
            self.unsettled += 1
            neighbourhood.vain = 0
        else:
            neighbourhood.vain += 1
            self.in_vain += 1
        if to_the_end:
            neighbourhood.searched = self.plan

    def settled(self, better: bool) -> None:
        """Note that posts and officers were settled anew, and whether that made a better plan."""
        self.unsettled = 0
        if better:
            self.changed()

    def changed(self) -> None:
        """Note that the plan is another one: every neighbourhood may hold something better again."""
        self.plan += 1
        self.in_vain = 0

    def others_wanted(self) -> bool:
        """Whether so much was tried in vain that a plan from elsewhere is wanted; says so once, then waits longer."""
        wanted = self.in_vain >= self.most_in_vain
        if wanted:
            self.in_vain, self.most_in_vain = 0, 2 * self.most_in_vain
        return wanted
