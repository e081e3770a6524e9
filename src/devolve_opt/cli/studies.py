"""Commands on single instruments: `posts`, `offices`, `teams`, `phases`, `admit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devolve_opt.cli.common import (
    THREADS,
    HowMade,
    ScenarioFile,
    Threads,
    app,
    err,
    out,
    read_scenario,
    refuse_foreign_folder,
    say_results,
)
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.vocabulary import Method

if TYPE_CHECKING:
    from devolve_opt.scenario import Scenario


@app.command(cls=SpokenCommand)
def posts(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-posts if left out.")
    ] = None,
) -> None:
    """Put the post formulas side by side: what each would give every township, without the model."""
    from devolve_opt.views.posts_folder import IN_SHORT, posts_text, write_posts

    target = out_folder or Path("runs") / f"{scenario.stem}-posts"
    refuse_foreign_folder(target, IN_SHORT, tr("a comparison of post formulas"))
    wanted = read_scenario(scenario)
    out.print(posts_text(wanted), markup=False)
    write_posts(wanted, target)
    say_results(target)


@app.command(cls=SpokenCommand)
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
    refuse_foreign_folder(target, MANIFEST, tr("an office plan"))
    wanted = read_scenario(scenario)
    with err.status(tr("Arranging offices ...")):
        plan = organise(wanted, time_limit or None, report=lambda line: err.print(line, markup=False))
    out.print(office_text(plan), markup=False)
    say_results(write_offices(plan, target))


@app.command(cls=SpokenCommand)
def teams(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-teams if left out.")
    ] = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each county.", min=0, max=1)] = 0.0,
    time_limit: Annotated[float, typer.Option(help="Seconds of wall time (0: no limit).", min=0)] = 180.0,
    threads: Threads = 1,
) -> None:
    """Site the county's enforcement teams: which base, which townships, which hours; area teams beside one-to-one.

    The scenario's policy needs a table [policy.area_teams], its case the tables teams and travel.
    """
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.area_teams import compare_modes, site_teams
    from devolve_opt.views.teams_folder import RECORD, team_summary, write_teams

    target = out_folder or Path("runs") / f"{scenario.stem}-teams"
    refuse_foreign_folder(target, RECORD, tr("a team plan"))
    wanted = read_scenario(scenario)
    control = Control(time_limit or None)
    with stop_on_interrupt(control.stop), err.status(tr("Siting teams ... (Ctrl-C stops)")):
        plan = site_teams(wanted, gap=gap, threads=threads, control=control)
        modes = compare_modes(wanted, plan, gap, threads, control)
    out.print(team_summary(plan, modes), markup=False)
    say_results(write_teams(plan, modes, target))


@app.command(cls=SpokenCommand)
def phases(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-phases if left out.")
    ] = None,
    method: HowMade = Method.OPTIMAL,
    gap: Annotated[float, typer.Option(help="Relative gap to prove, of plan and batches.", min=0, max=1)] = 0.001,
    time_limit: Annotated[float, typer.Option(help="Seconds of wall time (0: no limit).", min=0)] = 180.0,
    threads: Threads = THREADS,
) -> None:
    """Hand a plan over in batches: solve the scenario, then decide which batch hands over what; write the batches only.

    The scenario's policy needs a table [policy.phases]; `run` writes the batches beside the plan's own results.
    """
    from devolve_opt.rules.phases import phase_settings
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.phases import phase
    from devolve_opt.studies.solving import solve
    from devolve_opt.views.phases import supplement_of
    from devolve_opt.views.progress import Progress
    from devolve_opt.views.supplement import plan_lines, write_supplement
    from devolve_opt.views.supplements import time_for_plan

    target = out_folder or Path("runs") / f"{scenario.stem}-phases"
    refuse_foreign_folder(target, "phases.json", tr("a phase plan"))
    wanted = read_scenario(scenario)
    phase_settings(wanted.policy)
    control = Control(time_limit or None)
    with stop_on_interrupt(control.stop):
        for_plan = Control(time_for_plan(control.time_limit, wanted.policy), control.event)
        with Progress(err) as progress:
            plan = solve(wanted, method, gap, threads=threads, control=for_plan, report=progress.report)
        err.print("\n".join(plan_lines(plan)), markup=False)
        with err.status(tr("Laying the batches ... (Ctrl-C stops)")):
            found = supplement_of(phase(wanted, plan.decisions, gap, threads=threads, control=control))
    out.print(found.text, markup=False)
    say_results(write_supplement(found, plan, target))


@app.command(cls=SpokenCommand)
def admit(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="Folder of a case, or a scenario file.")],
    duty: Annotated[Path, typer.Argument(metavar="DUTY", help="File of the proposed duty (TOML): name, hours, ...")],
    run: Annotated[
        Path | None, typer.Option("--run", help="Folder of a finished run: test against its plan instead of solving.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help="Scenario file whose policy and changes a case is solved under.")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<duty>-admission if left out.")
    ] = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove where the case is solved.", min=0, max=1)] = 0.001,
    time_limit: Annotated[
        float, typer.Option(help="Seconds for solving the case, and for the test (0: no limit).", min=0)
    ] = 180.0,
    threads: Threads = THREADS,
) -> None:
    """Test whether a new duty may be laid on townships: who carries it, what others would give up or need, who may not.

    The plan that it is tested against is solved first, or taken from a finished run; it stays as it is.
    """
    from devolve_opt.proposed_duty import read_duty
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.admission import admit as test_admission
    from devolve_opt.studies.runs import read_run
    from devolve_opt.studies.solving import solve
    from devolve_opt.views.admission import RECORD, admission_text, write_admission
    from devolve_opt.views.progress import Progress

    target = out_folder or Path("runs") / f"{duty.stem}-admission"
    refuse_foreign_folder(target, RECORD, tr("an admission test"))
    wanted = _asked_scenario(case, scenario, run)
    proposed = read_duty(duty, wanted.case)
    control = Control(time_limit or None)
    with stop_on_interrupt(control.stop):
        if run is not None:
            plan = read_run(run, wanted.case)
        else:
            with Progress(err) as progress:
                plan = solve(wanted, gap=gap, threads=threads, control=control, report=progress.report)
            control = Control(time_limit or None, control.event)
        with err.status(tr("Testing townships ... (Ctrl-C stops)")) as status:
            found = test_admission(plan, proposed, control=control, report=status.update)
        out.print(admission_text(found), markup=False)
        say_results(write_admission(found, target))


def _asked_scenario(case: Path, scenario: Path | None, run: Path | None) -> Scenario:
    """Return the case to test on and the policy to solve it under; they may not be named twice."""
    from devolve_opt.case import Case
    from devolve_opt.scenario import Scenario

    if scenario is not None and (run is not None or case.is_file()):
        with_run = tr("stands beside --run, which has its own policy; give one of them.")
        with_file = tr("stands beside a scenario file, which has its own policy; give one of them.")
        raise InputError([Fault(with_run if run is not None else with_file, column="--scenario")])
    if case.is_file():
        return read_scenario(case)
    with err.status(tr("Reading ...")):
        data = Case.read(case)
    if data.synthetic:
        err.print(data.notice, style="bold yellow")
    if scenario is None:
        return Scenario(data, title=tr("Default policy"))
    named = Scenario.read(scenario)
    return Scenario(data, named.policy, named.title, named.changes, str(scenario))
