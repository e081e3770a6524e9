"""One front of one problem by one engine, in a process of its own: `python -m benchmarks.front_runner REQUEST.json`.

Imports nothing of this package but where it is the engine, so that pyaugmecon's own interpreter can run it: that
library pins versions of numpy and pandas which this package is past.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from pyomo.environ import Binary, ConcreteModel, Constraint, Objective, ObjectiveList, SolverFactory, Var, maximize
from pyomo.opt import TerminationCondition


def model_of(problem: dict[str, Any], listed: bool) -> Any:
    """Return the model of a knapsack of several goals.

    Args:
        problem: `worth` (goals x items), `weight` (limits x items), `most` (limits).
        listed: whether the goals stand in one list, none of them active, as pyaugmecon wants them.
    """
    worth, weight = np.array(problem["worth"], dtype=float), np.array(problem["weight"], dtype=float)
    model = ConcreteModel()
    model.taken = Var(range(worth.shape[1]), domain=Binary)

    def total(amounts: Any) -> Any:
        return sum(float(amount) * model.taken[item] for item, amount in enumerate(amounts))

    limits = problem["most"]
    model.limit = Constraint(range(len(limits)), rule=lambda _, row: total(weight[row]) <= float(limits[row]))
    if listed:
        model.obj_list = ObjectiveList()
        for amounts in worth:
            model.obj_list.add(expr=total(amounts), sense=maximize)
        for number in range(1, len(worth) + 1):
            model.obj_list[number].deactivate()
    else:
        for number, amounts in enumerate(worth, start=1):
            model.add_component(f"worth_{number}", Objective(expr=total(amounts), sense=maximize))
    return model


def ours(problem: dict[str, Any], threads: int) -> list[tuple[int, ...]]:
    """Return the front as this package finds it, proven point by point."""
    from devolve_opt.solver.engine import Control
    from devolve_opt.solver.front import Front
    from devolve_opt.solver.held import Exactly, with_goals
    from devolve_opt.solver.matrix import compile_goals

    matrix, goals = compile_goals(model_of(problem, listed=False))
    control = Control(None)
    solver, *beside = (Exactly(with_goals(matrix, goals), control, 1) for _ in range(threads))
    front = Front(matrix.integer, goals, solver, control, beside=beside)
    front.run()
    return [tuple(int(value) for value in np.round(goals.reported(point.values))) for point in front.points]


class Unmanaged:
    """HiGHS for pyaugmecon, which gives every solver an option that HiGHS's interface does not know."""

    def __init__(self, **_: Any):
        self.options: dict[str, Any] = {}

    def solve(self, model: Any) -> Any:
        """Solve the model to a gap of 0; an infeasible one is no error."""
        solver = SolverFactory("appsi_highs")
        solver.config.load_solution = False
        solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "threads": 1}
        found = solver.solve(model, load_solutions=False)
        if found.solver.termination_condition == TerminationCondition.optimal:
            model.solutions.load_from(found)
        return found


def pyaugmecon(problem: dict[str, Any], threads: int) -> list[tuple[int, ...]]:
    """Return the front as pyaugmecon finds it on HiGHS, given the range of every goal: a grid point a whole number."""
    from pyaugmecon import PyAugmecon  # type: ignore[import-not-found, unused-ignore]

    SolverFactory.register("highs_unmanaged")(Unmanaged)

    worst, best = problem["worst"], problem["best"]
    options = {
        "name": "front", "grid_points": int(max(b - w for w, b in zip(worst[1:], best[1:], strict=True))) + 1,
        "nadir_points": worst[1:], "solver_name": "highs_unmanaged", "solver_io": None, "output_excel": False,
        "cpu_count": threads, "redivide_work": True,
    }  # fmt: skip
    found = PyAugmecon(model_of(problem, listed=True), options, {"MIPGap": None})
    found.solve()
    return [tuple(int(value) for value in np.round(point)) for point in found.get_pareto_solutions()]


ENGINES = {"devolve_opt": ours, "pyaugmecon": pyaugmecon}


def main() -> None:
    """Solve what the file asks for; print seconds and points as JSON on the last line."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.chdir(tempfile.mkdtemp())  # pyaugmecon writes its logs where it stands
    began = time.perf_counter()
    points = ENGINES[request["engine"]](request["problem"], request["threads"])
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "points": sorted(set(points))}), flush=True)


if __name__ == "__main__":
    main()
