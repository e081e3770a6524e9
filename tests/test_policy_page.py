"""The page on the policy's keys says what the policy says, and the page in `scenarios/` is up to date."""

from __future__ import annotations

from devolve_opt.policy import Policy
from devolve_opt.prices import Prices
from devolve_opt.views.policy_page import policy_page
from modelling import ROOT

PAGE = ROOT / "scenarios" / "POLICY.md"


def row(name: str) -> list[str]:
    line = next(line for line in policy_page().splitlines() if line.startswith(f"| `{name}` |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_is_up_to_date():
    assert PAGE.read_bytes().decode("utf-8") == policy_page(), "run `make models`"


def test_every_key_stands_on_it_with_unit_source_and_meaning():
    for name in [*Policy.model_fields, *Prices.model_fields]:
        if name != "prices":
            assert all(row(name)[3:]), name


def test_a_key_says_its_default_and_its_range():
    said = ["130", "at least 0, at most 100000", "powers<br>项", "the city's report<br>本市报告"]
    assert row("guide_list_max")[1:5] == said
    assert row("wall_share")[1:3] == ["1", "above 0, at most 10"]
    assert row("hearing_powers_stay")[1] == "true"
    assert row("until")[4] == "assumption<br>假设"
