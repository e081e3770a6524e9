"""Added rules: constraints that a researcher puts on the model, beside those of the policy instruments.

Whatever proves a bound has to know them; so a model with added rules goes to HiGHS whole, and the search by township,
which knows only the rows of this package, is left aside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyomo.environ import Constraint, Objective, Var, value

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr
from devolve_opt.plan import Breach

AddRules = Callable[[Any], None]
"""Takes the model (`formulation.build_model`) and adds constraints, and variables of its own, to it."""
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
        add(model)
        after = {component.name: component for component in model.component_objects(active=True)}
        self.names = tuple(name for name in after if name not in before and after[name].ctype is Constraint)
        self.own_variables = any(name not in before and after[name].ctype is Var for name in after)
        self._rows = [row for name in self.names for row in after[name].values() if row.active]
        objectives = [name for name in after if name not in before and after[name].ctype is Objective]
        gone = [name for name in before if name not in after]
        fixed = [name for name in before if name in after and after[name].ctype is Var
                 and any(variable.fixed for variable in after[name].values())]  # fmt: skip
        wrong = (
            (not self._rows, tr("added no row to the model; write a Pyomo Constraint onto it."), ""),
            (bool(gone), tr("must not take parts of the model away or switch them off."), joined(gone)),
            (bool(objectives), tr("must not add an objective; worth is that of the scenario."), joined(objectives)),
            (bool(fixed), tr("must not fix variables; write a Constraint, which can be checked."), joined(fixed)),
        )
        if faults := [Fault(message, column="rules", value=names) for found, message, names in wrong if found]:
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
