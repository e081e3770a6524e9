"""The summary of a plan in plain text: what an official needs to know of it, on a page."""

from __future__ import annotations

import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.views import tables
from devolve_opt.views.caps import cap_sentence, caps
from devolve_opt.views.caveats import caveat_lines
from devolve_opt.views.duties import duty_lines
from devolve_opt.views.notices import guide_rows_not_counted, number_notices, unit_notices
from devolve_opt.views.page import display_width, folded, padded, wrapped
from devolve_opt.views.reasons import list_reasons, officer_reasons, post_reasons, take_up_reasons
from devolve_opt.views.stations import station_lines
from devolve_opt.views.terms import terms_on
from devolve_opt.views.wording import (
    HOURS,
    count,
    named,
    notice_lines,
    plan_name,
    rounded_up,
    share,
    signed,
    status_lines,
    worded,
)
from devolve_opt.vocabulary import BASE_LIST

EXTREMES = 3
"""Townships named among those that gain or lose most."""

PINS_SHOWN = 5
"""Pins that are written out; the others are counted."""

RARE = 5
"""Powers up to which a reason to keep them out is only counted, where there are more than two such reasons."""


def summary(plan: Plan) -> str:
    """Return what an official needs to know of a plan, some 70 lines of plain text at most for a city.

    What is decided, what it is worth beside the ratio rule, which caps it reaches, what differs from the ratio rule and
    why, who gains and loses, what the law keeps out, and what the figures rest on. Every sentence is worked out from
    this plan; one that its figures do not bear out is not there.
    """
    sections = (
        ("", _heading(plan)),
        (tr("What it decides"), _decisions(plan)),
        (tr("What it is worth ({unit}; costs are negative)", unit=tr(HOURS)), _terms(plan)),
        (tr("Caps it reaches"), _caps(plan)),
        (tr("What differs from the ratio rule, and why"), _differences(plan)),
        (tr("Townships that gain and lose most, rounds of their choices met"), _extremes(plan)),
        (tr("Choices that are not met, by the first reason (table declined has each of them)"), _declined(plan)),
        (tr("Kept out before the choice"), _exclusions(plan)),
        (tr("What it rests on"), caveat_lines(plan)),
    )
    lines: list[str] = []
    for title, body in sections:
        if body:
            lines += [
                *([title] if title else []),
                *(part for line in body for part in folded("  " + line if title else line)),
            ]
    return "\n".join(lines) + "\n"


def _heading(plan: Plan) -> list[str]:
    scenario, audit = plan.scenario, plan.audit
    breaks = [tr("BREAKS THE RULES: {breaches}", breaches=_breaches(plan))] if audit.breaches else []
    heading = tr("{title}: {case}", title=scenario.title, case=scenario.data.title)
    return [heading, *notice_lines(scenario.case), *status_lines(plan), *breaks, *_tolerated(plan)]


def _tolerated(plan: Plan) -> list[str]:
    tolerated = plan.audit.tolerated
    if not tolerated:
        return []
    said = {"limits": count(len(tolerated), "limit of hours", "limits of hours"), "first": tolerated[0]}
    said["most"] = f"{max(breach.amount for breach in tolerated):.1g}"
    return [tr("Exceeded within the solver's tolerance: {limits}, by at most {most} hours; first {first}.", **said)]


def _breaches(plan: Plan) -> str:
    breaches = plan.audit.breaches
    return tr("{breaches}, first {first}.", breaches=count(len(breaches), "breach", "breaches"), first=breaches[0])


def _decisions(plan: Plan) -> list[str]:
    return [
        _lists(plan),
        *_powers(plan),
        *_staff(plan),
        *station_lines(plan),
        *_counties_and_use(plan),
        *duty_lines(plan),
        *_held_already(plan),
        *_not_counted(plan),
        *_pins(plan),
        *_goals(plan),
    ]


