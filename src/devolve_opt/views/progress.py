"""Progress on the terminal: phase, bound, objective and gap while a run works."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from devolve_opt.language import language, speaking, tr
from devolve_opt.solver.progress import Step
from devolve_opt.views.page import padded
from devolve_opt.views.wording import phase_named

QUIET_SECONDS = 10.0
"""Where nobody watches a terminal (a log file, a pipe), a line is printed on each new phase and at most this often."""


def step_text(step: Step) -> str:
    """Return a step as one line of plain text."""
    bound = f"{step.bound:,.0f}" if math.isfinite(step.bound) else "-"
    parts = [
        tr("{seconds:6.1f} s", seconds=step.seconds),
        padded(phase_named(step.phase), 16),
    ]
    parts.append(tr("bound {bound:>13}", bound=bound))
    if math.isfinite(step.objective):
        parts.append(tr("plan {plan:>13,.0f}", plan=step.objective))
        if math.isfinite(step.gap):
            parts.append(tr("gap {gap:.3%}", gap=step.gap))
    return "  ".join(parts)


class Progress:
    """Shows the steps of a search on a console; use as a context manager and pass `report` to `solve`."""

    def __init__(self, console: Console):
        self.console = console
        self.live = Live(console=console, transient=True, refresh_per_second=4) if console.is_terminal else None
        # Steps come from other threads too, which know nothing of a language that is spoken in this one alone.
        self._language = language()
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
        with speaking(self._language):
            text = step_text(step)
            hint = tr("Ctrl-C keeps the best plan so far") if math.isfinite(step.objective) else tr("Ctrl-C stops")
            hinted = tr("{step}   ({hint})", step=text, hint=hint)
        if self.live:
            self.live.update(Spinner("dots", text=hinted))
            return
        now = time.monotonic()
        if step.phase != self._phase or now - self._printed > QUIET_SECONDS:
            self._phase, self._printed = step.phase, now
            self.console.print(text, highlight=False, soft_wrap=True)
