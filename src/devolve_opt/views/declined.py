"""What became of every choice and every power: what was not given and why, what is listed, what counties open."""

from __future__ import annotations

from itertools import repeat

import pandas as pd

from devolve_opt.case import Case
from devolve_opt.language import joined, tr
from devolve_opt.pins import ANY_LIST
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.rules.interest import interest
from devolve_opt.rules.workload import overload_cost
from devolve_opt.views.caps import bound_by_duties, fields_covered, fields_made, officer_fields
from devolve_opt.views.wording import list_named
from devolve_opt.vocabulary import BASE_LIST

PAIR = ["township", "power"]


def declined(plan: Plan) -> pd.DataFrame:
    """Return every choice that is not met, with the first reason that stands in its way.

    Returns:
        - `township`, `township_name`, `county`, `category`: who chose.
        - `power`, `power_name`, `field`: what it chose.
        - `rounds`: rounds in which it chose it (1 to 3); `cases`: its cases (cases a year).
        - `reason`: `excluded` (law or policy keeps it with the county), `county_refuses` (its county does not open it),
          `pinned` (a pin of the policy says no), `not_on_its_list` (neither on the base list nor on the list of its
          category), `requires_another` (it works only with a power that the township does not take), `powers_cap` (the
          township has as many powers as it may), `field_not_ready` (the township is not ready in the field),
          `officer_hours` (its officers have no time), `hours_stop` (its hours would pass the hard stop), `duty_load`
          (they would pass `duties.load_max`, and the township carries a duty), `costs_more` (it costs more than it is
          worth), `not_chosen` (nothing stands in its way by itself; taking it is not ruled out by what is proven).
          Where the plan keeps rules of the user's own, all but the first three name them: one may be behind it.
        - `detail`: the article, list, power or figures behind the reason.
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    votes = case.votes
    votes["rounds"] = votes[["round_1", "round_2", "round_3"]].sum(axis=1)
    asked = votes[(votes["rounds"] > 0) & votes["township"].isin(case.voting_townships)]
    taken = pd.MultiIndex.from_frame(plan.decisions.take_up[PAIR])
    asked = asked[~pd.MultiIndex.from_frame(asked[PAIR]).isin(taken)]
    known = interest(case, policy)[[*PAIR, "cases", "hours", "officer_hours"]]
    rows = asked[[*PAIR, "rounds"]].merge(known, on=PAIR, how="left").reset_index(drop=True)
    rows = rows.fillna({"cases": 0.0, "hours": 0.0, "officer_hours": 0.0})
    towns, powers = case.tables["townships"], case.tables["powers"]
    rows["category"] = rows["township"].map(towns["category"])
    rows["field"] = rows["power"].map(powers["field"])
    reasons = _reasons(plan, case, policy, rows) if len(rows) else {}
    reason, detail = pd.Series("", index=rows.index), pd.Series("", index=rows.index)
    for name, (applies, words) in reasons.items():
        here = (reason == "") & applies
        reason[here], detail[here] = name, words[here]
    return pd.DataFrame(
        {
            "township": rows["township"],
            "township_name": rows["township"].map(towns["name"]).astype("str"),
            "county": rows["township"].map(towns["county"]).astype("str"),
            "category": rows["category"].astype("str"),
            "power": rows["power"],
            "power_name": rows["power"].map(powers["name"]).astype("str"),
            "field": rows["field"].astype("str"),
            "rounds": rows["rounds"].astype("int64"),
            "cases": rows["cases"],
            "reason": reason.astype("str"),
            "detail": detail.astype("str"),
        }
    )


def _reasons(plan: Plan, case: Case, policy: Policy, rows: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return, by reason and in the order of precedence, where it stands in the way and the words for it."""
    figures = plan.audit.townships.loc[rows["township"]].reset_index(drop=True)
    every = pd.Series(True, index=rows.index)
    article = _words(rows["power"], _articles(plan))

    listed = plan.decisions.guide_list
    on_lists = _words(rows["power"], listed.groupby("power")["list"].agg(lambda lists: joined(map(list_named, lists))))
    pairs = pd.MultiIndex.from_frame(listed[["power", "list"]])
    reached = pd.MultiIndex.from_frame(rows[["power", "category"]]).isin(pairs) | pd.MultiIndex.from_arrays(
        [rows["power"], [BASE_LIST] * len(rows)]
    ).isin(pairs)

    county = rows["township"].map(case.tables["townships"]["county"])
    refusals = case.tables["refusals"].set_index(["county", "power"])["reason"].to_dict()
    closed = [pair in refusals for pair in zip(county, rows["power"], strict=True)]
    why_closed = [refusals.get(pair, "") for pair in zip(county, rows["power"], strict=True)]

    pins = {(pin.township, pin.power): pin.reason for pin in policy.pins
            if not pin.holds and pin.list in (None, ANY_LIST)}  # fmt: skip
    keys = zip(rows["township"], rows["power"], strict=True)
    pinned = pd.Series([pins.get(key, pins.get((None, key[1]), "")) for key in keys], dtype="str")

    required = _words(rows["power"], case.tables["powers"]["requires"])
    held = pd.MultiIndex.from_frame(plan.decisions.take_up[PAIR])
    has_required = (required == "") | pd.MultiIndex.from_arrays([rows["township"], required]).isin(held)

    ready = pd.MultiIndex.from_frame(plan.audit.fields[["township", "field"]])
    is_ready = pd.MultiIndex.from_frame(rows[["township", "field"]]).isin(ready)
    fields = case.tables["fields"]
    covered, cover = (
        rows["township"].map(values)
        for values in (officer_fields(plan), fields_covered(plan, plan.audit.townships["officers"]))
    )
    new = rows["township"].map(fields_made(plan))
    readiness = _filled(
        tr("making it ready takes {hours:,.0f} staff-hours a year; fields made ready {new:.0f} of {most}; its officers "
           "cover {covered:.0f} of {cover:.0f} fields with penalties"),
        hours=rows["field"].map(fields["readiness_hours"]), new=new, most=policy.new_fields_max, covered=covered,
        cover=cover,
    )  # fmt: skip

    officer_hours = figures["officer_hours_needed"] + rows["officer_hours"] + _at_risk_with(plan, rows, "officer_hours")
    needed, there = figures["hours_needed"], figures["hours_there"]
    load = (needed + rows["hours"]) / there.where(there > 0)
    at_risk = _at_risk_with(plan, rows, "hours")
    load_at_risk = (needed + rows["hours"] + at_risk) / there.where(there > 0)
    load_in_words = tr("the load would be {load:.2f}")
    if policy.uncertain_hours is not None:
        load_in_words = tr(
            "the load would be {load:.2f}, with {more:,.0f} staff-hours a year that powers may take more"
        )
    duty_load = policy.duties.load_max if policy.duties is not None else policy.load_stop
    worth = policy.prices.choice_met * rows["rounds"] + policy.prices.case_near_home * rows["cases"]
    floor = (policy.choice_floor * figures["rounds_asked"] - figures["rounds_met"]).clip(lower=0)
    worth += policy.prices.choice_shortfall * floor.where(floor < rows["rounds"], rows["rounds"])
    overload = overload_cost(needed + rows["hours"], there, policy) - overload_cost(needed, there, policy)
    support = policy.prices.county_support * rows["power"].map(case.tables["powers"]["support_hours"])
    figures_in_words = _filled(
        tr("worth {worth:,.0f}, costs {costs:,.0f} staff-hours a year (overload {overload:,.0f}, county support "
           "{support:,.0f})"),
        worth=worth, costs=overload + support, overload=overload, support=support,
    )  # fmt: skip
    reasons = {
        "excluded": (article != "", article),
        "county_refuses": (
            pd.Series(closed, dtype=bool),
            _filled(tr("{county}: {reason}"), county=county, reason=pd.Series(why_closed, dtype="str")),
        ),
        "pinned": (pinned != "", pinned),
        "not_on_its_list": (
            ~pd.Series(reached), _filled(tr("on {lists}"), lists=on_lists).where(on_lists != "", tr("on no list")),
        ),
        "requires_another": (~has_required, _filled(tr("requires {power}"), power=required)),
        "powers_cap": (
            figures["powers_taken"] >= policy.new_powers_max,
            _filled(tr("{taken:.0f} of {most}"), taken=figures["powers_taken"], most=policy.new_powers_max),
        ),
        "field_not_ready": (~pd.Series(is_ready), readiness),
        "officer_hours": (
            officer_hours > figures["officer_hours_there"] * (1 + 1e-6),
            _filled(
                tr("needs {hours:,.0f} officer-hours a year, has {there:,.0f}"),
                hours=officer_hours, there=figures["officer_hours_there"],
            ),
        ),
        "hours_stop": (
            ~(load_at_risk <= policy.load_stop * (1 + 1e-6)), _filled(load_in_words, load=load_at_risk, more=at_risk),
        ),
        "duty_load": (
            rows["township"].isin(bound_by_duties(plan)) & ~(load <= duty_load * (1 + 1e-6)),
            _filled(
                tr("needs {hours:,.0f} staff-hours a year; with a duty at most {most:,.0f} (duties.load_max {load:g})"),
                hours=needed + rows["hours"], most=duty_load * there, load=duty_load,
            ),
        ),
        "costs_more": (overload + support >= worth, figures_in_words),
        "not_chosen": (every, figures_in_words),
    }  # fmt: skip
    if added := plan.options.get("added_rules"):
        # Which choices added rules bar, by themselves or by what they make of lists and readiness, is not known.
        perhaps = tr(" (or an added rule: {names})", names=joined(added))
        decided = reasons.keys() - {"excluded", "county_refuses", "pinned"}
        reasons |= {name: (reasons[name][0], reasons[name][1] + perhaps) for name in decided}
    return reasons


