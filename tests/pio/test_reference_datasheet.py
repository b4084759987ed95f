"""The reference model where no second model can be asked: values worked out from the datasheet."""

import pytest
from reference_pio import Block, Config
from test_models_agree import (
    BLOCK,
    JMP,
    MOV,
    NOP,
    OUT,
    PINDIRS,
    PINS,
    PULL,
)
from test_models_agree import REVERSE, SET, WAIT, X, Y

IRQ, IRQ_WAIT, IRQ_CLEAR, REL = 0xC000, 0xC020, 0xC040, 0x10
WAIT_IRQ = WAIT | 0x80 | 2 << 5
MOV_EXEC, OUT_EXEC, STATUS = 4, 7, 5
ALL = 0xFFFF_FFFF


def edges_of(pin, block, clocks):
    return [(edge.clock, edge.level) for edge in block.run(clocks) if edge.pin == pin]


def delay(cycles):
    return cycles << 8


def only(*opcodes, **config):
    """One machine that runs these instructions once and then stays in a jump to itself."""
    return Block([*opcodes, JMP | len(opcodes)], {0: Config(**config)}, directions=ALL)


def test_highest_numbered_machine_wins():
    """3.5.6.1: applies the write from the highest-numbered state machine; level and direction
    separately.
    """
    opcodes = [SET | 1, JMP | 1, SET | 0, JMP | 3, SET | PINDIRS << 5 | 1, JMP | 5]
    tie = Block(opcodes, {0: Config(start_pc=2), 3: Config()})
    assert edges_of(0, tie, 9) == [(1, 1)]
    tie = Block(opcodes, {0: Config(), 3: Config(start_pc=2)})
    assert edges_of(0, tie, 9) == []
    apart = Block(opcodes, {0: Config(), 3: Config(start_pc=4)})
    assert [tuple(edge) for edge in apart.run(9)] == [(1, 0, 1, 1)]


def test_side_set_wins_over_set_and_takes_place_in_a_stall():
    """3.5.1: on the same pin the side-set data is used; a stalling instruction side-sets at
    once.
    """
    assert edges_of(0, only(SET | 0 | 1 << 12, side_count=1), 5) == [(1, 1), (2, 0)]
    stalling = Block([PULL | BLOCK | 1 << 12], {0: Config(side_count=1)})
    assert edges_of(0, stalling, 50) == [(1, 1)]


def test_optional_side_set_and_side_set_of_directions():
    """3.5.1: SIDE_EN makes the MSB an enable bit; SIDE_PINDIR turns the data to directions."""
    config = Config(wrap_top=3, side_count=2, side_optional=True, side_pindirs=True)
    block = Block([NOP, NOP | 0b11 << 11, NOP, NOP | 0b10 << 11], {0: config})
    assert [(edge.clock, edge.pin, edge.oe) for edge in block.run(6)] == [
        (2, 0, 1),
        (4, 0, 0),
        (6, 0, 1),
    ]


def test_delay_begins_when_the_stall_ends():
    """3.2.4: delay cycles do not begin until after the stall clears."""
    block = only(WAIT | 0x80 | 9 | delay(3), SET | 1)
    block.directions = 1
    block.drive(9, 1, 20)
    # Seen at 22 (synchroniser), then three cycles of delay: SET runs in 26.
    assert edges_of(0, block, 60) == [(27, 1)]


def test_synchroniser_and_its_bypass():
    """3.5.6.3: two cycles of latency to input sampling, unless bypassed."""
    for bypass, seen in ((0, 22), (1 << 9, 20)):
        block = Block(
            [WAIT | 0x80 | 9, SET | 1], {0: Config(wrap_top=1)}, directions=1, sync_bypass=bypass
        )
        block.drive(9, 1, 20)
        assert edges_of(0, block, 40) == [(seen + 2, 1)]


def test_own_output_is_read_back_from_the_pad():
    block = Block([SET | 1, WAIT | 0x80 | 0, SET | 0, JMP | 3], {0: Config()}, directions=1)
    # High from 1, seen by WAIT in 3, SET runs in 4.
    assert edges_of(0, block, 20) == [(1, 1), (5, 0)]


def test_irq_wait_until_cleared():
    """3.4.9: IRQ WAIT sets the flag, halts until it is lowered; WAIT 1 IRQ clears the flag
    (3.4.3).
    """
    opcodes = [IRQ_WAIT | 5, SET | 1, JMP | 2, NOP | delay(10), WAIT_IRQ | 5, SET | 2, JMP | 6]
    block = Block(opcodes, {0: Config(), 1: Config(start_pc=3)}, directions=3)
    block.run(60)
    # Set in 0. The other machine waits 11 cycles, sees and clears it in 11; SM0 sees that in 12 and
    # SETs in 13.
    assert block.irq_edges == [(1, 5, 1), (12, 5, 0)]
    assert [(edge.clock, edge.pin) for edge in block.edges] == [(13, 1), (14, 0), (14, 1)]


