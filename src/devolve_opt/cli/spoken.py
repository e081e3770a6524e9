"""The language of the shell: `--lang` on every command, and help and usage errors in Chinese.

Typer and click write their own words in English only; in Chinese, help is laid out here, by the widths that Chinese
characters have, and usage errors are said again in the catalogue's words.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from inspect import cleandoc
from io import StringIO
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from devolve_opt.language import LANGUAGES, Language, language, set_language, tr

PAGE = 110
"""Columns of a help page at most."""

_UsageError: Any = typer.BadParameter.__base__

USAGE_ERRORS = {
    r"Missing command\.": "A command is missing.",
    r"Missing (?:argument|option|parameter) '?(?P<what>[^']+?)'?\.": "{what} is missing.",
    r"No such command '(?P<what>.*?)'\.(?: Did you mean (?P<near>.*)\?)?": "There is no command {what}.{near}",
    r"No such option: (?P<what>\S+?)\.?(?: Did you mean (?P<near>.*)\?)?": "There is no option {what}.{near}",
    r"No such option: (?P<what>\S+) \(Possible options: (?P<near>.*)\)": "There is no option {what}.{near}",
    r"Got unexpected extra argument(?:s|\(s\))? \((?P<what>.*)\)": "More was given than the command takes: {what}.",
    r"Option '(?P<what>.*)' requires (?:an argument|\d+ arguments)\.": "The option {what} needs a value.",
    r"Invalid value for '?(?P<what>[^']+?)'?: (?P<why>.*)": "{what} has no valid value: {why}",
    r"Input should be a valid integer.*": "a whole number is needed.",
    r"Input should be a valid number.*": "a number is needed.",
    r"Input should be greater than or equal to (?P<limit>.*)": "it must be at least {limit}.",
    r"Input should be less than or equal to (?P<limit>.*)": "it must be at most {limit}.",
    r".* is not a valid (?:int|integer)\.": "a whole number is needed.",
    r".* is not a valid (?:float|number)\.": "a number is needed.",
    r"(?P<value>.*) is not in the range (?P<range>.*)\.": "{value} is not within {range}.",
    r"(?:Value error, )?(?P<value>.*) is not one of (?P<range>.*)\.": "{value} is none of {range}.",
}  # fmt: skip
"""What click says of wrong arguments, and how it is said in the catalogue's English."""

_asked: list[Language] = []


def _listen(wanted: Language | None) -> Language | None:
    if wanted is not None:
        _asked[:] = [wanted]
        set_language(wanted)
    return wanted


_only_language = typer.Typer(add_completion=False)


@_only_language.command()
def _speak(
    lang: Annotated[
        Language | None,
        typer.Option("--lang", help="Language of what is said: `zh` or `en`.", expose_value=False, callback=_listen),
    ] = None,
) -> None:
    pass


_OPTION = typer.main.get_command(_only_language).params[0]


def adopt(wanted: str | None) -> None:
    """Speak the language that a policy or a run names, unless the command line named one."""
    if wanted in LANGUAGES and not _asked:
        set_language(wanted)


class SpokenCommand(TyperCommand):
    """A command with `--lang` and with help in the language spoken."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the command's own parameters, `--lang`, and `--help`."""
        own = super().get_params(ctx)
        return _with_language(own)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; the language is known first, wherever it stands, so that help speaks it too."""
        _overhear(args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        if language() == "zh":
            formatter.write(_page(self, ctx, {}))
        else:
            super().format_help(ctx, formatter)


class SpokenGroup(TyperGroup):
    """The program: its help lists the commands in the language spoken, and wrong usage is told in it."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the program's own parameters, `--lang`, and `--help`."""
        own = super().get_params(ctx)
        return _with_language(own)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Begin a command line: nobody has named a language yet."""
        _asked.clear()
        _overhear(args)
        with _told():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is asked for."""
        with _told():
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        if language() == "zh":
            commands = {name: self.commands[name] for name in self.list_commands(ctx)}
            formatter.write(_page(self, ctx, commands))
        else:
            super().format_help(ctx, formatter)


def help_texts(command: Any) -> Iterator[str]:
    """Yield every text that help shows of a command and of those within it, as the catalogue knows it."""
    yield from _paragraphs(command.help)
    yield from _paragraphs(command.epilog)
    for param in command.params:
        if param.help:
            yield param.help
    for inner in getattr(command, "commands", {}).values():
        yield from help_texts(inner)


def _with_language(params: list[Any]) -> list[Any]:
    return [*params[:-1], _OPTION, params[-1]]


def _overhear(args: list[str]) -> None:
    for place, word in enumerate(args):
        name, _, value = word.partition("=")
        value = value or "".join(args[place + 1 : place + 2])
        if name == "--lang" and value in LANGUAGES:
            _listen(value)


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def _page(command: Any, ctx: Any, commands: dict[str, Any]) -> str:
    """Return a help page in the language spoken, laid out by the widths of its characters."""
    page = StringIO()
    console = Console(file=page, width=min(PAGE, Console().width), highlight=False, color_system=None)
    usage = f"{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
    console.print(Text(tr("Usage: {usage}", usage=usage)))
    for paragraph in _paragraphs(command.help):
        console.print()
        console.print(Text(f"  {tr(paragraph)}"))
    rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for param in command.get_params(ctx):
        english, param.help = param.help, tr(param.help or "")
        try:
            record = param.get_help_record(ctx)
        finally:
            param.help = english
        if record is not None:
            rows[param.param_type_name].append((record[0], _said(record[1])))
    listed = [(name, tr(_paragraphs(each.help)[0])) for name, each in commands.items()]
    for heading, part in (
        (tr("Arguments:"), rows["argument"]), (tr("Options:"), rows["option"]), (tr("Commands:"), listed)
    ):  # fmt: skip
        if part:
            grid = Table.grid(padding=(0, 2), pad_edge=True)
            grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold")
            for cells in part:
                grid.add_row(*map(Text, cells))
            console.print()
            console.print(Text(heading))
            console.print(grid)
    for paragraph in _paragraphs(command.epilog):
        console.print()
        console.print(Text(f"  {tr(paragraph)}"))
    return "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines())


def _said(record: str) -> str:
    """Return a parameter's help with click's own words in the language spoken."""
    shown = record.replace("[default: ", f"[{tr('default')}: ").replace("; default: ", f"; {tr('default')}: ")
    shown = re.sub(r"\[required\]$", f"[{tr('required')}]", shown)
    return shown


@contextmanager
def _told() -> Iterator[None]:
    """Within this block, wrong usage is shown in the language spoken."""
    try:
        yield
    except _UsageError as error:
        if language() == "zh":
            error.show = partial(_show, error)
        raise


def _show(error: Any, file: Any = None) -> None:
    file = file or sys.stderr
    if error.ctx is not None:
        usage = " ".join(error.ctx.command.collect_usage_pieces(error.ctx))
        print(tr("Usage: {usage}", usage=f"{error.ctx.command_path} {usage}"), file=file)
        print(tr("`{command} --help` tells more.", command=error.ctx.command_path), file=file)
    print(tr("Error: {message}", message=usage_error(error.format_message())), file=file)


def usage_error(message: str) -> str:
    """Return what click says of wrong arguments in the language spoken; as it is where it is not known."""
    for pattern, english in USAGE_ERRORS.items():
        found = re.fullmatch(pattern, message)
        if found:
            named = found.groupdict()
            if "near" in named:
                named["near"] = tr(" Did you mean {near}?", near=named["near"]) if named["near"] else ""
            if "why" in named:
                named["why"] = usage_error(named["why"])
            return tr(english, **named)
    return message
