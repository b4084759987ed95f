"""TRIG_IN starts a train in hardware: always after the same number of clocks, both channels together."""

import random

from prescribed import CLOCKS_PER_US, driven_high, from_first, leg_edges, levels_of, steady, words_of

LATENCY_CLOCKS_MAX = 125
PULSES = steady(100, 200, 50, 3)


def triggered(firmware, clock, offset_us=0):
    """Edges of a train that waits for TRIG_IN, which rises at `clock`."""
    block = firmware.block(words_of(PULSES), words_of(PULSES, offset_us), on_trigger=True)
    block.drive(firmware.gpio["TRIG_IN"], 1, clock)
    return block.run(clock + 5_000_000)


def test_latency_is_short_and_always_the_same(firmware):
    chance = random.Random(1)
    clocks = [100, 101, 102, 103] + [chance.randrange(100, 7_000_000) for _ in range(60)]
    leg = firmware.gpio["CH1_A"]
    latencies = {driven_high(triggered(firmware, clock), leg)[0][0] - clock for clock in clocks}
    assert len(latencies) == 1
    assert max(latencies) <= LATENCY_CLOCKS_MAX


def test_both_channels_start_together_and_train_is_whole(firmware):
    edges = triggered(firmware, 12_345, offset_us=700)
    one = levels_of(edges, firmware.gpio["CH1_A"], firmware.gpio["CH1_B"])
    two = levels_of(edges, firmware.gpio["CH2_A"], firmware.gpio["CH2_B"])
    assert two[0][0] - one[0][0] == 700 * CLOCKS_PER_US
    assert from_first(one) == leg_edges(PULSES, firmware.gpio["CH1_A"], firmware.gpio["CH1_B"])
    assert from_first(two) == leg_edges(PULSES, firmware.gpio["CH2_A"], firmware.gpio["CH2_B"])


def test_no_trigger_no_pulse(firmware):
    block = firmware.block(words_of(PULSES), words_of(PULSES), on_trigger=True)
    edges = block.run(5_000_000)
    assert not any(driven_high(edges, firmware.gpio[role]) for role in firmware.guarded_roles[:4])
