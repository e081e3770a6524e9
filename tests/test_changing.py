"""A model taken to another policy is the one that a fresh build gives; where it cannot be, the reason is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pyomo.environ import Constraint, NonNegativeReals, Var

from depth import examples
from devolve_opt.errors import InputError, NoPlanError
from devolve_opt.formulation import Changed, build_model, change_policy, model, reason_to_rebuild, set_start
from devolve_opt.formulation.reads import Reads, said, written
from devolve_opt.policy import Policy
from devolve_opt.rules.ratio import ratio_decisions
from devolve_opt.settings import Settings
from devolve_opt.solver.changing import changed_matrix
from devolve_opt.solver.matrix import Matrix, compile_matrix
from modelling import INSTRUMENTS, everything_on, hand_scenario, with_everything
from strategies import small_cases, small_policies

HAND = hand_scenario()
SCENES = {
    "plain": (HAND.data, HAND.policy),
    "wall": (HAND.data, HAND.policy.replace(overload="wall", wall_share=1.2)),
    "stations": (with_everything(HAND.data), HAND.policy.replace(stations=INSTRUMENTS["stations"])),
    "everything": (with_everything(HAND.data), everything_on(HAND.policy)),
}


def keys_of(table: type[BaseModel], before: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Return every key of a table and of the tables within it, with its field."""
    for name, field in table.model_fields.items():
        key = (*before, name)
        yield key, field
        kinds = (
            (field.annotation, *get_args(field.annotation)) if name not in ("overload_steps", "pins", "goals") else ()
        )
        inner = next((kind for kind in kinds if _is_table(kind)), None)
        if inner is not None:
            yield from keys_of(inner, key)


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Settings)


KEYS = dict(keys_of(Policy)) | {("overload_steps", 0, part): None for part in ("until", "price")}
TABLES = {("posts_weights",): {"posts_formula": "base-weighted-mobile", "posts_weights": {}}}
"""What switches a table on where its name alone does not."""


def policies_with(policy: Policy, key: tuple[str | int, ...]) -> list[Policy]:
    """Return the policy with other values of a key: smaller, larger, none at all, switched on and off."""
    found = [policy.replace(**TABLES[key])] if key in TABLES else []
    for value in _others(said(policy, key), policy, key):
        try:
            found.append(_with(policy, key, value))
        except InputError:
            continue
    return [other for other in found if other != policy]


def _others(now: Any, policy: Policy, key: tuple[str | int, ...]) -> list[Any]:
    field = KEYS[key]
    if key == ("overload_steps",):
        return [policy.overload_steps[:2], (*policy.overload_steps, {"until": 2.0, "price": 9.0})]
    if key == ("pins",):
        pins = [
            {"power": "P1", "list": "any", "reason": "a test"},
            {"power": "P1", "township": "A", "reason": "a test"},
        ]
        return [pins[:1], pins, [{**pins[1], "holds": False}]]
    if key == ("goals",):
        return [[{"term": "inequity", "at_least": -1e6}]]
    kind = getattr(field, "annotation", None)
    options = [
        each
        for option in get_args(kind) or (kind,)
        for each in (get_args(option) if get_origin(option) is Literal else (option,))
    ]
    if any(_is_table(option) for option in options):
        return [{}, {"general": 1.3}, {"choice_met": 1.0}, None]
    if isinstance(now, bool):
        return [not now]
    if isinstance(now, int | float) or float in options:
        number = 1.0 if now is None else now
        limits = [limit for limit in getattr(field, "metadata", ()) if isinstance(limit, Ge | Gt | Le)]
        ends = [getattr(limit, name) for limit in limits for name in ("ge", "gt", "le") if hasattr(limit, name)]
        changed = [number - 1, number + 1, number / 2, number + 0.05, *ends, None]
        whole = isinstance(now, int)
        return [int(each) if whole and each is not None else each for each in changed]
    if isinstance(now, tuple):
        return [now[:-1], now[::-1], ()]
    return options


def _with(policy: Policy, key: tuple[str | int, ...], value: Any) -> Policy:
    content = policy.model_dump()
    table: Any = content
    for part in key[:-1]:
        if isinstance(table[part], tuple):
            table[part] = list(table[part])
        if table[part] is None:
            raise InputError([])
        table = table[part]
    table[key[-1]] = value
    return Policy(**content)


