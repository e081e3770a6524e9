"""Policy: the caps and prices that a reform office can set.

Every key has a unit, a default and a source. The defaults are the report's figures where it gives one; the others are
assumptions and say so. All prices are in staff-hours a year.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from devolve_opt import instruments
from devolve_opt.errors import InputError
from devolve_opt.language import tr
from devolve_opt.pins import Pin
from devolve_opt.post_formulas import (
    MOBILE_FORMULA,
    OWN_WEIGHTS,
    POST_FORMULAS,
    STEPPED_FORMULAS,
    CategoryTilt,
    PostsFormula,
    PostsRounding,
    PostWeights,
)
from devolve_opt.prices import OverloadStep, OverloadSteps, Prices
from devolve_opt.settings import ASSUMPTION, REPORT, Settings, setting, settings_faults
from devolve_opt.vocabulary import VOTING_CATEGORIES, Category


class Policy(Settings):
    """The caps and prices of a scenario; immutable, `replace(...)` gives a changed copy.

    Raises:
        InputError: listing every unknown key (with the nearest known one) and every value out of range.
    """

    language: Literal["zh", "en"] | None = setting(
        None, "-", "design", "Language in which results are written, where the command line names none.", exclude=True,
    )  # fmt: skip

    # Lists
    base_list_max: int = setting(
        43, "powers", REPORT, "Powers on the base list, which every township may take.", ge=0, le=100_000
    )
    guide_list_max: int = setting(
        130, "powers", REPORT, "Powers on the guide list (base list and category lists together).", ge=0, le=100_000
    )
    category_list_max: int = setting(
        45, "powers", ASSUMPTION, "Powers on the list of each single category.", ge=0, le=100_000
    )
    listing_hours_max: float | None = setting(
        None, "staff-hours a year", ASSUMPTION,
        "Hours that the county can spend on all listed powers together (column `listing_hours` of the powers); none: no cap.",
        ge=0, le=1e12, strict=True,
    )  # fmt: skip
    own_list_categories: tuple[Category, ...] = setting(
        (Category.COUNTY_SEAT, Category.CENTRAL, Category.KEY, Category.CHARACTERISTIC), "categories", ASSUMPTION,
        "Categories with a list of their own; the others take from the base list only. The report names four lists but not whose.",
    )  # fmt: skip
    base_share_min: float = setting(
        0.6, "share", ASSUMPTION,
        "Ratio rule: selection share among all choosing townships from which a power goes on the base list.", gt=0, le=1,
    )  # fmt: skip
    category_share_min: float = setting(
        0.6, "share", ASSUMPTION,
        "Ratio rule: selection share within a category from which a power goes on the category's list.", gt=0, le=1,
    )  # fmt: skip
    hearing_powers_stay: bool = setting(
        True, "yes or no", "practice of Tonglu county, 2025",
        "Powers whose use commonly leads to a hearing (large fines, revocation, closure) stay with the county.",
    )  # fmt: skip

    # Take-up
    new_powers_max: int = setting(
        70, "powers a township", ASSUMPTION, "Powers a single township may take up.", ge=0, le=100_000
    )
    take_up_floor: Literal["none", "chosen", "all"] = setting(
        "none", "-", "Chongqing 2023: 15 of its 99 powers are compulsory for all",
        "What of the base list a township must take: nothing; each power that it chose in some round; or every power.",
    )  # fmt: skip
    use_min: float = setting(
        1, "cases a year", ASSUMPTION,
        "Expected use below which a power in a township counts as likely to be withdrawn: reviews took back what was "
        "never used.", ge=0, le=1_000_000,
    )  # fmt: skip
    choice_floor: float = setting(
        0.3, "share of the rounds", ASSUMPTION,
        "Share of its choices below which a township counts as falling short (inequity).", ge=0, le=1,
    )  # fmt: skip

    # Readiness
    new_fields_max: int = setting(
        8, "fields a township", ASSUMPTION, "Fields in which a township may become ready within the plan.", ge=0, le=1000,
    )  # fmt: skip

    # Workload
    overload: Literal["priced", "wall"] = setting(
        "priced", "-", "design", "`priced`: hours above the free share cost more and more; `wall`: no hour above `wall_share`.",
    )  # fmt: skip
    overload_free_share: float = setting(
        0.9, "share of the hours there", ASSUMPTION, "Load up to this share is free.", gt=0, le=10
    )
    overload_steps: OverloadSteps = setting(
        (OverloadStep(until=1.0, price=0.5), OverloadStep(until=1.1, price=1.5), OverloadStep(until=1.3, price=4.0)),
        "-", ASSUMPTION,
        "Rising prices of overload; the end of the last step is a hard stop.",
    )  # fmt: skip
    wall_share: float = setting(
        1.0, "share of the hours there", ASSUMPTION, "The wall, where `overload` is `wall`.", gt=0, le=10
    )
    lent_share_max: float = setting(
        0.05, "of posts", REPORT,
        "Staff lent upwards, as a share of a township's posts today; those above it come back.", ge=0, le=1,
    )  # fmt: skip

    # Posts
    posts_formula: PostsFormula = setting(
        "6-2-1-1", "-", REPORT,
        "The formula of the fair share of posts. `6-2-1-1` and `custom`: base, floating and revolving posts. `base-weighted-mobile`: base posts, a weighted pool, and a mobile reserve that the county keeps. "
        "In a single step: `three-thirds-equal` (a reading: one third alike, one by population, one by area and economy), `three-thirds-indicators` (a reading: a third each for population, area, economy), "
        "`4-3-3` (a reading: 40, 30, 30 for population, area, economy), `wisn` (by required staff, WHO 2010). The report names the formulas of other counties without their indicators.",
    )  # fmt: skip
    posts_weights: PostWeights | None = setting(
        None, "parts", ASSUMPTION, "Weights of the formula `custom`; also of `base-weighted-mobile`, which else has 6:2:1:1 (a reading)."
    )  # fmt: skip
    posts_rounding: PostsRounding = setting(
        "largest_remainder", "-", ASSUMPTION,
        "How shares of posts become whole. `dhondt` favours large townships, `adams` and (less) `huntington_hill` small ones.",
    )  # fmt: skip
    posts_tilt: CategoryTilt | None = setting(
        None, "parts", ASSUMPTION,
        "Tilt by category of the posts that the weights spread, with every formula: each share is multiplied by its category's part; none: no tilt beyond base posts.",
    )  # fmt: skip
    base_posts_share: float = setting(
        0.6, "share of a county's posts", ASSUMPTION, "Part of a county's posts spread as base posts.", ge=0, le=1
    )
    base_posts_tilt: CategoryTilt = setting(
        CategoryTilt(), "parts", ASSUMPTION, "Base posts of a township of each category, in relation to one another.",
    )  # fmt: skip
    revolving_posts_share: float = setting(
        0.02, "share of a county's posts", ASSUMPTION, "Part of a county's posts lent out as revolving posts.",
        ge=0, le=1,
    )  # fmt: skip
    revolving_posts_max: int = setting(
        3, "posts a township", ASSUMPTION, "Revolving posts a single township may hold.", ge=0, le=1000
    )
    mobile_posts_share: float = setting(
        0.05, "share of a county's posts", ASSUMPTION,
        "Mobile reserve of `base-weighted-mobile`: posts that the county keeps and no township holds; whoever fills them works at the county.",
        ge=0, le=1,
    )  # fmt: skip
    category_allowance_share: float = setting(
        0.1, "share of working time", ASSUMPTION,
        "WISN: time of everyone for what no workload counts (meetings, study, reports); core staff are divided by 1 less this. The same everywhere, it moves shares only against `individual_allowance_hours`.",
        ge=0, le=0.9,
    )  # fmt: skip
    individual_allowance_hours: float = setting(
        1840, "staff-hours a township", ASSUMPTION,
        "WISN: hours a year of single persons for what only they do (leading, keeping the books, the safe): one person of each township.",
        ge=0, le=100_000,
    )  # fmt: skip
    posts_band: float = setting(
        0.08, "share of the fair share", ASSUMPTION, "How far base and floating posts may leave the formula.",
        ge=0, le=1,
    )  # fmt: skip
    posts_moved_max: int = setting(
        18, "posts", REPORT, "Posts that townships may gain in the whole city.", ge=0, le=1_000_000
    )

    # Enforcement
    officers_min: int = setting(
        2,
        "officers an office",
        "处罚法 42 and " + REPORT,
        "Certified officers in every enforcement office.",
        ge=0,
        le=1000,
    )
    attrition_share: float = setting(
        0.12, "share a year", "Jinghai district 2023: 167 of 1,306 certificates lost", "Certificates lost in a year.",
        ge=0, le=1,
    )  # fmt: skip
    training_places_max: int = setting(
        90, "certificates a year", ASSUMPTION, "New certificates the city can train and examine.", ge=0, le=1_000_000
    )
    exam_pass_share: float = setting(
        1.0, "share of the candidates", ASSUMPTION,
        "Candidates who pass the examination: `training_places_max` are places for candidates, and each certificate costs "
        "so many candidates' courses. 1 reads the places as certificates; no pass rate is published.",
        gt=0, le=1,
    )  # fmt: skip
    officers_per_field: int = setting(
        2,
        "officers",
        "处罚法 42",
        "Officers an office must have before it holds any power in a field with penalties.",
        ge=0,
        le=100,
    )
    fields_at_minimum: int = setting(
        4, "fields", ASSUMPTION, "Fields with penalties in which an office of the minimum size can work.", ge=0, le=1000,
    )  # fmt: skip
    fields_per_officer: int = setting(
        1, "fields an officer", ASSUMPTION, "Further such fields that each officer above the minimum adds.", ge=0, le=1000,
    )  # fmt: skip
    officer_hours_share: float = setting(
        0.8, "share of working time", ASSUMPTION, "Part of an officer's hours that goes to enforcement.", gt=0, le=1
    )
    joint_case_hours: float = setting(
        16, "officer-hours a case", ASSUMPTION, "Hours of the township's officers on a joint case.", ge=0, le=10_000
    )

    # Instruments of their own, each switched on by its table
    county_opening: instruments.CountyOpening | None = setting(
        None, "table", "design", "County approval of each power: [policy.county_opening] switches it on."
    )
    lent_returns: instruments.LentReturns | None = setting(
        None, "table", "design", "Lent staff who come back beyond the cap: [policy.lent_returns] switches it on."
    )
    retention: instruments.Retention | None = setting(
        None, "table", "design", "Powers that are likely to be withdrawn: [policy.retention] prices and caps them."
    )
    uncertain_hours: instruments.UncertainHours | None = setting(
        None,
        "table",
        "design",
        "Hard limits that hold although powers take more hours: [policy.uncertain_hours] switches it on.",
    )
    office_heads: instruments.OfficeHeads | None = setting(
        None, "table", "design", "Leaders who head enforcement offices: [policy.office_heads] switches it on."
    )
    stations: instruments.Stations | None = setting(
        None, "table", "design", "Stations managed by townships or devolved: [policy.stations] switches it on."
    )
    duties: instruments.Duties | None = setting(
        None, "table", "design", "Duties laid on townships and their admission: [policy.duties] switches them on."
    )
    phases: instruments.Phases | None = setting(
        None, "table", "design", "Handing over in batches: [policy.phases] switches it on."
    )
    offices: instruments.Offices | None = setting(
        None, "table", "design", "Functions merged into offices: [policy.offices] lets a run arrange them beside its plan.",
    )  # fmt: skip
    area_teams: instruments.AreaTeams | None = setting(
        None, "table", "design", "The county's stationed enforcement teams, sited first: [policy.area_teams] counts what they take over.",
    )  # fmt: skip

    pins: Annotated[tuple[Pin, ...], Field(max_length=10_000)] = setting(
        (), "-", "design", "Decisions that are made already, each with its reason: every plan keeps them."
    )

    goals: Annotated[tuple[instruments.Goal, ...], Field(max_length=8)] = setting(
        (),
        "-",
        "design",
        "Terms of the objective that come first, in order (lexicographic goals); each keeps what it reached.",
    )

    prices: Prices = Field(default_factory=Prices, description="Prices of the objective's terms.")

    def __init__(self, /, **keys: Any) -> None:
        try:
            # Numbers from numpy and pandas are numbers like any other.
            super().__init__(
                **{key: value.item() if isinstance(value, np.generic) else value for key, value in keys.items()}
            )
        except ValidationError as error:
            raise InputError(settings_faults(Policy, error)) from None

    def replace(self, /, **changes: Any) -> Policy:
        """Return a copy with the named keys changed; keys that are tables may be dicts of what to change.

        Raises:
            InputError: naming every wrong key or value.
        """
        for name, value in changes.items():
            before = getattr(self, name, None)
            if isinstance(value, dict) and isinstance(before, Settings):
                changes[name] = {**before.model_dump(), **value}
        return Policy(**{**{name: getattr(self, name) for name in Policy.model_fields}, **changes})

    def _repr_html_(self) -> str:
        """Return a table of every key with value, unit and source; those that differ from their default are bold."""
        rows = ""
        for name, field in type(self).model_fields.items():
            value, extra = getattr(self, name), field.json_schema_extra
            unit, source = (extra["unit"], extra["source"]) if isinstance(extra, dict) else ("", "")
            shown = escape(str(value))
            changed = value != field.get_default(call_default_factory=True)
            cells = (f"<b>{shown}</b>" if changed else shown, escape(tr(str(unit))), escape(tr(str(source))))
            rows += f"<tr title='{escape(tr(field.description or ''))}'><td>{name}</td>" + "".join(
                f"<td>{cell}</td>" for cell in cells
            )
            rows += "</tr>"
        heads = "".join(f"<th>{head}</th>" for head in (tr("key"), tr("value"), tr("unit"), tr("source")))
        return f"<table><tr>{heads}</tr>{rows}</table>"

    @model_validator(mode="after")
    def _consistent(self) -> Policy:
        ends = [self.overload_free_share, *(step.until for step in self.overload_steps)]
        if any(later <= earlier for earlier, later in pairwise(ends)):
            raise ValueError(tr("overload_steps must rise from overload_free_share on; sort them by `until`"))
        prices = [step.price for step in self.overload_steps]
        if any(later < earlier for earlier, later in pairwise(prices)):
            raise ValueError(
                tr("prices of overload_steps must not fall; a falling price rewards heaping work on one township")
            )
        terms = [str(goal.term) for goal in self.goals]
        twice = sorted({term for term in terms if terms.count(term) > 1})
        if twice:
            raise ValueError(tr("goals name {value} twice; name each term once", value=", ".join(twice)))
        if self.posts_formula == "custom" and self.posts_weights is None:
            raise ValueError(tr("posts_formula 'custom' needs posts_weights"))
        if self.posts_formula not in OWN_WEIGHTS and self.posts_weights is not None:
            names = tr(" and ").join(f"'{name}'" for name in OWN_WEIGHTS)
            raise ValueError(
                tr(
                    "posts_weights are used by posts_formula {names} only; set it, or leave the weights out",
                    names=names,
                )
            )
        if self.posts_weights is not None and sum(self.posts_weights.model_dump().values()) <= 0:
            raise ValueError(tr("posts_weights must not all be zero"))
        if self.base_posts_share + self.revolving_posts_share > 1:
            raise ValueError(tr("base_posts_share and revolving_posts_share together exceed 1"))
        if self.posts_formula == MOBILE_FORMULA and self.base_posts_share + self.mobile_posts_share > 1:
            raise ValueError(tr("base_posts_share and mobile_posts_share together exceed 1"))
        odd = [category.value for category in self.own_list_categories if category not in VOTING_CATEGORIES]
        if odd or len(set(self.own_list_categories)) < len(self.own_list_categories):
            raise ValueError(tr("own_list_categories must be different categories that choose powers (no subdistrict)"))
        return self

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the post formula, summing to 1: by indicator (a column of `townships`), and `equal`.

        Empty for `wisn`, which goes by required staff.
        """
        if self.posts_formula == "wisn":
            return {}
        parts = (self.posts_weights or POST_FORMULAS[self.posts_formula]).model_dump()
        total = sum(parts.values())
        return {indicator: part / total for indicator, part in parts.items()}

    @property
    def load_stop(self) -> float:
        """Load beyond which no work goes in: the wall, or the end of the last step (share of the hours there)."""
        return self.wall_share if self.overload == "wall" else self.overload_steps[-1].until

    @property
    def post_steps(self) -> dict[str, float]:
        """Parts of a county's posts by step: `base`, `revolving`, `mobile`; the weights spread the rest."""
        stepped, mobile = self.posts_formula in STEPPED_FORMULAS, self.posts_formula == MOBILE_FORMULA
        return {
            "base": self.base_posts_share if stepped else 0.0,
            "revolving": self.revolving_posts_share if stepped and not mobile else 0.0,
            "mobile": self.mobile_posts_share if mobile else 0.0,
        }

    @classmethod
    def caps(cls) -> tuple[str, ...]:
        """Return the numeric keys, those a sweep can vary."""
        return tuple(name for name, field in cls.model_fields.items() if field.annotation in (int, float))
