"""The commands on what is uncertain about a finished run: `robust`, `sensitivity` and `discover`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devolve_opt.cli.common import (
    THREADS,
    Scheduler,
    Threads,
    Workers,
    app,
    err,
    out,
    read_plan,
    refuse_foreign_folder,
    say_results,
    tell_what_is_replaced,
)
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr

CaseFolder = Annotated[
    Path | None, typer.Option("--case", help="Folder of the case, if it is not where the run read it.")
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        help="A cap, a price or a factor on a column of data, such as guide_list_max=90:170, prices.choice_met or "
        "changes.cases=0.8:1.3 (a quarter down and up if no range is given); may be repeated. Every price if left out."
    ),
]
SolveLimit = Annotated[float, typer.Option(help="Seconds of wall time for each solve (0: no limit).", min=0)]


@app.command(cls=SpokenCommand)
def robust(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    futures: Annotated[int, typer.Option(help="Futures to draw.", min=1, max=10_000)] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 1,
    uncertain: Annotated[str, typer.Option(help="What may turn out otherwise, joined by commas.")] = (
        "cases,hours,votes,attrition"
    ),
    case_folder: CaseFolder = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each solve.", min=0, max=1)] = 0.002,
    time_limit: SolveLimit = 180.0,
    choose: Annotated[
        bool,
        typer.Option(
            "--choose", help="Also solve each future with every other's list: which to decide now (two-stage)."
        ),
    ] = False,
    hold_posts: Annotated[
        bool, typer.Option("--hold-posts", help="Hold on to posts with the lists; else they are decided anew.")
    ] = False,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-robust beside the run if left out.")
    ] = None,
    threads: Threads = THREADS,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Tell what holding on to a run's guide list loses where cases, hours, choices or attrition turn out otherwise.

    Each future is solved with the lists free and with the lists held. A stopped study goes on where it was.
    """
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.many import Hands
    from devolve_opt.studies.robust import robustness
    from devolve_opt.studies.two_stage import two_stage
    from devolve_opt.views.progress import Progress
    from devolve_opt.views.robust_folder import KEPT, robust_text, write_robustness
    from devolve_opt.views.two_stage_folder import two_stage_text, write_two_stage

    hands = Hands(workers, scheduler)
    target = out_folder or run.with_name(f"{run.resolve().name}-robust")
    refuse_foreign_folder(target, KEPT, tr("a study of robustness"))
    plan = read_plan(run, case_folder)
    names = [name.strip() for name in uncertain.split(",") if name.strip()]
    control = Control(None)
    with stop_on_interrupt(control.stop), Progress(err) as progress:
        found = robustness(
            plan, futures, seed, names, hold_posts=hold_posts, gap=gap, time_limit=time_limit or None, threads=threads,
            folder=target / KEPT, control=control, hands=hands,
            tell=lambda line: err.print(line, markup=False), report=progress.report,
        )  # fmt: skip
        write_robustness(found, target)
        lists = None
        if choose:
            lists = two_stage(
                found, gap=gap, time_limit=time_limit or None, threads=threads, folder=target / KEPT, control=control,
                hands=hands, tell=lambda line: err.print(line, markup=False), report=progress.report,
            )  # fmt: skip
            write_two_stage(lists, target)
    texts = [robust_text(found), *([] if lists is None else [two_stage_text(lists)])]
    _say(texts, target, found.finished and (lists is None or lists.finished))


