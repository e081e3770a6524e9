"""Options that every study takes, and how closely solver and audit have to agree."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.vocabulary import Method

AGREEMENT = 1e-6
"""Relative difference allowed between the solver's objective and the audit's own."""


def check_options(
    gap: Any = 0.0, time_limit: Any = None, threads: Any = 1, method: Any = Method.OPTIMAL, jobs: Any = 1
) -> None:
    """Check the options of a run.

    Raises:
        InputError: naming every option that is not allowed.
    """
    checks = (
        ("gap", gap, _is_number(gap) and 0 <= gap < np.inf, tr("must be a share, at least 0.")),
        ("time_limit", time_limit, time_limit is None or (_is_number(time_limit) and time_limit >= 0),
         tr("must be seconds, at least 0, or None.")),
        ("threads", threads, _is_whole(threads) and 1 <= threads <= 256, tr("must be a whole number from 1 to 256.")),
        ("jobs", jobs, jobs is None or (_is_whole(jobs) and jobs >= 1),
         tr("must be a whole number, at least 1, or None.")),
        ("method", method, method in tuple(Method), tr("must be one of {names}.", names=joined(Method))),
    )  # fmt: skip
    faults = [Fault(remedy, column=name, value=str(value)) for name, value, allowed, remedy in checks if not allowed]
    if faults:
        raise InputError(faults)


def refuse_added_rules(plan: Plan) -> None:
    """Refuse a plan that keeps rules of the user's own.

    For studies that solve its scenario anew: they do not know these rules and would tell their cost as something else.

    Raises:
        InputError: if it does.
    """
    if added := plan.options.get("added_rules"):
        message = tr(
            "the plan keeps added rules, which this study does not know; give it a plan of the scenario alone."
        )
        raise InputError([Fault(message, column="added_rules", value=", ".join(added))])


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
