"""The search for a matrix of a case: what of it is a list, a township, a field."""

from __future__ import annotations

from collections.abc import Callable

from devolve_opt.case import Case
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.progress import Step
from devolve_opt.solver.strategy import Search


def search_of(
    case: Case,
    matrix: Matrix,
    control: Control,
    gap: float,
    threads: int,
    carried: Carried,
    report: Callable[[Step], None] = lambda step: None,
    whole: bool = False,
) -> Search:
    """Return the search for a matrix of a case: which columns are lists, and of which township and field each is.

    `whole`: the matrix has rows that are not of this package, so it goes to HiGHS whole.
    """
    return Search(
        matrix,
        control,
        lists=matrix.columns_of("base", "special", "listed"),
        gap=gap,
        threads=threads,
        places=None if whole else matrix.places(case.tables["townships"].index),
        fields=None if whole else matrix.numbered(_fields(case)),
        report=report,
        carried=carried,
    )


def _fields(case: Case) -> dict[str, int]:
    """Return a number for each field, and the same for each of its powers, by id."""
    field_of = case.tables["powers"]["field"]
    numbers = {field: number for number, field in enumerate(sorted(set(field_of)))}
    return numbers | {power: numbers[field] for power, field in field_of.items()}
