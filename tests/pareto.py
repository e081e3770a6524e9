"""Published problems of several goals, as Pyomo models with named objectives, and their published fronts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyomo.environ import Binary, ConcreteModel, Constraint, Objective, Var, maximize, minimize

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "pareto"
needs_published = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no published fronts at {FOLDER}")


def expected() -> dict:
    return json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def knapsack(worth: np.ndarray, weight: np.ndarray, most: np.ndarray):
    """Return a model: worth of k goals, shape (k, n), weights of w limits, shape (w, n), and the limits, shape (w,)."""
    model = ConcreteModel()
    model.taken = Var(range(worth.shape[1]), domain=Binary)

    def total(amounts):
        return sum(float(amount) * model.taken[item] for item, amount in enumerate(amounts))

    model.limit = Constraint(range(len(most)), rule=lambda _, row: total(weight[row]) <= float(most[row]))
    for goal, amounts in enumerate(worth):
        model.add_component(f"worth_{goal + 1}", Objective(expr=total(amounts), sense=maximize))
    return model


def assignment(costs: np.ndarray):
    """Return a model of the least costs of k kinds, shape (k, n, n), where each row gets a column of its own."""
    count = costs.shape[1]
    model = ConcreteModel()
    model.given = Var(range(count), range(count), domain=Binary)
    model.row = Constraint(range(count), rule=lambda m, row: sum(m.given[row, one] for one in range(count)) == 1)
    model.column = Constraint(range(count), rule=lambda m, one: sum(m.given[row, one] for row in range(count)) == 1)
    for goal, kind in enumerate(costs):
        cost = sum(float(kind[key]) * model.given[key] for key in model.given)
        model.add_component(f"cost_{goal + 1}", Objective(expr=cost, sense=minimize))
    return model


def two_goal_knapsack():
    """Return the knapsack 2kp50 of two goals and its front, a set of pairs."""
    worth, weight = (pd.read_csv(FOLDER / f"2kp50__{name}.csv", index_col=0).to_numpy() for name in "ca")
    most = pd.read_csv(FOLDER / "2kp50__b.csv", index_col=0).to_numpy().ravel()
    front = pd.read_csv(FOLDER / "2kp50__pareto_sols.csv", index_col=0)
    return knapsack(worth, weight, most), set(front.itertuples(index=False, name=None))


def three_goal_knapsack(name: str):
    """Return a knapsack of three goals: how many items and goals, the sense of each, worth, weight, limit."""
    words = (FOLDER / f"{name}.fgt").read_text(encoding="utf-8").split()
    items, limits, goals = (int(word) for word in words[:3])
    assert words[3 : 3 + goals] == ["maxsum"] * goals
    numbers = np.array([float(word) for word in words[3 + goals :] if word.lstrip("-").replace(".", "", 1).isdigit()])
    worth = numbers[: goals * items].reshape(goals, items)
    rest = numbers[goals * items :]
    weight = rest[: limits * items].reshape(limits, items)
    # What is left of a line: a row's sense and its limit.
    most = rest[limits * items :][1 : 2 * limits : 2]
    return knapsack(worth, weight, most)


def two_goal_assignment(name: str):
    """Return an assignment of two goals and its front, a set of pairs."""
    words = [int(word) for word in (FOLDER / f"{name}.raw").read_text(encoding="utf-8").split()]
    count = words[0]
    found = json.loads((FOLDER / f"{name}_result.json").read_text(encoding="utf-8"))
    front = {(point["z1"], point["z2"]) for point in found["points"]}
    return assignment(np.array(words[1 : 1 + 2 * count * count]).reshape(2, count, count)), front
