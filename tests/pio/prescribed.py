"""What the pins must do, from the prescription's numbers alone (us, pulses a second); comparing edges.

Nothing here knows of words, counts or instructions: 125 clocks are a us, a pulse is A, gap, B. That is the
oracle.
"""

from array import array
from fractions import Fraction
from typing import NamedTuple

from stimcore import pulse

CLOCKS_PER_US = 125  # system clock of 125 MHz: 8 ns


class Pulse(NamedTuple):
    """One biphasic pulse of a train; `start_us` counts from the first pulse."""

    start_us: int
    phase_us: int
    gap_us: int


def period_us(rate_pps):
    """Whole number of us nearest to 1 000 000 / rate."""
    return int(Fraction(1_000_000) / Fraction(rate_pps) + Fraction(1, 2))


def steady(rate_pps, phase_us, gap_us, pulses):
    """Pulse k starts at exactly k periods."""
    return [Pulse(k * period_us(rate_pps), phase_us, gap_us) for k in range(pulses)]


def leg_edges(pulses, leg_a, leg_b):
    """[(clock, pin, level)] from the first edge on, in clocks."""
    edges = []
    for start, phase, gap in pulses:
        second = start + phase + gap
        edges += [(start, leg_a, 1), (start + phase, leg_a, 0)]
        edges += [(second, leg_b, 1), (second + phase, leg_b, 0)]
    return [(us * CLOCKS_PER_US, pin, level) for us, pin, level in edges]


def sync_edges(pulses, sync):
    """SYNC_OUT is high during phase A of each pulse."""
    return [(us * CLOCKS_PER_US, sync, level) for p in pulses
            for us, level in ((p.start_us, 1), (p.start_us + p.phase_us, 0))]


def words_of(pulses, offset_us=0):
    """The firmware's words for these pulses (stimcore.pulse): a rest before each pulse."""
    halves = array("H", bytes(2 * 2 * 2 * len(pulses)))
    rest = pulse.start_count(offset_us)
    for k, p in enumerate(pulses):
        pulse.put_rest(halves, 2 * k, rest)
        pulse.put_pulse(halves, 2 * k + 1, p.phase_us, p.gap_us)
        if k + 1 < len(pulses):
            rest = pulse.rest_count(pulses[k + 1].start_us - p.start_us, p.phase_us, p.gap_us)
    return words(halves)


def words(halves):
    """32-bit words of an array of halves, low half first, as DMA reads them."""
    return [low | high << 16 for low, high in zip(halves[::2], halves[1::2], strict=True)]


def levels_of(edges, *pins):
    """[(clock, pin, level)] of the pins, as counted from clock 0; direction changes left out."""
    last = dict.fromkeys(pins, 0)
    changes = []
    for edge in edges:
        if edge.pin in last and edge.level != last[edge.pin]:
            last[edge.pin] = edge.level
            changes.append((edge.clock, edge.pin, edge.level))
    return changes


def from_first(changes):
    """The same changes, counted from the first."""
    return [(clock - changes[0][0], pin, level) for clock, pin, level in changes]


def driven_high(edges, pin):
    """[(from, to)] clocks in which the block drives the pad high; `to` is None if it never ends."""
    spans, high = [], False
    for edge in edges:
        if edge.pin != pin or (edge.level and edge.oe) == high:
            continue
        high = bool(edge.level and edge.oe)
        if high:
            spans.append((edge.clock, None))
        else:
            spans[-1] = (spans[-1][0], edge.clock)
    return spans


def switched_off(block, pins):
    """Clock from which no pad is high; AssertionError unless each was driven low, then high-Z, for good."""
    ends = [(end, pin) for pin in pins for _, end in driven_high(block.edges, pin)]
    assert all(end is not None for end, _ in ends), "a pad is still driven high"
    assert not block.directions & sum(1 << pin for pin in pins), "a pad is still driven"
    driven_low = {(edge.clock, edge.pin) for edge in block.edges if edge.oe and not edge.level}
    assert driven_low.issuperset(ends), "a pad went high-Z without being driven low first"
    return max(end for end, _ in ends)
