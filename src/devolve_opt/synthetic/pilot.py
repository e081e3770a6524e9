"""The pilot county: which powers its ten townships take, exactly as many as the report says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.case import Case
from devolve_opt.policy import Policy
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.choices import Lists, Rounds, votes_table
from devolve_opt.synthetic.draws import stream
from devolve_opt.synthetic.frames import draft_case

_ATTEMPTS = 10
_STEPS = 60


def district_tables(tables: Mapping[str, pd.DataFrame], county: str) -> dict[str, pd.DataFrame]:
    """Return the tables of one county alone; powers and fields stay whole."""
    townships = tables["townships"][tables["townships"]["county"] == county]
    result = {
        "counties": tables["counties"].loc[[county]],
        "townships": townships,
        "fields": tables["fields"],
        "powers": tables["powers"],
        **{name: tables[name] for name in ("functions", "traffic") if name in tables},
    }
    for name in ("votes", "cases", "readiness", "migrants"):
        if name not in tables:
            continue  # drawn later than what asks here
        result[name] = tables[name][tables[name]["township"].isin(townships.index)]
    for name, column, kept in (
        ("teams", "county", [county]),
        ("travel", "township", townships.index),
        ("stations", "township", townships.index),
    ):
        if name in tables:
            result[name] = tables[name][tables[name][column].isin(kept)]
    return {**result, **_duties_of(tables, townships.index)}


def _duties_of(tables: Mapping[str, pd.DataFrame], townships: pd.Index) -> dict[str, pd.DataFrame]:
    """Return the duties that are laid on some of the townships: one laid elsewhere only would else be laid on all."""
    if "duties" not in tables:
        return {}
    laid = tables["duty_townships"]
    here = laid[laid["township"].isin(townships)]
    elsewhere = set(laid["duty"]) - set(here["duty"])
    powers = tables["duty_powers"]
    return {
        "duties": tables["duties"].drop(index=sorted(elsewhere)),
        "duty_powers": powers[~powers["duty"].isin(elsewhere)],
        "duty_townships": here,
    }


def settle_pilot(
    tables: Mapping[str, pd.DataFrame],
    county: str,
    lists: Lists,
    rounds: Rounds,
    voters: pd.Index,
    seed: int,
    calibration: Calibration,
) -> NDArray[np.int8]:
    """Find the last choices of the pilot's townships under which the district takes exactly the report's numbers.

    The district has a profile: whole fields that nobody there wants. Then single powers lose all their choosers there,
    or gain one, until the numbers hold.

    Args:
        tables: the city's tables; votes are those of `rounds`.
        county: id of the pilot county.
        lists: the intended lists, given to the district.
        rounds: choices of all voting townships.
        voters: ids of the voting townships, in the order of `rounds`.
        seed: seed of the generator.
        calibration: the figures to meet.

    Returns:
        Voting townships by powers: 1 or 0 where the pilot's last choice is settled, -1 elsewhere.

    Raises:
        RuntimeError: if the numbers are not reached.
    """
    district = district_tables(tables, county)
    members = voters.get_indexer(district["townships"].index)
    given = lists.table(tables["powers"].index)
    case = draft_case({**district, "guide_list": given})
    of_pilot = Rounds(rounds.last[members], rounds.second[members], rounds.first[members])
    for attempt in range(_ATTEMPTS):
        # Another attempt starts from another profile of unwanted fields.
        search = _Search(case, lists, of_pilot, stream(seed, f"pilot {attempt}"))
        wanted = search.run(calibration)
        if wanted is not None:
            settled = np.full(rounds.last.shape, -1, dtype=np.int8)
            settled[members] = wanted
            return settled
    raise RuntimeError("the pilot's numbers were not reached; the calibration does not hold for this seed")


class _Search:
    """What the search for the pilot's choices carries from step to step."""

    def __init__(self, case: Case, lists: Lists, rounds: Rounds, random: np.random.Generator):
        self.case, self.lists, self.rounds, self.random = case, lists, rounds, random
        self.powers = powers = case.tables["powers"]
        self.townships = case.tables["townships"].index
        self.policy = Policy()
        self.dropped = np.zeros(len(powers), dtype=bool)
        self.taken = np.zeros(len(powers), dtype=bool)
        self.takers = np.zeros(len(powers), dtype=int)
        categories = list(case.tables["townships"]["category"])
        own = [str(category) for category in self.policy.own_list_categories]
        # Which listed powers each township may take at all.
        self.open_to = np.array(
            [lists.base | (lists.member[own.index(word)] if word in own else False) for word in categories]
        )
        self.ready: list[set[str]] = []

    def run(self, calibration: Calibration) -> NDArray[np.bool_] | None:
        """Return the last choices with which the district takes what it shall, or None if the steps do not suffice."""
        base, special = self.lists.base, np.asarray(self.lists.member.any(axis=0))
        wanted = self.rounds.last & ~self.unwanted_fields(calibration)
        for _ in range(_STEPS):
            self.take(wanted)
            more_base = calibration.pilot_base - int(self.taken[base].sum())
            more_special = calibration.pilot_powers - calibration.pilot_base - int(self.taken[special].sum())
            if more_base == 0 and more_special == 0:
                return wanted
            for part, difference in ((base, more_base), (special, more_special)):
                if difference < 0:
                    self.drop(wanted, part, -difference)
                elif difference > 0:
                    self.add(wanted, part, difference)
        return None

    def unwanted_fields(self, calibration: Calibration) -> NDArray[np.bool_]:
        """Choose fields that nobody in the district wants, leaving well more listed powers than it shall take."""
        field = self.powers["field"].to_numpy()
        special = self.lists.member.any(axis=0)
        room_base = int(self.lists.base.sum()) - calibration.pilot_base - 4
        room_special = int(special.sum()) - calibration.pilot_powers + calibration.pilot_base - 10
        unwanted = np.zeros(len(field), dtype=bool)
        for name in self.random.permutation(np.unique(field)):
            grown = unwanted | (field == name)
            if (self.lists.base & grown).sum() <= room_base and (special & grown).sum() <= room_special:
                unwanted = grown
        self.dropped |= unwanted
        return unwanted

    def take(self, wanted: NDArray[np.bool_]) -> None:
        """Work out what the district takes under the ratio rule with these last choices."""
        votes = votes_table(settled_rounds(wanted, self.rounds), self.townships, self.powers.index)
        case = draft_case({**self.case.tables, "votes": votes})
        decisions = ratio_decisions(case, self.policy)
        counts = decisions.take_up["power"].value_counts()
        self.takers = counts.reindex(self.powers.index, fill_value=0).to_numpy()
        self.taken = self.takers > 0
        ready = pd.concat([case.tables["readiness"], decisions.ready]).groupby("township")["field"].agg(set).to_dict()
        self.ready = [ready.get(township, set()) for township in self.townships]

    def drop(self, wanted: NDArray[np.bool_], part: NDArray[np.bool_], number: int) -> None:
        """Take all last choices from the powers that the fewest townships take."""
        candidates = np.flatnonzero(part & self.taken)
        order = candidates[np.argsort(self.takers[candidates] + self.random.random(len(candidates)), kind="stable")]
        wanted[:, order[:number]] = False
        self.dropped[order[:number]] = True

    def add(self, wanted: NDArray[np.bool_], part: NDArray[np.bool_], number: int) -> None:
        """Let one township choose a power that none takes, best one that is ready in its field."""
        fields, requires = self.powers["field"].to_numpy(), self.powers["requires"].to_numpy()
        untaken = self.random.permutation(np.flatnonzero(part & ~self.taken))
        # Powers that were dropped come last.
        for power in sorted(untaken, key=lambda power: bool(self.dropped[power])):
            if number == 0:
                return
            places = [
                place for place in self.random.permutation(len(wanted))
                if self.open_to[place, power] and not wanted[place, power]
            ]  # fmt: skip
            places.sort(key=lambda place: fields[power] not in self.ready[place])
            if places and not requires[power]:
                wanted[places[0], power] = True
                self.dropped[power] = False
                number -= 1


def settled_rounds(wanted: NDArray[np.bool_], drawn: Rounds) -> Rounds:
    """Return the three rounds of townships whose last choice is settled.

    A choice that was added stands in all three rounds; one that was taken away stands in the first round at most.
    """
    added, removed = wanted & ~drawn.last, drawn.last & ~wanted
    return Rounds(wanted.copy(), (drawn.second | added) & ~removed, drawn.first | added)
