"""Memory at its peak, as far as the system tells it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

PROC = Path("/proc/self")
EVERY = 0.1
"""Seconds between two looks at the processes started from here."""


def peak_mb() -> float | None:
    """Return the most memory that this process has had, in megabytes; None where the system does not tell."""
    # On Linux what getrusage says counts what the parent had when it started this process, so it is not asked there.
    if sys.platform == "linux":
        return _high_water(PROC)
    if sys.platform != "win32":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 ** (2 if sys.platform == "darwin" else 1)
    try:
        import psutil

        return float(psutil.Process().memory_info().peak_wset / 1024**2)
    except ImportError:
        return None


class PeakWithChildren:
    """Within this block, the most memory of this process and of the largest process that it starts, added.

    `mb` is in megabytes; None where the system does not show other processes (it is looked at on Linux only).
    """

    def __init__(self) -> None:
        self._largest = 0.0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    @property
    def mb(self) -> float | None:
        """The peaks of both, megabytes."""
        own = peak_mb() if sys.platform == "linux" else None
        return None if own is None else own + self._largest

    @property
    def largest_mb(self) -> float | None:
        """The peak of the largest process started, megabytes; None where none was seen."""
        return self._largest or None

    def _look(self) -> None:
        while not self._done.wait(EVERY):
            try:
                started = [pid for task in PROC.glob("task/*/children") for pid in task.read_text().split()]
            except OSError:
                continue  # a thread has just ended
            for pid in started:
                self._largest = max(self._largest, _high_water(Path("/proc") / pid) or 0.0)


def _high_water(process: Path) -> float | None:
    try:
        lines = (process / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(found[0]) / 1024 if found else None


class PeakOfAll:
    """Within this block, the most memory that this process and all those below it took together at any moment.

    `mb` is in megabytes of resident memory. What processes share counts for each of them, so it is an upper limit. It
    needs psutil, which comes with the extra `cluster`.
    """

    def __init__(self) -> None:
        import psutil

        self.mb = 0.0
        self._gone = psutil.Error
        self._process = psutil.Process()
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while True:
            taken = 0
            for process in (self._process, *self._process.children(recursive=True)):
                try:
                    taken += process.memory_info().rss
                except self._gone:
                    continue  # it has ended meanwhile
            self.mb = max(self.mb, taken / 1024**2)
            if self._done.wait(2 * EVERY):
                return
