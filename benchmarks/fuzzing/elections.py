"""Elections in PabuLib's format: sections, rows and cells spoilt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from benchmarks.fuzzing.mutations import nasty_text, number_near, spoilt_bytes
from benchmarks.fuzzing.trials import Reader, Trial
from devolve_opt.election import read_election
from devolve_opt.scenario import Scenario

ELECTION = """META
key;value
description;A small one
country;Nowhere
unit;A town
instance;2026
num_projects;3
num_votes;4
budget;10.5
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;votes;name
a;6;3;Trees
b;5;2;Benches
c;5.5;2;种树
VOTES
voter_id;vote
1;a
2;a,b
3;a,b,c
4;c
"""
COSTS = (
    "0", "-5", "1/3", "1e3", "1e400", "1e999999999", "1e-999999999", "9" * 5000, "nan", "inf", "6,5", "6,500", "6 ",
    "0x6",
    "", "none", "1_0", "1/0",
)  # fmt: skip
VOTES = ("", "z", "a,a", "a,z", ",", "a,", "none", " a", "A", "a;b", ",".join("abc" * 2_000))
KINDS = ("approval", "choose-1", "ordinal", "cumulative", "scoring")
OTHER_KEYS = ("min_length", "max_length", "min_sum_cost", "max_sum_cost", "voter_id", "comment", "subunit")
Rows = list[list[str]]


class Elections(Reader):
    """An election read as a scenario."""

    name, share = "election", 10

    def __init__(self) -> None:
        self.base = {"small.pb": ELECTION.encode()}

    def draw(self, random: Random) -> Trial:
        """Return an election that is spoilt."""
        if random.random() < 0.3:
            said, content = spoilt_bytes(random, ELECTION.encode())
        else:
            said, text = spoilt_election(random, [line.split(";") for line in ELECTION.splitlines()])
            content = text.encode("utf-8", "replace")

        def misread(found: Scenario) -> str:
            return election_misread(found, content.decode("utf-8-sig"))

        return Trial(said, {"small.pb": content}, lambda place: read_election(place / "small.pb"), misread)


def spoilt_election(random: Random, rows: Rows) -> tuple[str, str]:
    """Return what was done to an election, and its text then."""
    heads = [place for place, row in enumerate(rows) if row[0] in ("META", "PROJECTS", "VOTES")]
    action = random.randrange(11)
    row = random.randrange(len(rows))
    at = random.randrange(len(rows[row]))
    said = f"row {row + 1}, cell {at + 1}"
    if action < 3:
        before = rows[row][at]
        rows[row][at] = number_near(random, before) if random.random() < 0.4 else nasty_text(random)
        said += f" is {rows[row][at][:40]!r}"
    elif action == 3:
        start = random.choice(heads)
        stop = next((place for place in heads if place > start), len(rows))
        part = rows[start:stop]
        del rows[start:stop]
        if random.random() < 0.5:
            place = random.choice((0, len(rows)))
            rows[place:place] = part * random.choice((1, 2))
        said = f"section {part[0][0]} is not there, elsewhere or there twice"
    elif action == 4:
        project = random.randrange(heads[1] + 2, heads[2])
        rows[project][1] = random.choice(COSTS)
        said = f"a cost is {rows[project][1][:30]!r}"
    elif action == 5:
        meta = random.randrange(2, heads[1])
        rows[meta][1] = random.choice((*COSTS, *KINDS, nasty_text(random)))
        said = f"{rows[meta][0]} is {rows[meta][1][:30]!r}"
    elif action == 6:
        vote = random.randrange(heads[2] + 2, len(rows))
        rows[vote][1] = random.choice(VOTES)
        said = f"a vote is {rows[vote][1][:30]!r}"
    elif action == 7:
        rows.insert(random.randrange(len(rows)), list(rows[row]))
        said = f"row {row + 1} is there twice"
    elif action == 8:
        del rows[row]
        said = f"row {row + 1} is not there"
    elif action == 9:
        rows[row] += [nasty_text(random)] * random.choice((1, 3)) + ["x"] * random.choice((0, 500))
        said = f"row {row + 1} is longer"
    else:
        kind = random.choice(OTHER_KEYS)
        rows.insert(random.randrange(2, heads[1]), [kind, random.choice((*COSTS, nasty_text(random)))])
        said = f"{kind} put in"
    return said, "\n".join(";".join(row) for row in rows) + "\n"


def election_misread(found: Scenario, text: str) -> str:
    """Return what an election that was accepted holds otherwise than its text says."""
    lines = [[cell.strip() for cell in _unquoted(line)] for line in re.split("\r\n|\r|\n", text)]
    rows = [line for line in lines if any(line)]
    names = ("meta", "projects", "votes")
    starts = {row[0].lower(): place for place, row in enumerate(rows) if row[0].lower() in names}
    if set(starts) != {"meta", "projects", "votes"}:
        return f"accepted with the sections {sorted(starts)}"
    parts = {name: _part(rows, place, sorted(starts.values())) for name, place in starts.items()}
    meta = {row[0]: ";".join(row[1:]).rstrip(";") for row in parts["meta"][1:] if len(row) > 1}
    heads, projects = parts["projects"][0], parts["projects"][1:]
    cost = heads.index("cost")
    given = {row[0]: Fraction(row[cost].replace(",", ".")) for row in projects}
    powers = found.case.tables["powers"]
    if len(given) != len(projects) or len(powers) != len(projects):
        return f"{len(projects)} rows of projects, {len(powers)} read"
    for name, hours in powers["listing_hours"].items():
        if float(given.get(str(name), -1)) != hours:
            return f"project {name} costs {given.get(str(name))}, read as {hours}"
    if found.policy.listing_hours_max != float(Fraction(meta["budget"].replace(",", "."))):
        return f"budget {meta['budget']}, read as {found.policy.listing_hours_max}"
    for name, counted in (("num_projects", projects), ("num_votes", parts["votes"][1:])):
        if name in meta and meta[name].isdecimal() and meta[name].lstrip("0") != str(len(counted) or ""):
            return f"{name} is {meta[name]}, {len(counted)} read"
    heads, votes = parts["votes"][0], parts["votes"][1:]
    at = heads.index("vote")
    chosen = {
        (row[0] if heads[0] == "voter_id" else str(number), project)
        for number, row in enumerate(votes, start=1) for project in row[at].split(",") if project
    }  # fmt: skip
    table = found.case.tables["votes"]
    read = set(zip(table["township"], table["power"], strict=True))
    if read != chosen:
        return f"votes {sorted(chosen ^ read)[:3]} written or read, not both"
    return "" if len(found.case.tables["townships"]) == len(votes) else f"{len(votes)} voters, not as many read"


def _part(rows: Sequence[list[str]], start: int, starts: list[int]) -> Rows:
    stop = next((place for place in starts if place > start), len(rows))
    return list(rows[start + 1 : stop])


def _unquoted(line: str) -> list[str]:
    quoted = re.compile('".*"', re.DOTALL)
    return [cell[1:-1].replace('""', '"') if quoted.fullmatch(cell) else cell for cell in line.split(";")]
