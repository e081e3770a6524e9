r"""Even lists: the powers that serve evenly groups of townships that chose (leximin).

A model of its own, apart from the main one: it knows choices and places, not capacity. The sum of the $k$ least of some
numbers $s_g$ is the most that $k t - \sum_g d_g$ can be with $d_g \ge t - s_g$ (Ogryczak and Śliwiński 2006). Made as
great as can be for $k = 1$, then with that held for $k = 2$, and so on, it gives the list on which the group served
least is served as well as can be, then the next, and so on: leximin.

Indices: $p$ power, $g$ group, $k$ how many groups are looked at.

| variable | name | unit |
|---|---|---|
| $x_p$ | `on_list` | 0 or 1 |
| $s_g$ | `served` | share of the group's choices that are listed |
| $t_k$ | `level` | share |
| $d_{kg}$ | `short` | share |

| number | from | unit |
|---|---|---|
| $n_{gp}$, $N_g$ | choices of a power by a group, and all of its choices | choices |
| $m$ | places on the guide list | powers |
| $v_j$ | sum of the $j$ least shares, found before | share |
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pyomo.environ import Binary, ConcreteModel, Constraint, Expression, Objective, UnitInterval, Var, maximize


def build_even_list(choices: pd.DataFrame, places: int, found: Sequence[float] = ()) -> ConcreteModel:
    """Build the model of the sum of the least shares, one group more than was found before.

    Args:
        choices: choices by power (index) and group (columns); every group has some.
        places: powers that may be listed at most.
        found: the sums of the least, of the two least, ... shares that the list is to keep.
    """
    model = ConcreteModel(name="even list")
    groups, powers = [str(name) for name in choices], [str(name) for name in choices.index]
    counts = choices.to_numpy(int)
    model.choices = {
        (g, p): int(counts[row, column]) for column, g in enumerate(groups) for row, p in enumerate(powers)
    }
    model.chosen = {str(g): int(choices[g].sum()) for g in choices}
    model.places, model.found = places, list(found)
    model.looked_at = list(range(1, len(found) + 2))

    model.on_list = Var(powers, domain=Binary)
    model.level = Var(model.looked_at, domain=UnitInterval)
    model.short = Var(model.looked_at, groups, domain=UnitInterval)
    model.served = Expression(groups, rule=served)
    model.least_sum = Expression(model.looked_at, rule=least_sum)

    model.places_within = Constraint(rule=places_within)
    model.short_of_level = Constraint(model.looked_at, groups, rule=short_of_level)
    model.least_sum_held = Constraint(model.looked_at[:-1], rule=least_sum_held)
    model.total = Objective(expr=model.least_sum[len(found) + 1], sense=maximize)
    return model


def served(model, group):
    r"""Share of a group's choices that are listed: $s_g = \sum_p n_{gp} x_p / N_g$."""
    listed = (number * model.on_list[power] for (of, power), number in model.choices.items() if of == group and number)
    return sum(listed) / model.chosen[group]


def least_sum(model, count):
    r"""Sum of the least shares of so many groups: $k t_k - \sum_g d_{kg}$."""
    return count * model.level[count] - sum(model.short[count, group] for group in model.chosen)


def places_within(model):
    r"""No more powers are listed than there are places: $\sum_p x_p \le m$ [powers].

    Source: `Policy.guide_list_max`.
    """
    return sum(model.on_list.values()) <= model.places


def short_of_level(model, count, group):
    r"""What a group is short of the level: $d_{kg} \ge t_k - s_g$ [share].

    Source: definition of the sum of the least (Ogryczak and Śliwiński 2006).
    """
    return model.short[count, group] + model.served[group] - model.level[count] >= 0


def least_sum_held(model, count):
    r"""What was found for fewer groups is kept: $j t_j - \sum_g d_{jg} \ge v_j$ [share].

    Source: definition of leximin.
    """
    return model.least_sum[count] >= model.found[count - 1]
