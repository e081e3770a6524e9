"""Checks across rows and tables: keys, and facts that cannot all be true."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault
from devolve_opt.language import chosen, tr
from devolve_opt.reading.cells import ReadTable, Values
from devolve_opt.vocabulary import BASE_LIST, Category, PowerType

LIMITS = (
    ("townships", "staff_in_post", "posts"),
    ("townships", "lent", "staff_in_post"),
    ("townships", "certified_officers", "staff_in_post"),
    ("townships", "statutory_officer_hours", "statutory_hours"),
    ("stations", "certified", "staff"),
    ("duties", "officer_hours", "hours"),
)
"""Table, column, and the column of the same row that it may not exceed."""
SHOWN_OF_RING = 12
"""Powers of a ring that are named."""


def check_between(tables: Mapping[str, ReadTable]) -> list[Fault]:
    """Return the faults that no cell shows by itself.

    Args:
        tables: the tables that were given, by name; what rests on a missing table or column is not checked.
    """
    faults: list[Fault] = []
    for table in tables.values():
        faults += _tables_with_rows(table) + _keys_differ(table)
    for name, column, limit in LIMITS:
        faults += _within_column(tables.get(name), column, limit)
    faults += _counties_have_townships(tables.get("counties"), tables.get("townships"))
    faults += _no_ring_of_requirements(tables.get("powers"))
    faults += _penalties_take_officers(tables.get("powers"), tables.get("fields"))
    for name, message in (
        ("votes", tr("is a subdistrict, which does not choose powers; drop the row.")),
        ("cases", tr("is a subdistrict, which takes no powers; drop the row.")),
        ("held", tr("is a subdistrict, which holds no powers of the county; drop the row.")),
    ):
        faults += _no_subdistricts(tables.get(name), tables.get("townships"), message)
    faults += _journeys_between_two(tables.get("travel"), tables.get("townships"))
    for name in ("duty_powers", "duty_townships"):
        faults += _duties_are_there(tables.get(name), tables.get("duties"))
    faults += _one_kind_of_list(tables.get("guide_list"))
    return faults + _pairs_once(tables.get("traffic"), tables.get("functions")) + _shares_fit(tables.get("functions"))


def _columns(table: ReadTable | None, *names: str) -> list[Values]:
    """Return the columns, or an empty list if any of them is not there."""
    if table is None or not all(name in table.values for name in names):
        return []
    return [table.values[name] for name in names]


def _isin(values: np.ndarray, words: Collection[str]) -> np.ndarray:
    return pd.Series(values, dtype=object).isin(set(words)).to_numpy()


def _tables_with_rows(table: ReadTable) -> list[Fault]:
    """What has an id has to be there; choices and cases may be none."""
    raw = table.raw
    if len(raw.rows) or not raw.complete or not raw.table.required or len(raw.table.key) > 1:
        return []
    return [Fault(tr("has no rows; a case needs at least one."), file=raw.file)]


def _keys_differ(table: ReadTable) -> list[Fault]:
    """No two rows have the same key."""
    key = table.raw.table.key
    columns = _columns(table, *key)
    if not columns:
        return []
    codes = np.zeros(len(table.raw.rows), dtype=np.int64)
    given = np.ones(len(codes), dtype=bool)
    for column in columns:
        column_codes, distinct = pd.factorize(column.values)
        codes = codes * len(distinct) + column_codes
        given &= column.values != ""
    positions = np.flatnonzero(given)
    _, first, same = np.unique(codes[positions], return_index=True, return_inverse=True)
    first_positions = positions[first[same]]
    repeated = first_positions != positions
    first_of = dict(zip(positions[repeated].tolist(), table.raw.rows[first_positions[repeated]].tolist(), strict=True))
    if len(key) == 1:
        message = tr("row {} has this {} already; give each row one of its own.")
    else:
        message = tr("row {} has the same {} already; keep one of the two rows.")
    return table.raw.faults(
        "+".join(key),
        positions[repeated],
        lambda position: " + ".join(column.values[position] for column in columns),
        lambda position: message.format(
            first_of[position], tr(" and ").join(chosen(table.raw.table[name].chinese, name) for name in key)
        ),
    )


def _within_column(table: ReadTable | None, name: str, limit_name: str) -> list[Fault]:
    """One number of a row may not exceed another one."""
    columns = _columns(table, name, limit_name)
    if table is None or not columns:
        return []
    amount, limit = columns
    positions = np.flatnonzero(amount.sound & limit.sound & (amount.values > limit.values))
    return table.raw.faults(
        name,
        positions,
        lambda position: f"{amount.values[position]:.15g}",
        lambda position: tr(
            "is more than the row's {limit_name}, {limit:.15g}; correct one of them.",
            limit_name=limit_name,
            limit=limit.values[position],
        ),
    )


def _counties_have_townships(counties: ReadTable | None, townships: ReadTable | None) -> list[Fault]:
    """Posts are fixed for each county, so a county needs a township that can hold them."""
    ids, named = _columns(counties, "id"), _columns(townships, "county")
    if counties is None or townships is None or not ids or not named:
        return []
    if not townships.raw.complete or len(townships.raw.rows) == 0:
        return []
    without = ids[0].sound & ~_isin(ids[0].values, named[0].values)
    return counties.raw.faults(
        "id",
        np.flatnonzero(without),
        lambda position: ids[0].values[position],
        lambda position: tr("no township belongs to this county; add its townships or remove it."),
    )


def _no_ring_of_requirements(powers: ReadTable | None) -> list[Fault]:
    """No power requires itself, directly or by way of others."""
    columns = _columns(powers, "id", "requires")
    if powers is None or not columns:
        return []
    ids, requires = (column.values.tolist() for column in columns)
    required = {power: needed for power, needed in zip(ids, requires, strict=True) if power and needed}
    places = {power: place for place, power in reversed(list(enumerate(ids)))}
    rings = {}
    walk_of: dict[str, str] = {}
    for start in required:
        walk = []
        power = start
        while power in required and power not in walk_of:
            walk_of[power] = start
            walk.append(power)
            power = required[power]
        if walk and walk_of.get(power) == start:
            ring = walk[walk.index(power) :]
            first = ring.index(min(ring, key=places.__getitem__))
            ring = ring[first:] + ring[:first]
            named = ring if len(ring) <= SHOWN_OF_RING else [*ring[: SHOWN_OF_RING - 1], "...", ring[-1]]
            rings[places[ring[0]]] = tr(" requires ").join([*named, ring[0]])
    return powers.raw.faults(
        "requires",
        np.array(sorted(rings), dtype=np.int64),
        lambda position: requires[position],
        lambda position: tr("{ring}, so none could be taken first; clear one of them.", ring=rings[position]),
    )


def _penalties_take_officers(powers: ReadTable | None, fields: ReadTable | None) -> list[Fault]:
    """Only certified officers impose penalties (处罚法 42), so a field that holds such a power takes officers."""
    facts, areas = _columns(powers, "type", "field"), _columns(fields, "id", "needs_officers")
    if powers is None or not facts or not areas:
        return []
    kinds, named = facts
    ids, needs = areas
    without = ids.values[ids.sound & needs.sound & (needs.values == False)]  # noqa: E712 - an array of objects
    penal = kinds.sound & (kinds.values == PowerType.PENALTY.value)
    return powers.raw.faults(
        "field",
        np.flatnonzero(penal & named.sound & _isin(named.values, without)),
        lambda position: named.values[position],
        lambda position: tr(
            "is a field that takes no officers, but only officers may impose this penalty; set needs_officers "
            "of the field to yes, or correct the power's type or field."
        ),
    )


def _no_subdistricts(table: ReadTable | None, townships: ReadTable | None, message: str) -> list[Fault]:
    """Subdistricts neither choose nor take powers."""
    named, facts = _columns(table, "township"), _columns(townships, "id", "category")
    if table is None or not named or not facts:
        return []
    ids, category = facts
    subdistricts = ids.values[category.sound & (category.values == Category.SUBDISTRICT.value)]
    positions = np.flatnonzero(named[0].sound & _isin(named[0].values, subdistricts))
    return table.raw.faults("township", positions, lambda position: named[0].values[position], lambda position: message)


def _one_kind_of_list(guide_list: ReadTable | None) -> list[Fault]:
    """A power stands on the base list or on category lists, never on both."""
    columns = _columns(guide_list, "power", "list")
    if guide_list is None or not columns:
        return []
    power, listed = columns
    sound = power.sound & listed.sound
    base = listed.values == BASE_LIST
    base_rows = dict(zip(power.values[sound & base], guide_list.raw.rows[sound & base].tolist(), strict=True))
    positions = np.flatnonzero(sound & ~base & _isin(power.values, base_rows))
    return guide_list.raw.faults(
        "power",
        positions,
        lambda position: power.values[position],
        lambda position: tr(
            "stands on the list {listed!r}, and in row {row} on the base list, which serves every "
            "township; keep one of the two.",
            listed=listed.values[position],
            row=base_rows[power.values[position]],
        ),
    )


def _duties_are_there(named: ReadTable | None, duties: ReadTable | None) -> list[Fault]:
    """Rows that name duties need the table that says what these are."""
    if named is None or not len(named.raw.rows) or duties is not None:
        return []
    return [Fault(tr("names duties, but the case has no table duties; add it."), file=named.raw.file)]


def _pairs_once(traffic: ReadTable | None, functions: ReadTable | None) -> list[Fault]:
    """Files pass between two different functions of the case; a pair turned round is the same pair."""
    columns = _columns(traffic, "function", "other")
    if traffic is None or not columns or not len(traffic.raw.rows):
        return []
    if functions is None:
        return [Fault(tr("names functions, but the case has no table functions; add it."), file=traffic.raw.file)]
    one, other = (column.values for column in columns)
    sound = columns[0].sound & columns[1].sound
    rows = dict(zip(zip(one[sound], other[sound], strict=True), traffic.raw.rows[sound].tolist(), strict=True))
    turned = [rows.get((b, a)) for a, b in zip(one, other, strict=True)]
    later = [first is not None and first < row for first, row in zip(turned, traffic.raw.rows.tolist(), strict=True)]

    def shown(position: int) -> str:
        return f"{one[position]} + {other[position]}"

    faults = traffic.raw.faults(
        "function+other",
        np.flatnonzero(sound & (one == other)),
        shown,
        lambda position: tr("is a function with itself; drop the row, or name the other function."),
    )
    return faults + traffic.raw.faults(
        "function+other",
        np.flatnonzero(sound & np.array(later, dtype=bool) & (one != other)),
        shown,
        lambda position: tr(
            "row {row} has the same pair turned round; keep one of the two rows.", row=turned[position]
        ),
    )


def _shares_fit(functions: ReadTable | None) -> list[Fault]:
    """All functions together take no more than all of the staff."""
    columns = _columns(functions, "staff_share")
    if functions is None or not columns or not columns[0].sound.all():
        return []
    total = float(columns[0].values.sum())
    if total <= 1 + 1e-9:
        return []
    message = tr(
        "sums to {total:.6g}, more than the whole staff; lower the shares until they sum to at most 1.", total=total
    )
    return [Fault(message, file=functions.raw.file, column="staff_share")]


def _journeys_between_two(travel: ReadTable | None, townships: ReadTable | None) -> list[Fault]:
    """A journey joins two townships of one county, and takes as long there as back, so each pair stands once."""
    columns, facts = _columns(travel, "township", "other"), _columns(townships, "id", "county")
    if travel is None or not columns or not facts:
        return []
    county = dict(zip(facts[0].values.tolist(), facts[1].values.tolist(), strict=True))
    seen: dict[frozenset[str], int] = {}
    messages = {}
    for position in np.flatnonzero(columns[0].sound & columns[1].sound).tolist():
        ends = columns[0].values[position], columns[1].values[position]
        pair = frozenset(ends)
        if len(pair) < 2:
            messages[position] = tr("is the township itself, where no journey is needed; drop the row.")
        elif county.get(ends[0]) != county.get(ends[1]):
            messages[position] = tr(
                "is not in the county of {township}, and teams stay in their county; drop the row.", township=ends[0]
            )
        elif pair in seen and ends[0] != columns[0].values[seen[pair]]:
            first = travel.raw.rows[seen[pair]]
            messages[position] = tr(
                "row {row} has this journey the other way round; keep one of the two rows.", row=first
            )
        seen.setdefault(pair, position)
    return travel.raw.faults(
        "other",
        np.array(sorted(messages), dtype=np.int64),
        lambda position: columns[1].values[position],
        messages.__getitem__,
    )
