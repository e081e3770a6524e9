"""`fuzz`: broken, hostile and odd input for every reader, counted; each must be read as it was written, or refused.

Nothing hangs on time or machine: an input hangs on the seed and its number alone.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.instances import ROOT
from benchmarks.process import measured
from benchmarks.results import last_line, out, ready_to_write, show, write_csv
from devolve_opt.errors import Fault, InputError, did_you_mean

STRETCH = 1_000
"""Inputs that one process tries."""
LONGEST = 1_800.0
"""Seconds for one stretch, after which its process is ended."""
OUTCOMES = ("accepted", "refused", "crashed", "misread", "mute", "wrote", "slow")
"""What may come of an input; the first two are as they should be."""


def main(
    inputs: Annotated[int, typer.Option(help="Inputs in all, shared out between the readers.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the inputs.", min=0)] = 1,
    readers: Annotated[str, typer.Option(help="Readers, by name; all of them if left out.")] = "",
    seconds: Annotated[float, typer.Option(help="Seconds that a reader may take for one input.", min=0.1)] = 5.0,
    guided: Annotated[bool, typer.Option(help="Let libFuzzer (atheris) choose, by the code that is reached.")] = False,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("build/benchmarks/fuzz"),
) -> None:
    """Try every reader on input that is broken, hostile or odd: it is read as written, or refused with a reason.

    What is neither is a defect: its files are kept, and the command fails.
    """
    from benchmarks.fuzzing.readers import READERS, shared_out

    names = [name.strip() for name in readers.split(",")] if readers else list(READERS)
    unknown = [name for name in names if name not in READERS]
    if unknown:
        raise InputError([Fault(f"no such reader.{did_you_mean(name, READERS)}", column="--readers", value=name)
                          for name in unknown])  # fmt: skip
    if guided and importlib.util.find_spec("atheris") is None:
        raise InputError([Fault("takes atheris: pip install -e '.[fuzz]'.", column="--guided")])
    ready_to_write(folder)
    tried = guided_reader if guided else campaign
    rows = []
    for name, number in shared_out(inputs, names).items():
        rows.append({"reader": name, **tried(name, number, seed, seconds, folder)})
        out.print(f"{name}: {rows[-1]['inputs']:,} inputs, {len(rows[-1]['defects'])} defects", markup=False)
    frame = pd.DataFrame([{key: value for key, value in row.items() if key != "defects"} for row in rows])
    write_csv(folder / "fuzz.csv", frame)
    show("Broken, hostile and odd input", frame)
    defects = [{"reader": row["reader"], **each} for row in rows for each in row["defects"]]
    for each in defects:
        said = f"{each['reader']} {each['number']}: {each['outcome']}: {each['note']} ({each['kind']})"
        out.print(said, markup=False)
    whole = {name: int(frame[name].sum()) for name in ("inputs", "accepted", "refused")}
    print(last_line({"benchmark": "fuzz", **whole, "defects": len(defects), "slowest": frame["slowest"].max(),
                     "seconds": frame["seconds"].sum()}), flush=True)  # fmt: skip
    if defects:
        raise typer.Exit(1)


def campaign(name: str, inputs: int, seed: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Return what came of so many inputs of a reader; a process that dies, or has to be ended, counts as a crash."""
    reports, died = [], []
    with tempfile.TemporaryDirectory() as place:
        progress = Path(place) / "number"
        stretches = [(start, min(start + STRETCH, inputs)) for start in range(0, inputs, STRETCH)]
        while stretches:
            start, stop = stretches.pop(0)
            asked = {"reader": name, "seed": seed, "start": start, "stop": stop, "seconds": seconds,
                     "progress": str(progress), "folder": str(folder.resolve())}  # fmt: skip
            report = measured("fuzz", asked, LONGEST)
            if report["status"] == "done":
                reports.append(report)
                continue
            if not progress.exists():
                raise RuntimeError(f"{name}: {report['status']}, {report['note']}")
            number = int(progress.read_text(encoding="utf-8"))
            died.append({"number": number, "kind": "ended its process", "outcome": "crashed", "note": report["note"]})
            around = ((start, number), (number + 1, stop))
            stretches = [(one, other) for one, other in around if one < other] + stretches
    return summed(reports, died)


def summed(reports: list[dict[str, Any]], died: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the reports of all stretches as one row."""
    counts: Counter[str] = Counter({"crashed": len(died)})
    for report in reports:
        counts.update({name: int(number) for name, number in report["counts"].items()})
    return {
        "inputs": sum(counts.values()), **{name: counts[name] for name in OUTCOMES},
        "slowest": max((report["slowest"] for report in reports), default=0.0),
        "seconds": sum(report["seconds"] for report in reports),
        "defects": [each for report in reports for each in report["defects"]] + died,
    }  # fmt: skip


def guided_reader(name: str, inputs: int, seed: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Return what came of so many inputs that libFuzzer chose for a reader."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.json"
        arguments = [name, str(inputs), str(seed), str(seconds), str(report), str(folder.resolve())]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzzing.guided", *arguments], cwd=ROOT, capture_output=True, text=True,
            encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
        if not report.exists():
            raise RuntimeError(f"{name}: {done.stderr.strip()[-300:]}")
        found = json.loads(report.read_text(encoding="utf-8"))
    died = []
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        died.append({"number": sum(found["counts"].values()) + 1, "kind": "ended its process", "outcome": "crashed",
                     "note": "".join(said)})  # fmt: skip
    return summed([found], died)
