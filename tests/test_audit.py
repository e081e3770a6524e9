"""The audit: a plan worked out by hand, each rule broken alone, and odd plans that must not upset it."""

import ast
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devolve_opt.audit
from depth import examples
from devolve_opt.audit import audit, describe
from devolve_opt.case import Case
from devolve_opt.plan import Breach, Decisions
from devolve_opt.policy import Policy
from devolve_opt.prices import OverloadStep
from devolve_opt.schema import schema
from devolve_opt.vocabulary import INSTRUMENT_TERMS, Term

DTYPES = {"integer": "int64", "number": "float64", "boolean": "bool"}


def table(name: str, header: str, *rows: str) -> pd.DataFrame:
    """Return a typed table; columns of the schema that are left out get the schema's default."""
    frame = pd.DataFrame([row.split() for row in rows], columns=header.split(), dtype="str")
    for column in schema()[name].columns:
        if column.name not in frame:
            frame[column.name] = column.default if column.default is not None else column.name
        if column.kind == "boolean":
            frame[column.name] = frame[column.name] == "yes"
        else:
            frame[column.name] = frame[column.name].replace("-", "").astype(DTYPES.get(column.kind, "str"))
    frame = frame[list(schema()[name].column_names)]
    return frame.set_index("id") if "id" in frame else frame


def tables() -> dict[str, pd.DataFrame]:
    """County K1 with a central town, a general town and a subdistrict; county K2 with a key town."""
    return {
        "counties": table("counties", "id", "K1", "K2"),
        "townships": table(
            "townships",
            "id county category population area_km2 gdp fiscal_revenue posts staff_in_post lent stationed_staff"
            " certified_officers statutory_hours statutory_officer_hours joint_cases",
            "T1 K1 central     6000 40 100 20 20 18 2 1 4 15000 1000 10",
            "T2 K1 general     3000 40  50 10 10  8 0 0 3  7000  500  5",
            "S1 K1 subdistrict 1000 20  50 10 10 10 0 0 3  8000  300  0",
            "T3 K2 key         5000 30  80  8 12 12 1 2 5  9000  400  2",
        ),
        "fields": table("fields", "id readiness_hours needs_officers", "F1 100 yes", "F2 50 no"),
        "powers": table(
            "powers",
            "id type field in_directory entrustable restricts_liberty requires simple_hours ordinary_hours simple_share"
            " upkeep_hours support_hours",
            "P1 confirmation F2 yes no  no  -  2 10 0.5  40  8",
            "P2 penalty      F1 yes no  no  -  4 20 0.25 60 12",
            "P3 coercion     F1 yes no  no  P2 0 10 0    20  4",
            "P4 permit       F2 no  yes no  -  8  0 1    30  6",
            "P5 penalty      F1 yes no  yes -  1  1 0     1  1",
            "P6 reward       F2 yes no  no  -  1  1 0     0  0",
        ),
        "votes": table(
            "votes",
            "township power round_1 round_2 round_3",
            "T1 P1 yes yes yes",
            "T1 P2 yes no  yes",
            "T1 P4 no  no  yes",
            "T1 P5 yes yes yes",
            "T1 P6 no  no  no",
            "T2 P1 yes yes no",
            "T2 P3 no  no  yes",
            "T3 P1 yes no  no",
            "T3 P4 yes yes yes",
        ),
        "cases": table(
            "cases", "township power cases", "T1 P1 100", "T1 P2 20", "T1 P5 7", "T1 P6 0", "T2 P3 5", "T3 P4 50"
        ),
        "readiness": table("readiness", "township field", "T1 F2", "S1 F2"),
        "guide_list": table("guide_list", "power list"),
        "stations": table(
            "stations",
            "id township kind field staff certified own_hours",
            "A1 T1 agriculture        F1 5 2 4000",
            "A2 T1 natural_resources  F2 4 1 3000",
            "A3 T2 market_supervision F2 5 0 4500",
            "A4 T2 police             -  6 0 5000",
            "A5 T3 culture            F2 3 0 3500",
        ),
    }


def make_case(**changed: pd.DataFrame) -> Case:
    return Case(
        title="By hand", provenance="tests", synthetic=True, tables={**tables(), **changed}, available_hours=1000.0
    )


def make_policy(**changes: Any) -> Policy:
    """Every figure the hand calculation uses, so that other defaults change nothing here."""
    keys: dict[str, Any] = {
        "base_list_max": 10, "guide_list_max": 10, "category_list_max": 5, "own_list_categories": ("central", "key"),
        "new_powers_max": 5, "choice_floor": 0.9, "new_fields_max": 3, "overload_free_share": 0.9,
        "overload_steps": tuple(OverloadStep(until=u, price=p) for u, p in ((1.0, 0.5), (1.1, 1.5), (1.3, 4.0))),
        "lent_share_max": 0.05, "base_posts_share": 0.6, "revolving_posts_share": 0.05, "revolving_posts_max": 2,
        "base_posts_tilt": {
            "county_seat": 1.5, "central": 1.2, "key": 1.1, "characteristic": 1.0, "general": 0.8, "subdistrict": 1.4,
        },
        "posts_band": 0.08, "posts_moved_max": 5, "officers_min": 2, "attrition_share": 0.12, "training_places_max": 9,
        "officers_per_field": 2, "fields_at_minimum": 4, "fields_per_officer": 1,
        "officer_hours_share": 0.8, "joint_case_hours": 16.0,
        "prices": {
            "choice_met": 40.0, "case_near_home": 6.0, "choice_shortfall": 25.0, "readiness": 1.0,
            "county_support": 1.0, "post_moved": 150.0, "officer_trained": 80.0, "officer_moved": 120.0,
        },
    }  # fmt: skip
    return Policy(**{**keys, **changes})


def pairs(columns: str, *rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split() for row in rows], columns=columns.split(), dtype="str")


def counts(columns: str, **rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns.split()).rename_axis(index="township")


