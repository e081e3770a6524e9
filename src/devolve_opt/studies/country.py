"""The country: every city solved on its own by a crew of workers, and a pool of posts shared out between them.

Cities share nothing but the pool, so one solve a city does without it. How the pool comes in:

1. A city may be given 0, 1, 2, ... lots of posts (`[pool]`). What it would then be is a matter of its data alone
   (`rules.pool.with_posts`); the model stays as it is. So the whole is a choice of one number for each city, and the
   worth of the country is the sum of the cities' worth.
2. Each city is solved without posts, which also bounds what it is worth then; for each further number of posts a
   relaxation gives a bound.
3. By these bounds the posts are shared out (`rules.pool.share_out`, exactly), and the cities that are given some are
   solved once more with them. That tightens the bounds, so the posts are shared out anew, until the whole is proven to
   the cities' gap (`studies.sharing` says why that ends, and why the bound is true): no city is solved for every
   number. The best shares by the plans found are the answer; a city whose plan with posts is worth less keeps none.
4. The bound on the whole is the best share-out by the least bound known for each city and number of posts. It holds for
   every way to share out the pool in lots and every plan of the cities. The price of a post, at which the cities' own
   demand meets the pool, is told with it.

Cities go to the workers largest first. Each result is written by this process as soon as it is there, under a digest
of all that it depends on: what was stopped goes on from there, and a changed scenario takes up nothing of another one.
A sample takes one city of each of N classes by size; what the whole would take is worked out from it, class by class.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.country import Country
from devolve_opt.errors import Fault, InputError
from devolve_opt.frozen import FrozenFrames, FrozenMapping
from devolve_opt.language import language, tr
from devolve_opt.plan import relative_gap
from devolve_opt.solver.engine import stop_on_interrupt
from devolve_opt.studies.city import NUMBERS, CityTask, solve_city
from devolve_opt.studies.cluster import Crew, crew, usual_memory, usual_workers
from devolve_opt.studies.kept import digest_of, keep, kept
from devolve_opt.studies.options import AGREEMENT, check_options
from devolve_opt.studies.sharing import Pair, Sharing, at_hand, share_until_proven
from devolve_opt.synthetic.assembly import VERSION
from devolve_opt.vocabulary import Status

Report = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, eq=False)
class CountryPlan(FrozenFrames):
    """What was found for a country, or for a sample of its cities.

    Attributes:
        country: what was solved.
        cities: the cities asked for, indexed by id: the country's columns, then `township_powers` (take-ups to be
            decided), `posts_given`, `objective`, `bound` (staff-hours a year, with the posts given; None where not
            known), `gap` (share), `status` (as `solve_city`; `no_units` where there is nothing to decide, `not_done`),
            `seconds` and `peak_mb` of the plan without posts of the pool, `seconds_in_all` of all that was asked about
            the city, `objective_without` (staff-hours a year, without posts of the pool) and `note`.
        classes: of a sample: columns `cities` (in the class), `units_least`, `units_most`, `city` (the one solved),
            `seconds` (of it, for all that was asked) and `seconds_of_class`; empty where all cities were asked for.
        objective: worth of all cities that have a plan, staff-hours a year.
        bound: no way to share out the pool and no plan of these cities is worth more; infinite if a bound is missing.
        pool_posts: posts shared out: the country's, or a sample's part of them.
        price: staff-hours a year a post of the pool; None where nothing was shared out.
        complete: whether everything that was asked for was done.
        workers: workers at the end.
        seconds: wall time of this run; what was taken up from an earlier one costs none.
        options: `gap, time_limit, threads, sample, scheduler, memory_mb`.
    """

    country: Country
    cities: pd.DataFrame
    classes: pd.DataFrame
    objective: float
    bound: float
    pool_posts: int
    price: float | None
    complete: bool
    workers: int
    seconds: float
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", FrozenMapping(self.options))

    @property
    def gap(self) -> float:
        """(bound - objective) / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def status(self) -> str:
        """How far the whole is proven: `proven` to the gap asked for, `not_proven`, or `interrupted`."""
        if not self.complete:
            return str(Status.INTERRUPTED)
        return str(Status.PROVEN) if self.gap <= self.options["gap"] + AGREEMENT else "not_proven"

    @property
    def out_of_time(self) -> int:
        """How many cities' plans without posts of the pool ran into the time limit: with more time they take longer."""
        limit = self.options.get("time_limit")
        return 0 if limit is None else int((self.solved["seconds"] >= limit).sum())

    @property
    def solved(self) -> pd.DataFrame:
        """The cities that have a plan."""
        return self.cities[self.cities["objective"].notna()]


