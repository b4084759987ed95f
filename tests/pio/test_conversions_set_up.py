"""One conversion between the pulses: what the converter is told (datasheet 4.9.6), and how long
it is waited for.
"""

from array import array

import pytest
from register_chip import CS
from test_sensing_on_registers import Samples
from hang import within_cpu_s
from test_sensing_set_up import (
    ASK_DMA,
    AT_ONE_SAMPLE,
    ENABLED,
    FCS,
    FIFO_ON,
    READY,
    RESULT,
    START_ONCE,
    TEMPERATURE_ON,
)


def test_a_conversion_is_one_of_its_input_waited_for_and_leaves_the_fifo_as_it_was():
    """HZ10: without interrupts, and not into the FIFO, where DMA would take it for a sample of
    the current.
    """
    samples = Samples(0)
    chip = samples.chip
    # Level and "empty" are told there too
    chip.words[FCS] |= 5 << 16 | 1 << 8
    polls, seen = iter([0, 0, READY]), []

    def status(chip):
        seen.append((chip.masked, chip.words[FCS]))
        return next(polls)

    chip.reading, chip.set_bits = (
        {CS: status, RESULT: lambda chip: 0xF123 if len(seen) == 3 else 0},
        dict(chip.set_bits),
    )
    chip.writes.clear()
    assert samples.hal.sensing.counts(2, array("i", [0, 0])) == 0x123
    assert chip.wrote(CS) == [ENABLED | TEMPERATURE_ON | START_ONCE | 2 << 12]
    assert seen == [(True, 0)] * 3 and not chip.masked
    assert chip.words[FCS] & 0xF00000F == AT_ONE_SAMPLE | ASK_DMA | FIFO_ON


@pytest.mark.parametrize("reads, ends", [(63, True), (200, False)])
def test_a_conversion_is_waited_for_and_no_longer_than_it_may_take(reads, ends, monkeypatch):
    """HZ2: 96 clocks of 48 MHz (datasheet 4.9.2), 96 of one under way before it: 500 of the core's,
    of which a read and its turn take at least eight. What is in the FIFO's way is put back.
    """
    samples = Samples(0)
    chip, sensing, asked = samples.chip, samples.hal.sensing, []

    def status(chip):
        asked.append(chip.masked)
        return READY * (len(asked) >= reads)

    monkeypatch.setattr(chip, "reading", {CS: status, RESULT: lambda chip: 0x123})
    monkeypatch.setattr(sensing, "unended", 0)
    with within_cpu_s(5):
        counts = sensing.counts(2, array("i", [0, 0]))
    assert counts == (0x123 if ends else -2) and sensing.unended == (not ends)
    assert not chip.masked and chip.words[FCS] & 0xF00000F == AT_ONE_SAMPLE | ASK_DMA | FIFO_ON


def test_what_does_not_end_is_no_supply_and_no_temperature_and_no_pulse(monkeypatch):
    samples = Samples(0)
    places, sensing = array("i", [0, 0]), samples.hal.sensing
    monkeypatch.setattr(sensing, "unended", 0)
    monkeypatch.setattr(samples.chip, "set_bits", {})
    assert sensing.supply_mv(places) == -2 and sensing.temperature_c(places) is None
    assert sensing.unended == 2
    monkeypatch.setattr(samples.chip, "set_bits", {CS: READY})
    assert sensing.supply_mv(places) >= 0 and sensing.temperature_c(places) is not None
    assert sensing.unended == 2


def test_in_a_pulse_of_either_channel_nothing_is_converted():
    samples = Samples(0)
    places = array("i", [samples.chip.place(0), samples.chip.place(1)])
    sensing = samples.hal.sensing
    for at in ((5, 13), (13, 5)):
        samples.chip.words[places[0]], samples.chip.words[places[1]] = at
        assert sensing.counts(2, places) == -1
        assert sensing.supply_mv(places) == -1 and sensing.temperature_c(places) is None
    samples.chip.words[places[0]] = samples.chip.words[places[1]] = 0
    assert sensing.counts(2, places) >= 0, "they wait for their trigger"
