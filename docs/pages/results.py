"""The page on result tables: what each table and column of a run says, from the docstrings and the catalogue."""

from __future__ import annotations

import ast
import inspect
import re

from devolve_opt.schema import Output, outputs, result_words
from devolve_opt.views import tables
from pages.docstrings import first_line

FORMATS = {"whole": "whole number", "number": "number", "share": "share", "": "words"}


def result_tables() -> dict[str, str]:
    """Return the docstring of every table of a run by its name, in the order in which they are written."""
    names = [
        node.id
        for node in ast.walk(ast.parse(inspect.getsource(tables.plan_tables)))
        if isinstance(node, ast.Name) and node.id != "plan_tables"
    ]
    found = {}
    for name in dict.fromkeys(names):
        function = getattr(tables, name, None)
        if inspect.isfunction(function) and "Returns:" in (inspect.getdoc(function) or ""):
            found[name] = inspect.getdoc(function) or ""
    return found


def columns_of(name: str, text: str) -> dict[str, Output]:
    """Return the columns that the docstring of a table names, with their headings."""
    known = outputs()
    found = {}
    told = re.sub(r" ?\([^()]*\)", "", text.partition("Returns:")[2])
    # Before a colon stand the columns; what stands after it are codes and words on them.
    heads = re.findall(r"(?:^ *- |; )((?:`\w+`(?:, | *))+):", told, flags=re.MULTILINE)
    for word in re.findall(r"`(\w+)`", " ".join(heads)):
        words = known.get((name, word)) or known.get(("", word))
        if words is not None:
            found[word] = words
    return found


def results_page() -> str:
    """Return the page as Markdown: every table with its columns, their headings and units, and the codes in them."""
    lines = []
    for name, text in result_tables().items():
        told = inspect.cleandoc(text.partition("Returns:")[2])
        lines += [f"## {name}", "", first_line(text).replace("Return ", "", 1).capitalize() + ".", "", told, ""]
        lines += ["| column | 中文 | English | unit | kind |", "|---|---|---|---|---|"]
        for column, words in columns_of(name, text).items():
            kind = FORMATS[words.format]
            lines.append(f"| `{column}` | {words.chinese} | {words.english} | {words.unit} | {kind} |")
        lines.append("")
    lines += ["## Figures told first", "", "In the report and in comparisons, by measure.", ""]
    lines += ["| measure | 中文 | English | unit | kind |", "|---|---|---|---|---|"]
    lines += [
        f"| `{column}` | {words.chinese} | {words.english} | {words.unit} | {FORMATS[words.format]} |"
        for (table, column), words in outputs().items()
        if table == "measures"
    ]
    lines += ["", "## Other columns", "", "Of tables that instruments add, and of every table (`synthetic`).", ""]
    lines += ["| column | 中文 | English | unit | kind |", "|---|---|---|---|---|"]
    shown = {column for name, text in result_tables().items() for column in columns_of(name, text)}
    lines += [
        f"| `{column}` | {words.chinese} | {words.english} | {words.unit} | {FORMATS[words.format]} |"
        for (table, column), words in outputs().items()
        if table != "measures" and column not in shown
    ]
    lines += ["", "## Codes", "", "| code | 中文 | English |", "|---|---|---|"]
    lines += [f"| `{code}` | {chinese} | {english} |" for code, (chinese, english) in result_words().items()]
    return "\n".join(lines)
