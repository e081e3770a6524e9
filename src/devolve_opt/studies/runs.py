"""A plan back from the folder of a run: its decisions from the tables, judged anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowException
from pyarrow.parquet import read_table as read_parquet

from devolve_opt.audit import audit, describe
from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, shown
from devolve_opt.language import joined, tr
from devolve_opt.plan import Breach, Decisions, Plan
from devolve_opt.policy import Policy
from devolve_opt.rules.legality import exclusions
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.rules.workload import staff_without_moves
from devolve_opt.scenario import Scenario
from devolve_opt.solver.progress import Step
from devolve_opt.studies.manifest import MANIFEST, NO_RUN, read_manifest
from devolve_opt.studies.options import AGREEMENT
from devolve_opt.vocabulary import Method, StationStatus, Status

_SAME = 1e-6
"""Relative difference allowed between the worth that the manifest states and that of the tables."""


def read_run(folder: str | Path, case: Case) -> Plan:
    """Return the plan that a run's folder holds, with policy and changes as in its manifest and an audit of its own.

    Args:
        folder: what `run` wrote.
        case: the data it was made from; they must not have changed since.

    Raises:
        InputError: if the folder holds no run, a file of the case has changed since (naming each), or the tables do not
            give the worth that the manifest states, break rules although the plan was optimised, or are worth more than
            the bound that it states.
    """
    manifest = read_manifest(folder)
    hashes, stated, bound = dict(manifest["input_hashes"]), float(manifest["objective"]), manifest["bound"]
    try:
        method, status = Method(manifest["method"]), Status(manifest["status"])
    except ValueError:
        raise InputError([Fault(tr(NO_RUN), file=str(folder))]) from None
    _refuse_changed_case(folder, hashes, case)
    try:
        policy = Policy(**manifest["policy"])
        scenario = Scenario(case, policy, manifest["title"], manifest["changes"], manifest["scenario_file"], hashes)
    except InputError as error:
        place = str(Path(folder) / MANIFEST)
        raise InputError([replace(fault, file=f"{place}: {fault.file}" if fault.file else place)
                          for fault in error.faults]) from None  # fmt: skip
    decisions = _decisions(Path(folder), scenario)
    found = audit(scenario.data, policy, decisions)
    if abs(found.objective - stated) > _SAME * max(1.0, abs(stated)):
        message = tr(
            "its tables give a plan worth {found:,.1f}, its manifest says {stated:,.1f}: the case or a table has "
            "changed since; run it again.",
            found=found.objective, stated=stated,
        )  # fmt: skip
        raise InputError([Fault(message, file=str(folder))])
    if method is Method.OPTIMAL and found.breaches:
        message = tr(
            "its tables break rules, and no such plan is written: the case or a table has changed since; run it again."
            "\n{breaches}",
            breaches=describe(found.breaches),
        )  # fmt: skip
        raise InputError([Fault(message, file=str(folder))])
    if bound is not None and method is Method.OPTIMAL and stated > float(bound) + AGREEMENT * max(1.0, abs(stated)):
        message = tr(
            "its manifest says that no plan is worth more than {bound:,.1f} and that this one is worth {stated:,.1f}: "
            "it was changed since; run it again.",
            bound=float(bound), stated=stated,
        )  # fmt: skip
        raise InputError([Fault(message, file=str(folder))])
    reference = manifest["reference"] or {}
    broken, by_rule = (
        [Breach(**breach) for breach in record.get("added_rule_breaches", [])] for record in (manifest, reference)
    )
    found = replace(found, breaches=(*found.breaches, *broken))
    plan = Plan(
        scenario=scenario, method=method, status=status, objective=found.objective,
        bound=float("inf") if bound is None else float(bound), decisions=decisions, audit=found,
        exclusions=exclusions(scenario.data, policy), options=manifest["options"], steps=_steps(manifest),
    )  # fmt: skip
    return beside_ratio_rule(plan, by_rule)


def _steps(manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Return the steps of the search as `Plan.steps`; none where the run kept none."""
    steps = pd.DataFrame(manifest.get("steps", []), columns=[each.name for each in fields(Step)])
    numbers = steps.drop(columns="phase").astype(float)
    # Not known yet is as bad as can be.
    worst = {"bound": np.inf, "objective": -np.inf}
    return steps.assign(**numbers.fillna(worst)) if len(steps) else pd.DataFrame()


def beside_ratio_rule(plan: Plan, added: Iterable[Breach] = ()) -> Plan:
    """Return a plan with the ratio rule's plan of its scenario, worked out anew, as its reference.

    Args:
        plan: the plan.
        added: what the ratio rule's plan breaks of added rules.
    """
    if plan.method is Method.RATIO:
        return plan
    case, policy = plan.scenario.data, plan.scenario.policy
    by_rule = ratio_decisions(case, policy)
    found = audit(case, policy, by_rule)
    found = replace(found, breaches=(*found.breaches, *added))
    reference = replace(
        plan, method=Method.RATIO, status=Status.RULE, objective=found.objective, decisions=by_rule, audit=found,
        options={**plan.options, "method": str(Method.RATIO)}, reference=None,
    )  # fmt: skip
    return replace(plan, reference=reference)


