"""What stands about a take-up, a power or a township before anything is solved, line by line in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from devolve_opt.language import chosen, joined, tr
from devolve_opt.views.page import padded
from devolve_opt.views.wording import count, list_named, named
from devolve_opt.vocabulary import BASE_LIST, label

WHICH = {"today": "ready in it today", "new": "made ready in it by the plan", "no": "not ready in it"}
"""How it stands with readiness in a power's field; shown as `tr(WHICH[...])`."""


def town_named(facts: Any) -> str:
    """Return a township with its name, category and county."""
    return tr(
        "{id} {name} ({category}, {county})",
        id=facts["township"], name=facts["township_name"], category=_word(facts["category"]), county=facts["county"],
    )  # fmt: skip


def power_named(facts: Any) -> str:
    """Return a power with its name, type and field."""
    return tr(
        "{id} {name} ({type}, {field} {field_name})",
        id=facts["power"], name=facts["power_name"], type=_word(facts["type"]), field=facts["field"],
        field_name=facts["field_name"],
    )  # fmt: skip


def kept_out(facts: Any) -> str:
    """Return why a power may not be handed down, with the article."""
    return tr("{why} ({article})", why=tr(facts["excluded_because"]), article=tr(facts["excluded"]))


def lists_named(names: Iterable[str]) -> str:
    """Return the names of lists in a line, as `list_named` gives them; empty if there are none."""
    return joined(list_named(name) for name in names)


def reason_named(code: str) -> str:
    """Return why a power is not taken, a code of `explanation.reason`, as plain text shows it."""
    return chosen("未选择且无办件", code) if code == "no_interest" else named(code)


def pair_lines(facts: Any, code: str, detail: str) -> Iterator[str]:
    """Yield what stands about a take-up, a line each: law, lists, choices, work, officers, readiness, pins.

    Args:
        facts: as `studies.facts.facts_of_pair` gives them.
        code: why it is not taken, as `declined` says; blank where that is not known.
        detail: the words beside it.
    """
    yield _law(facts)
    lists = lists_named(facts["lists"]) or tr("none")
    yield (
        tr("  lists       {lists}; one of its own", lists=lists) if facts["on_its_list"]
        else tr("  lists       {lists}; not one of its own", lists=lists)
    )  # fmt: skip
    rounds = joined(number for number, asked in enumerate(facts["rounds"], start=1) if asked)
    when = tr("chosen in round {rounds}", rounds=rounds) if rounds else tr("not chosen in any round")
    yield tr("  choices     {when}; {cases:,.0f} cases a year", when=when, cases=facts["cases"])
    if facts["hours"] is not None:
        yield tr(
            "  work        takes {hours:,.0f} staff-hours a year, {officer_hours:,.0f} of them officers'; the township "
            "needs {hours_needed:,.0f} of {hours_there:,.0f}",
            **_some(facts, "hours", "officer_hours", "hours_needed", "hours_there"),
        )
    yield from _at_risk(facts)
    yield tr(
        "  officers    {officers:.0f}, needed {officer_hours_needed:,.0f} of {officer_hours_there:,.0f} officer-hours "
        "a year",
        **_some(facts, "officers", "officer_hours_needed", "officer_hours_there"),
    )
    which = tr(WHICH[facts["ready"]])
    if facts["ready"] == "no":
        which = tr(
            "{which}; becoming ready takes {hours:,.0f} staff-hours a year", which=which, hours=facts["readiness_hours"]
        )
    yield tr("  readiness   {which}", which=which)
    if facts["requires"]:
        yield (
            tr("  requires    {power}, which it takes", power=facts["requires"]) if facts["requires_held"]
            else tr("  requires    {power}, which it does not take", power=facts["requires"])
        )  # fmt: skip
    for pin in facts["pins"]:
        yield tr("  pinned      {pin}", pin=pin)
    if code:
        yield tr("  first seen  {reason}: {detail}", reason=reason_named(code), detail=tr(detail))


