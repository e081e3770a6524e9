"""What a matrix falls into: a master of lists and pools, and a block for each township.

Once the lists are set, and it is known which posts and officers each township has, townships no longer depend on one
another: what each of them takes up is a small problem of its own. The columns that tie townships together are the
master's; all others belong to the block of their township.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Indices = NDArray[np.int64]
KnownCuts = dict[bytes, list[tuple[NDArray[np.float64], float]]]
"""Cuts that one search leaves to the next: prices, shape (q,), and height, by the digest of all that they hang on."""


@dataclass(frozen=True, eq=False)
class Block:
    """The columns and rows of one township.

    Attributes:
        columns: its columns in the matrix, shape (k,); `rows`: its rows, shape (r,).
        inner: coefficients of its own columns, shape (r, k).
        outer: coefficients of the master's columns that its rows hold, shape (r, q).
        first: which of the master's columns those are, positions in `Blocks.first`, shape (q,).
    """

    columns: Indices
    rows: Indices
    inner: csr_array
    outer: csr_array
    first: Indices


@dataclass(frozen=True, eq=False)
class Blocks:
    """A matrix taken apart.

    Attributes:
        first: the master's columns in the matrix, shape (f,).
        rows: the rows that hold master's columns alone, shape (m,); `inner`: their coefficients, shape (m, f).
        blocks: one for each township that has columns of its own.
    """

    first: Indices
    rows: Indices
    inner: csr_array
    blocks: list[Block]


def split(rows: csr_array, places: Indices) -> Blocks:
    """Take a matrix apart.

    Args:
        rows: coefficients of the matrix, shape (m, n).
        places: the township of each column by number, or -1 for columns of no township, shape (n,).

    Columns of no township are the master's, and so is every column in a row that holds columns of several townships,
    such as posts that come out of a county's pool.
    """
    row_of = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    is_first = places < 0
    is_first[rows.indices[np.isin(row_of, _shared_rows(row_of, places[rows.indices], rows.shape[0]))]] = True
    first = np.flatnonzero(is_first)
    place_of_row = np.full(rows.shape[0], -1)
    own = ~is_first[rows.indices]
    place_of_row[row_of[own]] = places[rows.indices[own]]
    masters = np.flatnonzero(place_of_row < 0)
    blocks = [
        _block(rows, first, np.flatnonzero(~is_first & (places == place)), np.flatnonzero(place_of_row == place))
        for place in np.unique(places[~is_first])
    ]
    return Blocks(first, masters, csr_array(rows[masters][:, first]), blocks)


def _shared_rows(row_of: Indices, place: Indices, count: int) -> Indices:
    """Return the rows that hold columns of more than one township."""
    placed = place >= 0
    least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(least, row_of[placed], place[placed])
    np.maximum.at(most, row_of[placed], place[placed])
    return np.flatnonzero((most >= 0) & (least != most))


def _block(rows: csr_array, first: Indices, columns: Indices, own_rows: Indices) -> Block:
    held = csr_array(rows[own_rows])
    outer = csr_array(held[:, first])
    used = np.unique(outer.indices).astype(np.int64)
    return Block(columns, own_rows, csr_array(held[:, columns]), csr_array(outer[:, used]), used)
