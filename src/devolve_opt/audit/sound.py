"""What of a plan's tables can be used, and the `well_formed` breaches of what cannot."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.language import tr
from devolve_opt.plan import Breach, Decisions
from devolve_opt.vocabulary import BASE_LIST, Category, StationStatus

LARGEST = 1e9
"""No count of posts or persons is larger; anything above is taken for a slip, not for a number."""

POST_COLUMNS = ("base_posts", "floating_posts", "revolving_posts")
OFFICER_COLUMNS = ("trained", "moved_in", "moved_out")
RETURNED_COLUMNS = ("returned",)


@dataclass(frozen=True, eq=False)
class SoundDecisions:
    """The usable part of a plan's decisions; the columns are those of `Decisions`.

    Attributes:
        guide_list, ready: rows whose names are known; a row may stand twice (rules of their own look for that).
        take_up: rows whose names are known, each once.
        stations: rows whose station and status are known, each station once.
        posts, officers, returned: a row for every township, in the order of the case.
        led: rows whose township is known; none where the plan has no such table.
        duties: rows whose names are known, each once.
    """

    guide_list: pd.DataFrame
    take_up: pd.DataFrame
    ready: pd.DataFrame
    posts: pd.DataFrame
    officers: pd.DataFrame
    returned: pd.DataFrame
    led: pd.DataFrame
    stations: pd.DataFrame
    duties: pd.DataFrame


def sound_decisions(case: Case, decisions: Decisions) -> tuple[SoundDecisions, list[Breach]]:
    """Return the usable part of a plan's decisions and a breach for everything that is not usable; never raises."""
    breaches: list[Breach] = []
    townships, powers, fields, duties = (
        list(case.tables[name].index) for name in ("townships", "powers", "fields", "duties")
    )
    lists = [BASE_LIST, *map(str, Category)]

    def names(table: str, **known: Collection[str]) -> pd.DataFrame:
        return _known_rows(getattr(decisions, table, None), table, known, breaches)

    once = {
        "take_up": names("take_up", township=townships, power=powers),
        "duties": names("duties", township=townships, duty=duties),
    }
    for table, rows in once.items():
        for position in rows.index[rows.duplicated()]:
            breaches.append(_odd(tr("{table} row {row}, given twice", table=table, row=position + 1), "rows"))
    stations = _known_rows(
        _stations(decisions), "stations",
        {"station": case.tables["stations"].index, "status": [StationStatus.MANAGED, StationStatus.DEVOLVED]}, breaches,
    )  # fmt: skip
    for position in stations.index[stations.duplicated("station")]:
        breaches.append(_odd(tr("{table} row {row}, given twice", table="stations", row=position + 1), "rows"))
    posts, officers = getattr(decisions, "posts", None), getattr(decisions, "officers", None)
    sound = SoundDecisions(
        guide_list=names("guide_list", power=powers, list=lists),
        take_up=once["take_up"].drop_duplicates(ignore_index=True),
        ready=names("ready", township=townships, field=fields),
        posts=_counts(posts, "posts", POST_COLUMNS, "posts", townships, breaches),
        officers=_counts(officers, "officers", OFFICER_COLUMNS, "persons", townships, breaches),
        returned=_counts(_returned(decisions, townships), "returned", RETURNED_COLUMNS, "persons", townships, breaches),
        led=names("led", township=townships),
        stations=stations.drop_duplicates("station", ignore_index=True),
        duties=once["duties"].drop_duplicates(ignore_index=True),
    )
    return sound, breaches


def _returned(decisions: Decisions, townships: list[str]) -> Any:
    """Return the table of returns; an empty one, or none, stands for nobody."""
    given = getattr(decisions, "returned", None)
    if given is None or (isinstance(given, pd.DataFrame) and given.empty):
        return pd.DataFrame({"returned": 0}, index=pd.Index(townships, name="township", dtype="str"))
    return given


def _stations(decisions: Decisions) -> Any:
    """Return the table of stations; none stands for no station."""
    given = getattr(decisions, "stations", None)
    return pd.DataFrame(columns=["station", "status"]) if given is None else given


def _odd(place: str, unit: str, amount: float = 1.0) -> Breach:
    return Breach("well_formed", place, amount, unit)


