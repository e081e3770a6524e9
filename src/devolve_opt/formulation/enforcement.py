"""Enforcement: two officers in every office, certificates, attrition and training, officer hours.

Simplification: an officer who moves changes places with a colleague without a certificate, so staff and posts stay
where they are and only the certificate moves.
"""

from __future__ import annotations

from math import ceil

from pyomo.environ import Constraint, Expression, NonNegativeIntegers, Var

from devolve_opt.formulation.stations import station_officer_work, station_officers
from devolve_opt.rules.officers import certificates_max, officer_hours_each, officers_remaining, statutory_officer_hours


def add_enforcement(model):
    """Add `trained[t]`, `moved_in[t]`, `moved_out[t]` (persons, whole) and `officers[t]`.

    Data, by township: `remaining` (officers after attrition), `trainable` (staff in post without a certificate),
    `statutory_officer_hours`; `hours_per_officer` (a year); `officer_fields_today[t]` (fields ready today).
    """
    case, policy = model.case, model.policy
    townships = case.tables["townships"]
    units = list(townships.index)
    model.remaining = officers_remaining(case, policy).to_dict()
    model.trainable = (townships["staff_in_post"] - townships["certified_officers"]).clip(lower=0).to_dict()
    model.statutory_officer_hours = statutory_officer_hours(case, policy).to_dict()
    model.hours_per_officer = officer_hours_each(case, policy)
    model.needs_officers = case.tables["fields"]["needs_officers"].to_dict()
    model.officer_fields_today = dict.fromkeys(units, 0)
    for township, field in model.ready_today:
        model.officer_fields_today[township] += model.needs_officers[field]
    model.county_remaining = {
        county: sum(model.remaining[township] for township in members) for county, members in model.members.items()
    }

    model.trained = Var(units, domain=NonNegativeIntegers, bounds=_trained_bounds)
    model.moved_in = Var(units, domain=NonNegativeIntegers, bounds=_moved_in_bounds)
    model.moved_out = Var(units, domain=NonNegativeIntegers, bounds=_moved_out_bounds)
    model.officers = Expression(units, rule=officers)
    model.officers_at_least_minimum = Constraint(units, rule=officers_at_least_minimum)
    model.officers_do_statutory_work = Constraint(units, rule=officers_do_statutory_work)
    model.officers_moved_within_county = Constraint(list(model.members), rule=officers_moved_within_county)
    model.training_within_places = Constraint(rule=training_within_places)
    model.officers_cover_fields = Constraint(units, rule=officers_cover_fields)
    if model.reads.holds(lambda policy: policy.officers_min < policy.officers_per_field):
        penal = [(township, power) for township, power in model.pairs if model.needs_officers[model.field[power]]]
        model.penalty_field_has_officers = Constraint(penal, rule=penalty_field_has_officers)
    model.officer_hours_needed = Expression(units, rule=officer_hours_needed)
    model.officer_hours_sufficient = Constraint(units, rule=officer_hours_sufficient)


def _trained_bounds(model, township):
    """Only staff in post who hold no certificate can be trained (only they may sit the examination)."""
    return 0, model.trainable[township]


def _moved_in_bounds(model, township):
    return 0, model.county_remaining[model.county[township]]


def _moved_out_bounds(model, township):
    """No more officers leave than remain after attrition."""
    return 0, model.remaining[township]


def officers(model, township):
    r"""Certified officers of an office [persons].

    $e_t = \bar e_t + \tau_t + i_t - u_t + \sum_{a \in t} \epsilon_a d_a$

    Those remaining after attrition, plus those trained, plus those moved in, less those moved out, plus those of
    devolved stations.
    """
    gained = model.trained[township] + model.moved_in[township] + station_officers(model, township)
    return model.remaining[township] + gained - model.moved_out[township]


def officers_at_least_minimum(model, township):
    r"""Every enforcement office has at least the minimum of certified officers: $e_t \ge E \quad \forall t$.

    Unit: persons. Source: 行政处罚法 42 and `Policy.officers_min`; the report's city sets 2 in all 166 offices.
    """
    return model.officers[township] >= model.policy.officers_min


def _officers_busy(model, township):
    statutory = model.statutory_officer_hours[township] - model.heading_hours
    return ceil(statutory / model.hours_per_officer - 1e-9)


