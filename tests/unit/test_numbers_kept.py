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


def _strength(rig):
    return _session(rig).strength


def _ramp(rig):
    return _strength(rig)._ramp


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
    "where channel 1 stands in its word": _item(lambda rig: rig.shift, 0),
    "where channel 2 stands in its word": _item(lambda rig: rig.shift, 1),
    "what the ramp leaves of it": _field(_strength, "permille"),
    "ramp up": _field(_ramp, "_up_ms"),
    "ramp down": _field(_ramp, "down_ms"),
    "time on": _field(_ramp, "_on_ms"),
    "time on and off": _field(_ramp, "_cycle_ms"),
    "whether it pulsates": _field(_ramp, "pulsates"),
    "gap": _field(_train, "gap_us"),
    "phase": _field(_train, "_phase_us"),
    "period": _field(_train, "period_us"),
    "burst": _field(_train, "_burst_pulses"),
    "pause of a burst": _field(_train, "_pause_us"),
    "half a sweep": _field(_train, "_half_ms"),
    "kept asked": _item(lambda rig: rig.supervisor._outputs._asked_ua, 0),
    "kept number": _item(lambda rig: rig.supervisor._outputs._numbers.kept, 1),
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
    rig = Rig().running()
    outputs = rig.supervisor._outputs
    numbers = outputs._numbers
    assert numbers.stand(_session(rig), outputs._trains) and numbers.now == numbers.kept
    for array in (numbers.now, numbers.kept):
        for index in range(len(array)):
            for bit in range(31):
                array[index] ^= 1 << bit
                assert numbers.now != numbers.kept
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


def test_a_current_that_falls_by_itself_is_not_set():
    """Whatever the session says: nobody asked for it."""
    rig = Rig().running()
    rig.press("UP", 50)
    rig.run(200)
    rig.device.session.ua[1] = 0
    rig.run(ROUND_MS)
    assert rig.ua == [1_000, 1_000]
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "registers"


def test_a_current_that_stands_is_not_asked_for_again():
    """What it would be worked out with may have flipped since it was compared."""
    rig = Rig().running()
    rig.press("UP", 50)
    rig.run(200)
    rig.ua[1] = 77
    rig.run(1_000)
    assert rig.ua == [1_000, 77] and rig.device.session.state == "RUNNING"


def test_a_current_on_its_way_is_none_that_is_too_little():
    """As after the off time of a program without a ramp: the slew limit lets it come in rounds."""
    rig = Rig().running()
    for asked in (_session(rig).set_ua, rig.supervisor._outputs._asked_ua):
        asked[0] = asked[1] = 20_000
    _strength(rig).moving = _strength(rig)._following = True
    rig.run(17 * ROUND_MS)
    assert 10_000 < rig.ua[0] < 20_000
    rig.run(17 * ROUND_MS)
    assert rig.ua == [20_000, 20_000] and _session(rig).state == "RUNNING"


@pytest.mark.parametrize("name", ["pulsing", "armed"])
def test_what_the_outputs_follow_fits_the_state(name):
    """True and False are one bit apart: trains would end, and nobody say so."""
    rig = Rig().running()
    setattr(_session(rig), name, False)
    rig.run(16 * ROUND_MS)
    assert _session(rig).latch.reason == "registers" and "disarm" in rig.calls


def test_a_ramp_that_no_longer_moves_is_found():
    rig = Rig().running()
    _strength(rig).permille, _strength(rig).moving = 400, False
    rig.run(16 * ROUND_MS)
    assert _session(rig).latch.reason == "registers"


def test_who_finds_something_wrong_is_heard_or_the_dead_man_is_not_reloaded():
    """A session that no longer asks for faults: one bit."""
    rig = Rig().running()
    _session(rig)._watched = False
    rig.run(16 * ROUND_MS)
    del rig.calls[:]
    rig.run(6 * ROUND_MS)
    assert _session(rig).state == "RUNNING" and "reload" not in rig.calls
    assert "feed" in rig.calls


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
