"""Settings that are moved within ranges: caps, prices, and columns of the case's data, by one way of naming them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import number_at, with_numbers
from devolve_opt.prices import Prices
from devolve_opt.scenario import Change, Scenario
from devolve_opt.schema import numeric_columns

PRICE = "prices."
"""What the name of a price begins with among the settings."""
DATA = "changes."
"""What the name of a column of data begins with; its value is the factor by which all of the column is scaled."""
AROUND = 0.25
"""How far a setting is moved down and up unless told otherwise, as a share of what it is; an assumption."""

Ranges = dict[str, tuple[float, float]]
"""Lowest and highest value of each setting, by name."""
Asked = Sequence[str] | Mapping[str, tuple[float, float] | None]
"""Names of settings, or ranges by name; None stands for the usual range."""


def ranges_of(scenario: Scenario, vary: Asked) -> tuple[Ranges, list[Fault]]:
    """Return lowest and highest value of each setting, and what is wrong with what was asked.

    Args:
        scenario: whose settings are moved.
        vary: names of settings: caps (`guide_list_max`), prices (`prices.choice_met`), columns of data
            (`changes.cases`), if wanted with lowest and highest value; without these a quarter down and up, within what
            is allowed. None: every price that is not 0.
    """
    prices = [f"{PRICE}{name}" for name in Prices.model_fields]
    known = [*Policy.caps(), *prices, *(f"{DATA}{name}" for name in _columns())]
    asked = dict(vary) if isinstance(vary, Mapping) else dict.fromkeys(vary)
    if not asked:
        asked = {name: None for name in prices if number_at(scenario.policy, name)}
    found: Ranges = {}
    faults: list[Fault] = []
    for name, given in asked.items():
        if name not in known:
            message = tr("is no numeric cap or price of the policy, and no column of numbers after `changes.`.")
            faults.append(Fault(message + did_you_mean(name, known), column=name))
            continue
        ends = given or _around(scenario, name)
        if not all(isinstance(end, Real) and isfinite(end) for end in ends) or ends[0] >= ends[1]:
            message = tr("needs a lowest and a higher highest value, such as 90:170.")
            faults.append(Fault(message, column=name, value=":".join(f"{end:g}" for end in ends)))
            continue
        if is_whole(name) and any(end != int(end) for end in ends):
            faults.append(Fault(tr("must be whole numbers."), column=name, value=f"{ends[0]:g}:{ends[1]:g}"))
            continue
        try:
            for end in ends:
                changed(scenario, {name: end})
        except InputError as error:
            faults += [
                replace(
                    fault,
                    column=name,
                    message=tr("{fault} Give another range.", fault=fault.message)
                    if given
                    else tr("{fault} Give a range.", fault=fault.message),
                )
                for fault in error.faults
            ]
            continue
        found[name] = (float(ends[0]), float(ends[1]))
    return found, faults


def is_whole(name: str) -> bool:
    """Whether a setting takes whole numbers only."""
    return not name.startswith((PRICE, DATA)) and Policy.model_fields[name].annotation is int


def changed(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return the scenario with these settings.

    Raises:
        InputError: if a value is not allowed.
    """
    scaled = {name.removeprefix(DATA): value for name, value in values.items() if name.startswith(DATA)}
    numbers = {name: value for name, value in values.items() if not name.startswith(DATA)}
    new = scenario.replace(policy=with_numbers(scenario.policy, numbers)) if numbers else scenario
    if scaled:
        faults = [
            Fault(tr("must not be negative."), column=f"{DATA}{name}", value=f"{value:g}")
            for name, value in scaled.items() if value < 0
        ]  # fmt: skip
        if faults:
            raise InputError(faults)
        changes = {name: Change.model_validate({"scale": value}) for name, value in scaled.items()}
        new = new.replace(case=scenario.data, changes=changes)
        _ = new.data  # what the case does not allow is found now
    return new


def changed_or_where(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return the scenario with these settings, all of which are within their ranges.

    Raises:
        InputError: if they do not go together; it says where the ranges meet.
    """
    try:
        return changed(scenario, values)
    except InputError as error:
        where = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        raise InputError(
            replace(
                fault,
                message=tr("{fault} The ranges meet at {where}; narrow them.", fault=fault.message, where=where),
            )
            for fault in error.faults
        ) from None


def problem_of(settings: Ranges) -> dict[str, Any]:
    """Return the settings as SALib wants them."""
    return {"num_vars": len(settings), "names": list(settings), "bounds": [list(ends) for ends in settings.values()]}


def library(name: str) -> Any:
    """Return a module of a library that only these studies need.

    Raises:
        InputError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        message = tr(
            "this needs {library}, which is not installed; run: pip install 'devolve-opt[sensitivity]'.",
            library=name.partition(".")[0],
        )
        raise InputError([Fault(message)]) from None


def _columns() -> list[str]:
    """Return the columns of numbers by the names that `[changes]` knows."""
    found = numeric_columns()
    return [name if len(columns) == 1 else f"{column.table}.{name}"
            for name, columns in found.items() for column in columns]  # fmt: skip


def _around(scenario: Scenario, name: str) -> tuple[float, float]:
    """Return a quarter less and a quarter more; a share goes up to 1 at most, whole numbers move by 1 at least."""
    value = 1.0 if name.startswith(DATA) else number_at(scenario.policy, name) or 0.0
    low, high = value * (1 - AROUND), value * (1 + AROUND)
    if is_whole(name):
        low, high = max(0.0, min(np.floor(low), value - 1)), max(np.ceil(high), value + 1)
    elif not name.startswith((PRICE, DATA)):
        limits = [limit.le for limit in Policy.model_fields[name].metadata if hasattr(limit, "le")]
        high = min(high, *limits) if limits else high
    return float(low), float(high)
