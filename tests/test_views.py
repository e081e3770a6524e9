"""What comes out of a run: tables, summary, figures, run folder."""

from __future__ import annotations

import ast
import io
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from cases import HEADER, tiny_tables
from devolve_opt.audit import audit
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.plan import Plan
from devolve_opt.policy import Policy
from devolve_opt.rules.workload import staff_without_moves
from devolve_opt.scenario import Change, Scenario
from devolve_opt.studies.comparing import compare
from devolve_opt.studies.solving import solve
from devolve_opt.views import fonts, run_folder, style, tables
from devolve_opt.views.caps import caps
from devolve_opt.views.page import WIDTH, display_width, folded, wrapped
from devolve_opt.views.plots import FIGURES, sweep_figure
from devolve_opt.views.plots.lists import TAKE_UP_STATES
from devolve_opt.views.reasons import officer_needs
from devolve_opt.views.run_folder import read_manifest, write_run
from devolve_opt.views.summary import summary
from devolve_opt.views.tables import plan_tables
from devolve_opt.views.terms import terms_on
from devolve_opt.views.wording import count, percent, rounded_up, short_status, signed, status_lines
from devolve_opt.vocabulary import BASE_LIST, CHINESE, INSTRUMENT_TERMS, Category, Method, Status, Term, label


def tiny_case(**changes) -> Case:
    header = {**HEADER, **{name: changes.pop(name) for name in tuple(changes) if name in HEADER}}
    return Case.from_tables({**tiny_tables(), **changes}, **header)


def solved(case: Case | None = None, title: str = "Tiny", **policy) -> Plan:
    return solve(Scenario(case or tiny_case(), Policy(**policy), title=title), gap=0.001, time_limit=30, threads=1)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved()


@pytest.fixture(scope="module")
def nothing_taken() -> Plan:
    return solved(guide_list_max=0)


@pytest.fixture(scope="module")
def single_township() -> Plan:
    given = tiny_tables()
    mine = {name: given[name][given[name]["township"] == "T1"] for name in ("votes", "cases", "readiness")}
    return solved(tiny_case(townships=given["townships"].loc[["T1"]], counties=given["counties"].loc[["C1"]], **mine))


@pytest.fixture(scope="module")
def given_list() -> Plan:
    listed = pd.DataFrame({"power": ["P1", "P3", "P5"], "list": ["base", "county_seat", "base"]})
    return solved(tiny_case(guide_list=listed))


@pytest.fixture(scope="module")
def walled() -> Plan:
    return solved(overload="wall", wall_share=1.0)


PLANS = ("plan", "nothing_taken", "single_township", "given_list", "walled")


@pytest.fixture(scope="module")
def every_plan(request) -> dict[str, Plan]:
    found = {name: request.getfixturevalue(name) for name in PLANS}
    return {**found, **{f"ratio rule of {name}": plan.reference for name, plan in found.items()}}


# Tables


def test_every_column_of_every_table_is_explained(plan):
    for name, table in plan_tables(plan).items():
        explained = getattr(tables, name).__doc__
        assert table.columns[-1] == "synthetic"
        missing = [column for column in table.columns[:-1] if f"`{column}`" not in explained]
        assert not missing, f"{name}: {missing}"


def test_tables_are_tidy_for_every_plan(every_plan):
    columns = {name: list(table.columns) for name, table in plan_tables(every_plan["plan"]).items()}
    for title, plan in every_plan.items():
        for name, table in plan_tables(plan).items():
            assert list(table.columns) == columns[name], (title, name)
            assert list(table.index) == list(range(len(table))), (title, name)
            assert not np.isinf(table.select_dtypes("number").to_numpy(float)).any(), (title, name)
            buffer = io.BytesIO()
            table.to_parquet(buffer)


def test_tables_have_the_same_types_whether_empty_or_full(plan, nothing_taken):
    full, empty = plan_tables(plan), plan_tables(nothing_taken)
    for name in ("guide_list", "take_up", "posts", "officers", "workload", "terms"):
        assert dict(empty[name].dtypes.map(str)) == dict(full[name].dtypes.map(str)), name


