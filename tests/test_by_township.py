"""The model taken apart by township: what it falls into, its relaxation by cuts, branch and bound over the lists."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.sparse import csr_array

from depth import examples
from devolve_opt.errors import SolverError
from devolve_opt.formulation import build_model
from devolve_opt.solver.blocks import split
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.linear import BreakdownError, optimise
from devolve_opt.solver.master import IDLE_ROUNDS, Master
from devolve_opt.solver.matrix import Matrix, compile_matrix
from devolve_opt.solver.strategy import Search
from devolve_opt.solver.tree import ListTree
from modelling import hand_scenario
from strategies import small_scenarios
from townships_apart import LAW, arrays_of, best, best_plan, taken_apart

OPTIMAL, INFEASIBLE = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible
TIME_LIMIT = highspy.HighsModelStatus.kTimeLimit
CLOSE = 1e-5
"""Two optima that differ by less, in their amount, are the same."""


def searched(matrix: Matrix, places: np.ndarray, lists: np.ndarray, gap: float = 1e-6) -> tuple[ListTree, float]:
    """Run the branch and bound in this process, settling lists at once; return it with the best plan's worth."""
    blocks = split(matrix.rows, places)
    master = Master(arrays_of(matrix), blocks, lists[blocks.first])
    bounds: list[float] = []

    def settle(point: np.ndarray) -> None:
        values = np.zeros(len(matrix.costs))
        values[blocks.first] = point
        fixed = [np.where(lists, values, limit) for limit in (matrix.lower, matrix.upper)]
        worth = best(matrix, *fixed)
        tree.objective = max(tree.objective, -np.inf if worth is None else worth)

    tree = ListTree(
        master, lists[blocks.first], matrix.integer[blocks.first], gap, bounds.append, settle, lambda: False
    )
    tree.relax(matrix.lower[blocks.first])
    while not tree.done and tree.step():
        pass
    assert bounds == sorted(bounds, reverse=True) or min(bounds) == pytest.approx(tree.bound, abs=CLOSE)
    return tree, tree.objective


def test_a_matrix_falls_into_lists_pools_and_townships():
    # Columns: a list l, officers a and b of two townships from one pool, take-up x of the first and y of the second.
    # Rows: x <= l, y <= l; a + b <= 3 ties the townships together, so a and b are the master's; x <= a, y <= b.
    rows = csr_array(np.array([
        [-1, 0, 0, 1, 0],
        [-1, 0, 0, 0, 1],
        [0, 1, 1, 0, 0],
        [0, -1, 0, 1, 0],
        [0, 0, -1, 0, 1],
    ], dtype=float))  # fmt: skip
    blocks = split(rows, np.array([-1, 0, 1, 0, 1]))
    assert blocks.first.tolist() == [0, 1, 2]
    assert blocks.rows.tolist() == [2]
    assert blocks.inner.toarray().tolist() == [[0, 1, 1]]
    first, second = blocks.blocks
    assert (first.columns.tolist(), first.rows.tolist(), first.first.tolist()) == ([3], [0, 3], [0, 1])
    assert (second.columns.tolist(), second.rows.tolist(), second.first.tolist()) == ([4], [1, 4], [0, 2])
    assert first.outer.toarray().tolist() == [[-1, 0], [0, -1]]
    assert first.inner.toarray().tolist() == [[1], [1]]


def test_the_places_given_are_left_as_they_are():
    places = np.array([0, 1])
    split(csr_array(np.array([[1.0, 1.0]])), places)
    assert places.tolist() == [0, 1]


def test_columns_know_their_township():
    scenario = hand_scenario()
    townships = list(scenario.data.tables["townships"].index)
    model = build_model(scenario.data, scenario.policy)
    matrix = compile_matrix(model)
    place = dict(zip((variable.name for variable in matrix.variables), matrix.places(townships), strict=True))
    first = townships[0]
    power = next(power for township, power in model.pairs if township == first)
    assert place[f"taken[{first},{power}]"] == 0
    assert place[f"floating[{first}]"] == 0
    assert place[f"floating[{townships[-1]}]"] == len(townships) - 1
    assert place[f"base[{power}]"] == -1


