"""Commands on cases: `check`, `template`, `synth`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from devolve_opt.cli.common import app, err, marking, out, refuse_foreign_folder, say_not_counted
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import chosen, tr

if TYPE_CHECKING:
    from devolve_opt.scenario import Scenario


class Size(StrEnum):
    """Sizes of synthetic cases."""

    CITY = "city"
    PILOT_DISTRICT = "pilot-district"
    PROVINCE = "province"
    HAND = "hand"


@app.command(cls=SpokenCommand)
def check(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="Folder of the case, such as models/city, or a workbook (.xlsx).")
    ],
) -> None:
    """Look over the data of a case: read every table, report every fault, show what is there and what law keeps out."""
    from devolve_opt.policy import Policy
    from devolve_opt.rules.legality import exclusions
    from devolve_opt.schema import schema
    from devolve_opt.views.wording import named

    with marking(case):
        scenario = _read(case)
    say_not_counted(scenario)
    found = scenario.case
    title = f"{found.title}   {found.notice}".rstrip()
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(tr("table"))
    table.add_column(tr("rows"), justify="right")
    table.add_column(tr("meaning"), overflow="fold")
    for name, rows in found.size().items():
        # As it is, because a policy's [table] would else be taken for a colour.
        table.add_row(chosen(schema()[name].chinese, name), f"{rows:,}", Text(tr(schema()[name].meaning)))
    out.print(table)
    kept_out = exclusions(found, scenario.policy)
    default = scenario.policy == Policy()
    heading = (
        tr("Powers kept out under the default policy") if default else tr("Powers kept out under the workbook's policy")
    )
    reasons = Table(title=heading, title_justify="left", title_style="bold")
    reasons.add_column(tr("rule"))
    reasons.add_column(tr("article"))
    reasons.add_column(chosen("事项数", "powers"), justify="right")  # as a unit, `powers` is something else
    for (rule, article), group in kept_out.groupby(["rule", "article"], sort=False):
        reasons.add_row(named(str(rule)), tr(str(article)), str(len(group)))
    out.print(reasons)
    out.print(
        tr(
            "{kept_out} of {powers} powers may not be handed down. No fault found.",
            kept_out=len(kept_out), powers=len(found.powers),
        )
    )  # fmt: skip


@app.command(cls=SpokenCommand)
def template(
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Workbook to write; it ends in .xlsx.")],
    case: Annotated[
        Path | None, typer.Option(help="Fill it with the data of this case instead of an example row in each sheet.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--replace", help="Replace the workbook that is there.")] = False,
) -> None:
    """Write a workbook to be filled in: a sheet a table, Chinese and English, with drop-downs, notes and examples."""
    from devolve_opt.reading.workbook import ENDING
    from devolve_opt.views.template import write_template

    if target.suffix.lower() != ENDING:
        raise InputError([Fault(tr("must end in {ending}.", ending=ENDING), column="OUT", value=str(target))])
    if target.exists() and not overwrite:
        raise InputError(
            [Fault(tr("is there already; name another file, or replace it with --replace."), file=str(target))]
        )
    with err.status(tr("Writing ...")):
        found = None if case is None else _read(case)
        write_template(target, *((found.case, found.policy) if found is not None else ()))
    out.print(tr("Workbook: {file}", file=target), markup=False)


@app.command(cls=SpokenCommand)
def synth(
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the case to.")],
    size: Annotated[Size, typer.Option(help="What to generate.")] = Size.CITY,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same case.", min=0)] = 2021,
    overwrite: Annotated[bool, typer.Option("--replace", help="Replace the synthetic case that is there.")] = False,
) -> None:
    """Write a synthetic case, calibrated to public figures; it says everywhere that it is synthetic."""
    from devolve_opt.synthetic import synthesise

    refuse_foreign_folder(target, "case.toml", tr("a case"))
    if (target / "case.toml").exists():
        if not overwrite:
            message = tr("holds a case; name another folder, or replace it with --replace.")
            raise InputError([Fault(message, file=str(target))])
        _refuse_real_case(target)
    with err.status(tr("Generating {size} ...", size=size.value)):
        case = synthesise(size.value, seed)
        case.write(target)
    counts = case.size()
    out.print(
        tr(
            "{folder}: {townships:,} townships, {powers:,} powers, seed {seed}. {notice}",
            folder=target, townships=counts["townships"], powers=counts["powers"], seed=seed, notice=case.notice,
        )
    )  # fmt: skip


def _read(path: Path) -> Scenario:
    """Read a case under the default policy, or a workbook under its own."""
    from devolve_opt.case import Case
    from devolve_opt.reading.workbook import ENDING
    from devolve_opt.scenario import Scenario

    return Scenario.read(path) if path.suffix.lower() == ENDING else Scenario(Case.read(path))


def _refuse_real_case(folder: Path) -> None:
    """Invented data never take the place of real ones."""
    from devolve_opt.case import Case

    if not Case.read(folder).synthetic:
        message = tr("holds a case with real data, which synthetic data must not replace; name another folder.")
        raise InputError([Fault(message, file=str(folder))])
