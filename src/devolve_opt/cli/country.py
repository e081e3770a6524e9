"""`run` on the scenario of a country: every city on Dask, with progress, kept as it goes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from devolve_opt.cli.common import NO_PLAN, err, out, refuse_foreign_folder, say_results
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.vocabulary import Method


def run_country(
    scenario: Path,
    out_folder: Path | None,
    gap: float,
    time_limit: float,
    threads: int,
    sample: int | None,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Solve a country, or a sample of its cities, and write what was found; what is done is kept in any case."""
    from devolve_opt.country import NOTICE, Country
    from devolve_opt.solver.engine import stop_on_interrupt
    from devolve_opt.studies.country import solve_country
    from devolve_opt.views.country import KEPT, SAMPLE, country_text, write_country

    target = out_folder or Path("runs") / scenario.stem
    refuse_foreign_folder(target, KEPT, tr("the run of a country"))
    country = Country.read(scenario)
    err.print(NOTICE, style="bold yellow")
    stop = threading.Event()
    columns = (TextColumn(tr("Solving cities")), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with stop_on_interrupt(stop.set), Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("")

        def tell(found: Mapping[str, Any]) -> None:
            progress.update(bar, completed=found["done"], total=found["asked"])
            if not found["kept"]:
                progress.console.print(_line(found), markup=False)

        plan = solve_country(
            country, gap, time_limit or None, threads, sample=sample, workers=workers, scheduler=scheduler,
            folder=target / KEPT, stop=stop, report=tell,
        )  # fmt: skip
    out.print(country_text(plan), markup=False)
    # A sample never takes the place of the whole; what is kept serves both.
    results = target if sample is None else target / SAMPLE
    say_results(write_country(plan, results))
    if not plan.complete:
        err.print(tr("Stopped before it was finished; what is done is kept, the same command goes on from there."))
    if not plan.complete or plan.solved.empty:
        raise typer.Exit(NO_PLAN)


def refuse_options(method: Method, given: Mapping[str, Any], of_country: bool) -> None:
    """Refuse options of `run` that the scenario at hand has no use for.

    Raises:
        InputError: naming each of them.
    """
    if of_country:
        faults = [Fault(tr("is not worked out for a country; leave it out."), column="--method", value=str(method))]
        faults = faults if method is not Method.OPTIMAL else []
    else:
        message = tr("is for the scenario of a country; leave it out.")
        faults = [
            Fault(message, column=f"--{name}", value=str(value)) for name, value in given.items() if value is not None
        ]
    if faults:
        raise InputError(faults)


def _line(found: Mapping[str, Any]) -> str:
    from devolve_opt.studies.kept import status_named

    posts = tr(" with {posts} posts of the pool", posts=found["posts"]) if found["posts"] else ""
    if found["bound_only"]:
        shown = tr("no bound") if found["bound"] is None else tr("at most {bound:,.0f}", bound=found["bound"])
    elif found["objective"] is None:
        shown = found["note"] or tr("no plan")
    else:
        gap = tr("not known") if found["gap"] is None else f"{found['gap']:.3%}"
        shown = tr("{value:,.0f} (gap {gap})", value=found["objective"], gap=gap)
    return tr(
        "{done} of {asked}: {name}{posts}: {status}, {shown}, {seconds:.0f} s",
        done=found["done"], asked=found["asked"], name=found["name"], posts=posts,
        status=status_named(found["status"]), shown=shown, seconds=found["seconds"],
    )  # fmt: skip
