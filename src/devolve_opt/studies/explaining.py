"""Explanations: why a township has a power or not, why a list holds one, what a post or an officer is worth there.

Each answer rests on solved counterfactuals. A township is solved by itself, to the proof, while lists, posts, officers
and what counties opened stay as the plan has them: with the power and without it, and again with one more officer, two,
and so on, until the answer turns. What deciding otherwise costs everybody lies between what a plan shows and a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devolve_opt.audit import describe
from devolve_opt.errors import Fault, InputError
from devolve_opt.frozen import FrozenFrames
from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control, stop_on_interrupt
from devolve_opt.solver.flips import Flip, Flips
from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.facts import Pair, facts_of_pair, facts_of_power, facts_of_township
from devolve_opt.studies.levers import TownshipAlone
from devolve_opt.studies.listing import Listing
from devolve_opt.studies.options import check_options, refuse_added_rules
from devolve_opt.studies.prepared import Models, Prepared
from devolve_opt.studies.search import search_of
from devolve_opt.studies.solving import with_decisions
from devolve_opt.vocabulary import BASE_LIST, Category

Array = NDArray[np.float64]
GOAL_ROWS = ("goal_reached[", "goal_part_counted[")
"""Rows of the goals that come before the rest of the worth."""
CLOSE = 1e-4
"""Relative gap to which a single decision taken otherwise is searched."""
LIST_CAPS = ("base_list_within_cap", "guide_list_within_cap", "category_list_within_cap")
MORE_ROOM = (1, 3)
"""Places more on every list for which a power that is not listed is tried."""


@dataclass(frozen=True, eq=False)
class Effect:
    """What deciding one thing otherwise costs everybody, staff-hours a year.

    Attributes:
        least: no plan that decides it otherwise loses less against the plan; below 0 where one may be better; infinite
            where none keeps the rules.
        most: a plan that does so loses so much; infinite where none was found.
        plan: that plan, audited; None where none was found.
    """

    least: float
    most: float
    plan: Plan | None


@dataclass(frozen=True, eq=False)
class Explanation(FrozenFrames):
    """An answer to one question about a plan.

    Attributes:
        plan: what it is about.
        township, power: the question: both for a take-up, the power for its lists, the township for posts and officers.
        facts: figures and words, by name; all that JSON can hold.
        changes: solved counterfactuals. For a take-up a row for each thing that could change, columns `change`, `unit`;
            `amount` (the least that turns the answer, <NA> where none does), `tried` (up to which it was tried),
            `loss_at_one`, `loss_at_amount` (what taking the power then costs the township, staff-hours a year, below 0
            where it gains, infinite where it cannot). Else columns `change`, `unit`, `amount`, `worth` (staff-hours a
            year, -inf where nothing keeps the rules): of a power that is not listed, how much more a plan that lists it
            is worth if every list holds so many more; of a township, what it then gains at best, the price of the
            change not counted.
        effect: on the whole; None where it was not asked for, or the question sets rules of the scenario aside.
    """

    plan: Plan
    township: str | None
    power: str | None
    facts: Mapping[str, Any]
    changes: pd.DataFrame
    effect: Effect | None = None

    @property
    def lists_otherwise(self) -> pd.DataFrame:
        """Return what stands otherwise on the guide list in the plan of `effect`: what goes for what comes.

        Returns:
            Columns `list`, `power`, `listed` (whether it is there, then), `townships` (that take the power in the plan
            that has it there); in the order of the lists and the powers, those that leave a list first.
        """
        columns = ["list", "power", "listed", "townships"]
        if self.effect is None or self.effect.plan is None:
            return pd.DataFrame(columns=columns)
        here, there = (_entries(plan) for plan in (self.plan, self.effect.plan))
        gone, come = here.index.difference(there.index), there.index.difference(here.index)
        changed = pd.concat([here.loc[gone].assign(listed=False), there.loc[come].assign(listed=True)])
        changed = changed.reset_index()
        lists = [BASE_LIST, *map(str, self.plan.scenario.policy.own_list_categories)]
        place = changed["list"].map(lists.index)
        in_order = changed.assign(place=place).sort_values(["place", "listed", "power"], kind="stable")
        return in_order[columns].reset_index(drop=True)


def _entries(plan: Plan) -> pd.DataFrame:
    """Return how many townships take each power, by list and power of the guide list."""
    takers = plan.take_up.groupby("power").size()
    listed = plan.guide_list[["list", "power"]].astype("str")
    townships = takers.reindex(listed["power"]).fillna(0).astype("int64").to_numpy()
    return listed.assign(townships=townships).set_index(["list", "power"])


def explain(
    plan: Plan,
    township: str | None = None,
    power: str | None = None,
    time_limit: float | None = 60.0,
    threads: int = 2,
    *,
    whole: bool = True,
    prove: bool = False,
    control: Control | None = None,
) -> Explanation:
    """Explain a take-up (township and power), a power's lists (power), or a township's posts and officers (township).

    Args:
        plan: a plan that keeps every rule.
        township: its id.
        power: its id.
        time_limit: seconds for proving what it costs everybody at least; the rest takes some seconds more.
        threads: threads for HiGHS.
        whole: whether to find the effect on the whole.
        prove: whether to prove its lower end on large cases too, where that takes a minute or more.
        control: when to stop, for callers that stop it themselves; replaces `time_limit`.

    Raises:
        InputError: if neither is given, an id is not known, or the plan breaks rules.
        SolverError: if the solver breaks down or is stopped before the township is settled.
    """
    check_options(time_limit=time_limit, threads=threads)
    refuse_added_rules(plan)
    _check(plan, township, power)
    own = control is None
    control = control or Control(time_limit)
    with stop_on_interrupt(control.stop) if own else nullcontext():
        ask = _Asking(plan, threads, whole, prove, control)
        if township is None:
            assert power is not None
            return ask.why_listed(power)
        return ask.why_people(township) if power is None else ask.why_taken(township, power)


def _check(plan: Plan, township: str | None, power: str | None) -> None:
    tables = plan.scenario.data.tables
    faults = []
    if township is None and power is None:
        faults.append(Fault(tr("give a township, a power, or both."), column="township, power"))
    if township is not None and township not in tables["townships"].index:
        faults.append(Fault(tr("no such township in the case."), column="township", value=str(township)))
    if power is not None and power not in tables["powers"].index:
        faults.append(Fault(tr("no such power in the case."), column="power", value=str(power)))
    if plan.audit.breaches:
        breaches = describe(plan.audit.breaches, 3)
        message = tr("breaks rules, so that it cannot be explained by them: {breaches}", breaches=breaches)
        faults.append(Fault(message, column="plan"))
    if faults:
        raise InputError(faults)


@dataclass
class _Asking:
    plan: Plan
    threads: int
    whole: bool
    prove: bool
    control: Control

    def why_taken(self, township: str, power: str) -> Explanation:
        """Answer for a take-up."""
        pair = Pair(self.plan, township, power)
        facts = facts_of_pair(pair)
        if facts["excluded"] or facts["category"] == Category.SUBDISTRICT:
            return Explanation(self.plan, township, power, facts, pd.DataFrame())
        case, policy = pair.without_obstacles
        prepared = Models().prepare(case, policy, self.plan.decisions)
        pinning = {f"pin_kept[{number}]" for number in pair.pins_in(policy)}
        with self._alone(township, prepared, prepared.matrix.without_rows(pinning)) as alone:
            found = alone.with_and_without(power)
            changes = alone.changes(power, found)
        facts |= alone.figures(power, found)
        effect = None
        if self.whole and not facts["set_aside"]:
            listing = Listing(self.plan, prepared)
            flip = listing.flip_of_pair(township, power)
            effect = self._effect(prepared, listing, flip, lambda flips: flips.plainly([flip]))
        return Explanation(self.plan, township, power, facts, changes, effect)

    def why_listed(self, power: str) -> Explanation:
        """Answer for a power's lists."""
        facts = facts_of_power(self.plan, power)
        effect, changes = None, pd.DataFrame(columns=["change", "unit", "amount", "worth"])
        if self.whole and not facts["excluded"]:
            prepared = self._prepared()
            listing = Listing(self.plan, prepared)
            known = listing.powers.get(power)
            if known is not None:
                changes = self._with_more_room(listing, prepared, power)
                room, on = listing.least_taken(), known.on
                effect = self._effect(
                    prepared, listing, known.flip,
                    lambda flips: flips.plainly([known.flip]) if on else listing.put_on(power, flips, room),
                )  # fmt: skip
        return Explanation(self.plan, None, power, facts, changes, effect)

    def _with_more_room(self, listing: Listing, prepared: Prepared, power: str) -> pd.DataFrame:
        """Return what a plan that lists a power is worth beside this one if every list held more; none if it is listed.

        It is the best plan that keeps all but what concerns the power.
        """
        rows = []
        matrix = listing.matrix
        caps = np.array([name.split("[")[0] in LIST_CAPS for name in matrix.row_names])
        for amount in MORE_ROOM if not listing.powers[power].on else ():
            roomier = replace(matrix, row_upper=matrix.row_upper + amount * caps)
            unhurried = Control(None, self.control.event)
            with Flips(roomier, unhurried, listing.solution, -np.inf, self._search, prepared.carried, 1) as flips:
                worth, solution = listing.put_on(power, flips, [])
            if solution is not None and not listing.decided_otherwise(power, solution):
                worth = -np.inf
            rows.append(
                {"change": "list caps", "unit": "powers", "amount": amount, "worth": worth - self.plan.objective}
            )
        return pd.DataFrame(rows, columns=["change", "unit", "amount", "worth"])

    def why_people(self, township: str) -> Explanation:
        """Answer for a township's posts and officers."""
        facts = facts_of_township(self.plan, township)
        if facts["category"] == Category.SUBDISTRICT:
            return Explanation(self.plan, township, None, facts, pd.DataFrame())
        prepared = self._prepared()
        with self._alone(township, prepared, prepared.matrix) as alone:
            changes = alone.worth_of_people()
        return Explanation(self.plan, township, None, facts, changes)

    def _prepared(self) -> Prepared:
        return Models().prepare(self.plan.scenario.data, self.plan.scenario.policy, self.plan.decisions)

    def _alone(self, township: str, prepared: Prepared, matrix: Matrix) -> TownshipAlone:
        # What the others do for the goals is none of the township's own decisions: goals are left aside.
        goals = {name for name in matrix.row_names if name.startswith(GOAL_ROWS)}
        matrix = matrix.without_rows(goals) if goals else matrix
        # A second or two, whatever the time limit: without it there is no answer.
        return TownshipAlone(self.plan, township, matrix, prepared.start, Control(None, self.control.event))

    def _search(self, matrix: Matrix, until: Control, carried: Carried) -> Search:
        return search_of(self.plan.scenario.data, matrix, until, CLOSE, self.threads, carried)

    def _effect(
        self, prepared: Prepared, listing: Listing, flip: Flip, plainly: Callable[[Flips], tuple[float, Array | None]]
    ) -> Effect:
        """Return what a flip costs everybody, between a plan that has it and a bound on all that have it."""
        plan, matrix, carried = self.plan, listing.matrix, prepared.carried

        bound = plan.bound
        unhurried = Control(None, self.control.event)
        with Flips(matrix, unhurried, listing.solution, np.inf, self._search, carried, self.threads) as flips:
            worth, solution = plainly(flips)
            if self.prove or not self._search(matrix, self.control, carried).falls_apart():
                proven, other, better = flips.decide(flip, self.control)
                bound = min(bound, proven)
                worth, solution = (other, better) if other > worth else (worth, solution)
        if solution is None:
            return Effect(plan.objective - bound, np.inf, None)
        other_plan = replace(with_decisions(plan, prepared.decisions(solution), worth), reference=None)
        return Effect(plan.objective - bound, plan.objective - other_plan.objective, other_plan)
