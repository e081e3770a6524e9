"""Stations of county departments and courts in the townships.

Nothing public says which townships have which stations, nor how many work there: all of it is assumed. Townships'
clinics are left out: they are medical institutions, many times as large as the others.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.synthetic.draws import between, stream
from devolve_opt.vocabulary import CHINESE, StationKind

_KINDS: dict[StationKind, tuple[float, str, bool]] = {
    StationKind.COURT: (0.10, "", False),
    StationKind.PROCURATORATE: (0.03, "", False),
    StationKind.JUSTICE_OFFICE: (0.95, "", False),
    StationKind.POLICE: (0.97, "", False),
    StationKind.MARKET_SUPERVISION: (0.70, "F10", True),
    StationKind.NATURAL_RESOURCES: (0.50, "F03", True),
    StationKind.AGRICULTURE: (0.85, "F04", True),
    StationKind.FORESTRY: (0.35, "F05", True),
    StationKind.WATER: (0.40, "F06", True),
    StationKind.TRANSPORT: (0.25, "F11", True),
    StationKind.CULTURE: (0.75, "F12", False),
    StationKind.FINANCE: (0.60, "", False),
}
"""Of each kind: share of the townships that have one, its field, whether it enforces; assumed."""

_STAFF = (2, 8)
"""Persons of a station, least and most; assumed."""
_CERTIFIED_MOST = 2
"""Certified officers of a station that enforces, at most; assumed."""
_OWN_WORK = (0.60, 0.95)
"""Own work against the staff's hours, least and most; assumed."""


def stations_table(townships: pd.DataFrame, hours: float, seed: int) -> pd.DataFrame:
    """Draw the table `stations`, township by township and kind by kind.

    Args:
        townships: with their names.
        hours: working hours a year of one person.
        seed: seed of the generator.
    """
    random = stream(seed, "stations")
    shares = np.array([share for share, _, _ in _KINDS.values()])
    at, of = np.nonzero(random.random((len(townships), len(_KINDS))) < shares)
    kinds, facts = list(_KINDS), list(_KINDS.values())
    staff = random.integers(_STAFF[0], _STAFF[1] + 1, len(at))
    certified = np.where([facts[kind][2] for kind in of], random.integers(0, _CERTIFIED_MOST + 1, len(at)), 0)
    load = between(random, _OWN_WORK, len(at), digits=3)
    names = townships["name"].to_numpy()
    return pd.DataFrame(
        {
            "name": [f"{names[place]}{CHINESE[kinds[kind]]}" for place, kind in zip(at, of, strict=True)],
            "township": townships.index[at],
            "kind": [str(kinds[kind]) for kind in of],
            "field": [facts[kind][1] for kind in of],
            "staff": staff,
            "certified": np.minimum(certified, staff),
            "own_hours": np.round(load * staff * hours / 10) * 10,
        },
        index=pd.Index([f"A{number:04d}" for number in range(1, len(at) + 1)], name="id"),
    )
