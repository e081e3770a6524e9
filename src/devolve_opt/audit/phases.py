"""Audit of a phase plan: every rule and every figure worked out anew from the raw tables, without the model.

| rule | sentence | source |
|---|---|---|
| `well_formed` | Ids are known, batches are those of the policy, persons are whole; nothing stands twice. | `PhaseDecisions` |
| `handed_of_plan` | Only what the finished plan takes is handed over, made ready and trained. | `Decisions` |
| `handed_only_if_ready` | A power is handed over only where the township is ready in its field by then. | 处罚法 24 |
| `required_power_handed` | A power is not handed over before the one that it requires. | 强制法 17 |
| `powers_within_batch` | A batch hands a township at most `new_powers_per_batch_max` powers. | `Phases.new_powers_per_batch_max` |
| `fields_within_batch` | In a batch a township becomes ready in at most `new_fields_per_batch_max` fields, those that stations bring not counted. | `Phases.new_fields_per_batch_max` |
| `handovers_within_county_hours` | The powers that a county hands over in a batch fit into its hours. | `Phases.handover_hours_max` |
| `certificates_within_places` | A batch gives no more certificates than candidates pass. | `Phases.exam_places_per_batch_max` |
| `new_fields_covered` | The officers of a batch cover the fields with penalties of a township that becomes ready in more of them. | `Policy.fields_at_minimum` |
| `penalty_power_has_officers` | A power in a field with penalties is held only by an office of `officers_per_field` officers. | 处罚法 42 |
| `officers_of_batch_sufficient` | Who is handed what takes officers has the officers of that batch for all that it has. | 处罚法 42 |
"""  # noqa: E501 - rows of a Markdown table cannot be broken

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from numbers import Integral
from typing import Any

import pandas as pd

from devolve_opt.audit.exact import ROUNDING, as_numbers, exactly
from devolve_opt.audit.ledger import SLACK, Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.instruments import Phases
from devolve_opt.language import tr
from devolve_opt.phase_plan import PhaseAudit, PhaseDecisions
from devolve_opt.plan import Breach, Decisions, at
from devolve_opt.policy import Policy

HANDED, LEFT_OVER, HELD = "handed over", "left over", "held already"
"""States of a power that a township takes."""


def audit_phases(case: Case, policy: Policy, plan: Decisions, decisions: PhaseDecisions) -> PhaseAudit:
    """Check the batches of a plan against every rule and work out what waiting costs, from the raw tables alone.

    Args:
        case: the data with the scenario's changes applied.
        policy: the caps and prices; it has `phases`.
        plan: the finished plan, which keeps its own rules.
        decisions: which batch hands over what.

    Returns:
        The breaches, none for sound batches, and four tables.

        `powers`, a row for each power that a township takes:

        - `township`, `power`, `county`; `state` (`handed over`, `left over`, `held already`); `batch` (0 where no
          batch hands it over).
        - `worth`: rounds of its choice met, cases near home, and its share of the duties that wait for it (staff-hours
          a year).
        - `lost`: the part of that which is lost by waiting (staff-hours of the year).

        `officers`, a row for each township and batch:

        - `township`, `county`, `batch`; `trained`, `lost`: certificates won and lost in the batch (persons).
        - `officers`: officers in the batch (persons); `missing`: those that the minimum still lacks (persons).

        `counties`, a row for each county and batch:

        - `county`, `batch`; `powers`: powers handed over (township powers).
        - `hours`, `hours_there`: what handing over takes, and the county's hours for it (staff-hours).
        - `held`, `taken`: powers held by then, and those that its townships take (township powers).
        - `worth_held`: worth of those held by then (staff-hours a year).

        `duties`, a row for each duty that a township carries under the plan, none where the policy knows no duties:

        - `township`, `county`, `duty`; `batch`: the one in which the last power that it takes is there, so that it can
          begin; 1 where it waits for none, 0 where a power is left over.
        - `worth`: of the duty (staff-hours a year).
    """
    if policy.phases is None:
        raise ValueError("the policy has no phases, so there is nothing to check batches by")
    books = _Books(case, policy, policy.phases, plan, decisions)
    breaches = [*books.odd, *(breach for rule in _RULES for breach in rule(books))]
    return PhaseAudit(
        tuple(breaches), books.powers(), books.officer_figures(), books.county_figures(), books.duty_figures()
    )


