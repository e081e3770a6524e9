"""Equity: no township falls far behind in what it gets of what it chose."""

from __future__ import annotations

from pyomo.environ import Constraint, NonNegativeReals, Var


def add_equity(model):
    """Add `shortfall[t]`, the rounds by which a township's met choices stay below the floor.

    Data: `asked[t]`, the rounds of all its choices that law allows to meet.
    """
    asked = model.interest.groupby("township", sort=False)["rounds"].sum()
    model.asked = asked[asked > 0].to_dict()
    if model.reads.holds(lambda policy: policy.choice_floor == 0):
        model.asked = {}
    model.shortfall = Var(list(model.asked), domain=NonNegativeReals, bounds=_shortfall_bounds)
    model.shortfall_counted = Constraint(list(model.asked), rule=shortfall_counted)


def _shortfall_bounds(model, township):
    return 0, model.policy.choice_floor * model.asked[township]


def shortfall_counted(model, township):
    r"""A township falls short by what its met choices lack to the floor.

    $z_t \ge \gamma \sum_p r_{tp} - \sum_p r_{tp} x_{tp} \quad \forall t$

    Unit: rounds. Source: `Policy.choice_floor`.
    """
    return model.shortfall[township] >= model.policy.choice_floor * model.asked[township] - model.choices_met[township]
