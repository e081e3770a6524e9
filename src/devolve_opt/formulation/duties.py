"""Duties: no duty on a township without the power and the people to do it (职责准入); else it stays with the county."""

from __future__ import annotations

from math import ceil

from pyomo.environ import Binary, Constraint, Var

from devolve_opt.formulation.stations import most_station_load
from devolve_opt.formulation.workload import hours_there_range
from devolve_opt.rules.duties import duties_open, powers_needed


def add_duties(model):
    """Add `matched[t,d]` for each duty laid on a township that nothing bars, where the policy knows duties.

    Data: `duty_hours` (staff-hours a year by township and duty), `duties_of[t]`; `duty_work[t]` and
    `duty_officer_work[t]`, the hours of those matched.
    """
    model.duty_hours, model.duties_of, model.duty_work, model.duty_officer_work = {}, {}, {}, {}
    if model.policy.duties is None:
        return
    of_officers = {}
    for township, duty, hours, officer_hours in duties_open(model.case, model.policy).itertuples(index=False):
        model.duty_hours[township, duty], of_officers[township, duty] = hours, officer_hours
        model.duties_of.setdefault(township, []).append(duty)
    needed = powers_needed(model.case, model.policy).itertuples(index=False, name=None)
    powers = [(township, duty, power) for township, duty, power in needed if (township, duty) in model.duty_hours]
    model.matched = Var(list(model.duty_hours), domain=Binary)
    model.matched_only_with_power = Constraint(powers, rule=matched_only_with_power)
    for township, duties in model.duties_of.items():
        for work, hours in ((model.duty_work, model.duty_hours), (model.duty_officer_work, of_officers)):
            work[township] = sum(hours[township, duty] * model.matched[township, duty] for duty in duties)
    bound = list(model.duties_of) if model.reads.holds(lambda policy: policy.duties.matched_share_min > 0) else []
    model.matched_share_at_least = Constraint(bound, rule=matched_share_at_least)


def add_duty_load(model):
    """Add `carries[t]` and the load up to which a township that carries duties may be loaded.

    Data: `overload_room[t]`, the hours by which a township that carries none may pass that load. Rows only where the
    hard stop, or the wall, lies above it; without room there is no `carries[t]`. A duty that would pass that load
    although the township took no power and got all the posts it can is never matched.
    """
    if model.policy.duties is None:
        return
    above = model.reads.holds(lambda policy: policy.load_stop > policy.duties.load_max)
    for (township, duty), hours in model.duty_hours.items():
        _, most = hours_there_range(model, township)
        if model.statutory_load[township] + hours > model.policy.duties.load_max * most * (1 + 1e-9):
            model.matched[township, duty].setub(0)
    model.overload_room = {township: _overload_room(model, township) for township in model.duties_of if above}
    roomy = [township for township, room in model.overload_room.items() if room > 0]
    model.carries = Var(roomy, domain=Binary)
    pairs = [pair for pair in model.duty_hours if pair[0] in model.carries]
    model.carries_if_matched = Constraint(pairs, rule=carries_if_matched)
    model.duty_load_within = Constraint(list(model.overload_room), rule=duty_load_within)


def _overload_room(model, township):
    """Return the most hours by which a township may pass `load_max`, by its hard stop and by all it could hold."""
    share, policy = model.policy.duties.load_max, model.policy
    least, most = hours_there_range(model, township)
    held = sorted((model.hours[township, power] for power in model.powers_of.get(township, ())), reverse=True)
    work = (
        model.statutory_load[township] + sum(held[: policy.new_powers_max]) + most_station_load(model, township, share)
    )
    return max(0.0, min((policy.load_stop - share) * most, work - share * least))


def matched_only_with_power(model, township, duty, power):
    r"""A township carries a duty only with every power that the duty takes.

    $m_{td} \le x_{tp} \quad \forall (t,d), p \in P_d$ that the township does not hold by law.

    Unit: duties. Source: the city's report (职责准入: no duty without the power).
    """
    return model.matched[township, duty] <= model.taken[township, power]


def carries_if_matched(model, township, duty):
    r"""A township that carries any duty counts as carrying duties: $m_{td} \le k_t \quad \forall (t,d)$.

    Unit: 0 or 1. Source: definition.
    """
    return model.matched[township, duty] <= model.carries[township]


def duty_load_within(model, township):
    r"""A township that carries duties is loaded at most so far: its people are there.

    $H_t \le \lambda A_t + M_t (1 - k_t) \quad \forall t$ with duties; $M_t$ is the most by which the hard stop and the
    powers it could hold let it pass that load, and where that is nothing the row stands without $k_t$.

    Unit: staff-hours a year. Source: `Duties.load_max`; the city's report (职责准入: no duty without the people).
    """
    room, limit = model.overload_room[township], model.policy.duties.load_max * model.hours_there[township]
    free = room * (1 - model.carries[township]) if township in model.carries else 0.0
    return model.hours_needed[township] <= limit + free


def matched_share_at_least(model, township):
    r"""A township carries at least a share of the duties laid on it that nothing bars.

    $\sum_d m_{td} \ge \lceil \mu\, |D_t| \rceil \quad \forall t$

    Unit: duties. Source: `Duties.matched_share_min`.
    """
    duties = model.duties_of[township]
    least = ceil(model.policy.duties.matched_share_min * len(duties) - 1e-9)
    return sum(model.matched[township, duty] for duty in duties) >= least
