"""From the parts to whole cases: places, staff, powers, choices, cases, and the exact numbers in their order.

Order matters: the lists are exact by how the choosers are drawn; the pilot's last choices are settled next and the rest
of the city votes around them; cases are moved last, outside the pilot county, so that nothing settled before changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.policy import Policy
from devolve_opt.rules.legality import eligible_powers
from devolve_opt.rules.lists import ratio_lists
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.schema.header import AVAILABLE_HOURS
from devolve_opt.synthetic import choices
from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.cases import cases_array, cases_table, settle_own_cases
from devolve_opt.synthetic.draws import stream
from devolve_opt.synthetic.duties import duties_tables
from devolve_opt.synthetic.frames import draft_case, typed_tables
from devolve_opt.synthetic.functions import functions_table, migrants_table, traffic_table
from devolve_opt.synthetic.pilot import district_tables, settle_pilot, settled_rounds
from devolve_opt.synthetic.places import city_counties, province_counties, sized_counties, townships_of
from devolve_opt.synthetic.powers import fields_table, powers_table
from devolve_opt.synthetic.staffing import staffed
from devolve_opt.synthetic.stations import stations_table
from devolve_opt.synthetic.teams import teams_tables
from devolve_opt.vocabulary import VOTING_CATEGORIES, Category, PowerType

VERSION = "2"
"""Version of the generator; it rises whenever a seed's tables change."""

PILOT = "C03"
"""The pilot county: nine towns and one township, no subdistrict."""

CITY_TOWNSHIPS, CITY_SUBDISTRICTS = 153, 13
"""Units of the report's city, which figures for cities of other sizes are scaled from."""

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class _Ground:
    """What stands before anyone chooses."""

    counties: pd.DataFrame
    townships: pd.DataFrame
    fields: pd.DataFrame
    powers: pd.DataFrame
    readiness: pd.DataFrame
    eligible: NDArray[np.bool_]
    lists: choices.Lists
    voters: pd.DataFrame
    category: NDArray[np.int64]

    @property
    def tables(self) -> Tables:
        names = ("counties", "townships", "fields", "powers", "readiness")
        return {name: getattr(self, name) for name in names}


def city_tables(seed: int, calibration: Calibration) -> Tables:
    """Return the city's tables, with every exact number met.

    Raises:
        RuntimeError: if a number cannot be met with this seed and calibration.
    """
    ground = _ground(city_counties(calibration), PILOT, 1.0, seed, calibration)
    number = _choosers(ground, PILOT, seed, calibration)
    leaning = choices.leanings(ground.voters, ground.powers, ground.fields, seed)
    free = np.full(leaning.shape, -1, dtype=np.int8)
    rounds = choices.vote(leaning, ground.category, number, free, seed, calibration)
    listed = ground.lists.base | ground.lists.member.any(axis=0)
    drawn = cases_array(ground.voters, ground.powers, ground.fields, ground.eligible, listed, 1.0, seed, calibration)
    tables = {**ground.tables, **_chosen(ground, rounds, drawn)}

    fixed = settle_pilot(tables, PILOT, ground.lists, rounds, ground.voters.index, seed, calibration)
    settled = choices.vote(leaning, ground.category, number, fixed, seed, calibration)
    pilot = fixed[:, 0] >= 0
    of_pilot = settled_rounds(
        fixed[pilot] == 1, choices.Rounds(rounds.last[pilot], rounds.second[pilot], rounds.first[pilot])
    )
    settled.last[pilot], settled.second[pilot], settled.first[pilot] = of_pilot.last, of_pilot.second, of_pilot.first

    penalty = (ground.powers["type"] == PowerType.PENALTY).to_numpy() & ground.eligible
    movable = ~pilot[:, None] & penalty[None, :]
    tables = {**ground.tables, **_chosen(ground, settled, drawn)}
    policy = Policy()

    def taken_under(cases: NDArray[np.int64]) -> NDArray[np.bool_]:
        case = draft_case({**tables, "cases": cases_table(cases, ground.voters.index, ground.powers.index)})
        take_up = ratio_decisions(case, policy).take_up
        taken = np.zeros(cases.shape, dtype=bool)
        at = ground.voters.index.get_indexer(pd.Index(take_up["township"]))
        taken[at, ground.powers.index.get_indexer(pd.Index(take_up["power"]))] = True
        return taken

    cases = settle_own_cases(drawn, movable, settled.last, taken_under, calibration.own_cases, seed)
    offices = {
        "functions": functions_table(),
        "traffic": traffic_table(seed),
        "migrants": migrants_table(ground.townships, seed),
    }
    stations = stations_table(ground.townships, AVAILABLE_HOURS, seed)
    teams = teams_tables(ground.townships, ground.fields, seed)
    duties = duties_tables(ground.townships, ground.fields, ground.powers, tables["votes"], seed)
    return typed_tables(
        {
            **tables,
            **offices,
            **teams,
            **duties,
            "stations": stations,
            "cases": cases_table(cases, ground.voters.index, ground.powers.index),
        }
    )


def district_of(tables: Tables) -> Tables:
    """Return a city's pilot district: its county alone, with the city's lists by selection ratio as its guide list."""
    lists = ratio_lists(draft_case(tables), Policy())
    return typed_tables({**district_tables(tables, PILOT), "guide_list": lists})


def province_tables(seed: int, calibration: Calibration) -> Tables:
    """Return a province's tables; only the lists are exact, cases and staff are as many as 20 cities would have."""
    counties = province_counties(seed)
    scale = float(counties[[str(category) for category in VOTING_CATEGORIES]].to_numpy().sum()) / CITY_TOWNSHIPS
    return _plain_tables(counties, scale, scale, seed, calibration)