def officers_do_statutory_work(model, township):
    r"""An office has the whole officers that its statutory work takes: $e_t \ge \lceil \bar P_t / (a \eta) \rceil$.

    It follows from `officer_hours_sufficient` because officers are whole persons; said by itself it makes the
    relaxation tighter. Heading the office is not counted where a leader may do it. Rows only where the minimum is less.

    Unit: persons. Source: 行政处罚法 42.
    """
    busy = _officers_busy(model, township)
    return Constraint.Skip if busy <= model.policy.officers_min else model.officers[township] >= busy


def officers_moved_within_county(model, county):
    r"""Officers move within their county only: $\sum_{t \in k} i_t = \sum_{t \in k} u_t \quad \forall k$.

    Unit: persons. Source: posts and their holders belong to the county.
    """
    members = model.members[county]
    return sum(model.moved_in[township] for township in members) == sum(
        model.moved_out[township] for township in members
    )


def training_within_places(model):
    r"""New certificates stay within what the city's places give: $\sum_t \tau_t \le \lfloor \kappa T \rfloor$.

    Only a share $\kappa$ of the candidates for whom there are places pass.

    Unit: certificates a year. Source: `Policy.training_places_max`, `Policy.exam_pass_share`.
    """
    return sum(model.trained.values()) <= certificates_max(model.policy)


def officers_cover_fields(model, township):
    r"""An office of the minimum size works in so many fields with penalties; each further officer adds some.

    $\bar y_t + \sum_{f \text{ with penalties}} y_{tf} \le K + \phi\,(e_t - E) \quad \forall t$

    Unit: fields. Source: `Policy.fields_at_minimum`, `Policy.fields_per_officer`.
    """
    fields = [field for field in model.new_fields_of.get(township, ()) if model.needs_officers[field]]
    if not fields and not model.officer_fields_today[township]:
        return Constraint.Skip
    covered = model.officer_fields_today[township] + sum(model.ready[township, field] for field in fields)
    policy = model.policy
    further = policy.fields_per_officer * (model.officers[township] - policy.officers_min)
    return covered <= policy.fields_at_minimum + further


def penalty_field_has_officers(model, township, power):
    r"""A power in a field with penalties is held only by an office of at least two officers.

    $\delta\, x_{tp} \le e_t \quad \forall (t,p) : f(p) \text{ with penalties}$, whether the township is ready in the
    field today or becomes so. Rows only where the minimum of the policy is below that of the law.

    Unit: persons. Source: 行政处罚法 42; `Policy.officers_per_field`.
    """
    return model.policy.officers_per_field * model.taken[township, power] <= model.officers[township]


def officer_hours_needed(model, township):
    r"""Officer-hours a year of statutory work, of powers held and duties carried, of devolved stations' own work.

    $P_t = \bar P_t + \sum_p \rho_{tp} x_{tp} + \sum_d \rho_{td} m_{td} + \eta \sum_{a \in t} d_a w_a \epsilon_a / q_a$

    Officers of a devolved station keep their part of its own work. What heading the office takes is part of $\bar P_t$.
    """
    powers = [power for power in model.powers_of.get(township, ()) if model.officer_hours[township, power]]
    of_powers = sum(model.officer_hours[township, power] * model.taken[township, power] for power in powers)
    duties = model.duty_officer_work.get(township, 0)
    return model.statutory_officer_hours[township] + of_powers + duties + station_officer_work(model, township)


def officer_hours_sufficient(model, township):
    r"""Officers have the hours for inspections, penalties and joint cases; an ordinary case takes two of them.

    $P_t + \Delta^e_t - g\, l_t \le a \eta\, e_t \quad \forall t$, where a leader who heads the office spares what that
    takes, and $\Delta^e_t$ is what powers may take more (`officer_hours_at_risk`).

    Unit: officer-hours a year. Source: 行政处罚法 42; `Policy.officer_hours_share`, `Policy.joint_case_hours`,
    `OfficeHeads.hours`.
    """
    spared = model.heading_hours * model.led[township] if model.heading_hours else 0.0
    needed = model.officer_hours_needed[township] + model.officer_hours_at_risk[township] - spared
    return needed <= model.hours_per_officer * model.officers[township]
