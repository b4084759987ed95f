"""TRIG_IN starts a train in hardware: on an edge, always after the same number of clocks, both
channels together.
"""

import random

import pytest
from prescribed import driven_high, from_first, leg_edges, levels_of, steady, words_of

LATENCY_CLOCKS_MAX = 125
PULSES = steady(100, 200, 50, 3)


def waiting(firmware, **options):
    """A block that waits for TRIG_IN, with both channels' words ready."""
    return firmware.block(words_of(PULSES), words_of(PULSES), on_trigger=True, **options)


def changed(firmware, changes, after=5_000_000, **options):
    """Edges of a train that waits while TRIG_IN changes: (level, clock)."""
    block = waiting(firmware, **options)
    for level, clock in changes:
        block.drive(firmware.gpio["TRIG_IN"], level, clock)
    return block.run((changes[-1][1] if changes else 0) + after)


def first_on(firmware, edges, leg="CH1_A"):
    return driven_high(edges, firmware.gpio[leg])[0][0]


def check_both_whole(firmware, edges):
    """Both channels, from one clock on, exactly the pulses."""
    one, two = (
        levels_of(edges, firmware.gpio[f"CH{n}_A"], firmware.gpio[f"CH{n}_B"]) for n in (1, 2)
    )
    assert one[0][0] == two[0][0]
    assert from_first(one) == leg_edges(PULSES, firmware.gpio["CH1_A"], firmware.gpio["CH1_B"])
    assert from_first(two) == leg_edges(PULSES, firmware.gpio["CH2_A"], firmware.gpio["CH2_B"])


def check_silent(firmware, edges):
    assert not any(driven_high(edges, firmware.gpio[role]) for role in firmware.guarded_roles[:4])


def test_latency_is_short_and_always_the_same(firmware):
    """Both from a low input and from one that was high at the start and fell in between."""
    chance = random.Random(1)
    clocks = [100, 101, 102, 103] + [chance.randrange(100, 7_000_000) for _ in range(60)]
    latencies = {first_on(firmware, changed(firmware, [(1, clock)])) - clock for clock in clocks}
    latencies |= {
        first_on(
            firmware, changed(firmware, [(0, clock - 9), (1, clock)], already_high=["TRIG_IN"])
        )
        - clock
        for clock in clocks
    }
    assert len(latencies) == 1
    assert max(latencies) <= LATENCY_CLOCKS_MAX


def test_both_channels_start_together_and_train_is_whole(firmware):
    check_both_whole(firmware, changed(firmware, [(1, 12_345)]))


def test_no_trigger_no_pulse(firmware):
    check_silent(firmware, changed(firmware, []))


def test_high_already_is_no_trigger(firmware):
    """A level does not start it: TRIG_IN stuck high, for ever, and no pulse."""
    check_silent(firmware, changed(firmware, [], already_high=["TRIG_IN"], after=50_000_000))


def test_high_already_then_falling_is_no_trigger(firmware):
    check_silent(firmware, changed(firmware, [(0, 1_000)], already_high=["TRIG_IN"]))


def test_high_already_it_must_go_low_first(firmware):
    edges = changed(firmware, [(0, 5_000), (1, 9_000)], already_high=["TRIG_IN"])
    assert first_on(firmware, edges) > 9_000
    check_both_whole(firmware, edges)


@pytest.mark.parametrize("low_clocks", range(1, 6))
def test_shortest_low_and_high_start_both_or_none(firmware, low_clocks):
    """Pulses of few clocks on TRIG_IN: never one channel without the other."""
    for high_clocks in range(1, 6):
        changes = [(0, 1_000), (1, 1_000 + low_clocks), (0, 1_000 + low_clocks + high_clocks)]
        edges = changed(firmware, changes, already_high=["TRIG_IN"])
        if driven_high(edges, firmware.gpio["CH1_A"]):
            check_both_whole(firmware, edges)
        else:
            check_silent(firmware, edges)


def test_edges_after_the_first_do_nothing(firmware):
    """A train runs on: TRIG_IN falling and rising again in the middle of it changes nothing."""
    clocks = [1_000, 30_000, 60_000, 1_000_000, 1_000_001, 1_300_000, 2_500_000]
    edges = changed(firmware, [(1 - k % 2, clock) for k, clock in enumerate(clocks)])
    check_both_whole(firmware, edges)


def test_guard_wins_while_waiting(firmware):
    """Tripped while it waits: a trigger afterwards reaches no pad."""
    block = waiting(firmware)
    block.drive(firmware.gpio["INTERLOCK_N"], 0, 500)
    block.drive(firmware.gpio["TRIG_IN"], 1, 900)
    check_silent(firmware, block.run(5_000_000))
