"""Which caps a plan reaches, and in how many places: where it stands at a cap, a looser one may allow a better plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace

import pandas as pd

from devolve_opt.language import language, tr
from devolve_opt.plan import UNITS, Plan
from devolve_opt.rules.interest import interest
from devolve_opt.rules.officers import certificates_max
from devolve_opt.rules.posts import post_formula
from devolve_opt.views.duties import duties
from devolve_opt.vocabulary import BASE_LIST, Category, StationStatus

TOLERANCE = 1e-6
"""Share of a limit within which hours count as having reached it."""


MEANINGS = {
    "guide_list_max": "powers on the guide list",
    "base_list_max": "powers on the base list",
    "listing_hours_max": "hours of the listed powers",
    "category_list_max": "powers on the list of each category",
    "new_powers_max": "powers that a township takes",
    "new_fields_max": "fields that a township becomes ready in",
    "county_opening.opened_max": "powers that a county opens",
    "lent_returns.returned_max": "lent staff who return beyond the cap",
    "office_heads.led_max": "offices that leaders head",
    "retention.share_max": "powers likely to be withdrawn",
    "stations.managed_max": "stations that townships manage",
    "stations.devolved_max": "stations that are devolved",
    "stations.managed_per_township_max": "stations that a township manages",
    "duties.load_max": "load up to which duties go in, and powers beside them",
    "overload_steps": "load at which no more work goes in",
    "wall_share": "load at which no more work goes in",
    "officer_hours_share": "officers' time for enforcement",
    "posts_moved_max": "posts that townships gain",
    "posts_band": "base and floating posts, away from the formula, in whole posts",
    "training_places_max": "officers trained",
    "fields_per_officer": "fields that the officers of an office can cover",
}
"""What each cap caps, in words, by its key; shown as `tr(MEANINGS[cap])`."""

IN_CHINESE = {
    **UNITS,
    "counties": "{n} county",
    "category lists": "{n} category list",
    "certificates": "{n} certificate",
    "townships with a choice still open": "{n} township with a choice still open",
    "townships with a duty, or a choice beside one, still open":
        "{n} township with a duty, or a choice beside one, still open",
    "city": "the whole city",
    "share of the hours there": "share of the hours there",
    "share of that time": "share of that time",
    "share of a township's powers": "share of a township's powers",
    "share of the fair share": "share of the fair share",
    "share of their fields": "share of their fields",
}  # fmt: skip
"""Units and places of caps, each with the text in the catalogue that says it in Chinese."""


@dataclass(frozen=True)
class Cap:
    """One cap and how far it is reached.

    Attributes:
        cap: the key of the policy.
        limit: the cap, in `unit`.
        used: what the plan uses of it; of a cap on each township, the most that any uses.
        unit: unit of limit and used.
        reached: places where the plan stands at the cap, so that nothing more goes in.
        places: places that it applies to: the city, lists or townships.
        place: what the places are called.
    """

    cap: str
    limit: float
    used: float
    unit: str
    reached: int
    places: int
    place: str


def caps(plan: Plan) -> pd.DataFrame:
    """Return every cap of the policy that can hold a plan back: a row each.

    Returns:
        - `cap`, `meaning`: key of the policy, and what it caps.
        - `limit`, `used`, `unit`: the cap, and what the plan uses of it (of a cap on each place, the largest use).
        - `reached`, `places`, `place`: in how many places the plan stands at the cap, of how many, and what they are.
          Of caps on hours: townships in which no further power fits that they chose and that their lists hold.
    """
    groups = (_list_caps, _take_up_caps, _instrument_caps, _duty_caps, _hours_caps, _post_caps, _officer_caps)
    found = [_in_words(cap) for group in groups for cap in group(plan)]
    names = [field.name for field in fields(Cap)]
    table = pd.DataFrame([astuple(cap) for cap in found], columns=names)
    table.insert(1, "meaning", table["cap"].map(lambda cap: tr(MEANINGS[cap])).astype("str"))
    return table.astype({"limit": float, "used": float})


def _list_caps(plan: Plan) -> Iterator[Cap]:
    policy, listed = plan.scenario.policy, plan.decisions.guide_list
    if len(plan.scenario.data.tables["guide_list"]):
        return  # A guide list in force is kept as it is; no cap shapes it.
    distinct = listed["power"].nunique()
    sizes = listed["list"].value_counts()
    base = int(sizes.get(BASE_LIST, 0))
    yield _city("guide_list_max", policy.guide_list_max, distinct, "powers")
    yield _city("base_list_max", policy.base_list_max, base, "powers")
    most = policy.listing_hours_max
    if most is not None:
        hours = plan.scenario.data.tables["powers"]["listing_hours"]
        spent = float(hours.reindex(listed["power"].unique()).sum())
        left = hours[~hours.index.isin(listed["power"]) & ~hours.index.isin(plan.exclusions["power"])]
        full = int(len(left) > 0 and float(left.min()) > most - spent)
        yield Cap("listing_hours_max", most, spent, "staff-hours a year", full, 1, "city")
    special = sizes.reindex([str(category) for category in policy.own_list_categories], fill_value=0)
    if len(special):
        full = int((special >= policy.category_list_max).sum())
        yield Cap(
            "category_list_max", policy.category_list_max,
            int(special.max()), "powers", full, len(special), "category lists",
        )  # fmt: skip


def _take_up_caps(plan: Plan) -> Iterator[Cap]:
    policy, case = plan.scenario.policy, plan.scenario.data
    voting = case.voting_townships
    if voting.empty:
        return
    taken = plan.audit.townships.loc[voting, "powers_taken"]
    new_fields = fields_made(plan).reindex(voting)
    yield _each("new_powers_max", policy.new_powers_max, taken, "powers")
    yield _each("new_fields_max", policy.new_fields_max, new_fields, "fields")


def _instrument_caps(plan: Plan) -> Iterator[Cap]:
    policy, case = plan.scenario.policy, plan.scenario.data
    taken = plan.decisions.take_up.merge(case.cases, on=["township", "power"], how="left")
    if policy.county_opening is not None:
        county = taken["township"].map(case.tables["townships"]["county"])
        opened = taken.assign(county=county).groupby("county")["power"].nunique()
        most = policy.county_opening.opened_max
        opened = opened.reindex(case.tables["counties"].index, fill_value=0)
        yield Cap(
            "county_opening.opened_max", most, int(opened.max()), "powers",
            int((opened >= most).sum()), len(opened), "counties",
        )  # fmt: skip
    if policy.lent_returns is not None:
        back = int(plan.decisions.returned["returned"].sum())
        most = policy.lent_returns.returned_max
        yield _city("lent_returns.returned_max", most, back, "persons")
    if policy.office_heads is not None:
        most, led = policy.office_heads.led_max, len(plan.decisions.led)
        yield _city("office_heads.led_max", most, led, "offices")
    if policy.retention is not None:
        unused = (taken["cases"].fillna(0.0) < policy.use_min).groupby(taken["township"]).mean()
        full = int((unused >= policy.retention.share_max - 0.01).sum())
        yield Cap(
            "retention.share_max", policy.retention.share_max,
            float(unused.max()) if len(unused) else 0.0, "share of a township's powers", full, len(unused), "townships",
        )  # fmt: skip
    yield from _station_caps(plan)


def _station_caps(plan: Plan) -> Iterator[Cap]:
    settings, decided = plan.scenario.policy.stations, plan.decisions.stations
    stations = plan.scenario.data.tables["stations"]
    if settings is None or stations.empty:
        return
    devolved = int((decided["status"] == StationStatus.DEVOLVED).sum())
    ours = decided["station"].map(stations["township"]).value_counts()
    ours = ours.reindex(stations["township"].unique(), fill_value=0)
    yield _city("stations.managed_max", settings.managed_max, len(decided), "stations")
    yield _city("stations.devolved_max", settings.devolved_max, devolved, "stations")
    yield _each("stations.managed_per_township_max", settings.managed_per_township_max, ours, "stations")


def _duty_caps(plan: Plan) -> Iterator[Cap]:
    policy, figures = plan.scenario.policy, plan.audit.townships
    if policy.duties is None:
        return
    carrying = figures["load"][figures.index.isin(plan.decisions.duties["township"])]
    table = duties(plan)
    waiting = table[~table["matched"] & table["reason"].isin(["load", "costs_more", "not_chosen"])]
    # Where a duty is carried, a power that is still wanted has to fit below the same load.
    least = _least_waiting(plan, "hours")
    least = least[least.index.isin(bound_by_duties(plan))]
    room = policy.duties.load_max * figures["hours_there"] - figures["hours_needed"]
    full = {*waiting.loc[waiting["reason"] == "load", "township"], *_too_little(plan, least, room)}
    yield Cap(
        "duties.load_max", policy.duties.load_max,
        float(carrying.max()) if len(carrying) else 0.0, "share of the hours there", len(full),
        len({*waiting["township"], *least.index}), "townships with a duty, or a choice beside one, still open",
    )  # fmt: skip


def _hours_caps(plan: Plan) -> Iterator[Cap]:
    policy, figures = plan.scenario.policy, plan.audit.townships
    priced = policy.overload == "priced"
    left = policy.load_stop * figures["hours_there"] - figures["hours_needed"] - figures["hours_at_risk"]
    officer_left = figures["officer_hours_there"] - figures["officer_hours_needed"] - figures["officer_hours_at_risk"]
    least_hours = _least_waiting(plan, "hours")
    least_hours = least_hours[~least_hours.index.isin(bound_by_duties(plan))]
    # What powers may take more counts against the limits, as it does in the model.
    loads = figures["load"] + figures["hours_at_risk"] / figures["hours_there"].where(figures["hours_there"] > 0)
    load = float(loads.max()) if len(loads) else 0.0
    officer_hours = figures["officer_hours_needed"] + figures["officer_hours_at_risk"]
    used = officer_hours / figures["officer_hours_there"].where(figures["officer_hours_there"] > 0)
    for name, limit, most, unit, room, least in (
        ("overload_steps" if priced else "wall_share", policy.load_stop, load,
         "share of the hours there", left, least_hours),
        ("officer_hours_share", 1.0, float(used.max()) if len(used) else 0.0,
         "share of that time", officer_left, _least_waiting(plan, "officer_hours")),
    ):  # fmt: skip
        full = len(_too_little(plan, least, room))
        yield Cap(name, limit, most, unit, full, len(least), "townships with a choice still open")


def bound_by_duties(plan: Plan) -> pd.Index:
    """Return the townships that carry a duty under a plan whose duties allow less load than the hard stop."""
    policy = plan.scenario.policy
    tighter = policy.duties is not None and policy.duties.load_max < policy.load_stop
    carrying = plan.decisions.duties["township"] if tighter else plan.decisions.duties["township"].iloc[:0]
    return pd.Index(carrying.unique(), dtype="str")


def _least_waiting(plan: Plan, column: str) -> pd.Series:
    """Return, for each township with such choices still open, the least hours that any of them takes."""
    work = _waiting(plan)
    if column == "officer_hours":
        work = work[work[column] > 0]
    return work.groupby("township")[column].min()


def _too_little(plan: Plan, least: pd.Series, room: pd.Series) -> pd.Index:
    """Return the townships in whose room the least of what they still want does not fit."""
    slack = TOLERANCE * plan.audit.townships["hours_there"].reindex(least.index).abs()
    return least.index[least > room.reindex(least.index) + slack]


def _waiting(plan: Plan) -> pd.DataFrame:
    """Return the pairs of `interest` that a township chose and its lists hold, but that it does not take."""
    pairs = interest(plan.scenario.data, plan.scenario.policy)
    key = ["township", "power"]
    listed = pd.MultiIndex.from_frame(plan.decisions.guide_list[["power", "list"]])
    base = pd.MultiIndex.from_frame(pairs[["power"]].assign(list=BASE_LIST)).isin(listed)
    own = pd.MultiIndex.from_frame(pairs[["power", "category"]]).isin(listed)
    taken = pd.MultiIndex.from_frame(pairs[key]).isin(pd.MultiIndex.from_frame(plan.decisions.take_up[key]))
    return pairs[(base | own) & ~taken & (pairs["rounds"] > 0)]


def _post_caps(plan: Plan) -> Iterator[Cap]:
    policy, figures = plan.scenario.policy, plan.audit.townships
    # Posts in force are no decision: no cap shapes them.
    figures = figures[~figures.index.isin(plan.scenario.data.tables["posts_in_force"]["township"])]
    if figures.empty:
        return
    moved = int((figures["posts"] - figures["posts_before"]).clip(lower=0).sum())
    yield _city("posts_moved_max", policy.posts_moved_max, moved, "posts")
    formula = post_formula(plan.scenario.data, policy).loc[figures.index]
    fixed = figures["base_posts"] + figures["floating_posts"]
    at_limit = (fixed <= formula["lower"]) | (fixed >= formula["upper"])
    away = ((fixed - formula["fair_share"]).abs() / formula["fair_share"].where(formula["fair_share"] > 0)).max()
    yield Cap(
        "posts_band", policy.posts_band,
        0.0 if pd.isna(away) else float(away), "share of the fair share", int(at_limit.sum()),
        len(figures), "townships",
    )  # fmt: skip


def _officer_caps(plan: Plan) -> Iterator[Cap]:
    policy, figures = plan.scenario.policy, plan.audit.townships
    trained = int(figures["trained"].sum())
    most = certificates_max(policy)
    yield _city("training_places_max", most, trained, "certificates")
    voting = figures[figures["category"] != Category.SUBDISTRICT]
    used = officer_fields(plan).reindex(voting.index)
    offered = fields_covered(plan, voting["officers"])
    full = int((used + 1 > offered).sum())
    share = (used / offered.where(offered > 0)).max()
    yield Cap(
        "fields_per_officer", 1.0,
        0.0 if pd.isna(share) else float(share), "share of their fields", full, len(voting), "townships",
    )  # fmt: skip


def fields_made(plan: Plan) -> pd.Series:
    """Return, for each township, the fields that the plan makes ready, those that stations bring not counted."""
    made = plan.audit.fields[plan.audit.fields["new"] & ~plan.audit.fields["brought"]]
    return made["township"].value_counts().reindex(plan.audit.townships.index, fill_value=0)


def fields_covered(plan: Plan, officers: pd.Series) -> pd.Series:
    """Return the fields with penalties in which offices of so many officers can work (fields)."""
    policy = plan.scenario.policy
    return policy.fields_at_minimum + policy.fields_per_officer * (officers - policy.officers_min)


def officer_fields(plan: Plan) -> pd.Series:
    """Return, for each township, the fields ready under the plan that take certified officers (fields)."""
    takes_officers = plan.scenario.data.tables["fields"]["needs_officers"]
    ready = plan.audit.fields
    counted = ready.loc[ready["field"].map(takes_officers).astype(bool), "township"].value_counts()
    return counted.reindex(plan.audit.townships.index, fill_value=0)


def cap_sentence(cap: pd.Series) -> str:
    """Return a row of `caps` in words, for the summary."""
    facts = {str(name): value for name, value in cap.items()}
    if cap["places"] == 1:
        return tr("{meaning}: {used:,.0f} of {limit:,.0f} ({cap})", **facts)
    return tr("{meaning}: in {reached:,} of {places:,} {place} ({cap})", **facts)


def _in_words(cap: Cap) -> Cap:
    """Return a cap whose unit and place are in the language spoken here."""
    if language() == "en":
        return cap
    unit, place = (tr(IN_CHINESE[words]).replace("{n}", "").strip() for words in (cap.unit, cap.place))
    return replace(cap, unit=unit, place=place)


def _city(name: str, limit: float, used: float, unit: str) -> Cap:
    return Cap(name, limit, used, unit, int(used >= limit), 1, "city")


def _each(name: str, limit: float, used: pd.Series, unit: str) -> Cap:
    return Cap(name, limit, float(used.max()), unit, int((used >= limit).sum()), len(used), "townships")
