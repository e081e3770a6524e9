"""The private folder of a session: what was uploaded and written stands there, and nothing of it is left afterwards."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devolve_opt.errors import DevolveError
from devolve_opt.reading.workbook import ENDING

PREFIX = "devolve-opt-session-"
"""What the name of the folder of a session begins with."""
MOST_LETTERS = 60
"""Letters that the name of an uploaded file keeps."""
_ODD = re.compile(r"[^\w.（）()-]+")
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])$")
"""Names that Windows keeps for devices."""


class Room:
    """A temporary folder that only this user of the machine may read; `close` removes it for good."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Within this block a new folder stands in it.

        Raises:
            DevolveError: if it is closed.
        """
        with self._lock:
            if self._closed:
                raise DevolveError("the session is over")
            if self._path is None:
                self._path = Path(tempfile.mkdtemp(prefix=PREFIX))
            folder = Path(tempfile.mkdtemp(dir=self._path))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self._closed:
                self.close()  # for what was written since

    def close(self) -> None:
        """Remove it with all that it holds."""
        with self._lock:
            self._closed = True
            if self._path is not None:
                shutil.rmtree(self._path, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return the name of an uploaded file as it may stand in a folder of any system: no path, no odd signs."""
    stem = Path(name.replace("\\", "/")).name
    stem = stem[: -len(ENDING)] if stem.lower().endswith(ENDING) else stem
    stem = _ODD.sub("_", stem).strip("._")[:MOST_LETTERS].rstrip("._")
    if not stem or _RESERVED.match(stem.split(".")[0].strip()):
        stem = f"upload-{stem}".rstrip("-")
    return f"{stem}{ENDING}"
