"""Take-up: which township takes which power."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Expression, Set, Var

from devolve_opt.formulation.caps import within
from devolve_opt.rules.interest import interest


def add_take_up(model):
    """Add `taken[t,p]` for every pair that can matter, bundles, and the cap on a township's powers.

    Data: `pairs` (township, power), and by pair `rounds`, `cases`, `hours`, `officer_hours`; `powers_of[t]`.
    """
    pairs = interest(model.case, model.policy)
    keys = list(zip(pairs["township"], pairs["power"], strict=True))
    for name in ("rounds", "cases", "hours", "officer_hours"):
        setattr(model, name, dict(zip(keys, pairs[name].tolist(), strict=True)))
    model.interest = pairs
    model.powers_of = {township: group.tolist() for township, group in pairs.groupby("township", sort=False)["power"]}
    model.takers = list(model.powers_of)
    model.requires = {power: other for power, other in model.case.tables["powers"]["requires"].items() if other}

    model.pairs = Set(dimen=2, initialize=keys)
    model.taken = Var(model.pairs, domain=Binary)
    bundled = [(township, power) for township, power in keys if power in model.requires]
    model.required_power_taken = Constraint(bundled, rule=required_power_taken)
    model.new_powers_within_cap = Constraint(model.takers, rule=new_powers_within_cap)
    model.choices_met = Expression(model.takers, rule=choices_met)


def required_power_taken(model, township, power):
    r"""A power that only works with another one is taken with it, such as a measure with the penalty it serves.

    $x_{tp} \le x_{t,r(p)} \quad \forall (t,p) : p \text{ requires } r(p)$

    Unit: powers. Source: 行政强制法 17; column `requires` of the powers.
    """
    return model.taken[township, power] <= model.taken[township, model.requires[power]]


def new_powers_within_cap(model, township):
    r"""A township takes up at most so many powers.

    $\sum_p x_{tp} \le N \quad \forall t$ with more than $N$ powers to take.

    Unit: powers. Source: `Policy.new_powers_max`.
    """
    powers = model.powers_of[township]
    return within(sum(model.taken[township, power] for power in powers), model.policy.new_powers_max, len(powers))


def choices_met(model, township):
    r"""Rounds of a township's choices that are met: $\sum_p r_{tp} x_{tp}$ [rounds]."""
    rounds = model.rounds
    return sum(
        rounds[township, power] * model.taken[township, power]
        for power in model.powers_of[township]
        if rounds[township, power]
    )
