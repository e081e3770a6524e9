"""The summary of a plan in plain text: what an official needs to know of it, on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

import pandas as pd

from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.prices import Prices
from devolve_opt.schema import numeric_columns
from devolve_opt.settings import ASSUMPTION, Settings
from devolve_opt.views import tables
from devolve_opt.views.caps import cap_sentence, caps
from devolve_opt.views.duties import duty_lines
from devolve_opt.views.notices import guide_rows_not_counted
from devolve_opt.views.reasons import list_reasons, officer_reasons, post_reasons, take_up_reasons
from devolve_opt.views.stations import station_lines
from devolve_opt.views.terms import terms_on
from devolve_opt.views.wording import HOURS, count, plan_name, rounded_up, share, signed, status_lines
from devolve_opt.vocabulary import BASE_LIST, label

WIDTH = 120
"""Columns of the page; a Chinese character takes two."""

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
        ("What it decides", _decisions(plan)),
        (f"What it is worth ({HOURS}; costs are negative)", _terms(plan)),
        ("Caps it reaches", _caps(plan)),
        ("What differs from the ratio rule, and why", _differences(plan)),
        ("Townships that gain and lose most, rounds of their choices met", _extremes(plan)),
        ("Choices that are not met, by the first reason (table declined has each of them)", _declined(plan)),
        ("Kept out before the choice", _exclusions(plan)),
        ("What it rests on", _caveats(plan)),
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
    scenario = plan.scenario
    notice = [f"*** {scenario.case.notice}: INVENTED PLACES AND FIGURES ***"] if scenario.case.synthetic else []
    breaches = [f"BREAKS THE RULES: {_breaches(plan)}"] if plan.audit.breaches else []
    return [f"{scenario.title}: {scenario.data.title}", *notice, *status_lines(plan), *breaches]


def _breaches(plan: Plan) -> str:
    return f"{count(len(plan.audit.breaches), 'breach', 'breaches')}, first {plan.audit.breaches[0]}."


def _decisions(plan: Plan) -> list[str]:
    listed, taken, figures = plan.decisions.guide_list, plan.decisions.take_up, plan.audit.townships
    townships = plan.scenario.data.voting_townships
    sizes = listed["list"].value_counts(sort=False)
    lists = [f"base list {sizes.get(BASE_LIST, 0)}"]
    lists += [f"{label(name)} {sizes.get(name, 0)}" for name in map(str, plan.scenario.policy.own_list_categories)]
    several = int((listed["power"].value_counts() > 1).sum())
    on_several = f" ({several} on several lists)" if several else ""
    met, asked = figures["rounds_met"].sum(), figures["rounds_asked"].sum()
    change = figures["posts"] - figures["posts_before"]
    before, remaining, after = (figures[name].sum() for name in ("officers_before", "officers_remaining", "officers"))
    free = plan.scenario.policy.overload_free_share
    powers = (
        f"{count(taken['power'].nunique(), 'power')} taken, {len(taken):,} times in all, by "
        f"{taken['township'].nunique():,} of {count(len(townships), 'township')}"
    )
    votes = plan.scenario.data.votes[["round_1", "round_2", "round_3"]].sum().sum()
    rounds = f"{met:,.0f} of {asked:,.0f} rounds of choices met" + (f" ({share(met / asked)})" if asked else "")
    if votes > asked:
        rounds += f"; {votes - asked:,.0f} more rounds went to powers that may not be handed down"
    made_ready = plan.decisions.ready["township"].nunique()
    movers = f"townships that gain {(change > 0).sum()}, that lose {(change < 0).sum()}"
    reserve = figures["posts_before"].sum() - figures["posts"].sum()
    if reserve > 0:
        movers += f"; {count(reserve, 'post')} of the counties' mobile reserve, held by no township"
    staff = f"{before:,.0f} today, {remaining:,.0f} after a year's losses, {after:,.0f} under the plan"
    units = count(len(figures), "township")
    if len(figures) > len(townships):
        units = f"{len(figures):,} townships and subdistricts"
    load = f"{(figures['load'] > free).sum():,} of {units} above {share(free)} of the hours"
    above = f"{(figures['load'] > 1).sum():,} above 100 %"
    return [
        f"Lists: {count(listed['power'].nunique(), 'power')}{on_several}: {', '.join(lists)}.",
        f"Take-up: {powers}; {rounds}.",
        f"Readiness: {count(len(plan.decisions.ready), 'field')} made ready in {count(made_ready, 'township')}.",
        f"Posts: {count(change.clip(lower=0).sum(), 'post')} moved; {movers}.",
        f"Officers: {figures['trained'].sum():,.0f} trained, {figures['moved_in'].sum():,.0f} moved; {staff}.",
        f"Load: {load} there, {above}; lent staff come back: {figures['lent_returned'].sum():,.0f}.",
        *station_lines(plan),
        *_counties_and_use(plan),
        *duty_lines(plan),
        *_held_already(plan),
        *_not_counted(plan),
        *_pins(plan),
        *_goals(plan),
    ]


def _goals(plan: Plan) -> list[str]:
    goals = plan.scenario.policy.goals
    if not goals:
        return []
    known = {each["term"]: each for each in plan.options.get("goals", [])}
    lines = ["Goals before the rest of the worth, in their order:"]
    for goal in goals:
        has = f"  {goal.term}: {plan.audit.terms[goal.term]:,.0f} {HOURS}, has to reach {goal.at_least:,.0f}"
        found = known.get(str(goal.term))
        if found is not None:
            bound = f"{rounded_up(found['bound']):,.0f}" if found["bound"] is not None else "no bound known"
            has += f" (best found {found['best']:,.0f}, at most {bound}, tolerance {share(goal.tolerance or 0.0)})"
        lines.append(has + ".")
    return lines


def _pins(plan: Plan) -> list[str]:
    pins = plan.scenario.policy.pins
    if not pins:
        return []
    more = [f"  and {len(pins) - PINS_SHOWN:,} more, all in the scenario."] if len(pins) > PINS_SHOWN else []
    return [f"Pinned, decided beforehand ({len(pins):,}):", *(f"  {pin}." for pin in pins[:PINS_SHOWN]), *more]


def _not_counted(plan: Plan) -> list[str]:
    """Tell of data that the case has and the policy does not look at."""
    case, policy = plan.scenario.data, plan.scenario.policy
    off = [
        (len(case.stations), "station", "stations", "stations", policy.stations is None),
        (len(case.duties), "duty", "duties", "duties", policy.duties is None),
    ]
    lines = [
        f"{count(rows, one, many)} in the case: NOT counted, because the policy has no [policy.{table}]."
        for rows, one, many, table, is_off in off if is_off and rows
    ]  # fmt: skip
    return [*lines, *guide_rows_not_counted(plan.scenario)]


def _held_already(plan: Plan) -> list[str]:
    case = plan.scenario.data
    if case.held.empty:
        return []
    if plan.scenario.policy.phases is None:
        held = count(len(case.held), "power")
        return [f"Held from earlier batches: {held}, NOT counted, because the policy has no [policy.phases]."]
    gone = tables.withdrawn(plan)["reason"]
    back = int((gone == "taken_back").sum())
    what = f"held on {len(case.held) - len(gone):,}, not allowed {len(gone) - back:,}, taken back {back:,}"
    return [f"Held from earlier batches: {count(len(case.held), 'power')}; {what}."]


def _counties_and_use(plan: Plan) -> list[str]:
    taken, opened = tables.take_up(plan), tables.openings(plan).groupby("county").size()
    if taken.empty:
        return []
    unused, least = int(taken["likely_withdrawn"].sum()), plan.scenario.policy.use_min
    each = f"{opened.min():,}" if opened.min() == opened.max() else f"{opened.min():,} to {opened.max():,}"
    return [
        f"Counties open {each} powers each, {opened.sum():,} in all.",
        f"Use: {unused:,} of {len(taken):,} take-ups have fewer than {least:g} cases a year: likely to be withdrawn.",
    ]


def _terms(plan: Plan) -> list[str]:
    table = terms_on(plan)
    columns = {plan_name(plan): table["plan"]}
    if plan.reference is not None:
        columns |= {plan_name(plan.reference): table["ratio_rule"], "difference": table["difference"]}
    widths = {name: max(len(name), *(len(f"{value:+,.0f}") for value in values)) for name, values in columns.items()}
    lines = [f"{'':<16}" + "".join(f"  {name:>{widths[name]}}" for name in columns)]
    for row, term in enumerate(table["term"]):
        cells = "".join(f"  {_cell(name, values.iloc[row]):>{widths[name]}}" for name, values in columns.items())
        lines.append(f"{label(term):<16}{cells}")
    return lines


def _cell(column: str, value: float) -> str:
    return signed(value) if column == "difference" else f"{value:,.0f}" if round(value) else "0"


def _caps(plan: Plan) -> list[str]:
    table = caps(plan)
    reached = [cap_sentence(cap) for _, cap in table[table["reached"] > 0].iterrows()]
    if len(plan.scenario.data.tables["guide_list"]):
        reached.insert(0, "the guide list in force is kept as it is")
    if not reached:
        return ["None."]
    return reached


def _differences(plan: Plan) -> list[str]:
    if plan.reference is None:
        return []
    no_better = plan.objective <= plan.reference.objective and not plan.reference.audit.breaches
    opening = ["No plan better than the ratio rule's was found."] if no_better else []
    unlawful = (
        [f"The ratio rule's plan breaks rules: {_breaches(plan.reference)}"] if plan.reference.audit.breaches else []
    )
    reasons = (list_reasons, take_up_reasons, post_reasons, officer_reasons)
    return [*opening, *unlawful, *(sentence for reason in reasons for sentence in reason(plan, plan.reference))]


def _extremes(plan: Plan) -> list[str]:
    if plan.reference is None:
        return []
    table = tables.choices(plan).sort_values("rounds_gained", ascending=False, kind="stable")
    gaining, losing = table[table["rounds_gained"] > 0], table[table["rounds_gained"] < 0]
    same = len(table) - len(gaining) - len(losing)
    lines = [f"Townships that gain: {len(gaining)}; that lose: {len(losing)}; that stay as they are: {same}."]
    for name, part in (("Most gained: ", gaining.head(EXTREMES)), ("Most lost: ", losing.iloc[::-1].head(EXTREMES))):
        if len(part):
            lines += wrapped(name, [_extreme(row) for _, row in part.iterrows()])
    return lines


def _extreme(row: pd.Series) -> str:
    return f"{row['township']} {row['name']} {row['rounds_gained']:+d} to {row['rounds_met']} of {row['rounds_asked']}"


def _declined(plan: Plan) -> list[str]:
    counted = tables.declined(plan)["reason"].value_counts()
    return wrapped("", [f"{number:,} {label(str(reason))}" for reason, number in counted.items()])


def _exclusions(plan: Plan) -> list[str]:
    if plan.exclusions.empty:
        return ["No power."]
    grouped = plan.exclusions.groupby(["rule", "article"]).size().sort_values(ascending=False, kind="stable")
    seldom = (grouped <= RARE) & ((grouped <= RARE).sum() > 2)
    named, rare = grouped[~seldom], grouped[seldom]
    items = [f"{number} {label(row[0])} ({row[1]})" for row, number in zip(named.index, named, strict=True)]
    if len(rare):
        items.append(f"{rare.sum()} for {count(len(rare), 'other reason')} (table exclusions)")
    pool = len(plan.scenario.data.tables["powers"])
    return wrapped(f"{len(plan.exclusions)} of {pool:,} powers: ", items)


def _assumed_of_instruments(policy: Policy) -> Iterator[str]:
    """Yield the prices and worths of the instruments that are on, as far as they are assumptions left as they are."""
    for name in Policy.model_fields:
        settings = getattr(policy, name)
        if name == "prices" or not isinstance(settings, Settings):
            continue
        for key, field in type(settings).model_fields.items():
            value = getattr(settings, key)
            if (
                ("price" in key or key in ("worth", "hours"))
                and _assumed(field)
                and value is not None
                and value == field.default
            ):
                yield f"{name}.{key} {value:g}"


def _caveats(plan: Plan) -> list[str]:
    policy = plan.scenario.policy
    lines = []
    prices = [
        f"{label(name)} {getattr(policy.prices, name):g}"
        for name, key in Prices.model_fields.items()
        if _assumed(key) and getattr(policy.prices, name) == key.default
    ]
    if prices:
        lines += wrapped("Assumed prices, not observed ones (h): ", prices)
    of_instruments = list(_assumed_of_instruments(policy))
    if of_instruments:
        lines += wrapped("Assumed for the instruments that are on: ", of_instruments)
    own = [name for name in Prices.model_fields if getattr(policy.prices, name) != Prices.model_fields[name].default]
    if own:
        lines += wrapped(
            "Prices that this scenario sets (h): ", [f"{label(name)} {getattr(policy.prices, name):g}" for name in own]
        )
    keys = {name: key for name, key in Policy.model_fields.items() if name != "prices"}
    assumed = [name for name, key in keys.items() if _assumed(key) and getattr(policy, name) == key.default]
    if assumed:
        lines.append(
            f"{len(assumed)} of {len(keys)} caps and shares are this software's assumptions, not the report's figures."
        )
    if plan.scenario.changes:
        lines += wrapped("The scenario changes the data (sum of the column): ", _changed_sums(plan))
    return lines


def _changed_sums(plan: Plan) -> list[str]:
    before, after = plan.scenario.case, plan.scenario.data
    said = []
    for key in plan.scenario.changes:
        column = next(
            column
            for column in numeric_columns()[key.rpartition(".")[2]]
            if key.rpartition(".")[0] in ("", column.table)
        )
        old, new = (case.tables[column.table][column.name].sum() for case in (before, after))
        said.append(f"{key} {old:,.6g} to {new:,.6g}")
    return said


def _assumed(key: object) -> bool:
    extra = getattr(key, "json_schema_extra", None)
    return isinstance(extra, dict) and extra.get("source") == ASSUMPTION


def wrapped(opening: str, items: Iterable[str]) -> list[str]:
    """Return a list in words, broken between its items where a line would pass the page's width."""
    lines, line = [], opening
    parts = list(items)
    for number, part in enumerate(parts):
        text = part + ("." if number == len(parts) - 1 else "; ")
        if display_width(line + text.rstrip()) > WIDTH - 2 and line.strip() and line != opening:
            lines.append(line.rstrip())
            line = "  "
        line += text
    return [*lines, line.rstrip()]


def folded(line: str) -> list[str]:
    """Return a line broken at spaces so that no part passes the page's width; what follows stands further in."""
    indent = " " * (len(line) - len(line.lstrip()))
    parts, rest = [], line
    while display_width(rest) > WIDTH:
        fitting = [
            end
            for end, sign in enumerate(rest)
            if sign == " " and rest[:end].strip() and display_width(rest[:end]) <= WIDTH
        ]
        if not fitting:
            break
        parts.append(rest[: fitting[-1]])
        rest = f"{indent}  {rest[fitting[-1] + 1 :]}"
    return [*parts, rest]


def display_width(text: str) -> int:
    """Return the columns that a text takes where Chinese characters are twice as wide as Latin ones."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
