"""The words of the field: one term per idea, in code, in tables and in both languages.

Nothing here depends on anything else; every other module takes its names from this page.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from devolve_opt.language import chosen, language, tr


class Category(StrEnum):
    """The class a city puts a township in (镇的类别)."""

    COUNTY_SEAT = "county_seat"
    CENTRAL = "central"
    KEY = "key"
    CHARACTERISTIC = "characteristic"
    GENERAL = "general"
    SUBDISTRICT = "subdistrict"


BASE_LIST = "base"
"""Name of the list every township takes from; the other lists are named after their category."""

VOTING_CATEGORIES = tuple(category for category in Category if category is not Category.SUBDISTRICT)
"""Categories that choose and take powers; subdistricts do neither."""


class PowerType(StrEnum):
    """Kinds of administrative power as in law (行政权力类型)."""

    PENALTY = "penalty"
    INSPECTION = "inspection"
    PERMIT = "permit"
    COERCION = "coercion"
    CONFIRMATION = "confirmation"
    REWARD = "reward"
    PAYMENT = "payment"
    LEVY = "levy"
    ADJUDICATION = "adjudication"
    OTHER = "other"


ENFORCEMENT_TYPES = frozenset({PowerType.PENALTY, PowerType.INSPECTION, PowerType.COERCION})
"""Types that only certified officers may exercise (处罚法 42, 强制法 17)."""


class Holder(StrEnum):
    """The level of government that holds a power today."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Platform(StrEnum):
    """The four platforms that a township's offices stand on (四大平台)."""

    PARTY_GOVERNMENT = "party_government"
    ECONOMIC_DEVELOPMENT = "economic_development"
    PUBLIC_SERVICE = "public_service"
    SOCIAL_GOVERNANCE = "social_governance"


class Unit(StrEnum):
    """What does a function in a township: an office or a centre (九办五中心)."""

    OFFICE = "office"
    CENTRE = "centre"


class StationKind(StrEnum):
    """Kinds of station that county departments and courts keep in townships (派驻机构)."""

    COURT = "court"
    PROCURATORATE = "procuratorate"
    JUSTICE_OFFICE = "justice_office"
    POLICE = "police"
    MARKET_SUPERVISION = "market_supervision"
    NATURAL_RESOURCES = "natural_resources"
    AGRICULTURE = "agriculture"
    FORESTRY = "forestry"
    WATER = "water"
    TRANSPORT = "transport"
    CULTURE = "culture"
    HEALTH = "health"
    FINANCE = "finance"
    OTHER = "other_station"


class StationMeasure(StrEnum):
    """What gives a township a say in a station that stays the county's."""

    DAILY_MANAGEMENT = "daily_management"
    APPRAISAL = "appraisal"
    PERFORMANCE_PAY = "performance_pay"


class StationStatus(StrEnum):
    """Whose a station is: the county's, the county's under the township's management, or the township's."""

    COUNTY = "county_run"
    MANAGED = "managed"
    DEVOLVED = "devolved"


class Method(StrEnum):
    """How a plan is made."""

    OPTIMAL = "optimal"
    RATIO = "ratio"


class Status(StrEnum):
    """How far a plan is proven. Every plan has one, together with its bound and gap."""

    PROVEN = "proven"
    """The gap that was asked for is proven."""
    TIME_LIMIT = "time_limit"
    """The time was up first; the gap that was reached is stated."""
    INTERRUPTED = "interrupted"
    """The user stopped the run; the gap that was reached is stated."""
    SOLVER_FAILED = "solver_failed"
    """The solver broke down; the plan and the bound known until then are stated."""
    RULE = "rule"
    """Made by the ratio rule, not by optimisation; the bound is that of the model."""


class Term(StrEnum):
    """The named terms of the objective, each in staff-hours a year; costs are negative."""

    CHOICES_MET = "choices_met"
    CASES_NEAR_HOME = "cases_near_home"
    OVERLOAD = "overload"
    READINESS = "readiness"
    TRAINING = "training"
    OFFICERS_MOVED = "officers_moved"
    POSTS_MOVED = "posts_moved"
    INEQUITY = "inequity"
    COUNTY_SUPPORT = "county_support"
    COUNTY_OPENING = "county_opening"
    LENT_RETURNS = "lent_returns"
    UNUSED_POWERS = "unused_powers"
    OFFICES_LED = "offices_led"
    STATIONS = "stations"
    DUTIES_MATCHED = "duties_matched"
    WITHDRAWALS = "withdrawals"


