"""The texts that figures show from tables of the code."""

from __future__ import annotations

from devolve_opt.rules.schedule import LIMITS
from devolve_opt.studies.sensitivity import MEASURES
from devolve_opt.views import style
from devolve_opt.views.plots import admission, alternatives, choice_rules, lists, offices, robust, runs, teams
from devolve_opt.views.plots.duties import GROUPS
from devolve_opt.views.plots.stations import KEPT
from devolve_opt.views.plots.stations import NAMES as STATIONS


def of_figures() -> set[str]:
    """Return what modules of figures hand to `tr` by the name of a table."""
    tables = [
        style.KINDS, admission.VERDICTS, admission.WANTS, alternatives.WORDS, alternatives.COUNTED, choice_rules.NAMES,
        offices.NEW, offices.TODAY, robust.UNCERTAIN_NAMES, runs.WITHOUT, MEASURES, STATIONS, teams.PARTS, teams.MODES,
    ]  # fmt: skip
    states = [words for words, _ in lists.TAKE_UP_STATES.values()]
    single = [*states, lists.TAKEN, *choice_rules.WHY_NONE, *GROUPS, *LIMITS, *KEPT, *style.NOUNS]
    return {*single, *(str(text) for table in tables for text in table.values())}
