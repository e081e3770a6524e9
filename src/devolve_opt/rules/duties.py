"""Duties laid on townships: what they take, what bars them, and which are carried without the model.

The rule of admission: no duty on a township without the power and the people to do it. A duty that is not carried stays
with the county.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.rules.legality import exclusions, refused
from devolve_opt.vocabulary import Category, Holder

PAIR = ["township", "duty"]


def duties_laid(case: Case, policy: Policy) -> pd.DataFrame:
    """Return where each duty is laid and what it takes there; nothing where the policy leaves duties alone.

    Returns:
        Columns `township, duty`, `hours` (staff-hours a year), `officer_hours` (officer-hours a year, part of the
        hours), in the order of the townships and duties.
    """
    duties, townships = case.tables["duties"], case.tables["townships"]
    if policy.duties is None:
        duties = duties.iloc[:0]
    named = case.tables["duty_townships"]
    named = named[named["duty"].isin(duties.index)]
    everywhere = duties.index[~duties.index.isin(named["duty"])]
    product = pd.MultiIndex.from_product([townships.index, everywhere], names=PAIR).to_frame(index=False)
    pairs = pd.concat([product, named[PAIR]], ignore_index=True).astype("str")
    place = [index.get_indexer(pd.Index(pairs[name])) for name, index in
             (("township", townships.index), ("duty", duties.index))]  # fmt: skip
    pairs = pairs.iloc[np.lexsort(place[::-1])].reset_index(drop=True)
    facts = duties.reindex(pairs["duty"])
    people = townships["population"].reindex(pairs["township"]).to_numpy(float)
    hours = facts["hours"].to_numpy(float) + facts["hours_per_1000"].to_numpy(float) * people / 1000
    return pairs.assign(hours=hours, officer_hours=facts["officer_hours"].to_numpy(float))


def powers_needed(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the powers that each laid duty takes and its township does not hold by law already.

    Returns:
        Columns `township, duty, power`.
    """
    powers, category = case.tables["powers"], case.tables["townships"]["category"]
    found = duties_laid(case, policy)[PAIR].merge(case.tables["duty_powers"], on="duty")[[*PAIR, "power"]]
    by_law = found["power"].map(powers["holder"] == Holder.TOWNSHIP).astype(bool)
    return found[~(by_law & (found["township"].map(category) != Category.SUBDISTRICT))].reset_index(drop=True)


def duty_bars(case: Case, policy: Policy) -> pd.DataFrame:
    """Return what keeps laid duties out of a township whatever is decided: law, policy or its county.

    Returns:
        Columns `township, duty, power`, `reason` (`excluded`, `county_refuses` or `subdistrict`), `detail` (article and
        words).
    """
    needed = powers_needed(case, policy)
    county, category = (case.tables["townships"][name] for name in ("county", "category"))
    kept_out = exclusions(case, policy).set_index("power")
    article = {
        str(power): {"article": tr(row["article"]), "reason": tr(row["reason"])} for power, row in kept_out.iterrows()
    }
    streets = (needed["township"].map(category) == Category.SUBDISTRICT).to_numpy(bool)
    outside = needed["power"].isin(list(article)).to_numpy(bool)
    closed = refused(case, needed).to_numpy(bool)
    detail = [
        tr("a subdistrict takes no powers") if street
        else tr("power {power}: {article}: {reason}", power=power, **article[power]) if power in article
        else tr("power {power} is not opened by {county}", power=power, county=county[township])
        for township, power, street in zip(needed["township"], needed["power"], streets, strict=True)
    ]  # fmt: skip
    reason = np.select([streets, outside], ["subdistrict", "excluded"], default="county_refuses")
    bars = needed.assign(reason=reason, detail=pd.Series(detail, index=needed.index, dtype="str"))
    return bars[outside | streets | closed].reset_index(drop=True)


def duties_open(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the laid duties that nothing bars; columns as in `duties_laid`."""
    laid, bars = duties_laid(case, policy), duty_bars(case, policy)
    barred = pd.MultiIndex.from_frame(laid[PAIR]).isin(pd.MultiIndex.from_frame(bars[PAIR]))
    return laid[~barred].reset_index(drop=True)


def powers_for_duties(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the pairs `township, power` that duties which nothing bars take."""
    if policy.duties is None:
        return pd.DataFrame(columns=["township", "power"], dtype="str")
    needed, open_pairs = powers_needed(case, policy), pd.MultiIndex.from_frame(duties_open(case, policy)[PAIR])
    wanted = needed[pd.MultiIndex.from_frame(needed[PAIR]).isin(open_pairs)]
    return wanted[["township", "power"]].drop_duplicates(ignore_index=True)


def duties_at_hand(
    case: Case, policy: Policy, take_up: pd.DataFrame, hours_left: pd.Series, officer_hours_left: pd.Series
) -> pd.DataFrame:
    """Return the duties that townships can carry as they are: in the order of the table, while the hours last.

    Args:
        case: the data.
        policy: the caps.
        take_up: columns `township, power`: the powers they hold.
        hours_left: staff-hours a year up to the load that duties allow, by township.
        officer_hours_left: officer-hours a year that are free, by township.

    Returns:
        Columns `township, duty`.
    """
    held = set(take_up[["township", "power"]].itertuples(index=False, name=None))
    needs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for township, duty, power in powers_needed(case, policy).itertuples(index=False, name=None):
        needs[township, duty].append(power)
    hours, officer_hours = hours_left.to_dict(), officer_hours_left.to_dict()
    rows = []
    for township, duty, takes, of_officers in duties_open(case, policy).itertuples(index=False, name=None):
        with_powers = all((township, power) in held for power in needs[township, duty])
        if with_powers and takes <= hours[township] and of_officers <= officer_hours[township]:
            rows.append((township, duty))
            hours[township] -= takes
            officer_hours[township] -= of_officers
    return pd.DataFrame(rows, columns=PAIR, dtype="str")
