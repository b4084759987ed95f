"""The width monitors before a test: pads driven as told, and what must come of it, from the
instructions and the datasheet.

An instruction takes 25 clocks (its delay cycles as many each). A block that starts at clock 0 runs
its first at clock 24; a level is seen 2 clocks after the pad has it, a write shows 1 clock after
its instruction. Numbers of instructions are counted from the first look of a `wait` that sees its
leg high, by hand, from the listing.
"""

from itertools import pairwise

from prescribed import CLOCKS_PER_US
from stimcore import monitor

INSTRUCTION = 25
# Clocks before the first edge
ROOM = 4_000
# A leg rises at these clocks after a clock that 25 divides; seen by the very next instruction, or
# only just not.
SOONEST, LATEST = 22, 23
ALIGNMENTS = [SOONEST, LATEST, 9]


def program(phase_us, gap_us=50, **changes):
    """What the monitors are told of a program, in device form."""
    return {
        "channels": [1, 2],
        "phase_us": phase_us,
        "gap_us": gap_us,
        "rate_mpps": 100_000,
        **changes,
    }


def words(of_program, delays=(7, 11), adc_inputs=(0, 1)):
    """Y of the four monitors, by leg."""
    out = []
    for delay, adc_input in zip(delays, adc_inputs, strict=True):
        out += [monitor.leg_a_word(delay, adc_input, of_program), monitor.leg_b_word(of_program)]
    return out


def clocks(us):
    return round(us * CLOCKS_PER_US)


def drive(block, firmware, spans):
    """Drive legs: (role, from, to) in clocks, `to` None for ever."""
    for role, begin, end in spans:
        block.drive(firmware.gpio[role], 1, begin)
        if end is not None:
            block.drive(firmware.gpio[role], 0, end)


def biphasic(at, phase_us, gap_us, channel=1):
    """Spans of one pulse that begins at clock `at`."""
    second = at + clocks(phase_us + gap_us)
    return [
        (f"CH{channel}_A", at, at + clocks(phase_us)),
        (f"CH{channel}_B", second, second + clocks(phase_us)),
    ]


def pulled_down(block, firmware):
    """Clock from which the block pulls INTERLOCK_N low, None if it does not; it lets go never,
    and never drives high.
    """
    line = firmware.gpio["INTERLOCK_N"]
    edges = [edge for edge in block.edges if edge.pin == line]
    assert len(edges) <= 1 and {edge.pin for edge in block.edges} <= {line}
    assert not block.levels & 1 << line
    if not edges:
        assert not block.directions
        return None
    assert edges[0].oe and not edges[0].level
    return edges[0].clock


def first_look(rise):
    """Clock of the first instruction that can see a leg which rose at `rise`."""
    return next(
        clock
        for clock in range(rise + 2, rise + 2 + INSTRUCTION)
        if clock % INSTRUCTION == INSTRUCTION - 1
    )


def after(rise, instructions):
    """Clock at which shows what the instruction does that comes so many after the first look."""
    return first_look(rise) + INSTRUCTION * instructions + 1


def a_trips(rise, longest_us):
    """wait, mov, out, turns of 5 (delay), 6 up to `out x`, turns of 5 (width), jmp, jmp of 4,
    set.
    """
    return after(rise, 5 * longest_us + 14)


def b_trips(rise, longest_us):
    """wait, irq, mov, turns of 5 (width + 1), mov, in, mov, jmp, jmp, set."""
    return after(rise, 5 * longest_us + 13)


def requests(block, machine):
    """Clocks at which the words of a machine are in its FIFO."""
    return [push.clock for push in block.pushes if push.machine == machine]


def rises(edges, pin):
    """Clocks at which a driven pin goes high."""
    own = [edge for edge in edges if edge.pin == pin]
    return [
        edge.clock
        for before, edge in pairwise([None, *own])
        if edge.level and not (before and before.level)
    ]


def replayed(block, firmware, edges, later=0):
    """Drive the legs as another block drove them, so many clocks later; returns the last clock."""
    pins = {firmware.gpio[f"CH{c}_{leg}"] for c in (1, 2) for leg in "AB"}
    own = [edge for edge in edges if edge.pin in pins]
    for edge in own:
        block.drive(edge.pin, edge.level, edge.clock + later)
    return own[-1].clock + later
