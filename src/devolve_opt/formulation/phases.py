r"""Handing over in batches: which batch of the year hands what over of a finished plan.

A model of its own, apart from the main one: what townships take is settled, only the batch is open. Each batch opens a
part of the year of the same length, and what is handed over in it is held throughout that part. What townships hold
already from earlier batches is there from the start and no part of the model. A duty begins with the last of its
powers; what it takes of officers is kept free for it from the start, which never says too little. What cannot be handed
over in any batch is left over, so the model always has a solution. Posts and officers move before the first batch, and
overload is not looked at again: only what officers may do is bound to the officers of the batch. An office whose
officers do not suffice for what it has from the start (statutory work, fields with penalties) is handed nothing that
takes officers; the minimum of officers is the goal of the plan and no condition of a batch.

Indices: $t$ township, $p$ power, $f$ field, $k$ county, $y$ batch, 1 to $N$; $f(p)$, $r(p)$ field of a power, and the
power that it requires.

| variable | name | unit |
|---|---|---|
| $x_{tpy}$, $z_{tfy}$ | `held`, `readied`: by batch $y$ | 0 or 1 |
| $u_{ty}$ | `trained`: new certificates of batch $y$; $\tau_{ty} = \sum_{y' \le y} u_{ty'}$ | persons |
| $a_{ty}$ | `able`: new certificates make the officers suffice for what the township has | 0 or 1 |

| number | from | unit |
|---|---|---|
| $v_{tp}$, $\rho_{tp}$ | worth of the power; its officer-hours | hours a year |
| $\hat e_{ty}$, $b_t$ | officers without new certificates; officers for what the township has | persons |
| $\bar P_t$, $h$ | officer-hours of what the township has; those of one officer | hours a year |
| $\bar y_t$, $\bar s_{ty}$ | fields with penalties of the start; $K + \phi (\hat e_{ty} - E) - \bar y_t$ | fields |
| $\bar\tau_t$ | new certificates of the plan | persons |
| $C$, $W_k$ | certificates of one batch; powers that the county can hand over in one | persons; powers |
| $K$, $\phi$ | `fields_at_minimum`, `fields_per_officer` | fields |
| $E$, $\delta$ | `officers_min`, `officers_per_field` | persons |
"""

from __future__ import annotations

from collections import defaultdict

from pyomo.environ import Binary, ConcreteModel, Constraint, NonNegativeIntegers, Objective, Var, minimize, value

from devolve_opt.case import Case
from devolve_opt.phase_plan import PhaseDecisions
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.rules.phases import Handover, handover
from devolve_opt.rules.schedule import Schedule


