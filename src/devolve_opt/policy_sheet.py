"""The policy as a sheet of a workbook: a key a row, keys of its tables with dots, words in Chinese or English.

A table that may be left out (`stations`) has a switch in the row of its name. Entries of a list are numbered from 1
(`goals.1.term`), and the row of the list's name may say how many there are. A blank cell keeps the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from devolve_opt.errors import Fault, InputError, did_you_mean
from devolve_opt.language import joined, tr
from devolve_opt.policy import Policy
from devolve_opt.reading.cells import TRUTHS, half_width
from devolve_opt.reading.raw import as_text
from devolve_opt.reading.workbook import meant
from devolve_opt.vocabulary import CHINESE

YES_NO = ("是", "否")
NOTHING = "无"
"""In a cell that takes several words: none of them."""
NUMBER = r"[1-9][0-9]{0,4}"
"""Numbers of the entries of a list: they count from 1."""
MOST_ENTRIES = 10_000
"""Entries that a list may be said to have."""
WORDS: dict[str, str] = {
    "none": "不作要求", "chosen": "选择过的", "all": "全部", "priced": "计价", "wall": "硬上限",
    "6-2-1-1": "6:2:1:1公式", "base-weighted-mobile": "基本+加权+机动", "three-thirds-equal": "三个三分之一（均分）",
    "three-thirds-indicators": "三个三分之一（指标）", "4-3-3": "433系数", "wisn": "WISN法", "custom": "自定权重",
    "largest_remainder": "最大余额法", "sainte_lague": "圣拉古法", "huntington_hill": "亨廷顿-希尔法",
    "dhondt": "东特法", "adams": "亚当斯法", "area": "片区", "one_to_one": "一镇一队", "best": "由模型选择",
    "any": "指导清单任一", "zh": "中文", "en": "英文",
}  # fmt: skip
"""Chinese of those choices of the policy that are no words of the vocabulary."""

Kind = Literal["value", "table", "switch", "list"]


@dataclass(frozen=True)
class SheetKey:
    """A row of the sheet.

    Attributes:
        name: the key, with dots.
        kind: a `value`; the name of a `table` that is always there, whose cell stays blank; the `switch` of a table
            that may be left out; or the number of entries of a `list`.
        about: what the policy says of the key: meaning, unit, source.
        default, own: what the cell means if blank; the policy's value, None where that is the default.
        words: what the cell may hold, in Chinese; empty where it is free.
        codes: the same as a scenario file has it; the cell may hold these too. Empty for a yes or no.
        several: whether it may hold several of them.
        text: whether it holds a text as it is typed, such as an id.
    """

    name: str
    kind: Kind
    about: FieldInfo
    default: Any
    own: Any
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    several: bool = False
    text: bool = False


def sheet_keys(policy: Policy, spare: int = 2) -> list[SheetKey]:
    """Return the rows of a policy's sheet; of every list, so many entries more than it has are offered."""
    return list(_keys(Policy, "", Policy(), policy, spare))


def policy_from_sheet(cells: Mapping[str, Any], rows: Mapping[str, int], place: str) -> tuple[Policy, list[Fault]]:
    """Return the policy that a sheet holds; the default one where anything is wrong with it.

    Args:
        cells: what stands beside each key, where anything does.
        rows: the row of every key, blank ones too.
        place: what faults call the sheet.
    """
    reader = _Reader(cells, rows, place)
    given = reader.table(Policy, "", Policy())
    reader.tell_unknown()
    try:
        policy = Policy(**given)
    except InputError as error:
        reader.tell(error)
        policy = Policy()
    return (Policy(), reader.faults) if reader.faults else (policy, [])


def _keys(model: type[BaseModel], prefix: str, default: Any, own: Any, spare: int) -> Iterator[SheetKey]:
    """Yield the rows of a table: its values first, then the tables and lists within it."""
    tables: list[tuple[str, FieldInfo, _Shape, Any, Any]] = []
    for name, about in model.model_fields.items():
        key, shape = f"{prefix}{name}", _shape(about)
        usual = _default(about) if default is None else getattr(default, name)
        value = usual if own is None else getattr(own, name)
        if shape.inner is not None:
            tables.append((key, about, shape, usual, value))
            continue
        words = tuple(_chinese(word) for word in shape.words) or (YES_NO if shape.truth else ())
        yield SheetKey(
            key, "value", about, _in_cell(usual), None if value == usual else _in_cell(value), words, shape.words,
            shape.several, shape.text and not shape.words,
        )  # fmt: skip
    for key, about, shape, usual, value in tables:
        assert shape.inner is not None
        if shape.several:
            count = None if len(value) == len(usual) else len(value)
            yield SheetKey(key, "list", about, len(usual), count)
            for number in range(max(len(value), len(usual)) + spare):
                before, now = (each[number] if number < len(each) else None for each in (usual, value))
                yield from _keys(shape.inner, f"{key}.{number + 1}.", before, now, 0)
        else:
            switch = SheetKey(key, "switch", about, YES_NO[1], None if value is None else YES_NO[0], YES_NO)
            yield switch if shape.optional else SheetKey(key, "table", about, None, None)
            yield from _keys(shape.inner, f"{key}.", usual, value, spare)


