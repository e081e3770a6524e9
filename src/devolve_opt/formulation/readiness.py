"""Readiness: what a township needs before it can hold powers of a field."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, UnitInterval, Var

from devolve_opt.formulation.caps import within
from devolve_opt.rules.readiness import ready_today


def add_readiness(model):
    """Add `ready[t,f]` for each field in which a township would have to become ready, and its cap.

    Also `brought[t,f]`, the part of it that stations of the field bring, where some may be managed there.

    Data: `field[p]`, `ready_today` (pairs of township and field, those of what is held included), `new_fields_of[t]`.
    """
    model.field = model.case.tables["powers"]["field"].to_dict()
    today = ready_today(model.case, model.policy, model.interest)
    model.ready_today = set(today.itertuples(index=False, name=None))
    wanted = model.interest[["township", "field"]].drop_duplicates()
    model.new_fields_of = {township: [] for township in model.takers}
    for township, field in wanted.itertuples(index=False, name=None):
        if (township, field) not in model.ready_today:
            model.new_fields_of[township].append(field)
    new = [(township, field) for township, fields in model.new_fields_of.items() for field in fields]

    model.ready = Var(new, domain=Binary)
    held_back = [(t, p) for t, p in model.pairs if (t, model.field[p]) in model.ready]
    model.taken_only_if_ready = Constraint(held_back, rule=taken_only_if_ready)
    model.bringable = {key for key in new if key in model.stations_bringing}
    if model.bringable:
        bringable = [key for key in new if key in model.bringable]
        model.brought = Var(bringable, domain=UnitInterval)
        model.brought_only_if_ready = Constraint(bringable, rule=brought_only_if_ready)
        model.brought_only_by_station = Constraint(bringable, rule=brought_only_by_station)
    model.new_fields_within_cap = Constraint(list(model.new_fields_of), rule=new_fields_within_cap)


def taken_only_if_ready(model, township, power):
    r"""A township takes a power only when it is ready in the power's field.

    $x_{tp} \le y_{t,f(p)} \quad \forall (t,p)$ whose field the township is not ready in today.

    Unit: powers. Source: 行政处罚法 24 (able to take it up effectively).
    """
    return model.taken[township, power] <= model.ready[township, model.field[power]]


def brought_only_if_ready(model, township, field):
    r"""A station brings readiness only where the township becomes ready: $z_{tf} \le y_{tf} \quad \forall (t,f)$.

    Whole where all else is, for it only ever gains. Unit: fields. Source: definition.
    """
    return model.brought[township, field] <= model.ready[township, field]


def brought_only_by_station(model, township, field):
    r"""Only a station of the field that the township manages brings readiness in it, at no cost.

    $z_{tf} \le \sum_{a \in t : f(a) = f} m_a \quad \forall (t,f)$

    Unit: fields. Source: column `field` of the stations; people and equipment are there already: assumption.
    """
    stations = model.stations_bringing[township, field]
    return model.brought[township, field] <= sum(model.managed[station] for station in stations)


def new_fields_within_cap(model, township):
    r"""A township becomes ready in at most so many fields, those that stations bring not counted.

    $\sum_f (y_{tf} - z_{tf}) \le F \quad \forall t$

    Unit: fields. Source: `Policy.new_fields_max`.
    """
    fields = model.new_fields_of[township]
    made = sum(model.ready[township, field] for field in fields)
    brought = sum(model.brought[township, field] for field in fields if (township, field) in model.bringable)
    return within(made - brought, model.policy.new_fields_max, len(fields))
