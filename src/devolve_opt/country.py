"""A country: many cities with their real sizes, a policy for all of them, and a pool of posts to share out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pandas as pd
from pydantic import Field, ValidationError

from devolve_opt.case import SYNTHETIC_DATA
from devolve_opt.errors import Fault, InputError, did_you_mean, listed, shown
from devolve_opt.frozen import FrozenFrames, FrozenMapping
from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.reading.cities import FILE, check_cities, read_cities
from devolve_opt.scenario import read_policy, read_toml
from devolve_opt.settings import ASSUMPTION, Settings, setting, settings_faults

COUNTRY_KEYS = ("title", "country", "province", "seed", "pool", "policy")
"""Keys of the scenario of a country."""
NOT_DRAWN = ("stations", "duties", "offices", "area_teams", "phases")
"""Instruments that a country's cities have no tables for, and batches, which are laid over a single city's plan."""
NOTICE = SYNTHETIC_DATA


class Pool(Settings):
    """Posts beyond those of the cities, each with a person, that the country shares out between them in lots.

    That there is such a pool, and that its posts come filled, is an assumption.
    """

    posts: int = setting(0, "posts", ASSUMPTION, "Posts to be shared out.", ge=0, le=10_000_000)
    lot: int = setting(10, "posts", ASSUMPTION, "Posts that are given out together.", ge=1, le=10_000)
    lots_max: int = setting(2, "lots a city", ASSUMPTION, "Lots that a single city may be given.", ge=1, le=100)

    @property
    def choices(self) -> tuple[int, ...]:
        """Numbers of posts that a city may be given, from none to most."""
        return tuple(lots * self.lot for lots in range(self.lots_max + 1) if lots * self.lot <= self.posts)


class _Head(Settings):
    title: str = Field("Country", min_length=1)
    province: str | None = Field(None, min_length=1)
    seed: int = Field(strict=True, ge=0, le=2**32 - 1)
    pool: Pool | None = None


@dataclass(frozen=True, eq=False)
class Country(FrozenFrames):
    """Cities by size, the seed that everything else about them is drawn from, a policy and perhaps a pool of posts.

    Attributes:
        cities: indexed by id, columns `name, province, counties, townships, subdistricts`.
        seed: seed of the country; each city's own follows from it and the city's id (`city_seed`).
        policy: caps and prices, the same in every city.
        pool: posts to share out between the cities, or None.
        title: what is shown as the scenario's name.
        source: the scenario file, or empty.
        input_hashes: SHA-256 of the files it was read from.

    Raises:
        InputError: listing every fault of the cities and of the policy's instruments.
    """

    cities: pd.DataFrame
    seed: int
    policy: Policy = field(default_factory=Policy)
    pool: Pool | None = None
    title: str = "Country"
    source: str = ""
    input_hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        faults = _instrument_faults(self.policy)
        try:
            object.__setattr__(self, "cities", check_cities(self.cities))
        except InputError as error:
            faults += error.faults
        if faults:
            raise InputError(faults)
        object.__setattr__(self, "input_hashes", FrozenMapping(self.input_hashes))

    @classmethod
    def read(cls, path: str | Path) -> Country:
        """Read the scenario of a country (TOML: `title`, `country`, `province`, `seed`, `[pool]`, `[policy]`).

        `province` names the only province whose cities are meant; each of them is then the same as in the whole
        country, because its seed hangs on its id.

        Raises:
            InputError: listing every fault of the file and of the table of cities.
        """
        path = Path(path)
        content, digest = read_toml(path, tr("a scenario file"))
        faults = listed(
            [key for key in content if key not in COUNTRY_KEYS],
            lambda key: Fault(
                tr("is no key of a country's scenario.") + did_you_mean(key, COUNTRY_KEYS), file=path.name, column=key
            ),
        )
        head = _read_head(path, content, faults)
        policy = read_policy(path, content.get("policy", {}), faults)
        faults += [replace(fault, file=path.name) for fault in _instrument_faults(policy)]
        cities, of_cities = _read_folder(path, content.get("country"), faults)
        if head is not None and head.province is not None and cities is not None:
            cities = _of_province(path, cities, head.province, faults)
        if faults or head is None or cities is None:
            raise InputError(faults)
        title = head.title if "title" in content else path.stem
        hashes = {path.name: digest, f"country/{FILE}": of_cities}
        return cls(cities, head.seed, policy, head.pool, title, str(path), hashes)

    def city_seed(self, city: str) -> int:
        """Return the seed of a city: it hangs on the country's seed and the city's id, and on no other city."""
        return crc32(f"{self.seed} {city}".encode())

    def replace(self, **changes: Any) -> Country:
        """Return a copy with other attributes; it no longer says which files it came from."""
        return replace(self, **{"source": "", "input_hashes": {}, **changes})

    @property
    def units(self) -> pd.Series:
        """Townships and subdistricts of each city."""
        return self.cities["townships"] + self.cities["subdistricts"]

    @property
    def with_units(self) -> pd.DataFrame:
        """The cities that have any township or subdistrict; the others have nothing to decide."""
        return self.cities[self.units > 0]


def names_country(path: str | Path) -> bool:
    """Tell whether a scenario file is a country's: it has a key `country`.

    Raises:
        InputError: if it cannot be read or is not sound.
    """
    return "country" in read_toml(Path(path), tr("a scenario file"))[0]


def _instrument_faults(policy: Policy) -> list[Fault]:
    return [
        Fault(tr("is not worked out for the cities of a country; leave it out."), column=f"policy.{name}")
        for name in NOT_DRAWN
        if getattr(policy, name) is not None
    ]


def _read_head(path: Path, content: Mapping[str, Any], faults: list[Fault]) -> _Head | None:
    try:
        return _Head(**{key: content[key] for key in ("title", "province", "seed", "pool") if key in content})
    except ValidationError as error:
        faults += settings_faults(_Head, error, file=path.name)
        return None


def _read_folder(path: Path, value: Any, faults: list[Fault]) -> tuple[pd.DataFrame | None, str]:
    if not isinstance(value, str) or not value:
        message = tr("must name the country's folder, relative to this file.")
        faults.append(Fault(message, file=path.name, column="country", value=None if value is None else shown(value)))
        return None, ""
    try:
        return read_cities(path.parent / value)
    except InputError as error:
        faults += error.faults
        return None, ""


def _of_province(path: Path, cities: pd.DataFrame, province: str, faults: list[Fault]) -> pd.DataFrame:
    there = cities["province"].unique().tolist()
    if province not in there:
        message = tr("has no city in the country's folder.") + did_you_mean(province, there)
        faults.append(Fault(message, file=path.name, column="province", value=province))
    return cities[cities["province"] == province]
