"""Choice rules beside the plan's guide list, as a folder: tables, a text and a figure."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.rules.choice_rules import CHOICE_RULES
from devolve_opt.studies.choice_rules import LEXIMIN, PAV, PLAN, RATIO, ChoiceRules
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.choice_rules import NAMES, choice_rules_figure
from devolve_opt.views.wording import count, proof_record, rounded_down, rounded_up, share, status_lines
from devolve_opt.vocabulary import label

RECORD = "choice_rules.json"
"""The file that tells this folder from any other."""
WORDS = {
    PLAN: "what this run lists", RATIO: "the report's own practice: chosen by a large enough share",
    **{rule: words for rule, (_, words) in CHOICE_RULES.items()},
    LEXIMIN: "even to categories: the one served least is served as well as can be, then the next, and so on",
}  # fmt: skip
"""What each rule lists; shown as `tr(WORDS[...])`."""


def write_choice_rules(found: ChoiceRules, folder: str | Path) -> Path:
    """Write choice rules side by side; each file is complete or is not there.

    Args:
        found: what `choice_rules` returned.
        folder: where; `rules`, `categories`, `townships`, `powers` as CSV and Parquet, `choice_rules.txt`, the figure
            as PNG and SVG, and `choice_rules.json`, how far each plan is proven, are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    text, figure = choice_rules_text(found), choice_rules_figure(found)
    record = {
        "title": found.scenario.title, "notice": found.scenario.case.notice,
        "plans": {rule: proof_record(plan) for rule, plan in found.plans.items()}, "none": found.none,
    }  # fmt: skip
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("rules", "categories", "townships", "powers"):
            write_table(folder / name, getattr(found, name))
        write_bytes(folder / "choice_rules.txt", text.encode())
        write_figure(folder / "choice_rules", figure)
        write_bytes(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode())
    return folder


def choice_rules_text(found: ChoiceRules) -> str:
    """Return whose choices each list holds, whether it represents every group, and what it is worth, in plain text."""
    notice = found.scenario.case.notice
    lines = [found.scenario.title, *([notice] if notice else []), *status_lines(found.plan), ""]
    lines += [
        tr("A choice of the last round counts as listed whichever list holds the power; it need not be taken up."),
        tr("Groups are of townships that chose something; a power listed for another category counts for them too."),
    ]
    for row in found.rules.to_dict("records"):
        rule = str(row["rule"])
        powers = {"powers": count(row["powers"], "power"), "shared": row["shared"]}
        lines += [
            "",
            tr("{rule}: {words}.", rule=tr(NAMES[rule]), words=tr(WORDS[rule])),
            tr("  lists {powers}, {shared} of them as this plan does", **powers)
            if rule != PLAN
            else tr("  lists {powers}", **powers),
            tr("  choices listed: {choices:,} ({share})", choices=row["choices"], share=share(row["share"])),
            tr(
                "  townships' shares: least {least}, Gini index {gini:.3f}",
                least=share(row["least_share"]), gini=row["gini_share"],
            ),
            f"  {_represents(row)}",
        ]  # fmt: skip
        if rule == PAV:
            lines.append(
                tr("  proven: no list counts more")
                if found.pav_proven
                else tr("  found power by power; another list may count more")
            )
        if rule != PLAN:
            lines += _worth(found, rule, row)
    lines += ["", tr("Share of choices listed, by category:")]
    shares = found.categories.pivot(index="category", columns="rule", values="share")
    categories = list(dict.fromkeys(found.categories["category"]))
    for rule in found.rules["rule"]:
        told = joined(f"{label(category)} {share(value)}" for category, value in shares[rule][categories].items())
        lines.append(tr("  {rule}: {shares}", rule=tr(NAMES[rule]), shares=told))
    return "\n".join(lines) + "\n"


def _represents(row: dict) -> str:
    if row["ejr_plus"]:
        return tr("no group of townships that agree on an unlisted power is short of its share of the places (EJR+)")
    if row["justified"]:
        return tr(
            "every group that is large enough for one place has a listed choice (JR); some larger group that agrees on "
            "an unlisted power is short of its share (EJR+ fails)"
        )
    return tr(
        "some group of townships that is large enough for a place and agrees on a power has no listed choice (JR fails)"
    )


def _worth(found: ChoiceRules, rule: str, row: dict) -> list[str]:
    if rule not in found.plans:
        return [tr("  worth: {why}", why=found.none[rule])] if rule in found.none else []
    plan = found.plans[rule]
    bound = tr("no bound is known")
    if math.isfinite(plan.bound):
        bound = tr("at most {most:,.0f}", most=rounded_up(plan.bound))
    lines = [
        tr(
            "  best plan with no other power listed, but those that pins ask for: worth {worth:,.0f} staff-hours a "
            "year, {bound}",
            worth=plan.objective, bound=bound,
        )
    ]  # fmt: skip
    if pd.notna(row["loss_least"]):
        loss = {"least": rounded_down(row["loss_least"]), "most": rounded_up(row["loss_most"])}
        lines.append(
            tr("  costs {least:,.0f} to {most:,.0f} against the best plan", **loss)
            if loss["least"] > 0
            else tr("  costs at most {most:,.0f} against the best plan; not proven that it costs anything", **loss)
        )
    return lines
