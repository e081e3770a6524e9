"""Sensitivity as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
from pathlib import Path

from devolve_opt.language import tr
from devolve_opt.studies.kept import NO_PLAN, NOT_FOUND
from devolve_opt.studies.sensitivity import MEASURES, Sensitivity
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.sensitivity import sensitivity_figure
from devolve_opt.views.wording import count, proof_record, status_lines

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
        folder: where; `points` and `effects` as CSV and Parquet, `sensitivity.txt`, `sensitivity.png`,
            `sensitivity.svg` and `sensitivity.json` are written.

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
        write_figure(folder / "sensitivity", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


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
    lines += [tr("  {name:<28} {low:g} to {high:g}", name=name, low=low, high=high)
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
            "(+ or -: which way on average if it rises, with half the width of the 95 % interval; plans within the "
            "gap\nmay differ without a reason, and so make small changes):",
            paths=count(paths, "path"),
        ),
    ]
    for measure, words in MEASURES.items():
        lines += ["", f"  {tr(words)}"]
        scale, unit = (100, tr(" points of 100")) if measure == "list_kept" else (1, "")
        ranking = found.ranking(measure)
        for row in ranking.to_dict("records"):
            if row["mean_size"] > 0:
                size, half, mean = (scale * row[name] for name in ("mean_size", "mean_size_95", "mean"))
                way = tr("({mean:+,.1f}; 95 %: ± {half:,.1f})", mean=mean, half=half)
                lines.append(f"    {row['setting']:<28} {size:8,.1f}{unit} {way}")
        if not (ranking["mean_size"] > 0).any():
            lines.append(tr("    nothing changes it in these ranges"))
    return "\n".join(lines) + "\n"
