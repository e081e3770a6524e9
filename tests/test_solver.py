"""The boundary to HiGHS: what goes in as arrays, what comes back as an answer, and what happens when it goes wrong."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from pyomo.environ import (
    Binary,
    ConcreteModel,
    Constraint,
    Integers,
    Objective,
    Var,
    exp,
    inequality,
    maximize,
    minimize,
)
from scipy.sparse import csr_array

from depth import examples
from devolve_opt.errors import SolverError
from devolve_opt.solver import engine as engine_module
from devolve_opt.solver.engine import Answer, Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix, compile_matrix
from devolve_opt.solver.strategy import Search

LAW = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""The same examples on every machine: each starts a process, so a law is worth a fixed number of seconds."""
TOLERANCE = 1e-6


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    """Record every child that is started, and fail if one is still running after the test."""
    started = []
    popen = subprocess.Popen

    def start(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    yield started
    left = [process for process in started if process.poll() is None]
    for process in left:
        process.kill()
        process.wait()
    assert not left, "a child process was left running"


@pytest.fixture
def child(monkeypatch, tmp_path):
    """Return a function that puts another script in the place of the solver's process."""

    def replace(body: str) -> None:
        script = tmp_path / "child.py"
        script.write_text(body, encoding="utf-8")
        monkeypatch.setattr(engine_module, "CHILD", script)

    return replace


def matrix_of(costs, rows, row_upper, *, row_lower=None, upper=1.0, lower=0.0, integer=True, offset=0.0) -> Matrix:
    """Return a matrix from plain lists; scalars stand for all columns."""
    rows = csr_array(np.array(rows, dtype=float))
    columns = len(costs)
    return Matrix(
        costs=np.array(costs, dtype=float),
        offset=offset,
        rows=rows,
        row_lower=np.full(rows.shape[0], -np.inf) if row_lower is None else np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        lower=np.full(columns, lower, dtype=float) if np.isscalar(lower) else np.array(lower, dtype=float),
        upper=np.full(columns, upper, dtype=float) if np.isscalar(upper) else np.array(upper, dtype=float),
        integer=np.full(columns, integer) if isinstance(integer, bool) else np.array(integer, dtype=bool),
        variables=[None] * columns,
        row_names=[f"row[{number}]" for number in range(rows.shape[0])],
    )


def best_by_hand(matrix: Matrix) -> float:
    """Return the optimum of an all-integer matrix by trying every point; -inf if none is feasible."""
    ranges = [range(int(low), int(high) + 1) for low, high in zip(matrix.lower, matrix.upper, strict=True)]
    points = np.array(list(itertools.product(*ranges)), dtype=float)
    activity = points @ matrix.rows.toarray().T
    sound = ((activity <= matrix.row_upper + 1e-9) & (activity >= matrix.row_lower - 1e-9)).all(axis=1)
    values = points[sound] @ matrix.costs + matrix.offset
    return float(values.max()) if len(values) else -np.inf


def solve(matrix: Matrix, **request) -> Answer:
    with Engine(matrix, Control()) as engine:
        return engine.solve(**request)


def market_split() -> tuple[Matrix, np.ndarray]:
    """Return a model that takes hours to prove (five equations over 40 choices, slack is paid for), and a start."""
    random = np.random.default_rng(5)
    equations, choices = 5, 40
    amounts = random.integers(0, 100, (equations, choices)).astype(float)
    halves = np.floor(amounts.sum(axis=1) / 2)
    matrix = matrix_of(
        [0] * choices + [-1] * (2 * equations),
        np.hstack([amounts, np.eye(equations), -np.eye(equations)]),
        halves,
        row_lower=halves,
        upper=[1] * choices + [5000] * (2 * equations),
        integer=[True] * choices + [False] * (2 * equations),
    )
    return matrix, np.r_[np.zeros(choices), halves, np.zeros(equations)]


# From a Pyomo model to arrays.


def small_model() -> ConcreteModel:
    model = ConcreteModel()
    model.x = Var(bounds=(0, 4), domain=Integers)
    model.y = Var(domain=Binary)
    model.z = Var(bounds=(-1.5, None))
    model.unused = Var()
    model.below = Constraint(expr=2 * model.x + 3 * model.y <= 7)
    model.above = Constraint(expr=model.x + model.z >= 1)
    model.equal = Constraint(expr=model.z - model.y == 0.5)
    model.band = Constraint(expr=inequality(1, model.x + model.y + 4, 8))
    model.many = Constraint([1, 2], rule=lambda model, number: number * model.x <= 10)
    model.goal = Objective(expr=5 * model.x - 2 * model.y + model.z + 11, sense=maximize)
    return model


def test_columns_carry_bounds_integrality_and_costs():
    matrix = compile_matrix(small_model())
    assert [variable.name for variable in matrix.variables] == ["x", "y", "z"]  # `unused` appears nowhere
    assert matrix.costs.tolist() == [5, -2, 1]
    assert matrix.offset == 11
    assert matrix.lower.tolist() == [0, 0, -1.5]
    assert matrix.upper.tolist() == [4, 1, np.inf]
    assert matrix.integer.tolist() == [True, True, False]


def test_rows_carry_coefficients_and_bounds_of_every_kind():
    matrix = compile_matrix(small_model())
    rows = {}
    for name, coefficients, low, high in zip(
        matrix.row_names, matrix.rows.toarray().tolist(), matrix.row_lower, matrix.row_upper, strict=True
    ):
        known = rows.setdefault(name, (coefficients, -np.inf, np.inf))
        assert known[0] == coefficients
        rows[name] = (coefficients, max(known[1], low), min(known[2], high))
    assert rows == {
        "below": ([2, 3, 0], -np.inf, 7),
        "above": ([1, 0, 1], 1, np.inf),
        "equal": ([0, -1, 1], 0.5, 0.5),
        "band": ([1, 1, 0], -3, 4),  # the constant 4 goes to the bounds
        "many[1]": ([1, 0, 0], -np.inf, 10),
        "many[2]": ([2, 0, 0], -np.inf, 10),
    }


def test_a_minimisation_is_turned_into_a_maximisation():
    model = small_model()
    model.goal.sense = minimize
    matrix = compile_matrix(model)
    assert matrix.costs.tolist() == [-5, 2, -1]
    assert matrix.offset == -11


def test_a_fixed_variable_is_no_column_and_goes_into_bounds_and_offset():
    model = small_model()
    model.x.fix(3)
    matrix = compile_matrix(model)
    assert [variable.name for variable in matrix.variables] == ["y", "z"]
    assert matrix.offset == 11 + 5 * 3
    assert matrix.row_upper[matrix.row_names.index("below")] == 7 - 2 * 3


@pytest.mark.parametrize("count", [0, 2])
def test_a_model_without_exactly_one_objective_is_refused(count):
    model = small_model()
    if count == 0:
        model.goal.deactivate()
    else:
        model.second = Objective(expr=model.x)
    with pytest.raises(ValueError, match=f"exactly one objective, this one has {count}"):
        compile_matrix(model)


@pytest.mark.parametrize("rule", [lambda model: model.x * model.z <= 1, lambda model: exp(model.x) <= 3])
def test_a_nonlinear_constraint_is_refused(rule):
    model = small_model()
    model.bent = Constraint(rule=rule)
    with pytest.raises(ValueError, match=r"constraint \(bent\).*nonlinear"):
        compile_matrix(model)


def test_a_nonlinear_objective_is_refused():
    model = small_model()
    model.goal.deactivate()
    model.bent = Objective(expr=model.x**2)
    with pytest.raises(ValueError, match=r"objective \(bent\).*nonlinear"):
        compile_matrix(model)


def test_values_go_into_the_model_and_come_back():
    model = small_model()
    matrix = compile_matrix(model)
    assert matrix.values().tolist() == [0, 0, 0]  # nothing is set yet
    matrix.set_values(np.array([2.0, 1.0, 1.5]))
    assert (model.x.value, model.y.value, model.z.value) == (2, 1, 1.5)
    assert matrix.values().tolist() == [2, 1, 1.5]
    assert matrix.objective(matrix.values()) == 5 * 2 - 2 * 1 + 1.5 + 11
    assert matrix.columns_of("x", "z").tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("point", "amount"),
    [
        ([2, 1, 1.5], 0.0),
        ([2, 1, 1.25], 0.25),  # `equal` asks for 1.5; its activity is below 1, so the amount is not scaled
        ([4, 1, 1.5], 4 / 11),  # `below`: 8 + 3 - 7, relative to its activity
        ([0.75, 1, 1.5], 0.25),  # x is whole
        ([-2, 1, 1.5], 2.0),  # x below its bound; nothing else is off by more than 1.5
        ([2, 2, 2.5], 1.0),  # y above its bound; `below` is off by 3 of 10
    ],
)
def test_violation_is_the_largest_amount_by_which_a_point_is_off(point, amount):
    assert compile_matrix(small_model()).violation(np.array(point, dtype=float)) == pytest.approx(amount)


