"""A run as a folder: tables, summary, figures, log and a manifest; it appears whole or not at all."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from glob import escape
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import language, speaking, tr
from devolve_opt.plan import Plan
from devolve_opt.schema.header import SCHEMA_KEY
from devolve_opt.studies.comparing import measures, valued_on
from devolve_opt.studies.manifest import MANIFEST, read_manifest
from devolve_opt.version import SCHEMA_VERSION, versions
from devolve_opt.views.files import DOTS_PER_INCH
from devolve_opt.views.plan_workbook import PLAN_WORKBOOK, write_plan_workbook
from devolve_opt.views.plots import figures_of
from devolve_opt.views.summary import summary
from devolve_opt.views.supplement import Supplement
from devolve_opt.views.tables import plan_tables

RECOVER_SECONDS = 5.0
"""A whole run that has stood so long without its name was left by a process that was killed."""
FORGOTTEN_SECONDS = 86_400.0
"""What a killed process left half written is cleared away after so long."""


def write_run(
    plan: Plan, folder: str | Path, started: datetime | None = None, supplements: Sequence[Supplement] = ()
) -> Path:
    """Write a plan as a folder, which appears whole or not at all; an earlier run of that name is replaced.

    The folder holds `summary.txt`, `plan.xlsx` (a workbook to hand in), `tables/` (CSV that Excel opens, and Parquet),
    `figures/` (PNG and SVG),
    `solver.log` and `manifest.json`. Files in an earlier run's folder that no run wrote, such as notes, are kept.

    Args:
        plan: what to write.
        folder: where; the folders above it are made if need be.
        started: when the run began, for the manifest.
        supplements: what sub-models lay over the plan (`views.supplements`): their tables and figures stand beside the
            plan's own, their lines end the summary.

    Returns:
        The folder; or one beside it, `<folder>-2` and so on, where the earlier run cannot be replaced because a file in
        it is open.

    Raises:
        InputError: if something stands there that is neither a run nor an empty folder, or it cannot be written.
    """
    target = Path(folder).resolve()
    earlier = earlier_files(target)
    # Siblings, because only within one file system does a folder change its name at a stroke.
    new = target.with_name(f".{target.name}.{uuid4().hex[:8]}.tmp")
    try:
        new.mkdir(parents=True)
        _write_contents(plan, new, supplements)
        files = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
        _write_text(new / MANIFEST, _json({**manifest(plan, started, supplements), "files": [MANIFEST, *files]}))
        _keep_foreign_files(target, new, earlier)
        taken = _take_place(new, target)
        return Path(folder) if taken == target else taken
    except OSError as error:
        message = tr(
            "cannot be written ({reason}); close files that are open in it and check its disk.",
            reason=error.strerror or error,
        )
        raise InputError([Fault(message, file=str(folder))]) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _of_added_rules(plan: Plan) -> list[dict[str, Any]]:
    """Return what a plan breaks of added rules: no audit of the plan alone would find it again."""
    added = plan.options.get("added_rules", ())
    return [asdict(breach) for breach in plan.audit.breaches if breach.rule in added]


def _steps(plan: Plan) -> list[dict[str, Any]]:
    """Return the steps of the search, columns as `Plan.steps`; null for what was not known yet."""
    known = plan.steps.astype(object).where(plan.steps.notna() & ~plan.steps.isin([math.inf, -math.inf]), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


def manifest(plan: Plan, started: datetime | None = None, supplements: Sequence[Supplement] = ()) -> dict[str, Any]:
    """Return what tells a run from any other: what was asked, what came out, with which software, from which files.

    Values and terms are in staff-hours a year, `seconds` in seconds, `peak_memory_mb` in megabytes of this process
    (null where the system does not tell), `gap` is a share; `steps` are moments of the search (`Plan.steps`);
    `started` is null where it is not known. Numbers that are not finite are null.
    """
    scenario, reference = plan.scenario, plan.reference
    return {
        SCHEMA_KEY: SCHEMA_VERSION,
        "language": language(),
        "title": scenario.title,
        "status": str(plan.status),
        "method": str(plan.method),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap if math.isfinite(plan.bound) else None,
        "audit_breaches": [str(breach) for breach in plan.audit.breaches],
        "audit_tolerated": [str(breach) for breach in plan.audit.tolerated],
        "added_rule_breaches": _of_added_rules(plan),
        "terms": {str(term): value for term, value in plan.audit.terms.items()},
        "measures": measures(plan),
        "valued_on": valued_on(scenario),
        "reference": None
        if reference is None
        else {
            "objective": reference.objective,
            "terms": {str(term): value for term, value in reference.audit.terms.items()},
            "audit_breaches": [str(breach) for breach in reference.audit.breaches],
            "added_rule_breaches": _of_added_rules(reference),
            "measures": measures(reference),
        },
        "supplements": {each.name: dict(each.record) for each in supplements},
        "case": {"title": scenario.case.title, "source": scenario.case.source, "size": scenario.data.size()},
        "synthetic": scenario.case.synthetic,
        "provenance": scenario.case.provenance,
        "seed": _seed(plan),
        "policy": scenario.policy.model_dump(mode="json"),
        "changes": {name: change.model_dump(mode="json") for name, change in scenario.changes.items()},
        "scenario_file": scenario.source,
        "input_hashes": dict(scenario.input_hashes or scenario.case.input_hashes),
        "options": dict(plan.options),
        "seconds": sum(plan.seconds.values()),
        "seconds_by_phase": dict(plan.seconds),
        "steps": _steps(plan),
        "started": None if started is None else started.astimezone(UTC).isoformat(timespec="seconds"),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "platform": platform.platform(),
        "peak_memory_mb": _peak_memory_mb(),
    }


def _write_contents(plan: Plan, folder: Path, supplements: Sequence[Supplement]) -> None:
    # Programs read them: whatever language is spoken, they are the same.
    with speaking("en"):
        tables = plan_tables(plan)
    figures: dict[str, Callable[[], Figure]] = {name: partial(draw, plan) for name, draw in figures_of(plan).items()}
    for each in supplements:
        tables |= each.tables
        figures |= each.figures
    (folder / "tables").mkdir()
    for name, table in tables.items():
        # The mark at the start makes Excel read Chinese.
        table.to_csv(folder / "tables" / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
        # As bytes, because pyarrow opens no Chinese name where the system's language is plain ASCII.
        (folder / "tables" / f"{name}.parquet").write_bytes(table.to_parquet(index=False))
    write_plan_workbook(plan, folder / PLAN_WORKBOOK, tables)
    _write_text(folder / "summary.txt", "".join([summary(plan), *(each.text for each in supplements)]))
    _write_text(folder / "solver.log", "".join([plan.log, *(each.log for each in supplements)]))
    (folder / "figures").mkdir()
    for name, draw in figures.items():
        figure = draw()
        figure.savefig(folder / "figures" / f"{name}.png", dpi=DOTS_PER_INCH)
        # The same plan gives the same file: no date, no random names inside.
        with matplotlib.rc_context({"svg.hashsalt": "devolve_opt"}):
            figure.savefig(folder / "figures" / f"{name}.svg", metadata={"Date": None})


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _recover(target: Path) -> None:
    """Put in place a whole run that one that was killed left beside its name, and clear away what is left of others."""
    pattern = f".{escape(target.name)}.*"
    left = [path for path in target.parent.glob(pattern) if path.suffix in (".tmp", ".old") and path.is_dir()]
    # The manifest is written last: a folder that has one is whole. One that is being written is not touched.
    finished = {path for path in left if (path / MANIFEST).is_file()}
    ages = {path: time.time() - (path / MANIFEST if path in finished else path).stat().st_mtime for path in left}
    whole = [path for path in left if path in finished and ages[path] > RECOVER_SECONDS]
    if whole and not target.exists():
        newest = min(whole, key=lambda path: ages[path])
        newest.rename(target)
        left.remove(newest)
    for path in left:
        if ages[path] > FORGOTTEN_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def earlier_files(target: Path) -> frozenset[str] | None:
    """Return the files that an earlier run wrote there, None if there is no run.

    A run that was whole but had not got its name when its process was killed gets it now.

    Raises:
        InputError: if something else stands there, which is not ours to replace, or nothing can be written there.
    """
    with suppress(OSError):
        _recover(target.absolute())
    if not target.exists():
        above = next(folder for folder in target.absolute().parents if folder.exists())
        if not above.is_dir() or not os.access(above, os.W_OK):
            message = tr("cannot be written: {folder} is no folder that you may write to.", folder=above)
            raise InputError([Fault(message, file=str(target))])
        return None
    if target.is_dir() and not any(target.iterdir()):
        return None
    try:
        return frozenset(read_manifest(target).get("files", []))
    except InputError:
        message = tr("exists and is not the folder of a run of this version; name another folder, or move it away.")
        raise InputError([Fault(message, file=str(target))]) from None


def _keep_foreign_files(target: Path, new: Path, earlier: frozenset[str] | None) -> None:
    if earlier is None:
        return
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target)
        kept = new / name
        if name.as_posix() not in earlier and (path.is_symlink() or path.is_file()) and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, kept, follow_symlinks=False)


def _take_place(new: Path, target: Path) -> Path:
    """Give the new folder its name and return it."""
    if not target.exists():
        new.rename(target)
        return target
    # Windows does not rename onto a folder, so the old one steps aside first and comes back if anything fails.
    old = new.with_name(f"{new.name.removesuffix('.tmp')}.old")
    try:
        target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            old.rename(target)
            raise
    except PermissionError:
        # Windows moves no folder while a file in it is open. What was found is not given up for that.
        free = next(name for name in _beside(target) if not name.exists())
        new.rename(free)
        return free
    shutil.rmtree(old, ignore_errors=True)
    return target


def _beside(target: Path) -> Iterator[Path]:
    return (target.with_name(f"{target.name}-{number}") for number in count(2))


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(_strict(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _strict(item: Any) -> Any:
    """Return the item as strict JSON can hold it: numbers that are not finite become null."""
    if isinstance(item, Mapping):
        return {str(name): _strict(value) for name, value in item.items()}
    if isinstance(item, list | tuple | set | frozenset | pd.Index | np.ndarray):
        return [_strict(value) for value in item]
    if item is None or isinstance(item, bool | np.bool_):
        return None if item is None else bool(item)
    if isinstance(item, int | np.integer):
        return int(item)
    if isinstance(item, float | np.floating):
        return float(item) if math.isfinite(item) else None
    return str(item)


def _seed(plan: Plan) -> int | None:
    """Return the seed of a generated case, which its provenance names, or None."""
    found = re.search(r"\bseed (\d+)", plan.scenario.case.provenance)
    return int(found[1]) if found and plan.scenario.case.synthetic else None


def _peak_memory_mb() -> float | None:
    if os.name != "posix":
        return None
    import resource  # noqa: PLC0415 - Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024), 1)
