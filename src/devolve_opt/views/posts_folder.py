"""The post formulas side by side as a folder: a row for each township, a row for each formula, a text and a figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from devolve_opt.rules.formulas_compared import formulas_compared, formulas_in_short
from devolve_opt.scenario import Scenario
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.plots.formulas import formulas_figure

IN_SHORT = "formulas.csv"
"""The file by which such a folder is known."""


def write_posts(scenario: Scenario, folder: str | Path) -> Path:
    """Write the comparison of the post formulas for a scenario; each file is complete or is not there.

    Args:
        scenario: case and policy.
        folder: where; `posts.csv` (formula, township), `formulas.csv` (formula), both as Parquet too, `formulas.txt`,
            `formulas.png` and `formulas.svg` are written.

    Returns:
        The folder.

    Raises:
        InputError: if the folder cannot be written.
    """
    folder = Path(folder)
    compared = formulas_compared(scenario.data, scenario.policy)
    in_short = formulas_in_short(scenario.data, scenario.policy, compared)
    text, figure = posts_text(scenario, in_short), formulas_figure(compared, in_short, scenario)
    tables = {"posts": compared, Path(IN_SHORT).stem: in_short}
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            write_table(folder / name, table.assign(synthetic=scenario.case.synthetic))
        write_bytes(folder / "formulas.txt", text.encode())
        write_figure(folder / "formulas", figure)
    return folder


def posts_text(scenario: Scenario, in_short: pd.DataFrame | None = None) -> str:
    """Return the formulas as a small table in plain text, with units, readings and the notice of the data.

    Args:
        scenario: case and policy.
        in_short: what `formulas_in_short` returned for them, if it is at hand.
    """
    if in_short is None:
        in_short = formulas_in_short(scenario.data, scenario.policy)
    policy = scenario.policy
    head = [scenario.title, *([scenario.case.notice] if scenario.case.notice else [])]
    head += [
        f"Posts by each formula alone, made whole by {policy.posts_rounding}: no band, no cap on moves, no model.",
        "Only 6-2-1-1 is published; the other formulas are readings of their names (see scenarios/POLICY.md).",
        "moved: posts that townships gain; reserve: posts that counties keep; Gini: 0 where all townships are alike.",
        "",
    ]
    headings = f"{'formula':<24}{'moved':>7}{'reserve':>9}{'gain':>6}{'lose':>6}{'largest':>9}{'top load':>10}"
    headings += f"{'Gini load':>11}{'Gini posts/1,000':>18}  gains most, loses most"
    rows = [
        f"{row['formula']:<24}{row['posts_moved']:>7,}{row['reserve']:>9,}{row['townships_gaining']:>6,}"
        f"{row['townships_losing']:>6,}{row['change_max']:>9,}{_share(row['load_max']):>10}"
        f"{_figure(row['load_gini']):>11}{_figure(row['posts_per_thousand_gini']):>18}  "
        f"{_whom(row['gains_most'], row['gains_most_posts'])}, {_whom(row['loses_most'], row['loses_most_posts'])}"
        for row in in_short.to_dict("records")
    ]
    return "\n".join([*head, headings, *rows]) + "\n"


def _whom(township: str, posts: int) -> str:
    return f"{township} {posts:+,}" if township else "none"


def _share(value: float) -> str:
    return "-" if pd.isna(value) else f"{100 * value:.0f} %"


def _figure(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3f}"
