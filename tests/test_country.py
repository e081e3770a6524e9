"""A country of three tiny cities: read, solved on real workers, shared out, stopped, killed and taken up again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from cases import faults_of
from devolve_opt.country import Country, Pool, names_country
from devolve_opt.errors import InputError
from devolve_opt.instruments import AreaTeams
from devolve_opt.plan import relative_gap
from devolve_opt.policy import Policy
from devolve_opt.studies import country as study
from devolve_opt.studies.city import CityTask, solve_city
from devolve_opt.studies.cluster import cancelled_here, crew, still_at_work
from devolve_opt.studies.country import solve_country
from devolve_opt.synthetic import synthesise_city
from devolve_opt.views.country import country_record, country_text, write_country
from test_cli import BAD_INPUT, DONE, NO_PLAN, shell, told

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

ROOT = Path(__file__).parents[1]
CITIES = """id,name,province,counties,townships,subdistricts
1,甲市,某省,1,2,0
2,乙市,某省,1,4,1
3,丙市,某省,2,6,0
4,丁市,某省,2,0,0
"""
POOL = Pool(posts=6, lot=2, lots_max=2)
GAP = 0.02
MANY = (
    "cities.csv, row 4, column townships, value 'many': is not a number; write digits only, such as 12 or 0.5, "
    "without unit or spaces."
)


def cities() -> pd.DataFrame:
    rows = [line.split(",") for line in CITIES.splitlines()]
    return pd.DataFrame(rows[1:], columns=rows[0])


@pytest.fixture
def country() -> Country:
    return Country(cities(), seed=7, pool=POOL)


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two workers that outlives what is solved on it."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    ) as made:
        yield made


@pytest.fixture(scope="module")
def solved(cluster, tmp_path_factory):
    """Solve the country once; return the plan and the folder in which the results are kept."""
    folder = tmp_path_factory.mktemp("country") / "done"
    whole = Country(cities(), seed=7, pool=POOL)
    return solve_country(whole, GAP, scheduler=cluster.scheduler_address, folder=folder), folder


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a scenario beside the folder of the country."""
    (tmp_path / "land").mkdir()
    (tmp_path / "land" / "cities.csv").write_text(CITIES, encoding="utf-8")

    def write(text: str) -> Path:
        path = tmp_path / "land.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# Reading.


def test_a_country_is_read(write):
    path = write('title = "Land"\ncountry = "land"\nseed = 7\n[pool]\nposts = 6\n[policy]\nofficers_min = 3\n')
    assert names_country(path)
    land = Country.read(path)
    assert (land.title, land.seed, land.policy.officers_min) == ("Land", 7, 3)
    assert land.pool == Pool(posts=6, lot=10, lots_max=2)
    assert land.pool.choices == (0,)  # a lot is larger than the pool
    assert land.units.to_dict() == {"1": 2, "2": 5, "3": 6, "4": 0}
    assert list(land.with_units.index) == ["1", "2", "3"]
    assert set(land.input_hashes) == {"land.toml", "country/cities.csv"}


def test_every_fault_is_told_at_once(write, tmp_path):
    (tmp_path / "land" / "cities.csv").write_text(CITIES.replace("丙市,某省,2,6", "丙市,某省,2,many"), encoding="utf-8")
    path = write(
        'titel = "x"\ncountry = "land"\n[pool]\nposts = -1\nlots = 3\n[policy]\nofficers_mn = 2\n[policy.stations]\n'
    )
    faults = [str(fault) for fault in faults_of(Country.read, path)]
    assert faults == [
        "land.toml, column titel: is no key of a country's scenario. Did you mean 'title'?",
        "land.toml, column seed: is missing; add it.",
        "land.toml, column pool.posts, value '-1': must be at least 0.",
        "land.toml, column pool.lots, value '3': unknown key. Did you mean 'lot'?",
        "land.toml, column policy.officers_mn, value '2': unknown key. Did you mean 'officers_min'?",
        MANY,
    ]