class _Books:
    """The figures of the batches of one plan, by plain dictionaries."""

    def __init__(self, case: Case, policy: Policy, settings: Phases, plan: Decisions, decisions: PhaseDecisions):
        sound, _ = sound_decisions(case, plan)
        self.ledger = Ledger(case, policy, sound)
        self.case, self.policy, self.settings = self.ledger.case, self.ledger.policy, exactly(settings)
        self.batches = range(1, settings.batches + 1)
        self.county: dict[str, str] = {str(name): str(county) for name, county in case.townships["county"].items()}
        self.field, self.requires = case.powers["field"].to_dict(), case.powers["requires"].to_dict()
        self.penal = case.fields["needs_officers"].to_dict()
        self.taken = {(row["township"], row["power"]): row for row in self.ledger.taken.to_dict("records")}
        self.start = {pair for pair in case.held.itertuples(index=False, name=None) if pair in self.taken}
        self.ready_today = set(self.ledger.ready_today.itertuples(index=False, name=None))
        self.made_ready = set(sound.ready.itertuples(index=False, name=None)) - self.ready_today
        self.moves = {str(name): column.to_dict() for name, column in sound.officers.items()}
        self.today = case.townships["certified_officers"].to_dict()
        self.remaining = self.ledger.officers["remaining"].to_dict()
        fields = self.ledger.fields
        self.brought = set(fields.loc[fields["brought"], ["township", "field"]].itertuples(index=False, name=None))
        # Heads and stations are there from the start, and the officers of duties are kept free from then on.
        self.busy = (self.ledger.officers["hours_needed"] - self.ledger.of_taken("officer_hours")).to_dict()
        self.of_stations = self.ledger.of_stations("officers").astype(int).to_dict()
        for township, power in self.start:
            self.busy[township] += self.taken[township, power]["officer_hours"]
        # What each carried duty waits for, and its worth, shared evenly among those powers that batches can hand over.
        self.duties = {(row["township"], row["duty"]): row for row in self.ledger.carried.to_dict("records")}
        self.waits_for: dict[tuple[str, str], set[tuple[str, str]]] = {duty: set() for duty in self.duties}
        for township, duty, power in self.ledger.duty_needs.itertuples(index=False, name=None):
            if (township, duty) in self.duties and (township, power) not in self.start:
                self.waits_for[township, duty].add((township, power))
        self.for_duties: defaultdict[tuple[str, str], float] = defaultdict(int)
        for duty, waits in self.waits_for.items():
            for pair in waits & self.taken.keys():
                self.for_duties[pair] += self.duty_worth(duty) / len(waits & self.taken.keys())
        self.odd: list[Breach] = []
        names: dict[str, set[Any]] = {
            "township": set(self.county), "power": set(self.field), "field": set(self.penal)
        }  # fmt: skip
        self.handed = dict(self._rows(decisions.handed, "handed", ("township", "power"), names))
        self.ready = dict(self._rows(decisions.ready, "ready", ("township", "field"), names))
        self.trained = dict(self._rows(decisions.trained, "trained", ("township", "batch"), names))

    def _rows(
        self, frame: pd.DataFrame, table: str, key: tuple[str, str], names: dict[str, set[Any]]
    ) -> Iterator[tuple[tuple[Any, Any], int]]:
        """Return key and number of the rows that can be used; what cannot is a breach."""
        last = "trained" if table == "trained" else "batch"
        seen = set()
        for number, cells in enumerate(frame.to_dict("records"), start=1):
            wrong = [name for name in key if name in names and cells.get(name) not in names[name]]
            batch, amount = cells.get("batch"), cells.get(last)
            if not isinstance(batch, Integral) or batch not in self.batches:
                wrong.append("batch")
            if not isinstance(amount, Integral) or amount < 1:
                wrong.append(last)
            where = tuple(cells.get(name) for name in key)
            if where in seen:
                wrong.append("row, given twice:")
            if wrong:
                place = tr(
                    "{table} row {number}, wrong {column} {value}",
                    table=table,
                    number=number,
                    column=wrong[0],
                    value=repr(cells.get(wrong[0], "")),
                )
                self.odd.append(Breach("well_formed", place, 1.0, "rows"))
                continue
            seen.add(where)
            yield (where[0], where[1]), int(amount)  # type: ignore[arg-type]

    def held(self, township: str, batch: int) -> list[tuple[str, str]]:
        """Powers that a township has been handed up to and with a batch."""
        return [pair for pair, when in self.handed.items() if pair[0] == township and when <= batch]

    def lost(self, township: str, batch: int) -> int:
        """Certificates of a township lost up to and with a batch (persons)."""
        year = self.today[township] - self.remaining[township]
        return math.floor(Fraction(year * batch, self.settings.batches) + ROUNDING)

    def officers(self, township: str, batch: int) -> int:
        """Officers of a township in a batch (persons)."""
        moved = int(self.moves["moved_in"][township] - self.moves["moved_out"][township])
        new = sum(number for (unit, when), number in self.trained.items() if unit == township and when <= batch)
        return self.today[township] - self.lost(township, batch) + new + moved + self.of_stations[township]

    def penal_fields(self, township: str, batch: int) -> tuple[int, int]:
        """Fields with penalties in which a township is ready from the start, and those that batches have added."""
        start = sum(self.penal[field] for unit, field in self.ready_today if unit == township)
        added = sum(
            self.penal[field] for (unit, field), when in self.ready.items() if unit == township and when <= batch
        )
        return start, added

    def covered(self, officers: int) -> int:
        """Fields with penalties that so many officers cover (fields)."""
        further = officers - self.policy.officers_min
        return self.policy.fields_at_minimum + self.policy.fields_per_officer * further

    def duty_worth(self, duty: tuple[str, str]) -> float:
        """Worth of a duty that a township carries (staff-hours a year)."""
        settings = self.policy.duties
        return settings.worth * self.duties[duty]["hours"] if settings is not None else 0

    def duty_figures(self) -> pd.DataFrame:
        """Return the table of duties; see `audit_phases`."""
        rows = []
        for (township, duty), waits in self.waits_for.items():
            last = max((self.handed.get(pair, math.inf) for pair in waits), default=1)
            batch = 0 if last == math.inf else int(last)
            rows.append((township, self.county[township], duty, batch, self.duty_worth((township, duty))))
        frame = pd.DataFrame(rows, columns=["township", "county", "duty", "batch", "worth"])
        return frame.astype({"township": "str", "county": "str", "duty": "str", "batch": "int64", "worth": "float64"})

    def powers(self) -> pd.DataFrame:
        """Return the table of powers; see `audit_phases`."""
        prices, count, rows = self.policy.prices, self.settings.batches, []
        for (township, power), facts in self.taken.items():
            worth = prices.choice_met * facts["rounds"] + prices.case_near_home * facts["cases"]
            worth += self.for_duties.get((township, power), 0)
            batch = self.handed.get((township, power), 0)
            already = (township, power) in self.start
            waited = 0 if already else batch - 1 if batch else count
            state = HELD if already else HANDED if batch else LEFT_OVER
            rows.append((township, power, self.county[township], state, batch, worth, worth * Fraction(waited, count)))
        columns = ["township", "power", "county", "state", "batch", "worth", "lost"]
        kinds = {"batch": "int64", "worth": "float64", "lost": "float64"}
        return pd.DataFrame(rows, columns=columns).astype({name: kinds.get(name, "str") for name in columns})

    def officer_figures(self) -> pd.DataFrame:
        """Return the table of officers; see `audit_phases`."""
        rows = []
        for township, county in self.county.items():
            for batch in self.batches:
                there = self.officers(township, batch)
                lost = self.lost(township, batch) - self.lost(township, batch - 1)
                missing = max(0, self.policy.officers_min - there)
                rows.append((township, county, batch, self.trained.get((township, batch), 0), lost, there, missing))
        return pd.DataFrame(rows, columns=["township", "county", "batch", "trained", "lost", "officers", "missing"])

    def county_figures(self) -> pd.DataFrame:
        """Return the table of counties; see `audit_phases`."""
        table, rows = self.powers(), []
        for county in self.case.counties.index:
            own = table[table["county"] == county]
            for batch in self.batches:
                held = own[(own["state"] != LEFT_OVER) & (own["batch"] <= batch)]
                new = int((own["batch"] == batch).sum())
                hours = new * self.settings.handover_hours
                rows.append((county, batch, new, hours, self.hours_there(str(county)), len(held), len(own),
                             float(held["worth"].sum())))  # fmt: skip
        columns = ["county", "batch", "powers", "hours", "hours_there", "held", "taken", "worth_held"]
        return as_numbers(pd.DataFrame(rows, columns=columns))

    def hours_there(self, county: str) -> float:
        """Hours that a county has for handing over in a batch (staff-hours)."""
        members = sum(self.county[township] == county for township in self.case.voting_townships)
        return self.settings.handover_hours_max * members


