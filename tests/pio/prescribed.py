"""What the pins must do, from the prescription's numbers alone (us, pulses a second); comparing
edges.

Nothing here knows of words, counts or instructions: 125 clocks are a us, a pulse is A, gap, B. That
is the oracle.
"""

from array import array
from fractions import Fraction
from math import floor
from typing import NamedTuple

from stimcore import pulse

# System clock of 125 MHz: 8 ns
CLOCKS_PER_US = 125
# The amplitude is latched at least this long before a pulse
SETTLE_CLOCKS = 2000 * CLOCKS_PER_US
# Where a ramp of the phase duration begins
SHORTEST_PHASE_US = 20
# Steps in half a sweep
SWEEP_STEPS = 4096


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


def program_pulses(program, pulses):
    """The first pulses of a [[program]], as the prescription writes it (seconds, pulses a second,
    Decimal or int).

    Burst b, pulse i of it: b bursts and i inner periods. All else: one period after the pulse
    before; rate and phase of a sweep and the phase of a ramp are those of the millisecond in which
    the pulse starts.
    """
    if burst := program.get("burst"):
        starts = [
            k // burst["pulses"] * period_us(burst["per_s"])
            + k % burst["pulses"] * period_us(burst["inner_pps"])
            for k in range(pulses)
        ]
        return [
            Pulse(start, _phase_us(program, start // 1000), program["gap_us"]) for start in starts
        ]
    out, start = [], 0
    for _ in range(pulses):
        rate, phase = (
            _swept(program["sweep"], start // 1000)
            if "sweep" in program
            else (program["rate_pps"], None)
        )
        out.append(Pulse(start, phase or _phase_us(program, start // 1000), program["gap_us"]))
        start += period_us(rate)
    return out


def _swept(sweep, ms):
    """(rate, phase): there and back, linear in time; rates in steps of a thousandth, phases of a
    us, both downwards.
    """
    half = floor(Fraction(sweep["period_s"]) * 1000 / 2)
    turn = ms % (2 * half)
    share = Fraction(floor(Fraction(SWEEP_STEPS * min(turn, 2 * half - turn), half)), SWEEP_STEPS)
    (rate_a, rate_b), (phase_a, phase_b) = (
        map(Fraction, sweep["rate_pps"]),
        map(Fraction, sweep["phase_us"]),
    )
    return Fraction(floor(1000 * (rate_a + (rate_b - rate_a) * share)), 1000), floor(
        phase_a + (phase_b - phase_a) * share
    )


def _phase_us(program, ms):
    if program.get("ramp") != "phase":
        return program["phase_us"]
    share = Fraction(floor(1000 * _ramp(program, ms)), 1000)
    return floor(SHORTEST_PHASE_US + (program["phase_us"] - SHORTEST_PHASE_US) * share)


def _ramp(program, ms):
    """Share of the whole, 0 to 1: up once, or up and down in every on time; 0 in the off time."""
    up, down = (
        Fraction(program.get(key, default)) * 1000
        for key, default in (("ramp_up_s", 2), ("ramp_down_s", 1))
    )
    rising, falling = ms, None
    if "on_s" in program:
        on, off = (Fraction(program[key]) * 1000 for key in ("on_s", "off_s"))
        rising = ms % (on + off)
        if rising >= on:
            return Fraction(0)
        falling = on - rising
    shares = [Fraction(1)]
    shares += [rising / up] if up else []
    shares += [falling / down] if falling is not None and down else []
    return min(shares)


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
    return [
        (us * CLOCKS_PER_US, sync, level)
        for p in pulses
        for us, level in ((p.start_us, 1), (p.start_us + p.phase_us, 0))
    ]


def words_of(pulses, settle=pulse.SETTLE_COUNT):
    """The firmware's words for these pulses (stimcore.pulse): pulse, rest, settle; the last pulse
    has no rest.

    Another `settle` count moves the latch, not the pulses: for models too slow for the firmware's.
    """
    count = pulse.WORDS_PER_PULSE * len(pulses) - 2
    halves = array("H", bytes(4 * count))
    for k, p in enumerate(pulses):
        at = pulse.WORDS_PER_PULSE * k
        pulse.put_pulse(halves, at, p.phase_us, p.gap_us)
        if k + 1 < len(pulses):
            rest = pulse.rest_count(pulses[k + 1].start_us - p.start_us, p.phase_us, p.gap_us)
            pulse.put_rest(halves, at + 1, rest + pulse.SETTLE_COUNT - settle)
            pulse.put_rest(halves, at + 2, settle)
    return words(halves)


def train_words(train, pulses, skip=0):
    """The words of the next `pulses` pulses of a stimcore Train, after `skip` of them."""
    halves = array("H", bytes(4 * pulse.WORDS_PER_PULSE * max(pulses, 64)))
    while skip:
        step = min(skip, 64)
        train.fill(halves, step)
        skip -= step
    train.fill(halves, pulses)
    return words(halves)[: pulse.WORDS_PER_PULSE * pulses]


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
    """Clock from which no pad is high; AssertionError unless each was driven low, then high-Z,
    for good.
    """
    ends = [(end, pin) for pin in pins for _, end in driven_high(block.edges, pin)]
    assert all(end is not None for end, _ in ends), "a pad is still driven high"
    assert not block.directions & sum(1 << pin for pin in pins), "a pad is still driven"
    driven_low = {(edge.clock, edge.pin) for edge in block.edges if edge.oe and not edge.level}
    assert driven_low.issuperset(ends), "a pad went high-Z without being driven low first"
    return max(end for end, _ in ends)
