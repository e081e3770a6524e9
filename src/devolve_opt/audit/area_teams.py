"""Audit of a team plan: every rule and every figure worked out anew from the raw tables, without the model.

| rule | sentence | source |
|---|---|---|
| `well_formed` | Ids are known, officers are whole numbers; no team, call or township stands twice. | `TeamDecisions` |
| `mode_kept` | By area no township has a team of its own; one-to-one every township has one and no team has a base. | the city's report |
| `base_in_county` | A team sits in its own county. | posts belong to the county |
| `calls_answered` | Every township is served in every field, by a stationed team or by one of its own. | `AreaTeams` |
| `served_by_stationed_team` | Only a team that has a base serves. | definition |
| `team_for_field` | A team for one field serves in that field only. | table `teams` |
| `travel_within_limit` | A township is served from a base of its county within `travel_hours_max`. | `AreaTeams.travel_hours_max` |
| `team_hours_sufficient` | Called-in hours to be answered and journeys fit into the team's hours. | `AreaTeams.calls_answered_share` |
| `own_officers_sufficient` | A team of a township's own has `officers_per_call` officers, or those that its hours take. | 处罚法 42 |
"""  # noqa: E501 - rows of a Markdown table cannot be broken

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import pandas as pd

from devolve_opt.audit.exact import as_numbers, exactly
from devolve_opt.audit.ledger import SLACK
from devolve_opt.case import Case
from devolve_opt.instruments import AreaTeams, TeamMode
from devolve_opt.language import tr
from devolve_opt.plan import Breach
from devolve_opt.team_plan import TeamAudit, TeamDecisions
from devolve_opt.vocabulary import ENFORCEMENT_TYPES

HOURS = "officer-hours a year"


def audit_teams(case: Case, settings: AreaTeams, mode: TeamMode, decisions: TeamDecisions) -> TeamAudit:
    """Check a team plan against every rule and work out what it costs, from the raw tables alone.

    Returns:
        The breaches, none for a sound plan, and two tables.

        `teams`, a row for each team of the county, then one for each team of a township's own:

        - `county`, `team` (blank for a township's own), `base` (blank where not stationed), `field` (blank for all).
        - `officers`: persons.
        - `townships`: townships it serves (townships).
        - `work_hours`: called-in hours it answers (officer-hours a year).
        - `travel_hours`: hours of its officers on the road (officer-hours a year).
        - `hours_there`: hours it has for calls (officer-hours a year).
        - `spare_hours`: hours there less work and journeys; negative where they do not suffice.

        `counties`, indexed by county, in the order of the case:

        - `bases`, `own_teams`: stationed teams, and teams of townships' own.
        - `officers_needed`, `officers_there`, `officers_added`: persons.
        - `bases_cost`, `travel_cost`, `officers_cost`, `cost`: staff-hours a year.
    """
    books = _Books(case, settings, decisions)
    breaches = [*books.odd, *(breach for rule in _RULES for breach in rule(books, mode))]
    return TeamAudit(tuple(breaches), books.teams(), books.counties())