def power_lines(facts: Any) -> Iterator[str]:
    """Yield what stands about a power, a line each, and who chose it by category; `facts` as of `facts_of_power`."""
    yield _law(facts)
    yield tr(
        "  lists       {lists}; under the ratio rule {ratio}",
        lists=lists_named(facts["lists"]) or tr("none"), ratio=lists_named(facts["lists_ratio_rule"]) or tr("none"),
    )  # fmt: skip
    yield tr("  cases       {cases:,.0f} a year in townships that may take it", cases=facts["cases"])
    caps = {"guide": facts["guide_list"], BASE_LIST: facts["base_list"], **facts["category_lists"]}
    room = joined(tr("{list} {used} of {cap}", list=list_named(name), **each) for name, each in caps.items())
    yield tr("  room        {room}", room=room)
    for pin in facts["pins"]:
        yield tr("  pinned      {pin}", pin=pin)
    yield ""
    yield tr("category         townships  round 1  round 2  round 3  chosen  taking")
    for name, row in facts["by_category"].items():
        rounds = "".join(f"{row[f'round_{number}']:>9}" for number in (1, 2, 3))
        yield f"{padded(_word(name), 16)}{row['townships']:>10}{rounds}{row['asking']:>8}{row['taking']:>8}"


def people_lines(facts: Any) -> Iterator[str]:
    """Yield what stands about a township's posts, officers, work and choices; `facts` as of `facts_of_township`."""
    load = "-" if facts["load"] is None else f"{facts['load']:.2f}"
    yield tr(
        "  posts       {posts_before:.0f} before; fair share {fair_share:.1f} by {posts_formula}, base and floating "
        "posts {posts_least} to {posts_most}; the city moves {posts_moved} of {posts_moved_max}",
        **_some(facts, "posts_before", "fair_share", "posts_formula", "posts_least", "posts_most", "posts_moved",
                "posts_moved_max"),
    )  # fmt: skip
    if facts["posts_given"] is not None:
        yield tr(
            "              {n} are in force by the case, whatever band and cap say",
            n=count(facts["posts_given"], "post"),
        )
    yield tr(
        "  officers    {officers_remaining:.0f} remain, {trained:.0f} trained, {moved_in:.0f} moved in, "
        "{moved_out:.0f} out; at least {officers_min}; the city trains {trained_all} of {certificates_max}",
        **_some(facts, "officers_remaining", "trained", "moved_in", "moved_out", "officers_min", "trained_all",
                "certificates_max"),
    )  # fmt: skip
    yield tr(
        "  work        needs {hours_needed:,.0f} of {hours_there:,.0f} staff-hours a year (load {load}), "
        "{officer_hours_needed:,.0f} of {officer_hours_there:,.0f} officer-hours",
        load=load,
        **_some(facts, "hours_needed", "hours_there", "officer_hours_needed", "officer_hours_there"),
    )
    yield from _at_risk(facts)
    yield tr(
        "  choices     {rounds_met:.0f} of {rounds_asked:.0f} rounds met, {powers} taken, ready in {fields}",
        powers=count(facts["powers_taken"], "power"), fields=count(facts["fields_ready"], "field"),
        **_some(facts, "rounds_met", "rounds_asked"),
    )  # fmt: skip


def _word(code: str) -> str:
    # Some words of the vocabulary are codes of results as well, which say something else.
    return chosen(label(code), code)


def _law(facts: Any) -> str:
    if not facts["excluded"]:
        return tr("  law         may be handed down")
    return tr("  law         {basis}: {article}", basis=named(facts["excluded_by"]), article=tr(facts["excluded"]))


def _at_risk(facts: dict[str, Any]) -> Iterator[str]:
    """Yield what the powers taken may take more than expected, where hours are uncertain."""
    if facts["hours_at_risk"] or facts["officer_hours_at_risk"]:
        yield tr(
            "              and up to {hours_at_risk:,.0f} more, {officer_hours_at_risk:,.0f} of officers, if powers "
            "take more than expected; the limits count them",
            **_some(facts, "hours_at_risk", "officer_hours_at_risk"),
        )


def _some(facts: Any, *names: str) -> dict[str, Any]:
    return {name: facts[name] for name in names}
