"""The firmware's program on rp2040-pio-emulator: the same edges as on the reference model and as
prescribed.

pioemu runs one machine, knows no optional side-set, no IN base, no IRQ, no INSTR. So a machine runs
alone; the two side-set bits are shown on two pins, from which SYNC_OUT follows; a WAIT names its
GPIO; a run ends at IRQ; and TRIG_IN is low at the start. It walks clock by clock, so most settle
words are short. All else is as it is.
"""

from dataclasses import replace

import pytest
from pioemu_side import clocked_pins, trace_of
from prescribed import (
    CLOCKS_PER_US,
    Pulse,
    driven_high,
    from_first,
    leg_edges,
    levels_of,
    sync_edges,
)
from prescribed import words_of
from stimcore.pulse import SETTLE_COUNT, start_count

SPREAD = [(20, 5), (21, 6), (37, 11), (100, 50)]
WAIT_PIN, WAIT_GPIO, WAIT_MASK = 0x2020, 0x2000, 0xE060
# GPIOs that PIO has no other use for
SIDE_DATA, SIDE_ENABLE = 0, 1
# Clock in which TRIG_IN rises
TRIGGER = 777
# A settle count for a slow model
SETTLE = 60


def alone(block, number):
    """(opcodes, config) of one machine of our block, in the form that pioemu can run."""
    config = block.machines[number].config
    opcodes = [
        op & ~0x3F | WAIT_GPIO | op & 0x80 | (op + config.in_base) & 31
        if op & WAIT_MASK == WAIT_PIN
        else op
        for op in block.opcodes
    ]
    return opcodes, replace(config, side_base=SIDE_DATA, side_optional=False)


def changes_of(trace, pins):
    """[(clock, pin, level)] from a pioemu trace."""
    last, changes = dict.fromkeys(pins, 0), []
    for clock, levels, _ in trace:
        for pin in pins:
            if levels >> pin & 1 != last[pin]:
                last[pin] = levels >> pin & 1
                changes.append((clock, pin, last[pin]))
    return changes


def sync_of(trace, sync):
    """SYNC_OUT: the side-set data bit, kept from the clocks in which the enable bit is set."""
    enabled = [step for step in trace if step[1] >> SIDE_ENABLE & 1]
    moved = [(clock, (levels >> SIDE_DATA & 1) << sync, 0) for clock, levels, _ in enabled]
    return changes_of(moved, [sync])


def check_pulses(firmware, number, pulses, words, clocks, receive_always=False, **options):
    """Legs and SYNC_OUT of both models, clock by clock, and as prescribed."""
    legs = [firmware.gpio[f"CH{number}_{leg}"] for leg in "AB"]
    sync = firmware.gpio["SYNC_OUT"]
    block = firmware.block(
        *((words, ()) if number == 1 else ((), words)),
        guarded=False,
        sync_bypass=0xFFFF_FFFF,
        cpu_words=False,
        **options,
    )
    inputs, directions = None, 0xFFFF_FFFF
    if options.get("on_trigger"):
        trig = firmware.gpio["TRIG_IN"]
        block.drive(trig, 1, TRIGGER)
        inputs = lambda clock: (clock >= TRIGGER) << trig  # noqa: E731
        directions ^= 1 << trig
    if receive_always:
        block.drain(number - 1)
    opcodes, config = alone(block, number - 1)
    trace = clocked_pins(
        opcodes,
        config,
        words,
        clocks=clocks,
        directions=directions,
        inputs=inputs,
        receive_always=receive_always,
    )
    edges = block.run(clocks)
    assert changes_of(trace, legs) == levels_of(edges, *legs)
    assert sync_of(trace, sync) == levels_of(edges, sync)
    assert from_first(changes_of(trace, legs)) == leg_edges(pulses, *legs)
    assert from_first(sync_of(trace, sync)) == sync_edges(pulses, sync)


