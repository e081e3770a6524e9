r"""Global sensitivity: which caps and prices a plan hangs on, found by elementary effects (Morris 1991).

Most prices and many caps are assumptions. All of them are moved at once, along paths on which each step moves one of
them, and every point is solved. The mean size of its steps tells how much hangs on a setting wherever the others stand
($\mu^*$, Campolongo, Cariboni and Saltelli 2007), their spread ($\sigma$) how much that depends on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from devolve_opt.errors import Fault, InputError, NoPlanError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.comparing import measures, valued_on
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND, digest_of, status_named, without_plan
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.options import check_options, refuse_added_rules
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.ranges import (
    Asked,
    Ranges,
    changed,
    changed_or_where,
    is_whole,
    library,
    problem_of,
    ranges_of,
)
from devolve_opt.studies.solving import solve

LEVELS = 4
"""Values that a setting takes, evenly spaced from its lowest to its highest."""
STEP = LEVELS / (2 * (LEVELS - 1))
"""Part of a setting's range that each step goes over, up or down (Morris 1991); of whole numbers, as nearly as they
come."""
FEW_PATHS = 10
"""Paths below which a setting that counts only where certain others stand is easily missed: Morris studies use ten to
fifty."""
LEAST_PATHS = 5
"""Paths below which nothing is said of how far a mean may be off."""
MEASURES = {
    "list_kept": "share of the plan's list entries that stay",
    "powers_listed": "powers on the guide list",
    "rounds_met": "rounds of choices met",
    "take_ups": "take-ups in all",
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
            95 % interval by Student's t; NaN for fewer than `LEAST_PATHS` paths), `mean` (of steps upwards, with its
            sign), `spread` (standard deviation); over the paths that are whole, whose number is `paths`.
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
    vary: Asked = (),
    trajectories: int = FEW_PATHS,
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
        vary: names of settings (`guide_list_max`, `prices.choice_met`, `changes.cases`), if wanted with lowest and
            highest value; without these a quarter down and up, within what is allowed. None: every price that is not 0.
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
    settings, faults = ranges_of(scenario, vary)
    faults += (
        [Fault(tr("must be at least 2."), column="trajectories", value=str(trajectories))] if trajectories < 2 else []
    )
    faults += wrong_with(plan, seed)
    if faults:
        raise InputError(faults)
    control = control or Control(None)
    shared = Points(scenario, entries_of(plan), gap, time_limit, threads)
    jobs = jobs_at(_paths(settings, trajectories, seed), settings, shared, "sensitivity")
    found = solve_all(
        jobs, solved_at, shared, gap=gap, time_limit=time_limit,
        folder=folder, control=control, hands=hands or Hands(), report=report,
        tell=lambda name, point: tell(
            tr("{point} of {all}: {outcome}", point=name, all=len(jobs), outcome=in_words(point))
        ),
        solve_here=partial(solved_at, models=Models()),
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


def _paths(settings: Ranges, trajectories: int, seed: int) -> np.ndarray:
    """Return the points, shape (trajectories x (settings + 1), settings); whole numbers are rounded to such."""
    morris = library("SALib.sample.morris")
    points = morris.sample(problem_of(settings), trajectories, num_levels=LEVELS, seed=seed)
    whole = [is_whole(name) for name in settings]
    points[:, whole] = np.round(points[:, whole])
    return np.asarray(points, dtype=float)


@dataclass(frozen=True, eq=False)
class Points:
    """What all points share: the scenario, the plan's list entries, and how each is solved."""

    scenario: Scenario
    lists: set[tuple[Any, ...]]
    gap: float
    time_limit: float | None
    threads: int


def wrong_with(plan: Plan, seed: int) -> list[Fault]:
    """Return what is wrong with a plan whose list is looked at in points, and with their seed."""
    faults = [Fault(tr("must not be negative."), column="seed", value=str(seed))] if seed < 0 else []
    if plan.guide_list.empty:
        faults.append(Fault(tr("the run lists nothing; there is no list to hang on anything."), file="guide_list"))
    return faults


