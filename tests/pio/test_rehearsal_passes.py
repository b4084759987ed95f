"""The rehearsal where hardware does what it is told: what is shown to which pin, for how long, and
the time that is told of it.
"""

import pytest
from register_chip import DMA_CTRL_BUSY, PIO0, PIO1, TXF0, Drivers

LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
SHOWN_LOW, SHOWN_HIGH = 2, 3
LIMIT_US = 2_000


def shown(drivers, role):
    """The input override of a pin (datasheet 2.19.6.1: INOVER)."""
    return drivers.chip.function(drivers.gpio[role]) >> 16 & 3


def after(drivers, us, happens):
    """True from so long after `happens` was first true on."""
    seen = []

    def now():
        if happens() and not seen:
            seen.append(drivers.chip.now_us)
        return bool(seen) and drivers.chip.now_us - seen[0] >= us

    return now


@pytest.mark.parametrize("us", [0, 100, 1_900])
def test_a_guard_that_cuts_when_the_line_is_low_is_told_with_its_time(drivers, hal, us):
    """HZ2."""
    hal.guard.tripped = after(drivers, us, lambda: shown(drivers, "INTERLOCK_N") == SHOWN_LOW)
    assert us <= hal.rehearsal.guard_us() <= us + 30
    assert shown(drivers, "INTERLOCK_N") == 0


def test_what_comes_after_two_ms_has_not_come(drivers, hal):
    """HZ2: and what never comes holds nothing up for longer."""
    hal.guard.tripped = after(drivers, LIMIT_US + 100, lambda: shown(drivers, "INTERLOCK_N") == 2)
    began_us = drivers.chip.now_us
    assert hal.rehearsal.guard_us() == -1 and drivers.chip.now_us - began_us < LIMIT_US + 100


@pytest.mark.parametrize("turns", [3, 7])
def test_a_dead_man_is_given_its_turns_and_told_with_its_time(drivers, hal, turns):
    """HZ2: five ms more is never."""
    given = drivers.chip.fifo
    hal.guard.expired = after(drivers, 1_000 * turns, lambda: given.get(PIO0 + TXF0 + 8) == [turns])
    assert 1_000 * turns <= hal.rehearsal.deadman_us(turns) <= 1_000 * turns + 50
    hal.guard.expired = after(drivers, 1_000 * (turns + 6), lambda: True)
    assert hal.rehearsal.deadman_us(turns) == -1


@pytest.mark.parametrize("index", range(4))
def test_a_monitor_is_shown_its_own_leg_high(drivers, hal, index):
    """HZ2: it pulls 60 us later, and is told by its own name."""
    line = drivers.gpio["INTERLOCK_N"]
    pulls = after(drivers, 60, lambda: shown(drivers, LEGS[index]) == SHOWN_HIGH)
    drivers.chip.level = lambda chip: (not pulls()) << line
    hal.monitors.tripped = lambda: LEGS[index]
    assert 60 <= hal.rehearsal.monitor_us(index, [1, 2, 3, 4]) <= 90
    assert [shown(drivers, leg) for leg in LEGS] == [0] * 4


@pytest.mark.parametrize("channel", [1, 2])
def test_two_pulses_are_shown_for_as_long_as_a_sample_takes(drivers, hal, channel):
    """HZ4: 15.6 us into a phase it is there; leg A of that channel, and no other is measured."""
    chip, leg, slept = drivers.chip, LEGS[2 * channel - 2], []

    def sample():
        store = hal.sensing.meters[channel - 1].controls[1] - 16
        chip.words[store + 4] = (chip.words[store + 4] & ~15) | (chip.words[store + 4] + 2) & 15
        drivers.hal_judged.stored(None)

    def sleep_us(us):
        chip.now_us += us
        slept.append((us, shown(drivers, leg) == SHOWN_HIGH))
        if slept[-1][1]:
            sample()

    drivers.hal_rehearsal.time.sleep_us = sleep_us
    assert hal.rehearsal.samples(channel, [1, 2, 3, 4], (4_094, 4_094)) == 2
    assert [high for _, high in slept] == [True, False, True, False]
    assert all(us >= 16 for us, _ in slept)
    sample()
    hal.sensing.meters[channel - 1].taken(into := [0, 0, 0])
    assert into[0] == 0 and not chip.words.get(PIO0)


