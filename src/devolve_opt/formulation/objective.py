"""Objective: named terms in staff-hours a year, their prices in the policy."""

from __future__ import annotations

from pyomo.environ import Expression, Objective, maximize

from devolve_opt.formulation.stations import hours_lost
from devolve_opt.rules.workload import overload_of_doing_nothing
from devolve_opt.vocabulary import Term


def add_objective(model):
    """Add one named expression for each term, and their sum as the objective to maximise. Costs are negative."""
    model.readiness_hours = model.case.tables["fields"]["readiness_hours"].to_dict()
    model.support_hours = model.case.tables["powers"]["support_hours"].to_dict()
    rules = {
        Term.CHOICES_MET: choices_met,
        Term.CASES_NEAR_HOME: cases_near_home,
        Term.OVERLOAD: overload,
        Term.READINESS: readiness,
        Term.TRAINING: training,
        Term.OFFICERS_MOVED: officers_moved,
        Term.POSTS_MOVED: posts_moved,
        Term.INEQUITY: inequity,
        Term.COUNTY_SUPPORT: county_support,
        Term.COUNTY_OPENING: county_opening,
        Term.LENT_RETURNS: lent_returns,
        Term.UNUSED_POWERS: unused_powers,
        Term.OFFICES_LED: offices_led,
        Term.STATIONS: stations,
        Term.DUTIES_MATCHED: duties_matched,
        Term.WITHDRAWALS: withdrawals,
    }
    model.term = Expression([str(term) for term in Term], rule=lambda model, term: rules[Term(term)](model))
    model.total = Objective(expr=sum(model.term.values()), sense=maximize)


def choices_met(model):
    r"""Choices met: $\pi \sum_{t,p} r_{tp} x_{tp}$. Source: `Prices.choice_met`."""
    price = model.policy.prices.choice_met
    return price * sum(model.choices_met.values())


def cases_near_home(model):
    r"""Cases handled in the township instead of the county seat: $\pi \sum_{t,p} n_{tp} x_{tp}$.

    Source: `Prices.case_near_home`.
    """
    price = model.policy.prices.case_near_home
    return price * sum(cases * model.taken[pair] for pair, cases in model.cases.items() if cases)


def overload(model):
    r"""Overload, dearer with each step, against that of doing nothing: $C_0 - \sum_{t,s} \pi_s o_{ts}$.

    $C_0$ is what overload costs today: posts as they are, lent staff away, no power taken. It does not depend on the
    policy's caps.
    Source: `Policy.overload_steps`.
    """
    if model.policy.overload == "wall":
        return 0.0
    prices = [step.price for step in model.policy.overload_steps]
    cost = sum(prices[step] * variable for (_, step), variable in model.overload.items())
    return overload_of_doing_nothing(model.case, model.policy) - cost


def readiness(model):
    r"""Making and keeping townships ready in new fields: $-\pi \sum_{t,f} R_f (y_{tf} - z_{tf})$.

    What stations bring costs nothing. Source: `Prices.readiness`.
    """
    price = model.policy.prices.readiness
    made = sum(model.readiness_hours[field] * variable for (_, field), variable in model.ready.items())
    brought = sum(model.readiness_hours[key[1]] * model.brought[key] for key in model.ready if key in model.bringable)
    return -price * (made - brought)


def training(model):
    r"""New certificates: $-(\pi / \kappa) \sum_t \tau_t$, the courses of those who do not pass included.

    Source: `Prices.officer_trained`, `Policy.exam_pass_share`.
    """
    price = model.policy.prices.officer_trained / model.policy.exam_pass_share
    return -price * sum(model.trained.values())


def officers_moved(model):
    r"""Officers moved within their county: $-\pi \sum_t i_t$. Source: `Prices.officer_moved`."""
    return -model.policy.prices.officer_moved * sum(model.moved_in.values())


def posts_moved(model):
    r"""Posts gained by townships: $-\pi \sum_t m_t$. Source: `Prices.post_moved`."""
    return -model.policy.prices.post_moved * sum(model.posts_gained.values())


def inequity(model):
    r"""Choices that fall short of the floor: $-\pi \sum_t z_t$. Source: `Prices.choice_shortfall`."""
    return -model.policy.prices.choice_shortfall * sum(model.shortfall.values())


def county_support(model):
    r"""What the county spends to guide and supervise: $-\pi \sum_{t,p} c_p x_{tp}$.

    Source: `Prices.county_support`; 行政处罚法 24.
    """
    price = model.policy.prices.county_support
    return -price * sum(model.support_hours[power] * model.taken[township, power] for township, power in model.pairs)


def county_opening(model):
    r"""Powers that counties open: $-\pi \sum_{k,p} w_{kp}$. Source: `CountyOpening.price`; 行政处罚法 24."""
    settings = model.policy.county_opening
    return 0.0 if settings is None else -settings.price * sum(model.opened.values())


def lent_returns(model):
    r"""Hours that counties lose with staff who return beyond the cap: $-\pi a \sum_t q_t$.

    Source: `LentReturns.price`.
    """
    if not model.still_lent:
        return 0.0
    return -model.policy.lent_returns.price * model.case.available_hours * sum(model.returned.values())


def unused_powers(model):
    r"""Powers that are likely to be withdrawn: $-\pi \sum_{t,p : n_{tp} < u} x_{tp}$. Source: `Retention.price`."""
    if not model.unused:
        return 0.0
    return -model.policy.retention.price * sum(model.taken[pair] for pair in model.pairs if pair in model.unused)


def offices_led(model):
    r"""Hours of leaders who head enforcement offices: $-\pi g \sum_t l_t$. Source: `OfficeHeads.leader_price`."""
    settings = model.policy.office_heads
    return 0.0 if settings is None else -settings.leader_price * settings.hours * sum(model.led.values())


def stations(model):
    r"""Stations that townships manage or take over: $-\pi \sum_a L_a - \Pi \sum_a m_a$.

    $L_a$: hours that the county loses, see `hours_lost`; $\Pi$: price of the policy's measures.
    Source: `Stations.hour_price`, `Stations.prices`.
    """
    if not model.station:
        return 0.0
    settings = model.policy.stations
    lost = sum(hours_lost(model, station) for station in model.station)
    return -settings.hour_price * lost - settings.measures_price * sum(model.managed.values())


def duties_matched(model):
    r"""Hours of duties that townships carry with power and people: $\pi \sum_{t,d} h_{td} m_{td}$.

    Source: `Duties.worth`.
    """
    return model.policy.duties.worth * sum(model.duty_work.values()) if model.duty_work else 0.0


def withdrawals(model):
    r"""Powers held already that are taken back: $-\pi \sum_{(t,p) \text{ held}} (1 - x_{tp})$.

    Source: `Phases.withdrawal_price`.
    """
    if not model.held_already or model.policy.phases.withdrawal_price is None:
        return 0.0
    return -model.policy.phases.withdrawal_price * sum(1 - model.taken[pair] for pair in model.held_already)
