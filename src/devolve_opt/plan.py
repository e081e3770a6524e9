"""Plan: the answer of a run, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from math import inf, isfinite, nan
from typing import Any

import pandas as pd

from devolve_opt.frozen import FrozenFrames, FrozenMapping
from devolve_opt.language import chosen, joined, tr
from devolve_opt.scenario import Scenario
from devolve_opt.vocabulary import Method, Status, Term, label

UNITS = {
    "columns": "{n} column", "duties": "{n} duty", "fields": "{n} field", "functions": "{n} function",
    "offices": "{n} office of any kind", "centres": "{n} centre", "officers": "{n} officer", "persons": "{n} person",
    "platforms": "{n} platform", "posts": "{n} post", "powers": "{n} power", "rows": "{n} row",
    "stations": "{n} station", "tables": "{n} table", "teams": "{n} team", "templates": "{n} template",
    "townships": "{n} township", "hours one way": "{n} hours one way", "staff-hours": "{n} staff-hours",
    "staff-hours a year": "{n} staff-hours a year", "officer-hours a year": "{n} officer-hours a year",
}  # fmt: skip
"""Units of what is counted, each with the text in the catalogue by which Chinese counts it."""
PLACES = {
    kind: f"{kind} {{place}}" for kind in (
        "township", "power", "duty", "field", "county", "batch", "station", "list", "office", "function", "platform",
        "term",
    )
}  # fmt: skip
"""Kinds of place where a rule may be broken, each with the text that names one."""


def at(**places: object) -> str:
    """Return where a rule is broken: `at(township="T1", power="P2")` is `township T1, power P2`."""
    return joined(tr(PLACES[kind], place=place) for kind, place in places.items())


@dataclass(frozen=True, eq=False)
class Decisions(FrozenFrames):
    """What a plan decides, as plain tables; everything else about a plan follows from them.

    Attributes:
        guide_list: columns `power, list`; `list` is `base` or the category whose list holds the power.
        take_up: columns `township, power`; one row for each power that a township takes up.
        ready: columns `township, field`; fields in which a township becomes ready through the plan (those it is ready
            in today are not among them).
        posts: indexed by township, columns `base_posts, floating_posts, revolving_posts` (posts, whole numbers).
        officers: indexed by township, columns `trained, moved_in, moved_out` (persons, whole numbers).
        returned: indexed by township, column `returned`: lent staff who come back beyond those that the cap sends back
            (persons, whole numbers); an empty table stands for none.
        led: column `township`; townships whose enforcement office a leader heads, an officer heading every other.
        stations: columns `station, status`; a row for each station that a township manages (`managed`) or that is
            devolved to it (`devolved`). A field in which the plan makes a township ready is brought, at no cost, by any
            of these that sits there and is of the field.
        duties: columns `township, duty`; one row for each duty that a township carries.
    """

    guide_list: pd.DataFrame
    take_up: pd.DataFrame
    ready: pd.DataFrame
    posts: pd.DataFrame
    officers: pd.DataFrame
    returned: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"returned": pd.Series(dtype="int64")}))
    led: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"township": pd.Series(dtype="str")}))
    stations: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["station", "status"], dtype="str"))
    duties: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["township", "duty"], dtype="str"))


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks: which, where, by how much."""

    rule: str
    place: str
    amount: float
    unit: str

    def __str__(self) -> str:
        """Return the breach as one line; in Chinese the rule's name stands before its key."""
        rule = chosen(f"{tr(self.rule)} {self.rule}", self.rule)
        return tr("{rule} at {place}: {amount}", rule=rule, place=self.place, amount=self._amount)

    @property
    def _amount(self) -> str:
        amount = f"{self.amount:g}"
        return chosen(tr(UNITS.get(self.unit, "{n}"), n=amount), f"{amount} {self.unit}")


