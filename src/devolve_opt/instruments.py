"""Settings of the instruments that a policy may switch on: a table of the policy each, absent where it is off."""

from __future__ import annotations

from pydantic import Field

from devolve_opt.settings import ASSUMPTION, REPORT, Settings, setting


class CountyOpening(Settings):
    """County approval: a county opens a power to its townships, at a cost, before any of them takes it."""

    price: float = setting(
        120, "staff-hours a year a power", ASSUMPTION,
        "What opening a power costs a county, however many of its townships take it: document, handover, model files, "
        "yearly assessment (处罚法 24); about three weeks of one person.",
        ge=0, le=100_000,
    )  # fmt: skip
    opened_max: int = setting(
        110, "powers a county", ASSUMPTION, "Powers that a single county may open to its townships.", ge=0, le=100_000
    )


class LentReturns(Settings):
    """Lent staff who come back beyond those that the cap sends back."""

    price: float = setting(
        1, "staff-hours a staff-hour", "identity",
        "Price of an hour that the county loses with a person who returns; at 1 they go where overload is dearer.",
        ge=0, le=1000,
    )  # fmt: skip
    returned_max: int = setting(
        40, "persons", ASSUMPTION, "Persons who come back beyond the cap's own returns, in the whole city.",
        ge=0, le=1_000_000,
    )  # fmt: skip


class Retention(Settings):
    """What it costs to hand over powers that are likely to be withdrawn again, because they are hardly used."""

    price: float = setting(
        15, "staff-hours a year a power", ASSUMPTION,
        "Price of a power in a township that has fewer than `use_min` cases of it a year: handing it over, and taking "
        "it back after assessment.", ge=0, le=100_000,
    )  # fmt: skip
    share_max: float = setting(
        0.8, "share of a township's powers", ASSUMPTION,
        "Most of a township's powers that may be likely to be withdrawn. Published reviews kept 29 to 54 % of them.",
        ge=0, le=1,
    )  # fmt: skip


class OfficePrices(Settings):
    """Prices of the study of offices, in staff-hours a year for one township."""

    file_across: float = setting(
        0.25, "staff-hours a file", ASSUMPTION,
        "Price of a file that passes from one office to another: registering, waiting, explaining.", ge=0, le=1000,
    )  # fmt: skip
    function_moved: float = setting(
        80, "staff-hours a function", ASSUMPTION,
        "Price of a function that leaves its office of today: handing over, learning, moving its files; two weeks.",
        ge=0, le=100_000,
    )  # fmt: skip


class Offices(Settings):
    """How a township's functions may be merged into offices and centres."""

    offices_max: int = setting(9, "offices", REPORT, "Offices of a township.", ge=0, le=1000)
    centres_max: int = setting(3, "centres", REPORT, "Centres of a township.", ge=0, le=1000)
    office_staff_min: float = setting(
        1, "persons", ASSUMPTION, "Staff in each office and each centre, counted in full-time persons.", ge=0, le=10_000
    )
    per_township: bool = setting(
        False, "yes or no", "design",
        "Whether each township is arranged by itself; else each category, with the staff of its median township.",
    )  # fmt: skip
    prices: OfficePrices = Field(default_factory=OfficePrices, description="Prices of what the study weighs.")
