"""A matrix as text that any other solver reads: MPS or LP, with the model's own names for rows and columns."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from devolve_opt.errors import SolverError
from devolve_opt.language import tr
from devolve_opt.solver.engine import CHILD
from devolve_opt.solver.matrix import Matrix

KINDS = ("mps", "lp")
"""The formats, by the ending of a file's name."""
LONGEST_NAME = 200
"""Characters of a name; readers of the LP format take 255."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_.,()]")


def model_text(matrix: Matrix, kind: str) -> bytes:
    """Return the matrix as a file of this format holds it, written by HiGHS in a process of its own.

    Sense, constant of the objective, bounds and whole numbers are kept: it is a maximisation (MPS says so in its
    section OBJSENSE, which some readers pass over; LP begins with `max`), and the constant stands in MPS as the
    objective's right side with its sign turned.

    Args:
        matrix: what to write.
        kind: `mps` (free form) or `lp`.

    Raises:
        SolverError: if HiGHS refuses the model, or its process dies.
    """
    columns = safe_names(variable.name for variable in matrix.variables)
    request = {"kind": kind, "columns": columns, "rows": safe_names(matrix.row_names)}
    arrays = {
        "costs": matrix.costs, "offset": matrix.offset, "integer": matrix.integer,
        "lower": matrix.lower, "upper": matrix.upper, "row_lower": matrix.row_lower, "row_upper": matrix.row_upper,
        "start": matrix.rows.indptr, "index": matrix.rows.indices, "value": matrix.rows.data,
    }  # fmt: skip
    fields = _asked_of_the_child(("load", arrays), ("write", request))
    if fields["model_status"] != "Written":
        raise SolverError(tr("the solver refused: {error}", error=fields["error"]))
    return bytes(fields["content"])


def safe_names(names: Iterable[str]) -> list[str]:
    """Return names that every format takes, each once: `taken[T001,P003]` becomes `taken(T001,P003)`.

    Brackets become parentheses, other characters that some format gives a meaning to become `_`; where two names are
    the same then (a row with two sides is two rows of one name), the later ones end in `.2`, `.3` and so on.
    """
    taken: dict[str, int] = {}
    made = []
    for name in names:
        safe = _UNSAFE.sub("_", name.replace("[", "(").replace("]", ")"))[:LONGEST_NAME]
        # A number, or what reads like one (1e5, e5), must not begin a name of the LP format.
        if re.match(r"[0-9.,()]|[eE][0-9]", safe) or not safe:
            safe = f"_{safe}"
        unique = safe
        while unique in taken:
            taken[safe] += 1
            unique = f"{safe}.{taken[safe]}"
        taken[unique] = 1
        made.append(unique)
    return made


def _asked_of_the_child(*messages: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the solver's process answers to these messages."""
    with subprocess.Popen(
        [sys.executable, "-P", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            for message in messages:
                pickle.dump(message, process.stdin, protocol=5)
            process.stdin.flush()
            name, fields = pickle.load(process.stdout)
            assert name == "result"
            return dict(fields)
        except (OSError, EOFError, pickle.UnpicklingError):
            raise SolverError(tr("the solver's process died while it wrote the model; try again")) from None
        finally:
            process.kill()
