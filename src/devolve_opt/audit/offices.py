"""The independent check of an arrangement of offices, from the raw tables and without the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from devolve_opt.audit.exact import as_numbers, exactly
from devolve_opt.case import Case
from devolve_opt.frozen import FrozenFrames
from devolve_opt.instruments import Offices
from devolve_opt.language import chosen, tr
from devolve_opt.plan import Breach, at
from devolve_opt.vocabulary import Platform, Unit, called

TOLERANCE = Fraction(1, 10**6)
"""Persons by which an office may fall short of its staff: the arithmetic's own noise."""
COLUMNS = ("template", "function", "office", "continues")


@dataclass(frozen=True, eq=False)
class OfficeAudit(FrozenFrames):
    """What the check found.

    Attributes:
        breaches: every rule that is broken; empty for a sound plan.
        templates: indexed by template: `offices`, `centres` (numbers), `files_before`, `files_after` (files a year
            that pass between offices), `functions_moved`, `hours` (staff-hours a year that files across and moves
            cost in one township).
    """

    breaches: tuple[Breach, ...]
    templates: pd.DataFrame


def audit_offices(case: Case, settings: Offices, arrangement: pd.DataFrame) -> OfficeAudit:
    """Check an arrangement against every rule and value it.

    Args:
        case: the data with the scenario's changes applied.
        settings: caps and prices.
        arrangement: columns `template, function, office, continues`: a row for each function of each template, the
            office by the function that heads it, and the office of today that it continues (blank if none).

    Returns:
        The breaches: `well_formed`, `platform_present`, `one_platform_and_kind`, `named_after_a_member`,
        `mandatory_heads_its_own`, `offices_within_cap`, `centres_within_cap`, `office_staff_sufficient`,
        `continues_once`; and the figures of each template.
    """
    missing = [name for name in COLUMNS if name not in arrangement]
    if missing:
        odd = tuple(Breach("well_formed", tr("column {name} missing", name=name), 1.0, "columns") for name in missing)
        return OfficeAudit(odd, pd.DataFrame())
    breaches: list[Breach] = []
    figures = {}
    case, settings = exactly(case), exactly(settings)
    wanted = _staff_and_migrants(case, settings)
    for name in arrangement["template"].drop_duplicates():
        if name not in wanted:
            breaches.append(Breach("well_formed", tr("unknown template {name}", name=name), 1.0, "templates"))
    for name, (staff, migrants) in wanted.items():
        rows = arrangement[arrangement["template"] == name]
        check = _Check(case, settings, name, staff, migrants, rows)
        breaches += check.breaches()
        figures[name] = check.figures()
    table = pd.DataFrame.from_dict(figures, orient="index").rename_axis("template")
    return OfficeAudit(tuple(breaches), as_numbers(table))


def _staff_and_migrants(case: Case, settings: Offices) -> dict[str, tuple[Fraction, Fraction]]:
    """Return staff at work today and migrant workers of each template, of the median township for a category."""
    migrants = dict(zip(case.migrants["township"], case.migrants["migrant_workers"], strict=True))
    found: dict[str, list[tuple[Fraction, Fraction]]] = {}
    for township, facts in case.townships.to_dict("index").items():
        name = str(township) if settings.per_township else str(facts["category"])
        staff = facts["staff_in_post"] - facts["lent"] + facts["stationed_staff"]
        found.setdefault(name, []).append((staff, migrants.get(township, 0)))
    return {
        name: (_middle([staff for staff, _ in units]), _middle([people for _, people in units]))
        for name, units in found.items()
    }


def _middle(numbers: list[Fraction]) -> Fraction:
    ordered, half = sorted(numbers), len(numbers) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) * Fraction(1, 2)


