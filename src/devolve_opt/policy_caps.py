"""The numbers of a policy: what each is called, its unit, default, source and limits, and the policy with another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.settings import ASSUMPTION

NAMES = {
    "base_list_max": "powers on the base list, at most",
    "guide_list_max": "powers on the guide list, at most",
    "category_list_max": "powers on the list of a category, at most",
    "base_share_min": "ratio rule: share that chose it, for the base list",
    "category_share_min": "ratio rule: share that chose it, for a category list",
    "new_powers_max": "powers a township may take up",
    "use_min": "expected use below which a power may be withdrawn",
    "choice_floor": "share of its choices that a township should have met",
    "new_fields_max": "fields in which a township may become ready",
    "overload_free_share": "load up to which hours are free",
    "wall_share": "load that nobody may exceed, where the wall is chosen",
    "lent_share_max": "staff lent upwards, at most",
    "base_posts_share": "base posts",
    "revolving_posts_share": "revolving posts",
    "revolving_posts_max": "revolving posts in a township, at most",
    "mobile_posts_share": "mobile reserve of posts",
    "category_allowance_share": "WISN: time for what no workload counts",
    "individual_allowance_hours": "WISN: hours for what single persons do",
    "posts_band": "band around the share by the formula",
    "posts_moved_max": "posts that townships may gain in all",
    "officers_min": "certified officers in an office, at least",
    "attrition_share": "certificates lost in a year",
    "training_places_max": "training places",
    "exam_pass_share": "candidates who pass the examination",
    "officers_per_field": "officers before any field with penalties",
    "fields_at_minimum": "fields that an office of the minimum size can work in",
    "fields_per_officer": "further fields with each further officer",
    "officer_hours_share": "officers' hours that go to enforcement",
    "joint_case_hours": "officers' hours on a joint case",
}
"""Short name of each cap; shown as `tr(NAMES[key])`."""
FIRST = (
    "base_list_max", "guide_list_max", "category_list_max", "new_powers_max", "new_fields_max", "posts_moved_max",
    "posts_band", "officers_min", "training_places_max", "lent_share_max", "choice_floor", "attrition_share",
)  # fmt: skip
"""Caps that are asked about most; the others stand behind them."""
FINE = 0.005
"""Step of a share."""


@dataclass(frozen=True)
class Cap:
    """One number of the policy that can be set.

    Attributes:
        key: its key in the policy.
        name: what it is called, `unit`, `source`, `meaning`: in the language spoken here.
        assumed: whether its default is an assumption of this software, which then has no other source.
        default: of the policy, None where it has no number; `given`: what the scenario has.
        least, most: between what it may lie; `most` is infinite where nothing limits it.
        whole: whether it is a whole number.
    """

    key: str
    name: str
    unit: str
    source: str
    meaning: str
    assumed: bool
    default: float | None
    given: float
    least: float
    most: float
    whole: bool

    @property
    def is_share(self) -> bool:
        """Whether it is a share between 0 and 1."""
        return not self.whole and self.most <= 1


def caps_of(policy: Policy) -> list[Cap]:
    """Return every number of the policy itself, those asked about most first."""
    keys = [*FIRST, *(key for key in Policy.caps() if key not in FIRST)]
    return [cap_of(policy, key) for key in keys]


def number_at(policy: Policy, key: str) -> int | float | None:
    """Return the number that stands under a key, with dots for those of a table; None if there is none."""
    value: Any = policy
    for part in key.split("."):
        value = getattr(value, part, None)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def with_numbers(policy: Policy, numbers: Mapping[str, float]) -> Policy:
    """Return the policy with other numbers, by key, with dots for those of a table.

    Raises:
        InputError: if the policy does not allow them.
    """
    changes: dict[str, Any] = {}
    for key, value in numbers.items():
        head, _, rest = key.partition(".")
        number = int(value) if cap_of(policy, key).whole else float(value)
        if rest:
            changes.setdefault(head, {})[rest] = number
        else:
            changes[head] = number
    return policy.replace(**changes)


def cap_of(policy: Policy, key: str) -> Cap:
    """Return a number of the policy, with dots in the key for those of a table."""
    table, _, name = key.rpartition(".")
    owner: Any = policy
    for part in table.split(".") if table else ():
        owner = getattr(owner, part)
    field = type(owner).model_fields[name]
    about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    limits = {
        sign: float(getattr(limit, sign))
        for limit in field.metadata for sign in ("ge", "gt", "le", "lt") if hasattr(limit, sign)
    }  # fmt: skip
    unit, source = str(about.get("unit", "")), str(about.get("source", ""))
    assumed = source == ASSUMPTION
    return Cap(
        key, tr(NAMES[key]) if key in NAMES else key, tr(unit), "" if assumed else tr(source),
        tr(field.description or ""), assumed,
        float(field.default) if isinstance(field.default, int | float) else None, float(getattr(owner, name)),
        # Above a limit means a step above it.
        limits.get("ge", limits.get("gt", -math.inf) + FINE), limits.get("le", limits.get("lt", math.inf) - FINE),
        field.annotation is int,
    )  # fmt: skip


def changed(policy: Policy, values: Mapping[str, float]) -> dict[str, float]:
    """Return those of the values that differ from the policy's, whole where the policy wants whole numbers."""
    whole = {key for key in Policy.caps() if Policy.model_fields[key].annotation is int}
    given = {key: int(value) if key in whole else float(value) for key, value in values.items()}
    return {key: value for key, value in given.items() if value != getattr(policy, key)}
