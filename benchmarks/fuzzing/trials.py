"""One input and what came of it: read, or refused with a message that helps; anything else is a defect.

Neither generators nor judge look at how the readers do it: what a cell means is worked out anew in `meanings`.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from devolve_opt.errors import InputError
from devolve_opt.language import Language, speaking

Outcome = Literal["accepted", "refused", "crashed", "misread", "mute", "wrote", "slow"]
SOUND = ("accepted", "refused")
"""Outcomes that are as they should be."""
SECONDS = 5.0
"""What a reader may take for one input."""
MOST_FAULTS = 2_000
"""Faults that anybody may be told of at once."""
WRITES = {
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
    "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.bind",
    "urllib.Request", "pickle.find_class",
}  # fmt: skip
"""What Python tells an auditor of that no reader has any business to do."""
_PLACEHOLDER = re.compile(r"\{\w*(![rs])?(:[^{}]*)?\}")


@dataclass(frozen=True)
class Trial:
    """One input.

    Attributes:
        kind: what was done to a sound input, in a few words.
        files: what is written before it is read, by path below the reader's place; None for a file that is not there.
        read: reads it.
        misread: given what was read, says what is not as it was written; empty if all is.
        unsaid: given the refusal, says what it fails to say; empty if nothing is missing.
    """

    kind: str
    files: Mapping[str, bytes | None]
    read: Callable[[Path], Any]
    misread: Callable[[Any], str] = lambda found: ""
    unsaid: Callable[[InputError], str] = lambda error: ""


class Reader(ABC):
    """Something that reads input from outside, with sound input to begin from.

    Attributes:
        name: what it is called.
        share: part of a campaign's inputs that it gets, in relation to the others.
        base: sound files by path below its place; every trial changes some of them.
    """

    name: str
    share: int
    base: Mapping[str, bytes]

    @abstractmethod
    def draw(self, random: Random) -> Trial:
        """Return an input that was drawn."""

    def lay(self, place: Path) -> None:
        """Write the sound files."""
        for name, content in self.base.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)


@dataclass(frozen=True)
class Verdict:
    """What came of an input: `note` says what is wrong where anything is."""

    outcome: Outcome
    note: str
    seconds: float


class TimeUpError(BaseException):
    """The reader took too long; no reader's `except Exception` may catch it."""


def judge(reader: Reader, trial: Trial, place: Path, language: Language = "en", seconds: float = SECONDS) -> Verdict:
    """Lay an input out, have it read, and judge what came of it; the place is then as it was."""
    for name, content in trial.files.items():
        _lay(place / name, content)
    began = time.monotonic()
    try:
        with speaking(language), warnings.catch_warnings(record=True) as warned, _until(seconds), _watched() as written:
            warnings.simplefilter("always")
            outcome, note, found = _tried(trial, place)
        took = time.monotonic() - began
        if took > seconds and outcome in SOUND:
            outcome, note = "slow", f"took {took:.1f} s"
        if written and outcome in SOUND:
            outcome, note = "wrote", "; ".join(written)
        if warned and outcome in SOUND:
            outcome, note = "crashed", f"{warned[0].category.__name__}: {warned[0].message}"
        if outcome == "accepted":
            note = _misread(trial, found)
            outcome = "misread" if note else outcome
        elif outcome == "refused":
            note = _mute(found, trial) or trial.unsaid(found)
            outcome = "mute" if note else outcome
        return Verdict(outcome, note, took)
    finally:
        for name in trial.files:
            _lay(place / name, reader.base.get(name))


def _misread(trial: Trial, found: Any) -> str:
    try:
        return trial.misread(found)
    except Exception as error:
        # What is accepted, but cannot be made out by itself, has to be looked at.
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error}"[:200]
        return f"accepted, not to be made out: {said} at {Path(where.filename).name}:{where.lineno}"


def _tried(trial: Trial, place: Path) -> tuple[Outcome, str, Any]:
    try:
        return "accepted", "", trial.read(place)
    except InputError as error:
        return "refused", "", error
    except TimeUpError:
        where = next(each for each in reversed(traceback.extract_tb(sys.exc_info()[2])) if each.filename != __file__)
        return "slow", f"stopped in {Path(where.filename).name}:{where.lineno}", None
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = next((each for each in reversed(frames) if "devolve_opt" in each.filename), frames[-1])
        said = f"{type(error).__name__}: {error}"[:200]
        return "crashed", f"{said} at {Path(ours.filename).name}:{ours.lineno}", None


def _mute(error: InputError, trial: Trial) -> str:
    """Return what is wrong with a refusal as a message to a person."""
    if not error.faults:
        return "a refusal without a fault"
    if len(error.faults) > MOST_FAULTS:
        return f"{len(error.faults)} faults at once"
    braces = any(content is not None and b"{" in content for content in trial.files.values())
    for fault in error.faults:
        if not fault.message.strip() or len(fault.message) > 20_000:
            return f"a message of {len(fault.message)} characters: {fault.message[:80]!r}"
        if not braces and _PLACEHOLDER.search(fault.message):
            return f"a message not filled in: {fault.message}"
        if "Traceback" in fault.message or re.search(r"\bat 0x[0-9a-f]{6}", fault.message):
            return f"a message for programmers: {fault.message}"
        if fault.row is not None and fault.row < 1:
            return f"row {fault.row}: {fault.message}"
        if not fault.file and not fault.column:
            return f"a message without a place: {fault.message}"
    said = str(error)
    try:
        said.encode("utf-8")
    except UnicodeEncodeError:
        return f"a message that cannot be written: {said[:200]!r}"
    odd = next((mark for mark in said if (mark < " " and mark != "\n") or "\x7f" <= mark <= "\x9f"), None)
    return "" if odd is None else f"a message with the control character {odd!r}"


def _lay(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def _until(seconds: float) -> Iterator[None]:
    """Stop what takes much longer than it may, where the system can: in the main thread, between steps of Python."""
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: Any) -> None:
        raise TimeUpError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_noted: list[str] | None = None
_listening = False


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Note whatever is written, started or called within this block."""
    global _noted, _listening  # noqa: PLW0603 - an auditor cannot be taken away again
    if not _listening:
        sys.addaudithook(_listen)
        _listening = True
    found: list[str] = []
    _noted = found
    try:
        yield found
    finally:
        _noted = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _noted is None:
        return
    if event == "open":
        path, mode, flags = arguments
        opened = set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if opened and "__pycache__" not in str(path) and str(path) != os.devnull:
            _noted.append(f"opened {path} to write")
    elif event in WRITES:
        _noted.append(f"{event} {arguments[:1]}"[:120])
