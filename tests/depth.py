"""How deep a law is looked into: on a few examples every time, on all of them with `--thorough`."""

from __future__ import annotations

FEWER = 4
"""An everyday run tries one example of so many."""
_thorough = False


def be_thorough(thorough: bool) -> None:
    """Say how deep laws are looked into, before the tests are imported."""
    global _thorough  # noqa: PLW0603 - the laws' decorators ask before any fixture is there
    _thorough = thorough


def examples(thorough: int) -> int:
    """Return how many examples a law is tried on that a thorough run tries on so many."""
    return thorough if _thorough else max(2, thorough // FEWER)
