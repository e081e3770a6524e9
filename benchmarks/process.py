"""Each measurement in a process of its own: its time limit holds, its crash is survived, solvers never meet."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.instances import ROOT

GRACE_SECONDS = 60.0
"""What a runner may take beyond its time limit (to load, to stop, to report) before its process is ended."""
STOP_SECONDS = 10.0
"""What a runner may take to end by itself after Ctrl-C, which reaches it too: so its own workers end with it."""


def measured(runner: str, request: dict[str, Any], time_limit: float) -> dict[str, Any]:
    """Run one runner in a process of its own and return what it reported.

    Args:
        runner: a name of `runners.RUNNERS`.
        request: what it is asked, as JSON can hold it.
        time_limit: seconds that it was told to keep to; `GRACE_SECONDS` later its process is ended.

    Returns:
        The fields of its report, with `trace`: rows of seconds, bound, objective (None where unknown). `status` is
        `skipped` where its solver is not installed, `crashed` where its process died, `time_limit` where it was ended;
        `note` says why. Bound and objective are then the last of the trace.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "request.json"
        file.write_text(json.dumps({"runner": runner, **request}), encoding="utf-8")
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.runners", str(file)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        lines: list[bytes] = []
        errors: list[bytes] = []
        readers = [
            threading.Thread(target=kept.extend, args=(stream,), daemon=True)
            for kept, stream in ((lines, process.stdout), (errors, process.stderr))
        ]
        for reader in readers:
            reader.start()
        ended = False
        try:
            process.wait(time_limit + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            ended = True
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            raise
        finally:
            process.kill()
            process.wait()
        for reader, stream in zip(readers, (process.stdout, process.stderr), strict=True):
            reader.join(5)
            if stream is not None and not reader.is_alive():
                stream.close()
        seconds = time.monotonic() - began
    return _report(lines, errors, ended, seconds)


def _report(lines: list[bytes], errors: list[bytes], ended: bool, seconds: float) -> dict[str, Any]:
    trace: list[list[float | None]] = []
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue  # cut off when the process ended
        if "report" in message:
            return {"note": "", **message["report"], "trace": trace}
        trace.append(message["trace"])
    bounds, objectives = ([value for row in trace if (value := row[at]) is not None] for at in (1, 2))
    last = {
        "seconds": seconds, "bound": min(bounds, default=None), "objective": max(objectives, default=None),
        "trace": trace,
    }  # fmt: skip
    if ended:
        return {**last, "status": "time_limit", "note": "did not stop by itself and was ended"}
    said = b"".join(errors).decode("utf-8", "replace").strip().splitlines()
    return {**last, "status": "crashed", "note": said[-1][:200] if said else "its process died without a word"}
