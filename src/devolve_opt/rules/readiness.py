"""Fields in which townships are ready today, before any plan."""

from __future__ import annotations

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy

_PAIR, _FIELD = ["township", "power"], ["township", "field"]


def ready_today(case: Case, policy: Policy, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the fields in which townships are ready today, without cost and without counting as new.

    Where the policy hands over in batches, a township is ready in the field of what it holds already (table `held`) and
    may go on holding; what law, policy or its county keeps out says nothing.

    Args:
        case: the data.
        policy: tells whether batches are on.
        pairs: columns `township, power, field`: what townships may hold (`rules.interest.interest`).

    Returns:
        Columns `township, field`, each row once.
    """
    today = case.tables["readiness"][_FIELD]
    if policy.phases is not None:
        held = pd.MultiIndex.from_frame(pairs[_PAIR]).isin(pd.MultiIndex.from_frame(case.held[_PAIR]))
        today = pd.concat([today, pairs.loc[held, _FIELD]])
    return today.astype("str").drop_duplicates(ignore_index=True)
