"""A child process and the messages that go to it and come back; neither end waits for the other."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

Message = tuple[Any, ...]
GONE: Message = ("gone",)
"""What is received once the child is no longer there."""


class Child:
    """A Python script in a process of its own, spoken to in pickled tuples on its standard streams.

    Args:
        script: what it runs; the package's own, so that what it sends may be unpickled.
        words: what it is told on its command line.
    """

    def __init__(self, script: Path, *words: str):
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # HiGHS has threads of its own; those of numpy would only take their time to start.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._received), daemon=True).start()
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._speaker = threading.Thread(target=_speak, args=(self._process.stdin, self._outbox), daemon=True)
        self._speaker.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Send a message; may be called from any thread."""
        self._outbox.put(message)

    def receive(self, timeout: float) -> Message | None:
        """Return the next message, or None if there is none within so many seconds."""
        try:
            return self._received.get(timeout=timeout)
        except queue.Empty:
            return None

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._outbox.put(None)
        self._speaker.join()
        if self._process.stdout is not None:
            with contextlib.suppress(OSError):
                self._process.stdout.close()


def _speak(stream: Any, messages: queue.SimpleQueue[Message | None]) -> None:
    """Write messages to the child; in a thread of its own, because a child that hangs does not read."""
    # A dead child is noticed where its answer is awaited.
    with contextlib.suppress(OSError), stream:
        while (message := messages.get()) is not None:
            pickle.dump(message, stream, protocol=5)
            stream.flush()


def _listen(stream: Any, messages: queue.SimpleQueue[Message]) -> None:
    try:
        while True:
            messages.put(pickle.load(stream))
    except Exception:
        messages.put(GONE)
