"""The model of siting and assignment against published optima, proven without a gap by the product's own engine."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import orlib
from devolve_opt.formulation.siting import Siting, build_siting, read_siting
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import compile_matrix

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "orlib"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8")) if FOLDER.is_dir() else {}
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no published cases at {FOLDER}")


def solved(data: Siting) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the least cost, proven, and what is open and served."""
    model = build_siting(data)
    matrix = compile_matrix(model)
    with Engine(matrix, Control(300.0)) as engine:
        answer = engine.solve(mip_rel_gap=0.0)
    assert answer.outcome is Outcome.OPTIMAL
    assert answer.solution is not None
    assert answer.bound == pytest.approx(answer.objective, rel=1e-9)
    matrix.set_values(answer.solution)
    return -answer.objective, *read_siting(model)


def assert_reaches(data: Siting, optimum: float) -> None:
    """Assert the optimum, and that what is read from the model keeps every rule and costs that much by plain sums."""
    cost, opened, served = solved(data)
    assert cost == pytest.approx(optimum, rel=1e-9)
    assert served.sum(axis=0) == pytest.approx(1.0)
    assert (served <= opened[:, None] + 1e-6).all()
    if data.open_number is not None:
        assert opened.sum() == data.open_number
    if data.capacity is not None:
        assert ((served * data.demand_at_sites).sum(axis=1) <= data.capacity * opened + 1e-6).all()
    if not data.split:
        assert set(np.unique(served)) <= {0.0, 1.0}
    fixed = 0.0 if data.opening is None else float(data.opening @ opened)
    assert fixed + float(data.cost.ravel() @ served.ravel()) == pytest.approx(optimum, rel=1e-9)


def names(family: str) -> list[str]:
    return sorted(EXPECTED.get(family, {})) or ["none"]


@pytest.mark.parametrize("name", names("cflp"))
def test_warehouses_with_capacities_and_split_service(name):
    assert_reaches(orlib.warehouses(FOLDER / f"{name}.txt"), EXPECTED["cflp"][name])


@pytest.mark.parametrize("name", names("pmed"))
def test_medians(name):
    assert_reaches(orlib.median(FOLDER / f"{name}.txt"), EXPECTED["pmed"][name])


@pytest.mark.parametrize("name", names("pmedcap"))
def test_medians_with_capacities_and_single_service(name):
    assert_reaches(orlib.capacitated_median(FOLDER / f"{name}.txt"), EXPECTED["pmedcap"][name]["optimum"])


@pytest.mark.parametrize("name", names("gap"))
def test_generalised_assignment(name):
    problems = orlib.assignments(FOLDER / f"{name}.txt")
    assert len(problems) == len(EXPECTED["gap"][name])
    for data, optimum in zip(problems, EXPECTED["gap"][name], strict=True):
        assert_reaches(data, -optimum)
