"""A workbook that somebody uploads: how large it may be, what is wrong with it, and the copy with the marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from devolve_opt.app.desk import Desk
from devolve_opt.app.room import Room, safe_name
from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.reading.workbook import ENDING
from devolve_opt.reading.xlsx import sheets_of
from devolve_opt.scenario import Scenario
from devolve_opt.views.marked import marked_if_it_can_be

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, eq=False)
class Upload:
    """A workbook that was looked over.

    Attributes:
        name: of the file, as it is kept.
        scenario: what it holds; None where something is wrong.
        faults: what is wrong, all of it.
        marked: name and bytes of the copy with the bad cells marked; None where there is nothing to mark.
    """

    name: str
    scenario: Scenario | None
    faults: tuple[Fault, ...] = ()
    marked: tuple[str, bytes] | None = None


def look_over(room: Room, name: str, content: bytes, most_bytes: int, desk: Desk) -> Upload:
    """Look over an uploaded workbook in a folder of the session's own, where nothing of it is left.

    Args:
        room: the session's folder.
        name: what the browser calls the file.
        content: its bytes.
        most_bytes: how many there may be.
        desk: where a place is taken for it.
    """
    if not name.lower().endswith(ENDING):
        fault = Fault(tr("is no workbook of Excel; save it as 'Excel workbook (.xlsx)'."), file=safe_name(name))
        return Upload(safe_name(name), None, (fault,))
    if len(content) > most_bytes:
        message = tr(
            "has {size:.1f} MB; at most {most:g} MB are taken. Leave out sheets that are no tables of a case.",
            size=len(content) / MEGABYTE, most=most_bytes / MEGABYTE,
        )  # fmt: skip
        return Upload(safe_name(name), None, (Fault(message, file=safe_name(name)),))
    with room.folder() as folder, desk.place():
        path = folder / safe_name(name)
        path.write_bytes(content)
        try:
            return Upload(path.name, _without_place(Scenario.read(path), path.name))
        except InputError as error:
            copy = marked_if_it_can_be(path, error.faults)
            marked = None if copy is None else (copy.name, copy.read_bytes())
            return Upload(path.name, None, error.faults, marked)


def _without_place(scenario: Scenario, name: str) -> Scenario:
    """Return a scenario that says which file it comes from, and not where this machine keeps it."""
    case = replace(scenario.case, source=name)
    return scenario.replace(case=case, source=name, input_hashes=scenario.input_hashes)


def faults_table(faults: Sequence[Fault], file: str = "") -> pd.DataFrame:
    """Return faults, a row each: where, what stands there, what is wrong and what to do.

    Args:
        faults: what is wrong.
        file: the workbook, where sheets of it are named.
    """
    rows = [
        (fault.file.removeprefix(sheets_of(file)), "" if fault.row is None else str(fault.row), fault.column,
         fault.value or "", fault.message)
        for fault in faults
    ]  # fmt: skip
    heads = (tr("sheet"), tr("row"), tr("column and cell"), tr("what stands there"), tr("what is wrong"))
    return pd.DataFrame(rows, columns=list(heads))
