"""The command `app`: the app in the browser."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from devolve_opt.app.server import LOCAL, PORT, UPLOAD_MB, address_of, is_local, serving
from devolve_opt.cli.common import app, err, out
from devolve_opt.cli.spoken import SpokenCommand
from devolve_opt.errors import DevolveError
from devolve_opt.language import tr

LOOK_SECONDS = 0.2


@app.command("app", cls=SpokenCommand)
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen at; whoever reaches it may use the app, which asks for no password.")
    ] = LOCAL,
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65_535)] = PORT,
    upload_limit: Annotated[
        int, typer.Option(help="Megabytes that an uploaded workbook may have.", min=1, max=500)
    ] = UPLOAD_MB,
    solves: Annotated[
        int | None,
        typer.Option(help="Solves at once, while others wait; one for two cores if left out.", min=1, max=64),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser of this machine.")] = False,
) -> None:
    """Serve the app for the browser: choose or upload a case, set caps, solve, compare, ask why, take plans along.

    It offers the scenarios and models of the folder that it is started in. Ctrl-C ends it.
    """
    import webbrowser

    from devolve_opt.solver.engine import stop_on_interrupt

    ended = threading.Event()
    with stop_on_interrupt(ended.set), err.status(tr("Starting ...")) as status:
        with serving(host, port, upload_limit, solves) as server:
            status.stop()
            address = address_of(host, port)
            out.print(tr("The app is at {address}", address=address), markup=False)
            if not is_local(host):
                err.print(
                    tr("Whoever reaches this address may use it: it asks for no password and is not encrypted."),
                    style="bold yellow",
                )
            out.print(tr("Ctrl-C ends it."))
            if show:
                webbrowser.open(address)
            while not ended.wait(LOOK_SECONDS):
                if server.poll() is not None:
                    raise DevolveError(tr("The server has ended by itself; what it said stands above."))
        out.print(tr("The app has ended."))
