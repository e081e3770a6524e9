"""What all commands share: consoles, exit codes, options, and the refusal to write where something else stands."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from devolve_opt.cli.spoken import SpokenGroup, adopt
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.version import __version__
from devolve_opt.vocabulary import Method

if TYPE_CHECKING:
    from devolve_opt.plan import Plan
    from devolve_opt.scenario import Scenario

DONE, NO_PLAN, BAD_INPUT = 0, 1, 2
MOST_VALUES = 1_000
"""Values of a cap that one sweep solves at most."""
CTRL_C = 130
"""What typer makes of Ctrl-C, by the custom of Unix shells."""
EXIT_CODES = "Exit codes: 0 done; 1 no plan (none exists, none found in time, or the run failed); 2 bad input."

app = typer.Typer(
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Which county powers each township takes, with which posts and officers: chosen by a model, proven, audited.",
    epilog=EXIT_CODES,
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="Scenario file (TOML), a workbook (.xlsx), or an election (.pb).")
]
HowMade = Annotated[Method, typer.Option(help="`optimal`, or `ratio` for the report's own practice.")]
Threads = Annotated[int, typer.Option(help="Threads for the solver.", min=1, max=256)]
THREADS = min(2, os.cpu_count() or 1)
"""Threads unless told otherwise: HiGHS gains little from more."""
Workers = Annotated[
    int | None, typer.Option(help="Dask workers on this machine; one solve after the other if left out.", min=1)
]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://host:8786.")]


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"devolve-opt {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def read_scenario(path: Path) -> Scenario:
    """Read a scenario, and say where its data are invented."""
    from devolve_opt.election import ENDING, read_election
    from devolve_opt.scenario import Scenario

    with err.status(tr("Reading ...")), marking(path):
        scenario = read_election(path) if path.suffix.lower() == ENDING else Scenario.read(path)
    adopt(scenario.policy.language)
    if scenario.case.synthetic:
        err.print(scenario.case.notice, style="bold yellow")
    say_not_counted(scenario)
    return scenario


def say_not_counted(scenario: Scenario) -> None:
    """Tell of rows of the case that the policy leaves out, and of doubtful units, before the work."""
    from devolve_opt.views.notices import guide_rows_not_counted, unit_notices

    for line in [*guide_rows_not_counted(scenario), *unit_notices(scenario.data)]:
        err.print(line, style="bold yellow", markup=False)


def read_plan(run: Path, case_folder: Path | None) -> Plan:
    """Read the plan of a run, and say where its data are invented."""
    from devolve_opt.studies.runs import case_of_run, read_run

    with err.status(tr("Reading ...")):
        plan = read_run(run, case_of_run(run, case_folder))
    adopt(plan.scenario.policy.language)
    if plan.scenario.case.synthetic:
        err.print(plan.scenario.case.notice, style="bold yellow")
    return plan


@contextmanager
def marking(path: Path) -> Iterator[None]:
    """Within this block, what is wrong with a workbook is marked in a copy of it as well."""
    try:
        yield
    except InputError as error:
        from devolve_opt.views.marked import marked_if_it_can_be

        copy = marked_if_it_can_be(path, error.faults)
        if copy is not None:
            err.print(tr("A copy with the bad cells marked: {copy}", copy=copy), markup=False)
        raise


def say_results(folder: Path) -> None:
    """Say where the results are, and what the figures among them lack."""
    out.print(tr("Results: {folder}", folder=folder), markup=False)
    say_missing_font()


def say_missing_font() -> None:
    """Say why figures that were drawn are not in Chinese, if that was asked for."""
    from devolve_opt.views.fonts import missing_font

    if told := missing_font():
        err.print(told, style="bold yellow", markup=False)


def refuse_foreign_folder(folder: Path, sign: str, what: str) -> None:
    """Tell before the work, not after it, that the results have nowhere to go."""
    if folder.exists() and not (folder / sign).exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = tr("exists and is not {what}; name another place with --out, or remove it.", what=what)
        raise InputError([Fault(message, file=str(folder))])


def speak_utf8() -> None:
    """Write UTF-8 to the streams of this process: Windows consoles default to a code page."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def tell_what_is_replaced(record: Path, asked: Mapping[str, object]) -> None:
    """Tell of an earlier study in the same folder that asked for something else."""
    try:
        earlier = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    other = [key for key, value in asked.items() if isinstance(earlier, dict) and earlier.get(key) != value]
    if other:
        message = tr(
            "Replaces an earlier study in {folder}: it asked for something else ({keys}).",
            folder=record.parent, keys=", ".join(other),
        )  # fmt: skip
        err.print(message, markup=False)
