"""Readiness: what a township needs before it can hold powers of a field."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Var


def add_readiness(model):
    """Add `ready[t,f]` for each field in which a township would have to become ready, and its cap.

    Data: `field[p]`, `ready_today` (pairs of township and field), `new_fields_of[t]`.
    """
    model.field = model.case.tables["powers"]["field"].to_dict()
    today = model.case.tables["readiness"]
    model.ready_today = set(today[["township", "field"]].itertuples(index=False, name=None))
    wanted = model.interest[["township", "field"]].drop_duplicates()
    model.new_fields_of = {township: [] for township in model.takers}
    for township, field in wanted.itertuples(index=False, name=None):
        if (township, field) not in model.ready_today:
            model.new_fields_of[township].append(field)
    new = [(township, field) for township, fields in model.new_fields_of.items() for field in fields]

    model.ready = Var(new, domain=Binary)
    held_back = [(t, p) for t, p in model.pairs if (t, model.field[p]) in model.ready]
    model.taken_only_if_ready = Constraint(held_back, rule=taken_only_if_ready)
    many = [t for t, fields in model.new_fields_of.items() if len(fields) > model.policy.new_fields_max]
    model.new_fields_within_cap = Constraint(many, rule=new_fields_within_cap)


def taken_only_if_ready(model, township, power):
    r"""A township takes a power only when it is ready in the power's field.

    $x_{tp} \le y_{t,f(p)} \quad \forall (t,p)$ whose field the township is not ready in today.

    Unit: powers. Source: 行政处罚法 24 (able to take it up effectively).
    """
    return model.taken[township, power] <= model.ready[township, model.field[power]]


def new_fields_within_cap(model, township):
    r"""A township becomes ready in at most so many fields: $\sum_f y_{tf} \le F \quad \forall t$.

    Unit: fields. Source: `Policy.new_fields_max`.
    """
    return sum(model.ready[township, field] for field in model.new_fields_of[township]) <= model.policy.new_fields_max
