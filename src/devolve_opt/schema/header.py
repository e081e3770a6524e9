"""The keys of a case's header, `case.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devolve_opt.version import SCHEMA_VERSION

HEADER_FILE = "case.toml"

AVAILABLE_HOURS = 1840.0
"""Default of `available_hours`, working hours a year of one person: 230 days of 8 hours.

Assumption: the 248 legal working days of 2025 (人社部发〔2025〕2号) less leave, training and sickness.
"""

SCHEMA_KEY = "schema_version"
"""What the format is called in a case, a scenario, a proposed duty and a run."""

HOURS_OF_A_YEAR = 8760.0
"""Most that `available_hours` may be."""


@dataclass(frozen=True)
class HeaderKey:
    """One key of the header; `default` is empty where the key must be given."""

    name: str
    kind: Literal["text", "boolean", "number", "version"]
    unit: str
    default: str
    chinese: str
    meaning: str


HEADER_KEYS = (
    HeaderKey("title", "text", "", "", "案例名称", "What is shown as the name of the case."),
    HeaderKey(
        "provenance", "text", "", "", "数据来源",
        "Where the data come from: sources, dates, and who put them together.",
    ),
    HeaderKey(
        "synthetic", "boolean", "", "", "是否合成数据",
        "true if the data are invented, false if they are real; shown wherever the data are shown.",
    ),
    HeaderKey(
        "available_hours", "number", "hours a year", f"{AVAILABLE_HOURS:g}", "每人全年工作时间",
        f"Working hours a year of one person, less leave and training; above 0, at most {HOURS_OF_A_YEAR:g}.",
    ),
    HeaderKey(
        SCHEMA_KEY, "version", "", f"{SCHEMA_VERSION}", "格式版本",
        "Format in which the case is written; older formats are read, newer ones refused.",
    ),
)  # fmt: skip
"""The keys of a header, in the order in which they are written."""