def solve_country(
    country: Country,
    gap: float = 0.005,
    time_limit: float | None = None,
    threads: int = 1,
    *,
    sample: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    memory_mb: float | None = None,
    folder: str | Path | None = None,
    stop: threading.Event | None = None,
    report: Report = lambda found: None,
) -> CountryPlan:
    """Solve every city of a country and share out its pool of posts.

    Needs the extra `cluster` (Dask). A script that calls this has to keep its own work under
    `if __name__ == "__main__":`, because the workers of a local cluster import it.

    Args:
        country: what to solve.
        gap: relative gap to prove in each city.
        time_limit: seconds for each solve; None waits for the gap.
        threads: threads of each solve.
        sample: solve one city of each of so many classes by size; None solves all.
        workers: local workers; None takes one for each core that there is memory for.
        scheduler: address of a Dask scheduler that stands already; else a local cluster is made.
        memory_mb: megabytes at which a city's search is stopped, with the plan found by then, 0 for no limit. None
            takes an even part of this machine's memory for local workers, and no limit on another cluster.
        folder: where each finished result is kept; what was stopped takes up from there.
        stop: set it to end early, for callers that answer Ctrl-C themselves.
        report: called with each result of `solve_city`, with `name`, `kept` (whether it was there already), `done` and
            `asked` (results there are, and that are asked for by then).

    Raises:
        InputError: if an option is not allowed, Dask is missing, or no cluster answers.
        SolverError: if the cluster goes away.
    """
    check_options(gap, time_limit, threads, jobs=workers)
    _check_own_options(country, sample, workers, scheduler, memory_mb)
    began = time.monotonic()
    classes = _classes(country, sample)
    asked = country.with_units if sample is None else country.cities.loc[[chosen for _, chosen in classes]]
    if scheduler is None:
        workers = workers or min(usual_workers(), max(1, len(asked)))
    limit = memory_mb if memory_mb is not None else (usual_memory(workers) if workers and scheduler is None else 0.0)
    pool_posts = _pool_posts(country, asked)
    options = {"gap": gap, "time_limit": time_limit, "threads": threads, "memory_mb": limit}
    store = _Store(country, options, None if folder is None else Path(folder), report)
    own, stop = stop is None, stop or threading.Event()
    share: Sharing | None = None
    numbers = country.pool.choices if country.pool is not None and pool_posts else ()
    with stop_on_interrupt(stop.set) if own else nullcontext(), crew(workers, scheduler, limit, stop) as hands:
        plain = [store.task(city, 0, False) for city in _largest_first(asked)]
        store.get(hands, [*plain, *(store.task(city, k, True) for city in _largest_first(asked) for k in numbers[1:])])
        answers = _Answers(store, hands, asked, numbers)
        if numbers and answers.cities and not stop.is_set():
            share = share_until_proven(answers, pool_posts, gap)
        there = hands.workers if not stop.is_set() else workers or 0
    cities = _table(country, asked, store, share)
    objective = float(cities["objective"].sum()) if cities["objective"].notna().any() else -np.inf
    return CountryPlan(
        country=country, cities=cities, classes=_classes_table(country, classes, cities), objective=objective,
        bound=_bound(cities, answers, share, pool_posts), pool_posts=pool_posts,
        price=None if share is None else share.price, complete=not stop.is_set(), workers=there,
        seconds=time.monotonic() - began, options={**options, "sample": sample, "scheduler": scheduler},
    )  # fmt: skip


def _check_own_options(
    country: Country, sample: Any, workers: int | None, scheduler: str | None, memory_mb: float | None
) -> None:
    faults = []
    most = len(country.with_units)
    if most == 0:
        faults.append(Fault(tr("has no city with a township or subdistrict; add some."), file="cities.csv"))
    elif sample is not None and not 1 <= sample <= most:
        message = tr("must be from 1 to {most}, the number of cities.", most=most)
        faults.append(Fault(message, column="sample", value=str(sample)))
    if scheduler is not None and workers is not None:
        message = tr(
            "stands beside the address of a scheduler, whose workers there are already; leave one of them out."
        )
        faults.append(Fault(message, column="workers", value=str(workers)))
    if memory_mb is not None and memory_mb < 0:
        faults.append(Fault(tr("must be megabytes, at least 0."), column="memory_mb", value=str(memory_mb)))
    if faults:
        raise InputError(faults)


