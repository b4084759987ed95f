"""The supervisor's rounds: what is asked how often, what waits for a gap between the pulses, and
both ends of each window.
"""

import pytest
from app import supervisor

# First: imports of the Unix port nest only so deep
from stimcore import panel

# isort: split
from supervised import ROUND_MS, Rig


def counted(rig, driver, name):
    """How often a driver is asked: a list that grows."""
    asked, plain = [], getattr(driver, name)

    def ask(*arguments):
        asked.append(rig.now_ms)
        return plain(*arguments)

    setattr(driver, name, ask)
    return asked


@pytest.mark.parametrize("running", [False, True])
def test_supply_temperature_and_a_usb_host_are_looked_for_every_70_ms(running):
    """HZ7, HZ10: off within 100 ms of a supply that leaves its window."""
    rig = Rig()
    if running:
        rig.running()
    asked = [
        counted(rig, rig.hal.levels, "look_for_host"),
        counted(rig, rig.hal.sensing, "supply_mv"),
        counted(rig, rig.hal.sensing, "temperature_c"),
    ]
    rig.run(700)
    for times in asked:
        assert (
            9 <= len(times) <= 12
            and max([later - earlier for earlier, later in zip(times, times[1:])]) <= 80
        )


@pytest.mark.parametrize("busy", [1, 39, 40])
def test_a_reading_waits_for_a_gap_between_the_pulses(busy):
    """HZ10: up to 40 times 100 us in one round, in the next again."""
    rig = Rig().running()
    slept, left = [], [busy]

    def supply_mv(places):
        left[0] -= 1
        return -1 if left[0] >= 0 else 3_000

    rig.hal.sensing.supply_mv = supply_mv
    rig.hal.clock.sleep_us = slept.append
    while not slept:
        rig.run(ROUND_MS)
    assert set(slept) == {100} and len(slept) == busy
    assert (rig.device.session.latch.reason == "supply") == (busy < 40)
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "supply"


def in_pulse_for_ever(rig, value):
    """Nobody who waits for a gap gets one from now on: the supply, or the temperature alone."""
    if value == "supply":
        rig.supply_mv = -1
    rig.celsius = None


@pytest.mark.parametrize("value", ["supply", "temperature"])
def test_what_is_in_a_pulse_for_longer_than_a_pulse_is_a_fault(value):
    """HZ2: a machine that has left its program seems to be in one; 40 times 100 us are more than
    two channels of 500, 500 and 500 us take. Case 603 of seed 3.
    """
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    in_pulse_for_ever(rig, value)
    while len(slept) < 40:
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING", "an engine that ran dry is told as that"
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "registers" and len(slept) == 80
    (told,) = list(rig.device.journal.since("reason"))
    assert told["register"] == -8
    rig.run(200)
    assert rig.device.session.latch.reason == "registers"


def test_an_engine_that_ran_dry_stays_the_reason_though_it_stands_in_a_pulse():
    rig = Rig().running()
    in_pulse_for_ever(rig, "supply")
    rig.dry = True
    rig.run(200)
    assert rig.device.session.latch.reason == "engine_dry"


def test_a_round_without_a_gap_now_and_then_is_no_fault():
    """HZ2: never two in a row."""
    rig = Rig().running()
    for _ in range(20):
        rig.celsius = None
        rounds, asked = 0, []
        rig.hal.clock.sleep_us = asked.append
        while not asked and rounds < 10:
            rig.run(ROUND_MS)
            rounds += 1
        assert len(asked) == 40
        rig.celsius = 27
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING"


def unready(rig):
    """The converter ends no conversion from now on. What it is asked: a list that grows."""
    asked = []

    def supply_mv(places):
        asked.append(rig.now_ms)
        rig.hal.sensing.unended += 1
        return -2

    rig.hal.sensing.supply_mv, rig.celsius = supply_mv, None
    return asked


def test_a_converter_that_ends_no_conversion_is_a_fault_and_is_asked_once_a_round():
    """HZ4: unlike a pulse under way, which is waited for."""
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    asked = unready(rig)
    rig.run(100)
    assert rig.device.session.state == "FAULT" and not slept
    assert rig.device.session.latch.reason == "no_measurement"
    assert asked == sorted(set(asked))


def test_a_converter_that_failed_once_is_a_fault_and_what_was_found_before_it_stays_the_reason():
    rig = Rig().running()
    rig.wrong = 0x50000000
    unready(rig)
    rig.run(100)
    assert rig.device.session.latch.reason == "registers"


def test_nothing_is_armed_while_the_converter_ends_no_conversion_and_after_that_again():
    """HZ4: the reason is shown, no fault is latched: nothing was on."""
    rig = Rig()
    rig.run(100)
    asks = rig.hal.sensing.supply_mv
    unready(rig)
    rig.run(100)
    rig.press("START", 1_200)
    assert rig.device.session.state == "READY" and rig.device.session.hint == "no_measurement"
    rig.hal.sensing.supply_mv, rig.celsius = asks, 27
    rig.run(100)
    rig.press("START", 1_200)
    assert rig.device.session.armed


