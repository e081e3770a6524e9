"""Linear programmes that are solved again and again from where they stand; runs in the child."""

from __future__ import annotations

from typing import Any

import highspy
from scipy.sparse import csr_array

LP_SECONDS = 20.0
"""A linear programme that takes longer is begun anew: warm starts have been seen to go round in circles."""
SCRATCH_SECONDS = 120.0
"""The same for a run from scratch: the lists of 332 townships have been seen to take half a minute."""


class BreakdownError(RuntimeError):
    """HiGHS gave no answer to a linear programme that must have one."""


def linear_programme(arrays: dict[str, Any], rows: csr_array) -> highspy.Highs:
    """Return a HiGHS instance with the maximisation of `costs`, `lower`, `upper`, `row_lower`, `row_upper` loaded."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows.shape
    lp.col_cost_, lp.offset_ = arrays["costs"], arrays.get("offset", 0.0)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_lower_, lp.col_upper_ = arrays["lower"], arrays["upper"]
    lp.row_lower_, lp.row_upper_ = arrays["row_lower"], arrays["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise BreakdownError("HiGHS refuses a part of the model")
    return highs


def optimise(highs: highspy.Highs, seconds: float = LP_SECONDS, confirm: bool = True) -> bool:
    """Solve a linear programme from where it stands; return whether it has a solution.

    Args:
        highs: holds the programme.
        seconds: after which it is begun anew, once.
        confirm: whether "infeasible" is believed only after a second run from scratch.

    Raises:
        BreakdownError: if HiGHS cannot tell.
    """
    optimal, infeasible = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible
    if _status(highs, seconds) == optimal:
        return True
    if highs.getModelStatus() == infeasible and not confirm:
        return False
    # "Infeasible", like everything else that is no optimum, is believed only after a second run from scratch.
    for solver in ("choose", "ipm"):
        highs.clearSolver()
        highs.setOptionValue("solver", solver)
        status = _status(highs, max(SCRATCH_SECONDS, seconds))
        highs.setOptionValue("solver", "choose")
        if status in (optimal, infeasible):
            return bool(status == optimal)
    raise BreakdownError(highs.modelStatusToString(status))


def _status(highs: highspy.Highs, seconds: float) -> highspy.HighsModelStatus:
    highs.setOptionValue("time_limit", highs.getRunTime() + seconds)
    highs.run()
    return highs.getModelStatus()