def test_instruments_that_are_not_drawn_are_refused(write):
    path = write('country = "land"\nseed = 1\n[policy.area_teams]\n[policy.stations]\n')
    columns = {fault.column for fault in faults_of(Country.read, path)}
    assert columns == {"policy.area_teams", "policy.stations"}
    with pytest.raises(InputError, match="leave it out"):
        Country(cities(), 1, Policy(area_teams=AreaTeams()))


@pytest.mark.parametrize(
    "text", ['country = "nowhere"\nseed = 1\n', "country = 3\nseed = 1\n", 'country = ""\nseed = 1\n']
)
def test_a_country_that_is_not_there_is_told(write, text):
    [fault] = faults_of(Country.read, write(text))
    assert "folder" in fault.message


def test_ids_that_stand_twice_are_told():
    twice = cities().assign(id=["1", "1", "3", "4"])
    assert [fault.column for fault in faults_of(Country, twice, 1)] == ["id"]


def test_the_country_of_the_models_is_sound():
    land = Country.read(ROOT / "scenarios" / "country.toml")
    assert len(land.cities) == 333
    assert land.cities[["townships", "subdistricts"]].sum().to_dict() == {"townships": 28148, "subdistricts": 8438}
    assert land.cities["province"].nunique() == 27
    # The report's city has 153 townships and 13 subdistricts in 9 counties.
    assert land.cities.loc["5107", ["counties", "townships", "subdistricts"]].to_list() == [9, 153, 13]


def test_the_province_is_the_real_one_with_its_3101_units_and_its_cities_are_the_countrys():
    land, whole = (Country.read(ROOT / "scenarios" / name) for name in ("province.toml", "country.toml"))
    assert set(land.cities["province"]) == {"四川省"}
    assert (len(land.cities), land.units.sum(), land.cities["townships"].sum()) == (21, 3101, 2642)
    assert land.cities.equals(whole.cities.loc[land.cities.index])
    assert all(land.city_seed(city) == whole.city_seed(city) for city in land.cities.index)
    assert land.policy == whole.policy
    # 2,000 x 3,101 / 36,586 = 169.5 posts, in lots of 20.
    assert land.pool == whole.pool.model_copy(update={"posts": 180})


def test_a_province_that_the_country_has_not_is_told(write):
    path = write('country = "land"\nprovince = "某某省"\nseed = 1\n')
    [fault] = faults_of(Country.read, path)
    assert (fault.column, fault.value) == ("province", "某某省")
    assert "Did you mean '某省'?" in fault.message
    assert len(Country.read(write('country = "land"\nprovince = "某省"\nseed = 1\n')).cities) == 4


def test_the_cities_of_the_models_have_the_published_counts():
    folder = Path(os.environ.get("DEVOLVE_OPT_PUBLISHED", ROOT.parent / "shared" / "published")) / "townships"
    if not folder.is_dir():
        pytest.skip(f"no published counts at {folder}")
    real = pd.read_csv(folder / "counts_per_city.csv", dtype={"city_code": str}).set_index("city_code")
    land = Country.read(ROOT / "scenarios" / "country.toml").cities
    real = real.loc[land.index]
    assert land["townships"].tolist() == (real["zhen"] + real["xiang"] + real["sumu"]).tolist()
    assert land["subdistricts"].tolist() == real["jiedao"].tolist()
    assert land["counties"].tolist() == real["counties"].tolist()


# Cities.


@pytest.mark.parametrize("size", [(1, 1, 0), (3, 0, 4), (13, 4, 158), (5, 7, 0), (2, 40, 30)])
def test_a_city_has_the_size_that_it_is_given(size):
    case = synthesise_city(*size, seed=3)
    streets = (case.townships["category"] == "subdistrict").sum()
    assert (len(case.townships) - streets, streets) == size[1:]
    assert len(case.counties) == min(size[0], size[1] + size[2])
    assert case.synthetic
    case.replace(townships=case.townships)  # the tables pass the checks of files


