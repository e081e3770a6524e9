"""County approval: which powers each county opens to its townships."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Var

from devolve_opt.formulation.caps import within


def add_county_opening(model):
    """Add `opened[k,p]` for each county and power that some township of it may take, where the policy asks for it.

    Powers that a county refuses (table `refusals`) are no pairs of `interest`, so they have neither column nor row.
    """
    if model.policy.county_opening is None:
        return
    pairs = list(dict.fromkeys((model.county[township], power) for township, power in model.pairs))
    model.openable = {county: [] for county in model.members}
    for county, power in pairs:
        model.openable[county].append(power)
    model.opened = Var(pairs, domain=Binary)
    model.taken_only_if_opened = Constraint(model.pairs, rule=taken_only_if_opened)
    model.opened_within_cap = Constraint(list(model.openable), rule=opened_within_cap)


def taken_only_if_opened(model, township, power):
    r"""A township takes a power only if its county has opened it: $x_{tp} \le w_{k(t),p} \quad \forall (t,p)$.

    Unit: powers. Source: 行政处罚法 24; the report: taken up with the county's approval.
    """
    return model.taken[township, power] <= model.opened[model.county[township], power]


def opened_within_cap(model, county):
    r"""A county opens at most so many powers: $\sum_p w_{kp} \le W \quad \forall k$.

    Unit: powers. Source: `CountyOpening.opened_max`.
    """
    opened = [model.opened[county, power] for power in model.openable[county]]
    return within(sum(opened), model.policy.county_opening.opened_max, len(opened))
