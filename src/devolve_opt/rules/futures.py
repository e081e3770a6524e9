"""Futures: what the data of a scenario may turn out to be, drawn at random from a seed of its own.

Nothing is published on how far these figures miss, so the spreads are assumptions: they say how a plan stands up to
errors of that size, not how likely the errors are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import joined, tr
from devolve_opt.scenario import Scenario
from devolve_opt.schema import schema

UNCERTAIN = {
    "cases": "cases a year: each field by a factor of its own (spread 20 %), then by chance as cases come (Poisson)",
    "hours": "hours: each power's per case and of upkeep by a factor of its own (spread 15 %)",
    "votes": "choices: each township's three rounds drawn anew from its three, ballot by ballot (bootstrap)",
    "attrition": "attrition: the share of certificates lost by one factor (spread 25 %)",
}
"""What may turn out otherwise, by name, and how it is drawn; the spreads are assumptions."""
CASES_SPREAD, HOURS_SPREAD, ATTRITION_SPREAD = 0.20, 0.15, 0.25
"""Standard deviation of the logarithm of a factor whose mean is 1; assumptions."""
HOURS = ("simple_hours", "ordinary_hours", "upkeep_hours")
ROUNDS = ["round_1", "round_2", "round_3"]


def check_uncertain(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names in the order of `UNCERTAIN`, each once.

    Raises:
        InputError: naming each that is not known; or if there is none.
    """
    faults = [
        Fault(tr("cannot be uncertain; there are {names}.", names=joined(UNCERTAIN)), column="uncertain", value=name)
        for name in names if name not in UNCERTAIN
    ]  # fmt: skip
    if not names:
        faults.append(Fault(tr("names nothing; there are {names}.", names=joined(UNCERTAIN)), column="uncertain"))
    if faults:
        raise InputError(faults)
    return tuple(name for name in UNCERTAIN if name in names)


def future(scenario: Scenario, seed: int, number: int, uncertain: Sequence[str] = tuple(UNCERTAIN)) -> Scenario:
    """Return one future of a scenario.

    Args:
        scenario: what is expected.
        seed: of the study.
        number: of the future; it comes out the same whatever other futures are drawn, and what is uncertain besides
            changes none of what is drawn for a name.
        uncertain: names from `UNCERTAIN`.

    Raises:
        InputError: if a name is not known.
    """
    names = check_uncertain(uncertain)
    streams = {
        name: np.random.default_rng([seed, number, place]) for place, name in enumerate(UNCERTAIN) if name in names
    }
    tables = scenario.data.tables
    changed: dict[str, pd.DataFrame] = {}
    policy = scenario.policy
    if "cases" in names:
        changed["cases"] = _cases(tables["cases"], tables["powers"]["field"], streams["cases"])
    if "hours" in names:
        powers = tables["powers"]
        factors = _factors(streams["hours"], HOURS_SPREAD, len(powers))
        changed["powers"] = powers.assign(
            **{column: _clipped(powers[column] * factors, "powers", column) for column in HOURS}
        )
    if "votes" in names:
        changed["votes"] = _votes(tables["votes"], streams["votes"])
    if "attrition" in names:
        [factor] = _factors(streams["attrition"], ATTRITION_SPREAD, 1)
        policy = policy.replace(attrition_share=min(1.0, policy.attrition_share * float(factor)))
    case = scenario.data.replace(**changed) if changed else scenario.data
    return Scenario(case, policy, f"{scenario.title}, future {number}")


def _factors(random: np.random.Generator, spread: float, count: int) -> np.ndarray:
    """Return factors with mean 1, shape (count,)."""
    return random.lognormal(-(spread**2) / 2, spread, count)


def _clipped(values: Any, table: str, column: str) -> Any:
    """Return values with those above what a case may hold at most brought down to that."""
    [upper] = [one.upper for one in schema()[table].columns if one.name == column]
    return values if upper is None else np.minimum(values, upper)


def _cases(cases: pd.DataFrame, field_of: pd.Series, random: np.random.Generator) -> pd.DataFrame:
    fields = sorted(set(field_of))
    factor = dict(zip(fields, _factors(random, CASES_SPREAD, len(fields)), strict=True))
    expected = cases["cases"] * cases["power"].map(field_of).map(factor)
    return cases.assign(cases=_clipped(random.poisson(expected.to_numpy(float)).astype(float), "cases", "cases"))


def _votes(votes: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the choices with each township's ballots drawn from its three; what then is chosen in none falls out.

    A ballot is drawn whole, since a township's choices of one round hang together. The rounds follow one another, so
    that taking them for draws of one kind is an assumption.
    """
    votes = votes.reset_index(drop=True)
    towns, place = np.unique(votes["township"].to_numpy(str), return_inverse=True)
    ballots = random.integers(0, len(ROUNDS), (len(towns), len(ROUNDS)))[place]
    drawn = np.take_along_axis(votes[ROUNDS].to_numpy(bool), ballots, axis=1)
    again = votes.assign(**{name: drawn[:, place] for place, name in enumerate(ROUNDS)})
    return again.loc[np.flatnonzero(drawn.any(axis=1))].reset_index(drop=True)
