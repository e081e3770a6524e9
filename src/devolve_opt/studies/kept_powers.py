"""What is known of each power of a study of alternatives, kept in files so that it goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devolve_opt.audit import audit
from devolve_opt.plan import Plan
from devolve_opt.rules.legality import exclusions
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.scenario import Scenario
from devolve_opt.studies.comparing import valued_on
from devolve_opt.studies.kept import digest_of, keep, kept
from devolve_opt.studies.listing import Listed
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.runs import beside_ratio_rule
from devolve_opt.vocabulary import Method, Status

Array = NDArray[np.float64]
BEST = "best.json"


class KeptPowers:
    """The files of a study: the best plan, and one for each power.

    Args:
        scenario: what is solved.
        tolerance: of the study; for another one the bounds of a power are sought anew.
        folder: where the files are; None keeps nothing.
    """

    def __init__(self, scenario: Scenario, tolerance: float, folder: Path | None):
        self.scenario, self.tolerance, self.folder = scenario, tolerance, folder
        self._key = digest_of(valued_on(scenario), scenario.policy.model_dump(mode="json"), "alternatives")
        self._against = ""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def best(self, models: Models, gap: float, time_limit: float | None) -> Plan | None:
        """Return the best plan of another run of the study, audited anew; None where there is none that will do."""
        if self.folder is None or (found := kept(self.folder / BEST, self._key, gap, time_limit)) is None:
            return None
        case, policy = self.scenario.data, self.scenario.policy
        prepared = models.prepare(case, policy, ratio_decisions(case, policy))
        values = np.zeros(prepared.matrix.costs.size)
        values[found["columns"]] = found["values"]
        decisions = prepared.decisions(values)
        checked = audit(case, policy, decisions)
        if checked.breaches:
            return None
        self._against = digest_of(self._key, found)
        plan = Plan(
            scenario=self.scenario, method=Method.OPTIMAL, status=Status(found["status"]), objective=checked.objective,
            bound=found["bound"], decisions=decisions, audit=checked,
            exclusions=exclusions(case, policy), seconds={"kept": found["seconds"]},
        )  # fmt: skip
        return beside_ratio_rule(plan)

    def keep_best(self, plan: Plan, solution: Array, time_limit: float | None) -> None:
        """Keep the best plan, shape (n,); what was known of powers against another one no longer counts."""
        if self.folder is None or not np.isfinite(plan.bound):
            return
        columns = np.flatnonzero(solution)
        found = {
            "status": str(plan.status), "gap": plan.gap, "bound": plan.bound, "seconds": sum(plan.seconds.values()),
            "columns": columns.tolist(), "values": solution[columns].tolist(),
        }  # fmt: skip
        keep(self.folder / BEST, self._key, time_limit, found)
        self._against = digest_of(self._key, found)

    def recall(self, powers: Iterable[Listed], solution: Array) -> None:
        """Put into powers what is known of them against the same best plan, shape (n,)."""
        if self.folder is None:
            return
        for power in powers:
            found = kept(self._file(power), self._against, 0.0, None)
            if found is None:
                continue
            power.steps = found["steps"] if found["tolerance"] == self.tolerance else min(1, found["steps"])
            power.bound = np.inf if found["bound"] is None else found["bound"]
            if found["ruled_out"]:
                power.bound = -np.inf
            if found["worth"] is not None:
                power.worth, power.solution = found["worth"], solution.copy()
                power.solution[found["columns"]] = found["values"]

    def keep(self, power: Listed, solution: Array) -> None:
        """Keep what is known of a power against the best plan, shape (n,)."""
        if self.folder is None:
            return
        other = solution if power.solution is None else power.solution
        columns = np.flatnonzero(other != solution)
        keep(self._file(power), self._against, None, {
            "status": "bounded", "steps": power.steps, "bound": power.bound, "ruled_out": power.bound == -np.inf,
            "worth": power.worth, "columns": columns.tolist(), "values": other[columns].tolist(),
            "tolerance": self.tolerance,
        })  # fmt: skip

    def _file(self, power: Listed) -> Path:
        assert self.folder is not None
        return self.folder / f"{digest_of(power.name)[:16]}.json"
