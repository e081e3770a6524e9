"""Instruments that a policy may switch on: a table of settings for each, off where it is left out."""

from __future__ import annotations

from enum import StrEnum

from devolve_opt.settings import ASSUMPTION, Settings, setting


class TeamMode(StrEnum):
    """How the county's enforcement teams sit (派驻): by area, one-to-one, or whichever is cheaper."""

    AREA = "area"
    ONE_TO_ONE = "one_to_one"
    BEST = "best"


class AreaTeams(Settings):
    """Stationed county enforcement teams that townships call in (乡呼县应)."""

    mode: TeamMode = setting(
        TeamMode.BEST, "-", "the city's report names both ways",
        "`area`: a team has a base and serves several townships; `one_to_one`: every township has a team of its own; `best`: the model decides.",
    )  # fmt: skip
    travel_hours_max: float = setting(
        0.75, "hours one way", ASSUMPTION, "A township is served only by a team whose base is within so many hours.",
        ge=0, le=24,
    )  # fmt: skip
    calls_answered_share: float = setting(
        1.0, "share of the called-in hours", ASSUMPTION,
        "Part of every township's called-in hours that its team must have the time for.", ge=0, le=1,
    )  # fmt: skip
    county_case_hours: float = setting(
        24, "officer-hours a case", ASSUMPTION, "Hours of the county's officers on a joint case, travel not counted.",
        ge=0, le=10_000,
    )  # fmt: skip
    calls_per_joint_case: float = setting(
        2, "calls a case", ASSUMPTION, "How often a joint case calls the team in; each call is a journey there and back.",
        ge=0, le=1000,
    )  # fmt: skip
    officers_per_call: int = setting(
        2, "officers", "处罚法 42", "Officers who answer a call, and the least that a team of a township's own has.",
        ge=1, le=100,
    )  # fmt: skip
    taken_over_share: float = setting(
        0.5, "share of the township's hours", ASSUMPTION,
        "Part of the hours of the township's officers on an answered joint case that the team takes over.", ge=0, le=1,
    )  # fmt: skip
    travel_price: float = setting(
        1, "staff-hours a staff-hour", "identity", "Price of an hour that an officer of a team is on the road.",
        ge=0, le=1000,
    )  # fmt: skip
    base_opening: float = setting(
        40, "staff-hours a base", ASSUMPTION, "Yearly cost of a base, or of a team of a township's own: room, car, files.",
        ge=0, le=100_000,
    )  # fmt: skip
    officer_added: float = setting(
        1840, "staff-hours an officer", "a year of one person: " + ASSUMPTION,
        "Price of each officer whom teams of the townships' own take above those whom the county's teams have.",
        ge=0, le=100_000,
    )  # fmt: skip
