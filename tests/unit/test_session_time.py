"""Time and dose: both timers end a session, the day's sessions and the rest between them are
kept.
"""

import pytest
from ticked_session import ROUND_MS, Rig, limited

from stimcore import panel, screens
from stimcore.therapy import ARM_SETTLE_MS


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


def test_what_never_comes_ends_a_test_with_words():
    """Of a session that no defect lets end, the rig does."""
    rig = Rig(minutes=0.25)
    with pytest.raises(AssertionError) as told:
        while rig.session.state != "RUNNING":
            rig.run(60_000)
    assert "waits without end, in READY" in str(told.value)