def handed_of_plan(books: _Books) -> Iterator[Breach]:
    """Only what the finished plan takes, and nobody holds yet, is handed over, made ready and trained."""
    for pair in books.handed:
        if pair not in books.taken or pair in books.start:
            yield Breach("handed_of_plan", at(township=pair[0], power=pair[1]), 1.0, "powers")
    for pair in books.ready:
        if pair not in books.made_ready:
            yield Breach("handed_of_plan", at(township=pair[0], field=pair[1]), 1.0, "fields")
    totals: Counter[str] = Counter()
    for (township, _), number in books.trained.items():
        totals[township] += number
    for township, number in totals.items():
        if number > books.moves["trained"][township]:
            excess = float(number - books.moves["trained"][township])
            yield Breach(
                "handed_of_plan", tr("township {township}, certificates", township=township), excess, "officers"
            )


def handed_only_if_ready(books: _Books) -> Iterator[Breach]:
    """A power is handed over only where the township is ready in its field by then [powers]."""
    for (township, power), batch in books.handed.items():
        field = (township, books.field[power])
        if field not in books.ready_today and books.ready.get(field, math.inf) > batch:
            yield Breach("handed_only_if_ready", at(township=township, power=power), 1.0, "powers")


def required_power_handed(books: _Books) -> Iterator[Breach]:
    """A power is not handed over before the one that it requires [powers]."""
    for (township, power), batch in books.handed.items():
        needed = books.requires[power]
        there = (township, needed) in books.start
        if needed and not there and books.handed.get((township, needed), math.inf) > batch:
            yield Breach("required_power_handed", at(township=township, power=power), 1.0, "powers")


