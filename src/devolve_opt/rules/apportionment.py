"""Whole numbers from fair shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def largest_remainder(total: int, weights: Sequence[float] | NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Spread `total` whole units in proportion to `weights` by the largest remainder (Hamilton's method).

    Everyone gets the whole part of the exact quota; what is left goes, one unit each, to the largest fractions. Equal
    fractions are served in the order given. Where all weights are zero, everyone counts alike.

    Args:
        total: units to spread, at least 0.
        weights: one weight at or above 0 for each receiver; at least one receiver unless `total` is 0.

    Returns:
        Whole numbers that sum to `total`, one for each weight.
    """
    shares = np.asarray(weights, dtype=float)
    if shares.sum() <= 0:
        shares = np.ones_like(shares)
    quotas = total * shares / shares.sum() if len(shares) else shares
    # A quota that is whole but for rounding error counts as whole.
    whole = np.floor(quotas + 1e-9).astype(np.int64)
    fractions = np.round(quotas - whole, 9)
    left = total - int(whole.sum())
    whole[np.argsort(-fractions, kind="stable")[:left]] += 1
    return whole


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves upwards, also those that floating point puts a hair below the half."""
    return int(np.floor(value + 0.5 + 1e-9))
