"""What the interrupts of the samples judge, sample by sample: lead off at half, too high at an
eighth more or above the cap, phases that differ.

30 mV a mA, 3.3 V are 4095 counts: 10 mA are 372 counts. Amplitude is 4096 steps of 100 mA.
"""

from array import array

import pytest
from register_chip import DMA_ABORT, GPIO_CTRL, NULL, Drivers

COUNTS_A_MA = 37.2
FUNCTIONS_OFF, TRIP = [NULL] * 5, 28
STORED_NOW = 0x5000040C


class Samples:
    """Sensing as it is when armed with a cap, amplitude at some mA; `phase` stores a sample and
    lets its interrupt come.
    """

    _built = None

    def __init__(self, ma, cap_ma=30, both=True, channels=(1, 2), too_soon_us=0):
        if not Samples._built:
            drivers = Drivers()
            Samples._built = drivers, drivers.build(), drivers.chip.kept()
        self.drivers, self.hal, kept = Samples._built
        self.chip = self.drivers.chip
        self.chip.put_back(kept)
        for at, shift in zip(self.hal.amplitude.compare, self.hal.amplitude.shift, strict=True):
            self.chip.words[at] = int(ma * 4_096 / 100) << shift
        most = int(cap_ma * 1.1 * COUNTS_A_MA) + 20
        self.hal.sensing.start(channels, (most, most), int(4.9 * COUNTS_A_MA), both, too_soon_us)
        self.hal.guard.arm()
        self.guard_at(27)
        self.chip.writes.clear()

    def guard_at(self, place):
        self.chip.words[self.chip.place(3)] = place

    def phase(self, channel, counts, told=True):
        """A sample is there; `told` at once, or only with the next: the ring holds eight."""
        meter = self.hal.sensing.meters[channel - 1]
        store = meter.controls[1] - 16
        at = self.chip.words[store + 4]
        self.chip.store(at, int(counts), 2)
        self.chip.words[store + 4] = (at & ~15) | ((at + 2) & 15)
        if told:
            self.drivers.hal_judged.stored(None)

    def pulse(self, channel, a_ma, b_ma=None):
        self.rise(channel, "A")
        self.phase(channel, a_ma * COUNTS_A_MA)
        self.rise(channel, "B")
        self.phase(channel, (a_ma if b_ma is None else b_ma) * COUNTS_A_MA)
        return self.hal.sensing.meters[channel - 1].fault

    def rise(self, channel, leg):
        if leg == "B":
            (self.drivers.hal_judged.risen_1, self.drivers.hal_judged.risen_2)[channel - 1](None)

    def cut(self):
        """Whether the outputs have been cut by both ways."""
        first = self.drivers.gpio["CH1_A"]
        pins = [self.chip.function(first + k) for k in range(5)] == FUNCTIONS_OFF
        guard = self.chip.wrote(self.hal.guard.cut[0]) == [TRIP]
        assert pins == guard
        return pins


# mA asked for, mA of phase A, of phase B, what it is. HZ4: lead off from 5 mA up is less than half;
# HZ9: an eighth and a mA too much.
PULSES = [
    (10, 10, 10, ""), (10, 5.5, 5.5, ""), (10, 4.5, 4.5, "lead_off"), (10, 1.5, 1.5, "lead_off"),
    (10, 0, 0, "lead_off"),
    (10, 12, 12, ""), (10, 12.6, 12.6, "over_current"), (20, 25.9, 25.9, "over_current"),
    (10, 13, 13, "over_current"), (29, 33.9, 33.9, "over_current"), (29, 32.5, 32.5, ""),
    (4, 0, 0, ""), (4, 4, 4, ""), (1, 2, 2, ""), (1, 2.5, 2.5, "over_current"), (0, 0.5, 0.5, ""),
    (0, 3, 3, "over_current"),
    (10, 10, 9, ""), (10, 10, 8.8, "unbalanced"), (10, 8.7, 10, "unbalanced"), (10, 8.9, 10, ""),
    (2, 2, 1.5, ""), (4, 4, 2.5, "unbalanced"),
    (10, 10, 4.5, "lead_off"), (10, 10, 13, "over_current"),
]  # fmt: skip


