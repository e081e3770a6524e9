"""Scenario: a case, changes to its data, and a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, did_you_mean, listed, shown
from devolve_opt.frozen import FrozenMapping
from devolve_opt.language import joined, tr
from devolve_opt.policy import Policy
from devolve_opt.policy_sheet import policy_from_sheet
from devolve_opt.reading.header import format_fault
from devolve_opt.reading.tables import raise_if_any
from devolve_opt.reading.toml_files import read_keys
from devolve_opt.reading.workbook import ENDING, WorkbookContent, look_into_workbook
from devolve_opt.schema import Column, columns_named, numeric_columns, schema
from devolve_opt.schema.header import SCHEMA_KEY
from devolve_opt.settings import settings_faults
from devolve_opt.version import SCHEMA_VERSION


class Change(BaseModel):
    """A what-if on one column of numbers, applied to a copy of the case.

    Attributes:
        scale, add, set: exactly one of them; multiply each value, add to it, or replace it. Where the column holds
            whole numbers, scaled ones are rounded so that their running total stays right: a fifth less of many ones
            is a fifth fewer of them.
        where: the rows it applies to: column -> value, or a list of values; all must match. A table that names
            townships or powers can also be filtered by their columns (`county`, `category`, `type`, `field`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    scale: float | None = Field(None, ge=0, strict=True)
    add: float | None = Field(None, strict=True)
    set: float | None = Field(None, strict=True)
    where: dict[str, str | list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_thing(self) -> Change:
        if sum(value is not None for value in (self.scale, self.add, self.set)) != 1:
            raise ValueError(tr("needs exactly one of scale, add, set; split it or drop the others"))
        return self


@dataclass(frozen=True, eq=False)
class Scenario:
    """A case, changes to its data, and a policy; `replace()` gives a changed copy.

    Attributes:
        case: the data as they were read.
        policy: the caps and prices.
        title: what is shown as the scenario's name.
        changes: what-ifs by column name (`cases`), or `table.column` where a name is not unique.
        source: the scenario file, or empty.
        input_hashes: SHA-256 of the scenario file and of the case's files.

    Raises:
        InputError: if a change is not sound, names no column of numbers, or selects nothing.
        TypeError: if `case` is no `Case` or `policy` no `Policy`.
    """

    case: Case
    policy: Policy = field(default_factory=Policy)
    title: str = "Scenario"
    changes: Mapping[str, Change] = field(default_factory=dict)
    source: str = ""
    input_hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, kind in (("case", Case), ("policy", Policy)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} must be a {kind.__name__}, not {type(getattr(self, name)).__name__}")
        faults: list[Fault] = []
        changes = {key: _change(key, body, "", faults) for key, body in self.changes.items()}
        if faults:
            raise InputError(faults)
        object.__setattr__(self, "changes", FrozenMapping(changes))
        object.__setattr__(self, "input_hashes", FrozenMapping(self.input_hashes))
        _ = self.data  # wrong changes are told at once

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """Read a scenario file (TOML: `title`, `case`, `[policy]`, `[changes]`), or a workbook with a sheet of policy.

        Raises:
            InputError: listing every fault of the scenario file and of its case. Where the case is a workbook, its
                sheet of policy has to be blank: there is one policy, that of the scenario file.
        """
        path = Path(path)
        if path.suffix.lower() == ENDING:
            return cls._from_workbook(path)
        content, digest = read_toml(path, tr("a scenario file"))
        faults = listed(
            [key for key in content if key not in _KEYS],
            lambda key: Fault(tr("unknown key.") + did_you_mean(key, _KEYS), file=path.name, column=key),
        )
        title = content.get("title", path.stem)
        if not isinstance(title, str):
            faults.append(Fault(tr("must be text."), file=path.name, column="title", value=shown(title)))
        case = _read_case(path, content.get("case"), faults)
        policy = read_policy(path, content.get("policy", {}), faults)
        changes = _read_changes(path, content.get("changes", {}), faults)
        if case is None:
            raise InputError(faults)
        hashes = {path.name: digest, **{f"case/{name}": value for name, value in case.input_hashes.items()}}
        try:
            scenario = cls(case, policy, shown(title), changes, str(path), hashes)
        except InputError as error:
            faults += [
                replace(fault, file=f"{path.name}, after [changes]: {fault.file}" if fault.file else path.name)
                for fault in error.faults
            ]
        if faults:
            raise InputError(faults)
        return scenario

    @classmethod
    def _from_workbook(cls, path: Path) -> Scenario:
        content = look_into_workbook(path)
        policy, faults = policy_from_sheet(content.policy, content.policy_rows, content.policy_place)
        raise_if_any([*content.faults, *faults])
        case = Case.of_workbook(content, path)
        return cls(case, policy, case.title, {}, str(path), content.hashes)

    @cached_property
    def data(self) -> Case:
        """The case with the changes applied to a copy; this is what is solved and audited."""
        if not self.changes:
            return self.case
        named = {key: columns_named(key) for key in self.changes}
        faults = listed([key for key, found in named.items() if len(found) != 1], _not_one_column)
        changed: dict[str, pd.DataFrame] = {}
        for key, change in self.changes.items():
            if len(named[key]) == 1:
                [column] = named[key]
                table = changed.get(column.table, self.case.tables[column.table])
                changed[column.table] = _apply(change, key, column, table, self.case, faults)
        if faults:
            raise InputError(faults)
        return self.case.replace(**changed)

    def replace(self, **changes: Any) -> Scenario:
        """Return a copy with other attributes; `policy` may be a dict of the keys to change.

        The copy no longer says which files it came from: they do not hold what it holds.

        Raises:
            InputError: naming every wrong key or value.
        """
        if isinstance(changes.get("policy"), dict):
            changes["policy"] = self.policy.replace(**changes["policy"])
        copy = replace(self, **{"source": "", "input_hashes": {}, **changes})
        if "case" not in changes and "changes" not in changes:
            copy.__dict__["data"] = self.data  # the very same, so that what is known of them holds for the copy
        return copy

    def _repr_html_(self) -> str:
        """Return title, case, changes, and the keys of the policy that differ from their default."""
        own = [
            f"{name} = {getattr(self.policy, name)}"
            for name, field in Policy.model_fields.items()
            if getattr(self.policy, name) != field.get_default(call_default_factory=True)
        ]
        changes = [f"{name}: {change.model_dump(exclude_none=True)}" for name, change in self.changes.items()]
        lines = (
            "".join(f"<li>{escape(line)}</li>" for line in (*own, *changes)) or f"<li>{tr('policy as by default')}</li>"
        )
        notice = f" <b>{self.case.notice}</b>" if self.case.notice else ""
        return f"<div><b>{escape(self.title)}</b>: {escape(self.case.title)}{notice}<ul>{lines}</ul></div>"


_COUNTED = 2.0**53
"""Up to here every whole number is one of its own."""
_KEYS = ("title", "case", "policy", "changes")


def read_toml(path: Path, what: str) -> tuple[dict[str, Any], str]:
    """Return what a TOML file says and its SHA-256; `what` names the kind of file to give instead.

    The format it is written in (`schema_version`) is looked at and left out.

    Raises:
        InputError: if it cannot be read, is not sound, or is written in a newer format.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            [Fault(tr("cannot be read ({cause}); name {what}.", cause=error.strerror, what=what), file=str(path))]
        ) from None
    keys, faults = read_keys(raw, path.name)
    if faults:
        raise InputError(faults)
    if fault := format_fault(keys.pop(SCHEMA_KEY, SCHEMA_VERSION), path.name):
        raise InputError([fault])
    return keys, sha256(raw).hexdigest()


def _read_case(path: Path, value: Any, faults: list[Fault]) -> Case | None:
    if not isinstance(value, str) or not value:
        faults.append(
            Fault(tr("must name the case's folder, relative to this file."), file=path.name, column="case",
                  value=None if value is None else shown(value))
        )  # fmt: skip
        return None
    place = path.parent / value
    try:
        if place.suffix.lower() != ENDING:
            return Case.read(place)
        content = look_into_workbook(place)
        raise_if_any([*content.faults, *_policies_meet(content)])
        return Case.of_workbook(content, place)
    except InputError as error:
        faults.extend(error.faults)
        return None


def _policies_meet(content: WorkbookContent) -> list[Fault]:
    """Return a fault for each setting on the policy sheet of a workbook that a scenario file names as its case.

    The policy of the scenario file counts; a sheet that says something else must not be passed over in silence.
    """
    message = tr(
        "is set here, but the scenario file that names this workbook as its case has a policy of its own; clear the "
        "cell and set it in the file, or run the workbook itself."
    )
    return [
        Fault(message, content.policy_place, row, f"{key}, cell B{row}", str(content.policy[key]))
        for key, row in content.policy_rows.items() if key in content.policy
    ]  # fmt: skip


def read_policy(path: Path, value: Any, faults: list[Fault]) -> Policy:
    """Return the policy of a scenario's table `[policy]`; what is wrong with it is added to the faults."""
    if not isinstance(value, dict):
        message = tr("must be a table: write [policy].")
        faults.append(Fault(message, file=path.name, column="policy", value=shown(value)))
        return Policy()
    try:
        return Policy(**value)
    except InputError as error:
        for fault in error.faults:
            column = f"policy.{fault.column}" if fault.column else "policy"
            faults.append(replace(fault, file=path.name, column=column))
        return Policy()


def _read_changes(path: Path, value: Any, faults: list[Fault]) -> dict[str, Change]:
    if not isinstance(value, dict):
        faults.append(
            Fault(tr("must be a table: write [changes]."), file=path.name, column="changes", value=shown(value))
        )
        return {}
    wrong: list[Fault] = []
    read = {key: _change(key, body, path.name, wrong) for key, body in value.items()}
    faults += listed(wrong, lambda fault: fault)
    return {key: change for key, change in read.items() if change is not None}


def _change(key: str, body: Any, file: str, faults: list[Fault]) -> Change | None:
    try:
        return Change.model_validate(body)
    except ValidationError as error:
        faults.extend(settings_faults(Change, error, file=file, prefix=f"changes.{key}"))
        return None


def _not_one_column(key: str) -> Fault:
    """Return the fault of a key of `[changes]` that names no column of numbers, or several."""
    if found := columns_named(key):
        options = tr(" or ").join(f"{column.table}.{column.name}" for column in found)
        return Fault(tr("is a column of several tables; write {options}.", options=options), column=f"changes.{key}")
    known = numeric_columns()
    near, names = did_you_mean(key.rpartition(".")[2], known), joined(sorted(known))
    message = tr("is no column of numbers.{near} There are {names}.", near=near, names=names)
    return Fault(message, column=f"changes.{key}")


def _apply(
    change: Change, key: str, column: Column, table: pd.DataFrame, case: Case, faults: list[Fault]
) -> pd.DataFrame:
    selected = pd.Series(True, index=table.index)
    for name, wanted in change.where.items():
        values = _filter_values(table, column.table, name, case)
        if values is None:
            known = _filter_names(column.table)
            faults.append(
                Fault(
                    tr("is no column to filter by.") + did_you_mean(name, known),
                    column=f"changes.{key}.where",
                    value=name,
                )
            )
            return table
        words = [wanted] if isinstance(wanted, str) else wanted
        there = set(values)
        faults += listed(
            sorted(set(words) - there),
            lambda word, name=name, there=there: Fault(  # type: ignore[misc]
                tr("is found in no row of the case.") + did_you_mean(word, there),
                column=f"changes.{key}.where.{name}", value=word,
            ),
        )  # fmt: skip
        selected &= values.isin(words)
    if not selected.any() and not faults:
        faults.append(Fault(tr("selects no row of the case; check the names in `where`."), column=f"changes.{key}"))
        return table
    old = table.loc[selected, column.name].astype(float)
    if change.scale is not None:
        new = old * change.scale
    elif change.add is not None:
        new = old + change.add
    else:
        new = old * 0 + (change.set or 0)
    if column.kind == "integer":
        given = change.add if change.add is not None else change.set
        if given is not None and given != int(given):
            message = tr("must be whole: {name} is counted in whole {unit}.", name=column.name, unit=tr(column.unit))
            faults.append(Fault(message, column=f"changes.{key}", value=f"{given:g}"))
        if not (new.abs() < _COUNTED).all():
            # As it is, it is beyond what the column may hold, and told so.
            return table.assign(**{column.name: table[column.name].astype(float).where(~selected, new)})
        # Rounded as a running total, so that the sum is right, however small the single numbers.
        total = np.floor(new.cumsum().to_numpy() + 0.5 + 1e-9)
        new[:] = np.diff(total, prepend=0.0)
    kind = table[column.name].dtype
    table[column.name] = table[column.name].where(~selected, new.reindex(table.index, fill_value=0.0)).astype(kind)
    return table


def _filter_names(table: str) -> list[str]:
    names = list(schema()[table].column_names)
    for column in schema()[table].columns:
        if column.refers_to:
            names += [name for name in schema()[column.refers_to].column_names if name != "id"]
    return names


def _filter_values(table: pd.DataFrame, table_name: str, name: str, case: Case) -> pd.Series | None:
    if name == "id" and table.index.name == "id":
        return table.index.to_series().astype(str)
    if name in table.columns:
        return _words(table[name])
    for column in schema()[table_name].columns:
        if column.refers_to and name in case.tables[column.refers_to].columns:
            return table[column.name].map(_words(case.tables[column.refers_to][name]))
    return None


def _words(values: pd.Series) -> pd.Series:
    """Return the values as a table writes them."""
    return values.map({True: "yes", False: "no"}) if values.dtype == bool else values.astype(str)
