"""Post formulas: their names, their weights, and the tilt by category.

The report publishes one formula, 6:2:1:1 in three steps, and names three others of other counties without saying which
county uses which: "base + weighted + mobile" (基本+加权+机动), "three one-thirds" (三个三分之一) and a "4-3-3
coefficient" (433系数). What stands here for those is a reading of the name, offered as such.
"""

from __future__ import annotations

from typing import Literal

from devolve_opt.settings import ASSUMPTION, REPORT, Settings, setting


class PostWeights(Settings):
    """Weights of the indicators in a post formula; they are scaled to sum to one."""

    population: float = setting(6, "parts", REPORT, "Weight of the registered population.", ge=0, le=1000)
    area_km2: float = setting(2, "parts", REPORT, "Weight of the area.", ge=0, le=1000)
    gdp: float = setting(1, "parts", REPORT, "Weight of the gross domestic product.", ge=0, le=1000)
    fiscal_revenue: float = setting(1, "parts", REPORT, "Weight of the fiscal revenue.", ge=0, le=1000)
    equal: float = setting(0, "parts", REPORT, "Weight of the even spread: every township alike.", ge=0, le=1000)


class CategoryTilt(Settings):
    """Posts of a township of each category, in relation to one another: base posts, or all that the weights spread."""

    county_seat: float = setting(
        1.5, "parts", ASSUMPTION, "Posts of the township that holds the county seat.", gt=0, le=100
    )
    central: float = setting(1.2, "parts", ASSUMPTION, "Posts of a central township.", gt=0, le=100)
    key: float = setting(1.1, "parts", ASSUMPTION, "Posts of a key township.", gt=0, le=100)
    characteristic: float = setting(1.0, "parts", ASSUMPTION, "Posts of a characteristic township.", gt=0, le=100)
    general: float = setting(0.8, "parts", ASSUMPTION, "Posts of a general township.", gt=0, le=100)
    subdistrict: float = setting(1.4, "parts", ASSUMPTION, "Posts of a subdistrict.", gt=0, le=100)

    def of(self, category: str) -> float:
        """Return the part of a category."""
        return float(getattr(self, category))


PostsRounding = Literal["largest_remainder", "sainte_lague", "huntington_hill", "dhondt", "adams"]
"""Ways to make shares whole; `rules.apportionment` has them."""

PostsFormula = Literal[
    "6-2-1-1", "base-weighted-mobile", "three-thirds-equal", "three-thirds-indicators", "4-3-3", "wisn", "custom"
]

POST_FORMULAS = {
    "6-2-1-1": PostWeights(),
    "base-weighted-mobile": PostWeights(),
    "three-thirds-equal": PostWeights(equal=12, population=12, area_km2=6, gdp=3, fiscal_revenue=3),
    "three-thirds-indicators": PostWeights(population=2, area_km2=2, gdp=1, fiscal_revenue=1),
    "4-3-3": PostWeights(population=8, area_km2=6, gdp=3, fiscal_revenue=3),
}
"""Weights of the named post formulas; `custom` takes `posts_weights`, `wisn` goes by required staff instead.

Only 6:2:1:1 is published. The others are readings of a name: the report says neither which indicators the thirds and
the 4-3-3 coefficient weigh, nor the weights of "base + weighted + mobile". Economy is read as product and revenue, half
each, as in 6:2:1:1.
"""

STEPPED_FORMULAS = ("6-2-1-1", "custom", "base-weighted-mobile")
"""Formulas that spread base posts by category first; the others spread all posts in a single step."""

MOBILE_FORMULA = "base-weighted-mobile"
"""The formula that keeps a mobile reserve at the county, in the place of revolving posts."""

OWN_WEIGHTS = ("custom", MOBILE_FORMULA)
"""Formulas that take `posts_weights`: the first must have them, the other may."""
