"""The guard (SM3): INTERLOCK_N low at any clock of a pulse, all five guarded pins low in 8
clocks.
"""

import random

import pytest
from prescribed import (
    CLOCKS_PER_US,
    SETTLE_CLOCKS,
    Pulse,
    driven_high,
    steady,
    switched_off,
    words_of,
)

LATENCY_CLOCKS_MAX = 8
# The shortest pull on the line: an over-current of a moment
COMPARATOR_CLOCKS = 10 * CLOCKS_PER_US
REST = 2**16
# Shortest legal pulse; both channels, the second one a little later, so that all legs and overlaps
# are met.
SHORT = [Pulse(0, 20, 5)]
OFFSET_US = 3
# The first edge of channel 1, by a start without rest
FIRST_EDGE = SETTLE_CLOCKS + 11


def start(firmware, pulses=SHORT):
    return firmware.block(
        words_of(pulses), words_of(pulses), start_counts=(0, OFFSET_US * CLOCKS_PER_US)
    )


def start_soon(firmware):
    """The same with a first settling of 60 clocks: quicker to run, clock by clock."""
    words = words_of(SHORT)
    return firmware.block([0, 60, *words], [OFFSET_US * CLOCKS_PER_US, 60, *words], cpu_words=False)


def off_after(firmware, block, clock, low_clocks=COMPARATOR_CLOCKS):
    """Trip at `clock`; clocks until all five pads are low, then high-Z for good, and the IRQ
    set.
    """
    line = firmware.gpio["INTERLOCK_N"]
    block.drive(line, 0, clock)
    block.drive(line, 1, clock + low_clocks)
    block.run(clock + low_clocks + REST)
    assert block.irq & 1
    return switched_off(block, firmware.guarded_pins) - clock


def test_no_trip_without_a_reason(firmware):
    """The same pulse undisturbed: every phase whole, HV_EN high to the end, no IRQ."""
    block = start(firmware)
    edges = block.run(FIRST_EDGE + REST)
    legs = firmware.guarded_pins[:4]
    assert [off - on for leg in legs for on, off in driven_high(edges, leg)] == [
        20 * CLOCKS_PER_US
    ] * 4
    assert driven_high(edges, firmware.gpio["CH1_A"])[0][0] == FIRST_EDGE
    assert driven_high(edges, firmware.gpio["HV_EN"])[0][1] is None
    assert not block.irq


def test_latency_at_every_clock_of_a_short_pulse(firmware):
    """From before the first edge to after the last one."""
    pulse_clocks = (2 * 20 + 5 + OFFSET_US) * CLOCKS_PER_US + 120
    latencies = {
        off_after(firmware, start_soon(firmware), clock) for clock in range(4, pulse_clocks)
    }
    assert max(latencies) <= LATENCY_CLOCKS_MAX
    assert len(latencies) == 1, "the guard is as quick in every clock"


@pytest.mark.parametrize("seed", range(3))
def test_latency_at_random_clocks_of_long_trains(firmware, seed):
    chance = random.Random(seed)
    for _ in range(60):
        pulses = steady(chance.randint(1, 150), chance.randint(20, 500), chance.randint(5, 500), 4)
        clock = chance.randrange(4, FIRST_EDGE + (pulses[-1].start_us + 1000) * CLOCKS_PER_US)
        assert off_after(firmware, start(firmware, pulses), clock) <= LATENCY_CLOCKS_MAX


@pytest.mark.parametrize("low_clocks", [1, 2, 3])
def test_one_clock_low_is_enough(firmware, low_clocks):
    assert off_after(firmware, start(firmware), FIRST_EDGE + 3000, low_clocks) <= LATENCY_CLOCKS_MAX


def test_line_low_before_arming(firmware):
    """Armed on an open loop: HV_EN is off again at once and no leg ever comes on."""
    block = start(firmware)
    block.drive(firmware.gpio["INTERLOCK_N"], 0, 0)
    edges = block.run(REST)
    spans = {role: driven_high(edges, firmware.gpio[role]) for role in firmware.guarded_roles}
    assert [end - on <= LATENCY_CLOCKS_MAX for on, end in spans.pop("HV_EN")] == [True]
    assert not any(spans.values())


def test_guard_wins_a_tie(firmware):
    """Guard and pulse machine write a leg in one clock: low (3.5.6.1, the highest number wins)."""
    leg = firmware.gpio["CH1_A"]
    on = driven_high(start(firmware).run(FIRST_EDGE + REST), leg)[0][0]
    pulses_high = []
    for clock in range(on - LATENCY_CLOCKS_MAX, on + 2):
        block = start(firmware)
        off_after(firmware, block, clock)
        pulses_high.append(sum(end - begin for begin, end in driven_high(block.edges, leg)))
    # The later the trip, the longer the leg was on, clock by clock: in the tie it was not on at
    # all.
    assert pulses_high[0] == 0
    whole = [clocks for clocks in pulses_high if clocks]
    assert whole == list(range(1, len(whole) + 1))
