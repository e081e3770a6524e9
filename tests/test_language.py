"""Two languages: nothing that is shown lacks its Chinese, and nothing in the catalogue is idle."""

from __future__ import annotations

import ast
import csv
import re
import string
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import typer
from pydantic import BaseModel

from devolve_opt import audit
from devolve_opt import language as languages
from devolve_opt.audit import area_teams as audit_of_teams
from devolve_opt.audit import phases as audit_of_phases
from devolve_opt.audit.offices import audit_offices
from devolve_opt.cli import app
from devolve_opt.cli.spoken import USAGE_ERRORS, help_texts
from devolve_opt.instruments import TeamMode
from devolve_opt.language import catalogue, chosen, in_this_language, joined, language, set_language, speaking, tr
from devolve_opt.plan import PLACES, UNITS
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import NAMES as CAP_NAMES
from devolve_opt.reading.text_files import OTHER_SEPARATORS
from devolve_opt.rules.futures import UNCERTAIN
from devolve_opt.rules.legality import CHECKS, REQUIRES_EXCLUDED
from devolve_opt.rules.stations import BY_POLICY, KEPT, THE_POLICY
from devolve_opt.schema import country_schema, outputs, schema
from devolve_opt.schema.header import HEADER_KEYS
from devolve_opt.settings import REMEDIES, REPORT
from devolve_opt.solver.conflict import LIST_IN_FORCE, POLICY_RULES, POSTS_IN_FORCE
from devolve_opt.studies import sensitivity, two_stage
from devolve_opt.studies.admission import HELD_FIXED, Verdict
from devolve_opt.studies.choice_rules import IN_FORCE
from devolve_opt.studies.comparing import UNITS as UNITS_OF_MEASURES
from devolve_opt.studies.even_plans import TITLES as EVEN_NAMES
from devolve_opt.studies.infeasible import CONFLICT_REMEDIES
from devolve_opt.studies.manifest import NO_RUN
from devolve_opt.studies.offices import TOO_FEW, TOO_SMALL
from devolve_opt.views.admission import MEANING
from devolve_opt.views.alternatives_folder import MEANING as SHARES_IN_WORDS
from devolve_opt.views.caps import IN_CHINESE, MEANINGS
from devolve_opt.views.choice_rules_folder import WORDS as RULES_IN_WORDS
from devolve_opt.views.country import PROVENANCE
from devolve_opt.views.even_folder import ASKED as EVEN_IN
from devolve_opt.views.even_folder import NAMED as EVEN_MEASURES
from devolve_opt.views.explained_facts import WHICH
from devolve_opt.views.explanation import LEVERS, OTHERWISE, change_text
from devolve_opt.views.plots.choice_rules import NAMES
from devolve_opt.views.plots.discovery import KINDS as POINT_KINDS
from devolve_opt.views.plots.even import SHARES as EVEN_SHARES
from devolve_opt.views.plots.even import TITLES as EVEN_TITLES
from devolve_opt.views.policy_page import SECTIONS
from devolve_opt.views.report import CAPTIONS
from devolve_opt.views.responsibilities import ARTICLES
from devolve_opt.views.robust_folder import LOSES
from devolve_opt.views.robust_folder import WITHOUT as FUTURES_WITHOUT
from devolve_opt.views.sensitivity_folder import WITHOUT as POINTS_WITHOUT
from devolve_opt.views.supplements import KINDS
from devolve_opt.views.wording import HOURS, STATES, count
from devolve_opt.vocabulary import label, some_of
from figure_texts import of_figures

PACKAGE = Path(languages.__file__).parent.parent
FILES = sorted(Path(languages.__file__).parent.glob("*.csv"))
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "language"]