class _Check:
    """One template's arrangement against the rules."""

    def __init__(self, case: Case, settings: Offices, template: str, staff: Any, migrants: Any, rows: pd.DataFrame):
        self.facts = {str(name): row for name, row in case.functions.to_dict("index").items()}
        self.traffic = case.traffic.to_dict("records")
        self.settings, self.template, self.staff, self.migrants = settings, template, staff, migrants
        self.rows = rows
        known = rows[rows["function"].isin(self.facts)].drop_duplicates("function")
        self.office = dict(zip(known["function"], known["office"], strict=True))
        self.members: dict[str, list[str]] = {}
        for name, office in self.office.items():
            self.members.setdefault(office, []).append(name)
        self.continued = dict(zip(known["office"], known["continues"], strict=True))

    def breaches(self) -> list[Breach]:
        rules = (
            self._well_formed, self._platform_present, self._one_platform_and_kind, self._named_after_a_member,
            self._mandatory_heads_its_own, self._within_caps, self._office_staff_sufficient, self._continues_once,
        )  # fmt: skip
        return [breach for rule in rules for breach in rule()]

    def figures(self) -> dict[str, float]:
        kinds = Counter(self._kinds(members)[0] for members in self.members.values())
        pairs = [(pair["function"], pair["other"], pair["files"]) for pair in self.traffic]
        before = sum(files for one, other, files in pairs if self._today(one) != self._today(other))
        after = sum(files for one, other, files in pairs if self._apart(one, other))
        moved = sum(self.continued.get(self.office.get(name, ""), "") != self._today(name) for name in self.facts)
        prices = self.settings.prices
        return {
            "offices": kinds[Unit.OFFICE],
            "centres": kinds[Unit.CENTRE],
            "files_before": before,
            "files_after": after,
            "functions_moved": moved,
            "hours": prices.file_across * after + prices.function_moved * moved,
        }

    def _today(self, name: str) -> str:
        return str(self.facts[name]["today"])

    def _apart(self, one: str, other: str) -> bool:
        return one not in self.office or other not in self.office or self.office[one] != self.office[other]

    def _kinds(self, members: list[str]) -> list[str]:
        return list(dict.fromkeys(str(self.facts[name]["kind"]) for name in members))

    def _breach(self, rule: str, place: str, amount: float, unit: str) -> Breach:
        return Breach(rule, tr("{template}, {place}", template=self.template, place=place), float(amount), unit)

    def _well_formed(self) -> Iterator[Breach]:
        """Every function stands there once, and nothing else does [functions]."""
        counts = Counter(self.rows["function"])
        for name, count in counts.items():
            if name not in self.facts:
                yield self._breach("well_formed", tr("unknown function {name}", name=name), count, "functions")
            elif count > 1:
                yield self._breach("well_formed", tr("function {name}, given twice", name=name), count - 1, "functions")
        for name in self.facts:
            if name not in counts:
                yield self._breach("well_formed", tr("function {name} missing", name=name), 1, "functions")

    def _platform_present(self) -> Iterator[Breach]:
        """Every platform that has functions has an office or a centre [platforms]."""
        wanted = {facts["platform"] for facts in self.facts.values()}
        there = {self.facts[name]["platform"] for name in self.office}
        for platform in Platform:
            if platform in wanted - there:
                yield self._breach("platform_present", at(platform=called(platform)), 1, "platforms")

    def _one_platform_and_kind(self) -> Iterator[Breach]:
        """The functions of an office are of one platform and of one kind [offices]."""
        for office, members in self.members.items():
            found = {(self.facts[name]["platform"], self.facts[name]["kind"]) for name in members}
            if len(found) > 1:
                yield self._breach("one_platform_and_kind", at(office=office), len(found) - 1, "offices")

    def _named_after_a_member(self) -> Iterator[Breach]:
        """An office is named after one of its functions [offices]."""
        for office, members in self.members.items():
            if office not in members:
                yield self._breach("named_after_a_member", at(office=office), 1, "offices")

    def _mandatory_heads_its_own(self) -> Iterator[Breach]:
        """A mandatory function heads its office, which goes by no other office's name [functions]."""
        for name, facts in self.facts.items():
            due = facts["mandatory_alone"] and facts["min_migrants"] <= self.migrants
            if due and self.office.get(name, name) != name:
                yield self._breach("mandatory_heads_its_own", at(function=name), 1, "functions")
            elif due and self.continued.get(name, "") not in ("", facts["today"]):
                yield self._breach(
                    "mandatory_heads_its_own", tr("function {name}, name of another", name=name), 1, "functions"
                )

    def _within_caps(self) -> Iterator[Breach]:
        """There are at most so many offices and so many centres [offices, centres]."""
        caps = (
            (Unit.OFFICE, self.settings.offices_max, chosen("办公室", "offices")),
            (Unit.CENTRE, self.settings.centres_max, chosen("中心", "centres")),
        )  # fmt: skip
        for kind, cap, units in caps:
            count = sum(kind in self._kinds(members) for members in self.members.values())
            if count > cap:
                yield self._breach(f"{kind}s_within_cap", units, count - cap, f"{kind}s")

    def _office_staff_sufficient(self) -> Iterator[Breach]:
        """Each office and centre has the staff it needs [persons]."""
        for office, members in self.members.items():
            there = self.staff * sum(self.facts[name]["staff_share"] for name in members)
            short = self.settings.office_staff_min - there
            if short > TOLERANCE:
                yield self._breach("office_staff_sufficient", at(office=office), short, "persons")

    def _continues_once(self) -> Iterator[Breach]:
        """An office of today is continued by one office at most, and exists; an office continues one [offices]."""
        known = {facts["today"] for facts in self.facts.values()}
        claims = self.rows[self.rows["continues"] != ""].drop_duplicates(["office", "continues"])
        for column in ("office", "continues"):
            for name, count in Counter(claims[column]).items():
                if count > 1:
                    place = at(office=name) if column == "office" else tr("continues {name}", name=name)
                    yield self._breach("continues_once", place, count - 1, "offices")
        for name in claims["continues"].drop_duplicates():
            if name not in known:
                yield self._breach("continues_once", tr("unknown office {name}", name=name), 1, "offices")
