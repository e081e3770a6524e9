"""Rules on stations that townships manage or that are devolved to them."""

from __future__ import annotations

from collections.abc import Iterator

from devolve_opt.audit.ledger import Ledger, above
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at
from devolve_opt.vocabulary import StationStatus


def managed_kind_allowed(ledger: Ledger) -> Iterator[Breach]:
    """A township manages only what the policy lets it, and by some measure unless it is devolved [stations]."""
    settings, stations = ledger.policy.stations, ledger.stations
    allowed = stations["status"] != ""
    if settings is not None:
        by_measure = bool(settings.measures) | (stations["status"] == StationStatus.DEVOLVED)
        allowed &= ~stations["kind"].isin(settings.never_managed) & by_measure
    else:
        allowed &= False
    for station in stations.index[(stations["status"] != "") & ~allowed]:
        yield Breach("managed_kind_allowed", at(station=station), 1.0, "stations")


def devolved_kind_allowed(ledger: Ledger) -> Iterator[Breach]:
    """Only a station of a kind that the policy does not keep is devolved [stations]."""
    settings, stations = ledger.policy.stations, ledger.stations
    devolved = stations["status"] == StationStatus.DEVOLVED
    kept = stations["kind"].isin(settings.never_devolved) if settings is not None else devolved
    for station in stations.index[devolved & kept]:
        yield Breach("devolved_kind_allowed", at(station=station), 1.0, "stations")


def managed_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """Townships manage at most `managed_max` stations, devolved ones among them [stations]."""
    settings = ledger.policy.stations
    excess = int((ledger.stations["status"] != "").sum()) - (settings.managed_max if settings is not None else 0)
    if settings is not None and excess > 0:
        yield Breach("managed_within_cap", tr("city"), float(excess), "stations")


def devolved_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """At most `devolved_max` stations are devolved in the whole city [stations]."""
    settings = ledger.policy.stations
    devolved = int((ledger.stations["status"] == StationStatus.DEVOLVED).sum())
    if settings is not None and devolved > settings.devolved_max:
        yield Breach("devolved_within_cap", tr("city"), float(devolved - settings.devolved_max), "stations")


def managed_per_township_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """A township manages at most `managed_per_township_max` stations, devolved ones among them [stations]."""
    settings, stations = ledger.policy.stations, ledger.stations
    if settings is not None:
        counts = stations.loc[stations["status"] != "", "township"].value_counts(sort=False)
        most = settings.managed_per_township_max
        yield from above("managed_per_township_within_cap", "township", "stations", counts, most)
