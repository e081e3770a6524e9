"""Posts: base, floating and revolving posts by the formula, within a band and a cap on moves.

Which steps there are depends on the formula: posts that its weights spread are `floating`, whatever the county calls
them; a mobile reserve stays with the county and is in no variable.
"""

from __future__ import annotations

from pyomo.environ import Constraint, Expression, NonNegativeIntegers, NonNegativeReals, Var, inequality

from devolve_opt.rules.posts import post_formula, post_pools, posts_given


def add_posts(model):
    """Add `floating[t]` and `revolving[t]` (whole posts), `posts[t]` and `posts_gained[t]`.

    Data, by township: `base_posts`, `posts_today`, `band_lower`, `band_upper`, `posts_given` (those in
    force); by county: `floating_pool`, `revolving_pool`, `revolving_max`, `members`.
    """
    townships = model.case.tables["townships"]
    formula, pools = post_formula(model.case, model.policy), post_pools(model.case, model.policy)
    model.posts_today = townships["posts"].to_dict()
    model.posts_given = posts_given(model.case).to_dict()
    model.base_posts = formula["base_posts"].to_dict()
    model.band_lower, model.band_upper = formula["lower"].to_dict(), formula["upper"].to_dict()
    model.floating_pool, model.revolving_pool = pools["floating"].to_dict(), pools["revolving"].to_dict()
    model.revolving_max = pools["revolving_max"].to_dict()
    model.county = townships["county"].to_dict()
    model.members = {county: list(group.index) for county, group in townships.groupby("county", sort=False)}
    units = list(townships.index)
    free = [unit for unit in units if unit not in model.posts_given]

    model.floating = Var(units, domain=NonNegativeIntegers, bounds=_floating_bounds)
    model.revolving = Var(units, domain=NonNegativeIntegers, bounds=_revolving_bounds)
    model.posts_gained = Var(units, domain=NonNegativeReals, bounds=_gained_bounds)
    model.posts = Expression(units, rule=posts)
    model.posts_within_band = Constraint(free, rule=posts_within_band)
    if model.posts_given:
        model.posts_kept = Constraint(list(model.posts_given), rule=posts_kept)
    model.floating_spread = Constraint(list(model.members), rule=floating_spread)
    model.revolving_spread = Constraint(list(model.members), rule=revolving_spread)
    model.gain_counted = Constraint(units, rule=gain_counted)
    model.posts_moved_within_cap = Constraint(rule=posts_moved_within_cap)


def _floating_bounds(model, township):
    return 0, model.floating_pool[model.county[township]]


def _revolving_bounds(model, township):
    county = model.county[township]
    return 0, min(model.revolving_max[county], model.revolving_pool[county])


def _gained_bounds(model, township):
    """No township gains more than all of them may, or than the posts in force give it."""
    given = model.posts_given.get(township)
    most = model.policy.posts_moved_max if given is None else max(0, given - model.posts_today[township])
    return 0, most


def posts_range(model, township):
    """Return the fewest and the most posts that a township can have: those in force, or what band, pool and cap allow.

    It may keep those that it has today.
    """
    if township in model.posts_given:
        return model.posts_given[township], model.posts_given[township]
    county = model.county[township]
    revolving = min(model.revolving_max[county], model.revolving_pool[county])
    most = min(model.band_upper[township] + revolving, model.posts_today[township] + model.policy.posts_moved_max)
    return model.band_lower[township], most


def posts(model, township):
    r"""Posts of a township: $n_t = \bar b_t + g_t + v_t$, base by formula, floating and revolving [posts]."""
    return model.base_posts[township] + model.floating[township] + model.revolving[township]


def posts_within_band(model, township):
    r"""Base and floating posts stay within the band around the formula's fair share.

    $\lceil (1-\beta)\,\hat n_t \rceil \le \bar b_t + g_t \le \lfloor (1+\beta)\,\hat n_t \rfloor \quad \forall t$
    whose posts are not in force, widened where needed so that the formula's own whole number is allowed.

    Unit: posts. Source: `Policy.posts_band`; the share is that of `Policy.posts_formula`, by the report 6:2:1:1.
    """
    base = model.base_posts[township]
    return inequality(model.band_lower[township] - base, model.floating[township], model.band_upper[township] - base)


def posts_kept(model, township):
    r"""Posts in force are kept: $n_t = \check n_t$ for the townships that have a row.

    Unit: posts. Source: table `posts_in_force` of the case.
    """
    return model.posts[township] == model.posts_given[township]


def floating_spread(model, county):
    r"""A county's floating posts are all spread: $\sum_{t \in k} g_t = G_k \quad \forall k$.

    $G_k$ is what base and revolving posts, and a mobile reserve that the county keeps, leave of its posts.

    Unit: posts. Source: county totals of posts are fixed.
    """
    return sum(model.floating[township] for township in model.members[county]) == model.floating_pool[county]


def revolving_spread(model, county):
    r"""A county's revolving posts are all lent out: $\sum_{t \in k} v_t = V_k \quad \forall k$.

    Unit: posts. Source: `Policy.revolving_posts_share`; county totals of posts are fixed.
    """
    return sum(model.revolving[township] for township in model.members[county]) == model.revolving_pool[county]


def gain_counted(model, township):
    r"""Posts gained are at least what a township has more than today: $m_t \ge n_t - \bar n_t \quad \forall t$.

    Unit: posts. Source: definition.
    """
    return model.posts_gained[township] >= model.posts[township] - model.posts_today[township]


def posts_moved_within_cap(model):
    r"""Townships gain at most so many posts in the whole city: $\sum_t m_t \le M$; those in force do not count.

    Unit: posts. Source: `Policy.posts_moved_max`; the report's city moved 18.
    """
    counted = [gain for township, gain in model.posts_gained.items() if township not in model.posts_given]
    return sum(counted) <= model.policy.posts_moved_max if counted else Constraint.Skip
