"""The supervisor's round: both ends of the windows that it watches, what it keeps through a
reset, when it listens to a host.
"""

import pytest
from stimcore import panel

# isort: split
from supervised import ROUND_MS, Rig

from stimcore.states import STATES


def reason(rig):
    return rig.device.session.latch.reason


# The sample board's window; the chip's own is 0 to 70 degrees.
@pytest.mark.parametrize(
    "row",
    [
        (4_300, 27, "none"),
        (5_600, 27, "none"),
        (4_299, 27, "supply"),
        (5_601, 27, "supply"),
        (0, 27, "supply"),
        (5_000, 0, "none"),
        (5_000, 70, "none"),
        (5_000, -1, "temperature"),
        (5_000, 71, "temperature"),
    ],
)
def test_a_window_has_two_ends(row):
    rig = Rig().running()
    rig.supply_mv, rig.celsius, wanted = row
    rig.run(10 * ROUND_MS)
    assert reason(rig) == wanted


def test_a_supply_that_goes_is_found_within_100_ms():
    rig = Rig().running()
    for _ in range(7):
        rig.supply_mv = 5_000
        rig.run(ROUND_MS)
    rig.supply_mv = 3_000
    rig.run(9 * ROUND_MS)
    assert reason(rig) == "supply"


def test_isolated_usb_may_stay_and_is_not_answered_while_armed():
    rig = Rig()
    rig.supervisor._inputs.usb_isolated = True
    rig.hal.levels.usb_power = True
    rig.run(50)
    assert "link" in rig.calls
    rig.running()
    del rig.calls[:]
    rig.run(500)
    assert (
        rig.device.session.state == "RUNNING" and "link" not in rig.calls and "reload" in rig.calls
    )


def test_what_survives_a_reset_is_the_state_and_the_first_reason():
    rig = Rig()
    kept = []
    rig.hal.remember = kept.append
    rig.running()
    rig.hal.levels.usb_power = True
    rig.run(100)
    assert [STATES[word & 0xFF] for word in kept] == ["ARMED", "RUNNING", "FAULT"]
    assert [word >> 8 for word in kept][:2] == [0, 0] and kept[2] >> 8 != 0


def test_a_host_is_looked_for_as_often_as_the_supply():
    rig = Rig()
    looked = []
    rig.hal.levels.look_for_host = lambda: looked.append(rig.now_ms)
    rig.run(600)
    assert 9 <= len(looked) <= 11


def test_stop_ends_a_session_though_the_loop_stays_closed():
    rig = Rig().running()
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("STOP")
    rig.run(2 * ROUND_MS)
    assert reason(rig) == "stop_pressed"
