"""The command that repeats a run: `rerun`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devolve_opt.cli.common import NO_PLAN, app, err, out, read_plan, say_results
from devolve_opt.cli.spoken import SpokenCommand


@app.command(cls=SpokenCommand)
def rerun(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    case_folder: Annotated[
        Path | None, typer.Option("--case", help="Folder of the case, if it is not where the run read it.")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-rerun beside the run if left out.")
    ] = None,
) -> None:
    """Solve a run once more as its manifest says, and tell whether the same plan came out.

    Policy, changes, method, gap, time limit and threads are those of the run, and its case must not have changed. Exit
    code 1 also where the two contradict each other.
    """
    from datetime import UTC, datetime

    from devolve_opt.studies.rerunning import rerun as solve_again
    from devolve_opt.views.progress import Progress
    from devolve_opt.views.rerun import rerun_text
    from devolve_opt.views.run_folder import earlier_files, write_run

    target = out_folder or run.with_name(f"{run.resolve().name}-rerun")
    earlier_files(target)
    started = datetime.now(UTC)
    before = read_plan(run, case_folder)
    with Progress(err) as progress:
        found = solve_again(before, run, progress.report)
    out.print(rerun_text(found).rstrip("\n"), markup=False)
    say_results(write_run(found.plan, target, started))
    if not found.agrees:
        raise typer.Exit(NO_PLAN)