def _known_rows(frame: Any, table: str, known: dict[str, Collection[str]], breaches: list[Breach]) -> pd.DataFrame:
    cells = {name: _column(frame, table, name, breaches) for name in known}
    rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
    usable = [True] * rows
    for name, words in known.items():
        column, allowed = cells[name], frozenset(words)
        if column is None:
            usable = [False] * rows
            continue
        for position, cell in enumerate(column):
            if not (isinstance(cell, str) and cell in allowed):
                usable[position] = False
                breaches.append(
                    _odd(
                        tr(
                            "{table} row {row}, unknown {name} {value}",
                            table=table,
                            row=position + 1,
                            name=name,
                            value=_shown(cell),
                        ),
                        "rows",
                    )
                )
    kept = [position for position in range(rows) if usable[position]]
    words_kept = {name: [str((cells[name] or [])[position]) for position in kept] for name in known}
    return pd.DataFrame(words_kept, index=pd.Index(kept, dtype="int64"), dtype="str")


def _counts(
    frame: Any, table: str, columns: tuple[str, ...], unit: str, townships: list[str], breaches: list[Breach]
) -> pd.DataFrame:
    cells = {name: _column(frame, table, name, breaches) for name in columns}
    row_of: dict[str, int] = {}
    if isinstance(frame, pd.DataFrame):
        allowed = frozenset(townships)
        for position, township in enumerate(frame.index):
            if not (isinstance(township, str) and township in allowed):
                breaches.append(
                    _odd(
                        tr(
                            "{table} row {row}, unknown township {value}",
                            table=table,
                            row=position + 1,
                            value=_shown(township),
                        ),
                        "rows",
                    )
                )
            elif township in row_of:
                breaches.append(
                    _odd(
                        tr(
                            "{table} row {row}, township {township} given twice",
                            table=table,
                            row=position + 1,
                            township=township,
                        ),
                        "rows",
                    )
                )
            else:
                row_of[township] = position
        breaches += [
            _odd(tr("{table}, township {name} missing", table=table, name=name), "rows")
            for name in townships
            if name not in row_of
        ]
    counts = pd.DataFrame(0.0, index=pd.Index(townships, name="township", dtype="str"), columns=list(columns))
    for name, column in cells.items():
        if column is not None:
            counts[name] = [
                _count(
                    column[row_of[township]],
                    tr("{table}, township {township}, {name}", table=table, township=township, name=name),
                    unit,
                    breaches,
                )
                if township in row_of
                else 0.0
                for township in townships
            ]
    whole = [name for name in columns if (counts[name] % 1 == 0).all()]
    return counts.astype(dict.fromkeys(whole, "int64"))


def _count(cell: Any, place: str, unit: str, breaches: list[Breach]) -> float:
    try:
        value = float(cell) if isinstance(cell, Real) and not isinstance(cell, bool) else math.nan
    except (OverflowError, ValueError):
        value = math.nan
    if not abs(value) <= LARGEST:
        breaches.append(_odd(tr("{place}, no number: {value}", place=place, value=_shown(cell)), unit))
        return 0.0
    if value < 0:
        breaches.append(_odd(tr("{place}, negative", place=place), unit, -value))
    elif not value.is_integer():
        breaches.append(_odd(tr("{place}, not whole", place=place), unit, abs(value - round(value))))
    return value


def _column(frame: Any, table: str, name: str, breaches: list[Breach]) -> list[Any] | None:
    if not isinstance(frame, pd.DataFrame):
        place = tr("{table}, not a table", table=table)
        if not any(breach.place == place for breach in breaches):
            breaches.append(_odd(place, "tables"))
        return None
    positions = [position for position, label in enumerate(frame.columns) if isinstance(label, str) and label == name]
    if not positions:
        breaches.append(_odd(tr("{table}, column {name} missing", table=table, name=name), "columns"))
        return None
    if len(positions) > 1:
        breaches.append(
            _odd(tr("{table}, column {name} given twice", table=table, name=name), "columns", len(positions) - 1.0)
        )
    return list(frame.iloc[:, positions[0]])


def _shown(cell: Any) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else text[:37] + "..."
