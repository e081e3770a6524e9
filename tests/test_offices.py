"""Offices: the model's rows, cases worked out by hand, laws, the report's two cases, and what the user is told."""

from __future__ import annotations

import json
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import only_fault
from depth import examples
from devolve_opt.audit.offices import audit_offices
from devolve_opt.cli import main
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation.offices import build_offices
from devolve_opt.instruments import Offices
from devolve_opt.policy import Policy
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.offices import needed_units, organise
from devolve_opt.studies.solving import solve
from devolve_opt.synthetic.functions import functions_table, traffic_table
from devolve_opt.views.offices import office_text, write_offices
from devolve_opt.views.supplements import supplements
from devolve_opt.vocabulary import Status
from modelling import ROOT, assert_linear, assert_rows, optimum, small_case, small_policy, with_and_without

COLUMNS = ["platform", "kind", "today", "mandatory_alone", "min_migrants", "staff_share"]


def office_case(functions: dict, traffic: dict | None = None, staff: int = 10, migrants: int = 0):
    """Return a case of one township; a function is `platform, today` and, if wanted, further columns."""
    plain = {"kind": "office", "mandatory_alone": False, "min_migrants": 0, "staff_share": 1 / len(functions) - 1e-9}
    rows = {
        name: {**plain, "platform": facts[0], "today": facts[1], **(facts[2] if len(facts) > 2 else {})}
        for name, facts in functions.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")[COLUMNS].assign(name=list(rows)).rename_axis("id")
    pairs = [(*pair, float(files)) for pair, files in (traffic or {}).items()]
    case = small_case({"T": {"staff_in_post": staff, "posts": staff}})
    return case.replace(
        functions=frame,
        traffic=pd.DataFrame(pairs, columns=["function", "other", "files"]),
        migrants=pd.DataFrame({"township": ["T"], "migrant_workers": [migrants]}),
    )


def keys(**changes) -> Offices:
    """Return settings under which nothing binds: an hour a file, nothing for a move."""
    prices = {"file_across": 1.0, "function_moved": 0.0, **changes.pop("prices", {})}
    return Offices(**{"offices_max": 9, "centres_max": 9, "office_staff_min": 0, "prices": prices, **changes})


def plan_of(case, **changes):
    return organise(Scenario(case, Policy(offices=keys(**changes))))


ECONOMY, ORDER = "economic_development", "social_governance"
THREE = {"A": (ECONOMY, "one"), "B": (ECONOMY, "two"), "C": (ECONOMY, "three")}


# The rows of the model.


def three(**changes):
    case = office_case(THREE, {("B", "A"): 30, ("A", "C"): 5}, staff=10)
    return build_offices(case, keys(**changes), 10.0)


def test_each_function_is_in_one_office_that_has_a_head():
    assert_rows(
        three().one_office_a_function,
        {
            "A": "assigned[A,A] == 1",
            "B": "assigned[B,A] + assigned[B,B] == 1",
            "C": "assigned[C,A] + assigned[C,B] + assigned[C,C] == 1",
        },
    )
    assert_rows(
        three().only_where_headed,
        {
            ("B", "A"): "assigned[B,A] - assigned[A,A] <= 0",
            ("C", "A"): "assigned[C,A] - assigned[A,A] <= 0",
            ("C", "B"): "assigned[C,B] - assigned[B,B] <= 0",
        },
    )


def test_caps_and_staff_have_rows_only_where_they_can_bind():
    model = three(offices_max=2, office_staff_min=4)
    assert_rows(model.offices_within_cap, {None: "assigned[A,A] + assigned[B,B] + assigned[C,C] <= 2"})
    share = 10 * (1 / 3 - 1e-9)
    assert_rows(
        model.office_staff_sufficient,
        {
            "A": f"{share - 4:.10f} assigned[A,A] + {share:.10f} assigned[B,A] + {share:.10f} assigned[C,A] >= 0"
            if share > 4
            else f"- {4 - share:.10f} assigned[A,A] + {share:.10f} assigned[B,A] + {share:.10f} assigned[C,A] >= 0",
            "B": f"- {4 - share:.10f} assigned[B,B] + {share:.10f} assigned[C,B] >= 0",
            "C": f"- {4 - share:.10f} assigned[C,C] >= 0",
        },
    )
    assert len(three().offices_within_cap) == len(three().centres_within_cap) == 0
    assert len(three().office_staff_sufficient) == 0


def test_what_continues_what():
    model = three()
    assert_rows(
        model.one_successor,
        {
            "one": "continues[one,A] <= 1",
            "two": "continues[two,A] + continues[two,B] <= 1",
            "three": "continues[three,A] + continues[three,B] + continues[three,C] <= 1",
        },
    )
    assert_rows(
        {"B": model.one_predecessor["B"]},
        {"B": "continues[two,B] + continues[three,B] - assigned[B,B] <= 0"},
    )
    pair = ("C", "B")
    assert_rows({pair: model.stays_if_there[pair]}, {pair: "stays[C,B] - assigned[C,B] <= 0"})
    assert_rows({pair: model.stays_if_continued[pair]}, {pair: "stays[C,B] - continues[three,B] <= 0"})


def test_together_only_where_both_are_and_the_hours_lost():
    model = three(prices={"file_across": 2.0, "function_moved": 7.0})
    # Pairs are ordered as the functions are: B with A is A with B, and only A can head both.
    assert_rows(
        model.first_there,
        {
            ("A", "B", "A"): "together[A,B,A] - assigned[A,A] <= 0",
            ("A", "C", "A"): "together[A,C,A] - assigned[A,A] <= 0",
        },
    )
    assert_rows(
        model.second_there,
        {
            ("A", "B", "A"): "together[A,B,A] - assigned[B,A] <= 0",
            ("A", "C", "A"): "together[A,C,A] - assigned[C,A] <= 0",
        },
    )
    stays = " + ".join(f"7 stays[{pair}]" for pair in ("A,A", "B,A", "B,B", "C,A", "C,B", "C,C"))
    # Files 30 + 5 at 2 h each, three functions at 7 h: 91 h if nothing is together and nothing stays.
    assert_linear(model.total.expr, f"60 together[A,B,A] + 10 together[A,C,A] + {stays}", constant=-91)


def test_mandatory_functions_come_first_and_head_offices_of_their_own_name():
    case = office_case({**THREE, "C": (ECONOMY, "three", {"mandatory_alone": True})})
    model = build_offices(case, keys(), 10.0)
    assert_rows(model.mandatory_heads_its_own, {"C": "assigned[C,C] == 1"})
    assert model.heads_of["A"] == ["C", "A"]
    assert ("three", "C") in model.continues
    assert ("one", "C") not in model.continues


# Each rule binds somewhere: small cases by hand, an hour a file and moves free unless said.


def test_functions_that_share_files_share_an_office():
    # Nothing keeps them apart: 30 + 5 files pass within one office, none across.
    assert optimum(three()) == 0


def test_cap_on_offices_binds():
    # A move costs 50 h, a file 1 h. Three offices: 35 h of files, no move. Two: B joins A (or A joins B), 5 + 50 h.
    # So three stay where the cap lets them (35 h), and 55 h are lost under a cap of two.
    model = three(offices_max=2, prices={"function_moved": 50.0})
    assert with_and_without(model, "offices_within_cap") == (-55, -35)


def test_cap_on_centres_binds():
    centres = {name: (*facts, {"kind": "centre"}) for name, facts in THREE.items()}
    case = office_case(centres, {("A", "B"): 30, ("A", "C"): 5})
    model = build_offices(case, keys(centres_max=1, offices_max=0, prices={"function_moved": 50.0}), 10.0)
    # One centre: nothing across, two of three move, 100 h; without the cap 35 h as above.
    assert with_and_without(model, "centres_within_cap") == (-100, -35)


def test_staff_of_an_office_binds():
    # 10 persons, 3.33 a function: an office of at least 4 needs two functions, so all three go together, two move.
    model = three(office_staff_min=4, prices={"function_moved": 50.0})
    assert with_and_without(model, "office_staff_sufficient") == (-100, -35)


def test_mandatory_functions_are_never_merged():
    forced = {"mandatory_alone": True}
    case = office_case({"A": (ECONOMY, "one", forced), "B": (ECONOMY, "two", forced)}, {("A", "B"): 30})
    # Together they would lose nothing; apart their 30 files cross.
    assert with_and_without(build_offices(case, keys(), 10.0), "mandatory_heads_its_own") == (-30, 0)


def test_the_migrant_centre_is_due_from_its_threshold_on():
    due = {"mandatory_alone": True, "min_migrants": 5000}
    functions = {"A": (ECONOMY, "one", {"mandatory_alone": True}), "B": (ECONOMY, "two", due)}
    for migrants, lost in ((4999, 0), (5000, -30)):
        case = office_case(functions, {("A", "B"): 30}, migrants=migrants)
        assert plan_of(case).templates["objective"].tolist() == [lost]


@pytest.mark.parametrize("other", [(ORDER, "two"), (ECONOMY, "two", {"kind": "centre"})])
def test_platforms_and_kinds_are_never_mixed(other):
    plan = plan_of(office_case({"A": (ECONOMY, "one"), "B": other}, {("A", "B"): 30}))
    assert plan.templates["files_after"].tolist() == [30]
    assert len(plan.offices) == 2


def test_of_a_merged_office_one_part_stays():
    case = office_case({"A": (ECONOMY, "one"), "B": (ECONOMY, "one"), "C": (ECONOMY, "two")})
    plan = plan_of(case, offices_max=1, prices={"function_moved": 10.0})
    # Two functions stay in office one, which is kept; C moves: 10 h.
    assert plan.templates[["objective", "functions_moved"]].to_numpy().tolist() == [[-10.0, 1]]
    assert plan.offices[["name", "merged_from"]].to_numpy().tolist() == [["one", "one; two"]]
    assert len(plan.merges) == 1


def test_an_office_continues_one_and_is_continued_by_one():
    forced = {"mandatory_alone": True}
    split = office_case({"A": (ECONOMY, "one", forced), "B": (ECONOMY, "one", forced)})
    model = build_offices(split, keys(prices={"function_moved": 10.0}), 10.0)
    # Both must have an office of their own, but only one can be office one; the other moves.
    assert with_and_without(model, "one_successor") == (-10, 0)
    merged = build_offices(
        office_case({"A": (ECONOMY, "one"), "B": (ECONOMY, "two")}),
        keys(offices_max=1, prices={"function_moved": 10.0}), 10.0,
    )  # fmt: skip
    assert with_and_without(merged, "one_predecessor") == (-10, 0)


def test_a_function_in_two_offices_would_be_at_home_and_with_the_others():
    # A move costs 50 h, so all stay apart and 35 h of files pass between them; in two offices at once none would.
    assert with_and_without(three(prices={"function_moved": 50.0}), "one_office_a_function") == (-35, 0)


@pytest.mark.parametrize("name", ["first_there", "second_there"])
def test_files_pass_within_an_office_only_where_both_ends_are(name):
    # B can be with A or with C, which are never merged; it goes where 30 files are, and the other 20 cross.
    forced = {"mandatory_alone": True}
    functions = {"A": (ECONOMY, "one", forced), "B": (ECONOMY, "two"), "C": (ECONOMY, "three", forced)}
    model = build_offices(office_case(functions, {("A", "B"): 30, ("B", "C"): 20}), keys(), 10.0)
    assert with_and_without(model, name) == (-20, 0)


def test_what_stays_is_in_the_office_that_continues_its_own():
    # Together nothing crosses, but two offices are gone and their functions move, 100 h; apart 35 h of files.
    assert with_and_without(three(prices={"function_moved": 50.0}), "stays_if_continued") == (-35, 0)
    # A and B are office one today. B has 60 files with C, so it moves there for 10 h, and does not stay with A as well.
    forced = {"mandatory_alone": True}
    functions = {"A": (ECONOMY, "one", forced), "B": (ECONOMY, "one"), "C": (ECONOMY, "two", forced)}
    case = office_case(functions, {("B", "C"): 60})
    model = build_offices(case, keys(prices={"function_moved": 10.0}), 10.0)
    assert with_and_without(model, "stays_if_there") == (-10, 0)


# Laws.


def partitions(items: list[str]):
    """Yield every way to put items into groups, as a dict from item to group number."""
    for numbers in product(range(len(items)), repeat=len(items)):
        if all(number <= max(numbers[:place], default=-1) + 1 for place, number in enumerate(numbers)):
            yield dict(zip(items, numbers, strict=True))


def by_brute_force(case, wanted: Offices) -> float:
    """Return the least hours over all groupings and all ways to continue offices, as the audit values them."""
    best = float("inf")
    facts = case.functions
    old = sorted(set(facts["today"]))
    for groups in partitions(list(facts.index)):
        members = {number: [name for name in groups if groups[name] == number] for number in set(groups.values())}
        due = [name for name in facts.index if facts.at[name, "mandatory_alone"]]
        head = {number: next((name for name in names if name in due), names[0]) for number, names in members.items()}
        for kept in product(["", *old], repeat=len(members)):
            named = [name for name in kept if name]
            if len(set(named)) < len(named):
                continue  # an office of today is continued once
            rows = [("general", name, head[groups[name]], kept[groups[name]]) for name in groups]
            arrangement = pd.DataFrame(rows, columns=["template", "function", "office", "continues"])
            found = audit_offices(case, wanted, arrangement)
            if not found.breaches:
                best = min(best, found.templates.loc["general", "hours"])
    return best


@st.composite
def small_office_cases(draw):
    names = ["A", "B", "C", "D"][: draw(st.integers(2, 4))]
    functions = {
        name: (
            draw(st.sampled_from([ECONOMY, ECONOMY, ORDER])),
            draw(st.sampled_from(["one", "two"])),
            {"mandatory_alone": draw(st.integers(0, 3)) == 0, "staff_share": draw(st.sampled_from([0.1, 0.2, 0.25]))},
        )
        for name in names
    }
    pairs = [(one, other) for place, one in enumerate(names) for other in names[:place]]
    traffic = {pair: draw(st.integers(1, 40)) for pair in pairs if draw(st.booleans())}
    wanted = keys(
        offices_max=draw(st.integers(1, 3)), office_staff_min=draw(st.sampled_from([0, 2, 3])),
        prices={"function_moved": float(draw(st.sampled_from([0, 9, 50])))},
    )  # fmt: skip
    return office_case(functions, traffic), wanted


def hours_of(case, wanted: Offices) -> float:
    return -optimum(build_offices(case, wanted, 10.0))


@given(small_office_cases())
@settings(max_examples=examples(8), deadline=None)
def test_the_optimum_is_that_of_brute_force(drawn):
    case, wanted = drawn
    assert hours_of(case, wanted) == pytest.approx(by_brute_force(case, wanted), abs=1e-6)


@given(small_office_cases())
@settings(max_examples=examples(4), deadline=None)
def test_a_tighter_cap_never_helps(drawn):
    case, wanted = drawn
    loose = hours_of(case, wanted)
    for changes in ({"offices_max": wanted.offices_max - 1}, {"office_staff_min": wanted.office_staff_min + 1}):
        assert hours_of(case, wanted.model_copy(update=changes)) >= loose - 1e-6


# The report's two cases, and what the user is told.


@pytest.mark.parametrize(("name", "offices", "centres"), [("office-merger", 9, 3), ("office-merger-seven", 7, 5)])
def test_the_cases_of_the_report_are_proven_optimal(name, offices, centres):
    scenario = Scenario.read(ROOT / "scenarios" / f"{name}.toml")
    today = scenario.case.functions.drop_duplicates("today")["kind"].value_counts()
    assert today.to_dict() == {"office": 9, "centre": 5}
    plan = organise(scenario)
    assert plan.proven
    assert set(plan.templates["status"]) == {Status.PROVEN}
    assert (plan.templates["gap"] == 0).all()
    assert (plan.templates["offices"] <= offices).all()
    assert (plan.templates["centres"] <= centres).all()
    # Today's nine and five do not fit: the caps are reached.
    assert (plan.templates["offices"] == offices).any()
    assert (plan.templates["centres"] == centres).any()
    assert plan.audit.breaches == ()
    assert (plan.templates["files_after"] < plan.templates["files_before"]).all()
    assert plan.templates["townships"].sum() == len(scenario.case.townships) == 166


def test_the_generator_draws_the_same_tables_for_the_same_seed():
    first, second = (traffic_table(7) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(traffic_table(8))
    functions = functions_table()
    assert functions["staff_share"].sum() == pytest.approx(1)
    assert functions.loc[functions["mandatory_alone"], "min_migrants"].to_dict() == {
        "party_building": 0, "social_affairs": 0, "enforcement": 0, "citizen_services": 0, "migrant_services": 5000,
    }  # fmt: skip


def test_each_township_by_itself():
    city = Scenario.read(ROOT / "scenarios" / "office-merger.toml")
    county = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    scenario = county.replace(policy={"offices": city.policy.offices.model_copy(update={"per_township": True})})
    plan = organise(scenario)
    assert plan.templates["template"].tolist() == list(scenario.case.townships.index)
    assert plan.proven
    facts = scenario.case.townships
    assert (
        plan.templates["staff"].tolist() == (facts["staff_in_post"] - facts["lent"] + facts["stationed_staff"]).tolist()
    )


def test_too_few_offices_are_told_with_the_sum_that_proves_it():
    forced = {"mandatory_alone": True}
    case = office_case(
        {"A": (ECONOMY, "one", forced), "B": (ECONOMY, "two", forced), "C": (ECONOMY, "two"), "D": (ORDER, "three")}
    )
    # Economic development needs two for its two mandatory functions, social governance one for its function.
    assert needed_units(case, 0)["needed"].tolist() == [2, 1]
    with pytest.raises(NoPlanError) as raised:
        plan_of(case, offices_max=2)
    assert raised.value.proven
    text = str(raised.value)
    assert (
        "3 offices are needed, offices_max allows 2: 2 mandatory of economic development + 1 for its functions" in text
    )
    assert "offices_max 2 would have to be 3" in text
    assert plan_of(case, offices_max=3).proven


def test_too_few_staff_are_told():
    with pytest.raises(NoPlanError, match=r"have 10\.00 persons, 1 x office_staff_min asks for 11"):
        plan_of(office_case(THREE), office_staff_min=11)


def test_a_scenario_without_the_instrument_or_the_table_is_bad_input():
    assert only_fault(lambda: organise(Scenario(office_case(THREE)))).column == "policy.offices"
    with pytest.raises(InputError, match=r"functions\.csv"):
        organise(Scenario(small_case({"T": {}}), Policy(offices=Offices())))


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ([("A", "A", 1.0)], "with itself"),
        ([("A", "B", 1.0), ("B", "A", 2.0)], "turned round"),
        ([("A", "B", 1.0), ("A", "B", 2.0)], "already"),
        ([("A", "Z", 1.0)], "no id of the table functions"),
    ],
)
def test_odd_pairs_are_told(traffic, message):
    frame = pd.DataFrame(traffic, columns=["function", "other", "files"])
    assert message in only_fault(lambda: office_case(THREE).replace(traffic=frame)).message


