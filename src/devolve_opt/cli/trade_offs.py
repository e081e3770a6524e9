"""Commands on what else there is beside the best plan: `frontier`, `alternatives`, `even`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from devolve_opt.cli.common import (
    THREADS,
    ScenarioFile,
    Scheduler,
    Threads,
    Workers,
    app,
    err,
    out,
    read_plan,
    read_scenario,
    refuse_foreign_folder,
    say_results,
    tell_what_is_replaced,
)
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr


@app.command(cls=SpokenCommand)
def frontier(
    scenario: ScenarioFile,
    goals: Annotated[
        str,
        typer.Option(help="2 to 4 terms of the objective, such as posts_moved,choices_met; `rest`: all the others."),
    ],
    spacing: Annotated[
        str, typer.Option(help="By how much values of a goal differ at least: posts_moved=150,rest=500 (staff-hours).")
    ] = "",
    gap: Annotated[
        float | None,
        typer.Option(
            help="Relative gap to prove at each point; exact if left out, 0.002 for large cases.", min=0, max=1
        ),
    ] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds for each solve.", min=1)] = None,
    threads: Threads = THREADS,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-frontier-<goals> if left out.")
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Trade goals off: every plan that none beats in one goal without losing in another, each with its proof.

    A front that was stopped goes on where it was when the same command is given again.
    """
    from devolve_opt.studies.frontier import frontier as front
    from devolve_opt.studies.kept import status_named
    from devolve_opt.studies.many import Hands
    from devolve_opt.views.frontier_folder import POINTS, frontier_text, write_frontier

    names = [name.strip() for name in goals.split(",") if name.strip()]
    target = out_folder or Path("runs") / f"{scenario.stem}-frontier-{'-'.join(names)}"
    amounts, hands = _amounts(spacing), Hands(workers, scheduler)
    refuse_foreign_folder(target, POINTS, tr("a trade-off front"))
    wanted = read_scenario(scenario)
    found = 0

    def tell(point: dict[str, Any]) -> None:
        nonlocal found
        found += 1
        values = joined(f"{name} {point[name]:,.0f}" for name in names)
        told = tr(
            "plan {n}: {values}: {status}, {seconds:.1f} s",
            n=found, values=values, status=status_named(point["status"]), seconds=point["seconds"],
        )  # fmt: skip
        err.print(told, markup=False)

    with err.status(tr("Searching the front ... (Ctrl-C stops; finished points are kept)")):
        result = front(wanted, names, amounts, gap, time_limit, threads, target / POINTS, hands=hands, report=tell)
        write_frontier(result, target)
    out.print(frontier_text(result), markup=False)
    say_results(target)
    if not result.open.empty:
        err.print(tr("Not complete; the same command goes on from there."))


@app.command(cls=SpokenCommand)
def alternatives(
    scenario: ScenarioFile,
    tolerance: Annotated[
        float, typer.Option(help="How much less than the best plan a good one may be worth, as a share.", min=0, max=1)
    ] = 0.01,
    plans: Annotated[int, typer.Option(help="Most different plans to name.", min=1, max=100)] = 4,
    gap: Annotated[float, typer.Option(help="Relative gap to prove of the best plan.", min=0, max=1)] = 0.001,
    time_limit: Annotated[
        float,
        typer.Option(help="Seconds for the whole of it (0: no limit); what is not decided by then is open.", min=0),
    ] = 900.0,
    threads: Threads = THREADS,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-alternatives if left out.")
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Tell which powers every good guide list holds, which none, which may come and go; proven power by power.

    What was stopped goes on where it was when the same command is given again.
    """
    from devolve_opt.studies.alternatives import alternatives as find
    from devolve_opt.studies.many import Hands
    from devolve_opt.views.alternatives_folder import KEPT, alternatives_text, write_alternatives

    hands = Hands(workers, scheduler)
    target = out_folder or Path("runs") / f"{scenario.stem}-alternatives"
    refuse_foreign_folder(target, KEPT, tr("a folder of alternatives"))
    wanted = read_scenario(scenario)
    stages: set[str] = set()

    def tell(line: str) -> None:
        status.update(escape(line))
        stage = line.split(" ", 1)[0]
        if stage not in stages and not err.is_terminal:
            err.print(line, markup=False)
        stages.add(stage)

    with err.status(tr("Solving ... (Ctrl-C stops; what is known then is written)")) as status:
        limit = time_limit or None
        found = find(wanted, tolerance, gap, limit, plans, threads, folder=target / KEPT, hands=hands, report=tell)
        write_alternatives(found, target)
    out.print(alternatives_text(found), markup=False)
    say_results(target)
    if not found.finished:
        err.print(tr("Not complete; the same command goes on from there."))


@app.command(cls=SpokenCommand)
def even(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    of: Annotated[str, typer.Option(help="What to be even in: load, posts or choices.")] = "load",
    within: Annotated[
        float, typer.Option(help="How much of the run's worth may be lost, as a share.", min=0, max=1)
    ] = 0.01,
    step: Annotated[
        float | None,
        typer.Option(help="How far levels lie apart, as a share; 0.02, of choices 0.05.", min=0.001, max=1),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(help="The last level, as a share; told in the README where it is left out.", min=0, max=10),
    ] = None,
    case_folder: Annotated[
        Path | None, typer.Option("--case", help="Folder of the case, if it is not where the run read it.")
    ] = None,
    gap: Annotated[
        float,
        typer.Option(help="To which part of what is beyond a level the least is proven.", min=0, max=1),
    ] = 0.01,
    time_limit: Annotated[
        float, typer.Option(help="Seconds of wall time for each solve (0: no limit).", min=0)
    ] = 180.0,
    threads: Threads = THREADS,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-even-load and so on if left out.")
    ] = None,
) -> None:
    """Find the most even of the plans that are worth nearly as much: in load, posts or choices met.

    As little as can be is beyond the worst level, then beyond the next, and so on (leximin on levels). What was stopped
    goes on where it was when the same command is given again.
    """
    from datetime import UTC, datetime

    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.even_plans import even_plan
    from devolve_opt.views.even_folder import KEPT, RECORD, asked_of, even_text, write_even
    from devolve_opt.views.progress import Progress

    target = out_folder or run.with_name(f"{run.resolve().name}-even-{of}")
    refuse_foreign_folder(target, KEPT, tr("an even plan"))
    started, plan = datetime.now(UTC), read_plan(run, case_folder)
    control = Control(None)
    with stop_on_interrupt(control.stop), Progress(err) as progress:
        found = even_plan(
            plan, of, within, step, until, gap=gap, time_limit=time_limit or None, threads=threads,
            folder=target / KEPT, control=control, tell=lambda line: err.print(line, markup=False),
            report=progress.report,
        )  # fmt: skip
    tell_what_is_replaced(target / RECORD, asked_of(found))
    write_even(found, target, started)
    out.print(even_text(found).rstrip("\n"), markup=False)
    say_results(target)
    if not found.finished:
        err.print(tr("Not complete; the same command goes on from there."))


def _amounts(text: str) -> dict[str, float]:
    """Read `a=1,b=2`."""
    amounts: dict[str, float] = {}
    faults = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = part.partition("=")
        try:
            amounts[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            faults.append(Fault(tr("must be goal=number, such as posts_moved=150."), column="--spacing", value=part))
    if faults:
        raise InputError(faults)
    return amounts
