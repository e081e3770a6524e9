"""A matrix in a file, so that every solver gets the same numbers without building the model again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from devolve_opt.solver.matrix import Matrix
from devolve_opt.solver.model_text import safe_names

DENSE = ("costs", "row_lower", "row_upper", "lower", "upper", "integer")


def write_arrays(path: Path, matrix: Matrix) -> None:
    """Write a matrix as one file of arrays, with the names that its columns have in MPS."""
    names = np.array(safe_names(variable.name for variable in matrix.variables))
    rows = {"indptr": matrix.rows.indptr, "indices": matrix.rows.indices, "data": matrix.rows.data}
    arrays = {name: getattr(matrix, name) for name in DENSE}
    np.savez(path, offset=matrix.offset, names=names, **rows, **arrays)


def read_arrays(path: Path) -> Matrix:
    """Return the matrix of such a file; its `variables` are the columns' names in MPS, and its rows have none."""
    with np.load(path) as kept:
        arrays = {name: kept[name] for name in DENSE}
        shape = (len(arrays["row_lower"]), len(arrays["costs"]))
        return Matrix(
            **arrays,
            offset=float(kept["offset"]),
            rows=csr_array((kept["data"], kept["indices"], kept["indptr"]), shape=shape),
            variables=kept["names"].tolist(),
            row_names=[],
        )
