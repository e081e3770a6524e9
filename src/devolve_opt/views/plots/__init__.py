"""The figures of a plan: each function returns a `matplotlib.figure.Figure`, ready for a notebook or a file."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from devolve_opt.plan import Plan
from devolve_opt.views.plots.duties import duties
from devolve_opt.views.plots.formulas import formulas_figure
from devolve_opt.views.plots.fronts import frontier_figure
from devolve_opt.views.plots.lists import guide_list_matrix, take_up_map
from devolve_opt.views.plots.runs import progress, sweep_figure
from devolve_opt.views.plots.stations import stations
from devolve_opt.views.plots.townships import officers, posts_before_after, workload
from devolve_opt.views.plots.worth import changes_against_ratio_rule

__all__ = [
    "FIGURES",
    "changes_against_ratio_rule",
    "duties",
    "figures_of",
    "formulas_figure",
    "frontier_figure",
    "guide_list_matrix",
    "officers",
    "posts_before_after",
    "progress",
    "stations",
    "sweep_figure",
    "take_up_map",
    "workload",
]

FIGURES: dict[str, Callable[[Plan], Figure]] = {
    figure.__name__: figure
    for figure in (
        changes_against_ratio_rule, guide_list_matrix, take_up_map, workload, posts_before_after, officers, progress,
    )
}  # fmt: skip
"""Every figure of a plan by name, in the order of a report."""


def figures_of(plan: Plan) -> dict[str, Callable[[Plan], Figure]]:
    """Return `FIGURES`, and those of the instruments that the plan's policy switches on."""
    policy = plan.scenario.policy
    drawn = {"stations": (policy.stations, stations), "duties": (policy.duties, duties)}
    return FIGURES | {name: figure for name, (settings, figure) in drawn.items() if settings is not None}
