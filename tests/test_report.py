"""The report of a run: one page that holds everything within itself, in both languages, safe whatever the data say."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.language import LANGUAGES, catalogue, language, speaking
from devolve_opt.studies.manifest import MANIFEST
from devolve_opt.studies.solving import solve
from devolve_opt.views import report
from devolve_opt.views.plots import FIGURES
from devolve_opt.views.report import BROWSERS, report_html, write_report
from devolve_opt.views.report_parts import number
from devolve_opt.views.run_folder import write_run
from modelling import hand_scenario

HEADS = (
    "1. What is decided", "2. Where its worth comes from", "3. Who gains and who loses", "4. Which caps hold it back",
    "5. Choices that are not met and the first reason", "6. Powers kept out by law or policy", "7. What is uncertain",
    "8. Figures", "9. Where it comes from",
)  # fmt: skip
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return write_run(solve(hand_scenario(), gap=0), tmp_path_factory.mktemp("report") / "hand")


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_the_page_loads_nothing_and_says_what_stands_in_the_run(run, spoken):
    page = report_html(run, spoken)
    assert "合成数据" in page
    for words in ("Proven best: under the same rules no plan is worth more.", *(f"<h2>{each}</h2>" for each in HEADS)):
        text = words.removeprefix("<h2>").removesuffix("</h2>")
        assert words.replace(text, text if spoken == "en" else catalogue()[text]) in page
    # 370 of this plan against 160 of the ratio rule; all figures of the run within the page.
    assert ">370<" in page.replace("369.50", "370")
    assert page.count("data:image/svg+xml;base64,") == len(list((run / "figures").glob("*.svg")))
    links = re.findall(r'(?:src|href)="([^"]{0,40})', page)
    assert all(link.startswith("data:") for link in links)
    assert "<script" not in page
    assert "http" not in re.sub(r'content="[^"]*"|http-equiv', "", page)
    assert "default-src 'none'" in page


def test_the_report_speaks_the_language_spoken(run):
    assert report_html(run) == report_html(run, "en")
    with speaking("zh"):
        assert report_html(run) == report_html(run, "zh") != report_html(run, "en")


def test_figures_in_another_language_are_drawn_anew_where_the_run_can_be_read(run, tmp_path, monkeypatch):
    drawn: list[str] = []

    def draw(plan, name):
        drawn.append(f"{name} {language()}")
        assert plan.reference is not None, "without it, nothing stands beside the plan"
        return FIGURES[name](plan)

    monkeypatch.setattr(report, "figures_of", lambda plan: {name: partial(draw, name=name) for name in FIGURES})
    report_html(run, "en")
    assert not drawn, "they are there already"
    page = report_html(run, "zh")
    assert sorted(drawn) == sorted(f"{name} zh" for name in FIGURES)
    assert page.count("data:image/svg+xml;base64,") == len(list((run / "figures").glob("*.svg")))
    drawn.clear()
    older = tmp_path / "older"
    shutil.copytree(run, older)
    kept = json.loads((older / MANIFEST).read_text(encoding="utf-8"))
    assert kept.pop("steps")
    (older / MANIFEST).write_text(json.dumps(kept), encoding="utf-8")
    report_html(older, "zh")
    assert sorted(drawn) == sorted(f"{name} zh" for name in FIGURES if name != "progress"), "it kept no steps"
    drawn.clear()
    copy = tmp_path / "moved"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest["case"]["source"] = str(tmp_path / "gone")
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert report_html(copy, "zh").count("data:image/svg+xml;base64,") == len(list((run / "figures").glob("*.svg")))
    assert not drawn, "the case is gone: the figures are those of the run"


def test_chinese_pages_have_no_english_codes_where_there_are_words(run):
    page = report_html(run, "zh")
    for code in ("county_seat", "not_on_its_list", "choices_met"):
        assert f">{code}<" not in page


def test_names_are_text_and_never_markup(tmp_path):
    hand = hand_scenario()
    named = hand.case.townships.assign(name=[HOSTILE] * 3)
    case = hand.case.replace(townships=named, title=HOSTILE, provenance=HOSTILE)
    folder = write_run(solve(hand.replace(case=case, title=HOSTILE), gap=0), tmp_path / "run")
    page = report_html(folder)
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img src=x" not in page


def test_what_is_not_proven_and_what_breaks_rules_is_said(run, tmp_path):
    copy = tmp_path / "late"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest |= {"status": "time_limit", "gap": 0.0312, "bound": 381.4, "audit_breaches": ["a rule, township A"]}
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    page = report_html(copy, "en")
    assert "Plans worth up to 3.12 % more are NOT ruled out; none is worth more than 382 staff-hours" in page
    assert "Time was up or it was stopped." in page
    assert "a rule, township A" in page


def test_a_report_says_whether_the_plan_was_audited_anew(run, tmp_path):
    assert "Audited anew for this report: what is decided is worth what is said here." in report_html(run, "en")
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    record = json.loads((copy / MANIFEST).read_text("utf-8")) | {"objective": 400.0, "bound": 400.0}
    (copy / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    page = report_html(copy, "en")
    assert "NOT audited anew for this report:" in page and "its tables give a plan worth 369.5" in page
    assert str(tmp_path) not in page
    record["case"]["source"] = str(tmp_path / "nowhere")
    (copy / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    assert "the case it was made from is not there" in report_html(copy, "en")
    with speaking("zh"):
        assert "本报告未能重新审核" in report_html(copy)


def test_studies_beside_the_run_are_taken_up(run):
    folder = run.with_name("hand-robust")
    folder.mkdir()
    shutil.copy(next((run / "figures").glob("*.png")), folder / "robust.png")
    manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    (folder / "robust.json").write_text(json.dumps({**manifest, "objective": 1.0}), encoding="utf-8")
    assert "see hand-robust" not in report_html(run, "en"), "of another plan"
    (folder / "robust.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = report_html(run, "en")
    shutil.rmtree(folder)
    assert "How the lists stand up to other data (see hand-robust)" in page
    assert "data:image/png;base64," in page


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (3, "3"), (1234.56, "1,235"), (0.25, "0.25"), (float("nan"), "–")]
)
def test_numbers(value, text):
    assert number(value) == text


def test_a_folder_without_a_run_is_bad_input(tmp_path):
    with pytest.raises(InputError):
        write_report(tmp_path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_the_shell(run, tmp_path):
    done = CliRunner().invoke(app, ["report", str(run), "--lang", "en", "--out", str(tmp_path / "x" / "report.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "x" / "report.html").exists()
    wrong = CliRunner().invoke(app, ["report", str(run), "--out", str(tmp_path / "report.docx")])
    assert isinstance(wrong.exception, InputError)


def test_without_a_browser_the_pdf_says_what_to_do(run, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    done = CliRunner().invoke(app, ["report", str(run), "--out", str(tmp_path / "report.pdf")])
    assert isinstance(done.exception, InputError)
    assert "write the report as .html" in str(done.exception)


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no browser that prints is installed")
def test_a_browser_prints_it(run, tmp_path):
    done = CliRunner().invoke(app, ["report", str(run), "--out", str(tmp_path / "report.pdf")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
