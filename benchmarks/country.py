"""`country`: what a city of the country costs, whatever its size, and what all of them would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.pictures import country_figure
from benchmarks.results import last_line, out, ready_to_write, records, show, study_measured, write_csv, write_png
from devolve_opt.country import Country
from devolve_opt.errors import Fault, InputError, SolverError
from devolve_opt.plan import relative_gap
from devolve_opt.studies.city import PATIENCE
from devolve_opt.studies.options import AGREEMENT
from devolve_opt.version import __version__
from devolve_opt.views.wording import count

START_SECONDS = 600.0
"""What the workers may take to start, and the last solves to end."""


def main(
    sample: Annotated[int, typer.Option(help="Cities that are solved, one of each class by size.", min=1)] = 12,
    gap: Annotated[float, typer.Option(help="Relative gap to prove in each city.", min=0, max=1)] = 0.005,
    time_limit: Annotated[float, typer.Option(help="Seconds for each solve.", min=0.1)] = 300.0,
    workers: Annotated[int, typer.Option(help="Local workers, a thread each.", min=1, max=256)] = 2,
    scenario: Annotated[Path, typer.Option(help="Scenario of a country.")] = ROOT / "scenarios" / "country.toml",
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is there already.")] = False,
) -> None:
    """Cost of a city by size, memory, the gap of the whole with its pool of posts, and what all cities would take.

    A city of each of so many classes by size is solved on Dask workers, as `devolve-opt run` does it.
    """
    land = Country.read(scenario)
    if sample > len(land.with_units):
        message = f"must be at most {len(land.with_units)}, the number of cities."
        raise InputError([Fault(message, column="--sample", value=str(sample))])
    ready_to_write(folder)
    row = measured_country(land, scenario, folder, gap, time_limit, workers, fresh, sample)
    cities, classes = costs(row), extrapolated(row)
    write_csv(folder / "country-cities.csv", cities)
    write_csv(folder / "country-classes.csv", classes)
    write_png(folder / "country.png", country_figure(cities, classes, gap, row["workers"]))
    show("Cost of a city", cities)
    show("All cities, if those of a class take alike", classes)
    found = figures(row, gap)
    for line in told(row, found):
        out.print(line, markup=False)
    out.print(f"Results: {folder}", markup=False)
    print(last_line(found), flush=True)


def measured_country(
    land: Country,
    scenario: Path,
    folder: Path,
    gap: float,
    time_limit: float,
    workers: int,
    fresh: bool,
    sample: int | None = None,
) -> dict[str, Any]:
    """Solve a country, or a sample of its cities, in a process of its own, and return its row.

    Raises:
        SolverError: if its process fails.
    """
    asked = {
        "scenario": str(scenario.resolve()), "gap": gap, "time_limit": time_limit, "workers": workers,
        "sample": sample, "inputs": dict(land.input_hashes), "version": __version__,
    }  # fmt: skip
    # Each city: its plan, a bound for each further number of posts, and a plan with those that it is given.
    bounds = 0 if land.pool is None else len(land.pool.choices) - 1
    solves = (sample or len(land.with_units)) * (2 + PATIENCE * bounds)
    row = study_measured(
        folder / "country", scenario.stem if sample is None else f"{scenario.stem}-sample-{sample}", asked, fresh,
        "country", START_SECONDS + solves * time_limit,
    )  # fmt: skip
    if "cities" not in row:
        raise SolverError(f"the country was not solved: {row['status']}: {row['note']}")
    return row


def costs(row: dict[str, Any]) -> pd.DataFrame:
    """Return what each city cost: `seconds_per_1000` are those of its plan without posts for 1,000 take-ups decided."""
    frame = pd.DataFrame(row["cities"])
    frame["units"] = frame["townships"] + frame["subdistricts"]
    decided = frame["township_powers"].where(frame["township_powers"] > 0)
    frame["seconds_per_1000"] = 1_000 * frame["seconds"] / decided
    columns = ["name", "units", "township_powers", "status", "seconds", "seconds_per_1000", "seconds_in_all", "peak_mb",
               "posts_given", "objective", "bound", "gap"]  # fmt: skip
    return frame.loc[frame["units"] > 0, columns].sort_values("units", ignore_index=True)


def extrapolated(row: dict[str, Any]) -> pd.DataFrame:
    """Return, class by class, cities x seconds of the one that was solved = seconds of the class, and hours so far."""
    names = ["cities", "units_least", "units_most", "seconds", "seconds_of_class"]
    frame = pd.DataFrame(row["classes"], columns=names)
    frame["hours_so_far"] = frame["seconds_of_class"].cumsum() / row["workers"] / 3600
    return frame


def figures(row: dict[str, Any], gap: float) -> dict[str, Any]:
    """Return the figures of the last line.

    `cost_...` are seconds for 1,000 take-ups over the cities with a plan, `steadiness` is the most of them over the
    least. `hours_by_class` is the sum of the classes over the workers, `hours_by_take_up` the time of the sample scaled
    from its take-ups to all. Memory in megabytes: of a worker at most, and of all processes together.
    """
    cities, classes = costs(row), extrapolated(row)
    cost = cities.loc[cities["objective"].notna(), "seconds_per_1000"].dropna()
    decided = float(cities["township_powers"].sum())
    each = decided / max(1.0, float(pd.DataFrame(row["cities"])["townships"].sum()))
    by_take_up = None
    if decided > 0:
        by_take_up = cities["seconds_in_all"].sum() * row["all_townships"] * each / decided / row["workers"] / 3600
    proven = int((cities["gap"] <= gap + AGREEMENT).sum())
    return {
        "benchmark": "country",
        "gap": gap,
        "cities": f"{len(cities)}/{row['all_cities']:g}",
        "proven": f"{proven}/{len(cities)}",
        "out_of_time": row["out_of_time"],
        "cost_least": cost.min(),
        "cost_median": cost.median(),
        "cost_most": cost.max(),
        "steadiness": cost.max() / cost.min() if len(cost) else None,
        "worker_mb": cities["peak_mb"].max(),
        "all_mb": row["peak_mb"],
        "pool_posts": row["pool_posts"],
        "price": row["price"],
        "whole_bound": row["bound"],
        "whole_gap": whole_gap(row),
        "seconds": row["seconds"],
        "attempts": row["attempts"],
        "workers": row["workers"],
        "hours_by_class": classes["hours_so_far"].iloc[-1] if len(classes) else None,
        "hours_by_take_up": by_take_up,
    }


def whole_gap(row: dict[str, Any]) -> float | None:
    """Return the gap of the whole with its pool, a share; None where something is not known."""
    known = row["objective"] is not None and row["bound"] is not None
    return relative_gap(row["objective"], row["bound"]) if known else None


def told(row: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return in words what the tables do not say."""
    whole = found["whole_gap"]
    seconds = sum(line["seconds_of_class"] for line in records(extrapolated(row)))
    proof = "nothing is proven of it" if whole is None else f"at most {row['bound']:,.0f}, gap {whole:.3%}"
    time = f"{seconds:,.0f} s / {row['workers']:g} workers = {found['hours_by_class'] or 0:.1f} h by class"
    lines = [
        f"The whole with a pool of {row['pool_posts']:,.0f} posts: {proof}.",
        f"All {row['all_cities']:g} cities: {time}, {found['hours_by_take_up'] or 0:.1f} h by take-ups.",
    ]
    if row["out_of_time"]:
        number = count(row["out_of_time"], "city", "cities")
        lines.append(f"{number} ran into the time limit, which caps their seconds and the sum.")
    if row["attempts"] > 1:
        lines.append(f"It took {row['attempts']:.0f} attempts; what was under way when one was stopped counts in none.")
    return lines