def test_a_cut_by_hand():
    # One township: take x (worth 5, at most the list l), with l priced at 0. At l = 0.4 it is worth 2, each share of
    # the list is worth 5 more, so the cut is 0 + 5 l and the master's best is l = 1, worth 5 - 2 (the list's cost).
    matrix = {
        "costs": np.array([-2.0, 5.0]), "offset": 1.0, "integer": np.array([True, True]),
        "lower": np.zeros(2), "upper": np.ones(2), "row_lower": np.array([-np.inf]), "row_upper": np.array([0.0]),
    }  # fmt: skip
    blocks = split(csr_array(np.array([[-1.0, 1.0]])), np.array([-1, 0]))
    master = Master(matrix, blocks, np.array([True]))
    assert master.value_at(np.array([0.4])) == pytest.approx(1 - 0.8 + 2)
    assert master.cuts[0].prices.tolist() == pytest.approx([5])
    assert master.cuts[0].height == pytest.approx(0)
    assert master.solve()
    assert master.bound == pytest.approx(1 - 2 + 5)
    assert master.point.tolist() == pytest.approx([1])


@settings(LAW, max_examples=examples(30))
@given(small_scenarios())
def test_the_cuts_come_down_to_the_relaxation(scenario):
    matrix, places, lists = taken_apart(scenario)
    relaxation = best(matrix, whole=False)
    assume(relaxation is not None)
    blocks = split(matrix.rows, places)
    master = Master(arrays_of(matrix), blocks, lists[blocks.first])
    bounds: list[float] = []
    tree = ListTree(
        master,
        lists[blocks.first],
        matrix.integer[blocks.first],
        1e-6,
        bounds.append,
        lambda point: None,
        lambda: False,
    )
    tree.relax(matrix.lower[blocks.first])
    assert all(bound >= relaxation - CLOSE * max(1, abs(relaxation)) for bound in bounds)
    assert master.bound == pytest.approx(relaxation, rel=CLOSE, abs=CLOSE)


@settings(LAW, max_examples=examples(60))
@given(small_scenarios())
def test_branch_and_bound_over_lists_agrees_with_highs_on_the_whole(scenario):
    matrix, places, lists = taken_apart(scenario)
    optimum = best(matrix)
    assume(optimum is not None)
    tree, objective = searched(matrix, places, lists)
    tolerance = CLOSE * max(1, abs(optimum))
    assert tree.bound >= optimum - tolerance
    assert objective <= optimum + tolerance


@settings(LAW, max_examples=examples(40))
@given(small_scenarios())
def test_a_wide_gap_leaves_a_true_bound(scenario):
    matrix, places, lists = taken_apart(scenario)
    optimum = best(matrix)
    assume(optimum is not None)
    tree, objective = searched(matrix, places, lists, gap=0.05)
    tolerance = CLOSE * max(1, abs(optimum))
    assert tree.bound >= optimum - tolerance
    assert objective <= optimum + tolerance
    assert tree.bound <= objective + 0.05 * abs(objective) + tolerance