@pytest.mark.slow
def test_no_county_of_a_city_has_a_real_ones_name():
    names = {name for seed in range(40) for name in synthesise_city(26, 26, 0, seed).counties["name"]}
    assert len(names) > 300
    assert not {name for name in names if name[:2] in ("浔阳", "沅陵")}


def test_a_city_without_units_cannot_be_made():
    with pytest.raises(ValueError, match="at least one unit"):
        synthesise_city(3, 0, 0, 1)


def test_a_citys_seed_hangs_on_its_id_and_the_countrys_seed_alone(country):
    fewer = Country(cities().iloc[[2]], seed=7)
    assert fewer.city_seed("3") == country.city_seed("3")
    seeds = {country.city_seed(city) for city in country.cities.index} | {country.replace(seed=8).city_seed("3")}
    assert len(seeds) == 5


def task_of(country: Country, city: str, posts: int = 0, **changes) -> CityTask:
    row = country.cities.loc[city]
    fields = {"bound_only": False, "gap": GAP, "time_limit": None, "threads": 1, "memory_mb": 0.0} | changes
    sizes = {name: int(row[name]) for name in ("counties", "townships", "subdistricts")}
    return CityTask(
        city=city, name=row["name"], seed=country.city_seed(city), posts=posts, policy=country.policy, **sizes, **fields
    )


def test_what_a_worker_returns(country):
    found = solve_city(task_of(country, "1"))
    assert found["status"] == "proven"
    assert found["township_powers"] == 2 * 433
    assert found["objective"] <= found["bound"]
    assert found["gap"] == relative_gap(found["objective"], found["bound"])
    assert found["peak_mb"] > 10
    bounded = solve_city(task_of(country, "1", bound_only=True))
    assert (bounded["status"], bounded["objective"]) == ("bounded", None)
    assert bounded["bound"] >= found["objective"]


def test_a_city_that_no_plan_fits_takes_nobody_with_it(country):
    strict = country.replace(policy=Policy(officers_min=50))
    found = solve_city(task_of(strict, "1"))
    assert (found["status"], found["objective"]) == ("infeasible", None)
    assert "No plan can keep all the rules" in found["note"]
    assert solve_city(task_of(strict, "1", bound_only=True))["status"] == "infeasible"


def test_a_search_is_stopped_at_the_limit_of_memory(country):
    found = solve_city(task_of(country, "3", memory_mb=1.0))
    assert found["note"] == "stopped at 1 MB of memory"
    assert found["status"] != "proven"


# The whole.


def test_every_city_has_a_proven_plan_and_the_pool_is_shared_out(solved):
    plan, _ = solved
    table = plan.cities
    assert table["status"].to_list() == ["proven", "proven", "proven", "no_units"]
    assert plan.complete
    assert plan.status == "proven"
    assert plan.objective == pytest.approx(table["objective"].sum())
    assert 0 < table["posts_given"].sum() <= POOL.posts
    assert set(table["posts_given"]) <= {0, 2, 4}
    assert (table["objective"].dropna() >= table["objective_without"].dropna()).all()
    assert table["township_powers"].to_list() == [2 * 433, 4 * 433, 6 * 433, 0]


@pytest.mark.slow
def test_the_bound_holds_for_every_way_to_share_out_the_pool(solved, country):
    plan, _ = solved
    shares = [share for share in product(POOL.choices, repeat=3) if sum(share) <= POOL.posts]
    worth = {
        (city, posts): solve_city(task_of(country, city, posts))["objective"]
        for city in ("1", "2", "3")
        for posts in POOL.choices
    }
    sums = [sum(worth[city, posts] for city, posts in zip("123", share, strict=True)) for share in shares]
    assert len(sums) == 17  # 27 less those of 8, 8, 8, 8, 8, 8, 10, 10, 10 and 12 posts
    assert max(sums) <= plan.bound
    assert plan.objective >= max(sums) - GAP * plan.bound