def test_guide_list_has_the_decisions_in_their_order(every_plan):
    for plan in every_plan.values():
        table = tables.guide_list(plan)
        assert table[["power", "list"]].values.tolist() == plan.decisions.guide_list[["power", "list"]].values.tolist()
        assert table["townships_taking"].sum() == len(plan.decisions.take_up)


def test_support_share_is_that_of_the_lists_electorate(given_list):
    table = tables.guide_list(given_list).set_index(["power", "list"])["support_share"]
    # P1: last round by T1 and T3 of three townships; P3 on the county seats' list: T1, the only one; P5: T2 of three.
    assert table["P1", "base"] == pytest.approx(2 / 3)
    assert table["P3", "county_seat"] == 1
    assert table["P5", "base"] == pytest.approx(1 / 3)


def test_take_up_adds_up_to_the_audit(every_plan):
    for title, plan in every_plan.items():
        table, figures = tables.take_up(plan), plan.audit.townships
        assert len(table) == len(plan.decisions.take_up), title
        by_township = table.groupby("township")[["rounds", "cases", "hours", "officer_hours"]].sum()
        by_township = by_township.reindex(figures.index, fill_value=0)
        assert (by_township["rounds"] == figures["rounds_met"]).all(), title
        prices = plan.scenario.policy.prices
        assert prices.choice_met * table["rounds"].sum() == pytest.approx(plan.audit.terms[Term.CHOICES_MET])
        assert prices.case_near_home * table["cases"].sum() == pytest.approx(plan.audit.terms[Term.CASES_NEAR_HOME])
        work = tables.workload(plan).set_index("township")
        np.testing.assert_allclose(work["statutory_hours"] + by_township["hours"], figures["hours_needed"])


def test_take_up_names_the_list_it_comes_from(given_list):
    table = tables.take_up(given_list)
    on_own_list = table["power"] == "P3"
    assert (table.loc[~on_own_list, "list"] == BASE_LIST).all()
    assert (table.loc[on_own_list, "list"] == "county_seat").all()
    assert set(table.loc[on_own_list, "township"]) <= {"T1"}


def test_also_under_ratio_rule_marks_the_common_pairs(plan):
    table = tables.take_up(plan)
    rule = set(plan.reference.decisions.take_up.itertuples(index=False, name=None))
    pairs = zip(table["township"], table["power"], strict=True)
    assert list(table["also_under_ratio_rule"]) == [pair in rule for pair in pairs]
    assert tables.take_up(plan.reference)["also_under_ratio_rule"].all()


def test_list_changes_sort_every_listed_power_into_one_kind(every_plan):
    for title, plan in every_plan.items():
        table = tables.list_changes(plan).set_index("power")
        now, before = (set(each.decisions.guide_list["power"]) for each in (plan, plan.reference or plan))
        assert set(table.index) == now | before, title
        assert set(table.index[table["change"] == "came"]) == now - before, title
        assert set(table.index[table["change"] == "left"]) == before - now, title
        both = table[table["change"].isin(["kept", "moved"])]
        same = [
            set(one.split(", ")) == set(two.split(", "))
            for one, two in zip(both["lists"], both["lists_ratio_rule"], strict=True)
        ]
        assert list(both["change"] == "kept") == same, title
    assert (tables.list_changes(plan.reference or plan)["change"] == "kept").all()


def test_choices_are_those_of_voting_townships_only(plan):
    table = tables.choices(plan).set_index("township")
    assert list(table.index) == ["T1", "T2", "T3"]
    assert (table["rounds_gained"] == table["rounds_met"] - table["rounds_met_ratio_rule"]).all()
    assert table["rounds_met"].sum() == plan.audit.townships["rounds_met"].sum()


def test_posts_and_officers_add_up(every_plan):
    for title, plan in every_plan.items():
        posts, officers = tables.posts(plan), tables.officers(plan)
        steps = posts[["base_posts", "floating_posts", "revolving_posts"]].sum(axis=1)
        assert (steps == posts["posts"]).all(), title
        assert (posts["posts"] - posts["posts_before"] == posts["change"]).all(), title
        assert posts["change"].sum() == 0, title
        moves = officers["officers_remaining"] + officers["trained"] + officers["moved_in"] - officers["moved_out"]
        assert (moves == officers["officers"]).all(), title