def test_shares_above_the_whole_and_traffic_without_functions_are_told():
    case = office_case(THREE)
    more = case.functions.assign(staff_share=0.4)
    # 3 x 0.4 = 1.2
    assert "sums to 1.2" in only_fault(lambda: case.replace(functions=more)).message
    lone = {name: table for name, table in case.tables.items() if name != "functions"}
    lone["traffic"] = pd.DataFrame([("A", "B", 1.0)], columns=["function", "other", "files"])
    header = {"title": "x", "provenance": "x", "synthetic": True}
    assert "no table functions" in only_fault(lambda: type(case).from_tables(lone, **header)).message


def test_the_folder_of_a_plan(tmp_path):
    case = office_case({**THREE, "D": (ORDER, "four")}, {("A", "B"): 30, ("A", "D"): 5})
    plan = plan_of(case, offices_max=2)
    folder = write_offices(plan, tmp_path / "plan")
    manifest = json.loads((folder / "offices.json").read_text(encoding="utf-8"))
    assert manifest["proven"] is True
    assert manifest["templates"][0]["gap"] == 0
    table = pd.read_csv(folder / "tables" / "traffic_before_after.csv")
    # A and B share an office, A and D cannot.
    assert table[["across_before", "across_after", "synthetic"]].to_numpy().tolist() == [
        [True, False, True], [True, True, True],
    ]  # fmt: skip
    assert len(pd.read_parquet(folder / "tables" / "offices.parquet")) == 2
    assert "SYNTHETIC DATA" in (folder / "figures" / "offices-1.svg").read_text(encoding="utf-8")
    assert (folder / "figures" / "offices-1.png").exists()
    text = office_text(plan)
    assert "SYNTHETIC DATA" in text
    assert "proven best" in text
    assert write_offices(plan, folder) == folder


