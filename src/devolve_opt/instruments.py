"""Settings of instruments that a scenario switches on by giving their table."""

from __future__ import annotations

from pydantic import Field

from devolve_opt.settings import ASSUMPTION, REPORT, Settings, setting


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
