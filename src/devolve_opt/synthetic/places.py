"""Invented counties and townships with the sizes of real ones.

Names are made of rare characters; the city's frame (how many towns, townships and subdistricts each county has, its
area, population and product) follows public figures of a real city, scaled to the report's totals. All areas and all
populations but one are observed; four counties' products are assumed and three are brought to 2018 by guess.
"""

from __future__ import annotations

from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.draws import spread_total, stream
from devolve_opt.vocabulary import Category

_FIRST = "霁棠檀栎楠槿芷蓼荻茗菱藕黛靛绛缃砚笺琴瑟箫磬鹭凫隼麓岫岚嵋澜漪沅沚湄汀浔珩琚瑾璞琇葭蒹蘅芸荇樨椿楸槭桉榛桕"
_SECOND = "溪川坪垭坝湾桥铺场渡泉岭塘坡沟滩渚洲"
_THIRD = ("", "上", "下", "东", "西", "南", "北", "中", "前", "后")
_COUNTY_SECOND = "原亭阳陵安昌宁平"
_REAL_COUNTIES = ("浔阳", "沅陵")
"""What these characters would give and is the name of a real county."""


def city_counties(calibration: Calibration) -> pd.DataFrame:
    """Return the frame of the city's counties, scaled to the city's totals.

    Returns:
        One row a county, columns `name`, units by kind (`towns, townships, subdistricts`) and by category, `area_km2`,
        `population` (persons), `gdp` (10k yuan).
    """
    text = files(__package__).joinpath("counties.csv").read_text(encoding="utf-8")
    counties = pd.read_csv(StringIO(text))
    hundredths = spread_total(round(calibration.city_area_km2 * 100), counties["area_km2"].to_numpy(float))
    counties["area_km2"] = hundredths / 100
    counties["population"] = spread_total(calibration.city_population, counties["population"].to_numpy(float))
    counties["gdp"] = spread_total(calibration.city_gdp, counties["gdp"].to_numpy(float))
    return counties


def province_counties(seed: int) -> pd.DataFrame:
    """Return the frame of a province of 183 counties, 2,642 towns and townships and 459 subdistricts.

    The classes' counts follow the province's (540 central, 609 key, 711 characteristic of 3,101 units, observed); how
    they spread over the counties is assumed.
    """
    random = stream(seed, "province")
    count = 183
    voting = spread_total(2642, random.lognormal(0.0, 0.45, count), least=5)
    urban = np.argsort(voting + random.normal(0, 3, count), kind="stable")[:48]
    towns = np.round(voting * random.uniform(0.5, 0.95, count)).astype(int)
    is_urban = np.isin(np.arange(count), urban)
    streets = spread_total(459, np.where(is_urban, 4.0, 1.0) * random.lognormal(0.0, 0.5, count))
    seats = (~is_urban).astype(int)
    left = voting - seats
    central = np.minimum(spread_total(540, left.astype(float)), left)
    key = np.minimum(spread_total(609, left.astype(float)), left - central)
    characteristic = np.minimum(spread_total(711, left.astype(float)), left - central - key)
    names = [first + second for second in _COUNTY_SECOND for first in _FIRST][:count]
    counties = pd.DataFrame(
        {
            "name": [name + ("区" if city else "县") for name, city in zip(names, is_urban, strict=True)],
            "towns": towns, "townships": voting - towns, "subdistricts": streets,
            "county_seat": seats, "central": central, "key": key, "characteristic": characteristic,
            "general": left - central - key - characteristic,
        }
    )  # fmt: skip
    return counties.assign(**_indicators(voting + streets, random))


def sized_counties(count: int, townships: int, subdistricts: int, seed: int) -> pd.DataFrame:
    """Return the frame of a city with so many counties, townships and subdistricts; how they spread is assumed.

    Categories have the shares of the report's city; a county with at most one subdistrict has a county-seat town.
    """
    random = stream(seed, "sized city")
    count = max(1, min(count, townships + subdistricts))
    units = spread_total(townships + subdistricts, random.lognormal(0.0, 0.45, count), least=1)
    # Two counties in five are urban and hold most of the subdistricts.
    is_urban = random.permutation(count) < max(1, round(0.4 * count))
    streets = _spread_within(subdistricts, np.where(is_urban, 12.0, 1.0) * units, units)
    voting = units - streets
    towns = np.round(voting * random.uniform(0.5, 0.95, count)).astype(int)
    seats = ((streets <= 1) & (voting > 0)).astype(int)
    left = voting - seats
    classes: dict[str, NDArray[np.int64]] = {"county_seat": seats}
    shares = {"central": 27, "key": 30, "characteristic": 35, "general": 54}
    whole, parts = int(left.sum()), sum(shares.values())
    for name, share in shares.items():
        wanted = int(left.sum()) if name == "general" else min(round(whole * share / parts), int(left.sum()))
        classes[name] = _spread_within(wanted, left.astype(float), left)
        left = left - classes[name]
    stems = [first + second for second in _COUNTY_SECOND for first in _FIRST]
    names = [name for name in stems if name not in _REAL_COUNTIES]
    counties = pd.DataFrame(
        {
            "name": [
                names[number] + ("区" if city else "县")
                for number, city in zip(random.permutation(len(names))[:count], is_urban, strict=True)
            ],
            "towns": towns, "townships": voting - towns, "subdistricts": streets, **classes,
        }
    )  # fmt: skip
    return counties.assign(**_indicators(units, random))


