"""The report's own practice as a plan: lists by selection ratio, posts by formula, officers by need.

It is what a city does without a model, and what every optimised plan is compared with. Where the practice itself would
break a hard rule (a field too many, hours beyond the stop), the step in question is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.rules.duties import duties_at_hand
from devolve_opt.rules.held import held_on
from devolve_opt.rules.interest import interest
from devolve_opt.rules.legality import eligible_powers
from devolve_opt.rules.lists import ratio_lists
from devolve_opt.rules.officers import officer_hours_each, officers_by_need, officers_remaining, statutory_officer_hours
from devolve_opt.rules.posts import posts_within_cap
from devolve_opt.rules.readiness import ready_today
from devolve_opt.rules.workload import hours_at_risk, staff_without_moves, statutory_load
from devolve_opt.vocabulary import BASE_LIST


def ratio_decisions(case: Case, policy: Policy) -> Decisions:
    """Return the plan that the report's practice gives.

    Where the policy hands over in batches, each township keeps first what it holds already, with what that requires. It
    takes the listed powers it chose in the last round, those chosen in most rounds first, then in the order of the
    power table, leaving out any that would break a hard rule. Where the policy knows duties, it then carries those for
    which the powers, hours and officers are there, in the order of the duty table.
    """
    posts = posts_within_cap(case, policy)
    officers = officers_by_need(case, policy)
    guide_list = given_lists(case, policy)
    if guide_list is None:
        guide_list = ratio_lists(case, policy)
    limits = _limits(case, policy, posts, officers)
    take_up, ready = _take_up(case, policy, guide_list, limits)
    return Decisions(
        guide_list=guide_list,
        take_up=take_up,
        ready=ready,
        posts=posts.rename_axis(index="township"),
        officers=officers.rename_axis(index="township"),
        duties=_duties(case, policy, take_up, limits),
    )


def given_lists(case: Case, policy: Policy) -> pd.DataFrame | None:
    """Return the guide list that is in force in the case (its lawful part on the policy's lists), or None."""
    given = case.tables["guide_list"]
    if given.empty:
        return None
    lists = [BASE_LIST, *map(str, policy.own_list_categories)]
    kept = given[given["power"].isin(eligible_powers(case, policy)) & given["list"].isin(lists)]
    return kept[["power", "list"]].reset_index(drop=True)


def _limits(case: Case, policy: Policy, posts: pd.DataFrame, officers: pd.DataFrame) -> pd.DataFrame:
    """Return what posts and officers leave each township: hours to the hard stop, those there, officers and theirs."""
    townships = case.tables["townships"]
    staffing = staff_without_moves(case, policy)
    staff = staffing["staff"] + staffing["filling"] * (posts.sum(axis=1) - townships["posts"])
    on_duty = officers_remaining(case, policy) + officers["trained"] + officers["moved_in"] - officers["moved_out"]
    return pd.DataFrame(
        {
            "hours": policy.load_stop * case.available_hours * staff - statutory_load(case, policy),
            "hours_there": case.available_hours * staff,
            "officer_hours": officer_hours_each(case, policy) * on_duty - statutory_officer_hours(case, policy),
            "officer_fields": policy.fields_at_minimum + policy.fields_per_officer * (on_duty - policy.officers_min),
            "officers": on_duty,
        }
    )


def _duties(case: Case, policy: Policy, take_up: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    if policy.duties is None:
        return pd.DataFrame(columns=["township", "duty"], dtype="str")
    held = take_up.merge(interest(case, policy), on=["township", "power"])
    used = held.groupby("township")[["hours", "officer_hours"]].sum().reindex(limits.index, fill_value=0.0)
    at_risk = held.groupby("township")[["hours", "officer_hours"]].agg(hours_at_risk, policy=policy)
    at_risk = at_risk.reindex(limits.index, fill_value=0.0)
    room = policy.duties.load_max * limits["hours_there"] - statutory_load(case, policy)
    left = np.minimum(room, limits["hours"] - at_risk["hours"]) - used["hours"]
    officer_hours = limits["officer_hours"] - used["officer_hours"] - at_risk["officer_hours"]
    return duties_at_hand(case, policy, take_up, left, officer_hours)


def _take_up(
    case: Case, policy: Policy, guide_list: pd.DataFrame, limits: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    townships, fields, powers = (case.tables[name] for name in ("townships", "fields", "powers"))
    needs_officers = {str(field): bool(needed) for field, needed in fields["needs_officers"].items()}
    requires = {str(power): str(other) for power, other in powers["requires"].items()}
    listed = set(guide_list.itertuples(index=False, name=None))
    pairs = interest(case, policy)
    today = ready_today(case, policy, pairs).groupby("township")["field"].agg(set).to_dict()
    kept = held_on(case, policy, pairs)[["township", "power"]]
    place = {pair: number for number, pair in enumerate(kept.itertuples(index=False, name=None))}
    keys = zip(pairs["township"], pairs["power"], strict=True)
    pairs["place"] = [place.get(pair, len(place)) for pair in keys]
    wanted = pairs[pairs["chosen_last"] | (pairs["place"] < len(place))]
    on_a_list = [
        (power, BASE_LIST) in listed or (power, category) in listed
        for power, category in zip(wanted["power"], wanted["category"], strict=True)
    ]
    wanted = wanted[np.array(on_a_list, dtype=bool)].sort_values(
        ["place", "rounds"], ascending=[True, False], kind="stable"
    )
    taken: list[tuple[str, str]] = []
    ready: list[tuple[str, str]] = []
    for township, choices in wanted.groupby("township", sort=False):
        name = str(township)
        left = dict(zip(limits.columns, map(float, limits.loc[name]), strict=True))
        held, fields_new = _take_up_of_one(policy, choices, left, requires, needs_officers, today.get(name, set()))
        taken += [(name, power) for power in held]
        ready += [(name, field) for field in fields_new]
    order = {township: number for number, township in enumerate(townships.index)}
    taken.sort(key=lambda pair: order[pair[0]])
    ready.sort(key=lambda pair: order[pair[0]])
    return (
        pd.DataFrame(taken, columns=["township", "power"], dtype="str"),
        pd.DataFrame(ready, columns=["township", "field"], dtype="str"),
    )


def _take_up_of_one(
    policy: Policy,
    choices: pd.DataFrame,
    left: dict[str, float],
    requires: Mapping[str, str],
    needs_officers: Mapping[str, bool],
    today: set[str],
) -> tuple[list[str], list[str]]:
    """Go through one township's choices in order; `left` holds what hours, officer hours and officers still allow."""
    held: dict[str, tuple[float, float]] = {}
    fields_new: dict[str, None] = {}
    officer_fields = sum(needs_officers[field] for field in today)
    # A power may come up before the one it requires; a second pass over what was left gives it its chance.
    waiting = list(choices[["power", "field", "hours", "officer_hours"]].itertuples(index=False, name=None))
    progress = True
    while waiting and progress:
        progress, later = False, []
        for power, field, hours, officer_hours in waiting:
            if requires[power] and requires[power] not in held:
                later.append((power, field, hours, officer_hours))
                continue
            is_new = field not in today and field not in fields_new
            takes_officers = is_new and needs_officers[field]
            more = _at_risk(policy, [*held.values(), (hours, officer_hours)])
            if (
                len(held) >= policy.new_powers_max
                or (is_new and len(fields_new) >= policy.new_fields_max)
                or (takes_officers and officer_fields + 1 > left["officer_fields"])
                or (needs_officers[field] and left["officers"] < policy.officers_per_field)
                or hours + more[0] > left["hours"]
                or officer_hours + more[1] > left["officer_hours"]
            ):
                continue
            held[power] = hours, officer_hours
            if is_new:
                fields_new[field] = None
                officer_fields += takes_officers
            left["hours"] -= hours
            left["officer_hours"] -= officer_hours
            progress = True
        waiting = later
    return list(held), list(fields_new)


def _at_risk(policy: Policy, held: list[tuple[float, float]]) -> tuple[float, float]:
    """Return by how much powers of these hours and officer-hours may take more of either."""
    if policy.uncertain_hours is None:
        return 0.0, 0.0
    hours, officer_hours = zip(*held, strict=True)
    return hours_at_risk(hours, policy), hours_at_risk(officer_hours, policy)
