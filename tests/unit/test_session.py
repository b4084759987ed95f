"""Session and interlock: states, amplitude from 0, caps, STOP and faults from every state. Time is ticked by hand."""

import pytest
from samples import document, program

from stimcore import interlock, prescription
from stimcore.session import ARM_SETTLE_MS, Inputs, Session

ROUND_MS = 10


class Rig:
    """A session, its inputs and a clock."""

    def __init__(self, **changes):
        rx = prescription.from_toml_dict(document(program(**changes)))
        self.session = Session()
        self.session.load(rx["programs"], (30_000, 20_000))
        self.inputs = Inputs()
        self.now_ms = 0
        self.events = []
        self.run(50)

    def run(self, ms):
        for _ in range(ms // ROUND_MS):
            self.now_ms += ROUND_MS
            self.session.step(self.now_ms, self.inputs)
            self.inputs.pressed = self.inputs.held = ""
            if self.session.event:
                self.events.append(self.session.event)
        return self.session

    def press(self, name):
        self.inputs.pressed = name
        return self.run(ROUND_MS)

    def hold(self, name):
        self.inputs.held = name
        return self.run(ROUND_MS)

    def running(self, ups=0):
        self.hold("START")
        self.run(ARM_SETTLE_MS + ROUND_MS)
        assert self.session.state == "RUNNING"
        for _ in range(ups):
            self.press("UP")
        return self


def test_a_session_goes_through_its_states_and_starts_at_zero():
    rig = Rig(minutes=0.25)
    assert rig.session.state == "READY" and not rig.session.armed
    rig.hold("START")
    assert rig.session.state == "ARMED" and rig.session.armed and not rig.session.pulsing and rig.session.ua == [0, 0]
    rig.run(ARM_SETTLE_MS + ROUND_MS)
    assert rig.session.state == "RUNNING" and rig.session.pulsing and rig.session.ua == [0, 0]
    rig.run(15_000)
    assert rig.session.state == "ENDED" and not rig.session.armed and rig.session.ua == [0, 0]
    rig.press("START")
    assert rig.session.state == "READY"
    assert [name for name, _ in rig.events] == ["start", "end", "rating"]


def test_a_press_of_start_does_not_arm():
    assert Rig().press("START").state == "READY"


def test_no_prescription_no_output():
    session, inputs = Session(), Inputs()
    session.step(0, inputs)
    inputs.held = "START"
    session.step(10, inputs)
    assert session.state == "READY" and session.hint == "No prescription"


@pytest.mark.parametrize("field", ["usb_power", "loop_open", "stop_down", "engine_dry", "guard_tripped"])
def test_nothing_arms_while_a_fault_is_present(field):
    rig = Rig()
    setattr(rig.inputs, field, True)
    assert rig.hold("START").state == "READY" and rig.session.hint


def test_low_supply_does_not_arm():
    rig = Rig()
    rig.inputs.supply_ok = False
    assert rig.hold("START").state == "READY"


def test_up_moves_one_step_and_stops_at_each_channels_cap():
    rig = Rig().running()
    rig.run(3_000)
    rig.press("UP")
    assert rig.session.ua == [1_000, 1_000]
    for _ in range(60):
        rig.press("UP")
    assert rig.session.ua == [30_000, 20_000]
    rig.press("DOWN")
    assert rig.session.ua == [29_000, 19_000]


def test_nothing_raises_intensity_by_itself():
    rig = Rig(minutes=10).running(ups=5)
    rig.run(3_000)
    for _ in range(50):
        rig.run(1_000)
        assert rig.session.ua == [5_000, 5_000]


def test_the_ramp_is_a_share_of_what_was_asked_for():
    rig = Rig(ramp_up_s=2)
    rig.running(ups=10)
    while rig.now_ms < 50 + ROUND_MS + ARM_SETTLE_MS + ROUND_MS + 1_000:
        rig.run(ROUND_MS)
    assert 4_800 <= rig.session.ua[0] <= 5_200  # half of 10 mA, one second into two
    rig.run(2_000)
    assert rig.session.ua == [10_000, 10_000]


def test_select_chooses_the_channel_that_up_moves():
    rig = Rig().running()
    rig.run(3_000)
    rig.press("SELECT")
    rig.press("UP")
    assert rig.session.ua == [1_000, 0]
    rig.press("SELECT")
    rig.press("UP")
    rig.press("UP")
    assert rig.session.ua == [1_000, 2_000]


def test_a_single_channel_program_leaves_the_other_at_zero():
    rig = Rig(channels=[2]).running()
    rig.run(3_000)
    rig.press("UP")
    assert rig.session.ua == [0, 1_000]


def test_pause_ramps_down_and_resumes_from_zero_with_the_time_left():
    rig = Rig(minutes=10).running(ups=5)
    rig.run(3_000)
    left_s = rig.session.left_s
    rig.press("START")
    rig.run(500)
    assert rig.session.state == "RUNNING" and 0 < rig.session.ua[0] < 5_000
    rig.press("UP")  # on the way down nothing goes up
    assert rig.session.ua[0] < 5_000
    rig.run(600)
    assert rig.session.state == "PAUSED" and not rig.session.armed and rig.session.ua == [0, 0]
    rig.run(60_000)
    rig.hold("START")
    rig.run(ARM_SETTLE_MS + 3_000)
    assert rig.session.state == "RUNNING" and rig.session.ua == [0, 0] and left_s - 6 <= rig.session.left_s <= left_s


def test_holding_select_ends_the_session_from_running_and_from_paused():
    rig = Rig(minutes=10).running(ups=3)
    rig.hold("SELECT")
    rig.run(1_100)
    assert rig.session.state == "ENDED"
    rig = Rig(minutes=10).running()
    rig.press("START")
    rig.run(1_100)
    rig.hold("SELECT")
    assert rig.session.state == "ENDED"


def test_ramp_down_ends_exactly_with_the_session():
    rig = Rig(minutes=0.25, ramp_down_s=1).running(ups=10)
    seen = []
    while rig.session.state == "RUNNING":
        rig.run(ROUND_MS)
        seen.append(rig.session.ua[0])
    falling = seen[-100:]
    assert all(a >= b for a, b in zip(falling, falling[1:])) and falling[0] > 9_500 and seen[-2] <= 200


def test_current_rises_no_faster_than_the_slew_limit():
    rig = Rig(ramp_up_s=0).running()
    for _ in range(20):
        rig.session.set_ua[0] = 20_000  # as if a bug had asked for everything at once
        before = rig.session.ua[0]
        rig.run(ROUND_MS)
        assert rig.session.ua[0] - before <= 1_000
    rig.session.set_ua[0] = 0
    rig.run(ROUND_MS)
    assert rig.session.ua[0] == 0  # down is at once


def test_a_train_that_waits_for_its_trigger_keeps_its_ramp_but_not_its_time():
    rig = Rig(trigger=True, ramp_up_s=2, minutes=0.25)
    rig.inputs.train_started = False
    rig.running(ups=10)
    rig.run(5_000)
    assert rig.session.ua == [0, 0]
    rig.inputs.train_started = True
    rig.run(1_000)
    assert 4_800 <= rig.session.ua[0] <= 5_200
    rig.run(9_000)
    assert rig.session.state == "ENDED"  # a trigger that never comes cannot keep the device armed


def test_a_ramp_of_the_phase_duration_leaves_the_amplitude_whole():
    rig = Rig(ramp="phase", ramp_up_s=2).running(ups=5)
    rig.run(200)
    assert rig.session.ua == [5_000, 5_000]


FAULTS = [("loop_open", True, "interlock_open"), ("guard_tripped", True, "interlock_open"), ("usb_power", True, "usb_power"),
          ("engine_dry", True, "engine_dry"), ("supply_ok", False, "supply"), ("stop_down", True, "stop_pressed")]


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_while_running_latches_and_drops_to_zero(row):
    field, value, reason = row
    rig = Rig().running(ups=5)
    rig.run(3_000)
    setattr(rig.inputs, field, value)
    rig.run(ROUND_MS)
    assert rig.session.state == "FAULT" and not rig.session.armed and rig.session.ua == [0, 0]
    assert rig.session.latch.reason == reason and rig.events[-1][0] == "fault"
    setattr(rig.inputs, field, not value)
    rig.run(5_000)
    assert rig.session.state == "FAULT"  # only a person leaves it
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
    assert rig.session.state == "FAULT" and rig.session.hint == "Still open"


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


def test_every_reason_has_advice_that_fits_the_screen():
    for reason, patient, engineer in interlock.REASONS[1:]:
        lines = patient.split("|")
        assert len(lines) == 2 and all(0 < len(line) <= 16 for line in lines) and engineer
        assert interlock.advice(reason) == engineer


def test_the_scratch_word_holds_state_and_reason():
    assert interlock.scratch_word(6, "usb_power") == 6 | 4 << 8
