"""What townships hold already from earlier batches: it stays, or taking it back has a price."""

from __future__ import annotations

from pyomo.environ import Constraint


def add_held(model):
    """Add the rows that keep what is held already, where the policy hands over in batches and prices no withdrawal.

    What law, the policy or the county's refusal keeps out is no pair of `interest`, held or not; so it has no row.

    Data: `held_already` (pairs that a township holds and may go on holding).
    """
    model.held_already = []
    if model.policy.phases is None:
        return
    held = model.case.tables["held"][["township", "power"]].itertuples(index=False, name=None)
    model.held_already = [pair for pair in held if pair in model.taken]
    unpriced = model.reads.holds(lambda policy: policy.phases.withdrawal_price is None)
    if unpriced and model.held_already:
        model.held_stays = Constraint(model.held_already, rule=held_stays)


def held_stays(model, township, power):
    r"""What a township holds already it goes on holding: $x_{tp} = 1 \quad \forall (t,p)$ held from earlier batches.

    Unit: powers. Source: design; given up where `Phases.withdrawal_price` prices a withdrawal.
    """
    return model.taken[township, power] == 1