class _Store:
    """The results that are there, and how further ones are asked for and kept."""

    def __init__(self, country: Country, options: Mapping[str, Any], folder: Path | None, report: Report):
        self.country, self.options, self.folder, self.report = country, options, folder, report
        self.found: dict[tuple[str, int, bool], dict[str, Any]] = {}
        self.asked = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def task(self, city: str, posts: int, bound_only: bool) -> CityTask:
        row = self.country.cities.loc[city].to_dict()
        return CityTask(
            city=city, name=str(row["name"]), counties=int(row["counties"]), townships=int(row["townships"]),
            subdistricts=int(row["subdistricts"]), seed=self.country.city_seed(city), posts=posts,
            bound_only=bound_only, policy=self.country.policy, **self.options,
        )  # fmt: skip

    def get(self, hands: Crew, tasks: list[CityTask]) -> None:
        """Take up what is kept and have the rest done; it is kept as soon as it is there."""
        self.asked += len(tasks)
        missing = []
        for task in tasks:
            before = None if self.folder is None else kept(self._file(task), self._key(task), task.gap, task.time_limit)
            if before is None:
                missing.append(task)
            else:
                self._add(task, before, True)
        hands.work(partial(solve_city, spoken=language()), missing, self._take)

    def _take(self, task: CityTask, result: Any) -> None:
        if isinstance(result, BaseException):
            note = tr("its workers died ({error})", error=type(result).__name__)
            result = {"city": task.city, "posts": task.posts, "bound_only": task.bound_only, "status": "failed",
                      "note": note, "seconds": 0.0, "peak_mb": 0.0, "township_powers": 0,
                      **dict.fromkeys(NUMBERS)}  # fmt: skip
        elif self.folder is not None:
            keep(self._file(task), self._key(task), task.time_limit, result)
        self._add(task, result, False)

    def _add(self, task: CityTask, result: dict[str, Any], was_kept: bool) -> None:
        self.found[task.city, task.posts, task.bound_only] = result
        self.report({**result, "name": task.name, "kept": was_kept, "done": len(self.found), "asked": self.asked})

    def _file(self, task: CityTask) -> Path:
        assert self.folder is not None
        return self.folder / task.file_name

    @staticmethod
    def _key(task: CityTask) -> str:
        size = (task.city, task.counties, task.townships, task.subdistricts, task.seed, task.posts, task.bound_only)
        return digest_of(size, VERSION, task.policy.model_dump(mode="json"))

    def results(self, city: str) -> list[dict[str, Any]]:
        """All results of a city."""
        return [result for result in self.found.values() if result["city"] == city]

    def plan(self, city: str, posts: int) -> dict[str, Any] | None:
        """The result of solving a city with so many posts, if there is one."""
        return self.found.get((city, posts, False))

    def plans(self, cities: Iterable[str]) -> pd.DataFrame:
        """Worth of the plans there are: columns `city, posts, value`."""
        found = [result for city in cities for result in self.results(city) if result["objective"] is not None]
        rows = [(result["city"], result["posts"], float(result["objective"])) for result in found]
        return pd.DataFrame(rows, columns=["city", "posts", "value"])

    def bounds(self, cities: Iterable[str]) -> pd.DataFrame:
        """Least bounds by city and number of posts: columns `city, posts, value`."""
        rows = [(city, result["posts"], result["bound"]) for city in cities for result in self.results(city)]
        frame = pd.DataFrame(rows, columns=["city", "posts", "value"]).dropna()
        return frame.astype({"value": float}).groupby(["city", "posts"], sort=False)["value"].min().reset_index()

    def bounded(self, city: str, posts: int) -> bool:
        """Tell whether it is known what the city is worth at most with so many posts, or that no plan exists then."""
        found = [result for result in self.results(city) if result["posts"] == posts]
        return any(result["bound"] is not None or result["status"] == "infeasible" for result in found)


