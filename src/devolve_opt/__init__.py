"""devolve_opt: which county powers each township takes, with which posts and officers; proven and audited.

from devolve_opt import Case, Policy, Scenario, solve

plan = solve(Scenario.read("scenarios/baseline.toml"), gap=0.005)
plan.terms
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from devolve_opt.version import __version__

if TYPE_CHECKING:
    from devolve_opt.case import Case
    from devolve_opt.errors import DevolveError, InputError, NoPlanError
    from devolve_opt.plan import Plan
    from devolve_opt.policy import Policy
    from devolve_opt.scenario import Scenario
    from devolve_opt.studies.alternatives import alternatives
    from devolve_opt.studies.comparing import compare
    from devolve_opt.studies.explaining import explain
    from devolve_opt.studies.frontier import frontier
    from devolve_opt.studies.solving import solve
    from devolve_opt.studies.sweeping import sweep
    from devolve_opt.views.run_folder import write_run

__all__ = [
    "Case",
    "DevolveError",
    "InputError",
    "NoPlanError",
    "Plan",
    "Policy",
    "Scenario",
    "__version__",
    "alternatives",
    "compare",
    "explain",
    "frontier",
    "solve",
    "sweep",
    "write_run",
]

_HOMES = {
    "Case": "case",
    "DevolveError": "errors",
    "InputError": "errors",
    "NoPlanError": "errors",
    "Plan": "plan",
    "Policy": "policy",
    "Scenario": "scenario",
    "alternatives": "studies.alternatives",
    "compare": "studies.comparing",
    "explain": "studies.explaining",
    "frontier": "studies.frontier",
    "solve": "studies.solving",
    "sweep": "studies.sweeping",
    "write_run": "views.run_folder",
}
"""Where each public name lives; it is imported when it is first used, so that the shell starts at once."""


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name in _HOMES:
        return getattr(import_module(f"devolve_opt.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'devolve_opt' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
