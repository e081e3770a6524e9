"""The app: what needs no browser by itself, the pages as Streamlit runs them; `test_app_browser` drives a browser."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from devolve_opt.app import desk as desks
from devolve_opt.app import jobs, server, shown
from devolve_opt.app.desk import Desk
from devolve_opt.app.jobs import Job, State
from devolve_opt.app.room import PREFIX, Room, safe_name
from devolve_opt.app.session import Run, Session
from devolve_opt.app.sources import Source, sources
from devolve_opt.app.uploads import MEGABYTE, faults_table, look_over
from devolve_opt.case import Case
from devolve_opt.errors import DevolveError, InputError, NoPlanError
from devolve_opt.language import VARIABLE, speaking
from devolve_opt.policy import Policy
from devolve_opt.policy_caps import FIRST, NAMES, caps_of, changed
from devolve_opt.scenario import Scenario
from devolve_opt.settings import ASSUMPTION
from devolve_opt.solver.progress import Step
from devolve_opt.synthetic import synthesise
from devolve_opt.views.marked import BAD
from devolve_opt.views.template import write_template
from devolve_opt.vocabulary import Status

ROOT = Path(__file__).parents[1]
SECONDS = 120
"""Longer than anything here takes on a machine with much else to do."""


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """Return the folder in which temporary folders are made during a test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def hand() -> Scenario:
    return Source(None).read()


def workbook(folder: Path, case: Case | None = None, **cells: str) -> bytes:
    """Return the hand case as a workbook, with other values in cells of the townships' sheet."""
    scenario = hand()
    path = write_template(folder / "made.xlsx", case or scenario.case, scenario.policy)
    book = load_workbook(path)
    for place, value in cells.items():
        book["乡镇（街道）"][place] = value
    book.save(path)
    return path.read_bytes()


# Places, and work in the background.


def test_who_finds_the_places_taken_waits_and_is_told_how_many_stand_before():
    desk, told, order = Desk(1), [], []
    hold = threading.Event()

    def work(name):
        def run():
            with desk.place(tell=lambda ahead: told.append((name, ahead))) as given:
                assert given
                order.append(name)
                hold.wait(SECONDS)

        return threading.Thread(target=run)

    threads = []
    for number, name in enumerate("abc"):
        threads.append(work(name))
        threads[-1].start()
        until(lambda number=number: len(desk._queue) == number + 1)
    until(lambda: ("b", 1) in told and ("c", 2) in told)
    assert order == ["a"]
    hold.set()
    for thread in threads:
        thread.join(SECONDS)
    assert order == ["a", "b", "c"]
    assert [entry for entry in told if entry[0] == "c"] in ([("c", 2), ("c", 1), ("c", 0)], [("c", 2), ("c", 0)])
    assert desk._queue == []


