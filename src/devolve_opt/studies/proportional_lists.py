"""Proportional lists: the guide list of proportional approval voting, proven best."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from devolve_opt.formulation.proportional_lists import build_proportional_list
from devolve_opt.rules.choice_rules import Ballots
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import compile_matrix

ROUNDED = 1e-7
"""What two scores may differ by and be the same."""


def proportional_list(ballots: Ballots, control: Control, threads: int = 1) -> list[str] | None:
    """Return the powers of a list with the most that proportional approval voting can count.

    Args:
        ballots: who chose what, and how many places there are.
        control: when to stop.
        threads: threads for HiGHS.

    Returns:
        The powers, in the order of the power table: those that the rule lists power by power, if no list counts more.
        None if it was stopped, or the time was up before that was proven.
    """
    by_power = ballots.listed_by("pav")
    chosen = {str(town): list(powers) for town, powers in ballots.chosen.groupby("township", sort=False)["power"]}
    if control.stopped:
        return None
    if not ballots.seats:
        return by_power
    model = build_proportional_list(chosen, ballots.powers, ballots.seats)
    matrix = compile_matrix(model)
    with Engine(matrix, control, threads) as engine:
        answer = engine.solve(mip_rel_gap=0.0, mip_abs_gap=ROUNDED / 10)
    if answer.outcome is not Outcome.OPTIMAL or answer.solution is None:
        return None
    matrix.set_values(np.where(matrix.integer, np.round(answer.solution), answer.solution))
    best = [power for power in ballots.powers if power in model.on_list and model.on_list[power].value > 0.5]
    return by_power if score(ballots, by_power) >= score(ballots, best) - ROUNDED else best


def score(ballots: Ballots, powers: Iterable[str]) -> float:
    """Return what proportional approval voting counts for a list: 1 + 1/2 + ... + 1/n for n listed choices, summed."""
    listed = ballots.covered(powers)["listed"].to_numpy(int)
    return float(np.concatenate([[0.0], np.cumsum(1 / np.arange(1, listed.max(initial=0) + 1))])[listed].sum())
