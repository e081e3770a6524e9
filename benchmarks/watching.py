"""A plugin of pytest that `mutation` uses: the seconds of each test that passed, and an end when the time is up."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

SECONDS, REPORT = "DEVOLVE_OPT_WATCH_SECONDS", "watched-times.json"
took: dict[str, float] = {}
not_passed: set[str] = set()
began = time.monotonic()


def pytest_runtest_logreport(report: Any) -> None:
    """Note the seconds of a phase of a test."""
    took[report.nodeid] = took.get(report.nodeid, 0.0) + report.duration
    if not report.passed:
        not_passed.add(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Pass over what is left once the time is up; a run that is broken off would lose its coverage."""
    if time.monotonic() - began > float(os.environ[SECONDS]):
        pytest.skip("watched long enough")


def pytest_sessionfinish() -> None:
    """Write the seconds of the tests that passed."""
    passed = {test: seconds for test, seconds in took.items() if test not in not_passed}
    Path(REPORT).write_text(json.dumps(passed), encoding="utf-8")