def assert_same(found: Matrix, expected: Matrix) -> None:
    """Assert that two matrices are equal by names; a column that nothing needs may be in the first."""
    names, wanted = ([variable.name for variable in matrix.variables] for matrix in (found, expected))
    used = (np.diff(found.rows.tocsc().indptr) > 0) | (found.costs != 0)
    assert {name for name, flag in zip(names, used, strict=True) if flag} == set(wanted)
    place = {name: column for column, name in enumerate(names)}
    order = np.array([place[name] for name in wanted], dtype=int)
    assert found.row_names == expected.row_names
    for name in ("costs", "lower", "upper", "integer"):
        np.testing.assert_array_equal(getattr(found, name)[order], getattr(expected, name), err_msg=name)
    np.testing.assert_array_equal(found.rows.toarray()[:, order], expected.rows.toarray())
    np.testing.assert_array_equal(found.row_lower, expected.row_lower)
    np.testing.assert_array_equal(found.row_upper, expected.row_upper)
    assert found.offset == expected.offset


def compiled(built: Any) -> Matrix | None:
    """Return the matrix of a model, or None where a rule can never hold."""
    try:
        return compile_matrix(built)
    except NoPlanError:
        return None


def assert_taken_there_and_back(built: Any, others: list[Policy]) -> list[str]:
    """Take a model to other policies and back, each time against a fresh build; return the reasons to rebuild."""
    case, policy, home = built.case, built.policy, compiled(built)
    reasons = []
    for other in others:
        reason = reason_to_rebuild(built, other)
        reasons.append(reason)
        if reason:
            with pytest.raises(ValueError, match="built anew"):
                change_policy(built, other)
            assert built.policy == policy
            continue
        changed = change_policy(built, other)
        assert built.policy is other
        anew = build_model(case, other)  # kept, for its variables have their names from it
        fresh = compiled(anew)
        if home is not None and fresh is not None:
            there = changed_matrix(home, built, changed)
            assert_same(there, fresh)
            assert_same(changed_matrix(there, built, change_policy(built, policy)), home)
        else:
            whole = compiled(built)
            assert (whole is None) == (fresh is None)
            assert reason_to_rebuild(built, policy) == ""
            change_policy(built, policy)
    return reasons


OFTEN = {"everything"}
"""Scenes that are looked at every time; the others leave keys out, or take a row or two otherwise."""


@pytest.fixture(
    scope="module", params=[one if one in OFTEN else pytest.param(one, marks=pytest.mark.slow) for one in SCENES]
)
def scene_model(request):
    """Return the model of a scene; every test takes it back to where it was."""
    return build_model(*SCENES[request.param])


@pytest.mark.parametrize("key", KEYS, ids=written)
def test_for_every_key_the_changed_model_is_that_of_a_fresh_build(scene_model, key):
    others = policies_with(scene_model.policy, key)
    if not others:
        assert len(key) > 1, "no other value was found for a key of the policy itself"
        pytest.skip("the table is off")
    for reason in assert_taken_there_and_back(scene_model, others):
        if reason:
            assert f"`{written(key)}" in reason


@pytest.mark.parametrize(
    "key",
    [
        "base_list_max", "guide_list_max", "category_list_max", "new_powers_max", "new_fields_max",
        "posts_moved_max", "training_places_max", "fields_at_minimum", "fields_per_officer", "base_share_min",
        *(f"prices.{name}" for name in type(Policy().prices).model_fields), "overload_steps[0].price",
    ],
)  # fmt: skip
def test_a_cap_or_price_needs_no_rebuild(key):
    case, policy = SCENES["plain"]
    found = next(each for each in KEYS if written(each) == key)
    assert {reason_to_rebuild(build_model(case, policy), other) for other in policies_with(policy, found)} == {""}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"posts_band": 0.2}, "`posts_band` shapes data that `add_posts` puts on the model: it is built anew"),
        ({"overload": "wall"}, "`overload` shapes data that `add_workload` puts on the model: it is built anew"),
        ({"duties": {}}, "`duties` shapes data that `add_take_up` puts on the model: it is built anew"),
        (
            {"base_posts_share": 0.1, "posts_rounding": "adams"},
            "`base_posts_share` and `posts_rounding` shape data that `add_posts` puts on the model: it is built anew",
        ),
        ({"officers_min": 1}, "`officers_min` shapes data that `add_enforcement` puts on the model: it is built anew"),
    ],
)  # fmt: skip
def test_the_reason_names_the_key_and_what_it_shapes(change, reason):
    case, policy = SCENES["plain"]
    assert reason_to_rebuild(build_model(case, policy.replace(officers_min=2)), policy.replace(**change)) == reason


def test_what_has_changed_adds_up():
    one, other = Changed(("a", "b"), ("x",), True), Changed(("b", "c"), ("y",))
    assert one | other == Changed(("a", "b", "c"), ("x", "y"), True)
    assert (other | one).objective and not (other | Changed()).objective


def test_a_question_is_about_its_answer_and_not_about_the_key():
    """Rows for the law's minimum are there only where the policy's is below it."""
    case, policy = HAND.data, HAND.policy.replace(officers_min=2, officers_per_field=2)
    built = build_model(case, policy)
    assert reason_to_rebuild(built, policy.replace(officers_min=3)) == ""
    assert "officers_min" in reason_to_rebuild(built, policy.replace(officers_min=1))


