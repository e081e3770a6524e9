"""What is run and timed of studies of many solves, each in a process of its own: a country, a sweep, a cold solve.

A country and a sweep keep each finished solve themselves, so that what was stopped goes on from there.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from benchmarks.memory import PeakOfAll, PeakWithChildren
from devolve_opt.views.files import write_bytes

ATTEMPTS = "attempts.json"
"""Where the wall time of a study's attempts is kept: a list of seconds, each until its last finished solve."""


def country(request: dict[str, Any], tell: Any) -> dict[str, Any]:
    """Solve a country, or a sample of its cities, on local workers, as `devolve-opt run` does.

    The request holds `scenario`, `folder` (for what is finished), `gap`, `time_limit`, `sample`, `workers`.
    """
    from devolve_opt.country import Country
    from devolve_opt.studies.country import solve_country

    land = Country.read(request["scenario"])
    kept = 0

    def count_kept(found: Any) -> None:
        nonlocal kept
        kept += bool(found["kept"])
        clock.note()

    with PeakOfAll() as peak, Clock(Path(request["folder"])) as clock:
        plan = solve_country(
            land, request["gap"], request["time_limit"], sample=request["sample"], workers=request["workers"],
            folder=request["folder"], report=count_kept,
        )  # fmt: skip
    wanted = ["name", "townships", "subdistricts", "township_powers", "posts_given", "objective", "bound", "gap",
              "status", "seconds", "peak_mb", "seconds_in_all"]  # fmt: skip
    return {
        "status": plan.status, "seconds": clock.seconds, "attempts": clock.attempts, "objective": plan.objective,
        "bound": plan.bound, "price": plan.price, "pool_posts": plan.pool_posts, "workers": plan.workers,
        "peak_mb": peak.mb, "out_of_time": plan.out_of_time, "kept_solves": kept,
        "all_cities": len(land.with_units), "all_townships": int(land.cities["townships"].sum()),
        "cities": json.loads(plan.cities[wanted].to_json(orient="records")),
        "classes": json.loads(plan.classes.to_json(orient="records")),
    }  # fmt: skip


def sweep(request: dict[str, Any], tell: Any) -> dict[str, Any]:
    """Sweep a cap, as `devolve-opt sweep` does.

    The request holds `scenario`, `cap`, `values`, `folder` (for what is finished), `gap`, `time_limit`.
    """
    from devolve_opt.scenario import Scenario
    from devolve_opt.studies.sweeping import sweep

    scenario = Scenario.read(request["scenario"])
    with PeakWithChildren() as peak, Clock(Path(request["folder"])) as clock:
        found = sweep(
            scenario, request["cap"], request["values"], gap=request["gap"], time_limit=request["time_limit"],
            folder=request["folder"], report=lambda point: clock.note(),
        )  # fmt: skip
    wanted = [name for name in ("value", "status", "objective", "bound", "gap", "seconds", "note") if name in found]
    return {
        "status": "done" if len(found) == len(request["values"]) else "interrupted", "seconds": clock.seconds,
        "attempts": clock.attempts, "peak_mb": peak.mb, "points": json.loads(found[wanted].to_json(orient="records")),
    }  # fmt: skip


def cold(request: dict[str, Any], tell: Any) -> dict[str, Any]:
    """Solve a scenario at one value of a cap, knowing nothing from before.

    The request holds `scenario`, `cap`, `value`, `gap`, `time_limit`, `threads`.
    """
    from devolve_opt.scenario import Scenario
    from devolve_opt.studies.solving import solve

    scenario = Scenario.read(request["scenario"]).replace(policy={request["cap"]: request["value"]})
    began = time.monotonic()
    plan = solve(scenario, gap=request["gap"], time_limit=request["time_limit"], threads=request["threads"],
                 explain=False)  # fmt: skip
    return {
        "status": str(plan.status), "seconds": time.monotonic() - began, "objective": plan.objective,
        "bound": plan.bound, "gap": plan.gap,
    }  # fmt: skip


class Clock:
    """The wall time of a study over all attempts at it; of one that was stopped, until its last finished solve."""

    def __init__(self, folder: Path):
        self._file = folder / ATTEMPTS
        try:
            self._before = [float(seconds) for seconds in json.loads(self._file.read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            self._before = []
        self._own = 0.0

    def __enter__(self) -> Clock:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.note()

    def note(self) -> None:
        """Keep how long it has taken until now."""
        self._own = time.monotonic() - self._began
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(self._file, json.dumps([*self._before, self._own]).encode())

    @property
    def seconds(self) -> float:
        """Of all attempts together."""
        return sum(self._before) + self._own

    @property
    def attempts(self) -> int:
        """How many there were, this one included."""
        return len(self._before) + 1
