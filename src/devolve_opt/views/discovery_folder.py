"""A scenario discovery as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from devolve_opt.language import joined, tr
from devolve_opt.studies.discovery import LEAST, LOSES, ROUGH, Discovery
from devolve_opt.studies.ranges import DATA
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.discovery import condition_in_words, discovery_figure
from devolve_opt.views.sheets import SHARE, WHOLE
from devolve_opt.views.study_workbook import (
    Column,
    Sheet,
    columns_of_points,
    points_in_words,
    write_study_workbook,
)
from devolve_opt.views.wording import count, proof_record, setting_in_text, share, status_lines

RECORD = "discovery.json"
KEPT = "discovery-kept"
"""Folder of the points that are solved, which tells this folder from any other."""


def write_discovery(found: Discovery, folder: str | Path) -> Path:
    """Write a scenario discovery; each file is complete or is not there.

    Args:
        found: what `discover` returned.
        folder: where; `points`, `boxes` and `ranges` as CSV and Parquet, `discovery.txt`, `discovery.xlsx`,
            `discovery.png`, `discovery.svg` and `discovery.json` are written.

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
        write_study_workbook(folder / "discovery.xlsx", found.scenario, text, _sheets(found))
        write_figure(folder / "discovery", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def _sheets(found: Discovery) -> list[Sheet]:
    """Return boxes and points as they are handed in."""
    boxes = found.boxes.assign(ranges=[ranges_in_words(found, box) for box in found.boxes["box"]])
    known = {1.0: tr("of interest"), 0.0: tr("not")}
    points = points_in_words(found.points)
    points = points.assign(of_interest=[known.get(each, tr("not known")) for each in found.points["of_interest"]])
    held = [
        Column("held_status", tr("with the lists held: how far it is proven")),
        Column("held_worth", tr("with the lists held: worth (staff-hours a year)"), WHOLE),
        Column("loses_least", tr("holding on loses at least (∞: the lists break a rule)"), "0.00%"),
        Column("loses_most", tr("holding on loses at most (∞: the lists break a rule)"), "0.00%"),
    ]  # fmt: skip
    asked = held if found.condition.measure == LOSES else []
    return [
        Sheet(tr("boxes"), boxes, [
            Column("box", tr("box"), WHOLE), Column("ranges", tr("ranges")),
            Column("points", tr("points in it"), WHOLE),
            Column("of_interest", tr("points of interest in it"), WHOLE),
            Column("coverage", tr("share of all points of interest that it holds"), SHARE),
            Column("density", tr("share of its points that are of interest"), SHARE),
        ]),
        Sheet(tr("points"), points, [
            Column("point", tr("point"), WHOLE), Column("of_interest", tr("what is looked for")),
            *columns_of_points(found.settings), *asked,
        ]),
    ]  # fmt: skip


def discovery_text(found: Discovery) -> str:
    """Return where the condition holds, and how sure that is."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines.append(
        tr(
            "{solved} of {points}, spread over these ranges (Latin hypercube, seed {seed}), which are assumptions:",
            solved=len(found.points), points=count(found.wanted, "point"), seed=found.seed,
        )
    )  # fmt: skip
    lines += [tr("  {name}: {low:g} to {high:g}", name=setting_in_text(name), low=low, high=high)
              for name, (low, high) in found.settings.items()]  # fmt: skip
    if any(name.startswith(DATA) for name in found.settings):
        lines.append(tr("  Of data these are factors by which a column is scaled."))
    lines += ["", tr("Of interest: {condition}", condition=condition_in_words(found.condition)),
              tr("  in {yes}, not in {no}, not known in {open}", yes=count(found.count(True), "point"),
                 no=found.count(False), open=found.count(None))]  # fmt: skip
    lines += _caveats(found)
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
    if found.outside:
        lines += ["", tr("In no box: {points} of interest.", points=count(found.outside, "point"))]
    lines += ["", *_foretold(found)]
    return "\n".join(lines) + "\n"


def _caveats(found: Discovery) -> list[str]:
    """Return what is to be known before the points of interest are read."""
    lines = []
    if found.barred:
        lines.append(
            tr(
                "  in {barred} of these the lists break a rule and cannot be kept at all; in {others} they can be "
                "kept, and lose",
                barred=found.barred, others=found.count(True) - found.barred,
            )
        )  # fmt: skip
    if found.without_plan:
        lines.append(
            tr("  of the last, no plan keeps the rules in {points}: proven", points=count(found.without_plan, "point"))
        )
    if found.condition.measure == "list_kept":
        lines.append(
            tr(
                "  Another list may be worth no more: powers that are listed and not taken cost nothing. Whether "
                "holding on to this one loses anything, loses>0.01 tells."
            )
        )
    if not found.finished:
        lines.append(tr("  NOT COMPLETE: only the points that are solved count here."))
    if len(found.points) < ROUGH:
        lines.append(
            tr("  From so few points (fewer than {rough}) all shares below are rough.", rough=ROUGH)
        )  # fmt: skip
    return lines


def ranges_in_words(found: Discovery, box: int) -> str:
    """Return the ranges that a box restricts."""
    rows = found.ranges[(found.ranges["box"] == box) & found.ranges["restricted"]]
    words = []
    for row in rows.to_dict("records"):
        low, high = found.settings[row["setting"]]
        name, from_, to = setting_in_text(row["setting"]), f"{row['low']:.4g}", f"{row['high']:.4g}"
        if row["low"] <= low:
            words.append(tr("{name} up to {to}", name=name, to=to))
        elif row["high"] >= high:
            words.append(tr("{name} from {low} on", name=name, low=from_))
        else:
            words.append(tr("{name} from {low} to {to}", name=name, low=from_, to=to))
    return joined(words)


def _foretold(found: Discovery) -> list[str]:
    told = found.foretold
    usual = tr(
        "Of all points, {usual} are of interest: what a box tells is how far it lies above that.",
        usual=share(found.usual),
    )
    if np.isnan(told["density"]):
        blind = tr("Boxes found from four fifths of the points name none of the other fifth: do not build on them.")
        return [blind, usual]
    held = tr(
        "Held against points that had no part in finding them (each fifth by the others), boxes hold {coverage} of "
        "those of interest; {hits} of the {named} that they hold are such, {density}.",
        coverage=share(told["coverage"]), hits=int(told["hits"]), named=count(int(told["named"]), "point"),
        density=share(told["density"]),
    )  # fmt: skip
    blind = tr("These do NOT lie above it: do not build on them.")
    return [held, usual, *([blind] if told["density"] <= found.usual else [])]


def _none_found(found: Discovery) -> str:
    yes, no = found.count(True), found.count(False)
    condition = condition_in_words(found.condition)
    if min(yes, no) >= LEAST:
        return tr("No range tells the points of interest from the others.")
    if yes and no:
        return tr(
            "No range is looked for: only {few} of one kind, and fewer than {least} tell nothing.",
            few=count(min(yes, no), "point"), least=LEAST,
        )  # fmt: skip
    if yes or no:
        known = count(yes + no, "point")
        return (
            tr("At all {points} that are known: {condition}.", points=known, condition=condition)
            if yes
            else tr("At none of the {points} that are known: {condition}.", points=known, condition=condition)
        )
    if found.count(None) > found.without_plan:
        return tr("Whether it ever holds is not known; give a smaller gap or more time.")
    return tr("No point has a plan; look for `no_plan`.") if found.without_plan else tr("No point was solved.")
