"""The boundary to HiGHS: requests go to a child process, and only answers that bear a solution come back as one."""

from __future__ import annotations

import contextlib
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import SolverError
from devolve_opt.solver.blocks import KnownCuts
from devolve_opt.solver.matrix import Matrix

Array = NDArray[np.float64]
CHILD = Path(__file__).with_name("child.py")
CLAIM = 1e-5
"""Relative difference allowed between what a solution is said to be worth and what it is."""
GRACE_SECONDS = 3.0
"""How long the solver may take to stop when it is told to; then its process is ended."""


class Outcome(StrEnum):
    """How a solver run ended; only some ends bear a solution."""

    OPTIMAL = "optimal"
    """Optimal within the gap that was asked for."""
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"
    """HiGHS gave up: a solve error, no memory, an unknown state."""
    CRASHED = "crashed"
    """Its process died."""


_OUTCOMES = {
    "Optimal": Outcome.OPTIMAL,
    "Time limit reached": Outcome.TIME_LIMIT,
    "Iteration limit reached": Outcome.TIME_LIMIT,
    "Solution limit reached": Outcome.TIME_LIMIT,
    "Interrupted by user": Outcome.INTERRUPTED,
    "Infeasible": Outcome.INFEASIBLE,
    "Primal infeasible or unbounded": Outcome.INFEASIBLE,
    "Unbounded": Outcome.UNBOUNDED,
}


@dataclass(frozen=True, eq=False)
class Answer:
    """What a run gave.

    Attributes:
        outcome: how it ended.
        bound: no solution is better than this, within what the run was asked; infinite if nothing is known.
        objective: objective of `solution`, or -inf.
        solution: values of the columns, shape (n,), or None.
        reduced_costs: of an LP, shape (n,), or None.
        seconds: wall time.
    """

    outcome: Outcome
    bound: float
    objective: float
    solution: Array | None
    reduced_costs: Array | None
    seconds: float