def case_of_run(folder: str | Path, place: str | Path | None = None) -> Case:
    """Return the case that a run was made from.

    Args:
        folder: what `run` wrote.
        place: the folder or workbook of the case; where the run read it if left out.

    Raises:
        InputError: if the folder holds no run, or the case is no longer there or not sound.
    """
    if place is None:
        source = str(read_manifest(folder)["case"]["source"])
        if not source or not _exists(source):
            message = tr("the case it was made from is not there; name its folder or workbook (--case).")
            raise InputError([Fault(message, file=str(folder), column="case", value=source)])
        place = source
    return Case.read(place)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # such as a name longer than any may be
        return False


def _refuse_changed_case(folder: str | Path, hashes: dict[str, str], case: Case) -> None:
    """Files of the case stand in a manifest as `case/<file>`, or plainly where there was no scenario file."""
    nested = any(name.startswith("case/") for name in hashes)
    then = {name.removeprefix("case/"): value for name, value in hashes.items() if not nested or "case/" in name}
    now = dict(case.input_hashes)
    if not then or not now:
        return  # made in Python; its worth, worked out anew, has to do
    changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    if changed:
        message = tr(
            "the case has changed since this run: {files}; run it again, or give the case it was made from.",
            files=joined(changed),
        )
        raise InputError([Fault(message, file=str(folder), column="input_hashes")])


def read_table(path: Path) -> pd.DataFrame:
    """Return a table of a run.

    Raises:
        InputError: if it is not there or damaged.
    """
    try:
        # What pandas notes in the file of its own types is not needed, and may be damaged too.
        return read_parquet(BytesIO(path.read_bytes())).to_pandas(ignore_metadata=True)
    except (OSError, ValueError, ArrowException) as error:
        message = tr("cannot be read ({error}); run it again.", error=error)
        raise InputError([Fault(message, file=str(path))]) from None


def _decisions(folder: Path, scenario: Scenario) -> Decisions:
    case, policy = scenario.data, scenario.policy

    def columns(name: str, *wanted: str, where: str = "") -> pd.DataFrame:
        path = folder / "tables" / f"{name}.parquet"
        frame = read_table(path)
        faults = [fault for column in (*wanted, where) if column for fault in _column_faults(path, frame, column)]
        if faults:
            raise InputError(faults)
        rows = frame[frame[where].astype(bool)] if where else frame
        return rows[list(wanted)].reset_index(drop=True)

    def counts(name: str, *wanted: str) -> pd.DataFrame:
        return columns(name, "township", *wanted).set_index("township")

    back = counts("workload", "lent_returned")["lent_returned"]
    by_cap = staff_without_moves(case, policy)["lent_returned"].reindex(back.index)
    heads, stations = columns("officers", "township", "head"), columns("stations", "station", "status")
    decided: dict[str, Any] = {
        "led": heads.loc[heads["head"] == "leader", ["township"]].reset_index(drop=True),
        "stations": stations[stations["status"] != StationStatus.COUNTY].reset_index(drop=True),
    }
    if policy.duties is not None:
        decided["duties"] = columns("duties", "township", "duty", where="matched")
    return Decisions(
        guide_list=columns("guide_list", "power", "list"),
        take_up=columns("take_up", "township", "power"),
        ready=columns("readiness", "township", "field", where="new"),
        posts=counts("posts", *_COUNTS["posts"]),
        officers=counts("officers", *_COUNTS["officers"]),
        returned=pd.DataFrame({"returned": back - by_cap}),
        **decided,
    )


_COUNTS = {
    "posts": ("base_posts", "floating_posts", "revolving_posts"),
    "officers": ("trained", "moved_in", "moved_out"),
    "workload": ("lent_returned",),
}
"""Columns of whole numbers that decisions are read from, by table."""
_TRUTHS = ("new", "matched")


def _column_faults(path: Path, frame: pd.DataFrame, name: str) -> list[Fault]:
    """Return the fault of a column that is not there or not of the kind that a run writes; the others hold texts."""
    if list(frame.columns).count(name) != 1:
        return [Fault(tr("the column is not there just once; run it again."), file=str(path), column=name)]
    values = frame[name].tolist()
    if name in _TRUTHS:
        wrong = [value for value in values if not isinstance(value, bool)]
    elif any(name in counted for counted in _COUNTS.values()):
        wrong = [value for value in values if isinstance(value, bool) or not isinstance(value, int)]
    else:
        wrong = [value for value in values if not isinstance(value, str)]
    message = tr("is not what a run writes there; run it again.")
    return [Fault(message, file=str(path), column=name, value=shown(wrong[0]))] if wrong else []
