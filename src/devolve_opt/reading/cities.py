"""A country's table of cities: one CSV file, read by the rules of a case's tables."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pandas as pd

from devolve_opt.errors import Fault, InputError
from devolve_opt.language import tr
from devolve_opt.reading.cells import distinct_ids, read_table
from devolve_opt.reading.checks import check_between
from devolve_opt.reading.raw import from_frame
from devolve_opt.reading.tables import frame_of
from devolve_opt.reading.text_files import read_csv
from devolve_opt.schema import country_schema

CITIES = "cities"
FILE = f"{CITIES}.csv"


def read_cities(folder: Path) -> tuple[pd.DataFrame, str]:
    """Return the cities of a country's folder, as `check_cities` does, and the SHA-256 of their file.

    Raises:
        InputError: listing every fault of the file, rows as a text editor counts them.
    """
    try:
        content = (folder / FILE).read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL byte is none
        message = tr(
            "cannot be read ({cause}); name a country's folder, with a file {file} in it.",
            cause=getattr(error, "strerror", error),
            file=FILE,
        )
        raise InputError([Fault(message, file=str(folder / FILE))]) from None
    raw, faults = read_csv(country_schema()[CITIES], FILE, content)
    if raw is None:
        raise InputError(faults)
    read, found = read_table(raw, {CITIES: distinct_ids(raw)})
    faults += [*found, *check_between({CITIES: read})]
    if faults:
        raise InputError(faults)
    return frame_of(read), sha256(content).hexdigest()


def check_cities(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cities indexed by id, typed: columns `name, province, counties, townships, subdistricts`.

    Raises:
        InputError: listing every fault of the frame, rows counted from 1.
    """
    raw, faults = from_frame(country_schema()[CITIES], frame)
    read, found = read_table(raw, {CITIES: distinct_ids(raw)})
    faults += [*found, *check_between({CITIES: read})]
    if faults:
        raise InputError(faults)
    return frame_of(read)
