"""Which powers a township may come to hold: those it chose, has cases of, holds or needs for a duty, if law allows."""

from __future__ import annotations

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.frozen import last_remembered
from devolve_opt.policy import Policy
from devolve_opt.rules.duties import powers_for_duties
from devolve_opt.rules.legality import eligible_powers, refused
from devolve_opt.rules.pins import pinned_pairs
from devolve_opt.rules.workload import hours_per_case, is_enforcement


@last_remembered
def interest(case: Case, policy: Policy) -> pd.DataFrame:
    """Return every pair of township and power that can matter, with what it would need and be worth.

    A township that never chose a power and has no case of it has no row, unless it must take the whole base list, a
    duty laid on it takes the power, or a pin gives it. Where a power requires another one, the township has a row of
    that as well, and where the policy hands over in batches, of what it holds already. What its county refuses to open
    has no row.

    Returns:
        Columns `township, power, field, category`; `rounds` (0-3, rounds in which the township chose it), `chosen_last`
        (chosen in the last round), `cases` (a year), `hours` (staff-hours a year to hold and use it), `officer_hours`
        (officer-hours a year, part of the hours). Sorted as the tables of townships and powers are.
    """
    powers, townships = case.tables["powers"], case.tables["townships"]
    key = ["township", "power"]
    votes = case.votes
    votes["rounds"] = votes[["round_1", "round_2", "round_3"]].sum(axis=1)
    pairs = votes[[*key, "rounds", "round_3"]].merge(case.tables["cases"], on=key, how="outer")
    pairs["rounds"] = pairs["rounds"].fillna(0).astype(int)
    pairs["chosen_last"] = pairs.pop("round_3") == True  # noqa: E712 - missing counts as not chosen
    pairs["cases"] = pairs["cases"].fillna(0.0)
    eligible, voting = eligible_powers(case, policy), case.voting_townships
    pairs = pairs[pairs["power"].isin(eligible) & pairs["township"].isin(voting)]
    pairs = pairs[(pairs["rounds"] > 0) | (pairs["cases"] > 0)]
    if policy.phases is not None:
        held = case.held
        pairs = _with_pairs(pairs, held[held["power"].isin(eligible) & held["township"].isin(voting)])
    if policy.take_up_floor == "all":
        pairs = _with_pairs(pairs, pd.MultiIndex.from_product([voting, eligible], names=key).to_frame(index=False))
    pairs = _with_pairs(pairs, powers_for_duties(case, policy))
    pinned = pinned_pairs(policy)
    pairs = _with_pairs(pairs, pinned[pinned["power"].isin(eligible) & pinned["township"].isin(voting)])
    pairs = _with_required(pairs, powers["requires"])
    pairs = pairs[~refused(case, pairs)]

    order = pd.DataFrame({name: index.get_indexer(pd.Index(pairs[name])) for name, index in
                          (("township", townships.index), ("power", powers.index))})  # fmt: skip
    pairs = pairs.iloc[order.sort_values(["township", "power"], kind="stable").index].reset_index(drop=True)
    pairs["field"] = pairs["power"].map(powers["field"])
    pairs["category"] = pairs["township"].map(townships["category"])
    # Where there is no pair at all, a looked-up column would keep the type of its words; hence the types by name.
    case_hours = pairs["cases"] * pairs["power"].map(hours_per_case(case)).astype(float)
    pairs["hours"] = pairs["power"].map(powers["upkeep_hours"]).astype(float) + case_hours
    pairs["officer_hours"] = case_hours.where(pairs["power"].map(is_enforcement(case)).astype(bool), 0.0)
    return pairs


def _with_required(pairs: pd.DataFrame, requires: pd.Series) -> pd.DataFrame:
    while True:
        wanted = pd.DataFrame({"township": pairs["township"], "power": pairs["power"].map(requires)})
        more = _with_pairs(pairs, wanted[wanted["power"] != ""].drop_duplicates())
        if len(more) == len(pairs):
            return pairs
        pairs = more


def _with_pairs(pairs: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs and those wanted ones that are not among them."""
    known = pd.MultiIndex.from_frame(pairs[["township", "power"]])
    missing = wanted[~pd.MultiIndex.from_frame(wanted).isin(known)]
    if missing.empty:
        return pairs
    return pd.concat([pairs, missing.assign(rounds=0, chosen_last=False, cases=0.0)], ignore_index=True)
