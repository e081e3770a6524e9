"""Folders of runs read back, and results that studies keep: manifests, tables and points spoilt."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
from pyarrow.parquet import read_table

from benchmarks.fuzzing.folders import HAND
from benchmarks.fuzzing.meanings import keys_misread
from benchmarks.fuzzing.mutations import nasty_text, spoilt_bytes, spoilt_tree
from benchmarks.fuzzing.trials import Reader, Trial
from benchmarks.instances import ROOT
from devolve_opt.case import Case
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.kept import keep, kept
from devolve_opt.studies.manifest import MANIFEST
from devolve_opt.studies.runs import read_run
from devolve_opt.studies.solving import solve
from devolve_opt.views.run_folder import manifest
from devolve_opt.views.tables import plan_tables
from devolve_opt.vocabulary import Method

DECIDED = ("workload", "officers", "stations", "guide_list", "take_up", "readiness", "posts")
"""Tables of a run from which its decisions are read."""


def spoilt_json(random: Random, text: str) -> tuple[str, bytes]:
    """Return what was done to a JSON file, and its bytes then."""
    kind = random.randrange(10)
    if kind < 2:
        return spoilt_bytes(random, text.encode())
    if kind == 2:
        levels = random.choice((100, 3_000, 100_000))
        nested = "[" * levels + "]" * levels, '{"a":' * levels + "1" + "}" * levels
        value = random.choice((*nested, "9" * levels, f"1e{levels}"))
        at = text.index(":", random.randrange(max(1, text.rindex(":")))) + 1
        return f"{value[:10]} ... of {levels} put in", (text[:at] + value + "," + '"x": ' + text[at:]).encode()
    said, tree = spoilt_tree(random, json.loads(text))
    return said, _json(tree).encode("utf-8", random.choice(("surrogatepass", "replace")))


def _json(value: Any) -> str:
    """Return a value as JSON, whether or not it may hold it."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        return json.dumps(_short(value), ensure_ascii=False, default=str).replace('"TOO LONG"', "9" * 5_000)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return "TOO LONG" if isinstance(value, int) and abs(value) > 10**4000 else value


class Runs(Reader):
    """The folder of a run, read back as a plan and compared."""

    name, share = "run", 4

    def __init__(self) -> None:
        self.case = Case.read(HAND)
        plan = solve(Scenario.read(ROOT / "scenarios" / "hand.toml"), method=Method.RATIO)
        self.tables = {name: table for name, table in plan_tables(plan).items() if name in DECIDED}
        self.text = json.dumps(manifest(plan), ensure_ascii=False, default=str)
        self.base = {
            MANIFEST: self.text.encode(),
            **{f"tables/{name}.parquet": _parquet(table) for name, table in self.tables.items()},
        }  # fmt: skip

    def draw(self, random: Random) -> Trial:
        """Return the folder of a run; its manifest or a table is spoilt."""
        changed: dict[str, bytes | None] = {}
        kind = random.randrange(10)
        if kind < 7:
            said, content = spoilt_json(random, self.text)
            changed[MANIFEST] = content
        else:
            name = random.choice(DECIDED)
            file = f"tables/{name}.parquet"
            if kind == 7:
                said, changed[file] = spoilt_bytes(random, self.base[file])
            elif random.random() < 0.1:
                said, changed[file] = "is not there", None
            else:
                said, frame = spoilt_frame(random, self.tables[name])
                changed[file] = _parquet(frame)
            said = f"{name}: {said}"
        if kind < 3:
            return Trial(f"compared, {said}", changed, lambda place: compare([place]), self.misshown)

        def misread(found: Plan) -> str:
            return self.misread(found, {**self.base, **changed})

        return Trial(said, changed, lambda place: read_run(place, self.case), misread)

    def misshown(self, found: pd.DataFrame) -> str:
        """Return what is wrong with the figures of a run that was accepted."""
        numbers: list[Any] = [found.iloc[:, 0].get(name) for name in ("objective", "rules_broken")]
        real = all(type(each) in (int, float) and math.isfinite(each) for each in numbers)
        return "" if real else f"accepted with objective and breaches {numbers!r:.80}"

    def misread(self, found: Plan, files: Mapping[str, bytes | None]) -> str:
        """Return what a plan that was read back holds otherwise than its files say."""
        written = json.loads(files[MANIFEST] or b"")
        stated = written["objective"]
        if not isinstance(stated, int | float) or isinstance(stated, bool) or not math.isfinite(stated):
            return f"accepted with the objective {stated!r:.60}"
        if abs(found.objective - stated) > 1e-5 * max(1.0, abs(stated)):
            return f"objective {stated}, read as {found.objective}"
        for name in ("method", "status"):
            if str(getattr(found, name)) != written[name]:
                return f"{name} {written[name]!r:.60}, read as {getattr(found, name)}"
        if found.bound != (math.inf if written["bound"] is None else written["bound"]):
            return f"bound {written['bound']!r:.60}, read as {found.bound}"
        wrong = keys_misread(found.scenario.policy, written["policy"], "policy")
        if wrong:
            return wrong
        for name, read in (("take_up", found.decisions.take_up), ("guide_list", found.decisions.guide_list)):
            # Without what pandas notes of its types, which may be damaged by itself.
            table = read_table(BytesIO(files[f"tables/{name}.parquet"] or b"")).to_pandas(ignore_metadata=True)
            if table[list(read.columns)].astype(str).to_numpy().tolist() != read.astype(str).to_numpy().tolist():
                return f"{name} is not as it was written"
        return ""


