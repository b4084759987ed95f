"""Which words DMA is told to send to a pulse machine, and when: three a pulse (firmware/TIMING.md),
once the pulse before was judged (firmware/SAFETY.md), from two buffers of 32 pulses in turn.

What DMA then does is done here: its read address goes on by the words that it was told to send.
"""

import pytest
from machine_fields import DMA, DREQ_PIO0_TX0
from register_chip import PIO0, TXF0, Drivers
from test_drivers_on_registers import Train
from test_sensing_on_registers import Samples
from test_sensing_set_up import control

READ, WRITE, CTRL, COUNT_TRIGGER = 0, 4, 0x10, 0x1C
BLOCK, PULSE_BYTES = 32, 12


class Fed:
    """Both trains running; `judge` is a pulse that is as it was asked for, with its interrupts."""

    def __init__(self, both=True, count=(1, 2)):
        self.samples = samples = Samples(10, both=both)
        self.engine, self.chip = samples.hal.engine, samples.chip
        self.engine.prepare()
        self.chip.writes.clear()
        self.trains = [(channel, Train(), 100) for channel in count]
        self.engine.start(self.trains)
        self.told = {1: 0, 2: 0}

    def base(self, channel):
        return self.engine.feeders[channel - 1].controls[0] - CTRL

    def sent(self, channel):
        """Where the words begin that DMA was told to send since the last time; they are sent."""
        base = self.base(channel)
        told = self.chip.wrote(base + COUNT_TRIGGER)
        new, self.told[channel] = told[self.told[channel] :], len(told)
        if not new:
            return None
        assert new == [3]
        began = self.chip.words[base + READ]
        self.chip.words[base + READ] += PULSE_BYTES
        return began

    def judge(self, channel, ma=10, b_ma=None):
        return self.samples.pulse(channel, ma, b_ma)


