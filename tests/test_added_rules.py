"""Rules of the user's own, added to the model: kept, proven with, audited, named; and what must not be added."""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest
from pyomo.environ import Block, Constraint, ConstraintList, Objective, Var

from cases import only_fault
from devolve_opt import InputError, NoPlanError, Scenario, compare, explain, solve
from devolve_opt.audit import audit
from devolve_opt.formulation import build_model
from devolve_opt.language import speaking
from devolve_opt.solver.strategy import Search
from devolve_opt.studies.choice_rules import choice_rules
from devolve_opt.studies.prepared import Models
from devolve_opt.studies.robust import robustness
from devolve_opt.studies.runs import read_run
from devolve_opt.studies.sensitivity import sensitivity
from devolve_opt.views.declined import declined
from devolve_opt.views.run_folder import write_run
from devolve_opt.views.summary import summary
from devolve_opt.views.wording import short_status
from devolve_opt.vocabulary import Status
from modelling import hand_scenario

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def hand() -> Scenario:
    return hand_scenario()


@pytest.fixture(scope="module")
def free(hand):
    return solve(hand, gap=0.0)


def never_together(model):
    """P1 and P3 are never in the same township."""
    both = [town for town in model.takers if {"P1", "P3"} <= set(model.powers_of[town])]
    model.apart = Constraint(both, rule=lambda m, town: m.taken[town, "P1"] + m.taken[town, "P3"] <= 1)


def taken_by(plan, township):
    return set(plan.take_up.loc[plan.take_up["township"] == township, "power"])


def test_an_added_rule_is_kept_proven_and_named(hand, free):
    assert any({"P1", "P3"} <= taken_by(free, town) for town in "ABD"), "the rule would not bind"
    plan = solve(hand, gap=0.0, rules=never_together)
    assert not any({"P1", "P3"} <= taken_by(plan, town) for town in "ABD")
    assert plan.status is Status.PROVEN and plan.gap < 1e-6
    assert plan.objective == plan.audit.objective and not plan.audit.breaches
    assert plan.objective < free.objective <= free.bound + 1e-6
    assert plan.options["added_rules"] == ["apart"]
    assert "with added rules: apart" in repr(plan) and "with added rules: apart" in plan._repr_html_()
    assert short_status(plan).startswith("proven ") and short_status(plan).endswith(" (with added rules: apart)")
    assert "no plan that keeps the added rules as well is worth more" in summary(plan)
    with speaking("zh"):
        assert short_status(plan).startswith("已证明") and short_status(plan).endswith("（含外加规则：apart）")
    assert compare({"with": plan, "free": free}).at["better_than", "free"] == "with"


def test_the_bound_is_the_best_of_all_plans_that_keep_the_rule(hand, free):
    """Every way of deciding P1 and P3 by pins, of those that the rule allows: none is worth more than the bound."""
    plan = solve(hand, gap=0.0, rules=never_together)
    worths = []
    for forbidden in itertools.product(("P1", "P3"), repeat=3):

        def one_way(model, forbidden=forbidden):
            pairs = [pair for pair in zip("ABD", forbidden, strict=True) if pair in model.pairs]
            model.none = Constraint(pairs, rule=lambda m, town, power: m.taken[town, power] == 0)

        worths.append(solve(hand, gap=0.0, rules=one_way).objective)
    assert max(worths) == pytest.approx(plan.bound, abs=1e-6)


def test_a_rule_may_have_variables_of_its_own(hand, free):
    def at_most_one_taker_of_two_powers(model):
        model.many = Var(model.takers, bounds=(0, 1))
        model.counts = Constraint(
            model.takers, rule=lambda m, t: sum(m.taken[t, p] for p in m.powers_of[t]) <= 1 + 9 * m.many[t]
        )
        model.few = Constraint(expr=sum(model.many.values()) <= 1 / 9)

    most = free.take_up["township"].value_counts().max()
    plan = solve(hand, gap=0.0, rules=at_most_one_taker_of_two_powers)
    counts = plan.take_up["township"].value_counts()
    assert most > 1 and (counts - 1).clip(lower=0).sum() <= 1
    assert plan.options["added_rules"] == ["counts", "few"]
    # What the variables of the rule would be in the ratio rule's plan is not known, so nothing is said of it.
    assert plan.reference.bound == float("inf")