class _Memory:
    """In place of gc while it is entered: when memory was collected, and whether a button was down
    or just had been.
    """

    def __init__(self, rig):
        self.collected, self._rig = [], rig
        # A screen that is under way would be drawn first
        rig.hal.display.busy = False

    def __enter__(self):
        self._plain, supervisor.gc = supervisor.gc, self
        return self.collected

    def __exit__(self, *_):
        supervisor.gc = self._plain

    def collect(self):
        rig = self._rig
        self.collected.append((rig.now_ms, rig.supervisor._keys.busy or rig.hal.levels.pressed > 0))


def test_memory_is_collected_between_the_presses_and_not_in_one():
    """HZ12: else a press would now and then wait for it."""
    rig = Rig()
    with _Memory(rig) as collected:
        rig.running()
        rig.run(200)
        assert len(collected) == 1, "a session begins with all there is"
        del collected[:]
        for i in range(40):
            rig.press(("UP", "DOWN")[i % 2], 80)
            rig.run(300)
            # What the drivers were asked does not fit the heap
            del rig.calls[:]
        assert 2 <= len(collected) <= 19
        assert True not in [in_a_press for _, in_a_press in collected]
        del collected[:]
        rig.run(10_000)
        assert len(collected) <= 1


def _held_until_armed(rig):
    """START is still down, and few screens have been built."""
    rig.run(100)
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("START")
    for _ in range(200):
        rig.supervisor._screens = 0
        rig.run(ROUND_MS)
        if rig.device.session.state == "ARMED":
            return
    assert rig.device.session.state == "ARMED"


@pytest.mark.parametrize("busy", [True, False])
def test_a_session_begins_with_all_memory_that_there_is(busy):
    """HZ12: in a round between arming and the first pulse, whatever the display does and though
    START is still down; in the round that begins a sweep it would come near the dead-man.
    """
    rig = Rig()
    with _Memory(rig) as collected:
        rig.hal.display.busy = busy
        _held_until_armed(rig)
        rig.run(ROUND_MS)
        (_, held) = collected[0]
        assert held and rig.device.session.state == "ARMED" and "start" not in rig.calls
        rig.run(200)
        assert rig.device.session.state == "RUNNING" and len(collected) == 1


def test_words_of_a_train_are_written_between_arming_and_its_start_a_block_a_round():
    """HZ12: two blocks for two channels, four rounds; nothing before that."""
    rig = Rig()
    _held_until_armed(rig)
    assert "write_next" not in rig.calls
    while rig.device.session.state == "ARMED":
        before = rig.calls.count("write_next")
        rig.run(ROUND_MS)
        assert rig.calls.count("write_next") - before <= 1
    assert rig.calls.count("write_next") >= 4
    assert "write_next" not in rig.calls[rig.calls.index("start") :]


def test_memory_is_not_collected_while_a_screen_is_on_its_way():
    """HZ12: whoever pressed would see it later."""
    rig = Rig()
    with _Memory(rig) as collected:
        rig.running()
        del collected[:]
        rig.hal.display.busy = True
        for i in range(20):
            rig.press(("UP", "DOWN")[i % 2], 80)
            rig.run(100)
            del rig.calls[:]
        assert collected == []
        rig.hal.display.busy = False
        rig.run(ROUND_MS)
        assert len(collected) == 1


def test_memory_is_collected_when_nothing_waits_for_the_next_round():
    """HZ12: it takes as long as two rounds. Not while an output is still to be switched off, nor
    shortly before a session's end.
    """
    rig = Rig()
    with _Memory(rig) as collected:
        rig.running()
        rig.run(500)
        session, round_ = rig.device.session, rig.supervisor
        del collected[:]
        for left_ms, times in ((101 + ROUND_MS, 1), (100 + ROUND_MS, 0)):
            session.timers.left_ms, round_._screens, session.redraw = left_ms, 12, True
            rig.run(ROUND_MS)
            assert len(collected) == times
            del collected[:]
        session.timers.left_ms = 60_000
        session.end_now("host")
        round_._screens = 12
        rig.run(ROUND_MS)
        assert round_._outputs.armed and collected == []
        rig.run(ROUND_MS)
        assert not round_._outputs.armed and len(collected) == 1


def test_a_temperature_that_was_not_read_is_tried_again_though_the_supply_was():
    """HZ4: in the next round, not 70 ms later."""
    rig = Rig().running()
    slept = []
    rig.hal.clock.sleep_us = slept.append
    rig.celsius = None
    while not slept:
        rig.run(ROUND_MS)
    assert rig.device.session.state == "RUNNING"
    rig.celsius = 71
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "temperature"


@pytest.mark.parametrize(
    "row",
    [
        (4_300, 27, ""),
        (4_299, 27, "supply"),
        (5_600, 27, ""),
        (5_601, 27, "supply"),
        (5_000, 0, ""),
        (5_000, -1, "temperature"),
        (5_000, 70, ""),
        (5_000, 71, "temperature"),
        (None, 27, ""),
    ],
)
def test_each_window_has_two_ends(row):
    """HZ10, HZ4: of the sample board, and of the chip."""
    rig = Rig().running()
    rig.supply_mv, rig.celsius, reason = row
    rig.run(200)
    assert rig.device.session.latch.reason == (reason or "none")


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
