"""The boundary to HiGHS: requests go to a child process, and only answers that bear a solution come back as one."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from devolve_opt.errors import Fault, InputError, SolverError
from devolve_opt.language import tr
from devolve_opt.solver.blocks import KnownCuts
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.pipe import GONE, Child

Array = NDArray[np.float64]
CHILD = Path(__file__).with_name("child.py")
SOLVER_MB = "DEVOLVE_OPT_SOLVER_MB"
"""Variable of the environment: megabytes that a solver's process may take, where the system can limit it (Linux)."""
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


def _megabytes() -> list[str]:
    """Return the megabytes that a solver's process may take, as it is told them; nothing where nobody set them.

    Raises:
        InputError: if what is set is no whole number above 0.
    """
    wanted = os.environ.get(SOLVER_MB, "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and int(wanted) > 0):
        message = tr("must be a whole number of megabytes above 0, such as 4000; or leave the variable out.")
        raise InputError([Fault(message, column=SOLVER_MB, value=wanted)])
    return [wanted] if wanted else []


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
        on_flipped: called with the number of each flip, a bound on every plan under it, and where the relaxation stands
            then, shape (n,), nothing but lists and pools.
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
        on_flipped: Callable[[int, float, Array], None] = lambda number, bound, values: None,
        enough: Callable[[], bool] = lambda: False,
    ):
        self.matrix = matrix
        self.control = control
        self.threads = threads
        self.on_bound, self.on_incumbent, self.on_log, self.on_lists = on_bound, on_incumbent, on_log, on_lists
        self.on_relaxed, self.on_cuts, self.on_flipped, self.enough = on_relaxed, on_cuts, on_flipped, enough
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self._started()
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
        settings = ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                             for name, value in request["options"].items())  # fmt: skip
        whole = "as the model has them" if integer is None else f"{int(integer.sum())} columns"
        self.on_log(f"\n--- HiGHS with {settings}; whole numbers: {whole}\n")
        answer = self._asked(("run", request), limit)
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
        flips: Sequence[Mapping[int, float]] = (),
        enough: float = -np.inf,
    ) -> Answer:
        """Search the lists by branch and bound; townships are settled by whoever hears `on_lists`.

        Args:
            places: the township of each column by number, -1 for none, shape (n,).
            lists: which columns are lists, shape (n,).
            start: values to begin from, shape (n,), a plan or not.
            gap: relative gap to prove.
            relaxation_only: stop after the bound of the relaxation.
            cuts: of another search, see `on_cuts`; those of townships that are the very same here are taken over.
            flips: instead of branching, find a bound under each of these, see `on_flipped`: whole columns of lists and
                pools, and what they are set to.
            enough: a bound under a flip is brought down no further than this.

        Returns:
            An answer that holds a bound only. `tell_known` says what is found meanwhile.
        """
        request = {
            "places": places, "lists": lists, "start": start, "gap": gap, "relaxation_only": relaxation_only,
            "cuts": cuts or {}, "flips": list(flips), "enough": enough,
        }  # fmt: skip
        self.on_log("\n--- Search of lists by branch and bound, townships as cuts\n")
        return self._asked(("search", request), self.control.left)

    def tell_known(self, objective: float, wanted: bool = False) -> None:
        """Tell a search of lists that a plan worth this is known, and whether rounded lists are wanted.

        May be called from another thread.
        """
        if self._child is not None:
            self._child.send(("known", objective, wanted))

    def _started(self) -> Child:
        if self._child is None:
            self._child, matrix = Child(CHILD, *_megabytes()), self.matrix
            arrays = {
                "costs": matrix.costs, "offset": matrix.offset, "integer": matrix.integer,
                "lower": matrix.lower, "upper": matrix.upper,
                "row_lower": matrix.row_lower, "row_upper": matrix.row_upper,
                "start": matrix.rows.indptr, "index": matrix.rows.indices, "value": matrix.rows.data,
            }  # fmt: skip
            self._child.send(("load", arrays))
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _asked(self, message: tuple[Any, ...], limit: float) -> Answer:
        """Ask the child, pass on what it reports until it answers; end it if it does not stop when it should."""
        child, began = self._started(), time.monotonic()
        child.send(message)
        best, solution = -np.inf, None
        bound = np.inf
        told_to_stop: float | None = None
        while True:
            now = time.monotonic()
            overdue = now - began > limit + GRACE_SECONDS
            if (self.control.stopped or overdue or self.enough()) and told_to_stop is None:
                child.send(("stop",))
                told_to_stop = now
            if told_to_stop is not None and now - told_to_stop > (0.0 if overdue else GRACE_SECONDS):
                self._end()
                outcome = Outcome.INTERRUPTED if self.control.stopped else Outcome.TIME_LIMIT
                return Answer(outcome, bound, best, solution, None, now - began)
            told = child.receive(timeout=0.1)
            if told is None:
                continue
            if told[0] == "log":
                self.on_log(told[1])
            elif told[0] == "bound":
                bound = min(bound, told[1])
                self.on_bound(told[1])
            elif told[0] == "incumbent" and told[1] > best:
                best, solution = told[1], told[2]
                self.on_incumbent(best, solution)
            elif told[0] == "lists":
                self.on_lists(told[1])
            elif told[0] == "relaxed":
                self.on_relaxed(told[1])
            elif told[0] == "cuts":
                self.on_cuts(told[1])
            elif told[0] == "flipped":
                self.on_flipped(told[1], told[2], told[3])
            elif told[0] == "result":
                return self._answer(told[1], bound, best, solution, time.monotonic() - began)
            elif told == GONE:
                self._end()
                return Answer(Outcome.CRASHED, bound, best, solution, None, time.monotonic() - began)

    def solve_exactly(self, lower: Array, upper: Array) -> Answer:
        """Solve the matrix within bounds, shape (n,), to the proof.

        Where HiGHS finds no solution, or breaks down, the answer is that of a run without presolve.
        """
        exact: dict[str, Any] = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0}
        answer = self.solve(lower=lower, upper=upper, **exact)
        if answer.outcome in (Outcome.INFEASIBLE, Outcome.FAILED, Outcome.CRASHED):
            answer = self.solve(lower=lower, upper=upper, presolve="off", **exact)
        return answer

    def _answer(
        self, fields: dict[str, Any], bound: float, best: float, solution: Array | None, seconds: float
    ) -> Answer:
        status = fields["model_status"]
        if status == "Refused":
            raise SolverError(tr("the solver refused: {error}", error=fields["error"]))
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
