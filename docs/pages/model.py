"""The pages on the model: its symbols, and every rule with its formula, unit and source, from their docstrings."""

from __future__ import annotations

import csv
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

from devolve_opt import formulation
from devolve_opt.formulation.model import CONTENTS
from pages.docstrings import as_markdown, components_of, first_line, functions_of, rules_of

HERE = Path(__file__).parent
APART = ("offices", "area_teams", "siting", "phases", "even_lists", "proportional_lists", "levels")
"""Modules of models of their own, and of what studies lay over the main one."""
PARTS = tuple(import_module(name) for name in dict.fromkeys(add.__module__ for add in CONTENTS))
"""Modules of the main model, each where the first of its parts is built."""
DOMAINS = {
    "Binary": "0 or 1", "NonNegativeReals": "at least 0", "NonNegativeIntegers": "whole, at least 0",
    "Reals": "any number", "UnitInterval": "0 to 1", "": "any number",
}  # fmt: skip
KINDS = ("Set", "Var", "Expression")


def symbols() -> list[dict[str, str]]:
    """Return what the table of symbols says that no code does: columns `name, index, meaning`."""
    with (HERE / "symbols.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def signs() -> dict[str, tuple[str, str]]:
    """Return sign and unit of every name in the tables of variables of the formulation's docstrings."""
    found: dict[str, tuple[str, str]] = {}
    for module in (formulation, *PARTS):
        for line in (module.__doc__ or "").splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("|") and len(cells) == 3:
                shown, names = re.findall(r"\$[^$]+\$", cells[0]), re.findall(r"`(\w+)`", cells[1])
                if len(shown) == len(names):
                    found |= {name: (sign, cells[2]) for sign, name in zip(shown, names, strict=True)}
    return found


def components() -> dict[str, tuple[str, str]]:
    """Return kind and domain of every set, variable and sum of the main model, in its order."""
    return {
        name: (kind, domain)
        for module in PARTS
        for kind in KINDS
        for name, domain in components_of(module, kind).items()
    }


def symbols_page() -> str:
    """Return the tables of symbols as Markdown."""
    told, known = {row["name"]: row for row in symbols()}, signs()
    lines = ["| name | sign | index | kind | values | unit | meaning |", "|---|---|---|---|---|---|---|"]
    words = {"Set": "set", "Var": "decision", "Expression": "sum"}
    for name, (kind, domain) in components().items():
        row = told[name]
        sign, unit = known.get(name, (row["sign"], row["unit"]))
        values = DOMAINS[domain] if kind == "Var" else ""
        unit = "" if unit == DOMAINS["Binary"] else unit
        lines.append(f"| `{name}` | {sign} | {row['index']} | {words[kind]} | {values} | {unit} | {row['meaning']} |")
    doc = formulation.__doc__ or ""
    indices = next(part for part in doc.split("\n\n") if part.startswith("Indices:"))
    numbers = next(part for part in doc.split("\n\n") if part.startswith("| number"))
    return "\n".join(
        [" ".join(indices.split()), "", "## Sets, decisions and sums", "", *lines, "", "## Numbers", "", numbers]
    )


def rules_page() -> str:
    """Return the rules of the main model as Markdown, in the order in which it is built."""
    return "\n\n".join(_section(module, number) for number, module in enumerate(PARTS, start=1))


def apart_page() -> str:
    """Return the models that stand apart as Markdown."""
    return "\n\n".join(_section(import_module(f"devolve_opt.formulation.{name}")) for name in APART)


def _section(module: ModuleType, number: int | None = None) -> str:
    doc = module.__doc__ or ""
    title = first_line(doc)
    lines = [f"## {title}" if number is None else f"## {number}. {title}", ""]
    rest = as_markdown(doc, whole=False)
    lines += [rest, ""] if rest else []
    constraints, sums = rules_of(module, "Constraint"), rules_of(module, "Expression")
    terms = module.__name__.endswith(".objective")
    for name, text in functions_of(module):
        helper = name.startswith(("add_", "build_", "set_", "read_"))
        if name in constraints or name in sums or ("$" in text and not helper):
            kind = "Constraint" if name in constraints else "Term of the objective" if terms else "Sum"
            lines += [f"### {name}", "", f"*{kind}.* {as_markdown(text)}", ""]
    return "\n".join(lines)