@dataclass
class _Reader:
    cells: Mapping[str, Any]
    rows: Mapping[str, int]
    place: str
    faults: list[Fault] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    entries: dict[str, list[int]] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)
    with_unknown: set[str] = field(default_factory=set)

    def fault(self, key: str, message: str, shown: bool = True) -> None:
        row, value = self.rows.get(key), self.cells.get(key) if shown else None
        where = key if row is None else f"{key}, cell B{row}"
        self.faults.append(Fault(message, self.place, row, where, None if value is None else as_text(value)))

    def table(self, model: type[BaseModel], prefix: str, default: Any) -> dict[str, Any]:
        """Return what the sheet says of a table, its wrong cells left out and told."""
        found: dict[str, Any] = {}
        for name, about in model.model_fields.items():
            key, shape = f"{prefix}{name}", _shape(about)
            usual = None if default is None else getattr(default, name)
            if shape.inner is None:
                self.known.append(key)
                if key in self.cells:
                    found[name] = self.value(key, shape)
            elif shape.several:
                self.known.append(key)
                entries = self.list_of(shape.inner, key, usual or ())
                if entries is not None:
                    found[name] = entries
            elif shape.optional:
                self.known.append(key)
                inner = self.switched(shape.inner, key)
                if inner is not None:
                    found[name] = inner
            else:
                inner = self.table(shape.inner, f"{key}.", usual)
                if inner:
                    found[name] = inner
        return found

    def switched(self, model: type[BaseModel], key: str) -> dict[str, Any] | None:
        """Return the keys of a table that is switched on; None where it is off."""
        self.switches.add(key)
        before = len(self.faults)
        inner = self.table(model, f"{key}.", None)
        on = _truth(self.cells[key]) if key in self.cells else None
        if on:
            return inner
        del self.faults[before:]  # what is switched off is not looked at
        if key in self.cells and on is None:
            self.fault(key, tr("must be yes or no (是 or 否)."))
        elif on is None and inner:
            first = next(name for name in self.cells if name.startswith(f"{key}."))
            message = tr("counts only where {key} is switched on: write 是 beside {key}, or 否 if it is off.", key=key)
            self.fault(first, message)
        return None

    def list_of(self, model: type[BaseModel], key: str, usual: tuple[BaseModel, ...]) -> list[Any] | None:
        """Return the entries of a list; None where the sheet says nothing of it."""
        self.known += [f"{key}.1.{name}" for name in model.model_fields]
        numbers = {int(name[len(key) + 1 :].partition(".")[0]) for name in self.cells if _is_entry(name, key)}
        most = max([len(usual), *numbers])
        if key in self.cells:
            said = meant(self.cells[key])
            if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said <= MOST_ENTRIES:
                self.fault(key, tr("must be the number of entries, a whole number, or blank."))
                said = most
            for number in sorted(number for number in numbers if number > said):
                first = next(name for name in self.cells if name.startswith(f"{key}.{number}."))
                self.fault(first, tr("stands beyond the {count} entries that {key} has.", count=said, key=key))
            wanted = list(range(1, said + 1))
        elif numbers:
            # Entries that are left blank among others are passed over.
            wanted = sorted({*range(1, len(usual) + 1), *numbers})
        else:
            return None
        self.entries[key] = wanted
        return [
            {**(usual[number - 1].model_dump() if number <= len(usual) else {}),
             **self.table(model, f"{key}.{number}.", None)}
            for number in wanted
        ]  # fmt: skip

    def value(self, key: str, shape: _Shape) -> Any:
        cell = self.cells[key]
        text = half_width(as_text(cell)).strip()
        if shape.several and text in (NOTHING, "none"):
            return ()
        if shape.words:
            parts = [part for part in re.split(r"[、,;\s]+", text) if part] if shape.several else [text]
            codes = {name: word for word in shape.words for name in (word, half_width(_chinese(word)))}
            unknown = [part for part in parts if part not in codes]
            if unknown:
                words = joined(_chinese(word) for word in shape.words)
                near = did_you_mean(unknown[0], codes)
                self.fault(key, tr("{word} is none of the words; write {words}.", word=unknown[0], words=words) + near)
            found = tuple(codes.get(part, part) for part in parts)
            return found if shape.several else found[0]
        if shape.truth:
            truth = _truth(cell)
            if truth is None:
                self.fault(key, tr("must be yes or no (是 or 否)."))
            return truth
        if shape.text:
            return as_text(cell).strip()
        number = meant(cell)
        if isinstance(number, bool) or not isinstance(number, int | float):
            self.fault(key, tr("must be a number; write it in digits, without a unit."))
        return number

    def tell_unknown(self) -> None:
        """Tell of every key that there is not."""
        for name in self.cells:
            entry = re.sub(rf"\.{NUMBER}\.", ".1.", name)
            if name not in self.known and entry not in self.known:
                self.with_unknown.add(name.rpartition(".")[0] or name)
                self.fault(name, tr("unknown key.") + did_you_mean(name, self.known), shown=False)

    def tell(self, error: InputError) -> None:
        """Tell what the policy finds wrong, each at its cell; what follows from faults told already is passed over."""
        told = {fault.row for fault in self.faults if fault.row is not None}
        for fault in error.faults:
            key = self.key_of(fault)
            misspelt = key not in self.cells and key.rpartition(".")[0] in self.with_unknown
            if self.rows.get(key) not in told and not misspelt:
                self.fault(key, fault.message, shown=fault.value is not None)

    def key_of(self, fault: Fault) -> str:
        """Return the key on the sheet at which a fault of the policy stands: `goals.0.term` is `goals.1.term`.

        One of a whole table stands at the key that it names, else at the first cell of the table that is filled in.
        """
        parts: list[str] = []
        for part in fault.column.split("."):
            numbers = self.entries.get(".".join(parts))
            parts.append(str(numbers[int(part)]) if part.isdecimal() and numbers is not None else part)
        path = ".".join(filter(None, parts))
        if path in self.known and path not in self.entries and path not in self.switches:
            return path
        named = [key for key in self.cells if key in fault.message and key.startswith(path)]
        if named:
            return min(named, key=lambda key: (fault.message.index(key), -len(key)))
        if path in self.rows:
            return path
        below = [key for key in self.cells if path and key.startswith(f"{path}.")]
        while parts and not below and ".".join(parts) not in self.rows:
            parts.pop()
        return below[0] if below else ".".join(parts) or path


