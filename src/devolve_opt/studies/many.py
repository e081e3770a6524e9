"""Many solves that do not depend on one another: here, one after the other, or on Dask workers; each kept when done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from devolve_opt.errors import Fault, InputError, SolverError
from devolve_opt.language import Language, language, speaking, tr
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.cluster import Watch, crew, usual_memory, usual_workers
from devolve_opt.studies.kept import keep, kept
from devolve_opt.vocabulary import some_of

Point = dict[str, Any]
"""What is known of one solve: `status`, `gap` and what its study looks at; all that JSON can hold."""
Solve = Callable[[Any, Any, Control, Callable[[Step], None]], Point | None]
"""Takes a task, what all tasks share, a control and a report of steps; None if the user stopped it."""


@dataclass(frozen=True)
class Job:
    """One solve of a study.

    Attributes:
        name: what it is called in messages; no other job of the study has it.
        file: name of the file in which it is kept.
        key: digest of all that its result depends on.
        task: what is asked of it.
    """

    name: str
    file: str
    key: str
    task: Any


@dataclass(frozen=True)
class Hands:
    """Who does the work; without workers and scheduler it is done here, one job after the other.

    Attributes:
        workers: local Dask workers.
        scheduler: address of a Dask scheduler that stands already, instead of local workers.
    """

    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.workers is not None and self.workers < 1:
            faults.append(Fault(tr("must be at least 1."), column="workers", value=str(self.workers)))
        if self.workers is not None and self.scheduler is not None:
            message = tr("stands beside the address of a scheduler, whose workers there are already; leave one out.")
            faults.append(Fault(message, column="workers", value=str(self.workers)))
        if faults:
            raise InputError(faults)

    @property
    def here(self) -> bool:
        """Whether the work is done in this process."""
        return self.workers is None and self.scheduler is None


def solve_all(
    jobs: Sequence[Job],
    solve: Solve,
    shared: Any,
    *,
    gap: float,
    time_limit: float | None,
    folder: Path | None,
    control: Control,
    hands: Hands,
    tell: Callable[[str, Point], None],
    report: Callable[[Step], None],
    solve_here: Solve | None = None,
) -> dict[str, Point]:
    """Do all jobs, the first ones first, but for those whose result is kept already.

    Args:
        jobs: what to do.
        solve: does one of them; a worker must be able to import it.
        shared: what all jobs need, sent to each worker once.
        gap: relative gap that is asked of each.
        time_limit: seconds that each is given, or None.
        folder: where each result is kept as soon as it is there; None keeps nothing.
        control: stops the study; the jobs then at work are dropped.
        hands: who does it.
        tell: called with name and result of each job, in the order in which they end.
        report: called with each step of a search that is done here.
        solve_here: does a job in this process, if that can be done better than by `solve`.

    Returns:
        The results by name, in the order of the jobs; fewer than jobs if the study was stopped.

    Raises:
        InputError: if Dask is needed and not there, or no cluster answers.
        SolverError: if workers died over jobs; after the others are done and kept.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Point] = {}
    missing = []
    for job in jobs:
        before = None if folder is None else kept(folder / job.file, job.key, gap, time_limit)
        if before is None:
            missing.append(job)
        else:
            found[job.name] = before
            tell(job.name, before)
    broken: list[str] = []

    def take(job: Job, point: Any) -> None:
        if isinstance(point, BaseException):
            broken.append(f"{job.name} ({type(point).__name__}: {point})".replace("\n", " "))
        elif point is not None:
            if folder is not None:
                keep(folder / job.file, job.key, time_limit, point)
            found[job.name] = point
            tell(job.name, point)

    if hands.here:
        for job in missing:
            point = None if control.stopped else (solve_here or solve)(job.task, shared, control, report)
            if point is None:
                break
            take(job, point)
    elif missing and not control.stopped:
        workers = hands.workers if hands.scheduler is not None else min(hands.workers or usual_workers(), len(missing))
        memory = usual_memory(workers) if workers else 0.0
        with crew(workers, hands.scheduler, memory, control.event) as there:
            there.work(partial(_on_worker, solve=solve, spoken=language()), missing, take, shared)
    if broken:
        jobs_lost = some_of(broken, 3)
        raise SolverError(tr("not done: {jobs}; what is done is kept, the same call goes on.", jobs=jobs_lost))
    return {job.name: found[job.name] for job in jobs if job.name in found}


def _on_worker(job: Job, shared: Any, solve: Solve, spoken: Language) -> Point | None:
    control = Control(None)
    with speaking(spoken), Watch(control):
        return solve(job.task, shared, control, lambda step: None)
