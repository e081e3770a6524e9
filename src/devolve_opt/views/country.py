"""A country as a folder: a table of its cities, a summary, a figure and a record, beside the results that it keeps."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.country import NOTICE
from devolve_opt.language import joined, tr
from devolve_opt.studies.country import CountryPlan
from devolve_opt.studies.kept import status_named
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.country import country_figure
from devolve_opt.views.wording import count, percent, rounded_up

RECORD = "country.json"
"""The file that tells the folder of a country from any other."""
KEPT = "done"
"""The folder within it where each finished result is kept."""
SAMPLE = "sample"
"""The folder within it for the results of a sample."""
MOST_LINES = 12
"""Cities that the summary lists one by one."""
PROVENANCE = (
    "Real: how many counties, townships and subdistricts each city has. Everything else about a city is invented, "
    "drawn from the seed; no figure says anything about the real city of that name."
)
"""What is real and what is not; shown as `tr(PROVENANCE)`."""


def write_country(plan: CountryPlan, folder: str | Path) -> Path:
    """Write a country; each file is complete or is not there, and the record `country.json` comes last.

    Args:
        plan: what `solve_country` returned.
        folder: where; `cities` and, of a sample, `classes` (CSV and Parquet), `summary.txt`, `country.png` and
            `country.svg` are written.

    Returns:
        The folder.

    Raises:
        InputError: if it cannot be written.
    """
    folder = Path(folder)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "cities", plan.cities.rename_axis("city").reset_index())
        if len(plan.classes):
            write_table(folder / "classes", plan.classes)
        write_bytes(folder / "summary.txt", country_text(plan).encode())
        write_figure(folder / "country", country_figure(plan))
        content = json.dumps(country_record(plan), indent=2, ensure_ascii=False, allow_nan=False)
        write_bytes(folder / RECORD, f"{content}\n".encode())
    return folder


def country_record(plan: CountryPlan) -> dict[str, Any]:
    """Return the record of a country: what was asked, what came out and how far it is proven.

    `objective` and `bound` are in staff-hours a year over the cities that have a plan, `gap` is a share, `seconds` is
    the wall time of this run alone and `seconds_of_cities` that of all solves together; None for what is not known.
    """
    country, pool, cities = plan.country, plan.country.pool, plan.cities
    return {
        "title": country.title,
        "synthetic": True,
        "provenance": PROVENANCE,
        "status": plan.status,
        "objective": _known(plan.objective),
        "bound": _known(plan.bound),
        "gap": _known(plan.gap),
        "cities": len(cities),
        "cities_with_plan": len(plan.solved),
        "townships": int(cities["townships"].sum()),
        "subdistricts": int(cities["subdistricts"].sum()),
        "township_powers": int(cities["township_powers"].sum()),
        "cities_by_status": {str(name): int(number) for name, number in cities["status"].value_counts().items()},
        "pool": None if pool is None else {
            **pool.model_dump(), "posts_to_share": plan.pool_posts, "posts_given": int(cities["posts_given"].sum()),
            "price": plan.price, "objective_without": _known(float(cities["objective_without"].sum())),
        },
        "seconds": plan.seconds,
        "seconds_of_cities": float(cities["seconds_in_all"].sum()),
        "workers": plan.workers,
        "estimate": _estimate(plan),
        "seed": country.seed,
        "policy": country.policy.model_dump(mode="json"),
        "options": dict(plan.options),
        "scenario_file": country.source,
        "input_hashes": dict(country.input_hashes),
        "versions": {"devolve_opt": __version__},
    }  # fmt: skip


def country_text(plan: CountryPlan) -> str:
    """Return a country in plain text: what was solved, how far it is proven, the pool, what a city costs."""
    lines = [
        plan.country.title,
        NOTICE,
        tr(PROVENANCE),
        "",
        *_what(plan),
        *_proof(plan),
        *_pool(plan),
        "",
        *_cost(plan),
    ]
    if _estimate(plan) is not None:
        lines += ["", *_whole(plan)]
    return "\n".join(lines) + "\n"


def _what(plan: CountryPlan) -> list[str]:
    cities, whole = plan.cities, len(plan.country.with_units)
    towns, streets = count(cities["townships"].sum(), "township"), count(cities["subdistricts"].sum(), "subdistrict")
    which = count(len(cities), "city", "cities")
    if len(plan.classes):
        which = tr("A sample of {n} of {all} cities", n=len(cities), all=whole)
    lines = [
        tr(
            "{which}: {townships} and {subdistricts}, {take_ups:,} take-ups decided.",
            which=which, townships=towns, subdistricts=streets, take_ups=cities["township_powers"].sum(),
        )
    ]  # fmt: skip
    statuses = cities["status"].value_counts().items()
    words = [tr("{n} {status}", n=n, status=status_named(str(status)).replace("_", " ")) for status, n in statuses]
    lines.append(tr("Cities by status: {statuses}.", statuses=joined(words)))
    notes = cities[cities["note"] != ""]
    return lines + [tr("  {city}: {note}", city=row["name"], note=row["note"])
                    for row in notes.head(5).to_dict("records")]  # fmt: skip


def _proof(plan: CountryPlan) -> list[str]:
    lines = [] if plan.complete else [tr("NOT COMPLETE: it was stopped; the same command goes on from what is done.")]
    if plan.solved.empty:
        return [*lines, tr("No city has a plan.")]
    missing = int((plan.cities["status"] != "no_units").sum()) - len(plan.solved)
    said = {"solved": len(plan.solved), "missing": missing, "worth": plan.objective}
    lines.append(
        tr(
            "Worth of the {solved} cities with a plan (none of {missing} others): {worth:,.0f} staff-hours a year.",
            **said,
        )
        if missing
        else tr("Worth of all cities: {worth:,.0f} staff-hours a year.", **said)
    )
    if not math.isfinite(plan.bound):
        return [*lines, tr("Nothing is proven of the whole: the bound of a city is missing.")]
    bound = {"bound": rounded_up(plan.bound), "gap": percent(plan.gap)}
    return [*lines, tr("No plans of theirs are worth more than {bound:,.0f}: gap {gap}.", **bound)]


def _pool(plan: CountryPlan) -> list[str]:
    pool, cities = plan.country.pool, plan.cities
    if pool is None:
        return []
    if plan.price is None:
        return [tr("The pool of {posts:,} posts is not shared out.", posts=plan.pool_posts)]
    given = cities[cities["posts_given"] > 0]
    said = {
        "posts": plan.pool_posts, "lot": pool.lot, "lots": pool.lots_max, "given": given["posts_given"].sum(),
        "cities": count(len(given), "city", "cities"), "price": plan.price,
        "more": plan.objective - float(plan.solved["objective_without"].sum()),
    }  # fmt: skip
    if len(plan.classes):
        text = tr(
            "Pool (the pool's part for this sample, {posts:,} posts in lots of {lot}, at most {lots} a city): {given:,}"
            " given to {cities}, worth {more:,.0f} more than without; at the price that clears the pool a post is "
            "worth {price:,.0f} staff-hours a year.",
            **said,
        )
    else:
        text = tr(
            "Pool ({posts:,} posts in lots of {lot}, at most {lots} a city): {given:,} given to {cities}, worth "
            "{more:,.0f} more than without; at the price that clears the pool a post is worth {price:,.0f} staff-hours "
            "a year.",
            **said,
        )
    return [text, tr("That there is such a pool, and that its posts come filled, is an assumption.")]


def _cost(plan: CountryPlan) -> list[str]:
    """Say whether a city costs alike, whatever its size and however many were solved before."""
    cities = plan.solved[plan.solved["township_powers"] > 0]
    if cities.empty:
        return []
    cities = cities.assign(each=1_000 * cities["seconds"] / cities["township_powers"])
    each = cities["each"]
    lines = [
        tr(
            "Seconds for 1,000 take-ups decided: {least:.2f} to {most:.2f}, median {median:.2f}; memory of a worker "
            "with its solver: at most {memory:,.0f} MB.",
            least=each.min(), most=each.max(), median=each.median(), memory=cities["peak_mb"].max(),
        )
    ]  # fmt: skip
    if plan.out_of_time:
        late = {"cities": count(plan.out_of_time, "city", "cities"), "limit": plan.options["time_limit"]}
        lines.append(tr("{cities} ran into the limit of {limit:,.0f} s, which caps this.", **late))
    shown = cities
    if len(cities) > MOST_LINES:
        shown = cities.nlargest(MOST_LINES, "seconds")
        lines.append(tr("The {n} cities that took longest:", n=MOST_LINES))
    lines.append(tr("  units  take-ups  seconds  of 1,000     MB       gap  status, city"))
    for row in shown.to_dict("records"):
        gap = percent(row["gap"]) if pd.notna(row["gap"]) else "-"
        lines.append(
            f"{row['townships'] + row['subdistricts']:>7,}{row['township_powers']:>10,}{row['seconds']:>9.1f}"
            f"{row['each']:>10.2f}{row['peak_mb']:>7,.0f}{gap:>10}  "
            + joined([status_named(row["status"]), row["name"]])
        )
    return lines


def _whole(plan: CountryPlan) -> list[str]:
    """Work out, class by class, what all cities would take."""
    names = plan.cities["name"]
    lines = [tr("What all cities would take, if the cities of a class take alike:")]
    lines += [
        tr(
            "  {cities} of {least} to {most} units x {each:,.1f} s ({name}) = {seconds:,.0f} s",
            cities=count(row["cities"], "city", "cities"), least=row["units_least"], most=row["units_most"],
            each=row["seconds"], name=names[row["city"]], seconds=row["seconds_of_class"],
        )
        for row in plan.classes.to_dict("records")
    ]  # fmt: skip
    estimate = _estimate(plan) or {}
    seconds, wall = estimate["seconds"], estimate["wall_seconds"]
    workers = count(max(1, plan.workers), "worker")
    in_all = {"seconds": seconds, "workers": workers, "wall": wall, "hours": wall / 3600}
    return [*lines, tr("  in all {seconds:,.0f} s; / {workers} = {wall:,.0f} s = {hours:.1f} h.", **in_all)]


def _estimate(plan: CountryPlan) -> dict[str, float] | None:
    if plan.classes.empty or not plan.complete:
        return None
    seconds = float(plan.classes["seconds_of_class"].sum())
    return {"seconds": seconds, "wall_seconds": seconds / max(1, plan.workers)}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