def _lists(plan: Plan) -> str:
    listed = plan.decisions.guide_list
    sizes = listed["list"].value_counts(sort=False)
    lists = [f"{tr('base list')} {sizes.get(BASE_LIST, 0)}"]
    lists += [f"{worded(name)} {sizes.get(name, 0)}" for name in map(str, plan.scenario.policy.own_list_categories)]
    several = int((listed["power"].value_counts() > 1).sum())
    return tr(
        "Lists: {powers}{on_several}: {lists}.",
        powers=count(listed["power"].nunique(), "power"), lists=joined(lists),
        on_several=tr(" ({several} on several lists)", several=several) if several else "",
    )  # fmt: skip


def _powers(plan: Plan) -> list[str]:
    """Return the lines on take-up and readiness."""
    taken, figures, ready = plan.decisions.take_up, plan.audit.townships, plan.decisions.ready
    met, asked = figures["rounds_met"].sum(), figures["rounds_asked"].sum()
    elsewhere = plan.scenario.data.votes[["round_1", "round_2", "round_3"]].sum().sum() - asked
    more = ""
    if elsewhere > 0:
        more = tr("; {more:,.0f} more rounds went to powers that may not be handed down", more=elsewhere)
    take_up = tr(
        "Take-up: {powers} taken, {times:,} times in all, by {takers:,} of {townships}; "
        "{met:,.0f} of {asked:,.0f} rounds of choices met{share}{more}.",
        powers=count(taken["power"].nunique(), "power"), times=len(taken), takers=taken["township"].nunique(),
        townships=count(len(plan.scenario.data.voting_townships), "township"), met=met, asked=asked,
        share=tr(" ({share})", share=share(met / asked)) if asked else "", more=more,
    )  # fmt: skip
    townships = count(ready["township"].nunique(), "township")
    made = tr("Readiness: {fields} made ready in {townships}.", fields=count(len(ready), "field"), townships=townships)
    return [take_up, made]


def _staff(plan: Plan) -> list[str]:
    """Return the lines on posts, officers and loads."""
    figures, townships = plan.audit.townships, plan.scenario.data.voting_townships
    change = figures["posts"] - figures["posts_before"]
    reserve, kept = figures["posts_before"].sum() - figures["posts"].sum(), ""
    if reserve > 0:
        kept = tr("; {posts} of the counties' mobile reserve, held by no township", posts=count(reserve, "post"))
    units = count(len(figures), "township")
    if len(figures) > len(townships):
        units = tr("{n:,} townships and subdistricts", n=len(figures))
    free = plan.scenario.policy.overload_free_share
    return [
        tr(
            "Posts: {posts} moved; townships that gain {gain}, that lose {lose}{reserve}.",
            posts=count(change.clip(lower=0).sum(), "post"), gain=(change > 0).sum(), lose=(change < 0).sum(),
            reserve=kept,
        ),
        tr(
            "Officers: {trained:,.0f} trained, {moved:,.0f} moved; {before:,.0f} today, {remaining:,.0f} after a "
            "year's losses, {after:,.0f} under the plan.",
            trained=figures["trained"].sum(), moved=figures["moved_in"].sum(), before=figures["officers_before"].sum(),
            remaining=figures["officers_remaining"].sum(), after=figures["officers"].sum(),
        ),
        tr(
            "Load: {above:,} of {units} above {free} of the hours there, {full:,} above 100 %; lent staff come back: "
            "{lent:,.0f}.",
            above=(figures["load"] > free).sum(), units=units, free=share(free), full=(figures["load"] > 1).sum(),
            lent=figures["lent_returned"].sum(),
        ),
    ]  # fmt: skip


