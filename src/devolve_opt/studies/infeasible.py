"""Why no plan exists, in words: the rules that clash, and the least that would have to give."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from devolve_opt.case import Case
from devolve_opt.language import joined, tr
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import NAMES
from devolve_opt.solver.clashes import Clashes, clashes
from devolve_opt.solver.conflict import LIST_IN_FORCE, POSTS_IN_FORCE, Conflict, Relaxation, diagnose, in_unit
from devolve_opt.solver.engine import Control
from devolve_opt.studies.prepared import Prepared
from devolve_opt.studies.remedies import NewNumber, Remedy, find_remedies
from devolve_opt.vocabulary import some_of

CONFLICT_SECONDS = 120.0
"""Time for finding out what would have to give, over and above the run's own limit."""
CLASHES_SECONDS = 60.0
"""Time for finding the rules that clash, beyond that."""
REMEDY_SECONDS = 60.0
"""Time for finding numbers of the policy that would do, beyond that."""
CONFLICT_REMEDIES = {
    LIST_IN_FORCE: "The guide list in force holds more than the caps allow: raise the caps, or take powers off it.",
    POSTS_IN_FORCE: "The posts in force cannot all be kept: each county's have to add up to its posts without a mobile "
    "reserve, none may be below its base posts, revolving posts are capped, and what is left to the others has to fit "
    "their band and posts_moved_max. Change the table posts_in_force, or these caps.",
    "take_up_floor": "The floor under take-up asks more than some townships can take: lower it, or raise their caps.",
    "phases.withdrawal_price": "Townships hold more than the caps allow: set phases.withdrawal_price to let powers be "
    "taken back, raise the caps, or take them off the table held.",
}
"""What to do about rules that are no number, by key; shown as `tr(CONFLICT_REMEDIES[...])`."""
CONFLICT_PLACES = 8
"""Places named for each rule in the message."""


@dataclass(frozen=True)
class Why:
    """Why no plan exists.

    Attributes:
        lines: for the message.
        clashes, conflict, remedies: the rules that clash, the least that they would have to give, and numbers of the
            policy that would do, as far as they were found.
    """

    lines: tuple[str, ...]
    clashes: Clashes | None = None
    conflict: Conflict | None = None
    remedies: tuple[Remedy, ...] = ()


def why_infeasible(
    case: Case,
    policy: Policy,
    prepared: Prepared,
    prepare: Callable[[Policy], Prepared],
    control: Control,
    threads: int,
    report: Callable[[str], None],
) -> Why:
    """Return why a model has no solution.

    Args:
        case: the data.
        policy: the policy it was built for.
        prepared: the model, without a solution; rules that were added to it give nothing.
        prepare: returns the model of the case under another policy.
        control: its event stops the search; its time does not.
        threads: threads for HiGHS.
        report: is told each phase as it begins.
    """
    matrix, added = prepared.matrix, prepared.added
    report("conflict")
    conflict = diagnose(matrix, policy, Control(CONFLICT_SECONDS, control.event), threads)
    if conflict is None:
        return Why((tr("Which rules clash was not found in time; relax a cap of the policy and run again."),))
    if not conflict.relaxations:
        message = tr("Relaxing the policy's caps does not help: the case's own figures clash (run `check`).")
        if added:
            message = tr("Relaxing the policy's caps does not help: the added rules ask what the case does not allow.")
        return Why((message,), conflict=conflict)
    report("clashes")
    found = clashes(matrix, policy, Control(CLASHES_SECONDS, control.event), threads)
    report("remedies")
    trying = Control(REMEDY_SECONDS, control.event)
    remedies = find_remedies(case, policy, conflict, found, prepare, trying, threads)
    names = {str(township): str(name) for township, name in case.tables["townships"]["name"].items()}
    lines = (
        *_clash_lines(found, names, added), *_remedy_lines(remedies), *_conflict_lines(conflict, remedies, names),
    )  # fmt: skip
    return Why(lines, found, conflict, remedies)


def _called(place: str, names: Mapping[str, str]) -> str:
    """Return a place of a rule with the township's name behind its id: `T017 青石镇, step 2`."""
    first, comma, rest = place.partition(", ")
    return f"{first} {names[first]}{comma}{rest}" if names.get(first, first) != first else place


def _remedy_lines(remedies: Collection[Remedy]) -> list[str]:
    if not remedies:
        return []
    [first, *others] = remedies
    if others:
        heading = tr("Each of these changes to the policy alone lets a plan exist (found by solving, and audited):")
    elif len(first.numbers) == 1:
        heading = tr("This change to the policy alone lets a plan exist (found by solving, and audited):")
    else:
        heading = tr("These changes to the policy together let a plan exist (found by solving, and audited):")
    return [heading, *(f"  {_new_number(number)}" for remedy in remedies for number in remedy.numbers)]


def _new_number(number: NewNumber) -> str:
    """Return a number that would do, and what is known of those nearer to what it is."""
    name = tr(NAMES[number.key]) if number.key in NAMES else ""
    key = tr("{key} ({name})", key=number.key, name=name) if name else number.key
    step = number.step if number.value < number.now else -number.step
    said = {"key": key, "value": f"{number.value:,.6g}", "now": f"{number.now:,.6g}"}
    if number.nearest and abs(number.value - number.now) > 1.5 * number.step:
        nearer = f"{number.value + step:,.6g}"
        return tr("{key}: {value} instead of {now}; with {nearer} there is proven to be none", nearer=nearer, **said)
    return tr("{key}: {value} instead of {now}", **said)


def _clash_lines(found: Clashes, names: Mapping[str, str], added: Collection[str]) -> list[str]:
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
        for rule in clash.rules:
            lines.append(f"  {replace(rule, places=tuple(_called(place, names) for place in rule.places))}")
    if found.sets and added:
        lines.append(tr("All that beside the added rules ({rules}), which were kept throughout.", rules=joined(added)))
    if found.sets and not found.all_found:
        lines.append(tr("There may be more that clash elsewhere."))
    return lines


def least_heading(conflict: Conflict) -> str:
    """Return the line above what would have to give, which says whether less is known not to do."""
    if conflict.least:
        return tr("The least that would have to give, each measured against its limit:")
    return tr("What would have to give (perhaps less), each measured against its limit:")


def _conflict_lines(conflict: Conflict, remedies: Collection[Remedy], names: Mapping[str, str]) -> list[str]:
    lines = [
        tr("Where it is missing, rule by rule (one number of the policy may stand in several):") if remedies
        else least_heading(conflict)
    ]  # fmt: skip
    groups: dict[tuple[str, str, str], list[Relaxation]] = {}
    for relaxation in sorted(conflict.relaxations, key=lambda relaxation: -relaxation.amount):
        groups.setdefault((relaxation.rule, relaxation.key, relaxation.unit), []).append(relaxation)
    for (rule, key, unit), members in groups.items():
        if len(members) == 1:
            lines.append(f"  {replace(members[0], place=_called(members[0].place, names))}")
            continue
        total = sum(relaxation.amount for relaxation in members)
        places = [f"{_called(relaxation.place, names)} {relaxation.amount:,.6g}" for relaxation in members]
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
    if not remedies:
        lines.append(tr("Other ways may do as well: this one gives least, each rule in proportion to its own limit."))
    return lines
