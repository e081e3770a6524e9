"""The audit of offices: a sound arrangement passes, and every rule is found when it alone is broken."""

from __future__ import annotations

import pandas as pd
import pytest

from devolve_opt.audit.offices import audit_offices
from devolve_opt.instruments import Offices
from modelling import small_case

SETTINGS = Offices(offices_max=2, centres_max=1, office_staff_min=1)
FUNCTIONS = pd.DataFrame(
    [
        ("A", "party_government", "office", "one", True, 0, 0.3),
        ("B", "party_government", "office", "one", False, 0, 0.2),
        ("C", "public_service", "office", "two", True, 0, 0.2),
        ("D", "public_service", "centre", "three", True, 50, 0.1),
        ("E", "public_service", "centre", "four", False, 0, 0.1),
    ],
    columns=["id", "platform", "kind", "today", "mandatory_alone", "min_migrants", "staff_share"],
).set_index("id")
TRAFFIC = pd.DataFrame([("A", "B", 10.0), ("C", "A", 4.0), ("D", "E", 6.0)], columns=["function", "other", "files"])
SOUND = {"A": ("A", "one"), "B": ("A", "one"), "C": ("C", "two"), "D": ("D", "three"), "E": ("D", "three")}


def case_of(staff: int = 10, migrants: int = 100):
    case = small_case({"T": {"staff_in_post": staff + 2, "posts": 20, "lent": 3, "stationed_staff": 1}})
    return case.replace(
        functions=FUNCTIONS.assign(name=FUNCTIONS.index),
        traffic=TRAFFIC,
        migrants=pd.DataFrame({"township": ["T"], "migrant_workers": [migrants]}),
    )


def arrangement(**changes: tuple[str, str] | None) -> pd.DataFrame:
    rows = {name: where for name, where in {**SOUND, **changes}.items() if where is not None}
    columns = ["template", "function", "office", "continues"]
    return pd.DataFrame([("general", name, *where) for name, where in rows.items()], columns=columns)


def found(frame: pd.DataFrame, settings: Offices = SETTINGS, **case) -> list[tuple[str, str, float, str]]:
    audit = audit_offices(case_of(**case), settings, frame)
    return [(each.rule, each.place, round(each.amount, 6), each.unit) for each in audit.breaches]


def test_a_sound_arrangement_passes_and_is_valued():
    audit = audit_offices(case_of(), SETTINGS, arrangement())
    assert audit.breaches == ()
    # Today A-B pass within office one; C-A (4) and D-E (6) across. In the plan D and E share a centre: 4 are left.
    # E leaves its centre. 4 files at 0.25 h and a move at 80 h make 81 h.
    assert audit.templates.loc["general"].to_dict() == {
        "offices": 2, "centres": 1, "files_before": 10, "files_after": 4, "functions_moved": 1, "hours": 81,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "breach"),
    [
        ({"E": None}, ("well_formed", "general, function E missing", 1, "functions")),
        ({"Z": ("A", "one")}, ("well_formed", "general, unknown function Z", 1, "functions")),
        ({"E": ("E", "")}, ("centres_within_cap", "general, centres", 1, "centres")),
        ({"B": ("B", "")}, ("offices_within_cap", "general, offices", 1, "offices")),
        ({"B": ("C", "two")}, ("one_platform_and_kind", "general, office C", 1, "offices")),
        ({"E": ("C", "two")}, ("one_platform_and_kind", "general, office C", 1, "offices")),
        ({"C": ("X", "two")}, ("named_after_a_member", "general, office X", 1, "offices")),
        (
            {"A": ("B", "one"), "B": ("B", "one")},
            ("mandatory_heads_its_own", "general, function A", 1, "functions"),
        ),
        (
            {"D": ("E", "three"), "E": ("E", "three")},
            ("mandatory_heads_its_own", "general, function D", 1, "functions"),
        ),
        (
            {"D": ("D", "four"), "E": ("D", "four")},
            ("mandatory_heads_its_own", "general, function D, name of another", 1, "functions"),
        ),
        (
            {"A": ("A", ""), "B": ("A", ""), "D": ("D", "two"), "E": ("D", "two")},
            ("continues_once", "general, continues two", 1, "offices"),
        ),
        ({"B": ("A", "two")}, ("continues_once", "general, office A", 1, "offices")),
        (
            {"D": ("D", "nine"), "E": ("D", "nine")},
            ("continues_once", "general, unknown office nine", 1, "offices"),
        ),
        (
            {"A": None, "B": None},
            ("platform_present", "general, platform party_government", 1, "platforms"),
        ),
    ],
)  # fmt: skip
def test_each_broken_rule_is_found(changes, breach):
    assert breach in found(arrangement(**changes))


def test_too_few_staff_are_found():
    # Ten persons: the centre of D and E has 2, three short of 5; the office of C has 2 as well, that of A and B has 5.
    wanted = SETTINGS.model_copy(update={"office_staff_min": 5})
    assert found(arrangement(), wanted) == [
        ("office_staff_sufficient", "general, office C", 3, "persons"),
        ("office_staff_sufficient", "general, office D", 3, "persons"),
    ]


@pytest.mark.parametrize(("staff", "short"), [((6, 14), 3.0), ((14, 6, 30), 2.2)])
def test_a_category_has_the_staff_and_migrants_of_its_median_township(staff, short):
    # 10 persons in the middle of 6 and 14, 14 of three townships: a fifth of them is short of 5.
    towns = {f"T{place}": {"staff_in_post": number, "posts": 40} for place, number in enumerate(staff)}
    migrants = pd.DataFrame({"township": list(towns), "migrant_workers": [0, *[100] * (len(towns) - 1)]})
    case = small_case(towns).replace(
        functions=FUNCTIONS.assign(name=FUNCTIONS.index), traffic=TRAFFIC, migrants=migrants
    )
    # D heads its own centre from 50 migrant workers on, which is the middle of none and 100.
    joined = arrangement(D=("E", "four"), E=("E", "four"))
    told = audit_offices(case, SETTINGS.model_copy(update={"office_staff_min": 5}), joined).breaches
    assert [(each.rule, each.place, round(each.amount, 6)) for each in told] == [
        ("mandatory_heads_its_own", "general, function D", 1),
        ("office_staff_sufficient", "general, office C", short),
        ("office_staff_sufficient", "general, office E", short),
    ]


def test_below_the_threshold_a_function_need_not_head_its_own():
    joined = arrangement(D=("E", "four"), E=("E", "four"))
    assert found(joined, migrants=49) == []
    assert [rule for rule, *_ in found(joined, migrants=50)] == ["mandatory_heads_its_own"]


def test_functions_given_twice_unknown_templates_and_missing_columns_are_found():
    twice = pd.concat([arrangement(), arrangement().iloc[[0]]], ignore_index=True)
    assert found(twice) == [("well_formed", "general, function A, given twice", 1, "functions")]
    foreign = pd.concat([arrangement(), arrangement().assign(template="key")], ignore_index=True)
    assert found(foreign) == [("well_formed", "unknown template key", 1, "templates")]
    assert found(arrangement().drop(columns="office")) == [("well_formed", "column office missing", 1, "columns")]


def test_a_template_without_any_rows_is_found():
    assert {rule for rule, *_ in found(arrangement().iloc[:0])} == {"well_formed", "platform_present"}