@pytest.mark.parametrize("channel", [1, 2])
def test_what_is_wrong_with_a_pulse(channel):
    for row in PULSES:
        asked_ma, a_ma, b_ma, fault = row
        samples = Samples(asked_ma)
        assert samples.pulse(channel, a_ma, b_ma) == fault, row
        assert samples.cut() == bool(fault), row
        assert samples.hal.sensing.meters[2 - channel].fault == ""


@pytest.mark.parametrize(
    "cap_ma, flows_ma, fault", [(10, 10.9, ""), (10, 11.9, "over_current"), (60, 11.9, "")]
)
def test_a_sample_above_the_cap_is_a_fault_though_near_what_was_asked_for(cap_ma, flows_ma, fault):
    samples = Samples(10, cap_ma)
    assert samples.pulse(1, flows_ma) == fault and samples.cut() == bool(fault)


@pytest.mark.parametrize("channel", [1, 2])
def test_a_phase_b_before_which_no_phase_a_was_measured(channel):
    samples = Samples(10)
    assert samples.pulse(channel, 10) == samples.pulse(channel, 10) == ""
    samples.rise(channel, "B")
    assert samples.hal.sensing.meters[channel - 1].fault == "no_measurement" and samples.cut()


@pytest.mark.parametrize("channel", [1, 2])
def test_a_sample_that_waits_to_be_judged_has_come(channel):
    samples = Samples(10)
    meter = samples.hal.sensing.meters[channel - 1]
    samples.chip.words[STORED_NOW] = 1 << ((meter.controls[1] - 16 - 0x50000000) // 0x40)
    samples.rise(channel, "B")
    assert meter.fault == "" and not samples.cut()


TIMER_US = 0x40054028


def at_us(samples, us, channel=1):
    """A pulse as it was asked for, its phase A judged at a time."""
    samples.chip.words[TIMER_US] = us
    return samples.pulse(channel, 10)


@pytest.mark.parametrize("channel", [1, 2])
@pytest.mark.parametrize(
    "times_us,wrong",
    [
        ((500, 3_500), False),
        ((500, 3_499), True),
        ((500, 20_500, 40_500, 42_900), True),
        # 40 µs late, then in time
        ((500, 20_540, 40_500, 60_500), False),
        # The first of a train, whatever the timer says
        ((0,), False),
        ((2_999,), False),
        # The timer is as good as any other moment when a session goes on
        ((500, 500 + 30 * 60_000_000), False),
        # Two that were judged together: it was armed for pulses farther apart
        ((500, 20_500, 20_500), True),
    ],
)
def test_a_pulse_that_begins_when_none_of_its_train_may_is_cut(channel, times_us, wrong):
    """HZ1: a flipped instruction let pulses come 2.4 ms apart, and channels meet for good."""
    samples = Samples(10, too_soon_us=3_000)
    told = [at_us(samples, us, channel) for us in times_us]
    assert told[-1] == ("registers" if wrong else "") and not any(told[:-1])
    assert samples.cut() == wrong


def test_the_first_pulse_of_a_train_comes_after_none():
    samples = Samples(10, too_soon_us=3_000)
    assert at_us(samples, 500) == ""
    samples.hal.sensing.meters[0].begin()
    assert at_us(samples, 1_000) == "" and not samples.cut()
    assert at_us(samples, 2_000) == "registers"


def test_pulses_of_two_channels_may_begin_together():
    samples = Samples(10, too_soon_us=3_000)
    told = [at_us(samples, us, channel) for us in (500, 20_500, 40_500) for channel in (1, 2)]
    assert not any(told) and not samples.cut()


def test_a_program_whose_pulses_cannot_be_told_apart_is_never_too_soon():
    samples = Samples(10, too_soon_us=0)
    assert at_us(samples, 500) == at_us(samples, 500) == at_us(samples, 501) == ""


def test_after_the_guard_has_cut_what_is_found_is_the_consequence():
    samples = Samples(10)
    samples.guard_at(TRIP)
    assert samples.pulse(1, 0) == ""


def test_a_channel_that_is_not_measured_is_never_wrong():
    samples = Samples(10, channels=(1,))
    samples.rise(2, "B")
    samples.drivers.hal_judged.stored(None)
    assert samples.hal.sensing.meters[1].fault == "" and not samples.cut()


def test_what_is_told_is_what_came():
    samples = Samples(10)
    into = [0, 0, 0]
    for _ in range(3):
        samples.pulse(1, 10, 9)
    meter = samples.hal.sensing.meters[0]
    meter.taken(into)
    a, b = int(10 * COUNTS_A_MA), int(9 * COUNTS_A_MA)
    assert into == [3, 3 * a, 3 * (a - b)] and meter.last == (a, b)
    meter.taken(into)
    assert into == [0, 0, 0]


def test_how_much_later_the_other_channel_is():
    """HZ1: by the newest phase A of each, over a timer that wraps at 32 bits."""
    samples = Samples(10)
    into = array("i", [9, 9, 9])
    samples.hal.sensing.step(into)
    assert list(into) == [0, 0, 0]
    for at, channel, wanted in (
        (0xFFFF_FF00, 1, None),
        (0xFFFF_FF80, 2, [128, 1, 1]),
        (100, 1, [-228, 2, 1]),
        (350, 2, [250, 2, 2]),
    ):
        at_us(samples, at, channel)
        if wanted:
            samples.hal.sensing.step(into)
            assert list(into) == wanted


def test_phase_a_alone():
    samples = Samples(10, both=False)
    for _ in range(4):
        samples.phase(1, 10 * COUNTS_A_MA)
    into = [0, 0, 0]
    samples.hal.sensing.meters[0].taken(into)
    assert into[0] == 4 and samples.hal.sensing.meters[0].fault == ""


def test_stopped_nothing_is_taken_and_a_start_begins_anew():
    samples = Samples(10)
    samples.pulse(1, 0)
    samples.hal.sensing.stop()
    bits = samples.chip.wrote(DMA_ABORT)
    assert len(bits) == 2 and all(word.bit_count() == 2 for word in bits) and bits[0] & bits[1] == 0
    samples.hal.sensing.start((1, 2), (400, 400), 180, True, 0)
    assert samples.hal.sensing.meters[0].fault == "" and samples.hal.sensing.meters[0].last == (
        0,
        0,
    )
    samples.guard_at(27)
    assert samples.pulse(1, 10) == ""


def test_supply_and_temperature_in_their_units():
    """Half of the supply at the pin; 27 degrees are 706 mV and a degree 1.721 mV less (datasheet
    4.9.5).
    """
    from array import array

    samples = Samples(0)
    places = array("i", [0, 0])
    samples.chip.words[0x4004C004] = 5_000 // 2 * 4_095 // 3_300
    assert 4_980 <= samples.hal.sensing.supply_mv(places) <= 5_000
    for celsius in (0, 27, 70):
        samples.chip.words[0x4004C004] = round((706 - 1.721 * (celsius - 27)) * 4_095 / 3_300)
        assert abs(samples.hal.sensing.temperature_c(places) - celsius) <= 1


def test_the_functions_that_a_cut_writes_are_those_of_the_guarded_pins():
    samples = Samples(10)
    samples.pulse(1, 0)
    first = samples.drivers.gpio["CH1_A"]
    written = [address for address, value in samples.chip.writes if value == NULL]
    assert written == [GPIO_CTRL + 8 * (first + k) for k in range(5)]