def build_phases(case: Case, policy: Policy, plan: Decisions) -> ConcreteModel:
    """Build the model of the batches of a plan that keeps the rules; the policy has `phases`.

    The model carries `asked` (a `Handover`) and `policy`; its objective is minimised. A row exists only where it can
    matter.
    """
    model = ConcreteModel(name="phases")
    asked = handover(case, policy, plan)
    model.asked, model.policy, model.settings = asked, policy, asked.settings
    model.last = asked.settings.batches
    batches, later = list(asked.batches), list(asked.batches)[1:]
    pairs, fields = list(asked.worth), asked.new_fields
    model.pairs_of, model.fields_of = _by_township(pairs), _by_township(fields)
    counties = model.pairs_in = _grouped(pairs, lambda pair: asked.county[pair[0]])
    places = [(township, batch) for township in {**model.pairs_of, **model.fields_of} for batch in batches]
    takes = [pair for pair in pairs if asked.takes_officers(pair)]
    penal = [pair for pair in fields if asked.needs_officers[pair[1]]]
    bound_by_officers = {township for township, _ in [*takes, *penal]}
    short = [(t, y) for t, y in places if asked.short(t, y) and t in bound_by_officers]

    model.held = Var([(*pair, y) for pair in pairs for y in batches], domain=Binary)
    model.readied = Var([(*pair, y) for pair in fields for y in batches], domain=Binary)
    model.trained = Var(
        [(t, y) for t in asked.to_train for y in batches], domain=NonNegativeIntegers, bounds=_trained_bounds
    )
    model.able = Var(short, domain=Binary)

    model.power_stays_held = Constraint([(*pair, y) for pair in pairs for y in later], rule=power_stays_held)
    model.field_stays_ready = Constraint([(*pair, y) for pair in fields for y in later], rule=field_stays_ready)
    model.certificates_of_plan = Constraint(list(asked.to_train), rule=certificates_of_plan)
    not_ready = [pair for pair in pairs if (*_field_of(asked, pair), 1) in model.readied]
    model.held_only_if_readied = Constraint(
        [(*pair, y) for pair in not_ready for y in batches], rule=held_only_if_readied
    )
    bundled = [(t, p) for t, p in pairs if (t, asked.requires[p]) in asked.worth]
    model.required_power_held = Constraint([(*pair, y) for pair in bundled for y in batches], rule=required_power_held)
    cap = asked.settings.new_powers_per_batch_max
    crowded = [(t, y) for t in model.pairs_of for y in batches if len(model.pairs_of[t]) > cap]
    model.powers_within_batch = Constraint(crowded, rule=powers_within_batch)
    cap = asked.settings.new_fields_per_batch_max
    made = model.made_of = _by_township([pair for pair in fields if pair not in asked.brought])
    many = [(t, y) for t in made for y in batches if len(made[t]) > cap]
    model.fields_within_batch = Constraint(many, rule=fields_within_batch)
    busy = [(k, y) for k, those in counties.items() for y in batches if len(those) > asked.handovers[k]]
    model.handovers_within_county_hours = Constraint(busy, rule=handovers_within_county_hours)
    exams = batches if sum(asked.to_train.values()) > asked.certificates else []
    model.certificates_within_places = Constraint(exams, rule=certificates_within_places)
    model.able_with_officers = Constraint(short, rule=able_with_officers)
    # A power in a new field with penalties waits for the field.
    fields_waited_for = set(penal)
    free = [pair for pair in takes if _field_of(asked, pair) not in fields_waited_for]
    able_pairs = [(*pair, y) for pair in free for y in batches if (pair[0], y) in model.able]
    model.power_only_if_able = Constraint(able_pairs, rule=power_only_if_able)
    able_fields = [(*pair, y) for pair in penal for y in batches if (pair[0], y) in model.able]
    model.field_only_if_able = Constraint(able_fields, rule=field_only_if_able)
    of_field = [(t, y) for t in _by_township(penal) for y in batches]
    model.officers_cover_new_fields = Constraint(of_field, rule=officers_cover_new_fields)
    few = policy.officers_per_field
    lacking = [
        (t, p, y) for t, p in pairs for y in batches
        if asked.needs_officers[asked.field[p]] and asked.officers[t, y] < few
    ]  # fmt: skip
    model.penalty_power_has_officers = Constraint(lacking, rule=penalty_power_has_officers)
    model.officer_hours_in_batch = Constraint(
        [(t, y) for t in model.pairs_of for y in batches], rule=officer_hours_in_batch
    )
    model.lost = Objective(rule=lost_by_waiting, sense=minimize)
    return model


def _grouped(pairs, key):
    groups = defaultdict(list)
    for pair in pairs:
        groups[key(pair)].append(pair)
    return dict(groups)


def _by_township(pairs):
    return _grouped(pairs, lambda pair: pair[0])


def _field_of(asked: Handover, pair):
    return pair[0], asked.field[pair[1]]


def _trained_bounds(model, township, batch):
    """A township gets no more new certificates than the plan gives it."""
    return 0, model.asked.to_train[township]


def _new(component, key, batch):
    """Return what comes in a batch of something that is counted up to and with each batch."""
    return component[(*key, batch)] - (component[(*key, batch - 1)] if batch > 1 else 0)


def _certificates(model, township, batch):
    r"""Return the new certificates of a township up to and with a batch, $\tau_{ty}$."""
    return sum(model.trained[township, y] for y in range(1, batch + 1)) if township in model.asked.to_train else 0


def power_stays_held(model, township, power, batch):
    r"""A power that is handed over stays with the township: $x_{tp,y-1} \le x_{tpy} \quad \forall y > 1$ [powers].

    Source: design; nothing that was given is taken back within the year.
    """
    return model.held[township, power, batch - 1] <= model.held[township, power, batch]


def field_stays_ready(model, township, field, batch):
    r"""A township stays ready in a field: $z_{tf,y-1} \le z_{tfy} \quad \forall y > 1$ [fields]. Source: definition."""
    return model.readied[township, field, batch - 1] <= model.readied[township, field, batch]


