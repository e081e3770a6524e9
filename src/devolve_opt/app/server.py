"""The server of the app: a process of its own with every setting given, so that nobody's other settings count.

It is bound to this machine unless told otherwise, sends nothing anywhere and loads nothing from outside.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from devolve_opt.app.desk import SOLVES
from devolve_opt.errors import DevolveError, Fault, InputError
from devolve_opt.language import VARIABLE, language, tr

LOCAL = "127.0.0.1"
PORT = 8501
UPLOAD_MB = 20
"""Megabytes that an uploaded workbook may have; the report's city has about two."""
START_SECONDS = 60.0
END_SECONDS = 10.0
"""How long the server may take to end; then its process is ended."""
TIDY_SECONDS = 20.0
"""How often what sessions have left is let go of."""
FOLDER = "devolve-opt-app-"
"""How the temporary folder of a server begins."""
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def check_installed() -> None:
    """Make sure that Streamlit is there.

    Raises:
        InputError: if it is not installed.
    """
    if importlib.util.find_spec("streamlit") is None:
        message = tr("the app needs Streamlit, which is not installed; run: pip install 'devolve-opt[app]'.")
        raise InputError([Fault(message)])


def settings(host: str, port: int, upload_mb: int) -> list[str]:
    """Return the server's settings as options of Streamlit's command."""
    given = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.maxUploadSize": upload_mb,
        "server.enableXsrfProtection": "true",
        "server.enableCORS": "true",  # on, it keeps other origins out
        "server.fileWatcherType": "none",
        "server.enableStaticServing": "false",
        # The name in the address bar; where every address of the machine is listened to, that of the machine.
        "browser.serverAddress": shown_host(host),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.developmentMode": "false",
        # Looking for what can go takes a fifth of a second and holds up all sessions; `_tidying` does it for all.
        "runner.postScriptGC": "false",
        "logger.level": "warning",
        "theme.base": "light",
        "theme.primaryColor": "#1B4F8A",
        "theme.font": "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'Segoe UI', sans-serif",
    }
    return [f"--{name}={value}" for name, value in given.items()]


def shown_host(host: str) -> str:
    """Return the host as a user types it: where all addresses are listened to, the name of the machine."""
    return socket.gethostname() if _is_of(host, lambda address: address.is_unspecified) else host


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches a server bound to a host."""
    return host == "localhost" or _is_of(host, lambda address: address.is_loopback)


def _is_of(host: str, wanted: Callable[..., bool]) -> bool:
    try:
        return wanted(ip_address(host))
    except ValueError:
        return False


def address_of(host: str, port: int) -> str:
    """Return the address to be typed into a browser."""
    shown = shown_host(host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def check_free(host: str, port: int) -> None:
    """Make sure that a port can be listened to.

    Raises:
        InputError: if another programme has it, or the host is none of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                # A port that was served a moment ago is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        message = tr(
            "cannot be listened to ({reason}); another programme may have the port: name another one with --port.",
            reason=error.strerror or str(error),
        )  # fmt: skip
        raise InputError([Fault(message, column="--host, --port", value=f"{host}:{port}")]) from None


@contextmanager
def serving(host: str, port: int, upload_mb: int, solves: int | None) -> Iterator[subprocess.Popen[bytes]]:
    """Within this block the server answers; at its end it is ended, and its temporary folder is removed.

    Args:
        host: address to listen at.
        port: its port.
        upload_mb: megabytes that an upload may have.
        solves: solves at once; None: as cores allow.

    Raises:
        InputError: if Streamlit is not installed, or the port cannot be listened to.
        DevolveError: if the server does not come up.
    """
    check_installed()
    check_free(host, port)
    # Whatever the sessions keep, and even a server that is killed, leaves nothing: all of it stands in this folder.
    with tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as place:
        environment = {**os.environ, VARIABLE: language(), **dict.fromkeys(_TEMPORARY, place)}
        if solves is not None:
            environment[SOLVES] = str(solves)
        command = [sys.executable, "-m", "devolve_opt.app.server", *settings(host, port, upload_mb)]
        server = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            _wait_for(server, host, port)
            yield server
        finally:
            end(server)
            if server.stdin is not None:
                server.stdin.close()


def end(server: subprocess.Popen[bytes]) -> None:
    """End the server, gently if it will."""
    server.terminate()
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Wait until the server answers, asking it at its own address and not through a proxy."""
    from urllib.error import URLError  # noqa: PLC0415 - the shell imports this module for every command
    from urllib.request import ProxyHandler, build_opener  # noqa: PLC0415

    shown = "localhost" if _is_of(host, lambda address: address.is_unspecified) else host
    opener = build_opener(ProxyHandler({}))
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with opener.open(f"{address_of(shown, port)}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise DevolveError(tr("The server did not come up; what it said stands above."))


def _tidying() -> None:
    """Let go of what sessions have left in circles, now and then; what the programme itself is made of stays.

    Streamlit would do so after each part of a page that is shown anew, which for a dozen users is all the time.
    """
    import devolve_opt.app.pages  # noqa: F401, PLC0415 - all that a session needs

    gc.collect()
    gc.freeze()
    while True:
        time.sleep(TIDY_SECONDS)
        gc.collect()


def _end_with_starter() -> None:
    """End this process once the one that started it is gone, even if it was killed: then nobody writes to the pipe."""
    while os.read(0, 4096):  # not by sys.stdin, whose lock a thread must not hold at the end of the process
        pass
    place = Path(tempfile.gettempdir())
    if place.name.startswith(FOLDER):
        shutil.rmtree(place, ignore_errors=True)
    os._exit(1)


def main() -> None:
    """Run Streamlit with the options of this process."""
    import streamlit.net_util  # noqa: PLC0415 - the shell imports this module without Streamlit
    import streamlit.web.cli  # noqa: PLC0415

    # To tell whether an origin is its own, Streamlit asks a server on the internet for this machine's address.
    streamlit.net_util.get_external_ip = lambda: None
    for task in (_end_with_starter, _tidying):
        threading.Thread(target=task, daemon=True).start()
    script = str(Path(__file__).with_name("main.py"))
    sys.argv = ["streamlit", "run", script, *sys.argv[1:]]
    streamlit.web.cli.main()


if __name__ == "__main__":
    main()
