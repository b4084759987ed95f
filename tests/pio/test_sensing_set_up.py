"""How samples come about: what converter and DMA are told, and which interrupt is whose.

Fields of registers are those of the RP2040's datasheet (DMA 2.5.7, ADC 4.9.6).
"""

import pytest
from register_chip import CS, Drivers
from test_sensing_on_registers import STORED_NOW, Samples

FCS, RESULT, FIFO = CS + 8, CS + 4, CS + 12
DMA = 0x50000000
PIO1_RXF0, DREQ_PIO1_RX0, DREQ_ADC = 0x50300020, 12, 36
FIFO_ON, ASK_DMA, AT_ONE_SAMPLE = 1, 1 << 3, 1 << 24
ENABLED, TEMPERATURE_ON, START_ONCE, READY = 1, 2, 4, 1 << 8


def control(word):
    """A DMA channel's CTRL by its fields."""
    return {
        "enabled": word & 1,
        "bytes": 1 << (word >> 2 & 3),
        "reads on": word >> 4 & 1,
        "writes on": word >> 5 & 1,
        "ring": (1 << (word >> 6 & 15)) * (word >> 6 & 15 > 0),
        "ring of writes": word >> 10 & 1,
        "chain": word >> 11 & 15,
        "paced by": word >> 15 & 63,
        "quiet": word >> 21 & 1,
    }


def channels(samples, meter):
    """Base addresses of a meter's two DMA channels, taker and storer."""
    return [at - 16 for at in samples.hal.sensing.meters[meter].controls]


@pytest.mark.parametrize("meter", [0, 1])
def test_each_word_of_a_monitor_starts_a_conversion_and_each_result_is_stored(meter):
    """HZ4, HZ9: its own monitor's words, one each time; eight halfwords in a ring, phases A and
    B in turn; only a stored one interrupts.
    """
    samples = Samples(10)
    words = samples.chip.words
    take, store = channels(samples, meter)
    assert [words[take + at] for at in (0, 4, 8)] == [PIO1_RXF0 + 8 * meter, CS, 1]
    assert control(words[take + 12]) == {
        "enabled": 1,
        "bytes": 4,
        "reads on": 0,
        "writes on": 0,
        "ring": 0,
        "ring of writes": 0,
        "chain": (store - DMA) // 0x40,
        "paced by": DREQ_PIO1_RX0 + 2 * meter,
        "quiet": 1,
    }
    assert words[store] == FIFO and words[store + 8] == 1
    assert control(words[store + 16]) == {
        "enabled": 1,
        "bytes": 2,
        "reads on": 0,
        "writes on": 1,
        "ring": 16,
        "ring of writes": 1,
        "chain": (take - DMA) // 0x40,
        "paced by": DREQ_ADC,
        "quiet": 0,
    }


def test_a_ring_has_room_for_all_that_dma_writes_into_it():
    """HZ2: sixteen bytes; what lies behind a shorter one would be overwritten."""
    for meter in Samples(10).hal.sensing.meters:
        assert len(meter._ring) * meter._ring.itemsize == 16


def test_the_storer_waits_before_the_taker_runs():
    samples = Samples(10)
    samples.hal.sensing.stop()
    samples.chip.writes.clear()
    samples.hal.sensing.start((1,), (400, 400), 180, True, 0)
    take, store = channels(samples, 0)
    written = [address for address, _ in samples.chip.writes]
    assert max(
        written.index(address) for address in range(store, store + 20, 4) if address in written
    ) < written.index(take + 12)


def test_the_converter_asks_dma_for_each_sample():
    samples = Samples(0)
    assert samples.chip.words[FCS] == AT_ONE_SAMPLE | ASK_DMA | FIFO_ON
    assert samples.chip.words[CS] == ENABLED | TEMPERATURE_ON


def test_after_a_cut_no_sample_is_stored_until_the_next_start():
    """HZ2: a converter that never ends would leave the CPU no time beside the interrupt."""
    samples = Samples(10)
    assert samples.pulse(1, 10) == "" and samples.chip.wrote(FCS) == []
    assert samples.pulse(1, 0) == "lead_off" and set(samples.chip.wrote(FCS)) == {0}
    # For ever, each input in turn
    samples.chip.words[CS] |= 1 << 3 | 31 << 16
    samples.hal.sensing.start((1,), (400, 400), 180, True, 0)
    assert samples.chip.words[FCS] == AT_ONE_SAMPLE | ASK_DMA | FIFO_ON
    assert samples.chip.words[CS] == ENABLED | TEMPERATURE_ON


def test_samples_that_nobody_took_are_no_samples_of_the_next_output():
    """HZ4: what waits in the FIFO from before would be judged as the first phase A."""
    samples = Samples(0)
    samples.hal.sensing.stop()
    waiting = [3]

    def taken(chip):
        waiting[0] -= 1
        return 999

    samples.chip.reading = {FCS: lambda chip: waiting[0] << 16, FIFO: taken}
    samples.hal.sensing.start((1,), (400, 400), 180, True, 0)
    assert waiting == [0]


def test_each_interrupt_is_that_of_its_channel():
    """HZ2, HZ3: storers interrupt and takers do not; leg B's monitor of channel 1 is machine 5,
    of channel 2 machine 7.
    """
    drivers = Drivers()
    hal, sensing = drivers.build(), drivers.hal_judged
    own = [row for row in drivers.chip.irqs if row[0] != "pio 0"]
    stores = [f"dma {(meter.controls[1] - 16 - DMA) // 0x40}" for meter in hal.sensing.meters]
    assert sorted(own) == sorted(
        [(name, sensing.stored) for name in stores]
        + [("machine 5", sensing.risen_1), ("machine 7", sensing.risen_2)]
    )


