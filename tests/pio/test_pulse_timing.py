"""Phase, gap, period and offset on the pins against the prescription: 0 clocks of error, every
value.
"""

import pytest
from prescribed import (
    CLOCKS_PER_US,
    SETTLE_CLOCKS,
    Pulse,
    from_first,
    leg_edges,
    levels_of,
    period_us,
    steady,
)
from prescribed import sync_edges, train_words, words_of
from stimcore.pulse import start_count
from stimcore.train import Train

FOREVER_CLOCKS = 2**40
ODD_RATES_PPS = "1 2 3 6.999 7 13.7 33.333 49.9 50 77.7 80 99.99 120 149.999 150".split()


def run(firmware, words_1, words_2=(), clocks=FOREVER_CLOCKS, **options):
    """Edges with the guard out of the way: SM0 and SM1 alone, legs driven. Nobody takes what
    they push.
    """
    return firmware.block(words_1, words_2, guarded=False, **options).run(clocks)


def channel(firmware, number):
    return firmware.gpio[f"CH{number}_A"], firmware.gpio[f"CH{number}_B"]


def in_a_row(shapes):
    """Pulses of the given (phase, gap), each 100 us and a settling time after the end of the one
    before.
    """
    pulses, start = [], 0
    for phase, gap in shapes:
        pulses.append(Pulse(start, phase, gap))
        start += 2 * phase + gap + 2100
    return pulses


def check(firmware, pulses, number=1):
    legs = channel(firmware, number)
    feed = (words_of(pulses), ()) if number == 1 else ((), words_of(pulses))
    edges = run(firmware, *feed)
    assert from_first(levels_of(edges, *legs)) == leg_edges(pulses, *legs)
    sync = firmware.gpio["SYNC_OUT"]
    assert from_first(levels_of(edges, sync)) == sync_edges(pulses, sync)


@pytest.mark.parametrize("number", [1, 2])
def test_every_phase(firmware, number):
    check(firmware, in_a_row((phase, 61) for phase in range(20, 501)), number)


@pytest.mark.parametrize("number", [1, 2])
def test_every_gap(firmware, number):
    check(firmware, in_a_row((137, gap) for gap in range(5, 501)), number)


def test_corners_of_phase_and_gap(firmware):
    check(
        firmware, in_a_row((phase, gap) for phase in (20, 21, 499, 500) for gap in (5, 6, 499, 500))
    )


@pytest.mark.parametrize("rate_pps", ODD_RATES_PPS)
def test_period(firmware, rate_pps):
    check(firmware, steady(rate_pps, 211, 37, 40))


def test_thousands_of_periods_do_not_drift(firmware):
    """T2: pulse k at k T, words as the firmware makes them. (100 000 pulses run on the twin.)"""
    blocks, in_a_block = 125, 32
    train, stream = Train({"gap_us": 53, "phase_us": 307, "rate_mpps": 149_999}), []
    for _ in range(blocks):
        stream += train_words(train, in_a_block)
    leg_a = channel(firmware, 1)[0]
    starts = [clock for clock, _, level in levels_of(run(firmware, stream), leg_a) if level]
    period = period_us("149.999") * CLOCKS_PER_US
    assert [at - starts[0] for at in starts] == [k * period for k in range(blocks * in_a_block)]


def test_bursts(firmware):
    """7 pulses at 100 pps inside, 2 bursts a second: pulse i of burst b starts at b * 500 ms + i
    * 10 ms.
    """
    burst = {"pulses": 7, "per_s_mpps": 2_000}
    train = Train({"gap_us": 50, "phase_us": 150, "rate_mpps": 100_000, "burst": burst})
    expected = [Pulse(b * 500_000 + i * 10_000, 150, 50) for b in range(3) for i in range(7)]
    legs = channel(firmware, 1)
    assert from_first(levels_of(run(firmware, train_words(train, 21)), *legs)) == leg_edges(
        expected, *legs
    )


@pytest.mark.parametrize("later", [1, 2])
@pytest.mark.parametrize("offset_us", [0, 1, 7, 1001, 5003, 999_999])
def test_channels_on_one_clock_plus_offset(firmware, offset_us, later):
    pulses = steady("77.7", 120, 30, 20)
    counts = [start_count(offset_us if number == later else 0) for number in (1, 2)]
    edges = run(firmware, words_of(pulses), words_of(pulses), start_counts=counts)
    one, two = (levels_of(edges, *channel(firmware, n)) for n in (1, 2))
    assert (two[0][0] - one[0][0]) * (1 if later == 2 else -1) == offset_us * CLOCKS_PER_US
    # First instruction in clock 0; R + S + 10 clocks to the `set`, and the pin shows it one clock
    # later.
    assert min(one[0][0], two[0][0]) == SETTLE_CLOCKS + 11
    assert from_first(one) == leg_edges(pulses, *channel(firmware, 1))
    assert from_first(two) == leg_edges(pulses, *channel(firmware, 2))


def test_words_run_out_low(firmware):
    """Out of words, before a pulse, a rest or a settle word, both legs stay low for good."""
    words = words_of(steady("50", 200, 100, 3))
    for given in range(len(words) + 1):
        block = firmware.block(words[:given], guarded=False)
        changes = levels_of(block.run(FOREVER_CLOCKS), *channel(firmware, 1))
        assert len(changes) == 4 * -(-given // 3)
        assert not changes or changes[-1][2] == 0
        assert all(not block.levels >> pin & 1 for pin in channel(firmware, 1))


def test_block_holds_32_instructions(firmware):
    assert len(firmware.opcodes) <= 32


@pytest.mark.parametrize("number", [1, 2])
def test_nobody_needs_to_take_what_is_pushed(firmware, number):
    """RX FIFO full from the fourth pulse on, or emptied at once: the same edges to the clock."""
    words, edges = words_of(steady(150, 100, 50, 9)), []
    for drained in (False, True):
        block = firmware.block(*((words, ()) if number == 1 else ((), words)), guarded=False)
        if drained:
            block.drain(number - 1)
        edges.append(block.run(FOREVER_CLOCKS))
        kept = [push.kept for push in block.pushes if push.machine == number - 1]
        assert kept == [True] * 9 if drained else [True] * 4 + [False] * 5
    assert edges[0] == edges[1]