def until(true, seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to it in time"
        time.sleep(0.02)


def test_one_who_waits_can_be_stopped_and_takes_no_place():
    desk = Desk(1)
    with desk.place():
        job: Job[int] = Job(desk, lambda stop, report: 1, "en")
        until(lambda: job.view().ahead == 1)
        assert job.view().state is State.WAITING and not job.ended
        job.stop()
        assert job.wait(SECONDS)
        assert job.view().state is State.GIVEN_UP
    with pytest.raises(RuntimeError, match="given_up, not done"):
        _ = job.result


def test_what_nobody_looks_at_any_more_is_stopped(monkeypatch):
    def work(stop, report):
        while not stop.wait(0.01):
            report(Step(0.0, "proof", 1.0, 0.0))
        return 1

    monkeypatch.setattr(jobs, "ABANDONED_SECONDS", 0.5)
    job: Job[int] = Job(Desk(1), work, "en")
    for _ in range(50):
        time.sleep(0.02)
        assert not job.view().stopping
    assert job.wait(SECONDS) and job.view().stopping


@pytest.mark.parametrize(
    ("error", "said", "logged"),
    [
        (NoPlanError("none exists", proven=True), "none exists", 0),
        (ZeroDivisionError("secret of the data"), "ZeroDivisionError", 1),
    ],
)
def test_what_fails_is_told_and_only_what_should_not_fail_is_logged(error, said, logged, caplog):
    def work(stop, report):
        raise error

    with caplog.at_level(logging.ERROR):
        job: Job[int] = Job(Desk(1), work, "en")
        assert job.wait(SECONDS)
    assert job.view().state is State.FAILED and job.error is error
    assert said in shown.failure_text(error) and "secret" not in shown.failure_text(error)
    assert len(caplog.records) == logged


@pytest.mark.parametrize(("given", "places"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_the_environment_says_how_many_solve_at_once(given, places, monkeypatch):
    monkeypatch.setenv(desks.SOLVES, given)
    assert desks.solving_desk.__wrapped__().places == (places or max(1, (os.cpu_count() or 1) // 2))


# What is chosen.


def test_the_built_in_case_has_the_policy_of_its_scenario_file():
    assert hand().policy == Scenario.read(ROOT / "scenarios" / "hand.toml").policy
    assert hand().case.synthetic


def test_scenarios_and_cases_of_the_folder_can_be_chosen_but_no_country_and_no_duty():
    found = {str(each.path.relative_to(ROOT)).replace("\\", "/") for each in sources(ROOT) if each.path is not None}
    assert {"scenarios/hand.toml", "scenarios/baseline.toml", "models/hand", "models/city"} <= found
    assert not found & {"scenarios/country.toml", "scenarios/province.toml", "scenarios/proposed-duty.toml"}
    assert "models/country" not in found
    assert Source(ROOT / "models" / "hand").read().policy == Policy()


def test_a_folder_with_nothing_in_it_still_has_the_built_in_case(tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "broken.toml").write_text("title = ", encoding="utf-8")
    assert [each.path for each in sources(tmp_path)] == [None]


def test_every_number_of_the_policy_can_be_set_with_its_unit_and_source():
    caps = caps_of(hand().policy)
    assert [cap.key for cap in caps[: len(FIRST)]] == list(FIRST)
    assert sorted(cap.key for cap in caps) == sorted(Policy.caps()) == sorted(NAMES)
    for cap in caps:
        about = Policy.model_fields[cap.key].json_schema_extra
        assert cap.assumed == (about["source"] == ASSUMPTION)
        assert cap.unit and cap.meaning and (cap.assumed or cap.source)
        assert cap.default == Policy.model_fields[cap.key].default
        assert cap.least <= cap.given <= cap.most
        # What the app lets through, the policy takes, as far as this number alone is concerned.
        for value in (cap.least, cap.most):
            try:
                Policy(**{cap.key: int(value) if cap.whole else value})
            except InputError as error:
                assert "must be at" not in str(error) and "must be above" not in str(error)
    with speaking("zh"):
        names = [cap.name for cap in caps_of(Policy())]
        assert len(set(names)) == len(names) and all(not name.isascii() for name in names)


def test_only_what_was_changed_is_asked_otherwise_and_whole_numbers_stay_whole():
    policy = hand().policy
    values = {cap.key: cap.given for cap in caps_of(policy)}
    assert changed(policy, values) == {}
    other = changed(policy, {**values, "guide_list_max": 2.0, "posts_band": 0.2})
    assert other == {"guide_list_max": 2, "posts_band": 0.2} and isinstance(other["guide_list_max"], int)
    assert policy.replace(**other).guide_list_max == 2


# Uploads.


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("case.xlsx", "case.xlsx"),
        ("../../etc/passwd.xlsx", "passwd.xlsx"),
        ("C:\\Users\\x\\甲县（2025）.XLSX", "甲县（2025）.xlsx"),
        ("<img src=x onerror=alert(1)>.xlsx", "img_src_x_onerror_alert(1).xlsx"),
        ("..xlsx", "upload.xlsx"),
        ("con.xlsx", "upload-con.xlsx"),
        ("a" * 300 + ".xlsx", "a" * 60 + ".xlsx"),
        ("x.exe", "x.exe.xlsx"),
    ],
)
def test_the_name_of_an_upload_may_stand_in_any_folder(given, kept):
    assert safe_name(given) == kept


def test_a_sound_workbook_is_read_and_nothing_of_it_is_left(temporary):
    room, content = Room(), workbook(temporary)
    found = look_over(room, "../我的案例.xlsx", content, MEGABYTE, Desk(1))
    assert (found.name, found.faults, found.marked) == ("我的案例.xlsx", (), None)
    assert found.scenario.policy == hand().policy
    assert found.scenario.source == found.scenario.case.source == "我的案例.xlsx"
    assert set(found.scenario.input_hashes) == {"我的案例.xlsx"}
    kept = list(temporary.glob(f"{PREFIX}*"))
    assert len(kept) == 1 and list(kept[0].iterdir()) == []
    if os.name == "posix":
        assert kept[0].stat().st_mode & 0o077 == 0
    room.close()
    assert not kept[0].exists()


def test_every_fault_is_told_by_sheet_and_cell_and_marked_in_a_copy(temporary):
    content = workbook(temporary, I3="很多", A4="A")
    found = look_over(Room(), "bad.xlsx", content, MEGABYTE, Desk(1))
    assert found.scenario is None and len(found.faults) >= 2
    table = faults_table(found.faults, found.name)
    assert list(table) == ["sheet", "row", "column and cell", "what stands there", "what is wrong"]
    assert {"乡镇（街道）", "乡镇选择"} <= set(table["sheet"])
    assert table["column and cell"].str.contains("cell I3").any()
    name, marked = found.marked
    assert name == "bad-错误标注.xlsx"
    book = load_workbook(BytesIO(marked))
    sheet = next(sheet for sheet in book.worksheets if sheet.title.startswith("乡镇"))
    assert sheet["I3"].fill.fgColor.rgb == BAD.fgColor.rgb and sheet["I3"].comment is not None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("case.csv", b"a,b", "save it as 'Excel workbook"),
        ("case.xlsx", b"no workbook at all", "is no .xlsx workbook"),
        ("case.xlsx", b"x" * (MEGABYTE + 1), "has 1.0 MB; at most 1 MB are taken"),
    ],
)
def test_what_is_no_workbook_or_too_large_is_refused(name, content, said, temporary):
    found = look_over(Room(), name, content, MEGABYTE, Desk(1))
    assert found.scenario is None and found.marked is None
    assert said in found.faults[0].message


# A session.


def solved_run(session: Session, scenario: Scenario) -> Run:
    session.solve(scenario, 0.001, SECONDS)
    with pytest.raises(RuntimeError, match="already"):
        session.solve(scenario, 0.001, SECONDS)
    assert session.solving.wait(SECONDS)
    session.collect()
    assert not session.busy and session.solving is None
    return session.run


def test_a_session_solves_keeps_the_run_before_asks_why_and_writes(temporary, monkeypatch):
    monkeypatch.setenv(VARIABLE, "en")
    session = Session()
    session.choose(Source(None))
    first = solved_run(session, session.scenario)
    assert (first.number, first.plan.status) == (1, Status.PROVEN)
    second = solved_run(session, session.scenario.replace(policy={"guide_list_max": 2}))
    assert session.runs == [first, second]
    assert shown.verdict(first, second) == "Proven: the previous run is worth more than this one can be."
    asked = shown.asked_otherwise(first, second)
    assert asked.to_numpy().tolist() == [["guide_list_max", "3", "2"]]
    assert len(shown.lists_changed(first, second)) == 1 and len(shown.townships_changed(first, second)) == 1
    figures = shown.figures_compared(first, second).set_index("figure")
    assert figures.loc["powers listed (powers)", "difference"] == -1
    session.ask(second, ("A", "P2"))
    assert session.asking.wait(SECONDS)
    session.collect()
    assert second.answers["A", "P2"].plan is second.plan
    job = session.papers(second)
    assert session.papers(second) is job and job.wait(SECONDS)
    papers = job.result
    assert "guide_list_matrix" in papers.figures and papers.figures["officers"].startswith(b"\x89PNG")
    assert load_workbook(BytesIO(papers.workbook)).sheetnames
    assert b'<html lang="en">' in papers.report and "SYNTHETIC DATA" in papers.report.decode()
    assert str(temporary) not in papers.report.decode()
    assert "Audited anew for this report" in papers.report.decode()
    assert [list(each.iterdir()) for each in temporary.glob(f"{PREFIX}*")] == [[]]


def test_a_solve_that_is_stopped_keeps_the_best_plan_so_far():
    session = Session()
    session.solve(Scenario.read(ROOT / "scenarios" / "pilot-district.toml"), 0.0, SECONDS)
    job = session.solving
    until(lambda: job.ended or job.view().step.objective > -1e300)
    assert not job.ended
    job.stop()
    assert job.view().stopping
    assert job.wait(SECONDS)
    session.collect()
    assert session.run.plan.status is Status.INTERRUPTED and session.run.plan.gap > 0
    assert session.run.plan.audit.breaches == ()


def test_a_session_that_nobody_holds_any_more_is_stopped_and_leaves_nothing(temporary):
    session = Session()
    with session.room.folder() as folder:
        (folder / "data.xlsx").write_bytes(b"x")
        session.solve(Scenario.read(ROOT / "scenarios" / "pilot-district.toml"), 0.0, SECONDS)
        job = session.solving
        assert list(temporary.glob(f"{PREFIX}*/*/data.xlsx"))
        room = session.room
        del session
        gc.collect()
        assert job.view().stopping
        assert not list(temporary.glob(f"{PREFIX}*"))
    with pytest.raises(DevolveError, match="over"), room.folder():
        pass
    assert job.wait(SECONDS)


def test_sessions_have_nothing_in_common():
    one, other = Session(), Session()
    one.choose(Source(None))
    assert other.scenario is None and one.room is not other.room and one.runs is not other.runs
    one.choose(Source(ROOT / "no-such-folder.toml"))
    assert one.scenario is None and one.faults and not other.faults
    one.leave()
    assert not one.faults


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_is_shown_in_words_and_says_that_data_are_synthetic(language):
    run = solved_run(Session(), hand())
    with speaking(language):
        for name, frame in run.tables.items():
            table, formats = shown.readable(name, frame)
            assert len(table) == len(frame) and set(formats) <= set(table)
            assert len(set(table)) == len(list(table))
            if len(table):
                assert set(table[{"en": "synthetic data", "zh": "合成数据"}[language]]) == {
                    {"en": "yes", "zh": "是"}[language]
                }
        listed, _ = shown.readable("guide_list", run.tables["guide_list"])
    assert {"en": "base", "zh": "基础清单"}[language] in listed.to_numpy()


def test_data_are_shown_as_they_are_and_never_as_markup():
    evil = "<img src=x onerror=alert(1)> ![a](http://evil.example/x.png) [x](javascript:y) :red[z] $a$ `b` *c* _d_"
    text = shown.plain(evil)
    assert text.replace("\\", "") == evil
    assert all(sign not in text.replace(f"\\{sign}", "") for sign in "<>![]()*_`$:")


# The server.


def test_the_server_is_bound_to_this_machine_and_sends_nothing():
    given = dict(option.removeprefix("--").split("=", 1) for option in server.settings("127.0.0.1", 8501, 20))
    assert given["server.address"] == given["browser.serverAddress"] == "127.0.0.1"
    assert given["browser.gatherUsageStats"] == "false"
    assert given["server.maxUploadSize"] == "20"
    assert given["server.enableXsrfProtection"] == given["server.enableCORS"] == "true"
    assert given["client.showErrorDetails"] == "none"
    assert server.is_local("127.0.0.1") and server.is_local("::1") and server.is_local("localhost")
    assert not server.is_local("0.0.0.0") and not server.is_local("office.example")
    assert server.address_of("::1", 80) == "http://[::1]:80"
    assert server.shown_host("0.0.0.0") == socket.gethostname()


def test_what_sessions_leave_is_let_go_of_now_and_then_and_not_after_each_part_of_a_page(monkeypatch):
    given = dict(option.removeprefix("--").split("=", 1) for option in server.settings("127.0.0.1", 8501, 20))
    assert given["runner.postScriptGC"] == "false"

    class Over(Exception):
        pass

    done, slept = [], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 2:
            raise Over

    monkeypatch.setattr(server.gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(server.gc, "freeze", lambda: done.append("freeze"))
    monkeypatch.setattr(server.time, "sleep", sleep)
    with pytest.raises(Over):
        server._tidying()
    assert done == ["collect", "freeze", "collect", "collect"] and set(slept) == {server.TIDY_SECONDS}


def test_without_streamlit_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match=r"pip install 'devolve-opt\[app\]'"),
        server.serving("127.0.0.1", free_port(), 1, None),
    ):
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = subprocess.run(
            [sys.executable, "-m", "devolve_opt.cli", "app", "--port", str(other.getsockname()[1])],
            cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, timeout=SECONDS,
        )  # fmt: skip
    assert done.returncode == 2
    assert "name another one with --port" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="Windows sends Ctrl-C to a console, not to a process")
