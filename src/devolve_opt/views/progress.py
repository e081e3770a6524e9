"""Progress on the terminal: phase, bound, objective and gap while a run works."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from devolve_opt.solver.progress import Step

QUIET_SECONDS = 10.0
"""Where nobody watches a terminal (a log file, a pipe), a line is printed on each new phase and at most this often."""


def step_text(step: Step) -> str:
    """Return a step as one line of plain text."""
    parts = [f"{step.seconds:6.1f} s", f"{step.phase:<16}"]
    parts.append(f"bound {step.bound:>13,.0f}" if math.isfinite(step.bound) else "bound             -")
    if math.isfinite(step.objective):
        parts.append(f"plan {step.objective:>13,.0f}")
        if math.isfinite(step.gap):
            parts.append(f"gap {step.gap:.3%}")
    return "  ".join(parts)


class Progress:
    """Shows the steps of a search on a console; use as a context manager and pass `report` to `solve`."""

    def __init__(self, console: Console):
        self.console = console
        self.live = Live(console=console, transient=True, refresh_per_second=4) if console.is_terminal else None
        self._phase = ""
        self._printed = -math.inf

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def report(self, step: Step) -> None:
        """Show one step."""
        text = step_text(step)
        if self.live:
            hint = "Ctrl-C keeps the best plan so far" if math.isfinite(step.objective) else "Ctrl-C stops"
            self.live.update(Spinner("dots", text=f"{text}   ({hint})"))
            return
        now = time.monotonic()
        if step.phase != self._phase or now - self._printed > QUIET_SECONDS:
            self._phase, self._printed = step.phase, now
            self.console.print(text, highlight=False, soft_wrap=True)