def test_the_ratio_rule_s_plan_is_told_to_break_an_added_rule(hand):
    def nobody_takes_p1(model):
        model.none = Constraint(expr=sum(model.taken[pair] for pair in model.pairs if pair[1] == "P1") <= 0)

    plan = solve(hand, gap=0.0, rules=nobody_takes_p1)
    takers = int((plan.reference.take_up["power"] == "P1").sum())
    assert takers > 0
    [breach] = [breach for breach in plan.reference.audit.breaches if breach.rule == "none"]
    assert (breach.place, breach.amount) == ("", takers)
    assert len(solve(hand, method="ratio", rules=nobody_takes_p1).audit.breaches) == len(plan.reference.audit.breaches)


def test_a_run_read_back_still_says_what_the_ratio_rule_breaks_of_an_added_rule(hand, tmp_path):
    def nobody_takes_p1(model):
        model.none = Constraint(expr=sum(model.taken[pair] for pair in model.pairs if pair[1] == "P1") <= 0)

    plan = solve(hand, gap=0.0, rules=nobody_takes_p1)
    back = read_run(write_run(plan, tmp_path / "run"), hand.case)
    assert back.audit.breaches == plan.audit.breaches == ()
    assert back.reference.audit.breaches == plan.reference.audit.breaches
    by_rule = solve(hand, method="ratio", rules=nobody_takes_p1)
    assert read_run(write_run(by_rule, tmp_path / "rule"), hand.case).audit.breaches == by_rule.audit.breaches


def test_a_choice_that_an_added_rule_bars_is_told_with_the_rule_s_name(hand, free):
    assert "P3" in taken_by(free, "A")

    def not_in_a(model):
        model.barred = Constraint(expr=model.taken["A", "P3"] <= 0)

    table = declined(solve(hand, gap=0.0, rules=not_in_a)).set_index(["township", "power"])
    # What it is not ready for it need not become ready for, where it may not have it.
    assert table.at[("A", "P3"), "reason"] == "field_not_ready"
    assert table.at[("A", "P3"), "detail"].endswith("(or an added rule: barred)")
    kept_out = table["reason"].isin(["excluded", "county_refuses", "pinned"])
    assert (table["detail"].str.endswith("(or an added rule: barred)") != kept_out).all()


def test_a_clash_with_the_policy_names_the_added_rules_beside_it(hand):
    def everybody_takes_p1(model):
        model.everywhere = Constraint(expr=sum(model.taken[pair] for pair in model.pairs if pair[1] == "P1") >= 2)

    with pytest.raises(NoPlanError) as caught:
        solve(hand.replace(policy={"base_list_max": 0, "category_list_max": 0}), rules=everybody_takes_p1)
    assert "All that beside the added rules (everywhere), which were kept throughout." in str(caught.value)
    [remedy] = [each for each in caught.value.remedies if each.numbers[0].key == "base_list_max"]
    assert remedy.numbers[0].value == 1


def test_a_list_that_only_an_added_rule_wants_stays_in_the_plan(hand, free):
    assert "P2" not in set(free.guide_list["power"])

    def listed_for_its_own_sake(model):
        model.shown = Constraint(expr=model.base["P2"] >= 1)
        model.untaken = Constraint(expr=sum(model.taken[pair] for pair in model.pairs if pair[1] == "P2") <= 0)

    plan = solve(hand, gap=0.0, rules=listed_for_its_own_sake)
    assert ("P2", "base") in set(plan.guide_list.itertuples(index=False, name=None))
    assert not audit(hand.data, hand.policy, plan.decisions).breaches


def test_a_rule_that_asks_for_what_no_plan_holds_is_refused(hand):
    """Readiness that nobody uses is left out of every plan."""

    def ready_for_nothing(model):
        unused = [key for key in model.ready if key[0] == "D"]
        model.idle = Constraint(expr=sum(model.ready[key] for key in unused) >= 1)
        model.nothing = Constraint(expr=sum(model.taken[pair] for pair in model.pairs if pair[0] == "D") <= 0)

    with pytest.raises(InputError, match="asks for what a plan never holds"):
        solve(hand, gap=0.0, rules=ready_for_nothing)


