"""Rules on duties: none on a township without the power and the people to do it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from devolve_opt.audit.exact import ROUNDING
from devolve_opt.audit.ledger import Ledger, contains
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at

_DUTY = ["township", "duty"]


def duty_is_laid(ledger: Ledger) -> Iterator[Breach]:
    """A township carries only duties that are laid on it, and only where the policy knows duties [duties]."""
    duties = ledger.plan.duties
    stray = duties[~contains(ledger.laid, duties, _DUTY)]
    for township, duty in zip(stray["township"], stray["duty"], strict=True):
        yield Breach("duty_is_laid", at(township=township, duty=duty), 1.0, "duties")


def matched_only_with_power(ledger: Ledger) -> Iterator[Breach]:
    """A township carries a duty only if it takes every power of the duty that it does not hold by law [powers]."""
    needs = ledger.duty_needs[contains(ledger.plan.duties, ledger.duty_needs, _DUTY)]
    missing = needs[~contains(ledger.taken, needs, ["township", "power"])]
    for township, duty, power in zip(missing["township"], missing["duty"], missing["power"], strict=True):
        place = tr("township {township}, duty {duty} without power {power}", township=township, duty=duty, power=power)
        yield Breach("matched_only_with_power", place, 1.0, "powers")


def duty_load_within(ledger: Ledger) -> Iterator[Breach]:
    """A township that carries duties needs at most `load_max` of the hours there [staff-hours a year]."""
    settings = ledger.policy.duties
    if settings is not None:
        carrying = ledger.hours_needed.index.isin(ledger.carried["township"])
        most = settings.load_max * ledger.staff["hours_there"]
        yield from ledger.hours_above("duty_load_within", ledger.hours_needed[carrying], most[carrying])


def matched_share_at_least(ledger: Ledger) -> Iterator[Breach]:
    """A township carries at least `matched_share_min` of the duties laid on it that nothing bars [duties]."""
    settings = ledger.policy.duties
    if settings is None:
        return
    open_duties = ledger.open_duties
    carried = open_duties[contains(ledger.plan.duties, open_duties, _DUTY)]["township"].value_counts()
    for township, number in open_duties["township"].value_counts(sort=False).items():
        least = math.ceil(settings.matched_share_min * number - ROUNDING)
        if carried.get(township, 0) < least:
            missing = float(least - carried.get(township, 0))
            yield Breach("matched_share_at_least", at(township=township), missing, "duties")
