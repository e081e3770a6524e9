"""A case as a folder: `case.toml` and a CSV file for each table."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd

from devolve_opt.errors import Fault, did_you_mean
from devolve_opt.language import tr
from devolve_opt.reading.header import check_header, header_text, missing_header, read_header
from devolve_opt.reading.raw import RawTable, as_text
from devolve_opt.reading.tables import check_tables, missing_table, raise_if_any, read_tables
from devolve_opt.reading.text_files import read_csv
from devolve_opt.schema import schema
from devolve_opt.schema.header import HEADER_FILE


@dataclass(frozen=True, eq=False)
class FolderContent:
    """What a folder holds, checked.

    Attributes:
        tables: every table of the schema by name, typed; absent optional ones are empty.
        header: `title`, `provenance`, `synthetic`, `available_hours` (hours a year).
        hashes: SHA-256 of each file that was read, by file name.
    """

    tables: dict[str, pd.DataFrame]
    header: dict[str, Any]
    hashes: dict[str, str]


def read_folder(path: str | Path) -> FolderContent:
    """Read a case from a folder; files that are neither `case.toml` nor CSV are left alone.

    Raises:
        InputError: listing every fault of every file; rows are lines as a text editor counts them.
    """
    path = Path(path)
    names, faults = _file_names(path)
    raise_if_any(faults)
    contents: dict[str, bytes] = {}
    for name in (HEADER_FILE, *(f"{table}.csv" for table in schema())):
        if name in names:
            try:
                contents[name] = (path / name).read_bytes()
            except OSError as error:
                message = tr(
                    "cannot be read ({cause}); close it elsewhere and check its permissions.",
                    cause=error.strerror,
                )
                faults.append(Fault(message, file=name))
    if HEADER_FILE in contents:
        header, found = read_header(contents[HEADER_FILE])
    else:
        header, found = {}, [] if HEADER_FILE in names else [missing_header()]
    faults += found + _unknown_files(names)
    raw_tables: dict[str, RawTable] = {}
    for table in schema().values():
        file = f"{table.name}.csv"
        if file in contents:
            raw, found = read_csv(table, file, contents[file])
            faults += found
            if raw is not None:
                raw_tables[table.name] = raw
        elif table.required and file not in names:
            faults.append(missing_table(table, file))
    tables, found = read_tables(raw_tables)
    raise_if_any([*faults, *found])
    return FolderContent(tables, header, {name: sha256(content).hexdigest() for name, content in contents.items()})


def write_folder(path: str | Path, tables: Mapping[str, pd.DataFrame], header: Mapping[str, Any]) -> Path:
    """Write a case as a folder that `read_folder` reads back identical; it appears whole or not at all.

    A case that stands there is replaced; its files that are no tables, such as a README, are kept.

    Args:
        path: the folder; the folders above it are made if need be.
        tables: the tables of a case, by name.
        header: `title`, `provenance`, `synthetic` and, if wanted, `available_hours`.

    Returns:
        The folder.

    Raises:
        InputError: if tables or header are not a sound case; then nothing is written.
        FileExistsError: if something stands there that is not a case.
    """
    path = Path(path)
    checked_header, faults = check_header(header)
    raise_if_any(faults)
    checked = check_tables(tables)
    target = path.resolve()
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if target.exists() and not (target / HEADER_FILE).is_file():
        raise FileExistsError(f"{path} exists and is not a case (it has no {HEADER_FILE}); name another folder.")
    # Siblings, because only within one file system does a folder change its name at a stroke.
    new = target.with_name(f".{target.name}.{uuid4().hex[:8]}.new")
    try:
        if target.exists():
            shutil.copytree(target, new, ignore=_own_files(target), symlinks=True)
        else:
            new.mkdir(parents=True)
        (new / HEADER_FILE).write_text(header_text(checked_header), encoding="utf-8", newline="\n")
        for name, table in schema().items():
            if table.required or len(checked[name]):
                (new / f"{name}.csv").write_text(_csv_text(checked[name]), encoding="utf-8", newline="")
        _take_place(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return path


def _a_file() -> str:
    return tr("is a file; name the folder that holds case.toml, or save it as 'Excel workbook (.xlsx)'.")


def _file_names(path: Path) -> tuple[set[str], list[Fault]]:
    try:
        return {entry.name for entry in path.iterdir()}, []
    except FileNotFoundError:
        message = tr("there is no such folder; name the folder that holds case.toml.")
    except NotADirectoryError:
        message = _a_file()
    except OSError as error:
        message = tr("cannot be read ({cause}); name a folder that you may read.", cause=error.strerror)
        # Windows calls a file where a folder is wanted an invalid name.
        with suppress(OSError):
            message = _a_file() if path.is_file() else message
    except ValueError:
        message = tr("is no path; name the folder that holds case.toml.")
    return set(), [Fault(message, file=str(path))]


def _unknown_files(names: set[str]) -> list[Fault]:
    known = [f"{name}.csv" for name in schema()]
    return [
        Fault(tr("is no table of a case; rename it or take it away.") + did_you_mean(name.lower(), known), file=name)
        for name in sorted(names)
        # Names with a dot or ~ in front are files that editors and systems put beside the real ones.
        if name.lower().endswith(".csv") and name not in known and not name.startswith((".", "~"))
    ]


def _own_files(target: Path) -> Any:
    own = {HEADER_FILE, *(f"{name}.csv" for name in schema())}
    return lambda folder, names: own & set(names) if Path(folder) == target else set()


def _take_place(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
        return
    old = target.with_name(f"{new.name.removesuffix('.new')}.old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _csv_text(frame: pd.DataFrame) -> str:
    if frame.index.name == "id":
        frame = frame.reset_index()
    columns = [_csv_cells(frame[name]) for name in frame.columns]
    lines = [",".join(frame.columns), *map(",".join, zip(*columns, strict=True))]
    return "\n".join(lines) + "\n"


def _csv_cells(series: pd.Series) -> list[str]:
    codes, distinct = pd.factorize(series)
    texts = np.array([_quoted(as_text(value)) for value in distinct.tolist()], dtype=object)
    return texts[codes].tolist() if len(texts) else []


def _quoted(text: str) -> str:
    # Not left to the csv module: before Python 3.13 it does not quote a lone carriage return.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