def test_registers_are_set_up_as_for_an_output_and_stand_for_two_ms(drivers, hal):
    """HZ2: what does not stand is told; the guard runs, and no pin is given away."""
    chip, began_us = drivers.chip, drivers.chip.now_us
    asked = []

    def wrong():
        asked.append((chip.now_us - began_us, chip.words[PIO0] & 12))
        assert [chip.words[chip.place(i, PIO1)] for i in range(4)] == [0, 17, 0, 17]
        return 0

    # As a monitor's own rehearsal leaves it: it has pulled
    chip.words[chip.place(3, PIO1)] = 30

    hal.watch.wrong = wrong
    assert hal.rehearsal.registers() == 0
    # As at an arming, and when it has stood for a while
    assert len(asked) == 8 and all(runs == 12 for _, runs in asked)
    assert all(us >= 2_000 for us, _ in asked[4:])
    assert not any(chip.words.get(one.controls[0], 0) & DMA_CTRL_BUSY for one in hal.engine.feeders)


def test_levels_of_the_lines_are_told_as_they_are(drivers, hal):
    chip = drivers.chip
    for role, ask in (("INTERLOCK_N", hal.rehearsal.line), ("SHORT_N", hal.rehearsal.short_line)):
        for level in (1, 0):
            chip.level = lambda chip, bit=level << drivers.gpio[role]: bit
            assert ask() == level


# Datasheet 2.3.1.7: GPIO_OE, then SET and CLR
SIO_DRIVES = 0xD0000020
SIO_SET, SIO_CLEAR = SIO_DRIVES + 4, SIO_DRIVES + 8


def test_short_n_is_driven_low_for_as_long_as_the_line_is_asked(drivers, hal):
    """HZ4: low, never high; and let go again."""
    chip, bit = drivers.chip, 1 << drivers.gpio["SHORT_N"]
    line, asked = 1 << drivers.gpio["INTERLOCK_N"], []

    def level(chip):
        written = [(at, value) for at, value in chip.writes if SIO_SET <= at <= SIO_CLEAR]
        asked.append(written)
        return 0 if (SIO_SET, bit) in written else line

    chip.level = level
    assert hal.rehearsal.short_pulls() == 0
    assert asked == [[(SIO_SET, bit)]]
    assert [one for one in chip.writes if SIO_SET <= one[0] <= SIO_CLEAR][-1] == (SIO_CLEAR, bit)
    # the level that it is driven to: GPIO_OUT_CLR, before it is driven
    places = [one[0] for one in chip.writes if one[1] == bit]
    assert places == [0xD0000018, SIO_SET, SIO_CLEAR]
    chip.level = lambda chip: line
    assert hal.rehearsal.short_pulls() == 1


@pytest.mark.parametrize("adc_input", [0, 1])
def test_a_sense_input_is_asked_while_the_pads_own_pull_up_is_on(drivers, hal, adc_input):
    """HZ4: and the pad is as before."""
    chip, pad, seen = drivers.chip, 0x4001C004 + 4 * (26 + adc_input), []
    chip.words[pad] = 0x92

    def counts(number, places):
        seen.append((number, chip.words[pad]))
        return 63

    hal.sensing.counts = counts
    assert hal.rehearsal.sense_against_pull(adc_input, None) == 63
    assert seen == [(adc_input, 0x9A)] and chip.words[pad] == 0x92


def test_what_is_not_fitted_is_told_as_none():
    pins = dict(Drivers().pins)
    del pins["SHORT_N"]
    bare = {role: (*row[:4], "none") for role, row in pins.items()}
    drivers = Drivers(PINS=bare)
    hal = drivers.build()
    assert hal.rehearsal.short_line() is None and hal.rehearsal.missing_pulls() is None
    assert hal.rehearsal.short_pulls() is None


def test_a_pull_is_given_time_to_win(drivers, hal):
    """HZ10: 50 kohm into a line of 100 pF, four times over: 20 us."""
    slept = []
    drivers.hal_rehearsal.time.sleep_us = slept.append
    hal.rehearsal.missing_pulls()
    assert slept == [20] * 6
