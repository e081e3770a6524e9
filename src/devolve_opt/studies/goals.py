"""Goals in their order: the first is made as large as can be, then the next with the first held, and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from devolve_opt.errors import NoPlanError
from devolve_opt.formulation import AddRules
from devolve_opt.instruments import Goal
from devolve_opt.language import tr
from devolve_opt.plan import Decisions, relative_gap
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.options import AGREEMENT
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.search import search_of

SLACK = 1e-6
"""Relative amount by which a goal may stay below what it reached: the solver's own tolerance."""


@dataclass(frozen=True)
class Reached:
    """What a goal reached when it was solved for.

    Attributes:
        term: of the objective.
        best: what it was at best (staff-hours a year, larger is better).
        bound: no plan that keeps the goals before it has more.
        gap: relative gap between the two; `proven`: whether it is no larger than was asked for.
        at_least: what every plan has to reach, from then on.
    """

    term: str
    best: float
    bound: float
    gap: float
    proven: bool
    at_least: float

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it; None for what is not known."""
        return {name: value if not isinstance(value, float) or np.isfinite(value) else None
                for name, value in vars(self).items()}  # fmt: skip


def in_order(
    scenario: Scenario,
    gap: float,
    threads: int,
    control: Control,
    report: Callable[[Step], None] = lambda step: None,
    rules: AddRules | None = None,
) -> tuple[Scenario, tuple[Reached, ...], Decisions | None]:
    """Solve for each goal of the policy that has a tolerance, in order, and say what it has to reach.

    Each of these solves, and the one for the rest of the worth, gets an equal share of the time that is left.

    Args:
        scenario: whose policy has goals.
        gap: relative gap to prove for each goal.
        threads: threads for HiGHS.
        control: when to stop.
        report: called with each step of a search.
        rules: adds rules to the model; see `solving.solve`.

    Returns:
        The scenario in which every goal says what it has to reach; how far each was proven; and the last plan found,
        which reaches them all. Where it is confirmed that no plan keeps the rules with the goals before, the goals that
        are left do not count, and the solve that follows says why.

    Raises:
        NoPlanError: if no plan was found in time.
    """
    case, goals = scenario.data, list(scenario.policy.goals)
    reached: list[Reached] = []
    start: Decisions | None = None
    for place, goal in enumerate(goals):
        if goal.at_least is not None:
            continue
        policy = within_reach(_with(scenario, goals)).policy
        prepared = Models(rules).prepare(case, policy, ratio_decisions(case, policy) if start is None else start)
        [costs], [offset] = (getattr(prepared.goals({goal.term: [goal.term]}), name) for name in ("costs", "offsets"))
        matrix = replace(prepared.matrix, costs=costs, offset=float(offset))
        share = control.left / (sum(one.at_least is None for one in goals) + 1)
        until = Control(None if np.isinf(share) else share, control.event)
        search = search_of(case, matrix, until, gap, threads, Carried(), report, whole=prepared.whole)
        search.run(prepared.start)
        if search.infeasible:
            return within_reach(_with(scenario, goals)), tuple(reached), start
        if search.solution is None:
            message = tr(
                "no plan was found in time while the goal {goal} was solved for; none is proven impossible. Give it "
                "more time, or say what the goal has to reach (`at_least`).",
                goal=goal.term,
            )
            raise NoPlanError(message, proven=False)
        start, best = prepared.decisions(search.solution), float(search.objective)
        least = best - (goal.tolerance or 0.0) * abs(best) - SLACK * max(1.0, abs(best))
        goals[place] = goal.model_copy(update={"at_least": least})
        left = relative_gap(best, search.bound)
        reached.append(Reached(str(goal.term), best, search.bound, left, left <= gap + AGREEMENT, least))
    return (_with(scenario, goals) if reached else scenario), tuple(reached), start


def within_reach(scenario: Scenario) -> Scenario:
    """Return the scenario with those goals only that say what they have to reach."""
    goals = scenario.policy.goals
    kept = [goal for goal in goals if goal.at_least is not None]
    return scenario if len(kept) == len(goals) else _with(scenario, kept)


def _with(scenario: Scenario, goals: list[Goal]) -> Scenario:
    # It still comes from the same files.
    return scenario.replace(policy={"goals": tuple(goals)}, source=scenario.source, input_hashes=scenario.input_hashes)