def _at_risk_with(plan: Plan, rows: pd.DataFrame, kind: str) -> pd.Series:
    """Return what each township's powers may take more, were it to hold the power of a row as well."""
    settings = plan.scenario.policy.uncertain_hours
    if settings is None or not settings.budget:
        return pd.Series(0.0, index=rows.index)
    work = interest(plan.scenario.data, plan.scenario.policy)[[*PAIR, kind]]
    largest = plan.decisions.take_up.merge(work, on=PAIR).groupby("township")[kind].nlargest(settings.budget)
    # With fewer powers than the budget, one more pushes none out.
    full = largest.groupby(level=0).agg(["size", "min"])
    pushed_out = rows["township"].map(full["min"].where(full["size"] == settings.budget, 0.0)).fillna(0.0)
    at_risk = rows["township"].map(plan.audit.townships[f"{kind}_at_risk"])
    return at_risk + settings.deviation * (rows[kind] - pushed_out).clip(lower=0)


def _filled(template: str, **values: pd.Series | float) -> pd.Series:
    """Return a text for each row, its values filled in; a value that is no series is the same for all rows."""
    known = [value for value in values.values() if isinstance(value, pd.Series)]
    rows = zip(*(value if isinstance(value, pd.Series) else repeat(value) for value in values.values()), strict=False)
    texts = [template.format(**dict(zip(values, row, strict=True))) for row in rows]
    return pd.Series(texts, index=known[0].index, dtype="str")


