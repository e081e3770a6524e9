"""The post formulas side by side as a folder: a row for each township, a row for each formula, a text and a figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.rules.formulas_compared import formulas_compared, formulas_in_short
from devolve_opt.scenario import Scenario
from devolve_opt.views.files import write_bytes, write_figure, write_table, writing_to
from devolve_opt.views.page import padded
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
        tr(
            "Posts by each formula alone, made whole by {rounding}: no band, no cap on moves, no model.",
            rounding=policy.posts_rounding,
        ),
        tr("Only 6-2-1-1 is published; the other formulas are readings of their names (see scenarios/POLICY.md)."),
        tr(
            "moved: posts that townships gain; reserve: posts that counties keep; Gini: 0 where all townships are "
            "alike."
        ),
        "",
    ]
    headings = tr("formula|moved|reserve|gain|lose|largest|top load|Gini load|Gini posts/1,000|gains most, loses most")
    rows = [
        _row(
            row["formula"], f"{row['posts_moved']:,}", f"{row['reserve']:,}", f"{row['townships_gaining']:,}",
            f"{row['townships_losing']:,}", f"{row['change_max']:,}", _share(row["load_max"]),
            _figure(row["load_gini"]), _figure(row["posts_per_thousand_gini"]),
            joined([_whom(row["gains_most"], row["gains_most_posts"]),
                    _whom(row["loses_most"], row["loses_most_posts"])]),
        )
        for row in in_short.to_dict("records")
    ]  # fmt: skip
    return "\n".join([*head, _row(*headings.split("|")), *rows]) + "\n"


def _row(*cells: str) -> str:
    """Return a row of the table: the formula, figures, and who gains and loses most."""
    first, *figures, last = cells
    widths = (7, 9, 6, 6, 9, 10, 11, 18)
    row = "".join(padded(cell, -width) for cell, width in zip(figures, widths, strict=True))
    return f"{padded(first, 24)}{row}  {last}"


def _whom(township: str, posts: int) -> str:
    return f"{township} {posts:+,}" if township else tr("none")


def _share(value: float) -> str:
    return "-" if pd.isna(value) else f"{100 * value:.0f} %"


def _figure(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3f}"
