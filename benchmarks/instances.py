"""What is solved: synthetic cities, with hours that are loose, tight, or walled in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from devolve_opt.case import Case
from devolve_opt.errors import Fault, did_you_mean
from devolve_opt.scenario import Scenario
from devolve_opt.synthetic import synthesise, synthesise_city

ROOT = Path(__file__).parents[1]
CITY_TOWNSHIPS, CITY_SUBDISTRICTS, CITY_COUNTIES = 166, 13, 9
"""Units, subdistricts among them, and counties of the report's city; others are made in proportion."""
SMALLEST, LARGEST = 20, 3_101
"""Units of a city: fewer have no lists to speak of, and a province has no more."""
CITY_WIDE_CAPS = ("posts_moved_max", "training_places_max")
"""Caps of the policy on the whole city: for a city of another size they are taken in proportion."""

SHAPES: dict[str, dict[str, Any]] = {
    "baseline": {},
    "loose": {"changes": {"statutory_hours": {"scale": 0.9}}},
    "tight": {"changes": {"statutory_hours": {"scale": 1.1}}},
    "wall": {"policy": {"overload": "wall", "wall_share": 1.1}},
}
"""How capacity is shaped, as a variation of scenarios/baseline.toml. The wall stands at 110 % of the hours there,
because some townships have 109 % of statutory work today: at 100 % no plan exists."""


@dataclass(frozen=True)
class Instance:
    """One problem, made anew wherever it is needed.

    Attributes:
        seed: seed of the synthetic case.
        shape: one of `SHAPES`.
        townships: townships and subdistricts of a synthetic city of another size; None for the report's city of 166.
    """

    seed: int
    shape: str = "baseline"
    townships: int | None = None

    @property
    def name(self) -> str:
        """Name in tables and files."""
        place = "city" if self.townships is None else f"city-of-{self.townships}"
        return f"{place}-{self.seed}-{self.shape}"

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario: the baseline's policy over the synthetic case."""
        baseline = Scenario.read(ROOT / "scenarios" / "baseline.toml")
        case = synthesise("city", self.seed) if self.townships is None else _city_of(self.townships, self.seed)
        scaled = {}
        if self.townships is not None:
            share = self.townships / CITY_TOWNSHIPS
            scaled = {cap: math.ceil(getattr(baseline.policy, cap) * share) for cap in CITY_WIDE_CAPS}
        shape = SHAPES[self.shape]
        return baseline.replace(
            case=case, title=self.name, policy={**scaled, **shape.get("policy", {})}, changes=shape.get("changes", {})
        )


def _city_of(units: int, seed: int) -> Case:
    """Return a synthetic city of so many townships and subdistricts, its parts in proportion to the report's."""
    subdistricts = round(units * CITY_SUBDISTRICTS / CITY_TOWNSHIPS)
    counties = max(1, round(units * CITY_COUNTIES / CITY_TOWNSHIPS))
    return synthesise_city(counties, units - subdistricts, subdistricts, seed)


def township_faults(numbers: list[int], option: str) -> list[Fault]:
    """Return a fault for each number of townships that no city can have."""
    return [
        Fault(f"must be from {SMALLEST} to {LARGEST:,} townships.", column=option, value=str(number))
        for number in numbers
        if not SMALLEST <= number <= LARGEST
    ]


def words_of(text: str, known: dict[str, Any] | tuple[str, ...], option: str, faults: list[Fault]) -> list[str]:
    """Split `a,b` into words, each once; an unknown one is added to the faults."""
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in words:
        if word not in known:
            message = f"is not known.{did_you_mean(word, known)} There are {', '.join(known)}."
            faults.append(Fault(message, column=option, value=word))
    if not words:
        faults.append(Fault(f"names nothing; there are {', '.join(known)}.", column=option))
    return words


def numbers_of(text: str, option: str, faults: list[Fault]) -> list[int]:
    """Split `1,2` into whole numbers at or above 0, each once; what is none is added to the faults."""
    numbers = []
    for word in text.split(","):
        if word.strip().isascii() and word.strip().isdigit():
            numbers.append(int(word))
        else:
            faults.append(Fault("must be whole numbers such as 2021,2022.", column=option, value=word))
    return list(dict.fromkeys(numbers))
