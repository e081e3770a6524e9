"""The documentation cannot lag: its pages are held against the code's own lists, its commands are run as they stand."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import openpyxl
import pytest
import typer
from pyomo.environ import Constraint, Expression, Set, Var

import devolve_opt
from benchmarks.__main__ import app as benchmarks
from devolve_opt.case import Case
from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.formulation import build_model
from devolve_opt.schema import country_schema, outputs, schema
from devolve_opt.views.policy_page import SECTIONS
from modelling import ROOT, everything_on, hand_scenario, pin, with_everything

DOCS = ROOT / "docs"
sys.path.append(str(DOCS))
from pages.commands import commands, words_of  # noqa: E402
from pages.docstrings import functions_of, rules_of  # noqa: E402
from pages.following import POLICY_SHEET, Step, all_commands, policy_of, steps  # noqa: E402
from pages.messages import QUOTED, VALUE, is_said, with_messages  # noqa: E402
from pages.model import APART, PARTS, components, symbols  # noqa: E402
from pages.policy import sources  # noqa: E402
from pages.results import columns_of, result_tables  # noqa: E402

PAGES = sorted(path for path in DOCS.rglob("*.md") if "_made" not in path.parts)
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
ENGLISH = {**os.environ, "DEVOLVE_OPT_LANG": "en"}
NUMBER = re.compile(r"(-?\d[\d,]*) 工时/年")


# Following a page.


def fill_in(path: Path, cells: tuple[tuple[str, str, str], ...]) -> None:
    book = openpyxl.load_workbook(path)
    for sheet, key, text in cells:
        value = float(text) if re.fullmatch(r"[\d.]+", text) else text
        if sheet == POLICY_SHEET:
            [row] = [row for row in book[sheet].iter_rows() if row[0].value == key]
            row[1].value = value
        else:
            book[sheet][key] = value
    book.save(path)


def follow(told: list[Step], place: Path) -> tuple[list[str], str]:
    """Do what a page tells, in a folder; return what failed, and all that was answered."""
    failed, answers = [], ""
    for step in told:
        if step.file:
            (place / step.file).write_text(step.text, encoding="utf-8")
        if step.workbook:
            fill_in(place / step.workbook, step.cells)
        answered = ""
        for number, words in enumerate(step.commands, start=1):
            done = subprocess.run(
                [sys.executable, "-m", "devolve_opt.cli", *words[1:]],
                cwd=place, env=ENGLISH, capture_output=True, text=True, encoding="utf-8", check=False, timeout=600,
            )  # fmt: skip
            answered += done.stdout + done.stderr
            expected = step.exit if number == len(step.commands) else 0
            if done.returncode != expected:
                failed.append(f"{shlex.join(words)}: exit {done.returncode}\n{done.stderr[-1000:]}")
        # How wide a table is hangs on the names in it.
        said = {" ".join(line.split()) for line in answered.splitlines()}
        failed += [f"not said: {line}" for line in step.shown if " ".join(line.split()) not in said]
        answers += answered
    return failed, answers


def workplace(place: Path) -> Path:
    for name in ("models/hand", "scenarios"):
        shutil.copytree(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> tuple[Path, list[str], str]:
    place = workplace(tmp_path_factory.mktemp("tutorial"))
    return (place, *follow(steps(TUTORIAL), place))


def test_the_tutorial_works_as_it_stands(followed):
    assert followed[1] == []
    told = steps(TUTORIAL)
    assert len([step for step in told if step.shown]) > 4
    assert policy_of(TUTORIAL).base_list_max == 1


def test_the_tutorial_names_what_a_run_leaves(followed):
    run = followed[0] / "runs" / "tutorial"
    for name in ("summary.txt", "plan.xlsx", "tables", "figures", "manifest.json", "report.html"):
        assert (run / name).exists()
        assert name in TUTORIAL


def test_the_chinese_tutorial_has_its_reader_do_the_same(followed):
    chinese = (DOCS / "zh" / "tutorial.md").read_text(encoding="utf-8")

    def done(page):
        return [(step.commands, step.exit, step.workbook, step.cells) for step in steps(page)]

    assert done(chinese) == done(TUTORIAL)
    numbers = NUMBER.findall(chinese)
    assert len(numbers) > 3
    assert [
        number for number in numbers if not re.search(rf"(?<![\d,]){re.escape(number)}(?![\d,])", followed[2])
    ] == []


@pytest.mark.slow
def test_the_how_tos_work_as_they_stand(tmp_path):
    place = workplace(tmp_path)
    pages = [DOCS / "howto" / f"{name}.md" for name in ("index", *how_tos())]
    found = {path.stem: follow(steps(path.read_text(encoding="utf-8")), place) for path in pages}
    assert {name: failed for name, (failed, _) in found.items() if failed} == {}
    # The Chinese page tells the figures of the same commands.
    answers = "".join(answer for _, answer in found.values())
    chinese = (DOCS / "zh" / "howto.md").read_text(encoding="utf-8")
    assert [number for number in NUMBER.findall(chinese) if number not in answers] == []
    assert [failed for failed in follow(steps(chinese), workplace(tmp_path / "zh"))[0] if failed] == []


def how_tos() -> list[str]:
    tree = (DOCS / "howto" / "index.md").read_text(encoding="utf-8").partition("```{toctree}")[2].partition("```")[0]
    return [line for line in tree.splitlines() if line and not line.startswith(":")]


@pytest.mark.slow
def test_the_python_of_the_pages_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    [code] = re.findall(r"```python\n(.*?)```", (DOCS / "api.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    exec(code, names)
    plan = names["plan"]
    assert f"{plan.status}, {plan.objective:.1f}, {plan.bound:.1f} staff-hours" in code
    assert names["tighter"].objective < plan.objective


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_of_a_page_is_one_with_options_that_are_there(path):
    text = path.read_text(encoding="utf-8")
    known = typer.main.get_command(app).commands
    for words in all_commands(text):
        assert words[1] in known, words
        known[words[1]].make_context(words[1], words[2:])
    given = [option for command in known.values() for option in command.params]
    options = {name for option in given for name in (*option.opts, *option.secondary_opts)} | {"--lang"}
    others = {"--help", "--no-index", "--find-links", "--wheel-dir"}
    measures = typer.main.get_command(benchmarks).commands
    for spoken in re.findall(r"`[^`\n]*`", text):
        measured = re.match(r"`python -m benchmarks (\w+)", spoken)
        of_one = {name for option in measures[measured[1]].params for name in option.opts} if measured else set()
        assert set(re.findall(r"(?<![\w-])--[a-z-]+", spoken)) <= options | others | of_one, spoken


def test_the_search_for_steps_finds_them():
    page = (
        "<!-- exit: 2 -->\n```sh\ndevolve-opt check x   # why\n```\n\n```text\n  said\n```\n"
        "   ```sh\n   devolve-opt a\n   ```\n"
        "<!-- edit: b.xlsx -->\n| s | k | v |\n|---|---|---|\n| 政策 | p | 1 |\n\n"
        "```{code-block} toml\n:caption: s.toml\n\na = 1\n```\n```\ndevolve-opt run y\n```\n"
    )
    check, other, edit, file = steps(page)
    assert (check.commands, check.exit, check.shown) == ([["devolve-opt", "check", "x"]], 2, ["said"])
    assert (other.commands, other.exit) == ([["devolve-opt", "a"]], 0)
    assert (edit.workbook, edit.cells) == ("b.xlsx", (("政策", "p", "1"),))
    assert (file.file, file.text) == ("s.toml", "a = 1\n")
    assert [words[1] for words in all_commands(page)] == ["check", "a", "run"]


# The built pages.


class Page(HTMLParser):
    """What a page loads, where it links to, which places it has, what it says."""

    def __init__(self, text: str):
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.words: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._silent += tag in {"script", "style", "svg"}
        if given.get("id"):
            self.places.add(given["id"])
        self.loads += [given[name] for name in ("src", "srcset", "data", "poster") if given.get(name)]
        if given.get("href"):
            # A link of the head may load or only name; whatever it names must be here.
            (self.links if tag == "a" else self.loads).append(given["href"])

    def handle_endtag(self, tag):
        self._silent -= tag in {"script", "style", "svg"}

    def handle_data(self, data):
        if self._silent <= 0:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def site(followed, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, place / "docs", ignore=shutil.ignore_patterns("_made", "__pycache__"))
    done = subprocess.run(
        [
            sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(place / "doctrees"),
            "-D", f"run_of_tutorial={followed[0] / 'runs' / 'tutorial'}", str(place / "docs"), str(place / "html"),
        ],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return place / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def from_outside(address: str) -> bool:
    return bool(re.match(r"\s*(?!data:)([a-z][a-z0-9+.-]*:|//)", address))


def test_every_page_is_built_and_reached(pages):
    assert {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in PAGES} <= set(pages)


def test_nothing_is_loaded_from_outside(pages, site):
    assert sum(len(page.loads) for page in pages.values()) > 100
    assert {
        name: bad for name, page in pages.items() if (bad := [each for each in page.loads if from_outside(each)])
    } == {}
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert [address for address in re.findall(r"url\(['\"]?([^'\")]+)", text) if from_outside(address)] == []
        assert "@import" not in text
    for path in site.rglob("*.js"):
        calls = r"(?:fetch|import|importScripts|XMLHttpRequest)\(\s*['\"`](?:https?:)?//"
        assert not re.search(calls, path.read_text(encoding="utf-8")), path.name


def test_the_search_for_what_is_loaded_finds_it():
    page = Page(
        '<link href="https://a/b.css"><script src="//c/d.js"></script><img src="e.png"><a href="https://f">g</a>'
    )
    assert [each for each in page.loads if from_outside(each)] == ["https://a/b.css", "//c/d.js"]
    assert page.links == ["https://f"] and page.text == "g"
    assert not from_outside("data:image/png;base64,x") and not from_outside("../a.html#b")


def test_links_within_lead_somewhere(pages, site):
    broken = []
    for name, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if from_outside(link) or link.startswith("data:"):
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            there = target.resolve()
            inside = there.relative_to(site.resolve()).as_posix() if there.is_relative_to(site.resolve()) else ""
            lost = parts.fragment and inside in pages and unquote(parts.fragment) not in pages[inside].places
            if lost or not there.is_file():
                broken.append(f"{name}: {link}")
    assert broken == []


def test_formulas_are_written_for_browsers(pages, site):
    for name in ("rules.html", "apart.html", "model.html"):
        assert not re.search(r"\$|\\[a-z]{2}", pages[name].text), name
    assert (site / "rules.html").read_text(encoding="utf-8").count("<math") > 100
    assert not [path for path in site.rglob("*") if "mathjax" in path.name.lower()]


def test_the_search_knows_both_languages(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    # As escapes or as they are.
    found = index.encode().decode("unicode_escape", errors="ignore") + index
    assert "上限" in found and "frontier" in found
    assert "splitQuery" in (site / "_static" / "language_data.js").read_text(encoding="utf-8")


# The code's own lists.


def test_every_command_and_option_is_explained(pages):
    text = pages["commands.html"].text
    known = typer.main.get_command(app).commands
    assert set(commands()) == set(known)
    for name, command in known.items():
        words = words_of(commands()[name])
        assert [word.meaning for word in words if not word.meaning.strip()] == []
        told = [set(word.names) for word in words if not word.argument]
        there = [option for option in command.params if option.param_type_name == "option"]
        assert told == [{*option.opts, *option.secondary_opts} for option in there]
        assert [word.names[0] for word in words if word.argument] == [
            option.metavar for option in command.params if option.param_type_name == "argument"
        ]
        for word in words:
            assert " ".join(word.meaning.replace("`", "").split()) in text
        assert " ".join((command.help or "").replace("`", "").split()) in text
    for code in ("0 done", "1 no plan", "2 bad input"):
        assert code in text


def test_every_key_of_the_policy_is_explained(pages):
    text = pages["policy.html"].text
    for _, settings, _ in SECTIONS:
        for name, key in settings.model_fields.items():
            if name != "prices":
                assert name in text and key.description
    assert "" not in sources() and sum(map(len, sources().values())) == sum(
        len(settings.model_fields) - ("prices" in settings.model_fields) for _, settings, _ in SECTIONS
    )
    for keys in sources().values():
        assert [key for key in keys if key not in pages["assumptions.html"].text] == []


def test_every_table_and_column_of_a_case_is_explained(pages):
    text = pages["data.html"].text
    for table in [*schema().values(), *country_schema().values()]:
        assert f"{table.name} ({table.chinese})" in text
        for column in table.columns:
            assert f"{column.name} {column.chinese} {column.kind}" in text
            assert column.meaning.replace("`", "") in text


def test_every_table_and_column_of_a_run_is_explained(pages, followed):
    text = pages["results.html"].text
    written = sorted((followed[0] / "runs" / "tutorial" / "tables").glob("*.csv"))
    assert len(written) > 10
    for path in written:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            columns = next(csv.reader(lines))
        told = columns_of(path.stem, result_tables()[path.stem])
        assert [column for column in columns if column not in told and column != "synthetic"] == [], path.stem
        assert [column for column in told if column not in columns] == [], path.stem
    for (_, column), words in outputs().items():
        assert column in text and words.chinese in text and words.english in text


@cache
def full_model():
    hand = hand_scenario()
    policy = everything_on(hand.policy).replace(
        goals=[{"term": "inequity", "at_least": -1_000.0}], pins=[pin("P1", "A")]
    )
    return build_model(with_everything(hand.data), policy)


def test_every_set_decision_and_sum_of_the_model_is_explained(pages):
    known = {row["name"] for row in symbols()}
    assert [row["name"] for row in symbols() if not (row["meaning"] and row["index"])] == []
    built = {each.name for kind in (Set, Var, Expression) for each in full_model().component_objects(kind)}
    assert sorted(built - known) == []
    assert known == set(components()), "symbols.csv and the model's code differ"
    text = pages["model.html"].text
    assert [row["meaning"] for row in symbols() if row["meaning"] not in text] == []


def test_every_rule_of_the_model_is_explained(pages):
    built = {each.name for each in full_model().component_objects(Constraint)}
    assert len(built) > 40
    assert sorted(name for name in built if name not in pages["rules.html"].places) == []
    for module in [*PARTS, *(import_module(f"devolve_opt.formulation.{name}") for name in APART)]:
        told = dict(functions_of(module))
        page = pages["apart.html" if module.__name__.rpartition(".")[2] in APART else "rules.html"]
        for name in rules_of(module, "Constraint"):
            assert "$" in told[name] and "Source:" in told[name], f"{module.__name__}.{name}"
            assert name in page.places, name


def test_every_module_with_rules_has_its_page():
    folder = Path(devolve_opt.__file__).parent / "formulation"
    with_rules = {path.stem for path in folder.glob("*.py") if " = Constraint(" in path.read_text(encoding="utf-8")}
    assert with_rules <= {module.__name__.rpartition(".")[2] for module in PARTS} | set(APART)


def test_every_public_name_is_explained(pages):
    for name in devolve_opt.__all__:
        if name != "__version__":
            home = getattr(devolve_opt, name).__module__
            assert f"{home}.{name}" in pages["api.html"].places


# The messages.


def test_both_pages_on_errors_tell_of_the_same_messages(pages):
    english, chinese = (
        QUOTED.findall((DOCS / name).read_text(encoding="utf-8")) for name in ("errors.md", "zh/errors.md")
    )
    assert english == chinese and len(english) > 25
    assert all(is_said(message) for message in english)
    for message in english:
        assert " ".join(message.replace("`", "").split()) in pages["errors.html"].text


def test_a_message_that_nobody_says_is_refused():
    with pytest.raises(ValueError, match="no message of the code"):
        with_messages("<!-- message: no such thing -->", "en")


def test_bad_data_are_told_in_the_words_of_the_page(tmp_path):
    case = tmp_path / "bad"
    shutil.copytree(ROOT / "models" / "hand", case)
    spoilt = {
        "townships.csv": [
            ("county_seat,20000", "county-seat,2万"), ("B,乙镇,C1", "B,乙镇,试验县"),
            ("50000,1000,10,10", "50000,1000,10,12"),
            ("丙镇", ""), ("0,0,3,17000", "0,0.5,3,17000"),
        ],
        "votes.csv": [("A,P1,yes", "A,P9,maybe"), ("A,P3,", "A,P2,")],
        "cases.csv": [("A,P1,2", "A,P1,-2"), ("B,P3,10", "B,P3,1,0"), ("cases\n", "cases,remark\n")],
    }  # fmt: skip
    for name, changes in spoilt.items():
        text = (case / name).read_text(encoding="utf-8-sig").replace("\r\n", "\n")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        (case / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Case.read(case)
    told = QUOTED.findall((DOCS / "errors.md").read_text(encoding="utf-8"))
    patterns = [re.compile(".*?".join(map(re.escape, message.split(VALUE)))) for message in told]
    faults = caught.value.faults
    unexplained = [str(fault) for fault in faults if not any(pattern.search(fault.message) for pattern in patterns)]
    assert unexplained == [] and len(faults) > 8


# Guarantees.


def test_every_guarantee_names_tests_that_exist():
    for page in (DOCS / "guarantees.md", ROOT / "SECURITY.md"):
        named = re.findall(r"`tests/(\w+)\.py::(\w+)`", page.read_text(encoding="utf-8"))
        assert len(named) >= 4
        for module, name in named:
            text = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
            assert f"\ndef {name}(" in text, f"{page.name}: tests/{module}.py has no {name}"
