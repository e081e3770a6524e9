"""Case: the data of one jurisdiction, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from devolve_opt.errors import InputError
from devolve_opt.frozen import FrozenMapping
from devolve_opt.language import chosen
from devolve_opt.reading.folder import read_folder, write_folder
from devolve_opt.reading.header import check_header
from devolve_opt.reading.tables import check_tables, with_absent_tables
from devolve_opt.reading.workbook import ENDING, WorkbookContent, read_workbook
from devolve_opt.schema import schema
from devolve_opt.schema.header import AVAILABLE_HOURS
from devolve_opt.vocabulary import Category

SYNTHETIC_DATA = "SYNTHETIC DATA (合成数据)"
"""The words for invented data where both languages stand side by side, and in English."""


@dataclass(frozen=True, eq=False)
class Case:
    """The data of one city or district: checked tables and where they come from.

    Tables keyed by one `id` (`counties, townships, fields, powers`) are frames indexed by it; the others
    (`votes, cases, readiness, guide_list`) have plain columns. `models/README.md` describes every column. A case never
    changes: each property hands out a copy of its table (lazily copied by pandas), `replace()` gives a changed case.

    Attributes:
        title: what is shown as the case's name.
        provenance: where the data come from.
        synthetic: whether the data are invented; shown wherever the data are.
        available_hours: working hours a year of one person (WISN: available working time).
        tables: every table by name; absent optional tables are empty.
        source: the folder it was read from, or empty.
        input_hashes: SHA-256 of each file it was read from, by file name.
    """

    title: str
    provenance: str
    synthetic: bool
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    available_hours: float = AVAILABLE_HOURS
    source: str = ""
    input_hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        keys = ("title", "provenance", "synthetic", "available_hours")
        _, faults = check_header({name: getattr(self, name) for name in keys})
        if faults:
            raise InputError(faults)
        object.__setattr__(self, "tables", FrozenMapping(with_absent_tables(self.tables)))
        object.__setattr__(self, "input_hashes", FrozenMapping(self.input_hashes))

    @classmethod
    def read(cls, path: str | Path) -> Case:
        """Read a case from a folder of CSV tables and a `case.toml`, or from a workbook (.xlsx) without its policy.

        Raises:
            InputError: listing every fault of every file or sheet.
        """
        if Path(path).suffix.lower() == ENDING:
            return cls.of_workbook(read_workbook(path), path)
        content = read_folder(Path(path))
        return cls(tables=content.tables, source=str(path), input_hashes=content.hashes, **content.header)

    @classmethod
    def of_workbook(cls, content: WorkbookContent, path: str | Path) -> Case:
        """Return the case of a workbook that was read already and has no faults."""
        return cls(tables=content.tables, source=str(path), input_hashes=content.hashes, **content.header)

    @classmethod
    def from_tables(cls, tables: Mapping[str, pd.DataFrame], **header: Any) -> Case:
        """Make a case from frames with the columns of the schema, checked like files.

        Args:
            tables: frames by table name; ids may be a column `id` or the index.
            header: `title`, `provenance`, `synthetic` and, if wanted, `available_hours`.

        Raises:
            InputError: listing every fault of every frame, or of the header.
        """
        return cls(tables=check_tables(tables), **header)

    def write(self, folder: str | Path) -> Path:
        """Write the case as a folder that `read` takes; the folder appears whole or not at all.

        Raises:
            FileExistsError: if the folder exists and is not a case.
        """
        header = {
            "title": self.title,
            "provenance": self.provenance,
            "synthetic": self.synthetic,
            "available_hours": self.available_hours,
        }
        return write_folder(Path(folder), dict(self.tables), header)

    def replace(self, **changes: Any) -> Case:
        """Return a copy with other tables (by table name) or other attributes.

        Raises:
            InputError: if the changed tables, or the changed header, are not a sound case.
        """
        changed_tables = {name: changes.pop(name) for name in tuple(changes) if name in schema()}
        if changed_tables:
            changes["tables"] = check_tables({**self.tables, **changed_tables})
            # The files no longer say what the case holds.
            changes = {"source": "", "input_hashes": {}, **changes}
        return replace(self, **changes)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Return a copy of the table of that name."""
        tables: Mapping[str, pd.DataFrame] = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(f"a case has no {name!r}; its tables are {', '.join(schema())}")

    @property
    def voting_townships(self) -> pd.Index:
        """Ids of the townships that choose and take powers: all but the subdistricts."""
        townships = self.tables["townships"]
        return townships.index[townships["category"] != Category.SUBDISTRICT]

    @property
    def notice(self) -> str:
        """The words that go with every figure of this case if its data are invented; else empty."""
        return chosen("合成数据", SYNTHETIC_DATA) if self.synthetic else ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the data themselves: the same for cases with equal tables, wherever they come from."""
        digest = sha256(repr(float(self.available_hours)).encode())
        for name, table in self.tables.items():
            digest.update(f"{name}\n{table.to_csv()}".encode())
        return digest.hexdigest()

    def size(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {name: len(table) for name, table in self.tables.items()}

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{name}</td><td>{count:,}</td></tr>" for name, count in self.size().items())
        notice = f" <b>{self.notice}</b>" if self.synthetic else ""
        return f"<div><b>{escape(self.title)}</b>{notice}<br>{escape(self.provenance)}<table>{rows}</table></div>"