class Control:
    """When to stop: a deadline on the wall clock, or the user's wish.

    Args:
        time_limit: seconds from now on, or None.
        stop: an event shared with others who are to stop at the same time.
    """

    def __init__(self, time_limit: float | None = None, stop: threading.Event | None = None):
        self.started = time.monotonic()
        self.time_limit = time_limit
        self.deadline = None if time_limit is None else self.started + time_limit
        self.event = stop or threading.Event()

    def stop(self) -> None:
        """Ask everything under this control to end; may be called from any thread or signal handler."""
        self.event.set()

    @property
    def stopped(self) -> bool:
        """Whether the user asked to end."""
        return self.event.is_set()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds until the deadline; infinite if there is none, never below 0."""
        return np.inf if self.deadline is None else max(0.0, self.deadline - time.monotonic())


@contextlib.contextmanager
def stop_on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Within this block the first Ctrl-C (or a request to terminate) calls `stop`; a second one ends at once.

    Only the main thread can take signals; elsewhere the block changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.getsignal(name) for name in names}

    def first(number: int, frame: FrameType | None) -> None:
        stop()
        for name, handler in before.items():
            signal.signal(name, handler)

    for name in names:
        signal.signal(name, first)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


class Engine:
    """HiGHS in a process of its own, with one matrix loaded; use it as a context manager.

    Args:
        matrix: what to solve.
        control: when to stop.
        threads: threads HiGHS may use; fixed for the life of the process, as HiGHS wants it.
        on_bound: called with each better bound; `on_incumbent` with objective and solution of each better solution.
        on_log: called with each line of HiGHS's log.
        on_lists: called with the values, shape (n,), of lists that `search_lists` offers; `on_relaxed` with those of
            the relaxation.
        on_cuts: called with the cuts that it ends with.
        enough: asked now and then; once it says so, what is under way ends with what it has.
    """

    def __init__(
        self,
        matrix: Matrix,
        control: Control,
        threads: int = 1,
        on_bound: Callable[[float], None] = lambda bound: None,
        on_incumbent: Callable[[float, Array], None] = lambda objective, solution: None,
        on_log: Callable[[str], None] = lambda line: None,
        on_lists: Callable[[Array], None] = lambda values: None,
        on_relaxed: Callable[[Array], None] = lambda values: None,
        on_cuts: Callable[[KnownCuts], None] = lambda cuts: None,
        enough: Callable[[], bool] = lambda: False,
    ):
        self.matrix = matrix
        self.control = control
        self.threads = threads
        self.on_bound, self.on_incumbent, self.on_log, self.on_lists = on_bound, on_incumbent, on_log, on_lists
        self.on_relaxed, self.on_cuts, self.enough = on_relaxed, on_cuts, enough
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def solve(
        self,
        *,
        integer: NDArray[np.bool_] | None = None,
        lower: Array | None = None,
        upper: Array | None = None,
        costs: Array | None = None,
        row_lower: Array | None = None,
        start: Array | None = None,
        seconds: float | None = None,
        **options: Any,
    ) -> Answer:
        """Solve the matrix once.

        Args:
            integer: whole-number columns instead of the matrix's own, shape (n,); all False gives the relaxation.
            lower: lower bounds instead of the matrix's own, shape (n,).
            upper: upper bounds instead of the matrix's own, shape (n,).
            costs: objective coefficients instead of the matrix's own, shape (n,).
            row_lower: lower limits of the rows instead of the matrix's own, shape (m,).
            start: a solution to start from, shape (n,); HiGHS passes over one that is not feasible.
            seconds: time for this run; the control's deadline holds as well.
            options: HiGHS options by name.

        Raises:
            SolverError: if HiGHS refuses the options or the model.
        """
        limit = min(self.control.left, np.inf if seconds is None else seconds)
        # Every column has finite bounds, so "infeasible or unbounded" can only mean infeasible: no need to find out.
        defaults = {"threads": self.threads, "allow_unbounded_or_infeasible": True}
        request: dict[str, Any] = {"options": {**defaults, **options}}
        if np.isfinite(limit):
            request["options"]["time_limit"] = float(max(limit, 0.01))
        changed = {
            "integer": integer, "lower": lower, "upper": upper, "costs": costs, "row_lower": row_lower, "start": start,
        }  # fmt: skip
        request |= {name: value for name, value in changed.items() if value is not None}
        if self._process is None:
            self._start()
        settings = ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                             for name, value in request["options"].items())  # fmt: skip
        whole = "as the model has them" if integer is None else f"{int(integer.sum())} columns"
        self.on_log(f"\n--- HiGHS with {settings}; whole numbers: {whole}\n")
        self._send(("run", request))
        answer = self._collect(time.monotonic(), limit)
        return self._as_valued(answer, self.matrix.costs if costs is None else costs)

    def _as_valued(self, answer: Answer, costs: Array) -> Answer:
        """Return an answer whose objective is that of its solution; one that claims more than that has failed.

        HiGHS 1.16 has been seen to return the start that it was given with the objective of a better solution.
        """
        if answer.solution is None:
            return answer
        worth = float(costs @ answer.solution) + self.matrix.offset
        if worth >= answer.objective - CLAIM * max(1.0, abs(answer.objective)):
            return answer
        self.on_log(f"\nThe solution is worth {worth:,.6g}, not {answer.objective:,.6g} as HiGHS says.\n")
        outcome = Outcome.FAILED if answer.outcome is Outcome.OPTIMAL else answer.outcome
        return replace(answer, outcome=outcome, objective=worth)

    def search_lists(
        self,
        places: NDArray[np.int64],
        lists: NDArray[np.bool_],
        start: Array,
        gap: float,
        relaxation_only: bool = False,
        cuts: KnownCuts | None = None,
    ) -> Answer:
        """Search the lists by branch and bound; townships are settled by whoever hears `on_lists`.

        Args:
            places: the township of each column by number, -1 for none, shape (n,).
            lists: which columns are lists, shape (n,).
            start: values to begin from, shape (n,), a plan or not.
            gap: relative gap to prove.
            relaxation_only: stop after the bound of the relaxation.
            cuts: of another search, see `on_cuts`; those of townships that are the very same here are taken over.

        Returns:
            An answer that holds a bound only. `tell_known` says what is found meanwhile.
        """
        if self._process is None:
            self._start()
        request = {
            "places": places, "lists": lists, "start": start, "gap": gap, "relaxation_only": relaxation_only,
            "cuts": cuts or {},
        }  # fmt: skip
        self.on_log("\n--- Search of lists by branch and bound, townships as cuts\n")
        self._send(("search", request))
        return self._collect(time.monotonic(), self.control.left)

    def tell_known(self, objective: float, wanted: bool = False) -> None:
        """Tell a search of lists that a plan worth this is known, and whether rounded lists are wanted.

        May be called from another thread.
        """
        self._send(("known", objective, wanted))

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._messages), daemon=True).start()
        self._outbox: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._speaker = threading.Thread(target=_speak, args=(self._process.stdin, self._outbox), daemon=True)
        self._speaker.start()
        matrix = self.matrix
        self._send(
            (
                "load",
                {
                    "costs": matrix.costs, "offset": matrix.offset, "integer": matrix.integer,
                    "lower": matrix.lower, "upper": matrix.upper,
                    "row_lower": matrix.row_lower, "row_upper": matrix.row_upper,
                    "start": matrix.rows.indptr, "index": matrix.rows.indices, "value": matrix.rows.data,
                },
            )
        )  # fmt: skip

    def _send(self, message: tuple[Any, ...]) -> None:
        self._outbox.put(message)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        self._outbox.put(None)
        self._speaker.join()
        if process.stdout is not None:
            with contextlib.suppress(OSError):
                process.stdout.close()

    def _collect(self, began: float, limit: float) -> Answer:
        """Pass on what the child reports until it answers; end it if it does not stop when it should."""
        best, solution = -np.inf, None
        bound = np.inf
        told_to_stop: float | None = None
        while True:
            now = time.monotonic()
            overdue = now - began > limit + GRACE_SECONDS
            if (self.control.stopped or overdue or self.enough()) and told_to_stop is None:
                self._send(("stop",))
                told_to_stop = now
            if told_to_stop is not None and now - told_to_stop > (0.0 if overdue else GRACE_SECONDS):
                self._end()
                outcome = Outcome.INTERRUPTED if self.control.stopped else Outcome.TIME_LIMIT
                return Answer(outcome, bound, best, solution, None, now - began)
            try:
                message = self._messages.get(timeout=0.1)
            except queue.Empty:
                continue
            if message[0] == "log":
                self.on_log(message[1])
            elif message[0] == "bound":
                bound = min(bound, message[1])
                self.on_bound(message[1])
            elif message[0] == "incumbent" and message[1] > best:
                best, solution = message[1], message[2]
                self.on_incumbent(best, solution)
            elif message[0] == "lists":
                self.on_lists(message[1])
            elif message[0] == "relaxed":
                self.on_relaxed(message[1])
            elif message[0] == "cuts":
                self.on_cuts(message[1])
            elif message[0] == "result":
                return self._answer(message[1], bound, best, solution, time.monotonic() - began)
            elif message[0] == "gone":
                self._end()
                return Answer(Outcome.CRASHED, bound, best, solution, None, time.monotonic() - began)

    def _answer(
        self, fields: dict[str, Any], bound: float, best: float, solution: Array | None, seconds: float
    ) -> Answer:
        status = fields["model_status"]
        if status == "Refused":
            raise SolverError(f"the solver refused: {fields['error']}")
        outcome = _OUTCOMES.get(status, Outcome.FAILED)
        if outcome is Outcome.FAILED:
            return Answer(outcome, bound, best, solution, None, seconds)
        if outcome in (Outcome.INFEASIBLE, Outcome.UNBOUNDED):
            return Answer(outcome, np.inf, -np.inf, None, None, seconds)
        if fields["primal_status"] == "Feasible" and fields["solution"] is not None and fields["objective"] >= best:
            best, solution = fields["objective"], fields["solution"]
        is_mip = fields["reduced_costs"] is None
        # The value of an unfinished LP is no bound.
        if outcome is Outcome.OPTIMAL or is_mip:
            bound = min(bound, fields["bound"]) if np.isfinite(fields["bound"]) else bound
        return Answer(outcome, bound, best, solution, fields["reduced_costs"], seconds)


def _speak(stream: Any, messages: queue.SimpleQueue[tuple[Any, ...] | None]) -> None:
    """Write messages to the child; in a thread of its own, because a child that hangs does not read."""
    # A dead child is noticed where its answer is awaited.
    with contextlib.suppress(OSError), stream:
        while (message := messages.get()) is not None:
            pickle.dump(message, stream, protocol=5)
            stream.flush()


def _listen(stream: Any, messages: queue.SimpleQueue[tuple[Any, ...]]) -> None:
    try:
        while True:
            messages.put(pickle.load(stream))
    except Exception:
        messages.put(("gone",))