def test_whole_lists_of_a_case_do_not_speak_for_its_other_lists():
    # Lists A and B, at most one of them. The first township's A is worth 11 and takes 1.5 officers, its B is worth 8.5
    # and takes 1; an officer costs 4, and both townships' officers come out of a pool of 3.
    # Split officers: A is worth 11 - 6 = 5, B 8.5 - 4 = 4.5, so the relaxation lists A, whole.
    # Whole officers: A is worth 11 - 8 = 3 and B 4.5, the optimum.
    matrix = Matrix(
        costs=np.array([0, 0, -4, -4, 11, 8.5, 0]),
        offset=0.0,
        rows=csr_array(np.array([
            [1, 1, 0, 0, 0, 0, 0],
            [0, 0, 1, 1, 0, 0, 0],
            [-1, 0, 0, 0, 1, 0, 0],
            [0, -1, 0, 0, 0, 1, 0],
            [0, 0, -1, 0, 1.5, 1, 0],
            [0, 0, 0, -1, 0, 0, 1],
        ])),
        row_lower=np.full(6, -np.inf),
        row_upper=np.array([1.0, 3, 0, 0, 0, 0]),
        lower=np.zeros(7),
        upper=np.array([1.0, 1, 3, 3, 1, 1, 1]),
        integer=np.ones(7, dtype=bool),
        variables=[None] * 7,
        row_names=list("abcdef"),
    )  # fmt: skip
    assert best(matrix) == pytest.approx(4.5)
    tree, objective = searched(matrix, np.array([-1, -1, 0, 1, 0, 0, 1]), np.arange(7) < 2)
    assert objective == pytest.approx(4.5)
    assert tree.bound == pytest.approx(4.5)


@settings(LAW, max_examples=examples(8))
@given(small_scenarios())
def test_the_whole_search_proves_the_optimum(scenario):
    matrix, places, lists = taken_apart(scenario)
    optimum = best(matrix)
    assume(optimum is not None)
    search = search_of(matrix, places, lists)
    tolerance = CLOSE * max(1, abs(optimum))
    assert search.objective == pytest.approx(optimum, rel=CLOSE, abs=CLOSE)
    assert optimum - tolerance <= search.bound <= optimum + tolerance


def search_of(matrix: Matrix, places: np.ndarray, lists: np.ndarray, **run) -> Search:
    search = Search(
        matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places, by_township_from=0, master_share=1.0,
    )  # fmt: skip
    search.run(**run)
    return search


def test_the_search_by_township_finds_the_hand_case():
    matrix, places, lists = taken_apart(hand_scenario())
    search = search_of(matrix, places, lists)
    assert search.objective == pytest.approx(best(matrix))
    assert search.bound == pytest.approx(search.objective, rel=1e-5)
    assert {step.phase for step in search.steps} <= {"start", "any solution", "lists", "proof"}
    for earlier, later in zip(search.steps, search.steps[1:], strict=False):
        assert later.bound <= earlier.bound
        assert later.objective >= earlier.objective


def test_a_matrix_with_a_large_master_is_searched_as_a_whole():
    matrix, places, lists = taken_apart(hand_scenario())
    search = Search(matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places, by_township_from=0)
    assert len(split(matrix.rows, places).first) > search.master_share * len(matrix.costs)
    search.run()
    assert "relaxation" in search.seconds
    assert search.objective == pytest.approx(best(matrix))


def test_the_relaxation_alone_is_bounded_by_township():
    matrix, places, lists = taken_apart(hand_scenario())
    search = search_of(matrix, places, lists, relaxation_only=True)
    assert search.bound == pytest.approx(best(matrix, whole=False), rel=1e-4)
    assert search.solution is None


@pytest.mark.parametrize("fault", [Outcome.CRASHED, SolverError("refused")])
def test_where_the_search_by_township_fails_the_whole_is_searched(monkeypatch, fault):
    matrix, places, lists = taken_apart(hand_scenario())

    def fail(engine, *arguments):
        if isinstance(fault, Exception):
            raise fault
        return type("Answer", (), {"outcome": fault})

    monkeypatch.setattr(Engine, "search_lists", fail)
    search = search_of(matrix, places, lists)
    assert search.objective == pytest.approx(best(matrix))
    assert not search.failed
    assert "relaxation" in search.seconds


def test_a_solver_that_refuses_takes_no_plan_with_it(monkeypatch):
    matrix, places, lists = taken_apart(hand_scenario())
    plan = best_plan(matrix)

    def refuse(engine, **options):
        raise SolverError("no memory")

    monkeypatch.setattr(Engine, "solve", refuse)
    search = Search(matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places)
    search.run(plan)
    assert search.failed
    assert search.objective == pytest.approx(matrix.objective(plan))
    assert "no memory" in "".join(search.log)
    with pytest.raises(SolverError, match="no memory"):
        Search(matrix, Control(60.0), lists, gap=1e-6, threads=1, places=places).run()


