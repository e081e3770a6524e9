"""Rules on certified enforcement officers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from devolve_opt.audit.exact import ROUNDING
from devolve_opt.audit.ledger import Ledger, above
from devolve_opt.language import tr
from devolve_opt.plan import Breach


def officers_at_least_minimum(ledger: Ledger) -> Iterator[Breach]:
    """Every enforcement office, of subdistricts too, has at least `officers_min` officers [officers]."""
    missing = ledger.policy.officers_min - ledger.officers["officers"]
    yield from above("officers_at_least_minimum", "township", "officers", missing, 0.0)


def officers_moved_within_county(ledger: Ledger) -> Iterator[Breach]:
    """As many officers move into the townships of a county as move out [officers]."""
    moves = ledger.plan.officers.groupby(ledger.case.townships["county"], sort=False).sum()
    difference = (moves["moved_in"] - moves["moved_out"]).abs()
    yield from above("officers_moved_within_county", "county", "officers", difference, 0.0)


def moved_out_of_remaining(ledger: Ledger) -> Iterator[Breach]:
    """Only officers who still hold a certificate after attrition move out [officers]."""
    moved, remaining = ledger.plan.officers["moved_out"], ledger.officers["remaining"]
    yield from above("moved_out_of_remaining", "township", "officers", moved, remaining)


def trained_from_staff(ledger: Ledger) -> Iterator[Breach]:
    """Only staff in post without a certificate are trained [officers]."""
    townships = ledger.case.townships
    trainable = (townships["staff_in_post"] - townships["certified_officers"]).clip(lower=0)
    yield from above("trained_from_staff", "township", "officers", ledger.plan.officers["trained"], trainable)


def training_within_places(ledger: Ledger) -> Iterator[Breach]:
    """All townships together get at most the certificates of the candidates who pass [officers].

    There are `training_places_max` candidates, of whom `exam_pass_share` pass.
    """
    passing = math.floor(ledger.policy.training_places_max * ledger.policy.exam_pass_share + ROUNDING)
    excess = ledger.plan.officers["trained"].sum() - passing
    if excess > 0:
        yield Breach("training_within_places", tr("city"), float(excess), "officers")


def officers_cover_fields(ledger: Ledger) -> Iterator[Breach]:
    """A township works in no more fields with penalties than its officers can [fields].

    An office of `officers_min` officers can work in `fields_at_minimum` of them; each further one adds
    `fields_per_officer`.
    """
    policy = ledger.policy
    further = ledger.officers["officers"] - policy.officers_min
    allowed = policy.fields_at_minimum + policy.fields_per_officer * further
    fields = _fields_with_penalties(ledger, ledger.fields)
    yield from above("officers_cover_fields", "township", "fields", fields[fields > 0], allowed[fields > 0])


def penalty_field_has_officers(ledger: Ledger) -> Iterator[Breach]:
    """An office that holds a power in a field with penalties has `officers_per_field` officers [officers]."""
    holding = _fields_with_penalties(ledger, ledger.taken) > 0
    missing = ledger.policy.officers_per_field - ledger.officers["officers"]
    yield from above("penalty_field_has_officers", "township", "officers", missing[holding], 0.0)


def _fields_with_penalties(ledger: Ledger, rows: pd.DataFrame) -> pd.Series:
    needs = ledger.case.fields["needs_officers"]
    demanding = rows.loc[needs.loc[rows["field"]].to_numpy(), "township"]
    return demanding.value_counts().reindex(ledger.case.townships.index, fill_value=0)


def officer_hours_sufficient(ledger: Ledger) -> Iterator[Breach]:
    """The enforcement hours fit into `officer_hours_share` of the officers' time [officer-hours a year].

    With what the powers taken may take more, where hours are uncertain.
    """
    needed, there = ledger.officers["hours_needed"] + ledger.at_risk["officer_hours"], ledger.officers["hours_there"]
    yield from ledger.hours_above("officer_hours_sufficient", needed, there, "officer-hours a year")
