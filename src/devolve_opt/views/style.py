"""How figures look: one colour for each category, list and term, one place for title, notice and proof.

Colours are Okabe and Ito's (categories, lists) and Tol's muted ones (terms), made for colour-blind readers. Figures are
plain `matplotlib.figure.Figure` objects: no pyplot, no global state, no display needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.text import Text

from devolve_opt.language import chosen, language, speaking, tr
from devolve_opt.plan import Plan
from devolve_opt.views import fonts
from devolve_opt.views.page import display_width
from devolve_opt.views.wording import short_status
from devolve_opt.vocabulary import BASE_LIST, Category, Platform, StationStatus, Term

VERMILION, BLUE, GREEN, PINK, ORANGE, YELLOW = "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#F0E442"
CHARCOAL, SMALL_PRINT, GREY, AXIS, MIDDLE_GREY = "#444444", "#555555", "#6E6E6E", "#888888", "#BBBBBB"
FAINT, PALE, TEXT = "#DDDDDD", "#ECECEC", "#222222"
"""Hues, and greys from dark to light; no other module of figures has colours of its own."""

CATEGORY_COLOURS: dict[str, str] = {
    Category.COUNTY_SEAT: VERMILION,
    Category.CENTRAL: BLUE,
    Category.KEY: GREEN,
    Category.CHARACTERISTIC: PINK,
    Category.GENERAL: ORANGE,
    Category.SUBDISTRICT: GREY,
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

PLAN_LIGHT, UNPROVEN, UNPROVEN_STEP, RATIO_RULE_PALE = "#6BAED6", "#E6EDF5", "#C9D8EA", "#F3D2A5"
"""Lighter shades: what is half of the plan, what lies between plan and bound, between least and most, and what lies
between the plan and the ratio rule's.
"""

PLATFORM_COLOURS: dict[str, str] = dict(zip(map(str, Platform), (BLUE, GREEN, VERMILION, PINK), strict=True))
STATION_COLOURS: dict[str, str] = {
    StationStatus.COUNTY: TODAY,
    StationStatus.MANAGED: RATIO_RULE,
    StationStatus.DEVOLVED: THIS_PLAN,
}
CHOICE_RULE_COLOURS: dict[str, str] = {
    "plan": THIS_PLAN, "ratio": RATIO_RULE, "approval": "#7A7A7A", "pav": "#2A8C6B", "phragmen": "#8A4FA3",
    "equal_shares": "#C2477F", "leximin": "#B8860B",
}  # fmt: skip
TEAM_HOUR_COLOURS: dict[str, str] = {"work_hours": "#332288", "travel_hours": "#DDCC77", "spare_hours": FAINT}
"""Colour of each platform, of whose a station is, of each choice rule, and of what the hours of teams go to."""

Given = ParamSpec("Given")
CHINESE_SPACING = 1.5
"""Height of a line of Chinese, in heights of a Latin letter with its parts below the line."""
LONGEST_NAME = 60
"""Columns of a title or name in the small print at most; a Chinese character takes two."""


def drawing(draw: Callable[Given, Figure]) -> Callable[Given, Figure]:
    """Let a figure speak what it can write, Chinese only where there is a font for it; lines of Chinese stand apart."""

    @wraps(draw)
    def drawn(*args: Given.args, **options: Given.kwargs) -> Figure:
        with speaking("en" if fonts.chinese_family() is None else language()):
            figure = draw(*args, **options)
            if language() == "zh":
                for text in figure.findobj(lambda each: isinstance(each, Text) and "\n" in each.get_text()):
                    text.set(linespacing=CHINESE_SPACING)
            return figure

    return drawn


def font() -> list[str]:
    """Return the families of every text in figures, as `fonts.families` does."""
    return fonts.families()


def noun(word: str) -> str:
    """Return a word that stands alone, such as at an axis: one of `NOUNS` as told there, else as `tr` has it."""
    return chosen(NOUNS[word], word) if word in NOUNS else tr(word)


def sentences(*parts: str) -> str:
    """Return whole sentences one after the other, those that are empty left out."""
    return chosen("", " ").join(part for part in parts if part)


KINDS = {
    "category": "category {number}", "county": "county {number}", "duty": "duty {number}", "field": "field {number}",
    "function": "function {number}", "township": "township {number}",
}  # fmt: skip
"""What something is called that no font can write, by its kind; shown as `tr(KINDS[kind])`."""


NOUNS = {
    "powers": "权力", "posts": "编制", "townships": "乡镇", "stations": "派驻机构", "offices": "办公室",
    "officers": "执法人员", "take-ups": "承接",
}  # fmt: skip
"""What is counted, in Chinese, where the word stands alone at an axis; as a unit after a number it is another word."""


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
    words: dict[str, Any] = {"fontfamily": font(), "color": TEXT, "ha": "left", "parse_math": False}
    figure.text(0.12 / width, 1 - 0.12 / height, title, va="top", fontsize=13, **{**words, **fonts.bold(title)})
    figure.text(0.12 / width, 1 - 0.42 / height, lead, va="top", fontsize=9, linespacing=1.35, **words)
    figure.text(0.12 / width, 0.1 / height, foot, va="bottom", fontsize=7.5, **{**words, "color": SMALL_PRINT})
    if notice:
        figure.text(
            1 - 0.12 / width, 1 - 0.14 / height, notice, va="top", fontsize=10,
            **{**words, **fonts.bold(notice), "color": WARNING, "ha": "right"},
        )  # fmt: skip
    lines = lead.count("\n") + 1 if lead else 0
    line = 0.17 if language() == "zh" else 0.14
    return Canvas(figure, 0.45 + 0.18 * lines + top, 0.18 + line * (foot.count("\n") + 1) + bottom)


def plan_canvas(plan: Plan, title: str, lead: str, size: tuple[float, float], note: str = "", **room: float) -> Canvas:
    """Return a `canvas` for a figure of a plan: the foot tells scenario, status and gap, then `note`."""
    foot = stated(plan.scenario.title, short_status(plan))
    if note:
        foot += "\n" + tr("{sentence}.", sentence=note)
    return canvas(title, lead, drawn_notice(plan.scenario.case.synthetic), foot, size, **room)


def stated(title: str, status: str) -> str:
    """Return a scenario's title and how far what is shown is proven, as the first sentence of a foot."""
    return tr("{title}: {status}.", title=short_name(title), status=status)


