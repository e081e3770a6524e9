"""The two-stage problem: guide lists (and posts, if wanted) now; officers and take-up once a future's data are known.

The lists of the plan and of each future stand against one another in every future (sample average approximation). What
is best in each future with its lists free bounds what any one list can be worth, on average and in the worst of them:
nobody can do better than to know the future before the lists are decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.comparing import valued_on
from devolve_opt.studies.kept import digest_of, status_named
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.options import check_options
from devolve_opt.studies.robust import FutureSolves, Robustness, posts_of, solved_in, worst_count

PLAN = "plan"
MEASURES = {"mean": "on average", "cvar": "on average of the worst fifth of the futures"}
"""What a list is judged by: its expected worth, or the conditional value at risk, by name."""
FUTURE = "future "
"""What the name of a future's own list begins with; its number follows."""


@dataclass(frozen=True, eq=False)
class TwoStage(FrozenFrames):
    """Guide lists side by side over futures.

    Attributes:
        robustness: the study whose futures and lists these are.
        guide_lists: by name (`plan`, `future 3`), the list: columns `power, list`. The same list comes once.
        posts: by name, the posts held with the list: columns `township, posts_kept`; empty where none are held.
            The same list with other posts is another one.
        values: a row a list and future: `list, future, status, worth, bound` (staff-hours a year).
        lists: a row a list, best on average first: `list`, `powers`, `futures` in which a plan and a bound with it are
            known, and by measure `mean_worth`, `mean_bound`, `cvar_worth`, `cvar_bound` (staff-hours a year): what it
            is worth at least and at most over all of the futures; blank unless known in all of them.
        bounds: by measure, what no guide list is worth more than over these futures.
        finished: whether every list has been solved in every future.
    """

    robustness: Robustness
    guide_lists: dict[str, pd.DataFrame]
    posts: dict[str, pd.DataFrame]
    values: pd.DataFrame
    lists: pd.DataFrame
    bounds: dict[str, float]
    finished: bool

    def best(self, measure: str) -> str | None:
        """Return the name of the list worth most by a measure, the plan's own of equals.

        None if none is known, or not every list has been solved in every future.
        """
        if not self.finished:
            return None
        worth = self.lists.set_index("list")[f"{measure}_worth"].dropna()
        if worth.empty:
            return None
        return PLAN if worth.get(PLAN) == worth.max() else str(worth.idxmax())

    def gain(self, measure: str) -> tuple[float, float]:
        """Return what the best list is worth more than the plan's, at least and at most; NaN where not known."""
        best, rows = self.best(measure), self.lists.set_index("list")
        if best is None or best == PLAN or PLAN not in rows.index:
            return (0.0, 0.0) if best == PLAN else (np.nan, np.nan)
        ends = {name: [float(rows[f"{measure}_{side}"][name]) for side in ("worth", "bound")] for name in (PLAN, best)}
        (worth, bound), (other_worth, other_bound) = ends[PLAN], ends[best]
        return (max(0.0, other_worth - bound), other_bound - worth) if np.isfinite(bound) else (np.nan, np.nan)


