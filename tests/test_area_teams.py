"""Area teams: a county by hand, every constraint binding, every plan looked at, broken plans told, and the shell."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import only_fault, tiny_tables
from depth import examples
from devolve_opt import cli
from devolve_opt.audit.area_teams import audit_teams
from devolve_opt.case import Case
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation.area_teams import build_area_teams, county_teams
from devolve_opt.instruments import AreaTeams, TeamMode
from devolve_opt.reading.tables import check_tables
from devolve_opt.rules.area_teams import _field_shares, calls, hours_taken_over, own_officers, travel_hours
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.area_teams import compare_modes, site_teams
from devolve_opt.studies.solving import solve
from devolve_opt.team_plan import TeamPlan
from devolve_opt.views.plots.teams import team_hours
from devolve_opt.views.supplements import foundations
from devolve_opt.views.teams_folder import team_summary, team_supplement, team_tables, write_teams
from modelling import assert_linear, assert_rows, coefficients, optimum, small_case, small_policy

ROOT = Path(__file__).parents[1]
SETTINGS = {"county_case_hours": 20.0, "calls_per_joint_case": 2.0, "travel_hours_max": 0.75}
"""With two officers a call, base 40 h, officer added 1,840 h, hour on the road 1 h (the defaults)."""

TEAMS = [("S1", "C1", "", 4, 150.0)]
ROADS = [("A", "B", 0.5), ("B", "D", 0.5), ("A", "D", 1.0)]


def county(joint=(10, 5, 2), teams=TEAMS, roads=ROADS, **more) -> Case:
    """Return a county of A, B and D, on one road in this order, half an hour apart."""
    townships = {name: {"joint_cases": number} for name, number in zip("ABD", joint, strict=False)}
    case = small_case(townships, **more)
    return case.replace(
        teams=pd.DataFrame(teams, columns=["id", "county", "field", "officers", "hours"]),
        travel=pd.DataFrame(roads, columns=["township", "other", "hours"]),
    )


def two_counties(other: str, hours: float = 150.0) -> Case:
    """Return the case with D in another county, whose one officer has 1,000 h."""
    case = county()
    townships = case.townships
    townships.loc["D", "county"] = other
    teams = [("S1", "C1", "", 4, hours), ("S2", other, "", 1, 1000.0)]
    return case.replace(
        townships=townships,
        counties=pd.DataFrame({"id": ["C1", other], "name": ["C1", other]}),
        teams=pd.DataFrame(teams, columns=["id", "county", "field", "officers", "hours"]),
        travel=pd.DataFrame([("A", "B", 0.5)], columns=["township", "other", "hours"]),
    )


def scenario(case: Case | None = None, **keys) -> Scenario:
    return Scenario(case or county(), small_policy(area_teams={**SETTINGS, **keys}))


def model_of(case: Case, mode: TeamMode, **keys):
    chosen = AreaTeams(**{**SETTINGS, **keys})
    return build_area_teams(county_teams(case, chosen, "C1", mode), chosen, mode)


# The county by hand


def test_by_area_the_middle_is_the_base():
    """Only B reaches all within 0.75 h.

    Journeys: A 10 x 2 x 2 x 0.5 x 2 = 40, D 2 x 2 x 2 x 0.5 x 2 = 8; with the base, 40, that is 88.
    """
    plan = site_teams(scenario(), "area")
    assert plan.cost == pytest.approx(40 + 40 + 8)
    assert plan.decisions.bases.to_dict("list") == {"team": ["S1"], "base": ["B"]}
    assert plan.decisions.served["team"].to_list() == ["S1"] * 3
    team = plan.audit.teams.iloc[0]
    assert (team["work_hours"], team["travel_hours"]) == (340.0, 48.0)  # 17 cases x 20 h
    assert (team["hours_there"], team["spare_hours"]) == (600.0, 212.0)
    assert plan.counties["status"].to_list() == ["proven"]
    assert plan.gap == 0
    assert plan.bound == pytest.approx(88)


def test_the_limit_on_travel_binds():
    """From A it would be B 5 x 2 x 2 x 0.5 x 2 = 20 and D 2 x 2 x 2 x 1 x 2 = 16: 76, but D is an hour away."""
    assert site_teams(scenario(travel_hours_max=1.0), "area").cost == pytest.approx(76)
    assert site_teams(scenario(travel_hours_max=0.99), "area").cost == pytest.approx(88)


def test_the_hours_of_a_team_bind():
    """From A 340 + 36 = 376 h are needed, from B 340 + 48 = 388: with 380 h only A will do."""
    narrow = county(teams=[("S1", "C1", "", 4, 95.0)])
    assert site_teams(scenario(narrow, travel_hours_max=1.0), "area").decisions.bases["base"].to_list() == ["A"]
    with pytest.raises(NoPlanError) as raised:
        site_teams(scenario(narrow), "area")
    assert raised.value.proven
    # D is least: its 2 x 20 = 40 h.
    assert "C1: 1 of 3 townships stay without a team, with 40 called-in hours a year (at the least): D." in str(
        raised.value
    )


def test_answering_a_part_of_the_calls_makes_room():
    """97 % of 388 h is 376.36 h, which fits into 380 h; the journeys cost 0.97 x 48 = 46.56."""
    narrow = county(teams=[("S1", "C1", "", 4, 95.0)])
    assert site_teams(scenario(narrow, calls_answered_share=0.97), "area").cost == pytest.approx(40 + 46.56)


def test_one_to_one_every_township_has_a_team():
    """Two officers each (A's 200 h fit into 2 x 150): 6 of 4, so 2 are added. 3 x 40 + 2 x 1,840 = 3,800."""
    plan = site_teams(scenario(), "one_to_one")
    assert plan.cost == pytest.approx(3800)
    assert plan.decisions.own.to_dict("list") == {"township": ["A", "B", "D"], "officers": [2, 2, 2]}
    assert plan.decisions.bases.empty
    assert plan.decisions.served.empty
    assert plan.audit.counties.loc["C1", "officers_added"] == 2


def test_the_best_mode_mixes_where_that_is_cheaper():
    """S2 is for a field without cases, so by area it idles, but its two officers can make a team of A's own.

    A has 12 joint cases: by area 40 + 48 + 8 = 96; with a team of A's own 40 + 40 + 8 = 88.
    """
    case = county(joint=(12, 5, 2), teams=[*TEAMS, ("S2", "C1", "F1", 2, 150.0)])
    assert site_teams(scenario(case), "area").cost == pytest.approx(96)
    plan = site_teams(scenario(case), "best")
    assert plan.cost == pytest.approx(88)
    assert plan.decisions.own["township"].to_list() == ["A"]
    modes = compare_modes(scenario(case), plan)
    assert modes.set_index("mode")["cost"].to_dict() == pytest.approx({"area": 96, "one_to_one": 120, "best": 88})


def test_a_team_for_one_field_takes_its_part_of_the_cases():
    """Three of four enforcement cases are in F1: of A's 10 joint cases 7.5 fall on it, 2.5 on other fields."""
    more = {"powers": {"P1": {"type": "penalty"}, "P2": {"type": "inspection"}, "P3": {}},
            "cases": {("A", "P1"): 3, ("B", "P2"): 1, ("A", "P3"): 50}}  # fmt: skip
    case = county(teams=[("S1", "C1", "", 4, 50.0), ("S2", "C1", "F1", 4, 80.0)], **more)
    found = calls(case, AreaTeams(**SETTINGS), "C1").set_index(["township", "field"])
    assert found.loc[("A", "F1")].to_dict() == {"hours": 150.0, "calls": 15.0}
    assert found.loc[("A", "")].to_dict() == {"hours": 50.0, "calls": 5.0}
    # S1 holds 200 h and S2 320 h of 388, so the calls in F1 must go to S2 where the hours are: 291 of 388.
    plan = site_teams(scenario(case), "area")
    served = plan.decisions.served.set_index(["township", "field"])["team"]
    assert set(served.xs("", level="field")) == {"S1"}
    assert "S2" in set(served.xs("F1", level="field"))
    assert plan.audit.breaches == ()


def test_a_township_without_calls_goes_to_the_nearest_team():
    """B and D call nobody. S1 sits in A for free journeys; B is served from there, too, D would be out of reach."""
    plan = site_teams(scenario(county(joint=(10, 0, 0)), travel_hours_max=1.0), "area")
    assert plan.decisions.bases["base"].to_list() == ["A"]
    assert plan.decisions.served["township"].to_list() == ["A", "B", "D"]
    assert plan.cost == pytest.approx(40)


def test_officers_of_own_teams_follow_the_hours():
    """A's 200 h over 150 / 2 hours an officer take 3 officers, B's 100 h 2, D's 40 h the least, 2."""
    found = own_officers(county(teams=[("S1", "C1", "", 4, 75.0)]), AreaTeams(**SETTINGS), "C1")
    assert found.to_dict() == {"A": 3, "B": 2, "D": 2}


def test_journeys_go_both_ways_and_what_is_not_there_is_out_of_reach():
    hours = travel_hours(county(roads=[("B", "A", 0.5)]), "C1")
    assert hours.loc["A", "B"] == hours.loc["B", "A"] == 0.5
    assert hours.loc["A", "A"] == 0
    assert hours.loc["A", "D"] == math.inf


@pytest.mark.parametrize("other", ["C0", "C2"])
def test_counties_are_apart(other):
    case, settings = two_counties(other, 75.0), AreaTeams(**SETTINGS)
    for name, members in (("C1", ["A", "B"]), (other, ["D"])):
        assert travel_hours(case, name).columns.tolist() == members
        assert calls(case, settings, name)["township"].tolist() == members
    # A's 200 h take three of 75 h; D's 40 h the least that answers a call.
    assert own_officers(case, settings, "C1").to_dict() == {"A": 3, "B": 2}
    assert own_officers(case, settings, other).to_dict() == {"D": 2}


def test_hours_taken_over():
    """16 h of the township's officers a joint case, half of them taken over: A 10 x 16 x 0.5 = 80, at 90 % 72."""
    case, policy = county(), small_policy(area_teams=SETTINGS)
    assert hours_taken_over(case, policy).to_dict() == {"A": 80.0, "B": 40.0, "D": 16.0}
    fewer = policy.replace(area_teams={"calls_answered_share": 0.9})
    assert hours_taken_over(case, fewer)["A"] == pytest.approx(72)


# Constraints as they are written; sites: S1 at A, B, D are 0, 1, 2, own teams of A, B, D are 3, 4, 5


def test_one_team_has_one_base():
    """The same team at every base would cost 3 x 1 and no journey; one base, at A, costs 1 + 20 + 16."""
    model = model_of(county(), TeamMode.AREA, base_opening=1.0, travel_hours_max=1.0)
    assert_rows(model.kind_within_number, {0: "opened[0] + opened[1] + opened[2] <= 1"})
    best = model_of(county(), TeamMode.BEST)
    assert_rows(
        best.kind_within_number,
        {
            0: "opened[0] + opened[1] + opened[2] <= 1", 1: "opened[3] <= 1", 2: "opened[4] <= 1", 3: "opened[5] <= 1",
        },
    )  # fmt: skip
    kept = -optimum(model)
    model.kind_within_number.deactivate()
    assert (kept, -optimum(model)) == pytest.approx((1 + 36, 3))


def test_rows_of_hours_and_costs():
    """340 h fit into 4 x 90 = 360 h at home, but not with all journeys: from B A takes 200 + 40, B 100, D 40 + 8."""
    model = model_of(county(teams=[("S1", "C1", "", 4, 90.0)]), TeamMode.AREA)
    assert_rows(
        model.within_capacity,
        {1: "240 served[1,0] + 100 served[1,1] + 48 served[1,2] - 360 opened[1] <= 0"},
    )
    assert_linear(
        model.total_cost.expr,
        "40 opened[0] + 40 opened[1] + 40 opened[2] + 20 served[0,1] + 40 served[1,0] + 8 served[1,2] + 20 served[2,1]",
    )
    assert not hasattr(model, "added")


def test_own_team_everywhere_binds():
    model = model_of(county(), TeamMode.ONE_TO_ONE)
    assert_rows(model.own_team_everywhere, {site: f"opened[{site}] == 1" for site in range(3)})
    best = model_of(county(), TeamMode.BEST)
    assert (-optimum(model), -optimum(best)) == pytest.approx((3800, 88))


def test_officers_there_binds():
    """One-to-one takes 6 officers of 4; were they not counted, only the bases would cost: 120 instead of 3,800."""
    model = model_of(county(), TeamMode.ONE_TO_ONE)
    found, constant = coefficients(model.officers_there.body)
    assert found == {"opened[0]": 2, "opened[1]": 2, "opened[2]": 2, "added": -1}
    assert model.officers_there.upper - constant == 4
    model.officers_there.deactivate()
    assert -optimum(model) == pytest.approx(120)


# Every plan looked at


def cheapest(joint, teams, roads, mode: TeamMode, settings: AreaTeams) -> float:
    """Return the least cost by plain arithmetic over every base of every team and every way to serve."""
    count, best = len(joint), math.inf
    each = sum(officers * hours for officers, hours in teams) / sum(officers for officers, _ in teams)
    answered = [number * settings.calls_answered_share for number in joint]
    own = [max(2, math.ceil(number * settings.county_case_hours / each - 1e-9)) for number in answered]
    choices = {
        TeamMode.AREA: range(len(teams)), TeamMode.ONE_TO_ONE: (-1,), TeamMode.BEST: range(-1, len(teams)),
    }[mode]  # fmt: skip
    for bases in product(range(count), repeat=len(teams)):
        for served in product(choices, repeat=count):
            used, cost = [0.0] * len(teams), 0.0
            for place, team in enumerate(served):
                if team >= 0:
                    way = roads[bases[team]][place]
                    if way > settings.travel_hours_max:
                        cost = math.inf
                        break
                    road = answered[place] * settings.calls_per_joint_case * 2 * way * 2
                    used[team] += answered[place] * settings.county_case_hours + road
                    cost += road
            if any(hours > officers * each_ + 1e-9 for hours, (officers, each_) in zip(used, teams, strict=True)):
                continue
            needed = sum(own[place] for place, team in enumerate(served) if team < 0)
            needed += sum(teams[team][0] for team in set(served) if team >= 0)
            added = max(0, needed - sum(officers for officers, _ in teams))
            sites = len({team for team in served if team >= 0}) + sum(team < 0 for team in served)
            best = min(best, cost + settings.base_opening * sites + settings.officer_added * added)
    return best


@settings(max_examples=examples(10), deadline=None)
@given(
    joint=st.lists(st.integers(0, 6), min_size=3, max_size=3),
    teams=st.lists(st.tuples(st.integers(1, 4), st.sampled_from([30.0, 60.0, 120.0])), min_size=1, max_size=2),
    ways=st.lists(st.sampled_from([0.25, 0.5, 1.0, math.inf]), min_size=3, max_size=3),
    mode=st.sampled_from(list(TeamMode)),
    added=st.sampled_from([10.0, 60.0]),
)
def test_as_good_as_looking_at_every_plan(joint, teams, ways, mode, added):
    roads = np.zeros((3, 3))
    rows = []
    for (one, other), way in zip(((0, 1), (1, 2), (0, 2)), ways, strict=True):
        roads[one, other] = roads[other, one] = way
        if math.isfinite(way):
            rows.append(("ABD"[one], "ABD"[other], way))
    given_teams = [(f"S{number}", "C1", "", *team) for number, team in enumerate(teams)]
    wanted = scenario(county(joint, given_teams, rows), officer_added=added)
    try:
        found = site_teams(wanted, mode).cost
    except NoPlanError as error:
        assert error.proven
        found = math.inf
    assert found == pytest.approx(cheapest(joint, teams, roads.tolist(), mode, wanted.policy.area_teams))


def test_the_pilot_district_is_proven_in_every_mode():
    case = Case.read(ROOT / "models" / "pilot-district")
    wanted = Scenario(case, small_policy(area_teams={}))
    plan = site_teams(wanted)
    modes = compare_modes(wanted, plan).set_index("mode")
    assert set(modes["status"]) == {"proven"}
    assert modes.loc["best", "cost"] <= modes["cost"].min() + 1e-6
    assert plan.audit.teams["townships"].sum() == len(case.townships)


@pytest.mark.slow
def test_the_best_mode_is_never_dearer_and_counties_are_apart():
    wanted = Scenario.read(ROOT / "scenarios" / "area-teams.toml")
    plan = site_teams(wanted)
    modes = compare_modes(wanted, plan)
    assert set(modes["status"]) == {"proven"}
    costs = modes.pivot(index="county", columns="mode", values="cost")
    assert len(costs) == 9
    assert (costs["best"] <= costs[["area", "one_to_one"]].min(axis=1) + 1e-6).all()
    placed = plan.decisions.bases.set_index("team")["base"].map(wanted.case.townships["county"])
    assert placed.to_dict() == wanted.case.teams.loc[placed.index, "county"].to_dict()


# The audit


@pytest.fixture(scope="module")
def sound() -> TeamPlan:
    return site_teams(scenario(), "area")


def broken(plan: TeamPlan, mode: TeamMode = TeamMode.AREA, case: Case | None = None, **changes) -> dict[str, float]:
    """Return the rules that the changed plan breaks, with the largest amount of each."""
    decisions = replace(plan.decisions, **changes)
    checked = audit_teams(case or plan.scenario.data, plan.scenario.policy.area_teams, mode, decisions)
    found: dict[str, float] = {}
    for breach in checked.breaches:
        found[breach.rule] = max(found.get(breach.rule, 0.0), breach.amount)
    return found


def test_a_sound_plan_breaks_nothing(sound):
    assert broken(sound) == {}


def test_the_audit_finds_what_is_broken(sound):
    served, bases = sound.decisions.served, sound.decisions.bases
    own = pd.DataFrame({"township": ["A"], "officers": [1]})
    assert broken(sound, bases=bases.assign(base="A")) == pytest.approx({"travel_within_limit": 0.25})  # D: 1.0 - 0.75
    assert broken(sound, served=served.iloc[:2]) == {"calls_answered": 40.0}  # D's 2 x 20 h
    assert broken(sound, bases=bases.iloc[:0]) == {"served_by_stationed_team": 1.0}
    assert broken(sound, own=own) == {"mode_kept": 1.0, "own_officers_sufficient": 1.0}
    assert broken(sound, TeamMode.ONE_TO_ONE) == {"mode_kept": 1.0}
    assert broken(sound, TeamMode.BEST, own=own.assign(officers=2)) == {}
    assert broken(sound, bases=bases.assign(base="Z")) == {"well_formed": 1.0, "served_by_stationed_team": 1.0}
    again = replace(sound.decisions, served=pd.concat([served, served.iloc[:1]]))
    checked = audit_teams(sound.scenario.data, sound.scenario.policy.area_teams, TeamMode.AREA, again)
    assert [breach.place for breach in checked.breaches] == ["served row 4, A,  given twice"]
    odd = replace(sound.decisions, served=pd.concat([served, served.iloc[:1].assign(field="F9", team="S9")]))
    checked = audit_teams(sound.scenario.data, sound.scenario.policy.area_teams, TeamMode.AREA, odd)
    assert [breach.place for breach in checked.breaches] == ["served row 4, unknown field 'F9'"]
    assert broken(sound, served=pd.concat([served, served.iloc[:1]])) == {"well_formed": 1.0}
    assert broken(sound, TeamMode.BEST, own=own.assign(officers=2.5)) == {"well_formed": 1.0}


def test_the_audit_finds_hours_fields_and_counties(sound):
    narrow = county(teams=[("S1", "C1", "", 4, 95.0)])
    assert broken(sound, case=narrow) == pytest.approx({"team_hours_sufficient": 8.0})  # 388 - 380
    special = county(teams=[("S1", "C1", "F1", 4, 150.0)])
    assert broken(sound, case=special) == {"team_for_field": 1.0}
    # A's 200 h take three officers of 75 h; those of D's county, with 1,000 h, are of no matter.
    own = pd.DataFrame({"township": ["A"], "officers": [2]})
    for other in ("C0", "C2"):
        assert broken(sound, TeamMode.BEST, two_counties(other, 75.0), own=own)["own_officers_sufficient"] == 1.0
        # Two of 100 h are just enough.
        assert "own_officers_sufficient" not in broken(sound, TeamMode.BEST, two_counties(other, 100.0), own=own)
    townships = sound.scenario.data.townships
    townships.loc["B", "county"] = "C2"
    counties = pd.DataFrame({"id": ["C1", "C2"], "name": ["C1", "C2"]})
    moved = sound.scenario.data.replace(
        townships=townships,
        counties=counties,
        travel=pd.DataFrame([("A", "D", 1.0)], columns=["township", "other", "hours"]),
    )
    assert broken(sound, case=moved) == {"base_in_county": 1.0, "travel_within_limit": math.inf}


# Data and settings


def test_odd_journeys_are_told():
    tables = tiny_tables()
    rows = [("T1", "T2", 0.5), ("T2", "T1", 0.6)]
    for last, words in (
        (rows[1], "the other way round"),
        (("T1", "T1", 1.0), "itself"),
        (("T1", "T3", 1.0), "county of T1"),
    ):
        tables["travel"] = pd.DataFrame([rows[0], last], columns=["township", "other", "hours"])
        fault = only_fault(check_tables, tables)
        assert (fault.file, fault.row, fault.column) == ("travel", 2, "other")
        assert words in fault.message


def test_without_settings_or_teams_it_is_told():
    with pytest.raises(InputError, match=r"policy\.area_teams"):
        site_teams(Scenario(county(), small_policy()))
    with pytest.raises(InputError, match=r"teams\.csv"):
        site_teams(scenario(county(teams=[])))
    with pytest.raises(InputError, match="must be one of area, one_to_one, best"):
        site_teams(scenario(), "both")
    with pytest.raises(InputError, match=r"area_teams\.travel_hour.*Did you mean 'travel_hours_max'"):
        small_policy(area_teams={"travel_hour": 1.0})


def test_a_county_without_teams_is_told_by_area_and_added_to_one_to_one():
    case = county(teams=[("S1", "C1", "", 4, 150.0)])
    townships = case.townships
    townships.loc["D", "county"] = "C2"
    case = case.replace(
        townships=townships,
        counties=pd.DataFrame({"id": ["C1", "C2"], "name": ["C1", "C2"]}),
        travel=pd.DataFrame([("A", "B", 0.5)], columns=["township", "other", "hours"]),
    )
    with pytest.raises(NoPlanError, match="C2: 1 of 1 townships stay without a team, with 40 called-in hours"):
        site_teams(scenario(case), "area")
    # D's own two officers are added: 40 + 2 x 1,840.
    assert site_teams(scenario(case), "best").audit.counties.loc["C2", "cost"] == pytest.approx(3720)


# What is shown and written


def test_tables_summary_and_figure(sound, tmp_path):
    modes = compare_modes(sound.scenario, sound)
    tables = team_tables(sound, modes)
    assert all(table["synthetic"].all() for table in tables.values())
    assert tables["teams"].loc[0, "served"] == "A B D"
    served = tables["served"].set_index("township")
    assert served["hours_one_way"].to_dict() == {"A": 0.5, "B": 0.0, "D": 0.5}
    assert served.loc["A", "hours_taken_over"] == 80.0
    text = team_summary(sound, modes)
    assert "SYNTHETIC DATA" in text
    assert "C1: S1 at B B (3)." in text
    assert "340 called-in work, 48 journeys, 212 spare, of 600 there" in text
    words = {text.get_text() for text in team_hours(sound).texts}
    assert "SYNTHETIC DATA" in words
    folder = write_teams(sound, modes, tmp_path / "out")
    record = json.loads((folder / "teams.json").read_text(encoding="utf-8"))
    assert (record["cost"], record["synthetic"]) == (pytest.approx(88), True)
    written = pd.read_csv(folder / "teams.csv", encoding="utf-8-sig")
    assert written["spare_hours"].to_list() == [212.0]


def shell(monkeypatch, capsys, *arguments: str | Path) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, output and errors."""
    monkeypatch.setattr(sys, "argv", ["devolve-opt", "teams", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return int(ended.value.code or 0), told.out, told.err


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Stand in a folder with the county as a case and a scenario of it."""
    county().write(tmp_path / "case")
    lines = "\n".join(f"{key} = {value}" for key, value in SETTINGS.items())
    (tmp_path / "teams.toml").write_text(f'case = "case"\n[policy.area_teams]\n{lines}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_shell_writes_a_plan(place, monkeypatch, capsys):
    code, said, _ = shell(monkeypatch, capsys, "teams.toml")
    assert code == cli.DONE
    assert "Mode best: 88 staff-hours a year; 1 of 1 counties proven" in said
    assert (place / "runs" / "teams-teams" / "team_hours.png").stat().st_size > 5_000
    # Again is fine; a folder of something else is not.
    assert shell(monkeypatch, capsys, "teams.toml")[0] == cli.DONE
    assert shell(monkeypatch, capsys, "teams.toml", "--out", place / "case")[0] == cli.BAD_INPUT


def test_the_shell_tells_which_counties_have_no_plan(place, monkeypatch, capsys):
    text = (place / "teams.toml").read_text(encoding="utf-8").replace("0.75", '0.25\nmode = "area"')
    (place / "strict.toml").write_text(text, encoding="utf-8")
    code, _, said = shell(monkeypatch, capsys, "strict.toml")
    assert code == cli.NO_PLAN
    assert "C1: 2 of 3 townships stay without a team" in said
    assert not (place / "runs").exists()


def test_the_shell_tells_that_area_teams_are_off(place, monkeypatch, capsys):
    (place / "off.toml").write_text('case = "case"\n', encoding="utf-8")
    code, _, said = shell(monkeypatch, capsys, "off.toml")
    assert code == cli.BAD_INPUT
    assert "policy.area_teams" in said


# What teams take over is counted only where they can answer every call.


def test_no_plan_counts_on_teams_that_cannot_answer():
    with pytest.raises(NoPlanError, match="without a team"):
        solve(scenario(county(joint=(10_000, 5, 2)), mode="area"), gap=0.0, threads=1)
    with pytest.raises(InputError, match="teams"):
        solve(Scenario(small_case({"T1": {}}), small_policy(area_teams={})), threads=1)


def test_a_run_carries_its_teams(sound):
    wanted = scenario()
    (told,) = foundations(wanted, Control(60))
    assert (told.name, told.record["status"]) == ("teams", "proven")
    assert {"teams", "served", "team_counties"} == set(told.tables)
    assert all(table["synthetic"].all() for table in told.tables.values())
    assert "What it rests on" in told.text
    assert foundations(wanted.replace(policy={"area_teams": None}), Control(60)) == []


def test_a_team_plan_is_called_proven_only_if_every_county_is(sound):
    two = pd.concat([sound.counties, sound.counties.assign(status="time_limit").rename(index=lambda name: f"{name}x")])
    assert team_supplement(replace(sound, counties=two)).record["status"] == "time_limit"


def test_a_field_without_cases_has_no_part_of_the_joint_ones():
    # Teams for F1 and F2; all cases of enforcement arise in F1.
    case = county(
        teams=[("S1", "C1", "F1", 4, 95.0), ("S2", "C1", "F2", 4, 95.0)], powers={"P1": {"type": "penalty"}},
        cases={("A", "P1"): 5.0},
    )  # fmt: skip
    assert _field_shares(case, "C1") == {"F1": 1.0, "": 0.0}
