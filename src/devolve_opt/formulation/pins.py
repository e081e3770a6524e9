"""Pins: what is decided already."""

from __future__ import annotations

from pyomo.environ import Constraint

from devolve_opt.pins import ANY_LIST
from devolve_opt.vocabulary import BASE_LIST


def add_pins(model):
    """Add a row for each pin of the policy that says something about a variable.

    That a township does not take what it would never take, or that a list does not hold what nobody wants, needs none.

    Data: `pins` (by number).
    """
    model.pins = dict(enumerate(model.policy.pins))
    if model.pins:
        model.pin_kept = Constraint(list(model.pins), rule=pin_kept)


def pin_kept(model, number):
    r"""What is pinned stands: $x_{tp} = v$, $b_p = v$, $s_{cp} = v$, or $b_p + \sum_c s_{cp} \ge v$ ($= 0$ if $v = 0$).

    $v$ is 1 where the pin says that it is taken or held, else 0. Unit: powers. Source: `Policy.pins`.
    """
    pin = model.pins[number]
    if pin.township is not None:
        places = [model.taken[pin.township, pin.power]] if (pin.township, pin.power) in model.taken else []
    else:
        keys = [(category, pin.power) for category in model.own_lists if pin.list in (ANY_LIST, category)]
        places = [model.special[key] for key in keys if key in model.special]
        if pin.list in (ANY_LIST, BASE_LIST) and pin.power in model.base:
            places.append(model.base[pin.power])
    if not places:
        return Constraint.Infeasible if pin.holds else Constraint.Skip
    return sum(places) >= 1 if pin.holds else sum(places) == 0
