"""Prepared: the model of a case, built once and taken from one policy to the next."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devolve_opt.case import Case
from devolve_opt.errors import Fault, InputError, SolverError
from devolve_opt.formulation import (
    AddedRules,
    AddRules,
    Changed,
    Levels,
    build_model,
    change_policy,
    read_decisions,
    reason_to_rebuild,
    set_start,
)
from devolve_opt.language import tr
from devolve_opt.plan import Breach, Decisions
from devolve_opt.policy import Policy
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.changing import changed_matrix
from devolve_opt.solver.goals import Goals
from devolve_opt.solver.matrix import Matrix, compile_matrix, goals_of

_BUILDING = threading.Lock()
"""Pyomo keeps global state while it builds; scenarios solved side by side build one after the other."""


@contextmanager
def building() -> Iterator[None]:
    """Within this block no other thread builds a model."""
    with _BUILDING:
        yield


class Models:
    """The model of the case solved last, to be taken to other policies; safe to be shared by threads.

    Where a policy differs in caps and prices only, what changes is worked out and compiled in a fraction of the time
    that a build takes; where it differs in more, or the case is another, the model is built anew.
    """

    def __init__(self, rules: AddRules | None = None) -> None:
        """Keep no model yet; `rules` is called on each that is built, to add rules to it."""
        self._built: _Built | None = None
        self._rules = rules

    def prepare(self, case: Case, policy: Policy, start: Decisions) -> Prepared:
        """Return what a search needs: the arrays of the case under the policy, and a start.

        Args:
            case: the data; the model is kept for this very case, not for one that equals it.
            policy: caps and prices.
            start: decisions to start from.

        Raises:
            InputError: if the added rules add nothing, or do more than add.
            NoPlanError: if a rule can never hold, whatever is decided.
        """
        with building():
            built, reason = self._built, ""
            if built is not None and built.sound:
                reason = built.reason_to_rebuild(case, policy)
            if built is None or not built.sound or reason:
                self._built = None  # two models at a time would take twice the memory
                built = self._built = _Built(case, policy, self._rules)
            built.take_to(policy)
            return Prepared(built, policy, built.compiled(), start, reason)


class Prepared:
    """A scenario ready for the search; the model behind it may serve other policies meanwhile.

    Attributes:
        matrix: the model as arrays, n columns.
        start: the decisions to start from as values of the columns, shape (n,).
        carried: what searches of the same model under other policies have found; they add to it.
        reason: why a model that was there was built anew; empty where it was not.
        added: names of the constraints that were added to those of this package.
        whole: whether some of these are not of this package, so that the search by township knows nothing of them.
    """

    def __init__(self, built: _Built, policy: Policy, matrix: Matrix, start: Decisions, reason: str):
        self.matrix, self.carried, self.reason = matrix, built.carried, reason
        self.added: tuple[str, ...] = built.added.names if built.added is not None else ()
        self.whole = bool(self.added) and not isinstance(built.rules, Levels)
        self._built, self._policy, self._decisions = built, policy, start
        set_start(built.model, start)
        self.start: NDArray[np.float64] = matrix.values()

    def goals(self, terms: Mapping[str, Collection[str]]) -> Goals:
        """Return goals by name, each the sum of some terms of the objective, over the columns of the matrix."""
        with building():
            self._built.take_to(self._policy)
            term = self._built.model.term
            return goals_of(self.matrix, {name: sum(term[each] for each in some) for name, some in terms.items()})

    def decisions(self, solution: NDArray[np.float64]) -> Decisions:
        """Return the decisions that a solution, shape (n,), stands for.

        Raises:
            InputError: if they break an added rule although the solution keeps it: it asks for what no plan holds.
        """
        with building():
            self._built.take_to(self._policy)
            decisions = self._read(solution)
            if self.whole and self._broken(decisions):
                # What serves nothing may be what an added rule asks for.
                decisions = self._read(solution, lists_that_serve=False)
                if broken := self._broken(decisions):
                    message = tr(
                        "asks for what a plan never holds, such as readiness that nobody uses; word it by lists, "
                        "take-up, posts or officers."
                    )
                    raise InputError(Fault(message, column="rules", value=str(breach)) for breach in broken)
            return decisions

    def broken(self, decisions: Decisions) -> list[Breach] | None:
        """Return the added rows that decisions break; None where they leave open what the rules' own variables are."""
        with building():
            self._built.take_to(self._policy)
            added = self._built.added
            return None if added is not None and added.own_variables else self._broken(decisions)

    def _read(self, solution: NDArray[np.float64], lists_that_serve: bool = True) -> Decisions:
        # Variables without a column say what the start says, not what another policy's solution left in them.
        set_start(self._built.model, self._decisions)
        self.matrix.set_values(solution)
        return read_decisions(self._built.model, lists_that_serve)

    def _broken(self, decisions: Decisions) -> list[Breach]:
        if self._built.added is None:
            return []
        set_start(self._built.model, decisions)
        return self._built.added.broken()


class _Built:
    """A model, what it was last compiled to, and what has changed since. Every call needs the lock."""

    def __init__(self, case: Case, policy: Policy, rules: AddRules | None):
        self.model: Any = build_model(case, policy)
        self.rules = rules
        self.added = None if rules is None else AddedRules(self.model, rules)
        self.carried = Carried()
        self.sound = True
        self._matrix: Matrix | None = None
        self._since = Changed()

    def reason_to_rebuild(self, case: Case, policy: Policy) -> str:
        """Return why another model is needed; empty where this one can be taken to the policy."""
        if self.model.case is not case:
            return "the data are others: the model is built anew"
        if self.added is not None and self.model.policy != policy:
            return "added rules may hang on the policy: the model is built anew"
        return reason_to_rebuild(self.model, policy)

    def take_to(self, policy: Policy) -> None:
        """Make the model that of another policy; a model on which a rule broke down is not used again."""
        if not self.sound:
            raise SolverError(tr("a rule of the model broke down while its policy was changed; please report this"))
        self.sound = False
        self._since |= change_policy(self.model, policy)
        self.sound = True

    def compiled(self) -> Matrix:
        """Return the arrays of the model as it is."""
        if self._matrix is None:
            self._matrix = compile_matrix(self.model)
        else:
            self._matrix = changed_matrix(self._matrix, self.model, self._since)
        self._since = Changed()
        return self._matrix
