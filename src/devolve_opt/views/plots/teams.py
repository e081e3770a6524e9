"""Figure of a team plan: what each team's hours go to."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from devolve_opt.team_plan import TeamPlan
from devolve_opt.views import style
from devolve_opt.views.wording import percent

MOST_BARS = 60
"""Teams up to which each has a bar; above that each county has one."""

_PARTS = (("work_hours", "called-in work", "#332288"), ("travel_hours", "journeys", "#DDCC77"),
          ("spare_hours", "spare", "#DDDDDD"))  # fmt: skip


def team_hours(plan: TeamPlan) -> Figure:
    """Draw the hours of the teams that are stationed or a township's own: called-in work, journeys, spare.

    A bar for each team, by county; for each county where there are more than 60 teams.
    """
    teams = plan.audit.teams
    busy = teams[teams["base"] != ""]
    by_county = len(busy) > MOST_BARS
    if by_county:
        names = [name for name, _, _ in _PARTS]
        rows = busy.groupby("county", sort=False)[names].sum().clip(lower=0)
        labels = style.drawable_ids(list(map(str, rows.index)), "county")
    else:
        rows = busy.sort_values(["county", "team", "base"], kind="stable")
        labels = [_label(row) for row in rows[["county", "team", "base", "townships"]].to_dict("records")]
    height = 1.7 + 0.24 * max(4, len(rows))
    lead = f"Stationed or townships' own: {len(busy)} of {len(teams)} teams, mode {plan.mode}."
    lead += "" if by_county else " In brackets: townships served."
    gap = "proven cheapest" if plan.gap == 0 else f"gap {percent(plan.gap)}"
    foot = f"{style.short_name(plan.scenario.title)}: {gap}. Hours for calls of townships only."
    notice = "SYNTHETIC DATA" if plan.scenario.case.synthetic else ""
    title = f"Hours of area teams by {'county' if by_county else 'team'}"
    canvas = style.canvas(title, lead, notice, foot, (9.0, height), top=0.35, bottom=0.5)
    axes = style.plain(
        canvas.figure.add_subplot(canvas.grid(1, 1, left=2.4)[0]), "", "officer-hours a year", "", grid="x"
    )
    if rows.empty:
        style.say(axes, "No team is stationed.")
        return canvas.figure
    left = pd.Series(0.0, index=rows.index)
    places = range(len(rows))
    for name, _, colour in _PARTS:
        axes.barh(places, rows[name].clip(lower=0), left=left, color=colour, height=0.7)
        left = left + rows[name].clip(lower=0)
    axes.set_yticks(list(places), labels)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(style.thousands))
    entries = [Patch(color=colour) for _, _, colour in _PARTS]
    style.key(axes, entries, [label for _, label, _ in _PARTS], loc="lower right", ncols=3, bbox_to_anchor=(1.0, 1.0))
    return canvas.figure


def _label(row: dict) -> str:
    team = f"{row['team']} at {row['base']}" if row["team"] else f"{row['base']}, its own"
    text = f"{row['county']}  {team} ({row['townships']})"
    return style.drawable(text, f"{row['townships']} townships")
