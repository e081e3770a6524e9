"""Docstrings of modules and functions, read from their source: in its order, as Markdown."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

SECTIONS = re.compile(r"^(Args|Returns|Raises|Attributes|Data|Yields):", re.MULTILINE)
ALONE = re.compile(r"^\$([^$]+)\$(\.?)$")


def tree_of(module: ModuleType) -> ast.Module:
    """Return the syntax of a module."""
    return ast.parse(inspect.getsource(module))


def functions_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Return the public functions of a module and their docstrings, in the order of the file."""
    for node in tree_of(module).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, ast.get_docstring(node) or ""


def rules_of(module: ModuleType, kind: str) -> list[str]:
    """Return the functions that a module hands to components of this kind, such as `Constraint`, as their `rule`."""
    found = []
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == kind:
            found += [
                word.value.id for word in node.keywords if word.arg == "rule" and isinstance(word.value, ast.Name)
            ]
    return list(dict.fromkeys(found))


def components_of(module: ModuleType, kind: str) -> dict[str, str]:
    """Return the components of this kind that a module puts on its model, and the domain that is written there."""
    found = {}
    for node in ast.walk(tree_of(module)):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        target, call = node.targets[0], node.value
        if isinstance(target, ast.Attribute) and isinstance(call.func, ast.Name) and call.func.id == kind:
            domains = [ast.unparse(word.value) for word in call.keywords if word.arg == "domain"]
            found[target.attr] = domains[0] if domains else ""
    return found


def first_line(text: str) -> str:
    """Return the first paragraph of a docstring in one line, without the full stop."""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split()).removesuffix(".")


def as_markdown(text: str, whole: bool = True) -> str:
    """Return a docstring as Markdown: formulas that stand by themselves set apart, unit and source on a line of theirs.

    Args:
        text: the docstring.
        whole: also what comes after the first paragraph; what is said of arguments never is.
    """
    told = SECTIONS.split(text)[0].strip()
    parts = told.split("\n\n") if whole else told.split("\n\n")[1:]
    return "\n\n".join(_paragraph(part) for part in parts)


def _paragraph(part: str) -> str:
    if part.lstrip().startswith("|"):
        return part
    text = " ".join(part.split())
    alone = ALONE.match(text)
    if alone:
        return f"$$\n{alone[1]}\n$$"
    head, mark, tail = _split_off(text)
    if mark:
        return f"{head}\n\n{_labelled(mark + tail)}".strip()
    return text


def _split_off(text: str) -> tuple[str, str, str]:
    found = re.search(r"(?:^|(?<=\s))(Unit|Source): ", text)
    return (text, "", "") if found is None else (text[: found.start()].strip(), found[0], text[found.end() :])


def _labelled(text: str) -> str:
    return re.sub(r"\b(Unit|Source): ", r"**\1:** ", text)
