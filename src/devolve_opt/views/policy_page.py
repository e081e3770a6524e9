"""The page on the policy's keys, `scenarios/POLICY.md`: generated from the policy itself.

Run as a module to write it: `python -m devolve_opt.views.policy_page scenarios/POLICY.md`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from devolve_opt.instruments import (
    AreaTeams,
    CountyOpening,
    Duties,
    Goal,
    LentReturns,
    MeasurePrices,
    MeasureShares,
    OfficeHeads,
    OfficePrices,
    Offices,
    Phases,
    Retention,
    Stations,
    UncertainHours,
)
from devolve_opt.language import in_both
from devolve_opt.pins import Pin
from devolve_opt.policy import CategoryTilt, Policy, PostWeights
from devolve_opt.prices import OverloadStep, Prices

SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("[policy]", Policy, "Caps, shares and choices of the policy."),
    ("[policy.prices]", Prices, "Prices of the objective's terms."),
    ("[[policy.overload_steps]]", OverloadStep, "One step of the price of overload; give them in rising order."),
    ("[policy.posts_weights]", PostWeights, "Weights of the post formula, where it takes them."),
    (
        "[policy.base_posts_tilt]` and `[policy.posts_tilt]", CategoryTilt,
        "Posts of a township of each category in relation to one another: base posts, or all that the weights spread.",
    ),
    ("[policy.county_opening]", CountyOpening, "County approval; its presence switches the instrument on."),
    ("[policy.lent_returns]", LentReturns, "Returns of lent staff beyond the cap; its presence switches them on."),
    ("[policy.retention]", Retention, "Powers likely to be withdrawn; its presence prices and caps them."),
    ("[policy.uncertain_hours]", UncertainHours, "Powers that take more hours; its presence keeps the hard limits."),
    ("[policy.office_heads]", OfficeHeads, "Leaders who head enforcement offices; its presence lets them."),
    ("[policy.stations]", Stations, "Stations managed by townships or devolved; its presence switches them on."),
    ("[policy.stations.hour_shares]", MeasureShares, "Hours of a managed station that each measure brings."),
    ("[policy.stations.prices]", MeasurePrices, "Prices of the measures."),
    ("[policy.duties]", Duties, "Duties laid on townships; its presence lets the plan decide which are carried where."),
    ("[policy.phases]", Phases, "Handing over in batches; its presence lays the batches over the plan of a run."),
    ("[policy.offices]", Offices, "Functions merged into offices; its presence lets a run arrange them too."),
    ("[policy.offices.prices]", OfficePrices, "Prices of what that study weighs."),
    ("[policy.area_teams]", AreaTeams, "Stationed enforcement teams; its presence counts what they take over."),
    ("[[policy.goals]]", Goal, "A term of the objective that comes first; give as many as there are, in their order."),
    ("[[policy.pins]]", Pin, "One decision that is made already; give as many as there are. They survive every solve."),
)  # fmt: skip


def policy_page() -> str:
    """Return the page as Markdown: every key with default, range, unit, source and meaning."""
    lines = [
        "# The policy's keys",
        "",
        "Generated from `devolve_opt.policy`; `make models` writes it anew. Keys that a scenario leaves out keep their",
        "default. A source `assumption` means that neither the report nor the law gives the number: it is this",
        "software's.",
    ]
    for heading, settings, meaning in SECTIONS:
        lines += [
            "",
            f"## `{heading}`",
            "",
            in_both(meaning, "\n\n", "en"),
            "",
            "| key | default | allowed | unit | source | meaning |",
        ]
        lines += ["|---|---|---|---|---|---|"]
        lines += [
            f"| `{name}` | {_default(key)} | {_allowed(key)} | {_extra(key, 'unit')} | {_extra(key, 'source')} "
            f"| {_both(str(key.description))} |"
            for name, key in settings.model_fields.items()
            if name != "prices"
        ]
    return "\n".join(lines) + "\n"


def _default(key: FieldInfo) -> str:
    if key.is_required():
        return "required"
    value = key.get_default(call_default_factory=True)
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, tuple):
        return "see below" if isinstance(value[0], BaseModel) else ", ".join(f"`{item}`" for item in value)
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _allowed(key: FieldInfo) -> str:
    words = {"ge": "at least {:g}", "gt": "above {:g}", "le": "at most {:g}", "lt": "below {:g}"}
    limits = [
        text.format(getattr(limit, sign))
        for limit in key.metadata
        for sign, text in words.items()
        if hasattr(limit, sign)
    ]
    return ", ".join(limits)


def _extra(key: FieldInfo, name: str) -> str:
    extra: Any = key.json_schema_extra
    return _both(str(extra[name])) if isinstance(extra, dict) and name in extra else ""


def _both(text: str) -> str:
    """Return a text with its Chinese below it."""
    return in_both(text, "<br>", "en")


def main() -> None:
    """Write the page to the file that the command names."""
    Path(sys.argv[1]).write_text(policy_page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
