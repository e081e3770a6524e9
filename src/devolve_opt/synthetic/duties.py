"""Duties that a city lays on its townships, what powers they take and where they are laid.

The names are of the kind that territorial duty lists hold; every one is invented, as are hours and powers. No source
says what a duty takes: all of it is assumed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.policy import Policy
from devolve_opt.rules.legality import exclusions
from devolve_opt.synthetic.draws import stream
from devolve_opt.synthetic.frames import draft_case
from devolve_opt.vocabulary import ENFORCEMENT_TYPES, Category

NAMES = (
    "河湖日常巡查管护", "森林防火巡护", "秸秆禁烧巡查", "农村宅基地日常监管", "违法建设发现与劝阻", "安全生产网格巡查",
    "自建房安全排查", "地质灾害隐患巡查", "防汛抗旱值守", "农产品质量安全巡查", "畜禽粪污治理巡查", "农村饮水安全管护",
    "农村公路日常养护", "占道经营劝导", "生活垃圾分类督促", "扬尘污染巡查", "散乱污企业排查", "烟花爆竹禁放巡查",
    "消防安全检查", "燃气安全入户排查", "校园周边环境整治", "食品小作坊巡查", "集贸市场秩序维护", "物业纠纷调处",
    "劳动纠纷先行调解", "欠薪线索排查", "困难群众走访", "留守儿童关爱", "养老服务机构巡查", "退役军人走访慰问",
    "计划生育奖扶初审", "农机安全劝导", "渔政巡查协助", "古树名木看护", "文物点日常看护", "户外广告设施巡查",
)  # fmt: skip
"""Names of the duties, without the mark of what is invented."""

_INVENTED = "（合成）"
_HOURS = (20, 240)
"""Hours a year of a duty in a township, from least to most."""
_PER_1000 = (0.2, 2.0)
"""Further hours for each 1,000 people; one duty in three has them."""
_POWERS = (0.2, 0.4, 0.28, 0.12)
"""Shares of duties that take no, one, two and three powers."""
_FORBIDDEN = 4
"""Duties one of whose powers may not be handed down."""
_OFFICERS = (0.05, 0.25)
"""Part of the hours that only officers may work, where a power of the duty is one of enforcement."""
_SOME_CATEGORIES = 0.35
"""Share of duties that are laid on two to four categories only."""


def duties_tables(
    townships: pd.DataFrame, fields: pd.DataFrame, powers: pd.DataFrame, votes: pd.DataFrame, seed: int
) -> dict[str, pd.DataFrame]:
    """Draw the tables `duties`, `duty_powers` and `duty_townships`.

    A power that townships chose often in the last round is drawn more often for a duty: what they ask for is what their
    duties take.
    """
    random = stream(seed, "duties")
    count = len(NAMES)
    ids = pd.Index([f"Z{number:02d}" for number in range(1, count + 1)], name="id")
    hours = np.round(np.exp(random.uniform(np.log(_HOURS[0]), np.log(_HOURS[1]), count)))
    per_1000 = np.where(random.random(count) < 1 / 3, np.round(random.uniform(*_PER_1000, count), 1), 0.0)
    takes = random.choice(len(_POWERS), count, p=_POWERS)
    officer_share = random.uniform(*_OFFICERS, count)

    kept_out = exclusions(draft_case({"fields": fields, "powers": powers}), Policy())
    lawful = powers.index[~powers.index.isin(kept_out["power"])]
    forbidden = kept_out.loc[kept_out["rule"] != "already_held", "power"].to_numpy()
    chosen = votes.loc[votes["round_3"], "power"].value_counts().reindex(lawful, fill_value=0).to_numpy(float)
    drawn = [list(random.choice(lawful, number, replace=False, p=chosen**4 / (chosen**4).sum())) for number in takes]
    for duty in random.choice(np.flatnonzero(takes > 0), _FORBIDDEN, replace=False):
        drawn[duty][-1] = random.choice(forbidden)
    enforcement = powers["type"].isin(ENFORCEMENT_TYPES)
    of_officers = np.array([any(enforcement[power] for power in taken) for taken in drawn])

    categories = np.array([str(category) for category in Category])
    laid = []
    for duty in ids[random.random(count) < _SOME_CATEGORIES]:
        some = random.choice(categories, random.integers(2, 5), replace=False)
        laid += [(duty, township) for township in townships.index[townships["category"].isin(some)]]
    return {
        "duties": pd.DataFrame(
            {
                "name": [name + _INVENTED for name in NAMES],
                "hours": hours,
                "hours_per_1000": per_1000,
                "officer_hours": np.where(of_officers, np.round(officer_share * hours), 0.0),
            },
            index=ids,
        ),
        "duty_powers": pd.DataFrame(
            [(duty, power) for duty, taken in zip(ids, drawn, strict=True) for power in taken],
            columns=["duty", "power"],
        ),
        "duty_townships": pd.DataFrame(laid, columns=["duty", "township"]),
    }