def test_readiness_counts_every_power_and_only_new_fields_cost(plan):
    table = tables.readiness(plan)
    assert table["powers"].sum() == len(plan.decisions.take_up)
    assert (table.loc[~table["new"], "readiness_hours"] == 0).all()
    assert -table["readiness_hours"].sum() == pytest.approx(plan.audit.terms[Term.READINESS])


def test_load_before_is_todays_work_for_todays_staff():
    # T1: 110,000 h and 3 joint cases of 16 h, for 76 in post - 5 lent + 2 stationed = 73 persons of 1,840 h.
    table = tables.workload(solved(guide_list_max=0)).set_index("township")
    assert table.loc["T1", "load_before"] == pytest.approx(110_048 / (73 * 1840))
    assert staff_without_moves(tiny_case(), Policy()).loc["T1", "lent_returned"] == 1


def test_terms_add_up_to_the_objective(every_plan):
    for title, plan in every_plan.items():
        table = tables.terms(plan).set_index("term")
        assert list(table.index) == [*map(str, Term), "total"], title
        assert table["plan"].iloc[:-1].sum() == pytest.approx(plan.objective), title
        assert table.loc["total", "plan"] == pytest.approx(plan.objective), title
        assert table.loc["total", "ratio_rule"] == pytest.approx((plan.reference or plan).objective), title
        assert list(table["chinese"].iloc[:-1]) == [CHINESE[term] for term in Term]


def test_exclusions_carry_the_name_of_the_power():
    powers = tiny_tables()["powers"].assign(restricts_liberty=[False, False, True, False, False])
    table = tables.exclusions(solved(tiny_case(powers=powers)))
    assert table[["power", "name", "rule", "basis"]].values.tolist() == [
        ["P3", "占道经营检查", "restricts_liberty", "law"]
    ]


# Caps and reasons


def test_caps_count_the_places_that_stand_at_them(plan):
    table = caps(plan).set_index("cap")
    assert table.loc["base_list_max", "used"] == (plan.decisions.guide_list["list"] == BASE_LIST).sum()
    assert table.loc["base_list_max", "reached"] == 0
    assert table.loc["training_places_max", "used"] == plan.decisions.officers["trained"].sum()


def test_a_cap_is_reached_where_the_plan_stands_at_it():
    table = caps(solved(guide_list_max=1, new_powers_max=1, training_places_max=0)).set_index("cap")
    assert table.loc["guide_list_max", ["used", "reached", "places"]].tolist() == [1, 1, 1]
    assert table.loc["training_places_max", ["used", "reached"]].tolist() == [0, 1]
    taken = solved(guide_list_max=1, new_powers_max=1, training_places_max=0).audit.townships["powers_taken"]
    assert table.loc["new_powers_max", ["reached", "places"]].tolist() == [(taken == 1).sum(), 3]


def test_a_list_in_force_has_no_caps(given_list):
    assert not {"base_list_max", "guide_list_max", "category_list_max"} & set(caps(given_list)["cap"])
    assert "the guide list in force is kept as it is" in summary(given_list)


def test_the_stop_is_reached_only_where_a_wish_no_longer_fits(walled):
    cap = caps(walled).set_index("cap").loc["wall_share"]
    figures = walled.audit.townships
    taken = set(walled.decisions.take_up.itertuples(index=False, name=None))
    on_base = set(walled.decisions.guide_list.loc[walled.decisions.guide_list["list"] == BASE_LIST, "power"])
    pool = tables.interest(walled.scenario.data, walled.scenario.policy)
    own = {(row.list, row.power) for row in walled.decisions.guide_list.itertuples()}
    waiting = [
        row for row in pool.itertuples()
        if row.rounds and (row.township, row.power) not in taken
        and (row.power in on_base or (row.category, row.power) in own)
    ]  # fmt: skip
    least = {
        name: min(row.hours for row in waiting if row.township == name) for name in {row.township for row in waiting}
    }
    room = figures["hours_there"] - figures["hours_needed"]
    assert cap["places"] == len(least)
    assert cap["reached"] == sum(hours > room[name] + 1e-3 for name, hours in least.items())


