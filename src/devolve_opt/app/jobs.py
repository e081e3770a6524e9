"""Work in the background: a thread that waits for its place, works, can be stopped, and tells how far it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Generic, TypeVar

from devolve_opt.app.desk import Desk
from devolve_opt.errors import DevolveError
from devolve_opt.language import Language, speaking
from devolve_opt.solver.progress import Step

Result = TypeVar("Result")
_log = logging.getLogger(__name__)
ABANDONED_SECONDS = 300.0
"""Work at which nobody has looked for so long is stopped: its tab is closed, and others wait for its place."""


class State(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    """It was stopped before it had begun."""


@dataclass(frozen=True)
class View:
    """A job at one moment.

    Attributes:
        state: how far it is.
        ahead: jobs that stand before it in the queue.
        seconds: since it began to work.
        step: the last step that it told of; its bound and plan are infinite until they are known.
        stopping: whether it was asked to end.
    """

    state: State
    ahead: int
    seconds: float
    step: Step
    stopping: bool


class Job(Generic[Result]):
    """One piece of work in a thread of its own; it begins to wait for its place at once.

    It is stopped when it is told to, or when nobody has looked at it for `ABANDONED_SECONDS`.

    Args:
        desk: where it needs a place.
        work: what is done; it is given an event that asks it to stop, and a function to tell its steps to.
        wanted: the language that it speaks.
    """

    def __init__(
        self,
        desk: Desk,
        work: Callable[[threading.Event, Callable[[Step], None]], Result],
        wanted: Language,
    ):
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._state, self._ahead = State.WAITING, 0
        self._step = Step(0.0, "", inf, -inf)
        self._began: float | None = None
        self._ended: float | None = None
        self._seen = time.monotonic()
        self._result: Result | None = None
        self.error: Exception | None = None
        """What went wrong, once it has failed."""
        # A server that ends does not wait for it; the solver's process ends with the pipe to it.
        self._thread = threading.Thread(target=self._run, args=(desk, work, wanted), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end with what it has; may be called from any thread."""
        self._event.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, so long at most; return whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or not."""
        return self.view().state not in (State.WAITING, State.WORKING)

    @property
    def result(self) -> Result:
        """What it made; RuntimeError unless it is done."""
        with self._lock:
            if self._state is not State.DONE:
                raise RuntimeError(f"the job is {self._state}, not done")
            return self._result  # type: ignore[return-value]

    def view(self) -> View:
        """Return how far it is; whoever does so shows that it is still wanted."""
        with self._lock:
            self._seen = time.monotonic()
            seconds = 0.0 if self._began is None else (self._ended or time.monotonic()) - self._began
            return View(self._state, self._ahead, seconds, self._step, self._event.is_set())

    def _tell(self, step: Step) -> None:
        with self._lock:
            # Steps of another search (a goal, a conflict) begin anew; they are shown as they come.
            self._step = step
        self._given_up()

    def _given_up(self) -> bool:
        """Tell whether it is to end; if nobody looks any more, it is."""
        if time.monotonic() - self._seen > ABANDONED_SECONDS:
            self._event.set()
        return self._event.is_set()

    def _queued(self, ahead: int) -> None:
        with self._lock:
            self._ahead = ahead

    def _run(
        self,
        desk: Desk,
        work: Callable[[threading.Event, Callable[[Step], None]], Result],
        wanted: Language,
    ) -> None:
        state, result = State.FAILED, None
        try:
            with speaking(wanted), desk.place(self._given_up, self._queued) as given:
                if not given:
                    state = State.GIVEN_UP
                    return
                with self._lock:
                    self._state, self._began = State.WORKING, time.monotonic()
                result = work(self._event, self._tell)
                state = State.DONE
        except DevolveError as error:
            self.error = error
        except Exception as error:  # whatever it is, the server goes on and the page says so
            self.error = error
            _log.exception("a job failed")
        finally:
            with self._lock:
                self._state, self._result, self._ended = state, result, time.monotonic()