def drawn_notice(synthetic: bool) -> str:
    """Return the notice of invented data as a figure shows it, or nothing."""
    return tr("SYNTHETIC DATA") if synthetic else ""


def short_name(title: str) -> str:
    """Return a scenario's title as a figure's foot has room for it."""
    name = drawable(title, tr("scenario"))
    if display_width(name) <= LONGEST_NAME:
        return name
    while display_width(name) > LONGEST_NAME - 3:
        name = name[:-1]
    return name + "..."


def drawable(text: object, instead: str = "?") -> str:
    """Return the text if the figures' fonts have every character of it, else `instead`: never a box for a letter."""
    return str(text) if fonts.writable(str(text)) else instead


def shortened(text: str, most: int) -> str:
    """Return a text of so many characters at most; where some are left out, it ends in an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def drawable_ids(ids: Sequence[str], kind: str) -> list[str]:
    """Return ids as figures can draw them; one that no font can write becomes its kind and place, `field 3`.

    `kind` is one of `KINDS`.
    """
    return [drawable(name, tr(KINDS[kind], number=number)) for number, name in enumerate(ids, start=1)]


def plain(axes: Axes, title: str = "", x_label: str = "", y_label: str = "", grid: str = "") -> Axes:
    """Give axes the house look: no box, small labels, a faint grid along `x`, `y` or `both`."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(AXIS)
    axes.tick_params(labelsize=8, color=AXIS, labelcolor=TEXT, labelfontfamily=font())
    words: dict[str, Any] = {"fontfamily": font(), "color": TEXT, "parse_math": False}
    axes.set_title(title, loc="left", fontsize=9.5, **words)
    axes.set_xlabel(x_label, fontsize=8.5, **words)
    axes.set_ylabel(y_label, fontsize=8.5, **words)
    if grid:
        axes.grid(axis=grid, color=FAINT, linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)
    return axes


def say(axes: Axes, text: str) -> None:
    """Write a sentence in the middle of axes that have nothing to show."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=10, color=SMALL_PRINT,
              fontfamily=font(), parse_math=False)  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])


def key(axes: Axes | Figure, entries: Sequence[Artist], labels: Sequence[str], **place: Any) -> None:
    """Draw a legend without a frame."""
    axes.legend(list(entries), list(labels), frameon=False, prop={"family": font(), "size": 8}, **place)


def dot(colour: str, hollow: bool = False, marker: str = "o", size: float = 5) -> Line2D:
    """Return a legend's mark."""
    return Line2D([], [], linestyle="", marker=marker, markersize=size, markeredgecolor=colour,
                  markerfacecolor="white" if hollow else colour)  # fmt: skip


def shades(number: int) -> list[str]:
    """Return colours for what comes one after the other, such as batches, from dark to light."""
    return [to_hex(colormaps["viridis"](0.15 + 0.75 * step / max(1, number - 1))) for step in range(number)]


def thousands(value: float, position: object = None) -> str:
    """Return a tick label with separated thousands."""
    return f"{value:,.0f}"