def said_in_english_only(text: str) -> list[int]:
    """Return the lines where a fault, or a `message` for one, is a text as it stands and not what `tr` makes of it."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        said: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fault":
            said = node.args[:1]
        elif isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            said = [node.value] if isinstance(target, ast.Name) and target.id == "message" else []
        parts = [part for each in said for part in (each, getattr(each, "left", None), getattr(each, "body", None))]
        lines += [node.lineno for part in parts if isinstance(part, ast.Constant | ast.JoinedStr)]
    return lines


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_fault_is_said_in_english_only(path):
    assert said_in_english_only(path.read_text(encoding="utf-8")) == []


def test_the_check_of_faults_finds_what_is_wrong():
    assert said_in_english_only('Fault("is wrong.", column="x")') == [1]
    assert said_in_english_only('message = f"no {x}."\nmessage += tr("a")\nFault(message)') == [1]
    assert said_in_english_only('message = "a" + tr("b")') == [1]
    assert said_in_english_only('Fault(tr("is wrong."))\nmessage = tr("b") if x else tr("c")') == []


def texts_of(text: str) -> tuple[set[str], list[int]]:
    """Return the texts that a module hands to `tr` and `count`, and the lines where `tr` is handed anything else.

    A choice between texts (`tr("a") if x else tr("b")`) has a call for each; what is not written out at the call
    has to be one of a table of texts, which `shown_by_table` knows.
    """
    texts, others = set(), []
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        if node.func.id == "tr":
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                texts.add(first.value)
            else:
                others.append(node.lineno)
        elif node.func.id == "count" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            texts.add("{n} " + node.args[1].value)
    return texts, others


@cache
def shown_by_table() -> frozenset[str]:
    """Return the texts that stand in a table of the code and are shown by a `tr` that names the table."""
    helps = help_texts(typer.main.get_command(app))
    tables = (STATES, USAGE_ERRORS, REMEDIES, OTHER_SEPARATORS, CAPTIONS, CAP_NAMES, UNITS_OF_MEASURES)
    single = (HOURS, ", ", "; ", "units", "Show this message and exit.", "Language of what is said: `zh` or `en`.")
    in_tables = [text for table in tables for text in table.values()]
    return frozenset([*helps, *single, *in_tables, *of_data(), *of_policy(), *of_plans(), *of_studies(), *of_figures()])


def of_data() -> set[str]:
    """Return the meanings and units of every table and column, and of the header's keys; units of results."""
    tables = [*schema().values(), *country_schema().values()]
    columns = [column for table in tables for column in table.columns]
    texts = [each.meaning for each in (*tables, *columns, *HEADER_KEYS)]
    units = [each.unit for each in (*columns, *HEADER_KEYS, *outputs().values())]
    return {*texts, *units} - {""}


def of_policy() -> set[str]:
    """Return what is said of every key of the policy and of its tables: meaning, unit, source."""
    keys = [key for _, settings, _ in SECTIONS for key in settings.model_fields.values()]
    about = [key.json_schema_extra for key in keys if isinstance(key.json_schema_extra, dict)]
    said = {str(each[name]) for each in about for name in ("unit", "source")}
    return said | {str(key.description) for key in keys} | {meaning for _, _, meaning in SECTIONS}


def test_every_settings_of_the_policy_has_a_section():
    """What the policy page and the policy sheet show is all that there is."""
    found, todo = set(), [Policy]
    while todo:
        settings = todo.pop()
        found.add(settings)
        todo += [inner for key in settings.model_fields.values() for inner in settings_within(key.annotation)]
    assert found == {settings for _, settings, _ in SECTIONS}


def settings_within(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for argument in get_args(annotation) for inner in settings_within(argument)]


def of_plans() -> set[str]:
    """Return what plans say by table: units, places and rules of audits, caps, laws, verdicts of admission tests."""
    checks = (*CHECKS, REQUIRES_EXCLUDED)
    tables: list[Iterable[str]] = [
        UNITS.values(), PLACES.values(), rules_of_audits(),
        MEANINGS.values(), IN_CHINESE.values(), (kind.title for kind in KINDS), TeamMode, Verdict,
        MEANING.values(),
        HELD_FIXED.values(), ARTICLES.values(), (REPORT, THE_POLICY), BY_POLICY.values(),
        *KEPT.values(), *((check.article, check.reason, *check.articles.values()) for check in checks),
    ]  # fmt: skip
    return {str(text) for table in tables for text in table}


def rules_of_audits() -> list[str]:
    """Return the names of the rules that audits look at, which a breach tells."""
    rules = (*audit._RULES, *audit_of_phases._RULES, *audit_of_teams._RULES)
    of_offices = re.findall(r"`(\w+)`", (audit_offices.__doc__ or "").partition("Returns:")[2])
    return ["well_formed", *(rule.__name__ for rule in rules), *of_offices]


