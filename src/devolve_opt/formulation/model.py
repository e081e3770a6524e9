"""Contents page of the model."""

from __future__ import annotations

from pyomo.environ import ConcreteModel

from devolve_opt.case import Case
from devolve_opt.formulation.county_opening import add_county_opening
from devolve_opt.formulation.duties import add_duties, add_duty_load
from devolve_opt.formulation.enforcement import add_enforcement
from devolve_opt.formulation.equity import add_equity
from devolve_opt.formulation.heads import add_heads
from devolve_opt.formulation.held import add_held
from devolve_opt.formulation.lending import add_lending
from devolve_opt.formulation.lists import add_lists
from devolve_opt.formulation.objective import add_objective
from devolve_opt.formulation.posts import add_posts
from devolve_opt.formulation.readiness import add_readiness
from devolve_opt.formulation.retention import add_retention
from devolve_opt.formulation.stations import add_stations
from devolve_opt.formulation.take_up import add_take_up
from devolve_opt.formulation.workload import add_workload
from devolve_opt.policy import Policy


def build_model(case: Case, policy: Policy) -> ConcreteModel:
    """Build the mixed-integer model of a case under a policy.

    The model carries `case` and `policy`; each `add_*` puts the data it needs on the model under the names its
    docstrings use, then its variables, then its constraints. A row or column exists only where it can matter.
    """
    model = ConcreteModel(name="devolve_opt")
    model.case, model.policy = case, policy

    add_take_up(model)  # which township takes which power
    add_held(model)  # what townships hold already from earlier batches
    add_lists(model)  # the 1+4 guide list that allows it
    add_stations(model)  # stationed agencies that townships manage or take over
    add_readiness(model)  # what a township needs to be ready in a field
    add_posts(model)  # posts by formula and need
    add_county_opening(model)  # what each county opens to its townships
    add_lending(model)  # lent staff who come back beyond the cap
    add_duties(model)  # which duties a township carries, with the power for them
    add_workload(model)  # hours needed against hours there
    add_duty_load(model)  # the people for the duties it carries
    add_heads(model)  # leaders who head enforcement offices
    add_enforcement(model)  # officers, certificates, officer hours
    add_equity(model)  # no township left behind
    add_retention(model)  # powers likely to be withdrawn
    add_objective(model)  # named terms in staff-hours a year
    return model
