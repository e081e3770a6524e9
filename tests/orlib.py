"""Published problems of the OR-Library, read into the product's own data class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from devolve_opt.formulation.siting import Siting


def numbers_of(path: Path) -> list[float]:
    """Return the numbers of a file, in the order in which they stand."""
    return [float(word) for word in path.read_text(encoding="utf-8").split()]


def warehouses(path: Path, split: bool = True) -> Siting:
    """Read a capacitated warehouse location problem: `m n`, then capacity and fixed cost a site, then the customers.

    For each customer its demand and the cost of serving all of it from each site.
    """
    numbers = numbers_of(path)
    sites, customers = int(numbers[0]), int(numbers[1])
    facts = np.array(numbers[2 : 2 + 2 * sites]).reshape(sites, 2)
    blocks = np.array(numbers[2 + 2 * sites :]).reshape(customers, sites + 1)
    return Siting(
        cost=blocks[:, 1:].T.copy(), demand=blocks[:, 0].copy(), capacity=facts[:, 0].copy(),
        opening=facts[:, 1].copy(), split=split,
    )  # fmt: skip


def median(path: Path) -> Siting:
    """Read a p-median problem: `n edges p`, then edges with lengths; of an edge given twice the last counts."""
    numbers = np.array(numbers_of(path))
    nodes, edges, wanted = (int(number) for number in numbers[:3])
    lengths = {}
    for tail, head, length in numbers[3 : 3 + 3 * edges].reshape(edges, 3):
        lengths[min(tail, head) - 1, max(tail, head) - 1] = length
    ends = np.array(list(lengths), dtype=int).T
    graph = csr_array((list(lengths.values()), (ends[0], ends[1])), shape=(nodes, nodes))
    return Siting(cost=shortest_path(graph, directed=False), open_number=wanted)


def capacitated_median(path: Path) -> Siting:
    """Read a capacitated p-median problem: one row of `nodes p capacity` after the heading, then `id x y demand`."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    at = next(place for place, line in enumerate(lines) if len(line) == 3)
    nodes, wanted, capacity = (int(float(word)) for word in lines[at])
    rows = np.array(lines[at + 1 : at + 1 + nodes], dtype=float)
    across = rows[:, None, 1:3] - rows[None, :, 1:3]
    distance = np.floor(np.sqrt((across**2).sum(axis=2)) + 1e-9)
    return Siting(cost=distance, demand=rows[:, 3].copy(), capacity=np.full(nodes, float(capacity)), open_number=wanted)


def assignments(path: Path) -> list[Siting]:
    """Read generalised assignment problems: their number, then each as `agents jobs`, profits, demands, capacities."""
    numbers = np.array(numbers_of(path))
    found, at = [], 1
    for _ in range(int(numbers[0])):
        agents, jobs = int(numbers[at]), int(numbers[at + 1])
        at += 2
        profits, demands = numbers[at : at + 2 * agents * jobs].reshape(2, agents, jobs)
        at += 2 * agents * jobs
        found.append(Siting(cost=-profits, demand=demands.copy(), capacity=numbers[at : at + agents], all_open=True))
        at += agents
    return found