def test_what_is_done_is_not_done_again(solved, cluster, country):
    plan, folder = solved
    told = []
    again = solve_country(country, GAP, scheduler=cluster.scheduler_address, folder=folder, report=told.append)
    assert told
    assert all(found["kept"] for found in told)
    assert again.cities.equals(plan.cities)
    assert (again.objective, again.bound) == (plan.objective, plan.bound)


def test_a_changed_scenario_takes_up_nothing_of_another_one(solved, cluster, country):
    _, folder = solved
    told = []
    changed = Country(cities(), seed=7, policy=Policy(officers_min=1))
    solve_country(changed, GAP, scheduler=cluster.scheduler_address, folder=folder, sample=1, report=told.append)
    assert [found["kept"] for found in told] == [False]
    told.clear()
    other_seed = country.replace(seed=8, pool=None)
    solve_country(other_seed, GAP, scheduler=cluster.scheduler_address, folder=folder, sample=1, report=told.append)
    assert [found["kept"] for found in told] == [False]


def test_a_killed_worker_loses_nothing(cluster, country, tmp_path):
    killed = []

    def kill_one(found) -> None:
        if not killed:
            busy = next(iter(cluster.workers.values())).pid
            killed.append(busy)
            psutil.Process(busy).kill()

    plan = solve_country(
        country.replace(pool=None), GAP, scheduler=cluster.scheduler_address, folder=tmp_path / "done", report=kill_one
    )
    assert killed
    assert not psutil.pid_exists(killed[0]) or psutil.Process(killed[0]).status() == psutil.STATUS_ZOMBIE
    assert plan.solved["status"].to_list() == ["proven"] * 3
    assert len(list((tmp_path / "done").glob("*.json"))) == 3


@pytest.mark.slow
def test_what_was_stopped_goes_on_from_there(cluster, country, tmp_path):
    stop = threading.Event()
    first, second = [], []

    def stop_at_first(found) -> None:
        first.append(found["city"])
        stop.set()

    stopped = solve_country(
        country, GAP, scheduler=cluster.scheduler_address, folder=tmp_path / "done", stop=stop, report=stop_at_first
    )
    assert not stopped.complete
    assert stopped.status == "interrupted"
    assert "not_done" in set(stopped.cities["status"])
    assert stopped.price is None  # nothing is shared out by halves
    kept = len(list((tmp_path / "done").glob("*.json")))
    assert kept == len(first) > 0
    whole = solve_country(
        country, GAP, scheduler=cluster.scheduler_address, folder=tmp_path / "done", report=second.append
    )
    assert whole.complete
    assert sum(found["kept"] for found in second) == kept


@pytest.mark.slow
def test_a_local_cluster_is_made_where_no_other_is_named(country, tmp_path):
    plan = solve_country(country.replace(pool=None), GAP, sample=1, workers=1)
    assert plan.workers == 1
    assert len(plan.solved) == 1
    assert plan.options["memory_mb"] > 0


@pytest.mark.slow
def test_a_sample_takes_a_city_of_each_class_and_says_what_all_would_take(cluster, country):
    plan = solve_country(country, GAP, scheduler=cluster.scheduler_address, sample=2)
    # Sizes 2, 5 and 6: the classes are the two smaller ones, of which the larger stands in the middle, and the largest.
    assert plan.classes[["cities", "units_least", "units_most", "city"]].to_numpy().tolist() == [
        [2, 2, 5, "2"], [1, 6, 6, "3"],
    ]  # fmt: skip
    assert plan.classes["seconds_of_class"].tolist() == (plan.classes["cities"] * plan.classes["seconds"]).tolist()
    assert list(plan.cities.index) == ["2", "3"]
    # 11 of 13 units: 6 x 11 / 13 = 5.08 posts, 2.5 lots; halves are rounded to the even number.
    assert plan.pool_posts == 6
    seconds = plan.classes["seconds_of_class"].sum()
    assert country_record(plan)["estimate"]["seconds"] == pytest.approx(seconds)
    assert f"in all {seconds:,.0f} s; / {plan.workers} workers" in country_text(plan)


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({"sample": 4}, "sample"),
        ({"sample": 0}, "sample"),
        ({"gap": -1}, "gap"),
        ({"workers": 0}, "jobs"),
        ({"workers": 2, "scheduler": "tcp://nowhere:1"}, "workers"),
        ({"memory_mb": -1}, "memory_mb"),
    ],
)
def test_options_that_are_not_allowed_are_told(country, options, column):
    [fault] = faults_of(lambda: solve_country(country, **options))
    assert fault.column == column


