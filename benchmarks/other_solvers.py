"""Other solvers on the same model, read from MPS where they can; each in its own process: their libraries clash."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import read_arrays
from devolve_opt.solver.matrix import Matrix

TOLERANCE = 1e-5
"""A plan that leaves a row, a bound or a whole number by more is told."""


def checked(matrix: Matrix, solution: Any) -> dict[str, Any]:
    """Return the worth of a solution by the matrix itself, and a note where it breaks a rule; shape (n,) or None."""
    if solution is None:
        return {"objective": None}
    violation = matrix.violation(solution)
    note = f"its plan is off by {violation:.1e}" if violation > TOLERANCE else ""
    return {"objective": matrix.objective(solution), "note": note}


def scip(request: dict[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Solve with SCIP, the bound and the best plan told as they change."""
    from pyscipopt import SCIP_EVENTTYPE, Eventhdlr, Model

    matrix = read_arrays(Path(request["matrix"]))

    class Watch(Eventhdlr):
        """Tells bound and best plan whenever an LP is solved or a plan found."""

        def eventinit(self) -> None:
            for kind in (SCIP_EVENTTYPE.BESTSOLFOUND, SCIP_EVENTTYPE.NODESOLVED):
                self.model.catchEvent(kind, self)

        def eventexec(self, event: Any) -> None:
            tell(time.monotonic() - began, self.model.getDualbound(), self.model.getPrimalbound())

    model = Model()
    model.hideOutput()
    began = time.monotonic()
    model.readProblem(request["mps"])
    for name, value in (("limits/time", request["time_limit"]), ("limits/gap", request["gap"])):
        model.setParam(name, value)
    model.includeEventhdlr(Watch(), "watch", "tells how the search goes")
    model.optimize()
    seconds = time.monotonic() - began
    solution = None
    if model.getNSols():
        best = model.getBestSol()
        values = {variable.name: model.getSolVal(best, variable) for variable in model.getVars()}
        solution = np.array([values.get(name, 0.0) for name in matrix.variables])
    status = model.getStatus()
    return {
        "status": {"optimal": "proven", "gaplimit": "proven", "timelimit": "time_limit"}.get(status, status),
        "seconds": seconds, "bound": model.getDualbound(), **checked(matrix, solution),
    }  # fmt: skip


def cp_sat(request: dict[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Solve with CP-SAT, which scales what is not whole to whole numbers."""
    from ortools.linear_solver.python import model_builder

    matrix = read_arrays(Path(request["matrix"]))
    began = time.monotonic()
    model = model_builder.Model()
    model.import_from_mps_file(request["mps"])
    solver = model_builder.Solver("sat")
    solver.set_time_limit_in_seconds(request["time_limit"])
    solver.set_solver_specific_parameters(
        f"num_workers: {request['threads']} relative_gap_limit: {request['gap']} random_seed: 1"
    )
    status = solver.solve(model)
    seconds = time.monotonic() - began
    found = status in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)
    solution = None
    if found:
        values = dict(zip([v.name for v in model.get_variables()], solver.values(model.get_variables()), strict=True))
        solution = np.array([values.get(name, 0.0) for name in matrix.variables])
    proven = status == model_builder.SolveStatus.OPTIMAL
    late = seconds >= 0.95 * request["time_limit"]
    return {
        "status": "proven" if proven else "time_limit" if found or late else status.name.lower(),
        "seconds": seconds, "bound": solver.best_objective_bound if found else None, **checked(matrix, solution),
    }  # fmt: skip


def cbc(request: dict[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Solve with the CBC that OR-Tools carries."""
    from ortools.linear_solver import pywraplp

    matrix = read_arrays(Path(request["matrix"]))
    solver = pywraplp.Solver.CreateSolver("CBC")
    if solver is None:
        raise ImportError("CBC", name="CBC (not in this OR-Tools)")
    began = time.monotonic()
    columns = [
        solver.Var(low, high, whole, name)
        for low, high, whole, name in zip(
            matrix.lower.tolist(), matrix.upper.tolist(), matrix.integer.tolist(), matrix.variables, strict=True
        )
    ]
    rows = matrix.rows
    for row, (low, high) in enumerate(zip(matrix.row_lower.tolist(), matrix.row_upper.tolist(), strict=True)):
        constraint = solver.Constraint(low, high)
        for at in range(rows.indptr[row], rows.indptr[row + 1]):
            constraint.SetCoefficient(columns[rows.indices[at]], float(rows.data[at]))
    objective = solver.Objective()
    for column, cost in zip(columns, matrix.costs.tolist(), strict=True):
        objective.SetCoefficient(column, cost)
    objective.SetOffset(matrix.offset)
    objective.SetMaximization()
    solver.SetTimeLimit(int(1000 * request["time_limit"]))
    solver.SetNumThreads(request["threads"])
    settings = pywraplp.MPSolverParameters()
    settings.SetDoubleParam(settings.RELATIVE_MIP_GAP, request["gap"])
    status = solver.Solve(settings)
    seconds = time.monotonic() - began
    found = status in (solver.OPTIMAL, solver.FEASIBLE)
    solution = np.array([column.solution_value() for column in columns]) if found else None
    out_of_time = status == solver.FEASIBLE or seconds >= 0.95 * request["time_limit"]
    bound = objective.BestBound() if found else None
    if status == solver.OPTIMAL:
        # Where CBC stops at the gap it gives its plan's worth for a bound; what it has shown is the gap.
        worth = objective.Value()
        bound = worth + request["gap"] * abs(worth)
    return {
        "status": "proven" if status == solver.OPTIMAL else "time_limit" if out_of_time else f"status {status}",
        "seconds": seconds, "bound": bound, **checked(matrix, solution),
    }  # fmt: skip
