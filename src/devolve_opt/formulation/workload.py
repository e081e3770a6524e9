"""Workload: hours needed against hours there, with overload priced in rising steps or walled off."""

from __future__ import annotations

from itertools import pairwise

from pyomo.environ import Constraint, Expression, NonNegativeReals, Var

from devolve_opt.formulation.posts import posts_range
from devolve_opt.formulation.stations import most_station_staff, station_staff, station_work
from devolve_opt.rules.workload import staff_without_moves, statutory_load


def add_workload(model):
    """Add `overload[t,s]` and the balance of hours.

    Data, by township: `statutory_load` (staff-hours a year), `staff_today` (persons at work once lent staff above the
    cap are back), `filling` (persons a moved post brings); `step_widths` (shares of the hours there).
    """
    case, policy = model.case, model.policy
    staffing = staff_without_moves(case, policy)
    model.statutory_load = statutory_load(case, policy).to_dict()
    model.staff_today, model.filling = staffing["staff"].to_dict(), staffing["filling"].to_dict()
    units = list(case.tables["townships"].index)
    model.hours_needed = Expression(units, rule=hours_needed)
    model.hours_there = Expression(units, rule=hours_there)
    if policy.overload == "wall":
        model.workload_within_wall = Constraint(units, rule=workload_within_wall)
        return
    ends = [policy.overload_free_share, *(step.until for step in policy.overload_steps)]
    model.step_widths = [upper - lower for lower, upper in pairwise(ends)]
    model.overload_steps = steps = list(range(len(model.step_widths)))
    model.overload = Var(units, steps, domain=NonNegativeReals, bounds=_overload_bounds)
    model.overload_carries_load = Constraint(units, rule=overload_carries_load)
    model.overload_within_step = Constraint(units, steps, rule=overload_within_step)
    exposed = [township for kind, township in model.risks if kind == "hours"]
    model.hours_at_risk_within_stop = Constraint(exposed, rule=hours_at_risk_within_stop)


def _overload_bounds(model, township, step):
    """No step holds more than its share of the hours there with all the posts the township could have."""
    most = model.posts_given.get(township)
    if most is None:
        most = model.band_upper[township] + model.revolving_max[model.county[township]]
    moved = model.filling[township] * max(0, most - model.posts_today[township])
    staff = model.staff_today[township] + moved + model.still_lent.get(township, 0)
    staff += most_station_staff(model, township)
    return 0, model.step_widths[step] * model.case.available_hours * staff


def hours_there_range(model, township):
    """Return the fewest and the most staff-hours a year that a township can have, with posts, returns and stations."""
    today = model.posts_today[township]
    fewest, most = (posts - today for posts in posts_range(model, township))
    staff, filling = model.staff_today[township], model.filling[township]
    more = model.still_lent.get(township, 0) + most_station_staff(model, township)
    hours = model.case.available_hours
    return hours * (staff + filling * min(0, fewest)), hours * (staff + filling * max(0, most) + more)


def hours_needed(model, township):
    r"""Staff-hours a year a township needs: statutory work, held powers, devolved stations' own work, duties carried.

    $H_t = \bar H_t + \sum_p h_{tp} x_{tp} + \sum_{a \in t} w_a d_a + \sum_d h_{td} m_{td}$
    """
    held = sum(
        model.hours[township, power] * model.taken[township, power] for power in model.powers_of.get(township, ())
    )
    return model.statutory_load[township] + held + station_work(model, township) + model.duty_work.get(township, 0)


def hours_there(model, township):
    r"""Staff-hours a year a township has.

    $A_t = a\,(\bar q_t + \phi_{k(t)} (n_t - \bar n_t) + q_t + \sum_{a \in t} q_a (\mu m_a + (1 - \mu) d_a))$

    A moved post brings its county's average filling $\phi_k$, so that no staff appear from nowhere; lent staff who
    return beyond the cap work in the township again; stations bring the hours that it directs.
    """
    moved = model.posts[township] - model.posts_today[township]
    returned = model.returned[township] if township in model.still_lent else 0
    staff = model.staff_today[township] + model.filling[township] * moved + returned + station_staff(model, township)
    return model.case.available_hours * staff


def overload_carries_load(model, township):
    r"""What is needed beyond the free share of the hours there is overload.

    $H_t \le \omega_0 A_t + \sum_s o_{ts} \quad \forall t$

    Unit: staff-hours a year. Source: `Policy.overload_free_share`.
    """
    free = model.policy.overload_free_share * model.hours_there[township]
    return model.hours_needed[township] <= free + sum(model.overload[township, step] for step in model.overload_steps)


def overload_within_step(model, township, step):
    r"""Each step of overload is as wide as its share of the hours there; the last one ends at a hard stop.

    $o_{ts} \le (\omega_s - \omega_{s-1}) A_t \quad \forall t, s$

    Unit: staff-hours a year. Source: `Policy.overload_steps`.
    """
    return model.overload[township, step] <= model.step_widths[step] * model.hours_there[township]


def hours_at_risk_within_stop(model, township):
    r"""No township needs more hours than the last step of overload allows, although powers take more than expected.

    $H_t + \Delta_t \le \omega_S A_t \quad \forall t$, where hours are uncertain.

    Unit: staff-hours a year. Source: `Policy.overload_steps`, `Policy.uncertain_hours`.
    """
    needed = model.hours_needed[township] + model.hours_at_risk[township]
    return needed <= model.policy.overload_steps[-1].until * model.hours_there[township]


def workload_within_wall(model, township):
    r"""No township needs more hours than the wall allows: $H_t + \Delta_t \le \omega A_t \quad \forall t$.

    Unit: staff-hours a year. Source: `Policy.wall_share`; used instead of priced overload. $\Delta_t$ where hours are
    uncertain (`hours_at_risk`).
    """
    needed = model.hours_needed[township] + model.hours_at_risk[township]
    return needed <= model.policy.wall_share * model.hours_there[township]