def sized_tables(counties: int, townships: int, subdistricts: int, seed: int, calibration: Calibration) -> Tables:
    """Return the tables of a city of any size: those of a province, with staff and cases by its own size.

    Args:
        counties: counties over which the units are spread; none is left without a unit.
        townships: towns and townships, which choose and take powers.
        subdistricts: subdistricts, which do neither.
        seed: seed of the generator.
        calibration: the figures to meet.
    """
    frame = sized_counties(counties, townships, subdistricts, seed)
    of_staff = (townships + subdistricts) / (CITY_TOWNSHIPS + CITY_SUBDISTRICTS)
    return _plain_tables(frame, of_staff, townships / CITY_TOWNSHIPS, seed, calibration)


def _plain_tables(counties: pd.DataFrame, staff: float, cases: float, seed: int, calibration: Calibration) -> Tables:
    """Return tables without a pilot county and without instruments of their own.

    Args:
        counties: frame of the counties.
        staff: how many cities' worth of moved posts, returned staff and joint cases there are.
        cases: how many cities' worth of cases there are.
        seed: seed of the generator.
        calibration: the figures to meet.
    """
    ground = _ground(counties, "", staff, seed, calibration)
    if ground.voters.empty:
        return typed_tables(ground.tables)
    number = _choosers(ground, "", seed, calibration)
    leaning = choices.leanings(ground.voters, ground.powers, ground.fields, seed)
    free = np.full(leaning.shape, -1, dtype=np.int8)
    rounds = choices.vote(leaning, ground.category, number, free, seed, calibration)
    listed = ground.lists.base | ground.lists.member.any(axis=0)
    drawn = cases_array(ground.voters, ground.powers, ground.fields, ground.eligible, listed, cases, seed, calibration)
    return typed_tables({**ground.tables, **_chosen(ground, rounds, drawn)})


def header(size: str, seed: int, tables: Tables) -> dict[str, Any]:
    """Return title, provenance and the mark of invented data."""
    streets = int((tables["townships"]["category"] == Category.SUBDISTRICT).sum())
    units = f"{len(tables['townships']) - streets:,} townships" + (f", {streets:,} subdistricts" if streets else "")
    name = {"city": "city", "pilot-district": "pilot district"}.get(size, size)
    return {
        "title": f"Synthetic {name} ({units})",
        "provenance": (
            f"SYNTHETIC: made by devolve_opt.synthetic, generator version {VERSION}, size {size}, seed {seed}. "
            "Every place and every figure is invented, calibrated to public facts. Names, types and departments of "
            "powers without the mark （合成） are real items of published lists; nothing else about them is."
        ),
        "synthetic": True,
    }


def _ground(frame: pd.DataFrame, pilot: str, scale: float, seed: int, calibration: Calibration) -> _Ground:
    wide = len(frame) > 99
    identifiers = [f"C{number:0{3 if wide else 2}d}" for number in range(1, len(frame) + 1)]
    counties = pd.DataFrame({"name": frame["name"].to_list()}, index=pd.Index(identifiers, name="id"))
    townships = townships_of(frame, seed, calibration, width=4 if wide else 3)
    townships["county"] = [identifiers[position] for position in townships["county"]]
    townships = staffed(townships, counties, pilot, scale, seed, calibration)
    fields = fields_table()
    powers = powers_table(fields, seed, calibration)
    drawn = draft_case({"fields": fields, "powers": powers})
    eligible = powers.index.isin(eligible_powers(drawn, Policy()))
    voters = townships[townships["category"] != Category.SUBDISTRICT]
    order = {str(category): position for position, category in enumerate(VOTING_CATEGORIES)}
    return _Ground(
        counties=counties,
        townships=townships,
        fields=fields,
        powers=powers,
        readiness=_readiness(voters, fields, pilot, seed, calibration),
        eligible=eligible,
        lists=choices.intended_lists(powers, fields, eligible, seed, calibration),
        voters=voters,
        category=np.asarray(voters["category"].map(order), dtype=np.int64),
    )


def _choosers(ground: _Ground, pilot: str, seed: int, calibration: Calibration) -> NDArray[np.int64]:
    count = len(VOTING_CATEGORIES)
    sizes = np.bincount(ground.category, minlength=count)
    of_pilot = np.bincount(ground.category[(ground.voters["county"] == pilot).to_numpy()], minlength=count)
    return choices.choosers(ground.lists, ground.eligible, sizes, of_pilot, seed, calibration)


def _chosen(ground: _Ground, rounds: choices.Rounds, cases: NDArray[np.int64]) -> Tables:
    return {
        "votes": choices.votes_table(rounds, ground.voters.index, ground.powers.index),
        "cases": cases_table(cases, ground.voters.index, ground.powers.index),
    }


def _readiness(
    voters: pd.DataFrame, fields: pd.DataFrame, pilot: str, seed: int, calibration: Calibration
) -> pd.DataFrame:
    """Draw the fields each township is ready in today: everyday fields first, more of them in the pilot county."""
    random = stream(seed, "readiness")
    mean = calibration.ready_fields_mean + np.where(voters["county"] == pilot, 1.5, 0.0)
    counts = np.minimum(random.poisson(mean), calibration.ready_fields_most)
    pull = np.log(fields["everyday"].to_numpy(float)) + random.gumbel(0, 1, (len(voters), len(fields)))
    place = np.argsort(np.argsort(-pull, axis=1, kind="stable"), axis=1, kind="stable")
    at, of = np.nonzero(place < counts[:, None])
    return pd.DataFrame({"township": voters.index[at], "field": fields.index[of]})
