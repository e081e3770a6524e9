r"""Proportional lists: the powers that proportional approval voting lists, exactly (Thiele 1895).

A model of its own, apart from the main one: it knows choices and places, not capacity. A township's first listed choice
counts 1, its second 1/2, its n-th 1/n. The counts fall, so that a township's first is counted before its second by
itself, and only listing needs whole numbers.

Indices: $p$ power, $t$ township, $n$ how many of its choices are listed.

| variable | name | unit |
|---|---|---|
| $x_p$ | `on_list` | 0 or 1 |
| $z_{tn}$ | `counted` | 0 to 1: whether the township's n-th listed choice counts |

| number | from | unit |
|---|---|---|
| $P_t$ | powers that the township chose | powers |
| $m$ | places on the guide list | powers |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyomo.environ import Binary, ConcreteModel, Constraint, Objective, UnitInterval, Var, maximize


def build_proportional_list(ballots: Mapping[str, Sequence[str]], powers: Sequence[str], places: int) -> ConcreteModel:
    """Build the model of proportional approval voting.

    Args:
        ballots: powers that each township chose, by township.
        powers: those that may be listed.
        places: powers that may be listed at most.
    """
    model = ConcreteModel(name="proportional list")
    model.ballots = {town: list(chosen) for town, chosen in ballots.items()}
    model.places = places
    listed = [(town, n) for town, chosen in model.ballots.items() for n in range(1, min(len(chosen), places) + 1)]
    model.on_list = Var(powers, domain=Binary)
    model.counted = Var(listed, domain=UnitInterval)
    model.counted_by = {town: [n for of, n in listed if of == town] for town in model.ballots}
    model.places_within = Constraint(rule=places_within)
    model.counted_are_listed = Constraint(list(model.ballots), rule=counted_are_listed)
    model.total = Objective(expr=sum(model.counted[key] / key[1] for key in listed), sense=maximize)
    return model


def places_within(model):
    r"""No more powers are listed than there are places: $\sum_p x_p \le m$ [powers].

    Source: `Policy.guide_list_max`.
    """
    return sum(model.on_list.values()) <= model.places


def counted_are_listed(model, town):
    r"""No more choices count than are listed: $\sum_n z_{tn} \le \sum_{p \in P_t} x_p$ [powers].

    Source: definition of proportional approval voting (Thiele 1895; Lackner and Skowron 2023, section 2.2).
    """
    if not model.counted_by[town]:
        return Constraint.Skip
    counted = sum(model.counted[town, n] for n in model.counted_by[town])
    return counted - sum(model.on_list[power] for power in model.ballots[town]) <= 0