INSTRUMENT_TERMS = tuple(Term)[tuple(Term).index(Term.COUNTY_OPENING) :]
"""Terms of the instruments that a policy may switch on; 0 where they are off."""


CHINESE = {
    Category.COUNTY_SEAT: "县城驻地镇",
    Category.CENTRAL: "中心镇",
    Category.KEY: "重点镇",
    Category.CHARACTERISTIC: "特色镇",
    Category.GENERAL: "一般镇",
    Category.SUBDISTRICT: "街道",
    BASE_LIST: "基础清单",
    PowerType.PENALTY: "行政处罚",
    PowerType.INSPECTION: "行政检查",
    PowerType.PERMIT: "行政许可",
    PowerType.COERCION: "行政强制",
    PowerType.CONFIRMATION: "行政确认",
    PowerType.REWARD: "行政奖励",
    PowerType.PAYMENT: "行政给付",
    PowerType.LEVY: "行政征收",
    PowerType.ADJUDICATION: "行政裁决",
    PowerType.OTHER: "其他行政权力",
    Holder.PROVINCE: "省级",
    Holder.CITY: "市级",
    Holder.COUNTY: "县级",
    Holder.TOWNSHIP: "乡镇",
    Platform.PARTY_GOVERNMENT: "党政综合",
    Platform.ECONOMIC_DEVELOPMENT: "经济发展",
    Platform.PUBLIC_SERVICE: "为民服务",
    Platform.SOCIAL_GOVERNANCE: "社会治理",
    Unit.OFFICE: "办公室",
    Unit.CENTRE: "中心",
    StationKind.COURT: "派出法庭",
    StationKind.PROCURATORATE: "派驻检察室",
    StationKind.JUSTICE_OFFICE: "司法所",
    StationKind.POLICE: "派出所",
    StationKind.MARKET_SUPERVISION: "市场监管所",
    StationKind.NATURAL_RESOURCES: "自然资源所",
    StationKind.AGRICULTURE: "农业服务站",
    StationKind.FORESTRY: "林业站",
    StationKind.WATER: "水利站",
    StationKind.TRANSPORT: "交通管理站",
    StationKind.CULTURE: "文化站",
    StationKind.HEALTH: "卫生院",
    StationKind.FINANCE: "财政所",
    StationKind.OTHER: "其他站所",
    StationMeasure.DAILY_MANAGEMENT: "日常管理",
    StationMeasure.APPRAISAL: "考核",
    StationMeasure.PERFORMANCE_PAY: "绩效分配",
    StationStatus.COUNTY: "县级派驻",
    StationStatus.MANAGED: "乡镇管理",
    StationStatus.DEVOLVED: "下放乡镇",
    Term.CHOICES_MET: "选择得到满足",
    Term.CASES_NEAR_HOME: "就近办理",
    Term.OVERLOAD: "超负荷",
    Term.READINESS: "承接准备",
    Term.TRAINING: "执法培训",
    Term.OFFICERS_MOVED: "执法人员调动",
    Term.POSTS_MOVED: "编制调整",
    Term.INEQUITY: "乡镇间不均",
    Term.COUNTY_SUPPORT: "县级支持",
    Term.COUNTY_OPENING: "县级放权",
    Term.LENT_RETURNS: "借用人员返回",
    Term.UNUSED_POWERS: "闲置事项",
    Term.OFFICES_LED: "领导兼任",
    Term.STATIONS: "派驻机构",
    Term.DUTIES_MATCHED: "属地事项权责相符",
    Term.WITHDRAWALS: "收回事项",
}
"""Chinese name of every term above; the one catalogue of words."""


def some_of(names: Sequence[str], most: int, between: str = ", ") -> str:
    """Return names in a line, at most so many of them: `T1, T2 and 3 more`."""
    more = len(names) - most
    return tr(between).join(names[:most]) + (tr(" and {more} more", more=more) if more > 0 else "")


def called(word: str) -> str:
    """Return a term as data and texts of the shell call it: `county_seat` as it is, in Chinese `县城驻地镇`."""
    return chosen(CHINESE.get(word, word), str(word))


def label(word: str) -> str:
    """Return a term as figures and reports show it: `county_seat` is `county seat`, in Chinese `县城驻地镇`."""
    if language() == "zh" and word in CHINESE:
        return CHINESE[word]
    return str(word).replace("_", " ")
