"""Our reference model against rp2040-pio-emulator on common ground: random programs, clock by
clock.

Common ground is one machine, divider 1, no IRQ. The rest of what is left out is where pioemu 0.88
departs from the RP2040 datasheet; test_pioemu_departures shows each one with the datasheet's rule,
so that none is left out in vain.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from pioemu_side import clocked_pins, trace_of
from reference_pio import Block, Config

CLOCKS = 500
# Driven by the world; the machine's directions of these stay in
INPUT_PINS = 0xFF00_0000
JMP, WAIT, IN, OUT, PUSH, PULL, MOV, SET = (
    0x0000,
    0x2000,
    0x4000,
    0x6000,
    0x8000,
    0x8080,
    0xA000,
    0xE000,
)
BLOCK, IF = 0x20, 0x40
PINS, X, Y, NULL, PINDIRS, PC, ISR, OSR = range(8)
INVERT, REVERSE = 1, 2
NOP = MOV | Y << 5 | Y


# -- random programs -------------------------------------------------------------------------------

WORDS = st.lists(st.integers(0, 0xFFFF_FFFF), max_size=12)
# 0 means 32
COUNT = st.integers(0, 31)


def opcode(base, *fields):
    """Strategy for base | every field << its shift."""
    return st.builds(
        lambda *values: base | sum(v << s for v, (_, s) in zip(values, fields, strict=True)),
        *(strategy for strategy, _ in fields),
    )


def choice(*values):
    return st.sampled_from(values)


def instructions(length, autopull, has_inputs):
    """Instructions of the common ground, without delay and side-set, as (opcode, may be
    delayed).
    """
    address = st.integers(0, length - 1)
    sources = (X, Y, NULL, ISR) + (() if autopull else (OSR,)) + ((PINS,) if has_inputs else ())
    directions = () if has_inputs else (PINDIRS,)
    kinds = [
        opcode(JMP, (st.integers(0, 5), 5), (address, 0)),
        opcode(IN, (choice(*sources), 5), (COUNT, 0)),
        opcode(OUT, (choice(PINS, PINS, X, Y, NULL, ISR, *directions), 5), (COUNT, 0)),
        opcode(PUSH, (choice(0, BLOCK), 0)),
        opcode(MOV, (choice(X, Y, ISR), 5), (choice(0, INVERT), 3), (choice(*sources), 0)),
        opcode(SET, (choice(PINS, PINS, X, Y, *directions), 5), (st.integers(0, 31), 0)),
    ]
    if not autopull:
        kinds.append(opcode(PULL, (choice(0, BLOCK), 0)))
        kinds.append(opcode(MOV, (choice(OSR), 5), (choice(0, INVERT), 3), (choice(*sources), 0)))
        kinds.append(opcode(JMP, (choice(7), 5), (address, 0)))
    if has_inputs:
        kinds.append(opcode(JMP, (choice(6), 5), (address, 0)))
        kinds.append(opcode(WAIT, (choice(0, 1), 7), (choice(0, 1), 5), (st.integers(24, 31), 0)))
    return st.one_of(kinds)


@st.composite
def machines(draw, has_inputs):
    """(opcodes, config, words) of a legal program on the common ground."""
    length = draw(st.integers(2, 12))
    autopull = draw(st.booleans())
    side_count = draw(st.integers(0, 3))
    plain = draw(
        st.lists(instructions(length, autopull, has_inputs), min_size=length, max_size=length)
    )
    opcodes = [op | draw(st.integers(0, 31)) << 8 for op in plain]
    if autopull:
        opcodes[0] = OUT | NULL << 5 | draw(st.integers(1, 31))
    limit = 24 if has_inputs else 32
    out_base, set_base = draw(st.integers(0, limit - 1)), draw(st.integers(0, limit - 5))
    wrap_top = draw(st.integers(1, length - 1))
    return (
        opcodes,
        Config(
            wrap_top=wrap_top,
            wrap_bottom=draw(st.integers(0, wrap_top)),
            out_base=out_base,
            out_count=draw(st.integers(0, limit - out_base)),
            set_base=set_base,
            set_count=draw(st.integers(0, 5)),
            side_base=draw(st.integers(0, limit - 5)),
            side_count=side_count,
            jmp_pin=draw(st.integers(24, 31)),
            in_right=draw(st.booleans()),
            out_right=draw(st.booleans()),
            autopull=autopull,
            autopush=draw(st.booleans()),
            push_threshold=draw(st.integers(1, 32)),
            pull_threshold=draw(st.integers(1, 32)) if autopull else 32,
            x=draw(st.integers(0, 60)),
            y=draw(st.integers(0, 0xFFFF_FFFF)),
        ),
        draw(WORDS),
    )


@settings(max_examples=120)
@given(machines(has_inputs=False), st.booleans())
def test_same_pins_without_inputs(machine, closed_form):
    opcodes, config, words = machine
    block = Block(opcodes, {0: config}, closed_form=closed_form)
    block.feed(0, words)
    block.drain(0)
    assert trace_of(block, CLOCKS) == clocked_pins(
        opcodes, config, words, clocks=CLOCKS, receive_always=True
    )


@settings(max_examples=120)
@given(
    machines(has_inputs=True),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, CLOCKS), st.integers(24, 31)), max_size=20),
)
def test_same_pins_with_inputs(machine, closed_form, toggles):
    opcodes, config, words = machine
    levels = input_levels(toggles)
    block = Block(
        opcodes,
        {0: config},
        directions=~INPUT_PINS & 0xFFFF_FFFF,
        sync_bypass=0xFFFF_FFFF,
        closed_form=closed_form,
    )
    block.feed(0, words)
    block.drain(0)
    for clock, pin in toggles:
        block.drive(pin, levels(clock) >> pin & 1, clock)
    expected = clocked_pins(
        opcodes,
        config,
        words,
        clocks=CLOCKS,
        directions=~INPUT_PINS & 0xFFFF_FFFF,
        inputs=levels,
        receive_always=True,
    )
    # pioemu keeps input levels in the same register as output levels.
    assert trace_of(block, CLOCKS) == without_inputs(expected)


def input_levels(toggles):
    def levels(clock):
        value = 0
        for at, pin in toggles:
            value ^= (at <= clock) << pin
        return value

    return levels


def without_inputs(steps):
    kept = []
    for clock, levels, directions in steps:
        if not kept or (levels & ~INPUT_PINS, directions) != kept[-1][1:]:
            kept.append((clock, levels & ~INPUT_PINS, directions))
    return kept
