"""Settings of the instruments that a policy may switch on: a table of the policy each, absent where it is off."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from devolve_opt.language import tr
from devolve_opt.settings import ASSUMPTION, REPORT, Settings, setting
from devolve_opt.vocabulary import StationKind, StationMeasure, Term


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


class Goal(Settings):
    """A term of the objective that comes before the rest of the worth, and before the goals named after it."""

    term: Term = Field(
        description="The term of the objective, by its name.", json_schema_extra={"unit": "term", "source": "the user"}
    )
    tolerance: float | None = setting(
        None, "share of its best value", "the user",
        "It is made as large as can be first; how much of that may be lost for what comes after it. Give this or "
        "`at_least`.", ge=0, le=1, strict=True,
    )  # fmt: skip
    at_least: float | None = setting(
        None, "staff-hours a year", "the user",
        "What the term has to reach (costs are negative); goes before the tolerance.", ge=-1e12, le=1e12, strict=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _says_how_far(self) -> Goal:
        if self.tolerance is None and self.at_least is None:
            raise ValueError(tr("a goal needs `tolerance` or `at_least`; give one of them"))
        return self


class UncertainHours(Settings):
    """Hours of powers that may turn out more than expected: the hard limits on work hold all the same.

    Batches of handing over, area teams and the load of duties go by expected hours.
    """

    deviation: float = setting(
        0.3, "share of a power's hours", ASSUMPTION,
        "By how much the hours of a power may turn out more than expected; nothing is published on it.", ge=0, le=10,
    )  # fmt: skip
    budget: int = setting(
        3, "powers a township", ASSUMPTION,
        "Of a township's powers, how many may turn out so at once, whichever hurt most (Bertsimas and Sim 2004): "
        "officers have the time for enforcement, and the load stays below the hard stop, whichever they are.",
        ge=0, le=100_000,
    )  # fmt: skip


class OfficeHeads(Settings):
    """Who heads an enforcement office: one of its officers, or a leader of the township beside other work."""

    hours: float = setting(
        240, "officer-hours a year", ASSUMPTION,
        "What heading an office takes; an officer who does it has so much less time for enforcement.", ge=0, le=100_000,
    )  # fmt: skip
    leader_price: float = setting(
        1.5, "staff-hours a staff-hour", ASSUMPTION, "Price of an hour of a leader who heads an office.", ge=0, le=1000
    )
    led_max: int = setting(
        60, "offices", ASSUMPTION, "Enforcement offices in the whole city that leaders may head.", ge=0, le=1_000_000
    )


class MeasureShares(Settings):
    """Part of a managed station's working hours that each measure lets the township direct."""

    daily_management: float = setting(
        0.10, "share of the station's hours", ASSUMPTION,
        "Day-to-day management: attendance, joint plans, tasks of the township.", ge=0, le=1,
    )  # fmt: skip
    appraisal: float = setting(
        0.05, "share of the station's hours", ASSUMPTION, "The township appraises the staff, or its opinion counts.", ge=0, le=1
    )  # fmt: skip
    performance_pay: float = setting(
        0.05, "share of the station's hours", ASSUMPTION, "The township distributes the performance pay.", ge=0, le=1
    )  # fmt: skip


class MeasurePrices(Settings):
    """What each measure costs, in staff-hours a year for one station."""

    daily_management: float = setting(
        40, "staff-hours a year a station", ASSUMPTION, "Meetings, plans, files of day-to-day management.", ge=0, le=100_000
    )  # fmt: skip
    appraisal: float = setting(
        20, "staff-hours a year a station", ASSUMPTION, "Appraising the staff: meetings, forms.", ge=0, le=100_000
    )  # fmt: skip
    performance_pay: float = setting(
        60, "staff-hours a year a station", ASSUMPTION, "Distributing performance pay, and the worth of the money.",
        ge=0, le=100_000,
    )  # fmt: skip


_INDEPENDENT = frozenset({StationKind.COURT, StationKind.PROCURATORATE})
"""Not administrative organs: they exercise their power independently by law (宪法 131, 136)."""


