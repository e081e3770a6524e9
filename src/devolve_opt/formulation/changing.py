"""Changing: from the model of one policy to that of another; only the rules that a changed key shapes run again."""

from __future__ import annotations

from dataclasses import dataclass

from pyomo.common.gc_manager import PauseGC
from pyomo.environ import Constraint, Expression, Objective, Var

from devolve_opt.policy import Policy


@dataclass(frozen=True)
class Changed:
    """What of a model is no longer what it was.

    Attributes:
        rows: names of the constraints whose rows are to be compiled again.
        bounds: names of the variables whose bounds may be others.
        objective: whether the objective may be another.
    """

    rows: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    objective: bool = False

    def __or__(self, other: Changed) -> Changed:
        """Return what either of them has changed."""
        rows, bounds = (tuple(dict.fromkeys(both)) for both in (self.rows + other.rows, self.bounds + other.bounds))
        return Changed(rows, bounds, self.objective or other.objective)


def reason_to_rebuild(model, policy: Policy) -> str:
    """Return why a built model cannot be made that of another policy: the key and what it shapes. Empty if it can.

    Rows, whether there are any included, the objective and bounds can change; data, indices and variables cannot.
    """
    outdated = model.reads.outdated(policy)
    for part, keys in outdated.items():
        component = model.component(part)
        names = " and ".join(f"`{key}`" for key in keys)
        shapes = f"{names} {'shapes' if len(keys) == 1 else 'shape'}"
        if component is None:
            return f"{shapes} data that `{part}` puts on the model: it is built anew"
        if component.ctype is Var:
            if not _bounds_are_those_of_the_rule(model, component):
                return f"{shapes} bounds of `{part}` that other data have changed since: the model is built anew"
        elif component.ctype not in (Constraint, Expression, Objective):
            return f"{shapes} the {component.ctype.__name__.lower()} `{part}`: the model is built anew"
    return ""


def change_policy(model, policy: Policy) -> Changed:
    """Make a built model that of another policy, in place, and return what of it is no longer what it was.

    The rules are the model's own, run again; an expression keeps its place in the rows that it is part of.

    Raises:
        ValueError: if the model has to be built anew (`reason_to_rebuild`); it is left as it is.
    """
    reason = reason_to_rebuild(model, policy)
    if reason:
        raise ValueError(reason)
    outdated = model.reads.outdated(policy)
    # The many small objects of expressions would set off one collection of garbage after another.
    with PauseGC():
        return _changed(model, policy, outdated)


def _changed(model, policy, outdated) -> Changed:
    rows, bounds, objective, expression_changed = [], [], False, False
    model.reads.policy, model.policy = policy, model.reads.view
    try:
        for component in model.component_objects((Var, Expression, Constraint, Objective)):
            name = component.name
            if name in outdated:
                _run_again(model, component)
            if component.ctype is Var and name in outdated:
                bounds.append(name)
            elif component.ctype is Expression:
                expression_changed |= name in outdated
            # Whatever came after an expression may be made of it.
            elif component.ctype is Constraint and (name in outdated or expression_changed):
                rows.append(name)
            elif component.ctype is Objective:
                objective |= name in outdated or expression_changed
    finally:
        model.reads.part, model.policy = "", policy
    return Changed(tuple(rows), tuple(bounds), objective)


def _run_again(model, component) -> None:
    """Run the rule of a component again; variables and expressions stay the objects that they are."""
    model.reads.forget(component.name)
    model.reads.part = component.name
    if component.ctype is Var:
        for index, variable in component.items():
            variable.lower, variable.upper = component._rule_bounds(model, index)
        return
    if component.ctype is Expression:
        for index, expression in component.items():
            expression.set_value(component._rule(model, index))
        return
    component.clear()
    # Pyomo constructs a component once; that is the one place where it runs the rule for every index.
    component._constructed = False
    component.construct()


def _bounds_are_those_of_the_rule(model, variable) -> bool:
    model.policy, model.reads.part = model.reads.view, variable.name
    try:
        return all(each.bounds == tuple(variable._rule_bounds(model, index)) for index, each in variable.items())
    finally:
        model.policy, model.reads.part = model.reads.policy, ""