def test_one_officer_fewer_breaks_exactly_the_rules_named(every_plan):
    for title, plan in every_plan.items():
        case, policy, needs = plan.scenario.data, plan.scenario.policy, officer_needs(plan)
        for township in needs.index:
            fewer = plan.decisions.officers.copy()
            fewer.loc[township, "moved_out"] += 1  # the audit then also finds that nobody takes the officer in
            found = audit(case, policy, replace(plan.decisions, officers=fewer)).breaches
            broken = {breach.rule for breach in found if f"township {township}" in f"{breach.place} "}
            expected = needs.loc[township]
            assert ("officers_at_least_minimum" in broken) == expected["minimum"], (title, township)
            for_fields = {"officers_cover_fields", "penalty_field_has_officers"}
            assert bool(broken & for_fields) == expected["fields"], (title, township)
            assert ("officer_hours_sufficient" in broken) == expected["hours"], (title, township)


# Summary


def test_summary_is_a_page_of_lines_that_fit(every_plan):
    for title, plan in every_plan.items():
        lines = summary(plan).splitlines()
        assert len(lines) <= 60, title
        assert max(map(display_width, lines)) <= WIDTH, title
        assert not [line for line in lines if "nan" in line.split() or "inf" in line.split()], title


def test_summary_tells_invented_data_in_capitals(plan):
    assert "SYNTHETIC DATA" in summary(plan)
    real = replace(plan, scenario=Scenario(tiny_case(synthetic=False), title="Real"))
    assert "SYNTHETIC" not in summary(real)
    assert "INVENTED" not in summary(real)


def test_summary_shows_every_term_of_both_plans(plan):
    lines = summary(plan).splitlines()
    off = [line for line in lines if line.strip().startswith(tuple(map(label, INSTRUMENT_TERMS)))]
    assert off == []
    for term in terms_on(plan).itertuples():
        line = next(line for line in lines if line.strip().startswith(term.term.replace("_", " ") + " "))
        numbers = [int(number.replace(",", "")) for number in re.findall(r"[+-]?[\d,]+", line)]
        assert numbers == [round(term.plan), round(term.ratio_rule), round(term.difference)], line
    heading = next(line for line in lines if "this plan" in line and "ratio rule" in line)
    total = next(line for line in lines if line.strip().startswith("total"))
    assert len(heading) == len(total)


def test_summary_of_the_ratio_rule_compares_with_nothing(plan):
    text = summary(plan.reference)
    assert "differs from the ratio rule" not in text
    assert "this plan" not in text
    assert "Made by the ratio rule, not optimised" in text


def test_summary_says_what_stays_the_same(nothing_taken):
    text = summary(nothing_taken)
    assert "Lists: 0 powers: base list 0" in text
    assert "Guide list: the same as the ratio rule's." in text
    assert "Take-up: 0 kept, 0 new, 0 dropped." in text


def test_summary_tells_when_nothing_better_was_found(plan):
    words = "No plan better than the ratio rule's was found."
    assert plan.objective > plan.reference.objective
    assert words not in summary(plan)
    assert words in summary(replace(plan.reference, status=Status.TIME_LIMIT, reference=plan.reference))


def test_summary_names_assumed_prices_but_not_those_the_scenario_sets():
    text = summary(solved(prices={"choice_met": 55}))
    assert "Prices that this scenario sets (h): choice met 55." in text
    assumed = next(line for line in text.splitlines() if "Assumed prices" in line)
    assert "choice met" not in assumed
    assert "case near home 6" in assumed


def test_summary_tells_what_the_scenario_changes():
    scenario = Scenario(tiny_case(), changes={"cases.cases": Change(scale=1.2)})
    assert "The scenario changes the data (sum of the column): cases.cases 56.5 to 67.8." in summary(
        solve(scenario, gap=0.01, threads=1)
    )


