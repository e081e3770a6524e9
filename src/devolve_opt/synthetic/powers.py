"""The pool of powers: real item names, filled up with invented ones, with invented legal facts and hours.

Name, type and department of the items in `items.csv` come from published lists (the source column names the document).
Everything else, and every name that ends in （合成）, is invented. No source gives effort hours of a case: the hours
are assumptions (simple 2-4, ordinary penalties 24-60 officer-hours, inspections 2-4, permits and others 2-8; upkeep
12-60, median 30; county support 3-12).
"""

from __future__ import annotations

from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd

from devolve_opt.rules.apportionment import largest_remainder
from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.draws import between, stream
from devolve_opt.vocabulary import Holder, PowerType

_INVENTED = "（合成）"
_PENALTIES = (
    "对擅自占用、损毁{}的处罚",
    "对未按规定管理维护{}的处罚",
    "对不按要求整改{}安全隐患的处罚",
    "对拒绝、阻碍{}检查的处罚",
    "对未按规定建立{}管理台账的处罚",
    "对违反规定使用{}的处罚",
    "对未按规定报告{}情况的处罚",
)
_HEARING = "对{}严重违法行为责令停产停业、吊销许可的处罚"
_TESTING = "对{}经检测不合格的处罚"
_HEARING_FIELDS = (
    "城市管理", "住房和城乡建设", "自然资源", "农业农村", "林业和草原",
    "水利", "应急管理", "交通运输", "文化和旅游", "消防救援",
)  # fmt: skip
_TESTING_FIELDS = {"生态环境": 3, "市场监督管理": 4, "卫生健康": 2, "农业农村": 2, "水利": 1, "交通运输": 1}
"""How many penalties of each field rest on a test."""

_INSPECTIONS = ("对{}的监督检查", "对{}安全状况的日常巡查", "对{}管理情况的专项检查")
_OTHERS = ("{}信息登记", "{}备案", "{}变更材料初审", "{}补助申报材料审核", "{}使用协议鉴证", "{}纠纷调解")
_SERVED = {"城市管理": "建筑垃圾", "农业农村": "农药|种子"}
"""Words of the penalties that an invented coercive measure of the field serves."""

_TIED = 8
_CONCENTRATED_FIELDS = ("生态环境", "市场监督管理", "文化和旅游", "城市管理")


def fields_table() -> pd.DataFrame:
    """Return the fields with the columns of the schema and the generator's own, indexed by id.

    The fields are county departments of the real items, merged to 17. Readiness hours are assumptions; whether testing
    is within reach follows the reasons for which powers were taken back elsewhere (ecology, market, health).
    """
    text = files(__package__).joinpath("fields.csv").read_text(encoding="utf-8")
    fields = pd.read_csv(StringIO(text), true_values=["yes"], false_values=["no"])
    fields.index = pd.Index([f"F{number:02d}" for number in range(1, len(fields) + 1)], name="id")
    return fields


