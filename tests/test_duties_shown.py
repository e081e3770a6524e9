"""Duties as they are shown: the load that duties allow among reasons and caps, and a case that lays none."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from cases import faults_of, place, tiny_tables
from devolve_opt.audit import audit
from devolve_opt.case import Case
from devolve_opt.errors import InputError
from devolve_opt.plan import Plan
from devolve_opt.scenario import Scenario
from devolve_opt.studies.solving import solve
from devolve_opt.views.caps import caps
from devolve_opt.views.declined import declined
from modelling import ROOT, small_case, small_policy, with_duties
from test_cli import DONE, shell


def solved(load_max: float, duties: bool = True, **policy) -> Plan:
    """Return a plan in which T1 has 17,980 h of 18,400, a duty of 400 h and a choice, P1, of 50 h."""
    case = small_case(
        {"T1": {"statutory_hours": 17_980.0}}, {"P1": {"upkeep_hours": 50.0}}, {("T1", "P1"): 3},
        readiness=(("T1", "F2"),), guide_list=(("P1", "base"),),
    )  # fmt: skip
    changes = {"duties": {"load_max": load_max}} if duties else {}
    return solve(
        Scenario(with_duties(case, {"D1": {"hours": 400.0}}), small_policy(**changes, **policy)), gap=0.0, threads=1
    )


def test_a_duty_that_is_carried_keeps_a_power_out():
    plan = solved(1.0)
    assert (len(plan.decisions.duties), len(plan.take_up)) == (1, 0)
    row = declined(plan).iloc[0]
    assert (row["reason"], row["detail"]) == (
        "duty_load", "needs 18,430 staff-hours a year; with a duty at most 18,400 (duties.load_max 1)",
    )  # fmt: skip
    table = caps(plan).set_index("cap")
    assert table.loc["duties.load_max", ["reached", "places"]].tolist() == [1, 1]
    # A later hard stop would let nothing more in.
    assert table.loc["overload_steps", ["reached", "places"]].tolist() == [0, 0]


def test_the_reason_is_borne_out_by_the_audit():
    plan = solved(1.0)
    decided = plan.decisions
    taken = pd.DataFrame({"township": ["T1"], "power": ["P1"]}, dtype="str")
    found = audit(plan.scenario.data, plan.scenario.policy, replace(decided, take_up=taken))
    assert [breach.rule for breach in found.breaches] == ["duty_load_within"]


def test_the_hard_stop_is_named_where_it_comes_first():
    # The wall stands at 1, below the load that duties allow.
    plan = solved(1.2, overload="wall")
    assert declined(plan)["reason"].tolist() == ["hours_stop"]
    table = caps(plan).set_index("cap")
    assert table.loc["wall_share", ["reached", "places"]].tolist() == [1, 1]
    assert table.loc["duties.load_max", ["reached", "places"]].tolist() == [0, 0]


@pytest.mark.parametrize("load_max", [1.2, 1.0])
def test_with_room_or_without_a_duty_the_load_is_no_reason(load_max):
    plan = solved(load_max, duties=load_max == 1.2)
    assert len(plan.take_up) == 1
    assert declined(plan).empty


# A case that lays none


def without_duties(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with a header alone for the duties, and rows that name some."""
    columns = {"id": "str", "name": "str", "hours": float, "officer_hours": float}
    return {
        **tables,
        "duties": pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()}),
        "duty_powers": pd.DataFrame({"duty": ["D1"], "power": ["P1"]}),
        "duty_townships": pd.DataFrame({"duty": ["D2"], "township": ["T1"]}),
    }


def test_a_table_of_duties_without_rows_knows_no_duty():
    header = {"title": "Tiny", "provenance": "Invented for tests.", "synthetic": True}
    faults = faults_of(lambda: Case.from_tables(without_duties(tiny_tables()), **header))
    assert [place(fault) for fault in faults] == [
        ("duty_powers", 1, "duty", "D1"), ("duty_townships", 1, "duty", "D2"),
    ]  # fmt: skip
    assert all("is no id of the table duties" in fault.message for fault in faults)


def test_replaced_rows_need_their_duty_too():
    case = small_case({"T1": {}})
    with pytest.raises(InputError, match="is no id of the table duties"):
        case.replace(duty_powers=pd.DataFrame({"duty": ["D1"], "power": ["P1"]}))
    with pytest.raises(InputError, match="is no id of the table duties"):
        full = with_duties(case, {"D1": {"hours": 1.0}}, townships={"D1": ["T1"]})
        full.replace(duties=full.duties.iloc[:0])


def test_a_folder_whose_duties_are_a_header_alone_is_told(tmp_path):
    shutil.copytree(ROOT / "models" / "hand", tmp_path / "case")
    (tmp_path / "case" / "duties.csv").write_text("id,name,hours,officer_hours\n", encoding="utf-8")
    (tmp_path / "case" / "duty_powers.csv").write_text("duty,power\nD1,P3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"duty_powers\.csv.*'D1'.*is no id of the table duties"):
        Case.read(tmp_path / "case")


def test_a_run_with_duties_on_and_none_laid_says_so(tmp_path):
    shutil.copytree(ROOT / "models" / "hand", tmp_path / "case")
    text = (ROOT / "scenarios" / "hand.toml").read_text(encoding="utf-8").replace("../models/hand", "case")
    (tmp_path / "hand.toml").write_text(text + "\n[policy.duties]\n", encoding="utf-8")
    done = shell("run", "hand.toml", "--time-limit", "60", "--threads", "1", cwd=tmp_path)
    assert done.returncode == DONE, done.stderr
    assert "Duties: the case lays none on its townships." in done.stdout
    assert (tmp_path / "runs" / "hand" / "manifest.json").exists()
