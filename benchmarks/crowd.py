"""`crowd`: many users of the app at once, each in a browser of their own: opening it, solving, the plan's page."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.results import last_line, ready_to_write, show, write_csv
from devolve_opt.app.server import serving
from devolve_opt.language import VARIABLE
from devolve_opt.views.report import BROWSERS

PATIENCE = 600_000
"""Milliseconds that a user waits at most."""
MEGABYTE = 1024**2


def main(
    users: Annotated[int, typer.Option(help="Users at once.", min=1)] = 20,
    case: Annotated[Path, typer.Option(help="Folder of the case that each of them solves.")] = ROOT / "models" / "hand",
    solves: Annotated[int, typer.Option(help="Solves that the server does at once.", min=1)] = 2,
    folder: Annotated[Path, typer.Option("--out", help="Folder for results.")] = Path("build") / "benchmarks" / "crowd",
) -> None:
    """Let users open the app at once and solve a case each: seconds until the page and until the plan, and memory.

    Needs Chromium, Chrome or Edge, and playwright. A user who does not get a plan is told and counted.
    """
    ready_to_write(folder)
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise typer.BadParameter("no Chromium, Chrome or Edge is installed.", param_hint="chromium")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    before, language = Path.cwd(), os.environ.get(VARIABLE)
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(case, Path(place) / "models" / case.name)
        os.chdir(place)
        os.environ[VARIABLE] = "en"
        try:
            with serving("127.0.0.1", port, 5, solves):
                rows, peak_mb = asyncio.run(_crowd(users, f"http://127.0.0.1:{port}", chromium))
        finally:
            os.chdir(before)
            os.environ.pop(VARIABLE) if language is None else os.environ.update({VARIABLE: language})
    frame = pd.DataFrame(rows)
    write_csv(folder / "crowd.csv", frame)
    show("Users", frame)
    done = frame[frame["note"] == ""]
    print(last_line({
        "benchmark": "crowd", "users": users, "served": len(done), "page_seconds": done["page_seconds"].median(),
        "page_seconds_most": done["page_seconds"].max(), "plan_seconds": done["plan_seconds"].median(),
        "plan_seconds_most": done["plan_seconds"].max(), "server_mb": peak_mb,
    }), flush=True)  # fmt: skip


async def _crowd(users: int, address: str, chromium: str) -> tuple[list[dict[str, Any]], float]:
    from playwright.async_api import async_playwright

    async with async_playwright() as running:
        browser = await running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        watching = asyncio.create_task(_watched())
        rows = await asyncio.gather(*(_user(number, browser, address) for number in range(1, users + 1)))
        watching.cancel()
        await browser.close()
    return list(rows), _peak[0]


async def _user(number: int, browser: Any, address: str) -> dict[str, Any]:
    """Return what one user saw, and how long it took."""
    row: dict[str, Any] = {"user": number, "page_seconds": None, "plan_seconds": None, "note": ""}
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE)
    try:
        page, began = await context.new_page(), time.monotonic()
        await page.goto(address)
        await page.get_by_test_id("stForm").wait_for()
        row["page_seconds"], began = round(time.monotonic() - began, 1), time.monotonic()
        await page.get_by_role("button", name="Solve", exact=True).click()
        await page.locator(".st-key-proof", has_text="Proven best").wait_for()
        await page.wait_for_function("document.querySelectorAll('[role=tablist]').length == 1")
        row["plan_seconds"] = round(time.monotonic() - began, 1)
        if await page.get_by_test_id("stException").count():
            row["note"] = "the page shows an error"
    except Exception as error:  # whatever it is, the others go on
        row["note"] = f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        await context.close()
    return row


_peak = [0.0]


async def _watched() -> None:
    """Watch the most memory that this process's server and its solvers take, the browser not counted."""
    import psutil

    _peak[0] = 0.0
    own = psutil.Process()
    while True:
        taken = 0
        for process in own.children(recursive=True):
            try:
                words = " ".join(process.cmdline())
                if "streamlit" in words or "child.py" in words or "devolve_opt" in words:
                    taken += process.memory_info().rss
            except psutil.Error:
                continue  # it has ended meanwhile
        _peak[0] = max(_peak[0], taken / MEGABYTE)
        await asyncio.sleep(0.5)
