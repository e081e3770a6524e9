"""Reads: which keys of the policy each part of a model was built from.

While a model is built it sees the policy through a view that notes every key that is looked at and what it said there.
A part is a component of the model, or the data that one `add_*` function puts on it. Under another policy a part is
the same if every key that it looked at says the same: what it was never asked for cannot matter. So no table of keys
and equations has to be kept by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import isfunction
from typing import Any

from pydantic import BaseModel
from pyomo.environ import ConcreteModel

from devolve_opt.policy import Policy
from devolve_opt.settings import Settings

Key = tuple[str | int, ...]
"""A key of the policy, by its parts: `("prices", "choice_met")`, `("overload_steps", 0, "until")`."""

WHOLE = "*"
"""Last part of a key that stands for a whole table and all that is in it."""


class Reads:
    """What each part of a model looked at.

    Attributes:
        policy: what the view shows; a view that some rule keeps shows the policy of the day, too.
        part: the part that is being built.
        keys: by part and key, what the policy said there.
        answers: by part, the questions asked (`holds`), each with its answer and the keys that it looked at.
    """

    def __init__(self, policy: Policy):
        self.policy = policy
        self.part = ""
        self.keys: dict[str, dict[Key, Any]] = {}
        self.answers: dict[str, list[tuple[Callable[[Any], bool], bool, list[Key]]]] = {}

    @property
    def view(self) -> Any:
        """The policy, to be looked at: every look is noted."""
        return SettingsView(self, ())

    def note(self, key: Key) -> None:
        """Note that the part being built looked at a key."""
        seen = self.keys.setdefault(self.part, {})
        if key not in seen:
            seen[key] = said(self.policy, key)

    def holds(self, question: Callable[[Any], bool]) -> bool:
        """Return the answer to a question about the policy, and note the answer in place of the keys.

        For what depends on a key only in part, such as whether there are rows at all. The question may look at nothing
        but the policy that it is given.
        """
        aside = Reads(self.policy)
        answer = bool(question(aside.view))
        self.answers.setdefault(self.part, []).append((question, answer, list(aside.keys.get("", {}))))
        return answer

    def forget(self, part: str) -> None:
        """Forget what a part looked at, before it is built again."""
        self.keys.pop(part, None)
        self.answers.pop(part, None)

    def outdated(self, policy: Policy) -> dict[str, list[str]]:
        """Return the parts that another policy shapes otherwise, each with the keys that do it, written out."""
        found: dict[str, dict[str, None]] = {}
        for part, seen in self.keys.items():
            for key, before in seen.items():
                if said(policy, key) != before:
                    found.setdefault(part, {})[written(key)] = None
        for part, questions in self.answers.items():
            for question, before, keys in questions:
                if _answer(question, policy) != before:
                    changed = [key for key in keys if said(policy, key) != said(self.policy, key)]
                    found.setdefault(part, {}).update(dict.fromkeys(map(written, changed)))
        return {part: list(keys) for part, keys in found.items()}


class RecordedModel(ConcreteModel):
    """A model that knows which part of it is being built; `reads` notes what the part looks at."""

    def add_component(self, name: str, val: Any) -> None:
        """Add a component as Pyomo does, its rule run under the component's name."""
        reads = self.__dict__.get("reads")
        if reads is None:
            super().add_component(name, val)
            return
        before, reads.part = reads.part, name
        try:
            super().add_component(name, val)
        finally:
            reads.part = before


class SettingsView:
    """A table of the policy to be looked at: keys say what the table says, and are noted."""

    __slots__ = ("_key", "_reads")

    def __init__(self, reads: Reads, key: Key):
        self._reads, self._key = reads, key

    def __getattr__(self, name: str) -> Any:
        """Return the value of a key, a view of a table, or what a property or method works out from keys."""
        settings = _at(self._reads.policy, self._key)
        if name in type(settings).model_fields:
            return _shown(self._reads, (*self._key, name))
        member = getattr(type(settings), name, None)
        if isinstance(member, property) and not hasattr(BaseModel, name):
            return member.fget(self)  # type: ignore[misc]
        if isfunction(member) and not hasattr(BaseModel, name):
            return member.__get__(self)
        # What pydantic does with a table may look at all of it.
        self._reads.note((*self._key, WHOLE))
        return getattr(settings, name)

    def __eq__(self, other: object) -> bool:
        """Compare the whole table."""
        self._reads.note((*self._key, WHOLE))
        return bool(_at(self._reads.policy, self._key) == other)

    __hash__ = None  # type: ignore[assignment]


class _TablesView(Sequence[Any]):
    """A list of tables to be looked at; how many there are is noted."""

    def __init__(self, reads: Reads, key: Key):
        self._reads, self._key = reads, key

    def __len__(self) -> int:
        self._reads.note(self._key)
        return len(_at(self._reads.policy, self._key))

    def __getitem__(self, place: Any) -> Any:
        places = range(len(self))[place]
        if isinstance(places, range):
            return tuple(self[number] for number in places)
        return _shown(self._reads, (*self._key, places))


def said(policy: Policy, key: Key) -> Any:
    """Return what a policy says at a key: a value, that there is a table, how many; None if there is no such key."""
    try:
        value = _at(policy, key)
    except (AttributeError, IndexError):
        return None
    if key[-1] == WHOLE:
        return value
    if isinstance(value, Settings):
        return type(value)
    return (Settings, len(value)) if _holds_tables(value) else value


def written(key: Key) -> str:
    """Return a key as a user writes it, `prices.choice_met` or `overload_steps[0].until`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key if part != WHOLE)
    return text.removeprefix(".")


def _at(policy: Policy, key: Key) -> Any:
    value: Any = policy
    for part in key:
        if part != WHOLE:
            value = value[part] if isinstance(part, int) else getattr(value, part)
    return value


def _answer(question: Callable[[Any], bool], policy: Policy) -> bool | None:
    """Return the answer, or None where the policy lacks the table that the question is about."""
    try:
        return bool(question(policy))
    except AttributeError:
        return None


def _shown(reads: Reads, key: Key) -> Any:
    reads.note(key)
    value = _at(reads.policy, key)
    if isinstance(value, Settings):
        return SettingsView(reads, key)
    return _TablesView(reads, key) if _holds_tables(value) else value


def _holds_tables(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Settings) for item in value)
