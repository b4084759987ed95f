"""The firmware's program on rp2040-pio-emulator: the same edges as on the reference model and as prescribed.

pioemu runs one machine, knows no optional side-set, no IN base and no IRQ. So a machine runs alone; the two
side-set bits are shown on two pins, from which SYNC_OUT follows; a WAIT names its GPIO; and a run ends at
IRQ. All else is as it is.
"""

from dataclasses import replace

import pytest
from pioemu_side import clocked_pins, trace_of
from prescribed import CLOCKS_PER_US, Pulse, driven_high, from_first, leg_edges, levels_of, sync_edges
from prescribed import words_of

SPREAD = [(20, 5), (21, 6), (37, 11), (100, 50)]
WAIT_PIN, WAIT_GPIO, WAIT_MASK = 0x2020, 0x2000, 0xE060
SIDE_DATA, SIDE_ENABLE = 0, 1  # GPIOs that the board leaves free


def alone(block, number):
    """(opcodes, config) of one machine of our block, in the form that pioemu can run."""
    config = block.machines[number].config
    opcodes = [
        op & ~0x3F | WAIT_GPIO | op & 0x80 | (op + config.in_base) & 31 if op & WAIT_MASK == WAIT_PIN else op
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


@pytest.mark.parametrize("number", [1, 2])
def test_pulses(firmware, number):
    shapes = SPREAD if number == 1 else SPREAD[:2]
    pulses, start = [], 0
    for phase, gap in shapes:
        pulses.append(Pulse(start, phase, gap))
        start += 2 * phase + gap + 7
    legs = [firmware.gpio[f"CH{number}_{leg}"] for leg in "AB"]
    sync = firmware.gpio["SYNC_OUT"]
    words = words_of(pulses, offset_us=3)
    block = firmware.block(*((words, ()) if number == 1 else ((), words)), guarded=False)
    opcodes, config = alone(block, number - 1)
    clocks = (start + 10) * CLOCKS_PER_US
    trace = clocked_pins(opcodes, config, words, clocks=clocks, directions=0xFFFF_FFFF)
    edges = block.run(clocks)
    assert changes_of(trace, legs) == levels_of(edges, *legs)
    assert sync_of(trace, sync) == levels_of(edges, sync)
    assert from_first(changes_of(trace, legs)) == leg_edges(pulses, *legs)
    assert from_first(sync_of(trace, sync)) == sync_edges(pulses, sync)


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
    high_until = block.run(100_000 * CLOCKS_PER_US) and driven_high(block.edges, firmware.gpio["HV_EN"])[0][1]
    # pioemu's pins change at the end of cycle n (n + 1); ours at the end of the system clock in which that
    # cycle ran.
    assert [(turn * period, levels & mask) for turn, levels, _ in trace[1:2]] == [(high_until, 0)]


@pytest.mark.parametrize("trip_at", [0, 2, 3, 4, 50, 51])
def test_guard_trips_in_the_same_clock(firmware, trip_at):
    """No synchroniser, as in pioemu; directions on from the start, or pioemu forgets the level set before.

    The same levels and directions of all five pins, up to the guard's IRQ, where pioemu ends.
    """
    line, block = firmware.gpio["INTERLOCK_N"], firmware.block(sync_bypass=0xFFFF_FFFF)
    mask = sum(1 << firmware.gpio[role] for role in firmware.guarded_roles)
    block.directions = mask
    block.drive(line, 0, trip_at)
    opcodes, config = alone(block, 3)
    theirs = clocked_pins(opcodes, config, clocks=100, directions=mask,
                          inputs=lambda clock: (clock < trip_at) << line)
    assert steps(trace_of(block, 100), mask) == steps(theirs, mask)
    assert steps(theirs, mask)[-1][1:] == (0, 0)


def steps(trace, mask):
    """A trace cut down to the pins of the mask."""
    kept = []
    for clock, levels, directions in trace:
        if not kept or kept[-1][1:] != (levels & mask, directions & mask):
            kept.append((clock, levels & mask, directions & mask))
    return kept