def of_studies() -> list[str]:
    """Return the texts that studies, their folders and what has no plan show by a table."""
    levers = [change_text(lever, amount) for lever in LEVERS for amount in (1, 2, -1, -2)]
    checks = [text for check in (*CHECKS, REQUIRES_EXCLUDED) for text in (check.reason, check.article)]
    rules = [*NAMES.values(), *RULES_IN_WORDS.values(), IN_FORCE]
    gives = [*POLICY_RULES, *(f"{{n}} {unit}" for _, unit in POLICY_RULES.values()), LIST_IN_FORCE, POSTS_IN_FORCE]
    return [
        *levers, *WHICH.values(), *OTHERWISE.values(), *checks, *SHARES_IN_WORDS.values(), *rules, *UNCERTAIN.values(),
        *LOSES.values(), *FUTURES_WITHOUT.values(), *POINTS_WITHOUT.values(), *sensitivity.MEASURES.values(),
        *(word for word, *_ in POINT_KINDS.values()), *two_stage.MEASURES.values(), *gives, *CONFLICT_REMEDIES.values(),
        *TOO_FEW.values(), *TOO_SMALL.values(), *EVEN_IN.values(), *EVEN_MEASURES.values(),
        *EVEN_TITLES.values(), *EVEN_SHARES.values(), *EVEN_NAMES.values(), NO_RUN, PROVENANCE, "more", "less", "open",
    ]  # fmt: skip


@cache
def used() -> frozenset[str]:
    """Return every text that the product shows."""
    return shown_by_table().union(*(texts_of(path.read_text(encoding="utf-8"))[0] for path in MODULES))


def placeholders(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_text_that_is_shown_has_its_chinese(path):
    texts, _ = texts_of(path.read_text(encoding="utf-8"))
    assert sorted(texts - set(catalogue())) == []


def test_every_text_of_a_table_has_its_chinese():
    assert sorted(shown_by_table() - set(catalogue())) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_chinese_has_the_values_of_the_english_and_no_entry_is_idle_or_twice(file):
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True)))
    assert [row["english"] for row in rows if row["english"] not in used()] == []
    assert [english for english, times in Counter(row["english"] for row in rows).items() if times > 1] == []
    for row in rows:
        assert row["chinese"] and None not in row, f"{row}: a comma outside quotes?"
        if "{" in row["english"]:
            assert set(placeholders(row["chinese"])) == set(placeholders(row["english"])), row


def test_the_search_for_texts_finds_them():
    code = 'tr("a {x}", x=1)\ntr("b" if y else "c")\ntr(NAME)\ncount(3, "power")\nother("d")\ntr("e "\n  "f")'
    assert texts_of(code) == ({"a {x}", "{n} power", "e f"}, [2, 3])


def test_a_language_is_set_for_a_process_or_for_a_block(monkeypatch):
    monkeypatch.setenv(languages.VARIABLE, "en")
    assert language() == "en"
    monkeypatch.setenv(languages.VARIABLE, "zh_CN.UTF-8")
    assert (language(), tr("ratio rule")) == ("zh", "按比例法")
    set_language("en")
    assert tr("ratio rule") == "ratio rule"
    with speaking("zh"):
        told = tr("worth {worth:,.0f} staff-hours a year (bound {bound}, gap {gap}).", worth=1e4, bound="x", gap="y")
        assert told == "价值 10,000 工时/年（上界 x，差距 y）。"
        assert joined([1, 2]) == "1、2" and chosen("甲", "a") == "甲"
        assert some_of(["T1", "T2", "T3"], 1) == "T1 及另外 2 个"
        assert (label("county_seat"), label("no_such_word")) == ("县城驻地镇", "no such word")
    assert joined([1, 2]) == "1, 2" and chosen("甲", "a") == "a"
    assert (label("county_seat"), count(1, "power"), count(1204, "power")) == ("county seat", "1 power", "1,204 powers")
    with pytest.raises(ValueError, match="no language 'fr'"):
        set_language("fr")


@pytest.mark.parametrize(
    ("names", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"), ({"LANG": "zh_CN", languages.VARIABLE: "en"}, "en"), ({}, "en"),
    ],
)  # fmt: skip
def test_the_language_follows_the_system(monkeypatch, names, spoken):
    monkeypatch.setattr(languages.locale, "getlocale", lambda: ("C", "UTF-8"))
    languages._of_names.cache_clear()
    for name in (languages.VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert language() == spoken


def test_windows_calls_chinese_by_its_name(monkeypatch):
    for name in (languages.VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(languages.locale, "getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    languages._of_names.cache_clear()
    assert language() == "zh"
    languages._of_names.cache_clear()


def test_what_the_catalogue_lacks_stays_english():
    with speaking("zh"):
        assert tr("no such text {x}", x=1) == "no such text 1"


def test_threads_speak_the_language_of_who_starts_them():
    with ThreadPoolExecutor(1) as pool:
        with speaking("zh"):
            told = pool.submit(in_this_language(language))
            untold = pool.submit(language)
        assert (told.result(), untold.result(), language()) == ("zh", "en", "en")
