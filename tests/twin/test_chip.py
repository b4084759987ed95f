"""What chip.py adds to the emulator's machines and pads, each against the RP2040 datasheet."""

from bare_chip import (
    CTRL,
    FDEBUG,
    FJOIN_RX,
    FJOIN_TX,
    FLEVEL,
    GPIO,
    IO_BANK0,
    PADS_BANK0,
    PINS,
    PIN_BASE,
    PIO,
    SHIFTCTRL,
    SIO,
    SM_ADDR,
    X,
    jmp,
    out,
    pull,
    set_,
    wait,
)


def test_joined_tx_fifo_holds_eight_words(bare):
    bare.write(PIO[0] + SHIFTCTRL, 0x000C0000 | FJOIN_TX)
    bare.put(0, 0, *range(9))
    assert bare.read(PIO[0] + FLEVEL) & 0xFF == 8
    # TXOVER: the ninth is lost
    assert bare.read(PIO[0] + FDEBUG) >> 16 & 1
    bare.load(0, [out(X, 32), jmp(0)])
    bare.machine(0, 0, shift=0x000C0000 | FJOIN_TX | 1 << 17)
    bare.write(PIO[0] + CTRL, 1)
    bare.run(100)
    assert bare.rp2040.pio[0].machines[0].x == 7


def test_changing_fjoin_drops_the_words_and_writing_the_same_does_not(bare):
    bare.put(0, 2, 1, 2, 3)
    at = PIO[0] + SHIFTCTRL + 0x18 * 2
    bare.write(at, bare.read(at))
    assert bare.read(PIO[0] + FLEVEL) >> 16 & 15 == 3
    bare.write(at, bare.read(at) ^ FJOIN_RX)
    bare.write(at, bare.read(at) ^ FJOIN_RX)
    assert bare.read(PIO[0] + FLEVEL) == 0


def test_a_joined_fifo_leaves_none_on_the_other_side(bare):
    # Push block
    bare.load(0, [0x8020, jmp(1)])
    bare.machine(0, 0, shift=0x000C0000 | FJOIN_TX)
    bare.enable(0, 1)
    bare.run(10)
    # Stalls for good: full and empty at once
    assert bare.read(PIO[0] + SM_ADDR) == 0
    # RXEMPTY; TX is not full
    assert bare.read(PIO[0] + 4) & 0x00010100 == 0x00000100 | 0


def test_tx_stall_is_flagged_and_cleared(bare):
    bare.load(0, [pull(), jmp(0)])
    bare.machine(0, 1)
    bare.enable(0, 2)
    bare.run(10)
    assert bare.read(PIO[0] + FDEBUG) == 2 << 24
    bare.write(PIO[0] + FDEBUG, 2 << 24)
    # It is stalling still
    assert bare.read(PIO[0] + FDEBUG) == 2 << 24
    bare.put(0, 1, 5, 6)
    bare.write(PIO[0] + FDEBUG, 2 << 24)
    assert bare.read(PIO[0] + FDEBUG) == 0


def test_a_machine_that_was_stopped_in_a_wait_looks_again_when_it_goes_on(bare):
    bare.load(0, [wait(1, GPIO, 7), jmp(1)])
    bare.machine(0, 0)
    bare.enable(0, 1)
    bare.run(10)
    bare.enable(0, 0)
    bare.pads.switch(7, 1)
    bare.run(10)
    bare.enable(0, 1)
    bare.run(10)
    assert bare.read(PIO[0] + SM_ADDR) == 1


# --- pads --------------------------------------------------------------------------------------


def test_a_stalled_machine_goes_by_the_word_that_its_instruction_has_become(bare):
    """The instruction is read from memory every clock (datasheet 3.2): a write, or a bit that
    flips, ends or changes a wait.
    """
    bare.load(0, [wait(0, GPIO, 7), set_(X, 5), jmp(2)])
    bare.chip.pads.switch(7, 1)
    bare.machine(0, 0)
    bare.enable(0, 1)
    bare.run(100)
    # The same word: it waits on
    bare.load(0, [wait(0, GPIO, 7)])
    bare.run(10)
    assert bare.rp2040.pio[0].machines[0].x == 0
    bare.load(0, [wait(1, GPIO, 7)])
    bare.run(10)
    assert bare.rp2040.pio[0].machines[0].x == 5


def test_a_wait_follows_the_first_input_pin(bare):
    bare.load(0, [wait(0, PIN_BASE, 0), set_(X, 5), jmp(2)])
    bare.chip.pads.switch(7, 1)
    bare.chip.pads.switch(8, 0)
    bare.machine(0, 0, in_base=7)
    bare.enable(0, 1)
    bare.run(100)
    assert bare.rp2040.pio[0].machines[0].x == 0
    pinctrl = PIO[0] + 0xDC
    bare.write(pinctrl, bare.read(pinctrl) & ~(31 << 15) | 8 << 15)
    bare.run(10)
    assert bare.rp2040.pio[0].machines[0].x == 5


def test_a_core_that_runs_into_nothing_locks_up_where_that_is_asked_for(bare):
    core = bare.rp2040.core
    for asked in (False, True):
        if asked:
            bare.chip.lock_up_on_hard_faults()
        # CBZ, which this core has not; and a branch back to it
        bare.write(0x20000000, 0xE7FDB100)
        core.pc, core.waiting = 0x20000000, False
        bare.run(50)
        assert bare.loop.frozen == asked


def test_an_output_is_read_back_by_sio_and_pio(bare):
    bare.load(0, [set_(PINS, 1), jmp(1)])
    bare.drive(0, 2)
    bare.machine(0, 0, set_pins=(2, 1))
    assert not bare.read(SIO + 4) & 4
    bare.enable(0, 1)
    bare.run(10)
    assert bare.read(SIO + 4) & 4


def test_a_shared_line_is_a_wired_or(make_bare):
    """Pulled up, open drain: low as long as anybody pulls, chip or switch."""
    bare = make_bare(pulls={7: 1})
    bare.write(IO_BANK0 + 8 * 7 + 4, 5)
    assert bare.pads.levels[7] == 1
    bare.pads.switch(7, 0, "STOP")
    # GPIO_OE_SET: drives its 0
    bare.write(SIO + 0x24, 1 << 7)
    assert bare.pads.levels[7] == 0
    bare.pads.switch(7, None, "STOP")
    assert bare.pads.levels[7] == 0
    # GPIO_OE_CLR
    bare.write(SIO + 0x28, 1 << 7)
    assert bare.pads.levels[7] == 1
    assert [level for _, _, level in bare.edges(7)] == [0, 1]


def test_a_null_function_or_a_disabled_output_is_the_pull(make_bare):
    bare = make_bare(pulls={2: 0, 3: 1})
    for gpio in (2, 3):
        bare.rp2040.pio[0].pin_values |= 1 << gpio & 4
        bare.drive(0, gpio)
    assert bare.pads.levels[2:4] == [1, 0]
    bare.write(PADS_BANK0 + 4 + 4 * 2, bare.read(PADS_BANK0 + 4 + 4 * 2) | 0x80)
    bare.write(IO_BANK0 + 8 * 3 + 4, 31)
    assert bare.pads.levels[2:4] == [0, 1]


def test_a_stuck_pin_is_high_whatever_drives_it(bare):
    bare.drive(0, 2)
    bare.pads.stick(2, 1)
    assert bare.pads.levels[2] == 1 and bare.read(SIO + 4) & 4
    bare.pads.stick(2, None)
    assert bare.pads.levels[2] == 0


def test_pads_come_up_as_the_datasheet_says(bare):
    assert bare.read(PADS_BANK0 + 4) == 0x56