def _counted(rule: str, rows: dict[tuple[str, str], int], most: int, unit: str) -> Iterator[Breach]:
    for (township, batch), number in Counter((pair[0], when) for pair, when in rows.items()).items():
        if number > most:
            yield Breach(rule, at(township=township, batch=batch), float(number - most), unit)


def powers_within_batch(books: _Books) -> Iterator[Breach]:
    """A batch hands a township at most `new_powers_per_batch_max` powers [powers]."""
    yield from _counted("powers_within_batch", books.handed, books.settings.new_powers_per_batch_max, "powers")


def fields_within_batch(books: _Books) -> Iterator[Breach]:
    """In a batch a township becomes ready in at most `new_fields_per_batch_max` fields, without those brought [fields].

    As under the plan's own cap, what a station brings is not counted.
    """
    made = {pair: batch for pair, batch in books.ready.items() if pair not in books.brought}
    yield from _counted("fields_within_batch", made, books.settings.new_fields_per_batch_max, "fields")


def handovers_within_county_hours(books: _Books) -> Iterator[Breach]:
    """The powers that a county hands over in a batch fit into its hours [staff-hours]."""
    for (county, batch), number in Counter(
        (books.county[pair[0]], when) for pair, when in books.handed.items()
    ).items():
        there = books.hours_there(county)
        excess = number * books.settings.handover_hours - there
        if excess > SLACK * max(1, there):
            yield Breach("handovers_within_county_hours", at(county=county, batch=batch), float(excess), "staff-hours")


