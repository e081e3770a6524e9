r"""Siting and assignment: which sites open, and which site serves which customer.

One model for capacitated siting with split or single-source service, for the p-median and for assignment to sites that
are open anyway (generalised assignment). Area teams are built on it; it stands by itself and knows of no township.

| sign | name | unit |
|---|---|---|
| $y_i$ | `opened` | units open at site $i$, whole |
| $x_{ij}$ | `served` | share of customer $j$ served from site $i$; 0 or 1 unless service may be split |
| $w_{jk}$ | `beyond` | 1 if no site within the $k$-th distance of customer $j$ is open, else 0 |
| $f_i$, $u_i$, $\bar y_i$, $k(i)$ | `opening`, `capacity`, `units_max`, `kind` | cost a unit; hours or goods a unit; units; kind of a site |
| $c_{ij}$, $d_{ij}$ | `cost`, `demand` | cost of serving all of a customer's demand; what that takes of the site |
| $p$, $n_k$ | `open_number`, `kind_max` | units open in all; units open of a kind |

Where no capacity binds, every customer goes to its nearest open site, and the model is written by distances instead of
pairs (`beyond` for `served`): fewer and much sparser rows, the same optimum and the same bound. The p-median is proven
so with some hundreds of nodes; above that the number of distances of each customer, not that of the nodes, decides.
"""  # noqa: E501 - rows of a Markdown table cannot be broken

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyomo.environ import (
    Binary,
    ConcreteModel,
    Constraint,
    Expression,
    NonNegativeIntegers,
    NonNegativeReals,
    Objective,
    UnitInterval,
    Var,
    minimize,
)

