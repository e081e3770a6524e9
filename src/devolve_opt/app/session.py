"""One user's session: what was chosen, the caps, the work under way, and the plans found; nobody else's business."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.app.desk import paper_desk, solving_desk
from devolve_opt.app.jobs import Job, State
from devolve_opt.app.room import Room
from devolve_opt.app.sources import Source
from devolve_opt.app.uploads import Upload, look_over
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import Language, language
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.explaining import Explanation, explain
from devolve_opt.studies.solving import solve
from devolve_opt.views.plan_workbook import PLAN_WORKBOOK
from devolve_opt.views.report import report_html
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.supplements import foundations, supplements, time_for_plan
from devolve_opt.views.tables import plan_tables

THREADS = 2
"""Threads of each solve; HiGHS gains little from more."""
KEPT = 2
"""Plans of a session that are kept: the last one and the one before it."""
Question = tuple[str | None, str | None]
"""A township and a power, either of which may be left out."""
EXPLAIN_SECONDS = 60.0
"""Time for what deciding otherwise costs everybody."""


@dataclass(frozen=True)
class Papers:
    """What is written of a plan in one language.

    Attributes:
        figures: bytes of a PNG by name.
        workbook: bytes of `plan.xlsx`.
        report: bytes of the report, one HTML page.
    """

    figures: Mapping[str, bytes]
    workbook: bytes
    report: bytes


@dataclass(eq=False)
class Run:
    """A plan of this session, with what is written of it.

    Attributes:
        number: the how many-th of the session, from 1.
        plan: the plan.
        added: what sub-models lay over it.
        started: when its solve began.
        place: what tells the case that it is of, as `Session.place` does.
        papers: by language, the job that writes them.
        answers: explanations by township and power.
    """

    number: int
    plan: Plan
    added: tuple[Supplement, ...]
    started: datetime
    place: str = ""
    papers: dict[Language, Job[Papers]] = field(default_factory=dict)
    answers: dict[Question, Explanation] = field(default_factory=dict)
    _tables: dict[Language, dict[str, pd.DataFrame]] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the plan by name, with its sentences in the language spoken here."""
        if language() not in self._tables:
            self._tables[language()] = plan_tables(self.plan)
        return self._tables[language()]


