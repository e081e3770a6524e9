"""Figure of a team plan: what each team's hours go to."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from devolve_opt.instruments import TeamMode
from devolve_opt.language import tr
from devolve_opt.team_plan import TeamPlan
from devolve_opt.views import style
from devolve_opt.views.wording import count, percent

MOST_BARS = 60
"""Teams up to which each has a bar; above that each county has one."""

PARTS = {"work_hours": "called-in work", "travel_hours": "journeys", "spare_hours": "spare"}
"""What hours go to, by the column of the table; shown as `tr(words)`."""

MODES = {TeamMode.AREA: "area", TeamMode.ONE_TO_ONE: "one_to_one", TeamMode.BEST: "best"}
"""How teams sit; shown as `tr(MODES[mode])`."""


@style.drawing
def team_hours(plan: TeamPlan) -> Figure:
    """Draw the hours of the teams that are stationed or a township's own: called-in work, journeys, spare.

    A bar for each team, by county; for each county where there are more than 60 teams.
    """
    teams = plan.audit.teams
    busy = teams[teams["base"] != ""]
    by_county = len(busy) > MOST_BARS
    if by_county:
        names = list(PARTS)
        rows = busy.groupby("county", sort=False)[names].sum().clip(lower=0)
        labels = style.drawable_ids(list(map(str, rows.index)), "county")
    else:
        rows = busy.sort_values(["county", "team", "base"], kind="stable")
        labels = [_label(row) for row in rows[["county", "team", "base", "townships"]].to_dict("records")]
    height = 1.7 + 0.24 * max(4, len(rows))
    lead = style.sentences(
        tr(
            "Stationed or townships' own: {busy} of {teams} teams, mode {mode}.",
            busy=len(busy), teams=len(teams), mode=tr(MODES[plan.mode]),
        ),
        "" if by_county else tr("In brackets: townships served."),
    )  # fmt: skip
    gap = tr("proven cheapest") if plan.gap == 0 else tr("gap {gap}", gap=percent(plan.gap))
    foot = style.sentences(style.stated(plan.scenario.title, gap), tr("Hours for calls of townships only."))
    notice = style.drawn_notice(plan.scenario.case.synthetic)
    title = tr("Hours of area teams by county") if by_county else tr("Hours of area teams by team")
    canvas = style.canvas(title, lead, notice, foot, (9.0, height), top=0.35, bottom=0.5)
    axes = style.plain(
        canvas.figure.add_subplot(canvas.grid(1, 1, left=2.4)[0]), "", tr("officer-hours a year"), "", grid="x"
    )
    if rows.empty:
        style.say(axes, tr("No team is stationed."))
        return canvas.figure
    left = pd.Series(0.0, index=rows.index)
    places = range(len(rows))
    for name, colour in style.TEAM_HOUR_COLOURS.items():
        axes.barh(places, rows[name].clip(lower=0), left=left, color=colour, height=0.7)
        left = left + rows[name].clip(lower=0)
    axes.set_yticks(list(places), labels, parse_math=False)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    entries = [Patch(color=colour) for colour in style.TEAM_HOUR_COLOURS.values()]
    style.key(
        axes, entries, [tr(words) for words in PARTS.values()], loc="lower right", ncols=3, bbox_to_anchor=(1.0, 1.0)
    )
    return canvas.figure


def _label(row: dict) -> str:
    if row["team"]:
        text = tr("{county}  {team} at {base} ({townships})", **row)
    else:
        text = tr("{county}  {base}, its own ({townships})", **row)
    return style.drawable(text, count(row["townships"], "township"))