def test_the_command_prints_the_address_and_ends_with_ctrl_c(tmp_path):
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "devolve_opt.cli", "app", "--port", str(port), "--lang", "zh"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert f"http://127.0.0.1:{port}" in running.stdout.readline()
    assert list(tmp_path.glob("devolve-opt-app-*"))
    running.send_signal(signal.SIGINT)
    said, complained = running.communicate(timeout=SECONDS)
    assert running.returncode == 0 and "应用已结束" in said
    assert "Traceback" not in complained and "Fatal" not in complained
    assert not list(tmp_path.glob("devolve-opt-app-*"))
    assert not answers(port)


@pytest.mark.skipif(os.name != "posix", reason="the folder of a killed process is named otherwise on Windows")
def test_a_server_whose_command_is_killed_ends_and_leaves_nothing(tmp_path):
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "devolve_opt.cli", "app", "--port", str(port)], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as running:  # fmt: skip
        assert str(port) in running.stdout.readline().decode()
        running.kill()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and (list(tmp_path.glob("devolve-opt-app-*")) or answers(port)):
        time.sleep(0.1)
    assert not list(tmp_path.glob("devolve-opt-app-*"))
    assert not answers(port)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# The pages, as Streamlit runs them.

streamlit_testing = pytest.importorskip("streamlit.testing.v1")


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Return the page in English in a folder with the hand case alone."""
    monkeypatch.setenv(VARIABLE, "en")
    monkeypatch.chdir(tmp_path)
    script = Path(shown.__file__).with_name("main.py")
    return streamlit_testing.AppTest.from_file(str(script), default_timeout=SECONDS).run()


def pressed(page, label: str):
    return next(button for button in page.button if button.label == label).click().run()


def box(page, label: str):
    return next(each for each in page.selectbox if each.label == label)


def shown_texts(page) -> str:
    return "\n".join(
        str(each.value) for kind in ("markdown", "caption", "info", "error", "code", "subheader", "header")
        for each in getattr(page, kind)
    )  # fmt: skip


def once_done(page):
    session = page.session_state["session"]
    job = session.solving or session.asking
    assert job.wait(SECONDS)
    return page.run()


def test_the_page_solves_with_a_changed_cap_and_says_how_far_it_is_proven(page):
    assert not page.exception
    assert "SYNTHETIC DATA" in shown_texts(page) and "Run 1" not in shown_texts(page)
    cap = next(each for each in page.number_input if "guide list" in each.label)
    assert (cap.value, cap.min, cap.max) == (3, 0, 100_000)
    assert "default 130; source: the city's report" in shown_texts(page).replace("\\", "")
    assert "default 45: an assumption" in shown_texts(page).replace("\\", "")
    cap.set_value(2)
    once_done(pressed(page, "Solve"))
    assert not page.exception
    said = shown_texts(page).replace("\\", "")
    assert "Run 1 of this session: Hand case" in said and "Proven best" in said and "bound 335" in said
    listed = page.dataframe[0].value
    assert len(listed) == 2 and set(listed["synthetic data"]) == {"yes"}
    next(each for each in page.number_input if "guide list" in each.label).set_value(3)
    once_done(pressed(page, "Solve"))
    said = shown_texts(page).replace("\\", "")
    assert "Run 2 of this session" in said and "this run is worth more than the previous one can be" in said
    box(page, "Township").select("A")
    box(page, "Power").select("P2")
    once_done(pressed(page.run(), "Ask why"))
    assert not page.exception
    assert "does not take" in page.code[0].value and "SYNTHETIC DATA" in page.code[0].value
    once_done(pressed(page, "Solve"))
    # The same question can be asked of the next plan at once.
    assert (box(page, "Township").value, box(page, "Power").value, list(page.code)) == ("A", "P2", [])


def test_a_solve_that_ends_while_the_page_is_made_is_shown_at_once(page, monkeypatch):
    pressed(page, "Solve")
    assert page.session_state["session"].solving.wait(SECONDS)
    collect, calls = Session.collect, []

    def too_early(session: Session) -> None:
        calls.append(session)
        if len(calls) > 1:
            collect(session)

    monkeypatch.setattr(Session, "collect", too_early)
    page.run()
    assert not page.exception
    assert "Run 1 of this session" in shown_texts(page) and len(calls) == 2


def test_a_switch_of_language_keeps_what_was_asked_for(page):
    next(each for each in page.number_input if "guide list" in each.label).set_value(2)
    once_done(pressed(page, "Solve"))
    page.radio(key="language").set_value("zh").run()
    assert not page.exception
    cap = next(each for each in page.number_input if "指导清单" in each.label)
    assert cap.value == 2
    assert any(button.label == "求解" for button in page.button)
    assert "合成数据" in shown_texts(page)


def test_a_case_with_no_plan_says_why(page):
    next(each for each in page.number_input if "officers in an office" in each.label).set_value(50)
    once_done(pressed(page, "Solve"))
    assert not page.exception
    assert "No plan can keep all the rules" in shown_texts(page)
    assert page.session_state["session"].run is None


def test_names_in_data_are_shown_as_text(page):
    session = page.session_state["session"]
    evil = "<b onclick=x>a</b> ![p](http://evil.example/p.png)"
    case = synthesise("hand", 0).replace(title=evil)
    session.scenario = Scenario(case, hand().policy, title=evil)
    page.run()
    told = [each for each in page.markdown if "evil" in each.value]
    assert told and all(not each.allow_html and "\\<b onclick\\=x\\>" in each.value for each in told)


def test_a_plan_knows_which_case_it_is_of_and_its_tables_follow_the_language():
    session = Session()
    session.chosen = "one"
    run = solved_run(session, hand())
    assert run.place == session.place == "one"
    session.chosen = "other"
    assert run.place != session.place
    with speaking("zh"):
        chinese = run.tables["exclusions"]["reason"].tolist()
    with speaking("en"):
        english = run.tables["exclusions"]["reason"].tolist()
    assert chinese != english and len(chinese) == len(english) > 0
