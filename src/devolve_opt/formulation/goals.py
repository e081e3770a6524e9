"""Goals: terms of the objective that come before the rest, each held at what it has to reach."""

from __future__ import annotations

from pyomo.environ import Constraint, Var
from pyomo.repn import generate_standard_repn

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.policy import Policy


def add_goals(model):
    """Add a row for each goal of the policy that says what it has to reach.

    A term that sums over the columns of every township would tie them all together; so each township with more than one
    column in it has a variable for its part, and only the parts meet in one row.

    Data, by number of the goal: `goal_terms` (the part of each township, None for what belongs to none: coefficients
    and columns) and `goal_constant`.
    """
    model.goals = dict(enumerate(model.policy.goals))
    if not model.goals:
        return
    open_ended = [str(goal.term) for goal in model.goals.values() if goal.at_least is None]
    if open_ended:
        message = tr(
            "is solved for first where a scenario is solved by itself; here it has to say what it reaches: at_least."
        )
        raise InputError([Fault(message, file="policy", column="goals", value=term) for term in open_ended])
    # The terms are taken apart as they stand now: with another price they would be others.
    for name in Policy.model_fields:
        model.reads.note((name, "*"))
    model.goal_terms, model.goal_constant = {}, {}
    for number, goal in model.goals.items():
        model.goal_terms[number], model.goal_constant[number] = taken_apart(model, model.term[str(goal.term)])
    places = [
        (number, township)
        for number, parts in model.goal_terms.items()
        for township, terms in parts.items()
        if township is not None and len(terms) > 1
    ]
    model.goal_part = Var(places, bounds=_part_bounds)
    model.goal_part_counted = Constraint(places, rule=goal_part_counted)
    model.goal_reached = Constraint(list(model.goals), rule=goal_reached)


def taken_apart(model, expression):
    """Return the part of each township in a sum, None for what belongs to none: coefficients and variables; and what is
    constant in it.
    """
    units = set(model.case.tables["townships"].index)
    found = generate_standard_repn(expression)
    parts: dict[str | None, list] = {}
    for coefficient, variable in zip(found.linear_coefs, found.linear_vars, strict=True):
        index = variable.index() if isinstance(variable.index(), tuple) else (variable.index(),)
        township = next((part for part in index if part in units), None)
        parts.setdefault(township, []).append((coefficient, variable))
    return parts, found.constant


def _part_bounds(model, number, township):
    return ends_of(model.goal_terms[number][township])


def ends_of(part):
    """Return between what the part of a township in a sum can lie."""
    ends = [sorted((coefficient * variable.lb, coefficient * variable.ub)) for coefficient, variable in part]
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def goal_part_counted(model, number, township):
    r"""A township's part of a goal is what its own columns give.

    $\gamma_{gt} \le \sum_j c_{gj} x_j \quad \forall g, t$, over the columns $j$ of township $t$ in the term.

    Unit: staff-hours a year. Source: `Policy.goals`.
    """
    own = sum(coefficient * variable for coefficient, variable in model.goal_terms[number][township])
    return model.goal_part[number, township] <= own


def goal_reached(model, number):
    r"""A goal reaches what it has to: $\sum_t \gamma_{gt} + \sum_j c_{gj} x_j \ge \ell_g \quad \forall g$.

    Over the townships' parts, and the columns that belong to none.

    Unit: staff-hours a year. Source: `Goal.at_least`.
    """
    reached = model.goal_constant[number]
    for township, terms in model.goal_terms[number].items():
        if (number, township) in model.goal_part:
            reached += model.goal_part[number, township]
        else:
            reached += sum(coefficient * variable for coefficient, variable in terms)
    if isinstance(reached, float | int):
        return Constraint.Feasible if reached >= model.policy.goals[number].at_least else Constraint.Infeasible
    return reached >= model.policy.goals[number].at_least


def set_parts(model):
    """Set the values of the parts to what the columns of each township give."""
    for (number, township), part in model.goal_part.items() if model.goals else ():
        part.set_value(
            sum(coefficient * (variable.value or 0.0) for coefficient, variable in model.goal_terms[number][township]),
            skip_validation=True,
        )
