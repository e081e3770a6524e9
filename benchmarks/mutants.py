"""Mutants of the package: which there are, which are drawn, and which tests look at the line that one changes."""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

SETUP = "|setup"
"""What stands behind a test whose fixtures ran a line, and not the test itself."""
OPERATORS = re.compile(
    r"AddNot|Replace(True|False|And|Or|Break|Continue)With\w+|ExceptionReplacer|NumberReplacer|RemoveDecorator"
    r"|ZeroIterationForLoop|ReplaceUnaryOperator_(USub_UAdd|Delete_Not|Delete_Invert)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul|BitAnd_BitOr|BitOr_BitAnd)"
    r"|ReplaceComparisonOperator_(Is_IsNot|IsNot_Is|(Eq|NotEq|Lt|LtE|Gt|GtE)_(Eq|NotEq|Lt|LtE|Gt|GtE))"
)
"""The operators of Cosmic Ray that are used. The others (a sum into a shift, an order into an identity) break a program
so plainly that to find them says little of its tests."""


@dataclass(frozen=True)
class Mutant:
    """One change of one place: the `occurrence`-th that an operator of Cosmic Ray finds in a module."""

    module: str
    line: int
    operator: str
    occurrence: int

    @property
    def package(self) -> str:
        """Name of the package that the module is in."""
        return self.module.split("/")[-2]

    @property
    def name(self) -> str:
        """Name in files."""
        return f"{self.package}.{Path(self.module).stem}-{self.operator}-{self.occurrence}"

    def applied(self, text: str) -> str:
        """Return the text of the module with the change made."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        return str(mutate_code(text, get_operator(f"core/{self.operator}")(), self.occurrence))


def mutants_of(module: str, text: str) -> list[Mutant]:
    """Return every mutant of a module, without those of annotations, which nothing reads when it runs."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes, notes = list(ast_nodes(get_ast(text))), unread(text)
    found = []
    for name in operator_names():
        operator = name.removeprefix("core/")
        if not OPERATORS.fullmatch(operator):
            continue
        change: Any = get_operator(name)
        places = [start for node in nodes for start, _ in change().mutation_positions(node)]
        found += [
            Mutant(module, place[0], operator, occurrence)
            for occurrence, place in enumerate(places)
            if not any(start <= place < end for start, end in notes)
        ]
    return found


def unread(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return from where to where the annotations of a module reach, by line and column."""
    noted = [
        getattr(node, field, None) for node in ast.walk(ast.parse(text)) for field in ("annotation", "returns")
    ]  # fmt: skip
    return [
        ((note.lineno, note.col_offset), (note.end_lineno or note.lineno, note.end_col_offset or 0))
        for note in noted
        if isinstance(note, ast.expr)
    ]


def drawn(mutants: Mapping[str, list[Mutant]], sample: int, seed: int) -> list[Mutant]:
    """Draw a sample that holds of each module the same share; a larger one of the same seed begins with it.

    Args:
        mutants: those of each module.
        sample: how many are drawn; all, if there are fewer.
        seed: of the order within each module.
    """
    order = []
    for module, each in mutants.items():
        random = Random(f"{seed} {module}")
        begin = random.random()
        shuffled = random.sample(each, len(each))
        order += [((rank + begin) / len(each), module, mutant) for rank, mutant in enumerate(shuffled)]
    return [mutant for *_, mutant in sorted(order, key=lambda item: item[:2])[:sample]]


def tests_of(mutant: Mutant, text: str, covers: Iterable[Mapping[str, Any]], seconds: float) -> list[str]:
    """Return the tests that run the statement which a mutant changes, as many as there is time for, file by file.

    First come files that bear the name of the module or of its package, and of each file the quickest test, the next,
    and so on.
    A statement that runs only when the module is imported is looked at by the tests of what is around it. Tests of a
    file whose fixtures run the statement are all taken, since what was made there may be asserted anywhere.

    Args:
        mutant: what is changed.
        text: the module as it stands.
        covers: of each file of tests, who runs what (`covered`).
        seconds: about as long the tests may take, by the times that were measured; one is taken in any case.
    """
    times: dict[str, float] = {}
    for first, last in statements(text, mutant.line):
        for cover in covers:
            marks = {
                mark
                for line in range(first, last + 1)
                for mark in cover["lines"].get(mutant.module, {}).get(str(line), ())
            }
            names = {cover["marks"][mark] for mark in marks}
            whole = any(name.endswith(SETUP) for name in names)
            wanted = cover["times"] if whole else {name.rpartition("|")[0] for name in names}
            times |= {test: cover["times"][test] for test in wanted if test in cover["times"]}
        if times:
            break
    stem = Path(mutant.module).stem.strip("_")
    known = mutant.package if stem == "init" else stem
    by_file: dict[str, list[str]] = {}
    for test in sorted(times, key=lambda test: (times[test], test)):
        by_file.setdefault(test.partition("::")[0], []).append(test)
    far = {file: (known not in file, mutant.package not in file) for file in by_file}
    turns = [(far[file], turn, times[test], test) for file, tests in by_file.items() for turn, test in enumerate(tests)]
    until = accumulate(took for *_, took, _ in sorted(turns))
    chosen = {test for total, (*_, test) in zip(until, sorted(turns), strict=True) if total <= seconds}
    files = sorted(by_file, key=lambda file: (far[file], sum(times[test] for test in by_file[file])))
    return [test for file in files for test in by_file[file] if test in chosen] or [
        turn[-1] for turn in sorted(turns)[:1]
    ]


def statements(text: str, line: int) -> list[tuple[int, int]]:
    """Return the lines of the statements around a line, the narrowest first; of one with a body its head as well."""
    tree = ast.parse(text)
    spans = {(1, len(text.splitlines()))}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            spans.add((first, node.end_lineno or first))
            body = getattr(node, "body", None)
            if body:
                spans.add((first, max(first, body[0].lineno - 1)))
    return sorted((span for span in spans if span[0] <= line <= span[1]), key=lambda span: (span[1] - span[0], span))


def difference(mutant: Mutant, text: str) -> str:
    """Return what a mutant changes, as the lines that go and come."""
    lines = difflib.unified_diff(text.splitlines(), mutant.applied(text).splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def wilson(hits: int, tried: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score; everything is possible where nothing was tried."""
    if not tried:
        return 0.0, 1.0
    z = 1.959964
    share, square = hits / tried, z * z / tried
    middle, half = share + square / 2, z * math.sqrt(share * (1 - share) / tried + square / tried / 4)
    return (middle - half) / (1 + square), (middle + half) / (1 + square)
