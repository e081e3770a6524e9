"""Near-optimal alternatives: must, never and swing agree with solving every case of its own, with pins."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, assume, given, settings

from depth import examples
from devolve_opt.audit import audit
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.policy import Policy
from devolve_opt.rules.interest import interest
from devolve_opt.rules.ratio import given_lists
from devolve_opt.scenario import Scenario
from devolve_opt.solver.carried import Carried
from devolve_opt.solver.engine import Control
from devolve_opt.solver.flips import Flip, Flips
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.alternatives import Alternatives, alternatives
from devolve_opt.studies.listing import Listing
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.solving import solve
from devolve_opt.views.alternatives_folder import (
    alternatives_text,
    figures_of_plans,
    lists_of_plans,
    write_alternatives,
)
from devolve_opt.views.plots.alternatives import alternatives_figure
from modelling import hand_scenario, small_case, small_policy
from strategies import small_cases, small_policies


@pytest.fixture(scope="module")
def hand() -> Alternatives:
    return alternatives(hand_scenario(), tolerance=0.1, gap=0.0)


def best_with(scenario: Scenario, *pins: dict[str, object]) -> float:
    """Return what the best plan with these pins is worth; -inf where there is none."""
    try:
        return solve(scenario.replace(policy={"pins": pins}), gap=0.0, explain=False).objective
    except NoPlanError:
        return -np.inf


def by_pins(scenario: Scenario, power: str) -> tuple[float, float]:
    """Return what the best plan without a power is worth, and the best one with somebody who takes it."""
    pinned = {"power": power, "reason": "a test"}
    pairs = interest(scenario.data, scenario.policy)
    takers = pairs.loc[pairs["power"] == power, "township"]
    without = best_with(scenario, {**pinned, "list": "any", "holds": False})
    return without, max((best_with(scenario, {**pinned, "township": town}) for town in takers), default=-np.inf)


def assert_as_by_pins(found: Alternatives) -> None:
    slack = 1e-5 * max(1.0, abs(found.plan.objective))
    for row in found.powers.itertuples():
        without, taken = by_pins(found.scenario, row.power)
        other = without if row.listed else taken
        expected = "swing" if other >= found.worth + slack else "must" if row.listed else "never"
        if abs(other - found.worth) > slack:
            assert row.status == expected, row
        # The loss lies between what is proven and what was found.
        loss = found.plan.objective - other
        assert row.loss_least <= loss + slack
        assert loss <= row.loss_most + slack


def test_the_hand_case_as_by_hand(hand):
    # Worth 370; a good plan is worth 333 or more. P1 for P2 costs 12, P4 off costs 35; without P3 it is worth -265.
    powers = hand.powers.set_index("power")
    assert hand.plan.objective == pytest.approx(369.5, abs=1)
    assert powers["status"].to_dict() == {"P1": "swing", "P2": "swing", "P3": "must", "P4": "swing"}
    assert powers["listed"].to_dict() == {"P1": True, "P2": False, "P3": True, "P4": True}
    assert hand.finished


def test_statuses_are_those_of_solving_each_case_with_pins(hand):
    assert_as_by_pins(hand)


@settings(max_examples=examples(8), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(case=small_cases(), policy=small_policies())
def test_statuses_of_random_cases_are_those_of_solving_each_with_pins(case, policy):
    assume(given_lists(case, policy) is None)
    try:
        found = alternatives(Scenario(case, policy), tolerance=0.2, gap=0.0)
    except NoPlanError:
        return
    assert found.finished
    assert_as_by_pins(found)


def test_every_swing_is_shown_by_a_good_audited_plan(hand):
    case, policy = hand.scenario.data, hand.scenario.policy
    for plan in hand.plans:
        assert audit(case, policy, plan.decisions).breaches == ()
        assert plan.objective >= hand.worth - 1e-6
        assert plan.bound == hand.plan.bound
    swings = hand.powers[hand.powers["status"] == "swing"]
    for row in swings.itertuples():
        plan = hand.plans[row.shown_by]
        assert (row.power in set(plan.guide_list["power"])) != row.listed
        assert row.listed or row.power in set(plan.take_up["power"])
    assert hand.powers.loc[hand.powers["status"] != "swing", "shown_by"].isna().all()


def test_the_most_different_plans_begin_with_the_best_and_differ(hand):
    assert hand.different[0] == 0
    lists = [frozenset(hand.plans[number].guide_list["power"]) for number in hand.different]
    assert len(set(lists)) == len(lists)


def test_where_nothing_can_be_listed_every_list_is_empty():
    # The hearing power stays with the county, so that there is nothing to list, nothing to swing and one plan.
    case = small_case({"T1": {}}, {"P1": {"needs_hearing": True}}, {("T1", "P1"): 3})
    found = alternatives(Scenario(case, small_policy()), tolerance=0.1, gap=0.0)
    assert found.finished
    assert found.powers.empty
    assert found.plan.objective == pytest.approx(0, abs=1e-6)
    assert alternatives_text(found)


def test_without_tolerance_only_equally_good_plans_count():
    # Two powers of the same worth, a list of one: either may be on it, none must.
    case = small_case({"T1": {}}, {"P1": {}, "P2": {}, "P3": {}}, {("T1", "P1"): 3, ("T1", "P2"): 3, ("T1", "P3"): 1})
    found = alternatives(Scenario(case, small_policy(guide_list_max=1)), tolerance=0.0, gap=0.0)
    assert found.powers.set_index("power")["status"].to_dict() == {"P1": "swing", "P2": "swing", "P3": "never"}


def test_what_cannot_be_otherwise_is_a_must_with_no_end_to_its_loss():
    pins = [{"power": "P1", "list": "any", "reason": "agreed"}]
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3})
    found = alternatives(Scenario(case, small_policy(pins=pins)), tolerance=0.5, gap=0.0)
    [row] = found.powers.to_dict("records")
    assert (row["status"], row["loss_least"], row["loss_most"]) == ("must", np.inf, np.inf)
    assert "none keeps the rules" in alternatives_text(found)


def test_a_list_in_force_leaves_nothing_to_choose():
    case = small_case({"T1": {}}, {"P1": {}}, {("T1", "P1"): 3}, guide_list=(("P1", "base"),))
    with pytest.raises(InputError, match="in force"):
        alternatives(Scenario(case, small_policy()))


@pytest.mark.parametrize("wrong", [{"tolerance": -0.1}, {"tolerance": 2}, {"plans": 0}, {"gap": -1}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(InputError):
        alternatives(hand_scenario(), **wrong)


def test_what_is_not_decided_in_time_is_open_and_said_to_be(monkeypatch):
    monkeypatch.setattr(Flips, "plainly", lambda self, flips: (-np.inf, None))
    monkeypatch.setattr(Flips, "decide", lambda self, flip, control: (np.inf, -np.inf, None))
    found = alternatives(hand_scenario(), tolerance=0.1)
    assert set(found.powers["status"]) == {"open"}
    assert not found.finished
    text = alternatives_text(found)
    assert "OPEN (4)" in text
    assert "NOT COMPLETE" in text


def test_a_study_goes_on_where_it_was(hand, tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    monkeypatch.setattr(Flips, "decide", lambda self, flip, control: (np.inf, -np.inf, None))
    first = alternatives(hand_scenario(), tolerance=0.1, gap=0.0, folder=kept)
    assert len(list(kept.iterdir())) == 1 + len(first.powers)
    monkeypatch.undo()
    lines: list[str] = []
    again = alternatives(hand_scenario(), tolerance=0.1, gap=0.0, folder=kept, report=lines.append)
    pd.testing.assert_frame_equal(again.powers.drop(columns="shown_by"), hand.powers.drop(columns="shown_by"))
    assert (again.plan.objective, again.plan.bound, again.plan.status) == (
        first.plan.objective, first.plan.bound, first.plan.status
    )  # fmt: skip
    done_before = ("solving", "taking", "putting", "proving")
    assert lines
    assert not [line for line in lines if line.startswith(done_before)]
    # Another scenario finds nothing of its own there.
    other = alternatives(hand_scenario().replace(policy={"guide_list_max": 2}), tolerance=0.1, gap=0.0, folder=kept)
    assert other.finished


def test_what_was_kept_serves_another_tolerance(hand, tmp_path):
    alternatives(hand_scenario(), tolerance=0.02, gap=0.0, folder=tmp_path)
    again = alternatives(hand_scenario(), tolerance=0.1, gap=0.0, folder=tmp_path)
    assert again.powers["status"].tolist() == hand.powers["status"].tolist()


def test_bounds_by_township_hold_and_close_in_on_what_is_best():
    """A matrix that is taken apart by township gives a bound for each flip that no plan with it beats."""
    rng = np.random.default_rng(5)
    towns = {f"T{n}": {"category": ("county_seat", "central", "general")[n % 3]} for n in range(6)}
    powers = {f"P{n}": {"upkeep_hours": float(rng.integers(10, 90))} for n in range(8)}
    votes = {(town, power): int(rng.integers(0, 4)) for town in towns for power in powers}
    case = small_case(towns, powers, {pair: rounds for pair, rounds in votes.items() if rounds})
    scenario = Scenario(case, small_policy(base_list_max=2, guide_list_max=4, category_list_max=2))
    plan = solve(scenario, gap=0.0)
    models = Models()
    listing = Listing(plan, models.prepare(case, scenario.policy, plan.decisions))
    lists = listing.matrix.columns_of("base", "special", "listed")
    places = listing.matrix.places(case.tables["townships"].index)

    def search(matrix, control, carried):
        return Search(
            matrix, control, lists, 1e-6, places=places, by_township_from=0, master_share=1.0, carried=carried
        )

    control = Control(60)
    bounds: dict[int, float] = {}
    flips = [power.flip for power in listing.powers.values()]
    with Flips(listing.matrix, control, listing.solution, -np.inf, search, Carried()) as study:
        study.bounds(flips, lambda number, bound, values: bounds.__setitem__(number, bound), control)
        assert sorted(bounds) == list(range(len(flips)))
        for number, power in enumerate(listing.powers.values()):
            pin = {"power": power.name, "list": "any", "holds": not power.on, "reason": "a test"}
            best = best_with(scenario, pin)
            assert best - 1e-6 <= bounds[number] <= best + 0.1 * abs(best)
            worth, solution = study.plainly([power.flip]) if power.on else listing.put_on(power.name, study, [])
            assert solution is None or worth <= best + 1e-6
            # A search of its own ends with a plan that is worth enough, or with the proof that none is.
            study.worth = best - 1e-3
            bound, found, _ = study.decide(Flip(power.flip.sets), control)
            assert best - 1e-3 <= found <= best + 1e-6 <= bound + 2e-6
            study.worth = best + 1
            bound, found, _ = study.decide(Flip(power.flip.sets), control)
            assert found <= best + 1e-6 <= bound + 2e-6
            assert bound < best + 1


def test_the_folder_holds_tables_text_figure_and_record(hand, tmp_path):
    write_alternatives(hand, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    tables = {f"{name}.{kind}" for name in ("powers", "lists", "plans") for kind in ("csv", "parquet")}
    assert names == tables | {"alternatives.txt", "alternatives.png", "alternatives.svg", "alternatives.json"}
    record = json.loads((tmp_path / "out" / "alternatives.json").read_text(encoding="utf-8"))
    assert (record["must"], record["swing"], record["never"], record["open"]) == (1, 3, 0, 0)
    assert record["notice"]
    kept = pd.read_csv(tmp_path / "out" / "powers.csv")
    assert kept["status"].tolist() == hand.powers["status"].tolist()


def test_the_tables_of_plans_say_where_each_power_is(hand):
    lists, figures = lists_of_plans(hand), figures_of_plans(hand)
    assert figures["plan"].tolist() == list(range(len(hand.plans)))
    assert figures["differs_in"].iloc[0] == 0
    best = lists[lists["plan"] == 0][["power", "list"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(best, hand.plan.guide_list.reset_index(drop=True), check_dtype=False)


def test_the_text_names_every_power_with_what_it_costs(hand):
    text = alternatives_text(hand)
    assert "MUST (1)" in text
    assert "SWING (3)" in text
    assert "NEVER (0)" in text
    for power in hand.powers["power"]:
        assert f"  {power} " in text
    assert hand.scenario.case.notice in text


def test_the_figure_says_how_many_and_that_data_are_invented(hand):
    words = [text.get_text() for text in alternatives_figure(hand).texts]
    assert any("1 must, 3 swing, 0 never, of 4 powers" in line for line in words)
    assert "SYNTHETIC DATA" in words


def test_a_power_that_nobody_would_take_by_itself_is_tried_with_somebody():
    # P2 is worth 40 and costs 60 of support: on the list nobody takes it, so it is a swing only if somebody has to.
    case = small_case(
        {"T1": {}}, {"P1": {}, "P2": {"support_hours": 60}}, {("T1", "P1"): 3, ("T1", "P2"): 1}
    )  # fmt: skip
    found = alternatives(Scenario(case, Policy(**small_policy().model_dump())), tolerance=0.2, gap=0.0)
    row = found.powers.set_index("power").loc["P2"]
    assert row["status"] == "swing"
    assert row["loss_most"] == pytest.approx(20.0)
