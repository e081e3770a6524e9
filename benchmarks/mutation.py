"""`mutation`: do the tests notice when the model, the audit or the rules are changed? A sample of small changes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.mutants import Mutant, difference, drawn, mutants_of, tests_of, wilson
from benchmarks.results import kept_or_measured, last_line, out, ready_to_write, show, write_csv
from benchmarks.watching import REPORT, SECONDS
from devolve_opt.errors import Fault, InputError
from devolve_opt.views.files import write_bytes

PACKAGES = "formulation,audit,rules"
SOURCE = "src/devolve_opt"
NOT_COPIED = (".git", ".venv", "build", "dist", "runs", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
ENDS = ("killed", "timeout", "survived", "uncovered")
"""What becomes of a mutant; the first two are those that the tests noticed, and no test runs the line of the last."""
PASSED, FAILED, BROKEN_OFF, NOT_FOUND = 0, 1, 2, 4
"""How pytest ends."""
WATCHED = "watched.ini"
TIMES = count(1)
SLOWER, STARTING = 3.0, 30.0
"""Tests of a mutant that take so many times as long as they took once, and so many seconds more, are ended."""


def main(
    sample: Annotated[int, typer.Option(help="Mutants drawn, of each module the same share.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the draw; a larger sample begins with a smaller one.")] = 1,
    packages: Annotated[str, typer.Option(help=f"Packages of {SOURCE}, by name.")] = PACKAGES,
    seconds: Annotated[float, typer.Option(help="Seconds of tests for each mutant, the quick ones first.", min=1)] = 40,
    cover_seconds: Annotated[float, typer.Option(help="Seconds for which each file of tests is watched.", min=1)] = 75,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks"),
    again: Annotated[
        bool, typer.Option("--again", help="Try again what survived: after writing tests, with more seconds.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Try again everything.")] = False,
) -> None:
    """Change the package in one small place at a time, in a copy, and see whether the tests that run this place fail.

    First the files of tests that use the packages are run once, to see which test runs which line; that is kept until
    they or the packages change.
    """
    wanted = [name.strip() for name in packages.split(",")]
    faults = [Fault("is no package.", column="--packages", value=name) for name in wanted
              if not list((ROOT / SOURCE / name).glob("*.py"))]  # fmt: skip
    if missing := [name for name in ("cosmic_ray", "pytest_cov") if find_spec(name) is None]:
        faults.append(Fault(f"not installed: {', '.join(missing)}; run: pip install 'devolve-opt[mutation]'."))
    if faults:
        raise InputError(faults)
    ready_to_write(folder)
    with copied() as place:
        texts = {path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
                 for name in wanted for path in sorted((place / SOURCE / name).glob("*.py"))}  # fmt: skip
        covers = watched(place, wanted, cover_seconds, folder)
        mutants = {module: each for module, text in texts.items() if (each := mutants_of(module, text))}
        rows = []
        for number, mutant in enumerate(chosen := drawn(mutants, sample, seed), 1):
            text = texts[mutant.module]
            asked = {**vars(mutant), "text": sha256(text.encode()).hexdigest()}
            measure = measuring(place, mutant, text, covers, seconds)
            row = kept_or_measured(folder / "mutation", mutant.name, asked, measure, fresh)
            if again and row["kept"] and row["status"] in ENDS[2:]:
                row = kept_or_measured(folder / "mutation", mutant.name, asked, measure, fresh=True)
            rows.append({"package": mutant.package, **vars(mutant), **row, "diff": difference(mutant, text)})
            out.print(f"{number}/{len(chosen)} {mutant.module}:{mutant.line} {mutant.operator}: {row['status']}, "
                      f"{row['seconds']:.1f} s {row['note']}", markup=False)  # fmt: skip
    told(pd.DataFrame(rows), {name: sum(mutant.package == name for each in mutants.values() for mutant in each)
                              for name in wanted}, folder)  # fmt: skip


@contextmanager
def copied() -> Iterator[Path]:
    """Make a private copy of the tree, with all that tests read; it goes when the work is done."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "tree"
        shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*NOT_COPIED))
        yield place


def run_tests(place: Path, tests: list[str], seconds: float, *options: str,
              env: dict[str, str] | None = None) -> tuple[int | None, str]:  # fmt: skip
    """Run tests in the copy; return how they ended (None where they had to be ended), and what failed last."""
    asked = place / "tests-asked.txt"
    asked.write_text("\n".join(tests), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, f"@{asked}"]
    env = {**os.environ, **(env or {}), "PYTHONPATH": str(place / "src")}
    with (place / "tests-said.txt").open("wb+") as said:
        try:
            done = subprocess.run(command, cwd=place, env=env, stdout=said, stderr=said, timeout=seconds, check=False)
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = None
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines() or [""]
    return code, next((line for line in reversed(lines) if line.startswith(("FAILED", "ERROR"))), lines[-1])[:200]


