"""The terms of the objective as a table."""

from __future__ import annotations

import pandas as pd

from devolve_opt.plan import Plan
from devolve_opt.vocabulary import CHINESE, INSTRUMENT_TERMS, Term


def ratio_plan(plan: Plan) -> Plan:
    """Return the ratio rule's plan for the same scenario: the reference, or the plan itself if it is that."""
    return plan.reference or plan


def terms(plan: Plan) -> pd.DataFrame:
    """Return the terms of the objective; costs are negative.

    Returns:
        - `term`, `chinese`: the term; the last row, `total`, is the objective.
        - `plan`, `ratio_rule`: its value (staff-hours a year).
        - `difference`: plan - ratio rule (staff-hours a year).
    """
    now, rule = plan.audit.terms, ratio_plan(plan).audit.terms
    table = pd.DataFrame(
        {
            "term": [*map(str, Term), "total"],
            "chinese": [*(CHINESE[term] for term in Term), "合计"],
            "plan": [*(now[term] for term in Term), plan.audit.objective],
            "ratio_rule": [*(rule[term] for term in Term), ratio_plan(plan).audit.objective],
        }
    )
    return table.assign(difference=table["plan"] - table["ratio_rule"])


def terms_on(plan: Plan) -> pd.DataFrame:
    """Return the table `terms` without those of instruments that are worth nothing in either plan, as they are off."""
    table = terms(plan)
    nothing = (table[["plan", "ratio_rule"]] == 0).all(axis=1)
    return table[~(nothing & table["term"].isin(list(map(str, INSTRUMENT_TERMS))))].reset_index(drop=True)
