"""Many solves: what is kept is not done again, a stop loses nothing that is done, workers give the same answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from devolve_opt.errors import InputError, SolverError
from devolve_opt.solver.engine import Control
from devolve_opt.studies.alternatives import alternatives
from devolve_opt.studies.choice_rules import choice_rules
from devolve_opt.studies.front_solvers import Aims, FrontModel, _model_of
from devolve_opt.studies.frontier import frontier
from devolve_opt.studies.kept import digest_of
from devolve_opt.studies.looking import Look, Looking, Subject, Workers, _at_hand
from devolve_opt.studies.many import Hands, Job, solve_all
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.robust import robustness
from devolve_opt.studies.sensitivity import sensitivity
from devolve_opt.studies.solving import solve
from devolve_opt.studies.sweeping import sweep
from modelling import hand_scenario

JOBS = [Job(f"job {number}", f"job-{number}.json", digest_of(number), number) for number in range(1, 6)]


def squared(task, shared, control, report):
    return {"status": "proven", "gap": 0.0, "value": task**2 + shared}


def half_broken(task, shared, control, report):
    if task == 2:
        raise RuntimeError("no memory")
    return squared(task, shared, control, report)


def done(jobs, folder=None, solving=squared, control=None, hands=None, tell=lambda name, point: None):
    return solve_all(
        jobs, solving, 10, gap=0.0, time_limit=None, folder=folder, control=control or Control(None),
        hands=hands or Hands(), tell=tell, report=lambda step: None,
    )  # fmt: skip


def test_what_is_kept_is_not_done_again(tmp_path):
    asked: list[int] = []

    def counted(task, shared, control, report):
        asked.append(task)
        return squared(task, shared, control, report)

    done(JOBS[:3], tmp_path, counted)
    found = done(JOBS, tmp_path, counted)
    assert asked == [1, 2, 3, 4, 5]
    assert {name: point["value"] for name, point in found.items()} == {f"job {n}": n**2 + 10 for n in range(1, 6)}
    # Another key is another job.
    done([Job("job 1", "job-1.json", digest_of("other"), 1)], tmp_path, counted)
    assert asked[-1] == 1


def test_a_stop_keeps_what_is_done(tmp_path):
    control = Control(None)
    found = done(JOBS, tmp_path, control=control, tell=lambda name, point: name == "job 2" and control.stop())
    assert list(found) == ["job 1", "job 2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job-1.json", "job-2.json"]


def test_a_job_that_was_stopped_at_work_is_dropped(tmp_path):
    found = done(JOBS, tmp_path, lambda task, shared, control, report: None)
    assert found == {}
    assert not list(tmp_path.iterdir())


def test_workers_are_counted_or_a_scheduler_is_named():
    assert Hands().here
    assert not Hands(2).here
    with pytest.raises(InputError, match=r"at least 1[\s\S]*leave one out"):
        Hands(0, "tcp://host:8786")


def test_workers_do_the_same_and_what_breaks_is_told_after_the_rest(tmp_path):
    with pytest.raises(SolverError, match=r"not done: job 2 \(RuntimeError: no memory\); what is done is kept"):
        done(JOBS, tmp_path, half_broken, hands=Hands(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"job-{number}.json" for number in (1, 3, 4, 5)]
    assert done(JOBS, tmp_path, hands=Hands(1)) == done(JOBS)


def slow(task, shared, control, report):
    time.sleep(1.5)
    return squared(task, shared, control, report)


def test_a_scheduler_that_is_killed_is_told_and_what_is_done_is_kept(tmp_path, capfd):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    commands = [
        ["distributed.cli.dask_scheduler", "--port", address.rpartition(":")[2], "--dashboard-address", ":0"],
        ["distributed.cli.dask_worker", address, "--nworkers", "1", "--nthreads", "1", "--no-dashboard"],
    ]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", *command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for command in commands
    ]
    try:
        with pytest.raises(SolverError, match="the cluster went away; what is done is kept"):
            done(JOBS, tmp_path, slow, hands=Hands(None, address), tell=lambda name, point: running[0].kill())
    finally:
        for process in running:
            process.kill()
            process.wait()
    kept = {path.name for path in tmp_path.iterdir()}
    assert "job-1.json" in kept and len(kept) < len(JOBS)
    assert "Traceback" not in capfd.readouterr().err
    asked: list[int] = []

    def counted(task, shared, control, report):
        asked.append(task)
        return squared(task, shared, control, report)

    assert len(done(JOBS, tmp_path, counted)) == len(JOBS)
    assert len(asked) == len(JOBS) - len(kept)


@pytest.fixture(scope="module")
def plan():
    return solve(hand_scenario(), gap=0)


def test_a_sweep_on_workers_finds_what_it_finds_here_and_takes_up_what_is_kept(tmp_path):
    told: list[tuple[float, bool]] = []

    def tell(point):
        told.append((point["value"], point["kept"]))

    here = sweep(hand_scenario(), "guide_list_max", [1, 2], 0.0, folder=tmp_path, report=tell)
    assert sorted(told) == [(1, False), (2, False)]
    told.clear()
    there = sweep(hand_scenario(), "guide_list_max", [1, 2, 3], 0.0, folder=tmp_path, report=tell, hands=Hands(1))
    assert sorted(told) == [(1, True), (2, True), (3, False)]
    pd.testing.assert_frame_equal(there.iloc[:2], here)
    whole = sweep(hand_scenario(), "guide_list_max", [3], 0.0)
    assert there["objective"].iloc[2] == whole["objective"].iloc[0]
    assert set(there.attrs["decisions"]) == {1.0, 2.0, 3.0}


def test_workers_search_fronts_as_is_done_here():
    scenario, goals = hand_scenario(), ["readiness", "choices_met"]
    fronts = [frontier(scenario, goals, hands=hands).points.drop(columns="seconds") for hands in (Hands(), Hands(1))]
    pd.testing.assert_frame_equal(*fronts)


@pytest.mark.slow
def test_workers_look_into_powers_and_solve_rules_as_is_done_here(plan):
    here, there = (alternatives(hand_scenario(), 0.05, hands=hands) for hands in (Hands(), Hands(2)))
    columns = ["power", "listed", "status", "loss_least", "loss_most"]
    pd.testing.assert_frame_equal(there.powers[columns], here.powers[columns])
    rules = [choice_rules(plan, gap=0, hands=hands).rules for hands in (Hands(), Hands(1))]
    pd.testing.assert_frame_equal(*rules)


def test_another_model_on_a_worker_is_refused(plan):
    aims = Aims(hand_scenario(), ("readiness", "choices_met"), 0.0, None, 1)
    with pytest.raises(SolverError, match="another model"):
        _model_of("0" * 64, aims)
    subject = Subject(plan, 0.05, 1, "0" * 64)
    with pytest.raises(SolverError, match="another model"), _at_hand(subject, Control(None)):
        pass


def test_searches_on_workers_share_the_time_that_is_left(plan, monkeypatch):
    class Stub:
        workers = 2

        def work(self, function, errands, take, shared, over):
            self.seconds, self.over = [errand.seconds for errand in errands], over

    prepared = Models().prepare(plan.scenario.data, plan.scenario.policy, plan.decisions)
    looking, there = Looking(plan, prepared, 0.05, Control(None), 1), Stub()
    powers = list(looking.listing.powers.values())
    Workers(looking, plan, 0.05, 1, there).look(Look.SEARCH, powers, [], Control(100.0), lambda *told: None)
    # Four powers on two workers, one after the other on each: half of 100 s for each.
    assert there.seconds == pytest.approx([50.0] * 4, abs=1)
    assert not there.over()
    later = time.monotonic() + 115
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert there.over()


def test_a_worker_takes_no_model_of_an_earlier_study():
    # Workers of a cluster outlive a study: the next one has other caps, another gap, another plan.
    one, goals = hand_scenario(), ("readiness", "choices_met")
    other = one.replace(policy={"guide_list_max": 1})
    marks = []
    for scenario, gap in ((one, 0.0), (one, 0.05), (other, 0.0)):
        aims = Aims(scenario, goals, gap, None, 1)
        marks.append(FrontModel(aims).matrix.mark)
        model, _ = _model_of(marks[-1], aims)
        assert (model.gap, model.aims.scenario) == (gap, scenario)
    assert marks[0] != marks[2]
    with pytest.raises(SolverError, match="another model"):
        _model_of(marks[0], Aims(other, goals, 0.0, None, 1))


@pytest.mark.slow
def test_studies_on_workers_find_what_they_find_here(plan, tmp_path):
    here = robustness(plan, 2, gap=0, threads=1)
    there = robustness(plan, 2, gap=0, threads=1, hands=Hands(2), folder=tmp_path)
    pd.testing.assert_frame_equal(there.futures, here.futures)
    vary = {"guide_list_max": (1.0, 4.0)}
    pd.testing.assert_frame_equal(
        sensitivity(plan, vary, 2, gap=0, threads=1, hands=Hands(2)).effects, sensitivity(plan, vary, 2, gap=0).effects
    )
