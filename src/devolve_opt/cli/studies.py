"""Commands on single instruments: `posts`, `offices`, `teams`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devolve_opt.cli.common import ScenarioFile, app, err, out, read_scenario, refuse_foreign_folder


@app.command()
def posts(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-posts if left out.")
    ] = None,
) -> None:
    """Put the post formulas side by side: what each would give every township, without the model."""
    from devolve_opt.views.posts_folder import IN_SHORT, posts_text, write_posts

    target = out_folder or Path("runs") / f"{scenario.stem}-posts"
    refuse_foreign_folder(target, IN_SHORT, "a comparison of post formulas")
    wanted = read_scenario(scenario)
    out.print(posts_text(wanted), markup=False)
    write_posts(wanted, target)
    out.print(f"Results: {target}", markup=False)


@app.command()
def offices(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario> if left out.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds of wall time (0: no limit).", min=0)] = 180.0,
) -> None:
    """Merge functions into offices and centres under the caps, for each category or township, proven and audited."""
    from devolve_opt.studies.offices import organise
    from devolve_opt.views.offices import MANIFEST, office_text, write_offices

    target = out_folder or Path("runs") / scenario.stem
    refuse_foreign_folder(target, MANIFEST, "an office plan")
    wanted = read_scenario(scenario)
    with err.status("Arranging offices ..."):
        plan = organise(wanted, time_limit or None, report=lambda line: err.print(line, markup=False))
    out.print(office_text(plan), markup=False)
    out.print(f"Results: {write_offices(plan, target)}", markup=False)


@app.command()
def teams(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-teams if left out.")
    ] = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each county.", min=0, max=1)] = 0.0,
    time_limit: Annotated[float, typer.Option(help="Seconds of wall time (0: no limit).", min=0)] = 180.0,
    threads: Annotated[int, typer.Option(help="Threads for the solver.", min=1, max=256)] = 1,
) -> None:
    """Site the county's enforcement teams: which base, which townships, which hours; area teams beside one-to-one.

    The scenario's policy needs a table [policy.area_teams], its case the tables teams and travel.
    """
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.area_teams import compare_modes, site_teams
    from devolve_opt.views.teams_folder import RECORD, team_summary, write_teams

    target = out_folder or Path("runs") / f"{scenario.stem}-teams"
    refuse_foreign_folder(target, RECORD, "a team plan")
    wanted = read_scenario(scenario)
    control = Control(time_limit or None)
    with stop_on_interrupt(control.stop), err.status("Siting teams ... (Ctrl-C stops)"):
        plan = site_teams(wanted, gap=gap, threads=threads, control=control)
        modes = compare_modes(wanted, plan, gap, threads, control)
    out.print(team_summary(plan, modes), markup=False)
    out.print(f"Results: {write_teams(plan, modes, target)}", markup=False)
