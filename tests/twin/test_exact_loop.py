"""The run loop: clocks worked out by hand from the datasheet (3.4, 3.5), on the C loop and on the
Python loop alike.
"""

import pytest
from bare_chip import (
    GPIO,
    IRQ_FLAG,
    OSR,
    PINDIRS,
    PINS,
    PIO,
    X,
    X_DEC,
    Y,
    Y_DEC,
    irq,
    jmp,
    mov,
    out,
    pull,
    push,
    set_,
    wait,
)

SM_ADDR = 0xD4


def levels(bare, gpio):
    return [(clock, level) for clock, _, level in bare.edges(gpio)]


def test_delays_count_clocks(bare):
    # 1 + 6 high, 1 + 31 low
    bare.load(0, [set_(PINS, 1, delay=6), set_(PINS, 0, delay=31)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 1), set_pins=(2, 1))
    bare.run(1000)
    bare.enable(0, 1)
    bare.run(100)
    assert levels(bare, 2) == [(1000, 1), (1007, 0), (1039, 1), (1046, 0), (1078, 1), (1085, 0)]


def test_divider_stretches_every_clock_and_fractions_do_not_drift(bare):
    bare.load(0, [set_(PINS, 1), set_(PINS, 0)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 1), set_pins=(2, 1), divider=2.5)
    bare.enable(0, 1)
    bare.run(100_000)
    clocks = [clock for clock, _ in levels(bare, 2)]
    # Instruction n is due at 2.5 n and runs in the first whole clock from then on.
    assert clocks == [-(-5 * n // 2) for n in range(40_000)]


def test_self_loop_runs_count_plus_one_times(bare):
    bare.load(0, [pull(), mov(X, OSR), set_(PINS, 1), jmp(3, X_DEC), set_(PINS, 0)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 4), set_pins=(2, 1))
    bare.put(0, 0, 12_498, 0, 1)
    bare.enable(0, 1)
    bare.run(20_000)
    # Pull, mov, set at 2; the loop takes 12 499 clocks; then 5 + 3 instructions to the next one.
    assert levels(bare, 2) == [
        (2, 1),
        (12_502, 0),
        (12_505, 1),
        (12_507, 0),
        (12_510, 1),
        (12_513, 0),
    ]


@pytest.mark.parametrize(
    "delay,divider", [(0, 1), (3, 1), (31, 1), (0, 2.5), (5, 7.75), (0, 65535)]
)
@pytest.mark.parametrize("register,condition", [(X, X_DEC), (Y, Y_DEC)])
def test_skipped_loop_equals_stepped_loop(bare, delay, divider, register, condition):
    """Stopped anywhere, a loop that was stepped over has the counter, address and end that plain
    stepping gives.
    """
    bare.load(0, [set_(register, 20), jmp(1, condition, delay=delay), set_(PINS, 1), jmp(3)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1), divider=divider)
    bare.enable(0, 1)
    machine, round_clocks = bare.rp2040.pio[0].machines[0], (1 + delay) * divider
    for stop in (0.5, 1.5, 7.3, 19.9, 20.5, 21.5):
        bare.loop.run_to(int(divider + stop * round_clocks))
        # Those due by the clock that has just ended
        rounds = min(21, int((bare.loop.now - 1 - divider) // round_clocks) + 1)
        counter = machine.x if register == X else machine.y
        assert counter == (20 - rounds) % 2**32, stop
        assert machine.pc == 1 if rounds < 21 else machine.pc > 1
    bare.run(int(2 * divider) + 2)
    assert levels(bare, 2) == [(-(-int(256 * (divider + 21 * round_clocks)) // 256), 1)]


def test_self_loop_of_a_second_costs_a_handful_of_steps(bare):
    bare.load(0, [pull(), mov(X, OSR), jmp(2, X_DEC), set_(PINS, 1), jmp(4)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 4), set_pins=(2, 1))
    bare.put(0, 0, 125_000_000)
    bare.enable(0, 1)
    bare.run(250_000_000)
    assert levels(bare, 2) == [(125_000_003, 1)]
    assert bare.loop.pio_steps < 20


def test_disabled_in_the_middle_of_a_loop_it_goes_on_where_it_was(bare):
    bare.load(0, [set_(X, 31), jmp(1, X_DEC), set_(PINS, 1)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 2), set_pins=(2, 1))
    bare.enable(0, 1)
    # Set, and 10 of 32 rounds
    bare.run(11)
    bare.enable(0, 0)
    bare.run(500)
    assert bare.rp2040.pio[0].machines[0].x == 21
    bare.enable(0, 1)
    bare.run(30)
    assert levels(bare, 2) == [(511 + 22, 1)]


def test_address_is_read_where_the_machine_is_by_now(bare):
    bare.load(0, [set_(X, 31), jmp(1, X_DEC), jmp(2)])
    bare.machine(0, 0)
    bare.enable(0, 1)
    for clocks, address in ((1, 1), (31, 1), (1, 2), (1000, 2)):
        bare.run(clocks)
        assert bare.read(PIO[0] + SM_ADDR) == address
    assert bare.loop.pio_steps < 30


def test_side_set_of_a_loop_wins_its_pin_back_every_round(bare):
    """SM0 loops with side-set 1 every 4 clocks; SM1 writes 0 once: low until SM0's next round, in
    its very clock.
    """
    bare.load(0, [set_(X, 20, side=0x10), jmp(1, X_DEC, delay=3, side=0x10)])
    bare.load(0, [set_(PINS, 0, delay=31), jmp(31)], at=30)
    bare.drive(0, 2)
    bare.machine(0, 0, side=(2, 1))
    bare.enable(0, 1)
    # Rounds begin at 1, 5, 9, 13 …
    bare.run(10)
    bare.machine(0, 1, pc=30, set_pins=(2, 1))
    bare.enable(0, 3)
    bare.run(40)
    assert levels(bare, 2) == [(0, 1), (10, 0), (13, 1)]


def test_the_higher_machine_wins_a_pin_in_the_same_clock(bare):
    bare.load(0, [set_(PINS, 1), jmp(1)])
    bare.load(0, [set_(PINS, 0), jmp(3)], at=2)
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1))
    bare.machine(0, 3, pc=2, set_pins=(2, 1))
    bare.enable(0, 9)
    bare.run(10)
    assert levels(bare, 2) == []


def test_stalled_wait_costs_nothing_and_wakes_at_the_clock_of_the_pin(bare):
    bare.load(0, [wait(1, GPIO, 7), set_(PINS, 1), wait(0, GPIO, 7, delay=4), set_(PINS, 0)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 3), set_pins=(2, 1))
    bare.enable(0, 1)
    bare.run(1_000_000)
    assert bare.loop.pio_steps == 1
    # In clock 1 000 000 the wait sees it, in the next one the pin goes up
    bare.pads.switch(7, 1)
    bare.run(500)
    # In clock 1 000 500; that clock and 4 of delay later it goes down
    bare.pads.switch(7, 0)
    bare.run(500)
    assert levels(bare, 2) == [(1_000_001, 1), (1_000_505, 0)]


def test_a_wait_ends_on_the_machines_own_divided_clock(bare):
    bare.load(0, [wait(1, GPIO, 7), set_(PINS, 1)])
    bare.drive(0, 2)
    bare.machine(0, 0, wrap=(0, 1), set_pins=(2, 1), divider=10)
    bare.enable(0, 1)
    bare.run(1_003)
    bare.pads.switch(7, 1)
    bare.run(100)
    # Seen at 1010, the next instruction at 1020
    assert levels(bare, 2) == [(1_020, 1)]


def test_a_flag_raised_in_one_clock_ends_a_wait_in_the_next(bare):
    bare.load(0, [set_(X, 9), jmp(1, X_DEC), irq(4), jmp(3)])
    bare.load(0, [wait(1, IRQ_FLAG, 4), set_(PINS, 1), jmp(12)], at=10)
    bare.drive(0, 2)
    bare.machine(0, 1)
    bare.machine(0, 0, pc=10, set_pins=(2, 1))
    bare.machine(0, 3, pc=10, set_pins=(2, 1))
    bare.enable(0, 3)
    bare.run(100)
    # Set at 0, ten rounds 1–10, irq at 11; the wait passes at 12; the pin at 13.
    assert levels(bare, 2) == [(13, 1)]


@pytest.mark.parametrize("asker,answerer", [(0, 1), (1, 0)])
def test_blocks_see_each_others_pins_in_time(bare, asker, answerer):
    """One block pulls a line low, the other waits for it: two clocks later in either direction."""
    bare.load(asker, [set_(X, 24), jmp(1, X_DEC), set_(PINDIRS, 1), jmp(3)])
    bare.load(answerer, [wait(0, GPIO, 7), set_(PINS, 1), jmp(2)])
    bare.pads._pulls[7] = 1
    bare.write(0x40014000 + 8 * 7 + 4, 6 + asker)
    bare.drive(answerer, 2)
    bare.machine(asker, 0, set_pins=(7, 1))
    bare.machine(answerer, 3, set_pins=(2, 1))
    bare.pads.refresh_all()
    bare.enable(answerer, 8)
    bare.enable(asker, 1)
    bare.run(100)
    # Set at 0, 25 rounds 1–25, low at 26; seen at 27; answered at 28.
    assert bare.edges(7)[-1] == (26, 7, 0)
    assert levels(bare, 2) == [(28, 1)]


def test_a_forced_jump_leaves_a_stall(bare):
    bare.load(0, [wait(1, GPIO, 7), jmp(1), set_(PINS, 1, delay=2), jmp(2)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1))
    bare.enable(0, 1)
    bare.run(100)
    bare.execute(0, 0, jmp(2))
    bare.run(1)
    assert bare.read(PIO[0] + SM_ADDR) == 3
    bare.run(10)
    assert levels(bare, 2) == [(100, 1)]
    bare.pads.switch(7, 1)
    bare.run(10)
    # The old stall is forgotten
    assert bare.read(PIO[0] + SM_ADDR) in (2, 3)


def test_a_forced_instruction_does_not_end_a_stall_nor_move_pc(bare):
    bare.load(0, [wait(1, GPIO, 7), set_(PINS, 0), jmp(2)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1))
    bare.enable(0, 1)
    bare.run(50)
    bare.execute(0, 0, set_(PINS, 1))
    bare.rp2040.pio[0].check_changed_pins()
    bare.run(50)
    assert bare.read(PIO[0] + SM_ADDR) == 0
    bare.pads.switch(7, 1)
    bare.run(50)
    assert levels(bare, 2) == [(50, 1), (101, 0)]


def test_a_forced_pull_that_stalls_ends_with_pc_where_it_was(bare):
    bare.load(0, [jmp(0), mov(PINS, OSR), jmp(2)])
    bare.drive(0, 2)
    bare.machine(0, 0, pc=1, out_pins=(2, 1))
    bare.execute(0, 0, pull())
    bare.enable(0, 1)
    bare.run(10)
    assert levels(bare, 2) == []
    bare.put(0, 0, 1)
    bare.run(10)
    assert [level for _, level in levels(bare, 2)] == [1]
    assert bare.read(PIO[0] + SM_ADDR) == 2


def test_it_does_not_matter_how_a_run_is_cut(make_bare):
    def build():
        bare = make_bare()
        bare.load(
            0,
            [
                pull(block=False),
                out(X, 7),
                jmp(2, X_DEC, delay=1),
                mov(PINS, X, op=1),
                jmp(5, Y_DEC),
                jmp(0),
            ],
        )
        bare.load(1, [set_(PINS, 1, delay=7), irq(1), set_(PINS, 0), push(block=False)])
        bare.drive(0, 2, 3)
        bare.drive(1, 8)
        for index in range(3):
            bare.machine(0, index, out_pins=(2, 2), divider=1 + index * 1.37, wrap=(0, 5))
        bare.machine(1, 0, set_pins=(8, 1), wrap=(0, 3), divider=3.1)
        bare.enable(0, 7)
        bare.enable(1, 1)
        return bare

    whole, cut = build(), build()
    whole.run(20_000)
    for step in range(1, 200):
        cut.run(step)
    cut.run(100)
    assert whole.loop.now == cut.loop.now
    assert whole.edges() == cut.edges() != []