def _indicators(units: NDArray[np.int64], random: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw area (km2), population (persons) and product (10k yuan) of counties with so many units; assumed."""
    count = len(units)
    area = np.round(units * 122.0 * random.lognormal(0, 0.7, count), 2)
    population = np.round(units * 29_300 * random.lognormal(0, 0.3, count)).astype(int)
    return {
        "area_km2": area,
        "population": population,
        "gdp": np.round(population * random.lognormal(1.35, 0.4, count)).astype(int),
    }


def _spread_within(total: int, weights: NDArray[np.float64], most: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spread whole units in proportion to weights, nowhere more than `most`, which hold at least `total` together."""
    given = np.zeros_like(most)
    while (over := int(total - given.sum())) > 0:
        room = most - given
        given += np.minimum(spread_total(over, np.where(room > 0, weights, 0.0)), room)
    return given


def townships_of(counties: pd.DataFrame, seed: int, calibration: Calibration, width: int = 3) -> pd.DataFrame:
    """Draw the townships of the counties: name, county, category and the four indicators of the post formula.

    Populations, areas and products sum to each county's figure exactly.

    Returns:
        Indexed by id (`T001`...), ordered by county, then by category; columns `name, county` (position of the county),
        `category, population, area_km2, gdp, fiscal_revenue`.
    """
    townships = _units(counties)
    random = stream(seed, "indicators")
    size = len(townships)
    category = townships["category"]
    first, second = random.normal(size=(2, size))
    correlation = calibration.area_population_correlation
    log_population = category.map(calibration.population_spread).to_numpy(float) * first
    population = category.map(calibration.population_median).to_numpy(float) * np.exp(log_population)
    log_area = calibration.area_spread * (correlation * first + np.sqrt(1 - correlation**2) * second)
    # Subdistricts are built up and small.
    area = np.where(category == Category.SUBDISTRICT, 0.25, 1.0) * np.exp(log_area)
    county = townships["county"].to_numpy()
    townships["population"] = _rake(population, county, counties["population"].to_numpy(), least=800)
    townships["area_km2"] = (
        _rake(area, county, np.round(counties["area_km2"].to_numpy() * 100).astype(int), least=150) / 100
    )
    per_head = category.map(calibration.gdp_per_head).to_numpy(float) * random.lognormal(
        0, calibration.gdp_per_head_spread, size
    )
    townships["gdp"] = _rake(
        per_head * townships["population"].to_numpy(), county, counties["gdp"].to_numpy(), least=300
    )
    share = calibration.revenue_share_of_gdp * random.lognormal(0, calibration.revenue_share_spread, size)
    townships["fiscal_revenue"] = np.round(np.minimum(share, 0.4) * townships["gdp"]).astype("int64")
    townships["name"] = _names(townships["kind"].to_numpy(), seed)
    townships.index = pd.Index([f"T{number:0{width}d}" for number in range(1, size + 1)], name="id")
    return townships.drop(columns="kind")


def _units(counties: pd.DataFrame) -> pd.DataFrame:
    """Lay out each county's units: towns take the important categories first, townships the last."""
    rows: list[tuple[int, str, str]] = []
    for position, row in counties.reset_index(drop=True).iterrows():
        categories = [
            str(category) for category in Category if category is not Category.SUBDISTRICT
            for _ in range(int(row[str(category)]))
        ]  # fmt: skip
        kinds = ["镇"] * int(row["towns"]) + ["乡"] * int(row["townships"])
        rows += [(int(str(position)), category, kind) for category, kind in zip(categories, kinds, strict=True)]
        rows += [(int(str(position)), str(Category.SUBDISTRICT), "街道")] * int(row["subdistricts"])
    return pd.DataFrame(rows, columns=["county", "category", "kind"])


def _rake(
    values: NDArray[np.float64], county: NDArray[np.int64], totals: NDArray[np.int64], least: int
) -> NDArray[np.int64]:
    """Scale each county's values to its total, in whole units, with at least `least` each."""
    result = np.zeros(len(values), dtype=np.int64)
    for position, total in enumerate(totals):
        members = np.flatnonzero(county == position)
        result[members] = spread_total(int(total), values[members], least=min(least, int(total) // len(members)))
    return result


def _names(kinds: NDArray[np.object_], seed: int) -> list[str]:
    stems = [third + first + second for third in _THIRD for first in _FIRST for second in _SECOND]
    plain = len(_FIRST) * len(_SECOND)
    # Short stems are used up before longer ones.
    order = stream(seed, "names").permutation(plain)
    picked = [stems[number] for number in order] + stems[plain:]
    return [stem + kind for stem, kind in zip(picked, kinds, strict=False)]