@app.command(cls=SpokenCommand)
def sensitivity(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    vary: Vary = None,
    trajectories: Annotated[
        int, typer.Option(help="Paths; each takes a solve more than there are settings.", min=2, max=1000)
    ] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the paths.", min=0)] = 1,
    case_folder: CaseFolder = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each solve.", min=0, max=1)] = 0.005,
    time_limit: SolveLimit = 180.0,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-sensitivity beside the run if left out.")
    ] = None,
    threads: Threads = THREADS,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Tell which caps and prices a run's plan hangs on: all of them are moved, and what changes is told of each.

    A stopped study goes on where it was.
    """
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.many import Hands
    from devolve_opt.studies.sensitivity import sensitivity as study
    from devolve_opt.views.progress import Progress
    from devolve_opt.views.sensitivity_folder import KEPT, RECORD, sensitivity_text, write_sensitivity

    settings = _ranges(vary or [])
    hands = Hands(workers, scheduler)
    target = out_folder or run.with_name(f"{run.resolve().name}-sensitivity")
    refuse_foreign_folder(target, KEPT, tr("a study of sensitivity"))
    plan = read_plan(run, case_folder)
    control = Control(None)
    with stop_on_interrupt(control.stop), Progress(err) as progress:
        found = study(
            plan, settings, trajectories, seed, gap=gap, time_limit=time_limit or None, threads=threads,
            folder=target / KEPT, control=control, hands=hands, report=progress.report,
            tell=lambda line: err.print(line, markup=False),
        )  # fmt: skip
        tell_what_is_replaced(target / RECORD, {
            "settings": {name: list(ends) for name, ends in found.settings.items()}, "trajectories": trajectories,
            "seed": seed,
        })  # fmt: skip
        write_sensitivity(found, target)
    _say([sensitivity_text(found)], target, found.finished)


@app.command(cls=SpokenCommand)
def discover(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    vary: Vary = None,
    where: Annotated[
        str,
        typer.Option(
            help="What to look for: loses>0.01 (holding on to the run's lists is proven to lose more than 1 %), "
            "no_plan, or one of list_kept, powers_listed, rounds_met, take_ups, posts_moved_count, officers_trained "
            "with < or > and a number, such as rounds_met<1200."
        ),
    ] = "loses>0.01",
    points: Annotated[int, typer.Option(help="Points spread over the ranges.", min=1, max=100_000)] = 40,
    seed: Annotated[int, typer.Option(help="Seed of the points.", min=0)] = 1,
    case_folder: CaseFolder = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each solve.", min=0, max=1)] = 0.002,
    time_limit: SolveLimit = 180.0,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-discovery beside the run if left out.")
    ] = None,
    threads: Threads = THREADS,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Find where within ranges of caps, prices and data a run's list does not hold, or another condition does.

    Points are spread over the ranges and solved; ranges of few settings are found that hold the points looked for. A
    stopped study goes on where it was.
    """
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.discovery import discover as study
    from devolve_opt.studies.many import Hands
    from devolve_opt.views.discovery_folder import KEPT, RECORD, discovery_text, write_discovery
    from devolve_opt.views.progress import Progress

    settings = _ranges(vary or [])
    hands = Hands(workers, scheduler)
    target = out_folder or run.with_name(f"{run.resolve().name}-discovery")
    refuse_foreign_folder(target, KEPT, tr("a scenario discovery"))
    plan = read_plan(run, case_folder)
    control = Control(None)
    with stop_on_interrupt(control.stop), Progress(err) as progress:
        found = study(
            plan, settings, where, points, seed, gap=gap, time_limit=time_limit or None, threads=threads,
            folder=target / KEPT, control=control, hands=hands, report=progress.report,
            tell=lambda line: err.print(line, markup=False),
        )  # fmt: skip
        tell_what_is_replaced(target / RECORD, {
            "settings": {name: list(ends) for name, ends in found.settings.items()}, "where": str(found.condition),
            "wanted": points, "seed": seed,
        })  # fmt: skip
        write_discovery(found, target)
    _say([discovery_text(found)], target, found.finished)


def _say(texts: list[str], target: Path, finished: bool) -> None:
    """Print what a study found, where it is, and whether there is more to be done."""
    out.print("\n\n".join(text.rstrip("\n") for text in texts), markup=False)
    say_results(target)
    if not finished:
        err.print(tr("Not complete; the same command goes on from there."))


def _ranges(parts: list[str]) -> dict[str, tuple[float, float] | None]:
    """Read `a` and `b=low:high`."""
    found: dict[str, tuple[float, float] | None] = {}
    faults = []
    for part in parts:
        name, equals, ends = part.partition("=")
        if name.strip() in found:
            faults.append(Fault(tr("is given twice."), column="--vary", value=name.strip()))
        found[name.strip()] = None
        if not equals:
            continue
        try:
            low, high = map(float, ends.split(":"))
            found[name.strip()] = (low, high)
        except ValueError:
            message = tr("must be a setting, alone or with a range such as guide_list_max=90:170.")
            faults.append(Fault(message, column="--vary", value=part))
    if faults:
        raise InputError(faults)
    return found