def entries_of(plan: Plan) -> set[tuple[Any, ...]]:
    """Return the entries of a plan's lists as pairs of power and list."""
    return set(plan.guide_list[["power", "list"]].itertuples(index=False, name=None))


def jobs_at(points: np.ndarray, settings: Ranges, shared: Points, study: str) -> list[Job]:
    """Return a job for each point, shape (points, settings), of a study.

    Raises:
        InputError: if settings do not go together at a point.
    """
    jobs = []
    for number, row in enumerate(points.tolist(), start=1):
        values = dict(zip(settings, row, strict=True))
        point = changed_or_where(shared.scenario, values)
        key = digest_of(
            valued_on(point), point.policy.model_dump(mode="json"), sorted(shared.lists), shared.gap, study
        )  # fmt: skip
        jobs.append(Job(tr("point {number}", number=number), f"point-{number:04d}.json", key, values))
    return jobs


def solved_at(
    values: Mapping[str, float], how: Points, control: Control, report: Callable[[Step], None],
    models: Models | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """Return what is known of a point, or None if the user stopped it."""
    nothing = dict.fromkeys(("objective", "bound", "gap", *MEASURES), np.nan)
    try:
        plan = solve(
            changed(how.scenario, values), gap=how.gap, threads=how.threads,
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


def in_words(point: Mapping[str, Any]) -> str:
    """Return what a point came to, in a line."""
    if point["status"] in (NO_PLAN, NOT_FOUND):
        return tr("no plan keeps the rules") if point["status"] == NO_PLAN else tr("no plan found in time")
    return tr(
        "{status}, {share:.0f} % of the list stays, {rounds:,.0f} rounds met",
        status=status_named(point["status"]), share=100 * point["list_kept"], rounds=point["rounds_met"],
    )  # fmt: skip


def _effects(settings: Ranges, points: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the elementary effects over the paths with a plan in every point; no rows if they are fewer than two."""
    length = len(settings) + 1
    sound = points.groupby("trajectory")["list_kept"].count()
    rows = points[points["trajectory"].isin(sound.index[sound == length])]
    columns = ["setting", "measure", "mean_size", "mean_size_95", "mean", "spread", "paths"]
    # A mean of one path says nothing of how far it may be off.
    if len(rows) < 2 * length:
        return pd.DataFrame(columns=columns)
    inputs, paths = rows[list(settings)].to_numpy(float), len(rows) // length
    found = []
    for measure in MEASURES:
        outcome = library("SALib.analyze.morris").analyze(
            problem_of(settings), inputs, rows[measure].to_numpy(float), num_levels=LEVELS, seed=seed
        )
        # The library relates a change to the whole range; what was solved is a step over a part of it.
        mean_size, mean, spread = (STEP * np.asarray(outcome[own], dtype=float) for own in ("mu_star", "mu", "sigma"))
        frame = pd.DataFrame({
            "setting": list(settings), "measure": measure, "mean_size": mean_size,
            "mean_size_95": _half_width(mean_size, mean, spread, paths), "mean": mean, "spread": spread, "paths": paths,
        })  # fmt: skip
        found.append(frame[columns])
    return pd.concat(found, ignore_index=True)


def _half_width(mean_size: np.ndarray, mean: np.ndarray, spread: np.ndarray, paths: int) -> np.ndarray:
    """Return half the width of the 95 % interval of the mean size, of effects with this mean and standard deviation."""
    if paths < LEAST_PATHS:
        return np.full(len(mean_size), np.nan)
    squares = spread**2 * (paths - 1) / paths + mean**2
    variance = np.maximum(0.0, squares - mean_size**2) * paths / (paths - 1)
    return np.asarray(t.ppf(0.975, paths - 1) * np.sqrt(variance / paths), dtype=float)