def certificates_of_plan(model, township):
    r"""All batches together give a township at most the certificates of the plan: $\sum_y u_{ty} \le \bar\tau_t$.

    Unit: persons. Source: the finished plan.
    """
    return _certificates(model, township, model.last) <= model.asked.to_train[township]


def held_only_if_readied(model, township, power, batch):
    r"""A power is handed over only to a township that is ready in its field: $x_{tpy} \le z_{t,f(p),y}$.

    Rows only where the township is not ready from the start.
    Unit: powers. Source: 行政处罚法 24 (able to take it up effectively).
    """
    return model.held[township, power, batch] <= model.readied[township, model.asked.field[power], batch]


def required_power_held(model, township, power, batch):
    r"""A power that only works with another one is not handed over before that one: $x_{tpy} \le x_{t,r(p),y}$.

    Unit: powers. Source: 行政强制法 17; column `requires` of the powers.
    """
    return model.held[township, power, batch] <= model.held[township, model.asked.requires[power], batch]


def powers_within_batch(model, township, batch):
    r"""A batch hands a township at most so many powers: $\sum_p (x_{tpy} - x_{tp,y-1}) \le N^{+} \quad \forall t, y$.

    Unit: powers. Source: `Phases.new_powers_per_batch_max`.
    """
    new = sum(_new(model.held, pair, batch) for pair in model.pairs_of[township])
    return new <= model.settings.new_powers_per_batch_max


def fields_within_batch(model, township, batch):
    r"""In a batch a township becomes ready in at most so many fields: $\sum_f (z_{tfy} - z_{tf,y-1}) \le F^{+}$.

    Fields that a station brings are not in the sum, as they are not under the plan's own cap.
    Unit: fields. Source: `Phases.new_fields_per_batch_max`.
    """
    new = sum(_new(model.readied, pair, batch) for pair in model.made_of[township])
    return new <= model.settings.new_fields_per_batch_max


def handovers_within_county_hours(model, county, batch):
    r"""A county hands over in a batch what it has the hours for: $\sum_{t \in k,p} (x_{tpy} - x_{tp,y-1}) \le W_k$.

    $W_k$ is `handover_hours_max` for each of its townships over `handover_hours`, in whole powers.
    Unit: powers. Source: `Phases.handover_hours`, `Phases.handover_hours_max`.
    """
    new = sum(_new(model.held, pair, batch) for pair in model.pairs_in[county])
    return new <= model.asked.handovers[county]


def certificates_within_places(model, batch):
    r"""A batch gives no more certificates than its places do: $\sum_t u_{ty} \le C \quad \forall y$.

    Unit: persons. Source: `Phases.exam_places_per_batch_max`, `Policy.exam_pass_share`.
    """
    return sum(model.trained[township, batch] for township in model.asked.to_train) <= model.asked.certificates


def able_with_officers(model, township, batch):
    r"""An office is able only with the officers for what it has from the start.

    $(b_t - \hat e_{ty})\, a_{ty} \le \tau_{ty}$

    Unit: persons. Source: 行政处罚法 42; `Policy.fields_at_minimum`, `Policy.fields_per_officer`.
    """
    return model.asked.short(township, batch) * model.able[township, batch] <= _certificates(model, township, batch)


def power_only_if_able(model, township, power, batch):
    r"""A power that takes officers is handed only to an office that is able: $x_{tpy} \le a_{ty}$.

    Rows only for powers that wait for no new field with penalties.
    Unit: powers. Source: 行政处罚法 42.
    """
    return model.held[township, power, batch] <= model.able[township, batch]


def field_only_if_able(model, township, field, batch):
    r"""Only an office that is able becomes ready in a further field with penalties: $z_{tfy} \le a_{ty}$.

    Unit: fields. Source: 行政处罚法 42.
    """
    return model.readied[township, field, batch] <= model.able[township, batch]


def officers_cover_new_fields(model, township, batch):
    r"""The officers of a batch cover the fields with penalties: $\sum_f z_{tfy} \le \bar s_{ty} + \phi\, \tau_{ty}$.

    Where they do not cover those of the start, $\bar s_{ty} a_{ty}$ stands for $\bar s_{ty} < 0$.
    Unit: fields. Source: `Policy.fields_at_minimum`, `Policy.fields_per_officer`.
    """
    fields = [pair for pair in model.fields_of[township] if model.asked.needs_officers[pair[1]]]
    spare = model.asked.spare_fields(township, batch)
    if len(fields) <= spare:
        return Constraint.Skip
    further = model.policy.fields_per_officer * _certificates(model, township, batch)
    return sum(model.readied[(*pair, batch)] for pair in fields) <= _if_able(model, township, batch, spare) + further