def certificates_within_places(books: _Books) -> Iterator[Breach]:
    """A batch gives no more certificates than candidates pass [officers]."""
    passing = math.floor(books.settings.exam_places_per_batch_max * books.policy.exam_pass_share + ROUNDING)
    for batch in books.batches:
        excess = sum(number for (_, when), number in books.trained.items() if when == batch) - passing
        if excess > 0:
            yield Breach("certificates_within_places", at(batch=batch), float(excess), "officers")


def new_fields_covered(books: _Books) -> Iterator[Breach]:
    """The officers of a batch cover the fields with penalties of who becomes ready in more of them [fields]."""
    for township in dict.fromkeys(pair[0] for pair in books.ready):
        for batch in books.batches:
            start, added = books.penal_fields(township, batch)
            excess = start + added - books.covered(books.officers(township, batch))
            if added and excess > 0:
                yield Breach("new_fields_covered", at(township=township, batch=batch), float(excess), "fields")


def penalty_power_has_officers(books: _Books) -> Iterator[Breach]:
    """A power in a field with penalties is held only by an office of `officers_per_field` officers [officers]."""
    for township in dict.fromkeys(pair[0] for pair in books.handed):
        for batch in books.batches:
            missing = books.policy.officers_per_field - books.officers(township, batch)
            penal = any(books.penal[books.field[power]] for _, power in books.held(township, batch))
            if penal and missing > 0:
                place = at(township=township, batch=batch)
                yield Breach("penalty_power_has_officers", place, float(missing), "officers")


def officers_of_batch_sufficient(books: _Books) -> Iterator[Breach]:
    """Who is handed what takes officers has the officers of that batch for all that it has [officers].

    For its hours (statutory work, joint cases, the cases of what it has been handed) and for the fields with penalties
    of the start, where it has any or the plan adds some.
    """
    each = books.policy.officer_hours_share * books.case.available_hours
    for township in dict.fromkeys(pair[0] for pair in [*books.handed, *books.ready]):
        adds = any(unit == township and books.penal[field] for unit, field in books.made_ready)
        for batch in books.batches:
            held = [pair for pair in books.held(township, batch) if pair in books.taken]
            start, added = books.penal_fields(township, batch)
            hours = sum(books.taken[pair]["officer_hours"] for pair in held)
            if not (added or hours or any(books.penal[books.field[power]] for _, power in held)):
                continue
            there = books.officers(township, batch)
            needed = math.ceil((books.busy[township] + hours) / each - SLACK)
            while (start or adds) and books.covered(needed) < start and needed <= there:
                needed += 1
            if needed > there:
                place = at(township=township, batch=batch)
                yield Breach("officers_of_batch_sufficient", place, float(needed - there), "officers")


_RULES = (
    handed_of_plan, handed_only_if_ready, required_power_handed, powers_within_batch, fields_within_batch,
    handovers_within_county_hours, certificates_within_places, new_fields_covered, penalty_power_has_officers,
    officers_of_batch_sufficient,
)  # fmt: skip
