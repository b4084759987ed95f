"""The supervisor's rounds: its clocks, what is remembered and told, and the watchdog's time."""

# First: imports of the Unix port nest only so deep
from stimcore import panel

# isort: split
from supervised import ROUND_MS, Rig, counted


def test_the_second_clock_is_asked_before_its_counter_wraps_and_in_every_round_while_arming():
    """HZ6: it wraps after 131 ms; an end that is counted from an old time comes early."""
    rig = Rig()
    asked = counted(rig, rig.hal.clock, "core_ms")
    rig.run(400)
    assert max([later - earlier for earlier, later in zip(asked, asked[1:])]) == 40
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("START")
    while rig.device.session.state != "ARMED":
        rig.run(ROUND_MS)
    del asked[:]
    rounds = 0
    while rig.device.session.state == "ARMED":
        rig.run(ROUND_MS)
        rounds += 1
    assert len(asked) == rounds > 5
    rig.hal.levels.pressed = 0
    session = rig.device.session
    assert session.timers.end_ms - rig.core_ms == session.timers.left_ms
    del asked[:]
    rig.run(400)
    assert len(asked) == 10


def test_a_jump_of_the_clock_hides_no_other_fault():
    rig = Rig().running()
    rig.hal.clock.jumped = True
    rig.tripped = rig.hal.levels.short = True
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "short" and rig.hal.clock.jumped is False


def test_the_clock_is_told_whether_anything_is_armed():
    """HZ6: while armed a jump counts nothing; at rest time goes on."""
    rig = Rig()
    told = []
    rig.hal.clock.now_ms = lambda armed: told.append(armed) or rig.now_ms
    rig.run(50)
    assert not any(told)
    rig.running()
    del told[:]
    rig.run(50)
    assert all(told)


def test_each_state_is_remembered_with_its_reason():
    """HZ10: state in the low byte, reason above it; what the next boot finds."""
    rig = Rig()
    words = []
    rig.hal.remember = words.append
    rig.running()
    assert [word & 0xFF for word in words] == [2, 3] and [word >> 8 for word in words] == [0, 0]
    rig.hal.levels.loop_open = True
    rig.run(ROUND_MS)
    assert words[-1] & 0xFF == 6 and words[-1] >> 8 > 0


def test_a_trip_is_followed_by_off_in_the_same_round():
    """HZ2: the outputs follow the session before screen, journal and link."""
    rig = Rig().running()
    del rig.calls[:]
    record = rig.device.record
    rig.device.record = lambda *told: rig.calls.append("record") or record(*told)
    rig.hal.levels.usb_power = True
    rig.run(ROUND_MS)
    order = [call for call in rig.calls if call in ("disarm", "record", "link", "feed")]
    assert order[0] == "disarm" and order[-1] == "feed" and "record" in order


def test_what_a_session_was_given_is_told_with_what_ends_it():
    """HZ6: pulses and charge of each channel, in the record of the fault itself."""
    rig = Rig().running()
    rig.meters[0].pulses = 7
    rig.hal.levels.loop_open = True
    rig.run(ROUND_MS)
    (told,) = list(rig.device.journal.since("reason"))
    assert told["e"] == "fault" and told["pulses"] == [7, 0] and "uc" in told and "muc" in told


def test_the_link_is_served_in_a_session_of_a_host_alone():
    """HZ1, HZ2."""
    rig = Rig().running()
    rig.device.session.latch.clear()
    rig.device.usb_power = rig.hal.levels.usb_power = True
    rig.supervisor._inputs.usb_isolated = True
    del rig.calls[:]
    rig.run(100)
    assert rig.device.session.state == "RUNNING" and "link" not in rig.calls


def test_a_self_test_has_the_watchdogs_whole_time():
    """HZ2: it takes 0.3 s; the watchdog waits half a second from before it."""
    rig = Rig()
    rig.device.failed = ["guard_cuts"]
    rig.device.session.trip("self_test")
    rig.device.self_test = lambda: rig.calls.append("self_test")
    read = rig.supervisor._read
    rig.supervisor._read = lambda: rig.calls.append("round") or read()
    del rig.calls[:]
    rig.press("START", 1_200)
    at = rig.calls.index("self_test")
    assert rig.calls[at - 2 : at + 2] == ["round", "feed", "self_test", "feed"]
    assert rig.device.session.state == "FAULT", "it still fails"


def test_around_an_erase_the_watchdog_begins_anew_at_rest_and_never_while_armed():
    """HZ2: an erase takes up to 400 ms and the watchdog waits 500; while armed there is none."""
    rig = Rig()
    outputs, session = rig.supervisor._outputs, rig.device.session

    def fed():
        del rig.calls[:]
        rig.around_erase[0]()
        return rig.calls == ["feed"]

    assert fed() and not outputs.armed and not session.armed
    rig.press("START", 1_200)
    assert session.armed and outputs.armed and not fed()
    # the output stage is armed until it has been switched off, whatever the session says
    rig.device.session.trip("registers")
    assert not session.armed and outputs.armed and not fed()
    rig.run(ROUND_MS)
    assert not outputs.armed and fed()
