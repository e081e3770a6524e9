"""Why no plan exists, in words: the rules that clash, and the least that would have to give."""

from __future__ import annotations

from collections.abc import Collection

from devolve_opt.language import tr
from devolve_opt.policy import Policy
from devolve_opt.solver.clashes import Clashes, clashes
from devolve_opt.solver.conflict import LIST_IN_FORCE, Conflict, Relaxation, diagnose, in_unit
from devolve_opt.solver.engine import Control
from devolve_opt.solver.matrix import Matrix
from devolve_opt.vocabulary import some_of

CONFLICT_SECONDS = 120.0
"""Time for finding out what would have to give, over and above the run's own limit."""
CLASHES_SECONDS = 60.0
"""Time for finding the rules that clash, beyond that."""
CONFLICT_REMEDIES = {
    LIST_IN_FORCE: "The guide list in force holds more than the caps allow: raise the caps, or take powers off it.",
    "take_up_floor": "The floor under take-up asks more than some townships can take: lower it, or raise their caps.",
    "phases.withdrawal_price": "Townships hold more than the caps allow: set phases.withdrawal_price to let powers be "
    "taken back, raise the caps, or take them off the table held.",
}
"""What to do about rules that are no number, by key; shown as `tr(CONFLICT_REMEDIES[...])`."""
CONFLICT_PLACES = 8
"""Places named for each rule in the message."""


def why_infeasible(
    matrix: Matrix, policy: Policy, control: Control, threads: int, added: Collection[str] = ()
) -> tuple[list[str], Clashes | None, Conflict | None]:
    """Return why a model has no solution: lines for the message, the rules that clash, and the least that would give.

    Args:
        matrix: the model, without a solution.
        policy: the policy it was built for.
        control: its event stops the search; its time does not.
        threads: threads for HiGHS.
        added: names of added rules, which give nothing.
    """
    conflict = diagnose(matrix, policy, Control(CONFLICT_SECONDS, control.event), threads)
    if conflict is None:
        return [tr("Which rules clash was not found in time; relax a cap of the policy and run again.")], None, None
    if not conflict.relaxations:
        message = tr("Relaxing the policy's caps does not help: the case's own figures clash (run `check`).")
        if added:
            message = tr("Relaxing the policy's caps does not help: the added rules ask what the case does not allow.")
        return [message], None, conflict
    found = clashes(matrix, policy, Control(CLASHES_SECONDS, control.event), threads)
    return [*_clash_lines(found), *_conflict_lines(conflict)], found, conflict


def _clash_lines(found: Clashes) -> list[str]:
    lines = []
    for number, clash in enumerate(found.sets, start=1):
        which = {"number": number, "sets": len(found.sets)}
        if len(found.sets) == 1:
            place = ""
        elif found.all_found:
            place = tr(" ({number} of {sets})", **which)
        else:
            place = tr(" ({number} of {sets} or more)", **which)
        if len(clash.rules) == 1:
            lines.append(tr("This rule cannot be kept{place}:", place=place))
        elif clash.irreducible:
            lines.append(
                tr(
                    "These rules cannot stand together{place}; proven: without any one of them the others can:",
                    place=place,
                )
            )
        else:
            lines.append(tr("These rules cannot stand together{place}; perhaps some can be left out:", place=place))
        lines += [f"  {rule}" for rule in clash.rules]
    if found.sets and not found.all_found:
        lines.append(tr("There may be more that clash elsewhere."))
    return lines


def least_heading(conflict: Conflict) -> str:
    """Return the line above what would have to give, which says whether less is known not to do."""
    if conflict.least:
        return tr("The least that would have to give, each measured against its limit:")
    return tr("What would have to give (perhaps less), each measured against its limit:")


def _conflict_lines(conflict: Conflict) -> list[str]:
    lines = [least_heading(conflict)]
    groups: dict[tuple[str, str, str], list[Relaxation]] = {}
    for relaxation in sorted(conflict.relaxations, key=lambda relaxation: -relaxation.amount):
        groups.setdefault((relaxation.rule, relaxation.key, relaxation.unit), []).append(relaxation)
    for (rule, key, unit), members in groups.items():
        if len(members) == 1:
            lines.append(f"  {members[0]}")
            continue
        total = sum(relaxation.amount for relaxation in members)
        places = [f"{relaxation.place} {relaxation.amount:,.6g}" for relaxation in members]
        where = some_of(places, CONFLICT_PLACES, "; ")
        if len(places) > CONFLICT_PLACES:
            where = tr("{places} places", places=where)
        lines.append(
            tr(
                "  {key} would have to give {amount} in all, at {places} ({rule})",
                key=tr(key), amount=in_unit(f"{total:,.6g}", unit), places=where, rule=tr(rule),
            )
        )  # fmt: skip
    found = {relaxation.key for relaxation in conflict.relaxations}
    lines += [tr(remedy) for key, remedy in CONFLICT_REMEDIES.items() if key in found]
    lines.append(tr("Other ways may do as well: this one gives least, each rule in proportion to its own limit."))
    return lines
