"""A crew of worker processes on Dask: a local cluster, or one that stands already.

A task whose worker dies is given to another one, up to three times. What comes back is handed on at once. A task that
is cancelled, by Ctrl-C or because whoever asked for it is gone, can see so where it runs (`cancelled_here`) and ends by
itself: no cluster ends a thread that is at work.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from devolve_opt.errors import DevolveError, Fault, InputError, SolverError
from devolve_opt.language import joined, tr
from devolve_opt.solver.engine import Control
from devolve_opt.version import __version__

Task = TypeVar("Task")

MEMORY_A_WORKER = 1_500
"""Megabytes that a worker and its solver are reckoned with when workers are counted."""
PART_OF_MEMORY = 0.8
"""Part of the machine's memory that all local workers together may take."""
LOOKS_A_SECOND = 5
"""How often memory, and whether the task was cancelled, is looked at while a task is solved."""
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 60
"""How long the first worker of a cluster may take to appear."""
_END_SECONDS = 15.0
"""How long tasks that were cancelled, and then local workers, may take to end before their processes are killed."""


def library(name: str) -> Any:
    """Return a library of the extra `cluster`.

    Raises:
        InputError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        message = tr("this is solved on Dask, which is not installed; run: pip install 'devolve-opt[cluster]'.")
        raise InputError([Fault(message)]) from None


def usual_workers() -> int:
    """Return how many local workers there are unless told otherwise: one for each core that there is memory for."""
    memory = library("psutil").virtual_memory().total / 1024**2
    return max(1, min(os.cpu_count() or 1, int(PART_OF_MEMORY * memory // MEMORY_A_WORKER)))


def usual_memory(workers: int) -> float:
    """Return the megabytes that each of so many local workers may take."""
    return PART_OF_MEMORY * float(library("psutil").virtual_memory().total) / 1024**2 / workers


class Crew:
    """Workers that take one task after another; made by `crew`."""

    def __init__(self, client: Any, stop: threading.Event):
        self._client = client
        self._stop = stop

    def work(
        self, function: Callable[..., Any], tasks: Sequence[Task], take: Callable[[Task, Any], None],
        shared: Any = None, over: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """Let the workers do all tasks, the first ones first; end early if the stop is set.

        Args:
            function: what is done with each task; workers must be able to import it.
            tasks: what can be sent to another process.
            take: called in this process with each task and its result, or with the exception that ended it.
            shared: sent to each worker once and handed to the function as its second argument, unless it is None.
            over: tells that what is not done yet is no longer wanted.

        Raises:
            SolverError: if the cluster goes away.
        """
        inputs: list[Any] = [tasks]
        if shared is not None:
            # A task and not scattered data: what dies with a worker is made again.
            inputs.append([self._client.submit(_same, shared, pure=False)] * len(tasks))
        waiting = dict(zip(self._client.map(function, *inputs, pure=False), tasks, strict=True))
        try:
            while waiting and not self._stop.is_set() and not over():
                done = [future for future in waiting if future.done()]
                for future in done:
                    task = waiting.pop(future)
                    if future.cancelled():
                        message = tr("the cluster went away; what is done is kept, the same command goes on.")
                        raise SolverError(message)
                    take(task, future.exception() or future.result())
                if not done:
                    time.sleep(_POLL_SECONDS)
        finally:
            if waiting and self._client.status == "running":
                self._client.cancel(list(waiting))

    def lend(self, shared: Any) -> Any:
        """Return what stands for something that workers need again and again; it is sent to each of them once."""
        return self._client.submit(_same, shared, pure=False)

    def ask(self, function: Callable[..., Any], task: Any, lent: Any, over: Callable[[], bool]) -> Any:
        """Let a worker do one task and wait for it; threads may ask side by side.

        Args:
            function: as for `work`.
            task: what can be sent to another process.
            lent: what `lend` returned; handed to the function as its second argument.
            over: tells that the result is no longer wanted.

        Returns:
            What the function returns; None if the result was no longer wanted, or the stop was set.

        Raises:
            SolverError: if workers died over it, or the cluster went away.
        """
        future = self._client.submit(function, task, lent, pure=False)
        while not future.done():
            if self._stop.is_set() or over():
                self._client.cancel([future])
                return None
            time.sleep(_POLL_SECONDS)
        if future.cancelled():
            raise SolverError(tr("the cluster went away; what is done is kept, the same command goes on."))
        error = future.exception()
        if error is not None and not isinstance(error, DevolveError):
            raise SolverError(tr("a worker failed: {error}", error=f"{type(error).__name__}: {error}")) from error
        return future.result()

    @property
    def stopped(self) -> bool:
        """Whether they were told to end early."""
        return self._stop.is_set()

    @property
    def workers(self) -> int:
        """How many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])


