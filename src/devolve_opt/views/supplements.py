"""Which supplements a run carries: one entry for each sub-model that a policy can lay over a plan, or under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devolve_opt.errors import DevolveError
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.area_teams import site_teams
from devolve_opt.views import offices, phases
from devolve_opt.views.offices import office_supplement
from devolve_opt.views.phases import phase_supplement
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.teams_folder import team_supplement

LEAST_SECONDS = 20.0
"""Seconds that each supplement has of a run's time limit at least, as long as the plan keeps half of it."""
SHARE = 0.15
"""Part of a run's time limit that supplements have together, if that is more."""


@dataclass(frozen=True)
class Kind:
    """One kind of supplement: `wanted` tells from a policy whether a run carries it, `make` works it out.

    The title is shown through `tr`.
    """

    name: str
    title: str
    wanted: Callable[[Policy], bool]
    make: Callable[[Plan, Control, int], Supplement]


KINDS = (
    Kind("phases", phases.TITLE, lambda policy: policy.phases is not None, phase_supplement),
    Kind("offices", offices.TITLE, lambda policy: policy.offices is not None, office_supplement),
)
"""Every kind, in the order of the summary."""


def foundations(scenario: Scenario, control: Control, threads: int = 1) -> list[Supplement]:
    """Work out what a plan of the scenario rests on, before it: the county's teams, whose relief it counts on.

    Args:
        scenario: what is asked.
        control: when the run is to stop; the teams have `SHARE` of the time that is left, at least `LEAST_SECONDS`.
        threads: threads for HiGHS.

    Raises:
        InputError: if area teams are on and the case has none.
        NoPlanError: naming the counties whose teams cannot serve every township: no plan may count on them.
    """
    if scenario.policy.area_teams is None:
        return []
    limit = None if control.time_limit is None else max(SHARE * control.left, LEAST_SECONDS)
    return [team_supplement(site_teams(scenario, threads=threads, control=Control(limit, control.event)))]


def wanted_kinds(policy: Policy) -> list[Kind]:
    """Return the kinds of supplement that a policy asks for."""
    return [kind for kind in KINDS if kind.wanted(policy)]


def time_for_plan(time_limit: float | None, policy: Policy) -> float | None:
    """Return the part of a run's time limit that the plan itself has; supplements have the rest (seconds)."""
    kinds = wanted_kinds(policy)
    if time_limit is None or not kinds:
        return time_limit
    kept = max(SHARE * time_limit, LEAST_SECONDS * len(kinds))
    return time_limit - min(kept, time_limit / 2)


def supplements(plan: Plan, control: Control, threads: int = 1) -> Iterator[Supplement]:
    """Work out the supplements that the plan's policy asks for, one after the other.

    What goes wrong in one of them is told in its place and loses neither the plan nor the others; a run that the user
    has stopped has none worked out.

    Args:
        plan: the plan to lay them over.
        control: when the run is to stop; the time that is left of it is shared evenly.
        threads: threads for HiGHS.
    """
    kinds = wanted_kinds(plan.scenario.policy)
    for number, kind in enumerate(kinds):
        if control.stopped:
            yield _without(kind, "interrupted", tr("Not worked out: the run was stopped."))
            continue
        # HiGHS may have overrun the plan's own part.
        left = max(control.left, LEAST_SECONDS / 2) / (len(kinds) - number)
        limit = None if control.time_limit is None else left
        try:
            yield kind.make(plan, Control(limit, control.event), threads)
        except Exception as error:
            # Whatever it is: the plan is found, and must not be lost with what is laid over it.
            odd = tr("{kind}: {error}; please report this", kind=type(error).__name__, error=error)
            said = str(error) if isinstance(error, DevolveError) else odd
            yield _without(kind, "failed", tr("Not worked out: {why}", why=said))


def _without(kind: Kind, status: str, why: str) -> Supplement:
    return Supplement(kind.name, tr(kind.title), tuple(why.splitlines()), record={"status": status, "message": why})
