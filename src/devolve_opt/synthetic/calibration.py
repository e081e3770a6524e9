"""Every number that the generator is set to, with its unit and where it comes from.

`observed` stands in a published source, `derived` is worked out from such figures, `assumed` is a guess without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devolve_opt.vocabulary import Category, PowerType


def _by_category(*values: float) -> dict[str, float]:
    """Name values given in the order county seat, central, key, characteristic, general, subdistrict."""
    return {str(category): value for category, value in zip(Category, values, strict=False)}


@dataclass(frozen=True)
class Calibration:
    """What a synthetic city must look like; one place for every figure."""

    # The city as a whole (observed: the city's report and yearbook figures).
    city_area_km2: float = 20_248.4  # km2, observed
    city_population: int = 5_269_700  # registered persons, observed
    city_gdp: int = 23_038_200  # 10k yuan, observed (2018)

    # Places.
    population_median: dict[str, float] = field(
        default_factory=lambda: _by_category(65_000, 38_000, 27_000, 20_000, 13_000, 60_000)
    )  # persons; assumed; the subdistrict's is rounded down from a derived median of 66,000 residents
    population_spread: dict[str, float] = field(
        default_factory=lambda: _by_category(0.35, 0.42, 0.48, 0.55, 0.80, 0.50)
    )  # standard deviation of the logarithm; assumed
    area_spread: float = 0.45  # standard deviation of the logarithm within a county; assumed
    area_population_correlation: float = 0.4  # of the logarithms within a county; assumed
    gdp_per_head: dict[str, float] = field(
        default_factory=lambda: _by_category(1.5, 1.1, 0.9, 0.8, 0.6, 1.6)
    )  # ratio to the county's; assumed
    gdp_per_head_spread: float = 0.40  # standard deviation of the logarithm; assumed
    revenue_share_of_gdp: float = 0.03  # median; assumed
    revenue_share_spread: float = 0.9  # standard deviation of the logarithm; assumed

    # Powers.
    powers: int = 433  # observed
    type_shares: dict[str, float] = field(
        default_factory=lambda: {
            str(PowerType.PENALTY): 0.7023, str(PowerType.INSPECTION): 0.0643, str(PowerType.PERMIT): 0.0424,
            str(PowerType.COERCION): 0.0255, str(PowerType.CONFIRMATION): 0.0140, str(PowerType.REWARD): 0.0131,
            str(PowerType.PAYMENT): 0.0082, str(PowerType.LEVY): 0.0026, str(PowerType.ADJUDICATION): 0.0013,
            str(PowerType.OTHER): 0.1263,
        }
    )  # fmt: skip  # shares of a county's pool; derived
    held_by_city: int = 11  # powers drawn up to the city (ecology, market, culture); assumed
    held_by_province: int = 3  # powers; assumed
    permits_silent: int = 5  # permits whose text does not allow entrustment; assumed
    without_channel: int = 14  # powers neither in the directory nor entrustable; assumed
    entrustable_share: float = 0.25  # of the other powers; assumed
    upkeep_hours: tuple[float, float, float] = (12, 30, 60)  # staff-hours a year: least, median, most; assumed
    support_hours: tuple[float, float] = (3, 12)  # staff-hours a year; assumed
    simple_hours: tuple[float, float] = (2, 4)  # officer-hours a case; assumed
    penalty_hours: tuple[float, float] = (24, 60)  # officer-hours an ordinary case, two officers; assumed
    inspection_hours: tuple[float, float] = (2, 4)  # officer-hours a case; assumed
    coercion_hours: tuple[float, float] = (8, 20)  # officer-hours a case; assumed
    service_hours: tuple[float, float] = (2, 8)  # staff-hours a case of permits and all other types; assumed
    simple_share: tuple[float, float] = (0.30, 0.95)  # of penalty cases; observed in six units elsewhere

    # Choices.
    base_list: int = 43  # powers, observed
    special: int = 87  # powers on category lists, observed
    threshold: float = 0.60  # selection share for a list; assumed, none is published
    category_list_sizes: tuple[int, int] = (31, 44)  # powers; assumed
    memberships: int = 150  # places on the four category lists together; assumed
    near_misses: float = 0.22  # share of the unlisted powers that come close to the threshold; assumed
    round_2_extra: float = 0.083  # share dropped after the second round among those not chosen last; assumed
    round_1_extra: float = 0.165  # share dropped after the first round among those not chosen last; assumed
    round_kept: float = 0.98  # share of the last choices already made in an earlier round (rare additions); assumed

    # Cases.
    own_cases: int = 261  # penalty cases a year of the powers taken under the ratio rule, observed (period not stated)
    potential_cases: int = 780  # penalty cases a year of all eligible powers: about three times; assumed
    joint_cases: int = 309  # cases a year, observed (period not stated)
    case_concentration: float = 1.05  # exponent of the falling frequency by rank of the power; assumed

    # Staff.
    posts: dict[str, float] = field(default_factory=lambda: _by_category(80, 55, 45, 40, 30, 60))  # posts; assumed
    posts_population_exponent: float = 0.25  # how posts grow with population within a category; assumed
    filling: tuple[float, float] = (0.86, 1.0)  # staff in post per post; assumed
    posts_moved: int = 18  # posts, observed
    lent_returned: int = 118  # persons, observed
    lent_share: float = 0.055  # mean share of posts lent upwards; assumed
    stationed_mean: float = 1.2  # persons a township; assumed
    load: tuple[float, float, float] = (0.72, 0.905, 1.09)  # statutory load per hour there: least, mean, most; assumed
    load_spread: tuple[float, float] = (0.030, 0.062)  # standard deviation between counties and within; assumed
    certified: dict[str, float] = field(
        default_factory=lambda: _by_category(4.2, 3.2, 2.8, 2.5, 2.0, 4.0)
    )  # mean certified officers; assumed
    certified_pilot: float = 1.6  # officers more in the pilot county, chosen for being well prepared; assumed
    certified_most: int = 8  # officers; one rural town elsewhere has eight (observed)
    officer_load: tuple[float, float] = (0.45, 1.80)  # statutory work in officers' years, most offices; assumed
    officer_load_large: tuple[float, float] = (2.1, 4.6)  # the same for large offices; assumed
    large_offices: float = 0.15  # share of the offices; assumed
    ready_fields_mean: float = 1.4  # fields a township is ready in today; assumed
    ready_fields_most: int = 4  # fields; what two officers can cover; assumed

    # The pilot county.
    pilot_powers: int = 91  # distinct powers taken, observed
    pilot_base: int = 30  # of them on the base list, observed