def test_summary_tells_breaches(plan):
    broken = replace(plan.decisions, officers=plan.decisions.officers.assign(trained=-1))
    checked = audit(plan.scenario.data, plan.scenario.policy, broken)
    assert checked.breaches
    assert "BREAKS THE RULES" in summary(replace(plan, audit=checked))
    assert "The ratio rule's plan breaks rules" in summary(
        replace(plan, reference=replace(plan.reference, audit=checked))
    )


@pytest.mark.parametrize(
    ("status", "bound", "words", "short"),
    [
        (Status.PROVEN, 1000.0, "Proven best", "proven best"),
        (Status.PROVEN, 1000.96, "Proven within 0.10 %: no plan of this scenario is worth more than 1,001", "proven"),
        (Status.TIME_LIMIT, 1008.4, "Time was up: a gap of 0.84 % is NOT proven away", "gap of 0.84 % NOT proven away"),
        (Status.INTERRUPTED, 1100.0, "Stopped by the user: a gap of 10.00 % is NOT proven away", "stopped by the user"),
        (Status.INTERRUPTED, math.inf, "Nothing is proven: no bound is known", "nothing is proven"),
        (Status.RULE, 1500.0, "A plan worth up to 500 more may exist", "made by the ratio rule, not optimised"),
    ],
)  # fmt: skip
def test_status_in_words(plan, status, bound, words, short):
    stated = replace(plan, status=status, objective=1000.0, bound=bound)
    assert words in " ".join(status_lines(stated))
    assert short in short_status(stated)
    assert words in summary(stated)
    if status is not Status.PROVEN:
        assert "roven within" not in summary(stated)


def test_words_for_an_objective_of_nothing(plan):
    nothing = replace(plan, status=Status.TIME_LIMIT, objective=0.0, bound=10.0)
    assert "a gap of unbounded" not in " ".join(status_lines(nothing))


def test_stated_gaps_and_bounds_are_never_too_small():
    assert rounded_up(1000.2) == 1001
    assert rounded_up(-35225.6) == -35225
    assert percent(0.0075601) == "0.76 %"
    assert percent(0.00001) == "0.01 %"
    assert percent(0.02) == "2.00 %"
    assert signed(-0.2) == "0"
    assert count(1, "power") == "1 power"
    assert count(1204, "power") == "1,204 powers"


def test_lines_break_at_the_page_width():
    items = [f"第{number}条 of the list" for number in range(40)]
    lines = wrapped("Items: ", items)
    assert max(map(display_width, lines)) <= WIDTH
    assert "".join(lines).replace(" ", "") == "Items:" + ";".join(items).replace(" ", "") + "."
    assert folded("short") == ["short"]
    assert folded("  " + "x" * 200) == ["  " + "x" * 200]
    assert max(map(len, folded("  " + "word " * 60))) <= WIDTH


# Figures


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_without_a_warning_for_every_plan(every_plan, name):
    for title, plan in every_plan.items():
        figure = FIGURES[name](plan)
        assert isinstance(figure, Figure), title
        figure.savefig(io.BytesIO(), format="png", dpi=40)
        found = texts(figure)
        assert "SYNTHETIC DATA" in found, title
        assert any(short_status(plan) in text for text in found), title
        assert not [
            text for text in found if not text.isascii() and style.drawable(text.replace("\n", ""), "") == ""
        ], title


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_real_data_carry_no_notice(plan, name):
    real = replace(plan, scenario=Scenario(tiny_case(synthetic=False), title="Real"))
    assert not [text for text in texts(FIGURES[name](real)) if "SYNTHETIC" in text]


@pytest.mark.parametrize("name", FIGURES)
def test_where_no_font_has_chinese_none_and_no_formula_reaches_a_figure(name, monkeypatch):
    monkeypatch.setattr(fonts, "_installed", lambda: None)
    given = tiny_tables()
    rename = {"T1": "甲一", "T2": "T$2", "F1": "领域"}
    renamed = {table: frame.rename(index=rename) for table, frame in given.items() if frame.index.name == "id"}
    renamed["powers"] = renamed["powers"].replace({"field": rename})
    for table in ("votes", "cases", "readiness"):
        renamed[table] = given[table].replace(
            {"township": rename} | ({"field": rename} if table == "readiness" else {})
        )
    plan = solved(tiny_case(**renamed), title="基准 $x_1$", posts_moved_max=50, posts_band=0.5)
    figure = FIGURES[name](plan)
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    assert not [text for text in texts(figure) if re.search(r"[\u2e80-\uffff]", text)]