def test_a_model_without_any_plan_is_left_to_the_whole():
    scenario = hand_scenario()
    matrix, places, lists = taken_apart(scenario)
    impossible = Matrix(**vars(matrix) | {"row_upper": np.where(matrix.row_upper < np.inf, -1e6, np.inf)})
    impossible = Matrix(**vars(impossible) | {"row_lower": np.full(len(matrix.row_lower), -np.inf)})
    search = search_of(impossible, places, lists)
    assert search.infeasible
    assert search.solution is None


class Stubborn:
    """A HiGHS whose warm starts go round in circles, and that answers from scratch."""

    def __init__(self, answers):
        self.answers, self.cleared = list(answers), 0

    def setOptionValue(self, name, value):
        pass

    def getRunTime(self):
        return 0.0

    def run(self):
        self.status = self.answers.pop(0)

    def getModelStatus(self):
        return self.status

    def clearSolver(self):
        self.cleared += 1

    def modelStatusToString(self, status):
        return str(status)


def test_what_is_no_optimum_is_believed_after_a_run_from_scratch_only():
    assert optimise(Stubborn([OPTIMAL]))
    again = Stubborn([TIME_LIMIT, OPTIMAL])
    assert optimise(again)
    assert again.cleared == 1
    assert optimise(Stubborn([INFEASIBLE, OPTIMAL]))
    assert not optimise(Stubborn([INFEASIBLE, INFEASIBLE]))
    with pytest.raises(BreakdownError):
        optimise(Stubborn([TIME_LIMIT, TIME_LIMIT, TIME_LIMIT]))
    last = Stubborn([TIME_LIMIT, TIME_LIMIT, OPTIMAL])
    assert optimise(last)
    assert last.cleared == 2
    assert not optimise(Stubborn([INFEASIBLE, OPTIMAL]), confirm=False)


@pytest.mark.parametrize("wanted", [False, True])
def test_lists_are_rounded_once_where_they_are_wanted(monkeypatch, wanted):
    matrix, places, lists = taken_apart(hand_scenario())
    blocks = split(matrix.rows, places)
    rounded = []
    monkeypatch.setattr(ListTree, "round_lists", lambda tree, node: rounded.append(node.bound))
    master = Master(arrays_of(matrix), blocks, lists[blocks.first])
    tree = ListTree(
        master, lists[blocks.first], matrix.integer[blocks.first], 1e-6, lambda _: None, lambda _: None, lambda: False
    )
    tree.wanted = wanted
    tree.relax(matrix.lower[blocks.first])
    while tree.step():
        pass
    assert len(rounded) == wanted
    assert not tree.wanted


def test_cuts_that_bear_nothing_for_long_are_dropped():
    matrix, places, lists = taken_apart(hand_scenario())
    blocks = split(matrix.rows, places)
    master = Master(arrays_of(matrix), blocks, lists[blocks.first])
    # The cuts where nothing is listed, and those at the master's points, which bear its later solutions.
    master.value_at(matrix.lower[blocks.first])
    for _ in range(6):
        master.solve()
        master.value_at(master.point)
    master.solve()
    cuts, bound = len(master.cuts), master.bound
    for _ in range(IDLE_ROUNDS + 1):
        master.solve()
    master.drop_idle_cuts()
    assert 0 < len(master.cuts) < cuts
    # Each price is still that of its cut: a cut that costs something holds its township's worth down.
    assert len(master.duals) == len(master.idle) == len(master.cuts)
    assert (master.duals > 1e-6).any()
    for cut, price in zip(master.cuts, master.duals, strict=True):
        room = cut.height + cut.prices @ master.point[master.townships[cut.township].first] - master.worth[cut.township]
        assert price <= 1e-6 or room == pytest.approx(0, abs=1e-6 * max(1.0, abs(cut.height)))
    assert master.solve()
    assert master.bound == pytest.approx(bound)
