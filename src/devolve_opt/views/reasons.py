"""Why a plan differs from the ratio rule's: sentences that stand only where the figures bear them out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devolve_opt.language import joined, tr
from devolve_opt.plan import Plan
from devolve_opt.rules.interest import interest
from devolve_opt.rules.officers import officer_hours_each
from devolve_opt.views import tables
from devolve_opt.views.caps import fields_covered, officer_fields
from devolve_opt.views.wording import count
from devolve_opt.vocabulary import BASE_LIST

PAIR = tables.PAIR

CLEARLY = 1.05
"""Ratio from which one average counts as clearly above another, so that it is told as a reason."""


def list_reasons(plan: Plan, rule: Plan) -> list[str]:
    """Return what changed on the base list and on the guide list, and what the figures say about why."""
    changes = tables.list_changes(plan)
    counts = changes["change"].value_counts()
    kept, moved, came_in, left_out = (counts.get(name, 0) for name in ("kept", "moved", "came", "left"))
    sentence = tr(
        "Guide list: {kept} on the same lists as under the ratio rule, {moved} on other lists; {came} came and {left} "
        "left.",
        kept=count(kept, "power"), moved=moved, came=came_in, left=left_out,
    )  # fmt: skip
    sentences = [sentence]
    on_base, on_base_rule = changes["lists"] == BASE_LIST, changes["lists_ratio_rule"] == BASE_LIST
    left, came = changes[on_base_rule & ~on_base], changes[on_base & ~on_base_rule]
    if left.empty and came.empty:
        return sentences if (counts.index != "kept").any() else [tr("Guide list: the same as the ratio rule's.")]
    elsewhere = int((left["lists"] != "").sum())
    sentence = tr(
        "Base list: {left} left ({elsewhere} to category lists, {off} off the guide list) and {came} came.",
        left=count(len(left), "power"), elsewhere=elsewhere, off=len(left) - elsewhere, came=len(came),
    )  # fmt: skip
    sentences.append(sentence)
    if len(left) and len(came):
        sentences += _base_list_because(plan, left, came)
    return sentences


def _base_list_because(plan: Plan, left: pd.DataFrame, came: pd.DataFrame) -> list[str]:
    policy = plan.scenario.policy
    own_lists = [str(category) for category in policy.own_list_categories]
    pairs = interest(plan.scenario.data, policy)
    base_only = pairs[~pairs["category"].isin(own_lists)].groupby("power")["rounds"].sum()
    cases = pairs.groupby("power")["cases"].sum()
    ready_today = plan.audit.fields.loc[~plan.audit.fields["new"], "field"].value_counts()

    def means(of: pd.Series, by: str = "power") -> tuple[float, float]:
        came_mean, left_mean = (part[by].map(of).fillna(0).mean() for part in (came, left))
        return float(came_mean), float(left_mean)

    sentence = tr(
        "On average those that came were chosen in {rounds_came:,.0f} rounds and take {hours_came:,.0f} h a year a "
        "township; those that left {rounds_left:,.0f} and {hours_left:,.0f} h.",
        rounds_came=came["rounds_asked"].mean(), hours_came=came["hours_each"].mean(),
        rounds_left=left["rounds_asked"].mean(), hours_left=left["hours_each"].mean(),
    )  # fmt: skip
    favour = [
        words.format(of_came=of_came, of_left=of_left)
        for (of_came, of_left), words in (
            (means(ready_today, "field"),
             tr("townships ready in their fields today ({of_came:,.0f} against {of_left:,.0f})")),
            (means(cases), tr("cases a year ({of_came:,.0f} against {of_left:,.0f})")),
            (means(base_only),
             tr("rounds chosen by townships without a list of their own ({of_came:,.0f} against {of_left:,.0f})")),
        )
        if of_came > CLEARLY * of_left
    ]  # fmt: skip
    sentences = [sentence, tr("They have more {favour}.", favour=joined(favour))] if favour else [sentence]
    return [f"  {each}" for each in sentences]


def take_up_reasons(plan: Plan, rule: Plan) -> list[str]:
    """Return what changed in who takes what, and what the figures say about why."""
    pairs = interest(plan.scenario.data, plan.scenario.policy)
    now, before = (_taken(pairs, each) for each in (plan, rule))
    kept, new, dropped = int((now & before).sum()), pairs[now & ~before], pairs[before & ~now]
    said = tr(
        "Take-up: {kept:,} kept, {new:,} new, {dropped:,} dropped.", kept=kept, new=len(new), dropped=len(dropped)
    )
    because: list[str] = []
    never = int((pairs.loc[now, "rounds"] == 0).sum())
    if never:
        duty = tr(", or a duty does") if len(plan.decisions.duties) else ""
        sentence = tr(
            "{never:,} of all take-ups are of powers that the township never chose: it has cases of them, or another "
            "power it takes requires them{duty}.",
            never=never, duty=duty,
        )  # fmt: skip
        because.append(sentence)
    late = int((~new["chosen_last"]).sum())
    if late:
        sentence = tr(
            "{late:,} of the new ones were not chosen in the last round, the only one the ratio rule looks at.",
            late=late,
        )
        because.append(sentence)
    unlisted = int((~_listed(dropped, plan)).sum())
    if unlisted:
        because.append(tr("{n:,} of the dropped ones are no longer on a list of their township.", n=unlisted))
    if len(new) and len(dropped):
        because += _work_of_exchanged(new, dropped, rule)
    made, made_rule = len(plan.decisions.ready), len(rule.decisions.ready)
    if made and made_rule:
        each, each_rule = (
            float(item.audit.fields.loc[item.audit.fields["new"], "powers"].sum()) / len(item.decisions.ready)
            for item in (plan, rule)
        )
        if each > CLEARLY * each_rule:
            sentence = tr(
                "Readiness serves more: {each:.1f} powers for each field made ready ({made:,} fields), against "
                "{each_rule:.1f} ({made_rule:,}).",
                each=each, made=made, each_rule=each_rule, made_rule=made_rule,
            )  # fmt: skip
            because.append(sentence)
    return [said, *(f"  {sentence}" for sentence in because)]


def _work_of_exchanged(new: pd.DataFrame, dropped: pd.DataFrame, rule: Plan) -> list[str]:
    """Return where powers are dropped and added, and how much work they take, as far as the two differ clearly."""
    sentences = []
    load = rule.audit.townships["load"].replace([np.inf, -np.inf], np.nan)
    at_new, at_dropped = (float(part["township"].map(load).mean()) for part in (new, dropped))
    if at_dropped > at_new + 0.02:
        sentence = tr(
            "Dropped where the ratio rule's load is {dropped:.2f} on average, added where it is {new:.2f}.",
            dropped=at_dropped, new=at_new,
        )  # fmt: skip
        sentences.append(sentence)
    hours, hours_dropped = new["hours"].mean(), dropped["hours"].mean()
    if CLEARLY * hours < hours_dropped:
        sentence = tr(
            "The new ones take {new:,.0f} h a year each, the dropped ones {dropped:,.0f}.",
            new=hours, dropped=hours_dropped,
        )  # fmt: skip
        sentences.append(sentence)
    return sentences


def post_reasons(plan: Plan, rule: Plan) -> list[str]:
    """Return how far posts move elsewhere than by the ratio rule, and the loads of those that gain and lose.

    Posts in force, which the plan did not decide, are left out.
    """
    in_force = plan.scenario.data.tables["posts_in_force"]["township"]
    figures = plan.audit.townships[~plan.audit.townships.index.isin(in_force)]
    change = figures["posts"] - figures["posts_before"]
    by_rule = (rule.audit.townships["posts"].reindex(figures.index) - figures["posts_before"]).clip(lower=0)
    moved, moved_rule = int(change.clip(lower=0).sum()), int(by_rule.sum())
    if not moved and not moved_rule:
        return [tr("Posts: none moved, as under the ratio rule.")]
    elsewhere = int((change.clip(lower=0) - by_rule).clip(lower=0).sum())
    sentence = tr(
        "Posts: {moved} moved (ratio rule: {moved_rule}), {elsewhere} of them to townships that get fewer under the "
        "ratio rule.",
        moved=moved, moved_rule=moved_rule, elsewhere=elsewhere,
    )  # fmt: skip
    sentences = [sentence]
    load = tables.workload(plan).set_index("township")["load_before"].reindex(figures.index)
    gaining, losing = load[change > 0].mean(), load[change < 0].mean()
    if moved and gaining > CLEARLY * losing:
        sentence = tr(
            "They go where the work is: townships that gain carry a load of {gaining:.2f} today, those that lose "
            "{losing:.2f}.",
            gaining=gaining, losing=losing,
        )  # fmt: skip
        sentences.append(f"  {sentence}")
    elif moved:
        sentence = tr(
            "Townships that gain carry a load of {gaining:.2f} today, those that lose {losing:.2f}.",
            gaining=gaining, losing=losing,
        )  # fmt: skip
        sentences.append(f"  {sentence}")
    return sentences


def officer_reasons(plan: Plan, rule: Plan) -> list[str]:
    """Return how many offices are strengthened, and which rule each would break with one officer fewer."""
    figures = plan.audit.townships
    added = figures["trained"] + figures["moved_in"]
    (trained, moved, above), (trained_rule, moved_rule, above_rule) = (_officer_counts(each) for each in (plan, rule))
    sentence = tr(
        "Officers: {trained} trained and {moved} moved (ratio rule: {trained_rule} and {moved_rule}); offices with "
        "more than the minimum: {above} (ratio rule: {above_rule}).",
        trained=trained, moved=moved, above=above,
        trained_rule=trained_rule, moved_rule=moved_rule, above_rule=above_rule,
    )  # fmt: skip
    sentences = [sentence]
    strengthened = officer_needs(plan)[added > 0]
    if strengthened.empty:
        return sentences
    broken = {name: int(strengthened[name].sum()) for name in strengthened}
    counted = [
        words.format(n=broken[name])
        for name, words in (
            ("minimum", tr("the minimum in {n}")),
            ("fields", tr("the fields to cover in {n}")),
            ("hours", tr("their hours in {n}")),
        )
        if broken[name]
    ]
    spare = int((~strengthened.any(axis=1)).sum())
    if counted:
        got = tr("{n:,} offices got officers; one fewer would break {broken}.")
        if len(strengthened) == 1:
            got = tr("{n:,} office got officers; one fewer would break {broken}.")
        sentences.append("  " + got.format(n=len(strengthened), broken=joined(counted)))
    if spare:
        sentence = tr("{spare} of the strengthened offices would keep every rule with one officer fewer.", spare=spare)
        sentences.append(f"  {sentence}")
    return sentences


def _officer_counts(plan: Plan) -> tuple[int, int, int]:
    figures = plan.audit.townships
    above = figures["officers"] > plan.scenario.policy.officers_min
    return int(figures["trained"].sum()), int(figures["moved_in"].sum()), int(above.sum())


def officer_needs(plan: Plan) -> pd.DataFrame:
    """Return which rules each office would break with one officer fewer.

    Returns:
        Indexed by township; `minimum`, `fields` (officers for the fields that take them), `hours` (enforcement work):
        whether that rule takes all its officers.
    """
    case, policy, figures = plan.scenario.data, plan.scenario.policy, plan.audit.townships
    fewer = figures["officers"] - 1
    covered = officer_fields(plan)
    short = (covered > 0) & (covered > fields_covered(plan, fewer))
    held = plan.audit.fields[plan.audit.fields["powers"] > 0]
    with_penalties = held["field"].map(case.tables["fields"]["needs_officers"]).astype(bool)
    short |= figures.index.isin(held.loc[with_penalties, "township"]) & (fewer < policy.officers_per_field)
    return pd.DataFrame(
        {
            "minimum": fewer < policy.officers_min,
            "fields": short,
            "hours": figures["officer_hours_needed"] + figures["officer_hours_at_risk"]
            > officer_hours_each(case, policy) * fewer * (1 + 1e-6),
        }
    )


def _taken(pairs: pd.DataFrame, plan: Plan) -> np.ndarray:
    return pd.MultiIndex.from_frame(pairs[PAIR]).isin(pd.MultiIndex.from_frame(plan.decisions.take_up[PAIR]))


def _listed(pairs: pd.DataFrame, plan: Plan) -> np.ndarray:
    listed = pd.MultiIndex.from_frame(plan.decisions.guide_list[["power", "list"]])
    base = pd.MultiIndex.from_frame(pairs[["power"]].assign(list=BASE_LIST)).isin(listed)
    return base | pd.MultiIndex.from_frame(pairs[["power", "category"]]).isin(listed)
