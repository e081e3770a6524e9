"""From the arrays of a model to those of the same model under another policy: only what changed is compiled again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.common.gc_manager import PauseGC
from pyomo.environ import ConcreteModel, Constraint, Objective
from scipy.sparse import csr_array, vstack

from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import Changed
from devolve_opt.solver.matrix import Matrix, compile_matrix


def changed_matrix(matrix: Matrix, model: Any, changed: Changed) -> Matrix:
    """Return the arrays of a model that was changed since it was compiled.

    Rows keep the order of the model; a column that no row and no price had needed so far comes last, and one that
    nothing needs any longer stays. What did not change is shared with the matrix before.

    Args:
        matrix: what the model was compiled to; it stays as it is.
        model: the model, changed by `formulation.change_policy`.
        changed: what that returned.

    Raises:
        NoPlanError: as `compile_matrix`.
    """
    if not (changed.rows or changed.bounds or changed.objective):
        return matrix
    try:
        # Small objects by the thousand would set off one collection of garbage after another.
        with PauseGC():
            piece = _piece(model, changed)
    except NoPlanError:
        # It names the row by its number in the piece; the whole model knows the name of the row.
        return compile_matrix(model)
    columns = {id(variable): column for column, variable in enumerate(matrix.variables)}
    new = [variable for variable in piece.variables if id(variable) not in columns]
    columns.update({id(variable): len(matrix.variables) + number for number, variable in enumerate(new)})
    place = np.array([columns[id(variable)] for variable in piece.variables], dtype=np.int64)
    count = len(columns)
    fields = _costs(matrix, piece, place, count, changed.objective) | _rows(matrix, piece, place, count, model, changed)
    lower, upper = np.empty(count), np.empty(count)
    lower[: len(matrix.lower)], upper[: len(matrix.upper)] = matrix.lower, matrix.upper
    lower[place], upper[place] = piece.lower, piece.upper
    for name in changed.bounds:
        for variable in model.component(name).values():
            column = columns.get(id(variable))
            if column is not None:
                lower[column] = -np.inf if variable.lb is None else variable.lb
                upper[column] = np.inf if variable.ub is None else variable.ub
    integer = np.zeros(count, dtype=bool)
    integer[: len(matrix.integer)] = matrix.integer
    integer[place] = piece.integer
    variables = [*matrix.variables, *new] if new else matrix.variables
    return Matrix(**fields, lower=lower, upper=upper, integer=integer, variables=variables)


def _piece(model: Any, changed: Changed) -> Matrix:
    """Compile the changed rows and, where it changed, the objective; rows are named by the names they have."""
    found = [row for name in changed.rows for row in model.component(name).values()]
    piece = ConcreteModel()
    piece.row = Constraint(range(len(found)), rule=lambda _, number: found[number].expr)
    (objective,) = model.component_data_objects(Objective, active=True)
    piece.total = Objective(expr=objective.expr if changed.objective else 0.0, sense=objective.sense)
    compiled = compile_matrix(piece)
    numbers = [int(name[len("row[") : -1]) for name in compiled.row_names]
    compiled.row_names[:] = [found[number].name for number in numbers]
    return compiled


def _costs(matrix: Matrix, piece: Matrix, place: NDArray[np.int64], count: int, changed: bool) -> dict[str, Any]:
    if not changed:
        more = np.zeros(count - len(matrix.costs))
        return {"costs": np.concatenate([matrix.costs, more]) if more.size else matrix.costs, "offset": matrix.offset}
    costs = np.zeros(count)
    costs[place] = piece.costs
    return {"costs": costs, "offset": piece.offset}


def _rows(
    matrix: Matrix, piece: Matrix, place: NDArray[np.int64], count: int, model: Any, changed: Changed
) -> dict[str, Any]:
    """Return the rows with those of the changed constraints in the place of what these had."""
    names = {component.name: number for number, component in enumerate(model.component_objects(Constraint))}
    again = np.zeros(len(names), dtype=bool)
    again[[names[name] for name in changed.rows]] = True
    before, new = (_owners(each.row_names, names) for each in (matrix, piece))
    kept = np.flatnonzero(~again[before])
    owners = np.concatenate([before[kept], new])
    # Both are in the model's order, so that a stable order by constraint is the model's order again.
    order = np.argsort(owners, kind="stable")
    lower = np.concatenate([matrix.row_lower[kept], piece.row_lower])[order]
    upper = np.concatenate([matrix.row_upper[kept], piece.row_upper])[order]
    entries = piece.rows.tocoo()
    shape = (len(piece.row_lower), count)
    fresh = csr_array((entries.data, (entries.coords[0], place[entries.coords[1]])), shape=shape)
    gone = np.flatnonzero(again[before])
    if _is_same(matrix, gone, piece, fresh):
        return {"rows": matrix.rows, "row_lower": lower, "row_upper": upper, "row_names": matrix.row_names}
    rest = matrix.rows[kept]
    rest = csr_array((rest.data, rest.indices, rest.indptr), shape=(len(kept), count))
    rows = csr_array(csr_array(vstack([rest, fresh], format="csr"))[order])
    row_names = [matrix.row_names[row] for row in kept] + piece.row_names
    return {"rows": rows, "row_lower": lower, "row_upper": upper, "row_names": [row_names[row] for row in order]}


def _is_same(matrix: Matrix, gone: NDArray[np.int64], piece: Matrix, fresh: csr_array) -> bool:
    """Tell whether the new rows are those that were there, their limits aside."""
    if fresh.shape[1] != matrix.rows.shape[1] or [matrix.row_names[row] for row in gone] != piece.row_names:
        return False
    return bool((csr_array(matrix.rows[gone]) != fresh).nnz == 0)


def _owners(row_names: list[str], names: dict[str, int]) -> NDArray[np.int64]:
    """Return the number of the constraint that each row belongs to, shape (m,)."""
    return np.array([names[name.partition("[")[0]] for name in row_names], dtype=np.int64)
