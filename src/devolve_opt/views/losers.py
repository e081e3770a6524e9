"""Losers: which townships get less than under the ratio rule, and why."""

from __future__ import annotations

import pandas as pd

from devolve_opt.language import chosen, language, tr
from devolve_opt.plan import Plan
from devolve_opt.views.declined import declined
from devolve_opt.views.page import padded
from devolve_opt.views.terms import ratio_plan
from devolve_opt.views.wording import count, named, status_lines

PAIR = ["township", "power"]
SHOWN = 15


def losers(plan: Plan) -> pd.DataFrame:
    """Return the townships whose choices are met in fewer rounds than under the ratio rule, those who lose most first.

    Returns:
        - `township`, `township_name`, `county`, `category`: who.
        - `rounds_met`, `rounds_met_ratio_rule`, `rounds_lost` (rounds): choices met, under the plan and under the rule.
        - `powers_lost`, `powers_gained` (powers): what only the rule gives it, and what only the plan does.
        - `posts_change`, `officers_change` (posts, persons; plan less rule), `load`, `load_ratio_rule` (shares).
        - `overloaded_by_rule`: whether the rule's plan needs more hours there than there are (a load above 1).
        - `reasons`: why it has not what only the rule gives, as in the table `declined`, with how many of them each.
        - `powers`: ids of what only the rule gives it, separated by commas.
    """
    case = plan.scenario.data
    by_rule, rule = ratio_plan(plan).decisions, ratio_plan(plan).audit.townships
    mine, towns = plan.audit.townships, case.tables["townships"]
    here, there = (set(each[PAIR].itertuples(index=False, name=None)) for each in (plan.take_up, by_rule.take_up))
    why = declined(plan).set_index(PAIR)["reason"].to_dict()
    gone = pd.DataFrame(sorted(there - here), columns=PAIR)
    gone["reason"] = [why.get(pair, "not_chosen") for pair in gone[PAIR].itertuples(index=False, name=None)]
    come = pd.Series([town for town, _ in here - there], dtype="str").value_counts()
    order = mine.index[mine["rounds_met"] < rule["rounds_met"]]
    order = (rule["rounds_met"] - mine["rounds_met"])[order].sort_values(ascending=False, kind="stable").index
    lost = {town: group for town, group in gone.groupby("township", sort=False)}
    rows = []
    for town in order:
        own = lost.get(town, gone.iloc[:0])
        reasons = own["reason"].value_counts(sort=True)
        rows.append(
            {
                "township": town, "township_name": str(towns["name"].to_dict()[town]),
                "county": str(towns["county"].to_dict()[town]), "category": str(mine["category"].to_dict()[town]),
                "powers_lost": len(own), "powers_gained": int(come.get(town, 0)),
                "reasons": ", ".join(f"{name} {number}" for name, number in reasons.items()),
                "powers": ", ".join(own["power"]),
            }
        )  # fmt: skip
    table = pd.DataFrame(
        rows, columns=["township", "township_name", "county", "category", "powers_lost", "powers_gained", "reasons",
                       "powers"],
    )  # fmt: skip
    figures = {
        "rounds_met": mine["rounds_met"], "rounds_met_ratio_rule": rule["rounds_met"],
        "rounds_lost": rule["rounds_met"] - mine["rounds_met"], "posts_change": mine["posts"] - rule["posts"],
        "officers_change": mine["officers"] - rule["officers"], "load": mine["load"], "load_ratio_rule": rule["load"],
        "overloaded_by_rule": rule["load"] > 1,
    }  # fmt: skip
    for name, values in figures.items():
        table[name] = values.loc[order].to_numpy()
    head = ["township", "township_name", "county", "category", "rounds_met", "rounds_met_ratio_rule", "rounds_lost"]
    rest = ["powers_lost", "powers_gained", "posts_change", "officers_change", "load", "load_ratio_rule"]
    return table[[*head, *rest, "overloaded_by_rule", "reasons", "powers"]]


def losers_text(plan: Plan) -> str:
    """Return who gets less than under the ratio rule and why, in plain text."""
    table = losers(plan)
    scenario = plan.scenario
    voting = len(scenario.data.voting_townships)
    lines = [scenario.title, *([scenario.case.notice] if scenario.case.notice else []), ""]
    said = tr(
        "{losers} of {voting} get fewer rounds of their choices met than under the ratio rule.",
        losers=count(len(table), "township"), voting=voting,
    )  # fmt: skip
    lines.append(said)
    if len(table):
        over = int(table["overloaded_by_rule"].sum())
        lines += [
            tr("In {over} of them the ratio rule's plan needs more hours a year than are there.", over=over),
            tr("Why they have not what the rule would give them: the first reason that stands in the way."),
            "",
            _row(26, *tr("township|rounds|load|powers|reasons").split("|")),
        ]
    # Where every character counts as one column, Chinese names need some room more than is counted.
    names = 24 if language() == "en" else 26
    for row in table.head(SHOWN).to_dict("records"):
        lines.append(
            _row(
                names,
                f"{row['township']} {row['township_name']}",
                f"{row['rounds_met_ratio_rule']:.0f} -> {row['rounds_met']:.0f}",
                f"{row['load_ratio_rule']:.2f} -> {row['load']:.2f}",
                f"-{row['powers_lost']} +{row['powers_gained']}",
                _in_words(str(row["reasons"])),
            )
        )
    if len(table) > SHOWN:
        lines.append(tr("... and {more} more", more=len(table) - SHOWN))
    return "\n".join([*lines, "", *status_lines(plan)]) + "\n"


def _row(width: int, township: str, rounds: str, load: str, powers: str, reasons: str) -> str:
    cells = padded(township, width) + padded(rounds, -16) + padded(load, -14) + padded(powers, -12)
    return f"{cells}  {reasons}"


def _in_words(reasons: str) -> str:
    """Return the reasons of a row, `not_on_its_list 2, officer_hours 1`, in the language spoken here."""
    pairs = [part.rpartition(" ") for part in reasons.split(", ") if part]
    return chosen("；", ", ").join(f"{named(reason)} {number}" for reason, _, number in pairs)
