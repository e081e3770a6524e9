"""Conflict: why no plan exists, as the least that the policy's rules would have to give.

Every rule that a policy sets gets a slack, and the solution with the least slack in all (each measured against its
limit: the policy's number where that is a count, else the right side of its row) says which rules clash, where, and by
how much. What follows from the data
or from definitions (a power is taken only if it is listed, county totals of posts) gives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from devolve_opt.language import tr
from devolve_opt.settings import Settings
from devolve_opt.solver.engine import Control, Engine, Outcome
from devolve_opt.solver.matrix import Matrix

LIST_IN_FORCE = "the guide list in force"
POSTS_IN_FORCE = "the posts in force"

POLICY_RULES = {
    "base_list_within_cap": ("base_list_max", "powers"),
    "guide_list_within_cap": ("guide_list_max", "powers"),
    "listing_hours_within_cap": ("listing_hours_max", "staff-hours a year"),
    "category_list_within_cap": ("category_list_max", "powers"),
    "base_list_kept": (LIST_IN_FORCE, "powers"),
    "category_list_kept": (LIST_IN_FORCE, "powers"),
    "base_list_taken": ("take_up_floor", "powers"),
    "goal_reached": ("goals", "staff-hours a year"),
    "pin_kept": ("pins", "powers"),
    "opened_within_cap": ("county_opening.opened_max", "powers"),
    "led_within_cap": ("office_heads.led_max", "offices"),
    "returned_within_cap": ("lent_returns.returned_max", "persons"),
    "managed_within_cap": ("stations.managed_max", "stations"),
    "devolved_within_cap": ("stations.devolved_max", "stations"),
    "managed_per_township_within_cap": ("stations.managed_per_township_max", "stations"),
    "unused_within_share": ("retention.share_max", "powers"),
    "matched_share_at_least": ("duties.matched_share_min", "duties"),
    "duty_load_within": ("duties.load_max", "staff-hours a year"),
    "held_stays": ("phases.withdrawal_price", "powers"),
    "new_powers_within_cap": ("new_powers_max", "powers"),
    "new_fields_within_cap": ("new_fields_max", "fields"),
    "overload_within_step": ("overload_steps", "staff-hours a year"),
    "hours_at_risk_within_stop": ("overload_steps", "staff-hours a year"),
    "workload_within_wall": ("wall_share", "staff-hours a year"),
    "posts_within_band": ("posts_band", "posts"),
    "posts_moved_within_cap": ("posts_moved_max", "posts"),
    "posts_kept": (POSTS_IN_FORCE, "posts"),
    "officers_at_least_minimum": ("officers_min", "officers"),
    "officers_cover_fields": ("fields_at_minimum", "fields"),
    "training_within_places": ("training_places_max", "certificates"),
    "officer_hours_sufficient": ("officer_hours_share", "officer-hours a year"),
    "offices_within_cap": ("offices_max", "offices"),
    "centres_within_cap": ("centres_max", "centres"),
    "office_staff_sufficient": ("office_staff_min", "persons"),
}
"""Rules that can give: constraint -> the policy's key behind it, and the unit.

