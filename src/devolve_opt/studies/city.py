"""One city of a country: drawn from its seed, given posts of the pool, and solved; what a worker does."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from devolve_opt.case import Case
from devolve_opt.errors import DevolveError, NoPlanError
from devolve_opt.language import Language, speaking, tr
from devolve_opt.plan import relative_gap
from devolve_opt.policy import Policy
from devolve_opt.rules.pool import relief_of_posts, with_posts
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.cluster import Watch
from devolve_opt.studies.kept import without_plan
from devolve_opt.studies.solving import solve
from devolve_opt.synthetic import synthesise_city
from devolve_opt.vocabulary import Method

NUMBERS = ("objective", "bound", "gap")
"""What a result may lack, by name."""
PATIENCE = 3.0
"""A bound alone is given so many time limits: a relaxation that is broken off bounds nothing."""


@dataclass(frozen=True)
class CityTask:
    """What is asked of a worker about a city.

    Attributes:
        city: its id.
        name: its name.
        counties, townships, subdistricts: its size.
        seed: what it is drawn from.
        posts: posts of the pool that it is given.
        bound_only: whether a bound is enough; it takes the relaxation's time only.
        policy: caps and prices.
        gap: relative gap to prove.
        time_limit: seconds, or None; a bound alone is given `PATIENCE` times as many.
        threads: threads for HiGHS.
        memory_mb: megabytes at which the search is stopped, 0 for no limit.
    """

    city: str
    name: str
    counties: int
    townships: int
    subdistricts: int
    seed: int
    posts: int
    bound_only: bool
    policy: Policy
    gap: float
    time_limit: float | None
    threads: int
    memory_mb: float

    @property
    def file_name(self) -> str:
        """A name that no other task of the country has and every system takes."""
        plain = re.sub(r"[^0-9A-Za-z_-]", "_", self.city)
        own = self.city if plain == self.city else f"{plain}-{crc32(self.city.encode()):08x}"
        return f"{own}-{self.posts}{'-bound' if self.bound_only else ''}.json"

    def case(self) -> Case:
        """Draw the city as it is without posts of the pool; the same seed gives the same one."""
        return synthesise_city(self.counties, self.townships, self.subdistricts, self.seed)


def solve_city(task: CityTask, spoken: Language = "en") -> dict[str, Any]:
    """Solve a city, or find a bound on what it is worth; never fails for a reason that lies in the city.

    Args:
        task: what is asked.
        spoken: the language of the note; a worker knows nothing of what is spoken where it is asked.

    Returns:
        `city`, `posts`, `bound_only`; `status` (as of a plan; `bounded`, where only a bound was asked for;
        `infeasible`, `no_plan`, `no_bound`, `failed`); `objective` and `bound` (staff-hours a year, both against the
        city's own today without posts of the pool) and `gap` (share), None where not known; `seconds`; `peak_mb`, the
        most memory that this process and its solver took meanwhile;
        `township_powers`, the take-ups to be decided; `note`, why there is no plan.
    """
    patience = PATIENCE if task.bound_only else 1.0
    control = Control(None if task.time_limit is None else patience * task.time_limit)
    found: dict[str, Any] = {"city": task.city, "posts": task.posts, "bound_only": task.bound_only}
    found |= dict.fromkeys(NUMBERS)
    with speaking(spoken), Watch(control, task.memory_mb) as watch:
        try:
            case = task.case()
            found["township_powers"] = len(case.voting_townships) * len(case.tables["powers"])
            found |= _solved(task, case, control)
        except NoPlanError as error:
            found |= {"status": without_plan(error), "note": str(error).partition("\n")[0]}
        except (DevolveError, OSError, MemoryError, RuntimeError) as error:
            # One city that breaks down does not take the others with it.
            found |= {"status": "failed", "note": f"{type(error).__name__}: {error}".partition("\n")[0]}
        if watch.stopped:
            found["note"] = tr("stopped at {memory:,.0f} MB of memory", memory=task.memory_mb)
    return {"township_powers": 0, "note": "", **found, "seconds": round(control.elapsed, 3), "peak_mb": watch.peak_mb}


def _solved(task: CityTask, case: Case, control: Control) -> dict[str, Any]:
    method = Method.RATIO if task.bound_only else Method.OPTIMAL
    given = with_posts(case, task.policy, task.posts)
    scenario = Scenario(given, task.policy, task.name)
    plan = solve(scenario, method, task.gap, threads=task.threads, control=control, explain=False)
    relief = relief_of_posts(case, given, task.policy)
    objective, bound = plan.objective + relief, plan.bound + relief if math.isfinite(plan.bound) else None
    if task.bound_only:
        if bound is None:
            return {"status": "infeasible" if plan.bound < 0 else "no_bound"}
        return {"status": "bounded", "bound": bound}
    gap = relative_gap(objective, plan.bound + relief)
    return {
        "status": str(plan.status),
        "objective": objective,
        "bound": bound,
        "gap": gap if math.isfinite(gap) else None,
    }
