"""Sensitivity as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from devolve_opt.language import joined, tr
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND
from devolve_opt.studies.sensitivity import FEW_PATHS, LEAST_PATHS, MEASURES, Sensitivity
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.sensitivity import sensitivity_figure
from devolve_opt.views.sheets import NUMBER, WHOLE
from devolve_opt.views.study_workbook import (
    Column,
    Sheet,
    columns_of_points,
    points_in_words,
    write_study_workbook,
)
from devolve_opt.views.wording import count, proof_record, setting_in_text, status_lines

RECORD = "sensitivity.json"
KEPT = "points-kept"
"""Folder of the points that are solved, which tells this folder from any other."""
WITHOUT = {
    NO_PLAN: "  proven: no plan keeps the rules in {points}; their paths do not count",
    NOT_FOUND: "  no plan was found in time in {points}; their paths do not count",
}
"""Points without a plan, by status; shown as `tr(WITHOUT[...])`."""


def write_sensitivity(found: Sensitivity, folder: str | Path) -> Path:
    """Write a study of sensitivity; each file is complete or is not there.

    Args:
        found: what `sensitivity` returned.
        folder: where; `points` and `effects` as CSV and Parquet, `sensitivity.txt`,
            `sensitivity.xlsx`, `sensitivity.png`, `sensitivity.svg` and `sensitivity.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = sensitivity_text(found), sensitivity_figure(found)
    record = {
        "title": found.scenario.title, "notice": found.scenario.case.notice, **proof_record(found.plan),
        "settings": {name: list(ends) for name, ends in found.settings.items()},
        "trajectories": found.trajectories, "seed": found.seed, "finished": found.finished,
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "points", found.points)
        write_table(folder / "effects", found.effects)
        write_bytes(folder / "sensitivity.txt", text.encode())
        write_study_workbook(folder / "sensitivity.xlsx", found.scenario, text, _sheets(found))
        write_figure(folder / "sensitivity", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def _sheets(found: Sensitivity) -> list[Sheet]:
    """Return effects and points as they are handed in."""
    effects = found.effects.assign(
        setting=[setting_in_text(name) for name in found.effects["setting"]],
        measure=[tr(MEASURES[name]) for name in found.effects["measure"]],
    )
    return [
        Sheet(tr("effects"), effects, [
            Column("setting", tr("setting")), Column("measure", tr("what it changes")),
            Column("mean_size", tr("mean size of the change"), NUMBER),
            Column("mean_size_95", tr("half the width of its 95 % interval"), NUMBER),
            Column("mean", tr("mean change as it rises"), NUMBER), Column("paths", tr("paths"), WHOLE),
        ]),
        Sheet(tr("points"), points_in_words(found.points), [
            Column("trajectory", tr("path"), WHOLE), Column("step", tr("step"), WHOLE),
            *columns_of_points(found.settings),
        ]),
    ]  # fmt: skip


def sensitivity_text(found: Sensitivity) -> str:
    """Return which settings move the plan most, and which points have no plan."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines.append(
        tr(
            "{solved} of {points} on {paths}, seed {seed}; all settings move at once (Morris 1991). The ranges are "
            "assumptions:",
            solved=len(found.points), points=count(found.wanted, "point"), paths=count(found.trajectories, "path"),
            seed=found.seed,
        )
    )  # fmt: skip
    lines += [tr("  {name}: {low:g} to {high:g}", name=setting_in_text(name), low=low, high=high)
              for name, (low, high) in found.settings.items()]  # fmt: skip
    statuses = found.points["status"]
    for status, words in WITHOUT.items():
        if (statuses == status).any():
            lines.append(tr(words, points=count(int((statuses == status).sum()), "point")))
    limited = int(statuses.isin(["time_limit", "solver_failed"]).sum())
    if limited:
        points = count(limited, "point")
        lines.append(tr("  not proven to the gap that was asked for in {points}; see the column gap", points=points))
    if found.effects.empty:
        return "\n".join([*lines, "", tr("Fewer than two paths are whole: no effects are known.")]) + "\n"
    paths = int(found.effects["paths"].iloc[0])
    lines += [
        "",
        tr(
            "What a setting changes when it moves over two thirds of its range (whole numbers: nearly),\n"
            "mean size over {paths}\n"
            "(+ or -: which way on average if it rises; from {least} paths on with half the width of the 95 % "
            "interval;\nplans within the gap may differ without a reason, and so make small changes; another list may "
            "be worth no\nmore, since powers that are listed and not taken cost nothing: `discover` tells what holding "
            "on loses):",
            paths=count(paths, "path"), least=LEAST_PATHS,
        ),
    ]  # fmt: skip
    if paths < FEW_PATHS:
        lines.append(
            tr(
                "FEW PATHS (fewer than {few}): a setting that counts only where certain others stand is easily missed.",
                few=FEW_PATHS,
            )
        )
    for measure in MEASURES:
        lines += ["", *_ranked(found, measure)]
    return "\n".join(lines) + "\n"


def _ranked(found: Sensitivity, measure: str) -> list[str]:
    """Return what changes a measure, the greatest effect first, and what did not in these points."""
    scale, unit = (100, tr(" points of 100")) if measure == "list_kept" else (1, "")
    lines = [f"  {tr(MEASURES[measure])}"]
    if measure == "list_kept" and not found.scenario.data.tables["guide_list"].empty:
        return [*lines, tr("    fixed: the case's guide list is in force")]
    still = []
    for row in found.ranking(measure).to_dict("records"):
        if row["mean_size"] <= 0:
            still.append(setting_in_text(row["setting"]))
            continue
        size, half, mean = (scale * row[name] for name in ("mean_size", "mean_size_95", "mean"))
        way = (
            tr("({mean:+,.1f})", mean=mean)
            if np.isnan(half)
            else tr("({mean:+,.1f}; 95 %: ± {half:,.1f})", mean=mean, half=half)
        )
        lines.append(f"    {setting_in_text(row['setting']):<28} {size:8,.1f}{unit} {way}")
    if still:
        points = count(len(found.points), "point")
        lines.append(tr("    no step in these {points} changed it: {names}", points=points, names=joined(still)))
    return lines
