"""Synthetic cases: invented places and figures, calibrated to public facts.

`synthesise("city", 2021)` makes the city of the report: 153 townships and 13 subdistricts in nine counties, 433 powers.
The same size and seed give the same tables; every seed meets every exact number (`calibration.py`).
"""

from __future__ import annotations

from typing import Literal, get_args

from devolve_opt.case import Case
from devolve_opt.errors import did_you_mean
from devolve_opt.synthetic.assembly import city_tables, district_of, header, province_tables, sized_tables
from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.hand import hand_header, hand_tables

Size = Literal["city", "pilot-district", "province", "hand"]

SIZES: tuple[str, ...] = get_args(Size)

__all__ = ["SIZES", "Calibration", "synthesise", "synthesise_city"]


def synthesise(size: str, seed: int, calibration: Calibration | None = None) -> Case:
    """Make a synthetic case.

    Args:
        size: `city`, `pilot-district` (the ten townships of the same seed's city whose county tries the reform first,
            with the city's guide list), `province` (3,101 townships), or `hand`.
        seed: whole number at or above 0; the same seed gives the same case.
        calibration: other figures to meet; the report's by default.

    Raises:
        ValueError: if there is no such size, or the seed is negative.
    """
    if size not in SIZES:
        raise ValueError(f"there is no size {size!r}; sizes are {', '.join(SIZES)}.{did_you_mean(size, SIZES)}")
    if seed < 0:
        raise ValueError(f"the seed is {seed}; give a whole number at or above 0")
    calibration = calibration or Calibration()
    if size == "hand":
        return Case(tables=hand_tables(), **hand_header())
    if size == "province":
        tables = province_tables(seed, calibration)
    else:
        tables = city_tables(seed, calibration)
        if size == "pilot-district":
            tables = district_of(tables)
    return Case(tables=tables, **header(size, seed, tables))


def synthesise_city(
    counties: int, townships: int, subdistricts: int, seed: int, calibration: Calibration | None = None
) -> Case:
    """Make a synthetic city of a given size.

    Its lists, choices, cases and staff are drawn as a province's are; it has no pilot county, and no tables for
    stations, duties, offices and area teams.

    Args:
        counties: counties over which the units are spread; none is left without a unit.
        townships: towns and townships, which choose and take powers.
        subdistricts: subdistricts, which do neither.
        seed: whole number at or above 0; the same seed gives the same case.
        calibration: other figures to meet; the report's by default.

    Raises:
        ValueError: if the city has no unit, or a number is negative.
    """
    if min(counties, townships, subdistricts, seed) < 0 or townships + subdistricts == 0:
        raise ValueError(
            f"a city of {counties} counties, {townships} townships and {subdistricts} subdistricts with seed {seed} "
            "cannot be made; give at least one unit and no negative number"
        )
    tables = sized_tables(counties, townships, subdistricts, seed, calibration or Calibration())
    return Case(tables=tables, **header("sized city", seed, tables))
