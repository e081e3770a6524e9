"""Choice rules of the literature on the townships' choices: which powers each puts on a guide list of the same size.

Voters are the townships that choose, candidates the powers that may be handed down, ballots the choices of the last
round, seats the places on the guide list. None of these rules knows capacity, readiness or officers: they say whose
choices are listed, not what can be taken up. The rules and the tests are those of abcvoting
(`pip install 'devolve-opt[elections]'`); Lackner and Skowron, Multi-Winner Voting with Approval Preferences (2023),
describe them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from importlib import import_module
from typing import Any

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr
from devolve_opt.policy import Policy
from devolve_opt.rules.legality import eligible_powers

CHOICE_RULES = {
    "approval": ("av", "the powers that most townships chose"),
    "pav": ("seqpav", "proportional approval voting: a township's n-th listed choice counts 1/n"),
    "phragmen": ("seqphragmen", "Phragmén's rule: who chose a listed power shares its load, loads stay even"),
    "equal_shares": ("equal-shares", "method of equal shares: every township spends as much, the rest by Phragmén"),
}
"""By name: the rule's id in abcvoting, and what it does in words."""


class Ballots:
    """The choices of the last round as approval ballots.

    Attributes:
        chosen: a row for each choice, columns `township, power`; only powers that may be handed down.
        seats: powers on the guide list, at most as many as may be handed down.
    """

    def __init__(self, case: Case, policy: Policy) -> None:
        self.powers = [str(power) for power in eligible_powers(case, policy)]
        votes = case.tables["votes"]
        wanted = votes["round_3"] & votes["power"].isin(self.powers) & votes["township"].isin(case.voting_townships)
        self.chosen = votes.loc[wanted, ["township", "power"]].reset_index(drop=True)
        self.seats = min(policy.guide_list_max, len(self.powers))
        self._number = {power: number for number, power in enumerate(self.powers)}

    def listed_by(self, rule: str) -> list[str]:
        """Return the powers that a rule lists, in the order of the power table; ties go to the earlier power.

        The list of `pav` is found power by power; another one may count more, see `studies.proportional_lists`.

        Raises:
            InputError: if there is no such rule, nobody chose anything, or abcvoting is not installed.
        """
        if rule not in CHOICE_RULES:
            message = tr("is no choice rule; there are {rules}.", rules=joined(CHOICE_RULES))
            raise InputError([Fault(message, column="rule", value=rule)])
        rules, profile = _abcvoting("abcrules"), self._profile()
        if not self.seats:
            return []
        options = {} if rule in {"approval", "pav"} else {"algorithm": "standard-fractions"}
        [winners] = rules.compute(CHOICE_RULES[rule][0], profile, self.seats, resolute=True, **options)
        return [self.powers[number] for number in sorted(winners)]

    def represents(self, powers: Iterable[str]) -> dict[str, bool]:
        """Tell whether a list gives justified representation: of groups of townships that agree, n / seats in size.

        Returns:
            `justified`: each group that is large enough for one place and agrees on a power has a member with a listed
            choice (JR; Aziz and others 2017). `ejr_plus`: each group that is large enough for l places and agrees on a
            power that is not listed has a member with l listed choices (EJR+; Brill and Peters 2023).
        """
        properties, profile = _abcvoting("properties"), self._profile()
        listed = {self._number[power] for power in powers if power in self._number}
        if not self.seats:
            return {"justified": True, "ejr_plus": True}
        quota = Fraction(self.chosen["township"].nunique(), self.seats)
        return {
            "justified": bool(properties.check_JR(profile, listed, quota=quota)),
            "ejr_plus": bool(properties.check_EJR_plus(profile, listed, quota=quota)),
        }

    def covered(self, powers: Iterable[str]) -> pd.DataFrame:
        """Return, by township that chose something, `chosen` and `listed` (powers) and `share` of them."""
        chosen = self.chosen.assign(listed=self.chosen["power"].isin(set(powers)))
        counts = chosen.groupby("township", sort=False)["listed"].agg(chosen="size", listed="sum")
        return counts.assign(share=counts["listed"] / counts["chosen"])

    def _profile(self) -> Any:
        if self.chosen.empty:
            message = tr(
                "no township chose any power that may be handed down in the last round; there is nothing to count."
            )
            raise InputError([Fault(message, file="votes", column="round_3")])
        profile = _abcvoting("preferences").Profile(len(self.powers))
        ballots = self.chosen.groupby("township", sort=False)["power"]
        profile.add_voters([[self._number[power] for power in ballot] for _, ballot in ballots])
        return profile


def _abcvoting(module: str) -> Any:
    try:
        return import_module(f"abcvoting.{module}")
    except ImportError as error:
        message = tr("choice rules take abcvoting: pip install 'devolve-opt[elections]'.")
        raise InputError([Fault(message)]) from error