# What the engine answers.


def test_an_integer_model_is_solved_to_its_optimum():
    answer = solve(matrix_of([3, 2], [[2, 3]], [5], upper=5, offset=7))
    # 2 x + 3 y <= 5: x = 2 gives 6, x = 1 and y = 1 gives 5.
    assert answer.outcome is Outcome.OPTIMAL
    assert answer.solution.tolist() == [2, 0]
    assert answer.objective == answer.bound == 13
    assert answer.reduced_costs is None


def test_a_continuous_model_comes_with_reduced_costs():
    answer = solve(matrix_of([3, 2], [[2, 3]], [5], upper=5, integer=False, offset=7))
    # x = 2.5; a unit of the row is worth 1.5, so y costs 4.5 and brings 2.
    assert answer.outcome is Outcome.OPTIMAL
    assert answer.solution == pytest.approx([2.5, 0])
    assert answer.objective == answer.bound == pytest.approx(14.5)
    assert answer.reduced_costs == pytest.approx([0, -2.5])


def test_one_engine_answers_requests_with_other_bounds_and_integrality():
    matrix = matrix_of([3, 2], [[2, 3]], [5], upper=5)
    with Engine(matrix, Control()) as engine:
        whole = engine.solve()
        relaxed = engine.solve(integer=np.zeros(2, dtype=bool))
        without_x = engine.solve(upper=np.array([0.0, 5.0]))
        with_y = engine.solve(lower=np.array([0.0, 1.0]))
        again = engine.solve()
    assert [answer.objective for answer in (whole, without_x, with_y, again)] == [6, 2, 5, 6]
    assert relaxed.objective == pytest.approx(7.5)


