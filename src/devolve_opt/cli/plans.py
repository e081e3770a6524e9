"""Commands on plans: `run`, `report`, `compare`, `sweep`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from devolve_opt.cli.common import (
    MOST_VALUES,
    NO_PLAN,
    THREADS,
    HowMade,
    ScenarioFile,
    Scheduler,
    Workers,
    app,
    err,
    out,
    read_scenario,
    refuse_foreign_folder,
    say_missing_font,
    say_results,
)
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.language import chosen, joined, language, tr
from devolve_opt.schema import outputs
from devolve_opt.vocabulary import INSTRUMENT_TERMS, Method, label


@app.command(cls=SpokenCommand)
def run(
    scenario: ScenarioFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario> if left out.")
    ] = None,
    method: HowMade = Method.OPTIMAL,
    gap: Annotated[float, typer.Option(help="Relative gap to prove.", min=0, max=1)] = 0.001,
    time_limit: Annotated[
        float, typer.Option(help="Seconds of wall time (0: no limit); the best plan by then is kept.", min=0)
    ] = 180.0,
    threads: Annotated[
        int | None, typer.Option(help="Threads for the solver; of a country 1 for each city.", min=1, max=256)
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Country: solve only so many cities, of all sizes, and estimate the rest.", min=1)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Country: workers on this machine; as cores and memory allow.", min=1, max=1024)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Country: address of a Dask scheduler instead, such as tcp://host:8786.")
    ] = None,
    export_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the model to FILE (.mps or .lp) and stop: for other solvers to check. It is a maximisation; a "
            "reader that passes over the section OBJSENSE of MPS has to be told.",
        ),
    ] = None,
    export_votes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the choices as an election (.pb, PabuLib's format) to FILE and stop."),
    ] = None,
) -> None:
    """Solve a scenario: guide list, take-up, posts, officers, with proof, audit, tables and pictures.

    What the policy lays over the plan, such as the batches of [policy.phases], is worked out in the same time.

    Ctrl-C keeps the best plan so far and says how far it is proven; a second Ctrl-C gives it up.

    The scenario of a country solves each of its cities on Dask, gap and time limit being those of a city; a run that
    was stopped goes on where it was.
    """
    from datetime import UTC, datetime

    from devolve_opt.cli.country import refuse_options, run_country
    from devolve_opt.country import names_country
    from devolve_opt.election import ENDING
    from devolve_opt.reading.workbook import ENDING as WORKBOOK
    from devolve_opt.solver.engine import Control, stop_on_interrupt
    from devolve_opt.studies.solving import solve
    from devolve_opt.views.progress import Progress
    from devolve_opt.views.run_folder import earlier_files, write_run
    from devolve_opt.views.summary import summary
    from devolve_opt.views.supplements import foundations, supplements, time_for_plan

    if export_model is not None:
        _export(scenario, export_model)
    if export_votes is not None:
        _export_votes(scenario, export_votes)
    if export_model is not None or export_votes is not None:
        return
    started = datetime.now(UTC)
    of_country = scenario.suffix.lower() not in {ENDING, WORKBOOK} and names_country(scenario)
    refuse_options(method, {"sample": sample, "workers": workers, "scheduler": scheduler}, of_country)
    if of_country:
        run_country(scenario, out_folder, gap, time_limit, threads or 1, sample, workers, scheduler)
        return
    threads = threads or THREADS
    target = out_folder or Path("runs") / scenario.stem
    earlier_files(target)
    if out_folder is None:
        _refuse_run_of_another(target, scenario)
    wanted = read_scenario(scenario)
    control = Control(time_limit or None)
    with stop_on_interrupt(control.stop):
        found = foundations(wanted, control, threads)
        limit = round(control.left, 1) if found and control.time_limit is not None else control.time_limit
        for_plan = Control(time_for_plan(limit, wanted.policy), control.event)
        with Progress(err) as progress:
            plan = solve(
                wanted, method, gap, threads=threads, control=for_plan, teams_sited=True, report=progress.report
            )
        # Told before the writing, which a full disk may end.
        out.print(summary(plan), markup=False)
        for supplement in found:
            out.print(supplement.text, markup=False)
        for supplement in supplements(plan, control, threads):
            out.print(supplement.text, markup=False)
            found.append(supplement)
        with err.status(tr("Writing tables and pictures ...")):
            written = write_run(plan, target, started, found)
    if written != target:
        open_file = tr("{folder} could not be replaced because a file in it is open.", folder=target)
        err.print(open_file, style="bold yellow", markup=False)
    say_results(written)


def _export_votes(scenario: Path, target: Path) -> None:
    from devolve_opt.election import ENDING, election_text
    from devolve_opt.views.files import write_bytes, writing_to

    if target.suffix.lower() != ENDING:
        raise InputError(
            [Fault(tr("must end in {ending}.", ending=ENDING), column="--export-votes", value=str(target))]
        )
    text = election_text(read_scenario(scenario))
    with writing_to(target):
        write_bytes(target, text.encode())
    out.print(tr("Election: {file}", file=target), markup=False)


def _export(scenario: Path, file: Path) -> None:
    """Write a scenario's model for other solvers; nothing is solved."""
    from devolve_opt.views.model_file import model_kind, write_model

    model_kind(file)  # a wrong ending is told before the work
    wanted = read_scenario(scenario)
    with err.status(tr("Building and writing the model ...")):
        matrix = write_model(wanted, file)
    rows, columns = matrix.rows.shape
    told = tr(
        "Model: {file}; a maximisation, {columns:,} columns ({whole:,} whole), {rows:,} rows. Nothing was solved.",
        file=file, columns=columns, whole=int(matrix.integer.sum()), rows=rows,
    )  # fmt: skip
    out.print(told, markup=False)


