"""How figures look: one colour for each category, list and term, one place for title, notice and proof.

Colours are Okabe and Ito's (categories, lists) and Tol's muted ones (terms), made for colour-blind readers. Figures are
plain `matplotlib.figure.Figure` objects: no pyplot, no global state, no display needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.views.wording import short_status
from devolve_opt.vocabulary import BASE_LIST, Category, Term

CATEGORY_COLOURS: dict[str, str] = {
    Category.COUNTY_SEAT: "#D55E00",
    Category.CENTRAL: "#0072B2",
    Category.KEY: "#009E73",
    Category.CHARACTERISTIC: "#CC79A7",
    Category.GENERAL: "#E69F00",
    Category.SUBDISTRICT: "#6E6E6E",
}
LIST_COLOURS: dict[str, str] = {BASE_LIST: "#222222", **CATEGORY_COLOURS}
TERM_COLOURS: dict[str, str] = dict(
    zip(
        map(str, Term),
        (
            "#117733",
            "#44AA99",
            "#882255",
            "#CC6677",
            "#DDCC77",
            "#999933",
            "#332288",
            "#AA4499",
            "#88CCEE",
            "#661100",
            "#6699CC",
            "#888888",
            "#AA7744",
            "#EE8866",
            "#E69F00",
            "#0072B2",
        ),
        strict=True,
    )
)  # fmt: skip
"""Colour of each category, list and term; the keys are their words."""

THIS_PLAN, RATIO_RULE, TODAY, WARNING = "#1B4F8A", "#E08214", "#9A9A9A", "#B2182B"
"""Colour of the plan at hand, of the ratio rule's plan, of what is today, and of limits."""

FAINT, TEXT = "#DDDDDD", "#222222"
FONT = "DejaVu Sans"
LONGEST_NAME = 60


@dataclass(frozen=True)
class Canvas:
    """A figure with its title and foot, and the room between them.

    Attributes:
        figure: the figure.
        top, bottom: inches kept for the title and for the foot.
    """

    figure: Figure
    top: float
    bottom: float

    def grid(self, rows: int, columns: int, left: float = 0.9, right: float = 0.3, **options: Any) -> GridSpec:
        """Return a grid for axes between title and foot; `left` and `right` are margins in inches."""
        width, height = self.figure.get_size_inches()
        return self.figure.add_gridspec(
            rows, columns, left=left / width, right=1 - right / width,
            bottom=self.bottom / height, top=1 - self.top / height, **options,
        )  # fmt: skip


def canvas(
    title: str, lead: str, notice: str, foot: str, size: tuple[float, float], top: float = 0.35, bottom: float = 0.45
) -> Canvas:
    """Return an empty figure with a title, a sentence under it, the notice of invented data, and a foot.

    Args:
        title: what is shown, with its unit.
        lead: how to read it, or what it says; may have several lines.
        notice: words for invented data; drawn in red at the head, nothing if empty.
        foot: small print, such as status and gap.
        size: width and height, inches.
        top: inches that the axes need above for titles and labels of their own.
        bottom: the same below.
    """
    figure = Figure(figsize=size, facecolor="white")
    width, height = size
    words: dict[str, Any] = {"fontfamily": FONT, "color": TEXT, "ha": "left", "parse_math": False}
    figure.text(0.12 / width, 1 - 0.12 / height, title, va="top", fontsize=13, fontweight="bold", **words)
    figure.text(0.12 / width, 1 - 0.42 / height, lead, va="top", fontsize=9, linespacing=1.35, **words)
    figure.text(0.12 / width, 0.1 / height, foot, va="bottom", fontsize=7.5, **{**words, "color": "#555555"})
    if notice:
        figure.text(
            1 - 0.12 / width, 1 - 0.14 / height, notice, va="top", fontsize=10, fontweight="bold",
            **{**words, "color": WARNING, "ha": "right"},
        )  # fmt: skip
    lines = lead.count("\n") + 1 if lead else 0
    return Canvas(figure, 0.45 + 0.18 * lines + top, 0.18 + 0.14 * (foot.count("\n") + 1) + bottom)


def plan_canvas(plan: Plan, title: str, lead: str, size: tuple[float, float], note: str = "", **room: float) -> Canvas:
    """Return a `canvas` for a figure of a plan: the foot tells scenario, status and gap, then `note`."""
    status = f"{short_name(plan.scenario.title)}: {short_status(plan)}"
    foot = "\n".join(f"{part}." for part in (status, note) if part)
    return canvas(title, lead, drawn_notice(plan.scenario), foot, size, **room)


def drawn_notice(scenario: Scenario) -> str:
    """Return the notice of invented data as a figure shows it, or nothing."""
    return "SYNTHETIC DATA" if scenario.case.synthetic else ""


def short_name(title: str) -> str:
    """Return a scenario's title as a figure's foot has room for it."""
    name = drawable(title, "scenario")
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."


def drawable(text: object, instead: str = "?") -> str:
    """Return the text if the figures' font has every character of it, else `instead`: never a box for a letter."""
    known = _characters()
    return str(text) if all(ord(character) in known for character in str(text)) else instead


def drawable_ids(ids: Sequence[str], kind: str) -> list[str]:
    """Return ids as figures can draw them; one that the font cannot write becomes its kind and place, `field 3`."""
    return [drawable(name, f"{kind} {number}") for number, name in enumerate(ids, start=1)]


@cache
def _characters() -> frozenset[int]:
    return frozenset(FT2Font(findfont(FontProperties(family=FONT))).get_charmap())


def plain(axes: Axes, title: str = "", x_label: str = "", y_label: str = "", grid: str = "") -> Axes:
    """Give axes the house look: no box, small labels, a faint grid along `x`, `y` or `both`."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#888888")
    axes.tick_params(labelsize=8, color="#888888", labelcolor=TEXT, labelfontfamily=FONT)
    words: dict[str, Any] = {"fontfamily": FONT, "color": TEXT, "parse_math": False}
    axes.set_title(title, loc="left", fontsize=9.5, **words)
    axes.set_xlabel(x_label, fontsize=8.5, **words)
    axes.set_ylabel(y_label, fontsize=8.5, **words)
    if grid:
        axes.grid(axis=grid, color=FAINT, linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)
    return axes


def say(axes: Axes, text: str) -> None:
    """Write a sentence in the middle of axes that have nothing to show."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=10, color="#555555",
              fontfamily=FONT, parse_math=False)  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])


def key(axes: Axes | Figure, entries: Sequence[Artist], labels: Sequence[str], **place: Any) -> None:
    """Draw a legend without a frame."""
    axes.legend(list(entries), list(labels), frameon=False, prop={"family": FONT, "size": 8}, **place)


def dot(colour: str, hollow: bool = False, marker: str = "o", size: float = 5) -> Line2D:
    """Return a legend's mark."""
    return Line2D([], [], linestyle="", marker=marker, markersize=size, markeredgecolor=colour,
                  markerfacecolor="white" if hollow else colour)  # fmt: skip


def thousands(value: float, position: object = None) -> str:
    """Return a tick label with separated thousands."""
    return f"{value:,.0f}"