def run_shell(monkeypatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["devolve-opt", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_shell_says_done_no_plan_and_bad_input(monkeypatch, tmp_path, capsys):
    plan = tmp_path / "merger.toml"
    case = (ROOT / "models" / "pilot-district").as_posix()
    plan.write_text(f'case = "{case}"\n[policy.offices]\n', encoding="utf-8")
    assert run_shell(monkeypatch, "offices", str(plan), "--out", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "offices.json").exists()
    plan.write_text(f'case = "{case}"\n[policy.offices]\noffices_max = 3\n', encoding="utf-8")
    assert run_shell(monkeypatch, "offices", str(plan), "--out", str(tmp_path / "none")) == 1
    assert "4 offices are needed, offices_max allows 3" in capsys.readouterr().err
    assert run_shell(monkeypatch, "offices", str(ROOT / "scenarios" / "hand.toml"), "--out", str(tmp_path / "x")) == 2


def test_a_run_carries_its_offices():
    wanted = Scenario(office_case(THREE, {("A", "B"): 30}), small_policy(offices=keys(offices_max=2)))
    plan = solve(wanted, method="ratio", threads=1)
    (told,) = supplements(plan, Control(30))
    assert (told.name, told.record["status"], told.record["gap"]) == ("offices", "proven", 0.0)
    assert set(told.tables) == {"offices", "templates", "traffic_before_after"}
    assert "A" in told.text
    assert [figure().axes for figure in told.figures.values()]
