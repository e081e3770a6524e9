"""What every test is run within."""

from __future__ import annotations

import os

import highspy
import pytest

from depth import be_thorough
from devolve_opt.language import VARIABLE


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="Try each law on all its examples, not on a quarter.")


def pytest_configure(config):
    # The processes that tests start calculate nothing in parallel; to get ready for it costs each a tenth of a second.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ[VARIABLE] = "en"
    be_thorough(config.getoption("--thorough"))


@pytest.fixture(autouse=True)
def english_again(monkeypatch):
    """A test that sets another language sets it for itself alone."""
    monkeypatch.setenv(VARIABLE, "en")


@pytest.fixture(autouse=True)
def threads_anew():
    """Let HiGHS set its threads anew in this process: it keeps the number that some other test used first."""
    highspy.Highs.resetGlobalScheduler(True)
    yield
    highspy.Highs.resetGlobalScheduler(True)
