"""Whole numbers from fair shares: largest remainder and four divisor methods, with minima and maxima.

None of the libraries that this software needs (numpy, scipy, pandas, Pyomo) apportions whole units with a least and a
most for each receiver, so this page does. Sources: Balinski and Young, *Fair Representation* (2nd ed., 2001), for the
methods; the United States Census Bureau and textbooks for the answers that the tests hold them to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray[Any]
Whole = Sequence[int] | NDArray[np.integer[Any]]

FINEST = 10**9
"""Weights that are not whole numbers count as the nearest fraction of their sum with a denominator up to this."""


@dataclass(frozen=True)
class DivisorMethod:
    """A divisor method: the next unit goes to the largest weight / divisor of the units held.

    Attributes:
        divisor: divisor, or its square, for the unit after so many; 0 where the first unit comes before all others.
        rounded: shares rounded as the method does, in floating point: where the exact search starts.
        squared: whether squares are compared, so that whole numbers stay whole.
    """

    divisor: Callable[[int], Fraction]
    rounded: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    squared: bool = False


def _by_geometric_mean(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.floor(shares)
    return whole + (shares > np.sqrt(whole * (whole + 1)))


DIVISOR_METHODS = {
    "sainte_lague": DivisorMethod(lambda held: Fraction(2 * held + 1, 2), lambda shares: np.floor(shares + 0.5)),
    "huntington_hill": DivisorMethod(lambda held: Fraction(held * (held + 1)), _by_geometric_mean, squared=True),
    "dhondt": DivisorMethod(lambda held: Fraction(held + 1), np.floor),
    "adams": DivisorMethod(Fraction, np.ceil),
}
"""Sainte-Lague (Webster), Huntington-Hill (equal proportions), D'Hondt (Jefferson) and Adams."""

METHODS = ("largest_remainder", *DIVISOR_METHODS)
"""Names of the methods that `apportion` knows."""


