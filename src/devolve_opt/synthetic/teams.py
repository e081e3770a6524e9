"""Where townships lie, the hours on the road between them, and the county's enforcement teams.

Nothing public says how county teams are made up or how long their journeys are: all of it is assumed. The teams
suffice, under the default settings, because they are drawn around bases from which every township is in reach.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.instruments import AreaTeams
from devolve_opt.synthetic.draws import stream

_SPEED = 40.0
"""Kilometres an hour on the road; assumed."""
_DETOUR = 1.3
"""Length of the road against the straight line; assumed."""
_ROOM = (1.25, 1.7)
"""Hours of a team against those of the calls around its base; assumed."""
_OFFICERS = (3, 6)
"""Officers of a team, least and most; assumed."""
_FIELD_TEAM_FROM = 20
"""Townships from which a county also has a team for one field alone; assumed."""


def teams_tables(townships: pd.DataFrame, fields: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Draw the tables `teams` and `travel`, each county from a stream of its own.

    Args:
        townships: with county, area and joint cases.
        fields: with how everyday they are; the team for one field is for the most everyday one that takes officers.
        seed: seed of the generator.
    """
    settings = AreaTeams()
    penal = fields[fields["needs_officers"]]
    special = str(penal["everyday"].idxmax())
    teams: list[tuple[str, str, int, float]] = []
    journeys: list[pd.DataFrame] = []
    for county, members in townships.groupby("county", sort=False):
        random = stream(seed, f"teams {county}")
        hours = _hours(members, random)
        one, other = np.triu_indices(len(members), 1)
        pairs = {"township": members.index[one], "other": members.index[other], "hours": hours[one, other]}
        journeys.append(pd.DataFrame(pairs))
        joint = members["joint_cases"].to_numpy(float)
        for served, on_the_road in _areas(hours, settings.travel_hours_max):
            calls = joint[served] * settings.calls_per_joint_case
            needed = (joint[served] * settings.county_case_hours).sum()
            needed += (calls * 2 * on_the_road * settings.officers_per_call).sum()
            teams.append(_team(str(county), "", float(needed), random))
        if len(members) >= _FIELD_TEAM_FROM:
            teams.append(_team(str(county), special, float(joint.mean() * settings.county_case_hours), random))
    frame = pd.DataFrame(teams, columns=["county", "field", "officers", "hours"])
    frame.index = pd.Index([f"D{number:02d}" for number in range(1, len(frame) + 1)], name="id")
    return {"teams": frame, "travel": pd.concat(journeys, ignore_index=True)}


def _hours(members: pd.DataFrame, random: np.random.Generator) -> NDArray[np.float64]:
    """Draw places in a square of the county's area, well apart, and return the hours between them."""
    count = len(members)
    side = float(np.sqrt(members["area_km2"].sum()))
    grid = int(np.ceil(np.sqrt(count)))
    cells = random.permutation(grid * grid)[:count]
    places = (np.stack([cells % grid, cells // grid], axis=1) + random.uniform(0.1, 0.9, (count, 2))) * side / grid
    distance = np.sqrt(((places[:, None] - places[None, :]) ** 2).sum(axis=2))
    return np.round(0.05 + _DETOUR * distance / _SPEED, 2) * (1 - np.eye(count))


def _areas(hours: NDArray[np.float64], reach: float) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Cover the townships from few bases, the one that reaches most first; return members and hours of each area."""
    bases: list[int] = []
    left = np.ones(len(hours), dtype=bool)
    while left.any():
        base = int(((hours <= reach) & left).sum(axis=1).argmax())
        bases.append(base)
        left &= hours[base] > reach
    nearest = hours[bases].argmin(axis=0)
    areas = [np.flatnonzero(nearest == place) for place in range(len(bases))]
    return [(area, hours[base, area]) for base, area in zip(bases, areas, strict=True)]


def _team(county: str, field: str, needed: float, random: np.random.Generator) -> tuple[str, str, int, float]:
    officers = int(random.integers(_OFFICERS[0], _OFFICERS[1] + 1))
    each = float(np.ceil(max(needed, 80.0) * random.uniform(*_ROOM) / officers / 10) * 10)
    return county, field, officers, each