def real_items() -> pd.DataFrame:
    """Return the real items: `name, type, department, field, source`; legal facts and hours of them are not known."""
    text = files(__package__).joinpath("items.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), dtype=str)


def powers_table(fields: pd.DataFrame, seed: int, calibration: Calibration) -> pd.DataFrame:
    """Return the powers with the columns of the schema, indexed by id, in an order that mixes the fields."""
    powers = pd.concat([_real(), _invented(fields, calibration)], ignore_index=True)
    shuffled = stream(seed, "power order").permutation(len(powers))
    powers = powers.iloc[shuffled].reset_index(drop=True)
    powers.index = pd.Index([f"P{number:03d}" for number in range(1, len(powers) + 1)], name="id")
    _add_channels(powers, seed, calibration)
    powers["requires"] = _required(powers, seed)
    powers["field"] = powers["field"].map({name: identifier for identifier, name in fields["name"].items()})
    _add_hours(powers, seed, calibration)
    return powers.drop(columns="serves")


def _real() -> pd.DataFrame:
    items = real_items()
    powers = items[["name", "type", "field"]].copy()
    statutory = items["department"].str.startswith("乡镇人民政府")
    powers["holder"] = np.where(statutory, str(Holder.TOWNSHIP), str(Holder.COUNTY))
    for column in ("needs_testing", "needs_hearing", "restricts_liberty", "freezes_assets"):
        powers[column] = False
    powers["serves"] = ""
    return powers


def _invented(fields: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return the invented powers, so many of each type that the whole pool has the shares of a county's pool."""
    shares = calibration.type_shares
    wanted = dict(zip(shares, largest_remainder(calibration.powers, list(shares.values())), strict=True))
    real = real_items()["type"].value_counts()
    missing = {kind: int(count) - int(real.get(kind, 0)) for kind, count in wanted.items()}
    rows = [
        *_fixed(),
        *[
            (_HEARING.format(_subjects(fields, name)[0]), PowerType.PENALTY, name, "hearing")
            for name in _HEARING_FIELDS
        ],
        *_testing(fields),
    ]
    have = pd.Series([str(row[1]) for row in rows]).value_counts()
    for kind, patterns, column in (
        (PowerType.PENALTY, _PENALTIES, "penalties"),
        (PowerType.INSPECTION, _INSPECTIONS, "inspections"),
        (PowerType.OTHER, _OTHERS, "others"),
    ):
        counts = largest_remainder(missing[kind] - int(have.get(kind, 0)), fields[column].to_numpy(float))
        for name, count in zip(fields["name"], counts, strict=True):
            subjects = _subjects(fields, name)
            # Patterns rotate from subject to subject, so that a short list still has every kind of item.
            for number in range(count):
                pattern = patterns[(number // len(subjects) + number % len(subjects)) % len(patterns)]
                rows.append((pattern.format(subjects[number % len(subjects)]), kind, name, ""))
    powers = pd.DataFrame(rows, columns=["name", "type", "field", "fact"])
    powers["name"] += _INVENTED
    powers["type"] = powers["type"].map(str)
    powers["holder"] = str(Holder.COUNTY)
    for column, fact in (
        ("needs_testing", "testing"),
        ("needs_hearing", "hearing"),
        ("restricts_liberty", "liberty"),
        ("freezes_assets", "assets"),
    ):
        powers[column] = powers["fact"] == fact
    powers["serves"] = powers["fact"].where(powers["fact"].isin(["serves", "serves hearing"]), "")
    return powers.drop(columns="fact")


def _subjects(fields: pd.DataFrame, name: str) -> list[str]:
    return str(fields.loc[fields["name"] == name, "subjects"].iloc[0]).split("|")


def _testing(fields: pd.DataFrame) -> list[tuple[str, PowerType, str, str]]:
    return [
        (_TESTING.format(subject), PowerType.PENALTY, name, "testing")
        for name, count in _TESTING_FIELDS.items()
        for subject in _subjects(fields, name)[:count]
    ]


def _fixed() -> list[tuple[str, PowerType, str, str]]:
    """Return the invented powers of the rare types, each with the legal fact that its name tells."""
    kind = PowerType
    return [
        ("对严重扰乱防汛抗旱抢险秩序人员的强制带离", kind.COERCION, "应急管理", "liberty"),
        ("对传染病疑似病人的强制隔离", kind.COERCION, "卫生健康", "liberty"),
        ("对涉嫌违法经营单位存款的冻结", kind.COERCION, "市场监督管理", "assets"),
        ("对逾期不缴纳社会保险费单位存款的划拨", kind.COERCION, "人力资源和社会保障", "assets"),
        ("对涉嫌非法营运车辆的暂扣", kind.COERCION, "交通运输", ""),
        ("对河道阻水障碍物的强行清除", kind.COERCION, "水利", ""),
        ("对违法堆放建筑垃圾的工具、物品的扣押", kind.COERCION, "城市管理", "serves"),
        ("对非法销售农药、种子的场所和物品的查封、扣押", kind.COERCION, "农业农村", "serves"),
        ("对严重危及安全生产的设施、器材的查封", kind.COERCION, "应急管理", "serves hearing"),
        ("对违法施工现场设施、设备的查封", kind.COERCION, "住房和城乡建设", "serves hearing"),
        ("林木采伐许可（自用材）", kind.PERMIT, "林业和草原", ""),
        ("城乡居民最低生活保障对象认定", kind.CONFIRMATION, "民政", ""),
        ("农村危房等级初步认定", kind.CONFIRMATION, "住房和城乡建设", ""),
        ("家庭农场认定", kind.CONFIRMATION, "农业农村", ""),
        ("就业困难人员认定", kind.CONFIRMATION, "人力资源和社会保障", ""),
        ("农村道路损毁赔偿责任认定", kind.CONFIRMATION, "交通运输", ""),
        ("对安全生产隐患举报人的奖励", kind.REWARD, "应急管理", ""),
        ("对森林防火有功人员的奖励", kind.REWARD, "林业和草原", ""),
        ("对农村改厕先进村的奖励", kind.REWARD, "农业农村", ""),
        ("对文物保护有功人员的奖励", kind.REWARD, "文化和旅游", ""),
        ("对见义勇为人员的奖励", kind.REWARD, "民政", ""),
        ("对消防工作先进个人的奖励", kind.REWARD, "消防救援", ""),
        ("临时救助金给付", kind.PAYMENT, "民政", ""),
        ("高龄老人津贴给付", kind.PAYMENT, "民政", ""),
        ("家庭经济困难学生资助", kind.PAYMENT, "教育和体育", ""),
        ("城镇生活垃圾处理费征收", kind.LEVY, "城市管理", ""),
        ("农村承包地界址争议裁决", kind.ADJUDICATION, "农业农村", ""),
    ]


def _add_channels(powers: pd.DataFrame, seed: int, calibration: Calibration) -> None:
    """Give each power its holder and the channel by which it could be handed down."""
    random = stream(seed, "channels")
    plain = (
        (powers["holder"] == Holder.COUNTY)
        & powers["type"].isin([PowerType.PENALTY, PowerType.INSPECTION, PowerType.OTHER])
        & ~powers["needs_testing"]
        & ~powers["needs_hearing"]
    )
    concentrated = powers.index[plain & powers["field"].isin(_CONCENTRATED_FIELDS)]
    city = random.choice(concentrated.to_numpy(), calibration.held_by_city, replace=False)
    rest = powers.index[plain].difference(pd.Index(city), sort=False).to_numpy()
    chosen = random.choice(rest, calibration.held_by_province + calibration.without_channel, replace=False)
    province, silent = chosen[: calibration.held_by_province], chosen[calibration.held_by_province :]
    powers.loc[city, "holder"] = str(Holder.CITY)
    powers.loc[province, "holder"] = str(Holder.PROVINCE)
    powers["in_directory"] = ~powers.index.isin(silent)
    powers["entrustable"] = (random.random(len(powers)) < calibration.entrustable_share) & ~powers.index.isin(silent)
    permits = powers.index[(powers["type"] == PowerType.PERMIT) & (powers["holder"] == Holder.COUNTY)]
    powers.loc[permits, "entrustable"] = True
    powers.loc[random.choice(permits.to_numpy(), calibration.permits_silent, replace=False), "entrustable"] = False


def _required(powers: pd.DataFrame, seed: int) -> pd.Series:
    """Tie measures that serve a penalty to a fitting one of their field, and some penalties to an inspection."""
    random = stream(seed, "requires")
    requires = pd.Series("", index=powers.index, dtype="str")
    lawful = powers["holder"].eq(Holder.COUNTY) & powers["in_directory"] & ~powers["needs_testing"]
    sound = lawful & ~powers["needs_hearing"]
    for power in powers.index[powers["serves"] != ""]:
        field = powers.loc[power, "field"]
        of_field = (powers["type"] == PowerType.PENALTY) & (powers["field"] == field)
        if powers.loc[power, "serves"] == "serves hearing":
            candidates = powers.index[of_field & powers["needs_hearing"]]
        else:
            fitting = of_field & sound & powers["name"].str.contains(_SERVED.get(str(field), ""))
            candidates = powers.index[fitting] if fitting.any() else powers.index[of_field & sound]
        requires[power] = random.choice(candidates.to_numpy())
    # Who penalises that a danger was not removed must have been able to find it.
    subject = powers["name"].str.extract("不按要求整改(.+)安全隐患")[0].where(sound)
    for power in random.permutation(powers.index[subject.notna()].to_numpy()):
        fitting = sound & (powers["type"] == PowerType.INSPECTION)
        fitting &= powers["name"].str.contains(str(subject[power]), regex=False)
        if fitting.any() and (requires != "").sum() < _TIED:
            requires[power] = random.choice(powers.index[fitting].to_numpy())
    return requires


def _add_hours(powers: pd.DataFrame, seed: int, calibration: Calibration) -> None:
    random = stream(seed, "hours")
    size = len(powers)
    kind = powers["type"]
    penalty, inspection, coercion = (
        kind == word for word in (PowerType.PENALTY, PowerType.INSPECTION, PowerType.COERCION)
    )
    simple = between(random, calibration.simple_hours, size)
    ordinary = between(random, calibration.service_hours, size)
    for which, bounds in (
        (penalty, calibration.penalty_hours),
        (inspection, calibration.inspection_hours),
        (coercion, calibration.coercion_hours),
    ):
        ordinary = np.where(which, between(random, bounds, size), ordinary)
    powers["simple_hours"] = np.where(inspection, ordinary, simple)
    powers["ordinary_hours"] = ordinary
    powers["simple_share"] = np.where(penalty, between(random, calibration.simple_share, size, 2), 0.0)
    least, median, most = calibration.upkeep_hours
    powers["upkeep_hours"] = np.round(np.clip(median * random.lognormal(0, 0.4, size), least, most), 1)
    powers["support_hours"] = between(random, calibration.support_hours, size)