def penalty_power_has_officers(model, township, power, batch):
    r"""A power in a field with penalties is held only by an office of at least two officers.

    $(\delta - \hat e_{ty})\, x_{tpy} \le \tau_{ty}$

    Rows only where the officers without new certificates are fewer.
    Unit: persons. Source: 行政处罚法 42; `Policy.officers_per_field`.
    """
    missing = model.policy.officers_per_field - model.asked.officers[township, batch]
    return missing * model.held[township, power, batch] <= _certificates(model, township, batch)


def officer_hours_in_batch(model, township, batch):
    r"""The officers of a batch have the hours: $\sum_p \rho_{tp} x_{tpy} \le h\,\hat e_{ty} - \bar P_t + h\,\tau_{ty}$.

    Where they have not even those for what the township has, that difference stands times $a_{ty}$. Hours are those of
    a whole year, of work and of officers alike.
    Unit: officer-hours a year. Source: 行政处罚法 42; `Policy.officer_hours_share`, `Policy.joint_case_hours`.
    """
    asked = model.asked
    work = {pair: asked.officer_hours[pair] for pair in model.pairs_of[township] if asked.officer_hours[pair]}
    spare = asked.spare_hours(township, batch)
    if sum(work.values()) <= spare:
        return Constraint.Skip
    needed = sum(hours * model.held[(*pair, batch)] for pair, hours in work.items())
    further = asked.hours_each * _certificates(model, township, batch)
    return needed <= _if_able(model, township, batch, spare) + further


def _if_able(model, township, batch, spare):
    """Return what is to spare; where something is missing instead, it counts against an office that is able."""
    if (township, batch) in model.able:
        return min(spare, 0) * model.able[township, batch] + max(spare, 0)
    return max(spare, 0)


def lost_by_waiting(model):
    r"""Worth lost by waiting: $\frac{1}{N} \sum_{t,p} v_{tp} \sum_y (1 - x_{tpy})$ [staff-hours of the year].

    A power of the first batch loses nothing, one that is left over its worth of the year.
    The worth of a duty that waits is shared evenly among the powers that it waits for: assumption.
    Source: `Prices.choice_met`, `Prices.case_near_home`, `Duties.worth`.
    """
    return sum(
        worth / model.last * (1 - model.held[(*pair, batch)])
        for pair, worth in model.asked.worth.items()
        if worth
        for batch in model.asked.batches
    )


def read_phases(model) -> PhaseDecisions:
    """Return what a solved model decides, with everything brought forward that still fits (`Schedule.complete`)."""
    schedule = Schedule(model.asked, _decided(model))
    schedule.complete()
    return schedule.decisions()


def trained_as_relaxed(model) -> PhaseDecisions:
    """Return batches in which officers are trained as in the model's values, which may be split, the rest filled up."""
    wanted = {
        (township, batch): value(_certificates(model, township, batch)) for township, batch in model.trained
    }  # fmt: skip
    schedule = Schedule(model.asked)
    schedule.train_as(wanted)
    schedule.complete()
    return schedule.decisions()


def set_phases(model, decisions: PhaseDecisions) -> None:
    """Set the values of the model's variables to what the decisions say, as a start for the solver."""
    schedule = Schedule(model.asked, decisions)
    for component, batch_of in ((model.held, schedule.power), (model.readied, schedule.field)):
        for (*key, batch), variable in component.items():
            variable.set_value(int(batch_of.get(tuple(key), model.last + 1) <= batch), skip_validation=True)
    for (township, batch), variable in model.trained.items():
        variable.set_value(schedule.trained[township, batch], skip_validation=True)
    for (township, batch), variable in model.able.items():
        enough = schedule.new_officers(township, batch) >= model.asked.short(township, batch)
        variable.set_value(int(enough), skip_validation=True)


def _decided(model) -> PhaseDecisions:
    schedule = Schedule(model.asked)
    for component, batch_of in ((model.held, schedule.power), (model.readied, schedule.field)):
        for (*key, batch), variable in component.items():
            if round(variable.value or 0.0):
                batch_of[tuple(key)] = min(batch, batch_of.get(tuple(key), batch))
    for key, variable in model.trained.items():
        schedule.trained[key] = round(variable.value or 0.0)
    return schedule.decisions()
