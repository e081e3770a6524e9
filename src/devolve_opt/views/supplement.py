"""A supplement: what a sub-model lays over a plan, as a run's folder carries it or as a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.scenario import Scenario
from devolve_opt.version import __version__
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.summary import folded


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


def write_supplement(supplement: Supplement, scenario: Scenario, folder: str | Path) -> Path:
    """Write a supplement as a folder of its own; each file is complete or is not there, the record comes last.

    Args:
        supplement: what to write.
        scenario: what was asked.
        folder: where; `tables/`, `figures/`, `summary.txt`, `solver.log` and `<name>.json` are written.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    notice = f"*** {scenario.case.notice}: INVENTED PLACES AND FIGURES ***\n" if scenario.case.notice else ""
    text = f"{scenario.title}: {scenario.data.title}\n{notice}{supplement.text}"
    record = {
        "title": scenario.title,
        "case": {"title": scenario.case.title, "source": scenario.case.source, "digest": scenario.data.digest},
        "synthetic": scenario.case.synthetic,
        "policy": scenario.policy.model_dump(mode="json"),
        "changes": {name: change.model_dump(mode="json") for name, change in scenario.changes.items()},
        "scenario_file": scenario.source,
        "input_hashes": dict(scenario.input_hashes or scenario.case.input_hashes),
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
