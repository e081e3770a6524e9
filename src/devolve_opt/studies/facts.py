"""What stands about a take-up, a power or a township before anything is solved: law, lists, votes, work, people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from devolve_opt.case import Case
from devolve_opt.language import tr
from devolve_opt.pins import ANY_LIST, Pin
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.rules.interest import interest
from devolve_opt.rules.lists import ratio_lists
from devolve_opt.rules.officers import certificates_max
from devolve_opt.rules.posts import post_formula, posts_given
from devolve_opt.vocabulary import BASE_LIST

Facts = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A township and a power in a plan."""

    plan: Plan
    township: str
    power: str

    @property
    def county(self) -> str:
        """County of the township."""
        return str(self.plan.scenario.data.tables["townships"].at[self.township, "county"])

    @property
    def refusal(self) -> str:
        """Why the county does not open the power; blank where it does."""
        refusals = self.plan.scenario.data.tables["refusals"]
        own = refusals[(refusals["county"] == self.county) & (refusals["power"] == self.power)]
        return str(own["reason"].iloc[0] or tr("it gives no reason")) if len(own) else ""

    def pins_in(self, policy: Policy) -> dict[int, Pin]:
        """Return the pins of a policy that decide about this very take-up, by number."""
        return {
            number: pin for number, pin in enumerate(policy.pins)
            if pin.power == self.power and pin.township == self.township
        }  # fmt: skip

    @cached_property
    def without_obstacles(self) -> tuple[Case, Policy]:
        """Case and policy under which the township may take the power, if law allows it."""
        case, policy = self.plan.scenario.data, self.plan.scenario.policy
        if self.refusal:
            refusals = case.refusals
            mine = (refusals["county"] == self.county) & (refusals["power"] == self.power)
            case = case.replace(refusals=refusals[~mine])
        if not self.row_in(case, policy):
            # A pin gives it a row; the rule of the pin itself is taken out of the model again.
            kept = [pin for number, pin in enumerate(policy.pins) if number not in self.pins_in(policy)]
            asked = {"power": self.power, "township": self.township, "reason": "a question"}
            policy = policy.replace(pins=[*kept, asked])
        return case, policy

    def row_in(self, case: Case, policy: Policy) -> dict[str, Any]:
        """Return the pair's row of `interest` by column; empty where there is none."""
        pairs = interest(case, policy)
        rows = pairs[(pairs["township"] == self.township) & (pairs["power"] == self.power)]
        return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}


def _of_power(plan: Plan, power: str) -> Facts:
    case = plan.scenario.data
    facts = case.tables["powers"].loc[power]
    out = plan.exclusions[plan.exclusions["power"] == power]
    lists = plan.guide_list.loc[plan.guide_list["power"] == power, "list"].tolist()
    return {
        "power": power, "power_name": str(facts["name"]), "type": str(facts["type"]), "field": str(facts["field"]),
        "field_name": str(case.tables["fields"].at[str(facts["field"]), "name"]),
        "excluded": str(out["article"].iloc[0]) if len(out) else "",
        "excluded_because": str(out["reason"].iloc[0]) if len(out) else "",
        "excluded_by": str(out["basis"].iloc[0]) if len(out) else "",
        "requires": str(facts["requires"]), "lists": [str(name) for name in lists],
        "pins": [str(pin) for pin in plan.scenario.policy.pins if pin.power == power],
    }  # fmt: skip


def facts_of_pair(pair: Pair) -> Facts:
    """Return what stands about a take-up: law, county, pins, lists, choices, work, readiness, whether it is taken.

    `set_aside` names what the question sets aside so that it can be answered: a refusal, a pin, or that the township
    neither chose the power nor has cases of it, in the language that the question is asked in.
    """
    plan, township, power = pair.plan, pair.township, pair.power
    case, policy = plan.scenario.data, plan.scenario.policy
    town, facts = case.tables["townships"].loc[township], _of_power(plan, power)
    votes = case.votes
    votes = votes[(votes["township"] == township) & (votes["power"] == power)]
    rounds = [bool(votes[f"round_{number}"].iloc[0]) for number in (1, 2, 3)] if len(votes) else [False] * 3
    known = pair.row_in(case, policy)
    row = known or (pair.row_in(*pair.without_obstacles) if not facts["excluded"] else {})
    fields = plan.audit.fields
    ready = fields[(fields["township"] == township) & (fields["field"] == facts["field"])]
    held = set(plan.take_up.loc[plan.take_up["township"] == township, "power"])
    own_pins = [str(pin) for pin in pair.pins_in(policy).values()]
    listed_pins = [str(pin) for pin in policy.pins if pin.power == power and pin.list == ANY_LIST and not pin.holds]
    refusal = [tr("{county} does not open it: {reason}", county=pair.county, reason=pair.refusal)]
    set_aside = [*(refusal if pair.refusal else []), *own_pins]
    if not known and not pair.refusal and not facts["excluded"]:
        set_aside.append(tr("it neither chose the power in any round nor has cases of it"))
    category = str(town["category"])
    return {
        **facts, "township": township, "township_name": str(town["name"]), "county": pair.county, "category": category,
        "on_its_list": BASE_LIST in facts["lists"] or category in facts["lists"],
        "has_own_list": category in map(str, policy.own_list_categories),
        "rounds": rounds, "cases": float(row.get("cases", 0.0)),
        "hours": float(row["hours"]) if row else None,
        "officer_hours": float(row["officer_hours"]) if row else None,
        "ready": "no" if ready.empty else "new" if bool(ready["new"].iloc[0]) else "today",
        "readiness_hours": float(case.tables["fields"]["readiness_hours"].to_dict()[facts["field"]]),
        "requires_held": facts["requires"] in held or not facts["requires"],
        "taken": power in held, "set_aside": set_aside if power not in held else own_pins,
        "list_pins": listed_pins, **_people(plan, township),
    }  # fmt: skip


