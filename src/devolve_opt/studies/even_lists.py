"""Even lists: the guide list that serves the group of townships served least as well as can be, then the next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.formulation.even_lists import build_even_list
from devolve_opt.rules.choice_rules import Ballots
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import compile_matrix

CLOSE = 1e-4
"""How near to the best each sum of shares is proven: a hundredth of a percentage point."""
ROUNDED = 1e-7
"""What a sum of shares may fall short of the one found, by rounding."""


def even_list(ballots: Ballots, groups: pd.Series, control: Control, threads: int = 1) -> list[str] | None:
    """Return the powers of the list that is even to groups of townships (leximin), in the order of the power table.

    Args:
        ballots: who chose what, and how many places there are.
        groups: group of each township, by id.
        control: when to stop.
        threads: threads for HiGHS.

    Returns:
        The powers; each sum of least shares is within `CLOSE` of the best. None if it was stopped, or the time was up
        before that was proven.
    """
    chosen = ballots.chosen.assign(group=ballots.chosen["township"].map(groups).astype("str"))
    choices = pd.crosstab(chosen["power"], chosen["group"])
    # What nobody chose serves nobody.
    choices = choices.loc[[power for power in ballots.powers if power in choices.index]]
    sums: list[float] = []
    on: list[str] = []
    for _ in choices.columns:
        if control.stopped:
            return None
        model = build_even_list(choices, ballots.seats, sums)
        matrix = compile_matrix(model)
        with Engine(matrix, control, threads) as engine:
            answer = engine.solve(mip_rel_gap=0.0, mip_abs_gap=CLOSE)
        if answer.outcome is not Outcome.OPTIMAL or answer.solution is None:
            return None
        matrix.set_values(np.where(matrix.integer, np.round(answer.solution), answer.solution))
        on = [str(power) for power in choices.index if model.on_list[power].value > 0.5]
        shares = np.sort((choices.loc[on].sum() / choices.sum()).to_numpy(float))
        sums = [float(shares[:count].sum()) - ROUNDED for count in range(1, len(sums) + 2)]
    return on
