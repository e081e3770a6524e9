"""Pins against the case: what they name has to exist, may be given by law, and may not contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.language import joined, tr
from devolve_opt.pins import ANY_LIST, Pin
from devolve_opt.policy import Policy
from devolve_opt.rules.legality import exclusions, refused
from devolve_opt.vocabulary import BASE_LIST

PAIR = ["township", "power"]


def pinned_pairs(policy: Policy) -> pd.DataFrame:
    """Return the pairs `township, power` that a pin gives."""
    pairs = [(pin.township, pin.power) for pin in policy.pins if pin.township is not None and pin.holds]
    return pd.DataFrame(pairs, columns=PAIR, dtype="str").drop_duplicates(ignore_index=True)


def pinned_lists(case: Case, policy: Policy) -> list[tuple[str, str]]:
    """Return `power, list` of every list that may hold a power because a pin puts it on the guide list."""
    found = []
    for pin in policy.pins:
        if pin.list is not None and pin.holds and pin.power in case.tables["powers"].index:
            own = [str(category) for category in policy.own_list_categories]
            found += [(pin.power, name) for name in ([BASE_LIST, *own] if pin.list == ANY_LIST else [str(pin.list)])]
    return found


def check_pins(case: Case, policy: Policy) -> None:
    """Refuse pins that no plan could keep whatever the caps.

    Raises:
        InputError: naming every pin whose township or power is unknown, whose power law or the policy keeps out (with
            the article) or the county refuses, whose list does not exist, and every two that contradict one another.
    """
    faults = [fault for number, pin in enumerate(policy.pins) for fault in _faults_of(pin, number, case, policy)]
    if not faults:
        faults = list(_contradictions(case, policy))
    if faults:
        raise InputError(faults)


def _faults_of(pin: Pin, number: int, case: Case, policy: Policy) -> Iterator[Fault]:
    where = f"policy.pins[{number}]"
    powers, townships = case.tables["powers"].index, case.tables["townships"].index
    known = pin.power in powers
    if not known:
        message = tr("is no power of the case; give an id of its table powers.") + did_you_mean(pin.power, powers)
        yield Fault(message, column=f"{where}.power", value=pin.power)
    if pin.township is not None and pin.township not in townships:
        message = tr("is no township of the case; give an id of its table townships.")
        message += did_you_mean(pin.township, townships)
        yield Fault(message, column=f"{where}.township", value=pin.township)
        return
    lists = [BASE_LIST, ANY_LIST, *map(str, policy.own_list_categories)]
    if pin.list is not None and pin.list not in lists:
        message = tr("has no list of its own; name one of {lists}.", lists=joined(lists))
        yield Fault(message, column=f"{where}.list", value=str(pin.list))
    if not known or not pin.holds:
        return
    out = exclusions(case, policy).set_index("power")
    if pin.power in out.index:
        row = out.loc[pin.power]
        why = {"article": tr(str(row["article"])), "reason": tr(str(row["reason"]))}
        message = tr("may not be handed down ({article}): {reason} Take the pin out.", **why)
        yield Fault(message, column=f"{where}.power", value=pin.power)
    elif pin.township is not None and pin.township not in case.voting_townships:
        message = tr("is a subdistrict, and these take no powers; take the pin out.")
        yield Fault(message, column=f"{where}.township", value=pin.township)
    elif pin.township is not None and refused(case, pd.DataFrame([(pin.township, pin.power)], columns=PAIR)).any():
        message = tr("is not opened by the county of the township (table refusals); take the pin or the refusal out.")
        yield Fault(message, column=f"{where}.power", value=pin.power)


def _contradictions(case: Case, policy: Policy) -> Iterator[Fault]:
    category, requires = case.tables["townships"]["category"], case.tables["powers"]["requires"]
    numbered = list(enumerate(policy.pins))
    by_power: dict[str, list[tuple[int, Pin]]] = {}
    for number, pin in numbered:
        by_power.setdefault(pin.power, []).append((number, pin))
    for members in by_power.values():
        for (first, one), (second, other) in combinations(members, 2):
            why = _why_not_both(one, other, category)
            if why:
                yield _clash(first, one, second, other, why)
    for number, pin in numbered:
        other_power = requires[pin.power]
        while pin.township is not None and pin.holds and other_power:
            for second, other in by_power.get(other_power, []):
                if other.township == pin.township and not other.holds:
                    why = tr("{power} requires {other}", power=pin.power, other=other_power)
                    yield _clash(number, pin, second, other, why)
            other_power = requires[other_power]


def _clash(first: int, one: Pin, second: int, other: Pin, why: str) -> Fault:
    message = tr("contradicts policy.pins[{second}], {other!r}: {why}. Take one of the two out.",
                 second=second, other=str(other), why=why)  # fmt: skip
    return Fault(message, column=f"policy.pins[{first}]", value=str(one))


def _why_not_both(one: Pin, other: Pin, category: pd.Series) -> str:
    """Return why no plan keeps two pins on the same power, or blank if one may."""
    if one.holds and other.holds:
        lists = {str(pin.list) for pin in (one, other) if pin.list not in (None, ANY_LIST)}
        return tr("a power is on the base list or on category lists, not on both") if _both_kinds(lists) else ""
    if not one.holds and not other.holds:
        return ""
    yes, no = (one, other) if one.holds else (other, one)
    same = yes.township == no.township and yes.list == no.list
    if same:
        return tr("one says yes and the other no")
    if no.list == ANY_LIST:
        if yes.township is not None:
            return tr("what is on no list cannot be taken")
        return tr("the guide list is all its lists")
    return ""


def _both_kinds(lists: set[str]) -> bool:
    return BASE_LIST in lists and len(lists) > 1
