"""From a Pyomo model to the arrays that a solver takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.common.errors import InfeasibleConstraintException
from pyomo.core.base.objective import Objective
from pyomo.environ import ConcreteModel, maximize
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csr_array, vstack

from devolve_opt.errors import NoPlanError
from devolve_opt.language import tr
from devolve_opt.rules.plausible import TRUSTED
from devolve_opt.solver.goals import Goals


@dataclass(frozen=True, eq=False)
class Matrix:
    """A mixed-integer linear programme as arrays; n columns, m rows, always a maximisation.

    Attributes:
        costs: objective coefficients, shape (n,); `offset` is the constant of the objective.
        rows: coefficients, sparse by rows, shape (m, n); `row_lower`, `row_upper`: shape (m,), infinite where open.
        lower, upper: bounds of the columns, shape (n,).
        integer: which columns are whole numbers, shape (n,), bool.
        variables: the Pyomo variable of each column.
        row_names: name of each row as the model has it.
    """

    costs: NDArray[np.float64]
    offset: float
    rows: csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    variables: list[Any] = field(repr=False)
    row_names: list[str] = field(repr=False)

    def values(self) -> NDArray[np.float64]:
        """Return the values that the model's variables hold, shape (n,); 0 where a variable has none."""
        return np.array([variable.value or 0.0 for variable in self.variables], dtype=float)

    @property
    def mark(self) -> str:
        """What tells this matrix from any that is not the very same, in this process or another one."""
        rows = self.rows
        parts = (
            np.array([self.offset]), self.costs, self.integer, self.lower, self.upper, self.row_lower, self.row_upper,
            rows.indptr, rows.indices, rows.data,
        )  # fmt: skip
        return sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()

    def set_values(self, solution: NDArray[np.float64]) -> None:
        """Put a solution, shape (n,), into the model's variables."""
        for variable, number in zip(self.variables, solution.tolist(), strict=True):
            variable.set_value(number, skip_validation=True)

    def columns_of(self, *components: str) -> NDArray[np.bool_]:
        """Return which columns belong to the model's components of these names, shape (n,)."""
        return np.array([variable.parent_component().name in components for variable in self.variables], dtype=bool)

    def columns_by_name(self) -> dict[tuple[str, ...], int]:
        """Return each column by the name of its component and its index: `("taken", "T017", "P203")`."""
        found = {}
        for column, variable in enumerate(self.variables):
            index = variable.index()
            parts = index if isinstance(index, tuple) else () if index is None else (index,)
            found[(variable.parent_component().name, *map(str, parts))] = column
        return found

    def places(self, units: Collection[str]) -> NDArray[np.int64]:
        """Return the number, among these townships, of the one each column belongs to, or -1 for none, shape (n,)."""
        return self.numbered({unit: number for number, unit in enumerate(units)})

    def numbered(self, numbers: Mapping[str, int]) -> NDArray[np.int64]:
        """Return the number of the first name in each column's index that has one, or -1 for none, shape (n,)."""
        return np.array([_number(variable.index(), numbers) for variable in self.variables], dtype=np.int64)

    def with_rows(
        self, rows: csr_array, lower: NDArray[np.float64], upper: NDArray[np.float64], names: Sequence[str]
    ) -> Matrix:
        """Return the matrix with r more rows: coefficients, shape (r, n), and limits, shape (r,)."""
        return replace(
            self,
            rows=csr_array(vstack([self.rows, rows]).tocsr()),
            row_lower=np.r_[self.row_lower, lower],
            row_upper=np.r_[self.row_upper, upper],
            row_names=[*self.row_names, *names],
        )

    def without_rows(self, names: Collection[str]) -> Matrix:
        """Return the matrix without the rows of these names."""
        kept = [row for row, name in enumerate(self.row_names) if name not in names]
        return replace(
            self,
            rows=csr_array(self.rows[kept]),
            row_lower=self.row_lower[kept],
            row_upper=self.row_upper[kept],
            row_names=[self.row_names[row] for row in kept],
        )

    def contains(self, other: Matrix) -> bool:
        """Return whether all that solves another matrix solves this one and is worth the same, as far as is seen.

        So it is where they differ only in what rows and columns are limited to, and no limit here is the narrower one.
        A row that only the other one has, by name, limits it further.
        """
        if self is other:
            return True
        if self.offset != other.offset or not np.array_equal(self.costs, other.costs):
            return False
        wider = (self.lower <= other.lower) & (self.upper >= other.upper) & (self.integer <= other.integer)
        if not wider.all():
            return False
        if self.row_names == other.row_names:
            rows, row_lower, row_upper = other.rows, other.row_lower, other.row_upper
        else:
            places = {name: place for place, name in enumerate(other.row_names)}
            same = [places.get(name, -1) for name in self.row_names]
            if -1 in same:
                return False
            rows, row_lower, row_upper = csr_array(other.rows[same]), other.row_lower[same], other.row_upper[same]
        alike = all(
            np.array_equal(getattr(self.rows, part), getattr(rows, part)) for part in ("indptr", "indices", "data")
        )
        return alike and bool((self.row_lower <= row_lower).all() and (self.row_upper >= row_upper).all())

    def untrusted(self) -> dict[str, tuple[float, float]]:
        """Return the least and the largest absolute value of what reaches beyond `TRUSTED`; zeros do not count.

        Keys are `rows` (coefficients of constraints), `costs` (of the objective) and `limits` (of constraints and
        variables); most models have none.
        """
        limits = np.concatenate([self.row_lower, self.row_upper, self.lower, self.upper])
        found = {}
        for name, numbers in {"rows": self.rows.data, "costs": self.costs, "limits": limits}.items():
            sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
            if sizes.size and not (sizes.min() >= TRUSTED[0] and sizes.max() <= TRUSTED[1]):
                found[name] = (float(sizes.min()), float(sizes.max()))
        return found

    def objective(self, solution: NDArray[np.float64]) -> float:
        """Return the objective of a solution, shape (n,)."""
        return float(self.costs @ solution) + self.offset

    def violation(self, solution: NDArray[np.float64]) -> float:
        """Return the largest amount by which a solution leaves a row, a bound or a whole number."""
        activity = self.rows @ solution
        scale = np.maximum(1.0, np.abs(activity))
        parts = (
            (self.row_lower - activity) / scale,
            (activity - self.row_upper) / scale,
            self.lower - solution,
            solution - self.upper,
            np.abs(solution - np.round(solution))[self.integer],
        )
        return max((float(part.max()) for part in parts if part.size), default=0.0)


