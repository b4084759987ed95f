"""FIFOs, shift registers and their thresholds in the reference model: values worked out from the
datasheet.
"""

import pytest
from reference_pio import Block, Config
from test_models_agree import (
    BLOCK,
    IN,
    ISR,
    JMP,
    MOV,
    NOP,
    NULL,
    OSR,
    OUT,
    PINS,
    PULL,
    PUSH,
)
from test_models_agree import SET, X, Y
from test_reference_datasheet import delay, edges_of, only


@pytest.mark.parametrize(("join", "depth"), [("", 4), ("tx", 8)])
def test_fifo_depth_and_join(join, depth):
    """3.2.3 and FJOIN: four words, eight when joined; what does not fit is lost; changing it
    flushes.
    """
    config = Config(wrap_top=2, divider_int=1000, join=join)
    block = Block([PULL | BLOCK, SET | 1, SET | 0], {0: config}, directions=1)
    for word in range(12):
        block.push(0, word, 10 + word)
    assert len(edges_of(0, block, 90_000)) == 2 * depth
    block.feed(0, [1, 2, 3])
    block.machines[0].set_join("tx")
    assert not block.machines[0].tx.words


def test_joined_rx_takes_eight_and_a_stolen_fifo_is_full():
    """FJOIN_TX: RX "always reads as both full and empty": PUSH stalls, PUSH NOBLOCK drops."""
    push = Block([PUSH | BLOCK, SET | 1], {0: Config(wrap_top=1, join="tx")}, directions=1)
    assert edges_of(0, push, 50) == []
    push = Block([PUSH | BLOCK, NOP], {0: Config(wrap_top=1, join="rx")})
    push.run(100)
    assert len(push.machines[0].rx.words) == 8


def test_pushes_are_on_record():
    """3.4.6: a full FIFO drops what is pushed without block, and the ISR is cleared all the
    same.
    """
    block = Block([IN | X << 5 | 8, PUSH], {0: Config(wrap_top=1, x=1)})
    block.run(12)
    assert block.pushes == [
        (2, 0, True),
        (4, 0, True),
        (6, 0, True),
        (8, 0, True),
        (10, 0, False),
        (12, 0, False),
    ]
    assert block.machines[0].isr == 0


def test_in_that_fills_waits_for_room():
    """3.5.4.1: an IN that reaches the threshold stalls while the RX FIFO is full, and nothing is
    lost.
    """
    config = Config(wrap_top=1, x=20, autopush=True, push_threshold=8, in_right=False)
    block = Block([IN | X << 5 | 8, JMP | 0 | 2 << 5], {0: config})
    block.run(100)
    machine = block.machines[0]
    assert list(machine.rx.words) == [20, 19, 18, 17]
    block.call(lambda b: b.machines[0].rx.words.popleft(), 100)
    block.run(10)
    assert list(machine.rx.words) == [19, 18, 17, 16]


def test_autopull_in_the_background():
    """3.5.4.2: "An autopull can therefore occur at any point between two OUTs": no stall in the
    first.
    """
    block = only(NOP, OUT | PINS << 5 | 1, autopull=True, out_count=1)
    block.feed(0, [1])
    assert edges_of(0, block, 9) == [(2, 1)]
    late = only(NOP | delay(31), OUT | PINS << 5 | 1, autopull=True, out_count=1)
    late.push(0, 1, 20)
    assert edges_of(0, late, 99) == [(33, 1)]


def test_pull_with_autopull_is_a_fence():
    """3.5.4.2: with autopull, PULL "becomes a no-op if the OSR is full"."""
    block = only(NOP, PULL | BLOCK, OUT | PINS << 5 | 4, autopull=True, out_count=4)
    block.feed(0, [0b0101, 0b1010])
    block.run(9)
    assert block.levels == 0b0101


def test_conditional_push_and_pull_use_the_threshold():
    """3.4.6, 3.4.7: IFFULL and IFEMPTY do nothing until the shift counter has reached the
    threshold.
    """
    push = only(
        IN | X << 5 | 4,
        PUSH | 0x40,
        IN | X << 5 | 4,
        PUSH | 0x40,
        push_threshold=8,
        in_right=False,
        x=0xA,
    )
    push.run(20)
    assert list(push.machines[0].rx.words) == [0xAA]
    pull = only(
        PULL | BLOCK,
        OUT | NULL << 5 | 4,
        PULL | 0x40,
        OUT | NULL << 5 | 4,
        PULL | 0x40,
        pull_threshold=8,
    )
    pull.feed(0, [1, 2, 3])
    pull.run(20)
    assert (pull.machines[0].osr, list(pull.machines[0].tx.words)) == (2, [3])


def test_out_isr_and_mov_set_the_counters():
    """3.4.5: OUT ISR sets the input counter to the bit count; 3.4.8: MOV ISR, MOV OSR reset
    theirs.
    """
    block = only(PULL | BLOCK, OUT | ISR << 5 | 7)
    block.feed(0, [0x55])
    block.run(9)
    machine = block.machines[0]
    assert (machine.isr, machine.isr_count, machine.osr_count) == (0x55, 7, 7)
    block = only(IN | X << 5 | 9, MOV | ISR << 5 | Y, MOV | OSR << 5 | Y, y=3)
    block.run(9)
    machine = block.machines[0]
    assert (machine.isr_count, machine.osr_count, machine.osr) == (0, 0, 3)
