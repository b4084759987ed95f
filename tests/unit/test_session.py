"""The states of a session: what begins, pauses and ends it. Time is ticked by hand."""

import pytest
from ticked_session import ROUND_MS, Rig, ended

from stimcore.inputs import Inputs
from stimcore.session import Session
from stimcore.therapy import ARM_SETTLE_MS


def test_a_session_goes_through_its_states_and_starts_at_zero():
    rig = Rig(minutes=0.25)
    assert rig.session.state == "READY" and not rig.session.armed
    rig.hold("START")
    assert (
        rig.session.state == "ARMED"
        and rig.session.armed
        and not rig.session.pulsing
        and rig.session.ua == [0, 0]
    )
    rig.run(ARM_SETTLE_MS + ROUND_MS)
    assert rig.session.state == "RUNNING" and rig.session.pulsing and rig.session.ua == [0, 0]
    rig.run(15_000)
    assert rig.session.state == "ENDED" and not rig.session.armed and rig.session.ua == [0, 0]
    rig.press("START")
    rig.press("START")
    assert rig.session.state == "READY"
    assert [name for name, _ in rig.events] == ["start", "progress", "end", "rating"]


def test_a_press_of_start_does_not_arm():
    assert Rig().press("START").state == "READY"


def test_no_prescription_no_output():
    session, inputs = Session(), Inputs()
    session.step(0, inputs)
    inputs.held = "START"
    session.step(10, inputs)
    assert session.state == "READY" and session.hint == "no_prescription"


@pytest.mark.parametrize("field", ["usb_power", "loop_open", "stop_down", "output_fault"])
def test_nothing_arms_while_a_fault_is_present(field):
    rig = Rig()
    setattr(rig.inputs, field, "width" if field == "output_fault" else True)
    assert rig.hold("START").state == "READY" and rig.session.hint


def test_what_was_in_the_way_is_not_told_for_ever():
    rig = Rig()
    rig.inputs.usb_power = True
    rig.hold("START")
    rig.inputs.usb_power = False
    assert rig.session.hint == "usb_power"
    rig.run(11_000)
    assert rig.session.hint == ""


def test_low_supply_does_not_arm():
    rig = Rig()
    rig.inputs.supply_ok = False
    assert rig.hold("START").state == "READY"


def test_pause_ramps_down_and_resumes_from_zero_with_the_time_left():
    rig = Rig(minutes=10).running(ups=5)
    rig.run(3_000)
    left_s = rig.session.left_s
    rig.press("START")
    rig.run(500)
    assert rig.session.state == "RUNNING" and 0 < rig.session.ua[0] < 5_000
    # On the way down nothing goes up
    rig.press("UP")
    assert rig.session.ua[0] < 5_000
    rig.run(600)
    assert rig.session.state == "PAUSED" and not rig.session.armed and rig.session.ua == [0, 0]
    rig.run(60_000)
    rig.hold("START")
    rig.run(ARM_SETTLE_MS + 3_000)
    assert (
        rig.session.state == "RUNNING"
        and rig.session.ua == [0, 0]
        and left_s - 6 <= rig.session.left_s <= left_s
    )


def test_found_select_held_asks_once_and_held_again_ends_the_session():
    """By mistake it ended one of the day's sessions without a word."""
    rig = Rig(minutes=10).running(ups=3)
    rig.run(1_000)
    rig.press("SELECT")
    rig.hold("SELECT")
    rig.run(1_100)
    assert (
        rig.session.state == "RUNNING"
        and rig.session.asks_end
        and rig.session.ua == [3_000, 3_000]
        and rig.session.channel == 0
    )
    rig.press("SELECT")
    assert rig.session.asks_end and rig.session.channel == 0
    rig.hold("SELECT")
    rig.run(1_100)
    assert rig.session.state == "ENDED"
    rig = Rig(minutes=10).running()
    rig.press("START")
    rig.run(1_100)
    rig.press("SELECT")
    rig.hold("SELECT")
    assert rig.session.state == "PAUSED" and rig.session.asks_end
    rig.press("SELECT")
    rig.hold("SELECT")
    assert rig.session.state == "ENDED"


