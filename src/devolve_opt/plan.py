"""Plan: the answer of a run, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from math import inf, isfinite
from typing import Any

import pandas as pd

from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import Method, Status, Term


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a plan decides, as plain tables; everything else about a plan follows from them.

    Attributes:
        guide_list: columns `power, list`; `list` is `base` or the category whose list holds the power.
        take_up: columns `township, power`; one row for each power that a township takes up.
        ready: columns `township, field`; fields in which a township becomes ready through the plan (those it is ready
            in today are not among them).
        posts: indexed by township, columns `base_posts, floating_posts, revolving_posts` (posts, whole numbers).
        officers: indexed by township, columns `trained, moved_in, moved_out` (persons, whole numbers).
    """

    guide_list: pd.DataFrame
    take_up: pd.DataFrame
    ready: pd.DataFrame
    posts: pd.DataFrame
    officers: pd.DataFrame


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks: which, where, by how much."""

    rule: str
    place: str
    amount: float
    unit: str

    def __str__(self) -> str:
        """Return the breach as one line."""
        return f"{self.rule} at {self.place}: {self.amount:g} {self.unit}"


@dataclass(frozen=True, eq=False)
class Audit:
    """What an independent check found in a plan, computed from the raw tables.

    Attributes:
        breaches: every rule the plan breaks; empty for a sound plan.
        terms: staff-hours a year by `Term`; costs are negative and the sum is the objective.
        townships: indexed by township; hours, posts, officers and choices (columns in `audit.py`).
        fields: columns `township, field, new, powers, cases`: readiness and what it is used for.
    """

    breaches: tuple[Breach, ...]
    terms: Mapping[Term, float]
    townships: pd.DataFrame
    fields: pd.DataFrame

    @property
    def objective(self) -> float:
        """Sum of the terms, staff-hours a year."""
        return float(sum(self.terms.values()))


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan for a scenario: decisions, audited figures, and how far it is proven.

    Attributes:
        scenario: what was asked.
        method: whether it was optimised or made by the ratio rule.
        status: how far it is proven.
        objective: value of the plan, staff-hours a year.
        bound: no plan of this scenario can be worth more, staff-hours a year.
        decisions: what is decided.
        audit: the independent check, with the value of each term.
        exclusions: columns `power, rule, article, basis, reason`: powers that law or policy keeps out.
        seconds: wall time by phase.
        steps: the solution process, columns `seconds, phase, bound, objective`.
        log: the solver's own log.
        options: the options the run was made with.
        reference: the ratio rule's plan for the same scenario, or None if this is it.
    """

    scenario: Scenario
    method: Method
    status: Status
    objective: float
    bound: float
    decisions: Decisions
    audit: Audit
    exclusions: pd.DataFrame
    seconds: Mapping[str, float] = field(default_factory=dict)
    steps: pd.DataFrame = field(default_factory=pd.DataFrame)
    log: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    reference: Plan | None = None

    @property
    def gap(self) -> float:
        """How far the plan may be from the best one: (bound - objective) / |objective|; never negative."""
        return relative_gap(self.objective, self.bound)

    @property
    def guide_list(self) -> pd.DataFrame:
        """The guide list: columns `power, list`."""
        return self.decisions.guide_list.copy()

    @property
    def take_up(self) -> pd.DataFrame:
        """Who takes what: columns `township, power`."""
        return self.decisions.take_up.copy()

    @property
    def terms(self) -> pd.Series:
        """Value of each objective term, staff-hours a year; costs are negative."""
        return pd.Series({str(term): value for term, value in self.audit.terms.items()}, name="staff-hours a year")

    def __repr__(self) -> str:
        """Return one line: what, how good, how proven."""
        return (
            f"Plan({self.scenario.title!r}, {self.method}, {self.status}: {self.objective:,.0f} staff-hours a year, "
            f"bound {self.bound:,.0f}, gap {self.gap:.3%})"
        )

    def _repr_html_(self) -> str:
        notice = self.scenario.case.notice
        lines = "".join(
            f"<tr><td>{term}</td><td style='text-align:right'>{value:,.0f}</td></tr>"
            for term, value in self.terms.items()
        )
        return (
            f"<div><b>{escape(self.scenario.title)}</b> {notice}<br>{self.status}: {self.objective:,.0f} staff-hours a "
            f"year, bound {self.bound:,.0f}, gap {self.gap:.3%}<table>{lines}</table></div>"
        )


def relative_gap(objective: float, bound: float) -> float:
    """Return (bound - objective) / |objective|, at least 0.

    It is infinite where either is unknown, and where the objective is 0 and the bound is not.
    """
    if not (isfinite(objective) and isfinite(bound)):
        return inf
    difference = bound - objective
    if difference <= 1e-9 * max(1.0, abs(bound)):
        return 0.0
    return difference / abs(objective) if objective else inf
