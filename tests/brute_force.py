"""The best plan of a tiny case by looking at every plan, without the model and without a solver.

What is fixed before anything is decided (eligible powers, interest, base posts, band, pools, officers remaining) is
read from the audit's ledger; what a choice costs is worked out here, township by township, and the plan found is
audited by the tests. Left out are only choices that cannot be part of a better plan, each for a reason given below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations, product
from math import ceil, inf
from typing import Any

import pandas as pd

from devolve_opt.audit.ledger import Ledger
from devolve_opt.audit.sound import sound_decisions
from devolve_opt.case import Case
from devolve_opt.plan import Decisions
from devolve_opt.policy import Policy
from devolve_opt.vocabulary import BASE_LIST, ENFORCEMENT_TYPES
from modelling import decisions_of

SLACK = 1e-9
Lists = dict[str, frozenset[str]]


def best_plan(
    case: Case, policy: Policy, wanted: Callable[[Lists], bool] = lambda lists: True
) -> tuple[float, Decisions] | None:
    """Return worth and decisions of a best plan, or None if no plan keeps all the rules.

    Args:
        case, policy: what to decide under which rules.
        wanted: which lists to look at, all by default.
    """
    books = _Books(case, policy)
    best_worth, best = -inf, None
    for lists, allowed in books.lists(wanted):
        # Counties meet only in the places for training and in the cap on moved posts.
        city: dict[tuple[int, int], tuple[float, tuple[Any, ...]]] = {(0, 0): (0.0, ())}
        for county in books.members:
            city = _combined(city, books.county_plans(county, allowed))
            city = {
                key: plan
                for key, plan in city.items()
                if key[0] <= int(policy.exam_pass_share * policy.training_places_max + SLACK)
                and key[1] <= policy.posts_moved_max
            }
        for worth, choices in city.values():
            if worth > best_worth:
                best_worth, best = worth, (lists, choices)
    if best is None:
        return None
    return best_worth + books.overload_of_doing_nothing, books.decisions(*best)


def _combined(left: dict[Any, Any], right: dict[Any, Any]) -> dict[Any, Any]:
    """Return the best of each sum of keys; a plan is (worth, choices)."""
    result: dict[Any, Any] = {}
    for (key, (worth, choices)), (other, (more, further)) in product(left.items(), right.items()):
        total = tuple(a + b for a, b in zip(key, other, strict=True))
        if total not in result or worth + more > result[total][0]:
            result[total] = (worth + more, choices + further)
    return result


class _Books:
    """Figures of a case, and what each township can do with them."""

    def __init__(self, case: Case, policy: Policy):
        self.case, self.policy = case, policy
        nothing = decisions_of(
            [], [], [], dict.fromkeys(case.townships.index, (0, 0, 0)), dict.fromkeys(case.townships.index, (0, 0, 0))
        )
        ledger = Ledger(case, policy, sound_decisions(case, nothing)[0])
        self.units = case.townships.to_dict("index")
        self.powers = case.powers.to_dict("index")
        self.fields = case.fields.to_dict("index")
        self.formula = ledger.formula.to_dict("index")
        self.counties = ledger.counties.to_dict("index")
        self.remaining = {unit: int(count) for unit, count in ledger.officers["remaining"].items()}
        self.eligible = ledger.eligible
        self.interest: dict[str, list[str]] = {unit: [] for unit in self.units}
        for unit, power in ledger.interest[["township", "power"]].itertuples(index=False, name=None):
            self.interest[unit].append(power)
        self.members: dict[str, list[str]] = {}
        for unit, facts in self.units.items():
            self.members.setdefault(facts["county"], []).append(unit)
        rounds = case.votes.set_index(["township", "power"]).sum(axis=1)
        self.rounds = {pair: int(number) for pair, number in rounds.items() if pair[1] in self.eligible}
        self.cases = case.cases.set_index(["township", "power"])["cases"].to_dict()
        self.ready_today = set(case.readiness[["township", "field"]].itertuples(index=False, name=None))
        self.overload_of_doing_nothing = sum(
            # As things stand: posts of today, and everyone who is lent away.
            self.overload(
                self.load(unit, ()),
                case.available_hours * (facts["staff_in_post"] - facts["lent"] + facts["stationed_staff"]),
            )
            for unit, facts in self.units.items()
        )
        self._options: dict[Any, Any] = {}
        self._county_plans: dict[Any, Any] = {}

    # Lists

    def lists(self, wanted_lists: Callable[[Lists], bool]) -> Iterator[tuple[Lists, dict[str, frozenset[str]]]]:
        """Yield lists and what each township may take from them.

        Longer lists never hurt, so lists that allow no township more than others are left out, but for a list in force.
        """
        policy = self.policy
        own = [str(category) for category in policy.own_list_categories]
        if not self.case.guide_list.empty:
            rows = self.case.guide_list
            given = {name: frozenset(rows["power"][rows["list"] == name]) & self.eligible for name in (BASE_LIST, *own)}
            if self._within_caps(given):
                yield given, self._allowed(given)
            return
        wanted = [power for power in self.powers if any(power in powers for powers in self.interest.values())]
        places = [(), (BASE_LIST,), *chain.from_iterable(combinations(own, size) for size in range(1, len(own) + 1))]
        found = {}
        for choice in product(places, repeat=len(wanted)):
            lists = {
                name: frozenset(power for power, names in zip(wanted, choice, strict=True) if name in names)
                for name in (BASE_LIST, *own)
            }
            if self._within_caps(lists) and wanted_lists(lists):
                allowed = self._allowed(lists)
                found[tuple(allowed.values())] = (lists, allowed)
        for key, plan in found.items():
            if not any(
                other != key and all(less <= more for less, more in zip(key, other, strict=True)) for other in found
            ):
                yield plan

    def _within_caps(self, lists: Lists) -> bool:
        return (
            len(lists[BASE_LIST]) <= self.policy.base_list_max
            and len(frozenset().union(*lists.values())) <= self.policy.guide_list_max
            and all(len(powers) <= self.policy.category_list_max for name, powers in lists.items() if name != BASE_LIST)
        )

    def _allowed(self, lists: Lists) -> dict[str, frozenset[str]]:
        return {
            unit: (lists[BASE_LIST] | lists.get(self.units[unit]["category"], frozenset())) & set(powers)
            for unit, powers in self.interest.items()
        }

    # Townships

    def load(self, unit: str, taken: tuple[str, ...]) -> float:
        facts = self.units[unit]
        own = facts["statutory_hours"] + facts["joint_cases"] * self.policy.joint_case_hours
        return own + sum(self.hours(unit, power) for power in taken)

    def hours(self, unit: str, power: str) -> float:
        return self.powers[power]["upkeep_hours"] + self.case_hours(unit, power)

    def worst(self, hours: list[float]) -> float:
        """Return by how much powers of these hours may take more, of all choices of as many as the budget allows."""
        settings = self.policy.uncertain_hours
        if settings is None:
            return 0.0
        size = min(settings.budget, len(hours))
        return max(settings.deviation * sum(some) for some in combinations(hours, size))

    def case_hours(self, unit: str, power: str) -> float:
        facts = self.powers[power]
        each = facts["simple_share"] * facts["simple_hours"] + (1 - facts["simple_share"]) * facts["ordinary_hours"]
        return self.cases.get((unit, power), 0.0) * each

    def officer_hours(self, unit: str, taken: tuple[str, ...]) -> float:
        facts = self.units[unit]
        own = facts["statutory_officer_hours"] + facts["joint_cases"] * self.policy.joint_case_hours
        hours = [self.case_hours(unit, power) for power in taken if self.powers[power]["type"] in ENFORCEMENT_TYPES]
        return own + sum(hours) + self.worst(hours)

    def hours_there(self, unit: str, posts: int) -> float:
        facts = self.units[unit]
        lent = min(facts["lent"], int(self.policy.lent_share_max * facts["posts"] + SLACK))
        filling = self.counties[facts["county"]]["filling"]
        staff = facts["staff_in_post"] - lent + facts["stationed_staff"] + filling * (posts - facts["posts"])
        return self.case.available_hours * staff

    def overload(self, needed: float, there: float) -> float:
        """Return what overload costs; hours beyond the last step are not looked at."""
        if self.policy.overload == "wall":
            return 0.0
        cost, reached = 0.0, self.policy.overload_free_share
        for step in self.policy.overload_steps:
            cost += step.price * max(0.0, min(needed - reached * there, (step.until - reached) * there))
            reached = step.until
        return cost

    def take_ups(
        self, unit: str, allowed: frozenset[str]
    ) -> Iterator[tuple[tuple[str, ...], float, tuple[int, int], float]]:
        """Yield powers taken, their worth, fields with penalties (all that are ready, those held) and officer-hours.

        A township becomes ready in the fields of what it takes and in no others, which would cost and bring nothing.
        """
        policy, prices = self.policy, self.policy.prices
        asked = sum(number for (other, _), number in self.rounds.items() if other == unit)
        today = sum(self.fields[field]["needs_officers"] for other, field in self.ready_today if other == unit)
        powers = sorted(allowed)
        for taken in chain.from_iterable(combinations(powers, size) for size in range(len(powers) + 1)):
            new = self.new_fields(unit, taken)
            if len(taken) > policy.new_powers_max or len(new) > policy.new_fields_max:
                continue
            if any(self.powers[power]["requires"] not in ("", *taken) for power in taken):
                continue
            met = sum(self.rounds.get((unit, power), 0) for power in taken)
            worth = (
                prices.choice_met * met
                + prices.case_near_home * sum(self.cases.get((unit, power), 0.0) for power in taken)
                - prices.choice_shortfall * max(0.0, policy.choice_floor * asked - met)
                - prices.readiness * sum(self.fields[field]["readiness_hours"] for field in new)
                - prices.county_support * sum(self.powers[power]["support_hours"] for power in taken)
            )
            new_with_penalties = sum(self.fields[field]["needs_officers"] for field in new)
            held = {self.powers[power]["field"] for power in taken}
            held_with_penalties = sum(self.fields[field]["needs_officers"] for field in held)
            yield taken, worth, (today + new_with_penalties, held_with_penalties), self.officer_hours(unit, taken)

    def new_fields(self, unit: str, taken: tuple[str, ...]) -> list[str]:
        fields = sorted({self.powers[power]["field"] for power in taken})
        return [field for field in fields if (unit, field) not in self.ready_today]

    def enough_officers(self, officers: int, fields: tuple[int, int], hours: float) -> bool:
        policy = self.policy
        there = policy.officer_hours_share * self.case.available_hours * officers
        return (
            officers >= policy.officers_min
            and (fields[1] == 0 or officers >= policy.officers_per_field)
            and (
                fields[0] == 0
                or fields[0] <= policy.fields_at_minimum + policy.fields_per_officer * (officers - policy.officers_min)
            )
            and hours <= there + SLACK * max(1.0, there)
        )

    def most_officers_of_use(self, unit: str) -> int:
        """Return how many officers the township could use at most, whatever it takes."""
        policy = self.policy
        hours = self.officer_hours(unit, tuple(self.interest[unit]))
        fields = len(self.fields) - policy.fields_at_minimum
        for_fields = policy.officers_min + ceil(fields / max(1, policy.fields_per_officer)) if fields > 0 else 0
        for_hours = ceil(hours / (policy.officer_hours_share * self.case.available_hours))
        return max(policy.officers_min, policy.officers_per_field, for_hours, for_fields)

    def options(self, unit: str, allowed: frozenset[str]) -> dict[Any, tuple[float, tuple[Any, ...]]]:
        """Return the best take-up for each (floating, revolving, net officers in, trained, posts gained)."""
        key = unit, allowed
        if key not in self._options:
            self._options[key] = dict(self._find_options(unit, allowed))
        return self._options[key]

    def _find_options(self, unit: str, allowed: frozenset[str]) -> Iterator[tuple[Any, Any]]:
        policy, facts, formula = self.policy, self.units[unit], self.formula[unit]
        county = self.counties[facts["county"]]
        take_ups = list(self.take_ups(unit, allowed))
        base = int(formula["base_posts"])
        most_revolving = max(policy.revolving_posts_max, ceil(county["revolving_pool"] / county["units"]))
        floating_choices = range(max(0, int(formula["lower"]) - base), int(formula["upper"]) - base + 1)
        revolving_choices = range(min(most_revolving, int(county["revolving_pool"])) + 1)
        for floating, revolving in product(floating_choices, revolving_choices):
            posts = base + floating + revolving
            there = self.hours_there(unit, posts)
            stop = policy.wall_share if policy.overload == "wall" else policy.overload_steps[-1].until
            possible = []
            for taken, worth, fields, officer_hours in take_ups:
                needed = self.load(unit, taken)
                at_most = needed + self.worst([self.hours(unit, power) for power in taken])
                if at_most <= stop * there + SLACK * max(1.0, abs(stop * there)):
                    possible.append((worth - self.overload(needed, there), taken, fields, officer_hours))
            gained = max(0, posts - facts["posts"])
            for trained, net in self.officer_choices(unit):
                officers = self.remaining[unit] + trained + net
                fitting = [plan for plan in possible if self.enough_officers(officers, plan[2], plan[3])]
                if fitting:
                    worth, taken, *_ = max(fitting)
                    costs = (
                        policy.prices.officer_trained * trained / policy.exam_pass_share
                        + policy.prices.officer_moved * max(0, net)
                        + policy.prices.post_moved * gained
                    )
                    choice = (unit, taken, floating, revolving, trained, net)
                    yield (floating, revolving, net, trained, gained), (worth - costs, (choice,))

    def officer_choices(self, unit: str) -> Iterator[tuple[int, int]]:
        """Yield officers trained and moved in, less those moved out.

        Nobody is moved into and out of the same office, nor trained or moved in beyond what could be of use: each
        would only cost.
        """
        facts = self.units[unit]
        trainable = min(facts["staff_in_post"] - facts["certified_officers"], self.policy.training_places_max)
        others = sum(self.remaining[other] for other in self.members[facts["county"]] if other != unit)
        enough = self.most_officers_of_use(unit)
        for trained, net in product(range(trainable + 1), range(-self.remaining[unit], others + 1)):
            if (trained == 0 and net <= 0) or self.remaining[unit] + trained + net <= enough:
                yield trained, net

    # Counties and the plan

    def county_plans(self, county: str, allowed: dict[str, frozenset[str]]) -> dict[Any, Any]:
        """Return the best plan of a county for each (trained, posts gained)."""
        members = self.members[county]
        key = tuple((unit, allowed[unit]) for unit in members)
        if key not in self._county_plans:
            sums: dict[Any, Any] = {(0, 0, 0, 0, 0): (0.0, ())}
            for unit in members:
                sums = _combined(sums, self.options(unit, allowed[unit]))
            facts = self.counties[county]
            whole = (int(facts["floating_pool"]), int(facts["revolving_pool"]), 0)
            self._county_plans[key] = {total[3:]: plan for total, plan in sums.items() if total[:3] == whole}
        return self._county_plans[key]

    def decisions(self, lists: Lists, choices: tuple[Any, ...]) -> Decisions:
        by_unit = {choice[0]: choice[1:] for choice in choices}
        return Decisions(
            guide_list=pd.DataFrame(
                [(power, name) for name, powers in lists.items() for power in sorted(powers)],
                columns=["power", "list"], dtype="str",
            ),
            take_up=pd.DataFrame(
                [(unit, power) for unit in self.units for power in by_unit[unit][0]],
                columns=["township", "power"], dtype="str",
            ),
            ready=pd.DataFrame(
                [(unit, field) for unit in self.units for field in self.new_fields(unit, by_unit[unit][0])],
                columns=["township", "field"], dtype="str",
            ),
            posts=pd.DataFrame(
                [(int(self.formula[unit]["base_posts"]), *by_unit[unit][1:3]) for unit in self.units],
                columns=["base_posts", "floating_posts", "revolving_posts"], index=list(self.units),
            ),
            officers=pd.DataFrame(
                [(by_unit[u][3], max(0, by_unit[u][4]), max(0, -by_unit[u][4])) for u in self.units],
                columns=["trained", "moved_in", "moved_out"], index=list(self.units),
            ),
        )  # fmt: skip
