"""The same again: another hash seed and other numbers of threads give the very same plan."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from modelling import ROOT, hand_scenario, small_case, small_policy

TABLES = ("guide_list", "take_up", "ready", "posts", "officers", "stations", "duties")


def tied() -> Scenario:
    """Return a scenario with many best plans: four powers that are alike, of which two may be listed."""
    towns = {f"T{number}": {} for number in range(1, 7)}
    powers = {f"P{number}": {} for number in range(1, 5)}
    votes = {(town, power): 3 for town in towns for power in powers}
    return Scenario(small_case(towns, powers, votes), small_policy(guide_list_max=2, base_list_max=2), "Tied")


def digests(threads: int, whole: bool) -> list[str]:
    """Return a digest of what each plan decides."""
    scenarios = [hand_scenario(), tied()]
    if whole:
        scenarios.append(Scenario.read(ROOT / "scenarios" / "pilot-district.toml"))
    plans = [solve(scenario, gap=0 if len(scenario.data.townships) < 10 else 0.002, threads=threads, explain=False)
             for scenario in scenarios]  # fmt: skip
    return [
        sha256("".join(getattr(plan.decisions, table).to_csv() for table in TABLES).encode()).hexdigest()
        for plan in plans
    ]


def told_by(seed: str, threads: int, whole: bool = False) -> str:
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, __file__, str(threads), "whole" if whole else ""], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
    )  # fmt: skip
    return done.stdout.strip()


def test_another_hash_seed_and_other_threads_give_the_same_plan():
    told = {told_by(seed, threads) for seed, threads in [("0", 1), ("4242", 1), ("0", 2)]}
    assert len(told) == 1
    assert len(told.pop().split()) == 2


@pytest.mark.slow
def test_another_hash_seed_and_other_threads_give_the_same_plan_of_a_district():
    assert len({told_by(seed, threads, True) for seed, threads in product(("0", "1", "4242"), (1, 2))}) == 1


if __name__ == "__main__":
    print(*digests(int(sys.argv[1]), len(sys.argv) > 2 and sys.argv[2] == "whole"))