def test_long_titles_are_shortened_in_the_foot(plan):
    long = replace(plan, scenario=Scenario(tiny_case(), title="A very long title " * 20))
    foot = next(text for text in texts(FIGURES["workload"](long)) if short_status(long) in text)
    assert len(foot.splitlines()[0]) < 150


def test_a_search_without_steps_can_be_drawn(plan):
    for steps in (
        pd.DataFrame(),
        pd.DataFrame({"seconds": [0.1], "phase": ["start"], "bound": [np.inf], "objective": [-np.inf]}),
    ):
        figure = FIGURES["progress"](replace(plan, steps=steps))
        assert "No steps were recorded." in texts(figure)


def test_progress_of_a_rule_made_plan_shows_that_plan(plan):
    axes = FIGURES["progress"](plan.reference).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "the ratio rule's plan")
    assert set(line.get_ydata()) == {plan.reference.objective}


def test_matrix_has_a_dot_for_each_place_on_a_list(given_list):
    axes = FIGURES["guide_list_matrix"](given_list).axes[0]
    dots = sum(len(line.get_xdata()) for line in axes.lines)
    assert dots == len(given_list.decisions.guide_list)


def test_map_paints_as_many_cells_as_are_taken(plan):
    axes = FIGURES["take_up_map"](plan).axes[0]
    picture = np.asarray(axes.images[0].get_array())
    painted = sum(np.isclose(picture, to_rgb(TAKE_UP_STATES[name][1])).all(axis=2).sum() for name in ("both", "new"))
    assert painted == len(plan.decisions.take_up)


def test_every_category_list_and_term_has_its_own_colour():
    assert set(style.CATEGORY_COLOURS) == set(map(str, Category))
    assert set(style.TERM_COLOURS) == set(map(str, Term))
    assert set(style.LIST_COLOURS) == {BASE_LIST, *map(str, Category)}
    for colours in (style.LIST_COLOURS, style.TERM_COLOURS):
        assert len(set(colours.values())) == len(colours)


def test_figures_know_nothing_of_pyplot():
    folder = Path(style.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            assert not [name for name in names if "pyplot" in name], path


def sweep_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "value": [80.0, 90.0, 100.0, 110.0],
            "status": ["infeasible", "proven", "proven", "time_limit"],
            "objective": [None, 100.0, 200.0, 210.0],
            "bound": [None, 100.5, 201.0, 260.0],
            "gap": [None, 0.005, 0.005, 0.24],
            "overload": [None, -10.0, -12.0, -15.0],
            "posts_moved_count": [None, 3, 4, 5],
        }
    )


def test_sweep_draws_proven_points_full_and_others_hollow():
    figure = sweep_figure(sweep_frame(), "guide_list_max", "powers", "Tiny", "SYNTHETIC DATA")
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    value = figure.axes[0]
    points = [points for points in value.collections if len(points.get_facecolors()) and points.get_zorder() == 3]
    full, hollow = (points[number].get_offsets().tolist() for number in (0, 1))
    assert full == [[90, 100], [100, 200]]
    assert hollow == [[110, 210]]
    bars = [segment.tolist() for segment in value.collections[1].get_segments()]
    assert bars == [[[90, 100], [90, 100.5]], [[100, 200], [100, 201]], [[110, 210], [110, 260]]]
    found = texts(figure)
    assert "SYNTHETIC DATA" in found
    assert "infeasible" in found
    assert any("proven better than any plan at 2 of the other 2 caps" in text for text in found)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_sweep_draws_whatever_there_is(rows):
    frame = sweep_frame().iloc[:rows]
    sweep_figure(frame, "guide_list_max", "powers", "基准").savefig(io.BytesIO(), format="png", dpi=40)
    bare = frame[["value", "status", "objective", "bound", "gap"]]
    sweep_figure(bare, "guide_list_max", "powers", "Tiny").savefig(io.BytesIO(), format="png", dpi=40)


