r"""Global sensitivity: which caps and prices a plan hangs on, found by elementary effects (Morris 1991).

Most prices and many caps are assumptions. All of them are moved at once, along paths on which each step moves one of
them, and every point is solved. The mean size of its steps tells how much hangs on a setting wherever the others stand
($\mu^*$, Campolongo, Cariboni and Saltelli 2007), their spread ($\sigma$) how much that depends on the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, InputError, NoPlanError, did_you_mean
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import number_at, with_numbers
from devolve_opt.prices import Prices
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.comparing import measures, valued_on
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND, digest_of, status_named, without_plan
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.options import check_options, refuse_added_rules
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.solving import solve

PRICE = "prices."
"""What the name of a price begins with among the settings."""
AROUND = 0.25
"""How far a setting is moved down and up unless told otherwise, as a share of what it is; an assumption."""
LEVELS = 4
"""Values that a setting takes, evenly spaced from its lowest to its highest."""
STEP = LEVELS / (2 * (LEVELS - 1))
"""Part of a setting's range that each step goes over, up or down (Morris 1991); of whole numbers, as nearly as they
come."""
MEASURES = {
    "list_kept": "share of the plan's list entries that stay",
    "powers_listed": "powers on the guide list",
    "rounds_met": "rounds of choices met",
    "take_ups": "take-ups",
    "posts_moved_count": "posts moved",
    "officers_trained": "officers trained",
}
"""What is looked at in each point, by name, and what it counts; shown as `tr(MEASURES[...])`."""


@dataclass(frozen=True, eq=False)
class Sensitivity(FrozenFrames):
    """Which settings a plan hangs on.

    Attributes:
        plan: the plan whose settings are moved.
        settings: lowest and highest value of each setting, by name.
        trajectories: how many paths were asked for.
        seed: of the paths.
        points: a row a solved point, in the order of the paths: `trajectory`, `step`, a column for each setting (its
            value), `status`, `objective`, `bound` (staff-hours a year), `gap`, and a column for each of `MEASURES`.
        effects: a row for each setting and measure: `setting, measure`, `mean_size` (mean size of what a step of the
            setting over `STEP` of its range changes, in the unit of the measure), `mean_size_95` (half width of its
            95 % interval, bootstrap), `mean` (of steps upwards, with its sign), `spread` (standard deviation); over the
            paths that are whole, whose number is `paths`.
    """

    plan: Plan
    settings: Mapping[str, tuple[float, float]]
    trajectories: int
    seed: int
    points: pd.DataFrame
    effects: pd.DataFrame

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario

    @property
    def wanted(self) -> int:
        """How many points were asked for; `points` has fewer rows if the study was stopped."""
        return self.trajectories * (len(self.settings) + 1)

    @property
    def finished(self) -> bool:
        """Whether every point has been solved."""
        return len(self.points) == self.wanted

    def ranking(self, measure: str = "list_kept") -> pd.DataFrame:
        """Return the effects on one measure, the greatest first."""
        rows = self.effects[self.effects["measure"] == measure]
        return rows.sort_values("mean_size", ascending=False, kind="stable", ignore_index=True)


def sensitivity(
    plan: Plan,
    vary: Sequence[str] | Mapping[str, tuple[float, float] | None] = (),
    trajectories: int = 4,
    seed: int = 1,
    *,
    gap: float = 0.005,
    time_limit: float | None = None,
    threads: int = 2,
    folder: Path | None = None,
    control: Control | None = None,
    hands: Hands | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> Sensitivity:
    """Move caps and prices along paths and solve each point.

    Args:
        plan: the plan whose settings are moved, all of them around what they are in its scenario.
        vary: names of settings (`guide_list_max`, `prices.choice_met`), if wanted with lowest and highest value;
            without these a quarter down and up, within what is allowed. None: every price that is not 0.
        trajectories: paths; each takes as many solves as there are settings, and one more.
        seed: of the paths.
        gap: relative gap to prove in each point.
        time_limit: seconds for each point; None waits for the gap.
        threads: threads for HiGHS.
        folder: where each point is kept as it is done, so that the same call goes on from there; None keeps nothing.
        control: stops the study; the point it was at is dropped.
        hands: Dask workers that solve points side by side; None solves one after the other here.
        tell: called with a line on each point.
        report: called with each step of a search.

    Raises:
        InputError: if SALib is not installed, an option is not allowed, the plan lists nothing, or a setting is not
            known, has no range or is given one that is not allowed.
    """
    check_options(gap, time_limit, threads)
    refuse_added_rules(plan)
    scenario = plan.scenario
    settings, faults = _settings(scenario, vary)
    faults += (
        [Fault(tr("must be at least 2."), column="trajectories", value=str(trajectories))] if trajectories < 2 else []
    )
    faults += [Fault(tr("must not be negative."), column="seed", value=str(seed))] if seed < 0 else []
    if plan.guide_list.empty:
        faults.append(Fault(tr("the run lists nothing; there is no list to hang on anything."), file="guide_list"))
    if faults:
        raise InputError(faults)
    paths = _paths(settings, trajectories, seed)
    control = control or Control(None)
    lists = set(plan.guide_list[["power", "list"]].itertuples(index=False, name=None))
    jobs = []
    for number, values in enumerate(paths, start=1):
        try:
            changed = _changed(scenario, dict(zip(settings, values, strict=True)))
        except InputError as error:
            where = ", ".join(f"{name} = {value:g}" for name, value in zip(settings, values, strict=True))
            raise InputError(
                replace(
                    fault,
                    message=tr("{fault} The ranges meet at {where}; narrow them.", fault=fault.message, where=where),
                )
                for fault in error.faults
            ) from None
        key = digest_of(valued_on(changed), changed.policy.model_dump(mode="json"), sorted(lists), gap, "sensitivity")
        jobs.append(
            Job(
                tr("point {number}", number=number),
                f"point-{number:04d}.json",
                key,
                dict(zip(settings, values, strict=True)),
            )
        )
    found = solve_all(
        jobs, _solved, _Points(scenario, lists, gap, time_limit, threads), gap=gap, time_limit=time_limit,
        folder=folder, control=control, hands=hands or Hands(), report=report,
        tell=lambda name, point: tell(
            tr("{point} of {all}: {outcome}", point=name, all=len(jobs), outcome=_in_words(point))
        ),
        solve_here=partial(_solved, models=Models()),
    )  # fmt: skip
    rows = []
    for number, job in enumerate(jobs):
        if job.name in found:
            trajectory, step = divmod(number, len(settings) + 1)
            rows.append({"trajectory": trajectory + 1, "step": step, **job.task, **found[job.name]})
    columns = ["trajectory", "step", *settings, "status", "objective", "bound", "gap", *MEASURES]
    points = pd.DataFrame(rows, columns=columns)
    numbers = ["objective", "bound", "gap", *MEASURES]
    points[numbers] = points[numbers].astype(float)
    return Sensitivity(plan, settings, trajectories, seed, points, _effects(settings, points, seed))


def _salib(part: str) -> Any:
    try:
        return importlib.import_module(f"SALib.{part}.morris")
    except ImportError:
        message = tr("sensitivities need SALib, which is not installed; run: pip install 'devolve-opt[sensitivity]'.")
        raise InputError([Fault(message)]) from None


def _settings(
    scenario: Scenario, vary: Sequence[str] | Mapping[str, tuple[float, float] | None]
) -> tuple[dict[str, tuple[float, float]], list[Fault]]:
    """Return lowest and highest value of each setting, and what is wrong with what was asked."""
    known = [*Policy.caps(), *(f"{PRICE}{name}" for name in Prices.model_fields)]
    asked = dict(vary) if isinstance(vary, Mapping) else dict.fromkeys(vary)
    if not asked:
        asked = {name: None for name in known if name.startswith(PRICE) and number_at(scenario.policy, name)}
    found: dict[str, tuple[float, float]] = {}
    faults: list[Fault] = []
    for name, given in asked.items():
        if name not in known:
            message = tr("is no numeric cap or price of the policy.") + did_you_mean(name, known)
            faults.append(Fault(message, column=name))
            continue
        ends = given or _around(name, number_at(scenario.policy, name) or 0.0)
        if not all(isinstance(end, Real) and isfinite(end) for end in ends) or ends[0] >= ends[1]:
            message = tr("needs a lowest and a higher highest value, such as 90:170.")
            faults.append(Fault(message, column=name, value=":".join(f"{end:g}" for end in ends)))
            continue
        if _whole(name) and any(end != int(end) for end in ends):
            faults.append(Fault(tr("must be whole numbers."), column=name, value=f"{ends[0]:g}:{ends[1]:g}"))
            continue
        try:
            for end in ends:
                _changed(scenario, {name: end})
        except InputError as error:
            faults += [
                replace(fault, column=name, message=tr("{fault} Give a range.", fault=fault.message))
                for fault in error.faults
            ]
            continue
        found[name] = (float(ends[0]), float(ends[1]))
    return found, faults


def _whole(name: str) -> bool:
    return not name.startswith(PRICE) and Policy.model_fields[name].annotation is int


def _around(name: str, value: float) -> tuple[float, float]:
    """Return a quarter less and a quarter more; a share goes up to 1 at most, whole numbers move by 1 at least."""
    low, high = value * (1 - AROUND), value * (1 + AROUND)
    if _whole(name):
        low, high = max(0.0, min(np.floor(low), value - 1)), max(np.ceil(high), value + 1)
    elif not name.startswith(PRICE):
        limits = [limit.le for limit in Policy.model_fields[name].metadata if hasattr(limit, "le")]
        high = min(high, *limits) if limits else high
    return float(low), float(high)


def _changed(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return the scenario with these settings.

    Raises:
        InputError: if a value is not allowed.
    """
    return scenario.replace(policy=with_numbers(scenario.policy, values))