def test_infeasible_models_have_neither_solution_nor_bound():
    by_rows = solve(matrix_of([3, 2], [[1, 1], [1, 1]], [np.inf, 3], row_lower=[4, -np.inf], upper=5))
    by_parity = solve(matrix_of([1, 1], [[2, 2]], [5], row_lower=[5], upper=5))
    for answer in (by_rows, by_parity):
        assert answer.outcome is Outcome.INFEASIBLE
        assert (answer.bound, answer.objective, answer.solution) == (np.inf, -np.inf, None)


def test_an_unbounded_model_is_told():
    answer = solve(matrix_of([3, 2], [[1, -1]], [4], upper=np.inf, integer=False), presolve="off")
    assert answer.outcome is Outcome.UNBOUNDED
    assert (answer.bound, answer.objective, answer.solution) == (np.inf, -np.inf, None)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"mip_rel_gab": 0.1}, "mip_rel_gab"),
        ({"presolve": "perhaps"}, "presolve"),
        ({"mip_max_nodes": "many"}, "mip_max_nodes"),
    ],
)
def test_an_option_that_highs_refuses_is_an_error_that_names_it(option, said):
    with Engine(matrix_of([1], [[1]], [1]), Control()) as engine:
        with pytest.raises(SolverError, match=said):
            engine.solve(**option)
        assert engine.solve().objective == 1  # the engine is not lost


def test_the_options_in_force_are_read_back_into_the_log():
    log = []
    with Engine(matrix_of([1], [[1]], [1]), Control(), threads=1, on_log=log.append) as engine:
        engine.solve(mip_rel_gap=0.25, presolve="off", seconds=20.0)
    (line,) = re.findall("Options in force, read back from HiGHS: (.*)\n", "".join(log))
    read = dict(part.split("=") for part in line.split(", "))
    assert (read["mip_rel_gap"], read["presolve"], read["threads"], read["time_limit"]) == ("0.25", "off", "1", "20.0")


def test_an_option_that_is_taken_in_silence_and_not_kept_is_refused(monkeypatch):
    """HiGHS and its interfaces have let option errors pass; nothing but reading back shows it."""
    from devolve_opt.solver import child as child_module

    class Deaf(highspy.Highs):
        def setOptionValue(self, name, value):
            return highspy.HighsStatus.kOk

    monkeypatch.setattr(child_module.highspy, "Highs", Deaf)
    matrix = matrix_of([1], [[1]], [1])
    worker = child_module.Worker(lambda message: None)
    worker.load(
        {"costs": matrix.costs, "offset": 0.0, "integer": matrix.integer, "lower": matrix.lower, "upper": matrix.upper,
         "row_lower": matrix.row_lower, "row_upper": matrix.row_upper, "start": matrix.rows.indptr,
         "index": matrix.rows.indices, "value": matrix.rows.data}
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"refuses these options: mip_rel_gap$"):
        worker.run({"options": {"mip_rel_gap": 0.125, "presolve": "choose"}})  # the second is what it is anyway


