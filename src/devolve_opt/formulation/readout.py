"""Readout: from the model's values to decisions, and from decisions to a start for the solver."""

from __future__ import annotations

import pandas as pd
from pyomo.environ import value

from devolve_opt.formulation.goals import set_parts
from devolve_opt.formulation.levels import set_levels
from devolve_opt.formulation.uncertain_hours import set_risk
from devolve_opt.plan import Decisions
from devolve_opt.rules.pins import pinned_lists
from devolve_opt.vocabulary import BASE_LIST, StationStatus

TIME_SLACK = 1e-6
"""Officer-hours by which an office may seem short of time through rounding alone."""


def read_decisions(model, lists_that_serve: bool = True) -> Decisions:
    """Return the decisions that the values of the model's variables stand for, whole numbers rounded.

    Lists, readiness and moves that serve nothing are left out: a listed power that no township takes (unless the guide
    list is in force), a field without a power taken, officers moved in and out of the same office, a leader where an
    officer has the time, a managed station whose hours and readiness the township can do without. Leaving them out
    breaks no rule of this package and never lowers the plan's worth. An added rule may want a list for its own sake:
    without `lists_that_serve`, lists stay as the values have them.
    """
    taken = [pair for pair in model.pairs if _whole(model.taken[pair])]
    rows = model.given if model.list_in_force else _lists_that_serve(model, taken, lists_that_serve)
    used_fields = {(township, model.field[power]) for township, power in taken}
    ready = [key for key in model.ready if key in used_fields]
    units = list(model.floating)
    swaps = {unit: min(_whole(model.moved_in[unit]), _whole(model.moved_out[unit])) for unit in units}
    return Decisions(
        guide_list=pd.DataFrame(rows, columns=["power", "list"], dtype="str"),
        take_up=pd.DataFrame(taken, columns=["township", "power"], dtype="str"),
        ready=pd.DataFrame(ready, columns=["township", "field"], dtype="str"),
        posts=pd.DataFrame(
            {
                "base_posts": [int(model.base_posts[unit]) for unit in units],
                "floating_posts": [_whole(model.floating[unit]) for unit in units],
                "revolving_posts": [_whole(model.revolving[unit]) for unit in units],
            },
            index=pd.Index(units, name="township"),
        ),
        officers=pd.DataFrame(
            {
                "trained": [_whole(model.trained[unit]) for unit in units],
                "moved_in": [_whole(model.moved_in[unit]) - swaps[unit] for unit in units],
                "moved_out": [_whole(model.moved_out[unit]) - swaps[unit] for unit in units],
            },
            index=pd.Index(units, name="township"),
        ),
        returned=pd.DataFrame(
            {"returned": [_whole(model.returned[unit]) if unit in model.still_lent else 0 for unit in units]},
            index=pd.Index(units, name="township"),
        ),
        led=pd.DataFrame({"township": _led(model)}, dtype="str"),
        stations=pd.DataFrame(_stations(model, used_fields), columns=["station", "status"], dtype="str"),
        duties=pd.DataFrame(
            [pair for pair in model.duty_hours if _whole(model.matched[pair])],
            columns=["township", "duty"],
            dtype="str",
        ),
    )


def _led(model):
    """Return the townships whose office a leader heads because its officers have no time to."""
    if model.policy.office_heads is None:
        return []
    led = [unit for unit, variable in model.led.items() if _whole(variable)]
    there = {unit: value(model.hours_per_officer * model.officers[unit]) for unit in led}
    needed = {unit: value(model.officer_hours_needed[unit] + model.officer_hours_at_risk[unit]) for unit in led}
    return [unit for unit in led if needed[unit] > there[unit] + TIME_SLACK]


def _stations(model, used):
    """Return the rows `station, status` of the stations that townships manage or take over."""
    rows = []
    for township, members in model.stations_of.items():
        devolved = [name for name in members if name in model.devolved and _whole(model.devolved[name])]
        managed = [name for name in members if _whole(model.managed[name]) and name not in devolved]
        rows += [(name, StationStatus.DEVOLVED) for name in devolved]
        rows += [
            (name, StationStatus.MANAGED) for name in _managed_that_serve(model, township, managed, devolved, used)
        ]
    order = {name: number for number, name in enumerate(model.station)}
    return [(name, str(status)) for name, status in sorted(rows, key=lambda row: order[row[0]])]


def _managed_that_serve(model, township, managed, devolved, used):
    """Leave out managed stations without which no hour would be short and no readiness missing."""
    if model.component("beyond") is not None:
        return list(managed)  # they may serve a level that lies below what is free of cost
    policy, share = model.policy, model.policy.stations.hours_share
    free = policy.wall_share if policy.overload == "wall" else policy.overload_free_share
    if any(_whole(model.matched[township, duty]) for duty in model.duties_of.get(township, ())):
        free = min(free, policy.duties.load_max)
    there, needed = value(model.hours_there[township]), value(model.hours_needed[township])
    # By the load that is free of cost, and by the hard stop with the hours that are at risk.
    stop, at_risk = policy.load_stop, value(model.hours_at_risk[township])
    spare = {free: free * there - needed}
    spare[stop] = min(spare.get(stop, float("inf")), stop * there - needed - at_risk)
    kept = list(managed)
    for name in managed:
        hours = share * model.case.available_hours * model.station[name]["staff"]
        key = township, model.station[name]["field"]
        others = any(model.station[other]["field"] == key[1] for other in [*kept, *devolved] if other != name)
        brings = key in model.bringable and key in used and not others
        if not brings and all(limit * hours <= left for limit, left in spare.items()):
            kept.remove(name)
            spare = {limit: left - limit * hours for limit, left in spare.items()}
    return kept


