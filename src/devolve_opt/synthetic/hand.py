"""The hand case: three townships, five powers, small enough to be worked out with pencil and paper.

`models/hand/README.md` works out its optimum under `scenarios/hand.toml`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from devolve_opt.synthetic.frames import typed_tables


def hand_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of the hand case, the same for every seed."""
    townships = pd.DataFrame(
        {
            "name": ["甲镇", "乙镇", "丙镇"],
            "county": "C1",
            "category": ["county_seat", "central", "general"],
            "population": 20_000,
            "area_km2": 100.0,
            "gdp": 50_000.0,
            "fiscal_revenue": 1_000.0,
            "posts": 10,
            "staff_in_post": 10,
            "certified_officers": [3, 3, 1],
            "statutory_hours": [17_000.0, 12_000.0, 16_000.0],
            "statutory_officer_hours": 1_000.0,
        },
        index=["A", "B", "D"],
    )
    powers = pd.DataFrame(
        {
            "name": ["占道经营处罚", "乱倒垃圾处罚", "临时占绿许可", "承包证初审", "限制人身自由"],
            "type": ["penalty", "penalty", "permit", "other", "penalty"],
            "field": ["F1", "F1", "F2", "F2", "F1"],
            "entrustable": [False, False, True, False, False],
            "restricts_liberty": [False, False, False, False, True],
            "simple_hours": 0.0,
            "ordinary_hours": [40.0, 40.0, 5.0, 4.0, 40.0],
            "upkeep_hours": [30.0, 50.0, 20.0, 20.0, 10.0],
            "support_hours": [10.0, 10.0, 5.0, 5.0, 5.0],
        },
        index=["P1", "P2", "P3", "P4", "P5"],
    )
    powers["holder"], powers["in_directory"] = "county", True
    rounds = {
        ("A", "P1"): 3, ("A", "P2"): 3, ("A", "P3"): 2, ("A", "P5"): 3,
        ("B", "P1"): 2, ("B", "P3"): 3, ("B", "P4"): 1, ("B", "P5"): 3,
        ("D", "P1"): 1, ("D", "P3"): 3, ("D", "P4"): 3, ("D", "P5"): 3,
    }  # fmt: skip
    votes = pd.DataFrame(
        [
            {"township": township, "power": power, **{f"round_{number}": number <= met for number in (1, 2, 3)}}
            for (township, power), met in rounds.items()
        ]
    )
    cases = pd.DataFrame(
        [("A", "P1", 2.0), ("B", "P3", 10.0), ("D", "P3", 20.0)], columns=["township", "power", "cases"]
    )
    return typed_tables(
        {
            "counties": pd.DataFrame({"name": ["试验县"]}, index=["C1"]),
            "townships": townships,
            "fields": pd.DataFrame(
                {"name": ["城市管理", "民政农业"], "readiness_hours": [100.0, 50.0], "needs_officers": [True, False]},
                index=["F1", "F2"],
            ),
            "powers": powers,
            "votes": votes,
            "cases": cases,
        }
    )


def hand_header() -> dict[str, Any]:
    """Return title and provenance of the hand case."""
    return {
        "title": "Hand case (3 townships, 5 powers)",
        "provenance": "Invented so that the optimum can be worked out by hand; see README.md beside it.",
        "synthetic": True,
    }
