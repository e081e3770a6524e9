"""The app in a real browser, as an official uses it; passed over only where no Chromium or playwright is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook

from devolve_opt.app.room import PREFIX
from devolve_opt.app.server import serving
from devolve_opt.app.sources import Source
from devolve_opt.language import VARIABLE, speaking, tr
from devolve_opt.synthetic import synthesise_city
from devolve_opt.views.marked import BAD
from devolve_opt.views.report import BROWSERS
from devolve_opt.views.template import write_template
from devolve_opt.views.wording import STATES
from devolve_opt.vocabulary import Status

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("streamlit", reason="Streamlit is not installed")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, Chrome or Edge is installed")

ROOT = Path(__file__).parents[1]
PATIENCE = 150_000
"""Milliseconds that the browser waits at most for anything, on a machine with much else to do."""
SOON = 5_000
"""Milliseconds after which something is tried again."""
EVIL = '<img src=x onerror="window.hacked=1">![p](http://evil.example/p.png)'
LARGE = "Large place"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def temporary(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def address(tmp_path_factory, temporary) -> Iterator[str]:
    """Return where the app is served, in Chinese, with one solve at once, in a folder with two cases."""
    place = tmp_path_factory.mktemp("office")
    shutil.copytree(ROOT / "models" / "hand", place / "models" / "hand")
    # Large enough not to be proven before somebody can stop it.
    synthesise_city(3, 40, 2, seed=1).replace(title=LARGE).write(place / "models" / "large")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    before = Path.cwd()
    os.chdir(place)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, "zh")
            patch.setattr(tempfile, "tempdir", str(temporary))
            # A tab that is closed is forgotten at once, so that what it leaves can be looked at.
            patch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "1")
            with serving("127.0.0.1", port, 5, 1):
                yield f"http://127.0.0.1:{port}"
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Tab:
    """A browser of its own (no cookies, nothing shared) with the app open in it."""

    def __init__(self, browser, address: str, width: int = 1300):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.asked: set[str] = set()
        self.page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))
        self.page.goto(address)
        self.page.get_by_test_id("stForm").wait_for()
        self.address = address

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *error) -> None:
        self.context.close()
        assert self.asked <= {urlsplit(self.address).netloc}, "something was loaded from outside"

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def solve(self) -> None:
        self.button("求解").click()

    def proof(self) -> str:
        return str(self.page.locator(".st-key-proof").inner_text())

    def proven_run(self, number: int) -> None:
        self.page.locator(".st-key-proof", has_text=f"第 {number} 次运行").wait_for()
        # Until the page is whole, parts of the one before it may still stand there.
        self.page.wait_for_function("document.querySelectorAll('[role=tablist]').length == 1")

    def open(self, name: str):
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self.page.get_by_role("tabpanel").filter(visible=True)

    def cells(self, place) -> str:
        """Return what stands in the first table there; its cells are drawn, and told to readers of the screen."""
        table = place.get_by_test_id("stDataFrame").first
        table.locator("canvas").first.wait_for()
        table.locator("table td").first.wait_for(state="attached")
        return str(table.locator("table").first.text_content())

    def set_number(self, label: str, value: str) -> None:
        field = self.page.get_by_test_id("stNumberInput").filter(has_text=label).locator("input")
        field.fill(value)
        field.press("Tab")

    def pick(self, box, text: str) -> None:
        field, option = box.locator("input"), self.page.get_by_role("option", name=text).first
        for _ in range(PATIENCE // SOON):
            field.click()
            field.fill(text)
            try:
                option.wait_for(timeout=SOON)
                # The list is made anew with every letter: what was found may be gone before it is clicked.
                field.press("Enter")
                option.wait_for(state="hidden", timeout=SOON)
                if text in str(field.input_value()) + str(box.inner_text()):
                    return
            except playwright.TimeoutError:
                field.press("Escape")  # a page that was made anew meanwhile closed the list
        raise AssertionError(f"{text} could not be chosen")

    def upload(self, name: str, content: bytes) -> None:
        self.page.get_by_text("上传工作簿", exact=True).click()
        self.page.locator("input[type=file]").set_input_files([{"name": name, "mimeType": XLSX, "buffer": content}])

    def download(self, name: str) -> tuple[str, bytes]:
        with self.page.expect_download() as found:
            self.button(name).click()
        return found.value.suggested_filename, Path(found.value.path()).read_bytes()


@pytest.fixture
def tab(browser, address) -> Iterator[Tab]:
    with Tab(browser, address) as opened:
        yield opened


def workbook(folder: Path, title: str = "我的案例", **cells: str) -> bytes:
    scenario = Source(None).read()
    path = write_template(folder / "made.xlsx", scenario.case.replace(title=title), scenario.policy)
    book = load_workbook(path)
    for place, value in cells.items():
        book["乡镇（街道）"][place] = value
    book.save(path)
    return path.read_bytes()


def test_an_official_solves_compares_asks_why_and_takes_the_plan_along(tab, tmp_path):
    assert "合成数据" in tab.page.get_by_test_id("stMain").inner_text()
    tab.set_number("指导清单事项上限", "2")
    tab.solve()
    tab.proven_run(1)
    assert "已证明" in tab.proof() and "上界" in tab.proof() and "差距" in tab.proof() and "合成数据" in tab.proof()
    lists = tab.cells(tab.open("清单"))
    assert "临时占绿许可" in lists and "基础清单" in lists and "承包证初审" not in lists
    tab.page.mouse.move(700, 600)
    tab.page.mouse.wheel(0, 2000)
    # What the plan is worth and how far that is proven stays in sight.
    tab.page.wait_for_function("document.querySelector('.st-key-proof').getBoundingClientRect().top >= 0")
    tab.page.get_by_text("政策上限", exact=True).click()
    tab.set_number("指导清单事项上限", "3")
    tab.solve()
    tab.proven_run(2)
    tab.open("与上次比较").get_by_text("已证明：本次运行的价值高于上次所能达到的价值。").wait_for()
    why = tab.open("为什么？")
    tab.pick(why.get_by_test_id("stSelectbox").nth(0), "甲镇")
    tab.pick(why.get_by_test_id("stSelectbox").nth(1), "乱倒垃圾处罚")
    tab.button("求解原因").click()
    answer = why.get_by_test_id("stCode")
    answer.wait_for()
    assert "乱倒垃圾处罚" in answer.inner_text() and "合成数据" in answer.inner_text()
    tab.open("图").locator("img").first.wait_for()
    tab.open("下载")
    name, content = tab.download("下载方案工作簿（plan.xlsx）")
    assert name == "plan.xlsx" and len(load_workbook(BytesIO(content)).sheetnames) > 5
    name, content = tab.download("下载单页报告（report.html）")
    assert name == "report.html" and '<html lang="zh-CN">' in content.decode() and "合成数据" in content.decode()
    tab.page.get_by_text("English", exact=True).click()
    tab.page.locator(".st-key-proof", has_text="Run 2 of this session").wait_for()
    assert "Proven" in tab.proof() and "bound" in tab.proof()
    tab.page.screenshot(path=tmp_path / "english.png")


@pytest.mark.slow
def test_a_bad_workbook_is_shown_and_marked_and_a_good_one_is_solved(tab, tmp_path):
    tab.upload("坏表.xlsx", workbook(tmp_path, I3="很多"))
    tab.button("下载标出错误单元格的副本（.xlsx）").wait_for()
    faults = tab.cells(tab.page.get_by_test_id("stMain"))
    assert "乡镇（街道）" in faults and "I3" in faults and "很多" in faults
    assert tab.button("求解").count() == 0
    name, content = tab.download("下载标出错误单元格的副本（.xlsx）")
    assert name == "坏表-错误标注.xlsx"
    assert load_workbook(BytesIO(content))["乡镇（街道）"]["I3"].fill.fgColor.rgb == BAD.fgColor.rgb
    tab.page.screenshot(path=tmp_path / "faults.png")
    tab.page.get_by_test_id("stFileUploader").get_by_role("button").last.click()
    tab.upload("好表.xlsx", workbook(tmp_path, EVIL, B3=EVIL))
    tab.page.get_by_text("好表.xlsx：未发现错误。").wait_for()
    tab.solve()
    tab.proven_run(1)
    # Names are shown as they are written, and do nothing.
    assert EVIL in tab.proof()
    assert EVIL in tab.cells(tab.open("承接"))
    assert tab.page.evaluate("window.hacked") is None
    tab.page.screenshot(path=tmp_path / "names.png")


@pytest.mark.slow
def test_a_solve_is_stopped_with_its_plan_while_another_user_waits_and_sees_nothing_of_it(browser, address, temporary):
    with Tab(browser, address) as one, Tab(browser, address, width=420) as other:
        one.pick(one.page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox"), "models/large")
        one.page.get_by_text(LARGE, exact=True).first.wait_for()
        one.pick(one.page.get_by_test_id("stForm").get_by_test_id("stSelectbox"), "0.00 %")
        one.solve()
        stop = one.button("停止并保留目前最好方案")
        stop.wait_for()
        assert "上界" in one.page.locator(".st-key-live").inner_text()
        other.solve()
        other.page.get_by_text("正在排队：前面还有 1 个求解任务").wait_for()
        assert other.page.get_by_text("次运行：").count() == 0
        assert LARGE not in other.page.get_by_test_id("stMain").inner_text()
        stop.click()
        one.proven_run(1)
        with speaking("zh"):
            assert tr(STATES[Status.INTERRUPTED]) in one.proof() and LARGE in one.proof()
        other.proven_run(1)
        assert "Hand case" in other.proof() and LARGE not in other.proof()
        assert LARGE not in other.page.content()


@pytest.mark.slow
def test_tabs_that_are_closed_leave_nothing(browser, address, temporary, tmp_path):
    with Tab(browser, address) as tab:
        tab.upload("好表.xlsx", workbook(tmp_path))
        tab.page.get_by_text("好表.xlsx：未发现错误。").wait_for()
        rooms = list(temporary.glob(f"*/{PREFIX}*"))
        assert rooms and not any(list(room.iterdir()) for room in rooms)
    # The server forgets those that are gone when others come and go.
    for _ in range(30):
        if not any(room.exists() for room in rooms):
            break
        with Tab(browser, address) as tab:
            tab.page.wait_for_timeout(1000)
    assert not any(room.exists() for room in rooms)


@pytest.mark.slow
def test_twenty_users_at_once_are_all_served(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "crowd", "--users", "20", "--out", str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "benchmark=crowd users=20 served=20 " in told.stdout
