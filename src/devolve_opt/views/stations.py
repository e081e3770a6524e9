"""What becomes of each station: who runs it, what keeps it with the county, what it brings to its township."""

from __future__ import annotations

import pandas as pd

from devolve_opt.instruments import Stations
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.rules.stations import station_limits
from devolve_opt.views.wording import count
from devolve_opt.vocabulary import CHINESE, StationKind, StationStatus


def stations(plan: Plan) -> pd.DataFrame:
    """Return what becomes of each station of the case; no rows where it has none.

    Returns:
        - `township`, `township_name`, `county`, `category`: where it sits.
        - `station`, `name`, `kind`, `kind_chinese`, `field`: the station.
        - `staff`, `certified`: who works there, and how many of them hold a certificate (persons).
        - `status`: `county_run`, `managed` (the township directs a share of its hours) or `devolved`.
        - `kept_from`: blank, `devolution`, or `management and devolution`.
        - `reason`, `source`: why, and the article, the report or the policy that says so. Where the scenario has no
          [policy.stations] they are those of its defaults.
        - `readiness_brought`: whether it brings readiness in its field to the township's plan.
        - `hours_gained`: hours that the township gains by it, less the own work that comes along (staff-hours a year;
          negative where that is more).
    """
    case, settings = plan.scenario.data, plan.scenario.policy.stations or Stations()
    table, towns = case.stations, case.tables["townships"]
    limits = station_limits(case, settings)
    decided = plan.decisions.stations.set_index("station")["status"].to_dict()
    statuses = [decided.get(station, str(StationStatus.COUNTY)) for station in table.index]
    status = pd.Series(statuses, index=table.index, dtype="str")
    managed, devolved = status == StationStatus.MANAGED, status == StationStatus.DEVOLVED
    brought = plan.audit.fields[plan.audit.fields["brought"]]
    places = pd.MultiIndex.from_frame(table[["township", "field"]])
    brings = (managed | devolved) & places.isin(pd.MultiIndex.from_frame(brought[["township", "field"]]))
    hours = case.available_hours * table["staff"]
    gained = (settings.hours_share * hours).where(managed, 0.0) + (hours - table["own_hours"]).where(devolved, 0.0)
    return pd.DataFrame(
        {
            "township": table["township"],
            **{
                name: table["township"].map(towns[column]).astype("str")
                for name, column in (("township_name", "name"), ("county", "county"), ("category", "category"))
            },
            "station": table.index.to_series().astype("str"),
            "name": table["name"],
            "kind": table["kind"],
            "kind_chinese": table["kind"].map(CHINESE).astype("str"),
            "field": table["field"],
            "staff": table["staff"],
            "certified": table["certified"],
            "status": status,
            "kept_from": limits["kept_from"],
            **{name: limits[name].map(tr).astype("str") for name in ("reason", "source")},
            "readiness_brought": brings,
            "hours_gained": gained,
        }
    ).reset_index(drop=True)


def station_counts(plan: Plan) -> pd.DataFrame:
    """Return the stations of each kind: indexed by kind in the order of `StationKind`, a column for each status.

    Further column `kept_from`, as in `stations`. Kinds that the case does not have are left out.
    """
    table = stations(plan)
    statuses = [str(status) for status in StationStatus]
    counts = pd.crosstab(table["kind"], table["status"]).reindex(columns=statuses, fill_value=0)
    kinds = [str(kind) for kind in StationKind if kind in counts.index]
    return counts.reindex(kinds).join(table.groupby("kind")["kept_from"].first())


def station_lines(plan: Plan) -> list[str]:
    """Return what the plan does with stations in words; nothing where the scenario does not switch them on."""
    if plan.scenario.policy.stations is None or plan.scenario.data.tables["stations"].empty:
        return []
    table = stations(plan)
    managed, devolved = (int((table["status"] == status).sum()) for status in ("managed", "devolved"))
    ours = table[table["status"] != StationStatus.COUNTY]
    kept = int((table["kept_from"] == "management and devolution").sum())
    who = count(ours["township"].nunique(), "township")
    what = tr(
        "Stations: of {all:,}, {managed:,} managed by townships and {devolved:,} devolved{where}; {kept:,} may be "
        "neither.",
        all=len(table), managed=managed, devolved=devolved, kept=kept,
        where=tr(" in {townships}", townships=who) if len(ours) else "",
    )  # fmt: skip
    bring = tr(
        "They bring {hours:,.0f} h a year net of the own work that comes along, {officers}, readiness in {fields}.",
        hours=ours["hours_gained"].sum(), officers=count(plan.audit.townships["from_stations"].sum(), "officer"),
        fields=count(plan.audit.fields["brought"].sum(), "field"),
    )  # fmt: skip
    return [what, f"  {bring}"]
