"""An explanation as text for an official and as JSON for a programme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.language import tr
from devolve_opt.studies.explaining import Effect, Explanation
from devolve_opt.views.declined import declined
from devolve_opt.views.explained_facts import (
    kept_out,
    lists_named,
    pair_lines,
    people_lines,
    power_lines,
    power_named,
    town_named,
)
from devolve_opt.views.page import padded
from devolve_opt.views.wording import HOURS, count, list_named, percent, proof_record, rounded_up, status_lines
from devolve_opt.vocabulary import BASE_LIST, Category, some_of

NAMED = 8
"""Ids that are named in a line; of more, the number is told."""
SWAPPED = 4
"""Powers named in a line of what comes on a list or goes from it."""
LEVERS = {
    "officers": "certified officer", "posts": "post", "new_powers_max": "power allowed by new_powers_max",
    "new_fields_max": "field allowed by new_fields_max", "fields_at_minimum": "field allowed by fields_at_minimum",
}  # fmt: skip
"""What a lever adds one of."""
OTHERWISE = {
    "gives_up": "give up {ids}", "takes": "take {ids}", "not_ready": "not be ready in {ids}",
    "becomes_ready": "become ready in {ids}", "drops_duties": "drop duty {ids}", "carries_duties": "carry duty {ids}",
}  # fmt: skip
"""What else a township would do, by fact; shown as `tr(OTHERWISE[...])`."""


def explanation_text(found: Explanation) -> str:
    """Return an explanation in plain text: the answer first, then what stands, what would turn it, the whole."""
    scenario = found.plan.scenario
    lines = [scenario.title, *([scenario.case.notice] if scenario.case.notice else []), ""]
    lines += [answer(found), ""]
    if found.power is None:
        lines += [*people_lines(found.facts), *_worth_of_people(found)]
    elif found.township is None:
        lines += [*power_lines(found.facts), *_room(found)]
    else:
        lines += [*pair_lines(found.facts, *reason(found)), *_local(found), *_levers(found)]
    if scenario.policy.goals and found.township is not None:
        lines += ["", tr("What the township would gain or lose by itself leaves the goals of the policy aside.")]
    if found.effect is not None:
        lines += ["", tr("On the whole"), *_effect(found, found.effect)]
    lines += ["", *status_lines(found.plan)]
    return "\n".join(lines) + "\n"


def explanation_json(found: Explanation) -> str:
    """Return an explanation as JSON: `question`, `answer`, `reason`, `facts`, `changes`, `effect`, `plan`, `notice`.

    Numbers that are not finite become null: of a loss or a worth, it means that the rules do not allow it.
    """
    effect = None
    if found.effect is not None:
        effect = {
            "loss_least": _finite(found.effect.least), "loss_most": _finite(found.effect.most),
            "lists": found.lists_otherwise.to_dict("records"),
        }  # fmt: skip
    record = {
        "question": {"township": found.township, "power": found.power},
        "answer": answer(found), "reason": reason(found)[0], "facts": dict(found.facts),
        "changes": [{name: _finite(value) for name, value in row.items()} for row in found.changes.to_dict("records")],
        "effect": effect, "plan": {"title": found.plan.scenario.title, **proof_record(found.plan)},
        "notice": found.plan.scenario.case.notice,
    }  # fmt: skip
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if value is pd.NA or value is None:
        return None
    return None if isinstance(value, float) and not np.isfinite(value) else value


def reason(found: Explanation) -> tuple[str, str]:
    """Return why a power is not taken, as a code and in words, as in the table `declined`; blank for other questions.

    Codes beside those of `declined`: `subdistrict`, `no_interest` (neither chosen nor with cases).
    """
    facts = found.facts
    if found.township is None or found.power is None or facts["taken"]:
        return "", ""
    if facts["category"] == Category.SUBDISTRICT:
        return "subdistrict", tr("a subdistrict takes no power")
    table = declined(found.plan)
    row = table[(table["township"] == found.township) & (table["power"] == found.power)]
    if len(row):
        return str(row["reason"].iloc[0]), str(row["detail"].iloc[0])
    if facts["excluded"]:
        return "excluded", facts["excluded"]
    return "no_interest" if facts["cases"] == 0 else "not_chosen", tr("; ").join(facts["set_aside"])


def answer(found: Explanation) -> str:
    """Return the answer in a sentence or two."""
    facts = found.facts
    if found.power is None:
        change = int(facts["posts"] - facts["posts_before"])
        moved = tr("{n} more than before", n=change) if change > 0 else tr("{n} fewer than before", n=-change)
        return tr(
            "{town} has {posts}, {moved}, and {officers} ({before:.0f} before).",
            town=town_named(facts), posts=count(facts["posts"], "post"), officers=count(facts["officers"], "officer"),
            moved=moved if change else tr("as many as before"), before=facts["officers_before"],
        )  # fmt: skip
    power = power_named(facts)
    if found.township is None:
        if facts["excluded"]:
            return tr("{power} may not be handed down: {why}", power=power, why=kept_out(facts))
        if not facts["lists"]:
            return tr("{power} is on no list.", power=power)
        return tr("{power} is on the {lists} list.", power=power, lists=lists_named(facts["lists"]))
    who = {"town": town_named(facts), "power": power}
    head = tr("{town} takes {power}.", **who) if facts["taken"] else tr("{town} does not take {power}.", **who)
    if facts["excluded"]:
        return _in_a_row(head, tr("It may not be handed down: {why}", why=kept_out(facts)))
    if facts["category"] == Category.SUBDISTRICT:
        return _in_a_row(head, tr("A subdistrict takes no power."))
    return _in_a_row(head, _because(found))


def _in_a_row(*sentences: str) -> str:
    """Return sentences one after the other, in Chinese without a blank between them."""
    return tr("{first} {then}", first=sentences[0], then=sentences[1]) if all(sentences) else "".join(sentences)


def _because(found: Explanation) -> str:
    facts = found.facts
    loss = facts["loss"]
    if facts["taken"]:
        if facts["needed"]:
            return tr("Without it the township could not keep its rules.")
        pays = (
            tr("By itself it gains {hours:,.0f} staff-hours a year there.", hours=-loss)
            if loss < 0
            else tr("There it costs {hours:,.0f} staff-hours a year.", hours=loss)
        )
        pins = tr("; ").join(facts["set_aside"])
        return _in_a_row(tr("It is pinned: {pins}.", pins=pins), pays) if pins else pays
    obstacles = tr("; ").join(_obstacles(found))
    first = tr("In the way: {obstacles}.", obstacles=obstacles) if obstacles else ""
    if not facts["possible"]:
        rule = _rule_in_the_way(found)
        even_so = tr("Its rules would not allow it even so: {rule}.", rule=rule)
        return _in_a_row(first, even_so if first else tr("Its rules would not allow it: {rule}.", rule=rule))
    if loss <= 0 and not first:
        return tr("Nothing is in the way.")
    if loss <= 0:
        return _in_a_row(
            first, tr("Without that it would gain {hours:,.0f} staff-hours a year there.", hours=abs(loss))
        )
    if first:
        cost = tr(
            "Even without that it would cost the township {hours:,.0f} staff-hours a year more than it brings.",
            hours=loss,
        )
        return _in_a_row(first, cost)
    return tr("It would cost the township {hours:,.0f} staff-hours a year more than it brings.", hours=loss)


def _rule_in_the_way(found: Explanation) -> str:
    turning = found.changes[found.changes["amount"].notna()] if len(found.changes) else found.changes
    if len(turning):
        ways = [amount_in_words(row["change"], int(row["amount"])) for row in turning.to_dict("records")]
        return tr("it would take {ways}", ways=tr(" or ").join(ways))
    return tr("no single change that was tried makes room for it")


def _obstacles(found: Explanation) -> list[str]:
    facts = found.facts
    words = [*facts["set_aside"], *facts["list_pins"]]
    for key in facts["prerequisites"]:
        if key[0] == "opened":
            obstacle = tr("county {county} has not opened it", county=key[1])
        else:
            name = BASE_LIST if key[0] == "base" else key[1]
            obstacle = tr("it is not on the {list} list", list=list_named(name))
        if key[-1] != found.power:
            obstacle = tr("{obstacle} (which it requires: {power})", obstacle=obstacle, power=key[-1])
        words.append(obstacle)
    return words


def _local(found: Explanation) -> Iterator[str]:
    facts = found.facts
    if "loss" not in facts:
        return
    if facts["plan_below_best"] and facts["plan_below_best"] >= 1:
        yield ""
        yield tr(
            "By itself the township could be better by {hours:,.0f} staff-hours a year: part of the gap that the plan "
            "has left.",
            hours=facts["plan_below_best"],
        )
    other = [tr(words, ids=some_of(facts[name], NAMED)) for name, words in OTHERWISE.items() if facts[name]]
    if other:
        does = tr("; ").join(other)
        yield ""
        yield (
            tr("Without it, at its best, the township would {does}.", does=does) if facts["taken"]
            else tr("With it, at its best, the township would {does}.", does=does)
        )  # fmt: skip


def _levers(found: Explanation) -> Iterator[str]:
    facts = found.facts
    if "loss" not in facts or facts["needed"]:
        return
    rows, loss = found.changes.to_dict("records"), facts["loss"]
    # More of something is tried where it does not pay or cannot be, less where it does.
    sign = 1 if loss is None or loss > 0 else -1
    if rows:
        yield ""
        yield tr("What would turn it, each by itself, everything the township decides solved anew")
    for row in rows:
        if not pd.isna(row["amount"]):
            change = amount_in_words(row["change"], int(row["amount"]))
            yield tr("  {change}: {outcome}", change=change, outcome=_outcome(row["loss_at_amount"]))
    never = [row for row in rows if pd.isna(row["amount"]) and row["tried"]]
    for row in never:
        change = amount_in_words(row["change"], sign * int(row["tried"]))
        yield tr("  not {change}: {outcome}", change=change, outcome=_outcome(row["loss_at_amount"]))
    for row in rows:
        if not row["tried"]:
            change = amount_in_words(row["change"], sign)
            yield tr("  {change}: {outcome}", change=change, outcome=tr("the township could not keep its rules"))
    if loss is not None and loss > 0 and not facts["taken"]:
        price, today, hours = facts["choice_price_to_pay"], facts["choice_price"], rounded_up(loss)
        yield (
            tr("  a worth of {hours:,.0f} staff-hours a year more, such as {price:,.0f} for each round chosen instead "
               "of {today:g}; below that it does not pay", hours=hours, price=rounded_up(price), today=today) if price
            else tr("  a worth of {hours:,.0f} staff-hours a year more; below that it does not pay", hours=hours)
        )  # fmt: skip
    elif loss is not None and loss < 0 and facts["taken"]:
        yield tr("  a worth of {hours:,.0f} staff-hours a year less", hours=-loss)


def change_text(lever: str, amount: int) -> str:
    """Return the text of a change of a lever, shown by `amount_in_words`: `{n} more certified officers`."""
    noun, *rest = LEVERS[lever].split(" allowed ")
    plural = noun if abs(amount) == 1 else f"{noun}s"
    return " allowed ".join([f"{{n}} {'more' if amount > 0 else 'fewer'} {plural}", *rest])


def amount_in_words(lever: str, amount: int) -> str:
    """Return a change of a lever in words, such as `2 more certified officers`."""
    return tr(change_text(lever, amount), n=abs(amount))


def _outcome(loss: float) -> str:
    if np.isinf(loss):
        return tr("the rules still do not allow it") if loss > 0 else tr("it could not do without")
    return (
        tr("taking it gains {hours:,.0f}", hours=abs(loss))
        if loss <= 0
        else tr("taking it costs {hours:,.0f}", hours=loss)
    )


def _effect(found: Explanation, effect: Effect) -> Iterator[str]:
    own = found.plan.bound - found.plan.objective
    if effect.plan is not None:
        hours = rounded_up(effect.most) if effect.most >= 0 else -effect.most
        yield (
            tr("  Decided otherwise, an audited plan costs {hours:,.0f} staff-hours a year.", hours=hours)
            if effect.most >= 0
            else tr("  Decided otherwise, an audited plan gains {hours:,.0f} staff-hours a year.", hours=hours)
        )
        yield from _lists_otherwise(found)
    elif np.isinf(effect.least):
        yield tr("  Decided otherwise, no plan keeps the rules: proven.")
        return
    else:
        yield tr("  No plan was found that decides it otherwise and keeps the rules.")
    if effect.least > 0:
        yield tr("  No plan that does so costs less than {hours:,.0f}: proven.", hours=effect.least)
    elif own > 0:
        yield tr(
            "  Nothing more is proven: the plan's own gap ({hours:,.0f}, {gap}) leaves room for plans as good that do "
            "so.",
            hours=rounded_up(own), gap=percent(found.plan.gap),
        )  # fmt: skip
    else:
        yield tr("  A plan that does so may be as good.")


def _lists_otherwise(found: Explanation) -> Iterator[str]:
    """Yield which powers leave a list, and which come, in the plan that decides it otherwise."""
    names = found.plan.scenario.data.tables["powers"]["name"]
    for (where, listed), rows in found.lists_otherwise.groupby(["list", "listed"], sort=False):
        powers = [
            tr("{power} {name} ({townships})", power=power, name=names[power], townships=count(takers, "township"))
            for power, takers in zip(rows["power"], rows["townships"], strict=True)
        ]
        said = {"powers": some_of(powers, SWAPPED, "; "), "list": list_named(str(where))}
        yield (
            tr("    In that plan there come on the {list} list: {powers}", **said) if listed
            else tr("    In that plan there go from the {list} list: {powers}", **said)
        )  # fmt: skip


def _room(found: Explanation) -> Iterator[str]:
    if found.changes.empty:
        return
    yield ""
    yield tr("If every list held more, and nothing had to go for it (others may use the room better)")
    for row in found.changes.to_dict("records"):
        gain = row["worth"]
        outcome = (
            tr("no plan was found") if np.isinf(gain)
            else tr("a plan that lists it is worth {hours:+,.0f} staff-hours a year", hours=gain)
        )  # fmt: skip
        yield tr("  {places} more: {outcome}", places=count(row["amount"], "place"), outcome=outcome)


def _worth_of_people(found: Explanation) -> Iterator[str]:
    if found.changes.empty:
        return
    facts = found.facts
    yield ""
    yield tr(
        "What it is worth to the township by itself, all that it decides solved anew (what others lose not counted)"
    )
    for row in found.changes.to_dict("records"):
        worth = row["worth"]
        words = tr("its rules would not allow it") if np.isinf(worth) else f"{worth:+,.0f} {tr(HOURS)}"
        yield f"  {padded(amount_in_words(row['change'], int(row['amount'])), 26)} {words}"
    yield tr(
        "A post that moves is priced at {price_post_moved:g}, an officer who is trained at {price_officer_trained:g}.",
        price_post_moved=facts["price_post_moved"],
        price_officer_trained=facts["price_officer_trained"],
    )
