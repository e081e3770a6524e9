"""Rules of the instruments that a policy may switch on.

County approval, take-up floor, goals, pins, lent staff, heads of offices, retention, held powers.
"""

from __future__ import annotations

from collections.abc import Iterator

from devolve_opt.audit.figures import term_values
from devolve_opt.audit.ledger import SLACK, Ledger, above, contains
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at
from devolve_opt.vocabulary import BASE_LIST, called


def opened_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """A county opens at most `opened_max` powers to its townships [powers]."""
    settings = ledger.policy.county_opening
    if settings is not None:
        counts = ledger.opened["county"].value_counts(sort=False)
        yield from above("opened_within_cap", "county", "powers", counts, settings.opened_max)


def base_list_taken(ledger: Ledger) -> Iterator[Breach]:
    """A township takes what it must of the base list: what it chose in some round, or all of it [powers]."""
    floor = ledger.policy.take_up_floor
    if floor == "none":
        return
    base = ledger.listed.loc[ledger.listed["list"] == BASE_LIST, "power"]
    pairs = ledger.interest if floor == "all" else ledger.votes[ledger.votes["rounds"] > 0]
    pairs = pairs[pairs["power"].isin(base) & contains(ledger.interest, pairs, ["township", "power"])]
    missing = pairs[~contains(ledger.taken, pairs, ["township", "power"])]
    for township, power in zip(missing["township"], missing["power"], strict=True):
        yield Breach("base_list_taken", at(township=township, power=power), 1.0, "powers")


def pin_kept(ledger: Ledger) -> Iterator[Breach]:
    """What is pinned stands: who takes a power, or which list holds it, or does not [powers]."""
    if not ledger.policy.pins:
        return
    taken = set(ledger.taken[["township", "power"]].itertuples(index=False, name=None))
    listed = set(ledger.listed[["list", "power"]].itertuples(index=False, name=None))
    on_some_list = {power for _, power in listed}
    for pin in ledger.policy.pins:
        if pin.township is not None:
            there = (pin.township, pin.power) in taken
        else:
            there = pin.power in on_some_list if pin.list == "any" else (str(pin.list), pin.power) in listed
        if there != pin.holds:
            yield Breach("pin_kept", str(pin), 1.0, "powers")


def goal_reached(ledger: Ledger) -> Iterator[Breach]:
    """A term of the objective that comes first reaches what its goal says [staff-hours a year]."""
    terms = term_values(ledger) if ledger.policy.goals else {}
    for goal in ledger.policy.goals:
        if goal.at_least is not None:
            short = goal.at_least - terms[goal.term]
            if short > 1e-6 * max(1.0, abs(goal.at_least)):
                yield Breach("goal_reached", at(term=called(goal.term)), float(short), "staff-hours a year")


def returned_of_lent(ledger: Ledger) -> Iterator[Breach]:
    """Only staff who are still lent come back beyond the cap, and only where the policy lets them [persons]."""
    allowed = ledger.staff["still_lent"] if ledger.policy.lent_returns is not None else 0
    yield from above("returned_of_lent", "township", "persons", ledger.plan.returned["returned"], allowed)


def returned_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """Beyond the cap's own returns, at most `returned_max` persons come back in the whole city [persons]."""
    settings = ledger.policy.lent_returns
    excess = ledger.plan.returned["returned"].sum() - (settings.returned_max if settings is not None else 0)
    if settings is not None and excess > 0:
        yield Breach("returned_within_cap", tr("city"), float(excess), "persons")


def led_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """Leaders head at most `led_max` offices, each once, and none where the policy has no leaders do so [offices]."""
    settings, led = ledger.policy.office_heads, ledger.plan.led["township"]
    for township in led[led.duplicated()]:
        yield Breach("led_within_cap", tr("township {township}, given twice", township=township), 1.0, "offices")
    excess = led.nunique() - (settings.led_max if settings is not None else 0)
    if excess > 0:
        yield Breach("led_within_cap", tr("city"), float(excess), "offices")


def unused_within_share(ledger: Ledger) -> Iterator[Breach]:
    """At most `share_max` of a township's powers have fewer than `use_min` cases a year there [powers]."""
    settings = ledger.policy.retention
    if settings is None:
        return
    townships = ledger.case.townships.index
    risky = ledger.taken[ledger.taken["cases"] < ledger.policy.use_min]["township"].value_counts()
    taken = ledger.taken["township"].value_counts()
    allowed = settings.share_max * taken.reindex(townships, fill_value=0)
    excess = risky.reindex(townships, fill_value=0) - allowed
    for township, amount in excess[excess > SLACK].items():
        yield Breach("unused_within_share", at(township=township), float(amount), "powers")


def held_stays(ledger: Ledger) -> Iterator[Breach]:
    """What a township holds from earlier batches it goes on holding, unless a withdrawal is priced [powers]."""
    settings = ledger.policy.phases
    if settings is None or settings.withdrawal_price is not None:
        return
    for township, power in ledger.taken_back.itertuples(index=False, name=None):
        yield Breach("held_stays", at(township=township, power=power), 1.0, "powers")
