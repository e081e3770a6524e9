"""Contents page of the model."""

from __future__ import annotations

from pyomo.common.gc_manager import PauseGC
from pyomo.environ import ConcreteModel

from devolve_opt.case import Case
from devolve_opt.formulation.county_opening import add_county_opening
from devolve_opt.formulation.duties import add_duties, add_duty_load
from devolve_opt.formulation.enforcement import add_enforcement
from devolve_opt.formulation.equity import add_equity
from devolve_opt.formulation.goals import add_goals
from devolve_opt.formulation.heads import add_heads
from devolve_opt.formulation.held import add_held
from devolve_opt.formulation.lending import add_lending
from devolve_opt.formulation.lists import add_lists
from devolve_opt.formulation.objective import add_objective
from devolve_opt.formulation.pins import add_pins
from devolve_opt.formulation.posts import add_posts
from devolve_opt.formulation.readiness import add_readiness
from devolve_opt.formulation.reads import Reads, RecordedModel
from devolve_opt.formulation.retention import add_retention
from devolve_opt.formulation.stations import add_stations
from devolve_opt.formulation.take_up import add_take_up
from devolve_opt.formulation.uncertain_hours import add_uncertain_hours
from devolve_opt.formulation.workload import add_workload
from devolve_opt.policy import Policy

CONTENTS = (
    add_take_up,  # which township takes which power
    add_held,  # what townships hold already from earlier batches
    add_lists,  # the 1+4 guide list that allows it
    add_pins,  # what is decided already
    add_stations,  # stationed agencies that townships manage or take over
    add_readiness,  # what a township needs to be ready in a field
    add_posts,  # posts by formula and need
    add_county_opening,  # what each county opens to its townships
    add_lending,  # lent staff who come back beyond the cap
    add_duties,  # which duties a township carries, with the power for them
    add_uncertain_hours,  # hours of powers that may turn out more than expected
    add_workload,  # hours needed against hours there
    add_duty_load,  # the people for the duties it carries
    add_heads,  # leaders who head enforcement offices
    add_enforcement,  # officers, certificates, officer hours
    add_equity,  # no township left behind
    add_retention,  # powers likely to be withdrawn
    add_objective,  # named terms in staff-hours a year
    add_goals,  # terms that have to reach so much
)  # fmt: skip
"""What the model is made of, in the order in which it is built."""


def build_model(case: Case, policy: Policy) -> ConcreteModel:
    """Build the mixed-integer model of a case under a policy.

    The model carries `case`, `policy` and `reads` (which keys of the policy each part looked at); each `add_*` puts the
    data it needs on the model under the names its docstrings use, then its variables, then its constraints. A row or
    column exists only where it can matter.
    """
    model = RecordedModel(name="devolve_opt")
    model.reads = Reads(policy)
    model.case, model.policy = case, model.reads.view
    # The many small objects of expressions would set off one collection of garbage after another.
    with PauseGC():
        for add in CONTENTS:
            model.reads.part = add.__name__
            add(model)
    model.reads.part, model.policy = "", policy
    return model
