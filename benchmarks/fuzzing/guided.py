"""The same inputs, drawn from what libFuzzer offers: it keeps what reaches new code, and goes on from there.

`python -m benchmarks fuzz --guided` runs it, in a process of its own for each reader, which libFuzzer itself ends.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32


class OfBytes(Random):
    """Choices made by bytes; where they end, by chance that hangs on them."""

    def __init__(self, data: bytes):
        super().__init__(crc32(data))
        self._data, self._place = data, 0

    def getrandbits(self, k: int) -> int:
        """Return a number of so many bits."""
        size = (k + 7) // 8
        part = self._data[self._place : self._place + size]
        if len(part) < size:
            return super().getrandbits(k)
        self._place += size
        return int.from_bytes(part, "little") & ((1 << k) - 1)

    def random(self) -> float:
        """Return a share below 1."""
        return self.getrandbits(24) / (1 << 24)


def main(name: str, runs: int, seed: int, seconds: float, report: Path, folder: Path) -> None:
    """Try a reader on so many inputs; counts and defects stand in the file `report` after every hundred."""
    import atheris

    with atheris.instrument_imports(include=["devolve_opt", "openpyxl", "tomllib", "csv", "json"]):
        from benchmarks.fuzzing.campaign import save
        from benchmarks.fuzzing.readers import READERS
        from benchmarks.fuzzing.trials import SOUND, judge

    reader = READERS[name]()
    place = TemporaryDirectory()
    reader.lay(Path(place.name))
    counts: Counter[str] = Counter()
    defects: list[dict[str, Any]] = []
    began = time.monotonic()
    slowest = 0.0

    def one(data: bytes) -> None:
        nonlocal slowest
        trial = reader.draw(OfBytes(data))
        verdict = judge(reader, trial, Path(place.name), "en", seconds)
        counts[verdict.outcome] += 1
        slowest = max(slowest, verdict.seconds)
        number = sum(counts.values())
        if verdict.outcome not in SOUND and len(defects) < 100:
            defects.append({"number": number, "kind": trial.kind[:300], "outcome": verdict.outcome,
                            "note": verdict.note})  # fmt: skip
            save(trial, folder / f"{name}-guided-{seed}-{number}")
        if number % 100 == 0 or number >= runs or verdict.outcome not in SOUND:
            report.write_text(json.dumps({
                "status": "done", "seconds": time.monotonic() - began, "counts": dict(counts), "slowest": slowest,
                "defects": defects,
            }), encoding="utf-8")  # fmt: skip

    # Its own alarm would get in the way of the judge's.
    atheris.Setup(["fuzz", f"-runs={runs}", f"-seed={seed}", "-max_len=512", "-len_control=0", "-timeout=0",
                   "-handle_alrm=0", "-rss_limit_mb=4096", "-verbosity=0"], one)  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]), Path(sys.argv[6]))
