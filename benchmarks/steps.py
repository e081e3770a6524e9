"""From data to solver, step by step: what is timed by `load` and `quick`, and what the solvers share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.memory import EVERY, PeakWithChildren, peak_mb
from devolve_opt.solver.matrix import Matrix

if TYPE_CHECKING:
    import highspy


def build(request: dict[str, Any], tell: Any) -> dict[str, Any]:
    """Build the model of a scenario file and compile it; then take both to another cap, and to another price.

    `matrix` names the file to keep the arrays in, for `load`. `changed_cap` and `changed_price` say why a model had to
    be built anew; blank where it had not.
    """
    from benchmarks.arrays import write_arrays
    from devolve_opt.formulation import build_model, change_policy, reason_to_rebuild
    from devolve_opt.scenario import Scenario
    from devolve_opt.solver.changing import changed_matrix
    from devolve_opt.solver.matrix import compile_matrix

    times: dict[str, float | None] = {}
    began = time.monotonic()
    scenario = Scenario.read(request["scenario"])
    times["read_seconds"] = time.monotonic() - began
    began = time.monotonic()
    model = build_model(scenario.data, scenario.policy)
    times["build_seconds"] = time.monotonic() - began
    began = time.monotonic()
    matrix = compile_matrix(model)
    times["compile_seconds"] = time.monotonic() - began
    times["peak_mb"] = peak_mb()  # before the changes: they stand for themselves
    policy = scenario.policy
    changes = {
        "changed_cap": policy.replace(guide_list_max=max(policy.guide_list_max - 1, policy.base_list_max)),
        "changed_price": policy.replace(prices=policy.prices.model_copy(update={"choice_met": 41.0})),
    }
    reasons = {}
    write_arrays(Path(request["matrix"]), matrix)
    for name, changed in changes.items():
        began = time.monotonic()
        reasons[name] = reason_to_rebuild(model, changed)
        if reasons[name]:
            model = build_model(scenario.data, changed)
            matrix = compile_matrix(model)
        else:
            matrix = changed_matrix(matrix, model, change_policy(model, changed))
        times[f"{name}_seconds"] = time.monotonic() - began
    rows, columns = matrix.rows.shape
    return {"status": "done", **times, **reasons, "rows": rows, "columns": columns}


def load(request: dict[str, Any], tell: Any) -> dict[str, Any]:
    """Load the arrays into HiGHS.

    `load_seconds` are those of loading alone; `peak_mb` is that of the process in which the package has HiGHS: there
    the same arrays are loaded, and the solve is stopped at once.
    """
    from benchmarks.arrays import read_arrays
    from devolve_opt.solver.engine import Control, Engine

    matrix = read_arrays(Path(request["matrix"]))
    import highspy  # noqa: F401 - importing it is not loading

    began = time.monotonic()
    loaded_highs(matrix)
    seconds = time.monotonic() - began
    with PeakWithChildren() as peak, Engine(matrix, Control()) as engine:
        engine.solve(seconds=0.0)
        time.sleep(2 * EVERY)  # until it has been looked at
    return {"status": "done", "load_seconds": seconds, "peak_mb": peak.largest_mb}


def loaded_highs(matrix: Matrix, integer: Any = None, **options: Any) -> highspy.Highs:
    """Return plain HiGHS with the matrix in it, as anybody would load it; `integer` replaces the matrix's own."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.costs), len(matrix.row_lower)
    lp.col_cost_, lp.offset_, lp.sense_ = matrix.costs, matrix.offset, highspy.ObjSense.kMaximize
    lp.col_lower_, lp.col_upper_ = matrix.lower, matrix.upper
    lp.row_lower_, lp.row_upper_ = matrix.row_lower, matrix.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.rows.indptr, matrix.rows.indices
    lp.a_matrix_.value_ = matrix.rows.data
    whole = matrix.integer if integer is None else integer
    if whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[flag] for flag in whole.tolist()]
    highs = highspy.Highs()
    for name, value in {"output_flag": False, **options}.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS refuses the option {name} = {value}")
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise ValueError("HiGHS refuses the model")
    return highs
