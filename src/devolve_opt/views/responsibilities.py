"""Who decides, who carries out, who supports, who supervises and who answers for each power that is handed down."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.rules.workload import is_enforcement
from devolve_opt.vocabulary import PowerType

ARTICLES = {
    "penalty_handed_over": "行政处罚法 24",
    "penalty_entrusted": "行政处罚法 20-21",
    "handed_over": "the province's directory; name the text that covers it",
    "entrusted": "a written entrustment; name the text that allows it",
    "permit_entrusted": "行政许可法 24",
    "follows_penalty": "行政强制法 17",
}
"""The article behind each channel by which a power reaches a township; shown as `tr(ARTICLES[channel])`.

Those of the law on penalties are for penalties alone (行政处罚法 20-21, 24)."""


def responsibilities(plan: Plan) -> pd.DataFrame:
    """Return the responsibility matrix: a row for each power that some township takes.

    Returns:
        - `power`, `name`, `type`, `field`, `field_name`: the power.
        - `townships_taking`: townships that take it (townships).
        - `channel`: `handed_over` (by the province's directory), `entrusted` (in writing), `permit_entrusted`,
          `follows_penalty` (a coercive measure, with the penalty it serves); `article`: the article behind it.
        - `decides`: who decides, and in whose name: who is entrusted acts in the county's.
        - `carries_out`: the township's enforcement office, or the township.
        - `supports`: who guides and trains; `support_hours`: what that takes (staff-hours a year, all townships).
        - `supervises`: who supervises and assesses.
        - `answers`: who answers in review and before the court.
    """
    case = plan.scenario.data
    taking = plan.decisions.take_up["power"].value_counts()
    powers = case.tables["powers"]
    powers = powers[powers.index.isin(taking.index)]
    channel = np.select(
        [
            powers["type"] == PowerType.COERCION,
            powers["type"] == PowerType.PERMIT,
            powers["in_directory"].astype(bool),
        ],
        ["follows_penalty", "permit_entrusted", "handed_over"],
        default="entrusted",
    )
    penal = (powers["type"] == PowerType.PENALTY).to_numpy() & np.isin(channel, ["handed_over", "entrusted"])
    behind = np.where(penal, np.char.add("penalty_", channel), channel)
    entrusted = np.isin(channel, ["entrusted", "permit_entrusted"])
    department = powers["field"].map(case.tables["fields"]["name"]).astype("str")
    county = "county department: " + department
    number = taking.reindex(powers.index, fill_value=0).astype("int64")
    return pd.DataFrame(
        {
            "power": powers.index.to_series().astype("str"),
            "name": powers["name"],
            "type": powers["type"].astype("str"),
            "field": powers["field"],
            "field_name": department,
            "townships_taking": number,
            "channel": pd.Series(channel, index=powers.index, dtype="str"),
            "article": pd.Series([tr(ARTICLES[name]) for name in behind], index=powers.index, dtype="str"),
            "decides": pd.Series(
                np.where(entrusted, "township, in the county's name", "township, in its own name"),
                index=powers.index, dtype="str",
            ),
            "carries_out": pd.Series(
                np.where(is_enforcement(case)[powers.index], "enforcement office", "township"),
                index=powers.index, dtype="str",
            ),
            "supports": county,
            "support_hours": number * powers["support_hours"].astype(float),
            "supervises": county,
            "answers": pd.Series(np.where(entrusted, "county", "township"), index=powers.index, dtype="str"),
        }
    ).reset_index(drop=True)  # fmt: skip