def _articles(plan: Plan) -> pd.Series:
    """Return the article that keeps each excluded power out, in the language spoken here."""
    return plan.exclusions.set_index("power")["article"].map(tr).astype("str")


def _words(keys: pd.Series, words: pd.Series) -> pd.Series:
    """Return the word of each key, blank where there is none, as text even where there is no word at all."""
    known = words.to_dict()
    return pd.Series([known.get(key, "") for key in keys], index=keys.index, dtype="str")


def power_status(plan: Plan) -> pd.DataFrame:
    """Return what became of every power of the pool.

    Returns:
        - `power`, `name`, `type`, `field`, `field_name`: the power.
        - `status`: `base` (on the base list), `category` (on category lists), `not_listed`, `excluded`.
        - `lists`: lists that hold it, separated by commas; blank if none does.
        - `article`: the article that keeps it out; blank unless excluded.
        - `rounds_asked`: rounds in which townships chose it (rounds, whole city).
        - `townships_asking`, `townships_taking`: townships that chose it in some round, and that take it (townships).
    """
    case = plan.scenario.data
    powers = case.powers
    ids = powers.index.to_series()
    lists = _words(ids, plan.decisions.guide_list.groupby("power")["list"].agg(", ".join))
    article = _words(ids, _articles(plan))
    status = pd.Series("not_listed", index=ids.index)
    status[lists != ""] = "category"
    status[lists == BASE_LIST] = BASE_LIST
    status[article != ""] = "excluded"
    votes = case.votes
    votes["rounds"] = votes[["round_1", "round_2", "round_3"]].sum(axis=1)
    chosen = votes[votes["rounds"] > 0]
    return pd.DataFrame(
        {
            "power": ids,
            "name": powers["name"],
            "type": powers["type"].astype("str"),
            "field": powers["field"],
            "field_name": powers["field"].map(case.tables["fields"]["name"]),
            "status": status,
            "lists": lists,
            "article": article,
            "rounds_asked": ids.map(votes.groupby("power")["rounds"].sum()).fillna(0).astype("int64"),
            "townships_asking": ids.map(chosen["power"].value_counts()).fillna(0).astype("int64"),
            "townships_taking": ids.map(plan.decisions.take_up["power"].value_counts()).fillna(0).astype("int64"),
        }
    ).reset_index(drop=True)