class Stations(Settings):
    """Stationed agencies that townships manage, or that are devolved to them (派驻机构)."""

    never_devolved: tuple[StationKind, ...] = setting(
        (StationKind.COURT, StationKind.PROCURATORATE, StationKind.JUSTICE_OFFICE, StationKind.POLICE,
         StationKind.MARKET_SUPERVISION, StationKind.NATURAL_RESOURCES),
        "kinds of station", REPORT, "Kinds that stay the county's; `court` and `procuratorate` always (宪法 131, 136).",
    )  # fmt: skip
    never_managed: tuple[StationKind, ...] = setting(
        (StationKind.COURT, StationKind.PROCURATORATE, StationKind.JUSTICE_OFFICE, StationKind.POLICE),
        "kinds of station", REPORT, "Kinds that no township manages either; all of them among `never_devolved`.",
    )  # fmt: skip
    measures: tuple[StationMeasure, ...] = setting(
        tuple(StationMeasure), "measures", REPORT,
        "What a township is given over the stations it manages. Without any, stations are devolved or stay as they are.",
    )  # fmt: skip
    managed_max: int = setting(
        400, "stations", ASSUMPTION, "Stations that townships manage, devolved ones among them, in the whole city.",
        ge=0, le=1_000_000,
    )  # fmt: skip
    devolved_max: int = setting(
        200, "stations", ASSUMPTION, "Stations that are devolved in the whole city.", ge=0, le=1_000_000
    )
    managed_per_township_max: int = setting(
        4, "stations a township", ASSUMPTION, "Stations that a single township manages, devolved ones among them.",
        ge=0, le=1000,
    )  # fmt: skip
    hour_price: float = setting(
        1, "staff-hours a staff-hour", "identity",
        "Price of an hour that the county department loses to the township; at 1 they go where overload is dearer.",
        ge=0, le=1000,
    )  # fmt: skip
    hour_shares: MeasureShares = Field(default_factory=MeasureShares, description="Hours that each measure brings.",
                                       json_schema_extra={"unit": "table", "source": ASSUMPTION})  # fmt: skip
    prices: MeasurePrices = Field(default_factory=MeasurePrices, description="What each measure costs.")

    @model_validator(mode="after")
    def _consistent(self) -> Stations:
        for name in ("never_devolved", "never_managed"):
            missing = sorted(_INDEPENDENT - set(getattr(self, name)))
            if missing:
                raise ValueError(
                    tr(
                        "stations.{name} must hold {value}: they are no administrative organs and exercise their power independently (宪法 131, 136); add them",
                        name=name,
                        value=" and ".join(missing),
                    )
                )
        loose = [str(kind) for kind in self.never_managed if kind not in self.never_devolved]
        if loose:
            raise ValueError(
                tr(
                    "stations.never_managed holds {value}, which never_devolved does not; what is devolved is managed, so add them there too",
                    value=", ".join(loose),
                )
            )
        if self.hours_share > 1:
            raise ValueError(tr("stations.hour_shares of the measures together exceed 1; lower them"))
        return self

    @property
    def hours_share(self) -> float:
        """Part of a managed station's hours that the township directs, by all the policy's measures."""
        return sum(getattr(self.hour_shares, measure) for measure in StationMeasure if measure in self.measures)

    @property
    def measures_price(self) -> float:
        """Price of the policy's measures, staff-hours a year for each managed station."""
        return sum(getattr(self.prices, measure) for measure in StationMeasure if measure in self.measures)


class Duties(Settings):
    """Duty admission: a township carries a duty only with the powers and the people to do it; else it stays with the county."""

    worth: float = setting(
        1.5, "staff-hours a staff-hour", ASSUMPTION,
        "Worth of an hour of a duty that is done in the township, with power and people, against the same duty back at the county.",
        ge=0, le=1000,
    )  # fmt: skip
    load_max: float = setting(
        1.0, "share of the hours there", ASSUMPTION,
        "Load up to which a township that carries any duty may be loaded: its people are there. What stops every township holds as well.",
        gt=0, le=10,
    )  # fmt: skip
    matched_share_min: float = setting(
        0.0, "share of the duties", ASSUMPTION,
        "Least share of the duties laid on a township, as far as law and its county let it carry them, that it must carry.",
        ge=0, le=1,
    )  # fmt: skip


class Phases(Settings):
    """Handing over in batches (分批移交): which batch of the year hands what over, once it is decided what goes where."""

    batches: int = setting(
        3, "batches a year",
        "the city's report and Sichuan 2020 (成熟一批、下放一批): certificates and powers came in batches; the number: " + ASSUMPTION,
        "Batches of the year; each opens a part of the year of the same length.", ge=1, le=12,
    )  # fmt: skip
    new_powers_per_batch_max: int = setting(
        30, "powers a township", ASSUMPTION, "Powers that a township is handed in one batch.", ge=0, le=100_000
    )
    new_fields_per_batch_max: int = setting(
        3, "fields a township", ASSUMPTION,
        "Fields in which a township becomes ready in one batch, those that stations bring not counted.", ge=0, le=1000,
    )  # fmt: skip
    exam_places_per_batch_max: int = setting(
        30, "candidates a batch", "a third of `training_places_max`: " + ASSUMPTION,
        "Candidates whom the city can examine in one batch; `exam_pass_share` of them pass.", ge=0, le=1_000_000,
    )  # fmt: skip
    handover_hours: float = setting(
        6, "staff-hours a power", ASSUMPTION,
        "What handing one power to one township takes the county: document, files, instruction.", ge=0, le=10_000,
    )  # fmt: skip
    handover_hours_max: float = setting(
        150, "staff-hours a township a batch", ASSUMPTION,
        "Hours that a county has for handing over in one batch, for each of its townships that take powers, subdistricts "
        "not counted: about a month of one person.",
        ge=0, le=1_000_000,
    )  # fmt: skip
    withdrawal_price: float | None = setting(
        None, "staff-hours a power", ASSUMPTION,
        "Price of taking back a power that a township holds already (table `held`): closing files, handing cases back. "
        "None: nothing that was given is taken back.",
        ge=0, le=100_000, strict=True,
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


class TeamMode(StrEnum):
    """How the county's enforcement teams sit (派驻): by area, one-to-one, or whichever is cheaper."""

    AREA = "area"
    ONE_TO_ONE = "one_to_one"
    BEST = "best"


class AreaTeams(Settings):
    """Stationed county enforcement teams that townships call in (乡呼县应).

    A run sites them first. What they take over of joint cases lowers the townships' hours and officer-hours; what they
    cost the county is no term of the plan's objective, and is told beside it.
    """

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
