"""What townships hold already from earlier batches and go on holding."""

from __future__ import annotations

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy

PAIR = ["township", "power"]


def held_on(case: Case, policy: Policy, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what townships hold already and may go on holding, with the powers that this requires.

    Args:
        case: the data.
        policy: nothing is held where it does not hand over in batches.
        pairs: columns `township, power, category`: what townships may hold (`rules.interest.interest`).

    Returns:
        Columns `township, power, category`; each row once, a required power before the one that requires it.
    """
    requires = case.tables["powers"]["requires"].to_dict()
    held = pairs.loc[pd.MultiIndex.from_frame(pairs[PAIR]).isin(pd.MultiIndex.from_frame(case.held[PAIR]))]
    rows: dict[tuple[str, str, str], None] = {}
    for township, power, category in held[[*PAIR, "category"]].itertuples(index=False, name=None):
        chain, needed = [], power
        while needed:
            chain.append((township, needed, category))
            needed = requires[needed]
        rows.update(dict.fromkeys(reversed(chain)))
    found = pd.DataFrame(list(rows), columns=[*PAIR, "category"], dtype="str")
    return found if policy.phases is not None else found.iloc[:0]