def test_other_threads_within_one_process_are_a_failure_and_never_an_answer():
    """HiGHS fixes its threads once a process: a second run with others ends without a status (kError, Not Set)."""
    with Engine(matrix_of([3, 2], [[2, 3]], [5], upper=5), Control(), threads=1) as engine:
        assert engine.solve().objective == 6
        answer = engine.solve(threads=2)
        # A later HiGHS may allow it; then it has to be right.
        assert answer.outcome is Outcome.FAILED or answer.objective == 6
        assert (answer.outcome is Outcome.FAILED) == (answer.solution is None)
        assert engine.solve().objective == 6


def test_a_model_that_highs_refuses_is_an_error():
    with pytest.raises(SolverError, match="refuses the model"):
        solve(matrix_of([1], [[np.inf]], [1]))


def test_the_release_with_wrong_optima_is_shut_out():
    """pyproject.toml excludes HiGHS 1.14, and what is installed here is another."""
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    (wanted,) = [
        Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"] if line.startswith("highspy")
    ]
    assert not any(wanted.specifier.contains(release) for release in ("1.14.0", "1.14.1"))
    assert wanted.specifier.contains("1.15.1")
    assert wanted.specifier.contains(version("highspy"))


def test_bounds_below_the_wrong_optimum_of_highs_1_14_0():
    """HiGHS 1.14.0 called x = 0, z = 5 (15) optimal where x = 4.5, z = 0 costs 9; lovasoa/highs-js#53."""
    matrix = matrix_of([-2, -3], [[1, 1]], [np.inf], row_lower=[4.5], upper=10, integer=[False, True])
    for presolve in ("on", "off"):
        answer = solve(matrix, presolve=presolve)
        assert answer.objective == pytest.approx(-9)
        assert answer.solution == pytest.approx([4.5, 0])


def integer_matrices():
    """Integer models of 3 columns in 0..4 and 1-3 rows with small coefficients, some of them infeasible."""
    coefficient = st.integers(-6, 6)
    row = st.lists(coefficient, min_size=3, max_size=3)
    sized = st.integers(1, 3).flatmap(
        lambda count: st.tuples(
            st.lists(row, min_size=count, max_size=count),
            st.lists(st.integers(-10, 25), min_size=count, max_size=count),
            st.lists(st.integers(0, 12) | st.just(1000), min_size=count, max_size=count),
        )
    )
    return st.builds(
        lambda costs, sides: matrix_of(
            costs, sides[0], sides[1], row_lower=np.array(sides[1]) - np.array(sides[2]), upper=4
        ),
        row,
        sized,
    )


@settings(LAW, max_examples=examples(40))
@given(matrix=integer_matrices())
def test_highs_agrees_with_trying_every_point(matrix):
    optimum = best_by_hand(matrix)
    answer = solve(matrix, mip_rel_gap=0.0, mip_abs_gap=0.0)
    if optimum == -np.inf:
        assert answer.outcome is Outcome.INFEASIBLE
    else:
        assert answer.outcome is Outcome.OPTIMAL
        assert answer.objective == pytest.approx(optimum)
        assert answer.bound >= optimum - TOLERANCE
        assert matrix.violation(answer.solution) <= TOLERANCE


def test_every_bound_on_the_way_is_above_the_optimum_and_every_incumbent_below():
    random = np.random.default_rng(3)
    matrix = matrix_of(random.integers(5, 40, 14), random.integers(1, 30, (3, 14)), [70, 80, 90], offset=3)
    optimum = best_by_hand(matrix)
    bounds, incumbents = [], []
    with Engine(
        matrix,
        Control(),
        on_bound=bounds.append,
        on_incumbent=lambda value, point: incumbents.append((value, point)),
    ) as engine:
        answer = engine.solve(presolve="off", mip_rel_gap=0.0)
    assert bounds
    assert min(bounds) >= optimum - TOLERANCE
    assert incumbents
    values = [value for value, _ in incumbents]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(optimum)
    for value, point in incumbents:
        assert matrix.objective(point) == pytest.approx(value)
        assert matrix.violation(point) <= TOLERANCE
    assert answer.bound >= optimum - TOLERANCE


