"""Rules on the guide list."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from devolve_opt.audit.exact import ROUNDING, total
from devolve_opt.audit.ledger import SLACK, Ledger, above, contains
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at
from devolve_opt.vocabulary import BASE_LIST, called


def base_list_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """The base list holds at most `base_list_max` powers [powers]."""
    sizes = ledger.listed["list"].value_counts()
    base = sizes[sizes.index == BASE_LIST]
    yield from above("base_list_within_cap", "list", "powers", base, ledger.policy.base_list_max)


def guide_list_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """All lists together hold at most `guide_list_max` different powers [powers]."""
    excess = ledger.listed["power"].nunique() - ledger.policy.guide_list_max
    if excess > 0:
        yield Breach("guide_list_within_cap", tr("city"), float(excess), "powers")


def listing_hours_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """All listed powers together take the county at most `listing_hours_max` hours [staff-hours a year]."""
    cap = ledger.policy.listing_hours_max
    if cap is None:
        return
    hours = total(ledger.case.powers["listing_hours"].reindex(ledger.listed["power"].unique()))
    breach = Breach("listing_hours_within_cap", tr("city"), float(hours - cap), "staff-hours a year")
    # A budget of millions is held more narrowly than its millionth.
    if hours > cap * (1 + ROUNDING) + SLACK:
        yield breach
    elif hours > cap:
        ledger.tolerated.append(breach)


def category_list_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """The list of each category holds at most `category_list_max` powers [powers]."""
    sizes = ledger.listed["list"].value_counts(sort=False)
    special = sizes[sizes.index != BASE_LIST]
    yield from above("category_list_within_cap", "list", "powers", special, ledger.policy.category_list_max)


def one_kind_of_list(ledger: Ledger) -> Iterator[Breach]:
    """A power is on the base list or on category lists, never twice; not every category has a list [powers or rows]."""
    on_base = set(ledger.listed.loc[ledger.listed["list"] == BASE_LIST, "power"])
    special = ledger.listed[ledger.listed["list"] != BASE_LIST]
    for power in special.loc[special["power"].isin(on_base), "power"].unique():
        yield Breach("one_kind_of_list", at(power=power), 1.0, "powers")
    rows = ledger.plan.guide_list
    twice = rows[rows.duplicated()]
    for power, name in twice[["power", "list"]].drop_duplicates().itertuples(index=False, name=None):
        count = int(((twice["power"] == power) & (twice["list"] == name)).sum())
        place = at(list=called(name), power=power)
        yield Breach("one_kind_of_list", place, float(count), "rows")
    foreign = special.loc[~special["list"].isin(ledger.lists), "list"]
    yield from above("one_kind_of_list", "list", "powers", foreign.value_counts(sort=False), 0)


def eligible(ledger: Ledger) -> Iterator[Breach]:
    """Every listed power may lawfully be handed down [powers]."""
    for power in ledger.listed["power"].unique():
        if power not in ledger.eligible:
            yield Breach("eligible", at(power=power), 1.0, "powers")


def guide_list_kept(ledger: Ledger) -> Iterator[Breach]:
    """A guide list in force is kept, as far as its powers are eligible and its lists exist [powers]."""
    force = ledger.case.guide_list
    if force.empty:
        return
    kept = force[force["power"].isin(ledger.eligible) & force["list"].isin(ledger.lists)]
    columns = ["power", "list"]
    dropped = kept[~contains(ledger.listed, kept, columns)].assign(how="dropped")
    added = ledger.listed[~contains(kept, ledger.listed, columns)].assign(how="added")
    for row in pd.concat([dropped, added]).to_dict("records"):
        names = {"list": called(row["list"]), "power": row["power"]}
        gone, come = (words.format(**names) for words in (
            tr("list {list}, power {power}, dropped"), tr("list {list}, power {power}, added")
        ))  # fmt: skip
        yield Breach("guide_list_kept", gone if row["how"] == "dropped" else come, 1.0, "powers")
