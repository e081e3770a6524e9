"""Elections in PabuLib's format: text to projects, budget and ballots, every fault with its row.

The format has three sections, each a line with its name, a line of headings, and a row for each entry; semicolons stand
between the cells. See https://arxiv.org/abs/2305.11035.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from devolve_opt.errors import MOST_LISTED, Fault, more_like_these
from devolve_opt.language import tr

SECTIONS = ("meta", "projects", "votes")
NEEDED = {"meta": ("key", "value"), "projects": ("project_id", "cost"), "votes": ("vote",)}
"""Headings that each section has to have; that of projects begins with its first."""
SEPARATING = ';,"\r\n'
"""Marks that stand between cells, ids and rows, or quote them."""
MOST = 1e9
"""Most that a project may cost."""
MOST_BUDGET = 1e12
_AMOUNT = re.compile(r"[+-]?[0-9]{1,30}([.,][0-9]{1,30})?([eE][+-]?[0-9]{1,2})?|[+-]?[0-9]{1,30}/0*[1-9][0-9]{0,29}")
_TWO_WAYS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")


@dataclass(frozen=True)
class Project:
    """A project: its id, its name, what it costs, and the row in which it stands."""

    id: str
    name: str
    cost: Fraction
    row: int


@dataclass
class Election:
    """What a file says; to be used only if it has no faults.

    Attributes:
        meta: value of each key of the first section.
        budget: what may be spent.
        projects: by id, in the order of the file.
        ballots: of each voter, by id, the ids of the projects approved.
    """

    meta: dict[str, str] = field(default_factory=dict)
    budget: Fraction = Fraction(0)
    projects: dict[str, Project] = field(default_factory=dict)
    ballots: dict[str, list[str]] = field(default_factory=dict)


Rows = list[tuple[int, list[str]]]
"""Rows with their numbers, the headings first."""


def read_pabulib(content: bytes, file: str) -> tuple[Election, list[Fault]]:
    """Read an election with approval ballots, and tell what is wrong with it, rows as a text editor counts them."""
    reader = _Reader(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reader.unsound(tr("it is not UTF-8 text."), content[: error.start].count(b"\n") + 1)
    else:
        reader.read(text)
    return reader.found, reader.first_faults()


@dataclass
class _Reader:
    file: str
    found: Election = field(default_factory=Election)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, message: str, row: int | None = None, column: str = "", value: str | None = None) -> None:
        self.faults.append(Fault(message, self.file, row, column, value))

    def first_faults(self) -> list[Fault]:
        """Return the first faults of each column, and how many more there are."""
        kinds: Counter[str] = Counter()
        first = []
        for fault in self.faults:
            kinds[fault.column] += 1
            first += [fault] if kinds[fault.column] <= MOST_LISTED else []
        for number in kinds.values():
            first += more_like_these(number - MOST_LISTED, self.file)
        return first

    def unsound(self, cause: str, row: int | None = None) -> None:
        message = tr("is no file of PabuLib's format, or not a sound one: {error}", error=cause)
        self.fault(message, row)

    def read(self, text: str) -> None:
        sections = self.sections(text)
        for name in SECTIONS:
            if not sections.get(name) and not self.faults:
                self.unsound(tr("it has no section {name} with headings.", name=name.upper()))
        if self.faults or not self.meta(sections["meta"]):
            return
        for name, rows in sections.items():
            self.headings(name, *rows[0])
            if name != "meta":
                self.widths(rows)
        if self.faults:
            return
        self.projects(sections["projects"])
        self.votes(sections["votes"])
        for key, name in (("num_projects", "projects"), ("num_votes", "votes")):
            said, there = self.found.meta.get(key, ""), len(sections[name]) - 1
            if said and said.lstrip("0") != str(there or ""):
                message = tr("there are {there}: part of the file is missing, or rows were added.", there=there)
                self.fault(message, column=key, value=said)

    def records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that are not blank, with their numbers."""
        # The blank line at the end shows a quotation mark that is open by then: it belongs to the cell.
        reader = csv.reader([*re.split("\r\n|\r|\n", text), ""], delimiter=";")
        before = 0
        try:
            for record in reader:
                if reader.line_num > before + 1:
                    self.fault(tr("a cell opens with a quotation mark that is never closed; close or remove it."),
                               before + 1)  # fmt: skip
                    return
                before = reader.line_num
                if any(map(str.strip, record)):
                    yield before, [cell.strip() for cell in record]
        except csv.Error:
            most = csv.field_size_limit()
            self.fault(tr("a cell holds more than {most:,} characters; shorten it.", most=most), before + 1)

    def sections(self, text: str) -> dict[str, Rows]:
        """Return the rows of each section; what stands before the first, and a section that stands twice, is told."""
        found: dict[str, Rows] = {}
        section = ""
        for row, record in self.records(text):
            name = record[0].lower()
            if name in SECTIONS and not any(record[1:]):
                if name in found:
                    self.fault(tr("the section stands twice; keep one."), row, value=record[0])
                section = name
                found.setdefault(section, [])
            elif section:
                found[section].append((row, record))
            else:
                self.unsound(tr("it does not begin with the section META."), row)
                break
        return found

    def headings(self, section: str, row: int, names: list[str]) -> None:
        lacking = [name for name in NEEDED[section] if name not in names]
        if section == "projects" and not lacking and names[0] != "project_id":
            lacking = ["project_id"]
        for name in lacking:
            cause = tr("the section {section} has no column {name} in its place.", section=section.upper(), name=name)
            self.unsound(cause, row)
        for name, number in Counter(names).items():
            if name and number > 1:
                self.fault(tr("the column is there twice; keep one."), row, name)

    def widths(self, rows: list[tuple[int, list[str]]]) -> None:
        most = len(rows[0][1])
        for row, record in rows[1:]:
            if any(record[most:]):
                self.fault(tr("has {cells} cells, the headings are {width}; a cell must not hold a semicolon.",
                              cells=len(record), width=most), row)  # fmt: skip

    def meta(self, rows: list[tuple[int, list[str]]]) -> bool:
        """Read the first section; tell whether its ballots are approvals, without which there is nothing to read."""
        place = {}
        for row, record in rows[1:]:
            # A comment may hold semicolons.
            key, value = record[0], ";".join(record[1:]).rstrip(";")
            if key in self.found.meta:
                self.fault(tr("stands twice; keep one row."), row, key)
            self.found.meta[key], place[key] = value, row
        kind = self.found.meta.get("vote_type", "")
        if kind != "approval":
            message = tr("only approval ballots can be read: a township chooses a power or does not.")
            self.fault(message, place.get("vote_type"), "vote_type", kind)
            return False
        budget = self.amount(self.found.meta.get("budget"), place.get("budget"), "budget", MOST_BUDGET)
        self.found.budget = Fraction(0) if budget is None else budget
        return True

    def projects(self, rows: list[tuple[int, list[str]]]) -> None:
        heads = rows[0][1]
        if len(rows) == 1:
            self.fault(tr("has no projects."))
        cost, name = heads.index("cost"), heads.index("name") if "name" in heads else 0
        for row, record in rows[1:]:
            project = record[0]
            said = record[cost] if cost < len(record) else None
            if not project:
                self.fault(tr("is missing; add it."), row, "project_id")
            elif project in self.found.projects:
                before = self.found.projects[project].row
                message = tr("row {row} has this project already; give each row one of its own.", row=before)
                self.fault(message, row, "project_id", project)
            else:
                amount = self.amount(said, row, "cost", MOST)
                if amount is not None and amount <= 0:
                    self.fault(tr("costs nothing or less."), row, "cost", said)
                shown = record[name] if name < len(record) else ""
                self.found.projects[project] = Project(project, shown or project, amount or Fraction(0), row)

    def votes(self, rows: list[tuple[int, list[str]]]) -> None:
        heads = rows[0][1]
        vote, voter = heads.index("vote"), heads.index("voter_id") if "voter_id" in heads else None
        voters = set()
        for number, (row, record) in enumerate(rows[1:], start=1):
            name = record[voter] if voter is not None and voter < len(record) else ""
            if voter is None:
                name = str(number)
            elif name.lower() in ("", "none"):
                self.fault(tr("is missing; add it."), row, "voter_id")
            elif name in voters:
                self.fault(tr("votes more than once."), row, "voter_id", name)
            voters.add(name)
            if vote >= len(record) or record[vote].lower() == "none":
                self.fault(tr("has no ballot; leave the cell blank where nothing is approved."), row, "vote")
                continue
            chosen = [project for project in record[vote].split(",") if project]
            for project in chosen:
                if project not in self.found.projects:
                    self.fault(tr("is no project of this file."), row, "vote", f"{name}: {project}")
            self.found.ballots[name] = list(dict.fromkeys(chosen))

    def amount(self, text: str | None, row: int | None, column: str, most: float) -> Fraction | None:
        if not text:
            self.fault(tr("is missing; add it."), row, column)
        elif _TWO_WAYS.fullmatch(text):
            self.fault(tr("may mean thousands or a decimal; write it without a comma."), row, column, text)
        elif not _AMOUNT.fullmatch(text):
            message = tr("is not a number; write digits only, such as 12 or 0.5, without unit or spaces.")
            self.fault(message, row, column, text)
        else:
            amount = Fraction(text.replace(",", "."))
            if abs(amount) <= most and (amount >= 0 or column == "cost"):
                return amount
            self.fault(tr("must be at least {ge:g} and at most {le:g}.", ge=0, le=most), row, column, text)
        return None
