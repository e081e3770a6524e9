"""The notebooks run as they stand, from their own folder, and are committed without what a run leaves in them."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
OFTEN = ("first_steps", "own_constraint")
"""Notebooks that are run every time; the others take longer."""
SIZED = ("trade_offs", "robustness", "choice_rules")
"""Notebooks in which a constant chooses the case."""
FIGURES = {"first_steps": 15, "trade_offs": 3, "own_constraint": 1, "robustness": 3, "choice_rules": 1}
"""How many figures each shows at least."""


def read(path: Path):
    return nbformat.read(path, as_version=4)


def at_size(notebook, size: str):
    """Set the constant that chooses the case, in the one cell that is marked for it."""
    [cell] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    [assignment] = ast.parse(cell.source).body
    assert isinstance(assignment, ast.Assign) and ast.unparse(assignment.targets[0]) == "SIZE"
    cell.source = f"SIZE = {size!r}"
    return notebook


def executed(notebook):
    """Execute a notebook in its folder, as Jupyter does; a cell that fails fails the test with its own words."""
    try:
        NotebookClient(notebook, timeout=3600, resources={"metadata": {"path": str(FOLDER)}}).execute()
    except CellExecutionError as error:
        pytest.fail(str(error))
    return notebook


def outputs_of(notebook) -> list:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def check_what_is_shown(notebook, name: str) -> None:
    outputs = outputs_of(notebook)
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) >= FIGURES[name]
    said = "".join(str(output.get("data", {}).get("text/html", "")) for output in outputs)
    assert "SYNTHETIC DATA" in said and "bound" in said and "gap" in said
    assert [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """Kernels start processes of their own; they calculate nothing in parallel, and warn of nothing but their own."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FOLDER.parent / "src"), os.environ.get("PYTHONPATH", "")]))


def test_the_five_notebooks_are_there():
    assert {path.stem for path in NOTEBOOKS} == set(FIGURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
        assert not cell.get("attachments")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_opens_with_its_abstract_and_says_that_data_are_invented(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert "**中文摘要**" in first.source and "合成数据" in first.source
    assert "All data are synthetic" in first.source


@pytest.mark.parametrize(
    "path",
    [path if path.stem in OFTEN else pytest.param(path, marks=pytest.mark.slow) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_a_notebook_runs(path):
    notebook = read(path)
    check_what_is_shown(executed(at_size(notebook, "hand") if path.stem in SIZED else notebook), path.stem)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"),
    [*((name, "district") for name in SIZED), ("trade_offs", "city")],
)
def test_a_notebook_runs_on_a_larger_case(name, size):
    check_what_is_shown(executed(at_size(read(FOLDER / f"{name}.ipynb"), size)), name)
