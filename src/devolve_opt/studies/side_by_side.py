"""Plans side by side, township by township and power by power: what differs, for whom, and what was asked otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Plan

FIGURES = ("rounds_met", "powers_taken", "posts", "officers", "hours_needed", "load")
"""Figures of a township that are put side by side, as the audit has them."""


@dataclass(frozen=True, eq=False)
class SideBySide(FrozenFrames):
    """Plans of one case side by side; the first is what the others are held against.

    Attributes:
        plans: by name, the first one first.
        lists: a row for each power that some plan lists, columns `power, name, field`, a column for each plan with the
            lists that hold it (joined with `+`, blank if none), and `differs`.
        townships: a row for each township and plan, columns `township, name, county, category, plan`; the figures
            `rounds_met` (rounds), `powers_taken` (powers), `posts` (posts), `officers` (persons), `hours_needed`
            (staff-hours a year), `load` (share of the hours there); each again with `_change`, against the first plan;
            `comes`, `goes`: ids of powers that it takes only under this plan, or only under the first.
        asked: what was asked otherwise: columns `key` (of the policy, or `changes`), and one for each plan.
    """

    plans: Mapping[str, Plan]
    lists: pd.DataFrame
    townships: pd.DataFrame
    asked: pd.DataFrame


def side_by_side(plans: Mapping[str, Plan]) -> SideBySide:
    """Put plans side by side.

    Args:
        plans: by name, of cases with the same townships and powers; the first is what the others are held against.

    Raises:
        InputError: if there are fewer than two, or they are of different places.
    """
    if len(plans) < 2:
        raise InputError([Fault(tr("it takes two plans or more to put them side by side."), column="plans")])
    first = next(iter(plans.values()))
    tables = ("townships", "powers")
    taken = sorted({"power", "name", "field", "differs", "key"} & set(plans))
    if taken:
        message = tr("is the name of a column of the comparison; give the plan another one.")
        raise InputError([Fault(message, column="plans", value=", ".join(taken))])
    for name, plan in plans.items():
        if any(not plan.scenario.data.tables[table].index.equals(first.scenario.data.tables[table].index)
               for table in tables):  # fmt: skip
            message = tr("has other townships or powers than the first plan, so nothing can be held against it.")
            raise InputError([Fault(message, column="plans", value=name)])
    return SideBySide(dict(plans), _lists(plans), _townships(plans), _asked(plans))


def _lists(plans: Mapping[str, Plan]) -> pd.DataFrame:
    first = next(iter(plans.values()))
    powers = first.scenario.data.tables["powers"]
    columns = {
        name: plan.guide_list.groupby("power")["list"].agg("+".join).reindex(powers.index).fillna("").astype("str")
        for name, plan in plans.items()
    }
    frame = pd.DataFrame(columns, index=powers.index)
    frame = frame[(frame != "").any(axis=1)]
    differs = frame.nunique(axis=1) > 1
    facts = powers.loc[frame.index, ["name", "field"]]
    joined = pd.concat([facts, frame, differs.rename("differs")], axis=1)
    return joined.rename_axis("power").reset_index()


def _townships(plans: Mapping[str, Plan]) -> pd.DataFrame:
    first = next(iter(plans.values()))
    towns = first.scenario.data.tables["townships"]
    base = first.audit.townships
    before = _taken(first)
    parts = []
    for name, plan in plans.items():
        figures, taken = plan.audit.townships, _taken(plan)
        part = towns[["name", "county", "category"]].assign(plan=name)
        for figure in FIGURES:
            part[figure] = figures[figure]
            part[f"{figure}_change"] = figures[figure] - base[figure]
        here = [taken.get(town, set()) - before.get(town, set()) for town in towns.index]
        gone = [before.get(town, set()) - taken.get(town, set()) for town in towns.index]
        part["comes"], part["goes"] = ([", ".join(sorted(each)) for each in some] for some in (here, gone))
        parts.append(part.rename_axis("township").reset_index())
    return pd.concat(parts, ignore_index=True)


def _taken(plan: Plan) -> dict[str, set[str]]:
    return {str(town): set(group) for town, group in plan.take_up.groupby("township")["power"]}


def _asked(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Return the keys of the policy, and the changes to the data, in which plans differ; `method` as well."""
    settings = {name: _flat(plan) for name, plan in plans.items()}
    keys = list(dict.fromkeys(key for each in settings.values() for key in each))
    rows = [{"key": key, **{name: each.get(key, "") for name, each in settings.items()}} for key in keys]
    frame = pd.DataFrame(rows, columns=["key", *plans]).astype("str")
    return frame[frame[list(plans)].nunique(axis=1) > 1].reset_index(drop=True)


def _flat(plan: Plan) -> dict[str, str]:
    flat: dict[str, str] = {"method": str(plan.method)}

    def put(key: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                put(f"{key}.{name}" if key else str(name), inner)
        else:
            flat[key] = "" if value is None else str(value)

    put("", plan.scenario.policy.model_dump(mode="json"))
    for name, change in plan.scenario.changes.items():
        flat[f"changes.{name}"] = str(change.model_dump(mode="json", exclude_none=True))
    return flat


def movers(found: SideBySide, plan: str, count: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the townships that gain and lose most rounds met under a plan against the first; at most `count` each."""
    rows = found.townships
    rows = rows[rows["plan"] == plan].sort_values("rounds_met_change", ascending=False, kind="stable")
    gain, lose = rows[rows["rounds_met_change"] > 0], rows[rows["rounds_met_change"] < 0]
    return gain.head(count), lose.iloc[::-1].head(count)


def evenness(plan: Plan, everybody: bool = False) -> dict[str, float]:
    """Return how even a plan is over the townships that choose, or over all units: Gini index of their load, of their
    posts as a share of what the formula gives them, and of the share of their rounds met (0 where all are alike); the
    highest load, and the least of these shares.
    """
    figures = plan.audit.townships
    figures = figures if everybody else figures.loc[plan.scenario.data.voting_townships]
    asked = figures["rounds_asked"]
    share = (figures["rounds_met"] / asked.where(asked > 0)).dropna()
    posts = (figures["posts"] / figures["fair_share"].where(figures["fair_share"] > 0)).dropna()
    load = figures["load"].replace([np.inf, -np.inf], np.nan).dropna()
    return {
        "gini_load": gini(load.to_numpy(float)), "gini_posts_share": gini(posts.to_numpy(float)),
        "gini_rounds_met_share": gini(share.to_numpy(float)),
        "load_most": float(load.max()) if len(load) else np.nan,
        "posts_share_least": float(posts.min()) if len(posts) else np.nan,
        "rounds_met_share_least": float(share.min()) if len(share) else np.nan,
    }  # fmt: skip


def gini(values: np.ndarray) -> float:
    r"""Return the Gini index of values of at least 0, shape (n,): $\sum_i (2i - n - 1) v_i / (n \sum v)$, sorted.

    0 where all are alike or all are 0, not a number where there are none.
    """
    if not len(values):
        return np.nan
    total, count = float(values.sum()), len(values)
    if total <= 0:
        return 0.0
    index = float(((2 * np.arange(1, count + 1) - count - 1) * np.sort(values)).sum() / (count * total))
    return max(0.0, index)  # rounding may leave a trifle below 0 where all are alike
