"""The supervisor's rounds: when memory is collected, and when it must not be."""

import pytest
from app import supervisor

# First: imports of the Unix port nest only so deep
from stimcore import panel

# isort: split
from supervised import ROUND_MS, Rig


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
