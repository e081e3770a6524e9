"""The version, its one home, and those of what results hang on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__version__ = "0.1.0"
SCHEMA_VERSION = 1
"""Format of cases, scenarios, proposed duties and runs, as they are written. What is written in an older one stays
readable: a folder for each in tests/formats holds what it wrote.
"""
PACKAGES = ("pyomo", "highspy", "pandas", "numpy")
"""Packages that results hang on."""


def versions() -> dict[str, str | None]:
    """Return the versions of this package, Python and `PACKAGES`, None for what is not installed."""
    return {"devolve_opt": __version__, "python": platform.python_version(), **{name: _of(name) for name in PACKAGES}}


def _of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
