"""Retention: powers that are likely to be withdrawn again, because they are hardly used."""

from __future__ import annotations

from pyomo.environ import Constraint


def add_retention(model):
    """Add the cap on powers likely to be withdrawn, where the policy sets one.

    Data: `unused` (pairs whose expected cases stay below `Policy.use_min`).
    """
    model.unused = set()
    if model.policy.retention is None:
        return
    model.unused = {pair for pair, cases in model.cases.items() if cases < model.policy.use_min}
    # Where everything a township takes may be at risk, the rule says nothing.
    bound = model.reads.holds(lambda policy: policy.retention.share_max < 1)
    takers = [township for township in model.takers if bound and _risks(model, township)]
    model.unused_within_share = Constraint(takers, rule=unused_within_share)


def _risks(model, township):
    return [power for power in model.powers_of[township] if (township, power) in model.unused]


def unused_within_share(model, township):
    r"""At most a share of a township's powers is likely to be withdrawn.

    $\sum_{p : n_{tp} < u} x_{tp} \le \sigma \sum_p x_{tp} \quad \forall t$

    Unit: powers. Source: `Retention.share_max`, `Policy.use_min`.
    """
    taken = sum(model.taken[township, power] for power in model.powers_of[township])
    risky = sum(model.taken[township, power] for power in _risks(model, township))
    return risky <= model.policy.retention.share_max * taken