@dataclass(frozen=True)
class _Shape:
    """What a key holds: settings within (`inner`), words, texts, a yes or no, or else a number; perhaps several."""

    inner: type[BaseModel] | None
    words: tuple[str, ...]
    several: bool
    optional: bool
    truth: bool
    text: bool


def _shape(about: FieldInfo) -> _Shape:
    kinds = list(_kinds(about.annotation))
    inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    words = [word for kind in kinds for word in _words(kind)]
    several = any(get_origin(each) is tuple for each in (about.annotation, *get_args(about.annotation)))
    return _Shape(inner, tuple(words), several, NoneType in kinds, bool in kinds, str in kinds)


def _default(about: FieldInfo) -> Any:
    return None if about.is_required() else about.get_default(call_default_factory=True)


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the plain types and literals within an annotation."""
    if get_origin(annotation) is Literal or not get_args(annotation):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from _kinds(argument)


def _words(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return tuple(map(str, kind)) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _chinese(word: str) -> str:
    known: Mapping[Any, str] = CHINESE
    return WORDS.get(word) or known.get(word, word)


def _in_cell(value: Any) -> Any:
    """Return a value as a cell shows it."""
    if isinstance(value, bool):
        return YES_NO[0 if value else 1]
    if isinstance(value, tuple):
        return "、".join(_chinese(str(word)) for word in value) or NOTHING
    return _chinese(str(value)) if isinstance(value, str) else value


def _truth(cell: Any) -> bool | None:
    return TRUTHS.get(half_width(as_text(cell)).strip().lower())


def _is_entry(name: str, key: str) -> bool:
    return re.match(rf"{re.escape(key)}\.{NUMBER}\.", name) is not None
