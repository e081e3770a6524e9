"""What a page tells its reader to do: commands and what they answer, files to write, cells to fill in."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from devolve_opt.policy import Policy

FENCE = re.compile(r"^( *)```(\S+)?(?: (\S+))?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(rf"<!-- (?P<mark>edit|exit): (?P<of>\S+) -->|{FENCE.pattern}", re.MULTILINE | re.DOTALL)
POLICY_SHEET = "政策"


@dataclass
class Step:
    """One thing to do.

    Attributes:
        commands: of the shell, as lists of words.
        shown: lines of their answer that the page shows.
        exit: the code with which the last of them ends.
        file, text: a file to be written, and what stands in it.
        workbook, cells: a workbook and what to write into it: sheet, key or cell, value.
    """

    commands: list[list[str]]
    shown: list[str]
    exit: int = 0
    file: str = ""
    text: str = ""
    workbook: str = ""
    cells: tuple[tuple[str, str, str], ...] = ()


def steps(page: str) -> list[Step]:
    """Return what a page tells its reader to do, in order; commands are those in fences marked sh."""
    found: list[Step] = []
    code = 0
    for match in STEP.finditer(page):
        if match["mark"] == "exit":
            code = int(match["of"])
        elif match["mark"] == "edit":
            table = page[match.end() :].lstrip("\n").split("\n\n")[0].splitlines()[2:]
            cells = tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table)
            found.append(Step([], [], workbook=match["of"], cells=cells))  # type: ignore[arg-type]
        else:
            language, inside = match[4], match[6]
            if language == "sh":
                found.append(Step([shlex.split(line, comments=True) for line in inside.splitlines() if line], [], code))
                code = 0
            elif language == "text" and found:
                found[-1].shown += [line.strip() for line in inside.splitlines() if line.strip()]
            elif language == "{code-block}":
                name, _, text = inside.partition(":caption: ")[2].partition("\n\n")
                found.append(Step([], [], file=name.strip(), text=text))
    return found


def all_commands(page: str) -> list[list[str]]:
    """Return every command of this software in any fence of a page, run by tests or not."""
    lines = [line for match in FENCE.finditer(page) for line in match[4].splitlines()]
    words = [shlex.split(line, comments=True) for line in lines if line.strip().startswith("devolve-opt ")]
    return [each for each in words if not each[1].startswith("-")]


def policy_of(page: str) -> Policy:
    """Return the policy that the page has its reader write on the sheet of the policy."""
    keys = [cell[1:] for step in steps(page) for cell in step.cells if cell[0] == POLICY_SHEET]
    return Policy(**{key: float(value) if "." in value else int(value) for key, value in keys})
