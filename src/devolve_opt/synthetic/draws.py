"""Random streams by name, and the few ways of drawing that several parts share."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from devolve_opt.rules.apportionment import largest_remainder


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of that name: a change in one part does not shift what another part draws."""
    return np.random.default_rng([seed, crc32(name.encode("utf-8"))])


def spread_total(total: int, weights: NDArray[np.float64], least: int = 0) -> NDArray[np.int64]:
    """Spread whole units in proportion to weights with at least `least` for each; sums to `total`."""
    return least + largest_remainder(total - least * len(weights), weights)


def between(
    random: np.random.Generator, bounds: tuple[float, float], size: int, digits: int = 1
) -> NDArray[np.float64]:
    """Draw evenly between two bounds, rounded so that the tables stay readable."""
    return np.round(random.uniform(*bounds, size), digits)
