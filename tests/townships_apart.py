"""Models taken apart by township, and HiGHS on the whole of them, for tests."""

from __future__ import annotations

import highspy
import numpy as np
from hypothesis import HealthCheck, Phase, reject, settings

from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import build_model
from devolve_opt.solver.linear import linear_programme
from devolve_opt.solver.matrix import Matrix, compile_matrix

LAW = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],
)
"""The same examples on every machine."""


def arrays_of(matrix: Matrix) -> dict:
    return {
        "costs": matrix.costs, "offset": matrix.offset, "integer": matrix.integer, "lower": matrix.lower,
        "upper": matrix.upper, "row_lower": matrix.row_lower, "row_upper": matrix.row_upper,
    }  # fmt: skip


def taken_apart(scenario) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """Return the matrix of a scenario, the township of each column, and which columns are lists."""
    case = scenario.data
    try:
        model = build_model(case, scenario.policy)
        matrix = compile_matrix(model)
    except NoPlanError:
        reject()
    places = matrix.places(case.tables["townships"].index)
    return matrix, places, matrix.columns_of("base", "special", "listed")


def best(matrix: Matrix, lower=None, upper=None, *, whole=True) -> float | None:
    """Return the optimum by HiGHS on the whole matrix, in this process; None where there is none."""
    plan = best_plan(matrix, lower, upper, whole=whole)
    return None if plan is None else matrix.objective(plan)


def best_plan(matrix: Matrix, lower=None, upper=None, *, whole=True) -> np.ndarray | None:
    """Return the best values of the columns by HiGHS on the whole matrix; None where there are none."""
    bounds = {"lower": matrix.lower if lower is None else lower, "upper": matrix.upper if upper is None else upper}
    highs = linear_programme(arrays_of(matrix) | bounds, matrix.rows)
    if whole:
        for column in np.flatnonzero(matrix.integer).tolist():
            highs.changeColIntegrality(column, highspy.HighsVarType.kInteger)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 1e-9)
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    assert status in {"Optimal", "Infeasible"}
    return np.array(highs.getSolution().col_value) if status == "Optimal" else None
