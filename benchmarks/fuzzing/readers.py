"""Every reader of input from outside, by name; a new one is a class with `base` and `draw`, named here."""

from __future__ import annotations

from benchmarks.fuzzing.elections import Elections
from benchmarks.fuzzing.folders import CaseFolders
from benchmarks.fuzzing.runs import KeptPoints, Runs
from benchmarks.fuzzing.tomls import Countries, Duties, Scenarios
from benchmarks.fuzzing.trials import Reader
from benchmarks.fuzzing.workbooks import Workbooks

READERS: dict[str, type[Reader]] = {
    each.name: each for each in (CaseFolders, Scenarios, Duties, Countries, Workbooks, Elections, Runs, KeptPoints)
}
"""Readers by name, in the order in which they are tried."""


def shared_out(inputs: int, names: list[str]) -> dict[str, int]:
    """Return how many of so many inputs each reader gets, by its share; each gets one at least."""
    whole = sum(READERS[name].share for name in names)
    return {name: max(1, round(inputs * READERS[name].share / whole)) for name in names}
