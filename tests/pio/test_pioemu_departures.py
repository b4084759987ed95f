"""Where rp2040-pio-emulator 0.88 departs from the RP2040 datasheet: why test_models_agree leaves
these out.

Each case is run on both models and must differ, as described: when pioemu changes, this test says
which case can go.
"""

import pytest
from pioemu_side import clocked_pins, trace_of
from reference_pio import Block, Config
from test_models_agree import (
    BLOCK,
    IN,
    ISR,
    JMP,
    MOV,
    NOP,
    OUT,
    PINS,
    PULL,
    PUSH,
    REVERSE,
    SET,
    WAIT,
    X,
    Y,
)

ALL = 0xFFFF_FFFF
PIN_5_HIGH, ALL_INPUTS = 1 << 5, 0
IF = 0x40
OUT_EXEC = 7


def case(*opcodes, words=(), inputs=None, directions=ALL, **config):
    """A program that shows what it did on the pins and then stays; `inputs` are constant levels."""
    return [*opcodes, JMP | len(opcodes)], Config(**config), words, inputs, directions


DEPARTURES = {
    '3.4.8 MOV: "PINS (Uses same pin mapping as OUT)"; pioemu always writes GPIO 0 to 31': case(
        MOV | PINS << 5 | X, out_base=4, out_count=2, x=3
    ),
    '3.4.8 MOV: operation "10: Bit-reverse"; pioemu copies': case(
        MOV | PINS << 5 | REVERSE << 3 | X, x=1
    ),
    '3.4.8 MOV: source "PINS (Uses same pin mapping as IN)"; pioemu ignores IN_BASE': case(
        MOV | X << 5 | PINS, MOV | PINS << 5 | X, inputs=PIN_5_HIGH, directions=0x1F, in_base=1
    ),
    (
        '3.4.3 WAIT: "PIN: Input pin selected by Index", from IN_BASE on; pioemu takes an absolute '
        "GPIO number"
    ): case(
        WAIT | 0x80 | 1 << 5 | 0,
        SET | 1,
        inputs=PIN_5_HIGH,
        directions=0xFF00,
        in_base=5,
        set_base=8,
    ),
    "3.4.2 JMP !OSRE compares with SHIFTCTRL_PULL_THRESH; pioemu compares with 32": case(
        PULL | BLOCK, OUT | Y << 5 | 8, JMP | 7 << 5 | 4, SET | 1, words=[0], pull_threshold=8
    ),
    (
        '3.4.6 PUSH IFFULL: "unless the total input shift count has reached its threshold"; for '
        "pioemu, 32 bits"
    ): case(
        IN | X << 5 | 8, PUSH | IF, MOV | PINS << 5 | ISR, push_threshold=8, in_right=False, x=1
    ),
    (
        '3.4.7 PULL IFEMPTY: "unless the total output shift count has reached its threshold"; '
        "pioemu: "
        "32 bits"
    ): case(
        PULL | BLOCK,
        OUT | Y << 5 | 8,
        PULL | IF | BLOCK,
        OUT | PINS << 5 | 8,
        words=[0, 1],
        pull_threshold=8,
    ),
    '3.4.1: "a number of idle cycles inserted between this instruction and the next"; pioemu drops '
    "the delay"
    " of a PULL IFEMPTY or PUSH IFFULL that does nothing": case(PUSH | IF | 3 << 8, SET | 1),
    '3.5.4.2: with autopull, PULL "becomes a no-op if the OSR is full"; pioemu pulls': case(
        OUT | Y << 5 | 32 & 31, PULL | BLOCK, OUT | PINS << 5 | 4, words=[0, 1, 2], autopull=True
    ),
    (
        '3.5.4.2: "An autopull can therefore occur at any point between two OUTs"; pioemu pulls in '
        "OUT "
        "only"
    ): case(NOP, OUT | PINS << 5 | 1, words=[1], autopull=True),
    (
        "3.5.4.1: an IN that reaches the threshold stalls while the RX FIFO is full; pioemu stalls "
        "the next one"
    ): case(*[IN | X << 5 | 8] * 5, SET | 1, autopush=True, push_threshold=8),
    '3.5.6: a SET mapping goes on "wrapping after GPIO31"; pioemu cuts it off': case(
        SET | 3, set_base=31
    ),
    "3.5.1: SIDE_EN makes the MSB an enable bit; pioemu has no optional side-set": case(
        NOP | 3 << 11, NOP, side_count=2, side_optional=True
    ),
    (
        '3.4.5: "OUT EXEC allows instructions to be included inline in the FIFO datastream"; '
        "pioemu "
        "ends the run"
    ): case(PULL | BLOCK, OUT | OUT_EXEC << 5 | 16, words=[SET | 1]),
    (
        "3.5.6: the output level is a register of its own; with inputs, pioemu forgets it for a "
        "pin not yet out"
    ): case(SET | 1, SET | 4 << 5 | 1, NOP, inputs=0, directions=ALL_INPUTS, set_count=1),
}


@pytest.mark.parametrize("rule", DEPARTURES)
def test_departure(rule):
    opcodes, config, words, inputs, directions = DEPARTURES[rule]
    levels = {} if inputs is None else {"inputs": lambda _: inputs}
    theirs = clocked_pins(opcodes, config, words, clocks=60, directions=directions, **levels)
    block = Block(
        opcodes, {0: config}, directions=directions, pulls_up=inputs or 0, sync_bypass=ALL
    )
    block.feed(0, words)
    assert pads(trace_of(block, 60)) != pads(theirs)


def pads(trace):
    """[(clock, driven levels, directions)] of each change."""
    kept = []
    for clock, levels, directions in trace:
        if not kept or kept[-1][1:] != (levels & directions, directions):
            kept.append((clock, levels & directions, directions))
    return kept