@pytest.mark.parametrize(
    ("number", "index", "flag"), [(2, 1 | REL, 3), (2, 3 | REL, 1), (1, 7 | REL, 4), (3, 6, 6)]
)
def test_relative_irq(number, index, flag):
    """3.4.9: the machine's number is added to the two LSBs modulo 4; bit 2 is unaffected."""
    block = Block([IRQ | index, IRQ_CLEAR | index, JMP | 2], {number: Config()})
    block.run(9)
    assert block.irq_edges == [(1, flag, 1), (2, flag, 0)]


def test_divider():
    """3.5.5: one cycle in n; a fraction of f/256 makes 256 periods last 256 n + f clocks."""
    toggle = [SET | 1, SET | 0]
    block = Block(toggle, {0: Config(wrap_top=1, divider_int=5)}, directions=1)
    clocks = [clock for clock, _ in edges_of(0, block, 100)]
    assert {later - earlier for earlier, later in zip(clocks, clocks[1:])} == {5}
    block = Block(toggle, {0: Config(wrap_top=1, divider_int=5, divider_256ths=77)}, directions=1)
    clocks = [clock for clock, _ in edges_of(0, block, 4000)]
    assert {later - earlier for earlier, later in zip(clocks, clocks[1:])} == {5, 6}
    assert clocks[256] - clocks[0] == 256 * 5 + 77


def test_exec_from_osr_and_register():
    """3.4.5, 3.5.7: the executee runs in the next cycle, without PC; delay of the EXEC is
    ignored.
    """
    out = only(OUT | OUT_EXEC << 5 | 16 | delay(7), SET | 0, autopull=True, pull_threshold=32)
    out.feed(0, [SET | 1 | delay(4)])
    # Stalls in 0 while the OSR fills, OUT in 1, executee in 2, four delay cycles, SET 0 in 7.
    assert edges_of(0, out, 30) == [(3, 1), (8, 0)]
    mov = only(MOV | MOV_EXEC << 5 | X | delay(7), SET | 0, x=SET | 1)
    assert edges_of(0, mov, 30) == [(2, 1), (3, 0)]


def test_exec_of_a_jump_and_of_a_stall():
    jump = only(MOV | MOV_EXEC << 5 | X, SET | 1, SET | 2, x=JMP | 2)
    assert [(edge.clock, edge.pin) for edge in jump.run(20)] == [(3, 1)]
    stall = only(MOV | MOV_EXEC << 5 | X, SET | 1, x=PULL | BLOCK)
    stall.push(0, 1, 10)
    assert edges_of(0, stall, 30) == [(12, 1)]


def test_instruction_written_by_the_cpu():
    """3.5.7: at once, PC and delay left alone; one that stalls stays latched, then the program
    goes on.
    """
    block = only(SET | 1, SET | 2)
    block.execute(0, SET | 4 | delay(9))
    assert [(edge.clock, edge.pin, edge.level) for edge in block.run(9)] == [
        (1, 2, 1),
        (1, 0, 1),
        (1, 2, 0),
        (2, 0, 0),
        (2, 1, 1),
    ]
    block = only(SET | 1)
    block.execute(0, WAIT | 9)
    block.drive(9, 1, 10)
    # Low already: done, the program begins in clock 0
    assert edges_of(0, block, 30) == [(1, 1)]
    block = Block([SET | 1, JMP | 1], {0: Config()}, directions=1, pulls_up=1 << 9)
    block.execute(0, WAIT | 9)
    block.drive(9, 0, 10)
    # Seen in 12, SET in 13
    assert edges_of(0, block, 30) == [(14, 1)]
    block.execute(0, JMP | 0)
    assert edges_of(0, block, 9) == [(14, 1)] and block.machines[0].pc == 1


def test_mov_bit_reverse_status_and_pin_groups():
    """3.4.8: bit n comes from bit 31 - n; STATUS is all ones while the FIFO is below the level."""
    block = only(MOV | PINS << 5 | REVERSE << 3 | X, x=0x8000_0003)
    block.run(5)
    assert block.levels == 0xC000_0001
    for words, expected in (([], ALL), ([7], ALL), ([7, 7], 0)):
        block = only(MOV | Y << 5 | STATUS, status_level=2)
        block.feed(0, words)
        block.run(3)
        assert block.machines[0].y == expected


def test_pins_wrap_after_31():
    """3.5.6: mappings go on for COUNT bits, wrapping after GPIO 31; IN data is rotated right by
    IN_BASE.
    """
    block = only(SET | 0b11011, set_base=29, set_count=5)
    block.run(3)
    assert block.levels == 0b011 << 29 | 0b11
    block = only(MOV | X << 5 | PINS, in_base=30)
    block.directions = 0
    block.drive(31, 1, 0)
    block.drive(0, 1, 0)
    block.run(1)
    # Not yet through the synchroniser
    assert block.machines[0].x == 0
    late = only(NOP, NOP, MOV | X << 5 | PINS, in_base=30)
    late.directions = 0
    late.drive(31, 1, 0)
    late.drive(0, 1, 0)
    late.run(9)
    assert late.machines[0].x == 0b110


def test_too_long_a_program_is_refused():
    with pytest.raises(ValueError, match="33 instructions: a PIO block holds 32"):
        Block([NOP] * 33, {0: Config()})
