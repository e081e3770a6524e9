"""Templates for offices: for whom one arrangement of functions is made, with how many staff."""

from __future__ import annotations

import pandas as pd

from devolve_opt.case import Case


def office_templates(case: Case, per_township: bool) -> pd.DataFrame:
    """Return the templates that functions are arranged for: the categories, or every township by itself.

    Staff are those who do the township's work today: staff in post, less those lent, plus those stationed. A category
    is represented by its median township, taken for staff and migrant workers each. That choice is an assumption.

    Returns:
        Indexed by `template` (a category or a township id), in the order in which they first appear in the case:
        `townships` (townships it serves), `staff` (persons), `migrants` (migrant workers, persons).
    """
    townships = case.townships
    migrants = case.migrants.set_index("township")["migrant_workers"].reindex(townships.index).fillna(0)
    units = pd.DataFrame(
        {
            "template": townships.index if per_township else townships["category"],
            "staff": (townships["staff_in_post"] - townships["lent"] + townships["stationed_staff"]).astype(float),
            "migrants": migrants.astype(float),
        }
    )
    groups = units.groupby("template", sort=False)
    return pd.DataFrame(
        {"townships": groups.size(), "staff": groups["staff"].median(), "migrants": groups["migrants"].median()}
    )


def heads(functions: pd.DataFrame, migrants: float) -> list[str]:
    """Return the functions that head an office or centre of their own where so many migrant workers come from.

    Source: column `mandatory_alone` of the case; in Sichuan party building, enforcement, social affairs and citizen
    services everywhere, and a centre for migrant workers from 5,000 of them on (编办 2023).
    """
    return [
        str(name) for name in functions.index[functions["mandatory_alone"] & (functions["min_migrants"] <= migrants)]
    ]
