"""Stations: which of them a policy lets townships manage or take over, and what keeps the others where they are."""

from __future__ import annotations

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.instruments import Stations
from devolve_opt.settings import REPORT
from devolve_opt.vocabulary import StationKind

KEPT = {
    StationKind.COURT: ("Courts judge independently; a township may neither direct nor take over one.", "宪法 131"),
    StationKind.PROCURATORATE: (
        "Procuratorates act independently; a township may neither direct nor take over one.", "宪法 136",
    ),
}  # fmt: skip
"""Why, and by which article, a kind of station stays whatever the policy; texts that are shown through `tr`."""

BY_POLICY = {
    "management and devolution": "The policy keeps this kind with the county.",
    "devolution": "The policy keeps this kind with the county; townships may manage it.",
}
"""Why any other kind stays, by what it is kept from; shown likewise, as are the two sources."""

THE_POLICY = "the policy"

OF_THE_REPORT = frozenset(Stations.model_fields["never_devolved"].default)
"""The kinds that the report keeps from being devolved."""


def station_limits(case: Case, settings: Stations) -> pd.DataFrame:
    """Return what a policy lets townships do with each station.

    Returns:
        Indexed by station; `manageable`, `devolvable` (without measures only a devolved station is managed);
        `kept_from` (blank, `devolution`, or `management and devolution`), `reason` and `source` (an article, the report
        or the policy), blank where nothing is kept.
    """
    kinds = case.tables["stations"]["kind"]
    devolvable = ~kinds.isin(settings.never_devolved)
    manageable = ~kinds.isin(settings.never_managed) & (devolvable | bool(settings.measures))
    rows = [_kept(StationKind(kind), settings) for kind in kinds]
    words = pd.DataFrame(rows, columns=["kept_from", "reason", "source"], index=kinds.index, dtype="str")
    return pd.DataFrame({"manageable": manageable, "devolvable": devolvable}).join(words)


def _kept(kind: StationKind, settings: Stations) -> tuple[str, str, str]:
    if kind not in settings.never_devolved:
        return "", "", ""
    extent = "management and devolution" if kind in settings.never_managed else "devolution"
    by_policy = (BY_POLICY[extent], REPORT if kind in OF_THE_REPORT else THE_POLICY)
    return extent, *KEPT.get(kind, by_policy)
