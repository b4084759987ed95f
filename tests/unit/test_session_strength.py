"""Strength: it begins at 0, moves by steps up to its cap, and never rises by itself; what has not
been felt does not count; the lock of the controls.
"""

import pytest
from ticked_session import EVERY_MS, ROUND_MS, Rig, between_pulses

from stimcore.therapy import ARM_SETTLE_MS


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