class Session:
    """What one browser tab holds; once nobody holds it any more, its work is stopped and its folder removed."""

    def __init__(self) -> None:
        self.room = Room()
        self.scenario: Scenario | None = None
        self.chosen: object = None
        """What the scenario was read from, to tell whether another is chosen."""
        self.faults: tuple[Fault, ...] = ()
        """What is wrong with what was chosen."""
        self.upload: Upload | None = None
        self.caps: dict[str, dict[str, float]] = {}
        """What was asked for last, by case and by key of the policy."""
        self._told_in = language()
        self.runs: list[Run] = []
        self.solving: Job[Run] | None = None
        self.asking: Job[Explanation] | None = None
        self.question: Question = (None, None)
        self._number = 0
        self._jobs: list[Job[Any]] = []
        weakref.finalize(self, _leave, self.room, self._jobs)

    def leave(self) -> None:
        """Let go of the case that was chosen; plans, and a solve that is under way, stay."""
        self.chosen, self.upload, self.scenario, self.faults = None, None, None, ()
        self.solving = None if self.solving is not None and self.solving.ended else self.solving
        self.asking = None if self.asking is not None and self.asking.ended else self.asking

    def choose(self, source: Source) -> None:
        """Take the scenario of a source, unless it is taken already; plans, and a solve that is under way, stay."""
        if self._taken(source):
            return
        self.leave()
        self.chosen, self._told_in = source, language()
        try:
            self.scenario = source.read()
        except InputError as error:
            self.faults = error.faults

    def take(self, key: str, name: str, content: bytes, most_bytes: int) -> None:
        """Take an uploaded workbook, unless it is taken already.

        Args:
            key: tells this upload from any other.
            name: what the browser calls the file.
            content: its bytes.
            most_bytes: how many there may be.
        """
        if self._taken(key):
            return
        self.upload = look_over(self.room, name, content, most_bytes, paper_desk())
        self.chosen, self.scenario, self.faults = key, self.upload.scenario, self.upload.faults
        self._told_in = language()

    def _taken(self, what: object) -> bool:
        """Tell whether something is taken already; what is wrong with it is told anew in another language."""
        return self.chosen == what and not (self.faults and self._told_in != language())

    def solve(self, scenario: Scenario, gap: float, time_limit: float) -> None:
        """Begin to solve a scenario in the background; RuntimeError while another solve is under way.

        Args:
            scenario: what to solve.
            gap: relative gap to prove.
            time_limit: seconds from when it has its place.
        """
        if self.busy:
            raise RuntimeError("this session is solving already")
        self._number += 1
        number, place = self._number, self.place

        def work(stop: threading.Event, report: Callable[[Step], None]) -> Run:
            return replace(solved(scenario, number, gap, time_limit, stop, report), place=place)

        self.solving = self._begun(Job(solving_desk(), work, language()))

    def ask(self, run: Run, question: Question) -> None:
        """Begin to explain a take-up, a power or a township in the background; RuntimeError while it is busy."""
        if self.busy:
            raise RuntimeError("this session is solving already")
        self.question = question
        plan, (township, power) = run.plan, question

        def work(stop: threading.Event, report: Callable[[Step], None]) -> Explanation:
            return explain(plan, township, power, threads=THREADS, control=Control(EXPLAIN_SECONDS, stop))

        self.asking = self._begun(Job(solving_desk(), work, language()))

    @property
    def place(self) -> str:
        """What tells the case that is chosen from any other; the same again when it is chosen again."""
        return str(self.chosen.path) if isinstance(self.chosen, Source) else str(self.chosen)

    @property
    def busy(self) -> bool:
        """Whether a solve or an answer is under way."""
        return any(job is not None and not job.ended for job in (self.solving, self.asking))

    def collect(self) -> None:
        """Take what has been finished since: a plan becomes the last run, an answer is kept with its run."""
        job = self.solving
        if job is not None and job.view().state is State.DONE:
            self.runs = [*self.runs, job.result][-KEPT:]
            self.solving = None
        asked = self.asking
        if asked is not None and asked.view().state is State.DONE:
            answer = asked.result
            for run in self.runs:
                if run.plan is answer.plan:
                    run.answers[self.question] = answer
            self.asking = None

    @property
    def run(self) -> Run | None:
        """The last plan."""
        return self.runs[-1] if self.runs else None

    def papers(self, run: Run, anew: bool = False) -> Job[Papers]:
        """Return the job that writes what there is of a run in the language spoken here; it begins with the first call.

        Args:
            run: a run of this session.
            anew: whether to begin again, after it has failed.
        """
        job = run.papers.get(language())
        if job is None or anew:
            room, wanted = self.room, language()

            def work(stop: threading.Event, report: Callable[[Step], None]) -> Papers:
                with room.folder() as folder:
                    return written(run, folder, wanted)

            job = run.papers[wanted] = self._begun(Job(paper_desk(), work, wanted))
        return job

    def _begun(self, job: Job[Any]) -> Job[Any]:
        self._jobs[:] = [*(each for each in self._jobs if not each.ended), job]
        return job


def _leave(room: Room, jobs: list[Job[Any]]) -> None:
    for job in jobs:
        job.stop()
    room.close()


def solved(
    scenario: Scenario,
    number: int,
    gap: float,
    time_limit: float,
    stop: threading.Event,
    report: Callable[[Step], None],
) -> Run:
    """Solve a scenario with all that its policy lays under and over the plan, within the time.

    Raises:
        DevolveError: as `studies.solving.solve`.
    """
    started, control = datetime.now(UTC), Control(time_limit, stop)
    found = foundations(scenario, control, THREADS)
    limit = time_for_plan(control.left if found else control.time_limit, scenario.policy)
    plan = solve(
        scenario, gap=gap, threads=THREADS, control=Control(limit, stop), teams_sited=True, report=report
    )  # fmt: skip
    return Run(number, plan, (*found, *supplements(plan, control, THREADS)), started)


def written(run: Run, folder: Path, wanted: Language) -> Papers:
    """Write workbook, figures and report of a run in a folder, and return what they hold."""
    place = write_run(run.plan, folder / "run", run.started, run.added)
    drawn = {path.stem: path.read_bytes() for path in sorted((place / "figures").glob("*.png"))}
    return Papers(drawn, (place / PLAN_WORKBOOK).read_bytes(), report_html(place, wanted, run.plan).encode())
