"""Benchmarks: the arithmetic of their tables, what is kept, and one small run of each; no time is ever asserted."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from devolve_opt.errors import InputError

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import country, growth, mutants, mutation, proof, results, sweep  # noqa: E402
from benchmarks.__main__ import BENCHMARKS  # noqa: E402
from benchmarks.arrays import read_arrays, write_arrays  # noqa: E402
from benchmarks.instances import SHAPES, Instance  # noqa: E402
from benchmarks.process import measured  # noqa: E402
from benchmarks.runners import RUNNERS  # noqa: E402
from devolve_opt.formulation import build_model  # noqa: E402
from devolve_opt.scenario import Scenario  # noqa: E402
from devolve_opt.solver.matrix import compile_matrix  # noqa: E402

PNG = b"\x89PNG"


def rows_of(*rows: tuple) -> pd.DataFrame:
    """Return a table of instance, runner, status, seconds, bound, objective."""
    names = ("instance", "runner", "status", "seconds", "bound", "objective")
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows]).assign(note="")


THREE = rows_of(
    ("a", "root_lp", "proven", 2.0, 104.0, None),
    ("a", "devolve_opt", "proven", 4.0, 100.1, 100.0),
    ("a", "highs", "time_limit", 60.0, 103.0, 80.0),
    ("b", "root_lp", "proven", 1.0, 220.0, None),
    ("b", "devolve_opt", "proven", 3.0, 200.2, 200.0),
    ("b", "highs", "proven", 30.0, 200.1, 200.0),
)


def test_ratios_are_those_of_the_same_instance():
    frame = proof.compared(THREE).set_index(["instance", "runner"])
    assert frame.loc[("a", "devolve_opt"), "times_root_lp"] == 4 / 2
    assert frame.loc[("b", "highs"), "times_root_lp"] == 30 / 1
    assert frame.loc[("b", "highs"), "times_devolve_opt"] == 30 / 3
    assert frame.loc[("a", "highs"), "gap"] == pytest.approx((103 - 80) / 80)
    assert math.isnan(frame.loc[("a", "root_lp"), "gap"])
    assert math.isnan(frame.loc[("a", "highs"), "times_root_lp_ipm"])  # it was not run


def test_medians_and_the_last_line_count_what_is_proven():
    frame = proof.compared(THREE)
    middle = proof.medians(frame, 0.001).set_index("runner")
    assert middle.loc["devolve_opt", "proven"] == 2
    assert middle.loc["highs", "proven"] == 1
    assert middle.loc["devolve_opt", "times_root_lp"] == (4 / 2 + 3 / 1) / 2
    line = results.last_line(proof.figures(frame, middle.reset_index(), 0.001))
    figures = dict(part.split("=") for part in line.split(" "))
    assert figures["highs_proven"] == "1/2"
    assert float(figures["highs_over_devolve_opt"]) == (60 / 4 + 30 / 3) / 2
    assert float(figures["devolve_opt_over_root_lp"]) == 2.5
    assert figures["devolve_opt_over_root_lp_ipm"] == "na"
    assert figures["disagreements"] == "0"


def test_a_gap_that_is_only_claimed_is_not_proven():
    claimed = rows_of(("a", "highs", "proven", 1.0, 110.0, 100.0))
    assert proof.medians(proof.compared(claimed), 0.001).loc[0, "proven"] == 0


def test_a_plan_above_anothers_bound_is_told():
    wrong = rows_of(("a", "highs", "proven", 1.0, 100.0, 100.0), ("a", "scip", "proven", 1.0, 101.0, 101.0))
    (line,) = proof.disagreements(proof.compared(wrong))
    assert "scip has a plan worth 101.000, highs says at most 100.000" in line
    assert proof.disagreements(proof.compared(THREE)) == []


def test_growth_is_the_ratio_for_twice_the_townships():
    # 40 -> 80 takes 3 times as long; 80 -> 320 is two doublings at 16 times: 4 each; 330 is too near to 320.
    frame = growth.grown(
        pd.DataFrame({"townships": [40, 80, 320, 330], "seconds": [1.0, 3.0, 48.0, 50.0], "status": "proven",
                      "bound": 100.0, "objective": [100.0, 100.0, 100.0, 90.0]})
    )  # fmt: skip
    assert frame["ratio_per_doubling"].to_list()[1:3] == pytest.approx([3.0, 4.0])
    assert math.isnan(frame["ratio_per_doubling"].iloc[3])
    figures = growth.figures(frame, 0.002)
    assert figures["proven"] == "3/4"
    assert figures["worst_ratio"] == pytest.approx(4.0)
    assert figures["ratio_320_330"] is None


def city_row(name: str, townships: int, seconds: float, gap: float | None) -> dict:
    """A city of which every township decides on 10 powers, as the runner of a country reports it."""
    worth = None if gap is None else 100.0
    return {
        "name": name, "townships": townships, "subdistricts": 1, "township_powers": 10 * townships, "posts_given": 0,
        "objective": worth, "bound": None if gap is None else 100 * (1 + gap), "gap": gap,
        "status": "no_plan" if gap is None else "proven", "seconds": seconds, "peak_mb": 300.0 + townships,
        "seconds_in_all": 2 * seconds,
    }  # fmt: skip


COUNTRY = {
    "cities": [city_row("a", 10, 1.0, 0.004), city_row("b", 100, 20.0, 0.006), city_row("c", 50, 9.0, None)],
    "classes": [
        {"cities": 100, "units_least": 5, "units_most": 40, "seconds": 2.0, "seconds_of_class": 200.0},
        {"cities": 50, "units_least": 41, "units_most": 90, "seconds": 18.0, "seconds_of_class": 900.0},
        {"cities": 30, "units_least": 91, "units_most": 300, "seconds": 40.0, "seconds_of_class": 1200.0},
    ],
    "workers": 2, "all_cities": 180, "all_townships": 1600, "objective": 200.0, "bound": 202.0, "pool_posts": 20,
    "price": 7.0, "out_of_time": 1, "peak_mb": 900.0, "seconds": 33.0, "attempts": 2, "status": "not_proven",
}  # fmt: skip


def test_what_a_country_costs_is_worked_out_by_hand():
    assert country.costs(COUNTRY)["seconds_per_1000"].to_list() == [10.0, 18.0, 20.0]
    assert country.extrapolated(COUNTRY)["hours_so_far"].to_list() == [
        200 / 7200, 1100 / 7200, 2300 / 7200,
    ]  # fmt: skip
    found = country.figures(COUNTRY, 0.005)
    assert (found["cities"], found["proven"]) == ("3/180", "1/3")
    # City c has no plan, so its cost is no city's.
    assert (found["cost_least"], found["cost_most"], found["steadiness"]) == (10.0, 20.0, 2.0)
    assert found["hours_by_class"] == 2300 / 7200
    # 60 s for 1,600 take-ups of the sample; all cities have 16,000.
    assert found["hours_by_take_up"] == pytest.approx(600 / 7200)
    assert found["whole_gap"] == pytest.approx(0.01)
    said = " ".join(country.told(COUNTRY, found))
    assert "gap 1.000%" in said
    assert "1 city ran into the time limit" in said
    assert "2 attempts" in said


def test_a_country_of_which_nothing_is_known_claims_nothing():
    nothing = {**COUNTRY, "cities": [city_row("c", 50, 9.0, None)], "classes": [], "objective": None, "bound": None}
    found = country.figures(nothing, 0.005)
    assert (found["whole_gap"], found["hours_by_class"], found["steadiness"]) == (None, None, None)
    assert "nothing is proven" in country.told(nothing, found)[0]


def test_a_province_is_held_against_its_bar():
    whole = {**COUNTRY, "bound": 200.8}
    found = growth.province_figures(whole)
    assert (found["units"], found["cities"], found["all_mb"]) == (163, 3, 900.0)
    assert found["gap"] == pytest.approx(0.004)
    assert found["within_bar"] == "true"
    for change in ({"bound": 201.2}, {"bound": None}, {"peak_mb": 17_000.0}):
        assert growth.province_figures({**whole, **change})["within_bar"] == "false"


POINTS = [
    {"value": 90.0, "status": "proven", "objective": 100.0, "bound": 100.1, "gap": 0.001, "seconds": 4.0, "note": ""},
    {"value": 94.0, "status": "proven", "objective": 103.0, "bound": 103.2, "gap": 0.002, "seconds": 2.0, "note": ""},
    {"value": 98.0, "status": "infeasible", "objective": None, "bound": None, "gap": None, "seconds": 1.0, "note": "x"},
]
SWEPT = {"points": POINTS, "seconds": 5.0, "attempts": 1, "peak_mb": 400.0}


def cold_row(value: int, objective: float | None, bound: float | None, seconds: float, status: str = "proven") -> dict:
    return {"value": value, "status": status, "objective": objective, "bound": bound, "seconds": seconds, "note": ""}


def test_a_sweep_stands_beside_its_cold_solves():
    frame = sweep.side_by_side(POINTS, [cold_row(90, 99.95, 100.05, 6.0), cold_row(94, 103.1, 103.2, 4.0)])
    assert sweep.disagreements(frame, "cap") == []
    found = sweep.figures(frame, SWEPT, 0.002)
    assert (found["proven"], found["cold_proven"], found["cold_solves"]) == ("2/3", "2/2", 2)
    assert found["sweep_over_cold"] == 5 / 5
    assert found["cold_over_sweep"] == 3 * 5 / 5
    assert found["disagreements"] == 0


def test_a_sweep_and_a_cold_solve_that_cannot_both_be_right_are_told():
    cold = [cold_row(90, 100.2, 100.3, 1.0), cold_row(94, 102.0, 102.9, 1.0), cold_row(98, 50.0, 51.0, 1.0)]
    lines = sweep.disagreements(sweep.side_by_side(POINTS, cold), "cap")
    assert lines == [
        "cap=90: the cold solve has a plan worth 100.2, the sweep says at most 100.1.",
        "cap=94: the sweep has a plan worth 103.0, the cold solve says at most 102.9.",
        "cap=98: the cold solve has a plan, the sweep says there is none.",
    ]


def test_cold_solves_are_spread_over_the_values():
    assert sweep.chosen([10, 20, 30, 40, 50], 3, 41) == [10, 30, 50]
    assert sweep.chosen([10, 20, 30, 40, 50], 1, 41) == [40]
    assert sweep.chosen([10, 20], 2, 0) == [10, 20]


def test_the_time_of_a_study_is_that_of_all_attempts(tmp_path):
    from benchmarks.study_runners import ATTEMPTS, Clock

    (tmp_path / ATTEMPTS).write_text("[2.5, 3.5]", encoding="utf-8")
    with Clock(tmp_path) as clock:
        clock.note()
    assert clock.attempts == 3
    assert 6 <= clock.seconds < 7
    with Clock(tmp_path) as again:
        pass
    assert (again.attempts, again.seconds >= clock.seconds) == (4, True)


def test_a_finished_row_is_kept_and_a_failed_one_is_tried_again(tmp_path):
    times = []

    def measure(status: str) -> dict:
        times.append(status)
        return {"status": status, "seconds": 1.0}

    for status, again in (("failed", 1), ("proven", 2), ("proven", 2)):
        row = results.kept_or_measured(tmp_path, "row", {"gap": 0.1}, lambda: measure(status))  # noqa: B023
        assert (row["status"], len(times)) == (status, again)
    assert row["kept"]
    assert not results.kept_or_measured(tmp_path, "row", {"gap": 0.2}, lambda: measure("proven"))["kept"]
    assert not results.kept_or_measured(tmp_path, "row", {"gap": 0.2}, lambda: measure("proven"), fresh=True)["kept"]


def test_arrays_come_back_as_they_were(tmp_path):
    scenario = Scenario.read(ROOT / "scenarios" / "hand.toml")
    matrix = compile_matrix(build_model(scenario.data, scenario.policy))
    write_arrays(tmp_path / "model.npz", matrix)
    again = read_arrays(tmp_path / "model.npz")
    for name in ("costs", "offset", "row_lower", "row_upper", "lower", "upper", "integer"):
        assert np.array_equal(getattr(again, name), getattr(matrix, name))
    assert (again.rows != matrix.rows).nnz == 0
    assert again.variables[:2] == ["taken(A,P1)", "taken(A,P2)"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_what_it_says(shape):
    base, shaped = Instance(1, "baseline", 20).scenario, Instance(1, shape, 20).scenario
    hours = [each.data.townships["statutory_hours"].sum() for each in (base, shaped)]
    assert hours[1] / hours[0] == pytest.approx({"loose": 0.9, "tight": 1.1}.get(shape, 1.0), rel=1e-6)
    assert (shaped.policy.overload == "wall") is (shape == "wall")
    assert shaped.policy.posts_moved_max == 3  # 18 x 20 / 166 = 2.2, rounded up


HAND = Path("scenarios/hand.toml")
OPTIMUM = 369.5
"""Of the hand case, worked out in test_hand.py."""


def test_a_runner_answers_from_a_process_of_its_own():
    request = {"scenario": str(ROOT / HAND), "gap": 0.0, "time_limit": 30.0, "threads": 1}
    report = measured("scenario", request, 30.0)
    assert (report["status"], report["objective"]) == ("proven", pytest.approx(OPTIMUM))
    assert report["trace"]
    assert report["bound"] == pytest.approx(OPTIMUM)


def test_a_runner_that_is_not_there_or_fails_is_told():
    report = measured("scenario", {"scenario": "none.toml", "gap": 0.0, "time_limit": 1.0, "threads": 1}, 30.0)
    assert report["status"] == "failed"
    assert "none.toml" in report["note"]
    assert measured("nobody", {}, 30.0)["status"] == "failed"


@pytest.mark.parametrize("runner", [name for name in RUNNERS if name not in ("devolve_opt", *proof.ROOT_LPS)])
def test_other_solvers_find_the_optimum_that_is_worked_out_by_hand(runner, tmp_path):
    from devolve_opt.views.model_file import write_model

    files = {"matrix": tmp_path / "hand.npz", "mps": tmp_path / "hand.mps"}
    write_arrays(files["matrix"], write_model(Scenario.read(ROOT / HAND), files["mps"]))
    request = {**{name: str(path) for name, path in files.items()}, "gap": 0.0, "time_limit": 30.0, "threads": 1}
    report = measured(runner, request, 30.0)
    if report["status"] == "skipped":
        pytest.skip(report["note"])
    assert report["status"] == "proven"
    assert (report["objective"], report["bound"]) == (pytest.approx(OPTIMUM), pytest.approx(OPTIMUM))
    assert report["note"] == ""


LITTLE = (
    "--townships",
    "20",
    "--seeds",
    "1",
    "--shapes",
    "loose",
    "--gap",
    "0.5",
    "--time-limit",
    "20",
    "--threads",
    "1",
)
CITIES = "id,name,province,counties,townships,subdistricts\n1,甲市,某省,1,2,0\n2,乙市,某省,1,4,1\n"
PROOF_FILES = ("proof.csv", "proof-medians.csv", "proof.png")


def shell(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip


def write_land(folder: Path) -> Path:
    """Write the scenario of a country of two tiny cities."""
    pytest.importorskip("distributed")
    (folder / "land").mkdir()
    (folder / "land" / "cities.csv").write_text(CITIES, encoding="utf-8")
    scenario = folder / "land.toml"
    scenario.write_text('country = "land"\nseed = 7\n[pool]\nposts = 4\nlot = 2\nlots_max = 1\n', encoding="utf-8")
    return scenario


@pytest.mark.parametrize(
    ("command", "files"),
    [
        # Continuous integration runs it in any case.
        pytest.param(("quick", "--scenarios", "hand", "--time-limit", "20"), (), marks=pytest.mark.slow),
        pytest.param(("load", "--scenario", str(HAND), "--repeats", "1"), ("load.csv",), marks=pytest.mark.slow),
        pytest.param(
            ("growth", "--townships", "20", "--gap", "0.5", "--time-limit", "20", "--threads", "1"),
            ("growth.csv", "growth.png"), marks=pytest.mark.slow,
        ),
        pytest.param(
            ("country", "--scenario", "LAND", "--sample", "2", "--gap", "0.05", "--time-limit", "20"),
            ("country-cities.csv", "country-classes.csv", "country.png"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("sweep", "--scenario", str(HAND), "--values", "2,3", "--cold", "2", "--gap", "0", "--threads", "1"),
            ("sweep.csv", "sweep.png"), marks=pytest.mark.slow,
        ),
        pytest.param(
            ("studies", "--scenario", str(HAND), "--only", "run,ratio,compare,explain_losers,choices"),
            ("studies.csv", "compare/side_by_side.png", "choices/choice_rules.png"), marks=pytest.mark.slow,
        ),
        pytest.param(("fuzz", "--inputs", "60"), ("fuzz.csv",), marks=pytest.mark.slow),
        pytest.param(("fronts", "--seeds", "1", "--threads", "1"), ("fronts.csv",), marks=pytest.mark.slow),
        pytest.param(("proof", *LITTLE, "--runners", "root_lp,devolve_opt"), PROOF_FILES, marks=pytest.mark.slow),
        pytest.param(("proof", *LITTLE), PROOF_FILES, marks=pytest.mark.slow),
    ],
    ids=lambda value: value[0] if value and value[0] in BENCHMARKS else "",
)  # fmt: skip
def test_each_benchmark_runs_on_something_small(command, files, tmp_path):
    out = () if command[0] == "quick" else ("--out", str(tmp_path))
    if "LAND" in command:
        land = write_land(tmp_path)
        command = tuple(str(land) if word == "LAND" else word for word in command)
    done = shell(*command, *out)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"benchmark=\w+( \w+=[^ =]+)+", last)
    assert last.startswith(f"benchmark={command[0]} ")
    assert "SYNTHETIC DATA" in done.stdout
    for name in files:
        content = (tmp_path / name).read_bytes()
        assert content.startswith(PNG) if name.endswith("png") else content
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.slow
def test_growth_solves_the_province_as_well(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(growth, "PROVINCE", write_land(tmp_path))
    growth.main("20", gap=0.5, time_limit=20, province=True, province_gap=0.05, province_limit=20, folder=tmp_path)
    figures = dict(part.split("=") for part in capsys.readouterr().out.splitlines()[-1].split(" "))
    assert (figures["province_units"], figures["province_cities"]) == ("7", "2")
    assert float(figures["province_gap"]) <= 0.05
    assert float(figures["province_all_mb"]) > 300
    assert (tmp_path / "province.csv").is_file()


def test_every_benchmark_is_shown_in_the_help_and_on_its_page():
    said, page = shell("--help").stdout, (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in BENCHMARKS:
        assert f"  {name} " in said
        assert f"| `{name}` |" in page


def test_wrong_options_are_told_all_at_once_and_nothing_is_written(tmp_path):
    done = shell(
        "proof", "--seeds", "a", "--shapes", "loos", "--runners", "x", "--townships", "3", "--out", str(tmp_path)
    )
    assert done.returncode == 2
    assert "4 faults in the input" in done.stderr
    assert "Did you mean 'loose'?" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = shell("proof", *LITTLE, "--out", str(tmp_path / "file" / "below"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "root_lp" not in done.stdout


def test_no_module_of_the_package_imports_the_benchmarks():
    import devolve_opt

    for path in Path(devolve_opt.__file__).parent.rglob("*.py"):
        assert "benchmarks" not in path.read_text(encoding="utf-8").replace("benchmarks/README", "")
    with pytest.raises(InputError):
        proof.main(seeds="x")


MODULE = '''"""Say."""

BAR: int | None = 3


def least(numbers: list[int] | None) -> int:
    """Say."""
    total = 0
    for number in numbers or [BAR + 1]:
        if number < BAR:
            total += number
    return total
'''


def test_mutants_are_made_of_what_runs_and_a_sample_grows():
    pytest.importorskip("cosmic_ray")
    found = mutants.mutants_of("src/devolve_opt/rules/least.py", MODULE)
    assert not [mutant for mutant in found if mutant.operator.startswith("ReplaceBinaryOperator_BitOr")]
    # 3, 0 and 1 by one up and down; a sum; `<` into five others; `or`, `if` and the loop.
    assert len(found) == 2 * 3 + 1 + 5 + 3
    assert {mutant.line for mutant in found} == {3, 8, 9, 10}
    [loop] = [mutant for mutant in found if mutant.operator == "ZeroIterationForLoop"]
    assert (loop.package, loop.name) == ("rules", "rules.least-ZeroIterationForLoop-0")
    assert mutants.difference(loop, MODULE).splitlines()[0] == "@@ -9 +9 @@"
    each = {"a.py": found, "b.py": found[:5], "c.py": found[:10]}
    few, more, every = (mutants.drawn(each, sample, 1) for sample in (6, 12, 99))
    assert more[:6] == few
    assert len(every) == 30
    assert sum(mutant in found[10:] for mutant in few) <= 3  # half of the mutants are those of a.py


def test_the_tests_of_a_mutant_are_those_that_run_its_statement():
    first = {
        "marks": ["t/a.py::one|run", "t/a.py::two|run"], "times": {"t/a.py::one": 3.0, "t/a.py::two": 1.0},
        "lines": {"rules/m.py": {"8": [0, 1], "10": [1]}},
    }  # fmt: skip
    second = {
        "marks": ["t/b.py::made|setup", "t/b.py::long|run"],
        "times": {"t/b.py::made": 0.5, "t/b.py::read": 0.2, "t/b.py::long": 9.0},
        "lines": {"rules/m.py": {"8": [1], "11": [0]}},
    }  # fmt: skip

    def tests(line: int, seconds: float = 99.0, module: str = "rules/m.py") -> list[str]:
        return mutants.tests_of(mutants.Mutant(module, line, "AddNot", 0), MODULE, [first, second], seconds)

    assert tests(8) == ["t/a.py::two", "t/a.py::one", "t/b.py::long"]
    assert tests(8, 2.0) == ["t/a.py::two"]
    assert tests(8, 0.5) == ["t/a.py::two"]  # one in any case
    assert tests(10) == ["t/a.py::two"]
    # A fixture runs it: all tests of its file.
    assert tests(11, 2.0) == ["t/b.py::read", "t/b.py::made"]
    assert tests(12) == tests(6)  # nothing runs the last line alone: what runs the function
    assert tests(8, module="rules/n.py") == []
    # A file that bears the name of the module comes first.
    named = {**second, "marks": ["t/m.py::long|run"] * 2, "times": {"t/m.py::long": 9.0}}
    assert mutants.tests_of(mutants.Mutant("rules/m.py", 8, "AddNot", 0), MODULE, [first, named], 10.5) == [
        "t/m.py::long", "t/a.py::two",
    ]  # fmt: skip


@pytest.mark.slow
def test_mutants_are_tried_in_a_copy_and_kept(tmp_path, monkeypatch, capsys):
    pytest.importorskip("cosmic_ray")
    pytest.importorskip("pytest_cov")
    module = "src/devolve_opt/rules/pool.py"
    before, tried = (ROOT / module).read_bytes(), []

    def watched(place, packages, *_):
        tried.append(place)
        return [mutation.watch(place, "tests/test_pool.py", packages, 60.0)] if len(tried) == 1 else []

    # Posts are handed out where they are not asked for; and a table that is longer than it need be.
    two = [("ReplaceComparisonOperator_Lt_Gt", 0), ("ReplaceBinaryOperator_FloorDiv_Mul", 1)]
    monkeypatch.setattr(mutation, "watched", watched)
    monkeypatch.setattr(
        mutation, "drawn", lambda found, *_: [each for each in found[module] if (each.operator, each.occurrence) in two]
    )
    for _ in range(2):  # the second time nothing is watched, and all is there
        mutation.main(sample=2, packages="rules", folder=tmp_path)
        figures = dict(part.split("=") for part in capsys.readouterr().out.splitlines()[-1].split(" "))
        assert (figures["tried"], figures["killed"], figures["survived"], figures["score"]) == ("2", "1", "1", "0.5")
    assert (ROOT / module).read_bytes() == before
    assert not any(place.exists() for place in tried)
    assert "ReplaceBinaryOperator_FloorDiv_Mul survived" in (tmp_path / "mutation-survivors.txt").read_text("utf-8")
    assert len((tmp_path / "mutation.csv").read_text("utf-8-sig").splitlines()) > 2
    with pytest.raises(InputError, match="is no package"):
        mutation.main(packages="rule", folder=tmp_path)


def test_the_interval_of_a_score_is_wilsons():
    # 8 of 10: (0.8 + 1.92 / 10 +- 1.96 sqrt(0.16 / 10 + 3.84 / 400)) / (1 + 3.84 / 10) = (0.992 +- 0.3137) / 1.384
    assert mutants.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert mutants.wilson(0, 0) == (0.0, 1.0)
    assert mutants.wilson(5, 5)[1] == pytest.approx(1.0)


def test_how_tests_end_is_what_becomes_of_a_mutant():
    ends = [(0, ""), (1, ""), (2, ""), (None, ""), (4, "ERROR: found no collectors for x"), (4, "ERROR: not found")]
    assert [mutation.status_of(*end) for end in ends] == [
        "survived", "killed", "killed", "timeout", "killed", "failed",
    ]  # fmt: skip
    frame = pd.DataFrame({"status": ["killed", "timeout", "survived", "uncovered", "failed"]})
    row = mutation.score("rules", 9, frame)
    assert (row["tried"], row["score"]) == (4, 0.5)
