"""A desk with so many places: who finds them taken waits in a queue, first come, first served."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

SOLVES = "DEVOLVE_OPT_APP_SOLVES"
"""Variable of the environment that says how many solves run at once."""
LOOK_SECONDS = 0.2
"""How often one who waits looks whether it is still wanted."""


class Desk:
    """Places for work that takes the machine; it knows how many wait, and nothing of whose work it is.

    Args:
        places: how many may be at work at once.
    """

    def __init__(self, places: int):
        self.places = places
        self._queue: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(
        self, given_up: Callable[[], bool] = lambda: False, tell: Callable[[int], None] = lambda ahead: None
    ) -> Iterator[bool]:
        """Within this block a place is held; the block is told whether it was given one.

        Args:
            given_up: asked now and then while waiting; once it says so, the block is entered without a place.
            tell: told how many stand before this one, whenever that changes.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            yield self._waited(ticket, given_up, tell)
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _waited(self, ticket: object, given_up: Callable[[], bool], tell: Callable[[int], None]) -> bool:
        told = 0
        with self._changed:
            while (ahead := self._queue.index(ticket) - self.places + 1) > 0:
                if given_up():
                    return False
                if ahead != told:
                    told = ahead
                    tell(ahead)
                self._changed.wait(LOOK_SECONDS)
        if told:
            tell(0)
        return True


@cache
def solving_desk() -> Desk:
    """Return the desk of this server's solves; as many places as the environment says, else one for two cores."""
    given = os.environ.get(SOLVES, "")
    return Desk(int(given) if given.isdecimal() and int(given) > 0 else max(1, (os.cpu_count() or 1) // 2))


@cache
def paper_desk() -> Desk:
    """Return the desk where workbooks are read, and tables and figures written: one at a time.

    The drawing of figures shares settings across a process, so that it must not be done twice at once.
    """
    return Desk(1)
