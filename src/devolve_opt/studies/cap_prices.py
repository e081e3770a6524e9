"""What a cap costs: value gained from one solved value of a sweep to the next, and what changes in the plans."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.plan import Plan

DECISIONS = "decisions"
"""Where a sweep keeps what its plans decide: in the frame's `attrs`, by value."""
LISTS, POSTS = "lists", "posts"


def decisions_of(plan: Plan) -> dict[str, dict[Any, Any]]:
    """Return what is compared between the plans of a sweep, as JSON holds it.

    Returns:
        `lists`: the lists that each listed power stands on, joined with `+`; `posts`: posts of each township.
    """
    lists = plan.decisions.guide_list.sort_values(["power", "list"])
    return {
        LISTS: lists.groupby("power")["list"].agg("+".join).to_dict(),
        POSTS: plan.audit.townships["posts"].astype(int).to_dict(),
    }


def cap_prices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what a step from one value of a cap to the next is worth, from solved points alone.

    The best plan at a value is worth at least what was found there and at most the bound, so a step gains at least
    (found after - bound before) and at most (bound after - found before). No duals of a relaxation are used: they are
    prices of a model without whole numbers.

    Args:
        frame: what `sweeping.sweep` returned.

    Returns:
        One row for each two neighbouring values that have plans, in rising order:

        - `from_value`, `to_value`: of the cap.
        - `gain_least`, `gain_most`: value gained for each unit of the cap (staff-hours a year); below 0 is a loss.
        - `worth`: `more` or `less` where that is proven, `open` where the intervals overlap.
        - `beyond_most`: the most that any other value of the sweep can be worth above the plan at `from_value`
          (staff-hours a year); 0 where none can be.
    """
    columns = ["from_value", "to_value", "gain_least", "gain_most", "worth", "beyond_most"]
    solved = frame[frame["objective"].notna()].sort_values("value")
    values, found = solved["value"].to_numpy(float), solved["objective"].to_numpy(float)
    most = solved["bound"].astype(float).fillna(np.inf).to_numpy()
    rows = []
    for place in range(len(values) - 1):
        width = values[place + 1] - values[place]
        least, top = (found[place + 1] - most[place]) / width, (most[place + 1] - found[place]) / width
        others = np.delete(most, place)
        rows.append({
            "from_value": values[place],
            "to_value": values[place + 1],
            "gain_least": least,
            "gain_most": top,
            "worth": "more" if least > 0 else "less" if top < 0 else "open",
            "beyond_most": max(0.0, float(others.max()) - found[place]),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def stops_binding(frame: pd.DataFrame, gap: float) -> float | None:
    """Return the lowest value from which on no other value of the sweep is worth more by over a relative gap.

    None where there is none below the last value, beyond which nothing is known, or values must not be compared.

    Args:
        frame: what `sweeping.sweep` returned.
        gap: of the worth at that value.
    """
    solved = frame[frame["objective"].notna()].sort_values("value")
    if len(solved) < 2 or not solved["comparable"].all():
        return None
    found = solved["objective"].to_numpy(float)
    most = solved["bound"].astype(float).fillna(np.inf).max()
    near = most - found <= gap * np.abs(found)
    # From there on, and not only there.
    last_far = np.flatnonzero(~near).max(initial=-1)
    # Of the last value that was tried, nobody knows whether more would be worth more.
    return None if last_far >= len(near) - 2 else float(solved["value"].iloc[last_far + 1])


def changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what changes in the plans from one value of a cap to the next.

    Plans within a gap are not unique: what changes may change back elsewhere at no cost.

    Args:
        frame: what `sweeping.sweep` returned.

    Returns:
        `from_value`, `to_value`; `kind`: `power` or `posts`; `id`: of the power or township; `before`, `after`: the
        lists that the power stands on (empty: none), or the posts.
    """
    columns = ["from_value", "to_value", "kind", "id", "before", "after"]
    decided: dict[float, Any] = frame.attrs.get(DECISIONS, {})
    values = sorted(value for value in decided if decided[value])
    rows = []
    for before, after in pairwise(values):
        for kind, key, nothing in (("power", LISTS, ""), ("posts", POSTS, 0)):
            old, new = decided[before][key], decided[after][key]
            rows += [
                (before, after, kind, name, str(old.get(name, nothing)), str(new.get(name, nothing)))
                for name in sorted({*old, *new})
                if old.get(name, nothing) != new.get(name, nothing)
            ]
    return pd.DataFrame(rows, columns=columns)
