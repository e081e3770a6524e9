"""An even plan as a folder: levels, townships, a text, a figure, and the plan as a run of its own."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from devolve_opt.language import tr
from devolve_opt.schema import output
from devolve_opt.studies.even_plans import CHOICES, LOAD, POSTS, UNITS, EvenPlan
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.even import even_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.sheets import SHARE, WHOLE
from devolve_opt.views.study_workbook import Column, Sheet, write_study_workbook
from devolve_opt.views.wording import count, heading_of, proof_record, share, status_lines, word_of
from devolve_opt.vocabulary import Status, label

RECORD = "even.json"
KEPT = "levels-kept"
"""Folder of the levels that are solved, which tells this folder from any other."""
PLAN = "plan"
"""Folder of the even plan, which is a run."""
ASKED = {
    LOAD: "Even in load: hours needed for each hour there.",
    POSTS: "Even in posts: as a share of what the post formula gives each township.",
    CHOICES: "Even in choices: rounds met, as a share of those that each township chose.",
}
"""What the plan is even in; shown as `tr(ASKED[of])`."""
NAMED = {
    "gini_load": "Gini index of load", "gini_posts_share": "Gini index of posts against the formula",
    "gini_rounds_met_share": "Gini index of rounds met", "load_most": "highest load",
    "posts_share_least": "least posts against the formula", "rounds_met_share_least": "least share of rounds met",
}  # fmt: skip
"""Measures of evenness; shown as `tr(NAMED[...])`."""
PLACES = ("township", "name", "county", "category")
"""Columns that say which township a row is of."""
SHOWN = 8
"""Townships that are named in the text, those worst off before."""


def write_even(found: EvenPlan, folder: str | Path, started: datetime | None = None) -> Path:
    """Write an even plan; each file is complete or is not there.

    Args:
        found: what `even_plan` returned.
        folder: where; `levels`, `townships` and `measures` as CSV and Parquet, `even.txt`, `even.xlsx`, `even.png`,
            `even.svg`, `even.json`, and in `plan/` the even plan as a run.
        started: when the study began.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = even_text(found), even_figure(found)
    record: dict[str, Any] = {
        "title": found.scenario.title, "notice": found.scenario.case.notice, **proof_record(found.plan),
        "even": None if found.even is None else proof_record(found.even), "of": found.of, "within": found.within,
        "step": found.step, "worth": found.worth, "finished": found.finished,
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "levels", found.levels)
        write_table(folder / "townships", found.townships)
        write_table(folder / "measures", found.measures)
        write_bytes(folder / "even.txt", text.encode())
        write_study_workbook(folder / "even.xlsx", found.scenario, text, _sheets(found))
        write_figure(folder / "even", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    if found.even is not None:
        write_run(found.even, folder / PLAN, started)
    return folder


def _sheets(found: EvenPlan) -> list[Sheet]:
    levels = found.levels.assign(status=[word_of(code) or code for code in found.levels["status"]])
    townships = found.townships.assign(category=[label(each) for each in found.townships["category"]])
    unit = tr(UNITS[found.of])
    return [
        Sheet(tr("levels"), levels, [
            Column("level", tr("level"), SHARE),
            Column("before", tr("beyond it in the plan ({unit})", unit=unit), WHOLE),
            Column("townships_before", tr("townships beyond it in the plan"), WHOLE),
            Column("after", tr("beyond it in the even plan ({unit})", unit=unit), WHOLE),
            Column("townships_after", tr("townships beyond it in the even plan"), WHOLE),
            Column("least", tr("no plan that holds the levels above has less ({unit})", unit=unit), WHOLE),
            Column("status", tr("how far it is proven")),
        ]),
        Sheet(tr("townships"), townships, [
            *(Column(name, heading_of(output("workload", name))) for name in PLACES),
            Column("before", tr("the plan"), SHARE), Column("after", tr("even plan"), SHARE),
        ]),
    ]  # fmt: skip


def even_text(found: EvenPlan) -> str:
    """Return what is beyond each level before and after, what that costs, and who is better and worse off for it."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines += [
        tr(ASKED[found.of]),
        tr(
            "Of all plans worth at least {worth:,.0f} staff-hours a year ({within} less than this run): as little as "
            "can be is beyond the worst level, then beyond the next, and so on (leximin on levels {step} apart).",
            worth=found.worth, within=share(found.within), step=share(found.step),
        ),
    ]  # fmt: skip
    if found.levels.empty:
        return "\n".join([*lines, "", tr("No township is beyond any level: the run's own plan is even so far.")]) + "\n"
    lines += _costs(found)
    unit = tr(UNITS[found.of])
    lines += ["", tr("Beyond each level ({unit}; townships), in the run's plan and in the even one:", unit=unit)]
    for row in found.levels.to_dict("records"):
        lines.append(_level(row))
    lines += ["", tr("How even (0: all alike), and the township worst off:")]
    for row in found.measures.to_dict("records"):
        after = tr("not known") if np.isnan(row["after"]) else f"{row['after']:.3f}"
        lines.append(
            tr("  {name}: {before:.3f} → {after}", name=tr(NAMED[row["measure"]]), before=row["before"], after=after)
        )
    if found.even is not None:
        lines += _movers(found)
    return "\n".join(lines) + "\n"


def _costs(found: EvenPlan) -> list[str]:
    if found.even is None:
        return ["", tr("Stopped before the even plan was solved; the same command goes on from there.")]
    lost = found.plan.objective - found.even.objective
    lines = [
        "",
        tr(
            "The even plan is worth {worth:,.0f} staff-hours a year, {lost:,.0f} less than this run ({part}).",
            worth=found.even.objective, lost=lost, part=share(lost / max(1.0, abs(found.plan.objective))),
        ),
    ]  # fmt: skip
    if found.even.status is not Status.PROVEN and np.isfinite(found.even.bound):
        lines.append(
            tr(
                "That no plan as even is worth more is not proven; none is worth more than {bound:,.0f}.",
                bound=np.ceil(found.even.bound),
            )
        )
    return lines


def _level(row: dict[Any, Any]) -> str:
    words = {"level": share(row["level"]), "before": f"{row['before']:,.0f}", "many": int(row["townships_before"])}
    if np.isnan(row["after"]):
        return tr("  {level}: {before} ({many}) → not known", **words)
    words |= {"after": f"{row['after']:,.0f}", "few": int(row["townships_after"])}
    if row["status"] == Status.PROVEN:
        return tr("  {level}: {before} ({many}) → {after} ({few}), proven least", **words)
    return tr(
        "  {level}: {before} ({many}) → {after} ({few}); not proven, {least} is not ruled out",
        least=f"{row['least']:,.0f}", **words,
    )  # fmt: skip


def _movers(found: EvenPlan) -> list[str]:
    rows = found.townships.assign(change=found.townships["after"] - found.townships["before"])
    rows = rows.sort_values("before", ascending=found.of != LOAD, kind="stable")
    better = (rows["change"] < -1e-9) if found.of == LOAD else (rows["change"] > 1e-9)
    same = rows["change"].abs() <= 1e-9
    worse = int((~better & ~same).sum())
    lines = [
        "",
        tr(
            "Better off in this: {better}; worse off: {worse}; as before: {same}. Worst off before:",
            better=count(int(better.sum()), "township"), worse=worse, same=int(same.sum()),
        ),
    ]  # fmt: skip
    for row in rows.head(SHOWN).to_dict("records"):
        lines.append(
            tr(
                "  {township} {name}: {before} → {after}",
                township=row["township"], name=row["name"], before=share(row["before"]), after=share(row["after"]),
            )
        )  # fmt: skip
    return lines