def _number(index: Any, numbers: Mapping[str, int]) -> int:
    names = index if isinstance(index, tuple) else (index,)
    return next((numbers[name] for name in names if name in numbers), -1)


def goals_of(matrix: Matrix, expressions: Mapping[str, Any]) -> Goals:
    """Return Pyomo expressions of the model that a matrix was compiled from as goals, each to be made large.

    Raises:
        ValueError: if one is not linear, or holds a variable that the matrix has no column for.
    """
    piece = ConcreteModel()
    for name, expression in expressions.items():
        piece.add_component(name, Objective(expr=expression, sense=maximize))
    compiled, goals = compile_goals(piece)
    columns = {id(variable): column for column, variable in enumerate(matrix.variables)}
    unknown = [variable.name for variable in compiled.variables if id(variable) not in columns]
    if unknown:
        raise ValueError(f"the matrix has no column for {', '.join(unknown[:3])}")
    costs = np.zeros((len(goals.names), matrix.costs.size))
    costs[:, [columns[id(variable)] for variable in compiled.variables]] = goals.costs
    return replace(goals, costs=costs)


def reduced(matrix: Matrix, free: NDArray[np.bool_], values: NDArray[np.float64]) -> Matrix:
    """Return the matrix of some columns while the others stay as they are.

    Args:
        matrix: the whole, n columns.
        free: the columns that remain, shape (n,); rows that none of them is in are left out.
        values: what the other columns are kept at, shape (n,).
    """
    kept = np.flatnonzero(np.diff(csr_array(matrix.rows[:, np.flatnonzero(free)]).indptr))
    rows = csr_array(matrix.rows[kept])
    rest = rows @ np.where(free, 0.0, values)
    return replace(
        matrix,
        costs=matrix.costs[free],
        offset=matrix.offset + float(matrix.costs[~free] @ values[~free]),
        rows=csr_array(rows[:, np.flatnonzero(free)]),
        row_lower=matrix.row_lower[kept] - rest,
        row_upper=matrix.row_upper[kept] - rest,
        lower=matrix.lower[free],
        upper=matrix.upper[free],
        integer=matrix.integer[free],
        variables=[matrix.variables[column] for column in np.flatnonzero(free)],
        row_names=[matrix.row_names[row] for row in kept],
    )


def compile_matrix(model: Any) -> Matrix:
    """Compile a linear Pyomo model with one objective into arrays.

    Pyomo's standard-form compiler leaves out columns that appear nowhere and rows without columns; both are fine for a
    solver, and variables left out keep the value they have.

    Raises:
        NoPlanError: if a row without columns can never hold, such as a cap on a sum that is fixed.
        ValueError: if the model is not linear or has not exactly one objective.
    """
    objectives = list(model.component_data_objects(Objective, active=True))
    if len(objectives) != 1:
        raise ValueError(f"a model needs exactly one objective, this one has {len(objectives)}")
    return compile_goals(model)[0]


def compile_goals(model: Any) -> tuple[Matrix, Goals]:
    """Compile a linear Pyomo model with one or more named objectives into arrays.

    Returns:
        The matrix, whose objective is the first of them, and all of them as goals, in the order of the model.

    Raises:
        NoPlanError: if a row without columns can never hold, such as a cap on a sum that is fixed.
        ValueError: if the model is not linear or has no objective.
    """
    objectives = list(model.component_data_objects(Objective, active=True))
    if not objectives:
        raise ValueError("a model needs an objective, this one has none")
    try:
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=maximize)
    except InfeasibleConstraintException as error:
        message = tr("No plan exists: whatever is decided, one rule cannot be kept ({error}).", error=error)
        raise NoPlanError(message, proven=True) from None
    count = len(form.rows)
    bound_types = np.fromiter((row.bound_type for row in form.rows), dtype=int, count=count)
    right = np.asarray(form.rhs, dtype=float)
    variables = list(form.columns)
    costs = form.c.toarray().reshape(len(form.objectives), -1)
    matrix = Matrix(
        costs=costs[0],
        offset=float(form.c_offset[0]),
        rows=csr_array(form.A),
        row_lower=np.where(bound_types <= 0, right, -np.inf),
        row_upper=np.where(bound_types >= 0, right, np.inf),
        lower=np.array([-np.inf if v.lb is None else v.lb for v in variables], dtype=float),
        upper=np.array([np.inf if v.ub is None else v.ub for v in variables], dtype=float),
        integer=np.array([not v.is_continuous() for v in variables], dtype=bool),
        variables=variables,
        row_names=[row.constraint.name for row in form.rows],
    )
    signs = np.array([1.0 if objective.sense == maximize else -1.0 for objective in form.objectives])
    names = tuple(objective.name for objective in form.objectives)
    return matrix, Goals(names, costs, np.asarray(form.c_offset, dtype=float), signs)
