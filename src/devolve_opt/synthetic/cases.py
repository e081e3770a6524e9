"""Expected cases a year: few, on few powers, with a heavy tail.

One town elsewhere held 195 powers and used three; seven places had 1 to 2.8 penalty cases per certified officer and
year (observed). So penalties fall steeply by rank of the power, services are frequent in a few places, and
inspections are common.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.synthetic.calibration import Calibration
from devolve_opt.synthetic.draws import stream
from devolve_opt.vocabulary import PowerType

_SHARE_OF_OTHERS = 0.15
"""Penalty cases of powers that cannot be handed down, against those of the others; assumed."""


def cases_array(
    townships: pd.DataFrame,
    powers: pd.DataFrame,
    fields: pd.DataFrame,
    eligible: NDArray[np.bool_],
    listed: NDArray[np.bool_],
    scale: float,
    seed: int,
    calibration: Calibration,
) -> NDArray[np.int64]:
    """Draw cases a year, voting townships by powers.

    Args:
        townships: the voting townships.
        powers: the powers, with field and type.
        fields: the fields, with how everyday they are.
        eligible: whether law lets each power be handed down.
        listed: whether each power is on a list; what is used is more often wanted.
        scale: how many cities there are.
        seed: seed of the generator.
        calibration: the figures to meet.
    """
    random = stream(seed, "cases")
    count, pool = len(townships), len(powers)
    people = townships["population"].to_numpy(float) / townships["population"].mean()
    busy = people**0.8 * random.gamma(1.2, 1.0, count)
    appeal = powers["field"].map(fields["everyday"]).to_numpy(float) + 0.5 * listed + random.gumbel(0, 0.6, pool)
    frequency = (1.0 + _ranks_down(appeal)) ** -calibration.case_concentration
    kind = powers["type"]
    result = np.zeros((count, pool), dtype=np.int64)

    penalty = (kind == PowerType.PENALTY).to_numpy()
    total = round(calibration.potential_cases * scale)
    for which, number in ((penalty & eligible, total), (penalty & ~eligible, round(_SHARE_OF_OTHERS * total))):
        weights = np.outer(busy, np.where(which, frequency, 0.0)) * random.gamma(0.5, 2.0, (count, pool))
        result += random.multinomial(number, (weights / weights.sum()).ravel()).reshape(count, pool)

    coercion = (kind == PowerType.COERCION).to_numpy()
    result = np.where(coercion, random.random((count, pool)) < 0.03, result)
    inspection = (kind == PowerType.INSPECTION).to_numpy()
    often = random.uniform(0.25, 0.75, pool)
    amount = np.round(np.minimum(random.lognormal(1.7, 0.8, (count, pool)) * people[:, None] ** 0.4, 40))
    result = np.where(inspection, np.where(random.random((count, pool)) < often, amount, 0), result)
    service = ~(penalty | coercion | inspection)
    often_served = random.beta(1.0, 4.0, pool)
    # Rewards and awards between neighbours are rare events; permits, registrations and payments come by the dozen.
    usual = np.where(kind.isin([PowerType.REWARD, PowerType.ADJUDICATION]), 0.2, 1.3)
    drawn = random.lognormal(usual, np.where(usual < 1, 0.6, 1.2), (count, pool)) * people[:, None] ** 0.6
    served = np.round(np.minimum(drawn, 100))
    return np.where(service, np.where(random.random((count, pool)) < often_served, served, 0), result).astype(np.int64)


def _ranks_down(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(np.argsort(-values, kind="stable"), kind="stable")


def settle_own_cases(
    cases: NDArray[np.int64],
    movable: NDArray[np.bool_],
    choosers: NDArray[np.bool_],
    taken_under: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
    wanted: int,
    seed: int,
) -> NDArray[np.int64]:
    """Move single cases between townships until the taken powers have exactly the wanted number.

    Args:
        cases: townships by powers.
        movable: townships by powers; where cases may be moved (eligible penalties outside the pilot county).
        choosers: townships by powers; who chose the power last. Cases go to others first: those will not take it.
        taken_under: tells what is taken under the ratio rule, given the cases (hours can stop a township).
        wanted: cases of the taken powers among all penalties.
        seed: seed of the generator.

    Raises:
        RuntimeError: if no more cases can be moved, or 40 steps do not suffice; another calibration is needed.
    """
    random = stream(seed, "own cases")
    penalty = movable.any(axis=0)
    cases = cases.copy()
    for _ in range(40):
        taken = taken_under(cases)
        difference = int(cases[:, penalty][taken[:, penalty]].sum()) - wanted
        if difference == 0:
            return cases
        # Cases that are too many go where the power is not taken, those that lack come from there.
        source = (taken if difference > 0 else ~taken) & movable & (cases > 0)
        target = (~taken if difference > 0 else taken) & movable
        units = np.repeat(np.flatnonzero(source), cases.ravel()[source.ravel()])
        if not len(units):
            break
        units = random.permutation(units)[: abs(difference)]
        _move(cases, units, target, choosers, random)
    raise RuntimeError(f"{wanted} own cases were not reached; the calibration does not hold for this seed")


def _move(
    cases: NDArray[np.int64],
    units: NDArray[np.int64],
    target: NDArray[np.bool_],
    choosers: NDArray[np.bool_],
    random: np.random.Generator,
) -> None:
    width = cases.shape[1]
    for unit in units:
        power = unit % width
        places = np.flatnonzero(target[:, power] & ~choosers[:, power])
        if not len(places):
            places = np.flatnonzero(target[:, power])
        if not len(places):
            columns = np.flatnonzero(target.any(axis=0))
            power = random.choice(columns)
            places = np.flatnonzero(target[:, power])
        cases.ravel()[unit] -= 1
        cases[random.choice(places), power] += 1


def cases_table(cases: NDArray[np.int64], townships: pd.Index, powers: pd.Index) -> pd.DataFrame:
    """Return the table of cases: a row for each township and power that has any."""
    at, of = np.nonzero(cases)
    return pd.DataFrame({"township": townships[at], "power": powers[of], "cases": cases[at, of].astype(float)})