def watched(place: Path, packages: list[str], seconds: float, folder: Path) -> list[dict[str, Any]]:
    """Return of each file of tests who runs which line, kept from before or watched now."""
    tests = sorted((place / "tests").glob("*.py"))
    imports = re.compile(rf"devolve_opt(\.| import .*)\b({'|'.join(packages)})\b")
    helpers = [path for path in tests if path.stem[:5] != "test_"]
    using = [path.stem for path in helpers if imports.search(path.read_text(encoding="utf-8"))]
    through = re.compile(rf"{imports.pattern}|^(from|import) ({'|'.join(using) or '-'})\b", re.MULTILINE)
    files = [path for path in tests if path not in helpers and through.search(path.read_text(encoding="utf-8"))]
    shared = [*(path for name in packages for path in sorted((place / SOURCE / name).glob("*.py"))), *helpers]
    before = sha256(b"".join(path.read_bytes() for path in shared)).hexdigest()
    covers = []
    for path in files:
        name = f"tests/{path.name}"
        asked = {"file": sha256(path.read_bytes()).hexdigest(), "shared": before, "seconds": seconds}
        measure = partial(watch, place, name, packages, seconds)
        cover = kept_or_measured(folder / "mutation-cover", path.stem, asked, measure)
        covers.append(cover)
        if not cover["kept"]:
            out.print(f"{name}: {len(cover['times'])} tests watched, {cover['seconds']:.1f} s", markup=False)
    return covers


def watch(place: Path, name: str, packages: list[str], seconds: float) -> dict[str, Any]:
    """Run a file of tests and return who runs which line; no test begins after so many seconds."""
    lines = "\n    ".join(f"*/{SOURCE}/{package}/*" for package in packages)
    (place / WATCHED).write_text(f"[run]\ninclude =\n    {lines}\n[json]\nshow_contexts = true\n", encoding="utf-8")
    report, times = place / "watched-lines.json", place / REPORT
    report.unlink(missing_ok=True)
    times.unlink(missing_ok=True)
    began = time.monotonic()
    options = ("--cov", f"--cov-config={WATCHED}", "--cov-context=test", f"--cov-report=json:{report}")
    run_tests(place, [name], seconds * SLOWER + STARTING, "-p", "benchmarks.watching", *options,
              env={SECONDS: str(seconds)})  # fmt: skip
    return {"status": "watched", "seconds": time.monotonic() - began, **covered(read(report), read(times))}


def read(path: Path) -> Any:
    """Return what is in a file of JSON; nothing, if it is not there because the tests crashed or had to be ended."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def covered(report: dict[str, Any], times: dict[str, float]) -> dict[str, Any]:
    """Return the `times` of tests, and by module and line the `marks` (test and phase, by number) that run it."""
    marks: dict[str, int] = {}
    lines = {
        module.replace("\\", "/"): {
            line: [marks.setdefault(mark, len(marks)) for mark in names if mark]
            for line, names in found["contexts"].items()
            if any(names)
        }
        for module, found in report.get("files", {}).items()
    }
    return {"times": times, "lines": lines, "marks": list(marks)}


def measuring(place: Path, mutant: Mutant, text: str, covers: list[dict[str, Any]],
              seconds: float) -> Callable[[], dict[str, Any]]:  # fmt: skip
    """Return what tries a mutant: its tests are run on the changed module, and the module is put back."""

    def measure() -> dict[str, Any]:
        began, tests = time.monotonic(), tests_of(mutant, text, covers, seconds)
        if not tests:
            return {"status": "uncovered", "seconds": 0.0, "tests": 0, "note": ""}
        times = {test: took for cover in covers for test, took in cover["times"].items()}
        limit = STARTING + SLOWER * sum(times[test] for test in tests)
        path = place / mutant.module
        as_it_was = path.stat()
        try:
            path.write_text(mutant.applied(text), encoding="utf-8", newline="")
            # A time of its own, in seconds after 1970: bytecode of one mutant is never taken for that of another.
            os.utime(path, (next(TIMES),) * 2)
            code, said = run_tests(place, tests, limit, "-x")
        finally:
            path.write_text(text, encoding="utf-8", newline="")
            os.utime(path, ns=(as_it_was.st_atime_ns, as_it_was.st_mtime_ns))
        return {"status": status_of(code, said), "seconds": time.monotonic() - began, "tests": len(tests), "note": said}

    return measure


def status_of(code: int | None, said: str) -> str:
    """Return what became of a mutant, by how its tests ended; `failed` where they did not begin."""
    if code == NOT_FOUND:
        return "killed" if "no collectors" in said else "failed"  # the tests cannot be imported; or are not there
    return {None: "timeout", PASSED: "survived", FAILED: "killed", BROKEN_OFF: "killed"}.get(code, "failed")


def told(frame: pd.DataFrame, counts: dict[str, int], folder: Path) -> None:
    """Print how many mutants the tests noticed, package by package, and write all of them and those that survived."""
    rows = [score(name, count, frame[frame["package"] == name]) for name, count in counts.items()]
    rows.append(score("all", sum(counts.values()), frame))
    columns = ["package", "module", "line", "operator", "occurrence", "status", "tests", "seconds", "note", "diff"]
    write_csv(folder / "mutation.csv", frame[columns])
    survivors = frame[frame["status"].isin(ENDS[2:])].sort_values(["module", "line", "operator", "occurrence"])
    text = [f"{row.module}:{row.line} {row.operator} {row.status}\n{row.diff}\n\n" for row in survivors.itertuples()]
    write_bytes(folder / "mutation-survivors.txt", "".join(text).encode())
    show("Mutants that the tests notice", pd.DataFrame(rows))
    print(last_line({"benchmark": "mutation", **{name: rows[-1][name] for name in list(rows[-1])[1:]}}), flush=True)


def score(name: str, count: int, frame: pd.DataFrame) -> dict[str, Any]:
    """Return the row of a package: how many mutants there are, how they ended, and the share that was noticed."""
    ended = {end: int((frame["status"] == end).sum()) for end in ENDS}
    noticed, tried = ended["killed"] + ended["timeout"], sum(ended.values())
    low, high = wilson(noticed, tried)
    return {"package": name, "mutants": count, "tried": tried, **ended,
            "score": noticed / tried if tried else None, "low": low, "high": high}  # fmt: skip
