"""Team plan: where a county's enforcement teams sit and whom they serve, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from devolve_opt.frozen import FrozenFrames, FrozenMapping
from devolve_opt.instruments import TeamMode
from devolve_opt.plan import Breach, relative_gap
from devolve_opt.scenario import Scenario


@dataclass(frozen=True, eq=False)
class TeamDecisions(FrozenFrames):
    """What a team plan decides, as plain tables; everything else about it follows from them.

    Attributes:
        bases: columns `team, base`; the township where each stationed team sits. Teams that are not stationed stay with
            the county and are not among them.
        served: columns `township, field, team`; which team answers a township's calls in a field, a blank field being
            all those that no team of the county is for alone. Townships with a team of their own are not among them.
        own: columns `township, officers`; townships with a team of their own and its officers (persons).
    """

    bases: pd.DataFrame
    served: pd.DataFrame
    own: pd.DataFrame


@dataclass(frozen=True, eq=False)
class TeamAudit(FrozenFrames):
    """What an independent check found in a team plan, computed from the raw tables.

    Attributes:
        breaches: every rule the plan breaks; empty for a sound plan.
        teams: a row for each team, stationed or not, and each team of a township's own; `audit.area_teams.audit_teams`
            explains the columns.
        counties: indexed by county; staff-hours a year by kind of cost, and officers.
    """

    breaches: tuple[Breach, ...]
    teams: pd.DataFrame
    counties: pd.DataFrame

    @property
    def cost(self) -> float:
        """Staff-hours a year of the whole plan: bases, journeys, added officers."""
        return float(self.counties["cost"].sum())


@dataclass(frozen=True, eq=False)
class TeamPlan(FrozenFrames):
    """A plan for the county teams of a scenario: decisions, audited figures, and how far each county is proven.

    Attributes:
        scenario: what was asked.
        mode: how teams sit.
        decisions: what is decided.
        audit: the independent check, which the plan has passed.
        counties: indexed by county; columns `status`, `cost` and `bound` (staff-hours a year; no plan of the county can
            cost less than the bound), `gap` (share of the cost), `seconds`.
        options: the options the run was made with.
    """

    scenario: Scenario
    mode: TeamMode
    decisions: TeamDecisions
    audit: TeamAudit
    counties: pd.DataFrame
    options: Mapping[str, object]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", FrozenMapping(self.options))

    @property
    def cost(self) -> float:
        """Staff-hours a year of the whole plan."""
        return self.audit.cost

    @property
    def bound(self) -> float:
        """No plan costs less than this, staff-hours a year."""
        return float(self.counties["bound"].sum())

    @property
    def gap(self) -> float:
        """How far the plan may be from the cheapest one, as a share of its cost."""
        return relative_gap(-self.cost, -self.bound)

    def __repr__(self) -> str:
        """Return one line: what, what it costs, how proven."""
        notice = f", {self.scenario.case.notice}" if self.scenario.case.notice else ""
        return (
            f"TeamPlan({self.scenario.title!r}{notice}, {self.mode}: {self.cost:,.1f} staff-hours a year, "
            f"bound {self.bound:,.1f}, gap {self.gap:.3%})"
        )