@dataclass(frozen=True, eq=False)
class Audit(FrozenFrames):
    """What an independent check found in a plan, computed from the raw tables.

    Attributes:
        breaches: every rule the plan breaks; empty for a sound plan.
        terms: staff-hours a year by `Term`; costs are negative and the sum is the objective.
        townships: indexed by township; hours, posts, officers and choices; `audit.audit` explains the columns.
        fields: columns `township, field, new, powers, cases`: readiness and what it is used for.
        tolerated: limits of hours that are exceeded, but by no more than the solver's tolerance; most plans have none.
    """

    breaches: tuple[Breach, ...]
    terms: Mapping[Term, float]
    townships: pd.DataFrame
    fields: pd.DataFrame
    tolerated: tuple[Breach, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", FrozenMapping(self.terms))

    @property
    def objective(self) -> float:
        """Sum of the terms, staff-hours a year."""
        return float(sum(self.terms.values()))


@dataclass(frozen=True, eq=False)
class Plan(FrozenFrames):
    """A plan for a scenario: decisions, audited figures, and how far it is proven.

    Attributes:
        scenario: what was asked.
        method: whether it was optimised or made by the ratio rule.
        status: how far it is proven.
        objective: value of the plan, staff-hours a year.
        bound: no plan that keeps the rules of this scenario, and rules added to it, can be worth more, staff-hours a
            year; -inf where it is proven that there is none.
        decisions: what is decided.
        audit: the independent check, with the value of each term. An optimised plan has passed it; a plan by the ratio
            rule may break rules, which it then lists.
        exclusions: columns `power, rule, article, basis, reason`: powers that law or policy keeps out.
        seconds: wall time by phase.
        steps: the solution process, columns `seconds, phase, bound, objective`.
        log: the solver's own log.
        options: the options the run was made with; `added_rules` names rules of the user's own that the plan keeps.
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

    def __post_init__(self) -> None:
        for name in ("seconds", "options"):
            object.__setattr__(self, name, FrozenMapping(getattr(self, name)))

    @property
    def gap(self) -> float:
        """How far the plan may be from the best one: (bound - objective) / |objective|; never negative.

        NaN for a plan that breaks rules: what keeps them cannot be measured against what does not.
        """
        return nan if self.audit.breaches else relative_gap(self.objective, self.bound)

    @property
    def guide_list(self) -> pd.DataFrame:
        """The guide list: columns `power, list`."""
        return self.decisions.guide_list

    @property
    def take_up(self) -> pd.DataFrame:
        """Who takes what: columns `township, power`."""
        return self.decisions.take_up

    @property
    def terms(self) -> pd.Series:
        """Value of each objective term, staff-hours a year; costs are negative."""
        return pd.Series({str(term): value for term, value in self.audit.terms.items()}, name="staff-hours a year")

    def __repr__(self) -> str:
        """Return one line: what, how good, how proven."""
        notice = f", {self.scenario.case.notice}" if self.scenario.case.notice else ""
        return f"Plan({self.scenario.title!r}{notice}, {self.method}, {self._worth()})"

    def _worth(self) -> str:
        breaches = f", BREAKS RULES ({len(self.audit.breaches)})" if self.audit.breaches else ""
        added = self.options.get("added_rules")
        kept = f", with added rules: {', '.join(added)}" if added else ""
        if not isfinite(self.bound):
            bound = "no plan can keep the rules" if self.bound < 0 else "no bound is known"
        else:
            gap = f"{self.gap:.3%}" if isfinite(self.gap) else "unknown"
            bound = f"bound {self.bound:,.1f}, gap {gap}"
        return f"{self.status}: {self.objective:,.1f} staff-hours a year, {bound}{kept}{breaches}"

    def _repr_html_(self) -> str:
        notice = self.scenario.case.notice
        lines = "".join(
            f"<tr><td>{chosen(label(str(term)), str(term))}</td><td style='text-align:right'>{value:,.1f}</td></tr>"
            for term, value in self.terms.items()
        )
        return (
            f"<div><b>{escape(self.scenario.title)}</b> {notice}<br>{escape(self._worth())}<table>{lines}</table></div>"
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
