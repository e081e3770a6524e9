"""Lists: the 1+4 guide list, one base list for all and a list for each of four categories."""

from __future__ import annotations

from pyomo.environ import Binary, Constraint, Var

from devolve_opt.formulation.caps import within
from devolve_opt.rules.pins import pinned_lists
from devolve_opt.rules.ratio import given_lists
from devolve_opt.vocabulary import BASE_LIST


def add_lists(model):
    """Add `base[p]`, `special[c,p]`, `listed[p]`, the caps on the lists, and what they allow to be taken.

    Data: `own_lists` (categories with a list of their own), `category[t]`, `given` (rows of the guide list in force).
    """
    pairs = model.interest
    policy = model.policy
    model.own_lists = [str(category) for category in policy.own_list_categories]
    model.category = dict(zip(pairs["township"], pairs["category"], strict=True))
    order = model.case.tables["powers"].index
    wanted = order[order.isin(pairs["power"])].tolist()
    with_own = pairs[pairs["category"].isin(model.own_lists)]
    specials = set(with_own[["category", "power"]].itertuples(index=False, name=None))
    given = given_lists(model.case, policy)
    model.list_in_force = given is not None
    model.given = [] if given is None else list(given.itertuples(index=False, name=None))
    # A list in force holds powers that nobody wants, too, and they count under the caps; so may a pinned one.
    added = [*model.given, *pinned_lists(model.case, policy)]
    wanted = order[order.isin({*wanted, *(power for power, _ in added)})].tolist()
    specials |= {(name, power) for power, name in added if name in model.own_lists}
    model.special_of = {
        category: [power for power in wanted if (category, power) in specials] for category in model.own_lists
    }
    columns = [(category, power) for category in model.own_lists for power in model.special_of[category]]
    with_special = {power for _, power in columns}

    model.base = Var(wanted, domain=Binary)
    model.special = Var(columns, domain=Binary)
    model.listed = Var(wanted, domain=Binary)
    model.one_kind_of_list = Constraint(columns, rule=one_kind_of_list)
    model.base_power_is_listed = Constraint(
        [power for power in wanted if power not in with_special], rule=base_power_is_listed
    )
    model.taken_only_if_listed = Constraint(model.pairs, rule=taken_only_if_listed)

    if model.list_in_force:
        model.base_list_kept = Constraint(wanted, rule=base_list_kept)
        model.category_list_kept = Constraint(columns, rule=category_list_kept)
    if model.policy.take_up_floor != "none":
        bound = [pair for pair in model.pairs if policy.take_up_floor == "all" or model.rounds[pair]]
        model.base_list_taken = Constraint(bound, rule=base_list_taken)
    model.base_list_within_cap = Constraint(rule=base_list_within_cap)
    model.guide_list_within_cap = Constraint(rule=guide_list_within_cap)
    model.listing_hours_within_cap = Constraint(rule=listing_hours_within_cap)
    filled = [category for category in model.own_lists if model.special_of[category]]
    model.category_list_within_cap = Constraint(filled, rule=category_list_within_cap)


def one_kind_of_list(model, category, power):
    r"""A power stands on the base list or on category lists, never on both, and is then listed.

    $b_p + s_{cp} \le l_p \quad \forall c, p$

    One row and not three: written so, the bound of the relaxation is tighter and its lists come out almost whole.
    Unit: powers. Source: the report's 1+4 guide list.
    """
    return model.base[power] + model.special[category, power] <= model.listed[power]


def base_power_is_listed(model, power):
    r"""A power of the base list is listed, where no category can list it: $b_p \le l_p$ [powers].

    Source: the report's 1+4 guide list.
    """
    return model.base[power] <= model.listed[power]


def taken_only_if_listed(model, township, power):
    r"""A township takes only what is on the base list or on the list of its category.

    $x_{tp} \le b_p + s_{c(t),p} \quad \forall (t,p)$, without $s$ where the category has no list of its own.

    Unit: powers. Source: the report's 1+4 guide list.
    """
    category = model.category[township]
    if (category, power) in model.special:
        return model.taken[township, power] <= model.base[power] + model.special[category, power]
    return model.taken[township, power] <= model.base[power]


def base_list_taken(model, township, power):
    r"""A township takes what it must take of the base list.

    $b_p \le x_{tp}$ for the powers that it chose in some round, or for all, as the policy says.

    Unit: powers. Source: `Policy.take_up_floor`.
    """
    return model.base[power] <= model.taken[township, power]


def base_list_kept(model, power):
    r"""The base list in force is kept: $b_p = \bar b_p$ [powers]. Source: table `guide_list` of the case."""
    return model.base[power] == int((power, BASE_LIST) in model.given)


def category_list_kept(model, category, power):
    r"""The category list in force is kept: $s_{cp} = \bar s_{cp}$ [powers]. Source: table `guide_list` of the case."""
    return model.special[category, power] == int((power, category) in model.given)


def base_list_within_cap(model):
    r"""The base list holds at most so many powers: $\sum_p b_p \le B$.

    Unit: powers. Source: `Policy.base_list_max`; the report's city has 43.
    """
    return within(sum(model.base.values()), model.policy.base_list_max, len(model.base))


def guide_list_within_cap(model):
    r"""The guide list, base and category lists together, holds at most so many powers: $\sum_p l_p \le G$.

    Unit: powers. Source: `Policy.guide_list_max`; the report's city has 130.
    """
    return within(sum(model.listed.values()), model.policy.guide_list_max, len(model.listed))


def listing_hours_within_cap(model):
    r"""All listed powers together take the county at most so many hours: $\sum_p g_p l_p \le H$.

    Unit: staff-hours a year. Source: `Policy.listing_hours_max`; column `listing_hours` of the powers.
    """
    cap = model.policy.listing_hours_max
    hours = {power: model.case.tables["powers"].at[power, "listing_hours"] for power in model.listed}
    if cap is None or not any(hours.values()):
        return Constraint.Skip
    return within(sum(hours[power] * model.listed[power] for power in hours if hours[power]), cap, sum(hours.values()))


def category_list_within_cap(model, category):
    r"""The list of each category holds at most so many powers: $\sum_p s_{cp} \le S \quad \forall c$.

    Unit: powers. Source: `Policy.category_list_max`.
    """
    powers = model.special_of[category]
    return within(sum(model.special[category, power] for power in powers), model.policy.category_list_max, len(powers))