def spoilt_frame(random: Random, frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return what was done to a table, and the table then."""
    frame = frame.reset_index(drop=True)
    name = random.choice(list(frame.columns))
    action = random.randrange(8)
    if action == 0:
        return f"without {name}", frame.drop(columns=name)
    if action == 1:
        return "no rows", frame.iloc[:0]
    if action == 2:
        return "rows twice", pd.concat([frame, frame], ignore_index=True)
    if action == 3:
        more = nasty_text(random)[:50].replace("\ud800", "")
        return f"{name} is text", frame.assign(**{name: frame[name].astype(str) + more})
    if action == 4:
        return f"{name} is missing values", frame.assign(**{name: None})
    if action == 5:
        values = (0, -1, 3, 2.5, 1e300, math.inf, math.nan, 2**62, True, "A", "P1", "")
        return f"{name} is another value", frame.assign(**{name: random.choice(values)})
    if action == 6:
        return "rows the other way round", frame.iloc[::-1].reset_index(drop=True)
    return f"{name} are lists", frame.assign(**{name: pd.Series([[1]] * len(frame), dtype=object)})


def _parquet(frame: pd.DataFrame) -> bytes:
    written = BytesIO()
    frame.to_parquet(written, index=False)
    return written.getvalue()


POINT = {
    "value": 130.0, "status": "proven", "objective": 369.5, "bound": 369.6, "gap": 0.0005, "seconds": 1.25,
    "note": "注",
    "decisions": {"lists": [["P1", "base"]], "takers": {"P1": ["A", "B"]}},
}  # fmt: skip
KEY = "0f" * 32


class KeptPoints(Reader):
    """A point that a study kept: it comes back as it was, or is passed over and solved anew."""

    name, share = "kept", 10

    def __init__(self) -> None:
        self.base = {}

    def lay(self, place: Path) -> None:
        """Keep a sound point, as a study does."""
        keep(place / "point.json", KEY, 60.0, POINT)
        self.base = {"point.json": (place / "point.json").read_bytes()}

    def draw(self, random: Random) -> Trial:
        """Return a file of a point that is spoilt."""
        said, content = spoilt_json(random, self.base["point.json"].decode())
        limit = random.choice((None, 60.0, 10.0))

        def misread(found: Any) -> str:
            return "" if found is None or found == POINT else f"another point than was kept: {found!r:.200}"

        files = {"point.json": content}
        return Trial(said, files, lambda place: kept(place / "point.json", KEY, 0.001, limit), misread)