def _largest_first(cities: pd.DataFrame) -> list[str]:
    size = cities["townships"] + cities["subdistricts"]
    return [str(city) for city in size.sort_values(ascending=False, kind="stable").index]


def _pool_posts(country: Country, asked: pd.DataFrame) -> int:
    """Return the posts to be shared out: all of the pool, or a sample's part of it by units, in whole lots."""
    if country.pool is None:
        return 0
    units = country.units
    if len(asked) == len(country.with_units):
        return country.pool.posts
    return round(country.pool.posts * units[asked.index].sum() / units.sum() / country.pool.lot) * country.pool.lot


def _classes(country: Country, sample: int | None) -> list[tuple[list[str], str]]:
    """Return classes of cities by size, alike in number, with the city in the middle of each; none if all are asked."""
    if sample is None:
        return []
    order = list(reversed(_largest_first(country.with_units)))
    parts = [[str(city) for city in part] for part in np.array_split(np.array(order, dtype=object), sample)]
    return [(part, part[len(part) // 2]) for part in parts]


def _classes_table(country: Country, classes: list[tuple[list[str], str]], cities: pd.DataFrame) -> pd.DataFrame:
    units = country.units
    rows = []
    for part, chosen in classes:
        seconds = float(cities["seconds_in_all"][chosen])
        least, most = int(units[part].min()), int(units[part].max())
        rows.append((len(part), least, most, chosen, seconds, len(part) * seconds))
    columns = ["cities", "units_least", "units_most", "city", "seconds", "seconds_of_class"]
    return pd.DataFrame(rows, columns=columns)


def _table(country: Country, asked: pd.DataFrame, store: _Store, share: Sharing | None) -> pd.DataFrame:
    rows = {}
    shown = country.cities if len(asked) == len(country.with_units) else asked
    for city, units in (shown["townships"] + shown["subdistricts"]).items():
        without = store.plan(str(city), 0)
        posts = share.posts.get(str(city), 0) if share is not None else 0
        best = store.plan(str(city), posts)
        status = best["status"] if best else ("not_done" if units else "no_units")
        results = store.results(str(city))
        rows[city] = {
            "township_powers": without["township_powers"] if without else 0,
            "posts_given": best["posts"] if best else 0,
            **{name: best[name] if best else None for name in ("objective", "bound", "gap")},
            "status": status,
            "seconds": without["seconds"] if without else 0.0,
            "peak_mb": without["peak_mb"] if without else 0.0,
            "seconds_in_all": sum(result["seconds"] for result in results),
            "objective_without": without["objective"] if without else None,
            "note": best["note"] if best else "",
        }
    found = pd.DataFrame.from_dict(rows, orient="index")
    numbers = ["objective", "bound", "gap", "objective_without"]
    return shown.join(found.astype(dict.fromkeys(numbers, "float64")))


class _Answers:
    """What `studies.sharing` asks of the cities: those that have a plan, and a bound, without posts."""

    def __init__(self, store: _Store, hands: Crew, asked: pd.DataFrame, numbers: tuple[int, ...]):
        self._store, self._hands, self._asked, self._numbers = store, hands, asked, numbers

    @property
    def cities(self) -> list[str]:
        plans = {city: self._store.plan(city, 0) for city in _largest_first(self._asked)}
        return [city for city, plan in plans.items() if plan and None not in (plan["objective"], plan["bound"])]

    def plans(self) -> pd.DataFrame:
        return self._store.plans(self.cities)

    def bounds(self) -> pd.DataFrame:
        return self._store.bounds(self.cities)

    @property
    def all_bounded(self) -> bool:
        return all(self._store.bounded(city, posts) for city in self.cities for posts in self._numbers)

    def solve(self, pairs: list[Pair]) -> bool:
        posts = dict(pairs)
        self._store.get(
            self._hands, [self._store.task(city, posts[city], False) for city in self.cities if city in posts]
        )
        return not self._hands.stopped


def _bound(cities: pd.DataFrame, answers: _Answers, share: Sharing | None, pool_posts: int) -> float:
    """Return the bound on the cities that have a plan; infinite if that of one is missing.

    It holds for every way to share out the pool, also where the run was stopped before that was begun.
    """
    solved = int(cities["objective"].notna().sum())
    if solved == 0 or len(answers.cities) < solved:
        return np.inf
    return (share or at_hand(answers, pool_posts)[0]).bound
