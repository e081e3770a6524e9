"""Which powers may be handed down at all, read from the legal facts of each power."""

from __future__ import annotations

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.vocabulary import Holder, PowerType


def eligible_powers(case: Case, policy: Policy) -> frozenset[str]:
    """Return the ids of the powers that law, and the policy on hearings, let a township hold.

    Source: 行政处罚法 10, 18, 20-21, 23-24, 63; 行政强制法 17, 29, 47; 行政许可法 24.
    """
    powers = case.powers
    kind, channel = powers["type"], powers["in_directory"] | powers["entrustable"]
    penalties = set(powers.index[kind == PowerType.PENALTY])
    # A permit takes a text that allows it, a coercive measure the penalty it serves; others a directory or a text.
    has_channel = channel.mask(kind == PowerType.PERMIT, powers["entrustable"])
    has_channel = has_channel.mask(kind == PowerType.COERCION, powers["requires"].isin(penalties))
    testable = ~powers["needs_testing"] | case.fields["testing_available"].loc[powers["field"]].to_numpy()
    allowed = (
        (powers["holder"] == Holder.COUNTY)
        & ~powers["restricts_liberty"]
        & ~powers["freezes_assets"]
        & has_channel
        & testable
        & ~(powers["needs_hearing"] & policy.hearing_powers_stay)
    )
    eligible = set(powers.index[allowed])
    requires = {power: needed for power, needed in powers["requires"].items() if needed}
    while widowed := {power for power in eligible if power in requires and requires[power] not in eligible}:
        eligible -= widowed
    return frozenset(map(str, eligible))
