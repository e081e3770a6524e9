"""Files that are complete or are not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr

DOTS_PER_INCH = 150
"""Resolution of figures in files."""


@contextmanager
def writing_to(folder: str | Path) -> Iterator[None]:
    """Within this block, what the system refuses is told as a fault of the folder.

    Raises:
        InputError: if something cannot be written.
    """
    try:
        yield
    except OSError as error:
        message = tr(
            "cannot be written ({reason}); close files that are open in it and check its disk.",
            reason=error.strerror or error,
        )
        raise InputError([Fault(message, file=str(folder))]) from error


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name first, so that it is complete or is not there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes as `write_file` does."""
    write_file(path, partial(Path.write_bytes, data=content))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV that Excel opens and as Parquet; the path has no ending."""
    # The mark at the start makes Excel read Chinese; Parquet as bytes, because pyarrow opens no Chinese name where the
    # system's language is plain ASCII.
    text = table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
    write_bytes(path.with_name(f"{path.name}.csv"), text)
    write_bytes(path.with_name(f"{path.name}.parquet"), table.to_parquet(index=False))


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG and SVG; the path has no ending, and the same figure gives the same files."""
    png, svg = (path.with_name(f"{path.name}.{kind}") for kind in ("png", "svg"))
    write_file(png, lambda name: figure.savefig(name, dpi=DOTS_PER_INCH, format="png"))
    write_bytes(svg, svg_bytes(figure))


def svg_bytes(figure: Figure) -> bytes:
    """Return a figure as SVG without date or random names inside: the same figure gives the same bytes."""
    drawn = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "devolve_opt"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()