def guide_list(*more: str, without: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = ["P1 base", "P2 base", "P3 base", "P4 central", "P4 key", *more]
    return pairs("power list", *(row for row in rows if row not in without))


def take_up(*more: str, without: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = ["T1 P1", "T1 P2", "T1 P4", "T2 P1", "T2 P2", "T2 P3", "T3 P4", *more]
    return pairs("township power", *(row for row in rows if row not in without))


def ready(*more: str, without: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = ["T1 F1", "T2 F1", "T2 F2", "T3 F2", *more]
    return pairs("township field", *(row for row in rows if row not in without))


def posts(**rows: tuple[int, int, int]) -> pd.DataFrame:
    sound = {"T1": (8, 8, 2), "T2": (6, 4, 0), "S1": (10, 2, 0), "T3": (7, 4, 1)}
    return counts("base_posts floating_posts revolving_posts", **{**sound, **rows})


def officers(**rows: tuple[int, int, int]) -> pd.DataFrame:
    sound = {"T1": (1, 0, 0), "T2": (0, 1, 0), "S1": (0, 0, 1), "T3": (0, 0, 0)}
    return counts("trained moved_in moved_out", **{**sound, **rows})


def returned(**persons: int) -> pd.DataFrame:
    frame = pd.DataFrame({"returned": {"T1": 0, "T2": 0, "S1": 0, "T3": 0, **persons}})
    return frame.rename_axis(index="township")


def led(*townships: str) -> pd.DataFrame:
    return pd.DataFrame({"township": townships}, dtype="str")


def stations(*rows: str) -> pd.DataFrame:
    return pairs("station status", *rows)


PLAN_TABLES = ("guide_list", "take_up", "ready", "posts", "officers", "returned", "led", "stations", "duties")


def make_plan(**changes: Any) -> Decisions:
    sound = Decisions(guide_list(), take_up(), ready(), posts(), officers())
    return replace(sound, **changes)


def breaches(plan: Decisions | None = None, case: Case | None = None, **policy: Any) -> tuple[Breach, ...]:
    return audit(case or make_case(), make_policy(**policy), plan or make_plan()).breaches


def test_a_sound_plan_breaks_no_rule() -> None:
    assert breaches() == ()


def test_terms_by_hand() -> None:
    found = audit(make_case(), make_policy(), make_plan())
    assert list(found.terms) == list(Term)
    assert all(type(value) is float for value in found.terms.values())
    assert found.terms == pytest.approx(
        {
            # T1: P1 (3 rounds), P2 (2), P4 (1); T2: P1 (2), P2 (0, required), P3 (1); T3: P4 (3). In all 12 rounds.
            Term.CHOICES_MET: 40 * 12,
            # T1 100 + 20, T2 5, T3 50 cases.
            Term.CASES_NEAR_HOME: 6 * 175,
            # T1: 16,210 h needed, 16,200 there; 14,580 free, then 1,620 h at 0.5 and 10 h at 1.5: 825.
            # T2: 7,250 h needed, 8,000 there; 7,200 free, then 50 h at 0.5: 25. S1 and T3 stay below 90 %.
            Term.OVERLOAD: -(825 + 25),
            # F1 in T1; F1 and F2 in T2; F2 in T3.
            Term.READINESS: -(100 + 100 + 50 + 50),
            Term.TRAINING: -80 * 1,
            Term.OFFICERS_MOVED: -120 * 1,
            # T1 20 -> 18, T2 10 -> 10, S1 10 -> 12, T3 12 -> 12: two posts gained.
            Term.POSTS_MOVED: -150 * 2,
            # Asked and met: T1 6 and 6, T2 3 and 3, T3 4 and 3; 0.9 x 4 - 3 = 0.6 rounds short.
            Term.INEQUITY: -25 * 0.6,
            # T1 8 + 12 + 6, T2 8 + 12 + 4, T3 6.
            Term.COUNTY_SUPPORT: -56,
            **dict.fromkeys(INSTRUMENT_TERMS, 0),
        }
    )
    assert found.objective == pytest.approx(480 + 1050 - 850 - 300 - 80 - 120 - 300 - 15 - 56)


def test_townships_by_hand() -> None:
    found = audit(make_case(), make_policy(), make_plan()).townships
    # Columns below in the order T1, T2, S1, T3.
    expected = {
        "county": ["K1", "K1", "K1", "K2"],
        "category": ["central", "general", "subdistrict", "key"],
        # Hours a case: P1 0.5 x 2 + 0.5 x 10 = 6; P2 0.25 x 4 + 0.75 x 20 = 16; P3 10; P4 8. A joint case takes 16 h.
        # T1: 15,000 + 160 joint + P1 40 + 600 + P2 60 + 320 + P4 30; T2: 7,000 + 80 + P1 40 + P2 60 + P3 20 + 50;
        # S1: 8,000; T3: 9,000 + 32 + P4 30 + 400.
        "hours_needed": [16210, 7250, 8000, 9462],
        "hours_at_risk": [0, 0, 0, 0],
        "officer_hours_at_risk": [0, 0, 0, 0],
        # 1,000 h a person; see `staff`.
        "hours_there": [16200, 8000, 11800, 14000],
        "load": [16210 / 16200, 7250 / 8000, 8000 / 11800, 9462 / 14000],
        # Above 90 % of the hours there: 14,580; 7,200; 10,620; 12,600.
        "overload_hours": [1630, 50, 0, 0],
        "posts_before": [20, 10, 10, 12],
        "posts": [18, 10, 12, 12],
        # K1 has 40 posts: 24 base, 2 revolving, 14 floating. Base by 1.2 : 0.8 : 1.4 is 8.47, 5.65, 9.88 -> 8, 6, 10.
        # K2 has 12 posts: 7.2 -> 7 base, 0.6 -> 1 revolving, 4 floating.
        "base_posts": [8, 6, 10, 7],
        "floating_posts": [8, 4, 2, 4],
        "revolving_posts": [2, 0, 0, 1],
        # Weights of K1: T1 0.6 x 0.6 + 0.2 x 0.4 + 0.1 x 0.5 + 0.1 x 0.5 = 0.54; T2 0.18 + 0.08 + 0.05 = 0.31;
        # S1 0.06 + 0.04 + 0.05 = 0.15; times 14 floating posts, plus base posts.
        "fair_share": [8 + 7.56, 6 + 4.34, 10 + 2.1, 11],
        "staff_before": [18 - 2 + 1, 8, 10, 12 - 1 + 2],
        # K1 fills 36 of 40 posts. Lent: T1 1 of 2 may stay (5 % of 20), T3 none of 1 (5 % of 12 is 0.6).
        "staff": [18 - 0.9 * 2 - 1 + 1, 8, 10 + 0.9 * 2, 12 + 2],
        "lent_returned": [1, 0, 0, 1],
        "officers_before": [4, 3, 3, 5],
        # K1 loses 12 % of 10, rounded up: 2; by 0.8, 0.6, 0.6 to T1 and (first of equals) T2. K2 loses 0.6 -> 1 of 5.
        "officers_remaining": [3, 2, 3, 4],
        "trained": [1, 0, 0, 0],
        "moved_in": [0, 1, 0, 0],
        "moved_out": [0, 0, 1, 0],
        "from_stations": [0, 0, 0, 0],
        "officers": [4, 3, 2, 4],
        # Own work, joint cases, and cases of P2 (T1: 20 x 16) and P3 (T2: 5 x 10).
        "officer_hours_needed": [1000 + 160 + 320, 500 + 80 + 50, 300, 400 + 32],
        "officer_hours_there": [3200, 2400, 1600, 3200],
        # T1's three rounds for P5, which may not be handed down, do not count.
        "rounds_asked": [6, 3, 0, 4],
        "rounds_met": [6, 3, 0, 3],
        "powers_taken": [3, 3, 0, 1],
        "fields_ready": [2, 2, 1, 1],
    }
    assert list(found.columns) == list(expected)
    assert list(found.index) == ["T1", "T2", "S1", "T3"]
    assert found.index.name == "township"
    for column, values in expected.items():
        if isinstance(values[0], str):
            assert list(found[column]) == values, column
        else:
            np.testing.assert_allclose(found[column], values, rtol=1e-12, err_msg=column)
    assert (found[["posts", "base_posts", "officers", "trained", "rounds_met", "fields_ready"]].dtypes == "int64").all()


def test_fields_by_hand() -> None:
    found = audit(make_case(), make_policy(), make_plan()).fields
    expected = pd.DataFrame(
        [
            ("T1", "F1", True, False, 1, 20.0),
            ("T1", "F2", False, False, 2, 100.0),
            ("T2", "F1", True, False, 2, 5.0),
            ("T2", "F2", True, False, 1, 0.0),
            ("S1", "F2", False, False, 0, 0.0),
            ("T3", "F2", True, False, 1, 50.0),
        ],
        columns=["township", "field", "new", "brought", "powers", "cases"],
    )
    pd.testing.assert_frame_equal(found, expected)


def test_terms_of_the_instruments_by_hand() -> None:
    policy = make_policy(
        county_opening={"price": 100, "opened_max": 4}, lent_returns={"price": 0.5}, retention={"price": 15},
        office_heads={"hours": 200, "leader_price": 1.5},
    )  # fmt: skip
    found = audit(make_case(), policy, make_plan(returned=returned(T1=1), led=led("T1", "S1")))
    assert found.breaches == ()
    # K1 opens P1 to P4, K2 P4: five. T1's person works 1,000 h. P4 in T1, P1 and P2 in T2 have no case.
    assert found.terms[Term.COUNTY_OPENING] == -500
    assert found.terms[Term.LENT_RETURNS] == -500
    assert found.terms[Term.UNUSED_POWERS] == -45
    # A power with as many cases as it needs is used: below five are only those three.
    fives = audit(make_case(), make_policy(use_min=5, retention={"price": 15}), make_plan())
    assert fives.terms[Term.UNUSED_POWERS] == -45
    # Leaders head T1 and S1, officers T2 and T3.
    assert found.terms[Term.OFFICES_LED] == -1.5 * 200 * 2
    assert found.townships["lent_returned"].tolist() == [2, 0, 0, 1]
    # T1 then has 17,200 h: 16,210 are 730 above 90 %, at 0.5; T2 as before.
    assert found.terms[Term.OVERLOAD] == -(365 + 25)


@pytest.mark.parametrize(("hours", "load"), [(9_000.0, math.inf), (0.0, 0.0)])
def test_the_load_of_who_has_nobody_is_without_end_or_nothing(hours: float, load: float) -> None:
    townships = tables()["townships"]
    nobody = {"staff_in_post": 0, "lent": 0, "stationed_staff": 0, "certified_officers": 0, "joint_cases": 0.0}
    townships.loc["T3", [*nobody, "statutory_hours"]] = [*nobody.values(), hours]
    found = audit(make_case(townships=townships), make_policy(), make_plan(take_up=take_up(without=("T3 P4",))))
    assert found.townships.loc["T3", ["hours_needed", "hours_there", "load"]].tolist() == [hours, 0, load]


def test_what_is_at_risk_by_hand() -> None:
    found = audit(make_case(), make_policy(uncertain_hours={"deviation": 0.5, "budget": 1}), make_plan()).townships
    # Half of the one power that takes most: P1 in T1 with 640 h, P3 in T2 with 70, P4 in T3 with 430; S1 has none. Of
    # officer-hours P2 in T1 with 320, P3 in T2 with 50.
    assert found["hours_at_risk"].tolist() == [320, 35, 0, 215]
    assert found["officer_hours_at_risk"].tolist() == [160, 25, 0, 0]


def test_stations_by_hand() -> None:
    # A1 is devolved to T1 with all its people; A2 and A3 are managed, a fifth of their hours.
    plan = make_plan(stations=stations("A1 devolved", "A2 managed", "A3 managed", "A5 devolved"))
    found = audit(make_case(), make_policy(stations={"hour_price": 0.5}, new_fields_max=1), plan)
    assert found.breaches == ()
    # 1,000 h a person: A1 loses 5,000 less 4,000, A2 800, A3 1,000, A5 nothing, for it has more work than hours.
    assert found.terms[Term.STATIONS] == pytest.approx(-0.5 * (1000 + 800 + 1000) - 4 * 120)
    before = audit(make_case(), make_policy(), make_plan()).townships
    change = found.townships.select_dtypes("number") - before.select_dtypes("number")
    assert change["staff"].tolist() == pytest.approx([5.8, 1, 0, 3])
    assert change["hours_there"].tolist() == pytest.approx([5800, 1000, 0, 3000])
    assert change["hours_needed"].tolist() == pytest.approx([4000, 0, 0, 3500])
    assert found.townships["from_stations"].tolist() == change["officers"].tolist() == [2, 0, 0, 0]
    # Two fifths of A1's own work are its officers', 0.8 of them enforcement; they have 0.8 x 2,000 h.
    assert change["officer_hours_needed"].tolist() == pytest.approx([1280, 0, 0, 0])
    assert change["officer_hours_there"].tolist() == pytest.approx([1600, 0, 0, 0])
    # F1 in T1 by A1, F2 in T2 by A3 and in T3 by A5; F2 in T1 is ready today. F1 in T2 costs its 100.
    brought = found.fields[found.fields["brought"]]
    assert brought[["township", "field"]].to_numpy().tolist() == [["T1", "F1"], ["T2", "F2"], ["T3", "F2"]]
    assert found.terms[Term.READINESS] == -100
    # T1: 20,210 h of 22,000; 19,800 free, 410 at 0.5. T2: 7,250 of 9,000. S1 and T3 (12,962 of 17,000) have time.
    assert found.terms[Term.OVERLOAD] == pytest.approx(-205)


def test_what_a_county_refuses_nobody_takes() -> None:
    refused = table("refusals", "county power reason", "K1 P2 -")
    found = breaches(case=make_case(refusals=refused))
    # P3 needs P2, so it falls with it.
    assert found == tuple(
        Breach("no_interest", f"township {township}, power {power}", 1.0, "powers")
        for township, power in (("T1", "P2"), ("T2", "P2"), ("T2", "P3"))
    )


def test_neither_band_nor_cap_shapes_posts_in_force() -> None:
    # T1 has 14 posts, below its band of 15 to 16; T2 11 and S1 13 are within theirs. Two posts move.
    decided = {"posts": posts(T1=(8, 6, 2), T2=(6, 5, 0), S1=(10, 3, 0))}
    broken_now = {breach.rule for breach in breaches(make_plan(**decided), make_case(), posts_moved_max=0)}
    assert {"posts_within_band", "posts_moved_within_cap"} <= broken_now
    totals = pd.DataFrame({"township": ["T1", "T2", "S1", "T3"], "posts_kept": [16, 11, 13, 12]})
    found = breaches(make_plan(**decided), make_case(posts_in_force=totals), posts_moved_max=0)
    assert not {"posts_within_band", "posts_moved_within_cap", "posts_kept"} & {breach.rule for breach in found}


def test_wall_prices_no_overload() -> None:
    priced = audit(make_case(), make_policy(), make_plan())
    found = audit(make_case(), make_policy(overload="wall", wall_share=1.1), make_plan())
    assert found.breaches == ()
    assert found.terms[Term.OVERLOAD] == 0
    # The hours above the free share are there all the same.
    assert found.townships["overload_hours"].tolist() == priced.townships["overload_hours"].tolist() == [1630, 50, 0, 0]


def broken(rule: str, *found: tuple[str, float, str], name: str = "", **how: Any) -> Any:
    """Return a test case: what breaks the rule, and the (place, amount, unit) of every breach it must cause."""
    expected = tuple(Breach(rule, place, amount, unit) for place, amount, unit in found)
    return pytest.param(how, expected, id=f"{rule}-{name}" if name else rule)


ONE_STEP = (OverloadStep(until=1.0, price=0.5),)

BROKEN = [
    broken("base_list_within_cap", ("list base", 1, "powers"), base_list_max=2),
    broken("guide_list_within_cap", ("city", 1, "powers"), guide_list_max=3),
    broken(
        "listing_hours_within_cap",
        ("city", 5, "staff-hours a year"),
        listing_hours_max=35,
        case_listing_hours=10.0,
    ),
    broken(
        "pin_kept",
        ("T1 does not take P1 (agreed)", 1, "powers"),
        pins=[{"power": "P1", "township": "T1", "holds": False, "reason": "agreed"}],
    ),
    broken("category_list_within_cap", ("list central", 1, "powers"), ("list key", 1, "powers"), category_list_max=0),
    broken("one_kind_of_list", ("power P1", 1, "powers"), name="both", guide_list=guide_list("P1 central")),
    broken(
        "one_kind_of_list",
        ("list base, power P1", 2, "rows"),
        name="repeated",
        guide_list=guide_list("P1 base", "P1 base"),
    ),
    broken("one_kind_of_list", ("list general", 1, "powers"), name="no_own_list", guide_list=guide_list("P6 general")),
    broken(
        "one_kind_of_list", ("list subdistrict", 1, "powers"), name="no_list", guide_list=guide_list("P6 subdistrict")
    ),
    broken("eligible", ("power P5", 1, "powers"), guide_list=guide_list("P5 base")),
    # P5 and the general towns' list drop out of the list in force; P6 is on it and not kept, P4 on `central` is new.
    broken(
        "guide_list_kept",
        ("list base, power P6, dropped", 1, "powers"),
        ("list central, power P4, added", 1, "powers"),
        case_guide_list=("P1 base", "P2 base", "P3 base", "P4 key", "P5 base", "P6 base", "P6 general"),
    ),
    # P4 stays on the list of central towns, which does not help the key town T3.
    broken("taken_only_if_listed", ("township T3, power P4", 1, "powers"), guide_list=guide_list(without=("P4 key",))),
    broken(
        "no_interest",
        ("township T1, power P6", 1, "powers"),
        guide_list=guide_list("P6 base"),
        take_up=take_up("T1 P6"),
    ),
    broken("votes_only", ("township S1, power P1", 1, "powers"), take_up=take_up("S1 P1")),
    broken(
        "required_power_taken", ("township T2, power P3 without P2", 1, "powers"), take_up=take_up(without=("T2 P2",))
    ),
    broken("new_powers_within_cap", ("township T1", 1, "powers"), ("township T2", 1, "powers"), new_powers_max=2),
    broken("taken_only_if_ready", ("township T3, power P4", 1, "powers"), ready=ready(without=("T3 F2",))),
    broken("new_fields_within_cap", ("township T2", 1, "fields"), new_fields_max=1),
    broken("ready_is_new", ("township T1, field F2, ready today", 1, "rows"), name="today", ready=ready("T1 F2")),
    broken(
        "ready_is_new", ("township S1, field F1, a subdistrict", 1, "rows"), name="subdistrict", ready=ready("S1 F1")
    ),
    broken("ready_is_new", ("township T2, field F1, given twice", 1, "rows"), name="twice", ready=ready("T2 F1")),
    # T1 needs 16,210 h and has 16,200.
    broken("overload_within_stop", ("township T1", 10, "staff-hours a year"), overload_steps=ONE_STEP),
    broken("workload_within_wall", ("township T1", 10, "staff-hours a year"), overload="wall", wall_share=1.0),
    # Totals of both townships and the county's floating posts stay as they are.
    broken(
        "base_posts_by_formula",
        ("township T1", 1, "posts"),
        ("township T2", 1, "posts"),
        posts=posts(T1=(9, 7, 2), T2=(5, 5, 0)),
    ),
    # T2 then has 11 of at most floor(1.08 x 10.34) = 11 base and floating posts.
    broken("floating_spread", ("county K1", 1, "posts"), posts=posts(T2=(6, 5, 0))),
    broken("revolving_spread", ("county K2", 1, "posts"), posts=posts(T3=(7, 4, 0))),
    # An even share of K1's 2 revolving posts among 3 units is 1, rounded up.
    broken("revolving_within_cap", ("township T1", 1, "posts"), revolving_posts_max=0),
    # Bands: T1 15 to 16, T2 10 to 11, S1 12 to 13 posts; T1 has 14.
    broken("posts_within_band", ("township T1", 1, "posts"), posts=posts(T1=(8, 6, 2), T2=(6, 5, 0), S1=(10, 3, 0))),
    # S1 has 14, T1 15 and T2 9.
    broken(
        "posts_within_band",
        ("township T2", 1, "posts"),
        ("township S1", 1, "posts"),
        name="above",
        posts=posts(T2=(6, 3, 0), S1=(10, 4, 0), T1=(8, 7, 2)),
    ),
    broken("posts_moved_within_cap", ("city", 1, "posts"), posts_moved_max=1),
    # T1 has 18 and S1 12.
    broken("posts_kept", ("township S1", 1, "posts"), case_posts_in_force={"T1": 18, "S1": 11}),
    # S1 keeps 1 of its 3.
    broken("officers_at_least_minimum", ("township S1", 1, "officers"), officers=officers(S1=(0, 0, 2), T2=(0, 2, 0))),
    broken("officers_moved_within_county", ("county K2", 1, "officers"), officers=officers(T3=(0, 1, 0))),
    # T1 has 3 after attrition; it trains 5 and sends 4 to T2.
    broken(
        "moved_out_of_remaining",
        ("township T1", 1, "officers"),
        officers=officers(T1=(5, 0, 4), T2=(0, 5, 0), S1=(0, 0, 1)),
    ),
    # T2 has 8 in post, 3 of them certified.
    broken("trained_from_staff", ("township T2", 1, "officers"), officers=officers(T2=(6, 1, 0))),
    broken("training_within_places", ("city", 1, "officers"), training_places_max=0),
    # Of one candidate at 90 % nobody is sure to pass.
    broken("training_within_places", ("city", 1, "officers"), name="pass", training_places_max=1, exam_pass_share=0.9),
    # An office of the minimum of 2 then covers no field with penalties, and further ones add none; T1 and T2 have F1.
    broken(
        "officers_cover_fields",
        ("township T1", 1, "fields"),
        ("township T2", 1, "fields"),
        fields_at_minimum=0,
        fields_per_officer=0,
    ),
    # T1 has 4 officers and may cover 4 - 2 fields; T2 has 3 and may cover 3 - 2, less the one it lacks at the minimum.
    broken(
        "officers_cover_fields",
        ("township T2", 1, "fields"),
        name="by_further_officers",
        officers_min=3,
        officers=officers(S1=(1, 0, 1)),
        fields_at_minimum=0,
        fields_per_officer=1,
    ),
    # F1 then needs 5 officers in T1 (4 there) and in T2 (3 there).
    broken(
        "penalty_field_has_officers",
        ("township T1", 1, "officers"),
        ("township T2", 2, "officers"),
        officers_per_field=5,
    ),
    # T3 chose P1 in the first round and does not take it.
    broken("base_list_taken", ("township T3, power P1", 1, "powers"), take_up_floor="chosen"),
    # K1 opens P1 to P4, K2 only P4.
    broken("opened_within_cap", ("county K1", 1, "powers"), county_opening={"price": 0, "opened_max": 3}),
    broken("returned_of_lent", ("township T1", 1, "persons"), name="off", returned=returned(T1=1)),
    # Of two lent by T1, the cap of 5 % of 20 posts leaves one.
    broken("returned_of_lent", ("township T1", 1, "persons"), returned=returned(T1=2), lent_returns={}),
    broken("returned_within_cap", ("city", 1, "persons"), returned=returned(T1=1), lent_returns={"returned_max": 0}),
    broken("led_within_cap", ("city", 1, "offices"), name="off", led=led("T1")),
    broken("led_within_cap", ("city", 1, "offices"), led=led("T1", "S1"), office_heads={"led_max": 1}),
    broken(
        "led_within_cap", ("township T1, given twice", 1, "offices"), name="twice", led=led("T1", "T1"), office_heads={}
    ),
    # Twelve rounds at 40 h are 480.
    broken(
        "goal_reached",
        ("term choices_met", 20, "staff-hours a year"),
        goals=[{"term": "choices_met", "at_least": 500}],
    ),
    # In T2, P1 and P2 have no case: two of three powers where half may.
    broken("unused_within_share", ("township T2", 0.5, "powers"), retention={"share_max": 0.5}),
    broken("managed_kind_allowed", ("station A2", 1, "stations"), name="off", stations=stations("A2 managed")),
    broken("managed_kind_allowed", ("station A4", 1, "stations"), stations=stations("A4 managed"), policy_stations={}),
    broken(
        "managed_kind_allowed",
        ("station A2", 1, "stations"),
        name="without_measures",
        stations=stations("A1 devolved", "A2 managed"),
        policy_stations={"measures": []},
    ),
    broken(
        "devolved_kind_allowed", ("station A3", 1, "stations"), stations=stations("A3 devolved"), policy_stations={}
    ),
    broken(
        "managed_within_cap",
        ("city", 1, "stations"),
        stations=stations("A1 devolved", "A3 managed"),
        policy_stations={"managed_max": 1},
    ),
    broken(
        "devolved_within_cap",
        ("city", 1, "stations"),
        stations=stations("A1 devolved", "A3 managed"),
        policy_stations={"devolved_max": 0},
    ),
    broken(
        "managed_per_township_within_cap",
        ("township T1", 1, "stations"),
        stations=stations("A1 devolved", "A2 managed", "A3 managed"),
        policy_stations={"managed_per_township_max": 1},
    ),
    # F2 is ready today, because P4 is held.
    broken(
        "held_stays",
        ("township T3, power P1", 1, "powers"),
        case_held=("T3 P1", "T3 P4"),
        phases={},
        ready=ready(without=("T3 F2",)),
    ),
    broken(
        "ready_is_new",
        ("township T3, field F2, ready today", 1, "rows"),
        name="held",
        case_held=("T3 P4",),
        phases={},
    ),
    # T1 needs 1,480 officer-hours of 0.36 x 4 x 1,000.
    broken("officer_hours_sufficient", ("township T1", 40, "officer-hours a year"), officer_hours_share=0.36),
    # P2 in T1 takes 320 officer-hours, and 6 times as many more if it is the one: 1,480 + 1,920 of 3,200.
    broken(
        "officer_hours_sufficient",
        ("township T1", 200, "officer-hours a year"),
        name="at_risk",
        uncertain_hours={"deviation": 6, "budget": 1},
    ),
    # T1 needs 16,210 h, and P1 may take 3 times its 640 more: 18,130 of 1.1 x 16,200.
    broken(
        "overload_within_stop",
        ("township T1", 310, "staff-hours a year"),
        name="at_risk",
        uncertain_hours={"deviation": 3, "budget": 1},
        overload_steps=[{"until": 1.1, "price": 0.5}],
    ),
]


@pytest.mark.parametrize(("how", "expected"), BROKEN)
def test_each_rule_breaks_alone(how: dict[str, Any], expected: tuple[Breach, ...]) -> None:
    how = dict(how)
    force, held = how.pop("case_guide_list", ()), how.pop("case_held", ())
    posts_given = pd.Series(how.pop("case_posts_in_force", {}), dtype="int64").rename("posts_kept")
    decided = {name: how.pop(name) for name in PLAN_TABLES if name in how}
    if "policy_stations" in how:  # the plan has a table of this name
        how["stations"] = how.pop("policy_stations")
    given = {"guide_list": table("guide_list", "power list", *force), "held": table("held", "township power", *held)}
    if len(posts_given):
        given["posts_in_force"] = posts_given.rename_axis("township").reset_index()
    case, hours = make_case(**given), how.pop("case_listing_hours", 0.0)
    if hours:
        case = case.replace(powers=case.powers.assign(listing_hours=hours))
    found = breaches(make_plan(**decided), case, **how)
    assert [(b.rule, b.place, b.unit) for b in found] == [(b.rule, b.place, b.unit) for b in expected]
    assert [b.amount for b in found] == pytest.approx([b.amount for b in expected])


@pytest.mark.parametrize(
    "policy",
    [
        # P1 to P3 on the base list and P4 on two others; T1 and T2 take three powers, T2 is made ready in two fields.
        {"base_list_max": 3, "guide_list_max": 4, "category_list_max": 1, "new_powers_max": 3, "new_fields_max": 2},
        # T1 has two revolving posts, S1 and T3 none and one; two posts move.
        {"revolving_posts_max": 2, "posts_moved_max": 2},
        # S1 has two officers, T2 three and T1 four; one is trained. F1 is one field with penalties.
        {"officers_min": 2, "officers_per_field": 3, "training_places_max": 1, "fields_at_minimum": 0},
        {"training_places_max": 2, "exam_pass_share": 0.5},
        # 1,480 of 0.37 x 4 x 1,000 officer-hours in T1, whose overload ends at 16,210 of 16,200 h.
        {"officer_hours_share": 0.37, "overload_steps": [{"until": 16_210 / 16_200, "price": 0.5}]},
        {"overload": "wall", "wall_share": 16_210 / 16_200},
        # Twelve rounds at 40 h; four powers opened by K1, one by K2; of three powers in T2 two without a case.
        {"goals": [{"term": "choices_met", "at_least": 480}], "county_opening": {"opened_max": 4}},
        {"retention": {"share_max": 2 / 3}},
    ],
    ids=lambda policy: next(iter(policy)),
)
def test_what_just_keeps_a_rule_breaks_none(policy: dict[str, Any]) -> None:
    assert breaches(**policy) == ()


def test_instruments_that_are_used_up_break_no_rule() -> None:
    plan = make_plan(
        stations=stations("A1 devolved", "A2 managed", "A3 managed"), returned=returned(T1=1), led=led("T1", "S1")
    )
    caps = {"managed_max": 3, "devolved_max": 1, "managed_per_township_max": 2}
    settings = {"lent_returns": {"returned_max": 1}, "office_heads": {"led_max": 2}}
    assert breaches(plan, stations=caps, **settings) == ()


def posts_with(cell: Any, township: str = "T3", column: str = "revolving_posts") -> pd.DataFrame:
    frame = posts().astype(object)
    frame.loc[township, column] = cell
    return frame


TRAINED_T1 = "officers, township T1, trained"

ODD = [
    ("guide_list", guide_list("P9 base"), "guide_list row 6, unknown power 'P9'", 1, "rows"),
    ("guide_list", guide_list("P6 middling"), "guide_list row 6, unknown list 'middling'", 1, "rows"),
    ("stations", stations("A9 managed"), "stations row 1, unknown station 'A9'", 1, "rows"),
    ("stations", stations("A1 ours"), "stations row 1, unknown status 'ours'", 1, "rows"),
    ("stations", stations("A1 managed", "A1 devolved"), "stations row 2, given twice", 1, "rows"),
    ("take_up", take_up("T9 P1"), "take_up row 8, unknown township 'T9'", 1, "rows"),
    ("take_up", take_up("T1 P1"), "take_up row 8, given twice", 1, "rows"),
    ("ready", ready("T1 F9"), "ready row 5, unknown field 'F9'", 1, "rows"),
    ("ready", ready()[["township"]], "ready, column field missing", 1, "columns"),
    (
        "take_up",
        pd.concat([take_up(), take_up()[["power"]]], axis=1),
        "take_up, column power given twice",
        1,
        "columns",
    ),
    ("take_up", None, "take_up, not a table", 1, "tables"),
    ("posts", posts().drop("S1"), "posts, township S1 missing", 1, "rows"),
    ("posts", posts().rename(index={"S1": "S9"}), "posts row 3, unknown township 'S9'", 1, "rows"),
    ("posts", pd.concat([posts(), posts().loc[["T2"]]]), "posts row 5, township T2 given twice", 1, "rows"),
    ("posts", posts_with(1.25), "posts, township T3, revolving_posts, not whole", 0.25, "posts"),
    ("posts", posts_with(-2), "posts, township T3, revolving_posts, negative", 2, "posts"),
    ("posts", posts_with(math.nan), "posts, township T3, revolving_posts, no number: nan", 1, "posts"),
    ("posts", posts_with(math.inf), "posts, township T3, revolving_posts, no number: inf", 1, "posts"),
    ("posts", posts_with("1"), "posts, township T3, revolving_posts, no number: '1'", 1, "posts"),
    ("posts", posts_with(True), "posts, township T3, revolving_posts, no number: True", 1, "posts"),
    ("posts", posts_with(10**400), f"posts, township T3, revolving_posts, no number: 1{'0' * 36}...", 1, "posts"),
    ("officers", officers(T1=(-1, 0, 0)), f"{TRAINED_T1}, negative", 1, "persons"),
    (
        "officers",
        officers().astype({"trained": float}).replace(1.0, 0.75),
        f"{TRAINED_T1}, not whole",
        0.25,
        "persons",
    ),
]


@pytest.mark.parametrize(("name", "frame", "place", "amount", "unit"), ODD, ids=[place for _, _, place, _, _ in ODD])
def test_odd_decisions_are_breaches(name: str, frame: Any, place: str, amount: float, unit: str) -> None:
    found = audit(make_case(), make_policy(), make_plan(**{name: frame}))
    assert Breach("well_formed", place, amount, unit) in found.breaches
    assert all(math.isfinite(value) for value in found.terms.values())
    assert list(found.townships.index) == ["T1", "T2", "S1", "T3"]


def test_unknown_rows_leave_the_rest_as_it_was() -> None:
    found = audit(make_case(), make_policy(), make_plan(take_up=take_up("T9 P1", "T1 P9", "T1 P1")))
    assert [breach.rule for breach in found.breaches] == ["well_formed"] * 3
    assert found.terms == audit(make_case(), make_policy(), make_plan()).terms


CELLS = st.one_of(
    st.sampled_from(["T1", "T2", "S1", "T3", "P1", "P3", "P5", "F1", "F2", "base", "central", "general", "", "x"]),
    st.integers(-3, 30),
    st.floats(),
    st.booleans(),
    st.none(),
    st.just([1]),
    st.just(1j),
    st.just(pd.NaT),
    st.integers(10**30, 10**400),
)


@st.composite
def odd_frames(draw: st.DrawFn, columns: str) -> Any:
    if draw(st.integers(0, 9)) == 0:
        return draw(CELLS)
    names = draw(st.permutations([*columns.split(), "more"]))[: draw(st.integers(0, 4))]
    labels = draw(st.lists(st.sampled_from(["T1", "T2", "S1", "T3", "x", 1.5, None]), max_size=5))
    cells = st.lists(CELLS, min_size=len(labels), max_size=len(labels))
    return pd.DataFrame({name: pd.Series(draw(cells), index=labels, dtype=object) for name in names}, index=labels)


@settings(deadline=None, max_examples=examples(60))
@given(
    odd_frames("power list"),
    odd_frames("township power"),
    odd_frames("township field"),
    odd_frames("base_posts floating_posts revolving_posts"),
    odd_frames("trained moved_in moved_out"),
)
def test_no_decisions_upset_the_audit(lists: Any, taken: Any, fields: Any, spread: Any, moves: Any) -> None:
    found = audit(make_case(), make_policy(), Decisions(lists, taken, fields, spread, moves))
    assert found.breaches
    assert list(found.terms) == list(Term)
    assert all(math.isfinite(value) for value in found.terms.values())
    assert all(math.isfinite(breach.amount) and breach.amount > 0 for breach in found.breaches)
    assert len(found.townships) == 4


def case_with_power(requires: str = "-", testing_available: bool = False, **facts: Any) -> Case:
    """The case with one more power P7, by default an ordinary one, and P8, which requires P7."""
    powers = pd.concat(
        [
            tables()["powers"],
            table(
                "powers",
                "id type field requires simple_hours ordinary_hours simple_share upkeep_hours",
                f"P7 payment F2 {requires} 1 1 0 1",
                "P8 payment F2 P7 1 1 0 1",
            ),
        ]
    )
    for column, value in facts.items():
        powers.loc["P7", column] = value
    fields = tables()["fields"]
    fields.loc["F2", "testing_available"] = testing_available
    return make_case(powers=powers, fields=fields)


P7_AND_P8 = ("power P7", "power P8")

LAW = [
    ({}, True, ()),
    ({"holder": "township"}, True, P7_AND_P8),
    ({"holder": "city"}, True, P7_AND_P8),
    ({"holder": "province"}, True, P7_AND_P8),
    ({"restricts_liberty": True}, True, P7_AND_P8),
    ({"freezes_assets": True}, True, P7_AND_P8),
    ({"type": "penalty", "in_directory": False}, True, P7_AND_P8),
    ({"type": "penalty", "in_directory": False, "entrustable": True}, True, ()),
    ({"type": "permit"}, True, P7_AND_P8),  # the directory alone does not carry a permit
    ({"type": "permit", "in_directory": False, "entrustable": True}, True, ()),
    ({"type": "coercion"}, True, P7_AND_P8),
    ({"type": "coercion", "requires": "P1"}, True, P7_AND_P8),  # P1 is no penalty
    ({"type": "coercion", "requires": "P2", "in_directory": False}, True, ()),
    ({"type": "coercion", "requires": "P5"}, True, P7_AND_P8),  # P5 is a penalty but excluded itself
    ({"in_directory": False}, True, P7_AND_P8),
    ({"in_directory": False, "entrustable": True}, True, ()),
    ({"needs_testing": True}, True, P7_AND_P8),
    ({"needs_testing": True, "testing_available": True}, True, ()),
    ({"needs_hearing": True}, True, P7_AND_P8),
    ({"needs_hearing": True}, False, ()),
    ({"requires": "P5"}, True, P7_AND_P8),
    ({"requires": "P8"}, True, ()),  # a circle is no ground to exclude
]


@pytest.mark.parametrize(("facts", "hearing_stays", "places"), LAW, ids=[f"{facts}-{stays}" for facts, stays, _ in LAW])
def test_what_law_lets_townships_hold(facts: dict[str, Any], hearing_stays: bool, places: tuple[str, ...]) -> None:
    plan = make_plan(guide_list=guide_list("P7 base", "P8 base"))
    found = breaches(plan, case_with_power(**facts), hearing_powers_stay=hearing_stays)
    assert found == tuple(Breach("eligible", place, 1.0, "powers") for place in places)


def test_guide_list_in_force_that_is_kept() -> None:
    force = table("guide_list", "power list", "P1 base", "P2 base", "P3 base", "P4 key", "P4 central", "P5 base")
    assert breaches(case=make_case(guide_list=force)) == ()


def test_hours_have_a_tolerance_and_posts_have_none() -> None:
    needed = make_case()
    at_the_stop = needed.townships
    at_the_stop.loc["T1", "statutory_hours"] = 15000 - 10 + 0.01  # 0.01 h above 16,200: within a millionth
    assert breaches(case=make_case(townships=at_the_stop), overload_steps=ONE_STEP) == ()
    at_the_stop.loc["T1", "statutory_hours"] += 0.01
    found = breaches(case=make_case(townships=at_the_stop), overload_steps=ONE_STEP)
    assert [breach.rule for breach in found] == ["overload_within_stop"]
    slightly_more = breaches(make_plan(posts=posts_with(1.0001)))
    assert {breach.rule for breach in slightly_more} >= {"well_formed", "revolving_spread"}


def test_rounding_error_moves_no_person() -> None:
    large = make_case().townships
    large.loc["T3", ["posts", "staff_in_post", "lent", "certified_officers"]] = [100, 100, 29, 100]
    found = audit(make_case(townships=large), make_policy(lent_share_max=0.29, attrition_share=0.07), make_plan())
    assert 0.29 * 100 < 29
    assert found.townships.loc["T3", "lent_returned"] == 0
    assert 0.07 * 100 > 7
    assert found.townships.loc["T3", "officers_remaining"] == 93


def test_no_staff_at_all() -> None:
    empty = make_case().townships
    empty.loc["T3", ["posts", "staff_in_post", "lent", "stationed_staff", "certified_officers"]] = 0
    plan = make_plan(posts=posts(T3=(0, 0, 0)))
    found = audit(make_case(townships=empty), make_policy(), plan)
    assert found.townships.loc["T3", "load"] == math.inf
    # Every hour that is needed lies above the stop, for there is not one hour there.
    assert Breach("overload_within_stop", "township T3", 9462.0, "staff-hours a year") in found.breaches
    assert "posts_within_band" not in {breach.rule for breach in found.breaches}


def test_indicators_that_are_zero_in_a_county_count_alike() -> None:
    poor = make_case().townships
    poor.loc[["T1", "T2", "S1"], ["population", "area_km2", "gdp", "fiscal_revenue"]] = 0
    fair = audit(make_case(townships=poor), make_policy(), make_plan()).townships["fair_share"]
    assert list(fair) == pytest.approx([8 + 14 / 3, 6 + 14 / 3, 10 + 14 / 3, 11])


def test_the_formulas_own_number_is_within_the_band() -> None:
    # Without a band, only whole fair shares would do; the formula's own spread is always allowed.
    assert breaches(posts_band=0.0) == ()


def test_pools_that_round_up_twice_give_no_post_twice() -> None:
    odd = make_case().townships
    odd.loc["T3", "posts"] = 13
    plan = make_plan(posts=posts(T3=(7, 0, 6)))
    found = breaches(plan, make_case(townships=odd), base_posts_share=0.5, revolving_posts_share=0.5)
    assert not [breach for breach in found if breach.place in ("county K2", "township T3")]


def test_describe() -> None:
    found = [Breach("base_list_within_cap", "list base", 2.0, "powers")]
    assert describe(found) == "1 breach:\n  base_list_within_cap at list base: 2 powers"
    assert describe([]) == "no rule is broken"
    many = found + [Breach("votes_only", f"township S{i}", 1.0, "powers") for i in range(4)]
    assert describe(many, limit=2) == (
        "5 breaches:\n  base_list_within_cap at list base: 2 powers\n  votes_only at township S0: 1 powers\n"
        "  and 3 more: 3 x votes_only"
    )


def test_every_rule_of_the_table_is_checked_and_tested() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", devolve_opt.audit.__doc__ or "", flags=re.MULTILINE)
    documented = [rule for rule, _, _ in rows]
    from test_duties_audit import BROKEN as BROKEN_BY_DUTIES

    every = [*BROKEN, *BROKEN_BY_DUTIES]
    tested = {breach.rule for parameters in every for breach in parameters.values[1]} | {"well_formed"}
    assert len(documented) == len(set(documented))
    assert set(documented) == tested
    assert documented == ["well_formed", *(rule.__name__ for rule in devolve_opt.audit._RULES)]


def test_the_audit_depends_on_nothing_it_checks() -> None:
    allowed = {
        "audit", "case", "plan", "policy", "instruments", "frozen", "language", "post_formulas", "team_plan",
        "phase_plan", "vocabulary", "rules.apportionment",
    }  # fmt: skip
    for path in Path(devolve_opt.audit.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("pyomo", "highspy")), (path.name, name)
                own = name.removeprefix("devolve_opt.")
                assert own == name or own in allowed or own.startswith("audit."), (path.name, name)
