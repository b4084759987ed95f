"""What the session does where something is already wrong: a current that nobody asked for, a
fault in a pause, a locked device.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel  # noqa: F401

# isort: split
from ticked_session import FAULTS, ROUND_MS, Rig
from stimcore.therapy import ARM_SETTLE_MS


def paused():
    rig = Rig(minutes=5, ramp_down_s=0).running(ups=2)
    rig.press("START")
    rig.run(50)
    assert rig.session.state == "PAUSED" and rig.session.ua == [0, 0]
    return rig


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_ends_a_pause(row):
    """HZ2, HZ12: whoever is treated is still connected; STOP and every fault count."""
    field, value, reason = row
    rig = paused()
    setattr(rig.inputs, field, value)
    rig.run(ROUND_MS)
    assert rig.session.state == "FAULT" and rig.session.latch.reason == reason


def test_a_flipped_current_does_not_outlive_a_start():
    """HZ1: a number that flipped while nothing flowed is not what the session starts with."""
    rig = Rig(ramp_up_s=0)
    rig.session.set_ua[0] = rig.session.ua[1] = 9_000
    rig.running()
    assert rig.session.set_ua == rig.session.ua == [0, 0]
    rig.run(1_000)
    assert rig.session.ua == [0, 0]


def test_a_flipped_current_does_not_outlive_a_pause():
    """HZ1."""
    rig = paused()
    rig.session.set_ua[0] = rig.session.ua[1] = 9_000
    rig.hold("START")
    assert rig.session.state == "ARMED" and rig.session.set_ua == rig.session.ua == [0, 0]
    rig.run(ARM_SETTLE_MS + 1_000)
    assert rig.session.state == "RUNNING" and rig.session.ua == [0, 0]


def test_a_flipped_number_never_passes_the_cap():
    """HZ9: what was asked for is capped when it is asked, and again when it is set."""
    rig = Rig(ramp_up_s=0).running(ups=3)
    rig.session.set_ua[0] = rig.session.set_ua[1] = 90_000
    strength = rig.session.strength
    strength._following = strength.moving = True
    rig.run(2_000)
    assert rig.session.ua == [30_000, 20_000]
    rig.press("UP")
    assert rig.session.set_ua == [30_000, 20_000]


def test_a_current_goes_down_at_once_and_up_step_by_step():
    """HZ1, HZ12: 10 ms a mA up; DOWN held is 0 in the round in which it counts."""
    rig = Rig(ramp_up_s=0).running(ups=12)
    rig.run(500)
    assert rig.session.ua == [12_000, 12_000]
    rig.hold("DOWN")
    assert rig.session.ua == [0, 0] == rig.session.set_ua


def test_the_hold_that_asks_to_end_chooses_no_other_channel():
    """HZ1: what UP would then move is what was chosen before."""
    rig = Rig().running(ups=1)
    rig.press("SELECT")
    assert rig.session.channel == 1
    rig.press("SELECT")
    assert rig.session.channel == 2
    rig.hold("SELECT")
    assert rig.session.asks_end and rig.session.channel == 1


def test_a_fault_leaves_no_current():
    """HZ1: neither what flowed nor what was asked for."""
    rig = Rig(ramp_up_s=0).running(ups=3)
    assert rig.session.ua == rig.session.set_ua == [3_000, 3_000]
    rig.session.trip("registers")
    assert rig.session.sound == "fault" and rig.session.event[0] == "fault"
    assert rig.session.ua == rig.session.set_ua == [0, 0] and not (
        rig.session.armed or rig.session.pulsing
    )


def test_a_locked_device_is_not_left_by_start():
    """HZ2: a second fault of broken hardware within the hour is for service."""
    rig = Rig()
    rig.session.breakage.locked = True
    rig.session.trip("width")
    for _ in range(3):
        rig.hold("START")
        rig.run(500)
        assert rig.session.state == "FAULT" and rig.session.hint == "service"
    rig.session.breakage.locked = False
    assert rig.hold("START").state == "READY"
