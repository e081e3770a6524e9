"""Siting and area teams: every constraint as written, and what it is worth; costs stand with a minus sign."""

from __future__ import annotations

import numpy as np

from devolve_opt.formulation.siting import build_siting
from devolve_opt.instruments import TeamMode
from modelling import assert_rows, coefficients, with_and_without
from test_area_teams import county, model_of
from test_siting import siting

FREE = {"demand": None, "capacity": None}
"""Sites 0 and 1 cost 10 and 20; customers 0, 1, 2 cost 0, 4, 9 from site 0 and 4, 0, 3 from site 1."""


def test_open_as_many_as_written():
    model = build_siting(siting(open_number=2))
    assert_rows(model.open_as_many, {None: "opened[0] + opened[1] == 2"})


def test_open_as_many_binds():
    """Opening for 1 each: site 1 alone costs 1 + 4 + 0 + 3, both 2 + 3."""
    data = siting(**FREE, opening=np.ones(2), open_number=1, at_most=True)
    assert with_and_without(build_siting(data), "open_as_many") == (-8, -5)


def test_kind_within_number_as_written():
    model = build_siting(siting(kind=np.array([0, 0]), kind_max=np.array([1])))
    assert_rows(model.kind_within_number, {0: "opened[0] + opened[1] <= 1"})


def test_kind_within_number_binds():
    """Opening for 1 each: both cost 2 + 3; with one of the kind, site 1 alone costs 1 + 4 + 0 + 3."""
    data = siting(**FREE, opening=np.ones(2), kind=np.array([0, 0]), kind_max=np.array([1]))
    assert with_and_without(build_siting(data), "kind_within_number") == (-8, -5)


def test_customer_served_as_written():
    model = build_siting(siting())
    assert_rows(model.customer_served, {j: f"served[0,{j}] + served[1,{j}] == 1" for j in range(3)})


def test_customer_served_binds():
    """Unserved, the sites still open for the demand of all: 10 + 20."""
    assert with_and_without(build_siting(siting()), "customer_served") == (-33, -30)


def test_served_only_from_open_as_written():
    rows = {(i, j): f"served[{i},{j}] - opened[{i}] <= 0" for i in range(2) for j in range(3)}
    model = build_siting(siting())
    assert_rows(model.served_only_from_open, rows)


def test_served_only_from_open_binds():
    """Customer 2 takes nothing of the capacity, so without links the closed site 1 serves it: 10 + 4 + 3, not 9."""
    data = siting(demand=np.array([5.0, 4.0, 0.0]), capacity=np.array([9.0, 8.0]))
    assert with_and_without(build_siting(data), "served_only_from_open") == (-23, -17)


def test_within_capacity_as_written():
    rows = {
        0: "5 served[0,0] + 4 served[0,1] + 3 served[0,2] - 9 opened[0] <= 0",
        1: "5 served[1,0] + 4 served[1,1] + 3 served[1,2] - 8 opened[1] <= 0",
    }
    model = build_siting(siting())
    assert_rows(model.within_capacity, rows)


def test_within_capacity_binds():
    """At 6.5 each no two of the customers of 5, 4 and 3 fit into a site: no plan; without the row 30 + 3."""
    model = build_siting(siting(capacity=np.array([6.5, 6.5])))
    assert with_and_without(model, "within_capacity") == (-np.inf, -33)


def test_capacity_for_all_as_written():
    model = build_siting(siting())
    assert_rows(model.capacity_for_all, {None: "9 opened[0] + 8 opened[1] >= 12"})


def test_capacity_for_all_binds():
    """It follows from the capacities of the sites; where these are put aside, it alone opens both: 33, not 23."""
    model = build_siting(siting())
    model.within_capacity.deactivate()
    assert with_and_without(model, "capacity_for_all") == (-33, -23)


def test_beyond_counted_as_written():
    rows = {
        (0, 0): "beyond[0,0] + opened[0] >= 1",
        (1, 0): "beyond[1,0] + opened[1] >= 1",
        (2, 0): "beyond[2,0] + opened[1] >= 1",
    }
    model = build_siting(siting(**FREE))
    assert_rows(model.beyond_counted, rows)


def test_beyond_counted_binds():
    """Without it nobody is beyond the nearest site, whether it is open or not: 0 + 0 + 3."""
    assert with_and_without(build_siting(siting(**FREE)), "beyond_counted") == (-23, -3)


def test_reached_as_written():
    rows = {
        0: "opened[1] - beyond[0,0] >= 0",
        1: "opened[0] - beyond[1,0] >= 0",
        2: "opened[0] - beyond[2,0] >= 0",
    }
    model = build_siting(siting(**FREE))
    assert_rows(model.reached, rows)


def test_reached_binds():
    """Without it nothing opens and everybody is served from the second distance: 4 + 4 + 9."""
    assert with_and_without(build_siting(siting(**FREE)), "reached") == (-23, -17)


def test_own_team_everywhere_as_written():
    model = model_of(county(), TeamMode.ONE_TO_ONE)
    assert_rows(model.own_team_everywhere, {site: f"opened[{site}] == 1" for site in range(3)})


def test_own_team_everywhere_binds():
    """3 x 40 + 2 x 1,840. Service alone would open the teams as well; where it is put aside, this row does."""
    model = model_of(county(), TeamMode.ONE_TO_ONE)
    model.reached.deactivate()
    assert with_and_without(model, "own_team_everywhere") == (-3800, 0)


def test_officers_there_as_written():
    model = model_of(county(), TeamMode.ONE_TO_ONE)
    found, constant = coefficients(model.officers_there.body)
    assert found == {"opened[0]": 2, "opened[1]": 2, "opened[2]": 2, "added": -1}
    assert model.officers_there.upper - constant == 4


def test_officers_there_binds():
    """Six officers of 4: 3 x 40 + 2 x 1,840; were they not counted, 120."""
    assert with_and_without(model_of(county(), TeamMode.ONE_TO_ONE), "officers_there") == (-3800, -120)
