"""Faults of a session: each latches from every state, drops to zero and keeps the first reason."""

import pytest
from ticked_session import FAULTS, ROUND_MS, Rig

from stimcore import interlock


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_while_running_latches_and_drops_to_zero(row):
    field, value, reason = row
    rig = Rig().running(ups=5)
    rig.run(3_000)
    setattr(rig.inputs, field, value)
    rig.run(ROUND_MS)
    assert rig.session.state == "FAULT" and not rig.session.armed and rig.session.ua == [0, 0]
    assert rig.session.latch.reason == reason and rig.events[-1][0] == "fault"
    if field != "output_fault":
        rig.hold("START")
        # The cause is still there
        assert rig.session.state == "FAULT" and rig.session.hint and rig.session.sound == "refused"
    setattr(rig.inputs, field, "" if field == "output_fault" else not value)
    rig.run(5_000)
    # Only a person leaves it
    assert rig.session.state == "FAULT"
    rig.press("START")
    assert rig.session.state == "FAULT"
    rig.hold("START")
    assert rig.session.state == "READY" and rig.session.latch.reason == "none"


def test_healthy_inputs_never_trip():
    rig = Rig(minutes=10).running(ups=10)
    rig.run(60_000)
    assert rig.session.state == "RUNNING" and all(name != "fault" for name, _ in rig.events)


def test_an_open_loop_keeps_the_fault():
    rig = Rig().running()
    rig.inputs.loop_open = True
    rig.run(ROUND_MS)
    rig.hold("START")
    assert rig.session.state == "FAULT" and rig.session.hint == "still_open"


def test_stop_and_the_open_loop_together_mean_the_button():
    rig = Rig().running()
    rig.inputs.loop_open = rig.inputs.stop_down = True
    rig.run(ROUND_MS)
    assert rig.session.latch.reason == "stop_pressed"


def test_the_first_reason_is_kept():
    rig = Rig().running()
    rig.inputs.usb_power = True
    rig.run(ROUND_MS)
    rig.session.trip("supply")
    assert rig.session.latch.reason == "usb_power"


def test_isolated_usb_may_stay_plugged():
    rig = Rig()
    rig.inputs.usb_power = rig.inputs.usb_isolated = True
    rig.running()
    rig.run(1_000)
    assert rig.session.state == "RUNNING"


def test_a_trip_with_an_unknown_reason_is_a_programming_error():
    with pytest.raises(KeyError):
        interlock.Latch().trip("no such reason")


def test_the_scratch_word_holds_state_and_reason():
    assert interlock.scratch_word(6, "usb_power") == 6 | 4 << 8
