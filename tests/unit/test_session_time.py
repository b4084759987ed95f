"""Session and interlock: states, amplitude from 0, caps, STOP and faults from every state. Time
is ticked by hand.
"""

import pytest
from samples import document, program

from stimcore import interlock, panel, prescription, screens
from stimcore.inputs import Inputs
from stimcore.session import Session
from stimcore.therapy import ARM_SETTLE_MS

ROUND_MS = 10
# Presses so far apart all count, even when a round comes late
EVERY_MS = 250


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

    def run(self, ms, round_ms=ROUND_MS):
        for _ in range(ms // round_ms):
            self.now_ms += round_ms
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
        self.ups(ups)
        return self

    def ups(self, times):
        """UP so often, as fast as it counts."""
        for _ in range(times):
            self.press("UP")
            self.run(EVERY_MS)


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


def test_up_moves_one_step_and_stops_at_each_channels_cap():
    rig = Rig().running()
    rig.run(3_000)
    rig.press("UP")
    assert rig.session.ua == [1_000, 1_000]
    rig.ups(60)
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
    rig = Rig(ramp_up_s=20)
    rig.running(ups=10)
    while rig.now_ms < 50 + ROUND_MS + ARM_SETTLE_MS + ROUND_MS + 10_000:
        rig.run(ROUND_MS)
    # Half of 10 mA, ten seconds into twenty
    assert 4_980 <= rig.session.ua[0] <= 5_020
    rig.run(10_020)
    assert rig.session.ua == [10_000, 10_000]


def test_select_chooses_the_channel_that_up_moves():
    rig = Rig().running()
    rig.run(3_000)
    rig.press("SELECT")
    rig.press("UP")
    assert rig.session.ua == [1_000, 0]
    rig.press("SELECT")
    rig.run(EVERY_MS)
    rig.ups(2)
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
            rig.run(9_900)
            assert rig.session.asks_end
            rig.run(200)
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


def test_ramp_down_ends_exactly_with_the_session():
    rig = Rig(minutes=0.25, ramp_down_s=1).running(ups=10)
    seen = []
    while rig.session.state == "RUNNING":
        rig.run(ROUND_MS)
        seen.append(rig.session.ua[0])
    falling = seen[-100:]
    assert (
        all(a >= b for a, b in zip(falling, falling[1:])) and falling[0] > 9_500 and seen[-2] <= 200
    )


@pytest.mark.parametrize("round_ms", [10, 20])
def test_current_rises_no_faster_than_the_slew_limit(round_ms):
    """An on time without a ramp asks for all of 20 mA at once: it comes at 100 uA a ms, no
    faster and no slower, and goes at once.
    """
    rig = Rig(ramp_up_s=0, ramp_down_s=0, on_s=6, off_s=2, minutes=5).running(ups=20)
    assert rig.session.ua == [20_000, 20_000]
    while rig.session.ua[0]:
        before = rig.session.ua[0]
        rig.run(round_ms, round_ms)
    # Down is at once
    assert before == 20_000
    while not rig.session.ua[0]:
        rig.run(round_ms, round_ms)
    seen = [rig.session.ua[0]]
    while seen[-1] < 20_000:
        rig.run(round_ms, round_ms)
        seen.append(rig.session.ua[0])
    assert seen == [100 * round_ms * (k + 1) for k in range(200 // round_ms)]


def test_a_train_that_waits_for_its_trigger_keeps_its_ramp_but_not_its_time():
    rig = Rig(trigger=True, ramp_up_s=2, minutes=0.25)
    rig.inputs.train_started = False
    rig.running(ups=1)
    rig.run(5_000)
    assert rig.session.ua == [0, 0]
    rig.inputs.train_started = True
    rig.run(1_000)
    assert 480 <= rig.session.ua[0] <= 520
    rig.run(9_000)
    # A trigger that never comes cannot keep the device armed
    assert rig.session.state == "ENDED"


# --- what has not been felt does not count --------------------------------------------------------


def between_pulses(rig, times, every_ms=300):
    """UP so often; the currents asked for after each."""
    seen = []
    for _ in range(times):
        rig.press("UP")
        rig.run(every_ms - ROUND_MS)
        seen.append(rig.session.set_ua[0])
    return seen


@pytest.mark.parametrize("ramp_up_s", [0, 2])
def test_up_before_the_trigger_counts_once_and_the_first_pulse_is_at_0(ramp_up_s):
    rig = Rig(trigger=True, ramp_up_s=ramp_up_s, minutes=1)
    rig.inputs.train_started = False
    rig.running()
    assert between_pulses(rig, 20) == [1_000] * 20 and rig.session.ua == [0, 0]
    assert rig.session.hint and rig.session.sound == "locked"
    rig.inputs.train_started = True
    rig.run(ROUND_MS)
    assert rig.session.ua[0] <= 100 * ROUND_MS
    rig.run(3_000)
    assert rig.session.ua == [1_000, 1_000]
    # Now it is felt
    assert between_pulses(rig, 5) == [2_000, 3_000, 4_000, 5_000, 6_000]


def test_up_in_an_off_time_counts_once_and_is_ramped_from_0():
    rig = Rig(ramp_up_s=0, ramp_down_s=0, on_s=2, off_s=8, minutes=5).running(ups=3)
    while rig.session.ua[0]:
        rig.run(ROUND_MS)
    assert between_pulses(rig, 20) == [4_000] * 20 and rig.session.ua == [0, 0]
    while not rig.session.ua[0]:
        rig.run(ROUND_MS)
    assert rig.session.ua[0] == 100 * ROUND_MS
    rig.run(100)
    assert rig.session.ua == [4_000, 4_000]


# (name, program, ms between two pulses)
SPARSE = [
    ("one pulse a second", {"rate_pps": 1}, 1_000),
    (
        "two pulses every two seconds",
        {"rate_pps": None, "burst": {"pulses": 2, "inner_pps": 100, "per_s": 0.5}},
        1_990,
    ),
    (
        "a sweep down to 2",
        {
            "rate_pps": None,
            "phase_us": None,
            "sweep": {"rate_pps": [50, 2], "phase_us": [100, 100], "period_s": 10},
        },
        500,
    ),
]


@pytest.mark.parametrize("row", SPARSE)
def test_between_two_pulses_up_counts_once(row):
    _, changes, gap_ms = row
    rig = Rig(ramp_up_s=0, minutes=5, **changes).running(ups=1)
    rig.run(gap_ms + 20)
    seen = between_pulses(rig, 30, 100)
    assert max(seen) <= 1_000 + 1_000 * (1 + 3_000 // gap_ms) and seen[0] == 2_000


def test_nothing_counts_in_a_pause_and_the_start_after_it_is_at_0():
    rig = Rig(minutes=5, ramp_up_s=0, ramp_down_s=0).running(ups=5)
    rig.press("START")
    rig.run(50)
    assert rig.session.state == "PAUSED" and between_pulses(rig, 10) == [0] * 10
    rig.hold("START")
    rig.run(ARM_SETTLE_MS + 500)
    assert (
        rig.session.state == "RUNNING"
        and rig.session.ua == [0, 0]
        and between_pulses(rig, 2) == [1_000, 2_000]
    )


@pytest.mark.parametrize("every_ms", [20, 50, 70, 100, 240])
def test_up_climbs_four_steps_a_second_at_the_most(every_ms):
    rig = Rig(minutes=5, ramp_up_s=0).running()
    assert max(between_pulses(rig, 2_000 // every_ms, every_ms)) <= 9_000


def test_the_channels_share_the_steps():
    rig = Rig(minutes=5, ramp_up_s=0).running()
    rig.press("SELECT")
    for _ in range(20):
        rig.press("UP")
        rig.press("SELECT")
        rig.run(30)
    assert sum(rig.session.set_ua) <= 1_000 * (1 + 4)


def test_a_ramp_of_the_phase_duration_leaves_the_amplitude_whole():
    rig = Rig(ramp="phase", ramp_up_s=2).running(ups=5)
    rig.run(200)
    assert rig.session.ua == [5_000, 5_000]


FAULTS = [
    ("loop_open", True, "interlock_open"),
    ("output_fault", "width", "width"),
    ("usb_power", True, "usb_power"),
    ("supply_ok", False, "supply"),
    ("temperature_ok", False, "temperature"),
    ("stop_down", True, "stop_pressed"),
]


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


# --- lock -------------------------------------------------------------------------------------


def test_four_seconds_after_the_last_press_the_controls_lock():
    rig = Rig(minutes=10).running(ups=2)
    rig.run(3_980 - EVERY_MS)
    rig.press("UP")
    assert rig.session.set_ua == [3_000, 3_000] and not rig.session.locked
    rig.run(4_000)
    for name in ("UP", "SELECT", "START"):
        rig.press(name)
        assert (
            rig.session.locked
            and rig.session.hint == "press_down"
            and rig.session.sound == "locked"
        )
    rig.run(2_000)
    assert (
        rig.session.state == "RUNNING"
        and rig.session.ua == [3_000, 3_000]
        and rig.session.channel == 0
    )


def test_down_works_locked_and_unlocks():
    rig = Rig(minutes=10).running(ups=3)
    rig.run(60_000)
    rig.press("DOWN")
    assert rig.session.ua == [2_000, 2_000] and not rig.session.locked and not rig.session.hint
    rig.press("UP")
    assert rig.session.set_ua == [3_000, 3_000]


def test_down_held_goes_to_zero():
    rig = Rig(minutes=10).running(ups=9)
    rig.run(6_000)
    rig.press("DOWN")
    rig.hold("DOWN")
    assert rig.session.ua == [0, 0] and rig.session.state == "RUNNING"


def test_stop_works_locked():
    rig = Rig(minutes=10).running(ups=3)
    rig.run(6_000)
    rig.inputs.stop_down = True
    rig.run(ROUND_MS)
    assert rig.session.state == "FAULT" and rig.session.ua == [0, 0]


def test_nothing_locks_while_paused():
    rig = Rig(minutes=10).running()
    rig.press("START")
    rig.run(30_000)
    assert rig.session.state == "PAUSED" and not rig.session.locked
    assert rig.hold("START").state == "ARMED"


# --- the two timers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,value", [("left_ms", 1 << 40), ("attend_ms", -(1 << 40)), ("end_ms", 1 << 40)]
)
def test_either_timer_alone_ends_the_session(name, value):
    """One is corrupted so that it would never end: the other does, when the session is over and
    not before.
    """
    rig = Rig(minutes=0.5, ramp_down_s=0).running(ups=2)
    setattr(rig.session.timers, name, value)
    rig.run(29_000 - 20)
    assert rig.session.state == "RUNNING" and rig.session.ua == [2_000, 2_000]
    rig.run(1_100)
    assert rig.session.state == "ENDED" and rig.session.ua == [0, 0]
    # What ran counts, whatever a timer says
    assert rig.session.dose.sessions[-1][2] >= 29


def test_two_sound_timers_end_together_and_a_pause_stops_both():
    rig = Rig(minutes=0.5, ramp_down_s=0).running()
    rig.run(10_000)
    rig.press("DOWN")
    rig.press("START")
    rig.run(60_000)
    rig.hold("START")
    rig.run(ARM_SETTLE_MS + ROUND_MS)
    session, left_ms = rig.session, rig.session.timers.left_ms
    assert (
        session.state == "RUNNING"
        and session.timers.end_ms - rig.now_ms == left_ms
        and 19_900 <= left_ms <= 20_000
    )
    rig.run(left_ms - ROUND_MS)
    assert session.state == "RUNNING"
    rig.run(ROUND_MS)
    assert session.state == "ENDED"


# --- the dose of the day --------------------------------------------------------------------------


def limited(per_day=3, rest_s=1_800, **changes):
    rig = Rig(**changes)
    rig.session.dose.prescribe(per_day, rest_s)
    return rig


def test_after_a_session_start_waits_for_the_rest_and_says_how_long():
    rig = limited(minutes=0.25, ramp_down_s=0).running()
    rig.run(15_000)
    rig.press("START")
    rig.press("START")
    rig.hold("START")
    session = rig.session
    assert (
        session.state == "READY"
        and session.sound == "refused"
        and 1_799 <= session.wait_s <= 1_800
        and session.left_today == 2
    )
    rig.run(1_790_000, 50)
    assert rig.hold("START").state == "READY"
    rig.run(12_000)
    assert session.wait_s == 0 and rig.hold("START").state == "ARMED"


def test_the_number_of_sessions_a_day():
    rig = limited(per_day=1, minutes=0.25, ramp_down_s=0).running()
    rig.run(15_000)
    rig.press("START")
    rig.press("START")
    rig.run(1_000)
    assert rig.session.left_today == 0 and 86_300 < rig.session.wait_s <= 86_400
    # What a host says moves nothing
    rig.session.time.set(rig.session.time.now_s(rig.now_ms) + 86_400, rig.now_ms)
    assert rig.hold("START").state == "READY" and rig.session.wait_s > 86_300
    rig.run(86_400_000, 50_000)
    assert rig.hold("START").state == "ARMED"


def test_out_of_date_does_not_start_and_says_so():
    for day, state in ((20_783, "ARMED"), (20_784, "READY")):
        rig = Rig()
        # 2026-11-26
        rig.session.expires_day = 20_783
        rig.session.time.set(day * 86_400 + 86_399, rig.now_ms)
        rig.run(10)
        assert rig.hold("START").state == state
    assert rig.session.hint == "expired" and rig.session.sound == "refused"
    rig.run(12_000)
    assert (
        "Out of date" in str(screens.screen(rig.session, False))
        and not panel.lights(rig.session)[0]
    )


def test_a_device_that_stays_on_finds_that_the_day_has_come():
    rig = Rig()
    rig.session.expires_day = 0
    assert not rig.session.expired
    rig.run(86_400_000, 50_000)
    assert rig.session.expired and rig.hold("START").state == "READY"
    # So the date is on record
    assert [name for name, _ in rig.events].count("expired") == 1


def test_a_session_that_a_fault_cut_short_goes_on_with_what_is_left():
    rig = limited(minutes=5).running(ups=3)
    rig.run(60_000)
    rig.inputs.usb_power = True
    rig.run(ROUND_MS)
    rig.inputs.usb_power = False
    fault = rig.events[-1][1]
    assert (
        fault["reason"] == "usb_power"
        and fault["left_s"] == 239
        and fault["used_s"] == 61
        and fault["stage"] == "on"
    )
    rig.hold("START")
    assert rig.session.state == "READY" and rig.session.left_s == 239 and rig.session.wait_s == 0
    rig.hold("START")
    rig.run(ARM_SETTLE_MS + 1_000)
    assert rig.session.state == "RUNNING" and rig.session.ua == [0, 0] and rig.session.left_s <= 239
    assert rig.events[-1][1]["open"] == [0, 239]
    rig.run(239_000, 50)
    assert rig.session.state == "ENDED" and len(rig.session.dose.sessions) == 1


def test_while_it_waits_the_device_notes_the_time_sparingly():
    rig = limited(minutes=0.25, ramp_down_s=0).running()
    rig.run(15_000)
    rig.press("START")
    rig.run(1_900_000, 50)
    # After 5, 10 … 25 minutes of 30, then never again
    assert [name for name, _ in rig.events].count("wait") == 5


def test_a_running_session_tells_its_progress_sparingly():
    rig = Rig(minutes=20).running()
    rig.run(19 * 60_000, 50)
    assert [fields["left_s"] for name, fields in rig.events if name == "progress"] == [
        1_190,
        1_180,
        1_160,
        1_120,
        1_040,
        900,
        600,
        300,
    ]


# --- questions ------------------------------------------------------------------------------------


def rating_of(rig):
    return [fields for name, fields in rig.events if name == "rating"]


def ended(before=None):
    rig = limited(minutes=0.25, ramp_down_s=0)
    if before is not None:
        rig.press("UP")
        for _ in range(before + 1):
            rig.press("UP")
        rig.press("START")
    rig.running()
    rig.run(15_000)
    assert rig.session.state == "ENDED"
    return rig


def test_all_questions_answered():
    rig = ended(before=7)
    for name in ("UP", "UP", "UP", "START", "DOWN", "UP", "START"):
        rig.press(name)
    assert rig.session.state == "READY" and rating_of(rig) == [
        {"before": 7, "after": 2, "skin": True}
    ]
    assert [fields["pain"] for name, fields in rig.events if name == "start"] == [7]


def test_found_start_at_the_unanswered_pain_question_still_asks_about_the_skin():
    rig = ended()
    rig.press("START")
    assert rig.session.state == "ENDED" and rig.session.rating.asking == "skin"
    for name in ("DOWN", "START"):
        rig.press(name)
    assert rating_of(rig) == [{"before": None, "after": None, "skin": False}]


def test_select_skips_one_question():
    rig = ended()
    for name in ("SELECT", "DOWN", "START"):
        rig.press(name)
    assert (
        rating_of(rig) == [{"before": None, "after": None, "skin": False}]
        and rig.session.hint == "skin_not_fine"
    )


@pytest.mark.parametrize("way", ["start", "stop", "nobody"])
def test_nobody_has_to_answer(way):
    rig = ended()
    if way == "start":
        rig.press("START")
        rig.press("START")
    elif way == "stop":
        rig.inputs.stop_down = True
        rig.run(ROUND_MS)
    else:
        rig.run(121_000)
    assert rig.session.state == "READY" and rating_of(rig) == [
        {"before": None, "after": None, "skin": None}
    ]


def test_what_was_chosen_but_not_confirmed_is_no_answer():
    rig = ended()
    rig.press("DOWN")
    assert rig.session.rating.value == 10
    rig.run(121_000)
    assert rating_of(rig) == [{"before": None, "after": None, "skin": None}]


def test_the_question_before_is_in_nobodys_way():
    rig = Rig()
    rig.press("UP")
    assert rig.session.rating.asking == "before" and rig.session.state == "READY"
    assert rig.hold("START").state == "ARMED" and rig.session.rating.asking == ""
    rig = Rig()
    rig.press("DOWN")
    rig.run(121_000)
    assert rig.session.rating.asking == "" and rig.session.state == "READY"


def test_pain_stays_between_0_and_10():
    rig = Rig()
    rig.press("UP")
    for _ in range(15):
        rig.press("UP")
    assert rig.session.rating.value == 10
    for _ in range(15):
        rig.press("DOWN")
    assert rig.session.rating.value == 0 and rig.session.set_ua == [0, 0]


def test_pain_told_half_an_hour_ago_is_not_that_of_the_session():
    rig = Rig()
    for name in ("UP", "UP", "START"):
        rig.press(name)
    assert rig.session.rating.before == 0
    rig.run(1_801_000, 50)
    rig.hold("START")
    assert rig.events[-1][1]["pain"] is None


def test_select_still_changes_the_program_and_only_skips_an_open_question():
    rx = prescription.from_toml_dict(document(program(name="One"), program(name="Two")))
    rig = Rig()
    rig.session.load(rx["programs"], (30_000, 30_000))
    rig.press("SELECT")
    assert rig.session.program["name"] == "Two"
    rig.press("UP")
    rig.press("SELECT")
    assert rig.session.program["name"] == "Two" and rig.session.rating.asking == ""


def test_select_has_nothing_to_choose_with_one_channel():
    rig = Rig(channels=[2]).running()
    rig.press("SELECT")
    rig.press("UP")
    assert rig.session.set_ua == [0, 1_000]


@pytest.mark.parametrize("pattern", [{}, {"on_s": 3, "off_s": 6}])
def test_what_therapy_shows_changes_only_when_it_is_told(pattern):
    """The supervisor builds a screen of therapy when `redraw` or `glance` say so: nothing else
    may change what it shows.
    """
    rig = Rig(minutes=1.5, **pattern)
    rig.running(2)
    session, seen, glance, drawn = rig.session, None, None, 0
    while session.state == "RUNNING":
        rows = screens.screen(session, False)
        if rows != seen:
            drawn += 1
            assert session.redraw or session.glance != glance, rows
        session.redraw, seen, glance = False, rows, session.glance
        rig.run(5 * ROUND_MS)
    assert drawn > 60
