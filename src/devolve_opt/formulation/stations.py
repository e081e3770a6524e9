r"""Stations: stationed agencies that townships manage, or that are devolved to them.

What law or policy keeps with the county has no variable. A managed station stays the county's, and the township directs
a share $\mu$ of its hours; a devolved one is the township's, with its staff, its certificates and its own work.

$m_a$, $d_a$: `managed`, `devolved` (0 or 1); $q_a$, $\epsilon_a$, $w_a$: staff, certified staff (persons), own work
(staff-hours a year) of station $a$; $\mu$: `Stations.hours_share`; $a \in t$: stations that sit in a township.
"""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Var

from devolve_opt.formulation.caps import within
from devolve_opt.rules.stations import station_limits


def add_stations(model):
    """Add `managed[a]` and `devolved[a]` for each station whose kind allows it, where the policy asks for it.

    Data: `station` (facts by id), `stations_of[t]` (those that may be managed, none where the instrument is off),
    `stations_bringing[t,f]` (of these, those of a field).
    """
    model.station, model.stations_of, model.stations_bringing = {}, {}, {}
    settings = model.policy.stations
    if settings is None or model.case.tables["stations"].empty:
        return
    limits = station_limits(model.case, settings)
    stations = model.case.tables["stations"][limits["manageable"]]
    model.station = stations.to_dict("index")
    for station, facts in model.station.items():
        model.stations_of.setdefault(facts["township"], []).append(station)
        if facts["field"]:
            model.stations_bringing.setdefault((facts["township"], facts["field"]), []).append(station)
    devolvable = [station for station in model.station if limits["devolvable"][station]]
    model.managed = Var(list(model.station), domain=Binary)
    model.devolved = Var(devolvable, domain=Binary)
    model.devolved_only_if_managed = Constraint(devolvable, rule=devolved_only_if_managed)
    model.managed_within_cap = Constraint(rule=managed_within_cap)
    model.devolved_within_cap = Constraint(rule=devolved_within_cap)
    model.managed_per_township_within_cap = Constraint(list(model.stations_of), rule=managed_per_township_within_cap)


def devolved_only_if_managed(model, station):
    r"""What is devolved is managed: $d_a \le m_a \quad \forall a$; without measures nothing else is: $d_a = m_a$.

    Unit: stations. Source: the city's report; `Stations.measures`.
    """
    if model.policy.stations.measures:
        return model.devolved[station] <= model.managed[station]
    return model.devolved[station] == model.managed[station]


def managed_within_cap(model):
    r"""Townships manage at most so many stations, devolved ones among them: $\sum_a m_a \le Z$.

    Unit: stations. Source: `Stations.managed_max`.
    """
    return within(sum(model.managed.values()), model.policy.stations.managed_max, len(model.managed))


def devolved_within_cap(model):
    r"""At most so many stations are devolved: $\sum_a d_a \le D$. Unit: stations. Source: `Stations.devolved_max`."""
    return within(sum(model.devolved.values()), model.policy.stations.devolved_max, len(model.devolved))


def managed_per_township_within_cap(model, township):
    r"""A single township manages at most so many stations: $\sum_{a \in t} m_a \le Z_t \quad \forall t$.

    Unit: stations. Source: `Stations.managed_per_township_max`.
    """
    managed = [model.managed[station] for station in model.stations_of[township]]
    return within(sum(managed), model.policy.stations.managed_per_township_max, len(managed))


def station_staff(model, township):
    r"""Persons that stations add, in full-time ones: $\sum_{a \in t} q_a (\mu m_a + (1 - \mu) d_a)$."""
    share = model.policy.stations.hours_share if model.station else 0.0
    return sum(
        model.station[station]["staff"] * (share * model.managed[station] + (1 - share) * _devolved(model, station))
        for station in model.stations_of.get(township, ())
    )


def station_work(model, township):
    r"""Own work that comes with devolved stations: $\sum_{a \in t} w_a d_a$ [staff-hours a year]."""
    return sum(
        model.station[station]["own_hours"] * _devolved(model, station)
        for station in model.stations_of.get(township, ())
    )


def station_officers(model, township):
    r"""Certified staff of devolved stations join the enforcement office: $\sum_{a \in t} \epsilon_a d_a$ [persons].

    They stay where they are: they do not move, and their certificates do not lapse within the year (assumption).
    """
    return sum(
        model.station[station]["certified"] * _devolved(model, station)
        for station in model.stations_of.get(township, ())
    )


def station_officer_work(model, township):
    r"""Officer-hours that these still give to their station's own work: $\eta \sum_{a \in t} d_a w_a \epsilon_a / q_a$.

    The own work falls on a station's staff alike (assumption), so that nobody's hours count twice.
    """
    facts, share = model.station, model.policy.officer_hours_share
    return sum(
        share * facts[station]["own_hours"] * facts[station]["certified"] / facts[station]["staff"]
        * _devolved(model, station)
        for station in model.stations_of.get(township, ())
    )  # fmt: skip


def most_station_staff(model, township):
    """Return the persons that stations can add at most, in full-time ones."""
    return sum(
        model.station[station]["staff"] * (1 if station in model.devolved else model.policy.stations.hours_share)
        for station in model.stations_of.get(township, ())
    )


def most_station_load(model, township, share):
    """Return the most hours by which the own work of devolved stations can exceed a share of the hours they bring."""
    stations = [model.station[name] for name in model.stations_of.get(township, ()) if name in model.devolved]
    brought = share * model.case.available_hours
    return sum(max(0.0, facts["own_hours"] - brought * facts["staff"]) for facts in stations)


def hours_lost(model, station):
    r"""Hours that the county loses with a station: $a q_a \mu m_a + (\max(0, a q_a - w_a) - a q_a \mu) d_a$.

    Managed, those that the township directs. Devolved, all of the staff's less the own work that goes with them; a
    station with more work than staff is no gain, so that handing on overload is never rewarded. Staff-hours a year.
    """
    facts, share = model.station[station], model.policy.stations.hours_share
    hours = model.case.available_hours * facts["staff"]
    directed, left = share * hours, max(0.0, hours - facts["own_hours"])
    return directed * model.managed[station] + (left - directed) * _devolved(model, station)


def _devolved(model, station):
    return model.devolved[station] if station in model.devolved else 0  # noqa: SIM401 - a variable is no dict
