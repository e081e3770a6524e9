"""Caps: a row that holds a number down, where it can bind at all."""

from __future__ import annotations

from pyomo.environ import Constraint


def within(total, cap, most):
    """Return the row `total <= cap`, or none where the total is at most `most` anyway, so that the cap cannot bind."""
    return Constraint.Skip if most <= cap else total <= cap