def _goals(plan: Plan) -> list[str]:
    goals = plan.scenario.policy.goals
    if not goals:
        return []
    known = {each["term"]: each for each in plan.options.get("goals", [])}
    lines = [tr("Goals before the rest of the worth, in their order:")]
    for goal in goals:
        found, proof = known.get(str(goal.term)), ""
        if found is not None:
            bound = tr("no bound known") if found["bound"] is None else f"{rounded_up(found['bound']):,.0f}"
            proof = tr(
                " (best found {best:,.0f}, at most {bound}, tolerance {tolerance})",
                best=found["best"], bound=bound, tolerance=share(goal.tolerance or 0.0),
            )  # fmt: skip
        said = tr(
            "{term}: {worth:,.0f} staff-hours a year, has to reach {least:,.0f}{proof}.",
            term=named(goal.term), worth=plan.audit.terms[goal.term], least=goal.at_least, proof=proof,
        )  # fmt: skip
        lines.append(f"  {said}")
    return lines


def _pins(plan: Plan) -> list[str]:
    pins = plan.scenario.policy.pins
    if not pins:
        return []
    lines = [tr("Pinned, decided beforehand ({n:,}):", n=len(pins))]
    lines += [f"  {tr('{pin}.', pin=pin)}" for pin in pins[:PINS_SHOWN]]
    if len(pins) > PINS_SHOWN:
        lines.append("  " + tr("and {more:,} more, all in the scenario.", more=len(pins) - PINS_SHOWN))
    return lines


def _not_counted(plan: Plan) -> list[str]:
    """Tell of data that the case has and the policy does not look at."""
    case, policy = plan.scenario.data, plan.scenario.policy
    off = [
        (count(len(case.stations), "station"), "stations", policy.stations is None and len(case.stations)),
        (count(len(case.duties), "duty", "duties"), "duties", policy.duties is None and len(case.duties)),
    ]
    lines = [
        tr("{rows} in the case: NOT counted, because the policy has no [policy.{table}].", rows=rows, table=table)
        for rows, table, left_out in off if left_out
    ]  # fmt: skip
    return [*lines, *guide_rows_not_counted(plan.scenario), *unit_notices(plan.scenario.data), *number_notices(plan)]


def _held_already(plan: Plan) -> list[str]:
    case = plan.scenario.data
    if case.held.empty:
        return []
    held = count(len(case.held), "power")
    if plan.scenario.policy.phases is None:
        said = tr(
            "Held from earlier batches: {held}, NOT counted, because the policy has no [policy.phases].", held=held
        )
        return [said]
    gone = tables.withdrawn(plan)["reason"]
    back = int((gone == "taken_back").sum())
    said = tr(
        "Held from earlier batches: {held}; held on {on:,}, not allowed {barred:,}, taken back {back:,}.",
        held=held, on=len(case.held) - len(gone), barred=len(gone) - back, back=back,
    )  # fmt: skip
    return [said]


def _counties_and_use(plan: Plan) -> list[str]:
    taken, opened = tables.take_up(plan), tables.openings(plan).groupby("county").size()
    if taken.empty:
        return []
    least, most = opened.min(), opened.max()
    each = f"{least:,}" if least == most else tr("{least:,} to {most:,}", least=least, most=most)
    return [
        tr("Counties open {each} powers each, {every:,} in all.", each=each, every=opened.sum()),
        tr(
            "Use: {unused:,} of {taken:,} take-ups have fewer than {least:g} cases a year: likely to be withdrawn.",
            unused=int(taken["likely_withdrawn"].sum()), taken=len(taken), least=plan.scenario.policy.use_min,
        ),
    ]  # fmt: skip


def _terms(plan: Plan) -> list[str]:
    table = terms_on(plan)
    columns = {plan_name(plan): [_cell(value) for value in table["plan"]]}
    if plan.reference is not None:
        columns[plan_name(plan.reference)] = [_cell(value) for value in table["ratio_rule"]]
        columns[tr("difference")] = [signed(value) for value in table["difference"]]
    # A plus sign has its place in every column.
    figures = [table[name] for name in ("plan", "ratio_rule", "difference")]
    widths = {
        name: max(display_width(name), *(len(f"{value:+,.0f}") for value in values))
        for name, values in zip(columns, figures, strict=False)
    }
    rows = [
        ["", *columns],
        *([worded(term), *cells] for term, *cells in zip(table["term"], *columns.values(), strict=True)),
    ]
    return [
        padded(first, 16)
        + "".join(f"  {padded(cell, -width)}" for cell, width in zip(cells, widths.values(), strict=True))
        for first, *cells in rows
    ]


