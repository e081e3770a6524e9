"""What is run and timed, each in a process of its own (`python -m benchmarks.runners REQUEST.json`).

Replies are lines of JSON on the standard output: {"trace": [seconds, bound, objective]} on the way, {"report": fields}
at the end. Whatever else prints goes to the error stream.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import other_solvers, steps, study_runners
from benchmarks.arrays import read_arrays
from benchmarks.instances import Instance
from benchmarks.memory import PeakWithChildren

Tell = Callable[[float, float | None, float | None], None]
"""Called with seconds, bound and objective of a moment; None where unknown."""


def devolve_opt(request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Solve an instance as the package's users do, from a case in memory to an audited plan."""
    return _solved(Instance(**request["instance"]).scenario, request, tell)


def scenario(request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Solve a scenario file in the same way."""
    from devolve_opt.scenario import Scenario

    return _solved(Scenario.read(request["scenario"]), request, tell)


def _solved(wanted: Any, request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    from devolve_opt.studies.solving import solve

    with PeakWithChildren() as peak:
        began = time.monotonic()
        plan = solve(
            wanted, gap=request["gap"], time_limit=request["time_limit"], threads=request["threads"], explain=False,
            report=lambda step: tell(step.seconds, step.bound, step.objective),
        )  # fmt: skip
        seconds = time.monotonic() - began
    before = sum(plan.seconds.get(name, 0.0) for name in ("ratio rule", "build", "audit"))
    return {
        "status": str(plan.status), "seconds": seconds, "search_seconds": seconds - before, "bound": plan.bound,
        "objective": plan.objective, "peak_mb": peak.mb,
    }  # fmt: skip


def root_lp(request: dict[str, Any], tell: Tell, **options: Any) -> dict[str, Any]:
    """Solve the root LP alone with plain HiGHS."""
    import numpy as np

    matrix = read_arrays(Path(request["matrix"]))
    began = time.monotonic()
    highs = steps.loaded_highs(matrix, integer=np.zeros_like(matrix.integer), **_limits(request), **options)
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    found = status == "Optimal"
    value = highs.getInfo().objective_function_value
    return {
        "status": {"Optimal": "proven", "Time limit reached": "time_limit"}.get(status, status),
        "seconds": time.monotonic() - began, "bound": value if found else None, "objective": None,
    }  # fmt: skip


def root_lp_ipm(request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Solve the root LP alone with HiGHS's interior point method, crossover included."""
    return root_lp(request, tell, solver="ipm")


def highs(request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Solve the same matrix with plain HiGHS to the same gap."""
    import highspy
    import numpy as np

    matrix = read_arrays(Path(request["matrix"]))
    began = time.monotonic()
    solver = steps.loaded_highs(matrix, mip_rel_gap=request["gap"], **_limits(request))
    kinds = highspy.cb.HighsCallbackType
    last: list[float] = [math.nan, math.nan]

    def watch(_kind: Any, _message: str, data: Any, _data_in: Any, _user: Any) -> None:
        now = [data.mip_dual_bound, data.mip_primal_bound]
        if now != last:
            last[:] = now
            tell(time.monotonic() - began, *now)

    solver.setCallback(watch, None)
    for kind in (kinds.kCallbackMipLogging, kinds.kCallbackMipImprovingSolution):
        solver.startCallback(kind)
    solver.run()
    seconds = time.monotonic() - began
    info, solution = solver.getInfo(), solver.getSolution()
    feasible = solver.solutionStatusToString(info.primal_solution_status) == "Feasible"
    found = np.array(solution.col_value) if feasible and solution.value_valid else None
    status = solver.modelStatusToString(solver.getModelStatus())
    return {
        "status": {"Optimal": "proven", "Time limit reached": "time_limit"}.get(status, status), "seconds": seconds,
        "bound": info.mip_dual_bound, **other_solvers.checked(matrix, found),
    }  # fmt: skip


def _limits(request: dict[str, Any]) -> dict[str, Any]:
    return {"time_limit": float(request["time_limit"]), "threads": int(request["threads"])}


def fuzz(request: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Try a reader on a stretch of inputs."""
    from benchmarks.fuzzing.campaign import stretch

    return stretch(request, tell)


RUNNERS: dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]] = {
    "root_lp": root_lp,
    "root_lp_ipm": root_lp_ipm,
    "devolve_opt": devolve_opt,
    "highs": highs,
    "scip": other_solvers.scip,
    "cp_sat": other_solvers.cp_sat,
    "cbc": other_solvers.cbc,
}
"""Who solves, in the order of the table; the first is what the others are measured against."""

STEPS: dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]] = {
    "build": steps.build,
    "load": steps.load,
    "scenario": scenario,
    "country": study_runners.country,
    "sweep": study_runners.sweep,
    "cold": study_runners.cold,
    "fuzz": fuzz,
}
"""What other benchmarks time."""


def main() -> None:
    """Answer the request in the file that the command line names."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints goes to the error stream, not between the replies

    def send(message: dict[str, Any]) -> None:
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    def tell(seconds: float, bound: float | None, objective: float | None) -> None:
        send({"trace": [seconds, _finite(bound), _finite(objective)]})

    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        report = {**RUNNERS, **STEPS}[request["runner"]](request, tell)
    except ImportError as error:
        report = {"status": "skipped", "seconds": None, "note": f"not installed: {error.name or error}"}
    except Exception as error:
        report = {"status": "failed", "seconds": None, "note": f"{type(error).__name__}: {error}"[:200]}
    send({"report": {name: _finite(value) for name, value in report.items()}})


def _finite(value: Any) -> Any:
    """Return the value as strict JSON holds it; solvers write 1e20 and more for infinity."""
    if isinstance(value, str | dict | list) or value is None:
        return value
    return float(value) if math.isfinite(value) and abs(value) < 1e20 else None


if __name__ == "__main__":
    main()
