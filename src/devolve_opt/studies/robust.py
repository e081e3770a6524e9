"""Robustness: how a plan's guide list stands up where the data turn out otherwise, future by future.

Each future is solved twice: with the lists free, and with the plan's lists in force. What lies between the two is the
regret of having decided the lists now; posts (unless they are held too), officers and take-up are decided once the
future is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, InputError, NoPlanError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import chosen, joined, tr
from devolve_opt.plan import Plan
from devolve_opt.rules.futures import UNCERTAIN, check_uncertain, future
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.comparing import valued_on
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND, digest_of, without_plan
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.options import check_options, refuse_added_rules
from devolve_opt.studies.solving import solve

WORST_FIRST = ("solver_failed", NOT_FOUND, "interrupted", "time_limit")
"""Statuses of a future that a later call may better, the one that tells most first."""
POST_RULES = {"posts_within_band", "posts_moved_within_cap", "posts_kept"}
"""Rules that posts in force need not keep: a plan that breaks them is held to nothing that a free one could do."""
POSTS = ["township", "posts_kept"]
WORST_SHARE = 0.2
"""Share of the futures whose mean regret is the conditional value at risk that is told."""


@dataclass(frozen=True, eq=False)
class Robustness(FrozenFrames):
    """How a plan's lists stand up to futures.

    Attributes:
        plan: the plan.
        seed: of the futures.
        uncertain: what differs in them.
        wanted: how many futures were asked for; `futures` has fewer rows if the study was stopped.
        futures: a row a future: `future` (number), `status`, `worth`, `bound` with the lists free; `held_status`,
            `held_worth`, `held_bound` with the plan's lists in force (staff-hours a year); `regret_least`,
            `regret_most`, what holding on to the lists loses at least and at most; `listed`, powers of the free
            guide list.
        powers: a row a power that the plan or some future lists: `power, name, field`, `in_plan`; `futures` in which
            the list found holds it, `share` of them, and `share_low`, `share_high`: 95 % interval of that share over
            all futures of the kind (Wilson 1927).
        lists: by future, the guide list found with the lists free: columns `power, list`.
        hold_posts: whether posts are held with the lists; `posts`: by future, those found with both free: columns
            `township, posts_kept`.
    """

    plan: Plan
    seed: int
    uncertain: tuple[str, ...]
    wanted: int
    futures: pd.DataFrame
    powers: pd.DataFrame
    lists: dict[int, pd.DataFrame]
    hold_posts: bool = False
    posts: dict[int, pd.DataFrame] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario

    @property
    def finished(self) -> bool:
        """Whether every future that was asked for has been solved."""
        return len(self.futures) == self.wanted

    @property
    def known(self) -> pd.DataFrame:
        """The rows of `futures` in which both plans and both bounds are known."""
        return self.futures.dropna(subset=["regret_least", "regret_most"])

    def regrets(self) -> dict[str, tuple[float, float]]:
        """Return `mean`, `cvar` (mean of the worst fifth of the futures) and `worst` regret, at least and at most,
        staff-hours a year, over the futures that are `known`; none of them, no entries.

        The two ends are what the solvers' gaps leave open; the error of drawing so few futures comes on top.
        """
        known = self.known
        if known.empty:
            return {}
        tail = worst_count(len(known))
        sides = [np.sort(known[side].to_numpy(float))[::-1] for side in ("regret_least", "regret_most")]
        return {
            name: (float(sides[0][:count].mean()), float(sides[1][:count].mean()))
            for name, count in (("mean", len(known)), ("cvar", tail), ("worst", 1))
        }


def robustness(
    plan: Plan,
    futures: int = 10,
    seed: int = 1,
    uncertain: Sequence[str] = tuple(UNCERTAIN),
    *,
    hold_posts: bool = False,
    gap: float = 0.002,
    time_limit: float | None = None,
    threads: int = 2,
    folder: Path | None = None,
    control: Control | None = None,
    hands: Hands | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> Robustness:
    """Draw futures, solve each with the lists free and with the plan's lists in force.

    Args:
        plan: the plan whose lists are looked at.
        futures: how many to draw.
        seed: of the draws; the same seed gives the same futures, and more of them only add to the first.
        uncertain: names from `rules.futures.UNCERTAIN`.
        hold_posts: whether the plan's posts are held with its lists, as decided now; else they are decided anew.
        gap: relative gap to prove in each solve.
        time_limit: seconds for each solve; None waits for the gap.
        threads: threads for HiGHS.
        folder: where each future is kept as it is done, so that the same call goes on from there; None keeps nothing.
        control: stops the study; the future it was at is dropped.
        hands: Dask workers that solve futures side by side; None solves one after the other here.
        tell: called with a line on each future.
        report: called with each step of a search.

    Raises:
        InputError: if an option is not allowed, a name is not known, the case has a guide list in force, or
            the plan lists nothing, or the policy has goals.
    """
    check_options(gap, time_limit, threads)
    refuse_added_rules(plan)
    names = check_uncertain(uncertain)
    faults = [Fault(tr("must be at least 1."), column="futures", value=str(futures))] if futures < 1 else []
    faults += [Fault(tr("must not be negative."), column="seed", value=str(seed))] if seed < 0 else []
    if plan.scenario.policy.goals:
        message = tr(
            "say what today's data let them reach, which other data may not allow; take them out of the scenario."
        )
        faults.append(Fault(message, file="policy", column="goals"))
    if plan.guide_list.empty:
        faults.append(Fault(tr("the run lists nothing; there is nothing to hold on to."), file="guide_list"))
    if not plan.scenario.data.tables["guide_list"].empty:
        message = tr(
            "the case's guide list is in force in every future, so that holding on to it loses nothing by itself."
        )
        faults.append(Fault(message, file="guide_list"))
    broken = {breach.rule for breach in plan.audit.breaches} & POST_RULES if hold_posts else set()
    if broken:
        message = tr("break rules ({rules}); hold posts of a plan that keeps them.", rules=joined(sorted(broken)))
        faults.append(Fault(message, file="posts", column="hold_posts"))
    if faults:
        raise InputError(faults)
    control = control or Control(None)
    scenario, lists = plan.scenario, plan.guide_list
    posts = posts_of(plan) if hold_posts else None
    key = digest_of(
        valued_on(scenario), scenario.policy.model_dump(mode="json"), lists.to_dict("list"), seed, list(names), gap,
        "robustness with lists and posts", None if posts is None else posts.to_dict("list"),
    )  # fmt: skip
    jobs = [
        Job(
            tr("future {number}", number=number),
            f"future-{number:04d}{'-posts' if hold_posts else ''}.json",
            key,
            number,
        )
        for number in range(1, futures + 1)
    ]
    points = solve_all(
        jobs, _solved, FutureSolves(scenario, seed, names, gap, time_limit, threads, lists, posts), gap=gap,
        time_limit=time_limit, folder=folder, control=control, hands=hands or Hands(),
        tell=lambda name, point: tell(
            tr("{job} of {all}: {outcome}", job=name, all=futures, outcome=_in_words(point))
        ), report=report,
    )  # fmt: skip
    done = [{"future": job.task, **points[job.name]} for job in jobs if job.name in points]
    found = {point["future"]: pd.DataFrame(point["lists"], columns=["power", "list"], dtype="str") for point in done}
    there = {point["future"]: pd.DataFrame(point["posts"], columns=POSTS) for point in done if point["posts"]}
    return Robustness(
        plan, seed, names, futures, _frame(done), _powers(plan, done), found, hold_posts, there if hold_posts else {}
    )


def posts_of(plan: Plan) -> pd.DataFrame:
    """Return the posts of a plan as the table `posts_in_force` of a case: columns `township, posts_kept`."""
    return plan.decisions.posts.sum(axis=1).astype("int64").rename("posts_kept").rename_axis("township").reset_index()


def worst_count(futures: int) -> int:
    """Return how many of some futures are the worst of which the conditional value at risk is the mean; at least 1."""
    return max(1, int(np.ceil(WORST_SHARE * futures - 1e-9)))


@dataclass(frozen=True, eq=False)
class FutureSolves:
    """What all solves of futures share; it can be sent to another process.

    Attributes:
        scenario, seed, uncertain: what futures are drawn from.
        gap, time_limit, threads: of each solve.
        lists: the guide list that is held; columns `power, list`.
        posts: the posts that are held, columns `township, posts_kept`; None where they are decided anew.
    """

    scenario: Scenario
    seed: int
    uncertain: tuple[str, ...]
    gap: float
    time_limit: float | None
    threads: int
    lists: pd.DataFrame
    posts: pd.DataFrame | None = None

    def drawn(self, number: int) -> Scenario:
        """Return a future by its number."""
        return future(self.scenario, self.seed, number, self.uncertain)


class HowSolved(Protocol):
    """How each solve of a study is done."""

    @property
    def gap(self) -> float:
        """Relative gap to prove."""

    @property
    def time_limit(self) -> float | None:
        """Seconds, or None."""

    @property
    def threads(self) -> int:
        """Threads for HiGHS."""


def solved_in(
    drawn: Scenario, lists: pd.DataFrame | None, posts: pd.DataFrame | None, how: HowSolved, control: Control,
    report: Callable[[Step], None],
) -> dict[str, Any] | None:  # fmt: skip
    """Solve a future with the lists free, or with these lists (and posts, if there are any) in force.

    Returns:
        `status`, `worth`, `bound` (staff-hours a year), `gap`, and what was found: `lists` as pairs of power and list,
        `posts` as pairs of township and posts; None if the user stopped it.
    """
    tables = {"guide_list": lists, "posts_in_force": posts}
    held = {name: table for name, table in tables.items() if table is not None}
    scenario = drawn.replace(case=drawn.data.replace(**held), changes={}) if held else drawn
    try:
        found = solve(
            scenario, gap=how.gap, threads=how.threads, control=Control(how.time_limit, control.event), explain=False,
            report=report,
        )  # fmt: skip
    except NoPlanError as error:
        if control.stopped:
            return None
        return {"status": without_plan(error), "worth": np.nan, "bound": np.nan, "gap": 0.0, "lists": [], "posts": []}
    if control.stopped:
        return None
    rows = found.guide_list[["power", "list"]].astype(str).to_numpy().tolist()
    return {
        "status": str(found.status),
        "worth": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "lists": rows,
        "posts": posts_of(found).to_numpy().tolist(),
    }


def _solved(number: int, how: FutureSolves, control: Control, report: Callable[[Step], None]) -> dict[str, Any] | None:
    """Return what is known of a future, or None if the user stopped it."""
    both, drawn = [], how.drawn(number)
    for given, posts in ((None, None), (how.lists, how.posts)):
        found = solved_in(drawn, given, posts, how, control, report)
        if found is None:
            return None
        both.append(found)
    free, held = both
    # `kept` goes by the worse of the two.
    statuses = {free["status"], held["status"]} - {"proven", NO_PLAN}
    return {
        "of": free["status"], "worth": free["worth"], "bound": free["bound"],
        "held_of": held["status"], "held_worth": held["worth"], "held_bound": held["bound"],
        "gap": max(free["gap"], held["gap"]),
        "status": next((status for status in WORST_FIRST if status in statuses), "proven"),
        "powers": sorted({power for power, _ in free["lists"]}), "lists": free["lists"], "posts": free["posts"],
    }  # fmt: skip


def _in_words(point: dict[str, Any]) -> str:
    worth, held = point["worth"], point["held_worth"]
    words = [
        f"{value:,.0f}" if value is not None and np.isfinite(value) else chosen("无方案", "no plan")
        for value in (worth, held)
    ]
    return tr("lists free {free}, lists held {held}", free=words[0], held=words[1])


def _frame(done: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["future", "status", "worth", "bound", "held_status", "held_worth", "held_bound"]
    rows = [
        {**point, "status": point["of"], "held_status": point["held_of"], "listed": len(point["powers"])}
        for point in done
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "listed"])
    numbers = ["worth", "bound", "held_worth", "held_bound"]
    # A bound that is not known is infinite in a plan, and null where it was kept.
    frame[numbers] = frame[numbers].astype(float).replace([np.inf, -np.inf], np.nan)
    # What holds the lists is a plan with free lists too, so a regret is never below 0.
    frame["regret_least"] = (frame["worth"] - frame["held_bound"]).clip(lower=0)
    frame["regret_most"] = (frame["bound"] - frame["held_worth"]).clip(lower=0)
    return frame


def _powers(plan: Plan, done: list[dict[str, Any]]) -> pd.DataFrame:
    facts = plan.scenario.data.tables["powers"][["name", "field"]]
    own = set(plan.guide_list["power"])
    known = [set(point["powers"]) for point in done if point["of"] not in (NO_PLAN, NOT_FOUND)]
    counts = pd.Series({power: sum(power in listed for listed in known) for power in facts.index}, dtype="int64")
    frame = facts.assign(in_plan=facts.index.isin(own), futures=counts)
    frame = frame[frame["in_plan"] | (frame["futures"] > 0)]
    low, high = wilson(frame["futures"].to_numpy(float), len(known))
    share = frame["futures"] / len(known) if known else np.nan
    frame = frame.assign(share=share, share_low=low, share_high=high)
    order = ["in_plan", "futures"]
    return (
        frame.rename_axis("power").reset_index().sort_values(order, ascending=False, kind="stable", ignore_index=True)
    )


def wilson(hits: np.ndarray, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95 % score interval of a share, shape as `hits` (Wilson 1927); 0 to 1 without trials."""
    if not trials:
        return np.zeros_like(hits), np.ones_like(hits)
    z = 1.959963984540054
    share = hits / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
