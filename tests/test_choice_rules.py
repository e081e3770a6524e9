"""Choice rules: what each lists on cases worked out by hand, whom a list represents, and what it is worth."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from devolve_opt.cli import app
from devolve_opt.errors import InputError
from devolve_opt.rules.choice_rules import CHOICE_RULES, Ballots
from devolve_opt.scenario import Scenario
from devolve_opt.solver.engine import Control
from devolve_opt.studies.choice_rules import IN_FORCE, choice_rules
from devolve_opt.studies.solving import solve
from devolve_opt.views.choice_rules_folder import choice_rules_text, write_choice_rules
from devolve_opt.views.plots.choice_rules import choice_rules_figure
from modelling import ROOT, hand_scenario, pin, small_case, small_policy

pytest.importorskip("abcvoting")
MANY, FEW = [f"A{number}" for number in range(1, 7)], ["B1", "B2"]
PROPORTIONAL = ["pav", "phragmen", "equal_shares"]


def divided_case(**of_q2):
    """Six townships choose P1 to P4, two others Q1 and Q2, all of them in every round; Q2 may be described further."""
    votes = {(town, power): 3 for town in MANY for power in ("P1", "P2", "P3", "P4")}
    votes |= {(town, power): 3 for town in FEW for power in ("Q1", "Q2")}
    return small_case(
        {**{town: {"category": "general"} for town in MANY}, **{town: {"category": "key"} for town in FEW}},
        {**{power: {} for power in ("P1", "P2", "P3", "P4", "Q1")}, "Q2": of_q2}, votes,
    )  # fmt: skip


def divided(**policy) -> Scenario:
    return Scenario(divided_case(), small_policy(guide_list_max=4, base_list_max=4, **policy), title="Divided")


@pytest.fixture(scope="module")
def found():
    return choice_rules(solve(divided(), gap=0.0), gap=0.0)


def test_most_chosen_lists_what_the_majority_wants():
    assert Ballots(divided_case(), divided().policy).listed_by("approval") == ["P1", "P2", "P3", "P4"]


@pytest.mark.parametrize("rule", PROPORTIONAL)
def test_proportional_rules_give_a_quarter_of_the_townships_a_quarter_of_the_places(rule):
    # Four places, eight townships. PAV: P1 counts 6, P2 6/2, P3 6/3 = 2, Q1 2: both before P4 with 6/4.
    # Phragmen: the six pay a power in a sixth of a unit of time each, the two Q1 at a half: P1, P2, P3 and Q1 first.
    # Equal shares: half a place each; the six can pay three powers, the two one.
    assert Ballots(divided_case(), divided().policy).listed_by(rule) == ["P1", "P2", "P3", "Q1"]


def test_the_even_list_serves_both_categories_as_evenly_as_can_be(found):
    # Three for the six and one for the two give 3/4 and 1/2, two and two 1/2 and 1: the least is the same, then 1 is
    # more than 3/4.
    shares = found.categories.set_index(["rule", "category"])["share"]
    assert (shares["leximin", "general"], shares["leximin", "key"]) == (1 / 2, 1)
    assert "leximin: even to categories" in choice_rules_text(found)


def test_two_of_eight_agree_and_have_nothing_of_four_places():
    # Two of eight are a quarter: enough for one of four places.
    ballots = Ballots(divided_case(), divided().policy)
    assert ballots.represents(["P1", "P2", "P3", "P4"]) == {"justified": False, "ejr_plus": False}
    assert ballots.represents(["P1", "P2", "P3", "Q1"]) == {"justified": True, "ejr_plus": True}
    # The six are enough for three places and agree on P3; they have one listed choice each.
    assert ballots.represents(["P1", "Q1", "Q2"]) == {"justified": True, "ejr_plus": False}


@st.composite
def elections(draw):
    towns, powers = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    chosen = draw(st.lists(st.tuples(st.integers(1, towns), st.integers(1, powers)), min_size=1, unique=True))
    votes = {(f"T{town}", f"P{power}"): 3 for town, power in chosen}
    case = small_case({f"T{n}": {} for n in range(1, towns + 1)}, {f"P{n}": {} for n in range(1, powers + 1)}, votes)
    return case, small_policy(guide_list_max=draw(st.integers(1, powers)))


@given(election=elections(), data=st.data())
@settings(max_examples=60)
def test_representation_is_what_its_definition_says(election, data):
    case, policy = election
    ballots = Ballots(case, policy)
    listed = set(data.draw(st.lists(st.sampled_from(ballots.powers), unique=True, max_size=ballots.seats)))
    wants = {town: set(group) for town, group in ballots.chosen.groupby("township")["power"]}

    def short(places: int) -> bool:
        return any(
            sum(power in want and len(want & listed) < places for want in wants.values()) * ballots.seats
            >= places * len(wants)
            for power in set(ballots.powers) - listed
        )

    # Supporters of a listed power have a listed choice, so that one place is short only for powers not listed.
    expected = {"justified": not short(1), "ejr_plus": not any(map(short, range(1, ballots.seats + 1)))}
    assert ballots.represents(listed) == expected


@given(election=elections())
@settings(max_examples=40)
def test_every_rule_fills_the_places_and_equal_shares_and_phragmen_represent(election):
    ballots = Ballots(*election)
    for rule in CHOICE_RULES:
        assert len(set(ballots.listed_by(rule))) == ballots.seats
    assert ballots.represents(ballots.listed_by("equal_shares"))["ejr_plus"]
    assert ballots.represents(ballots.listed_by("phragmen"))["justified"]


def test_what_each_list_is_worth(found):
    # A choice met in three rounds is worth 3 x 40 h. P1 to P4 at six townships: 24 x 120 = 2,880; with Q1 at two for
    # P4 at six: (18 + 2) x 120 = 2,400.
    rules = found.rules.set_index("rule")
    assert rules.at["plan", "objective"] == pytest.approx(2880)
    assert rules.at["approval", "objective"] == pytest.approx(2880)
    for rule in PROPORTIONAL:
        assert rules.at[rule, "objective"] == pytest.approx(2400)
        assert rules.at[rule, "loss_least"] == pytest.approx(480)
        assert rules.at[rule, "loss_most"] == pytest.approx(480)
        assert set(found.plans[rule].guide_list["power"]) <= {"P1", "P2", "P3", "Q1"}


def test_whose_choices_are_listed(found):
    shares = found.categories.set_index(["rule", "category"])["share"]
    assert (shares["plan", "general"], shares["plan", "key"]) == (1, 0)
    assert (shares["pav", "general"], shares["pav", "key"]) == (3 / 4, 1 / 2)
    rules = found.rules.set_index("rule")
    # 6 x 3 + 2 x 1 of the 6 x 4 + 2 x 2 choices.
    assert (rules.at["pav", "choices"], rules.at["pav", "share"]) == (20, pytest.approx(20 / 28))
    assert (rules.at["pav", "least_share"], rules.at["pav", "shared"]) == (0.5, 3)
    assert not rules.at["plan", "justified"]
    powers = found.powers.set_index("power")
    assert (powers.at["Q1", "chosen_by"], powers.at["Q1", "pav"], powers.at["Q1", "plan"]) == (2, True, False)
    assert powers.loc["Q2", ["plan", "pav", "leximin"]].to_list() == [False, False, True]


def test_the_text_says_who_is_left_out_and_what_it_costs(found):
    text = choice_rules_text(found)
    assert "SYNTHETIC DATA" in text
    assert "JR fails" in text
    assert "costs 480 to 480 against the best plan" in text
    assert "PAV: key 50 %, general 75 %" in text
    assert choice_rules_figure(found).axes


def test_pins_go_before_a_rule():
    found = choice_rules(solve(divided(pins=[pin("Q2", "any")]), gap=0.0), gap=0.0)
    for rule, plan in found.plans.items():
        assert "Q2" in set(plan.guide_list["power"]), rule


def test_a_pin_against_a_power_frees_nothing():
    # P4 is on none of the lists; that A1 may not take it does not put it on one.
    scenario = divided(pins=[pin("P4", "A1", holds=False)])
    found = choice_rules(solve(scenario, gap=0.0), gap=0.0)
    for rule in PROPORTIONAL:
        assert set(found.plans[rule].guide_list["power"]) == {"P1", "P2", "P3", "Q1"}, rule


def test_where_no_plan_keeps_the_rules_with_a_list_it_is_said():
    # B1 is to take Q2, which requires Q1: the proportional rules list that, the most chosen powers leave it out.
    case, policy = divided_case(requires="Q1"), small_policy(guide_list_max=4, base_list_max=4, pins=[pin("Q2", "B1")])
    found = choice_rules(solve(Scenario(case, policy, title="Pinned"), gap=0.0), gap=0.0)
    # The even list holds both Q1 and Q2.
    assert set(found.plans) == {"plan", "leximin", *PROPORTIONAL}
    assert all("Q2" in set(plan.take_up["power"]) for plan in found.plans.values())
    assert found.none["approval"].startswith("proven: no plan")
    assert "worth: proven: no plan" in choice_rules_text(found)


def test_nothing_is_solved_where_the_lists_are_in_force_or_it_was_stopped():
    scenario = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    plan = solve(scenario, gap=0.02)
    found = choice_rules(plan)
    assert set(found.plans) == {"plan"}
    assert set(found.none.values()) == {IN_FORCE}
    assert IN_FORCE in choice_rules_text(found)
    control = Control()
    control.stop()
    stopped = choice_rules(solve(divided(), gap=0.0), control=control)
    assert set(stopped.plans) == {"plan"}
    assert "stopped before it was solved" in choice_rules_text(stopped)


def test_a_case_without_choices_is_bad_input():
    scenario = Scenario(small_case({"T1": {}}), small_policy(), title="Silent")
    with pytest.raises(InputError, match="no township chose"):
        choice_rules(solve(scenario, gap=0.0))
    with pytest.raises(InputError, match="is no choice rule"):
        Ballots(divided_case(), small_policy()).listed_by("borda")


@pytest.mark.slow
def test_the_folder_and_the_command(tmp_path):
    runner = CliRunner()
    run = tmp_path / "hand"
    assert runner.invoke(app, ["run", str(ROOT / "scenarios" / "hand.toml"), "--out", str(run)]).exit_code == 0
    done = runner.invoke(app, ["choices", str(run)])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "hand-choices"
    record = json.loads((folder / "choice_rules.json").read_text("utf-8"))
    assert record["notice"]
    assert set(record["plans"]) | set(record["none"]) == {"plan", "ratio", "leximin", *CHOICE_RULES}
    names = {path.name for path in folder.iterdir()}
    assert {"choice_rules.txt", "choice_rules.png", "choice_rules.svg", "rules.csv", "powers.csv"} <= names
    again = runner.invoke(app, ["choices", str(run), "--no-worth"])
    assert again.exit_code == 0
    foreign = runner.invoke(app, ["choices", str(run), "--out", str(run)])
    assert isinstance(foreign.exception, InputError)
    assert "is not a comparison of choice rules" in str(foreign.exception)


def test_a_folder_is_written_from_python(tmp_path):
    found = choice_rules(solve(hand_scenario(), gap=0.0), worth=False)
    assert found.rules["objective"].notna().sum() == 1
    assert (write_choice_rules(found, tmp_path / "c") / "categories.csv").is_file()


def test_a_list_without_places_leaves_nobody_out():
    case = small_case({"A": {}, "B": {}}, {"P": {}}, {("A", "P"): 3})
    assert Ballots(case, small_policy(guide_list_max=0)).represents([]) == {"justified": True, "ejr_plus": True}