# Run folder


@pytest.fixture
def quick_figures(monkeypatch):
    """One figure instead of seven: the folder's own behaviour does not hang on how many there are."""
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {"officers": FIGURES["officers"]})


def test_run_folder_holds_everything(plan, tmp_path):
    folder = write_run(plan, tmp_path / "runs" / "one")
    assert folder == tmp_path / "runs" / "one"
    for name, table in plan_tables(plan).items():
        assert len(pd.read_parquet(folder / "tables" / f"{name}.parquet")) == len(table)
        assert len(pd.read_csv(folder / "tables" / f"{name}.csv", encoding="utf-8-sig")) == len(table)
    assert (folder / "tables" / "terms.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (folder / "summary.txt").read_text(encoding="utf-8") == summary(plan)
    assert (folder / "solver.log").read_text(encoding="utf-8") == plan.log
    for name in FIGURES:
        assert (folder / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (folder / "figures" / f"{name}.svg").read_bytes()
    listed = set(read_manifest(folder)["files"])
    assert listed == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_manifest_is_strict_json_and_says_what_was_run(plan, tmp_path, quick_figures):
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    unknown = replace(plan, bound=math.inf, status=Status.INTERRUPTED, options={"gap": np.float64(0.01), "of": (1, 2)})
    folder = write_run(unknown, tmp_path / "run", started)

    def refuse(word):
        raise AssertionError(word)

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert manifest["bound"] is None
    assert manifest["gap"] is None
    assert manifest["schema_version"] == 1
    assert manifest["status"] == "interrupted"
    assert manifest["started"] == "2026-01-02T03:04:05+00:00"
    assert manifest["options"] == {"gap": 0.01, "of": [1, 2]}
    assert manifest["terms"] == {str(term): value for term, value in plan.audit.terms.items()}
    assert manifest["reference"]["objective"] == plan.reference.objective
    assert manifest["policy"] == plan.scenario.policy.model_dump(mode="json")
    assert manifest["synthetic"] is True
    assert manifest["audit_breaches"] == []
    assert set(manifest["versions"]) == {"devolve_opt", "python", "pyomo", "highspy", "pandas", "numpy"}
    assert manifest["seconds"] == pytest.approx(sum(manifest["seconds_by_phase"].values()))
    needed = {
        "method",
        "title",
        "provenance",
        "seed",
        "input_hashes",
        "changes",
        "platform",
        "peak_memory_mb",
        "written",
    }
    assert needed <= set(manifest)


def test_runs_can_be_compared_from_their_folders(plan, tmp_path, quick_figures):
    folder = write_run(plan, tmp_path / "run")
    frame = compare({"folder": folder, "plan": plan})
    assert frame.loc["objective", "folder"] == pytest.approx(plan.objective)
    assert frame.loc["powers_taken", "folder"] == frame.loc["powers_taken", "plan"]


def test_the_seed_is_read_from_a_generated_case(plan):
    made = tiny_case(provenance="SYNTHETIC: generator version 1, size city, seed 2021.")
    assert run_folder.manifest(replace(plan, scenario=Scenario(made)))["seed"] == 2021
    assert run_folder.manifest(plan)["seed"] is None


def test_an_earlier_run_is_replaced_and_notes_in_it_are_kept(plan, tmp_path, quick_figures):
    folder = write_run(replace(plan, log="first"), tmp_path / "run")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "figures" / "mine.png").write_bytes(b"mine")
    write_run(replace(plan, log="second"), folder)
    assert (folder / "solver.log").read_text(encoding="utf-8") == "second"
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (folder / "figures" / "mine.png").read_bytes() == b"mine"
    assert "notes.txt" not in read_manifest(folder)["files"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_files_that_a_run_no_longer_writes_go_with_it(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(
        run_folder, "figures_of", lambda plan: {name: FIGURES[name] for name in ("officers", "progress")}
    )
    folder = write_run(plan, tmp_path / "run")
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {"officers": FIGURES["officers"]})
    write_run(plan, folder)
    assert not (folder / "figures" / "progress.png").exists()


def test_an_empty_folder_is_taken(plan, tmp_path, quick_figures):
    (tmp_path / "run").mkdir()
    assert read_manifest(write_run(plan, tmp_path / "run"))["title"] == "Tiny"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("thesis.docx", "years of work"),
        ("manifest.json", '{"name": "a web app"}'),
        ("manifest.json", "not json"),
        ("manifest.json", "[1]"),
    ],
)
def test_what_is_no_run_is_refused_and_left_alone(plan, tmp_path, quick_figures, name, content):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is not the folder of a run"):
        write_run(plan, folder)
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text(encoding="utf-8") == content