def _lists_that_serve(model, taken, only=True):
    """Return the rows `power, list` of the guide list that some township takes a power from, or that is pinned.

    Unless `only` those are wanted: then every row of the list.
    """
    pinned = {power for power, _ in pinned_lists(model.case, model.policy)}
    used_base = {power for _, power in taken} | pinned
    used_special = {(model.category[township], power) for township, power in taken}
    used_special |= {key for key in model.special if key[1] in pinned}
    base = [
        (power, BASE_LIST) for power in model.base if (power in used_base or not only) and _whole(model.base[power])
    ]
    special = [key for key in model.special if (key in used_special or not only) and _whole(model.special[key])]
    return base + [(power, category) for category, power in special]


def set_start(model, decisions: Decisions) -> None:
    """Set the values of the model's variables to what the decisions say, as a start for the solver.

    Everything that follows from the decisions (listed, gains, overload, shortfall) is set too. Decisions about pairs
    that the model does not have are passed over.
    """
    for component in (model.taken, model.base, model.special, model.listed, model.ready):
        for variable in component.values():
            variable.set_value(0, skip_validation=True)
    for power, name in decisions.guide_list.itertuples(index=False, name=None):
        if power not in model.base:
            continue
        if name == BASE_LIST:
            model.base[power].set_value(1, skip_validation=True)
        elif (name, power) in model.special:
            model.special[name, power].set_value(1, skip_validation=True)
        else:
            continue
        model.listed[power].set_value(1, skip_validation=True)
    for component, pairs in ((model.taken, decisions.take_up), (model.ready, decisions.ready)):
        for pair in pairs.itertuples(index=False, name=None):
            if pair in component:
                component[pair].set_value(1, skip_validation=True)
    posts, officers = decisions.posts, decisions.officers
    columns = {
        "floating": posts["floating_posts"], "revolving": posts["revolving_posts"],
        "trained": officers["trained"], "moved_in": officers["moved_in"], "moved_out": officers["moved_out"],
    }  # fmt: skip
    for name, series in columns.items():
        component = getattr(model, name)
        for unit, number in series.items():
            component[unit].set_value(int(number), skip_validation=True)
    if model.policy.office_heads is not None:
        led = set(decisions.led["township"])
        for unit, variable in model.led.items():
            variable.set_value(int(unit in led), skip_validation=True)
    if model.still_lent:
        for unit, variable in model.returned.items():
            variable.set_value(int(decisions.returned["returned"].get(unit, 0)), skip_validation=True)
    if model.station:
        status = dict(decisions.stations.itertuples(index=False, name=None))
        for station, variable in model.managed.items():
            variable.set_value(int(station in status), skip_validation=True)
        for station, variable in model.devolved.items():
            variable.set_value(int(status.get(station) == StationStatus.DEVOLVED), skip_validation=True)
    if model.duty_hours:
        carried = set(decisions.duties.itertuples(index=False, name=None))
        for pair, variable in model.matched.items():
            variable.set_value(int(pair in carried), skip_validation=True)
        carrying = {township for township, _ in carried}
        for township, variable in model.carries.items():
            variable.set_value(int(township in carrying), skip_validation=True)
    set_risk(model)
    _set_consequences(model)
    set_parts(model)
    set_levels(model)


def _set_consequences(model) -> None:
    if model.policy.county_opening is not None:
        open_pairs = {(model.county[township], power) for township, power in model.pairs
                      if _whole(model.taken[township, power])}  # fmt: skip
        for pair, variable in model.opened.items():
            variable.set_value(int(pair in open_pairs), skip_validation=True)
    for key in model.bringable:
        station = any(_whole(model.managed[station]) for station in model.stations_bringing[key])
        model.brought[key].set_value(int(station and _whole(model.ready[key]) > 0), skip_validation=True)
    for unit, variable in model.posts_gained.items():
        variable.set_value(max(0.0, value(model.posts[unit]) - model.posts_today[unit]), skip_validation=True)
    for township, variable in model.shortfall.items():
        floor = model.policy.choice_floor * model.asked[township]
        variable.set_value(max(0.0, floor - value(model.choices_met[township])), skip_validation=True)
    if model.policy.overload == "wall":
        return
    for unit in model.floating:
        there = value(model.hours_there[unit])
        left = max(0.0, value(model.hours_needed[unit]) - model.policy.overload_free_share * there)
        for step in model.overload_steps:
            part = min(left, model.step_widths[step] * there)
            model.overload[unit, step].set_value(part, skip_validation=True)
            left -= part


def _whole(variable) -> int:
    return round(variable.value or 0.0)
