"""A second engine: SCIP on the very same matrix, and HiGHS without presolve, against plans with every instrument on.

The search of this package cuts, branches and splits by township; SCIP shares none of that, nor HiGHS's presolve.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devolve_opt.errors import NoPlanError
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Status
from modelling import INSTRUMENTS, with_everything
from strategies import small_scenarios

# Area teams and offices are models of their own, held against a search through all plans in tests of theirs.
ON = sorted(set(INSTRUMENTS) - {"area_teams", "offices"})
SOME = settings(
    deadline=None, max_examples=8,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
THOUSAND = settings(SOME, max_examples=1000)


@st.composite
def whole_scenarios(draw: st.DrawFn) -> Scenario:
    """Return a small scenario with every instrument on, or, every third time, with those that a draw leaves on."""
    scenario = draw(small_scenarios())
    on = draw(st.sets(st.sampled_from(ON))) if draw(st.integers(0, 2)) == 0 else set(ON)
    policy = scenario.policy.replace(**{name: INSTRUMENTS[name] for name in ON if name in on})
    return Scenario(with_everything(scenario.data), policy, "Everything on")


def by_scip(matrix: Matrix) -> float:
    """Return the optimum of a matrix by SCIP; -inf where it proves that there is none."""
    scip = pytest.importorskip("pyscipopt")
    model = scip.Model()
    model.hideOutput()
    model.setParam("limits/gap", 0.0)
    model.setParam("numerics/feastol", 1e-9)
    columns = [
        model.addVar(lb=low if np.isfinite(low) else None, ub=up if np.isfinite(up) else None,
                     vtype="I" if whole else "C")
        for low, up, whole in zip(
            matrix.lower.tolist(), matrix.upper.tolist(), matrix.integer.tolist(), strict=True)
    ]  # fmt: skip
    rows = matrix.rows.tocsr()
    for row, (low, up) in enumerate(zip(matrix.row_lower.tolist(), matrix.row_upper.tolist(), strict=True)):
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        total = scip.quicksum(
            value * columns[place]
            for place, value in zip(rows.indices[entries].tolist(), rows.data[entries].tolist(), strict=True)
        )
        if np.isfinite(low) and low == up:
            model.addCons(total == low)
            continue
        if np.isfinite(low):
            model.addCons(total >= low)
        if np.isfinite(up):
            model.addCons(total <= up)
    model.setObjective(
        scip.quicksum(cost * columns[place] for place, cost in enumerate(matrix.costs.tolist()) if cost), "maximize"
    )
    model.optimize()
    if model.getStatus() == "infeasible":
        return -np.inf
    assert model.getStatus() == "optimal"
    return float(model.getObjVal()) + matrix.offset


def by_highs(matrix: Matrix, **options: Any) -> float:
    """Return the optimum of a matrix by plain HiGHS; -inf where it proves that there is none."""
    with Engine(matrix, Control(None), 1) as engine:
        answer = engine.solve(mip_rel_gap=0.0, mip_abs_gap=1e-7, **options)
    if answer.outcome is Outcome.INFEASIBLE:
        return -np.inf
    assert answer.outcome is Outcome.OPTIMAL
    return answer.objective


def check_engines(scenario: Scenario) -> None:
    case, policy = scenario.data, scenario.policy
    try:
        plan = solve(scenario, gap=0, threads=1, explain=False)
    except NoPlanError as error:
        assert error.proven
        worth = -np.inf
    else:
        assert plan.status is Status.PROVEN
        assert not plan.audit.breaches
        worth = plan.objective
    try:
        matrix = Models().prepare(case, policy, ratio_decisions(case, policy)).matrix
    except NoPlanError:
        assert worth == -np.inf  # a rule that can never hold is found while the model is built
        return
    others = {"SCIP": by_scip(matrix), "HiGHS": by_highs(matrix), "no presolve": by_highs(matrix, presolve="off")}
    for name, other in others.items():
        assert other == pytest.approx(worth, rel=1e-6, abs=1e-4), name


@SOME
@given(scenario=whole_scenarios())
def test_other_engines_find_the_same_optimum(scenario):
    check_engines(scenario)


@pytest.mark.slow
@THOUSAND
@given(scenario=whole_scenarios())
def test_other_engines_find_the_same_optimum_of_a_thousand(scenario):
    check_engines(scenario)
