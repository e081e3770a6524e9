"""Rules on what townships take up, on their readiness, and on the work this makes."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from devolve_opt.audit.ledger import Ledger, above, contains
from devolve_opt.language import tr
from devolve_opt.plan import Breach, at
from devolve_opt.vocabulary import BASE_LIST, Category


def _each(rule: str, taken: pd.DataFrame) -> Iterator[Breach]:
    for township, power in zip(taken["township"], taken["power"], strict=True):
        yield Breach(rule, at(township=township, power=power), 1.0, "powers")


def taken_only_if_listed(ledger: Ledger) -> Iterator[Breach]:
    """A township takes a power only from the base list or from the list of its category [powers]."""
    taken, listed = ledger.taken, ledger.listed[ledger.listed["list"].isin(ledger.lists)]
    on_base = taken["power"].isin(listed.loc[listed["list"] == BASE_LIST, "power"])
    on_own = contains(listed, taken.assign(list=taken["category"]), ["power", "list"])
    yield from _each("taken_only_if_listed", taken[~(on_base | on_own)])


def no_interest(ledger: Ledger) -> Iterator[Breach]:
    """A township takes what it chose, has cases of or needs for a duty, if eligible, and what it requires [powers]."""
    voting = ledger.taken[ledger.taken["category"] != Category.SUBDISTRICT]
    yield from _each("no_interest", voting[~contains(ledger.interest, voting, ["township", "power"])])


def votes_only(ledger: Ledger) -> Iterator[Breach]:
    """A subdistrict takes no power [powers]."""
    yield from _each("votes_only", ledger.taken[ledger.taken["category"] == Category.SUBDISTRICT])


def required_power_taken(ledger: Ledger) -> Iterator[Breach]:
    """Who takes a power takes the power it requires [powers]."""
    bound = ledger.taken[ledger.taken["requires"] != ""]
    needed = bound[["township"]].assign(power=bound["requires"])
    alone = bound[~contains(ledger.taken, needed, ["township", "power"])]
    for township, power, required in zip(alone["township"], alone["power"], alone["requires"], strict=True):
        yield Breach(
            "required_power_taken",
            tr(
                "township {township}, power {power} without {required}",
                township=township,
                power=power,
                required=required,
            ),
            1.0,
            "powers",
        )


def new_powers_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """A township takes at most `new_powers_max` powers [powers]."""
    counts = ledger.taken["township"].value_counts(sort=False)
    yield from above("new_powers_within_cap", "township", "powers", counts, ledger.policy.new_powers_max)


def taken_only_if_ready(ledger: Ledger) -> Iterator[Breach]:
    """A township takes a power only if it is or becomes ready in its field [powers]."""
    yield from _each("taken_only_if_ready", ledger.taken[~contains(ledger.fields, ledger.taken, ["township", "field"])])


def new_fields_within_cap(ledger: Ledger) -> Iterator[Breach]:
    """A township becomes ready in at most `new_fields_max` fields, those that stations bring not counted [fields]."""
    made = ledger.fields["new"] & ~ledger.fields["brought"]
    counts = ledger.fields.loc[made, "township"].value_counts(sort=False)
    yield from above("new_fields_within_cap", "township", "fields", counts, ledger.policy.new_fields_max)


def ready_is_new(ledger: Ledger) -> Iterator[Breach]:
    """Readiness is made once, where there is none today, and in no subdistrict [rows]."""
    ready, today = ledger.plan.ready, ledger.ready_today
    columns = ["township", "field"]
    subdistrict = ready["township"].map(ledger.case.townships["category"]) == Category.SUBDISTRICT
    why = pd.Series("", index=ready.index).mask(subdistrict, tr("a subdistrict"))
    why = why.mask(contains(today, ready, columns), tr("ready today")).mask(ready.duplicated(), tr("given twice"))
    for township, field, reason in zip(ready["township"], ready["field"], why, strict=True):
        if reason:
            yield Breach(
                "ready_is_new",
                tr("township {township}, field {field}, {reason}", township=township, field=field, reason=reason),
                1.0,
                "rows",
            )


def overload_within_stop(ledger: Ledger) -> Iterator[Breach]:
    """Where overload is priced, the hours needed stay within the last overload step [staff-hours a year].

    With what the powers taken may take more, where hours are uncertain.
    """
    if ledger.policy.overload == "priced":
        stop = ledger.policy.overload_steps[-1].until * ledger.staff["hours_there"]
        yield from ledger.hours_above("overload_within_stop", _in_worst_case(ledger), stop)


def workload_within_wall(ledger: Ledger) -> Iterator[Breach]:
    """Where overload is a wall, the hours needed stay within `wall_share` of the hours there [staff-hours a year].

    With what the powers taken may take more, where hours are uncertain.
    """
    if ledger.policy.overload == "wall":
        wall = ledger.policy.wall_share * ledger.staff["hours_there"]
        yield from ledger.hours_above("workload_within_wall", _in_worst_case(ledger), wall)


def _in_worst_case(ledger: Ledger) -> pd.Series:
    return ledger.hours_needed + ledger.at_risk["hours"]
