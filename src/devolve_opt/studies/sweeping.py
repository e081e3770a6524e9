"""Sweep a cap: the same scenario at several values of one cap, each solved and proven."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.errors import DevolveError, Fault, InputError, NoPlanError, did_you_mean
from devolve_opt.language import in_this_language, tr
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.progress import Step
from devolve_opt.studies.cap_prices import DECISIONS, decisions_of
from devolve_opt.studies.comparing import measures, valued_on
from devolve_opt.studies.kept import digest_of, keep, kept, without_plan
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.options import check_options
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.solving import solve
from devolve_opt.vocabulary import Method


def sweep(
    scenario: Scenario,
    cap: str,
    values: Iterable[float],
    gap: float = 0.005,
    time_limit: float | None = None,
    jobs: int | None = None,
    folder: str | Path | None = None,
    report: Callable[[dict[str, Any]], None] = lambda point: None,
    *,
    hands: Hands | None = None,
) -> pd.DataFrame:
    """Solve the scenario at each value of a cap; where the cap allows it, the model is built once.

    The highest value comes first, then the others in rising order. What one solve leaves serves the
    next: what townships are worth, plans as far as they keep the rules there too, and the bound of a value whose rules
    allow no less.

    Args:
        scenario: what is varied.
        cap: a numeric key of the policy, see `Policy.caps()`.
        values: values of the cap.
        gap: relative gap to prove for each.
        time_limit: seconds for each.
        jobs: solves at a time; None takes one for every two cores, at most 2. Each keeps two processes busy, and what
            solves at the same time find serves later ones only.
        folder: where each finished point is kept; a sweep that was stopped takes up from there.
        report: called with each finished point, as it would stand in the result, and `kept`: whether it was there
            already.
        hands: Dask workers that solve values side by side, each from the beginning: what one finds then serves no
            other. None solves here.

    Returns:
        One row a value, in rising order: `value`, then the columns of `comparing.measures`, `note`, `seconds` and
        `comparable`. A value at which no plan exists has the status `infeasible`, one whose time was up without a plan
        `no_plan`, one at which the run broke down `failed`; `note` then says why. Points that were stopped are not in
        it. Where `comparable` is false, the cap is part of how a plan is valued (such as `choice_floor`), and what
        plans are worth must not be compared between its values. What the plans decide is in its `attrs`, see
        `cap_prices.changes`.

    Raises:
        InputError: if the cap is unknown, or a value or an option is not allowed; if Dask is not there or no cluster
            answers.
        SolverError: if workers died over values; after the others are done and kept.
    """
    check_options(gap, time_limit, jobs=jobs)
    scenarios = _scenarios(scenario, cap, values)
    folder = None if folder is None else Path(folder)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    points: dict[float, dict[str, Any]] = {}
    decided: dict[float, Any] = {}

    def take(point: dict[str, Any], was_kept: bool) -> None:
        decided[point["value"]] = point.pop(DECISIONS, {})
        points[point["value"]] = point
        report({**point, "kept": was_kept})

    with stop_on_interrupt(stop.set):
        if hands is None or hands.here:
            _solve_here(scenarios, cap, gap, time_limit, jobs, folder, stop, take)
        else:
            _solve_elsewhere(scenarios, cap, gap, time_limit, hands, folder, stop, take)
    comparable = len({valued_on(changed) for changed in scenarios.values()}) == 1
    frame = pd.DataFrame([points[value] for value in sorted(points)]).assign(comparable=comparable)
    frame.attrs[DECISIONS] = {value: decided[value] for value in sorted(decided)}
    return frame


def _solve_here(
    scenarios: Mapping[float, Scenario], cap: str, gap: float, time_limit: float | None, jobs: int | None,
    folder: Path | None, stop: threading.Event, take: Callable[[dict[str, Any], bool], None],
) -> None:  # fmt: skip
    jobs = jobs or max(1, min(2, (os.cpu_count() or 1) // 2))
    models = Models()
    kept_values: set[float] = set()

    @in_this_language
    def one(value: float) -> dict[str, Any] | None:
        key = _key(scenarios[value])
        before = None if folder is None else kept(folder / _file(cap, value), key, gap, time_limit)
        if before is not None:
            kept_values.add(value)
            return before
        if stop.is_set():
            return None
        control = Control(time_limit, stop)
        solved = _solve_point(scenarios[value], gap, control, models)
        point = {"value": value, **solved, "seconds": round(control.elapsed, 3)}
        if stop.is_set():
            return None
        if folder is not None:
            keep(folder / _file(cap, value), key, time_limit, point)
        return point

    with ThreadPoolExecutor(jobs) as pool:
        working = {pool.submit(one, value) for value in _highest_first(scenarios)}
        while working:
            # Windows answers Ctrl-C only between waits.
            finished, working = wait(working, timeout=0.2, return_when=FIRST_COMPLETED)
            for done in finished:
                point = done.result()
                if point is not None:
                    take(point, point["value"] in kept_values)


def _solve_elsewhere(
    scenarios: Mapping[float, Scenario], cap: str, gap: float, time_limit: float | None, hands: Hands,
    folder: Path | None, stop: threading.Event, take: Callable[[dict[str, Any], bool], None],
) -> None:  # fmt: skip
    tasks = [
        Job(f"{cap}={value:g}", _file(cap, value), _key(scenarios[value]), (value, scenarios[value]))
        for value in _highest_first(scenarios)
    ]
    before = {
        job.name for job in tasks
        if folder is not None and kept(folder / job.file, job.key, gap, time_limit) is not None
    }  # fmt: skip
    solve_all(
        tasks, _on_worker, (gap, time_limit), gap=gap, time_limit=time_limit, folder=folder,
        control=Control(None, stop), hands=hands, tell=lambda name, point: take(dict(point), name in before),
        report=lambda step: None,
    )  # fmt: skip


def _on_worker(
    task: tuple[float, Scenario], shared: tuple[float, float | None], control: Control, report: Callable[[Step], None]
) -> dict[str, Any] | None:
    (value, scenario), (gap, time_limit) = task, shared
    own = Control(time_limit, control.event)
    solved = _solve_point(scenario, gap, own, Models())
    return None if control.stopped else {"value": value, **solved, "seconds": round(own.elapsed, 3)}


def _highest_first(values: Iterable[float]) -> list[float]:
    """Return the values in the order in which they are solved.

    The highest value's bound holds for all below it where a cap is a limit, and the plan of each for all above it.
    """
    rising = sorted(values)
    return rising[-1:] + rising[:-1]


def _scenarios(scenario: Scenario, cap: str, values: Iterable[float]) -> dict[float, Scenario]:
    if cap not in Policy.caps():
        message = tr("is no numeric cap of the policy.") + did_you_mean(cap, Policy.caps())
        raise InputError([Fault(message, column=cap)])
    whole = Policy.model_fields[cap].annotation is int
    faults: list[Fault] = []
    scenarios: dict[float, Scenario] = {}
    for value in values:
        if not isinstance(value, Real) or not isfinite(value):
            faults.append(Fault(tr("must be a number."), column=cap, value=str(value)))
            continue
        if whole and value != int(value):
            faults.append(Fault(tr("must be a whole number."), column=cap, value=str(value)))
            continue
        number = int(value) if whole else float(value)
        try:
            scenarios[float(number)] = scenario.replace(policy={cap: number})
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    if not scenarios:
        message = tr("has no values to sweep; give some, such as 90:170:20 or 90,130.")
        raise InputError([Fault(message, column=cap)])
    return scenarios


def _solve_point(scenario: Scenario, gap: float, control: Control, models: Models) -> dict[str, Any]:
    try:
        plan = solve(scenario, gap=gap, threads=1, control=control, explain=False, models=models)
        return {**measures(plan), "note": "", DECISIONS: decisions_of(plan)}
    except NoPlanError as error:
        status, note = without_plan(error), str(error)
    except (DevolveError, OSError, MemoryError) as error:
        # One value that breaks down does not take the others with it.
        status, note = "failed", f"{type(error).__name__}: {error}"
    nothing: dict[str, Any] = dict.fromkeys(("objective", "bound", "gap"))
    return {
        "method": str(Method.OPTIMAL), "status": status, **nothing, "synthetic": scenario.case.synthetic,
        "note": note.partition("\n")[0],
    }  # fmt: skip


def _key(scenario: Scenario) -> str:
    """Return a digest of all that a point depends on: a kept point is taken up only if it is the same."""
    return digest_of(valued_on(scenario), scenario.policy.model_dump(mode="json"))


def _file(cap: str, value: float) -> str:
    return f"{cap}={value:g}.json"
