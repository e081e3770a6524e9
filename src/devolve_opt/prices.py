"""Prices: what the terms of the objective count, in staff-hours a year."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from devolve_opt.settings import ASSUMPTION, Settings, setting


class Prices(Settings):
    """Prices of the objective's terms, in staff-hours a year."""

    choice_met: float = setting(
        40, "staff-hours a round", ASSUMPTION,
        "Worth of one round of one township's choice of a power it then holds. Chosen thrice, a power is worth 120 h: "
        "about three times the median upkeep, so that a power pays where there is time for it and not where there is none.",
        ge=0, le=100_000,
    )  # fmt: skip
    case_near_home: float = setting(
        6, "staff-hours a case", ASSUMPTION,
        "Worth of handling one case in the township instead of the county seat: travel and waiting of citizen and staff.",
        ge=0, le=100_000,
    )  # fmt: skip
    choice_shortfall: float = setting(
        25, "staff-hours a round", ASSUMPTION,
        "Price of each round by which a township's met choices fall short of `choice_floor`; the inequity term.",
        ge=0, le=100_000,
    )  # fmt: skip
    readiness: float = setting(
        1, "staff-hours a staff-hour", "identity",
        "Price of an hour spent on making and keeping a township ready in a field.", ge=0, le=1000,
    )  # fmt: skip
    county_support: float = setting(
        1, "staff-hours a staff-hour", "identity",
        "Price of an hour the county spends on guiding and supervising a township that holds a power (处罚法 24).",
        ge=0, le=1000,
    )  # fmt: skip
    post_moved: float = setting(
        150, "staff-hours a post", ASSUMPTION,
        "Price of a post gained by a township: handing over, learning the place; about four weeks of one person.",
        ge=0, le=100_000,
    )  # fmt: skip
    officer_trained: float = setting(
        80, "staff-hours a certificate", ASSUMPTION,
        "Price of bringing one person to the certificate: two weeks of course and examination.", ge=0, le=100_000,
    )  # fmt: skip
    officer_moved: float = setting(
        120, "staff-hours an officer", ASSUMPTION, "Price of moving one certified officer within the county.",
        ge=0, le=100_000,
    )  # fmt: skip


class OverloadStep(Settings):
    """One step of the price of overload: up to `until` of the hours there, each hour costs `price`."""

    until: float = setting(1.0, "share of the hours there", ASSUMPTION, "Upper end of the step.", gt=0, le=10)
    price: float = setting(1.0, "staff-hours an hour", ASSUMPTION, "Price of an hour in the step.", ge=0, le=1000)


OverloadSteps = Annotated[tuple[OverloadStep, ...], Field(min_length=1, max_length=12)]
