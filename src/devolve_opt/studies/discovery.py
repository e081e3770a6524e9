"""Scenario discovery (Bryant and Lempert 2010): where within ranges of settings a plan's list does not hold.

Points are spread over the ranges (Latin hypercube) and solved. A decision tree (CART) finds the ranges of few settings
that hold as many as can be of the points of interest, and little else: Lempert, Bryant and Bankes (2008) compare CART
with PRIM for this and find either does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.solver.progress import Step
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND
from devolve_opt.studies.many import Hands, solve_all
from devolve_opt.studies.options import check_options, refuse_added_rules
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.ranges import (
    Asked,
    Ranges,
    changed,
    is_whole,
    library,
    problem_of,
    ranges_of,
)
from devolve_opt.studies.robust import WORST_FIRST, solved_in
from devolve_opt.studies.sensitivity import MEASURES, Points, entries_of, in_words, jobs_at, solved_at, wrong_with

LOSES, NONE = "loses", "no_plan"
"""What a condition can be about besides `sensitivity.MEASURES`: the share of worth that holding on to the plan's lists
loses, and that no plan keeps the rules."""
SHARES = ("list_kept", LOSES)
"""Measures that are shares."""
USUAL = "loses>0.01"
"""The condition unless told otherwise."""
DEEPEST = 3
"""Settings that a box restricts at most on the way to it: what people can still talk about."""
ROUGH = 40
"""Points below which shares of them are rough."""
LEAST = 4
"""Points of each kind below which nothing is looked for, and points that a box holds at least."""
FOLDS = 5
"""Parts of the points, each of which is foretold from the others."""
ROUNDING = 1e-9
"""What a measure has to pass its limit by."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """What makes a point one of interest: `measure` beyond `limit`.

    Attributes:
        measure: a name from `sensitivity.MEASURES`, `loses` or `no_plan`.
        above: whether it is of interest above the limit, else below.
        limit: in the unit of the measure.
    """

    measure: str
    above: bool = True
    limit: float = 0.0

    @classmethod
    def read(cls, text: str) -> Condition:
        """Read `measure<number`, `measure>number` or `no_plan`.

        Raises:
            InputError: if it is none of these.
        """
        if text.strip() == NONE:
            return cls(NONE)
        parts = re.fullmatch(r"\s*(\w+)\s*([<>])\s*(\S+)\s*", text)
        known = [*MEASURES, LOSES, NONE]
        try:
            limit = float(parts[3]) if parts else inf
        except ValueError:
            limit = inf
        if parts is None or not np.isfinite(limit):
            message = tr("must be a measure, < or >, and a number, such as loses>0.01, or no_plan.")
            raise InputError([Fault(message, column="where", value=text)])
        if parts[1] not in known[:-1]:
            message = tr("is no measure; there are {names}.", names=", ".join(known)) + did_you_mean(parts[1], known)
            raise InputError([Fault(message, column="where", value=parts[1])])
        if parts[1] == LOSES and (parts[2] == "<" or limit < 0):
            message = tr("asks where holding on loses more than a share: write loses> and a number from 0 on.")
            raise InputError([Fault(message, column="where", value=text)])
        if parts[1] in SHARES and not 0 <= limit <= 1:
            message = tr("is a share: its limit must be from 0 to 1, such as 0.8 for 80 %.")
            raise InputError([Fault(message, column="where", value=text)])
        return cls(parts[1], parts[2] == ">", limit)

    def __str__(self) -> str:
        return NONE if self.measure == NONE else f"{self.measure}{'>' if self.above else '<'}{self.limit:g}"


@dataclass(frozen=True, eq=False)
class Discovery(FrozenFrames):
    """Where within the ranges a condition holds.

    Attributes:
        plan: the plan whose list and settings are looked at.
        settings: lowest and highest value of each setting, by name.
        condition: what makes a point one of interest.
        wanted: how many points were asked for.
        seed: of the points.
        points: a row a solved point: `point`, a column for each setting (its value; of data the factor), `status`,
            `objective`, `bound` (staff-hours a year), `gap`, a column for each of `sensitivity.MEASURES`,
            `held_status`, `held_worth`, `held_bound` (with the plan's lists in force), `loses_least`, `loses_most`
            (shares of the objective), and `of_interest`: 1, 0, or NaN where it is not known.
        boxes: a row a box, that which holds most points of interest first: `box` (number), `points` (in it, of those
            that are known), `of_interest` (in it), `coverage` (share of all points of interest), `density` (share of
            its points). They were found from these very points: what to expect of others is `foretold`. No row where
            no range tells the points of interest from the others.
        ranges: `box, setting, low, high, restricted`: the range of each setting in each box.
        foretold: `coverage` and `density` of all boxes together on points that had no part in finding them (each fifth
            of the points by the others), NaN where there are too few; `hits` and `named`, of which the density is the
            quotient (points).
    """

    plan: Plan
    settings: Mapping[str, tuple[float, float]]
    condition: Condition
    wanted: int
    seed: int
    points: pd.DataFrame
    boxes: pd.DataFrame
    ranges: pd.DataFrame
    foretold: Mapping[str, float]

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario

    @property
    def finished(self) -> bool:
        """Whether every point has been solved."""
        return len(self.points) == self.wanted

    @property
    def without_plan(self) -> int:
        """How many points are proven to have no plan, so that only the condition `no_plan` can be asked of them."""
        return int((self.points["status"] == NO_PLAN).sum()) if self.condition.measure != NONE else 0

    @property
    def barred(self) -> int:
        """How many points are of interest because the plan's lists break a rule there, so that they cannot be kept."""
        return int(((self.points["held_status"] == NO_PLAN) & (self.points["of_interest"] == 1)).sum())

    @property
    def outside(self) -> int:
        """How many points of interest no box holds."""
        return self.count(True) - int(self.boxes["of_interest"].sum())

    @property
    def usual(self) -> float:
        """The share of all points that are known which are of interest: what a box is to be held against."""
        known = self.count(True) + self.count(False)
        return self.count(True) / known if known else np.nan

    def count(self, of_interest: bool | None) -> int:
        """Return how many solved points are of interest, are not (False), or may be (None)."""
        known = self.points["of_interest"]
        return int(known.isna().sum() if of_interest is None else (known == float(of_interest)).sum())


def discover(
    plan: Plan,
    vary: Asked = (),
    where: str | Condition = USUAL,
    points: int = 40,
    seed: int = 1,
    *,
    gap: float = 0.002,
    time_limit: float | None = None,
    threads: int = 2,
    folder: Path | None = None,
    control: Control | None = None,
    hands: Hands | None = None,
    tell: Callable[[str], None] = lambda line: None,
    report: Callable[[Step], None] = lambda step: None,
) -> Discovery:
    """Find where within ranges of caps, prices and data a condition holds, such as that the plan's list loses.

    Args:
        plan: the plan whose settings are moved, all of them around what they are in its scenario.
        vary: names of settings (`guide_list_max`, `prices.choice_met`, `changes.cases`), if wanted with lowest and
            highest value; without these a quarter down and up. None: every price that is not 0.
        where: what makes a point one of interest; see `Condition.read`.
        points: how many points.
        seed: of the points.
        gap: relative gap to prove in each solve.
        time_limit: seconds for each solve; None waits for the gap.
        threads: threads for HiGHS.
        folder: where each point is kept as it is done, so that the same call goes on from there; None keeps nothing.
        control: stops the study; the point it was at is dropped.
        hands: Dask workers that solve points side by side; None solves one after the other here.
        tell: called with a line on each point.
        report: called with each step of a search.

    Raises:
        InputError: if SALib or scikit-learn is not installed, an option or the condition is not allowed, the plan lists
            nothing, the case has a guide list in force, or a setting is not known, has no range or is given one that is
            not allowed.
    """
    check_options(gap, time_limit, threads)
    refuse_added_rules(plan)
    condition = where if isinstance(where, Condition) else Condition.read(where)
    scenario, guide_list = plan.scenario, plan.guide_list[["power", "list"]].astype(str)
    settings, faults = ranges_of(scenario, vary)
    faults += [Fault(tr("must be at least 1."), column="points", value=str(points))] if points < 1 else []
    faults += wrong_with(plan, seed)
    if condition.measure == LOSES and not scenario.data.tables["guide_list"].empty:
        message = tr(
            "the case's guide list is in force at every point, so that holding on to it loses nothing. Look for "
            "something else (where), such as no_plan or rounds_met<1000."
        )
        faults.append(Fault(message, file="guide_list"))
    if faults:
        raise InputError(faults)
    library("sklearn.tree")
    control = control or Control(None)
    holds = condition.measure == LOSES
    how = Points(scenario, entries_of(plan), gap, time_limit, threads)
    shared = (how, guide_list if holds else None)
    study = "discovery with the lists held" if holds else "discovery"
    jobs = jobs_at(_spread(settings, points, seed), settings, how, study)
    found = solve_all(
        jobs, _solved, shared, gap=gap, time_limit=time_limit, folder=folder, control=control, hands=hands or Hands(),
        report=report, solve_here=partial(_solved, models=Models()),
        tell=lambda name, point: tell(
            tr("{point} of {all}: {outcome}", point=name, all=len(jobs), outcome=in_words(_free(point)))
        ),
    )  # fmt: skip
    rows = [{"point": number, **job.task, **_free(found[job.name])}
            for number, job in enumerate(jobs, start=1) if job.name in found]  # fmt: skip
    frame = _judged(pd.DataFrame(rows), list(settings), condition)
    boxes, ranges, foretold = _boxes(frame, settings, seed)
    return Discovery(plan, settings, condition, points, seed, frame, boxes, ranges, foretold)


def _spread(settings: Ranges, points: int, seed: int) -> Array:
    """Return a Latin hypercube, shape (points, settings); whole numbers are such, each as likely as the others."""
    problem = problem_of(settings)
    whole = np.array([is_whole(name) for name in settings])
    problem["bounds"] = [
        [low - 0.5, high + 0.5] if each else [low, high]
        for each, (low, high) in zip(whole, settings.values(), strict=True)
    ]
    drawn = np.asarray(library("SALib.sample.latin").sample(problem, points, seed=seed), dtype=float)
    drawn[:, whole] = np.round(drawn[:, whole])
    return np.clip(drawn, [low for low, _ in settings.values()], [high for _, high in settings.values()])


def _solved(
    values: Mapping[str, float], shared: tuple[Points, pd.DataFrame | None], control: Control,
    report: Callable[[Step], None], models: Models | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """Return what is known of a point, or None if the user stopped it."""
    how, held_lists = shared
    point = solved_at(values, how, control, report, models)
    if point is None:
        return None
    held = {"status": "", "worth": np.nan, "bound": np.nan, "gap": 0.0}
    if held_lists is not None and point["status"] not in (NO_PLAN, NOT_FOUND):
        solved = solved_in(changed(how.scenario, values), held_lists, None, how, control, report)
        if solved is None:
            return None
        held = solved
    statuses = {point["status"], held["status"]} - {"proven", NO_PLAN, ""}
    return {
        **point,
        "of": point["status"],
        # What is kept goes by the worse of the two.
        "status": next((status for status in WORST_FIRST if status in statuses), "proven"),
        "free_gap": point["gap"], "gap": float(np.nanmax([0.0, point["gap"], held["gap"]])),
        "held_status": held["status"], "held_worth": held["worth"], "held_bound": held["bound"],
    }  # fmt: skip


def _free(point: Mapping[str, Any]) -> dict[str, Any]:
    """Return a point with status and gap of its solve without held lists."""
    return {**point, "status": point["of"], "gap": point["free_gap"]}


def _judged(points: pd.DataFrame, settings: list[str], condition: Condition) -> pd.DataFrame:
    """Return the points with what holding on loses, and whether each is of interest."""
    numbers = ["objective", "bound", "gap", *MEASURES, "held_worth", "held_bound"]
    columns = ["point", *settings, "status", *numbers, "held_status", "loses_least", "loses_most", "of_interest"]
    frame = points.reindex(columns=columns)
    # What is not known is null where it was kept, and a bound that is not known infinite in a plan.
    frame[numbers] = frame[numbers].astype(float).replace([np.inf, -np.inf], np.nan)
    worth = frame["objective"].abs()
    frame["loses_least"] = ((frame["objective"] - frame["held_bound"]) / worth).clip(lower=0)
    frame["loses_most"] = ((frame["bound"] - frame["held_worth"]) / worth).clip(lower=0)
    for column in ("loses_least", "loses_most"):
        frame[column] = frame[column].mask(frame[column] < ROUNDING, 0.0)
    barred = (frame["held_status"] == NO_PLAN) & ~frame["status"].isin([NO_PLAN, NOT_FOUND])
    frame.loc[barred, ["loses_least", "loses_most"]] = np.inf  # what cannot be held on to is lost whole
    if condition.measure == NONE:
        frame["of_interest"] = (frame["status"] == NO_PLAN).astype(float).where(frame["status"] != NOT_FOUND)
        return frame
    lost = condition.measure == LOSES
    least, most = ("loses_least", "loses_most") if lost else (condition.measure, condition.measure)
    sign = 1.0 if condition.above else -1.0
    limit = sign * condition.limit + ROUNDING
    surely, surely_not = sign * frame[least] > limit, sign * frame[most] <= limit
    frame["of_interest"] = np.select([surely, surely_not], [1.0, 0.0], np.nan)
    return frame


def _boxes(points: pd.DataFrame, settings: Ranges, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Return the boxes that hold the points of interest, their ranges, and how well they foretell others."""
    known = points[points["of_interest"].notna()]
    of_interest = known["of_interest"].to_numpy(float).astype(int)
    # Not by the settings' own units: a tree does not care, but ranges are drawn beside one another.
    places = known[list(settings)].to_numpy(float)
    rows: list[dict[str, Any]] = []
    ranges: list[dict[str, Any]] = []
    foretold = {"coverage": np.nan, "density": np.nan, "hits": 0, "named": 0}
    if min(np.bincount(of_interest, minlength=2)) >= LEAST:
        tree, foretold = _tree(places, of_interest, seed)
        for box in _of_interest(tree.tree_, 0, np.array(list(settings.values()), dtype=float)):
            inside = ((places >= box[:, 0]) & (places <= box[:, 1])).all(axis=1)
            hits, size = int(of_interest[inside].sum()), int(inside.sum())
            rows.append({
                "points": size, "of_interest": hits, "coverage": hits / of_interest.sum(), "density": hits / size,
                "box": box,
            })  # fmt: skip
    rows.sort(key=lambda row: (-row["coverage"], -row["density"]))
    for number, row in enumerate(rows, start=1):
        for (name, (low, high)), (from_, to) in zip(settings.items(), row["box"], strict=True):
            ends = (float(np.ceil(from_)), float(np.floor(to))) if is_whole(name) else (float(from_), float(to))
            ranges.append({"box": number, "setting": name, "low": ends[0], "high": ends[1],
                           "restricted": ends[0] > low or ends[1] < high})  # fmt: skip
        row["box"] = number
    if not any(row["restricted"] for row in ranges):
        rows, ranges = [], []  # a box that is the whole range tells nothing
    columns = ["box", "points", "of_interest", "coverage", "density"]
    return (
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(ranges, columns=["box", "setting", "low", "high", "restricted"]).astype({"restricted": bool}),
        foretold,
    )


def _tree(places: Array, of_interest: NDArray[np.int64], seed: int) -> tuple[Any, dict[str, float]]:
    """Return the shallowest tree that foretells points held out as well as any, and how well trees so chosen do.

    That is told by points which had no part in it, not in the choice of the depth either.
    """
    choice, random = library("sklearn.model_selection"), seed % 2**32
    tree = library("sklearn.tree").DecisionTreeClassifier(min_samples_leaf=LEAST, random_state=random)

    def folds(count: int) -> Any:
        return choice.StratifiedKFold(count, shuffle=True, random_state=random)

    rarer = int(np.bincount(of_interest).min())
    depths = {"max_depth": list(range(1, DEEPEST + 1))}
    chosen = choice.GridSearchCV(tree, depths, scoring="balanced_accuracy", cv=folds(min(FOLDS, rarer - 1, 3)))
    told = choice.cross_val_predict(chosen, places, of_interest, cv=folds(min(FOLDS, rarer)))
    hits, named = int((of_interest & told).sum()), int(told.sum())
    foretold = {
        "coverage": hits / int(of_interest.sum()), "density": hits / named if named else np.nan, "hits": hits,
        "named": named,
    }  # fmt: skip
    return chosen.fit(places, of_interest).best_estimator_, foretold


def _of_interest(tree: Any, node: int, box: Array) -> list[Array]:
    """Return the boxes below a node, each of shape (settings, 2), in which most points are of interest."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        return [box] if tree.value[node, 0, 1] > tree.value[node, 0, 0] else []
    feature, limit = int(tree.feature[node]), float(tree.threshold[node])
    below, above = box.copy(), box.copy()
    below[feature, 1] = min(box[feature, 1], limit)
    above[feature, 0] = max(box[feature, 0], np.nextafter(limit, inf))
    under, over = _of_interest(tree, left, below), _of_interest(tree, right, above)
    # Where all of both is of interest, they are one.
    whole = [len(each) == 1 and np.array_equal(each[0], own) for each, own in ((under, below), (over, above))]
    return [box] if all(whole) else under + over
