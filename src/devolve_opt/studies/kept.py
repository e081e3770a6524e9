"""Results that are kept in files of their own, so that a study that was stopped goes on where it was."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from devolve_opt.errors import NoPlanError
from devolve_opt.language import chosen
from devolve_opt.reading.json_files import read_json
from devolve_opt.schema import result_words
from devolve_opt.studies.options import AGREEMENT
from devolve_opt.version import __version__
from devolve_opt.vocabulary import Status

NO_PLAN, NOT_FOUND = "infeasible", "no_plan"
"""Statuses of a solve without a plan: proven that there is none, or none found."""
STATUSES = (
    *map(str, Status),
    NO_PLAN,
    NOT_FOUND,
    "failed",
    "bounded",
    "no_bound",
    "not_done",
    "no_units",
    "not_proven",
)
"""Statuses of solves, of points of a study and of a country's cities; shown by `status_named`."""


def without_plan(error: NoPlanError) -> str:
    """Return the status of a solve that ended so."""
    return NO_PLAN if error.proven else NOT_FOUND


def status_named(status: str) -> str:
    """Return one of `STATUSES` as plain text shows it: the code itself, in Chinese its words."""
    return chosen(result_words()[status][0], status)


def digest_of(*grounds: Any) -> str:
    """Return a digest of all that a result depends on (what JSON can hold) and of this package's version."""
    return sha256(json.dumps([*grounds, __version__], sort_keys=True).encode()).hexdigest()


def kept(path: Path, key: str, gap: float, time_limit: float | None) -> dict[str, Any] | None:
    """Return a result that was kept as it was kept, unless another try at it may do better.

    That is with more time, for a smaller gap than it has, or after a breakdown. A damaged one is passed over.

    Args:
        path: its file.
        key: digest of what it depends on; a result of anything else is passed over.
        gap: relative gap that is asked for now.
        time_limit: seconds that it would be given now.
    """
    try:
        found = read_json(path.read_bytes())
        if found["key"] != key or found["check"] != digest_of(key, found["time_limit"], found["point"]):
            return None
        point = found["point"]
        had, wanted = (np.inf if seconds is None else seconds for seconds in (found["time_limit"], time_limit))
        out_of_time = point["status"] in (Status.TIME_LIMIT, NOT_FOUND, "no_bound") and wanted <= had
        proven = point["status"] == Status.PROVEN and point["gap"] <= gap + AGREEMENT
        bounded = point["status"] == "bounded"
        return point if point["status"] == NO_PLAN or proven or bounded or out_of_time else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(path: Path, key: str, time_limit: float | None, point: Mapping[str, Any]) -> None:
    """Keep a result; its file is complete or is not there. Numbers that are not finite become null."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    strict = {name: None if isinstance(item, float) and not np.isfinite(item) else item for name, item in point.items()}
    content = {"key": key, "time_limit": time_limit, "point": strict}
    # As it will be read: keys of a table are texts by then.
    check = digest_of(*json.loads(json.dumps(list(content.values()), allow_nan=False)))
    temporary.write_text(json.dumps({**content, "check": check}, indent=1, allow_nan=False), encoding="utf-8")
    temporary.replace(path)