def _people(plan: Plan, township: str) -> Facts:
    """Return what the audit says of a township: work, posts, officers, choices."""
    figures = plan.audit.townships.loc[township]
    names = ("hours_needed", "hours_there", "load", "posts_before", "posts", "fair_share", "staff", "officers_before",
             "officers_remaining", "trained", "moved_in", "moved_out", "officers", "officer_hours_needed",
             "officer_hours_there", "hours_at_risk", "officer_hours_at_risk", "rounds_asked", "rounds_met",
             "powers_taken", "fields_ready")  # fmt: skip
    numbers = figures[list(names)].astype(float).to_dict()
    return {str(name): number if np.isfinite(number) else None for name, number in numbers.items()}


def facts_of_power(plan: Plan, power: str) -> Facts:
    """Return what stands about a power's lists: law, choices by category, the ratio rule's lists, room on the lists."""
    case, policy = plan.scenario.data, plan.scenario.policy
    votes = case.votes
    votes = votes[votes["power"] == power]
    category = votes["township"].map(case.tables["townships"]["category"])
    rounds = {f"round_{number}": votes[f"round_{number}"].groupby(category).sum() for number in (1, 2, 3)}
    towns = case.tables["townships"].loc[case.voting_townships, "category"].value_counts()
    asking = votes[votes[["round_1", "round_2", "round_3"]].any(axis=1)]
    asked = asking["township"].map(case.tables["townships"]["category"]).value_counts()
    taking = plan.take_up.loc[plan.take_up["power"] == power, "township"]
    taken = taking.map(case.tables["townships"]["category"]).value_counts()
    by_category = {
        str(name): {
            "townships": int(number), "asking": int(asked.get(name, 0)), "taking": int(taken.get(name, 0)),
            **{each: int(counts.get(name, 0)) for each, counts in rounds.items()},
        }
        for name, number in towns.items()
    }  # fmt: skip
    pairs = interest(case, policy)
    of_rule = ratio_lists(case, policy)
    listed = plan.guide_list
    own = {str(name): int((listed["list"] == str(name)).sum()) for name in policy.own_list_categories}
    return {
        **_of_power(plan, power), "by_category": by_category,
        "cases": float(pairs.loc[pairs["power"] == power, "cases"].sum()),
        "lists_ratio_rule": of_rule.loc[of_rule["power"] == power, "list"].astype(str).tolist(),
        "guide_list": {"used": int(listed["power"].nunique()), "cap": policy.guide_list_max},
        "base_list": {"used": int((listed["list"] == BASE_LIST).sum()), "cap": policy.base_list_max},
        "category_lists": {name: {"used": used, "cap": policy.category_list_max} for name, used in own.items()},
    }  # fmt: skip


def facts_of_township(plan: Plan, township: str) -> Facts:
    """Return what stands about a township's people: posts by the formula and moved, officers, work, choices.

    `posts_least` and `posts_most` are those of base and floating posts that the band allows; `posts_given` are those in
    force, None where they are decided.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    town, figures = case.tables["townships"].loc[township], plan.audit.townships
    decided = ~figures.index.isin(posts_given(case).index)
    gained = (figures["posts"] - figures["posts_before"]).clip(lower=0)[decided]
    formula = post_formula(case, policy)[["lower", "upper"]].to_dict("index")[township]
    given = posts_given(case).to_dict().get(township)
    return {
        "township": township, "township_name": str(town["name"]), "county": str(town["county"]),
        "category": str(town["category"]), **_people(plan, township),
        "posts_formula": policy.posts_formula, "posts_band": policy.posts_band,
        "posts_moved": int(gained.sum()), "posts_moved_max": policy.posts_moved_max,
        "trained_all": int(figures["trained"].sum()), "certificates_max": certificates_max(policy),
        "officers_min": policy.officers_min, "posts_least": int(formula["lower"]), "posts_most": int(formula["upper"]),
        "posts_given": None if given is None else int(given),
        "price_post_moved": policy.prices.post_moved, "price_officer_trained": policy.prices.officer_trained,
    }  # fmt: skip