def two_stage(
    found: Robustness,
    *,
    gap: float = 0.002,
    time_limit: float | None = None,
    threads: int = 2,
    folder: Path | None = None,
    control: Control | None = None,
    hands: Hands | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> TwoStage:
    """Solve every future with the list of every other in force.

    Futures of which no bound is known, with the lists free, are left out: where no plan keeps the rules whatever the
    lists, or nothing was found in time.

    Args:
        found: a study of robustness; its futures and lists.
        gap: relative gap to prove in each solve.
        time_limit: seconds for each solve; None waits for the gap.
        threads: threads for HiGHS.
        folder: where each solve is kept as it is done, so that the same call goes on from there; None keeps nothing.
        control: stops the study; the solve it was at is dropped.
        hands: Dask workers that solve side by side; None solves one after the other here.
        tell: called with a line on each solve.
        report: called with each step of a search.

    Raises:
        InputError: if an option is not allowed.
    """
    check_options(gap, time_limit, threads)
    control = control or Control(None)
    scenario = found.scenario
    known = found.futures[found.futures["bound"].notna()].set_index("future")
    every = {PLAN: found.plan.guide_list, **{f"{FUTURE}{n}": found.lists[n] for n in known.index}}
    posts: dict[str, pd.DataFrame] = {}
    if found.hold_posts:
        posts = {PLAN: posts_of(found.plan), **{f"{FUTURE}{n}": found.posts[n] for n in known.index}}
    guide_lists = _different(every, posts)
    posts = {name: posts[name] for name in guide_lists if name in posts}
    rows: list[dict[str, Any]] = []
    jobs = []
    for name, lists in guide_lists.items():
        key = digest_of(
            valued_on(scenario), scenario.policy.model_dump(mode="json"), lists.to_dict("list"), found.seed,
            list(found.uncertain), gap, "two-stage", posts[name].to_dict("list") if name in posts else None,
        )  # fmt: skip
        for row in known.reset_index().to_dict("records"):
            number = int(row["future"])
            prefix = "held_" if name == PLAN else ""
            if name in (PLAN, f"{FUTURE}{number}"):
                point = {each: row[f"{prefix}{each}"] for each in ("status", "worth", "bound")}
                rows.append({"list": name, "future": number, **point})
            else:
                file = f"{name.replace(' ', '-')}-in-{number:04d}{'-posts' if posts else ''}.json"
                called = tr("{list} in future {number}", list=list_in_words(name), number=number)
                jobs.append(Job(called, file, key, (name, number)))
    how = FutureSolves(scenario, found.seed, found.uncertain, gap, time_limit, threads, found.plan.guide_list)

    def told(name: str, point: dict[str, Any]) -> None:
        tell(tr("{solve}: {status}", solve=name, status=status_named(point["status"])))

    points = solve_all(
        jobs, _solved, (how, guide_lists, posts), gap=gap, time_limit=time_limit, folder=folder, control=control,
        hands=hands or Hands(), tell=told, report=report,
    )  # fmt: skip
    finished = found.finished and len(points) == len(jobs)
    for job in jobs:
        if job.name in points:
            point = {each: points[job.name][each] for each in ("status", "worth", "bound")}
            rows.append({"list": job.task[0], "future": job.task[1], **point})
    order = {name: place for place, name in enumerate(guide_lists)}
    rows.sort(key=lambda row: (order[row["list"]], row["future"]))
    values = pd.DataFrame(rows, columns=["list", "future", "status", "worth", "bound"])
    values[["worth", "bound"]] = values[["worth", "bound"]].astype(float).replace([np.inf, -np.inf], np.nan)
    # A plan with the lists held is one with free lists too.
    values["bound"] = np.minimum(values["bound"], values["future"].map(known["bound"]).astype(float))
    bounds = measured(known["bound"].to_numpy(float))
    return TwoStage(found, guide_lists, posts, values, _lists(values, guide_lists, len(known)), bounds, finished)


def _solved(
    task: tuple[str, int], shared: tuple[FutureSolves, dict[str, pd.DataFrame], dict[str, pd.DataFrame]],
    control: Control, report: Callable[[Step], None],
) -> dict[str, Any] | None:  # fmt: skip
    (name, number), (how, guide_lists, posts) = task, shared
    return solved_in(how.drawn(number), guide_lists[name], posts.get(name), how, control, report)


def list_called(name: str) -> str:
    """Return the name of a list in a row of names: the plan's, or that of the future whose own list it is."""
    return tr("plan") if name == PLAN else tr("future {number}", number=name.removeprefix(FUTURE))


def list_in_words(name: str) -> str:
    """Return the name of a list in a sentence: `the plan's own list`, `the list of future 3`."""
    if name == PLAN:
        return tr("the plan's own list")
    return tr("the list of future {number}", number=name.removeprefix(FUTURE))


def measured(worths: np.ndarray) -> dict[str, float]:
    """Return mean and conditional value at risk of the worths of futures, shape (n,); NaN without any."""
    if not len(worths):
        return dict.fromkeys(MEASURES, np.nan)
    return {"mean": float(worths.mean()), "cvar": float(np.sort(worths)[: worst_count(len(worths))].mean())}


def _different(lists: dict[str, pd.DataFrame], posts: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    seen: dict[frozenset[tuple[Any, ...]], str] = {}
    for name, rows in lists.items():
        if len(rows):
            entries = [*rows[["power", "list"]].itertuples(index=False, name=None)]
            held = posts[name].itertuples(index=False, name=None) if name in posts else ()
            seen.setdefault(frozenset([*entries, *held]), name)
    return {name: lists[name][["power", "list"]] for name in seen.values()}


def _lists(values: pd.DataFrame, guide_lists: dict[str, pd.DataFrame], futures: int) -> pd.DataFrame:
    rows = []
    for name, lists in guide_lists.items():
        sure = values[values["list"] == name].dropna(subset=["worth", "bound"])
        row: dict[str, Any] = {"list": name, "powers": lists["power"].nunique(), "futures": len(sure)}
        for side in ("worth", "bound"):
            means = measured(sure[side].to_numpy(float) if len(sure) == futures else np.empty(0))
            row |= {f"{measure}_{side}": value for measure, value in means.items()}
        rows.append(row)
    told = [f"{measure}_{side}" for measure in MEASURES for side in ("worth", "bound")]
    frame = pd.DataFrame(rows, columns=["list", "powers", "futures", *told])
    return frame.sort_values("mean_worth", ascending=False, kind="stable", na_position="last", ignore_index=True)
