"""Heads of enforcement offices: an officer, or a leader of the township beside other work."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Var

from devolve_opt.formulation.caps import within


def add_heads(model):
    """Add `led[t]`, whether a leader heads the office of the township, where the policy lets leaders do so.

    Data: `heading_hours` (officer-hours a year that heading an office takes of its officers unless it is led).
    """
    settings = model.policy.office_heads
    model.heading_hours = 0.0 if settings is None else settings.hours
    if settings is None:
        return
    model.led = Var(list(model.case.tables["townships"].index), domain=Binary)
    model.led_within_cap = Constraint(rule=led_within_cap)


def led_within_cap(model):
    r"""Leaders head at most so many offices in the whole city: $\sum_t l_t \le L$.

    Unit: offices. Source: `OfficeHeads.led_max`.
    """
    return within(sum(model.led.values()), model.policy.office_heads.led_max, len(model.led))
