"""Numbers that safety rests on while armed: each bit of each, flipped in a session that runs, is
a trip before it is used.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel  # noqa: F401

# isort: split
from supervised import ROUND_MS, Rig


def _item(of, index):
    """(get, set) of an item of a list that the rig's session or output stage holds."""

    def put(rig, value):
        of(rig)[index] = value

    return lambda rig: of(rig)[index], put


def _field(of, name):
    return lambda rig: getattr(of(rig), name), lambda rig, value: setattr(of(rig), name, value)


def _session(rig):
    return rig.device.session


def _timers(rig):
    return _session(rig).timers


def _caps(index):
    def put(rig, value):
        caps = list(_session(rig).caps_ua)
        caps[index] = value
        _session(rig).strength.caps_ua = tuple(caps)

    return lambda rig: _session(rig).caps_ua[index], put


def _train(rig):
    return rig.supervisor._outputs._trains[1][1]


NUMBERS = {
    "cap of channel 1": _caps(0),
    "cap of channel 2": _caps(1),
    "current of channel 1": _item(lambda rig: _session(rig).ua, 0),
    "current of channel 2": _item(lambda rig: _session(rig).ua, 1),
    "asked of channel 1": _item(lambda rig: _session(rig).set_ua, 0),
    "asked of channel 2": _item(lambda rig: _session(rig).set_ua, 1),
    "end by the clock": _field(_timers, "end_ms"),
    "length": _field(_timers, "start_ms"),
    "what the driver may give": _item(lambda rig: rig.allowed_ua, 1),
    "full scale": _field(lambda rig: rig, "full_scale_ua"),
    "gap": _field(_train, "gap_us"),
    "phase": _field(_train, "_phase_us"),
    "period": _field(_train, "period_us"),
    "burst": _field(_train, "_burst_pulses"),
    "pause of a burst": _field(_train, "_pause_us"),
    "half a sweep": _field(_train, "_half_ms"),
    "kept asked": _item(lambda rig: rig.supervisor._outputs._asked_ua, 0),
    "kept number": _item(lambda rig: rig.supervisor._outputs._kept, 1),
}
BITS = (0, 13, 28)


@pytest.mark.parametrize("name", list(NUMBERS))
def test_each_bit_of_a_number_is_a_trip(name):
    """Within 16 rounds: less than the block of pulses before the words that could be wrong."""
    get, put = NUMBERS[name]
    for bit in BITS if name == "cap of channel 1" else BITS[:2]:
        rig = Rig().running()
        rig.press("UP", 50)
        rig.run(200)
        # What the drivers were asked does not fit the heap
        del rig.calls[:]
        assert rig.device.session.state == "RUNNING"
        put(rig, get(rig) ^ 1 << bit)
        rig.run(16 * ROUND_MS)
        assert (
            rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "registers"
        ), (name, bit)
        assert rig.supervisor._outputs.register == -6


def test_the_numbers_themselves_tell_each_bit():
    """Of every number that is compared: the two arrays differ whatever bit of either flips."""
    outputs = Rig().running().supervisor._outputs
    outputs._numbers(outputs._now)
    assert outputs._now == outputs._kept
    for array in (outputs._now, outputs._kept):
        for index in range(len(array)):
            for bit in range(31):
                array[index] ^= 1 << bit
                assert outputs._now != outputs._kept
                array[index] ^= 1 << bit


def test_the_driver_may_give_the_caps_while_armed_and_nothing_at_rest():
    """HZ9: whoever asks it."""
    rig = Rig()
    assert rig.allowed_ua == [0, 0]
    rig.running()
    assert rig.allowed_ua == list(rig.device.session.caps_ua) != [0, 0]
    rig.hal.levels.loop_open = True
    rig.run(2 * ROUND_MS)
    assert rig.device.session.state == "FAULT" and rig.allowed_ua == [0, 0]


def test_a_current_that_jumps_is_not_set():
    """More than the slew limit over the longest round: whatever the session says, the driver
    keeps what stood.
    """
    rig = Rig().running()
    rig.press("UP", 50)
    rig.run(200)
    session = rig.device.session
    session.set_ua[0] = 9_000
    rig.supervisor._outputs._asked_ua[0] = 9_000
    step = session.step

    def jump(*told):
        step(*told)
        session.ua[0] = 9_000

    session.step = jump
    rig.run(ROUND_MS)
    assert rig.ua[0] == 1_000
    session.step = step
    rig.run(2 * ROUND_MS)
    assert session.latch.reason == "registers"


def test_a_short_trips_without_the_guard():
    """INTERLOCK_N stuck high: the comparator's own line says it."""
    rig = Rig().running()
    rig.hal.levels.short = True
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "short" and "disarm" in rig.calls


def test_nothing_is_armed_where_no_monitor_can_pull_the_line():
    rig = Rig()
    rig.line_pulls = False
    rig.press("START", 1_200)
    assert rig.device.session.latch.reason == "width" and "arm" not in rig.calls