@pytest.mark.parametrize("button", ["UP", "START", "DOWN", ""])
def test_found_another_button_or_ten_seconds_mean_that_it_does_not_end(button):
    """DOWN lowers beside that, as always; the others do nothing else."""
    for paused in (False, True):
        rig = Rig(minutes=10).running(ups=3)
        if paused:
            rig.press("START")
            rig.run(1_100)
        rig.hold("SELECT")
        assert rig.session.asks_end
        if button:
            rig.press(button)
        else:
            rig.run(10_000 - ROUND_MS)
            assert rig.session.asks_end
            rig.run(ROUND_MS)
        assert not rig.session.asks_end and rig.session.state == ("PAUSED" if paused else "RUNNING")
        assert paused or rig.session.set_ua == (
            [2_000, 2_000] if button == "DOWN" else [3_000, 3_000]
        )
        rig.press("DOWN")
        rig.hold("SELECT")
        assert rig.session.asks_end, "asked again, not ended"


def test_stop_and_the_timers_end_a_session_that_asks():
    rig = Rig(minutes=10).running(ups=3)
    rig.hold("SELECT")
    rig.inputs.stop_down = True
    rig.run(ROUND_MS)
    assert rig.session.state == "FAULT" and not rig.session.asks_end
    rig = Rig(minutes=0.25).running(ups=3)
    rig.run(10_000)
    rig.press("DOWN")
    rig.hold("SELECT")
    rig.run(6_000)
    assert rig.session.state == "ENDED" and not rig.session.asks_end


def test_the_controls_do_not_lock_while_it_asks():
    rig = Rig(minutes=10).running(ups=3)
    rig.hold("SELECT")
    rig.run(5_000)
    assert not rig.session.locked
    rig.hold("SELECT")
    rig.run(1_100)
    assert rig.session.state == "ENDED"


def test_found_each_state_names_the_buttons_whose_hold_means_something():
    rig = Rig(minutes=10)
    assert rig.session.holds == ("START",)
    rig.running()
    assert rig.session.holds == ("DOWN", "SELECT")
    rig.run(4_100)
    assert rig.session.holds == ("DOWN",)
    rig.press("DOWN")
    rig.press("START")
    rig.run(1_100)
    assert rig.session.state == "PAUSED" and rig.session.holds == ("START", "SELECT")
    rig.session.trip("supply")
    assert rig.session.holds == ("START",)
    assert ended().session.holds == ()


def test_found_the_journal_says_which_channel_a_fault_is_of_and_the_screen_its_name():
    rig = Rig().running()
    rig.session.labels = ("Left calf", "")
    rig.inputs.output_fault, rig.inputs.output_channel = "lead_off", 1
    rig.run(ROUND_MS)
    assert (
        rig.events[-1][0] == "fault"
        and rig.events[-1][1]["channel"] == 1
        and rig.session.fault_label == "Left calf"
    )
    rig = Rig().running()
    rig.inputs.usb_power, rig.inputs.output_channel = True, 1
    rig.run(ROUND_MS)
    assert "channel" not in rig.events[-1][1] and rig.session.fault_label == ""


def test_a_pause_that_nobody_ends_is_the_end_after_ten_minutes():
    rig = Rig(minutes=10).running(ups=3)
    rig.press("START")
    rig.run(1_100)
    rig.run(595_000, 100)
    assert rig.session.state == "PAUSED"
    rig.hold("START")
    assert rig.session.state == "ARMED"
    rig.run(ARM_SETTLE_MS + ROUND_MS)
    rig.press("START")
    rig.run(1_100)
    assert rig.session.state == "PAUSED"
    rig.run(600_000, 100)
    assert rig.session.state == "ENDED" and not rig.session.armed and rig.events[-1][0] == "end"
    assert rig.events[-1][1]["left_s"] > 590