In a text, a rule is shown as `tr(rule)`, which is the constraint's name in English, and an amount by `in_unit`.
"""

IMPLIED = ("officers_do_statutory_work",)
"""Rows that only repeat another rule, for a tighter relaxation: they give with it and are not counted twice."""

MOST = 1e7
"""More than any rule could have to give, in its unit."""


def in_unit(amount: str, unit: str) -> str:
    """Return an amount with one of the units of `POLICY_RULES`: `2 powers`."""
    return tr(f"{{n}} {unit}", n=amount)


@dataclass(frozen=True)
class Relaxation:
    """What one rule would have to give at one place: `amount` in `unit`; `place` is empty for the whole city.

    `cap` is the policy's number where the whole city shares it, and None else.
    """

    rule: str
    key: str
    place: str
    amount: float
    unit: str
    cap: int | None = None

    def __str__(self) -> str:
        """Return the relaxation as one line."""
        if self.cap is not None:
            return tr(
                "{key} {cap:,} would have to be {needed:,.6g} ({unit}; {rule})",
                key=tr(self.key), cap=self.cap, needed=self.cap + self.amount, unit=in_unit("", self.unit).strip(),
                rule=tr(self.rule),
            )  # fmt: skip
        said = {"key": tr(self.key), "amount": in_unit(f"{self.amount:,.6g}", self.unit), "rule": tr(self.rule)}
        if self.place:
            return tr("{key} would have to give {amount} at {place} ({rule})", place=self.place, **said)
        return tr("{key} would have to give {amount} ({rule})", **said)


@dataclass(frozen=True)
class Conflict:
    """The least total relaxation that lets a plan exist; `least` tells whether it is proven to be the least.

    Without any relaxation, it is proven that giving way on these rules does not help.
    """

    relaxations: tuple[Relaxation, ...]
    least: bool


def diagnose(matrix: Matrix, policy: Settings, control: Control, threads: int = 1) -> Conflict | None:
    """Return the least that the policy's rules would have to give, or None if that was not found in time.

    Args:
        matrix: a model without a solution.
        policy: the policy it was built for, or the settings of one instrument.
        control: when to stop.
        threads: threads for HiGHS.
    """
    soft, elastic = made_elastic(matrix, policy)
    with Engine(elastic, control, threads) as engine:
        answer = engine.solve(mip_rel_gap=1e-4)
    if answer.outcome is Outcome.INFEASIBLE:
        return Conflict((), True)
    if answer.solution is None:
        return None
    slacks = answer.solution[len(matrix.costs) :]
    found = []
    for row, amount in zip(np.repeat(soft, 2), slacks, strict=True):
        if amount > 1e-6:
            rule, key, unit, place, setting = described(matrix.row_names[row], policy)
            whole = isinstance(setting, int) and not place
            found.append(Relaxation(rule, key, place, float(amount), unit, setting if whole else None))
    return Conflict(tuple(found), answer.outcome is Outcome.OPTIMAL)


def made_elastic(matrix: Matrix, policy: Settings) -> tuple[NDArray[np.int64], Matrix]:
    """Return the rows of the policy's rules, shape (k,), and the matrix with two slacks, behind its columns, for each.

    The objective is the least slack in all, each measured against its limit.
    """
    rules = [name.partition("[")[0] for name in matrix.row_names]
    soft = np.array([rule in POLICY_RULES for rule in rules])
    implied = np.array([rule in IMPLIED for rule in rules])
    limits = _limits(matrix, policy, rules)[soft]
    return np.flatnonzero(soft), _with_slacks(_without(matrix, implied), np.flatnonzero(soft), limits)


def described(row: str, policy: Settings) -> tuple[str, str, str, str, Any]:
    """Return the rule of a row, the policy's key behind it, its unit, the place (or the pin), and the key's setting.

    The setting is None where the key is that of an instrument or of no setting.
    """
    rule, _, index = row.partition("[")
    key, unit = POLICY_RULES[rule]
    setting: Any = getattr(policy, key, None)
    place = str(setting[int(index[:-1])]) if rule == "pin_kept" else _place(rule, index.rstrip("]"))
    return rule, key, unit, place, setting


def _place(rule: str, index: str) -> str:
    if rule == "overload_within_step":
        township, step = index.rsplit(",", 1)
        return tr("{township}, step {step}", township=township, step=int(step) + 1)
    return index.replace(",", ", ")


def _without(matrix: Matrix, rows: np.ndarray) -> Matrix:
    """Return the matrix with some rows that no longer say anything."""
    return replace(
        matrix,
        row_lower=np.where(rows, -np.inf, matrix.row_lower),
        row_upper=np.where(rows, np.inf, matrix.row_upper),
    )


def _limits(matrix: Matrix, policy: Settings, rules: list[str]) -> np.ndarray:
    """Return what each row's slack is measured against, shape (m,)."""
    sides = np.where(np.isfinite(matrix.row_upper), matrix.row_upper, matrix.row_lower)
    settings = [getattr(policy, POLICY_RULES[rule][0], None) if rule in POLICY_RULES else None for rule in rules]
    numbers = [number if isinstance(number, int) else side for number, side in zip(settings, sides, strict=True)]
    return np.array(numbers, dtype=float)


def _same_stop(matrix: Matrix, soft: np.ndarray) -> dict[int, int]:
    """Return, by row of a hard stop with what is at risk, the place in `soft` of the township's last step."""
    last: dict[str, int] = {}
    for place, row in enumerate(soft.tolist()):
        rule, _, index = matrix.row_names[row].partition("[")
        if rule == "overload_within_step":
            last[index.rpartition(",")[0]] = place  # steps come in their order
    rows = {row: matrix.row_names[row].partition("[") for row in soft.tolist()}
    return {
        row: last[index.rstrip("]")] for row, (rule, _, index) in rows.items()
        if rule == "hours_at_risk_within_stop" and index.rstrip("]") in last
    }  # fmt: skip


def _with_slacks(matrix: Matrix, soft: np.ndarray, limits: np.ndarray) -> Matrix:
    """Return the matrix with two slacks for each soft row, upwards and downwards, and their cost as the objective."""
    count = len(soft)
    rows, columns = np.repeat(soft, 2), np.arange(2 * count)
    signs = np.tile([1.0, -1.0], count)
    # Bounds that repeat a rule must give with it.
    bounded_by_rules = matrix.columns_of("overload", "posts_gained")
    parts_of_goals = matrix.columns_of("goal_part")
    # The hard stop stands in two rows where hours are uncertain: it gives once, and the second row by what is at risk.
    again = [(row, 2 * place + side) for row, place in _same_stop(matrix, soft).items() for side in (0, 1)]
    rows = np.r_[rows, [row for row, _ in again]].astype(np.int64)
    columns = np.r_[columns, [column for _, column in again]].astype(np.int64)
    signs = np.r_[signs, np.tile([1.0, -1.0], len(again) // 2)]
    slack = csr_array((signs, (rows, columns)), shape=(matrix.rows.shape[0], 2 * count))
    weight = np.repeat(1.0 / np.maximum(1.0, np.abs(limits)), 2)
    return replace(
        matrix,
        costs=np.concatenate([np.zeros_like(matrix.costs), -weight]),
        offset=0.0,
        rows=csr_array(hstack([matrix.rows, slack])),
        lower=np.concatenate([np.where(parts_of_goals, -100 * MOST, matrix.lower), np.zeros(2 * count)]),
        upper=np.concatenate([np.where(bounded_by_rules, MOST, matrix.upper), np.full(2 * count, MOST)]),
        integer=np.concatenate([matrix.integer, np.zeros(2 * count, dtype=bool)]),
        variables=[],
    )
