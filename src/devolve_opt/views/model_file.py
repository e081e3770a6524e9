"""The model of a scenario as a file, so that any other solver can check what is claimed here."""

from __future__ import annotations

from pathlib import Path

from devolve_opt.errors import Fault, InputError
from devolve_opt.formulation import build_model
from devolve_opt.language import tr
from devolve_opt.scenario import Scenario
from devolve_opt.solver.matrix import Matrix, compile_matrix
from devolve_opt.solver.model_text import KINDS, model_text
from devolve_opt.studies.prepared import building
from devolve_opt.views.files import write_bytes, writing_to


def write_model(scenario: Scenario, path: str | Path) -> Matrix:
    """Write the model of a scenario exactly as it is solved; nothing is solved here.

    The file holds a maximisation with its constant, bounds and whole numbers (`solver.model_text`); it is complete or
    is not there. What a run works out before or after it (area teams, batches, offices) is no part of it.

    Args:
        scenario: what would be solved.
        path: file to write, ending in `.mps` or `.lp`; its folder is made if need be.

    Returns:
        The matrix that the file holds.

    Raises:
        InputError: if the ending is another, or the file cannot be written.
        NoPlanError: if a rule can never hold, whatever is decided.
        SolverError: if HiGHS cannot write the model.
    """
    path = Path(path)
    kind = model_kind(path)
    with building():
        matrix = compile_matrix(build_model(scenario.data, scenario.policy))
    content = model_text(matrix, kind)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    return matrix


def model_kind(path: str | Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        InputError: if it is none that can be written, or a folder stands there.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        endings = tr(" or ").join(f".{known}" for known in KINDS)
        message = tr("must end in {endings}, the formats that solvers read.", endings=endings)
        raise InputError([Fault(message, file=str(path))])
    if path.is_dir():
        raise InputError([Fault(tr("is a folder; name a file."), file=str(path))])
    return kind
