"""Phase plan: which batch hands over what of a finished plan, with its proof."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from devolve_opt.frozen import FrozenFrames
from devolve_opt.plan import Breach, Decisions, relative_gap
from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import Status


@dataclass(frozen=True, eq=False)
class PhaseDecisions(FrozenFrames):
    """What a phase plan decides, as plain tables; batches count from 1. What no batch hands over is in none of them.

    Attributes:
        handed: columns `township, power, batch`; powers that townships are handed, and when.
        ready: columns `township, field, batch`; fields in which townships become ready, and when.
        trained: columns `township, batch, trained`; new certificates of that batch (persons); a row only where any.
    """

    handed: pd.DataFrame
    ready: pd.DataFrame
    trained: pd.DataFrame


@dataclass(frozen=True, eq=False)
class PhaseAudit(FrozenFrames):
    """What an independent check found in a phase plan, computed from the raw tables.

    Attributes:
        breaches: every rule it breaks; empty for a sound one.
        powers: a row for each power that a township takes; `audit.phases.audit_phases` explains the columns.
        officers: a row for each township and batch.
        counties: a row for each county and batch.
        duties: a row for each duty that a township carries under the plan.
    """

    breaches: tuple[Breach, ...]
    powers: pd.DataFrame
    officers: pd.DataFrame
    counties: pd.DataFrame
    duties: pd.DataFrame

    @property
    def lost(self) -> float:
        """Worth lost by waiting, staff-hours of the year."""
        return float(self.powers["lost"].sum())


@dataclass(frozen=True, eq=False)
class PhasePlan(FrozenFrames):
    """The batches of a finished plan: decisions, audited figures, and how far they are proven.

    Attributes:
        scenario: what was asked.
        plan: the finished plan that is handed over.
        decisions: which batch hands over what.
        audit: the independent check, which the decisions have passed.
        bottlenecks: columns `township, power, limits`: what was tight a batch earlier, for powers that wait or are left
            over; `rules.schedule.LIMITS` has the words, separated by `; `.
        status: how far they are proven.
        bound: no batches of this plan lose less than this by waiting, staff-hours of the year.
        seconds: wall time.
        log: the solver's own log.
    """

    scenario: Scenario
    plan: Decisions
    decisions: PhaseDecisions
    audit: PhaseAudit
    bottlenecks: pd.DataFrame
    status: Status
    bound: float
    seconds: float
    log: str = ""

    @property
    def lost(self) -> float:
        """Worth lost by waiting, staff-hours of the year."""
        return self.audit.lost

    @property
    def gap(self) -> float:
        """How far the batches may be from the best ones, as a share of what is lost."""
        return relative_gap(-self.lost, -self.bound)

    def __repr__(self) -> str:
        """Return one line: what, what it loses, how proven."""
        notice = f", {self.scenario.case.notice}" if self.scenario.case.notice else ""
        return (
            f"PhasePlan({self.scenario.title!r}{notice}, {self.status}: {self.lost:,.1f} staff-hours lost by waiting, "
            f"bound {self.bound:,.1f}, gap {self.gap:.3%})"
        )