def spread(shapes):
    """(pulses, us until a little after them), close to each other."""
    pulses, start = [], 0
    for phase, gap in shapes:
        pulses.append(Pulse(start, phase, gap))
        start += 2 * phase + gap + 7
    return pulses, start + 10


@pytest.mark.parametrize(("number", "receive_always"), [(1, False), (1, True), (2, False)])
def test_pulses(firmware, number, receive_always):
    """More pulses than the RX FIFO has room for, taken by nobody or at once."""
    pulses, end = spread([*SPREAD[:3], *SPREAD[:2]] if number == 1 else SPREAD[:2] * 3)
    words = [3 * CLOCKS_PER_US, SETTLE, *words_of(pulses, SETTLE)]
    check_pulses(firmware, number, pulses, words, end * CLOCKS_PER_US, receive_always)


def test_a_longer_pulse_after_a_longer_settling(firmware):
    pulses = [Pulse(0, *SPREAD[2])]
    words = [start_count(0), SETTLE_COUNT // 25, *words_of(pulses)]
    check_pulses(firmware, 1, pulses, words, SETTLE_COUNT // 25 + 110 * CLOCKS_PER_US)


@pytest.mark.parametrize("number", [1, 2])
def test_triggered_pulses(firmware, number):
    pulses, end = spread(SPREAD[:3])
    check_pulses(
        firmware,
        number,
        pulses,
        words_of(pulses, SETTLE),
        TRIGGER + end * CLOCKS_PER_US,
        on_trigger=True,
    )


@pytest.mark.parametrize("words", [[5], [60], [63, 1, 64], [0xFFFF_FFFF, 2, 0, 63]])
def test_deadman_expires_in_the_same_turn(firmware, words):
    """In turns of its own clock: pioemu has no divider, so its clocks are the dead-man's cycles."""
    block = firmware.block()
    period = block.machines[2].config.divider_int
    block.machines[2].tx.words.clear()
    block.feed(2, words)
    pads = [firmware.gpio[role] for role in firmware.guarded_roles]
    mask = sum(1 << pin for pin in pads)
    opcodes, config = alone(block, 2)
    undivided = replace(config, divider_int=1)
    trace = clocked_pins(opcodes, undivided, words, clocks=1000, levels=mask, directions=mask)
    high_until = (
        block.run(100_000 * CLOCKS_PER_US)
        and driven_high(block.edges, firmware.gpio["HV_EN"])[0][1]
    )
    # pioemu's pins change at the end of cycle n (n + 1); ours at the end of the system clock in
    # which that cycle ran.
    assert [(turn * period, levels & mask) for turn, levels, _ in trace[1:2]] == [(high_until, 0)]


@pytest.mark.parametrize("trip_at", [0, 2, 3, 4, 50, 51])
def test_guard_trips_in_the_same_clock(firmware, trip_at):
    """No synchroniser, as in pioemu; directions on from the start, or pioemu forgets the level set
    before.

    The same levels and directions of all five pins, up to the guard's IRQ, where pioemu ends.
    """
    line, block = firmware.gpio["INTERLOCK_N"], firmware.block(sync_bypass=0xFFFF_FFFF)
    mask = sum(1 << firmware.gpio[role] for role in firmware.guarded_roles)
    block.directions = mask
    block.drive(line, 0, trip_at)
    opcodes, config = alone(block, 3)
    theirs = clocked_pins(
        opcodes, config, clocks=100, directions=mask, inputs=lambda clock: (clock < trip_at) << line
    )
    assert steps(trace_of(block, 100), mask) == steps(theirs, mask)
    assert steps(theirs, mask)[-1][1:] == (0, 0)


def steps(trace, mask):
    """A trace cut down to the pins of the mask."""
    kept = []
    for clock, levels, directions in trace:
        if not kept or kept[-1][1:] != (levels & mask, directions & mask):
            kept.append((clock, levels & mask, directions & mask))
    return kept