from devolve_opt.errors import NoPlanError
from devolve_opt.language import tr

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Siting:
    """A problem of siting and assignment: n sites, m customers; units are the caller's own.

    Attributes:
        cost: cost of serving all of a customer's demand from a site, shape (n, m); infinite where that is not allowed.
        demand: what serving a customer takes of the site's capacity, shape (m,), or (n, m) where it depends on the
            site; None where there are no capacities.
        capacity: capacity of a unit at each site, shape (n,); infinite where there is none.
        opening: cost of opening a unit at each site, shape (n,); None where it costs nothing.
        open_number: units open in all, exactly or, with `at_most`, at most; None leaves it to the costs.
        at_most: whether fewer than `open_number` may be open.
        all_open: every site is open at no cost, and only the assignment is decided.
        split: whether a customer may be served by several sites.
        units_max: units that a site may hold, shape (n,); None for one each.
        kind: kind of each site, shape (n,), whole numbers from 0; `kind_max`: units open of each kind at most.

    Raises:
        ValueError: if shapes do not fit, or a number is negative or not a number where it must not be.
    """

    cost: Array
    demand: Array | None = None
    capacity: Array | None = None
    opening: Array | None = None
    open_number: int | None = None
    at_most: bool = False
    all_open: bool = False
    split: bool = False
    units_max: NDArray[np.int64] | None = None
    kind: NDArray[np.int64] | None = None
    kind_max: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.cost.ndim != 2:
            raise ValueError("cost must have a row for each site and a column for each customer")
        sites, customers = self.cost.shape
        for name in ("capacity", "opening", "units_max", "kind"):
            found = getattr(self, name)
            if found is not None and found.shape != (sites,):
                raise ValueError(f"{name} must have one number for each of the {sites} sites")
        if self.demand is not None and self.demand.shape not in ((customers,), (sites, customers)):
            raise ValueError(f"demand must have the shape ({customers},) or ({sites}, {customers})")
        if (self.capacity is None) != (self.demand is None):
            raise ValueError("demand and capacity go together: give both or neither")
        if (self.kind is None) != (self.kind_max is None):
            raise ValueError("kind and kind_max go together: give both or neither")
        if np.isnan(self.cost).any() or np.isneginf(self.cost).any():
            raise ValueError("cost must be numbers, infinite where a pair is not allowed")
        for name in ("demand", "capacity", "units_max", "kind_max"):
            found = getattr(self, name)
            if found is not None and not (found >= 0).all():
                raise ValueError(f"{name} must not be negative")

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Which pairs are allowed, shape (n, m): those of finite cost that a full site could hold."""
        if self.demand is None or self.capacity is None or self.split:
            return np.isfinite(self.cost)
        room = self.capacity * (1 if self.units_max is None else self.units_max)
        return np.isfinite(self.cost) & (self.demand_at_sites <= room[:, None] * (1 + 1e-12))

    @property
    def demand_at_sites(self) -> Array:
        """Demand by site and customer, shape (n, m); 0 where there are no capacities."""
        return np.broadcast_to(0.0 if self.demand is None else self.demand, self.cost.shape)

    @property
    def bounded(self) -> bool:
        """Whether some site could not serve every customer that it may serve."""
        if self.capacity is None:
            return False
        wanted = np.where(np.isfinite(self.cost), self.demand_at_sites, 0.0).sum(axis=1)
        return bool((wanted > self.capacity * (1 + 1e-12)).any())


def build_siting(data: Siting) -> ConcreteModel:
    """Build the model of a siting problem; the objective is to be minimised.

    The model carries `data`. Written by pairs it has `served`, written by distances (no capacity binds, opening is
    decided) it has `beyond`; both have `opened`, unless every site is open anyway.

    Raises:
        NoPlanError: if some customer may be served from nowhere.
    """
    stranded = np.flatnonzero(~data.allowed.any(axis=0))
    if len(stranded):
        of = {"customer": stranded[0], "customers": len(stranded)}
        message = (
            tr("customer {customer} may be served from no site", **of)
            if len(stranded) == 1
            else tr("{customers} customers may be served from no site, the first is {customer}", **of)
        )
        raise NoPlanError(message, proven=True)
    model = ConcreteModel(name="siting")
    model.data = data
    model.sites, model.customers = (range(length) for length in data.cost.shape)
    model.cost, model.capacity = data.cost.tolist(), None if data.capacity is None else data.capacity.tolist()
    model.demand = data.demand_at_sites.tolist()
    if not data.all_open:
        _add_opening(model)
    if data.all_open or data.bounded:
        _add_service_by_pairs(model)
    else:
        _add_service_by_distances(model)
    model.opening_cost = Expression(rule=opening_cost)
    model.total_cost = Objective(expr=model.opening_cost + model.service_cost, sense=minimize)
    return model


def read_siting(model: ConcreteModel) -> tuple[NDArray[np.int64], Array]:
    """Return what a solved model decides: units open at each site, shape (n,), and shares served, shape (n, m)."""
    data = model.data
    sites, customers = data.cost.shape
    opened = np.ones(sites, dtype=np.int64)
    if not data.all_open:
        opened = np.array([round(model.opened[site].value or 0) for site in model.sites], dtype=np.int64)
    served = np.zeros((sites, customers))
    if hasattr(model, "served"):
        for pair, variable in model.served.items():
            served[pair] = (variable.value or 0.0) if data.split else round(variable.value or 0)
    else:
        cost = np.where(opened[:, None] > 0, data.cost, np.inf)
        served[cost.argmin(axis=0), np.arange(customers)] = 1.0
    return opened, served


def _add_opening(model):
    """Add `opened[i]` and what bounds the number of open sites."""
    data = model.data
    model.opened = Var(model.sites, domain=NonNegativeIntegers, bounds=_opened_bounds)
    if data.open_number is not None:
        model.open_as_many = Constraint(rule=open_as_many)
    if data.kind is not None:
        model.of_kind = [np.flatnonzero(data.kind == kind).tolist() for kind in range(len(data.kind_max))]
        model.kind_within_number = Constraint(range(len(data.kind_max)), rule=kind_within_number)


def _opened_bounds(model, site):
    return 0, 1 if model.data.units_max is None else int(model.data.units_max[site])


def _add_service_by_pairs(model):
    """Add `served[i,j]` for every allowed pair, the links to open sites and the capacities."""
    data = model.data
    pairs = list(zip(*(axis.tolist() for axis in np.nonzero(data.allowed)), strict=True))
    model.sites_for = {customer: [] for customer in model.customers}
    model.customers_of = {site: [] for site in model.sites}
    for site, customer in pairs:
        model.sites_for[customer].append(site)
        model.customers_of[site].append(customer)
    model.served = Var(pairs, domain=UnitInterval if data.split else Binary)
    model.customer_served = Constraint(model.customers, rule=customer_served)
    if not data.all_open:
        model.served_only_from_open = Constraint(pairs, rule=served_only_from_open)
    if data.capacity is not None:
        model.within_capacity = Constraint(model.sites, rule=within_capacity)
        if not data.all_open and data.demand.ndim == 1:
            model.capacity_for_all = Constraint(rule=capacity_for_all)
    model.service_cost = Expression(rule=service_cost_by_pairs)


def _add_service_by_distances(model):
    """Add `beyond[j,k]` for every distance but the last that a customer may be served from."""
    data = model.data
    allowed = data.allowed
    model.distances, model.at_distance = {}, {}
    least = 1 if data.open_number is None or data.at_most or data.units_max is not None else data.open_number
    for customer in model.customers:
        within = np.flatnonzero(allowed[:, customer])
        order = within[np.argsort(data.cost[within, customer], kind="stable")]
        # With p sites open, the nearest open one is among the n - p + 1 nearest.
        spared = max(0, least - 1 - (len(model.sites) - len(within)))
        order = order[: len(order) - spared] if spared else order
        levels, first = np.unique(data.cost[order, customer], return_index=True)
        model.distances[customer] = levels.tolist()
        for level, group in enumerate(np.split(order, first[1:])):
            model.at_distance[customer, level] = group.tolist()
    steps = [(j, k) for j in model.customers for k in range(len(model.distances[j]) - 1)]
    model.beyond = Var(steps, domain=NonNegativeReals, bounds=(0, 1))
    model.beyond_counted = Constraint(steps, rule=beyond_counted)
    model.reached = Constraint(model.customers, rule=reached)
    model.service_cost = Expression(rule=service_cost_by_distances)


def open_as_many(model):
    r"""As many units are open as wanted: $\sum_i y_i = p$, or $\le p$ where fewer may be.

    Unit: units. Source: `Siting.open_number`; the p-median.
    """
    opened = sum(model.opened.values())
    return opened <= model.data.open_number if model.data.at_most else opened == model.data.open_number


def kind_within_number(model, kind):
    r"""No more units of a kind are open than there are: $\sum_{i : k(i) = k} y_i \le n_k \quad \forall k$.

    Unit: units. Source: `Siting.kind_max`.
    """
    sites = model.of_kind[kind]
    return sum(model.opened[site] for site in sites) <= int(model.data.kind_max[kind]) if sites else Constraint.Skip


def customer_served(model, customer):
    r"""Every customer is served, and once: $\sum_i x_{ij} = 1 \quad \forall j$.

    Unit: shares of a customer. Source: definition.
    """
    return sum(model.served[site, customer] for site in model.sites_for[customer]) == 1


def served_only_from_open(model, site, customer):
    r"""Only an open site serves: $x_{ij} \le y_i \quad \forall (i,j)$.

    Row by row, because the sum over the customers of a site would make the relaxation much weaker. Unit: shares of a
    customer. Source: definition.
    """
    return model.served[site, customer] <= model.opened[site]


def within_capacity(model, site):
    r"""A site serves no more than its open units can: $\sum_j d_{ij} x_{ij} \le u_i y_i \quad \forall i$.

    Unit: that of the demand. Source: `Siting.capacity`. No row where the site could serve everybody it may serve.
    """
    needed = [(model.demand[site][customer], customer) for customer in model.customers_of[site]]
    capacity = model.capacity[site]
    if sum(amount for amount, _ in needed) <= capacity * (1 + 1e-12):
        return Constraint.Skip
    units = 1 if model.data.all_open else model.opened[site]
    return sum(amount * model.served[site, customer] for amount, customer in needed if amount) <= capacity * units


def capacity_for_all(model):
    r"""The open units can hold the demand of all: $\sum_i u_i y_i \ge \sum_j d_j$.

    It follows from `within_capacity` and `customer_served`; said by itself it lets the solver cut on open sites alone.
    Unit: that of the demand. Source: `Siting.capacity`. No row where some site has no capacity.
    """
    if not np.isfinite(model.data.capacity).all():
        return Constraint.Skip
    held = sum(model.capacity[site] * model.opened[site] for site in model.sites if model.capacity[site])
    # A trifle less, so that no plan that fits exactly is lost to rounding.
    return held >= float(model.data.demand.sum()) * (1 - 1e-12)


def beyond_counted(model, customer, level):
    r"""No site within a distance is open only if none is open at it nor within the distance before.

    $w_{jk} + \sum_{i : c_{ij} = D_{jk}} y_i \ge w_{j,k-1} \quad \forall j, k$, with $w_{j,-1} = 1$

    Unit: 0 or 1. Source: definition; $w$ need not be whole, it is so where $y$ is.
    """
    before = model.beyond[customer, level - 1] if level else 1
    return model.beyond[customer, level] + sum(model.opened[i] for i in model.at_distance[customer, level]) >= before


def reached(model, customer):
    r"""A customer for whom no nearer site is open has one at the last distance: $\sum_{i : c_{ij} = D_{jK}} y_i \ge w_{j,K-1}$.

    Unit: 0 or 1. Source: definition.
    """  # noqa: E501 - a sentence and its formula
    last = len(model.distances[customer]) - 1
    before = model.beyond[customer, last - 1] if last else 1
    return sum(model.opened[site] for site in model.at_distance[customer, last]) >= before


def opening_cost(model):
    r"""Cost of the open units: $\sum_i f_i y_i$. Unit: that of the costs. Source: `Siting.opening`."""
    if model.data.all_open or model.data.opening is None:
        return 0.0
    return sum(cost * model.opened[site] for site, cost in enumerate(model.data.opening.tolist()) if cost)


def service_cost_by_pairs(model):
    r"""Cost of service: $\sum_{ij} c_{ij} x_{ij}$. Unit: that of the costs. Source: `Siting.cost`."""
    return sum(model.cost[site][customer] * share for (site, customer), share in model.served.items())


def service_cost_by_distances(model):
    r"""Cost of service: $\sum_j ( D_{j0} + \sum_k (D_{j,k+1} - D_{jk}) w_{jk} )$.

    Unit: that of the costs. Source: `Siting.cost`.
    """
    nearest = sum(levels[0] for levels in model.distances.values())
    return nearest + sum(
        (model.distances[customer][level + 1] - model.distances[customer][level]) * variable
        for (customer, level), variable in model.beyond.items()
    )
