"""A stretch of a campaign, in a process of its own: its memory is limited, and whatever it dies of is told."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fuzzing.readers import READERS
from benchmarks.fuzzing.trials import SOUND, Reader, Trial, Verdict, judge
from devolve_opt.language import Language

MOST_MEMORY = 4 << 30
"""Bytes that a reader may take."""
DEAF = 60.0
"""Seconds after which a process is ended that does not answer between two steps of Python."""


def stretch(request: dict[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Try the inputs from `start` to `stop`; the file `progress` holds the number of the one that is tried."""
    _limit_memory()
    reader = READERS[request["reader"]]()
    counts: Counter[str] = Counter()
    defects = []
    slowest = 0.0
    began = time.monotonic()
    with TemporaryDirectory() as folder, Path(request["progress"]).open("wb", buffering=0) as progress:
        place = Path(folder)
        reader.lay(place)
        for number in range(request["start"], request["stop"]):
            progress.seek(0)
            progress.write(b"%-20d" % number)
            faulthandler.dump_traceback_later(DEAF, exit=True)
            trial, verdict = tried(reader, request["seed"], number, place, request["seconds"])
            counts[verdict.outcome] += 1
            slowest = max(slowest, verdict.seconds)
            if verdict.outcome not in SOUND:
                defects.append({"number": number, "kind": trial.kind[:300], "outcome": verdict.outcome,
                                "note": verdict.note})  # fmt: skip
                save(trial, Path(request["folder"]) / f"{reader.name}-{request['seed']}-{number}")
        faulthandler.cancel_dump_traceback_later()
    return {
        "status": "done", "seconds": time.monotonic() - began, "counts": dict(counts), "slowest": slowest,
        "defects": defects,
    }  # fmt: skip


def tried(reader: Reader, seed: int, number: int, place: Path, seconds: float) -> tuple[Trial, Verdict]:
    """Return an input of a campaign, which hangs on nothing but seed and number, and what came of it."""
    trial = reader.draw(Random(f"{seed} {reader.name} {number}"))
    language: Language = "zh" if number % 4 == 0 else "en"
    return trial, judge(reader, trial, place, language, seconds)


def save(trial: Trial, folder: Path) -> None:
    """Write the files of an input, so that it can be looked at."""
    for name, content in trial.files.items():
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _limit_memory() -> None:
    if os.name == "posix":
        import resource

        with contextlib.suppress(ValueError, OSError):  # where the system does not let us
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