def test_a_start_is_taken_up():
    matrix, start = market_split()
    log = []
    with Engine(matrix, Control(), on_log=log.append) as engine:
        answer = engine.solve(start=start, seconds=3.0)
    # HiGHS says it with a comma or, since 1.16, with a colon.
    assert re.search(f"start solution is feasible[,:] objective value is {matrix.objective(start):.0f}", "".join(log))
    assert answer.objective >= matrix.objective(start)


def test_an_unsound_start_is_passed_over():
    answer = solve(knapsack(), start=np.ones(4))
    assert answer.outcome is Outcome.OPTIMAL
    assert answer.objective == best_by_hand(knapsack()) == 14


# When it has to stop.


def test_the_time_limit_gives_the_best_so_far_with_a_true_bound():
    matrix, start = market_split()
    answer = solve(matrix, start=start, seconds=0.5)
    assert answer.outcome is Outcome.TIME_LIMIT
    assert answer.seconds < 0.5 + engine_module.GRACE_SECONDS + 1
    assert matrix.violation(answer.solution) <= TOLERANCE
    assert matrix.objective(start) <= answer.objective <= answer.bound <= TOLERANCE  # no slack below 0


def test_the_deadline_of_the_control_holds_as_well():
    matrix, start = market_split()
    with Engine(matrix, Control(0.5)) as engine:
        answer = engine.solve(start=start, seconds=60.0)
    assert answer.outcome is Outcome.TIME_LIMIT
    assert answer.seconds < 0.5 + engine_module.GRACE_SECONDS + 1


def test_an_unfinished_relaxation_gives_no_bound():
    random = np.random.default_rng(1)
    columns, rows = 2000, 1500
    dense = random.uniform(0, 1, (rows, columns)) * (random.uniform(0, 1, (rows, columns)) < 0.03)
    matrix = matrix_of(random.uniform(1, 2, columns), dense, [5.0] * rows, upper=10, integer=False)
    answer = solve(matrix, seconds=0.05, solver="simplex", presolve="off")
    assert answer.outcome is Outcome.TIME_LIMIT
    assert answer.bound == np.inf


def test_stopping_from_another_thread_keeps_the_incumbent():
    matrix, start = market_split()
    control, found = Control(), threading.Event()

    def stop_when_found() -> None:
        found.wait(30)
        control.stop()

    other = threading.Thread(target=stop_when_found)
    other.start()
    with Engine(matrix, control, on_incumbent=lambda value, point: found.set()) as engine:
        answer = engine.solve(start=start, seconds=30.0)
    other.join()
    assert answer.outcome is Outcome.INTERRUPTED
    assert answer.seconds < 10
    assert answer.objective >= matrix.objective(start)
    assert matrix.violation(answer.solution) <= TOLERANCE


HANGS = "import time\ntime.sleep(600)\n"


def test_a_child_that_hangs_is_ended_soon_after_the_limit(monkeypatch, child, processes):
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.4)
    child(HANGS)
    began = time.monotonic()
    with Engine(matrix_of([1], [[1]], [1]), Control()) as engine:
        answer = engine.solve(seconds=0.3)
        assert answer.outcome is Outcome.TIME_LIMIT
        assert (answer.bound, answer.objective, answer.solution) == (np.inf, -np.inf, None)
        assert 0.3 + 0.4 <= time.monotonic() - began < 3
        assert processes[0].poll() is not None  # ended, not left behind


def test_a_child_that_hangs_is_ended_soon_after_it_is_told_to_stop(monkeypatch, child, processes):
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.4)
    child(HANGS)
    control = Control()
    timer = threading.Timer(0.2, control.stop)
    timer.start()
    with Engine(matrix_of([1], [[1]], [1]), control) as engine:
        answer = engine.solve()
        assert processes[0].poll() is not None
    timer.join()
    assert answer.outcome is Outcome.INTERRUPTED
    assert answer.seconds < 3


def test_a_child_that_hangs_before_it_takes_the_matrix_is_ended_too(monkeypatch, child, processes):
    """A matrix larger than a pipe holds must not block the parent beyond the limit."""
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.4)
    child(HANGS)
    columns = 100_000
    matrix = matrix_of([1.0] * columns, np.ones((1, columns)), [1.0])
    answers = []
    worker = threading.Thread(target=lambda: answers.append(solve(matrix, seconds=0.3)), daemon=True)
    worker.start()
    worker.join(5)
    in_time = bool(answers)
    if not in_time:  # free the blocked thread
        processes[0].kill()
        worker.join(5)
    assert in_time, "the engine still waits for a child that does not read"
    assert answers[0].outcome is Outcome.TIME_LIMIT