def test_a_country_without_units_is_told():
    [fault] = faults_of(lambda: solve_country(Country(cities().iloc[[3]], 1)))
    assert "no city with a township" in fault.message


def test_a_scheduler_that_does_not_answer_is_told(country, monkeypatch):
    from devolve_opt.studies import cluster as room

    monkeypatch.setattr(room, "_PATIENCE_SECONDS", 1)
    [fault] = faults_of(lambda: solve_country(country, scheduler="tcp://127.0.0.1:9"))
    assert (fault.column, fault.value) == ("--scheduler", "tcp://127.0.0.1:9")


def test_without_dask_the_remedy_is_told(country, monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(study.usual_workers.__globals__["importlib"], "import_module", missing)
    [fault] = faults_of(lambda: solve_country(country))
    assert "pip install 'devolve-opt[cluster]'" in fault.message


# What is shown.


def test_a_country_is_written_whole_and_says_what_is_invented(solved, tmp_path):
    plan, _ = solved
    write_country(plan, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "cities.csv", "cities.parquet", "summary.txt", "country.png", "country.svg", "country.json",
    }  # fmt: skip
    record = json.loads((tmp_path / "out" / "country.json").read_text(encoding="utf-8"))
    assert record["synthetic"] is True
    assert record["status"] == "proven"
    assert record["objective"] <= record["bound"]
    assert record["cities_by_status"] == {"proven": 3, "no_units": 1}
    assert record["pool"]["posts_given"] == plan.cities["posts_given"].sum()
    assert record["estimate"] is None
    text = (tmp_path / "out" / "summary.txt").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in text
    assert "no figure says anything about the real city" in text
    assert "4 cities: 12 townships and 1 subdistrict, 5,196 take-ups decided." in text
    assert "SYNTHETIC DATA" in (tmp_path / "out" / "country.svg").read_text(encoding="utf-8")
    table = pd.read_csv(tmp_path / "out" / "cities.csv", dtype={"city": str})
    assert table["city"].to_list() == ["1", "2", "3", "4"]


def test_cities_that_ran_into_the_time_limit_are_counted(solved):
    plan, _ = solved
    assert plan.out_of_time == 0
    seconds = sorted(plan.solved["seconds"])
    shorter = replace(plan, options={**plan.options, "time_limit": seconds[1]})
    assert shorter.out_of_time == 2
    assert f"2 cities ran into the limit of {seconds[1]:,.0f} s" in country_text(shorter)


def test_a_country_of_which_nothing_is_done_claims_nothing(cluster, country, tmp_path):
    stop = threading.Event()
    stop.set()
    plan = solve_country(country, GAP, scheduler=cluster.scheduler_address, stop=stop)
    assert plan.solved.empty
    assert "No city has a plan." in country_text(plan)
    record = country_record(plan)
    assert (record["objective"], record["bound"], record["gap"]) == (None, None, None)
    write_country(plan, tmp_path / "out")


def test_results_are_kept_under_names_that_every_system_takes(country):
    task = task_of(country, "1", 4, bound_only=True)
    assert task.file_name == "1-4-bound.json"
    odd = {replace(task, city=city).file_name for city in ("a/b", "a:b", "市")}
    assert len(odd) == 3
    assert all(re.fullmatch(r"[0-9A-Za-z_-]+\.json", name) for name in odd)


# The shell.


@pytest.fixture
def land(write) -> Path:
    return write('title = "Land"\ncountry = "land"\nseed = 7\n[pool]\nposts = 4\nlot = 2\n')


@pytest.mark.slow
def test_run_knows_a_country_and_goes_on_where_it_was(land, tmp_path):
    words = ("run", land, "--gap", "0.02", "--sample", "1", "--workers", "1")
    done = shell(*words, cwd=tmp_path)
    assert done.returncode == DONE, done.stderr
    assert "A sample of 1 of 3 cities" in done.stdout
    assert "1 of 3: 乙市: proven" in done.stderr
    assert (tmp_path / "runs" / "land" / "sample" / "country.json").exists()
    assert not (tmp_path / "runs" / "land" / "country.json").exists()
    again = shell(*words, cwd=tmp_path)
    assert again.returncode == DONE
    assert "proven" not in again.stderr  # nothing was solved again


@pytest.mark.parametrize(
    ("words", "told_of"),
    [(("--method", "ratio"), "--method"), (("--sample", "9"), "sample"),
     (("--workers", "2", "--scheduler", "tcp://nowhere:1"), "workers")],
)  # fmt: skip
def test_options_that_a_country_has_no_use_for_are_bad_input(land, tmp_path, words, told_of):
    done = shell("run", land, *words, cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert told_of in done.stderr
    assert not (tmp_path / "runs").exists()


def test_options_of_a_country_are_refused_elsewhere(tmp_path):
    done = shell("run", ROOT / "scenarios" / "hand.toml", "--sample", "1", "--workers", "2", cwd=tmp_path)
    assert done.returncode == BAD_INPUT
    assert "2 faults" in told(done)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent another way there")
@pytest.mark.parametrize(
    "to_all",
    [
        pytest.param(False, id="to the command", marks=pytest.mark.slow),
        pytest.param(True, id="to all its processes, as a shell does", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_keeps_what_is_done_and_leaves_nothing_behind(land, tmp_path, to_all):
    words = [sys.executable, "-m", "devolve_opt.cli", "run", str(land), "--gap", "0.0001", "--workers", "2"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        start_new_session=True,
    ) as running:  # fmt: skip
        for line in running.stderr:
            if "1 of " in line:
                break
        (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
        shown, said = running.communicate(timeout=60)
    assert running.returncode == NO_PLAN
    assert "NOT COMPLETE" in shown
    # Nothing else is said: no traceback of a worker, no warning of semaphores that were left behind.
    last = "Stopped before it was finished; what is done is kept, the same command goes on from there."
    # A city that is done in the same moment may still be told.
    lines = [line for line in said.splitlines() if line.strip() and not re.match(r"\d of \d+: ", line)]
    assert " ".join(" ".join(lines).split()) == last
    assert list((tmp_path / "runs" / "land" / "done").glob("*.json"))
    assert until(lambda: not living(running.pid), 10)


def living(group: int) -> list[psutil.Process]:
    """Return the processes of a group that have not ended."""
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group:
                found.append(process)
    return found


# What goes on where the workers are.


def at_work(client) -> bool:
    return any(client.run(still_at_work).values())


def until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", ["stopped", pytest.param("client gone", marks=pytest.mark.slow)])
def test_tasks_on_a_cluster_that_stands_already_end_when_nobody_waits_for_them(cluster, country, how):
    # A city that takes minutes to the last digit.
    task = replace(task_of(country, "3", gap=0.0), townships=120, counties=6)
    with distributed.Client(cluster) as looking:
        if how == "stopped":
            stop = threading.Event()
            with crew(None, cluster.scheduler_address, 0.0, stop) as hands:
                threading.Timer(4.0, stop.set).start()
                hands.work(solve_city, [task], lambda task, result: pytest.fail("it was not stopped"))
        else:
            with distributed.Client(cluster.scheduler_address, set_as_default=False) as asking:
                future = asking.submit(solve_city, task, pure=False)
                assert until(lambda: at_work(looking), 20)
                time.sleep(3)
                assert not future.done()
        assert until(lambda: not at_work(looking), 15)


def test_outside_a_worker_nothing_is_cancelled():
    assert cancelled_here()() is False
