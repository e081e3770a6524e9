"""Rerun: a run solved once more as its manifest says, and whether the same came out.

Searches that keep two cores busy, or that time ends, may find another plan the next time. Then it counts whether both
can be right: neither plan may be worth more than the other run's bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Decisions, Plan
from devolve_opt.solver.progress import Step
from devolve_opt.studies.manifest import NO_RUN, read_manifest
from devolve_opt.studies.options import AGREEMENT, refuse_added_rules
from devolve_opt.studies.solving import solve
from devolve_opt.version import versions


@dataclass(frozen=True, eq=False)
class Rerun(FrozenFrames):
    """A run and what solving it once more gave.

    Attributes:
        before: the plan of the run, read back and judged anew.
        plan: the plan found now, with the same options.
        differences: a row for each part of the decisions that differs: `part` (a table of `Decisions`), `before` and
            `now`, rows that only the one or the other has; empty where the plans are the same.
        versions: by package, the versions then and now, where they differ.
    """

    before: Plan
    plan: Plan
    differences: pd.DataFrame
    versions: dict[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        """Whether the very same plan came out."""
        return self.differences.empty

    @property
    def agrees(self) -> bool:
        """Whether both can be right: neither plan is worth more than the other's bound."""
        one, other = self.before, self.plan
        slack = AGREEMENT * max(1.0, abs(one.objective), abs(other.objective))
        return one.objective <= other.bound + slack and other.objective <= one.bound + slack


def rerun(before: Plan, folder: str | Path, report: Callable[[Step], None] = lambda step: None) -> Rerun:
    """Solve a run once more with policy, changes, method, gap, time limit and threads as in its manifest.

    Args:
        before: the plan of the run, as `read_run` reads it.
        folder: what `run` wrote.
        report: called with each step of the search.

    Raises:
        InputError: if the manifest does not say how it was solved, or the plan keeps rules of the user's own, which a
            manifest does not hold.
        NoPlanError: if no plan is found this time.
    """
    refuse_added_rules(before)
    options = before.options
    try:
        gap, threads, limit = float(options["gap"]), int(options["threads"]), options["time_limit"]
        limit = None if limit is None else float(limit)
    except (KeyError, TypeError, ValueError):
        raise InputError([Fault(tr(NO_RUN), file=str(folder))]) from None
    plan = solve(before.scenario, before.method, gap, limit, threads, report=report)
    return Rerun(before, plan, _differences(before.decisions, plan.decisions), _versions(read_manifest(folder)))


def _differences(before: Decisions, now: Decisions) -> pd.DataFrame:
    rows = []
    for part in (each.name for each in fields(Decisions)):
        one, other = (_rows(getattr(decisions, part)) for decisions in (before, now))
        if one != other:
            rows.append((part, len(one - other), len(other - one)))
    return pd.DataFrame(rows, columns=["part", "before", "now"])


def _rows(table: pd.DataFrame) -> set[tuple[str, ...]]:
    """Return the rows of a table of decisions as texts; a row of numbers that are all 0 says nothing."""
    if isinstance(table.index, pd.RangeIndex):
        return set(table.astype(str).itertuples(index=False, name=None))
    numbers = table.astype("int64")
    numbers = numbers[(numbers != 0).any(axis=1)]
    return set(numbers.reset_index().astype(str).itertuples(index=False, name=None))


def _versions(manifest: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    then, now = manifest["versions"], versions()
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    missing = tr("not installed")
    return {name: (str(then.get(name) or missing), str(now.get(name) or missing)) for name in names}
