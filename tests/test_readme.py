"""The README cannot lag: every command it shows is run as it stands, in a copy of the models and scenarios."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devolve_opt.cli import app

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
COMMANDS = (
    "check", "template", "synth", "run", "rerun", "report", "posts", "compare", "sweep", "frontier", "alternatives",
    "explain", "choices", "even", "robust", "sensitivity", "discover", "offices", "admit", "phases", "app",
)  # fmt: skip
SECONDS = 20
"""Time limit of each solve here; a plan with the gap it has by then shows that the command works."""


def commands_of(text: str) -> list[list[str]]:
    """Return the commands of the shell in the text's fences marked sh, in order, as lists of words."""
    found = []
    for fence in re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for line in fence.replace("\\\n", " ").splitlines():
            for part in line.split("&&"):
                words = shlex.split(part, comments=True)
                if words[:1] == ["devolve-opt"]:
                    found.append(words)
    return found


def in_little_time(words: list[str]) -> list[str]:
    """Return a command with a short time limit on its solves, whatever limit it has."""
    if words[1] not in {"run", "sweep", "phases", "frontier"}:
        return words
    kept, skip = [], False
    for word in words:
        if not skip and word != "--time-limit" and not word.startswith("--time-limit="):
            kept.append(word)
        skip = word == "--time-limit"
    return [*kept, "--time-limit", str(SECONDS)]


def takes_long(words: list[str]) -> bool:
    """Tell whether a command takes minutes even so: a sweep or a front of a large case, a whole province."""
    small = any("hand" in word for word in words)
    return (words[1] in {"sweep", "frontier"} and not small) or "province" in words


def needed(words: list[str]) -> list[str]:
    """Return the results that a command reads: the run folders of `compare`."""
    return [word for word in words[2:] if not word.startswith("-")] if words[1] == "compare" else []


def serves(words: list[str]) -> bool:
    """Tell whether a command goes on until it is ended, so that it is not run here: tests of its own start the app."""
    return words[1] == "app"


README_COMMANDS = commands_of(README.read_text(encoding="utf-8"))
QUICK = [words for words in README_COMMANDS if not takes_long(words) and not serves(words)]
LONG = [words for words in README_COMMANDS if takes_long(words)]


def test_the_readme_shows_commands():
    assert README_COMMANDS, "README.md shows no command of the shell in a fence marked sh"
    assert QUICK


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_shows_every_command(command):
    assert command in {words[1] for words in README_COMMANDS}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("readme")
    for name in ("models", "scenarios"):
        shutil.copytree(ROOT / name, place / name)
    return place


def in_a_process(words: list[str], place: Path) -> tuple[int, str]:
    """Run a command in a process of its own; return its exit code and what it said of errors."""
    done = subprocess.run(
        [sys.executable, "-m", "devolve_opt.cli", *words],
        cwd=place, capture_output=True, text=True, encoding="utf-8", check=False, timeout=1200,
    )  # fmt: skip
    return done.returncode, done.stderr


def in_this_process(words: list[str], place: Path) -> tuple[int, str]:
    """Run a command here, which needs no start of its own; return its exit code and what it said of errors."""
    with contextlib.chdir(place):
        done = CliRunner().invoke(app, words)
    broken = "" if done.exception is None or isinstance(done.exception, SystemExit) else repr(done.exception)
    return done.exit_code, done.stderr + broken


def follow(commands: list[list[str]], place: Path, run: Callable[[list[str], Path], tuple[int, str]]) -> list[str]:
    """Run commands one after the other; return what failed, with what it said."""
    failed = []
    for words in commands:
        code, said = run(in_little_time(words)[1:], place)
        if code != 0 or "Traceback" in said:
            missing = [run for run in needed(words) if not (place / run).exists()]
            because = f"; no {', '.join(missing)}: no command before it writes that" if missing else ""
            failed.append(f"{shlex.join(words)}: exit {code}{because}\n{said[-2000:]}")
    return failed


def test_the_commands_of_the_readme_on_the_hand_case_work_in_their_order(workplace):
    small = [words for words in QUICK if any("hand" in word for word in words) or words[1] in {"check", "posts"}]
    assert {words[1] for words in small} >= {"check", "run", "posts", "alternatives", "explain", "robust"}
    assert follow(small, workplace, in_this_process) == []


@pytest.mark.slow
def test_the_quick_commands_of_the_readme_work_in_their_order(workplace):
    assert QUICK
    assert follow(QUICK, workplace, in_a_process) == []


@pytest.mark.slow
@pytest.mark.parametrize("words", LONG, ids=[" ".join(words[1:4]) for words in LONG])
def test_a_long_command_of_the_readme_works(words, workplace):
    assert follow([words], workplace, in_a_process) == []


def test_the_readme_names_files_that_are_there():
    """Links within the repository lead somewhere."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


# The helpers of this page.


def test_commands_are_found_in_fences_marked_sh_only():
    text = (
        "`devolve-opt run inline`\n```sh\nmake demo\n# devolve-opt run comment\ndevolve-opt run a.toml   # says why\n"
        "devolve-opt run b.toml \\\n  --gap 0.1\ncd x && devolve-opt check 'my case'\n```\n"
        "```\ndevolve-opt run other\n```\n```python\ndevolve-opt\n```\n"
    )
    assert commands_of(text) == [
        ["devolve-opt", "run", "a.toml"],
        ["devolve-opt", "run", "b.toml", "--gap", "0.1"],
        ["devolve-opt", "check", "my case"],
    ]


def test_solves_get_a_short_time_limit_whatever_they_have():
    end = ["--time-limit", str(SECONDS)]
    for given in ([], ["--time-limit", "600"], ["--time-limit=600"]):
        assert in_little_time(["devolve-opt", "run", *given, "a.toml"]) == ["devolve-opt", "run", "a.toml", *end]
    assert in_little_time(["devolve-opt", "check", "models/city"]) == ["devolve-opt", "check", "models/city"]
