"""What a scenario holds and does not count, or in a doubtful unit: told before it is solved, and with the plan."""

from __future__ import annotations

from devolve_opt.case import Case
from devolve_opt.language import chosen, joined, tr
from devolve_opt.plan import Plan
from devolve_opt.rules.plausible import FAR, LOAD, TRUSTED, USUAL_LOAD, Oddity, oddities
from devolve_opt.scenario import Scenario
from devolve_opt.schema import columns_named, schema
from devolve_opt.views.wording import count
from devolve_opt.vocabulary import BASE_LIST, label, some_of


def guide_rows_not_counted(scenario: Scenario) -> list[str]:
    """Return a line where rows of the guide list in force stand on lists that the policy does not have; else none."""
    lists = scenario.data.guide_list["list"].astype(str)
    foreign = lists[~lists.isin([BASE_LIST, *map(str, scenario.policy.own_list_categories)])]
    if foreign.empty:
        return []
    line = tr(
        "{rows} of the guide list in force NOT counted: the policy has no list for {lists} (own_list_categories).",
        rows=count(len(foreign), "row"), lists=joined(chosen(label(name), name) for name in sorted(set(foreign))),
    )  # fmt: skip
    return [line]


def unit_notices(case: Case) -> list[str]:
    """Return a line for each figure of a case that is likely given in another unit."""
    return [_in_words(found) for found in oddities(case)]


def number_notices(plan: Plan) -> list[str]:
    """Return a line for each kind of numbers of the model that lie too far apart for the solver's arithmetic."""
    kinds = {
        "rows": tr("coefficients of the rules"), "costs": tr("coefficients of the objective"),
        "limits": tr("limits of rules and decisions"),
    }  # fmt: skip
    return [
        tr(
            "CHECK THE UNITS: {kind} of the model reach from {least:.1g} to {most:.1g}; the solver's arithmetic is "
            "sound from {low:g} to {high:g}, so its tolerances may decide what is proven.",
            kind=kinds[name], least=least, most=most, low=TRUSTED[0], high=TRUSTED[1],
        )
        for name, (least, most) in plan.options.get("untrusted_numbers", {}).items()
    ]  # fmt: skip


def _in_words(found: Oddity) -> str:
    if found.column == LOAD:
        return tr(
            "CHECK THE UNIT: statutory_hours come to {median:.3g} times the hours of the staff, in half of the "
            "townships; usual is {low:g} to {high:g} (an assumption).",
            median=found.median, low=(found.usual or USUAL_LOAD)[0], high=(found.usual or USUAL_LOAD)[1],
        )  # fmt: skip
    [column] = columns_named(f"{found.table}.{found.column}")
    what = {
        "table": chosen(schema()[found.table].chinese, found.table),
        "column": chosen(column.chinese, found.column),
    }  # fmt: skip
    if found.usual is None:
        return tr(
            "CHECK THE UNIT: {table}: {column} of {rows} is {far:g} times more or less than the median, "
            "{median:.3g} {unit}.",
            **what, far=FAR, rows=some_of(found.rows, 3), median=found.median, unit=tr(found.unit),
        )  # fmt: skip
    return tr(
        "CHECK THE UNIT: {table}: {column} has a median of {median:.3g} {unit}; usual is {low:,.6g} to {high:,.6g} (an "
        "assumption).",
        **what, median=found.median, unit=tr(found.unit), low=found.usual[0], high=found.usual[1],
    )  # fmt: skip
