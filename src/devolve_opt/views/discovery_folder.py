"""A scenario discovery as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from devolve_opt.language import joined, tr
from devolve_opt.studies.discovery import LEAST, Discovery
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.discovery import condition_in_words, discovery_figure
from devolve_opt.views.wording import count, proof_record, share, status_lines

RECORD = "discovery.json"
KEPT = "discovery-kept"
"""Folder of the points that are solved, which tells this folder from any other."""


def write_discovery(found: Discovery, folder: str | Path) -> Path:
    """Write a scenario discovery; each file is complete or is not there.

    Args:
        found: what `discover` returned.
        folder: where; `points`, `boxes` and `ranges` as CSV and Parquet, `discovery.txt`, `discovery.png`,
            `discovery.svg` and `discovery.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = discovery_text(found), discovery_figure(found)
    record = {
        "title": found.scenario.title, "notice": found.scenario.case.notice, **proof_record(found.plan),
        "settings": {name: list(ends) for name, ends in found.settings.items()}, "where": str(found.condition),
        "wanted": found.wanted, "seed": found.seed, "finished": found.finished,
        "foretold": {name: None if np.isnan(value) else value for name, value in found.foretold.items()},
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "points", found.points)
        write_table(folder / "boxes", found.boxes)
        write_table(folder / "ranges", found.ranges)
        write_bytes(folder / "discovery.txt", text.encode())
        write_figure(folder / "discovery", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def discovery_text(found: Discovery) -> str:
    """Return where the condition holds, and how sure that is."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines.append(
        tr(
            "{solved} of {points}, spread over these ranges (Latin hypercube, seed {seed}), which are assumptions; "
            "data are scaled:",
            solved=len(found.points), points=count(found.wanted, "point"), seed=found.seed,
        )
    )  # fmt: skip
    lines += [tr("  {name:<28} {low:g} to {high:g}", name=name, low=low, high=high)
              for name, (low, high) in found.settings.items()]  # fmt: skip
    lines += ["", tr("Of interest: {condition}", condition=condition_in_words(found.condition)),
              tr("  in {yes}, not in {no}, not known in {open}", yes=count(found.count(True), "point"),
                 no=found.count(False), open=found.count(None))]  # fmt: skip
    if found.without_plan:
        lines.append(
            tr("  of the last, no plan keeps the rules in {points}: proven", points=count(found.without_plan, "point"))
        )
    if found.boxes.empty:
        return "\n".join([*lines, "", _none_found(found)]) + "\n"
    for box in found.boxes.to_dict("records"):
        lines += ["", tr("Box {number}: {ranges}", number=box["box"], ranges=ranges_in_words(found, box["box"]))]
        lines.append(
            tr(
                "  holds {coverage} of the points of interest; {hits} of its {points} are such, {density}",
                coverage=share(box["coverage"]), hits=box["of_interest"], points=count(box["points"], "point"),
                density=share(box["density"]),
            )
        )  # fmt: skip
    foretold = found.foretold
    lines += ["", _foretold(foretold["coverage"], foretold["density"])]
    return "\n".join(lines) + "\n"


def ranges_in_words(found: Discovery, box: int) -> str:
    """Return the ranges that a box restricts."""
    rows = found.ranges[(found.ranges["box"] == box) & found.ranges["restricted"]]
    words = []
    for row in rows.to_dict("records"):
        low, high = found.settings[row["setting"]]
        name, from_, to = row["setting"], f"{row['low']:.4g}", f"{row['high']:.4g}"
        if row["low"] <= low:
            words.append(tr("{name} up to {to}", name=name, to=to))
        elif row["high"] >= high:
            words.append(tr("{name} from {low} on", name=name, low=from_))
        else:
            words.append(tr("{name} from {low} to {to}", name=name, low=from_, to=to))
    return joined(words)


def _foretold(coverage: float, density: float) -> str:
    if np.isnan(density):
        return tr("Boxes found from four fifths of the points name none of the other fifth: do not build on them.")
    return tr(
        "Found from four fifths of the points, boxes hold {coverage} of those of interest in the other fifth, and "
        "{density} of what they hold are such: so much may be expected of new points.",
        coverage=share(coverage), density=share(density),
    )  # fmt: skip


def _none_found(found: Discovery) -> str:
    yes, no = found.count(True), found.count(False)
    if yes and no:
        return tr(
            "No range tells the points of interest from the others, or there are too few of one kind (fewer than "
            "{least}).",
            least=LEAST,
        )
    if yes or no:
        known = count(yes + no, "point")
        return (
            tr("It holds at all of {points}.", points=known)
            if yes
            else tr("It holds at none of {points}.", points=known)
        )
    if found.count(None) > found.without_plan:
        return tr("Whether it ever holds is not known; give a smaller gap or more time.")
    return tr("No point has a plan; look for `no_plan`.") if found.without_plan else tr("No point was solved.")