def openings(plan: Plan) -> pd.DataFrame:
    """Return what each county has to open to its townships, whether that is priced and capped or not.

    Returns:
        - `county`, `county_name`: the county.
        - `power`, `power_name`, `field`: the power.
        - `townships_taking`: townships of the county that take it (townships).
        - `rounds_met`: rounds in which these chose it (rounds).
        - `cases`: its cases in these (cases a year).
        - `support_hours`: hours the county spends on supporting these (staff-hours a year).
    """
    case = plan.scenario.data
    powers = case.tables["powers"]
    taken = plan.decisions.take_up[PAIR].merge(interest(case, plan.scenario.policy), on=PAIR, how="left")
    taken["county"] = taken["township"].map(case.tables["townships"]["county"])
    sums = {"rounds_met": ("rounds", "sum"), "cases": ("cases", "sum"), "townships_taking": ("township", "size")}
    opened = taken.groupby(["county", "power"], sort=False).agg(**sums).reset_index()
    return pd.DataFrame(
        {
            "county": opened["county"].astype("str"),
            "county_name": opened["county"].map(case.tables["counties"]["name"]).astype("str"),
            "power": opened["power"].astype("str"),
            "power_name": opened["power"].map(powers["name"]).astype("str"),
            "field": opened["power"].map(powers["field"]).astype("str"),
            "townships_taking": opened["townships_taking"].astype("int64"),
            "rounds_met": opened["rounds_met"].astype("int64"),
            "cases": opened["cases"].astype(float),
            "support_hours": opened["townships_taking"] * opened["power"].map(powers["support_hours"]).astype(float),
        }
    )


def withdrawn(plan: Plan) -> pd.DataFrame:
    """Return what townships hold from earlier batches and do not go on holding, where the policy has `phases`.

    Returns:
        - `township`, `township_name`, `county`: who holds it.
        - `power`, `power_name`, `field`: what is withdrawn.
        - `reason`: `excluded` (law or policy keeps it with the county), `county_refuses`, `taken_back` (the plan does,
          at the policy's price).
        - `detail`: the article, the county's reason, or the price in words.
        - `cost`: what taking it back is priced at (staff-hours; 0 where law or the county demands it).
    """
    case, policy = plan.scenario.data, plan.scenario.policy
    held = case.held[PAIR]
    taken = pd.MultiIndex.from_frame(plan.decisions.take_up[PAIR])
    gone = held[(policy.phases is not None) & ~pd.MultiIndex.from_frame(held).isin(taken)].reset_index(drop=True)
    towns, powers = case.tables["townships"], case.tables["powers"]
    county = gone["township"].map(towns["county"]).astype("str")
    article = _words(gone["power"], _articles(plan))
    allowed = pd.MultiIndex.from_frame(interest(case, policy)[PAIR])
    closed = ~pd.MultiIndex.from_frame(gone).isin(allowed) & (article == "")
    refusals = case.tables["refusals"].set_index(["county", "power"])["reason"].to_dict()
    why = pd.Series([refusals.get(key, "") for key in zip(county, gone["power"], strict=True)], dtype="str")
    price = (policy.phases.withdrawal_price if policy.phases is not None else None) or 0.0
    reason = pd.Series("taken_back", index=gone.index).mask(closed, "county_refuses").mask(article != "", "excluded")
    at_price = reason == "taken_back"
    return pd.DataFrame(
        {
            "township": gone["township"],
            "township_name": gone["township"].map(towns["name"]).astype("str"),
            "county": county,
            "power": gone["power"],
            "power_name": gone["power"].map(powers["name"]).astype("str"),
            "field": gone["power"].map(powers["field"]).astype("str"),
            "reason": reason.astype("str"),
            "detail": article.mask(closed, why)
            .mask(at_price, tr("{price:g} staff-hours a year", price=price))
            .astype("str"),
            "cost": at_price * price,
        }
    )