def test_every_interrupt_comes_at_once_and_not_when_python_has_time():
    """HZ2, HZ6, HZ9: a collection may take 20 ms. Those of machines are their own flag, bit 0; that
    of the guard is the block's first, 8 bits above.
    """
    drivers = Drivers()
    drivers.build()
    ways = dict(zip([name for name, _ in drivers.chip.irqs], drivers.chip.irq_ways, strict=True))
    assert len(ways) == 5 and all(hard is True for hard, _ in ways.values())
    assert [ways[name][1] for name in ("machine 5", "machine 7", "pio 0")] == [1, 1, 1 << 8]


@pytest.mark.parametrize("channel", [1, 2])
def test_a_sample_of_the_other_channel_excuses_nothing(channel):
    """HZ3: phase B without phase A while the other channel's sample waits to be judged."""
    samples = Samples(10)
    assert samples.pulse(channel, 10) == samples.pulse(3 - channel, 10) == ""
    other = samples.hal.sensing.meters[2 - channel].controls[1]
    samples.chip.words[STORED_NOW] = 1 << ((other - 16 - DMA) // 0x40)
    samples.rise(channel, "B")
    assert samples.hal.sensing.meters[channel - 1].fault == "no_measurement" and samples.cut()


@pytest.mark.parametrize("channel", [1, 2])
def test_every_phase_b_wants_a_phase_a_of_its_own(channel):
    samples = Samples(10)
    for _ in range(5):
        assert samples.pulse(channel, 10) == ""
    samples.phase(channel, 372)
    samples.rise(channel, "B")
    assert not samples.cut()


def test_where_phase_a_alone_is_sampled_every_sample_is_one():
    """HZ4: of four pulses none is lost and none is compared with the one before."""
    samples, into = Samples(10, both=False), [0, 0, 0]
    for counts in (372, 260, 372, 260):
        samples.phase(1, counts)
    meter = samples.hal.sensing.meters[0]
    meter.taken(into)
    assert into == [4, 2 * (372 + 260), 0] and meter.fault == "" and meter.last == (260, 0)


def test_the_moment_of_a_phase_a_is_that_of_the_timer():
    """HZ6: how far a pulse had come when it was cut is counted from it."""
    samples = Samples(10)
    samples.chip.words[0x40054028] = 12_345
    samples.phase(2, 372)
    samples.chip.words[0x40054028] = 12_500
    samples.phase(2, 372)
    assert [meter.at_us for meter in samples.hal.sensing.meters] == [0, 12_345]


def test_stopped_a_sample_that_still_comes_is_nobodys():
    """HZ2: no cut, no count, after the output has ended."""
    samples = Samples(10)
    samples.hal.sensing.stop()
    samples.phase(1, 0)
    samples.rise(1, "B")
    samples.rise(2, "B")
    into = [9, 9, 9]
    samples.hal.sensing.meters[0].taken(into)
    assert into == [0, 0, 0] and not samples.cut() and samples.hal.sensing.meters[0].fault == ""


@pytest.mark.parametrize("moment", range(14))
def test_sums_that_are_read_while_a_sample_comes_belong_together(moment):
    """HZ4: whenever the interrupt comes between two reads, pulses and their counts are of the
    same pulses.
    """
    samples = Samples(10)
    for _ in range(3):
        samples.pulse(1, 10, 9)
    module, reads = samples.drivers.hal_judged, [0]
    plain = module.ptr32

    def between(what):
        pointer = plain(what)

        class Watched(type(pointer)):
            def __getitem__(self, index):
                reads[0] += 1
                if reads[0] == moment + 1:
                    module.ptr32 = plain
                    samples.pulse(1, 10, 9)
                    module.ptr32 = between
                return super().__getitem__(index)

        pointer.__class__ = Watched
        return pointer

    module.ptr32 = between
    into, total = [0, 0, 0], [0, 0, 0]
    try:
        for _ in (0, 1):
            samples.hal.sensing.meters[0].taken(into)
            a, b = int(10 * 37.2), int(9 * 37.2)
            assert into[1:] == [a * into[0], (a - b) * into[0]]
            total = [x + y for x, y in zip(total, into, strict=True)]
    finally:
        module.ptr32 = plain
    assert total[0] == 4 or moment >= reads[0]


def test_a_pulse_that_has_begun_is_waited_for_until_its_sample():
    """TIMING.md: a sample comes 15.6 us into a phase at the latest, its interrupt included
    within 40.
    """
    samples = Samples(0)
    before_us = samples.chip.now_us
    samples.hal.sensing.wait()
    assert samples.chip.now_us - before_us >= 40


def test_a_board_that_measures_nothing_has_nothing_wrong():
    drivers = Drivers("bench")
    hal = drivers.build()
    hal.sensing.start((1, 2), (0, 0), 0, True, 0)
    drivers.hal_judged.stored(None)
    into = [7, 7, 7]
    for meter in hal.sensing.meters:
        meter.taken(into)
        assert into == [0, 0, 0] and meter.fault == "" and not meter.fitted and meter.last == (0, 0)
    hal.sensing.stop()