@contextmanager
def crew(workers: int | None, scheduler: str | None, memory_mb: float, stop: threading.Event) -> Iterator[Crew]:
    """Within this block there is a crew; a local one ends with it.

    Args:
        workers: local worker processes, each with one thread.
        scheduler: address of the scheduler of a cluster that stands already, instead of a local one.
        memory_mb: megabytes at which Dask ends a local worker, its solver not counted.
        stop: set it to end what is being done.

    Raises:
        InputError: if Dask is not installed, no cluster answers, or its workers have another version of this package.
    """
    distributed = library("distributed")
    if scheduler is None:
        made = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs="CRITICAL",
            memory_limit=f"{memory_mb:.0f}MB", preload=[__name__],
        )  # fmt: skip
        with made as cluster, distributed.Client(cluster) as client:
            yield Crew(client, stop)
            if stop.is_set() and not _all_ended(client):
                _end_at_once(cluster)
            else:
                cluster.sync(_close_workers, cluster)
        return
    with _silent(), _joined(scheduler) as client:
        yield Crew(client, stop)


@contextmanager
def _silent() -> Iterator[None]:
    """Within this block Dask's client logs nothing: what becomes of a cluster is told in words of our own."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def _joined(scheduler: str) -> Iterator[Any]:
    try:
        client = library("distributed").Client(scheduler, timeout=_PATIENCE_SECONDS)
    except (OSError, ValueError) as error:
        message = tr("no Dask scheduler answers ({error}); give an address such as tcp://host:8786.", error=error)
        raise InputError([Fault(message, column="--scheduler", value=scheduler)]) from None
    with client:
        _check_workers(client, scheduler)
        yield client


def _check_workers(client: Any, scheduler: str) -> None:
    """Raises InputError if there are no workers, or not all of them have this version of the package."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
        there = set(client.run(version_here).values())
    except TimeoutError:
        fault = Fault(tr("the cluster has no worker; start some."), column="--scheduler", value=scheduler)
        raise InputError([fault]) from None
    except ImportError:
        there = {tr("no version")}
    if there != {__version__}:
        message = tr(
            "its workers have {there} of devolve_opt, this is {here}; install it.",
            there=joined(sorted(there)), here=__version__,
        )  # fmt: skip
        raise InputError([Fault(message, column="--scheduler", value=scheduler)])


def _same(what: Any) -> Any:
    return what


def version_here() -> str:
    """Return the version of this package where the function is run."""
    return __version__


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C to the process that made the cluster; Dask calls this in each local worker as it starts.

    A shell sends it to all of them, and a worker that it ends cannot say what its tasks came to.
    """
    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def cancelled_here() -> Callable[[], bool]:
    """Return what tells whether the task that this thread works on was cancelled; outside a worker it never is.

    The worker knows it from the scheduler, which cancels a task as well when the client that asked for it goes away.
    """
    distributed = library("distributed")
    try:
        worker = distributed.get_worker()
    except ValueError:
        return lambda: False
    key = worker.get_current_task()

    def cancelled() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return cancelled


class Watch:
    """Looks after a task of a worker: stops its search at a limit of memory, and when the task is cancelled.

    Memory is that of this process and its children.

    Args:
        control: stops the search.
        limit_mb: megabytes; 0 for no limit.

    Attributes:
        peak_mb: the most megabytes that were taken.
        stopped: whether the limit was reached.
    """

    def __init__(self, control: Control, limit_mb: float = 0.0):
        self.peak_mb = 0.0
        self.stopped = False
        self._control, self._limit_mb = control, limit_mb
        self._cancelled = cancelled_here()
        self._process = library("psutil").Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            taken = self._taken_mb()
            self.peak_mb = max(self.peak_mb, round(taken, 1))
            if self._limit_mb and taken > self._limit_mb and not self.stopped:
                self.stopped = True
                self._control.stop()
            if self._cancelled():
                self._control.stop()
            if self._ended.wait(1 / LOOKS_A_SECOND):
                return

    def _taken_mb(self) -> float:
        taken = 0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                taken += process.memory_info().rss
            except library("psutil").Error:
                continue  # it has ended meanwhile
        return taken / 1024**2


def still_at_work(dask_worker: Any) -> bool:
    """Tell whether a worker has a task in hand, cancelled ones included; Dask fills in the worker."""
    return bool(dask_worker.state.executing)


def _all_ended(client: Any) -> bool:
    """Wait until no worker has a task in hand; False if that takes too long.

    Workers that end in their own time leave nothing behind; what a killed one leaves, Python warns about.
    """
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        if not any(client.run(still_at_work, on_error="ignore").values()):
            return True
        time.sleep(_POLL_SECONDS)
    return False


async def _close_workers(cluster: Any) -> None:
    """Give local workers more time to end than Dask does, which on a busy machine kills them while they do."""
    await asyncio.gather(*(nanny.close(timeout=_END_SECONDS) for nanny in cluster.workers.values()))


def _end_at_once(cluster: Any) -> None:
    """End the processes of local workers that do not end what they are solving."""
    psutil = library("psutil")
    for nanny in cluster.workers.values():
        pid = getattr(nanny, "pid", None)
        if pid is not None:
            nanny.auto_restart = False
            for process in (*psutil.Process(pid).children(recursive=True), psutil.Process(pid)):
                process.kill()
