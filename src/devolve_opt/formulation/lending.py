"""Lending: lent staff who come back beyond those that the cap sends back."""

from __future__ import annotations

from pyomo.environ import Constraint, NonNegativeIntegers, Var

from devolve_opt.formulation.caps import within
from devolve_opt.rules.workload import staff_without_moves


def add_lending(model):
    """Add `returned[t]` (persons, whole) for each township that still lends staff, where the policy allows returns.

    Data: `still_lent[t]` (persons lent once the cap has sent back those above it).
    """
    if model.policy.lent_returns is None:
        model.still_lent = {}
        return
    lent = staff_without_moves(model.case, model.policy)["lent"]
    model.still_lent = {township: int(number) for township, number in lent.items() if number > 0}
    model.returned = Var(list(model.still_lent), domain=NonNegativeIntegers, bounds=_returned_bounds)
    model.returned_within_cap = Constraint(rule=returned_within_cap)


def _returned_bounds(model, township):
    """No more come back than are lent."""
    return 0, model.still_lent[township]


def returned_within_cap(model):
    r"""Beyond those that the cap sends back, at most so many persons return: $\sum_t q_t \le Q$.

    Unit: persons. Source: `LentReturns.returned_max`.
    """
    lent = sum(model.still_lent.values())
    return within(sum(model.returned.values()), model.policy.lent_returns.returned_max, lent)
