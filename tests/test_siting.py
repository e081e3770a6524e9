"""Siting and assignment: each constraint as written and where it binds, and laws against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from devolve_opt.errors import NoPlanError
from devolve_opt.formulation.siting import Siting, build_siting, read_siting
from devolve_opt.solver.matrix import compile_matrix
from modelling import assert_linear, assert_rows, optimum

INF = np.inf
COST = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 3.0]])
"""Two sites, three customers: site 0 is at customer 0, site 1 at customer 1."""


def siting(**changes) -> Siting:
    plain = {
        "cost": COST, "demand": np.array([5.0, 4.0, 3.0]), "capacity": np.array([9.0, 8.0]),
        "opening": np.array([10.0, 20.0]),
    }  # fmt: skip
    return Siting(**{**plain, **changes})


def least(data: Siting) -> float:
    return -optimum(build_siting(data))


def without(data: Siting, name: str) -> float:
    model = build_siting(data)
    getattr(model, name).deactivate()
    return -optimum(model)


def test_rows_by_pairs():
    model = build_siting(siting(open_number=2, kind=np.array([0, 0]), kind_max=np.array([2])))
    assert_rows(
        model.customer_served,
        {j: f"served[0,{j}] + served[1,{j}] == 1" for j in range(3)},
    )
    assert_rows(
        model.served_only_from_open,
        {(i, j): f"served[{i},{j}] - opened[{i}] <= 0" for i in range(2) for j in range(3)},
    )
    assert_rows(
        model.within_capacity,
        {
            0: "5 served[0,0] + 4 served[0,1] + 3 served[0,2] - 9 opened[0] <= 0",
            1: "5 served[1,0] + 4 served[1,1] + 3 served[1,2] - 8 opened[1] <= 0",
        },
    )
    assert_rows(model.capacity_for_all, {None: "9 opened[0] + 8 opened[1] >= 12"})
    assert_rows(model.open_as_many, {None: "opened[0] + opened[1] == 2"})
    assert_rows(model.kind_within_number, {0: "opened[0] + opened[1] <= 2"})
    assert_linear(
        model.total_cost.expr,
        "10 opened[0] + 20 opened[1] + 4 served[0,1] + 9 served[0,2] + 4 served[1,0] + 3 served[1,2]",
    )


def test_rows_by_distances():
    """Customer 0 is 0 from site 0 and 4 from site 1: beyond[0,0] is 1 where site 0 is closed. Cost 0 + 4 beyond."""
    model = build_siting(siting(demand=None, capacity=None, open_number=1, at_most=True))
    assert_rows(
        model.beyond_counted,
        {
            (0, 0): "beyond[0,0] + opened[0] >= 1",
            (1, 0): "beyond[1,0] + opened[1] >= 1",
            (2, 0): "beyond[2,0] + opened[1] >= 1",
        },
    )
    assert_rows(
        model.reached,
        {
            0: "opened[1] - beyond[0,0] >= 0",
            1: "opened[0] - beyond[1,0] >= 0",
            2: "opened[0] - beyond[2,0] >= 0",
        },
    )
    assert_rows(model.open_as_many, {None: "opened[0] + opened[1] <= 1"})
    assert_linear(
        model.total_cost.expr, "10 opened[0] + 20 opened[1] + 4 beyond[0,0] + 4 beyond[1,0] + 6 beyond[2,0]", 3.0
    )


def test_more_than_two_distances_are_chained():
    """Three sites at 0, 2 and 5 of one customer, and all are needed as one alone may be open."""
    data = Siting(cost=np.array([[0.0], [2.0], [5.0]]), open_number=1)
    model = build_siting(data)
    assert_rows(
        model.beyond_counted,
        {(0, 0): "beyond[0,0] + opened[0] >= 1", (0, 1): "beyond[0,1] + opened[1] - beyond[0,0] >= 0"},
    )
    assert_rows(model.reached, {0: "opened[2] - beyond[0,1] >= 0"})
    assert_linear(model.total_cost.expr, "2 beyond[0,0] + 3 beyond[0,1]")


def test_with_more_sites_open_the_farthest_are_never_the_nearest():
    """Of three sites two are open, so the farthest serves nobody and needs no row."""
    model = build_siting(Siting(cost=np.array([[0.0], [2.0], [5.0]]), open_number=2))
    assert_rows(model.beyond_counted, {(0, 0): "beyond[0,0] + opened[0] >= 1"})
    assert_rows(model.reached, {0: "opened[1] - beyond[0,0] >= 0"})


def test_capacity_binds():
    """Site 0 alone would cost 10 + 4 + 9 = 23 but holds 9 of 12; site 1 alone 8 of 12. Both: 30 + 0 + 0 + 3 = 33."""
    assert least(siting()) == pytest.approx(33)
    assert least(siting(capacity=np.array([12.0, 8.0]))) == pytest.approx(23)


def test_only_open_sites_serve():
    """Without links and capacities closed sites would serve at 0 + 0 + 3; with them one must open: 23."""
    data = siting(capacity=np.array([12.0, 5.0]))
    assert least(data) == pytest.approx(23)
    model = build_siting(data)
    for name in ("served_only_from_open", "within_capacity", "capacity_for_all"):
        getattr(model, name).deactivate()
    assert -optimum(model) == pytest.approx(3)


def test_every_customer_is_served():
    assert without(siting(), "customer_served") == pytest.approx(30)  # capacity_for_all alone opens both: 10 + 20


def test_the_number_of_open_sites_binds():
    """Uncapacitated, site 0 alone is best with 23; exactly two cost 30 + 3 = 33; at most two leave 23."""
    free = {"demand": None, "capacity": None}
    assert least(siting(**free)) == pytest.approx(23)
    assert least(siting(**free, open_number=2)) == pytest.approx(33)
    assert least(siting(**free, open_number=2, at_most=True)) == pytest.approx(23)


def test_kinds_bind():
    """Both sites are of a kind of which there is one: neither holds all 12, so there is no plan."""
    assert least(siting(kind=np.array([0, 0]), kind_max=np.array([1]))) == INF
    assert least(siting(kind=np.array([0, 1]), kind_max=np.array([1, 1]))) == pytest.approx(33)


def test_a_site_may_hold_several_units():
    """Two units at site 0 hold 18: 2 x 10 + 4 + 9 = 33, cheaper than 10 + 40 + 3 once site 1 costs 40."""
    data = siting(opening=np.array([10.0, 40.0]), units_max=np.array([2, 1]))
    assert least(data) == pytest.approx(33)
    assert least(siting(opening=np.array([10.0, 40.0]))) == pytest.approx(53)


def test_split_service_fills_sites_up():
    """Capacities 6 and 6: whole, customers of 5, 4, 3 do not fit (4 + 3 = 7). Split, 5 + 1 of customer 1, then 3 + 3.

    Cost 30 + 4 x 1/4 + 3 = 34.
    """
    tight = {"capacity": np.array([6.0, 6.0])}
    assert least(siting(**tight)) == INF
    assert least(siting(**tight, split=True)) == pytest.approx(34)


def test_assignment_to_sites_that_are_open_anyway():
    """Demand depends on the agent. Profits 6, 5 / 5, 1; each agent has room for one job: 5 + 5 beats 6 + 1."""
    profits = np.array([[6.0, 5.0], [5.0, 1.0]])
    data = Siting(
        cost=-profits, demand=np.array([[3.0, 2.0], [2.0, 3.0]]), capacity=np.array([3.0, 3.0]), all_open=True
    )
    model = build_siting(data)
    assert not hasattr(model, "opened")
    assert_rows(
        model.within_capacity,
        {0: "3 served[0,0] + 2 served[0,1] <= 3", 1: "2 served[1,0] + 3 served[1,1] <= 3"},
    )
    assert -optimum(model) == pytest.approx(-10)


def test_a_pair_that_no_site_could_hold_has_no_column():
    model = build_siting(siting(capacity=np.array([4.0, 12.0])))
    assert (0, 0) not in model.served
    assert (0, 1) in model.served
    assert least(siting(capacity=np.array([4.0, 12.0]))) == pytest.approx(27)  # all from site 1: 20 + 4 + 0 + 3


def test_a_customer_out_of_reach_is_told():
    with pytest.raises(NoPlanError, match="customer 1 may be served from no site") as error:
        build_siting(siting(cost=np.array([[0.0, INF, 1.0], [1.0, INF, 1.0]])))
    assert error.value.proven
    with pytest.raises(NoPlanError, match="2 customers"):
        build_siting(siting(cost=np.array([[0.0, INF, INF], [1.0, INF, INF]])))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cost": np.zeros(3)}, "a row for each site"),
        ({"cost": np.full((2, 3), np.nan)}, "must be numbers"),
        ({"demand": np.zeros(2)}, "demand must have the shape"),
        ({"demand": None}, "go together"),
        ({"capacity": np.array([-1.0, 1.0])}, "capacity must not be negative"),
        ({"opening": np.zeros(3)}, "opening must have one number"),
        ({"kind": np.array([0, 0])}, "kind and kind_max go together"),
    ],
)
def test_odd_data_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        siting(**wrong)


def brute_force(data: Siting) -> float:
    """Return the least cost over every set of open sites and every assignment; single service, a unit a site."""
    sites, customers = data.cost.shape
    best = INF
    for choice in product((0, 1), repeat=sites):
        opened = np.array(choice)
        if data.open_number is not None:
            number = opened.sum()
            if number > data.open_number or (number < data.open_number and not data.at_most):
                continue
        for served in product(np.flatnonzero(opened), repeat=customers):
            used = np.zeros(sites)
            np.add.at(used, list(served), data.demand_at_sites[list(served), range(customers)])
            if data.capacity is not None and (used > data.capacity).any():
                continue
            fixed = 0.0 if data.opening is None else float(data.opening @ opened)
            best = min(best, fixed + float(data.cost[list(served), range(customers)].sum()))
    return best


@st.composite
def problems(draw) -> Siting:
    sites, customers = draw(st.integers(1, 3)), draw(st.integers(1, 4))

    def numbers(size, most):
        return np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)), dtype=float)

    cost = numbers(sites * customers, 9).reshape(sites, customers)
    cost[cost == 9] = INF
    capacitated = draw(st.booleans())
    return Siting(
        cost=cost,
        demand=numbers(customers, 4) if capacitated else None,
        capacity=numbers(sites, 8) if capacitated else None,
        opening=draw(st.sampled_from([None, numbers(sites, 6)])),
        open_number=draw(st.sampled_from([None, *range(1, sites + 1)])),
        at_most=draw(st.booleans()),
    )


@settings(max_examples=examples(25), deadline=None)
@given(problems())
def test_as_good_as_looking_at_every_plan(data):
    try:
        found = least(data)
    except NoPlanError:
        found = INF
    assert found == pytest.approx(brute_force(data))


def test_what_is_read_from_a_model_by_pairs_is_whole():
    """A solver's values are whole but for its tolerance."""
    model = build_siting(siting())
    near = {"opened[1]": 1 - 1e-7, **{f"served[1,{customer}]": 1 - 1e-7 for customer in range(3)}}
    matrix = compile_matrix(model)
    matrix.set_values(np.array([near.get(variable.name, 0.0) for variable in matrix.variables]))
    opened, served = read_siting(model)
    assert opened.tolist() == [0, 1]
    assert served.tolist() == [[0, 0, 0], [1, 1, 1]]


def test_what_is_read_from_a_model_by_distances():
    """Three customers, site 1 open alone: everybody is served from it."""
    model = build_siting(siting(demand=None, capacity=None))
    matrix = compile_matrix(model)
    values = np.array([{"opened[1]": 1.0}.get(variable.name, 0.0) for variable in matrix.variables])
    matrix.set_values(values)
    opened, served = read_siting(model)
    assert opened.tolist() == [0, 1]
    assert served.tolist() == [[0, 0, 0], [1, 1, 1]]