class _Books:
    """The figures of one team plan, by plain dictionaries."""

    def __init__(self, case: Case, settings: AreaTeams, decisions: TeamDecisions):
        case, settings = exactly(case), exactly(settings)
        self.case, self.settings = case, settings
        self.county: dict[str, str] = {str(name): str(county) for name, county in case.townships["county"].items()}
        self.joint = case.townships["joint_cases"].to_dict()
        self.facts = {str(team): row for team, row in case.teams.to_dict("index").items()}
        self.road = {}
        for one, other, hours in case.travel.itertuples(index=False):
            self.road[one, other] = self.road[other, one] = hours
        self.parts = {name: self._parts(name) for name in case.counties.index}
        self.odd: list[Breach] = []
        self.base = dict(self._rows(decisions.bases, "bases", ("team", "base"), 1))
        served = self._rows(decisions.served, "served", ("township", "field", "team"), 2)
        self.served = {(township, field): team for township, field, team in served}
        self.own = {
            township: int(officers) for township, officers in self._rows(decisions.own, "own", ("township",), 1)
        }

    def _rows(self, frame: pd.DataFrame, table: str, known: tuple[str, ...], key: int) -> list[tuple]:
        """Return the rows that can be used; what cannot is a breach."""
        words: dict[str, set[Any]] = {
            "team": set(self.facts), "base": set(self.county), "township": set(self.county),
            "field": {"", *self.case.fields.index},
        }  # fmt: skip
        found: dict[tuple, tuple] = {}
        for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
            place = tr("{table} row {number}", table=table, number=number)
            cells = dict(zip(frame.columns, row, strict=True))
            wrong = [name for name in known if cells.get(name) not in words[name]]
            officers = cells.get("officers", 0)
            if wrong:
                self.odd.append(
                    Breach(
                        "well_formed",
                        tr(
                            "{place}, unknown {column} {value}",
                            place=place,
                            column=wrong[0],
                            value=repr(cells.get(wrong[0])),
                        ),
                        1.0,
                        "rows",
                    )
                )
            elif not isinstance(officers, Integral) or officers < 0:
                self.odd.append(
                    Breach(
                        "well_formed",
                        tr("{place}, officers {officers}", place=place, officers=repr(officers)),
                        1.0,
                        "rows",
                    )
                )
            elif row[:key] in found:
                self.odd.append(
                    Breach(
                        "well_formed",
                        tr("{place}, {names} given twice", place=place, names=", ".join(row[:key])),
                        1.0,
                        "rows",
                    )
                )
            else:
                found[row[:key]] = row
        return list(found.values())

    def _parts(self, county: str) -> dict[str, float]:
        """Return the part of a county's joint cases in each field that one of its teams is for, and the rest."""
        named = {row["field"] for row in self.facts.values() if row["county"] == county} - {""}
        kinds, fields = self.case.powers["type"].to_dict(), self.case.powers["field"].to_dict()
        amounts: dict[str, float] = {}
        for township, power, cases in self.case.cases.itertuples(index=False):
            if named and self.county[township] == county and kinds[power] in ENFORCEMENT_TYPES:
                amounts[fields[power]] = amounts.get(fields[power], 0) + cases
        total = sum(amounts.values())
        parts = {field: amounts[field] / total for field in sorted(named) if amounts.get(field, 0) > 0}
        return {**parts, "": max(0, 1 - sum(parts.values()))}

    def answered(self, township: str, field: str) -> float:
        """Joint cases whose calls must be answered [cases a year]."""
        part = self.parts[self.county[township]].get(field, 0)
        return self.joint[township] * part * self.settings.calls_answered_share

    def way(self, team: str, township: str) -> float:
        """Hours one way from the team's base; infinite where there is none, or no journey."""
        base = self.base.get(team)
        return 0 if base == township else self.road.get((base, township), math.inf)

    def work(self, team: str) -> tuple[float, float]:
        """Called-in hours and hours on the road of a team [officer-hours a year]."""
        settings = self.settings
        work: float = 0
        road: float = 0
        for (township, field), who in self.served.items():
            if who == team and township not in self.own:
                cases = self.answered(township, field)
                work += cases * settings.county_case_hours
                way = self.way(team, township)
                if cases and math.isfinite(way):
                    road += cases * settings.calls_per_joint_case * 2 * way * settings.officers_per_call
        return work, road

    def hours_each(self, county: str) -> float:
        """Hours for calls of an officer in a team of a township's own [officer-hours a year]."""
        rows = [row for row in self.facts.values() if row["county"] == county] or list(self.facts.values())
        officers = sum(row["officers"] for row in rows)
        return sum(row["officers"] * row["hours"] for row in rows) / officers if officers else 0

    def own_work(self, township: str) -> float:
        """Called-in hours of a township with a team of its own [officer-hours a year]."""
        return self.joint[township] * self.settings.calls_answered_share * self.settings.county_case_hours

    def teams(self) -> pd.DataFrame:
        """Return the table of teams; see `audit_teams`."""
        rows: list[tuple[Any, ...]] = []
        for team, facts in self.facts.items():
            work, road = self.work(team)
            townships = {township for (township, _), who in self.served.items() if who == team} - set(self.own)
            there = facts["officers"] * facts["hours"]
            rows.append((facts["county"], team, self.base.get(team, ""), facts["field"], int(facts["officers"]),
                         len(townships), work, road, there))  # fmt: skip
        for township, officers in self.own.items():
            county = self.county[township]
            there = officers * self.hours_each(county)
            rows.append((county, "", township, "", officers, 1, self.own_work(township), 0, there))
        columns = [
            "county",
            "team",
            "base",
            "field",
            "officers",
            "townships",
            "work_hours",
            "travel_hours",
            "hours_there",
        ]
        frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("county", "team", "base", "field"), "str"))
        return as_numbers(frame.assign(spare_hours=frame["hours_there"] - frame["work_hours"] - frame["travel_hours"]))

    def counties(self) -> pd.DataFrame:
        """Return the table of counties; see `audit_teams`."""
        rows = {}
        for county in self.case.counties.index:
            bases = [team for team in self.base if self.facts[team]["county"] == county]
            own = [township for township in self.own if self.county[township] == county]
            of_teams = sum(int(self.facts[team]["officers"]) for team in bases)
            needed = of_teams + sum(self.own[township] for township in own)
            there = sum(int(row["officers"]) for row in self.facts.values() if row["county"] == county)
            added = max(0, needed - there)
            costs = (
                self.settings.base_opening * (len(bases) + len(own)),
                self.settings.travel_price * sum(self.work(team)[1] for team in bases),
                self.settings.officer_added * added,
            )
            rows[county] = (len(bases), len(own), needed, there, added, *costs, sum(costs))
        columns = [
            "bases", "own_teams", "officers_needed", "officers_there", "officers_added", "bases_cost", "travel_cost",
            "officers_cost", "cost",
        ]  # fmt: skip
        return as_numbers(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("county"))


