"""What every test is run within."""

from __future__ import annotations

import highspy
import pytest


@pytest.fixture(autouse=True)
def threads_anew():
    """Let HiGHS set its threads anew in this process: it keeps the number that some other test used first."""
    highspy.Highs.resetGlobalScheduler(True)
    yield
    highspy.Highs.resetGlobalScheduler(True)