def apportion(
    total: int, weights: Numbers, method: str, minima: Whole | None = None, maxima: Whole | None = None
) -> NDArray[np.int64]:
    """Spread `total` whole units in proportion to `weights`, each receiver within its bounds.

    Equals are served in the order given. Where all weights are zero, everyone counts alike; a receiver of weight zero
    among others gets more than its minimum only where the maxima of the others leave units over. Divisor methods
    compare exactly (fractions; Huntington-Hill by squares), so that no rounding error decides.

    Args:
        total: units to spread, at least 0.
        weights: one weight at or above 0 for each receiver; at least one receiver unless `total` is 0.
        method: one of `METHODS`.
        minima: the least for each receiver (units); 0 if left out.
        maxima: the most for each receiver (units); no bound if left out.

    Returns:
        Whole numbers that sum to `total`, one for each weight.

    Raises:
        ValueError: if the method is unknown, a weight is negative or no number, or the bounds cannot be met.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; there are {', '.join(METHODS)}")
    shares = np.asarray(weights, dtype=float)
    if not np.isfinite(shares).all() or (shares < 0).any():
        raise ValueError("weights must be finite numbers at or above 0")
    least, most = _bounds(total, len(shares), minima, maxima)
    if not len(shares):
        return np.zeros(0, dtype=np.int64)
    if method == "largest_remainder":
        return _largest_remainder_within(total, shares, least, most)
    if shares.sum() <= 0:
        shares = np.ones_like(shares)
    return _by_divisors(total, shares, DIVISOR_METHODS[method], least, most)


def largest_remainder(
    total: int, weights: Numbers, minima: Whole | None = None, maxima: Whole | None = None
) -> NDArray[np.int64]:
    """Spread `total` whole units in proportion to `weights` by the largest remainder (Hamilton's method).

    Everyone gets the whole part of the exact quota; what is left goes, one unit each, to the largest fractions. Equal
    fractions are served in the order given. Where all weights are zero, everyone counts alike. Whose quota lies beyond
    a bound gets the bound, and the rest is shared out anew among the others.

    Args:
        total: units to spread, at least 0.
        weights: one weight at or above 0 for each receiver; at least one receiver unless `total` is 0.
        minima: the least for each receiver (units); 0 if left out.
        maxima: the most for each receiver (units); no bound if left out.

    Returns:
        Whole numbers that sum to `total`, one for each weight.

    Raises:
        ValueError: as `apportion`.
    """
    return apportion(total, weights, "largest_remainder", minima, maxima)


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves upwards, also those that floating point puts a hair below the half."""
    return int(np.floor(value + 0.5 + 1e-9))


def _bounds(
    total: int, count: int, minima: Whole | None, maxima: Whole | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if total < 0:
        raise ValueError(f"{total} units cannot be spread; the total must be at least 0")
    least = np.zeros(count, dtype=np.int64) if minima is None else np.asarray(minima, dtype=np.int64)
    most = np.full(count, total, dtype=np.int64) if maxima is None else np.asarray(maxima, dtype=np.int64)
    if len(least) != count or len(most) != count:
        raise ValueError(f"there must be one minimum and one maximum for each of the {count} weights")
    if (least < 0).any():
        raise ValueError("minima must be at least 0")
    if least.sum() > total:
        raise ValueError(f"the minima add up to {least.sum()}, more than the {total} units there are")
    if (least > most).any():
        place = int(np.argmax(least > most))
        raise ValueError(f"receiver {place + 1} has a minimum of {least[place]} above its maximum of {most[place]}")
    if most.sum() < total:
        raise ValueError(f"the maxima add up to {most.sum()}, less than the {total} units there are")
    return least, most


def _largest_remainder_within(
    total: int, weights: NDArray[np.float64], least: NDArray[np.int64], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    result = np.zeros(len(weights), dtype=np.int64)
    free = np.ones(len(weights), dtype=bool)
    while free.any():
        left = total - int(result[~free].sum())
        quotas = _quotas(left, weights[free])
        short, over = least[free] - quotas, quotas - most[free]
        missing, surplus = short.clip(min=0).sum(), over.clip(min=0).sum()
        if max(missing, surplus) <= 1e-9:
            result[free] = _hamilton(left, quotas)
            break
        # Held to their bounds, all quotas together are too many if more is missing than is over: the others' fall, so
        # who is below the minimum now stays there; and the other way round.
        fixed = np.zeros(int(free.sum()), dtype=bool)
        if missing >= surplus - 1e-9:
            fixed |= short > 1e-9
        if surplus >= missing - 1e-9:
            fixed |= over > 1e-9
        places = np.flatnonzero(free)[fixed]
        result[places] = np.where(short[fixed] > 0, least[places], most[places])
        free[places] = False
    return result


def _quotas(total: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = weights if weights.sum() > 0 else np.ones_like(weights)
    return np.asarray(total * shares / shares.sum(), dtype=float)


def _hamilton(total: int, quotas: NDArray[np.float64]) -> NDArray[np.int64]:
    # A quota that is whole but for rounding error counts as whole.
    whole = np.floor(quotas + 1e-9).astype(np.int64)
    fractions = np.round(quotas - whole, 9)
    left = total - int(whole.sum())
    whole[np.argsort(-fractions, kind="stable")[:left]] += 1
    return whole


def _by_divisors(
    total: int, shares: NDArray[np.float64], method: DivisorMethod, least: NDArray[np.int64], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Start near the answer, then give, take and exchange units until no unit is due elsewhere."""
    exact = _exact(shares)
    if method.squared:
        exact = [weight * weight for weight in exact]
    units = [int(number) for number in _start(total, shares, method, least, most)]

    def claim(place: int, held: int) -> _Claim:
        return _claim(exact[place], method.divisor(held), held, place)

    def following(place: int) -> _Claim:
        return claim(place, units[place]) if units[place] < most[place] else _NO_CLAIM

    def latest(place: int) -> _Claim:
        return claim(place, units[place] - 1) if units[place] > least[place] else _FIRM_CLAIM

    places = range(len(units))
    next_claims, last_claims = [following(place) for place in places], [latest(place) for place in places]
    spread = sum(units)
    while True:
        taker, giver = max(places, key=next_claims.__getitem__), min(places, key=last_claims.__getitem__)
        if spread == total and next_claims[taker] <= last_claims[giver]:
            return np.array(units, dtype=np.int64)
        changes = [(taker, 1)] if spread <= total else []
        changes += [(giver, -1)] if spread >= total else []
        for place, change in changes:
            units[place] += change
            spread += change
            next_claims[place], last_claims[place] = following(place), latest(place)


_Claim = tuple[int, Fraction, int]
"""How soon a unit is due, larger first: rank, weight / divisor, place in the order given (negative)."""

_NO_CLAIM: _Claim = (-1, Fraction(0), 0)
_FIRM_CLAIM: _Claim = (3, Fraction(0), 0)


def _claim(weight: Fraction, divisor: Fraction, held: int, place: int) -> _Claim:
    if weight == 0:
        return 0, Fraction(1, held + 1), -place
    if divisor == 0:
        return 2, weight, -place
    return 1, weight / divisor, -place


def _exact(shares: NDArray[np.float64]) -> list[Fraction]:
    if (shares == np.floor(shares)).all():
        return [Fraction(int(share)) for share in shares]
    fractions = []
    for share in shares / shares.sum():
        near = Fraction(float(share)).limit_denominator(FINEST)
        fractions.append(near if near else Fraction(float(share)))
    return fractions


def _start(
    total: int, shares: NDArray[np.float64], method: DivisorMethod, least: NDArray[np.int64], most: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return units rounded by the method for a common factor, found by halving, that gives about the total."""
    proportions = shares / shares.sum()
    low, high = 0.0, 2.0 * (total + len(shares)) * FINEST
    for _ in range(100):
        middle = (low + high) / 2
        if np.clip(method.rounded(middle * proportions), least, most).sum() > total:
            high = middle
        else:
            low = middle
    return np.clip(method.rounded(low * proportions), least, most)
