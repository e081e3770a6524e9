"""Tables that come as frames: ids as column or index, values of any type."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cases import (
    assert_same,
    faults_of,
    only_fault,
    place,
    tiny_tables,
)
from devolve_opt.reading.tables import check_tables
from devolve_opt.vocabulary import Category


def test_sound_tables_come_back_typed_and_in_order():
    assert_same(check_tables(tiny_tables()), tiny_tables())
    assert_same(check_tables(dict(reversed(tiny_tables().items()))), tiny_tables())


@pytest.mark.parametrize("dtype", ["str", "object", "string", "category"])
def test_frames_of_text_with_ids_as_columns(dtype):
    texts = {
        name: (frame.reset_index() if frame.index.name else frame).astype(str).astype(dtype)
        for name, frame in tiny_tables().items()
    }
    assert_same(check_tables(texts), tiny_tables())


def test_index_levels_are_taken_as_columns():
    tables = tiny_tables()
    tables["votes"] = tables["votes"].set_index(["township", "power"])
    tables["counties"] = tables["counties"].rename_axis("代码")
    tables["fields"] = tables["fields"].rename_axis(None)
    tables["powers"] = tables["powers"].rename_axis("power")
    assert_same(check_tables(tables), tiny_tables())
    tables["fields"] = tables["fields"].set_index("name", append=True)
    assert place(only_fault(check_tables, tables)) == ("fields", None, "id", None)
    tables["fields"] = tiny_tables()["fields"].reset_index(drop=True)
    assert place(only_fault(check_tables, tables)) == ("fields", None, "id", None)


def test_frames_are_not_changed():
    tables = tiny_tables()
    tables["townships"]["lent"] = ["5", " 1", "3", "2"]
    before = {name: frame.copy() for name, frame in tables.items()}
    check_tables(tables)
    assert_same(tables, before)


def test_values_of_other_types():
    tables = tiny_tables()
    townships = tables["townships"]
    townships["category"] = [Category.COUNTY_SEAT, Category.GENERAL, Category.CENTRAL, Category.SUBDISTRICT]
    townships["posts"] = townships["posts"].astype("Int64")
    townships["staff_in_post"] = townships["staff_in_post"].astype("float32")
    townships["lent"] = townships["lent"].astype("uint8")
    tables["fields"]["testing_available"] = pd.array([pd.NA, True], dtype="boolean")
    tables["counties"].index = pd.Index([1, 2], name="id")
    townships["county"] = [1.0, 1.0, 2.0, 2.0]
    checked = check_tables(tables)
    assert checked["counties"].index.tolist() == ["1", "2"]
    assert checked["townships"]["county"].tolist() == ["1", "1", "2", "2"]
    expected = tiny_tables()
    pd.testing.assert_frame_equal(
        checked["townships"].drop(columns="county"), expected["townships"].drop(columns="county")
    )
    pd.testing.assert_frame_equal(checked["fields"], expected["fields"])


@pytest.mark.parametrize(
    ("column", "value", "shown", "message"),
    [
        ("posts", np.nan, None, "is blank"),
        ("posts", np.inf, "inf", "is not a number"),
        ("posts", 80.5, "80.5", "is not whole"),
        ("posts", -1.0, "-1", "is below the least allowed, 0 posts"),
        ("area_km2", True, "yes", "is not a number"),
        ("name", "\ud800", "\ud800", "holds a control character"),
    ],
)
def test_values_at_fault_in_frames(column, value, shown, message):
    tables = tiny_tables()
    values = tables["townships"][column].astype(object)
    values.iloc[0] = value
    tables["townships"][column] = values if isinstance(value, str | bool) else values.astype(float)
    fault = only_fault(check_tables, tables)
    assert place(fault) == ("townships", 1, column, shown)
    assert message in fault.message


def test_tables_that_are_unknown_missing_or_no_frames():
    tables = {**tiny_tables(), "vote": tiny_tables()["votes"], "cases": [1, 2]}
    del tables["powers"]
    faults = faults_of(check_tables, tables)
    assert [fault.file for fault in faults] == ["vote", "powers", "cases"]
    assert faults[0].message == "unknown table; rename it or leave it out. Did you mean 'votes'?"
    assert faults[1].message.startswith("is missing; add it with the columns id, name, type, field,")
    assert faults[2].message == "must be a DataFrame, not list."


def test_optional_tables_may_be_left_out_and_required_ones_not_be_empty():
    tables = tiny_tables()
    del tables["readiness"], tables["guide_list"]
    expected = tiny_tables()
    expected["readiness"] = expected["readiness"].iloc[:0].reset_index(drop=True)
    checked = check_tables(tables)
    pd.testing.assert_frame_equal(checked["readiness"], expected["readiness"])
    tables["fields"] = tables["fields"].iloc[:0]
    fault = only_fault(check_tables, tables)
    assert (fault.file, fault.message) == ("fields", "has no rows; a case needs at least one.")
