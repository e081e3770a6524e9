"""Uncertain hours: the hard limits on work hold although some powers of a township take more hours than expected.

The robust counterpart of Bertsimas and Sim (2004): of the powers that a township holds, as many as the budget may take
more hours than expected, whichever hurt most. The dual of that worst case puts it into linear rows. What a plan is
worth goes on being counted with the expected hours.
"""

from __future__ import annotations

from pyomo.environ import Constraint, Expression, NonNegativeReals, Var


def add_uncertain_hours(model):
    """Add `hours_at_risk[t]` (staff-hours a year) and `officer_hours_at_risk[t]` (officer-hours a year).

    Data: by kind of hours and township, `risks` (the powers whose hours may turn out more). Where there are no more of
    them than the budget, all of them may, and nothing has to be chosen: no variable, no row.
    """
    units = list(model.case.tables["townships"].index)
    model.risks = {}
    settings = model.policy.uncertain_hours
    if settings is None or not settings.budget:
        model.hours_at_risk = model.officer_hours_at_risk = dict.fromkeys(units, 0.0)
        return
    for kind, hours in (("hours", model.hours), ("officer_hours", model.officer_hours)):
        for township in units:
            powers = [power for power in model.powers_of.get(township, ()) if hours[township, power] > 0]
            if powers:
                model.risks[kind, township] = powers
    chosen = {place: powers for place, powers in model.risks.items() if len(powers) > settings.budget}
    places = [(*place, power) for place, powers in chosen.items() for power in powers]
    model.risk_each = Var(list(chosen), domain=NonNegativeReals, bounds=_each_bounds)
    model.risk_beyond = Var(places, domain=NonNegativeReals, bounds=_beyond_bounds)
    model.hours_at_risk = Expression(units, rule=hours_at_risk)
    model.officer_hours_at_risk = Expression(units, rule=officer_hours_at_risk)
    model.risk_counted = Constraint(places, rule=risk_counted)


def more_hours(model, kind, township, power):
    """Return the hours by which a power of a township may take more than expected."""
    hours = model.hours if kind == "hours" else model.officer_hours
    return model.policy.uncertain_hours.deviation * hours[township, power]


def _each_bounds(model, kind, township):
    return 0, max(more_hours(model, kind, township, power) for power in model.risks[kind, township])


def _beyond_bounds(model, kind, township, power):
    return 0, more_hours(model, kind, township, power)


def hours_at_risk(model, township):
    r"""Staff-hours a year by which the powers of a township may at most take more than expected.

    $\Delta_t = \Gamma \zeta_t + \sum_p \xi_{tp}$, the dual of choosing the $\Gamma$ powers that take most.
    """
    return _at_risk(model, "hours", township)


def officer_hours_at_risk(model, township):
    r"""Officer-hours a year by which a township's powers may at most take more than expected: as `hours_at_risk`."""
    return _at_risk(model, "officer_hours", township)


def _at_risk(model, kind, township):
    powers = model.risks.get((kind, township), ())
    if (kind, township) not in model.risk_each:
        return sum(more_hours(model, kind, township, power) * model.taken[township, power] for power in powers)
    beyond = sum(model.risk_beyond[kind, township, power] for power in powers)
    return model.policy.uncertain_hours.budget * model.risk_each[kind, township] + beyond


def risk_counted(model, kind, township, power):
    r"""What a power that is held may take more is counted, with each of the budget or beyond it.

    $\zeta_t + \xi_{tp} \ge \delta h_{tp} x_{tp} \quad \forall (t,p)$, with $\rho_{tp}$ for the hours of officers.

    Unit: hours a year. Source: `UncertainHours.deviation`, `UncertainHours.budget`.
    """
    counted = model.risk_each[kind, township] + model.risk_beyond[kind, township, power]
    return counted >= more_hours(model, kind, township, power) * model.taken[township, power]


def set_risk(model):
    """Set the values of the variables to the worst case of the powers taken."""
    if not model.risks:
        return
    budget = model.policy.uncertain_hours.budget
    for kind, township in model.risk_each:
        more = {
            power: more_hours(model, kind, township, power) * round(model.taken[township, power].value or 0.0)
            for power in model.risks[kind, township]
        }
        each = sorted(more.values(), reverse=True)[budget]
        model.risk_each[kind, township].set_value(each, skip_validation=True)
        for power, hours in more.items():
            model.risk_beyond[kind, township, power].set_value(max(0.0, hours - each), skip_validation=True)