def _cell(value: float) -> str:
    return f"{value:,.0f}" if round(value) else "0"


def _caps(plan: Plan) -> list[str]:
    table = caps(plan)
    reached = [cap_sentence(cap) for _, cap in table[table["reached"] > 0].iterrows()]
    if len(plan.scenario.data.tables["guide_list"]):
        reached.insert(0, tr("the guide list in force is kept as it is"))
    if given := len(plan.scenario.data.tables["posts_in_force"]):
        reached.insert(
            0, tr("the posts in force of {townships} are kept as they are", townships=count(given, "township"))
        )
    return reached or [tr("None.")]


def _differences(plan: Plan) -> list[str]:
    if plan.reference is None:
        return []
    no_better = plan.objective <= plan.reference.objective and not plan.reference.audit.breaches
    opening = [tr("No plan better than the ratio rule's was found.")] if no_better else []
    if plan.reference.audit.breaches:
        opening.append(tr("The ratio rule's plan breaks rules: {breaches}", breaches=_breaches(plan.reference)))
    reasons = (list_reasons, take_up_reasons, post_reasons, officer_reasons)
    return [*opening, *(sentence for reason in reasons for sentence in reason(plan, plan.reference))]


def _extremes(plan: Plan) -> list[str]:
    if plan.reference is None:
        return []
    table = tables.choices(plan).sort_values("rounds_gained", ascending=False, kind="stable")
    gaining, losing = table[table["rounds_gained"] > 0], table[table["rounds_gained"] < 0]
    same = len(table) - len(gaining) - len(losing)
    said = tr(
        "Townships that gain: {gain}; that lose: {lose}; that stay as they are: {same}.",
        gain=len(gaining), lose=len(losing), same=same,
    )  # fmt: skip
    lines = [said]
    most, least = gaining.head(EXTREMES), losing.iloc[::-1].head(EXTREMES)
    for name, part in ((tr("Most gained: "), most), (tr("Most lost: "), least)):
        if len(part):
            lines += wrapped(name, [_extreme(row) for _, row in part.iterrows()])
    return lines


def _extreme(row: pd.Series) -> str:
    return tr(
        "{township} {name} {gained:+d} to {met} of {asked}",
        township=row["township"], name=row["name"], gained=row["rounds_gained"], met=row["rounds_met"],
        asked=row["rounds_asked"],
    )  # fmt: skip


def _declined(plan: Plan) -> list[str]:
    counted = tables.declined(plan)["reason"].value_counts()
    return wrapped("", [tr("{n:,} {reason}", n=n, reason=worded(str(reason))) for reason, n in counted.items()])


def _exclusions(plan: Plan) -> list[str]:
    if plan.exclusions.empty:
        return [tr("No power.")]
    grouped = plan.exclusions.groupby(["rule", "article"]).size().sort_values(ascending=False, kind="stable")
    seldom = (grouped <= RARE) & ((grouped <= RARE).sum() > 2)
    often, rare = grouped[~seldom], grouped[seldom]
    items = [
        tr("{n} {rule} ({article})", n=number, rule=worded(rule), article=tr(article))
        for (rule, article), number in zip(often.index, often, strict=True)
    ]
    if len(rare):
        reasons = count(len(rare), "other reason")
        items.append(tr("{n} for {reasons} (table exclusions)", n=rare.sum(), reasons=reasons))
    pool = len(plan.scenario.data.tables["powers"])
    return wrapped(tr("{n} of {pool:,} powers: ", n=len(plan.exclusions), pool=pool), items)
