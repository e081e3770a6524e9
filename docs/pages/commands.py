"""The reference of the shell, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from devolve_opt.cli import app
from devolve_opt.cli.common import EXIT_CODES
from devolve_opt.language import chosen, tr

KINDS = {
    int: ("整数", "a whole number"), float: ("数字", "a number"), Path: ("路径", "a path"), str: ("文字", "text"),
    bool: ("开关", "a switch"),
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """An argument or option of a command: its names, what may stand there, what stands there else, what it means."""

    names: tuple[str, ...]
    argument: bool
    values: str
    default: str
    meaning: str
    needed: bool


def commands() -> dict[str, Callable[..., Any]]:
    """Return the function of every command of the shell, by its name."""
    found = {}
    for command in app.registered_commands:
        assert command.callback is not None
        found[command.name or command.callback.__name__.replace("_", "-")] = command.callback
    return dict(sorted(found.items()))


def words_of(command: Callable[..., Any]) -> list[Word]:
    """Return the arguments and options of a command, in their order."""
    hints = get_type_hints(command, include_extras=True)
    return [_word(name, hints[name], given.default) for name, given in inspect.signature(command).parameters.items()]


def _word(name: str, hint: Any, default: Any) -> Word:
    assert get_origin(hint) is Annotated, f"{name}: an argument without a word on what it means"
    kind, info = get_args(hint)
    kind, several = _bare(kind)
    needed = default is inspect.Parameter.empty
    shown = "" if needed or default in (None, (), [], "") else f"`{getattr(default, 'value', default)}`"
    if isinstance(info, ArgumentInfo):
        names: tuple[str, ...] = (info.metavar or name.upper(),)
        need = chosen("必填", "required") if needed else chosen("可选", "optional")
        return Word(names, True, need, shown, info.help or "", needed)
    assert isinstance(info, OptionInfo)
    # Within `Annotated` typer takes what stands first for a name, not for a default.
    names = tuple(word for word in (info.default, *(info.param_decls or ())) if isinstance(word, str))
    plain = f"--{name.replace('_', '-')}"
    if kind is bool:
        names = names or (plain, plain.replace("--", "--no-", 1))
        shown = chosen("开", "on") if default else chosen("关", "off")
    names = names or (plain,)
    values = _values(kind, info) + (chosen("，可多次给出", ", may be given again") if several else "")
    values += chosen("，必填", ", required") if needed else ""
    return Word(names, False, values, shown, info.help or "", needed)


def _bare(kind: Any) -> tuple[Any, bool]:
    """Return a type without `| None` and `list[...]` around it, and whether there may be several of it."""
    several = False
    while get_origin(kind) not in (None, Literal):
        several = several or get_origin(kind) is list
        kind = next(part for part in get_args(kind) if part is not NoneType)
    return kind, several


def _values(kind: Any, info: OptionInfo) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{word.value}`" for word in kind)
    shown = chosen(*KINDS[kind])
    if info.min is not None and info.max is not None:
        return chosen(f"{shown}，{info.min:g} 至 {info.max:g}", f"{shown}, {info.min:g} to {info.max:g}")
    return shown if info.min is None else chosen(f"{shown}，至少 {info.min:g}", f"{shown}, at least {info.min:g}")


def shared() -> dict[str, str]:
    """Return the meaning of every option of the program itself, by its names; `--lang` goes with every command too."""
    program = typer.main.get_command(app)
    given = program.get_params(typer.Context(program))
    return {", ".join(f"`{name}`" for name in option.opts): getattr(option, "help", None) or "" for option in given}


def commands_page() -> str:
    """Return the reference as Markdown: every command with its arguments, options, defaults and meanings."""
    lines = [_plain(tr(EXIT_CODES)), "", "## devolve-opt", ""]
    lines += [chosen("| 选项 | 含义 |", "| option | meaning |"), "|---|---|"]
    lines += [f"| {names} | {_plain(tr(meaning))} |" for names, meaning in shared().items()]
    for name, command in commands().items():
        words = words_of(command)
        arguments = [
            word.names[0].strip("[]") if word.needed else f"[{word.names[0].strip('[]')}]"
            for word in words
            if word.argument
        ]
        usage = " ".join(["devolve-opt", name, *arguments, "[OPTIONS]"])
        lines += ["", f"## {name}", "", f"```text\n{usage}\n```", "", _paragraphs(inspect.getdoc(command) or ""), ""]
        head = ("| 参数或选项 | 取值 | 默认 | 含义 |", "| argument or option | value | default | meaning |")
        lines += [chosen(*head), "|---|---|---|---|"]
        for word in words:
            shown = ", ".join(f"`{each}`" for each in word.names)
            lines.append(f"| {shown} | {word.values} | {word.default} | {_plain(tr(word.meaning))} |")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a text of the shell for a cell of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("[", "\\[").replace("<", "&lt;")


def _paragraphs(text: str) -> str:
    return "\n\n".join(_plain(tr(" ".join(part.split()))) for part in text.strip().split("\n\n"))
