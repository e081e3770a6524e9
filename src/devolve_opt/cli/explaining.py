"""The commands that look at a finished run: `explain` and `choices`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
)
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr

if TYPE_CHECKING:
    from devolve_opt.case import Case


NEAR = 3
"""Townships and powers that are suggested at most."""


@app.command(cls=SpokenCommand)
def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOWNSHIP] [POWER]",
            help="By id or name. Both: why it takes the power or not. A power: its lists. A township: its posts and "
            "officers. Neither: who gets less than under the ratio rule, and why.",
        ),
    ] = None,
    case_folder: Annotated[
        Path | None, typer.Option("--case", help="Folder of the case, if it is not where the run read it.")
    ] = None,
    prove: Annotated[
        float,
        typer.Option(help="Seconds for proving what deciding otherwise costs at least on large cases (0: no).", min=0),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    out_file: Annotated[Path | None, typer.Option("--out", help="File to write the answer to as well.")] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw the answer, as FIGURE.png and FIGURE.svg; for a township, a power or both."),
    ] = None,
    threads: Threads = THREADS,
) -> None:
    """Tell why a township has a power or not, why a power is listed, who gets less; with solved what-ifs."""
    from devolve_opt.studies.explaining import explain as ask
    from devolve_opt.views.explanation import explanation_json, explanation_text
    from devolve_opt.views.files import write_bytes, write_figure, writing_to
    from devolve_opt.views.losers import losers, losers_text
    from devolve_opt.views.plots.explanation import explanation_figure

    plan = read_plan(run, case_folder)
    township, power = _sorted_out(ids or [], plan.scenario.case)
    if township is None and power is None:
        if figure is not None:
            message = tr("name a township, a power or both; of the losers there is a table only.")
            raise InputError([Fault(message, column="--figure")])
        text = losers(plan).to_json(orient="records", force_ascii=False, indent=1) if as_json else losers_text(plan)
    else:
        with err.status(tr("Solving it otherwise ... (Ctrl-C stops)")):
            found = ask(plan, township, power, prove or 60.0, threads, prove=prove > 0)
        text = explanation_json(found) if as_json else explanation_text(found)
        if figure is not None:
            stem = figure.with_suffix("") if figure.suffix in {".png", ".svg"} else figure
            with writing_to(figure):
                figure.parent.mkdir(parents=True, exist_ok=True)
                write_figure(stem, explanation_figure(found))
            err.print(tr("Figure: {stem}.png and .svg", stem=stem), markup=False)
    if out_file is not None:
        with writing_to(out_file):
            write_bytes(out_file, text.encode())
    out.print(text.rstrip("\n"), markup=False)


@app.command(cls=SpokenCommand)
def choices(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    case_folder: Annotated[
        Path | None, typer.Option("--case", help="Folder of the case, if it is not where the run read it.")
    ] = None,
    worth: Annotated[bool, typer.Option(help="Solve what each rule's list is worth.")] = True,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each solve.", min=0, max=1)] = 0.005,
    time_limit: Annotated[
        float, typer.Option(help="Seconds of wall time for each solve (0: no limit).", min=0)
    ] = 180.0,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; RUN-choices beside the run if left out.")
    ] = None,
    threads: Threads = THREADS,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Put a run's guide list beside the ratio rule's, PAV's, Phragmen's and equal shares': whose choices each lists."""
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.choice_rules import choice_rules
    from devolve_opt.studies.many import Hands
    from devolve_opt.views.choice_rules_folder import RECORD, choice_rules_text, write_choice_rules
    from devolve_opt.views.progress import Progress

    hands = Hands(workers, scheduler)
    target = out_folder or run.with_name(f"{run.resolve().name}-choices")
    refuse_foreign_folder(target, RECORD, tr("a comparison of choice rules"))
    plan = read_plan(run, case_folder)
    control = Control(None)
    with stop_on_interrupt(control.stop), Progress(err) as progress:
        found = choice_rules(
            plan, worth=worth, gap=gap, time_limit=time_limit or None, threads=threads, control=control,
            hands=hands, report=progress.report,
            tell=lambda rule: err.print(tr("The list of the rule {rule}: solved.", rule=rule), markup=False),
        )  # fmt: skip
    write_choice_rules(found, target)
    out.print(choice_rules_text(found).rstrip("\n"), markup=False)
    say_results(target)


def _sorted_out(ids: list[str], case: Case) -> tuple[str | None, str | None]:
    """Return which of the ids is the township and which the power, in whatever order they come."""
    townships, powers = case.tables["townships"].index, case.tables["powers"].index
    by_name = {
        str(table.at[one, "name"]): str(one)
        for table in (case.powers, case.townships) for one in table.index[~table["name"].duplicated(keep=False)]
    }  # fmt: skip
    ids = [each if each in townships or each in powers else by_name.get(each, each) for each in ids]
    found: dict[str, list[str]] = {"township": [], "power": []}
    faults = []
    for each in ids:
        # An id that is both means whichever has not been named yet.
        if each in townships and not (each in powers and found["township"]):
            found["township"].append(each)
        elif each in powers:
            found["power"].append(each)
        else:
            near = [f"{key} {name}" for name, key in by_name.items() if each and each in name][:NEAR]
            hint = tr(" Did you mean {near}?", near=tr(" or ").join(near)) if near else ""
            faults.append(Fault(tr("is neither a township nor a power of the case.") + hint, value=each))
    for kind, named in found.items():
        if len(named) > 1:
            one = tr("at most one township can be asked about.")
            message = one if kind == "township" else tr("at most one power can be asked about.")
            faults.append(Fault(message, column=kind, value=joined(named)))
    if faults:
        raise InputError(faults)
    return next(iter(found["township"]), None), next(iter(found["power"]), None)
