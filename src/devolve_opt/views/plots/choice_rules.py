"""Figure of choice rules: whose choices each guide list holds, and what each list is worth."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from devolve_opt.language import tr
from devolve_opt.studies.choice_rules import IN_FORCE, LEXIMIN, PLAN, RATIO, ChoiceRules
from devolve_opt.views import style
from devolve_opt.views.wording import short_status
from devolve_opt.vocabulary import label

NAMES = {
    PLAN: "this plan", RATIO: "ratio rule", "approval": "most chosen", "pav": "PAV", "phragmen": "Phragmén",
    "equal_shares": "equal shares", LEXIMIN: "leximin",
}  # fmt: skip
"""What each rule is called; shown as `tr(NAMES[rule])`."""
WHY_NONE = (
    IN_FORCE, "stopped before it was solved", "proven: no plan keeps the rules with these powers alone",
)  # fmt: skip
"""Why a rule has no plan; shown as `tr(why)`."""
WHY_WIDTH = 36
"""Letters in a line of these words."""
MARKS = {PLAN: "o", RATIO: "s", "approval": "D", "pav": "^", "phragmen": "v", "equal_shares": "P", LEXIMIN: "X"}
"""Mark of each rule."""
SPREAD = 0.6
"""Height over which the marks of one category are spread."""


@style.drawing
def choice_rules_figure(found: ChoiceRules) -> Figure:
    """Draw the share of choices that each list holds, by category and for the township with least; beside it, where it
    was solved, what each list is worth, from the best plan found up to its bound.
    """
    solved = len(found.plans) > 1
    plan = found.plan
    foot = style.stated(plan.scenario.title, short_status(plan))
    foot += "\n" + tr("A listed choice need not be taken up.")
    if solved:
        lead = tr(
            "share of the last round's choices that are on the guide list, whichever list holds the power;\n"
            "right: the best plan with no power listed but the rule's, from what was found to what is not ruled out"
        )
    else:
        lead = tr("share of the last round's choices that are on the guide list, whichever list holds the power")
    # The narrow figure has no room for all rules in one line of its key.
    room = 0.75 if solved else 0.95
    canvas = style.canvas(
        tr("Whose choices are listed"), lead, style.drawn_notice(plan.scenario.case.synthetic), foot,
        (10.5 if solved else 7.0, 5.6), top=0.35, bottom=room,
    )  # fmt: skip
    right = {"width_ratios": (1.35, 1), "wspace": 0.42} if solved else {}
    grid = canvas.grid(1, 1 + solved, 1.35, 0.3, **right)
    marks = _shares(canvas.figure.add_subplot(grid[0, 0]), found)
    if solved:
        _worth(canvas.figure.add_subplot(grid[0, 1]), found)
    below = (canvas.bottom - room) / canvas.figure.get_size_inches()[1]
    names = [tr(NAMES[rule]) for rule in found.rules["rule"]]
    style.key(
        canvas.figure,
        marks,
        names,
        loc="lower center",
        ncols=len(marks) if solved else -(-len(marks) // 2),
        bbox_to_anchor=(0.5, below),
    )
    return canvas.figure


def _shares(axes: Axes, found: ChoiceRules) -> list:
    style.plain(axes, "", tr("share of choices listed"), "", "x")
    shares = found.categories.pivot(index="category", columns="rule", values="share")
    categories = list(dict.fromkeys(found.categories["category"]))
    sizes = found.categories.drop_duplicates("category").set_index("category")["townships"]
    least = found.rules.set_index("rule")["least_share"]
    rules = list(found.rules["rule"])
    offsets = np.linspace(-SPREAD / 2, SPREAD / 2, len(rules))
    for rule, offset in zip(rules, offsets, strict=True):
        colour, marker = style.CHOICE_RULE_COLOURS[rule], MARKS[rule]
        values = [*(shares.at[category, rule] for category in categories), least[rule]]
        axes.plot(values, np.arange(len(values)) + offset, linestyle="", marker=marker, markersize=5.5, color=colour)
    labels = [tr("{group} ({number})", group=label(category), number=sizes[category]) for category in categories]
    axes.set_yticks(range(len(labels) + 1), [*labels, tr("township\nwith least")])
    axes.axhline(len(labels) - 0.5, color=style.MIDDLE_GREY, linewidth=0.8)
    for row in range(len(labels) - 1):
        axes.axhline(row + 0.5, color=style.FAINT, linewidth=0.5)
    axes.set_ylim(len(labels) + 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return [style.dot(style.CHOICE_RULE_COLOURS[rule], marker=MARKS[rule]) for rule in rules]


def _worth(axes: Axes, found: ChoiceRules) -> None:
    style.plain(axes, "", tr("worth, staff-hours a year"), "", "x")
    rules = list(found.rules["rule"])
    worst = min(plan.objective for plan in found.plans.values())
    for row, rule in enumerate(rules):
        if rule not in found.plans:
            words = "\n".join(wrap(tr(found.none.get(rule, "")), WHY_WIDTH))
            axes.annotate(words, (worst, row), fontsize=7, va="center", color=style.SMALL_PRINT,
                          fontfamily=style.font(), annotation_clip=False, parse_math=False)  # fmt: skip
            continue
        plan, colour, marker = found.plans[rule], style.CHOICE_RULE_COLOURS[rule], MARKS[rule]
        if np.isfinite(plan.bound):
            axes.plot([plan.objective, plan.bound], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt")
        axes.plot([plan.objective], [row], marker=marker, markersize=6, color=colour)
    axes.set_yticks(range(len(rules)), [tr(NAMES[rule]) for rule in rules])
    axes.set_ylim(len(rules) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
