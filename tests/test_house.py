"""The floors of the house: who may import whom, how long a file may be, how much is public."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import devolve_opt

SOURCE = Path(devolve_opt.__file__).parent
FLOORS = (
    "version", "language", "errors", "frozen", "vocabulary", "schema", "reading", "case", "settings", "instruments",
    "pins", "post_formulas", "prices", "policy", "policy_caps", "policy_sheet", "scenario", "country", "proposed_duty",
    "plan", "team_plan", "phase_plan", "rules", "election", "audit", "synthetic", "formulation", "solver", "studies",
    "views", "app", "cli",
)  # fmt: skip
"""From the ground up. A module imports from its own part and from those before it."""
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST = 400
MOST_PUBLIC = 16


def name_of(path: Path) -> str:
    """Return the dotted name of a module within the package; empty for the package itself."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(text: str, package: str = "") -> list[str]:
    """Return the dotted names that a module imports, wherever the import stands; names from a module too."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{package}: a relative import; write the whole name"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def wrong_floors(module: str, text: str) -> list[str]:
    """Return the imports of a module of this name and text that lead upwards or aside."""
    part = module.partition(".")[0]
    wrong = []
    for imported in imports_of(text, module):
        head, _, inside = imported.partition(".")
        if head != "devolve_opt":
            continue
        other = inside.partition(".")[0]
        upwards = other not in FLOORS or FLOORS.index(other) > FLOORS.index(part)
        beside_the_model = (
            part == "audit" and other == "rules" and not f"{inside}.".startswith("rules.apportionment.")
        )  # fmt: skip
        if upwards or beside_the_model:
            wrong.append(imported)
    return wrong


def test_the_house_is_found():
    assert len(MODULES) > 50
    parts = {name_of(path).partition(".")[0] for path in MODULES} - {""}
    assert parts == set(FLOORS)


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path)], ids=name_of)
def test_a_module_imports_from_the_floors_below(path):
    assert wrong_floors(name_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "text", "wrong"),
    [
        ("errors", "from devolve_opt.vocabulary import Term", ["devolve_opt.vocabulary.Term"]),
        ("rules.posts", "import devolve_opt.solver.engine", ["devolve_opt.solver.engine"]),
        ("case", "def late():\n    from devolve_opt.views import tables", ["devolve_opt.views.tables"]),
        ("plan", "from devolve_opt import solve", ["devolve_opt.solve"]),
        ("audit.law", "from devolve_opt.rules.legality import exclusions", ["devolve_opt.rules.legality.exclusions"]),
        ("audit.posts", "from devolve_opt.rules.apportionment import largest_remainder", []),
        ("audit.posts", "from devolve_opt.rules import apportionment", []),
        ("rules.ratio", "from devolve_opt.rules.posts import x\nfrom devolve_opt.plan import Plan\nimport os", []),
        ("studies.sweeping", "from devolve_opt.version import __version__", []),
        ("studies.sweeping", "from devolve_opt import __version__", ["devolve_opt.__version__"]),
    ],
)
def test_the_check_of_floors_finds_what_is_wrong(module, text, wrong):
    assert wrong_floors(module, text) == wrong


ONLY_IN = {
    "pyomo": lambda name: name.partition(".")[0] in {"formulation", "solver"},
    "highspy": lambda name: name in {"solver.child", "solver.linear", "solver.master", "solver.tree"},
    "typer": lambda name: name.partition(".")[0] == "cli",
    "streamlit": lambda name: name.partition(".")[0] == "app",
    "matplotlib": lambda name: name.partition(".")[0] == "views",
}


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_rooms(library):
    users = {
        name_of(path)
        for path in MODULES
        for imported in imports_of(path.read_text(encoding="utf-8"))
        if imported.partition(".")[0] == library
    }
    assert users, f"nobody uses {library}: this test looks at nothing"
    assert [name for name in sorted(users) if not ONLY_IN[library](name)] == []


def test_nobody_imports_the_child_process():
    """It is run as a script; imported, it would bring HiGHS into the caller's process."""
    importers = [
        name_of(path)
        for path in MODULES
        for imported in imports_of(path.read_text(encoding="utf-8"))
        if imported.startswith("devolve_opt.solver.child")
    ]
    assert importers == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: name_of(path) or "__init__")
def test_a_module_is_short_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


def test_little_is_public_and_all_of_it_is_there():
    assert len(devolve_opt.__all__) <= MOST_PUBLIC
    assert len(set(devolve_opt.__all__)) == len(devolve_opt.__all__)
    for name in devolve_opt.__all__:
        assert getattr(devolve_opt, name) is not None
    assert dir(devolve_opt) == sorted(devolve_opt.__all__)
    with pytest.raises(AttributeError, match="no attribute 'sovle'"):
        _ = devolve_opt.sovle


def public_without_docstring(text: str) -> list[str]:
    """Return the public functions, classes and methods of a module that do not say what they are."""
    silent = []

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_"):
                if not ast.get_docstring(node):
                    silent.append(prefix + node.name)
                if isinstance(node, ast.ClassDef):
                    look(node.body, f"{prefix}{node.name}.")

    look(ast.parse(text).body, "")
    return silent


@pytest.mark.parametrize("path", MODULES, ids=lambda path: name_of(path) or "__init__")
def test_everything_public_says_what_it_is(path):
    assert public_without_docstring(path.read_text(encoding="utf-8")) == []


def test_the_check_of_docstrings_finds_what_is_silent():
    text = (
        'def told():\n    """Say."""\ndef silent(): ...\ndef _own(): ...\n'
        'class Thing:\n    """A thing."""\n    def mute(self): ...\n'
    )
    assert public_without_docstring(text) == ["silent", "Thing.mute"]


def in_a_fresh_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_the_shell_starts_without_the_heavy_libraries():
    loaded = in_a_fresh_python("import sys, devolve_opt.cli\nprint(*sys.modules, sep='\\n')").split()
    assert "devolve_opt.cli" in loaded
    assert {"pandas", "pyomo", "highspy", "matplotlib", "scipy"} & set(loaded) == set()


def test_solving_never_brings_highs_into_this_process():
    loaded = in_a_fresh_python("import sys, devolve_opt.studies.solving\nprint(*sys.modules, sep='\\n')").split()
    assert "devolve_opt.solver.engine" in loaded
    assert "highspy" not in loaded


def test_importing_every_module_prints_nothing_and_sets_up_no_logging():
    names = [f"devolve_opt.{name_of(path)}" for path in MODULES if name_of(path) not in {"", "solver.child"}]
    code = (
        "import importlib, logging\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert logging.getLogger('devolve_opt').handlers == []\n"
    )
    assert in_a_fresh_python(code) == ""


def test_what_the_tests_need_is_installed_with_the_tests():
    """A test that skips itself where a library is missing must not skip where `make test` has set up."""
    extras = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    dev = " ".join(extras["project"]["optional-dependencies"]["dev"])
    assert "devolve-opt[app,benchmarks,cluster,docs,elections,mutation,sensitivity]" in dev
