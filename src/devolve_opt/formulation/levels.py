r"""Levels of load, of posts or of choices met: by how much townships are beyond each, while a plan keeps its worth.

Laid over the main model, to find an even plan: as little as can be is beyond the worst level, then beyond the next, and
so on. It is counted in percentage points of what each township has, so that all townships weigh alike, whatever their
size. On shares that lie on the levels that is leximin (Ogryczak and Śliwiński 2006: outcomes are cumulated beyond
ordered targets); between them it also counts by how much. Points of load are of the hours that a township has
beforehand, since those that it will have are decided; they differ by the few posts that move.

Index: $j$ level, the worst first.

| variable | name | unit |
|---|---|---|
| $\beta_{tj}$ | `beyond` | percentage points |
| $\omega_t$ | `worth_part` | staff-hours a year |

| number | from | unit |
|---|---|---|
| $v_j$ | `Levels.levels` | share |
| $N_j$ | `Levels.held` | percentage points |
| $s_t$ | `Levels.scale` | staff-hours a year, posts or rounds |
| $W$, $c_i$ | `Levels.worth`; coefficients of the objective | staff-hours a year |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyomo.environ import Constraint, Expression, NonNegativeReals, Var, value

from devolve_opt.formulation.goals import ends_of, taken_apart
from devolve_opt.formulation.posts import posts_range
from devolve_opt.formulation.workload import hours_there_range

LOAD, POSTS, CHOICES = "load", "posts", "choices"
"""What townships can be unequal in: hours needed for each hour there; posts as a share of what the formula gives;
rounds of choices met as a share of what was chosen. Much of the first is bad, little of the others."""
SLACK = 1e-6
"""Relative amount by which a limit may be passed: the solver's own tolerance."""
TOLERANCE = 1e-4
"""Percentage points by which a township may pass a level and still keep to it: a millionth of what it has."""


@dataclass(frozen=True)
class Levels:
    """Adds levels to a model that has been built.

    Attributes:
        of: `LOAD`, `POSTS` or `CHOICES`.
        levels: shares, the worst first.
        held: by how much all townships together may be beyond each of the first levels (percentage points); further
            levels are counted and not held.
        worth: what the plan has to be worth at least, staff-hours a year.
        scale: by township, what its points are of: hours that it has beforehand, posts that the formula gives it,
            rounds that it chose. One without any is left out.
    """

    of: str
    levels: tuple[float, ...]
    held: tuple[float, ...]
    worth: float
    scale: Mapping[str, float]

    def most_beyond(self, level: int) -> float:
        """Return by how much all townships together may be beyond a level that is held, with every tolerance."""
        return self.held[level] + SLACK * max(1.0, self.held[level]) + TOLERANCE * len(self.scale)

    def __call__(self, model) -> None:
        """Add `beyond[t,j]` and `worth_part[t]`, and the rows that count and hold them.

        Data: `levels`, this; `beyond_by`, by township and level by how much a township is beyond it, and by how much it
        can be at most, where it can (percentage points).
        """
        model.levels = self
        measured = {LOAD: load_beyond, POSTS: posts_short, CHOICES: choices_short}[self.of]
        model.beyond_by = {}
        for level, share in enumerate(self.levels):
            for unit, scale in self.scale.items():
                amount, most = measured(model, unit, share)
                if most > 0:
                    model.beyond_by[unit, level] = 100 / scale * amount, 100 / scale * most
        # Where nothing may be beyond a level, the township's own row says so.
        counted = [key for key in model.beyond_by if key[1] >= len(self.held) or self.held[key[1]] > 0]
        model.beyond = Var(counted, domain=NonNegativeReals, bounds=_beyond_bounds)
        model.all_beyond = Expression(range(len(self.levels)), rule=all_beyond)
        model.kept_to_level = Constraint(list(model.beyond_by), rule=kept_to_level)
        held = [level for level, most in enumerate(self.held) if most > 0]
        if held:
            model.level_held = Constraint(held, rule=level_held)
        model.worth_terms, model.worth_constant = taken_apart(model, model.total.expr)
        model.worth_part = Var([unit for unit in model.worth_terms if unit is not None], bounds=_worth_bounds)
        model.worth_part_counted = Constraint(list(model.worth_part), rule=worth_part_counted)
        model.worth_kept = Constraint(rule=worth_kept)


def _beyond_bounds(model, township, level):
    return 0, model.beyond_by[township, level][1]


def _worth_bounds(model, township):
    return ends_of(model.worth_terms[township])


def load_beyond(model, township, share):
    r"""Hours beyond a level: $H_t - v_j A_t$; at most $(\omega_S - v_j) A_t$, with all hours it can have.

    Unit: staff-hours a year. Source: `Policy.load_stop`.
    """
    most = (model.policy.load_stop - share) * hours_there_range(model, township)[1]
    return model.hours_needed[township] - share * model.hours_there[township], most


def posts_short(model, township, share):
    r"""Posts short of a level: $v_j \hat n_t - n_t$; at most with the fewest posts that it can have.

    Unit: posts. Source: the fair share of `Policy.posts_formula`.
    """
    wanted = share * model.levels.scale[township]
    return wanted - model.posts[township], wanted - posts_range(model, township)[0]


def choices_short(model, township, share):
    r"""Rounds of choices short of a level: $v_j s_t - \sum_p r_{tp} x_{tp}$; at most all of them.

    Unit: rounds. Source: the votes of the case.
    """
    wanted = share * model.levels.scale[township]
    return wanted - model.choices_met[township], wanted


def all_beyond(model, level):
    r"""By how much all townships together are beyond a level: $\sum_t \beta_{tj}$."""
    return sum(variable for (_, of), variable in model.beyond.items() if of == level)


def kept_to_level(model, township, level):
    r"""What a township is beyond a level by is counted: $100 (H_t - v_j A_t) / s_t \le \beta_{tj}$, or what is short.

    $\beta_{tj} = 0$, but for a tolerance, where nothing may be beyond the level.

    Unit: percentage points. Source: definition.
    """
    amount, _ = model.beyond_by[township, level]
    if (township, level) not in model.beyond:
        return amount <= TOLERANCE
    return amount <= model.beyond[township, level]


def level_held(model, level):
    r"""All townships together are no more beyond a level than was found to have to be: $\sum_t \beta_{tj} \le N_j$.

    Unit: percentage points. Source: `Levels.held`.
    """
    return model.all_beyond[level] <= model.levels.most_beyond(level)


def worth_part_counted(model, township):
    r"""A township's part of the worth is what its columns $i$ give: $\omega_t \le \sum_i c_i x_i$.

    Unit: staff-hours a year. Source: definition.
    """
    return model.worth_part[township] <= sum(number * variable for number, variable in model.worth_terms[township])


def worth_kept(model):
    r"""The plan is worth so much: $\sum_t \omega_t + \sum_i c_i x_i \ge W$, over the columns of no township.

    Unit: staff-hours a year. Source: `Levels.worth`.
    """
    others = sum(number * variable for number, variable in model.worth_terms.get(None, ()))
    worth = model.worth_constant + sum(model.worth_part.values()) + others
    return worth >= model.levels.worth - SLACK * max(1.0, abs(model.levels.worth))


def set_levels(model):
    """Set the values of the levels, where the model has some, to what the other variables give."""
    if model.component("beyond") is None:
        return
    for key, variable in model.beyond.items():
        variable.set_value(max(0.0, value(model.beyond_by[key][0])), skip_validation=True)
    for township, part in model.worth_part.items():
        whole = sum(number * (variable.value or 0.0) for number, variable in model.worth_terms[township])
        part.set_value(whole, skip_validation=True)