@app.command(cls=SpokenCommand)
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File to write, .html or .pdf; RUN/report.html if left out.")
    ] = None,
) -> None:
    """Write a run as one page for an official, self-contained: decisions, reasons, winners and losers, uncertainty.

    A PDF is printed by a Chromium, Chrome or Edge that is installed.
    """
    from devolve_opt.views.report import write_pdf, write_report

    target = out_file or run / "report.html"
    if target.suffix.lower() not in {".html", ".pdf"}:
        raise InputError([Fault(tr("must end in .html or .pdf."), column="--out", value=str(target))])
    with err.status(tr("Writing ...")):
        if target.suffix.lower() == ".pdf":
            write_pdf(run, target, language())
        else:
            write_report(run, target, language())
    out.print(tr("Report: {file}", file=target), markup=False)
    say_missing_font()


@app.command(cls=SpokenCommand)
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders that `run` wrote.")],
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for lists, townships and what was asked otherwise, against the first run; with a figure.",
        ),
    ] = None,
    case_folder: Annotated[
        Path | None, typer.Option("--case", help="With --out: folder of the case, if it is not where the runs read it.")
    ] = None,
) -> None:
    """Put runs side by side; a plan is called better only where that is proven."""
    from devolve_opt.studies.comparing import UNITS
    from devolve_opt.studies.comparing import compare as compare_runs

    frame = compare_runs(runs)
    table = Table()
    table.add_column(tr("measure"), no_wrap=True)
    table.add_column(tr("unit"))
    for name in frame.columns:
        table.add_column(str(name), justify="right")
    for measure, row in frame.iterrows():
        if measure in INSTRUMENT_TERMS and not row.any():
            continue  # an instrument that is off in all of them
        name, measured_in = str(measure), UNITS.get(str(measure), "")
        table.add_row(_measure(name), tr(measured_in), *(_cell(name, value) for value in row))
    if any(frame.loc["synthetic"].astype(bool)):
        err.print(chosen("合成数据", "SYNTHETIC DATA (合成数据)"), style="bold yellow")
    out.print(table)
    if any(frame.loc["not_comparable_with"].astype(bool)):
        out.print(tr("Plans with other data or prices, or that break rules, are not ranked: see not_comparable_with."))
    if len(frame.columns) > 1 and not any(frame.loc["better_than"].astype(bool)):
        out.print(tr("None of these plans is proven better than another."))
    if out_folder is not None:
        _compare_in_full(runs, out_folder, case_folder)


def _compare_in_full(runs: list[Path], target: Path, case_folder: Path | None) -> None:
    from devolve_opt.studies.runs import case_of_run, read_run
    from devolve_opt.studies.side_by_side import side_by_side
    from devolve_opt.views.side_by_side_folder import RECORD, side_by_side_text, write_side_by_side

    refuse_foreign_folder(target, RECORD, tr("a comparison"))
    with err.status(tr("Reading the runs ...")):
        names = [run.name if [each.name for each in runs].count(run.name) == 1 else str(run) for run in runs]
        plans = {name: read_run(run, case_of_run(run, case_folder)) for name, run in zip(names, runs, strict=True)}
        found = side_by_side(plans)
        write_side_by_side(found, target)
    out.print(side_by_side_text(found), markup=False)
    say_results(target)