@settings(max_examples=examples(25), deadline=None)
@given(data=st.data())
def test_on_random_cases_the_changed_model_is_that_of_a_fresh_build(data):
    case, policy = data.draw(small_cases()), data.draw(small_policies())
    if data.draw(st.booleans()):
        case, policy = with_everything(case), everything_on(policy)
    keys = data.draw(st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=3))
    other = policy
    for key in keys:
        options = policies_with(other, key)
        other = data.draw(st.sampled_from(options)) if options else other
    assert_taken_there_and_back(build_model(case, policy), [other])


@pytest.mark.parametrize("scene", SCENES)
def test_a_start_says_what_every_variable_is(scene):
    """Else a model that serves several policies would keep what another one's solution left in it."""
    case, policy = SCENES[scene]
    built = build_model(case, policy)
    set_start(built, ratio_decisions(case, policy))
    assert [each.name for each in built.component_data_objects(Var) if each.value is None] == []


def test_rows_made_of_a_changed_expression_are_compiled_again():
    """The hours that stations bring stand in an expression, the rules about them only name it."""
    case, policy = SCENES["stations"]
    built = build_model(case, policy)
    home = compile_matrix(built)
    other = policy.replace(stations={"hour_shares": {"daily_management": 0.5}})
    assert reason_to_rebuild(built, other) == ""
    changed = change_policy(built, other)
    assert {"overload_carries_load", "overload_within_step"} <= set(changed.rows)
    anew = build_model(case, other)
    fresh = compile_matrix(anew)
    assert_same(changed_matrix(home, built, changed), fresh)
    assert (fresh.rows != home.rows).nnz > 0


# A rebuild is never skipped: whatever a part of a model looks at is noted, and what cannot be run again says so.


def model_with(monkeypatch: pytest.MonkeyPatch, add: Any, policy: Policy | None = None) -> Any:
    """Return a model whose contents are one function."""
    monkeypatch.setattr(model, "CONTENTS", (add,))
    return build_model(HAND.data, policy or HAND.policy)


def test_data_that_look_at_a_key_force_a_rebuild(monkeypatch):
    def add_something(built):
        built.most = 2 * built.policy.guide_list_max
        built.amount = Var(bounds=(0, built.most))
        built.cap = Constraint(rule=lambda built: built.amount <= built.policy.base_list_max)

    built = model_with(monkeypatch, add_something)
    assert reason_to_rebuild(built, HAND.policy.replace(base_list_max=0)) == ""
    assert "`guide_list_max`" in reason_to_rebuild(built, HAND.policy.replace(guide_list_max=50))


def test_a_view_that_a_rule_keeps_shows_the_policy_of_the_day(monkeypatch):
    def add_something(built):
        policy = built.policy
        built.amount = Var(domain=NonNegativeReals)
        built.cap = Constraint(rule=lambda built: built.amount <= policy.prices.readiness)

    built = model_with(monkeypatch, add_something)
    other = HAND.policy.replace(prices={"readiness": 7.0})
    assert change_policy(built, other) == Changed(rows=("cap",))
    assert built.cap.upper == 7


def test_bounds_that_other_data_changed_since_force_a_rebuild(monkeypatch):
    def add_something(built):
        built.amount = Var([1, 2], bounds=lambda built, _: (0, built.policy.posts_moved_max))
        built.amount[2].setub(1)

    built = model_with(monkeypatch, add_something)
    assert "bounds of `amount`" in reason_to_rebuild(built, HAND.policy.replace(posts_moved_max=7))
    assert reason_to_rebuild(built, HAND.policy.replace(guide_list_max=50)) == ""


def test_what_is_asked_of_a_whole_table_depends_on_all_of_it(monkeypatch):
    def add_something(built):
        built.prices = built.policy.prices.model_dump()

    built = model_with(monkeypatch, add_something)
    assert "`prices`" in reason_to_rebuild(built, HAND.policy.replace(prices={"officer_moved": 1.0}))


def test_a_view_says_what_the_policy_says():
    policy = everything_on(HAND.policy)
    view = Reads(policy).view
    assert view.guide_list_max == policy.guide_list_max
    assert view.stations.hours_share == policy.stations.hours_share
    assert (view.load_stop, view.weights, view.post_steps) == (policy.load_stop, policy.weights, policy.post_steps)
    assert view.base_posts_tilt.of("general") == policy.base_posts_tilt.general
    assert [step.price for step in view.overload_steps] == [step.price for step in policy.overload_steps]
    assert view.overload_steps[-1].until == policy.overload_steps[-1].until
    assert [step.until for step in view.overload_steps[1:]] == [step.until for step in policy.overload_steps[1:]]
    assert view.prices == policy.prices
    with pytest.raises(AttributeError):
        _ = view.guide_list_mox