def _paths(settings: Mapping[str, tuple[float, float]], trajectories: int, seed: int) -> np.ndarray:
    """Return the points, shape (trajectories x (settings + 1), settings); whole numbers are rounded to such."""
    points = _salib("sample").sample(_problem(settings), trajectories, num_levels=LEVELS, seed=seed)
    whole = [_whole(name) for name in settings]
    points[:, whole] = np.round(points[:, whole])
    return np.asarray(points, dtype=float)


def _problem(settings: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    return {"num_vars": len(settings), "names": list(settings), "bounds": [list(ends) for ends in settings.values()]}


@dataclass(frozen=True, eq=False)
class _Points:
    """What all points share: the scenario, the plan's list entries, and how each is solved."""

    scenario: Scenario
    lists: set[tuple[Any, ...]]
    gap: float
    time_limit: float | None
    threads: int


def _solved(
    values: Mapping[str, float], how: _Points, control: Control, report: Callable[[Step], None],
    models: Models | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """Return what is known of a point, or None if the user stopped it."""
    nothing = dict.fromkeys(("objective", "bound", "gap", *MEASURES), np.nan)
    try:
        plan = solve(
            _changed(how.scenario, values), gap=how.gap, threads=how.threads,
            control=Control(how.time_limit, control.event), explain=False, models=models, report=report,
        )  # fmt: skip
    except NoPlanError as error:
        if control.stopped:
            return None
        return {"status": without_plan(error), **nothing}
    if control.stopped:
        return None
    entries = set(plan.guide_list[["power", "list"]].itertuples(index=False, name=None))
    figures = {**measures(plan), "list_kept": len(entries & how.lists) / len(how.lists)}
    return {name: figures[name] for name in ("status", *nothing)}


def _in_words(point: Mapping[str, Any]) -> str:
    if point["status"] in (NO_PLAN, NOT_FOUND):
        return tr("no plan keeps the rules") if point["status"] == NO_PLAN else tr("no plan found in time")
    return tr(
        "{status}, {share:.0f} % of the list stays, {rounds:,.0f} rounds met",
        status=status_named(point["status"]), share=100 * point["list_kept"], rounds=point["rounds_met"],
    )  # fmt: skip


def _effects(settings: Mapping[str, tuple[float, float]], points: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the elementary effects over the paths with a plan in every point; no rows if they are fewer than two."""
    length = len(settings) + 1
    sound = points.groupby("trajectory")["list_kept"].count()
    rows = points[points["trajectory"].isin(sound.index[sound == length])]
    columns = ["setting", "measure", "mean_size", "mean_size_95", "mean", "spread", "paths"]
    # A mean of one path says nothing of how far it may be off.
    if len(rows) < 2 * length:
        return pd.DataFrame(columns=columns)
    inputs = rows[list(settings)].to_numpy(float)
    found = []
    for measure in MEASURES:
        outcome = _salib("analyze").analyze(
            _problem(settings), inputs, rows[measure].to_numpy(float), num_levels=LEVELS, seed=seed
        )
        # The library relates a change to the whole range; what was solved is a step over a part of it.
        sources = {"mean_size": "mu_star", "mean_size_95": "mu_star_conf", "mean": "mu", "spread": "sigma"}
        sizes = {name: STEP * np.asarray(outcome[own], dtype=float) for name, own in sources.items()}
        frame = pd.DataFrame({"setting": list(settings), "measure": measure, **sizes, "paths": len(rows) // length})
        found.append(frame[columns])
    return pd.concat(found, ignore_index=True)