def place(fed, channel, pulse):
    """Where the words of a train's pulse lie."""
    buffers = fed.engine.feeders[channel - 1].buffers
    return buffers[pulse // BLOCK % 2] + PULSE_BYTES * (pulse % BLOCK)


def test_a_start_sends_the_words_of_the_first_pulse_alone():
    """HZ2: words up, one at a time as the machine asks; nobody is started behind them."""
    fed = Fed()
    for channel in (1, 2):
        base, words = fed.base(channel), fed.chip.words
        assert fed.sent(channel) == place(fed, channel, 0)
        assert words[base + WRITE] == PIO0 + TXF0 + 4 * (channel - 1)
        assert control(words[base + CTRL]) == {
            "enabled": 1,
            "bytes": 4,
            "reads on": 1,
            "writes on": 0,
            "ring": 0,
            "ring of writes": 0,
            "chain": (base - DMA) // 0x40,
            "paced by": DREQ_PIO0_TX0 + channel - 1,
            "quiet": 1,
        }


@pytest.mark.parametrize("both", [True, False])
def test_each_pulse_that_is_right_sends_the_next_ones_words(both):
    """Over many blocks, of both channels in any order; a buffer is filled again once the other's
    first words are sent, and never before.
    """
    fed = Fed(both)
    for channel in (1, 2):
        assert fed.sent(channel) == place(fed, channel, 0)
    for pulse in range(1, 150):
        for channel in (1, 2) if pulse % 3 else (2, 1):
            if both:
                assert fed.judge(channel) == ""
            else:
                fed.samples.phase(channel, 372)
            assert fed.sent(channel) == place(fed, channel, pulse)
            assert fed.sent(3 - channel) is None
        written = [train.pulses for _, train, _ in fed.trains]
        assert fed.engine.round() == 0
        assert [train.pulses for _, train, _ in fed.trains] == [64 + pulse // BLOCK * BLOCK] * 2
        assert written == [64 + (pulse - 1) // BLOCK * BLOCK] * 2


def test_a_pulse_of_which_a_phase_was_not_measured_sends_nothing():
    """HZ2, HZ4: phase A alone, or a CPU that is lost before its interrupt."""
    fed = Fed()
    fed.sent(1)
    fed.samples.phase(1, 372)
    assert fed.sent(1) is None
    fed.samples.phase(1, 372, told=False)
    assert fed.sent(1) is None
    fed.samples.drivers.hal_judged.stored(None)
    assert fed.sent(1) == place(fed, 1, 1)


@pytest.mark.parametrize("wrong", [(0, None), (10, 0), (10, 7), (14, None), (10, 14)])
def test_a_pulse_that_is_wrong_sends_nothing(wrong):
    """HZ4, HZ9: lead off, phases that differ, too much."""
    fed = Fed()
    fed.sent(1)
    assert fed.judge(1, *wrong) != ""
    assert fed.sent(1) is None


def test_words_that_dma_has_not_all_sent_are_followed_by_none():
    """HZ3: the next ones would be taken for what they are not. Nor where it stands too far."""
    for missing in (4, 8, 12, -4, -12):
        fed = Fed()
        fed.sent(1)
        fed.chip.words[fed.base(1) + READ] -= missing
        assert fed.judge(1) == "" and fed.sent(1) is None
        if missing > 0:
            assert fed.engine.feeders[0].why_dry() == "engine_dry"


def test_no_words_are_sent_that_were_not_written_in_time():
    """HZ2: nothing is ever repeated."""
    fed = Fed(count=(1,))
    fed.sent(1)
    for pulse in range(1, 64):
        assert fed.judge(1) == "" and fed.sent(1) == place(fed, 1, pulse)
    for _ in range(3):
        assert fed.judge(1) == "" and fed.sent(1) is None
    assert fed.engine.feeders[0].why_dry() == "engine_dry"


@pytest.mark.parametrize("channel", [1, 2])
def test_a_machine_that_waits_for_a_pulse_to_be_judged_says_so(channel):
    """HZ4: of the two channels the one that stalls is named."""
    fed = Fed()
    for _ in range(40):
        for each in (1, 2):
            fed.sent(each)
            fed.judge(each)
        fed.engine.round()
    fed.sent(1), fed.sent(2)
    fed.chip.words[PIO0 + 8] = 1 << 24 + channel - 1
    assert fed.engine.round() == channel
    assert fed.engine.feeders[channel - 1].why_dry() == "no_measurement"


def test_a_pulse_that_ends_after_the_stop_sends_nothing():
    """HZ12."""
    fed = Fed()
    fed.sent(1)
    fed.samples.phase(1, 372)
    fed.engine.stop()
    fed.samples.phase(1, 372)
    assert fed.sent(1) is None
    # And the next train begins with its own first pulse
    fed.engine.start([(1, Train(), 100)])
    assert fed.sent(1) == place(fed, 1, 0)
    fed.judge(1)
    assert fed.sent(1) == place(fed, 1, 1)


@pytest.mark.parametrize("channel", [1, 2])
def test_where_nothing_is_measured_a_leg_b_that_has_risen_sends_the_next(channel):
    """A board without meters: a lost CPU sends nothing there either."""
    drivers = Drivers("bench")
    hal, chip = drivers.build(), drivers.chip
    risen = (drivers.hal_judged.rose_1, drivers.hal_judged.rose_2)
    # Before a train nobody counts
    risen[channel - 1](None)
    hal.engine.prepare()
    hal.engine.start([(1, Train(), 100), (2, Train(), 100)])
    feeder = hal.engine.feeders[channel - 1]
    base = feeder.controls[0] - CTRL
    for pulse in range(1, 5):
        chip.words[base + READ] += PULSE_BYTES
        risen[channel - 1](None)
        assert chip.words[base + READ] == feeder.buffers[0] + PULSE_BYTES * pulse
        assert chip.wrote(base + COUNT_TRIGGER) == [3] * (pulse + 1)
    now = [7, 7, 7]
    hal.sensing.step(now)
    assert now == [7, 7, 7], "no distance is asked where no sample tells it"