def test_after_a_child_was_ended_the_engine_starts_another(monkeypatch, child, processes):
    real = engine_module.CHILD
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.2)
    child(HANGS)
    with Engine(matrix_of([3, 2], [[2, 3]], [5], upper=5), Control()) as engine:
        assert engine.solve(seconds=0.2).outcome is Outcome.TIME_LIMIT
        monkeypatch.setattr(engine_module, "CHILD", real)
        monkeypatch.setattr(engine_module, "GRACE_SECONDS", 3.0)
        assert engine.solve().objective == 6
    assert len(processes) == 2


def test_a_child_that_crashes_is_told_and_survived(monkeypatch, child, processes):
    real = engine_module.CHILD
    child("import os\nos._exit(3)\n")
    with Engine(matrix_of([3, 2], [[2, 3]], [5], upper=5), Control()) as engine:
        answer = engine.solve()
        assert answer.outcome is Outcome.CRASHED
        assert (answer.bound, answer.objective, answer.solution) == (np.inf, -np.inf, None)
        assert processes[0].poll() is not None
        monkeypatch.setattr(engine_module, "CHILD", real)
        assert engine.solve().objective == 6


def test_what_a_child_found_before_it_crashed_is_kept(child):
    messages = [("bound", 7.0), ("incumbent", 5.0, np.array([1.0, 1.0])), ("bound", 6.5)]
    child(f"import os, sys\nsys.stdout.buffer.write({b''.join(map(pickle.dumps, messages))!r})\n"
          "sys.stdout.flush()\nos._exit(1)\n")  # fmt: skip
    answer = solve(matrix_of([3, 2], [[2, 3]], [5], upper=5))
    assert answer.outcome is Outcome.CRASHED
    assert (answer.bound, answer.objective, answer.solution.tolist()) == (6.5, 5.0, [1.0, 1.0])


BEFORE = [("bound", 7.0), ("incumbent", 5.0, np.array([1.0, 1.0])), ("bound", 6.5)]


@pytest.mark.parametrize("wish", ["limit", "user"])
def test_a_child_that_does_not_stop_is_ended_and_the_best_plan_is_kept(wish, monkeypatch, child, processes):
    """HiGHS looks at its time limit and at interruptions now and then only: the plan must not be lost for that."""
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.4)
    child(f"import sys\nsys.stdout.buffer.write({b''.join(map(pickle.dumps, BEFORE))!r})\nsys.stdout.flush()\n{HANGS}")
    control = Control()
    stop = control.stop if wish == "user" else lambda: None
    matrix = matrix_of([3, 2], [[2, 3]], [5], upper=5)
    with Engine(matrix, control, on_incumbent=lambda value, point: stop()) as engine:
        answer = engine.solve(seconds=0.5 if wish == "limit" else 60.0)
        assert processes[0].poll() is not None
    assert answer.outcome is (Outcome.INTERRUPTED if wish == "user" else Outcome.TIME_LIMIT)
    assert (answer.bound, answer.objective, answer.solution.tolist()) == (6.5, 5.0, [1.0, 1.0])
    assert answer.seconds < 5


def test_a_search_whose_solver_never_stops_ends_soon_after_its_limit_with_the_plan_it_has(monkeypatch, child):
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.4)
    child(HANGS)
    began = time.monotonic()
    search = searched(knapsack(), np.array([0.0, 1.0, 0.0, 0.0]), control=Control(0.5))
    assert (search.objective, search.bound) == (7, np.inf)
    assert time.monotonic() - began < 10


def test_a_child_killed_in_the_midst_of_solving_is_told(processes):
    matrix, start = market_split()

    def kill(value: float, point: np.ndarray) -> None:
        processes[0].kill()

    with Engine(matrix, Control(), on_incumbent=kill) as engine:
        answer = engine.solve(start=start, seconds=30.0)
    assert answer.outcome is Outcome.CRASHED
    assert answer.objective >= matrix.objective(start)


def test_a_status_that_is_not_known_is_a_failure_without_a_solution(child):
    fields = {"model_status": "Memory limit reached"}
    child(f"import sys\nsys.stdout.buffer.write({pickle.dumps(('result', fields))!r})\n")
    answer = solve(matrix_of([1], [[1]], [1]))
    assert answer.outcome is Outcome.FAILED
    assert answer.solution is None
    assert answer.bound == np.inf


