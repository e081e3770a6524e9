"""What a plan's figures rest on: assumed prices and caps, prices of the scenario's own, and data that it changes."""

from __future__ import annotations

from collections.abc import Iterator

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.prices import Prices
from devolve_opt.schema import columns_named
from devolve_opt.settings import ASSUMPTION, Settings
from devolve_opt.views.page import wrapped
from devolve_opt.views.wording import worded


def caveat_lines(plan: Plan) -> list[str]:
    """Return what the figures of a plan rest on: prices and caps that are assumptions, and changed data."""
    policy = plan.scenario.policy
    lines = []
    prices = [
        f"{worded(name)} {getattr(policy.prices, name):g}"
        for name, key in Prices.model_fields.items()
        if _assumed(key) and getattr(policy.prices, name) == key.default
    ]
    if prices:
        lines += wrapped(tr("Assumed prices, not observed ones (h): "), prices)
    of_instruments = list(_assumed_of_instruments(policy))
    if of_instruments:
        lines += wrapped(tr("Assumed for the instruments that are on: "), of_instruments)
    own = [name for name in Prices.model_fields if getattr(policy.prices, name) != Prices.model_fields[name].default]
    if own:
        prices = [f"{worded(name)} {getattr(policy.prices, name):g}" for name in own]
        lines += wrapped(tr("Prices that this scenario sets (h): "), prices)
    keys = {name: key for name, key in Policy.model_fields.items() if name != "prices"}
    assumed = [name for name, key in keys.items() if _assumed(key) and getattr(policy, name) == key.default]
    if assumed:
        said = tr(
            "{n} of {every} caps and shares are this software's assumptions, not the report's figures.",
            n=len(assumed), every=len(keys),
        )  # fmt: skip
        lines.append(said)
    if plan.scenario.changes:
        lines += wrapped(tr("The scenario changes the data (sum of the column): "), _changed_sums(plan))
    return lines


def _changed_sums(plan: Plan) -> list[str]:
    before, after = plan.scenario.case, plan.scenario.data
    said = []
    for key in plan.scenario.changes:
        [column] = columns_named(key)
        old, new = (case.tables[column.table][column.name].sum() for case in (before, after))
        said.append(tr("{key} {old:,.6g} to {new:,.6g}", key=key, old=old, new=new))
    return said


def _assumed(key: object) -> bool:
    extra = getattr(key, "json_schema_extra", None)
    return isinstance(extra, dict) and extra.get("source") == ASSUMPTION


def _assumed_of_instruments(policy: Policy) -> Iterator[str]:
    """Yield the prices and worths of the instruments that are on, as far as they are assumptions left as they are."""
    for name in Policy.model_fields:
        settings = getattr(policy, name)
        if name == "prices" or not isinstance(settings, Settings):
            continue
        for key, field in type(settings).model_fields.items():
            value = getattr(settings, key)
            if (
                ("price" in key or key in ("worth", "hours"))
                and _assumed(field)
                and value is not None
                and value == field.default
            ):
                yield f"{name}.{key} {value:g}"
