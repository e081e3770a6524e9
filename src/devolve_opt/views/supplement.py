"""A supplement: what a sub-model lays over a plan, as a run's folder carries it or as a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.language import tr
from devolve_opt.plan import Plan
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import folded
from devolve_opt.views.wording import notice_lines, proof_record, status_lines, worded, worth_line


@dataclass(frozen=True, eq=False)
class Supplement:
    """What a sub-model adds to a run.

    Attributes:
        name: one word; the record's name in the manifest.
        title: heading of its lines in the summary.
        lines: what an official needs to know of it.
        tables: frames by file name, each with the column `synthetic`.
        figures: by file name, a function that draws the figure.
        record: what the manifest says of it: at least `status`, and `bound` and `gap` where it has them.
        log: the solver's own log.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""

    @property
    def text(self) -> str:
        """The section of the summary: the title, and its lines as wide as the page."""
        lines = [self.title, *(part for line in self.lines for part in folded(f"  {line}"))]
        return "\n".join(lines) + "\n"


def plan_lines(plan: Plan) -> list[str]:
    """Return how far the plan beneath a supplement is proven, with its worth."""
    beneath = tr("The plan beneath ({method}): {worth}", method=worded(plan.method), worth=worth_line(plan))
    return [beneath, *status_lines(plan)]


def write_supplement(supplement: Supplement, plan: Plan, folder: str | Path) -> Path:
    """Write a supplement as a folder of its own; each file is complete or is not there, the record comes last.

    Args:
        supplement: what to write.
        plan: what it is laid over; the record and the summary say how far that plan is proven.
        folder: where; `tables/`, `figures/`, `summary.txt`, `solver.log` and `<name>.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder, scenario = Path(folder), plan.scenario
    heading = tr("{title}: {case}", title=scenario.title, case=scenario.data.title)
    beneath = [part for line in plan_lines(plan) for part in folded(line)]
    text = "\n".join([heading, *notice_lines(scenario.case), *beneath, "", supplement.text])
    record = {
        "title": scenario.title,
        "case": {"title": scenario.case.title, "source": scenario.case.source, "digest": scenario.data.digest},
        "synthetic": scenario.case.synthetic,
        "policy": scenario.policy.model_dump(mode="json"),
        "changes": {name: change.model_dump(mode="json") for name, change in scenario.changes.items()},
        "scenario_file": scenario.source,
        "input_hashes": dict(scenario.input_hashes or scenario.case.input_hashes),
        "plan": proof_record(plan),
        "options": dict(plan.options),
        **supplement.record,
        "versions": {"devolve_opt": __version__},
    }
    with writing_to(folder):
        for part in ("tables", "figures"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for name, table in supplement.tables.items():
            write_table(folder / "tables" / name, table)
        for name, draw in supplement.figures.items():
            write_figure(folder / "figures" / name, draw())
        write_bytes(folder / "summary.txt", text.encode())
        write_bytes(folder / "solver.log", supplement.log.encode())
        content = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        write_bytes(folder / f"{supplement.name}.json", f"{content}\n".encode())
    return folder