def test_a_file_is_refused(plan, tmp_path, quick_figures):
    (tmp_path / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError):
        write_run(plan, tmp_path / "run")
    with pytest.raises(InputError, match="cannot be written"):
        write_run(plan, tmp_path / "run" / "below")
    assert (tmp_path / "run").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("error", [RuntimeError("no ink"), KeyboardInterrupt()])
def test_a_failure_leaves_no_half_folder_and_the_old_run_whole(plan, tmp_path, monkeypatch, quick_figures, error):
    def broken(plan):
        raise error

    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {**FIGURES, "broken": broken})
    with pytest.raises(type(error)):
        write_run(plan, tmp_path / "new")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {"officers": FIGURES["officers"]})
    old = write_run(replace(plan, log="old"), tmp_path / "run")
    monkeypatch.setattr(run_folder, "figures_of", lambda plan: {"broken": broken})
    with pytest.raises(type(error)):
        write_run(replace(plan, log="new"), old)
    assert (old / "solver.log").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_old_run_comes_back_if_the_new_one_cannot_take_its_place(plan, tmp_path, monkeypatch, quick_figures):
    folder = write_run(replace(plan, log="old"), tmp_path / "run")
    rename = Path.rename

    def refuse(self, target):
        if self.name.endswith(".tmp"):
            raise OSError(28, "no space left")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="no space left"):
        write_run(replace(plan, log="new"), folder)
    assert (folder / "solver.log").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("held", ["the old folder", "its name"])
def test_where_a_file_is_open_in_the_old_run_the_new_one_stands_beside_it(
    plan, tmp_path, monkeypatch, quick_figures, held
):
    folder = write_run(replace(plan, log="old"), tmp_path / "run")
    (tmp_path / "run-2").mkdir()
    rename = Path.rename

    def refuse(self, target):
        if (self.name == "run") if held == "the old folder" else (Path(target).name == "run" and "tmp" in self.name):
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    written = write_run(replace(plan, log="new"), folder)
    assert written == tmp_path / "run-3"
    assert (written / "solver.log").read_text(encoding="utf-8") == "new"
    assert (folder / "solver.log").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-2", "run-3"]


def test_the_same_plan_gives_the_same_files(plan, tmp_path, quick_figures):
    one, two = (write_run(plan, tmp_path / name) for name in ("one", "two"))
    for name in read_manifest(one)["files"]:
        if name != "manifest.json":
            assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_read_manifest_refuses_what_is_no_run(tmp_path):
    with pytest.raises(InputError, match="is not the folder of a run"):
        read_manifest(tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_text('{"schema_version": 9, "versions": {"devolve_opt": "9"}}', encoding="utf-8")
    with pytest.raises(InputError, match="format 9"):
        read_manifest(tmp_path)


def test_the_rule_made_plan_can_be_written_too(plan, tmp_path, quick_figures):
    manifest = read_manifest(write_run(plan.reference, tmp_path / "ratio"))
    assert manifest["method"] == Method.RATIO
    assert manifest["reference"] is None


def test_a_plan_without_its_reference_is_never_called_the_ratio_rule_s(plan):
    """What stands beside a plan may be missing; whose plan it is does not hang on that."""
    alone = replace(plan, reference=None)
    assert alone.method is Method.OPTIMAL
    for name, draw in FIGURES.items():
        if name != "take_up_map":  # its columns are those that the rule lists as well
            told = " ".join(text.get_text() for text in draw(alone).findobj(Text))
            assert "ratio rule" not in told, name
