"""Added rules: constraints that a researcher puts on the model, beside those of the policy instruments.

Whatever proves a bound has to know them; so a model with added rules goes to HiGHS whole, and the search by township,
which knows only the rows of this package, is left aside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyomo.environ import Constraint, Expression, Objective, Param, RangeSet, Set, Var, value

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr
from devolve_opt.plan import Breach

AddRules = Callable[[Any], None]
"""Takes the model (`formulation.build_model`) and adds constraints, and variables of its own, to it."""
MAY_ADD = (Constraint, Var, Expression, Param, Set, RangeSet)
"""Kinds of parts that a rule may put onto the model."""
TOLERANCE = 1e-6
"""An added row counts as kept within this, relative to its limit."""


class AddedRules:
    """The rows that a function has added to a model.

    Attributes:
        names: of the constraints, as the model has them.
        own_variables: whether it has added variables, too; a plan's decisions alone do not tell these.
    """

    def __init__(self, model: Any, add: AddRules):
        """Run the function on a model that has just been built.

        Raises:
            InputError: if it adds no row, or does what no row would show: takes away or switches off a part of the
                model, adds another objective, or fixes variables.
        """
        before = [component.name for component in model.component_objects(active=True)]
        parts = _parts(model)
        add(model)
        other = {part.parent_component().name for part, state in parts if _state(part) != state}
        after = {component.name: component for component in model.component_objects(active=True)}
        self.names = tuple(name for name in after if name not in before and after[name].ctype is Constraint)
        self.own_variables = any(name not in before and after[name].ctype is Var for name in after)
        self._rows = [row for name in self.names for row in after[name].values() if row.active]
        objectives = [name for name in after if name not in before and after[name].ctype is Objective]
        gone = [name for name in before if name not in after]
        fixed = [name for name in before if name in after and after[name].ctype is Var
                 and any(variable.fixed for variable in after[name].values())]  # fmt: skip
        changed = sorted(other - set(fixed) - set(gone))
        new = [name for name in after if name not in before]
        foreign = [name for name in new if after[name].ctype not in MAY_ADD and name not in objectives]
        bent = [name for name in self.names if any(_degree(row) not in (0, 1) for row in after[name].values())]
        said = {
            tr("added no row to the model; write a Pyomo Constraint onto it."): [] if self._rows else [""],
            tr("must not take parts of the model away or switch them off."): gone,
            tr("must not add an objective; worth is that of the scenario."): objectives,
            tr("may add constraints, variables and what they are made of; take this out."): foreign,
            tr("must be linear, as the model is."): bent,
            tr("must leave bounds, rows and the objective of the model as they are; write a Constraint."): changed,
            tr("must not fix variables; write a Constraint, which can be checked."): fixed,
        }
        faults = [Fault(message, column="rules", value=joined(names)) for message, names in said.items() if names]
        if faults:
            raise InputError(faults)

    def broken(self) -> list[Breach]:
        """Return the added rows that the values of the variables break, with the amount in the row's own unit."""
        found = []
        for row in self._rows:
            body = value(row.body)
            below = value(row.lower) - body if row.has_lb() else 0.0
            over = max(below, body - value(row.upper) if row.has_ub() else 0.0)
            if over > TOLERANCE * max(1.0, abs(body)):
                index = row.index()
                place = ", ".join(map(str, index)) if isinstance(index, tuple) else str("" if index is None else index)
                found.append(Breach(row.parent_component().name, place, float(over), tr("beyond its limit")))
        return found


def _parts(model: Any) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return every variable, row and objective of a model with what solving takes from it."""
    return [(part, _state(part)) for part in model.component_data_objects((Var, Constraint, Objective), active=True)]


def _state(part: Any) -> tuple[Any, ...]:
    if part.ctype is Var:
        return part.lb, part.ub, part.domain, part.fixed
    if part.ctype is Constraint:
        # A body is put together anew for each who asks; limits and whether it holds can be compared.
        return part.active, part.lb, part.ub
    return part.active, id(part.expr), part.sense


def _degree(row: Any) -> int | None:
    return row.body.polynomial_degree() if row.active else 0
