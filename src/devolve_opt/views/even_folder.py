"""An even plan as a folder: levels, townships, a text, a figure, and the plan as a run of its own."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.formulation.levels import CHOICES, LOAD, POSTS
from devolve_opt.language import chosen, tr
from devolve_opt.plan import Plan
from devolve_opt.schema import output
from devolve_opt.studies.comparing import measures
from devolve_opt.studies.even_plans import EvenPlan
from devolve_opt.studies.sensitivity import MEASURES
from devolve_opt.studies.township_shares import SAME, amount, is_least
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.even import even_figure
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.sheets import NUMBER, SHARE, WHOLE
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
"""Townships of a kind that are named in the text at most."""


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
        "even": None if found.even is None else proof_record(found.even), **asked_of(found), "worth": found.worth,
        "finished": found.finished,
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
    if found.even is None:
        shutil.rmtree(folder / PLAN, ignore_errors=True)  # that of an earlier study
    else:
        write_run(found.even, folder / PLAN, started)
    return folder


def asked_of(found: EvenPlan) -> dict[str, Any]:
    """Return what was asked, as the record has it."""
    return {"of": found.of, "within": found.within, "step": found.step, "levels": found.levels["level"].tolist()}


def _sheets(found: EvenPlan) -> list[Sheet]:
    levels = found.levels.assign(status=[word_of(code) or code for code in found.levels["status"]])
    townships = found.townships.assign(
        category=[label(each) for each in found.townships["category"]],
        change=found.townships["after"] - found.townships["before"],
    )
    return [
        Sheet(tr("levels"), levels, [
            Column("level", tr("level"), SHARE),
            Column("before", tr("beyond it in the plan (points)"), NUMBER),
            Column("townships_before", tr("townships beyond it in the plan"), WHOLE),
            Column("after", tr("beyond it in the even plan (points)"), NUMBER),
            Column("townships_after", tr("townships beyond it in the even plan"), WHOLE),
            Column("least", tr("no plan that holds the levels above has less (points)"), NUMBER),
            Column("status", tr("how far it is proven")),
        ]),
        Sheet(chosen("乡镇", "townships"), townships, [
            *(Column(name, heading_of(output("workload", name))) for name in PLACES),
            Column("before", tr("this run"), SHARE), Column("after", tr("even plan"), SHARE),
            Column("change", tr("change"), "+0.0%;-0.0%"),
        ]),
    ]  # fmt: skip


def even_text(found: EvenPlan) -> str:
    """Return what is beyond each level before and after, what that costs, and who is better and worse off for it."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines += [
        tr(ASKED[found.of]),
        tr(
            "Of all plans worth at least {worth:,.0f} staff-hours a year ({within} less than this run): the percentage "
            "points that all townships together are beyond the worst level are made as few as can be, then those "
            "beyond the next level, and so on (leximin on levels {step} apart).",
            worth=found.worth, within=share(found.within), step=_percent(found.step),
        ),
    ]  # fmt: skip
    if found.townships.empty:
        return "\n".join([*lines, "", tr("No township has such a share: there is nothing to even out.")]) + "\n"
    if found.levels.empty:
        values = found.townships["before"]
        worst = values.max() if found.of == LOAD else values.min()
        told = tr("No township is beyond any level: the township worst off is at {worst}.", worst=_percent(worst))
        more = tr("Give another last level (--until) to even out further.")
        return "\n".join([*lines, "", told, more]) + "\n"
    if found.even is None:
        lines += ["", tr("Stopped before a plan was found; the same command goes on from there.")]
    lines += ["", tr("Points beyond each level (townships), in this run and in the even plan:")]
    lines += [_level(row) for row in found.levels.to_dict("records")]
    if found.even is not None:
        lines += [*_costs(found, found.even), *_movers(found)]
    return "\n".join(lines) + "\n"


def _level(row: dict[Any, Any]) -> str:
    words = {"level": _percent(row["level"]), "before": amount(row["before"]), "many": int(row["townships_before"])}
    if np.isnan(row["after"]):
        return tr("  {level}: {before} ({many}) → not known", **words)
    words |= {"after": amount(row["after"]), "few": int(row["townships_after"])}
    if not row["status"]:
        return tr("  {level}: {before} ({many}) → {after} ({few}); not looked at", **words)
    if is_least(row):
        return tr("  {level}: {before} ({many}) → {after} ({few}), proven least", **words)
    return tr(
        "  {level}: {before} ({many}) → {after} ({few}); no plan below {least}", least=amount(row["least"]), **words
    )


def _costs(found: EvenPlan, even: Plan) -> list[str]:
    """Return what the even plan is worth less, and what else is other in it."""
    plan = found.plan
    lost = plan.objective - even.objective
    lines = [
        "",
        tr(
            "The even plan is worth {worth:,.0f} staff-hours a year, {lost:,.0f} less than this run ({part}).",
            worth=even.objective, lost=lost, part=f"{100 * lost / max(1.0, abs(plan.objective)):.2f} %",
        ),
    ]  # fmt: skip
    if even.status is not Status.PROVEN and np.isfinite(even.bound):
        lines.append(
            tr(
                "That no plan as even is worth more is not proven; none is worth more than {bound:,.0f}.",
                bound=np.ceil(even.bound),
            )
        )
    before, after = measures(plan), measures(even)
    for name, words in MEASURES.items():
        if name in before and before[name] != after[name]:
            lines.append(tr("  {what}: {before:,} → {after:,}", what=tr(words), before=before[name], after=after[name]))
    for name, one, other in found.measures.itertuples(index=False, name=None):
        if abs(one - other) > 5e-5:
            shown = (f"{one:.4f}", f"{other:.4f}") if name.startswith("gini") else (_percent(one), _percent(other))
            lines.append(tr("  {what}: {before} → {after}", what=tr(NAMED[name]), before=shown[0], after=shown[1]))
    rounds = even.audit.townships["rounds_met"] - plan.audit.townships["rounds_met"]
    lines.append(
        tr(
            "  townships with more of their choices met: {more}, with fewer: {fewer}",
            more=int((rounds > 0).sum()), fewer=int((rounds < 0).sum()),
        )
    )  # fmt: skip
    names = plan.scenario.data.tables["townships"]["name"]
    fewest = rounds[rounds < 0].sort_values(kind="stable").head(SHOWN).to_dict()
    lines += [
        tr("    {township} {name}: {change:+,} rounds", township=town, name=names.at[town], change=int(change))
        for town, change in fewest.items()
    ]
    return lines


def _movers(found: EvenPlan) -> list[str]:
    rows = found.townships.assign(change=found.townships["after"] - found.townships["before"])
    rows["better"] = rows["change"] * (-1 if found.of == LOAD else 1)
    better = rows[rows["better"] > SAME].sort_values("better", ascending=False, kind="stable")
    worse = rows[rows["better"] < -SAME].sort_values("better", kind="stable")
    lines = ["", tr("As before in this: {same}.", same=count(len(rows) - len(better) - len(worse), "township"))]
    lines.append(tr("Better off in this: {number}", number=count(len(better), "township")))
    lines += _named(better)
    lines.append(tr("Worse off in this: {number}", number=count(len(worse), "township")))
    lines += _named(worse)
    return lines


def _named(townships: pd.DataFrame) -> list[str]:
    return [
        tr(
            "  {township} {name}: {before} → {after}",
            township=row["township"], name=row["name"], before=_percent(row["before"]), after=_percent(row["after"]),
        )
        for row in townships.head(SHOWN).to_dict("records")
    ]  # fmt: skip


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