def mode_kept(books: _Books, mode: TeamMode) -> Iterator[Breach]:
    """By area no township has a team of its own; one-to-one every township has one, and no team a base [townships]."""
    if mode is TeamMode.AREA:
        yield from (
            Breach("mode_kept", tr("{township}, a team of its own", township=township), 1.0, "townships")
            for township in books.own
        )
    if mode is TeamMode.ONE_TO_ONE:
        without = [township for township in books.county if township not in books.own]
        yield from (
            Breach("mode_kept", tr("{township}, no team of its own", township=township), 1.0, "townships")
            for township in without
        )
        yield from (Breach("mode_kept", tr("{team}, stationed", team=team), 1.0, "teams") for team in books.base)


def base_in_county(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """A team sits in its own county [teams]."""
    for team, base in books.base.items():
        if books.county[base] != books.facts[team]["county"]:
            yield Breach("base_in_county", tr("{team} at {base}", team=team, base=base), 1.0, "teams")


def calls_answered(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """Every township is served in every field, by a stationed team or by one of its own [officer-hours a year]."""
    for township, county in books.county.items():
        for field in books.parts[county]:
            if township not in books.own and (township, field) not in books.served:
                hours = books.answered(township, field) * books.settings.county_case_hours
                yield Breach(
                    "calls_answered",
                    tr("{township}, {field}", township=township, field=field or tr("other fields")),
                    float(hours),
                    HOURS,
                )


def served_by_stationed_team(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """Only a team that has a base serves [calls]."""
    for (township, _), team in books.served.items():
        if team not in books.base:
            yield Breach(
                "served_by_stationed_team", tr("{township} by {team}", township=township, team=team), 1.0, "townships"
            )


def team_for_field(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """A team for one field serves in that field only [calls]."""
    for (township, field), team in books.served.items():
        if books.facts[team]["field"] not in ("", field):
            yield Breach(
                "team_for_field",
                tr("{township}, {field} by {team}", township=township, field=field or tr("other fields"), team=team),
                1.0,
                "townships",
            )


def travel_within_limit(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """A township is served from a base of its county within `travel_hours_max` [hours one way]."""
    most = books.settings.travel_hours_max
    for (township, _), team in books.served.items():
        if team in books.base and township not in books.own:
            away = books.county[books.base[team]] != books.county[township]
            excess = math.inf if away else books.way(team, township) - most
            if excess > SLACK * max(1, most):
                yield Breach(
                    "travel_within_limit",
                    tr("{township} by {team}", township=township, team=team),
                    float(excess),
                    "hours one way",
                )


def team_hours_sufficient(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """Called-in hours to be answered and journeys fit into the team's hours [officer-hours a year]."""
    for team, facts in books.facts.items():
        there = facts["officers"] * facts["hours"]
        excess = sum(books.work(team)) - there
        if excess > SLACK * max(1, there):
            yield Breach("team_hours_sufficient", team, float(excess), HOURS)


def own_officers_sufficient(books: _Books, _mode: TeamMode) -> Iterator[Breach]:
    """A team of a township's own has `officers_per_call` officers, or those that its hours take [officers]."""
    for township, officers in books.own.items():
        each = books.hours_each(books.county[township])
        by_hours = math.ceil(books.own_work(township) / each - SLACK) if each else 0
        missing = max(books.settings.officers_per_call, by_hours) - officers
        if missing > 0:
            yield Breach("own_officers_sufficient", township, float(missing), "officers")


_RULES = (
    mode_kept, base_in_county, calls_answered, served_by_stationed_team, team_for_field, travel_within_limit,
    team_hours_sufficient, own_officers_sufficient,
)  # fmt: skip
