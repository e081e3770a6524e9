"""What tells the folder of a run from any other: its manifest, read back and checked key by key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.reading.header import format_fault
from devolve_opt.reading.json_files import read_json
from devolve_opt.schema.header import SCHEMA_KEY
from devolve_opt.settings import settings_faults

MANIFEST = "manifest.json"
"""The file in the folder of a run that tells it from any other."""
NO_RUN = "is not the folder of a run (no sound manifest.json in it); name a folder that `run` wrote."
"""What is said of a folder without a sound manifest; shown as `tr(NO_RUN)`."""


class _Record(BaseModel):
    """Part of a manifest; other keys, such as those of later versions, are let through."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class _Breach(_Record):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    rule: str
    place: str
    amount: float
    unit: str


class _Measures(_Record):
    method: str
    objective: float
    bound: float | None
    rules_broken: int = Field(ge=0, le=1_000_000_000)


class _Case(_Record):
    title: str
    source: str


class _Step(_Record):
    seconds: float
    phase: str
    bound: float | None
    objective: float | None


class _Options(_Record):
    added_rules: list[str] = Field(default_factory=list)


class _Reference(_Record):
    objective: float
    audit_breaches: list[str] = Field(default_factory=list)
    added_rule_breaches: list[_Breach] = Field(default_factory=list)
    measures: dict[str, bool | float | str | None] = Field(default_factory=dict)


class _Manifest(_Record):
    """What `views.run_folder.manifest` writes; keys with a default came after the first version."""

    schema_version: int
    language: str = "en"
    title: str
    status: str
    method: str
    objective: float
    bound: float | None
    gap: float | None
    audit_breaches: list[str]
    audit_tolerated: list[str] = Field(default_factory=list)
    added_rule_breaches: list[_Breach] = Field(default_factory=list)
    terms: dict[str, float]
    measures: _Measures
    valued_on: str
    reference: _Reference | None
    case: _Case
    synthetic: bool
    provenance: str
    policy: dict[str, Any]
    changes: dict[str, Any]
    scenario_file: str
    input_hashes: dict[str, str]
    options: _Options
    steps: list[_Step] = Field(default_factory=list)
    written: str
    versions: dict[str, str | None]
    files: list[str] = Field(default_factory=list)

    @field_validator("valued_on")
    @classmethod
    def _basis(cls, text: str) -> str:
        found = read_json(text)
        if not isinstance(found, dict) or "basis" not in found or not isinstance(found.get("choices"), dict):
            raise ValueError(tr("does not say what the plan was valued on"))
        return text


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Return the manifest of a run.

    Raises:
        InputError: if the folder holds no run that this version can read, or its manifest is damaged.
    """
    path = Path(folder) / MANIFEST
    try:
        content = read_json(path.read_bytes())
    except (OSError, ValueError):
        content = None
    versions = content.get("versions") if isinstance(content, dict) and SCHEMA_KEY in content else None
    if not isinstance(content, dict) or not isinstance(versions, dict) or "devolve_opt" not in versions:
        raise InputError([Fault(tr(NO_RUN), file=str(folder))])
    if fault := format_fault(content[SCHEMA_KEY], str(path)):
        raise InputError([fault])
    try:
        _Manifest.model_validate(content)
    except ValidationError as error:
        raise InputError(settings_faults(_Manifest, error, file=str(path))) from None
    return content
