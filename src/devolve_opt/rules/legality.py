"""The legality filter: a power that may not be handed down never enters the model.

Each check is one line of `CHECKS`; the first that applies names the exclusion. The articles are those of
行政处罚法 (2021), 行政强制法, 行政许可法 (2019), 城乡规划法 (2019) and 村庄和集镇规划建设管理条例.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.vocabulary import Holder, PowerType


@dataclass(frozen=True)
class Check:
    """One reason to keep a power out: its name, its article, and the powers it applies to.

    `articles` names the article for types of power that have one of their own.
    """

    rule: str
    article: str
    reason: str
    applies: Callable[[pd.DataFrame], pd.Series]
    basis: str = "law"
    articles: Mapping[str, str] = field(default_factory=dict)


def _no_channel(powers: pd.DataFrame) -> pd.Series:
    return (
        ~powers["in_directory"] & ~powers["entrustable"] & ~powers["type"].isin([PowerType.PERMIT, PowerType.COERCION])
    )


def _coercion_alone(powers: pd.DataFrame) -> pd.Series:
    served = powers["requires"].map(powers["type"])
    return (powers["type"] == PowerType.COERCION) & (served != PowerType.PENALTY)


CHECKS = (
    Check(
        "already_held", "the law that gives it to townships (holder in the case)",
        "The township holds it by law already; it is not the county's to hand down.",
        lambda powers: powers["holder"] == Holder.TOWNSHIP,
        articles=dict.fromkeys(
            (PowerType.PENALTY, PowerType.COERCION), "城乡规划法 65; 村庄和集镇规划建设管理条例 39-40"
        ),
    ),
    Check(
        "not_held_by_county", "the law that gives it to another level (holder in the case)",
        "The city or the province holds it; a county cannot pass on what it does not hold.",
        lambda powers: powers["holder"] != Holder.COUNTY,
        articles={
            PowerType.PENALTY: "行政处罚法 23-24", PowerType.COERCION: "行政强制法 17",
            PowerType.PERMIT: "行政许可法 24",
        },
    ),
    Check(
        "restricts_liberty", "行政处罚法 10, 18",
        "It restricts personal liberty, which only public security and statutory organs may do.",
        lambda powers: powers["restricts_liberty"],
        articles={PowerType.COERCION: "行政强制法 17"},
    ),
    Check(
        "freezes_assets", "行政强制法 29, 47",
        "It freezes or transfers deposits, which only organs named in a law may do.",
        lambda powers: powers["freezes_assets"],
    ),
    Check(
        "permit_text_silent", "行政许可法 24",
        "No law, regulation or rule lets the county entrust this permit.",
        lambda powers: (powers["type"] == PowerType.PERMIT) & ~powers["entrustable"],
    ),
    Check(
        "coercion_alone", "行政强制法 17",
        "A coercive measure may not be entrusted by itself; it follows the penalty it serves, and none is named.",
        _coercion_alone,
    ),
    Check(
        "no_channel", "行政处罚法 20-21, 24",
        "It is neither in the province's directory nor open to written entrustment.",
        _no_channel,
    ),
    Check(
        "no_testing_equipment", "行政处罚法 21",
        "Its use takes technical testing or appraisal that townships cannot be given in this field.",
        lambda powers: powers["needs_testing"] & ~powers["testing_available"],
    ),
    Check(
        "hearing_stays", "行政处罚法 63; practice of Tonglu county, 2025",
        "Its use commonly leads to a hearing; the policy keeps such powers with the county.",
        lambda powers: powers["needs_hearing"], basis="policy",
    ),
)  # fmt: skip
"""Every check in the order of its precedence."""

REQUIRES_EXCLUDED = Check(
    "requires_excluded", "行政强制法 17",
    "It only works together with a power that is itself kept out.", lambda powers: powers["requires"] != "",
)  # fmt: skip


def exclusions(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the powers that may not be handed down, each with the reason.

    Returns:
        Columns `power, rule, article, basis, reason`, in the order of the powers; `basis` is `law` or `policy`.
    """
    powers = case.powers
    powers["testing_available"] = powers["field"].map(case.tables["fields"]["testing_available"])
    found = np.full(len(powers), -1)
    for number, check in enumerate(CHECKS):
        if check.rule == "hearing_stays" and not policy.hearing_powers_stay:
            continue
        found[(found < 0) & check.applies(powers).to_numpy(dtype=bool)] = number
    # A power falls with the one it requires, and so do those that require it in turn.
    position = {power: number for number, power in enumerate(powers.index)}
    required = powers["requires"].map(position).fillna(-1).to_numpy(dtype=int)
    while True:
        falls = (found < 0) & (required >= 0) & (found[required] >= 0)
        if not falls.any():
            break
        found[falls] = len(CHECKS)
    every = (*CHECKS, REQUIRES_EXCLUDED)
    chosen = []
    kinds, bases = powers["type"].tolist(), powers["legal_basis"].tolist()
    for power, number in enumerate(found):
        check = every[number]
        article = check.articles.get(kinds[power], check.article)
        if check.rule in ("already_held", "not_held_by_county"):
            article = bases[power] or article
        check = replace(check, article=article)
        if number == len(CHECKS):
            cause = power
            while every[found[cause]] is REQUIRES_EXCLUDED:
                cause = required[cause]
            # It falls by what keeps the other one out: by law, or by the policy only.
            if every[found[cause]].basis == "policy":
                check = replace(check, basis="policy", article=every[found[cause]].article)
        if number >= 0:
            chosen.append(check)
    return pd.DataFrame(
        {
            "power": powers.index[found >= 0].astype("str"),
            **{
                column: pd.Series([getattr(check, column) for check in chosen], dtype="str")
                for column in ("rule", "article", "basis", "reason")
            },
        }
    )


def eligible_powers(case: Case, policy: Policy) -> pd.Index:
    """Return the ids of the powers that may be handed down, in the order of the table."""
    return case.tables["powers"].index.difference(pd.Index(exclusions(case, policy)["power"]), sort=False)


def refused(case: Case, pairs: pd.DataFrame) -> pd.Series:
    """Return which pairs the township's county does not open, or whose power requires one that it does not.

    Args:
        case: the data.
        pairs: columns `township, power`; the result has their index.
    """
    closed = pd.MultiIndex.from_frame(case.tables["refusals"][["county", "power"]])
    county, requires = pairs["township"].map(case.tables["townships"]["county"]), case.tables["powers"]["requires"]
    power, found = pairs["power"], pd.Series(False, index=pairs.index)
    while len(closed) and (power != "").any():
        found |= pd.Series(pd.MultiIndex.from_arrays([county, power]).isin(closed), index=pairs.index)
        power = power.map(requires).fillna("")
    return found
