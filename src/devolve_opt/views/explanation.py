"""An explanation as text for an official and as JSON for a programme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.studies.explaining import Effect, Explanation
from devolve_opt.views.declined import declined
from devolve_opt.views.wording import HOURS, count, percent, proof_record, rounded_up, status_lines
from devolve_opt.vocabulary import BASE_LIST, Category, some_of

NAMED = 8
"""Ids that are named in a line; of more, the number is told."""
LEVERS = {
    "officers": "certified officer", "posts": "post", "new_powers_max": "power allowed by new_powers_max",
    "new_fields_max": "field allowed by new_fields_max", "fields_at_minimum": "field allowed by fields_at_minimum",
}  # fmt: skip
"""What a lever adds one of."""
_WHICH = {"today": "ready in it today", "new": "made ready in it by the plan", "no": "not ready in it"}


def explanation_text(found: Explanation) -> str:
    """Return an explanation in plain text: the answer first, then what stands, what would turn it, the whole."""
    scenario = found.plan.scenario
    lines = [scenario.title, *([scenario.case.notice] if scenario.case.notice else []), ""]
    lines += [answer(found), ""]
    if found.power is None:
        lines += [*_people(found), *_worth_of_people(found)]
    elif found.township is None:
        lines += [*_power(found.facts), *_room(found)]
    else:
        lines += [*_pair(found), *_local(found), *_levers(found)]
    if scenario.policy.goals and found.township is not None:
        lines += ["", "What the township would gain or lose by itself leaves the goals of the policy aside."]
    if found.effect is not None:
        lines += ["", "On the whole", *_effect(found, found.effect)]
    lines += ["", *status_lines(found.plan)]
    return "\n".join(lines) + "\n"


def explanation_json(found: Explanation) -> str:
    """Return an explanation as JSON: `question`, `answer`, `reason`, `facts`, `changes`, `effect`, `plan`, `notice`.

    Numbers that are not finite become null: of a loss or a worth, it means that the rules do not allow it.
    """
    effect = None
    if found.effect is not None:
        effect = {"loss_least": _finite(found.effect.least), "loss_most": _finite(found.effect.most)}
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
        return "subdistrict", "a subdistrict takes no power"
    table = declined(found.plan)
    row = table[(table["township"] == found.township) & (table["power"] == found.power)]
    if len(row):
        return str(row["reason"].iloc[0]), str(row["detail"].iloc[0])
    if facts["excluded"]:
        return "excluded", facts["excluded"]
    return "no_interest" if facts["cases"] == 0 else "not_chosen", "; ".join(facts["set_aside"])


def answer(found: Explanation) -> str:
    """Return the answer in a sentence or two."""
    facts = found.facts
    if found.power is None:
        change = int(facts["posts"] - facts["posts_before"])
        moved = "as many as before" if not change else f"{abs(change)} {'more' if change > 0 else 'fewer'} than before"
        return (
            f"{_town(facts)} has {count(facts['posts'], 'post')}, {moved}, and {count(facts['officers'], 'officer')} "
            f"({facts['officers_before']:.0f} before)."
        )
    if found.township is None:
        if facts["excluded"]:
            return f"{_named_power(facts)} may not be handed down: {facts['excluded_because']} ({facts['excluded']})"
        on = ", ".join(facts["lists"])
        return f"{_named_power(facts)} is on {'the ' + on + ' list' if on else 'no list'}."
    head = f"{_town(facts)} {'takes' if facts['taken'] else 'does not take'} {_named_power(facts)}."
    if facts["excluded"]:
        return f"{head} It may not be handed down: {facts['excluded_because']} ({facts['excluded']})"
    if facts["category"] == Category.SUBDISTRICT:
        return f"{head} A subdistrict takes no power."
    return f"{head} {_because(found)}"


def _because(found: Explanation) -> str:
    facts = found.facts
    loss = facts["loss"]
    if facts["taken"]:
        if facts["needed"]:
            return "Without it the township could not keep its rules."
        pays = f"By itself it gains {-loss:,.0f} {HOURS} there." if loss < 0 else f"There it costs {loss:,.0f} {HOURS}."
        pins = "; ".join(facts["set_aside"])
        return f"It is pinned: {pins}. {pays}" if pins else pays
    obstacles = _obstacles(found)
    first = f"In the way: {'; '.join(obstacles)}." if obstacles else ""
    if not facts["possible"]:
        then = "Its rules would not allow it" + (" even so" if obstacles else "")
        return f"{first} {then}: {_rule_in_the_way(found)}.".strip()
    if loss <= 0:
        return f"{first} Without that it would gain {-loss:,.0f} {HOURS} there." if first else "Nothing is in the way."
    even = "Even without that it" if first else "It"
    return f"{first} {even} would cost the township {loss:,.0f} {HOURS} more than it brings.".strip()


def _rule_in_the_way(found: Explanation) -> str:
    turning = found.changes[found.changes["amount"].notna()] if len(found.changes) else found.changes
    if len(turning):
        ways = [amount_in_words(row["change"], int(row["amount"])) for row in turning.to_dict("records")]
        return f"it would take {' or '.join(ways)}"
    return "no single change that was tried makes room for it"


def _obstacles(found: Explanation) -> list[str]:
    facts = found.facts
    words = [*facts["set_aside"], *facts["list_pins"]]
    for key in facts["prerequisites"]:
        power = "" if key[-1] == found.power else f" (which it requires: {key[-1]})"
        if key[0] == "opened":
            words.append(f"county {key[1]} has not opened it{power}")
        else:
            name = BASE_LIST if key[0] == "base" else key[1]
            words.append(f"it is not on the {name} list{power}")
    return words


def _town(facts: Any) -> str:
    return f"{facts['township']} {facts['township_name']} ({facts['category']}, {facts['county']})"


def _named_power(facts: Any) -> str:
    return f"{facts['power']} {facts['power_name']} ({facts['type']}, {facts['field']} {facts['field_name']})"


def _pair(found: Explanation) -> Iterator[str]:
    facts = found.facts
    code, detail = reason(found)
    law = f"{facts['excluded_by']}: {facts['excluded']}" if facts["excluded"] else "may be handed down"
    yield f"  law         {law}"
    yield f"  lists       {', '.join(facts['lists']) or 'none'}; {'' if facts['on_its_list'] else 'not '}one of its own"
    rounds = [str(number) for number, chosen in enumerate(facts["rounds"], start=1) if chosen]
    chosen = f"chosen in round {', '.join(rounds)}" if rounds else "not chosen in any round"
    yield f"  choices     {chosen}; {facts['cases']:,.0f} cases a year"
    if facts["hours"] is not None:
        yield (
            f"  work        takes {facts['hours']:,.0f} {HOURS}, {facts['officer_hours']:,.0f} of them officers'; the "
            f"township needs {facts['hours_needed']:,.0f} of {facts['hours_there']:,.0f}"
        )
    yield (
        f"  officers    {facts['officers']:.0f}, needed {facts['officer_hours_needed']:,.0f} of "
        f"{facts['officer_hours_there']:,.0f} officer-hours a year"
    )
    yield (
        f"  readiness   {_WHICH[facts['ready']]}"
        + (f"; becoming ready takes {facts['readiness_hours']:,.0f} {HOURS}" if facts["ready"] == "no" else "")
    )
    if facts["requires"]:
        yield f"  requires    {facts['requires']}, which it {'takes' if facts['requires_held'] else 'does not take'}"
    for pin in facts["pins"]:
        yield f"  pinned      {pin}"
    if code:
        yield f"  first seen  {code}: {detail}"


def _local(found: Explanation) -> Iterator[str]:
    facts = found.facts
    if "loss" not in facts:
        return
    if facts["plan_below_best"] and facts["plan_below_best"] >= 1:
        yield ""
        yield (
            f"By itself the township could be better by {facts['plan_below_best']:,.0f} {HOURS}: part of the gap that "
            "the plan has left."
        )
    other = [
        f"{words} {some_of(facts[name], NAMED)}"
        for name, words in (
            ("gives_up", "give up"), ("takes", "take"), ("not_ready", "not be ready in"),
            ("becomes_ready", "become ready in"), ("drops_duties", "drop duty"), ("carries_duties", "carry duty"),
        ) if facts[name]
    ]  # fmt: skip
    if other:
        yield ""
        yield f"{'Without' if facts['taken'] else 'With'} it, at its best, the township would {'; '.join(other)}."


def _levers(found: Explanation) -> Iterator[str]:
    facts = found.facts
    if "loss" not in facts or facts["needed"]:
        return
    rows, loss = found.changes.to_dict("records"), facts["loss"]
    # More of something is tried where it does not pay or cannot be, less where it does.
    sign = 1 if loss is None or loss > 0 else -1
    if rows:
        yield ""
        yield "What would turn it, each by itself, everything the township decides solved anew"
    for row in rows:
        if not pd.isna(row["amount"]):
            yield f"  {amount_in_words(row['change'], int(row['amount']))}: {_outcome(row['loss_at_amount'])}"
    never = [row for row in rows if pd.isna(row["amount"]) and row["tried"]]
    for row in never:
        yield f"  not {amount_in_words(row['change'], sign * int(row['tried']))}: {_outcome(row['loss_at_amount'])}"
    for row in rows:
        if not row["tried"]:
            yield f"  {amount_in_words(row['change'], sign)}: the township could not keep its rules"
    if loss is not None and loss > 0 and not facts["taken"]:
        price, today = facts["choice_price_to_pay"], facts["choice_price"]
        told = f", such as {rounded_up(price):,.0f} for each round chosen instead of {today:g}" if price else ""
        yield f"  a worth of {rounded_up(loss):,.0f} {HOURS} more{told}; below that it does not pay"
    elif loss is not None and loss < 0 and facts["taken"]:
        yield f"  a worth of {-loss:,.0f} {HOURS} less"


def amount_in_words(lever: str, amount: int) -> str:
    """Return a change of a lever in words, such as `2 more certified officers`."""
    noun, *rest = LEVERS[lever].split(" allowed ")
    plural = noun if abs(amount) == 1 else f"{noun}s"
    return " allowed ".join([f"{abs(amount)} {'more' if amount > 0 else 'fewer'} {plural}", *rest])


def _outcome(loss: float) -> str:
    if np.isinf(loss):
        return "the rules still do not allow it" if loss > 0 else "it could not do without"
    return f"taking it gains {-loss:,.0f}" if loss <= 0 else f"taking it costs {loss:,.0f}"


def _effect(found: Explanation, effect: Effect) -> Iterator[str]:
    own = found.plan.bound - found.plan.objective
    if effect.plan is not None:
        worth = f"costs {rounded_up(effect.most):,.0f}" if effect.most >= 0 else f"gains {-effect.most:,.0f}"
        yield f"  Decided otherwise, an audited plan {worth} {HOURS}."
    elif np.isinf(effect.least):
        yield "  Decided otherwise, no plan keeps the rules: proven."
        return
    else:
        yield "  No plan was found that decides it otherwise and keeps the rules."
    if effect.least > 0:
        yield f"  No plan that does so costs less than {effect.least:,.0f}: proven."
    elif own > 0:
        yield (
            f"  Nothing more is proven: the plan's own gap ({rounded_up(own):,.0f}, {percent(found.plan.gap)}) leaves "
            "room for plans as good that do so."
        )
    else:
        yield "  A plan that does so may be as good."


def _power(facts: Any) -> Iterator[str]:
    law = f"{facts['excluded_by']}: {facts['excluded']}" if facts["excluded"] else "may be handed down"
    yield f"  law         {law}"
    yield f"  lists       {', '.join(facts['lists']) or 'none'}; under the ratio rule {_or_none(facts)}"
    yield f"  cases       {facts['cases']:,.0f} a year in townships that may take it"
    caps = {"guide": facts["guide_list"], BASE_LIST: facts["base_list"], **facts["category_lists"]}
    room = ", ".join(f"{name} {each['used']} of {each['cap']}" for name, each in caps.items())
    yield f"  room        {room}"
    for pin in facts["pins"]:
        yield f"  pinned      {pin}"
    yield ""
    yield f"{'category':<16}{'townships':>10}{'round 1':>9}{'round 2':>9}{'round 3':>9}{'chosen':>8}{'taking':>8}"
    for name, row in facts["by_category"].items():
        rounds = "".join(f"{row[f'round_{number}']:>9}" for number in (1, 2, 3))
        yield f"{name:<16}{row['townships']:>10}{rounds}{row['asking']:>8}{row['taking']:>8}"


def _room(found: Explanation) -> Iterator[str]:
    if found.changes.empty:
        return
    yield ""
    yield "If every list held more, and nothing had to go for it (others may use the room better)"
    for row in found.changes.to_dict("records"):
        gain = row["worth"]
        words = "no plan was found" if np.isinf(gain) else f"a plan that lists it is worth {gain:+,.0f} {HOURS}"
        yield f"  {count(row['amount'], 'place')} more: {words}"


def _or_none(facts: Any) -> str:
    return ", ".join(facts["lists_ratio_rule"]) or "none"


def _people(found: Explanation) -> Iterator[str]:
    facts = found.facts
    load = "-" if facts["load"] is None else f"{facts['load']:.2f}"
    yield (
        f"  posts       {facts['posts_before']:.0f} before; fair share {facts['fair_share']:.1f} by "
        f"{facts['posts_formula']}, base and floating posts {facts['posts_least']} to {facts['posts_most']}; the city "
        f"moves {facts['posts_moved']} of {facts['posts_moved_max']}"
    )
    yield (
        f"  officers    {facts['officers_remaining']:.0f} remain, {facts['trained']:.0f} trained, "
        f"{facts['moved_in']:.0f} moved in, {facts['moved_out']:.0f} out; at least {facts['officers_min']}; the city "
        f"trains {facts['trained_all']} of {facts['certificates_max']}"
    )
    yield (
        f"  work        needs {facts['hours_needed']:,.0f} of {facts['hours_there']:,.0f} {HOURS} (load {load}), "
        f"{facts['officer_hours_needed']:,.0f} of {facts['officer_hours_there']:,.0f} officer-hours"
    )
    yield (
        f"  choices     {facts['rounds_met']:.0f} of {facts['rounds_asked']:.0f} rounds met, "
        f"{count(facts['powers_taken'], 'power')} taken, ready in {count(facts['fields_ready'], 'field')}"
    )


def _worth_of_people(found: Explanation) -> Iterator[str]:
    if found.changes.empty:
        return
    facts = found.facts
    yield ""
    yield "What it is worth to the township by itself, all that it decides solved anew (what others lose not counted)"
    for row in found.changes.to_dict("records"):
        worth = row["worth"]
        words = "its rules would not allow it" if np.isinf(worth) else f"{worth:+,.0f} {HOURS}"
        yield f"  {amount_in_words(row['change'], int(row['amount'])):<26} {words}"
    yield (
        f"A post that moves is priced at {facts['price_post_moved']:g}, an officer who is trained at "
        f"{facts['price_officer_trained']:g}."
    )