def test_a_child_is_ended_when_its_block_is_left_by_an_error(processes):
    with pytest.raises(RuntimeError, match="elsewhere"), Engine(matrix_of([1], [[1]], [1]), Control()):
        raise RuntimeError("elsewhere")
    assert processes[0].poll() is not None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look at a process that is not ours")
def test_a_child_ends_when_its_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_solver import market_split\n"
        "from devolve_opt.solver.engine import Control, Engine\n"
        "matrix, start = market_split()\n"
        "with Engine(matrix, Control(), on_incumbent=lambda value, point: print('solving', flush=True)) as engine:\n"
        "    print(engine._child.pid, flush=True)\n"
        "    engine.solve(start=start, seconds=60.0)\n",
        encoding="utf-8",
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, encoding="utf-8")
    with parent:
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline().strip() == "solving"
        assert is_running(pid)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    outlived = is_running(pid)
    if outlived:
        os.kill(pid, 9)
    assert not outlived


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return state not in "ZX"
    return False


# The search.


def knapsacks():
    """Knapsacks of 6 items and 2 rows: always feasible (nothing packed), with a relaxation above the optimum."""
    numbers = st.lists(st.integers(1, 20), min_size=6, max_size=6)
    return st.builds(
        lambda costs, first, second, offset: matrix_of(
            costs, [first, second], [sum(first) // 2, sum(second) // 3], offset=offset
        ),
        numbers,
        numbers,
        numbers,
        st.integers(-5, 5),
    )


def searched(matrix: Matrix, start=None, *, control=None, gap=0.0, lists=2, **run) -> Search:
    flags = np.arange(len(matrix.costs)) < lists
    search = Search(matrix, control or Control(), flags, gap=gap, threads=1)
    search.run(start, **run)
    return search


@settings(LAW, max_examples=examples(15))
@given(matrix=knapsacks())
def test_the_search_finds_and_proves_the_optimum(matrix):
    optimum = best_by_hand(matrix)
    search = searched(matrix)
    assert search.objective == pytest.approx(optimum)
    assert search.bound == pytest.approx(optimum)
    assert matrix.violation(search.solution) <= TOLERANCE
    assert matrix.objective(search.solution) == pytest.approx(search.objective)
    assert not search.infeasible
    assert not search.failed
    for step in search.steps:
        assert step.objective <= optimum + TOLERANCE
        assert step.bound >= optimum - TOLERANCE
    for earlier, later in itertools.pairwise(search.steps):
        assert later.seconds >= earlier.seconds
        assert later.bound <= earlier.bound
        assert later.objective >= earlier.objective


@settings(LAW, max_examples=examples(6))
@given(matrix=knapsacks(), gap=st.sampled_from([0.02, 0.2]))
def test_a_wider_gap_is_kept_and_the_bound_stays_true(matrix, gap):
    optimum = best_by_hand(matrix)
    search = searched(matrix, gap=gap)
    assert search.objective <= optimum + TOLERANCE
    assert search.bound >= optimum - TOLERANCE
    assert search.bound - search.objective <= gap * abs(search.objective) + TOLERANCE


def knapsack() -> Matrix:
    return matrix_of([9, 7, 5, 4], [[6, 5, 4, 3]], [10])


def test_without_time_the_start_is_the_answer():
    start = np.array([0.0, 1.0, 0.0, 0.0])
    search = searched(knapsack(), start, control=Control(0.0))
    assert search.solution.tolist() == start.tolist()
    assert search.objective == 7
    assert search.bound >= best_by_hand(knapsack())


def test_once_stopped_the_start_is_the_answer():
    start, control = np.array([0.0, 1.0, 0.0, 0.0]), Control()
    control.stop()
    search = searched(knapsack(), start, control=control)
    assert search.objective == 7
    assert search.bound >= best_by_hand(knapsack())


@pytest.mark.parametrize("start", [[1, 1, 0, 0], [0, 2, 0, 0], [0.5, 0, 0, 1]])
def test_a_start_that_breaks_a_rule_is_passed_over(start):
    """11 of 10 packed; an item packed twice; 0.5 rounds to the even 0, so the last is sound and counts 4."""
    search = searched(knapsack(), np.array(start, dtype=float), control=Control(0.0))
    if start[0] == 0.5:
        assert search.objective == 4
    else:
        assert search.solution is None
        assert search.objective == -np.inf


def test_the_relaxation_alone_bounds_and_leaves_the_start():
    start = np.array([0.0, 0.0, 0.0, 1.0])
    search = searched(knapsack(), start, relaxation_only=True)
    # By worth a kilogram: item 1 (1.5), item 2 (1.4), item 4 (1.33): 9 + 4/5 x 7 = 14.6.
    assert search.bound == pytest.approx(14.6)
    assert search.objective == 4
    assert set(search.seconds) == {"relaxation"}


def test_a_search_without_lists_does_not_look_for_any():
    search = searched(knapsack(), lists=0)
    assert search.objective == best_by_hand(knapsack()) == 14
    assert "lists" not in search.seconds


def test_every_step_is_reported_as_it_is_kept():
    reported = []
    search = Search(knapsack(), Control(), np.zeros(4, dtype=bool), gap=0.0, threads=1, report=reported.append)
    search.run()
    assert reported == search.steps
    assert next(step.phase for step in reported if step.phase != "start") == "relaxation"
    assert reported[-1].gap == 0


INFEASIBLE = {
    "relaxation": matrix_of([3, 2], [[1, 1], [1, 1]], [np.inf, 3], row_lower=[4, -np.inf], upper=5),
    "whole numbers": matrix_of([1, 1], [[2, 2]], [5], row_lower=[5], upper=5),
}


@pytest.fixture
def requests(monkeypatch):
    """Record the options of each request to the engine."""
    made, real = [], Engine.solve

    def record(engine, **request):
        made.append(request)
        return real(engine, **request)

    monkeypatch.setattr(Engine, "solve", record)
    return made


@pytest.mark.parametrize("kind", INFEASIBLE)
def test_infeasible_is_believed_only_after_a_second_run_without_presolve(kind, requests):
    search = searched(INFEASIBLE[kind], lists=0)
    assert search.infeasible
    assert search.solution is None
    assert requests[-1]["presolve"] == "off"
    assert "presolve" not in requests[-2]


@pytest.mark.parametrize("times", [1, 2])
def test_infeasible_that_is_not_confirmed_is_not_believed(monkeypatch, times):
    real = Engine.solve

    def mistaken(engine, **request):
        if request.get("presolve") == "off":
            return real(engine, **request)
        nonlocal times
        times -= 1
        return Answer(Outcome.INFEASIBLE, np.inf, -np.inf, None, None, 0.0) if times >= 0 else real(engine, **request)

    monkeypatch.setattr(Engine, "solve", mistaken)
    search = searched(knapsack(), lists=0)
    assert not search.infeasible
    assert search.objective == 14


def test_a_known_solution_survives_a_false_infeasible(monkeypatch):
    answer = Answer(Outcome.INFEASIBLE, np.inf, -np.inf, None, None, 0.0)
    monkeypatch.setattr(Engine, "solve", lambda engine, **request: answer)
    search = searched(knapsack(), np.zeros(4))
    assert search.failed
    assert not search.infeasible
    assert search.solution is not None


def test_an_unbounded_relaxation_is_an_error(monkeypatch):
    answer = Answer(Outcome.UNBOUNDED, np.inf, -np.inf, None, None, 0.0)
    monkeypatch.setattr(Engine, "solve", lambda engine, **request: answer)
    with pytest.raises(SolverError, match="unbounded"):
        searched(knapsack())


def test_a_solver_that_always_crashes_leaves_the_start_and_says_so(child):
    child("import os\nos._exit(3)\n")
    search = searched(knapsack(), np.array([0.0, 0.0, 0.0, 1.0]))
    assert search.failed
    assert not search.infeasible
    assert (search.objective, search.bound) == (4, np.inf)


def test_one_crash_of_the_relaxation_is_made_good(monkeypatch):
    real, crashes = Engine.solve, [Answer(Outcome.CRASHED, np.inf, -np.inf, None, None, 0.0)]

    def crash_once(engine, **request):
        return crashes.pop() if crashes else real(engine, **request)

    monkeypatch.setattr(Engine, "solve", crash_once)
    search = searched(knapsack())
    assert not crashes
    assert not search.failed
    assert search.objective == search.bound == 14


def test_a_solution_that_breaks_a_rule_is_never_accepted(monkeypatch):
    wrong = Answer(Outcome.OPTIMAL, 25.0, 25.0, np.ones(4), None, 0.0)
    monkeypatch.setattr(Engine, "solve", lambda engine, **request: wrong)
    search = searched(knapsack(), np.array([0.0, 0.0, 0.0, 1.0]))
    assert search.objective == 4
    assert search.solution.tolist() == [0, 0, 0, 1]