def test_where_added_rules_leave_no_plan_they_are_named(hand):
    def too_much(model):
        model.all_of_it = Constraint(expr=sum(model.taken.values()) >= len(model.taken))
        model.nothing = Constraint(expr=sum(model.taken.values()) <= 0)

    with pytest.raises(NoPlanError, match=r"and the added rules \(all_of_it, nothing\)") as caught:
        solve(hand, rules=too_much)
    assert caught.value.proven
    assert "the added rules ask what the case does not allow" in str(caught.value)


def test_goals_are_solved_for_with_the_added_rule(hand):
    goal = {"term": "choices_met", "tolerance": 0.0}
    scenario = hand.replace(policy={"goals": (goal,)})
    plain, held = solve(scenario, gap=0.0), solve(scenario, gap=0.0, rules=never_together)
    assert held.options["goals"][0]["best"] < plain.options["goals"][0]["best"]
    assert held.status is Status.PROVEN


def test_a_large_model_with_added_rules_is_not_taken_apart(monkeypatch):
    """The cuts of the search by township know nothing of the rule: what they prove would be no bound."""
    scenario = Scenario.read(ROOT / "scenarios" / "pilot-district.toml")
    apart = []
    search_whole = Search.run

    def run(self, *arguments, **options):
        self.by_township_from, self.master_share = 1, 1.0
        apart.append(self.falls_apart())
        return search_whole(self, *arguments, **options)

    monkeypatch.setattr(Search, "run", run)

    def few(model):
        model.few = Constraint(expr=sum(model.taken.values()) <= 200)

    plan = solve(scenario, gap=0.01, rules=few)
    assert len(plan.take_up) <= 200 and plan.bound >= plan.objective
    assert solve(scenario, gap=0.01).objective > plan.bound
    assert apart == [False, True]


def no_row(model):
    model.nothing = Constraint([], rule=lambda m, place: Constraint.Skip)


def switched_off(model):
    never_together(model)
    model.guide_list_within_cap.deactivate()


def another_objective(model):
    never_together(model)
    model.mine = Objective(expr=0)


def fixed(model):
    never_together(model)
    model.taken["A", "P1"].fix(0)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (no_row, "added no row"),
        (switched_off, "switch them off"),
        (another_objective, "must not add an objective"),
        (fixed, "must not fix variables"),
    ],
)
def test_what_is_more_than_an_added_rule_is_refused(hand, rules, message):
    fault = only_fault(lambda: solve(hand, rules=rules))
    assert message in fault.message and fault.column == "rules"


def test_models_with_added_rules_are_built_anew_for_another_policy(hand, free):
    models = Models(never_together)
    first = models.prepare(hand.data, hand.policy, free.decisions)
    again = models.prepare(hand.data, hand.policy, free.decisions)
    other = models.prepare(hand.data, hand.replace(policy={"guide_list_max": 2}).policy, free.decisions)
    assert (first.reason, again.reason) == ("", "") and "added rules" in other.reason
    assert first.added == again.added == other.added == ("apart",)
    with pytest.raises(InputError, match="rules of your own"):
        solve(hand, models=Models(), rules=never_together)


def test_studies_that_do_not_know_an_added_rule_refuse_its_plan(hand):
    plan = solve(hand, gap=0.0, rules=never_together)
    for study in (robustness, sensitivity, choice_rules, lambda one: explain(one, "A", "P1")):
        with pytest.raises(InputError, match="keeps added rules, which this study does not know"):
            study(plan)


def test_the_model_has_what_a_rule_is_written_with(hand):
    model = build_model(hand.data, hand.policy)
    assert set(model.takers) == {"A", "B", "D"}
    assert {power for powers in model.powers_of.values() for power in powers} == set(model.base)
    assert pd.Series(model.county)["A"] == "C1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda model: next(iter(model.taken.values())).setub(0), "must leave bounds"),
        (lambda model: next(row for part in model.component_objects(Constraint) for row in part.values()).deactivate(),
         "must leave bounds"),
        (lambda model: model.own_twice.add(next(iter(model.taken.values())) ** 2 <= 1), "must be linear"),
        (lambda model: setattr(model, "own_block", Block()), "may add constraints"),
    ],
)  # fmt: skip
def test_a_rule_that_changes_what_no_row_shows_is_refused(change, said):
    def mine(model):
        model.own_twice = ConstraintList()
        model.own_twice.add(sum(model.taken.values()) >= 0)
        change(model)

    with pytest.raises(InputError, match=said):
        solve(hand_scenario(), rules=mine)