@app.command(cls=SpokenCommand)
def sweep(
    scenario: ScenarioFile,
    cap: Annotated[str, typer.Option(help="Cap and values: guide_list_max=90:170:20 or guide_list_max=90,130,170.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results; runs/<scenario>-sweep-<cap> if left out.")
    ] = None,
    gap: Annotated[float, typer.Option(help="Relative gap to prove at each value.", min=0, max=1)] = 0.005,
    time_limit: Annotated[float | None, typer.Option(help="Seconds for each value.", min=1)] = None,
    jobs: Annotated[
        int | None,
        typer.Option(help="Values solved at a time; one for every two cores, at most 2, if left out.", min=1, max=64),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Test a cap: solve the scenario at several values of it and draw value against cap, with each point's proof.

    The highest value comes first, then the others from the lowest on: what one solve finds serves the next, but not on
    Dask workers. A sweep that was stopped goes on where it was when the same command is given again.
    """
    from devolve_opt.policy import Policy
    from devolve_opt.studies.kept import status_named
    from devolve_opt.studies.many import Hands
    from devolve_opt.studies.sweeping import sweep as sweep_cap
    from devolve_opt.views.sweep_folder import sweep_text, write_sweep

    hands = Hands(workers, scheduler)
    if jobs is not None and not hands.here:
        message = tr("goes with solves on this machine; leave it out beside Dask workers.")
        raise InputError([Fault(message, column="--jobs", value=str(jobs))])
    name, values = _cap_values(cap, Policy.caps())
    asked = len(set(values))
    target = out_folder or Path("runs") / f"{scenario.stem}-sweep-{name}"
    refuse_foreign_folder(target, "points", tr("a sweep"))
    wanted = read_scenario(scenario)

    def tell(point: dict[str, Any]) -> None:
        shown = point["note"] or tr("no plan")
        if point["objective"] is not None:
            gap_left = math.inf if point["gap"] is None else point["gap"]
            shown = tr("{value:,.0f} (gap {gap:.3%})", value=point["objective"], gap=gap_left)
        took = tr("as kept") if point["kept"] else tr("{seconds:.0f} s", seconds=point["seconds"])
        told = tr(
            "{cap} = {value:g}: {status}, {worth}, {took}",
            cap=name, value=point["value"], status=status_named(point["status"]), worth=shown, took=took,
        )  # fmt: skip
        err.print(told, markup=False)

    with err.status(
        tr("Solving {n} values of {cap} ... (Ctrl-C stops; finished values are kept)", n=len(values), cap=name)
    ):
        frame = sweep_cap(wanted, name, values, gap, time_limit, jobs, target / "points", tell, hands=hands)
        if len(frame):
            write_sweep(frame, name, wanted, target, asked)
    if len(frame):
        out.print(sweep_text(frame, name, wanted, asked), markup=False)
    say_results(target)
    if len(frame) < asked:
        err.print(
            tr(
                "Stopped with {done} of {asked} values done; the same command goes on from there.",
                done=len(frame), asked=asked,
            )
        )  # fmt: skip
        raise typer.Exit(NO_PLAN)
    if frame["objective"].isna().all():
        raise typer.Exit(NO_PLAN)


def _cap_values(text: str, caps: tuple[str, ...]) -> tuple[str, list[float]]:
    """Split `name=90:170:20` or `name=90,130` into the name and the values, ends included."""
    name, _, numbers = text.partition("=")
    name = name.strip()
    if name not in caps:
        raise InputError(
            [
                Fault(
                    tr(
                        "is no numeric cap of the policy.{near} There are {caps}.",
                        near=did_you_mean(name, caps),
                        caps=joined(caps),
                    ),
                    column="--cap",
                    value=name,
                )
            ]
        )
    try:
        if ":" in numbers:
            first, last, step = (float(part) for part in numbers.split(":"))
            if not (step > 0 and first <= last and all(map(math.isfinite, (first, last, step)))):
                raise ValueError
            count = math.floor((last - first) / step + 1e-9) + 1
            if count > MOST_VALUES:
                message = tr(
                    "holds {count:,} values, at most {most:,} are solved; take a larger step.",
                    count=count, most=MOST_VALUES,
                )  # fmt: skip
                raise InputError([Fault(message, column="--cap", value=numbers)])
            return name, [round(first + step * number, 12) for number in range(count)]
        values = [float(part) for part in numbers.split(",")]
        if not all(map(math.isfinite, values)):
            raise ValueError
        return name, values
    except ValueError:
        message = tr("must be values such as 90,130,170, or a range first:last:step that rises, such as 90:170:20.")
        raise InputError([Fault(message, column="--cap", value=numbers)]) from None


def _refuse_run_of_another(folder: Path, scenario: Path) -> None:
    """Scenario files of the same name in different places do not replace one another's results unasked."""
    from devolve_opt.studies.manifest import read_manifest

    if not (folder / "manifest.json").exists():
        return
    before = str(read_manifest(folder).get("scenario_file") or "")
    if before and Path(before).resolve() != scenario.resolve():
        message = tr(
            "holds the run of another scenario file, {before}; name a folder of its own with --out.", before=before
        )
        raise InputError([Fault(message, file=str(folder))])


def _measure(name: str) -> str:
    """Return a measure as the comparison names it: its key, in Chinese its words."""
    found = outputs()
    words = found.get(("measures", name)) or found.get(("comparison", name))
    return chosen(words.chinese if words else label(name), name)


def _cell(measure: str, value: Any) -> str:
    """Return a figure as it stands in a table; a bound is never shown smaller than it is."""
    from devolve_opt.views.wording import named

    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if measure == "gap":
        return f"{value:.3%}"
    if measure == "bound":
        value = math.ceil(value - 1e-6)
    return f"{value:,.0f}" if isinstance(value, int | float) else named(str(value))
