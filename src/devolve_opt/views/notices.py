"""What a scenario holds and does not count: told before it is solved, and with the plan."""

from __future__ import annotations

from devolve_opt.language import chosen, joined, tr
from devolve_opt.scenario import Scenario
from devolve_opt.views.wording import count
from devolve_opt.vocabulary import BASE_LIST, label


def guide_rows_not_counted(scenario: Scenario) -> list[str]:
    """Return a line where rows of the guide list in force stand on lists that the policy does not have; else none."""
    lists = scenario.data.guide_list["list"].astype(str)
    foreign = lists[~lists.isin([BASE_LIST, *map(str, scenario.policy.own_list_categories)])]
    if foreign.empty:
        return []
    line = tr(
        "{rows} of the guide list in force NOT counted: the policy has no list for {lists} (own_list_categories).",
        rows=count(len(foreign), "row"), lists=joined(chosen(label(name), name) for name in sorted(set(foreign))),
    )  # fmt: skip
    return [line]
