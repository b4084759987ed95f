"""Each limit of a sample to the count (firmware/SAFETY.md), and samples that waited."""

import pytest
from register_chip import Drivers
from test_sensing_on_registers import Samples
from hang import within_cpu_s


# 4096 steps of 100 mA, which are 3723 counts (30 mV a mA, 3.3 V are 4095).
FULL_COUNTS = 100 * 30 * 4_095 // 3_300


def expected(ma):
    return int(ma * 4_096 / 100) * FULL_COUNTS >> 12


def judged(ma, a, b, cap_ma=90):
    """What is said of a pulse whose phases measure `a` and `b` counts."""
    samples = Samples(ma, cap_ma)
    samples.phase(1, a)
    samples.phase(1, b)
    return samples.hal.sensing.meters[0].fault


def test_full_scale_is_the_boards_and_not_what_it_allows():
    """HZ9: of a board that allows half of it."""
    drivers = Drivers(MAX_UA=50_000)
    for meter in drivers.build().sensing.meters:
        assert drivers.chip.load(meter.limits[-13 + 4]) == FULL_COUNTS


@pytest.mark.parametrize("ma", [1, 5, 10, 33, 70])
def test_too_high_begins_an_eighth_and_40_counts_above(ma):
    """HZ9."""
    most = expected(ma) + expected(ma) // 8 + 40
    assert judged(ma, most, most) == "" and judged(ma, most + 1, most + 1) == "over_current"


@pytest.mark.parametrize("ma", [5, 10, 33, 70])
def test_lead_off_begins_below_half(ma):
    """HZ4."""
    least = expected(ma) >> 1
    assert judged(ma, least, least) == "" and judged(ma, least - 1, least - 1) == "lead_off"


def test_lead_off_is_looked_for_from_its_own_limit_up():
    """4.9 mA of the amplitude as it is set: 182 counts."""
    limit = int(4.9 * 37.2)
    below, above = (
        next(ma for ma in order if (expected(ma) >= limit) == wanted)
        for order, wanted in (([4.89, 4.85, 4.8], False), ([4.9, 4.92, 4.95], True))
    )
    assert judged(below, 0, 0) == "" and judged(above, 0, 0) == "lead_off"


@pytest.mark.parametrize("cap_ma", [10, 30])
def test_no_sample_may_exceed_what_the_cap_allows(cap_ma):
    """HZ9: though an eighth above what was asked for."""
    most = int(cap_ma * 1.1 * 37.2) + 20
    ma = cap_ma + 1
    assert (
        judged(ma, most, most, cap_ma) == ""
        and judged(ma, most + 1, most + 1, cap_ma) == "over_current"
    )


@pytest.mark.parametrize("ma, slack", [(2, 24), (4, 24), (5, 0), (10, 0), (33, 0)])
def test_phases_may_be_an_eighth_apart_and_below_5_ma_24_counts_more(ma, slack):
    """HZ3: an eighth of phase B, in either direction."""
    b = expected(ma) * 7 // 8
    apart = b // 8 + slack
    for a, further in ((b + apart, b + apart + 1), (b - apart, b - apart - 1)):
        if further >= 0:
            assert judged(ma, a, b) == "" and judged(ma, further, b) == "unbalanced"


# --- samples that wait: a write to flash keeps interrupts out for 3 ms ----------------------------


@pytest.mark.parametrize("channel", [1, 2])
@pytest.mark.parametrize("waiting", [1, 2, 3, 6, 7])
def test_samples_that_waited_are_judged_each_in_its_turn(channel, waiting):
    """HZ3, HZ4: as many as the ring holds; all of them count, and none is taken for the other
    phase.
    """
    samples = Samples(10)
    # Three times around
    for _ in range(3):
        for k in range(waiting):
            samples.phase(channel, (372, 335)[k % 2] if waiting % 2 == 0 else 372, told=False)
        samples.drivers.hal_judged.stored(None)
    into = [0, 0, 0]
    meter = samples.hal.sensing.meters[channel - 1]
    meter.taken(into)
    phases_a = (3 * waiting + 1) // 2
    assert into[:2] == [phases_a, 372 * phases_a] and meter.fault == "" and not samples.cut()
    assert into[2] == (0 if waiting % 2 else phases_a * (372 - 335))


@pytest.mark.parametrize("wrong", range(6))
def test_one_that_is_wrong_among_those_that_waited_is_found(wrong):
    """HZ4: wherever it stands among the six."""
    samples = Samples(10)
    for k in range(6):
        samples.phase(1, 0 if k == wrong else 372, told=False)
    samples.drivers.hal_judged.stored(None)
    assert samples.hal.sensing.meters[0].fault == "lead_off" and samples.cut()


def test_no_sample_that_has_been_judged_is_judged_again():
    samples = Samples(10)
    samples.phase(1, 372)
    for _ in range(3):
        # The other channel's interrupt
        samples.drivers.hal_judged.stored(None)
    into = [0, 0, 0]
    samples.hal.sensing.meters[0].taken(into)
    assert into == [1, 372, 0]


@pytest.mark.parametrize("value", [0, 1, 0x7FFFFFFF, 0xDEADBEE0])
def test_an_interrupt_that_asks_at_a_damaged_address_ends(value):
    """HZ2: it would keep the CPU until the watchdog; the watch finds the address in its round."""
    samples = Samples(10)
    sensing, meter = samples.drivers.hal_judged, samples.hal.sensing.meters[0]
    samples.phase(1, 372)
    samples.chip.words[0x50000800] = value
    sensing.STATE[meter._at] = 0x50000800
    with within_cpu_s(5):
        sensing.stored(None)
    into = [0, 0, 0]
    meter.taken(into)
    assert 1 <= into[0] <= 1 + 7
