r"""Offices: functions merged into offices and centres under the caps, for one template.

A model of its own, apart from the main one. An office is named after its first function, its head, in the order in
which mandatory functions come first; so one set of functions is one solution and not many. An office holds functions of
one platform, a centre does too; office functions go to offices, centre functions to centres. An office continues at
most one of today's (a mandatory one only that of its head), and a function stays where it is if its office continues
its own of today.

Indices: $f, g$ function, $h$ head, $o$ office or centre of today, $o(f)$ that of a function; $h \preceq f$ means that
$h$ has the platform and kind of $f$ and does not come after it.

| variable | name | unit |
|---|---|---|
| $x_{fh}$ | `assigned` | 0 or 1; $x_{hh}$ says that the office exists |
| $c_{oh}$, $s_{fh}$ | `continues`, `stays` | 0 or 1 |
| $z_{fgh}$ | `together` | 0 or 1 |

| number | from | unit |
|---|---|---|
| $w_f$, $N$, $n$ | `staff_share`; staff of the template; `office_staff_min` | share; persons |
| $t_{fg}$ | `files` of `traffic` | files a year |
| $O$, $C$ | `offices_max`, `centres_max` | offices, centres |
| $\pi_t$, $\pi_m$ | `file_across`, `function_moved` | staff-hours |
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pyomo.environ import Binary, ConcreteModel, Constraint, Objective, UnitInterval, Var, maximize

from devolve_opt.case import Case
from devolve_opt.instruments import Offices
from devolve_opt.rules.offices import heads
from devolve_opt.vocabulary import Unit


def build_offices(case: Case, settings: Offices, staff: float, migrants: float = 0.0) -> ConcreteModel:
    """Build the model that arranges the functions of one template.

    Args:
        case: the data; its tables `functions` and `traffic` are used.
        settings: caps and prices.
        staff: staff of the template, persons.
        migrants: migrant workers of the template, persons.
    """
    functions = case.functions
    model = ConcreteModel(name="offices")
    model.settings, model.staff = settings, staff
    model.share = functions["staff_share"].to_dict()
    model.kind, model.today = functions["kind"].to_dict(), functions["today"].to_dict()
    model.mandatory = heads(functions, migrants)
    order = [*model.mandatory, *(name for name in functions.index if name not in model.mandatory)]
    group = {name: (row["platform"], row["kind"]) for name, row in functions.iterrows()}
    model.heads_of = {
        name: [head for head in order[: place + 1] if group[head] == group[name]] for place, name in enumerate(order)
    }
    model.members_of = {head: [name for name in order if head in model.heads_of[name]] for head in order}
    place = {name: number for number, name in enumerate(order)}
    model.files = {
        tuple(sorted((row["function"], row["other"]), key=place.__getitem__)): row["files"]
        for row in case.traffic.to_dict("records")
    }
    pairs = [(name, head) for name in order for head in model.heads_of[name]]
    model.meetings = [
        (one, other, head)
        for (one, other), files in model.files.items()
        if files > 0 and group[one] == group[other]
        for head in model.heads_of[one]
    ]
    offices_today = list(dict.fromkeys(model.today.values()))
    # A mandatory office goes by its own name: it continues that of its head and no other.
    successions = list(
        dict.fromkeys(
            (model.today[name], head)
            for name, head in pairs
            if head not in model.mandatory or model.today[name] == model.today[head]
        )
    )
    possible = frozenset(successions)
    staying = [(name, head) for name, head in pairs if (model.today[name], head) in possible]
    model.successors_of = {old: [head for today, head in successions if today == old] for old in offices_today}
    model.predecessors_of = {head: [old for old, new in successions if new == head] for head in order}

    model.assigned = Var(pairs, domain=Binary)
    model.continues = Var(successions, domain=Binary)
    model.stays = Var(staying, domain=UnitInterval)
    model.together = Var(model.meetings, domain=UnitInterval)

    model.one_office_a_function = Constraint(order, rule=one_office_a_function)
    model.only_where_headed = Constraint([pair for pair in pairs if pair[0] != pair[1]], rule=only_where_headed)
    model.mandatory_heads_its_own = Constraint(model.mandatory, rule=mandatory_heads_its_own)
    model.offices_within_cap = Constraint(rule=offices_within_cap)
    model.centres_within_cap = Constraint(rule=centres_within_cap)
    model.office_staff_sufficient = Constraint(order, rule=office_staff_sufficient)
    model.one_successor = Constraint(offices_today, rule=one_successor)
    model.one_predecessor = Constraint(order, rule=one_predecessor)
    model.stays_if_there = Constraint(staying, rule=stays_if_there)
    model.stays_if_continued = Constraint(staying, rule=stays_if_continued)
    model.first_there = Constraint(model.meetings, rule=first_there)
    model.second_there = Constraint(model.meetings, rule=second_there)
    model.total = Objective(rule=hours_lost, sense=maximize)
    return model


def one_office_a_function(model, name):
    r"""Every function is in one office: $\sum_{h \preceq f} x_{fh} = 1 \quad \forall f$ [functions].

    With it every platform that has functions has an office or a centre, and none mixes platforms or kinds, because
    $x_{fh}$ exists only where $f$ and $h$ have the same. Source: the report's four platforms, offices and centres.
    """
    return sum(model.assigned[name, head] for head in model.heads_of[name]) == 1


def only_where_headed(model, name, head):
    r"""A function is in an office only if its head is: $x_{fh} \le x_{hh} \quad \forall h \preceq f, h \ne f$.

    Unit: functions. Source: definition; an office is named after its first function.
    """
    return model.assigned[name, head] <= model.assigned[head, head]


def mandatory_heads_its_own(model, head):
    r"""A mandatory function heads an office of its own: $x_{hh} = 1$ for every mandatory $h$ [functions].

    Others may join it, a second mandatory one may not. Source: column `mandatory_alone`; the offices that every
    township of Sichuan has (编办 2023).
    """
    return model.assigned[head, head] == 1


def offices_within_cap(model):
    r"""There are at most so many offices: $\sum_{h \text{ office}} x_{hh} \le O$.

    Unit: offices. Source: `Offices.offices_max`; the report's 9, in another place 7.
    """
    return _within(model, Unit.OFFICE, model.settings.offices_max)


def centres_within_cap(model):
    r"""There are at most so many centres: $\sum_{h \text{ centre}} x_{hh} \le C$.

    Unit: centres. Source: `Offices.centres_max`; the report's 5 became 3.
    """
    return _within(model, Unit.CENTRE, model.settings.centres_max)


def _within(model, kind, cap):
    """Return `number <= cap`, or no row where there are too few functions of the kind for the cap to bind."""
    found = [head for head, what in model.kind.items() if what == kind]
    return Constraint.Skip if len(found) <= cap else sum(model.assigned[head, head] for head in found) <= cap


def office_staff_sufficient(model, head):
    r"""Each office and each centre has the staff it needs: $N \sum_f w_f x_{fh} \ge n\,x_{hh} \quad \forall h$.

    Unit: full-time persons. Source: `Offices.office_staff_min`.
    """
    least = model.settings.office_staff_min
    if least <= 0:
        return Constraint.Skip
    there = sum(model.staff * model.share[name] * model.assigned[name, head] for name in model.members_of[head])
    return there - least * model.assigned[head, head] >= 0


def one_successor(model, old):
    r"""One office at most continues an office of today: $\sum_h c_{oh} \le 1 \quad \forall o$ [offices].

    Source: definition; of an office that is split, one part keeps its name and place.
    """
    return sum(model.continues[old, head] for head in model.successors_of[old]) <= 1


def one_predecessor(model, head):
    r"""An office continues at most one office of today: $\sum_o c_{oh} \le x_{hh} \quad \forall h$ [offices].

    Source: definition; of offices that are merged, one keeps its name and place.
    """
    return sum(model.continues[old, head] for old in model.predecessors_of[head]) <= model.assigned[head, head]


def stays_if_there(model, name, head):
    r"""A function stays in an office only if it is in it: $s_{fh} \le x_{fh}$ [functions]. Source: definition."""
    return model.stays[name, head] <= model.assigned[name, head]


def stays_if_continued(model, name, head):
    r"""A function stays only if its office continues its own of today: $s_{fh} \le c_{o(f),h}$ [functions].

    Source: definition.
    """
    return model.stays[name, head] <= model.continues[model.today[name], head]


def first_there(model, one, other, head):
    r"""Two functions share an office only if the first is in it: $z_{fgh} \le x_{fh}$ [pairs]. Source: definition."""
    return model.together[one, other, head] <= model.assigned[one, head]


def second_there(model, one, other, head):
    r"""Two functions share an office only if the second is in it: $z_{fgh} \le x_{gh}$ [pairs]. Source: definition."""
    return model.together[one, other, head] <= model.assigned[other, head]


def hours_lost(model):
    r"""Hours lost to files that pass between offices and to functions that move, a cost and therefore negative.

    $-\pi_t \left(\sum_{fg} t_{fg} - \sum_{fgh} t_{fg} z_{fgh}\right) - \pi_m \left(|F| - \sum_{fh} s_{fh}\right)$

    Unit: staff-hours a year of one township. Source: `OfficePrices`.
    """
    prices = model.settings.prices
    within = sum(model.files[one, other] * model.together[one, other, head] for one, other, head in model.meetings)
    moved = len(model.share) - sum(model.stays.values())
    return -prices.file_across * (sum(model.files.values()) - within) - prices.function_moved * moved


def read_offices(model: ConcreteModel) -> pd.DataFrame:
    """Return the arrangement that the model's variables hold.

    Returns:
        A row for each function in the order of the case: `function`, `office` (the function that heads it),
        `continues` (the office or centre of today whose name and place its office keeps; blank if none).
    """
    office_of = {name: head for (name, head), column in model.assigned.items() if (column.value or 0) > 0.5}
    # A succession that keeps no function in its place says nothing.
    kept: Mapping[str, str] = {
        office_of[name]: old
        for name, old in model.today.items()
        if (old, office_of[name]) in model.continues and (model.continues[old, office_of[name]].value or 0) > 0.5
    }
    rows = [(name, office_of[name], kept.get(office_of[name], "")) for name in model.today]
    return pd.DataFrame(rows, columns=["function", "office", "continues"], dtype="str")
