"""The rows of the pins."""

from __future__ import annotations

from devolve_opt.formulation import build_model
from modelling import assert_rows, hand_model, pin, small_case, small_policy, with_and_without


def test_pin_kept_as_written():
    # County seat A wants P1, P2, P3; central B wants P1, P3, P4; general D has no list of its own.
    model = hand_model(
        pins=[pin("P1", "A"), pin("P1", "B", False), pin("P3", "base"), pin("P4", "central", False),
              pin("P1", "any"), pin("P4", "any", False), pin("P2", "B", False)]
    )  # fmt: skip
    assert_rows(
        model.pin_kept,
        {
            0: "taken[A,P1] >= 1",
            1: "taken[B,P1] == 0",
            2: "base[P3] >= 1",
            3: "special[central,P4] == 0",
            4: "special[county_seat,P1] + special[central,P1] + base[P1] >= 1",
            5: "special[central,P4] + base[P4] == 0",
            # 6: B never comes to take P2, so nothing has to say that it does not.
        },
    )


def test_pin_kept_binds():
    case = small_case({"T1": {}}, {"P1": {"support_hours": 100}}, {("T1", "P1"): 3})
    # Worth 3 x 40 = 120 less 100 of support; pinned off it is 0.
    pinned = build_model(case, small_policy(pins=[pin("P1", "T1", False)]))
    assert with_and_without(pinned, "pin_kept") == (0, 20)
    # A power that nobody chose comes at its price when it is pinned.
    case = small_case({"T1": {}}, {"P1": {"support_hours": 100}})
    assert with_and_without(build_model(case, small_policy(pins=[pin("P1", "T1")])), "pin_kept") == (-100, 0)
