"""What a township's offices and centres do: thirty functions in nine offices and five centres, and their traffic.

The names are those that townships commonly use; which office does what, the shares and the traffic are invented. Four
functions are mandatory everywhere (party building, enforcement, social affairs, citizen services) and one where 5,000
migrant workers come from (编办 2023).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from devolve_opt.synthetic.draws import stream
from devolve_opt.vocabulary import Category, Platform, Unit

PARTY, ECONOMY, SERVICE, ORDER = Platform
MIGRANTS_DUE = 5_000
"""Migrant workers from which on a centre for them is mandatory (编办 2023)."""

FUNCTIONS: tuple[tuple[str, str, Platform, str, float], ...] = (
    ("general_affairs", "公文与综合协调", PARTY, "党政办公室", 0.050),
    ("logistics", "后勤保障与信息化", PARTY, "党政办公室", 0.025),
    ("congress", "人大与政协联络", PARTY, "党政办公室", 0.015),
    ("party_building", "基层党建", PARTY, "党建工作办公室", 0.045),
    ("publicity", "宣传与意识形态", PARTY, "党建工作办公室", 0.025),
    ("mass_work", "群团与统战", PARTY, "党建工作办公室", 0.020),
    ("economy", "经济运行与项目", ECONOMY, "经济发展办公室", 0.035),
    ("statistics", "统计", ECONOMY, "经济发展办公室", 0.025),
    ("construction", "村镇规划建设", ECONOMY, "规划建设办公室", 0.045),
    ("environment", "生态环境保护", ECONOMY, "规划建设办公室", 0.030),
    ("rural_revitalisation", "乡村振兴", ECONOMY, "农业农村办公室", 0.055),
    ("water_and_forest", "农田水利与林业", ECONOMY, "农业农村办公室", 0.035),
    ("finance", "财政预算与国有资产", ECONOMY, "财政办公室", 0.045),
    ("village_accounts", "农村集体三资管理", ECONOMY, "财政办公室", 0.025),
    ("social_affairs", "民政与社会救助", SERVICE, "社会事务办公室", 0.045),
    ("health", "卫生健康", SERVICE, "社会事务办公室", 0.030),
    ("education", "教育与文体管理", SERVICE, "社会事务办公室", 0.020),
    ("public_security", "平安建设", ORDER, "平安建设办公室", 0.040),
    ("petitions", "信访与矛盾调解", ORDER, "平安建设办公室", 0.035),
    ("emergency", "应急管理与安全生产", ORDER, "平安建设办公室", 0.040),
    ("enforcement", "综合行政执法", ORDER, "综合行政执法办公室", 0.060),
    ("patrols", "日常巡查与执法协调", ORDER, "综合行政执法办公室", 0.025),
    ("citizen_services", "便民服务", SERVICE, "便民服务中心", 0.045),
    ("social_insurance", "社会保险经办", SERVICE, "便民服务中心", 0.020),
    ("migrant_services", "农民工服务", SERVICE, "农民工服务中心", 0.020),
    ("employment", "就业与创业", SERVICE, "农民工服务中心", 0.020),
    ("culture", "文化旅游服务", SERVICE, "文化服务中心", 0.025),
    ("veterans", "退役军人服务", SERVICE, "退役军人服务中心", 0.020),
    ("farm_advice", "农业技术推广", ECONOMY, "农业综合服务中心", 0.050),
    ("animal_health", "动物防疫", ECONOMY, "农业综合服务中心", 0.030),
)
"""Id, name, platform, office or centre of today, share of the staff.

Leaders are counted with what they lead, so that the shares sum to 1.
"""

MANDATORY = ("party_building", "enforcement", "social_affairs", "citizen_services", "migrant_services")


def functions_table() -> pd.DataFrame:
    """Return the table `functions`."""
    columns = ["id", "name", "platform", "today", "staff_share"]
    frame = pd.DataFrame(FUNCTIONS, columns=columns).astype({"platform": "str"}).set_index("id")
    frame["kind"] = [str(Unit.CENTRE if name.endswith("中心") else Unit.OFFICE) for name in frame["today"]]
    frame["mandatory_alone"] = frame.index.isin(MANDATORY)
    frame["min_migrants"] = np.where(frame.index == "migrant_services", MIGRANTS_DUE, 0)
    return frame


def traffic_table(seed: int) -> pd.DataFrame:
    """Draw the files that pass between functions: most within an office, some within a platform, few across.

    Within a platform some pairs of different offices are as close as those of one office: what keeps or breaks up an
    office is then worth thinking about. All of it is assumed.
    """
    random = stream(seed, "traffic")
    rows = []
    for one, other in combinations(FUNCTIONS, 2):
        chance, size = (0.85, 130) if one[3] == other[3] else (0.4, 90) if one[2] == other[2] else (0.12, 35)
        drawn, files = random.random(), random.lognormal(np.log(size), 0.7)
        if drawn < chance:
            rows.append((one[0], other[0], max(1.0, float(np.round(files)))))
    return pd.DataFrame(rows, columns=["function", "other", "files"])


def migrants_table(townships: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw the migrant workers of each township: 10 to 25 % of its people, in subdistricts a third (assumed)."""
    random = stream(seed, "migrants")
    share = random.uniform(0.10, 0.25, len(townships))
    share *= np.where(townships["category"] == Category.SUBDISTRICT, 1 / 3, 1.0)
    people = np.round(share * townships["population"].to_numpy(float)).astype("int64")
    return pd.DataFrame({"township": townships.index, "migrant_workers": people})
